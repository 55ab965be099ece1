"""Effects and changes: one regression an estimate, with what it can and cannot say."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from coops.estimation import cluster_robust
from coops.estimation.sample_design import Rows
from coops.study.findings import fail

REFUSED = (
    "empty_sample",
    "one_arm",
    "one_dose",
    "no_variation",
    "too_few_rows",
    "one_cluster",
    "few_clusters",
    "small_df",
    "not_comparable",
)


@dataclass(frozen=True)
class Estimate:
    """One effect (of an arm against its reference) or one change.

    Numbers are in the unit of the outcome. ``low``, ``high`` and the p-values are missing where ``refused``
    gives a reason. Counts are of the rows used. ``clusters_by_arm`` and ``groups_by_arm``: arm → number. ``smallest``:
    units in the smallest arm that has any, or where offers overlap with the rarest of the sets of offers that occur.
    """

    outcome: str
    wave: str
    arm: str
    specification: str
    quantity: str
    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p_cr2: float = np.nan
    p_cr1: float = np.nan
    se_cr1: float = np.nan
    se_cr2: float = np.nan
    df: float = np.nan
    level: float = 0.95
    persons: int = 0
    rows: int = 0
    clusters: int = 0
    persons_by_arm: dict[str, int] = field(default_factory=dict)
    clusters_by_arm: dict[str, int] = field(default_factory=dict)
    groups_by_arm: dict[str, int] = field(default_factory=dict)
    smallest: int = 0
    unit_level: str = "person"
    estimator: str = ""
    assignment: str = ""
    weigh: str = "persons"
    weighted: bool = False
    confirmatory: bool = False
    dose: str = ""
    reference: str = ""
    reference_mean: float = np.nan
    dropped: tuple[str, ...] = ()
    adjusted: tuple[str, ...] = ()  # variables
    strata: bool = False
    lost: dict[str, int] = field(default_factory=dict)
    refused: str = ""
    p_wild: float = np.nan
    low_wild: float = np.nan
    high_wild: float = np.nan
    wild_refused: str = ""
    p_random: float = np.nan
    p_random_coefficient: float = np.nan
    least_p_random: float = np.nan
    random_refused: str = ""
    p_family: float = np.nan  # allows for the other estimates of its confirmatory families

    @property
    def fewest(self) -> int:
        """Units on the smaller side of the comparison, for disclosure; all of them where nothing is compared."""
        return fewest(self.persons, self.persons_by_arm, self.arm, self.reference)

    @property
    def key(self) -> str:
        """``outcome.wave.arm.specification.quantity``; the arm is left out where there is none."""
        return ".".join(part for part in (self.outcome, self.wave, self.arm, self.specification, self.quantity) if part)


def fewest(units: int, by_arm: dict[str, int], arm: str, reference: str) -> int:
    """Units on the smaller side of a comparison, if it has any; ``units``: of both sides and of other arms.

    Where offers may overlap there is no reference arm: an offer is compared with all who did not have it.
    """
    if arm not in by_arm:
        return units
    sides = [by_arm[arm], by_arm[reference] if reference in by_arm else units - by_arm[arm]]
    return min((side for side in sides if side), default=0)


def estimate(rows: Rows, comparable: bool = True) -> list[Estimate]:
    """Estimate the effect of each arm, or the change.

    Parameters
    ----------
    rows : Rows
        From :func:`coops.estimation.sample_design.build`.
    comparable : bool
        Was the question the same at all waves used? If not, nothing is computed.

    Returns
    -------
    list of Estimate, one an arm (one in all for a change)
        CR2 standard error with Bell-McCaffrey df gives the interval (Pustejovsky and Tipton 2018); CR1 stands
        beside it. ``refused`` says why there is no interval, or no number at all.

    Raises
    ------
    FindingError
        ``E_ARM_IN_STRATA`` if the arm does not vary within any stratum.
    """
    plan, frame = rows.plan, rows.frame
    base = Estimate(
        outcome=plan.outcome,
        wave=plan.wave,
        arm="",
        specification=plan.name,
        quantity="difference" if plan.dose else "change" if plan.estimator.startswith("change") else "effect",
        level=plan.level,
        persons=frame["unit"].nunique(),
        rows=len(frame),
        clusters=frame["cluster"].nunique(),
        persons_by_arm=_by_arm(rows, "unit"),
        clusters_by_arm=_by_arm(rows, "cluster"),
        groups_by_arm=_by_arm(rows, "group"),
        smallest=_smallest(rows),
        unit_level=rows.level,
        estimator=plan.estimator,
        assignment=plan.assignment,
        weigh=plan.weigh,
        weighted=bool(plan.weights),
        confirmatory=plan.confirmatory,
        reference=plan.reference,
        dose=plan.dose,
        adjusted=tuple(one.variable for one in plan.covariates),
        strata=bool(plan.strata),
        lost=rows.lost,
    )
    blank = [replace(base, arm=arm) for arm in rows.interest]
    reason = _reason(rows, comparable)
    if reason:
        empty = dict(value=np.nan) if reason != "no_variation" else dict(value=0.0)
        return [replace(one, refused=reason, **empty) for one in blank]
    kept, dropped = _columns(rows)
    if len(frame) <= len(kept):
        return [replace(one, refused="too_few_rows", dropped=dropped) for one in blank]
    weights = frame["weight"].to_numpy() if plan.weights or plan.weigh == "groups" else None
    fit = cluster_robust.fit(
        frame["outcome"].to_numpy(dtype=float),
        rows.design[kept],
        frame["cluster"].to_numpy(),
        weights,
        list(rows.interest.values()),
    )
    return [_one(one, rows, fit, rows.interest[one.arm], dropped) for one in blank]


def _reason(rows: Rows, comparable: bool) -> str:
    """Why nothing can be computed, or nothing."""
    frame = rows.frame
    if not comparable:
        return "not_comparable"
    if frame.empty:
        return "empty_sample"
    if "arm" in frame and rows.plan.arms and any(not rows.in_arm(arm).any() for arm in rows.plan.arms):
        return "one_arm"
    if rows.offers is not None and any(rows.offers[arm].nunique() < 2 for arm in rows.offers):
        return "one_arm"
    if rows.plan.estimator.endswith("cross-section") and frame["part"].nunique() < 2:
        return "empty_sample"
    if rows.plan.dose and rows.design["dose"].nunique() == 1:
        return "one_dose"
    return "no_variation" if frame["outcome"].nunique() == 1 else ""


def _columns(rows: Rows) -> tuple[list[str], tuple[str, ...]]:
    """The regressors that add something; what is dropped is named, and the arm never is."""
    if rows.plan.strata and rows.interest and "arm" in rows.frame:
        within = rows.frame.groupby("stratum")["arm"].nunique()
        if within.max() < 2:
            raise fail("E_ARM_IN_STRATA", file="study.toml", column=", ".join(rows.plan.strata), key=rows.plan.name)
    try:
        kept, dropped = cluster_robust.independent_columns(rows.design, rows.protected)
    except ValueError:
        raise fail(
            "E_ARM_COLLINEAR", file="study.toml", column=", ".join(rows.interest.values()), key=rows.plan.name
        ) from None
    return list(kept), tuple(dropped)


def _one(blank: Estimate, rows: Rows, fit, column: str, dropped: tuple[str, ...]) -> Estimate:
    place = fit.names.index(column)
    refused = (
        "one_cluster"
        if blank.clusters < 2
        else cluster_robust.refusal(_clusters_held(rows, blank), float(fit.df[place])) or ""
    )
    done = replace(
        blank,
        value=float(fit.coefficients[place]),
        dropped=dropped,
        df=float(fit.df[place]),
        refused=refused,
        reference_mean=_reference_mean(rows),
    )
    if refused:
        return done
    low, high = fit.interval(column, blank.level)
    return replace(
        done,
        low=low,
        high=high,
        p_cr2=fit.p_value(column, "cr2"),
        p_cr1=fit.p_value(column, "cr1"),
        se_cr1=float(fit.se_cr1[place]),
        se_cr2=float(fit.se_cr2[place]),
    )


def _clusters_held(rows: Rows, blank: Estimate) -> dict[str, int]:
    """Clusters that hold each arm that an effect rests on; all of them where there is no arm."""
    if not blank.arm:
        return {"": blank.clusters}
    if rows.offers is not None:
        has = rows.in_arm(blank.arm)
        return {
            side: rows.frame.loc[mask.to_numpy(), "cluster"].nunique()
            for side, mask in (("with", has), ("without", ~has))
        }
    return {arm: blank.clusters_by_arm.get(arm, 0) for arm in (blank.arm, blank.reference)}


def _by_arm(rows: Rows, column: str) -> dict[str, int]:
    if not rows.plan.arms:
        return {"": rows.frame[column].nunique()}
    return {arm: rows.frame.loc[rows.in_arm(arm).to_numpy(), column].nunique() for arm in rows.plan.arms}


def _smallest(rows: Rows) -> int:
    """Units in the smallest arm, or set of offers, that has any."""
    cells = rows.frame.filter(["arm"]) if rows.offers is None else rows.offers
    if rows.frame.empty or not len(cells.columns):
        return len(rows.frame)
    units = rows.frame["unit"].groupby([cells[name].to_numpy() for name in cells])
    return int(units.nunique().min())


def _reference_mean(rows: Rows) -> float:
    """Mean of the outcome in the reference arm (of all rows at the outcome's waves where there is none)."""
    frame = rows.frame
    mask = (frame["part"] == "after").to_numpy(copy=True)
    if rows.plan.reference:
        mask &= rows.in_arm(rows.plan.reference).to_numpy()
    elif rows.offers is not None:
        mask &= (rows.offers.sum(axis=1) == 0).to_numpy()
    values = frame.loc[mask, "after" if "after" in frame else "outcome"].to_numpy(dtype=float)
    return float(np.average(values, weights=frame.loc[mask, "weight"])) if len(values) else np.nan


def table(estimates: list[Estimate]) -> pd.DataFrame:
    """Put estimates into one frame, one row each, with every attribute as a column."""
    return pd.DataFrame([{**vars(one), "key": one.key} for one in estimates])
