"""The PDF: filled Markdown in one language becomes pages of A4, the same bytes for the same text."""

import json
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from coops.report import paper
from coops.report.page import direction


def write_pdf(document: paper.Document, target: Path) -> Path:
    """Write a document as PDF: A4, tagged, fonts inside, no outside address; return the file, whose folder is made.

    Raises
    ------
    ValueError
        As :func:`coops.report.paper.tree`; if typst or a font is not there (names it).

    Notes
    -----
    Only the fonts of :func:`coops.report.paper.files` are used, so that the machine makes no difference. A sign that
    is in none of them shows as an empty box.
    """
    typst = paper.engine("typst", "typst")
    faces = paper.files()
    with TemporaryDirectory() as name:
        folder = Path(name)
        images: dict[Path, str] = {}

        def address(path: Path) -> str:
            if path not in images:
                images[path] = f"{len(images) + 1}{path.suffix.lower()}"
                shutil.copyfile(path, folder / images[path])
            return images[path]

        tree, _ = paper.tree(document, address)
        body = paper.convert(_images(tree), "typst-smart")
        body = re.sub(r"(?m)^  align\(center\)\[#set text", "  align(start)[#set text", body)  # tables
        look = Path(__file__).with_name("pdf.typ").read_text(encoding="utf-8")
        (folder / "main.typ").write_text(look + body, encoding="utf-8", newline="\n")
        language, _, region = document.language.partition("-")
        content = typst.compile(
            folder / "main.typ",
            root=folder,
            font_paths=typst.Fonts(
                include_system_fonts=False,
                include_embedded_fonts=False,
                font_paths=sorted({str(face.parent) for face in faces}),
            ),
            sys_inputs={
                "title": document.title,
                "label": document.label,
                "lang": language,
                "region": region,
                "dir": direction(document.language),
                "borrowed": paper.BORROWED,
            },
            format="pdf",
            timestamp=0,
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target


def _images(node, standing=False):
    """Write images as typst: pandoc leaves their alt text out."""
    if isinstance(node, list):
        return [_images(child, standing) for child in node]
    if not isinstance(node, dict):
        return node
    if node.get("t") != "Image":
        return {key: _images(child, standing or node.get("t") == "Figure") for key, child in node.items()}
    attributes, _, (address, _) = node["c"]
    pairs = dict(attributes[2])
    width = pairs.get("width", "")
    parts = [json.dumps(address), f"alt: {json.dumps(pairs['alt'], ensure_ascii=False)}"]
    parts += [f"width: {width}"] if re.fullmatch(r"[0-9.]+(%|mm)", width) else []
    image = f"image({', '.join(parts)})"
    return {"t": "RawInline", "c": ["typst", f"#{image}" if standing else f"#box({image})"]}
