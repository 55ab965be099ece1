"""A specification with its data: what an expert holds, to see its rows, to fit its regression and to change both."""

from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from typing import Any

import pandas as pd

from coops.data.units import Data
from coops.estimation import formula as formulas
from coops.estimation.sample_design import Rows, build
from coops.study.findings import fail, nearest
from coops.study.schema import Condition, Covariate
from coops.study.study import Specification, Study


class OpenedSpecification:
    """A specification of ``study.toml`` and the data that it is estimated on.

    ``name``; ``resolved``: what it says of each outcome, with the defaults of ``[design]``; ``outcomes``: their names,
    in its order.
    """

    cluster = "cluster"  # column of :meth:`data`

    def __init__(self, data: Data, name: str):
        self._data, self.name = data, name
        self.resolved = data.study.resolve(name)
        self.outcomes = list(dict.fromkeys(resolved.outcome for resolved in self.resolved))

    def changed(self, **fields: Any) -> "OpenedSpecification":
        """Another one of the same name, with fields of :class:`coops.study.study.Specification` changed.

        It confirms nothing: what is recorded of it is exploratory, and of the leading one the page says so.
        """
        other = copy(self)
        other.resolved = [replace(of, confirmatory=False, **fields) for of in self.resolved]
        return other

    def without(self, *variables: str) -> "OpenedSpecification":
        """Another one without some covariates, see :meth:`changed`; ``E_NOT_COVARIATE`` if one is none of them."""
        other, known = copy(self), {covariate.variable for of in self.resolved for covariate in of.covariates}
        for name in variables:
            if name not in known:
                raise fail("E_NOT_COVARIATE", name=name, column=self.name, nearest=nearest(name, known))
        other.resolved = [
            replace(of, confirmatory=False, covariates=tuple(c for c in of.covariates if c.variable not in variables))
            for of in self.resolved
        ]
        return other

    def __repr__(self) -> str:
        return f"<specification {self.name}: {self.estimator.regression}; {', '.join(self.outcomes)}>"

    @property
    def estimator(self):
        """Record of its estimator."""
        return self.resolved[0].estimator

    @property
    def claim(self) -> str:
        """Which words its assignment allows: ``because``, ``trends``, ``adjusted`` or ``changed``."""
        return self.resolved[0].claim

    @property
    def weights(self) -> str | None:
        """Column of :meth:`data` that holds the weights, or nothing where all rows weigh the same."""
        return "weight" if self.resolved[0].weighted else None

    @property
    def level(self) -> float:
        """Level of its intervals."""
        return self.resolved[0].level

    def of(self, outcome: str, wave: str = "") -> Specification:
        """What it says of an outcome; ``wave``: which, where it gives an estimate a wave.

        Raises
        ------
        KeyError
            If it has no such outcome, or several estimates of it and no wave that tells them apart.
        """
        fitting = [of for of in self.resolved if of.outcome == outcome and wave in ("", of.wave)]
        if len(fitting) == 1:
            return fitting[0]
        known = ", ".join(f"{of.outcome} ({of.wave})" for of in fitting or self.resolved)
        raise KeyError(f"{outcome} {wave}".strip() + f": {self.name} estimates {known}")

    def rows(self, outcome: str, wave: str = "") -> Rows:
        """Rows of one estimate, with who fell out on the way."""
        return build(self._data, self.of(outcome, wave))

    def data(self, outcome: str, wave: str = "") -> pd.DataFrame:
        """Tidy frame of one estimate: see :func:`coops.estimation.formula.data`."""
        return formulas.data(self.rows(outcome, wave))

    def formula(self, outcome: str, wave: str = "") -> str:
        """Regression of one estimate as text: see :func:`coops.estimation.formula.formula`."""
        return formulas.formula(self.rows(outcome, wave))

    def coefficients(self, outcome: str, wave: str = "") -> dict[str, str]:
        """Name of the coefficient that is the estimate, by arm."""
        return formulas.coefficients(self.rows(outcome, wave))


def conditions(study: Study, specification: Specification) -> list[Condition]:
    """Conditions of the sample of a specification; none where it has no sample."""
    return study.contract.samples[specification.sample].conditions if specification.sample else []


def recorded_later(data: Data, specification: Specification, parts: Iterable[Condition | Covariate]) -> list[str]:
    """Variables of conditions or covariates that are read after the first wave and were not the same at it.

    What they take out, or take into account, may itself have been moved by the arm.
    """
    first, names = data.waves[0], []
    for part in parts:
        wave = part.wave or specification.waves[-1]
        early = first in data.measured(part.variable)
        if not early or not data.values(part.variable, wave).equals(data.values(part.variable, first)):
            names.append(part.variable)
    return list(dict.fromkeys(names))


def specifications(data: Data) -> pd.DataFrame:
    """What the specifications say, the leading one first.

    Returns
    -------
    DataFrame, one row an estimate
        specification, headline, status (confirmatory or exploratory), estimator, regression, outcome, wave, baseline
        (waves), sample, condition (of the sample), arms, reference, covariates, strata, cluster, weights, weigh,
        assignment, claim, conf_level; lists are joined by commas.
    """
    study = data.study
    order = sorted(study.contract.specifications, key=lambda name: name != study.headline)
    return pd.DataFrame(
        {
            "specification": resolved.name,
            "headline": resolved.name == study.headline,
            "status": "confirmatory" if resolved.confirmatory and name == study.headline else "exploratory",
            "estimator": resolved.estimator.name,
            "regression": resolved.estimator.regression,
            "outcome": resolved.outcome,
            "wave": resolved.wave,
            "baseline": ", ".join(resolved.baseline),
            "sample": resolved.sample,
            "condition": ", ".join(
                f"{part.variable}{f' ({part.wave})' * bool(part.wave)} {part.written()}"
                for part in conditions(study, resolved)
            ),
            "arms": ", ".join(name for name in resolved.arms if name != resolved.reference) or resolved.dose,
            "reference": resolved.reference,
            "covariates": ", ".join(covariate.variable for covariate in resolved.covariates),
            "strata": ", ".join(resolved.strata),
            "cluster": resolved.cluster,
            "weights": resolved.weights,
            "weigh": resolved.weigh,
            "assignment": resolved.assignment,
            "claim": resolved.claim,
            "conf_level": resolved.level,
        }
        for name in order
        for resolved in study.resolve(name)
    )
