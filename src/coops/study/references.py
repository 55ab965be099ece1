"""The names that ``study.toml`` uses: one walk over the model finds those that do not exist."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from coops.study.faults import Faults
from coops.study.findings import FindingError, nearest
from coops.study.schema import Part, Ref, Rule, Table
from coops.study.scorecard_reader import read_scorecard
from coops.study.study import Study


@dataclass(frozen=True)
class Name:
    """A name as it is used: its place, what it refers to, the parts that it stands in, the name of its entry."""

    text: str
    at: str
    references: tuple[Ref, ...]
    parts: tuple[Part, ...]
    entry: str

    def field(self, name: str) -> Any:
        """Value of a field beside the name, or else of a part around it; empty if there is none."""
        return next((getattr(part, name) for part in reversed(self.parts) if hasattr(part, name)), "")


def names(
    part: Part, at: str = "", parts: tuple[Part, ...] = (), entry: str = "", of_list: bool = False
) -> Iterator[Name]:
    """Yield every name that a part of ``study.toml`` uses, in the order of its fields.

    What stands in an item of a list has the place of the list.
    """
    for field, info in type(part).model_fields.items():
        place = at if of_list else f"{at}.{info.alias or field}".removeprefix(".")
        yield from _within(info.rebuild_annotation(), getattr(part, field), place, (*parts, part), entry)


def _within(
    kind: Any, value: Any, at: str, parts: tuple[Part, ...], entry: str, of_list: bool = False
) -> Iterator[Name]:
    if get_origin(kind) is Annotated:
        kind, *notes = get_args(kind)
        references = tuple(note for note in notes if isinstance(note, Ref))
        if references and value:
            yield Name(value, at, references, parts, entry)
    if isinstance(value, Part):
        yield from names(value, at, parts, entry, of_list)
    elif get_origin(kind) in (Union, UnionType):
        for option in get_args(kind) if value is not None else ():
            if option is not NoneType:
                yield from _within(option, value, at, parts, entry)
    elif isinstance(value, dict):
        of_name, of_value = get_args(kind)
        for name, inner in value.items():
            yield from _within(of_name, name, at, parts, entry)
            yield from _within(of_value, inner, at if isinstance(inner, str) else f"{at}.{name}", parts, name)
    elif isinstance(value, list):
        for item in value:
            yield from _within(get_args(kind)[0], item, at, parts, entry, of_list=True)


# -- what exists ------------------------------------------------------------------------------------


def _columns(study: Study, *tables: str) -> list[dict]:
    """Columns of each table that has any: what is said of no table, or of one that is not there, is not looked at."""
    return [columns for table in tables if table and (columns := study.codebook.of_table(table))]


def _arms_of_variable(study: Study, name: Name, ref: Ref) -> list[list[str]]:
    own = name.field("arm")
    arm = study.contract.design.arm if own is None else own
    return [arms] if len(arm) == 1 and (arms := study.arms_of(arm[0])) else []


def _values(study: Study, name: Name, ref: Ref) -> list[tuple[str, ...]]:
    """Values that the codebook allows of the column named beside."""
    rows = study.codebook.of_table(name.field("table")).get(name.field(ref.of[0]))
    return [rows[-1].allowed] if rows and rows[-1].allowed else []


def _of_units(study: Study) -> dict[str, Table]:
    return {name: table for name, table in study.contract.tables.items() if table.level != "event"}


def _unit_variables(study: Study, name: Name, ref: Ref) -> list[set[str]]:
    events = set(study.contract.tables) - set(_of_units(study))
    return [{variable.name for variable in study.codebook.variables if variable.table not in events}]


def _of_scorecard(study: Study, name: Name, ref: Ref) -> list[list[str]]:
    try:
        card = read_scorecard(study)
    except FindingError:
        return []  # told where the scorecard is read
    return [[part.name for part in card.parts] if card else []]


def _part(study: Study, name: Name, ref: Ref) -> list[Collection[str]]:
    return [getattr(study.contract, ref.kind)]


PARTS = ("tables", "waves", "samples", "arms", "specifications")  # entries of study.toml
KINDS: dict[str, Callable[[Study, Name, Ref], Sequence[Collection]]] = {  # a name must be in each collection
    **dict.fromkeys(PARTS, _part),
    "arms of variable": _arms_of_variable,
    "outcomes": lambda study, name, ref: [study.outcomes()],
    "columns": lambda study, name, ref: [study.columns()],
    "variables": lambda study, name, ref: [study.codebook.names()],
    "unit variables": _unit_variables,
    "unit keys": lambda study, name, ref: [{table.key[0] for table in _of_units(study).values()}],
    "unit keys and links": lambda study, name, ref: [
        {column for table in _of_units(study).values() for column in (table.key[0], table.group)}
    ],
    "column": lambda study, name, ref: _columns(study, *(name.field(field) for field in ref.of)),
    "entry column": lambda study, name, ref: _columns(study, name.entry),
    "values": _values,
    "keys": lambda study, name, ref: [name.field(ref.of[0])],
    "scorecard": _of_scorecard,
}


def unknown(study: Study, faults: Faults) -> None:
    """Find every name that does not exist, and every variable that must be a number and is none."""
    for name in names(study.contract):
        for ref in name.references:
            if ref.kind == "scorecard" and faults.all:
                break  # it is read by what the study says, which is not right
            if not all([_is_known(name, ref, known, study, faults) for known in KINDS[ref.kind](study, name, ref)]):
                break


def _is_known(name: Name, ref: Ref, known: Collection, study: Study, faults: Faults) -> bool:
    part = name.parts[1]
    if isinstance(part, Rule) and ref.kind == "column" and name.text not in known:
        near, rule = nearest(name.text, known), name.at.rsplit(".", 1)[0]
        faults.add("E_RULE_NAME", rule, name=name.text, table=part.table, nearest=near)
        return False
    if not faults.known(name.at, name.text, known):
        return False
    if ref.numeric:
        variable = known[name.text][-1] if isinstance(known, dict) else study.codebook.get(name.text)
        if not variable.numeric:
            kind = f"{name.text} ({variable.type})"
            faults.add("E_FIELD_VALUE", name.at, value=kind, expected="number | integer")
    return True
