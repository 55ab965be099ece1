"""Entropy balancing: a reference reweighted until it looks as the arm did, and the effect then.

Sources: Hainmueller 2012, doi 10.1093/pan/mpr025 (weights and their dual); MacKinnon, Nielsen and Webb 2023, doi
10.1002/jae.2969 (cluster jackknife).
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from coops.estimation.sample_design import Rows

STEPS = 200  # Newton steps; a usual problem needs ten
EXACT = 1e-8  # largest difference of a balanced mean, in standard deviations of the reference
HALVINGS = 60  # of a step, before it is given up
REFUSED = ("overlapping_arms", "stacked_waves", "few_clusters", "not_balanced", "draw_not_balanced")


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


@dataclass(frozen=True)
class Effect:
    """An effect after balancing; its interval holds the estimation of the weights.

    ``estimate``, ``std_error``, ``conf_low``, ``conf_high`` in the unit of the outcome; ``df`` = clusters - 1;
    ``largest``, ``effective`` (of ``reference_rows``), ``gap`` and ``before`` as of :class:`Balanced`; ``on``: what was
    balanced.
    """

    outcome: str = ""
    wave: str = ""
    arm: str = ""
    specification: str = ""
    estimate: float = np.nan
    std_error: float = np.nan
    df: float = np.nan
    conf_low: float = np.nan
    conf_high: float = np.nan
    p_value: float = np.nan
    conf_level: float = 0.95
    largest: float = np.nan
    effective: float = np.nan
    gap: float = np.nan
    before: float = np.nan
    arm_rows: int = 0
    reference_rows: int = 0
    clusters_by_arm: dict[str, int] = field(default_factory=dict)
    on: tuple[str, ...] = ()
    refused: str = ""

    @property
    def key(self) -> str:
        """``outcome.wave.arm.specification.balanced``, as of an estimate."""
        return ".".join(part for part in (self.outcome, self.wave, self.arm, self.specification, "balanced") if part)


def entropy_weights(known, target, base=None, start=None) -> Balanced:
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


def effect(outcome, known, arm, cluster, weights=None, *, level: float = 0.95) -> Effect:
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
    Effect
        Of the treated on the treated. Refused: ``few_clusters`` (fewer than 3 in an arm); ``not_balanced``;
        ``draw_not_balanced``: without one of the clusters no weights exist; then there is a value and no interval.

    Notes
    -----
    se^2 = (G - 1) / G times the sum of (b_g - b)^2, t with G - 1 df, as of ``weights.reweight``.
    """
    from scipy import stats

    y, x, arm = np.asarray(outcome, dtype=float), np.asarray(known, dtype=float), np.asarray(arm, dtype=bool)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    codes, labels = pd.factorize(np.asarray(cluster, dtype=object), sort=True)
    counts = {"arm": len(np.unique(codes[arm])), "reference": len(np.unique(codes[~arm]))}
    rows = dict(arm_rows=int(arm.sum()), reference_rows=int((~arm).sum()))
    result = Effect(conf_level=level, clusters_by_arm=counts, **rows)
    if min(counts.values()) < 3:
        return replace(result, refused="few_clusters")

    def difference(kept: np.ndarray, start) -> tuple[float, Balanced]:
        treated, others = arm & kept, ~arm & kept
        target = np.average(x[treated], axis=0, weights=w[treated])
        balanced = entropy_weights(x[others], target, w[others], start)
        mean = np.average(y[treated], weights=w[treated])
        return float(mean - np.average(y[others], weights=balanced.weights)), balanced

    value, whole = difference(np.ones(len(y), dtype=bool), None)
    result = replace(result, gap=whole.gap, before=whole.before)
    if not whole.balanced:
        return replace(result, refused="not_balanced")
    result = replace(result, estimate=value, largest=whole.largest, effective=whole.effective)
    drawn = [difference(codes != code, whole.multipliers) for code in range(len(labels))]
    if not all(balanced.balanced for _, balanced in drawn):
        return replace(result, refused="draw_not_balanced")
    df = len(labels) - 1
    se = float(np.sqrt(df / len(labels) * sum((without - value) ** 2 for without, _ in drawn)))
    half = float(stats.t.isf((1 - level) / 2, df) * se)
    p = float(2 * stats.t.sf(abs(value) / se, df)) if se > 0 else np.nan
    return replace(result, std_error=se, df=df, conf_low=value - half, conf_high=value + half, p_value=p)


def of_rows(built: Rows, known: pd.DataFrame) -> list[Effect]:
    """Estimate again, with the reference balanced to each arm; the regressors of the estimate stay out.

    Parameters
    ----------
    built : Rows
        Of the estimate, one row a unit.
    known : DataFrame, indexed by unit
        Numeric, nothing missing, such as from ``weights.predictors``; columns of arms are left out. Not to hold the
        outcome at baseline where change scores are compared: that asks for another assumption.

    Returns
    -------
    list of Effect, one an arm; none where there is no arm
        Also refused: ``overlapping_arms``; ``stacked_waves`` (several rows a unit).
    """
    plan, frame, results = built.plan, built.frame, []
    columns = [name for name in known if name not in plan.arms]
    for arm in [name for name in plan.arms if name != plan.reference]:
        named = dict(outcome=plan.outcome, wave=plan.wave, arm=arm, specification=plan.name, on=tuple(columns))
        refused = "overlapping_arms" if built.offers is not None else ""
        refused = refused or ("stacked_waves" if frame["unit"].duplicated().any() else "")
        if refused:
            results.append(Effect(**named, conf_level=plan.level, refused=refused))
            continue
        part = frame[(built.in_arm(arm) | built.in_arm(plan.reference)).to_numpy()]
        values = known.loc[part["unit"], columns].to_numpy(dtype=float)
        is_arm, weight = (part["arm"] == arm).to_numpy(), part["weight"].to_numpy(dtype=float)
        balanced = effect(part["outcome"], values, is_arm, part["cluster"], weight, level=plan.level)
        counts = {arm: balanced.clusters_by_arm["arm"], plan.reference: balanced.clusters_by_arm["reference"]}
        results.append(replace(balanced, **named, clusters_by_arm=counts))
    return results
