"""Which rows of a table are hidden, and what is taken out of them."""

import numpy as np
import pandas as pd

from coops.disclosure import suppression
from coops.study.study import Study


def hidden_rows(table, study: Study) -> pd.Series:
    """Tell which rows of a table are hidden as a whole."""
    data, least = table.data, study.contract.least(next(iter(table.data.get("unit_level", [])), ""))
    whole = None if table.whole is None else [data[name] for name in table.whole]
    counts = [data[name] for name in ([table.few] if isinstance(table.few, str) else table.few)]
    return pd.concat([suppression.of_rows(one, whole, least) for one in counts], axis=1).any(axis=1)


def few(one, study: Study) -> bool:
    """Tell whether too few stand behind an estimate for its numbers to be shown, on either side of the comparison."""
    return 0 < one.fewest < study.contract.least(one.unit_level)


def arms_few(one, study: Study) -> bool:
    """Tell whether an arm, or a set of offers, holds too few: the counts of the others would tell it by subtraction."""
    return 0 < one.smallest < study.contract.least(one.unit_level)


def covered(data: pd.DataFrame, gone: pd.Series, *names: str) -> pd.DataFrame:
    """Take columns out of some rows, and name them in the column ``hidden`` (which nothing hidden does not make).

    Names that are no columns of the data are only named: a table makes a cell of several columns.
    """
    if not gone.any():
        return data
    data, names = data.copy(), list(dict.fromkeys(name for name in names if name != "hidden"))
    for name in names:
        if name in data:
            blank = np.nan if pd.api.types.is_numeric_dtype(data[name]) else ""
            data[name] = data[name].astype(float if blank != "" else object).where(~gone, blank)
    before = data["hidden"] if "hidden" in data else pd.Series("", index=data.index)
    both = [dict.fromkeys([*filter(None, text.split("|")), *names]) for text in before]
    data["hidden"] = before.where(~gone, pd.Series(["|".join(one) for one in both], index=data.index))
    return data
