"""The rows of one estimate: who is in it, with what, and who fell out on the way."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from coops.data.units import Data
from coops.study.findings import fail
from coops.study.study import Plan
from coops.study.values import plain


@dataclass
class Rows:
    """The rows of one estimate.

    ``frame``: one row a unit (and wave, where waves are stacked) with the columns unit, group, cluster, wave,
    outcome, arm (empty where offers overlap), weight; ``design``: the regressors, most important first;
    ``interest``: the columns of ``design`` that are estimated, by arm; ``lost``: rows that fell out, by reason.
    """

    plan: Plan
    level: str
    frame: pd.DataFrame
    design: pd.DataFrame
    interest: dict[str, str]
    protected: int = 1
    lost: dict[str, int] = field(default_factory=dict)
    offers: pd.DataFrame | None = None  # 0/1 columns, one an offer, where offers may overlap

    def in_arm(self, arm: str) -> pd.Series:
        """Tell which rows are in an arm, or have an offer."""
        if self.offers is not None:
            return self.offers[arm] == 1
        return self.frame["arm"] == arm


def build(data: Data, plan: Plan) -> Rows:
    """Put together the rows of one estimate.

    Raises
    ------
    FindingError
        About the specification (a variable not measured at a wave, a level that does not fit) or the data
        (an empty cluster, a weight that is not above zero).
    """
    level = data.level_of(plan.outcome)
    stacked = [_at_wave(data, plan, level, wave, part) for wave, part in _moments(plan)]
    frame = pd.concat(stacked, ignore_index=True)
    lost: dict[str, int] = {}
    frame = _keep(frame, frame.pop("in_sample").astype(bool), "sample", lost)
    frame = _keep(frame, frame.pop("was_seen").astype(bool), "seen", lost)
    for column, reason in (("outcome", "outcome"), ("baseline", "baseline"), ("arm", "arm"), ("dose", "dose")):
        if column in frame:
            there = frame[column].notna() & (frame[column] != "")
            frame = _keep(frame, there, reason, lost)
    for reason, prefix in (("offers", "offer "), ("stratum", "stratum"), ("covariates", "covariate ")):
        names = [name for name in frame if name.startswith(prefix)]
        there = frame[names].notna().all(axis=1) & ~(frame[names] == "").any(axis=1)
        frame = _keep(frame, there, reason, lost)
    _check(frame, plan)
    if plan.weigh == "groups":
        frame["weight"] = frame["weight"] / frame.groupby(["wave", "group"])["weight"].transform("sum")
    return _assemble(data, plan, level, frame, lost)


def compare(data: Data, plan: Plan, values: pd.Series) -> Rows:
    """Put together the rows that compare given values of units between the arms (no strata, no covariates)."""
    wave, units = data.waves[0], values.index
    frame = _frame(data, plan, data.level, wave, "after", units)
    frame["outcome"] = values.to_numpy()
    frame = frame[frame["arm"] != ""] if "arm" in frame else frame
    _check(frame, plan)
    return _assemble(data, plan, data.level, frame, {})


def _moments(plan: Plan) -> list[tuple[str, str]]:
    """Waves that rows are made at: the outcome's, and for cross-sections those before too."""
    if plan.estimator.endswith("cross-section"):
        return [(wave, "before") for wave in plan.baseline] + [(wave, "after") for wave in plan.waves]
    if plan.estimator in ("difference", "change"):
        return [(plan.waves[-1], "after")]
    return [(wave, "after") for wave in plan.waves]


