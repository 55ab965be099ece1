"""KoboToolbox: paths in headers, choices in columns, repeats on sheets with cut names, and what is left at the door.

Headers and names of sheets follow formpack (the exporter of KoboToolbox): ``_parent_table_name``,
``_submission__uuid``, 31 letters with dots, ``question/choice``.
"""

import csv

import openpyxl
import pytest

from coops.files.cells import parse
from coops.files.readers import read_table
from coops.study.codebook import Variable
from coops.study.languages import LANGUAGES
from coops.study.schema import Table
from tests import made

LABELS = {"en": "How old are you?", "fr": "Quel âge ?"}
MEMBERS = {
    "coop": [Variable("t", "coop", "text")],
    "member": [Variable("t", "member", "text")],
    "age": [Variable("t", "age", "integer", label=LABELS, question={"en": "Age in years"})],
    "channels": [Variable("t", "channels", "multiple", allowed=("souk", "shop", "online"))],
}
FORM = "Enquête"


def table(**settings) -> Table:
    return Table(**({"level": "person", "files": ["a"], "key": ["member"], "format": "kobo"} | settings))


def export(folder, sheets: dict[str, list[list]], name: str = "a.xlsx"):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / name)
    return folder / name


def csv_export(folder, rows: list[list], name: str = "a.csv"):
    """As formpack writes it: semicolons, and every cell between quotation marks."""
    with (folder / name).open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerows(rows)
    return folder / name


def only(*names: str) -> dict:
    return {name: MEMBERS[name] for name in names}


def places(findings) -> list[tuple]:
    for finding in findings:
        assert all("{" not in finding.text(language) for language in LANGUAGES)
    return [(fault.code, fault.row, fault.column) for fault in findings]


def refused(path, known=MEMBERS, **settings) -> list[tuple]:
    return places(made.refused(read_table, path, table(**settings), known))


def rows_of(sheet, *names: str) -> list[list]:
    return sheet.frame[list(names)].to_numpy().tolist()


# -- columns ----------------------------------------------------------------------------------------


def test_group_paths_are_taken_off(tmp_path):
    """Whatever the depth; text is kept as it is."""
    rows = [["id/coop", "id/who/member", "age", "_uuid"], ["C1", "007", "30", "u1"]]
    for path in (export(tmp_path, {FORM: rows}), csv_export(tmp_path, rows)):
        sheet = read_table(path, table(), only("coop", "member", "age"))
        assert places(sheet.findings) == [] and list(sheet.frame) == ["coop", "member", "age"]
        assert sheet.frame.to_dict("index") == {2: {"coop": "C1", "member": "007", "age": "30"}}
        assert (sheet.file, sheet.sheet) == (path.name, FORM if path.suffix == ".xlsx" else "")


def test_two_paths_with_one_name_are_never_a_guess(tmp_path):
    """Until ``rename`` says by its whole path which one is which."""
    path = export(tmp_path, {FORM: [["a/age", "b/age", "member"], [30, 31, "M1"]]})
    assert refused(path, only("age", "member")) == [("E_LEAF_TWICE", None, "age")]
    known = only("member") | {name: [Variable("t", name, "integer")] for name in ("age_a", "age_b")}
    sheet = read_table(path, table(rename={"a/age": "age_a", "b/age": "age_b"}), known)
    assert rows_of(sheet, "age_a", "age_b") == [["30", "31"]]
    sheet = read_table(path, table(rename={"b/age": "age_b"}), only("member", "age") | {"age_b": known["age_b"]})
    assert rows_of(sheet, "age", "age_b") == [["30", "31"]]


def test_a_header_that_stands_twice_is_refused(tmp_path):
    path = export(tmp_path, {FORM: [["id/age", "id/age", "member"], [30, 31, "M1"]]})
    assert refused(path, only("age", "member")) == [("E_HEADER_TWICE", None, "id/age")]


@pytest.mark.parametrize("header", ["How old are you?", "About you/How old are you?", "Age in years", "Quel âge ?"])
def test_labels_in_the_header_are_refused(tmp_path, header):
    """With what to do: export again with XML values and headers."""
    path = export(tmp_path, {FORM: [["member", header], ["M1", 30]]})
    assert refused(path, only("member", "age")) == [("E_LABELS", None, header)]


def test_a_header_without_any_known_name_is_taken_for_labels(tmp_path):
    path = export(tmp_path, {FORM: [["Code", "Âge"], ["M1", 30]]})
    assert refused(path, only("member", "age")) == [("E_LABELS", None, "Code")]


def test_a_column_that_is_not_there_is_left_to_the_caller(tmp_path):
    """An old version of the form; its other columns go on."""
    sheet = read_table(export(tmp_path, {FORM: [["member", "extra"], ["M1", 1]]}), table(), only("member", "age"))
    assert list(sheet.frame) == ["member", "extra"]


