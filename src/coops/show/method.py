"""The method of an estimate, in words."""

from typing import Any

from coops.show.language import Words


def method(estimate: Any, words: Words) -> str:
    """Say in words how an estimate was made; ``estimate``: a row of the frame of estimates."""
    dose = estimate.dose
    parts = [words.label("method.dose", of=words.label(dose)) if dose else words.label(f"method.{estimate.estimator}")]
    if estimate.strata:
        parts.append(words.label("method.strata"))
    if estimate.covariates:
        named = [words.named(name) for name in estimate.covariates]
        parts.append(words.label("method.covariates", list=words.listed(named)))
    if estimate.weighted:
        parts.append(words.label(f"method.weighted.{words.study.contract.design.weights_convention}"))
    if {"person", "group"} <= set(words.study.contract.units):
        groups = estimate.weigh == "groups" or estimate.unit_level == "group"
        parts.append(words.label("method.groups" if groups else "method.persons"))
    parts.append(words.label("method.errors"))
    return words.parts(parts)
