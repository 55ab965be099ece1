"""Effects and changes: one regression an estimate, with what it can and cannot say."""

import numpy as np
import pandas as pd

from coops.estimation import cluster_robust, formula, tidy
from coops.estimation.sample_design import Rows
from coops.estimation.tidy import Row, fewest
from coops.study.findings import fail

REFUSED = (
    *("empty_sample", "one_arm", "one_dose", "no_variation", "too_few_rows", "one_cluster", "few_clusters"),
    *("small_df", "not_comparable"),
)


def estimate(sample: Rows, comparable: bool = True) -> pd.DataFrame:
    """Estimate the effect of each arm, or the change.

    Parameters
    ----------
    sample : Rows
        From :func:`coops.estimation.sample_design.build`.
    comparable : bool
        Was the question the same at all waves used? If not, nothing is computed.

    Returns
    -------
    DataFrame, one row an arm (one in all for a change), columns of :class:`coops.estimation.tidy.Row`
        CR2 standard error with Bell-McCaffrey df gives the interval (Pustejovsky and Tipton 2018); CR1 stands
        beside it. ``refused`` says why there is no interval, or no number at all. Numbers are in the unit of the
        outcome; counts are of the rows used. ``formula``: the regression, as of :mod:`coops.estimation.formula`.

    Raises
    ------
    FindingError
        ``E_ARM_IN_STRATA`` if the arm does not vary within any stratum.
    """
    estimated = rows(sample, comparable)
    dropped = next((row.dropped for row in estimated if np.isfinite(row.df)), None)
    return tidy.frame(estimated).assign(formula=formula.formula(sample, dropped))


def rows(sample: Rows, comparable: bool = True) -> list[Row]:
    """The rows of :func:`estimate` but for their formula, for loops in which a frame each would cost more."""
    specification, frame = sample.specification, sample.frame
    units, units_by_arm = frame["unit"].nunique(), _by_arm(sample, "unit")
    base = Row(
        outcome=specification.outcome,
        wave=specification.wave,
        specification=specification.name,
        quantity=specification.quantity,
        conf_level=specification.level,
        n=units,
        n_by_arm=units_by_arm,
        n_rows=len(frame),
        n_clusters=frame["cluster"].nunique(),
        clusters_by_arm=_by_arm(sample, "cluster"),
        groups_by_arm=_by_arm(sample, "group"),
        n_smallest=_smallest(sample),
        unit_level=sample.level,
        estimator=specification.estimator.name,
        assignment=specification.assignment,
        weigh=specification.weigh,
        weighted=bool(specification.weights),
        confirmatory=specification.confirmatory,
        reference=specification.reference,
        dose=specification.dose,
        covariates=tuple(covariate.variable for covariate in specification.covariates),
        strata=bool(specification.strata),
        lost=sample.lost,
    )
    smaller = {arm: fewest(units, units_by_arm, arm, specification.reference) for arm in sample.interest}
    blank = [base._replace(arm=arm, n_fewest=number) for arm, number in smaller.items()]
    reason = _reason(sample, comparable)
    if reason:
        point = 0.0 if reason == "no_variation" else np.nan
        return [row._replace(refused=reason, estimate=point) for row in blank]
    kept, dropped = _columns(sample)
    if len(frame) <= len(kept):
        return [row._replace(refused="too_few_rows", dropped=dropped) for row in blank]
    weights = frame["weight"].to_numpy() if specification.weighted else None
    outcome, cluster = frame["outcome"].to_numpy(dtype=float), frame["cluster"].to_numpy()
    fit = cluster_robust.fit(outcome, sample.design[kept], cluster, weights, list(sample.interest.values()))
    return [_fitted(row, sample, fit, sample.interest[row.arm], dropped) for row in blank]


