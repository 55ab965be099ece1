"""Read an export of KoboToolbox: XML values and headers, in a workbook (a sheet for each repeat) or as CSV."""

import re
from pathlib import Path

import pandas as pd

from coops.files import raw_sheets
from coops.files.exports import Part, inherit, linked, only_one, part_of, refuse_labels, told_twice
from coops.files.sheet import Sheet
from coops.study.codebook import Variable
from coops.study.findings import fail, finding
from coops.study.schema import Table

SIGNS = ("/",)
LONGEST = 31  # letters of the name of a sheet; the tool cuts longer ones
FORBIDDEN = str.maketrans("[]*?:\\/", "_" * 7)
CUT_ROWS = 30_000  # an export that ends here was cut


def read(path: Path, table: Table, known: dict[str, list[Variable]]) -> Sheet:
    """Read the sheet of a table from an examined file; a repeat takes what it lacks from the rows of its parents.

    Raises
    ------
    FindingError
        If it is a CSV of a form with repeats, has labels for names, or no sheet, or two, for the table.
    """
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise fail("E_FORMAT", file=path.name, known=".xlsx, .csv")
    if path.suffix.lower() == ".xlsx":
        names = list(raw_sheets.sheet_names(path))
        own = sheet_of(path.name, names, table.sheet) if table.sheet or not names else names[0]
        part = _part(path, names, own, table, known)
        sheet = own
    else:
        part = part_of(raw_sheets.read_csv(path.read_bytes(), path.name).checked(), table, known, SIGNS)
        if table.sheet or any(re.search(r"\[\d+\]", name) for name in part.grid.names):
            raise fail("E_CSV_REPEATS", file=path.name)
        told_twice(part, "_uuid")
        sheet = ""
    refuse_labels(part, known)
    if len(part.frame) == CUT_ROWS:
        part.findings.append(finding("W_ROWS_CUT", file=path.name, sheet=sheet, rows=CUT_ROWS))
    return Sheet(part.frame, path.name, sheet, part.findings)


def sheet_of(file: str, names: list[str], wanted: str) -> str:
    """Return the sheet of this name, which may have been cut: its first letters, then dots and a number in brackets."""
    wanted = wanted.translate(FORBIDDEN)
    if wanted in names:
        return wanted
    cut = {name: re.sub(r"\.\.\.(?: \(\d+\))?$", "", name) for name in names if len(name) == LONGEST < len(wanted)}
    hits = [name for name, start in cut.items() if wanted.startswith(start)]
    return only_one(hits, file, wanted, names)


def _part(
    path: Path, names: list[str], own: str, table: Table, known: dict[str, list[Variable]], below: tuple = ()
) -> Part:
    """One sheet, with what it lacks from its parent, and so on up to the first sheet."""
    part = part_of(raw_sheets.read_xlsx(path, own).checked(), table, known, SIGNS)
    index, uuid = part.link("_parent_index"), part.link("_submission__uuid")
    if own == names[0] or (index is None and uuid is None):
        told_twice(part, "_uuid")
        return part
    tables = part.link("_parent_table_name")
    above = {name for name in (tables if tables is not None else []) if name}
    above = {sheet_of(path.name, names, name) for name in above} or {names[0]}
    if len(above) > 1 or above & {own, *below}:
        raise fail("E_PARENTS", file=path.name, sheet=own, known=", ".join(sorted(above)))
    parent = _part(path, names, above.pop(), table, known, (own, *below))
    keys, column = _keys(parent, index, uuid)
    inherit(part, parent, linked(part, column, *keys), known)
    return part


def _keys(parent: Part, index: pd.Series | None, uuid: pd.Series | None) -> tuple[tuple[pd.Series, pd.Series], str]:
    """Keys of the rows and of their parents: the submission where the parent is one, else its number in this file."""
    parent_uuid, parent_index = parent.link("_uuid"), parent.link("_index")
    if uuid is not None and parent_uuid is not None:
        if index is None or parent_index is None or (uuid != "").all():
            return (uuid, parent_uuid), "_submission__uuid"
        by_index = index.map(dict(zip(parent_index, parent_uuid, strict=True))).fillna("")
        return (uuid.where(uuid != "", by_index), parent_uuid), "_submission__uuid"
    if index is None or parent_index is None:
        nothing = pd.Series("", index=next(keys for keys in (index, uuid) if keys is not None).index)
        return (nothing, nothing[:0]), "_parent_index"
    return (index, parent_index), "_parent_index"
