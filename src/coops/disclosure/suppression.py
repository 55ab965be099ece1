"""Which numbers of a table are hidden: those with too few units behind them, and others that would give them away.

Source: Hundepool et al. 2012, Statistical Disclosure Control, chapter 4 (threshold rule, secondary suppression).
"""

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import pandas as pd

from coops.disclosure import thresholds

Values: TypeAlias = np.ndarray | pd.Series
ALL = "all"  # the last row, and the last column: totals


def of_table(rows: Values, columns: Values, units: Values, least: int) -> pd.DataFrame:
    """Tell which cells of a table of counts or sums are hidden.

    Parameters
    ----------
    rows, columns, units : array (n,)
        Of each event: its row, its column (one value throughout: a table of one column), and the unit behind it.
    least : int
        Fewest different units behind a number that is shown.

    Returns
    -------
    DataFrame of bool, one row a value of ``rows`` in order and then ``all``, columns likewise
        A cell is hidden if fewer units than ``least``, but some, stand behind it. Then, as long as the hidden cells of
        a line are one, or rest on fewer units together, or one of the former follows from what is shown, that cell
        of the line with the fewest units is hidden too, a total last. A cell without events stays.
    """
    events = pd.DataFrame({"row": rows, "column": columns, "unit": units})
    names = [*sorted(events["row"].unique()), ALL], [*sorted(events["column"].unique()), ALL]
    cells = np.empty((len(names[0]), len(names[1])), dtype=object)
    for i, row in enumerate(names[0]):
        for j, column in enumerate(names[1]):
            there = (row == ALL) | (events["row"] == row)
            cells[i, j] = set(events.loc[there & ((column == ALL) | (events["column"] == column)), "unit"])
    if len(names[1]) == 2:  # the total of one column is that column
        cells = cells[:, :1]
    size = np.vectorize(len, otypes=[int])(cells)
    few = thresholds.few(size, least)
    gone = few.copy()
    while (line := _open_line(cells, size, few, gone, least)) is not None:
        gone[min(line, key=lambda place: (_is_total(place, size.shape), size[place], place))] = True
    if len(names[1]) == 2:
        gone = np.repeat(gone, 2, axis=1)
    return pd.DataFrame(gone, index=names[0], columns=names[1])


def of_parts(counts: pd.Series, least: int, also: pd.Series | None = None) -> pd.Series:
    """Tell which counts of the parts of a whole, whose count is shown, are hidden.

    Parameters
    ----------
    also : Series of bool, optional
        Parts that are hidden for another reason.

    Returns
    -------
    Series of bool
        A count is hidden if it is below ``least`` and not zero. As long as the hidden ones are one, or together fewer
        than ``least``, the smallest of the others is hidden too, zeros last.
    """
    hidden = thresholds.few(counts, least)
    hidden |= also if also is not None else False
    while hidden.any() and not hidden.all() and (hidden.sum() == 1 or counts[hidden].sum() < least):
        others = counts[~hidden]
        hidden[(others[others > 0] if (others > 0).any() else others).idxmin()] = True
    return hidden


def of_rows(counts: pd.Series, whole: list | None, least: int) -> pd.Series:
    """Tell which rows of a table are hidden: :func:`of_parts` among the rows of each whole.

    Parameters
    ----------
    counts : Series
        Fewest units behind the numbers of a row; missing: none.
    whole : list of Series, optional
        What is equal in the rows that are parts of one whole (an empty list: all are). If it is not given, no row gives
        another away.

    Returns
    -------
    Series of bool, same index
    """
    number = pd.Series(counts.fillna(0).to_numpy())
    gone = thresholds.few(number, least)
    if whole is not None:
        equal = list(zip(*(column.astype(str) for column in whole), strict=True)) if whole else ""
        names = pd.Series(equal, index=number.index)
        for _, part in number.groupby(names):
            gone[part.index] = of_parts(part, least)
    return pd.Series(gone.to_numpy(), index=counts.index)


