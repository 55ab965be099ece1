"""What a unit of effect cost: cost-effectiveness, with the set of values that the data do not reject.

Source: Fieller 1954, Journal of the Royal Statistical Society B 16(2), 175-185 (confidence set of a ratio).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coops.data.units import Data
from coops.delivery import tallies
from coops.delivery.activities import Activities
from coops.estimation import cluster_robust, effects, sample_design
from coops.estimation.influence import weights
from coops.estimation.sample_design import Rows
from coops.estimation.tidy import fewest

ZERO = 1e-12  # relative: a leading coefficient this small is zero


BLANK = {
    "outcome": "", "wave": "", "arm": "", "specification": "", "quantity": "cost", "estimate": np.nan,
    "conf_low": np.nan, "conf_high": np.nan, "conf_level": 0.95, "df": np.nan, "n": 0, "n_fewest": 0, "unit_level": "",
    "refused": "", "kind": "", "cost": np.nan, "std_error_cost": np.nan, "effect": np.nan, "std_error_effect": np.nan,
    "covariance": np.nan,
}  # fmt: skip


def row(**cells: object) -> pd.Series:
    """One row of the frame of results: the cost of a unit of effect, with the set of values that are not rejected.

    ``estimate`` = cost / effect. ``kind`` of the set: ``"interval"`` (from ``conf_low`` to ``conf_high``),
    ``"complement"`` (up to low and from high: the effect may be zero, and the cost of a unit of it without limit),
    ``"line"`` (any value: the data say nothing), ``"half"`` (the border case: one end infinite). Costs are in money per
    unit, effects in the unit of the outcome, ``covariance`` in their product. ``n`` of ``unit_level``, ``n_fewest`` of
    them in the arm or in its reference.
    """
    return pd.Series(BLANK | cells, dtype=object)


def fieller(
    cost: float,
    effect: float,
    var_cost: float,
    var_effect: float,
    covariance: float = 0,
    *,
    df: float,
    level: float = 0.95,
) -> pd.Series:
    """Ratio of two estimates with its confidence set: see :func:`row`.

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
    cells = {
        "estimate": float(cost / effect) if effect else np.nan, "cost": float(cost), "effect": float(effect),
        "std_error_cost": float(np.sqrt(var_cost)), "std_error_effect": float(np.sqrt(var_effect)),
        "covariance": float(covariance), "df": df, "conf_level": level,
    }  # fmt: skip
    line = {"kind": "line", "conf_low": -np.inf, "conf_high": np.inf}
    if abs(a) <= ZERO * max(effect**2, t2 * var_effect):
        if b == 0:  # no effect, known exactly
            return row(**cells | (line if c <= 0 else {"refused": "no_effect"}))
        low, high = (c / (2 * b), np.inf) if b > 0 else (-np.inf, c / (2 * b))
        return row(**cells, kind="half", conf_low=float(low), conf_high=float(high))
    inside = b**2 - a * c
    if a < 0 and inside <= 0:
        return row(**cells | line)
    root = np.sqrt(max(0.0, inside))
    low, high = sorted(((b - root) / a, (b + root) / a))
    return row(**cells, kind="interval" if a > 0 else "complement", conf_low=float(low), conf_high=float(high))


def of_study(activities: Activities, data: Data) -> pd.DataFrame:
    """What one unit of each leading effect cost: one row an effect and arm."""
    frames = [framed([])]
    for specification in data.study.resolve(data.study.headline):
        comparable = data.study.comparable(specification)
        frames.append(of_effect(activities, data, sample_design.build(data, specification), comparable))
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def framed(rows: list[dict]) -> pd.DataFrame:
    """Put rows into the frame of results."""
    return pd.DataFrame(rows, columns=list(BLANK))


