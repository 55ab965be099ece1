"""Distributions: quartiles and bars that show no unit.

A quantile is the answer of one unit, or lies between two; a bar of one unit is its answer.
"""

import numpy as np
import pandas as pd

from coops.disclosure.thresholds import few


def of_quartiles(number: int, none: int, least: int) -> tuple[set[str], set[str]]:
    """Tell what of a summary of values is left out.

    Parameters
    ----------
    number, none : int
        Units with a value, and those whose value is zero.

    Returns
    -------
    (hidden, unsaid) : sets of ``n``, ``none``, ``mean``, ``low``, ``median``, ``high``
        hidden: too few units stand behind it; unsaid: a quantile beyond which fewer than ``least`` units lie.
    """
    hidden = {"none"} if few(none, least) or few(number - none, least) else set()
    hidden |= {"n", "none", "mean"} if few(number, least) else set()
    unsaid = ({"low", "high"} if number < 4 * least else set()) | ({"median"} if number < 2 * least else set())
    return hidden, unsaid


def bars(values: np.ndarray, least: int, most: int) -> pd.DataFrame:
    """Share values out into bars of which none holds few.

    Returns
    -------
    DataFrame: low, high (not in the bar), n
        Bars are of equal width, the narrowest with no more than ``most`` of them; those at both ends may be wider.
        Empty if there would be one bar only.
    """
    none = pd.DataFrame(columns=["low", "high", "n"])
    if not len(values):
        return none
    spread = max(values.max() - values.min(), 1e-9)
    power = 10.0 ** np.floor(np.log10(spread / most))
    least_width = 1 if (values == values.round()).all() else 0  # whole numbers have no halves
    for width in (power * step for step in (1, 2, 5, 10, 20, 50, 100) if power * step >= least_width):
        low = np.floor(values.min() / width) * width
        edges = low + width * np.arange(int((values.max() - low) // width) + 2)
        edges, counts = _ends_merged(list(edges), list(np.histogram(values, edges)[0]), least)
        if len(counts) <= most and not any(few(count, least) for count in counts):
            table = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n": counts})
            return table if len(table) > 1 else none
    return none


def _ends_merged(edges: list, counts: list, least: int) -> tuple[list, list]:
    """Join the bars at both ends with their neighbours until enough units are in them."""
    while len(counts) > 1 and counts[0] < least:
        counts[:2], edges[:2] = [counts[0] + counts[1]], [edges[0]]
    while len(counts) > 1 and counts[-1] < least:
        counts[-2:], edges[-2:] = [counts[-2] + counts[-1]], [edges[-1]]
    return edges, counts
