"""Direction words allow for the other outcomes of a confirmatory family, and say that this is why."""

from dataclasses import replace

import numpy as np
import pytest

from coops.estimation.effects import Estimate
from coops.estimation.results import of_estimate
from coops.impact import family_exhibits
from coops.impact.multiplicity import Together
from coops.report.quote import Quote
from coops.report.text import directed
from coops.show.language import Words
from coops.show.results import Record
from coops.study.load import load
from tests import made
from tests.show.test_language import CODEBOOK, UNITS, toml

FAMILY = '[families.{name}]\nlabel = {{ en = "{name}", fr = "{name}", ar = "تجربة" }}\noutcomes = ["score", "age"]\nconfirmatory = {yes}\n'
ABOVE = Estimate(
    "score", "after", "books", "main", "effect", 5.2, 1.0, 9.4, p_cr2=0.02, persons=42, rows=42,
    clusters_by_arm={"without": 7, "books": 7}, groups_by_arm={"without": 7, "books": 7}, reference="without",
)  # fmt: skip
COVERS = replace(ABOVE, outcome="age", value=0.1, low=-0.2, high=0.4, p_cr2=0.5)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    text = toml().replace('outcomes = ["score"]', 'outcomes = ["score", "age"]')
    text += FAMILY.format(name="named", yes="true") + FAMILY.format(name="seen", yes="false")
    folder = made.study(tmp_path_factory.mktemp("families"), text, CODEBOOK)
    (folder / "labels.csv").write_text(UNITS + "unit.years,years,ans,سنة\n", encoding="utf-8")
    return load(folder)


def quote(study, language: str, **cells) -> Quote:
    return Quote(Record(of_estimate(replace(ABOVE, **cells), study, "")), Words(study, language))


@pytest.mark.parametrize(
    ("language", "why"),
    [
        ("en", "but not once the other outcomes named with this one are allowed for: adjusted p 0.051"),
        ("fr", "mais plus si l’on tient compte des autres indicateurs nommés avec celui-ci\u00a0: p ajusté 0,051"),
        ("ar", "لكن ذلك لا يصمد بعد مراعاة المؤشرات الأخرى المحددة معه: القيمة الاحتمالية المعدلة \u20660,051\u2069"),
    ],
)
def test_the_word_needs_the_adjusted_p(study, language, why):
    """The interval leaves out zero: up with 0.05, uncertain with 0.051 and the reason; as before without a family."""
    for p, word in ((0.05, "up"), (0.051, "?"), (np.nan, "up")):
        one = quote(study, language, p_family=p)
        assert directed(one, "up", "down", "?") == word
        assert one.doubt.endswith(why) == (word == "?")
    assert quote(study, language, low=-9.4, high=-1.0, p_family=0.01).direction == "down"


def test_other_doubts(study):
    """The interval covers zero, whatever the family says; no interval; too few to say."""
    for p in (0.01, 0.9, np.nan):
        assert quote(study, "en", low=-1.0, p_family=p).doubt == "the interval covers zero"
    assert quote(study, "en", refused="one_cluster", low=np.nan, high=np.nan).doubt == "only one cluster"
    assert quote(study, "en", persons=9, p_family=0.9).doubt == "too few to say"
    assert quote(study, "en", persons=9, p_family=0.9).direction == "refused"


def family(confirmatory: bool, **more) -> Together:
    index = replace(ABOVE, outcome="named" if confirmatory else "seen", quantity="family_index", value=0.31)
    numbers = {"adjusted": np.array([0.07, 0.5]), "q": np.array([0.015, 0.4]), "method": "romano_wolf", "reason": ""}
    name = "named" if confirmatory else "seen"
    return Together(name, confirmatory, [ABOVE, COVERS], indices=[index], absent=(), **(numbers | more))


def shown(study, confirmatory: bool, language: str, p_family: float) -> list[list[str]]:
    estimates = [replace(ABOVE, p_family=p_family), COVERS]
    text = family_exhibits.table(family(confirmatory), estimates, study).markdown(Words(study, language))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]


@pytest.mark.parametrize(
    ("language", "held", "covers"),
    [
        ("en", "uncertain: the adjusted p is too large", "uncertain: the interval covers zero"),
        ("fr", "incertain\u00a0: p ajusté trop grand", "incertain\u00a0: l’intervalle comprend zéro"),
        ("ar", "غير مؤكد: القيمة الاحتمالية المعدلة كبيرة", "غير مؤكد: يشمل مجال الثقة الصفر"),
    ],
)
def test_the_table_says_which_direction_and_why(study, language, held, covers):
    """The last column of a confirmatory family: held back by the others, open by itself, none for the index."""
    head, _, first, second, index = shown(study, True, language, 0.07)
    assert (first[-1], second[-1], index[-1]) == (held, covers, "–")
    assert len(head) == 9 and index[5:7] == ["–", "–"]  # no adjusted p, no q
    assert shown(study, True, language, 0.04)[2][-1] not in (held, covers)


def test_an_exploratory_family_has_no_words(study):
    """The same numbers, without a direction."""
    head, _, first, _, index = shown(study, False, "en", np.nan)
    assert head == ["Outcome", "Unit", "Estimate", "95 % interval", "p", "Adjusted p", "q", "n"]
    assert first == ["score", "points", "5.2", "1.0 to 9.4", "0.020", "0.070", "0.015", "42"]
    assert index[:3] == ["index of these outcomes", "standard deviations", "0.31"]


def test_too_few_are_hidden_with_their_direction(study):
    """Nine pupils, ten are needed: no number and no direction."""
    one = replace(ABOVE, persons=9, p_family=0.01)
    table = family_exhibits.table(replace(family(True), estimates=[one, COVERS]), [one, COVERS], study)
    line = table.markdown(Words(study, "en")).splitlines()[2]
    assert [cell.strip() for cell in line.strip("|").split("|")][2:] == ["(c)"] * 6 + ["–"]


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_note_says_how(study, language):
    """Draws, Holm with its reason, one alone, and what is not estimated."""
    words = Words(study, language)
    said = {name: value(words) for name, value in family_exhibits.said(family(True)).items()}
    holm = family_exhibits.said(family(True, method="holm", reason="bootstrap_few_clusters"))["method"](words)
    alone = family_exhibits.said(family(True, method="holm", reason="alone"))["method"](words)
    absent = family_exhibits.said(replace(family(False), absent=("age",)))
    assert len({said["method"], holm, alone}) == 3 and words.label("refused.bootstrap_few_clusters") in holm
    assert said["absent"] == "" and words.label("age") in absent["absent"](words)
    assert said["role"] != absent["role"](words) and words.number(5, 0) in said["role"]


def test_the_index_can_be_quoted(study):
    """In standard deviations, by the name of its family."""
    one = Record(of_estimate(family(True).indices[0], study, ""))
    assert str(Quote(one, Words(study, "fr"))) == "0,31\u00a0écart-type"
    assert Quote(one, Words(study, "en")).label == "index of: named"
