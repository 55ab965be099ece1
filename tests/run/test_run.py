"""The command that a user types: failures in three lines, bugs told as bugs, nothing stale that looks valid."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coops.field_data import intake
from coops.run import runner
from coops.run.session import open_study
from coops.run.stored import clean, compare, order_faults
from coops.study.findings import FindingError
from coops.study.load import load
from tests import made
from tests.real.adapter import command, process

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The made study, run once."""
    folder = tmp_path_factory.mktemp("made")
    toml = made.TOML.replace("[specifications.main]", "[release]\nmin_persons = 8\n[specifications.main]")
    study = made.study(folder / "study", toml)
    done = process("run", study, "--out", folder / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    return study, folder / "run", done


def test_progress_and_page(small):
    """One line a notebook while it runs, and the page at the end."""
    _, root, done = small
    lines = done.stdout.splitlines()
    books = [line for line in lines if line.startswith("[")]
    assert [line.split("]")[0] for line in books] == [f"[{place}/{len(books)}" for place in range(1, len(books) + 1)]
    assert [line.split(":")[0] for line in lines[len(books) :]] == ["Page", "PDF", "DOCX", "XLSX", "Annex"]
    assert (root / "report" / "made.html").is_file()
    assert "DEMONSTRATION DATA" in (root / "report" / "made.html").read_text(encoding="utf-8")


def test_a_finding_in_a_notebook_is_five_lines(small, tmp_path):
    """Study, notebook and cell; cause; where to look; what stands; how to go on. Exit 1; what it wrote is not there."""
    study = shutil.copytree(small[0], tmp_path / "study")
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(text + 'covariates = [{ variable = "age", wave = "before" }]\n', encoding="utf-8")
    (study / "raw" / "pupils.csv").write_text(
        (study / "raw" / "pupils.csv").read_text().replace("p000,before,s0", "p000,before,"), "utf-8"
    )
    done = command("run", study, "--out", tmp_path / "run")
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("made: 05_participants stopped at In [")
    assert "E_CLUSTER_EMPTY" in lines[1]
    assert lines[2].endswith(f": {tmp_path / 'run' / 'notebooks' / '05_participants.ipynb'}")
    assert lines[3].split(": ")[1].split(", ")[-2:] == ["03_diagnosis", "04_field_studies"]
    assert lines[4].endswith(f": coops run {study} --out {tmp_path / 'run'}")
    assert not list((tmp_path / "run").glob("data/results/07*")) and not list((tmp_path / "run").glob("figures/07_*"))
    assert not (tmp_path / "run" / "report").exists()


def test_an_error_in_the_data_stops_the_intake(small, tmp_path):
    """The first finding stands in the message; the list of all of them is kept for the evaluator."""
    study = shutil.copytree(small[0], tmp_path / "study")
    raw = study / "raw" / "pupils.csv"
    raw.write_text(raw.read_text(encoding="utf-8").replace(",50,", ",500,"), encoding="utf-8")
    done = command("run", study, "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "02_field_data stopped at In [9]" in done.stderr.splitlines()[0]
    assert "E_ROWS_LEFT" in done.stderr.splitlines()[1]
    assert "E_RANGE pupils.csv, row 2, score" in done.stderr.splitlines()[1]
    assert "E_RANGE" in (tmp_path / "run" / "data" / "clean" / "_findings.csv").read_text(encoding="utf-8")
    assert not (tmp_path / "run" / "data" / "clean" / "pupils.csv").exists()


def test_a_faulty_folder_is_told_before_any_notebook_starts(small, tmp_path):
    """Every finding of study.toml on a line of its own, with its line there; exit 1; nothing is written."""
    study = shutil.copytree(small[0], tmp_path / "study")
    text = (
        (study / "study.toml").read_text(encoding="utf-8").replace("cluster", "clutser").replace('"difference"', '"iv"')
    )
    (study / "study.toml").write_text(text, encoding="utf-8")
    done = command("run", study, "--out", tmp_path / "run")
    assert done.returncode == 1
    codes = [line.split()[0] for line in done.stderr.splitlines()]
    assert sorted(codes) == ["E_MISSING_FIELD", "E_OUT_OF_SCOPE", "E_UNKNOWN_FIELD"]
    assert "The nearest known one: cluster" in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_bug_is_not_swallowed(small, tmp_path):
    """A division by zero planted in estimation/ ends the run with exit 4 and its place, not as a finding."""
    for part in ("src", "notebooks"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    effects = tmp_path / "src" / "coops" / "estimation" / "effects.py"
    text = effects.read_text(encoding="utf-8")
    (rows,) = (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == "rows")
    number, lines = rows.body[1].lineno, text.splitlines(keepends=True)  # the line after its docstring
    effects.write_text("".join([*lines[: number - 1], "    1 / 0\n", *lines[number - 1 :]]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "coops", "run", str(small[0]), "--out", str(tmp_path / "run")],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(tmp_path / "src")},
    )  # fmt: skip
    assert done.returncode == 4
    lines = done.stderr.strip().splitlines()
    assert lines[0].startswith("made: 05_participants stopped at In [")
    assert (
        lines[1].strip()
        == f"A bug, not a finding: ZeroDivisionError in coops/estimation/effects.py:{number}: division by zero"
    )


def test_a_run_deletes_only_what_a_run_has_written(small, tmp_path):
    """A folder with files of somebody else is refused, and they stay."""
    (tmp_path / "data" / "results").mkdir(parents=True)
    (tmp_path / "data" / "results" / "mine.csv").write_text("1")
    done = command("run", small[0], "--out", tmp_path)
    assert (done.returncode, done.stderr.split()[0]) == (1, "E_OUT_FOLDER")
    assert (tmp_path / "data" / "results" / "mine.csv").read_text() == "1"
    done = command("run", small[0], "--out", small[0])
    assert (done.returncode, done.stderr.split()[0]) == (1, "E_OVERLAP")


def test_a_notebook_alone_and_a_run_share_a_folder(small, tmp_path):
    """A folder first written by a notebook opened alone can be run into; somebody else's folder cannot be opened."""
    opened = open_study(small[0], tmp_path / "run", "02_field_data")
    intake.accept(opened.data, intake.take_in(opened.data))
    assert (tmp_path / "run" / "data" / "clean" / "pupils.csv").is_file()
    runner._refuse(load(small[0]), small[0], tmp_path / "run")
    (tmp_path / "other" / "figures").mkdir(parents=True)
    with pytest.raises(FindingError) as caught:
        open_study(small[0], tmp_path / "other", "02_field_data")
    assert [finding.code for finding in caught.value.findings] == ["E_OUT_FOLDER"]


def test_a_wrong_call_is_usage(tmp_path):
    """Exit 2 for a folder that is not there and for an unknown command."""
    assert process("run", tmp_path / "none", "--out", tmp_path).returncode == 2
    assert process("walk").returncode == 2


FIELD = (
    '[data_protection]\nreceipt = "D-1"\ncontroller = "an office"\npurpose = "evaluation"\nhosting_country = "Morocco"\n'
    "retention_date = 2030-01-01\n"
)


def test_field_data(small, tmp_path):
    """The notebooks run privately, the report is refused with its sentence; inside a git work tree nothing runs."""
    study = shutil.copytree(small[0], tmp_path / "study")
    text = (study / "study.toml").read_text(encoding="utf-8").replace('"DEMONSTRATION"', '"FIELD"')
    (study / "study.toml").write_text(text, encoding="utf-8")
    assert command("run", study, "--out", tmp_path / "run").stderr.split()[0] == "E_FIELD_NEEDS"
    (study / "study.toml").write_text(text + FIELD, encoding="utf-8")
    done = command("run", study, "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "The report of a FIELD study is refused" in done.stderr and "No technical annex is made" in done.stderr
    assert (tmp_path / "run" / "notebooks" / "11_findings.ipynb").is_file()
    assert not list((tmp_path / "run").glob("report/*"))
    (tmp_path / ".git").mkdir()
    assert command("run", study, "--out", tmp_path / "run").stderr.split()[0] == "E_FIELD_IN_GIT"


def test_going_on_from_a_notebook(small, tmp_path):
    """Earlier outputs fresh: goes on. A received value changed since: refused, with the notebook that is stale."""
    study, root, _ = small
    before = (root / "data" / "results" / "05_participants.csv").read_bytes()
    assert made.executed(study, root, start=11) == ["11_findings"]
    assert (root / "data" / "results" / "05_participants.csv").read_bytes() == before
    raw = study / "raw" / "pupils.csv"
    received = raw.read_text(encoding="utf-8")
    raw.write_text(received.replace(",50,", ",51,", 1), encoding="utf-8")
    with pytest.raises(FindingError) as caught:
        runner.run_study(study, root, start=11)
    raw.write_text(received, encoding="utf-8")
    assert [finding.code for finding in caught.value.findings] == ["E_STALE"]
    for start, code in ((9, "E_NO_NOTEBOOK"), (11, "E_FROM_WITHOUT_RUN")):
        with pytest.raises(FindingError) as caught:
            runner.run_study(study, root if start == 9 else tmp_path / "other", start=start)
        assert [finding.code for finding in caught.value.findings] == [code]


def test_one_bad_study_of_two(small, tmp_path):
    """The good one is finished, the bad one named; the exit code is that of the bad one."""
    bad = shutil.copytree(small[0], tmp_path / "bad")
    text = (
        (bad / "study.toml")
        .read_text(encoding="utf-8")
        .replace('id = "made"', 'id = "bad"')
        .replace('files = ["pupils.csv"]', 'files = ["none.csv"]')
    )
    (bad / "study.toml").write_text(text, encoding="utf-8")
    done = process("run", small[0], bad, "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "made: done" in done.stdout and "E_NO_FILE" in done.stdout
    assert (tmp_path / "run" / "made" / "report" / "made.html").is_file()
    assert process("run", small[0], small[0], "--out", tmp_path / "run").stderr.split()[0] == "E_RUN_TWICE"


def test_stored_notebooks_are_checked(small, tmp_path):
    """Stripped outputs, a changed order and injected parameters are each told; a clean notebook stays as it is."""
    import nbformat

    path = tmp_path / "07_impact.ipynb"
    notebook = nbformat.read(ROOT / "notebooks" / "07_impact.ipynb", 4)
    nbformat.write(clean(notebook), path)
    assert order_faults(path) == []
    stripped = nbformat.read(path, 4)
    for cell in stripped.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(stripped, path)
    assert len(order_faults(path)) == 2
    assert order_faults(small[1] / "notebooks" / "07_impact.ipynb") == [
        "07_impact.ipynb: parameters were injected; store a run with the defaults"
    ]


def test_comparison_sees_a_changed_number(small, tmp_path):
    """A changed digit is named with file and line; a difference in the thirteenth digit is none."""
    same = shutil.copytree(small[1], tmp_path / "copy")
    assert compare(small[1], same) == []
    path = same / "data" / "results" / "07_impact.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    value = lines[1].split(",")[6]
    path.write_text("\n".join(lines).replace(value, str(float(value) * (1 + 1e-13))) + "\n", encoding="utf-8")
    assert compare(small[1], same) == []
    path.write_text("\n".join(lines).replace(value, str(float(value) + 0.001)) + "\n", encoding="utf-8")
    assert [fault.split(":")[0] for fault in compare(small[1], same)] == ["data/results/07_impact.csv line 2"]
    assert json.loads((small[1] / "run.json").read_text())["study"] == "made"


def test_nobody_reads_to_the_end(tmp_path):
    """As with ``| head``: what reads the words has gone. The command says that it stopped, and calls it no bug."""
    study = made.study(tmp_path / "study")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "coops", "lock", study],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (2, "Stopped.\n")
