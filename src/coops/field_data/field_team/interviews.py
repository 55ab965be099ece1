"""Field-team checks of how the interviews were made: versions, times, enumerators, plan, repeated interviews, dates."""

from datetime import date

import numpy as np
import pandas as pd

from coops.field_data.field_team.base import Collected, Result, lines, together, unusual
from coops.study.values import plain

FEWEST = 20  # interviews of an enumerator from which they are compared


def versions(survey: Collected) -> Result:
    """Check 1: interviews made with another version of the form than that of their wave."""
    if why := survey.lacks("submissions", "version"):
        return why
    waves = survey.study.contract.waves.items()
    stated = {name: wave.form_version for name, wave in waves if wave.form_version}
    if not stated:
        return "not_stated"
    frame, settings = survey.interviews, survey.settings
    frame = frame[frame["wave"].isin(stated)]
    other = frame[frame["version"].str.strip() != frame["wave"].map(stated)]
    shown = survey.shown(settings.submissions, settings.version, other["version"])
    return len(frame), lines(settings.submissions, other["key"], settings.version, "version_other", shown)


def times(survey: Collected) -> Result:
    """Check 9: interviews too short or too long, at night, or before another one of the same enumerator has ended."""
    if why := survey.lacks("submissions", "start", "end"):
        return why
    settings, frame = survey.settings, survey.interviews
    (short, long), (dusk, dawn) = settings.minutes, settings.night
    hour, minutes = frame["start"].dt.hour, frame["minutes"]
    dark = (hour >= dusk) | (hour < dawn) if dusk > dawn else hour.between(dusk, dawn - 1)
    wrong = {
        "time_unreadable": minutes.isna(), "time_backwards": minutes < 0,
        "too_short": (minutes >= 0) & (minutes < short), "too_long": minutes > long,
        "night": dark, "overlap": _overlaps(frame),
    }  # fmt: skip
    parts = []
    for what, bad in wrong.items():
        rows, start = frame[bad], settings.start
        part = lines(settings.submissions, rows["key"], start, what, None, rows["minutes"].to_list())
        parts.append(part.assign(enumerator=rows["enumerator"].to_list()))
    return len(frame), together(parts)


def _overlaps(frame: pd.DataFrame) -> pd.Series:
    """Tell which interviews begin before an earlier one of the same enumerator has ended."""
    known = frame[(frame["enumerator"] != "") & frame["minutes"].ge(0)].sort_values(["enumerator", "start"])
    ended = known.groupby("enumerator")["end"].cummax().groupby(known["enumerator"]).shift()
    return (known["start"] < ended).reindex(frame.index, fill_value=False)


def enumerators(survey: Collected) -> Result:
    """Check 10: pace, missing answers, don't-knows and same answers down a scale, by enumerator.

    An enumerator is told who differs from all others by the rank test of Mann and Whitney (1947; normal, with ties),
    one-sided, at the study's ``chance`` shared out over all comparisons.
    """
    if why := survey.lacks("submissions", "enumerator", "unit"):
        return why
    frame = survey.interviews.join(survey.answers, on=["unit", "wave"])
    frame = frame.join(_straight(survey), on=["unit", "wave"])
    for what in ("missing", "dont_know"):
        frame[what] = frame[what] / frame["asked"].where(frame["asked"] > 0)
    frame["day"] = frame["start"].dt.normalize()
    days = frame.dropna(subset="day").groupby(["enumerator", "day"]).size().rename("a_day").reset_index()
    suspect = {"fast": (-frame["minutes"], frame), "many_missing": (frame["missing"], frame)}
    suspect |= {"many_dont_know": (frame["dont_know"], frame), "straight": (frame["straight"], frame)}
    suspect |= {"many_a_day": (days["a_day"], days)}
    codes = sorted(set(frame["enumerator"]) - {""})
    lot = survey.settings.chance / max(1, len(codes) * len(suspect))
    rows = []
    for code in codes:
        own = frame[frame["enumerator"] == code]
        compared = suspect if len(own) >= FEWEST else {}
        flags = [what for what, (measure, of) in compared.items() if _higher(measure, of, code) < lot]
        shares = [own[what].mean() for what in ("missing", "dont_know", "straight")]
        rows.append([code, len(own), own["day"].nunique(), own["minutes"].median(), *shares, ", ".join(flags)])
    columns = ["enumerator", "interviews", "days", "minutes", "missing", "dont_know", "straight", "what"]
    return len(frame), pd.DataFrame(rows, columns=columns)


