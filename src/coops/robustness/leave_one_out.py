"""Does an estimate rest on one cluster, one supporter, one area: each left out in turn."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coops.estimation import effects
from coops.estimation.sample_design import Rows, centred
from coops.estimation.tidy import Row
from coops.robustness.breakdown import margin
from coops.study.findings import FindingError


@dataclass(frozen=True)
class LeftOut:
    """How an estimate changes when each value of a label is left out in turn; no value is named but those in ``kept``.

    Only values that an estimate rests on are counted: those of the rows of its arm and of its reference. ``lowest`` and
    ``highest``: smallest and largest estimate without one of them; ``largest``: the largest change, with its sign; both
    in the unit of the outcome. ``tried``: values left out; ``no_interval``: those of them without which there is an
    estimate, but no interval; ``overturned``: those without which the interval no longer excludes zero on the same side
    (0 where it covers zero anyway). ``kept``: values without which nothing could be estimated. ``unknown``: rows
    without a label that the estimate rests on; ``n_smallest``: units of the value that has fewest.
    """

    by: str
    outcome: str
    wave: str
    arm: str
    specification: str
    estimate: float = np.nan
    lowest: float = np.nan
    highest: float = np.nan
    largest: float = np.nan
    tried: int = 0
    no_interval: int = 0
    overturned: int = 0
    kept: tuple[str, ...] = ()
    unknown: int = 0
    n_smallest: int = 0


def leave_one_out(built: Rows, label, by: str) -> list[LeftOut]:
    """Estimate again without each value of a label.

    Parameters
    ----------
    built : Rows
    label : array (N,)
        Label of each row as text (a cluster, a supporter, an area); rows with an empty one always stay.
    by : str
        What the label is, for the result.

    Returns
    -------
    list of LeftOut, one an arm (one in all for a change)
    """
    label = np.asarray(label, dtype=object)
    whole = effects.rows(built)
    values = _values(label)
    first = _first_alike(built, label)
    drawn = {value: without(built, label == value) for value in values if first.get(value, value) == value}
    drawn = {value: drawn[first.get(value, value)] for value in values}
    found = []
    for place, one in enumerate(whole):
        behind = _behind(built, one.arm)
        rests_on, units = _values(label[behind]), built.frame["unit"][behind].groupby(label[behind]).nunique()
        mine = {value: drawn[value][place] for value in rests_on if drawn[value]}
        mine = {value: again for value, again in mine.items() if np.isfinite(again.estimate)}
        points = np.array([again.estimate for again in mine.values()])
        told = [again for again in mine.values() if np.isfinite(margin(again))]
        lost = [again for again in told if not (margin(again) > 0 and again.estimate * one.estimate > 0)]
        blank = LeftOut(by, one.outcome, one.wave, one.arm, one.specification, one.estimate, tried=len(mine),
                        no_interval=len(mine) - len(told), overturned=len(lost) if margin(one) > 0 else 0,
                        kept=tuple(value for value in rests_on if value not in mine),
                        unknown=int((label[behind] == "").sum()),
                        n_smallest=int(units.reindex(rests_on).min()) if rests_on else 0)  # fmt: skip
        if len(points):
            change = points - one.estimate
            ends = dict(lowest=float(points.min()), highest=float(points.max()))
            blank = replace(blank, **ends, largest=float(change[np.abs(change).argmax()]))
        found.append(blank)
    return found


def _values(label: np.ndarray) -> list[str]:
    return sorted({one for one in label if isinstance(one, str) and one})


def _first_alike(built: Rows, label: np.ndarray) -> dict[str, str]:
    """The first label with the same numbers, of each that is a whole cluster of one row: without either, all is equal.

    Thousands of persons who are each their own cluster thus take as many estimates as there are different rows.
    """
    told = ["wave", "after", "outcome", "arm", "stratum", "weight"]  # with the design, all that an estimate is made of
    alone = ~(pd.Series(label).duplicated(keep=False) | built.frame["cluster"].duplicated(keep=False))
    numbers = pd.concat([built.frame.filter(told), built.design], axis=1)[alone.to_numpy()]
    numbers.columns = range(numbers.shape[1])
    kinds = numbers.groupby(list(numbers), dropna=False, sort=False).ngroup()
    named = sorted((one, kind) for one, kind in zip(label[alone], kinds, strict=True) if isinstance(one, str) and one)
    first: dict[int, str] = {}
    return {one: first.setdefault(kind, one) for one, kind in named}


def _behind(built: Rows, arm: str) -> np.ndarray:
    """The rows (N,) of an arm and of its reference; all of them where offers overlap or nothing is compared."""
    if not arm or built.plan.overlapping:
        return np.ones(len(built.frame), dtype=bool)
    return (built.in_arm(arm) | built.in_arm(built.plan.reference)).to_numpy()


def without(built: Rows, gone: np.ndarray) -> list[Row]:
    """Estimate without some rows, ``gone`` (N,) of bool; nothing if the arm cannot be told from the rest there.

    An arm that loses all its rows is refused (``one_arm``), and the others are estimated without it. What a change is
    adjusted for is centred again on the rows that are left.
    """
    frame, design = built.frame[~gone].reset_index(drop=True), built.design[~gone].reset_index(drop=True)
    if not built.plan.estimator.terms and len(frame):
        design = centred(design, frame["weight"])
    left = replace(built, frame=frame, design=design)
    absent = [] if built.plan.overlapping else [arm for arm in built.interest if arm and not left.in_arm(arm).any()]
    if len(absent) == len(built.interest):
        absent = []
    try:
        found = {one.arm: one for one in effects.rows(_drop(left, absent))}
    except FindingError:
        return []
    lost = next(iter(found.values()))._replace(estimate=np.nan, conf_low=np.nan, conf_high=np.nan, refused="one_arm")
    return [found.get(arm) or lost._replace(arm=arm) for arm in built.interest]


def _drop(built: Rows, arms: list[str]) -> Rows:
    """The same rows without the columns of arms that nobody is in."""
    gone = {name for arm in arms for name in (arm, built.interest[arm])} & set(built.design)
    plan = replace(built.plan, arms={name: values for name, values in built.plan.arms.items() if name not in arms})
    interest = {name: column for name, column in built.interest.items() if name not in arms}
    design, protected = built.design.drop(columns=list(gone)), built.protected - len(gone)
    return replace(built, plan=plan, design=design, interest=interest, protected=protected)
