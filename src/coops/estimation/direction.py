"""Which side of zero an estimate is on, as the page says it, and of which others a placebo speaks."""

import numpy as np

from coops.estimation.tidy import Row
from coops.show.results import Record
from coops.study.study import Study


def held_back(estimate: Row) -> bool:
    """Tell whether the p that allows for an estimate's confirmatory families takes its direction back."""
    adjusted = getattr(estimate, "p_value_adjusted", np.nan)  # a look from another side is in no family
    if np.isnan(adjusted):
        return False
    return adjusted > 1 - estimate.conf_level and not estimate.conf_low <= 0 <= estimate.conf_high


def direction(estimate: Row) -> str:
    """``up`` or ``down`` if the interval leaves out zero, ``uncertain`` if it does not, ``refused`` without one.

    As the page says it: ``uncertain`` too where an estimate's confirmatory family takes the direction back.
    """
    if not np.isfinite([estimate.conf_low, estimate.conf_high]).all():
        return "refused"
    if held_back(estimate):
        return "uncertain"
    return "up" if estimate.conf_low > 0 else "down" if estimate.conf_high < 0 else "uncertain"


def _places(wave: str, waves: list[str]) -> list[int]:
    """Places of a wave, or of waves together, in the order of the study."""
    together = [wave] if wave in waves else [name for name in waves if f"_{name}_" in f"_{wave}_"]
    return [waves.index(name) for name in together]


def concerns(placebo: Row | Record, estimate: Row | Record, study: Study) -> bool:
    """Tell whether a placebo estimate speaks of another, made likewise, with arms and references that share units.

    Of a common wave, or of a time wholly before.
    """
    arms, waves = study.contract.arms, list(study.contract.waves)
    mine, other = (_places(row.wave, waves) for row in (placebo, estimate))
    at_the_time = bool(set(mine) & set(other)) or max(mine, default=0) < min(other, default=0)

    def alike(mine: str, other: str) -> bool:
        if mine == other or not {mine, other} <= set(arms):
            return mine == other
        return arms[mine].variable == arms[other].variable and bool(set(arms[mine].values) & set(arms[other].values))

    same = placebo.quantity == estimate.quantity and at_the_time
    return same and alike(placebo.arm, estimate.arm) and alike(placebo.reference, estimate.reference)
