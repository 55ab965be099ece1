"""What one unit of an effect cost, in words."""

import math

from coops.exhibits.words import SHARE, Words


def set_in_words(row: dict, words: Words) -> str:
    """Say what one unit of an effect cost, with the set of values that the data do not reject.

    ``row``: outcome, value, low, high (money for a unit of the outcome), cost_set (``interval_up``, ``interval_down``:
    by the sign of the effect; ``half``, ``complement``, ``line``), refused, money and money_decimals. Where the effect
    may be zero no ratio leads.
    """
    if row["refused"]:
        return words.label("set.refused", why=words.label(f"refused.{row['refused']}"))
    variable = words.study.codebook.get(row["outcome"])
    one, sign = (0.01 if variable.unit == SHARE else 1.0), (-1 if row["cost_set"] == "interval_down" else 1)
    value, *ends = (one * sign * row[name] for name in ("value", "low", "high"))
    said = {"unit": words.measure(one, variable.unit, 0, effect=True) if variable.unit else words.label("set.unit")}
    for name, amount in (("value", value), ("low", min(ends)), ("high", max(ends))):
        said[name] = words.measure(amount, row["money"], int(row["money_decimals"]))
    kind = row["cost_set"]
    if kind == "half":
        kind += "_down" if math.isinf(min(ends)) else "_up"
    return words.label(f"set.{kind}", **said)
