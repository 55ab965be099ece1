"""Units by wave and arm, and every unit on its way to the number of a table."""

import pandas as pd

from coops import disclosure
from coops.data.units import Data, compared
from coops.estimation.sample_design import Rows


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
        here["cluster"] = data.texts(cluster, data.recorded(cluster, wave), data.level, roster)
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
FATES = ("received", "dropped", "merged", "aside", "accepted")


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


def steps(data: Data, files: pd.DataFrame, leading: list[Rows]) -> pd.DataFrame:
    """The way from received rows to the leading estimates, one row a step, for a flow chart.

    Parameters
    ----------
    files : DataFrame
        The ledger of the received files: see :class:`coops.field_data.receive.Received`.
    leading : list of Rows
        The rows of the leading estimates.

    Returns
    -------
    DataFrame
        ``step``: key of the words; ``of``: wave or outcome; ``number``: how many are in; ``out``: how many left
        since the step before, where that can be said; ``unit``: ``rows``, or the level of the units.
    """
    total = files[list(FATES)].sum()
    lines = [("received", "", total["received"], 0, "rows")]
    lines += [(fate, "", total[fate], total[fate], "rows") for fate in ("dropped", "merged", "aside") if total[fate]]
    lines.append(("accepted", "", total["accepted"], 0, "rows"))
    roster, population = data.roster(), data.population()
    lines.append(("listed", "", len(roster), 0, data.level))
    if len(population) < len(roster):
        lines.append(("population", "", len(population), len(roster) - len(population), data.level))
    for wave in data.waves:
        seen = int(data.seen(wave, data.level, population).sum())
        lines.append(("seen_at", wave, seen, len(population) - seen, data.level))
    for rows in leading:
        done = of_estimate(rows)
        if rows.level == data.level:
            lost = done["start"] - done["used"]
            lines.append(("used_for", rows.specification.outcome, done["used"], lost, data.level))
    table = pd.DataFrame(lines, columns=["step", "of", "number", "out", "unit"]).astype({"number": int, "out": int})
    return disclosure.released(table, data.study, behind=disclosure.OPEN)
