"""Trends that would have differed anyway: how much faster must the outcome have risen in the arm."""

import numpy as np

from coops.robustness import breakdown
from coops.robustness.check import DIRECTIONS, ENOUGH, Answer, Check, Exhibit, each
from coops.robustness.exhibits import base, estimate_columns, size, table_of
from coops.robustness.leading import key_of
from coops.show.table import Column


class Trends(Check):
    """A difference of the trends of arm and reference.

    Frame: ``trend`` (a year, or over the whole time where the waves have no dates), ``years`` (length of the trend,
    missing without dates), ``per`` (how far a trend of 1 moves the estimate), ``reach`` (``year`` or ``whole``).
    """

    name = "trends"
    place = 20
    sizes = ("trend", "years")

    def applies(self, comparison, estimate):
        """Where trends are supposed to be alike: changes are compared, and no lot was drawn."""
        return "" if estimate.arm and comparison.plan.claim == "trends" else "no_trends"

    def compare(self, comparison, estimates):
        """The smallest trend; linear in time."""
        length = years(comparison)
        rows = []
        for estimate in estimates:
            trend = breakdown.trend(estimate, [], length if np.isfinite(length) else 1.0)
            least = comparison.nearer(trend.size, estimate.arm, trend.per)
            row = {"trend": least, "years": length, "per": trend.per, "reach": time_of(length)}
            rows.append(key_of(estimate) | row)
        return rows

    def numbers(self, estimate, frame, leading):
        """The size, and the length of the trend."""
        row = frame.iloc[0] if len(frame) else {}
        return {name: row.get(name, np.nan) for name in self.sizes}

    def answers(self, row, words):
        """Any trend of that size is enough."""
        if row["says"] not in DIRECTIONS or not np.isfinite(row["trend"]):
            return []
        key = f"overturn.by.trend.{time_of(row['years'])}"
        return [Answer(ENOUGH, words.label(key, size=size(row["trend"], row, words)))]

    def size_columns(self, frame):
        """The trend, of a year where any has dates."""
        dated = len(frame) and frame["years"].notna().any()
        return [Column("trend" if dated else "trend_whole", "measure", "trend")]

    def recorded(self, frame):
        """The trend, with the time that it is of."""
        return [
            {"quantity": "trend", "value": row["trend"], "reach": row["reach"]}
            for row in frame.to_dict("records")
            if row["trend"] > 0
        ]

    def exhibits(self, frame, leading):
        """The estimates under growing trends; none for results that no trend is needed to overturn."""
        rows = []
        for estimate, part in each(frame, leading):
            row = part.iloc[0]
            if row["trend"] > 0:
                grid = breakdown.trend(estimate, breakdown.SIZES * abs(estimate.estimate) / row["per"], row["per"]).grid
                rows += [base(estimate) | {"years": row["years"]} | line for line in grid.to_dict("records")]
        if not rows:
            return []
        per = "per_year" if frame["years"].notna().any() else "per_whole"
        table = table_of(rows, leading.study, Column("size", "measure"), *estimate_columns(leading.study))
        return [Exhibit("table", {"table": table, "text": "tab_trends", "per": lambda words: words.label(per)})]


def years(comparison):
    """Years between the middle of the baseline waves and that of the waves of the outcome; missing without dates."""
    plan, waves, middles = comparison.plan, comparison.study.contract.waves, {}
    for name in (*plan.baseline, *plan.waves):
        first, last = waves[name].start, waves[name].end or waves[name].start
        if not first:
            return np.nan
        middles[name] = (first.toordinal() + last.toordinal()) / 2
    before, after = ([middles[name] for name in part] for part in (plan.baseline, plan.waves))
    return float(np.mean(after) - np.mean(before)) / 365.25


def time_of(length):
    """Of what time the size of a trend is: of a ``year``, or of the ``whole`` time where no dates are known."""
    return "year" if np.isfinite(length) else "whole"
