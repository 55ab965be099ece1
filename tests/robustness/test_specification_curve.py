"""Specification curve: order and counts by hand, the joint test by a loop that estimates again in every draw."""

from dataclasses import replace

import numpy as np
import pytest

from coops.estimation import effects, sample_design
from coops.estimation.wild_bootstrap import WEBB
from coops.robustness.checks.specification_curve import curve
from tests import made

MORE = """
[specifications.adjusted]
estimator = "difference"
waves = ["after"]
baseline = ["before"]
outcomes = ["score"]
covariates = [{ variable = "age", wave = "before" }]
[specifications.equal]
estimator = "difference"
waves = ["after"]
baseline = ["before"]
outcomes = ["score"]
weigh = "groups"
[specifications.end]
estimator = "level"
waves = ["after"]
outcomes = ["score"]
sample = "old"
[samples.old]
label = "old"
conditions = [{ variable = "age", between = [11, 14], wave = "after" }]
"""
NAMES = ("main", "adjusted", "equal", "end")


def built(folder, schools=14, effect=0.0, names=NAMES):
    frame = made.pupils(schools, 4)
    frame = frame[~((frame["school"] == "s1") & (frame["pupil"] == "p011"))]  # groups of different size
    random = np.random.default_rng(7)
    after, given = frame["wave"] == "after", frame["given"] == 1
    frame["age"] = frame["age"] + random.integers(0, 3, len(frame))
    frame["score"] = frame["score"] + random.normal(0, 5, len(frame)).round(1) + (effect - 5) * (after & given)
    data = made.data(made.study(folder, made.TOML + MORE, pupils=frame))
    return [sample_design.build(data, data.study.plans(name)[0]) for name in names]


def joint(frame):
    """What all rows of a curve say alike."""
    same = frame[["median", "same_sign", "sure", "p_joint", "joint_refused"]].drop_duplicates()
    assert len(same) == 1
    return next(same.itertuples())


def test_order_and_counts(tmp_path):
    """Each line is the estimate of its specification; the median is that of the middle two."""
    some = built(tmp_path / "made", effect=6.0)
    found = joint(frame := curve(some, "books", draws=99, seed=1))
    alone = {one.plan.name: effects.rows(one)[0] for one in some}
    ordered = sorted(NAMES, key=lambda name: alone[name].estimate)
    assert frame["alternative"].to_list() == ordered
    assert frame["conf_low"].to_list() == [alone[name].conf_low for name in ordered]
    values = sorted(one.estimate for one in alone.values())
    assert found.median == pytest.approx((values[1] + values[2]) / 2)
    assert (found.same_sign, found.sure) == (4, sum(one.conf_low > 0 for one in alone.values()))


def test_joint_test_by_a_loop(tmp_path):
    """Residuals under the null times the multipliers of their clusters, and least squares again, 999 times."""
    some = built(tmp_path / "made", effect=1.5)
    found = joint(curve(some, "books", draws=999, seed=3))
    labels = sorted({name for one in some for name in one.frame["cluster"]})
    v = WEBB[np.random.default_rng(3).integers(0, 6, (999, len(labels)))]
    count = 0
    for draw in v:
        of = dict(zip(labels, draw, strict=True))
        medians = []
        for one in some:
            w = np.sqrt(one.frame["weight"].to_numpy()) if one.plan.weigh == "groups" else np.ones(len(one.frame))
            x, y = one.design.to_numpy(), one.frame["outcome"].to_numpy()
            place = list(one.design).index("books")
            rest = np.delete(x, place, axis=1)
            fitted = rest @ np.linalg.lstsq(rest * w[:, None], y * w, rcond=None)[0]
            g = one.frame["cluster"].nunique()
            again = fitted + (y - fitted) * one.frame["cluster"].map(of).to_numpy() * np.sqrt(g / (g - 1))
            medians.append(np.linalg.lstsq(x * w[:, None], again * w, rcond=None)[0][place])
        count += abs(np.median(medians)) >= abs(found.median) - 1e-9
    assert 0.02 < found.p_joint < 0.98 and found.p_joint == (1 + count) / 1000


def test_no_effect_and_a_large_one(tmp_path):
    """An effect of 20 points is never reached in 499 draws: 1 / 500."""
    assert curve(built(tmp_path / "large", effect=20.0), "books", draws=499, seed=1)["p_joint"].iloc[0] == 1 / 500
    assert curve(built(tmp_path / "none"), "books", draws=499, seed=1)["p_joint"].iloc[0] > 0.1


def test_the_side_is_that_of_the_leading_estimate(tmp_path):
    """Two lead the other way: the median is on their side, one of three on that of the leading one."""
    some = built(tmp_path / "made", effect=20.0, names=("main", "adjusted", "equal"))
    for other in some[1:]:
        other.frame["outcome"] *= -1
    found = joint(curve(some, "books", draws=99, seed=1))
    assert found.median < 0 and (found.same_sign, found.sure) == (1, 1)


def test_other_clusters(tmp_path):
    """A specification with another variable as cluster: a label means something else there, so there is no p."""
    some = built(tmp_path / "made", names=("main", "equal"))
    some[1].plan = replace(some[1].plan, cluster="town")
    found = joint(frame := curve(some, "books", draws=99, seed=1))
    assert found.joint_refused == "other_clusters" and np.isnan(found.p_joint) and len(frame) == 2


def test_no_variation_has_no_value(tmp_path):
    """An outcome that is the same for all in one of them is no estimate of zero: the median is that of the other two."""
    some = built(tmp_path / "made", effect=6.0, names=("main", "adjusted", "equal"))
    some[1].frame["outcome"] = 3.0
    found = joint(curve(some, "books", draws=99, seed=1))
    values = [effects.rows(one)[0].estimate for one in (some[0], some[2])]
    assert found.median == pytest.approx(sum(values) / 2) and found.same_sign == 2


def test_refused(tmp_path):
    """One specification is no curve; eight schools are too few; estimates are shown all the same."""
    few = joint(frame := curve(built(tmp_path / "few", schools=8), "books", draws=99, seed=1))
    assert few.joint_refused == "bootstrap_few_clusters" and np.isnan(few.p_joint) and len(frame) == 4
    alone = joint(curve(built(tmp_path / "one", names=("main",)), "books", draws=99, seed=1))
    assert alone.joint_refused == "one_specification" and np.isfinite(alone.median)
