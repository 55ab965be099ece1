"""A study folder from a design: what is taken over, what a person must say, and that it loads once she has said it."""

import csv
import datetime
import re
import tomllib
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from pyxform.xls2xform import convert

from coops.collect import from_design
from coops.collect.toml import todos_left, toml
from coops.field_data.receive import receive
from coops.study.load import load
from tests import made
from tests.collect.test_forms import DEMO, TOML, set_to, write

SAID = {"coverage": '"census"', "start": "2031-03-01", "end": "2031-03-31", "price_index": "100"}
SAID["retention_date"] = "2099-12-31"


def settings(folder: Path) -> dict:
    """What study.toml says."""
    return tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))


def fill_in(folder: Path) -> None:
    """Replace each TODO as a person would: by field, else by a few words."""
    lines = (folder / "study.toml").read_text(encoding="utf-8").splitlines()
    for place, line in enumerate(lines):
        field = line.split(" = ")[0]
        lines[place] = re.sub(r'"TODO[^"]*"', SAID.get(field, '"what she says"'), line)
    (folder / "study.toml").write_text("\n".join(lines), encoding="utf-8")


def todos(folder: Path) -> list[str]:
    """Fields that still say TODO; nothing else may be found."""
    findings = made.refused(load, folder)
    assert {finding.code for finding in findings} == {"E_TODO"}
    return [finding.column for finding in findings]


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    """A FIELD study of the demonstration's design."""
    folder = tmp_path_factory.mktemp("designed") / "spring-2031"
    from_design.make(folder, load(DEMO), "FIELD")
    return folder


def test_the_files(field):
    """The folder of a study without data, and what goes to the association."""
    files = {str(path.relative_to(field)) for path in field.rglob("*") if path.is_file()}
    assert files == {
        "study.toml", "codebook.csv", "labels.csv", "diagnosis.csv", "evaluation.csv", "raw/spring_2031.xlsx",
        *(f"forms/{name}.xlsx" for name in load(DEMO).contract.forms),
    }  # fmt: skip
    for name in ("codebook.csv", "labels.csv", "diagnosis.csv", "evaluation.csv"):
        assert (field / name).read_bytes() == (DEMO / name).read_bytes()


def test_what_only_a_person_can_know(field):
    """Title, summary, coverage, days, prices, and what the law asks of field data; each place once."""
    languages, waves = ("en", "fr", "ar"), load(DEMO).contract.waves
    assert sorted(todos(field)) == sorted(
        [f"study.{name}.{language}" for name in ("title", "summary") for language in languages]
        + ["study.coverage"]
        + [f"waves.{wave}.{name}" for wave in waves for name in ("start", "end", "price_index")]
        + [f"data_protection.{name}" for name in from_design.PROTECTION]
    )
    assert todos_left(field) == 18


def test_a_demonstration_needs_no_receipt(tmp_path):
    """Nothing of data protection; and another label."""
    from_design.make(tmp_path / "new", load(DEMO), "DEMONSTRATION")
    assert settings(tmp_path / "new")["study"]["label"] == "DEMONSTRATION"
    assert "data_protection" not in settings(tmp_path / "new") and todos_left(tmp_path / "new") == 13


def test_all_else_is_the_design(field):
    """Word for word, but for the files, the rows expected and what is published of the other programme."""
    new, old = settings(field), settings(DEMO)
    for part in set(old) - {"study", "waves", "tables"}:
        assert new[part] == old[part], part
    for name, table in new["tables"].items():
        assert table.pop("files") == ["spring_2031.xlsx"] and table.pop("sheet") == name
        assert table == {key: value for key, value in old["tables"][name].items() if key != "files"}
    for name, wave in new["waves"].items():
        assert "expected_rows" not in wave and wave["label"] == old["waves"][name]["label"]
    assert new["study"]["id"] == "spring_2031" and "facts" not in new["study"]
    assert new["study"]["languages"] == old["study"]["languages"]


def test_it_loads_once_all_is_said(tmp_path):
    """No finding about the folder; about the data only that the tables are still empty."""
    folder = tmp_path / "new"
    from_design.make(folder, load(DEMO), "FIELD")
    fill_in(folder)
    study = load(folder)
    assert study.contract.data_protection.retention_date == datetime.date(2099, 12, 31)
    assert todos_left(folder) == 0
    codes = {fault.code for fault in receive(study).findings}
    assert codes == {"E_EMPTY_TABLE", "W_EMPTY_TABLE", "E_EMPTY_WAVE"}


