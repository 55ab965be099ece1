"""The notebooks that a run of a study executes, their parameters, and the folder that it writes into."""

import ast
from pathlib import Path
from typing import Any

import nbformat

from coops.run.dependencies import OWN, PAGE
from coops.run.workspace import repository
from coops.study.findings import fail
from coops.study.study import Study


def notebooks(study: Study | None = None) -> list[Path]:
    """Notebooks that a run executes: those of the repository, and those of the study's own ``notebooks/``.

    They come in number order, but for the one that writes the page: it is the last, so that all may be on the page.

    Raises
    ------
    FindingError
        ``E_NOTEBOOK_NUMBER`` if two have the same number.
    """
    folders = [repository() / OWN, *([study.folder / OWN] if study else [])]
    paths = [path for folder in folders for path in folder.glob("[0-9][0-9]_*.ipynb")]
    by_number: dict[str, list[Path]] = {}
    for path in paths:
        by_number.setdefault(path.name[:2], []).append(path)
    for number, several in by_number.items():
        if len(several) > 1:
            raise fail("E_NOTEBOOK_NUMBER", number=number, names=", ".join(sorted(path.name for path in several)))
    return sorted(paths, key=lambda path: (path.name[:2] == PAGE, path.name))


def default_parameters(notebook: Path) -> dict[str, Any]:
    """Return the parameters of a notebook with their defaults."""
    for cell in nbformat.read(notebook, 4).cells:
        if "parameters" in cell.metadata.get("tags", []):
            lines = [line for line in ast.parse(cell.source).body if isinstance(line, ast.AnnAssign)]
            return {ast.unparse(line.target): ast.literal_eval(line.value) for line in lines if line.value}
    return {"folder": "", "root": ""}


def default_root(study: Study, purpose: str = "run") -> Path:
    """Folder that a command writes into if none is named.

    Of a FIELD study, whose data never enter git, a folder beside the study's own; of others, one below ``build/`` of
    the repository, or of the folder we are in where there is none.

    Parameters
    ----------
    purpose : {"run", "pages"}
        What is written: a run and pages of units never share a folder.
    """
    if study.contract.study.label == "FIELD":
        folder = study.folder.resolve()
        return folder.parent / f"{folder.name}_{purpose}"
    return repository() / "build" / (study.id if purpose == "run" else f"{study.id}_{purpose}")
