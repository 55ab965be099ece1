"""The page: filled Markdown in one to three languages becomes one HTML file that loads nothing."""

import base64
import json
import subprocess
from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import unquote, urlsplit

from coops.study.languages import language_of

IMAGES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml"}
ATTRIBUTES = {"alt", "dir", "height", "lang", "width"}  # all others are dropped: no style, no onclick
# What is off: ways to write HTML or TeX, and signs that have a meaning to pandoc but not to our writers.
READER = (
    "markdown-raw_html-raw_attribute-raw_tex-native_divs-native_spans-markdown_in_html_blocks-latex_macros"
    "-tex_math_dollars-simple_tables-multiline_tables-citations-yaml_metadata_block-pandoc_title_block"
)
PLAIN = ("--sandbox", "--wrap=none", "--eol=lf", "--syntax-highlighting=none")  # how pandoc writes
Words = dict[str, str]  # language code to text


def write_page(pages: Words, target: Path, *, title: Words, label: Words, switch: Words, assets: Path) -> Path:
    """Write the page of a study: one HTML file without scripts, outside addresses or other files.

    Parameters
    ----------
    pages : dict, language code to filled Markdown (pandoc), one to three of them
        Headings start at ``##`` (a ``#`` replaces ``title``). The first language is the one shown at first.
    target : Path, the file to write; its folder is made if need be
    title, label : dict, language code to text
        The heading of the page, and the sentence that says what the data are; the label is on every printed page.
    switch : dict, language code to the language's own name
        A page in one language has no switch.
    assets : Path, the folder that image paths are relative to

    Returns
    -------
    Path, the target

    Raises
    ------
    ValueError
        If an image has no alt text, is not there or is of an unknown kind (names the image);
        if there is no language or there are more than three.

    Notes
    -----
    With several languages each id is prefixed with its language (``sec-x`` becomes ``en-sec-x``), and so are the links
    to it. A link to an outside address becomes words followed by the address.
    """
    if not 1 <= len(pages) <= 3:
        raise ValueError(f"A page has one to three languages, not {len(pages)}.")
    several, first, here = len(pages) > 1, next(iter(pages)), Path(__file__)
    articles = []
    for code, text in pages.items():
        body = _convert(text, assets, f"{code}-" if several else "")
        heading = "" if "<h1" in body else f"<h1>{escape(title[code])}</h1>\n"
        words = f'<p class="label" role="note">{escape(label[code])}</p>\n{heading}{body}\n'
        articles.append(f'<article lang="{code}" dir="{direction(code)}">\n{words}</article>\n')
    page = Template(here.with_name("page.html").read_text(encoding="utf-8")).substitute(
        lang=first,
        dir=direction(first),
        title=escape(title[first]),
        style=here.with_name("page.css").read_text(encoding="utf-8"),
        switch=_switch({code: switch[code] for code in pages}) if several else "",
        articles="".join(articles),
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page, encoding="utf-8", newline="\n")
    return target


def direction(code: str) -> str:
    """Tell the direction of a language's script: ``rtl`` or ``ltr``."""
    return language_of(code).direction


def _switch(names: Words) -> str:
    """Make radio buttons, then their labels: the style sheet shows the article of the one that is checked."""
    buttons = [
        f'<input type="radio" name="language" id="show-{code}" dir="{direction(code)}"{"" if place else " checked"}>\n'
        for place, code in enumerate(names)
    ]
    labels = [f'<label for="show-{code}" lang="{code}">{escape(name)}</label>\n' for code, name in names.items()]
    return "".join([*buttons, '<div class="switch">\n', *labels, "</div>\n"])


def parsed(text: str) -> dict:
    """Read Markdown into pandoc's tree."""
    return json.loads(_json(text))


@lru_cache(maxsize=16)  # the PDF and the Word file of a text follow each other
def _json(text: str) -> str:
    # A pipe table with a line longer than `columns` gets fixed widths: never.
    return pandoc(text, f"--from={READER}", "--to=json", "--sandbox", "--columns=100000")