def _at_wave(data: Data, plan: Plan, level: str, wave: str, part: str) -> pd.DataFrame:
    units = data.population(level)
    if plan.estimator.endswith("cross-section"):
        units = units[data.seen(wave, level, units).to_numpy()]
    frame = _frame(data, plan, level, wave, part, units)

    def add(name: str, values: pd.Series) -> None:
        frame[name] = values.to_numpy()

    sample = data.fulfils(plan.sample, wave, level, units) if plan.sample else pd.Series(True, index=units)
    add("in_sample", sample)
    needed = [*plan.waves, *plan.baseline] if plan.estimator in ("difference", "change") else [wave]
    seen = pd.Series(True, index=units)
    for one in needed + list(plan.baseline if plan.estimator == "ancova" else ()):
        seen &= data.seen(one, level, units).to_numpy()
    add("was_seen", seen)
    mean_of = plan.waves if plan.estimator in ("difference", "change") else (wave,)
    outcome = _mean(data, plan.outcome, mean_of, level, units)
    if plan.estimator in ("difference", "change"):
        add("after", outcome)
        add("baseline", _mean(data, plan.outcome, plan.baseline, level, units))
        add("outcome", pd.Series(frame["after"].to_numpy() - frame["baseline"].to_numpy(), index=units))
    else:
        add("outcome", outcome)
        if plan.estimator == "ancova":
            add("baseline", _mean(data, plan.outcome, plan.baseline, level, units))
    if plan.dose:
        add("dose", pd.to_numeric(data.at(plan.dose, wave, level, units)))
    if plan.strata:
        cells = [data.texts(name, nearest(data, name, wave), level, units) for name in plan.strata]
        there = np.all([cell != "" for cell in cells], axis=0)
        add("stratum", pd.Series(["|".join(cell) for cell in zip(*cells, strict=True)], index=units).where(there, ""))
    for number, covariate in enumerate(plan.covariates):
        values = data.at(covariate.variable, covariate.wave or wave, level, units)
        add(f"covariate {number}", values if _numeric(data, covariate.variable) else values.map(plain))
    return frame


def _frame(data: Data, plan: Plan, level: str, wave: str, part: str, units: pd.Index) -> pd.DataFrame:
    """What every row has: unit, wave, group, arm or offers, cluster, weight."""
    frame = pd.DataFrame({"unit": units, "wave": wave, "part": part})

    def add(name: str, values: pd.Series) -> None:
        frame[name] = values.to_numpy()

    add("group", data.group_of(wave).reindex(units) if level == "person" else pd.Series(units, index=units))
    if len(plan.arm) == 1:
        add("arm", data.arm_of(wave, level, units, plan.arm[0], plan.arms, plan.arm_wave))
    for name in plan.arm if len(plan.arm) > 1 else ():
        add(f"offer {name}", pd.to_numeric(data.at(name, plan.arm_wave or nearest(data, name, wave), level, units)))
    add("cluster", data.texts(plan.cluster, nearest(data, plan.cluster, wave), level, units))
    add("assigned", data.texts(plan.assigned, nearest(data, plan.assigned, wave), level, units))
    weight = (
        data.at(plan.weights, nearest(data, plan.weights, wave), level, units)
        if plan.weights
        else pd.Series(1.0, units)
    )
    add("weight", pd.to_numeric(weight))
    return frame


def fewest(frame: pd.DataFrame, side) -> pd.Series:
    """Units, groups and clusters of the side that has fewest, before or after; ``side``: label of each row (N,)."""
    return frame.groupby([np.asarray(side), "part"])[["unit", "group", "cluster"]].nunique().min()


def nearest(data: Data, variable: str, wave: str) -> str:
    """The wave itself where a structural variable was recorded then, else the first wave that has it."""
    measured = data.measured(variable)
    return wave if wave in measured or not measured else measured[0]


def _mean(data: Data, variable: str, waves, level: str, units: pd.Index) -> pd.Series:
    """Each unit's mean over waves; missing if it is missing at one of them."""
    columns = [data.at(variable, wave, level, units) for wave in waves]
    return pd.concat(columns, axis=1).mean(axis=1, skipna=False)


def _numeric(data: Data, variable: str) -> bool:
    return data.study.codebook.get(variable).numeric


