"""Tables: one object, written as Markdown in each language and as one csv with the numbers behind it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from coops import disclosure
from coops.show.cost_set import set_in_words
from coops.show.language import Words
from coops.show.results import COLUMNS, HIDDEN, number_text, unit_of
from coops.study.labels import package_labels
from coops.study.study import Study


def stratum_key(name: str, study: Study) -> str:
    """Keys of the values of a stratum, each with its variable: what a table writes in words."""
    values = name.split("|")
    named = zip(study.contract.design.strata, values, strict=False)
    return "|".join(f"{variable}.{value}" for variable, value in named) if name else ""


HEADED = {*COLUMNS, "estimate", "interval", "p"}  # columns of results, whose headings any exhibit may use
MARKUP = re.compile(r"([\\`*_{}\[\]<>|~^$#@])")  # signs that Markdown would read
TEXT, NUMBER = "left", "right"
WORDS = ("code", "counts", "label", "named", "say", "scored", "set", "strata", "text", "unit")  # cells that are words
NAMES = ("code", "label", "named", "say", "scored", "strata", "unit")  # those that a row keeps when it is hidden
TELLING = ("agree", "answer", "opposite", "says", "trimmed")  # but for these, which say what the numbers say
KEPT = "outcome wave arm kind band part unit decimals conf_level unit_level is_effect".split()  # in the csv


@dataclass(frozen=True)
class Column:
    """One column: ``head`` names its heading (see :func:`heading`), ``show`` says how a cell is written.

    ``show``: ``label`` (the cell is a key of words), ``named`` (a part of the study, by its label), ``scored`` (a part
    of the diagnosis), ``strata`` (keys of values), ``text`` (as it is), ``code`` (as files of the study write it),
    ``count``, ``kept`` (a count, hidden if missing), ``measure`` (by the unit and decimals of the row), ``interval``
    (of the columns conf_low and conf_high, with the ending ``of`` where it is given), ``number`` (two decimals), ``p``,
    ``percent``, ``set`` (what a unit of an effect cost), ``unit``, ``say`` (words that ``parameters["say"]`` makes of
    the row in a language). ``of``: column of the data, if it has another name than the heading. ``parameters``: what
    the heading quotes, each perhaps a function of the words; ``unit`` and ``decimals`` of the column, if not of the
    row.
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
    """Data and how they are shown.

    ``name``: the key of its caption, whose headings are its own. ``behind``, ``whole``, ``published``: what stands
    behind the numbers, as of :func:`coops.disclosure.released`, which decides what is shown of them; data that it gave
    back say no more. ``only``: the column that says which rows are shown; the others stand in the csv alone. A column
    ``hidden`` of the data names, joined by ``|``, what of a row is hidden.
    """

    data: pd.DataFrame
    columns: tuple[Column, ...]
    name: str = ""
    behind: disclosure.Behind = None
    only: str = ""
    whole: tuple[str, ...] | None = None
    published: bool = False

    def released(self, study: Study) -> "Table":
        """The table as it may leave: rows with too few behind them are out, and what would give them away."""
        worded = {column.source for column in self.columns if column.show in NAMES and column.head not in TELLING}
        others = [*self.data, *(column.source for column in self.columns)]
        columns = [name for name in others if name not in {*worded, *KEPT, "few"}]
        data = disclosure.released(
            self.data, study, behind=self.behind, whole=self.whole, columns=columns, published=self.published
        )
        return replace(self, data=data.drop(columns="few", errors="ignore"), behind=None, published=False)

    def hidden_rows(self, study: Study) -> pd.Series:
        """Tell which rows are hidden as a whole."""
        return disclosure.hidden_rows(self.data, study, self.behind, self.whole)  # type: ignore[arg-type]

    def csv(self) -> str:
        """The numbers behind the table."""
        return written(self.data)

    def markdown(self, words: Words) -> str:
        """The table in one language, as pipe table; what may not be shown is hidden."""
        from tabulate import tabulate

        data = self.released(words.study).data
        shown = data[data[self.only]] if self.only else data
        body = [[_cell(column, row, words) for column in self.columns] for row in shown.to_dict("records")]
        heads = [heading(column, self.name, words) for column in self.columns]
        sides = [TEXT if column.show in WORDS else NUMBER for column in self.columns]
        return (
            tabulate(body, heads, tablefmt="pipe", colalign=sides, disable_numparse=True)
            if body
            else words.label("empty_table")
        )


