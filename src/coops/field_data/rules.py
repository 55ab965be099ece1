"""Rules that rows must keep, in the order of their reach: a row, a table, another table, another wave."""

import numpy as np
import pandas as pd

from coops.field_data.batch import Batch
from coops.study.codebook import Variable
from coops.study.schema import Rule
from coops.study.study import Study
from coops.study.values import holds, plain


def check(study: Study, batches: dict[str, Batch]) -> None:
    """Check keys, answers that were due, the rules of the study, and links; findings go to the batches."""
    for batch in batches.values():
        _due(study, batch)
    for batch in batches.values():
        _key(batch)
    for name, rule in study.contract.rules.items():
        if rule.table in batches:
            _rule(study, name, rule, batches)
    order = {"group": 0, "person": 1, "event": 2}
    for batch in sorted(batches.values(), key=lambda batch: (order[batch.table.level], _waved(batch))):
        _links(batch, batches)
    for batch in batches.values():
        if batch.table.once:
            _once(batch)


def _waved(batch: Batch) -> bool:
    return bool(batch.table.wave or batch.table.wave_column)


def _due(study: Study, batch: Batch) -> None:
    """An answer that was due is given; one to a question that was not to be asked is told."""
    for column, rows in study.codebook.of_table(batch.name).items():
        variable = rows[-1]
        if not variable.required and not variable.relevant:
            continue
        given = (batch.raw[column].str.strip() != "").to_numpy()
        due = batch.live().copy()
        if variable.relevant and variable.relevant[0] in batch.clean:
            asked = _answered(study, batch, *variable.relevant)
            for at in np.flatnonzero(given & ~asked & due):
                batch.flag("W_NOT_RELEVANT", int(at), column, other=variable.relevant[0])
            due &= asked
        if variable.required and column not in batch.table.key:
            if batch.wave is not None and any(row.version_from or row.version_to for row in rows):
                due &= batch.clean[column].notna().to_numpy() | _asked(study, batch, rows)
            for at in np.flatnonzero(due & ~given):
                batch.flag("E_REQUIRED", int(at), column)


def _answered(study: Study, batch: Batch, column: str, values: tuple[str, ...]) -> np.ndarray:
    """Tell which rows have one of the values, alone or, where several may be ticked, among others."""
    answers = batch.clean[column].map(plain)
    if study.codebook.of_table(batch.name)[column][-1].type != "multiple":
        return answers.isin(values).to_numpy()
    return answers.map(lambda cell: not set(values).isdisjoint(cell.split())).to_numpy(dtype=bool)


def _asked(study: Study, batch: Batch, rows: list[Variable]) -> np.ndarray:
    """Tell which rows were asked with a version of the questionnaire that has the question."""
    versions = batch.versions(study)
    has = {version: bool(study.codebook.in_version(rows, version)) for version in versions.unique()}
    return versions.map(has).to_numpy(dtype=bool)


def _key(batch: Batch) -> None:
    """A row without key, or with the key of another row, is put aside."""
    live, key = batch.live(), batch.table.key
    empty = batch.clean[key].isna().any(axis=1).to_numpy() & live
    for at in np.flatnonzero(empty):
        if int(at) not in batch.aside:
            missing = batch.clean.loc[at, key]
            batch.flag("E_KEY_EMPTY", int(at), ", ".join(missing.index[missing.isna()]))
    if batch.table.once:
        return
    whole = batch.clean.loc[live & ~empty, key]
    for at in whole.index[whole.duplicated(key, keep=False)]:
        batch.flag("E_KEY_TWICE", int(at), ", ".join(key))


def _once(batch: Batch) -> None:
    """Rows of a unit that agree are one; the first row stays and takes what the others fill in."""
    rows = batch.clean.loc[batch.accepted()]
    units = rows[batch.table.key].agg("|".join, axis=1) if len(rows) else pd.Series(dtype=str)
    several = units[units.duplicated(keep=False)]
    if several.empty:
        return
    groups = rows.loc[several.index].groupby(several)
    differ = groups.nunique() > 1
    for unit, columns in differ[differ.any(axis=1)].iterrows():
        for at in several.index[several == unit]:
            batch.flag("E_NOT_ONE", int(at), ", ".join(columns.index[columns]))
    agreed = several[~several.isin(differ.index[differ.any(axis=1)])]
    first = agreed[~agreed.duplicated()]
    filled = groups.first().loc[first.to_numpy()].set_axis(first.index)
    batch.clean.loc[first.index, filled.columns] = filled
    batch.merged |= set(agreed.index[agreed.duplicated()])


