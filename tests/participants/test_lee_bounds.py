"""Bounds under loss: hands, linear programming, the variance of a mean of clusters, and a made study."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from coops.participants import expected as participants_expected
from coops.participants.lee_bounds import bound, ends, imbens_manski, retention
from tests import made

LOST = float("nan")


def arms(treated, reference):
    """Outcome and arm of two lists; None is a unit that was expected and not seen."""
    y = [LOST if value is None else value for value in (*treated, *reference)]
    return np.array(y, dtype=float), np.r_[np.ones(len(treated), bool), np.zeros(len(reference), bool)]


def some(values, of):
    """Values seen, and as many lost as there must be to make ``of``."""
    return [*values, *[None] * (of - len(values))]


@pytest.mark.parametrize(
    ("treated", "reference", "low", "high"),
    [
        # 2 of 8 go: 1..6 or 3..8 remain, of mean 3.5 or 5.5, against 3.5
        (some(range(1, 9), 10), some(range(1, 7), 10), 0, 2),
        # 1 of 7 goes, not a tenth of them (q1 - q0): 3.5 or 4.5 against 3.5
        (some(range(1, 8), 10), some(range(1, 7), 10), 0, 1),
        # the reference retains more and is trimmed: 3.5 against 5.5 or 3.5
        (some(range(1, 7), 10), some(range(1, 9), 10), -2, 0),
        # alike: nothing goes
        (some([1, 2], 4), some([4, 5], 4), -3, -3),
        # binary: 2 of 8 go, both ones (3 of 6 remain) or both zeros (5 of 6), against 3 of 6
        (some([1] * 5 + [0] * 3, 10), some([1] * 3 + [0] * 3, 10), 0, 1 / 3),
        # between units: q 8/10 and 11/20, so 5.5 of 8 stay: (1+..+5 + 6/2) / 5.5 and (8+..+4 + 3/2) / 5.5, against 0
        (some(range(1, 9), 10), some([0] * 11, 20), 18 / 5.5, 31.5 / 5.5),
        # all ties at the cut: a trimmed constant stays what it is
        (some([2] * 8, 10), some([2] * 5, 10), 0, 0),
    ],
)
def test_by_hand(treated, reference, low, high):
    """Trimmed share (q1 - q0) / q1 of those seen, a part of one unit's weight at the cut."""
    assert ends(*arms(treated, reference)) == pytest.approx((low, high), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_linear_programming(seed):
    """The ends are the least and the largest mean that any removal of that share of weight can leave (ties, weights)."""
    random = np.random.default_rng(seed)
    y, arm = random.integers(1, 5, 40).astype(float), np.arange(40) < 20
    w = random.uniform(0.5, 2, 40)
    y[random.random(40) < np.where(arm, 0.15, 0.4)] = LOST
    there, seen = [w[side].sum() for side in (arm, ~arm)], np.isfinite(y)
    q1, q0 = (w[side & seen].sum() / all_of for side, all_of in zip((arm, ~arm), there, strict=True))
    more, less = (arm & seen, ~arm & seen) if q1 > q0 else (~arm & seen, arm & seen)
    kept = w[more].sum() * min(q1, q0) / max(q1, q0)

    def extreme(sign):
        found = optimize.linprog(
            sign * y[more] / kept,
            A_eq=np.ones((1, more.sum())),
            b_eq=[kept],
            bounds=list(zip(0 * w[more], w[more], strict=True)),
        )
        return sign * found.fun

    other = np.average(y[less], weights=w[less])
    least, most = extreme(1) - other, extreme(-1) - other
    expected = (least, most) if q1 > q0 else (-most, -least)
    assert ends(y, arm, w) == pytest.approx(expected, abs=1e-9)  # the solver's tolerance


def test_weights_are_repeated_rows():
    """A unit of weight 3 is three units; the scale of weights does not matter."""
    y, arm = arms(some([1, 4, 4, 9], 5), some([2, 3], 4))
    times = np.array([1, 3, 2, 1, 2, 1, 2, 1, 3])
    assert ends(y, arm, times * 0.25) == pytest.approx(ends(np.repeat(y, times), np.repeat(arm, times)), abs=1e-12)


def clustered(means, size=4):
    """Clusters of ``size`` units whose outcomes have a given mean and a wide spread; all seen."""
    y = np.concatenate([mean + np.linspace(-50, 50, size) for mean in means])
    return y, np.repeat(np.arange(len(means)), size)


def test_interval_without_loss():
    """Nobody lost, equal clusters: the interval is that of two means of 3 clusters, t with 6 - 2 df.

    Drawing units instead of clusters, or 3 of 3 clusters, gives errors 8 times or sqrt(2/3) of this. 20,000 draws
    leave a standard deviation with an error of .5 %; tolerance is four of these.
    """
    treated, reference = np.array([4.0, 7.0, 1.0]), np.array([2.0, 2.5, 6.0])
    y, cluster = clustered([*treated, *reference])
    arm = cluster < 3
    one = bound(y, arm, cluster, random=True, draws=20_000, seed=1)
    se = np.sqrt(treated.var(ddof=1) / 3 + reference.var(ddof=1) / 3)
    half = stats.t.isf(0.025, 4) * se
    assert (one.bound_low, one.bound_high, one.estimate) == pytest.approx((0.5, 0.5, 0.5), abs=1e-12)
    assert (one.conf_high - 0.5) / half == pytest.approx(1, abs=0.02)
    assert (0.5 - one.conf_low) / half == pytest.approx(1, abs=0.02)
    assert (one.trimmed, one.trimmed_share, one.kind, one.refused) == ("", 0, "bounds", "")


def test_strata_are_drawn_within():
    """Strata that differ by 100 add nothing to the interval where clusters are drawn within them.

    By hand: in each arm and stratum the 2 clusters differ by 2, so the variance of a mean of 2 is 1, that of an arm's
    1/4 + 1/4, of the difference 1; df 8 - 4.
    """
    y, cluster = clustered([1, 3, 101, 103, 0, 2, 100, 102])
    arm, stratum = cluster < 4, np.isin(cluster, [2, 3, 6, 7])
    one = bound(y, arm, cluster, stratum, random=False, draws=20_000, seed=1)
    assert (one.conf_high - one.bound_high) / stats.t.isf(0.025, 4) == pytest.approx(1, abs=0.02)
    # a stratum with a single cluster of an arm: drawn within arms only, as if there were no strata
    lone = np.where(cluster == 0, 2, stratum)
    alone = bound(y, arm, cluster, lone, random=False, draws=50, seed=1)
    pd.testing.assert_series_equal(alone, bound(y, arm, cluster, random=False, draws=50, seed=1))


def test_draws_trim_anew():
    """Each draw has its own retention: the error of an end is that of a loop which trims in every draw."""
    random = np.random.default_rng(3)
    cluster = np.repeat(np.arange(16), 5)
    arm, y = cluster < 8, random.normal(size=80) + random.normal(size=16)[cluster]
    y[random.random(80) < np.where(arm, 0.1, 0.3)] = LOST
    one = bound(y, arm, cluster, random=True, draws=4_000, seed=2)
    loop = []
    for _ in range(4_000):
        times = np.concatenate([random.multinomial(7, [1 / 8] * 8) for _ in range(2)])  # n - 1 of n: weights cancel
        rows = np.concatenate([np.flatnonzero(cluster == c) for c in np.repeat(np.arange(16), times)])
        loop.append(ends(y[rows], arm[rows]))
    expected = imbens_manski(one.bound_low, one.bound_high, *np.std(loop, axis=0, ddof=1), level=0.95, df=14)
    width = expected[1] - expected[0]  # two sets of 4,000 draws: each error known to 1.1 %
    assert (one.conf_low, one.conf_high) == pytest.approx(expected, abs=0.03 * width)
    assert one.conf_low < one.bound_low < one.estimate < one.bound_high < one.conf_high


def test_critical_values():
    """Two-sided without width, one-sided with much of it (normal tables), and the defining equation between."""
    low, high = imbens_manski(2, 2, 1, 1, 0.95, np.inf)
    assert (low, high) == pytest.approx((2 - 1.959964, 2 + 1.959964), abs=1e-6)
    low, high = imbens_manski(0, 100, 1, 2, 0.95, np.inf)
    assert (low, high) == pytest.approx((-1.644854, 100 + 2 * 1.644854), abs=1e-6)
    low, high = imbens_manski(0, 1, 1, 2, 0.9, 7)
    c = -low
    assert high == pytest.approx(1 + 2 * c, abs=1e-12)
    assert stats.t.cdf(c + 0.5, 7) - stats.t.cdf(-c, 7) == pytest.approx(0.9, abs=1e-10)
    assert imbens_manski(1, 2, 0, 0, 0.95, 4) == (1, 2)


def test_refused():
    """Where there is not enough to say, a reason stands instead of numbers."""
    y, cluster = clustered([1, 2, 3, 4, 5, 6])
    call = dict(random=True, draws=20, seed=1)
    none = bound(y, cluster < 0, cluster, **call)
    assert none.refused == "one_arm" and np.isnan([none.bound_low, none.bound_high, none.conf_low]).all()
    lost = np.where(cluster < 3, LOST, y)
    nobody = bound(lost, cluster < 3, cluster, **call)
    assert nobody.refused == "nobody_seen" and np.isnan([nobody.bound_low, nobody.estimate]).all()
    assert nobody.n_by_arm == {"reference": 12, "arm": 0}
    two = bound(np.where(cluster == 0, LOST, y), cluster < 3, cluster, **call)  # 3 clusters expected, 2 seen
    assert (
        two.refused == "few_clusters" and np.isfinite(two.bound_low) and np.isnan([two.conf_low, two.conf_high]).all()
    )
    assert two.clusters_by_arm == {"reference": 3, "arm": 2}
    with pytest.raises(ValueError, match="above zero"):
        ends(y, cluster < 3, np.zeros(len(y)))


def test_order_of_rows_and_seed():
    """The same seed gives the same interval whatever the order of rows; another seed gives another."""
    random = np.random.default_rng(1)
    cluster = np.repeat([f"c{place}" for place in range(10)], 6)
    arm, y = cluster < "c5", random.normal(size=60)
    y[::7] = LOST
    turn = random.permutation(60)
    one = bound(y, arm, cluster, random=False, draws=100, seed=5)
    two = bound(y[turn], arm[turn], cluster[turn], random=False, draws=100, seed=5)
    assert (two.conf_low, two.conf_high) == pytest.approx((one.conf_low, one.conf_high), abs=1e-12)
    assert bound(y, arm, cluster, random=False, draws=100, seed=6).conf_low != one.conf_low


def test_opposite_retention():
    """North keeps 8 of 10 against 6, south 6 against 8: opposite signs; sure only where both intervals exclude zero."""
    stratum = np.repeat(["north", "south"], 20)
    arm = np.tile(np.repeat([True, False], 10), 2)
    seen = np.concatenate([np.arange(10) < kept for kept in (8, 6, 6, 8)])
    cluster = np.arange(40)
    table = retention(seen, arm, cluster, stratum).set_index("stratum")
    assert table.loc["north", ["share_arm", "share_reference", "difference"]].tolist() == pytest.approx([0.8, 0.6, 0.2])
    assert table["difference"].tolist() == pytest.approx([0.2, -0.2])
    assert table["opposite"].tolist() == ["sign", "sign"]
    # clusters of one and arms of equal size: the interval of the two-sample t test (Bell-McCaffrey df are 18 then)
    known = stats.ttest_ind(seen[:10].astype(float), seen[10:20].astype(float)).confidence_interval(0.95)
    assert table.loc["north", ["conf_low", "conf_high"]].tolist() == pytest.approx([known.low, known.high], abs=1e-9)
    many = [np.repeat(values, 20) for values in (seen, arm, stratum)]
    assert retention(*many[:2], np.arange(800), many[2])["opposite"].tolist() == ["clear", "clear"]
    alike = retention(np.concatenate([np.arange(10) < kept for kept in (8, 6, 8, 6)]), arm, cluster, stratum)
    assert alike["opposite"].tolist() == ["no", "no"]
    alone = retention(seen[:20], arm[:20], np.repeat([1, 2], 10), stratum[:20])
    assert np.isnan(alone["conf_low"]).all() and alone["difference"].tolist() == pytest.approx([0.2])


def followed(folder, toml=made.TOML, lost=("p000", "p010", "p020", "p030", "p040")):
    """A made study whose lost pupils have no row after: one of two in each of the schools 0 to 3 and 4."""
    table = made.pupils()
    table = table[~(table["pupil"].isin(lost) & (table["wave"] == "after"))]
    return made.data(made.study(folder, toml=toml, pupils=table))


@pytest.mark.parametrize("assignment", ["not randomised", "randomised"])
def test_a_study(tmp_path, assignment):
    """By hand: without books 4 of 8 are seen, with books 7 of 8, so 3 of 7 are trimmed.

    Rises are school % 3, 5 more with books, 1 more for the second pupil: without 1, 2, 3, 1 (mean 7/4); with books
    7 (school 4); 7, 8 (5); 5, 6 (6); 6, 7 (7). The lowest four: 5, 6, 6, 7 of mean 6; the highest: 8, 7, 7, 7, of 29/4.
    """
    toml = made.TOML.replace("not randomised", assignment)
    data = followed(tmp_path / "made", toml)
    (plan,) = data.study.plans("main")
    frame = participants_expected.expected(data, plan)
    assert len(frame) == 16 and frame["outcome"].isna().sum() == 5
    assert frame.loc["p041", ["arm", "cluster", "group", "stratum"]].tolist() == ["books", "s4", "s4", ""]
    (one,) = participants_expected.ranges(data, plan, draws=200, seed=1).itertuples()
    assert (one.bound_low, one.bound_high) == pytest.approx((6 - 7 / 4, 29 / 4 - 7 / 4), abs=1e-12)
    assert one.estimate == pytest.approx(46 / 7 - 7 / 4, abs=1e-12)
    assert (one.trimmed, one.trimmed_share) == ("books", pytest.approx(3 / 7))
    assert one.retention_difference == pytest.approx(3 / 8)
    assert one.n_by_arm == {"without": 4, "books": 7} and one.n_expected_by_arm == {"without": 8, "books": 8}
    assert one.kind == ("bounds" if assignment == "randomised" else "range")
    assert (one.outcome, one.wave, one.arm, one.specification) == ("score", "after", "books", "main")
    assert (one.quantity, one.n, one.n_fewest) == ("range", 11, 4)
    assert one.conf_low < one.bound_low and one.conf_high > one.bound_high
    assert one.losses == "differ" and one.conf_low > 0  # one lost in each of 4 schools, against one in one of 4


def test_levels_of_all_units(tmp_path):
    """Where the estimator has no baseline everybody of the population is expected, and the outcome is the value."""
    toml = made.TOML.replace('estimator = "difference"', 'estimator = "level"').replace('baseline = ["before"]\n', "")
    table = made.pupils()
    table = table[table["pupil"] != "p000"]  # never seen: not on the roster
    table = table[~((table["pupil"] == "p011") & (table["wave"] == "after"))]
    data = made.data(made.study(tmp_path / "made", toml=toml, pupils=table))
    (plan,) = data.study.plans("main")
    outcome = participants_expected.expected(data, plan)["outcome"]
    assert len(outcome) == 15 and outcome.isna().sum() == 1 and np.isnan(outcome["p011"])
    assert outcome["p041"] == 54 + 2 + 1 + 5 + 1


def test_not_followed(tmp_path):
    """In repeated cross-sections nobody is expected twice."""
    table = made.pupils()
    table["pupil"] = table["pupil"] + table["wave"]
    toml = made.TOML.replace('"difference"', '"difference cross-section"')
    data = made.data(made.study(tmp_path / "made", toml=toml, pupils=table))
    (one,) = participants_expected.ranges(data, data.study.plans("main")[0], draws=20, seed=1).itertuples()
    assert one.refused == "not_followed" and np.isnan(one.bound_low)


def test_baseline_unknown_is_not_loss(tmp_path):
    """A pupil without a score before cannot have a change, seen or not: she is not among the expected."""
    table = made.pupils()
    table.loc[(table["pupil"] == "p000") & (table["wave"] == "before"), "score"] = pd.NA
    data = made.data(made.study(tmp_path / "made", pupils=table))
    frame = participants_expected.expected(data, data.study.plans("main")[0])
    assert len(frame) == 15 and "p000" not in frame.index and frame["outcome"].notna().all()


STATUS = """
[samples.stayed]
conditions = [{ variable = "status", wave = "after", equals = "seen" }]
[samples.tens]
conditions = [{ variable = "age", wave = "before", equals = "10" }]
[samples.elevens]
conditions = [{ variable = "age", equals = "11" }]
"""


@pytest.mark.parametrize(("sample", "expected", "lost"), [("stayed", 16, 5), ("tens", 8, 5), ("elevens", 8, 5)])
def test_a_sample_does_not_hide_loss(tmp_path, sample, expected, lost):
    """A sample of those who stayed has lost the others; one by age before is as usual; one by age after keeps unknown.

    The first pupil of each of 8 schools is 10 before and 11 after, and 5 of these are lost; the second is 11 before and
    13 after. Age 11 after holds for three who were seen, and is unknown of the five who were not.
    """
    table = made.pupils()
    gone = table["pupil"].isin(["p000", "p010", "p020", "p030", "p040"]) & (table["wave"] == "after")
    table["age"] = table["age"] + (table["wave"] == "after") * (table["pupil"].str[-1] == "1")
    table["status"] = np.where(gone, "moved", "seen")
    table = table.astype({"score": object, "age": object})
    table.loc[gone, ["score", "age"]] = ""
    toml = made.TOML.replace(
        "[specifications.main]", f'status = "status"\nseen = ["seen"]\n{STATUS}[specifications.main]'
    )
    toml = toml.replace("headline = true", f'headline = true\nsample = "{sample}"')
    codebook = made.CODEBOOK + "pupils,status,category,,,seen|moved,,status\n"
    data = made.data(made.study(tmp_path / "made", toml=toml, codebook=codebook, pupils=table))
    frame = participants_expected.expected(data, data.study.plans("main")[0])
    assert (len(frame), frame["outcome"].isna().sum()) == (expected, lost)


def test_no_loss_is_not_lopsided():
    """Where nobody is lost retention is alike exactly, not up to rounding."""
    y, cluster = clustered(np.linspace(0, 1, 30), size=7)
    one = bound(y, cluster % 2 == 0, cluster, random=True, draws=20, seed=1)
    assert (one.retention_difference, one.retention_conf_low, one.retention_conf_high) == (0, 0, 0)
    assert one.losses == "alike"
