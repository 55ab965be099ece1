"""Who is in the data: flow, balance between the arms at the start, and who was lost."""

from dataclasses import replace

import numpy as np
import pandas as pd

from coops.analysis import effects, rows
from coops.analysis.data import Data
from coops.analysis.effects import Estimate
from coops.intake.contract import Covariate
from coops.intake.study import Plan


def compared(data: Data, wave: str, units: pd.Index) -> pd.Series:
    """Return the arm of each unit; overlapping offers joined by `` + ``; empty where there is no arm."""
    design = data.study.contract.design
    if len(design.arm) == 1:
        return data.arm_of(wave, data.level, units)
    if not design.arm:
        return pd.Series("", index=units)
    taken = pd.DataFrame({name: data.texts(name, wave, data.level, units) == "1" for name in design.arm})
    return taken.apply(lambda row: " + ".join(row.index[row]) or "none", axis=1)


def flow(data: Data) -> pd.DataFrame:
    """Count units, groups and clusters by wave and arm, from the roster to those seen.

    Returns
    -------
    DataFrame, one row a wave and arm (arm ``""`` for units in none, or where there is no arm)
        roster, population, seen: units; groups, clusters: of those seen. In a repeated cross-section
        roster and population are those of the wave, since nobody was expected twice.
    """
    roster, population = data.roster(), data.population()
    cross = data.cross_sections()
    parts = []
    for wave in data.waves:
        here = pd.DataFrame(index=roster)
        here["arm"] = compared(data, wave, roster)
        here["population"] = roster.isin(population)
        here["seen"] = (data.seen(wave, data.level, roster) & here["population"]).to_numpy()
        here["group"] = data.group_of(wave).reindex(roster)
        here["cluster"] = data.texts(data.study.contract.design.cluster, _wave(data, wave), data.level, roster)
        if cross:
            here = here[data.seen(wave, data.level, roster).to_numpy()]
        seen = here[here["seen"]]
        counts = pd.DataFrame(
            {
                "roster": here.groupby("arm").size(),
                "population": here.groupby("arm")["population"].sum(),
                "seen": here.groupby("arm")["seen"].sum(),
                "groups": seen.groupby("arm")["group"].nunique(),
                "clusters": seen.groupby("arm")["cluster"].nunique(),
            }
        )
        parts.append(counts.fillna(0).astype(int).reset_index().assign(wave=wave))
    table = pd.concat(parts, ignore_index=True)
    order = {arm: place for place, arm in enumerate(data.study.arms())}
    table["place"] = table["arm"].map(order).fillna(len(order))
    return (
        table.sort_values(["place", "arm"], kind="stable")
        .sort_values("wave", key=lambda names: names.map(data.waves.index), kind="stable")[
            ["wave", "arm", "roster", "population", "seen", "groups", "clusters"]
        ]
        .reset_index(drop=True)
    )


def _wave(data: Data, wave: str) -> str:
    measured = data.measured(data.study.contract.design.cluster)
    return wave if wave in measured or not measured else measured[0]


def balance_variables(data: Data) -> list[Covariate]:
    """Variables compared at the start: see :meth:`coops.intake.study.Study.compared_at_start`; measured ones only."""
    first = data.waves[0]
    wanted = [Covariate(variable=one.variable, wave=one.wave or first) for one in data.study.compared_at_start()]
    return [one for one in dict.fromkeys(wanted) if one.wave in data.measured(one.variable)]


def _plan(data: Data, variable: str, wave: str, name: str) -> Plan:
    """A comparison of means by the arms of ``[design]``, without strata or covariates."""
    design = data.study.contract.design
    return Plan(
        name=name,
        estimator="level",
        outcome=variable,
        waves=(wave,),
        baseline=(),
        sample="",
        covariates=(),
        arm=tuple(design.arm),
        arms=data.study.arms(),
        reference=design.reference if len(design.arm) == 1 else "",
        arm_wave=design.arm_wave,
        assignment=design.assignment,
        strata=(),
        cluster=design.cluster,
        assigned=design.assigned or design.cluster,
        weights=design.weights,
        level=design.level,
        weigh="persons",
        confirmatory=False,
    )


def balance(data: Data) -> tuple[pd.DataFrame, list[Estimate]]:
    """Compare the arms at the start.

    Returns
    -------
    table : DataFrame, one row a variable, wave and arm
        n, mean, sd; for an arm that is not the reference also the normalised difference
        (Imbens and Rubin 2015, 14.2): difference of means over the square root of the mean variance.
    differences : list of Estimate
        Difference of means with its CR2 interval, an estimate an arm.
    """
    lines, differences = [], []
    for one in balance_variables(data) if data.study.contract.design.arm else []:
        built = rows.build(data, _plan(data, one.variable, one.wave, "balance"))
        for estimate in effects.estimate(built):
            differences.append(replace(estimate, quantity="difference"))
        means = {arm: _moments(built, built.in_arm(arm)) for arm in built.plan.arms}
        base = means.get(built.plan.reference) or _moments(built, (built.offers.sum(axis=1) == 0))
        for arm, (n, mean, sd) in means.items():
            apart = np.nan if arm == built.plan.reference else _normalised(mean, sd, *base[1:])
            lines.append(
                {
                    "variable": one.variable,
                    "wave": one.wave,
                    "arm": arm,
                    "n": n,
                    "mean": mean,
                    "sd": sd,
                    "normalised": apart,
                }
            )
    return pd.DataFrame(lines, columns=["variable", "wave", "arm", "n", "mean", "sd", "normalised"]), differences


