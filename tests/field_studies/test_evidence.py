"""Coded findings: strength of evidence, what the survey says beside them, and lines with their keys, all by hand."""

import numpy as np
import pandas as pd

from coops.field_studies import evidence as field_studies_evidence

NAN = np.nan
COLUMNS = dict(
    id="no", study="study", theme="about", stratum="place", direction="sign", strength="sure", method="how", sources="n"
)
SIGNS = {"strength": "good", "weakness": "bad", "opportunity": "chance", "threat": "danger"}
TABLE = pd.DataFrame(
    [
        ("f1", "s1", "teaching", "every", "good", 3, "visit", 2),
        ("f2", "s2", "teaching", "every", "good", 2, "visit", 1),  # with f1: two studies, highest 3 → strong
        ("f3", "s1", "premises", "north", "bad", 3, "visit", 4),  # one study, one method, 4 sources → moderate
        ("f4", "s1", "premises", "south", "bad", 3, "visit", 5),  # 5 sources → strong
        ("f5", "s1", "money", "every", "danger", 1, "talk", 9),  # strength 1 → weak, whatever its sources
        ("f6", "s1", "teaching", "every", "bad", 2, "talk", 1),  # against f1 and f2
        ("f7", "s1", "teaching", "west", "bad", 2, "talk", 1),
        ("f8", "s1", "money", "every", "odd", 3, "talk", 9),  # no known direction
    ],
    columns=["no", "study", "about", "place", "sign", "sure", "how", "n"],
)
SCORES = pd.DataFrame(
    {"marks": [0.9, 0.8, 0.7, 0.6, 0.2, 0.2, 0.5, 0.5, 0.5], "rooms": [0.3, 0.2, 0.1, 0.5, 0.6, NAN, 0.5, 0.5, NAN]},
    index=[f"u{place}" for place in range(9)],
)
STRATA = pd.Series(["north"] * 3 + ["south", "south", "west"] + ["east"] * 3, index=SCORES.index)
MERGE = {"south_west": ["south", "west"]}


def evidence() -> pd.DataFrame:
    """Evidence of the table above."""
    return field_studies_evidence.evidence(field_studies_evidence.coded(TABLE, COLUMNS, SIGNS, "every"))


def survey(fewest: int = 3) -> pd.DataFrame:
    """Weak below 0.4, strong from 0.6."""
    return field_studies_evidence.survey(SCORES, STRATA, MERGE, 0.4, 0.6, fewest)


def test_strength_of_evidence():
    """By the rule beside each finding; what stands against another finding is contested."""
    frame = evidence().set_index(["theme", "stratum", "direction"])
    assert frame["evidence"].to_dict() == {
        ("money", "", "threat"): "weak",
        ("premises", "north", "weakness"): "moderate",
        ("premises", "south", "weakness"): "strong",
        ("teaching", "", "strength"): "strong",
        ("teaching", "", "weakness"): "moderate",
        ("teaching", "west", "weakness"): "moderate",
    }
    both = frame.loc[("teaching", "", "strength")]
    assert both[["findings", "studies", "used", "methods", "sources", "keys"]].tolist() == [
        2,
        2,
        "visit",
        1,
        3,
        "f1|f2",
    ]
    assert frame.index[frame["contested"]].tolist() == [("teaching", "", "strength"), ("teaching", "", "weakness")]


def test_what_a_table_does_not_say():
    """Without study, method and sources, no finding is more than moderate; no finding at all gives no line."""
    few = {name: column for name, column in COLUMNS.items() if name not in ("study", "method", "sources")}
    frame = field_studies_evidence.evidence(field_studies_evidence.coded(TABLE, few, SIGNS, "every"))
    assert "strong" not in set(frame["evidence"]) and len(frame) == 6
    nothing = field_studies_evidence.evidence(field_studies_evidence.coded(TABLE.head(0), COLUMNS, SIGNS, "every"))
    done = field_studies_evidence.triangulate(nothing, survey(), {})
    assert done.empty and set(field_studies_evidence.swot(done, survey(), MERGE)["source"]) == {"survey"}


