"""Areas of the reference in the place of the arm: what the same comparison says where nobody was treated.

Source: Conley and Taber 2011, doi 10.1162/REST_a_00049 (how far groups without treatment differ among themselves tells
how far one with treatment may differ without it).
"""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coops.estimation import effects
from coops.estimation.sample_design import Rows, fewest, regressors_of_terms
from coops.estimation.tidy import Row
from coops.robustness.check import COMPARE, DIRECTIONS, Answer, Check, Exhibit, each
from coops.robustness.exhibits import base, refused_key, size, table_of
from coops.robustness.leading import Comparison, key_of
from coops.show.table import Column
from coops.study.findings import FindingError

ARM, REST = "pseudo", "rest"
COUNTS = ("tried", "away", "above", "largest")


class PseudoTreatment(Check):
    """An estimate's comparison repeated within its reference, one area at a time as if it were the arm.

    Frame: what :func:`pseudo_treatment` says, and ``reach``, where the areas of the arm are.
    """

    name = "pseudo_treatment"
    place = 15
    settings = ("area",)

    def applies(self, comparison, estimate):
        """Where nothing but the arm decides who is in the reference, no lot was drawn, and all areas are known."""
        specification = comparison.specification
        if not estimate.arm:
            return "no_arm"
        if comparison.area is None:
            return "not_named"
        if comparison.area_unknown(estimate.arm):
            return "area_unknown"
        if specification.assignment != "not randomised":
            return "drawn"
        return "" if specification.reference and specification.arms and not specification.dose else "no_reference"

    def compare(self, comparison, estimates):
        """Each area of the reference in the place of the arm."""
        contract, level = comparison.study.contract, comparison.rows.level
        least = (contract.least(level), contract.release.min_groups)
        treated = _treated(comparison)
        return [
            pseudo_treatment(comparison.rows, comparison.area, estimate, *least, treated)
            | {"reach": comparison.exposure(estimate.arm).where}
            for estimate in estimates
        ]

    def numbers(self, estimate, frame, leading):
        """Areas tried, intervals away from zero, estimates farther than the real one, the largest."""
        if frame.empty:
            return {f"pseudo_{name}": 0 for name in COUNTS}
        row = frame.iloc[0]
        return {f"pseudo_{name}": row[name] for name in COUNTS} | {"areas": row["reach"]}

    def answers(self, row, words):
        """Beside a direction: how far they differ, if the arm is one area itself."""
        if row["says"] not in DIRECTIONS or not row["pseudo_tried"] or row["areas"] != "own":
            return []
        numbers = {name: words.count(row[f"pseudo_{name}"]) for name in ("tried", "away", "above")}
        sizes = {"largest": size(row["pseudo_largest"], row, words), "value": size(abs(row["estimate"]), row, words)}
        return [Answer(COMPARE, words.label("overturn.compare", **sizes, **numbers))]

    def exhibits(self, frame, leading):
        """How far areas of the reference differ among themselves; nothing where none could take the place of an arm."""
        rows = [
            base(estimate)
            | {name: row[name] for name in ("tried", "away", "above", "cannot")}
            | {"largest_away": row["largest"], "estimate": estimate.estimate, "refused": refused_key(row["refused"])}
            for estimate, part in each(frame, leading)
            for row in part.to_dict("records")
        ]
        if not any(row["tried"] for row in rows):
            return []
        columns = [Column("estimate", "measure"), Column("tried_as_arm", "count", "tried")]
        columns += [Column("largest_away", "measure"), Column("pseudo_above", "count", "above")]
        columns += [Column("pseudo_away", "count", "away")]
        columns += [Column("cannot_as_arm", "count", "cannot")] if any(row["cannot"] for row in rows) else []
        return [Exhibit("table", {"table": table_of(rows, leading.study, *columns), "text": "tab_pseudo"})]


