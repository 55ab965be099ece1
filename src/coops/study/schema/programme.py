"""What the study is, asks and holds: rounds, tables, rules, samples, derived variables, forms, arms, release."""

from collections.abc import Callable
from datetime import date as Day
from typing import Annotated, Literal

from pydantic import Field

from coops.study.schema.base import (
    ColumnName,
    ColumnOfTable,
    Identifier,
    Language,
    Listed,
    Names,
    Part,
    Ref,
    TableName,
    Value,
    Values,
    WaveName,
    Words,
)

OwnColumn = Annotated[str, Ref("entry column")]  # of the same table


class Identity(Part):
    """What this study is."""

    id: Identifier = Field(description="short name, used in file names")
    title: Words = Field(description="title, in each language of the study")
    label: Literal["DEMONSTRATION", "PUBLIC", "FIELD"] = Field(description="kind of study; decides what may leave")
    languages: list[Language] = Field(
        description="languages of its exhibits and pages, the first one leads", min_length=1
    )
    seed: int = Field(description="seed of every random number of the study")
    summary: Words = Field({}, description="what was done, for whom and where, in one sentence; it opens the page")
    licence: str = Field("", description="licence of the data; obligatory for PUBLIC")
    citation: str = Field("", description="who collected and published the data; obligatory for PUBLIC")
    facts: str = Field(
        "",
        description="file of published facts, from the study folder; its columns are those of"
        " `data/published/facts.csv`",
    )
    coverage: Literal["census", "sample"] = Field(
        "sample", description="are all units of the frame in the data, or a sample of them"
    )
    frame_size: int | None = Field(None, gt=0, description="number of units in the frame, if known; a note for readers")
    sender: Language | Literal[""] = Field(
        "", description="language of those who send the data: what is wrong is told in it; the first one if empty"
    )
    version: str = Field("", description="version of the study, shown on the page")
    date: Day | None = Field(None, description="date of the study, shown on the page")


class Noun(Part):
    """The noun of a level, in one language, in the plural forms of that language (CLDR names)."""

    one: str = Field(description="one of them")
    other: str = Field(description="any other number")
    zero: str = Field("", description="none (Arabic)")
    two: str = Field("", description="two (Arabic dual)")
    few: str = Field("", description="3 to 10 (Arabic)")
    many: str = Field("", description="11 to 99 (Arabic), a million (French)")
    gender: Literal["m", "f", ""] = Field("", description="grammatical gender; words around the noun agree with it")


class Wave(Part):
    """One round of data."""

    label: Words = Field(description="its name, in each language")
    values: Values = Field([], description="how the raw data write it in the wave column; its own name if empty")
    start: Day | None = Field(None, description="first day of the round; as `2001-10-14`")
    end: Day | None = Field(None, description="last day of the round; as `2001-10-31`")
    form_version: Value = Field("", description="version of the questionnaire used")
    expected_rows: int | None = Field(
        None, ge=0, description="rows expected in the data of this round; another number gives a warning"
    )
    price_index: float | None = Field(None, gt=0, description="price level, for derived variables of kind deflate")


class Table(Part):
    """One table of raw data."""

    level: Literal["group", "person", "event"] = Field(description="what a row is about")
    files: Names = Field(
        description="file names or patterns below raw/; several are put one below the other", min_length=1
    )
    sheet: str = Field("", description="sheet of a workbook; its first one if empty")
    format: Literal["csv", "xlsx", "dta", "kobo", "odk", ""] = Field(
        "", description="format, if the ending of the file does not say it; `kobo` and `odk` for their exports"
    )
    wave: WaveName = Field("", description="the wave that all its rows belong to; not together with `wave_column`")
    wave_column: OwnColumn = Field(
        "", description="the column that says the wave of a row; of units, the one with the role `wave` if empty"
    )
    key: Listed[OwnColumn] = Field(
        description="columns that name a row; with a wave column, the unit is the key without it; never"
        " empty, never twice",
        min_length=1,
    )
    group: OwnColumn = Field(
        "", description="the column that links a person to her group; the one with the role `link` if empty"
    )
    rename: dict[str, str] = Field({}, description="columns renamed on arrival: received name = name here")
    once: bool = Field(
        False, description="true: a unit may come in several rows that agree; they are one, and an empty cell gives way"
    )


class Form(Part):
    """A questionnaire for KoboToolbox or ODK, made from the codebook."""

    title: Words = Field(description="its title, in each language")
    tables: Listed[TableName] = Field(description="tables whose variables it asks, in this order", min_length=1)
    version: Value = Field("", description="version of the questionnaire; that of the last wave if empty")


class Arm(Part):
    """One arm: a value, or several values put together under one name."""

    label: Words = Field(description="its name, in each language")
    values: Values = Field(description="how the data write it; several values are merged")
    variable: ColumnName = Field("", description="the arm's variable, if not the one of [design]")


class Release(Part):
    """What may leave."""

    min_persons: int = Field(10, ge=1, description="fewest persons behind a number that is shown")
    min_groups: int = Field(
        5, ge=1, description="fewest groups behind a number that is shown; applied in part, see below"
    )
    merge: dict[str, Names] = Field({}, description="strata shown together: name = values")


