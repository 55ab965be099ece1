"""A CSV text or a sheet of a workbook as a grid of text: a header, and rows with their number as in Excel."""

import codecs
import csv
import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coops.files.cells import trim
from coops.files.safe_files import LIMITS, UnsafeFile, too_many
from coops.study.findings import Finding, fail, finding

SEPARATORS = (",", ";", "\t")
CHUNK = 1 << 24
FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
# what openpyxl raises on a workbook that is damaged or does not keep to the standard
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, SyntaxError, KeyError, IndexError, ValueError, TypeError)
DAMAGE += (AttributeError, OSError, EOFError, NotImplementedError, OverflowError)  # type: ignore[assignment]


@dataclass
class Grid:
    """Text of one sheet.

    ``names``: header cells; ``frame``: rows by column position; ``blanks``: formulas without a value,
    as (row, position).
    """

    names: list[str]
    frame: pd.DataFrame
    file: str
    sheet: str = ""
    findings: list[Finding] = field(default_factory=list)
    blanks: list[tuple[int, int]] = field(default_factory=list)

    def checked(self) -> "Grid":
        """Return it without columns that hold nothing.

        Raises
        ------
        FindingError
            If a name stands twice, or a column with values has none.
        """
        place = {"file": self.file, "sheet": self.sheet}
        twice = sorted({name for name in self.names if name and self.names.count(name) > 1})
        if twice:
            raise fail("E_HEADER_TWICE", **place, column=", ".join(twice))
        for position, name in enumerate(self.names):
            if not name and (self.frame[position] != "").any():
                raise fail("E_HEADER_EMPTY", **place, column=str(position + 1))
        self.frame = self.frame[[position for position, name in enumerate(self.names) if name]]
        return self

    def formulas(self, names: dict[int, str]) -> list[Finding]:
        """Return the findings of formulas without a value in these columns (position: name)."""
        place = {"file": self.file, "sheet": self.sheet}
        return [
            finding("E_FORMULA", **place, row=row, column=names[position])
            for row, position in self.blanks
            if position in names
        ]


def _full(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out rows that hold nothing; the others keep their number."""
    empty = np.flatnonzero([not cell or cell.isspace() for cell in frame[0].to_numpy(dtype=object)])
    if len(empty):
        rows = frame.iloc[empty]
        blank = rows.map(str.strip).eq("").all(axis=1).to_numpy()
        frame = frame.drop(index=rows.index[blank])
    return frame


# -- csv ------------------------------------------------------------------------------------------


def read_csv(content: bytes, file: str, sheet: str = "") -> Grid:
    """Read a CSV text in UTF-8, parted by comma, semicolon or tab; a row is a record, the header is row 1."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or not _is_utf8(content):
        raise fail("E_ENCODING", file=file, sheet=sheet)
    nul = content.find(b"\0")
    if nul >= 0:
        raise fail("E_NUL", file=file, sheet=sheet, row=content.count(b"\n", 0, nul) + 1)
    content = content.removeprefix(b"\xef\xbb\xbf")
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        separator = max(SEPARATORS, key=lambda sign: _fit(content, sign))
        names = [trim(name) for name in next(_records(content, separator), [])]
    except csv.Error:
        raise fail("E_CSV_QUOTE", file=file, sheet=sheet, row=1) from None
    if not any(names):
        raise fail("E_EMPTY_FILE", file=file, sheet=sheet)
    lines = content.count(b"\n")
    if len(names) > LIMITS.columns or lines > LIMITS.rows or lines * len(names) > LIMITS.cells:
        raise UnsafeFile(too_many(file))
    findings: list[Finding] = []
    if not _even(content, separator, len(names)):
        content = _evened(content, separator, len(names), file, sheet, findings)
    try:
        frame = _frame(content, separator, len(names))
    except pd.errors.ParserError:  # a longer row made up for a shorter one
        frame = _frame(_evened(content, separator, len(names), file, sheet, findings), separator, len(names))
    return Grid(names, _full(frame), file, sheet, findings)


def _is_utf8(content: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), CHUNK):
            decoder.decode(content[start : start + CHUNK], final=start + CHUNK >= len(content))
    except UnicodeDecodeError:
        return False
    return True


def _records(content: bytes, separator: str) -> Iterator[list[str]]:
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    return csv.reader(text, delimiter=separator, strict=True)


def _fit(content: bytes, separator: str) -> tuple[int, bool]:
    """How well a separator fits: cells of the header, and whether the first record has as many."""
    records, header = _records(content, separator), []
    try:
        header = next(records, [])
        return len(header), len(next(records, header)) == len(header)
    except csv.Error:
        return len(header), False


def _even(content: bytes, separator: str, width: int) -> bool:
    """Tell whether the records hold as many separators as they need, and quotation marks only around cells."""
    mark = separator.encode()
    separators, ends = content.count(mark), content.count(b"\n") + (not content.endswith(b"\n"))
    if b'"' in content:
        around = {mark[0], 10, 34}
        last = 0
        for match in re.finditer(rb'"[^"]*"', content):
            start, last = match.span()
            if start and content[start - 1] not in around or last < len(content) and content[last] not in around:
                return False
            separators -= content.count(mark, start, last)
            ends -= content.count(b"\n", start, last)
        if content.find(b'"', last) >= 0:
            return False
    return separators == ends * (width - 1)


