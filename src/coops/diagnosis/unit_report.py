"""What a unit may be told about itself: its scores beside the mean of others, steps, rules, and what is not known."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coops.diagnosis.assessment import Assessment
from coops.diagnosis.scores import TIE
from coops.disclosure import means
from coops.study.scorecard import Item

FEWEST_OTHERS = 5  # behind a mean that a unit is compared with; more if the study's threshold is higher
MOST = 3  # strengths, and steps


@dataclass(frozen=True)
class Comparison:
    """The others that a unit is compared with.

    ``group``: theirs and its own, empty if they are all others; ``units``: how many have an overall score;
    ``means``: by part (a dimension, or ``overall``), from 0 to 1, missing where none is told; ``why``: reason where
    there is none at all: ``few`` others, or ``alike`` (see :func:`compare`), else empty; ``withheld``: is a mean of
    single parts not told, because others are alike in them.
    """

    group: str
    units: int
    means: pd.Series
    why: str = ""
    withheld: bool = False


@dataclass(frozen=True)
class Step:
    """What would raise the overall score: ``gain`` by so much (0 to 1) if the item were fully reached."""

    item: Item
    gain: float


@dataclass(frozen=True)
class UnitReport:
    """What a page tells of one unit at the last wave; nothing in it is about another unit but the means.

    ``scores``: by part, from 0 to 1, missing if there is none; ``low`` and ``high``: the overall score with all
    missing items at 0 and at 1; ``level`` (empty without an overall score), ``kept``: the share of draws that keep it,
    ``uncertain``: too few of them; ``doubt``: whether missing answers could change it;
    ``other``: the level it most often has in the rest, if any; ``change``: by part, and
    ``compared``, the number of items behind it; ``rules``: items of a law in force, ``later``: those of later ones,
    each with ``True`` (met), ``False`` or ``None`` (no answer); ``unanswered``, ``few`` (too few persons answered) and
    ``unasked`` items.
    """

    unit: str
    scores: pd.Series
    low: float
    high: float
    answered: int
    level: str
    kept: float
    uncertain: bool
    doubt: bool
    other: str
    change: pd.Series
    compared: int
    comparison: Comparison
    strengths: list[Item]
    steps: list[Step]
    rules: list[tuple[Item, bool | None]]
    later: list[tuple[Item, bool | None]]
    unanswered: list[Item]
    few: list[Item]
    unasked: list[Item]


def report(assessment: Assessment, unit: str) -> UnitReport:
    """Gather what a unit is told about itself at the last wave."""
    scores, firm = assessment.scores[assessment.now], assessment.firm
    items = scores.items.loc[unit]
    parts = scores.parts.loc[unit]
    level = assessment.levels[assessment.now][unit]
    rest = firm.levels.loc[unit].drop(level) if level else pd.Series(dtype=float)
    change = assessment.change.reindex([unit]).iloc[0]
    missing = [item for item in assessment.card.items if np.isnan(items[item.name])]
    asked = [item for item in missing if assessment.now in assessment.data.measured(item.variable)]
    of_groups = assessment.level == "group"
    of_persons = {item.name for item in asked if of_groups and assessment.data.level_of(item.variable) == "person"}
    return UnitReport(
        unit=unit,
        scores=parts,
        low=float(scores.low.loc[unit, "overall"]),
        high=float(scores.high.loc[unit, "overall"]),
        answered=int(scores.answered[unit]),
        level=level,
        kept=float(firm.units.loc[unit, "kept"]),
        uncertain=bool(level) and bool(firm.units.loc[unit, "uncertain"]),
        doubt=bool(level) and not assessment.alike(scores.low.loc[unit, "overall"], scores.high.loc[unit, "overall"]),
        other=str(rest.idxmax()) if len(rest) and rest.max() > 0 else "",
        change=change.drop("items").astype(float),
        compared=int(change["items"]) if pd.notna(change["items"]) else 0,
        comparison=compare(assessment, unit),
        strengths=_strengths(assessment, unit),
        steps=steps(assessment, unit)[:MOST],
        rules=_met(assessment, items, "law"),
        later=_met(assessment, items, "retrospective"),
        unanswered=[item for item in asked if item.name not in of_persons],
        few=[item for item in asked if item.name in of_persons],
        unasked=[item for item in missing if item not in asked],
    )


def _met(assessment: Assessment, items: pd.Series, basis: str) -> list[tuple[Item, bool | None]]:
    scored = [(item, items[item.name]) for item in assessment.card.items if item.basis == basis]
    return [(item, None if np.isnan(score) else bool(score >= 1 - TIE)) for item, score in scored]


# -- what counts most -------------------------------------------------------------------------------


def shares(assessment: Assessment, unit: str) -> dict[str, float]:
    """Share of the overall score that each answered item of a unit decides, in the order of the file.

    Weight of the dimension among the dimensions that have a score, times weight of the item among the answered items
    of its dimension. An item of weight 0, without an answer or of a dimension without a score has no share.
    """
    scores, card = assessment.scores[assessment.now], assessment.card
    known = scores.items.loc[unit].notna()
    scored = [part for part in card.dimensions if pd.notna(scores.dimensions.loc[unit, part.name])]
    whole = sum(part.weight for part in scored)
    decided: dict[str, float] = {}
    for dimension in scored:
        there = [item for item in card.of(dimension.name) if known[item.name]]
        weights = sum(item.weight for item in there)
        decided |= {item.name: dimension.weight / whole * item.weight / weights for item in there}
    return {item.name: decided[item.name] for item in card.items if item.name in decided}


def steps(assessment: Assessment, unit: str) -> list[Step]:
    """Items with a step, by what the overall score would gain if they were fully reached, the largest first.

    The gain is the share of :func:`shares` times 1 − score; of equal gains the first in the file comes first.
    """
    scores, part = assessment.scores[assessment.now].items.loc[unit], shares(assessment, unit)
    items = [item for item in assessment.card.items if item.name in part]
    gains = [Step(item, part[item.name] * (1 - scores[item.name])) for item in items]
    return sorted((step for step in gains if step.item.step and step.gain > TIE), key=lambda step: -round(step.gain, 9))


def _strengths(assessment: Assessment, unit: str) -> list[Item]:
    """Items of the study's own rule with a score of ``strong`` or more, by what they bring to the overall score."""
    scores, part = assessment.scores[assessment.now].items.loc[unit], shares(assessment, unit)
    own, least = [item for item in assessment.card.items if item.basis == "own"], assessment.settings.strong - TIE
    strong = [item for item in own if item.name in part and scores[item.name] >= least]
    return sorted(strong, key=lambda item: -round(part[item.name] * scores[item.name], 9))[:MOST]


