"""Least squares with errors by cluster that hold when clusters are few: CR1, and CR2 with Bell-McCaffrey df.

Sources: Bell and McCaffrey 2002, Survey Methodology 28(2), 169-181; Pustejovsky and Tipton 2018, doi
10.1080/07350015.2016.1247004, equations as in arXiv 1601.01981; Cameron and Miller 2015, doi 10.3368/jhr.50.2.317.
"""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

RANK_TOLERANCE = 1e-7  # share of a column's length that must lie outside the columns before it; as in R's lm
EIGENVALUE_TOLERANCE = 1e-10  # eigenvalues of B_g that count as zero, relative to 1 or its largest
VARIANCE_TOLERANCE = 1e-10  # share of the working variance below which no variance can be estimated
DF_TOLERANCE = 1e-9  # three equal clusters have df 2 exactly: rounding must not refuse them
COLLINEAR = 1e-10  # share of the arms' variation outside the design below which a draw has no estimate
TIE_TOLERANCE = 1e-9  # relative: a statistic this close to the observed one is a tie, and ties count
CHUNK = 1_000_000  # numbers held at once per array of draws: memory does not grow with draws times clusters


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

    def interval(self, name: Hashable, level: float) -> tuple[float, float]:
        """Low and high end by CR2 and t with Bell-McCaffrey df; ``level`` is a share such as 0.95."""
        from scipy import stats

        if not 0 < level < 1:
            raise ValueError(f"The level of an interval lies between 0 and 1, not at {level}.")
        place = self._place(name)
        half = stats.t.isf((1 - level) / 2, self.df[place]) * self.se_cr2[place]
        return float(self.coefficients[place] - half), float(self.coefficients[place] + half)

    def p_value(self, name: Hashable, method: str) -> float:
        """Two-sided p: ``"cr2"`` is t with Bell-McCaffrey df, ``"cr1"`` is t with G - 1."""
        from scipy import stats

        if method not in ("cr1", "cr2"):
            raise ValueError(f'The method is "cr1" or "cr2", not {method!r}.')
        place = self._place(name)
        error, df = (self.se_cr2, self.df[place]) if method == "cr2" else (self.se_cr1, self.clusters - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(2 * stats.t.sf(np.abs(self.coefficients[place] / error[place]), df))

    def _place(self, name: Hashable) -> int:
        if name not in self.names:
            raise ValueError(f"{name!r} is not among the columns asked for: {list(self.names)}.")
        return self.names.index(name)


def fit(outcome, design, cluster, weights=None, of=None):
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
    names, x, y, w, codes, clusters = checked_arrays(outcome, design, cluster, weights)
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


def _cr2(z, wz, e, starts, sizes, contrasts, weighted):
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


def checked_arrays(outcome, design, cluster, weights=None):
    """Names, regressors, outcome, weights and cluster codes as arrays, and the number of clusters."""
    names = tuple(design.columns) if isinstance(design, pd.DataFrame) else tuple(range(np.shape(design)[1]))
    if len(set(names)) < len(names):
        raise ValueError(f"Columns must be unique; {list(names)}.")
    x, y = finite_numbers(design, "design"), finite_numbers(outcome, "outcome")
    w = np.ones(len(x)) if weights is None else finite_numbers(weights, "weights")
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
    dependent = _dependent(finite_numbers(design, "design"))
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
    for place, rest in enumerate(triangle.T):  # type: ignore[attr-defined]
        for _ in range(2):
            rest = rest - basis @ (basis.T @ rest)
        length = np.linalg.norm(rest)
        dependent[place] = length <= RANK_TOLERANCE
        if not dependent[place]:
            basis = np.column_stack([basis, rest / length])
    return dependent


def finite_numbers(values: ArrayLike, what: str) -> np.ndarray:
    """Return values as an array of float; ``ValueError`` names ``what`` if one is missing or infinite."""
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
