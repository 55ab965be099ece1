"""What a study says of its activities and of the organisations behind them, with what may not be shown taken out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coops.data.units import Data, compared
from coops.delivery import cost_effectiveness
from coops.disclosure.suppression import ALL, hidden
from coops.estimation.effects import fewest
from coops.estimation.sample_design import Rows
from coops.study.schema import Delivery
from coops.study.values import plain

MONTHS = (1, 3, 6, 12)  # periods of a timeline, the finest first
BARS = 8  # most bars of a distribution
ENOUGH = 2 / 3  # share of the activities that the periods of a timeline show, at the least


@dataclass(frozen=True)
class Activities:
    """The activities of a study, and those that the programme was for.

    ``events``: one row an activity with kind, unit, start, amount, participants, cost (missing where not collected),
    planned (``yes`` or ``no``), status, given (was it delivered, in whole or in part). ``level`` of ``unit``: group,
    person, or empty where the study does not say whom an activity was for; each activity is then a unit. ``units``:
    those in another arm than the reference, or all where there is none; ``persons`` and ``groups``: how many these are
    (no persons if any arm has too few of them, which would follow).
    ``least``: fewest units, ``least_persons``: fewest persons behind a number that is shown.
    """

    events: pd.DataFrame
    statuses: tuple[str, ...]
    level: str
    units: pd.Index
    persons: int
    groups: int
    least: int
    least_persons: int

    @property
    def given(self) -> pd.DataFrame:
        """The activities that were delivered, in whole or in part."""
        return self.events[self.events["given"]]


def read(data: Data) -> Activities:
    """Read the activities of a study; none if it names no table of them."""
    contract = data.study.contract
    says = contract.delivery or Delivery()
    raw = data.tables[says.table].reset_index(drop=True) if says.table else pd.DataFrame()

    def column(name: str, other) -> pd.Series:
        return raw[name] if name else pd.Series(other, index=raw.index)

    events = pd.DataFrame({name: column(getattr(says, name), np.nan) for name in ("amount", "participants", "cost")})
    events["kind"] = column(says.kind, "").map(plain)
    events["unit"] = column(says.unit, "").map(plain) if says.unit else raw.index.astype(str)
    events["start"] = column(says.start, "")
    planned = column(says.planned, says.planned_values[0]).map(plain)
    events["planned"] = np.where(planned.isin(says.planned_values), "yes", "no")
    statuses = tuple(says.statuses) if says.delivered else ("",)
    events["status"] = column(says.delivered, "").map(plain)
    events["given"] = events["status"].isin(statuses[:-1] or statuses)
    level = _level(data, says.unit) if says.unit else ""
    persons, groups = _programme(data)
    units = {"group": groups, "person": persons}.get(level, pd.Index(events["unit"]))
    few = {"group": contract.release.min_groups, "person": contract.release.min_persons}
    arms = compared(data, data.waves[0], data.population()).value_counts()
    told = data.level == "person" and not arms.between(1, few["person"] - 1).any()  # all less these are the reference
    numbers = {"persons": len(persons) if told else 0, "groups": len(groups)}
    least = few.get(level, contract.release.min_groups)
    return Activities(events, statuses, level, units, **numbers, least=least, least_persons=few["person"])


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


def kinds(made: Activities) -> pd.DataFrame:
    """Planned and delivered by kind, as :func:`costs.delivery`; a hidden number is missing and named in ``hidden``."""
    events = made.events
    if events.empty:
        return pd.DataFrame()
    table = cost_effectiveness.delivery(events, "kind", "planned", "status", ["yes"], list(made.statuses)).set_index(
        "kind"
    )
    planned = events[events["planned"] == "yes"]
    status = planned["status"].where(planned["status"].isin(made.statuses), "unknown")
    gone = hidden(planned["kind"], status, planned["unit"], made.least)
    beyond = events[(events["planned"] != "yes") & events["given"]]
    more = hidden(beyond["kind"], np.zeros(len(beyond)), beyond["unit"], made.least)
    flags = pd.DataFrame(False, index=table.index, columns=["planned", "unknown", "beyond"])
    for name, cells, source in [("planned", gone, ALL), ("unknown", gone, "unknown"), ("beyond", more, ALL)] + [
        (f"n {one}", gone, one) for one in made.statuses
    ]:
        column = cells[source] if source in cells else pd.Series(dtype=bool)
        flags[name] = column.reindex(table.index, fill_value=False).astype(bool)
    for one in made.statuses:
        flags[f"share {one}"] = flags[f"n {one}"] | flags["planned"]
    return _covered(table, flags).reset_index()


def _covered(table: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    """Take out what is hidden; the column ``hidden`` names what was taken out of each row."""
    flags = flags.reindex(columns=[name for name in table if name in flags])
    shown = table.astype(dict.fromkeys(flags, float)).mask(flags.reindex(columns=table.columns, fill_value=False))
    return shown.assign(hidden=flags.apply(lambda row: "|".join(row.index[row]), axis=1))


def _rows_covered(table: pd.DataFrame, made: Activities) -> pd.DataFrame:
    """Take out whole rows (kinds): with too few units or persons behind them, and as many more as it takes."""
    part = made.given
    taking_part = part.groupby("kind")["participants"].sum()
    few = taking_part.index[(taking_part > 0) & (taking_part < made.least_persons)]
    unit = part["unit"].where(~part["kind"].isin(few), "")
    gone = hidden(part["kind"], np.zeros(len(part)), unit, made.least)[ALL]
    flags = pd.DataFrame({name: gone.reindex(table.index, fill_value=False) for name in table})
    without = len(made.units) - part[part["unit"].isin(made.units)].groupby("kind")["unit"].nunique()
    flags["units"] |= without.between(1, made.least - 1).reindex(table.index, fill_value=False)
    return _covered(table, flags).reset_index()


# -- reach and dose -------------------------------------------------------------------------------


def reach(made: Activities) -> pd.DataFrame:
    """Whom the delivered activities of each kind reached, how long they lasted and how many took part.

    Returns
    -------
    DataFrame, one row a kind, then ``all``
        units (different ones), amount, participants (each time counted), each (median of an activity), hidden.
    """
    part = made.given
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
    return _rows_covered(table, made)


def dose(made: Activities) -> pd.DataFrame:
    """What each unit that the programme was for got, as a distribution.

    Returns
    -------
    DataFrame, one row a measure (events, amount, cost), and the amount by kind
        measure, kind, n, none (units with none of it), mean, low, median, high, hidden (names of those that are missing
        for it); a quartile is missing unless at least as many units lie beyond it as a number needs.
    """
    lines = []
    if not made.level or made.given.empty:
        return pd.DataFrame(lines)
    for kind, part in [(ALL, made.given), *made.given.groupby("kind", sort=True)]:
        got = cost_effectiveness.by_group(part, "unit", ["amount", "cost"], made.units)
        for measure in ("events", "amount", "cost") if kind == ALL else ("amount",):
            if measure == "events" or made.events[measure].notna().any():
                lines.append({"measure": measure, "kind": kind} | _quartiles(got[measure], made.least))
    return pd.DataFrame(lines)


def _quartiles(values: pd.Series, least: int) -> dict:
    found = cost_effectiveness.quartiles(values)
    number, none = found["n"], int((values == 0).sum())
    few = 0 < none < least or 0 < number - none < least
    found |= {"none": np.nan if few else none, "hidden": "none" if few else ""}
    if number < 4 * least:
        found["low"] = found["high"] = np.nan
    if number < 2 * least:
        found["median"] = np.nan
    if 0 < number < least:
        found |= {"mean": np.nan, "hidden": "n|none|mean"}
    return found


def doses(made: Activities) -> pd.DataFrame:
    """How many units got how much: bars from ``low`` up to (not with) ``high``, ``n`` units each.

    Bars are of equal width, the narrowest with no more than eight of them and none with too few units; those at both
    ends may be wider. Empty if there would be one bar only.
    """
    none = pd.DataFrame(columns=["low", "high", "n"])
    if not made.level or not made.given["amount"].notna().any():
        return none
    values = cost_effectiveness.by_group(made.given, "unit", ["amount"], made.units)["amount"].to_numpy()
    if not len(values):
        return none
    spread = max(values.max() - values.min(), 1e-9)
    power = 10.0 ** np.floor(np.log10(spread / BARS))
    least_width = 1 if (values == values.round()).all() else 0  # whole numbers have no halves
    for width in (power * step for step in (1, 2, 5, 10, 20, 50, 100) if power * step >= least_width):
        low = np.floor(values.min() / width) * width
        edges = low + width * np.arange(int((values.max() - low) // width) + 2)
        counts = np.histogram(values, edges)[0]
        edges, counts = _ends_merged(list(edges), list(counts), made.least)
        if len(counts) <= BARS and all(count == 0 or count >= made.least for count in counts):
            bars = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n": counts})
            return bars if len(bars) > 1 else none
    return none


def _ends_merged(edges: list, counts: list, least: int) -> tuple[list, list]:
    """Join the bars at both ends with their neighbours until enough units are in them."""
    while len(counts) > 1 and counts[0] < least:
        counts[:2], edges[:2] = [counts[0] + counts[1]], [edges[0]]
    while len(counts) > 1 and counts[-1] < least:
        counts[-2:], edges[-2:] = [counts[-2] + counts[-1]], [edges[-1]]
    return edges, counts


# -- time -----------------------------------------------------------------------------------------


def timeline(made: Activities, shown: list[str]) -> pd.DataFrame:
    """Planned activities, and those of them delivered in full, by period and kind.

    ``shown``: the kinds whose totals may be shown. The period is the finest of month, quarter, half-year and year that
    shows two thirds of the activities, all kinds together; else the year. Those without a date are out.

    Returns
    -------
    DataFrame, one row a kind (``all`` first) and period, periods without any too, kinds of which one is shown only
        kind, month (the first one, ``2001-10``), months (how many a period has), planned, full; missing where hidden.
    """
    events = made.events[(made.events["planned"] == "yes") & pd.to_datetime(made.events["start"]).notna()]
    if events.empty:
        return pd.DataFrame()
    full = (events["status"] == made.statuses[0]).to_numpy()
    for months in MONTHS:
        period = cost_effectiveness.period(events["start"], months).astype(str)
        parts = [hidden(events["kind"][side], period[side], events["unit"][side], made.least) for side in (full, ~full)]
        gone = pd.concat([part.loc[ALL] for part in parts], axis=1).fillna(False).any(axis=1)
        if period.map(gone).eq(False).mean() >= ENOUGH:
            break
    lines = []
    for kind in (ALL, *shown):
        of = events[(events["kind"] == kind) | (kind == ALL)]
        planned = cost_effectiveness.timeline(of, "start", "amount", months).set_index("month")["events"]
        done = cost_effectiveness.timeline(of[of["status"] == made.statuses[0]], "start", "amount", months).set_index(
            "month"
        )["events"]
        for month in cost_effectiveness.timeline(events, "start", "amount", months)["month"]:
            covered = [bool(gone.get(month, pd.Series(dtype=bool)).get(kind, False)) for gone in parts]
            lines.append({
                "kind": kind, "month": month, "months": months,
                "planned": np.nan if any(covered) else float(planned.get(month, 0)),
                "full": np.nan if covered[0] else float(done.get(month, 0)),
            })  # fmt: skip
    table = pd.DataFrame(lines)
    return table[table.groupby("kind")["full"].transform("max").gt(0)].reset_index(drop=True)


# -- cost -----------------------------------------------------------------------------------------


def spent(made: Activities) -> pd.DataFrame:
    """What the delivered activities cost by kind, as :func:`costs.by_kind`, with the units reached; rows may be out."""
    part = made.given
    if not part["cost"].notna().any():
        return pd.DataFrame()
    table = cost_effectiveness.by_kind(part, "kind", "cost", made.persons, made.groups).set_index("kind")
    table["units"] = [*part.groupby("kind", sort=True)["unit"].nunique(), part["unit"].nunique()]
    return _rows_covered(table.drop(columns=["events", "without_amount"]).astype(float), made)


@dataclass(frozen=True)
class Worth:
    """What a unit of an effect cost: ``ratio`` with its set; ``persons`` of ``unit_level``, ``few`` in an arm."""

    outcome: str
    wave: str
    arm: str
    specification: str
    ratio: cost_effectiveness.Ratio
    persons: int
    unit_level: str
    few: int

    @property
    def key(self) -> str:
        """Key of the result."""
        return f"{self.outcome}.{self.wave}.{self.arm}.{self.specification}.cost"


def worth(made: Activities, data: Data, built: Rows, comparable: bool) -> list[Worth]:
    """Set what was spent against an effect, an arm each; none for what is no effect of an arm.

    A unit costs its share of what was spent on its group, shared out evenly among all units of the group.
    """
    plan = built.plan
    collected = made.level and made.given["cost"].notna().any()
    if plan.dose or plan.estimator.startswith("change") or not collected:
        return []
    cost = _of_rows(made, data, built)
    found = []
    for arm in built.interest:
        refused = cost_effectiveness.Ratio(level=plan.level, refused="not_comparable")
        ratio = cost_effectiveness.cost_effectiveness(built, arm, cost) if comparable else refused
        used = built.frame["unit"].nunique()
        by_arm = {name: built.frame.loc[built.in_arm(name).to_numpy(), "unit"].nunique() for name in plan.arms}
        few = fewest(used, by_arm, arm, plan.reference)
        found.append(Worth(plan.outcome, plan.wave, arm, plan.name, ratio, used, built.level, few))
    return found


def _of_rows(made: Activities, data: Data, built: Rows) -> np.ndarray:
    """Cost of the unit of each row."""
    if made.level == "person":
        own = cost_effectiveness.by_group(made.given, "unit", ["cost"], data.population("person"))["cost"]
        if built.level == "person":
            return built.frame["unit"].map(own).fillna(0.0).to_numpy()
        group_of = data.group_of(data.waves[0]).reindex(own.index)
        return built.frame["unit"].map(own.groupby(group_of).sum()).fillna(0.0).to_numpy()
    if built.level == "group":
        return cost_effectiveness.by_group(made.given, "unit", ["cost"], pd.Index(built.frame["unit"]))[
            "cost"
        ].to_numpy()
    group_of = data.group_of(data.waves[0]).reindex(data.population("person")).dropna()
    return (
        built.frame["unit"]
        .map(cost_effectiveness.per_unit(made.given, "unit", "cost", group_of))
        .fillna(0.0)
        .to_numpy()
    )


# -- organisations --------------------------------------------------------------------------------


def capacities(data: Data) -> pd.DataFrame:
    """Mean capacities of the organisations at the first and the last wave, all of them together.

    Returns
    -------
    DataFrame, one row a capacity
        capacity, n (organisations that have a value at both), before, after, change, first, last (waves); means are
        missing where fewer organisations stand behind them than groups must.
    """
    says, least = data.study.contract.delivery, data.study.contract.release.min_groups
    if says is None or not says.organisations:
        return pd.DataFrame()
    raw = data.tables[says.organisations]
    names = {value: name for name, wave in data.study.contract.waves.items() for value in (name, *wave.values)}
    wave = raw[says.wave].map(plain).map(names)
    waves = [name for name in data.waves if (wave == name).any()]
    if len(waves) < 2:
        return pd.DataFrame()
    lines = []
    for name in says.capacities:
        values = raw.pivot_table(name, raw[says.organisation].map(plain), wave)
        pair = values.reindex(columns=[waves[0], waves[-1]]).dropna()
        before, after = pair.mean() if len(pair) >= least else (np.nan, np.nan)
        ends = {"before": before, "after": after, "change": after - before, "first": waves[0], "last": waves[-1]}
        lines.append({"capacity": name, "n": len(pair)} | ends)
    return pd.DataFrame(lines)
