"""How the scorecard is read, and what field studies say beside it."""

from typing import Annotated, Literal

from pydantic import Field

from coops.study.schema.base import (
    ColumnOfTable,
    Identifier,
    Listed,
    Part,
    Ref,
    SampleName,
    TableName,
    Value,
    WaveName,
    Words,
)

OfUnits = Annotated[str, Ref("unit variables")]  # not of tables of events


class Level(Part):
    """One level of the overall score."""

    start: float = Field(
        ge=0,
        lt=1,
        description="lowest score of the level, from 0 to 1; a score exactly there belongs to it; the first"
        " level starts at 0",
    )
    label: Words = Field(description="its name, in each language")


class Diagnosis(Part):
    """How the scorecard in ``diagnosis.csv`` is read."""

    levels: dict[Identifier, Level] = Field(description="levels of the overall score, the lowest first", min_length=1)
    waves: Listed[WaveName] = Field(
        [], description="waves that are scored; every wave at which an item was asked if empty"
    )
    sample: SampleName = Field(
        "", description="sample (from [samples]) of the units that are scored; the population if empty"
    )
    groups: OfUnits = Field("", description="variable of the groups that are shown; the first of the strata if empty")
    answered: float = Field(0.75, gt=0, le=1, description="share of the items to be answered for an overall score")
    persons: int = Field(5, ge=1, description="fewest persons who answered, where an item is the mean of persons")
    weak: float = Field(0.4, gt=0, lt=1, description="a mean score below it is a weakness")
    strong: float = Field(0.6, gt=0, lt=1, description="a mean score of it or more is a strength")
    draws: int = Field(1000, ge=100, description="draws of other weights and cut-offs")
    concentration: float = Field(
        10, gt=0, description="how near the weights drawn stay to those of the scorecard: 10 is about 30 per cent off"
    )
    shift: float = Field(0.05, ge=0, lt=0.5, description="how far a cut-off is moved, up or down")
    firm: float = Field(0.8, gt=0, le=1, description="a level kept in a smaller share of the draws is uncertain")
    needs: Listed[OfUnits] = Field([], description="variables that name what a unit needs, the most needed first")


class Experts(Part):
    """Findings of field studies, coded in a table of events."""

    table: TableName = Field(description="table of the findings, one row each")
    columns: dict[
        Literal["id", "study", "theme", "stratum", "direction", "strength", "method", "sources"], ColumnOfTable
    ] = Field(
        description="its columns, by what they hold; `study`, `method` and `sources` may be left out; `id`,"
        " `theme`, `stratum`, `direction`, `strength` may not"
    )
    directions: dict[Literal["strength", "weakness", "opportunity", "threat"], Value] = Field(
        {}, description="how the table writes the four directions; the same words if empty"
    )
    everywhere: Value = Field("all", description="how it writes that a finding holds in every stratum")
    top: int = Field(3, ge=2, description="highest strength that an expert may give, from 1")
    sources: int = Field(5, ge=2, description="so many sources make one finding of the highest strength strong")
    themes: dict[str, Listed[Annotated[str, Ref("scorecard")]]] = Field(
        {}, description="dimensions or items of the scorecard that speak of a theme: theme = names"
    )
