"""The folder that relative paths start from."""

from pathlib import Path


def repository() -> Path:
    """The folder that relative paths of notebooks start from: that of the repository, else where we are."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "notebooks").is_dir() else Path.cwd()
