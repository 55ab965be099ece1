"""Files that must not be opened, or cannot be: told before anything reads them, each by its own code."""

import io
import struct
import zipfile
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest

from coops.files import readers, safe_files
from coops.files.safe_files import UnsafeFile, examine
from coops.study.findings import FindingError
from coops.study.languages import LANGUAGES
from tests import made

REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook() -> bytes:
    """An ordinary workbook with a link to a page, as Excel makes of every e-mail address."""
    book = openpyxl.Workbook()
    book.active.append(["id", "age"])
    book.active.append(["a", 5])
    book.active["A2"].hyperlink = "mailto:a@example.org"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def changed(change: dict, base: bytes | None = None) -> bytes:
    """A workbook with members added or replaced (None: taken out)."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(base or workbook())) as old,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.infolist():
            if member.filename not in change:
                new.writestr(member, old.read(member))
        for name, text in change.items():
            if text is not None:
                new.writestr(name, text)
    return content.getvalue()


def codes(path, content: bytes | None = None) -> list[str]:
    """Codes of what is found when a file is examined; each can be told in each language."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FindingError) as caught:
        examine(path)
    for finding in caught.value.findings:
        assert (finding.severity == "unsafe") == isinstance(caught.value, UnsafeFile)
        assert finding.file == path.name and all("{" not in finding.text(language) for language in LANGUAGES)
    return [finding.code for finding in caught.value.findings]


