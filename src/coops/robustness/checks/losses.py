"""Those who were lost: is the direction kept in the range of what their absence could do, as it was recorded before."""

from coops.estimation.direction import direction
from coops.robustness.check import DIRECTIONS, ENOUGH, NOT_ENOUGH, Answer, Check
from coops.robustness.leading import key_of


class Losses(Check):
    """The range of an estimate under the best and the worst loss that retention allows, with sampling error.

    Frame: ``conf_low`` and ``conf_high`` as recorded with the participants.
    """

    name = "losses"
    place = 110
    ends = ("conf_low", "conf_high")

    def applies(self, comparison, estimate):
        """Where a range was recorded."""
        return "" if estimate.arm in comparison.ranges else "no_range"

    def compare(self, comparison, estimates):
        """The ranges that were recorded."""
        pairs = [(estimate, comparison.ranges[estimate.arm]) for estimate in estimates]
        return [key_of(estimate) | {name: getattr(ends, name) for name in self.ends} for estimate, ends in pairs]

    def numbers(self, estimate, frame, leading):
        """Is the direction ``kept``, or ``open``; empty without a range."""
        if frame.empty:
            return {"losses": ""}
        kept = direction(next(frame.itertuples())) == direction(estimate)
        return {"losses": "kept" if kept else "open"}

    def answers(self, row, words):
        """An open range is enough."""
        if row["says"] not in DIRECTIONS or not row["losses"]:
            return []
        side, part = ("by", ENOUGH) if row["losses"] == "open" else ("not", NOT_ENOUGH)
        return [Answer(part, words.label(f"overturn.{side}.losses"))]
