"""How long the checks take: a million rows with ten thousand faults, from file to findings.

Measured beside ``read_csv`` with types and a pandera schema on the same rows without faults, in the same run and
interleaved; each line is ``name value goal ok`` or ``… short``. Run: ``python benchmarks/checks.py`` (some minutes).
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROWS, FAULTS, TIMES = 1_000_000, 10_000, 5
NUMBERS = [f"number_{n}" for n in range(8)]
WHOLE = [f"whole_{n}" for n in range(5)]
CHOICES = [f"choice_{n}" for n in range(4)]
COLUMNS = ["unit", *NUMBERS, *WHOLE, *CHOICES, "day", "remark"]  # twenty of them
SPOILED = ["much", "-7", "1,234", "12.5", "no such choice", "31/02/2014"]

TOML = """
[study]
id = "bench"
title = "A made table"
label = "DEMONSTRATION"
languages = ["en"]
seed = 1
[units.group]
en = { one = "unit", other = "units" }
[waves.only]
label = "only"
[tables.units]
level = "group"
files = ["units.csv"]
key = ["unit"]
wave = "only"
[arms.some]
label = "some"
values = ["some"]
[arms.none]
label = "none"
values = ["none"]
[design]
assignment = "not randomised"
arm = "choice_0"
reference = "none"
cluster = "unit"
[specifications.main]
estimator = "level"
waves = ["only"]
outcomes = ["number_0"]
"""


def table(rows: int, seed: int = 1) -> pd.DataFrame:
    """Made rows that fit their codebook."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({"unit": [f"U{n:07d}" for n in range(rows)]})
    for name in NUMBERS:
        frame[name] = random.uniform(0, 10_000, rows).round(2)
    for name in WHOLE:
        frame[name] = random.integers(0, 60, rows)
    for name in CHOICES:
        frame[name] = random.choice(["none", "some", "many", "all"], rows)
    days = pd.date_range("2013-01-01", "2014-12-31").strftime("%Y-%m-%d").to_numpy()
    frame["day"] = random.choice(days, rows)
    frame["remark"] = random.choice(["", "seen", "not seen"], rows)
    return frame[COLUMNS]


def codebook() -> str:
    """What the columns may hold."""
    lines = ["table,name,type,unit,allowed,range,pii,label_en", "units,unit,text,,,,Q,unit"]
    lines += [f"units,{name},number,points,,0..10000,N,{name}" for name in NUMBERS]
    lines += [f"units,{name},integer,points,,0..60,N,{name}" for name in WHOLE]
    lines += [f"units,{name},category,,none|some|many|all,,N,{name}" for name in CHOICES]
    return "\n".join([*lines, "units,day,date,,,,N,day", "units,remark,text,,,,N,remark"]) + "\n"


def study(folder: Path, rows: int, faults: int) -> Path:
    """A study folder of one table; each fault is in a row of its own."""
    (folder / "raw").mkdir(parents=True)
    (folder / "study.toml").write_text(TOML, encoding="utf-8")
    (folder / "codebook.csv").write_text(codebook(), encoding="utf-8")
    frame = table(rows)
    if faults:
        random = np.random.default_rng(2)
        frame = frame.astype(object)
        kinds = {
            "much": NUMBERS,
            "-7": NUMBERS,
            "1,234": NUMBERS,
            "12.5": WHOLE,
            "no such choice": CHOICES,
            "31/02/2014": ["day"],
        }
        for place, at in enumerate(random.choice(rows, faults, replace=False)):
            value = SPOILED[place % len(SPOILED)]
            frame.loc[at, kinds[value][place % len(kinds[value])]] = value
    frame.to_csv(folder / "raw" / "units.csv", index=False)
    return folder


def ours(folder: Path) -> tuple[float, int]:
    """Seconds from file to findings, and how many there are."""
    from coops.field_data.receive import receive
    from coops.study.load import load

    loaded = load(folder)
    start = time.perf_counter()
    got = receive(loaded)
    assert (got.ledger["received"] == got.ledger["accepted"] + got.ledger["aside"]).all()
    return time.perf_counter() - start, len(got.errors)


def theirs(path: Path) -> float:
    """Seconds of ``read_csv`` with types and of a pandera schema with the same rules."""
    import pandera.pandas as pa

    checks = {name: pa.Column(float, pa.Check.in_range(0, 10_000)) for name in NUMBERS}
    checks |= {name: pa.Column(int, pa.Check.in_range(0, 60)) for name in WHOLE}
    checks |= {name: pa.Column(str, pa.Check.isin(["none", "some", "many", "all"])) for name in CHOICES}
    schema = pa.DataFrameSchema({"unit": pa.Column(str, unique=True), **checks})
    types = {
        "unit": str,
        **dict.fromkeys(NUMBERS, float),
        **dict.fromkeys(WHOLE, "int64"),
        **dict.fromkeys(CHOICES, str),
    }
    start = time.perf_counter()
    frame = pd.read_csv(path, dtype=types, parse_dates=["day"], keep_default_na=False)
    schema.validate(frame, lazy=True)
    return time.perf_counter() - start


def line(name: str, value: float, goal: str, fits: bool) -> None:
    print(f"{name} {value:.2f} {goal} {'ok' if fits else 'short'}", flush=True)


def main() -> None:
    """Interleaved runs, each of ours in a process of its own so that its memory is its own."""
    with tempfile.TemporaryDirectory() as place:
        clean = study(Path(place) / "clean", ROWS, 0)
        spoiled = study(Path(place) / "spoiled", ROWS, FAULTS)
        twice = study(Path(place) / "twice", 2 * ROWS, 2 * FAULTS)
        seconds = {"ours": [], "theirs": [], "twice": []}
        memory, named = 0.0, set()
        for _ in range(TIMES):
            seconds["theirs"].append(theirs(clean / "raw" / "units.csv"))
            for name, folder in (("ours", spoiled), ("twice", twice)):
                run = subprocess.run(
                    [sys.executable, __file__, str(folder)], capture_output=True, text=True, check=True
                )
                took, number, peak = (float(text) for text in run.stdout.split())
                seconds[name].append(took)
                if name == "ours":
                    memory, named = max(memory, peak), named | {int(number)}
        middle = {name: statistics.median(took) for name, took in seconds.items()}
        line("checks_rows", ROWS, f"{ROWS}", True)
        line("checks_faults_named", min(named), f"{FAULTS}", named == {FAULTS})
        ratio = middle["ours"] / middle["theirs"]
        line("checks_time_to_pandera", ratio, "<=6 (aim 3)", ratio <= 6)
        line("checks_memory_gib", memory, "<4", memory < 4)
        growth = middle["twice"] / middle["ours"]
        line("checks_twice_the_rows", growth, "<=2.4", growth <= 2.4)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        took, number = ours(Path(sys.argv[1]))
        print(took, number, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
    else:
        main()
