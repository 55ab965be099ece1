"""[diagnosis] and [experts]: what does not fit the scorecard or the tables is told with its field."""

import pytest

from coops.study.findings import FindingError
from coops.study.load import load
from tests import made
from tests.study.test_scorecard import CARD, CODEBOOK

NOTES = """
[tables.notes]
level = "event"
files = ["notes.csv"]
key = ["note"]
[experts]
table = "notes"
columns = { id = "note", theme = "theme", stratum = "place", direction = "side", strength = "force" }
themes = { lessons = ["learning", "likes"] }
"""
BOOK = CODEBOOK + "".join(f"notes,{name},text,,,,,{name}\n" for name in ("note", "theme", "place", "side"))
BOOK += "notes,force,integer,,,,1..3,force\n"


def faults(folder, old: str = "", new: str = "", card: str = CARD) -> list[tuple[str, str]]:
    """Codes and fields of what is found after a change of ``study.toml``."""
    toml = made.TOML + made.DIAGNOSIS + NOTES
    assert old in toml
    made.study(folder, toml.replace(old, new), BOOK, pupils=made.pupils().assign(likes="maths", grade="low"))
    (folder / "diagnosis.csv").write_text(card, encoding="utf-8")
    try:
        load(folder)
    except FindingError as error:
        return [(fault.code, fault.column) for fault in error.findings]
    return []


def test_nothing_is_told_of_what_fits(tmp_path):
    """The study that the faults below are planted in."""
    assert faults(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "column"),
    [
        (made.DIAGNOSIS, "", "E_MISSING_FIELD", "diagnosis"),
        ("start = 0\n", "start = 0.1\n", "E_FIELD_VALUE", "diagnosis.levels"),
        ("start = 0.5", "start = 0", "E_FIELD_VALUE", "diagnosis.levels"),
        ('label = "low"', "label = {}", "E_NO_WORDS", "diagnosis.levels.low.label"),
        ("[diagnosis.levels.low]", '[diagnosis]\nsample = "all"\n[diagnosis.levels.low]', "E_UNKNOWN_NAME", "diagnosis.sample"),
        ("[diagnosis.levels.low]", '[diagnosis]\nwaves = "never"\n[diagnosis.levels.low]', "E_UNKNOWN_NAME", "diagnosis.waves"),
        ("[diagnosis.levels.low]", '[diagnosis]\nneeds = "force"\n[diagnosis.levels.low]', "E_UNKNOWN_NAME", "diagnosis.needs"),
        ("[diagnosis.levels.low]", '[diagnosis]\ngroups = "room"\n[diagnosis.levels.low]', "E_UNKNOWN_NAME", "diagnosis.groups"),
        ("[diagnosis.levels.low]", "[diagnosis]\nweak = 0.7\n[diagnosis.levels.low]", "E_FIELD_VALUE", "diagnosis.weak"),
        ('table = "notes"', 'table = "note"', "E_UNKNOWN_NAME", "experts.table"),
        ('direction = "side"', 'direction = "sides"', "E_UNKNOWN_NAME", "experts.columns"),
        (', strength = "force"', "", "E_MISSING_FIELD", "experts.columns.strength"),
        ('"likes"]', '"like"]', "E_UNKNOWN_NAME", "experts.themes.lessons"),
    ],
)  # fmt: skip
def test_what_does_not_fit(tmp_path, old, new, code, column):
    """One fault, one finding, at its field."""
    assert faults(tmp_path, old, new) == [(code, column)]


def test_a_fault_of_the_scorecard_is_told_when_the_study_is_opened(tmp_path):
    """Before any data are read, and once."""
    assert faults(tmp_path, card=CARD.replace("marks,score", "marks,shoe")) == [("E_UNKNOWN_NAME", "variable")]
