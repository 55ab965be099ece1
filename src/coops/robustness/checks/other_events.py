"""Whatever else happened between the waves: how far must it have moved a change that is compared with nothing."""

import numpy as np

from coops.robustness.check import DIRECTIONS, ENOUGH, Answer, Check
from coops.robustness.exhibits import size


class OtherEvents(Check):
    """Of a change nothing is known but its distance from zero: as much as that by anything else overturns it.

    Frame: the key alone; the summary knows the distance (``margin``) of every estimate.
    """

    name = "other_events"
    place = 30

    def applies(self, comparison, estimate):
        """Where nothing is compared."""
        return "" if comparison.specification.claim == "changed" else "compared"

    def answers(self, row, words):
        """As much as the end of the interval is away from zero is enough."""
        if row["says"] not in DIRECTIONS or row["claim"] != "changed" or not np.isfinite(row["margin"]):
            return []
        return [Answer(ENOUGH, words.label("overturn.by.time", size=size(row["margin"], row, words)))]
