"""Received files spoiled at random, 300 times: no traceback, no row lost, no planted fault accepted in silence.

Bytes, cells, headers, sheets and encodings are changed, in CSV, Excel, KoboToolbox and ODK files. What a cell may hold
is asked of the codebook; a change that the codebook allows is not a fault. The oracle is pandera on the accepted rows:
a schema made from the same codebook, and beside it the rows that were not touched, which must come through as they were.
"""

import csv
import io
import zipfile

import openpyxl
import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coops.field_data.receive import receive
from coops.study.findings import FindingError
from coops.study.load import load
from coops.study.study import Study
from tests import made

FORMATS = ("csv", "xlsx", "kobo", "odk")
FILES = {"csv": "pupils.csv", "xlsx": "pupils.xlsx", "kobo": "pupils.xlsx", "odk": "pupils.zip"}
BOOK = made.CODEBOOK.replace(
    "pupils,age", "pupils,likes,multiple,,,maths|art,,likes\npupils,day,date,,,,,day\npupils,age"
)
ROWS = 12
WRONG = {  # what is never right, by column: text that no parse may accept
    "score": ["many", "1,234", "900", "-3", "12..5", "٣٠٠"],
    "given": ["2", "yes", "0 1"],
    "likes": ["sports", "maths sports", "maths,art"],
    "day": ["2001-02-30", "31/02/2001", "yesterday", "13/13/2001"],
    "age": ["eleven", "1,000", "NA"],
    "pupil": [""],
    "wave": ["", "later", "0"],
}


def rows() -> list[dict[str, str]]:
    frame = made.pupils(schools=3, size=2).astype(str)
    return frame.assign(likes="art maths", day="2001-02-03").to_dict("records")


