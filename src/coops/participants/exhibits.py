"""Who was lost and what that could do: by what was known at the start, by stratum, as a range, as weights."""

import pandas as pd

from coops import disclosure
from coops.disclosure.thresholds import few_compared, few_in_an_arm
from coops.estimation import tidy
from coops.show.language import SHARE, Words
from coops.show.table import Column, Table, level_of, stratum_key, unit_columns
from coops.study.study import Study


def joint(tests: pd.DataFrame) -> Table:
    """The joint test of balance, one row an arm; ``tests`` from :func:`coops.participants.leading.joint_balance`."""
    data = tests[["arm", "kind", "variables", "statistic", "rank", "p_value", "least_p_value", "refused"]]
    data = data.assign(kind="balance." + data["kind"], variables=data["variables"].map(len), refused=_refused(data))
    columns = [Column("arm", "label"), Column("kind", "label"), Column("variables", "count")]
    columns += [Column("statistic", "number"), Column("rank", "count"), Column("p", "p", "p_value")]
    columns += [Column("least_p", "p", "least_p_value")]
    columns += [Column("refused", "label")] if (data["refused"] != "").any() else []
    return Table(data, tuple(columns), "tab_joint", behind=disclosure.OPEN)


def _refused(data: pd.DataFrame) -> pd.Series:
    return data["refused"].map(lambda reason: f"refused.{reason}" if reason else "")


def at_start(data: pd.DataFrame, study: Study) -> Table:
    """Those lost beside those seen again, in what was measured at the start."""
    arm = data["arm"].replace("", "no_arm" if study.contract.design.arm else "all_units")
    data = data.assign(arm=arm, few=data["n_seen"] + data["n_lost"], **unit_columns(data["variable"], study))
    means = ("mean_seen", "mean_lost", "normalised")  # the mean of all stands in the table of balance
    data = disclosure.released(data, study, behind={means: "n_lost"})
    columns = [Column(name, "label") for name in ("wave", "variable", "arm")]
    columns += [Column("n_lost", "count"), Column("mean_lost", "measure"), Column("mean_seen", "measure")]
    columns += [Column("normalised", "number")]
    return Table(data, tuple(columns), "tab_lost_at_start", behind=("n_seen", "few"), whole=("wave", "variable"))


def retention(data: pd.DataFrame, study: Study) -> Table:
    """Share seen by arm in each stratum."""
    counts = [f"{what}_{side}" for what in ("expected", "seen") for side in ("arm", "reference")]
    opposite = data["opposite"].map({"no": "", "sign": "opposite_sign", "clear": "opposite_clear"})
    stratum = [stratum_key(name, study) for name in data["stratum"]]
    data = data.assign(unit=SHARE, decimals=1, opposite=opposite, stratum=stratum)
    columns = [Column("stratum", "strata"), Column("expected_arm", "count"), Column("share_arm", "percent")]
    columns += [Column("expected_reference", "count"), Column("share_reference", "percent")]
    columns += [Column("points", "measure", "difference"), Column("interval", "interval", parameters=level_of(study))]
    columns += [Column("opposite", "label")]
    return Table(data, tuple(columns), "tab_retention", behind=tuple(counts), whole=())


def ranges(bounds: pd.DataFrame, study: Study) -> Table:
    """What the loss could do to each effect; ``bounds`` from :func:`coops.participants.leading.ranges`."""
    names = ["outcome", "wave", "arm", "kind", "estimate", "bound_low", "bound_high", "conf_low", "conf_high"]
    data = shown_ranges(bounds, study)[[*names, "trimmed", "trimmed_share", "n", "n_fewest", "refused", "hidden"]]
    data = data.assign(kind="loss." + data["kind"], refused=_refused(data), unit_level="person", is_effect=True)
    data = data.rename(columns={"trimmed_share": "share", "n_fewest": "few"}).assign(
        **unit_columns(data["outcome"], study)
    )
    columns = [Column("outcome", "label"), Column("unit", "unit")]
    columns += [Column("wave", "label")] if data["wave"].nunique() > 1 else []
    columns += [Column("arm", "label"), Column("kind", "label"), Column("of_seen", "measure", "estimate")]
    columns += [Column("low_end", "measure", "bound_low"), Column("high_end", "measure", "bound_high")]
    columns += [Column("with_sampling", "interval", parameters=level_of(study))]
    columns += [Column("trimmed", "label"), Column("trimmed_share", "percent", "share"), Column("n", "count")]
    columns += [Column("refused", "label")] if (data["refused"] != "").any() else []
    return Table(data, tuple(columns), "tab_ranges", behind="few")


