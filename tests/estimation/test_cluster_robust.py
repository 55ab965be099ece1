"""Standard errors with few clusters, against values from outside: clubSandwich, hands, and definitions written out."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from coops.estimation.cluster_robust import fit, independent_columns, refusal

# The table prints 12 decimals of coefficients and errors (all above .09) and 10 decimals of df (all above 3.5). Half a
# unit of the last digit is then at most 6e-12 and 1.5e-11 of the value: 1e-10 leaves room for rounding only.
PRINTED = 1e-10


def make(clusters, seed):
    """Made data of the libraries probe: the generator is copied from it, and its draws must not be reordered."""
    r = np.random.default_rng(seed)
    treated = clusters // 2
    sizes = r.integers(6, 21, clusters)
    arm = np.r_[np.ones(treated), np.zeros(clusters - treated)].astype(int)
    kinds = 4 if clusters > 20 else 2
    stratum = np.r_[np.sort(r.integers(0, kinds, treated)), np.sort(r.integers(0, kinds, clusters - treated))]
    group = np.repeat(np.arange(clusters), sizes)
    n = len(group)
    x = r.normal(size=n) + r.normal(size=clusters)[group]
    y0 = r.normal(size=n) + 0.5 * r.normal(size=clusters)[group]
    dy = 0.3 * arm[group] + 0.2 * x + 0.4 * r.normal(size=clusters)[group] + r.normal(size=n)
    w = r.uniform(0.3, 3, n)
    return pd.DataFrame(
        {"group": group, "D": arm[group], "stratum": stratum[group], "x": x, "dy": dy, "y0": y0, "y1": y0 + dy, "w": w}
    )


def change_model(rows):
    """``dy ~ D + factor(stratum) + x``: outcome, design, cluster, weights."""
    strata = pd.get_dummies(rows["stratum"], prefix="stratum", drop_first=True, dtype=float)
    design = pd.concat([pd.Series(1.0, rows.index, name="constant"), rows[["D"]], strata, rows[["x"]]], axis=1)
    return rows["dy"], design, rows["group"], rows["w"]


def level_model(rows, dummies=False):
    """``y ~ D * post`` over two stacked waves, with a dummy a group (which holds D) if asked."""
    long = pd.concat([rows.assign(y=rows["y0"], post=0.0), rows.assign(y=rows["y1"], post=1.0)], ignore_index=True)
    design = long[["post"]].assign(both=long["D"] * long["post"])
    if dummies:
        design = pd.concat([design, pd.get_dummies(long["group"], prefix="g", dtype=float)], axis=1)
    else:
        design = design.assign(constant=1.0, D=long["D"])
    return long["y"], design, long["group"], long["w"]


def by_definition(outcome, design, cluster, weights, contrast):
    """CR2 error and Bell-McCaffrey df from N x N and G x G matrices, as the papers define them: no short cut."""
    x, y, w = np.asarray(design, float), np.asarray(outcome, float), np.diag(np.asarray(weights, float))
    labels = np.asarray(cluster)
    m = np.linalg.inv(x.T @ w @ x)
    maker = np.eye(len(y)) - x @ m @ x.T @ w
    e = maker @ y
    score, columns = [], []
    for label in np.unique(labels):
        here = labels == label
        values, vectors = np.linalg.eigh(maker[here] @ maker[here].T)
        root = vectors @ np.diag([v**-0.5 if v > 1e-9 else 0.0 for v in values]) @ vectors.T
        a = root @ w[np.ix_(here, here)] @ x[here] @ m @ contrast
        score.append(a @ e[here])
        columns.append(maker[here].T @ a)
    p = np.array(columns) @ np.array(columns).T
    return np.sqrt(np.sum(np.square(score))), np.trace(p) ** 2 / np.sum(p**2)


def unequal(seed, equal_weights=False):
    """Nine clusters of 1 to 14 rows, five columns, weights that span a factor of 100."""
    r = np.random.default_rng(seed)
    cluster = np.repeat([f"c{i}" for i in range(9)], [1, 1, 3, 3, 4, 6, 9, 12, 14])
    n = len(cluster)
    design = pd.DataFrame(r.normal(size=(n, 5)), columns=list("abcde")).assign(a=1.0, b=(cluster > "c4").astype(float))
    weights = np.ones(n) if equal_weights else 10 ** r.uniform(-1, 1, n)
    return r.normal(size=n) + design["c"], design, cluster, weights


# ---------------------------------------------------------------- outside values


def test_made_data_are_those_of_the_probe():
    """The probe counted 1,077 rows at G = 86: if numpy draws otherwise, the golden numbers below mean nothing."""
    assert len(make(86, 86)) == 1077


@pytest.mark.parametrize(
    ("model", "weighted", "clusters", "value", "error", "df"),
    [
        ("change", False, 12, 0.668120597015, 0.254268560694, 7.1553350617),
        ("change", False, 86, 0.119876456395, 0.129572007870, 63.6196353091),
        ("change", True, 12, 0.679853862672, 0.314619804902, 6.9047365876),
        ("change", True, 86, 0.090770516779, 0.120424649866, 60.1332601416),
        ("level", False, 12, 0.753851857802, 0.281000477519, 8.7864756413),
        ("level", False, 86, 0.212956350883, 0.133683514977, 73.4199095990),
        ("dummies", False, 12, 0.753851857802, 0.281000477519, 8.7864756413),
        ("dummies", False, 86, 0.212956350883, 0.133683514977, 73.4199095990),
        ("level", True, 12, 0.726039192914, 0.338196382580, 8.6148737221),
        ("level", True, 86, 0.185965647988, 0.132916706102, 69.3153315707),
    ],
)
def test_clubsandwich(model, weighted, clusters, value, error, df):
    """R 4.2.2 with clubSandwich 0.5.8 (CR2, Satterthwaite) computed all values; libraries.md, section 4."""
    rows = make(clusters, clusters)
    outcome, design, cluster, weights = (
        change_model(rows) if model == "change" else level_model(rows, model == "dummies")
    )
    name = "D" if model == "change" else "both"
    done = fit(outcome, design, cluster, weights if weighted else None, of=[name])
    assert done.names == (name,)
    assert done.coefficients == pytest.approx([value], rel=PRINTED)
    assert done.se_cr2 == pytest.approx([error], rel=PRINTED)
    assert done.df == pytest.approx([df], rel=PRINTED)
    assert (done.n, done.clusters, done.rank) == (len(outcome), clusters, design.shape[1])


def test_clubsandwich_three_against_three():
    """R 4.2.2 with clubSandwich 0.5.8 computed both values; libraries.md, section 4, last row."""
    rows = make(12, 12)
    rows = rows[rows["group"].isin([0, 1, 2, 6, 7, 8])]
    done = fit(rows["dy"], rows[["D"]].assign(constant=1.0), rows["group"])
    assert done.se_cr2[0] == pytest.approx(0.512816152905, rel=PRINTED)
    assert done.df[0] == pytest.approx(3.5535707436, rel=PRINTED)


def test_weights_are_of_clubsandwich_by_default():
    """The probe computed the two other conventions (.31082 root of w, .30771 inverse variance): neither is ours."""
    outcome, design, cluster, weights = change_model(make(12, 12))
    root = np.sqrt(weights)
    error = fit(outcome, design, cluster, weights, of=["D"]).se_cr2[0]
    other = fit(outcome * root, design.mul(root, axis=0), cluster, of=["D"]).se_cr2[0]
    assert other == pytest.approx(0.31082, abs=5e-6)
    assert error not in (pytest.approx(0.31082, abs=1e-3), pytest.approx(0.30771, abs=1e-3))


# ---------------------------------------------------------------- worked out by hand


SIX_Y = np.array([1.0, 2.0, 6.0, 4.0, 8.0, 9.0])
SIX = pd.DataFrame({"constant": 1.0, "D": [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]})
SIX_CLUSTERS = np.array(["A", "A", "B", "C", "C", "E"])


def test_cr1_by_hand():
    """A hand computed all values.

    Means are 3 and 7: b = 4 and residuals are -2 -1 | 3 | -3 1 | 2. They add up to -3, 3, -2, 2 by cluster. Each arm
    has three rows, so the sum of squared influences on D is (9 + 9 + 4 + 4) / 9 = 26/9, on the constant 18/9 = 2.
    The factor is 4/3 * 5/4 = 5/3.
    """
    done = fit(SIX_Y, SIX, SIX_CLUSTERS)
    assert done.names == ("constant", "D")
    assert done.coefficients == pytest.approx([3, 4], rel=1e-13)
    assert done.residuals == pytest.approx([-2, -1, 3, -3, 1, 2], abs=1e-13)
    assert done.se_cr1 == pytest.approx([(10 / 3) ** 0.5, (130 / 27) ** 0.5], rel=1e-13)
    assert (done.n, done.clusters, done.rank) == (6, 4, 2)


def test_cr2_and_df_by_hand():
    """A hand computed both values.

    In a cluster of m of the 3 rows of an arm B has eigenvalue 1 - m/3 along (1, .., 1), so A (1, .., 1) is that vector
    times (1 - m/3)^-1/2. Influences: (-3)^2/9 * 3 = 3, 3^2/9 * 3/2 = 3/2, 4/9 * 3 = 4/3, 4/9 * 3/2 = 2/3; sum 13/2.
    P of one arm is [[2/9, -s], [-s, 1/9]] with s^2 = 2/81: trace 1/3, squared norm (4 + 1 + 4)/81 = 1/9.
    Two arms: df = (2/3)^2 / (2/9) = 2. The constant rests on one arm: (1/3)^2 / (1/9) = 1 and variance 9/2.
    """
    done = fit(SIX_Y, SIX, SIX_CLUSTERS)
    assert done.se_cr2 == pytest.approx([4.5**0.5, 6.5**0.5], rel=1e-13)
    assert done.df == pytest.approx([1, 2], rel=1e-12)


def test_interval_and_p_by_hand():
    """A hand computed all values: t with 2 df has cdf 1/2 + t / (2 sqrt(2 + t^2)); with 3 df a closed form too.

    CR2: t^2 = 16/6.5, so p = 1 - t / sqrt(2 + t^2); the 95 % quantile solves q / sqrt(2 + q^2) = .95.
    CR1: p with 3 df is 1 - 2/pi (u / (1 + u^2) + arctan u) with u = t / sqrt(3).
    """
    done = fit(SIX_Y, SIX, SIX_CLUSTERS)
    t = (16 / 6.5) ** 0.5
    assert done.p_value("D", "cr2") == pytest.approx(1 - t / (2 + t**2) ** 0.5, rel=1e-10)
    u = 4 / (130 / 27) ** 0.5 / 3**0.5
    assert done.p_value("D", "cr1") == pytest.approx(1 - 2 / np.pi * (u / (1 + u**2) + np.arctan(u)), rel=1e-10)
    half = (2 * 0.95**2 / (1 - 0.95**2)) ** 0.5 * 6.5**0.5
    assert done.interval("D", 0.95) == pytest.approx((4 - half, 4 + half), rel=1e-10)
    low, high = done.interval("D", 0.9)
    assert 4 - half < low < high < 4 + half


def test_interval_and_p_agree():
    """Definition: p equals .2 where the 80 % interval ends (another quantity of the same t, by scipy)."""
    outcome, design, cluster, weights = unequal(3)
    done = fit(outcome, design, cluster, weights)
    low, high = done.interval("c", 0.8)
    place = done.names.index("c")
    assert 2 * stats.t.sf((high - low) / 2 / done.se_cr2[place], done.df[place]) == pytest.approx(0.2, rel=1e-9)
    with pytest.raises(ValueError, match="cr3"):
        done.p_value("c", "cr3")
    with pytest.raises(ValueError, match="among the columns"):
        done.interval("unknown", 0.9)
    with pytest.raises(ValueError, match="between 0 and 1"):
        done.interval("c", 95)


# ---------------------------------------------------------------- by definition


def test_each_row_a_cluster_is_hc2():
    """MacKinnon and White 1985: HC2 divides a squared residual by 1 - leverage; written out in this test."""
    outcome, design, _, _ = unequal(1)
    x, y = design.to_numpy(), outcome.to_numpy()
    m = np.linalg.inv(x.T @ x)
    e = y - x @ m @ x.T @ y
    leverage = np.einsum("ij,jk,ik->i", x, m, x)
    expected = np.sqrt(np.diag(m @ (x.T * (e**2 / (1 - leverage))) @ x @ m))
    done = fit(outcome, design, np.arange(len(y)))
    assert done.se_cr2 == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_short_cut_equals_definition(seed, weighted):
    """``by_definition`` above computed the values: N x N projector, full roots, G x G matrix P."""
    outcome, design, cluster, weights = unequal(seed, equal_weights=not weighted)
    done = fit(outcome, design, cluster, weights if weighted else None)
    for place, contrast in enumerate(np.eye(5)):
        error, df = by_definition(outcome, design, cluster, weights, contrast)
        assert done.se_cr2[place] == pytest.approx(error, rel=1e-9)
        assert done.df[place] == pytest.approx(df, rel=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_singular_clusters_equal_definition(weighted):
    """``by_definition`` computed the values; a dummy a cluster makes every B_g singular (pseudo-inverse)."""
    rows = make(12, 12)
    outcome, design, cluster, weights = level_model(rows, dummies=True)
    weights = weights if weighted else np.ones(len(outcome))
    done = fit(outcome, design, cluster, weights, of=["both", "post"])
    for place, name in enumerate(done.names):
        contrast = (design.columns == name).astype(float)
        error, df = by_definition(outcome, design, cluster, weights, contrast)
        assert done.se_cr2[place] == pytest.approx(error, rel=1e-9)
        assert done.df[place] == pytest.approx(df, rel=1e-9)


def test_one_long_cluster_equals_definition():
    """``by_definition`` computed the values; one cluster holds 600 rows beside eight of 5."""
    r = np.random.default_rng(5)
    cluster = np.repeat(np.arange(9), [600] + [5] * 8)
    design = np.c_[np.ones(640), r.normal(size=640) + r.normal(size=9)[cluster]]
    outcome, weights = r.normal(size=640), r.uniform(0.3, 3, 640)
    done = fit(outcome, design, cluster, weights, of=[1])
    assert (done.se_cr2[0], done.df[0]) == pytest.approx(
        by_definition(outcome, design, cluster, weights, np.array([0.0, 1.0])), rel=1e-9
    )


def test_weight_of_one_is_no_weight():
    """Algebra: W = I, reached by both branches of the code."""
    outcome, design, cluster, _ = unequal(4)
    plain, ones = fit(outcome, design, cluster), fit(outcome, design, cluster, np.ones(len(outcome)))
    for name in ("coefficients", "se_cr1", "se_cr2", "df", "residuals"):
        assert getattr(ones, name) == pytest.approx(getattr(plain, name), rel=1e-9)


@pytest.mark.parametrize("factor", [1e-9, 7.0, 1e9])
def test_scale_of_weights_does_not_matter(factor):
    """Algebra: the factor cancels in M X'W, in H and in A_g; it must not reach a tolerance either."""
    outcome, design, cluster, weights = unequal(2)
    one, other = fit(outcome, design, cluster, weights), fit(outcome, design, cluster, weights * factor)
    for name in ("coefficients", "se_cr1", "se_cr2", "df", "residuals"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-9)


