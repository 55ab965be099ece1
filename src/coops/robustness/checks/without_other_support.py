"""Without those who had other support: the estimate of the sample that the study names."""

import numpy as np
import pandas as pd

from coops.disclosure.thresholds import few_left
from coops.robustness.check import AlternativeEstimate
from coops.robustness.subsets import estimate_without


class WithoutOtherSupport(AlternativeEstimate):
    """Only the units of the sample ``[robustness] without``."""

    name = "without_other_support"
    place = 80
    settings = ("without",)
    kinds = ("without",)

    def applies(self, comparison, estimate):
        """Where the study names the sample."""
        return "" if comparison.study.contract.robustness.without else "not_named"

    def compare(self, comparison, estimates):
        """Estimate without the others."""
        data, rows = comparison.data, comparison.rows
        inside = pd.Series(False, index=rows.frame.index)
        for wave, part in rows.frame.groupby("wave"):
            there = data.fulfils(comparison.study.contract.robustness.without, wave, rows.level, pd.Index(part["unit"]))
            inside.loc[part.index] = there.to_numpy(dtype=bool)
        return [estimate_without(comparison, estimate, ~inside.to_numpy(), "without") for estimate in estimates]

    def untold(self, row, estimate, study):
        """Leave out a count where all less it are few."""
        rest = few_left(estimate.n, row["n"], study.contract.least(estimate.unit_level))
        return {"n": np.nan, "hidden": "n"} if rest else {}