def written(kind: str, table: list[dict], heads: list[str] | None = None) -> bytes:
    """The rows as one file of a kind."""
    heads = heads or list(table[0])
    cells = [[row.get(name, "") for name in table[0]] for row in table]
    if kind == "csv":
        return csv_bytes(heads, cells)
    if kind == "odk":
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            keyed = [[*row, f"uuid:{number}"] for number, row in enumerate(cells)]
            archive.writestr("pupils.csv", csv_bytes([*heads, "KEY"], keyed))
        return stream.getvalue()
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "pupils"
    extra = kind == "kobo"
    sheet.append(heads + (["_uuid", "_index"] if extra else []))
    for number, row in enumerate(cells, start=1):
        sheet.append(row + ([f"uuid-{number}", number] if extra else []))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def csv_bytes(heads: list[str], cells: list[list[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([heads, *cells])
    return stream.getvalue().encode()


@pytest.fixture(scope="module")
def studies(tmp_path_factory) -> dict[str, Study]:
    """One study a format."""
    studies = {}
    for kind in FORMATS:
        toml = made.TOML.replace("pupils.csv", FILES[kind])
        if kind in ("kobo", "odk"):
            toml = toml.replace('level = "person"', f'level = "person"\nformat = "{kind}"')
        folder = made.study(tmp_path_factory.mktemp(kind) / "study", toml, BOOK)
        (folder / "raw" / "pupils.csv").unlink()
        studies[kind] = load(folder)
    return studies


@pytest.fixture(scope="module")
def whole(studies) -> dict[str, pd.DataFrame]:
    """What the file of each format gives as it is."""
    return {kind: got(study, kind, written(kind, rows())).tables["pupils"] for kind, study in studies.items()}


def got(study: Study, kind: str, content: bytes):
    """What intake makes of a file; whatever happens, every row of the ledger is accounted for and told."""
    (study.folder / "raw" / FILES[kind]).write_bytes(content)
    received = receive(study)
    ledger = received.ledger
    assert (ledger["received"] == ledger[["dropped", "merged", "aside", "accepted"]].sum(axis=1)).all()
    for finding in received.findings:
        for language in ("en", "fr", "ar"):
            assert finding.line(language)
    assert not ledger["aside"].sum() or received.errors
    if "pupils" in received.tables and not received.blocking:
        SCHEMA.validate(received.tables["pupils"], lazy=True)
    return received


SCHEMA = pa.DataFrameSchema(
    {
        "pupil": pa.Column(str, nullable=False),
        "wave": pa.Column(str, pa.Check.isin(["before", "after"]), nullable=False),
        "score": pa.Column(float, pa.Check.in_range(0, 100), nullable=True),
        "given": pa.Column(str, pa.Check.isin(["0", "1"]), nullable=True),
        "age": pa.Column(float, nullable=True),
        "likes": pa.Column(str, pa.Check.isin(["art", "maths", "art maths"]), nullable=True),
        "day": pa.Column(str, pa.Check.str_matches(r"^\d{4}-\d\d-\d\d$"), nullable=True),
    },
    unique=["pupil", "wave"],
    coerce=True,
)
SETTINGS = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
KIND = st.sampled_from(FORMATS)
COLUMN = st.sampled_from(sorted(WRONG))


@pytest.mark.parametrize("kind", FORMATS)
def test_unspoiled(studies, whole, kind):
    """Each format as it is: all rows accepted, nothing found, and the same frame from each."""
    received = got(studies[kind], kind, written(kind, rows()))
    assert not received.errors, [fault.line() for fault in received.errors]
    pd.testing.assert_frame_equal(received.tables["pupils"], whole["csv"])


@SETTINGS
@given(kind=KIND, column=COLUMN, row=st.integers(0, ROWS - 1), data=st.data())
def test_cells(studies, whole, kind, column, row, data):
    """A cell that does not fit is told with its row and column, and every other row comes through untouched."""
    value = data.draw(st.sampled_from(WRONG[column]))
    table = rows()
    table[row][column] = value
    received = got(studies[kind], kind, written(kind, table))
    told = [fault for fault in received.errors if fault.row == row + 2 and column in fault.column]
    assert told, (kind, column, value, [fault.line() for fault in received.errors])
    assert received.ledger["accepted"].sum() == ROWS - len(received.batches["pupils"].aside) < ROWS
    kept = [at for at in range(ROWS) if at not in received.batches["pupils"].aside]
    pd.testing.assert_frame_equal(received.tables["pupils"], whole[kind].iloc[kept].reset_index(drop=True))


@SETTINGS
@given(
    kind=KIND,
    column=st.sampled_from(list(rows()[0])),
    new=st.one_of(st.just(""), st.just("pupil"), st.text("abc é_/-", max_size=8)),
)
def test_headers(studies, kind, column, new):
    """A header renamed, emptied or doubled stops the file by name, or the column is not missed by anybody."""
    heads = [new if name == column else name for name in rows()[0]]
    received = got(studies[kind], kind, written(kind, rows(), heads))
    if new.strip() != column:
        assert received.blocking, (kind, column, new)


@SETTINGS
@given(kind=KIND, at=st.floats(0, 1), bits=st.integers(0, 255), length=st.integers(0, 40))
def test_bytes(studies, kind, at, bits, length):
    """Bytes overwritten anywhere in the file: a finding, or rows that fit; never a traceback."""
    content = bytearray(written(kind, rows()))
    start = int(at * (len(content) - 1))
    content[start : start + length] = bytes([bits]) * len(content[start : start + length])
    got(studies[kind], kind, bytes(content))


@SETTINGS
@given(kind=KIND, cut=st.floats(0, 0.999), junk=st.binary(max_size=30))
def test_cut_and_continued(studies, kind, cut, junk):
    """A file that ends too early, or goes on with something else."""
    content = written(kind, rows())
    got(studies[kind], kind, content[: int(cut * len(content))] + junk)


@SETTINGS
@given(
    encoding=st.sampled_from(["cp1252", "cp1256", "utf-16", "utf-8-sig", "utf-32", "utf-7"]),
    word=st.sampled_from(["école", "مدرسة", "plain"]),
)
def test_encodings(studies, encoding, word):
    """What is no UTF-8 is refused by the name of the file, never guessed; a BOM is no letter of the first header."""
    table = rows()
    table[0]["school"] = word
    content = written("csv", table).decode()
    try:
        coded = content.encode(encoding)
    except UnicodeEncodeError:
        return
    received = got(studies["csv"], "csv", coded)
    try:
        same = coded.decode("utf-8-sig") == content
    except UnicodeDecodeError:
        same = False
    if same:
        assert not received.blocking and "pupil" in received.tables["pupils"]
    elif encoding != "utf-7":  # plain ASCII in another guise, in which accents are written as other letters
        assert received.blocking and received.blocking[0].file == "pupils.csv"


@pytest.mark.parametrize("kind", ["xlsx", "kobo"])
def test_sheets(studies, kind):
    """Several sheets, an empty one, one named like another: the named one is read, a missing one is told."""
    folder = studies[kind].folder
    toml = (folder / "study.toml").read_text(encoding="utf-8")
    book = openpyxl.load_workbook(io.BytesIO(written(kind, rows())))
    book.create_sheet("notes", 0)
    stream = io.BytesIO()
    book.save(stream)
    try:
        named = toml.replace("[tables.pupils]\n", '[tables.pupils]\nsheet = "pupils"\n')
        (folder / "study.toml").write_text(named, encoding="utf-8")
        assert not got(load(folder), kind, stream.getvalue()).errors
        (folder / "study.toml").write_text(named.replace('sheet = "pupils"', 'sheet = "pupil"'), encoding="utf-8")
        assert [fault.code for fault in got(load(folder), kind, stream.getvalue()).blocking] == ["E_NO_SHEET"]
    finally:
        (folder / "study.toml").write_text(toml, encoding="utf-8")


def test_the_study_itself_may_be_spoiled(studies):
    """Bytes of study.toml and codebook.csv: findings, no traceback."""
    folder = studies["csv"].folder
    for name in ("study.toml", "codebook.csv"):
        whole = (folder / name).read_bytes()
        for place in range(0, len(whole), max(1, len(whole) // 40)):
            (folder / name).write_bytes(whole[:place] + b"\xff\x00" + whole[place + 2 :])
            try:
                load(folder)
            except FindingError as error:
                assert error.findings
        (folder / name).write_bytes(whole)
