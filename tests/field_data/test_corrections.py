"""Corrections and the ledger: every received row is accepted, put aside, dropped or merged, and nothing else."""

import pandas as pd
import pytest

from coops.field_data.receive import receive
from coops.study.load import load
from tests import made

HEAD = "table,key,column,old,new,reason,by,on\n"


def received(folder, corrections: str = "", frame=None):
    made.study(folder, pupils=made.pupils(schools=6) if frame is None else frame)
    if corrections:
        (folder / "corrections.csv").write_text(HEAD + corrections, encoding="utf-8")
    return receive(load(folder))


def ledger(got) -> dict:
    (line,) = got.ledger.to_dict("records")
    assert line["received"] == sum(line[name] for name in ("dropped", "merged", "aside", "accepted"))
    return line


def test_a_row_with_a_fault_is_put_aside_and_comes_back_corrected(tmp_path):
    """24 rows: one out of range; 23 go on; with the correction all 24 do."""
    frame = made.pupils(schools=6).astype(object)
    frame.loc[5, "score"] = 900
    got = received(tmp_path, frame=frame)
    assert ledger(got) | {"aside": 1, "accepted": 23, "received": 24} == ledger(got)
    assert [(fault.code, fault.row, fault.column, fault.key) for fault in got.errors] == [
        ("E_RANGE", 7, "score", "p010|after")
    ]
    mended = received(tmp_path, "pupils,p010|after,score,900,90,typed twice,office,2001-04-01\n", frame)
    assert not mended.findings and ledger(mended)["corrected"] == 1
    assert mended.tables["pupils"]["score"][5] == 90


def test_corrections_follow_one_another(tmp_path):
    """A second correction of a cell starts from what the first one made of it."""
    got = received(tmp_path, "pupils,p000|before,score,50,51,a,b,c\npupils,p000|before,score,51,52,a,b,c\n")
    assert not got.findings and got.tables["pupils"]["score"][0] == 52


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("pupils,p000|before,score,49,51,a,b,c\n", "E_CORRECTION_OLD"),
        ("pupils,p000|before,scroe,50,51,a,b,c\n", "E_CORRECTION_COLUMN"),
        ("pupils,p999|before,score,50,51,a,b,c\n", "E_CORRECTION_UNUSED"),
        ("pupils,p000|before,*,,away,a,b,c\n", "E_CORRECTION_ROW"),
    ],
)
def test_corrections_that_cannot_be_made(tmp_path, line, code):
    """Each stops the run, whether rows are accepted in part or not, and changes nothing."""
    got = received(tmp_path, line)
    assert [(fault.code, fault.file, fault.row) for fault in got.blocking] == [(code, "corrections.csv", 2)]
    assert got.batches["pupils"].raw["score"][0] == "50"


def test_a_key_that_stands_twice(tmp_path):
    """Both rows are put aside; one is dropped by its place, and both are accounted for."""
    frame = made.pupils(schools=6)
    frame = pd.concat([frame, frame.head(1).assign(score=51)])
    got = received(tmp_path, frame=frame)
    assert [(fault.code, fault.row) for fault in got.errors] == [("E_KEY_TWICE", 2), ("E_KEY_TWICE", 26)]
    assert (ledger(got)["aside"], ledger(got)["accepted"]) == (2, 23)
    got = received(tmp_path, "pupils,pupils.csv##26,*,,drop,a,b,c\n", frame)
    assert not got.findings
    assert (ledger(got)["dropped"], ledger(got)["aside"], ledger(got)["accepted"]) == (1, 0, 24)


def test_a_row_without_key(tmp_path):
    """It is named by its place; the correction of its key brings it back."""
    frame = made.pupils(schools=6).astype(object)
    frame.loc[3, "pupil"] = ""
    got = received(tmp_path, frame=frame)
    assert [(fault.code, fault.row, fault.column) for fault in got.errors] == [("E_KEY_EMPTY", 5, "pupil")]
    got = received(tmp_path, "pupils,pupils.csv##5,pupil,,p001,a,b,c\n", frame)
    assert not got.findings and ledger(got)["accepted"] == 24


def test_a_file_without_a_column_is_put_aside_whole(tmp_path):
    """Its rows are counted, and no run goes on without it."""
    got = received(tmp_path, frame=made.pupils(schools=6).drop(columns="score"))
    assert (ledger(got)["received"], ledger(got)["aside"]) == (24, 24)
    assert [fault.code for fault in got.blocking] == ["E_NO_COLUMN"]


def test_rows_below_each_other(tmp_path):
    """Two files of a table: each has its own line, and a key in both is told with both places."""
    frame = made.pupils(schools=6)
    folder = made.study(tmp_path, made.TOML.replace('"pupils.csv"', '"*.csv"'), pupils=frame, more=frame.head(1))
    got = receive(load(folder))
    assert got.ledger[["file", "received", "aside", "accepted"]].to_numpy().tolist() == [
        ["more.csv", 1, 1, 0],
        ["pupils.csv", 24, 1, 23],
    ]
    assert [(fault.code, fault.file, fault.row) for fault in got.errors] == [
        ("E_KEY_TWICE", "more.csv", 2),
        ("E_KEY_TWICE", "pupils.csv", 2),
    ]


def test_an_empty_table_of_events_is_only_told(tmp_path):
    """What rests on it is not collected; a table of units without rows stops the run (see test_faults)."""
    toml = made.TOML + '\n[tables.visits]\nlevel = "event"\nfiles = ["visits.csv"]\nkey = ["visit"]\n'
    book = made.CODEBOOK + "visits,visit,text,,,,,visit\n"
    folder = made.study(tmp_path, toml, book, pupils=made.pupils(), visits=pd.DataFrame({"visit": []}))
    got = receive(load(folder))
    assert [(fault.code, fault.file) for fault in got.findings] == [("W_EMPTY_TABLE", "visits.csv")]


def test_a_personal_value_is_not_shown(tmp_path):
    """The value stands in the finding only where its class is N."""
    frame = made.pupils(schools=6).astype(object)
    frame.loc[0, "score"], frame.loc[1, "age"] = "fifty", "eleven"
    book = made.CODEBOOK.replace("label_en", "pii,label_en").replace(",0..100,score", ",0..100,N,score")
    book = book.replace(",,,age", ",,,S,age").replace(",,,,,pupil", ",,,,,Q,pupil").replace(",,,,,wave", ",,,,,N,wave")
    book = book.replace(",,,,,school", ",,,,,Q,school").replace("0|1,,books", "0|1,,N,books")
    folder = made.study(tmp_path, codebook=book, pupils=frame)
    shown = {fault.column: fault.parameters["value"] for fault in receive(load(folder)).errors}
    assert shown == {"score": "fifty", "age": "…"}
