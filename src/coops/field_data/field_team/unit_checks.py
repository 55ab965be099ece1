"""Field-team checks of who is in the data: keys, breaches of rules, consent, the match between waves, other support."""

from collections import Counter
from fnmatch import fnmatch

import pandas as pd

from coops.field_data.field_team.base import Collected, Result, lines, together, unusual
from coops.study.findings import Finding, nearest
from coops.study.values import plain

TWICE = {"E_KEY_TWICE": "key_twice", "E_NOT_ONE": "rows_differ"}
SOFT = ("W_RULE_", "W_NOT_RELEVANT")


def keys(survey: Collected) -> Result:
    """Check 2: rows with the key of another row; all of them are put aside until a correction says which is right."""
    repeated = [finding for finding in survey.findings if finding.code in TWICE]
    often = Counter((_table(survey, fault), fault.key) for fault in repeated)
    parts = []
    for fault in repeated:
        name, place = _table(survey, fault), ", ".join(filter(None, (fault.file, fault.sheet, str(fault.row or ""))))
        parts.append(lines(name, [fault.key], fault.column, TWICE[fault.code], place, often[name, fault.key]))
    return sum(map(len, survey.tables.values())) + len(repeated), together(parts)


def _table(survey: Collected, finding: Finding) -> str:
    """Table whose file and sheet a finding is about."""
    for name, table in survey.study.contract.tables.items():
        if any(fnmatch(finding.file, pattern) for pattern in table.files) and table.sheet in ("", finding.sheet):
            return name
    return ""


def rules(survey: Collected) -> Result:
    """Check 6: rows that break a rule which only warns, and answers to questions that were not to be asked."""
    soft = [finding for finding in survey.findings if finding.code.startswith(SOFT)]
    parts = []
    for fault in soft:
        words = fault.parameters.get("label", "")
        parts.append(lines(_table(survey, fault), [fault.key], fault.column, "soft").assign(value=[words]))
    return sum(map(len, survey.tables.values())), together(parts)


def consent(survey: Collected) -> Result:
    """Check 13: everybody who was seen consented, and a guardian for each minor."""
    settings, data, looked, parts = survey.settings, survey.data, 0, []
    if not settings.consent:
        return "not_collected"
    for name in survey.tables_of(settings.consent):
        frame, seen = survey.tables[name], survey.seen(name)
        looked += int(seen.sum())
        refused = seen & ~frame[settings.consent].map(plain).isin(settings.consent_values)
        parts.append(lines(name, survey.keys(name)[refused], settings.consent, "no_consent"))
    for name in survey.tables_of(settings.guardian):
        frame, waves, level = survey.tables[name], survey.waves(name), survey.study.contract.tables[name].level
        for wave, part in survey.units(name)[survey.seen(name)].groupby(waves):
            minor = part.map(data.fulfils(settings.minors, wave or data.waves[0], level, pd.Index(part.unique())))
            given = frame.loc[part.index, settings.guardian].map(plain).isin(settings.consent_values)
            parts.append(lines(name, survey.keys(name)[part.index[minor & ~given]], settings.guardian, "no_guardian"))
    return looked, together(parts)


def match(survey: Collected) -> Result:
    """Check 14: units of a later wave that are not in the first one, and losses by group.

    A group is told that has lost more of its units than chance would at the rate of its wave (binomial).
    """
    data, chance = survey.data, survey.settings.chance
    waves = [wave for wave in data.waves if len(_there(survey, wave))]
    if len(waves) < 2:
        return "one_wave"
    if data.cross_sections():
        return "cross_sections"
    first, roster, looked = _there(survey, waves[0]), data.roster(), 0
    began = data.seen(waves[0], data.level, roster)
    rows = []
    for wave in waves[1:]:
        here, seen = _there(survey, wave), data.seen(wave, data.level, roster)
        looked += len(here)
        new, gone = sorted(set(here) - set(first)), sorted(set(first) - set(here))
        for unit in new:
            like = nearest(unit, gone) if gone else ""
            like = like if like in gone else ""
            rows.append({"wave": wave, "group": "", "key": unit, "what": "new_unit", "value": like})
        units = pd.Series(roster[began], index=roster[began])
        by = (~seen[units.index]).groupby(survey.group_of(units, waves[0]).rename("group"))
        table = by.agg(["size", "sum"])
        rate = table["sum"].sum() / max(1, table["size"].sum())
        for group, (size, lost) in table.iterrows():
            odd = size > 1 and unusual(int(lost), int(size), rate) < chance / len(table)
            cells = {"first": int(size), "lost": int(lost), "share": lost / size, "what": "many_lost" if odd else ""}
            rows += [{"wave": wave, "group": group, "key": "", "value": "", **cells}] if size > 1 or odd else []
    columns = ["wave", "group", "first", "lost", "share", "key", "value", "what"]
    return looked, pd.DataFrame(rows, columns=columns)


def _there(survey: Collected, wave: str) -> pd.Index:
    """Units of the study's level that have a row at a wave, seen or not."""
    parts = [
        survey.units(name)[survey.waves(name) == wave]
        for name, table in survey.study.contract.tables.items()
        if table.level == survey.data.level and (table.wave or table.wave_column)
    ]
    return pd.Index(pd.concat(parts).unique()) if parts else pd.Index([])


def elsewhere(survey: Collected) -> pd.DataFrame:
    """Count the units by arm and by support from elsewhere: arm, value (empty: not known), number."""
    column, data = survey.settings.elsewhere, survey.data
    if not column:
        return pd.DataFrame(columns=["arm", "value", "number"])
    level, wave = data.level_of(column), data.recorded(column, data.waves[0])
    units = data.roster(level)
    design = survey.study.contract.design
    by_arm = len(design.arm) == 1 and (level == "person" or data.level_of(design.arm[0]) == "group")
    arms = data.arm_of(wave, level, units) if by_arm else pd.Series("", index=units)
    frame = pd.DataFrame({"arm": arms, "value": data.texts(column, wave, level, units)})
    return frame.groupby(["arm", "value"]).size().rename("number").reset_index()
