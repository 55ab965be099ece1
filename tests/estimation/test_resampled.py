"""What other methods of inference add to an estimate, and where they are not made."""

import numpy as np
import pytest

from coops.estimation import effects, resampled, sample_design, tidy
from tests import made


def again(folder, toml: str = made.TOML, schools: int = 14, change=None, **settings):
    frame = made.pupils(schools)
    frame["score"] += np.random.default_rng(3).normal(0, 2, len(frame)).round(2)
    if change is not None:
        frame = change(frame)
    data = made.data(made.study(folder, toml, pupils=frame))
    (plan,) = data.study.plans("main")
    built = sample_design.build(data, plan)
    (one,) = tidy.rows(resampled.again(built, effects.estimate(built), **({"draws": 999, "seed": 1} | settings)))
    return one, built


RANDOMISED = made.TOML.replace('"not randomised"', '"randomised"')


def test_not_drawn(tmp_path):
    """Where no lot was drawn there is a bootstrap and no randomisation inference."""
    one, _ = again(tmp_path)
    assert 0 < one.p_value_wild <= 1 and one.conf_low_wild < one.estimate < one.conf_high_wild and not one.wild_refused
    assert np.isnan(one.p_value_permutation) and one.permutation_refused == "not_drawn"


def test_drawn(tmp_path):
    """Where a lot was drawn: p by t and by coefficient; all 3,432 ways of giving books to 7 of 14 schools are tried."""
    one, _ = again(tmp_path, RANDOMISED, draws=9999)
    assert 0 < one.p_value_permutation <= 1 and 0 < one.p_value_permutation_coefficient <= 1
    assert one.least_p_value_permutation == pytest.approx(2 / 3432)  # the assignment and its mirror image


def test_brute_force_by_coefficient(tmp_path):
    """Six schools, no covariate: the p by coefficient is the share of the 20 ways whose difference is as large."""
    from itertools import combinations

    one, built = again(tmp_path, RANDOMISED, schools=6)
    means = built.frame.groupby("cluster")["outcome"].mean().to_numpy()
    real = means[3:].mean() - means[:3].mean()
    ways = [means[list(way)].mean() - np.delete(means, way).mean() for way in combinations(range(6), 3)]
    assert one.p_value_permutation_coefficient == pytest.approx(np.mean(np.abs(ways) >= abs(real) * (1 - 1e-9)))
    assert one.wild_refused == "bootstrap_few_clusters" and np.isnan(one.p_value_wild)


def test_no_interval_nothing_to_add(tmp_path):
    """Two schools an arm: no interval, so no other method brings one in by the back door."""
    one, _ = again(tmp_path, RANDOMISED, schools=4)
    assert one.refused == "few_clusters" and np.isnan(one.p_value_wild) and np.isnan(one.p_value_permutation)


def test_a_school_with_both_arms(tmp_path):
    """The lot was drawn for schools, as the study says, but one school has both arms: said, not computed."""

    def mixed(frame):
        frame.loc[frame["pupil"] == "p000", "given"] = 1
        return frame

    one, _ = again(tmp_path, RANDOMISED, change=mixed)
    assert one.permutation_refused == "unit_divided" and np.isnan(one.p_value_permutation)


def test_weighted(tmp_path):
    """The bootstrap knows no weights: with groups of equal weight it is not made, and says so."""
    one, _ = again(tmp_path, made.TOML + 'weigh = "groups"\n')
    assert one.wild_refused == "bootstrap_weighted" and np.isfinite(one.std_error)


@pytest.mark.parametrize(
    ("p_cr2", "p_wild", "p_random", "least", "expected"),
    [
        (0.04, 0.06, np.nan, np.nan, False),
        (0.04, 0.03, np.nan, np.nan, True),
        (0.2, 0.3, 0.04, 0.001, False),
        (0.04, 0.03, 0.1, 0.1, True),  # twenty assignments cannot fall below 0.1: their p says nothing
        (0.04, np.nan, np.nan, np.nan, None),
        (np.nan, 0.03, np.nan, np.nan, None),
    ],
)
def test_agreement(tmp_path, p_cr2, p_wild, p_random, least, expected):
    """On which side of 5 % each method stands."""
    p_values = {"p_value": p_cr2, "p_value_wild": p_wild, "p_value_permutation": p_random}
    assert resampled.agree(made.estimate(**p_values, least_p_value_permutation=least)) is expected
