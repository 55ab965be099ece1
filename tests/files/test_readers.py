"""Flat files as they come: text, rows as in Excel, and a finding for what cannot be read; the two ways of CSV agree."""

import csv
import io
import re
import zipfile
from datetime import date, datetime

import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coops.files import raw_sheets
from coops.files.cells import parse
from coops.files.readers import find_files, read, read_table
from coops.study.codebook import Variable
from coops.study.findings import FindingError
from coops.study.languages import LANGUAGES
from coops.study.schema import Table
from tests import made

KNOWN = {name: [Variable("t", name, "text")] for name in ("id", "age", "remark")}


def table(**settings) -> Table:
    return Table(**({"level": "person", "files": ["a.csv"], "key": ["id"]} | settings))


def csv_of(folder, content: str | bytes, name: str = "a.csv"):
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder / name


def book_of(folder, *rows, title: str = "data", name: str = "a.xlsx", change=lambda book: None):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    change(book)
    book.save(folder / name)
    return folder / name


def refused(path, **settings) -> tuple:
    """Code, row and column of the one finding that refuses a file; it can be told in each language."""
    (finding,) = made.refused(read_table, path, table(**settings), KNOWN)
    assert finding.file == path.name and all("{" not in finding.text(language) for language in LANGUAGES)
    return finding.code, finding.row, finding.column


def places(sheet) -> list[tuple]:
    for finding in sheet.findings:
        assert all("{" not in finding.text(language) for language in LANGUAGES)
    return [(fault.code, fault.row, fault.column) for fault in sheet.findings]


# -- csv ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_as_programs_write_it(tmp_path, mark, separator, end):
    """With and without BOM, three separators, three ends of a line; codes and words for no answer stay text."""
    lines = ["id;age;remark", "007;1,5;NA", 'ب;;"a;b ""c"""'.replace(";", separator, 1)]
    text = mark + end.join(line.replace(";", separator) for line in lines) + end
    quoted = f'a{separator}b "c"'
    frame = read(csv_of(tmp_path, text.replace("1,5", '"1,5"')))
    assert frame.to_dict("split") == {
        "index": [2, 3], "columns": ["id", "age", "remark"], "data": [["007", "1,5", "NA"], ["ب", "", quoted]],
    }  # fmt: skip
    assert frame.index.name == "row"


@pytest.mark.parametrize(
    "content",
    [
        "id,remark\na,né\n".encode("cp1252"),
        "id;remark\na;نعم\n".encode("cp1256"),
        "id,remark\na,né\n".encode("utf-16"),
        "id,remark\na,né\n".encode("utf-16-le")[:-1] + b"\xd8",
        b"id,remark\na,\xff\n",
    ],
)
def test_csv_in_another_encoding_is_refused(tmp_path, content):
    """Naming the file; none is guessed."""
    assert refused(csv_of(tmp_path, content))[0] in ("E_ENCODING", "E_NUL")
    if b"\0" not in content:
        assert refused(tmp_path / "a.csv") == ("E_ENCODING", None, "")


def test_utf8_is_looked_at_to_the_last_letter(tmp_path, monkeypatch):
    """Also where a letter lies on the border of two pieces, and where the text ends within one."""
    monkeypatch.setattr(raw_sheets, "CHUNK", 7)
    assert read(csv_of(tmp_path, "id,age\nنعم نعم نعم,5\n")).loc[2, "id"] == "نعم نعم نعم"
    assert refused(csv_of(tmp_path, "id,age\na,نعم".encode()[:-1])) == ("E_ENCODING", None, "")


def test_rows_are_records(tmp_path):
    """A line break inside a cell makes no row; a row that is empty is left out and keeps its number."""
    text = 'id,remark\na,"two\nlines"\n\n,\nb,"x\r\ny"\n \nc,\n\n\n'
    frame = read(csv_of(tmp_path, text))
    assert frame["id"].to_dict() == {2: "a", 5: "b", 7: "c"}
    assert list(frame["remark"]) == ["two\nlines", "x\ny", ""]


