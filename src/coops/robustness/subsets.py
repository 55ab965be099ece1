"""Estimates of a part of the rows, and any estimate as a check puts it beside a leading one."""

from dataclasses import replace

import numpy as np

from coops.estimation import effects
from coops.estimation.sample_design import Rows, centred
from coops.estimation.tidy import Row
from coops.robustness.leading import Comparison, key_of
from coops.study.findings import FindingError

NUMBERS = ("estimate", "conf_low", "conf_high", "n", "n_fewest", "clusters_by_arm", "refused")
NOTHING = {"estimate": np.nan, "conf_low": np.nan, "conf_high": np.nan, "n": 0, "n_fewest": 0, "clusters_by_arm": {}}


def as_alternative(leading: Row, kind: str, other: Row, band: str = "") -> dict:
    """An estimate made otherwise, as a row of the frame of a check."""
    named = {name: getattr(other, name) for name in NUMBERS}
    return key_of(leading) | {"kind": kind, "band": band} | named


def estimate_without(comparison: Comparison, leading: Row, gone: np.ndarray, kind: str, band: str = "") -> dict:
    """A leading estimate made without some rows, as a row of the frame of a check."""
    others = without(comparison.rows, gone)
    if others:
        return as_alternative(leading, kind, others[comparison.place(leading)], band)
    return key_of(leading) | {"kind": kind, "band": band} | NOTHING | {"refused": "not_told_apart"}


def without(rows: Rows, gone: np.ndarray) -> list[Row]:
    """Estimate without some rows, ``gone`` (N,) of bool; nothing if the arm cannot be told from the rest there.

    An arm that loses all its rows is refused (``one_arm``), and the others are estimated without it. What a change is
    adjusted for is centred again on the rows that are left.
    """
    frame, design = rows.frame[~gone].reset_index(drop=True), rows.design[~gone].reset_index(drop=True)
    if not rows.specification.estimator.terms and len(frame):
        design = centred(design, frame["weight"])
    left = replace(rows, frame=frame, design=design)
    single = not rows.specification.overlapping
    absent = [arm for arm in rows.interest if single and arm and not left.in_arm(arm).any()]
    absent = [] if len(absent) == len(rows.interest) else absent
    try:
        kept = {estimate.arm: estimate for estimate in effects.rows(_drop(left, absent))}
    except FindingError:
        return []
    lost = next(iter(kept.values()))._replace(estimate=np.nan, conf_low=np.nan, conf_high=np.nan, refused="one_arm")
    return [kept.get(arm) or lost._replace(arm=arm) for arm in rows.interest]


def _drop(rows: Rows, arms: list[str]) -> Rows:
    """The same rows without the columns of arms that nobody is in."""
    gone = {name for arm in arms for name in (arm, rows.interest[arm])} & set(rows.design)
    left = {name: values for name, values in rows.specification.arms.items() if name not in arms}
    specification = replace(rows.specification, arms=left)
    interest = {name: column for name, column in rows.interest.items() if name not in arms}
    design, protected = rows.design.drop(columns=list(gone)), rows.protected - len(gone)
    return replace(rows, specification=specification, design=design, interest=interest, protected=protected)
