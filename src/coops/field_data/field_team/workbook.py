"""The workbook of the field-team checks: an overview, and a sheet for what each check found."""

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from coops.field_data.field_team import Check
from coops.files.excel import line, new_book, packed
from coops.show.language import Words

if TYPE_CHECKING:
    from openpyxl import Workbook

SHARES = {"missing", "dont_know", "straight", "share", "rate"}
WIDTHS = {"key": 22, "column": 34, "variable": 34, "what": 44, "value": 34, "keys": 50, "group": 16, "check": 34}


def workbook(checks: list[Check], elsewhere: pd.DataFrame, words: Words) -> bytes:
    """Return the workbook.

    It holds personal data of those interviewed and of those who interviewed them: it is private. Text cells are text,
    so that nothing in them is ever computed.

    Parameters
    ----------
    checks : list of Check
    elsewhere : DataFrame
        Units by arm and support from elsewhere: see :func:`coops.field_data.field_team.support_elsewhere`.
    """
    book = new_book()
    _overview(book, checks, words)
    for check in checks:
        if len(check.rows):
            rows = check.rows.sort_values("what", key=lambda what: what == "", kind="stable")
            _sheet(book, f"{check.number} {words.label(f'fieldwork.{check.code}')}", rows, words)
    if len(elsewhere):
        _sheet(book, words.label("fieldwork.elsewhere"), elsewhere, words)
    for sheet in book:
        sheet.sheet_view.rightToLeft = words.rtl
    return packed(book)


def _overview(book: "Workbook", checks: list[Check], words: Words) -> None:
    sheet = book.create_sheet(words.label("fieldwork.sheet"))
    line(sheet, 1, [words.label("fieldwork.title")], bold=True, wrap=False)
    line(sheet, 2, [words.label("fieldwork.private")], wrap=False)
    heads = ("check", "looked_at", "flagged", "meaning")
    line(sheet, 4, ["", *(words.label(f"fieldwork.head.{name}") for name in heads)], bold=True)
    for row, check in enumerate(checks, start=5):
        means = words.label(f"fieldwork.{check.code}.means")
        meaning = means if check.ran else words.label(f"fieldwork.why.{check.why_not}")
        counts = [check.looked_at, check.flagged] if check.ran else ["–", "–"]
        line(sheet, row, [check.number, words.label(f"fieldwork.{check.code}"), *counts, meaning])
    for letter, width in zip("ABCDE", (5, 34, 12, 12, 100), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A5"


def _sheet(book: "Workbook", title: str, rows: pd.DataFrame, words: Words) -> None:
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31].strip())
    line(sheet, 1, [words.label(f"fieldwork.head.{name}") for name in rows], bold=True)
    for number, row in enumerate(rows.to_dict("records"), start=2):
        line(sheet, number, [_said(name, value, words) for name, value in row.items()])
        for place, name in enumerate(row, start=1):
            if name in SHARES:
                sheet.cell(number, place).number_format = "0.0%"
    for place, name in enumerate(rows, start=1):
        sheet.column_dimensions[sheet.cell(1, place).column_letter].width = WIDTHS.get(name, 14)
    sheet.freeze_panes = "A2"


def _said(name: str, value: Any, words: Words) -> Any:
    """What stands in a cell: words for codes, labels for variables and waves, numbers as numbers."""
    if isinstance(value, dict):
        return words.said(value) or next(iter(value.values()), "")
    if name == "what":
        return ", ".join(words.label(f"fieldwork.what.{code}") for code in str(value).split(", ") if code)
    study = words.study
    if name in ("column", "variable"):
        known = study.codebook.names()
        labels = {code: words.said(study.codebook.get(code).label) for code in value.split(", ") if code in known}
        return ", ".join(f"{labels[code]} ({code})" if labels.get(code) else code for code in value.split(", "))
    if name in ("wave", "arm") and value in {**study.contract.waves, **study.contract.arms}:
        return words.said(study.label(value)) or value
    return value
