"""Entropy balancing: the reference weighted until it looks as the arm did at the start."""

import numpy as np
import pandas as pd

from coops.disclosure.thresholds import few_in_an_arm
from coops.participants import balance, expected, response_weights
from coops.robustness import entropy
from coops.robustness.check import AlternativeEstimate, Exhibit, each, of_estimate
from coops.robustness.exhibits import base, refused_key, table_of
from coops.robustness.leading import Comparison
from coops.show.table import Column, Table
from coops.study.schema import Covariate


class EntropyBalancing(AlternativeEstimate):
    """The arm against the reference balanced to it; the interval holds the estimation of the weights.

    Frame: also ``largest`` (weight), ``effective`` (number), ``reference_units``, ``gap`` and ``before`` (largest
    difference with and without weights, in standard deviations), ``on`` (the variables).
    """

    name = "entropy_balancing"
    place = 70
    kinds = ("balanced",)

    def applies(self, comparison, estimate):
        """Where one arm each is followed over time, and something was known at the start."""
        specification = comparison.specification
        followed = not specification.estimator.cross_section and not comparison.data.cross_sections()
        return "" if len(specification.arm) == 1 and specification.arms and followed else "not_followed"

    def compare(self, comparison, estimates):
        """Estimate again, once an arm; nothing where nothing was known."""
        known = _known(comparison)
        if not set(known) - set(comparison.specification.arms):
            return []
        balanced = entropy.of_rows(comparison.rows, known)
        return [row for estimate in estimates for row in of_estimate(balanced, estimate).to_dict("records")]

    def untold(self, row, estimate, study):
        """Leave out a count of two arms where it would tell those few in another: all together are told."""
        return {"n": np.nan, "hidden": "n"} if few_in_an_arm(estimate, study) else {}

    def exhibits(self, frame, leading):
        """How well the reference could be balanced."""
        rows = []
        for estimate, part in each(frame, leading):
            row = part.iloc[0]
            names = ("before", "gap", "largest", "effective", "reference_units")
            line = base(estimate) | {name: row[name] for name in names} | {"few": row["n_fewest"]}
            if few_in_an_arm(estimate, leading.study):
                line |= {"reference_units": np.nan, "hidden": "reference_units"}
            matched = "yes" if row["gap"] <= entropy.EXACT else "no"
            rows.append(
                line | {"on": len(row["on"].split("|")), "matched": matched, "refused": refused_key(row["refused"])}
            )
        if not rows:
            return []
        columns = [Column("balanced_on", "count", "on"), Column("before_balance", "number", "before")]
        columns += [Column("matched", "label"), Column("largest", "number"), Column("effective", "count")]
        table = table_of(rows, leading.study, *columns, Column("reference_units", "count"))
        table = Table(table.data, tuple(column for column in table.columns if column.head != "unit"), behind="few")
        return [Exhibit("table", {"table": table, "text": "tab_balanced"})]


def _known(comparison: Comparison) -> pd.DataFrame:
    """What is balanced, by unit; the value before stays out where changes are compared (it asks for more).

    A number that is the same in all of the reference stays out too: no weights can move its mean (as of a ready-made
    product with the arm).
    """
    data, specification, study = comparison.data, comparison.specification, comparison.study
    wanted = [*balance.balance_variables(data), *specification.covariates]
    if specification.estimator.differenced:
        outcomes = {leading.outcome for leading in study.resolve(study.headline)}
        wanted = [covariate for covariate in wanted if covariate.variable not in outcomes]
    wanted += [Covariate(variable=name) for name in specification.strata]
    units = pd.Index(comparison.rows.frame["unit"].unique())
    described = expected.described(data, specification, specification.waves[-1], units)
    known = response_weights.predictors(data, specification, described, list(dict.fromkeys(wanted)))
    reference = (described["arm"] == specification.reference).to_numpy()
    numeric = {name for name in (covariate.variable for covariate in wanted) if study.codebook.get(name).numeric}
    return known.drop(columns=[name for name in numeric & set(known) if known[name][reference].nunique() == 1])
