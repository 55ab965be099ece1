"""Run a study: its notebooks in number order, a fresh kernel each."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coops.files.safe_files import examine
from coops.report import annex
from coops.run.workspace import repository
from coops.show.exhibits import forget
from coops.study.data_protection import MARK, WRITTEN, claim_root, open_for
from coops.study.findings import FindingError, fail
from coops.study.load import load
from coops.study.study import Study

if TYPE_CHECKING:
    from papermill import PapermillExecutionError

CHECKED = "check"  # folder in a study that `coops check` writes into; no notebook reads it
TEXT = "text"  # folder in a study with the texts of the page
OWN = "notebooks"  # folder of the repository, and of a study with its own
PAGE = "11"  # number of the notebook that writes the page
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class StudyFailed(Exception):
    """A notebook stopped; ``code`` is the exit code: 1 for findings, 4 for a bug."""

    def __init__(self, message: str, code: int):
        super().__init__(message)
        self.code = code


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


def run_study(
    folder: Path,
    root: Path | None = None,
    start: int | None = None,
    partial: bool = False,
    tell: Callable[..., object] = print,
) -> Path:
    """Run all notebooks of a study, or those from a number on.

    Parameters
    ----------
    folder : Path
        The study folder.
    root : Path, optional
        The folder that the run writes into; :func:`default_root` if not given. One that a FIELD study's run makes can
        be opened by its owner only.
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
    folder = folder.resolve()
    study = load(folder)
    root = (root or default_root(study)).resolve()
    _refuse(study, folder, root)
    todo = notebooks(study)
    if start is not None:
        todo = _from(study, root, start)
    else:
        for name in WRITTEN:
            shutil.rmtree(root / name, ignore_errors=True)
    done = _read_mark(root)["notebooks"] if start is not None else {}
    done = {name: value for name, value in done.items() if name not in {path.stem for path in todo}}
    root.mkdir(parents=True, exist_ok=True, mode=0o700 if study.contract.study.label == "FIELD" else 0o777)
    shutil.rmtree(root / "report" / annex.FOLDER, ignore_errors=True)
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
    annex.write_annex(study, root, [root / OWN / path.name for path in notebooks(study)])
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
    paths = notebooks(study)
    numbers = [int(path.stem[:2]) for path in paths]
    if start not in numbers:
        raise fail("E_NO_NOTEBOOK", number=start, known=", ".join(map(str, numbers)))
    first = numbers.index(start)
    done = _read_mark(root)["notebooks"]
    for number, path in zip(numbers[:first], paths, strict=False):
        if done.get(path.stem) != fingerprint(study, path):
            what = (
                "the study, the package or the notebook itself" if path.stem in done else "nothing: it did not finish"
            )
            raise fail("E_STALE", notebook=path.stem, what=what, number=f"{number:02d}")
    return paths[first:]


def fingerprint(study: Study, notebook: Path) -> str:
    """Hash of all that a notebook's outputs depend on: study folder, package, the code of the notebook.

    But for the texts of the page: the last notebook alone reads them, and nothing comes after it; and for the study's
    own notebooks, each of which is hashed for itself.
    """
    import nbformat

    digest, apart = hashlib.sha256(), {study.folder / name for name in (CHECKED, TEXT, OWN)}
    package = Path(__file__).parents[1]
    files = [path for base in (study.folder, package) for path in sorted(base.rglob("*")) if path.is_file()]
    for path in files:
        if "__pycache__" not in path.parts and not apart & {*path.parents}:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    for cell in nbformat.read(notebook, 4).cells:
        digest.update(cell.cell_type.encode() + cell.source.encode())
    return digest.hexdigest()


def _read_mark(root: Path) -> dict[str, Any]:
    return json.loads((root / MARK).read_text(encoding="utf-8")) if (root / MARK).is_file() else {"notebooks": {}}


def _write_mark(root: Path, study: Study, done: dict[str, str]) -> None:
    text = json.dumps({"study": study.id, "notebooks": done}, indent=1)
    (root / MARK).write_text(text + "\n", encoding="utf-8")


def _execute(study: Study, source: Path, folder: Path, root: Path, partial: bool) -> None:
    from coops.run import warm

    os.environ.update(ONE_THREAD)
    if warm.possible():
        warm.start()  # before the other imports: both take a second

    import papermill

    from coops.run.kernels import engine
    from coops.run.stored import clean_file

    target = root / "notebooks" / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    parameters: dict[str, str | bool] = {"folder": str(folder), "root": str(root)}
    if (repository() / root).resolve() == repository() / default_parameters(source)["root"]:
        if folder == repository() / default_parameters(source)["folder"]:
            parameters = {}  # the defaults: the executed notebook is the stored one
    if partial and "partial" in default_parameters(source):
        parameters["partial"] = True
    os.environ["JPY_SESSION_NAME"] = str(target)  # as Jupyter tells a kernel which notebook it runs
    try:
        papermill.execute_notebook(
            source,
            target,
            parameters,
            engine_name=engine(),
            kernel_name="python3",  # whatever an own notebook says of its kernel
            language="python",
            cwd=target.parent,  # outside a git work tree for a FIELD study
            progress_bar=False,
            extra_arguments=["--log-level=CRITICAL"],
        )
    except papermill.PapermillExecutionError as error:
        _forget(root, source.stem)
        raise StudyFailed(
            _three_lines(study, source, error, target), 1 if error.ename == "FindingError" else 4
        ) from None
    finally:
        del os.environ["JPY_SESSION_NAME"]
    clean_file(target)


