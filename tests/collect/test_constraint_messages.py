"""Words of questions in each language: numbers as people write them, and every gap found once."""

import pytest

from coops.collect.constraint_messages import Wordings, number
from coops.study.codebook import Variable
from coops.study.languages import LANGUAGES
from coops.study.load import load
from tests.collect.test_forms import TOML, write


@pytest.mark.parametrize(
    ("value", "en", "fr", "ar"),
    [
        (5, "5", "5", "\u20665\u2069"),
        (1960, "1960", "1960", "\u20661960\u2069"),  # a year
        (5000000, "5,000,000", "5\u202f000\u202f000", "\u20665\u202f000\u202f000\u2069"),
        (-0.5, "\u22120.5", "\u22120,5", "\u2066\u22120,5\u2069"),
    ],
)
def test_numbers(value, en, fr, ar):
    """Signs of the glossary: a narrow space in French and Arabic, a real minus, isolated in Arabic."""
    assert (number(value, "en"), number(value, "fr"), number(value, "ar")) == (en, fr, ar)
    assert LANGUAGES["ar"].isolate("") == "" and LANGUAGES["fr"].isolate("x") == "x"


@pytest.mark.parametrize(
    ("low", "high", "type_", "words"),
    [
        (1, 5, "number", "A number between 1 and 5."),
        (1, None, "number", "A number of at least 1."),
        (None, 5, "integer", "A number of at most 5. No decimals."),
        (None, None, "number", "A number."),
    ],
)
def test_limits(tmp_path, low, high, type_, words):
    """Both ends, one, none; whole numbers are said to be."""
    variable = Variable("visits", "score", type_, low=low, high=high)
    assert Wordings(load(write(tmp_path))).limits(variable)["en"] == words


def test_a_gap_is_found_once(tmp_path):
    """However often the words are asked for; the name stands in until the finding is raised."""
    words = Wordings(load(write(tmp_path)))
    variable = Variable("visits", "score", label={"en": "score", "fr": "note"}, row=7)
    assert words.label(variable) == words.label(variable) == {"en": "score", "fr": "note", "ar": "score"}
    assert [(fault.code, fault.row, fault.column) for fault in words.faults] == [("E_NO_LABEL", 7, "label_ar")]


def test_the_language_of_the_sender_counts(tmp_path):
    """A sender who reads another language than the study has needs words too."""
    toml = TOML.replace('languages = ["en", "fr", "ar"]', 'languages = ["en"]')
    words = Wordings(load(write(tmp_path, toml=toml)))
    assert (words.sender, words.languages) == ("fr", ["en", "fr"])


def test_a_reason_of_its_own(tmp_path):
    """The code of a value has words of the study, or those of its reason; an unknown reason is a finding."""
    words = Wordings(load(write(tmp_path, words=["score.-98", "unit.points"])))
    variable = Variable("visits", "score", missing={"-98": "dk", "-99": "refused", "-97": "asleep"})
    assert words.value(variable, "-98")["en"] == "score.-98 en"
    assert words.value(variable, "-99")["en"] == "did not wish to answer"
    assert words.value(variable, "-97")["en"] == "reason.asleep"
    assert {fault.key for fault in words.faults} == {"reason.asleep"}
