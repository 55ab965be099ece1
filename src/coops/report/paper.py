"""What the PDF and the Word file share: the tree of the text made fit for paper, the fonts, the widths of columns."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from unicodedata import bidirectional
from urllib.parse import urlsplit

from coops.report.page import (
    ATTRIBUTES,
    PLAIN,
    direction,
    is_attributes,
    opened,
    pandoc,
    parsed,
    picture,
    text_of,
)

FONTS = Path(__file__).with_name("fonts")
FACES = ("Vazirmatn-Regular.ttf", "Vazirmatn-Bold.ttf")
BORROWED = "\u2212\u202f"  # minus and narrow space: too narrow in our font, so from DejaVu Sans
ROOM = 493.0  # points: A4 less a margin of 18 mm on both sides
SIZES: tuple[float, ...] = (9, 8.5, 8, 7.5, 7, 6.5, 6, 5.5, 5)  # of the text of a table, in points; the first that fits
TRIES = (  # share of a text that goes on one line, place of what is not broken, smallest size
    *((share, 1, size) for share, size in ((1, 8), (0.58, 8), (0.4, 7.5), (0.3, 7))),  # one line to four
    *((0, 1, 7), (0, 0, 5)),
)
PADDING = 7.0  # points: left and right of a cell together
SLACK = 1.04  # a shaped word may be a little wider than its letters one by one
LEFT_TO_RIGHT, RIGHT_TO_LEFT, FIRST_STRONG, POP = ISOLATES = "\u2066\u2067\u2068\u2069"
MARKS = "\u200e\u200f"
STYLES = {  # class of a block to what the writers of typst and Word make of it
    "note": [["typst:text:size", "8.5pt"], ["typst:text:fill", "luma(30%)"], ["custom-style", "Note"]],
    "limits": [
        ["typst:fill", "luma(95%)"],
        ["typst:inset", "8pt"],
        ["typst:width", "100%"],
        ["custom-style", "Limits"],
    ],
}


@dataclass(frozen=True)
class Document:
    """What a file on paper is made of.

    Parameters
    ----------
    markdown : str, as for :func:`coops.report.page.write_page`
    language : str, code of the language; ``ar`` is set from right to left, tables too
    title : str, the heading, if the text has none of the first level
    label : str, the sentence that says what the data are; it is on every page
    assets : Path, the folder that image paths are relative to
    """

    markdown: str
    language: str
    title: str
    label: str
    assets: Path


def files() -> list[Path]:
    """Find the fonts: ours, and for single signs that ours lack those that come with the package of the figures.

    Raises
    ------
    ValueError
        If one is not there (names it).
    """
    figures = find_spec("matplotlib")
    if figures is None or figures.origin is None:
        raise ValueError("The font DejaVu Sans is not there: it comes with the package matplotlib. Install matplotlib.")
    folder = Path(figures.origin).parent / "mpl-data" / "fonts" / "ttf"
    paths = [FONTS / name for name in FACES]
    paths += [folder / name for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf")]
    for path in paths:
        if not path.is_file():
            raise ValueError(f"The font {path.name} is not there: it is looked for in {path.parent}. Install it again.")
    return paths


def engine(name: str, distribution: str) -> ModuleType:
    """Import what writes the file.

    Raises
    ------
    ValueError
        If it is not installed (names it and the package to install).
    """
    from importlib import import_module

    try:
        module = import_module(name)
    except ImportError:
        raise ValueError(f"{name} is not there: install the package {distribution}.") from None
    if name == "pypandoc":
        try:
            module.get_pandoc_path()
        except OSError:
            raise ValueError(f"pandoc is not there: install the package {distribution}.") from None
    return module


def convert(tree: dict, to: str, *options: str, target: Path | None = None) -> str:
    """Write a tree in another format, as text or into ``target``."""
    engine("pypandoc", "pypandoc_binary")
    output = [f"--output={target}"] if target else []
    return pandoc(json.dumps(tree, ensure_ascii=False), "--from=json", f"--to={to}", *PLAIN, *options, *output)


def tree(document: Document, address: Callable[[Path], str]) -> tuple[dict, list[float]]:
    """Read the Markdown of a document into pandoc's tree and make it fit for paper.

    Parameters
    ----------
    address : function, file of an image to the address that the writer is given

    Returns
    -------
    dict, the tree: with alt texts, links to outside opened up, links into nowhere as words, identifiers that are
        unique, column widths; and a list of float, the text size of each table in points, in their order

    Raises
    ------
    ValueError
        As :func:`coops.report.page.picture`; if pandoc or a font is missing (names it).
    """
    engine("pypandoc", "pypandoc_binary")
    paper = _Paper(document.assets, address, direction(document.language) == "rtl")
    parts = parsed(document.markdown)
    blocks = parts["blocks"] = paper.linked(paper.walk(parts["blocks"]))
    if not any(block["t"] == "Header" and block["c"][0] == 1 for block in blocks):
        blocks.insert(0, {"t": "Header", "c": [1, ["", [], []], [{"t": "Str", "c": document.title}]]})
    return parts, paper.sizes


class _Paper:
    """One walk through a tree: what was seen on the way."""

    def __init__(self, assets: Path, address: Callable[[Path], str], rtl: bool):
        self.assets, self.address, self.rtl = assets, address, rtl
        self.identifiers: set[str] = set()
        self.sizes: list[float] = []

    def walk(self, node):
        """Copy a part of the tree, put right."""
        if isinstance(node, list):
            if is_attributes(node):
                return self._attributes(*node)
            return [self.walk(child) for child in node]
        if not isinstance(node, dict):
            return node
        node = {key: self.walk(child) for key, child in node.items()}
        match node.get("t"):
            case "Image":
                attributes, words, (address, hint) = node["c"]
                path, alt = picture(address, attributes, words, self.assets)
                others = [pair for pair in attributes[2] if pair[0] != "alt"]
                attributes = [*attributes[:2], [["alt", " ".join(alt.split())], *others]]
                return {"t": "Image", "c": [attributes, [{"t": "Str", "c": alt}], [self.address(path), hint]]}
            case "Emph" if self.rtl:  # Arabic letters do not slant
                return {"t": "Strong", "c": node["c"]}
            case "Link" if any(urlsplit(node["c"][2][0])[:2]):
                return opened(node)
            case "Div":
                for name in node["c"][0][1]:
                    node["c"][0][2] += STYLES.get(name, [])
            case "Table":
                self._table(node["c"])
        return node

    def linked(self, node):
        """Turn links to an identifier that is not there into words: typst would refuse them."""
        if isinstance(node, list):
            return [self.linked(child) for child in node]
        if not isinstance(node, dict):
            return node
        node = {key: self.linked(child) for key, child in node.items()}
        if node.get("t") == "Link" and node["c"][2][0].removeprefix("#") not in self.identifiers:
            return {"t": "Span", "c": [["", [], []], node["c"][1]]}
        return node

    def _attributes(self, identifier: str, classes: list, pairs: list) -> list:
        if identifier in self.identifiers:
            identifier = ""
        self.identifiers |= {identifier} - {""}
        return [identifier, classes, [pair for pair in pairs if pair[0] in ATTRIBUTES]]

    def _table(self, parts: list) -> None:
        attributes, _, specifications, head, bodies, foot = parts
        heads = [row[1] for row in head[1]]
        rows = [row[1] for body in bodies for row in (*body[2], *body[3])] + [row[1] for row in foot[1]]
        numbers = [side["t"] == "AlignRight" for side, _ in specifications]
        if self.rtl:
            for cell in (cell for row in rows for cell in row):
                _isolated(cell[4])
        size, shares = SIZES[0], [1 / len(numbers)] * len(numbers)
        if all(len(row) == len(numbers) for row in (*heads, *rows)):  # no cell spans others
            columns = [
                _measured([row[place][4] for row in heads], [row[place][4] for row in rows], number)
                for place, number in enumerate(numbers)
            ]
            size, shares = fitted(columns)
        self.sizes.append(size)
        attributes[2].append(["typst:text:size", f"{size}pt"])
        for specification, share in zip(specifications, shares, strict=True):
            # The side where the language starts; numbers stand on the right in both directions.
            if specification[0]["t"] == ("AlignRight" if self.rtl else "AlignLeft"):
                specification[0] = {"t": "AlignDefault"}
            specification[1] = {"t": "ColWidth", "c": round(share, 5)}


def _isolated(blocks: list) -> None:
    """Keep the sign of a number before it, in a cell of right-to-left text that holds nothing else."""
    text = text_of(blocks)
    if text and not set(text) & set(ISOLATES) and "R" not in (strong(text), strong(text[::-1])):
        for block in blocks:
            if block["t"] in ("Plain", "Para"):
                block["c"] = [{"t": "Str", "c": LEFT_TO_RIGHT}, *block["c"], {"t": "Str", "c": POP}]


def strong(text: str) -> str:
    """Tell the direction of the first letter that has one: ``L``, ``R`` or, where there is none, nothing."""
    sides = (bidirectional(letter) for letter in text if letter not in MARKS)
    return next(({"L": "L", "R": "R", "AL": "R"}[side] for side in sides if side in ("L", "R", "AL")), "")


# -- widths of columns ------------------------------------------------------------------------------------------------


def fitted(columns: list[tuple[float, ...]], room: float = ROOM) -> tuple[float, list[float]]:
    """Choose the size of the text of a table, and the width of its columns.

    Parameters
    ----------
    columns : list of (word, unbroken, body, whole), in units of the text size, each at least the one before
        Width of the longest word, which must not be broken; of the longest part that should not be (a number with
        what belongs to it); of the longest cell on one line; of the same, heading included.
    room : float, points

    Returns
    -------
    float, points: the largest size of :data:`TRIES` at which cells take few lines and no number is broken; else the
        largest at which no number is; else no word; else as small as needed
    list of float, share of the room for each column; together 1 or, for a narrow table, less
    """
    padding = PADDING * len(columns)
    for lines, least, smallest in TRIES:
        wishes = [(max(column[least], column[2] * lines), *column[2:]) for column in columns]
        for size in (size for size in SIZES if size >= smallest):
            if sum(wish[0] for wish in wishes) * size + padding <= room:
                return size, _shared(wishes, size, room)
    size = (room - padding) / sum(column[0] for column in columns)
    return round(size - 0.05, 1), _shared(columns, size, room)


def _shared(columns: list[tuple[float, ...]], size: float, room: float) -> list[float]:
    """Give each column its least width, then what is left for the next one."""
    widths = [column[0] * size + PADDING for column in columns]
    for wish in list(zip(*columns, strict=True))[1:]:
        wanted = [max(0.0, units * size + PADDING - width) for units, width in zip(wish, widths, strict=True)]
        part = min(1.0, max(0.0, room - sum(widths)) / (sum(wanted) or 1.0))
        widths = [width + part * more for width, more in zip(widths, wanted, strict=True)]
    return [width / room for width in widths]


def _measured(heads: list, cells: list, number: bool) -> tuple[float, ...]:
    drawn = max((_drawn(cell) for cell in cells), default=0.0)
    lines = [(text, True) for cell in heads for text in _lines(cell)]
    body = [(text, False) for cell in cells if not _drawn(cell) for text in _lines(cell)]
    word = max((_width(part, bold) for text, bold in lines + body for part in text.split(" ")), default=0.0)
    word = max(word, drawn)
    longest = max([word, *(_width(*line) for line in body)])
    whole = max([longest, *(_width(*line) for line in lines)])
    return word, longest if number else word, longest, whole


def _drawn(blocks: list) -> float:
    """Width of an image in a cell, in units of the largest text of a table; 0 if there is none that says it in mm.

    With room to spare: Word cuts off what does not fit, and its cells may have wider margins of their own.
    """
    inside = [part for block in blocks if block["t"] in ("Plain", "Para") for part in block["c"]]
    widths = (dict(part["c"][0][2]).get("width", "") for part in inside if part["t"] == "Image")
    return max(
        ((float(width[:-2]) * 72 / 25.4 + PADDING) / SIZES[0] for width in widths if width.endswith("mm")), default=0.0
    )


def _lines(blocks: list) -> list[str]:
    return [text_of(block) for block in blocks]


def _width(text: str, bold: bool) -> float:
    advances = _advances(bold)
    return SLACK * sum(advances.get(ord(letter), 0.0 if letter in ISOLATES else 0.8) for letter in text)


@cache
def _advances(bold: bool) -> dict[int, float]:
    """Width of each letter, in units of the text size."""
    from fontTools.ttLib import TTFont

    advances: dict[int, float] = {}
    ours, others = files()[int(bold)], files()[2 + int(bold)]
    for path in (others, ours):
        with TTFont(path) as font:
            widths, unit = font["hmtx"], font["head"].unitsPerEm
            letters = {code: widths[name][0] / unit for code, name in font.getBestCmap().items()}
        kept = letters if path == others else {code for code in letters if chr(code) not in BORROWED}
        advances |= {code: letters[code] for code in kept}
    return advances
