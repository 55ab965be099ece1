"""The wild cluster bootstrap, against hands, refits of every sign vector, published numbers and diff-diff."""

from itertools import product

import numpy as np
import pytest
from diff_diff.utils import wild_bootstrap_se

from coops.estimation import wild_bootstrap as estimation_wild_bootstrap
from coops.estimation.wild_bootstrap import bootstrap_refusal, wild_bootstrap
from tests.estimation.test_cluster_robust import change_model, make

TIE_GUARD = 1e-8  # both sides call t a tie within 1e-9, one outward, one inward: ends move by a few of that


def model(clusters, seed):
    """``dy ~ D + factor(stratum) + x`` of the made data, without weights."""
    return change_model(make(clusters, seed))[:3]


def t_statistic(x, y, cluster, place):
    """CR1 t of one column, written out (its factor is the same in every refit, so it may be left out)."""
    m = np.linalg.inv(x.T @ x)
    b = m @ x.T @ y
    e = y - x @ b
    scores = [m[place] @ x[cluster == label].T @ e[cluster == label] for label in np.unique(cluster)]
    return b[place] / np.sqrt(np.sum(np.square(scores)))


def refits(x, y, cluster, place, h=0.0):
    """Statistics of the outcome under b = h, and of each sign vector's outcome: one regression each."""
    y = y - h * x[:, place]
    others = np.delete(x, place, axis=1)
    fitted = others @ np.linalg.lstsq(others, y, rcond=None)[0]
    labels, codes = np.unique(cluster, return_inverse=True)
    signs = np.array(list(product([-1.0, 1.0], repeat=len(labels))))
    starred = [t_statistic(x, fitted + v[codes] * (y - fitted), cluster, place) for v in signs]
    return t_statistic(x, y, cluster, place), np.array(starred)


def brute_p(*arguments, h=0.0):
    """Share of sign vectors at least as extreme, a tie within 1e-9 counted."""
    t, starred = refits(*arguments, h=h)
    return np.mean(np.abs(starred) >= abs(t) * (1 - 1e-9))


# ---------------------------------------------------------------- worked out by hand


def test_ties_count_by_hand():
    """A hand computed both values.

    Each row a cluster, a constant alone: the sum of squares of v·y is that of y whatever the signs, so |t*| rises with
    |sum of v·y|. For y = 1 2 3 only +++ and --- reach 6: p = 2/8. For y = 0 1 2 the first sign is free: p = 4/8.
    """
    for y, p in (([1.0, 2.0, 3.0], 0.25), ([0.0, 1.0, 2.0], 0.5)):
        boot = wild_bootstrap(y, np.ones((3, 1)), [1, 2, 3], 0, level=0.7, draws=99, seed=1)
        assert (boot.p_value, boot.draws, boot.multiplier, boot.enumerated) == (p, 8, "rademacher", True)


def test_interval_by_hand():
    """A hand computed both ends.

    y - h has one sign outside 1 to 3, where only +++ and --- reach its sum: p = .25, not above .3. From 1 to 3 turning
    the sign of a value of the other sign (or of a zero) gives as much: p is at least .5.
    """
    boot = wild_bootstrap([1.0, 2.0, 3.0], np.ones((3, 1)), [1, 2, 3], 0, level=0.7, draws=99, seed=1)
    assert (boot.conf_low, boot.conf_high) == pytest.approx((1, 3), abs=1e-8)


def test_a_test_that_cannot_reject_has_no_ends():
    """By hand: three clusters have p of at least .25, so a 95 % interval never ends."""
    boot = wild_bootstrap([1.0, 2.0, 3.0], np.ones((3, 1)), [1, 2, 3], 0, level=0.95, draws=99, seed=1)
    assert (boot.conf_low, boot.conf_high) == (-np.inf, np.inf)


@pytest.mark.parametrize("end", [1e-3, 1e12, np.inf])
def test_search_of_an_end(end):
    """Definition: p is above .05 up to a known end, near or far out; the search stops and finds it, either side."""
    for step in (0.5, -0.5):
        last = estimation_wild_bootstrap._last_kept(lambda d: 0.5 if abs(d) <= end else 0.01, step, 0.05)
        assert last == pytest.approx(np.sign(step) * end, rel=1e-6)


