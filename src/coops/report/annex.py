"""The technical annex: the executed notebooks of a run as pages that load nothing, for who reads and runs nothing."""

import re
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from coops.report.page import PLAIN, direction, pandoc
from coops.show.language import Words
from coops.study.study import Study

if TYPE_CHECKING:
    from nbconvert import HTMLExporter
    from nbformat import NotebookNode

FOLDER = "annex"  # in the folder of the report
DROPPED = ("error", "stream")  # kinds of output that are of this machine or of a fault
BETWEEN = "next-cell-of-a-notebook"  # parts what is converted at once
LOOK = """
.cell { margin-block: .8rem; } .prompt, .anchor-link { display: none; }
.highlight, .output_text pre { overflow-x: auto; padding: .5rem .8rem; border-radius: .25rem; font-size: .8rem; }
.highlight { background: var(--pale); } .highlight pre, .output_text pre { margin: 0; }
.hl-python .k, .hl-python .kn, .hl-python .ow { color: #17517e; } .hl-python :is(.s1, .s2, .sd) { color: #5c2e00; }
.hl-python .c1 { color: var(--soft); } img { max-width: 100%; height: auto; }
.highlight pre { white-space: pre-wrap; } table[border] { border: 0; }
.output_html, .output_markdown { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; }
th, td { padding: .15rem .6rem; border-block-end: 1px solid var(--line); text-align: start; }
td { font-variant-numeric: tabular-nums; } nav { display: flex; gap: 1.5rem; margin-block-end: 1rem; }
"""


def write_annex(study: Study, root: Path, notebooks: list[Path]) -> Path | None:
    """Write ``report/annex/`` of a run: a page a notebook, and ``index.html``; return that, or nothing.

    Nothing is written of a FIELD study: a frame that a cell shows is not looked through by any rule, so that only its
    owner may read the notebooks, where they are.

    Parameters
    ----------
    notebooks : list of Path
        Executed notebooks, in the order of the pages.
    """
    if study.contract.study.label == "FIELD":
        return None
    import nbformat

    books = {path.stem: _without_places(nbformat.read(path, 4), study, root) for path in notebooks}
    titles = {name: _title(book, name) for name, book in books.items()}
    export, names = _exporter(books), list(books)
    pages = {}
    for place, (name, book) in enumerate(books.items()):
        around = [names[place - 1] if place else "", "index", *names[place + 1 : place + 2]]
        turns = [f'<a href="{other}.html">{escape(titles.get(other, "↑"))}</a>' for other in around if other]
        body = _linked(export.from_notebook_node(book)[0], books)
        pages[name] = f"<nav>{' '.join(turns)}</nav>\n{body}"
    items = "".join(f'<li><a href="{name}.html">{escape(title)}</a></li>\n' for name, title in titles.items())
    words = [Words(study, language) for language in study.contract.study.languages]
    heads = [
        f'<h1 lang="{w.language}" dir="{direction(w.language)}">{escape(w.label("annex.title"))}</h1>' for w in words
    ]
    pages["index"] = "".join(heads) + f"\n<ol>\n{items}</ol>"
    folder = root / "report" / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in pages.items():
        text = _page(titles.get(name, words[0].label("annex.title")), body, words)
        (folder / f"{name}.html").write_text(text, encoding="utf-8", newline="\n")
    return folder / "index.html"


def _without_places(book: "NotebookNode", study: Study, root: Path) -> "NotebookNode":
    """A notebook without the folders of this machine, and without what was printed or failed."""
    from coops.study.languages import PACKAGE

    places = {
        str(root): root.name,
        str(study.folder): study.folder.name,
        str(PACKAGE.parents[1]): "",
        str(Path.home()): "~",
    }

    def plain(text: str) -> str:
        for place, name in places.items():
            text = text.replace(f"{place}/" if not name else place, name) if len(place) > 1 else text
        return text

    book.cells = [cell for cell in book.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    for cell in book.cells:
        cell.source = plain(cell.source)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.output_type not in DROPPED]
            for output in cell.outputs:
                for kind in [kind for kind in output.data if kind.startswith("text/")]:
                    output.data[kind] = plain(output.data[kind])
    return book


def _title(book: "NotebookNode", name: str) -> str:
    heads = (line for cell in book.cells for line in cell.source.splitlines() if cell.cell_type == "markdown")
    return f"{name[:2]} {next((line[2:].strip() for line in heads if line.startswith('# ')), name)}"


def _exporter(books: dict) -> "HTMLExporter":
    """What writes a notebook as part of a page; formulas become MathML, which needs no program of others."""
    from nbconvert import HTMLExporter

    texts = [cell.source for book in books.values() for cell in book.cells if cell.cell_type == "markdown"]
    outputs = [out for book in books.values() for cell in book.cells for out in cell.get("outputs", [])]
    texts += [out.data["text/markdown"] for out in outputs if "text/markdown" in out.data]
    texts = list(dict.fromkeys(texts))
    # All at once: a call of pandoc takes longer than what it does.
    joined = f"\n\n{BETWEEN}\n\n".join(texts)
    html = pandoc(joined, "--from=gfm+tex_math_dollars-raw_html", "--to=html5", "--mathml", *PLAIN)
    known = dict(zip(texts, html.split(f"<p>{BETWEEN}</p>"), strict=True))
    return HTMLExporter(template_name="basic", filters={"markdown2html": known.get, "clean_html": lambda text: text})


def _linked(body: str, books: dict) -> str:
    """Links to notebooks lead to their pages, also where a text only names one; a link to elsewhere is its words."""
    body = re.sub(r'href="(?:[\w./]*/)?(\d\d_\w+)\.ipynb', r'href="\1.html', body)
    body = re.sub(r'<a href="(?:https?|file):[^"]*"[^>]*>(.*?)</a>', r"\1", body)
    return re.sub(
        r"<code>(\d\d_\w+)</code>",
        lambda hit: f'<a href="{hit[1]}.html">{hit[0]}</a>' if hit[1] in books else hit[0],
        body,
    )


def _page(title: str, body: str, words: list[Words]) -> str:
    label = f"label.{words[0].study.contract.study.label}"
    labels = [
        f'<p class="label" role="note" lang="{w.language}" dir="{direction(w.language)}">{escape(w.label(label))}</p>\n'
        for w in words
    ]
    here = Path(__file__)
    return Template(here.with_name("page.html").read_text(encoding="utf-8")).substitute(
        lang="en",
        dir="ltr",
        title=escape(title),
        style=here.with_name("page.css").read_text(encoding="utf-8") + LOOK,
        switch="",
        articles=f"<article>\n{''.join(labels)}{body}\n</article>\n",
    )
