"""What a mean of bounded values tells of one of them, whose mean is shown with it, and which means are hidden.

Source: Hundepool et al. 2012, Statistical Disclosure Control, chapter 4 (intervals that the shown totals leave).
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from coops.disclosure import suppression

Alike = Callable[[float, float], bool]  # are two values told apart by nobody, such as two scores of one level


def bounds(values: np.ndarray) -> tuple[float, float]:
    """Ends between which any one value is known to be, if the sum of them is known exactly.

    Each lies from 0 to 1, so that one of n with the sum S is at least S − (n − 1) and at most S. A shown mean is
    rounded, which widens this. Missing values are left out; without any, nothing is known: 0 to 1.
    """
    there = values[~np.isnan(values)]
    if not len(there):
        return 0.0, 1.0
    total = float(there.sum())
    return max(0.0, total - (len(there) - 1)), min(1.0, total)


def tells_one(values: np.ndarray, alike: Alike) -> bool:
    """Tell whether the sum of values between 0 and 1 shows of one of them all that is to be known."""
    return alike(*bounds(values))


def together_tell_one(values: np.ndarray, weights: np.ndarray, alike: Alike) -> bool:
    """Tell whether the sums of all columns together show it of their weighted mean: values (units, columns)."""
    ends = np.array([bounds(values[:, place]) for place in range(len(weights))])
    return alike(*(weights @ ends / weights.sum()))


def of_all(values: np.ndarray, least: int, alike: Alike) -> bool:
    """Tell whether the mean of all units is hidden: too few have a value, or it tells one of them."""
    return bool((~np.isnan(values)).sum() < least or tells_one(values, alike))


def of_groups(values: pd.Series, groups: pd.Series, least: int, alike: Alike) -> pd.Series:
    """Tell which means of groups are hidden, the mean of all units being shown.

    Returns
    -------
    Series of bool, by group
        Too few units, or values, in the group; or its sum tells one of them; or another hidden group could be had by
        subtraction without it. A group without any value is not hidden for that.
    """
    by = values.groupby(groups)
    counts = by.count()
    telling = by.apply(lambda group: tells_one(group.to_numpy(float), alike)) | (by.size() < least)
    return suppression.of_parts(counts, least, telling.astype(bool) & (counts > 0))


def all_alike(values: np.ndarray, least: int, tie: float) -> bool:
    """Tell whether all but few values, or all, are at one end of 0 to 1: the mean tells what each of them is."""
    there = values[~np.isnan(values)]
    return bool(min((there > tie).sum(), (there < 1 - tie).sum()) < least)
