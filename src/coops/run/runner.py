"""Run a study: its notebooks in number order, a fresh kernel each."""

import hashlib
import json
import os
import shutil
import time
from pathlib import Path

from coops.files.safe_files import examine
from coops.run.workspace import repository
from coops.show.exhibits import forget
from coops.study.data_protection import MARK, WRITTEN, claim_root, open_for
from coops.study.findings import FindingError, fail
from coops.study.load import load
from coops.study.study import Study

CHECKED = "check"  # folder in a study that `coops check` writes into; no notebook reads it
TEXT = "text"  # folder in a study with the texts of the page
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class StudyFailed(Exception):
    """A notebook stopped; ``code`` is the exit code: 1 for findings, 4 for a bug."""

    def __init__(self, message: str, code: int):
        super().__init__(message)
        self.code = code


def notebooks() -> list[Path]:
    """The notebooks of the repository that a run executes, in number order."""
    return sorted((repository() / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def run_study(folder: Path, root: Path, start: int | None = None, partial: bool = False, tell=print) -> Path:
    """Run all notebooks of a study, or those from a number on.

    Parameters
    ----------
    folder, root : Path
        The study folder, and the folder that the run writes into.
    start : int, optional
        First notebook to execute; what stands before it must be fresh.
    partial : bool
        Go on without the rows that intake puts aside.
    tell : callable
        Told one line a notebook.

    Returns
    -------
    Path of ``report/``

    Raises
    ------
    FindingError
        About the study folder, before any notebook starts.
    StudyFailed
        If a notebook stops: three lines that name study, notebook, cell and cause.
    """
    folder, root = folder.resolve(), root.resolve()
    study = load(folder)
    _refuse(study, folder, root)
    todo = notebooks()
    if start is not None:
        todo = _from(study, root, start)
    else:
        for name in WRITTEN:
            shutil.rmtree(root / name, ignore_errors=True)
    done = _read_mark(root)["notebooks"] if start is not None else {}
    done = {name: value for name, value in done.items() if name not in {path.stem for path in todo}}
    root.mkdir(parents=True, exist_ok=True)
    _write_mark(root, study, done)
    for place, source in enumerate(todo, start=1):
        began = time.perf_counter()
        tell(f"[{place}/{len(todo)}] {study.id}: {source.stem}", end="", flush=True)
        try:
            _execute(study, source, folder, root, partial)
        finally:
            tell(f"  {time.perf_counter() - began:.1f} s")
        done[source.stem] = fingerprint(study, source)
        _write_mark(root, study, done)
    return root / "report"


def _refuse(study: Study, folder: Path, root: Path) -> None:
    """Stop before anything is deleted that no run has written, or personal data could be committed."""
    open_for(study, folder, root)
    for path in sorted((folder / "raw").glob("**/*")):
        if path.is_file():
            examine(path)
    if any((root / name) == folder or (root / name) in folder.parents for name in WRITTEN) or folder == root:
        raise fail("E_OVERLAP", folder=root.name)
    if root.exists():
        claim_root(study, root)


def _from(study: Study, root: Path, start: int) -> list[Path]:
    """The notebooks from a number on, if all before it are fresh."""
    if not (root / MARK).is_file():
        raise fail("E_FROM_WITHOUT_RUN", folder=root.name)
    numbers = {int(path.stem[:2]): path for path in notebooks()}
    if start not in numbers:
        raise fail("E_NO_NOTEBOOK", number=start, known=", ".join(str(number) for number in numbers))
    done = _read_mark(root)["notebooks"]
    for number, path in numbers.items():
        if number < start and done.get(path.stem) != fingerprint(study, path):
            what = (
                "the study, the package or the notebook itself" if path.stem in done else "nothing: it did not finish"
            )
            raise fail("E_STALE", notebook=path.stem, what=what, number=f"{number:02d}")
    return [path for number, path in numbers.items() if number >= start]


def fingerprint(study: Study, notebook: Path) -> str:
    """Hash of all that a notebook's outputs depend on: study folder, package, the code of the notebook.

    But for the texts of the page: the last notebook alone reads them, and nothing comes after it.
    """
    import nbformat

    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    files = [path for base in (study.folder, package) for path in sorted(base.rglob("*")) if path.is_file()]
    for path in files:
        if "__pycache__" not in path.parts and not {study.folder / CHECKED, study.folder / TEXT} & {*path.parents}:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    for cell in nbformat.read(notebook, 4).cells:
        digest.update(cell.cell_type.encode() + cell.source.encode())
    return digest.hexdigest()


def _read_mark(root: Path) -> dict:
    return json.loads((root / MARK).read_text(encoding="utf-8")) if (root / MARK).is_file() else {"notebooks": {}}


def _write_mark(root: Path, study: Study, done: dict[str, str]) -> None:
    text = json.dumps({"study": study.id, "notebooks": done}, indent=1)
    (root / MARK).write_text(text + "\n", encoding="utf-8")


def _execute(study: Study, source: Path, folder: Path, root: Path, partial: bool) -> None:
    from coops.run.kernels import warm

    os.environ.update(ONE_THREAD)
    warm()  # before the other imports: both take a second

    import papermill

    from coops.run.stored import clean_file

    target = root / "notebooks" / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    parameters = {"folder": str(folder), "root": str(root)}
    if (repository() / root).resolve() == repository() / default_parameters(source)["root"]:
        if folder == repository() / default_parameters(source)["folder"]:
            parameters = {}  # the defaults: the executed notebook is the stored one
    if partial and "partial" in default_parameters(source):
        parameters["partial"] = True
    try:
        papermill.execute_notebook(
            source, target, parameters, cwd=source.parent, progress_bar=False, extra_arguments=["--log-level=CRITICAL"]
        )
    except papermill.PapermillExecutionError as error:
        _forget(root, source.stem)
        raise StudyFailed(
            _three_lines(study, source, error, target), 1 if error.ename == "FindingError" else 4
        ) from None
    clean_file(target)


def default_parameters(notebook: Path) -> dict:
    """Return the parameters of a notebook with their defaults."""
    import ast

    import nbformat

    for cell in nbformat.read(notebook, 4).cells:
        if "parameters" in cell.metadata.get("tags", []):
            lines = ast.parse(cell.source).body
            return {line.target.id: ast.literal_eval(line.value) for line in lines if isinstance(line, ast.AnnAssign)}
    return {"folder": "", "root": ""}


def _forget(root: Path, notebook: str) -> None:
    """Remove what a notebook that stopped has written: nothing stale that looks valid."""
    forget(root, notebook)
    number = int(notebook[:2])
    if number >= 11:
        shutil.rmtree(root / "report", ignore_errors=True)


def _three_lines(study: Study, source: Path, error, target: Path) -> str:
    cause = [line for line in str(error.evalue).strip().splitlines() if line] or ["no message"]
    more = f" (and {len(cause) - 1} more like it on that page)" if len(cause) > 1 else ""
    kind = "" if error.ename == "FindingError" else f"A bug, not a finding: {error.ename} in {_place(error)}: "
    return (
        f"{study.id}: {source.stem} stopped at In [{error.exec_count}]\n"
        f"  {kind}{cause[0]}{more}\n"
        f"  The page at that moment: {target.parent.name}/{target.name}"
    )


def _place(error) -> str:
    """File and line of the innermost frame of the package, from a traceback that papermill kept as text."""
    import re

    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
    hits = re.findall(r"(coops[/\\][\w/\\]+\.py):(\d+)", text)
    return ":".join(hits[-1]).replace("\\", "/") if hits else "the notebook itself"


def sweep(folders: list[Path], root: Path, scheduler: str = "", partial: bool = False, tell=print) -> int:
    """Run several studies, each into a folder of its own below ``root``; return the highest exit code.

    One task is one study, on own workers or on a cluster whose scheduler is named (dask.distributed).
    """
    from dask.distributed import Client, as_completed

    names = [load(folder).id for folder in folders]
    for name in {name for name in names if names.count(name) > 1}:
        raise fail("E_RUN_TWICE", name=name)
    os.environ.update(ONE_THREAD)
    worst = 0
    try:
        client = (
            Client(scheduler, timeout=20)
            if scheduler
            else Client(threads_per_worker=1, silence_logs=50, dashboard_address=None)
        )
    except (OSError, TimeoutError):
        raise fail("E_SCHEDULER", address=scheduler) from None
    with client:
        futures = {
            client.submit(_one, folder, root / name, partial, pure=False): name
            for folder, name in zip(folders, names, strict=True)
        }
        for place, future in enumerate(as_completed(futures), start=1):
            code, message = future.result()
            tell(f"[{place}/{len(futures)}] {futures[future]}: {message}")
            worst = max(worst, code)
    return worst


def _one(folder: Path, root: Path, partial: bool) -> tuple[int, str]:
    try:
        run_study(folder, root, partial=partial, tell=lambda *text, **how: None)
    except StudyFailed as error:
        return error.code, str(error)
    except FindingError as error:
        return 1, str(error)
    return 0, "done"
