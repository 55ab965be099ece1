"""ODK Central: a CSV for the form and one for each repeat in a zip; the same data in any format are the same cells.

Names follow central-backend (``lib/data/briefcase.js``): groups joined by ``-``, ``question/choice`` with 0 or 1,
``KEY`` and ``PARENT_KEY`` as paths, ``Form-repeat.csv``, and ``~1``, ``~2`` for repeats of one name.
"""

import csv
import io
import zipfile
from datetime import datetime

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coops.files.cells import parse
from coops.files.readers import read_table
from coops.study.codebook import Variable
from coops.study.findings import FindingError
from coops.study.languages import LANGUAGES
from coops.study.schema import Table
from tests import made
from tests.files.test_kobo import LINKS, MEMBERS, PERSONAL, csv_export, export, only, places, rows_of

MAIN = [["SubmissionDate", "id-coop", "KEY", "SubmitterName", "FormVersion"]]
MAIN += [
    ["2014-10-14T09:00:00.000Z", "C1", "uuid:1", "fatima", "1"],
    ["2014-10-14T10:00:00.000Z", "C2", "uuid:2", "fatima", "1"],
]
PEOPLE = [["who-member", "age", "PARENT_KEY", "KEY"], ["M1", "30", "uuid:1", "uuid:1/people[1]"]]
PEOPLE += [["M2", "31", "uuid:2", "uuid:2/people[1]"], ["M3", "32", "uuid:1", "uuid:1/people[2]"]]
JOBS = [["pay", "PARENT_KEY", "KEY"], ["100", "uuid:2/people[1]", "uuid:2/people[1]/jobs[1]"]]
JOBS += [["200", "uuid:1/people[2]", "uuid:1/people[2]/jobs[1]"]]
KNOWN = only("member", "age", "coop")
PAY = {"pay": [Variable("t", "pay", "number")]}


def table(**settings) -> Table:
    return Table(**({"level": "person", "files": ["a.zip"], "key": ["member"]} | settings))


def archive(folder, files: dict[str, list[list] | bytes], name: str = "a.zip"):
    with zipfile.ZipFile(folder / name, "w") as archive:
        for inner, rows in files.items():
            text = io.StringIO(newline="")
            csv.writer(text, lineterminator="\n").writerows(rows if isinstance(rows, list) else [])
            archive.writestr(inner, rows if isinstance(rows, bytes) else text.getvalue())
    return folder / name


def refused(path, known=KNOWN, **settings) -> list[tuple]:
    return [(code, row) for code, row, _ in places(made.refused(read_table, path, table(**settings), known))]


def test_the_form_and_its_repeats(tmp_path):
    """Group paths are taken off; a repeat takes from its submission; rows count as in the inner file."""
    path = archive(tmp_path, {"Form.csv": MAIN, "Form-people.csv": PEOPLE})
    sheet = read_table(path, table(), only("coop"))
    assert rows_of(sheet, "coop") == [["C1"], ["C2"]] and (sheet.file, sheet.sheet) == ("a.zip", "Form.csv")
    assert [(fault.code, fault.column) for fault in sheet.findings] == [("W_DROPPED_AT_DOOR", "SubmitterName")]
    sheet = read_table(path, table(sheet="people"), KNOWN)
    assert rows_of(sheet, "member", "age", "coop") == [["M1", "30", "C1"], ["M2", "31", "C2"], ["M3", "32", "C1"]]
    assert sheet.sheet == "Form-people.csv" and list(sheet.frame.index) == [2, 3, 4] and sheet.findings == []


def test_repeats_in_repeats(tmp_path):
    """Each file's parent is the one that has its parents' keys."""
    path = archive(tmp_path, {"F.csv": MAIN, "F-people.csv": PEOPLE, "F-jobs.csv": JOBS})
    sheet = read_table(path, table(sheet="jobs"), KNOWN | PAY)
    assert (
        rows_of(sheet, "pay", "member", "coop") == [["100", "M2", "C2"], ["200", "M3", "C1"]] and sheet.findings == []
    )