# -- links ----------------------------------------------------------------------------------------


def _links(batch: Batch, batches: dict[str, Batch]) -> None:
    """The group of a row is known; a unit whose own row is put aside takes its other rows with it."""
    groups = [parent for parent in batches.values() if parent.table.level == "group" and parent is not batch]
    if batch.table.group and batch.table.level != "group" and groups:
        _known(batch, batch.table.group, groups, "E_NO_GROUP")
    level = batch.table.level
    own = [parent for parent in batches.values() if parent.table.level == level != "event" and not _waved(parent)]
    if _waved(batch) and any(parent.aside for parent in own):
        _cascade(batch, batch.units(), own, ", ".join(batch.unit))


def _known(batch: Batch, column: str, others: list[Batch], code: str, **parameters: object) -> None:
    values = batch.clean[column].map(plain)
    received = set().union(*(set(other.units()[other.live()]) for other in others))
    unknown = values[(values != "").to_numpy() & ~values.isin(received).to_numpy() & batch.live()]
    rows = unknown.value_counts()
    for at, value in unknown.items():
        shown = {"rows": int(rows[value])} if code == "E_NO_GROUP" else {"value": value}
        batch.flag(code, int(at), column, **shown, **parameters)
    _cascade(batch, values, [other for other in others if not _waved(other)], column)


def _cascade(batch: Batch, units: pd.Series, parents: list[Batch], column: str) -> None:
    for parent in parents:
        names = parent.units()
        out = set(names[names.index.isin(set(parent.aside))]) - set(names[parent.accepted()])
        hit = units.isin(out - {""}).to_numpy() & batch.live() if out else np.zeros(len(units), dtype=bool)
        for at in np.flatnonzero(hit):
            if int(at) not in batch.aside:
                batch.flag("E_UNIT_OUT", int(at), column, other=parent.name)


# -- rules of the study -----------------------------------------------------------------------------


def _rule(study: Study, name: str, rule: Rule, batches: dict[str, Batch]) -> None:
    batch, label = batches[rule.table], rule.label or {"": name}
    code, broken = KINDS[rule.kind]
    code = code if rule.severity == "error" else f"W{code[1:]}"
    if broken is None:
        if rule.other in batches:
            _known(batch, rule.of[0], [batches[rule.other]], code, other=rule.other, label=label)
        return
    columns = ", ".join(rule.of or [condition.variable for condition in (*rule.when, *rule.then)])
    for at in np.flatnonzero(broken(study, rule, batch, batches) & batch.live()):
        batch.flag(code, int(at), columns, label=label)


def _order(study: Study, rule: Rule, batch: Batch, batches: dict[str, Batch]) -> np.ndarray:
    bad = np.zeros(len(batch.clean), dtype=bool)
    for left, right in zip(rule.of, rule.of[1:], strict=False):
        a, b = batch.clean[left], batch.clean[right]
        both = (a.notna() & b.notna()).to_numpy()
        bad[both] |= (a[both] > b[both]).to_numpy(dtype=bool)
    return bad


def _distinct(study: Study, rule: Rule, batch: Batch, batches: dict[str, Batch]) -> np.ndarray:
    values = batch.clean[rule.of]
    return (values.notna().sum(axis=1) > values.nunique(axis=1)).to_numpy()


def _one_of(study: Study, rule: Rule, batch: Batch, batches: dict[str, Batch]) -> np.ndarray:
    return (batch.clean[rule.of].notna().sum(axis=1) != 1).to_numpy()


def _alone(study: Study, rule: Rule, batch: Batch, batches: dict[str, Batch]) -> np.ndarray:
    ticked = batch.clean[rule.of[0]].dropna().map(lambda cell: str(cell).split())
    bad = ticked.map(lambda chosen: rule.value in chosen and len(chosen) > 1).astype(bool)
    return bad.reindex(batch.clean.index, fill_value=False).to_numpy()


def _implies(study: Study, rule: Rule, batch: Batch, batches: dict[str, Batch]) -> np.ndarray:
    clean, raw = batch.clean, batch.raw
    when = np.logical_and.reduce([holds(clean[condition.variable], condition) for condition in rule.when])
    then = np.logical_and.reduce([holds(clean[condition.variable], condition) for condition in rule.then])
    understood = [clean[name].notna() | (raw[name] == "") for name in (condition.variable for condition in rule.then)]
    return (when & ~then & np.logical_and.reduce(understood)).astype(bool)