def _treated(comparison: Comparison) -> set[str]:
    """Areas in which any unit is, at any wave, in another arm than the reference, in the rows or not."""
    data, specification, level = comparison.data, comparison.specification, comparison.rows.level
    variable, units, areas = comparison.study.contract.robustness.area, data.population(level), set()
    for wave in data.waves:
        arm = data.texts(specification.arm[0], data.recorded(specification.arm[0], wave), level, units)
        there = ~arm.isin([*specification.arms[specification.reference], ""]).to_numpy()
        areas |= set(data.texts(variable, data.recorded(variable, wave), level, units)[there])
    return areas


def pseudo_treatment(
    rows: Rows, area: ArrayLike, real: Row, least_units: int, least_groups: int, treated: Collection[str] = ()
) -> dict:
    """Take each area of the reference in turn for the arm, the others for the reference.

    Parameters
    ----------
    rows : Rows
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
    dict
        The key of ``real``; ``tried``: areas with an interval, none named; ``away``: of these, intervals that leave out
        zero though nobody was treated; ``largest``: the largest distance of such an estimate from zero, in the unit of
        the outcome; ``above``: estimates at least as far from zero as the real one; ``cannot``: areas of the reference
        that also hold an arm, have too few units, groups or clusters, or no interval. ``refused``: ``few_areas`` if the
        reference lies in fewer than three (with two, one comparison would be made twice).
    """
    blank = key_of(real) | dict.fromkeys(("tried", "away", "above", "cannot"), 0) | {"largest": np.nan, "refused": ""}
    mine = rows.in_arm(rows.specification.reference).to_numpy()
    label = np.asarray(area, dtype=object)[mine]
    areas, shared = sorted(set(label)), {*np.asarray(area, dtype=object)[~mine], *treated}
    if len(areas) < 3:
        return blank | {"refused": "few_areas"}
    within = _reference_only(rows, mine)
    masks = [label == name for name in areas if name not in shared]
    masks = [mask for mask in masks if not _few(within.frame, mask, least_units, least_groups)]
    pseudo = [row for row in (_in_place(within, mask) for mask in masks) if row is not None]
    pseudo = [row for row in pseudo if np.isfinite([row.conf_low, row.conf_high]).all()]
    sizes = [abs(estimate.estimate) for estimate in pseudo]
    return blank | {
        "tried": len(pseudo),
        "away": sum(not row.conf_low <= 0 <= row.conf_high for row in pseudo),
        "above": sum(size >= abs(real.estimate) for size in sizes),
        "largest": max(sizes, default=np.nan),
        "cannot": len(areas) - len(pseudo),
    }


def _reference_only(rows: Rows, mine: np.ndarray) -> Rows:
    """The rows of the reference, without any column of an arm."""
    of_arms = {name for arm, column in rows.interest.items() for name in (arm, column)}
    design = rows.design[mine].drop(columns=[name for name in rows.design if name in of_arms])
    return replace(rows, frame=rows.frame[mine].reset_index(drop=True), design=design.reset_index(drop=True))


def _few(frame: pd.DataFrame, chosen: np.ndarray, least_units: int, least_groups: int) -> bool:
    """Tell whether the chosen rows, or the others, have too few units, groups or clusters before or after."""
    least = fewest(frame, chosen)
    return bool(least["unit"] < least_units or least[["group", "cluster"]].min() < least_groups)


def _in_place(within: Rows, chosen: np.ndarray) -> Row | None:
    """Estimate with the chosen rows as the arm; nothing where they cannot be told from the rest."""
    frame = within.frame.assign(arm=np.where(chosen, ARM, REST))
    specification = replace(within.specification, arms={ARM: (ARM,), REST: (REST,)}, reference=REST)
    first, interest = regressors_of_terms(specification, frame)
    others = within.design.drop(columns=[name for name in first if name in within.design])
    design = pd.DataFrame(first).join(others)
    in_place = replace(
        within, specification=specification, frame=frame, design=design, interest=interest, protected=len(first)
    )
    try:
        (estimate,) = effects.rows(in_place)
    except FindingError:
        return None
    return estimate
