"""Randomisation inference, against published examples, hands, and a refit of every drawn assignment."""

from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest

from coops.estimation import randomisation as estimation_randomisation
from coops.estimation.cluster_robust import fit
from coops.estimation.randomisation import randomisation, randomisation_refusal
from tests.estimation.test_cluster_robust import make

ROUNDING = 1e-9  # two ways of the same arithmetic; differences seen are below 1e-12


def ones(n):
    return pd.DataFrame({"constant": np.ones(n)})


# ---------------------------------------------------------------- published examples and hands


def test_six_children_of_imbens_and_rubin():
    """Imbens and Rubin 2015, section 5.1 (honey and cough, first six children): 16 of 20 assignments, p = .80.

    Checked by hand: with S the sum of three and 13 that of all, |2 S - 13| is 3 at S = 8 and less only at S = 6 and 7,
    which 2 of 20 choices each give.
    """
    test = randomisation(
        [3.0, 5, 0, 4, 0, 1], ones(6), range(6), ["honey"] * 3 + ["none"] * 3, "none", range(6), draws=99, seed=1
    )["honey"]
    assert (test.coefficient, test.p_value_coefficient) == (pytest.approx(1.0), 0.8)
    assert (test.draws, test.enumerated) == (20, True)


def test_tea_of_fisher():
    """Fisher 1935, chapter 2: eight cups, four each, all told apart; 1 of 70 assignments, two-sided 2 of 70."""
    milk = np.array([1, 0, 0, 1, 1, 0, 1, 0])
    test = randomisation(milk * 1.0, ones(8), range(8), milk, 0, range(8), draws=69, seed=1)[1]
    assert (test.coefficient, test.p_value_coefficient, test.p_value) == (pytest.approx(1.0), 2 / 70, 2 / 70)
    assert (test.least_p_value_coefficient, test.least_p_value) == (2 / 70, 2 / 70)


def test_three_against_three_never_reject():
    """By hand (methods.md too): 20 assignments, each with its mirror, so p is at least 2/20 whatever the effect."""
    rows = make(12, 12)
    rows = rows[rows["group"].isin([0, 1, 2, 6, 7, 8])]
    test = randomisation(
        rows["dy"] + 50 * rows["D"], rows[["x"]].assign(constant=1.0), rows["group"], rows["D"], 0, rows["group"],
        draws=999, seed=1,
    )[1]  # fmt: skip
    assert (test.draws, test.enumerated) == (20, True)
    assert [test.p_value_coefficient, test.p_value] == [0.1, 0.1]
    assert [test.least_p_value_coefficient, test.least_p_value] == [0.1, 0.1]


def test_strata_by_hand():
    """By hand: two pairs and a stratum of one arm have 2 · 2 assignments; differences within pairs of 3 and 1.

    With a dummy a pair the coefficient is half of +-3 +-1 (means of pairs): 2 of 4 reach it.
    """
    y = [4.0, 1, 3, 2, 7]
    design = ones(5).assign(second=[0.0, 0, 1, 1, 0], third=[0.0, 0, 0, 0, 1])
    test = randomisation(y, design, range(5), list("babaa"), "a", range(5), [1, 1, 2, 2, 3], draws=99, seed=1)["b"]
    assert test.coefficient == pytest.approx(2)
    assert (test.draws, test.p_value_coefficient, test.least_p_value_coefficient) == (4, 0.5, 0.5)


def test_a_draw_without_estimate_counts_as_farther():
    """By hand: x = 1 1 0 0 takes up 2 of the 6 assignments of four units.

    The other four have coefficients +-b: with y = 5 1 0 0 the actual 1 0 1 0 gives (5 - 1 + 0 - 0)/2 = 2, and so do its
    mirror and 1 0 0 1 and 0 1 1 0. Hence all six count.
    """
    design = ones(4).assign(x=[1.0, 1, 0, 0])
    test = randomisation([5.0, 1, 0, 0], design, range(4), [1, 0, 1, 0], 0, range(4), draws=99, seed=1)[1]
    assert (test.coefficient, test.p_value_coefficient, test.draws) == (pytest.approx(2), 1.0, 6)


