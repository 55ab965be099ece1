"""The folder that relative paths start from."""

import re
from pathlib import Path

NUMBERED = re.compile(r"\d\d_\w+")  # what a notebook that a run executes is called


def repository() -> Path:
    """The folder that relative paths of notebooks start from: that of the repository, else where we are."""
    root = Path(__file__).resolve().parents[3]
    return root if (root / "notebooks").is_dir() else Path.cwd()
