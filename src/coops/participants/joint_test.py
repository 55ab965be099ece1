"""Do the arms differ at the start, all variables taken together: one test, by drawing the assignment again.

Source: Hansen and Bowers 2008, doi 10.1214/08-STS254 (the statistic and its covariance under assignment of clusters).
"""

import numpy as np
import pandas as pd

from coops.data.units import Data
from coops.estimation import cluster_robust, randomisation
from coops.participants import expected, response_weights
from coops.study.schema import Covariate
from coops.study.study import Specification

RANK_TOLERANCE = 1e-10  # eigenvalues of the covariance that count as zero, relative to the largest


BLANK = {
    "arm": "", "quantity": "balance", "kind": "test", "statistic": np.nan, "rank": 0, "p_value": np.nan,
    "least_p_value": np.nan, "refused": "", "draws": 0, "enumerated": False, "variables": (), "n_by_arm": {},
}  # fmt: skip


def row(**cells: object) -> pd.Series:
    """One row: a joint test that variables measured at the start do not differ between an arm and the reference.

    ``kind`` is ``"test"`` only where the assignment was random; elsewhere ``"descriptive"``: how unusual so large a
    difference would be had the units been assigned at random, which they were not. ``statistic``: squared distance of
    the arms in units of its covariance, of mean ``rank`` under random assignment. ``p_value`` is never 0 nor below
    ``least_p_value``. ``n_by_arm`` counts units that were assigned.
    """
    return pd.Series(BLANK | cells, dtype=object)


def joint(known, arm, assigned, stratum=None, *, random, draws, seed):
    """Test all columns together.

    Parameters
    ----------
    known : DataFrame (N, m)
        Numeric, nothing missing; any units of measurement.
    arm : array of bool (N,)
        True in the arm, False in its reference.
    assigned : array (N,)
        Label of the unit that was assigned as a whole.
    stratum : array (N,), optional
        Labels within which units were assigned; strata that hold one arm only say nothing.
    random : bool
        Was the arm assigned at random, in this way?
    draws, seed : int
        Assignments drawn; all of them are used instead if they are at most ``draws`` + 1.

    Returns
    -------
    Series, see :func:`row`; arms are called ``arm`` and ``reference``
        Refused: ``one_arm``; ``few_clusters`` (fewer than 3 units in an arm); ``arm_in_cluster`` (a unit holds both
        arms, or lies in two strata); ``no_variation``; ``too_many_variables`` (as many as units leave free: the
        statistic is then the same under every assignment).

    Notes
    -----
    With X less its stratum means, T_u its sum over the rows of unit u less the mean of T in the stratum, and z_u = 1 in
    the arm: d = sum of z_u T_u, V = sum over strata of n1 n0 / (n (n - 1)) sum of T_u T_u' (the exact covariance of d),
    statistic = d'V^-d (Hansen and Bowers 2008, section 3). p = share of assignments with a statistic at least as
    large, ties counted: # / all if enumerated, else (1 + #) / (draws + 1).
    """
    arm, unit = np.asarray(arm, dtype=bool), pd.factorize(np.asarray(assigned, dtype=object), sort=True)[0]
    strata = np.zeros(len(arm), dtype=int)
    if stratum is not None:
        strata = pd.factorize(np.asarray(stratum, dtype=object), sort=True)[0]
    first = np.unique(unit, return_index=True)[1]
    labels, cell = arm[first].astype(int), strata[first]
    sides = {"reference": int((labels == 0).sum()), "arm": int((labels == 1).sum())}
    cells: dict[str, object] = {
        "kind": "test" if random else "descriptive",
        "variables": tuple(known.columns),
        "n_by_arm": sides,
    }
    if (arm != arm[first][unit]).any() or (strata != cell[unit]).any():
        return row(**cells, refused="arm_in_cluster")
    if min(sides.values()) < 3:
        return row(**cells, refused="few_clusters" if min(sides.values()) else "one_arm")
    x = known.to_numpy(dtype=float)
    spread = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)
    x = x - pd.DataFrame(x).groupby(strata).transform("mean").to_numpy()
    sums = pd.DataFrame(x).groupby(unit).sum()
    sums = (sums - sums.groupby(cell).transform("mean")).to_numpy()
    n, n1 = np.bincount(cell), np.bincount(cell, labels)
    factor = n1 * (n - n1) / np.maximum(n * (n - 1), 1)
    free = int((n - 1)[factor > 0].sum())
    values, vectors = np.linalg.eigh((sums * factor[cell][:, None]).T @ sums)
    kept = values > RANK_TOLERANCE * max(values.max(initial=0), RANK_TOLERANCE)
    rank = int(kept.sum())
    if rank == 0 or rank >= free:
        return row(**cells, rank=rank, refused="too_many_variables" if rank else "no_variation")
    turned = sums @ (vectors[:, kept] / np.sqrt(values[kept]))
    actual = float(((labels @ turned) ** 2).sum())
    every, chunks = randomisation._assignments(labels, cell, draws, seed, cluster_robust.CHUNK // len(labels))
    drawn = np.concatenate([((chunk @ turned) ** 2).sum(axis=1) for chunk in chunks])
    count = int((drawn >= actual * (1 - cluster_robust.TIE_TOLERANCE)).sum())
    most = int((drawn >= drawn.max() * (1 - cluster_robust.TIE_TOLERANCE)).sum())
    total = len(drawn)
    p, least = (count / total, most / total) if every else ((1 + count) / (1 + total), 1 / (1 + total))
    cells |= {"statistic": actual, "rank": rank, "p_value": p, "least_p_value": least}
    return row(**cells, draws=total, enumerated=every)


def at_start(
    data: Data, specification: Specification, variables: list[Covariate], *, draws: int, seed: int
) -> pd.DataFrame:
    """Test the variables measured at the start, of units seen then: :func:`joint` on ``response_weights.predictors``.

    Parameters
    ----------
    specification : Specification
        Its arms, strata, assignment and unit assigned; such as the headline's first.
    variables : list of Covariate
        Such as ``participants.balance_variables(data)``.

    Returns
    -------
    DataFrame, one row an arm against the reference; none where there is no arm or offers overlap
    """
    if len(specification.arm) != 1 or not specification.arms:
        return pd.DataFrame(columns=list(BLANK))
    level, first = data.level_of(specification.outcome), data.waves[0]
    units = data.population(level)
    units = units[data.seen(first, level, units).to_numpy()]
    frame = expected.described(data, specification, first, units)
    known = response_weights.predictors(data, specification, frame, variables).drop(
        columns=list(specification.arms), errors="ignore"
    )
    rows = []
    for arm in specification.arms:
        if arm == specification.reference:
            continue
        part = frame["arm"].isin([arm, specification.reference]).to_numpy()
        sides = frame.loc[part]
        inputs = (known[part], sides["arm"] == arm, sides["assigned"], sides["stratum"])
        test = joint(*inputs, random=specification.assignment == "randomised", draws=draws, seed=seed).to_dict()
        counts = {arm: test["n_by_arm"]["arm"], specification.reference: test["n_by_arm"]["reference"]}
        rows.append(test | {"arm": arm, "n_by_arm": counts})
    return pd.DataFrame(rows, columns=list(BLANK))