def test_repeats_of_one_name(tmp_path):
    """They are numbered; without its number the name is not enough."""
    path = archive(tmp_path, {"F.csv": MAIN, "F-people~1.csv": PEOPLE, "F-people~2.csv": PEOPLE[:2]})
    assert refused(path, sheet="people") == [("E_SHEET_TWICE", None)]
    for name in ("people~2", "F-people~2", "F-people~2.csv"):
        assert len(read_table(path, table(sheet=name), KNOWN).frame) == 1
    assert refused(path, sheet="jobs") == [("E_NO_SHEET", None)]


def test_keys_that_do_not_fit(tmp_path):
    """A row without parent, a key that stands twice, and what hangs on it."""
    rows = [*PEOPLE, ["M4", "33", "uuid:9", "uuid:9/people[1]"], ["M5", "34", "uuid:2", "uuid:1/people[1]"]]
    path = archive(tmp_path, {"F.csv": MAIN, "F-people.csv": rows})
    assert sorted(places(read_table(path, table(sheet="people"), KNOWN).findings)) == [
        ("E_ORPHAN", 5, "PARENT_KEY"), ("E_UUID_TWICE", 2, "KEY"), ("E_UUID_TWICE", 6, "KEY"),
    ]  # fmt: skip
    path = archive(tmp_path, {"F.csv": [*MAIN, MAIN[1]], "F-people.csv": PEOPLE})
    assert [code for code, _, column in places(read_table(path, table(sheet="people"), KNOWN).findings)] == [
        "E_UUID_TWICE"
    ] * 2


def test_choices_in_columns_of_their_own(tmp_path):
    """Central writes 0 wherever nothing is ticked, also where the question was not asked."""
    rows = [["member", "g-channels", "g-channels/souk", "g-channels/online", "KEY"], ["M1", "souk online", 1, 1, "1"]]
    rows += [["M2", "", 0, 0, "2"], ["M3", "souk", 0, 0, "3"]]
    sheet = read_table(archive(tmp_path, {"F.csv": rows}), table(), only("member", "channels"))
    assert places(sheet.findings) == [("E_TICKS", 4, "channels")]
    assert rows_of(sheet, "channels")[:2] == [["souk online"], [""]]


def test_what_lies_beside_the_data(tmp_path):
    """Media, audits and what macOS adds are passed over; places are left at the door."""
    rows = [["member", "place-Latitude", "place-Longitude", "place-Altitude", "place-Accuracy", "DeviceID", "KEY"]]
    rows += [["M1", "33.9", "-4.9", "0", "5", "d", "1"]]
    beside = {
        "media/list.csv": b"x",
        "F - audit.csv": b"x,y\n1,2,3\n",
        "__MACOSX/._F.csv": b"\0\1",
        "media/a.jpg": b"\xff\xd8\xff",
    }
    sheet = read_table(archive(tmp_path, {"F.csv": rows, **beside}), table(), only("member"))
    assert list(sheet.frame) == ["member"]
    assert [fault.column for fault in sheet.findings] == [", ".join(rows[0][1:6])]


def test_zips_that_are_no_export(tmp_path):
    """No CSV, two forms, labels for names, a CSV of another encoding, cut off."""
    assert refused(archive(tmp_path, {"readme.txt": b"x"})) == [("E_ODK_FORM", None)]
    assert refused(archive(tmp_path, {"A.csv": MAIN, "B.csv": MAIN})) == [("E_ODK_FORM", None)]
    assert refused(archive(tmp_path, {"A-people.csv": PEOPLE}), sheet="A-people.csv") == [("E_ODK_FORM", None)]
    assert refused(archive(tmp_path, {"A.csv": [["Code", "Âge"], ["M1", 1]]})) == [("E_LABELS", None)]
    assert refused(archive(tmp_path, {"A.csv": "member,é\n".encode("cp1252")})) == [("E_ENCODING", None)]
    path = archive(tmp_path, {"A.csv": MAIN})
    path.write_bytes(path.read_bytes()[:-30])
    assert refused(path) == [("E_DAMAGED", None)]


# -- one set of data in each format -------------------------------------------------------------------

