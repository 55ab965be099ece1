"""What is kept of a run for comparison: tables (rows, columns, cells as text) and texts, each under a place.

A place reads ``results``, ``exhibits``, ``exhibits/NAME/data``, ``exhibits/NAME/body.en``, ``clean/members``,
``report/en.md``, ``pages/C001.en.docx``. Exhibits go by their name; where a text gives the number of a table or figure,
or names its file, the exhibit's name in braces stands instead.
"""

import csv
import io
import json
import re
import zipfile
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

WORDS = {"Table": "table", "Tableau": "table", "الجدول": "table", "Figure": "figure", "الشكل": "figure"}
MARKS = "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # of direction, invisible
NUMBERED = re.compile(rf"\b({'|'.join(WORDS)})[\s{MARKS}]+(\d+(?:\.\d+)?)[{MARKS}]*")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class Unreadable(Exception):
    """A run that cannot be compared: a key, a name or a file stands twice, or is not there."""


@dataclass
class Table:
    """Rows by label, each a text by column; ``keyed`` where labels mean something, else they are row numbers."""

    columns: list[str]
    rows: dict[str, dict[str, str]]
    keyed: bool = False

    @classmethod
    def numbered(cls, lines: list[list[str]]) -> "Table":
        """A table of lines, the first of which is its head; a name that stands twice in it gets a number."""
        head, *body = lines or [[]]
        columns = [name if name not in head[:place] else f"{name} ({place + 1})" for place, name in enumerate(head)]
        width = max(map(len, lines), default=0)
        columns += [f"beyond the head ({place + 1})" for place in range(len(columns), width)]
        rows = {f"row {n}": dict(zip(columns, cells, strict=False)) for n, cells in enumerate(body, start=1)}
        return cls(columns, rows)


@dataclass
class Frozen:
    """All that is compared of one study."""

    tables: dict[str, Table] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def read(root: Path) -> Frozen:
    """Read the run of a study.

    Raises
    ------
    Unreadable
        If a result's key or an exhibit's name stands twice, or an exhibit has no csv.
    """
    run = Frozen()
    run.tables["results"] = _results(root / "data" / "results")
    exhibits = _exhibits(root / "data" / "results" / "exhibits")
    references = References(root, exhibits)
    run.tables["exhibits"] = Table(
        list(dict.fromkeys(name for exhibit in exhibits.values() for name in exhibit if _is_word(name))),
        {
            name: {key: references.named(text) for key, text in exhibit.items() if _is_word(key)}
            for name, exhibit in exhibits.items()
        },
        keyed=True,
    )
    for name, exhibit in exhibits.items():
        path = root / "figures" / f"{exhibit['file']}.csv"
        if not path.is_file():
            raise Unreadable(f"{name}: there is no {path.name} in {path.parent}")
        run.tables[f"exhibits/{name}/data"] = _csv(path)
        for key, text in exhibit.items():
            if key.startswith("body."):
                run.tables[f"exhibits/{name}/{key}"] = pipes(references.named(text))
    named = {exhibit["file"] for exhibit in exhibits.values()}
    strays = sorted(path.stem for path in (root / "figures").glob("*.csv") if path.stem not in named)
    if strays:
        run.texts["figures/in no list"] = "\n".join(strays)
    for path in sorted((root / "data" / "clean").glob("*.csv")):
        run.tables[f"clean/{path.stem}"] = _csv(path)
    for path in sorted((root / "private").glob("*.xlsx")):
        run.tables |= _workbook(path)
    for folder in ("report", "pages"):
        for path in sorted((root / folder).glob("*")):
            if path.suffix in READERS:
                run.texts[f"{folder}/{path.name}"] = references.named(READERS[path.suffix](path))
    return run


def _is_word(key: str) -> bool:
    return key not in ("name", "number", "file") and not key.startswith("body.")


