"""Scores of a scorecard: answers → items → dimensions → overall, levels, change, and the profile of groups.

Every item is a number from 0 to 1. A dimension is the weighted mean over its answered items, an overall score the
weighted mean over the dimensions that have a score (OECD and JRC 2008, Handbook on Constructing Composite Indicators,
doi 10.1787/9789264043466-en, step 7: linear aggregation). Weights and cut-offs are the study's own rule: see
:mod:`coops.diagnosis.weight_sensitivity` for how much hangs on them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coops.data.units import Data
from coops.study.scorecard import Item, Scorecard
from coops.study.values import plain

TIE = 1e-9  # a score this close below a cut-off is at it: sums of weights like 0.1 are not exact


@dataclass(frozen=True)
class Scores:
    """What a scorecard makes of the answers of one wave.

    ``items``: units × items, from 0 to 1, those of weight 0 included; ``dimensions``: units × dimensions; ``overall``
    by unit; ``low`` and ``high``: units × dimensions and ``overall``, with all missing items at 0 and at 1;
    ``answered``: number of scored items answered, of ``asked``.
    """

    items: pd.DataFrame
    dimensions: pd.DataFrame
    overall: pd.Series
    low: pd.DataFrame
    high: pd.DataFrame
    answered: pd.Series
    asked: int

    @property
    def parts(self) -> pd.DataFrame:
        """Units × dimensions, and ``overall``."""
        return self.dimensions.assign(overall=self.overall)


@dataclass(frozen=True)
class Shape:
    """The scored items of a scorecard as arrays: ``parts`` holds the places of each dimension's items."""

    parts: tuple[np.ndarray, ...]
    needed: tuple[int, ...]
    weights: np.ndarray
    dimensions: np.ndarray


# -- answers ----------------------------------------------------------------------------------------


def unit_level(data: Data) -> str:
    """Tell what is diagnosed: groups, or persons where a study has no groups."""
    tables = data.study.contract.tables.values()
    return "group" if any(table.level == "group" or table.group for table in tables) else "person"


def units(data: Data) -> pd.Index:
    """Return all units that may be diagnosed: the rows of the tables of groups, or else the groups of the persons."""
    level = unit_level(data)
    if any(table.level == level for table in data.study.contract.tables.values()):
        return data.roster(level)
    return pd.Index(pd.concat([data.group_of(wave) for wave in data.waves]).unique(), name="unit")


def answers(data: Data, card: Scorecard, wave: str, units: pd.Index, fewest: int = 5) -> pd.DataFrame:
    """Score the answers of units to every item, at a wave.

    Parameters
    ----------
    fewest : int
        A variable of persons gives a group the mean of its persons' scores, if so many of them answered.

    Returns
    -------
    DataFrame, units × items
        From 0 to 1; missing where there is no answer or the variable was not measured then.
    """
    level = unit_level(data)
    return pd.DataFrame({item.name: _answers(data, item, wave, level, units, fewest) for item in card.items})


def _answers(data: Data, item: Item, wave: str, level: str, units: pd.Index, fewest: int) -> pd.Series:
    if wave not in data.measured(item.variable):
        return pd.Series(np.nan, index=units)
    if data.level_of(item.variable) == "group" or level == "person":
        return item_score(item, data.at(item.variable, wave, level, units))
    each = item_score(item, data.values(item.variable, wave)).dropna()
    by = each.groupby(data.group_of(wave).reindex(each.index).to_numpy())
    return by.mean()[by.size() >= fewest].reindex(units)


def item_score(item: Item, values: pd.Series) -> pd.Series:
    """Score answers to the variable of an item by its rule, from 0 to 1; a missing answer has no score.

    Several choices are text parted by spaces. An answer that a rule of kind ``values`` does not know is missing.
    """
    rule, known = item.rule, values.notna()
    chosen = values.map(plain).map(lambda cell: set(cell.split()) if item.several else {cell})
    listed = chosen.map(lambda chosen_values: len(chosen_values & set(rule.values) if rule.values else chosen_values))
    if rule.kind == "share":
        return (listed / (len(rule.values) if item.several else 1)).where(known)
    if rule.kind == "values":
        return values.map(plain).map(rule.scores).astype(float)
    numbers = (listed if item.several else pd.to_numeric(values)).astype(float).where(known)
    low, high = (np.nan if end is None else end for end in (rule.low, rule.high))
    if rule.kind == "threshold":
        met = numbers <= high + TIE if rule.low is None else numbers >= low - TIE
        return met.astype(float).where(known)
    place = ((numbers - low) / (high - low)).clip(0, 1)
    return 1 - place if rule.down else place


def comparable(data: Data, card: Scorecard, waves: list[str]) -> list[str]:
    """Return the items asked at all of these waves with questions that the codebook holds comparable."""
    study = data.study
    versions = [version for wave in waves if (version := study.contract.waves[wave].form_version)]
    return [
        item.name
        for item in card.items
        if set(waves) <= set(data.measured(item.variable))
        and all(study.codebook.comparable(variable, versions) for variable in study.measured_inputs(item.variable))
    ]


# -- scores -----------------------------------------------------------------------------------------


def shape(card: Scorecard) -> Shape:
    """Lay out the scored items, in the order of ``card.scored``."""
    counts = [len(card.of(dimension.name)) for dimension in card.dimensions]
    ends = np.cumsum(counts)
    return Shape(
        tuple(np.arange(end - count, end) for end, count in zip(ends, counts, strict=True)),
        tuple(dimension.needed for dimension in card.dimensions),
        np.array([item.weight for item in card.scored]),
        np.array([dimension.weight for dimension in card.dimensions]),
    )


