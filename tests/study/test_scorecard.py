"""The scorecard file: what it says comes in typed, and every fault is told with its row, its column and a repair."""

from pathlib import Path

import pytest

from coops.study.load import load
from coops.study.scorecard import Rule
from coops.study.scorecard_reader import KINDS, read_scorecard
from tests import made

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
CODEBOOK = made.CODEBOOK + (
    "pupils,likes,multiple,,,maths|sports|none,,likes\npupils,grade,category,,,low|middle|high,,grade\n"
)
CARD = """dimension,item,variable,rule,weight,needed,version,source,dimension_en,label_en
learning,marks,score,scale:0..100,2,1,7,own rule,learning,marks
learning,grade,grade,values:low=0|middle=0.5|high=1,1,,,,,grade
interest,likes,likes,threshold:at least 2 of maths|sports,0.5,1,7,,interest,likes two
interest,young,age,threshold:at most 10,0,,,,,young
"""


def study(folder: Path, card: str = CARD):
    """A made study with this scorecard."""
    frame = made.pupils().assign(likes="maths", grade="low")
    made.study(folder, codebook=CODEBOOK, pupils=frame)
    loaded = load(folder)  # without the file, so that its faults are met where a test reads it
    (folder / "diagnosis.csv").write_text(card, encoding="utf-8")
    return loaded


def test_what_it_says(tmp_path):
    """Dimensions, items and rules in the order of the file; an item of weight 0 is there and not scored."""
    card = read_scorecard(study(tmp_path))
    assert card.version == "7"
    assert [(dimension.name, dimension.weight, dimension.needed, dimension.label) for dimension in card.dimensions] == [
        ("learning", 1, 1, {"en": "learning"}),
        ("interest", 1, 1, {"en": "interest"}),
    ]
    assert [item.name for item in card.items] == ["marks", "grade", "likes", "young"]
    assert [item.name for item in card.scored] == ["marks", "grade", "likes"]
    assert [item.rule for item in card.items] == [
        Rule("scale", 0, 100),
        Rule("values", scores={"low": 0, "middle": 0.5, "high": 1}),
        Rule("threshold", low=2, values=("maths", "sports")),
        Rule("threshold", high=10),
    ]
    assert card.items[2].written == "threshold:at least 2 of maths|sports"
    assert [(item.several, item.row, item.basis, item.source) for item in card.items[1:3]] == [
        (False, 3, "own", ""),
        (True, 4, "own", ""),
    ]


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("scale:-5..2.5 down", Rule("scale", -5, 2.5, down=True)),
        ("scale:1..5 up", Rule("scale", 1, 5)),
        ("share: 10 | 11", Rule("share", values=("10", "11"))),
    ],
)
def test_other_ways_to_write_a_rule(tmp_path, written, rule):
    """A direction, a negative end, blanks."""
    card = read_scorecard(study(tmp_path, CARD.replace("threshold:at most 10", written)))
    assert card.items[-1].rule == rule


def test_no_scorecard(tmp_path):
    """The file is optional."""
    assert read_scorecard(load(made.study(tmp_path))) is None


def faults(folder, *changes: tuple[str, str]) -> list:
    """Findings of the scorecard with these changes; each must change something."""
    card = CARD
    for old, new in changes:
        assert old in card
        card = card.replace(old, new, 1)
    return made.refused(read_scorecard, study(folder, card))


