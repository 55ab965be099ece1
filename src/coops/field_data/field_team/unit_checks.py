"""Field-team checks of who is in the data: keys, breaches of rules, consent, the match between waves, other support."""

from collections import Counter
from fnmatch import fnmatch

import pandas as pd

from coops.field_data.field_team.base import Collected, Result, lines, together, unusual
from coops.study.findings import Finding, nearest
from coops.study.values import plain

TWICE = {"E_KEY_TWICE": "key_twice", "E_NOT_ONE": "rows_differ"}
SOFT = ("W_RULE_", "W_NOT_RELEVANT")


def keys(made: Collected) -> Result:
    """Check 2: rows with the key of another row; all of them are put aside until a correction says which is right."""
    told = [finding for finding in made.findings if finding.code in TWICE]
    often = Counter((_table(made, one), one.key) for one in told)
    parts = []
    for one in told:
        name, place = _table(made, one), ", ".join(filter(None, (one.file, one.sheet, str(one.row or ""))))
        parts.append(lines(name, [one.key], one.column, TWICE[one.code], place, often[name, one.key]))
    return sum(map(len, made.tables.values())) + len(told), together(parts)


def _table(made: Collected, finding: Finding) -> str:
    """Table whose file and sheet a finding is about."""
    for name, table in made.study.contract.tables.items():
        if any(fnmatch(finding.file, one) for one in table.files) and table.sheet in ("", finding.sheet):
            return name
    return ""


def rules(made: Collected) -> Result:
    """Check 6: rows that break a rule which only warns, and answers to questions that were not to be asked."""
    told = [finding for finding in made.findings if finding.code.startswith(SOFT)]
    parts = []
    for one in told:
        words = one.parameters.get("label", "")
        parts.append(lines(_table(made, one), [one.key], one.column, "soft").assign(value=[words]))
    return sum(map(len, made.tables.values())), together(parts)


def consent(made: Collected) -> Result:
    """Check 13: everybody who was seen consented, and a guardian for each minor."""
    says, data, looked, parts = made.says, made.data, 0, []
    if not says.consent:
        return "not_collected"
    for name in made.tables_of(says.consent):
        frame, seen = made.tables[name], made.seen(name)
        looked += int(seen.sum())
        refused = seen & ~frame[says.consent].map(plain).isin(says.consent_values)
        parts.append(lines(name, made.keys(name)[refused], says.consent, "no_consent"))
    for name in made.tables_of(says.guardian):
        frame, waves, level = made.tables[name], made.waves(name), made.study.contract.tables[name].level
        for wave, part in made.units(name)[made.seen(name)].groupby(waves):
            minor = part.map(data.fulfils(says.minors, wave or data.waves[0], level, pd.Index(part.unique())))
            given = frame.loc[part.index, says.guardian].map(plain).isin(says.consent_values)
            parts.append(lines(name, made.keys(name)[part.index[minor & ~given]], says.guardian, "no_guardian"))
    return looked, together(parts)


def match(made: Collected) -> Result:
    """Check 14: units of a later wave that are not in the first one, and losses by group.

    A group is told that has lost more of its units than chance would at the rate of its wave (binomial).
    """
    data, chance = made.data, made.says.chance
    waves = [wave for wave in data.waves if len(_there(made, wave))]
    if len(waves) < 2:
        return "one_wave"
    if data.cross_sections():
        return "cross_sections"
    first, roster, looked = _there(made, waves[0]), data.roster(), 0
    began = data.seen(waves[0], data.level, roster)
    rows = []
    for wave in waves[1:]:
        here, seen = _there(made, wave), data.seen(wave, data.level, roster)
        looked += len(here)
        new, gone = sorted(set(here) - set(first)), sorted(set(first) - set(here))
        for unit in new:
            like = nearest(unit, gone) if gone else ""
            rows.append(
                {"wave": wave, "group": "", "key": unit, "what": "new_unit", "value": like if like in gone else ""}
            )
        units = pd.Series(roster[began], index=roster[began])
        groups = made.group_of(units, waves[0])
        table = (
            pd.DataFrame({"group": groups, "lost": ~seen[units.index]}).groupby("group")["lost"].agg(["size", "sum"])
        )
        rate = table["sum"].sum() / max(1, table["size"].sum())
        for group, (size, lost) in table.iterrows():
            odd = size > 1 and unusual(int(lost), int(size), rate) < chance / len(table)
            said = {"first": int(size), "lost": int(lost), "share": lost / size, "what": "many_lost" if odd else ""}
            rows += [{"wave": wave, "group": group, "key": "", "value": "", **said}] if size > 1 or odd else []
    columns = ["wave", "group", "first", "lost", "share", "key", "value", "what"]
    return looked, pd.DataFrame(rows, columns=columns)


def _there(made: Collected, wave: str) -> pd.Index:
    """Units of the study's level that have a row at a wave, seen or not."""
    found = [
        made.units(name)[made.waves(name) == wave]
        for name, table in made.study.contract.tables.items()
        if table.level == made.data.level and (table.wave or table.wave_column)
    ]
    return pd.Index(pd.concat(found).unique()) if found else pd.Index([])


def elsewhere(made: Collected) -> pd.DataFrame:
    """Count the units by arm and by support from elsewhere: arm, value (empty: not known), number."""
    column, data = made.says.elsewhere, made.data
    if not column:
        return pd.DataFrame(columns=["arm", "value", "number"])
    level, wave = data.level_of(column), (data.measured(column) or data.waves)[0]
    units = data.roster(level)
    design = made.study.contract.design
    by_arm = len(design.arm) == 1 and (level == "person" or data.level_of(design.arm[0]) == "group")
    arms = data.arm_of(wave, level, units) if by_arm else pd.Series("", index=units)
    frame = pd.DataFrame({"arm": arms, "value": data.texts(column, wave, level, units)})
    return frame.groupby(["arm", "value"]).size().rename("number").reset_index()
