"""Estimates looked at again by resampling: the wild bootstrap, and randomisation inference where a lot was drawn."""

import numpy as np
import pandas as pd

from coops.estimation import cluster_robust, effects, randomisation, tidy, wild_bootstrap
from coops.estimation.sample_design import Rows
from coops.show.results import Record
from coops.study.study import Study

Drawn = dict[str, randomisation.Randomisation]


def again(sample: Rows, estimates: pd.DataFrame, *, draws: int, seed: int) -> pd.DataFrame:
    """Add to estimates what resampling says; those without an interval are left as they are.

    Parameters
    ----------
    sample : Rows
        Those that the estimates were made from.
    estimates : DataFrame
        From :func:`coops.estimation.effects.estimate`.
    draws, seed : int
        Of both methods; the same draws serve all outcomes that have the same clusters.

    Returns
    -------
    DataFrame, same rows and columns
        With ``p_value_wild``, ``conf_low_wild`` and ``conf_high_wild`` (or ``wild_refused``), and, only where the
        assignment was random, ``p_value_permutation`` (of the t statistic), ``p_value_permutation_coefficient`` and
        ``least_p_value_permutation``, the smallest p that this assignment can give (or ``permutation_refused``).
    """
    if (estimates["refused"] != "").all():
        return estimates
    random, rows = _random(sample, draws, seed), tidy.rows(estimates)
    return tidy.frame(row if row.refused else _with(sample, row, random, draws, seed) for row in rows)


def estimate(sample: Rows, study: Study) -> pd.DataFrame:
    """Estimate from rows, and look at it again by resampling, with the draws and the seed of the study."""
    first = effects.estimate(sample, study.comparable(sample.specification))
    return again(sample, first, draws=study.contract.design.draws, seed=study.contract.study.seed)


def _with(sample: Rows, row: tidy.Row, random: Drawn | str, draws: int, seed: int) -> tidy.Row:
    column, weighted = sample.interest[row.arm], row.weighted or row.weigh == "groups"
    refused = wild_bootstrap.bootstrap_refusal(row.n_clusters, weighted) or ""
    if refused:
        row = row._replace(wild_refused=refused)
    else:
        frame = sample.frame
        design = sample.design.drop(columns=list(row.dropped))
        outcome, cluster = frame["outcome"].to_numpy(dtype=float), frame["cluster"].to_numpy()
        boot = wild_bootstrap.wild_bootstrap(
            outcome, design, cluster, column, level=row.conf_level, draws=draws, seed=seed
        )
        low, high = _six(boot.conf_low), _six(boot.conf_high)
        row = row._replace(p_value_wild=boot.p_value, conf_low_wild=low, conf_high_wild=high)
    if isinstance(random, str):
        return row._replace(permutation_refused=random)
    drawn = random[row.arm]
    return row._replace(
        p_value_permutation=drawn.p_value,
        p_value_permutation_coefficient=drawn.p_value_coefficient,
        least_p_value_permutation=drawn.least_p_value,
    )


def joint(pairs: list[tuple[Rows, tidy.Row]], *, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray] | str:
    """Statistics of several estimates and the same draws of the clusters for all of them.

    Parameters
    ----------
    pairs : list of (Rows, row of the frame of estimates)
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
    statistics = [test(0.0) for test in tests]
    return np.array([t for t, _ in statistics]), np.column_stack([drawn for _, drawn in statistics])


def joint_tests(pairs: list[tuple[Rows, tidy.Row]], *, draws: int, seed: int) -> list | str:
    """Tests of several estimates in the same draws of the clusters, or why there is no bootstrap.

    One function an estimate, as of :func:`coops.estimation.wild_bootstrap.wild_tests`; otherwise as :func:`joint`.
    """
    for _, row in pairs:
        refused = wild_bootstrap.bootstrap_refusal(row.n_clusters, row.weighted or row.weigh == "groups")
        if refused:
            return refused
    clusters = np.concatenate([sample.frame["cluster"].to_numpy(dtype=object) for sample, _ in pairs])
    return [
        wild_bootstrap.wild_tests(
            sample.frame["outcome"].to_numpy(dtype=float),
            sample.design.drop(columns=list(row.dropped)),
            sample.frame["cluster"].to_numpy(),
            sample.interest[row.arm],
            draws=draws,
            seed=seed,
            among=clusters,
        )
        for sample, row in pairs
    ]


def _six(value: float) -> float:
    """Keep six digits: an end found by bisection is the same on every machine only so far."""
    return float(f"{value:.6g}")


def _random(sample: Rows, draws: int, seed: int) -> Drawn | str:
    """What randomisation inference says, by arm; or the reason why it is not made."""
    specification, frame = sample.specification, sample.frame
    if specification.assignment != "randomised":
        return "not_drawn"
    if "arm" not in frame or not specification.reference or not sample.interest:
        return "no_single_arm"
    fixed = frame.groupby("assigned")[[name for name in ("arm", "stratum") if name in frame]].nunique()
    if (fixed > 1).any(axis=None):
        return "unit_divided"
    arms = {name for column in sample.interest.values() for name in (column,)} | set(specification.arms)
    others = sample.design[[name for name in sample.design if name not in arms]]
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
        specification.reference,
        assigned,
        strata,
        draws=draws,
        seed=seed,
        weights=frame["weight"].to_numpy() if specification.weighted else None,
        times=frame["after"].to_numpy(dtype=float) if specification.estimator.cross_section else None,
    )


def agree(estimate: tidy.Row | Record) -> bool | None:
    """Tell whether all methods stand on the same side of the level of the interval; nothing with one method only.

    The wild bootstrap's p and that of randomisation inference are compared with CR2's; a p that the assignment cannot
    bring below the threshold says nothing.
    """
    threshold = 1 - estimate.conf_level
    others = [estimate.p_value_wild]
    if not (estimate.least_p_value_permutation > threshold):
        others.append(estimate.p_value_permutation)
    known = [p for p in others if np.isfinite(p)]
    if not known or not np.isfinite(estimate.p_value):
        return None
    return all((p <= threshold) == (estimate.p_value <= threshold) for p in known)
