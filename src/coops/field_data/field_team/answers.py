"""Field-team checks of the answers: gaps, outliers, texts, contradictions, mistaken units."""

import numpy as np
import pandas as pd

from coops.field_data.field_team.base import FEW_ROWS, NUMBER_KINDS, Collected, Result, lines, together
from coops.study.values import plain

FEWEST = 10  # values a pool must have; a smaller one is compared with all values of the wave


def gaps(survey: Collected) -> Result:
    """Check 4: missing answers and number of different values, by variable."""
    rows = []
    for name, frame in survey.tables.items():
        for column in survey.questions(name):
            asked = survey.asked(name, column)
            values, number = frame.loc[asked, column], int(asked.sum())
            missing, different = float(values.isna().mean()) if number else np.nan, values.nunique()
            what = ["many_empty"] if missing > survey.settings.missing_rate else []
            what += ["one_value"] if different == 1 and missing < 1 else []
            flags = ", ".join(what) if number >= FEW_ROWS else ""
            rows.append([name, column, number, missing, different, flags])
    columns = ["table", "column", "asked", "missing", "different", "what"]
    return len(rows), pd.DataFrame(rows, columns=columns)


def distances(survey: Collected, name: str, column: str) -> pd.DataFrame:
    """How far each number of a variable lies from the median of its pool, in robust standard deviations.

    The scale is 1.4826 times the median absolute deviation (Hampel 1974), of the values above the median for a value
    above it and of those below for one below, so that a skewed variable is not all outliers; in logs for money (above
    zero).

    Returns
    -------
    DataFrame, indexed like the table
        ``value`` (in logs for money), ``scale``, ``z``; no row where there is no spread.
    """
    values = survey.numbers(name, column)
    if column in survey.settings.money:
        values = np.log(values[values > 0])
    waves, pools = survey.waves(name)[values.index], _pools(survey, name)[values.index]
    frame = pd.DataFrame({"value": values, "wave": waves, "pool": pools})
    enough = frame.groupby(["wave", "pool"])["value"].transform("size") >= FEWEST
    parts = []
    for (wave, pool), part in frame.groupby(["wave", frame["pool"].where(enough, "")]):
        among = part if pool or enough.all() else frame[frame["wave"] == wave]
        if len(among) < FEWEST:
            continue
        centre = among["value"].median()
        below, above = (side.abs().median() * 1.4826 for side in _sides(among["value"] - centre))
        scale = np.where(part["value"] < centre, below, above)
        here = pd.DataFrame({"value": part["value"], "scale": scale, "z": (part["value"] - centre) / scale})
        parts.append(here[scale > 0])
    return pd.concat(parts) if parts else pd.DataFrame(columns=["value", "scale", "z"], dtype=float)


def _sides(apart: pd.Series) -> tuple[pd.Series, pd.Series]:
    return apart[apart <= 0], apart[apart >= 0]


def _pools(survey: Collected, name: str) -> pd.Series:
    """Pool of each row: the cell of the variables of ``pool`` that its unit is in; one for all without them."""
    table, frame = survey.study.contract.tables[name], survey.tables[name]
    pool = pd.Series("|", index=frame.index)
    if table.level == "event":
        return pool
    units, waves, data = survey.units(name), survey.waves(name), survey.data
    for column in survey.settings.pool:
        if table.level == "group" and data.level_of(column) == "person":
            continue
        for wave, part in units.groupby(waves):
            if data.measured(column):
                texts = data.texts(column, data.recorded(column, wave), table.level, pd.Index(part.unique()))
                pool[part.index] += part.map(texts) + "|"
    return pool


def outliers(survey: Collected) -> Result:
    """Check 5: numbers far from the median of their pool."""
    looked, parts = 0, []
    for name in survey.tables:
        for column in survey.questions(name, *NUMBER_KINDS):
            far = distances(survey, name, column)
            looked += len(far)
            odd = far.index[far["z"].abs() > survey.settings.outlier]
            shown = survey.shown(name, column, survey.tables[name].loc[odd, column])
            measure = far.loc[odd, "z"].astype(float).round(1)
            parts.append(lines(name, survey.keys(name)[odd], column, "outlier", shown.to_list(), measure.to_list()))
    return looked, together(parts)


def specified(survey: Collected) -> Result:
    """Check 7: answers "something else", and what was written for them."""
    looked, parts = 0, []
    for name in survey.tables:
        for column in survey.questions(name, "category", "multiple"):
            if not set(survey.settings.other) & set(survey.variables(name)[column].allowed):
                continue
            given = survey.tables[name][column].dropna().map(lambda cell: set(plain(cell).split()))
            looked += len(given)
            chosen = given.index[given.map(lambda ticked: bool(ticked & set(survey.settings.other))).astype(bool)]
            parts.append(lines(name, survey.keys(name)[chosen], column, "other_chosen"))
    for column in survey.settings.specify:
        number, written = _texts(survey, column, "other_text")
        looked, parts = looked + number, parts + written
    return (looked, together(parts)) if looked or survey.settings.specify else "not_collected"