def pandoc(text: str, *options: str) -> str:
    """Run pandoc once: the package that brings it would ask it for all its formats before each conversion."""
    import pypandoc

    command = [pypandoc.get_pandoc_path(), *options]
    return subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=True).stdout


def _convert(text: str, assets: Path, prefix: str) -> str:
    """Turn Markdown into an HTML fragment, by way of pandoc's tree, where images, links and tables are put right."""
    tree = json.dumps(_walk(parsed(text), assets), ensure_ascii=False)
    return pandoc(tree, "--from=json", "--to=html5", *PLAIN, f"--id-prefix={prefix}").strip()


def _walk(node, assets):
    """Copy the tree, with images inlined, outside links opened up, tables in boxes, few attributes."""
    if isinstance(node, list):
        if is_attributes(node):
            return [node[0], node[1], [pair for pair in node[2] if pair[0] in ATTRIBUTES]]
        return [_walk(child, assets) for child in node]
    if not isinstance(node, dict):
        return node
    node = {key: _walk(child, assets) for key, child in node.items()}
    match node.get("t"):
        case "AlignLeft":  # the side where the language starts
            return {"t": "AlignDefault"}
        case "Image":
            attributes, words, (address, hint) = node["c"]
            return {"t": "Image", "c": [attributes, words, [_inlined(address, attributes, words, assets), hint]]}
        case "Link" if any(urlsplit(node["c"][2][0])[:2]):
            return opened(node)
        case "Table":
            # The caption stays in view while a wide table scrolls; the box can be scrolled with the keyboard.
            caption = text_of(node["c"][1][1])
            for block in node["c"][1][1]:
                block["c"] = [{"t": "Span", "c": [["", ["caption"], []], block["c"]]}]
            named = [["role", "region"], ["aria-label", caption]] if caption else []
            return {"t": "Div", "c": [["", ["table"], [["tabindex", "0"], *named]], [node]]}
    return node


def is_attributes(node: list) -> bool:
    """Tell whether a list is the identifier, classes and further attributes of something."""
    return len(node) == 3 and isinstance(node[0], str) and all(isinstance(part, list) for part in node[1:])


def opened(link: dict) -> dict:
    """Turn a link to an outside address into words followed by the address."""
    _, words, (address, _) = link["c"]
    shown = [{"t": "Span", "c": [["", ["address"], [["dir", "ltr"]]], [{"t": "Str", "c": address}]]}]
    if text_of(words) not in address:
        shown = [*words, {"t": "Str", "c": " ("}, *shown, {"t": "Str", "c": ")"}]
    return {"t": "Span", "c": [["", [], []], shown]}


def picture(address: str, attributes: list, words: list, assets: Path) -> tuple[Path, str]:
    """Find the file of an image, and its alt text; refuse one without.

    Raises
    ------
    ValueError
        If there is no alt text, no file, or the kind is unknown (names the image).
    """
    alt = dict(attributes[2]).get("alt", text_of(words))
    if not alt.strip():
        raise ValueError(f"The image {address} has no alt text: write it between the square brackets.")
    path = assets / unquote(address)
    if not path.is_file():
        raise ValueError(f"The image {address} is not there: it is looked for from {assets}.")
    if path.suffix.lower() not in IMAGES:
        raise ValueError(f"The image {address} is not one of {', '.join(IMAGES)}.")
    return path, alt


def _inlined(address: str, attributes: list, words: list, assets: Path) -> str:
    """Turn an image into a data address."""
    path, _ = picture(address, attributes, words, assets)
    return f"data:{IMAGES[path.suffix.lower()]};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def text_of(node: object) -> str:
    """Take the words out of a part of the tree."""
    if isinstance(node, list):
        return "".join(text_of(child) for child in node)
    if not isinstance(node, dict):
        return ""
    kind, content = node.get("t"), node.get("c", [])
    if kind in ("Str", "Code"):
        return content if kind == "Str" else content[1]
    return " " if kind in ("Space", "SoftBreak", "LineBreak") else text_of(content)
