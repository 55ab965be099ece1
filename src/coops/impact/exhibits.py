"""Exhibits beside the estimates: what other methods say, strata."""

import pandas as pd

from coops.disclosure import suppression
from coops.disclosure.rows import arms_few, covered
from coops.estimation import resampled
from coops.estimation.effects import Estimate
from coops.estimation.flow import REASONS
from coops.estimation.method import method
from coops.impact.strata import Partition
from coops.show.language import Words
from coops.show.table import Column, Table, in_percent, level_of, stratum_key, unit_columns
from coops.study.study import Study


def methods(estimates: list[Estimate], study: Study) -> Table:
    """The p of each method beside each other, and whether they stand on one side of the level."""
    lines = []
    for one in estimates:
        agreed = resampled.agree(one)
        lines.append(
            {
                "outcome": one.outcome,
                "wave": one.wave,
                "arm": one.arm,
                "low": one.low_wild,
                "high": one.high_wild,
                "p_cr2": one.p_cr2,
                "p_cr1": one.p_cr1,
                "p_wild": one.p_wild,
                "p_random": one.p_random,
                "least": one.least_p_random,
                "agree": "" if agreed is None else "methods_agree" if agreed else "methods_disagree",
                "why_not": " + ".join(
                    f"refused.{reason}"
                    for reason in dict.fromkeys((one.refused, one.wild_refused, one.random_refused))
                    if reason and reason != "not_drawn"
                ),
                "persons": one.persons,
                "few": one.fewest,
                "unit_level": one.unit_level,
                "is_effect": True,
            }
        )
    data = pd.DataFrame(lines)
    data = data.assign(**unit_columns(data["outcome"], study))
    columns = [Column("outcome", "label"), Column("wave", "label")]
    columns += [Column("arm", "label")] if any(one.arm for one in estimates) else []
    columns += [Column("p_cr2", "p"), Column("p_cr1", "p"), Column("p_wild", "p")]
    columns += [Column("interval_wild", "interval", parameters={"level": in_percent(estimates[0].level)})]
    if data["p_random"].notna().any():
        columns += [Column("p_random", "p"), Column("least_p", "p", "least")]
    columns += [Column("agree", "label")]
    columns += [Column("why_not", "label")] if (data["why_not"] != "").any() else []
    return Table(data, tuple(columns), few="few")


def alpha(study: Study) -> str:
    """The level of the tests that belongs to that of the intervals, in per cent."""
    return f"{100 - in_percent(study.contract.design.level):g}"


def shown(partitions: list[Partition]) -> list[Partition]:
    """The strata as they may be shown: merged ones where the study merges some, never both, or one could subtract."""
    released = [one for one in partitions if one.name == "released"]
    return released or partitions


def strata(found: list[Partition], study: Study) -> pd.DataFrame:
    """The frame behind the table and the figure of strata: one row an outcome, arm and stratum, less what is hidden."""
    lines = []
    for partition in shown(found):
        for one in partition.strata:
            estimate = one.estimate
            known = {name: getattr(estimate, name) for name in ("outcome", "wave", "arm", "persons", "level")}
            arms = [arm for arm in (estimate.arm, estimate.reference) if arm] or list(estimate.clusters_by_arm)
            numbers = {"value": estimate.value, "low": estimate.low, "high": estimate.high, "pooled": one.pooled}
            lines.append(
                {
                    **known,
                    **numbers,
                    "stratum": stratum_key(one.name, study),
                    "clusters": " / ".join(str(estimate.clusters_by_arm[arm]) for arm in arms),
                    "why_not": "too_few_alone" if not one.alone else _refused(estimate.refused),
                    "unit_level": estimate.unit_level,
                    "is_effect": True,
                }
            )
    if not lines:
        return pd.DataFrame()
    data = pd.DataFrame(lines)
    parts = [one for partition in shown(found) for one in partition.strata]
    data = covered(data, ~pd.Series([one.counted for one in parts]), "persons")
    out = ~pd.Series([one.alone for one in parts])
    data = covered(data, out, "value", "low", "high", "interval", "pooled", "clusters")
    some = pd.Series([arms_few(one.estimate, study) for one in parts])
    return covered(data, some, "clusters").assign(**unit_columns(data["outcome"], study))


def _refused(reason: str) -> str:
    return f"refused.{reason}" if reason else ""


