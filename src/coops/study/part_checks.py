"""Check what [robustness], [delivery], [diagnosis] and [experts] say against tables, codebook and scorecard."""

from coops.study.faults import Faults
from coops.study.findings import FindingError
from coops.study.scorecard_reader import FILE, read_scorecard
from coops.study.study import Study

NEEDED = ("id", "theme", "stratum", "direction", "strength")


def robustness(study: Study, faults: Faults) -> None:
    """What the leading estimates are looked at again by exists."""
    contract, columns = study.contract, study.columns()
    for field, known in (("area", columns), ("supporter", columns), ("bands", columns), ("without", contract.samples)):
        faults.known(f"robustness.{field}", getattr(contract.robustness, field), known)
    for name in contract.robustness.alternatives:
        faults.known("robustness.alternatives", name, contract.specifications)


def delivery(study: Study, faults: Faults) -> None:
    """The tables of activities and organisations, their columns, and what goes together."""
    contract, says = study.contract, study.contract.delivery
    if says is None:
        return
    of_activities = ("kind", "unit", "start", "planned", "delivered", "amount", "participants", "cost")
    of_organisations = ("organisation", "wave", "capacities")
    numbers = ("amount", "participants", "cost", "capacities")
    for table, columns in (("table", of_activities), ("organisations", of_organisations)):
        if not faults.known(f"delivery.{table}", getattr(says, table), contract.tables):
            continue
        known = study.codebook.of_table(getattr(says, table))
        for field in columns:
            value = getattr(says, field)
            for name in value if isinstance(value, list) else [value]:
                if faults.known(f"delivery.{field}", name, known) and field in numbers and not known[name][-1].numeric:
                    kind = f"{name} ({known[name][-1].type})"
                    faults.add("E_FIELD_VALUE", f"delivery.{field}", value=kind, expected="number | integer")
        if table == "table":
            for field, values in (("delivered", "statuses"), ("planned", "planned_values")):
                allowed = known[getattr(says, field)][-1].allowed if getattr(says, field) in known else ()
                for name in getattr(says, values) if allowed else ():
                    faults.known(f"delivery.{values}", name, allowed)
            units = {c for t in contract.tables.values() if t.level != "event" for c in (t.key[0], t.group)}
            faults.known("delivery.unit", says.unit if says.unit in known else "", units)
    needs = [(field, "table") for field in of_activities] + [(field, "organisations") for field in of_organisations]
    needs += [("organisations", field) for field in of_organisations]
    needs += [("table", "kind"), ("delivered", "statuses"), ("cost", "prices"), ("cost", "covers")]
    for field, other in needs:
        if getattr(says, field) and not getattr(says, other):
            faults.add("E_FIELDWORK_NEEDS", f"delivery.{field}", other=f"delivery.{other}")
    if says.delivered and len(set(says.statuses)) == 1:
        faults.add("E_FIELD_VALUE", "delivery.statuses", value=str(says.statuses), expected='["yes", "no"]')


def diagnosis(study: Study, faults: Faults) -> None:
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
    for name in says.needs:
        faults.known("diagnosis.needs", name, of_units)
    faults.known("diagnosis.groups", says.groups, of_units)
    for name, level in says.levels.items():
        for language in contract.study.languages:
            if not (level.label.get(language) or (len(contract.study.languages) == 1 and level.label.get(""))):
                faults.add("E_NO_WORDS", f"diagnosis.levels.{name}.label", language=language)


def experts(study: Study, faults: Faults) -> None:
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
