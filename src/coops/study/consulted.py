"""What a notebook consults while it runs, files, folders and words: noted in the file that the runner names."""

import os
import sys
from pathlib import Path
from typing import Any

VARIABLE = "COOPS_CONSULTED"
_noted: set[str] = set()
_watched: dict[str, str] = {}  # a folder as it is named → where it really lies


def note(kind: str, name: str) -> None:
    """Note what was consulted, once: nothing where no runner asks for it.

    Parameters
    ----------
    kind : {"file", "folder", "word"}
    name : str
        The path, or the key of the words; ``*``: all words of the study.
    """
    path = os.environ.get(VARIABLE)
    line = f"{kind}\t{name}"
    if path and line not in _noted:
        _noted.add(line)
        with open(path, "a", encoding="utf-8") as file:
            file.write(line.replace("\n", " ") + "\n")


def noted(path: Path) -> list[tuple[str, str]]:
    """Read what was noted: kind and name."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [(kind, name) for kind, _, name in (line.partition("\t") for line in lines)]


def watch(*folders: Path) -> None:
    """Note from now on every file below these folders that this process reads, and every folder that it lists."""
    if os.environ.get(VARIABLE):
        if not _watched:
            sys.addaudithook(_hook)
        for folder in folders:
            real = str(folder.resolve()) + os.sep
            _watched.update({os.path.abspath(folder) + os.sep: real, real: real})


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        path, mode, flags = arguments
        writes = any(sign in mode for sign in "wax+") if mode else flags & (os.O_WRONLY | os.O_RDWR)
        kind = "" if writes else "file"
    else:
        path, kind = (arguments[0], "folder") if event in ("os.listdir", "os.scandir") else (None, "")
    if kind and isinstance(path, str | bytes | os.PathLike):
        place = os.path.abspath(os.fsdecode(path)) + os.sep
        for folder, real in _watched.items():
            if place.startswith(folder):
                note(kind, os.path.normpath(real + place.removeprefix(folder)))
                break
