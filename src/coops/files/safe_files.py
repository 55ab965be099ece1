"""Look at a received file before anything opens it: too large, unsafe, damaged, or not what its ending says."""

import lzma
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISLNK

from coops.study.findings import Finding, FindingError, fail, finding


@dataclass(frozen=True)
class Limits:
    """What a data file may be at most.

    ``bytes`` of the file; of an archive its ``uncompressed`` bytes, its ``members``, and the ``ratio`` of unpacked to
    packed bytes of each; of a workbook its sheets; of a table its rows, columns and cells.
    """

    bytes: int = 1_000_000_000
    uncompressed: int = 200_000_000
    ratio: int = 200
    members: int = 500
    rows: int = 5_000_000
    columns: int = 16_384
    sheets: int = 100
    cells: int = 60_000_000


LIMITS = Limits()

OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
KINDS = {
    OLE: "OLE",
    ZIP: "zip",
    b"PK\x05\x06": "zip",
    b"%PDF": "PDF",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "RAR",
    b"MZ": "EXE",
    b"\x7fELF": "ELF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"SQLite format 3": "SQLite",
    b"{\\rtf": "RTF",
    b"<stata_dta>": "dta",
}
MARKUP = re.compile(rb"\s*<(?:!doctype|html|\?xml|table|workbook)", re.IGNORECASE)
RIGHT = {".xlsx": "zip", ".zip": "zip", ".dta": "dta"}
PACKED = (".zip", ".xlsx", ".xlsm", ".xlsb", ".docx", ".jar", ".gz", ".7z", ".rar", ".bz2", ".xz", ".tar", ".tgz")
LINKS_OF_THE_CLOUD = (".icloud", ".gsheet", ".gdoc", ".cloud", ".cloudf")
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, NotImplementedError)
DAMAGED += (ValueError,)  # type: ignore[assignment]


class UnsafeFile(FindingError):
    """A file that is not safe to open."""


