"""The codebook: what each variable is, in each version of the questionnaire."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

from coops.study.findings import Finding, FindingError, found, nearest

COLUMNS = (
    "table name type unit decimals allowed range missing pii role direction required relevant section"
    " label_en label_fr label_ar question_en question_fr question_ar hint_en hint_fr hint_ar"
    " source version_from version_to comparable"
).split()
OBLIGATORY = ("table", "name", "type")
TYPES = ("text", "number", "integer", "category", "multiple", "date", "time")
ROLES = ("", "key", "link", "wave", "arm", "stratum", "status", "date", "amount", "place", "item", "placebo")
PII = ("", "D", "Q", "S", "N")
YES = ("", "yes", "no")


@dataclass(frozen=True)
class Variable:
    """One variable in one version of the questionnaire (one row of ``codebook.csv``)."""

    table: str
    name: str
    type: str = "number"
    unit: str = ""
    decimals: int = 2
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    missing: dict[str, str] = field(default_factory=dict)  # code as received -> reason
    pii: str = ""
    role: str = ""
    direction: str = ""
    label: dict[str, str] = field(default_factory=dict)
    question: dict[str, str] = field(default_factory=dict)
    hint: dict[str, str] = field(default_factory=dict)
    required: bool = False
    relevant: tuple[str, tuple[str, ...]] | None = None  # asked only where this variable has one of these values
    section: str = ""
    source: str = ""
    version_from: str = ""
    version_to: str = ""
    comparable: str = ""
    row: int = 0

    @property
    def numeric(self) -> bool:
        """Tell whether it can be averaged."""
        return self.type in ("number", "integer")


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
        raise FindingError(found("E_NO_CODEBOOK", file=path.name))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise FindingError(found("E_ENCODING", file=path.name)) from None
    reader = csv.DictReader(text.splitlines())
    header = reader.fieldnames or []
    faults = [found("E_CODEBOOK_COLUMN", file=path.name, column=name) for name in OBLIGATORY if name not in header]
    faults += [
        found("E_CODEBOOK_UNKNOWN", file=path.name, column=name, nearest=nearest(name, COLUMNS))
        for name in header
        if name not in COLUMNS
    ]
    if faults:
        raise FindingError(*faults)
    variables, seen = [], set()
    for number, row in enumerate(reader, start=2):
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if not any(cells.values()):
            continue
        surplus = " | ".join(filter(None, row.get(None) or []))
        if surplus:
            faults.append(found("E_CSV_SHAPE", file=path.name, row=number, problem=surplus))
        faults += _todo(path.name, number, cells)
        variable, wrong = _variable(path.name, number, cells)
        faults += wrong
        identity = (variable.table, variable.name, variable.version_from)
        if identity in seen:
            faults.append(found("E_CODEBOOK_TWICE", file=path.name, row=number, column=variable.name))
        seen.add(identity)
        variables.append(variable)
    if faults:
        raise FindingError(*faults)
    return Codebook(tuple(variables), versions)


def _todo(file: str, number: int, cells: dict[str, str]) -> list[Finding]:
    return [
        found(
            "E_TODO", file=file, row=number, column=name, key=cells["name"], what=cell.removeprefix("TODO").strip(": ")
        )
        for name, cell in cells.items()
        if cell.startswith("TODO")
    ]


def _variable(file: str, number: int, cells: dict[str, str]) -> tuple[Variable, list[Finding]]:
    """Read one row; a field that does not fit is a finding and takes its default."""
    faults = []

    def wrong(column: str, known) -> None:
        value = cells[column]
        if value.startswith("TODO"):
            return
        faults.append(
            found(
                "E_CODEBOOK_VALUE",
                file=file,
                row=number,
                column=column,
                key=cells["name"],
                value=value or "–",
                known=" | ".join(one for one in known if one),
            )
        )

    for column, known in (("table", ["the name of a table"]), ("name", ["the name of a column"])):
        if not cells[column]:
            wrong(column, known)
    for column, known in (("type", TYPES), ("role", ROLES), ("pii", PII), ("required", YES)):
        if cells[column] not in known:
            wrong(column, known)
    low = high = None
    if cells["range"]:
        try:
            low, high = (float(end) if end.strip() else None for end in cells["range"].split(".."))
        except ValueError:
            wrong("range", ["0..100", "0..", "..100"])
    decimals = 0 if cells["type"] in ("integer", "category", "multiple") else 2
    if cells["decimals"]:
        if cells["decimals"].isdecimal():
            decimals = int(cells["decimals"])
        else:
            wrong("decimals", ["0", "1", "2"])
    missing = {}
    for code in filter(None, cells["missing"].split("|")):
        value, _, reason = code.partition("=")
        missing[value.strip()] = reason.strip() or "missing"
    languages = {
        kind: {one: cells[f"{kind}_{one}"] for one in ("en", "fr", "ar") if cells[f"{kind}_{one}"]}
        for kind in ("label", "question", "hint")
    }
    relevant = None
    if cells["relevant"]:
        name, sign, values = cells["relevant"].partition("=")
        relevant = (name.strip(), tuple(one.strip() for one in values.split("|") if one.strip()))
        if not (sign and relevant[0] and relevant[1]):
            wrong("relevant", ["variable=value|value"])
    variable = Variable(
        **{name: cells[name] for name in ("table", "name", "type", "unit", "pii", "role", "direction", "source")},
        **{name: cells[name] for name in ("version_from", "version_to", "comparable", "section")},
        decimals=decimals,
        allowed=tuple(one.strip() for one in cells["allowed"].split("|") if one.strip()),
        low=low,
        high=high,
        missing=missing,
        label=languages["label"],
        question=languages["question"],
        hint=languages["hint"],
        required=cells["required"] == "yes",
        relevant=relevant,
        row=number,
    )
    return variable, faults
