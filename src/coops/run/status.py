"""How a run of a study stands: each notebook and page fresh, stale, failed or never run, why, and what to do."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from coops.run.books import notebooks
from coops.run.dependencies import PAGE, Dependencies
from coops.run.records import FAILED, FRESH, NEVER, STALE, STOPPED, TEXT, Page, Records, State
from coops.study.data_protection import LOCK
from coops.study.study import Study

WORDS = {
    FRESH: "fresh",
    TEXT: "stale",
    STALE: "stale",
    FAILED: "failed",
    STOPPED: "stopped",
    NEVER: "never run",
}


@dataclass(frozen=True)
class Status:
    """How a run stands: notebooks by name, pages by file; ``running``: a run goes on in its folder just now."""

    notebooks: dict[str, State]
    pages: dict[str, State]
    running: bool
    command: str

    @property
    def holds(self) -> bool:
        """Tell whether everything is fresh."""
        return all(state.state == FRESH for state in (*self.notebooks.values(), *self.pages.values()))

    def lines(self) -> list[str]:
        """Say it, a line each."""
        every = [*self.notebooks.items(), *self.pages.items()]
        width = max(len(name) for name, _ in every)
        lines = [f"{name:<{width}}  {WORDS[state.state]:<9}  {state.reason}".rstrip() for name, state in every]
        lines += ["A run is going on in this folder."] if self.running else []
        return lines if self.holds else [*lines, f"Next: {self.command}"]


def of_run(study: Study, root: Path) -> Status:
    """Tell how the run of a study in a folder stands.

    Parameters
    ----------
    root : Path
        The folder that the run wrote into; it need not exist.
    """
    books = notebooks(study)
    records = Records(root, Dependencies(study, root, books), partial=None)
    states = {book.stem: records.state(book) for book in books}
    partial = any(records.read(book).get("partial") for book in books)
    words = ["coops", "run", str(study.folder.resolve()), "--out", str(root.resolve())]
    return Status(
        states,
        _pages(study, root, states),
        _running(root),
        shlex.join(words + (["--accept-partial"] if partial else [])),
    )


def _pages(study: Study, root: Path, states: dict[str, State]) -> dict[str, State]:
    """The pages hold if every notebook does: the page may quote any of them."""
    if study.contract.study.label == "FIELD":
        return {}
    last = next((state for name, state in states.items() if name[:2] == PAGE), State(NEVER))
    stale = [name for name, state in states.items() if state.state not in (FRESH, TEXT)]
    files = sorted(path for path in (root / "report").glob("*") if path.suffix in (".html", ".pdf", ".docx", ".xlsx"))
    names = [f"report/{path.name}" for path in files] or [f"report/{study.id}.html"]
    if not files:
        held = Page(root).held.exists()
        state = State(STALE, ("put aside when a run began that did not end",)) if held else State(NEVER)
    elif stale:
        state = State(STALE, (f"rests on {', '.join(stale)}",))
    else:
        state = State(FRESH if last.state in (FRESH, TEXT) else last.state)
    return dict.fromkeys(names, state)


def _running(root: Path) -> bool:
    from filelock import FileLock, Timeout

    if not (root / LOCK).is_file():
        return False
    try:
        with FileLock(root / LOCK, timeout=0):
            return False
    except Timeout:
        return True
