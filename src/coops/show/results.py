"""Results: the only numbers that may be quoted, each with its key, its counts and its method."""

import csv
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coops.disclosure.suppression import losses_told
from coops.disclosure.thresholds import few_behind, few_compared, few_in_an_arm
from coops.show.language import SD, SHARE, Words
from coops.show.method import method
from coops.study.findings import fail, nearest
from coops.study.study import QUANTITIES, Study

COLUMNS = (
    "key outcome wave arm specification quantity estimate std_error conf_low conf_high conf_level df p_value"
    " n n_rows n_clusters refused method formula std_error_cr1 p_value_cr1 p_value_wild conf_low_wild conf_high_wild"
    " wild_refused p_value_permutation p_value_permutation_coefficient least_p_value_permutation permutation_refused"
    " p_value_adjusted n_by_arm clusters_by_arm groups_by_arm unit_level assignment reference reference_mean lost"
    " dropped unit decimals status losses reach cost_set hidden notebook"
).split()
LEVELS = ("mean", "share", "count", "cost")  # quantities that are no difference
PARTS = ("outcome", "wave", "arm", "specification", "quantity")  # of a key, in their order
INDEX = "family_index"  # the quantity of an estimate on the index of a family
HIDDEN = "(c)"  # what stands for a number behind which there are too few
NUMBERS = (
    "estimate std_error conf_low conf_high conf_level df p_value n n_rows n_clusters std_error_cr1 p_value_cr1"
    " p_value_wild conf_low_wild conf_high_wild p_value_permutation p_value_permutation_coefficient"
    " least_p_value_permutation p_value_adjusted reference_mean decimals"
).split()
BY_ARM = ("n_by_arm", "clusters_by_arm", "groups_by_arm")
TOLD = {*NUMBERS, *BY_ARM, "lost", "losses", "cost_set"} - {"decimals", "conf_level"}  # what a hidden row does not say


def number_text(value: Any) -> str:
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
    estimate: float,
    *,
    unit: str,
    decimals: int,
    n: int | None = None,
    unit_level: str = "",
    study: Study,
    few: int | None = None,
    hidden: bool = False,
) -> dict:
    """Make a row of the results file for a count, mean or share; the key's parts are told apart by their names.

    It is hidden if fewer than the study's threshold stand behind it: ``few``, else ``n``; a count stands for
    itself. ``hidden``: it is for another reason.
    """
    outcome, *middle, quantity = key.split(".")
    row: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {"key": key, "outcome": outcome, "quantity": quantity}
    row |= {"estimate": estimate, "unit": unit, "decimals": decimals, "unit_level": unit_level}
    row["n"] = "" if n is None else n
    for part in middle:
        arm = part in (*study.arms(), "none") or "+" in part
        row["wave" if part in study.contract.waves else "arm" if arm else "specification"] = part
    behind = [n if few is None else few]
    hidden |= few_behind(outcome, quantity, estimate, behind, study.contract.least(unit_level))
    return row | {"hidden": "yes" if hidden else ""}


def unit_of(outcome: str, study: Study, quantity: str = "") -> tuple[str, int]:
    """Unit and decimals of an outcome, from the codebook; a share where it is no variable; of an index its own."""
    if quantity == INDEX:
        return SD, 2
    if outcome not in study.codebook.names():
        return SHARE, 1
    variable = study.codebook.get(outcome)
    return variable.unit, variable.decimals


def quotable(estimates: pd.DataFrame, words: Words) -> list[dict]:
    """Turn the frame of estimates into rows of the results file.

    Parameters
    ----------
    estimates : DataFrame
        One row an estimate, as of :mod:`coops.estimation.tidy`; ``hidden``, if it is there, tells which rows are (c)
        for another reason than that few stand behind them.
    """
    return [_quotable(estimate, words) for estimate in estimates.itertuples(index=False)]


