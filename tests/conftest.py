"""What several files of tests share."""

import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from tests.checkout import ROOT
from tests.real.adapter import command

WHOLE_RUNS = ("tests", "real", "run", "report")  # folders whose tests run studies from file to page


def pytest_collection_modifyitems(items):
    """Put whole runs first: small tests then fill what is left of each process."""
    items.sort(key=lambda item: item.path.parent.name not in WHOLE_RUNS)


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory, worker_id) -> tuple[Path, Path, str]:
    """The demonstration as shipped, run once for all processes: its folder, the run, what was said. Copy it to change it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "demonstration"
    study, said = folder / "study", folder / "said.txt"
    with FileLock(folder.with_suffix(".lock")):
        if not said.exists():
            shutil.copytree(ROOT / "data" / "demo", study)
            done = command("run", study, "--out", folder / "run")
            assert done.returncode == 0, done.stdout + done.stderr
            said.write_text(done.stdout, encoding="utf-8")
    return study, folder / "run", said.read_text(encoding="utf-8")
