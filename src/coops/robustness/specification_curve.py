"""All reasonable ways to estimate one effect, and one test for all of them together.

Source: Simonsohn, Simmons and Nelson 2020, doi 10.1038/s41562-020-0912-z (specification curve, joint test under the
null); the draws are those of a wild cluster bootstrap (Cameron, Gelbach and Miller 2008, doi 10.1162/rest.90.3.414).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coops.estimation import cluster_robust, effects, influence, wild_bootstrap
from coops.estimation.sample_design import Rows

REFUSED = ("one_specification", "other_clusters", "bootstrap_few_clusters")


@dataclass(frozen=True)
class Curve:
    """Estimates of one effect by several specifications, and whether they could be chance together.

    ``estimates``: one row a specification, in order of the estimate: specification, estimate, conf_low, conf_high,
    n_rows, n_clusters (those without a value last, with ``refused``; one without variation says nothing and has none).
    ``median``: of the values, in the unit of the outcome; ``same_sign`` and ``sure`` count those on the side of zero of
    the leading estimate, and those whose interval is there as a whole. ``p_value``: two-sided, of a median as far from
    zero if no specification had an effect; never 0. ``refused``: why there is no p.
    """

    outcome: str
    arm: str
    estimates: pd.DataFrame
    median: float = np.nan
    same_sign: int = 0
    sure: int = 0
    p_value: float = np.nan
    draws: int = 0
    refused: str = ""


def curve(built: list[Rows], arm: str, *, draws: int, seed: int) -> Curve:
    """Estimate all specifications and test their median.

    Parameters
    ----------
    built : list of Rows
        One a specification, of the same outcome and unit, the leading one first, all listed before they were seen.
    arm : str
        As in each specification's ``interest``; empty for a change.
    draws, seed : int
        Of the bootstrap, whose multipliers go to clusters in the order of their labels, over all specifications.

    Returns
    -------
    Curve
        Refused: ``one_specification`` with a value, or none; ``other_clusters`` where one of them takes another
        variable as cluster than the leading one (a draw then has no common meaning); ``bootstrap_few_clusters``.

    Notes
    -----
    In each specification residuals u under the null of no effect; with l the weights of the estimate (b = l'y), draw v
    gives b* = sum over clusters of v_g l_g'u_g, times the root of G / (G - 1). A cluster has one multiplier (Webb's six
    points) in all specifications, so that their estimates move together as they really do. p = (1 + #) / (draws + 1)
    of medians at least as far from zero. Sharper than any one estimate only if the specifications differ.
    """
    lines, used = [], []
    for one in built:
        estimate = next(found for found in effects.rows(one) if found.arm == arm)
        if estimate.refused == "no_variation":
            estimate = estimate._replace(estimate=np.nan)
        lines.append({
            "specification": one.plan.name, "estimate": estimate.estimate,
            "conf_low": estimate.conf_low, "conf_high": estimate.conf_high,
            "n_rows": estimate.n_rows, "n_fewest": estimate.n_fewest, "n_clusters": estimate.n_clusters,
            "refused": estimate.refused,
        })  # fmt: skip
        if np.isfinite(estimate.estimate):
            used.append(one)
    frame = pd.DataFrame(lines).sort_values("estimate", kind="stable", ignore_index=True)
    known = frame[frame["estimate"].notna()]
    median = float(known["estimate"].median())
    side = np.sign(lines[0]["estimate"])
    counts = dict(
        same_sign=int((np.sign(known["estimate"]) == side).sum()),
        sure=int(((known["conf_low"] * side > 0) & (known["conf_high"] * side > 0)).sum()),
    )
    refused = "one_specification" if len(used) < 2 else ""
    if not refused and any(one.plan.cluster != built[0].plan.cluster for one in used):
        refused = "other_clusters"
    if not refused and min(one.frame["cluster"].nunique() for one in used) < wild_bootstrap.BOOTSTRAP_CLUSTERS:
        refused = "bootstrap_few_clusters"
    outcome = built[0].plan.outcome
    if refused:
        return Curve(outcome, arm, frame, median, **counts, refused=refused)
    labels = sorted({label for one in used for label in one.frame["cluster"]})
    sums = np.column_stack([_sums(one, arm, labels) for one in used])
    random, count = np.random.default_rng(seed), 0
    size = max(1, cluster_robust.CHUNK // len(labels))
    for start in range(0, draws, size):
        v = wild_bootstrap.WEBB[random.integers(0, 6, (min(size, draws - start), len(labels)))]
        drawn = np.abs(np.median(v @ sums, axis=1))
        count += int((drawn >= abs(median) * (1 - cluster_robust.TIE_TOLERANCE)).sum())
    return Curve(outcome, arm, frame, median, **counts, p_value=(1 + count) / (1 + draws), draws=draws)


def _sums(one: Rows, arm: str, labels: list) -> np.ndarray:
    """What each cluster adds to the estimate under the null (clusters,), 0 where it is not in the specification."""
    weights = influence.influence(one, arm)
    kept, _ = cluster_robust.independent_columns(one.design, one.protected)
    others = one.design[[name for name in kept if name != one.interest[arm]]].to_numpy(dtype=float)
    y, root = one.frame["outcome"].to_numpy(dtype=float), np.sqrt(influence.weights(one))
    rest = y - others @ np.linalg.lstsq(others * root[:, None], y * root, rcond=None)[0] if others.size else y
    sums = pd.Series(weights * rest).groupby(one.frame["cluster"].to_numpy()).sum()
    return sums.reindex(labels, fill_value=0.0).to_numpy() * np.sqrt(len(sums) / (len(sums) - 1))
