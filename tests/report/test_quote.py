"""What a page says beside a result: the shock that would overturn it, and placebo outcomes that moved."""

import pytest

from coops.report.quote import Quote
from coops.show import results
from coops.show.language import Words
from coops.show.results import Results
from coops.study.load import load
from tests import made
from tests.show import test_language as test_words

NBSP = "\u00a0"
PLACEBO = """
[specifications.elsewhere]
estimator = "difference"
placebo = true
waves = ["after"]
baseline = ["before"]
outcomes = ["age"]
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The made study in three languages, with a placebo specification; its score has one decimal."""
    folder = made.study(tmp_path_factory.mktemp("study"), test_words.toml() + PLACEBO, test_words.CODEBOOK)
    (folder / "labels.csv").write_text(test_words.UNITS + "unit.years,years,ans,سنة\n", encoding="utf-8")
    return load(folder)


def row(outcome="score", specification="main", quantity="effect", arm="books", **cells) -> dict:
    """A row of the results file: 5 points more, between 1 and 9, 40 persons behind it."""
    parts = {"outcome": outcome, "wave": "after", "arm": arm, "specification": specification, "quantity": quantity}
    numbers = {
        "estimate": 5.0,
        "conf_low": 1.0,
        "conf_high": 9.0,
        "conf_level": 0.95,
        "n": 40,
        "unit": "points",
        "decimals": 1,
    }
    return parts | numbers | {"key": ".".join(parts.values()), "unit_level": "person"} | cells


def quote(study, folder, *rows: dict, language: str = "en") -> Quote:
    """The first of some results, as a text quotes it."""
    results.write(list(rows), folder / "08_robustness.csv")
    every = Results(folder, study)
    return Quote(every[rows[0]["key"]], Words(study, language), every)


def test_the_shock_beside_a_result(study, tmp_path):
    """1 of 5 is 20 %; where areas hold both groups it did not reach "only the area"; nothing without a direction."""
    shock = row(quantity="shock", estimate=1.0, conf_low="", conf_high="", reach="own")
    assert quote(study, tmp_path, row(), shock).enough == (
        f"something else that moved it by 1.0{NBSP}points (20{NBSP}% of the estimate), the same way, only in the area of this group"
    )
    assert "all areas of this group" in quote(study, tmp_path, row(), shock | {"reach": "several"}).enough
    shared = quote(study, tmp_path, row(), shock | {"reach": "shared"}).enough
    assert "only in the areas where this group weighs more" in shared
    assert quote(study, tmp_path, row(conf_low=-1.0), shock).enough == ""
    assert quote(study, tmp_path, row(p_value_adjusted=0.2), shock).enough == ""
    assert quote(study, tmp_path, row(hidden="yes"), shock).enough == ""
    assert quote(study, tmp_path, row(), shock | {"key": "score.after.other.main.shock"}).enough == ""
    trend = row(quantity="trend", estimate=0.5, conf_low="", conf_high="", reach="year")
    assert (
        quote(study, tmp_path, row(), trend).enough
        == f"trends that would have differed by 0.5{NBSP}points a year anyway"
    )
    assert quote(study, tmp_path, row(), trend, shock).enough.startswith("something else")
    assert "événement" in quote(study, tmp_path, row(), shock, language="fr").enough
    assert "حدث آخر" in quote(study, tmp_path, row(), shock, language="ar").enough


def test_a_placebo_beside_a_result(study, tmp_path):
    """One of the same arm whose interval leaves out zero, told once; not one that covers zero, or of few, or another arm."""
    placebo = row("age", "elsewhere")
    assert quote(study, tmp_path, row(), placebo).against == "age (above zero)"
    early = row("age", "elsewhere", wave="before", key="age.before.books.elsewhere.effect")
    assert quote(study, tmp_path, row(), early).against == "age (before) (above zero)"
    for quiet in ({"conf_low": -1.0}, {"hidden": "yes"}, {"arm": "other"}, {"specification": "main"}):
        assert quote(study, tmp_path, row(), placebo | quiet).against == ""
    alone = Quote(results.Record(row()), Words(study, "en"))
    assert (alone.against, alone.enough) == ("", "")
