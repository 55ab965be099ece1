"""The stored notebooks: in the house style, in order, with outputs; small; a change of a sentence is a change of a sentence."""

import difflib
import re
from pathlib import Path

import nbformat
import pytest

from coops.run.books import default_parameters
from coops.run.stored import clean_file, order_faults

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def cells(path: Path, kind: str) -> list:
    """Cells of a kind."""
    return [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == kind]


def test_there_are_notebooks():
    """The parametrised tests below run on something."""
    assert len(NOTEBOOKS) >= 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_order_and_outputs(path):
    """Run from top to bottom, with outputs, without errors: else nbval would compare nothing."""
    assert order_faults(path) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_house_style(path):
    """One title, question, reads and writes; typed and commented parameters; short cells; its own name; a limit."""
    assert re.fullmatch(r"\d\d_[a-z_]+", path.stem)
    prose = "\n".join(cell.source for cell in cells(path, "markdown"))
    assert len(re.findall(r"(?m)^# ", prose)) == 1
    for part in ("**Question.**", "**Reads**", "**Writes**"):
        assert part in prose
    code = cells(path, "code")
    assert code[0].metadata["tags"] == ["parameters"]
    assert all(re.fullmatch(r'\w+: \w+ = ("[^"]*"|True|False)  # .+', line) for line in code[0].source.splitlines())
    assert max(len(cell.source.splitlines()) for cell in code) <= 15
    assert f'notebook="{path.stem}"' in "".join(cell.source for cell in code)
    assert "import" in code[1].source and not any("import " in cell.source for cell in code[2:])
    assert path.stat().st_size < 400_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_default_is_the_shipped_study(path):
    """All notebooks have the same parameters, relative to the repository."""
    shared = {name: value for name, value in default_parameters(path).items() if name in ("folder", "root")}
    assert shared == default_parameters(NOTEBOOKS[0])
    assert all(value.startswith(("build/", "data/")) for value in shared.values())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_outputs_are_stable_text(path):
    """No path, no object address, no timing in an output; only text, frames and pictures."""
    for cell in cells(path, "code"):
        for output in cell.outputs:
            assert set(output.data) <= {"text/markdown", "text/plain", "image/png", "text/html"}
            assert "text/html" not in output.data or 'class="dataframe"' in output.data["text/html"]  # rounded frames
            text = output.data.get("text/markdown", "") + output.data["text/plain"]
            assert not re.search(r"0x[0-9a-f]{6,}|/home/|/root/|/tmp/|[A-Z]:\\", text)


def test_a_changed_sentence_is_a_diff_of_that_sentence(tmp_path):
    """A colleague opens a notebook, changes a sentence, runs all and saves: after cleaning one line differs.

    What JupyterLab adds on saving is put in by hand here (the real JupyterLab is opened in test_jupyterlab.py).
    """
    path = tmp_path / "07_impact.ipynb"
    before = (ROOT / "notebooks" / path.name).read_text(encoding="utf-8")
    notebook = nbformat.reads(before, 4)
    notebook.metadata["language_info"] = {"name": "python", "version": "3.12.1", "pygments_lexer": "ipython3"}
    notebook.metadata["widgets"] = {}
    for place, cell in enumerate(notebook.cells):
        cell.metadata |= {
            "trusted": True,
            "editable": True,
            "execution": {"iopub.status.busy": f"2026-01-01T00:00:{place:02d}Z"},
        }
        if cell.cell_type == "markdown" and cell.source.startswith("## Limits"):
            cell.source = cell.source.replace("An interval that covers zero", "An interval which covers zero")
    nbformat.write(notebook, path)
    clean_file(path)
    changed = [
        line
        for line in difflib.ndiff(before.splitlines(), path.read_text(encoding="utf-8").splitlines())
        if line[0] in "+-"
    ]
    assert [line[0] for line in changed] == ["-", "+"]
    assert all("covers zero" in line for line in changed)


def test_readme_lists_every_module_and_notebook():
    """What the layout of the README names is there, and nothing is left out."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in NOTEBOOKS:
        assert f"`{path.stem}`" in readme
    packages = {path.parent.name for path in (ROOT / "src" / "coops").rglob("*.py")} - {"coops"}
    for name in packages:
        assert f"`{name}/`" in readme


def test_readme_says_what_the_build_made():
    """The finding and the table of exhibits are those of the committed results; running the build again changes nothing."""
    from coops.run.stored import exhibits, finding
    from coops.study.load import load

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    study = load(ROOT / default_parameters(NOTEBOOKS[0])["folder"])
    assert finding(ROOT, study) in readme
    assert exhibits(ROOT) in readme
