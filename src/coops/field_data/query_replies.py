"""The workbook that an association has mended, read back as corrections."""

from pathlib import Path

from coops.field_data import corrections
from coops.files import readers
from coops.files.safe_files import examine
from coops.study.findings import Finding, FindingError, finding
from coops.study.labels import package_words
from coops.study.study import Study

SHEET_MARK = "coops:mend"  # stands in the first cell of the sheet; the names beside it are those of the columns
COLUMNS = [SHEET_MARK, "table", "row_name", "column", "file", "sheet", "row", "key", "label", "value"]
COLUMNS += ["what", "new", "by", "on"]


def read(path: Path) -> list[dict]:
    """Return the corrections that a workbook gives.

    Raises
    ------
    FindingError
        With every line that cannot be used: nobody's name, no day, no such sheet, nothing filled in.
    """
    import openpyxl

    examine(path)
    names = openpyxl.load_workbook(path, read_only=True).sheetnames
    frames = [frame for frame in (readers.read(path, "xlsx", name) for name in names) if SHEET_MARK in frame]
    if not frames or not set(COLUMNS) <= set(frames[0].columns):
        raise FindingError(finding("E_RETURN_SHEET", file=path.name))
    lines, faults = [], []
    for row, cells in frames[0].iloc[1:].iterrows():  # the first one below the names holds the heads for people
        new = cells["new"].strip()
        if not new:
            continue
        if not cells["by"].strip() or not cells["on"].strip():
            faults.append(finding("E_RETURN_WHO", file=path.name, row=int(row), column="by, on"))
        line = {"key": cells["row_name"], "old": cells["value"], "reason": cells[SHEET_MARK]}
        line |= {name: cells[name] for name in ("table", "column", "by", "on")}
        lines.append(line | {"new": _new(cells["column"], new)})
    if not lines and not faults:
        heads = frames[0].iloc[0] if len(frames[0]) else {}
        faults.append(finding("E_RETURN_NOTHING", file=path.name, column=heads.get("new", "new")))
    if faults:
        raise FindingError(*faults)
    return lines


def _new(column: str, new: str) -> str:
    """The word for taking a row out may be written in any language; an answer to be emptied is written as a dash."""
    if column == corrections.WHOLE_ROW and new.lower() in package_words("mend.drop").values():
        return corrections.DROP
    return "" if new in ("-", "–") else new


def take(study: Study, path: Path) -> tuple[int, list[Finding]]:
    """Add the corrections of a workbook to the study; return how many, and what was found."""
    try:
        lines = read(path)
    except FindingError as error:
        return 0, error.findings
    corrections.append(study, lines)
    return len(lines), []