@pytest.mark.parametrize(
    ("old", "new", "code", "row", "column", "parameters"),
    [
        ("marks,score", "marks,scroe", "E_UNKNOWN_NAME", 2, "variable", {"nearest": "score"}),
        ("marks,score", "marks,", "E_UNKNOWN_NAME", 2, "variable", {"name": "–"}),
        ("scale:0..100", "scal:0..100", "E_SCORECARD_KIND", 2, "rule", {"nearest": "scale"}),
        ("scale:0..100", "", "E_SCORECARD_KIND", 2, "rule", {"value": "–"}),
        ("scale:0..100", "scale:100..0", "E_SCORECARD_RULE", 2, "rule", {"expected": KINDS["scale"]}),
        ("scale:0..100", "scale:0-100", "E_SCORECARD_RULE", 2, "rule", {"value": "scale:0-100"}),
        ("at least 2", "2", "E_SCORECARD_RULE", 4, "rule", {"expected": KINDS["threshold"]}),
        ("at most 10", "at most ten", "E_SCORECARD_RULE", 5, "rule", {}),
        ("high=1", "high=1.5", "E_SCORECARD_RULE", 3, "rule", {"expected": KINDS["values"]}),
        ("high=1", "high", "E_SCORECARD_RULE", 3, "rule", {}),
        ("scale:0..100", "share:", "E_SCORECARD_RULE", 2, "rule", {"expected": KINDS["share"]}),
        ("grade,grade", "grade,likes", "E_SCORECARD_TYPE", 3, "rule", {"type": "multiple"}),
        ("scale:0..100", "scale:0..100 of maths", "E_SCORECARD_TYPE", 2, "rule", {"name": "score"}),
        ("maths|sports", "math|sports", "E_SCORECARD_VALUE", 4, "rule", {"nearest": "maths"}),
        ("high=1", "hihg=1|high=1", "E_SCORECARD_VALUE", 3, "rule", {"value": "hihg"}),
        ("|high=1", "", "E_SCORECARD_NO_SCORE", 3, "rule", {"value": "high"}),
        ("..100,2,", "..100,-2,", "E_SCORECARD_WEIGHT", 2, "weight", {"value": "-2"}),
        ("..100,2,", "..100,much,", "E_SCORECARD_WEIGHT", 2, "weight", {"value": "much"}),
        ("..100,2,", "..100,,", "E_SCORECARD_WEIGHT", 2, "weight", {"value": "–"}),
        ("2,1,7,own", "2,,7,own", "E_SCORECARD_NEEDED", 2, "needed", {"value": "–", "most": 2}),
        ("2,1,7,own", "2,3,7,own", "E_SCORECARD_NEEDED", 2, "needed", {"value": "3", "most": 2}),
        ("2,1,7,own", "2,0,7,own", "E_SCORECARD_NEEDED", 2, "needed", {"value": "0"}),
        ("high=1,1,,", "high=1,1,2,", "E_SCORECARD_DIFFERS", 3, "needed", {"values": "1, 2"}),
        ("0.5,1,7", "0.5,1,8", "E_SCORECARD_DIFFERS", 4, "version", {"values": "7, 8"}),
        ("learning,grade", "learning,marks", "E_SCORECARD_TWICE", 3, "item", {}),
        ("sports,0.5,", "sports,0,", "E_SCORECARD_EMPTY", 4, "weight", {}),
        ("item,variable", "item,varible", "E_SCORECARD_COLUMN", None, "variable", {}),
        ("source", "souce", "E_SCORECARD_UNKNOWN", None, "souce", {"nearest": "source"}),
        ("learning,grade,", "learning,2nd grade,", "E_IDENTIFIER", 3, "item", {"name": "2nd grade"}),
        (",likes two", ",", "E_NO_LABEL", 4, "label_en", {}),
        (",likes two", ",likes two,three", "E_CSV_SHAPE", 4, "", {"problem": "three"}),
    ],
)  # fmt: skip
def test_each_fault(tmp_path, old, new, code, row, column, parameters):
    """One fault, one finding of its own at its place; told in three languages."""
    hits = [fault for fault in faults(tmp_path, (old, new)) if fault.code == code]
    assert [(fault.row, fault.column) for fault in hits] == [(row, column)]
    assert {name: hits[0].parameters[name] for name in parameters} == parameters
    for language in ("en", "fr", "ar"):
        assert "{" not in hits[0].text(language)


def test_other_columns(tmp_path):
    """A weight of a dimension and a basis are checked too; all faults are told together."""
    wider = CARD.replace("version,", "version,dimension_weight,basis,").replace(",7,own rule", ",7,0,lw,own rule")
    wider = wider.replace("1,,,,,grade", "1,,,,,,,grade").replace("1,7,,interest", "1,7,,,,interest")
    wider = wider.replace("0,,,,,young", "0,,,,,,,young")
    findings = made.refused(read_scorecard, study(tmp_path, wider))
    expected = [("E_SCORECARD_BASIS", 2, "basis"), ("E_SCORECARD_WEIGHT", 2, "dimension_weight")]
    assert [(finding.code, finding.row, finding.column) for finding in findings] == expected


def test_a_file_without_rows_or_of_another_encoding(tmp_path):
    """Nothing to score; nothing to read."""
    loaded = study(tmp_path, CARD.splitlines()[0] + "\n")
    assert [fault.code for fault in made.refused(read_scorecard, loaded)] == ["E_SCORECARD_EMPTY"]
    (tmp_path / "diagnosis.csv").write_bytes("é".encode("latin-1"))
    assert [fault.code for fault in made.refused(read_scorecard, loaded)] == ["E_ENCODING"]


def test_a_variable_of_events_is_no_item(tmp_path):
    """Only what groups and persons were asked can be scored."""
    event = '[tables.visits]\nlevel = "event"\nfiles = ["visits.csv"]\nkey = ["visit"]\n'
    book = CODEBOOK + "visits,visit,text,,,,,visit\nvisits,hours,number,,,,,hours\n"
    made.study(tmp_path, made.TOML + event + made.DIAGNOSIS, book, pupils=made.pupils())
    (tmp_path / "diagnosis.csv").write_text(CARD.replace("marks,score", "marks,hours"), encoding="utf-8")
    (finding,) = made.refused(load, tmp_path)
    assert (finding.code, finding.parameters["name"]) == ("E_UNKNOWN_NAME", "hours")


def test_the_demonstration():
    """Seven dimensions, a source, words and a next step for every item; rules of a later law are shown, not scored."""
    card = read_scorecard(load(DEMO))
    assert len(card.dimensions) == 7
    for item in card.items:
        assert item.source and set(item.label) == set(item.step) == {"en", "fr", "ar"}, item.name
    later = [item for item in card.items if item.basis == "retrospective"]
    assert later and all(item.weight == 0 and "retrospective" in item.source for item in later)
    for item in card.items:
        assert ("112-12" in item.source) <= (item.basis == "retrospective")