def test_what_the_survey_says():
    """Means by hand; a merged stratum never has numbers of its own, however many units it has."""
    frame = survey().set_index(["key", "stratum"])
    # marks: all 4.9 / 9 = 0.544; north 2.4 / 3; south and west (0.6 + 0.2 + 0.2) / 3 = 0.333
    assert frame.loc["marks", "mean"].to_dict() == {
        "": 0.54, "north": 0.8, "south_west": 0.33, "south": 0.33, "west": 0.33, "east": 0.5,
    }  # fmt: skip
    assert frame.loc["marks", "says"].to_dict() == {
        "": "mixed", "north": "strength", "south_west": "weakness", "south": "weakness", "west": "weakness",
        "east": "mixed",
    }  # fmt: skip
    assert frame.loc["marks", "of"]["south"] == "south_west"
    # rooms of south and west: two scores are fewer than three, and then there is no mean
    assert frame.loc[("rooms", "south"), "says"] == "few" and np.isnan(frame.loc[("rooms", "south"), "mean"])
    assert survey(fewest=1).set_index(["key", "stratum"]).loc[("marks", "west"), "units"] == 3


def test_nothing_by_subtraction():
    """Where one stratum alone has too few, another is not shown either: all less the others would give it away.

    Rooms: north 3, south and west 2, and now east 4: south and west fall, and north, the smaller of the others.
    """
    scores = pd.concat([SCORES.fillna({"rooms": 0.5}), pd.DataFrame({"rooms": [0.5]}, index=["u9"])])
    scores.loc["u5", "rooms"] = NAN
    strata = pd.concat([STRATA, pd.Series({"u9": "east"})])
    frame = field_studies_evidence.survey(scores, strata, MERGE, 0.4, 0.6, 3).set_index(["key", "stratum"])
    rooms = frame.loc["rooms"]
    assert rooms.index[rooms["says"] == "few"].tolist() == ["south_west", "north", "south", "west"]
    assert (rooms.loc["", "units"], rooms.loc["east", "units"], rooms.loc["north", "units"]) == (9, 4, 0)
    lost = STRATA.where(STRATA != "east")  # three units of no known stratum give nobody away
    assert (
        field_studies_evidence.survey(SCORES[["marks"]], lost, MERGE, 0.4, 0.6, 3).set_index("stratum")["says"]["north"]
        == "strength"
    )
    one = lost.where(lost.index != "u8", "north")  # two such units: all less the strata would be them
    assert (
        field_studies_evidence.survey(SCORES[["marks"]], one, MERGE, 0.4, 0.6, 3).set_index("stratum")["says"][
            "south_west"
        ]
        == "few"
    )


def test_ends_of_weak_and_strong():
    """A mean at strong is a strength, one at weak is none: both ends belong to the upper side, as cut-offs do."""
    scores = pd.DataFrame({"a": [0.1 + 0.5], "b": [0.7 - 0.3], "c": [0.39]}, index=["u"])
    frame = field_studies_evidence.survey(scores, pd.Series({"u": "x"}), {}, 0.4, 0.6, 1).set_index(["key", "stratum"])
    assert [frame.loc[(key, ""), "says"] for key in "abc"] == ["strength", "mixed", "weakness"]


def test_agree_disagree_silent():
    """Every verdict and every reason, by the means above."""
    themes = {"teaching": ["marks"], "premises": ["rooms"]}
    done = field_studies_evidence.triangulate(evidence(), survey(), themes).set_index(["theme", "stratum", "direction"])
    assert done[["verdict", "because", "survey_keys", "of"]].to_dict("index") == {
        ("money", "", "threat"): dict(verdict="silent", because="outside", survey_keys="", of=""),
        ("premises", "north", "weakness"): dict(verdict="agree", because="", survey_keys="rooms", of="north"),
        ("premises", "south", "weakness"): dict(verdict="silent", because="few", survey_keys="", of=""),
        ("teaching", "", "strength"): dict(verdict="silent", because="mixed", survey_keys="marks", of=""),
        ("teaching", "", "weakness"): dict(verdict="silent", because="mixed", survey_keys="marks", of=""),
        ("teaching", "west", "weakness"): dict(verdict="agree", because="", survey_keys="marks", of="south_west"),
    }
    turned = evidence().replace({"direction": {"weakness": "strength"}})
    other = field_studies_evidence.triangulate(turned, survey(), {"premises": ["rooms"]})
    assert other["verdict"].tolist() == ["silent", "disagree", "silent", "silent", "silent", "silent"]
    assert other["because"].tolist() == ["outside", "", "few", "not_asked", "not_asked", "not_asked"]