def shown_ranges(bounds: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Ranges without a number of units where any arm of the outcome holds few: all less those of two would tell it."""
    fewest = bounds["n_fewest"].where(bounds["n_fewest"] > 0)
    fewest = fewest.groupby([bounds["outcome"], bounds["wave"]]).transform("min")
    return disclosure.released(bounds, study, behind=pd.DataFrame({"n": fewest}), level="person")


def reweighted(effects: pd.DataFrame, study: Study) -> Table:
    """Effects by inverse probability weighting; from :func:`coops.participants.leading.reweighted`."""
    names = ["outcome", "wave", "arm", "estimate", "conf_low", "conf_high", "p_value", "largest", "effective", "n"]
    data = effects[[*names, "n_fewest", "refused"]].rename(columns={"n_fewest": "few"})
    data = data.assign(refused=_refused(data), unit_level="person", is_effect=True)
    data = data.assign(**unit_columns(data["outcome"], study))
    columns = [Column("outcome", "label"), Column("unit", "unit")]
    columns += [Column("wave", "label")] if data["wave"].nunique() > 1 else []
    columns += [Column("arm", "label"), Column("estimate", "measure")]
    columns += [Column("interval", "interval", parameters=level_of(study)), Column("p", "p", "p_value")]
    columns += [Column("largest", "number"), Column("effective", "count"), Column("n", "count")]
    columns += [Column("refused", "label")] if (data["refused"] != "").any() else []
    return Table(data, tuple(columns), "tab_reweighted", behind="few")


def opposite(data: pd.DataFrame, words: Words) -> str:
    """Say whether strata lost in opposite directions; empty if they did not, or nothing is known."""
    if not len(data) or (data["opposite"] == "no").all():
        return ""
    return words.label("opposite.clear" if (data["opposite"] == "clear").any() else "opposite.sign")


def flow(data: pd.DataFrame, study: Study) -> Table:
    """Units by wave and arm, from the roster to those seen."""
    counted = ["roster", "population", "seen"]
    counted += ["groups"] if {"person", "group"} <= set(study.contract.units) else []
    shown = [Column("wave", "label"), Column("arm", "label"), *(Column(name, "count") for name in counted)]
    data = data.assign(arm=data["arm"].replace("", "no_arm" if study.contract.design.arm else "all_units"))
    behind = ("roster", "population", "seen")
    return Table(data, (*shown, Column("clusters", "count")), "tab_flow", behind=behind, whole=("wave",))


def balance(data: pd.DataFrame, differences: pd.DataFrame, study: Study) -> Table:
    """Means by arm at the start, and how far they lie apart."""
    table, apart = _compared(data, differences, ["variable", "wave", "arm"], study)
    table = table.assign(**unit_columns(table["variable"], study))
    cells = ("difference", "interval", "conf_low", "conf_high", "normalised")
    table = disclosure.released(table, study, rule=apart, columns=cells)
    if len(study.contract.design.arm) > 1:  # offers overlap: all, none and those with each would tell those with both
        rows = tidy.rows(differences)
        few_with = {(estimate.outcome, estimate.wave) for estimate in rows if few_in_an_arm(estimate, study)}
        named = zip(table["variable"], table["wave"], strict=True)
        rule = pd.Series([key in few_with for key in named], dtype=bool)
        table = disclosure.released(table, study, rule=rule, columns=("n",))
    columns = [Column("variable", "label"), Column("wave", "label"), Column("arm", "label"), Column("n", "count")]
    columns += [Column("mean", "measure"), Column("difference", "measure")]
    columns += [Column("interval", "interval", parameters=level_of(study)), Column("normalised", "number")]
    return Table(table, tuple(columns), "tab_balance", behind="n", whole=("variable", "wave"))


def attrition(data: pd.DataFrame, differences: pd.DataFrame, study: Study) -> Table:
    """Units seen at the first wave and not at a later one, by arm."""
    table, apart = _compared(data, differences, ["wave", "arm"], study)
    arm = table["arm"].replace("", "no_arm" if study.contract.design.arm else "all_units")
    table = table[[*data.columns, "difference", "conf_low", "conf_high"]]
    table = table.assign(arm=arm, unit=SHARE, decimals=1, few=table["expected"] - table["lost"])  # few: seen again
    cells = ("difference", "points", "interval", "conf_low", "conf_high")
    table = disclosure.released(table, study, rule=apart, columns=cells)
    columns = [Column("wave", "label"), Column("arm", "label"), Column("expected", "count"), Column("lost", "count")]
    columns += [Column("share", "percent"), Column("points", "measure", "difference")]
    columns += [Column("interval", "interval", parameters=level_of(study))]
    return Table(table, tuple(columns), "tab_attrition", behind=("expected", "few"), whole=("wave",))


def _compared(
    data: pd.DataFrame, differences: pd.DataFrame, key: list[str], study: Study
) -> tuple[pd.DataFrame, pd.Series]:
    """The rows with the difference of each from the reference beside them, and of which few are on one side of it."""
    named = differences.rename(columns={"outcome": "variable", "estimate": "difference"})
    beside = named[[*key, "conf_low", "conf_high", "difference"]]
    few = named[key].assign(apart=[few_compared(estimate, study) for estimate in tidy.rows(differences)])
    apart = data[key].merge(few, how="left", on=key)["apart"]
    return data.merge(beside, how="left", on=key), apart.eq(True)
