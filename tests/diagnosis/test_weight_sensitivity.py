"""Levels and ranks under other weights, cut-offs and without an item: by brute force, and against COINr."""

import time

import numpy as np
import pandas as pd
import pytest

from coops.diagnosis import scores as diagnosis_scores
from coops.diagnosis import weight_sensitivity
from tests.fixtures import scorecards

STARTS = {"low": 0.0, "middle": 0.4, "high": 0.6}
CARD = scorecards.made(a=(1, 1, {"a1": 2, "a2": 1}), b=(3, 2, {"b1": 1, "b2": 1, "b3": 2}))


def scored(items: pd.DataFrame, card=CARD):
    return diagnosis_scores.score(card, items, answered=0.5)


def drawn_items(units: int, seed: int = 5) -> pd.DataFrame:
    """Random answers, one in eight missing."""
    random = np.random.default_rng(seed)
    values = random.random((units, 5))
    values[random.random(values.shape) < 0.125] = np.nan
    return pd.DataFrame(values, columns=["a1", "a2", "b1", "b2", "b3"], index=[f"u{place}" for place in range(units)])


def slowly(row: pd.Series, weights: dict, dimensions: dict, needed: dict) -> float:
    """One overall score of one unit, written out from the definition."""
    top = bottom = 0.0
    for name, weight in dimensions.items():
        own = {item: w for item, w in weights.items() if item.startswith(name) and w > 0}
        known = {item: w for item, w in own.items() if not np.isnan(row[item])}
        if known and len(known) >= min(needed[name], len(own)):
            top += weight * sum(w * row[item] for item, w in known.items()) / sum(known.values())
            bottom += weight
    return top / bottom if bottom else np.nan


def test_against_brute_force():
    """Kept, shares of levels, ranks and their quantiles, one draw and one unit at a time."""
    items, number = drawn_items(9), 60
    scores, draws = scored(items), weight_sensitivity.draw(CARD, STARTS, 60, seed=3)
    assert items.isna().any(axis=1).sum() > 2
    result = weight_sensitivity.firmness(CARD, scores, STARTS, draws)
    units = scores.overall.dropna().index
    levels, ranks = np.zeros((number, len(units)), dtype=int), np.zeros((number, len(units)))
    for draw in range(number):
        weights = dict(zip(items.columns, draws.weights[draw], strict=True))
        dimensions = dict(zip("ab", draws.dimensions[draw], strict=True))
        values = [slowly(items.loc[unit], weights, dimensions, {"a": 1, "b": 2}) for unit in units]
        for place, value in enumerate(values):
            levels[draw, place] = sum(value >= start for start in draws.starts[draw][1:]) if value == value else -1
            ranks[draw, place] = 1 + sum(other > value + 1e-9 for other in values)
    for place, unit in enumerate(units):
        own = sum(scores.overall[unit] >= start for start in list(STARTS.values())[1:])
        kept = (levels[:, place] == own).mean()
        assert result.units.loc[unit, "kept"] == pytest.approx(kept)
        assert result.units.loc[unit, "uncertain"] == (kept < 0.8)
        for share, name in enumerate(STARTS):
            assert result.levels.loc[unit, name] == pytest.approx((levels[:, place] == share).mean())
        ends = np.quantile(ranks[:, place], [0.05, 0.5, 0.95])
        assert result.units.loc[unit, ["rank_low", "rank_median", "rank_high"]].tolist() == pytest.approx(list(ends))
        assert result.units.loc[unit, "rank"] == 1 + (scores.overall > scores.overall[unit] + 1e-9).sum()


def test_rank_intervals_as_in_coinr():
    """COINr's get_sensitivity with its own 100 sets of weights (coinr.R): ranks of 51 countries, to all digits."""
    card, published = scorecards.published()
    items = [item.name for item in card.items]
    weights = scorecards.read("weights")
    draws = weight_sensitivity.Draws(
        weights[items].to_numpy(), weights[[one.name for one in card.dimensions]].to_numpy(), np.zeros((100, 1))
    )
    result = weight_sensitivity.firmness(
        card, diagnosis_scores.score(card, published[items]), {"only": 0.0}, draws
    ).units
    expected = scorecards.read("ranks").set_index("uCode")
    columns = {"Nominal": "rank", "Median": "rank_median", "Q5": "rank_low", "Q95": "rank_high"}
    for theirs, ours in columns.items():
        assert np.abs(result[ours] - expected[theirs]).max() < 1e-9, theirs
    assert (expected["Q95"] - expected["Q5"]).max() > 3  # there is something to be right about


def test_items_left_out_as_in_coinr():
    """COINr's remove_elements: mean absolute change of rank without each pillar."""
    card, published = scorecards.published()
    items = [item.name for item in card.items]
    result = weight_sensitivity.left_out(card, diagnosis_scores.score(card, published[items]), STARTS)
    expected = scorecards.read("left_out").set_index("code")["change"]
    assert np.abs(result["ranks"] - expected).max() < 1e-9
    assert result["moved"].is_monotonic_decreasing


def test_left_out_by_hand():
    """a: two items of weight 1; without the first, u1 falls from 0.5 to 0 (a level and a rank), u2 stays at 0.4."""
    card = scorecards.made(a=(1, 1, {"a1": 1, "a2": 1}))
    scores = diagnosis_scores.score(card, pd.DataFrame({"a1": [1, 0.4], "a2": [0, 0.4]}, index=["u1", "u2"]))
    result = weight_sensitivity.left_out(card, scores, {"low": 0.0, "high": 0.45})
    # without a1: u1 0 and u2 0.4 (ranks 2, 1); without a2: u1 1 and u2 0.4 (ranks 1, 2 as before)
    assert result.loc["a1"].tolist() == pytest.approx([0.5, 1, 0.25])
    assert result.loc["a2"].tolist() == pytest.approx([0, 0, 0.25])
    assert result.index.tolist() == ["a1", "a2"]


