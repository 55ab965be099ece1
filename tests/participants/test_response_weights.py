"""Weights for who was lost: cell shares by hand, statsmodels, and a loop that fits everything again."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import optimize, stats

from coops.estimation import sample_design
from coops.participants import expected as participants_expected
from coops.participants import response_weights
from coops.participants.response_weights import reweight, seen_model
from coops.study.schema import Covariate
from tests import made


def test_saturated_by_hand():
    """One 0/1 predictor: chances are the shares of its two cells, 2 of 4 and 1 of 4; raw weights 2, 2 and 4.

    Of mean 1: 3/4, 3/4, 3/2; Kish's effective number (2 + 2 + 4)^2 / (4 + 4 + 16) = 8/3.
    """
    seen = np.array([1, 1, 0, 0, 1, 0, 0, 0], dtype=bool)
    model = seen_model(seen, pd.DataFrame({"old": [0, 0, 0, 0, 1, 1, 1, 1]}))
    assert model.chance == pytest.approx([0.5] * 4 + [0.25] * 4, abs=1e-10)
    assert model.weights == pytest.approx([0.75, 0.75, 0, 0, 1.5, 0, 0, 0], abs=1e-10)
    assert (model.largest, model.effective) == pytest.approx((1.5, 8 / 3), abs=1e-10)
    assert not model.ridge and model.dropped == ()


def drawn(seed=0, clusters=12, size=9, strata=1):
    """Clusters of which half have the arm; loss depends on a number, a category and the arm."""
    random = np.random.default_rng(seed)
    n = clusters * size
    cluster = np.repeat(np.arange(clusters), size)
    arm = (cluster % 2).astype(float)
    known = pd.DataFrame({"age": random.normal(40, 12, n), "reads": random.random(n) < 0.4, "arm": arm}, dtype=float)
    chance = 1 / (1 + np.exp(-(2.2 - 0.03 * known["age"] + 0.7 * known["reads"] - 0.5 * arm)))
    seen = (random.random(n) < chance).to_numpy()
    design = pd.DataFrame({"constant": 1.0, "arm": arm, "age": known["age"]})
    for one in range(1, strata):
        design[f"stratum {one}"] = (cluster // 2 % strata == one).astype(float)
    y = 0.5 * arm + 0.02 * known["age"].to_numpy() + random.normal(size=clusters)[cluster] + random.normal(size=n)
    return y, design, seen, known, cluster


def test_statsmodels():
    """Chances are those of statsmodels' maximum likelihood (its own tolerance set to 1e-12)."""
    _, _, seen, known, _ = drawn()
    other = sm.Logit(seen.astype(float), sm.add_constant(known)).fit(disp=False, tol=1e-12).predict()
    model = seen_model(seen, known)
    assert model.chance == pytest.approx(np.asarray(other), abs=1e-10)
    assert model.weights[seen] * other[seen] == pytest.approx(
        np.full(seen.sum(), model.weights[seen][0] * other[seen][0])
    )
    assert model.weights.sum() == pytest.approx(seen.sum()) and (model.weights[~seen] == 0).all()


def test_units_and_repetition_do_not_matter():
    """A predictor in another unit gives the same chances; one that repeats others is dropped and named."""
    _, _, seen, known, _ = drawn()
    other = known.assign(age=known["age"] * 1e6 + 5, twice=known["reads"] * 2)
    model = seen_model(seen, other)
    assert model.chance == pytest.approx(seen_model(seen, known).chance, abs=1e-9)
    assert model.dropped == ("twice",)


def test_separation_is_said():
    """All who read are seen: no finite maximum. The penalised one is that of a general optimiser; others stay near."""
    _, _, seen, known, _ = drawn()
    seen = seen | (known["reads"] == 1).to_numpy()
    model = seen_model(seen, known)
    assert model.ridge
    x = sm.add_constant((known - known.mean()) / known.std(ddof=0)).to_numpy()

    def loss(b):
        return np.logaddexp(0, -np.where(seen, 1, -1) * (x @ b)).sum() + 0.5 * (b[1:] ** 2).sum()

    best = optimize.minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-8}).x
    assert model.chance == pytest.approx(1 / (1 + np.exp(-x @ best)), abs=1e-6)  # BFGS with numerical gradients
    assert model.weights.max() < 10


def refit(y, design, seen, known, cluster, left_out, column, base):
    """One draw of the jackknife by other people's code: Logit, then WLS without columns that do not vary."""
    keep = cluster != left_out
    logit = sm.Logit(seen[keep].astype(float), sm.add_constant(known[keep])).fit(disp=False, tol=1e-12)
    chance = pd.Series(logit.predict(), index=known.index[keep])
    used = keep & seen
    x = design[used]
    x = x[[name for name in x if name == "constant" or x[name].nunique() > 1]]
    return sm.WLS(y[used], x, weights=base[used] / chance[used[keep]].to_numpy()).fit().params[column]


