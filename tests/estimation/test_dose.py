"""What a unit had of the programme, added up over events, and what goes with one unit more of it."""

import numpy as np
import pandas as pd
import pytest

from coops.estimation import tidy
from coops.study.load import load
from tests import made

MORE = """
[tables.visits]
level = "event"
files = ["visits.csv"]
key = ["visit"]

[derived.hours]
kind = "total"
of = "length"
table = "visits"
by = "school"
when = [{ variable = "done", equals = "yes" }]
label = "hours of visits"

[tables.schools]
level = "group"
files = ["schools.csv"]
key = ["school"]

[specifications.dose]
estimator = "difference"
waves = ["after"]
baseline = ["before"]
outcomes = ["score"]
dose = "hours"
"""
BOOK = made.CODEBOOK + (
    "visits,visit,text,,,,,visit\nvisits,school,text,,,,,school\nvisits,length,number,hours,1,,0..,length\n"
    "visits,done,category,,,yes|no,,done\nschools,school,text,,,,,school\n"
)
HOURS = [0, 2, 4, 0, 6, 8, 1, 3]


def visits() -> pd.DataFrame:
    """Two visits a school that had any, half of the hours each; one that did not take place."""
    each = [(n, hours, part) for n, hours in enumerate(HOURS) if hours for part in "ab"]
    lines = [(f"{n}{part}", f"s{n}", hours / 2, "yes") for n, hours, part in each] + [("x", "s3", 99, "no")]
    return pd.DataFrame(lines, columns=["visit", "school", "length", "done"])


def folder(path, toml: str = MORE):
    schools = pd.DataFrame({"school": [f"s{n}" for n in range(8)]})
    frame = made.pupils()
    hours = frame["school"].str[1:].astype(int).map(dict(enumerate(HOURS)))
    late = frame["wave"] == "after"
    frame["score"] = 50 + late * 3 * hours  # each hour brings three points, exactly, beside a planted error
    frame.loc[late, "score"] += np.tile([0, 1], 8)
    return made.study(path, made.TOML + toml, BOOK, pupils=frame, visits=visits(), schools=schools)


def test_totals(tmp_path):
    """Hours of the visits that took place; a school without any has none, not a missing value."""
    assert made.data(folder(tmp_path)).values("hours", "after").tolist() == HOURS


def test_slope(tmp_path):
    """Three points an hour; the error is the same in each school, so the slope is exact; it is a difference, no effect."""
    (slope,) = made.estimates(folder(tmp_path), "dose")
    assert slope.estimate == pytest.approx(3, abs=1e-12) and tidy.key(slope) == "score.after.dose.difference"
    assert (slope.quantity, slope.arm, slope.n_clusters) == ("difference", "", 8)


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ('table = "visits"\nby', 'table = "visit"\nby', "derived.hours.table"),
        ('by = "school"', 'by = "skool"', "derived.hours.by"),
        ('dose = "hours"', 'dose = "hour"', "specifications.dose.dose"),
    ],
)
def test_names_that_do_not_exist(tmp_path, old, new, column):
    """Each is named with the nearest known one."""
    assert old in MORE
    assert column in [fault.column for fault in made.refused(load, folder(tmp_path, MORE.replace(old, new)))]
