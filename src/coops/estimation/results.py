"""Estimates as rows of the results."""

import numpy as np
import pandas as pd

from coops.estimation.effects import Estimate
from coops.estimation.method import method
from coops.show.language import SD, SHARE, Words
from coops.show.results import BY_ARM, COLUMNS, framed, of_number, pairs
from coops.study.study import Study


def of_estimates(estimates: list[Estimate], words: Words, hidden: set = frozenset()) -> pd.DataFrame:
    """Estimates as rows of the results; ``hidden``: outcome, wave and arm of those whose rows are (c)."""
    rows = []
    for estimate in estimates:
        row = of_estimate(estimate, words.study, method(estimate, words))
        out = (estimate.outcome, estimate.wave, estimate.arm) in hidden
        rows.append(row | ({"hidden": "yes"} if out else {}))
    return framed(rows)


def again(estimate, quantity: str, value: float, ends: dict, n: int | None, few: int, study: Study) -> dict:
    """A row that says another quantity of an estimate: ``ends`` are its interval and what else it says."""
    variable = study.codebook.get(estimate.outcome)
    look = {"unit": variable.unit, "decimals": variable.decimals}
    row = of_number(estimate.key, value, n=n, few=few, study=study, **look)
    named = {name: getattr(estimate, name) for name in ("outcome", "wave", "arm", "specification")}
    return row | named | ends | {"quantity": quantity, "assignment": assignment(estimate.specification, study)}


def assignment(specification: str, study: Study) -> str:
    """The assignment that a specification states, or else the design."""
    return study.contract.specifications[specification].assignment or study.contract.design.assignment


def of_estimate(one: Estimate, study: Study, method: str) -> dict:
    """Turn an estimate into a row of the results file; unit and decimals come from the codebook."""
    if one.quantity == "family_index":
        unit, decimals = SD, 2
    elif one.outcome in study.codebook.names():
        variable = study.codebook.get(one.outcome)
        unit, decimals = variable.unit, variable.decimals
    else:
        unit, decimals = SHARE, 1
    least = study.contract.least(one.unit_level)
    row = {name: getattr(one, name) for name in COLUMNS if hasattr(one, name)}
    row |= {name: pairs(getattr(one, name)) for name in BY_ARM}
    row["lost"] = pairs({why: n for why, n in one.lost.items() if why != "sample" or n >= least})  # as in the ledger
    if 0 < one.n_smallest < least:  # all less those of the other arms
        row |= dict.fromkeys(BY_ARM, "") | ({} if one.reference or not one.arm else {"reference_mean": np.nan})
    return row | {
        "hidden": "yes" if 0 < one.n_fewest < least else "",
        "unit": unit,
        "decimals": decimals,
        "method": method,
        "dropped": "|".join(one.dropped),
        "status": "confirmatory" if one.confirmatory else "exploratory",
    }
