"""What may be quoted of delivery and cost: what was planned and delivered, its cost, and that of an effect."""

from typing import Any

import pandas as pd

from coops.delivery import exhibits
from coops.delivery.activities import Activities
from coops.disclosure.thresholds import few
from coops.estimation.results import assignment
from coops.show.language import SHARE
from coops.show.results import COLUMNS, framed, of_number
from coops.study.study import Study


def of_delivery(activities: Activities, kinds: pd.DataFrame, spent: pd.DataFrame) -> pd.DataFrame:
    """What was planned and delivered in all, and its cost in all, for each person and for each group."""
    study = activities.study
    if kinds.empty:
        return framed([])
    total, first = kinds.iloc[-1], activities.statuses[0]
    numbers = [("planned.count", total["planned"], "")]
    if first:  # the study says how each was delivered
        numbers += [("full.count", total[f"n {first}"], ""), ("full.share", total[f"share {first}"], SHARE)]
    behind = dict.fromkeys([name for name, *_ in numbers], activities.events["unit"].nunique())
    if len(spent):
        whole, groups, persons = spent.iloc[-1], activities.groups, activities.persons
        numbers += [("study.cost", whole["total"], "money")]
        numbers += [("persons.cost", whole["per_unit"], "money")] if persons else []
        numbers += [("groups.cost", whole["per_group"], "money")] if groups else []
        behind |= {"study.cost": groups, "persons.cost": persons, "groups.cost": groups}
    rows = []
    for name, value, unit in numbers:
        money = exhibits.variable(study, "cost") if unit == "money" else None
        look: dict[str, Any] = {"unit": money.unit if money else unit, "decimals": money.decimals if money else 1}
        level = "person" if name == "persons.cost" else activities.level or "group"
        look |= {"n": behind[name], "unit_level": level, "hidden": bool(pd.isna(value)), "study": study}
        rows.append(of_number(f"delivery.{name}", value, **look))
    return framed(rows)


def of_cost_effectiveness(ratios: pd.DataFrame, study: Study) -> pd.DataFrame:
    """What one unit of each effect cost; nothing where no cost was collected."""
    rows = []
    for ratio in exhibits.with_money(ratios, study).to_dict("records") if len(ratios) else ():
        named = [ratio[name] for name in ("outcome", "wave", "arm", "specification")]
        own = {"key": ".".join([*named, "cost"]), "quantity": "cost"}
        own |= {"unit": ratio["money"], "decimals": ratio["money_decimals"]}
        own["hidden"] = "yes" if few(ratio["n_fewest"], study.contract.least(ratio["unit_level"])) else ""
        own["assignment"] = assignment(ratio["specification"], study)
        rows.append({name: ratio.get(name, "") for name in COLUMNS} | own)
    return framed(rows)
