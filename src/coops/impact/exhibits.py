"""Tables of estimates: as the specifications make them, by other methods, by stratum, and of families of outcomes."""

from collections.abc import Iterable

import pandas as pd

from coops import disclosure
from coops.data.units import Data
from coops.disclosure import suppression
from coops.disclosure.thresholds import few_compared, few_in_an_arm
from coops.estimation import resampled, tidy
from coops.estimation.direction import direction, held_back
from coops.estimation.flow import REASONS
from coops.estimation.specification import conditions, recorded_later
from coops.estimation.tidy import Row
from coops.show.language import Words, family_label
from coops.show.method import method
from coops.show.results import INDEX, unit_of
from coops.show.table import Column, Table, in_percent, level_of, stratum_key, unit_columns
from coops.study.schema import Condition
from coops.study.study import Specification, Study


def effects(estimates: pd.DataFrame, study: Study) -> Table:
    """Estimates: value, interval, df, units, clusters and groups by arm."""
    rows = tidy.rows(estimates)
    data = _numbers(estimates, "estimate conf_low conf_high p_value std_error_cr1 std_error df n n_fewest n_rows")
    data = data.assign(
        clusters=[_by_arm(row, row.clusters_by_arm) for row in rows],
        groups=[_by_arm(row, row.groups_by_arm) for row in rows],
        refused=[_refused(row.refused) for row in rows],
        is_effect=True,
        unit_level=[row.unit_level for row in rows],
    )
    arms = pd.Series([few_in_an_arm(row, study) for row in rows])
    data = disclosure.released(data, study, rule=arms, columns=("clusters", "groups"))
    data = data.assign(**unit_columns(data["outcome"], study))
    columns = [Column("outcome", "label"), Column("unit", "unit"), Column("wave", "label")]
    columns += [Column("arm", "label")] if (data["arm"] != "").any() else []
    columns += [Column("estimate", "measure"), _interval("interval", estimates)]
    columns += [Column("p", "p", "p_value"), Column("df", "number"), Column("n", "count")]
    columns += [Column("rows", "count", "n_rows")] if any(row.n_rows != row.n for row in rows) else []
    differ = any(row.groups_by_arm != row.clusters_by_arm for row in rows)
    columns += [Column("groups", "counts")] if differ and {"person", "group"} <= set(study.contract.units) else []
    columns += [Column("clusters", "counts")]
    columns += [Column("refused", "label")] if any(row.refused for row in rows) else []
    return Table(data, tuple(columns), "tab_effects", behind="few")


def effects_words(estimates: pd.DataFrame) -> dict:
    """What the note of a table of estimates says, a function of the language each."""
    first = tidy.rows(estimates)[0]

    def arms(words: Words) -> str:
        names = [name for name in first.clusters_by_arm if name]
        ordered = sorted(names, key=lambda name: name == first.reference)
        return " / ".join(words.label(name) for name in ordered) if names else words.label("all_units")

    def how(words: Words) -> str:
        repeated = [words.named(name) for name in repeats(estimates)]
        left_out = [words.label("method.dropped", list=words.listed(repeated))] if repeated else []
        return words.parts([method(first, words), *left_out])

    return {
        "method": how,
        "arms": arms,
        "coverage": lambda words: words.label(f"coverage.{words.study.contract.study.coverage}"),
        "persons": lambda words: words.noun(first.unit_level),
    }


def repeats(estimates: pd.DataFrame) -> list[str]:
    """Regressors that estimates of a specification leave out, since they repeat others."""
    return list(dict.fromkeys(name for row in tidy.rows(estimates) for name in row.dropped))


def _numbers(estimates: pd.DataFrame, names: str) -> pd.DataFrame:
    """Columns of the estimates that a table shows, after those that say of what; ``few``: the least behind a row."""
    chosen = estimates[["outcome", "wave", "arm", *names.split()]]
    return chosen.reset_index(drop=True).rename(columns={"n_fewest": "few"})


def _by_arm(row: Row, counts: dict[str, int]) -> str:
    """Counts of the arm and of its reference; of every arm where neither is one."""
    arms = [arm for arm in (row.arm, row.reference) if arm] or list(counts)
    return " / ".join(str(counts[arm]) for arm in arms)


def _refused(reason: str) -> str:
    return f"refused.{reason}" if reason else ""


def _interval(head: str, estimates: pd.DataFrame, ending: str = "") -> Column:
    """A column of intervals, its level at its head."""
    return Column(head, "interval", ending, {"level": in_percent(estimates["conf_level"].iloc[0])})


