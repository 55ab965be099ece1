"""What was delivered, when, to whom and at what cost; and what a unit of effect cost.

Source: Fieller 1954, Journal of the Royal Statistical Society B 16(2), 175-185 (confidence set of a ratio). Columns are
named by the caller: what an event, a kind or an amount is, the study says.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coops.estimation import cluster_robust, effects
from coops.estimation.influence import weights
from coops.estimation.sample_design import Rows

ALL = "all"  # the last row of a table by kind
ZERO = 1e-12  # relative: a leading coefficient this small is zero


def by_kind(events: pd.DataFrame, kind: str, amount: str, units: int, groups: int) -> pd.DataFrame:
    """Cost by kind of event, per unit and per group.

    Parameters
    ----------
    events : DataFrame, one row an event
        Those that count, such as delivered ones only.
    kind, amount : str
        Columns: a category, and money (or any amount) which may be missing.
    units, groups : int
        By how many each total is divided: those that the programme was for, reached by the event or not.

    Returns
    -------
    DataFrame, one row a kind in order of its name, then ``all``
        events, without_amount (events whose amount is missing: the total lacks them), total, share (0 to 1), per_unit,
        per_group.
    """
    parts = [*_kinds(events, kind), (ALL, events)]
    whole = events[amount].sum()
    lines = []
    for name, part in parts:
        total = float(part[amount].sum())
        lines.append({
            kind: name, "events": len(part), "without_amount": int(part[amount].isna().sum()), "total": total,
            "share": total / whole if whole else np.nan,
            "per_unit": total / units if units else np.nan, "per_group": total / groups if groups else np.nan,
        })  # fmt: skip
    return pd.DataFrame(lines)


def delivery(events: pd.DataFrame, kind: str, planned: str, delivered: str, yes, statuses) -> pd.DataFrame:
    """Delivered against planned, by kind.

    Parameters
    ----------
    kind, planned, delivered : str
        Columns: a category; was the event planned; how it was delivered.
    yes : list of str
        Values of ``planned`` that mean it was.
    statuses : list of str
        Values of ``delivered``, from whole to none.

    Returns
    -------
    DataFrame, one row a kind in order of its name, then ``all``
        planned (events); of these n and share of each status (``n …``, ``share …``) and ``unknown`` (another status, or
        none); beyond: events that were not planned and were delivered in another way than the last status.
    """
    lines = []
    for name, part in [*_kinds(events, kind), (ALL, events)]:
        wanted = part[planned].isin(yes)
        counts = {one: int((part.loc[wanted, delivered] == one).sum()) for one in statuses}
        total = int(wanted.sum())
        line = {kind: name, "planned": total}
        line |= {f"n {one}": count for one, count in counts.items()}
        line |= {f"share {one}": count / total if total else np.nan for one, count in counts.items()}
        beyond = int((part.loc[~wanted, delivered].isin(list(statuses)[:-1])).sum())
        lines.append(line | {"unknown": total - sum(counts.values()), "beyond": beyond})
    return pd.DataFrame(lines)


def period(start: pd.Series, months: int = 1) -> pd.Series:
    """First month of the period of some months in which each day lies, counted from January; missing without a day."""
    day = pd.to_datetime(start)
    first = day.dt.year * 12 + (day.dt.month - 1) // months * months
    return first.map(lambda one: pd.Period(year=int(one // 12), month=int(one % 12) + 1, freq="M"), na_action="ignore")


def timeline(events: pd.DataFrame, start: str, amount: str, months: int = 1) -> pd.DataFrame:
    """Events and amounts by period of some months, periods without any in between too.

    ``start``: column of dates, as text or date. Returns one row a period, named by its first month (``2001-10``):
    events, total, running (the sum so far); events without a date come last, under an empty month, and are in the last
    running sum.
    """
    first = period(events[start], months)
    grouped = events.assign(month=first).groupby("month")[amount]
    table = pd.DataFrame({"events": grouped.size(), "total": grouped.sum()})
    if len(table):
        table = table.reindex(pd.period_range(table.index.min(), table.index.max(), freq="M")[::months], fill_value=0)
    table.index = table.index.astype(str)
    lost = events.loc[first.isna().to_numpy(), amount]
    if len(lost):
        table.loc[""] = [len(lost), lost.sum()]
    table = table.astype({"events": int, "total": float}).rename_axis("month").reset_index()
    return table.assign(running=table["total"].cumsum())


def by_group(events: pd.DataFrame, group: str, amounts: list[str], groups: pd.Index) -> pd.DataFrame:
    """Dose of each group: events and sums of amounts; a group without an event has none of it, not a gap."""
    found = events.groupby(group)[amounts].sum().reindex(groups).fillna(0.0).astype(float)
    found.insert(0, "events", events.groupby(group).size().reindex(groups).fillna(0).astype(int))
    return found


def per_unit(events: pd.DataFrame, group: str, amount: str, group_of: pd.Series) -> pd.Series:
    """Cost of each unit: the cost of its group shared out evenly among the units of the group.

    ``group_of``: unit → group, of all units that the programme was for. Units of a group without an event cost 0; what
    was spent on a group without units is in none.
    """
    total = events.groupby(group)[amount].sum()
    share = total.reindex(group_of.unique()).fillna(0.0) / group_of.value_counts().reindex(group_of.unique())
    return group_of.map(share).astype(float)


def quartiles(values: pd.Series) -> dict[str, float]:
    """Summarise a dose over groups without showing one of them: n, none (share at zero), mean and quartiles."""
    values = values.dropna().astype(float)
    low, median, high = values.quantile([0.25, 0.5, 0.75]) if len(values) else (np.nan,) * 3
    none = float((values == 0).mean()) if len(values) else np.nan
    mean = float(values.mean()) if len(values) else np.nan
    return {"n": len(values), "none": none, "mean": mean, "low": low, "median": median, "high": high}


@dataclass(frozen=True)
class Ratio:
    """Cost of a unit of effect, with the set of values that the data do not reject.

    ``estimate`` = cost / effect. ``kind`` of the set: ``"interval"`` (from ``conf_low`` to ``conf_high``),
    ``"complement"`` (up to low and from high: the effect may be zero, and the cost of a unit of it without limit),
    ``"line"`` (any value: the data say nothing), ``"half"`` (the border case: one end infinite). Costs are in money per
    unit, effects in the unit of the outcome, ``covariance`` in their product.
    """

    estimate: float = np.nan
    conf_low: float = np.nan
    conf_high: float = np.nan
    kind: str = ""
    cost: float = np.nan
    std_error_cost: float = np.nan
    effect: float = np.nan
    std_error_effect: float = np.nan
    covariance: float = np.nan
    df: float = np.nan
    conf_level: float = 0.95
    refused: str = ""


def fieller(cost, effect, var_cost, var_effect, covariance=0.0, *, df: float, level: float = 0.95) -> Ratio:
    """Ratio of two estimates with its confidence set.

    Notes
    -----
    The set holds each r with (cost - r effect)^2 <= t^2 (var_cost - 2 r covariance + r^2 var_effect), t with ``df``
    (Fieller 1954): A r^2 - 2 B r + C <= 0 with A = effect^2 - t^2 var_effect, B = cost effect - t^2 covariance, C =
    cost^2 - t^2 var_cost. An interval if A > 0 (the effect differs from zero), else a complement, or the line if no r
    is rejected.
    """
    from scipy import stats

    t2 = float(stats.t.isf((1 - level) / 2, df)) ** 2
    a, b, c = effect**2 - t2 * var_effect, cost * effect - t2 * covariance, cost**2 - t2 * var_cost
    found = Ratio(
        estimate=float(cost / effect) if effect else np.nan, cost=float(cost), std_error_cost=float(np.sqrt(var_cost)),
        effect=float(effect), std_error_effect=float(np.sqrt(var_effect)), covariance=float(covariance), df=df,
        conf_level=level,
    )  # fmt: skip
    if abs(a) <= ZERO * max(effect**2, t2 * var_effect):
        if b == 0:  # no effect, known exactly
            return (
                replace(found, kind="line", conf_low=-np.inf, conf_high=np.inf)
                if c <= 0
                else replace(found, refused="no_effect")
            )
        low, high = (c / (2 * b), np.inf) if b > 0 else (-np.inf, c / (2 * b))
        return replace(found, kind="half", conf_low=float(low), conf_high=float(high))
    inside = b**2 - a * c
    if a < 0 and inside <= 0:
        return replace(found, kind="line", conf_low=-np.inf, conf_high=np.inf)
    root = np.sqrt(max(0.0, inside))
    low, high = sorted(((b - root) / a, (b + root) / a))
    return replace(found, kind="interval" if a > 0 else "complement", conf_low=float(low), conf_high=float(high))


def cost_effectiveness(built: Rows, arm: str, cost) -> Ratio:
    """Cost of a unit of effect: both by one regression, with their covariance by cluster.

    Parameters
    ----------
    built : Rows
        Of the effect.
    cost : array (N,)
        Cost of each row's unit, such as from :func:`per_unit`; 0 in the reference (or what support cost there).

    Returns
    -------
    Ratio
        Refused as the effect is. What a unit of the arm cost more than one of the reference is estimated with the same
        regressors, weights and clusters as the effect.

    Notes
    -----
    The CR2 covariance of two coefficients is sum over clusters of c'M X_g'W_g A_g e_g e*_g'A_g W_g X_g M c, bilinear in
    the two outcomes: (V(y + c) - V(y - c)) / 4. The Bell-McCaffrey df depend on the regressors only and serve both.
    """
    one = next(found for found in effects.rows(built) if found.arm == arm)
    if one.refused:
        return Ratio(conf_level=one.conf_level, refused=one.refused)
    kept, _ = cluster_robust.independent_columns(built.design, built.protected)
    column, design, cluster = built.interest[arm], built.design[kept], built.frame["cluster"].to_numpy()
    y = built.frame["outcome"].to_numpy(dtype=float)
    spent = np.asarray(cost, dtype=float) * built.frame["after"].to_numpy()
    weighted = weights(built) if built.plan.weighted else None
    unit = spent.std() / y.std() if spent.std() > 0 else 1.0  # in one scale, so that sum and difference keep both
    paid, more, less = (
        cluster_robust.fit(values, design, cluster, weighted, column)
        for values in (spent, spent + unit * y, spent - unit * y)
    )
    covariance = float(more.se_cr2[0] ** 2 - less.se_cr2[0] ** 2) / (4 * unit)
    return fieller(
        float(paid.coefficients[0]), one.estimate, float(paid.se_cr2[0]) ** 2, one.std_error**2, covariance,
        df=one.df, level=one.conf_level,
    )  # fmt: skip


def _kinds(events: pd.DataFrame, kind: str) -> list[tuple[str, pd.DataFrame]]:
    """Events of each kind, in order of its name; those without a kind under an empty text."""
    return [(str(name), part) for name, part in events.groupby(events[kind].fillna("").astype(str), sort=True)]
