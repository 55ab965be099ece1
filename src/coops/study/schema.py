"""What ``study.toml`` may say: one class a table, one attribute a field.

The description of a field is its documentation; ``data/README.md`` is held to it by a test.
"""

from datetime import date as Day
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Language = Literal["en", "fr", "ar"]
Assignment = Literal["randomised", "not randomised", "no comparison"]
Estimator = Literal["level", "ancova", "difference", "difference cross-section", "change", "change cross-section"]


def _one_language(value):
    """A plain sentence is the sentence of a study that has one language."""
    return {"": value} if isinstance(value, str) else value


def _as_list(value):
    return value if isinstance(value, list | tuple) else [value]


def _as_text(value):
    """Values are compared as they are received: as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | float | Day) else value


Words = Annotated[dict[str, str], BeforeValidator(_one_language)]
Value = Annotated[str, BeforeValidator(_as_text)]
Values = Annotated[list[Value], BeforeValidator(_as_list)]
Names = Annotated[list[str], BeforeValidator(_as_list)]


class Part(BaseModel):
    """A table of ``study.toml``; a field that it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Identity(Part):
    """What this study is."""

    id: Identifier = Field(description="short name, used in file names")
    title: Words = Field(description="title, in each language of the study")
    label: Literal["DEMONSTRATION", "PUBLIC", "FIELD"] = Field(description="kind of study; decides what may leave")
    languages: list[Language] = Field(
        description="languages of its exhibits and pages, the first one leads", min_length=1
    )
    seed: int = Field(description="seed of every random number of the study")
    summary: Words = Field({}, description="what was done, for whom and where, in one sentence")
    licence: str = Field("", description="licence of the data; obligatory for PUBLIC")
    citation: str = Field("", description="who collected and published the data; obligatory for PUBLIC")
    facts: str = Field("", description="file of published facts, from the study folder")
    coverage: Literal["census", "sample"] = Field(
        "sample", description="are all units of the frame in the data, or a sample of them"
    )
    frame_size: int | None = Field(None, gt=0, description="number of units in the frame, if known")
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
    gender: Literal["m", "f", ""] = Field("", description="grammatical gender")


class Wave(Part):
    """One round of data."""

    label: Words = Field(description="its name, in each language")
    values: Values = Field([], description="how the raw data write it in the wave column; its own name if empty")
    start: Day | None = Field(None, description="first day of the round")
    end: Day | None = Field(None, description="last day of the round")
    form_version: Value = Field("", description="version of the questionnaire used")
    expected_rows: int | None = Field(None, ge=0, description="rows expected in the data of this round")
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
    wave: str = Field("", description="the wave that all its rows belong to")
    wave_column: str = Field("", description="the column that says the wave of a row")
    key: Names = Field(
        description="columns that name a row; with a wave column, the unit is the key without it", min_length=1
    )
    group: str = Field("", description="the column that links a person to her group")
    rename: dict[str, str] = Field({}, description="columns renamed on arrival: received name = name here")
    once: bool = Field(
        False, description="true: a unit may come in several rows that agree; they are one, and an empty cell gives way"
    )


class Form(Part):
    """A questionnaire for KoboToolbox or ODK, made from the codebook."""

    title: Words = Field(description="its title, in each language")
    tables: Names = Field(description="tables whose variables it asks, in this order", min_length=1)
    version: Value = Field("", description="version of the questionnaire; that of the last wave if empty")


class Arm(Part):
    """One arm: a value, or several values put together under one name."""

    label: Words = Field(description="its name, in each language")
    values: Values = Field(description="how the data write it; several values are merged")
    variable: str = Field("", description="the arm's variable, if not the one of [design]")


class Covariate(Part):
    """A variable at a wave."""

    variable: str = Field(description="name of the variable")
    wave: str = Field("", description="wave at which it is taken; the row's own wave if empty")


def _covariates(value):
    return [{"variable": one} if isinstance(one, str) else one for one in value] if isinstance(value, list) else value


