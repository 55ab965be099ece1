"""Rules between the cells of a row, between rows, tables and waves: each kind broken and kept."""

import pandas as pd
import pytest

from coops.field_data.receive import receive
from coops.study.load import load
from tests import made

CODEBOOK = """table,name,type,unit,decimals,allowed,range,required,relevant,pii,label_en
pupils,pupil,text,,,,,,,Q,pupil
pupils,wave,text,,,,,,,N,wave
pupils,school,text,,,,,,,Q,school
pupils,given,category,,,0|1,,,,N,books given
pupils,score,number,points,1,,0..100,,,N,score
pupils,age,number,years,1,,,,,S,age
pupils,best,number,points,1,,0..100,,,N,best score
pupils,day,date,,,,,,,N,day
pupils,likes,multiple,,,maths|sports|none,,,,N,likes
pupils,grade,category,,,low|middle|high,,,,N,grade
pupils,reads,category,,,yes|no,,yes,,N,reads
pupils,books,number,,0,,0..,yes,reads=yes,N,books read
schools,school,text,,,,,,,Q,school
schools,enrolled,number,,0,,0..,,,N,pupils enrolled
"""
TABLE = """
[tables.schools]
level = "group"
files = ["schools.csv"]
key = ["school"]
"""
WAVES = ('label = "after"', 'label = "after"\nstart = 2001-03-01\nend = 2001-03-31')


def pupils() -> pd.DataFrame:
    """Everything keeps every rule."""
    frame = made.pupils(schools=6)
    late = frame["wave"] == "after"
    return frame.assign(
        best=frame["score"] + 5,
        day=late.map({True: "2001-03-05", False: "2000-03-05"}),
        likes="maths sports",
        grade=late.map({True: "high", False: "middle"}),
        reads="yes",
        books=3,
    )


def schools() -> pd.DataFrame:
    return pd.DataFrame({"school": [f"s{n}" for n in range(6)], "enrolled": 2})


def received(folder, rule: str = "", frame=None, groups=None):
    toml = made.TOML.replace(*WAVES) + TABLE + rule
    tables = {"pupils": pupils() if frame is None else frame, "schools": schools() if groups is None else groups}
    return receive(load(made.study(folder, toml, CODEBOOK, **tables)))


def rule(kind: str, more: str) -> str:
    return f'\n[rules.one]\ntable = "pupils"\nkind = "{kind}"\n{more}\nlabel = "as the school says"\n'


READERS = 'when = [{ variable = "reads", equals = "yes" }]\nthen = [{ variable = "books", between = [1, 9] }]'
CASES = [
    ("order", 'of = ["score", "best"]', {"best": 1}, "E_RULE_ORDER", [3]),
    ("distinct", 'of = ["score", "best"]', {"best": 50}, "E_RULE_DISTINCT", [3]),
    ("one_of", 'of = ["likes", "grade"]', {}, "E_RULE_ONE_OF", None),
    ("alone", 'of = ["likes"]\nvalue = "none"', {"likes": "none sports"}, "E_RULE_ALONE", [3]),
    ("implies", READERS, {"books": 0}, "E_RULE_IMPLIES", [3]),
    ("in_wave", 'of = ["day"]', {"day": "2001-04-01"}, "E_RULE_IN_WAVE", [3]),
    ("constant", 'of = ["age"]', {"age": 12}, "E_RULE_CONSTANT", None),
    ("not_falling", 'of = ["grade"]', {"grade": "low"}, "E_RULE_NOT_FALLING", [2, 3]),
    ("not_falling", 'of = ["score"]', {"score": 20}, "E_RULE_NOT_FALLING", [2, 3]),
    ("ratio", 'of = ["score"]\nlow = 0.5\nhigh = 2', {"score": 24}, "E_RULE_RATIO", [3]),
]


@pytest.mark.parametrize(("kind", "more", "spoil", "code", "rows"), CASES)
def test_kinds(tmp_path, kind, more, spoil, code, rows):
    """The row that breaks the rule is named; where two rows disagree, both are; a personal value is not shown."""
    frame = pupils()
    for column, value in spoil.items():
        frame[column] = frame[column].astype(object)
        frame.loc[1, column] = value  # the pupil of row 2 at the later wave: row 3 of the file
    got = received(tmp_path, rule(kind, more), frame)
    assert {fault.code for fault in got.errors} == {code}
    assert "as the school says" in got.errors[0].text("fr")
    if rows:
        assert [fault.row for fault in got.errors] == rows
    assert set(got.batches["pupils"].aside) == {fault.row - 2 for fault in got.errors}


@pytest.mark.parametrize(("kind", "more"), [case[:2] for case in CASES if case[4]])
def test_kinds_are_silent_where_they_are_kept(tmp_path, kind, more):
    """No finding where nothing is wrong, and none where a value is missing."""
    assert not received(tmp_path / "whole", rule(kind, more)).errors
    frame = pupils().astype(object)
    frame.loc[1, ["score", "best", "day", "likes", "grade", "age"]] = ""
    assert not received(tmp_path / "gap", rule(kind, more), frame).errors


def test_a_warning_puts_nothing_aside(tmp_path):
    """The same rule as a warning: told with the same words, and the row goes on."""
    frame = pupils()
    frame.loc[1, "best"] = 1
    got = received(tmp_path, rule("order", 'of = ["score", "best"]\nseverity = "warning"'), frame)
    assert [(fault.code, fault.row) for fault in got.findings] == [("W_RULE_ORDER", 3)]
    assert not got.batches["pupils"].aside and len(got.tables["pupils"]) == 24


