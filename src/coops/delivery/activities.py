"""What a study says of its activities and of the organisations behind them, with what may not be shown taken out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coops import disclosure
from coops.data.units import Data, compared
from coops.delivery import tallies
from coops.disclosure.suppression import ALL, of_kinds, of_table
from coops.disclosure.thresholds import few, few_left
from coops.study.schema import Delivery
from coops.study.study import Study
from coops.study.values import plain

MONTHS = (1, 3, 6, 12)  # periods of a timeline, the finest first
ENOUGH = 2 / 3  # share of the activities that the periods of a timeline show, at the least


@dataclass(frozen=True)
class Activities:
    """The activities of a study, and those that the programme was for.

    ``events``: one row an activity with kind, unit, start, amount, participants, cost (missing where not collected),
    planned (``yes`` or ``no``), status, given (was it delivered, in whole or in part). ``level`` of ``unit``: group,
    person, or empty where the study does not say whom an activity was for; each activity is then a unit. ``units``:
    those in another arm than the reference, or all where there is none; ``persons`` and ``groups``: how many these are
    (no persons if any arm has too few of them, which would follow).
    """

    study: Study
    events: pd.DataFrame
    statuses: tuple[str, ...]
    level: str
    units: pd.Index
    persons: int
    groups: int

    @property
    def least(self) -> int:
        """Fewest units behind a number that is shown; an activity that is for nobody named counts as a group."""
        return self.study.contract.least(self.level or "group")

    @property
    def given(self) -> pd.DataFrame:
        """The activities that were delivered, in whole or in part."""
        return self.events[self.events["given"]]


def settings_of(study: Study) -> Delivery:
    """What the study names of its deliveries; nothing if it has none."""
    return study.contract.delivery or Delivery()


def read(data: Data) -> Activities:
    """Read the activities of a study; none if it names no table of them."""
    contract = data.study.contract
    settings = settings_of(data.study)
    raw = data.tables[settings.table].reset_index(drop=True) if settings.table else pd.DataFrame()

    def column(name: str, other: object) -> pd.Series:
        return raw[name] if name else pd.Series(other, index=raw.index)

    amounts = ("amount", "participants", "cost")
    events = pd.DataFrame({name: column(getattr(settings, name), np.nan) for name in amounts})
    events["kind"] = column(settings.kind, "").map(plain)
    events["unit"] = column(settings.unit, "").map(plain) if settings.unit else raw.index.astype(str)
    events["start"] = column(settings.start, "")
    planned = column(settings.planned, settings.planned_values[0]).map(plain)
    events["planned"] = np.where(planned.isin(settings.planned_values), "yes", "no")
    statuses = tuple(settings.statuses) if settings.delivered else ("",)
    events["status"] = column(settings.delivered, "").map(plain)
    events["given"] = events["status"].isin(statuses[:-1] or statuses)
    level = _level(data, settings.unit) if settings.unit else ""
    persons, groups = _programme(data)
    units = {"group": groups, "person": persons}.get(level, pd.Index(events["unit"]))
    arms = compared(data, data.waves[0], data.population()).value_counts()
    shown = data.level == "person" and not few(arms, contract.least("person")).any()  # all less these: the reference
    numbers = {"persons": len(persons) if shown else 0, "groups": len(groups)}
    return Activities(data.study, events, statuses, level, units, **numbers)


def _level(data: Data, column: str) -> str:
    tables = [table for table in data.study.contract.tables.values() if table.level != "event"]
    groups = any(column == table.group or (table.level == "group" and column == table.key[0]) for table in tables)
    return "group" if groups else "person"


def _programme(data: Data) -> tuple[pd.Index, pd.Index]:
    """Units of the study's level that the programme was for, and their groups; these alone where it is about groups."""
    units, design = data.population(), data.study.contract.design
    first = data.waves[0]
    if len(design.arm) == 1:
        arm = data.arm_of(first, data.level, units)
        units = units[((arm != "") & (arm != design.reference)).to_numpy()]
    elif design.arm:
        offers = [pd.to_numeric(data.at(name, _wave(data, name), data.level, units)) for name in design.arm]
        units = units[(pd.concat(offers, axis=1) == 1).any(axis=1).to_numpy()]
    if data.level == "group":
        return units, units
    return units, pd.Index(data.group_of(first).reindex(units).dropna().unique())


def _wave(data: Data, variable: str) -> str:
    design = data.study.contract.design
    return design.arm_wave or next(iter(data.measured(variable)), data.waves[0])


# -- planned and delivered ------------------------------------------------------------------------


def kinds(activities: Activities) -> pd.DataFrame:
    """Planned and delivered by kind, as ``tallies.delivery``; a hidden number is missing and named in ``hidden``."""
    events = activities.events
    if events.empty:
        return pd.DataFrame()
    table = tallies.delivery(events, "kind", "planned", "status", ["yes"], list(activities.statuses)).set_index("kind")
    planned = events[events["planned"] == "yes"]
    status = planned["status"].where(planned["status"].isin(activities.statuses), "unknown")
    gone = of_table(planned["kind"], status, planned["unit"], activities.least)
    beyond = events[(events["planned"] != "yes") & events["given"]]
    more = of_kinds(beyond["kind"], beyond["unit"], activities.least)
    cells = {"planned": gone[ALL], "unknown": gone.get("unknown"), "beyond": more}
    cells |= {f"n {status}": gone.get(status) for status in activities.statuses}
    flags = pd.DataFrame({name: _flags(hidden, table.index) for name, hidden in cells.items()})
    for status in activities.statuses:
        flags[f"share {status}"] = flags[f"n {status}"] | flags["planned"]
    flags = flags[[name for name in table if name in flags]]
    return disclosure.released(table, activities.study, rule=flags).reset_index()


