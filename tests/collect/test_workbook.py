"""The empty workbook: what Excel accepts in each column, how it is read back, and what it says in each language."""

import datetime
import re
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pandas as pd
import pytest

from coops.collect.workbook import ROWS, workbook
from coops.field_data.receive import receive
from coops.files import readers
from coops.files.excel import packed
from coops.files.safe_files import examine
from coops.study.load import load
from tests import made
from tests.collect.test_forms import DEMO, TOML, VALUES, set_to, write
from tests.collect.test_forms import ROWS as VARIABLES


@pytest.fixture
def book(tmp_path):
    """The workbook of the made study, saved and opened again."""
    return opened(write(tmp_path / "made"))


def opened(folder: Path):
    return openpyxl.load_workbook(BytesIO(packed(workbook(load(folder)))))


def rules(sheet) -> dict[str, object]:
    """What Excel accepts, by the name of the column."""
    by_column = {}
    for rule in sheet.data_validations.dataValidation:
        first, last = str(rule.sqref).split(":")
        assert (first[1:], last[1:]) == ("2", str(ROWS + 1))
        by_column[sheet[f"{first[0]}1"].value] = rule
    return by_column


def listed(book, rule) -> list:
    """The values that a drop-down points to."""
    sheet, cells = re.fullmatch(r"'(_lists)'!(.*)", rule.formula1).groups()
    return [cell.value for (cell,) in book[sheet][cells.replace("$", "")]]


# -- a sheet a table --------------------------------------------------------------------------------


def test_sheets(book):
    """The languages first, the sender's in front; then the tables; the lists are hidden."""
    assert book.sheetnames == ["Lisez-moi", "Read me", "اقرأني", "list", "visits", "_lists"]
    assert [sheet.sheet_state for sheet in book] == ["visible"] * 5 + ["hidden"]
    assert [sheet.sheet_view.rightToLeft for sheet in book][:3] == [False, False, True]
    assert book["visits"].freeze_panes == "A2" and not book["visits"].sheet_view.rightToLeft


def test_the_first_row_has_the_names(book):
    """Those of the codebook, in its order, with the label in the sender's language beside them."""
    wanted = [row["name"] for row in VARIABLES if row["table"] == "visits"]
    assert [cell.value for cell in book["visits"][1]] == wanted
    assert book["visits"].max_row == 1
    assert book["visits"]["F1"].comment.text == "the books (fr)\nWhich books? (fr)"


def test_lists(book):
    """Waves by the value of the data, allowed values, and the codes of missing answers; several choices have no list."""
    of_column = rules(book["visits"])
    assert listed(book, of_column["round"]) == ["2001", "2002"]
    assert listed(book, of_column["state"]) == ["here", "away"]
    assert of_column["books"].type is None
    assert "own ; lent ; none" in of_column["books"].prompt.replace("\u202f", " ")
    assert {name for name, rule in of_column.items() if rule.type == "list"} == {"round", "state", "wish_1", "wish_2"}


def test_ranges(book):
    """Without codes Excel's own rules; with codes a formula that lets them pass (worked out by hand)."""
    of_column = rules(book["visits"])
    score, again = of_column["score"], of_column["again"]
    assert (score.type, score.formula1) == ("custom", "OR(AND(ISNUMBER(D2),D2>=0,D2<=20),D2=-98)")
    assert of_column["best"].formula1 == "OR(AND(ISNUMBER(E2),E2>=0,E2=INT(N(E2))),E2=-98)"
    assert (again.type, again.operator, again.formula1) == ("whole", "lessThanOrEqual", "9")
    assert (of_column["came"].type, of_column["came"].formula1) == ("date", "1")
    assert of_column["pupil"].type is None
    for rule in of_column.values():
        assert rule.showErrorMessage == bool(rule.type) and rule.errorStyle in ("stop", None)


@pytest.mark.parametrize(
    ("range_", "type_", "rule"),
    [
        ("1..5", "integer", ("whole", "between", "1", "5")),
        ("0.5..", "number", ("decimal", "greaterThanOrEqual", "0.5", None)),
        ("..-2", "number", ("decimal", "lessThanOrEqual", "-2", None)),
        ("", "number", ("custom", None, "OR(AND(ISNUMBER(G2)))", None)),
        ("", "integer", ("custom", None, "OR(AND(ISNUMBER(G2),G2=INT(N(G2))))", None)),
    ],
)
def test_each_kind_of_range(tmp_path, range_, type_, rule):
    """Both ends, one end, none."""
    change = set_to("wish_1", type=type_, range=range_, allowed="", missing="")
    wish = rules(opened(write(tmp_path, change=change))["visits"])["wish_1"]
    assert (wish.type, wish.operator, wish.formula1, wish.formula2) == rule


