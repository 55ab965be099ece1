"""What each notebook of a run read and wrote when it ran last, and whether that still holds.

A notebook is fresh if all that it depends on, and all that it wrote, is as it was then: told by content, never by time.
"""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coops.run.dependencies import PAGE, Dependencies
from coops.study.consulted import noted

FOLDER = "records"  # in the folder of a run
FRESH, TEXT, STALE, FAILED, STOPPED, NEVER = "fresh", "text", "stale", "failed", "stopped", "never run"
REASONS = 3  # that are named; more are counted


@dataclass(frozen=True)
class State:
    """How a notebook stands: fresh, text (its prose alone changed), stale, failed, stopped or never run; and why."""

    state: str
    why: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """The reasons in a line, the first of them by name."""
        more = len(self.why) - REASONS
        return "; ".join([*self.why[:REASONS], *([f"and {more} more"] if more > 0 else [])])


class Records:
    """The records of a run, one file a notebook, each written aside and renamed.

    Parameters
    ----------
    partial : bool, optional
        Whether the run goes on without rows that are put aside; none: as each record says.
    """

    def __init__(self, root: Path, dependencies: Dependencies, partial: bool | None = False):
        self.root, self.dependencies, self.partial = root, dependencies, partial
        self.folder = root / FOLDER

    def path(self, book: Path, ending: str = "json") -> Path:
        """The file of a notebook's record; with the ending ``consulted``, of what it is seen to consult."""
        return self.folder / f"{book.stem}.{ending}"

    def read(self, book: Path) -> dict[str, Any]:
        """Return a record; an empty one if there is none that can be read."""
        try:
            return json.loads(self.path(book).read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def begin(self, book: Path) -> dict[str, Any]:
        """Write down that a notebook is running, and return its inputs as they are before it starts.

        What it will consult is not known yet: the study and the package are taken as they are now.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path(book, "consulted").unlink(missing_ok=True)
        replace(self.path(book), json.dumps({"state": STOPPED}) + "\n")
        files = sorted(path for path in self.dependencies.study.folder.resolve().rglob("*") if path.is_file())
        known = self.dependencies.portable(("file", str(path)) for path in files)
        return self.dependencies.inputs(book, known, bool(self.partial))

    def end(self, book: Path, before: dict[str, str], seconds: float) -> None:
        """Write down what a notebook that is done has read and written.

        Parameters
        ----------
        before : dict
            Of :meth:`begin`: a file of the study that has changed since counts as it was then.
        """
        consulted = self.dependencies.portable(noted(self.path(book, "consulted")))
        inputs = self.dependencies.inputs(book, consulted, bool(self.partial))
        inputs = {name: before.get(name, value) for name, value in inputs.items()}
        record = {
            "state": FRESH,
            "seconds": round(seconds, 1),
            "partial": bool(self.partial),
            "text": self.dependencies.text(book),
            "inputs": inputs,
            "consulted": consulted,
            "outputs": self.dependencies.outputs(book),
        }
        self._write(book, record)

    def fail(self, book: Path, cause: str) -> None:
        """Write down that a notebook stopped, and why."""
        self._write(book, {"state": FAILED, "cause": cause})

    def retold(self, book: Path) -> None:
        """Write down that the prose of the executed notebook is that of the notebook again."""
        outputs = self.dependencies.outputs(book)
        self._write(book, self.read(book) | {"text": self.dependencies.text(book), "outputs": outputs})

    def forget(self, book: Path) -> None:
        """Remove a record."""
        for ending in ("json", "consulted"):
            self.path(book, ending).unlink(missing_ok=True)

    def _write(self, book: Path, record: dict[str, Any]) -> None:
        replace(self.path(book), json.dumps(record, ensure_ascii=False, indent=1) + "\n")
        self.path(book, "consulted").unlink(missing_ok=True)

    def state(self, book: Path) -> State:
        """Tell how a notebook stands now."""
        record = self.read(book)
        if not record:
            return State(NEVER)
        if record["state"] != FRESH:
            return State(record["state"], tuple(filter(None, [record.get("cause", "")])))
        consulted = [(kind, name) for kind, name in record["consulted"]]
        inputs = self.dependencies.inputs(book, consulted, record["partial"] if self.partial is None else self.partial)
        before = record["inputs"]
        why = [_changed(name, before.get(name), inputs.get(name)) for name in _differ(before, inputs)]
        outputs = self.dependencies.outputs(book)
        for name in _differ(record["outputs"], outputs):
            what = "is gone" if name not in outputs else "is new" if name not in record["outputs"] else "is another"
            why.append(f"what it wrote {what}: {name}")
        if why:
            return State(STALE, tuple(why))
        return State(FRESH) if record["text"] == self.dependencies.text(book) else State(TEXT, ("its prose changed",))


def _differ(before: dict[str, str], now: dict[str, str]) -> list[str]:
    return [name for name in dict.fromkeys([*before, *now]) if before.get(name) != now.get(name)]


def _changed(name: str, before: str | None, now: str | None) -> str:
    if name.startswith("package ") and before and now:
        return f"{name}: {now}, was {before}"
    return f"{name} is new" if before is None else f"{name} is gone" if not now else f"{name} changed"


def replace(path: Path, text: str) -> None:
    """Write a file aside and rename it: there is the old one or the new one, never half of one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class Page:
    """The page of an earlier run: held aside while a run goes on, shown again only if it still holds."""

    def __init__(self, root: Path):
        self.shown, self.held = root / "report", root / FOLDER / "report"

    def hold(self) -> None:
        """Put the page aside; one that is held already stays."""
        if self.shown.exists():
            shutil.rmtree(self.held, ignore_errors=True)
            self.held.parent.mkdir(parents=True, exist_ok=True)
            os.replace(self.shown, self.held)

    def show(self) -> None:
        """Put the page that was held back into its place."""
        if self.held.exists() and not self.shown.exists():
            os.replace(self.held, self.shown)

    def drop(self) -> None:
        """Remove the page, held or shown."""
        for folder in (self.shown, self.held):
            shutil.rmtree(folder, ignore_errors=True)


def is_page(book: Path) -> bool:
    """Tell whether a notebook is the one that writes the page."""
    return book.name[:2] == PAGE