def test_moments_of_the_weights():
    """Dirichlet with parameters c · w / mean(w): mean w / Σw, variance m (1 − m) / (K c + 1); 5 standard errors."""
    number, card = 20_000, scorecards.made(a=(1, 1, {"a1": 3, "a2": 2, "a3": 1}), b=(2, 1, {"b1": 5}))
    draws = weight_sensitivity.draw(card, STARTS, number, seed=8, concentration=10)
    whole = draws.weights[(draws.weights > 0).all(axis=1), :3]  # those that left out nothing
    assert whole.sum(axis=1) == pytest.approx(1)
    for place, mean in enumerate([3 / 6, 2 / 6, 1 / 6]):
        variance = mean * (1 - mean) / 31
        assert whole[:, place].mean() == pytest.approx(mean, abs=5 * (variance / len(whole)) ** 0.5)
        assert whole[:, place].var() == pytest.approx(variance, rel=0.15)  # about 5 √(2 / n), n near 4,000
    assert draws.dimensions[:, 1].mean() == pytest.approx(2 / 3, abs=5 * (2 / 9 / 21 / number) ** 0.5)
    left = [(draws.weights == 0).sum(axis=1).max(), (draws.weights == 0).mean(axis=0)]
    assert left[0] == 1 and left[1] == pytest.approx([0.2] * 4, abs=0.015)  # one of four, or none: 1 / 5 each


def test_cut_offs_move_and_stay_in_order():
    """Each by up to 0.15, the first level from 0; closer than that to one another, they do not cross."""
    draws = weight_sensitivity.draw(CARD, STARTS, 5_000, seed=1, shift=0.15)
    assert (draws.starts[:, 0] == 0).all() and (np.diff(draws.starts, axis=1) >= 0).all()
    assert draws.starts[:, 1].min() == pytest.approx(0.25, abs=0.01)
    assert draws.starts[:, 2].max() == pytest.approx(0.75, abs=0.01)


def test_firm_and_uncertain():
    """All items alike: weights do nothing. Far from a cut-off the level is kept always, exactly at it in half of the draws.

    Half of 4,000: standard error 0.008, tolerance 5 of them.
    """
    items = pd.DataFrame(0.0, index=["top", "tie", "bottom", "gone"], columns=["a1", "a2", "b1", "b2", "b3"])
    items.loc["top"], items.loc["tie"], items.loc["gone"] = 1.0, 0.6, np.nan
    scores = scored(items)
    result = weight_sensitivity.firmness(CARD, scores, STARTS, weight_sensitivity.draw(CARD, STARTS, 4_000, seed=2))
    assert result.units["kept"].tolist()[:3] == [1, pytest.approx(0.5, abs=0.04), 1]
    assert result.units["uncertain"].tolist()[:3] == [False, True, False]
    assert result.units["rank"].tolist()[:3] == [1, 2, 3]
    assert result.units.loc["gone"].isna().all() and result.levels.loc["gone"].isna().all()


def test_a_share_at_the_limit_is_firm():
    """Kept in 4 of 5 draws: not fewer than 80 %; in 3 of 5: uncertain."""
    items = pd.DataFrame(0.5, index=["u1"], columns=["a1", "a2", "b1", "b2", "b3"])
    weights, dimensions = np.ones((5, 5)), np.ones((5, 2))
    starts = np.array([[0, 0.4, 0.6]] * 4 + [[0, 0.55, 0.6]])
    for kept, uncertain in ((0.8, False), (0.6, True)):
        draws = weight_sensitivity.Draws(weights, dimensions, starts)
        result = weight_sensitivity.firmness(CARD, scored(items), STARTS, draws).units.loc["u1"]
        assert (result["kept"], result["uncertain"]) == (kept, uncertain)
        starts = starts.copy()
        starts[0, 1] = 0.55


def test_ties_share_the_better_rank():
    """By hand, a missing score last; rounding noise is no difference."""
    ranks = weight_sensitivity.rank(np.array([[0.3, 0.1 + 0.2, 0.9, np.nan, 0.1], [1, 2, 3, 4, 5]]))
    assert ranks.tolist() == [[2, 2, 1, 5, 4], [5, 4, 3, 2, 1]]


def test_no_unit_has_a_score():
    """Nothing is said, and nothing breaks; the same with no unit at all."""
    for items in (drawn_items(3) * np.nan, drawn_items(0)):
        scores = scored(items)
        result = weight_sensitivity.firmness(CARD, scores, STARTS, weight_sensitivity.draw(CARD, STARTS, 20, seed=1))
        assert len(result.units) == len(items) and result.units.isna().all(axis=None)
        assert weight_sensitivity.left_out(CARD, scores, STARTS).isna().all(axis=None)


def test_the_same_seed_gives_the_same_draws():
    """And another one others."""
    first, again, other = (weight_sensitivity.draw(CARD, STARTS, 50, seed=seed) for seed in (1, 1, 2))
    assert (first.weights == again.weights).all() and (first.starts == again.starts).all()
    assert (first.weights != other.weights).any()


def test_it_is_quick():
    """43 units, 1,000 draws: well under a second, the best of three."""
    scores, taken = scored(drawn_items(43)), []
    for _ in range(3):
        start = time.perf_counter()
        weight_sensitivity.firmness(CARD, scores, STARTS, weight_sensitivity.draw(CARD, STARTS, 1_000, seed=1))
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.5