def test_unit_of_columns_does_not_matter():
    """Algebra: coefficient and errors of a column times f are those before divided by f; df are the same."""
    outcome, design, cluster, weights = unequal(2)
    factors = np.array([1.0, 1.0, 1e6, 1e-6, 1e3])
    one, other = fit(outcome, design, cluster, weights), fit(outcome, design * factors, cluster, weights)
    for name in ("coefficients", "se_cr1", "se_cr2"):
        assert getattr(other, name) * factors == pytest.approx(getattr(one, name), rel=1e-8)
    assert other.df == pytest.approx(one.df, rel=1e-8)


def test_order_of_rows_does_not_matter():
    """Algebra: sums over rows; residuals follow their rows. Also a cluster's rows need not stand together."""
    outcome, design, cluster, weights = unequal(1)
    shuffle = np.random.default_rng(8).permutation(len(outcome))
    one = fit(outcome, design, cluster, weights)
    other = fit(outcome.iloc[shuffle], design.iloc[shuffle], cluster[shuffle], weights[shuffle])
    assert other.residuals == pytest.approx(one.residuals[shuffle], rel=1e-9)
    for name in ("coefficients", "se_cr1", "se_cr2", "df"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-10)


def test_of_and_arrays():
    """Definition: ``of`` picks and orders columns of the whole fit; an array's columns are numbered."""
    outcome, design, cluster, weights = unequal(1)
    whole = fit(outcome, design, cluster, weights)
    some = fit(outcome.to_numpy(), design.to_numpy(), list(cluster), weights, of=[3, 1])
    assert some.names == (3, 1)
    for name in ("coefficients", "se_cr1", "se_cr2", "df"):
        assert getattr(some, name) == pytest.approx(getattr(whole, name)[[3, 1]], rel=1e-10)
    assert fit(outcome, design, cluster, of="b").names == ("b",)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_cluster_cannot_be_left_out(missing):
    """The contract: no default and no missing label."""
    with pytest.raises(TypeError, match="cluster"):
        fit(SIX_Y, SIX)
    with pytest.raises(ValueError, match="cluster cannot be left out"):
        fit(SIX_Y, SIX, None)
    with pytest.raises(ValueError, match="cluster cannot be left out"):
        fit(SIX_Y, SIX, ["A", "A", "B", "C", missing, "E"])
    with pytest.raises(ValueError, match="cluster cannot be left out"):
        fit(SIX_Y, SIX, pd.Series(["A", "A", "B", "C", missing, "E"], dtype="string"))