ALL = MEMBERS | {
    "day": [Variable("t", "day", "date")],
    "start": [Variable("t", "start", "time")],
    "income": [Variable("t", "income", "number", missing={"-98": "dk"})],
    "remark": [Variable("t", "remark", "text")],
}
PERSONS = [
    {"coop": "C01", "member": "007", "age": "30", "channels": "souk online", "day": "2014-10-14",
     "start": "2014-10-14T09:30:15.000+01:00", "income": "1200.5", "remark": "two\nlines; \"x\", é نعم"},
    {"coop": "C02", "member": "M2", "age": "31", "channels": "", "day": "2014-01-05",
     "start": "2014-01-05T16:05:00.000+01:00", "income": "-98", "remark": ""},
    {"coop": "C01", "member": "M3", "age": "", "channels": "shop", "day": "2014-02-28",
     "start": "2014-02-28T10:00:00.000+01:00", "income": "0.1", "remark": "NA"},
]  # fmt: skip
OF_PERSON = ["member", "age", "channels", "day", "start", "income", "remark"]
CHOICES = ["online", "shop", "souk"]


def ticks(person: dict, empty: str) -> list[str]:
    chosen = person["channels"].split()
    return [str(int(choice in chosen)) if chosen else empty for choice in CHOICES]


def kobo(folder):
    """A sheet for the submissions, one for the persons, who lack their group."""
    coops = sorted({person["coop"] for person in PERSONS})
    main = [["g/coop", "_uuid", "_index"], *([coop, f"u{coop}", place] for place, coop in enumerate(coops, 1))]
    rows = [
        [*(f"people/p/{name}" for name in OF_PERSON), *(f"people/p/channels/{choice}" for choice in CHOICES), *LINKS]
    ]
    for place, person in enumerate(PERSONS, 1):
        link = [place, "Form", coops.index(person["coop"]) + 1, place, f"u{person['coop']}"]
        rows.append([*(person[name] for name in OF_PERSON), *ticks(person, ""), *link])
    return export(folder, {"Form": main, "people": rows}), {"format": "kobo", "sheet": "people"}


def kobo_csv(folder):
    """A form without repeats, so that the group stands in each row."""
    rows = [["g/coop", *(f"p/{name}" for name in OF_PERSON), "_uuid", *PERSONAL]]
    rows += [
        [person["coop"], *(person[name] for name in OF_PERSON), place, *PERSONAL]
        for place, person in enumerate(PERSONS)
    ]
    return csv_export(folder, rows, "kobo.csv"), {"format": "kobo"}


def odk(folder):
    coops = sorted({person["coop"] for person in PERSONS})
    main = [["g-coop", "KEY"], *([coop, f"uuid:{coop}"] for coop in coops)]
    rows = [
        [*(f"p-{name}" for name in OF_PERSON), *(f"p-channels/{choice}" for choice in CHOICES), "PARENT_KEY", "KEY"]
    ]
    for place, person in enumerate(PERSONS, 1):
        key = f"uuid:{person['coop']}"
        rows.append([*(person[name] for name in OF_PERSON), *ticks(person, "0"), key, f"{key}/people[{place}]"])
    return archive(folder, {"Form.csv": main, "Form-people.csv": rows}), {"sheet": "people"}


def flat_csv(folder):
    """By hand in Excel: semicolons, BOM, decimal comma, days as they are written in the country."""
    rows = [list(ALL)]
    for person in PERSONS:
        year, month, day = person["day"].split("-")
        received = person | {"day": f"{day}/{month}/{year}", "income": person["income"].replace(".", ",")}
        rows.append([received[name] for name in ALL])
    return csv_export(folder, rows, "flat.csv"), {}


def flat_xlsx(folder):
    """With numbers, days and times as Excel keeps them."""
    book = openpyxl.Workbook()
    book.active.append(list(ALL))
    for person in PERSONS:
        received = person | {name: float(person[name]) if person[name] else None for name in ("age", "income")}
        received["day"] = datetime.fromisoformat(person["day"])
        received["start"] = datetime.fromisoformat(person["start"]).replace(tzinfo=None)
        book.active.append([received[name] for name in ALL])
    book.save(folder / "flat.xlsx")
    return folder / "flat.xlsx", {}