def written(data: pd.DataFrame) -> str:
    """The numbers behind an exhibit as csv; what is hidden is named only where something is."""
    if "hidden" in data and (data["hidden"] == "").all():
        data = data.drop(columns="hidden")
    return (data.map(number_text) if len(data) else data).to_csv(index=False, lineterminator="\n")


def heading(column: Column, exhibit: str, words: Words) -> str:
    """Return the heading of a column of an exhibit.

    Its own words, ``EXHIBIT.head.COLUMN``, come first. A column of an exhibit of the package then has the shared words
    ``head.COLUMN``; one of another exhibit the label of the codebook, or the shared words of a column of the results,
    or its own name. Groups have the name that the study gives them.
    """
    quoted = {name: value for name, value in column.parameters.items() if name != "say"}
    parameters = {name: value(words) if callable(value) else value for name, value in quoted.items()}
    own, shared = f"{exhibit}.head.{column.head}", f"head.{column.head}"
    if words.has(own):
        return words.label(own, **parameters)
    if exhibit and exhibit not in package_labels():
        book = words.study.codebook
        label = words.said(book.get(column.head).label) if column.head in book.names() else ""
        if label or column.head not in HEADED or not words.has(shared):
            return label or words.name(MARKUP.sub(r"\\\1", column.head))
    if column.head == "groups" and "group" in words.study.contract.units:
        noun = words.noun("group")
        return noun[:1].upper() + noun[1:]
    return words.label(shared, **parameters)


SHOWN: dict[str, Callable[[Any, Words], str]] = {  # cells that need nothing but their value
    "label": lambda value, words: "–" if value in ("", None) else labels_in_words(str(value), words),
    "named": lambda value, words: words.named(str(value)),
    "scored": lambda value, words: scored_in_words(str(value), words),
    "strata": lambda value, words: strata_in_words(str(value), words),
    "text": lambda value, words: str(value) if value else "–",
    "code": lambda value, words: words.name(MARKUP.sub(r"\\\1", str(value))) if value else "–",
    "counts": lambda value, words: " / ".join(map(words.isolate, str(value).split(" / "))) if value else "–",
    "count": lambda value, words: "–" if pd.isna(value) else words.count(value),
    "kept": lambda value, words: HIDDEN if pd.isna(value) else words.count(value),
    "number": lambda value, words: words.number(value, 2),
    "p": lambda value, words: words.p_value(value),
    "percent": lambda value, words: words.percent(value, 1),
}


def _cell(column: Column, row: dict, words: Words) -> str:
    unit = column.parameters.get("unit", row.get("unit", ""))
    decimals = int(column.parameters.get("decimals", row.get("decimals", 2)) or 0)
    if column.source in str(row.get("hidden", "")).split("|"):
        return HIDDEN
    value: Any = row.get(column.source)
    if column.show in SHOWN:
        return SHOWN[column.show](value, words)
    match column.show:
        case "measure":
            return words.shown(value, unit, decimals)
        case "interval":
            low, high = (row[f"conf_{end}_{column.of}" if column.of else f"conf_{end}"] for end in ("low", "high"))
            return words.interval(low, high, unit, decimals)
        case "set":
            return set_in_words(row, words)
        case "say":
            return column.parameters["say"](row, words)
        case "unit":
            return words.unit_in_table(unit, row.get("is_effect", False))
    raise ValueError(f"a table column cannot be shown as {column.show}")


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
    named = [part.partition(".") for part in value.split("|") if part]
    return words.comma.join(words.value_label(variable, name) for variable, _, name in named) if named else "–"


def unit_columns(names: pd.Series, study: Study) -> dict[str, list]:
    """Unit and decimals of each named variable, as columns; a share where it is none."""
    units = [unit_of(name, study) for name in names]
    return {"unit": [unit for unit, _ in units], "decimals": [decimals for _, decimals in units]}


def in_percent(level: float) -> float:
    """A level such as 0.95 in per cent, without the last digits of the machine."""
    return float(f"{100 * level:.10g}")


def level_of(study: Study) -> dict:
    """What the head of a column of intervals quotes: the level of the study."""
    return {"level": in_percent(study.contract.design.level)}