def test_columns_without_anything_are_left_out(tmp_path):
    """Excel leaves separators behind; a column with values and no name is refused."""
    assert list(read(csv_of(tmp_path, "id,age,,\na,5,,\nb,6,,\n"))) == ["id", "age"]
    assert refused(csv_of(tmp_path, "id,age,,\na,5,,7\n")) == ("E_HEADER_EMPTY", None, "4")


def test_a_longer_row_is_told_and_a_shorter_one_is_filled_up(tmp_path):
    """The row number is that of the record; the others go on. Surplus cells that are empty are no fault."""
    path = csv_of(tmp_path, 'id,age,remark\na,5,"x\ny"\nb,6,z,surplus\nc\nd,7\ne,8,w,,\n')
    sheet = read_table(path, table(), KNOWN)
    assert places(sheet) == [("E_CSV_SHAPE", 3, ""), ("W_SHORT_ROWS", 4, "")]
    assert sheet.findings[1].parameters["rows"] == 2
    assert sheet.frame.to_dict("index") == {
        2: {"id": "a", "age": "5", "remark": "x\ny"},
        3: {"id": "b", "age": "6", "remark": "z"},
        4: {"id": "c", "age": "", "remark": ""},
        5: {"id": "d", "age": "7", "remark": ""},
        6: {"id": "e", "age": "8", "remark": "w"},
    }
    with pytest.raises(FindingError):
        read(path)


def test_longer_and_shorter_rows_do_not_hide_each_other(tmp_path):
    """As many separators as there should be, in the wrong rows."""
    assert places(read_table(csv_of(tmp_path, "id,age\na,5,6\nb\n"), table(), KNOWN)) == [
        ("E_CSV_SHAPE", 2, ""), ("W_SHORT_ROWS", 3, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('id,age\na,"5\nb,6\n', 2),
        ('id,age\na,5\nb,"6"7\n', 3),
        ('"id,age\na,5\n', 1),
        ('id,age\na,5\nb,"x\ny"z\nc,1\n', 3),
    ],
)
def test_quotation_marks_that_do_not_fit(tmp_path, text, row):
    """A cell that swallows the rest of the file is no cell."""
    assert refused(csv_of(tmp_path, text)) == ("E_CSV_QUOTE", row, "")


def test_other_csv_that_cannot_be_read(tmp_path):
    assert refused(csv_of(tmp_path, "id,age\na,5\nb,\0\n")) == ("E_NUL", 3, "")
    assert refused(csv_of(tmp_path, "id,age,id\na,5,b\n")) == ("E_HEADER_TWICE", None, "id")
    assert refused(csv_of(tmp_path, "\n\n")) == ("E_EMPTY_FILE", None, "")
    assert refused(csv_of(tmp_path, " ,\n1,2\n")) == ("E_EMPTY_FILE", None, "")
    assert refused(csv_of(tmp_path, "id\na\n", "a.xls")) == ("E_FORMAT", None, "")
    assert refused(csv_of(tmp_path, "id,Nr.\na,5\n"), rename={"Nr.": "id"}) == ("E_HEADER_TWICE", None, "id")


def test_header_only(tmp_path):
    for text in ("id,age", "id,age\n", "\ufeffid;age\r\n"):
        frame = read(csv_of(tmp_path, text))
        assert list(frame) == ["id", "age"] and len(frame) == 0


def test_headers_are_trimmed_and_renamed(tmp_path):
    path = csv_of(tmp_path, "\ufeff\u200fid ,\u00a0Âge (ans)\u200f\na,5\n")
    assert list(read_table(path, table(rename={"Âge (ans)": "age"}), KNOWN).frame) == ["id", "age"]


