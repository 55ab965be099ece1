"""The one call that decides what of a frame may be shown, given what stands behind its cells.

The rules that it is made of: thresholds (:mod:`thresholds`), complementary hiding (:mod:`suppression`), means that tell
one unit (:mod:`means`), distributions (:mod:`distributions`).
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

from coops.disclosure import suppression
from coops.study.findings import fail
from coops.study.study import Study

OPEN = "open"  # stands for counts where a frame says how a study was made, or what its rules give, of no unit

Names = str | Sequence[str]
Behind: TypeAlias = Names | Mapping[Names, Names] | pd.DataFrame | None


def released(
    frame: pd.DataFrame,
    study: Study,
    *,
    behind: Behind = None,
    whole: Sequence[str] | None = None,
    level: str | None = None,
    columns: Sequence[str] | None = None,
    rule: pd.Series | pd.DataFrame | None = None,
    published: bool = False,
) -> pd.DataFrame:
    """Take out of a frame what may not be shown.

    Parameters
    ----------
    frame : DataFrame
        One row a line of a table or a mark of a figure. One that this function gave back before passes as it is, unless
        it is told anew what stands behind it.
    behind : str, sequence of str, mapping or DataFrame
        How many units stand behind the cells: names of columns with the counts behind each row (the least of them
        decides); or a mapping from cells (columns) to such names; or a frame of counts with the index of ``frame``,
        each column named as the cells it stands behind (missing: none). :data:`OPEN`: no unit.
    whole : sequence of str, optional
        Columns that are equal in rows that add up to a shown total (empty: all rows do): a hidden row takes another
        with it. If it is not given, no row gives another away.
    level : str, optional
        What the units are (``person``, ``group``), which sets the threshold; else the column ``unit_level``, else the
        level of the study.
    columns : sequence of str, optional
        What is taken out of a row that is hidden as a whole; else all its numbers. A name that is no column is only
        named: a cell of a table may be made of several.
    rule : Series or DataFrame of bool, optional
        Rows, or cells (columns named as them), that another rule of :mod:`coops.disclosure` hides.
    published : bool
        The numbers are public already.

    Returns
    -------
    DataFrame
        Hidden cells are missing (text: empty) and named in the column ``hidden``, joined by ``|``.

    Raises
    ------
    FindingError
        ``E_NOT_BEHIND``: nothing is said of what stands behind the numbers.
    """
    if behind is None and rule is None and not published and "hidden" not in frame:
        raise fail("E_NOT_BEHIND", column=", ".join(map(str, frame)))
    frame = frame if "hidden" in frame else frame.assign(hidden="")
    if isinstance(rule, pd.DataFrame):
        for name in rule:
            frame = _without(frame, rule[name].astype(bool), [name])
    elif rule is not None:
        frame = _without(frame, rule.astype(bool), _numbers(frame) if columns is None else columns)
    if behind is None or behind is OPEN or frame.empty:
        return frame
    if isinstance(behind, pd.DataFrame):
        flags = {name: _hidden(frame, [behind[name]], whole, _least(frame, study, level)) for name in behind}
    elif isinstance(behind, Mapping):
        flags = {cells: hidden_rows(frame, study, counts, whole, level) for cells, counts in behind.items()}
    else:
        cells = tuple(_numbers(frame) if columns is None else columns)
        flags = {cells: hidden_rows(frame, study, behind, whole, level)}
    for cells, gone in flags.items():
        frame = _without(frame, gone, _listed(cells))
    return frame


def hidden_rows(
    frame: pd.DataFrame, study: Study, behind: Names, whole: Sequence[str] | None = None, level: str | None = None
) -> pd.Series:
    """Tell which rows :func:`released` hides as a whole, with the same arguments."""
    return _hidden(frame, [frame[name] for name in _listed(behind)], whole, _least(frame, study, level))


def _hidden(frame: pd.DataFrame, counts: list[pd.Series], whole: Sequence[str] | None, least: int) -> pd.Series:
    parts = None if whole is None else [frame[name] for name in whole]
    return pd.concat([suppression.of_rows(count, parts, least) for count in counts], axis=1).any(axis=1)


def _least(frame: pd.DataFrame, study: Study, level: str | None) -> int:
    return study.contract.least(next(iter(frame.get("unit_level", [])), "") if level is None else level)


def _listed(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _numbers(frame: pd.DataFrame) -> list[str]:
    return list(frame.select_dtypes("number"))


def _without(frame: pd.DataFrame, gone: pd.Series, names: Sequence[str]) -> pd.DataFrame:
    """Take columns out of some rows, and name them in the column ``hidden``."""
    if not gone.any():
        return frame
    frame, names = frame.copy(), list(dict.fromkeys(name for name in names if name != "hidden"))
    for name in names:
        if name in frame:
            blank = np.nan if pd.api.types.is_numeric_dtype(frame[name]) else ""
            frame[name] = frame[name].astype(float if blank != "" else object).where(~gone, blank)
    named = [dict.fromkeys([*filter(None, text.split("|")), *names]) for text in frame["hidden"]]
    frame["hidden"] = frame["hidden"].where(~gone, pd.Series(["|".join(cells) for cells in named], index=frame.index))
    return frame