@pytest.mark.parametrize("strata", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_jackknife_is_a_refit_loop(strata, weighted):
    """Each draw fits both regressions again; with 3 strata of 4 clusters none disappears."""
    y, design, seen, known, cluster = drawn(1, strata=strata)
    base = np.random.default_rng(2).uniform(0.5, 2, len(y)) if weighted else np.ones(len(y))
    one = reweight(y, design, "arm", seen, known, cluster, base if weighted else None, level=0.9)
    value = refit(y, design, seen, known, cluster, -1, "arm", base)
    loop = np.array([refit(y, design, seen, known, cluster, c, "arm", base) for c in range(12)])
    se = np.sqrt(11 / 12 * ((loop - value) ** 2).sum())
    assert (one.estimate, one.std_error) == pytest.approx((value, se), rel=1e-8)
    half = stats.t.isf(0.05, 11) * se
    assert (one.conf_low, one.conf_high) == pytest.approx((value - half, value + half), rel=1e-8)
    assert one.p_value == pytest.approx(2 * stats.t.sf(abs(value) / se, 11), rel=1e-6)
    assert (one.df, one.n_clusters, one.n_expected, one.n, one.ridge) == (11, 12, 108, seen.sum(), 0)


def test_jackknife_in_chunks(monkeypatch):
    """Draws a few at a time give the same numbers as all at once."""
    y, design, seen, known, cluster = drawn(1)
    whole = reweight(y, design, "arm", seen, known, cluster)
    monkeypatch.setattr(response_weights, "CHUNK", 5 * len(y))
    assert reweight(y, design, "arm", seen, known, cluster).std_error == pytest.approx(whole.std_error, rel=1e-12)


def test_a_stratum_disappears():
    """A stratum of one cluster is gone in the draw without it: its dummy drops out there, as in the loop."""
    y, design, seen, known, cluster = drawn(1)
    design["stratum last"] = (cluster == 11).astype(float)
    one = reweight(y, design, "arm", seen, known, cluster)
    base = np.ones(len(y))
    value = refit(y, design, seen, known, cluster, -1, "arm", base)
    loop = np.array([refit(y, design, seen, known, cluster, c, "arm", base) for c in range(12)])
    assert one.std_error == pytest.approx(np.sqrt(11 / 12 * ((loop - value) ** 2).sum()), rel=1e-8)


def test_refused():
    """Nobody lost, nobody seen, or an arm that rests on one cluster: a reason, no interval."""
    y, design, seen, known, cluster = drawn()
    assert reweight(y, design, "arm", seen | True, known, cluster).refused == "all_seen"
    assert reweight(y, design, "arm", seen & False, known, cluster).refused == "nobody_seen"
    lone = design.assign(arm=(cluster == 3).astype(float))
    one = reweight(y, lone, "arm", seen, known, cluster)
    assert (
        one.refused == "arm_lost"
        and np.isfinite(one.estimate)
        and np.isnan([one.std_error, one.conf_low, one.p_value]).all()
    )
    with pytest.raises(ValueError, match="seen"):
        seen_model(seen | True, known)


def test_recovers_who_was_lost():
    """Old units gain 4, young ones 0, half and half; 1 in 4 of the old is seen, all but 1 in 4 of the young.

    Loss is alike in both arms, so chances are the cells' shares; by hand: those seen gain 1, all units 2.
    """
    arm = np.tile(np.repeat([0.0, 1.0], 8), 8)
    old = np.tile([0, 0, 0, 0, 1, 1, 1, 1], 16).astype(float)
    seen = np.tile([1, 1, 1, 0, 1, 0, 0, 0], 16).astype(bool)
    known = pd.DataFrame({"old": old, "arm": arm})
    design = pd.DataFrame({"constant": 1.0, "arm": arm})
    y = 4 * old * arm
    one = reweight(y, design, "arm", seen, known, np.repeat(np.arange(16), 8))
    assert y[seen & (arm == 1)].mean() == 1
    assert one.estimate == pytest.approx(2, abs=1e-9) and one.largest == pytest.approx(2, abs=1e-9)


def study(folder, lost, **changed):
    """A made study of 12 schools with 3 pupils each, age and group known before; ``lost`` have no row after."""
    table = made.pupils(12, 3)
    random = np.random.default_rng(4)
    table["score"] += random.integers(0, 6, len(table))
    table = table[~(table["pupil"].isin(lost) & (table["wave"] == "after"))]
    toml = made.TOML
    for old, new in changed.values():
        toml = toml.replace(old, new)
    return made.data(made.study(folder, toml=toml, pupils=table))


LOST = ["p000", "p011", "p032", "p050", "p062", "p070", "p081", "p102", "p112"]


def test_of_rows(tmp_path):
    """The rows of a specification are put in their places among all units expected."""
    data = study(tmp_path / "made", LOST)
    (plan,) = data.study.plans("main")
    expected = participants_expected.expected(data, plan)
    wanted = [Covariate(variable="age", wave="before"), Covariate(variable="given")]
    known = response_weights.predictors(data, plan, expected, wanted)
    assert list(known) == ["age", "given 1", "books"]
    (one,) = response_weights.of_rows(sample_design.build(data, plan), expected, known).itertuples()
    seen = ~expected.index.isin(LOST)
    design = pd.DataFrame({"constant": 1.0, "books": (expected["arm"] == "books").astype(float)}).reset_index(drop=True)
    loop = [
        refit(
            expected["outcome"].to_numpy(), design, seen, known[["age", "books"]].reset_index(drop=True),
            expected["cluster"].to_numpy(), left_out, "books", np.ones(36),
        )
        for left_out in ("none", *sorted(set(expected["cluster"])))
    ]  # fmt: skip
    assert one.estimate == pytest.approx(loop[0], rel=1e-8)
    assert one.std_error == pytest.approx(np.sqrt(11 / 12 * np.sum((np.array(loop[1:]) - loop[0]) ** 2)), rel=1e-8)
    assert (one.n_expected, one.n, one.clusters_by_arm) == (36, 27, {"without": 6, "books": 6})
    assert (one.outcome, one.wave, one.arm, one.specification) == ("score", "after", "books", "main")
    assert one.quantity == "reweighted" and one.dropped == ("books",)  # the same as "given 1"


def test_of_rows_refused(tmp_path):
    """Two clusters in an arm are too few; several rows a unit have no single chance of being seen."""
    few = study(tmp_path / "few", [f"p{school:02d}{n}" for school in range(4) for n in range(3)])
    (plan,) = few.study.plans("main")
    expected = participants_expected.expected(few, plan)
    known = response_weights.predictors(few, plan, expected, [Covariate(variable="age", wave="before")])
    (one,) = response_weights.of_rows(sample_design.build(few, plan), expected, known).itertuples()
    assert one.refused == "few_clusters" and one.clusters_by_arm["without"] == 2 and np.isnan(one.estimate)
    stacked = study(
        tmp_path / "stacked", [],
        estimator=('"difference"', '"level"'), waves=('waves = ["after"]\nbaseline = ["before"]', 'waves = ["before", "after"]'),
    )  # fmt: skip
    (plan,) = stacked.study.plans("main")
    expected = participants_expected.expected(stacked, plan)
    known = response_weights.predictors(stacked, plan, expected, [Covariate(variable="age", wave="before")])
    refused = response_weights.of_rows(sample_design.build(stacked, plan), expected, known)["refused"]
    assert refused.tolist() == ["stacked_waves"]


def test_predictors(tmp_path):
    """A missing age takes the mean of the others and has a column that says so; constant columns are left out."""
    table = made.pupils()
    table.loc[(table["pupil"] == "p000") & (table["wave"] == "before"), "age"] = pd.NA
    data = made.data(made.study(tmp_path / "made", pupils=table))
    (plan,) = data.study.plans("main")
    expected = participants_expected.expected(data, plan)
    known = response_weights.predictors(data, plan, expected, [Covariate(variable="age")])
    assert list(known) == ["age", "age missing", "books"]
    assert known.loc["p000"].tolist() == pytest.approx([(7 * 10 + 8 * 11) / 15, 1, 0])
    assert known.loc["p041"].tolist() == [11, 0, 1]


def test_predictors_are_known_at_the_start(tmp_path):
    """A covariate of the outcome's wave is taken at the start; one known of nobody lost is left out."""
    table = made.pupils()
    table["room"] = np.where(table["wave"] == "after", table["age"], pd.NA)
    table["visits"] = table["age"].astype(object)
    table.loc[(table["pupil"] == "p000") & (table["wave"] == "before"), "visits"] = pd.NA
    table = table[~((table["pupil"] == "p000") & (table["wave"] == "after"))]
    codebook = made.CODEBOOK + "pupils,room,number,,0,,,room\npupils,visits,number,,0,,,visits\n"
    data = made.data(made.study(tmp_path / "made", codebook=codebook, pupils=table))
    (plan,) = data.study.plans("main")
    expected = participants_expected.expected(data, plan)
    wanted = [
        Covariate(variable=name, wave=wave) for name, wave in (("age", "after"), ("visits", ""), ("room", "after"))
    ]
    known = response_weights.predictors(data, plan, expected, wanted)
    assert list(known) == ["age", "books"] and known.loc["p041", "age"] == 11
