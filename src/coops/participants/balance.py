"""Who is in the data: flow, balance between the arms at the start, and who was lost."""

import numpy as np
import pandas as pd

from coops.data.units import Data
from coops.estimation import effects, sample_design, tidy
from coops.study.estimators import ESTIMATORS
from coops.study.schema import Covariate
from coops.study.study import Specification


def balance_variables(data: Data) -> list[Covariate]:
    """Variables compared at the start: see :meth:`coops.study.study.Study.compared_at_start`; measured ones only."""
    first = data.waves[0]
    wanted = [Covariate(variable=named.variable, wave=named.wave or first) for named in data.study.compared_at_start()]
    return [covariate for covariate in dict.fromkeys(wanted) if covariate.wave in data.measured(covariate.variable)]


def _specification(data: Data, variable: str, wave: str, name: str) -> Specification:
    """A comparison of means by the arms of ``[design]``, without strata or covariates."""
    design = data.study.contract.design
    return Specification(
        name=name,
        estimator=ESTIMATORS["level"],
        outcome=variable,
        waves=(wave,),
        baseline=(),
        sample="",
        covariates=(),
        arm=tuple(design.arm),
        arms=data.study.arms(),
        reference=design.reference if len(design.arm) == 1 else "",
        arm_wave=design.arm_wave,
        assignment=design.assignment,
        strata=(),
        cluster=design.cluster,
        assigned=design.assigned or design.cluster,
        weights=design.weights,
        level=design.level,
        weigh="persons",
        confirmatory=False,
    )


def balance(data: Data) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare the arms at the start.

    Returns
    -------
    table : DataFrame, one row a variable, wave and arm
        n, mean, sd; for an arm that is not the reference also the normalised difference
        (Imbens and Rubin 2015, 14.2): difference of means over the square root of the mean variance.
    differences : DataFrame, one row an estimate
        Difference of means with its CR2 interval, an estimate an arm, as of :mod:`coops.estimation.tidy`.
    """
    lines, differences = [], []
    for covariate in balance_variables(data) if data.study.contract.design.arm else []:
        built = sample_design.build(data, _specification(data, covariate.variable, covariate.wave, "balance"))
        differences.append(effects.estimate(built).assign(quantity="difference"))
        means = {arm: _moments(built, built.in_arm(arm)) for arm in built.specification.arms}
        base = means.get(built.specification.reference) or _moments(built, built.in_reference())
        for arm, (n, mean, sd) in means.items():
            apart = np.nan if arm == built.specification.reference else _normalised(mean, sd, *base[1:])
            lines.append((covariate.variable, covariate.wave, arm, n, mean, sd, apart))
    table = pd.DataFrame(lines, columns=["variable", "wave", "arm", "n", "mean", "sd", "normalised"])
    return table, tidy.joined(differences)


def _moments(built: sample_design.Rows, mask: pd.Series) -> tuple[int, float, float]:
    part = built.frame.loc[mask.to_numpy()]
    if len(part) < 2:
        return len(part), np.nan, np.nan
    values, weights = part["outcome"].to_numpy(dtype=float), part["weight"].to_numpy()
    mean = np.average(values, weights=weights)
    variance = np.average((values - mean) ** 2, weights=weights) * len(part) / (len(part) - 1)
    return len(part), float(mean), float(np.sqrt(variance))


def _normalised(mean: float, sd: float, base_mean: float, base_sd: float) -> float:
    spread = np.sqrt((sd**2 + base_sd**2) / 2)
    return (mean - base_mean) / spread if spread > 0 else np.nan
