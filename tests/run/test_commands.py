"""What the command line says of itself, and where it writes if nobody says where."""

import re
import shlex
import shutil
import stat
import threading
import time
from pathlib import Path

import psutil
import pytest

from coops.__main__ import _parser
from coops.run import several
from coops.run.books import default_root
from coops.run.workspace import repository
from coops.study.findings import FindingError
from coops.study.load import load
from tests import made
from tests.real.adapter import command, process
from tests.run.test_run import FIELD

COMMANDS = re.findall(r"\{([a-z,-]+)\}", _parser().format_usage())[0].split(",")


def test_version(capsys):
    """``coops --version`` says the version and ends with 0."""
    with pytest.raises(SystemExit) as ended:
        _parser().parse_args(["--version"])
    assert ended.value.code == 0
    assert re.fullmatch(r"coops \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_there_are_commands():
    """The parametrised test below runs on something."""
    assert len(COMMANDS) >= 12


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_has_an_example_that_can_be_typed(name, capsys):
    """The last line of a command's help is a call of that command, and the command takes it."""
    with pytest.raises(SystemExit):
        _parser().parse_args([name, "--help"])
    example = re.sub(r"\s+", " ", capsys.readouterr().out.split("example: ")[1]).strip()
    words = shlex.split(example)
    assert words[:2] == ["coops", name]
    assert _parser().parse_args(words[1:]).command == name


def test_where_a_run_goes(tmp_path, monkeypatch):
    """Made and public data: below build/ by the id, a folder for runs and one for pages. Field data: beside the study."""
    study = load(made.study(tmp_path / "folder"))
    assert default_root(study) == repository() / "build" / "made"
    assert default_root(study, "pages") == repository() / "build" / "made_pages"
    field = load(made.study(tmp_path / "private", made.TOML.replace('"DEMONSTRATION"', '"FIELD"') + FIELD))
    assert default_root(field) == tmp_path / "private_run"
    assert default_root(field, "pages") == tmp_path / "private_pages"
    monkeypatch.chdir(tmp_path / "private")
    assert default_root(load(Path())) == tmp_path / "private_run"


def test_a_field_study_without_out_stays_private(tmp_path):
    """Its run makes a folder that only its owner may open; in a git work tree none is made and nothing is run."""
    study = made.study(tmp_path / "private", made.TOML.replace('"DEMONSTRATION"', '"FIELD"') + FIELD)
    (tmp_path / ".git").mkdir()
    done = command("run", study)
    assert (done.returncode, done.stderr.split()[0]) == (1, "E_FIELD_IN_GIT")
    assert not (tmp_path / "private_run").exists()
    (tmp_path / ".git").rmdir()
    done = command("run", study)
    assert "The report of a FIELD study is refused" in done.stderr, done.stderr
    assert (tmp_path / "private_run" / "notebooks" / "11_findings.ipynb").is_file()
    assert stat.S_IMODE((tmp_path / "private_run").stat().st_mode) == 0o700


def test_a_default_folder_of_somebody_else_is_refused(tmp_path):
    """What stands where a run would go by default, and no run has written, stays."""
    study = made.study(tmp_path / "private", made.TOML.replace('"DEMONSTRATION"', '"FIELD"') + FIELD)
    (tmp_path / "private_run" / "figures").mkdir(parents=True)
    done = command("run", study)
    assert (done.returncode, done.stderr.split()[0]) == (1, "E_OUT_FOLDER")


def test_several_studies_open_no_port(tmp_path):
    """Two studies at once: neither the command, nor its processes, nor the warm ones hold an internet socket.

    A kernel holds the one that ipykernel cannot do without: it listens on 127.0.0.1 and nobody is connected to it.
    """
    studies = [
        made.study(tmp_path / name, made.TOML.replace('id = "made"', f'id = "{name}"')) for name in ("first", "second")
    ]
    ours: dict[int, set] = {}
    kernels: dict[int, set] = {}
    over = threading.Event()
    watch = threading.Thread(target=look, args=(ours, kernels, over))
    watch.start()
    try:
        done = process("run", *studies, "--out", tmp_path / "out")
    finally:
        over.set()
        watch.join()
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(line.split("] ")[1] for line in done.stdout.splitlines()) == ["first: done", "second: done"]
    assert len(ours) >= 4 and len(kernels) >= 4
    assert set().union(*ours.values()) == set()
    for sockets in kernels.values():
        assert len(sockets) <= 1
        assert {(socket.laddr.ip, socket.status, socket.raddr) for socket in sockets} <= {("127.0.0.1", "LISTEN", ())}


def look(ours: dict[int, set], kernels: dict[int, set], over: threading.Event) -> None:
    """Watch the processes below this one, and the internet sockets that they hold; kernels are children of warm ones."""
    while not over.is_set():
        for below in psutil.Process().children(recursive=True):
            try:
                words, above = " ".join(below.cmdline()), " ".join(below.parent().cmdline())
                if not any(word in words for word in ("coops", "multiprocessing")):
                    continue
                seen = kernels if "serve()" in words and "serve()" in above else ours
                seen.setdefault(below.pid, set()).update(below.net_connections(kind="inet"))
            except (psutil.Error, AttributeError):  # it has ended meanwhile
                continue
        time.sleep(0.2)


def test_a_cluster_that_is_not_there(tmp_path, monkeypatch):
    """--scheduler without an answer, and without Dask, is each a finding with its repair."""
    import sys

    folder = made.study(tmp_path / "first")
    other = shutil.copytree(folder, tmp_path / "second")
    text = (other / "study.toml").read_text(encoding="utf-8")
    (other / "study.toml").write_text(text.replace('id = "made"', 'id = "other"'), encoding="utf-8")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(FindingError) as caught:
        several.sweep([folder, other], tmp_path / "out", "tcp://127.0.0.1:1")
    assert [finding.code for finding in caught.value.findings] == ["E_NO_DASK"]
    monkeypatch.undo()
    monkeypatch.setattr("distributed.Client", refuse)
    with pytest.raises(FindingError) as caught:
        several.sweep([folder, other], tmp_path / "out", "tcp://127.0.0.1:1")
    assert [finding.code for finding in caught.value.findings] == ["E_SCHEDULER"]


def refuse(address, timeout):
    """Do what Dask's client does where nobody answers, without waiting."""
    raise OSError(address, timeout)


def test_a_cluster_runs_each_study(tmp_path):
    """A scheduler that is named gets one task a study; a study that fails does not stop the other."""
    from distributed import LocalCluster

    good = made.study(tmp_path / "good")
    bad = shutil.copytree(good, tmp_path / "bad")
    text = (bad / "study.toml").read_text(encoding="utf-8").replace('id = "made"', 'id = "bad"')
    (bad / "study.toml").write_text(text.replace('files = ["pupils.csv"]', 'files = ["none.csv"]'), encoding="utf-8")
    lines = []
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:
        code = several.sweep([good, bad], tmp_path / "out", cluster.scheduler_address, tell=lines.append)
    assert code == 1
    assert sorted(line.split("] ")[1].split(" ")[0] for line in lines) == ["bad:", "made:"]
    assert any("E_NO_FILE" in line for line in lines) and any(line.endswith("made: done") for line in lines)
    assert (tmp_path / "out" / "made" / "report" / "made.html").is_file()