def comments(survey: Collected) -> Result:
    """Check 8: remarks of the enumerators."""
    if not survey.settings.comments:
        return "not_collected"
    remarks = [_texts(survey, column, "comment") for column in survey.settings.comments]
    return sum(number for number, _ in remarks), together([part for _, rows in remarks for part in rows])


def _texts(survey: Collected, column: str, what: str) -> tuple[int, list[pd.DataFrame]]:
    """Number of rows of a text variable, and the rows in which something was written."""
    looked, parts = 0, []
    for name in survey.tables_of(column):
        text = survey.tables[name][column].dropna()
        looked += len(survey.tables[name])
        shown = survey.shown(name, column, text).to_list()
        parts.append(lines(name, survey.keys(name)[text.index], column, what, shown))
    return looked, parts


def contradictions(survey: Collected) -> Result:
    """Check 16: several choices ticked of which one excludes the others."""
    looked, parts, asked = 0, [], False
    for name in survey.tables:
        for column in survey.questions(name, "multiple"):
            asked = True
            ticked = survey.tables[name][column].dropna().map(lambda cell: str(cell).split())
            looked += len(ticked)
            alone = ticked.map(lambda chosen: len(set(chosen)) > 1 and bool(set(chosen) & set(survey.settings.none)))
            odd = ticked.index[alone.astype(bool)]
            shown = survey.shown(name, column, survey.tables[name].loc[odd, column])
            parts.append(lines(name, survey.keys(name)[odd], column, "none_and_others", shown))
    return (looked, together(parts)) if asked else "no_choices"


def units(survey: Collected) -> Result:
    """Check 20: amounts that would be usual if they were divided or multiplied by the factor of another unit.

    Two signs: an outlier of its pool that the factor brings to within two deviations of the median; or an amount that
    is the factor, within a quarter, times the unit's own at another wave, where no such change is usual (half as far
    out among all changes as an outlier), and that the factor brings nearer to the median.
    """
    if not survey.settings.money:
        return "not_collected"
    looked, parts = 0, []
    for column, factors in survey.settings.money.items():
        steps = np.array([sign * np.log(factor) for factor in factors for sign in (1, -1)])
        for name in survey.tables_of(column):
            far = distances(survey, name, column)
            looked += len(far)
            z, scale = far["z"].to_numpy(float), far["scale"].to_numpy(float)
            moved = np.abs(z[:, None] - steps / scale[:, None])
            to_pool = (np.abs(z)[:, None] > survey.settings.outlier) & (moved <= 2)
            close = np.abs(_jumps(survey, name, far["value"])[:, :, None] - steps) < np.log(1.25)
            to_self = close.any(axis=1) & (moved < np.abs(z)[:, None])
            slips = to_pool | to_self
            odd = slips.any(axis=1)
            best = np.where(slips, moved, np.inf)[odd].argmin(axis=1) if odd.any() else []
            factor = [round(float(np.exp(steps[place])), 4) for place in best]
            at = far.index[odd]
            shown = survey.shown(name, column, survey.tables[name].loc[at, column]).to_list()
            parts.append(lines(name, survey.keys(name)[at], column, "unit_slip", shown, factor))
    return looked, together(parts)


def _jumps(survey: Collected, name: str, logs: pd.Series) -> np.ndarray:
    """Log of each amount over that of the same unit at every wave, where it is unusual (rows × waves; else missing)."""
    if survey.study.contract.tables[name].level == "event":
        return np.full((len(logs), 1), np.nan)
    frame = pd.DataFrame({"log": logs, "unit": survey.units(name)[logs.index], "wave": survey.waves(name)[logs.index]})
    wide = frame.pivot_table(index="unit", columns="wave", values="log", aggfunc="first")
    jumps = np.full((len(frame), len(wide.columns)), np.nan)
    for place, wave in enumerate(wide.columns):
        for here in wide.columns.drop(wave):
            change = (wide[here] - wide[wave]).dropna()
            apart = (change - change.median()).abs()
            odd = change[(apart > survey.settings.outlier / 2 * 1.4826 * apart.median()) & (len(change) >= FEWEST)]
            rows = (frame["wave"] == here).to_numpy()
            jumps[rows, place] = frame.loc[rows, "unit"].map(odd)
    return jumps