# -- beside others ----------------------------------------------------------------------------------


def compare(assessment: Assessment, unit: str) -> Comparison:
    """Mean scores of others beside whom a unit may see itself.

    The others of its group (after merging for release) if five of them have an overall score, else all others, else
    none: five, or the study's own threshold if that is higher. A mean of fewer is not told, and neither is one that
    lets the unit work out that any other is within one level: see :func:`coops.disclosure.means.tells_one`.
    """
    parts, own = assessment.scores[assessment.now].parts.drop(unit), assessment.groups[unit]
    fewest = fewest_others(assessment)
    near = parts[(assessment.groups.drop(unit) == own).to_numpy()] if own else parts.iloc[:0]
    shown = own in assessment.shown("overall")  # else the rest of all could be worked out
    group = own if shown and near["overall"].notna().sum() >= fewest else ""
    others = near if group else parts
    number = int(others["overall"].notna().sum())
    nothing = pd.Series(np.nan, index=parts.columns)
    if number < fewest:
        return Comparison("", number, nothing, why="few")
    known = [others] if group else [others, others[~_released(assessment, others.index)]]
    weights = np.array([dimension.weight for dimension in assessment.card.dimensions])
    alike, dimensions = assessment.alike, [block[assessment.dimensions].to_numpy(float) for block in known]
    if any(means.together_tell_one(block, weights, alike) for block in dimensions):
        return Comparison("", number, nothing, why="alike")
    telling = pd.Series(
        {part: any(means.tells_one(block[part].to_numpy(float), alike) for block in known) for part in others}
    )
    telling["overall"] |= telling.any()  # else the mean that is not told could be worked out from the others
    shown_means = others.mean().where((others.notna().sum() >= fewest) & ~telling)
    return Comparison(group, number, shown_means, withheld=bool(telling.any()))


def fewest_others(assessment: Assessment) -> int:
    """Fewest others behind a mean that a unit is compared with."""
    return max(FEWEST_OTHERS, assessment.least)


def _released(assessment: Assessment, units: pd.Index) -> np.ndarray:
    """Tell which units are in a group of which the report may show a mean: the rest of a sum over all is then known."""
    shown = {group for part in (*assessment.dimensions, "overall") for group in assessment.shown(part)}
    return assessment.groups[units].isin(shown).to_numpy()