# ---------------------------------------------------------------- refits


def refit(y, arms, design, cluster, weights, times):
    """Coefficient and CR1 t of each arm but "0", from normal equations and cluster sums written out."""
    names = [arm for arm in np.unique(arms) if arm != "0"]
    shown = np.column_stack([arms == arm for arm in names]).astype(float)
    if times is not None:
        shown = np.c_[shown * times[:, None], shown]
    x = np.c_[shown, design]
    m = np.linalg.inv(x.T @ (weights[:, None] * x))
    b = m @ x.T @ (weights * y)
    e = weights * (y - x @ b)
    kinds = np.unique(cluster)
    scores = np.array([x[cluster == kind].T @ e[cluster == kind] for kind in kinds])
    g, (n, k) = len(kinds), x.shape
    v = g / (g - 1) * (n - 1) / (n - k) * m @ scores.T @ scores @ m
    return b[: len(names)], b[: len(names)] / np.sqrt(np.diag(v)[: len(names)])


def case(kind):
    """Rows, assigned unit and cluster of one shape of study."""
    rows = make(30, 4)
    r = np.random.default_rng(1)
    rows["unit"], rows["cluster"], rows["arm"] = rows["group"], rows["group"], rows["D"].astype(str)
    rows["strata"], rows["w"] = rows["stratum"], rows["w"] if kind == "weights" else 1.0
    if kind == "finer":  # persons drawn in villages; each village a stratum
        rows["unit"], rows["strata"] = np.arange(len(rows)), rows["group"]
        rows["arm"] = r.integers(0, 2, len(rows)).astype(str)
    if kind == "coarser":  # pairs of groups drawn, errors clustered by group
        rows["unit"] = rows["group"] // 2
        rows["arm"] = (rows["unit"] % 2).astype(str)
        rows["strata"] = rows["unit"] // 5
    if kind == "across":  # units and clusters cross each other
        rows["unit"], rows["strata"] = rows["group"], 0
        rows["cluster"] = r.integers(0, 12, len(rows))
    if kind == "three":
        rows["arm"] = (rows["group"] % 3).astype(str)
        rows["strata"] = rows["group"] // 10
    rows["times"] = r.integers(0, 2, len(rows)).astype(float) if kind == "times" else 1.0
    return rows


@pytest.mark.parametrize("kind", ["equal", "finer", "coarser", "across", "three", "weights", "times"])
def test_common_draws_equal_refits(kind):
    """``refit`` above computed coefficient and t of 300 drawn assignments and of the actual one."""
    rows = case(kind)
    design = pd.get_dummies(rows["strata"], prefix="s", dtype=float).assign(x=rows["x"])
    times = rows["times"].to_numpy() if kind == "times" else None
    if kind == "times":
        design["times"] = times
    weights = rows["w"].to_numpy() if kind == "weights" else None
    tests = randomisation(
        rows["dy"], design, rows["cluster"], rows["arm"], "0", rows["unit"], rows["strata"],
        draws=300, seed=9, weights=weights, times=times,
    )  # fmt: skip
    first = rows.drop_duplicates("unit").sort_values("unit")
    every, chunks = estimation_randomisation._assignments(
        first["arm"].astype(int).to_numpy(), first["strata"].to_numpy(), 300, 9, 50
    )
    drawn = np.concatenate(list(chunks))
    assert (every, drawn.shape) == (False, (300, len(first)))
    place = np.searchsorted(first["unit"].to_numpy(), rows["unit"].to_numpy())
    x, cluster, y = design.to_numpy(), rows["cluster"].to_numpy(), rows["dy"].to_numpy()

    def again(arms):
        return refit(y, arms, x, cluster, rows["w"].to_numpy(), times)

    actual = again(rows["arm"].to_numpy())
    starred = np.array([again(labels.astype(str)[place]) for labels in drawn])
    assert list(tests) == [str(arm) for arm in range(1, len(actual[0]) + 1)]
    for number, test in enumerate(tests.values()):
        assert (test.coefficient, test.t) == pytest.approx((actual[0][number], actual[1][number]), rel=ROUNDING)
        counts = [np.sum(np.abs(starred[:, s, number]) >= abs(actual[s][number]) * (1 - 1e-9)) for s in (0, 1)]
        assert (test.p_value_coefficient, test.p_value) == tuple((1 + count) / 301 for count in counts)
        assert (test.least_p_value_coefficient, test.least_p_value, test.draws) == (1 / 301, 1 / 301, 300)


