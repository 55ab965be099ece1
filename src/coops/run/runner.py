"""Run a study: its notebooks in number order, a fresh kernel each; those only whose outputs no longer hold."""

import os
import shlex
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from coops.files.safe_files import examine
from coops.report import annex
from coops.run.books import default_parameters, default_root, notebooks
from coops.run.dependencies import OWN, Dependencies
from coops.run.records import FAILED, FRESH, NEVER, TEXT, Page, Records, is_page, replace
from coops.run.workspace import repository
from coops.show.exhibits import forget
from coops.study.consulted import VARIABLE
from coops.study.data_protection import LOCK, MARK, WRITTEN, claim_root, open_for
from coops.study.findings import FindingError, fail
from coops.study.load import load
from coops.study.study import Study

if TYPE_CHECKING:
    from papermill import PapermillExecutionError

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class StudyFailed(Exception):
    """A notebook stopped; ``code`` is the exit code: 1 for findings, 4 for a bug; ``cause`` its first line."""

    def __init__(self, message: str, code: int, cause: str = ""):
        super().__init__(message)
        self.code, self.cause = code, cause


def run_study(
    folder: Path,
    root: Path | None = None,
    start: int | None = None,
    partial: bool = False,
    everything: bool = False,
    tell: Callable[..., object] = print,
) -> Path:
    """Run the notebooks of a study whose outputs no longer hold; all of them where nothing was run before.

    Parameters
    ----------
    folder : Path
        The study folder.
    root : Path, optional
        The folder that the run writes into; :func:`default_root` if not given. One that a FIELD study's run makes can
        be opened by its owner only.
    start : int, optional
        This notebook and all after it are run, fresh or not; what stands before it must be fresh.
    partial : bool
        Go on without the rows that intake puts aside.
    everything : bool
        Remove what was run before, and run all.
    tell : callable
        Told one line a notebook.

    Returns
    -------
    Path of ``report/``

    Raises
    ------
    FindingError
        About the study folder, before any notebook starts; ``E_RUNNING`` if another run writes into the folder;
        ``E_CHANGED_MEANWHILE`` if something that a notebook has read changed before the run ended.
    StudyFailed
        If a notebook stops: lines that name study, notebook, cell and cause, what still stands and how to go on.
    """
    folder = folder.resolve()
    try:
        study = load(folder)
    except FindingError:
        if root and (root / MARK).is_file():
            Page(root).hold()  # the page of an earlier run no longer holds
        raise
    root = (root or default_root(study)).resolve()
    _refuse(study, folder, root)
    books = notebooks(study)
    first = _first(books, root, start)
    root.mkdir(parents=True, exist_ok=True, mode=0o700 if study.contract.study.label == "FIELD" else 0o777)
    claim_root(study, root)
    with _alone(root):
        replace(root / MARK, f'{{"study": "{study.id}"}}\n')
        if everything:
            for name in WRITTEN:
                shutil.rmtree(root / name, ignore_errors=True)
        records, page = Records(root, Dependencies(study, root, books), partial), Page(root)
        _forget_others(records, books)
        anew = False
        for place, book in enumerate(books, start=1):
            if is_page(book):
                page.show()
            state = records.state(book)
            again = first is not None and place > first
            if first is not None and not again and state.state not in (FRESH, TEXT):
                page.hold()
                raise fail("E_STALE", notebook=book.stem, what=state.reason or state.state, number=book.name[:2])
            tell(f"[{place}/{len(books)}] {study.id}: {book.stem}", end="", flush=True)
            if state.state in (FRESH, TEXT) and not again:
                if state.state == TEXT:
                    _retell(records, book)
                    anew = True
                tell("  fresh" if state.state == FRESH else "  its prose is new, its numbers stand")
                continue
            page.hold()
            anew = True
            _run_one(records, book, books[place:], tell)
        _still(study, root, books, partial, page)
        if anew or not (root / "report" / annex.FOLDER).is_dir():
            annex.write_annex(study, root, [root / OWN / book.name for book in books])
    return root / "report"


def _first(books: list[Path], root: Path, start: int | None) -> int | None:
    """Place of the first notebook that is run in any case."""
    if start is None:
        return None
    if not (root / MARK).is_file():
        raise fail("E_FROM_WITHOUT_RUN", folder=root.name)
    numbers = [int(book.name[:2]) for book in books]
    if start not in numbers:
        raise fail("E_NO_NOTEBOOK", number=start, known=", ".join(map(str, numbers)))
    return numbers.index(start)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Keep other runs out of the folder; the lock of a run that died is gone with it."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(root / LOCK, timeout=0):
            yield
    except Timeout:
        raise fail("E_RUNNING", folder=root.name) from None


def _forget_others(records: Records, books: list[Path]) -> None:
    """Remove what notebooks wrote that are no longer there."""
    for record in sorted(records.folder.glob("*.json")):
        if record.stem not in {book.stem for book in books}:
            _forget(records, records.root / record.stem)
            records.forget(record)


