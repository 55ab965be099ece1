"""Inverse probability weighting for who was lost: one over the chance of being seen, estimated in every draw.

Sources: Wooldridge 2007, doi 10.1016/j.jeconom.2007.02.002 (inverse probability weights); Kish 1965, Survey Sampling,
section 11.7 (effective number); MacKinnon, Nielsen and Webb 2023, doi 10.1002/jae.2969 (cluster jackknife).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coops.data.units import Data
from coops.estimation import cluster_robust
from coops.estimation.sample_design import Rows
from coops.estimation.tidy import fewest
from coops.study.schema import Covariate
from coops.study.study import Specification
from coops.study.values import plain

STEPS = 50  # Newton steps of a logistic fit; a usual fit needs five
CONVERGED = 1e-10  # largest step, in logits, at which it has converged
SEPARATED = 15.0  # a fitted logit this far out (p within 3e-7 of 0 or 1) is on its way to infinity
RIDGE = 1.0  # penalty on squared coefficients per standard deviation, where a fit is separated
CHUNK = 1_000_000  # numbers held at once per array of draws
SPAN_TOLERANCE = 1e-8  # share of a contrast, or of an eigenvalue, below which a draw cannot estimate it


@dataclass(frozen=True)
class SeenModel:
    """Chances of being seen and the weights that follow.

    ``chance`` (N,) of each unit; ``weights`` (N,): one over it for units seen, of mean 1 over them, and 0 for the
    others. ``largest``: the largest weight. ``effective``: Kish's effective number of units seen. ``ridge``: the fit
    was separated and is penalised. ``dropped``: predictors that repeat others.
    """

    chance: np.ndarray
    weights: np.ndarray
    largest: float
    effective: float
    ridge: bool
    dropped: tuple[str, ...]


BLANK = {
    "outcome": "", "wave": "", "arm": "", "specification": "", "quantity": "reweighted", "estimate": np.nan,
    "std_error": np.nan, "conf_low": np.nan, "conf_high": np.nan, "conf_level": 0.95, "df": np.nan, "p_value": np.nan,
    "n": 0, "n_clusters": 0, "refused": "", "n_expected": 0, "n_fewest": 0, "clusters_by_arm": {},
    "largest": np.nan, "effective": np.nan, "ridge": 0, "dropped": (),
}  # fmt: skip


def row(**cells: object) -> pd.Series:
    """One row of the frame of results: an effect by inverse probability weighting.

    ``estimate``, ``std_error``, ``conf_low``, ``conf_high`` in the unit of the outcome; the interval holds the
    estimation of the weights; ``p_value`` two-sided; ``df`` = clusters - 1. ``n`` of ``n_expected`` units were seen,
    ``n_fewest`` of them in the arm or in its reference; ``n_clusters`` of those expected. ``largest`` and ``effective``
    as of :class:`SeenModel`; ``ridge``: fits that had to be penalised, draws and the fit on all clusters together.
    """
    return pd.Series(BLANK | cells, dtype=object)


def seen_model(seen: ArrayLike, predictors: pd.DataFrame) -> SeenModel:
    """Logistic regression of being seen, and the weights of those seen.

    Parameters
    ----------
    seen : array of bool (N,)
        Over all units expected.
    predictors : DataFrame (N, k)
        Known of all of them; numeric, without a constant. Those that repeat others are dropped and named.

    Returns
    -------
    SeenModel

    Raises
    ------
    ValueError
        If all or none were seen, or a predictor is missing somewhere.

    Notes
    -----
    Maximum likelihood by iteratively reweighted least squares, without sampling weights. Only if a fitted logit leaves
    plus or minus 15 (separation: no finite maximum exists; Albert and Anderson 1984, doi 10.1093/biomet/71.1.1) half of
    the squared length of the coefficients per standard deviation is taken off the log likelihood, the constant's apart.
    """
    seen = np.asarray(seen, dtype=bool)
    if seen.all() or not seen.any():
        raise ValueError("A model of being seen needs units that were seen and units that were not.")
    x, dropped = _standardised(predictors)
    logits, ridge = _logits(seen, x, np.ones((len(seen), 1)))
    chance = 1 / (1 + np.exp(-logits[:, 0]))
    weights = np.where(seen, 1 / chance, 0.0)
    weights *= seen.sum() / weights.sum()
    effective = weights.sum() ** 2 / (weights**2).sum()
    return SeenModel(chance, weights, float(weights.max()), float(effective), bool(ridge[0]), dropped)


def reweight(outcome, design, column, seen, predictors, cluster, weights=None, *, level=0.95):
    """Estimate a coefficient with weights for who was lost, by a jackknife that estimates the weights again.

    Parameters
    ----------
    outcome : array (N,), design : DataFrame (N, k)
        Over all units expected; used only where ``seen``. Of full column rank there.
    column : str
        The regressor that is estimated.
    seen, predictors
        As in :func:`seen_model`.
    cluster : array (N,)
        Label of each unit's cluster; each is left out once, whole, seen or not.
    weights : array (N,), optional
        Sampling weights, positive; multiply those for who was lost.

    Returns
    -------
    Series, see :func:`row`
        Refused: ``all_seen`` or ``nobody_seen``: nothing to model; ``arm_lost``: without one of the clusters the
        coefficient cannot be estimated. Few clusters in an arm are for the caller to refuse.

    Notes
    -----
    Each draw leaves out cluster g, fits the logistic regression and then weighted least squares again: b_g.
    se^2 = (G - 1) / G times the sum of (b_g - b)^2, b from all clusters: CV3 of MacKinnon, Nielsen and Webb 2023,
    equation 11 on their least squares; interval by t with G - 1 df. Regressors other than ``column`` that a draw
    leaves without variation (a stratum of one cluster) drop out of that draw.
    """
    seen = np.asarray(seen, dtype=bool)
    codes, labels = pd.factorize(np.asarray(cluster, dtype=object), sort=True)
    w = np.ones(len(seen)) if weights is None else np.asarray(weights, dtype=float)
    count = len(labels)
    base: dict[str, object] = dict(conf_level=level, n_expected=len(seen), n=int(seen.sum()), n_clusters=count)
    if seen.all() or not seen.any():
        return row(**base, refused="all_seen" if seen.all() else "nobody_seen")
    model = seen_model(seen, predictors)
    base |= dict(largest=model.largest, effective=model.effective, dropped=model.dropped)
    regression = _Regression(np.asarray(outcome, float)[seen], design.loc[seen], column, w[seen])
    value = regression(model.weights[seen][:, None])[0]
    x, _ = _standardised(predictors)
    chunks, ridges = [], int(model.ridge)
    chunk = max(1, CHUNK // len(seen))
    for start in range(0, count, chunk):
        kept = (codes[:, None] != np.arange(start, min(start + chunk, count))).astype(float)
        some = (kept[seen].sum(axis=0) > 0) & (kept[~seen].sum(axis=0) > 0)  # else all kept were seen alike: weight 1
        logits = np.full(kept.shape, np.inf)
        if some.any():
            logits[:, some], ridge = _logits(seen, x, kept[:, some])
            ridges += int(ridge.sum())
        chunks.append(regression(kept[seen] * (1 + np.exp(-logits[seen]))))
    drawn = np.concatenate(chunks)
    if not np.isfinite(drawn).all():
        return row(**base, estimate=float(value), ridge=ridges, refused="arm_lost")
    from scipy import stats

    se, df = np.sqrt((count - 1) / count * ((drawn - value) ** 2).sum()), count - 1
    half = stats.t.isf((1 - level) / 2, df) * se
    p = float(2 * stats.t.sf(abs(value) / se, df)) if se > 0 else np.nan
    ends = dict(conf_low=float(value - half), conf_high=float(value + half))
    return row(**base, **ends, estimate=float(value), std_error=float(se), df=df, p_value=p, ridge=ridges)


def predictors(
    data: Data, specification: Specification, expected: pd.DataFrame, variables: list[Covariate]
) -> pd.DataFrame:
    """Put what was known of units at the start into columns: numbers as given, categories as 0/1, then the arm.

    Parameters
    ----------
    expected : DataFrame
        Of the specification, from ``expected.expected``.
    variables : list of Covariate
        Such as ``[*balance.balance_variables(data), *specification.covariates]``; one without a wave, or of a wave of
        the outcome, is taken at the first. Left out are those not measured then or known of nobody who was lost, and
        those of persons where the outcome is of groups.

    Returns
    -------
    DataFrame, same index
        A missing number takes the mean, and a column says where; a missing category is one of its own. The last
        columns are the arms, but for the reference.
    """
    level, units = data.level_of(specification.outcome), expected.index
    columns: dict[str, np.ndarray] = {}
    lost = expected["outcome"].isna() if "outcome" in expected else pd.Series(False, units)
    for variable in variables:
        name = variable.variable
        wave = data.waves[0] if variable.wave in ("", *specification.waves) else variable.wave
        if wave not in data.measured(name) or (level == "group" and data.level_of(name) == "person"):
            continue
        values = data.at(name, wave, level, units)
        if lost.any() and values[lost].isna().all():
            continue
        if data.study.codebook.get(name).numeric:
            numbers = pd.to_numeric(values).to_numpy(dtype=float)
            missing = np.isnan(numbers)
            columns[name] = np.where(missing, 0 if missing.all() else numbers[~missing].mean(), numbers)
            columns[f"{name} missing"] = missing.astype(float)
        else:
            texts = values.map(plain)
            columns |= {f"{name} {kind}": (texts == kind).to_numpy(dtype=float) for kind in sorted(set(texts))[1:]}
    for arm in specification.arms:
        if arm != specification.reference:
            columns[arm] = (expected["arm"] == arm).to_numpy(dtype=float)
    columns = {name: values for name, values in columns.items() if len(set(values)) > 1}
    return pd.DataFrame(columns, index=units, dtype=float)


def of_rows(built: Rows, expected: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Estimate again, with weights for who was lost, each effect of an estimate.

    Parameters
    ----------
    built : Rows
        Of the estimate: its regressors, weights and cluster stay as they are.
    expected : DataFrame
        Of the same specification, from ``expected.expected``; a unit that is not among ``built`` counts as lost.
    known : DataFrame, same index
        From :func:`predictors`, the arm included.

    Returns
    -------
    DataFrame, one row an arm, see :func:`row`
        Also refused: ``stacked_waves`` (several rows a unit), ``few_clusters`` (fewer than 3 with a unit seen in an
        arm).
    """
    specification, frame = built.specification, built.frame
    named = dict(outcome=specification.outcome, wave=specification.wave, specification=specification.name)
    refused = "stacked_waves" if frame["unit"].duplicated().any() else "nobody_seen" if frame.empty else ""
    if refused:
        return framed(
            [row(**named, arm=arm, conf_level=specification.level, refused=refused) for arm in built.interest]
        )
    kept, _ = cluster_robust.independent_columns(built.design, built.protected)
    place = pd.Series(np.arange(len(frame)), index=frame["unit"]).reindex(expected.index)
    seen = place.notna().to_numpy()
    rows = place[seen].astype(int).to_numpy()
    outcome, weights = np.full(len(seen), np.nan), np.ones(len(seen))
    outcome[seen] = frame["outcome"].to_numpy(dtype=float)[rows]
    weights[seen] = frame["weight"].to_numpy(dtype=float)[rows]
    design = pd.DataFrame(0.0, index=expected.index, columns=kept)
    design.loc[seen, kept] = built.design[kept].to_numpy()[rows]
    lines = []
    for arm, column in built.interest.items():
        clusters = {name: frame.loc[built.in_arm(name).to_numpy(), "cluster"].nunique() for name in specification.arms}
        if min(clusters.values(), default=0) < 3:
            counts = dict(n_expected=len(seen), n=int(seen.sum()), n_clusters=expected["cluster"].nunique())
            effect = row(conf_level=specification.level, **counts, refused="few_clusters")
        else:
            effect = reweight(
                outcome, design, column, seen, known, expected["cluster"], weights, level=specification.level
            )
        smaller = fewest(
            len(frame),
            {name: int(built.in_arm(name).sum()) for name in specification.arms},
            arm,
            specification.reference,
        )
        own = {"arm": arm, "clusters_by_arm": clusters, "n_fewest": smaller}
        lines.append(row(**effect.to_dict() | named | own))
    return framed(lines)


