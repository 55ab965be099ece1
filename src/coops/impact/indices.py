"""Families of outcomes: one index for all of them, and p-values that allow for their number.

Sources: Anderson 2008, doi 10.1198/016214508000000841 (index weighted by the inverse covariance, sharpened q); Kling,
Liebman and Katz 2007, doi 10.1111/j.1468-0262.2007.00733.x (mean of z-scores); Benjamini, Krieger and Yekutieli 2006,
doi 10.1093/biomet/93.3.491 (two stages); Romano and Wolf 2005, doi 10.1111/j.1468-0262.2005.00615.x, and 2016, doi
10.1016/j.spl.2016.02.012 (step-down p-values).
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coops.estimation import cluster_robust
from coops.estimation.sample_design import Rows

GRID = 1000  # sharpened q is looked for among 1/1000, 2/1000, ..., 1, as in Anderson's code
ROUNDING = 1e-12  # relative: a p on the threshold, but for rounding, is at it
SINGULAR = 1e-8  # smallest eigenvalue of a correlation matrix that can be inverted


@dataclass(frozen=True)
class Index:
    """A summary of several outcomes.

    ``values``: one a row, higher is better, missing where no component is known. In standard deviations: of the index
    itself in the base rows (covariance index), or the mean of components each in its own (mean of z). ``weights``: of
    the components, summing to 1; negative ones are possible where components are strongly correlated. ``refused`` says
    why there is none: ``no_direction`` (of a component it is not known what is better), ``one_component``,
    ``no_variation`` (of one in the base rows), ``repeats`` (components say the same), ``not_together`` (the outcomes
    are of different levels, waves or estimators: nothing is put together).
    """

    values: pd.Series
    weights: pd.Series
    refused: str = ""


def covariance_index(components: pd.DataFrame, direction: dict[str, str], base: ArrayLike) -> Index:
    """Weigh components by what each adds to the others.

    Parameters
    ----------
    components : DataFrame (N, m)
        One row a unit (and wave), one column an outcome, each in its own unit; may be missing.
    direction : dict
        Column → ``"up"`` (more is better) or ``"down"``, as the codebook says.
    base : array of bool (N,)
        Rows that standardise: the reference arm, at baseline where there is one.

    Returns
    -------
    Index

    Notes
    -----
    Anderson 2008: turn components so that more is better, subtract the mean and divide by the standard
    deviation (n - 1) of the base rows, weigh by the row sums of the inverse covariance of all rows (of the pairs
    known); where components are missing the weights of the others are raised. The index is then in mean 0 and standard
    deviation 1 of the base rows, as in Stata's swindex (Schwab, Janzen, Magnan and Thompson 2020, The Stata Journal 20,
    952-964).
    """
    z, refused = _standardised(components, direction, base)
    blank = Index(pd.Series(np.nan, components.index), pd.Series(np.nan, components.columns), refused)
    if refused:
        return blank
    covariance = z.cov().to_numpy()
    spread = np.sqrt(np.diag(covariance))
    if not np.isfinite(covariance).all() or np.linalg.eigvalsh(covariance / np.outer(spread, spread))[0] < SINGULAR:
        return replace(blank, refused="repeats")
    weights = np.linalg.inv(covariance).sum(axis=1)
    weights = weights / weights.sum()
    known = z.notna().to_numpy()
    held = known @ weights
    there = known.any(axis=1) & (np.abs(held) > SINGULAR)
    raw = pd.Series(np.where(there, z.fillna(0).to_numpy() @ weights / np.where(there, held, 1), np.nan), z.index)
    based = raw[np.asarray(base, dtype=bool)]
    return Index((raw - based.mean()) / based.std(ddof=1), pd.Series(weights, components.columns))


def mean_of_z(components: pd.DataFrame, direction: dict[str, str], base: ArrayLike, cell: ArrayLike) -> Index:
    """Give each component the same weight.

    Parameters
    ----------
    components, direction, base
        As in :func:`covariance_index`.
    cell : array (N,)
        Label of each row's arm (and wave): where some components of a row are known, the others take their mean there.

    Returns
    -------
    Index

    Notes
    -----
    Kling, Liebman and Katz 2007. With the means of the cell put in, the effect on the index is the mean of
    the effects on the components where all rows have some component.
    """
    z, refused = _standardised(components, direction, base)
    even = pd.Series(1 / max(1, len(components.columns)), components.columns)
    if refused:
        return Index(pd.Series(np.nan, components.index), even * np.nan, refused)
    means = z.groupby(np.asarray(cell, dtype=object)).transform("mean")
    return Index(z.fillna(means).mean(axis=1, skipna=False).where(z.notna().any(axis=1)), even)


def _standardised(components: pd.DataFrame, direction: dict[str, str], base: ArrayLike) -> tuple[pd.DataFrame, str]:
    """Components turned so that more is better, in mean 0 and standard deviation 1 of the base rows."""
    if any(direction.get(name) not in ("up", "down") for name in components):
        return components, "no_direction"
    if len(components.columns) < 2:
        return components, "one_component"
    z = components.astype(float) * [1 if direction[name] == "up" else -1 for name in components]
    based = z[np.asarray(base, dtype=bool)]
    if not (based.std(ddof=1) > 0).all():
        return components, "no_variation"
    return (z - based.mean()) / based.std(ddof=1), ""


def index_rows(
    built: list[Rows], direction: dict[str, str], name: str, kind: str = "covariance"
) -> tuple[Rows | None, Index]:
    """Put the outcomes of a family together into the rows of one estimate on their index.

    Parameters
    ----------
    built : list of Rows
        One an outcome, of one specification.
    direction : dict
        Outcome → ``"up"`` or ``"down"``.
    name : str
        The index's name, which takes the outcome's place in the specification.
    kind : str
        ``"covariance"`` (:func:`covariance_index`) or ``"mean"`` (:func:`mean_of_z`).

    Returns
    -------
    (Rows, Index)
        Units are those of the outcome that has most; what the others know of them enters. No Rows where refused.
    """
    base = max(built, key=lambda sample: len(sample.frame))
    specification, keys = base.specification, pd.MultiIndex.from_frame(base.frame[["unit", "wave", "after"]])
    moments = ["baseline"] if "baseline" in base.frame else []
    moments.append("follow_up" if specification.estimator.differenced else "outcome")
    if any(_common(sample) != _common(base) for sample in built):
        return None, Index(pd.Series(dtype=float), pd.Series(dtype=float), "not_together")
    indexed = {sample.specification.outcome: sample.frame.set_index(["unit", "wave", "after"]) for sample in built}
    parts = {m: pd.DataFrame({k: f[m].astype(float).reindex(keys) for k, f in indexed.items()}) for m in moments}
    whole = pd.concat(parts.values(), ignore_index=True)
    mask = np.concatenate([_base_rows(base) & (moment == moments[0]) for moment in moments])
    if kind == "covariance":
        index = covariance_index(whole, direction, mask)
    else:
        arms = base.offers.astype(str).agg("|".join, axis=1) if base.offers is not None else base.frame.get("arm", "")
        cells = base.frame["wave"] + "|" + arms
        index = mean_of_z(whole, direction, mask, np.concatenate([moment + "|" + cells for moment in moments]))
    if index.refused:
        return None, index
    values = dict(zip(moments, np.split(index.values.to_numpy(), len(moments)), strict=True))
    frame, design = base.frame.assign(**values), base.design.copy()
    if "follow_up" in values:
        frame["outcome"] = values["follow_up"] - values["baseline"]
    for control, make in specification.estimator.controls.items():
        design[control] = make(frame).to_numpy(dtype=float)
    there = frame[[*moments, "outcome"]].notna().all(axis=1).to_numpy()
    return replace(
        base,
        specification=replace(specification, outcome=name),
        frame=frame[there].reset_index(drop=True),
        design=design[there].reset_index(drop=True),
    ), index


def _common(sample: Rows) -> tuple:
    """What the rows of the outcomes of an index have in common."""
    return sample.level, replace(sample.specification, outcome="", confirmatory=False)


def _base_rows(sample: Rows) -> np.ndarray:
    """Rows of the reference arm (of all where there is none), before where rows before are rows of their own."""
    mask, before = sample.in_reference().to_numpy(), (sample.frame["after"] == 0).to_numpy()
    return mask & before if before.any() else mask


def sharpened_q(p: ArrayLike) -> np.ndarray:
    """Sharpened two-stage q-values: the smallest share of false discoveries at which each is still one.

    Parameters
    ----------
    p : array (K,)
        Of one family; missing ones are not counted and get none.

    Returns
    -------
    array (K,)
        On a grid of 0.001, at most 1. Where many are small q can lie below p: it bounds a share of false discoveries
        in the family, not the chance of one.

    Notes
    -----
    Anderson 2008, after Benjamini, Krieger and Yekutieli 2006, definition 6. At level q, with
    q' = q / (1 + q): Benjamini and Hochberg at q' reject r of M; at q' M / (M - r) they reject those that are
    discoveries at q; all of them if r = M.
    """
    p = np.asarray(p, dtype=float)
    order = np.argsort(p)[: np.isfinite(p).sum()]  # missing ones come last
    ordered, total = p[order], len(order)
    values, rank = np.full(len(p), np.nan), np.arange(1, total + 1)
    values[order] = 1.0

    def rejected(level: float) -> int:
        return int(rank[ordered <= level * rank / total * (1 + ROUNDING)].max(initial=0))

    for q in np.arange(GRID, 0, -1) / GRID:
        level = q / (1 + q)
        first = rejected(level)
        second = total if first == total else rejected(level * total / (total - first))
        if second == 0:
            break
        values[order[:second]] = q
    return values


def romano_wolf(t, draws):
    """Step-down p-values of a family, by the joint distribution of its statistics under the null.

    Parameters
    ----------
    t : array (K,)
        Statistics as observed.
    draws : array (B, K)
        The same statistics in draws with the null imposed; a row is one draw of the clusters, shared by all outcomes.

    Returns
    -------
    array (K,)
        Two-sided, never 0: (1 + #) / (B + 1), ties counted.

    Raises
    ------
    ValueError
        If a statistic is missing, or lengths differ.

    Notes
    -----
    From the largest |t| down, p = share of draws in which the largest |t*| among this and all smaller ones is at least
    as large, and at least the p before it (Romano and Wolf 2016).
    """
    t, draws = np.abs(np.asarray(t, dtype=float)), np.abs(np.asarray(draws, dtype=float))
    if draws.ndim != 2 or draws.shape[1] != len(t) or np.isnan(t).any() or np.isnan(draws).any():
        raise ValueError(f"Each of {len(t)} statistics needs its column of draws, none missing; {draws.shape}.")
    order = np.argsort(-t, kind="stable")
    largest = np.maximum.accumulate(draws[:, order[::-1]], axis=1)[:, ::-1]  # of this and all smaller ones
    count = (largest >= t[order] * (1 - cluster_robust.TIE_TOLERANCE)).sum(axis=0)
    adjusted = np.empty(len(t))
    adjusted[order] = np.maximum.accumulate((1 + count) / (1 + len(draws)))
    return adjusted
