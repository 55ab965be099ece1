"""What a notebook depends on, by name: its cells, modules, packages, files of the study and of the run, words."""

import ast
import hashlib
import json
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

import nbformat

from coops.study.findings import messages
from coops.study.labels import LABELS, package_labels, study_labels
from coops.study.languages import PACKAGE
from coops.study.study import Study

CHECKED = "check"  # folder in a study that `coops check` writes into; no notebook reads it
TEXT = "text"  # folder in a study with the texts of the page
OWN = "notebooks"  # folder of the repository, and of a study with its own
PAGE, INTAKE = "11", "02"  # numbers of the notebooks that write the page, and the clean tables
OWNED = {INTAKE: ("data/clean", "private"), PAGE: ("report",)}  # folders that one notebook alone writes
SHARED = ("data/results", "figures", "notebooks")  # files in them begin with the number of their notebook
ANNEX = "report/annex"  # made of all executed notebooks, when all are done
WORDS = ("labels", "messages")  # tables of the package that are told apart by their keys


class Dependencies:
    """What the notebooks of a run depend on, as it is on the disk when it is asked for.

    Parameters
    ----------
    study : Study
    root : Path
        The folder of the run.
    books : list of Path
        The notebooks of the run, in their order.
    """

    def __init__(self, study: Study, root: Path, books: list[Path]):
        self.study, self.root = study, root
        self.order = {book.name[:2]: place for place, book in enumerate(books)}
        self._package = {path: digest(path) for path in sorted(PACKAGE.rglob("*")) if _counts(path)}
        self._installed = installed()

    def inputs(self, book: Path, consulted: Iterable[tuple[str, str]], partial: bool) -> dict[str, str]:
        """Return what a notebook depends on: name → hash.

        Parameters
        ----------
        consulted : iterable of (kind, name)
            What it was seen to consult when it ran last.
        """
        cells = [cell for cell in nbformat.read(book, 4).cells if cell.cell_type == "code"]
        sources = [_plain(cell.source) for cell in cells if cell.source.strip()]
        inputs = {f"cell In [{number}]": _hash(source) for number, source in enumerate(sources, start=1)}
        asks = any("partial" in cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))
        inputs |= {"the choice to go on without rows": str(partial)} if asks else {}
        inputs |= {f"package {name}": version for name, version in self._installed.items()}
        used = modules(tuple(sources))
        inputs |= {f"module {path.relative_to(PACKAGE).as_posix()}": self._package.get(path, "") for path in used}
        # Read before a notebook begins, or by the compiler of the page: not seen while it runs.
        unseen = ("study/", "report/") if book.name[:2] == PAGE else ("study/",)
        for path, value in self._package.items():
            if (name := path.relative_to(PACKAGE).as_posix()).startswith(unseen) and path.suffix != ".py":
                inputs[f"file {name} of the package"] = value
        return inputs | self._of_study(book) | self._consulted(book.name[:2], consulted)

    def text(self, book: Path) -> str:
        """Hash of all that is no code in a notebook."""
        cells = nbformat.read(book, 4).cells
        return _hash(json.dumps([cell.source if cell.cell_type != "code" else "" for cell in cells]))

    def outputs(self, book: Path) -> dict[str, str]:
        """Return the files of the run that a notebook owns: path → hash."""
        number = book.name[:2]
        folders = [self.root / name for name in (*OWNED.get(number, ()), *SHARED)]
        paths = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
        names = [path.relative_to(self.root).as_posix() for path in paths]
        return {name: digest(self.root / name) for name in names if self.owner(name) == number}

    def owner(self, name: str) -> str:
        """Number of the notebook that writes a file of the run; nothing if none does."""
        if name.startswith(f"{ANNEX}/"):
            return ""
        for number, folders in OWNED.items():
            if any(name == folder or name.startswith(f"{folder}/") for folder in folders):
                return number
        return Path(name).name[:2] if name.startswith(SHARED) else ""

    def _of_study(self, book: Path) -> dict[str, str]:
        """Names of the files of the study, so that a new one counts; and all that stands in the texts of its page."""
        folder = self.study.folder
        apart = {*(folder / name for name in (CHECKED, TEXT, OWN)), self.root}
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        names = [path.relative_to(folder).as_posix() for path in files if not apart & {*path.parents}]
        inputs = {"the list of the files of the study": _hash(json.dumps(names))}
        if book.name[:2] == PAGE:
            texts = [path for path in files if folder / TEXT in path.parents]
            inputs |= {f"{path.relative_to(folder).as_posix()} of the study": digest(path) for path in texts}
        return inputs

    def portable(self, noted: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Say what was noted without the places of this machine: ``file of the study`` and a path in it, and so on."""
        bases = {"package": PACKAGE, "run": self.root.resolve(), "study": self.study.folder.resolve()}
        consulted = []
        for kind, name in noted:
            place = next((place for place, base in bases.items() if Path(name).is_relative_to(base)), "")
            if kind == "word":
                consulted.append((kind, name))
            elif place:
                consulted.append((f"{kind} of the {place}", Path(name).relative_to(bases[place]).as_posix()))
        return consulted

    def _consulted(self, number: str, consulted: Iterable[tuple[str, str]]) -> dict[str, str]:
        inputs: dict[str, str] = {}
        own = study_labels(self.study.folder)
        for kind, name in consulted:
            if kind == "word":
                words = own if name == "*" else [source.get(name) for source in (own, *_words())]
                inputs[f"the words {name}"] = _hash(json.dumps(words))
            elif kind == "file of the package" and not name.endswith(".py"):
                if PACKAGE / name in self._package:
                    inputs[f"file {name} of the package"] = self._package[PACKAGE / name]
            elif kind.endswith("of the run"):
                inputs |= self._of_run(number, kind.split()[0], name)
            elif kind == "file of the study" and name.split("/")[0] not in (CHECKED, TEXT, OWN) and name not in LABELS:
                inputs[f"{name} of the study"] = digest(self.study.folder / name)
        return inputs

    def _of_run(self, number: str, kind: str, name: str) -> dict[str, str]:
        """A file that another notebook has written, or the names of the files of earlier ones in a folder."""
        place = self.order[number]
        if kind == "file":
            return {f"{name} of this run": digest(self.root / name)} if self._earlier(name, place) else {}
        inner = sorted(path.name for path in (self.root / name).glob("*") if path.is_file())
        names = [inside for inside in inner if self._earlier(f"{name}/{inside}", place)]
        return {f"the list of files in {name} of this run": _hash(json.dumps(names))}

    def _earlier(self, name: str, place: int) -> bool:
        return self.order.get(self.owner(name), place) < place


def _plain(source: str) -> str:
    """Python of a cell, its magics as calls."""
    if not any(line.lstrip().startswith(("%", "!")) for line in source.splitlines()):
        return source
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(source)


def _counts(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and not path.stem.startswith(WORDS)


@cache
def _words() -> tuple[dict[str, dict[str, str]], ...]:
    return package_labels(), messages()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def digest(path: Path) -> str:
    """Hash of the bytes of a file; empty if it is not there."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except FileNotFoundError:
        return ""


@cache
def modules(sources: tuple[str, ...]) -> tuple[Path, ...]:
    """Files of the package that code imports, directly or through others, at the top or in a function."""
    files: set[Path] = set()
    todo = [PACKAGE / "__init__.py", *(path for source in sources for path in _imported(source))]
    while todo:
        if (path := todo.pop()) not in files:
            files.add(path)
            todo += _imports(path)
            todo += [parent / "__init__.py" for parent in path.parents if parent.is_relative_to(PACKAGE)]
    return tuple(sorted(path for path in files if path.is_file()))


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    source = path.read_text(encoding="utf-8") if path.is_file() else ""
    inside = path.parent.glob("*.py") if "pkgutil" in source else ()  # it imports every module of its folder
    return (*_imported(source), *inside)


def _imported(source: str) -> list[Path]:
    """Files that the import statements of a source name; not those for the type checker alone."""
    names: list[str] = []
    try:
        tree = ast.parse(source)
    except SyntaxError:  # its cell fails when it is run
        return []
    for node in _at_run_time(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    paths = [PACKAGE.parent.joinpath(*name.split(".")) for name in names if name.split(".")[0] == PACKAGE.name]
    return [file for path in paths for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()]


def _at_run_time(node: ast.AST) -> Iterable[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")):
            yield child
            yield from _at_run_time(child)


def installed() -> dict[str, str]:
    """Versions of Python and of the packages that a run needs, by name."""
    from packaging.requirements import Requirement

    versions = {"python": ".".join(map(str, sys.version_info[:3]))}
    try:
        todo = [distribution(PACKAGE.name)]
    except PackageNotFoundError:  # run from its sources: all that is installed
        return versions | {_name(other): other.version for other in distributions() if other.metadata["Name"]}
    while todo:
        for line in todo.pop().requires or ():
            requirement = Requirement(line)
            if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
                continue
            try:
                needed = distribution(requirement.name)
            except PackageNotFoundError:
                continue
            if _name(needed) not in versions:
                versions[_name(needed)] = needed.version
                todo.append(needed)
    return versions


def _name(package: Distribution) -> str:
    return str(package.metadata["Name"]).lower().replace("_", "-")
