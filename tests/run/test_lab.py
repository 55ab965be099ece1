"""JupyterLab on copies of the notebooks inside the folder of a run, tried without a browser."""

import os
import stat
import subprocess
import sys
from datetime import date

import nbformat
import pytest

from coops.__main__ import main
from coops.run import lab
from coops.run.books import default_parameters, notebooks
from coops.study.data_protection import purge
from coops.study.findings import FindingError
from coops.study.load import load
from tests import made
from tests.run.test_run import FIELD


def field_study(folder):
    """The made study as one of field data."""
    return load(made.study(folder, made.TOML.replace('"DEMONSTRATION"', '"FIELD"') + FIELD))


def mode(path) -> int:
    """The rights of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


def test_copies_open_the_study(tmp_path):
    """Every notebook, its parameters naming study and run; what is shipped stays as it is; own ones are copied too."""
    study = load(made.study(tmp_path / 'a "study"'))
    own = study.folder / "notebooks" / "12_mine.ipynb"
    own.parent.mkdir()
    own.write_bytes(notebooks()[0].read_bytes())
    before = {path: path.read_bytes() for path in notebooks()}
    assert lab.copy_notebooks(study, tmp_path / "run") == []
    copies = sorted((tmp_path / "run" / "lab").glob("*.ipynb"))
    assert [path.name for path in copies] == sorted(path.name for path in notebooks(study)) and own.name in [
        path.name for path in copies
    ]
    for path in copies:
        named = default_parameters(path)
        assert (named["folder"], named["root"]) == (str(study.folder), str(tmp_path / "run"))
    assert {path: path.read_bytes() for path in notebooks()} == before


@pytest.mark.skipif(os.name != "posix", reason="rights of files are those of POSIX")
def test_of_field_data_only_the_owner_may_open_them(tmp_path):
    """0700 and 0600, whatever the umask; those of made data are as all files are."""
    before = os.umask(0o022)
    try:
        lab.copy_notebooks(field_study(tmp_path / "field"), tmp_path / "run")
        lab.copy_notebooks(load(made.study(tmp_path / "study")), tmp_path / "other")
    finally:
        os.umask(before)
    assert mode(tmp_path / "run") == mode(tmp_path / "run" / "lab") == 0o700
    assert {mode(path) for path in (tmp_path / "run" / "lab").iterdir()} == {0o600}
    assert {mode(path) for path in (tmp_path / "other" / "lab").iterdir()} == {0o644}


def test_work_is_not_overwritten(tmp_path):
    """A copy that was saved since is left and named; the others follow a newer source."""
    study, root = load(made.study(tmp_path / "study")), tmp_path / "run"
    lab.copy_notebooks(study, root)
    worked, stale = root / "lab" / "07_impact.ipynb", root / "lab" / "03_diagnosis.ipynb"
    book = nbformat.read(worked, 4)
    book.cells.append(nbformat.v4.new_code_cell("1 + 1"))
    nbformat.write(book, worked)
    fresh = stale.read_bytes()
    record = root / "lab" / lab.COPIES
    old = fresh.decode().replace("#", "##", 1)
    stale.write_text(old, encoding="utf-8")
    record.write_text(record.read_text().replace(lab._hash(fresh.decode()), lab._hash(old)))
    assert lab.copy_notebooks(study, root) == ["07_impact.ipynb"]
    assert nbformat.read(worked, 4).cells[-1].source == "1 + 1" and stale.read_bytes() == fresh


def test_field_data_in_git_are_refused(tmp_path):
    """Neither the study nor the run may lie in a work tree; nothing is written then."""
    study = field_study(tmp_path / "field")
    (tmp_path / "tree" / ".git").mkdir(parents=True)
    with pytest.raises(FindingError) as caught:
        lab.copy_notebooks(study, tmp_path / "tree" / "run")
    assert [finding.code for finding in caught.value.findings] == ["E_FIELD_IN_GIT"]
    assert not (tmp_path / "tree" / "run").exists()


def test_purge_takes_the_copies(tmp_path):
    """What somebody worked on has seen the data: it goes with them when the retention date has passed."""
    study, root = field_study(tmp_path / "field"), tmp_path / "run"
    lab.copy_notebooks(study, root)
    removed, left = purge(study, [root], today=date(2031, 1, 1))
    assert root / "lab" in removed and not left and not (root / "lab").exists()


def test_what_is_started(tmp_path, monkeypatch):
    """JupyterLab of this Python, in the folder of the copies, private for field data, asking nobody for news."""
    calls = []

    def run(words, **how):
        calls.append((words, how))
        return subprocess.CompletedProcess(words, 0)

    monkeypatch.setattr(subprocess, "run", run)
    study = field_study(tmp_path / "field")
    assert main(["lab", str(study.folder), "--no-browser"]) == 0
    assert main(["lab", str(study.folder), "--out", str(tmp_path / "elsewhere")]) == 0
    (words, how), (others, _) = calls
    folder = tmp_path / "field_run" / "lab"
    assert words[:4] == [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    assert words[-1] == "--no-browser" and "--no-browser" not in others
    assert how["cwd"] == folder and how["env"]["OPENBLAS_NUM_THREADS"] == "1"
    assert os.name != "posix" or how["umask"] == 0o077
    assert (tmp_path / "elsewhere" / "lab" / "00_template.ipynb").is_file()


def test_options_are_known():
    """JupyterLab knows what it is started with: its help says so."""
    pytest.importorskip("jupyterlab")
    about = subprocess.run([sys.executable, "-m", "jupyterlab", "--help-all"], capture_output=True, text=True).stdout
    for name in ("--ServerApp.root_dir", "--LabApp.news_url", "--LabApp.check_for_updates_class", "--no-browser"):
        assert name in about