def _evened(content: bytes, separator: str, width: int, file: str, sheet: str, findings: list[Finding]) -> bytes:
    """Write the records again with as many cells as the header; which were longer or shorter is told."""
    place = {"file": file, "sheet": sheet}
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    short, row = [], 0
    try:
        for row, record in enumerate(_records(content, separator), start=1):
            if any(map(str.strip, record[width:])):
                findings.append(finding("E_CSV_SHAPE", **place, row=row, problem=f"{len(record)} > {width}"))
            elif len(record) < width and any(map(str.strip, record)):
                short.append(row)
            writer.writerow(record[:width] + [""] * (width - len(record)))
    except csv.Error:
        raise fail("E_CSV_QUOTE", **place, row=row + 1) from None
    if short:
        findings.append(finding("W_SHORT_ROWS", **place, row=short[0], rows=len(short)))
    return text.getvalue().encode()


def _frame(content: bytes, separator: str, width: int) -> pd.DataFrame:
    frame = pd.read_csv(
        io.BytesIO(content),
        sep=separator,
        header=None,
        names=range(width),
        dtype=str,
        keep_default_na=False,
        na_filter=False,
        skip_blank_lines=False,
        index_col=False,
        on_bad_lines="error",
    )
    return frame.iloc[1:].set_axis(pd.RangeIndex(2, len(frame) + 1, name="row"))


# -- xlsx -----------------------------------------------------------------------------------------


def sheet_names(path: Path) -> dict[str, bool]:
    """Return the sheets of an examined workbook that hold cells, and whether each is shown."""
    try:
        with closing(_opened(path, True)) as book:
            return {sheet.title: sheet.sheet_state == "visible" for sheet in book.worksheets}
    except DAMAGE:
        raise fail("E_NOT_A_WORKBOOK", file=path.name) from None


def read_xlsx(path: Path, sheet: str = "") -> Grid:
    """Read one sheet of an examined workbook; the first one that is shown, if none is named."""
    names = sheet_names(path)
    if sheet and sheet not in names:
        raise fail("E_NO_SHEET", file=path.name, sheet=sheet, known=", ".join(names))
    if not names:
        raise fail("E_NOT_A_WORKBOOK", file=path.name)
    title = sheet or next((name for name, shown in names.items() if shown), next(iter(names)))
    rows, width, hollow = [], 0, set()  # hollow: the value of a formula is an empty text
    for number, cells in enumerate(_rows(path, title, True), start=1):
        texts = [cell_text(value, shape) for value, _, shape in cells]
        hollow |= {(number, place) for place, (_, kind, _) in enumerate(cells) if kind == "str"}
        while texts and not texts[-1]:
            texts.pop()
        rows.append(texts)
        width = max(width, len(texts))
        if len(rows) > LIMITS.rows or len(rows) * width > LIMITS.cells or width > LIMITS.columns:
            raise UnsafeFile(too_many(path.name))
    if not rows or not rows[0]:
        raise fail("E_EMPTY_FILE", file=path.name, sheet=sheet)
    blanks = []
    for number, cells in enumerate(_rows(path, title, False) if _formulas(path) else (), start=1):
        for place, (_, kind, _) in enumerate(cells):
            empty = not "".join(rows[number - 1][place : place + 1]) and (number, place) not in hollow
            if kind == "f" and empty:
                blanks.append((number, place))
    index = pd.RangeIndex(2, len(rows) + 1, name="row")
    padded = [texts + [""] * (width - len(texts)) for texts in rows]
    frame = pd.DataFrame(padded[1:], index=index, columns=range(width), dtype=str)
    return Grid([trim(name) for name in padded[0]], _full(frame), path.name, title, blanks=blanks)


def _opened(path: Path, values: bool) -> Any:
    import openpyxl

    return openpyxl.load_workbook(path, read_only=True, data_only=values, keep_links=False)


def _rows(path: Path, title: str, values: bool) -> Iterator[list[tuple]]:
    """Rows of cells (value, type, number format), with the last values of formulas or with the formulas."""
    try:
        with warnings.catch_warnings(), closing(_opened(path, values)) as book:
            warnings.simplefilter("ignore")  # of parts that are not read, and of days that Excel does not know
            book[title].reset_dimensions()  # what a sheet says of its own size may be wrong
            for cells in book[title].iter_rows():
                yield [(cell.value, cell.data_type, cell.number_format) for cell in cells]
    except DAMAGE:
        raise fail("E_NOT_A_WORKBOOK", file=path.name) from None


def _formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if "worksheets/" in name and name.endswith(".xml")]
        return any(FORMULA.search(archive.read(name)) for name in sheets)


def cell_text(value: Any, shape: str | None) -> str:
    """A cell as text that can be read back; ``shape`` is its number format."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        text = str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(value)
        return text.zfill(len(shape)) if shape and set(shape) == {"0"} else text  # 007 is shown, and meant
    if isinstance(value, datetime):
        day = value.time() == datetime.min.time() and "h" not in (shape or "").lower()
        return value.date().isoformat() if day else value.isoformat(sep=" ")
    text = str(value)
    if "_x" in text:
        from openpyxl.utils.escape import unescape

        text = unescape(text)
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
