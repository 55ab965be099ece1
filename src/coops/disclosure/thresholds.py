"""Thresholds: how many units stand behind a number at the least, none at all being no secret.

Source: Hundepool et al. 2012, Statistical Disclosure Control, chapter 4.2 (threshold rule).
"""

from typing import Any

from coops.study.study import Study

OPEN_COUNTS = ("groups", "clusters", "experts", "not_seen")  # counts that say how a study was made are told as they are
ALONE = 3  # of fewer units the largest change without them tells what they answered


def few(number: Any, least: int) -> Any:
    """Tell whether fewer units than ``least``, but some, stand behind a number, or behind each of a Series or array."""
    return (number > 0) & (number < least)


def enough(number: Any, least: int) -> Any:
    """Tell whether there are units behind a number, and not few: what a sentence may count."""
    return number >= max(1, least)


def few_compared(estimate: Any, study: Study) -> bool:
    """Tell whether too few stand behind an estimate for its numbers to be shown, on either side of the comparison."""
    return bool(few(estimate.n_fewest, study.contract.least(estimate.unit_level)))


def few_in_an_arm(estimate: Any, study: Study) -> bool:
    """Tell whether an arm, or a set of offers, holds too few: the counts of the others would tell it by subtraction."""
    return bool(few(estimate.n_smallest, study.contract.least(estimate.unit_level)))


def few_left(whole: Any, part: Any, least: int) -> Any:
    """Tell whether all less a part are few: both numbers together would tell them."""
    return few(whole - part, least)


def few_behind(outcome: str, quantity: str, value: float, behind: list, least: int) -> bool:
    """Tell whether a number of the results is hidden.

    Parameters
    ----------
    outcome, quantity : str
        Parts of its key; a count stands for itself, unless it is one of :data:`OPEN_COUNTS`.
    behind : list of int or None
        Units behind it, each count that there is.
    """
    counts = [*behind, *([value] if quantity == "count" and outcome not in OPEN_COUNTS else [])]
    return any(bool(few(count, least)) for count in counts if count is not None)


def few_left_out(smallest: int, least: int) -> bool:
    """Tell whether the largest change of an estimate without some units would tell what these answered."""
    return bool(few(smallest, min(ALONE, least)))
