"""An estimate as a row of the results."""

import numpy as np

from coops.estimation.effects import Estimate
from coops.show.language import SD, SHARE
from coops.show.results import BY_ARM, COLUMNS, pairs
from coops.study.study import Study


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
    if 0 < one.smallest < least:  # all less those of the other arms
        row |= dict.fromkeys(BY_ARM, "") | ({} if one.reference or not one.arm else {"reference_mean": np.nan})
    return row | {
        "hidden": "yes" if 0 < one.fewest < least else "",
        "unit": unit,
        "decimals": decimals,
        "method": method,
        "dropped": "|".join(one.dropped),
        "status": "confirmatory" if one.confirmatory else "exploratory",
    }
