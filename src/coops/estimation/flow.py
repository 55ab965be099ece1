"""Units by wave and arm, and every unit on its way to the number of a table."""

import numpy as np
import pandas as pd

from coops import disclosure
from coops.data.units import Data, compared
from coops.estimation.sample_design import Rows, nearest


def flow(data: Data) -> pd.DataFrame:
    """Count units, groups and clusters by wave and arm, from the roster to those seen.

    Returns
    -------
    DataFrame, one row a wave and arm (arm ``""`` for units in none, or where there is no arm)
        roster, population, seen: units; groups, clusters: of those seen. In a repeated cross-section
        roster and population are those of the wave, since nobody was expected twice.
    """
    roster, population = data.roster(), data.population()
    cross, cluster = data.cross_sections(), data.study.contract.design.cluster
    parts = []
    for wave in data.waves:
        here = pd.DataFrame(index=roster)
        here["arm"] = compared(data, wave, roster)
        here["population"] = roster.isin(population)
        here["seen"] = (data.seen(wave, data.level, roster) & here["population"]).to_numpy()
        here["group"] = data.group_of(wave).reindex(roster)
        here["cluster"] = data.texts(cluster, nearest(data, cluster, wave), data.level, roster)
        if cross:
            here = here[data.seen(wave, data.level, roster).to_numpy()]
        by_arm, seen = here.groupby("arm"), here[here["seen"]].groupby("arm")
        counts = pd.DataFrame({"roster": by_arm.size()} | {name: by_arm[name].sum() for name in ("population", "seen")})
        counts = counts.assign(groups=seen["group"].nunique(), clusters=seen["cluster"].nunique())
        parts.append(counts.fillna(0).astype(int).reset_index().assign(wave=wave))
    table = pd.concat(parts, ignore_index=True)
    order = {arm: place for place, arm in enumerate(data.study.arms())}
    places = table.assign(at=table["wave"].map(data.waves.index), place=table["arm"].map(order).fillna(len(order)))
    table = table.loc[places.sort_values(["at", "place", "arm"], kind="stable").index]
    return table[["wave", "arm", "roster", "population", "seen", "groups", "clusters"]].reset_index(drop=True)


REASONS = ("sample", "seen", "outcome", "baseline", "arm", "dose", "offers", "stratum", "covariates")


def of_estimate(rows: Rows) -> dict:
    """From the population to the rows of one estimate: ``start`` less what fell out, by reason, is ``used``.

    Rows are units, or units and waves where waves are put one below the other; ``n`` and ``groups`` are the
    different units and groups among those used.
    """
    specification, lost = rows.specification, {f"lost_{reason}": rows.lost.get(reason, 0) for reason in REASONS}
    used = len(rows.frame)
    return {
        "specification": specification.name,
        "outcome": specification.outcome,
        "wave": specification.wave,
        "start": used + sum(rows.lost.values()),
        **lost,
        "used": used,
        "n": rows.frame["unit"].nunique(),
        "groups": rows.frame["group"].nunique(),
    }


def by_arm(data: Data, leading: list[Rows]) -> pd.DataFrame:
    """The way of the units of each arm from the list to the leading estimates, for a flow chart (CONSORT).

    Parameters
    ----------
    leading : list of Rows
        The rows of the leading estimates; those of another level than the study's are left out.

    Returns
    -------
    DataFrame, one row an arm and step (arm: that of the first wave at which it is known)
        ``step``: key of the words; ``of``: wave or outcome; ``wave``: that of an outcome, where there are several;
        ``number``: units that are in; ``out``: units that left since the step before; both missing where too few would
        be told; ``unit_level``. A wave counts those seen at it and at every wave before it, and is a step only if all
        that the estimates use were seen at it; the estimates (``used_for``) stand side by side after the last wave.
    """
    units, population = data.roster(), data.population()
    arm = pd.Series("", index=units)
    for wave in data.waves:
        arm = arm.where(~arm.isin(["", "none"]), compared(data, wave, units))
    mine = [rows for rows in leading if rows.level == data.level]
    used = [(rows.specification, units.isin(rows.frame["unit"].unique())) for rows in mine]
    waves = [wave for of, _ in used for wave in (*of.baseline, *of.waves)] or data.waves
    inside = units.isin(population)
    steps = [("listed", "", np.full(len(units), True))]
    steps += [("population", "", inside)] if len(population) < len(units) else []
    for wave in [wave for wave in data.waves if wave in waves]:
        again = inside & data.seen(wave, data.level, units).to_numpy(dtype=bool)
        if all(again[there].all() for _, there in used):
            step = "seen_again" if steps[-1][0].startswith("seen") else "seen_at"
            steps, inside = [*steps, (step, wave, again)], again
    several = len({of.wave for of, _ in used}) > 1
    walk = [(step, name, "", there) for step, name, there in steps]
    walk += [("used_for", of.outcome, of.wave if several else "", there) for of, there in used]
    lines: list[dict] = []
    order = [*data.study.arms(), *sorted(set(arm) - set(data.study.arms()) - {""}), ""]
    for name in [name for name in order if (arm == name).any()]:
        here, before, last = (arm == name).to_numpy(), int((arm == name).sum()), len(lines)
        for step, of_what, wave, there in walk:
            number = int((there & here).sum())
            line = {"arm": name, "step": step, "of": of_what, "wave": wave, "number": number, "out": before - number}
            lines.append(line | {"unit_level": data.level, "since": last})
            if step != "used_for":
                before, last = number, len(lines) - 1
    table = disclosure.released(
        pd.DataFrame(lines), data.study, behind={"number": "number"}, whole=("step", "of", "wave")
    )
    gone = table["number"].isna()
    rule = pd.DataFrame({"out": gone | gone.loc[table["since"]].to_numpy()})
    return disclosure.released(table.drop(columns="since"), data.study, rule=rule)
