"""What would overturn an estimate: hand cases, shocks really added to the data, and the Darfur example."""

import numpy as np
import pandas as pd
import pytest

from coops.estimation import effects, sample_design
from coops.estimation.influence import influence
from coops.robustness.breakdown import exposure, margin, robustness_value, shift, spread, trend
from tests import made

T = 2.0859634472658364  # t of 0.975 with 20 df, from R's qt
ONE = made.estimate(estimate=5.0, conf_low=5 - T, conf_high=5 + T, std_error=1.0, df=20.0)


def test_shift_by_hand():
    """b = 5, SE = 1: the interval 2.914 to 7.086 first covers zero at a shock of 5 - t = 2.914, b itself is 0 at 5."""
    found = shift(ONE, [0, 2, 3, 8])
    assert (found.size, found.point) == pytest.approx((5 - T, 5), abs=1e-12)
    assert found.grid["estimate"].to_list() == [5, 3, 2, -3]
    assert found.grid["conf_low"].to_list() == pytest.approx([5 - T, 3 - T, 2 - T, -3 - T])
    assert found.grid["covers_zero"].to_list() == [False, False, True, False]
    assert shift(ONE, [], reach=0.5).size == pytest.approx(2 * (5 - T))


def test_negative_and_zero():
    """A negative estimate is overturned by a shock downwards; an interval that covers zero by nothing."""
    below = made.again(ONE, estimate=-5.0, conf_low=-5 - T, conf_high=-5 + T)
    assert shift(below, [3]).size == pytest.approx(5 - T)
    assert shift(below, [3]).grid["conf_high"].to_list() == pytest.approx([-2 + T])
    covers = made.again(ONE, estimate=1.0, conf_low=1 - T, conf_high=1 + T)
    assert (margin(covers), shift(covers, [0]).size, spread(covers, [0], 4 / 3).size) == (0, 0, 0)


def test_spread_by_hand():
    """Three areas of comparison: |b| / sqrt(SE^2 + sd^2 (1 + 1/3)) = t at sd = sqrt(((5 / t)^2 - 1) / (4 / 3))."""
    found = spread(ONE, [0, 1, 2], 4 / 3)
    assert found.size == pytest.approx(1.88657, abs=1e-5)
    assert 5 / np.sqrt(1 + found.size**2 * 4 / 3) == pytest.approx(T, abs=1e-12)
    assert found.grid["conf_low"].to_list() == pytest.approx([5 - T, 5 - T * np.sqrt(7 / 3), 5 - T * np.sqrt(19 / 3)])
    assert found.grid["covers_zero"].to_list() == [False, False, True]


def test_trend_by_hand():
    """Over 1.5 years a difference of 2 a year is a shift of 3."""
    found = trend(ONE, [2], 1.5)
    assert (found.size, found.point) == pytest.approx(((5 - T) / 1.5, 5 / 1.5))
    assert found.grid["estimate"].to_list() == [2] and found.grid["covers_zero"].to_list() == [True]


def test_refused():
    """No interval, nothing to overturn; an area with both arms alike moves nothing."""
    assert shift(made.again(ONE, conf_low=np.nan, conf_high=np.nan), [1]).refused == "no_interval"
    assert spread(ONE, [1], 0.0).refused == shift(ONE, [1], 1e-17).refused == "no_area_effect"


def built(folder, toml=made.TOML, schools=8, size=2, change=None):
    frame = made.pupils(schools, size)
    frame["score"] += np.random.default_rng(3).normal(0, 2, len(frame)).round(2)
    frame["age"] += frame["school"].str[1:].astype(int) % 4
    data = made.data(made.study(folder, toml, pupils=change(frame) if change else frame))
    return sample_design.build(data, data.study.resolve("main")[0])


def area_of(one, areas):
    """Area of each row: school number → area."""
    return one.frame["cluster"].str[1:].astype(int).map(areas).to_numpy()


def test_exposure_by_hand(tmp_path):
    """Schools 4 to 7 have books, in area A; 0 and 1 lie in B, 2 in C, 3 in D, all of one size: 1, -1/2, -1/4, -1/4."""
    one = built(tmp_path / "made")
    found = exposure(one, "books", area_of(one, {0: "B", 1: "B", 2: "C", 3: "D", 4: "A", 5: "A", 6: "A", 7: "A"}))
    assert found.by_area == pytest.approx({"A": 1, "B": -0.5, "C": -0.25, "D": -0.25}, abs=1e-12)
    assert (found.reach, found.factor) == pytest.approx((1, 1.375), abs=1e-12)
    assert (found.arm_areas, found.reference_areas, found.shared) == (1, 3, 0)


