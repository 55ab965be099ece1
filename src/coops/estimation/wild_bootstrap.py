"""The wild cluster bootstrap: a test of one coefficient, with ties, and the interval that inverts it.

Sources: Cameron, Gelbach and Miller 2008, doi 10.1162/rest.90.3.414; Roodman, MacKinnon, Nielsen and Webb 2019, doi
10.1177/1536867X19830877; Webb 2023, doi 10.1111/caje.12661.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coops.estimation.cluster_robust import CHUNK, TIE_TOLERANCE, checked_arrays

BOOTSTRAP_CLUSTERS = 12  # a wild bootstrap of fewer is not shown: it over-rejects (.064 to .087 at 3 against 3)
WEBB = np.array([-(1.5**0.5), -1.0, -(0.5**0.5), 0.5**0.5, 1.0, 1.5**0.5])  # six points of mean 0 and variance 1


@dataclass(frozen=True)
class Bootstrap:
    """A wild cluster bootstrap test of one coefficient against zero, with the interval that inverts it.

    ``p_value`` is two-sided and never 0. ``conf_low`` and ``conf_high`` are in the unit of the coefficient, infinite
    where the test rejects no value however far out, missing where no interval was asked for. ``draws`` counts vectors
    of multipliers: all of them where ``multiplier`` is ``"rademacher"`` (enumerated), a sample where it is ``"webb"``.
    """

    p_value: float
    conf_low: float
    conf_high: float
    draws: int
    multiplier: str

    @property
    def enumerated(self) -> bool:
        """Tell whether all vectors of multipliers were used, so that p has no simulation error."""
        return self.multiplier == "rademacher"


def bootstrap_refusal(clusters: int, weighted: bool) -> str | None:
    """Why a wild bootstrap is not shown: ``"bootstrap_few_clusters"`` (below 12) or ``"bootstrap_weighted"``, or None.

    Source: the project's simulations; at 3 against 3 clusters the test at 5 % rejects in 6 to 9 % of draws.
    """
    if clusters < BOOTSTRAP_CLUSTERS:
        return "bootstrap_few_clusters"
    return "bootstrap_weighted" if weighted else None


def wild_bootstrap(outcome, design, cluster, column, *, level, draws, seed, interval=True):
    """Test a coefficient by the wild cluster restricted bootstrap-t; no weights.

    Parameters
    ----------
    outcome, design, cluster
        As in :func:`fit`, of at least two clusters.
    column : name of a column of ``design``
    level : float
        Of the interval, a share such as 0.95.
    draws : int
        Vectors of multipliers, at least 1. All 2^G Rademacher vectors if they are at most ``draws`` + 1 (then without
        simulation error), else that many of Webb's six-point vectors.
    seed : int
        Of the draws, which go to clusters in the order of their labels: the order of rows does not matter.
    interval : bool
        Invert the test for an interval?

    Returns
    -------
    Bootstrap

    Raises
    ------
    ValueError
        As :func:`fit`; also for one cluster, a level outside 0 to 1, or no draws.

    Notes
    -----
    Under the null b = h the restricted residuals are u = e + (b - h) x, e the residuals and x the column residualised
    on the others; draw v gives y* with residuals v_g u_g and t*(h), studentised by CR1 (Cameron, Gelbach and Miller
    2008; Roodman and others 2019, section 5). Numerator and scores of t* are linear in h, so five numbers a draw serve
    every h. p = share of |t*| >= |t|, ties counted: # / 2^G if enumerated, else (1 + #) / (draws + 1).
    The interval holds each h with p > 1 - level, found outward from b by doubling steps and bisection.
    """
    if not 0 < level < 1:
        raise ValueError(f"The level of an interval lies between 0 and 1, not at {level}.")
    value, observed, numbers, clusters, _ = _drawn(outcome, design, cluster, column, draws, seed)
    top, top_slope, square, twice, slope_square = numbers
    enumerated = 2 ** int(clusters) <= draws + 1

    def p_value(d: float) -> float:
        numerator, squared = top + d * top_slope, square + d * (2 * twice + d * slope_square)
        count = int(np.count_nonzero(numerator**2 * observed >= squared * (d**2 * (1 - TIE_TOLERANCE) ** 2)))
        # v = 1 and v = -1 give t itself, whatever rounding says
        return max(count, 2) / len(top) if enumerated else (1 + count) / (1 + len(top))

    low, high = np.nan, np.nan
    if interval:
        step = np.sqrt(observed) or abs(value) or 1.0
        low, high = (value - _last_kept(p_value, side * step, 1 - level) for side in (1, -1))
    return Bootstrap(float(p_value(value)), float(low), float(high), len(top), "rademacher" if enumerated else "webb")


def wild_tests(outcome, design, cluster, column, *, draws, seed, among=None):
    """CR1 t of a coefficient against any null, and its values in the draws with that null imposed.

    Parameters
    ----------
    outcome, design, cluster, column, draws, seed
        As in :func:`wild_bootstrap`.
    among : list of labels, optional
        All clusters that multipliers are drawn for: several outcomes, whose clusters may differ, share each draw.

    Returns
    -------
    callable: null → (t, array (B,))
        The same as of an outcome from which the null times the column was taken. Where all vectors are used, that of
        the data itself is left out: (1 + #) / (B + 1) is then # / 2^G.

    Raises
    ------
    ValueError
        As :func:`wild_bootstrap`.
    """
    value, observed, numbers, clusters, factor = _drawn(outcome, design, cluster, column, draws, seed, among)
    top, top_slope, square, twice, slope_square = numbers
    every = 2 ** int(clusters if among is None else len(set(among))) <= draws + 1

    def against(null: float) -> tuple[float, np.ndarray]:
        apart = value - null
        squared = square + apart * (2 * twice + apart * slope_square)
        with np.errstate(divide="ignore", invalid="ignore"):  # no error in a draw: as far out as can be
            drawn = np.where(squared > 0, (top + apart * top_slope) / np.sqrt(factor * squared), np.inf)
        return float(apart / np.sqrt(factor * observed)), drawn[:-1] if every else drawn

    return against


def _drawn(outcome, design, cluster, column, draws, seed, among=None):
    """Coefficient, its squared error, five numbers a draw, clusters and the factor of CR1, of a wild bootstrap.

    Of each draw: numerator = 0 + 1 d, squared error = 2 + 3 d + 4 d^2, with d = b - h.
    """
    names, x, y, _, _, clusters = checked_arrays(outcome, design, cluster)
    if clusters < 2 or draws < 1 or column not in names:
        raise ValueError(
            f"Two clusters, a draw and a column of the design are needed; {clusters}, {draws}, {column!r}."
        )
    codes, labels = pd.factorize(np.asarray(cluster, dtype=object), sort=True)
    every = labels if among is None else pd.factorize(np.asarray(among, dtype=object), sort=True)[1]
    places = pd.Index(every).get_indexer(labels)
    if (places < 0).any():
        raise ValueError("Every cluster must be among those that multipliers are drawn for.")
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(clusters))
    scale = np.abs(x).max(axis=0)
    q, r = np.linalg.qr(x[order] / scale)
    contrast = np.linalg.solve(r.T, np.eye(len(names))[names.index(column)] / scale[names.index(column)])
    turned = q.T @ y[order]
    value = float(contrast @ turned)
    residuals, influence = y[order] - q @ turned, q @ contrast
    scores = np.add.reduceat(q * residuals[:, None], starts)  # Z_g'e_g, in coordinates in which Z'Z = I
    slopes = np.add.reduceat(q * influence[:, None], starts)  # Z_g'Z_g c; x = Z c / c'c
    own, own_slope, length = scores @ contrast, slopes @ contrast, contrast @ contrast
    sums = np.column_stack([scores, slopes / length])
    k = len(names)
    numbers = []
    for multipliers in _multipliers(len(every), draws, seed):
        v = multipliers[:, places]
        both = v @ sums
        fixed = v * own - both[:, :k] @ slopes.T
        moving = v * (own_slope / length) - both[:, k:] @ slopes.T
        pairs = ((fixed, fixed), (fixed, moving), (moving, moving))
        products = [np.einsum("dg,dg->d", left, right) for left, right in pairs]
        numbers.append(np.stack([both[:, :k] @ contrast, both[:, k:] @ contrast, *products]))
    factor = clusters / (clusters - 1) * (len(y) - 1) / (len(y) - k) if len(y) > k else np.nan
    return value, own @ own, np.concatenate(numbers, axis=1), clusters, factor


def _last_kept(p_value: Callable[[float], float], step: float, size: float) -> float:
    """Distance from 0, in steps' direction, at which p falls to ``size``; infinite if it does not in 2^64 steps."""
    inside, outside = 0.0, step
    while p_value(outside) > size + 1e-12:
        inside, outside = outside, 2 * outside
        if abs(outside) > abs(step) * 2.0**64:
            return np.sign(step) * np.inf
    while abs(outside - inside) > 1e-10 * max(abs(step), abs(outside)):  # no finer than numbers are out there
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if p_value(middle) > size + 1e-12 else (inside, middle)
    return (inside + outside) / 2


def _multipliers(clusters: int, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the multipliers of :func:`wild_bootstrap` in chunks (some draws, clusters)."""
    size = max(1, CHUNK // clusters)
    enumerated = 2 ** int(clusters) <= draws + 1  # a numpy integer would overflow to 0
    draws = 2 ** int(clusters) if enumerated else draws
    generator = np.random.default_rng(seed)
    for start in range(0, draws, size):
        rows = min(size, draws - start)
        if enumerated:
            yield 2.0 * (np.arange(start, start + rows)[:, None] >> np.arange(clusters) & 1) - 1
        else:
            yield WEBB[generator.integers(0, 6, (rows, clusters))]
