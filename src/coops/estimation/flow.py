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


REASONS = ("sample", "seen", "outcome", "baseline", "arm", "dose", "offers", "stratum", "covariates")
FATES = ("received", "dropped", "merged", "aside", "accepted")


def of_estimate(rows: Rows) -> dict:
    """From the population to the rows of one estimate: ``start`` less what fell out, by reason, is ``used``.

    Rows are units, or units and waves where waves are put one below the other; ``n`` and ``groups`` are the
    different units and groups among those used.
    """
    plan, lost = rows.plan, {f"lost_{reason}": rows.lost.get(reason, 0) for reason in REASONS}
    used = len(rows.frame)
    return {
        "specification": plan.name,
        "outcome": plan.outcome,
        "wave": plan.wave,
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
            lines.append(("used_for", rows.plan.outcome, done["used"], done["start"] - done["used"], data.level))
    table = pd.DataFrame(lines, columns=["step", "of", "number", "out", "unit"]).astype({"number": int, "out": int})
    return disclosure.released(table, data.study, behind=disclosure.OPEN)