def of_kinds(kinds: pd.Series, units: pd.Series, least: int, also: Iterable = ()) -> pd.Series:
    """Tell which rows of a table by kind, with the total of all of them last (``all``), are hidden.

    ``kinds``, ``units``: of each event. ``also``: kinds that are hidden for another reason.
    """
    return of_table(kinds, np.zeros(len(kinds)), units.where(~kinds.isin(also), ""), least)[ALL]


def of_strata(units: pd.Series, groups: pd.Series, least: int, least_groups: int) -> tuple[pd.Series, pd.Series]:
    """Tell of which strata the number of units, and the estimate, is hidden, that of all together being shown.

    ``units``, ``groups``: those in the arm that has fewest; a stratum without groups has no estimate.
    """
    estimates = of_parts(units, least, of_parts(groups, least_groups)) | (groups == 0)
    return of_parts(units, least), estimates


def of_losses(parts: pd.DataFrame, telling: str, least: int) -> pd.DataFrame:
    """Tell which counts of the units lost, by reason (columns), are hidden in each row.

    Who is lost for the reason ``telling`` is told by what they are: if they are few, their number and another are.
    """
    few = thresholds.few(parts[telling], least)
    return parts.apply(of_parts, axis=1, least=least).mul(few, axis=0).astype(bool)


def losses_told(lost: dict[str, int], telling: str, least: int) -> dict[str, int]:
    """The numbers of units lost by reason that stand in the results: not that of ``telling`` where it is few."""
    return {reason: number for reason, number in lost.items() if reason != telling or number >= least}


def of_shares(named: pd.Series, units: pd.Series, groups: pd.Series, least: int) -> pd.Series:
    """Tell which shares of units that name something are hidden, among the things that the units of a group name.

    Parameters
    ----------
    named, units : Series
        How many units name it, of how many.

    Returns
    -------
    Series of bool, same index
        Few name it, or all but few do (or all: it is then known of each); and one more where one alone is hidden.
    """
    telling = thresholds.few(named, least) | (units - named < least)
    gone = pd.Series(False, index=named.index)
    for _, part in named.groupby(groups):
        gone[part.index] = of_parts(part, 0, telling[part.index])
    return gone


def _open_line(cells: np.ndarray, size: np.ndarray, few: np.ndarray, gone: np.ndarray, least: int) -> list | None:
    """Cells that could still be hidden in the first line that gives something away; None if there is no such line."""
    lines = [
        ([place for place in line if gone[place]], [place for place in line if size[place] and not gone[place]])
        for line in _lines(cells.shape)
    ]
    lines = [(out, left) for out, left in lines if out and left]
    for out, left in lines:
        if len(out) == 1 or len(set().union(*(cells[place] for place in out))) < least:
            return left
    follow = few & _determined(gone)
    return next((left for out, left in lines if any(follow[place] for place in out)), None)


def _is_total(place: tuple, shape: tuple) -> bool:
    return place[0] == shape[0] - 1 or 1 < shape[1] == place[1] + 1


def _lines(shape: tuple) -> list[list[tuple]]:
    """Places of each row and each column; those of one column are no line."""
    across = [[(i, j) for j in range(shape[1])] for i in range(shape[0])] if shape[1] > 1 else []
    return across + [[(i, j) for i in range(shape[0])] for j in range(shape[1])]


def _determined(gone: np.ndarray) -> np.ndarray:
    """Tell which hidden cells follow from those shown, since in each line the last cell is the sum of the others."""
    places = [tuple(place) for place in np.argwhere(gone)]
    follows = np.zeros(gone.shape, dtype=bool)
    if not places:
        return follows
    sums = np.zeros((len(_lines(gone.shape)), len(places)))
    for number, line in enumerate(_lines(gone.shape)):
        for place in line:
            if place in places:
                sums[number, places.index(place)] = -1 if place == line[-1] else 1
    _, strength, directions = np.linalg.svd(sums)
    free = directions[(strength > 1e-9).sum() :]  # ways in which the hidden cells could all move together
    for number, place in enumerate(places):
        follows[place] = not (abs(free[:, number]) > 1e-9).any()
    return follows
