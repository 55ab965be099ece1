"""The workbook that goes back to the sender: what is wrong, in her language, and where to write what is right."""

import math
from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from coops.field_data import corrections
from coops.field_data.batch import WHOLE_ROW, Batch
from coops.field_data.query_replies import COLUMNS, SHEET_MARK
from coops.field_data.receive import Received
from coops.files.excel import line, new_book, packed
from coops.show.language import Words
from coops.study.findings import Finding

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

HIDDEN_COLUMNS = {SHEET_MARK, "row_name"}
WIDTHS = {"table": 18, "file": 22, "key": 20, "column": 20, "label": 30, "value": 18}
WIDTHS |= {"what": 70, "new": 22, "by": 16, "on": 14}
INVITING = "FFF2CC"  # colour of the cells to be filled in


def workbook(received: Received, words: Words) -> bytes:
    """Return the workbook: how to use it, what is to be mended, what is only told, and the rows as received.

    All cells are text, so that nothing in them is ever computed. It holds personal data: it is private.
    """
    from openpyxl.worksheet.properties import PageSetupProperties

    book = new_book()
    _how(book, words)
    _mend(book, received, words)
    _told(book, received, words)
    for batch in received.batches.values():
        if batch.aside:
            _rows(book, batch, words)
    for sheet in book:
        sheet.sheet_view.rightToLeft = words.rtl
        sheet.page_setup.paperSize, sheet.page_setup.orientation, sheet.page_setup.fitToHeight = 9, "landscape", 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    return packed(book)


def _write(sheet: "Worksheet", row: int, values: list, bold: bool = False) -> None:
    line(sheet, row, map(str, values), bold)  # numbers too: what came as text goes back as text


def _how(book: "Workbook", words: Words) -> None:
    sheet = book.create_sheet(words.label("mend.sheet.how"))
    _write(sheet, 1, [words.said(words.study.contract.study.title)], bold=True)
    for row, number in enumerate(range(1, 6), start=3):
        _write(sheet, row, [words.label(f"mend.how.{number}", drop=words.label("mend.drop"))])
    sheet.column_dimensions["A"].width = 110


def lines(received: Received, words: Words) -> list[dict]:
    """One line a finding and column that a new value may be written for."""
    queries = []
    for batch in received.batches.values():
        for at, findings in sorted(batch.aside.items()):
            name = corrections.name_of(batch, at)
            for finding in findings:
                if finding.code == "E_UNIT_OUT":
                    continue  # comes back by itself
                columns = [column for column in finding.column.split(", ") if column in batch.raw]
                for column in columns + ([WHOLE_ROW] if finding.code in ("E_KEY_TWICE", "E_KEY_EMPTY") else []):
                    value = "" if column == WHOLE_ROW else batch.raw.at[at, column].strip()
                    cells = [finding.code, batch.name, name, column, *batch.place(at).values(), batch.keys[at]]
                    cells += [_label(batch, column, words), value, finding.text(words.language)]
                    queries.append(dict(zip(COLUMNS, cells, strict=False)))
    return queries


def _label(batch: Batch, column: str, words: Words) -> str:
    if column == WHOLE_ROW:
        return words.label("mend.whole_row")
    return words.said(batch.labels.get(column, {})) or column


def _mend(book: "Workbook", received: Received, words: Words) -> None:
    sheet = book.create_sheet(words.label("mend.sheet.mend"))
    _write(sheet, 1, COLUMNS)
    sheet.row_dimensions[1].hidden = True
    _write(sheet, 2, ["", *(words.label(f"mend.head.{name}") for name in COLUMNS[1:])], bold=True)
    for row, fault in enumerate(lines(received, words), start=3):
        _write(sheet, row, [fault.get(name, "") for name in COLUMNS])
        sheet.row_dimensions[row].height = 15 * math.ceil(len(fault["what"]) / WIDTHS["what"])
        for column, name in enumerate(COLUMNS, start=1):
            if name in ("new", "by", "on"):
                _fill(sheet.cell(row, column))
    for column, name in enumerate(COLUMNS, start=1):
        dimension = sheet.column_dimensions[sheet.cell(1, column).column_letter]
        dimension.width, dimension.hidden = WIDTHS.get(name, 12), name in HIDDEN_COLUMNS
    sheet.freeze_panes = "A3"


def _fill(cell: "Cell") -> None:
    from openpyxl.styles import PatternFill

    cell.value = None
    cell.fill = PatternFill("solid", fgColor=INVITING)


def _told(book: "Workbook", received: Received, words: Words) -> None:
    """Findings that are not about a row put aside: errors of a whole file first, then warnings."""
    blocking = received.blocking
    warnings = [finding for finding in received.findings if finding.severity == "warning"]
    if not blocking and not warnings:
        return
    sheet = book.create_sheet(words.label("mend.sheet.told"))
    heads = ("severity", "file", "sheet", "row", "column", "what")
    _write(sheet, 1, [words.label(f"mend.head.{name}") for name in heads], bold=True)
    for row, finding in enumerate([*blocking, *warnings], start=2):
        severity, text = words.label(f"severity.{finding.severity}"), finding.text(words.language)
        _write(sheet, row, [severity, *_place(finding), text])
    for column, width in zip("ABCDEF", (14, 24, 16, 8, 24, 90), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "A2"


def _place(finding: Finding) -> list:
    return [finding.file, finding.sheet, "" if finding.row is None else finding.row, finding.column]


def _rows(book: "Workbook", batch: Batch, words: Words) -> None:
    """The rows put aside, every cell as received (after corrections)."""
    sheet = book.create_sheet(batch.name[:31])
    heads = [words.label(f"mend.head.{name}") for name in ("file", "sheet", "row", "codes")]
    _write(sheet, 1, [*heads, *batch.raw.columns], bold=True)
    for number, (at, findings) in enumerate(sorted(batch.aside.items()), start=2):
        codes = " ".join(dict.fromkeys(finding.code for finding in findings))
        _write(sheet, number, [*batch.place(at).values(), codes, *batch.raw.loc[at]])
    sheet.freeze_panes = "A2"


def summary(findings: list[Finding], words: Words) -> pd.DataFrame:
    """Count findings by kind, with the first of each in words; errors first."""
    counts = Counter(finding.code for finding in findings)
    first = {finding.code: finding for finding in reversed(findings)}
    order = sorted(counts, key=lambda code: ("UEW".index(code[0]), -counts[code], code))
    rows = [[code, first[code].severity, counts[code], first[code].text(words.language)] for code in order]
    return pd.DataFrame(rows, columns=["code", "severity", "number", "first"])
