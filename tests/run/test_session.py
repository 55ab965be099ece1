"""A study opened by a notebook: four parts, its own name, and no notebook of field data in a git work tree."""

import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import coops
from coops.data.clean_tables import CleanTables
from coops.field_data import intake
from coops.report.quote import Quote
from coops.run import lab, session
from coops.run.runner import StudyFailed, run_study
from coops.show.exhibits import Exhibits
from coops.show.results import COLUMNS, Results
from coops.study.findings import FindingError
from coops.study.languages import LANGUAGES
from coops.study.load import load
from coops.study.study import Study
from tests import made
from tests.run.test_run import FIELD

FIELD_TOML = made.TOML.replace('"DEMONSTRATION"', '"FIELD"') + FIELD


def codes(caught) -> list[str]:
    """Codes of the findings that were raised."""
    return [finding.code for finding in caught.value.findings]


def in_kernel(monkeypatch, folder: Path, notebook: Path | None = None) -> None:
    """Let this process pass for a kernel in a folder, which Jupyter tells its notebook or not."""
    places = [folder, *([notebook] if notebook else [])]
    monkeypatch.setattr(session, "kernel_places", lambda: places)


def test_four_parts(tmp_path):
    """What the folder says; tables and units; numbers recorded and read back; exhibits."""
    folder, root = made.study(tmp_path / "study"), tmp_path / "run"
    first = coops.open_study(str(folder), str(root), notebook="02_field_data")
    with pytest.raises(FindingError) as caught:
        assert first.data.units
    assert codes(caught) == ["E_NOT_RUN"]
    intake.accept(first.data, intake.take_in(first.data))
    opened = coops.open_study(str(folder), str(root), notebook="12_mine")
    assert opened.study.id == "made" and len(opened.data.units.population()) == 16
    assert opened.data.summary().set_index("table")["rows"].to_dict() == {"pupils": 32} and opened.data.left_out.empty
    row = {"key": "score.after.flow.count", "outcome": "score", "wave": "after", "quantity": "count", "estimate": 16}
    opened.results.record(pd.DataFrame([row]))
    assert opened.results["score.after.flow.count"].estimate == 16
    with pytest.raises(FindingError) as caught:
        opened.results.record(pd.DataFrame([row]))
    assert codes(caught) == ["E_KEY_RECORDED_TWICE"]
    written = pd.read_csv(root / "data" / "results" / "12_mine.csv")
    assert list(written) == COLUMNS and written["notebook"].to_list() == ["12_mine"]
    again = coops.open_study(str(folder), str(root), notebook="12_mine")  # what it wrote is gone, the clean tables stay
    assert again.results.records == {} and len(again.data.units.population()) == 16


def test_no_part_is_a_drawer():
    """The opened study, each of its parts and a quoted result have 20 public names at most, inherited ones counted."""
    for part in (session.OpenedStudy, Study, CleanTables, Results, Exhibits, Quote):
        assert len([name for name in dir(part) if not name.startswith("_")]) <= 20, part


def test_a_field_study_is_not_opened_in_git(tmp_path, monkeypatch):
    """The folder of the kernel, or its notebook, lies in a work tree: refused in three languages, nothing written."""
    folder = made.study(tmp_path / "study", FIELD_TOML)
    tree = tmp_path / "tree"
    (tree / ".git").mkdir(parents=True)
    (tree / "notebooks").mkdir()
    for places in ((tree / "notebooks",), (tmp_path, tree / "notebooks" / "07_impact.ipynb")):
        in_kernel(monkeypatch, *places)
        with pytest.raises(FindingError) as caught:
            coops.open_study(str(folder), str(tmp_path / "run"), notebook="07_impact")
        assert codes(caught) == ["E_FIELD_KERNEL"] and not (tmp_path / "run").exists()
        texts = {re.sub("[\u2066-\u2069]", "", caught.value.findings[0].text(language)) for language in LANGUAGES}
        assert len(texts) == 3 and all("coops lab study" in text for text in texts)
    in_kernel(monkeypatch, tmp_path, tmp_path / "07_impact.ipynb")
    assert coops.open_study(str(folder), str(tmp_path / "run"), notebook="07_impact").study.id == "made"
    in_kernel(monkeypatch, tree / "notebooks")
    shutil.rmtree(tmp_path / "study")
    made.study(tmp_path / "study")  # made data may
    coops.open_study(str(folder), str(tmp_path / "other"), notebook="07_impact")


