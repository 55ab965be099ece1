"""The published counts beside those of the study: how many units the roster of the received tables holds."""

import re
from collections.abc import Callable

import pandas as pd

from coops import disclosure
from coops.context.facts import ROSTER, Facts, Told, value
from coops.data.units import Data
from coops.disclosure import suppression
from coops.show.language import Words
from coops.show.table import HIDDEN, Column
from coops.study.study import Study


def compared(facts: Facts, study: Study, receive: Callable) -> pd.DataFrame:
    """Facts that name a count of the study, with that count on the roster of the received tables.

    ``receive``: gives what was received (``tables``, ``errors``); asked only if a fact names a count.

    Returns
    -------
    DataFrame, one row a fact with a ``roster``
        The columns of the facts; ``count`` (missing if the received files hold errors, or where it is not shown),
        ``shown`` (False: a count below the threshold of the study that no published number gives away, or one that
        would give it away), ``hidden``.
    """
    rows = facts.rows[facts.rows["roster"] != ""].reset_index(drop=True)
    received = receive() if len(rows) else None
    if received is None or received.errors:
        unread = rows.assign(count=pd.Series(float("nan"), index=rows.index), shown=True)
        return disclosure.released(unread, study, behind=disclosure.OPEN)
    data = Data(study, received.tables)
    names = {text: match for text in dict.fromkeys(rows["roster"]) if (match := ROSTER.fullmatch(text))}
    counted = {text: _count(data, match) for text, match in names.items()}
    published = {text: set(part["value"].astype(float)) for text, part in rows[rows["value"] != ""].groupby("roster")}
    shown = dict.fromkeys(counted, True)
    known = {text: count for text, count in counted.items() if count[0] not in published.get(text, ())}
    for level in ("person", "group"):
        mine = {text: names[text] for text, (_, of) in known.items() if of == level}
        counts = pd.Series({text: known[text][0] for text in mine}, dtype=int)
        whole = [pd.Series([f"{name['variable']}@{name['arm']}" if name["value"] else "" for name in mine.values()])]
        hidden = suppression.of_rows(counts, whole, study.contract.least(level))
        shown |= {text: not out for text, out in hidden.items()}
    roster = rows["roster"]
    frame = rows.assign(count=[counted[text][0] for text in roster], shown=[shown[text] for text in roster])
    return disclosure.released(frame, study, columns=("count",), rule=~frame["shown"])


def _count(data: Data, name: re.Match) -> tuple[int, str]:
    """Number of units on the roster, and their level."""
    design, wave = data.study.contract.design, data.waves[0]
    if not name["value"]:
        units = _units(data, name["what"], name["arm"])
        return len(units), name["what"]
    variables = [name["variable"]] if name["variable"] else design.strata
    level = max((data.level_of(variable) for variable in variables), key=("group", "person").index)
    units = _units(data, level, name["arm"])
    inside = pd.Series(False, index=units)
    for variable in variables:
        inside |= data.texts(variable, data.recorded(variable, wave), level, units) == name["value"]
    return int(inside.sum()), level


def _units(data: Data, level: str, arm: str | None) -> pd.Index:
    """Units of a level on the roster, those of an arm if one is named."""
    tables = data.study.contract.tables.values()
    if level == "group" and not any(table.level == "group" for table in tables):
        groups = data.group_of(data.waves[0]).reindex(_units(data, "person", arm))
        return pd.Index(groups[groups.notna() & (groups != "")].unique())
    units = data.roster(level)
    if not arm:
        return units
    design = data.study.contract.design
    if len(design.arm) > 1:
        return units[(data.texts(arm, data.waves[0], level, units) == "1").to_numpy()]
    if level == "group" and data.level_of(design.arm[0]) == "person":
        return pd.Index(data.group_of(data.waves[0]).reindex(_units(data, "person", arm)).dropna().unique())
    return units[(data.arm_of(data.waves[0], level, units) == arm).to_numpy()]


def table(facts: Facts, rows: pd.DataFrame) -> Told:
    """The published counts beside those of the study; ``rows`` from :func:`compared`."""
    data = rows.assign(difference=rows["count"] - pd.to_numeric(rows["value"], errors="coerce"))

    def say(row: dict, words: Words) -> list[str]:
        own = [words.count(row["count"]), words.count(row["difference"])] if row["shown"] else [HIDDEN, HIDDEN]
        return [row[f"item_{words.language}"], facts.where(row, words), value(row, words), *own]

    shown = [("fact", "text"), ("where", "text"), ("published", "number"), ("in_study", "number"), ("apart", "number")]
    keep = ["key", "roster", "value", "unit", "series", "place", "year", "count", "difference", "shown"]
    items = [column for column in data if column.startswith("item_")]
    columns = tuple(Column(head, show) for head, show in shown)
    return Told(data[[*keep, *items, "hidden"]], columns, "tab_roster", say=say)


def table_words(rows: pd.DataFrame) -> dict:
    """What the note of the table of the roster says."""
    unread = len(rows) and bool(rows["count"].isna().all())
    return {"unread": lambda words: words.label("roster_unread") if unread else ""}
