"""Results: the only numbers that may be quoted, each with its key, its counts and its method."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from coops.analysis import resampled
from coops.analysis.effects import Estimate
from coops.analysis.sensitivity import concerns
from coops.exhibits.words import SD, SHARE, Words
from coops.exhibits.worth import set_in_words
from coops.intake.findings import fail, nearest
from coops.intake.study import QUANTITIES, Study

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


class Quote:
    """A record in the words of one language; as text it is the number with its unit."""

    def __init__(self, record: Record, words: Words, results: Results | None = None):
        self.record, self._words, self._results = record, words, results

    @property
    def hidden(self) -> bool:
        """Tell whether too few units stand behind the number for it to be shown, or it would give such a one away."""
        return self.record.cells.get("hidden") == "yes"

    def _measure(self, value: float, effect: bool) -> str:
        if self.hidden:
            return HIDDEN
        return self._words.measure(value, self.record.unit, int(self.record.decimals), effect)

    @property
    def is_difference(self) -> bool:
        """Tell whether it is a difference (an effect, a change) and no level."""
        return self.record.quantity not in LEVELS

    def __str__(self) -> str:
        if self.record.quantity == "count" and not self.hidden:
            return self._words.count(self.record.value)
        return self._measure(self.record.value, self.is_difference)

    @property
    def low(self) -> str:
        """Lower end of the interval."""
        return self._measure(self.record.low, self.is_difference)

    @property
    def high(self) -> str:
        """Upper end of the interval."""
        return self._measure(self.record.high, self.is_difference)

    @property
    def interval(self) -> str:
        """The interval, in words."""
        if np.isnan(self.record.low) or self.hidden:
            return self._words.label("no_interval")
        decimals, unit = int(self.record.decimals), self.record.unit
        ends = [self._words.shown(end, unit, decimals) for end in (self.record.low, self.record.high)]
        return self._words.label("interval_words", low=ends[0], high=ends[1])

    @property
    def level(self) -> str:
        """Level of the interval."""
        return self._words.percent(self.record.level)

    @property
    def direction(self) -> str:
        """``up``, ``down`` or ``uncertain``: by interval and confirmatory family; ``refused`` without interval."""
        if self.record.refused or self.hidden:
            return "refused"
        if self.record.p_family > 1 - self.record.level:
            return "uncertain"
        if self.record.low > 0:
            return "up"
        return "down" if self.record.high < 0 else "uncertain"

    @property
    def doubt(self) -> str:
        """Why no direction is said, in words: too few, no interval, it covers zero, or its family takes it back."""
        if self.direction in ("up", "down"):
            return ""
        if self.direction == "refused":
            return self.why or self._words.label("doubt.hidden")
        if self.record.low <= 0 <= self.record.high:
            return self._words.label("doubt.interval")
        return self._words.label("doubt.family", p=self._words.p_value(self.record.p_family))

    @property
    def enough(self) -> str:
        """The shock to its arm's area that would overturn its direction, else the trend, in words; or an empty text."""
        other = self._beside("shock") or self._beside("trend")
        if not other or self.direction not in ("up", "down"):
            return ""
        share = self._words.number(100 * other.value / abs(self.record.value), 0)
        size = self._words.size(other.value, self.record.unit, int(self.record.decimals))
        return self._words.label(f"overturn.by.{other.quantity}.{other.reach}", size=size, share=share)

    @property
    def against(self) -> str:
        """Outcomes that the programme cannot have changed, and that are away from zero in its arm; or an empty text."""
        if not self._results:
            return ""
        placebos = [name for name, one in self._words.study.contract.specifications.items() if one.placebo]
        made = [one for name in placebos for one in self._results.of(name, "effect", "change", "difference")]
        made = [Quote(one, self._words) for one in made if concerns(one, self.record, self._words.study)]
        moved = [one.moved(self.record.wave) for one in made if one.direction in ("up", "down")]
        return self._words.listed(list(dict.fromkeys(moved))) if moved else ""

    def moved(self, wave: str) -> str:
        """The outcome with the side of zero on which it is; its wave too if it is another than the given one."""
        name = self.label if self.record.wave == wave else self.named
        return self._words.label("overturn.moved", outcome=name, side=self._words.label(f"says.{self.direction}"))

    def _beside(self, quantity: str) -> Record | None:
        """Another quantity recorded of the same estimate; none if there is none."""
        key = self.record.key.removesuffix(self.record.quantity) + quantity
        return self._results.records.get(key) if self._results else None

    @property
    def agree(self) -> bool:
        """Tell whether the other methods stand on the side of the leading one, as far as they were made."""
        return resampled.agree(self.record) is not False

    @property
    def worth(self) -> str:
        """Of what an effect cost: the cost of one unit of it with its set, in words."""
        if self.hidden:
            return HIDDEN
        money = {"money": self.record.unit, "money_decimals": self.record.decimals}
        return set_in_words(self.record.cells | money, self._words)

    @property
    def losses(self) -> str:
        """Of a range: ``differ`` if one arm lost more beyond sampling error, else ``alike``."""
        return self.record.losses

    @property
    def refused(self) -> str:
        """Why there is no interval, or an empty text."""
        return self.record.refused

    @property
    def why(self) -> str:
        """Why there is no interval, in words."""
        return self._words.label(f"refused.{self.record.refused}") if self.record.refused else ""

    @property
    def n(self) -> str:
        """Number of units used, with their noun."""
        if self.hidden or np.isnan(self.record.persons):
            return HIDDEN
        return self._words.noun(self.record.unit_level or "person", int(self.record.persons))

    @property
    def groups(self) -> str:
        """Number of groups used, with their noun where there is one."""
        if not self.record.groups_by_arm:  # with those by arm all are left out
            return HIDDEN
        number = sum(unpaired(self.record.groups_by_arm).values())
        units = self._words.study.contract.units
        return self._words.noun("group", number) if "group" in units else self._words.count(number)

    @property
    def clusters(self) -> str:
        """Number of clusters used."""
        return HIDDEN if self.hidden else self._words.count(self.record.clusters)

    @property
    def label(self) -> str:
        """Label of the outcome, or of a family's index."""
        if self.record.quantity == "family_index":
            return self._words.label("family_index.of", family=self._words.family(self.record.outcome))
        return self._words.label(self.record.outcome)

    @property
    def named(self) -> str:
        """Label of the outcome with its wave, for lists."""
        return f"{self.label} ({self.wave})"

    @property
    def wave(self) -> str:
        """Label of the wave, or of the waves together."""
        waves = self._words.study.contract.waves
        if self.record.wave in waves:
            return self._words.label(self.record.wave)
        parts = [w for w in waves if f"_{w}_" in f"_{self.record.wave}_"]
        return self._words.listed([self._words.label(w) for w in parts])

    @property
    def arm(self) -> str:
        """Label of the arm."""
        return self._words.label(self.record.arm) if self.record.arm else ""

    @property
    def reference(self) -> str:
        """Label of the arm compared with."""
        return self._words.label(self.record.reference) if self.record.reference else self._words.label("no_offer")

    @property
    def reference_mean(self) -> str:
        """Mean of the outcome in the reference arm."""
        return self._measure(self.record.reference_mean, False)

    @property
    def specification(self) -> str:
        """Label of the specification."""
        said = self._words.said(self._words.study.label(self.record.specification))
        return said or self.record.specification

    @property
    def claim(self) -> str:
        """Key of the words that the assignment and the estimator allow."""
        return claim(self.record.assignment, self._estimator)

    @property
    def _estimator(self) -> str:
        specifications = self._words.study.contract.specifications
        name = self.record.specification
        return specifications[name].estimator if name in specifications else "level"


def claim(assignment: str, estimator: str) -> str:
    """Return which words a design allows: ``because``, ``trends``, ``adjusted`` or ``changed`` (contract.md)."""
    if estimator.startswith("change") or assignment == "no comparison":
        return "changed"
    if assignment == "randomised":
        return "because"
    return "trends" if estimator.startswith("difference") else "adjusted"