class DataProtection(Part):
    """What a FIELD study must state before its data are read."""

    receipt: str = Field(description="number of the receipt or authorisation")
    controller: str = Field(description="who is responsible for the data")
    purpose: str = Field(description="what the data were collected for")
    hosting_country: str = Field(description="country where the data are kept")
    retention_date: Day = Field(description="day after which the data are destroyed; as `2031-12-31`")


class Holds(Part):
    """A condition on one variable of a row; one of equals, in, between, present is given."""

    variable: ColumnOfTable = Field(description="name of the variable, one of the same table")
    equals: Value | None = Field(None, description="the value")
    among: Values | None = Field(None, alias="in", description="one of these values")
    between: tuple[float, float] | None = Field(None, description="lowest and highest value, both included")
    present: bool | None = Field(None, description="true: there is a value")
    negate: bool = Field(False, alias="not", description="true turns the condition round")

    def written(self, valued: Callable[[str], str] = str) -> str:
        """What must hold of the variable, in signs, such as ``= seen``; ``valued``: how a value is written."""
        if self.present is not None:
            return "= ∅" if self.present == self.negate else "≠ ∅"
        if self.equals is not None:
            return f"{'≠' if self.negate else '='} {valued(str(self.equals))}"
        inside = valued(f"[{self.between[0]:g}, {self.between[1]:g}]") if self.between else ""
        values = inside or f"{{{', '.join(valued(str(value)) for value in self.among or ())}}}"
        return f"{'∉' if self.negate else '∈'} {values}"


class Condition(Holds):
    """A condition on one variable at a wave."""

    variable: ColumnName = Field(description="name of the variable")
    wave: WaveName = Field("", description="wave at which it is read; the outcome's wave if empty")


RuleKind = Literal[
    "order", "distinct", "one_of", "alone", "implies", "in_wave", "known", "counted", "constant", "not_falling", "ratio"
]


class Rule(Part):
    """A rule that rows of a table must keep, over cells that were understood."""

    table: TableName = Field(description="table whose rows are checked")
    kind: RuleKind = Field(
        description="`order`: not falling from left to right; `distinct`: all different; `one_of`: exactly one is"
        " given; `alone`: the value goes with no other; `implies`: where `when` holds, `then` holds; `in_wave`: a date"
        " within its wave; `known`: stands in the key of another table; `counted`: at least the rows of the unit in"
        " another table; `constant`, `not_falling`, `ratio`: from wave to wave of a unit"
    )
    of: Listed[ColumnOfTable] = Field([], description="variables of the rule")
    value: Value = Field("", description="alone: the value")
    when: list[Holds] = Field([], description="implies: conditions on the row; all must hold")
    then: list[Holds] = Field([], description="implies: conditions that must then hold")
    other: TableName = Field("", description="known, counted: the other table")
    low: float | None = Field(None, description="ratio: lowest quotient of a value and the one before")
    high: float | None = Field(None, description="ratio: highest such quotient")
    severity: Literal["error", "warning"] = Field(
        "error", description="`error` puts the row aside; `warning` is only told"
    )
    label: Words = Field({}, description="what is wrong, in each language; said with the finding")


class Sample(Part):
    """Units that fulfil all conditions."""

    label: Words = Field({}, description="its name, in each language")
    conditions: list[Condition] = Field(description="conditions; all must hold", min_length=1)


class Derived(Part):
    """A variable computed from others."""

    kind: Literal["sum", "mean", "ratio", "log", "recode", "band", "deflate", "standardise", "total"] = Field(
        description="how"
    )
    of: Listed[Annotated[str, Ref("variables"), Ref("column", "table")]] = Field(
        description="from which variables", min_length=1
    )
    label: Words = Field(description="its name, in each language")
    unit: str = Field("", description="its unit")
    decimals: int = Field(2, ge=0, le=6, description="decimals shown")
    direction: Literal["up", "down", ""] = Field(
        "",
        description="which way is better, for the index of a family; that of its inputs if empty, where they"
        " agree and more of them is more of it",
    )
    missing: Literal["any", "all"] = Field("any", description="missing if any input is, or only if all are")
    values: dict[str, Value] = Field({}, description="recode: received value = new value; others become missing")
    bounds: list[float] = Field([], description="band: lower bounds of the bands after the first, rising")
    names: Names = Field([], description="band: names of the bands, one more than bounds")
    base: WaveName = Field(
        "", description="deflate: wave whose prices are used; standardise: wave whose mean and SD are used"
    )
    arm: Annotated[str, Ref("arms")] = Field(
        "", description="standardise: arm whose mean and SD are used; all units if empty"
    )
    table: TableName = Field("", description="total: table of events whose values are added up")
    by: Annotated[str, Ref("column", "table"), Ref("unit keys")] = Field(
        "", description="total: column of that table that names the unit"
    )
    when: list[Holds] = Field(
        [], description="total: conditions on the events that count; all must hold; as in `[rules.NAME]`"
    )