# -- several choices --------------------------------------------------------------------------------

JOINED = [["m/member", "m/channels"], ["M1", "souk online"], ["M2", ""], ["M3", "shop"]]
SPLIT = [["m/member", "m/channels/souk", "m/channels/online", "m/channels/shop"], ["M1", 1, 1, 0], ["M2", "", "", ""]]
SPLIT += [["M3", "0", "0", "1"]]
NEVER = [["m/member", "m/channels", "m/channels/souk"], ["M1", "souk", 1], ["M2", "", 0]]
BOTH = [[*joined, *other[1:]] for joined, other in zip(JOINED, SPLIT, strict=True)]


@pytest.mark.parametrize("rows", [JOINED, SPLIT, BOTH])
def test_choices_both_ways(tmp_path, rows):
    """One joined column, a column of 0 and 1 for each choice, or both: the same canonical cells."""
    for path in (export(tmp_path, {FORM: rows}), csv_export(tmp_path, rows)):
        sheet = read_table(path, table(), only("member", "channels"))
        assert places(sheet.findings) == [] and list(sheet.frame) == ["member", "channels"]
        values, _, faults = parse(sheet.frame["channels"], MEMBERS["channels"][0])
        assert values.fillna("").tolist() == ["online souk", "", "shop"] and (faults == "").all()


def test_a_choice_never_ticked_has_no_column(tmp_path):
    """In either form (kobotoolbox/formpack issue 60)."""
    assert places(read_table(export(tmp_path, {FORM: NEVER}), table(), only("member", "channels")).findings) == []
    only_one = [[row[0], row[2]] for row in NEVER]
    sheet = read_table(export(tmp_path, {FORM: only_one}), table(), only("member", "channels"))
    assert rows_of(sheet, "channels") == [["souk"], [""]]


def test_forms_that_do_not_say_the_same(tmp_path):
    """The row is told, whichever of them has more; so is a column of a choice with something else in it."""
    rows = [["member", "channels", "channels/souk", "channels/shop"], ["M1", "souk", 1, 1], ["M2", "souk shop", 1, 0]]
    rows += [["M3", "online", 0, 0], ["M4", "shop", 0, 1], ["M5", "souk", "x", 0], ["M6", "", 2, ""]]
    sheet = read_table(export(tmp_path, {FORM: rows}), table(), only("member", "channels"))
    assert sorted(places(sheet.findings)) == [
        ("E_TICKS", 2, "channels"), ("E_TICKS", 3, "channels"), ("E_TICKS", 4, "channels"), ("E_TICKS", 6, "channels"),
        ("E_TICK_VALUE", 6, "channels/souk"), ("E_TICK_VALUE", 7, "channels/souk"),
    ]  # fmt: skip


def test_a_choice_that_nobody_knows_is_a_fault_of_its_cell(tmp_path):
    rows = [["member", "channels/souk", "channels/fair"], ["M1", 1, 0], ["M2", 1, 1]]
    sheet = read_table(export(tmp_path, {FORM: rows}), table(), only("member", "channels"))
    assert parse(sheet.frame["channels"], MEMBERS["channels"][0])[2].tolist() == ["", "E_ALLOWED"]


def test_a_choice_may_be_called_like_a_variable(tmp_path):
    known = only("member", "channels") | {"shop": [Variable("t", "shop", "integer")]}
    rows = [["member", "channels/shop", "channels/souk", "g/shop"], ["M1", 1, 0, 7]]
    assert rows_of(read_table(export(tmp_path, {FORM: rows}), table(), known), "channels", "shop") == [["shop", "7"]]


# -- repeats ----------------------------------------------------------------------------------------

MAIN = [["id/coop", "_id", "_uuid", "_index"], ["C1", 11, "u1", 1], ["C2", 12, "u2", 2]]
LINKS = ["_index", "_parent_table_name", "_parent_index", "_submission__id", "_submission__uuid"]
REPEAT = [["people/member", "people/age", *LINKS]]
REPEAT += [["M1", 30, 1, FORM, 1, 11, "u1"], ["M2", 31, 2, FORM, 2, 12, "u2"], ["M3", 32, 3, FORM, 1, 11, "u1"]]
PEOPLE = only("member", "age", "coop")


def without(rows: list[list], *names: str) -> list[list]:
    keep = [place for place, name in enumerate(rows[0]) if name not in names]
    return [[row[place] for place in keep] for row in rows]


def changed(rows: list[list], row: int, name: str, value) -> list[list]:
    rows = [list(row) for row in rows]
    rows[row - 1][rows[0].index(name)] = value
    return rows