def test_ordinary_files_pass(tmp_path):
    """No false alarm: workbook, zip, CSV with and without BOM, Stata in an old and a new format."""
    (tmp_path / "a.xlsx").write_bytes(workbook())
    (tmp_path / "a.csv").write_text("id,age\na,5\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("id;age\na;5\n", encoding="utf-8-sig")
    frame = pd.DataFrame({"id": ["a"], "age": [5]})
    frame.to_stata(tmp_path / "old.dta", write_index=False, version=114)
    frame.to_stata(tmp_path / "new.dta", write_index=False, version=118)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("form.csv", "KEY\n1\n")
        archive.writestr("media/photo.jpg", b"\xff\xd8\xff\xe0")
    for path in tmp_path.iterdir():
        examine(path)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how files of Excel begin that are not zips
SHEET = "xl/worksheets/sheet1.xml"
BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>'
EXTERNAL = f'<?xml version="1.0"?><Relationships><Relationship Id="r" Type="{REL}/image" Target="http://x" TargetMode="External"/></Relationships>'
UNSAFE = {
    "macros": ("U_MACROS", {"xl/vbaProject.bin": OLE}),
    "macros of Excel 4": ("U_MACROS", {"xl/macrosheets/sheet1.xml": "<a/>"}),
    "links to workbooks": ("U_EXTERNAL", {"xl/externalLinks/externalLink1.xml": "<externalLink/>"}),
    "links by DDE": ("U_EXTERNAL", {"xl/externalLinks/externalLink1.xml": "<externalLink><ddeLink/></externalLink>"}),
    "data connections": ("U_EXTERNAL", {"xl/connections.xml": "<connections/>"}),
    "linked pictures": ("U_EXTERNAL", {"xl/drawings/_rels/drawing1.xml.rels": EXTERNAL}),
    "entities": ("U_ENTITIES", {SHEET: BOMB}),
    "entities far down": (
        "U_ENTITIES",
        {"xl/styles.xml": BOMB.replace("<!DOCTYPE", f"<!--{list(range(20_000))}--><!DOCTYPE")},
    ),
    "entities in UTF-16": (
        "U_ENTITIES",
        {"docProps/app.xml": BOMB.replace('"1.0"', '"1.0" encoding="utf-16"').encode("utf-16")},
    ),
    "entities without ending": ("U_ENTITIES", {"customXml/item": BOMB}),
    "path upwards": ("U_PATH", {"../evil.xml": "<a/>"}),
    "path from the root": ("U_PATH", {"/etc/passwd": "x"}),
    "path of Windows": ("U_PATH", {"C:\\evil.xml": "<a/>"}),
    "path upwards of Windows": ("U_PATH", {"xl\\..\\..\\evil.xml": "<a/>"}),
    "a zip inside": ("U_NESTED", {"xl/media/picture.png": b"PK\x03\x04...."}),
    "a workbook inside": ("U_NESTED", {"xl/embeddings/book.xlsx": b"x"}),
    "a program inside": ("U_NESTED", {"xl/embeddings/a.bin": b"MZ\x90"}),
}


@pytest.mark.parametrize("case", UNSAFE)
def test_unsafe_parts_of_workbooks(tmp_path, case):
    """Each is refused, and nothing has read the workbook before."""
    code, change = UNSAFE[case]
    assert codes(tmp_path / "a.xlsx", changed(change)) == [code]
    with pytest.raises(UnsafeFile):
        readers.read(tmp_path / "a.xlsx")


def test_macros_by_ending_and_by_type(tmp_path):
    """A workbook with macros keeps its content type when its ending is changed."""
    assert codes(tmp_path / "a.xlsm", workbook()) == ["U_MACROS"]
    with zipfile.ZipFile(io.BytesIO(workbook())) as archive:
        types = archive.read("[Content_Types].xml").decode()
    types = types.replace("spreadsheetml.sheet.main+xml", "ms-excel.sheet.macroEnabled.main+xml")
    assert codes(tmp_path / "a.xlsx", changed({"[Content_Types].xml": types})) == ["U_MACROS"]


def test_all_that_is_unsafe_is_told_together(tmp_path):
    both = UNSAFE["macros"][1] | UNSAFE["data connections"][1]
    assert sorted(codes(tmp_path / "a.xlsx", changed(both))) == ["U_EXTERNAL", "U_MACROS"]


def test_symbolic_links(tmp_path):
    """Inside of an archive and outside."""
    member = zipfile.ZipInfo("link.csv")
    member.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(member, "/etc/passwd")
    assert codes(tmp_path / "a.zip") == ["U_PATH"]
    (tmp_path / "real.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    assert codes(tmp_path / "link.csv") == ["U_LINK"]


def test_encrypted(tmp_path):
    """A workbook with a password is an OLE container; a zip says it of its members."""
    ole = OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    assert codes(tmp_path / "a.xlsx", ole) == ["U_ENCRYPTED"]
    content = bytearray(workbook())
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1  # general purpose bit 0 of the first member, in the central directory
    assert codes(tmp_path / "b.xlsx", bytes(content)) == ["U_ENCRYPTED"]


def test_bombs(tmp_path, monkeypatch):
    """By ratio, by size, by number of members, and by members that lie over one another."""
    assert codes(tmp_path / "ratio.xlsx", changed({SHEET: b"<a>" + b" " * 10**6 + b"</a>"})) == ["U_BOMB"]
    many = {f"xl/{n}.txt": "x" for n in range(501)}
    assert codes(tmp_path / "many.xlsx", changed(many)) == ["U_BOMB"]
    content = bytearray(workbook())
    place = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, place + 20, 10**6)  # packed size of the first member
    assert codes(tmp_path / "over.xlsx", bytes(content)) == ["U_BOMB"]
    (tmp_path / "large.xlsx").write_bytes(workbook())
    examine(tmp_path / "large.xlsx")
    monkeypatch.setattr(safe_files, "LIMITS", replace(safe_files.LIMITS, uncompressed=1000))
    assert codes(tmp_path / "large.xlsx") == ["U_BOMB"]


def test_a_member_that_lies_about_its_size_is_not_unpacked_further(tmp_path):
    """The archive says 10 bytes; what comes after them is not read, and the check sum tells."""
    content = bytearray(changed({SHEET: b"<a>" + b"xyzt" * 99 + b"</a>"}))
    place = content.rindex(b"PK\x01\x02", 0, content.rindex(SHEET.encode()))
    struct.pack_into("<I", content, place + 24, 10)
    (tmp_path / "a.xlsx").write_bytes(content)
    assert made.refused(readers.read, tmp_path / "a.xlsx")[0].code in ("E_DAMAGED", "E_NOT_A_WORKBOOK")


def test_limits_of_size_and_dimension(tmp_path, monkeypatch):
    """Rows, columns, cells, sheets and bytes: in one place, and each is held."""
    csv, xlsx = tmp_path / "a.csv", tmp_path / "a.xlsx"
    csv.write_text("id,age\na,5\nb,6\n", encoding="utf-8")
    book = openpyxl.Workbook()
    for row in (["id", "age"], ["a", 5], ["b", 6]):
        book.active.append(row)
    book.create_sheet("other")
    book.save(xlsx)

    def read_with(path, **limits) -> list[str]:
        for module in (safe_files, readers, readers.raw_sheets):
            monkeypatch.setattr(module, "LIMITS", replace(safe_files.Limits(), **limits))
        try:
            readers.read(path)
        except UnsafeFile as error:
            return [fault.code for fault in error.findings]
        return []

    assert read_with(csv) == read_with(xlsx) == []
    for limits in ({"rows": 2}, {"columns": 1}, {"cells": 5}):
        assert read_with(csv, **limits) == read_with(xlsx, **limits) == ["U_DIMENSIONS"], limits
    assert read_with(xlsx, sheets=1) == ["U_DIMENSIONS"]
    assert read_with(csv, bytes=10) == ["U_SIZE"]


def test_content_is_what_the_ending_says(tmp_path):
    """Whatever else it is: a workbook, old or new, a PDF, a packed file, a page, a file of Stata."""
    old, pdf, packed, page = OLE + b" an old workbook", b"%PDF-1.7", b"\x1f\x8b a packed file", b"  <html><table><td>1"
    wrong = {
        "a.csv": (workbook(), old, pdf, packed, page, b"<stata_dta>"),
        "a.dta": (workbook(),),
        "a.zip": (workbook(),),
    }
    wrong["a.xlsx"] = (old, b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", pdf)
    for name, contents in wrong.items():
        assert [codes(tmp_path / name, content) for content in contents] == [["U_CONTENT"]] * len(contents), name


def test_damaged_files_are_no_danger(tmp_path):
    """Nothing in it, cut off, not there, not downloaded, a mark of Excel: errors, and not unsafe."""
    whole = workbook()
    assert codes(tmp_path / "a.xlsx", b"") == codes(tmp_path / "a.csv", b"") == ["E_EMPTY_FILE"]
    assert codes(tmp_path / "b.xlsx", whole[: len(whole) // 2]) == ["E_DAMAGED"]
    assert codes(tmp_path / "b.zip", whole[: len(whole) // 2]) == ["E_DAMAGED"]
    assert codes(tmp_path / "c.xlsx", changed({"xl/workbook.xml": "no markup"})) == ["E_DAMAGED"]
    assert codes(tmp_path / "d.xlsx", changed({"[Content_Types].xml": None})) == ["E_NOT_A_WORKBOOK"]
    assert codes(tmp_path / "e.xlsx") == ["E_NEW_FILE"]
    assert codes(tmp_path / "f.xlsx", b"\0" * 9000) == codes(tmp_path / "f.csv", b"\0\0") == ["E_PLACEHOLDER"]
    assert codes(tmp_path / "g.gsheet", b'{"url": "x"}') == ["E_PLACEHOLDER"]
    assert codes(tmp_path / "~$a.xlsx", b"\x05name") == ["E_LOCK_FILE"]


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    """As on Windows, while another program holds it."""
    (tmp_path / "a.csv").write_text("a\n", encoding="utf-8")

    def held(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", held)
    assert made.refused(examine, tmp_path / "a.csv")[0].code == "E_UNREADABLE"


def test_names_of_members_are_shown_without_signs_that_a_screen_obeys(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(changed({"../\x1b[31m\u202e.xml": "<a/>"}))
    with pytest.raises(UnsafeFile) as caught:
        examine(tmp_path / "a.xlsx")
    assert caught.value.findings[0].parameters["what"] == "../?[31m?.xml"
