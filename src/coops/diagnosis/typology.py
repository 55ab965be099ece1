"""Groups of units: the profile of given ones, what they need, and whether the data hold types that are found again."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

LEAST = 0.8  # least median adjusted Rand index of types that are shown
STARTS = 10  # k-means begins so many times from other units and keeps the best
STEPS = 100  # most steps of k-means


# -- given groups -----------------------------------------------------------------------------------


def profile(
    scores: pd.Series, low: pd.Series, high: pd.Series, groups: pd.Series, census: bool, level: float = 0.95
) -> pd.DataFrame:
    """Mean score of each group, with an interval that says what is not known.

    Parameters
    ----------
    scores, low, high : Series by unit
        Score from 0 to 1, missing if there is none, and its bounds with the missing items at 0 and at 1.
    groups : Series by unit
        Group of each unit; units without a group (missing or empty) are left out.
    census : bool
        Are all units of the groups in the data, or a sample of them?

    Returns
    -------
    DataFrame, one row a group
        ``units``; ``scored``, those with a score; ``gaps``, those among them with missing items; ``mean``,
        ``conf_low``, ``conf_high``; ``covers``: ``complete`` (a census with nothing missing: the ends are the mean),
        ``missing`` (a census: units without a score and missing items, nothing else) or ``sampling`` (also that other
        units might have been drawn); ``refused``: ``none`` or ``one`` where no or one unit of several has a score, so
        that there is no interval.

    Notes
    -----
    The ends are the means of ``low`` and ``high``, moved apart by t(n − 1) s / √n, times √(1 − n/N) in a census: those
    without a score are taken as a random part of the N units (Cochran 1977, Sampling Techniques, 3rd ed., eq. 2.20).
    Units of a sample are taken as drawn independently. Ends are kept within 0 and 1.
    """
    from scipy import stats

    frame = pd.DataFrame({"score": scores, "low": low, "high": high, "group": groups.replace("", np.nan)})
    rows = []
    for group, members in frame.dropna(subset="group").groupby("group"):
        known, total = members.dropna(subset="score"), len(members)
        n = len(known)
        gaps, part = int((known["high"] - known["low"] > 1e-12).sum()), n / total if census else 0.0
        refused = "none" if n == 0 else "one" if n == 1 and part < 1 else ""
        half = 0.0 if part == 1 else np.nan
        if part < 1 and n > 1:
            half = stats.t.isf((1 - level) / 2, n - 1) * known["score"].std() * np.sqrt((1 - part) / n)
        covers = "sampling" if not census else "missing" if gaps or n < total else "complete"
        ends = max(known["low"].mean() - half, 0.0), min(known["high"].mean() + half, 1.0)
        ends = (np.nan, np.nan) if refused else ends
        rows.append((group, total, n, gaps, known["score"].mean(), *ends, covers, refused))
    columns = ["group", "units", "scored", "gaps", "mean", "conf_low", "conf_high", "covers", "refused"]
    return pd.DataFrame(rows, columns=columns).set_index("group")


def needs(named: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """How often each need is named, by group.

    Parameters
    ----------
    named : DataFrame, units × places
        The needs that a unit names, the first one first; missing or empty where it names none.
    groups : Series by unit

    Returns
    -------
    DataFrame, one row a group and need, the most often named first
        ``units``: those that name any need; ``first`` and ``any``: shares that name it first, and at all.
    """
    named = named.replace("", np.nan)
    named = named[named.notna().any(axis=1)]
    groups = groups.reindex(named.index).replace("", np.nan).rename("group")
    size = groups.value_counts()
    each = named.stack().rename("need").reset_index(level=1, drop=True).to_frame().join(groups)
    any_ = each[~each.reset_index().duplicated(keep="first").to_numpy()].groupby(["group", "need"]).size()
    first = named.iloc[:, 0].rename("need").to_frame().join(groups).groupby(["group", "need"]).size()
    frame = pd.DataFrame({"first": first, "any": any_}).fillna(0).reset_index()
    frame["units"] = frame["group"].map(size)
    frame[["first", "any"]] = frame[["first", "any"]].div(frame["units"], axis=0)
    order = frame.sort_values(["group", "any", "first", "need"], ascending=[True, False, False, True])
    return order.reset_index(drop=True)[["group", "need", "units", "first", "any"]]


# -- types ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Typology:
    """Types, or why there are none.

    ``refused``: empty, ``few`` (too few complete units), ``same`` (all units alike), ``small`` (a type would be
    smaller than allowed) or ``unstable``; ``stability``: median adjusted Rand index of each way tried (``method``,
    ``types``, ``median``, ``smallest``); ``method`` and ``types``: the most stable way; ``of``: type of each complete
    unit, numbered from 1 by rising mean; ``centres``: types × variables, with the number of units. The last two are
    empty if refused.
    """

    refused: str
    stability: pd.DataFrame
    method: str
    types: int
    of: pd.Series
    centres: pd.DataFrame


def typology(
    values: pd.DataFrame, seed: int, resamples: int = 200, most: int = 4, smallest: int = 5, least: float = LEAST
) -> Typology:
    """Look for types of units, and show them only if they are found again in resamples.

    Parameters
    ----------
    values : DataFrame, units × variables
        In one unit (scores from 0 to 1); units with a missing value are left out.
    resamples, most : int
        Number of resamples; most types tried (from 2).
    smallest : int
        Fewest units in a type.
    least : float
        Least median adjusted Rand index.

    Notes
    -----
    k-means and Ward's method. In each resample (units drawn with replacement) the types are found anew, every unit is
    given the nearest of their centres, and this is compared with the types of all units: Hennig 2007, doi
    10.1016/j.csda.2006.11.025; Fang and Wang 2012, doi 10.1016/j.csda.2011.09.003. The most stable way that leaves no
    type too small is taken, in a tie the one with more types. Stable types are useful, not proven: one gradient may
    be cut in the same place again and again.
    """
    whole = values.dropna()
    points = whole.to_numpy(float)
    empty = Typology("", pd.DataFrame(), "", 0, pd.Series(dtype=int), pd.DataFrame())
    if len(points) < 2 * smallest:
        return _refused(empty, "few")
    if len(np.unique(points, axis=0)) <= most:
        return _refused(empty, "same")
    random = np.random.default_rng(seed)
    picks = random.integers(0, len(points), (resamples, len(points)))
    tried, partitions = [], {}
    for types in range(2, most + 1):
        for method, cluster in METHODS.items():
            labels = cluster(points, types, random)
            again = [_nearest(points, _centres(points[pick], cluster(points[pick], types, random))) for pick in picks]
            median = float(np.median([adjusted_rand(labels, resampled) for resampled in again]))
            tried.append((method, types, median, int(np.bincount(labels).min())))
            partitions[method, types] = labels
    stability = pd.DataFrame(tried, columns=["method", "types", "median", "smallest"])
    large = stability[stability["smallest"] >= smallest]
    if large.empty:
        return _refused(Typology("", stability, "", 0, empty.of, empty.centres), "small")
    best = large.sort_values(["median", "types"], ascending=False, kind="stable").iloc[0]
    chosen = Typology("", stability, best["method"], int(best["types"]), empty.of, empty.centres)
    if best["median"] < least:
        return _refused(chosen, "unstable")
    labels = pd.Series(partitions[chosen.method, chosen.types], index=whole.index)
    order = whole.mean(axis=1).groupby(labels).mean().rank(method="first").astype(int)
    labels = labels.map(order)
    centres = whole.groupby(labels).mean().assign(units=labels.value_counts())
    return Typology("", stability, chosen.method, chosen.types, labels, centres)


def _refused(what: Typology, reason: str) -> Typology:
    return Typology(reason, what.stability, what.method, what.types, what.of, what.centres)


def adjusted_rand(first: ArrayLike, second: ArrayLike) -> float:
    """Agreement of two partitions of the same units: 1 if they are the same, about 0 by chance.

    Hubert and Arabie 1985, doi 10.1007/BF01908075, equation 5. Two partitions without any pair to tell apart (all
    together in both, or all apart in both) agree.
    """
    (a, one_side), (b, other_side) = np.unique(first, return_inverse=True), np.unique(second, return_inverse=True)
    table = np.bincount(one_side * len(b) + other_side, minlength=len(a) * len(b)).reshape(len(a), len(b))

    def pairs(counts: np.ndarray) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    chance = rows * columns / pairs(table.sum(keepdims=True))
    most = (rows + columns) / 2
    return 1.0 if most == chance else (both - chance) / (most - chance)


def _k_means(points: np.ndarray, types: int, random: np.random.Generator) -> np.ndarray:
    """Lloyd's algorithm from several starts; the partition with the smallest sum of squares."""
    distinct = np.unique(points, axis=0)
    best, least = np.zeros(len(points), dtype=int), np.inf
    for _ in range(STARTS):
        centres = distinct[random.choice(len(distinct), min(types, len(distinct)), replace=False)]
        labels = _nearest(points, centres)
        for _ in range(STEPS):
            before, centres = labels, _centres(points, labels)
            labels = _nearest(points, centres)
            if np.array_equal(before, labels):
                break
        squares = ((points - centres[labels]) ** 2).sum()
        if squares < least:
            best, least = labels, squares
    return best


def _ward(points: np.ndarray, types: int, random: np.random.Generator) -> np.ndarray:
    from scipy.cluster.hierarchy import fcluster, linkage

    return fcluster(linkage(points, "ward"), types, "maxclust") - 1


METHODS = {"k_means": _k_means, "ward": _ward}


def _centres(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    member = labels == np.unique(labels)[:, None]
    return member @ points / member.sum(axis=1, keepdims=True)


def _nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    return ((centres**2).sum(axis=1) - 2 * points @ centres.T).argmin(axis=1)
