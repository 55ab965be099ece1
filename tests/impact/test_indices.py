"""Families: Stata's swindex and Anderson's own code (values quoted with their source), hand cases, brute force, pyfixest."""

import numpy as np
import pandas as pd
import pytest
from pyfixest.estimation.post_estimation.multcomp import _get_rwolf_pval

from coops.estimation import effects, sample_design, tidy
from coops.impact.indices import covariance_index, index_rows, mean_of_z, romano_wolf, sharpened_q
from tests import made

UP = {"a": "up", "b": "up", "c": "up"}


def factorial() -> pd.DataFrame:
    """Eight rows: a and b correlate at 0.6 exactly, c with neither; c has another unit and place."""
    x = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)], dtype=float)
    return pd.DataFrame({"a": x[:, 0], "b": 0.6 * x[:, 0] + 0.8 * x[:, 1], "c": 50 + 7 * x[:, 2]})


def test_index_by_hand():
    """Row sums of the inverse: 1 / (1 + 0.6) twice and 1; of sum 1: 5/18, 5/18, 8/18. z is known up to one factor."""
    found = covariance_index(factorial(), UP, np.ones(8, dtype=bool))
    assert found.weights.to_list() == pytest.approx([5 / 18, 5 / 18, 8 / 18], abs=1e-12)
    x = factorial()
    raw = 5 / 18 * x["a"] + 5 / 18 * x["b"] + 8 / 18 * (x["c"] - 50) / 7
    assert found.values.to_numpy() == pytest.approx((raw / raw.std(ddof=1)).to_numpy(), abs=1e-12)


def test_less_may_be_better():
    """A component of the other direction, written the other way round, changes nothing."""
    turned = factorial().assign(b=-factorial()["b"])
    whole = np.ones(8, dtype=bool)
    same = covariance_index(turned, UP | {"b": "down"}, whole).values
    assert same.to_numpy() == pytest.approx(covariance_index(factorial(), UP, whole).values.to_numpy(), abs=1e-12)