def framed(rows: list[pd.Series]) -> pd.DataFrame:
    """Put rows into the frame of results."""
    return pd.DataFrame([cells.to_dict() for cells in rows], columns=list(BLANK))


def _standardised(predictors: pd.DataFrame) -> tuple[np.ndarray, tuple[str, ...]]:
    """Constant and predictors of mean 0 and standard deviation 1 that do not repeat each other; those dropped."""
    whole = predictors.reset_index(drop=True)
    whole.insert(0, "constant", 1.0)
    kept, dropped = cluster_robust.independent_columns(whole, 1)
    x = whole[kept].to_numpy(dtype=float)
    x[:, 1:] = (x[:, 1:] - x[:, 1:].mean(axis=0)) / x[:, 1:].std(axis=0)
    return x, tuple(dropped)


def _logits(seen: np.ndarray, x: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fitted logits (N, draws) of logistic fits to the rows that each draw keeps, and which draws were penalised."""
    logits, good = _newton(seen, x, kept, 0.0)
    again = ~good
    if again.any():
        logits[:, again], good = _newton(seen, x, kept[:, again], RIDGE)
        if not good.all():
            raise ArithmeticError("A penalised logistic regression has not converged.")
    return logits, again


def _newton(seen: np.ndarray, x: np.ndarray, kept: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Newton steps of all draws at once; good where a draw converged to logits within bounds (or is penalised)."""
    n, k = x.shape
    pairs = (x[:, :, None] * x[:, None, :]).reshape(n, k * k)
    ridge = penalty * np.diag([0.0] + [1.0] * (k - 1))
    b = np.zeros((k, kept.shape[1]))
    share = (kept * seen[:, None]).sum(axis=0) / kept.sum(axis=0)
    b[0] = np.log(share / (1 - share))
    going, logits = np.ones(kept.shape[1], dtype=bool), x @ b
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-logits[:, going]))
        score = x.T @ (kept[:, going] * (seen[:, None] - chance)) - ridge @ b[:, going]
        information = (pairs.T @ (kept[:, going] * chance * (1 - chance))).T.reshape(-1, k, k) + ridge
        step = (np.linalg.pinv(information, rcond=1e-12, hermitian=True) @ score.T[:, :, None])[:, :, 0].T
        b[:, going] += step
        moved = x @ step
        logits[:, going] += moved
        far = (np.abs(logits[:, going]) * kept[:, going]).max(axis=0) > SEPARATED
        done = (np.abs(moved) * kept[:, going]).max(axis=0) < CONVERGED
        going[np.flatnonzero(going)[done | (far & (penalty == 0))]] = False
        if not going.any():
            break
    good = ~going & ((penalty > 0) | ((np.abs(logits) * kept).max(axis=0) <= SEPARATED))
    return logits, good