def _reason(sample: Rows, comparable: bool) -> str:
    """Why nothing can be computed, or nothing."""
    frame = sample.frame
    if not comparable:
        return "not_comparable"
    if frame.empty:
        return "empty_sample"
    if "arm" in frame and any(not sample.in_arm(arm).any() for arm in sample.specification.arms):
        return "one_arm"
    if sample.offers is not None and any(sample.offers[arm].nunique() < 2 for arm in sample.offers):
        return "one_arm"
    if sample.specification.estimator.cross_section and frame["after"].nunique() < 2:
        return "empty_sample"
    if sample.specification.dose and sample.design["dose"].nunique() == 1:
        return "one_dose"
    return "no_variation" if frame["outcome"].nunique() == 1 else ""


def _columns(sample: Rows) -> tuple[list[str], tuple[str, ...]]:
    """The regressors that add something; what is dropped is named, and the arm never is."""
    where = {"file": "study.toml", "key": sample.specification.name}
    if sample.specification.strata and sample.interest and "arm" in sample.frame:
        if sample.frame.groupby("stratum")["arm"].nunique().max() < 2:
            raise fail("E_ARM_IN_STRATA", column=", ".join(sample.specification.strata), **where)
    try:
        kept, dropped = cluster_robust.independent_columns(sample.design, sample.protected)
    except ValueError:
        raise fail("E_ARM_COLLINEAR", column=", ".join(sample.interest.values()), **where) from None
    return kept, tuple(dropped)


def _fitted(blank: Row, sample: Rows, fit: cluster_robust.Fit, column: str, dropped: tuple[str, ...]) -> Row:
    place = fit.names.index(column)
    df = float(fit.df[place])
    held = {"": blank.n_clusters} if blank.n_clusters < 2 else _clusters_held(sample, blank)
    refused = cluster_robust.refusal(held, df) or ""
    row = blank._replace(estimate=float(fit.coefficients[place]), df=df, dropped=dropped, refused=refused)
    row = row._replace(reference_mean=_reference_mean(sample))
    if refused:
        return row
    low, high = fit.interval(column, row.conf_level)
    row = row._replace(conf_low=low, conf_high=high, std_error=float(fit.se_cr2[place]))
    row = row._replace(std_error_cr1=float(fit.se_cr1[place]), p_value_cr1=fit.p_value(column, "cr1"))
    return row._replace(p_value=fit.p_value(column, "cr2"))


def _clusters_held(sample: Rows, blank: Row) -> dict[str, int]:
    """Clusters that hold each arm that an effect rests on; all of them where there is no arm."""
    if not blank.arm:
        return {"": blank.n_clusters}
    if sample.offers is not None:
        has = sample.in_arm(blank.arm).to_numpy()
        return {side: sample.frame.loc[has == (side == "with"), "cluster"].nunique() for side in ("with", "without")}
    return {arm: blank.clusters_by_arm.get(arm, 0) for arm in (blank.arm, blank.reference)}


def _by_arm(sample: Rows, column: str) -> dict[str, int]:
    if not sample.specification.arms:
        return {"": sample.frame[column].nunique()}
    return {arm: sample.frame.loc[sample.in_arm(arm).to_numpy(), column].nunique() for arm in sample.specification.arms}


def _smallest(sample: Rows) -> int:
    """Units in the smallest arm, or set of offers, that has any."""
    cells = sample.frame.filter(["arm"]) if sample.offers is None else sample.offers
    if sample.frame.empty or not len(cells.columns):
        return len(sample.frame)
    units = sample.frame["unit"].groupby([cells[name].to_numpy() for name in cells])
    return int(units.nunique().min())


def _reference_mean(sample: Rows) -> float:
    """Mean of the outcome in the reference arm (of all rows at the outcome's waves where there is none)."""
    frame = sample.frame
    mask = frame["after"].to_numpy(dtype=bool) & sample.in_reference().to_numpy()
    values = frame.loc[mask, "follow_up" if "follow_up" in frame else "outcome"].to_numpy(dtype=float)
    return float(np.average(values, weights=frame.loc[mask, "weight"])) if len(values) else np.nan
