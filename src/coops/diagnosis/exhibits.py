"""Exhibits of the diagnosis as tables: levels, profiles, change, what most hangs on, needs, types, capacities."""

import numpy as np
import pandas as pd

from coops import disclosure
from coops.diagnosis.assessment import Assessment, groups_variable
from coops.diagnosis.typology import LEAST, Typology
from coops.diagnosis.weight_sensitivity import RANK_LEVEL
from coops.disclosure import OPEN, suppression, thresholds
from coops.show.language import SHARE, Words
from coops.show.table import Column, Table, level_of

ALL = "all_units"  # stands for all units among the groups
TOP = 5  # so many items are shown


def opening(assessment: Assessment | None, words: Words) -> str:
    """What the diagnosis rests on, and who is scored; or why there is none."""
    if assessment is None:
        return words.label("no_diagnosis" if words.study.scorecard else "no_scorecard")
    scored = assessment.scores[assessment.now].overall.notna().sum()
    return words.label(
        "diagnosis_opening",
        units=words.noun(assessment.level, len(assessment.units)),
        scored=words.count(scored),
        wave=words.label(assessment.now),
        items=words.count(len(assessment.card.scored)),
        dimensions=words.count(len(assessment.dimensions)),
        who=who(assessment, words),
    )


def who(assessment: Assessment, words: Words) -> str:
    """Say who is scored: the sample of ``[diagnosis]``, or all on the list of the study."""
    name = assessment.settings.sample
    if not name:
        return words.label("scored_all")
    label = words.said(words.study.contract.samples[name].label)
    return words.label("scored_sample", sample=label or words.name(name))


def quoted(assessment: Assessment | None) -> dict:
    """What captions and notes of the diagnosis quote."""
    if assessment is None:
        return {}
    return {
        "who": lambda words: who(assessment, words),
        "units": lambda words: words.noun(assessment.level),
        "wave": lambda words: words.label(assessment.now),
        "least": lambda words: words.count(assessment.least),
        "firm": lambda words: words.percent(assessment.settings.firm),
        "draws": lambda words: words.count(assessment.settings.draws),
        "held": lambda words: words.percent(RANK_LEVEL),
        **level_of(assessment.data.study),
    }


def levels(assessment: Assessment) -> pd.DataFrame:
    """How many units stand at each level, by wave, and how many of these levels are uncertain.

    Returns
    -------
    DataFrame, one row a wave and level, and one for those without an overall score (level ``unscored``)
        ``count``, ``share`` of the units scored, ``uncertain`` (last wave only), ``hidden`` (columns).
    """
    lines = []
    for wave in assessment.waves:
        placed = assessment.levels[wave]
        counts = placed[placed != ""].value_counts().reindex(list(assessment.starts), fill_value=0)
        frame = pd.DataFrame({"start": assessment.starts, "count": counts, "share": counts / max(counts.sum(), 1)})
        frame = frame.assign(share=frame["share"].round(2), uncertain=np.nan).astype(float)
        behind: dict = {("count", "share"): "count"}
        if wave == assessment.now:
            doubtful = placed[assessment.firm.units["uncertain"].eq(True)]
            frame["uncertain"] = doubtful.value_counts().reindex(counts.index, fill_value=0).astype(float)
            behind |= {"uncertain": ("count", "uncertain")}
        study, level = assessment.data.study, assessment.level
        frame = disclosure.released(frame, study, behind=behind, whole=(), level=level)
        frame.loc["unscored"] = [np.nan, float((placed == "").sum()), np.nan, np.nan, ""]
        lines.append(frame.rename_axis("level").reset_index().assign(wave=wave))
    return pd.concat(lines, ignore_index=True)


def levels_table(data: pd.DataFrame) -> Table:
    """Units by level and wave; a hidden count is shown as hidden."""
    columns = (
        Column("wave", "label"),
        Column("level", "scored"),
        Column("from_score", "measure", "start"),
        Column("count", "kept"),
        Column("share_percent", "measure", "share"),
        Column("uncertain", "count"),
    )
    return Table(data.assign(unit=SHARE, decimals=0), columns, "tab_levels")


