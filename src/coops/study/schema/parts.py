"""The parts that a study may do without: field team, delivery, diagnosis by a scorecard, findings of field studies."""

from typing import Annotated, Literal

from pydantic import Field

from coops.study.schema.base import (
    ColumnOfTable,
    Identifier,
    Listed,
    Number,
    Part,
    Ref,
    SampleName,
    TableName,
    Value,
    Values,
    VariableName,
    WaveName,
    Words,
)

OfSubmissions = Annotated[str, Ref("column", "submissions")]
OfInterviews = Annotated[str, Ref("column", "submissions", "sample", "backchecks")]
OfOrganisations = Annotated[str, Ref("column", "organisations")]
NumberOfTable = Annotated[str, Ref("column", "table", numeric=True)]
OfUnits = Annotated[str, Ref("unit variables")]  # not of tables of events


class Fieldwork(Part):
    """What the field-team checks look at; a check whose table or column is not named does not run."""

    submissions: TableName = Field("", description="table of the interviews as the survey tool logs them")
    sample: TableName = Field("", description="table of the planned interviews, one row each")
    backchecks: TableName = Field("", description="table of the interviews repeated by a supervisor, one row each")
    unit: Listed[OfInterviews] = Field(
        [], description="columns of these three tables that name who was interviewed; in the order of the key"
    )
    wave: OfInterviews = Field(
        "",
        description="column of these three tables that says the wave; obligatory with one of them, if there"
        " are several waves",
    )
    version: OfSubmissions = Field(
        "", description="column of the interviews: version of the form; compared with `form_version` of the wave"
    )
    enumerator: OfSubmissions = Field("", description="column of the interviews: code of the enumerator")
    start: OfSubmissions = Field(
        "", description="column of the interviews: day and time of the beginning; as `2001-10-14 09:30`"
    )
    end: OfSubmissions = Field("", description="column of the interviews: day and time of the end")
    minutes: tuple[float, float] = Field((5, 120), description="shortest and longest usual interview, in minutes")
    night: tuple[int, int] = Field((21, 6), description="hours between which nobody is interviewed")
    gap_days: int = Field(7, ge=1, description="days in a row without an interview from which a gap is told")
    dates: Listed[VariableName] = Field([], description="other variables that say the day of a visit")
    again: dict[VariableName, Annotated[str, Ref("column", "backchecks")]] = Field(
        {}, description="answers asked again: variable = column of the repeated interviews"
    )
    again_kind: dict[Annotated[str, Ref("keys", "again")], Annotated[int, Field(ge=1, le=3)]] = Field(
        {}, description="1: the answer cannot change; 2: hard to ask; 3: may change from day to day; 1 if not named"
    )
    error_rate: float = Field(
        0.1, gt=0, lt=1, description="share of different answers that is tolerated; more is told if it is beyond chance"
    )
    consent: VariableName = Field("", description="variable that says whether consent was given")
    consent_values: Values = Field(["yes"], description="values that mean consent")
    guardian: VariableName = Field(
        "", description="variable that says whether the guardian of a minor consented; needs `minors`"
    )
    minors: SampleName = Field("", description="sample (from [samples]) of those whose guardian must consent")
    battery: Listed[Number] = Field([], description="items of one scale, asked one after the other; three at least")
    dont_know: Values = Field(["dk"], description="reasons of the codebook that mean: does not know")
    money: dict[Number, list[float]] = Field(
        {}, description="variables in money: factors by which a unit may be mistaken, such as 12 for year and month"
    )
    pool: Listed[VariableName] = Field(
        [],
        description="variables whose cells are compared with themselves when outliers are sought; all rows of"
        " a wave if empty",
    )
    outlier: float = Field(
        6, gt=0, description="an outlier is so many times 1.4826 MAD away from the median; in logs, for money"
    )
    missing_rate: float = Field(0.2, gt=0, le=1, description="share of missing answers from which a variable is told")
    rounding_rate: float = Field(
        0.4, gt=0.2, le=1, description="share of last digits 0 and 5 that is told; a fifth is usual"
    )
    unique: dict[TableName, Listed[Annotated[str, Ref("entry column")]]] = Field(
        {}, description="columns beside the key that may not repeat: table = columns"
    )
    other: Values = Field(["other"], description="values that mean: something else, to be specified")
    specify: Listed[VariableName] = Field([], description="text variables that specify it")
    comments: Listed[VariableName] = Field([], description="text variables with remarks of the enumerators")
    none: Values = Field(["none"], description="values of a variable of several choices that exclude all others")
    places: Listed[VariableName] = Field(
        [],
        description="variables that say where somebody lives or works; those with fewer units than"
        " `[release]` allows are told",
    )
    elsewhere: VariableName = Field(
        "", description="variable that says whether a unit had support from elsewhere; counted by arm"
    )
    chance: float = Field(
        0.01, gt=0, lt=1, description="chance of a false alarm, over all comparisons of a check that compares counts"
    )


class Delivery(Part):
    """What was delivered and what it cost; a part whose table or column is not named is not shown."""

    table: TableName = Field("", description="table of the activities, one row each")
    kind: ColumnOfTable = Field("", description="column of it: the kind of activity; obligatory with `table`")
    unit: Annotated[str, Ref("column", "table"), Ref("unit keys and links")] = Field(
        "",
        description="column of it: the group or person that it was for; named as the key of their table, or"
        " as the link to it",
    )
    start: ColumnOfTable = Field("", description="column of it: the day it began, or was to begin")
    planned: ColumnOfTable = Field("", description="column of it: was the activity planned; all of them were, if empty")
    planned_values: Listed[Annotated[Value, Ref("values", "planned")]] = Field(
        ["yes"], description="values that mean planned"
    )
    delivered: ColumnOfTable = Field("", description="column of it: how it was delivered; all of them were, if empty")
    statuses: Listed[Annotated[Value, Ref("values", "delivered")]] = Field(
        [], description="values of `delivered`, from whole to none; the last one means: not at all"
    )
    amount: NumberOfTable = Field("", description="column of it: how long it lasted, in days or hours")
    participants: NumberOfTable = Field("", description="column of it: how many took part")
    cost: NumberOfTable = Field("", description="column of it: what it cost; the codebook says its unit")
    prices: Values = Field([], description="year or years of whose prices the costs are; obligatory with `cost`")
    covers: Words = Field(
        {},
        description="what the costs hold and what they leave out, in each language; obligatory with `cost`,"
        " and shown wherever a cost is",
    )
    organisations: TableName = Field("", description="table of the supporting organisations, one row each and wave")
    organisation: OfOrganisations = Field("", description="column of that table: the organisation; obligatory with it")
    wave: OfOrganisations = Field("", description="column of that table: the wave; obligatory with it")
    capacities: Listed[Annotated[str, Ref("column", "organisations", numeric=True)]] = Field(
        [], description="columns of that table: capacities, which are numbers; obligatory with it"
    )


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
