"""A confounder that nobody saw: what share of outcome and arm must it explain to overturn an estimate."""

import numpy as np

from coops.estimation import cluster_robust
from coops.robustness import breakdown
from coops.robustness.check import DIRECTIONS, ENOUGH, Answer, Check
from coops.robustness.leading import key_of
from coops.show.table import Column


class Confounder(Check):
    """The robustness value of the interval (Cinelli and Hazlett 2020).

    Frame: ``confounder``, a share of 0 to 1; missing where there are too few rows for it.
    """

    name = "confounder"
    place = 40
    sizes = ("confounder",)

    def applies(self, comparison, estimate):
        """Where arms are compared that no lot was drawn for."""
        drawn = comparison.specification.assignment != "not randomised"
        return "no_arm" if not estimate.arm else "drawn" if drawn else ""

    def compare(self, comparison, estimates):
        """The share of what is left of both."""
        rows = comparison.rows
        kept, _ = cluster_robust.independent_columns(rows.design, rows.protected)
        left, lines = len(rows.frame) - len(kept), []
        for estimate in estimates:
            value = np.nan
            if left >= 3 and estimate.std_error > 0:
                t = estimate.estimate / estimate.std_error
                value = breakdown.robustness_value(t, left, estimate.conf_level, estimate.df)
            lines.append(key_of(estimate) | {"confounder": value})
        return lines

    def numbers(self, estimate, frame, leading):
        """The share."""
        return {"confounder": frame["confounder"].iloc[0] if len(frame) else np.nan}

    def answers(self, row, words):
        """Told where the estimate rests on nothing but what it is adjusted for; else it stands in the table alone."""
        if row["says"] not in DIRECTIONS or row["claim"] != "adjusted" or not np.isfinite(row["confounder"]):
            return []
        share = words.number(100 * row["confounder"], 1)
        return [Answer(ENOUGH, words.label("overturn.by.confounder", share=share))]

    def size_columns(self, frame):
        """The share."""
        return [Column("confounder", "percent")]