def test_a_list_of_numbers(tmp_path):
    """Where the column holds numbers, the list does too: Excel compares 1 with 1."""
    folder = write(tmp_path, change=set_to("wish_1", type="integer", allowed="1|2", missing="-98=dk"),
                   words=[*VALUES, "wish_1.1", "wish_1.2"])  # fmt: skip
    book = opened(folder)
    assert listed(book, rules(book["visits"])["wish_1"]) == [1, 2, -98]


def test_what_is_said_beside_a_cell(book):
    """Label, unit, range and codes in the sender's language; never longer than Excel takes."""
    rule = rules(book["visits"])["score"]
    assert rule.promptTitle == "score"
    assert rule.prompt.split("\n") == [
        "the score (fr)", "Unité\u00a0: unit.points fr.", "Un nombre entre 0 et 20.",
        "Codes\u00a0: -98 = ne sait pas.",
    ]  # fmt: skip
    assert rule.error == "Un nombre entre 0 et 20. Codes\u00a0: -98 = ne sait pas."


def test_nothing_is_too_long_for_excel(tmp_path):
    """255 signs in a prompt, 225 in an error, 32 in their titles, 31 in the name of a sheet."""
    long = "x" * 40
    toml = TOML.replace("[tables.list]", f"[tables.{long}]").replace('["list", "visits"]', f'["{long}", "visits"]')

    def change(row):
        if row["table"] == "list":
            row["table"] = long
        if row["name"] == "books":
            row.update(label_fr="é" * 300, allowed="|".join(f"value{n}" for n in range(60)))

    book = opened(write(tmp_path, toml=toml, change=change, words=[*VALUES, *(f"books.value{n}" for n in range(60))]))
    assert "x" * 31 in book.sheetnames
    for sheet in book:
        for rule in sheet.data_validations.dataValidation:
            assert len(rule.prompt or "") <= 255 and len(rule.error or "") <= 225
            assert len(rule.promptTitle or "") <= 32 and len(rule.errorTitle or "") <= 32


def test_columns_of_codes_are_text(book):
    """Keys, choices and texts: 007 stays 007; numbers and dates have their own format."""
    formats = {
        cell.value: book["visits"].column_dimensions[cell.column_letter].number_format for cell in book["visits"][1]
    }
    assert formats["pupil"] == formats["round"] == formats["state"] == formats["books"] == "@"
    assert formats["score"] == "General" and formats["best"] == "0" and formats["came"] == "yyyy-mm-dd hh:mm"


# -- a sheet a language -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("Read me", ["visits", "score", "the score (en)", None, "number", "unit.points en", None,
                     "A number between 0 and 20.", "Codes: -98 = does not know.", "yes"]),
        ("اقرأني", ["visits", "round", "the round (ar)", None, "نص أو رمز", None,
                   "\u20662001\u2069 = قبل\n\u20662002\u2069 = بعد", None, None, "نعم"]),
        ("Lisez-moi", ["visits", "books", "the books (fr)", "Which books? (fr)", "plusieurs choix d’une liste", None,
                       "own = books.own fr\nlent = books.lent fr\nnone = books.none fr", None,
                       "Codes\u00a0: -99 = n’a pas souhaité répondre.", "non"]),
    ],
)  # fmt: skip
def test_reading_sheets(book, title, line):
    """One line a column, in the language of the sheet."""
    lines = [list(row) for row in book[title].iter_rows(values_only=True)]
    assert line in lines
    assert sum(row[0] in ("list", "visits") for row in lines) == len(VARIABLES)


def test_a_missing_translation(tmp_path):
    """Of a label, a value: refused, as for a form."""
    words = [value for value in VALUES if value != "state.away"]
    folder = write(tmp_path, change=set_to("born", label_ar=""), words=words)
    faults = [(fault.code, fault.column, fault.key) for fault in made.refused(workbook, load(folder))]
    assert faults == [("E_NO_LABEL", "label_ar", "born"), *[("E_NO_TEXT_LABEL", "", "state.away")] * 3]


