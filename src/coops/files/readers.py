"""Read received files as text, cell by cell, with their place; no value is interpreted here."""

from pathlib import Path

import pandas as pd

from coops.files import raw_sheets
from coops.files.raw_sheets import Grid
from coops.files.safe_files import LIMITS, UnsafeFile, examine, too_many
from coops.files.sheet import Sheet
from coops.study.codebook import Variable
from coops.study.findings import FindingError, fail, finding
from coops.study.schema import Table

FORMATS = {".csv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".dta": "dta"}
ENDINGS = FORMATS | {".zip": "odk"}
OPEN_MARKS = ("~${}", ".~lock.{}#")  # Excel and LibreOffice put one beside a file that is open


def read(path: Path, format: str = "", sheet: str = "") -> pd.DataFrame:
    """Read one file as a frame of text; an empty cell is an empty text.

    Returns
    -------
    DataFrame of str, indexed by the row as Excel counts it (header = 1); rows that hold nothing are left out

    Raises
    ------
    FindingError
        If the file is not there, is empty, unsafe or damaged, has an unknown format or encoding, a header twice, or a
        row that does not fit its header.
    """
    examine(path)
    grid = _grid(path, format or FORMATS.get(path.suffix.lower(), ""), sheet)
    names = dict(enumerate(grid.names))
    errors = [fault for fault in grid.findings if fault.severity != "warning"] + grid.formulas(names)
    if errors:
        raise FindingError(*errors)
    return grid.frame.rename(columns=names)


def read_table(path: Path, table: Table, known: dict[str, list[Variable]]) -> Sheet:
    """Read one file of a table, its columns renamed as ``study.toml`` says.

    Parameters
    ----------
    known : rows of the codebook for this table, by name

    Raises
    ------
    FindingError
        If the file as a whole cannot be used; what is wrong with single rows is told in ``findings``.
    """
    examine(path)
    kind = table.format or ENDINGS.get(path.suffix.lower(), "")
    if kind in ("kobo", "odk"):
        from coops.files import kobo, odk

        sheet = {"kobo": kobo, "odk": odk}[kind].read(path, table, known)
    else:
        grid = _grid(path, kind, table.sheet)
        names = {position: table.rename.get(grid.names[position], grid.names[position]) for position in grid.frame}
        twice = sorted({name for name in names.values() if list(names.values()).count(name) > 1})
        if twice:
            raise fail("E_HEADER_TWICE", file=path.name, sheet=grid.sheet, column=", ".join(twice))
        findings = grid.findings + grid.formulas({at: name for at, name in names.items() if name in known})
        sheet = Sheet(grid.frame.rename(columns=names), path.name, grid.sheet, findings)
    if any((path.parent / mark.format(path.name)).exists() for mark in OPEN_MARKS):
        sheet.findings.append(finding("W_OPEN", file=path.name))
    return sheet


def _grid(path: Path, kind: str, sheet: str) -> Grid:
    if kind == "csv":
        return raw_sheets.read_csv(path.read_bytes(), path.name, sheet).checked()
    if kind == "xlsx":
        return raw_sheets.read_xlsx(path, sheet).checked()
    if kind == "dta":
        return _dta(path, sheet).checked()
    raise fail("E_FORMAT", file=path.name, known=", ".join(FORMATS))


def _dta(path: Path, sheet: str) -> Grid:
    try:
        frame = pd.read_stata(path, convert_categoricals=False)
    except (*raw_sheets.DAMAGE, StopIteration, MemoryError):
        raise fail("E_NOT_STATA", file=path.name) from None
    if len(frame) > LIMITS.rows or frame.size > LIMITS.cells:
        raise UnsafeFile(too_many(path.name))
    text = pd.DataFrame({place: text_of(frame.iloc[:, place]) for place in range(frame.shape[1])})
    return Grid(list(map(str, frame)), text.set_axis(pd.RangeIndex(2, len(frame) + 2, name="row")), path.name, sheet)


def text_of(column: pd.Series) -> pd.Series:
    """Write a typed column as text that gives the same values back; missing becomes empty."""
    if pd.api.types.is_float_dtype(column):
        values = column.astype(float)
        whole = values.notna() & (values == values.round()) & (values.abs() < 1e15)
        text = values.map(repr, na_action="ignore")
        text[whole] = values[whole].astype("int64").astype(str)
        return text.astype(object).where(values.notna(), "").astype(str)
    text = column.map(lambda value: raw_sheets.cell_text(value, ""))
    return text.where(column.notna(), "")


def labels_in(path: Path) -> dict[str, str]:
    """Return the variable labels that a file carries: name → label; none for text formats."""
    if FORMATS.get(path.suffix.lower()) != "dta":
        return {}
    with pd.read_stata(path, iterator=True) as reader:
        return {name: label for name, label in reader.variable_labels().items() if label}


def find_files(folder: Path, patterns: list[str], field: str) -> list[Path]:
    """Return the received files of a table, in name order; marks of open files are passed over.

    Raises
    ------
    FindingError
        For each pattern that no file fits, with the files that are there, or that leaves the folder.
    """
    received: list[Path] = []
    for pattern in patterns:
        if not pattern or Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            raise UnsafeFile(finding("U_LINK", file=pattern))
        fits = sorted(path for path in folder.glob(pattern) if path.is_file())
        hits = [path for path in fits if not path.name.startswith(("~$", "._", ".~lock."))]
        outside = [path for path in hits if not path.resolve().is_relative_to(folder.resolve())]
        if outside:
            raise UnsafeFile(*(finding("U_LINK", file=path.name) for path in outside))
        if not hits and any(path.name.startswith("~$") for path in fits):
            raise fail("E_LOCK_FILE", file=fits[0].name)
        if not hits and (folder / pattern).with_name(f".{Path(pattern).name}.icloud").exists():
            raise fail("E_PLACEHOLDER", file=pattern)
        if not hits:
            there = ", ".join(sorted(path.name for path in folder.glob("*"))) or "–"
            raise fail("E_NO_FILE", file=f"raw/{pattern}", column=field, known=there)
        received += [path for path in hits if path not in received]
    return received


__all__ = ["FindingError", "Sheet", "find_files", "labels_in", "read", "read_table", "text_of"]
