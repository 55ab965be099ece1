"""The one frame of estimates: its columns, named as broom names them, and what each holds where nothing is said."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coops.show.results import PARTS

NONE: Mapping[str, int] = {}


class Row(NamedTuple):
    """A row of the frame: its columns, and what each holds where nothing is said.

    Numbers are in the unit of the outcome unless another is named.
    """

    outcome: str = ""
    wave: str = ""
    arm: str = ""
    specification: str = ""
    quantity: str = ""
    estimate: float = np.nan
    std_error: float = np.nan  # CR2
    conf_low: float = np.nan
    conf_high: float = np.nan
    conf_level: float = 0.95
    df: float = np.nan  # Bell-McCaffrey
    p_value: float = np.nan
    n: int = 0  # units
    n_rows: int = 0
    n_clusters: int = 0
    refused: str = ""  # why there is no interval, or no number at all
    formula: str = ""
    std_error_cr1: float = np.nan
    p_value_cr1: float = np.nan
    p_value_wild: float = np.nan
    conf_low_wild: float = np.nan
    conf_high_wild: float = np.nan
    wild_refused: str = ""
    p_value_permutation: float = np.nan
    p_value_permutation_coefficient: float = np.nan
    least_p_value_permutation: float = np.nan
    permutation_refused: str = ""
    p_value_adjusted: float = np.nan  # allows for the other estimates of its confirmatory families
    n_by_arm: Mapping[str, int] = NONE
    clusters_by_arm: Mapping[str, int] = NONE
    groups_by_arm: Mapping[str, int] = NONE
    n_smallest: int = 0  # units in the smallest arm that has any, or in the rarest of the sets of offers that occur
    n_fewest: int = 0  # units on the smaller side of the comparison
    unit_level: str = "person"
    estimator: str = ""
    assignment: str = ""
    weigh: str = "persons"
    weighted: bool = False
    confirmatory: bool = False
    dose: str = ""
    reference: str = ""
    reference_mean: float = np.nan
    covariates: tuple[str, ...] = ()
    strata: bool = False
    lost: Mapping[str, int] = NONE  # reason → rows
    dropped: tuple[str, ...] = ()  # regressors that add nothing


COLUMNS = Row._fields


def frame(rows: Iterable[tuple]) -> pd.DataFrame:
    """Put rows into the frame, one row an estimate, with every column of :class:`Row`."""
    table = pd.DataFrame(list(rows), columns=list(COLUMNS))
    kinds = {name: type(blank) for name, blank in Row._field_defaults.items() if isinstance(blank, int | float)}
    return table if len(table) else table.astype(kinds)


def joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Put frames one below the other; the frame without rows where there is none."""
    return pd.concat(frames, ignore_index=True) if frames else frame([])


def rows(table: pd.DataFrame) -> list[Any]:
    """The rows of such a frame, with its columns as attributes."""
    if tuple(table.columns) == COLUMNS:  # as a named tuple of its own each frame would cost as much as a regression
        return [Row(*cells) for cells in zip(*(table[name].tolist() for name in COLUMNS), strict=True)]
    return list(table.itertuples(index=False, name="Row"))


def key(row: Row) -> str:
    """``outcome.wave.arm.specification.quantity``; the arm is left out where there is none."""
    return ".".join(part for part in (getattr(row, name) for name in PARTS) if part)


def fewest(units: int, by_arm: Mapping[str, int], arm: str, reference: str) -> int:
    """Units on the smaller side of a comparison, if it has any; ``units``: of both sides and of other arms.

    Where offers may overlap there is no reference arm: an offer is compared with all who did not have it; all of them
    where nothing is compared.
    """
    if arm not in by_arm:
        return units
    sides = [by_arm[arm], by_arm[reference] if reference in by_arm else units - by_arm[arm]]
    return min((side for side in sides if side), default=0)
