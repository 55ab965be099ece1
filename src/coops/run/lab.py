"""JupyterLab on copies of the notebooks inside the folder of a run: a notebook that has seen data stays there."""

import hashlib
import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat

from coops.run.books import notebooks
from coops.run.runner import ONE_THREAD
from coops.study.data_protection import LAB, claim_root, open_for
from coops.study.findings import fail
from coops.study.study import Study

COPIES = ".copies.json"  # hash of each copy as it was made
QUIET = ("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")


def copy_notebooks(study: Study, root: Path) -> list[str]:
    """Copy the notebooks of a study, ours and its own, into ``lab/`` of a run; their parameters name study and run.

    A copy that somebody has worked on since is left alone. Of a FIELD study only the owner may open folder and files.

    Returns
    -------
    list of str
        Names of the copies that were left alone.

    Raises
    ------
    FindingError
        If the run may not be written there, see :func:`coops.study.data_protection.open_for` and ``claim_root``.
    """
    open_for(study, study.folder, root)
    field = study.contract.study.label == "FIELD"
    root.mkdir(parents=True, exist_ok=True, mode=0o700 if field else 0o777)
    claim_root(study, root)
    folder = root / LAB
    folder.mkdir(exist_ok=True)
    if field:
        folder.chmod(0o700)
    record, left = folder / COPIES, []
    hashes = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    for source in notebooks(study):
        copy = folder / source.name
        if copy.exists() and _hash(copy.read_text(encoding="utf-8")) != hashes.get(copy.name):
            left.append(copy.name)
            continue
        text = _parametrised(source, study.folder, root)
        _write(copy, text, field)
        hashes[copy.name] = _hash(text)
    _write(record, json.dumps(hashes, indent=1) + "\n", field)
    return left


def _parametrised(source: Path, folder: Path, root: Path) -> str:
    """The notebook whose parameters name a study and a run."""
    book = nbformat.read(source, 4)
    for cell in book.cells:
        if "parameters" in cell.metadata.get("tags", []):
            for name, path in (("folder", folder), ("root", root)):
                value = json.dumps(str(path.resolve()), ensure_ascii=False)
                line = re.compile(rf'^({name}(?:: str)? = )"[^"]*"', re.MULTILINE)
                cell.source = line.sub(r"\g<1>" + value.replace("\\", r"\\"), cell.source)
    return nbformat.writes(book) + "\n"


def _write(path: Path, text: str, field: bool) -> None:
    """Write a file; of a FIELD study nobody else may open it, not even before it is written."""
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with open(os.open(path, flags, 0o600 if field else 0o666), "w", encoding="utf-8") as file:
        file.write(text)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def command(folder: Path, browser: bool) -> list[str]:
    """What starts JupyterLab in a folder.

    Raises
    ------
    FindingError
        ``E_NO_LAB`` if JupyterLab is not installed.
    """
    if find_spec("jupyterlab") is None:
        raise fail("E_NO_LAB")
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}", *QUIET]
    return words + ([] if browser else ["--no-browser"])


def start(study: Study, root: Path, browser: bool = True) -> int:
    """Start JupyterLab on the copies and wait until it ends; return its exit code."""
    field = study.contract.study.label == "FIELD" and os.name == "posix"
    folder = root / LAB
    environment = os.environ | ONE_THREAD
    return subprocess.run(
        command(folder, browser), cwd=folder, env=environment, check=False, umask=0o077 if field else -1
    ).returncode