def _keep(frame: pd.DataFrame, there: pd.Series, reason: str, lost: dict[str, int]) -> pd.DataFrame:
    """Drop rows and count them."""
    there = there.astype(bool)
    if (~there).any():
        lost[reason] = int((~there).sum())
    return frame[there]


def _check(frame: pd.DataFrame, plan: Plan) -> None:
    empty = int((frame["cluster"] == "").sum())
    if empty:
        raise fail("E_CLUSTER_EMPTY", file="study.toml", column=plan.cluster, rows=empty, key=plan.outcome)
    wrong = int((~(frame["weight"] > 0)).sum())
    if wrong:
        raise fail("E_WEIGHT", file="study.toml", column=plan.weights, rows=wrong)
    for name in plan.arm if len(plan.arm) > 1 else ():
        if not frame[f"offer {name}"].isin([0, 1]).all():
            raise fail("E_OFFER", file="study.toml", column=name)


def _assemble(data: Data, plan: Plan, level: str, frame: pd.DataFrame, lost: dict[str, int]) -> Rows:
    """Make the regressors, most important first; a later one that adds nothing can then be dropped."""
    columns: dict[str, np.ndarray] = {"constant": np.ones(len(frame))}
    after = (frame["part"] == "after").to_numpy(dtype=float)
    treated = [name for name in plan.arms if name != plan.reference]
    arms = {}
    for name in treated:
        column = f"offer {name}" if len(plan.arm) > 1 else None
        arms[name] = frame[column].to_numpy(dtype=float) if column else (frame["arm"] == name).to_numpy(dtype=float)
    interest: dict[str, str] = {}
    if plan.estimator == "difference cross-section":
        columns |= {f"{name} × after": values * after for name, values in arms.items()}
        interest = {name: f"{name} × after" for name in arms}
        columns |= arms | {"after": after}
    elif plan.estimator == "change cross-section":
        columns["after"], interest = after, {"": "after"}
    elif plan.estimator == "change":
        interest = {"": "constant"}
    elif plan.dose:
        columns["dose"], interest = frame["dose"].to_numpy(dtype=float), {"": "dose"}
    else:
        columns |= arms
        interest = {name: name for name in arms}
    protected = len(columns)
    if plan.estimator == "ancova":
        columns["value before"] = frame["baseline"].to_numpy(dtype=float)
    columns |= _dummies("wave", frame["wave"]) if frame["wave"].nunique() > 1 else {}
    columns |= _dummies("stratum", frame["stratum"]) if "stratum" in frame else {}
    for number, covariate in enumerate(plan.covariates):
        values, name = frame[f"covariate {number}"], covariate.variable
        if _numeric(data, name):
            columns[name] = values.to_numpy(dtype=float)
        else:
            columns |= _dummies(name, values)
    if plan.estimator == "change":  # the change is that of the mean row: centre what it is adjusted for
        columns = {
            n: v - np.average(v, weights=frame["weight"]) if n != "constant" and len(v) else v
            for n, v in columns.items()
        }
    offers = pd.DataFrame(arms).reset_index(drop=True) if len(plan.arm) > 1 else None
    keep = [
        c
        for c in (
            "unit",
            "group",
            "cluster",
            "assigned",
            "wave",
            "part",
            "outcome",
            "baseline",
            "after",
            "arm",
            "stratum",
            "weight",
        )
        if c in frame
    ]
    return Rows(
        plan, level, frame[keep].reset_index(drop=True), pd.DataFrame(columns), interest, protected, lost, offers
    )


def _dummies(name: str, values: pd.Series) -> dict[str, np.ndarray]:
    """0/1 columns of a categorical variable, its most frequent value (first by name if equal) left out."""
    counts = values.value_counts()
    kinds = sorted(counts.index, key=lambda value: (-counts[value], str(value)))
    return {f"{name} {value}": (values == value).to_numpy(dtype=float) for value in kinds[1:]}
