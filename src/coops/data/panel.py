"""The clean tables of a level as one tidy frame: a row a unit and wave, columns as in the codebook."""

import pandas as pd

from coops.data.units import Data, compared
from coops.study.findings import FindingError
from coops.study.values import plain

PLACE = ("unit", "group", "wave", "arm", "stratum", "cluster", "seen")
AMBIGUOUS = ("E_TWO_SOURCES", "E_TWO_LEVELS")


def panel(data: Data, level: str = "") -> pd.DataFrame:
    """Every variable of a level at every wave.

    Parameters
    ----------
    data : Data
    level : str
        ``person`` or ``group``; the level that the study is about if empty.

    Returns
    -------
    DataFrame, one row a unit and wave
        All units of the population at every wave, whether seen or not; where nobody was expected twice (a repeated
        cross-section), a unit only at the waves at which it was seen. First ``unit``, ``group`` (of a group: itself),
        ``wave`` (ordered as in the study), ``arm`` (name; offers that overlap are joined by `` + ``; empty in none),
        ``stratum`` (values of the strata joined by ``|``), ``cluster``, ``seen``; then the variables in the order of
        the codebook, then derived ones, in their units. Those of groups reach the persons of the group. A variable is
        missing at a wave at which it was not measured. One whose name is that of a column above ends in ``_``, and is
        left out if it says the same; left out too are the column that says the wave, and what two tables say of the
        same unit and wave.

    Raises
    ------
    ValueError
        If the study has no table of that level.
    """
    level = level or data.level
    levels = {table.level for table in data.study.contract.tables.values()}
    if level not in levels - {"event"}:
        raise ValueError(f"{level}: the tables of this study are of {', '.join(sorted(levels))}")
    names = _names(data, level)
    columns = {name: f"{name}_" if name in PLACE else name for name in names}
    parts = []
    for wave in data.waves:
        units = data.population(level)
        seen = data.seen(wave, level, units).to_numpy(dtype=bool)
        if level == data.level and data.cross_sections():
            units, seen = units[seen], seen[seen]
        known = {columns[name]: data.at(name, wave, level, units) for name in names if wave in data.measured(name)}
        parts.append(_place(data, wave, level, units).assign(seen=seen, **known))
    frame = pd.concat(parts).rename_axis("unit").reset_index()
    frame["wave"] = pd.Categorical(frame["wave"], categories=data.waves, ordered=True)
    twins = [f"{name}_" for name in PLACE if f"{name}_" in frame and frame[f"{name}_"].map(plain).equals(frame[name])]
    return frame.reindex(columns=[*PLACE, *columns.values()]).drop(columns=twins)


def _place(data: Data, wave: str, level: str, units: pd.Index) -> pd.DataFrame:
    """Where units belong at a wave, as recorded then or at the first wave that has it; of persons, empty for groups."""
    design = data.study.contract.design
    known = all(_has(data, name, level) for name in design.arm)

    def texts(name: str) -> pd.Series:
        if not _has(data, name, level):
            return pd.Series("", index=units)
        return data.texts(name, data.recorded(name, wave), level, units)

    cells = [texts(name) for name in design.strata]
    return pd.DataFrame(
        {
            "group": units if level == "group" else data.group_of(wave).reindex(units),
            "wave": wave,
            "arm": compared(data, wave, units, level) if known else "",
            "stratum": cells[0].str.cat(cells[1:], sep="|") if cells else "",
            "cluster": texts(design.cluster),
        },
        index=units,
    )


def _names(data: Data, level: str) -> list[str]:
    """Variables that units of a level have, in the order of the codebook, derived ones last."""
    contract = data.study.contract
    of_waves = {table.wave_column for table in contract.tables.values()}
    names = dict.fromkeys([*(variable.name for variable in data.study.codebook.variables), *contract.derived])
    return [name for name in names if name not in of_waves and _has(data, name, level)]


def _has(data: Data, name: str, level: str) -> bool:
    """Tell whether units of a level have a variable, and from one table a wave only."""
    measured = data.measured(name)
    try:
        for wave in measured:
            data.at(name, wave, level, data.roster(level)[:0])
    except FindingError as error:
        if error.findings[0].code not in (*AMBIGUOUS, "E_LEVEL_OF"):
            raise
        return False
    return bool(measured)
