"""Minimum detectable effect: the smallest true value that was likely to be found, before the study and after."""

import numpy as np

from coops.robustness import power
from coops.robustness.check import LIMIT, Answer, Check, Exhibit, each
from coops.robustness.exhibits import base, size, table_of
from coops.robustness.leading import key_of
from coops.show.table import Column, in_percent


class MinimumDetectable(Check):
    """Never the power for the value that was found: that only says the p-value again.

    Frame: ``planned``, ``realised``, ``sd`` in the unit of the outcome, ``icc``, as of :func:`power.detectable`.
    """

    name = "minimum_detectable"
    place = 130

    def compare(self, comparison, estimates):
        """From what was known at the start, and from the standard error."""
        return [key_of(row) | power.detectable(comparison.data, comparison.rows, row) for row in estimates]

    def numbers(self, estimate, frame, leading):
        """The one by the standard error."""
        return {"detectable": frame["realised"].iloc[0] if len(frame) else np.nan}

    def answers(self, row, words):
        """Without a direction: what the study would often not have seen."""
        if row["says"] != "uncertain" or not np.isfinite(row["detectable"]):
            return []
        return [Answer(LIMIT, words.label("overturn.detectable", size=size(row["detectable"], row, words)))]

    def exhibits(self, frame, leading):
        """Before and after, and what the first rests on."""
        names = ("planned", "realised", "sd", "icc")
        rows = [base(row) | {name: part[name].iloc[0] for name in names} for row, part in each(frame, leading)]
        if not rows:
            return []
        columns = [Column("known_before", "measure", "planned"), Column("realised", "measure")]
        table = table_of(rows, leading.study, *columns, Column("sd", "measure"), Column("icc", "number"))
        return [Exhibit("table", {"table": table, "text": "tab_detectable", "power": in_percent(power.POWER)})]
