"""Check what [fieldwork], [delivery], [diagnosis] and [experts] need; that names exist is in :mod:`references`."""

from coops.study.faults import Faults
from coops.study.schema import Part
from coops.study.scorecard_reader import FILE
from coops.study.study import Study

OF_SUBMISSIONS = ("version", "enumerator", "start", "end")
OF_INTERVIEWS = ("submissions", "sample", "backchecks")
OF_ACTIVITIES = ("kind", "unit", "start", "planned", "delivered", "amount", "participants", "cost")
OF_ORGANISATIONS = ("organisation", "wave", "capacities")  # each needs the table, and the table each
OF_FINDINGS = ("id", "theme", "stratum", "direction", "strength")


def _together(table: str, part: Part, needs: list[tuple[str, str]], faults: Faults) -> None:
    """A field that is given needs another one of its table."""
    for field, other in needs:
        if getattr(part, field) and not getattr(part, other):
            faults.add("E_FIELDWORK_NEEDS", f"{table}.{field}", other=f"{table}.{other}")


def _fieldwork(study: Study, faults: Faults) -> None:
    """What goes together in [fieldwork], and numbers that can be."""
    fieldwork = study.contract.fieldwork
    if fieldwork is None:
        return
    needs = [(field, "submissions") for field in OF_SUBMISSIONS] + [("again", "backchecks"), ("guardian", "minors")]
    needs += [(table, "unit") for table in OF_INTERVIEWS]
    needs += [(table, "wave") for table in OF_INTERVIEWS if len(study.contract.waves) > 1]
    _together("fieldwork", fieldwork, needs, faults)
    if fieldwork.minutes[0] >= fieldwork.minutes[1]:
        faults.add("E_FIELD_VALUE", "fieldwork.minutes", value=str(list(fieldwork.minutes)), expected="[5, 120]")
    for hour in [hour for hour in fieldwork.night if not 0 <= hour <= 24]:
        faults.add("E_FIELD_VALUE", "fieldwork.night", value=hour, expected="0 … 24")
    for name, factors in fieldwork.money.items():
        if any(factor <= 1 for factor in factors):
            faults.add("E_FIELD_VALUE", f"fieldwork.money.{name}", value=str(factors), expected="> 1")


def _delivery(study: Study, faults: Faults) -> None:
    """What goes together in [delivery]; more than one status."""
    delivery = study.contract.delivery
    if delivery is None:
        return
    needs = [(field, "table") for field in OF_ACTIVITIES] + [(field, "organisations") for field in OF_ORGANISATIONS]
    needs += [("organisations", field) for field in OF_ORGANISATIONS]
    needs += [("table", "kind"), ("delivered", "statuses"), ("cost", "prices"), ("cost", "covers")]
    _together("delivery", delivery, needs, faults)
    if delivery.delivered and len(set(delivery.statuses)) == 1:
        faults.add("E_FIELD_VALUE", "delivery.statuses", value=str(delivery.statuses), expected='["yes", "no"]')


def _diagnosis(study: Study, faults: Faults) -> None:
    """A scorecard has its settings and settings their scorecard; levels rise from 0."""
    diagnosis = study.contract.diagnosis
    there = (study.folder / FILE).is_file()
    if diagnosis is None:
        if there:
            faults.add("E_MISSING_FIELD", "diagnosis")
        return
    if not there:
        faults.add("E_NO_SCORECARD", "diagnosis")
    starts = [level.start for level in diagnosis.levels.values()]
    if starts[0] != 0 or starts != sorted(set(starts)):
        faults.add("E_FIELD_VALUE", "diagnosis.levels", value=str(starts), expected="0 < … < 1")
    if diagnosis.weak > diagnosis.strong:
        faults.add("E_FIELD_VALUE", "diagnosis.weak", value=diagnosis.weak, expected=f"≤ {diagnosis.strong}")


def _experts(study: Study, faults: Faults) -> None:
    """The columns that the findings of field studies cannot do without."""
    experts = study.contract.experts
    for name in [name for name in OF_FINDINGS if experts is not None and name not in experts.columns]:
        faults.add("E_MISSING_FIELD", f"experts.columns.{name}")


PARTS = (_fieldwork, _delivery, _diagnosis, _experts)
