"""Rows put aside, by table, arm and stratum."""

import pandas as pd

from coops.data.units import Data, compared
from coops.field_data.receive import Received
from coops.study.study import Study
from coops.study.values import plain


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
        text = data.texts(column, data.recorded(column, wave), level, units)
        known["stratum"] = known["stratum"].where(known["stratum"] == "", known["stratum"] + "|") + text
    return known