@pytest.mark.parametrize("lacking", [(), ("_submission__uuid",), ("_parent_index",), ("_parent_table_name",)])
def test_a_repeat_takes_what_it_lacks_from_its_submission(tmp_path, lacking):
    """By the submission's uuid, else by its number in this file."""
    path = export(tmp_path, {FORM: MAIN, "people": without(REPEAT, *lacking)})
    sheet = read_table(path, table(sheet="people"), PEOPLE)
    assert places(sheet.findings) == [] and sheet.sheet == "people"
    assert rows_of(sheet, "member", "age", "coop") == [["M1", "30", "C1"], ["M2", "31", "C2"], ["M3", "32", "C1"]]


def test_the_uuid_goes_before_the_number(tmp_path):
    """The number holds in one file only; the uuid is the submission's own. A row without uuid falls back."""
    rows = changed(changed(REPEAT, 2, "_parent_index", 2), 3, "_submission__uuid", "")
    sheet = read_table(export(tmp_path, {FORM: MAIN, "people": rows}), table(sheet="people"), PEOPLE)
    assert places(sheet.findings) == [] and rows_of(sheet, "coop") == [["C1"], ["C2"], ["C1"]]


def test_rows_without_a_parent(tmp_path):
    """Told with their row, by uuid and by number."""
    rows = changed(REPEAT, 3, "_submission__uuid", "u9")
    path = export(tmp_path, {FORM: MAIN, "people": rows})
    assert places(read_table(path, table(sheet="people"), PEOPLE).findings) == [("E_ORPHAN", 3, "_submission__uuid")]
    rows = without(changed(REPEAT, 4, "_parent_index", 9), "_submission__uuid")
    path = export(tmp_path, {FORM: MAIN, "people": rows})
    assert places(read_table(path, table(sheet="people"), PEOPLE).findings) == [("E_ORPHAN", 4, "_parent_index")]


def test_a_submission_that_stands_twice(tmp_path):
    """Its rows, and those of its repeats, are told."""
    path = export(tmp_path, {FORM: [*MAIN, ["C1", 11, "u1", 3]], "people": REPEAT})
    assert places(read_table(path, table(), only("coop")).findings) == [
        ("E_UUID_TWICE", 2, "_uuid"),
        ("E_UUID_TWICE", 4, "_uuid"),
    ]
    assert places(read_table(path, table(sheet="people"), PEOPLE).findings) == [
        ("E_UUID_TWICE", 2, "_submission__uuid"), ("E_UUID_TWICE", 4, "_submission__uuid"),
    ]  # fmt: skip


NESTED = [["people/jobs/pay", *LINKS], ["100", 1, "people", 2, 12, "u2"], ["200", 2, "people", 3, 11, "u1"]]


def test_repeats_in_repeats(tmp_path):
    """The middle row by its number, for a submission has several; through it what stands above."""
    known = PEOPLE | {"pay": [Variable("t", "pay", "number")]}
    path = export(tmp_path, {FORM: MAIN, "people": REPEAT, "jobs": NESTED})
    sheet = read_table(path, table(sheet="jobs"), known)
    assert places(sheet.findings) == []
    assert rows_of(sheet, "pay", "member", "coop") == [["100", "M2", "C2"], ["200", "M3", "C1"]]
    lost = changed(REPEAT, 3, "_submission__uuid", "u9")
    sheet = read_table(export(tmp_path, {FORM: MAIN, "people": lost, "jobs": NESTED}), table(sheet="jobs"), known)
    assert [(fault.code, fault.sheet, fault.row) for fault in sheet.findings] == [("E_ORPHAN", "jobs", 2)]


def test_what_was_found_about_a_parents_cell_goes_with_it(tmp_path):
    """Choices that do not say the same put the rows aside that take them over."""
    main = [["id/coop", "channels", "channels/souk", "_uuid"], ["C1", "souk", 1, "u1"], ["C2", "souk", 0, "u2"]]
    known = PEOPLE | only("channels")
    sheet = read_table(export(tmp_path, {FORM: main, "people": REPEAT}), table(sheet="people"), known)
    assert places(sheet.findings) == [("E_TICKS", 3, "channels")] and sheet.findings[0].sheet == "people"


def test_parents_that_make_no_tree(tmp_path):
    path = export(tmp_path, {FORM: MAIN, "people": changed(REPEAT, 3, "_parent_table_name", "people")})
    assert refused(path, PEOPLE, sheet="people") == [("E_PARENTS", None, "")]
    other = changed(NESTED, 2, "_parent_table_name", "jobs")
    path = export(tmp_path, {FORM: MAIN, "people": REPEAT, "jobs": other[:2]})
    assert refused(path, PEOPLE | {"pay": [Variable("t", "pay")]}, sheet="jobs") == [("E_PARENTS", None, "")]


LONG = "persons_who_are_members_of_the_cooperative"


