"""Who was lost and what that could do: by what was known at the start, by stratum, as a range, as weights."""

import numpy as np
import pandas as pd

from coops.disclosure.rows import arms_few, covered, few
from coops.estimation import tidy
from coops.participants.joint_test import Balance
from coops.participants.lee_bounds import Range
from coops.participants.response_weights import Reweighted
from coops.show.language import SHARE, Words
from coops.show.table import Column, Table, level_of, stratum_key, unit_columns
from coops.study.study import Study


def joint(found: list[Balance]) -> Table:
    """The joint test of balance, one row an arm."""
    data = pd.DataFrame(
        [
            {
                "arm": one.arm,
                "kind": f"balance.{one.kind}",
                "variables": len(one.variables),
                "statistic": one.statistic,
                "rank": one.rank,
                "p_value": one.p_value,
                "least_p_value": one.least_p_value,
                "refused": f"refused.{one.refused}" if one.refused else "",
            }
            for one in found
        ]
    )
    columns = [Column("arm", "label"), Column("kind", "label"), Column("variables", "count")]
    columns += [
        Column("statistic", "number"),
        Column("rank", "count"),
        Column("p", "p", "p_value"),
        Column("least_p", "p", "least_p_value"),
    ]
    columns += [Column("refused", "label")] if (data["refused"] != "").any() else []
    return Table(data, tuple(columns), "tab_joint")


def at_start(data: pd.DataFrame, study: Study) -> Table:
    """Those lost beside those seen again, in what was measured at the start."""
    arm = data["arm"].replace("", "no_arm" if study.contract.design.arm else "all_units")
    data = data.assign(arm=arm, few=data["n_seen"] + data["n_lost"], **unit_columns(data["variable"], study))
    lost = data["n_lost"].between(1, study.contract.least() - 1)
    data = covered(data, lost, "mean_seen", "mean_lost", "normalised")  # the mean of all stands in the table of balance
    columns = (
        Column("wave", "label"),
        Column("variable", "label"),
        Column("arm", "label"),
        Column("n_lost", "count"),
        Column("mean_lost", "measure"),
        Column("mean_seen", "measure"),
        Column("normalised", "number"),
    )
    return Table(data, columns, "tab_lost_at_start", few=("n_seen", "few"), whole=("wave", "variable"))


def retention(data: pd.DataFrame, study: Study) -> Table:
    """Share seen by arm in each stratum."""
    counts = [f"{what}_{side}" for what in ("expected", "seen") for side in ("arm", "reference")]
    opposite = data["opposite"].map({"no": "", "sign": "opposite_sign", "clear": "opposite_clear"})
    stratum = [stratum_key(name, study) for name in data["stratum"]]
    data = data.assign(unit=SHARE, decimals=1, opposite=opposite, stratum=stratum)
    columns = (
        Column("stratum", "strata"),
        Column("expected_arm", "count"),
        Column("share_arm", "percent"),
        Column("expected_reference", "count"),
        Column("share_reference", "percent"),
        Column("points", "measure", "difference"),
        Column("interval", "interval", parameters=level_of(study)),
        Column("opposite", "label"),
    )
    return Table(data, columns, "tab_retention", few=tuple(counts), whole=())


def others_few(found: list[Range], study: Study) -> list[bool]:
    """Tell of each range whether any arm of its outcome holds few: all less the units of two arms would tell them."""
    few = {(one.outcome, one.wave) for one in found if 0 < one.n_fewest < study.contract.least("person")}
    return [(one.outcome, one.wave) in few for one in found]


def ranges(found: list[Range], study: Study) -> Table:
    """What the loss could do to each effect."""
    data = pd.DataFrame(
        [
            {
                "outcome": one.outcome,
                "wave": one.wave,
                "arm": one.arm,
                "kind": f"loss.{one.kind}",
                "estimate": one.estimate,
                "bound_low": one.bound_low,
                "bound_high": one.bound_high,
                "conf_low": one.conf_low,
                "conf_high": one.conf_high,
                "trimmed": one.trimmed,
                "share": one.trimmed_share,
                "n": sum(one.seen_by_arm.values()),
                "few": one.n_fewest,
                "refused": f"refused.{one.refused}" if one.refused else "",
                "unit_level": "person",
                "is_effect": True,
            }
            for one in found
        ]
    )
    data = data.assign(**unit_columns(data["outcome"], study))
    data = covered(data, pd.Series(others_few(found, study)), "n")
    columns = [Column("outcome", "label"), Column("unit", "unit")]
    columns += [Column("wave", "label")] if data["wave"].nunique() > 1 else []
    columns += [Column("arm", "label"), Column("kind", "label")]
    columns += [
        Column("of_seen", "measure", "estimate"),
        Column("low_end", "measure", "bound_low"),
        Column("high_end", "measure", "bound_high"),
    ]
    columns += [Column("with_sampling", "interval", parameters=level_of(study))]
    columns += [Column("trimmed", "label"), Column("trimmed_share", "percent", "share"), Column("n", "count")]
    columns += [Column("refused", "label")] if (data["refused"] != "").any() else []
    return Table(data, tuple(columns), "tab_ranges", few="few")


