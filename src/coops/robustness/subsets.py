"""Estimates of a part of the rows, and any estimate as a check puts it beside a leading one."""

from dataclasses import replace

import numpy as np

from coops.estimation import effects
from coops.estimation.effects import Estimate
from coops.estimation.sample_design import Rows
from coops.robustness.leading import Comparison, key_of
from coops.study.findings import FindingError

NUMBERS = ("estimate", "conf_low", "conf_high", "n", "n_fewest", "clusters_by_arm", "refused")
NOTHING = {"estimate": np.nan, "conf_low": np.nan, "conf_high": np.nan, "n": 0, "n_fewest": 0, "clusters_by_arm": {}}


def as_alternative(leading: Estimate, kind: str, other: Estimate, band: str = "") -> dict:
    """An estimate made otherwise, as a row of the frame of a check."""
    named = {name: getattr(other, name) for name in NUMBERS}
    return key_of(leading) | {"kind": kind, "band": band} | named


def estimate_without(
    comparison: Comparison, leading: Estimate, gone: np.ndarray, kind: str, band: str = ""
) -> dict:
    """A leading estimate made without some rows, as a row of the frame of a check."""
    others = without(comparison.rows, gone)
    if others:
        return as_alternative(leading, kind, others[comparison.place(leading)], band)
    return key_of(leading) | {"kind": kind, "band": band} | NOTHING | {"refused": "not_told_apart"}


def without(built: Rows, gone: np.ndarray) -> list[Estimate]:
    """Estimate without some rows, ``gone`` (N,) of bool; nothing if the arm cannot be told from the rest there.

    An arm that loses all its rows is refused (``one_arm``), and the others are estimated without it. What a change is
    adjusted for is centred again on the rows that are left.
    """
    frame, design = built.frame[~gone].reset_index(drop=True), built.design[~gone].reset_index(drop=True)
    offers = None if built.offers is None else built.offers[~gone].reset_index(drop=True)
    left = replace(built, frame=frame, design=design, offers=offers)
    if built.plan.estimator == "change" and len(frame):
        adjusted = [name for name in design if name not in built.interest.values()]
        means = np.average(design[adjusted], axis=0, weights=frame["weight"]) if adjusted else 0.0
        left = replace(left, design=design.assign(**(design[adjusted] - means)))
    absent = [] if offers is not None else [arm for arm in built.interest if arm and not left.in_arm(arm).any()]
    if len(absent) == len(built.interest):
        absent = []
    try:
        kept = {estimate.arm: estimate for estimate in effects.estimate(_drop(left, absent))}
    except FindingError:
        return []
    lost = replace(next(iter(kept.values())), estimate=np.nan, conf_low=np.nan, conf_high=np.nan, refused="one_arm")
    return [kept.get(arm) or replace(lost, arm=arm) for arm in built.interest]


def _drop(built: Rows, arms: list[str]) -> Rows:
    """The same rows without the columns of arms that nobody is in."""
    gone = {name for arm in arms for name in (arm, built.interest[arm])} & set(built.design)
    plan = replace(built.plan, arms={name: values for name, values in built.plan.arms.items() if name not in arms})
    interest = {name: column for name, column in built.interest.items() if name not in arms}
    design, protected = built.design.drop(columns=list(gone)), built.protected - len(gone)
    return replace(built, plan=plan, design=design, interest=interest, protected=protected)
