"""The words of a study: ``labels.csv``, a key a row and a column a language."""

import csv
from functools import cache
from importlib import resources
from pathlib import Path

from coops.study.findings import fail


def study_labels(folder: Path) -> dict[str, dict[str, str]]:
    """Read the words of a study, ``labels.csv`` (key, and a column a language); none if there is no such file."""
    path = folder / "labels.csv"
    if not path.is_file():
        return {}
    try:
        rows = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
    except UnicodeDecodeError:
        raise fail("E_ENCODING", file=path.name) from None
    return {row["key"]: {name: value for name, value in row.items() if name and value} for row in rows}


@cache
def package_labels() -> dict[str, dict[str, str]]:
    """Read the words of the package: key → language → words."""
    text = resources.files("coops.show").joinpath("labels.csv").read_text(encoding="utf-8")
    return {row["key"]: row for row in csv.DictReader(text.splitlines())}


def package_words(key: str) -> dict[str, str]:
    """Return the words of the package for a key, by language."""
    return {language: package_labels()[key][language] for language in ("en", "fr", "ar")}