def test_known_and_counted(tmp_path):
    """A key that no row of the other table has; more rows than the other table says."""
    groups = schools()
    groups.loc[2, "enrolled"] = 1
    told = rule("known", 'of = ["school"]\nother = "schools"')
    counted = '\n[rules.two]\ntable = "schools"\nkind = "counted"\nof = ["enrolled"]\nother = "pupils"\n'
    twice = groups.assign(enrolled=groups["enrolled"] * 2)  # each pupil has two rows, one a wave
    got = received(tmp_path, told + counted, groups=twice)
    assert [(fault.code, fault.row, fault.key) for fault in got.errors] == [*outs("s2"), ("E_RULE_COUNTED", 4, "s2")]
    frame = pupils()
    frame.loc[4, "school"] = "s9"
    got = received(tmp_path / "other", told, frame)
    assert {(fault.code, fault.row) for fault in got.errors} == {("E_RULE_KNOWN", 6), ("E_NO_GROUP", 6)}


def outs(school: str) -> list[tuple]:
    """The rows that go with a school that is put aside, in file order."""
    frame = pupils()
    hit = frame.index[frame["school"] == school]
    return [("E_UNIT_OUT", int(at) + 2, f"{frame['pupil'][at]}|{frame['wave'][at]}") for at in hit]


def test_a_group_put_aside_takes_its_persons(tmp_path):
    """They come back by themselves once the group is mended: each is told so, none is lost."""
    groups = schools()
    groups["enrolled"] = groups["enrolled"].astype(object)
    groups.loc[3, "enrolled"] = "many"
    got = received(tmp_path, groups=groups)
    assert [(fault.code, fault.row, fault.key) for fault in got.errors if fault.code == "E_UNIT_OUT"] == outs("s3")
    assert got.ledger[["received", "aside", "accepted"]].to_numpy().tolist() == [[24, 4, 20], [6, 1, 5]]


def test_answers_that_were_due(tmp_path):
    """Required where the question was asked; told where it was not to be asked."""
    frame = pupils().astype(object)
    frame.loc[0, "books"] = ""
    frame.loc[1, ["reads", "books"]] = ["no", ""]
    frame.loc[2, "reads"] = "no"
    got = received(tmp_path, frame=frame)
    assert [(fault.code, fault.row, fault.column) for fault in got.findings] == [
        ("E_REQUIRED", 2, "books"),
        ("W_NOT_RELEVANT", 4, "books"),
    ]


def test_a_question_that_the_version_did_not_have(tmp_path):
    """Not required where it was not asked; an answer to it is told, not silently dropped."""
    toml = made.TOML.replace(*WAVES).replace('label = "before"', 'label = "before"\nform_version = "1"')
    toml = toml.replace('label = "after"', 'label = "after"\nform_version = "2"') + TABLE
    book = CODEBOOK.replace("pii,label_en", "pii,label_en,version_from")
    book = book.replace("N,books read", "N,books read,2")
    frame = pupils().astype(object)
    frame.loc[frame["wave"] == "before", "books"] = ""
    tables = {"schools": schools()}
    assert not receive(load(made.study(tmp_path / "a", toml, book, pupils=frame, **tables))).findings
    frame.loc[0, "books"] = 4
    (finding,) = receive(load(made.study(tmp_path / "b", toml, book, pupils=frame, **tables))).findings
    assert (finding.code, finding.column, finding.parameters["rows"]) == ("W_NOT_ASKED", "books", 1)


def test_rows_of_a_unit_that_agree_are_one(tmp_path):
    """With ``once``: an empty cell gives way; a disagreement puts every row of the unit aside."""
    groups = pd.concat([schools(), schools().head(2)]).astype(object)
    groups.iloc[0, 1] = ""
    groups.iloc[7, 1] = 3
    toml = made.TOML + TABLE.replace('key = ["school"]', 'key = ["school"]\nonce = true')
    got = receive(load(made.study(tmp_path, toml, CODEBOOK, pupils=pupils(), schools=groups)))
    assert [(fault.code, fault.row, fault.column) for fault in got.errors if fault.code == "E_NOT_ONE"] == [
        ("E_NOT_ONE", 3, "enrolled"),
        ("E_NOT_ONE", 9, "enrolled"),
    ]
    clean = got.tables["schools"].set_index("school")["enrolled"]
    assert clean.to_dict() == {"s0": 2, "s2": 2, "s3": 2, "s4": 2, "s5": 2}
    ledger = got.ledger.set_index("table").loc["schools"]
    assert ledger[["received", "merged", "aside", "accepted"]].tolist() == [8, 1, 2, 5]


@pytest.mark.parametrize(
    ("toml", "code"),
    [
        (rule("order", 'of = ["score", "bset"]'), "E_RULE_NAME"),
        (rule("alone", 'of = ["likes"]'), "E_RULE_FIELD"),
        (rule("ratio", 'of = ["enrolled"]').replace('"pupils"', '"schools"'), "E_RULE_WAVE"),
    ],
)
def test_rules_that_cannot_be_kept(tmp_path, toml, code):
    """A column that is not there, a field that is missing, waves that the table does not have."""
    assert [fault.code for fault in made.refused(received, tmp_path, toml)] == [code]


def test_relevant_names_a_variable_of_its_table(tmp_path):
    """A question cannot depend on one that is not there."""
    book = CODEBOOK.replace("reads=yes", "raeds=yes")
    made.study(tmp_path, made.TOML + TABLE, book, pupils=pupils(), schools=schools())
    (finding,) = made.refused(load, tmp_path)
    assert (finding.code, finding.row, finding.parameters["nearest"]) == ("E_RELEVANT", 13, "reads")
