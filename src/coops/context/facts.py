"""Published facts: numbers that others have printed, each with its source; where sources disagree, side by side.

A facts file is a table: one row a number, its words in each language, the themes, places, units, series and figures
named by identifiers whose words stand in the ``labels.csv`` beside it (``place.NAME``, ``unit.NAME``, …).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from coops.files import readers
from coops.show.language import Words
from coops.show.table import Column, Table, heading
from coops.study.findings import Finding, FindingError, fail, finding, nearest
from coops.study.labels import study_labels
from coops.study.languages import LANGUAGES, SOURCE
from coops.study.study import Study

COLUMNS = ("key", "theme", "value", "unit", "place", "year", "source", "status", "conflicts_with")
OPTIONAL = ("note_en", "figure", "series", "roster")
NAMED = ("theme", "place", "unit", "series", "figure")  # identifiers that have words
STATUSES = ("verified", "derived", "conflict", "not found")
DATE, YEAR = "date", "year"  # units whose values are no quantities
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
ROSTER = re.compile(r"(?P<what>group|person|stratum:(?:(?P<variable>\w+)=)?(?P<value>[^@]+))(?:@(?P<arm>\w+))?")


@dataclass(frozen=True)
class Facts:
    """The facts of a study: ``rows`` as text, one a number; ``labels``: the words beside the file."""

    rows: pd.DataFrame
    labels: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def themes(self) -> list[str]:
        """Themes in order of appearance."""
        return list(dict.fromkeys(self.rows["theme"]))

    @property
    def conflicts(self) -> list[tuple[str, str]]:
        """Pairs of keys that disagree, each once, in order of appearance."""
        place = {key: number for number, key in enumerate(self.rows["key"])}
        return [
            (row.key, other)
            for row in self.rows.itertuples()
            for other in row.conflicts_with.split("|")
            if other and place[row.key] < place[other]
        ]

    @property
    def figures(self) -> list[tuple[str, str]]:
        """Figures and their units, in order of appearance."""
        return list(dict.fromkeys(zip(self.drawn["figure"], self.drawn["unit"], strict=True)))

    @property
    def drawn(self) -> pd.DataFrame:
        """Rows of the figures: those that name one and whose value is a quantity."""
        rows = self.rows
        return rows[(rows["figure"] != "") & (rows["value"] != "") & ~rows["unit"].isin([DATE, YEAR])]

    def figure_name(self, figure: str, unit: str) -> str:
        """Name of a figure in files: with its unit where one group has several."""
        return figure if [name for name, _ in self.figures].count(figure) == 1 else f"{figure}_{unit}"

    # -- words ------------------------------------------------------------------------------------

    def name(self, kind: str, name: str, words: Words) -> str:
        """Words of a theme, place, unit, series or figure; a dash for none."""
        if not name:
            return "–"
        return self.labels.get(f"{kind}.{name}", {}).get(words.language) or words.label(f"{kind}.{name}")

    def item(self, row: dict, words: Words) -> str:
        """What a number is, with its series where it has one."""
        item, series = row[f"item_{words.language}"], self.series(row, words)
        return f"{item} ({series})" if series else item

    def series(self, row: dict, words: Words) -> str:
        """Words of the series of a number; nothing where it only says the place again."""
        series, place = (self.name(kind, row[kind], words) if row[kind] else "" for kind in ("series", "place"))
        return series if series != place else ""

    def where(self, row: dict, words: Words) -> str:
        """Series, place and year of a number."""
        place = self.name("place", row["place"], words) if row["place"] else ""
        parts = [self.series(row, words), place, words.isolate(row["year"])]
        return words.comma.join(part for part in parts if part) or "–"

    def summary(self, words: Words) -> str:
        """Say in one sentence how many facts there are, by status."""
        if not len(self.rows):
            return words.label("no_facts")
        counts = self.rows["status"].value_counts()
        parts = [f"{_status(s, words)}: {words.count(counts[s])}" for s in STATUSES if s in counts]
        return words.label("facts_summary", number=words.count(len(self.rows)), by=words.comma.join(parts))


def value(row: dict, words: Words) -> str:
    """Write a value with the decimals that it is given with; a date in words, a year as it is."""
    if not row["value"]:
        return "–"
    if row["unit"] == DATE:
        return words.date(row["value"])
    return words.isolate(row["value"]) if row["unit"] == YEAR else words.number(float(row["value"]), decimals(row))


def decimals(row: dict) -> int:
    """Number of decimals that a value is given with."""
    return len(row["value"].partition(".")[2])


def _status(status: str, words: Words) -> str:
    return words.label(f"status.{status.replace(' ', '_')}")


# -- reading ----------------------------------------------------------------------------------------


def read(study: Study) -> Facts:
    """Read the facts file that ``study.toml`` names (``facts``); a study that names none has no facts.

    Raises
    ------
    FindingError
        With every finding: a file that is not there or not inside the study folder, a column, key, status, number,
        source, pair of keys, name of a roster count or words that are missing or wrong.
    """
    languages = study.contract.study.languages
    needed = [*COLUMNS, *(f"item_{language}" for language in languages)]
    named = study.contract.study.facts
    if not named:
        return Facts(pd.DataFrame(columns=[*needed, *OPTIONAL], dtype=str))
    folder, path = study.folder.resolve(), (study.folder / named).resolve()
    if not path.is_relative_to(folder):
        raise fail("E_FACTS_OUTSIDE", file="study.toml", column="study.facts", name=Path(named).name)
    if not path.is_file():
        raise fail("E_FACTS_FILE", file="study.toml", column="study.facts", name=named)
    rows = readers.read(path).fillna("").apply(lambda column: column.str.strip())
    if (items := f"item_{SOURCE}") in rows:  # English stands in for a language that is still being translated
        partly = [language for language in languages if not LANGUAGES[language].complete]
        rows = rows.assign(**{name: rows[items] for code in partly if (name := f"item_{code}") not in rows})
    faults = [
        finding("E_FACTS_COLUMN", file=path.name, column=column, nearest=nearest(column, rows.columns))
        for column in needed
        if column not in rows
    ]
    if faults:
        raise FindingError(*faults)
    facts = Facts(rows.assign(**{name: "" for name in OPTIONAL if name not in rows}), study_labels(path.parent))
    faults = [*_keys(facts, path.name), *_cells(facts, path.name), *_words(facts, study, path.name)]
    faults += _roster_names(facts, study, path.name)
    if faults:
        raise FindingError(*faults)
    return facts


def _keys(facts: Facts, file: str) -> list[Finding]:
    """Keys are unique identifiers; a pair that disagrees is named from both sides."""
    faults, known = [], dict(zip(facts.rows["key"], facts.rows["conflicts_with"], strict=True))
    for row, cells in zip(facts.rows.index, facts.rows.to_dict("records"), strict=True):
        key, place = cells["key"], {"file": file, "row": row}
        if not KEY.fullmatch(key):
            faults.append(finding("E_FACTS_KEY", column="key", key=key, **place))
        elif (facts.rows["key"] == key).sum() > 1:
            faults.append(finding("E_KEY_TWICE", column="key", key=key, **place))
        for other in [key_named for key_named in cells["conflicts_with"].split("|") if key_named]:
            if other not in known:
                near = nearest(other, known)
                faults.append(finding("E_UNKNOWN_NAME", column="conflicts_with", name=other, nearest=near, **place))
            elif key not in known[other].split("|"):
                faults.append(finding("E_FACTS_ONE_SIDED", column="conflicts_with", key=key, other=other, **place))
    return faults


def _cells(facts: Facts, file: str) -> list[Finding]:
    """A known status, a value that can be read, a source: what is not found has no value and needs no source."""
    faults = []
    for row, cells in zip(facts.rows.index, facts.rows.to_dict("records"), strict=True):
        place = {"file": file, "row": row}
        missing = cells["status"] == "not found"
        if cells["status"] not in STATUSES:
            status, known = cells["status"] or "–", ", ".join(STATUSES)
            faults.append(finding("E_FIELD_VALUE", column="status", value=status, expected=known, **place))
        if missing and cells["value"]:
            faults.append(finding("E_FACTS_NOT_FOUND", column="value", key=cells["key"], **place))
        elif not missing and not _readable(cells):
            code = "E_NOT_A_DATE" if cells["unit"] == DATE else "E_NOT_A_NUMBER"
            faults.append(finding(code, column="value", key=cells["key"], **place))
        if not missing and not cells["source"]:
            faults.append(finding("E_FACTS_SOURCE", column="source", key=cells["key"], **place))
    return faults


def _readable(cells: dict) -> bool:
    if cells["unit"] != DATE:
        return bool(re.fullmatch(r"-?\d+(\.\d+)?", cells["value"]))
    try:
        return bool(date.fromisoformat(cells["value"]))
    except ValueError:
        return False


def _words(facts: Facts, study: Study, file: str) -> list[Finding]:
    """Every name and every item has words in each language of the study."""
    faults = []
    for language in study.contract.study.languages:
        words = Words(study, language)
        empty = facts.rows.index[facts.rows[f"item_{language}"] == ""]
        faults += [
            finding("E_NO_LABEL", file=file, row=row, column=f"item_{language}", key=facts.rows["key"][row])
            for row in empty
        ]
        for kind in NAMED:
            for key in dict.fromkeys(kind + "." + facts.rows[kind][facts.rows[kind] != ""]):
                if not facts.labels.get(key, {}).get(language) and not words.has(key):
                    faults.append(finding("E_NO_TEXT_LABEL", file="labels.csv", key=key, language=language))
    return faults


def _roster_names(facts: Facts, study: Study, file: str) -> list[Finding]:
    """A count of the study is named as ``group``, ``person`` or ``stratum:VALUE``, each with ``@ARM`` or without."""
    faults, design = [], study.contract.design
    arms = set(study.arms())
    for row, text in facts.rows["roster"][facts.rows["roster"] != ""].items():
        place, parsed = {"file": file, "row": row, "column": "roster"}, ROSTER.fullmatch(text)
        if not parsed or (parsed["value"] and not (parsed["variable"] or design.strata)):
            faults.append(finding("E_FACTS_ROSTER", name=text, **place))
            continue
        for name, known in ((parsed["arm"], arms), (parsed["variable"], study.codebook.names())):
            if name and name not in known:
                faults.append(finding("E_UNKNOWN_NAME", name=name, nearest=nearest(name, known), **place))
    return faults


# -- tables -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told(Table):
    """A table whose cells are said in a language by a function of the row: ``say(row, words)``, one text a column."""

    say: Callable[[dict, Words], list[str]] = field(kw_only=True)

    def markdown(self, words: Words) -> str:
        """Write the table in one language, as pipe table."""
        from tabulate import tabulate

        rows = [self.say(row, words) for row in self.data.to_dict("records")]
        heads = [heading(column, self.name, words) for column in self.columns]
        sides = ["right" if column.show == "number" else "left" for column in self.columns]
        return tabulate(rows, heads, tablefmt="pipe", colalign=sides, disable_numparse=True)


def table(facts: Facts, theme: str) -> Told:
    """The facts of a theme: item, value, unit, place, year, status in words, number of the source in the note."""
    rows = facts.rows[facts.rows["theme"] == theme].reset_index(drop=True)
    sources = addresses(rows)

    def say(row: dict, words: Words) -> list[str]:
        names = [facts.name(kind, row[kind], words) for kind in ("unit", "place")]
        year = words.isolate(row["year"]) or "–"
        return [facts.item(row, words), value(row, words), *names, year, _status(row["status"], words), _of(row, words)]

    def _of(row: dict, words: Words) -> str:
        numbers = [str(sources.index(address) + 1) for address in _split(row["source"])]
        return words.isolate(", ".join(numbers)) or "–"

    columns = [Column(address, "text") for address in ("fact", "unit", "place", "year", "status", "source_number")]
    return Told(rows, (columns[0], Column("value", "number"), *columns[1:]), "tab_facts", published=True, say=say)


def _split(source: str) -> list[str]:
    return [address for address in re.split(r"\s+;\s+", source) if address]


def addresses(rows: pd.DataFrame) -> list[str]:
    """Addresses of the sources of some rows, each once, in order of appearance."""
    return list(dict.fromkeys(address for source in rows["source"] for address in _split(source)))


def table_words(facts: Facts, theme: str) -> dict:
    """What the caption and the note of a table of a theme say, a function of the language each."""
    rows = facts.rows[facts.rows["theme"] == theme]
    return {"theme": lambda words: facts.name("theme", theme, words), "sources": lambda words: listed(rows, words)}


def reading(facts: Facts, theme: str, words: Words) -> str:
    """Return what the numbers of a theme can and cannot mean, in words: label ``reading.THEME`` beside the facts file.

    Numbers are quoted by key in square brackets; none is typed. Empty if the theme has no reading.

    Raises
    ------
    FindingError
        ``E_TYPED_DIGIT`` for a number that is typed, ``E_UNKNOWN_KEY`` for a key that is no fact,
        ``E_NO_TEXT_LABEL`` for a reading that is missing in this language only.
    """
    texts = facts.labels.get(f"reading.{theme}", {})
    if not texts:
        return ""
    if not texts.get(words.language):
        raise fail("E_NO_TEXT_LABEL", file="labels.csv", key=f"reading.{theme}", language=words.language)
    rows = {row["key"]: row for row in facts.rows.to_dict("records")}
    typed = re.search(r"[0-9٠-٩]", re.sub(r"\[[^\]]*\]", "", texts[words.language]))
    if typed:
        raise fail("E_TYPED_DIGIT", file="labels.csv", key=f"reading.{theme}", what=typed[0])

    def quoted(hit: re.Match) -> str:
        if hit[1] not in rows:
            raise fail("E_UNKNOWN_KEY", file="labels.csv", key=hit[1], nearest=nearest(hit[1], rows))
        return value(rows[hit[1]], words)

    return re.sub(r"\[([^\]]+)\]", quoted, texts[words.language])


def listed(rows: pd.DataFrame, words: Words) -> str:
    """The addresses of the sources of some rows with their numbers, for a note."""
    numbered = [words.isolate(f"[{number}] <{address}>") for number, address in enumerate(addresses(rows), start=1)]
    return words.parts(numbered) or "–"


def conflicts(facts: Facts) -> Told:
    """Pairs of facts that disagree, side by side."""
    by = {row["key"]: row for row in facts.rows.to_dict("records")}
    sides = ("value", "unit", "series", "place", "year", "source")
    rows = [[by[key][name] for key in pair for name in ("key", *sides)] for pair in facts.conflicts]
    columns = ["key", *sides, "other_key", *(f"other_{name}" for name in sides)]
    data = pd.DataFrame(rows, columns=columns)

    def say(row: dict, words: Words) -> list[str]:
        pair = (by[row["key"]], by[row["other_key"]])
        items = dict.fromkeys(side[f"item_{words.language}"] for side in pair)
        units = dict.fromkeys(facts.name("unit", side["unit"], words) for side in pair)
        sides = [text for side in pair for text in (value(side, words), facts.where(side, words))]
        return [" / ".join(items), " / ".join(units), *sides]

    shown = [("fact", "text"), ("unit", "text"), ("value", "number"), ("where", "text")]
    shown += [("other_value", "number"), ("other_where", "text")]
    return Told(data, tuple(Column(head, show) for head, show in shown), "tab_conflicts", published=True, say=say)
