"""Values of clean tables: as text, as names of units, under a condition."""

from typing import Any

import pandas as pd

from coops.study.schema import Holds


def plain(value: Any) -> str:
    """Write a value as it is named in ``study.toml``: whole numbers without decimals; missing as an empty text."""
    if isinstance(value, float):
        return "" if value != value else f"{value:.15g}"
    return "" if value is None else str(value)


def unit_names(frame: pd.DataFrame, key: list[str]) -> pd.Series:
    """Name each row by its key columns, joined by ``|``."""
    parts = [frame[column].map(plain) for column in key]
    names = parts[0]
    for part in parts[1:]:
        names = names + "|" + part
    return names


def holds(values: pd.Series, condition: Holds) -> pd.Series:
    """Tell for each value whether it fulfils a condition; an unknown one fulfils none, turned round or not."""
    text = values.map(plain)
    known = text != ""
    if condition.present is not None:
        return (known == condition.present) != condition.negate
    if condition.between is not None:
        numbers = pd.to_numeric(values, errors="coerce")
        known, inside = numbers.notna(), numbers.between(*condition.between)
    else:
        inside = text.isin([condition.equals] if condition.equals is not None else condition.among)
    return known & (inside != condition.negate)
