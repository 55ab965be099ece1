"""The technical annex and the workbook: self-contained, of no machine, of no field data."""

import re

import nbformat
import openpyxl
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from coops.report.annex import write_annex
from coops.report.annex_workbook import write_workbook
from coops.show.language import Words
from coops.study.load import load
from tests import made
from tests.run.test_run import FIELD

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="


@pytest.fixture
def run(tmp_path):
    """A made study and two executed notebooks of it."""
    study, root = load(made.study(tmp_path / "study")), tmp_path / "run"
    (root / "notebooks").mkdir(parents=True)
    injected = new_code_cell(f'folder = "{study.folder}"', metadata={"tags": ["injected-parameters"]})
    picture = {"image/png": PIXEL, "text/plain": "<Image>"}
    outputs = [
        new_output("display_data", picture, metadata={"image/png": {"alt": "One <dot>"}}),
        new_output("execute_result", {"text/plain": f"{root}/data", "text/html": "<table><tr><td>7</td></tr></table>"}),
        new_output("stream", name="stderr", text=f"{root}: warning"),
        new_output("error", ename="KeyError", evalue="x", traceback=["Traceback"]),
    ]
    text = f"# First\n\nSee [the other](08_second.ipynb#a) and `08_second`; $\\beta_1$; [out](https://example.org)\n\n{root}"
    books = {
        "07_first": [new_markdown_cell(text), injected, new_code_cell("x < 1", outputs=outputs, execution_count=1)],
        "08_second": [new_markdown_cell("# Second")],
    }
    paths = []
    for name, cells in books.items():
        paths.append(root / "notebooks" / f"{name}.ipynb")
        nbformat.write(new_notebook(cells=cells), paths[-1])
    return study, root, paths


def test_a_page_a_notebook(run):
    """Label, figure with its words, frame, code, formula and links; nothing of this machine, and no fault."""
    study, root, paths = run
    index = write_annex(study, root, paths)
    page = (index.parent / "07_first.html").read_text(encoding="utf-8")
    assert "DEMONSTRATION DATA" in page and f"data:image/png;base64,{PIXEL}" in page.replace("\n", "")
    assert re.search(r'alt="One (&lt;|<)dot(&gt;|>)"', page)
    assert "<td>7</td>" in page and "&lt;" in page and "<math" in page
    assert page.count('href="08_second.html') == 3 and "https://example.org" not in page
    for trace in (str(root), str(study.folder), "Traceback", "warning", "injected"):
        assert trace not in page
    assert 'href="07_first.html"' in index.read_text(encoding="utf-8")
    loaded = re.findall(r'(?:src|href)="([^"#]+)', page)
    assert all(address.startswith("data:") or (index.parent / address).is_file() for address in loaded)


def test_no_annex_of_field_data(run, tmp_path):
    """Its notebooks show what no rule has looked through."""
    _, root, paths = run
    field = load(made.study(tmp_path / "field", made.TOML.replace('"DEMONSTRATION"', '"FIELD"') + FIELD))
    assert write_annex(field, root, paths) is None and not (root / "report").exists()


def test_the_workbook_has_the_decimals_of_the_page(run):
    """Numbers as numbers, with their format; what is hidden and what is no number as text; the label on every sheet."""
    study, root, _ = run
    body = "| what   |   n |\n|:---|---:|\n| a\\_b | 1,234.50 |\n| c | −7 |\n| d | 8.5\u00a0% |\n| e | (c) |\n| f | 2014-05 |\n"
    exhibit = {
        "name": "tab_x",
        "kind": "table",
        "number": "7.1",
        "caption": {"en": "X"},
        "note": {"en": "N"},
        "body": {"en": body},
    }
    path = write_workbook([exhibit], Words(study, "en"), root / "x.xlsx", root)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Contents", "Table 7.1"]
    sheet = book["Table 7.1"]
    assert sheet["A1"].value.startswith("DEMONSTRATION DATA") and sheet["A2"].value == "Table 7.1. X"
    cells = [(sheet.cell(row, 2).value, sheet.cell(row, 2).number_format) for row in range(6, 11)]
    assert cells == [(1234.5, "#,##0.00"), (-7, "0"), (0.085, "0.0%"), ("(c)", "@"), ("2014-05", "@")]
    assert sheet["A6"].value == "a_b"
    first = path.read_bytes()
    assert write_workbook([exhibit], Words(study, "en"), path, root).read_bytes() == first
