"""How the programme was assigned, and how effects and changes are estimated."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from coops.study.schema.base import (
    Assignment,
    ColumnName,
    EstimatorName,
    Listed,
    Part,
    Ref,
    SampleName,
    Values,
    VariableName,
    WaveName,
    Words,
)

OwnArm = Annotated[str, Ref("arms of variable")]  # of the arm's variable


def _named(value):
    """A name alone is a table that says no more than its variable."""
    items = value if isinstance(value, list) else []
    return [{"variable": item} if isinstance(item, str) else item for item in items] or value


class Covariate(Part):
    """A variable at a wave."""

    variable: ColumnName = Field(description="name of the variable")
    wave: WaveName = Field("", description="wave at which it is taken; the row's own wave if empty")


Covariates = Annotated[list[Covariate], BeforeValidator(_named)]


class Design(Part):
    """How the programme was assigned, and what the analyses share."""

    assignment: Assignment = Field(description="how units came into the arms: decides the words of the page")
    arm: Listed[ColumnName] = Field(
        [], description="variable that says the arm; or several 0/1 variables, for offers that overlap"
    )
    arms: Listed[OwnArm] = Field([], description="arms compared, from [arms]; all of the arm's variable if empty")
    reference: OwnArm = Field(
        "", description="the arm that the others are compared with; obligatory where `arm` is one variable"
    )
    arm_wave: WaveName = Field("", description="wave at which the arm is read, where it is recorded a wave")
    strata: Listed[ColumnName] = Field([], description="variables whose cells are the strata of the design")
    cluster: ColumnName = Field(
        description="variable of the clusters: what was assigned, or drawn, as a whole; the key, if single"
        " units were drawn"
    )
    assigned: ColumnName = Field(
        "", description="variable of the units that the lot was drawn for; the cluster if empty"
    )
    weights: ColumnName = Field("", description="variable of the weights")
    weights_convention: Literal["sampling"] = Field(
        "sampling",
        description="what a weight means: the number of units it stands for; said with each estimate that is weighted",
    )
    population: SampleName = Field(
        "", description="sample (from [samples]) of the units that every notebook starts from"
    )
    status: ColumnName = Field(
        "",
        description="variable that says whether a unit was seen at a wave; without it, a unit with a row at a"
        " wave was seen then",
    )
    seen: Values = Field([], description="values of the status that count as seen; obligatory with `status`")
    level: float = Field(0.95, gt=0.5, lt=1, description="level of the intervals")
    draws: int = Field(9999, ge=99, description="draws of the bootstrap and of randomisation inference")
    balance: Covariates = Field(
        [],
        description="variables compared between the arms at the start; if empty, those of the headline's"
        " covariates that are numbers, taken at the first wave; its outcomes at baseline are"
        " always compared",
    )


class Outcome(Part):
    """An outcome, when it is measured and what it is compared with."""

    variable: VariableName = Field(description="name of the variable")
    waves: Listed[WaveName] = Field([], description="waves of the outcome; those of the specification if empty")
    baseline: Listed[WaveName] = Field([], description="waves of the value before; those of the specification if empty")
    separate: bool = Field(False, description="true: one estimate a wave, not one for all")


class SpecificationTable(Part):
    """How an effect or a change is estimated; what it does not say is taken from [design]."""

    estimator: EstimatorName = Field(description="which regression")
    outcomes: Annotated[list[Outcome], BeforeValidator(_named)] = Field(
        description="outcomes, names or tables", min_length=1
    )
    label: Words = Field({}, description="its name, in each language")
    headline: bool = Field(False, description="true for the one whose results lead the page")
    waves: Listed[WaveName] = Field([], description="waves of its outcomes; obligatory, here or in each outcome")
    baseline: Listed[WaveName] = Field(
        [],
        description="baseline waves of its outcomes; obligatory for all estimators but `level`, here or in"
        " each outcome",
    )
    separate: bool = Field(False, description="true: one estimate a wave, not one for all")
    sample: SampleName = Field("", description="sample (from [samples]); the population if empty")
    covariates: Covariates = Field([], description="variables adjusted for")
    dose: ColumnName = Field(
        "",
        description="variable that takes the place of the arm: what goes with one unit more of it; an"
        " association, not an effect",
    )
    arm: Listed[ColumnName] | None = Field(None, description="variable or variables of the arm")
    arms: Listed[OwnArm] | None = Field(None, description="arms compared")
    reference: OwnArm | None = Field(None, description="the arm that the others are compared with")
    arm_wave: WaveName | None = Field(None, description="wave at which the arm is read")
    assignment: Assignment | None = Field(
        None, description="how units came into its arms; obligatory if `arm` is another one than that of `[design]`"
    )
    strata: Listed[ColumnName] | None = Field(None, description="strata; an empty list turns their dummies off")
    cluster: ColumnName | None = Field(None, description="variable of the clusters")
    assigned: ColumnName | None = Field(None, description="variable of the units that the lot was drawn for")
    weights: ColumnName | None = Field(None, description="variable of the weights; an empty text turns them off")
    level: float | None = Field(None, gt=0.5, lt=1, description="level of the intervals")
    weigh: Literal["persons", "groups"] = Field(
        "persons", description="who weighs equally; persons, or groups whatever their size"
    )
    placebo: bool = Field(
        False,
        description="true: its outcomes are ones that the programme cannot have changed but that a shock"
        " would reach, such as the income of people outside the programme; one that moved speaks"
        " against every result of the same arm in `08_robustness`; it is no other way to a result,"
        " and may not lead",
    )


class Family(Part):
    """Outcomes that are read together."""

    outcomes: Listed[Annotated[str, Ref("outcomes")]] = Field(description="outcomes of the family")
    confirmatory: bool = Field(
        description="were they named before the data were seen; noted with each result, and the direction"
        " words of the leading estimates then allow for all of them"
    )
    label: Words = Field({}, description="its name, in each language")


class Robustness(Part):
    """What the leading estimates are looked at again by; what is not named is not done, and the notebook says so."""

    area: ColumnName = Field(
        "",
        description="variable of the areas that units lie in; what reaches one reaches all in it; shocks are"
        " not looked at where the area of a unit is empty; where no lot was drawn, each area of"
        " the reference takes the place of the arm once, and none is named",
    )
    supporter: ColumnName = Field(
        "",
        description="variable of the organisation that supported a unit; never named on a page; empty where none did",
    )
    bands: ColumnName = Field(
        "",
        description="variable of the bands of distance between a unit and the nearest in the programme; a"
        " category, such as a derived variable of kind `band`; each band of the reference is the"
        " reference alone, once",
    )
    without: SampleName = Field("", description="sample (from [samples]) of the units that had no other support")
    alternatives: Listed[Annotated[str, Ref("specifications")]] = Field(
        [],
        description="specifications that estimate the same otherwise, for the curve; if empty, all of the"
        " same outcome, waves, arms and sample",
    )
