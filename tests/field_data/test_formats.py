"""Each fault between cells, rows, tables and waves in each format that can carry it: the same code, row and column."""

import pandas as pd
import pytest

from coops.field_data.receive import receive
from coops.study.load import load
from tests import made
from tests.field_data.test_mutations import FILES, FORMATS, written
from tests.field_data.test_rules import CASES, CODEBOOK, TABLE, WAVES, pupils, rule, schools


def found(folder, kind: str, more: str, frame: pd.DataFrame) -> list[tuple]:
    """What is found in a file of a kind: code, row, column; the table of schools stays a CSV."""
    toml = made.TOML.replace(*WAVES).replace("pupils.csv", FILES[kind]) + TABLE + more
    if kind in ("kobo", "odk"):
        toml = toml.replace('level = "person"', f'level = "person"\nformat = "{kind}"')
    made.study(folder, toml, CODEBOOK, schools=schools())
    table = frame.astype(str).replace("nan", "").to_dict("records")
    (folder / "raw" / FILES[kind]).write_bytes(written(kind, table))
    got = receive(load(folder))
    assert (got.ledger["received"] == got.ledger[["dropped", "merged", "aside", "accepted"]].sum(axis=1)).all()
    return sorted((fault.code, fault.row, fault.column) for fault in got.errors)


def spoiled(**cells) -> pd.DataFrame:
    """One pupil of the file's row 3 with other answers."""
    frame = pupils().astype(object)
    for column, value in cells.items():
        frame.loc[1, column] = value
    return frame


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1][:12]}")
def test_rules(tmp_path, kind, case):
    """Every kind of rule: what a CSV tells, each other format tells of the same row."""
    name, more, cells, code, _ = case
    expected = found(tmp_path / "csv", "csv", rule(name, more), spoiled(**cells))
    assert expected and {one[0] for one in expected} == {code}
    assert found(tmp_path / kind, kind, rule(name, more), spoiled(**cells)) == expected


@pytest.mark.parametrize("kind", FORMATS)
def test_keys_links_and_waves(tmp_path, kind):
    """A key twice, a key that is missing, a group that is not there, a wave that is none, an answer that was due."""
    twice = pd.concat([pupils(), pupils().head(1)])
    assert found(tmp_path / "twice", kind, "", twice) == [
        ("E_KEY_TWICE", 2, "pupil, wave"),
        ("E_KEY_TWICE", 26, "pupil, wave"),
    ]
    assert found(tmp_path / "empty", kind, "", spoiled(pupil="")) == [("E_KEY_EMPTY", 3, "pupil")]
    assert found(tmp_path / "group", kind, "", spoiled(school="s9")) == [("E_NO_GROUP", 3, "school")]
    assert ("E_WAVE_VALUE", 3, "wave") in found(tmp_path / "wave", kind, "", spoiled(wave="later"))
    assert found(tmp_path / "due", kind, "", spoiled(books="")) == [("E_REQUIRED", 3, "books")]
    assert found(tmp_path / "clean", kind, "", pupils()) == []
