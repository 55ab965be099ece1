"""The tables and figures of a page as a workbook, a sheet each: the numbers of the page with its decimals, no more."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from coops.files import excel
from coops.show.exhibits import FIGURES
from coops.show.language import ISOLATE, MINUS, POP, Words
from coops.study.languages import ISOLATE_NAME

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

NUMBER = re.compile(r"-?\d[\d.,\u00a0\u202f]*(?P<percent>%)?")
GROUPED = re.compile(r"\d[,.\u00a0\u202f]\d{3}(?!\d)")
WIDEST = 60  # letters of a column


def write_workbook(exhibits: list[dict], words: Words, target: Path, root: Path) -> Path:
    """Write the exhibits that a page prints, in one language; return the file.

    Parameters
    ----------
    exhibits : list of dict
        As listed by the run, in the order of the page.
    root : Path
        The folder of the run, which has the pictures.
    """
    from openpyxl import Workbook

    book, study = Workbook(), words.study.contract.study
    numbers = {e["name"]: _plain(words.label(f"{e['kind']}_number", number=e["number"])) for e in exhibits}
    sheets = excel.names(numbers.values())
    contents = book.active
    contents.title = excel.names([words.label("workbook.contents")])[words.label("workbook.contents")]
    excel.line(contents, 1, [_plain(words.label(f"label.{study.label}"))], bold=True, wrap=False)
    excel.line(contents, 2, [_plain(words.said(study.title))], bold=True, wrap=False)
    contents.column_dimensions["A"].width, contents.column_dimensions["B"].width = 18, 100
    for row, exhibit in enumerate(exhibits, start=4):
        number, caption = numbers[exhibit["name"]], _plain(exhibit["caption"][words.language])
        excel.line(contents, row, [number, caption])
        sheet = book.create_sheet(sheets[number])
        excel.line(sheet, 1, [_plain(words.label(f"label.{study.label}"))], bold=True, wrap=False)
        excel.line(sheet, 2, [f"{number}. {caption}"], bold=True, wrap=False)
        excel.line(sheet, 3, [_plain(exhibit["note"][words.language])], wrap=False)
        if exhibit["kind"] == "table":
            _table(sheet, exhibit["body"][words.language], words)
        else:
            _figure(sheet, exhibit, words, root)
    for sheet in book:
        sheet.sheet_view.rightToLeft = words.rtl
    target.write_bytes(excel.packed(book))
    return target


def _table(sheet: "Worksheet", body: str, words: Words) -> None:
    lines = [line for line in body.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    for row, line in enumerate(cells[:1] + cells[2:], start=5):
        for column, text in enumerate(line, start=1):
            value, form = _value(_plain(text), words)
            cell = excel.put(sheet, row, column, value)
            if form:
                cell.number_format = form
    if not lines:  # a table without rows is a sentence
        excel.line(sheet, 5, [_plain(body)], wrap=False)
    for column in range(len(cells[0]) if cells else 0):
        longest = max(len(_plain(line[column])) for line in cells[:1] + cells[2:])
        sheet.column_dimensions[sheet.cell(5, column + 1).column_letter].width = min(longest + 2, WIDEST)


def _figure(sheet: "Worksheet", exhibit: dict, words: Words, root: Path) -> None:
    from openpyxl.drawing.image import Image

    excel.line(sheet, 4, [_plain(exhibit["alt"][words.language])], wrap=False)
    picture = Image(root / FIGURES / f"{exhibit['file']}.{words.language}.png")
    picture.width, picture.height = 640, round(640 * picture.height / picture.width)
    sheet.add_image(picture, "A6")


def _value(text: str, words: Words) -> tuple[float | str, str]:
    """A cell as number, with the format that shows it as the page does; what is no number as text."""
    from babel.numbers import get_decimal_symbol, parse_decimal

    number = text.replace(MINUS, "-")
    hit = NUMBER.fullmatch(number)
    if not hit:
        return text, ""
    digits = number.removesuffix("%").rstrip()
    locale = words.signs.numbers
    decimals = len(digits.partition(get_decimal_symbol(locale))[2])
    form = ("#,##0" if GROUPED.search(digits.partition(get_decimal_symbol(locale))[0]) else "0") + (
        f".{'0' * decimals}" if decimals else ""
    )
    try:
        value = float(parse_decimal(digits, locale=locale))
    except ValueError:  # a date or a version: digits and points, but no number
        return text, ""
    return (round(value / 100, decimals + 2), f"{form}%") if hit["percent"] else (value, form)


def _plain(text: str) -> str:
    """Text without marks of direction and of Markdown."""
    return re.sub(r"\\([\W_])", r"\1", re.sub(f"[{ISOLATE}{ISOLATE_NAME}{POP}]", "", text)).replace("**", "").strip()
