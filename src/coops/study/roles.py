"""The roles that the codebook gives to variables, held against what ``study.toml`` says of them."""

from coops.study.codebook import Variable
from coops.study.faults import Faults
from coops.study.findings import FindingError
from coops.study.schema import Contract
from coops.study.scorecard_reader import read_scorecard
from coops.study.study import Study

Places = dict[str, set[str]]  # field of study.toml -> the names that stand there
TYPES = {"date": ("date", "time"), "amount": ("number", "integer"), "place": ("text", "category", "multiple")}


def roles(study: Study, faults: Faults) -> None:
    """A role does not contradict ``study.toml``: where this names variables for it, the variable is one of them.

    Where it names none the role is a note; dates, amounts and places have a type that fits.
    """
    for variable in study.codebook.variables if not faults.all else ():
        fitting = TYPES.get(variable.role, (variable.type,))
        if variable.type not in fitting:
            role, kind, known = variable.role, variable.type, " | ".join(fitting)
            faults.of_variable("E_ROLE_TYPE", variable, "role", role=role, type=kind, known=known)
        places = {at: names - {""} for at, names in _places(study, variable).items() if names - {""}}
        if places and not any(variable.name in names for names in places.values()):
            known = ", ".join(sorted(set().union(*places.values())))
            faults.of_variable("E_ROLE", variable, ", ".join(places), role=variable.role, known=known)


def _places(study: Study, variable: Variable) -> Places:
    """Return where ``study.toml`` names the variables of a role; for keys, links and waves, those of the same table."""
    contract, role, name = study.contract, variable.role, variable.table
    design, specifications = contract.design, contract.specifications
    delivery, fieldwork = contract.delivery, contract.fieldwork
    if role == "key":
        return {f"tables.{name}.key": set(contract.tables[name].key)}
    if role == "link":
        table, units = contract.tables[name], [table for table in contract.tables.values() if table.level != "event"]
        keys = {unit.key[0] for unit in units} if table.level == "event" else set()
        return {f"tables.{name}.group": {table.group}, "tables.NAME.key": keys}
    if role == "wave":
        of_events = contract.tables[name].level == "event"
        others = {part.wave for part in (delivery, fieldwork) if part is not None and of_events}
        return {
            f"tables.{name}.wave_column": {contract.tables[name].wave_column},
            "delivery.wave, fieldwork.wave": others,
        }
    if role == "arm":
        own = {variable for specification in specifications.values() for variable in specification.arm or ()}
        return {"design.arm": set(design.arm), "specifications.NAME.arm": own}
    if role == "stratum":
        own = {variable for specification in specifications.values() for variable in specification.strata or ()}
        return {"design.strata": set(design.strata), "specifications.NAME.strata": own}
    if role == "status":
        return {"design.status": {design.status}, "delivery.delivered": {delivery.delivered if delivery else ""}}
    if role == "item":
        return _items(study)
    if role == "placebo":
        outcomes = {outcome.variable for each in specifications.values() if each.placebo for outcome in each.outcomes}
        rests_on = {name for outcome in outcomes for name in study.measured_inputs(outcome)}
        return {"specifications.NAME.outcomes": outcomes | rests_on}
    return {}


def _items(study: Study) -> Places:
    """Return what is scored, and what is asked or held together."""
    contract = study.contract
    try:
        card = read_scorecard(study)
    except FindingError:
        return {}  # told where the scorecard is read
    places = {"diagnosis.csv": {item.variable for item in card.items} if card else set()}
    places["fieldwork.battery"] = set(contract.fieldwork.battery) if contract.fieldwork else set()
    places["delivery.capacities"] = set(contract.delivery.capacities) if contract.delivery else set()
    derived = {name for names in places.values() for name in names if name in contract.derived}
    return places | {"derived.NAME.of": {variable for name in derived for variable in study.measured_inputs(name)}}


def with_roles(contract: Contract, variables: tuple[Variable, ...]) -> Contract:
    """Take the wave column and the link of a table from the roles where ``study.toml`` leaves them out."""
    tables = {}
    for name, table in contract.tables.items():
        of_role = {variable.role: variable.name for variable in variables if variable.table == name}
        own = {"group": of_role.get("link", "")} if table.level == "person" and not table.group else {}
        if not (table.wave or table.wave_column) and table.level != "event":
            own["wave_column"] = of_role.get("wave", "")
        tables[name] = table.model_copy(update=own)
    return contract.model_copy(update={"tables": tables})
