"""What else is said of an estimate, as rows of the results."""

from coops.estimation.tidy import Row
from coops.show.results import of_number
from coops.study.study import Study


def again(estimate: Row, quantity: str, value: float, ends: dict, n: int | None, few: int, study: Study) -> dict:
    """A row that says another quantity of an estimate: ``ends`` are its interval and what else it says."""
    variable = study.codebook.get(estimate.outcome)
    named = {name: getattr(estimate, name) for name in ("outcome", "wave", "arm", "specification")}
    key = ".".join(part for part in (*named.values(), quantity) if part)
    row = of_number(key, value, unit=variable.unit, decimals=variable.decimals, n=n, few=few, study=study)
    return row | named | ends | {"quantity": quantity, "assignment": assignment(estimate.specification, study)}


def assignment(specification: str, study: Study) -> str:
    """The assignment that a specification states, or else the design."""
    return study.contract.specifications[specification].assignment or study.contract.design.assignment
