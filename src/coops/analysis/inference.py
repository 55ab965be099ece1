"""Least squares whose standard errors hold when clusters are few: CR1, and CR2 with Bell-McCaffrey df.

Sources: Bell and McCaffrey 2002, Survey Methodology 28(2) (bias-reduced linearisation and its df); Pustejovsky and
Tipton 2018, doi 10.1080/07350015.2016.1247004 (adjustment by pseudo-inverse, rank-deficient clusters, weights);
Cameron and Miller 2015, doi 10.3368/jhr.50.2.317, section II (CR1).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

RANK_TOLERANCE = 1e-7  # share of a column's length that must lie outside the columns before it; as in R's lm
EIGENVALUE_TOLERANCE = 1e-10  # eigenvalues of B_g, relative to the larger of 1 and its largest, that count as zero
VARIANCE_TOLERANCE = 1e-10  # share of the working variance below which no variance can be estimated
DF_TOLERANCE = 1e-9  # three equal clusters have df 2 exactly: rounding must not refuse them


@dataclass(frozen=True)
class Fit:
    """A regression with clustered errors.

    ``names`` are the columns asked for, and ``coefficients``, ``se_cr1``, ``se_cr2`` (unit of the outcome per unit of
    the column) and ``df`` (Bell-McCaffrey, by Satterthwaite) are arrays over them. ``residuals`` (n,) are in the order
    of the rows given. ``n`` counts rows, ``clusters`` clusters and ``rank`` all columns of the design.
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
        Sampling (probability) weights, positive; their scale does not matter. Convention: that of clubSandwich for
        ``lm`` with weights (``inverse_var=FALSE``, working covariance the identity). Neither the form on data
        multiplied by the root of the weights nor ``inverse_var=TRUE``: these give other numbers.
    of : list of column names, optional
        Columns wanted; all if not given.

    Returns
    -------
    Fit
        With one cluster nothing can be estimated: standard errors and df are missing. CR2 and df are missing too where
        the clusters left by the pseudo-inverse carry no information on a column; CR1 where N = k.

    Raises
    ------
    ValueError
        If a cluster is missing, lengths differ, a value is missing, a weight is not positive, a column wanted is
        unknown, or the design is short of full rank: names the columns to drop.

    Notes
    -----
    With W = diag(w), M = (X'WX)^-1, H = XMX'W and e the residuals (k counts all columns):

    CR1 = G/(G-1) (N-1)/(N-k) M (sum of X_g'W_g e_g e_g'W_g X_g) M: Cameron and Miller 2015, section II.B.
    CR2 = M (sum of X_g'W_g A_g e_g e_g'A_g W_g X_g) M, where A_g is the symmetric pseudo-inverse square root of
    B_g = [(I-H)(I-H)']_gg: Bell and McCaffrey 2002; Pustejovsky and Tipton 2018, section 2.1 and theorem 1.
    """
    names = tuple(design.columns) if isinstance(design, pd.DataFrame) else tuple(range(np.shape(design)[1]))
    wanted = names if of is None else (of,) if isinstance(of, str) else tuple(of)
    if len(set(names)) < len(names) or not set(wanted) <= set(names):
        raise ValueError(f"Columns must be unique and hold those asked for; {list(wanted)} of {list(names)}.")
    x, y = _numbers(design, "design"), _numbers(outcome, "outcome")
    w = np.ones(len(x)) if weights is None else _numbers(weights, "weights")
    codes, clusters = _codes(cluster)
    if not x.shape[:1] == y.shape == w.shape == codes.shape:
        raise ValueError(f"Lengths differ: design {len(x)}, outcome {y.shape}, weights {w.shape}, cluster {len(codes)}.")
    if not (w > 0).all():
        raise ValueError(f"Weights must be positive; {int((w <= 0).sum())} of {len(w)} are not.")
    dependent = _dependent(x)
    if dependent.any() or not len(names):
        spare = [name for name, drop in zip(names, dependent, strict=True) if drop]
        raise ValueError(f"The design has rank {int((~dependent).sum())} and {len(names)} columns; drop {spare}.")

    order = np.argsort(codes, kind="stable")
    n, k = x.shape
    scale = np.abs(x).max(axis=0)
    root = np.sqrt(w / w.mean())[order, None]
    q, r = np.linalg.qr(x[order] / scale * root)
    solution = np.linalg.solve(r, q.T @ (y[order] * root[:, 0]))
    residuals = np.empty(n)
    residuals[order] = y[order] - x[order] @ (solution / scale)

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

    B_g - I lives in the span of Z_g and W_g Z_g. With an orthonormal basis O_g of it, A_g = I + O_g (f(O_g'B_g O_g)
    - I) O_g', f the pseudo-inverse root: no matrix is larger than 2k x 2k, however large the cluster.

    df = trace(P)^2 / ||P||^2 (Bell and McCaffrey 2002, section 4; Pustejovsky and Tipton 2018, equation 11) with
    a_g = A_g W_g Z_g c, u_g = Z_g'W_g a_g, v_g = Z_g'a_g and P = diag(d) + L, where d_g = a_g'a_g,
    L_gh = -u_g'v_h - v_g'u_h + v_g'S v_h and S = Z'W^2 Z. The G x G matrix is never formed:
    ||P||^2 = sum of d_g^2 + 2 d_g L_gg + trace(K F'F K F'F), F = [U V], K = [[0, -I], [-I, S]].
    """
    k, p = contrasts.shape
    s = wz.T @ wz
    variance, trace, square = np.zeros(p), np.zeros(p), np.zeros(p)
    cross = np.zeros((p, 2 * k, 2 * k))  # F'F of each contrast
    for size in np.unique(sizes):  # clusters of one size at a time, as stacks (clusters, rows, columns)
        rows = starts[sizes == size][:, None] + np.arange(size)
        zg, wzg, eg = z[rows], wz[rows], e[rows]
        basis = np.linalg.qr(np.concatenate([zg, wzg], axis=2) if weighted else zg)[0]
        turned = basis.transpose(0, 2, 1)
        bz, bw = turned @ zg, turned @ wzg
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
    df = np.where(known, trace**2 / np.where(known, square, 1), np.nan)
    return np.where(known, np.sqrt(variance), np.nan), df


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
        Names, in the order of the columns. A column is dropped if the part of it that is orthogonal to those kept
        before it is at most ``RANK_TOLERANCE`` (1e-7, as in R's ``lm``) of its own length, or if it is zero.

    Raises
    ------
    ValueError
        If one of the first ``keep`` columns repeats those before it (names it), or a value is missing.

    Notes
    -----
    Householder triangle of the columns at unit length, then Gram-Schmidt, twice, on the triangle: Golub and Van Loan
    2013, sections 5.2.2 and 5.2.9.
    """
    dependent = _dependent(_numbers(design, "design"))
    if dependent[:keep].any():
        name = design.columns[int(np.argmax(dependent))]
        raise ValueError(f"{name!r} is a linear combination of the columns before it and may not be dropped.")
    return list(design.columns[~dependent]), list(design.columns[dependent])


def _dependent(x: np.ndarray) -> np.ndarray:
    """True for each column (of N rows) in the span of those before it that are not."""
    largest = np.abs(x).max(axis=0, initial=0)
    scaled = x / np.where(largest > 0, largest, 1)
    scaled = scaled / np.maximum(np.linalg.norm(scaled, axis=0), 1)  # no column is shorter than 1 unless it is zero
    triangle = np.linalg.qr(scaled, mode="r")  # same lengths and angles, k rows
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
    array = values.to_numpy(dtype=float, na_value=np.nan) if hasattr(values, "to_numpy") else np.asarray(values, dtype=float)
    if not np.isfinite(array).all():
        raise ValueError(f"The {what} holds {int((~np.isfinite(array)).sum())} missing or infinite values.")
    return array


def _codes(cluster) -> tuple[np.ndarray, int]:
    """Number of each row's cluster from 0, and how many clusters there are."""
    codes, labels = pd.factorize(np.asarray(cluster, dtype=object)) if cluster is not None else (np.array([-1]), [])
    if (codes < 0).any():
        raise ValueError("The cluster cannot be left out: each row needs the label of the unit that was assigned.")
    return codes, len(labels)


def refusal(clusters_by_arm: dict[str, int], df: float) -> str | None:
    """Why an estimate gets no interval, no p and no direction word; None where it gets them.

    Parameters
    ----------
    clusters_by_arm : dict
        Arm -> clusters that hold it; one entry where there is no arm. A cluster with two arms counts in both.
    df : float
        Bell-McCaffrey df of the estimate.

    Returns
    -------
    str or None
        ``"one_cluster"`` (fewer than 2 clusters in all), ``"few_clusters"`` (fewer than 3 in an arm, or in all where
        there is no arm), ``"small_df"`` (df below 2, up to rounding, or not finite). The project's contract, Refusal.
    """
    counts = list(clusters_by_arm.values())
    if sum(counts) < 2:
        return "one_cluster"
    if min(counts) < 3:
        return "few_clusters"
    return None if np.isfinite(df) and df >= 2 - DF_TOLERANCE else "small_df"
