"""Whom an estimate should have had, and the range that follows from whom it has: what bounds and weights start from."""

from dataclasses import replace

import numpy as np
import pandas as pd

from coops.data.units import Data
from coops.participants import lee_bounds
from coops.study.study import Plan


def expected(data: Data, plan: Plan) -> pd.DataFrame:
    """Units that an estimate should have had: outcome known at its baseline waves, or all where it has none.

    Returns
    -------
    DataFrame, one row a unit, indexed by unit
        The columns of :func:`described`, and outcome: the change since baseline where the estimator is
        ``difference``, else the value, each unit's mean over the waves; missing if the unit was not seen or did not
        answer at one of them. Units outside the population or the sample are left out, but not those of which a
        condition of the sample is unknown because they were not seen at the outcome's wave, or is that they were: a
        sample of those who stayed would have lost nobody.
    """
    level, wave = data.level_of(plan.outcome), plan.waves[-1]
    units = data.population(level)
    for condition in data.study.contract.samples[plan.sample].conditions if plan.sample else ():
        at, status = condition.wave or wave, condition.variable == data.study.contract.design.status
        holds = data.holds(condition, at, level, units)
        if at in plan.waves:
            unknown = (data.texts(condition.variable, at, level, units) == "") | status
            holds |= unknown & ~data.seen(at, level, units)
        units = units[holds.to_numpy()]
    before = _mean(data, plan, plan.baseline, level, units).dropna() if plan.baseline else pd.Series(0.0, units)
    frame = described(data, plan, wave, before.index)
    frame["outcome"] = _mean(data, plan, plan.waves, level, frame.index)
    if plan.estimator == "difference":
        frame["outcome"] -= before
    return frame


def described(data: Data, plan: Plan, wave: str, units: pd.Index) -> pd.DataFrame:
    """Where units belong in the design of an estimate, seen or not.

    Returns
    -------
    DataFrame, one row a unit, indexed by unit
        arm, cluster, assigned (the unit that was assigned), group, stratum (empty text where there is none), weight
        (missing where unknown); each as recorded at the wave, or for a unit of which it was not recorded then at the
        first wave that has it. Units without arm or cluster are left out.
    """
    level = data.level_of(plan.outcome)

    def recorded(name: str, read) -> pd.Series:
        measured = data.measured(name) or [wave]
        found = pd.Series("", index=units)
        for one in [wave] * (wave in measured) + [one for one in measured if one != wave]:
            found = found.where(found != "", read(one))
        return found

    def texts(name: str) -> pd.Series:
        return recorded(name, lambda one: data.texts(name, one, level, units))

    def arm_at(one: str) -> pd.Series:
        return data.arm_of(one, level, units, plan.arm[0], plan.arms, plan.arm_wave)

    frame = pd.DataFrame(index=units)
    frame["arm"] = arm_at(plan.arm_wave) if plan.arm_wave else recorded(plan.arm[0], arm_at)
    frame["cluster"], frame["assigned"] = texts(plan.cluster), texts(plan.assigned)
    frame["group"] = data.group_of(wave).reindex(units) if level == "person" else units
    frame["stratum"] = ""
    for place, name in enumerate(plan.strata):
        frame["stratum"] += "|" * (place > 0) + texts(name)
    frame["weight"] = pd.to_numeric(texts(plan.weights), errors="coerce") if plan.weights else 1.0
    frame = frame[(frame["arm"] != "") & (frame["cluster"] != "")].copy()
    if plan.weigh == "groups":
        frame["weight"] /= frame.groupby("group")["weight"].transform("sum")
    return frame


def ranges(data: Data, plan: Plan, *, draws: int, seed: int) -> list[lee_bounds.Range]:
    """Bounds or range of each arm against its reference, of those :func:`expected`.

    Returns
    -------
    list of Range, one an arm
        Also refused: ``all_seen`` (nobody is missing), ``not_followed`` (nobody is expected twice),
        ``overlapping_arms`` (a unit may have several), ``weights_unknown`` (weights are known only of those seen).
        No arm, no range.
    """
    kind = "bounds" if plan.assignment == "randomised" else "range"
    named = dict(outcome=plan.outcome, wave=plan.wave, specification=plan.name, level=plan.level)
    others = [arm for arm in plan.arms if arm != plan.reference]
    reason = (
        "overlapping_arms"
        if len(plan.arm) > 1
        else "not_followed"
        if plan.estimator.endswith("cross-section") or data.cross_sections()
        else ""
    )
    frame = expected(data, plan) if others and not reason else pd.DataFrame()
    if len(frame) and not (frame["weight"] > 0).all():
        reason = "weights_unknown"
    found = []
    for arm in others:
        if reason:
            found.append(lee_bounds.Range(kind=kind, arm=arm, refused=reason, **named))
            continue
        part = frame[frame["arm"].isin([arm, plan.reference])]
        weights = part["weight"] if plan.weights or plan.weigh == "groups" else None
        one = lee_bounds.bound(
            part["outcome"],
            part["arm"] == arm,
            part["cluster"],
            part["stratum"],
            weights,
            random=kind == "bounds",
            draws=draws,
            seed=seed,
            level=plan.level,
        )
        if one.seen_by_arm == one.expected_by_arm:
            one = replace(one, refused="all_seen", interval_low=np.nan, interval_high=np.nan)
        names = {"arm": arm, "reference": plan.reference, "": ""}
        counts = ("expected_by_arm", "seen_by_arm", "clusters_by_arm")
        renamed = {name: {names[side]: n for side, n in getattr(one, name).items()} for name in counts}
        found.append(replace(one, arm=arm, trimmed=names[one.trimmed], **named, **renamed))
    return found


def _mean(data: Data, plan: Plan, waves, level: str, units: pd.Index) -> pd.Series:
    """Each unit's mean of the outcome over waves; missing if it was not seen or did not answer at one of them."""
    columns = [
        pd.to_numeric(data.at(plan.outcome, wave, level, units)).where(data.seen(wave, level, units)) for wave in waves
    ]
    return pd.concat(columns, axis=1).mean(axis=1, skipna=False)