def test_rank_is_told_with_the_column():
    """A hand: the last column is 2 - 3 D, so the rank is 2 of 3."""
    with pytest.raises(ValueError, match=r"rank 2 and 3 columns; drop \['again'\]"):
        fit(SIX_Y, SIX.assign(again=2 - 3 * SIX["D"]), SIX_CLUSTERS)
    with pytest.raises(ValueError, match="rank"):
        fit(SIX_Y[:1], SIX[:1], SIX_CLUSTERS[:1])
    with pytest.raises(ValueError, match="rank 0"):
        fit(SIX_Y, SIX[[]], SIX_CLUSTERS)


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan])
def test_weights_must_be_positive(weight):
    """The contract: sampling weights are positive."""
    with pytest.raises(ValueError, match="[wW]eights"):
        fit(SIX_Y, SIX, SIX_CLUSTERS, [1, 1, 1, weight, 1, 1])


def test_faults_in_the_call():
    """The contract: missing values, lengths and names are told, not guessed."""
    with pytest.raises(ValueError, match="outcome holds 1 missing"):
        fit(np.where(SIX_Y == 6, np.nan, SIX_Y), SIX, SIX_CLUSTERS)
    with pytest.raises(ValueError, match="design holds 1 missing"):
        fit(SIX_Y, SIX.assign(D=pd.array([0, 0, 0, 1, 1, pd.NA], dtype="Int64")), SIX_CLUSTERS)
    with pytest.raises(ValueError, match="Lengths"):
        fit(SIX_Y[:5], SIX, SIX_CLUSTERS)
    with pytest.raises(ValueError, match="Lengths"):
        fit(SIX_Y, SIX, SIX_CLUSTERS[:5])
    with pytest.raises(ValueError, match="asked for"):
        fit(SIX_Y, SIX, SIX_CLUSTERS, of=["E"])
    with pytest.raises(ValueError, match="unique"):
        fit(SIX_Y, SIX.set_axis(["D", "D"], axis=1), SIX_CLUSTERS)