# ---------------------------------------------------------------- brute force


@pytest.mark.parametrize(("clusters", "seed"), [(6, 6), (6, 1), (8, 8), (8, 0), (10, 10)])
def test_enumeration_equals_refits(clusters, seed):
    """``refits`` above computed the values: 2^G regressions. Some of these p change if ties are left out."""
    outcome, design, cluster = model(clusters, seed) if (clusters, seed) != (8, 0) else near_zero(8)
    boot = wild_bootstrap(outcome, design, cluster, "D", level=0.95, draws=2**clusters, seed=0, interval=False)
    place = list(design).index("D")
    assert boot.p_value == brute_p(design.to_numpy(), outcome.to_numpy(), cluster.to_numpy(), place)
    assert boot.draws == 2**clusters and boot.enumerated
    assert np.isnan(boot.conf_low) and np.isnan(boot.conf_high)


def near_zero(clusters):
    """A huge effect: only the observed signs and their mirror reach it."""
    outcome, design, cluster = model(clusters, clusters)
    return outcome + 100 * design["D"], design, cluster


def test_ties_matter_in_the_brute_force():
    """The comparison above would see a strict count: without ties p falls by at least 2/2^G, here to 0."""
    outcome, design, cluster = near_zero(8)
    t, starred = refits(design.to_numpy(), outcome.to_numpy(), cluster.to_numpy(), 1)
    assert np.mean(np.abs(starred) > abs(t) * (1 + 1e-9)) == 0
    assert wild_bootstrap(outcome, design, cluster, "D", level=0.95, draws=999, seed=0).p_value == 2 / 2**8


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_interval_inverts_the_refits(level):
    """``refits`` computed the p on either side of each end: kept inside, rejected outside (1e-6 of the error away)."""
    outcome, design, cluster = model(8, 8)
    x, y, labels = design.to_numpy(), outcome.to_numpy(), cluster.to_numpy()
    boot = wild_bootstrap(outcome, design, cluster, "D", level=level, draws=255, seed=0)
    for end, outward in ((boot.conf_low, -1e-6), (boot.conf_high, 1e-6)):
        assert brute_p(x, y, labels, 1, h=end - outward) > 1 - level + 1e-9
        assert brute_p(x, y, labels, 1, h=end + outward) <= 1 - level + 1e-9


# ---------------------------------------------------------------- outside values


def test_golden_interval_and_p():
    """The libraries probe computed them (own scratch code; diff-diff gives the same interval): G 86, Webb, 9,999 draws.

    libraries.md, rows 2b and 2c: five and four decimals printed, the same draws by seed 1.
    """
    outcome, design, cluster = model(86, 86)
    boot = wild_bootstrap(outcome, design, cluster, "D", level=0.95, draws=9999, seed=1)
    assert (boot.conf_low, boot.conf_high) == pytest.approx((-0.13627, 0.37513), abs=5e-6)
    assert boot.p_value == pytest.approx(0.3587, abs=5e-5)
    assert (boot.draws, boot.multiplier, boot.enumerated) == (9999, "webb", False)


@pytest.mark.parametrize("seed", [1, 7, 2014])
@pytest.mark.parametrize("clusters", [30, 86])
def test_webb_on_common_draws(clusters, seed):
    """diff-diff 3.13.0 computed p and interval from the same draws (same generator, same order of values).

    Its p has no + 1: p = (1 + p_dd·B) / (B + 1).
    """
    outcome, design, cluster = model(clusters, clusters)
    boot = wild_bootstrap(outcome, design, cluster, "D", level=0.95, draws=999, seed=seed)
    other = wild_bootstrap_se(
        design.to_numpy(), outcome.to_numpy(), None, cluster.to_numpy(), 1,
        n_bootstrap=999, weight_type="webb", alpha=0.05, seed=seed,
    )  # fmt: skip
    assert boot.p_value == pytest.approx((1 + other.p_value * 999) / 1000, rel=1e-12)
    assert (boot.conf_low, boot.conf_high) == pytest.approx((other.ci_lower, other.ci_upper), abs=TIE_GUARD)


