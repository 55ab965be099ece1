"""Several outcomes read together: the index of a family, and p-values that allow for the number of its estimates.

Sources: Anderson 2008, doi 10.1198/016214508000000841; Romano and Wolf 2016, doi 10.1016/j.spl.2016.02.012; Holm 1979,
Scandinavian Journal of Statistics 6, 65-70.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coops.estimation import effects, resampled, tidy
from coops.estimation.sample_design import Rows
from coops.impact import indices
from coops.show.results import INDEX, PARTS
from coops.study.schema import Family
from coops.study.study import Study

STEPS, HALVINGS = 64, 6  # of an interval searched: 1/4096 of it is left
OF_FAMILY = ("family", "q_value", "adjustment", "adjustment_refused")  # columns beside those of an estimate

Fitted = list[tuple[Rows, pd.DataFrame]]  # rows of each outcome of one specification, and the estimates made from them


def of_study(
    study: Study, fitted: Fitted, families: dict[str, Family] | None = None, *, draws: int, seed: int
) -> pd.DataFrame:
    """Read the families of a study, or some of them, over estimates of one specification (see :func:`of_family`)."""
    chosen = study.contract.families if families is None else families
    read = [
        of_family(name, family, {o: study.direction(o) for o in family.outcomes}, fitted, draws=draws, seed=seed)
        for name, family in chosen.items()
    ]
    return pd.concat(read, ignore_index=True) if read else tidy.frame([]).reindex(columns=[*tidy.COLUMNS, *OF_FAMILY])


def of_family(
    name: str, family: Family, direction: dict[str, str], fitted: Fitted, *, draws: int, seed: int
) -> pd.DataFrame:
    """Read the estimates of a family together.

    Parameters
    ----------
    direction : dict
        Outcome → ``"up"`` (more is better), ``"down"`` or empty: then there is no index.
    fitted : list of (Rows, DataFrame)
        Of one specification; those of other outcomes are left out.
    draws, seed : int
        Of the wild bootstrap: the same draws of the clusters as each estimate's own.

    Returns
    -------
    DataFrame, one row an estimate, in the order of the specification, then one an index
        Columns of estimates, and ``family``; ``p_value_adjusted`` and ``q_value`` (missing where an estimate has no p);
        ``adjustment``: ``romano_wolf`` over shared draws of the wild bootstrap, or ``holm`` over the p of CR2 where
        ``adjustment_refused`` says why there are no draws (``alone``: one estimate needs none). ``confirmatory`` is the
        family's. The index is of the quantity ``family_index``, in standard deviations; ``refused`` may also be a
        reason of :class:`coops.impact.indices.Index`.

    Notes
    -----
    Adjusted p hold the chance of one false finding or more in the family, over all waves and arms of its outcomes.
    """
    mine = [(sample, estimates) for sample, estimates in fitted if sample.specification.outcome in family.outcomes]
    flat = [(sample, row) for sample, estimates in mine for row in tidy.rows(estimates)]
    p = np.array([row.p_value for _, row in flat], dtype=float)
    adjusted, adjustment, refused = _adjusted(flat, p, draws, seed)
    single = tidy.frame(row for _, row in flat).assign(p_value_adjusted=adjusted, q_value=indices.sharpened_q(p))
    index = tidy.frame(_indices(name, direction, mine)).assign(q_value=np.nan)
    together = pd.concat([part for part in (single, index) if len(part)] or [single], ignore_index=True)
    own = {"family": name, "adjustment": adjustment, "adjustment_refused": refused}
    return together.assign(confirmatory=family.confirmatory, **own)


def _adjusted(flat: list, p: np.ndarray, draws: int, seed: int) -> tuple[np.ndarray, str, str]:
    known = np.isfinite(p)
    if known.sum() < 2:
        return p.copy(), "holm", "alone"
    joint = resampled.joint([pair for pair, there in zip(flat, known, strict=True) if there], draws=draws, seed=seed)
    if isinstance(joint, str):
        return holm(p), "holm", joint
    adjusted = np.full(len(p), np.nan)
    adjusted[known] = indices.romano_wolf(*joint)
    return adjusted, "romano_wolf", ""


def least_shift(key: str, outcomes: list[str], fitted: Fitted, *, draws: int, seed: int) -> float:
    """How much nearer to zero an estimate must be before its adjusted p passes the threshold.

    Parameters
    ----------
    key : str
        Of the estimate; its interval leaves out zero and its adjusted p is not above the threshold.
    outcomes : list of str
        Of the family.
    fitted, draws, seed
        As in :func:`of_family`.

    Returns
    -------
    float
        In the unit of the outcome, at most the distance of the interval from zero; the other estimates of the family
        stay as they are, and the standard error too. Searched in steps from 0, as the p need not rise all the way, and
        by halving in the first step in which it passes.
    """
    from scipy import stats

    mine = [(sample, table) for sample, table in fitted if sample.specification.outcome in outcomes]
    flat = [(sample, row) for sample, table in mine for row in tidy.rows(table) if np.isfinite(row.p_value)]
    place = next(number for number, (_, row) in enumerate(flat) if tidy.key(row) == key)
    own = flat[place][1]
    margin, threshold = max(own.conf_low, -own.conf_high), 1 - own.conf_level
    if len(flat) < 2:
        return margin
    tests = resampled.joint_tests(flat, draws=draws, seed=seed)
    drawn = [] if isinstance(tests, str) else [test(0.0) for test in tests]

    def adjusted(shift: float) -> float:
        null = np.sign(own.estimate) * shift
        if isinstance(tests, str):
            p = np.array([row.p_value for _, row in flat])
            p[place] = 2 * stats.t.sf(abs(own.estimate - null) / own.std_error, own.df)
            return holm(p)[place]
        moved = [*drawn[:place], tests[place](null), *drawn[place + 1 :]]
        observed, values = [t for t, _ in moved], np.column_stack([values for _, values in moved])
        return indices.romano_wolf(observed, values)[place]

    steps = np.arange(1, STEPS + 1) / STEPS
    lost = next((step for step in steps if adjusted(step * margin) > threshold), None)
    if lost is None:
        return margin
    kept = lost - 1 / STEPS
    for _ in range(HALVINGS):
        middle = (kept + lost) / 2
        kept, lost = (middle, lost) if adjusted(middle * margin) <= threshold else (kept, middle)
    return float(lost * margin)


def holm(p: ArrayLike) -> np.ndarray:
    """Step-down p-values that hold whatever the dependence (Holm 1979); missing ones are not counted.

    The i-th smallest of K is multiplied by K - i + 1, and is at least the one before it, at most 1.
    """
    p = np.asarray(p, dtype=float)
    order = np.argsort(p)[: np.isfinite(p).sum()]  # missing ones come last
    adjusted = np.full(len(p), np.nan)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return adjusted


def _indices(name: str, direction: dict[str, str], mine: Fitted) -> list[tidy.Row]:
    """Estimate the index, once a wave: one more regression of the specification."""
    rows: list[tidy.Row] = []
    for wave in dict.fromkeys(sample.specification.wave for sample, _ in mine):
        here = [(sample, table) for sample, table in mine if sample.specification.wave == wave]
        samples, refused = [sample for sample, _ in here], {why for _, table in here for why in table["refused"]}
        specification = samples[0].specification
        blank = tidy.Row(
            name, wave, "", specification.name, INDEX, conf_level=specification.level, unit_level=samples[0].level
        )
        if "not_comparable" in refused:
            rows.append(blank._replace(refused="not_comparable"))
            continue
        if any(sample.frame.empty for sample in samples):
            rows.append(blank._replace(refused="empty_sample"))
            continue
        sample, index = indices.index_rows(samples, direction, name)
        if sample is None:
            rows.append(blank._replace(refused=index.refused))
        else:
            rows += tidy.rows(effects.estimate(sample).assign(quantity=INDEX))
    return rows


def allow_for(estimates: pd.DataFrame, families: pd.DataFrame) -> pd.DataFrame:
    """Give estimates the adjusted p of their confirmatory families: the largest, where there are several."""
    parts = list(PARTS)
    named = families[families["confirmatory"].astype(bool) & (families["quantity"] != INDEX)]
    largest = named.groupby(parts)["p_value_adjusted"].max()
    adjusted = largest.reindex(pd.MultiIndex.from_frame(estimates[parts]))
    return estimates.assign(p_value_adjusted=adjusted.to_numpy(dtype=float))
