"""The ledger: every received row, and every unit on its way to the number of a table."""

import pandas as pd

from coops.analysis.data import Data
from coops.analysis.participants import compared
from coops.analysis.rows import Rows
from coops.intake.study import Study
from coops.intake.tables import Received
from coops.intake.values import plain

REASONS = ("sample", "seen", "outcome", "baseline", "arm", "dose", "offers", "stratum", "covariates")
FATES = ("received", "dropped", "merged", "aside", "accepted")


def of_estimate(rows: Rows) -> dict:
    """From the population to the rows of one estimate: ``start`` less what fell out, by reason, is ``used``.

    Rows are units, or units and waves where waves are put one below the other; ``persons`` and ``groups`` are the
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
        "persons": rows.frame["unit"].nunique(),
        "groups": rows.frame["group"].nunique(),
    }


def steps(data: Data, files: pd.DataFrame, leading: list[Rows]) -> pd.DataFrame:
    """The way from received rows to the leading estimates, one row a step, for a flow chart.

    Parameters
    ----------
    files : DataFrame
        The ledger of the received files: see :class:`coops.intake.tables.Received`.
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
    return pd.DataFrame(lines, columns=["step", "of", "number", "out", "unit"]).astype({"number": int, "out": int})


def rows_out(study: Study, received: Received) -> pd.DataFrame:
    """Rows put aside, by table, arm and stratum of the unit that they are about.

    Returns
    -------
    DataFrame, one row a table, arm and stratum (empty where the unit's own rows do not say it)
        ``rows``: number of rows put aside.
    """
    columns = ["table", "arm", "stratum", "rows"]
    aside = {name: batch for name, batch in received.batches.items() if batch.aside}
    if not aside or len(received.batches) < len(study.contract.tables):
        return pd.DataFrame(columns=columns)
    every = {name: batch.clean[batch.live()].reset_index(drop=True) for name, batch in received.batches.items()}
    data = Data(study, every)
    parts = []
    for name, batch in aside.items():
        table, out = batch.table, batch.clean.loc[sorted(batch.aside)]
        about = pd.DataFrame({"table": name, "arm": "", "stratum": ""}, index=out.index)
        level, units = table.level, batch.units()[out.index]
        if level == "event" and table.group in out:
            level, units = "group", out[table.group].map(plain)
        if level != "event":
            known = _known(data, level)
            about["arm"] = units.map(known["arm"]).fillna("")
            about["stratum"] = units.map(known["stratum"]).fillna("")
        parts.append(about)
    counted = pd.concat(parts).groupby(["table", "arm", "stratum"], sort=False).size().rename("rows").reset_index()
    return counted[columns]


def _known(data: Data, level: str) -> pd.DataFrame:
    """Arm and stratum of each unit of a level, as far as its rows say it."""
    design, wave, units = data.study.contract.design, data.waves[0], data.roster(level)
    known = pd.DataFrame({"arm": "", "stratum": ""}, index=units)
    if design.arm and (level == "person" or data.level_of(design.arm[0]) == level):
        if level == data.level:
            known["arm"] = compared(data, wave, units)
        elif len(design.arm) == 1:
            known["arm"] = data.arm_of(wave, level, units)
    for column in design.strata:
        if level == "group" and data.level_of(column) == "person":
            continue
        here = wave if wave in data.measured(column) else (data.measured(column) or [wave])[0]
        text = data.texts(column, here, level, units)
        known["stratum"] = known["stratum"].where(known["stratum"] == "", known["stratum"] + "|") + text
    return known