def test_the_workbook_and_the_forms_are_of_the_new_study(field):
    """They carry its name, not the title of the programme that the design comes from."""
    book = openpyxl.load_workbook(field / "raw" / "spring_2031.xlsx")
    assert book.worksheets[0]["A1"].value == "spring_2031"
    assert [sheet.max_row for sheet in book.worksheets if sheet.title in settings(DEMO)["tables"]] == [1] * 15
    assert book["members"].data_validations.count > 0
    for path in sorted((field / "forms").iterdir()):
        sheet = openpyxl.load_workbook(path)["settings"]
        row = dict(zip(*sheet.iter_rows(values_only=True), strict=True))
        assert row["form_id"] == f"spring_2031_{path.stem}"
        warnings = []
        convert(BytesIO(path.read_bytes()), warnings=warnings, file_type=".xlsx")
        assert warnings == []


def test_the_workbook_filled_in(tmp_path):
    """A made design: its workbook, filled in by hand, is accepted."""
    design = load(write(tmp_path / "design"))
    folder = tmp_path / "new"
    from_design.make(folder, design, "DEMONSTRATION")
    fill_in(folder)
    book = openpyxl.load_workbook(folder / "raw" / "new.xlsx")
    book["list"].append(["007", None])
    book["visits"].append(["007", "2001", "here", 12.5])
    book["visits"].append(["007", "2002", "here", 14])
    book.save(folder / "raw" / "new.xlsx")
    received = receive(load(folder))
    assert received.findings == []
    assert received.tables["visits"]["pupil"].tolist() == ["007", "007"]


def test_renamed_columns_come_under_their_own_name(tmp_path):
    """The design renames what it receives; the workbook has the new names already."""
    text = TOML.replace('key = ["pupil"]\n', 'key = ["pupil"]\nformat = "csv"\nrename = { birthday = "born" }\n', 1)
    from_design.make(tmp_path / "new", load(write(tmp_path / "design", toml=text)), "FIELD")
    assert set(settings(tmp_path / "new")["tables"]["list"]) == {"level", "files", "sheet", "key"}


def test_nothing_is_written_where_words_are_missing(tmp_path):
    """Each finding once, though the workbook and the form miss the same label."""
    design = load(write(tmp_path / "design", change=set_to("born", label_ar="")))
    (finding,) = made.refused(from_design.make, tmp_path / "new", design, "FIELD")
    assert (finding.code, finding.column, finding.key) == ("E_NO_LABEL", "label_ar", "born")
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(tmp_path):
    """Not even an empty folder."""
    (tmp_path / "new").mkdir()
    (finding,) = made.refused(from_design.make, tmp_path / "new", load(DEMO), "FIELD")
    assert finding.code == "E_NEW_EXISTS"


def test_the_id_comes_from_the_folder():
    """A letter first, then letters, digits and _."""
    ids = {"spring": "spring", "spring 2031": "spring_2031", "2031": "study_2031", "الربيع": "study", "é-1": "study_1"}
    assert {folder: from_design.identifier(folder) for folder in ids} == ids


def test_toml_reads_back():
    """Every type that TOML has, odd names, tables of tables, and what lies deeper."""
    everything = {
        "plain": 1,
        "study": {"title": {"en": 'say "a\\b"\n\x7f', "ar": "نص"}, "on": datetime.date(2031, 3, 1), "share": 0.5},
        "waves": {"a b": {"yes": True, "few": -3, "big": 1e22}, "b": {"list": [{"x": 1, "y": ["z", []]}, {}]}},
        "at": {"time": datetime.time(9, 30), "both": datetime.datetime(2031, 3, 1, 9, 30)},
        "none": {},
    }
    assert tomllib.loads(toml(everything)) == everything


def test_every_design_reads_back():
    """The shipped one, and that of the small study, where it is."""
    for path in [DEMO / "study.toml", DEMO.parent / "small" / "study.toml"]:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
        assert tomllib.loads(toml(written)) == written


def test_the_codebook_is_one_source(field):
    """What a form asks, what the workbook has and what the codebook says are the same names."""
    with (field / "codebook.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["table"], row["name"]) for row in csv.DictReader(file)]
    book = openpyxl.load_workbook(field / "raw" / "spring_2031.xlsx")
    tables = settings(field)["tables"]
    assert [(name, cell.value) for name in tables for cell in book[name][1]] == sorted(
        rows, key=lambda entry: list(tables).index(entry[0])
    )
    for name, form in settings(field)["forms"].items():
        survey = openpyxl.load_workbook(field / "forms" / f"{name}.xlsx")["survey"]
        column = next(cell.column for cell in survey[1] if cell.value == "name")
        named = {survey.cell(row, column).value for row in range(2, survey.max_row + 1)}
        assert {variable for table, variable in rows if table in form["tables"]} <= named
