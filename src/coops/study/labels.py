"""The words of a study: ``labels.csv``, a key a row and a column a language."""

import csv
from functools import cache
from pathlib import Path

from coops.study.consulted import note
from coops.study.findings import received_text
from coops.study.languages import LANGUAGES, SOURCE, catalogue, stand_in

LABELS = ("labels.csv", "notebooks/labels.csv")  # of a study


def study_labels(folder: Path) -> dict[str, dict[str, str]]:
    """Read the words of a study (key, and a column a language): ``labels.csv``, and those beside its own notebooks."""
    labels: dict[str, dict[str, str]] = {}
    for path in (folder / name for name in LABELS):
        for row in csv.DictReader(received_text(path).splitlines()) if path.is_file() else ():
            words = {name: value for name, value in row.items() if name not in (None, "key") and value}
            labels.setdefault(row["key"], {}).update(words)
    return {key: stand_in(words) for key, words in labels.items()}


@cache
def package_labels() -> dict[str, dict[str, str]]:
    """Read the words of the package: key → language → words."""
    return {key: stand_in(words) for key, words in catalogue("labels", "key").items()}


def package_words(key: str) -> dict[str, str]:
    """Return the words of the package for a key, by language."""
    note("word", key)
    return {language: package_labels()[key][language] for language in LANGUAGES}


def lacking(language: str) -> list[str]:
    """Name the words of the package that a language does not have: English stands in for them."""
    words = catalogue("labels", "key") | catalogue("messages", "code")
    return [key for key, text in words.items() if text.get(SOURCE) and not text.get(language)]
