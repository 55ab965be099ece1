"""The clean tables as units: any variable, at any wave, for each person or group."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from coops.data import derived
from coops.study.findings import fail
from coops.study.schema import Condition, Table
from coops.study.study import Study
from coops.study.values import holds, plain, unit_names


@dataclass
class Data:
    """A study and its clean tables.

    ``tables``: clean frames by table name, with the columns of the codebook.
    Public methods return Series indexed by unit (the key of a row without its wave, joined by ``|``).
    """

    study: Study
    tables: dict[str, pd.DataFrame]
    _values: dict = field(default_factory=dict, repr=False)

    def __post_init__(self):
        self.waves = list(self.study.contract.waves)
        levels = {table.level for table in self.study.contract.tables.values()}
        self.level = "person" if "person" in levels else "group"  # the level that a study is about
        self._indexed = {}
        for name, table in self.study.contract.tables.items():
            if table.level != "event":
                unit = [column for column in table.key if column != table.wave_column]
                names = pd.Index(unit_names(self.tables[name], unit), name="unit")
                self._indexed[name] = self.tables[name].set_axis(names)

    # -- where things are -------------------------------------------------------------------

    def _sources(self, column: str, level: str | None = None) -> dict[str, list[str | None]]:
        """Tables with a column, each with the waves it covers (``None``: not recorded by wave)."""
        sources: dict[str, list[str | None]] = {}
        for name, table in self.study.contract.tables.items():
            if table.level == "event" or column not in self.tables[name] or level not in (None, table.level):
                continue
            if table.wave_column:
                there = set(self.tables[name][table.wave_column].dropna())
                sources[name] = [wave for wave in self.waves if wave in there]
            else:
                sources[name] = [table.wave or None]
        return sources

    def level_of(self, variable: str) -> str:
        """Tell whether a variable is one of persons or of groups.

        Raises
        ------
        FindingError
            ``E_TWO_LEVELS`` if it stands in tables of both (keys and links may).
        """
        contract = self.study.contract
        if variable in contract.derived and contract.derived[variable].kind == "total":
            by = contract.derived[variable].by
            return next(table.level for table in contract.tables.values() if table.level != "event" and by in table.key)
        if variable in contract.derived:
            levels = {self.level_of(given) for given in contract.derived[variable].of}
            return "person" if "person" in levels else "group"
        levels = {contract.tables[name].level for name in self._sources(variable)}
        if len(levels) > 1 and not self._structural(variable):
            raise fail("E_TWO_LEVELS", file="codebook.csv", column=variable)
        return "person" if "person" in levels else "group"

    def measured(self, variable: str) -> list[str]:
        """Return the waves at which a variable was measured; all of them if it is not recorded by wave."""
        if rule := self.study.contract.derived.get(variable):
            needed = [] if rule.kind == "total" else [self.measured(given) for given in rule.of]
            return [wave for wave in self.waves if all(wave in waves for waves in needed)]
        waves = [wave for covered in self._sources(variable).values() for wave in covered]
        versions = {wave: settings.form_version for wave, settings in self.study.contract.waves.items()}
        rows = [row for row in self.study.codebook.variables if row.name == variable]
        asked = [w for w in self.waves if not versions[w] or self.study.codebook.in_version(rows, versions[w])]
        return asked if None in waves else [wave for wave in asked if wave in waves]

    def recorded(self, variable: str, wave: str) -> str:
        """Return the wave itself where a variable was measured then, else the first one that has it; itself if none."""
        measured = self.measured(variable) or [wave]
        return wave if wave in measured else measured[0]

    # -- values ------------------------------------------------------------------------------

    def values(self, variable: str, wave: str, level: str | None = None) -> pd.Series:
        """Return a variable at a wave, at its own level.

        A variable that is not recorded by wave has the same value at all of them.

        Raises
        ------
        FindingError
            ``E_NOT_AT_WAVE`` if it was not measured then, ``E_TWO_SOURCES`` if two tables have it.
        """
        if (variable, wave, level) not in self._values:
            self._values[variable, wave, level] = self._read(variable, wave, level)
        return self._values[variable, wave, level]

    def _read(self, variable: str, wave: str, level: str | None) -> pd.Series:
        contract = self.study.contract
        if variable in contract.derived:
            return derived.compute(self, contract.derived[variable], variable, wave)
        sources, structural = self._sources(variable, level), self._structural(variable)
        names = [name for name, waves in sources.items() if wave in waves]
        names = names or [name for name, waves in sources.items() if None in waves]
        if not names or (not structural and wave not in self.measured(variable)):
            known = ", ".join(self.measured(variable)) or "–"
            raise fail("E_NOT_AT_WAVE", file="study.toml", column=variable, wave=wave, known=known)
        if len(names) > 1 and not structural:
            raise fail("E_TWO_SOURCES", file="study.toml", column=variable, wave=wave, tables=", ".join(names))
        parts = []
        for name in names:
            frame, table = self._indexed[name], contract.tables[name]
            rows = frame[frame[table.wave_column] == wave] if table.wave_column else frame
            parts.append(rows[variable])
        series = pd.concat(parts)
        return series[~series.index.duplicated()]

    def group_of(self, wave: str) -> pd.Series:
        """Return the group of each person at a wave; a unit without groups is a group of one."""
        tables = self.study.contract.tables
        links = [(name, t) for name, t in tables.items() if t.level == self.level and t.group and t.level == "person"]
        if not links:
            units = self.roster()
            return pd.Series(units, index=units)
        parts = []
        for name, table in sorted(links, key=lambda link: not self._covers(link[1], wave)):
            frame = self._indexed[name]
            if table.wave_column:
                here = frame.assign(_here=frame[table.wave_column] == wave)
                frame = here.sort_values("_here", ascending=False, kind="stable")
            parts.append(frame[table.group].map(plain))
        series = pd.concat(parts)
        return series[~series.index.duplicated()]

    def _covers(self, table: Table, wave: str) -> bool:
        return table.wave == wave or bool(table.wave_column)

    def at(self, variable: str, wave: str, level: str, units: pd.Index) -> pd.Series:
        """Return a variable for units of a level: group variables reach the persons of the group.

        Raises
        ------
        FindingError
            ``E_LEVEL_OF`` if a variable of persons is asked of groups.
        """
        if self._structural(variable) and self._sources(variable, level):
            return self.values(variable, wave, level).reindex(units)  # a key or link, in a table of this level
        own = self.level_of(variable)
        if own == level:
            return self.values(variable, wave).reindex(units)
        if level == "group":
            raise fail("E_LEVEL_OF", file="study.toml", column=variable)
        values = self.values(variable, wave)
        return pd.Series(self.group_of(wave).reindex(units).map(values).to_numpy(), index=units)

    def _structural(self, variable: str) -> bool:
        return any(variable in (*table.key, table.group) for table in self.study.contract.tables.values())

    def texts(self, variable: str, wave: str, level: str, units: pd.Index) -> pd.Series:
        """Return a variable for units of a level as text, as ``study.toml`` names its values; missing is empty."""
        return self.at(variable, wave, level, units).map(plain)

    # -- units --------------------------------------------------------------------------------

    def roster(self, level: str | None = None) -> pd.Index:
        """Return all units of a level in any table, in the order of the tables."""
        level = level or self.level
        parts = [self._indexed[n].index for n, t in self.study.contract.tables.items() if t.level == level]
        return pd.Index(np.concatenate([np.asarray(part, dtype=object) for part in parts]), name="unit").unique()

    def population(self, level: str | None = None) -> pd.Index:
        """Return the units that every count starts from: the roster, or the population of ``[design]``.

        A condition of the population that names no wave holds for a unit if it holds at one of the waves.
        """
        level = level or self.level
        units = self.roster(level)
        name = self.study.contract.design.population
        inside = pd.Series(True, index=units)
        for condition in self.study.contract.samples[name].conditions if name else ():
            waves = [condition.wave] if condition.wave else self.measured(condition.variable)
            inside &= np.logical_or.reduce([self.holds(condition, wave, level, units) for wave in waves])
        return units[inside.to_numpy()]

    def fulfils(self, sample: str, wave: str, level: str, units: pd.Index) -> pd.Series:
        """Tell for each unit whether it fulfils all conditions of a sample; ``wave`` is the outcome's."""
        result = pd.Series(True, index=units)
        for condition in self.study.contract.samples[sample].conditions:
            result &= self.holds(condition, condition.wave or wave, level, units)
        return result

    def holds(self, condition: Condition, wave: str, level: str, units: pd.Index) -> pd.Series:
        """Tell for each unit whether it fulfils a condition at a wave; an unknown value fulfils none."""
        return holds(self.at(condition.variable, wave, level, units), condition)

    def seen(self, wave: str, level: str, units: pd.Index) -> pd.Series:
        """Tell which units were seen at a wave: by their status, or else by having a row."""
        design = self.study.contract.design
        if design.status and self.level_of(design.status) == level and wave in self.measured(design.status):
            return self.texts(design.status, wave, level, units).isin(design.seen)
        there = []
        for name, table in self.study.contract.tables.items():
            if table.level != level:
                continue
            frame = self._indexed[name]
            if table.wave_column:
                there.append(frame.index[(frame[table.wave_column] == wave).to_numpy()])
            elif table.wave == wave:
                there.append(frame.index)
        if not there:
            return pd.Series(True, index=units)
        return pd.Series(units.isin(np.concatenate([np.asarray(index, dtype=object) for index in there])), index=units)

    def cross_sections(self) -> bool:
        """Tell whether no unit of the study is in two waves: a repeated cross-section."""
        tables = [(n, t) for n, t in self.study.contract.tables.items() if t.level == self.level and t.wave_column]
        waves_of = [
            self.tables[n].groupby(np.asarray(self._indexed[n].index, dtype=object))[t.wave_column].nunique()
            for n, t in tables
        ]
        return bool(tables) and len(self.waves) > 1 and all((waves <= 1).all() for waves in waves_of)

    def arm_of(
        self,
        wave: str,
        level: str,
        units: pd.Index,
        arm: str | None = None,
        arms: dict | None = None,
        arm_wave: str = "",
    ) -> pd.Series:
        """Return the name of each unit's arm, empty where it is in none of the compared ones.

        Only for one arm variable; the default is the arm of ``[design]``.
        """
        design = self.study.contract.design
        arm = design.arm[0] if arm is None else arm
        arms = self.study.arms() if arms is None else arms
        wave = arm_wave or design.arm_wave or self.recorded(arm, wave)
        names = {value: name for name, values in arms.items() for value in values}
        return self.texts(arm, wave, level, units).map(names).fillna("")


def compared(data: Data, wave: str, units: pd.Index, level: str = "") -> pd.Series:
    """Return the arm of each unit; overlapping offers joined by `` + ``; empty where there is no arm."""
    design, level = data.study.contract.design, level or data.level
    if len(design.arm) == 1:
        return data.arm_of(wave, level, units)
    if not design.arm:
        return pd.Series("", index=units)
    taken = pd.DataFrame({name: data.texts(name, wave, level, units) == "1" for name in design.arm})
    return taken.apply(lambda row: " + ".join(row.index[row]) or "none", axis=1)