class _Regression:
    """One coefficient of weighted least squares for many vectors of weights at once."""

    def __init__(self, y: np.ndarray, design: pd.DataFrame, column: str, weights: np.ndarray):
        x = design.to_numpy(dtype=float)
        scale = np.abs(x).max(axis=0)
        q, r = np.linalg.qr(x / scale)  # Z = X R^-1 has Z'Z = I: its weighted products are well conditioned
        place = list(design.columns).index(column)
        self.contrast = np.linalg.solve(r.T, np.eye(x.shape[1])[:, place] / scale[place])
        self.z, self.w, self.k = q, weights, x.shape[1]
        self.pairs = (q[:, :, None] * q[:, None, :]).reshape(len(q), -1)
        self.scores = q * y[:, None]

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """Coefficient (draws,) with weights (n, draws); missing where a draw does not hold it."""
        weights = weights * self.w[:, None]
        products = (self.pairs.T @ weights).T.reshape(-1, self.k, self.k)
        inverse = np.linalg.pinv(products, rcond=SPAN_TOLERANCE, hermitian=True)
        back = (products @ inverse @ self.contrast - self.contrast) / np.linalg.norm(self.contrast)
        values = np.einsum("k,dkl,ld->d", self.contrast, inverse, self.scores.T @ weights)
        return np.where(np.abs(back).max(axis=1) < np.sqrt(SPAN_TOLERANCE), values, np.nan)
