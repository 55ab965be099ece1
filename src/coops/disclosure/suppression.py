"""Which numbers of a table are hidden: those with too few units behind them, and others that would give them away.

Source: Hundepool et al. 2012, Statistical Disclosure Control, chapter 4 (threshold rule, secondary suppression).
"""

import numpy as np
import pandas as pd

ALL = "all"  # the last row, and the last column: totals


def hidden(rows, columns, units, least: int) -> pd.DataFrame:
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
    few = (size > 0) & (size < least)
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
    hidden = (counts > 0) & (counts < least)
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
    gone = (number > 0) & (number < least)
    if whole is not None:
        names = pd.Series(
            list(zip(*(one.astype(str) for one in whole), strict=True)) if whole else "", index=number.index
        )
        for _, part in number.groupby(names):
            gone[part.index] = of_parts(part, least)
    return pd.Series(gone.to_numpy(), index=counts.index)


def _open_line(cells, size, few, gone, least: int) -> list | None:
    """Cells that could still be hidden in the first line that gives something away; None if there is no such line."""
    lines = [
        ([one for one in line if gone[one]], [one for one in line if size[one] and not gone[one]])
        for line in _lines(cells.shape)
    ]
    lines = [(out, left) for out, left in lines if out and left]
    for out, left in lines:
        if len(out) == 1 or len(set().union(*(cells[place] for place in out))) < least:
            return left
    given_away = few & _determined(gone)
    return next((left for out, left in lines if any(given_away[place] for place in out)), None)


def _is_total(place: tuple, shape: tuple) -> bool:
    return place[0] == shape[0] - 1 or 1 < shape[1] == place[1] + 1


def _lines(shape: tuple) -> list[list[tuple]]:
    """Places of each row and each column; those of one column are no line."""
    across = [[(i, j) for j in range(shape[1])] for i in range(shape[0])] if shape[1] > 1 else []
    return across + [[(i, j) for i in range(shape[0])] for j in range(shape[1])]


def _determined(gone: np.ndarray) -> np.ndarray:
    """Tell which hidden cells follow from those shown, since in each line the last cell is the sum of the others."""
    places = [tuple(place) for place in np.argwhere(gone)]
    found = np.zeros(gone.shape, dtype=bool)
    if not places:
        return found
    sums = np.zeros((len(_lines(gone.shape)), len(places)))
    for number, line in enumerate(_lines(gone.shape)):
        for place in line:
            if place in places:
                sums[number, places.index(place)] = -1 if place == line[-1] else 1
    _, strength, directions = np.linalg.svd(sums)
    free = directions[(strength > 1e-9).sum() :]  # ways in which the hidden cells could all move together
    for number, place in enumerate(places):
        found[place] = not (abs(free[:, number]) > 1e-9).any()
    return found
