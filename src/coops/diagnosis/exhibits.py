"""Exhibits of the diagnosis as tables: levels, profiles, change, what most hangs on, needs, types, capacities."""

import numpy as np
import pandas as pd

from coops.diagnosis.assessment import Assessment, groups_variable
from coops.diagnosis.typology import LEAST, Typology
from coops.disclosure import suppression
from coops.show.language import SHARE, Words
from coops.show.table import Column, Table, level_of

ALL = "all_units"  # stands for all units among the groups
TOP = 5  # so many items are shown


def opening(assessment: Assessment | None, words: Words) -> str:
    """What the diagnosis rests on, in one sentence; or that none was collected."""
    if assessment is None:
        return words.label("no_diagnosis")
    scored = assessment.scores[assessment.now].overall.notna().sum()
    return words.label(
        "diagnosis_opening",
        units=words.noun(assessment.level, len(assessment.units)),
        scored=words.count(scored),
        wave=words.label(assessment.now),
        items=words.count(len(assessment.card.scored)),
        dimensions=words.count(len(assessment.dimensions)),
    )


def quoted(assessment: Assessment | None) -> dict:
    """What captions and notes of the diagnosis quote."""
    if assessment is None:
        return {}
    return {
        "units": lambda words: words.noun(assessment.level),
        "wave": lambda words: words.label(assessment.now),
        "least": lambda words: words.count(assessment.least),
        "firm": lambda words: words.percent(assessment.says.firm),
        "draws": lambda words: words.count(assessment.says.draws),
    }


def levels(assessment: Assessment) -> pd.DataFrame:
    """How many units stand at each level, by wave, and how many of these levels are uncertain.

    Returns
    -------
    DataFrame, one row a wave and level, and one for those without an overall score (level ``unscored``)
        ``count``, ``share`` of the units scored, ``uncertain`` (last wave only), ``hidden`` (columns).
    """
    lines, least = [], assessment.least
    for wave in assessment.waves:
        found = assessment.levels[wave]
        counts = found[found != ""].value_counts().reindex(list(assessment.starts), fill_value=0)
        hidden, shares = suppression.of_parts(counts, least), counts / max(counts.sum(), 1)
        doubts = pd.Series(np.nan, index=counts.index)
        if wave == assessment.now:
            doubtful = found[assessment.firm.units["uncertain"].eq(True)]
            doubts = doubtful.value_counts().reindex(counts.index, fill_value=0)
            doubts = doubts.astype(float).mask(suppression.of_parts(doubts, least) | hidden)
        frame = pd.DataFrame({"start": assessment.starts, "count": counts, "share": shares.round(2)}).astype(float)
        frame = frame.mask(hidden.to_numpy()[:, None] & (frame.columns != "start")).assign(uncertain=doubts)
        masked = doubts.isna() & (wave == assessment.now)
        frame["hidden"] = hidden.map({True: "share", False: ""}) + masked.map({True: "|uncertain", False: ""})
        frame.loc["unscored"] = [np.nan, float((found == "").sum()), np.nan, np.nan, ""]
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
    return Table(data.assign(unit=SHARE, decimals=0), columns, ("tab_levels.note",))


def profile(assessment: Assessment) -> pd.DataFrame:
    """Mean scores by group and dimension at the last wave; all units first; what would give a unit away is hidden.

    Returns
    -------
    DataFrame, one row a group and part
        ``group`` (key of its words), ``part``, ``mean``, ``low``, ``high``, ``units``, ``scored``,
        ``gaps``, ``covers``, ``hidden``.
    """
    variable, least = groups_variable(assessment.data), assessment.least
    wave = assessment.now
    whole, parts = assessment.profile(wave, by_group=False), assessment.profile(wave)
    shown = {part: assessment.shown(part) for part in [*assessment.dimensions, "overall"]}
    hidden = [
        row.group not in shown[row.part] and not (row.scored == 0 and row.units >= least) for row in parts.itertuples()
    ]
    of_all = [row.scored > 0 and not assessment.shown_in_all(row.part) for row in whole.itertuples()]
    frame = pd.concat([whole.assign(hidden=of_all), parts.assign(hidden=hidden)], ignore_index=True)
    frame["group"] = [f"{variable}.{name}" if name else ALL for name in frame["group"]]
    gone = frame["hidden"] | (frame["scored"] == 0)
    frame.loc[gone, ["mean", "low", "high"]] = np.nan
    frame[["mean", "low", "high"]] = frame[["mean", "low", "high"]].round(2)  # what is published is what is shown
    for column in ("units", "scored", "gaps"):
        frame[column] = frame[column].astype(float).where(~frame["hidden"])
    return frame.assign(wave=wave, unit=SHARE, decimals=0)[
        [
            "wave",
            "group",
            "part",
            "mean",
            "low",
            "high",
            "units",
            "scored",
            "gaps",
            "covers",
            "hidden",
            "unit",
            "decimals",
        ]
    ]


def _units(assessment: Assessment) -> str:
    """The heading of a number of units."""
    return "groups" if assessment.level == "group" else "persons"