def _higher(measure: pd.Series, of: pd.DataFrame, code: str) -> float:
    """Chance of a measure being higher for one enumerator than for all others."""
    from scipy.stats import mannwhitneyu

    known = measure.notna()
    mine, others = measure[known & (of["enumerator"] == code)], measure[known & (of["enumerator"] != code)]
    if not len(mine) or not len(others) or measure[known].nunique() < 2:
        return 1.0
    return float(mannwhitneyu(mine, others, alternative="greater", method="asymptotic").pvalue)


def _straight(survey: Collected) -> pd.Series:
    """Tell by unit and wave whether all items of the scale have the same answer; missing if one is not answered."""
    items, parts = survey.settings.battery, []
    for wave in survey.data.waves:
        if len(items) < 3 or not all(wave in survey.data.measured(variable) for variable in items):
            continue
        frame = pd.DataFrame({variable: survey.data.values(variable, wave) for variable in items}).dropna()
        same = (frame.nunique(axis=1) == 1).astype(float)
        parts.append(same.set_axis(pd.MultiIndex.from_product([same.index, [wave]], names=["unit", "wave"])))
    empty = pd.Series(dtype=float, index=pd.MultiIndex.from_arrays([[], []], names=["unit", "wave"]))
    return (pd.concat(parts) if parts else empty).rename("straight")


def plan(survey: Collected) -> Result:
    """Check 11: interviews made against those planned, by group and wave.

    A group is told in which nobody was interviewed, somebody was who is not in the plan, or fewer were than chance
    would leave at the rate of their wave (binomial).
    """
    if why := survey.lacks("sample", "unit"):
        return why
    planned = survey.about(survey.settings.sample)[["unit", "wave"]].drop_duplicates()
    if survey.settings.submissions:
        done = survey.interviews[["unit", "wave"]].drop_duplicates()
    else:
        data, roster = survey.data, survey.data.roster()
        seen = {wave: roster[data.seen(wave, data.level, roster)] for wave in data.waves}
        done = pd.concat([pd.DataFrame({"unit": units, "wave": wave}) for wave, units in seen.items()])
    both = planned.assign(planned=1).merge(done.assign(done=1), how="outer", on=["unit", "wave"]).fillna(0)
    both["group"] = pd.concat([survey.group_of(part["unit"], wave) for wave, part in both.groupby("wave")])
    both["made"] = both["planned"] * both["done"]
    both["unplanned"] = (1 - both["planned"]) * both["done"]
    table = both.groupby(["wave", "group"])[["planned", "made", "unplanned"]].sum().astype(int).reset_index()
    table["share"] = table["made"] / table["planned"].where(table["planned"] > 0)
    rate = table.groupby("wave")[["planned", "made"]].sum()
    lot, flags = survey.settings.chance / max(1, len(table)), []
    for row in table.itertuples():
        lost, usual = row.planned - row.made, 1 - rate.loc[row.wave, "made"] / max(1, rate.loc[row.wave, "planned"])
        what = ["unplanned"] if row.unplanned else []
        if row.planned and not row.made:
            what.append("none_made")
        elif unusual(lost, row.planned, usual) < lot:
            what.append("few_made")
        flags.append(", ".join(what))
    return len(planned), table.assign(what=flags)


