"""A copy of the repository in which a test may change things."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def copy(folder: Path) -> Path:
    """Copy what a run needs."""
    for part in ("src", "notebooks", "data", "figures"):
        shutil.copytree(
            ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", ".ipynb_checkpoints")
        )
    shutil.copyfile(ROOT / "conftest.py", folder / "conftest.py")
    return folder


def environment(folder: Path) -> dict[str, str]:
    """The environment in which the copy's package is the one that is imported."""
    return os.environ | {"PYTHONPATH": str(folder / "src")}


def python(folder: Path, *words) -> subprocess.CompletedProcess:
    """Run Python in the copy."""
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(folder),
    )
