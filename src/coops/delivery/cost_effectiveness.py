"""What a unit of effect cost: cost-effectiveness, with the set of values that the data do not reject.

Source: Fieller 1954, Journal of the Royal Statistical Society B 16(2), 175-185 (confidence set of a ratio).
"""

from dataclasses import dataclass, replace

import numpy as np

from coops.estimation import cluster_robust, effects
from coops.estimation.influence import weights
from coops.estimation.sample_design import Rows

ZERO = 1e-12  # relative: a leading coefficient this small is zero


@dataclass(frozen=True)
class Ratio:
    """Cost of a unit of effect, with the set of values that the data do not reject.

    ``value`` = cost / effect. ``kind`` of the set: ``"interval"`` (from low to high), ``"complement"`` (up to low and
    from high: the effect may be zero, and the cost of a unit of it without limit), ``"line"`` (any value: the data say
    nothing), ``"half"`` (the border case: one end infinite). Costs are in money per unit, effects in the unit of the
    outcome, ``covariance`` in their product.
    """

    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    kind: str = ""
    cost: float = np.nan
    se_cost: float = np.nan
    effect: float = np.nan
    se_effect: float = np.nan
    covariance: float = np.nan
    df: float = np.nan
    level: float = 0.95
    refused: str = ""


def fieller(cost, effect, var_cost, var_effect, covariance=0.0, *, df: float, level: float = 0.95) -> Ratio:
    """Ratio of two estimates with its confidence set.

    Notes
    -----
    The set holds each r with (cost - r effect)^2 <= t^2 (var_cost - 2 r covariance + r^2 var_effect), t with ``df``
    (Fieller 1954): A r^2 - 2 B r + C <= 0 with A = effect^2 - t^2 var_effect, B = cost effect - t^2 covariance, C =
    cost^2 - t^2 var_cost. An interval if A > 0 (the effect differs from zero), else a complement, or the line if no r
    is rejected.
    """
    from scipy import stats

    t2 = float(stats.t.isf((1 - level) / 2, df)) ** 2
    a, b, c = effect**2 - t2 * var_effect, cost * effect - t2 * covariance, cost**2 - t2 * var_cost
    found = Ratio(
        value=float(cost / effect) if effect else np.nan, cost=float(cost), se_cost=float(np.sqrt(var_cost)),
        effect=float(effect), se_effect=float(np.sqrt(var_effect)), covariance=float(covariance), df=df, level=level,
    )  # fmt: skip
    if abs(a) <= ZERO * max(effect**2, t2 * var_effect):
        if b == 0:  # no effect, known exactly
            return (
                replace(found, kind="line", low=-np.inf, high=np.inf) if c <= 0 else replace(found, refused="no_effect")
            )
        low, high = (c / (2 * b), np.inf) if b > 0 else (-np.inf, c / (2 * b))
        return replace(found, kind="half", low=float(low), high=float(high))
    inside = b**2 - a * c
    if a < 0 and inside <= 0:
        return replace(found, kind="line", low=-np.inf, high=np.inf)
    root = np.sqrt(max(0.0, inside))
    low, high = sorted(((b - root) / a, (b + root) / a))
    return replace(found, kind="interval" if a > 0 else "complement", low=float(low), high=float(high))


def cost_effectiveness(built: Rows, arm: str, cost) -> Ratio:
    """Cost of a unit of effect: both by one regression, with their covariance by cluster.

    Parameters
    ----------
    built : Rows
        Of the effect.
    cost : array (N,)
        Cost of each row's unit, such as from :func:`per_unit`; 0 in the reference (or what support cost there).

    Returns
    -------
    Ratio
        Refused as the effect is. What a unit of the arm cost more than one of the reference is estimated with the same
        regressors, weights and clusters as the effect.

    Notes
    -----
    The CR2 covariance of two coefficients is sum over clusters of c'M X_g'W_g A_g e_g e*_g'A_g W_g X_g M c, bilinear in
    the two outcomes: (V(y + c) - V(y - c)) / 4. The Bell-McCaffrey df depend on the regressors only and serve both.
    """
    one = next(found for found in effects.estimate(built) if found.arm == arm)
    if one.refused:
        return Ratio(level=one.level, refused=one.refused)
    kept, _ = cluster_robust.independent_columns(built.design, built.protected)
    column, design, cluster = built.interest[arm], built.design[kept], built.frame["cluster"].to_numpy()
    y = built.frame["outcome"].to_numpy(dtype=float)
    spent = np.asarray(cost, dtype=float) * (built.frame["part"] == "after").to_numpy()
    weighted = weights(built) if built.plan.weights or built.plan.weigh == "groups" else None
    unit = spent.std() / y.std() if spent.std() > 0 else 1.0  # in one scale, so that sum and difference keep both
    paid, more, less = (
        cluster_robust.fit(values, design, cluster, weighted, column)
        for values in (spent, spent + unit * y, spent - unit * y)
    )
    covariance = float(more.se_cr2[0] ** 2 - less.se_cr2[0] ** 2) / (4 * unit)
    return fieller(
        float(paid.coefficients[0]), one.value, float(paid.se_cr2[0]) ** 2, one.se_cr2**2, covariance,
        df=one.df, level=one.level,
    )  # fmt: skip
