"""Entropy balancing: a reference reweighted until it looks as the arm did, and the effect then.

Sources: Hainmueller 2012, doi 10.1093/pan/mpr025 (weights and their dual); MacKinnon, Nielsen and Webb 2023, doi
10.1002/jae.2969 (cluster jackknife).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coops.estimation.sample_design import Rows

STEPS = 200  # Newton steps; a usual problem needs ten
EXACT = 1e-8  # largest difference of a balanced mean, in standard deviations of the reference
HALVINGS = 60  # of a step, before it is given up


@dataclass(frozen=True)
class Balanced:
    """Weights that balance.

    ``weights`` (n,): of mean 1; ``gap``: largest difference left, ``before``: that without weights, both in standard
    deviations of the reference; ``largest`` weight; ``effective``: Kish's effective number of units; ``multipliers``
    (k,): of the dual. ``balanced``: the gap is at most 1e-8; else no weights exist (the arm's means lie outside of what
    the reference holds) or they were not found, and none are to be used.
    """

    weights: np.ndarray
    gap: float
    before: float
    largest: float
    effective: float
    multipliers: np.ndarray
    balanced: bool


BLANK = {
    "outcome": "", "wave": "", "arm": "", "specification": "", "kind": "balanced", "band": "", "estimate": np.nan,
    "std_error": np.nan, "conf_low": np.nan, "conf_high": np.nan, "conf_level": 0.95, "df": np.nan, "p_value": np.nan,
    "n": 0, "n_fewest": 0, "clusters_by_arm": {}, "refused": "", "largest": np.nan, "effective": np.nan, "gap": np.nan,
    "before": np.nan, "reference_units": 0, "on": "",
}  # fmt: skip


def row(**cells: object) -> pd.Series:
    """One row of the frame of results: an effect after balancing; its interval holds the estimation of the weights.

    ``estimate``, ``std_error``, ``conf_low``, ``conf_high`` in the unit of the outcome; ``df`` = clusters - 1;
    ``largest``, ``effective`` (of ``reference_units``), ``gap`` and ``before`` as of :class:`Balanced`; ``on``: what
    was balanced, joined by ``|``.
    """
    return pd.Series(BLANK | cells, dtype=object)


def entropy_weights(
    known: ArrayLike, target: ArrayLike, base: ArrayLike | None = None, start: ArrayLike | None = None
) -> Balanced:
    """Weights nearest to those given at which means are as wanted.

    Parameters
    ----------
    known : array (n, k)
        Of the reference, in any units; columns may repeat each other.
    target : array (k,)
        Means wanted: those of the arm.
    base : array (n,), optional
        Weights to stay near to, positive; equal if not given.
    start : array (k,), optional
        Multipliers to begin from, as of an earlier result with the same columns.

    Returns
    -------
    Balanced

    Notes
    -----
    Least sum of w log(w / base) with the moments (Hainmueller 2012): w is proportional to base exp(z'm), z = known less
    target per standard deviation, and m minimises log sum of base exp(z'm): Newton steps, halved until the objective
    or the largest gradient falls (near the end the objective no longer can, for rounding).
    """
    x, target = np.asarray(known, dtype=float), np.asarray(target, dtype=float)
    q = np.ones(len(x)) if base is None else np.asarray(base, dtype=float)
    q = q / q.sum()
    scale = x.std(axis=0)
    scale = np.where(scale > 0, scale, np.maximum(1, np.abs(target)))  # a constant has no spread of its own
    z = (x - target) / scale

    def dual(m: np.ndarray) -> tuple[float, np.ndarray]:
        exponent = z @ m
        top = exponent.max(initial=-np.inf)
        w = q * np.exp(exponent - top)
        return float(top + np.log(w.sum())), w / w.sum()

    m = np.zeros(z.shape[1]) if start is None else np.asarray(start, dtype=float)
    value, w = dual(m)
    for _ in range(STEPS):
        gradient = w @ z
        if np.abs(gradient).max(initial=0) <= EXACT / 100:
            break
        centred = z - gradient
        step = np.linalg.lstsq((centred * w[:, None]).T @ centred, gradient, rcond=1e-12)[0]
        for halving in range(HALVINGS):
            moved = m - step / 2**halving
            lower, weights = dual(moved)
            if lower < value or np.abs(weights @ z).max() < np.abs(gradient).max():
                break
        else:
            break
        m, value, w = moved, lower, weights
    gap = float(np.abs(w @ z).max(initial=0))
    effective = float(1 / (w @ w))
    before = float(np.abs(q @ z).max(initial=0))
    return Balanced(w * len(w), gap, before, float(w.max() * len(w)), effective, m, gap <= EXACT)


def effect(outcome, known, arm, cluster, weights=None, *, level=0.95):
    """Difference between the arm and the reference balanced to it, by a jackknife that balances again in every draw.

    Parameters
    ----------
    outcome : array (N,)
    known : array (N, k)
        What is balanced; nothing missing.
    arm : array of bool (N,)
    cluster : array (N,)
        Label of each row's cluster; each is left out once, whole.
    weights : array (N,), optional
        Sampling weights, positive: of the arm's means, and those that the reference's stay near to.

    Returns
    -------
    Series, see :func:`row`; arms are called ``arm`` and ``reference``
        Of the treated on the treated. Refused: ``few_clusters`` (fewer than 3 in an arm); ``not_balanced``;
        ``draw_not_balanced``: without one of the clusters no weights exist; then there is a value and no interval.

    Notes
    -----
    se^2 = (G - 1) / G times the sum of (b_g - b)^2, t with G - 1 df, as of ``response_weights.reweight``.
    """
    from scipy import stats

    y, x, arm = np.asarray(outcome, dtype=float), np.asarray(known, dtype=float), np.asarray(arm, dtype=bool)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    codes, labels = pd.factorize(np.asarray(cluster, dtype=object), sort=True)
    counts = {"arm": len(np.unique(codes[arm])), "reference": len(np.unique(codes[~arm]))}
    units = [int(arm.sum()), int((~arm).sum())]
    numbers = {"n": sum(units), "n_fewest": min(units), "reference_units": units[1]}
    result = row(conf_level=level, clusters_by_arm=counts, **numbers).to_dict()
    if min(counts.values()) < 3:
        return row(**result | {"refused": "few_clusters"})

    def difference(kept: np.ndarray, start: ArrayLike | None) -> tuple[float, Balanced]:
        treated, others = arm & kept, ~arm & kept
        target = np.average(x[treated], axis=0, weights=w[treated])
        balanced = entropy_weights(x[others], target, w[others], start)
        mean = np.average(y[treated], weights=w[treated])
        return float(mean - np.average(y[others], weights=balanced.weights)), balanced

    value, whole = difference(np.ones(len(y), dtype=bool), None)
    result |= {"gap": whole.gap, "before": whole.before}
    if not whole.balanced:
        return row(**result | {"refused": "not_balanced"})
    result |= {"estimate": value, "largest": whole.largest, "effective": whole.effective}
    drawn = [difference(codes != code, whole.multipliers) for code in range(len(labels))]
    if not all(balanced.balanced for _, balanced in drawn):
        return row(**result | {"refused": "draw_not_balanced"})
    df = len(labels) - 1
    se = float(np.sqrt(df / len(labels) * sum((without - value) ** 2 for without, _ in drawn)))
    half = float(stats.t.isf((1 - level) / 2, df) * se)
    p = float(2 * stats.t.sf(abs(value) / se, df)) if se > 0 else np.nan
    ends = {"conf_low": value - half, "conf_high": value + half}
    return row(**result | {"std_error": se, "df": df, "p_value": p} | ends)


def of_rows(built: Rows, known: pd.DataFrame) -> pd.DataFrame:
    """Estimate again, with the reference balanced to each arm; the regressors of the estimate stay out.

    Parameters
    ----------
    built : Rows
        Of the estimate, one row a unit.
    known : DataFrame, indexed by unit
        Numeric, nothing missing, such as from ``response_weights.predictors``; columns of arms are left out. Not to
        hold the outcome at baseline where change scores are compared: that asks for another assumption.

    Returns
    -------
    DataFrame, one row an arm, see :func:`row`; none where there is no arm
        Also refused: ``overlapping_arms``; ``stacked_waves`` (several rows a unit).
    """
    specification, frame, rows = built.specification, built.frame, []
    columns = [name for name in known if name not in specification.arms]
    named: dict[str, object] = {"outcome": specification.outcome, "wave": specification.wave}
    named |= {"specification": specification.name, "conf_level": specification.level, "on": "|".join(columns)}
    refused = "stacked_waves" if frame["unit"].duplicated().any() else ""
    refused = "overlapping_arms" if built.offers is not None else refused
    for arm in [name for name in specification.arms if name != specification.reference]:
        if refused:
            rows.append(row(**named, arm=arm, refused=refused))
            continue
        part = frame[(built.in_arm(arm) | built.in_arm(specification.reference)).to_numpy()]
        values = known.loc[part["unit"], columns].to_numpy(dtype=float)
        is_arm, weight = (part["arm"] == arm).to_numpy(), part["weight"].to_numpy(dtype=float)
        balanced = effect(part["outcome"], values, is_arm, part["cluster"], weight, level=specification.level)
        clusters = balanced["clusters_by_arm"]
        counts = {arm: clusters["arm"], specification.reference: clusters["reference"]}
        rows.append(row(**balanced.to_dict() | named | {"arm": arm, "clusters_by_arm": counts}))
    return pd.DataFrame([cells.to_dict() for cells in rows], columns=list(BLANK))