def backchecks(survey: Collected) -> Result:
    """Check 12: answers that differ when a supervisor asks again, by variable and enumerator.

    A rate is told that is above the tolerated one beyond chance (binomial), for answers that do not change of
    themselves (kinds 1 and 2); those of kind 3 are only counted.
    """
    if why := survey.lacks("backchecks", "unit", "again"):
        return why
    settings, frame = survey.settings, survey.about(survey.settings.backchecks)
    who = {}
    if settings.submissions and settings.enumerator:
        logged = survey.interviews.drop_duplicates(["unit", "wave"])
        who = dict(zip(zip(logged["unit"], logged["wave"], strict=True), logged["enumerator"], strict=True))
    frame["enumerator"] = [who.get(visit, "") for visit in zip(frame["unit"], frame["wave"], strict=True)]
    parts, compared = [], 0
    for variable, column in settings.again.items():
        first = pd.concat([part["unit"].map(survey.data.values(variable, wave))
                           for wave, part in frame.groupby("wave") if wave in survey.data.measured(variable)]
                          or [pd.Series(dtype=object)]).reindex(frame.index)  # fmt: skip
        again = survey.tables[settings.backchecks][column]
        both = frame[first.notna() & again.notna()]
        differs = first[both.index].map(plain) != again[both.index].map(plain)
        compared += len(both)
        for code, part in [("", both), *both[both["enumerator"] != ""].groupby("enumerator")]:
            bad = part[differs[part.index]]
            rate = len(bad) / len(part) if len(part) else np.nan
            row = {"variable": variable, "kind": settings.again_kind.get(variable, 1), "enumerator": code}
            row |= {"compared": len(part), "different": len(bad), "rate": rate, "keys": "; ".join(bad["key"])}
            parts.append(row)
    lot = settings.chance / max(1, len(parts))
    for row in parts:
        odd = row["kind"] < 3 and unusual(row["different"], row["compared"], settings.error_rate) < lot
        row["what"] = "many_different" if odd else ""
    columns = ["variable", "kind", "enumerator", "compared", "different", "rate", "keys", "what"]
    return compared, pd.DataFrame(parts, columns=columns)


def dates(survey: Collected) -> Result:
    """Check 15: days outside their wave or in the future, and days in a row without an interview."""
    settings, waves = survey.settings, survey.study.contract.waves
    visits = []  # table, column, key, wave, day
    if not survey.lacks("submissions", "start"):
        frame = survey.interviews
        days = frame["start"].dt.normalize()
        visits.append((settings.submissions, settings.start, frame["key"], frame["wave"], days))
    for column in settings.dates:
        for name in survey.tables_of(column):
            days = moments_of(survey.tables[name][column])
            visits.append((name, column, survey.keys(name), survey.waves(name), days))
    if not visits:
        return "not_collected"
    today, parts, gaps, looked = pd.Timestamp(survey.study.contract.study.date or date.today()), [], [], 0
    for name, column, keys, wave, days in visits:
        looked += int(days.notna().sum())
        first = pd.to_datetime(wave.map({w: definition.start for w, definition in waves.items()}))
        last = pd.to_datetime(wave.map({w: definition.end for w, definition in waves.items()}))
        outside = (days < first) | (days > last)
        gaps += [(name, column, outside, wave, days)] if name == settings.submissions else []
        for what, bad in {"outside_wave": outside, "in_future": days > today}.items():
            shown = survey.shown(name, column, days[bad].dt.strftime("%Y-%m-%d"))
            parts.append(lines(name, keys[bad], column, what, shown.to_list()))
    for name, column, outside, wave, days in gaps:
        for wave_name, part in days[~outside].dropna().groupby(wave):
            on = pd.Series(sorted(part.unique()))
            still = on.diff().dt.days - 1
            long = still >= settings.gap_days
            after = [f"{wave_name}: {day:%Y-%m-%d}" for day in on.shift()[long]]
            parts.append(lines(name, after, column, "gap", None, still[long].to_list()))
    return looked, together(parts)


def moments_of(days: pd.Series) -> pd.Series:
    """Parse days as the clean tables hold them."""
    return pd.to_datetime(days.astype(object).map(plain).str[:10], format="%Y-%m-%d", errors="coerce")
