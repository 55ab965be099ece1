"""Imports go down the layers only; between questions along the order of the notebooks; nowhere in a circle."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "coops"
QUESTIONS = tuple(
    "context field_data diagnosis field_studies participants delivery impact robustness plan partnership".split()
)
LAYERS = ("study", "files", "data", "disclosure", "show", "estimation", *QUESTIONS, "report", "collect", "demo", "run")
ORDER = (*LAYERS, "__main__")
READS_FILES = ("study", "files", "context", "field_data", "show", "report", "collect", "demo", "run", "__main__")
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def module_of(path: Path) -> str:
    """Dotted name of a file, without ``coops``."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path) for path in FILES}


def imports(path: Path) -> set[str]:
    """Modules of the package that a file imports, at its top or within a function."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "coops":
            base = node.module.removeprefix("coops").removeprefix(".")
            for alias in node.names:
                inner = f"{base}.{alias.name}".removeprefix(".")
                names.add(inner if inner in MODULES else base)
        elif isinstance(node, ast.Import):
            names |= {name.name.removeprefix("coops.") for name in node.names if name.name.startswith("coops.")}
    return names - {"", module_of(path)}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_direction(path):
    """A file imports from its own folder or from those before it."""
    mine = module_of(path).split(".")[0]
    for other in imports(path):
        assert ORDER.index(other.split(".")[0]) <= ORDER.index(mine), f"{module_of(path)} imports {other}"


def test_no_circle():
    """Files can be put in an order in which each imports earlier ones only."""
    assert len(tuple(TopologicalSorter({module_of(path): imports(path) for path in FILES}).static_order())) > 80


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_computing_is_pure(path):
    """Where nothing is received or shown no file is opened, and only modules of figures draw."""
    if module_of(path).split(".")[0] not in READS_FILES:
        text = path.read_text(encoding="utf-8")
        for word in (" open(", "read_csv", "to_csv(", "read_text", "write_text"):
            assert word not in text, f"{path.name}: {word}"
        assert path.stem == "figures" or "matplotlib" not in text


def test_every_file_has_its_place():
    """The parametrised tests run on something, and every folder stands in the order."""
    assert {module_of(path).split(".")[0] for path in FILES} <= set(ORDER)
