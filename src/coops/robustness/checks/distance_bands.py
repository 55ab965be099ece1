"""Bands of distance: the arm against the reference of one band at a time, as what spills over reaches the near ones."""

import numpy as np
import pandas as pd

from coops.disclosure.suppression import of_parts
from coops.estimation import sample_design
from coops.robustness.check import AlternativeEstimate
from coops.robustness.leading import key_of
from coops.robustness.subsets import NOTHING, estimate_without


class DistanceBands(AlternativeEstimate):
    """One row a band of distance between a unit and the nearest in the programme."""

    name = "distance_bands"
    place = 90
    settings = ("bands",)
    kinds = ("band",)

    def applies(self, comparison, estimate):
        """Where the study names the bands, and there is a reference arm."""
        if not comparison.study.contract.robustness.bands:
            return "not_named"
        return "" if comparison.plan.reference and comparison.plan.arms else "no_reference"

    def compare(self, comparison, estimates):
        """Estimate against each band alone; refused where that would tell of few groups."""
        rows, plan = comparison.rows, comparison.plan
        label = comparison.label(comparison.study.contract.robustness.bands)
        reference = rows.in_arm(plan.reference).to_numpy()
        side = np.where(reference, plan.reference, rows.frame["arm"])
        bands = [(band, reference & (label != band)) for band in sorted({name for name in label[reference] if name})]
        fewest = [sample_design.fewest(rows.frame[~gone], side[~gone])[["group", "cluster"]].min() for _, gone in bands]
        hidden = of_parts(pd.Series(fewest, dtype=int), comparison.study.contract.release.min_groups)
        return [
            key_of(estimate) | {"kind": "band", "band": band} | NOTHING | {"refused": "too_few_alone"}
            if out
            else estimate_without(comparison, estimate, gone, "band", band)
            for estimate in estimates
            for (band, gone), out in zip(bands, hidden, strict=True)
        ]

    def named(self, ways, words):
        """Name bands together."""
        variable = words.study.contract.robustness.bands
        bands = [words.value_label(variable, band) for _, band in ways]
        return words.label("look.bands", band=words.parts(bands)) if bands else ""