def _flags(hidden: pd.Series | None, kinds: pd.Index) -> pd.Series:
    return (pd.Series(dtype=bool) if hidden is None else hidden).reindex(kinds, fill_value=False).astype(bool)


def _released(table: pd.DataFrame, activities: Activities) -> pd.DataFrame:
    """Take out whole rows (kinds): with too few units or persons behind them, and as many more as it takes."""
    part = activities.given
    taking_part = part.groupby("kind")["participants"].sum()
    also = taking_part.index[few(taking_part, activities.study.contract.least("person"))]
    gone = _flags(of_kinds(part["kind"], part["unit"], activities.least, also), table.index)
    flags = pd.DataFrame(dict.fromkeys(table, gone))
    reached = part[part["unit"].isin(activities.units)].groupby("kind")["unit"].nunique()
    flags["units"] |= _flags(few_left(len(activities.units), reached, activities.least), table.index)
    return disclosure.released(table, activities.study, rule=flags).reset_index()


# -- reach and dose -------------------------------------------------------------------------------


def reach(activities: Activities) -> pd.DataFrame:
    """Whom the delivered activities of each kind reached, how long they lasted and how many took part.

    Returns
    -------
    DataFrame, one row a kind, then ``all``
        units (different ones), amount, participants (each time counted), each (median of an activity), hidden.
    """
    part = activities.given
    if part.empty:
        return pd.DataFrame()
    lines = {}
    for name, of in [*part.groupby("kind", sort=True), (ALL, part)]:
        lines[name] = {
            "units": of["unit"].nunique(),
            "amount": of["amount"].sum(min_count=1),
            "participants": of["participants"].sum(min_count=1),
            "each": of["participants"].median(),
        }
    table = pd.DataFrame.from_dict(lines, orient="index", dtype=float).rename_axis("kind")
    return _released(table, activities)


# -- time -----------------------------------------------------------------------------------------


def timeline(activities: Activities, shown: list[str]) -> pd.DataFrame:
    """Planned activities, and those of them delivered in full, by period and kind.

    ``shown``: the kinds whose totals may be shown. The period is the finest of month, quarter, half-year and year that
    shows two thirds of the activities, all kinds together; else the year. Those without a date are out.

    Returns
    -------
    DataFrame, one row a kind (``all`` first) and period, periods without any too, kinds of which one is shown only
        kind, month (the first one, ``2001-10``), months (how many a period has), planned, full; missing where hidden.
    """
    events = activities.events[activities.events["planned"] == "yes"]
    events = events[pd.to_datetime(events["start"]).notna()]
    if events.empty:
        return pd.DataFrame()
    full = (events["status"] == activities.statuses[0]).to_numpy()
    for months in MONTHS:
        period = tallies.period(events["start"], months).astype(str)
        sides = [(events[side], period[side]) for side in (full, ~full)]
        parts = [of_table(part["kind"], when, part["unit"], activities.least) for part, when in sides]
        gone = pd.concat([part.loc[ALL] for part in parts], axis=1).fillna(False).any(axis=1)
        if period.map(gone).eq(False).mean() >= ENOUGH:
            break
    lines, flags = [], []
    for kind in (ALL, *shown):
        of = events[(events["kind"] == kind) | (kind == ALL)]
        planned = tallies.timeline(of, "start", "amount", months).set_index("month")["events"]
        done = of[of["status"] == activities.statuses[0]]
        done = tallies.timeline(done, "start", "amount", months).set_index("month")["events"]
        for month in tallies.timeline(events, "start", "amount", months)["month"]:
            line = {"kind": kind, "month": month, "months": months}
            lines.append(line | {"planned": float(planned.get(month, 0)), "full": float(done.get(month, 0))})
            hidden = [bool(part.get(month, pd.Series(dtype=bool)).get(kind, False)) for part in parts]
            flags.append({"planned": any(hidden), "full": hidden[0]})
    table = disclosure.released(pd.DataFrame(lines), activities.study, rule=pd.DataFrame(flags))
    return table[table.groupby("kind")["full"].transform("max").gt(0)].reset_index(drop=True)


# -- cost -----------------------------------------------------------------------------------------


def spent(activities: Activities) -> pd.DataFrame:
    """What the delivered activities cost by kind, as ``tallies.by_kind``, with the units reached; rows may be out."""
    part = activities.given
    if not part["cost"].notna().any():
        return pd.DataFrame()
    table = tallies.by_kind(part, "kind", "cost", activities.persons, activities.groups).set_index("kind")
    table["units"] = [*part.groupby("kind", sort=True)["unit"].nunique(), part["unit"].nunique()]
    return _released(table.drop(columns=["events", "without_amount"]).astype(float), activities)
