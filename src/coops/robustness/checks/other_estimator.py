"""The other estimator: ANCOVA where changes are compared, changes where ANCOVA leads."""

from dataclasses import replace

from coops.estimation import effects, sample_design
from coops.robustness.check import AlternativeEstimate
from coops.robustness.subsets import as_alternative
from coops.study.estimators import ESTIMATORS


class OtherEstimator(AlternativeEstimate):
    """The same rows, covariates and strata by the estimator that assumes what the leading one does not."""

    name = "other_estimator"
    place = 60
    kinds = tuple(dict.fromkeys(record.alternative for record in ESTIMATORS.values() if record.alternative))

    def applies(self, comparison, estimate):
        """Where there is a value before, and no dose."""
        other = comparison.specification.estimator.alternative and not comparison.specification.dose
        return "" if other else "no_other_estimator"

    def compare(self, comparison, estimates):
        """Estimate by the other one."""
        estimator = ESTIMATORS[comparison.specification.estimator.alternative]
        rows = sample_design.build(comparison.data, replace(comparison.specification, estimator=estimator))
        others = effects.rows(rows)
        return [as_alternative(row, estimator.name, others[comparison.place(row)]) for row in estimates]
