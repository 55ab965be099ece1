"""Tallies of activities: delivered against planned, cost, time, and what each unit got.

Columns are named by the caller: what an event, a kind or an amount is, the study says.
"""

import numpy as np
import pandas as pd

ALL = "all"  # the last row of a table by kind


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


def delivery(
    events: pd.DataFrame, kind: str, planned: str, delivered: str, yes: list[str], statuses: list[str]
) -> pd.DataFrame:
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
        counts = {status: int((part.loc[wanted, delivered] == status).sum()) for status in statuses}
        total = int(wanted.sum())
        line = {kind: name, "planned": total}
        line |= {f"n {status}": count for status, count in counts.items()}
        line |= {f"share {status}": count / total if total else np.nan for status, count in counts.items()}
        beyond = int((part.loc[~wanted, delivered].isin(list(statuses)[:-1])).sum())
        lines.append(line | {"unknown": total - sum(counts.values()), "beyond": beyond})
    return pd.DataFrame(lines)


def period(start: pd.Series, months: int = 1) -> pd.Series:
    """First month of the period of some months in which each day lies, counted from January; missing without a day."""
    day = pd.to_datetime(start)
    first = day.dt.year * 12 + (day.dt.month - 1) // months * months
    return first.map(
        lambda month: pd.Period(year=int(month // 12), month=int(month % 12) + 1, freq="M"), na_action="ignore"
    )


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
    doses = events.groupby(group)[amounts].sum().reindex(groups).fillna(0.0).astype(float)
    doses.insert(0, "events", events.groupby(group).size().reindex(groups).fillna(0).astype(int))
    return doses


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


def _kinds(events: pd.DataFrame, kind: str) -> list[tuple[str, pd.DataFrame]]:
    """Events of each kind, in order of its name; those without a kind under an empty text."""
    return [(str(name), part) for name, part in events.groupby(events[kind].fillna("").astype(str), sort=True)]
