"""The study folder as one object: what it says, checked against itself before any data are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coops.study.codebook import Codebook
from coops.study.estimators import ESTIMATORS, Estimator
from coops.study.findings import fail, nearest
from coops.study.schema import Contract, Covariate, Outcome, SpecificationTable
from coops.study.scorecard import Scorecard

QUANTITIES = tuple("effect change mean share count difference range reweighted cost family_index shock trend".split())
RESERVED = {*QUANTITIES, "flow", "balance", "attrition", "persons", "groups", "clusters", "rows", "not_seen", "study"}
RESERVED |= {"delivery", "diagnosis", "diagnosed", "scored", "overall", "uncertain", "experts"}
MONOTONE = ("sum", "mean", "log", "deflate", "standardise", "total")  # more of an input is more of these
OUT_OF_SCOPE = {"iv", "2sls", "instrumental variables", "regression discontinuity", "rd", "rdd", "staggered adoption"}


@dataclass(frozen=True)
class Specification:
    """A specification with the defaults of ``[design]`` filled in, for one outcome at a time."""

    name: str
    estimator: Estimator
    outcome: str
    waves: tuple[str, ...]
    baseline: tuple[str, ...]
    sample: str
    covariates: tuple[Covariate, ...]
    arm: tuple[str, ...]  # no variable: no arm; several: 0/1 offers that may overlap
    arms: dict[str, tuple[str, ...]]  # name -> values, the reference first; names of the variables if several
    reference: str
    arm_wave: str
    assignment: str
    strata: tuple[str, ...]
    cluster: str
    assigned: str  # what was assigned as a whole
    weights: str
    level: float
    weigh: str
    confirmatory: bool
    dose: str = ""

    @property
    def wave(self) -> str:
        """Name of the outcome's wave, or of its waves together."""
        return "_".join(self.waves)

    @property
    def overlapping(self) -> bool:
        """Tell whether the arms are offers of which a unit may have several."""
        return len(self.arm) > 1

    @property
    def weighted(self) -> bool:
        """Tell whether rows weigh unequally: by a variable, or so that groups weigh equally."""
        return bool(self.weights) or self.weigh == "groups"

    @property
    def quantity(self) -> str:
        """What is estimated: an effect, a change, or the difference that goes with one unit of a dose."""
        return "difference" if self.dose else self.estimator.quantity

    @property
    def claim(self) -> str:
        """Which words the assignment allows."""
        return self.estimator.claim(self.assignment)