def _outcomes(value):
    return [{"variable": one} if isinstance(one, str) else one for one in value] if isinstance(value, list) else value


Covariates = Annotated[list[Covariate], BeforeValidator(_covariates)]


class Design(Part):
    """How the programme was assigned, and what the analyses share."""

    assignment: Assignment = Field(description="how units came into the arms: decides the words of the page")
    arm: Names = Field([], description="variable that says the arm; or several 0/1 variables, for offers that overlap")
    arms: Names = Field([], description="arms compared, from [arms]; all of the arm's variable if empty")
    reference: str = Field("", description="the arm that the others are compared with")
    arm_wave: str = Field("", description="wave at which the arm is read, where it is recorded a wave")
    strata: Names = Field([], description="variables whose cells are the strata of the design")
    cluster: str = Field(description="variable of the clusters: what was assigned, or drawn, as a whole")
    assigned: str = Field("", description="variable of the units that the lot was drawn for; the cluster if empty")
    weights: str = Field("", description="variable of the weights")
    weights_convention: Literal["sampling"] = Field(
        "sampling", description="what a weight means: the number of units it stands for"
    )
    population: str = Field("", description="sample (from [samples]) of the units that every notebook starts from")
    status: str = Field("", description="variable that says whether a unit was seen at a wave")
    seen: Values = Field([], description="values of the status that count as seen")
    level: float = Field(0.95, gt=0.5, lt=1, description="level of the intervals")
    draws: int = Field(9999, ge=99, description="draws of the bootstrap and of randomisation inference")
    balance: Covariates = Field([], description="variables compared between the arms at the start")


class Holds(Part):
    """A condition on one variable of a row; one of equals, in, between, present is given."""

    variable: str = Field(description="name of the variable")
    equals: Value | None = Field(None, description="the value")
    among: Values | None = Field(None, alias="in", description="one of these values")
    between: tuple[float, float] | None = Field(None, description="lowest and highest value, both included")
    present: bool | None = Field(None, description="true: there is a value")
    negate: bool = Field(False, alias="not", description="true turns the condition round")


class Condition(Holds):
    """A condition on one variable at a wave."""

    wave: str = Field("", description="wave at which it is read; the outcome's wave if empty")


RuleKind = Literal[
    "order", "distinct", "one_of", "alone", "implies", "in_wave", "known", "counted", "constant", "not_falling", "ratio"
]


class Rule(Part):
    """A rule that rows of a table must keep, over cells that were understood."""

    table: str = Field(description="table whose rows are checked")
    kind: RuleKind = Field(
        description="`order`: not falling from left to right; `distinct`: all different; `one_of`: exactly one is"
        " given; `alone`: the value goes with no other; `implies`: where `when` holds, `then` holds; `in_wave`: a date"
        " within its wave; `known`: stands in the key of another table; `counted`: at least the rows of the unit in"
        " another table; `constant`, `not_falling`, `ratio`: from wave to wave of a unit"
    )
    of: Names = Field([], description="variables of the rule")
    value: Value = Field("", description="alone: the value")
    when: list[Holds] = Field([], description="implies: conditions on the row; all must hold")
    then: list[Holds] = Field([], description="implies: conditions that must then hold")
    other: str = Field("", description="known, counted: the other table")
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
    of: Names = Field(description="from which variables", min_length=1)
    label: Words = Field(description="its name, in each language")
    unit: str = Field("", description="its unit")
    decimals: int = Field(2, ge=0, le=6, description="decimals shown")
    direction: Literal["up", "down", ""] = Field("", description="which way is better")
    missing: Literal["any", "all"] = Field("any", description="missing if any input is, or only if all are")
    values: dict[str, Value] = Field({}, description="recode: received value = new value; others become missing")
    bounds: list[float] = Field([], description="band: lower bounds of the bands after the first, rising")
    names: Names = Field([], description="band: names of the bands, one more than bounds")
    base: str = Field(
        "", description="deflate: wave whose prices are used; standardise: wave whose mean and SD are used"
    )
    arm: str = Field("", description="standardise: arm whose mean and SD are used; all units if empty")
    table: str = Field("", description="total: table of events whose values are added up")
    by: str = Field("", description="total: column of that table that names the unit")
    when: list[Holds] = Field([], description="total: conditions on the events that count; all must hold")