def reweighted(found: list[Reweighted], study: Study) -> Table:
    """Effects with weights for who was lost."""
    data = pd.DataFrame(
        [
            {
                "outcome": one.outcome,
                "wave": one.wave,
                "arm": one.arm,
                "estimate": one.estimate,
                "conf_low": one.conf_low,
                "conf_high": one.conf_high,
                "p_value": one.p_value,
                "largest": one.largest,
                "effective": one.effective,
                "n": one.n,
                "few": one.n_fewest,
                "refused": f"refused.{one.refused}" if one.refused else "",
                "unit_level": "person",
                "is_effect": True,
            }
            for one in found
        ]
    )
    data = data.assign(**unit_columns(data["outcome"], study))
    columns = [Column("outcome", "label"), Column("unit", "unit")]
    columns += [Column("wave", "label")] if data["wave"].nunique() > 1 else []
    columns += [Column("arm", "label")]
    columns += [Column("estimate", "measure"), Column("interval", "interval", parameters=level_of(study))]
    columns += [
        Column("p", "p", "p_value"),
        Column("largest", "number"),
        Column("effective", "count"),
        Column("n", "count"),
    ]
    columns += [Column("refused", "label")] if (data["refused"] != "").any() else []
    return Table(data, tuple(columns), "tab_reweighted", few="few")


def opposite(data: pd.DataFrame, words: Words) -> str:
    """Say whether strata lost in opposite directions; empty if they did not, or nothing is known."""
    if not len(data) or (data["opposite"] == "no").all():
        return ""
    return words.label("opposite.clear" if (data["opposite"] == "clear").any() else "opposite.sign")


def flow(data: pd.DataFrame, study: Study) -> Table:
    """Units by wave and arm, from the roster to those seen."""
    shown = [
        Column("wave", "label"),
        Column("arm", "label"),
        Column("roster", "count"),
        Column("population", "count"),
        Column("seen", "count"),
    ]
    shown += [Column("groups", "count")] if {"person", "group"} <= set(study.contract.units) else []
    data = data.assign(arm=data["arm"].replace("", "no_arm" if study.contract.design.arm else "all_units"))
    few = ("roster", "population", "seen")
    return Table(data, (*shown, Column("clusters", "count")), "tab_flow", few=few, whole=("wave",))


def balance(data: pd.DataFrame, differences: pd.DataFrame, study: Study) -> Table:
    """Means by arm at the start, and how far they lie apart."""
    by = {(one.outcome, one.wave, one.arm): one for one in tidy.rows(differences)}
    lines = []
    for (variable, wave), part in data.groupby(["variable", "wave"], sort=False):
        for row in part.to_dict("records"):
            one = by.get((variable, wave, row["arm"]))
            low, high = (one.conf_low, one.conf_high) if one else (np.nan, np.nan)
            lines.append(row | {"conf_low": low, "conf_high": high, "difference": one.estimate if one else np.nan})
    table = pd.DataFrame(lines, columns=[*data.columns, "conf_low", "conf_high", "difference"])
    table = table.assign(**unit_columns(table["variable"], study))
    keys = zip(table["variable"], table["wave"], table["arm"], strict=True)
    apart = pd.Series([key in by and few(by[key], study) for key in keys], dtype=bool)
    table = covered(table, apart, "difference", "interval", "conf_low", "conf_high", "normalised")
    if len(study.contract.design.arm) > 1:  # offers overlap: all, none and those with each would tell those with both
        few_with = {(one.outcome, one.wave) for one in tidy.rows(differences) if arms_few(one, study)}
        keys = zip(table["variable"], table["wave"], strict=True)
        table = covered(table, pd.Series([key in few_with for key in keys], dtype=bool), "n")
    columns = (
        Column("variable", "label"),
        Column("wave", "label"),
        Column("arm", "label"),
        Column("n", "count"),
        Column("mean", "measure"),
        Column("difference", "measure"),
        Column("interval", "interval", parameters=level_of(study)),
        Column("normalised", "number"),
    )
    return Table(table, columns, "tab_balance", few="n", whole=("variable", "wave"))


def attrition(data: pd.DataFrame, differences: pd.DataFrame, study: Study) -> Table:
    """Units seen at the first wave and not at a later one, by arm."""
    by = {(one.wave, one.arm): one for one in tidy.rows(differences)}
    lines = []
    for row in data.to_dict("records"):
        one = by.get((row["wave"], row["arm"]))
        low, high = (one.conf_low, one.conf_high) if one else (np.nan, np.nan)
        arm = row["arm"] or ("no_arm" if study.contract.design.arm else "all_units")
        lines.append(
            row | {"arm": arm, "difference": one.estimate if one else np.nan, "conf_low": low, "conf_high": high}
        )
    table = pd.DataFrame(lines, columns=[*data.columns, "difference", "conf_low", "conf_high"]).assign(
        unit=SHARE, decimals=1
    )
    table["few"] = table["expected"] - table["lost"]  # those seen again
    keys = zip(data["wave"], data["arm"], strict=True)
    apart = pd.Series([key in by and few(by[key], study) for key in keys], dtype=bool)
    table = covered(table, apart, "difference", "points", "interval", "conf_low", "conf_high")
    columns = (
        Column("wave", "label"),
        Column("arm", "label"),
        Column("expected", "count"),
        Column("lost", "count"),
        Column("share", "percent"),
        Column("points", "measure", "difference"),
        Column("interval", "interval", parameters=level_of(study)),
    )
    return Table(table, columns, "tab_attrition", few=("expected", "few"), whole=("wave",))
