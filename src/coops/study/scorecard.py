"""The scorecard of a study: dimensions and items, and how an answer becomes a score."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Rule:
    """How an answer becomes a score from 0 to 1.

    ``threshold``: 1 from ``low`` upwards, or up to ``high``, both included; else 0. ``scale``: from 0 at ``low`` to 1
    at ``high``, straight, the ends where the answer lies beyond them; turned round if ``down``. ``share``: 1 for one
    of ``values``, else 0; of several choices, the share of ``values`` that is ticked. ``values``: the score that
    ``scores`` gives. Threshold and scale of a variable of several choices count those ticked (among ``values``).
    """

    kind: str
    low: float | None = None
    high: float | None = None
    down: bool = False
    values: tuple[str, ...] = ()
    scores: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """One item: a variable with its rule; of weight 0 it is shown, not scored."""

    name: str
    dimension: str
    variable: str
    rule: Rule
    weight: float
    written: str = ""  # the rule, as the file writes it
    basis: str = "own"  # a rule of the study, of a law in force, or of a later law or tool
    source: str = ""
    several: bool = False  # the variable is one of several choices
    label: dict[str, str] = field(default_factory=dict)
    step: dict[str, str] = field(default_factory=dict)  # what to do where the score is low
    row: int = 0


@dataclass(frozen=True)
class Dimension:
    """Items that are read together; ``needed``: how many of the scored ones must be answered."""

    name: str
    weight: float
    needed: int
    label: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scorecard:
    """Dimensions and items in the order of the file, and the version of the whole."""

    version: str
    dimensions: tuple[Dimension, ...]
    items: tuple[Item, ...]

    def of(self, dimension: str) -> list[Item]:
        """Return the scored items of a dimension."""
        return [item for item in self.items if item.dimension == dimension and item.weight > 0]

    @property
    def parts(self) -> list[Dimension | Item]:
        """What has a name and a label: dimensions, then items."""
        return [*self.dimensions, *self.items]

    @property
    def scored(self) -> list[Item]:
        """The items that enter a score, by dimension."""
        return [item for dimension in self.dimensions for item in self.of(dimension.name)]
