"""The Word file: filled Markdown in one language becomes a document that can be edited, the same bytes each time."""

import base64
import re
from datetime import datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from coops.report import paper
from coops.report.page import IMAGES, direction, text_of
from coops.study.languages import LANGUAGES

FONT = "Arial"  # Latin and Arabic letters, on every machine with Word
LONG_AGO = datetime(2000, 1, 1)
LEFT_MARK, RIGHT_MARK = tuple(paper.MARKS)
SIZES = {
    "heading 1": 17,
    "heading 2": 13,
    "heading 3": 11.5,
    "Caption": 9,
    "Note": 8.5,
    "Footnote Text": 8.5,
    "Verbatim Char": 9.5,
}
TWIPS = 20  # in a point


def write_word(document: paper.Document, target: Path) -> Path:
    """Write a document as Word file (docx): A4, real headings and captions, no outside address; return the file.

    Raises
    ------
    ValueError
        As :func:`coops.report.paper.tree`; if an image is an SVG, which Word does not show by itself (names it);
        if python-docx is not there (names it).

    Notes
    -----
    Not every Word knows the marks that isolate a number in right-to-left text, so they become runs from left to right
    between the older marks, which all know.
    """
    docx, language = paper.engine("docx", "python-docx"), document.language
    meta = {"lang": language, "dir": direction(language)}
    rtl = meta["dir"] == "rtl"
    tree, sizes = paper.tree(document, _address)
    tree["blocks"] = _spans(tree["blocks"], rtl)
    tree["meta"] = {name: {"t": "MetaString", "c": text} for name, text in meta.items()}
    with TemporaryDirectory() as name:
        file = Path(name) / "pandoc.docx"
        paper.convert(tree, "docx", target=file)
        written = docx.Document(str(file))
    _styles(written, LANGUAGES[language].spelling if language in LANGUAGES else language, rtl)
    _sections(written, document.label, rtl)
    for paragraph in written.paragraphs:
        if paragraph.style.name == "Normal":  # pandoc forgets the style where it sets the direction
            paragraph.style = written.styles["Body Text"]
    _tables(written, sizes, rtl)
    _pictures(written)
    _properties(written, document.title, language)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(_packed(written))
    return target


def _address(path: Path) -> str:
    kind = IMAGES[path.suffix.lower()]
    if path.suffix.lower() == ".svg":
        raise ValueError(f"The image {path.name} is an SVG, which Word does not show: save it as PNG.")
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


# -- right to left ----------------------------------------------------------------------------------------------------


def _spans(node, rtl):
    """Turn each isolated part of a text into a span of its own direction."""
    if isinstance(node, dict):
        return {key: _spans(child, rtl) for key, child in node.items()}
    if not isinstance(node, list):
        return node
    node = [_spans(child, rtl) for child in node]
    texts = (part["c"] for part in node if isinstance(part, dict) and part.get("t") == "Str")
    if not any(set(text) & set(paper.ISOLATES) for text in texts):
        return node
    open_parts: list[tuple[str, list]] = [("", [])]
    for part in node:
        pieces = re.split(f"([{paper.ISOLATES}])", part["c"]) if part["t"] == "Str" else [part]
        for piece in pieces:
            if isinstance(piece, str) and piece and piece in paper.ISOLATES:
                if piece != paper.POP:
                    open_parts.append((piece, []))
                elif len(open_parts) > 1:
                    kind, content = open_parts.pop()
                    open_parts[-1][1].extend(_isolated(kind, content, rtl))
            elif piece:
                open_parts[-1][1].append({"t": "Str", "c": piece} if isinstance(piece, str) else piece)
    while len(open_parts) > 1:  # never closed: up to the end of the paragraph
        kind, content = open_parts.pop()
        open_parts[-1][1].extend(_isolated(kind, content, rtl))
    return open_parts[0][1]


def _isolated(kind: str, content: list, rtl: bool) -> list:
    inner = kind == paper.RIGHT_TO_LEFT or kind == paper.FIRST_STRONG and paper.strong(text_of(content)) == "R"
    if inner == rtl:
        return content
    inside, outside = ({"t": "Str", "c": mark} for mark in ((RIGHT_MARK, LEFT_MARK) if inner else paper.MARKS))
    attributes = ["", [], [["dir", "rtl" if inner else "ltr"]]]
    return [outside, {"t": "Span", "c": [attributes, [inside, *content, inside]]}, outside]


