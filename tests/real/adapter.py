"""What the adapters share: they rename, reshape and write; they compute no outcome, residual or estimate."""

import csv
import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import pandas as pd

from coops.__main__ import main
from coops.files.readers import text_of

SHARED = Path(__file__).resolve().parents[3] / "shared" / "realdata"


def write_raw(folder: Path, **tables: pd.DataFrame) -> None:
    """Write tables to raw/, so that reading them gives the same values back."""
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        text = pd.DataFrame({column: text_of(frame[column]) for column in frame})
        text.to_csv(folder / "raw" / f"{name}.csv", index=False, lineterminator="\n")


def write_codebook(folder: Path, rows: list[dict]) -> None:
    """Write codebook.csv; a row says table, name and whatever else it knows."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with (folder / "codebook.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def run(make, folder: Path, expect: int = 0) -> Path:
    """Make a study folder and run it as a user does; return the root of the run.

    Raises
    ------
    AssertionError
        If the command does not end with the expected exit code: shows what it said.
    """
    study = make(folder / "study")
    done = command("run", study, "--out", folder / "run")
    assert done.returncode == expect, done.stdout + done.stderr
    return folder / "run"


def command(*words) -> subprocess.CompletedProcess:
    """Do what ``coops`` does when it is typed, in this process: the notebooks of all tests then share one warm process."""
    out, error, words = io.StringIO(), io.StringIO(), [*map(str, words)]
    with mock.patch.dict(os.environ), redirect_stdout(out), redirect_stderr(error):
        code = main(words)
    return subprocess.CompletedProcess(words, code, out.getvalue(), error.getvalue())


def process(*words) -> subprocess.CompletedProcess:
    """Run ``coops`` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "coops", *map(str, words)], capture_output=True, text=True, encoding="utf-8"
    )