def profile(assessment: Assessment) -> pd.DataFrame:
    """Mean scores by group and dimension at the last wave; all units first; what would give a unit away is hidden.

    Returns
    -------
    DataFrame, one row a group and part
        ``group`` (key of its words), ``part``, ``mean``, ``conf_low``, ``conf_high``, ``units``, ``scored``,
        ``gaps``, ``covers``, ``hidden``.
    """
    variable, least = groups_variable(assessment.data), assessment.least
    wave = assessment.now
    whole, parts = assessment.profile(wave, by_group=False), assessment.profile(wave)
    shown = {part: assessment.shown(part) for part in [*assessment.dimensions, "overall"]}
    gone = [row.scored > 0 and not assessment.shown_in_all(row.part) for row in whole.itertuples()]
    gone += [
        row.group not in shown[row.part] and not (row.scored == 0 and row.units >= least) for row in parts.itertuples()
    ]
    frame = pd.concat([whole, parts], ignore_index=True)
    frame["group"] = [f"{variable}.{name}" if name else ALL for name in frame["group"]]
    numbers = ["mean", "conf_low", "conf_high"]
    frame.loc[frame["scored"] == 0, numbers] = np.nan
    frame[numbers] = frame[numbers].round(2)  # what is published is what is shown
    rule, columns = pd.Series(gone, dtype=bool), (*numbers, "interval", "units", "scored", "gaps")
    frame = disclosure.released(frame, assessment.data.study, columns=columns, rule=rule)
    order = ["wave", "group", "part", *numbers, "units", "scored", "gaps", "covers", "hidden", "unit", "decimals"]
    return frame.assign(wave=wave, unit=SHARE, decimals=0)[order]


def _units(assessment: Assessment) -> str:
    """The heading of a number of units."""
    return "groups" if assessment.level == "group" else "n"


def profile_table(data: pd.DataFrame, assessment: Assessment) -> Table:
    """Overall score of each group with the range of what is not known, and what the range covers."""
    data = data[data["part"] == "overall"].reset_index(drop=True)
    columns = (
        Column("group_shown", "strata", "group"),
        Column(_units(assessment), "kept", "units"),
        Column("scored_units", "kept", "scored"),
        Column("gaps", "kept"),
        Column("mean_score", "measure", "mean"),
        Column("interval", "interval"),
        Column("covers", "label"),
    )
    return Table(data.assign(covers="covers_" + data["covers"]), columns, "tab_profile")


def change(assessment: Assessment) -> pd.DataFrame:
    """Mean of each dimension at the first and the last wave, over comparable items and units with both.

    Returns
    -------
    DataFrame, one row a dimension, ``overall`` last
        ``before``, ``after``, ``change``, ``units`` with both; ``rose`` and ``fell``: how many of these; ``items``
        compared. Means are missing where too few units have both; empty if nothing may be compared, or shown.
    """
    if not assessment.compared:
        return pd.DataFrame(columns=["part", "before", "after", "change", "units", "rose", "fell", "items"])
    (first, last), lines, telling = assessment.ends, [], []
    for part in [*assessment.dimensions, "overall"]:
        both = first[part].notna() & last[part].notna()
        moved = (last[part] - first[part])[both]
        names = [item.name for item in assessment.card.scored if part in (item.dimension, "overall")]
        line = {"part": part, "before": first[part][both].mean(), "after": last[part][both].mean()}
        line |= {"change": moved.mean(), "units": int(both.sum())}
        line |= {"rose": int((moved > 1e-9).sum()), "fell": int((moved < -1e-9).sum())}
        counts = pd.Series([line["rose"], line["fell"], (moved.abs() <= 1e-9).sum()], index=["rose", "fell", "same"])
        telling.append(suppression.of_parts(counts, assessment.least)[["rose", "fell"]])
        lines.append(line | {"items": sum(name in assessment.comparable for name in names)})
    frame, of_all = pd.DataFrame(lines), ("before", "after", "change", "rose", "fell")
    rule, study = pd.DataFrame(telling, frame.index), assessment.data.study
    frame = disclosure.released(frame, study, behind={of_all: "units"}, level=assessment.level, rule=rule)
    frame = frame if frame["before"].notna().any() else frame.iloc[:0].copy()
    frame[["before", "after", "change"]] = frame[["before", "after", "change"]].round(2)
    return frame.assign(first=assessment.waves[0], last=assessment.now, unit=SHARE, decimals=0)


def change_table(data: pd.DataFrame, assessment: Assessment) -> Table:
    """Before, after and change of each dimension."""
    columns = (
        Column("part", "scored"),
        Column("items", "count"),
        Column(_units(assessment), "count", "units"),
        Column("before", "measure"),
        Column("after", "measure"),
        Column("change_points", "measure", "change"),
        Column("rose", "kept"),
        Column("fell", "kept"),
    )
    return Table(data, columns, "tab_change")


def ranks(assessment: Assessment) -> pd.DataFrame:
    """Rank of each unit with an overall score and its interval over the draws, unnamed, the highest first.

    Empty where too few have a score. ``level``: of each, but of none where the number of any level is hidden. Whether a
    level is uncertain is not said: it would tell what a table hides.
    """
    frame = assessment.firm.units.dropna(subset=["rank"]).sort_values(["rank", "rank_low", "rank_high"])
    counted = levels(assessment)
    all_shown = not counted.loc[counted["wave"] == assessment.now, "hidden"].str.contains("count").any()
    frame["level"] = assessment.levels[assessment.now].reindex(frame.index) if all_shown else ""
    names = ["rank", "rank_low", "rank_high", "level"]
    frame = frame[names].reset_index(drop=True).assign(ranked=len(frame))
    frame = disclosure.released(frame, assessment.data.study, behind="ranked", level=assessment.level)
    return frame.dropna(subset=["rank"]).drop(columns="ranked")


