"""The rows of one estimate: who is in it, with what, and who fell out on the way; and its regressors."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coops.data.units import Data
from coops.study.findings import fail
from coops.study.schema import Covariate
from coops.study.study import Specification
from coops.study.values import plain

STRUCTURE = ("unit", "group", "cluster", "assigned", "wave", "after", "arm", "stratum", "weight")
VALUES = ("outcome", "baseline", "follow_up", "dose", "change", "constant")
ROLES = {*STRUCTURE, *VALUES}  # columns that are not variables of the codebook
PRODUCT = " × "


@dataclass
class Rows:
    """The rows of one estimate.

    ``frame``: one row a unit (and wave, where waves are stacked) with the columns unit, group, cluster, assigned, wave,
    after (0/1: at a wave of the outcome, or before), outcome (the change, where the estimator is one of changes; then
    follow_up too), baseline, arm (a 0/1 column an offer instead, where offers overlap), dose, stratum, weight, and the
    covariates, named as in the codebook (:func:`names`); ``design``: the regressors, most important first;
    ``interest``: the columns of ``design`` that are estimated, by arm; ``protected``: how many come first and are never
    dropped; ``lost``: rows that fell out, by reason.
    """

    specification: Specification
    level: str
    frame: pd.DataFrame
    design: pd.DataFrame
    interest: dict[str, str]
    protected: int = 1
    lost: dict[str, int] = field(default_factory=dict)

    @property
    def offers(self) -> pd.DataFrame | None:
        """0/1 columns, one an offer, where offers may overlap."""
        return self.frame[list(self.specification.arms)] if self.specification.overlapping else None

    def in_arm(self, arm: str) -> pd.Series:
        """Tell which rows are in an arm, or have an offer."""
        return self.frame[arm] == 1 if self.specification.overlapping else self.frame["arm"] == arm

    def in_reference(self) -> pd.Series:
        """Tell which rows are in the reference, or have no offer: all of them where nothing is compared."""
        if self.offers is not None:
            return self.offers.sum(axis=1) == 0
        reference = self.specification.reference
        return self.in_arm(reference) if reference else pd.Series(True, index=self.frame.index)


def build(data: Data, specification: Specification) -> Rows:
    """Put together the rows of one estimate.

    Raises
    ------
    FindingError
        About the specification (a variable not measured at a wave, a level that does not fit) or the data
        (an empty cluster, a weight that is not above zero).
    """
    level = data.level_of(specification.outcome)
    stacked = [_at_wave(data, specification, level, wave, after) for wave, after in _moments(specification)]
    frame = pd.concat(stacked, ignore_index=True)
    lost: dict[str, int] = {}
    frame = _keep(frame, frame.pop("in_sample").astype(bool), "sample", lost)
    frame = _keep(frame, frame.pop("was_seen").astype(bool), "seen", lost)
    needed = {reason: [reason] for reason in ("outcome", "baseline", "arm", "dose")}
    needed |= {"offers": list(specification.arms) if specification.overlapping else [], "stratum": ["stratum"]}
    needed["covariates"] = list(names(specification))
    for reason, columns in needed.items():
        known = frame[[name for name in columns if name in frame]]
        frame = _keep(frame, known.notna().all(axis=1) & ~(known == "").any(axis=1), reason, lost)
    _check(frame, specification)
    if specification.weigh == "groups":
        frame["weight"] = frame["weight"] / frame.groupby(["wave", "group"])["weight"].transform("sum")
    return _assemble(data, specification, level, frame, lost)


def compare(data: Data, specification: Specification, values: pd.Series) -> Rows:
    """Put together the rows that compare given values of units between the arms (no strata, no covariates)."""
    frame = _frame(data, specification, data.level, data.waves[0], 1, values.index)
    frame["outcome"] = values.to_numpy()
    frame = frame[frame["arm"] != ""] if "arm" in frame else frame
    _check(frame, specification)
    return _assemble(data, specification, data.level, frame, {})


def names(specification: Specification) -> dict[str, Covariate]:
    """Column of each covariate: its name in the codebook, with its wave where that name is taken."""
    taken, columns = {*ROLES, *specification.arms, specification.outcome}, {}
    for covariate in specification.covariates:
        name = covariate.variable
        if name in taken or name in columns:
            name = f"{name}_{covariate.wave or 'covariate'}"
        while name in taken or name in columns:
            name += "_"
        columns[name] = covariate
    return columns


def _moments(specification: Specification) -> list[tuple[str, int]]:
    """Waves that rows are made at, 1 for those of the outcome; for cross-sections those before too, 0."""
    if specification.estimator.cross_section:
        return [(wave, 0) for wave in specification.baseline] + [(wave, 1) for wave in specification.waves]
    waves = specification.waves[-1:] if specification.estimator.differenced else specification.waves
    return [(wave, 1) for wave in waves]


def _at_wave(data: Data, specification: Specification, level: str, wave: str, after: int) -> pd.DataFrame:
    estimator, units = specification.estimator, data.population(level)
    if estimator.cross_section:
        units = units[data.seen(wave, level, units).to_numpy()]
    frame = _frame(data, specification, level, wave, after, units)

    def add(name: str, values: pd.Series) -> None:
        frame[name] = values.to_numpy()

    everybody = pd.Series(True, index=units)
    add("in_sample", data.fulfils(specification.sample, wave, level, units) if specification.sample else everybody)
    own = specification.waves if estimator.differenced else (wave,)
    before = specification.baseline if estimator.differenced or estimator.controls else ()
    add("was_seen", pd.concat([data.seen(at, level, units) for at in (*own, *before)], axis=1).all(axis=1))
    add("outcome", _mean(data, specification.outcome, own, level, units))
    if before:
        add("baseline", _mean(data, specification.outcome, before, level, units))
    if estimator.differenced:
        frame["follow_up"] = frame["outcome"]
        frame["outcome"] = frame["follow_up"] - frame["baseline"]
    if specification.dose:
        add("dose", pd.to_numeric(data.at(specification.dose, wave, level, units)))
    if specification.strata:
        cells = [data.texts(name, data.recorded(name, wave), level, units) for name in specification.strata]
        there = np.all([cell != "" for cell in cells], axis=0)
        add("stratum", pd.Series(["|".join(cell) for cell in zip(*cells, strict=True)], index=units).where(there, ""))
    for name, covariate in names(specification).items():
        values = data.at(covariate.variable, covariate.wave or wave, level, units)
        add(name, values if _numeric(data, covariate) else values.map(plain))
    return frame


def _frame(
    data: Data, specification: Specification, level: str, wave: str, after: int, units: pd.Index
) -> pd.DataFrame:
    """What every row has: unit, wave, group, arm or offers, cluster, weight."""
    frame = pd.DataFrame({"unit": units, "wave": wave, "after": after})

    def add(name: str, values: pd.Series) -> None:
        frame[name] = values.to_numpy()

    add("group", data.group_of(wave).reindex(units) if level == "person" else pd.Series(units, index=units))
    if specification.overlapping:
        for name in specification.arm:
            values = data.at(name, specification.arm_wave or data.recorded(name, wave), level, units)
            add(name, pd.to_numeric(values))
    elif specification.arm:
        add("arm", data.arm_of(wave, level, units, specification.arm[0], specification.arms, specification.arm_wave))
    for role, name in (("cluster", specification.cluster), ("assigned", specification.assigned)):
        add(role, data.texts(name, data.recorded(name, wave), level, units))
    frame["weight"] = 1.0
    if specification.weights:
        weighted = data.at(specification.weights, data.recorded(specification.weights, wave), level, units)
        add("weight", pd.to_numeric(weighted))
    return frame


def fewest(frame: pd.DataFrame, side: ArrayLike) -> pd.Series:
    """Units, groups and clusters of the side that has fewest, before or after; ``side``: label of each row (N,)."""
    return frame.groupby([np.asarray(side), "after"])[["unit", "group", "cluster"]].nunique().min()


def _mean(data: Data, variable: str, waves: Iterable[str], level: str, units: pd.Index) -> pd.Series:
    """Each unit's mean over waves; missing if it is missing at one of them."""
    columns = [data.at(variable, wave, level, units) for wave in waves]
    return pd.concat(columns, axis=1).mean(axis=1, skipna=False)