def test_statistics_equal_refits_one_by_one():
    """``refit`` computed each of 40 drawn statistics: a p alone could hide errors that cancel."""
    rows = case("three")
    design = pd.get_dummies(rows["strata"], prefix="s", dtype=float).assign(x=rows["x"]).to_numpy()
    y, w, codes = rows["dy"].to_numpy(), np.ones(len(rows)), rows["group"].to_numpy()
    statistics = estimation_randomisation._Statistics(design, y, w, codes, codes, np.ones((len(rows), 1)), 2)
    labels = np.array([np.random.default_rng(s).permutation(np.arange(30) % 3) for s in range(40)])
    for number, drawn in enumerate(np.moveaxis(statistics(labels), 2, 0)):
        expected = refit(y, labels[number][codes].astype(str), design, codes, w, None)
        assert drawn == pytest.approx(np.array(expected), rel=ROUNDING)


def test_actual_statistics_are_those_of_fit():
    """The estimate and CR1 of :func:`fit`, which other tests hold to clubSandwich and hands."""
    rows = make(30, 4)
    design = rows[["x"]].assign(constant=1.0)
    test = randomisation(rows["dy"], design, rows["group"], rows["D"], 0, rows["group"], draws=9, seed=1)[1]
    done = fit(rows["dy"], design.assign(D=rows["D"]), rows["group"], of="D")
    assert test.coefficient == pytest.approx(done.coefficients[0], rel=ROUNDING)
    assert test.t == pytest.approx(done.coefficients[0] / done.se_cr1[0], rel=ROUNDING)


# ---------------------------------------------------------------- assignments


def test_every_assignment_once():
    """itertools listed them: three arms in a stratum of four, two arms in one of three, one arm in one of two."""
    labels, strata = np.array([0, 0, 1, 2, 0, 1, 1, 2, 2]), np.array([0, 0, 0, 0, 1, 1, 1, 2, 2])
    every, chunks = estimation_randomisation._assignments(labels, strata, 35, 1, 10)
    listed = [tuple(row) for block in chunks for row in block]
    expected = {
        one + other + (2, 2) for one in set(permutations((0, 0, 1, 2))) for other in set(permutations((0, 1, 1)))
    }
    assert every and len(listed) == 36 and set(listed) == expected
    assert not estimation_randomisation._assignments(labels, strata, 34, 1, 10)[0]


def test_drawn_assignments_keep_the_rule():
    """The rule: each stratum keeps its numbers by arm; and each unit is treated in its stratum's share of draws."""
    labels, strata = np.array([0, 1] * 10 + [0, 0, 1] * 8), np.array([0] * 20 + [1] * 24)
    every, chunks = estimation_randomisation._assignments(labels, strata, 4000, 1, 1000)
    drawn = np.concatenate(list(chunks))
    assert not every and drawn.shape == (4000, 44)
    assert (drawn[:, :20].sum(axis=1) == 10).all() and (drawn[:, 20:].sum(axis=1) == 8).all()
    # binomial standard errors of 4,000 draws are .008 and .0075: 4.5 of them
    assert drawn[:, :20].mean(axis=0) == pytest.approx(np.full(20, 1 / 2), abs=0.036)
    assert drawn[:, 20:].mean(axis=0) == pytest.approx(np.full(24, 1 / 3), abs=0.034)


