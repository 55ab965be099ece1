"""Results of checks from hand-made numbers: estimates, the rows of each check about them, and all checks together."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from coops.estimation.tidy import Row
from coops.robustness.breakdown import Exposure, trend
from coops.robustness.checks import checks
from coops.robustness.checks.area_shock import AreaShock
from coops.robustness.leading import KEY, Comparison, Leading, key_of
from coops.robustness.result import Result
from coops.robustness.robustness import Robustness
from tests import made

AREA = Exposure({"A": 1.0, "B": -1.0}, 1.0, 2.0, 1, 3, 0)
CHECK_OF = {
    "ancova": "other_estimator",
    "balanced": "entropy_balancing",
    "without": "without_other_support",
    "band": "distance_bands",
}


def estimate(low=1.0, high=9.0, n=40, **more) -> Row:
    """A score that is 5 higher, or whatever the interval says."""
    numbers = dict(estimate=(low + high) / 2, conf_low=low, conf_high=high, n=n, estimator="difference")
    return made.estimate(**numbers, assignment="not randomised", **more)


def shock(about: Row, exposure: Exposure = AREA, refused: str = "") -> dict:
    """The row of the shock of an area; nothing of shocks in every area."""
    comparison = SimpleNamespace(
        exposure=lambda arm: exposure, area_unknown=lambda arm: refused == "area_missing", nearer=lambda size, *_: size
    )
    (row,) = AreaShock().compare(comparison, [about])
    if refused == "no_area_effect":
        row |= {"shock": np.nan, "refused": refused}
    return {"area_shock": [row | {"spread": np.nan}]}


def trends(about: Row, years: float = 2.0) -> dict:
    """Rows of the trends: so many years."""
    size = trend(about, [], years).size
    return {"trends": [key_of(about) | {"trend": size, "years": years, "per": years, "reach": "year"}]}


def left(about: Row, by: str, tried: int, lost: int = 0, cannot: int = 0, **more) -> dict:
    """A row of one left out: the estimate lies between 4 and 6."""
    numbers = {"lowest": 4.0, "highest": 6.0, "largest": -1.0, "tried": tried, "overturned": lost, "cannot": cannot}
    return key_of(about) | {"by": by} | numbers | {"no_interval": 0, "unknown": 0, "n_smallest": 0} | more


def way(about: Row, kind: str, low: float, high: float, band: str = "", **more) -> dict:
    """A row of an estimate made in another way, of forty units."""
    ends = {"estimate": (low + high) / 2, "conf_low": low, "conf_high": high, "n": 40, "n_fewest": 40, "refused": ""}
    return key_of(about) | {"kind": kind, "band": band} | ends | more


def pseudo(about: Row, largest: float, away: int = 0, tried: int = 3, reach: str = "own") -> dict:
    """Three areas of the reference in the place of the arm, and a fourth that is too small."""
    numbers = {"tried": tried, "away": away, "above": 0, "largest": largest, "cannot": 1, "refused": "", "reach": reach}
    return {"pseudo_treatment": [key_of(about) | numbers]}


def placebos(*estimates: Row) -> dict:
    """Placebo outcomes, a row each."""
    return {"placebo_outcomes": [it._asdict() for it in estimates]}


def ways(*rows: dict) -> dict:
    """Rows of estimates made in other ways, by the check that makes them."""
    by_check: dict[str, list] = {}
    for row in rows:
        by_check.setdefault(CHECK_OF[row["kind"]], []).append(row)
    return by_check


def robustness(study, estimates: list[Row], *frames: dict) -> Robustness:
    """All checks with these rows, by the name of a check; those without rows did not apply."""
    data = SimpleNamespace(study=study)
    comparisons = []
    for it in estimates:
        rows = SimpleNamespace(plan=SimpleNamespace(outcome=it.outcome, wave=it.wave))
        comparisons.append(Comparison(data, rows, [it], lambda plan: True, 199, 1))
    leading = Leading(data, comparisons, lambda plan: True)
    rows = {name: [row for frame in frames for row in frame.get(name, [])] for name in {n for f in frames for n in f}}
    results = []
    for check in checks():
        frame = pd.DataFrame(rows.get(check.name, []), columns=None if rows.get(check.name) else KEY)
        applied = pd.DataFrame([key_of(it) | {"why": ""} for it in estimates])
        results.append(Result(check, frame, applied, check.exhibits(frame, leading)))
    return Robustness(leading, results)