def test_equal_areas_are_the_formula(tmp_path):
    """One area with the arm, four of equal weight without: 1 + 1/4."""
    one = built(tmp_path / "made")
    assert exposure(one, "books", area_of(one, dict(zip(range(8), "BCDEAAAA", strict=True)))).factor == pytest.approx(
        1.25
    )


def test_reference_in_the_area_of_the_arm(tmp_path):
    """School 0 lies in A too: a shock of A reaches all four with books and one of the four others."""
    one = built(tmp_path / "made")
    found = exposure(one, "books", area_of(one, dict(zip(range(8), "ABCDAAAA", strict=True))))
    assert (found.reach, found.shared) == (pytest.approx(0.75), 1)


@pytest.mark.parametrize(
    ("areas", "weights"),
    [
        ("BBBCAAAB", {"A": 0.75, "B": 0.25 - 0.75, "C": -0.25}),  # three with books in A, one in B with three without
        ("BBBAAAAB", {"A": 0.75 - 0.25, "B": 0.25 - 0.75}),  # each area has both
    ],
)
def test_areas_with_both(tmp_path, areas, weights):
    """A shock reaches where books weigh more; in area A alone it moves the estimate by the weight of A."""
    found = exposure(built(tmp_path / "made"), "books", area_of(built(tmp_path / "b"), dict(enumerate(areas))))
    assert found.by_area == pytest.approx(weights, abs=1e-12)
    assert found.reach == pytest.approx(weights["A"], abs=1e-12)


CROSS = made.TOML.replace('estimator = "difference"', 'estimator = "difference cross-section"')
ADJUSTED = made.TOML + 'covariates = [{ variable = "age", wave = "before" }]\n'


@pytest.mark.parametrize("toml", [made.TOML, CROSS, ADJUSTED, made.TOML + 'weigh = "groups"\n'])
def test_a_shock_that_is_really_there(tmp_path, toml):
    """Eight points more after in the area of the arm move the estimate by eight times the reach; l'y is the estimate."""
    areas = dict(zip(range(8), "ABCDAAAA", strict=True))

    def shocked(frame):
        here = frame["school"].str[1:].astype(int).map(areas) == "A"
        return frame.assign(score=frame["score"] + 8.0 * (here & (frame["wave"] == "after")))

    plain, moved = built(tmp_path / "plain", toml), built(tmp_path / "moved", toml, change=shocked)
    before, after = (effects.rows(one)[0].estimate for one in (plain, moved))
    found = exposure(plain, "books", area_of(plain, areas))
    assert after - before == pytest.approx(8 * found.reach, abs=1e-9)
    assert influence(plain, "books") @ plain.frame["outcome"].to_numpy() == pytest.approx(before, abs=1e-10)


def test_shocks_of_all_areas_widen_it_so(tmp_path):
    """Shocks of SD 1 of every area, drawn 20,000 times: the variance they add is the factor (4 Monte Carlo errors)."""
    one = built(tmp_path / "made", ADJUSTED, size=3)
    area = area_of(one, dict(zip(range(8), "BCDEAAFF", strict=True)))
    codes, labels = pd.factorize(area)
    shocks = np.random.default_rng(1).normal(size=(20_000, len(labels)))
    added = shocks[:, codes] @ influence(one, "books")
    assert exposure(one, "books", area).factor == pytest.approx(added.var(), rel=4 * np.sqrt(2 / 20_000))


def test_darfur():
    """Cinelli and Hazlett 2020, table 1: t = 4.184, df 783: 13.9 %, and 7.6 % for the interval of 95 %.

    Digits: sensemakr's vignette for the darfur data (0.13878 and 0.07626, with t = 4.18445).
    """
    assert robustness_value(4.18445, 783) == pytest.approx(0.13878, abs=5e-6)
    assert robustness_value(4.18445, 783, level=0.95) == pytest.approx(0.07626, abs=5e-6)
    assert robustness_value(-4.18445, 783) == robustness_value(4.18445, 783)
    assert robustness_value(1.2, 783, level=0.95) == 0


def test_robustness_value_of_an_interval_with_few_df():
    """t = 2.5 with 100 df, an interval of 6 df (t 2.446912, R's qt): f = 0.25, f* = 2.446912 / sqrt(99) = 0.245924.

    With d = f - f* = 0.004076 it is (sqrt(d^4 + 4 d^2) - d^2) / 2 = 0.004068; at t = 2.4 the interval covers zero.
    """
    assert robustness_value(2.5, 100, 0.95, 6) == pytest.approx(0.004068, abs=2e-6)
    assert robustness_value(2.4, 100, 0.95, 6) == 0 < robustness_value(2.4, 100, 0.95)
