"""Tables of what was delivered, to whom and at what cost; and what a unit of each effect cost."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from coops.delivery.activities import Activities, settings_of
from coops.disclosure.suppression import ALL
from coops.show.language import Noun, Words, noun_of_each
from coops.show.table import Column, Table, unit_columns
from coops.study.codebook import Variable
from coops.study.study import Study

Say = Callable[[Words], str]  # a text, once the language is known


def variable(study: Study, field: str) -> Variable:
    """The codebook's row of a column that ``[delivery]`` names."""
    settings = settings_of(study)
    return study.codebook.of_table(settings.table)[getattr(settings, field)][-1]


def column_words(study: Study, field: str) -> Say:
    """The label of such a column, a function of the language."""
    column = variable(study, field)
    return lambda words: words.said(column.label) or column.name


def kind_key(kind: str, study: Study) -> str:
    """The key of a kind of activity, as a table writes it in words."""
    if kind == ALL:
        return "every.kind"
    return f"{settings_of(study).kind}.{kind}" if kind else "every.other"


def kind_in_words(kind: str, words: Words) -> str:
    """A kind of activity in words."""
    name, _, value = kind_key(kind, words.study).partition(".")
    return words.value_label(name, value)


def status_words(status: str, study: Study) -> Say:
    """A way of delivery, a function of the language; what was recorded, where the study does not say how."""
    name = settings_of(study).delivered
    return lambda words: words.value_label(name, status) if name else words.label("delivery.recorded")


def _at_head(text: Say) -> Say:
    """Words at the head of a column: with a capital letter."""
    return lambda words: text(words)[:1].upper() + text(words)[1:]


def _named(data: pd.DataFrame, study: Study) -> pd.DataFrame:
    return data.assign(kind=[kind_key(kind, study) for kind in data["kind"]])


def planned(data: pd.DataFrame, activities: Activities) -> Table:
    """Planned and delivered by kind."""
    study = activities.study
    columns = [Column("kind", "strata"), Column("planned", "count")]
    if settings_of(study).delivered:
        columns += [
            Column("any", "count", f"n {status}", {"name": _at_head(status_words(status, study))})
            for status in activities.statuses
        ]
        columns += [Column("unknown", "count")] if _some(data, "unknown") else []
        first = {"name": _at_head(status_words(activities.statuses[0], study))}
        columns += [Column("of_planned", "percent", f"share {activities.statuses[0]}", first)]
    columns += [Column("beyond", "count")] if _some(data, "beyond") else []
    return Table(_named(data, study), tuple(columns), "tab_planned")


def _some(data: pd.DataFrame, name: str) -> bool:
    return bool((data[name] != 0).any())


def reach(data: pd.DataFrame, activities: Activities) -> Table:
    """Whom each kind of activity reached, how long it lasted, how many took part."""
    columns, study = _reached(activities), activities.study
    settings = settings_of(study)
    if settings.amount:
        look = {"unit": "", "decimals": variable(study, "amount").decimals}
        columns += [Column("any", "measure", "amount", look | {"name": _at_head(column_words(study, "amount"))})]
    if settings.participants:
        columns += [Column("participants", "count"), Column("each", "measure", parameters={"decimals": 1})]
    return Table(_named(data, study), tuple(columns), "tab_reach")


def _reached(activities: Activities) -> list[Column]:
    """The first columns: the kind, and how many units it reached."""
    units = Column("reached", "count", "units", {"units": lambda words: words.noun(activities.level)})
    return [Column("kind", "strata"), *([units] if activities.level else [])]


def dose(data: pd.DataFrame, study: Study) -> Table:
    """What a unit got, as a distribution."""
    lines = []
    for row in data.to_dict("records"):
        look = {"measure": "dose.events", "unit": "", "decimals": 1}
        if row["measure"] != "events":
            own = variable(study, row["measure"])
            decimals = own.decimals if row["measure"] == "cost" else max(1, own.decimals)
            look = {"measure": own.name, "unit": own.unit, "decimals": decimals}
        lines.append(row | look)
    table = _named(pd.DataFrame(lines), study)
    columns = [Column("measure", "label"), Column("unit", "unit"), Column("kind", "strata")]
    columns += [Column("n", "count"), Column("without_any", "count", "none"), Column("mean", "measure")]
    columns += [Column("lower_quartile", "measure", "low"), Column("median", "measure")]
    return Table(table, (*columns, Column("upper_quartile", "measure", "high")), "tab_dose")


def capacities(data: pd.DataFrame, study: Study) -> Table:
    """Capacities of the organisations before and after, all of them together."""
    columns = [Column("capacity", "label"), Column("organisations", "count", "n")]
    for head, wave in (("before", "first"), ("after", "last")):
        parameters = {"name": _at_head(partial(Words.label, key=data[wave].iloc[0]))}
        columns += [Column("any", "measure", head, parameters)]
    data = data.assign(**unit_columns(data["capacity"], study)).assign(decimals=1)
    return Table(data, (*columns, Column("change", "measure")), "tab_capacities")


