"""What each unit that the programme was for got, as distributions that show no unit."""

import pandas as pd

from coops import disclosure
from coops.delivery import tallies
from coops.delivery.activities import Activities
from coops.disclosure import distributions
from coops.disclosure.suppression import ALL

BARS = 8  # most bars of a distribution
SUMMARY = ("n", "none", "mean", "low", "median", "high")


def summary(activities: Activities) -> pd.DataFrame:
    """What each unit that the programme was for got, as a distribution.

    Returns
    -------
    DataFrame, one row a measure (events, amount, cost), and the amount by kind
        measure, kind, n, none (units with none of it), mean, low, median, high, hidden (names of those that are missing
        for it); a quartile is missing unless at least as many units lie beyond it as a number needs.
    """
    lines: list[dict] = []
    flags: list[dict] = []
    if not activities.level or activities.given.empty:
        return pd.DataFrame(lines)
    for kind, part in [(ALL, activities.given), *activities.given.groupby("kind", sort=True)]:
        got = tallies.by_group(part, "unit", ["amount", "cost"], activities.units)
        for measure in ("events", "amount", "cost") if kind == ALL else ("amount",):
            if measure != "events" and activities.events[measure].isna().all():
                continue
            none = int((got[measure] == 0).sum())
            spread = tallies.quartiles(got[measure]) | {"none": none}
            hidden, unsaid = distributions.of_quartiles(int(got[measure].count()), none, activities.least)
            lines.append({"measure": measure, "kind": kind} | spread | dict.fromkeys(unsaid, float("nan")))
            flags.append({name: name in hidden for name in SUMMARY})
    return disclosure.released(pd.DataFrame(lines), activities.study, rule=pd.DataFrame(flags))


def bars(activities: Activities) -> pd.DataFrame:
    """How many units got how much: bars from ``low`` up to (not with) ``high``, ``n`` units each, none of them few.

    Bars are of equal width, the narrowest with no more than eight of them and none with too few units; those at both
    ends may be wider. Empty if there would be one bar only.
    """
    known = bool(activities.level) and activities.given["amount"].notna().any()
    units = activities.units if known else activities.units[:0]
    values = tallies.by_group(activities.given, "unit", ["amount"], units)["amount"].to_numpy()
    shown = distributions.bars(values, activities.least, BARS)
    return disclosure.released(shown, activities.study, behind="n", level=activities.level or "group")