def influence(assessment: Assessment) -> Table:
    """The items that most levels hang on."""
    frame = assessment.influence.reset_index().head(TOP)
    dimension = {item.name: item.dimension for item in assessment.card.items}
    columns = (
        Column("item", "scored"),
        Column("dimension", "scored"),
        Column("moved", "percent"),
        Column("ranks", "number"),
    )
    return Table(frame.assign(dimension=frame["item"].map(dimension)), columns, "tab_influence", behind=OPEN)


def unanswered(assessment: Assessment) -> Table:
    """What was not asked, or not answered, by dimension and wave."""
    lines = []
    for wave in assessment.waves:
        scores = assessment.scores[wave]
        for dimension in assessment.card.dimensions:
            part = scores.items[[item.name for item in assessment.card.of(dimension.name)]]
            asked = part.notna().any()
            missing = float(part.loc[:, asked].isna().to_numpy().mean()) if asked.any() else np.nan
            lines.append([wave, dimension.name, part.shape[1], int((~asked).sum()), missing])
    columns = (
        Column("wave", "label"),
        Column("dimension", "scored"),
        Column("items", "count"),
        Column("not_asked", "count"),
        Column("missing_share", "percent", "missing"),
    )
    data = pd.DataFrame(lines, columns=["wave", "dimension", "items", "not_asked", "missing"])
    return Table(data, columns, "tab_unanswered", behind=OPEN)


def needs(assessment: Assessment) -> pd.DataFrame:
    """How often each need is named at the last wave, by group, all units first; empty if none was asked.

    Returns
    -------
    DataFrame, one row a group and need
        ``group`` (key of its words), ``need`` (key of its words), ``units``, ``first``, ``any`` (shares,
        missing where too few units named it, or did not, or named any need).
    """
    named_needs = assessment.needs(assessment.now)
    study = assessment.data.study
    if named_needs.empty:
        return disclosure.released(named_needs, study, behind=OPEN)
    variable, asked = groups_variable(assessment.data), assessment.settings.needs[0]
    size = named_needs.drop_duplicates("group").set_index("group")["units"]
    of_groups = size.drop("")
    rest = pd.Series({"rest": size[""] - of_groups.sum()})  # those without a group
    parts = suppression.of_parts(pd.concat([of_groups, rest]), assessment.least).drop("rest")
    hidden = pd.concat([thresholds.few(size.loc[[""]], assessment.least), parts])
    order = named_needs[named_needs["group"] == ""]["need"].tolist()
    groups = list(dict.fromkeys(named_needs["group"]))
    full = pd.MultiIndex.from_product([groups, order], names=["group", "need"])
    frame = named_needs.set_index(["group", "need"]).reindex(full).reset_index()
    frame["units"] = frame["group"].map(size)
    frame = frame.fillna({"first": 0.0, "any": 0.0})
    flags = pd.DataFrame({"units": frame["group"].map(hidden)})
    for column in ("first", "any"):
        named = (frame[column] * frame["units"]).round()
        flags[column] = flags["units"] | suppression.of_shares(named, frame["units"], frame["group"], assessment.least)
        frame[column] = frame[column].round(2)
    frame = disclosure.released(frame, study, rule=flags)
    frame["group"] = [f"{variable}.{name}" if name else ALL for name in frame["group"]]
    return frame.assign(need=[f"{asked}.{name}" for name in frame["need"]])


def no_types(typology: Typology, words: Words) -> str:
    """Why no types are shown; empty if some are."""
    return words.label(f"types_{typology.refused}", **agreement(typology)) if typology.refused else ""


def agreement(typology: Typology) -> dict:
    """How well the types are found again, and how well they must be."""
    of = typology.stability
    tried = of[(of["method"] == typology.method) & (of["types"] == typology.types)] if len(of) else of
    return {"rand": round(float(tried["median"].iloc[0]), 2) if len(tried) else "–", "least": LEAST}


def types(typology: Typology) -> Table:
    """Mean of each dimension in each type."""
    dimensions = [name for name in typology.centres.columns if name != "units"]
    wide = typology.centres[dimensions].round(2).T.rename_axis("part").rename(columns=lambda number: f"type_{number}")
    columns = [Column("part", "scored")]
    for number, size in typology.centres["units"].items():
        columns.append(Column("type", "measure", f"type_{number}", {"number": int(number), "units": int(size)}))
    data = wide.reset_index().assign(unit=SHARE, decimals=0)
    return Table(data, tuple(columns), "tab_types", behind=OPEN)  # a type has enough units, or there is none