def _moments(built: rows.Rows, mask: pd.Series) -> tuple[int, float, float]:
    part = built.frame.loc[mask.to_numpy()]
    if len(part) < 2:
        return len(part), np.nan, np.nan
    values, weights = part["outcome"].to_numpy(dtype=float), part["weight"].to_numpy()
    mean = np.average(values, weights=weights)
    variance = np.average((values - mean) ** 2, weights=weights) * len(part) / (len(part) - 1)
    return len(part), float(mean), float(np.sqrt(variance))


def _normalised(mean: float, sd: float, base_mean: float, base_sd: float) -> float:
    spread = np.sqrt((sd**2 + base_sd**2) / 2)
    return (mean - base_mean) / spread if spread > 0 else np.nan


def attrition(data: Data) -> tuple[pd.DataFrame, list[Estimate]]:
    """Compare the arms in the share that was seen at the first wave and not at a later one.

    Returns
    -------
    table : DataFrame, one row a later wave and arm
        expected: units seen at the first wave; lost: those not seen at the later one; share: lost of expected.
    differences : list of Estimate
        Difference of the shares between arms (0 to 1) with its CR2 interval.
    """
    lines, differences = [], []
    if data.cross_sections() or len(data.waves) < 2:
        return pd.DataFrame(columns=["wave", "arm", "expected", "lost", "share"]), []
    first, *later = data.waves
    units = data.population()
    start = data.seen(first, data.level, units)
    for wave in later:
        gone = (~data.seen(wave, data.level, units)).astype(float)
        arm = compared(data, first, units)
        for name, part in gone[start].groupby(arm[start]):
            lines.append(
                {"wave": wave, "arm": name, "expected": len(part), "lost": int(part.sum()), "share": part.mean()}
            )
        if data.study.contract.design.arm:
            plan = replace(_plan(data, "not_seen", wave, "attrition"), weights="")
            built = rows.compare(data, plan, gone[start])
            differences += [replace(one, quantity="difference") for one in effects.estimate(built)]
    order = list(data.study.arms())
    table = pd.DataFrame(lines)
    place = table["arm"].map({arm: place for place, arm in enumerate(order)}).fillna(len(order))
    table = table.assign(place=place).sort_values(["place"], kind="stable")
    return table.sort_values("wave", key=lambda names: names.map(data.waves.index), kind="stable").drop(
        columns="place"
    ), differences


def lost_at_start(data: Data) -> pd.DataFrame:
    """Compare, within each arm, those lost with those seen again in what was measured at the start.

    Returns
    -------
    DataFrame, one row a later wave, variable and arm
        n_seen, n_lost; mean_seen, mean_lost: in the unit of the variable; normalised: difference of the two (lost less
        seen) over the square root of the mean variance (Imbens and Rubin 2015, 14.2).
    """
    columns = ["wave", "variable", "arm", "n_seen", "n_lost", "mean_seen", "mean_lost", "normalised"]
    lines = []
    if data.cross_sections() or len(data.waves) < 2:
        return pd.DataFrame(columns=columns)
    first, *later = data.waves
    units = data.population()
    units = units[data.seen(first, data.level, units).to_numpy()]
    arm = compared(data, first, units)
    chosen = [one for one in data.study.compared_at_start() if (one.wave or first) == first]
    for wave in later:
        again = data.seen(wave, data.level, units).to_numpy()
        for one in chosen:
            if first not in data.measured(one.variable):
                continue
            values = pd.to_numeric(data.at(one.variable, first, data.level, units)).to_numpy(dtype=float)
            for name in dict.fromkeys([*data.study.arms(), *arm]):
                mine = (arm == name).to_numpy() & np.isfinite(values)
                seen, lost = values[mine & again], values[mine & ~again]
                if not len(seen) + len(lost):
                    continue
                spreads = [part.std(ddof=1) if len(part) > 1 else np.nan for part in (lost, seen)]
                means = [part.mean() if len(part) else np.nan for part in (lost, seen)]
                apart = _normalised(means[0], spreads[0], means[1], spreads[1])
                lines.append((wave, one.variable, name, len(seen), len(lost), means[1], means[0], apart))
    return pd.DataFrame(lines, columns=columns)