def test_one_cluster_gives_a_point_only():
    """A hand: the difference of means is 4, and one cluster has no variance between clusters."""
    done = fit(SIX_Y, SIX, ["A"] * 6)
    assert done.coefficients == pytest.approx([3, 4])
    assert np.isnan([*done.se_cr1, *done.se_cr2, *done.df]).all()
    assert np.isnan([*done.interval("D", 0.9), done.p_value("D", "cr1"), done.p_value("D", "cr2")]).all()


def test_column_of_one_cluster_has_no_cr2():
    """A hand: a column that is 1 in one cluster only has B_g (1, .., 1) = 0, so nothing is left to estimate from."""
    done = fit(SIX_Y, pd.get_dummies(pd.Series(SIX_CLUSTERS), dtype=float), SIX_CLUSTERS)
    assert np.isnan(done.se_cr2).all() and np.isnan(done.df).all()


def test_as_many_columns_as_rows_has_no_cr1():
    """A hand: N - k = 0 divides the CR1 factor."""
    done = fit([1.0, 2.0], np.eye(2), ["A", "B"])
    assert np.isnan(done.se_cr1).all()


# ---------------------------------------------------------------- columns


def columns():
    """Twenty rows, a constant, an arm, and covariates in units a factor of 1e24 apart."""
    r = np.random.default_rng(3)
    arm = np.repeat([0.0, 1.0], 10)
    return pd.DataFrame(
        {"constant": 1.0, "arm": arm, "large": 1e12 * r.normal(size=20), "small": 1e-12 * r.normal(size=20)}
    )