def methods(estimates: pd.DataFrame, study: Study) -> Table:
    """The p of each method beside each other, and whether they stand on one side of the level."""
    rows = tidy.rows(estimates)
    agreed = {None: "", True: "methods_agree", False: "methods_disagree"}
    p_values = "p_value p_value_cr1 p_value_wild p_value_permutation least_p_value_permutation"
    data = _numbers(estimates, f"conf_low_wild conf_high_wild {p_values}").assign(
        agree=[agreed[resampled.agree(row)] for row in rows],
        why_not=[_reasons(row.refused, row.wild_refused, row.permutation_refused) for row in rows],
        n=[row.n for row in rows],
        few=[row.n_fewest for row in rows],
        unit_level=[row.unit_level for row in rows],
        is_effect=True,
    )
    data = data.assign(**unit_columns(data["outcome"], study))
    columns = [Column("outcome", "label"), Column("wave", "label")]
    columns += [Column("arm", "label")] if (data["arm"] != "").any() else []
    columns += [Column("p_cr2", "p", "p_value"), Column("p_cr1", "p", "p_value_cr1")]
    columns += [Column("p_wild", "p", "p_value_wild"), _interval("interval_wild", estimates, "wild")]
    if data["p_value_permutation"].notna().any():
        columns += [Column("p_random", "p", "p_value_permutation"), Column("least_p", "p", "least_p_value_permutation")]
    columns += [Column("agree", "label")]
    others = any(row.refused or row.wild_refused for row in rows)
    head = "why_not" if others else "why_no_randomisation"
    columns += [Column(head, "label", "why_not")] if (data["why_not"] != "").any() else []
    return Table(data, tuple(columns), "tab_methods", behind="few")


def _reasons(*reasons: str) -> str:
    """Why a method was not made; that no lot was drawn is no reason that needs words."""
    return " + ".join(_refused(reason) for reason in dict.fromkeys(reasons) if reason and reason != "not_drawn")


def alpha(study: Study) -> str:
    """The level of the tests that belongs to that of the intervals, in per cent."""
    return f"{100 - in_percent(study.contract.design.level):g}"


def shown(strata: pd.DataFrame) -> pd.DataFrame:
    """The strata as they may be shown: merged ones where the study merges some, never both, or one could subtract."""
    released = strata[strata["partition"] == "released"]
    return (released if len(released) else strata).reset_index(drop=True)


