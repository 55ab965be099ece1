"""The joint test of balance, against every assignment written out, and hands."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from coops.participants import joint_test
from coops.participants.joint_test import joint
from coops.study.schema import Covariate
from tests import made


def drawn(seed=0, units=6, size=4):
    """Two variables, one shared within units; the first half of each pair of units has the arm."""
    random = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), size)
    x = random.normal(size=(units * size, 2)) + random.normal(size=(units, 2))[unit] * [2, 0]
    return pd.DataFrame(x, columns=["age", "size"]), unit


def written_out(x, unit, labels, strata):
    """Statistics of all assignments within strata, the covariance of the difference taken over them; the actual one."""
    centred = x - x.groupby(strata[unit]).transform("mean")
    sums = centred.groupby(unit).sum().to_numpy()
    places = [np.flatnonzero(strata == one) for one in np.unique(strata)]
    choices = [list(combinations(members, int(labels[members].sum()))) for members in places]
    sets = [np.concatenate(one).astype(int) for one in product(*choices)]
    d = np.array([sums[one].sum(axis=0) for one in sets])
    d = d - d.mean(axis=0)
    inverse = np.linalg.inv(d.T @ d / len(d))
    statistics = np.einsum("bi,ij,bj->b", d, inverse, d)
    actual = next(place for place, one in enumerate(sets) if set(one) == set(np.flatnonzero(labels)))
    return statistics, statistics[actual]


@pytest.mark.parametrize("strata", [[0] * 6, [0, 0, 0, 0, 1, 1, 1, 1]])
def test_every_assignment(strata):
    """Statistic and p are those of all assignments written out; their mean is the rank."""
    strata = np.array(strata)
    x, unit = drawn(1, len(strata))
    labels = np.array([1, 0] * (len(strata) // 2))
    statistics, actual = written_out(x, unit, labels, strata)
    one = joint(x, labels[unit] == 1, unit, strata[unit], random=True, draws=999, seed=1)
    assert one.statistic == pytest.approx(actual, rel=1e-9)
    assert one.p_value == np.mean(statistics >= actual * (1 - 1e-9))
    assert one.least_p_value == np.mean(statistics >= statistics.max() * (1 - 1e-9))
    assert statistics.mean() == pytest.approx(one["rank"]) and one["rank"] == 2
    assert (one.kind, one.enumerated, one.draws) == ("test", True, len(statistics))


def test_one_variable_by_hand():
    """Units of one row with values 1, 2, 3 against 4, 5, 6: d = -4.5, V = 9/30 * 17.5, the farthest of 20, both ways."""
    x = pd.DataFrame({"age": [1.0, 2, 3, 4, 5, 6]})
    arm = np.arange(6) < 3
    one = joint(x, arm, np.arange(6), random=False, draws=99, seed=1)
    assert one.statistic == pytest.approx(4.5**2 / (0.3 * 17.5), rel=1e-12)
    assert (one.p_value, one.least_p_value, one["rank"], one.kind) == (0.1, 0.1, 1, "descriptive")
    assert one.n_by_arm == {"reference": 3, "arm": 3} and one.variables == ("age",)


def test_units_of_measurement_and_repetition():
    """Another unit of measurement, or the same variable twice, changes nothing."""
    x, unit = drawn(2, 8)
    arm = unit < 4
    one = joint(x, arm, unit, random=True, draws=99, seed=1)
    two = joint(x.assign(age=x["age"] * 1e5 - 7, again=x["size"] * 3), arm, unit, random=True, draws=99, seed=1)
    assert (two.statistic, two.p_value, two["rank"]) == (pytest.approx(one.statistic, rel=1e-6), one.p_value, 2)


def test_sampled():
    """More assignments than draws: (1 + #) / (draws + 1), near the p of all 12,870; 1 % is five standard errors."""
    x, unit = drawn(3, 16)
    labels = np.array([1, 0] * 8)
    statistics, actual = written_out(x, unit, labels, np.zeros(16))
    one = joint(x, labels[unit] == 1, unit, random=True, draws=9_999, seed=1)
    assert one.p_value == pytest.approx(np.mean(statistics >= actual * (1 - 1e-9)), abs=0.025)
    assert (one.enumerated, one.least_p_value, one.draws) == (False, 1e-4, 9_999)
    assert (one.p_value * 10_000) == pytest.approx(round(one.p_value * 10_000), abs=1e-6)


def test_far_apart():
    """Arms that differ by far have the least p there is."""
    x, unit = drawn(4, 16)
    arm = unit < 8
    x["age"] += 100 * arm
    one = joint(x, arm, unit, random=True, draws=999, seed=1)
    assert one.p_value == one.least_p_value == 0.001


def test_refused():
    """Reasons instead of numbers."""
    x, unit = drawn(5, 6)
    call = dict(random=True, draws=99, seed=1)
    assert joint(x, unit < 0, unit, **call).refused == "one_arm"
    assert joint(x, unit < 2, unit, **call).refused == "few_clusters"
    assert joint(x, np.arange(len(unit)) % 2 == 0, unit, **call).refused == "arm_in_cluster"
    assert joint(x * 0 + 3, unit < 3, unit, **call).refused == "no_variation"
    many = pd.DataFrame(np.random.default_rng(1).normal(size=(24, 5)))
    assert joint(many, unit < 3, unit, **call).refused == "too_many_variables"
    assert joint(many[[0, 1, 2, 3]], unit < 3, unit, **call).refused == ""


def test_a_study(tmp_path):
    """Of the units seen at the start, by the study's own arms: one test, descriptive where no lot was drawn."""
    table = made.pupils(8, 2)
    table = table[~((table["pupil"] == "p000") & (table["wave"] == "before"))]  # not seen at the start
    data = made.data(made.study(tmp_path / "made", pupils=table))
    (one,) = joint_test.at_start(
        data, data.study.plans("main")[0], [Covariate(variable="score")], draws=999, seed=1
    ).itertuples()
    first = table[table["wave"] == "before"]
    unit = first["school"].str[1:].astype(int).to_numpy()
    statistics, actual = written_out(
        first[["score"]].astype(float).reset_index(drop=True), unit, np.array([0] * 4 + [1] * 4), np.zeros(8)
    )
    assert one.statistic == pytest.approx(actual, rel=1e-9)
    assert one.p_value == np.mean(statistics >= actual * (1 - 1e-9))
    assert (one.kind, one.arm, one.variables) == ("descriptive", "books", ("score",))
    assert one.n_by_arm == {"books": 4, "without": 4}
