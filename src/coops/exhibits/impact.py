"""Exhibits beside the estimates: what other methods say, strata."""

import textwrap

import pandas as pd

from coops.analysis import resampled
from coops.analysis.effects import Estimate
from coops.analysis.strata import Partition
from coops.exhibits.figures import ACCENT, GREY, finish_panel
from coops.exhibits.losses import stratum_key
from coops.exhibits.results import HIDDEN
from coops.exhibits.tables import Column, Table, arms_few, covered, in_percent, level_of, strata_in_words, unit_columns
from coops.exhibits.words import SHARE, Words
from coops.intake.study import Study


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


def draw_strata(figure, data: pd.DataFrame, words: Words) -> None:
    """One panel an outcome: own estimates with intervals, pooled points as rings, zero marked."""
    outcomes = list(dict.fromkeys(data["outcome"]))
    tallest = data.groupby("outcome").size().max()
    figure.set_size_inches(6.3, max(1.7, len(outcomes) * (0.8 + 0.3 * tallest)))
    for axes, outcome in zip(figure.subplots(len(outcomes), 1, squeeze=False)[:, 0], outcomes, strict=True):
        part = data[data["outcome"] == outcome].reset_index(drop=True)
        scale = 100 if part["unit"][0] == SHARE else 1
        for place, row in enumerate(part.itertuples()):
            axes.plot([scale * row.low, scale * row.high], [place, place], color=ACCENT, solid_capstyle="butt")
            axes.plot([scale * row.value], [place], "o", color=ACCENT, markersize=5)
            axes.plot([scale * row.pooled], [place], "o", color=GREY, markerfacecolor="white", markersize=6, zorder=0)
        names = [textwrap.fill(strata_in_words(row.stratum, words), 24) for row in part.itertuples()]
        finish_panel(axes, names, part["unit"][0], textwrap.fill(words.label(outcome), 60), words)


def strata_alt(data: pd.DataFrame, words: Words) -> str:
    """Say each stratum's estimate and interval in words; a hidden one as hidden."""
    parts = []
    for row in data.itertuples():
        value = words.measure(row.value, row.unit, int(row.decimals), effect=True)
        value = HIDDEN if "value" in getattr(row, "hidden", "") else value
        interval = words.interval(row.low, row.high, row.unit, int(row.decimals)) if pd.notna(row.low) else "–"
        parts.append(f"{words.label(row.outcome)}, {strata_in_words(row.stratum, words)}: {value} ({interval})")
    return words.parts(parts)