def test_columns_that_add_something_stay():
    """A hand: independent draws; their unit says nothing about their direction."""
    assert independent_columns(columns(), 2) == (["constant", "arm", "large", "small"], [])


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_copy_of_the_arm_goes_and_the_arm_stays(scale):
    """A hand: the copy, the complement and the sum were built from columns before them; zero adds nothing."""
    design = columns()
    design["copy"] = scale * design["arm"]
    design["complement"] = scale * (1 - design["arm"])
    design["zero"] = 0.0
    design["sum"] = scale * (design["large"] / 1e12 + design["small"] * 1e12 - design["arm"])
    design["new"] = scale * np.arange(20.0) ** 2
    assert independent_columns(design, 2) == (
        ["constant", "arm", "large", "small", "new"],
        ["copy", "complement", "zero", "sum"],
    )


def test_first_of_two_alike_stays():
    """A hand: order is priority. A column after a dropped one is judged by those kept, not by rounding noise."""
    design = pd.DataFrame(
        {"a": [1.0, 1, 1], "b": [0.1, 0.1, 0.1], "c": [0.0, 0, 1], "d": [0.0, 1, 0], "e": [5.0, 6, 7]}
    )
    assert independent_columns(design, 1) == (["a", "c", "d"], ["b", "e"])
    assert independent_columns(design[["e", "d", "c", "b", "a"]], 1) == (["e", "d", "c"], ["b", "a"])