def _numeric(data: Data, covariate: Covariate) -> bool:
    return data.study.codebook.get(covariate.variable).numeric


def _keep(frame: pd.DataFrame, there: pd.Series, reason: str, lost: dict[str, int]) -> pd.DataFrame:
    """Drop rows and count them."""
    if (~there).any():
        lost[reason] = int((~there).sum())
    return frame[there]


def _check(frame: pd.DataFrame, specification: Specification) -> None:
    empty = int((frame["cluster"] == "").sum())
    if empty:
        column = specification.cluster
        raise fail("E_CLUSTER_EMPTY", file="study.toml", column=column, rows=empty, key=specification.outcome)
    wrong = int((~(frame["weight"] > 0)).sum())
    if wrong:
        raise fail("E_WEIGHT", file="study.toml", column=specification.weights, rows=wrong)
    for name in specification.arm if specification.overlapping else ():
        if not frame[name].isin([0, 1]).all():
            raise fail("E_OFFER", file="study.toml", column=name)


def _assemble(data: Data, specification: Specification, level: str, frame: pd.DataFrame, lost: dict[str, int]) -> Rows:
    """Make the regressors, most important first; a later one that adds nothing can then be dropped."""
    frame = frame.reset_index(drop=True)
    covariates = {name: _numeric(data, covariate) for name, covariate in names(specification).items() if name in frame}
    first, interest = regressors_of_terms(specification, frame)
    controls = specification.estimator.controls
    columns = first | {name: make(frame).to_numpy(dtype=float) for name, make in controls.items()}
    columns |= dummies("wave", frame["wave"]) if frame["wave"].nunique() > 1 else {}
    columns |= dummies("stratum", frame["stratum"]) if "stratum" in frame else {}
    for name, numeric in covariates.items():
        columns |= {name: frame[name].to_numpy(dtype=float)} if numeric else dummies(name, frame[name])
    design = pd.DataFrame(columns)
    if not specification.estimator.terms and len(frame):  # the constant is then that of the mean row
        design = centred(design, frame["weight"])
    return Rows(specification, level, frame, design, interest, len(first), lost)