CELLS = st.text(st.sampled_from('ab1,;\t"\n é'), max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6), st.sampled_from([",", ";"]), st.booleans())
@example([["a", "", ""], ["", "", ""], ["", "x", "\n"]], ";", True)
def test_csv_is_what_was_written(tmp_path_factory, rows, separator, all_quoted):
    """The same cells come back, and the same as Python's own reader gives: a second path."""
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=separator, quoting=quoting, lineterminator="\n").writerows(
        [["id", "age", "remark"], *rows]
    )
    path = csv_of(tmp_path_factory.mktemp("csv"), text.getvalue())
    expected = {row: cells for row, cells in enumerate(rows, start=2) if any(cell.strip() for cell in cells)}
    sheet = read_table(path, table(), KNOWN)
    assert places(sheet) == []
    assert {row: list(cells) for row, cells in zip(sheet.frame.index, sheet.frame.to_numpy(), strict=True)} == expected


# -- xlsx -----------------------------------------------------------------------------------------


def test_workbook_cells(tmp_path):
    """Days, times, numbers, numbers shown with noughts, numbers kept as text, ticks: as text that reads back."""

    def shapes(book):
        book.active["A3"].number_format = "000"
        book.active["C4"].number_format = "d/m/yyyy"

    rows = [
        ["id", "age", "remark"],
        ["007", 12.5, datetime(2014, 10, 14, 9, 30)],
        [7, 3.0, date(2014, 10, 14)],
        ["\u00a0ب ", "12,5", 41926],
        ["x", True, datetime(2014, 10, 14)],
        ["y", 1e-7, "a\r\nb"],
    ]
    frame = read(book_of(tmp_path, *rows, change=shapes))
    assert frame.to_numpy().tolist() == [
        ["007", "12.5", "2014-10-14 09:30:00"],
        ["007", "3", "2014-10-14"],
        ["ب", "12,5", "2014-10-14"],
        ["x", "true", "2014-10-14 00:00:00"],  # shown with a time
        ["y", "1e-07", "a\nb"],
    ]
    values, _, faults = parse(frame["age"], Variable("t", "age", "number"))
    assert values[[2, 3, 4, 6]].tolist() == [12.5, 3, 12.5, 1e-7] and faults[5] == "E_NOT_A_NUMBER"


def test_workbook_rows_keep_their_number(tmp_path):
    """Empty rows and columns at the end, and between; what the sheet says of its own size is not believed."""

    def gaps(book):
        sheet = book.active
        sheet["A5"], sheet["B5"], sheet["F9"].number_format = "c", 3, "0.00"
        sheet["A2"], sheet["B2"] = "a", 1

    assert read(book_of(tmp_path, ["id", "age"], change=gaps))["id"].to_dict() == {2: "a", 5: "c"}


def test_errors_and_formulas(tmp_path):
    """An error is a fault of its cell; a formula whose value was never stored puts its row aside."""

    def spoil(book):
        sheet = book.active
        sheet["B2"], sheet["B3"] = "#REF!", "#N/A"
        sheet["B2"].data_type = sheet["B3"].data_type = "e"
        sheet["B4"], sheet["D5"] = "=1+1", "=2+2"

    sheet = read_table(
        book_of(tmp_path, ["id", "age", "remark", "unknown"], *[[name, 1, "x", 1] for name in "abcd"], change=spoil),
        table(), KNOWN,
    )  # fmt: skip
    assert places(sheet) == [("E_FORMULA", 4, "age")]
    assert parse(sheet.frame["age"], Variable("t", "age", "text"))[2][:2].tolist() == ["E_ERROR_CELL"] * 2
    with pytest.raises(FindingError):
        read(tmp_path / "a.xlsx")