def strata_table(data: pd.DataFrame, study: Study) -> Table:
    """Each stratum's own estimate with its interval; beside it the point pulled towards the others, without one."""
    columns = [Column("outcome", "label"), Column("unit", "unit")]
    columns += [Column("arm", "label")] if data["arm"].nunique() > 1 else []
    columns += [Column("stratum", "strata"), Column("estimate", "measure", "value")]
    columns += [Column("interval", "interval", parameters=level_of(study)), Column("pooled", "measure")]
    columns += [Column("persons", "count"), Column("clusters", "counts")]
    columns += [Column("why_not", "label")] if (data["why_not"] != "").any() else []
    return Table(data, tuple(columns), ("tab_strata.note",))


def estimates(lines: list[dict], study: Study) -> Table:
    """From the population to the rows of each estimate, by reason."""
    data = pd.DataFrame(lines)
    parts, least = data.filter(regex="^lost_"), study.contract.least()
    few = data["lost_sample"].between(1, least - 1)  # who is not in a sample is told by what they are
    gone = parts.apply(suppression.of_parts, axis=1, least=least).mul(few, axis=0)
    lost = [Column(f"lost_{name}", "count") for name in REASONS if data[f"lost_{name}"].sum()]
    columns = (
        Column("specification", "named"),
        Column("outcome", "label"),
        Column("start", "count"),
        *lost,
        Column("used", "count"),
    )
    for name in parts:
        data = covered(data, gone[name].astype(bool), name)
    return Table(data, columns, ("tab_ledger.note",))


def effects(estimates: list[Estimate], study: Study) -> Table:
    """Estimates: value, interval, df, persons, clusters and groups by arm."""
    lines = []
    for one in estimates:
        arms = [arm for arm in (one.arm, one.reference) if arm] or list(one.clusters_by_arm)
        lines.append(
            {
                "outcome": one.outcome,
                "wave": one.wave,
                "arm": one.arm,
                "value": one.value,
                "low": one.low,
                "high": one.high,
                "p": one.p_cr2,
                "se_cr1": one.se_cr1,
                "se_cr2": one.se_cr2,
                "df": one.df,
                "persons": one.persons,
                "few": one.fewest,
                "rows": one.rows,
                "clusters": " / ".join(str(one.clusters_by_arm[arm]) for arm in arms),
                "groups": " / ".join(str(one.groups_by_arm[arm]) for arm in arms),
                "refused": f"refused.{one.refused}" if one.refused else "",
                "is_effect": True,
                "unit_level": one.unit_level,
            }
        )
    table = pd.DataFrame(lines)
    some = pd.Series([arms_few(one, study) for one in estimates])
    table = covered(table, some, "clusters", "groups").assign(**unit_columns(table["outcome"], study))
    columns = [Column("outcome", "label"), Column("unit", "unit"), Column("wave", "label")]
    columns += [Column("arm", "label")] if any(one.arm for one in estimates) else []
    columns += [
        Column("estimate", "measure", "value"),
        Column("interval", "interval", parameters={"level": in_percent(estimates[0].level)}),
    ]
    columns += [Column("p", "p"), Column("df", "number"), Column("persons", "count")]
    columns += [Column("rows", "count")] if any(one.rows != one.persons for one in estimates) else []
    columns += (
        [Column("groups", "counts")]
        if {"person", "group"} <= set(study.contract.units) and _groups_differ(estimates)
        else []
    )
    columns += [Column("clusters", "counts")]
    columns += [Column("refused", "label")] if any(one.refused for one in estimates) else []
    return Table(table, tuple(columns), few="few")


def _groups_differ(estimates: list[Estimate]) -> bool:
    return any(one.groups_by_arm != one.clusters_by_arm for one in estimates)


def effects_words(estimates: list[Estimate]) -> dict:
    """What the note of a table of estimates says, a function of the language each."""
    first = estimates[0]

    def arms(words: Words) -> str:
        names = [name for name in first.clusters_by_arm if name]
        ordered = sorted(names, key=lambda name: name == first.reference)
        return " / ".join(words.label(name) for name in ordered) if names else words.label("all_units")

    def coverage(words: Words) -> str:
        return words.label(f"coverage.{words.study.contract.study.coverage}")

    return {
        "method": lambda words: method(first, words),
        "arms": arms,
        "coverage": coverage,
        "persons": lambda words: words.noun(first.unit_level),
    }
