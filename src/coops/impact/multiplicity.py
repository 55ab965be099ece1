"""Several outcomes read together: the index of a family, and p-values that allow for the number of its estimates.

Sources: Anderson 2008, doi 10.1198/016214508000000841; Romano and Wolf 2016, doi 10.1016/j.spl.2016.02.012; Holm 1979,
Scandinavian Journal of Statistics 6, 65-70.
"""

from dataclasses import dataclass, replace

import numpy as np

from coops.estimation import effects, resampled
from coops.estimation.effects import Estimate
from coops.estimation.sample_design import Rows
from coops.impact import indices as impact_indices

STEPS, HALVINGS = 64, 6  # of an interval searched: 1/4096 of it is left


@dataclass(frozen=True)
class Together:
    """What a family says of the estimates of one specification.

    ``estimates``: those of its outcomes (every wave and arm), in the order of the specification. ``adjusted`` and
    ``q``: one each, missing where an estimate has no p. ``method``: of ``adjusted``, ``romano_wolf`` over shared draws
    of the wild bootstrap, or ``holm`` over the p of CR2 where ``reason`` says why there are no draws (``alone``: one
    estimate needs none). ``indices``: estimates of the index, in standard deviations; ``refused`` may also be a reason
    of :data:`coops.impact.indices.REFUSED`. ``absent``: outcomes that the specification does not estimate.
    """

    name: str
    confirmatory: bool
    estimates: list[Estimate]
    adjusted: np.ndarray
    q: np.ndarray
    method: str
    reason: str
    indices: list[Estimate]
    absent: tuple[str, ...]


def of_family(
    name: str,
    outcomes: list[str],
    confirmatory: bool,
    direction: dict[str, str],
    built: list[tuple[Rows, list[Estimate]]],
    *,
    draws: int,
    seed: int,
) -> Together:
    """Read the estimates of a family together.

    Parameters
    ----------
    direction : dict
        Outcome → ``"up"`` (more is better), ``"down"`` or empty: then there is no index.
    built : list of (Rows, list of Estimate)
        Of one specification; those of other outcomes are left out.
    draws, seed : int
        Of the wild bootstrap: the same draws of the clusters as each estimate's own.

    Returns
    -------
    Together

    Notes
    -----
    Adjusted p hold the chance of one false finding or more in the family, over all waves and arms of its outcomes.
    """
    mine = [(rows, found) for rows, found in built if rows.plan.outcome in outcomes]
    flat = [(rows, one) for rows, found in mine for one in found]
    p = np.array([one.p_cr2 for _, one in flat], dtype=float)
    adjusted, method, reason = _adjusted(flat, p, draws, seed)
    estimated = {rows.plan.outcome for rows, _ in mine}
    return Together(
        name,
        confirmatory,
        [one for _, one in flat],
        adjusted,
        impact_indices.sharpened_q(p),
        method,
        reason,
        [replace(one, confirmatory=confirmatory) for one in _indices(name, direction, mine)],
        tuple(one for one in outcomes if one not in estimated),
    )


def _adjusted(flat: list, p: np.ndarray, draws: int, seed: int) -> tuple[np.ndarray, str, str]:
    known = np.isfinite(p)
    if known.sum() < 2:
        return p.copy(), "holm", "alone"
    joint = resampled.joint([pair for pair, there in zip(flat, known, strict=True) if there], draws=draws, seed=seed)
    if isinstance(joint, str):
        return holm(p), "holm", joint
    adjusted = np.full(len(p), np.nan)
    adjusted[known] = impact_indices.romano_wolf(*joint)
    return adjusted, "romano_wolf", ""


