"""The diagnosis of a study: its units scored at every wave, their levels, how firm these are, and what changed."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from coops.data import strata
from coops.data.units import Data
from coops.diagnosis import scores as diagnosis_scores
from coops.diagnosis import typology as diagnosis_typology
from coops.diagnosis import weight_sensitivity
from coops.diagnosis.scores import Scores, level_places
from coops.diagnosis.weight_sensitivity import Firmness
from coops.disclosure import means
from coops.study.schema import Diagnosis
from coops.study.scorecard import Scorecard
from coops.study.values import plain


@dataclass(frozen=True)
class Assessment:
    """Units scored by the scorecard of a study.

    ``units``: those scored; ``level``: what they are (group or person); ``groups``: group of each unit after merging
    for release, empty if it has none; ``waves``: those scored, in order; ``scores`` and ``levels``: by wave.
    """

    data: Data
    settings: Diagnosis
    card: Scorecard
    level: str
    units: pd.Index
    groups: pd.Series
    waves: list[str]
    scores: dict[str, Scores]
    levels: dict[str, pd.Series]
    _shown: dict = field(default_factory=dict, repr=False)

    @property
    def now(self) -> str:
        """The last wave scored."""
        return self.waves[-1]

    @property
    def starts(self) -> dict[str, float]:
        """Lowest score of each level."""
        return {name: level.start for name, level in self.settings.levels.items()}

    @property
    def dimensions(self) -> list[str]:
        """Names of the dimensions."""
        return [dimension.name for dimension in self.card.dimensions]

    @cached_property
    def firm(self) -> Firmness:
        """How firm levels and ranks are, at the last wave."""
        settings, seed = self.settings, self.data.study.contract.study.seed
        spread = settings.concentration, settings.shift
        draws = weight_sensitivity.draw(self.card, self.starts, settings.draws, seed, *spread)
        return weight_sensitivity.firmness(self.card, self.scores[self.now], self.starts, draws, settings.firm)

    @cached_property
    def influence(self) -> pd.DataFrame:
        """What leaving out each item does at the last wave: see :func:`coops.diagnosis.weight_sensitivity.left_out`."""
        return weight_sensitivity.left_out(self.card, self.scores[self.now], self.starts)

    @cached_property
    def comparable(self) -> list[str]:
        """Items that may be compared from the first wave scored to the last; none with one wave."""
        ends = [self.waves[0], self.now]
        return diagnosis_scores.comparable(self.data, self.card, ends) if len(self.waves) > 1 else []

    @cached_property
    def ends(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Scores at the first and the last wave over comparable items: see :func:`coops.diagnosis.scores.ends`."""
        before, after = (self.scores[wave].items for wave in (self.waves[0], self.now))
        return diagnosis_scores.ends(self.card, before, after, self.comparable, self.settings.answered)

    @property
    def compared(self) -> bool:
        """Tell whether any scored item may be compared between the first wave and the last."""
        return any(item.name in self.comparable for item in self.card.scored)

    @property
    def change(self) -> pd.DataFrame:
        """Change from the first wave scored to the last, over comparable items; empty if there are none."""
        if not self.compared:
            return pd.DataFrame(columns=[*self.dimensions, "overall", "items"])
        before, after = (self.scores[wave].items for wave in (self.waves[0], self.now))
        return diagnosis_scores.change(self.card, before, after, self.comparable, self.settings.answered)

    @property
    def least(self) -> int:
        """Fewest units behind a number that may be shown."""
        return self.data.study.contract.least(self.level)

    def shown(self, part: str) -> set[str]:
        """Return the groups whose mean of a part may be shown at the last wave.

        Not those with too few units, nor those whose mean would tell within one level what any of their units has;
        nor one more where it could be had by subtraction from all. Units without a group are a part of the whole.
        """
        if part not in self._shown:
            values = self.scores[self.now].parts[part]
            hidden = means.of_groups(values, self.groups, self.least, self.alike)
            counts = values.groupby(self.groups).count()
            self._shown[part] = {group for group in counts.index[~hidden & (counts > 0)] if group}
        return self._shown[part]

    def shown_in_all(self, part: str) -> bool:
        """Tell whether the mean of a part over all units may be shown at the last wave."""
        values = self.scores[self.now].parts[part].to_numpy(float)
        return not means.of_all(values, self.least, self.alike)

    def alike(self, low: float, high: float) -> bool:
        """Tell whether two scores lie in one level, if there are several."""
        return within_one_level(low, high, np.array(list(self.starts.values())))

    def profile(self, wave: str, by_group: bool = True) -> pd.DataFrame:
        """Mean scores of each group (or of all units) at a wave, dimension by dimension and overall.

        Returns
        -------
        DataFrame, one row a group and part
            ``group`` (empty for all units), ``part`` (a dimension, or ``overall``), and the columns of
            :func:`coops.diagnosis.typology.profile`.
        """
        scores, parts = self.scores[wave], []
        groups = self.groups if by_group else pd.Series("all", index=self.units)
        census = self.data.study.contract.study.coverage == "census"
        level = self.data.study.contract.design.level
        for part in [*self.dimensions, "overall"]:
            values = scores.parts[part], scores.low[part], scores.high[part]
            means_of_part = diagnosis_typology.profile(*values, groups, census, level)
            parts.append(means_of_part.reset_index().assign(part=part))
        frame = pd.concat(parts, ignore_index=True)
        return frame if by_group else frame.assign(group="")

    def typology(self) -> diagnosis_typology.Typology:
        """Types of units by their dimensions at the last wave, if they are found again in resamples."""
        contract = self.data.study.contract
        smallest = max(2, self.least)
        scored = self.scores[self.now].dimensions.dropna(axis=1, how="all")
        return diagnosis_typology.typology(scored, contract.study.seed, smallest=smallest)

    def needs(self, wave: str) -> pd.DataFrame:
        """How often each need is named at a wave, by group and (``group`` empty) by all; empty if none was asked."""
        asked = [name for name in self.settings.needs if wave in self.data.measured(name)]
        if not asked:
            return pd.DataFrame(columns=["group", "need", "units", "first", "any"])
        named = pd.DataFrame({name: self.data.at(name, wave, self.level, self.units).map(plain) for name in asked})
        whole = diagnosis_typology.needs(named, pd.Series("all", index=self.units)).assign(group="")
        return pd.concat([whole, diagnosis_typology.needs(named, self.groups)], ignore_index=True)