@dataclass(frozen=True)
class Study:
    """A study folder: its contract, its codebook, its scorecard if it has one, its place."""

    folder: Path
    contract: Contract
    codebook: Codebook
    scorecard: Scorecard | None = None

    @property
    def id(self) -> str:
        """Short name of the study."""
        return self.contract.study.id

    @property
    def headline(self) -> str:
        """Name of the leading specification."""
        leading = [name for name, specification in self.contract.specifications.items() if specification.headline]
        return leading[0] if leading else next(iter(self.contract.specifications))

    @property
    def specification_names(self) -> list[str]:
        """Names of the specifications, the headline first."""
        return sorted(self.contract.specifications, key=lambda name: name != self.headline)

    def resolve(self, name: str) -> list[Specification]:
        """Fill in the defaults of ``[design]``: one an estimate, in the order of the outcomes.

        Raises
        ------
        FindingError
            ``E_UNKNOWN_NAME`` if there is no such specification.
        """
        known = self.contract.specifications
        if name not in known:
            raise fail(
                "E_UNKNOWN_NAME", file="study.toml", column="specifications", name=name, nearest=nearest(name, known)
            )
        table = known[name]
        specifications = []
        for outcome in table.outcomes:
            waves = outcome.waves or table.waves
            parts = [[wave] for wave in waves] if outcome.separate or table.separate else [waves]
            specifications += [self._resolved(name, table, outcome, part) for part in parts]
        return specifications

    def _resolved(self, name: str, table: SpecificationTable, outcome: Outcome, waves: list[str]) -> Specification:
        design = self.contract.design

        def own(field: str) -> Any:
            value = getattr(table, field)
            return getattr(design, field) if value is None else value

        estimator = ESTIMATORS[table.estimator]
        arm = tuple(own("arm")) if estimator.compares_arms and not table.dose else ()
        confirmatory = any(f.confirmatory and outcome.variable in f.outcomes for f in self.contract.families.values())
        return Specification(
            name=name,
            estimator=estimator,
            outcome=outcome.variable,
            waves=tuple(waves),
            baseline=tuple(outcome.baseline or table.baseline),
            sample=table.sample,
            covariates=tuple(table.covariates),
            arm=arm,
            arms=self.arms(arm, own("arms"), own("reference")),
            reference=own("reference") if len(arm) == 1 else "",
            arm_wave=own("arm_wave"),
            assignment=own("assignment"),
            strata=tuple(own("strata")),
            cluster=own("cluster"),
            assigned=own("assigned") or own("cluster"),
            weights=own("weights"),
            level=own("level"),
            weigh=table.weigh,
            confirmatory=confirmatory,
            dose=table.dose,
        )

    def arms(
        self, arm: tuple[str, ...] | None = None, chosen: Sequence[str] = (), reference: str = ""
    ) -> dict[str, tuple[str, ...]]:
        """Return the arms of an arm variable: name → values, the reference first."""
        design = self.contract.design
        if arm is None:
            arm, chosen, reference = tuple(design.arm), design.arms, design.reference
        if len(arm) > 1:
            return {name: ("1",) for name in arm}
        if not arm:
            return {}
        of_variable = {
            name: tuple(self.contract.arms[name].values)
            for name in self.arms_of(arm[0])
            if not chosen or name in chosen or name == reference
        }
        return {name: of_variable[name] for name in sorted(of_variable, key=lambda name: name != reference)}

    def arms_of(self, variable: str) -> list[str]:
        """Return the names of the arms that a variable says; an arm without one is of the variable of ``[design]``."""
        own = self.contract.design.arm[:1] or [""]
        return [name for name, arm in self.contract.arms.items() if (arm.variable or own[0]) == variable]

    def columns(self) -> set[str]:
        """Return every name that a condition, a cluster or an arm may use: variables, keys, links."""
        tables = self.contract.tables.values()
        return self.codebook.names() | {c for t in tables for c in (*t.key, t.group, t.wave_column) if c}

    def measured_inputs(self, variable: str) -> list[str]:
        """Return the questions that a variable rests on: itself, or the inputs of a derived one."""
        if variable not in self.contract.derived:
            return [variable]
        rule = self.contract.derived[variable]
        return rule.of if rule.kind == "total" else [name for given in rule.of for name in self.measured_inputs(given)]

    def comparable(self, specification: Specification) -> bool:
        """Tell whether the question of the outcome was the same at all the waves of a specification."""
        waves = self.contract.waves
        versions = [waves[wave].form_version for wave in (*specification.baseline, *specification.waves)]
        asked = list(dict.fromkeys(version for version in versions if version))
        return all(self.codebook.comparable(name, asked) for name in self.measured_inputs(specification.outcome))

    def compared_at_start(self) -> list[Covariate]:
        """Return what is compared between the arms at the start.

        The baseline values of the headline's outcomes; then the variables that ``[design]`` names in ``balance``,
        or, if it names none, the headline's numeric covariates of the first wave.
        """
        first, specifications = next(iter(self.contract.waves)), self.resolve(self.headline)
        chosen = [
            Covariate(variable=specification.outcome, wave=wave)
            for specification in specifications
            for wave in specification.baseline
        ]
        named = list(self.contract.design.balance)
        others = [each for specification in specifications for each in specification.covariates]
        others = [covariate for covariate in others if covariate.wave in ("", first)]
        return [covariate for covariate in chosen + (named or others) if self.codebook.get(covariate.variable).numeric]

    def direction(self, variable: str) -> str:
        """Return which way is better, ``up`` or ``down``; of a derived variable that of its inputs, or empty."""
        if variable not in self.contract.derived:
            return self.codebook.get(variable).direction
        rule = self.contract.derived[variable]
        if rule.direction or rule.kind not in MONOTONE:
            return rule.direction
        directions = {self.direction(given) for given in rule.of}
        return directions.pop() if len(directions) == 1 else ""

    def label(self, name: str) -> dict[str, str]:
        """Return the label of a wave, arm, sample, specification, family or variable, by language."""
        contract = self.contract
        for part in (contract.waves, contract.arms, contract.specifications):
            if name in part:
                return part[name].label
        if name in self.codebook.names():  # before samples and families, whose names may be those of variables
            return self.codebook.get(name).label
        return next((part[name].label for part in (contract.samples, contract.families) if name in part), {})

    def scored(self, name: str) -> dict[str, str]:
        """Return the label of a level, dimension or item of the diagnosis, by language."""
        if self.contract.diagnosis and name in self.contract.diagnosis.levels:
            return self.contract.diagnosis.levels[name].label
        return next((part.label for part in self.scorecard.parts if part.name == name), {}) if self.scorecard else {}

    def outcomes(self) -> list[str]:
        """Return every outcome of the study, those of the headline first."""
        names = [self.headline, *self.contract.specifications]
        return list(dict.fromkeys(o.variable for n in names for o in self.contract.specifications[n].outcomes))
