"""What one unit of an effect cost, in words."""

import math

from coops.show.language import SHARE, Words


def set_in_words(row: dict, words: Words) -> str:
    """Say what one unit of an effect cost, with the set of values that the data do not reject.

    ``row``: outcome, estimate, conf_low, conf_high (money for a unit of the outcome), cost_set (``interval_up``,
    ``interval_down``: by the sign of the effect; ``half``, ``complement``, ``line``), refused, money and
    money_decimals. Where the effect may be zero no ratio leads.
    """
    if row["refused"]:
        return words.label("set.refused", why=words.label(f"refused.{row['refused']}"))
    variable = words.study.codebook.get(row["outcome"])
    step, sign = (0.01 if variable.unit == SHARE else 1.0), (-1 if row["cost_set"] == "interval_down" else 1)
    value, low, high = (step * sign * row[name] for name in ("estimate", "conf_low", "conf_high"))
    low, high = min(low, high), max(low, high)
    kind = row["cost_set"]
    if kind == "half":
        kind += "_up" if math.isinf(high) else "_down" if high > 0 else "_less"
        low = -high if kind == "half_less" else low
    if kind == "complement" and low < 0 < high:
        kind, low = "complement_around", -low

    def money(amount: float) -> str:
        return words.measure(amount, row["money"], int(row["money_decimals"]))

    unit = words.measure(step, variable.unit, 0, effect=True) if variable.unit else words.label("set.unit")
    bare = {"low_bare": low, "high_bare": high}
    bare = {name: words.number(amount, int(row["money_decimals"])) for name, amount in bare.items()}
    return words.label(f"set.{kind}", unit=unit, value=money(value), low=money(low), high=money(high), **bare)