def examine(path: Path) -> None:
    """Look at a file without opening it as what it claims to be.

    Raises
    ------
    UnsafeFile
        If it is too large, holds macros, links to other files, entities or files of its own, is encrypted, leaves its
        folder, or is not what its ending says.
    FindingError
        If it is not there, is empty, is damaged, is a mark of Excel or a stand-in for a file that was not downloaded.
    """
    file, ending = path.name, path.suffix.lower()
    if file.startswith("~$"):
        raise fail("E_LOCK_FILE", file=file)
    if path.is_symlink():
        raise UnsafeFile(finding("U_LINK", file=file))
    if not path.is_file():
        raise fail("E_NEW_FILE", file=file)
    size = path.stat().st_size
    if size == 0:
        raise fail("E_EMPTY_FILE", file=file)
    if size > LIMITS.bytes:
        raise UnsafeFile(finding("U_SIZE", file=file, size=size // 10**6, limit=LIMITS.bytes // 10**6))
    try:
        with path.open("rb") as content:
            head = content.read(8192)
    except OSError as error:
        raise fail("E_UNREADABLE", file=file, problem=error.strerror or "–") from None
    if not head.strip(b"\0") or ending in LINKS_OF_THE_CLOUD:
        raise fail("E_PLACEHOLDER", file=file)
    kind = _kind(head)
    if ending == ".xlsm":
        raise UnsafeFile(finding("U_MACROS", file=file))
    if kind == "OLE" and "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        raise UnsafeFile(finding("U_ENCRYPTED", file=file))
    right = RIGHT.get(ending, "")
    if kind and kind != right and (right or ending in (".csv", ".txt")):
        raise UnsafeFile(finding("U_CONTENT", file=file, kind=kind))
    if kind == "zip":
        _archive(path, ending)


def _kind(head: bytes) -> str:
    """What the first bytes say for certain; empty for text and for what is not known."""
    for start, kind in KINDS.items():
        if head.startswith(start):
            return kind
    return "HTML/XML" if MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")) else ""


def _archive(path: Path, ending: str) -> None:
    """Look into a zip file, which a workbook is too; all that is wrong is told together."""
    file = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            bombs = _sizes(file, members, path.stat().st_size)
            if bombs:
                raise UnsafeFile(*bombs)
            faults = [fault for member in members for fault in _member(file, archive, member)]
            names = [member.filename for member in members]
    except DAMAGED:
        raise fail("E_DAMAGED", file=file) from None
    workbook = "[Content_Types].xml" in names
    if ending == ".zip" and workbook:
        faults.append(finding("U_CONTENT", file=file, kind="xlsx"))
    sheets = sum(name.lower().startswith("xl/worksheets/") and name.lower().endswith(".xml") for name in names)
    if sheets > LIMITS.sheets:
        faults.append(too_many(file))
    if faults:
        distinct = {(fault.code, fault.parameters.get("what")): fault for fault in faults}
        raise UnsafeFile(*distinct.values())
    if ending == ".xlsx" and not workbook:
        raise fail("E_NOT_A_WORKBOOK", file=file)


def too_many(file: str) -> Finding:
    """The finding of a file with more rows, columns or sheets than are read."""
    return finding("U_DIMENSIONS", file=file, rows=LIMITS.rows, columns=LIMITS.columns, sheets=LIMITS.sheets)


def _sizes(file: str, members: list[zipfile.ZipInfo], size: int) -> list[Finding]:
    """Findings of an archive that unpacks to too much, by what it says of itself (more is never unpacked)."""
    whole = sum(member.file_size for member in members)
    large = (
        len(members) > LIMITS.members
        or whole > LIMITS.uncompressed
        or sum(member.compress_size for member in members) > size  # members that lie over one another
        or any(member.file_size > LIMITS.ratio * max(member.compress_size, 1) for member in members)
    )
    if not large:
        return []
    limit = LIMITS.uncompressed // 10**6
    return [finding("U_BOMB", file=file, limit=limit, members=LIMITS.members, ratio=LIMITS.ratio)]


def _member(file: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> list[Finding]:
    """Findings of one member of an archive."""
    lower = member.filename.lower().replace("\\", "/")
    what = _printable(member.filename)
    if member.flag_bits & 0x1:
        return [finding("U_ENCRYPTED", file=file)]
    if lower.startswith("/") or ".." in lower.split("/") or lower[1:2] == ":" or S_ISLNK(member.external_attr >> 16):
        return [finding("U_PATH", file=file, what=what)]
    if member.is_dir():
        return []
    faults = []
    with archive.open(member) as content:
        head = content.read(64)
    if lower.endswith(PACKED) or _kind(head) in ("zip", "OLE", "gzip", "7z", "RAR", "EXE", "ELF"):
        faults.append(finding("U_NESTED", file=file, what=what))
    if "vbaproject" in lower or lower.startswith(("xl/macrosheets/", "xl/activex/")):
        faults = [finding("U_MACROS", file=file)]
    if lower.startswith(("xl/externallinks/", "xl/querytables/")) or lower == "xl/connections.xml":
        faults.append(finding("U_EXTERNAL", file=file, what=what))
    if lower.endswith((".xml", ".rels", ".vml")) or head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<"):
        faults += _markup(file, archive, member)
    return faults


def _markup(file: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> list[Finding]:
    """Findings of XML inside an archive: it may define nothing before its first element, and link to no other file."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    what, name = _printable(member.filename), member.filename.lower()
    linked = name.endswith(".rels") or name == "[content_types].xml"
    faults = []
    try:
        with archive.open(member) as content:
            for _, element in iterparse(content, events=("start",), forbid_dtd=True):
                if not linked:
                    break
                kind = element.get("Type", "").lower()
                if element.get("TargetMode", "").lower() == "external" and not kind.endswith("/hyperlink"):
                    faults.append(finding("U_EXTERNAL", file=file, what=what))
                if "macroenabled" in element.get("ContentType", "").lower() or kind.endswith("/vbaproject"):
                    faults.append(finding("U_MACROS", file=file))
    except DefusedXmlException:
        return [finding("U_ENTITIES", file=file, what=what)]
    except ParseError:
        raise fail("E_DAMAGED", file=file) from None
    return faults


def _printable(name: str) -> str:
    """The name of a member without signs that a screen would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)
