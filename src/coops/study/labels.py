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
    """Read the words of the package, those of each of its folders: key → language → words."""
    folders = sorted(resources.files("coops").iterdir(), key=lambda folder: folder.name)
    files = [folder.joinpath("labels.csv") for folder in folders if folder.is_dir()]
    return together({file: file.read_text(encoding="utf-8") for file in files if file.is_file()})


def together(texts: dict) -> dict[str, dict[str, str]]:
    """Put the words of several files into one dictionary.

    Raises
    ------
    ValueError
        If a key stands twice; names it and the file of the second.
    """
    labels: dict[str, dict[str, str]] = {}
    for file, text in texts.items():
        for row in csv.DictReader(text.splitlines()):
            if row["key"] in labels:
                raise ValueError(f"{file}: the key {row['key']} stands twice")
            labels[row["key"]] = row
    return labels


def package_words(key: str) -> dict[str, str]:
    """Return the words of the package for a key, by language."""
    return {language: package_labels()[key][language] for language in ("en", "fr", "ar")}
