"""What the field-team checks share: the form of a check, rows with keys and waves, interviews, answers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from coops.data.units import Data
from coops.study.codebook import Variable
from coops.study.findings import Finding
from coops.study.schema import Fieldwork
from coops.study.study import Study
from coops.study.values import plain, unit_names

ROWS = ["table", "key", "column", "what", "value", "measure"]
NUMBER_KINDS = ("number", "integer")
FEW_ROWS = 20  # rows or values a variable must have to be told for its gaps, or for rounding
Result = tuple[int, pd.DataFrame] | str  # how much was looked at and what was found, or why the check did not run


def lines(
    table: str, keys: Iterable, column: str, what: str, value: object = None, measure: object = None
) -> pd.DataFrame:
    """Make rows of a check, one a key; ``value`` and ``measure`` are one for all or as many as the keys."""
    frame = pd.DataFrame({"key": list(keys)}, columns=["key"])
    for name, content in {"table": table, "column": column, "what": what, "value": value, "measure": measure}.items():
        frame[name] = "" if content is None else list(content) if isinstance(content, pd.Series) else content
    return frame[ROWS]


def together(parts: list[pd.DataFrame], columns: list[str] | None = None) -> pd.DataFrame:
    """Put rows of a check one below the other; none of them give an empty frame with its columns."""
    parts = [part.astype(object) for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns or ROWS)


def unusual(number: int, of: int, rate: float) -> float:
    """Chance that at least ``number`` of ``of`` happen where each happens at a rate: exact binomial upper tail."""
    from scipy.stats import binom

    return float(binom.sf(number - 1, of, rate)) if number > 0 else 1.0


@dataclass
class Collected:
    """A study's clean tables as the field-team checks see them.

    ``reasons``: coded missing answers (table, key as received, column, reason); ``labels``: words of the study
    (key → language → words), for the labels of choices.
    """

    study: Study
    tables: dict[str, pd.DataFrame]
    reasons: pd.DataFrame
    findings: list[Finding]
    labels: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self):
        self.settings = self.study.contract.fieldwork or Fieldwork()
        self.data = Data(self.study, self.tables)
        self.wave_names = {v: name for name, w in self.study.contract.waves.items() for v in (w.values or [name])}

    # -- rows -----------------------------------------------------------------------------------

    def keys(self, name: str) -> pd.Series:
        """Key of each row of a table, its columns joined by ``|``."""
        frame = self.tables[name]
        return unit_names(frame, self.study.contract.tables[name].key).astype(object)

    def units(self, name: str) -> pd.Series:
        """Unit of each row: its key without the wave."""
        frame, table = self.tables[name], self.study.contract.tables[name]
        own = [column for column in table.key if column != table.wave_column]
        return unit_names(frame, own).astype(object)

    def waves(self, name: str) -> pd.Series:
        """Wave of each row of a table; empty where it is recorded for all of them."""
        frame, table = self.tables[name], self.study.contract.tables[name]
        if table.wave_column:
            return frame[table.wave_column].fillna("")
        return pd.Series(table.wave, index=frame.index, dtype=object)

    def seen(self, name: str) -> pd.Series:
        """Tell which rows are about a unit that was seen at their wave; rows of no wave, or of no unit, are."""
        frame, level = self.tables[name], self.study.contract.tables[name].level
        seen, waves = pd.Series(True, index=frame.index), self.waves(name)
        for wave in waves.unique() if level != "event" else ():
            if wave:
                units = self.units(name)[waves == wave]
                there = self.data.seen(wave, level, pd.Index(units.unique()))
                seen[units.index] = units.map(there).to_numpy(dtype=bool)
        return seen

    def group_of(self, units: pd.Series, wave: str) -> pd.Series:
        """Group of each unit at a wave; the unit itself where it is on no list."""
        return units.map(self.data.group_of(wave)).fillna(units)

    # -- variables --------------------------------------------------------------------------------

    def variables(self, name: str) -> dict[str, Variable]:
        """Variables of a table, as they are now."""
        return {column: rows[-1] for column, rows in self.study.codebook.of_table(name).items()}

    def questions(self, name: str, *types: str) -> list[str]:
        """Variables that hold answers: no key, link, wave, status or consent; only of some types, if any are given."""
        table, design, settings = self.study.contract.tables[name], self.study.contract.design, self.settings
        no_answers = {*table.key, table.group, table.wave_column, design.status}
        no_answers |= {settings.consent, settings.guardian, *settings.unit}
        kinds = types or (*NUMBER_KINDS, "category", "multiple")
        return [c for c, v in self.variables(name).items() if v.type in kinds and c not in no_answers]

    def asked(self, name: str, column: str) -> pd.Series:
        """Tell in which rows a variable was to be answered: seen, in the form of the wave, and relevant."""
        rows, waves = self.study.codebook.of_table(name)[column], self.waves(name)
        versions = {wave: definition.form_version for wave, definition in self.study.contract.waves.items()}
        in_form = {w: bool(self.study.codebook.in_version(rows, versions.get(w, ""))) for w in waves.unique()}
        asked = self._seen[name] & waves.map(in_form).astype(bool)
        if rows[-1].relevant:
            other, values = rows[-1].relevant
            asked &= self.tables[name][other].map(plain).isin(values)
        return asked

    @cached_property
    def _seen(self) -> dict[str, pd.Series]:
        return {name: self.seen(name) for name in self.tables}

    def numbers(self, name: str, column: str) -> pd.Series:
        """Answered numbers of a variable."""
        return self.tables[name].loc[self._seen[name], column].dropna().astype(float)

    def shown(self, name: str, column: str, values: pd.Series) -> pd.Series:
        """Values as text, where the class of the variable allows: a personal or confidential one is not written."""
        return values.map(plain) if self.variables(name)[column].pii in ("", "N") else values.map(lambda _: "…")

    def tables_of(self, column: str) -> list[str]:
        """Tables that have a variable."""
        return [name for name in self.tables if column in self.variables(name)]

    # -- interviews -------------------------------------------------------------------------------

    def about(self, name: str) -> pd.DataFrame:
        """Unit and wave of each row of the interviews, of the plan, or of the repeated interviews."""
        frame = self.tables[name]
        unit, column = unit_names(frame, self.settings.unit).astype(object), self.settings.wave
        waves = frame[column].map(plain) if column else pd.Series(self.data.waves[0], index=frame.index)
        return pd.DataFrame({"key": self.keys(name), "unit": unit, "wave": waves.map(self.wave_names).fillna(waves)})

    @cached_property
    def interviews(self) -> pd.DataFrame:
        """Interviews: key, unit, wave, version, enumerator (text), start, end (local time); missing if not logged."""
        frame, settings = self.tables[self.settings.submissions], self.settings
        logged = self.about(settings.submissions)
        for what in ("version", "enumerator"):
            column = getattr(settings, what)
            logged[what] = frame[column].astype(object).map(plain) if column else ""
        for what in ("start", "end"):
            column = getattr(settings, what)
            logged[what] = moments(frame[column]) if column else pd.Series(pd.NaT, index=frame.index)
        logged["minutes"] = (logged["end"] - logged["start"]).dt.total_seconds() / 60
        return logged

    def lacks(self, table: str, *columns: str) -> str:
        """Say why a check of the interviews, the plan or the repeated interviews cannot run, or nothing."""
        name = getattr(self.settings, table)
        if not name or not all(getattr(self.settings, column) for column in columns):
            return "not_collected"
        return "" if len(self.tables[name]) else "no_rows"

    # -- answers ----------------------------------------------------------------------------------

    def said_not_to_know(self, name: str, columns: list[str]) -> pd.DataFrame:
        """Tell cell by cell of a table where the answer was: does not know."""
        own = self.reasons[(self.reasons["table"] == name) & self.reasons["reason"].isin(self.settings.dont_know)]
        keys, received = self.keys(name), own["key"].map(lambda key: self._clean_key(name, key))
        return pd.DataFrame({column: keys.isin(received[(own["column"] == column).to_numpy()]) for column in columns})

    def _clean_key(self, name: str, key: str) -> str:
        """Write a received key as the clean table does: name of the wave, whole numbers without decimals."""
        table, variables = self.study.contract.tables[name], self.variables(name)
        parts = []
        for column, part in zip(table.key, str(key).split("|"), strict=False):
            number = pd.to_numeric(part, errors="coerce") if variables[column].numeric else None
            wave = self.wave_names.get(part, part) if column == table.wave_column else part
            parts.append(wave if number is None or number != number else plain(float(number)))
        return "|".join(parts)

    @cached_property
    def answers(self) -> pd.DataFrame:
        """Number of answers by unit and wave: ``asked``, ``missing`` (no answer and no reason), ``dont_know``."""
        parts = []
        for name, table in self.study.contract.tables.items():
            columns = self.questions(name)
            if table.level == "event" or not (table.wave or table.wave_column) or not columns:
                continue
            asked = pd.DataFrame({column: self.asked(name, column) for column in columns})
            empty, unknown = self.tables[name][columns].isna(), self.said_not_to_know(name, columns)
            coded = self.reasons[self.reasons["table"] == name]
            keys, received = self.keys(name), coded["key"].map(lambda key, name=name: self._clean_key(name, key))
            for column in columns:
                empty[column] &= ~keys.isin(received[(coded["column"] == column).to_numpy()])
            counts = {"asked": asked, "missing": asked & empty, "dont_know": asked & unknown}
            part = pd.DataFrame({what: cells.sum(axis=1) for what, cells in counts.items()})
            parts.append(part.assign(unit=self.units(name), wave=self.waves(name)))
        columns = ["asked", "missing", "dont_know"]
        frame = pd.concat(parts) if parts else pd.DataFrame(columns=["unit", "wave", *columns])
        return frame.groupby(["unit", "wave"])[columns].sum()


def moments(text: pd.Series) -> pd.Series:
    """Parse day and time as logged (``2001-02-03 14:05``, ``2001-02-03T14:05:00.000+01:00``) as local time."""
    local = text.astype(object).map(plain).str.strip().str.replace("T", " ").str[:19]
    return pd.to_datetime(local, format="ISO8601", errors="coerce")