class Outcome(Part):
    """An outcome, when it is measured and what it is compared with."""

    variable: str = Field(description="name of the variable")
    waves: Names = Field([], description="waves of the outcome; those of the specification if empty")
    baseline: Names = Field([], description="waves of the value before; those of the specification if empty")
    separate: bool = Field(False, description="true: one estimate a wave, not one for all")


class Specification(Part):
    """How an effect or a change is estimated; what it does not say is taken from [design]."""

    estimator: Estimator = Field(description="which regression")
    outcomes: Annotated[list[Outcome], BeforeValidator(_outcomes)] = Field(
        description="outcomes, names or tables", min_length=1
    )
    label: Words = Field({}, description="its name, in each language")
    headline: bool = Field(False, description="true for the one whose results lead the page")
    waves: Names = Field([], description="waves of its outcomes")
    baseline: Names = Field([], description="baseline waves of its outcomes")
    separate: bool = Field(False, description="true: one estimate a wave, not one for all")
    sample: str = Field("", description="sample (from [samples]); the population if empty")
    covariates: Covariates = Field([], description="variables adjusted for")
    dose: str = Field("", description="variable that takes the place of the arm: what goes with one unit more of it")
    arm: Names | None = Field(None, description="variable or variables of the arm")
    arms: Names | None = Field(None, description="arms compared")
    reference: str | None = Field(None, description="the arm that the others are compared with")
    arm_wave: str | None = Field(None, description="wave at which the arm is read")
    assignment: Assignment | None = Field(None, description="how units came into its arms")
    strata: Names | None = Field(None, description="strata; an empty list turns their dummies off")
    cluster: str | None = Field(None, description="variable of the clusters")
    assigned: str | None = Field(None, description="variable of the units that the lot was drawn for")
    weights: str | None = Field(None, description="variable of the weights; an empty text turns them off")
    level: float | None = Field(None, gt=0.5, lt=1, description="level of the intervals")
    weigh: Literal["persons", "groups"] = Field("persons", description="who weighs equally")
    placebo: bool = Field(False, description="true: its outcomes are ones that the programme cannot have changed")


class Family(Part):
    """Outcomes that are read together."""

    outcomes: Names = Field(description="outcomes of the family")
    confirmatory: bool = Field(description="were they named before the data were seen")
    label: Words = Field({}, description="its name, in each language")


class Robustness(Part):
    """What the leading estimates are looked at again by; what is not named is not done, and the notebook says so."""

    area: str = Field("", description="variable of the areas that units lie in; what reaches one reaches all in it")
    supporter: str = Field("", description="variable of the organisation that supported a unit; never named on a page")
    bands: str = Field(
        "", description="variable of the bands of distance between a unit and the nearest in the programme"
    )
    without: str = Field("", description="sample (from [samples]) of the units that had no other support")
    alternatives: Names = Field([], description="specifications that estimate the same otherwise, for the curve")


class Release(Part):
    """What may leave."""

    min_persons: int = Field(10, ge=1, description="fewest persons behind a number that is shown")
    min_groups: int = Field(5, ge=1, description="fewest groups behind a number that is shown")
    merge: dict[str, Names] = Field({}, description="strata shown together: name = values")


