"""The leading estimates of a study, each with the rows behind it: what a check of robustness looks at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from coops.data.units import Data
from coops.estimation import cluster_robust, effects, influence, sample_design, tidy
from coops.estimation.direction import direction, held_back
from coops.estimation.sample_design import Rows
from coops.estimation.tidy import Row
from coops.impact import multiplicity
from coops.robustness import breakdown
from coops.show.results import Record
from coops.study.schema import Family
from coops.study.study import Specification, Study

KEY = ["outcome", "wave", "arm", "specification"]


def key_of(estimate: Row) -> dict[str, str]:
    """The columns that name a leading estimate, in every frame of a check."""
    return {name: getattr(estimate, name) for name in KEY}


@dataclass(frozen=True)
class Comparison:
    """Estimates of one specification, the rows that they were made from, and what a check needs to make them otherwise.

    ``comparable`` tells whether the question was the same at all its waves. ``draws`` and ``seed`` are of
    whatever is drawn. ``least_shift``: arm → how much nearer to zero its estimate must be before a confirmatory family
    leaves it no direction; an arm is not there where none decides. ``ranges``: arm → what the losses could do to its
    estimate, as recorded.
    """

    data: Data
    rows: Rows
    estimates: list[Row]
    comparable: Callable[[Specification], bool]
    draws: int
    seed: int
    least_shift: dict[str, float] = field(default_factory=dict)
    ranges: dict[str, Record] = field(default_factory=dict)

    @property
    def study(self) -> Study:
        """The study."""
        return self.data.study

    @property
    def specification(self) -> Specification:
        """The specification of the estimates."""
        return self.rows.specification

    def place(self, estimate: Row) -> int:
        """The place of an estimate among those of its specification: the order of the arms."""
        return next(place for place, other in enumerate(self.estimates) if other.arm == estimate.arm)

    def label(self, variable: str) -> np.ndarray:
        """Value of a variable as text (N,), in the order of the rows; empty where there is none."""
        labels = pd.Series("", index=self.rows.frame.index, dtype=object)
        for wave, part in self.rows.frame.groupby("wave"):
            measured = self.data.recorded(variable, wave)
            known = self.data.texts(variable, measured, self.rows.level, pd.Index(part["unit"]))
            labels.loc[part.index] = known.to_numpy()
        return labels.to_numpy(dtype=object)

    @cached_property
    def area(self) -> np.ndarray | None:
        """Area of each row (N,); none if the study names none."""
        variable = self.study.contract.robustness.area
        return self.label(variable) if variable else None

    def area_unknown(self, arm: str) -> bool:
        """Tell whether the area is not known of rows that the estimate of an arm rests on."""
        weight = np.abs(influence.influence(self.rows, arm)[self.area == ""])
        return bool((weight > cluster_robust.COLLINEAR).any())

    def exposure(self, arm: str) -> breakdown.Exposure:
        """How a shock of an area enters the estimate of an arm."""
        return breakdown.exposure(self.rows, arm, self.area)  # type: ignore[arg-type]  # asked where areas are named

    def nearer(self, size: float, arm: str, per: float) -> float:
        """A size that overturns, or the smaller one at which a confirmatory family takes the direction back."""
        return min(size, self.least_shift[arm] / per) if size > 0 and arm in self.least_shift else size


@dataclass(frozen=True)
class Leading:
    """All leading estimates of a study."""

    data: Data
    comparisons: list[Comparison]
    comparable: Callable[[Specification], bool]

    @property
    def study(self) -> Study:
        """The study."""
        return self.data.study

    @property
    def estimates(self) -> list[Row]:
        """Every leading estimate, in the order of the study."""
        return [estimate for comparison in self.comparisons for estimate in comparison.estimates]

    def margin(self, estimate: Row) -> float:
        """How much nearer to zero an estimate must be before it has no direction; missing without an interval."""
        named = {(of.specification.outcome, of.specification.wave): of for of in reversed(self.comparisons)}
        mine = named[estimate.outcome, estimate.wave]
        return float(np.fmin(breakdown.margin(estimate), mine.least_shift.get(estimate.arm, np.nan)))


def leading(
    data: Data,
    specifications: list[Specification],
    comparable: Callable[[Specification], bool],
    ranges: Sequence[Record] = (),
    *,
    draws: int,
    seed: int,
) -> Leading:
    """Make the leading estimates, with what the confirmatory families of the study leave of them.

    Parameters
    ----------
    specifications : list of Specification
        Those of one specification, as a rule the headline.
    comparable : callable
        Tells whether the question was the same at all waves of a specification.
    ranges : list of Record
        What the losses could do to the estimates, as recorded; none where nobody is missing.
    draws, seed : int
        Of the families, and of whatever a check draws.
    """
    settings = {"draws": draws, "seed": seed}
    built = [sample_design.build(data, specification) for specification in specifications]
    fitted = [(rows, effects.estimate(rows, comparable(rows.specification))) for rows in built]
    families = {n: f for n, f in data.study.contract.families.items() if f.confirmatory}
    together = multiplicity.of_study(data.study, fitted, families, **settings)
    comparisons = []
    for rows, estimates in fitted:
        adjusted = tidy.rows(multiplicity.allow_for(estimates, together))
        shifts = {row.arm: _least_shift(row, families, fitted, **settings) for row in adjusted}
        shifts = {arm: shift for arm, shift in shifts.items() if np.isfinite(shift)}
        named = (rows.specification.outcome, rows.specification.wave)
        mine = {record.arm: record for record in ranges if (record.outcome, record.wave) == named}
        comparisons.append(Comparison(data, rows, adjusted, comparable, **settings, least_shift=shifts, ranges=mine))
    return Leading(data, comparisons, comparable)


def _least_shift(estimate: Row, families: dict[str, Family], fitted: list, **settings: int) -> float:
    """Distance towards zero at which the confirmatory families of an estimate leave no direction; missing without."""
    if held_back(estimate):
        return 0.0
    mine = [family.outcomes for family in families.values() if estimate.outcome in family.outcomes]
    if direction(estimate) not in ("up", "down") or not mine:
        return np.nan
    return min(multiplicity.least_shift(tidy.key(estimate), outcomes, fitted, **settings) for outcomes in mine)
