"""The estimators: one record each. All that depends on an estimator is read from its record, never from its name."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Estimator:
    """One way to estimate an effect or a change by least squares.

    ``regression``, ``rows``: what it does and on which rows, as ``data/README.md`` says it.
    ``terms``: what no other regressor may push out, the one that is estimated first: ``arm`` (a 0/1 column an arm, the
    reference left out), ``after`` (0/1), ``arm:after`` (their product); none: the constant is what is estimated, and
    all else is centred. ``controls``: regressors made of the rows of :class:`coops.estimation.sample_design.Rows`, such
    as the outcome at baseline: name → function. ``differenced``: the outcome is the change since baseline, one row a
    unit seen at all waves. ``cross_section``: units of the waves before and after, one below the other; none needs to
    be in both. ``without_lot``: claim where no lot was drawn. ``alternative``: the estimator that answers the same
    question on the same rows otherwise, for the checks of robustness.
    """

    name: str
    regression: str
    rows: str
    terms: tuple[str, ...]
    without_lot: str
    quantity: str = "effect"
    differenced: bool = False
    cross_section: bool = False
    controls: dict[str, Callable[[pd.DataFrame], pd.Series]] = field(default_factory=dict)
    alternative: str = ""

    @property
    def compares_arms(self) -> bool:
        """Tell whether it sets an arm against a reference."""
        return self.quantity == "effect"

    @property
    def needs_baseline(self) -> bool:
        """Tell whether it needs waves before those of the outcome."""
        return self.differenced or self.cross_section or bool(self.controls)

    @property
    def dependent(self) -> str:
        """Name of what is explained, in a formula and its data: ``change`` or ``outcome``."""
        return "change" if self.differenced else "outcome"

    @property
    def estimates(self) -> str:
        """The quantity, and the term that holds it where the regression has several; as ``data/README.md`` says it."""
        named = self.cross_section and self.terms
        return f"{self.quantity} ({self.terms[0].replace(':', ' × ')})" if named else self.quantity

    def claim(self, assignment: str) -> str:
        """Which words a design allows: ``because``, ``trends``, ``adjusted`` or ``changed`` (`data/README.md`)."""
        if not self.compares_arms or assignment == "no comparison":
            return "changed"
        return "because" if assignment == "randomised" else self.without_lot


def _baseline(rows: pd.DataFrame) -> pd.Series:
    return rows["baseline"]


_ALL = (
    Estimator(
        "level",
        regression="y at the wave, on arm",
        rows="units seen at the wave",
        terms=("arm",),
        without_lot="adjusted",
    ),
    Estimator(
        "ancova",
        regression="y at the wave, on arm and y at baseline",
        rows="units seen at both",
        terms=("arm",),
        controls={"baseline": _baseline},
        without_lot="adjusted",
        alternative="difference",
    ),
    Estimator(
        "difference",
        regression="y − y at baseline, on arm",
        rows="one a unit seen at both",
        terms=("arm",),
        differenced=True,
        without_lot="trends",
        alternative="ancova",
    ),
    Estimator(
        "difference cross-section",
        regression="y on arm, after, arm × after",
        rows="all rows of all waves",
        terms=("arm:after", "arm", "after"),
        cross_section=True,
        without_lot="trends",
    ),
    Estimator(
        "change",
        regression="y − y at baseline, on a constant",
        rows="one a unit seen at both",
        terms=(),
        quantity="change",
        differenced=True,
        without_lot="changed",
    ),
    Estimator(
        "change cross-section",
        regression="y on after",
        rows="all rows of all waves",
        terms=("after",),
        quantity="change",
        cross_section=True,
        without_lot="changed",
    ),
)
ESTIMATORS = {estimator.name: estimator for estimator in _ALL}