class Fieldwork(Part):
    """What the field-team checks look at; a check whose table or column is not named does not run."""

    submissions: str = Field("", description="table of the interviews as the survey tool logs them")
    sample: str = Field("", description="table of the planned interviews, one row each")
    backchecks: str = Field("", description="table of the interviews repeated by a supervisor, one row each")
    unit: Names = Field([], description="columns of these three tables that name who was interviewed")
    wave: str = Field("", description="column of these three tables that says the wave")
    version: str = Field("", description="column of the interviews: version of the form")
    enumerator: str = Field("", description="column of the interviews: code of the enumerator")
    start: str = Field("", description="column of the interviews: day and time of the beginning")
    end: str = Field("", description="column of the interviews: day and time of the end")
    minutes: tuple[float, float] = Field((5, 120), description="shortest and longest usual interview, in minutes")
    night: tuple[int, int] = Field((21, 6), description="hours between which nobody is interviewed")
    gap_days: int = Field(7, ge=1, description="days in a row without an interview from which a gap is told")
    dates: Names = Field([], description="other variables that say the day of a visit")
    again: dict[str, str] = Field({}, description="answers asked again: variable = column of the repeated interviews")
    again_kind: dict[str, Annotated[int, Field(ge=1, le=3)]] = Field(
        {}, description="1: the answer cannot change; 2: hard to ask; 3: may change from day to day; 1 if not named"
    )
    error_rate: float = Field(0.1, gt=0, lt=1, description="share of different answers that is tolerated")
    consent: str = Field("", description="variable that says whether consent was given")
    consent_values: Values = Field(["yes"], description="values that mean consent")
    guardian: str = Field("", description="variable that says whether the guardian of a minor consented")
    minors: str = Field("", description="sample (from [samples]) of those whose guardian must consent")
    battery: Names = Field([], description="items of one scale, asked one after the other; three at least")
    dont_know: Values = Field(["dk"], description="reasons of the codebook that mean: does not know")
    money: dict[str, list[float]] = Field(
        {}, description="variables in money: factors by which a unit may be mistaken, such as 12 for year and month"
    )
    pool: Names = Field([], description="variables whose cells are compared with themselves when outliers are sought")
    outlier: float = Field(
        6, gt=0, description="an outlier is so many times 1.4826 MAD away from the median; in logs, for money"
    )
    missing_rate: float = Field(0.2, gt=0, le=1, description="share of missing answers from which a variable is told")
    rounding_rate: float = Field(0.4, gt=0.2, le=1, description="share of last digits 0 and 5 that is told")
    unique: dict[str, Names] = Field({}, description="columns beside the key that may not repeat: table = columns")
    other: Values = Field(["other"], description="values that mean: something else, to be specified")
    specify: Names = Field([], description="text variables that specify it")
    comments: Names = Field([], description="text variables with remarks of the enumerators")
    none: Values = Field(["none"], description="values of a variable of several choices that exclude all others")
    places: Names = Field([], description="variables that say where somebody lives or works")
    elsewhere: str = Field("", description="variable that says whether a unit had support from elsewhere")
    chance: float = Field(
        0.01, gt=0, lt=1, description="chance of a false alarm, over all comparisons of a check that compares counts"
    )


class Level(Part):
    """One level of the overall score."""

    start: float = Field(
        ge=0, lt=1, description="lowest score of the level, from 0 to 1; a score exactly there belongs to it"
    )
    label: Words = Field(description="its name, in each language")


class Diagnosis(Part):
    """How the scorecard in ``diagnosis.csv`` is read."""

    levels: dict[Identifier, Level] = Field(description="levels of the overall score, the lowest first", min_length=1)
    waves: Names = Field([], description="waves that are scored; every wave at which an item was asked if empty")
    sample: str = Field("", description="sample (from [samples]) of the units that are scored; the population if empty")
    groups: str = Field("", description="variable of the groups that are shown; the first of the strata if empty")
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
    needs: Names = Field([], description="variables that name what a unit needs, the most needed first")


