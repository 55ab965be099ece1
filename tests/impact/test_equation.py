"""The equation of a specification has the terms that its regression has; what has to hold follows the claim."""

import re
from dataclasses import replace

import pytest

from coops.impact.equation import assumption, equation
from coops.show.language import Words
from coops.study.estimators import ESTIMATORS
from coops.study.load import load
from coops.study.schema import Covariate
from tests import made

# By hand, from data/README.md: what each estimator regresses on what; one arm beside the reference, one wave.
BY_HAND = {
    "level": r"y_i = \alpha + \beta\,\text{books}_i + \varepsilon_i",
    "ancova": r"y_i = \alpha + \beta\,\text{books}_i + \theta\,y_{i,\text{before}} + \varepsilon_i",
    "difference": r"\Delta y_i = \alpha + \beta\,\text{books}_i + \varepsilon_i",
    "difference cross-section": r"y_{it} = \alpha + \beta\,\text{books}_i \times \text{after}_t"
    r" + \phi\,\text{books}_i + \lambda\,\text{after}_t + \varepsilon_{it}",
    "change": r"\Delta y_i = \beta + \varepsilon_i",
    "change cross-section": r"y_{it} = \alpha + \beta\,\text{after}_t + \varepsilon_{it}",
}


@pytest.fixture
def specification(tmp_path):
    """The leading one of the made study."""
    (of,) = load(made.study(tmp_path)).resolve("main")
    return of


@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_each_estimator(specification, name):
    """Its own terms, and no others."""
    assert equation(replace(specification, estimator=ESTIMATORS[name])) == BY_HAND[name]


def test_what_is_added(specification):
    """Strata, covariates, waves one below the other, several arms and a dose are there where they are named."""
    level = replace(specification, estimator=ESTIMATORS["level"])
    more = equation(replace(level, strata=("place",), covariates=(Covariate(variable="age"),)))
    assert more.endswith(r"+ \delta_{s(i)} + \gamma' x_i + \varepsilon_i")
    centred = equation(replace(specification, estimator=ESTIMATORS["change"], covariates=(Covariate(variable="age"),)))
    assert centred == r"\Delta y_i = \beta + \gamma' (x_i - \bar{x}) + \varepsilon_i"
    assert r"\lambda_t + \varepsilon_{it}" in equation(replace(level, waves=("after", "late")))
    arms = equation(replace(level, arms={"without": ("0",), "books": ("1",), "many_books": ("2",)}))
    assert r"\beta_{1}\,\text{books}_i + \beta_{2}\,\text{many\_books}_i" in arms
    assert r"\beta\,\text{hours}_i" in equation(replace(specification, dose="hours"))


@pytest.mark.parametrize("assignment, estimator, words_of_it", [
    ("randomised", "level", "A lot decided, by schools, who"),
    ("not randomised", "difference", "moved alike"),
    ("not randomised", "ancova", "alike in what is adjusted for"),
    ("no comparison", "change", "Nothing is compared"),
])  # fmt: skip
def test_what_has_to_hold(specification, tmp_path, assignment, estimator, words_of_it):
    """By the claim; a lot is not said to ask for trends alike."""
    of = replace(specification, assignment=assignment, estimator=ESTIMATORS[estimator])
    text = assumption(of, Words(load(made.study(tmp_path / "again")), "en"))
    assert words_of_it in text and bool(re.search("moved alike", text)) == (of.claim == "trends")
