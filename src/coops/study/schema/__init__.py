"""What ``study.toml`` may say: one class a table, one attribute a field.

The description of a field is its documentation: the tables of ``data/README.md`` are made of it.
What a name refers to stands in its type (``Ref``); :mod:`coops.study.references` looks whether it exists.
"""

from pydantic import Field

from coops.study.schema.analysis import (
    Covariate,
    Design,
    EstimatorName,
    Family,
    Outcome,
    Robustness,
    SpecificationTable,
)
from coops.study.schema.base import Assignment, Identifier, Language, Part, Ref, UnitLevel
from coops.study.schema.parts import Delivery, Diagnosis, Experts, Fieldwork, Level
from coops.study.schema.programme import (
    Arm,
    Condition,
    DataProtection,
    Derived,
    Form,
    Holds,
    Identity,
    Noun,
    Release,
    Rule,
    Sample,
    Table,
    Wave,
)

__all__ = [
    "Arm", "Assignment", "Condition", "Contract", "Covariate", "DataProtection", "Delivery", "Derived", "Design",
    "Diagnosis", "EstimatorName", "Experts", "Family", "Fieldwork", "Form", "Holds", "Identity", "Language", "Level",
    "Noun", "Outcome", "Part", "Ref", "Release", "Robustness", "Rule", "Sample", "SpecificationTable", "Table", "Wave",
]  # fmt: skip


class Contract(Part):
    """All that ``study.toml`` says."""

    study: Identity = Field(description="what this study is")
    units: dict[UnitLevel, dict[Language, Noun]] = Field(description="nouns of the levels")
    waves: dict[Identifier, Wave] = Field(description="rounds of data", min_length=1)
    tables: dict[Identifier, Table] = Field(description="tables of raw data", min_length=1)
    arms: dict[Identifier, Arm] = Field({}, description="arms")
    design: Design = Field(description="how the programme was assigned")
    forms: dict[Identifier, Form] = Field({}, description="questionnaires made from the codebook")
    rules: dict[Identifier, Rule] = Field({}, description="rules that rows must keep")
    samples: dict[Identifier, Sample] = Field({}, description="samples")
    derived: dict[Identifier, Derived] = Field({}, description="derived variables")
    specifications: dict[Identifier, SpecificationTable] = Field(description="specifications", min_length=1)
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