def _run_one(records: Records, book: Path, later: list[Path], tell: Callable[..., object]) -> None:
    """Execute a notebook and write down what it read and wrote; say so if it stops."""
    began = time.perf_counter()
    _forget(records, book)
    before = records.begin(book)
    try:
        _execute(records, book)
    except StudyFailed as failed:
        records.fail(book, failed.cause)
        for other in later:  # what rests on it no longer holds: a gap, never an old number
            if records.state(other).state not in (FRESH, TEXT, NEVER, FAILED):
                _forget(records, other)
        raise
    finally:
        tell(f"  {time.perf_counter() - began:.1f} s")
    records.end(book, before, time.perf_counter() - began)


def _retell(records: Records, book: Path) -> None:
    """Put the prose of a notebook into its executed copy, whose code and outputs stay."""
    target = records.root / "notebooks" / book.name
    done = [cell for cell in nbformat.read(target, 4).cells if cell.cell_type == "code"]
    new = nbformat.read(book, 4)
    cells = []
    for cell in new.cells:
        cells.append(done.pop(0) if cell.cell_type == "code" else cell)
        if done and "injected-parameters" in done[0].metadata.get("tags", []):
            cells.append(done.pop(0))
    new.cells = cells
    from coops.run.stored import clean

    replace(target, nbformat.writes(clean(new)) + "\n")
    records.retold(book)


def _still(study: Study, root: Path, books: list[Path], partial: bool, page: Page) -> None:
    """Stop where something changed while it was read: what was made of it is not called done."""
    records = Records(root, Dependencies(study, root, books), partial)
    states = [(book.stem, records.state(book)) for book in books]
    if changed := [(name, state) for name, state in states if state.state != FRESH]:
        page.hold()
        reasons = {reason: None for _, state in changed for reason in state.why}
        names = ", ".join(name for name, _ in changed)
        raise fail("E_CHANGED_MEANWHILE", what="; ".join([*reasons][:3]), notebooks=names)


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


def _execute(records: Records, source: Path) -> None:
    from coops.run import warm

    os.environ.update(ONE_THREAD)
    if warm.possible():
        warm.start()  # before the other imports: both take a second

    import papermill

    from coops.run.kernels import engine
    from coops.run.stored import clean_file

    root, folder = records.root, records.dependencies.study.folder.resolve()
    target = root / "notebooks" / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    parameters: dict[str, str | bool] = {"folder": str(folder), "root": str(root)}
    if (repository() / root).resolve() == repository() / default_parameters(source)["root"]:
        if folder == repository() / default_parameters(source)["folder"]:
            parameters = {}  # the defaults: the executed notebook is the stored one
    if records.partial and "partial" in default_parameters(source):
        parameters["partial"] = True
    # The first as Jupyter tells a kernel which notebook it runs.
    variables = {"JPY_SESSION_NAME": str(target), VARIABLE: str(records.path(source, "consulted"))}
    os.environ.update(variables)
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
        _forget(records, source)
        raise _failed(records, source, error, target) from None
    finally:
        for name in variables:
            del os.environ[name]
    clean_file(target)


def _forget(records: Records, book: Path) -> None:
    """Remove what a notebook has written: nothing stale that looks valid."""
    forget(records.root, book.stem)
    if is_page(book):
        Page(records.root).drop()


def _failed(records: Records, book: Path, error: "PapermillExecutionError", target: Path) -> StudyFailed:
    """Say what stopped, why, where to look, what still stands and how to go on."""
    study, root = records.dependencies.study, records.root
    cause = [line for line in str(error.evalue).strip().splitlines() if line] or ["no message"]
    more = f" (and {len(cause) - 1} more like it on that page)" if len(cause) > 1 else ""
    kind = "" if error.ename == "FindingError" else f"A bug, not a finding: {error.ename} in {_place(error)}: "
    books = notebooks(study)
    stand = [other.stem for other in books[: books.index(book)]]
    return StudyFailed(
        f"{study.id}: {book.stem} stopped at In [{error.exec_count}]\n"
        f"  {kind}{cause[0]}{more}\n"
        f"  The page at that moment: {target}\n"
        f"  What still stands: {', '.join(stand) or 'nothing'}\n"
        f"  When it is mended: coops run {shlex.quote(str(study.folder))} --out {shlex.quote(str(root))}",
        1 if error.ename == "FindingError" else 4,
        f"{kind}{cause[0]}",
    )


def _place(error: "PapermillExecutionError") -> str:
    """File and line of the innermost frame of the package, from a traceback that papermill kept as text."""
    import re

    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
    hits = re.findall(r"(coops[/\\][\w/\\]+\.py):(\d+)", text)
    return ":".join(hits[-1]).replace("\\", "/") if hits else "the notebook itself"
