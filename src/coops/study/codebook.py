"""The codebook: what each variable is, in each version of the questionnaire.

A column of ``codebook.csv`` is declared once, as a field of :class:`Variable`: what it says, which words it may hold,
how a cell is read. The reader, the draft of a codebook and the table of ``data/README.md`` are made of these.
"""

from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from coops.study.findings import Finding, FindingError, finding, received_rows
from coops.study.languages import LANGUAGES, stand_in

TYPES = ("text", "number", "integer", "category", "multiple", "date", "time")
ROLES = ("", "key", "link", "wave", "arm", "stratum", "status", "date", "amount", "place", "item", "placebo")
WHOLE = ("integer", "category", "multiple")  # types that have no decimals


# -- how a cell is read: ValueError if it cannot be ------------------------------------------------


def _end(place: int) -> Callable[[str], float | None]:
    def read(cell: str) -> float | None:
        ends = cell.split("..")
        if len(ends) != 2:
            raise ValueError(cell)
        return float(ends[place]) if ends[place].strip() else None

    return read


def _decimals(cell: str) -> int:
    if not cell.isdecimal():
        raise ValueError(cell)
    return int(cell)


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(value.strip() for value in cell.split("|") if value.strip())


def _reasons(cell: str) -> dict[str, str]:
    codes = (code.partition("=") for code in cell.split("|") if code)
    return {code.strip(): reason.strip() or "missing" for code, _, reason in codes}


def _relevant(cell: str) -> tuple[str, tuple[str, ...]]:
    name, sign, values = cell.partition("=")
    if not (sign and name.strip() and _listed(values)):
        raise ValueError(cell)
    return name.strip(), _listed(values)


def column(
    description: str,
    default: Any = "",
    *,
    name: str = "",
    known: tuple[str, ...] = (),
    read: Callable[[str], Any] = str,
    like: tuple[str, ...] = (),
    obligatory: bool = False,
    drafted: bool = True,
    languages: bool = False,
) -> Any:
    """Declare a column.

    ``description``: what it says; ``name``: if it is not that of the field; ``known``: the words it may hold; ``read``:
    what a cell that is not empty becomes, ``like`` examples of it; ``drafted``: it stands in a draft made from data;
    ``languages``: there is one a language, ``name_LANGUAGE``.
    """
    metadata = {"description": description, "name": name, "known": known, "read": read, "like": like}
    metadata |= {"obligatory": obligatory, "drafted": drafted, "languages": languages}
    start: dict[str, Any] = {"default_factory": dict} if default == {} else {"default": default}
    return field(**start, metadata=metadata)


@dataclass(frozen=True)
class Variable:
    """One variable in one version of the questionnaire (one row of ``codebook.csv``)."""

    table: str = column("the table, as named in `study.toml`", obligatory=True, like=("the name of a table",))
    name: str = column("the column, after `rename`", obligatory=True, like=("the name of a column",))
    type: str = column(
        "`text`, `number`, `integer`, `category` (one of a list), `multiple` (several of a list, parted by spaces),"
        " `date`, `time` (day and time of day)",
        "number",
        known=TYPES,
        obligatory=True,
    )
    unit: str = column("unit, in words; `share` for a variable from 0 to 1, which is shown in per cent")
    decimals: int = column(
        "decimals shown; 2 if empty, 0 for `integer`, `category` and `multiple`",
        2,
        read=_decimals,
        like=("0", "1", "2"),
    )
    allowed: tuple[str, ...] = column("allowed values, parted by vertical bars: `0|1`", (), read=_listed)
    low: float | None = column(
        "lowest and highest value: `0..100`, `0..`, `..100`",
        None,
        name="range",
        read=_end(0),
        like=("0..100", "0..", "..100"),
    )
    high: float | None = column("", None, name="range", read=_end(1), like=("0..100", "0..", "..100"))
    missing: dict[str, str] = column(  # code as received -> reason
        "codes of missing answers with their reasons: `-98=does not know|-99=refused`", {}, read=_reasons
    )
    pii: str = column(
        "how personal it is: `D` names somebody directly, `Q` may do so together with others, `S` sensitive, `N` not at"
        " all",
        known=("", "D", "Q", "S", "N"),
    )
    role: str = column("what it is for, in one word, which `study.toml` may not contradict", known=ROLES)
    direction: str = column("`up` or `down`: which way is better; the index of a family needs it of each outcome")
    label: dict[str, str] = column(
        "its name, in each language; obligatory in each language of the study for what is shown", {}, languages=True
    )
    question: dict[str, str] = column("the question asked, in each language", {}, languages=True, drafted=False)
    hint: dict[str, str] = column(
        "a hint for who asks, in each language; what is read aloud", {}, languages=True, drafted=False
    )
    required: bool = column(
        "`yes`: an answer is due wherever the question is asked; `no`",
        False,
        known=("", "yes", "no"),
        read="yes".__eq__,
        drafted=False,
    )
    relevant: tuple[str, tuple[str, ...]] | None = column(
        "asked only where another variable of the table has one of these values: `kind=herbs|trees`",
        None,
        read=_relevant,
        like=("variable=value|value",),
        drafted=False,
    )
    section: str = column("group of questions in the form", drafted=False)
    source: str = column("where the variable comes from")
    version_from: str = column(
        "first version of the questionnaire in which the row holds: a `form_version` of a wave; from the start if"
        " empty",
        drafted=False,
    )
    version_to: str = column("last such version; to the end if empty", drafted=False)
    comparable: str = column(
        "is it comparable with the row before of the same variable: `same`, `no`, or `recode: NAME` with the derived"
        " variable to be used instead; empty means `no`",
        drafted=False,
    )
    row: int = 0

    @property
    def numeric(self) -> bool:
        """Tell whether it can be averaged."""
        return self.type in ("number", "integer")


