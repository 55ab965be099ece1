"""What may be quoted of the project's effects: every estimate, and the indices of families."""

import pandas as pd

from coops.estimation.effects import Estimate
from coops.estimation.results import of_estimates
from coops.impact.multiplicity import Together
from coops.show.language import Words


def of_impact(estimates: dict[str, list[Estimate]], families: list[Together], words: Words) -> pd.DataFrame:
    """Estimates by specification, then the indices of families that were estimated."""
    every = [estimate for by_specification in estimates.values() for estimate in by_specification]
    indices = [index for family in families for index in family.indices if index.n_rows]
    return of_estimates([*every, *indices], words)
