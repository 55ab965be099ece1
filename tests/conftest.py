"""What several files of tests share."""

import shutil
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.real.adapter import command


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory) -> tuple[Path, Path, str]:
    """The demonstration as shipped, run once for all: a copy of its folder, the run, what was said. Copy it to change it."""
    folder = tmp_path_factory.mktemp("demo")
    study = shutil.copytree(ROOT / "data" / "demo", folder / "study")
    done = command("run", study, "--out", folder / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    return study, folder / "run", done.stdout
