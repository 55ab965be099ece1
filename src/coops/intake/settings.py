"""Check what ``[diagnosis]`` and ``[experts]`` say against the scorecard, the codebook and the tables."""

from typing import TYPE_CHECKING

from coops.intake.findings import FindingError
from coops.intake.scorecard import FILE, read_scorecard
from coops.intake.study import Study

if TYPE_CHECKING:
    from coops.intake.consistency import Faults

NEEDED = ("id", "theme", "stratum", "direction", "strength")


def diagnosis(study: Study, faults: "Faults") -> None:
    """A scorecard has its settings and settings their scorecard; levels rise from 0; every name exists."""
    contract, says = study.contract, study.contract.diagnosis
    there = (study.folder / FILE).is_file()
    if says is None:
        if there:
            faults.add("E_MISSING_FIELD", "diagnosis")
        return
    if not there:
        faults.add("E_NO_SCORECARD", "diagnosis")
    starts = [level.start for level in says.levels.values()]
    if starts[0] != 0 or starts != sorted(set(starts)):
        faults.add("E_FIELD_VALUE", "diagnosis.levels", value=str(starts), expected="0 < … < 1")
    if says.weak > says.strong:
        faults.add("E_FIELD_VALUE", "diagnosis.weak", value=says.weak, expected=f"≤ {says.strong}")
    for wave in says.waves:
        faults.known("diagnosis.waves", wave, contract.waves)
    faults.known("diagnosis.sample", says.sample, contract.samples)
    events = {name for name, table in contract.tables.items() if table.level == "event"}
    of_units = {v.name for v in study.codebook.variables if v.table not in events}
    of_events = {v.name for v in study.codebook.variables if v.table in events and v.numeric}
    for field, known in (("needs", of_units), ("capacities", of_events)):
        for name in getattr(says, field):
            faults.known(f"diagnosis.{field}", name, known)
    faults.known("diagnosis.groups", says.groups, of_units)
    for name, level in says.levels.items():
        for language in contract.study.languages:
            if not (level.label.get(language) or (len(contract.study.languages) == 1 and level.label.get(""))):
                faults.add("E_NO_WORDS", f"diagnosis.levels.{name}.label", language=language)


def experts(study: Study, faults: "Faults") -> None:
    """The table of the findings and its columns exist; themes are spoken of by parts of the scorecard."""
    contract, says = study.contract, study.contract.experts
    if says is None:
        return
    if faults.known("experts.table", says.table, contract.tables):
        known = study.codebook.of_table(says.table)
        for column in says.columns.values():
            faults.known("experts.columns", column, known)
    for name in NEEDED:
        if name not in says.columns:
            faults.add("E_MISSING_FIELD", f"experts.columns.{name}")
    if says.themes and not faults.all:
        try:
            card = read_scorecard(study)
        except FindingError:
            return  # told where the scorecard is read
        names = [part.name for part in (*card.dimensions, *card.items)] if card else []
        for theme, parts in says.themes.items():
            for part in parts:
                faults.known(f"experts.themes.{theme}", part, names)
