"""Randomisation inference: whole units are drawn anew within strata.

Source: Imbens and Rubin 2015, chapter 5.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import factorial, prod

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coops.estimation.cluster_robust import CHUNK, COLLINEAR, TIE_TOLERANCE, checked_arrays, finite_numbers


@dataclass(frozen=True)
class Randomisation:
    """Randomisation inference on one arm against the reference, by the coefficient and by its CR1 t.

    Each p is two-sided and never 0, and cannot fall below its ``smallest_…``. ``draws`` counts assignments: all that
    the rule allows, the actual one included, if ``enumerated``; else a sample of them.
    """

    coefficient: float
    t: float
    p_value_coefficient: float
    p_value: float
    least_p_value_coefficient: float
    least_p_value: float
    draws: int
    enumerated: bool


def randomisation(
    outcome, design, cluster, arm, reference, assigned, strata=None, *, draws, seed, weights=None, times=None
):
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
    _, x, y, w, _, _ = checked_arrays(outcome, design, cluster, weights)
    arm = np.asarray(arm, dtype=object)
    arms = [reference, *(label for label in pd.factorize(arm, sort=True)[1] if label != reference)]
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
    factors = np.ones((len(y), 1)) if times is None else np.c_[finite_numbers(times, "times"), np.ones(len(y))]
    statistics = _Statistics(x, y, w, codes, unit, factors, len(arms) - 1)
    actual = statistics(labels[first][None])[:, :, 0]
    if not np.isfinite(actual[0]).all():
        raise ValueError("The arms are collinear with the design.")
    every, chunks = _assignments(labels[first], strata[first], draws, seed, CHUNK // statistics.width)
    drawn = np.concatenate([statistics(chunk) for chunk in chunks], axis=2)
    total = drawn.shape[2]
    tests = {}
    for place, name in enumerate(arms[1:]):
        share, least = [], []
        for value, values in zip(actual[:, place], drawn[:, place], strict=True):
            size = np.where(np.isfinite(values), np.abs(values), np.inf)
            count = np.count_nonzero(size >= abs(value) * (1 - TIE_TOLERANCE))
            share.append(float(count / total if every else (1 + count) / (1 + total)))
            most = np.count_nonzero(size >= size.max() * (1 - TIE_TOLERANCE))
            least.append(float(most / total if every else 1 / (1 + total)))
        tests[name] = Randomisation(
            float(actual[0, place]), float(actual[1, place]), share[0], share[1], least[0], least[1], total, every
        )
    return tests


def randomisation_refusal(
    design: pd.DataFrame, arm: ArrayLike, assigned: ArrayLike, strata: ArrayLike | None = None
) -> str | None:
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
        self.zz = np.stack([np.add.reduceat(by_cell(wz * column[:, None]), self.starts) for column in z.T], axis=1)
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
        statistics = np.empty((2, arms, len(labels)))
        for arm in range(arms):
            s = inverse[:, :, arm * m]
            of_s = np.einsum("bj,bjk->bk", s, cross)
            inner = self._rows(seen, s) * ahead + fitted * (of_s @ self.z.T)
            score = inner if len(self.starts) == inner.shape[1] else np.add.reduceat(inner, self.starts, axis=1)
            product = (of_fitted[:, :, None] * of_s[:, None, :]).reshape(-1, k * k)
            score = score - of_s @ self.zy.T - product @ self.zz.reshape(-1, k * k).T
            value, error = b[:, arm * m], np.sqrt(self.factor * np.einsum("bg,bg->b", score, score))
            clear = error > COLLINEAR * np.abs(value)  # else the fit is perfect and its error rounding
            statistics[0, arm] = np.where(known, value, np.inf)
            statistics[1, arm] = np.where(known & clear, value / np.where(clear, error, 1), np.inf)
        return statistics

    def _rows(self, seen: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        """The arm's columns times coefficients (B, arms · factors), by cell."""
        arms, m, _ = self.shape
        return sum(seen[:, arm] * (coefficients[:, arm * m : (arm + 1) * m] @ self.factors.T) for arm in range(arms))


def _assignments(
    labels: np.ndarray, strata: np.ndarray, draws: int, seed: int, rows: int
) -> tuple[bool, Iterator[np.ndarray]]:
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


def _codes(labels: ArrayLike) -> np.ndarray:
    """Numbers of labels in their order."""
    return pd.factorize(np.asarray(labels, dtype=object), sort=True)[0]
