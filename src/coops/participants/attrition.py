"""Who was seen at the start and not again, by arm, and how they differed at the start."""

from dataclasses import replace

import numpy as np
import pandas as pd

from coops.data.units import Data, compared
from coops.estimation import effects, sample_design, tidy
from coops.participants.balance import _normalised, _specification


def attrition(data: Data) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare the arms in the share that was seen at the first wave and not at a later one.

    Returns
    -------
    table : DataFrame, one row a later wave and arm
        expected: units seen at the first wave; lost: those not seen at the later one; share: lost of expected.
    differences : DataFrame, one row an estimate
        Difference of the shares between arms (0 to 1) with its CR2 interval, as of :mod:`coops.estimation.tidy`.
    """
    lines, differences = [], []
    if data.cross_sections() or len(data.waves) < 2:
        return pd.DataFrame(columns=["wave", "arm", "expected", "lost", "share"]), tidy.frame([])
    first, *later = data.waves
    units = data.population()
    start = data.seen(first, data.level, units)
    for wave in later:
        gone = (~data.seen(wave, data.level, units)).astype(float)
        arm = compared(data, first, units)
        for name, part in gone[start].groupby(arm[start]):
            counts = {"expected": len(part), "lost": int(part.sum()), "share": part.mean()}
            lines.append({"wave": wave, "arm": name} | counts)
        if data.study.contract.design.arm:
            specification = replace(_specification(data, "not_seen", wave, "attrition"), weights="")
            built = sample_design.compare(data, specification, gone[start])
            differences.append(effects.estimate(built).assign(quantity="difference"))
    table, order = pd.DataFrame(lines), {arm: place for place, arm in enumerate(data.study.arms())}
    places = table.assign(at=table["wave"].map(data.waves.index), place=table["arm"].map(order).fillna(len(order)))
    return table.loc[places.sort_values(["at", "place"], kind="stable").index], tidy.joined(differences)


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
    chosen = [covariate for covariate in data.study.compared_at_start() if (covariate.wave or first) == first]
    for wave in later:
        again = data.seen(wave, data.level, units).to_numpy()
        for covariate in chosen:
            if first not in data.measured(covariate.variable):
                continue
            values = pd.to_numeric(data.at(covariate.variable, first, data.level, units)).to_numpy(dtype=float)
            for name in dict.fromkeys([*data.study.arms(), *arm]):
                mine = (arm == name).to_numpy() & np.isfinite(values)
                seen, lost = values[mine & again], values[mine & ~again]
                if not len(seen) + len(lost):
                    continue
                spreads = [part.std(ddof=1) if len(part) > 1 else np.nan for part in (lost, seen)]
                means = [part.mean() if len(part) else np.nan for part in (lost, seen)]
                apart = _normalised(means[0], spreads[0], means[1], spreads[1])
                lines.append((wave, covariate.variable, name, len(seen), len(lost), means[1], means[0], apart))
    return pd.DataFrame(lines, columns=columns)
