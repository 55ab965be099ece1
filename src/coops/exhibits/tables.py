"""Tables: one object, written as Markdown in each language and as one csv with the numbers behind it."""

import re
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from coops.analysis import suppression
from coops.analysis.effects import Estimate
from coops.exhibits.results import HIDDEN, number_text
from coops.exhibits.words import COMMA, SHARE, Words
from coops.exhibits.worth import set_in_words
from coops.intake.study import Study

MARKUP = re.compile(r"([\\`*_{}\[\]<>|~^$#@])")  # signs that Markdown would read
TEXT, NUMBER = "left", "right"
WORDS = ("code", "counts", "label", "named", "say", "scored", "set", "strata", "text", "unit")  # cells that are words
NAMES = ("code", "label", "named", "say", "scored", "strata", "unit")  # those that a row keeps when it is hidden
TELLING = ("agree", "answer", "opposite", "says", "trimmed")  # but for these, which say what the numbers say
KEPT = (
    "outcome",
    "wave",
    "arm",
    "kind",
    "band",
    "part",
    "unit",
    "decimals",
    "level",
    "unit_level",
    "is_effect",
)  # in the csv


@dataclass(frozen=True)
class Column:
    """One column: ``head`` is the key of its heading, ``show`` says how a cell is written.

    ``show``: ``label`` (the cell is a key of words), ``named`` (a part of the study, by its label), ``scored`` (a part
    of the diagnosis), ``strata`` (keys of values), ``text`` (as it is), ``code`` (as files of the study write it),
    ``count``, ``kept`` (a count, hidden if missing), ``measure`` (by the unit and decimals of the row), ``interval``
    (of the columns low and high), ``number`` (two decimals), ``p``, ``percent``, ``set`` (what a unit of an effect
    cost), ``unit``, ``say`` (words that ``parameters["say"]`` makes of the row in a language). ``of``: column of the
    data, if it has another name than the heading. ``parameters``: what the heading quotes, each perhaps a function of
    the words; ``unit`` and ``decimals`` of the column, if not of the row.
    """

    head: str
    show: str
    of: str = ""
    parameters: dict = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The column of the data."""
        return self.of or self.head


@dataclass(frozen=True)
class Table:
    """Data and how they are shown; ``notes`` are keys of words, ``few`` names the column of the count behind a row.

    ``few`` may name several. ``whole``: columns that are equal in rows that are parts of one whole, whose number is
    shown (none: all rows are): a hidden row then takes another one with it. ``only``: the column that says which rows
    are shown; the others stand in the csv alone. A column ``hidden`` of the data names, joined by ``|``, what is hidden
    of a row.
    """

    data: pd.DataFrame
    columns: tuple[Column, ...]
    notes: tuple = ()
    few: tuple[str, ...] | str = ""
    only: str = ""
    whole: tuple[str, ...] | None = None

    def released(self, study: Study) -> "Table":
        """The table as it may leave: rows with too few behind them are out, and what would give them away."""
        if not self.few or self.data.empty:
            return self
        gone = hidden_rows(self, study)
        told = {column.source for column in self.columns if column.show in NAMES and column.head not in TELLING}
        others = [*self.data, *(column.source for column in self.columns)]
        data = covered(self.data, gone, *(name for name in others if name not in {*told, *KEPT, "few"}))
        return replace(self, data=data.drop(columns="few", errors="ignore"), few="")

    def csv(self) -> str:
        """The numbers behind the table."""
        data = self.data.map(number_text) if len(self.data) else self.data
        return data.to_csv(index=False, lineterminator="\n")

    def markdown(self, words: Words) -> str:
        """The table in one language, as pipe table; what may not be shown is hidden."""
        from tabulate import tabulate

        data = self.released(words.study).data
        shown = data[data[self.only]] if self.only else data
        body = [[_cell(column, row, words) for column in self.columns] for row in shown.to_dict("records")]
        heads = [_head(column, words) for column in self.columns]
        sides = [TEXT if column.show in WORDS else NUMBER for column in self.columns]
        return (
            tabulate(body, heads, tablefmt="pipe", colalign=sides, disable_numparse=True)
            if body
            else words.label("empty_table")
        )


def hidden_rows(table: Table, study: Study) -> pd.Series:
    """Tell which rows of a table are hidden as a whole."""
    data, least = table.data, study.contract.least(next(iter(table.data.get("unit_level", [])), ""))
    whole = None if table.whole is None else [data[name] for name in table.whole]
    counts = [data[name] for name in ([table.few] if isinstance(table.few, str) else table.few)]
    return pd.concat([suppression.of_rows(one, whole, least) for one in counts], axis=1).any(axis=1)


def few(one: Estimate, study: Study) -> bool:
    """Tell whether too few stand behind an estimate for its numbers to be shown, on either side of the comparison."""
    return 0 < one.fewest < study.contract.least(one.unit_level)


def arms_few(one: Estimate, study: Study) -> bool:
    """Tell whether an arm, or a set of offers, holds too few: the counts of the others would tell it by subtraction."""
    return 0 < one.smallest < study.contract.least(one.unit_level)


def covered(data: pd.DataFrame, gone: pd.Series, *names: str) -> pd.DataFrame:
    """Take columns out of some rows, and name them in the column ``hidden`` (which nothing hidden does not make).

    Names that are no columns of the data are only named: a table makes a cell of several columns.
    """
    if not gone.any():
        return data
    data, names = data.copy(), list(dict.fromkeys(name for name in names if name != "hidden"))
    for name in names:
        if name in data:
            blank = np.nan if pd.api.types.is_numeric_dtype(data[name]) else ""
            data[name] = data[name].astype(float if blank != "" else object).where(~gone, blank)
    before = data["hidden"] if "hidden" in data else pd.Series("", index=data.index)
    both = [dict.fromkeys([*filter(None, text.split("|")), *names]) for text in before]
    data["hidden"] = before.where(~gone, pd.Series(["|".join(one) for one in both], index=data.index))
    return data


def _head(column: Column, words: Words) -> str:
    """Return a heading; groups have the name that the study gives them."""
    if column.head == "groups" and "group" in words.study.contract.units:
        noun = words.noun("group")
        return noun[:1].upper() + noun[1:]
    quoted = {name: value for name, value in column.parameters.items() if name != "say"}
    said = {name: value(words) if callable(value) else value for name, value in quoted.items()}
    return words.label(f"head.{column.head}", **said)


def _cell(column: Column, row: dict, words: Words) -> str:
    value = row.get(column.source)
    unit = column.parameters.get("unit", row.get("unit", ""))
    decimals = int(column.parameters.get("decimals", row.get("decimals", 2)) or 0)
    if column.source in str(row.get("hidden", "")).split("|"):
        return HIDDEN
    match column.show:
        case "label":
            return "–" if value in ("", None) else labels_in_words(str(value), words)
        case "named":
            return _named(str(value), words)
        case "scored":
            return scored_in_words(str(value), words)
        case "strata":
            return strata_in_words(str(value), words)
        case "kept":
            return HIDDEN if pd.isna(value) else words.count(value)
        case "set":
            return set_in_words(row, words)
        case "text":
            return str(value) if value else "–"
        case "counts":
            return " / ".join(words.isolate(one) for one in str(value).split(" / ")) if value else "–"
        case "code":
            return words.name(MARKUP.sub(r"\\\1", str(value))) if value else "–"
        case "count":
            return "–" if value is None or pd.isna(value) else words.count(value)
        case "measure":
            return words.shown(value, unit, decimals)
        case "interval":
            return words.interval(row["low"], row["high"], unit, decimals)
        case "number":
            return words.number(value, 2)
        case "p":
            return words.p_value(value)
        case "percent":
            return words.percent(value, 1)
        case "say":
            return column.parameters["say"](row, words)
        case "unit":
            return words.unit_in_table(unit, row.get("is_effect", False))
    raise ValueError(f"a table column cannot be shown as {column.show}")


def _named(name: str, words: Words) -> str:
    """The label of a part of the study; its name where it has none, as variables that no table is about may."""
    return words.said(words.study.label(name)) or words.name(name)


def labels_in_words(value: str, words: Words) -> str:
    """Words of a key, or of several joined by `` + `` (offers together) or by ``_`` (waves together)."""
    if " + " in value:
        return " + ".join(words.label(part) for part in value.split(" + "))
    waves = words.study.contract.waves
    if value not in waves and all(part in waves for part in value.split("_")) and "_" in value:
        return words.listed([words.label(part) for part in value.split("_")])
    return words.label(value)


def scored_in_words(value: str, words: Words) -> str:
    """Words of a level, dimension or item of the diagnosis, or of what all of them make together."""
    return words.said(words.study.scored(value)) or words.label(value)


def strata_in_words(value: str, words: Words) -> str:
    """Words of a stratum: its values, each written ``variable.value``; merged values have a name of their own.

    ``all_units`` stands for all of them.
    """
    if value == "all_units":
        return words.label(value)
    named = [one.partition(".") for one in value.split("|") if one]
    return (
        COMMA[words.language].join(words.value_label(variable, name) for variable, _, name in named) if named else "–"
    )


def unit_columns(names: pd.Series, study: Study) -> dict[str, list]:
    """Unit and decimals of each named variable, as columns; a share where it is none."""
    books = [study.codebook.get(name) if name in study.codebook.names() else None for name in names]
    return {"unit": [b.unit if b else SHARE for b in books], "decimals": [b.decimals if b else 1 for b in books]}


def received(rows: list[dict]) -> Table:
    """Rows received and corrected, by table and file."""
    data = pd.DataFrame(rows, columns=["table", "file", "received", "corrected"])
    return Table(
        data,
        (Column("table", "text"), Column("file", "text"), Column("received", "count"), Column("corrected", "count")),
    )


def findings(found: list, language: str) -> Table:
    """Findings by kind: code, how often, and the first of them in words."""
    data = pd.DataFrame(
        [{"code": one.code, "column": one.column, "words": one.text(language)} for one in found],
        columns=["code", "column", "words"],
    )
    counted = data.groupby("code", sort=True).agg(number=("code", "size"), words=("words", "first")).reset_index()
    return Table(counted, (Column("code", "text"), Column("number", "count"), Column("first", "text", "words")))


def variables(data: pd.DataFrame) -> Table:
    """What each clean table holds: rows, units, variables, share of cells without an answer."""
    return Table(
        data,
        (Column("table", "text"), Column("rows", "count"), Column("variables", "count"), Column("missing", "percent")),
    )


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
    return Table(data, (*shown, Column("clusters", "count")), ("tab_flow.note",), few=few, whole=("wave",))


def balance(data: pd.DataFrame, differences: list[Estimate], study: Study) -> Table:
    """Means by arm at the start, and how far they lie apart."""
    by = {(one.outcome, one.wave, one.arm): one for one in differences}
    lines = []
    for (variable, wave), part in data.groupby(["variable", "wave"], sort=False):
        for row in part.to_dict("records"):
            one = by.get((variable, wave, row["arm"]))
            low, high = (one.low, one.high) if one else (np.nan, np.nan)
            lines.append(row | {"low": low, "high": high, "difference": one.value if one else np.nan})
    table = pd.DataFrame(lines, columns=[*data.columns, "low", "high", "difference"])
    table = table.assign(**unit_columns(table["variable"], study))
    keys = zip(table["variable"], table["wave"], table["arm"], strict=True)
    apart = pd.Series([key in by and few(by[key], study) for key in keys], dtype=bool)
    table = covered(table, apart, "difference", "interval", "low", "high", "normalised")
    if len(study.contract.design.arm) > 1:  # offers overlap: all, none and those with each would tell those with both
        few_with = {(one.outcome, one.wave) for one in differences if arms_few(one, study)}
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
    return Table(table, columns, ("tab_balance.note",), few="n", whole=("variable", "wave"))


def attrition(data: pd.DataFrame, differences: list[Estimate], study: Study) -> Table:
    """Units seen at the first wave and not at a later one, by arm."""
    by = {(one.wave, one.arm): one for one in differences}
    lines = []
    for row in data.to_dict("records"):
        one = by.get((row["wave"], row["arm"]))
        low, high = (one.low, one.high) if one else (np.nan, np.nan)
        arm = row["arm"] or ("no_arm" if study.contract.design.arm else "all_units")
        lines.append(row | {"arm": arm, "difference": one.value if one else np.nan, "low": low, "high": high})
    table = pd.DataFrame(lines, columns=[*data.columns, "difference", "low", "high"]).assign(unit=SHARE, decimals=1)
    table["few"] = table["expected"] - table["lost"]  # those seen again
    keys = zip(data["wave"], data["arm"], strict=True)
    apart = pd.Series([key in by and few(by[key], study) for key in keys], dtype=bool)
    table = covered(table, apart, "difference", "points", "interval", "low", "high")
    columns = (
        Column("wave", "label"),
        Column("arm", "label"),
        Column("expected", "count"),
        Column("lost", "count"),
        Column("share", "percent"),
        Column("points", "measure", "difference"),
        Column("interval", "interval", parameters=level_of(study)),
    )
    return Table(table, columns, ("tab_attrition.note",), few=("expected", "few"), whole=("wave",))


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


def in_percent(level: float) -> float:
    """A level such as 0.95 in per cent, without the last digits of the machine."""
    return float(f"{100 * level:.10g}")


def level_of(study: Study) -> dict:
    """What the head of a column of intervals quotes: the level of the study."""
    return {"level": in_percent(study.contract.design.level)}


def method(one: Estimate, words: Words) -> str:
    """Say in words how an estimate was made."""
    first = words.label("method.dose", of=words.label(one.dose)) if one.dose else words.label(f"method.{one.estimator}")
    parts = [first]
    if one.strata:
        parts.append(words.label("method.strata"))
    if one.adjusted:
        parts.append(
            words.label("method.covariates", list=words.listed([_named(name, words) for name in one.adjusted]))
        )
    if one.weighted:
        parts.append(words.label("method.weighted"))
    if "person" in words.study.contract.units and "group" in words.study.contract.units:
        parts.append(
            words.label("method.groups" if one.weigh == "groups" or one.unit_level == "group" else "method.persons")
        )
    parts.append(words.label("method.errors"))
    return words.parts(parts)


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
