"""Corrections are data: every change to a received value is a row of ``corrections.csv``, replayed in each run."""

import csv

import pandas as pd

from coops.field_data.batch import WHOLE_ROW, Batch
from coops.files import readers
from coops.study.findings import Finding, FindingError, finding, nearest
from coops.study.study import Study

SAYS = {
    "table": "the table, as named in `study.toml`",
    "key": "key of the row, as received: its columns in the order of `key` in `study.toml`, joined by a vertical bar:"
    " `a1`, `g1|2001`",
    "column": "the column to be corrected, after `rename`",
    "old": "the value received",
    "new": "the value that is right",
    "reason": "why",
    "by": "who decided it",
    "on": "the day",
}
COLUMNS = list(SAYS)
FILE = "corrections.csv"
DROP = "drop"


def read(study: Study, findings: list[Finding]) -> dict[int, dict]:
    """Return the corrections by their row in the file; what is wrong with the file is added to ``findings``."""
    path = study.folder / FILE
    if not path.is_file():
        return {}
    try:
        frame = readers.read(path)
    except FindingError as error:
        findings += error.findings
        return {}
    missing = [name for name in COLUMNS if name not in frame]
    findings += [
        finding("E_NO_COLUMN", file=FILE, column=name, table="corrections", nearest=nearest(name, frame.columns))
        for name in missing
    ]
    return {} if missing else frame.to_dict("index")


def replay(corrections: dict[int, dict], batch: Batch) -> None:
    """Make the corrections of one table in place, in order; one whose old value no longer matches is a finding."""
    for row, cells in corrections.items():
        if cells["table"] != batch.name:
            continue
        hits = _rows(batch, cells["key"])
        if not len(hits):
            continue
        cells["used"] = True
        column, place = cells["column"], {"file": FILE, "row": row, "column": cells["column"], "key": cells["key"]}
        file = batch.places["file"][hits[0]]
        if column == WHOLE_ROW:
            if cells["new"].strip() == DROP and len(hits) == 1:
                batch.dropped |= set(hits)
            else:
                batch.findings.append(finding("E_CORRECTION_ROW", **place, drop=DROP))
        elif column not in batch.raw:
            batch.findings.append(finding("E_CORRECTION_COLUMN", **place, nearest=nearest(column, batch.raw.columns)))
        elif (batch.raw.loc[hits, column].str.strip() != cells["old"].strip()).any():
            batch.findings.append(finding("E_CORRECTION_OLD", **place, received=file))
        else:
            batch.raw.loc[hits, column] = cells["new"]
            batch.corrected[file] = batch.corrected.get(file, 0) + 1


def _rows(batch: Batch, key: str) -> pd.Index:
    """Rows that a correction is about: by their key as received, or by their place (``file#sheet#row``)."""
    if key.count("#") == 2:
        file, sheet, row = key.split("#")
        places = batch.places
        return places.index[(places["file"] == file) & (places["sheet"] == sheet) & (places["row"].astype(str) == row)]
    return batch.keys.index[batch.keys == key]


def name_of(batch: Batch, at: int) -> str:
    """Name a row for a correction: by its key where that is its own, else by its place."""
    key = batch.keys[at]
    if key.strip("|") and (batch.keys == key).sum() == 1 and key.count("#") != 2:
        return key
    place = batch.places.loc[at]
    return f"{place['file']}#{place['sheet']}#{place['row']}"


def unused(corrections: dict[int, dict]) -> list[Finding]:
    """Return a finding for each correction that no row was found for."""
    return [
        finding(
            "E_CORRECTION_UNUSED", file=FILE, row=row, key=cells["key"], column=cells["column"], table=cells["table"]
        )
        for row, cells in corrections.items()
        if not cells.get("used")
    ]


def append(study: Study, lines: list[dict]) -> None:
    """Add corrections to the file of a study, at its end."""
    path = study.folder / FILE
    old = path.read_text(encoding="utf-8-sig") if path.is_file() else ",".join(COLUMNS) + "\n"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(old if old.endswith("\n") else old + "\n")
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writerows(lines)
