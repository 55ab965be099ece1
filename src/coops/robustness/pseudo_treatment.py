"""Each area of the reference in the place of the arm: what the same comparison says where nobody was treated.

Source: Conley and Taber 2011, doi 10.1162/REST_a_00049 (how far groups without treatment differ among themselves tells
how far one with treatment may differ without it).
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coops.estimation import effects
from coops.estimation.sample_design import Rows, fewest, regressors_of_terms
from coops.estimation.tidy import Row
from coops.study.findings import FindingError

REFUSED = ("few_areas",)
ARM, REST = "pseudo", "rest"


@dataclass(frozen=True)
class PseudoTreatment:
    """An estimate's comparison repeated within its reference, one area at a time as if it were the arm.

    ``tried``: areas with an interval, none named; ``away``: of these, intervals that leave out zero though nobody was
    treated; ``largest``: the largest distance of such an estimate from zero, in the unit of the outcome; ``above``:
    estimates at least as far from zero as the real one; ``cannot``: areas of the reference that also hold an arm, have
    too few units, groups or clusters, or no interval. ``refused``: ``few_areas`` if the reference lies in fewer than
    three (with two, one comparison would be made twice).
    """

    outcome: str
    wave: str
    arm: str
    specification: str
    tried: int = 0
    away: int = 0
    above: int = 0
    largest: float = np.nan
    cannot: int = 0
    refused: str = ""


def pseudo_treatment(
    built: Rows, area, real: Row, least_units: int, least_groups: int, treated: set[str] = frozenset()
) -> PseudoTreatment:
    """Take each area of the reference in turn for the arm, the others for the reference.

    Parameters
    ----------
    built : Rows
        Those of ``real``, with an arm and a reference that do not overlap.
    area : array (N,)
        Label of each row's area, in the order of the rows.
    real : Row
        The estimate of the arm.
    least_units, least_groups : int
        Fewer units, or groups or clusters, in the area or in all the others together, and the area is not tried.

    treated : set of str
        Areas that hold units of an arm which are not among the rows: not tried either.

    Returns
    -------
    PseudoTreatment
    """
    found = PseudoTreatment(real.outcome, real.wave, real.arm, real.specification)
    mine = built.in_arm(built.plan.reference).to_numpy()
    label = np.asarray(area, dtype=object)[mine]
    areas, shared = sorted(set(label)), {*np.asarray(area, dtype=object)[~mine], *treated}
    if len(areas) < 3:
        return replace(found, refused="few_areas")
    within = _reference_only(built, mine)
    tried = [label == name for name in areas if name not in shared]
    made = [_in_place(within, chosen) for chosen in tried if not _few(within.frame, chosen, least_units, least_groups)]
    told = [one for one in made if one is not None and np.isfinite([one.conf_low, one.conf_high]).all()]
    sizes = [abs(one.estimate) for one in told]
    return replace(
        found,
        tried=len(told),
        away=sum(not one.conf_low <= 0 <= one.conf_high for one in told),
        above=sum(size >= abs(real.estimate) for size in sizes),
        largest=max(sizes, default=np.nan),
        cannot=len(areas) - len(told),
    )


def _reference_only(built: Rows, mine: np.ndarray) -> Rows:
    """The rows of the reference, without any column of an arm."""
    of_arms = {name for arm, column in built.interest.items() for name in (arm, column)}
    design = built.design[mine].drop(columns=[name for name in built.design if name in of_arms])
    return replace(built, frame=built.frame[mine].reset_index(drop=True), design=design.reset_index(drop=True))


def _few(frame: pd.DataFrame, chosen: np.ndarray, least_units: int, least_groups: int) -> bool:
    """Tell whether the chosen rows, or the others, have too few units, groups or clusters before or after."""
    least = fewest(frame, chosen)
    return bool(least["unit"] < least_units or least[["group", "cluster"]].min() < least_groups)


def _in_place(within: Rows, chosen: np.ndarray) -> Row | None:
    """Estimate with the chosen rows as the arm; nothing where they cannot be told from the rest."""
    frame = within.frame.assign(arm=np.where(chosen, ARM, REST))
    plan = replace(within.plan, arms={ARM: (ARM,), REST: (REST,)}, reference=REST)
    first, interest = regressors_of_terms(plan, frame)
    others = within.design.drop(columns=[name for name in first if name in within.design])
    design = pd.DataFrame(first).join(others)
    made = replace(within, plan=plan, frame=frame, design=design, interest=interest, protected=len(first))
    try:
        (one,) = effects.rows(made)
    except FindingError:
        return None
    return one
