"""How firm a level is: the same answers under other weights, other cut-offs and without an item.

Weights and cut-offs are the study's own rule, so they are shaken: Saisana, Saltelli and Tarantola 2005, Journal of the
Royal Statistical Society A 168(2), 307-323, doi 10.1111/j.1467-985X.2005.00350.x (ranks under uncertain weights);
OECD and JRC 2008, Handbook on Constructing Composite Indicators, doi 10.1787/9789264043466-en, step 7.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coops.diagnosis.scores import TIE, Scores, Shape, combine, level_places, shape
from coops.study.scorecard import Scorecard

RANK_LEVEL = 0.9  # level of the intervals of ranks


@dataclass(frozen=True)
class Draws:
    """Other ways to weigh, one a row.

    ``weights`` (draws, items), ``dimensions`` (draws, dimensions) and ``starts`` (draws, levels), the lowest score of
    each level.
    """

    weights: np.ndarray
    dimensions: np.ndarray
    starts: np.ndarray


@dataclass(frozen=True)
class Firmness:
    """How firm the levels of units are.

    ``units``: one row a unit: ``kept``, the share of draws in which it keeps its level; ``uncertain``, whether that is
    below the limit; ``rank`` (1 is the highest), ``rank_low`` and ``rank_high``, the ends of its interval over the
    draws, ``rank_median``. Missing where a unit has no overall score. ``levels``: units × levels, the share of draws.
    """

    units: pd.DataFrame
    levels: pd.DataFrame


def draw(
    card: Scorecard, starts: dict[str, float], number: int, seed: int, concentration: float = 10, shift: float = 0.05
) -> Draws:
    """Draw weights, cut-offs and an item to leave out.

    Parameters
    ----------
    starts : dict
        Lowest score of each level, rising; that of the first level is not moved.
    number : int
        Number of draws.
    concentration : float
        The weights of the items of a dimension, and those of the dimensions, are each drawn from a Dirichlet
        distribution with parameters ``concentration`` times the weight over the mean weight: the mean of a draw is the
        stated weight, and its standard deviation about 1 / √concentration of it (10: some 30 per cent).
    shift : float
        Each cut-off is moved by up to so much, up or down, uniformly and by itself, and they are put in order.

    Notes
    -----
    Each draw leaves out one item, or none, each with the same chance.
    """
    random, form = np.random.default_rng(seed), shape(card)
    weights = np.zeros((number, len(form.weights)))
    for part in form.parts:
        weights[:, part] = _dirichlet(random, form.weights[part], number, concentration)
    left = random.integers(0, len(form.weights) + 1, number)
    some = np.flatnonzero(left < len(form.weights))
    weights[some, left[some]] = 0
    dimensions = _dirichlet(random, form.dimensions, number, concentration)
    cuts = np.array(list(starts.values()), dtype=float)
    moved = np.tile(cuts, (number, 1))
    moved[:, 1:] = np.sort(cuts[1:] + random.uniform(-shift, shift, (number, len(cuts) - 1)), axis=1)
    return Draws(weights, dimensions, moved)


def _dirichlet(random: np.random.Generator, weights: np.ndarray, number: int, concentration: float) -> np.ndarray:
    drawn = random.dirichlet(concentration * weights / weights.mean(), number)
    return np.maximum(drawn, np.finfo(float).tiny)  # a weight that is drawn is above zero


def firmness(
    card: Scorecard,
    scores: Scores,
    starts: dict[str, float],
    draws: Draws,
    limit: float = 0.8,
    level: float = RANK_LEVEL,
) -> Firmness:
    """Tell how firm the level and the rank of each unit are.

    Parameters
    ----------
    starts : dict
        Lowest score of each level, rising.
    limit : float
        A level kept in a smaller share of the draws is uncertain.
    level : float
        Level of the rank intervals: quantiles by linear interpolation.

    Notes
    -----
    Units without an overall score are left out, so that ranks are among those that have one. Ties share the better
    rank. Ranks are those of the scores; the cut-offs do not move them.
    """
    scored = scores.overall.notna().to_numpy()
    overall = _overall(card, scores, shape(card), draws.weights, draws.dimensions)
    places = level_places(overall, draws.starts[:, None, :])
    nominal = scores.overall.to_numpy(float)[scored]
    own = level_places(nominal, np.array(list(starts.values())))
    ranks = rank(overall)
    tail = (1 - level) / 2
    low, median, high = np.quantile(ranks, [tail, 0.5, 1 - tail], axis=0)
    names = scores.overall.index[scored]
    kept = (places == own).mean(axis=0)
    units = pd.DataFrame({"kept": kept, "uncertain": kept < limit - TIE, "rank": rank(nominal[None])[0]}, index=names)
    units = units.assign(rank_low=low, rank_median=median, rank_high=high)
    shares = {name: (places == place).mean(axis=0) for place, name in enumerate(starts)}
    shaken = pd.DataFrame(shares, index=names)
    return Firmness(units.reindex(scores.overall.index), shaken.reindex(scores.overall.index))


def left_out(card: Scorecard, scores: Scores, starts: dict[str, float]) -> pd.DataFrame:
    """Leave out one item at a time, at the stated weights and cut-offs.

    Returns
    -------
    DataFrame, one row a scored item, the most influential first
        ``moved``: share of units whose level changes; ``ranks``: mean absolute change of rank; ``score``: mean
        absolute change of the overall score.
    """
    form, names = shape(card), [item.name for item in card.scored]
    weights = np.tile(form.weights, (len(names), 1))
    np.fill_diagonal(weights, 0)
    overall = _overall(card, scores, form, weights, np.tile(form.dimensions, (len(names), 1)))
    nominal = scores.overall.dropna().to_numpy(float)
    cuts = np.array(list(starts.values()))
    frame = pd.DataFrame(
        {
            "moved": _means(level_places(overall, cuts) != level_places(nominal, cuts)),
            "ranks": _means(np.abs(rank(overall) - rank(nominal[None]))),
            "score": _means(np.abs(overall - nominal)),
        }
    ).set_index(pd.Index(names, name="item"))
    return frame.sort_values(["moved", "ranks", "score"], ascending=False, kind="stable")


def _means(values: np.ndarray) -> pd.Series:
    return pd.DataFrame(values).astype(float).mean(axis=1)  # missing without units, and no warning


def _overall(card: Scorecard, scores: Scores, form: Shape, weights: np.ndarray, dimensions: np.ndarray) -> np.ndarray:
    """Overall scores (draws, units) of the units that have one."""
    items = scores.items.loc[scores.overall.notna(), [item.name for item in card.scored]]
    return combine(items.to_numpy(float), form, weights, dimensions)[1]


def rank(scores: np.ndarray) -> np.ndarray:
    """Rank each row of scores (draws, units): 1 is the highest, ties share the better rank, a missing one is last."""
    ordered = -np.round(np.nan_to_num(scores, nan=-1.0), 9)
    order = np.argsort(ordered, axis=1, kind="stable")
    ordered = np.take_along_axis(ordered, order, axis=1)
    new = np.ones(scores.shape, dtype=bool)
    new[:, 1:] = ordered[:, 1:] > ordered[:, :-1]
    places = np.maximum.accumulate(np.where(new, np.arange(1, scores.shape[1] + 1), 0), axis=1)
    ranks = np.empty(scores.shape, dtype=int)
    np.put_along_axis(ranks, order, places, axis=1)
    return ranks
