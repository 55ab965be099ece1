"""What the parts of ``study.toml`` share: texts, values, lists, and what a name in it refers to."""

from dataclasses import dataclass
from datetime import date as Day
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

from coops.study.estimators import ESTIMATORS
from coops.study.languages import LANGUAGES


@dataclass(frozen=True)
class Ref:
    """What a name refers to; :mod:`coops.study.references` looks whether it exists.

    ``kind`` is one of its ``KINDS``; ``of`` are the fields beside it (or of the part around it) that say of which table
    or variable. ``numeric``: the variable must be a number. Of several, a name must be known to each.
    """

    kind: str
    of: tuple[str, ...] = ()
    numeric: bool = False

    def __init__(self, kind: str, *of: str, numeric: bool = False):
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "of", of)
        object.__setattr__(self, "numeric", numeric)


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


Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
if TYPE_CHECKING:
    Language: TypeAlias = str
    EstimatorName: TypeAlias = str
    UnitLevel: TypeAlias = str
else:  # those that there are
    Language, EstimatorName = Literal[tuple(LANGUAGES)], Literal[tuple(ESTIMATORS)]
    UnitLevel = Literal["group", "person", "stratum"]
Assignment = Literal["randomised", "not randomised", "no comparison"]
Item = TypeVar("Item")
Listed = Annotated[list[Item], BeforeValidator(_as_list)]
Words = Annotated[dict[str, str], BeforeValidator(_one_language)]
Value = Annotated[str, BeforeValidator(_as_text)]
Values = Listed[Value]
Names = Listed[str]

TableName = Annotated[str, Ref("tables")]
WaveName = Annotated[str, Ref("waves")]
SampleName = Annotated[str, Ref("samples")]
VariableName = Annotated[str, Ref("variables")]  # of the codebook, derived ones included
Number = Annotated[str, Ref("variables", numeric=True)]
ColumnName = Annotated[str, Ref("columns")]  # variables, keys and links
ColumnOfTable = Annotated[str, Ref("column", "table")]  # of the table named in the field `table`


class Part(BaseModel):
    """A table of ``study.toml``; a field that it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
