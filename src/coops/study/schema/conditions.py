"""Rules that rows keep, samples, derived variables."""

from typing import Annotated, Literal

from pydantic import Field

from coops.study.schema.base import (
    ColumnName,
    ColumnOfTable,
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


class Holds(Part):
    """A condition on one variable of a row; one of equals, in, between, present is given."""

    variable: ColumnOfTable = Field(description="name of the variable, one of the same table")
    equals: Value | None = Field(None, description="the value")
    among: Values | None = Field(None, alias="in", description="one of these values")
    between: tuple[float, float] | None = Field(None, description="lowest and highest value, both included")
    present: bool | None = Field(None, description="true: there is a value")
    negate: bool = Field(False, alias="not", description="true turns the condition round")


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
