"""Inference that holds when clusters are few: CR1, CR2 with Bell-McCaffrey df, wild bootstrap, randomisation.

Sources: Bell and McCaffrey 2002, Survey Methodology 28(2), 169-181; Pustejovsky and Tipton 2018, doi
10.1080/07350015.2016.1247004, equations as in arXiv 1601.01981; Cameron and Miller 2015, doi 10.3368/jhr.50.2.317;
Cameron, Gelbach and Miller 2008, doi 10.1162/rest.90.3.414; Roodman, MacKinnon, Nielsen and Webb 2019, doi
10.1177/1536867X19830877; Webb 2023, doi 10.1111/caje.12661; Imbens and Rubin 2015, chapter 5.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import factorial, prod

import numpy as np
import pandas as pd

RANK_TOLERANCE = 1e-7  # share of a column's length that must lie outside the columns before it; as in R's lm
EIGENVALUE_TOLERANCE = 1e-10  # eigenvalues of B_g that count as zero, relative to 1 or its largest
VARIANCE_TOLERANCE = 1e-10  # share of the working variance below which no variance can be estimated
DF_TOLERANCE = 1e-9  # three equal clusters have df 2 exactly: rounding must not refuse them
COLLINEAR = 1e-10  # share of the arms' variation outside the design below which a draw has no estimate
TIE_TOLERANCE = 1e-9  # relative: a statistic this close to the observed one is a tie, and ties count
BOOTSTRAP_CLUSTERS = 12  # a wild bootstrap of fewer is not shown: it over-rejects (.064 to .087 at 3 against 3)
CHUNK = 1_000_000  # numbers held at once per array of draws: memory does not grow with draws times clusters
WEBB = np.array([-(1.5**0.5), -1.0, -(0.5**0.5), 0.5**0.5, 1.0, 1.5**0.5])  # six points of mean 0 and variance 1


@dataclass(frozen=True)
class Fit:
    """A regression with clustered errors.

    ``names``: the columns asked for; ``coefficients``, ``se_cr1``, ``se_cr2`` (unit of the outcome per unit of the
    column) and ``df`` (Bell-McCaffrey, by Satterthwaite) are arrays over them. ``residuals`` (n,): in the order of the
    rows given. ``n`` counts rows, ``clusters`` clusters, ``rank`` all columns of the design.
    """

    names: tuple
    coefficients: np.ndarray
    se_cr1: np.ndarray
    se_cr2: np.ndarray
    df: np.ndarray
    residuals: np.ndarray
    n: int
    clusters: int
    rank: int

    def interval(self, name: str, level: float) -> tuple[float, float]:
        """Low and high end by CR2 and t with Bell-McCaffrey df; ``level`` is a share such as 0.95."""
        from scipy import stats

        if not 0 < level < 1:
            raise ValueError(f"The level of an interval lies between 0 and 1, not at {level}.")
        place = self._place(name)
        half = stats.t.isf((1 - level) / 2, self.df[place]) * self.se_cr2[place]
        return float(self.coefficients[place] - half), float(self.coefficients[place] + half)

    def p_value(self, name: str, method: str) -> float:
        """Two-sided p: ``"cr2"`` is t with Bell-McCaffrey df, ``"cr1"`` is t with G - 1."""
        from scipy import stats

        if method not in ("cr1", "cr2"):
            raise ValueError(f'The method is "cr1" or "cr2", not {method!r}.')
        place = self._place(name)
        error, df = (self.se_cr2, self.df[place]) if method == "cr2" else (self.se_cr1, self.clusters - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(2 * stats.t.sf(np.abs(self.coefficients[place] / error[place]), df))

    def _place(self, name: str) -> int:
        if name not in self.names:
            raise ValueError(f"{name!r} is not among the columns asked for: {list(self.names)}.")
        return self.names.index(name)


def fit(outcome, design, cluster, weights=None, of=None) -> Fit:
    """Ordinary or weighted least squares with standard errors clustered by CR1 and CR2.

    Parameters
    ----------
    outcome : array (N,)
        In the unit in which the coefficients are wanted. Rows are matched by position, not by index.
    design : DataFrame or array (N, k)
        Of full column rank, the constant included. Columns of an array are named 0, 1, ...
    cluster : array (N,)
        Label of each row's cluster. There is no default: the cluster cannot be left out.
    weights : array (N,), optional
        Sampling (probability) weights, positive, of any scale. Convention: the default of clubSandwich for ``lm``
        with weights (``inverse_var=FALSE``, working covariance the identity). Data multiplied by the root of the
        weights, and ``inverse_var=TRUE``, give other numbers.
    of : list of column names, optional
        Columns wanted; all if not given. CR2 and df are computed for these only.

    Returns
    -------
    Fit
        Standard errors and df are missing with one cluster; CR2 and df also where the pseudo-inverse leaves no
        information on a column, CR1 also where N = k.

    Raises
    ------
    ValueError
        If a cluster or value is missing, lengths differ, a weight is not positive, a column wanted is unknown, or
        the design is short of full rank (names the columns to drop).

    Notes
    -----
    With W = diag(w), M = (X'WX)^-1, H = XMX'W, e the residuals and k counting all columns:
    CR1 = G/(G-1) (N-1)/(N-k) M (sum of X_g'W_g e_g e_g'W_g X_g) M (Cameron and Miller 2015);
    CR2 = M (sum of X_g'W_g A_g e_g e_g'A_g W_g X_g) M, A_g the symmetric pseudo-inverse root of
    B_g = [(I-H)(I-H)']_gg (Bell and McCaffrey 2002; Pustejovsky and Tipton 2018, equations 4, 7 and 8).
    """
    names, x, y, w, codes, clusters = _checked(outcome, design, cluster, weights)
    wanted = names if of is None else (of,) if isinstance(of, str) else tuple(of)
    if not set(wanted) <= set(names):
        raise ValueError(f"Columns must hold those asked for; {list(wanted)} of {list(names)}.")
    n, k = x.shape
    order = np.argsort(codes, kind="stable")
    scale = np.abs(x).max(axis=0)
    root = np.sqrt(w)[order, None]
    q, r = np.linalg.qr(x[order] / scale * root)
    solution = np.linalg.solve(r, q.T @ (y[order] * root[:, 0]))
    residuals = y - x @ (solution / scale)
    # In the coordinates Z = X R^-1 (so that Z'WZ = I) M is the identity, and contrasts are columns of R'^-1.
    places = [names.index(name) for name in wanted]
    contrasts = np.linalg.solve(r.T, np.eye(k)[:, places] / scale[places])
    sizes = np.bincount(codes, minlength=clusters)
    starts = np.cumsum(sizes) - sizes
    z, wz, e = q / root, q * root, residuals[order]
    scores = np.add.reduceat((wz @ contrasts) * e[:, None], starts)
    factor = clusters / (clusters - 1) * (n - 1) / (n - k) if clusters > 1 and n > k else np.nan
    se_cr2, df = _cr2(z, wz, e, starts, sizes, contrasts, weights is not None)
    se_cr1 = np.sqrt(factor * (scores**2).sum(axis=0))
    return Fit(wanted, (solution / scale)[places], se_cr1, se_cr2, df, residuals, n, clusters, k)


def _cr2(z, wz, e, starts, sizes, contrasts, weighted) -> tuple[np.ndarray, np.ndarray]:
    """CR2 standard errors and Satterthwaite df of contrasts (k, p), rows sorted by cluster and Z'WZ = I.

    B_g - I lives in the span of Z_g and W_g Z_g. With O_g an orthonormal basis of it, A_g = I + O_g (f(O_g'B_g O_g)
    - I) O_g', f the pseudo-inverse root: no matrix is larger than 2k x 2k, however large the cluster.
    df = trace(P)^2 / ||P||^2 (Pustejovsky and Tipton 2018, equation 11). With a_g = A_g W_g Z_g c, u_g = Z_g'W_g a_g,
    v_g = Z_g'a_g, d_g = a_g'a_g and S = Z'W^2 Z: P = diag(d) + L, L_gh = -u_g'v_h - v_g'u_h + v_g'S v_h. P (G x G) is
    never formed: ||P||^2 = sum of d_g^2 + 2 d_g L_gg + trace(K F'F K F'F), F = [U V], K = [[0, -I], [-I, S]].
    """
    k, p = contrasts.shape
    s = wz.T @ wz
    variance, trace, square = np.zeros(p), np.zeros(p), np.zeros(p)
    cross = np.zeros((p, 2 * k, 2 * k))  # F'F of each contrast
    for size in np.unique(sizes):  # clusters of one size at a time, as stacks (clusters, rows, columns)
        rows = starts[sizes == size][:, None] + np.arange(size)
        zg, wzg, eg = z[rows], wz[rows], e[rows]
        basis = np.linalg.qr(np.concatenate([zg, wzg], axis=2) if weighted else zg)[0]
        bz, bw = basis.transpose(0, 2, 1) @ zg, basis.transpose(0, 2, 1) @ wzg
        hat = bz @ bw.transpose(0, 2, 1)
        inner = np.eye(basis.shape[2]) - hat - hat.transpose(0, 2, 1) + bz @ s @ bz.transpose(0, 2, 1)
        values, vectors = np.linalg.eigh(inner)
        kept = values > EIGENVALUE_TOLERANCE * np.maximum(1, values[:, -1:])
        roots = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1)), 0)
        turn = basis @ vectors
        plain = wzg @ contrasts
        a = plain + turn @ ((roots - 1)[:, :, None] * (turn.transpose(0, 2, 1) @ plain))
        u, v = wzg.transpose(0, 2, 1) @ a, zg.transpose(0, 2, 1) @ a
        d, own = (a**2).sum(axis=1), (-2 * u * v + v * (s @ v)).sum(axis=1)
        variance += (np.einsum("gmp,gm->gp", a, eg) ** 2).sum(axis=0)
        trace += (d + own).sum(axis=0)
        square += (d**2 + 2 * d * own).sum(axis=0)
        f = np.concatenate([u, v], axis=1)
        cross += f.transpose(2, 1, 0) @ f.transpose(2, 0, 1)
    middle = np.block([[np.zeros((k, k)), -np.eye(k)], [-np.eye(k), s]])
    product = middle @ cross
    square += np.einsum("pij,pji->p", product, product)
    known = trace > VARIANCE_TOLERANCE * np.einsum("kp,kl,lp->p", contrasts, s, contrasts)
    return np.where(known, np.sqrt(variance), np.nan), np.where(known, trace**2 / np.where(known, square, 1), np.nan)


def _checked(outcome, design, cluster, weights=None):
    """Names, regressors, outcome, weights and cluster codes as arrays, and the number of clusters."""
    names = tuple(design.columns) if isinstance(design, pd.DataFrame) else tuple(range(np.shape(design)[1]))
    if len(set(names)) < len(names):
        raise ValueError(f"Columns must be unique; {list(names)}.")
    x, y = _numbers(design, "design"), _numbers(outcome, "outcome")
    w = np.ones(len(x)) if weights is None else _numbers(weights, "weights")
    codes, labels = pd.factorize(np.atleast_1d(np.asarray(cluster, dtype=object)))
    if (codes < 0).any():
        raise ValueError("The cluster cannot be left out: each row needs the label of the unit that was assigned.")
    if not x.shape[:1] == y.shape == w.shape == codes.shape:
        raise ValueError(f"Lengths differ: design {len(x)}, outcome {len(y)}, weights {len(w)}, cluster {len(codes)}.")
    if not (w > 0).all():
        raise ValueError(f"Weights must be positive; {int((w <= 0).sum())} of {len(w)} are not.")
    spare = [names[place] for place in np.flatnonzero(_dependent(x))]
    if spare or not names:
        raise ValueError(f"The design has rank {len(names) - len(spare)} and {len(names)} columns; drop {spare}.")
    return names, x, y, w, codes, len(labels)


def independent_columns(design: pd.DataFrame, keep: int) -> tuple[list, list]:
    """Which columns add something to the columns before them, and which repeat them.

    Parameters
    ----------
    design : DataFrame (N, k)
        Columns in order of priority; their units may differ by any factor.
    keep : int
        The first ``keep`` columns are never dropped.

    Returns
    -------
    (kept, dropped)
        Names, in the order of the columns. A column is dropped if the part of it orthogonal to those kept before it is
        at most ``RANK_TOLERANCE`` (1e-7, as in R's ``lm``) of its length.

    Raises
    ------
    ValueError
        If one of the first ``keep`` columns repeats those before it (names it), or a value is missing.
    """
    dependent = _dependent(_numbers(design, "design"))
    if dependent[:keep].any():
        raise ValueError(f"{design.columns[np.argmax(dependent)]!r} repeats the columns before it and may not go.")
    return list(design.columns[~dependent]), list(design.columns[dependent])


def _dependent(x: np.ndarray) -> np.ndarray:
    """True for each column in the span of those before it that are not: Gram-Schmidt, twice, on a QR triangle.

    The triangle keeps lengths and angles of the N rows in k rows, column by column (Higham 2002, chapter 19).
    """
    length = np.linalg.norm(x, axis=0)
    triangle = np.linalg.qr(x / np.where(length > 0, length, 1), mode="r")
    basis, dependent = np.zeros((len(triangle), 0)), np.zeros(x.shape[1], dtype=bool)
    for place, rest in enumerate(triangle.T):
        for _ in range(2):
            rest = rest - basis @ (basis.T @ rest)
        length = np.linalg.norm(rest)
        dependent[place] = length <= RANK_TOLERANCE
        if not dependent[place]:
            basis = np.column_stack([basis, rest / length])
    return dependent


def _numbers(values, what: str) -> np.ndarray:
    array = values.to_numpy(dtype=float, na_value=np.nan) if hasattr(values, "to_numpy") else np.asarray(values, float)
    if not np.isfinite(array).all():
        raise ValueError(f"The {what} holds {int((~np.isfinite(array)).sum())} missing or infinite values.")
    return array


def refusal(clusters_by_arm: dict[str, int], df: float) -> str | None:
    """Why an estimate gets no interval, no p and no direction word; None where it gets them.

    Parameters
    ----------
    clusters_by_arm : dict
        Arm: clusters that hold it; one entry where there is no arm. A cluster with two arms counts in both.
    df : float
        Bell-McCaffrey df of the estimate.

    Returns
    -------
    str or None
        ``"one_cluster"`` (fewer than 2 in all), ``"few_clusters"`` (fewer than 3 in an arm, or in all where there is
        no arm), ``"small_df"`` (df below 2, up to rounding, or not finite). Source: the project's refusal rule.
    """
    if sum(clusters_by_arm.values()) < 2:
        return "one_cluster"
    if min(clusters_by_arm.values()) < 3:
        return "few_clusters"
    return None if np.isfinite(df) and df >= 2 - DF_TOLERANCE else "small_df"


@dataclass(frozen=True)
class Bootstrap:
    """A wild cluster bootstrap test of one coefficient against zero, with the interval that inverts it.

    ``p`` is two-sided and never 0. ``low`` and ``high`` are in the unit of the coefficient, infinite where the test
    rejects no value however far out, missing where no interval was asked for. ``draws`` counts vectors of multipliers:
    all of them where ``multiplier`` is ``"rademacher"`` (enumerated), a sample where it is ``"webb"``.
    """

    p: float
    low: float
    high: float
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


def wild_bootstrap(outcome, design, cluster, column, *, level, draws, seed, interval=True) -> Bootstrap:
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
        count = np.count_nonzero(numerator**2 * observed >= squared * (d**2 * (1 - TIE_TOLERANCE) ** 2))
        # v = 1 and v = -1 give t itself, whatever rounding says
        return max(count, 2) / len(top) if enumerated else (1 + count) / (1 + len(top))

    low, high = np.nan, np.nan
    if interval:
        step = np.sqrt(observed) or abs(value) or 1.0
        low, high = (value - _last_kept(p_value, side * step, 1 - level) for side in (1, -1))
    return Bootstrap(float(p_value(value)), float(low), float(high), len(top), "rademacher" if enumerated else "webb")


def wild_statistics(outcome, design, cluster, column, *, draws, seed, among=None) -> tuple[float, np.ndarray]:
    """CR1 t of a coefficient, and its values in the draws of :func:`wild_bootstrap` with the null of zero imposed.

    As :func:`wild_tests`, of the null 0.
    """
    return wild_tests(outcome, design, cluster, column, draws=draws, seed=seed, among=among)(0.0)


def wild_tests(outcome, design, cluster, column, *, draws, seed, among=None) -> Callable[[float], tuple]:
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


def _drawn(outcome, design, cluster, column, draws: int, seed: int, among=None) -> tuple:
    """Coefficient, its squared error, five numbers a draw, clusters and the factor of CR1, of a wild bootstrap.

    Of each draw: numerator = 0 + 1 d, squared error = 2 + 3 d + 4 d^2, with d = b - h.
    """
    names, x, y, _, _, clusters = _checked(outcome, design, cluster)
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
        products = [np.einsum("dg,dg->d", one, other) for one, other in
                    ((fixed, fixed), (fixed, moving), (moving, moving))]  # fmt: skip
        numbers.append(np.stack([both[:, :k] @ contrast, both[:, k:] @ contrast, *products]))
    factor = clusters / (clusters - 1) * (len(y) - 1) / (len(y) - k) if len(y) > k else np.nan
    return value, own @ own, np.concatenate(numbers, axis=1), clusters, factor


def _last_kept(p_value, step: float, size: float) -> float:
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


@dataclass(frozen=True)
class Randomisation:
    """Randomisation inference on one arm against the reference, by the coefficient and by its CR1 t.

    Each p is two-sided and never 0, and cannot fall below its ``smallest_…``. ``draws`` counts assignments: all that
    the rule allows, the actual one included, if ``enumerated``; else a sample of them.
    """

    coefficient: float
    t: float
    p_coefficient: float
    p_t: float
    smallest_coefficient: float
    smallest_t: float
    draws: int
    enumerated: bool


def randomisation(
    outcome, design, cluster, arm, reference, assigned, strata=None, *, draws, seed, weights=None, times=None
) -> dict[str, Randomisation]:
    """Test the sharp null of no effect by drawing the assignment again as it was drawn.

    Parameters
    ----------
    outcome, cluster, weights
        As in :func:`fit`. Weights stay with their rows.
    design : DataFrame or array (N, k)
        The regressors other than those of the arm, the constant included; they stay with their rows.
    arm : array (N,)
        Label of each row's arm.
    reference : label
        The arm that the others are compared with.
    assigned : array (N,)
        Label of the unit that was assigned, coarser or finer than ``cluster`` or equal to it.
    strata : array (N,), optional
        Labels within which units were assigned; one stratum if not given.
    draws : int
        Assignments drawn; all distinct ones are used instead if they are at most ``draws`` + 1.
    seed : int
        Of the draws, which go to units in the order of their labels.
    times : array (N,), optional
        The arm enters alone and multiplied by this column, and the effect is that of the product (repeated
        cross-sections: 1 after, 0 before).

    Returns
    -------
    dict: arm → Randomisation
        p = share of assignments whose statistic is at least as far from 0 as the actual one, ties counted: # / all if
        enumerated, else (1 + #) / (draws + 1). A statistic that a draw leaves undefined (its arm is collinear) counts
        as farther. With several arms labels are permuted whole: the null is that no arm has an effect.

    Raises
    ------
    ValueError
        As :func:`fit`; also if a unit has two arms or two strata, or the actual arms are collinear with the design.

    Notes
    -----
    Imbens and Rubin 2015, chapter 5; t by Wu and Ding 2021, doi 10.1080/01621459.2020.1750415. The design is projected
    out once (Frisch, Waugh and Lovell); sums by unit and cluster then give each draw's coefficient and CR1.
    """
    _, x, y, w, _, _ = _checked(outcome, design, cluster, weights)
    arm = np.asarray(arm, dtype=object)
    arms = [reference, *(one for one in pd.factorize(arm, sort=True)[1] if one != reference)]
    codes, unit, labels = _codes(cluster), _codes(assigned), pd.Categorical(arm, categories=arms).codes
    strata = np.zeros(len(y), dtype=int) if strata is None else _codes(strata)
    if len(arms) < 2 or not (labels == 0).any() or draws < 1:
        raise ValueError(f"Two arms, {reference!r} among them, and a draw are needed; {arms}, {draws}.")
    if min(unit.min(), labels.min(), strata.min()) < 0:
        raise ValueError("The label of an assigned unit, an arm or a stratum is missing.")
    first = np.unique(unit, return_index=True)[1]
    for what, values in (("arm", labels), ("stratum", strata)):
        if (values != values[first][unit]).any():
            raise ValueError(f"Each assigned unit needs one {what}.")
    factors = np.ones((len(y), 1)) if times is None else np.c_[_numbers(times, "times"), np.ones(len(y))]
    statistics = _Statistics(x, y, w, codes, unit, factors, len(arms) - 1)
    actual = statistics(labels[first][None])[:, :, 0]
    if not np.isfinite(actual[0]).all():
        raise ValueError("The arms are collinear with the design.")
    every, chunks = _assignments(labels[first], strata[first], draws, seed, CHUNK // statistics.width)
    drawn = np.concatenate([statistics(chunk) for chunk in chunks], axis=2)
    total = drawn.shape[2]
    found = {}
    for place, name in enumerate(arms[1:]):
        share, least = [], []
        for value, values in zip(actual[:, place], drawn[:, place], strict=True):
            size = np.where(np.isfinite(values), np.abs(values), np.inf)
            count = np.count_nonzero(size >= abs(value) * (1 - TIE_TOLERANCE))
            share.append(float(count / total if every else (1 + count) / (1 + total)))
            most = np.count_nonzero(size >= size.max() * (1 - TIE_TOLERANCE))
            least.append(float(most / total if every else 1 / (1 + total)))
        found[name] = Randomisation(*map(float, actual[:, place]), *share, *least, total, every)
    return found


def randomisation_refusal(design: pd.DataFrame, arm, assigned, strata=None) -> str | None:
    """Why the assignment cannot be drawn again with these regressors: ``"arm_in_covariates"``, or None.

    A ready-made product of arm and covariate would have to move with the arm. It shows as a column that is zero on all
    rows of one arm, not zero in at least half of the units of another, and not fixed by the strata.
    """
    frame = pd.DataFrame({"arm": np.asarray(arm), "unit": np.asarray(assigned)})
    frame["stratum"] = 0 if strata is None else np.asarray(strata)
    for column in design:
        frame["value"] = design[column].to_numpy()
        share = (frame["value"] != 0).groupby([frame["arm"], frame["unit"]]).max().groupby("arm").mean()
        if share.min() == 0 and share.max() >= 0.5 and frame.groupby("stratum")["value"].nunique().max() > 1:
            return "arm_in_covariates"
    return None


class _Statistics:
    """Coefficients and CR1 t of the arms under any assignment, from sums by unit, cluster and cell of both.

    With z the design in coordinates in which z'Wz = I, y its residual, D = the arm's columns, T = D'WD - D'Wz z'WD:
    b = T^-1 D'Wy; and the influence of a row on b_j is p - z'(z'WD s), p = D s, s the j-th column of T^-1.
    """

    def __init__(self, x, y, w, codes, unit, factors, arms):
        root = np.sqrt(w)[:, None]
        q = np.linalg.qr(x / np.abs(x).max(axis=0) * root)[0]
        z, wz = q / root, q * root
        rest = y - z @ (wz.T @ y)
        kinds, cell = np.unique(np.c_[codes, unit, factors], axis=0, return_inverse=True)
        cell = cell.reshape(-1)
        self.unit, self.factors = kinds[:, 1].astype(int), kinds[:, 2:]
        self.starts = np.searchsorted(kinds[:, 0], np.arange(codes.max() + 1))
        order = np.argsort(cell, kind="stable")
        cells = np.searchsorted(cell[order], np.arange(len(kinds)))

        def by_cell(values):
            return np.add.reduceat(values[order], cells)

        self.n, self.y, self.z = by_cell(w), by_cell(w * rest), by_cell(wz)
        self.zy = np.add.reduceat(by_cell(wz * rest[:, None]), self.starts)
        self.zz = np.stack([np.add.reduceat(by_cell(wz * one[:, None]), self.starts) for one in z.T], axis=1)
        m, k = self.factors.shape[1], x.shape[1]
        self.shape, self.width = (arms, m, k), max(len(kinds), k * k, m * (m + k + 1))
        parts = [(self.factors * self.n[:, None])[:, :, None] * self.factors[:, None, :],
                 self.factors[:, :, None] * self.z[:, None, :], self.factors * self.y[:, None]]  # fmt: skip
        flat = np.concatenate([part.reshape(len(kinds), -1) for part in parts], axis=1)
        self.units = np.zeros((unit.max() + 1, flat.shape[1]))
        np.add.at(self.units, self.unit, flat)
        groups, spare = len(self.starts), len(y) - k - arms * m
        self.factor = groups / (groups - 1) * (len(y) - 1) / spare if groups > 1 and spare > 0 else np.nan

    def __call__(self, labels: np.ndarray) -> np.ndarray:
        """Coefficients and t (2, arms, B) of assignments (B, units), 0 the reference; infinite where undefined."""
        arms, m, k = self.shape
        shown = np.stack([labels == arm for arm in range(1, arms + 1)], axis=1).astype(float)
        sums = shown @ self.units
        cross = sums[..., m * m : m * m + m * k].reshape(-1, arms * m, k)
        blocks = np.zeros((len(labels), arms, m, arms, m))
        for arm in range(arms):
            blocks[:, arm, :, arm] = sums[:, arm, : m * m].reshape(-1, m, m)
        whole = blocks.reshape(-1, arms * m, arms * m)
        left = whole - cross @ cross.transpose(0, 2, 1)
        size = np.sqrt(np.maximum(np.einsum("bii->bi", whole), np.finfo(float).tiny))
        known = np.linalg.eigvalsh(left / size[:, :, None] / size[:, None, :])[:, 0] > COLLINEAR
        inverse = np.linalg.inv(np.where(known[:, None, None], left, np.eye(arms * m)))
        b = (inverse @ sums[..., m * m + m * k :].reshape(-1, arms * m, 1))[..., 0]
        seen = shown[:, :, self.unit]
        fitted, of_fitted = self._rows(seen, b), np.einsum("bj,bjk->bk", b, cross)
        ahead = self.y - fitted * self.n + of_fitted @ self.z.T
        found = np.empty((2, arms, len(labels)))
        for arm in range(arms):
            s = inverse[:, :, arm * m]
            of_s = np.einsum("bj,bjk->bk", s, cross)
            inner = self._rows(seen, s) * ahead + fitted * (of_s @ self.z.T)
            score = inner if len(self.starts) == inner.shape[1] else np.add.reduceat(inner, self.starts, axis=1)
            product = (of_fitted[:, :, None] * of_s[:, None, :]).reshape(-1, k * k)
            score = score - of_s @ self.zy.T - product @ self.zz.reshape(-1, k * k).T
            value, error = b[:, arm * m], np.sqrt(self.factor * np.einsum("bg,bg->b", score, score))
            clear = error > COLLINEAR * np.abs(value)  # else the fit is perfect and its error rounding
            found[0, arm] = np.where(known, value, np.inf)
            found[1, arm] = np.where(known & clear, value / np.where(clear, error, 1), np.inf)
        return found

    def _rows(self, seen: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        """The arm's columns times coefficients (B, arms · factors), by cell."""
        arms, m, _ = self.shape
        return sum(seen[:, arm] * (coefficients[:, arm * m : (arm + 1) * m] @ self.factors.T) for arm in range(arms))


def _assignments(labels, strata, draws: int, seed: int, rows: int) -> tuple[bool, Iterator[np.ndarray]]:
    """Are all distinct assignments of units within strata used, and they (or a sample) in chunks (B, units)."""
    cells = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    cells = [members for members in cells if len(np.unique(labels[members])) > 1]
    counts = [
        factorial(len(members)) // prod(map(factorial, np.bincount(labels[members]).tolist())) for members in cells
    ]
    every = prod(counts) <= draws + 1
    total, rows = prod(counts) if every else draws, max(1, rows)

    def chunks():
        streams = np.random.default_rng(seed).spawn(len(cells))  # one a stratum: draws do not depend on chunks
        lists = [_orders(labels[members]) for members in cells] if every else []
        for start in range(0, total, rows):
            block = np.tile(labels, (min(rows, total - start), 1))
            places = np.unravel_index(np.arange(start, start + len(block)), counts) if lists else ()
            for number, members in enumerate(cells):
                block[:, members] = (
                    lists[number][places[number]] if every else streams[number].permuted(block[:, members], axis=1)
                )
            yield block

    return every, chunks()


def _orders(labels: np.ndarray) -> np.ndarray:
    """All distinct orders of labels, one a row."""
    kinds = np.unique(labels)
    if len(kinds) == 1:
        return labels[None]
    others = _orders(labels[labels != kinds[0]])
    blocks = []
    for places in combinations(range(len(labels)), int((labels == kinds[0]).sum())):
        block = np.full((len(others), len(labels)), kinds[0])
        block[:, np.setdiff1d(np.arange(len(labels)), places)] = others
        blocks.append(block)
    return np.concatenate(blocks)


def _codes(labels) -> np.ndarray:
    """Numbers of labels in their order."""
    return pd.factorize(np.asarray(labels, dtype=object), sort=True)[0]
