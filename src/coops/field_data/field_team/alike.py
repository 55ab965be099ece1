"""Field-team checks of sameness: twins, repeated values, same answers in a group, rounded numbers."""

import numpy as np
import pandas as pd

from coops.field_data.field_team.base import FEW_ROWS, NUMBER_KINDS, Collected, Result, lines, together, unusual


def duplicates(survey: Collected) -> Result:
    """Check 3: columns that may not repeat, and rows that are twins in all but their key."""
    looked, parts = 0, []
    for name, frame in survey.tables.items():
        keys, looked = survey.keys(name), looked + len(frame)
        columns = survey.settings.unique.get(name, [])
        if columns:
            twice = frame[columns].notna().all(axis=1) & frame.duplicated(columns, keep=False)
            often = frame[twice].groupby(columns)[columns[0]].transform("size")
            parts.append(lines(name, keys[twice], ", ".join(columns), "repeated", None, often.to_list()))
        table = survey.study.contract.tables[name]
        twins = _twins(frame, [column for column in frame if column not in table.key or column == table.wave_column])
        parts.append(lines(name, keys[twins], "", "twin"))
    return looked, together(parts)


def _twins(frame: pd.DataFrame, columns: list[str], within: pd.Series | None = None) -> pd.Series:
    """Tell which rows agree with another one in all columns, where agreeing by chance is not to be expected.

    Rows that are mostly empty are left out. By chance, and if columns were independent, as many pairs agree as there
    are, times the product over the columns of the chance that two rows have the same value.
    """
    none = pd.Series(False, index=frame.index)
    full = frame[columns].notna().mean(axis=1) >= 0.5 if columns else none
    rows = frame.loc[full, columns]
    if len(rows) < 2:
        return none
    alike = np.prod([(rows[column].value_counts(normalize=True, dropna=False) ** 2).sum() for column in columns])
    sizes = within[rows.index].value_counts() if within is not None else pd.Series([len(rows)])
    pairs = (sizes * (sizes - 1) / 2).sum()
    if pairs * alike > 0.05:
        return none
    both = rows if within is None else rows.assign(_within=within[rows.index])
    return both.duplicated(keep=False).reindex(frame.index, fill_value=False)


def alike(survey: Collected) -> Result:
    """Check 19: numbers that end in 0 or 5 more often than they may, and persons of one group who answer all the same.

    Rounding is looked for in whole numbers above zero that take at least 20 values, in units of the largest power of
    ten that divides them all; of numbers that are not rounded, a fifth ends in 0 or 5 (Whipple's index).
    """
    looked, parts, rounded = 0, [], []
    for name, table in survey.study.contract.tables.items():
        for column in survey.questions(name, *NUMBER_KINDS):
            digits = _last_digits(survey.numbers(name, column))
            if len(digits):
                rounded.append((name, column, len(digits), int((digits % 5 == 0).sum())))
        if table.level == "person" and (table.wave or table.wave_column):
            units, waves, columns = survey.units(name), survey.waves(name), survey.questions(name)
            groups = pd.concat([survey.group_of(part, wave) for wave, part in units.groupby(waves)])
            sizes = (waves + "|" + groups.reindex(units.index))[survey.seen(name)]
            looked += len(sizes)
            if sizes.duplicated().any():
                same = _twins(survey.tables[name].loc[sizes.index], columns, sizes)
                parts.append(lines(name, survey.keys(name)[same.index[same]], "", "same_answers"))
    for name, column, number, fives in rounded:
        looked, share = looked + number, fives / number
        if share >= survey.settings.rounding_rate and unusual(fives, number, 0.2) < survey.settings.chance / len(
            rounded
        ):
            parts.append(lines(name, [""], column, "rounded", None, round(share, 2)))
    return looked, together(parts)


def _last_digits(values: pd.Series) -> np.ndarray:
    """Whole numbers above zero in units of the largest power of ten that divides them all; none if too few differ."""
    values = values[values > 0]
    if len(values) < FEW_ROWS or (values != values.round()).any() or values.max() >= 1e15:
        return np.array([], dtype=np.int64)
    whole = values.to_numpy(np.int64)
    while not (whole % 10).any():
        whole = whole // 10
    return whole if len(np.unique(whole)) >= FEW_ROWS else np.array([], dtype=np.int64)
