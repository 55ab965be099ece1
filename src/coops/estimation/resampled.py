"""Estimates looked at again by resampling: the wild bootstrap, and randomisation inference where a lot was drawn."""

from dataclasses import replace

import numpy as np

from coops.estimation import cluster_robust, randomisation, wild_bootstrap
from coops.estimation.effects import Estimate
from coops.estimation.sample_design import Rows


def again(rows: Rows, estimates: list[Estimate], *, draws: int, seed: int) -> list[Estimate]:
    """Add to estimates what resampling says; those without an interval are left as they are.

    Parameters
    ----------
    rows : Rows
        Those that the estimates were made from.
    draws, seed : int
        Of both methods; the same draws serve all outcomes that have the same clusters.

    Returns
    -------
    list of Estimate
        With ``p_wild``, ``low_wild`` and ``high_wild`` (or ``wild_refused``), and, only where the assignment was
        random, ``p_random`` (of the t statistic), ``p_random_coefficient`` and ``least_p_random``, the smallest p that
        this assignment can give (or ``random_refused``).
    """
    if all(one.refused for one in estimates):
        return estimates
    random = _random(rows, draws, seed)
    return [one if one.refused else _with(rows, one, random, draws, seed) for one in estimates]


def _with(rows: Rows, one: Estimate, random, draws: int, seed: int) -> Estimate:
    column, weighted = rows.interest[one.arm], one.weighted or one.weigh == "groups"
    refused = wild_bootstrap.bootstrap_refusal(one.clusters, weighted) or ""
    if refused:
        done = replace(one, wild_refused=refused)
    else:
        frame = rows.frame
        design = rows.design.drop(columns=list(one.dropped))
        outcome, cluster = frame["outcome"].to_numpy(dtype=float), frame["cluster"].to_numpy()
        boot = wild_bootstrap.wild_bootstrap(outcome, design, cluster, column, level=one.level, draws=draws, seed=seed)
        done = replace(one, p_wild=boot.p, low_wild=_six(boot.low), high_wild=_six(boot.high))
    if isinstance(random, str):
        return replace(done, random_refused=random)
    drawn = random[one.arm]
    return replace(
        done,
        p_random=drawn.p_t,
        p_random_coefficient=drawn.p_coefficient,
        least_p_random=drawn.smallest_t,
    )


def joint(pairs: list[tuple[Rows, Estimate]], *, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray] | str:
    """Statistics of several estimates and the same draws of the clusters for all of them.

    Parameters
    ----------
    pairs : list of (Rows, Estimate)
        Each estimate with the rows that it was made from.
    draws, seed : int
        Of the wild bootstrap.

    Returns
    -------
    (array (K,), array (B, K)) : CR1 t, and t in each draw with its null imposed; or why there is no bootstrap.
    """
    tests = joint_tests(pairs, draws=draws, seed=seed)
    if isinstance(tests, str):
        return tests
    made = [test(0.0) for test in tests]
    return np.array([t for t, _ in made]), np.column_stack([drawn for _, drawn in made])


def joint_tests(pairs: list[tuple[Rows, Estimate]], *, draws: int, seed: int) -> list | str:
    """Tests of several estimates in the same draws of the clusters, or why there is no bootstrap.

    One function an estimate, as of :func:`coops.estimation.wild_bootstrap.wild_tests`; otherwise as :func:`joint`.
    """
    for _, one in pairs:
        refused = wild_bootstrap.bootstrap_refusal(one.clusters, one.weighted or one.weigh == "groups")
        if refused:
            return refused
    clusters = np.concatenate([rows.frame["cluster"].to_numpy(dtype=object) for rows, _ in pairs])
    return [
        wild_bootstrap.wild_tests(
            rows.frame["outcome"].to_numpy(dtype=float),
            rows.design.drop(columns=list(one.dropped)),
            rows.frame["cluster"].to_numpy(),
            rows.interest[one.arm],
            draws=draws,
            seed=seed,
            among=clusters,
        )
        for rows, one in pairs
    ]


def _six(value: float) -> float:
    """Keep six digits: an end found by bisection is the same on every machine only so far."""
    return float(f"{value:.6g}")


def _random(rows: Rows, draws: int, seed: int):
    """What randomisation inference says, by arm; or the reason why it is not made."""
    plan, frame = rows.plan, rows.frame
    if plan.assignment != "randomised":
        return "not_drawn"
    if "arm" not in frame or not plan.reference or not rows.interest:
        return "no_single_arm"
    fixed = frame.groupby("assigned")[[name for name in ("arm", "stratum") if name in frame]].nunique()
    if (fixed > 1).any(axis=None):
        return "unit_divided"
    arms = {name for column in rows.interest.values() for name in (column,)} | set(plan.arms)
    others = rows.design[[name for name in rows.design if name not in arms]]
    kept, _ = cluster_robust.independent_columns(others, 1)
    others, assigned = others[list(kept)], frame["assigned"].to_numpy()
    strata = frame["stratum"].to_numpy() if "stratum" in frame else None
    refused = randomisation.randomisation_refusal(others, frame["arm"].to_numpy(), assigned, strata)
    if refused:
        return refused
    return randomisation.randomisation(
        frame["outcome"].to_numpy(dtype=float),
        others,
        frame["cluster"].to_numpy(),
        frame["arm"].to_numpy(),
        plan.reference,
        assigned,
        strata,
        draws=draws,
        seed=seed,
        weights=frame["weight"].to_numpy() if plan.weights or plan.weigh == "groups" else None,
        times=(frame["part"] == "after").to_numpy(dtype=float) if plan.estimator.endswith("cross-section") else None,
    )


def agree(one: Estimate) -> bool | None:
    """Tell whether all methods stand on the same side of the level of the interval; nothing with one method only.

    The wild bootstrap's p and that of randomisation inference are compared with CR2's; a p that the assignment cannot
    bring below the threshold says nothing.
    """
    threshold = 1 - one.level
    others = [one.p_wild]
    if not (one.least_p_random > threshold):
        others.append(one.p_random)
    known = [p for p in others if np.isfinite(p)]
    if not known or not np.isfinite(one.p_cr2):
        return None
    return all((p <= threshold) == (one.p_cr2 <= threshold) for p in known)