def test_a_formula_with_a_stored_value_is_its_value(tmp_path):
    """Also where the value is an empty text; openpyxl writes no stored values, so they are put in."""
    path = book_of(tmp_path, ["id", "age", "remark"], ["a", "=1+1", '=IF(B2=2,"","x")'])
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    sheet = sheet.replace("<f>1+1</f><v></v>", "<f>1+1</f><v>2</v>").replace("<f>1+1</f><v />", "<f>1+1</f><v>2</v>")
    head, tail = sheet.split('<c r="C2"')
    parts["xl/worksheets/sheet1.xml"] = (head + '<c t="str" r="C2"' + tail).encode()
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    sheet = read_table(path, table(), KNOWN)
    assert places(sheet) == [] and sheet.frame.to_numpy().tolist() == [["a", "2", ""]]


def test_sheets(tmp_path):
    """The first one that is shown, or the one that is named, shown or not."""

    def hide(book):
        book.create_sheet("list")
        for row in (["id", "age"], ["hidden", 1]):
            book["list"].append(row)
        book.active.sheet_state = "hidden"
        book["list"].sheet_state = "visible"
        book.active = book["list"]

    path = book_of(tmp_path, ["id", "age"], ["first", 1], title="raw", change=hide)
    assert read(path)["id"].tolist() == ["hidden"]
    assert read(path, sheet="raw")["id"].tolist() == ["first"]
    assert refused(path, sheet="other") == ("E_NO_SHEET", None, "")
    assert read_table(path, table(sheet="raw"), KNOWN).sheet == "raw"


def test_headers_of_workbooks(tmp_path):
    """A merged cell names its first column only; a name that stands twice is refused; no header is no file."""
    merged = book_of(tmp_path, ["id", None, "age"], ["a", 1, 2], change=lambda book: book.active.merge_cells("A1:B1"))
    assert refused(merged) == ("E_HEADER_EMPTY", None, "2")
    assert refused(book_of(tmp_path, ["id", "id"], ["a", 1])) == ("E_HEADER_TWICE", None, "id")
    assert refused(book_of(tmp_path)) == ("E_EMPTY_FILE", None, "")
    assert len(read(book_of(tmp_path, ["id", "age"]))) == 0


def test_workbooks_that_are_none(tmp_path):
    assert refused(csv_of(tmp_path, "id,age\na,5\n", "b.xlsx")) == ("E_NOT_A_WORKBOOK", None, "")
    assert refused(csv_of(tmp_path, "id,age\na,5\n", "b.dta")) == ("E_NOT_STATA", None, "")
    assert refused(csv_of(tmp_path, "id,age\na,5\n", "b.zip")) == ("E_DAMAGED", None, "")


# -- files ----------------------------------------------------------------------------------------


def test_open_files_are_said(tmp_path):
    """Marks of Excel and LibreOffice beside a file: a warning; alone: an error that says so."""
    book_of(tmp_path, ["id"], ["a"], name="a.xlsx")
    (tmp_path / "~$a.xlsx").write_bytes(b"\x05me")
    (tmp_path / "._a.xlsx").write_bytes(b"x")
    paths = find_files(tmp_path, ["*.xlsx"], "files")
    assert [path.name for path in paths] == ["a.xlsx"]
    assert places(read_table(paths[0], table(), KNOWN)) == [("W_OPEN", None, "")]
    (tmp_path / "a.xlsx").unlink()
    with pytest.raises(FindingError, match="E_LOCK_FILE"):
        find_files(tmp_path, ["*.xlsx"], "files")
    csv_of(tmp_path, "id\na\n", "b.csv")
    (tmp_path / ".~lock.b.csv#").write_bytes(b"x")
    assert places(read_table(tmp_path / "b.csv", table(), KNOWN)) == [("W_OPEN", None, "")]


def test_files_outside_of_the_folder(tmp_path):
    """By name or by a link on the way."""
    raw, other = tmp_path / "raw", tmp_path / "other"
    raw.mkdir(), other.mkdir()
    csv_of(other, "id\na\n")
    (raw / "sub").symlink_to(other)
    for pattern in ("../other/a.csv", str(other / "a.csv"), "", "sub/a.csv"):
        with pytest.raises(FindingError, match="U_LINK"):
            find_files(raw, [pattern], "files")


