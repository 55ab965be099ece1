"""Does an estimate rest on one cluster, one supporter, one area: each left out in turn."""

from dataclasses import dataclass, replace

import numpy as np

from coops.analysis import effects
from coops.analysis.effects import Estimate
from coops.analysis.robustness import margin
from coops.analysis.rows import Rows
from coops.intake.findings import FindingError


@dataclass(frozen=True)
class LeftOut:
    """How an estimate changes when each value of a label is left out in turn; no value is named but those in ``kept``.

    ``low`` and ``high``: smallest and largest estimate without one of them; ``largest``: the largest change, with its
    sign; both in the unit of the outcome. ``tried``: values left out; ``overturned``: those without which the interval
    no longer excludes zero on the same side (0 where it covers zero anyway). ``kept``: values that cannot be left out,
    because nothing could be estimated without them.
    """

    by: str
    outcome: str
    wave: str
    arm: str
    specification: str
    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    largest: float = np.nan
    tried: int = 0
    overturned: int = 0
    kept: tuple[str, ...] = ()


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
    whole = effects.estimate(built)
    values = sorted({one for one in label if isinstance(one, str) and one})
    drawn = {value: without(built, label == value) for value in values}
    found = []
    for place, one in enumerate(whole):
        mine = {value: again[place] for value, again in drawn.items() if again and np.isfinite(again[place].value)}
        points = np.array([again.value for again in mine.values()])
        sure = margin(one) > 0
        lost = sum(not (margin(again) > 0 and again.value * one.value > 0) for again in mine.values()) if sure else 0
        blank = LeftOut(by, one.outcome, one.wave, one.arm, one.specification, one.value, tried=len(mine),
                        overturned=lost, kept=tuple(value for value in values if value not in mine))  # fmt: skip
        if len(points):
            change = points - one.value
            ends = dict(low=float(points.min()), high=float(points.max()))
            blank = replace(blank, **ends, largest=float(change[np.abs(change).argmax()]))
        found.append(blank)
    return found


def without(built: Rows, gone: np.ndarray) -> list[Estimate]:
    """Estimate without some rows, ``gone`` (N,) of bool; nothing if the arm cannot be told from the rest there."""
    frame, design = built.frame[~gone].reset_index(drop=True), built.design[~gone].reset_index(drop=True)
    offers = None if built.offers is None else built.offers[~gone].reset_index(drop=True)
    try:
        return effects.estimate(replace(built, frame=frame, design=design, offers=offers))
    except FindingError:
        return []