def default_parameters(notebook: Path) -> dict[str, Any]:
    """Return the parameters of a notebook with their defaults."""
    import ast

    import nbformat

    for cell in nbformat.read(notebook, 4).cells:
        if "parameters" in cell.metadata.get("tags", []):
            lines = [line for line in ast.parse(cell.source).body if isinstance(line, ast.AnnAssign)]
            return {ast.unparse(line.target): ast.literal_eval(line.value) for line in lines if line.value}
    return {"folder": "", "root": ""}


def _forget(root: Path, notebook: str) -> None:
    """Remove what a notebook that stopped has written: nothing stale that looks valid."""
    forget(root, notebook)
    if notebook[:2] == PAGE:
        shutil.rmtree(root / "report", ignore_errors=True)


def _three_lines(study: Study, source: Path, error: "PapermillExecutionError", target: Path) -> str:
    cause = [line for line in str(error.evalue).strip().splitlines() if line] or ["no message"]
    more = f" (and {len(cause) - 1} more like it on that page)" if len(cause) > 1 else ""
    kind = "" if error.ename == "FindingError" else f"A bug, not a finding: {error.ename} in {_place(error)}: "
    return (
        f"{study.id}: {source.stem} stopped at In [{error.exec_count}]\n"
        f"  {kind}{cause[0]}{more}\n"
        f"  The page at that moment: {target.parent.name}/{target.name}"
    )


def _place(error: "PapermillExecutionError") -> str:
    """File and line of the innermost frame of the package, from a traceback that papermill kept as text."""
    import re

    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
    hits = re.findall(r"(coops[/\\][\w/\\]+\.py):(\d+)", text)
    return ":".join(hits[-1]).replace("\\", "/") if hits else "the notebook itself"


def sweep(
    folders: list[Path],
    out: Path | None = None,
    scheduler: str = "",
    partial: bool = False,
    tell: Callable[..., object] = print,
) -> int:
    """Run several studies side by side, each into a folder of its own; return the highest exit code.

    Parameters
    ----------
    folders : list of Path
        Study folders.
    out : Path, optional
        Each study is run into the folder of its id below this; into its own :func:`default_root` if not given.
    scheduler : str
        Address of the scheduler of a Dask cluster; empty: processes of this machine.
    partial, tell
        As for :func:`run_study`; told one line a study.

    Raises
    ------
    FindingError
        If two studies have the same id, no scheduler answers, or Dask is not installed.
    """
    studies = [load(folder) for folder in folders]
    names = [study.id for study in studies]
    for name in {name for name in names if names.count(name) > 1}:
        raise fail("E_RUN_TWICE", name=name)
    os.environ.update(ONE_THREAD)
    worst = 0
    with _executor(scheduler, len(studies)) as executor:
        running = {
            executor.submit(
                _run_apart, study.folder.resolve(), out.resolve() / study.id if out else None, partial
            ): study.id
            for study in studies
        }
        for place, future in enumerate(as_completed(running), start=1):
            try:
                code, message = future.result()
            except BrokenProcessPool:
                code, message = 4, "not finished: the system ended its process, or that of a study beside it"
            tell(f"[{place}/{len(running)}] {running[future]}: {message}")
            worst = max(worst, code)
    return worst


@contextmanager
def _executor(scheduler: str, studies: int) -> Iterator[Executor]:
    """Processes of this machine, started afresh, or the workers of a Dask cluster."""
    if not scheduler:
        from multiprocessing import get_context

        processes = ProcessPoolExecutor(min(studies, os.cpu_count() or 1, 61), get_context("spawn"))  # Windows: 61
        try:
            yield processes
        finally:
            processes.shutdown(cancel_futures=True)
        return
    try:
        from distributed import Client
    except ImportError:
        raise fail("E_NO_DASK") from None
    try:
        client = Client(scheduler, timeout=20)
    except (OSError, TimeoutError):
        raise fail("E_SCHEDULER", address=scheduler) from None
    with client, client.get_executor(pure=False) as executor:
        yield executor


def _run_apart(folder: Path, root: Path | None, partial: bool) -> tuple[int, str]:
    """Run a study of several and say how it ended: its exit code, and a message."""
    try:
        run_study(folder, root, partial=partial, tell=lambda *text, **how: None)
    except StudyFailed as error:
        return error.code, str(error)
    except FindingError as error:
        return 1, str(error)
    return 0, "done"
