"""Whom an estimate should have had, and the range that follows from whom it has: what bounds and weights start from."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from coops.data.units import Data
from coops.participants import lee_bounds
from coops.study.study import Specification


def expected(data: Data, specification: Specification) -> pd.DataFrame:
    """Units that an estimate should have had: outcome known at its baseline waves, or all where it has none.

    Returns
    -------
    DataFrame, one row a unit, indexed by unit
        The columns of :func:`described`, and outcome: the change since baseline where the estimator is
        one of changes, else the value, each unit's mean over the waves; missing if the unit was not seen or did not
        answer at one of them. Units outside the population or the sample are left out, but not those of which a
        condition of the sample is unknown because they were not seen at the outcome's wave, or is that they were: a
        sample of those who stayed would have lost nobody.
    """
    level, wave = data.level_of(specification.outcome), specification.waves[-1]
    units = data.population(level)
    for condition in data.study.contract.samples[specification.sample].conditions if specification.sample else ():
        at, status = condition.wave or wave, condition.variable == data.study.contract.design.status
        holds = data.holds(condition, at, level, units)
        if at in specification.waves:
            unknown = (data.texts(condition.variable, at, level, units) == "") | status
            holds |= unknown & ~data.seen(at, level, units)
        units = units[holds.to_numpy()]
    before = (
        _mean(data, specification, specification.baseline, level, units).dropna()
        if specification.baseline
        else pd.Series(0.0, units)
    )
    frame = described(data, specification, wave, before.index)
    frame["outcome"] = _mean(data, specification, specification.waves, level, frame.index)
    if specification.estimator.differenced:
        frame["outcome"] -= before
    return frame


def described(data: Data, specification: Specification, wave: str, units: pd.Index) -> pd.DataFrame:
    """Where units belong in the design of an estimate, seen or not.

    Returns
    -------
    DataFrame, one row a unit, indexed by unit
        arm, cluster, assigned (the unit that was assigned), group, stratum (empty text where there is none), weight
        (missing where unknown); each as recorded at the wave, or for a unit of which it was not recorded then at the
        first wave that has it. Units without arm or cluster are left out.
    """
    level = data.level_of(specification.outcome)

    def recorded(name: str, read: Callable[[str], pd.Series]) -> pd.Series:
        measured = data.measured(name) or [wave]
        values = pd.Series("", index=units)
        for at in [wave] * (wave in measured) + [other for other in measured if other != wave]:
            values = values.where(values != "", read(at))
        return values

    def texts(name: str) -> pd.Series:
        return recorded(name, lambda at: data.texts(name, at, level, units))

    def arm_at(at: str) -> pd.Series:
        return data.arm_of(at, level, units, specification.arm[0], specification.arms, specification.arm_wave)

    frame = pd.DataFrame(index=units)
    frame["arm"] = arm_at(specification.arm_wave) if specification.arm_wave else recorded(specification.arm[0], arm_at)
    frame["cluster"], frame["assigned"] = texts(specification.cluster), texts(specification.assigned)
    frame["group"] = data.group_of(wave).reindex(units) if level == "person" else units
    frame["stratum"] = ""
    for place, name in enumerate(specification.strata):
        frame["stratum"] += "|" * (place > 0) + texts(name)
    frame["weight"] = pd.to_numeric(texts(specification.weights), errors="coerce") if specification.weights else 1.0
    frame = frame[(frame["arm"] != "") & (frame["cluster"] != "")].copy()
    if specification.weigh == "groups":
        frame["weight"] /= frame.groupby("group")["weight"].transform("sum")
    return frame


def ranges(data: Data, specification: Specification, *, draws: int, seed: int) -> pd.DataFrame:
    """Bounds or range of each arm against its reference, of those :func:`expected`.

    Returns
    -------
    DataFrame, one row an arm, see :func:`coops.participants.lee_bounds.row`
        Also refused: ``all_seen`` (nobody is missing), ``not_followed`` (nobody is expected twice),
        ``overlapping_arms`` (a unit may have several), ``weights_unknown`` (weights are known only of those seen).
        No arm, no range.
    """
    random = specification.assignment == "randomised"
    named = dict(
        outcome=specification.outcome,
        wave=specification.wave,
        specification=specification.name,
        conf_level=specification.level,
    )
    others = [arm for arm in specification.arms if arm != specification.reference]
    reason = _not_expected(data, specification)
    units = expected(data, specification) if others and not reason else pd.DataFrame()
    if len(units) and not (units["weight"] > 0).all():
        reason = "weights_unknown"
    rows = []
    for arm in others:
        if reason:
            kind = "bounds" if random else "range"
            rows.append(lee_bounds.row(kind=kind, arm=arm, refused=reason, **named))
            continue
        part = units[units["arm"].isin([arm, specification.reference])]
        weights = part["weight"] if specification.weighted else None
        inputs = (part["outcome"], part["arm"] == arm, part["cluster"], part["stratum"], weights)
        bound = lee_bounds.bound(*inputs, random=random, draws=draws, seed=seed, level=specification.level).to_dict()
        if bound["n_by_arm"] == bound["n_expected_by_arm"]:
            bound |= {"refused": "all_seen", "conf_low": np.nan, "conf_high": np.nan}
        names = {"arm": arm, "reference": specification.reference, "": ""}
        for counts in ("n_expected_by_arm", "n_by_arm", "clusters_by_arm"):
            bound[counts] = {names[side]: number for side, number in bound[counts].items()}
        rows.append(lee_bounds.row(**bound | named | {"arm": arm, "trimmed": names[bound["trimmed"]]}))
    return lee_bounds.framed(rows)


def _not_expected(data: Data, specification: Specification) -> str:
    """Why nobody can be said to have been expected; empty if somebody was."""
    if len(specification.arm) > 1:
        return "overlapping_arms"
    return "not_followed" if specification.estimator.cross_section or data.cross_sections() else ""


def _mean(data: Data, specification: Specification, waves: Iterable[str], level: str, units: pd.Index) -> pd.Series:
    """Each unit's mean of the outcome over waves; missing if it was not seen or did not answer at one of them."""
    columns = [
        pd.to_numeric(data.at(specification.outcome, wave, level, units)).where(data.seen(wave, level, units))
        for wave in waves
    ]
    return pd.concat(columns, axis=1).mean(axis=1, skipna=False)