def assess(data: Data) -> Assessment | None:
    """Score the units of a study at every wave; nothing if it has no scorecard or no item of it was asked."""
    card, settings = data.study.scorecard, data.study.contract.diagnosis
    if card is None or settings is None:
        return None
    asked = {wave for item in card.items for wave in data.measured(item.variable)}
    waves = [wave for wave in data.waves if wave in asked and (not settings.waves or wave in settings.waves)]
    if not waves:
        return None
    level, units = diagnosis_scores.unit_level(data), diagnosis_scores.units(data)
    if settings.sample:
        units = units[data.fulfils(settings.sample, waves[0], level, units).to_numpy()]
    answers = {wave: diagnosis_scores.answers(data, card, wave, units, settings.persons) for wave in waves}
    scores = {wave: diagnosis_scores.score(card, items, settings.answered) for wave, items in answers.items()}
    starts = {name: bound.start for name, bound in settings.levels.items()}
    levels = {wave: diagnosis_scores.levels(score.overall, starts) for wave, score in scores.items()}
    return Assessment(data, settings, card, level, units, _groups(data, level, units), waves, scores, levels)


def groups_variable(data: Data) -> str:
    """The variable whose groups are shown: that of ``[diagnosis]``, else the first of the strata, else none."""
    settings, design = data.study.contract.diagnosis, data.study.contract.design
    return (settings.groups if settings else "") or next(iter(design.strata), "")


def _groups(data: Data, level: str, units: pd.Index) -> pd.Series:
    name = groups_variable(data)
    if not name or (level == "group" and data.level_of(name) == "person"):
        return pd.Series("", index=units)
    merge, wave = data.study.contract.release.merge, data.recorded(name, data.waves[0])
    return data.texts(name, wave, level, units).map(lambda value: strata.merged(value, merge))


def within_one_level(low: float, high: float, starts: np.ndarray) -> bool:
    """Tell whether both ends lie in one level, if there are several."""
    first, last = level_places(np.array([low, high]), starts)
    return len(starts) > 1 and bool(first == last)