def profile_table(data: pd.DataFrame, assessment: Assessment) -> Table:
    """Overall score of each group with its interval, and what the interval covers."""
    data = data[data["part"] == "overall"].reset_index(drop=True)
    columns = (
        Column("group_shown", "strata", "group"),
        Column(_units(assessment), "kept", "units"),
        Column("scored_units", "kept", "scored"),
        Column("gaps", "kept"),
        Column("mean_score", "measure", "mean"),
        Column("interval", "interval", parameters=level_of(assessment.data.study)),
        Column("covers", "label"),
    )
    return Table(data.assign(covers="covers_" + data["covers"]), columns, ("tab_profile.note",))


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
    (first, last), least, lines = assessment.ends, assessment.least, []
    for part in [*assessment.dimensions, "overall"]:
        both = first[part].notna() & last[part].notna()
        moved = (last[part] - first[part])[both]
        names = [item.name for item in assessment.card.scored if part in (item.dimension, "overall")]
        line = {"part": part, "before": first[part][both].mean(), "after": last[part][both].mean()}
        line |= {"change": moved.mean(), "units": int(both.sum())}
        counts = pd.Series(
            {"rose": (moved > 1e-9).sum(), "fell": (moved < -1e-9).sum(), "same": (moved.abs() <= 1e-9).sum()}
        )
        counts = counts.astype(float).mask(suppression.of_parts(counts, least))
        line |= {"rose": counts["rose"], "fell": counts["fell"]}
        if both.sum() < least:
            line |= dict.fromkeys(("before", "after", "change", "rose", "fell"), np.nan)
        lines.append(line | {"items": sum(name in assessment.comparable for name in names)})
    frame = pd.DataFrame(lines)
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
    return Table(data, columns, ("tab_change.note",))


def ranks(assessment: Assessment) -> pd.DataFrame:
    """Rank of each unit with an overall score and its interval over the draws, unnamed, the highest first.

    Empty where too few have a score. Whether a level is uncertain is not said: it would tell what a table hides.
    """
    frame = assessment.firm.units.dropna(subset=["rank"]).sort_values(["rank", "rank_low", "rank_high"])
    frame = frame[["rank", "rank_low", "rank_high"]].reset_index(drop=True)
    return frame if len(frame) >= assessment.least else frame.iloc[:0]


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
    return Table(frame.assign(dimension=frame["item"].map(dimension)), columns, ("tab_influence.note",))


def unanswered(assessment: Assessment) -> Table:
    """What was not asked, or not answered, by dimension and wave."""
    lines = []
    for wave in assessment.waves:
        scores = assessment.scores[wave]
        for dimension in assessment.card.dimensions:
            names = [item.name for item in assessment.card.of(dimension.name)]
            part = scores.items[names]
            asked = part.notna().any()
            lines.append(
                {
                    "wave": wave,
                    "dimension": dimension.name,
                    "items": len(names),
                    "not_asked": int((~asked).sum()),
                    "missing": float(part.loc[:, asked].isna().to_numpy().mean()) if asked.any() else np.nan,
                }
            )
    columns = (
        Column("wave", "label"),
        Column("dimension", "scored"),
        Column("items", "count"),
        Column("not_asked", "count"),
        Column("missing_share", "percent", "missing"),
    )
    return Table(pd.DataFrame(lines), columns, ("tab_unanswered.note",))


def needs(assessment: Assessment) -> pd.DataFrame:
    """How often each need is named at the last wave, by group, all units first; empty if none was asked.

    Returns
    -------
    DataFrame, one row a group and need
        ``group`` (key of its words), ``need`` (key of its words), ``units``, ``first``, ``any`` (shares,
        missing where too few units named it, or did not, or named any need).
    """
    found = assessment.needs(assessment.now)
    if found.empty:
        return found.assign(hidden=[])
    variable, asked = groups_variable(assessment.data), assessment.says.needs[0]
    size = found.drop_duplicates("group").set_index("group")["units"]
    of_groups = size.drop("")
    rest = pd.Series({"rest": size[""] - of_groups.sum()})  # those without a group
    parts = suppression.of_parts(pd.concat([of_groups, rest]), assessment.least).drop("rest")
    hidden = pd.concat([size.loc[[""]] < assessment.least, parts])
    order = found[found["group"] == ""]["need"].tolist()
    groups = list(dict.fromkeys(found["group"]))
    full = pd.MultiIndex.from_product([groups, order], names=["group", "need"])
    frame = found.set_index(["group", "need"]).reindex(full).reset_index()
    frame["units"] = frame["group"].map(size)
    frame = frame.fillna({"first": 0.0, "any": 0.0}).assign(hidden=frame["group"].map(hidden))
    frame.loc[frame["hidden"], ["units", "first", "any"]] = np.nan
    for column in ("first", "any"):
        for _, part in frame.groupby("group"):
            named = (part[column] * part["units"]).round()
            telling = ((named > 0) & (named < assessment.least)) | (part["units"] - named < assessment.least)
            frame.loc[suppression.of_parts(named, 0, telling).loc[lambda gone: gone].index, column] = np.nan
        frame[column] = frame[column].round(2)
    frame["group"] = [f"{variable}.{name}" if name else ALL for name in frame["group"]]
    return frame.assign(need=[f"{asked}.{name}" for name in frame["need"]])


def no_types(found: Typology, words: Words) -> str:
    """Why no types are shown; empty if some are."""
    return words.label(f"types_{found.refused}", **agreement(found)) if found.refused else ""


def agreement(found: Typology) -> dict:
    """How well the types are found again, and how well they must be."""
    of = found.stability
    tried = of[(of["method"] == found.method) & (of["types"] == found.types)] if len(of) else of
    return {"rand": round(float(tried["median"].iloc[0]), 2) if len(tried) else "–", "least": LEAST}


def types(found: Typology) -> Table:
    """Mean of each dimension in each type."""
    dimensions = [name for name in found.centres.columns if name != "units"]
    wide = found.centres[dimensions].round(2).T.rename_axis("part").rename(columns=lambda number: f"type_{number}")
    columns = [Column("part", "scored")]
    for number, size in found.centres["units"].items():
        columns.append(Column("type", "measure", f"type_{number}", {"number": int(number), "units": int(size)}))
    return Table(wide.reset_index().assign(unit=SHARE, decimals=0), tuple(columns), ("tab_types.note",))
