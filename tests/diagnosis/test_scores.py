"""Scores by hand, at ties and with gaps; COINr's published index; another scorecard is another file."""

import numpy as np
import pandas as pd
import pytest

from coops.diagnosis import scores as diagnosis_scores
from coops.diagnosis import weight_sensitivity
from coops.study.scorecard import Item, Rule
from coops.study.scorecard_reader import read_scorecard
from tests import made
from tests.fixtures import scorecards

NAN = np.nan
CARD = scorecards.made(a=(1, 1, {"a1": 2, "a2": 1}), b=(3, 2, {"b1": 1, "b2": 1, "b3": 2}))
ITEMS = pd.DataFrame(
    {
        "u1": [1, 0.25, 0.5, 0.5, 1],  # a = (2 + 0.25) / 3 = 0.75; b = (0.5 + 0.5 + 2) / 4 = 0.75
        "u2": [NAN, 0.4, 1, NAN, 0.25],  # a = 0.4; b = (1 + 0.5) / 3 = 0.5; overall = (0.4 + 1.5) / 4 = 0.475
        "u3": [1, 1, 0.5, NAN, NAN],  # b has one answer and needs two
        "u4": [NAN, NAN, 1, 0, 0.5],  # no answer in a; b = (1 + 0 + 1) / 4 = 0.5
        "u5": [NAN] * 5,
    },
    index=["a1", "a2", "b1", "b2", "b3"],
).T


def test_scores_by_hand():
    """Items, dimensions, overall, counts: worked out beside the data."""
    scores = diagnosis_scores.score(CARD, ITEMS, answered=0.6)
    assert scores.dimensions["a"].tolist() == pytest.approx([0.75, 0.4, 1, NAN, NAN], nan_ok=True)
    assert scores.dimensions["b"].tolist() == pytest.approx([0.75, 0.5, NAN, 0.5, NAN], nan_ok=True)
    assert scores.overall.tolist() == pytest.approx([0.75, 0.475, 1, 0.5, NAN], nan_ok=True)
    assert (scores.answered.tolist(), scores.asked) == ([5, 3, 3, 3, 0], 5)


def test_too_few_answers_give_no_overall_score():
    """Three of five are 0.6: enough at 0.6 exactly, not at the default of 0.75; dimensions stay."""
    scores = diagnosis_scores.score(CARD, ITEMS)
    assert scores.overall.notna().tolist() == [True, False, False, False, False]
    assert scores.dimensions.loc["u4", "b"] == 0.5


def test_bounds_by_hand():
    """Missing items at 0 and at 1: u2 has a in [0.4/3, 2.4/3], b in [1.5/4, 2.5/4]; no answer at all is [0, 1]."""
    scores = diagnosis_scores.score(CARD, ITEMS)
    assert scores.low.loc["u2"].tolist() == pytest.approx([0.4 / 3, 0.375, (0.4 / 3 + 3 * 0.375) / 4])
    assert scores.high.loc["u2"].tolist() == pytest.approx([0.8, 0.625, (0.8 + 3 * 0.625) / 4])
    assert (scores.low.loc["u5", "overall"], scores.high.loc["u5", "overall"]) == (0, 1)
    assert scores.low.loc["u1"].tolist() == scores.high.loc["u1"].tolist()


def test_an_item_of_weight_zero_counts_for_nothing():
    """It is shown with the items; scores, counts and bounds do not know it."""
    card = scorecards.made(a=(1, 1, {"a1": 2, "a2": 1, "later": 0}), b=(3, 2, {"b1": 1, "b2": 1, "b3": 2}))
    scores = diagnosis_scores.score(card, ITEMS.assign(later=1.0), answered=0.6)
    without = diagnosis_scores.score(CARD, ITEMS, answered=0.6)
    pd.testing.assert_series_equal(scores.overall, without.overall)
    assert scores.asked == 5 and "later" in scores.items


def test_a_tie_belongs_to_the_upper_level():
    """0.7 − 0.4 is 0.29999999999999993 and counts as 0.3; 0.2999 does not; missing has no level."""
    starts = {"first": 0, "second": 0.3, "third": 0.6}
    values = pd.Series([0, 0.2999, 0.7 - 0.4, 0.3, 0.6, 0.1 * 6, 1, NAN])
    assert 0.7 - 0.4 < 0.3
    assert diagnosis_scores.levels(values, starts).tolist() == [
        "first", "first", "second", "second", "third", "third", "third", "",
    ]  # fmt: skip
    assert diagnosis_scores.levels(values, {"only": 0}).tolist() == ["only"] * 7 + [""]


def test_change_over_comparable_items():
    """b3 was another question: u1 has a1, b1, b2 at both waves; u2 has no a1 before, so that a is left out."""
    after = pd.DataFrame(0.75, index=["u2", "u1"], columns=ITEMS.columns)
    names = ["a1", "b1", "b2"]
    changed = diagnosis_scores.change(CARD, ITEMS, after, names)
    # u1: a 0.75 − 1, b (0.25 + 0.25) / 2, overall by weights 1 and 3: (−0.25 + 0.75) / 4
    assert changed.loc["u1"].tolist() == pytest.approx([-0.25, 0.25, 0.125, 3])
    assert changed.loc["u2"].tolist() == pytest.approx([NAN, NAN, NAN, 1], nan_ok=True)  # b1 alone, b needs two
    assert changed.loc[["u3", "u4", "u5"], "items"].tolist() == [0, 0, 0]  # not there after


