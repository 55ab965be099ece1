"""What would overturn an estimate: a shock to its area, trends that differ, a confounder that nobody saw.

Sources: Rambachan and Roth 2023, doi 10.1093/restud/rdad018 (breakdown values); Donald and Lang 2007, doi
10.1162/rest.89.2.221 (shocks common to few areas); Cinelli and Hazlett 2020, doi 10.1111/rssb.12348 (robustness value).
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coops.estimation import cluster_robust
from coops.estimation.influence import influence
from coops.estimation.sample_design import Rows
from coops.estimation.tidy import Row

SIZES = np.arange(0, 1.3, 0.25)  # of a grid, as shares of the estimate


@dataclass(frozen=True)
class Breakdown:
    """How large something must be before the interval of an estimate first covers zero.

    ``kind``: ``"shift"``, one shock of a known size that raised the outcome where the arm weighs more, nowhere else;
    ``"spread"``, shocks of every area, independent, mean 0, whose standard deviation is the size; ``"trend"``, a
    difference of the trends per period. Sizes are in the unit of the outcome, above zero. ``size``: the smallest one
    at which the interval covers zero; 0 if it does so anyway. ``point``: the size at which the estimate itself is zero
    (missing for a spread). ``per``: by how much a size of 1 moves the estimate (shift, trend), or the number by which
    its square enters the variance (spread). ``grid``: size, estimate, conf_low, conf_high,
    covers_zero.
    """

    kind: str
    outcome: str
    wave: str
    arm: str
    specification: str
    size: float = np.nan
    point: float = np.nan
    per: float = np.nan
    grid: pd.DataFrame = field(default_factory=pd.DataFrame)
    refused: str = ""


@dataclass(frozen=True)
class Exposure:
    """How shocks of areas enter an estimate: its weight on the rows of each area, as least squares has it.

    ``by_area``: area → weight; ``reach``: the sum of those above zero, of the areas where the arm weighs more than its
    reference (1 if no area has both); a shock that raised these and nothing else moves the estimate most;
    ``factor``: sum of the squared weights (1 + 1/m for an arm in one area and a reference in m others of equal weight).
    ``arm_areas`` and ``reference_areas`` count areas; ``shared`` those with both.
    """

    by_area: dict[str, float]
    reach: float
    factor: float
    arm_areas: int
    reference_areas: int
    shared: int

    @property
    def where(self) -> str:
        """Where the shock that moves an estimate most is: the arm's ``own`` area, ``several``, or ``shared`` ones."""
        return "shared" if self.shared else "own" if self.arm_areas == 1 else "several"


def margin(estimate: Row) -> float:
    """Distance from zero to the nearest end of the interval: 0 if it covers zero, missing if there is none."""
    known = np.isfinite([estimate.conf_low, estimate.conf_high]).all()
    return max(0.0, estimate.conf_low, -estimate.conf_high) if known else np.nan


def shift(estimate: Row, sizes: ArrayLike, reach: float = 1.0) -> Breakdown:
    """Let one shock have raised (or lowered) the outcome in areas where the arm weighs more: the interval moves.

    Parameters
    ----------
    sizes : array
        Sizes of the shock for the grid, in the unit of the outcome, at least 0; towards the estimate, so that without
        it the estimate is nearer to zero.
    reach : float
        From :func:`exposure`.

    Returns
    -------
    Breakdown
        ``size`` = (distance of b from 0, less t SE) / reach, by the interval alone; a confirmatory family may take the
        direction back sooner, see ``Comparison.nearer`` in ``leading.py``. Refused: ``no_interval``; ``no_area_effect``
        if the reach is zero.
    """
    return _moved("shift", estimate, sizes, abs(reach))


def trend(estimate: Row, sizes: ArrayLike, periods: float) -> Breakdown:
    """Let trends differ by so much a period without the programme: the interval moves by ``periods`` times as much.

    ``periods``: from the baseline to the outcome (such as 1.5 years). Linear in time; with one period before and one
    after no data can tell it from an effect. Otherwise as :func:`shift`.
    """
    return _moved("trend", estimate, sizes, periods)