# -- look -------------------------------------------------------------------------------------------------------------


def _element(name, **attributes):
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), str(value))
    return element


def _styles(document, locale, rtl):
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    root = document.styles.element
    for fonts in root.iter(qn("w:rFonts")):
        if any(name.endswith("heme") for name in fonts.attrib):
            fonts.attrib.clear()
            for name in ("ascii", "hAnsi", "cs", "eastAsia"):
                fonts.set(qn(f"w:{name}"), FONT)
    default = root.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    for name, value in (("sz", 20), ("szCs", 20)):
        default.find(qn(f"w:{name}")).set(qn("w:val"), str(value))
    spoken = default.find(qn("w:lang"))
    spoken.set(qn("w:bidi" if rtl else "w:val"), locale)
    theme = document.settings.element.find(qn("w:themeFontLang"))
    theme.set(qn("w:bidi" if rtl else "w:val"), locale)
    names = {style.name.lower(): style for style in document.styles}
    for name, size in SIZES.items():
        style = names.get(name.lower())
        if style is None:
            continue
        style.font.size = Pt(size)
        properties = style.element.get_or_add_rPr()
        for old in properties.findall(qn("w:szCs")):
            properties.remove(old)
        properties.find(qn("w:sz")).addnext(_element("szCs", val=round(2 * size)))
        if "heading" in name or name == "Caption":
            style.font.bold = style.font.cs_bold = True
            style.font.italic = style.font.cs_italic = None
            style.font.color.rgb = RGBColor(0x1D, 0x1F, 0x21)
        if name == "Note":
            style.font.color.rgb = RGBColor(0x4A, 0x4F, 0x55)
    for name in ("Body Text", "First Paragraph"):
        names[name.lower()].paragraph_format.space_before = Pt(0)
        names[name.lower()].paragraph_format.space_after = Pt(7)
    names["heading 1"].paragraph_format.space_before = Pt(0)
    if "note" in names:
        names["note"].paragraph_format.space_before, names["note"].paragraph_format.space_after = Pt(4), Pt(10)
    names["table caption"].paragraph_format.space_before = Pt(12)
    names["table caption"].paragraph_format.space_after = Pt(3)


def _sections(document, label, rtl):
    from docx.shared import Mm

    for section in document.sections:
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(18)
        section.top_margin, section.bottom_margin = Mm(27), Mm(20)
        section.header_distance, section.footer_distance = Mm(11), Mm(10)
        section.header.is_linked_to_previous = section.footer.is_linked_to_previous = False
        paragraph = section.header.paragraphs[0]
        _framed(paragraph, rtl)
        run = paragraph.add_run(label)
        run.bold = run.font.cs_bold = True
        _sized(run, 8.5)
        run.font.rtl = rtl or None
        _page_numbers(section.footer.paragraphs[0])
        if rtl:
            section._sectPr.append(_element("bidi"))


def _framed(paragraph, rtl):
    """Put the label into a box, as on the page."""
    properties = paragraph._p.get_or_add_pPr()
    borders = _element("pBdr")
    for side in ("top", "left", "bottom", "right"):
        borders.append(_element(side, val="single", sz=6, space=3, color="8A4600"))
    tail = [borders, _element("shd", val="clear", color="auto", fill="FFF4E5")]
    tail += [_element("bidi")] if rtl else []
    properties.extend([*tail, _element("jc", val="center")])


def _page_numbers(paragraph):
    paragraph.alignment = 1  # centred, from left to right in each language
    for text, field in (("", "PAGE"), (" / ", ""), ("", "NUMPAGES")):
        if text:
            _sized(paragraph.add_run(text), 8.5)
            continue
        for kind in ("begin", "", "separate", "shown", "end"):
            run = paragraph.add_run("1" if kind == "shown" else "")
            _sized(run, 8.5)
            if kind == "":
                code = _element("instrText")
                code.text = field
                run._r.append(code)
            elif kind != "shown":
                run._r.append(_element("fldChar", fldCharType=kind))


