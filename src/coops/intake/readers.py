"""Read received files as text, cell by cell, with their place; no value is interpreted here."""

import csv
from pathlib import Path

import pandas as pd

from coops.intake.findings import FindingError, fail

FORMATS = {".csv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".dta": "dta"}


def read(path: Path, format: str = "", sheet: str = "") -> pd.DataFrame:
    """Read one file as a frame of text; an empty cell is an empty text.

    Returns
    -------
    DataFrame of str, indexed by the row as Excel counts it (header = 1)

    Raises
    ------
    FindingError
        If the file is not there, is empty, has an unknown format or encoding, or a header twice.
    """
    kind = format or FORMATS.get(path.suffix.lower())
    if kind is None:
        raise fail("E_FORMAT", file=path.name, known=", ".join(FORMATS))
    if path.stat().st_size == 0:
        raise fail("E_EMPTY_FILE", file=path.name)
    frame = {"csv": _csv, "xlsx": _xlsx, "dta": _dta}[kind](path, sheet)
    frame.columns = [str(name).strip() for name in frame.columns]
    twice = sorted(set(frame.columns[frame.columns.duplicated()]) - {""})
    if twice:
        raise fail("E_HEADER_TWICE", file=path.name, sheet=sheet, column=", ".join(twice))
    for place in [place for place, name in enumerate(frame.columns) if not name and (frame.iloc[:, place] != "").any()]:
        raise fail("E_HEADER_EMPTY", file=path.name, sheet=sheet, column=str(place + 1))
    frame.index = pd.RangeIndex(2, len(frame) + 2, name="row")
    return frame.loc[:, frame.columns != ""]


def _csv(path: Path, sheet: str) -> pd.DataFrame:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            header = lines.readline()
            separator = max(",;\t", key=header.count)
            names = next(csv.reader([header], delimiter=separator), [])
        frame = pd.read_csv(
            path,
            sep=separator,
            header=None,
            skiprows=1,
            names=range(len(names)),
            dtype=str,
            keep_default_na=False,
            na_filter=False,
            encoding="utf-8-sig",
            skip_blank_lines=False,
            index_col=False,
            on_bad_lines="error",
        )
    except UnicodeDecodeError:
        raise fail("E_ENCODING", file=path.name) from None
    except pd.errors.EmptyDataError:
        frame = pd.DataFrame(columns=range(len(names)), dtype=str)
    except pd.errors.ParserError as error:
        raise fail("E_CSV_SHAPE", file=path.name, problem=str(error).splitlines()[-1]) from None
    frame.columns = names
    return frame


def _xlsx(path: Path, sheet: str) -> pd.DataFrame:
    import zipfile

    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, OSError):
        raise fail("E_NOT_A_WORKBOOK", file=path.name) from None
    if sheet and sheet not in book.sheetnames:
        raise fail("E_NO_SHEET", file=path.name, sheet=sheet, known=", ".join(book.sheetnames))
    rows = [[_text(cell) for cell in row] for row in book[sheet or book.sheetnames[0]].iter_rows(values_only=True)]
    if not rows:
        raise fail("E_EMPTY_FILE", file=path.name)
    while rows and not any(rows[-1]):
        rows.pop()
    return pd.DataFrame(rows[1:], columns=rows[0], dtype=str)


def _dta(path: Path, sheet: str) -> pd.DataFrame:
    try:
        frame = pd.read_stata(path, convert_categoricals=False)
    except ValueError:
        raise fail("E_NOT_STATA", file=path.name) from None
    return pd.DataFrame({name: text_of(frame[name]) for name in frame})


def text_of(column: pd.Series) -> pd.Series:
    """Write a typed column as text that gives the same values back; missing becomes empty."""
    if pd.api.types.is_float_dtype(column):
        values = column.astype(float)
        whole = values.notna() & (values == values.round()) & (values.abs() < 1e15)
        text = values.map(repr, na_action="ignore")
        text[whole] = values[whole].astype("int64").astype(str)
        return text.astype(object).where(values.notna(), "").astype(str)
    text = column.map(_text)
    return text.where(column.notna(), "")


def _text(cell) -> str:
    import datetime

    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(sep=" ")
    return str(cell).strip()


def labels_in(path: Path) -> dict[str, str]:
    """Return the variable labels that a file carries: name → label; none for text formats."""
    if FORMATS.get(path.suffix.lower()) != "dta":
        return {}
    with pd.read_stata(path, iterator=True) as reader:
        return {name: label for name, label in reader.variable_labels().items() if label}


def find_files(folder: Path, patterns: list[str], field: str) -> list[Path]:
    """Return the received files of a table, in name order.

    Raises
    ------
    FindingError
        For each pattern that no file fits, with the files that are there.
    """
    found_files: list[Path] = []
    for pattern in patterns:
        hits = sorted(path for path in folder.glob(pattern) if path.is_file())
        if not hits:
            there = ", ".join(sorted(path.name for path in folder.glob("*"))) or "–"
            raise fail("E_NO_FILE", file=f"raw/{pattern}", column=field, known=there)
        found_files += [path for path in hits if path not in found_files]
    return found_files


__all__ = ["FindingError", "find_files", "labels_in", "read", "text_of"]