EXPECTED = pd.DataFrame(
    {
        "coop": ["C01", "C02", "C01"],
        "member": ["007", "M2", "M3"],
        "age": [30.0, 31.0, None],
        "channels": ["online souk", None, "shop"],
        "day": ["2014-10-14", "2014-01-05", "2014-02-28"],
        "start": ["2014-10-14 09:30", "2014-01-05 16:05", "2014-02-28 10:00"],
        "income": [1200.5, None, 0.1],
        "remark": ['two\nlines; "x", é نعم', None, "NA"],
    }
)


@pytest.mark.parametrize("make", [kobo, kobo_csv, odk, flat_csv, flat_xlsx], ids=lambda make: make.__name__)
def test_the_same_data_in_each_format(tmp_path, make):
    """Value by value, reasons included; nothing is found but what was left at the door."""
    path, expected = make(tmp_path)
    sheet = read_table(path, table(**expected), ALL)
    assert {fault.code for fault in sheet.findings} <= {"W_DROPPED_AT_DOOR"}
    parsed = {name: parse(sheet.frame[name], ALL[name][-1]) for name in ALL}
    clean = pd.DataFrame({name: values for name, (values, _, _) in parsed.items()}).reset_index(drop=True)
    pd.testing.assert_frame_equal(clean, EXPECTED, check_dtype=False, check_exact=True)
    assert all((faults == "").all() for _, _, faults in parsed.values())
    assert parsed["income"][1].tolist() == ["", "dk", ""]


# -- nothing but findings -----------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([kobo, kobo_csv, odk]),
    st.lists(st.tuples(st.integers(0, 10**5), st.integers(0, 255)), min_size=1, max_size=8),
    st.just(0) | st.integers(0, 5000),
)
def test_spoiled_bytes_give_findings(tmp_path_factory, make, places, cut):
    """Whatever was done to an export, it is read or told, and never ends in a traceback."""
    path, expected = make(tmp_path_factory.mktemp("spoiled"))
    content = bytearray(path.read_bytes())
    content = content[: len(content) - cut % len(content)]
    for place, byte in places:
        content[place % len(content)] = byte
    path.write_bytes(bytes(content))
    _read_or_told(path, expected)


HEADERS = "coop g/coop g-coop member age channels channels/souk channels/ / - _uuid _index _parent_index".split()
HEADERS += "_parent_table_name _submission__uuid KEY PARENT_KEY _loc_latitude loc".split() + ["How old are you?", ""]
VALUES = ["", "1", "0", "x", "people", "Form", "u1", "souk online", None]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_spoiled_cells_give_findings(tmp_path_factory, data):
    """Any mixture of headers and cells, in each format; no row is lost: it is in the frame, or it held nothing."""
    folder = tmp_path_factory.mktemp("cells")
    sheets = {}
    for name in ("Form", "people"):
        width = data.draw(st.integers(1, 7))
        header = data.draw(st.lists(st.sampled_from(HEADERS), min_size=width, max_size=width, unique=True))
        rows = st.lists(st.lists(st.sampled_from(VALUES), min_size=width, max_size=width), max_size=4)
        sheets[name] = [header, *data.draw(rows)]
    own = data.draw(st.sampled_from(["", "people"]))
    text = {name: [[cell or "" for cell in row] for row in rows] for name, rows in sheets.items()}
    files = {"Form.csv": text["Form"], "Form-people.csv": text["people"]}
    for path, expected in (
        (export(folder, sheets), {"format": "kobo", "sheet": own}),
        (archive(folder, files), {"sheet": own}),
        (csv_export(folder, text["Form"]), {"format": "kobo"}),
    ):
        sheet = _read_or_told(path, expected)
        if sheet is not None:
            rows = sheets["people" if sheet.sheet.endswith(("people", "people.csv")) else "Form"]
            assert list(sheet.frame.index) == [number for number, row in enumerate(rows[1:], 2) if any(row)]


def _read_or_told(path, expected):
    try:
        sheet = read_table(path, table(**expected), MEMBERS)
    except FindingError as error:
        assert all(finding.text(language) for finding in error.findings for language in LANGUAGES)
        return None
    assert sheet.frame.dtypes.eq("str").all() and sheet.frame.columns.is_unique
    places(sheet.findings)
    for name, rows in MEMBERS.items():
        if name in sheet.frame:
            parse(sheet.frame[name], rows[-1])
    return sheet
