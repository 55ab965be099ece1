"""The rules that the one call is made of, by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from coops.disclosure import distributions, means, suppression, thresholds
from coops.study.load import load
from tests import made

NAN = np.nan


def half(low: float, high: float) -> bool:
    """Two levels: below a half, and from it on."""
    return (low >= 0.5) == (high >= 0.5)


def test_few():
    """None is no secret, and neither are enough."""
    assert [bool(thresholds.few(number, 5)) for number in (0, 1, 4, 5)] == [False, True, True, False]
    assert [bool(thresholds.enough(number, 5)) for number in (0, 1, 4, 5)] == [False, False, False, True]
    assert not thresholds.enough(0, 0)
    assert thresholds.few(pd.Series([0, 4, 5]), 5).tolist() == [False, True, False]
    assert [bool(thresholds.few_left(20, part, 5)) for part in (14, 15, 16, 20)] == [False, False, True, False]


def test_of_an_estimate(tmp_path):
    """Nine of a comparison's smaller side, or of any arm; at the level of its units."""
    study = load(made.study(tmp_path))
    pupils = SimpleNamespace(n_fewest=10, n_smallest=9, unit_level="person")
    assert not thresholds.few_compared(pupils, study) and thresholds.few_in_an_arm(pupils, study)
    schools = SimpleNamespace(n_fewest=4, n_smallest=5, unit_level="group")
    assert thresholds.few_compared(schools, study) and not thresholds.few_in_an_arm(schools, study)


@pytest.mark.parametrize(
    ("outcome", "quantity", "value", "behind", "hidden"),
    [
        ("score", "mean", 3.0, [10], False),
        ("score", "mean", 3.0, [9], True),
        ("score", "mean", 3.0, [None], False),
        ("persons", "count", 9, [None], True),  # a count stands for itself
        ("not_seen", "count", 9, [20], False),  # how the study was made
        ("not_seen", "count", 9, [9], True),
        ("persons", "count", 0, [None], False),
    ],
)
def test_a_number_of_the_results(outcome, quantity, value, behind, hidden):
    """What stands behind it, and itself where it counts units."""
    assert thresholds.few_behind(outcome, quantity, value, behind, 10) is hidden


def test_means_that_tell():
    """Of five in two levels the sum 4.9 leaves 0.9 to the last; 4.2 leaves 0.2, which may be either."""
    assert means.tells_one(np.array([1, 1, 1, 1, 0.9]), half) and not means.tells_one(np.array([1, 1, 1, 1, 0.2]), half)
    values, groups = pd.Series([1, 1, 0.9, 0.5, 0.5, 0.4, 1, 0, NAN]), pd.Series(list("aaabbbccd"))
    assert means.of_groups(values, groups, 2, half).to_dict() == {"a": True, "b": False, "c": True, "d": False}
    assert means.of_groups(values, groups, 3, half).to_dict() == {"a": True, "b": False, "c": True, "d": False}
    assert means.of_all(values.to_numpy()[:3], 3, half) and means.of_all(np.array([0.5, 0.4, NAN]), 3, half)
    assert not means.of_all(np.array([0.5, 0.4, 0.5]), 3, half)


def test_sums_together():
    """Two columns by weight 3 and 1: the first leaves 0.9 to 1, the second nothing; 0.675 to 1 is one level."""
    values = np.array([[1, 0.5], [1, 0.5], [0.9, 0.5]])
    assert means.together_tell_one(values, np.array([3, 1]), half)
    assert not means.together_tell_one(values, np.array([1, 3]), half)


def test_all_alike():
    """Seven at the top and two below: with three as the least the mean tells nearly all of them."""
    values = np.array([1.0] * 7 + [0.5, 0.0, NAN])
    assert means.all_alike(values, 3, 1e-9) and not means.all_alike(values, 2, 1e-9)


def test_shares():
    """Of twenty: four name one thing, sixteen another, eighteen a third, ten a fourth; all or nearly all tell too."""
    named = pd.Series([4, 16, 18, 10, 0, 12, 3])
    units, groups = pd.Series([20] * 5 + [16, 16]), pd.Series(list("aaaaabb"))
    hidden = suppression.of_shares(named, units, groups, 5)
    assert hidden.tolist() == [True, True, True, False, False, True, True]
    alone = suppression.of_shares(named.iloc[3:5], units.iloc[3:5], groups.iloc[3:5], 5)
    assert not alone.any()
    assert suppression.of_shares(named.iloc[2:4], units.iloc[2:4], groups.iloc[2:4], 5).all()  # one alone takes another