def _quotable(estimate: Any, words: Words) -> dict:
    """Unit and decimals come from the codebook, the method is in words, and what would tell few is left out."""
    study, parts = words.study, [getattr(estimate, name) for name in PARTS]
    unit, decimals = unit_of(estimate.outcome, study, estimate.quantity)
    row = {name: getattr(estimate, name) for name in COLUMNS if hasattr(estimate, name)}
    row |= {name: pairs(getattr(estimate, name)) for name in BY_ARM}
    lost = losses_told(estimate.lost, "sample", study.contract.least(estimate.unit_level))  # as in the ledger
    if few_in_an_arm(estimate, study):  # all less those of the other arms
        row |= dict.fromkeys(BY_ARM, "")
        row |= {} if estimate.reference or not estimate.arm else {"reference_mean": np.nan}
    return row | {
        "key": ".".join(filter(None, parts)),
        "hidden": "yes" if few_compared(estimate, study) or getattr(estimate, "hidden", False) else "",
        "unit": unit,
        "decimals": decimals,
        "method": method(estimate, words) if estimate.estimator else "",
        "lost": pairs(lost),
        "dropped": "|".join(estimate.dropped),
        "status": "confirmatory" if estimate.confirmatory else "exploratory",
    }


def framed(rows: list[dict]) -> pd.DataFrame:
    """Rows of results as the frame that :meth:`Results.record` takes."""
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


def place(row: dict) -> str:
    """Wave and arm in a key; offers together are joined without blanks."""
    return f"{row['wave']}.{row['arm'].replace(' + ', '+')}" if row["arm"] else row["wave"]


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

    def __getattr__(self, name: str) -> Any:
        try:
            return self.cells[name]
        except KeyError:
            raise AttributeError(name) from None

    def __reduce__(self):
        return (Record, (self.cells,))

    @property
    def parts(self) -> list[str]:
        """The parts of the key that are there."""
        return [self.cells[n] for n in PARTS if self.cells[n]]


class Results:
    """All results that the notebooks of a run have recorded, and the place where one of them records its own.

    Parameters
    ----------
    folder : Path
        ``data/results`` of the run.
    notebook : str
        The notebook that records; none may only read.
    """

    def __init__(self, folder: Path, study: Study, notebook: str = ""):
        self.folder, self.study, self.notebook = folder, study, notebook
        self._own: list[dict] = []

    def record(self, frame: pd.DataFrame) -> None:
        """Record results, one a row: from now on they can be quoted by their keys.

        Parameters
        ----------
        frame : DataFrame
            Estimates, as of :mod:`coops.estimation.tidy` (see :func:`quotable`), or rows that have a ``key`` already,
            with columns of :data:`COLUMNS`.

        Raises
        ------
        FindingError
            ``E_KEY_RECORDED_TWICE`` if a key is recorded already; nothing is recorded then.
        """
        words = Words(self.study, self.study.contract.study.languages[0])
        rows = frame.to_dict("records") if "key" in frame else quotable(frame, words)
        rows = [*self._own, *(row | {"notebook": self.notebook} for row in rows)]
        times = Counter(row["key"] for row in rows)
        if twice := sorted(key for key, number in times.items() if number > 1):
            raise fail("E_KEY_RECORDED_TWICE", key=", ".join(twice))
        self._own = rows
        write(rows, self.folder / f"{self.notebook}.csv")
        self.__dict__.pop("records", None)

    @cached_property
    def records(self) -> dict[str, Record]:
        """Every result by its key, in the order of the notebooks."""
        records: dict[str, Record] = {}
        for path in sorted(self.folder.glob("[0-9]*.csv")):
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
            for cells in frame.to_dict("records"):
                cells |= {name: float(cells[name]) if cells[name] else np.nan for name in NUMBERS}
                records[cells["key"]] = Record(cells)
        return records

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
        outcome, parts = wanted[0], set(wanted)
        fits = [record for record in self.records.values() if record.outcome == outcome and parts <= set(record.parts)]
        leading = [record for record in fits if record.specification == self.study.headline] or fits
        if len(leading) != 1:
            known = [record.key for record in leading] or self.records
            raise fail("E_UNKNOWN_KEY", key=key, nearest=nearest(key, known))
        return leading[0]

    def of(self, specification: str, *quantities: str) -> list[Record]:
        """Return the records of a specification, in their order, of some quantities."""
        return [r for r in self.records.values() if r.specification == specification and r.quantity in quantities]