def _moved(kind: str, estimate: Row, sizes: ArrayLike, per: float) -> Breakdown:
    blank = Breakdown(kind, estimate.outcome, estimate.wave, estimate.arm, estimate.specification, per=per)
    refused = _refused(estimate, per)
    if refused:
        return replace(blank, refused=refused)
    sizes = np.asarray(sizes, dtype=float)
    away = np.sign(estimate.estimate) * sizes * per
    grid = _grid(sizes, estimate.estimate - away, estimate.conf_low - away, estimate.conf_high - away)
    return replace(blank, size=margin(estimate) / per, point=abs(estimate.estimate) / per, grid=grid)


def spread(estimate: Row, sizes: ArrayLike, factor: float) -> Breakdown:
    """Let every area have had a shock of its own: the interval widens by their standard deviation.

    Parameters
    ----------
    sizes : array
        Standard deviations for the grid, in the unit of the outcome.
    factor : float
        From :func:`exposure`.

    Returns
    -------
    Breakdown
        Interval b -+ t sqrt(SE^2 + factor sd^2), t of the estimate's df (the standard deviation is taken as known);
        ``size`` = sqrt(((b / t)^2 - SE^2) / factor). Refused as :func:`shift`.

    Notes
    -----
    Donald and Lang 2007: an area's shock does not average out over the units of the area.
    """
    from scipy import stats

    blank = Breakdown("spread", estimate.outcome, estimate.wave, estimate.arm, estimate.specification, per=factor)
    refused = _refused(estimate, factor)
    if refused:
        return replace(blank, refused=refused)
    sizes, t = np.asarray(sizes, dtype=float), stats.t.isf((1 - estimate.conf_level) / 2, estimate.df)
    half = t * np.sqrt(estimate.std_error**2 + factor * sizes**2)
    size = float(np.sqrt(max(0.0, (estimate.estimate / t) ** 2 - estimate.std_error**2) / factor))
    return replace(
        blank,
        size=size,
        grid=_grid(sizes, estimate.estimate + 0 * half, estimate.estimate - half, estimate.estimate + half),
    )


def _refused(estimate: Row, per: float) -> str:
    if not np.isfinite(margin(estimate)):
        return "no_interval"
    return "" if per > cluster_robust.COLLINEAR else "no_area_effect"


def _grid(sizes: np.ndarray, estimate: np.ndarray, low: np.ndarray, high: np.ndarray) -> pd.DataFrame:
    ends = {"estimate": estimate, "conf_low": low, "conf_high": high}
    return pd.DataFrame({"size": sizes} | ends | {"covers_zero": (low <= 0) & (high >= 0)})


def exposure(built: Rows, arm: str, area: ArrayLike) -> Exposure:
    """Say how a shock of an area after the start enters an estimate.

    Parameters
    ----------
    built : Rows
        Those of an estimate that has a value.
    area : array (N,)
        Label of each row's area, in the order of the rows.
    """
    area = np.asarray(area, dtype=object)
    after = built.frame["after"].to_numpy(dtype=bool)
    mine, others = built.in_arm(arm).to_numpy(), built.in_reference().to_numpy()
    by_area = pd.Series(influence(built, arm) * after).groupby(area).sum()
    of_arm, of_reference = set(area[mine & after]), set(area[others & after])
    reach = float(by_area[by_area > 0].sum())
    shared = len(of_arm & of_reference)
    factor = float((by_area**2).sum())
    return Exposure({k: float(v) for k, v in by_area.items()}, reach, factor, len(of_arm), len(of_reference), shared)


def robustness_value(t: float, df: float, level: float | None = None, interval_df: float | None = None) -> float:
    """Share of what is left of outcome and arm that a confounder must explain of both to overturn an estimate.

    ``t``, ``df``: of the regression (with clustered errors the df of least squares is an approximation). Without
    ``level`` it brings the estimate to zero, with it the end of that interval (Cinelli and Hazlett 2020);
    0 if the interval covers zero. ``interval_df``: of the t of that interval, such as those of Bell and McCaffrey
    (``df`` - 1 if none is given).
    """
    from scipy import stats

    f = abs(t) / np.sqrt(df)
    of_interval = df - 1 if interval_df is None else interval_df
    limit = stats.t.isf((1 - level) / 2, of_interval) / np.sqrt(df - 1) if level else 0.0
    least = f - limit
    if least <= 0:
        return 0.0
    if limit and f > 1 / limit:
        return float((f**2 - limit**2) / (1 + f**2))
    return float((np.sqrt(least**4 + 4 * least**2) - least**2) / 2)
