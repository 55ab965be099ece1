"""Entropy balancing: a hand case, a general optimiser on Hainmueller's own problem, and a loop that balances again."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from coops.estimation import sample_design
from coops.robustness.entropy import effect, entropy_weights, of_rows
from tests import made


def test_weights_by_hand():
    """Two of four have it, three quarters are wanted: weights 3/2 and 1/2; Kish: 16 / (2 x 9/4 + 2 x 1/4) = 16 / 5.

    Without weights the mean is 1/2 short of the target in units of the standard deviation 1/2: (3/4 - 1/2) / (1/2).
    """
    found = entropy_weights([[1.0], [1.0], [0.0], [0.0]], [0.75])
    assert found.weights == pytest.approx([1.5, 1.5, 0.5, 0.5], abs=1e-8)
    assert (found.largest, found.effective, found.before) == pytest.approx((1.5, 3.2, 0.5), abs=1e-7)
    assert found.balanced and found.gap <= 1e-8


def reference(seed=0, n=40, k=3):
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, k)) @ random.normal(size=(k, k)) + random.normal(size=k)
    return x, x.mean(axis=0) + 0.4 * x.std(axis=0), random.uniform(0.5, 2, n)


@pytest.mark.parametrize("weighted", [False, True])
def test_general_optimiser(weighted):
    """The primal problem: least sum of w log(w / base) with means as wanted, by SLSQP (its own tolerance about 1e-6)."""
    x, target, base = reference()
    base = base / base.sum() if weighted else np.full(40, 1 / 40)
    found = entropy_weights(x, target, base if weighted else None)
    primal = optimize.minimize(
        lambda w: np.sum(w * np.log(w / base)),
        base,
        jac=lambda w: np.log(w / base) + 1,
        bounds=[(1e-12, 1)] * 40,
        constraints=[
            {"type": "eq", "fun": lambda w: w.sum() - 1},
            {"type": "eq", "fun": lambda w: x.T @ w - target, "jac": lambda w: x.T},
        ],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    assert primal.success and found.weights / 40 == pytest.approx(primal.x, abs=1e-6)
    assert np.average(x, axis=0, weights=found.weights) == pytest.approx(target, abs=1e-8 * x.std(axis=0).max())


def test_units_and_repetition_do_not_matter():
    """A column in another unit, one that repeats others and one that is constant in both give the same weights."""
    x, target, _ = reference()
    more = np.column_stack([x * [1e7, 1, 1e-7], x[:, 0] - 2 * x[:, 1], np.full(40, 3.0)])
    wanted = np.r_[target * [1e7, 1, 1e-7], target[0] - 2 * target[1], 3]
    found = entropy_weights(more, wanted)
    assert found.balanced
    assert found.weights == pytest.approx(entropy_weights(x, target).weights, abs=1e-7)


def test_far_but_possible():
    """A target near the edge of what is there: found by halved steps, at the price of few effective units."""
    x = np.random.default_rng(1).normal(size=(200, 4))
    target = 0.97 * x[0] + 0.03 * x.mean(axis=0)
    found = entropy_weights(x, target)
    assert found.balanced and found.effective < 25  # of 200


def test_not_possible():
    """Means outside of what the reference holds, and a constant of another value, have no weights: said, not used."""
    x, _, _ = reference()
    assert not entropy_weights(x, x.max(axis=0) + 1).balanced
    assert not entropy_weights(np.column_stack([x, np.zeros(40)]), np.r_[x.mean(axis=0), 0.2]).balanced


def drawn(seed=1, clusters=12, size=8):
    random = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), size)
    arm = cluster % 2 == 1
    x = random.normal(size=(clusters * size, 2)) + 0.4 * arm[:, None]
    y = 1.0 * arm + x @ [0.5, -0.3] + random.normal(size=clusters)[cluster] + random.normal(size=clusters * size)
    return y, x, arm, cluster, random.uniform(0.5, 2, clusters * size)


def by_roots(y, x, arm, w):
    """The balanced difference by a general root finder on the moment conditions."""
    target = np.average(x[arm], axis=0, weights=w[arm])
    z = x[~arm] - target

    def weights(m):
        return w[~arm] * np.exp(z @ m)

    root = optimize.root(lambda m: weights(m) @ z / weights(m).sum(), np.zeros(2), tol=1e-12)
    assert root.success
    return np.average(y[arm], weights=w[arm]) - np.average(y[~arm], weights=weights(root.x))


@pytest.mark.parametrize("weighted", [False, True])
def test_jackknife_is_a_loop(weighted):
    """Weights found again without each cluster."""
    y, x, arm, cluster, w = drawn()
    one = effect(y, x, arm, cluster, w if weighted else None, level=0.9)
    w = w if weighted else np.ones(len(y))
    value = by_roots(y, x, arm, w)
    loop = np.array([by_roots(*(part[cluster != c] for part in (y, x, arm, w))) for c in range(12)])
    se = np.sqrt(11 / 12 * ((loop - value) ** 2).sum())
    half = stats.t.isf(0.05, 11) * se
    assert (one.estimate, one.std_error, one.conf_low, one.conf_high) == pytest.approx(
        (value, se, value - half, value + half), rel=1e-6
    )
    assert one.p_value == pytest.approx(2 * stats.t.sf(abs(value) / se, 11), rel=1e-5)
    assert (one.df, one.n, one.n_fewest, one.reference_units) == (11, 96, 48, 48) and one.gap <= 1e-8 < one.before


def test_difference_that_what_is_known_explains():
    """Outcome 3 for the arm and 2 times what is known, which differs by arm: 3 is left, in every draw."""
    _, x, arm, cluster, _ = drawn()
    one = effect(3.0 * arm + x @ [2.0, 1.0], x, arm, cluster)
    assert (one.estimate, one.std_error) == pytest.approx((3, 0), abs=1e-6)


def test_refused():
    """Two clusters an arm; means out of reach; means out of reach only without one cluster: value, no interval."""
    y, x, arm, cluster, _ = drawn()
    few = cluster < 4
    assert effect(y[few], x[few], arm[few], cluster[few]).refused == "few_clusters"
    apart = effect(y, x + 10.0 * arm[:, None], arm, cluster)
    assert apart.refused == "not_balanced" and np.isnan(apart.estimate)
    only = np.column_stack([x, (cluster <= 1).astype(float)])  # of the reference only cluster 0 has it
    one = effect(y, only, arm, cluster)
    assert (
        one.refused == "draw_not_balanced"
        and np.isfinite(one.estimate)
        and np.isnan([one.std_error, one.conf_low, one.p_value]).all()
    )


def test_of_rows(tmp_path):
    """Units find what is known of them by name, in whatever order; columns of arms stay out."""
    table = made.pupils(12, 3)
    table["age"] += np.random.default_rng(4).integers(0, 4, len(table))
    data = made.data(made.study(tmp_path / "made", pupils=table))
    built = sample_design.build(data, data.study.resolve("main")[0])
    ages = table[table["wave"] == "before"].set_index("pupil")["age"].astype(float)
    known = pd.DataFrame({"age": ages, "books": 1.0}).sample(frac=1, random_state=1)
    (one,) = of_rows(built, known).itertuples()
    x = ages.loc[built.frame["unit"]].to_numpy()[:, None]
    same = effect(built.frame["outcome"], x, built.frame["arm"] == "books", built.frame["cluster"])
    assert (one.estimate, one.std_error) == (same.estimate, same.std_error) and one.on == "age"
    named = (one.outcome, one.wave, one.arm, one.specification, one.kind)
    assert named == ("score", "after", "books", "main", "balanced") and one.clusters_by_arm == {
        "books": 6,
        "without": 6,
    }


def test_of_rows_refused(tmp_path):
    """Several rows a unit are not balanced."""
    toml = made.TOML.replace('estimator = "difference"', 'estimator = "difference cross-section"')
    data = made.data(made.study(tmp_path / "made", toml))
    built = sample_design.build(data, data.study.resolve("main")[0])
    assert of_rows(built, pd.DataFrame()).loc[0, "refused"] == "stacked_waves"
