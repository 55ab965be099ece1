"""The words of a study: ``labels.csv``, a key a row and a column a language."""

import csv
from pathlib import Path

from coops.intake.findings import fail


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
