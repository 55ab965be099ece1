"""The diagnosis as a whole: eight schools, whose scores at both waves are worked out by hand.

Before: order 1 → 0; rooms 2, turned round → 0.75; staff 1 to 5 → 0, 0.25, 0.5, 0.75, 1, 0, 0.25, 0.5; marks of two pupils a
school are too few (five are needed), so that dimension has no answer at all. Overall: (0 + 0.75 + staff) / 3, so that s3
stands exactly at the cut-off of 0.5. After: order 3 → 0.5, so that each rises by 0.5 / 3.
"""

import numpy as np
import pytest

from coops.diagnosis import weight_sensitivity
from coops.diagnosis.assessment import assess
from tests import made
from tests.diagnosis.test_scores import CODEBOOK, FILE, GROUPS, schools

STAFF = np.array([0, 0.25, 0.5, 0.75, 1, 0, 0.25, 0.5])
BOOK = CODEBOOK + "schools,kind,category,,,a|b|c,,kind\nschools,wish,category,,,roof|books,,wish\n"


def study(folder, add: str = 'groups = "kind"', kinds="aaaaabbc", levels: str = made.DIAGNOSIS):
    """The made study with kinds of schools and a wish."""
    frame = schools().assign(kind=list(kinds) * 2, wish=["roof"] * 6 + ["books"] * 10)
    toml = made.TOML + GROUPS + f"\n[diagnosis]\n{add}\n" + levels
    made.study(folder, toml, BOOK, pupils=made.pupils(), schools=frame)
    (folder / "diagnosis.csv").write_text(FILE, encoding="utf-8")
    return assess(made.data(folder))


@pytest.fixture(scope="module")
def assessment(tmp_path_factory):
    """The assessment of the made study."""
    return study(tmp_path_factory.mktemp("schools") / "study", 'groups = "kind"\nneeds = ["wish"]')


def test_scores_and_a_tie(assessment):
    """A score exactly at a cut-off belongs to the upper level."""
    assert assessment.level == "group" and assessment.waves == ["before", "after"]
    np.testing.assert_allclose(assessment.scores["before"].overall, (0.75 + STAFF) / 3, atol=1e-12)
    assert assessment.levels["before"].tolist() == ["low", "low", "low", "high", "high", "low", "low", "low"]
    assert assessment.levels["after"].tolist() == ["low", "high", "high", "high", "high", "low", "high", "high"]


def test_a_dimension_without_any_answer(assessment):
    """It has no score, and the others keep their proportions; its bounds are 0 and 1."""
    scores = assessment.scores["before"]
    assert scores.dimensions["results"].isna().all()
    assert scores.answered.tolist() == [3] * 8 and scores.asked == 4
    low, high = (0.75 + STAFF) / 4, (1.75 + STAFF) / 4
    np.testing.assert_allclose(scores.low["overall"], low, atol=1e-12)
    np.testing.assert_allclose(scores.high["overall"], high, atol=1e-12)


def test_change(assessment):
    """Half a point in one of three dimensions."""
    assert assessment.compared and assessment.comparable == ["order", "rooms", "staff", "marks"]
    np.testing.assert_allclose(assessment.change["overall"], 0.5 / 3, atol=1e-12)
    first, last = assessment.ends
    np.testing.assert_allclose(first["overall"], (0.75 + STAFF) / 3, atol=1e-12)
    np.testing.assert_allclose(last["overall"], (1.25 + STAFF) / 3, atol=1e-12)


def test_profile_and_a_stratum_of_one(assessment):
    """Means by kind; one school alone has a mean and, drawn as a sample of one, no interval."""
    profile = assessment.profile("before").set_index(["group", "part"])
    assert profile.loc[("a", "overall"), "mean"] == pytest.approx((0.75 + 0.5) / 3)
    alone = profile.loc[("c", "overall")]
    assert (alone["units"], alone["scored"], alone["mean"]) == (1, 1, pytest.approx(1.25 / 3))
    whole = assessment.profile("before", by_group=False).set_index("part")
    assert whole.loc["overall", "mean"] == pytest.approx((0.75 + STAFF.mean()) / 3)
    assert whole.loc["results", "scored"] == 0 and np.isnan(whole.loc["results", "mean"])


def test_firmness_is_that_of_the_last_wave(assessment):
    """The same draws by hand: the seed of the study, the settings of the table."""
    draws = weight_sensitivity.draw(assessment.card, {"low": 0, "high": 0.5}, 1000, 1, 10, 0.05)
    expected = weight_sensitivity.firmness(
        assessment.card, assessment.scores["after"], {"low": 0, "high": 0.5}, draws, 0.8
    )
    assert assessment.firm.units.equals(expected.units)
    kept = assessment.firm.units["kept"]
    assert kept["s4"] > 0.95 > kept["s1"]  # 0.75 lies far from the cut-off, 0.5 exactly at it
    assert assessment.firm.units["uncertain"].tolist() == (kept < 0.8).tolist()


def test_needs(assessment):
    """Everywhere one wish; six of eight ask for a roof before, none after."""
    before = assessment.needs("before").set_index(["group", "need"])
    assert before.loc[("", "roof"), "any"] == 6 / 8
    assert before.loc[("b", "roof"), "any"] == 1 / 2 and before.loc[("c", "books"), "units"] == 1
    assert set(assessment.needs("after")["need"]) == {"books"}


def test_a_sample_and_waves(tmp_path):
    """Only the schools of a sample, at one wave: nothing is compared."""
    add = 'sample = "some"\nwaves = "after"'
    some = '[samples.some]\nconditions = [{ variable = "kind", equals = "a" }]\n'
    assessment = study(tmp_path, add, levels=made.DIAGNOSIS + some)
    assert list(assessment.units) == ["s0", "s1", "s2", "s3", "s4"] and assessment.waves == ["after"]
    assert not assessment.compared and assessment.change.empty


def test_none_without_a_scorecard(tmp_path):
    """A study that has none is not diagnosed."""
    assert assess(made.data(made.study(tmp_path))) is None