def test_enumeration_equals_itertools():
    """itertools and :func:`refit` computed the p: 4 of 8 units, 70 assignments, no stratum."""
    rows = make(8, 3)
    design, labels = rows[["x"]].assign(constant=1.0), rows["group"].to_numpy()
    test = randomisation(rows["dy"], design, labels, rows["D"], 0, labels, draws=69, seed=1)[1]
    statistics = np.array(
        [
            refit(rows["dy"].to_numpy(), np.isin(labels, chosen).astype(int).astype(str), design.to_numpy(), labels,
                  np.ones(len(rows)), None)
            for chosen in combinations(range(8), 4)
        ]
    )[:, :, 0]  # fmt: skip
    actual = statistics[0]  # units 0 to 3 are the treated ones
    expected = np.mean(np.abs(statistics) >= np.abs(actual) * (1 - 1e-9), axis=0)
    assert (test.p_value_coefficient, test.p_value) == tuple(expected)
    assert (test.least_p_value_coefficient, test.least_p_value) == (2 / 70, 2 / 70)


def test_order_of_rows_and_chunks_do_not_matter(monkeypatch):
    """Algebra: draws belong to labels; p's are counts over draws."""
    rows = case("three")
    design = rows[["x"]].assign(constant=1.0)

    def run(rows, design):
        y, cluster, arm, unit, strata = (rows[name] for name in ("dy", "cluster", "arm", "unit", "strata"))
        return randomisation(y, design, cluster, arm, "0", unit, strata, draws=200, seed=3)

    one = run(rows, design)
    shuffle = np.random.default_rng(8).permutation(len(rows))
    monkeypatch.setattr(estimation_randomisation, "CHUNK", 700)
    other = run(rows.iloc[shuffle], design.iloc[shuffle])
    for name, test in one.items():
        assert (other[name].p_value_coefficient, other[name].p_value) == (test.p_value_coefficient, test.p_value)
        assert other[name].t == pytest.approx(test.t, rel=ROUNDING)


# ---------------------------------------------------------------- refusals


def test_ready_made_products_with_the_arm_are_refused():
    """The rule of the docstring: a product of arm and covariate is refused; covariates and strata dummies are not."""
    rows = make(30, 4)
    plain = rows[["x"]].assign(constant=1.0)
    rare = (np.arange(len(rows)) == 3).astype(float)  # one person, so zero on all rows of the other arm
    only = (rows["stratum"] == 0).astype(float) * (rows["D"] == 1)
    cells = rows["stratum"].astype(str) + rows["D"].astype(str)  # strata of one arm each
    assert randomisation_refusal(plain.assign(rare=rare), rows["D"], rows["group"]) is None
    assert randomisation_refusal(plain.assign(only=only), rows["D"], rows["group"], cells) is None
    product = plain.assign(product=(rows["x"] - rows["x"].mean()) * rows["D"])
    assert randomisation_refusal(product, rows["D"], rows["group"]) == "arm_in_covariates"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"arm": [0, 1, 0, 0, 1, 1]}, "one arm"),
        ({"strata": [1, 2, 1, 1, 1, 1]}, "one stratum"),
        ({"arm": [0] * 6}, "Two arms"),
        ({"reference": 7}, "Two arms"),
        ({"draws": 0}, "a draw"),
        ({"assigned": [None, None, 2, 2, 3, 3]}, "missing"),
        ({"design": pd.DataFrame({"constant": 1.0, "x": [0.0, 0, 0, 0, 1, 1]})}, "collinear"),
    ],
)
def test_what_cannot_be_asked(wrong, message):
    """A unit with two arms or strata, no second arm, no draw, a missing label, an arm that the design holds."""
    asked = {"design": ones(6), "arm": [0, 0, 0, 0, 1, 1], "reference": 0, "assigned": [1, 1, 2, 2, 3, 3],
             "strata": None, "draws": 9} | wrong  # fmt: skip
    with pytest.raises(ValueError, match=message):
        randomisation(np.arange(6.0), cluster=[1, 1, 2, 2, 3, 3], seed=1, **asked)