def spent(data: pd.DataFrame, activities: Activities) -> Table:
    """Cost by kind, by person and by group."""
    study, money = activities.study, variable(activities.study, "cost")
    columns = _reached(activities)
    columns += [Column("cost", "measure", "total"), Column("share", "percent")]
    for name, level, number in (("per_unit", "person", activities.persons), ("per_group", "group", activities.groups)):
        if number and level in study.contract.units:
            columns += [Column("for_each", "measure", name, {"one": lambda words, level=level: one_of(words, level)})]
    return Table(_named(data, study).assign(unit=money.unit, decimals=money.decimals), tuple(columns), "tab_spent")


def one_of(words: Words, level: str) -> Noun:
    """The noun of a level as it stands after "for each"."""
    return noun_of_each(level, words)


def cost_effectiveness(ratios: pd.DataFrame, study: Study) -> Table:
    """What was spent, what it changed, and what one unit of the effect cost."""
    data, money = with_money(ratios, study).rename(columns={"n_fewest": "few"}), variable(study, "cost")
    columns = [Column("outcome", "label"), Column("unit", "unit")]
    columns += [Column("arm", "label")] if data["arm"].nunique() > 1 else []
    look = {"decimals": money.decimals, "unit": "", "money": lambda words: words.unit_in_table(money.unit)}
    columns += [Column("more_spent", "measure", "cost", look)]
    columns += [Column("estimate", "measure", "effect"), Column("set", "set"), Column("n", "count")]
    return Table(data, tuple(columns), "tab_cost_effectiveness", behind="few")


def with_money(ratios: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Ratios as they are shown and recorded: where the effect may be zero no ratio is given, only the set of values."""
    money, interval = variable(study, "cost"), ratios["kind"] == "interval"
    up = pd.Series(np.where(ratios["effect"] > 0, "interval_up", "interval_down"), index=ratios.index)
    numbers = ["outcome", "wave", "arm", "specification", "estimate", "conf_low", "conf_high", "conf_level", "df"]
    costs = ["cost", "std_error_cost", "effect", "std_error_effect", "covariance", "n", "n_fewest", "unit_level"]
    data = ratios.assign(estimate=ratios["estimate"].where(interval), cost_set=ratios["kind"].where(~interval, up))
    data = data[[*numbers, "cost_set", "refused", *costs]].assign(is_effect=True)
    data = data.assign(money=money.unit, money_decimals=money.decimals)
    return data.assign(**unit_columns(data["outcome"], study))


def quoted(activities: Activities, data: pd.DataFrame | None = None) -> dict:
    """What captions and notes quote, a function of the language each; nothing where there are no activities.

    ``data``: what an exhibit shows, by kind; recorded kinds that it says nothing of are named, and the length of its
    periods.
    """
    if activities.events.empty:
        return {}
    study, settings, hidden = activities.study, settings_of(activities.study), []
    if data is not None and len(data):
        numbers = data.columns.drop(["kind", "hidden"], errors="ignore")
        numbers = ["planned"] if "planned" in numbers and "month" not in numbers else list(numbers)
        hidden = sorted(set(activities.events["kind"]) - set(data.loc[data[numbers].notna().any(axis=1), "kind"]))

    def programme(words: Words) -> str:
        numbers = [(activities.persons, "person"), (activities.groups, "group")]
        return words.listed([words.noun(level, n) for n, level in numbers if n and level in study.contract.units])

    def least(words: Words) -> str:
        number, level = activities.least, activities.level
        return words.noun(level, number) if level else words.label("delivery.activities", number=number)

    def few(words: Words) -> str:
        names = [kind_in_words(kind, words) for kind in hidden]
        return words.label("delivery.few", kinds=words.listed(names)) + " " if names else ""

    level = data["level"].iloc[0] if data is not None and len(data.get("level", [])) else activities.level

    def period(words: Words) -> str:
        return words.label(f"period.{data['months'].iloc[0]}") if data is not None and "months" in data else ""

    return {
        "programme": programme,
        "least": least,
        "few": few,
        "units": lambda words: words.noun(activities.level) if activities.level else words.label("dose.events"),
        "unit": lambda words: one_of(words, level) if level else "",
        "period": period,
        "covers": lambda words: words.said(settings.covers),
        "prices": lambda words: words.listed([words.isolate(level) for level in settings.prices]),
        "full": status_words(activities.statuses[0], study),
        "money": lambda words: words.unit(variable(study, "cost").unit) if settings.cost else "",
    }