def _in_wave(study: Study, rule: Rule, batch: Batch, batches: dict[str, Batch]) -> np.ndarray:
    bad = np.zeros(len(batch.clean), dtype=bool)
    for column in rule.of:
        for name, wave in study.contract.waves.items():
            days = batch.clean[column].where((batch.waves == name).to_numpy()).dropna().astype(str).str[:10]
            early = days < str(wave.start) if wave.start else pd.Series(False, index=days.index)
            late = days > str(wave.end) if wave.end else pd.Series(False, index=days.index)
            bad[days.index[early | late]] = True
    return bad


def _counted(study: Study, rule: Rule, batch: Batch, batches: dict[str, Batch]) -> np.ndarray:
    if rule.other not in batches:
        return np.zeros(len(batch.clean), dtype=bool)
    other = batches[rule.other]
    rows = other.clean.loc[other.accepted(), other.table.group].map(plain)
    listed = batch.units().map(rows.value_counts()).fillna(0)
    return (listed > batch.clean[rule.of[0]].astype(float)).to_numpy()


def _between_waves(study: Study, batch: Batch, column: str) -> pd.DataFrame:
    """Each row with the value of its unit at the wave before: (row number, value before, value)."""
    order = {name: place for place, name in enumerate(study.contract.waves)}
    frame = pd.DataFrame({"unit": batch.units(), "wave": batch.waves.map(order), "value": batch.clean[column]})
    frame = frame[frame["value"].notna() & frame["wave"].notna() & batch.live()].sort_values("wave", kind="stable")
    frame["before"] = frame.groupby("unit")["value"].shift()
    frame["at_before"] = frame.index.to_series().groupby(frame["unit"]).shift()
    return frame[frame["before"].notna()]


def _constant(study: Study, rule: Rule, batch: Batch, batches: dict[str, Batch]) -> np.ndarray:
    bad = np.zeros(len(batch.clean), dtype=bool)
    for column in rule.of:
        pairs = _between_waves(study, batch, column)
        changed = pairs[pairs["value"] != pairs["before"]]
        bad[changed.index] = True
        bad[changed["at_before"].astype(int)] = True  # nobody knows which of the two is right
    return bad


def _not_falling(study: Study, rule: Rule, batch: Batch, batches: dict[str, Batch]) -> np.ndarray:
    bad = np.zeros(len(batch.clean), dtype=bool)
    for column in rule.of:
        pairs, variable = _between_waves(study, batch, column), study.codebook.get(column)
        if variable.type == "category":
            place = {value: number for number, value in enumerate(variable.allowed)}
            fell = pairs["value"].map(place) < pairs["before"].map(place)
        else:
            fell = pairs["value"] < pairs["before"]
        bad[pairs.index[fell]] = True
        bad[pairs.loc[fell, "at_before"].astype(int)] = True
    return bad


def _ratio(study: Study, rule: Rule, batch: Batch, batches: dict[str, Batch]) -> np.ndarray:
    bad = np.zeros(len(batch.clean), dtype=bool)
    for column in rule.of:
        pairs = _between_waves(study, batch, column)
        pairs = pairs[(pairs["before"] > 0) & (pairs["value"] > 0)]
        quotient = pairs["value"].astype(float) / pairs["before"].astype(float)
        low = -np.inf if rule.low is None else rule.low
        high = np.inf if rule.high is None else rule.high
        bad[pairs.index[(quotient < low) | (quotient > high)]] = True
    return bad


KINDS = {
    "order": ("E_RULE_ORDER", _order),
    "distinct": ("E_RULE_DISTINCT", _distinct),
    "one_of": ("E_RULE_ONE_OF", _one_of),
    "alone": ("E_RULE_ALONE", _alone),
    "implies": ("E_RULE_IMPLIES", _implies),
    "in_wave": ("E_RULE_IN_WAVE", _in_wave),
    "known": ("E_RULE_KNOWN", None),  # a link: see _known
    "counted": ("E_RULE_COUNTED", _counted),
    "constant": ("E_RULE_CONSTANT", _constant),
    "not_falling": ("E_RULE_NOT_FALLING", _not_falling),
    "ratio": ("E_RULE_RATIO", _ratio),
}
