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
    format: Literal["csv", "xlsx", "dta", ""] = Field(
        "", description="format, if the ending of the file does not say it"
    )
    wave: str = Field("", description="the wave that all its rows belong to")
    wave_column: str = Field("", description="the column that says the wave of a row")
    key: Names = Field(
        description="columns that name a row; with a wave column, the unit is the key without it", min_length=1
    )
    group: str = Field("", description="the column that links a person to her group")
    rename: dict[str, str] = Field({}, description="columns renamed on arrival: received name = name here")


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
    weights: str = Field("", description="variable of the weights")
    weights_convention: Literal["sampling"] = Field(
        "sampling", description="what a weight means: the number of units it stands for"
    )
    population: str = Field("", description="sample (from [samples]) of the units that every notebook starts from")
    status: str = Field("", description="variable that says whether a unit was seen at a wave")
    seen: Values = Field([], description="values of the status that count as seen")
    level: float = Field(0.95, gt=0.5, lt=1, description="level of the intervals")
    balance: Covariates = Field([], description="variables compared between the arms at the start")


class Condition(Part):
    """A condition on one variable; one of equals, in, between, present is given."""

    variable: str = Field(description="name of the variable")
    wave: str = Field("", description="wave at which it is read; the outcome's wave if empty")
    equals: Value | None = Field(None, description="the value")
    among: Values | None = Field(None, alias="in", description="one of these values")
    between: tuple[float, float] | None = Field(None, description="lowest and highest value, both included")
    present: bool | None = Field(None, description="true: there is a value")
    negate: bool = Field(False, alias="not", description="true turns the condition round")


class Sample(Part):
    """Units that fulfil all conditions."""

    label: Words = Field({}, description="its name, in each language")
    conditions: list[Condition] = Field(description="conditions; all must hold", min_length=1)


class Derived(Part):
    """A variable computed from others."""

    kind: Literal["sum", "mean", "ratio", "log", "recode", "band", "deflate", "standardise"] = Field(description="how")
    of: Names = Field(description="from which variables", min_length=1)
    label: Words = Field(description="its name, in each language")
    unit: str = Field("", description="its unit")
    decimals: int = Field(2, ge=0, le=6, description="decimals shown")
    missing: Literal["any", "all"] = Field("any", description="missing if any input is, or only if all are")
    values: dict[str, Value] = Field({}, description="recode: received value = new value; others become missing")
    bounds: list[float] = Field([], description="band: lower bounds of the bands after the first, rising")
    names: Names = Field([], description="band: names of the bands, one more than bounds")
    base: str = Field(
        "", description="deflate: wave whose prices are used; standardise: wave whose mean and SD are used"
    )
    arm: str = Field("", description="standardise: arm whose mean and SD are used; all units if empty")


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
    arm: Names | None = Field(None, description="variable or variables of the arm")
    arms: Names | None = Field(None, description="arms compared")
    reference: str | None = Field(None, description="the arm that the others are compared with")
    arm_wave: str | None = Field(None, description="wave at which the arm is read")
    assignment: Assignment | None = Field(None, description="how units came into its arms")
    strata: Names | None = Field(None, description="strata; an empty list turns their dummies off")
    cluster: str | None = Field(None, description="variable of the clusters")
    weights: str | None = Field(None, description="variable of the weights; an empty text turns them off")
    level: float | None = Field(None, gt=0.5, lt=1, description="level of the intervals")
    weigh: Literal["persons", "groups"] = Field("persons", description="who weighs equally")


class Family(Part):
    """Outcomes that are read together."""

    outcomes: Names = Field(description="outcomes of the family")
    confirmatory: bool = Field(description="were they named before the data were seen")
    label: Words = Field({}, description="its name, in each language")


class Release(Part):
    """What may leave."""

    min_persons: int = Field(10, ge=1, description="fewest persons behind a number that is shown")
    min_groups: int = Field(5, ge=1, description="fewest groups behind a number that is shown")
    merge: dict[str, Names] = Field({}, description="strata shown together: name = values")
    rounding: int = Field(0, ge=0, description="base to which counts are rounded; 0 for none")


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
    samples: dict[Identifier, Sample] = Field({}, description="samples")
    derived: dict[Identifier, Derived] = Field({}, description="derived variables")
    specifications: dict[Identifier, Specification] = Field(description="specifications", min_length=1)
    families: dict[Identifier, Family] = Field({}, description="families of outcomes")
    release: Release = Field(default_factory=Release, description="what may leave")
    data_protection: DataProtection | None = Field(None, description="obligatory for FIELD")
