"""Imports go one way: intake ← analysis ← exhibits ← run ← report; analysis reads no file and draws nothing."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "coops"
ORDER = "intake analysis exhibits gate run report pages starting stored warm kernels runner demo __main__".split()
LATE = {("run", "report"), ("runner", "stored")}  # inside the function that needs it


def imports(path: Path) -> list[tuple[str, bool]]:
    """Modules of the package that a file imports, and whether it does so at its top."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("coops"):
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "coops" else [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("coops.")]
        found += [(name.split(".")[1], node in tree.body) for name in names]
    return found


def part_of(path: Path) -> str:
    """Folder, or module at the top."""
    inside = path.relative_to(PACKAGE).parts
    return inside[0] if len(inside) > 1 else path.stem


FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if part_of(path) != "__init__"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_direction(path):
    """A module imports what stands before it; the few exceptions are inside functions and named here."""
    mine = part_of(path)
    for other, at_top in imports(path):
        if ORDER.index(other) > ORDER.index(mine):
            assert (mine, other) in LATE and not at_top, f"{mine} imports {other}"


def test_analysis_is_pure():
    """No file is opened and nothing drawn in analysis/; exhibits/ estimates nothing."""
    for path in (PACKAGE / "analysis").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for word in ("open(", "read_csv", "to_csv", "read_text", "write_text", "matplotlib", "pathlib"):
            assert word not in text, f"{path.name}: {word}"
    for path in (PACKAGE / "exhibits").glob("*.py"):
        assert "inference" not in path.read_text(encoding="utf-8")


def test_every_file_is_looked_at():
    """The parametrised test runs on something, and every module has its place in the order."""
    assert len(FILES) > 20
    assert {part_of(path) for path in FILES} <= set(ORDER)
