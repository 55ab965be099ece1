"""Findings of experts beside the survey of a study, worked out by hand (the scores: see the fixture)."""

from coops.diagnosis.assessment import assess
from coops.field_studies.triangulation import put_together
from tests import made
from tests.fixtures import field_studies as fixture


def together(folder, scored: bool = True, found: bool = True, notes=fixture.NOTES):
    """Put the made study together."""
    data = made.data(fixture.study(folder, scored, found, notes))
    return put_together(data, assess(data))


def test_verdicts(tmp_path):
    """Every verdict with its reason; a finding of a merged zone is compared with both zones.

    Grade of all, 0.44, lies between 0.4 and 0.6, and below 0.45: near a cut-off. Rooms in the north, 0.67, are strong
    at 0.65 too; rooms of south and west, 0.25, are weak at 0.35 too.
    """
    found = together(tmp_path)
    rows = found.triangulated.set_index("keys")[["verdict", "because", "of", "near"]]
    assert {key: tuple(row) for key, row in zip(rows.index, rows.to_numpy(), strict=True)} == {
        "n1": ("silent", "mixed", "", True),
        "n2": ("agree", "", "north", False),
        "n3": ("agree", "", "south_west", False),
        "n4": ("disagree", "", "north", False),
        "n5": ("silent", "outside", "", False),
        "n6": ("silent", "not_asked", "", False),
        "n7": ("silent", "not_scored", "", False),
    }
    assert (found.wave, found.level, found.left_out, found.groups) == ("after", "group", 1, ["", "north", "south_west"])


def test_what_is_scored_and_what_is_not(tmp_path):
    """Dimensions and items that enter a score, but no rule of a later law; too few units have no mean."""
    survey = together(tmp_path).survey.set_index(["key", "stratum"])["mean"]
    assert set(survey.index.get_level_values("key")) == {"learning", "place", "grade", "rooms"}
    rooms = survey["rooms"]  # the mean of an item is told for all only
    assert rooms[""] == 0.43 and rooms.drop("").isna().all() and len(rooms) == 5
    assert survey["place", "south_west"] == 0.7


def test_what_would_give_a_school_away(tmp_path):
    """Three are asked for on either side of an item: rooms 3 and 4 of all are told; of zones no item is.

    Of two levels from 0 and 0.5, the sum of place in the north, 2.5 of 3 schools, puts each at 0.5 or above: not told;
    then that of the other zone is not told either, as it is the rest of all.
    """
    data = made.data(fixture.study(tmp_path, least=3))
    survey = put_together(data, assess(data)).survey.set_index(["key", "stratum"])
    assert survey.loc["rooms", "mean"].isna().to_dict() == {
        "": False, "north": True, "south_west": True, "south": True, "west": True,
    }  # fmt: skip
    assert survey.loc[("rooms", "north"), "says"] == "strength"
    assert survey.loc["place", "says"].to_dict() == {
        "": "strength", "north": "few", "south_west": "few", "south": "few", "west": "few",
    }  # fmt: skip


def test_lines(tmp_path):
    """Each with its keys; in the north the grade is covered by learning, which joined a finding, and rooms by place."""
    lines = together(tmp_path).lines
    columns = ["group", "quadrant", "source", "findings", "scored", "shown"]
    assert lines[columns].to_numpy().tolist() == [
        ["", "strength", "experts", "n1", "", True],
        ["", "strength", "survey", "", "place", True],
        ["", "weakness", "experts", "n6", "", True],
        ["", "weakness", "experts", "n7", "", True],
        ["", "threat", "experts", "n5", "", True],
        ["north", "strength", "both", "n2", "learning", True],
        ["north", "strength", "survey", "", "place", True],  # 0.33 from the middle; grade 0.3, rooms 0.17
        ["north", "strength", "survey", "", "grade", False],
        ["north", "strength", "survey", "", "rooms", False],
        ["north", "weakness", "experts", "n4", "", True],
        ["south_west", "strength", "survey", "", "place", True],
        ["south_west", "weakness", "both", "n3", "rooms", True],
        ["south_west", "weakness", "survey", "", "learning", True],
        ["south_west", "weakness", "survey", "", "grade", False],
    ]


def test_without_a_scorecard(tmp_path):
    """Lines of findings only; everything is silent because nothing is scored, and nothing is near a cut-off."""
    found = together(tmp_path, scored=False)
    assert set(found.triangulated["because"]) == {"not_scored"} and not found.triangulated["near"].any()
    assert set(found.lines["source"]) == {"experts"} and len(found.lines) == 7
    assert found.survey.empty and found.wave == ""


def test_without_experts(tmp_path):
    """Lines of the survey only, none of them an opportunity or a threat; with neither there is nothing."""
    found = together(tmp_path / "a", found=False)
    assert found.evidence.empty and found.triangulated.empty
    assert set(found.lines["source"]) == {"survey"} and set(found.lines["quadrant"]) == {"strength", "weakness"}
    assert together(tmp_path / "b", scored=False, found=False) is None


def test_a_table_without_findings(tmp_path):
    """A table of no rows is what it would be without experts."""
    found = together(tmp_path, notes=fixture.NOTES.head(0))
    assert found.evidence.empty and set(found.lines["source"]) == {"survey"}