def strata(estimates: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The frame behind the table and the figure of strata: one row an outcome, arm and stratum, less what is hidden.

    ``estimates``: of each stratum, as of :func:`coops.impact.strata.by_stratum`, of several outcomes.
    """
    if estimates.empty:
        return pd.DataFrame()
    chosen = shown(estimates)
    rows = tidy.rows(chosen)
    data = _numbers(chosen, "n conf_level estimate conf_low conf_high pooled").assign(
        stratum=[stratum_key(row.stratum, study) for row in rows],
        clusters=[_by_arm(row, row.clusters_by_arm) for row in rows],
        why_not=[_refused(row.refused) if row.alone else "too_few_alone" for row in rows],
        unit_level=[row.unit_level for row in rows],
        is_effect=True,
    )
    alone = ~chosen["alone"].astype(bool)
    gone = pd.DataFrame(dict.fromkeys(("estimate", "conf_low", "conf_high", "interval", "pooled", "clusters"), alone))
    gone["n"] = ~chosen["counted"].astype(bool)
    gone["clusters"] |= pd.Series([few_in_an_arm(row, study) for row in rows])
    return disclosure.released(data, study, rule=gone).assign(**unit_columns(data["outcome"], study))


def strata_table(data: pd.DataFrame, study: Study) -> Table:
    """Each stratum's own estimate with its interval; beside it the point pulled towards the others, without one."""
    columns = [Column("outcome", "label"), Column("unit", "unit")]
    columns += [Column("arm", "label")] if data["arm"].nunique() > 1 else []
    columns += [Column("stratum", "strata"), Column("estimate", "measure")]
    columns += [Column("interval", "interval", parameters=level_of(study)), Column("pooled", "measure")]
    columns += [Column("n", "count"), Column("clusters", "counts")]
    columns += [Column("why_not", "label")] if (data["why_not"] != "").any() else []
    return Table(data, tuple(columns), "tab_strata")


def estimates(lines: list[dict], study: Study) -> Table:
    """From the population to the rows of each estimate, by reason."""
    data = pd.DataFrame(lines)
    gone = suppression.of_losses(data.filter(regex="^lost_"), "lost_sample", study.contract.least())
    lost = [Column(f"lost_{name}", "count") for name in REASONS if data[f"lost_{name}"].sum()]
    columns = [Column("specification", "named"), Column("outcome", "label"), Column("wave", "label")]
    columns += [Column("start", "count"), *lost, Column("used", "count")]
    return Table(disclosure.released(data, study, rule=gone), tuple(columns), "tab_ledger")


def estimates_words(specifications: Iterable[Specification], data: Data) -> dict:
    """What the note under the way to the estimates says of their samples: what each asks for, and if that is later."""
    chosen = list({of.sample: of for of in specifications if of.sample}.values())
    asked = [(of, conditions(data.study, of)) for of in chosen]
    later = [of.sample for of, parts in asked if recorded_later(data, of, parts)]

    def samples(words: Words) -> str:
        written = [
            f"{words.named(of.sample)} ({words.listed([_in_words(part, words) for part in parts])})"
            for of, parts in asked
        ]
        of_later = words.listed([words.named(name) for name in later])
        notes = [words.label("tab_ledger.samples", samples=words.parts(written))] if written else []
        return " ".join(notes + ([words.label("tab_ledger.later", samples=of_later)] if later else []))

    return {"samples": samples}


def _in_words(part: Condition, words: Words) -> str:
    wave = f"{words.comma}{words.label(part.wave)}" if part.wave else ""
    held = part.written(lambda value: words.name(words.value_label(part.variable, value)))
    return f"{words.named(part.variable)}{wave} {held}"


def family(rows: pd.DataFrame, estimates: pd.DataFrame, study: Study) -> Table:
    """The estimates of a family, then its index; in a confirmatory one also the direction that its words take.

    Parameters
    ----------
    rows : DataFrame
        Of one family, as of :func:`coops.impact.multiplicity.of_family`.
    estimates : DataFrame
        Of the specification, with the p of all confirmatory families: the words follow these.
    """
    of_all = {tidy.key(row): row for row in tidy.rows(estimates)}
    lines = tidy.rows(rows)
    units = [unit_of(row.outcome, study, row.quantity) for row in lines]
    sides = ["" if row.quantity == INDEX else _side(of_all[tidy.key(row)], study) for row in lines]
    data = _numbers(rows, "n unit_level n_fewest estimate conf_low conf_high p_value p_value_adjusted q_value").assign(
        outcome=[INDEX if row.quantity == INDEX else row.outcome for row in lines],
        unit=[unit for unit, _ in units],
        decimals=[decimals for _, decimals in units],
        is_effect=True,
        direction=sides,
        why_not=[_refused(row.refused) for row in lines],
    )
    estimated = (rows["n_rows"] > 0).to_numpy()
    data = data.assign(n=data["n"].where(estimated), few=data["few"].where(estimated, 0))
    columns = [Column("outcome", "label"), Column("unit", "unit")]
    columns += [Column("wave", "label")] if data["wave"].nunique() > 1 else []
    columns += [Column("arm", "label")] if data.loc[data["arm"] != "", "arm"].nunique() > 1 else []
    columns += [Column("estimate", "measure"), _interval("interval", rows), Column("p", "p", "p_value")]
    columns += [Column("p_adjusted", "p", "p_value_adjusted"), Column("q", "p", "q_value"), Column("n", "count")]
    columns += [Column("direction", "label")] if rows["confirmatory"].all() else []
    columns += [Column("refused", "label", "why_not")] if (data["why_not"] != "").any() else []
    return Table(data, tuple(columns), "tab_families", behind="few")


def _side(row: Row, study: Study) -> str:
    """Key of the direction that the words take."""
    if held_back(row):
        return "direction.uncertain_family"
    side = "refused" if few_compared(row, study) else direction(row)
    return "" if side == "refused" else f"direction.{side}"


def family_words(rows: pd.DataFrame, study: Study) -> dict:
    """What the caption and the note of a family's table quote, a function of the language each."""
    first = tidy.rows(rows)[0]
    level = float(f"{100 - in_percent(first.conf_level):.10g}")
    absent = [name for name in study.contract.families[first.family].outcomes if name not in set(rows["outcome"])]

    def role(words: Words) -> str:
        confirmatory = first.confirmatory
        return words.label("family.confirmatory", alpha=level) if confirmatory else words.label("family.exploratory")

    def method(words: Words) -> str:
        if first.adjustment == "romano_wolf" or first.adjustment_refused == "alone":
            return words.label(f"family.{first.adjustment_refused or first.adjustment}")
        return words.label("family.holm", why=words.label(f"refused.{first.adjustment_refused}"))

    def not_estimated(words: Words) -> str:
        names = words.listed([words.label(name) for name in absent])
        return words.label("family.absent", outcomes=names) if absent else ""

    quoted = {"family": lambda words: family_label(first.family, words), "role": role}
    return quoted | {"method": method, "absent": not_estimated}