def test_files_that_are_not_there(tmp_path):
    """With what is there; a file that was not downloaded is told as such."""
    csv_of(tmp_path, "id\n", "b.csv")
    with pytest.raises(FindingError) as caught:
        find_files(tmp_path, ["a*.csv"], "files")
    assert caught.value.findings[0].code == "E_NO_FILE" and caught.value.findings[0].parameters["known"] == "b.csv"
    (tmp_path / ".a.csv.icloud").write_bytes(b"x")
    with pytest.raises(FindingError, match="E_PLACEHOLDER"):
        find_files(tmp_path, ["a.csv"], "files")


def test_stata(tmp_path):
    """Text that gives the same values back."""
    frame = pd.DataFrame({"id": ["007", ""], "age": [1.5, None], "day": pd.to_datetime(["2014-10-14", "2014-10-15"])})
    frame.to_stata(tmp_path / "a.dta", write_index=False, convert_dates={"day": "td"})
    assert read(tmp_path / "a.dta").to_numpy().tolist() == [["007", "1.5", "2014-10-14"], ["", "", "2014-10-15"]]


# -- nothing but findings ---------------------------------------------------------------------------


def spoiled(content: bytes, places: list[tuple[int, int]], cut: int) -> bytes:
    spoilt = bytearray(content[: len(content) - cut % len(content)])
    for place, byte in places:
        spoilt[place % len(spoilt)] = byte
    return bytes(spoilt)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["a.csv", "a.xlsx", "a.dta"]),
    st.lists(st.tuples(st.integers(0, 10**5), st.integers(0, 255)), min_size=1, max_size=12),
    st.just(0) | st.integers(0, 10**5),
)
def test_spoiled_bytes_give_findings(tmp_path_factory, name, places, cut):
    """Whatever was done to a file, it is read or told, and never ends in a traceback."""
    folder = tmp_path_factory.mktemp("spoiled")
    book_of(folder, ["id", "age", "remark"], ["a", 5, date(2014, 1, 1)], ["ب", 6.5, "=1+1"])
    pd.DataFrame({"id": ["a"], "age": [1.5]}).to_stata(folder / "a.dta", write_index=False)
    csv_of(folder, 'id,age,remark\na,5,"x\ny"\nب,6,\n')
    path = folder / name
    path.write_bytes(spoiled(path.read_bytes(), places, cut))
    try:
        sheet = read_table(path, table(), KNOWN)
    except FindingError as error:
        assert all(finding.text(language) for finding in error.findings for language in LANGUAGES)
    else:
        assert sheet.frame.dtypes.eq("str").all() and sheet.frame.index.name == "row"


PIECES = re.compile(rb'(?<=")[^"<>]*(?=")|(?<=>)[^<>]+(?=<)')
PARTS = ["worksheets/sheet1.xml", "styles.xml", "workbook.xml", "_rels/workbook.xml.rels"]
TOKENS = [b"", *b"0 -1 99999999999999999999 NaN 1e400 ZZZ1 A0 s d b e zz <f>x</f>".split()]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(PARTS), st.lists(st.tuples(st.integers(0, 10**4), st.sampled_from(TOKENS)), min_size=1, max_size=3)
)
def test_spoiled_xml_gives_findings(tmp_path_factory, part, places):
    """Also where the archive is sound and one of its parts is not what the standard asks for."""
    path = book_of(tmp_path_factory.mktemp("xml"), ["id", "age"], ["a", 5], ["ب", "=1+1"], [date(2014, 1, 1), True])
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    for place, token in places:
        pieces = list(PIECES.finditer(parts[f"xl/{part}"]))
        start, end = pieces[place % len(pieces)].span()
        parts[f"xl/{part}"] = parts[f"xl/{part}"][:start] + token + parts[f"xl/{part}"][end:]
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    try:
        read_table(path, table(), KNOWN)
    except FindingError as error:
        assert all(finding.text(language) for finding in error.findings for language in LANGUAGES)
