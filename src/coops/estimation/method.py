"""The method of an estimate, in words."""

from coops.estimation.effects import Estimate
from coops.show.language import Words
from coops.show.table import _named


def method(one: Estimate, words: Words) -> str:
    """Say in words how an estimate was made."""
    first = words.label("method.dose", of=words.label(one.dose)) if one.dose else words.label(f"method.{one.estimator}")
    parts = [first]
    if one.strata:
        parts.append(words.label("method.strata"))
    if one.adjusted:
        parts.append(
            words.label("method.covariates", list=words.listed([_named(name, words) for name in one.adjusted]))
        )
    if one.weighted:
        parts.append(words.label(f"method.weighted.{words.study.contract.design.weights_convention}"))
    if "person" in words.study.contract.units and "group" in words.study.contract.units:
        parts.append(
            words.label("method.groups" if one.weigh == "groups" or one.unit_level == "group" else "method.persons")
        )
    parts.append(words.label("method.errors"))
    return words.parts(parts)