@pytest.mark.parametrize(
    ("control_only", "stata"),
    [
        (False, [0.4029269261368315, -1.381513569126826, -0.4681112530088598, -0.32838038, 1.13819574]),
        (True, [0.4094394102307251, -1.413022074020038, -0.4827294776494449, -0.33891524, 1.16029473]),
    ],
)
def test_swindex(control_only, stata):
    """Rows 0, 1, 2, 813, 1625 of data set 0 of github.com/josh-ashkinaze/icw-index (tests/swindex_results.csv and, with
    the control group as base, swindex_normby_results.csv): swindex in Stata 19.5, in single precision (1e-6)."""
    random = np.random.RandomState(42)
    n = random.randint(500, 2000)
    values = np.round(random.randn(n, 5), 2)
    treated = np.r_[np.zeros(n // 2), np.ones(n - n // 2)]
    random.shuffle(treated)
    frame = pd.DataFrame(values, columns=list("vwxyz"))
    base = treated == 0 if control_only else np.ones(n, dtype=bool)
    found = covariance_index(frame, dict.fromkeys("vwxyz", "up"), base)
    assert n == 1626
    assert found.values[[0, 1, 2, 813, 1625]].to_list() == pytest.approx(stata, abs=1e-6)


def test_missing_components_by_loops():
    """Covariances of the pairs known; the weights of what a row has are raised; nothing known is missing."""
    random = np.random.default_rng(5)
    frame = pd.DataFrame(random.normal(size=(40, 3)) @ random.normal(size=(3, 3)), columns=list("abc"))
    frame[random.random((40, 3)) < 0.2] = np.nan
    frame.loc[7] = np.nan
    base = np.arange(40) < 25
    z = np.empty((40, 3))
    for j, name in enumerate("abc"):
        held = [frame.loc[i, name] for i in range(25) if np.isfinite(frame.loc[i, name])]
        z[:, j] = (frame[name] - np.mean(held)) / np.std(held, ddof=1)
    covariance = np.empty((3, 3))
    for j in range(3):
        for k in range(3):
            pairs = np.array([(row[j], row[k]) for row in z if np.isfinite(row[j]) and np.isfinite(row[k])])
            covariance[j, k] = np.cov(pairs.T, ddof=1)[0, 1]
    w = [sum(row) for row in np.linalg.inv(covariance)]
    raw = []
    for row in z:
        there = [j for j in range(3) if np.isfinite(row[j])]
        raw.append(sum(w[j] * row[j] for j in there) / sum(w[j] for j in there) if there else np.nan)
    raw = np.array(raw)
    expected = (raw - np.nanmean(raw[:25])) / np.nanstd(raw[:25], ddof=1)
    found = covariance_index(frame, UP, base).values.to_numpy()
    assert np.isnan(found[7]) and np.isfinite(found[:25]).sum() > 20
    assert found == pytest.approx(expected, abs=1e-10, nan_ok=True)


def test_refused():
    """No direction, one component, no variation in the base rows, a component that repeats another."""
    frame, whole = factorial(), np.ones(8, dtype=bool)
    assert covariance_index(frame, {"a": "up", "b": "up"}, whole).refused == "no_direction"
    assert covariance_index(frame[["a"]], UP, whole).refused == "one_component"
    assert covariance_index(frame, UP, np.arange(8) < 4).refused == "no_variation"  # a is -1 in all of these
    twice = covariance_index(frame.assign(b=3 * frame["a"] + 1), UP, whole)
    assert twice.refused == "repeats" and twice.values.isna().all()


def test_mean_of_z_by_hand():
    """Base rows 0 to 2 have mean 2, SD 1 and mean 20, SD 10; the gap takes 1.5, the mean of z of b in its cell."""
    frame = pd.DataFrame({"a": [1, 2, 3, 4, 5, np.nan], "b": [10, 20, 30, 40, np.nan, np.nan]})
    cell = ["base", "base", "base", "arm", "arm", "arm"]
    frame.loc[6] = [np.nan, 30]
    found = mean_of_z(frame, UP, np.arange(7) < 3, [*cell, "arm"]).values
    # arm: z of a 2, 3, -, - (mean 2.5); z of b 2, -, -, 1 (mean 1.5)
    expected = [-1, 0, 1, 2, (3 + 1.5) / 2, np.nan, (2.5 + 1) / 2]
    assert found.to_numpy() == pytest.approx(expected, nan_ok=True)


CODEBOOK = made.CODEBOOK + "pupils,absent,number,days,0,,,days away\n"


def family(folder, toml=made.TOML, gap=False):
    frame = made.pupils(10, 3)
    random = np.random.default_rng(2)
    frame["score"] += random.normal(0, 2, len(frame)).round(1)
    after = frame["wave"] == "after"
    frame["absent"] = random.integers(0, 9, len(frame)) - 2 * (after & (frame["given"] == 1))
    if gap:
        frame["absent"] = frame["absent"].astype(object)
        frame.loc[(frame["pupil"] == "p000") & after, "absent"] = pd.NA
    toml = toml.replace('outcomes = ["score"]', 'outcomes = ["score", "absent"]')
    data = made.data(made.study(folder, toml, CODEBOOK, pupils=frame))
    return [sample_design.build(data, specification) for specification in data.study.resolve("main")], frame


BETTER = {"score": "up", "absent": "down"}


def estimates(built):
    return np.array([effects.rows(one)[0].estimate for one in built])


CROSS = made.TOML.replace('estimator = "difference"', 'estimator = "difference cross-section"')


@pytest.mark.parametrize("toml", [made.TOML, CROSS])
def test_effect_on_the_mean_is_the_mean_of_effects(tmp_path, toml):
    """Changes compared, or both rounds as rows; each component in SD of the reference arm before, absence turned."""
    built, frame = family(tmp_path / "made", toml)
    found, index = index_rows(built, BETTER, "both", kind="mean")
    start = frame[(frame["wave"] == "before") & (frame["given"] == 0)]
    sd = np.array([start["score"].std(ddof=1), start["absent"].std(ddof=1)])
    expected = (estimates(built) / sd * [1, -1]).mean()
    assert effects.rows(found)[0].estimate == pytest.approx(expected, abs=1e-10)
    assert tidy.key(effects.rows(found)[0]) == "both.after.books.main.effect" and not index.refused


def test_effect_on_the_index_is_the_weighted_one(tmp_path):
    """Weights of the covariance index, over the SD of the index in the reference arm before."""
    built, frame = family(tmp_path / "made")
    found, index = index_rows(built, BETTER, "both")
    start = frame[(frame["wave"] == "before") & (frame["given"] == 0)]
    sd = np.array([start["score"].std(ddof=1), start["absent"].std(ddof=1)])
    w = index.weights[["score", "absent"]].to_numpy() * [1, -1] / sd
    raw = start["score"] * w[0] + start["absent"] * w[1]
    assert effects.rows(found)[0].estimate == pytest.approx((estimates(built) @ w) / raw.std(ddof=1), abs=1e-10)


def test_an_outcome_that_is_missing_does_not_lose_the_unit(tmp_path):
    """One pupil's absences are unknown after: she stays by her score."""
    built, _ = family(tmp_path / "made", gap=True)
    assert [len(one.frame) for one in built] == [30, 29]
    assert len(index_rows(built, BETTER, "both")[0].frame) == 30


def test_ancova_takes_the_index_before(tmp_path):
    """The regressor for the start is the index at the start, and the result that of least squares on both."""
    built, _ = family(tmp_path / "made", made.TOML.replace('"difference"', '"ancova"'))
    found, _ = index_rows(built, BETTER, "both")
    before, arm = found.frame["baseline"].to_numpy(), (found.frame["arm"] == "books").to_numpy(dtype=float)
    reference = before[arm == 0]
    assert (reference.mean(), reference.std(ddof=1)) == pytest.approx((0, 1), abs=1e-12)
    x = np.column_stack([np.ones(30), arm, before])
    b = np.linalg.lstsq(x, found.frame["outcome"].to_numpy(), rcond=None)[0]
    assert effects.rows(found)[0].estimate == pytest.approx(b[1], abs=1e-10)


def test_not_together(tmp_path):
    """Outcomes of two specifications are not one family's index."""
    one, _ = family(tmp_path / "one")
    other, _ = family(tmp_path / "two", made.TOML.replace('"difference"', '"ancova"'))
    found, index = index_rows([one[0], other[1]], BETTER, "both")
    assert found is None and index.refused == "not_together"


STATA = [  # p, q: run with Anderson's Stata code by the author of github.com/josh-ashkinaze/sharp-q-values (tests.py)
    ([0.02, 0.01, 0.03, 0.08, 0.168, 0.168, 0.168], [0.076, 0.076, 0.076, 0.087, 0.107, 0.107, 0.107]),
    ([0.001, 0.005, 0.01, 0.05, 0.1, 0.5], [0.007, 0.013, 0.016, 0.039, 0.064, 0.137]),
    ([0.9, 0.8, 0.7, 0.6, 0.5], [1.0] * 5),
    ([0.001], [0.002]),
    ([0.05, 0.05, 0.05, 0.1, 0.1], [0.091] * 5),
    ([0.0001, 0.0005, 0.001, 0.005, 0.01], [0.001, 0.002, 0.002, 0.003, 0.005]),
    ([0.001, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5], [0.012, 0.334, 0.429, 0.51, 0.563] + [0.579] * 6),
    ([0.001, 0.01, 0.02, 0.03, 0.5], [0.006, 0.021, 0.026, 0.026, 0.112]),  # the project's own run of the same code
]


@pytest.mark.parametrize(("p", "q"), STATA)
def test_sharpened_q_is_andersons(p, q):
    """Exact: the grid is his. In the last case q lies below p = 0.5: it bounds a share of the family."""
    assert sharpened_q(p) == pytest.approx(q, abs=1e-12)


def test_sharpened_q_missing_and_order():
    """A missing p counts for nothing; q stay with their p."""
    p, q = STATA[1]
    found = sharpened_q([p[5], np.nan, *p[:5]])
    assert found == pytest.approx([q[5], np.nan, *q[:5]], abs=1e-12, nan_ok=True)


def test_step_down_by_hand():
    """Four draws; t = 3, 1, 2. Largest of all three: 2.9, 3.5, 1.5, 0.5: 1 is at least 3, p (1 + 1) / 5.

    Without the first: 2.0, 0.4, 1.5, 0.5: 1 is at least 2 (a tie), p 2/5; the last alone: 0.2, 0.4, 1.5, 0.5: 2/5.
    """
    draws = [[2.9, 0.2, -2.0], [3.5, 0.4, 0.1], [0.3, -1.5, 1.0], [0.1, 0.5, 0.2]]
    assert romano_wolf([3, 1, -2], draws) == pytest.approx([0.4, 0.4, 0.4])
    assert romano_wolf([3.6, 1, -2], draws) == pytest.approx([0.2, 0.4, 0.4])


def brute_force(t, draws):
    """Romano and Wolf 2016 as they write it: sets that shrink, one loop a draw."""
    left, before, found = set(range(len(t))), 0.0, {}
    while left:
        worst = max(left, key=lambda k: abs(t[k]))
        count = sum(max(abs(row[k]) for k in left) >= abs(t[worst]) - 1e-12 for row in draws)
        before = max(before, (1 + count) / (1 + len(draws)))
        found[worst] = before
        left.remove(worst)
    return [found[k] for k in range(len(t))]


@pytest.mark.parametrize("seed", range(5))
def test_step_down_by_brute_force_and_pyfixest(seed):
    """Correlated statistics; pyfixest 0.60.0 on the same draws (the function under its ``rwolf``)."""
    random = np.random.default_rng(seed)
    draws = random.normal(size=(199, 5)) @ random.normal(size=(5, 5)) / 2
    t = random.normal(1.5, 1, 5)
    found = romano_wolf(t, draws)
    assert found == pytest.approx(brute_force(t, draws), abs=1e-12)
    assert found == pytest.approx(_get_rwolf_pval(t, draws), abs=1e-12)
    assert found.min() >= 1 / 200


def test_one_outcome_is_its_own_p():
    """With one outcome nothing is adjusted; statistics must be there and fit."""
    draws = np.random.default_rng(1).normal(size=(99, 1))
    assert romano_wolf([1.2], draws)[0] == (1 + (np.abs(draws) >= 1.2).sum()) / 100
    with pytest.raises(ValueError, match="statistics"):
        romano_wolf([1.2, np.nan], np.ones((9, 2)))
    with pytest.raises(ValueError, match="statistics"):
        romano_wolf([1.2, 1.0], np.ones((9, 3)))