def least_shift(
    key: str, outcomes: list[str], built: list[tuple[Rows, list[Estimate]]], *, draws: int, seed: int
) -> float:
    """How much nearer to zero an estimate must be before its adjusted p passes the threshold.

    Parameters
    ----------
    key : str
        Of the estimate; its interval leaves out zero and its adjusted p is not above the threshold.
    outcomes : list of str
        Of the family.
    built, draws, seed
        As in :func:`of_family`.

    Returns
    -------
    float
        In the unit of the outcome, at most the distance of the interval from zero; the other estimates of the family
        stay as they are, and the standard error too. Searched in steps from 0, as the p need not rise all the way, and
        by halving in the first step in which it passes.
    """
    from scipy import stats

    flat = [(rows, one) for rows, found in built if rows.plan.outcome in outcomes for one in found]
    flat = [(rows, one) for rows, one in flat if np.isfinite(one.p_cr2)]
    place = next(number for number, (_, one) in enumerate(flat) if one.key == key)
    mine = flat[place][1]
    margin, threshold = max(mine.low, -mine.high), 1 - mine.level
    if len(flat) < 2:
        return margin
    tests = resampled.joint_tests(flat, draws=draws, seed=seed)
    made = [] if isinstance(tests, str) else [test(0.0) for test in tests]

    def adjusted(shift: float) -> float:
        null = np.sign(mine.value) * shift
        if not made:
            p = np.array([one.p_cr2 for _, one in flat])
            p[place] = 2 * stats.t.sf(abs(mine.value - null) / mine.se_cr2, mine.df)
            return holm(p)[place]
        moved = [*made[:place], tests[place](null), *made[place + 1 :]]
        return impact_indices.romano_wolf([t for t, _ in moved], np.column_stack([drawn for _, drawn in moved]))[place]

    steps = np.arange(1, STEPS + 1) / STEPS
    lost = next((one for one in steps if adjusted(one * margin) > threshold), None)
    if lost is None:
        return margin
    kept = lost - 1 / STEPS
    for _ in range(HALVINGS):
        middle = (kept + lost) / 2
        kept, lost = (middle, lost) if adjusted(middle * margin) <= threshold else (kept, middle)
    return float(lost * margin)


def holm(p) -> np.ndarray:
    """Step-down p-values that hold whatever the dependence (Holm 1979); missing ones are not counted.

    The i-th smallest of K is multiplied by K - i + 1, and is at least the one before it, at most 1.
    """
    p = np.asarray(p, dtype=float)
    order = np.argsort(p)[: np.isfinite(p).sum()]  # missing ones come last
    found = np.full(len(p), np.nan)
    found[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return found


def _indices(name: str, direction: dict[str, str], mine: list) -> list[Estimate]:
    """Estimate the index, once a wave: one more regression of the specification."""
    done = []
    for wave in dict.fromkeys(rows.plan.wave for rows, _ in mine):
        here = [(rows, found) for rows, found in mine if rows.plan.wave == wave]
        plan, level = here[0][0].plan, here[0][0].level
        blank = Estimate(name, wave, "", plan.name, "family_index", level=plan.level, unit_level=level)
        if any(one.refused == "not_comparable" for _, found in here for one in found):
            done.append(replace(blank, refused="not_comparable"))
            continue
        if any(rows.frame.empty for rows, _ in here):
            done.append(replace(blank, refused="empty_sample"))
            continue
        rows, index = impact_indices.index_rows([rows for rows, _ in here], direction, name)
        if rows is None:
            done.append(replace(blank, refused=index.refused))
        else:
            done += [replace(one, quantity="family_index") for one in effects.estimate(rows)]
    return done


def allow_for(estimates: list[Estimate], together: list[Together]) -> list[Estimate]:
    """Give estimates the adjusted p of their confirmatory families: the largest, where there are several."""
    largest: dict[str, float] = {}
    for family in [one for one in together if one.confirmatory]:
        for one, p in zip(family.estimates, family.adjusted, strict=True):
            largest[one.key] = np.fmax(largest.get(one.key, np.nan), p)
    return [replace(one, p_family=float(largest.get(one.key, np.nan))) for one in estimates]