def _names(declared: Field) -> list[str]:
    """Return the columns of a field."""
    name = declared.metadata["name"] or declared.name
    return [f"{name}_{language}" for language in LANGUAGES] if declared.metadata["languages"] else [name]


DECLARED = tuple(declared for declared in fields(Variable) if declared.metadata)
COLUMNS = tuple(dict.fromkeys(name for declared in DECLARED for name in _names(declared)))
OBLIGATORY = tuple(declared.name for declared in DECLARED if declared.metadata["obligatory"])
DRAFTED = tuple(dict.fromkeys(name for each in DECLARED if each.metadata["drafted"] for name in _names(each)))


def documented() -> dict[tuple[str, ...], tuple[str, tuple[str, ...]]]:
    """Return the columns in their order: names → what they say, and the words that they may hold."""
    described = [(each, each.metadata) for each in DECLARED if each.metadata["description"]]
    return {tuple(_names(each)): (meta["description"], tuple(filter(None, meta["known"]))) for each, meta in described}


@dataclass(frozen=True)
class Codebook:
    """All variables; several rows for a variable whose question changed."""

    variables: tuple[Variable, ...]
    versions: tuple[str, ...] = ()  # versions of the questionnaire, in the order of the waves

    def of_table(self, table: str) -> dict[str, list[Variable]]:
        """Return the variables of one table: name → its rows."""
        rows: dict[str, list[Variable]] = {}
        for variable in self.variables:
            if variable.table == table:
                rows.setdefault(variable.name, []).append(variable)
        return rows

    def names(self) -> set[str]:
        """Return the names of all variables."""
        return {variable.name for variable in self.variables}

    def get(self, name: str) -> Variable:
        """Return the newest row of a variable: the one that labels and units come from."""
        return [variable for variable in self.variables if variable.name == name][-1]

    def in_version(self, rows: list[Variable], version: str) -> list[Variable]:
        """Return the rows of a variable that hold in one version of the questionnaire."""
        order = list(self.versions)

        def holds(row: Variable) -> bool:
            if version not in order:
                return True
            place = order.index(version)
            first = order.index(row.version_from) if row.version_from in order else 0
            last = order.index(row.version_to) if row.version_to in order else len(order) - 1
            return first <= place <= last

        return [row for row in rows if holds(row)]

    def comparable(self, name: str, versions: list[str]) -> bool:
        """Tell whether the question was the same in all these versions, or is stated to be comparable."""
        rows = [variable for variable in self.variables if variable.name == name]
        used = []
        for version in versions:
            held = self.in_version(rows, version)
            used += [row for row in held[:1] if row not in used]
        later = sorted(used, key=lambda row: row.row)[1:]
        return all(row.comparable == "same" for row in later)


def read_codebook(path: Path, versions: tuple[str, ...] = ()) -> Codebook:
    """Read ``codebook.csv``.

    Raises
    ------
    FindingError
        With every fault of the file: columns, types, roles, ranges, double rows.
    """
    if not path.is_file():
        raise FindingError(finding("E_NO_CODEBOOK", file=path.name))
    rows, faults = received_rows(path, COLUMNS, OBLIGATORY, "E_CODEBOOK_COLUMN", "E_CODEBOOK_UNKNOWN")
    variables, seen = [], set()
    for number, cells in rows:
        faults += _todo(path.name, number, cells)
        variable, wrong = _variable(path.name, number, cells)
        faults += wrong
        identity = (variable.table, variable.name, variable.version_from)
        if identity in seen:
            faults.append(finding("E_CODEBOOK_TWICE", file=path.name, row=number, column=variable.name))
        seen.add(identity)
        variables.append(variable)
    if faults:
        raise FindingError(*faults)
    return Codebook(tuple(variables), versions)


def _todo(file: str, number: int, cells: dict[str, str]) -> list[Finding]:
    return [
        finding("E_TODO", file=file, row=number, column=name, key=cells["name"], what=cell[4:].strip(": "))
        for name, cell in cells.items()
        if cell.startswith("TODO")
    ]


def _variable(file: str, number: int, cells: dict[str, str]) -> tuple[Variable, list[Finding]]:
    """Read one row; a cell that does not fit is a finding, and its field takes the default."""
    values: dict[str, Any] = {"decimals": 0} if cells["type"] in WHOLE else {}
    wrong: dict[str, tuple[str, ...]] = {}  # column -> what it may hold
    for declared in DECLARED:
        metadata, name = declared.metadata, _names(declared)[0]
        if metadata["languages"]:
            words = {language: cells[f"{declared.name}_{language}"] for language in LANGUAGES}
            values[declared.name] = stand_in({language: text for language, text in words.items() if text})
            continue
        cell = cells[name]
        if (metadata["obligatory"] and not cell) or (metadata["known"] and cell not in metadata["known"]):
            wrong[name] = metadata["known"] or metadata["like"]
        if cell or metadata["read"] is str:
            try:
                values[declared.name] = metadata["read"](cell)
            except ValueError:
                wrong[name] = metadata["like"]
    faults = []
    for name, known in wrong.items():
        if not cells[name].startswith("TODO"):
            place = {"file": file, "row": number, "column": name, "key": cells["name"]}
            fitting = " | ".join(filter(None, known))
            faults.append(finding("E_CODEBOOK_VALUE", **place, value=cells[name] or "–", known=fitting))
    return Variable(**values, row=number), faults
