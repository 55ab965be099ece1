"""Which side of zero an estimate is on, as the page says it, and of which others a placebo speaks."""

import numpy as np

from coops.estimation.effects import Estimate
from coops.study.study import Study


def held_back(one) -> bool:
    """Tell whether the p that allows for an estimate's confirmatory families takes its direction back."""
    return isinstance(one, Estimate) and one.p_family > 1 - one.level and not one.low <= 0 <= one.high


def direction(one) -> str:
    """``up`` or ``down`` if the interval leaves out zero, ``uncertain`` if it does not, ``refused`` without one.

    As the page says it: ``uncertain`` too where an estimate's confirmatory family takes the direction back.
    """
    if not np.isfinite([one.low, one.high]).all():
        return "refused"
    if held_back(one):
        return "uncertain"
    return "up" if one.low > 0 else "down" if one.high < 0 else "uncertain"


def _places(wave: str, waves: list[str]) -> list[int]:
    """Places of a wave, or of waves together, in the order of the study."""
    together = [wave] if wave in waves else [name for name in waves if f"_{name}_" in f"_{wave}_"]
    return [waves.index(name) for name in together]


def concerns(placebo, one, study: Study) -> bool:
    """Tell whether a placebo estimate speaks of another, made likewise, with arms and references that share units.

    Of a common wave, or of a time wholly before.
    """
    arms, waves = study.contract.arms, list(study.contract.waves)
    mine, other = (_places(it.wave, waves) for it in (placebo, one))
    at_the_time = bool(set(mine) & set(other)) or max(mine, default=0) < min(other, default=0)

    def alike(mine: str, other: str) -> bool:
        if mine == other or not {mine, other} <= set(arms):
            return mine == other
        return arms[mine].variable == arms[other].variable and bool(set(arms[mine].values) & set(arms[other].values))

    same = placebo.quantity == one.quantity and at_the_time
    return same and alike(placebo.arm, one.arm) and alike(placebo.reference, one.reference)


def claim(assignment: str, estimator: str) -> str:
    """Return which words a design allows: ``because``, ``trends``, ``adjusted`` or ``changed`` (contract.md)."""
    if estimator.startswith("change") or assignment == "no comparison":
        return "changed"
    if assignment == "randomised":
        return "because"
    return "trends" if estimator.startswith("difference") else "adjusted"
