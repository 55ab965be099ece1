"""Results: the only numbers that may be quoted, each with its key, its counts and its method."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from coops.study.findings import fail, nearest
from coops.study.study import QUANTITIES, Study

COLUMNS = (
    "key outcome wave arm specification quantity value low high level p_cr2 p_cr1 se_cr1 se_cr2 df persons rows"
    " clusters persons_by_arm clusters_by_arm groups_by_arm unit decimals unit_level reference reference_mean"
    " assignment method status refused lost dropped"
    " p_wild low_wild high_wild wild_refused p_random p_random_coefficient least_p_random random_refused"
    " p_family losses reach cost_set hidden notebook"
).split()
OPEN = ("groups", "clusters", "experts", "not_seen")  # counts that say how a study was made are told as they are
LEVELS = ("mean", "share", "count", "cost")  # quantities that are no difference
HIDDEN = "(c)"  # what stands for a number behind which there are too few
NUMBERS = "value low high level p_cr2 p_cr1 se_cr1 se_cr2 df persons rows clusters reference_mean decimals".split()
NUMBERS += "p_wild low_wild high_wild p_random p_random_coefficient least_p_random p_family".split()
BY_ARM = ("persons_by_arm", "clusters_by_arm", "groups_by_arm")
TOLD = {*NUMBERS, *BY_ARM, "lost", "losses", "cost_set"} - {"decimals", "level"}  # what a hidden row does not say


def number_text(value) -> str:
    """Write a number for a file: 12 significant digits, so that the last digits of a machine do not show."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return f"{value + 0.0:.12g}" if isinstance(value, float) else str(value)


def pairs(counts: dict) -> str:
    """Write counts by name: ``a=20|b=21``."""
    return "|".join(f"{name}={number}" for name, number in counts.items())


def unpaired(text: str) -> dict[str, int]:
    """Read what :func:`pairs` wrote."""
    return {name: int(number) for name, _, number in (part.rpartition("=") for part in text.split("|") if part)}


def of_number(
    key: str,
    value: float,
    *,
    unit: str,
    decimals: int,
    persons: int | None = None,
    unit_level: str = "",
    study: Study,
    few: int | None = None,
    hidden: bool = False,
) -> dict:
    """Make a row of the results file for a count, mean or share; the key's parts are told apart by their names.

    It is hidden if fewer than the study's threshold stand behind it: ``few``, else ``persons``; a count stands for
    itself. ``hidden``: it is for another reason.
    """
    row = dict.fromkeys(COLUMNS, "") | {
        "key": key,
        "value": value,
        "unit": unit,
        "decimals": decimals,
        "unit_level": unit_level,
    }
    outcome, *middle, quantity = key.split(".")
    row |= {"outcome": outcome, "quantity": quantity, "persons": persons if persons is not None else ""}
    for part in middle:
        kind = (
            "wave"
            if part in study.contract.waves
            else "arm"
            if part in (*study.arms(), "none") or "+" in part
            else "specification"
        )
        row[kind] = part
    behind = [persons if few is None else few] + ([value] if quantity == "count" and outcome not in OPEN else [])
    hidden |= any(number is not None and 0 < number < study.contract.least(unit_level) for number in behind)
    return row | {"hidden": "yes" if hidden else ""}


def write(rows: list[dict], path: Path) -> None:
    """Write results, in the order in which they were recorded; of a hidden one only what it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            shown = [name for name in COLUMNS if not (row.get("hidden") and name in TOLD)]
            writer.writerow({name: number_text(row.get(name, "")) for name in shown})


@dataclass(frozen=True)
class Record:
    """One row of the results, read back; numbers are floats, missing where they were not shown."""

    cells: dict

    def __getattr__(self, name: str):
        try:
            return self.cells[name]
        except KeyError:
            raise AttributeError(name) from None

    def __reduce__(self):
        return (Record, (self.cells,))

    @property
    def parts(self) -> list[str]:
        """The parts of the key that are there."""
        return [self.cells[n] for n in ("outcome", "wave", "arm", "specification", "quantity") if self.cells[n]]


class Results:
    """All results that the notebooks of a run have recorded."""

    def __init__(self, folder: Path, study: Study):
        self.study = study
        self.records: dict[str, Record] = {}
        for path in sorted(folder.glob("[0-9]*.csv")):
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
            for cells in frame.to_dict("records"):
                cells |= {name: float(cells[name]) if cells[name] else np.nan for name in NUMBERS}
                self.records[cells["key"]] = Record(cells)

    def __getitem__(self, key: str) -> Record:
        """Return the record of a key; parts left out mean the headline.

        Raises
        ------
        FindingError
            ``E_UNKNOWN_KEY`` if no record fits, or more than one (the key must then say more).
        """
        if key in self.records:
            return self.records[key]
        wanted = key.split(".")
        if wanted[-1] not in QUANTITIES:
            raise fail("E_UNKNOWN_KEY", key=key, nearest=nearest(key, self.records))
        fits = [one for one in self.records.values() if one.outcome == wanted[0] and set(wanted) <= set(one.parts)]
        leading = [one for one in fits if one.specification == self.study.headline] or fits
        if len(leading) != 1:
            raise fail("E_UNKNOWN_KEY", key=key, nearest=nearest(key, [one.key for one in leading] or self.records))
        return leading[0]

    def of(self, specification: str, *quantities: str) -> list[Record]:
        """Return the records of a specification, in their order, of some quantities."""
        return [r for r in self.records.values() if r.specification == specification and r.quantity in quantities]