class Experts(Part):
    """Findings of field studies, coded in a table of events."""

    table: str = Field(description="table of the findings, one row each")
    columns: dict[Literal["id", "study", "theme", "stratum", "direction", "strength", "method", "sources"], str] = (
        Field(description="its columns, by what they hold; `study`, `method` and `sources` may be left out")
    )
    directions: dict[Literal["strength", "weakness", "opportunity", "threat"], Value] = Field(
        {}, description="how the table writes the four directions; the same words if empty"
    )
    everywhere: Value = Field("all", description="how it writes that a finding holds in every stratum")
    top: int = Field(3, ge=2, description="highest strength that an expert may give, from 1")
    sources: int = Field(5, ge=2, description="so many sources make one finding of the highest strength strong")
    themes: dict[str, Names] = Field(
        {}, description="dimensions or items of the scorecard that speak of a theme: theme = names"
    )


class Delivery(Part):
    """What was delivered and what it cost; a part whose table or column is not named is not shown."""

    table: str = Field("", description="table of the activities, one row each")
    kind: str = Field("", description="column of it: the kind of activity")
    unit: str = Field("", description="column of it: the group or person that it was for")
    start: str = Field("", description="column of it: the day it began, or was to begin")
    planned: str = Field("", description="column of it: was the activity planned; all of them were, if empty")
    planned_values: Values = Field(["yes"], description="values that mean planned")
    delivered: str = Field("", description="column of it: how it was delivered; all of them were, if empty")
    statuses: Values = Field(
        [], description="values of `delivered`, from whole to none; the last one means: not at all"
    )
    amount: str = Field("", description="column of it: how long it lasted, in days or hours")
    participants: str = Field("", description="column of it: how many took part")
    cost: str = Field("", description="column of it: what it cost; the codebook says its unit")
    prices: Values = Field([], description="year or years of whose prices the costs are")
    covers: Words = Field({}, description="what the costs hold and what they leave out, in each language")
    organisations: str = Field("", description="table of the supporting organisations, one row each and wave")
    organisation: str = Field("", description="column of that table: the organisation")
    wave: str = Field("", description="column of that table: the wave")
    capacities: Names = Field([], description="columns of that table: capacities, which are numbers")


class DataProtection(Part):
    """What a FIELD study must state before its data are read."""

    receipt: str = Field(description="number of the receipt or authorisation")
    controller: str = Field(description="who is responsible for the data")
    purpose: str = Field(description="what the data were collected for")
    hosting_country: str = Field(description="country where the data are kept")
    retention_date: Day = Field(description="day after which the data are destroyed")


class Contract(Part):
    """All that ``study.toml`` says."""

    study: Identity = Field(description="what this study is")
    units: dict[Literal["group", "person", "stratum"], dict[Language, Noun]] = Field(description="nouns of the levels")
    waves: dict[Identifier, Wave] = Field(description="rounds of data", min_length=1)
    tables: dict[Identifier, Table] = Field(description="tables of raw data", min_length=1)
    arms: dict[Identifier, Arm] = Field({}, description="arms")
    design: Design = Field(description="how the programme was assigned")
    forms: dict[Identifier, Form] = Field({}, description="questionnaires made from the codebook")
    rules: dict[Identifier, Rule] = Field({}, description="rules that rows must keep")
    samples: dict[Identifier, Sample] = Field({}, description="samples")
    derived: dict[Identifier, Derived] = Field({}, description="derived variables")
    specifications: dict[Identifier, Specification] = Field(description="specifications", min_length=1)
    families: dict[Identifier, Family] = Field({}, description="families of outcomes")
    robustness: Robustness = Field(
        default_factory=Robustness, description="what the leading estimates are looked at again by"
    )
    release: Release = Field(default_factory=Release, description="what may leave")
    fieldwork: Fieldwork | None = Field(None, description="what the field-team checks look at")
    diagnosis: Diagnosis | None = Field(None, description="how the scorecard is read")
    experts: Experts | None = Field(None, description="findings of field studies")
    delivery: Delivery | None = Field(None, description="what was delivered and what it cost")
    data_protection: DataProtection | None = Field(None, description="obligatory for FIELD")

    def least(self, level: str = "") -> int:
        """Fewest units of a level behind a number that is shown; without one, of persons if the study has any."""
        level = level or ("person" if "person" in self.units else "group")
        return self.release.min_groups if level == "group" else self.release.min_persons
