"""What may be quoted of robustness: how large a shock or another trend must be to overturn an estimate."""

import pandas as pd

from coops.estimation.results import again
from coops.robustness.robustness import Robustness
from coops.show.results import framed


def of_overturning(checked: Robustness) -> pd.DataFrame:
    """The smallest sizes that leave an estimate no direction, as the checks give them."""
    rows = []
    for row in checked.recorded:
        estimate, quantity = row["leading"], row["quantity"]
        more = {"conf_level": estimate.conf_level, "unit_level": estimate.unit_level, "reach": row["reach"]}
        same, study = estimate._replace(quantity=quantity), checked.leading.study
        rows.append(again(same, quantity, row["value"], more, estimate.n, estimate.n_fewest, study))
    return framed(rows)
