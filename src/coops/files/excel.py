"""Workbooks that we make: every cell a plain value, never a formula, and the same bytes each time."""

import io
import re
from collections.abc import Iterable
from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

LONG_AGO = datetime(2000, 1, 1)
TITLE = 31  # longest name of a sheet in Excel
LONGEST = 32_000  # letters of a cell; Excel takes a few more
FORBIDDEN = {"history"}  # a name that Excel keeps for itself


def new_book() -> "Workbook":
    """Make a workbook without any sheet."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    return book


def put(sheet: "Worksheet", row: int, column: int, value: Any, **style: Any) -> "Cell":
    """Write one cell and return it; a text stays a text, whatever it begins with; Arabic reads from right to left.

    ``style``: what openpyxl calls font, fill, alignment.
    """
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment

    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value) or None
        if value:
            cell.data_type = "s"
        cell.number_format = "@"
    else:
        cell.value = value
    for name, setting in style.items():
        setattr(cell, name, setting)
    if isinstance(value, str) and re.search("[\u0600-\u06ff]", value):
        cell.alignment = copy(cell.alignment) + Alignment(readingOrder=2)
    return cell


def line(sheet: "Worksheet", row: int, values: Iterable, bold: bool = False, wrap: bool = True) -> None:
    """Write a row of cells: numbers as numbers, missing ones empty, all else as text."""
    from numbers import Number

    from openpyxl.styles import Alignment, Font

    for column, value in enumerate(values, start=1):
        style = {"alignment": Alignment(wrap_text=wrap, vertical="top"), "font": Font(bold=bold)}
        if value is None or (isinstance(value, Number) and value != value):
            put(sheet, row, column, None, **style)
        elif isinstance(value, Number):
            put(sheet, row, column, value.item() if hasattr(value, "item") else value, **style)
        else:
            put(sheet, row, column, str(value)[:LONGEST], **style)


def names(tables: Iterable[str]) -> dict[str, str]:
    """Name a sheet for each table: its own name, cut where Excel asks for it, and never the same twice."""
    taken, sheets = set(FORBIDDEN), {}
    for table in tables:
        name, number = table[:TITLE], 2
        while name.lower() in taken:
            name, number = f"{table[: TITLE - len(str(number)) - 1]}_{number}", number + 1
        taken.add(name.lower())
        sheets[table] = name
    return sheets


def packed(book: "Workbook") -> bytes:
    """Return a workbook as bytes, with the same date on every part."""
    book.properties.creator, book.properties.created = "", LONG_AGO
    saved, out = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with ZipFile(saved) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":  # openpyxl writes the time of saving into it
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", content)
            entry = ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr, entry.create_system = ZIP_DEFLATED, 0, 0
            new.writestr(entry, content)
    return out.getvalue()
