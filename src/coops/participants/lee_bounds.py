"""What the loss of units could do to an effect: Lee's bounds, and the same ends as a range without random assignment.

Sources: Lee 2009, doi 10.1111/j.1467-937X.2009.00536.x; Imbens and Manski 2004, doi
10.1111/j.1468-0262.2004.00555.x; McCarthy and Snowden 1985, The bootstrap and finite population sampling (Vital and
Health Statistics 2(95)), for the number of clusters drawn.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coops.estimation import cluster_robust

CHUNK = 1_000_000  # numbers held at once per array of draws


BLANK: dict[str, Any] = {
    "outcome": "", "wave": "", "arm": "", "specification": "", "quantity": "range", "estimate": np.nan,
    "conf_low": np.nan, "conf_high": np.nan, "conf_level": 0.95, "n": 0, "n_fewest": 0, "refused": "", "kind": "range",
    "bound_low": np.nan, "bound_high": np.nan, "trimmed": "", "trimmed_share": np.nan,
    "retention_difference": np.nan, "retention_conf_low": np.nan, "retention_conf_high": np.nan, "losses": "alike",
    "n_by_arm": {}, "n_expected_by_arm": {}, "clusters_by_arm": {}, "draws": 0,
}  # fmt: skip


def row(**cells: object) -> pd.Series:
    """One row of the frame of results: the effect under the best and the worst loss that retention allows.

    Numbers are in the unit of the outcome. ``estimate``: difference of the means of those seen. ``bound_low`` and
    ``bound_high``: the two ends. ``conf_low`` and ``conf_high``: with sampling error; this is what is printed.
    ``trimmed``: the arm that retained more, of whose seen units ``trimmed_share`` (0 to 1) is taken off; empty if both
    retained alike. ``retention_difference`` (arm less reference, shares of 0 to 1) has its CR2 interval, missing where
    refused; ``losses``: ``differ`` if one arm retained more than the other beyond sampling error, else ``alike``.
    ``kind`` is ``bounds`` only under random assignment and ``range``, a sensitivity range, elsewhere. ``n``: units
    seen, ``n_fewest``: in the arm or in its reference, whichever has fewer, if any. ``refused`` says why there is no
    interval, or no number at all.
    """
    whole = BLANK | cells
    seen = [number for number in whole["n_by_arm"].values() if number]
    differ = whole["retention_conf_low"] > 0 or whole["retention_conf_high"] < 0
    own = {"n": sum(seen), "n_fewest": min(seen, default=0), "losses": "differ" if differ else "alike"}
    return pd.Series(whole | own, dtype=object)


def framed(rows: list[pd.Series]) -> pd.DataFrame:
    """Put rows into the frame of results."""
    return pd.DataFrame([cells.to_dict() for cells in rows], columns=list(BLANK))


def ends(outcome: ArrayLike, arm: ArrayLike, weights: ArrayLike | None = None) -> tuple[float, float]:
    """Lowest and highest difference of means once the arm that retained more is trimmed.

    Parameters
    ----------
    outcome : array (N,)
        In any unit; missing for a unit that was expected and not seen.
    arm : array of bool (N,)
        True in the arm, False in its reference; either may have retained more.
    weights : array (N,), optional
        Positive, of any scale; shares are then shares of weight.

    Returns
    -------
    (low, high)
        Missing if nobody was seen in one of the arms.

    Notes
    -----
    With q the share seen, the arm of the higher q loses the share (q_high - q_low) / q_high of its seen weight from
    its lowest or its highest outcomes (Lee 2009, proposition 1a). The unit at the cut keeps the part of its weight that
    makes the share exact: ties need no order, and a binary outcome needs no other rule.
    """
    y, arm, w = _arrays(outcome, arm, weights)
    low, high = _Ends(y, arm, w, np.zeros(len(y), dtype=int), 1)(np.ones((1, 1)))[0, :2]
    return float(low), float(high)


def bound(outcome, arm, cluster, stratum=None, weights=None, *, random, draws, seed, level=0.95):
    """Bounds, or range, of the effect on an outcome or a change score, with an interval by cluster bootstrap.

    Parameters
    ----------
    outcome, arm, weights
        As in :func:`ends`.
    cluster : array (N,)
        Label of each unit's cluster; drawn whole.
    stratum : array (N,), optional
        Clusters are drawn within stratum and the arms they hold, if each such cell has two at least; else within the
        arms they hold.
    random : bool
        Was the arm assigned at random? Only then the result is of kind ``"bounds"``.
    draws, seed : int
        Of the bootstrap; clusters in the order of their labels, so that the order of rows does not matter.
    level : float
        A share such as 0.95.

    Returns
    -------
    Series, see :func:`row`; arms are called ``arm`` and ``reference``
        Refused: ``one_arm``: an arm has no unit; ``nobody_seen``: it has, and none was seen; ``few_clusters``: fewer
        than 3 clusters with a unit seen in an arm: ends without interval; ``few_seen``: a draw saw nobody in an arm.

    Notes
    -----
    A cell of n clusters gives n - 1 of them with replacement, each weighing n / (n - 1): the variance of a mean is then
    unbiased also for n = 3, where n draws would give two thirds of it (McCarthy and Snowden 1985). The interval holds
    the effect, not the whole range, with the level (Imbens and Manski 2004, section 4): critical values come from t
    with clusters less cells as df instead of the normal.
    """
    y, arm, w = _arrays(outcome, arm, weights)
    codes, labels = pd.factorize(np.asarray(cluster, dtype=object), sort=True)
    if (codes < 0).any() or not len(codes) == len(y):
        raise ValueError("Each unit needs the label of its cluster.")
    seen = np.isfinite(y)
    sides = {"reference": ~arm, "arm": arm}
    cells: dict[str, Any] = {
        "kind": "bounds" if random else "range",
        "conf_level": level,
        "n_expected_by_arm": {name: int(side.sum()) for name, side in sides.items()},
        "n_by_arm": {name: int((side & seen).sum()) for name, side in sides.items()},
        "clusters_by_arm": {name: len(np.unique(codes[side & seen])) for name, side in sides.items()},
    }
    if min(cells["n_expected_by_arm"].values()) == 0:
        return row(**cells, refused="one_arm")
    cells |= _retention(seen, arm, codes, w if weights is not None else None, level)
    if min(cells["n_by_arm"].values()) == 0:
        return row(**cells, refused="nobody_seen")
    compute = _Ends(y, arm, w, codes, len(labels))
    low, high, difference, share = (float(value) for value in compute(np.ones((1, len(labels))))[0])
    more = "" if share == 0 else "arm" if share > 0 else "reference"
    cells |= {"bound_low": low, "bound_high": high, "estimate": difference}
    cells |= {"trimmed": more, "trimmed_share": abs(share)}
    if min(cells["clusters_by_arm"].values()) < 3:
        return row(**cells, refused="few_clusters")
    held = _cells(codes, arm, stratum)
    times = _resampled(held, draws, seed)
    drawn = compute(times)[:, :2]
    if not np.isfinite(drawn).all():
        return row(**cells, refused="few_seen", draws=draws)
    errors = drawn.std(axis=0, ddof=1)
    interval = imbens_manski(low, high, errors[0], errors[1], level, len(held) - len(np.unique(held)))
    return row(**cells, conf_low=interval[0], conf_high=interval[1], draws=draws)


def imbens_manski(low: float, high: float, se_low: float, se_high: float, level: float, df: float) -> tuple:
    """Interval that holds a parameter known to lie between two estimated ends, with the given level.

    Source: Imbens and Manski 2004, equations 6 and 7, t with ``df`` for the normal: low - c se_low to high + c se_high,
    where F(c + (high - low) / max(se)) - F(-c) = level.
    """
    from scipy import optimize, stats

    widest = max(se_low, se_high)
    if widest == 0:
        return low, high
    gap = (high - low) / widest

    def excess(c: float) -> float:
        return stats.t.cdf(c + gap, df) - stats.t.cdf(-c, df) - level

    most = stats.t.isf((1 - level) / 2, df)  # of a range without width; that of a wide one is one-sided
    c = optimize.brentq(excess, 0, most + 1e-9) if excess(0) < 0 else 0.0
    return float(low - c * se_low), float(high + c * se_high)


def retention(seen, arm, cluster, stratum, weights=None, *, level=0.95):
    """Share seen by arm in each stratum, and whether arms differ there in opposite directions.

    Returns
    -------
    DataFrame, one row a stratum, in order of its label
        stratum; expected and seen by arm (``…_arm``, ``…_reference``); share seen by arm and difference (arm less
        reference, 0 to 1) with its CR2 interval (missing below 3 clusters an arm or df 2); opposite: ``"no"``,
        ``"sign"`` if this difference has the other sign than that of another stratum, ``"clear"`` if both intervals
        exclude zero too. Opposite signs contradict the assumption behind the bounds: that the arm keeps or loses
        units, never both.
    """
    frame = pd.DataFrame(
        {
            "stratum": np.asarray(stratum, dtype=object),
            "seen": np.asarray(seen, dtype=bool),
            "arm": np.asarray(arm, dtype=bool),
            "cluster": np.asarray(cluster, dtype=object),
            "weight": 1.0 if weights is None else np.asarray(weights, dtype=float),
        }
    )
    lines = []
    for name, part in frame.groupby("stratum", sort=True):
        is_arm, was_seen, w = part["arm"].to_numpy(), part["seen"].to_numpy(), part["weight"].to_numpy()
        line = {"stratum": name}
        for side, mask in (("arm", is_arm), ("reference", ~is_arm)):
            share = np.average(was_seen[mask], weights=w[mask]) if mask.any() else np.nan
            line |= {f"expected_{side}": int(mask.sum()), f"seen_{side}": int((mask & was_seen).sum())}
            line[f"share_{side}"] = float(share)
        if is_arm.any() and not is_arm.all():
            apart = _retention(was_seen, is_arm, part["cluster"].to_numpy(), None if weights is None else w, level)
            line |= {name.replace("retention_", ""): value for name, value in apart.items()}
        lines.append(line)
    columns = [f"{what}_{side}" for what in ("expected", "seen", "share") for side in ("arm", "reference")]
    table = pd.DataFrame(lines, columns=["stratum", *columns, "difference", "conf_low", "conf_high"])
    up, down = table["difference"] > 0, table["difference"] < 0
    sure_up, sure_down = table["conf_low"] > 0, table["conf_high"] < 0
    table["opposite"] = "no"
    if up.any() and down.any():
        table.loc[up | down, "opposite"] = "sign"
    if sure_up.any() and sure_down.any():
        table.loc[sure_up | sure_down, "opposite"] = "clear"
    return table


def _arrays(outcome: ArrayLike, arm: ArrayLike, weights: ArrayLike | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y, arm = np.asarray(outcome, dtype=float), np.asarray(arm, dtype=bool)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    if not y.shape == arm.shape == w.shape or not (w > 0).all():
        raise ValueError("Outcome, arm and weights must be of one length, and every weight above zero.")
    return y, arm, w


def _retention(seen, arm, cluster, weights, level):
    """Difference of the shares seen, arm less reference, with its CR2 interval where there is one."""
    if np.all(seen) or not np.any(seen):  # no loss, or nothing but loss: no sampling error either
        return {"retention_difference": 0.0, "retention_conf_low": 0.0, "retention_conf_high": 0.0}
    design = np.column_stack([np.ones(len(arm)), arm])
    fit = cluster_robust.fit(np.asarray(seen, dtype=float), design, cluster, weights, [1])
    counts = {str(side): len(set(np.asarray(cluster)[arm == side])) for side in (False, True)}
    refused = cluster_robust.refusal(counts, float(fit.df[0]))
    low, high = (np.nan, np.nan) if refused else fit.interval(1, level)
    return {"retention_difference": float(fit.coefficients[0]), "retention_conf_low": low, "retention_conf_high": high}


def _cells(codes: np.ndarray, arm: np.ndarray, stratum: ArrayLike | None) -> np.ndarray:
    """Cell of each cluster: the arms that it holds, and its stratum where every cell then has two clusters."""
    clusters = codes.max() + 1
    held = np.zeros((clusters, 2), dtype=int)
    held[codes, arm.astype(int)] = 1
    arms = held @ [1, 2]
    if stratum is None:
        return arms
    strata = pd.factorize(np.asarray(stratum, dtype=object), sort=True)[0]
    first = np.zeros(clusters, dtype=int)
    first[codes] = strata
    cells = first * 4 + arms
    alone = np.unique(cells, return_counts=True)[1].min() < 2
    return arms if alone or (strata != first[codes]).any() else cells


def _resampled(cells: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """How much each cluster weighs in each draw (draws, clusters)."""
    random = np.random.default_rng(seed)
    times = np.ones((draws, len(cells)))
    for cell in np.unique(cells):
        members = np.flatnonzero(cells == cell)
        n = len(members)
        if n > 1:
            times[:, members] = random.multinomial(n - 1, np.full(n, 1 / n), size=draws) * (n / (n - 1))
    return times


class _Ends:
    """Ends, difference and trimmed share for any weights of clusters, from outcomes sorted once."""

    def __init__(self, y, arm, w, codes, clusters):
        seen = np.isfinite(y)
        self.sides = []
        for side in (~arm, arm):
            places = np.flatnonzero(side & seen)
            places = places[np.argsort(y[places], kind="stable")]
            there = np.bincount(codes[side], w[side], clusters)
            answered = np.bincount(codes[places], w[places], clusters)
            self.sides.append((y[places], w[places], codes[places], there, answered))
        self.rows = max(1, CHUNK // max(1, len(y)))

    def __call__(self, times: np.ndarray) -> np.ndarray:
        """(draws, 4): low, high, difference, trimmed share, which is negative where the reference is trimmed."""
        return np.concatenate([self._some(times[at : at + self.rows]) for at in range(0, len(times), self.rows)])

    def _some(self, times: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            q0, q1 = (times @ answered / (times @ there) for *_, there, answered in self.sides)
            share = np.where(q1 > q0, (q1 - q0) / q1, -(q0 - q1) / q0)
            means = []
            for (y, w, codes, *_), trim in zip(self.sides, (np.maximum(-share, 0), np.maximum(share, 0)), strict=True):
                weight = times[:, codes] * w
                upto = weight.cumsum(axis=1)
                total = upto[:, -1:] if len(y) else np.zeros((len(times), 1))
                kept = (1 - trim)[:, None] * total
                lowest = np.clip(kept - upto + weight, 0, weight) @ y / kept[:, 0]
                highest = np.clip(kept - total + upto, 0, weight) @ y / kept[:, 0]
                means.append((lowest, highest, weight @ y / total[:, 0]))
        (low0, high0, mean0), (low1, high1, mean1) = means
        return np.column_stack([low1 - high0, high1 - low0, mean1 - mean0, share])
