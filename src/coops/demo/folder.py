"""Write the demonstration, or a variant of it, as a study folder."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from coops.demo import groups, programme
from coops.demo.people import draw
from coops.study.findings import fail

SCENARIOS = ("honest", "shock", "attrition")
BY_HAND = ("study.toml", "codebook.csv", "labels.csv", "diagnosis.csv", "evaluation.csv", "published", "text")
SIZE_ONLY = ["size"]


def make(folder: Path, seed: int = 2014, number: int = groups.SUPPORTED, scenario: str = "honest") -> Path:
    """Write a study folder: the files written by hand, and raw data, corrections and truth drawn from the seed.

    Parameters
    ----------
    folder : Path
        Written into; what is by hand is copied from the shipped demonstration unless it is that folder itself.
    number : int
        Cooperatives an arm.

    Raises
    ------
    FindingError
        ``E_NEW_EXISTS`` if another study lies in the folder.
    """
    shipped = Path(__file__).resolve().parents[3] / "data" / "demo"
    if folder.resolve() != shipped:
        if folder.exists() and any(folder.iterdir()):
            raise fail("E_NEW_EXISTS", folder=folder.name)
        folder.mkdir(parents=True, exist_ok=True)
        for name in BY_HAND:
            if (shipped / name).is_dir():
                shutil.copytree(shipped / name, folder / name)
            elif (shipped / name).is_file():
                shutil.copyfile(shipped / name, folder / name)
        text = (folder / "study.toml").read_text(encoding="utf-8")
        text = text.replace("seed = 2014", f"seed = {seed}")
        (folder / "study.toml").write_text(text, encoding="utf-8")
    tables = draw(seed, number, scenario)
    random = np.random.default_rng([seed, number, 1])
    coops = tables["cooperatives"]
    raw = {
        "cooperatives": coops.drop(columns=SIZE_ONLY)[["coop_id", *[c for c in coops if c not in ("coop_id", "size")]]],
        "coop_wave": tables["coop_wave"], "members": tables["members"], "member_wave": tables["member_wave"],
        "associations": programme.associations(random), "activities": programme.activities(random, coops),
        **programme.field_work(random, tables["members"], tables["member_wave"]), **programme.written(),
    }  # fmt: skip
    corrections = _faults(random, raw)
    (folder / "raw").mkdir(exist_ok=True)
    for name, frame in raw.items():
        frame.to_csv(folder / "raw" / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")
    with (folder / "corrections.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, ["table", "key", "column", "old", "new", "reason", "by", "on"], lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(corrections)
    tables["truth"].round(6).to_csv(folder / "truth.csv", index=False, lineterminator="\n")
    return folder


def _faults(random: np.random.Generator, raw: dict[str, pd.DataFrame]) -> list[dict]:
    """Spoil a few values as people do, in place, and return the corrections that mend them."""
    answers = raw["member_wave"]
    income = pd.to_numeric(answers["income_total_mad"], errors="coerce")
    interviewed = answers.index[(answers["status"] == "interviewed") & (income > 800) & (income < 2000)]
    rials, sum_up, level, household = (answers.loc[place] for place in random.choice(interviewed, 4, replace=False))
    in_rials, with_unit = (int(float(row["income_total_mad"])) for row in (rials, sum_up))
    plan = [
        ("member_wave", rials, "income_total_mad", str(in_rials * 20), "written in rials, 20 to the dirham"),
        ("member_wave", sum_up, "income_total_mad", f"{with_unit} DH", "unit written into the cell"),
        ("member_wave", level, "wellbeing", "6", "the scale ends at 5; asked again by telephone"),
        ("member_wave", household, "hh_size", "60", "a key pressed twice"),
    ]
    coop = raw["coop_wave"].loc[random.choice(raw["coop_wave"].index)]
    plan.append(("coop_wave", coop, "months_active", "14", "a year has twelve months; seen in the register"))
    corrections = []
    for table, row, column, wrong, reason in plan:
        frame = raw[table]
        frame[column] = frame[column].astype(object)
        right = frame.loc[row.name, column]
        frame.loc[row.name, column] = wrong
        key = f"{row['member_id' if table == 'member_wave' else 'coop_id']}|{row['wave']}"
        line = {"table": table, "key": key, "column": column, "old": wrong, "new": str(right), "reason": reason}
        corrections.append(line | {"by": "supervisor", "on": "2014-09-20"})
    return corrections
