"""The workbook of what is wrong: sent to the association, filled in as a person would, read back as corrections."""

import io

import openpyxl
import pandas as pd
import pytest

from coops.field_data import query_replies, query_workbook
from coops.field_data.receive import receive
from coops.show.language import Words
from coops.study.load import load
from tests import made


def spoiled() -> pd.DataFrame:
    """Four faults: a score out of range, one that is a formula, a row that stands twice, a row without key."""
    frame = made.pupils(schools=6).astype(object)
    frame.loc[0, "score"] = 900
    frame.loc[1, "score"] = "=1+1"
    frame.loc[3, "pupil"] = ""
    return pd.concat([frame, frame.iloc[[8]]])


def book(folder, language: str = "en"):
    study = load(made.study(folder, pupils=spoiled()))
    return study, openpyxl.load_workbook(io.BytesIO(query_workbook.workbook(receive(study), Words(study, language))))


def lines(sheet) -> list[dict]:
    heads = [cell.value for cell in sheet[1]]
    return [
        dict(zip(heads, [cell.value or "" for cell in row], strict=True)) | {"_": row[0].row}
        for row in sheet.iter_rows(min_row=3)
    ]


def fill(sheet, line: dict, new: str) -> None:
    """Write a new value, who and when, as a person does in Excel."""
    place = {cell.value: cell.column for cell in sheet[1]}
    for name, value in (("new", new), ("by", "office"), ("on", "2001-04-01")):
        sheet.cell(line["_"], place[name]).value = value


def test_each_fault_has_its_line(tmp_path):
    """File, row as in Excel, value received, and the sentence; whole rows can be dropped."""
    _, made_book = book(tmp_path)
    assert made_book.sheetnames == ["how", "to mend", "pupils"]
    columns = ("row", "column", "value", query_replies.SHEET_MARK)
    cells = (("pupil", "p020"), ("wave", "before"), ("*", ""))
    assert [tuple(line[name] for name in columns) for line in lines(made_book["to mend"])] == [
        ("2", "score", "900", "E_RANGE"), ("3", "score", "=1+1", "E_NOT_A_NUMBER"),
        ("5", "pupil", "", "E_KEY_EMPTY"), ("5", "*", "", "E_KEY_EMPTY"),
        *[(row, *cell, "E_KEY_TWICE") for row in ("10", "26") for cell in cells],
    ]  # fmt: skip
    assert made_book["pupils"].max_row == 1 + 5  # the five rows put aside, every cell of them
    formulas = [cell for sheet in made_book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert not formulas


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_in_each_language(tmp_path, language):
    """Words of the sender; right to left in Arabic; the hidden names stay, so that any of them can be read back."""
    study, made_book = book(tmp_path, language)
    sheet = made_book.worksheets[1]
    words = Words(study, language)
    assert sheet.title == words.label("mend.sheet.mend") and sheet.sheet_view.rightToLeft == (language == "ar")
    assert [cell.value for cell in sheet[1]] == query_replies.COLUMNS and sheet.row_dimensions[1].hidden
    assert sheet.cell(2, query_replies.COLUMNS.index("new") + 1).value == words.label("mend.head.new")


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_mended_and_returned(tmp_path, language):
    """Filled in and read back, nothing is left to mend, and all rows but the one too many go on."""
    study, made_book = book(tmp_path / "study", language)
    sheet = made_book.worksheets[1]
    answers = {("2", "score"): "90", ("3", "score"): "2", ("5", "pupil"): "p001"}
    answers[("26", "*")] = Words(study, language).label("mend.drop")
    for line in lines(sheet):
        if (line["row"], line["column"]) in answers:
            fill(sheet, line, answers[line["row"], line["column"]])
    made_book.save(tmp_path / "mended.xlsx")
    assert query_replies.take(study, tmp_path / "mended.xlsx") == (4, [])
    got = receive(study)
    assert not got.findings
    assert got.ledger[["received", "dropped", "aside", "accepted"]].to_numpy().tolist() == [[25, 1, 0, 24]]
    assert got.tables["pupils"].set_index(["pupil", "wave"])["score"].loc[
        [("p000", "before"), ("p000", "after")]
    ].tolist() == [90, 2]


def test_what_cannot_be_read_back(tmp_path):
    """Nobody's name, nothing filled in, another workbook: each is one finding, and nothing is changed."""
    study, made_book = book(tmp_path / "study")
    made_book.save(tmp_path / "nothing.xlsx")
    sheet = made_book.worksheets[1]
    sheet.cell(3, query_replies.COLUMNS.index("new") + 1).value = "90"
    made_book.save(tmp_path / "nobody.xlsx")
    del made_book["to mend"]
    made_book.save(tmp_path / "other.xlsx")
    for name, code in (("nothing", "E_RETURN_NOTHING"), ("nobody", "E_RETURN_WHO"), ("other", "E_RETURN_SHEET")):
        assert [fault.code for fault in made.refused(query_replies.read, tmp_path / f"{name}.xlsx")] == [code]
    assert not (study.folder / "corrections.csv").exists()
