"""The smallest effect that a study could have found, before it began and after.

Never of the effect that was observed: such a power only says the p-value again (Hoenig and Heisey 2001, doi
10.1198/000313001300339897). Sources: Bloom 1995, doi 10.1177/0193841X9501900504 (smallest effect); Teerenstra and
others 2012, doi 10.1002/sim.5352 (two waves of clusters).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coops.data.units import Data
from coops.estimation.sample_design import Rows
from coops.estimation.tidy import Row
from coops.participants import expected

POWER = 0.8


def minimum_detectable(error: float, df: float, power: float = 0.8, level: float = 0.95) -> float:
    """Smallest effect that a two-sided test finds with the given power: (t for the level + t for the power) SE.

    ``error``: standard error, planned or realised; the result has its unit. ``df``: its degrees of freedom.
    """
    from scipy import stats

    return float((stats.t.isf((1 - level) / 2, df) + stats.t.ppf(power, df)) * error)


def power(effect: float, error: float, df: float, level: float = 0.95) -> float:
    """Chance that a two-sided test finds a supposed effect (never the estimate): noncentral t."""
    from scipy import stats

    limit = stats.t.isf((1 - level) / 2, df)
    return float(stats.nct.sf(limit, df, effect / error) + stats.nct.cdf(-limit, df, effect / error))


def planned_error(
    groups: int,
    reference_groups: int,
    size: float,
    icc: float,
    sd: float = 1.0,
    group_correlation: float | None = None,
    person_correlation: float | None = None,
) -> float:
    """Standard error of a difference of means, or of changes, as a specification supposes it.

    Parameters
    ----------
    groups, reference_groups : int
        In the arm and in its reference.
    size : float
        Units a group.
    icc : float
        Share of the variance that lies between groups.
    sd : float
        Of the outcome at one wave, in the unit of the result.
    group_correlation, person_correlation : float, optional
        Of a group's part and of a unit's own part over two waves; both given: the same units are seen twice, and
        changes are compared.

    Notes
    -----
    Variance of a group's mean: sd^2 (icc + (1 - icc) / size); of its change: 2 sd^2 (icc (1 - group correlation) +
    (1 - icc) (1 - person correlation) / size). No covariate, groups of one size.
    """
    between, within = icc, (1 - icc) / size
    if group_correlation is not None and person_correlation is not None:
        between, within = 2 * between * (1 - group_correlation), 2 * within * (1 - person_correlation)
    return float(sd * np.sqrt((between + within) * (1 / groups + 1 / reference_groups)))


def intraclass(values: ArrayLike, group: ArrayLike) -> float:
    """Share of the variance that lies between groups, by analysis of variance; 0 if that is negative.

    (MSB - MSW) / (MSB + (n0 - 1) MSW), n0 = (N - sum of n_g^2 / N) / (G - 1) (Donner 1986, International
    Statistical Review 54, 67-82). Missing values do not count; missing with one group, or with one value in each.
    """
    frame = pd.DataFrame({"value": np.asarray(values, dtype=float), "group": np.asarray(group, dtype=object)}).dropna()
    parts = frame.groupby("group")["value"]
    n, groups, total = parts.size(), parts.ngroups, len(frame)
    if groups < 2 or total == groups:
        return np.nan
    between = float((n * (parts.mean() - frame["value"].mean()) ** 2).sum()) / (groups - 1)
    within = float(((frame["value"] - parts.transform("mean")) ** 2).sum()) / (total - groups)
    usual = (total - (n**2).sum() / total) / (groups - 1)
    bottom = between + (usual - 1) * within
    return max(0.0, float((between - within) / bottom)) if bottom > 0 else np.nan


def detectable(data: Data, rows: Rows, estimate: Row) -> dict[str, float]:
    """Smallest effects that an estimate could have found, before the outcome was known and after; never its power.

    Parameters
    ----------
    rows : Rows
        Those that the estimate was made from.

    Returns
    -------
    dict
        In the unit of the outcome, with a power of 80 %: ``planned``, from what was known at the start, missing where
        nothing was; ``realised``, by the standard error. ``sd``, ``icc`` (within arms, at the start), ``groups``,
        ``reference_groups`` and ``units`` (a group) are what the first rests on.

    Notes
    -----
    Before: standard deviation and intraclass correlation of the outcome at the baseline waves, within arms, of all
    units expected; clusters as they are, G - 2 df, no covariates. Values before and after are supposed to correlate by
    a half within groups and units, as nothing else was known: a change then varies as much as a value. Missing where
    the outcome was not measured before, or clusters hold both arms.
    """
    specification, level = rows.specification, estimate.conf_level
    known = np.isfinite(estimate.std_error)
    after = minimum_detectable(estimate.std_error, estimate.df, POWER, level) if known else np.nan
    blank = dict.fromkeys(("planned", "realised", "sd", "icc", "units"), np.nan) | {"realised": after}
    blank |= {"groups": 0, "reference_groups": 0}
    single = estimate.arm and len(specification.arm) == 1
    if not single or not specification.baseline or specification.estimator.cross_section:
        return blank
    frame = expected.expected(data, specification)
    frame = frame[frame["arm"].isin([estimate.arm, specification.reference])]
    values = [
        pd.to_numeric(data.at(specification.outcome, wave, rows.level, frame.index)) for wave in specification.baseline
    ]
    value = pd.concat(values, axis=1).mean(axis=1, skipna=False)
    counts = frame.groupby("arm")["cluster"].nunique()
    clusters = frame["cluster"].nunique()
    if len(counts) < 2 or counts.sum() != clusters or clusters < 3:
        return blank
    own = value - value.groupby(frame["arm"]).transform("mean")
    sd = float(np.sqrt((own**2).sum() / (len(own) - 2)))
    between, units = intraclass(own, frame["cluster"]), len(frame) / clusters
    icc = 0.0 if np.isnan(between) else between  # one unit a cluster: nothing to part
    groups, others = int(counts[estimate.arm]), int(counts[specification.reference])
    error = planned_error(groups, others, units, icc, sd)
    numbers = {"planned": minimum_detectable(error, clusters - 2, POWER, level), "sd": sd, "icc": icc, "units": units}
    return blank | numbers | {"groups": groups, "reference_groups": others}
