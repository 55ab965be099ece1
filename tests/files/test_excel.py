"""Names of sheets, cells that stay texts, bytes that stay the same."""

import time
from io import BytesIO
from zipfile import ZipFile

import openpyxl

from coops.files.excel import names, packed, put


def test_names_of_sheets():
    """Cut at 31, never twice whatever the capitals, and not the one that Excel keeps for itself."""
    long = "a" * 30
    assert names(["visits", "Visits", "history", long + "bc", long + "bd"]) == {
        "visits": "visits",
        "Visits": "Visits_2",
        "history": "history_2",
        long + "bc": long + "b",
        long + "bd": "a" * 29 + "_2",
    }


def test_the_same_bytes_later():
    """Saved more than a second later: no time of saving is in the file, and it opens."""
    book = openpyxl.Workbook()
    put(book.active, 1, 1, "=1+1")
    first = packed(book)
    time.sleep(1.1)
    assert packed(book) == first
    assert {entry.date_time for entry in ZipFile(BytesIO(first)).infolist()} == {(2000, 1, 1, 0, 0, 0)}
    assert openpyxl.load_workbook(BytesIO(first)).active["A1"].data_type == "s"


def test_numbers_stay_numbers():
    """And signs that no XML can hold are replaced, empty texts left out."""
    sheet = openpyxl.Workbook().active
    assert put(sheet, 1, 1, 2.5).value == 2.5
    assert put(sheet, 1, 2, "a\x01b").value == "a\ufffdb"
    assert put(sheet, 1, 3, "").value is None


def test_a_line_of_cells():
    """Numbers as numbers, missing ones empty, text as text whatever it begins with; Arabic from right to left."""
    import numpy as np
    import openpyxl

    from coops.files.excel import line

    sheet = openpyxl.Workbook().active
    line(sheet, 1, [np.int64(3), 2.5, np.nan, None, "=1+1", "مرحبا", "x" * 40_000], bold=True)
    cells = list(sheet[1])
    assert [cell.value for cell in cells[:6]] == [3, 2.5, None, None, "=1+1", "مرحبا"]
    assert [cell.data_type for cell in cells[:6]] == ["n", "n", "n", "n", "s", "s"]
    assert (cells[4].alignment.readingOrder, cells[5].alignment.readingOrder) == (0, 2) and cells[5].alignment.wrap_text
    assert len(cells[6].value) == 32_000 and cells[0].font.bold