def run_in_kernel(folder: Path, source: str) -> str:
    """Run a cell in an ordinary kernel that starts in a folder, as Jupyter starts it; return the name of its error."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    client = NotebookClient(book, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    try:
        client.execute()
    except CellExecutionError as error:
        return f"{error.ename}: {error.evalue}"
    return ""


def test_a_real_kernel_in_git_is_refused_field_data(tmp_path):
    """A kernel that starts in a work tree is refused, wherever it goes then; one on the copies of ``coops lab`` is not."""
    study, root = made.study(tmp_path / "study", FIELD_TOML), tmp_path / "run"
    tree = tmp_path / "tree"
    tree.mkdir()
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    opens = f'import coops, os\nos.chdir("/")\ncoops.open_study({str(study)!r}, {str(root)!r}, notebook="12_mine")'
    refused = run_in_kernel(tree, opens)
    assert refused.startswith("FindingError: E_FIELD_KERNEL") and not root.exists()
    of_editor = f"__vsc_ipynb_file__ = {str(tree / '12_mine.ipynb')!r}\n{opens}"
    assert run_in_kernel(tmp_path, of_editor).startswith("FindingError: E_FIELD_KERNEL") and not root.exists()
    lab.copy_notebooks(load(study), root)
    assert run_in_kernel(root / "lab", opens) == ""


def test_a_notebook_opens_under_its_own_name(tmp_path, monkeypatch):
    """A copy that keeps the old name would remove what the other wrote; a name that is none is no matter."""
    folder = made.study(tmp_path / "study")
    in_kernel(monkeypatch, tmp_path, tmp_path / "12_mine.ipynb")
    with pytest.raises(FindingError) as caught:
        coops.open_study(str(folder), str(tmp_path / "run"), notebook="07_impact")
    assert codes(caught) == ["E_NOTEBOOK_NAME"]
    for name in ("12_mine", "07_impact-Copy1"):
        in_kernel(monkeypatch, tmp_path, tmp_path / f"{name}.ipynb")
        coops.open_study(str(folder), str(tmp_path / "run"), notebook=name[:2] + "_mine")


def test_outside_a_kernel_there_is_no_place():
    """A script or a test is no notebook."""
    assert session.kernel_places() == []


PARAMETERS = 'folder: str = "data/demo"  # the study folder\nroot: str = "build/demo"  # where this run writes\n'
OPEN = 'import coops\nfrom coops.run import session\nstudy = coops.open_study(folder, root, notebook="{name}")\n'
WRITE = (
    'from pathlib import Path\n(Path(root) / "seen.txt").write_text("\\n".join(map(str, session.kernel_places())))\n'
)


def own_notebook(folder: Path, name: str, source: str, opens: str = "") -> None:
    """Put a notebook of its own into a study folder."""
    cell = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    code = nbformat.v4.new_code_cell(OPEN.format(name=opens or name) + source)
    (folder / "notebooks").mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell, code]), folder / "notebooks" / f"{name}.ipynb")


TABLE = """
import pandas as pd
from coops.show.table import Column, Table
units = study.data.units.population()
table = Table(pd.DataFrame({"code": [len(units)]}), (Column("code", "count"),), published=True)
study.exhibits.table(table, text="tab_mine", published=True)
"""


@pytest.fixture(scope="module")
def with_own(tmp_path_factory):
    """The made study with two notebooks of its own, one shown on its page, run once."""
    folder = tmp_path_factory.mktemp("own")
    study = made.study(folder / "study")
    (study / "labels.csv").write_text(made.LABELS + "tab_mine,Counted by myself,,\n", encoding="utf-8")
    (study / "text").mkdir()
    (study / "text" / "en.md").write_text('## Mine\n\n{{ show("tab_mine") }}\n', encoding="utf-8")
    own_notebook(study, "12_mine", TABLE)
    own_notebook(study, "09_places", WRITE)
    lines = []
    run_study(study, folder / "run", tell=lambda *text, **how: lines.append(text[0]))
    return study, folder / "run", [line.split(": ")[1] for line in lines if line.startswith("[")]


def test_own_notebooks_are_run(with_own):
    """In number order with ours, and all before the page, which shows what they made under its number."""
    _, root, order = with_own
    assert order[-4:] == ["08_robustness", "09_places", "12_mine", "11_findings"]
    page = (root / "report" / "made.en.md").read_text(encoding="utf-8")
    assert "Table 12.1. Counted by myself" in page
    assert [cell.strip() for cell in re.findall(r"(?m)^\|(.*)\|$", page)] == ["code", "-------:", "16"]
    assert (root / "notebooks" / "12_mine.ipynb").is_file() and (root / "figures" / "12_mine.table.csv").is_file()


def test_the_runner_tells_a_kernel_its_notebook(with_own):
    """It works where its outputs go: in the folder of the run, not in the repository."""
    _, root, _ = with_own
    places = (root / "seen.txt").read_text().splitlines()
    assert places == [str(root / "notebooks"), str(root / "notebooks" / "09_places.ipynb")]


def test_going_on_from_an_own_notebook(with_own):
    """From 12: it and the page. A changed one is stale for what comes after it, and makes no other so."""
    study, root, _ = with_own
    assert made.executed(study, root, start=12) == ["12_mine", "11_findings"]
    own_notebook(study, "12_mine", TABLE + "# changed\n")
    with pytest.raises(FindingError) as caught:
        run_study(study, root, start=11)
    assert codes(caught) == ["E_STALE"] and "12_mine" in str(caught.value)
    run_study(study, root, start=12, tell=lambda *text, **how: None)


def test_two_notebooks_of_one_number(tmp_path):
    """Their exhibits would bear the same numbers: refused, with both names, before anything runs."""
    study = made.study(tmp_path / "study")
    own_notebook(study, "07_mine", "")
    with pytest.raises(FindingError) as caught:
        run_study(study, tmp_path / "run")
    assert codes(caught) == ["E_NOTEBOOK_NUMBER"] and "07_impact.ipynb, 07_mine.ipynb" in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_copied_notebook_is_told_its_name(tmp_path):
    """A copy of 00 that still opens its study as 00 stops in the run."""
    study = made.study(tmp_path / "study")
    own_notebook(study, "09_first", "", opens="00_template")
    with pytest.raises(StudyFailed, match="E_NOTEBOOK_NAME"):
        made.executed(study, tmp_path / "run")