# ---------------------------------------------------------------- properties


def test_p_is_never_zero():
    """Definition: 1 / (B + 1) at least where drawn, 2 / 2^G where enumerated; also without any residual."""
    outcome, design, cluster = near_zero(20)
    assert wild_bootstrap(outcome, design, cluster, "D", level=0.95, draws=499, seed=3).p_value == 1 / 500
    exact = design["D"] * 2.0 + 1
    boot = wild_bootstrap(exact, design, cluster, "D", level=0.95, draws=499, seed=3)
    assert boot.p_value == 1 / 500
    assert (boot.conf_low, boot.conf_high) == pytest.approx((2, 2), abs=1e-6)


def test_enumerated_when_feasible():
    """Definition: 2^G against the draws and the observed one; at 86 clusters a numpy integer would overflow to 0."""
    chosen = {}
    for clusters, draws in ((10, 1022), (10, 1023), (62, 99), (64, 99), (86, 99)):
        outcome, design, cluster = model(clusters, 86)
        boot = wild_bootstrap(outcome, design, cluster, "D", level=0.95, draws=draws, seed=1, interval=False)
        chosen[clusters, draws] = (boot.multiplier, boot.draws)
    few = {(clusters, 99): ("webb", 99) for clusters in (62, 64, 86)}
    assert chosen == {(10, 1022): ("webb", 1022), (10, 1023): ("rademacher", 1024)} | few


@pytest.mark.parametrize("seed", range(12))
def test_interval_and_p_agree(seed):
    """Definition: zero lies in the 80 % interval where p is above .2, and only there."""
    outcome, design, cluster = model(14, seed + 20)
    boot = wild_bootstrap(outcome, design, cluster, "D", level=0.8, draws=999, seed=seed)
    assert (boot.conf_low <= 0 <= boot.conf_high) == (boot.p_value > 0.2)


def test_order_of_rows_chunks_and_units_do_not_matter(monkeypatch):
    """Algebra: draws belong to labels, sums run over draws, and a unit of the outcome only scales the interval."""
    outcome, design, cluster = model(30, 30)
    one = wild_bootstrap(outcome, design, cluster, "D", level=0.95, draws=499, seed=5)
    shuffle = np.random.default_rng(8).permutation(len(outcome))
    monkeypatch.setattr(estimation_wild_bootstrap, "CHUNK", 30 * 7)
    other = wild_bootstrap(
        1000 * outcome.iloc[shuffle], design.iloc[shuffle], cluster.iloc[shuffle], "D", level=0.95, draws=499, seed=5
    )
    assert other.p_value == one.p_value
    assert (other.conf_low, other.conf_high) == pytest.approx((1000 * one.conf_low, 1000 * one.conf_high), rel=1e-7)
    seeds = {
        wild_bootstrap(outcome, design, cluster, "D", level=0.95, draws=499, seed=s, interval=False).p_value
        for s in range(9)
    }
    assert len(seeds) > 1


def test_refusal():
    """The project's rule: nothing below 12 clusters, nothing weighted."""
    assert bootstrap_refusal(12, weighted=False) is None
    assert bootstrap_refusal(11, weighted=False) == "bootstrap_few_clusters"
    assert bootstrap_refusal(11, weighted=True) == "bootstrap_few_clusters"
    assert bootstrap_refusal(86, weighted=True) == "bootstrap_weighted"


@pytest.mark.parametrize("wrong", [{"level": 95}, {"draws": 0}, {"column": "E"}, {"cluster": np.zeros(6)}])
def test_what_cannot_be_asked(wrong):
    """A level in percent, no draws, an unknown column, one cluster."""
    asked = {"column": "D", "cluster": np.repeat([1, 2, 3], 2), "level": 0.95, "draws": 9} | wrong
    design = make(12, 12)[["D", "x"]].iloc[:6].assign(D=[0, 0, 0, 0, 1, 1])
    with pytest.raises(ValueError, match="are needed|lies between"):
        wild_bootstrap(np.arange(6.0), design, asked.pop("cluster"), asked.pop("column"), seed=1, **asked)