def test_not_scored():
    """Without a survey every finding is silent; a theme whose keys were not scored is so too."""
    nothing = field_studies_evidence.survey(pd.DataFrame(), pd.Series(dtype=object), {}, 0.4, 0.6, 1)
    done = field_studies_evidence.triangulate(evidence(), nothing, {"teaching": ["marks"]})
    assert set(done["verdict"]) == {"silent"} and set(done["because"]) == {"not_scored"}
    part = field_studies_evidence.triangulate(evidence(), survey(), {"teaching": ["shown_only"]})
    because = part.set_index(["theme", "stratum", "direction"])["because"]
    assert because["teaching", "", "strength"] == "not_scored" and because["money", "", "threat"] == "outside"


def test_codes_that_are_numbers():
    """A table may code strata and directions as numbers; a method that is not said is none."""
    table = TABLE.assign(place=[1.0, 1, 2, 3, 1, 1, 4, 1], sign=[1.0, 1, 2, 2, 4, 2, 2, 9], how=np.nan)
    signs = {"strength": "1", "weakness": "2", "opportunity": "3", "threat": "4"}
    frame = field_studies_evidence.evidence(field_studies_evidence.coded(table, COLUMNS, signs, "1"))
    assert frame["stratum"].tolist() == ["", "2", "3", "", "", "4"]
    assert set(frame["methods"]) == {0} and set(frame["used"]) == {""}


def test_keys_that_do_not_say_the_same():
    """North is strong in marks and weak in rooms: a theme of both is mixed."""
    themes = {"premises": ["rooms", "marks"]}
    done = field_studies_evidence.triangulate(evidence(), survey(), themes).set_index(["theme", "stratum"])
    assert done.loc[("premises", "north"), ["verdict", "because"]].tolist() == ["silent", "mixed"]


def lines() -> pd.DataFrame:
    """Lines of the table above; teaching is spoken of by marks, premises by rooms."""
    themes = {"teaching": ["marks"], "premises": ["rooms"]}
    return field_studies_evidence.swot(
        field_studies_evidence.triangulate(evidence(), survey(), themes), survey(), MERGE
    )


def test_lines_with_their_keys():
    """Each finding is a line; where the survey agrees its key joins it; the rest of the survey has lines of its own.

    South and west stand under their merged name; marks are weak there, and have no line beside the finding they join.
    """
    columns = ["group", "stratum", "quadrant", "source", "theme", "findings", "scored"]
    assert lines()[columns].to_numpy().tolist() == [
        ["", "", "strength", "experts", "teaching", "f1|f2", ""],
        ["", "", "weakness", "experts", "teaching", "f6", ""],
        ["", "", "weakness", "survey", "", "", "rooms"],  # 2.7 / 7 = 0.386
        ["", "", "threat", "experts", "money", "f5", ""],
        ["north", "north", "strength", "survey", "", "", "marks"],
        ["north", "north", "weakness", "both", "premises", "f3", "rooms"],
        ["south_west", "west", "weakness", "both", "teaching", "f7", "marks"],
        ["south_west", "south", "weakness", "experts", "premises", "f4", ""],
    ]


def test_which_lines_are_shown():
    """At most so many a group and quadrant, in their order; an item not beside its dimension, wherever that stands."""
    frame = lines()
    first = [True, True, False, True, True, True, True, False]  # one a quadrant: the second of a group falls away
    assert field_studies_evidence.shown(frame, {}, most=1).tolist() == first
    assert field_studies_evidence.shown(frame, {}).all()
    assert field_studies_evidence.shown(
        frame, {"rooms": "marks"}
    ).all()  # marks are no weakness where rooms have their line
    scores = pd.DataFrame({"whole": [0.9], "part": [0.8], "other": [0.3]}, index=["u"])
    alone = field_studies_evidence.swot(
        field_studies_evidence.triangulate(evidence().head(0), survey(), {}),
        field_studies_evidence.survey(scores, pd.Series({"u": ""}), {}, 0.4, 0.6, 1),
        {},
    )
    assert alone["scored"].tolist() == ["whole", "part", "other"]
    assert field_studies_evidence.shown(alone, {"part": "whole", "other": "whole"}).tolist() == [True, False, True]


def test_no_words_of_experts():
    """Findings are coded, never quoted: no text of theirs is in what comes out."""
    spoken = TABLE.assign(said="We were never told about the meeting.")
    frame = field_studies_evidence.evidence(field_studies_evidence.coded(spoken, COLUMNS, SIGNS, "every"))
    assert "said" not in frame and not frame.astype(str).apply(lambda one: one.str.contains("never")).any(axis=None)