def test_strata():
    """Of four strata one rests on two groups, one on nobody: its estimate goes, and with it the next smallest."""
    units, groups = pd.Series([40, 30, 60, 0]), pd.Series([2, 6, 7, 0])
    counted, alone = suppression.of_strata(units, groups, 10, 5)
    assert counted.tolist() == [False] * 4 and alone.tolist() == [True, True, False, True]
    counted, _ = suppression.of_strata(pd.Series([4, 30, 60, 0]), groups, 10, 5)
    assert counted.tolist() == [True, True, False, False]


def test_losses():
    """Seven left out for what they are: not told, nor what they would follow from; seven others are."""
    parts = pd.DataFrame({"sample": [7, 12, 0], "seen": [12, 7, 7], "answer": [0, 0, 0]})
    hidden = suppression.of_losses(parts, "sample", 10)
    assert hidden.to_numpy().tolist() == [[True, True, False], [False] * 3, [False] * 3]
    assert suppression.losses_told({"sample": 7, "seen": 3}, "sample", 10) == {"seen": 3}
    assert suppression.losses_told({"sample": 12, "seen": 3}, "sample", 10) == {"sample": 12, "seen": 3}


def test_kinds():
    """Three kinds of activities with two, three and six units; a kind that rests on nobody is hidden with another."""
    kinds = pd.Series(list("aabbbcccccc"))
    units = pd.Series([1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6])
    assert suppression.of_kinds(kinds, units, 3).to_dict() == {"a": True, "b": True, "c": False, "all": False}
    also = suppression.of_kinds(kinds, units, 2, also=["c"])
    assert also.to_dict() == {"a": True, "b": False, "c": True, "all": False}


def test_one_left_out():
    """Without one or two units the largest change tells what they answered; with no threshold it may."""
    assert [thresholds.few_left_out(number, 10) for number in (1, 2, 3)] == [True, True, False]
    assert not thresholds.few_left_out(1, 1)


def test_rows_without_a_count():
    """A missing count is none."""
    assert suppression.of_rows(pd.Series([NAN, 4, 5]), None, 5).tolist() == [False, True, False]


@pytest.mark.parametrize(("number", "none", "hidden", "unsaid"), [
    (20, 0, "", ""), (19, 0, "", "low high"), (9, 0, "", "low high median"), (20, 4, "none", ""), (20, 16, "none", ""),
    (4, 0, "n none mean", "low high median"), (0, 0, "", "low high median"),
])  # fmt: skip
def test_quartiles(number, none, hidden, unsaid):
    """With five as the least a quartile needs twenty units, a median ten."""
    assert distributions.of_quartiles(number, none, 5) == (set(hidden.split()), set(unsaid.split()))


def test_bars():
    """One of 1 and one of 9 beside five each of 3, 4 and 6: both ends are joined; a bar of none tells on nobody."""
    values = np.array([1, *[3] * 5, *[4] * 5, *[6] * 5, 9])
    bars = distributions.bars(values, 5, 8)
    assert bars.to_dict("list") == {"low": [1, 4, 5, 6], "high": [4, 5, 6, 10], "n": [6, 5, 0, 6]}
    assert distributions.bars(np.array([]), 5, 8).empty and distributions.bars(np.array([1, 2, 2]), 5, 8).empty


def test_ends_are_merged():
    """A bar of one school at each end goes into its neighbour; the inner ones stay."""
    edges, counts = distributions._ends_merged([0, 1, 2, 3, 4, 5], [1, 2, 0, 2, 1], 2)
    assert (edges, counts) == ([0, 2, 3, 5], [3, 0, 3])


def test_wider_bars():
    """Two of 500 between six of 0 and six of 1000: bars of 200 and of 500 would hold two, those of 1000 do not."""
    bars = distributions.bars(np.array([0] * 6 + [500] * 2 + [1000] * 6), 5, 8)
    assert bars.to_dict("list") == {"low": [0, 1000], "high": [1000, 2000], "n": [8, 6]}