def regressors_of_terms(
    specification: Specification, frame: pd.DataFrame
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The constant and the terms of the estimator (or the dose in place of the arm), and which are estimated, by arm.

    Parameters
    ----------
    specification : Specification
    frame : DataFrame
        Of :class:`Rows`: after, and arm, or offers, or dose.
    """
    treated = [name for name in specification.arms if name != specification.reference]
    terms = specification.estimator.terms
    terms = ("dose",) if specification.dose and terms == ("arm",) else terms
    columns, interest = {"constant": np.ones(len(frame))}, {}
    for term in terms:
        for arm in treated if "arm" in term.split(":") else [""]:
            product = np.ones(len(frame))
            for factor in term.split(":"):
                of_arm = frame["arm"] == arm if factor == "arm" and not specification.overlapping else None
                values = frame[arm if factor == "arm" else factor] if of_arm is None else of_arm
                product = product * values.to_numpy(dtype=float)
            name = PRODUCT.join(arm if factor == "arm" else factor for factor in term.split(":"))
            columns[name] = product
            if term == terms[0]:
                interest[arm] = name
    return columns, interest if terms else {"": "constant"}


def centred(design: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """Regressors less their weighted means, the constant as it is."""
    others = [name for name in design if name != "constant"]
    return design.assign(**{name: design[name] - np.average(design[name], weights=weights) for name in others})


def dummies(name: str, values: pd.Series) -> dict[str, np.ndarray]:
    """0/1 columns of a categorical variable, its most frequent value (first by name if equal) left out."""
    counts = values.value_counts()
    kinds = sorted(counts.index, key=lambda value: (-counts[value], str(value)))
    return {f"{name} {value}": (values == value).to_numpy(dtype=float) for value in kinds[1:]}
