"""Imports go down the layers only; between questions along the order of the notebooks; nowhere in a circle."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

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


def test_direction():
    """A file imports from its own folder or from those before it."""
    folder = {module: ORDER.index(module.split(".")[0]) for module in map(module_of, FILES)}
    assert not [
        f"{module_of(path)} imports {other}"
        for path in FILES
        for other in imports(path)
        if ORDER.index(other.split(".")[0]) > folder[module_of(path)]
    ]


def test_no_circle():
    """Files can be put in an order in which each imports earlier ones only."""
    assert len(tuple(TopologicalSorter({module_of(path): imports(path) for path in FILES}).static_order())) > 80


def test_computing_is_pure():
    """Where nothing is received or shown no file is opened, and only modules of figures draw."""
    faults = []
    for path in FILES:
        module = module_of(path)
        if module.split(".")[0] in READS_FILES or module == "data.clean_tables":  # where the tables of a run lie
            continue
        text = path.read_text(encoding="utf-8")
        words = (" open(", "read_csv", "to_csv(", "read_text", "write_text")
        faults += [f"{module}: {word}" for word in words if word in text]
        faults += [f"{module} draws"] if path.stem != "figures" and "matplotlib" in text else []
    assert not faults


def test_every_file_has_its_place():
    """Every folder stands in the order."""
    assert len(FILES) > 80 and {module_of(path).split(".")[0] for path in FILES} <= set(ORDER)