def combine(
    items: np.ndarray, form: Shape, weights: np.ndarray | None = None, dimensions: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Combine items into dimensions and an overall score, under many sets of weights at once.

    Parameters
    ----------
    items : array (units, items)
        From 0 to 1, missing where not answered.
    weights : array (draws, items), optional
        Not negative; an item of weight 0 is left out of that draw. The scorecard's if not given: one draw.
    dimensions : array (draws, dimensions), optional
        Positive.

    Returns
    -------
    array (dimensions, draws, units), array (draws, units)
        A dimension is missing where fewer than ``needed`` of its items are answered (or fewer than all, where a draw
        has no more than that), the overall score where every dimension is. Weights are made to sum to 1 over what
        is there.
    """
    weights = form.weights[None] if weights is None else weights
    dimensions = form.dimensions[None] if dimensions is None else dimensions
    there = ~np.isnan(items)
    filled = np.where(there, items, 0.0)
    scored = np.full((len(form.parts), len(weights), len(items)), np.nan)
    top, bottom = np.zeros(scored.shape[1:]), np.zeros(scored.shape[1:])
    for place, (part, needed) in enumerate(zip(form.parts, form.needed, strict=True)):
        own = weights[:, part]
        total, known = own @ filled[:, part].T, own @ there[:, part].T
        used = (own > 0).astype(float)
        enough = (known > 0) & (used @ there[:, part].T >= np.minimum(needed, used.sum(axis=1))[:, None])
        scored[place] = np.divide(total, known, out=np.full(total.shape, np.nan), where=enough)
        weight = dimensions[:, [place]] * enough
        top, bottom = top + weight * np.where(enough, scored[place], 0), bottom + weight
    return scored, np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)


def score(card: Scorecard, items: pd.DataFrame, answered: float = 0.75) -> Scores:
    """Score units by a scorecard.

    Parameters
    ----------
    items : DataFrame, units × items
        See :func:`answers`.
    answered : float
        Least share of the scored items that must be answered for an overall score.

    Notes
    -----
    A dimension without a score is left out of the overall score, and the others keep their proportions.
    """
    form, scored = shape(card), items[[item.name for item in card.scored]]
    names = [dimension.name for dimension in card.dimensions]

    def whole(values: pd.DataFrame) -> pd.DataFrame:
        dimensions, overall = combine(values.to_numpy(float), form)
        frame = pd.DataFrame(dimensions[:, 0].T, index=items.index, columns=names)
        return frame.assign(overall=overall[0])

    count, combined = scored.notna().sum(axis=1), whole(scored)
    enough = count >= answered * len(scored.columns) - TIE
    low, high = whole(scored.fillna(0.0)), whole(scored.fillna(1.0))
    return Scores(items, combined[names], combined["overall"].where(enough), low, high, count, len(scored.columns))


def level_places(scores: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the place of the level of each score; ``starts`` (…, levels) rise along the last axis.

    A score exactly at a cut-off belongs to the upper level, one below the first start to the first; missing is −1.
    """
    reached = [(scores >= starts[..., place] - TIE).astype(int) for place in range(1, starts.shape[-1])]
    return np.where(np.isnan(scores), -1, sum(reached, np.zeros(scores.shape, dtype=int)))


def levels(scores: pd.Series, starts: dict[str, float]) -> pd.Series:
    """Name the level of each score; ``starts`` holds the lowest score of each level, rising; missing is empty."""
    places = level_places(scores.to_numpy(float), np.array(list(starts.values())))
    return pd.Series(np.array(list(starts), dtype=object)[places], index=scores.index).where(scores.notna(), "")


def ends(
    card: Scorecard, before: pd.DataFrame, after: pd.DataFrame, names: list[str], answered: float = 0.75
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score both ends of a change over the same items.

    Parameters
    ----------
    before, after : DataFrame, units × items
    names : list of str
        Items that may be compared: see :func:`comparable`.
    answered : float
        Least share of these that must be answered at both waves for an overall score.

    Returns
    -------
    DataFrame, DataFrame, one row a unit
        Before and after: each dimension and ``overall``, from 0 to 1, over the items that the unit answered at both
        waves, with the same weights; ``items``: how many these are. A dimension needs as many as at one wave, or
        all that may be compared if there are fewer.
    """
    kept = [item for item in card.items if item.name in names]
    dimensions = [part for part in card.dimensions if any(item.dimension == part.name and item.weight for item in kept)]
    comparable_card = Scorecard(card.version, tuple(dimensions), tuple(kept))
    form, columns = shape(comparable_card), [item.name for item in comparable_card.scored]
    both = before[columns].notna() & after[columns].notna().reindex(before.index, fill_value=False)
    count, every, frames = both.sum(axis=1), [part.name for part in card.dimensions], []
    for items in (before, after):
        scored, overall = combine(items.reindex(before.index)[columns].where(both).to_numpy(float), form)
        frame = pd.DataFrame(scored[:, 0].T, index=before.index, columns=[part.name for part in dimensions])
        whole = pd.Series(overall[0], index=before.index).where(count >= answered * len(columns) - TIE)
        frames.append(frame.reindex(columns=every).assign(overall=whole, items=count))
    return frames[0], frames[1]


def change(
    card: Scorecard, before: pd.DataFrame, after: pd.DataFrame, names: list[str], answered: float = 0.75
) -> pd.DataFrame:
    """Change from one wave to another over comparable items: the difference of its :func:`ends`, from −1 to 1."""
    first, last = ends(card, before, after, names, answered)
    return (last - first).assign(items=first["items"])