def of_effect(activities: Activities, data: Data, built: Rows, comparable: bool) -> pd.DataFrame:
    """Set what was spent against an effect, a row an arm; none for what is no effect of an arm.

    A unit costs its share of what was spent on its group, shared out evenly among all units of the group.
    """
    specification = built.specification
    collected = activities.level and activities.given["cost"].notna().any()
    if specification.quantity != "effect" or not collected:
        return framed([])
    cost = cost_of_rows(activities, data, built)
    rows = []
    for arm in built.interest:
        ratio = cost_effectiveness(built, arm, cost) if comparable else row(refused="not_comparable")
        n = built.frame["unit"].nunique()
        by_arm = {name: built.frame.loc[built.in_arm(name).to_numpy(), "unit"].nunique() for name in specification.arms}
        own = {"arm": arm, "specification": specification.name, "conf_level": specification.level}
        own |= {name: getattr(specification, name) for name in ("outcome", "wave")}
        own |= {"n": n, "n_fewest": fewest(n, by_arm, arm, specification.reference), "unit_level": built.level}
        rows.append(ratio.to_dict() | own)
    return framed(rows)


def cost_effectiveness(built: Rows, arm: str, cost: ArrayLike) -> pd.Series:
    """Cost of a unit of effect: both by one regression, with their covariance by cluster.

    Parameters
    ----------
    built : Rows
        Of the effect.
    cost : array (N,)
        Cost of each row's unit, such as from :func:`coops.delivery.tallies.per_unit`; 0 in the reference (or what
        support cost there).

    Returns
    -------
    Series, see :func:`row`
        Refused as the effect is. What a unit of the arm cost more than one of the reference is estimated with the same
        regressors, weights and clusters as the effect.

    Notes
    -----
    The CR2 covariance of two coefficients is sum over clusters of c'M X_g'W_g A_g e_g e*_g'A_g W_g X_g M c, bilinear in
    the two outcomes: (V(y + c) - V(y - c)) / 4. The Bell-McCaffrey df depend on the regressors only and serve both.
    """
    effect = next(estimate for estimate in effects.rows(built) if estimate.arm == arm)
    if effect.refused:
        return row(conf_level=effect.conf_level, refused=effect.refused)
    kept, _ = cluster_robust.independent_columns(built.design, built.protected)
    column, design, cluster = built.interest[arm], built.design[kept], built.frame["cluster"].to_numpy()
    y = built.frame["outcome"].to_numpy(dtype=float)
    spent = np.asarray(cost, dtype=float) * built.frame["after"].to_numpy()
    weighted = weights(built) if built.specification.weighted else None
    unit = spent.std() / y.std() if spent.std() > 0 else 1.0  # in one scale, so that sum and difference keep both
    paid, more, less = (
        cluster_robust.fit(values, design, cluster, weighted, column)
        for values in (spent, spent + unit * y, spent - unit * y)
    )
    covariance = float(more.se_cr2[0] ** 2 - less.se_cr2[0] ** 2) / (4 * unit)
    return fieller(
        float(paid.coefficients[0]), effect.estimate, float(paid.se_cr2[0]) ** 2, effect.std_error**2, covariance,
        df=effect.df, level=effect.conf_level,
    )  # fmt: skip


def cost_of_rows(activities: Activities, data: Data, built: Rows) -> np.ndarray:
    """Cost of the unit of each row of an effect, in money: its share of what was spent on its group."""
    if activities.level == "person":
        own = tallies.by_group(activities.given, "unit", ["cost"], data.population("person"))["cost"]
        if built.level == "person":
            return built.frame["unit"].map(own).fillna(0.0).to_numpy()
        group_of = data.group_of(data.waves[0]).reindex(own.index)
        return built.frame["unit"].map(own.groupby(group_of).sum()).fillna(0.0).to_numpy()
    if built.level == "group":
        return tallies.by_group(activities.given, "unit", ["cost"], pd.Index(built.frame["unit"]))["cost"].to_numpy()
    group_of = data.group_of(data.waves[0]).reindex(data.population("person")).dropna()
    return built.frame["unit"].map(tallies.per_unit(activities.given, "unit", "cost", group_of)).fillna(0.0).to_numpy()
