"""Delivery and cost: tables by hand, Fieller sets by hand and by a grid, the covariance from its definition."""

import numpy as np
import pandas as pd
import pytest
from scipy import linalg, stats

from coops.delivery import tallies
from coops.delivery.cost_effectiveness import cost_effectiveness, fieller
from coops.estimation import cluster_robust, effects, sample_design
from tests import made

EVENTS = pd.DataFrame(
    {
        "school": ["s4", "s4", "s5", "s6", "s6"],
        "sort": ["visit", "books", "visit", None, "visit"],
        "spent": [100.0, 300.0, 50.0, 25.0, np.nan],
        "days": [1.0, 2.0, 1.0, 1.0, 3.0],
        "on": ["2001-01-30", "2001-04-02", "2001-01-05", None, "2001-04-30"],
        "meant": ["yes", "yes", "yes", "no", "yes"],
        "done": ["full", "part", "none", "full", None],
    }
)


def test_by_kind():
    """475 in all, 150 of it for visits, one of which has no amount; by 10 units and 4 groups."""
    table = tallies.by_kind(EVENTS, "sort", "spent", units=10, groups=4).set_index("sort")
    assert table.index.to_list() == ["", "books", "visit", "all"]
    assert table.loc["visit"].to_list() == pytest.approx([3, 1, 150, 150 / 475, 15, 37.5])
    assert table.loc["all"].to_list() == pytest.approx([5, 1, 475, 1, 47.5, 118.75])


def test_delivery():
    """Four were planned: one full, one part, one none, one unknown; one more was delivered unplanned."""
    table = tallies.delivery(EVENTS, "sort", "meant", "done", ["yes"], ["full", "part", "none"]).set_index("sort")
    row = table.loc["all"]
    assert row[["planned", "n full", "n part", "n none", "unknown", "beyond"]].to_list() == [4, 1, 1, 1, 1, 1]
    assert row["share full"] == 0.25
    assert table.loc["visit", "share none"] == pytest.approx(1 / 3)
    assert table.loc["", "planned"] == 0 and np.isnan(table.loc["", "share full"])


def test_timeline():
    """February and March are there with nothing; the event without a date comes last."""
    table = tallies.timeline(EVENTS, "on", "spent")
    assert table["month"].to_list() == ["2001-01", "2001-02", "2001-03", "2001-04", ""]
    assert table["events"].to_list() == [2, 0, 0, 2, 1]
    assert table["running"].to_list() == [150, 150, 150, 450, 475]
    assert tallies.timeline(EVENTS.iloc[:0], "on", "spent").empty
    quarters = tallies.timeline(EVENTS, "on", "spent", months=3)
    assert quarters["month"].to_list() == ["2001-01", "2001-04", ""] and quarters["events"].to_list() == [2, 2, 1]
    assert tallies.timeline(EVENTS, "on", "spent", months=6)["month"].to_list() == ["2001-01", ""]


def test_dose():
    """s7 had nothing, which is a dose of 0."""
    table = tallies.by_group(EVENTS, "school", ["days", "spent"], pd.Index(["s4", "s5", "s6", "s7"]))
    assert table["events"].to_list() == [2, 1, 2, 0]
    assert table["days"].to_list() == [3, 1, 4, 0] and table["spent"].to_list() == [400, 50, 25, 0]
    found = tallies.quartiles(table["days"])
    assert found == pytest.approx({"n": 4, "none": 0.25, "mean": 2, "low": 0.75, "median": 2, "high": 3.25})
    assert tallies.quartiles(pd.Series(dtype=float))["n"] == 0


def test_cost_of_a_unit():
    """400 for two units in s4, 50 for one in s5, nothing for s7."""
    group_of = pd.Series({"a": "s4", "b": "s4", "c": "s5", "d": "s7"})
    found = tallies.per_unit(EVENTS, "school", "spent", group_of)
    assert found.to_dict() == {"a": 200, "b": 200, "c": 50, "d": 0}


def test_fieller_golden():
    """Cost 10, effect 5, variances 1 and 1/4, df 20: worked out before by a grid search."""
    found = fieller(10, 5, 1, 0.25, df=20)
    assert (found.kind, found.conf_low, found.conf_high) == (
        "interval",
        pytest.approx(1.48089, abs=5e-6),
        pytest.approx(2.70108, abs=5e-6),
    )
    assert (found.estimate, found.std_error_cost, found.std_error_effect) == (2, 1, 0.5)