@pytest.mark.parametrize("cut", [LONG[:31], LONG[:28] + "...", LONG[:24] + "... (1)"])
def test_names_of_sheets_are_cut(tmp_path, cut):
    """At 31 letters, bare or as formpack does it (formpack issues 122 and 124)."""
    assert len(cut) == 31
    path = export(tmp_path, {FORM: MAIN, cut: REPEAT})
    assert read_table(path, table(sheet=LONG), PEOPLE).sheet == cut


def test_two_sheets_that_the_name_may_be(tmp_path):
    path = export(tmp_path, {FORM: MAIN, LONG[:28] + "...": REPEAT, LONG[:24] + "... (1)": REPEAT})
    assert refused(path, PEOPLE, sheet=LONG) == [("E_SHEET_TWICE", None, "")]
    assert read_table(path, table(sheet=LONG[:28] + "..."), PEOPLE).sheet == LONG[:28] + "..."
    assert refused(path, PEOPLE, sheet="persons") == [("E_NO_SHEET", None, "")]


def test_a_csv_export_has_no_repeats(tmp_path):
    """A table that is a repeat, and the old way of writing repeats into columns, are refused."""
    path = csv_export(tmp_path, MAIN)
    assert refused(path, PEOPLE, sheet="people") == [("E_CSV_REPEATS", None, "")]
    path = csv_export(tmp_path, [["id/coop", "people[1]/member", "people[2]/member"], ["C1", "M1", "M2"]])
    assert refused(path, only("coop")) == [("E_CSV_REPEATS", None, "")]


# -- the door ---------------------------------------------------------------------------------------

PERSONAL = {
    "deviceid": "d-1", "username": "fatima", "phonenumber": "0612345678", "_submitted_by": "fatima", "_notes": "call her",
    "_tags": "x", "place/location": "33.9 -4.9 0 0", "place/_location_latitude": "33.9", "place/_location_longitude": "-4.9",
    "place/_location_altitude": "0", "place/_location_precision": "0", "photo": "1.jpg", "photo_URL": "https://x/1.jpg",
    "_geolocation": "33.9, -4.9",
}  # fmt: skip


def test_what_identifies_people_is_left_at_the_door(tmp_path):
    """One warning with the names of the columns and none of the values; technical columns go without a word."""
    technical = {"_id": 1, "_uuid": "u1", "__version__": "v1", "start": "x", "meta/instanceID": "uuid:u1"}
    row = {"member": "M1", **PERSONAL, **technical, "_status": "s"}
    path = export(tmp_path, {FORM: [list(row), list(row.values())]})
    sheet = read_table(path, table(), only("member"))
    assert list(sheet.frame) == ["member"]
    (finding,) = sheet.findings
    assert finding.code == "W_DROPPED_AT_DOOR" and set(finding.column.split(", ")) == set(PERSONAL)
    for language in LANGUAGES:
        assert "deviceid" in finding.text(language)
        assert not any(value in finding.text(language) for value in ("fatima", "0612345678", "33.9", "1.jpg", "d-1"))


def test_empty_columns_at_the_door_are_no_warning(tmp_path):
    """KoboToolbox always writes some of them."""
    path = export(tmp_path, {FORM: [["member", "_notes", "_tags", "_submitted_by"], ["M1", "", "", None]]})
    assert read_table(path, table(), only("member")).findings == []


def test_technical_columns_that_the_codebook_has_are_kept(tmp_path):
    """The version of the form and the start of the interview, for checks; what identifies people never is."""
    known = only("member") | {name: [Variable("t", name, "text")] for name in ("version", "start", "username")}
    rows = [["member", "__version__", "start", "username"], ["M1", "v1", "2014-10-14", "fatima"]]
    path = export(tmp_path, {FORM: rows})
    sheet = read_table(path, table(rename={"__version__": "version"}), known)
    assert list(sheet.frame) == ["member", "version", "start"] and places(sheet.findings)[0][0] == "W_DROPPED_AT_DOOR"


def test_an_export_that_ends_at_its_limit(tmp_path):
    """30,000 rows exactly (kobotoolbox/kpi issue 2370)."""
    rows = [["member"], *([f"M{number}"] for number in range(30_000))]
    cut = read_table(csv_export(tmp_path, rows), table(), only("member"))
    assert places(cut.findings) == [("W_ROWS_CUT", None, "")]
    assert read_table(csv_export(tmp_path, rows[:-1]), table(), only("member")).findings == []


def test_a_formula_in_an_export(tmp_path):
    """Somebody worked in the file: told under the name of the variable."""
    path = export(tmp_path, {FORM: [["m/member", "m/age"], ["M1", "=1+1"]]})
    assert places(read_table(path, table(), only("member", "age")).findings) == [("E_FORMULA", 2, "age")]


def test_other_formats(tmp_path):
    (tmp_path / "a.dta").write_bytes(b"x")
    assert refused(tmp_path / "a.dta") == [("E_FORMAT", None, "")]
