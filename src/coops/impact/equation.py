"""The regression of a specification as an equation, its own terms and no others; and what has to hold of it."""

from coops.show.language import Words
from coops.study.study import Specification


def equation(specification: Specification) -> str:
    """Write the regression in LaTeX, from the record of its estimator; beta is what is estimated, one an arm.

    Its other letters: x covariates, less their means where the constant is what is estimated; delta strata; lambda
    waves that stand one below the other; y before: the value at baseline; epsilon errors.
    """
    estimator = specification.estimator
    stacked = estimator.cross_section or (len(specification.waves) > 1 and not estimator.differenced)
    index = "{it}" if stacked else "i"
    arms = [name for name in specification.arms if name != specification.reference]
    factors = {"after": [r"\text{after}_t"], "arm": [rf"\text{{{_text(name)}}}_i" for name in arms]}
    if specification.dose:
        factors["arm"] = [rf"\text{{{_text(specification.dose)}}}_i"]
    parts = [r"\alpha"] if estimator.terms else [r"\beta"]
    for term, letter in zip(estimator.terms, (r"\beta", r"\phi", r"\lambda"), strict=False):
        columns = [""]
        for factor in term.split(":"):
            columns = [rf"{column} \times {more}" if column else more for column in columns for more in factors[factor]]
        several = len(columns) > 1
        parts += [letter + (f"_{{{place}}}" if several else "") + rf"\,{text}" for place, text in enumerate(columns, 1)]
    parts += [r"\theta\,y_{i,\text{before}}"] if estimator.controls else []
    parts += [r"\lambda_t"] if stacked and not estimator.cross_section else []
    parts += [r"\delta_{s(i)}"] if specification.strata else []
    covariates = f"x_{index}" if estimator.terms else rf"(x_{index} - \bar{{x}})"
    parts += [rf"\gamma' {covariates}"] if specification.covariates else []
    explained = rf"\Delta y_{index}" if estimator.differenced else f"y_{index}"
    return " + ".join([f"{explained} = {parts[0]}", *parts[1:], rf"\varepsilon_{index}"])


def assumption(specification: Specification, words: Words) -> str:
    """Say what has to hold for beta to be the effect, by the claim that the assignment allows."""
    name = specification.assigned
    of_groups = any(table.group == name for table in words.study.contract.tables.values())
    assigned = words.noun("group") if of_groups and "group" in words.study.contract.units else words.named(name)
    return words.label(f"assumption.{specification.claim}", assigned=assigned)


def _text(name: str) -> str:
    return name.replace("_", r"\_")