def test_fieller_with_covariance_by_hand():
    """Covariance 0.3; t^2 = 2.0859634^2 = 4.3512435 (R's qt). A = 25 - 4.3512435 / 4 = 23.9121891, B = 50 - 1.3053731 =
    48.6946269, C = 100 - 4.3512435 = 95.6487565; root of B^2 - AC = 2371.1666931 - 2287.1711529 is 9.1649086."""
    found = fieller(10, 5, 1, 0.25, 0.3, df=20)
    assert (found.conf_low, found.conf_high) == pytest.approx(((48.6946269 - 9.1649086) / 23.9121891, (48.6946269 + 9.1649086) / 23.9121891), abs=1e-6)  # fmt: skip


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        ((10, 5, 1, 0.25, 0.3), "interval"),
        ((-10, 5, 1, 0.25, -0.3), "interval"),
        ((10, 1, 1, 1, 0.2), "complement"),
        ((10, -1, 1, 1, 0.2), "complement"),
        ((1, 0.5, 1, 1, 0.1), "line"),
    ],
)
def test_fieller_on_a_grid(case, kind):
    """The set by its definition: each ratio is tested by itself."""
    a, b, va, vb, cov = case
    found = fieller(*case, df=20)
    r = np.linspace(-60, 60, 240_001)
    inside = (a - r * b) ** 2 <= stats.t.ppf(0.975, 20) ** 2 * (va - 2 * r * cov + r**2 * vb)
    said = {
        "interval": (r >= found.conf_low) & (r <= found.conf_high),
        "complement": (r <= found.conf_low) | (r >= found.conf_high),
        "line": np.ones(len(r), dtype=bool),
    }[found.kind]
    assert found.kind == kind and (said == inside).all()
    assert 0 < inside.sum() and (kind == "line" or inside.sum() < len(r))


def test_fieller_borders():
    """An effect exactly t errors from zero: one end is infinite. One known to be zero: no ratio."""
    t = stats.t.ppf(0.975, 20)
    half = fieller(10, t, 1, 1, df=20)
    assert half.kind == "half" and half.conf_high == np.inf
    assert half.conf_low == pytest.approx((100 - t**2) / (20 * t))
    assert fieller(10, 0, 1, 0, df=20).refused == "no_effect"


def study(folder, toml=made.TOML):
    frame = made.pupils(10, 3)
    frame = frame[~frame["pupil"].isin(["p001", "p060", "p061"])]
    frame["score"] = frame["score"] + np.random.default_rng(5).normal(0, 2, len(frame)).round(2)
    data = made.data(made.study(folder, toml, pupils=frame))
    return sample_design.build(data, data.study.plans("main")[0])


@pytest.mark.parametrize("toml", [made.TOML, made.TOML + 'weigh = "groups"\n'])
def test_covariance_by_its_definition(tmp_path, toml):
    """CR2 as Bell and McCaffrey write it, with whole matrices: sum of c'M X'WA e e*'AWX M c."""
    built = study(tmp_path / "made", toml)
    arm = (built.frame["arm"] == "books").to_numpy()
    spent = np.where(arm, 100.0 + 20 * built.frame["cluster"].str[1:].astype(int) ** 2, 0.0)
    found = cost_effectiveness(built, "books", spent)
    y, x = built.frame["outcome"].to_numpy(), built.design.to_numpy()
    w = np.diag(built.frame["weight"].to_numpy() if "weigh" in toml else np.ones(len(y)))
    m = np.linalg.inv(x.T @ w @ x)
    rest = np.eye(len(y)) - x @ m @ x.T @ w
    whole = rest @ rest.T
    parts = []
    for cluster in built.frame["cluster"].unique():
        g = (built.frame["cluster"] == cluster).to_numpy()
        values, vectors = linalg.eigh(whole[np.ix_(g, g)])
        adjust = vectors @ np.diag([v**-0.5 if v > 1e-10 else 0 for v in values]) @ vectors.T
        line = (m @ x[g].T @ w[np.ix_(g, g)] @ adjust)[1]
        parts.append((line @ (rest @ spent)[g], line @ (rest @ y)[g]))
    covariance = np.array(parts).T @ np.array(parts)
    assert found.covariance == pytest.approx(covariance[0, 1], rel=1e-8)
    assert (found.std_error_cost**2, found.std_error_effect**2) == pytest.approx(
        (covariance[0, 0], covariance[1, 1]), rel=1e-8
    )
    one = effects.rows(built)[0]
    assert (found.effect, found.df) == (one.estimate, one.df)
    weight = np.diag(w)
    assert found.cost == pytest.approx(np.average(spent[arm], weights=weight[arm]))


def test_both_rounds_as_rows(tmp_path):
    """What support cost counts after, not before: 90 more, not 0."""
    built = study(tmp_path / "made", made.TOML.replace('"difference"', '"difference cross-section"'))
    found = cost_effectiveness(built, "books", np.where(built.frame["arm"] == "books", 90.0, 0.0))
    assert found.cost == pytest.approx(90) and found.kind == "interval"


def test_same_cost_for_all(tmp_path):
    """A cost known exactly: the ends are those of the cost over the interval of the effect."""
    built = study(tmp_path / "made")
    spent = np.where(built.frame["arm"] == "books", 90.0, 0.0)
    found, one = cost_effectiveness(built, "books", spent), effects.rows(built)[0]
    assert one.conf_low > 0 and found.kind == "interval"
    assert (found.conf_low, found.conf_high) == pytest.approx((90 / one.conf_high, 90 / one.conf_low), rel=1e-6)


def test_refused_as_the_effect_is(tmp_path):
    """Two schools an arm: no ratio."""
    data = made.data(made.study(tmp_path / "made", pupils=made.pupils(4)))
    built = sample_design.build(data, data.study.plans("main")[0])
    assert cost_effectiveness(built, "books", np.ones(len(built.frame))).refused == "few_clusters"
    assert cluster_robust.refusal({"books": 2, "without": 2}, 2.0) == "few_clusters"
