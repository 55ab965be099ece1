"""Direction words allow for the other outcomes of a confirmatory family, and say that this is why."""

import numpy as np
import pandas as pd
import pytest

from coops.estimation import tidy
from coops.impact import exhibits
from coops.report.quote import Quote
from coops.report.text import directed
from coops.show.language import Words
from coops.show.results import Record, quotable
from coops.study.load import load
from tests import made
from tests.show.test_language import CODEBOOK, UNITS, toml

FAMILY = '[families.{name}]\nlabel = {{ en = "{name}", fr = "{name}", ar = "تجربة" }}\noutcomes = ["score", "age"]\nconfirmatory = {yes}\n'
ABOVE = made.estimate(
    estimate=5.2, conf_low=1.0, conf_high=9.4, p_value=0.02, n=42, n_rows=42, estimator="level",
    clusters_by_arm={"without": 7, "books": 7}, groups_by_arm={"without": 7, "books": 7}, reference="without",
)  # fmt: skip
COVERS = made.again(ABOVE, outcome="age", estimate=0.1, conf_low=-0.2, conf_high=0.4, p_value=0.5)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    text = toml().replace('outcomes = ["score"]', 'outcomes = ["score", "age"]')
    text += FAMILY.format(name="named", yes="true") + FAMILY.format(name="seen", yes="false")
    folder = made.study(tmp_path_factory.mktemp("families"), text, CODEBOOK)
    (folder / "labels.csv").write_text(UNITS + "unit.years,years,ans,سنة\n", encoding="utf-8")
    return load(folder)


def quote(study, language: str, **cells) -> Quote:
    words = Words(study, language)
    (row,) = quotable(tidy.frame([made.again(ABOVE, **cells)]), words)
    return Quote(Record(row), words)


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
        one = quote(study, language, p_value_adjusted=p)
        assert directed(one, "up", "down", "?") == word
        assert one.doubt.endswith(why) == (word == "?")
    assert quote(study, language, conf_low=-9.4, conf_high=-1.0, p_value_adjusted=0.01).direction == "down"


def test_other_doubts(study):
    """The interval covers zero, whatever the family says; no interval; too few to say."""
    for p in (0.01, 0.9, np.nan):
        assert quote(study, "en", conf_low=-1.0, p_value_adjusted=p).doubt == "the interval covers zero"
    assert quote(study, "en", refused="one_cluster", conf_low=np.nan, conf_high=np.nan).doubt == "only one cluster"
    assert quote(study, "en", n=9, p_value_adjusted=0.9).doubt == "too few to say"
    assert quote(study, "en", n=9, p_value_adjusted=0.9).direction == "refused"


def family(confirmatory: bool, first=ABOVE, adjustment="romano_wolf", refused="") -> pd.DataFrame:
    name = "named" if confirmatory else "seen"
    index = made.again(ABOVE, outcome=name, quantity="family_index", estimate=0.31)
    numbers = {"p_value_adjusted": [0.07, 0.5, np.nan], "q_value": [0.015, 0.4, np.nan]}
    how = {"family": name, "adjustment": adjustment, "adjustment_refused": refused, "confirmatory": confirmatory}
    return tidy.frame([first, COVERS, index]).assign(**numbers, **how)


def shown(study, confirmatory: bool, language: str, adjusted: float) -> list[list[str]]:
    estimates = tidy.frame([made.again(ABOVE, p_value_adjusted=adjusted), COVERS])
    text = exhibits.family(family(confirmatory), estimates, study).markdown(Words(study, language))
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
    few = made.again(ABOVE, n=9, p_value_adjusted=0.01)
    table = exhibits.family(family(True, first=few), tidy.frame([few, COVERS]), study)
    line = table.markdown(Words(study, "en")).splitlines()[2]
    assert [cell.strip() for cell in line.strip("|").split("|")][2:] == ["(c)"] * 6 + ["–"]


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_note_says_how(study, language):
    """Draws, Holm with its reason, one alone, and what is not estimated."""
    words = Words(study, language)
    quoted = {name: value(words) for name, value in exhibits.family_words(family(True), study).items()}
    of_few = family(True, adjustment="holm", refused="bootstrap_few_clusters")
    holm = exhibits.family_words(of_few, study)["method"](words)
    alone = exhibits.family_words(family(True, adjustment="holm", refused="alone"), study)["method"](words)
    absent = exhibits.family_words(family(False).iloc[[0, 2]], study)  # without the age
    assert len({quoted["method"], holm, alone}) == 3 and words.label("refused.bootstrap_few_clusters") in holm
    assert quoted["absent"] == "" and words.label("age") in absent["absent"](words)
    assert quoted["role"] != absent["role"](words) and words.number(5, 0) in quoted["role"]


def test_the_index_can_be_quoted(study):
    """In standard deviations, by the name of its family."""
    (row,) = quotable(family(True).tail(1), Words(study, "fr"))
    one = Record(row)
    assert str(Quote(one, Words(study, "fr"))) == "0,31\u00a0écart-type"
    assert Quote(one, Words(study, "en")).label == "index of: named"
