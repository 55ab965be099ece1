"""What may be quoted of robustness: how large a shock or another trend must be to overturn an estimate."""

import pandas as pd

from coops.estimation.results import again
from coops.robustness import overturn
from coops.robustness.sensitivity import Sensitivity
from coops.show.results import framed
from coops.study.study import Study


def of_overturning(lines: list[Sensitivity], study: Study) -> pd.DataFrame:
    """The smallest shock to the area of an arm, and trend, that leave an estimate no direction."""
    rows = []
    for line in lines:
        estimate, sizes = line.one, {"shock": line.shock, "trend": line.trend}
        reach = {"trend": overturn.time_of(line.years)}
        reach |= {"shock": overturn.areas_of(line.exposure)} if line.exposure else {}
        for quantity, part in sizes.items():
            if part and part.estimate > 0:
                more = {"conf_level": estimate.conf_level, "unit_level": estimate.unit_level, "reach": reach[quantity]}
                same = estimate._replace(quantity=quantity)
                rows.append(again(same, quantity, part.estimate, more, estimate.n, estimate.n_fewest, study))
    return framed(rows)
