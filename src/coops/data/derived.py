"""Derived variables: a closed list of kinds, computed where they are asked for."""

from typing import Protocol

import numpy as np
import pandas as pd

from coops.study.findings import fail
from coops.study.schema import Derived
from coops.study.study import Study
from coops.study.values import holds, plain


class Variables(Protocol):
    """What a derived variable is computed from: :class:`coops.data.units.Data` is one."""

    study: Study
    tables: dict[str, pd.DataFrame]

    def at(self, variable: str, wave: str, level: str, units: pd.Index) -> pd.Series:
        """Return a variable at a wave for units of a level."""

    def level_of(self, variable: str) -> str:
        """Tell whether a variable is one of persons or of groups."""

    def roster(self, level: str) -> pd.Index:
        """Return all units of a level."""

    def population(self, level: str) -> pd.Index:
        """Return the units that every count starts from."""

    def arm_of(self, wave: str, level: str, units: pd.Index) -> pd.Series:
        """Return the name of each unit's arm."""


def compute(data: Variables, rule: Derived, name: str, wave: str) -> pd.Series:
    """Compute one derived variable at one wave.

    Returns
    -------
    Series indexed by unit
        float, or text for ``band`` and for ``recode`` into words; missing by the rule's ``missing``.

    Raises
    ------
    FindingError
        ``E_NOT_POSITIVE`` for ``log`` and ``ratio`` of a value that is not above zero.
    """
    level = data.level_of(name)
    units = data.roster(level)
    if rule.kind == "total":
        return _total(data, rule, units)
    columns = [data.at(given, wave, level, units) for given in rule.of]
    if rule.kind in ("recode", "band"):
        return {"recode": _recode, "band": _band}[rule.kind](columns[0], rule)
    inputs = pd.concat([pd.to_numeric(column, errors="coerce") for column in columns], axis=1)
    if rule.kind in ("sum", "mean"):
        fewest = len(rule.of) if rule.missing == "any" else 1
        total = inputs.sum(axis=1, min_count=fewest)
        return total if rule.kind == "sum" else total / inputs.notna().sum(axis=1)
    first = inputs.iloc[:, 0]
    if rule.kind == "ratio":
        return first / _positive(inputs.iloc[:, 1], rule.of[1])
    if rule.kind == "log":
        return np.log(_positive(first, rule.of[0]))
    if rule.kind == "deflate":
        prices = {period: settings.price_index for period, settings in data.study.contract.waves.items()}
        return first * prices[rule.base] / prices[wave]
    return _standardise(data, rule, first, level)


def _total(data: Variables, rule: Derived, units: pd.Index) -> pd.Series:
    """Add up a variable over the events of each unit; a unit without such an event has none of it."""
    events = data.tables[rule.table]
    for condition in rule.when:
        events = events[holds(events[condition.variable], condition).to_numpy()]
    return events.groupby(events[rule.by].map(plain))[rule.of[0]].sum().reindex(units).fillna(0.0).astype(float)


def _positive(values: pd.Series, name: str) -> pd.Series:
    bad = values.index[values <= 0].tolist()
    if bad:
        raise fail("E_NOT_POSITIVE", file="study.toml", column=name, key=", ".join(map(str, bad[:5])))
    return values


def _recode(values: pd.Series, rule: Derived) -> pd.Series:
    recoded = values.map(plain).map(rule.values)
    numbers = pd.to_numeric(pd.Series(list(rule.values.values())), errors="coerce")
    return pd.to_numeric(recoded) if numbers.notna().all() else recoded


def _band(values: pd.Series, rule: Derived) -> pd.Series:
    edges = [-np.inf, *rule.bounds, np.inf]
    return pd.cut(pd.to_numeric(values, errors="coerce"), edges, right=False, labels=rule.names).astype(object)


def _standardise(data: Variables, rule: Derived, values: pd.Series, level: str) -> pd.Series:
    """Subtract the mean and divide by the SD (n − 1) of the base wave, in the named arm or the population."""
    base = data.at(rule.of[0], rule.base, level, data.population(level))
    if rule.arm:
        base = base[(data.arm_of(rule.base, level, base.index) == rule.arm).to_numpy()]
    return (values - base.mean()) / base.std(ddof=1)
