"""Run several studies side by side: processes of this machine, or a Dask cluster that exists."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from coops.run.runner import ONE_THREAD, StudyFailed, run_study
from coops.study.findings import FindingError, fail
from coops.study.load import load


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