def test_change_needs_no_more_than_can_be_compared():
    """Only one item of b can be compared: one is then enough. Nothing comparable gives no change, and no error."""
    after = ITEMS.assign(b1=1.0)
    changed = diagnosis_scores.change(CARD, ITEMS, after, ["b1"])
    assert changed.loc["u1"].tolist() == pytest.approx([NAN, 0.5, 0.5, 1], nan_ok=True)
    nothing = diagnosis_scores.change(CARD, ITEMS, after, [])
    assert nothing[["a", "b", "overall"]].isna().all(axis=None) and (nothing["items"] == 0).all()


@pytest.mark.parametrize(
    ("rule", "several", "values", "scores"),
    [
        (Rule("threshold", low=2), False, [1.9, 2, 3, NAN], [0, 1, 1, NAN]),
        (Rule("threshold", high=2), False, [1.9, 2, 2.1, NAN], [1, 1, 0, NAN]),
        (Rule("scale", 1, 5), False, [1, 2, 5, 7, NAN], [0, 0.25, 1, 1, NAN]),
        (Rule("scale", 0, 10, down=True), False, [0, 4, -1, 12], [1, 0.6, 1, 0]),
        (Rule("share", values=("yes", "often")), False, ["yes", "no", "often", None], [1, 0, 1, NAN]),
        (Rule("share", values=("1",)), False, [1.0, 0.0, NAN], [1, 0, NAN]),
        (Rule("share", values=("a", "b")), True, ["a b", "b c", "c", None], [1, 0.5, 0, NAN]),
        (Rule("values", scores={"none": 0, "a b": 0.5}), False, ["none", "a b", "x", None], [0, 0.5, NAN, NAN]),
        (Rule("threshold", low=2), True, ["a b", "c", None], [1, 0, NAN]),
        (Rule("threshold", low=1, values=("a", "b")), True, ["c", "a c", None], [0, 1, NAN]),
        (Rule("scale", 0, 4, values=("a", "b")), True, ["a b", "c", "a"], [0.5, 0, 0.25]),
    ],
)
def test_each_kind_of_rule(rule, several, values, scores):
    """Ends are included; beyond the ends of a scale is its end; a missing answer has no score."""
    item = Item("item", "d", "v", rule, 1, several=several)
    assert diagnosis_scores.item_score(item, pd.Series(values)).tolist() == pytest.approx(scores, nan_ok=True)


# -- outside values -----------------------------------------------------------------------------------


def test_a_published_index():
    """COINr's example, the first five as printed in its page of results (two decimals of 100)."""
    card, scores = scorecards.published()
    overall = diagnosis_scores.score(card, scores[[item.name for item in card.items]]).overall
    printed = {"CHE": 68.38, "NLD": 64.82, "DNK": 64.80, "NOR": 64.47, "BEL": 63.54}
    assert (100 * overall.sort_values(ascending=False).head(5)).round(2).to_dict() == printed


def test_a_published_index_to_all_digits():
    """All 51 countries by R (coinr.R), written with 15 digits: 1e-13 is what they allow."""
    card, published = scorecards.published()
    scores = diagnosis_scores.score(card, published[[item.name for item in card.items]])
    assert np.abs(scores.overall - published["Index"]).max() < 1e-13
    for name in ("Conn", "Sust"):
        assert np.abs(scores.dimensions[name] - published[name]).max() < 1e-13


def test_missing_answers_as_in_coinr():
    """49 indicators, 18 of them missing, in 8 pillars: weights are made to sum to 1 over what is there."""
    structure = scorecards.read("missing_structure").set_index("code")
    pillars = structure.groupby("parent", sort=False)["weight"]
    card = scorecards.made(**{name: (1, 1, weights.to_dict()) for name, weights in pillars})
    items = scorecards.read("missing").set_index("uCode") / 100
    assert items.isna().sum().sum() == 18
    expected = scorecards.read("missing_scores").set_index("uCode") / 100
    scores = diagnosis_scores.score(card, items)
    assert np.abs(scores.dimensions[expected.columns] - expected).max(axis=None) < 1e-13


# -- from a study's tables ------------------------------------------------------------------------------

GROUPS = """
[tables.schools]
level = "group"
files = ["schools.csv"]
key = ["school", "wave"]
wave_column = "wave"
"""
CODEBOOK = made.CODEBOOK + (
    "schools,school,text,,,,,school\nschools,wave,text,,,,,wave\n"
    "schools,order,integer,,,,1..5,order\nschools,rooms,integer,,,,1..5,rooms\nschools,staff,integer,,,,1..5,staff\n"
)
FILE = """dimension,item,variable,rule,weight,needed,version,dimension_en,label_en
discipline,order,order,scale:1..5,1,1,b,discipline,order
premises,rooms,rooms,scale:1..5 down,1,1,,premises,rooms
people,staff,staff,scale:1..5,1,1,,people,staff
results,marks,score,scale:50..60,1,1,,results,marks
"""