def _results(folder: Path) -> Table:
    columns, rows = [], {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            columns += [name for name in reader.fieldnames or () if name not in columns and name != "key"]
            for row in reader:
                key = row.pop("key")
                if key in rows:
                    raise Unreadable(f"the result {key} stands twice in {folder}")
                rows[key] = row
    return Table(columns, rows, keyed=True)


def _exhibits(folder: Path) -> dict[str, dict[str, str]]:
    """The exhibits by name, in the order of notebooks and of their lists; fields of several languages apart."""
    exhibits = {}
    for path in sorted(folder.glob("*.json")):
        for record in json.loads(path.read_text(encoding="utf-8")):
            flat = {"notebook": path.stem}
            for key, value in record.items():
                if isinstance(value, dict):
                    flat |= {f"{key}.{part}": _text(text) for part, text in value.items()}
                else:
                    flat[key] = _text(value)
            if flat["name"] in exhibits:
                raise Unreadable(f"the exhibit {flat['name']} stands twice in {folder}")
            exhibits[flat["name"]] = flat
    return exhibits


def _text(value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


class References:
    """Which exhibit is meant by a number or a file in a text of a run."""

    def __init__(self, root: Path, exhibits: dict[str, dict[str, str]]):
        self.stems = {exhibit["file"]: name for name, exhibit in exhibits.items()}
        self.numbers = {
            (exhibit.get("kind", ""), exhibit["number"]): name
            for name, exhibit in exhibits.items()
            if exhibit.get("number")
        }
        captions = {
            exhibit[key]: name
            for name, exhibit in exhibits.items()
            if not exhibit.get("number")
            for key in exhibit
            if key.startswith("caption.")
        }
        if captions:  # numbers are given where they are printed: they stand before the captions of the page
            for path in sorted((root / "report").glob("*.md")):
                self._learn(path.read_text(encoding="utf-8"), captions)

    def _learn(self, page: str, captions: dict[str, str]) -> None:
        for match in NUMBERED.finditer(page):
            rest = page[match.end() : match.end() + 2000].lstrip(".: ")
            names = [name for caption, name in captions.items() if rest.startswith(caption)]
            if names:
                self.numbers[WORDS[match[1]], match[2]] = names[0]

    def named(self, text: str) -> str:
        """Put the names of exhibits for their numbers and files."""
        text = NUMBERED.sub(self._name, text)
        return re.sub(r"figures/([\w.-]+?)(?=\.\w\w\.png|\.png|\.csv)", self._stem, text)

    def _name(self, match: re.Match) -> str:
        name = self.numbers.get((WORDS[match[1]], match[2]))
        return f"{match[1]} {{{name}}}" if name else match[0]

    def _stem(self, match: re.Match) -> str:
        return f"figures/{{{self.stems.get(match[1], match[1])}}}"


def pipes(text: str) -> Table:
    """Read a table of Markdown; the line under its head is left out, lines beside it are rows of one cell."""
    lines = []
    for line in text.splitlines():
        if re.fullmatch(r"\|[\s:|-]+\|", line.strip()):
            continue
        if line.strip().startswith("|"):
            lines.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])])
        elif line.strip():
            lines.append([line.strip()])
    return Table.numbered(lines)


def _csv(path: Path) -> Table:
    with path.open(encoding="utf-8", newline="") as file:
        return Table.numbered(list(csv.reader(file)))


def _workbook(path: Path) -> dict[str, Table]:
    import openpyxl

    sheets = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    return {
        f"private/{path.stem}/{sheet.title}": Table.numbered(
            [["" if cell is None else str(cell) for cell in line] for line in sheet.iter_rows(values_only=True)]
        )
        for sheet in sheets
    }


def _markdown(path: Path) -> str:
    """The text; the padding of its tables says nothing."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r"-{3,}", "---", re.sub(r" {2,}", " ", text))


def _word(path: Path) -> str:
    """The paragraphs of a Word file, its head and foot, and the alternative texts of its pictures."""
    lines = []
    with zipfile.ZipFile(path) as file:
        for part in sorted(file.namelist()):
            if re.fullmatch(r"word/(document|header\d*|footer\d*|footnotes)\.xml", part):
                for paragraph in ElementTree.fromstring(file.read(part)).iter(f"{W}p"):
                    lines.append("".join(node.text or "" for node in paragraph.iter(f"{W}t")))
                    lines += [node.get("descr") for node in paragraph.iter() if node.get("descr")]
    return "\n".join(line for line in lines if line.strip())


class _Seen(HTMLParser):
    """Collects what a reader of a page sees or hears."""

    def __init__(self):
        super().__init__()
        self.lines, self.silent = [], 0

    def handle_starttag(self, tag, attributes):
        self.silent += tag in ("style", "script")
        self.lines += [text for name, text in attributes if name in ("alt", "title", "aria-label") and text]

    def handle_endtag(self, tag):
        self.silent -= tag in ("style", "script")

    def handle_data(self, data):
        if not self.silent and data.strip():
            self.lines.append(" ".join(data.split(" ")).strip())


def _page(path: Path) -> str:
    seen = _Seen()
    seen.feed(path.read_text(encoding="utf-8"))
    return "\n".join(seen.lines)


READERS = {".md": _markdown, ".html": _page, ".docx": _word}