def test_columns_that_may_not_go():
    """A hand: the third column is 2 * constant - arm; it may go only where it is not protected."""
    design = columns()
    design.insert(2, "third", 2 - design["arm"])
    assert independent_columns(design, 2)[1] == ["third"]
    with pytest.raises(ValueError, match="'third'"):
        independent_columns(design, 3)


def test_tolerance_is_the_one_said():
    """A hand: (1, 1) + t (1, -1) has the share t / sqrt(1 + t^2) outside (1, 1); the docstring says 1e-7."""
    for t, dropped in ((2e-7, []), (0.5e-7, ["b"])):
        assert independent_columns(pd.DataFrame({"a": [1.0, 1], "b": [1 + t, 1 - t]}), 1)[1] == dropped


def test_more_columns_than_rows():
    """A hand: three rows span three dimensions."""
    design = pd.DataFrame(np.random.default_rng(1).normal(size=(3, 6)), columns=list("abcdef"))
    assert independent_columns(design, 1) == (list("abc"), list("def"))


def test_kept_columns_can_be_fitted():
    """Definition: what is kept has full rank, so ``fit`` takes it, and without the rest it does not change."""
    outcome, design, cluster, weights = unequal(1)
    more = design.assign(f=design["a"] - 1e6 * design["c"], g=design["b"] * 1e-6)
    kept, dropped = independent_columns(more, 2)
    assert (kept, dropped) == (list("abcde"), ["f", "g"])
    with pytest.raises(ValueError, match=r"drop \['f', 'g'\]"):
        fit(outcome, more, cluster, weights)
    assert fit(outcome, more[kept], cluster, weights).rank == 5


# ---------------------------------------------------------------- refusal


@pytest.mark.parametrize(
    ("clusters", "df", "reason"),
    [
        ({}, 5.0, "one_cluster"),
        ({"": 1}, 5.0, "one_cluster"),
        ({"with": 1, "without": 0}, 5.0, "one_cluster"),
        ({"with": 1, "without": 1}, 5.0, "few_clusters"),
        ({"with": 2, "without": 40}, 9.0, "few_clusters"),
        ({"with": 40, "without": 2}, 9.0, "few_clusters"),
        ({"a": 5, "b": 5, "c": 2}, 9.0, "few_clusters"),
        ({"with": 40, "without": 0}, 9.0, "few_clusters"),
        ({"": 2}, 5.0, "few_clusters"),
        ({"with": 2, "without": 2}, np.nan, "few_clusters"),
        ({"": 3}, 2.0, None),
        ({"with": 3, "without": 3}, 3.55, None),
        ({"with": 3, "without": 3}, 1.99, "small_df"),
        ({"with": 30, "without": 30}, 1.0, "small_df"),
        ({"with": 30, "without": 30}, np.nan, "small_df"),
        ({"with": 30, "without": 30}, np.inf, "small_df"),
    ],
)
def test_refusal(clusters, df, reason):
    """The contract's refusal rule, read by hand: 3 clusters an arm, df of 2; the first reason that holds is told."""
    assert refusal(clusters, df) == reason


@pytest.mark.parametrize("size", range(1, 40))
def test_three_equal_clusters_are_not_refused_by_rounding(size):
    """A hand: the mean of three equal clusters has df 3 - 1 = 2 exactly, whatever the last digit says."""
    outcome = np.random.default_rng(size).normal(size=3 * size) * 0.1
    done = fit(outcome, np.ones((3 * size, 1)), np.repeat(list("abc"), size))
    assert done.df[0] == pytest.approx(2, rel=1e-12)
    assert refusal({"": 3}, done.df[0]) is None
