"""A leading estimate looked at from all sides: shocks, trends, one left out, other ways to estimate it, placebos."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coops.data.units import Data
from coops.disclosure.suppression import of_parts
from coops.estimation import cluster_robust, effects, influence, sample_design, tidy
from coops.estimation.direction import direction, held_back
from coops.estimation.sample_design import Rows
from coops.estimation.tidy import Row
from coops.impact import multiplicity
from coops.participants import balance, expected, response_weights
from coops.robustness import breakdown, entropy, power
from coops.robustness.breakdown import Breakdown, Exposure
from coops.robustness.leave_one_out import LeftOut, leave_one_out, without
from coops.robustness.pseudo_treatment import PseudoTreatment, pseudo_treatment
from coops.robustness.specification_curve import Curve, curve
from coops.study.estimators import ESTIMATORS
from coops.study.schema import Covariate
from coops.study.study import Plan

SIZES = np.arange(0, 1.3, 0.25)  # of a grid, as shares of the estimate
REFUSED = ("not_told_apart", "too_few_alone")


@dataclass(frozen=True)
class Look:
    """An estimate made in another way, in the unit of the outcome.

    ``kind``: ``ancova`` or ``difference`` (the other estimator), ``balanced`` (entropy balancing), ``without`` (units
    with other support), ``band`` (the reference of one ``band`` of distance alone). ``n_fewest``: units behind it, in
    the smaller arm. ``largest``, ``effective``, ``reference_units``, ``gap``, ``before``: of the weights, as
    of ``entropy.Effect``.
    """

    kind: str
    band: str = ""
    estimate: float = np.nan
    conf_low: float = np.nan
    conf_high: float = np.nan
    n: int = 0
    n_fewest: int = 0
    clusters_by_arm: dict[str, int] | None = None
    largest: float = np.nan
    effective: float = np.nan
    reference_units: int = 0
    gap: float = np.nan
    before: float = np.nan
    on: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True)
class Sensitivity:
    """What would overturn one estimate (of one arm, or one change).

    ``shock``, ``spread`` and ``exposure`` are missing where no area is named or there is no arm; ``pseudo`` too, and
    where an area is not known, offers overlap or a lot was drawn; ``trend`` where no trends are compared (another
    estimator, or a lot was drawn); ``years`` is the length of the trend, missing where the waves have no dates (then a
    trend is one of the whole time). ``value_of_confounder``: robustness value (of the interval), where nothing was
    drawn. ``least``: how much nearer to zero the estimate must be before a confirmatory family leaves it no direction;
    missing where none decides. Nothing is looked at where the estimate itself has no interval.
    """

    one: Row
    shock: Breakdown | None = None
    spread: Breakdown | None = None
    exposure: Exposure | None = None
    pseudo: PseudoTreatment | None = None
    trend: Breakdown | None = None
    years: float = np.nan
    value_of_confounder: float = np.nan
    least: float = np.nan
    left_out: tuple[LeftOut, ...] = ()
    looks: tuple[Look, ...] = ()
    curve: Curve | None = None
    detectable: power.Detectable | None = None


def analyse(data: Data, plan: Plan, comparable: Callable[[Plan], bool], *, draws: int, seed: int) -> list[Sensitivity]:
    """Look at the estimates of a plan from all sides that ``[robustness]`` of the study names.

    Parameters
    ----------
    comparable : callable
        Tells whether the question was the same at all waves of a plan.
    draws, seed : int
        Of the joint test of the specifications.

    Returns
    -------
    list of Sensitivity, one an arm (one in all for a change)
    """
    says, built = data.study.contract.robustness, sample_design.build(data, plan)
    found = [Sensitivity(one) for one in effects.rows(built, comparable(plan))]
    if all(one.one.refused for one in found):
        return found
    labels = {"cluster": built.frame["cluster"].to_numpy(dtype=object)}
    for by in ("supporter", "area"):
        if getattr(says, by):
            labels[by] = label_of(data, built, getattr(says, by))
    left = {by: leave_one_out(built, label, by) for by, label in labels.items()}
    others = [built, *(sample_design.build(data, other) for other in alternatives(data, plan) if comparable(other))]
    balanced = _balanced(data, built)
    for place, one in enumerate(found):
        estimate = one.one
        if estimate.refused:
            continue
        looks = [*_other_estimator(data, built, place), *balanced[place : place + 1]]
        looks += [*_without(data, built, place), *_bands(data, built, place)]
        one = replace(
            one,
            left_out=tuple(found_by[place] for found_by in left.values()),
            looks=tuple(looks),
            curve=curve(others, estimate.arm, draws=draws, seed=seed),
            detectable=power.detectable(data, built, estimate),
        )
        found[place] = breakdowns(data, built, one, labels.get("area"))
    return found


def of_study(data: Data) -> list[Sensitivity]:
    """What would overturn the leading estimates, as far as their confirmatory families have not done so."""
    study = data.study
    settings = {"draws": study.contract.design.draws, "seed": study.contract.study.seed}
    plans, families = study.plans(study.headline), study.contract.families.values()
    confirmatory = [family.outcomes for family in families if family.confirmatory]
    built, adjusted = _leading(data) if confirmatory else ([], {})
    looked_at = [one for plan in plans for one in analyse(data, plan, study.comparable, **settings)]
    lines = []
    for line in looked_at:
        key, outcome = tidy.key(line.one), line.one.outcome
        line = replace(line, one=line.one._replace(p_value_adjusted=adjusted.get(key, float("nan"))))
        if direction(line.one) in ("up", "down"):
            named = [outcomes for outcomes in confirmatory if key in adjusted and outcome in outcomes]
            shifts = [multiplicity.least_shift(key, outcomes, built, **settings) for outcomes in named]
            line = within_family(line, min(shifts)) if shifts else line
        elif held_back(line.one):
            line = within_family(line, 0.0)
        lines.append(line)
    return lines


def _leading(data: Data) -> tuple[list, dict[str, float]]:
    """Rows and estimates of the headline, and the p of its confirmatory families by key."""
    study = data.study
    rows = [sample_design.build(data, plan) for plan in study.plans(study.headline)]
    built = [(one, effects.estimate(one, study.comparable(one.plan))) for one in rows]
    settings = {"draws": study.contract.design.draws, "seed": study.contract.study.seed}
    together = multiplicity.of_study(study, built, **settings)
    estimates = multiplicity.allow_for(tidy.joined([table for _, table in built]), together)
    return built, {tidy.key(row): row.p_value_adjusted for row in tidy.rows(estimates)}


def breakdowns(data: Data, built: Rows, one: Sensitivity, area) -> Sensitivity:
    """Add to an estimate with an interval the shocks of areas, trends and confounders that would overturn it.

    ``area``: array (N,) of the rows' areas, as of :func:`label_of`; none if the study names none. Shocks of areas are
    refused (``area_missing``) where the area of a row is not known.
    """
    plan, estimate = built.plan, one.one
    sizes = SIZES * abs(estimate.estimate)
    if estimate.arm and area is not None and _unknown(built, estimate.arm, area):
        blank = (estimate.outcome, estimate.wave, estimate.arm, estimate.specification)
        shock, spread = (Breakdown(kind, *blank, refused="area_missing") for kind in ("shift", "spread"))
        one = replace(one, shock=shock, spread=spread)
    elif estimate.arm and area is not None:
        exposed = breakdown.exposure(built, estimate.arm, area)
        one = replace(one, pseudo=_pseudo(data, built, estimate, area))
        shock = breakdown.shift(estimate, sizes / max(abs(exposed.reach), cluster_robust.COLLINEAR), exposed.reach)
        spread = breakdown.spread(estimate, sizes, exposed.factor)
        one = replace(one, exposure=exposed, shock=shock, spread=spread)
    if not estimate.arm or plan.assignment != "not randomised":
        return one
    if plan.claim == "trends":
        length = years(data, plan)
        periods = length if np.isfinite(length) else 1.0
        one = replace(one, years=length, trend=breakdown.trend(estimate, sizes / periods, periods))
    kept, _ = cluster_robust.independent_columns(built.design, built.protected)
    left = len(built.frame) - len(kept)
    if left < 3 or not estimate.std_error > 0:
        return one
    value = breakdown.robustness_value(estimate.estimate / estimate.std_error, left, estimate.conf_level, estimate.df)
    return replace(one, value_of_confounder=value)


def _unknown(built: Rows, arm: str, area: np.ndarray) -> bool:
    """Tell whether the area is not known of rows that an estimate rests on."""
    return bool((np.abs(influence.influence(built, arm)[area == ""]) > cluster_robust.COLLINEAR).any())


def _pseudo(data: Data, built: Rows, estimate: Row, area) -> PseudoTreatment | None:
    """Each area of the reference in the place of the arm, where nothing but the arm decides who is in the reference."""
    if not built.plan.reference or not built.plan.arms or built.plan.dose or built.plan.assignment != "not randomised":
        return None
    contract = data.study.contract
    treated = _treated(data, built, contract.robustness.area)
    return pseudo_treatment(built, area, estimate, contract.least(built.level), contract.release.min_groups, treated)


def _treated(data: Data, built: Rows, variable: str) -> set[str]:
    """Areas in which any unit is, at any wave, in another arm than the reference, in the rows or not."""
    plan, units, found = built.plan, data.population(built.level), set()
    for wave in data.waves:
        arm = data.texts(plan.arm[0], sample_design.nearest(data, plan.arm[0], wave), built.level, units)
        there = ~arm.isin([*plan.arms[plan.reference], ""]).to_numpy()
        found |= set(data.texts(variable, sample_design.nearest(data, variable, wave), built.level, units)[there])
    return found


def within_family(one: Sensitivity, least: float) -> Sensitivity:
    """Bring shock and trend to the size at which a confirmatory family takes the direction back, if it is smaller.

    ``least``: the distance towards zero that is enough for that, as of :func:`coops.impact.multiplicity.least_shift`.
    """
    parts = {"shock": one.shock, "trend": one.trend}
    nearer = {
        name: replace(part, estimate=min(part.estimate, least / part.per))
        for name, part in parts.items()
        if part and part.estimate > 0
    }
    return replace(one, least=least, **nearer)


def years(data: Data, plan: Plan) -> float:
    """Years between the middle of the baseline waves and that of the waves of the outcome; missing without dates."""
    waves, middles = data.study.contract.waves, {}
    for name in (*plan.baseline, *plan.waves):
        first, last = waves[name].start, waves[name].end or waves[name].start
        if not first:
            return np.nan
        middles[name] = (first.toordinal() + last.toordinal()) / 2
    before, after = ([middles[name] for name in part] for part in (plan.baseline, plan.waves))
    return float(np.mean(after) - np.mean(before)) / 365.25


def label_of(data: Data, built: Rows, variable: str) -> np.ndarray:
    """Value of a variable as text (N,), in the order of the rows; empty where there is none."""
    found = pd.Series("", index=built.frame.index, dtype=object)
    for wave, part in built.frame.groupby("wave"):
        known = data.texts(variable, sample_design.nearest(data, variable, wave), built.level, pd.Index(part["unit"]))
        found.loc[part.index] = known.to_numpy()
    return found.to_numpy(dtype=object)


def alternatives(data: Data, plan: Plan) -> list[Plan]:
    """Plans that estimate the same otherwise: of the named specifications, else of all those with the same sample."""
    contract = data.study.contract
    named, found = contract.robustness.alternatives, []
    for name in named or contract.specifications:
        if name == plan.name or contract.specifications[name].placebo:
            continue
        found += [
            other
            for other in data.study.plans(name)
            if (other.outcome, other.waves, other.arm, other.arms) == (plan.outcome, plan.waves, plan.arm, plan.arms)
            and not other.dose
            and other.quantity == plan.quantity
            and (named or other.sample == plan.sample)
        ]
    return found


def placebos(data: Data, comparable: Callable[[Plan], bool]) -> list[Row]:
    """Estimates of the specifications that the study marks as placebo."""
    marked = [name for name, one in data.study.contract.specifications.items() if one.placebo]
    plans = [plan for name in marked for plan in data.study.plans(name)]
    return [one for plan in plans for one in effects.rows(sample_design.build(data, plan), comparable(plan))]


def _other_estimator(data: Data, built: Rows, place: int) -> list[Look]:
    """ANCOVA where changes are compared, changes where ANCOVA leads: same rows, covariates and strata."""
    estimator = ESTIMATORS.get(built.plan.estimator.alternative)
    if not estimator or built.plan.dose:
        return []
    other = sample_design.build(data, replace(built.plan, estimator=estimator))
    return [_look(estimator.name, effects.rows(other)[place])]


def _balanced(data: Data, built: Rows) -> list[Look]:
    """The reference balanced to each arm; the value before stays out where changes are compared (it asks for more).

    A number that is the same in all of the reference stays out too: no weights can move its mean (as of a ready-made
    product with the arm).
    """
    plan = built.plan
    if len(plan.arm) != 1 or not plan.arms or plan.estimator.cross_section or data.cross_sections():
        return []
    wanted = [*balance.balance_variables(data), *plan.covariates]
    if plan.estimator.differenced:
        outcomes = {one.outcome for one in data.study.plans(data.study.headline)}
        wanted = [one for one in wanted if one.variable not in outcomes]
    wanted += [Covariate(variable=name) for name in plan.strata]
    units = pd.Index(built.frame["unit"].unique())
    described = expected.described(data, plan, plan.waves[-1], units)
    known = response_weights.predictors(data, plan, described, list(dict.fromkeys(wanted)))
    reference, book = (described["arm"] == plan.reference).to_numpy(), data.study.codebook
    numbers = {one.variable for one in wanted if book.get(one.variable).numeric} & set(known)
    known = known.drop(columns=[name for name in numbers if known[name][reference].nunique() == 1])
    if not set(known) - set(plan.arms):
        return []
    return [
        Look("balanced", estimate=one.estimate, conf_low=one.conf_low, conf_high=one.conf_high,
             n=one.arm_rows + one.reference_rows,
             n_fewest=min(one.arm_rows, one.reference_rows), clusters_by_arm=one.clusters_by_arm, largest=one.largest,
             effective=one.effective, reference_units=one.reference_rows, gap=one.gap, before=one.before, on=one.on,
             refused=one.refused)
        for one in entropy.of_rows(built, known)
    ]  # fmt: skip


def _without(data: Data, built: Rows, place: int) -> list[Look]:
    """Only the units of the sample that the study names: those without other support."""
    sample = data.study.contract.robustness.without
    if not sample:
        return []
    inside = pd.Series(False, index=built.frame.index)
    for wave, part in built.frame.groupby("wave"):
        there = data.fulfils(sample, wave, built.level, pd.Index(part["unit"]))
        inside.loc[part.index] = there.to_numpy(dtype=bool)
    return [_on(built, ~inside.to_numpy(), place, "without")]


def _bands(data: Data, built: Rows, place: int) -> list[Look]:
    """The arm against the reference of one band of distance at a time."""
    variable, plan, release = data.study.contract.robustness.bands, built.plan, data.study.contract.release
    if not variable or not plan.reference or not plan.arms:
        return []
    label, reference = label_of(data, built, variable), built.in_arm(plan.reference).to_numpy()
    side = np.where(reference, plan.reference, built.frame["arm"])
    bands = [(band, reference & (label != band)) for band in sorted({one for one in label[reference] if one})]
    least = [sample_design.fewest(built.frame[~gone], side[~gone])[["group", "cluster"]].min() for _, gone in bands]
    out = of_parts(pd.Series(least, dtype=int), release.min_groups)
    return [
        Look("band", band, refused="too_few_alone") if hidden else _on(built, gone, place, "band", band)
        for (band, gone), hidden in zip(bands, out, strict=True)
    ]


def _on(built: Rows, gone: np.ndarray, place: int, kind: str, band: str = "") -> Look:
    found = without(built, gone)
    return _look(kind, found[place], band) if found else Look(kind, band, clusters_by_arm={}, refused="not_told_apart")


def _look(kind: str, one: Row, band: str = "") -> Look:
    ends = dict(estimate=one.estimate, conf_low=one.conf_low, conf_high=one.conf_high)
    return Look(
        kind,
        band,
        **ends,
        n=one.n,
        n_fewest=one.n_fewest,
        clusters_by_arm=one.clusters_by_arm,
        refused=one.refused,
    )