def schools() -> pd.DataFrame:
    """Eight schools at two waves, with answers from 1 to 5."""
    names = [f"s{place}" for place in range(8)]
    before = pd.DataFrame({"school": names, "wave": "before", "order": 1, "rooms": 2})
    before["staff"] = [1, 2, 3, 4, 5, 1, 2, 3]
    return pd.concat([before, before.assign(wave="after", order=3)], ignore_index=True)


def other(folder, toml=made.TOML + GROUPS, codebook=CODEBOOK, frame=None):
    """Another scorecard: four dimensions on a scale from 1 to 5, other variables."""
    frame = schools() if frame is None else frame
    made.study(folder, toml + made.DIAGNOSIS, codebook, pupils=made.pupils(), schools=frame)
    (folder / "diagnosis.csv").write_text(FILE, encoding="utf-8")
    data = made.data(folder)
    return data, read_scorecard(data.study)


def test_another_scorecard_is_another_file(tmp_path):
    """Read, scored, levelled and shaken by the same code; s1 by hand.

    Before: order 1 → 0; rooms 2, turned round → 0.75; staff 2 → 0.25; marks of its two pupils are 51 and 53
    (tests/made.py: 50 + school + 2 × number) → 0.1 and 0.3, mean 0.2. Overall 1.2 / 4 = 0.3.
    """
    data, card = other(tmp_path)
    units = diagnosis_scores.units(data)
    items = {wave: diagnosis_scores.answers(data, card, wave, units, fewest=2) for wave in data.waves}
    assert items["before"].loc["s1"].tolist() == pytest.approx([0, 0.75, 0.25, 0.2])
    scores = diagnosis_scores.score(card, items["before"])
    assert scores.overall["s1"] == pytest.approx(0.3)
    starts = {"seed": 0, "plant": 0.3, "tree": 0.5}
    assert diagnosis_scores.levels(scores.overall, starts)["s1"] == "plant"
    draws = weight_sensitivity.draw(card, starts, 200, seed=1)
    assert weight_sensitivity.firmness(card, scores, starts, draws).units["kept"].between(0, 1).all()
    comparable = diagnosis_scores.comparable(data, card, data.waves)
    changed = diagnosis_scores.change(card, items["before"], items["after"], comparable)
    assert changed.loc["s1", "discipline"] == 0.5


def test_answers_of_persons_need_a_few_of_them(tmp_path):
    """Two pupils a school: with three needed nothing is said of them."""
    data, card = other(tmp_path)
    items = diagnosis_scores.answers(data, card, "before", diagnosis_scores.units(data), fewest=3)
    assert items["marks"].isna().all() and items["staff"].notna().all()


def test_a_question_that_changed_is_not_compared(tmp_path):
    """Another version of the question, not said to be comparable; and one that was asked at one wave only."""
    toml = made.TOML.replace('label = "before"', 'label = "before"\nform_version = "1"')
    toml = toml.replace('label = "after"', 'label = "after"\nform_version = "2"') + GROUPS
    book = CODEBOOK.replace("range,label_en", "range,label_en,version_from,version_to,comparable")
    book = book.replace(",1..5,rooms", ",1..5,rooms,1,1,\nschools,rooms,integer,,,,1..5,rooms,2,,no")
    book = book.replace(",1..5,order", ",1..5,order,1,1,\nschools,order,integer,,,,1..5,order,2,,same")
    book = book.replace(",1..5,staff", ",1..5,staff,2,,")
    frame = schools().astype({"staff": object})
    frame.loc[frame["wave"] == "before", "staff"] = ""
    data, card = other(tmp_path, toml, book, frame)
    assert diagnosis_scores.comparable(data, card, data.waves) == ["order", "marks"]
    assert diagnosis_scores.answers(data, card, "before", diagnosis_scores.units(data))["staff"].isna().all()


def test_units_where_no_table_is_of_groups(tmp_path):
    """The groups that persons name; a study without groups diagnoses persons."""
    book = made.CODEBOOK
    data = made.data(made.study(tmp_path / "a", codebook=book))
    assert diagnosis_scores.unit_level(data) == "group"
    assert sorted(diagnosis_scores.units(data)) == [f"s{place}" for place in range(8)]
    alone = made.TOML.replace('group = "school"\n', "")
    data = made.data(made.study(tmp_path / "b", alone, book))
    assert (diagnosis_scores.unit_level(data), len(diagnosis_scores.units(data))) == ("person", 16)
    head, *_, marks = FILE.splitlines()
    (tmp_path / "b" / "diagnosis.csv").write_text(f"{head}\n{marks.replace('1,1,,', '1,1,b,')}\n")
    card = read_scorecard(data.study)
    items = diagnosis_scores.answers(data, card, "before", diagnosis_scores.units(data))
    assert items.loc["p010", "marks"] == pytest.approx(0.1)  # a mark of 51