# -- the file -----------------------------------------------------------------------------------------


def test_the_file_is_safe_and_the_same(tmp_path):
    """No formula in a cell, no link, no macro; the same bytes; our own look at received files lets it pass."""
    study = load(DEMO)
    content = packed(workbook(study))
    assert content == packed(workbook(study))
    (tmp_path / "book.xlsx").write_bytes(content)
    examine(tmp_path / "book.xlsx")
    with ZipFile(BytesIO(content)) as parts:
        names = parts.namelist()
        assert not [name for name in names if "vba" in name.lower() or "externalLink" in name]
        for name in names:
            assert b"<f>" not in parts.read(name) and b'TargetMode="External"' not in parts.read(name)


@pytest.mark.parametrize("sign", ["=1+1", "+1", "-1", "@x"])
def test_words_that_begin_like_a_formula(tmp_path, sign):
    """They are texts, in a format in which Excel leaves them alone when they are edited."""
    labels = dict.fromkeys(("label_en", "label_fr", "label_ar"), sign)
    book = opened(write(tmp_path, change=set_to("came", **labels)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == sign]
    assert len(cells) == 3
    assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}


# -- filled in ----------------------------------------------------------------------------------------


def test_typed_and_read_back(tmp_path):
    """Typed as a person does: numbers, days, 007; read back by the names of the first row, with no finding."""
    folder = write(tmp_path)
    book = opened(folder)
    book["list"].append(["007", datetime.date(1990, 2, 1)])
    for round_, score in (("2001", 12.5), ("2002", -98)):
        book["visits"].append(["007", round_, "here", score, None, "own lent", "pen", "ball"])
    (folder / "raw").mkdir()
    book.save(folder / "raw" / "made.xlsx")
    assert list(readers.read(folder / "raw" / "made.xlsx", sheet="list")["born"]) == ["1990-02-01"]
    received = receive(load(folder))
    assert [fault.line() for fault in received.findings] == []
    visits = received.tables["visits"]
    assert list(visits["pupil"]) == ["007", "007"] and list(visits["round"]) == ["before", "after"]
    assert visits["score"].tolist()[0] == 12.5 and pd.isna(visits["score"].tolist()[1])


def fill(book, study, raw: Path) -> None:
    """Type the received files of a study into its workbook: numbers as numbers, days as days, all else as text."""
    for name, table in study.contract.tables.items():
        frame = readers.read(raw / table.files[0]).rename(columns=table.rename)
        sheet, variables = book[name], study.codebook.of_table(name)
        columns = {cell.value: cell.column for cell in sheet[1]}
        for row, cells in enumerate(frame.to_dict("records"), start=2):
            for column, text in cells.items():
                if column in columns and text:
                    cell = sheet.cell(row, columns[column])
                    cell.value = _typed(text, variables[column][-1].type)
                    cell.number_format = sheet.column_dimensions[cell.column_letter].number_format


def _typed(text: str, kind: str):
    if kind in ("number", "integer"):
        try:
            return float(text)
        except ValueError:
            return text
    return datetime.date.fromisoformat(text) if kind == "date" else text


def test_a_filled_workbook_gives_the_tables_of_the_export(tmp_path):
    """The demonstration typed into its workbook: the same clean tables as from its files, and no finding."""
    study = load(DEMO)
    book = openpyxl.load_workbook(BytesIO(packed(workbook(study))))
    fill(book, study, DEMO / "raw")
    folder = tmp_path / "typed"
    (folder / "raw").mkdir(parents=True)
    book.save(folder / "raw" / "typed.xlsx")
    for name in ("codebook.csv", "labels.csv", "corrections.csv", "diagnosis.csv"):
        (folder / name).write_bytes((DEMO / name).read_bytes())
    text = (DEMO / "study.toml").read_text(encoding="utf-8")
    text = re.sub(r'files = \["(\w+)\.csv"\]', r'files = ["typed.xlsx"]\nsheet = "\1"', text)
    (folder / "study.toml").write_text(re.sub(r"(?m)^facts = .*$", "", text), encoding="utf-8")
    typed, sent = receive(load(folder)), receive(study)
    assert [fault.line() for fault in typed.findings] == [fault.line() for fault in sent.findings] == []
    assert set(typed.tables) == set(sent.tables)
    for name, frame in sent.tables.items():
        pd.testing.assert_frame_equal(typed.tables[name], frame)