def _sized(run, size):
    from docx.oxml.ns import qn
    from docx.shared import Pt

    run.font.size = Pt(size)
    run._r.rPr.find(qn("w:sz")).addnext(_element("szCs", val=round(2 * size)))


def _tables(document, sizes, rtl):
    from docx.enum.table import WD_TABLE_DIRECTION
    from docx.oxml.ns import qn
    from docx.shared import Pt

    tables = document.tables
    if len(tables) != len(sizes):  # some stand in a note or inside another
        sizes = [min(sizes)] * len(tables)
    for table, size in zip(tables, sizes, strict=True):
        if rtl:
            table.table_direction = WD_TABLE_DIRECTION.RTL
        table.autofit = True  # the widths are wishes: another font may need a little more
        _widths(table)
        rows = table.rows
        for place, row in enumerate(rows):
            properties = row._tr.get_or_add_trPr()
            heading = properties.find(qn("w:tblHeader")) is not None
            properties.insert(0, _element("cantSplit"))
            for cell in row.cells:
                for paragraph in cell.paragraphs:
                    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
                    for run in paragraph.runs:
                        _sized(run, max(size - 0.5, min(size, 7.5)))  # Arial is a little wider
                        if heading:
                            run.bold = run.font.cs_bold = True
                _ruled(cell, heading, place)


def _widths(table):
    from docx.oxml.ns import qn

    columns = table._tbl.tblGrid.findall(qn("w:gridCol"))
    # Pandoc shares out a page of its own: 7920 twips between the margins.
    widths = [round(int(column.get(qn("w:w"))) / 7920 * paper.ROOM * TWIPS) for column in columns]
    properties = table._tbl.tblPr
    whole = properties.find(qn("w:tblW"))
    whole.set(qn("w:type"), "dxa")
    whole.set(qn("w:w"), str(sum(widths)))
    margins = _element("tblCellMar")
    for side in ("left", "right"):
        margins.append(_element(side, w=round(paper.PADDING / 2 * TWIPS), type="dxa"))
    properties.find(qn("w:tblLook")).addprevious(margins)
    caption = properties.find(qn("w:tblCaption"))
    if caption is not None:
        caption.set(qn("w:val"), re.sub(f"[{paper.ISOLATES}]", "", caption.get(qn("w:val"))))
    for column, width in zip(columns, widths, strict=True):
        column.set(qn("w:w"), str(width))
    for row in table.rows:
        cells = row._tr.tc_lst
        if len(cells) == len(widths):
            for cell, width in zip(cells, widths, strict=True):
                for old in cell.get_or_add_tcPr().findall(qn("w:tcW")):
                    cell.tcPr.remove(old)
                cell.tcPr.insert(0, _element("tcW", w=width, type="dxa"))


def _ruled(cell, heading, place):
    borders = _element("tcBorders")
    if place == 0:
        borders.append(_element("top", val="single", sz=8, space=0, color="1D1F21"))
    borders.append(
        _element("bottom", val="single", sz=8 if heading else 4, space=0, color="1D1F21" if heading else "C9CDD2")
    )
    cell._tc.get_or_add_tcPr().append(borders)


def _pictures(document):
    """Leave the alt text in one place: pandoc writes the address into the other, here the whole image again."""
    for node in document.element.body.iter():
        if node.tag.endswith("}cNvPr"):
            node.attrib.pop("descr", None)
            node.set("name", f"Picture {node.get('id')}")


# -- the same bytes ---------------------------------------------------------------------------------------------------


def _properties(document, title, language):
    properties = document.core_properties
    properties.title, properties.language, properties.author = title, language, ""
    properties.last_modified_by, properties.revision = "", 1
    properties.created = properties.modified = LONG_AGO


def _packed(document):
    """Zip the document with the same date on every part."""
    saved, packed = BytesIO(), BytesIO()
    document.save(saved)
    with ZipFile(saved) as old, ZipFile(packed, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr, entry.create_system = ZIP_DEFLATED, 0, 0
            new.writestr(entry, old.read(name))
    return packed.getvalue()
