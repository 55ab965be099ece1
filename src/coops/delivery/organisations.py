"""The organisations behind the activities: what they can do, at the first wave and at the last."""

import pandas as pd

from coops import disclosure
from coops.data.units import Data
from coops.delivery.activities import settings_of
from coops.study.values import plain

MEANS = ("n", "before", "after", "change")


def capacities(data: Data) -> pd.DataFrame:
    """Mean capacities of the organisations at the first and the last wave, all of them together.

    Returns
    -------
    DataFrame, one row a capacity
        capacity, n (organisations that have a value at both), before, after, change, first, last (waves), hidden:
        where fewer organisations stand behind the means than groups must.
    """
    settings = settings_of(data.study)
    if not settings.organisations:
        return pd.DataFrame()
    raw = data.tables[settings.organisations]
    names = {value: name for name, wave in data.study.contract.waves.items() for value in (name, *wave.values)}
    wave = raw[settings.wave].map(plain).map(names)
    waves = [name for name in data.waves if (wave == name).any()]
    if len(waves) < 2:
        return pd.DataFrame()
    lines = []
    for name in settings.capacities:
        values = raw.pivot_table(name, raw[settings.organisation].map(plain), wave)
        pair = values.reindex(columns=[waves[0], waves[-1]]).dropna()
        before, after = pair.mean()
        ends = {"before": before, "after": after, "change": after - before, "first": waves[0], "last": waves[-1]}
        lines.append({"capacity": name, "n": len(pair)} | ends)
    return disclosure.released(pd.DataFrame(lines), data.study, behind="n", level="group", columns=MEANS)
