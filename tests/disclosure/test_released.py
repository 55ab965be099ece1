"""The one call that decides what is shown: refused without counts, by rows, by cells, with what would give it away."""

import numpy as np
import pandas as pd
import pytest

from coops import disclosure
from coops.study.load import load
from tests import made

NAN = np.nan


@pytest.fixture
def study(tmp_path):
    """Pupils in schools, at least ten of the one and five of the other behind a number."""
    return load(made.study(tmp_path))


def frame() -> pd.DataFrame:
    """Three arms: nine, ten and no pupils."""
    return pd.DataFrame({"arm": ["a", "b", "c"], "n": [9, 10, 0], "mean": [1.0, 2.0, 3.0], "why": ["x", "y", "z"]})


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_without_counts_it_is_refused(study, language):
    """Nothing is said of what stands behind: a finding in each language, which names the columns."""
    finding = made.refused(disclosure.released, frame()[["arm", "mean"]], study)[0]
    assert finding.code == "E_NOT_BEHIND" and "arm, mean" in finding.text(language)
    assert "behind=" in finding.text(language) and "published=True" in finding.text(language)


def test_a_row_of_few(study):
    """Nine are fewer than ten: their numbers are out and named; the arm stays, and so do ten and none."""
    shown = disclosure.released(frame(), study, behind="n")
    assert shown["hidden"].tolist() == ["n|mean", "", ""]
    assert shown["mean"].fillna(-1).tolist() == [-1, 2, 3] and shown["n"].fillna(-1).tolist() == [-1, 10, 0]
    assert shown["arm"].tolist() == ["a", "b", "c"] and shown["why"].tolist() == ["x", "y", "z"]
    assert frame()["mean"].tolist() == [1, 2, 3]


def test_a_whole_takes_another(study):
    """The sum of all rows is known: nine are hidden, and with them ten, or they would follow."""
    shown = disclosure.released(frame(), study, behind="n", whole=())
    assert shown["mean"].isna().tolist() == [True, True, False]
    parts = frame().assign(wave=["one", "two", "two"])
    shown = disclosure.released(parts, study, behind="n", whole=("wave",))
    assert shown["mean"].isna().tolist() == [True, False, False]


def test_the_level_of_the_units(study):
    """Nine schools are enough, four are not: by argument, by the column unit_level, else pupils."""
    assert disclosure.released(frame(), study, behind="n", level="group")["hidden"].eq("").all()
    assert disclosure.released(frame().assign(unit_level="group"), study, behind="n")["hidden"].eq("").all()
    few = disclosure.released(frame().assign(n=[4, 5, 0]), study, behind="n", level="group")
    assert few["hidden"].tolist() == ["n|mean", "", ""]


def test_several_counts_behind_a_row(study):
    """The least of them decides."""
    shown = disclosure.released(
        frame().assign(m=[20, 3, 20]), study, behind=("n", "m"), columns=("mean", "why", "told")
    )
    assert shown["hidden"].tolist() == ["mean|why|told", "mean|why|told", ""]
    assert shown["why"].tolist() == ["", "", "z"] and shown["n"].tolist() == [9, 10, 0]


def test_cells(study):
    """Each cell has its own counts: as names of columns, or as a frame of counts; another whole each."""
    named = disclosure.released(frame().assign(m=[20, 3, 20]), study, behind={("mean", "why"): "n", "m": ("n", "m")})
    assert named["hidden"].tolist() == ["mean|why|m", "m", ""]
    counts = pd.DataFrame({"n": [20, 20, 20], "mean": [NAN, 4, 20]})
    shown = disclosure.released(frame(), study, behind=counts)
    assert shown["hidden"].tolist() == ["", "mean", ""]
    assert disclosure.released(frame(), study, behind=counts, whole=())["hidden"].tolist() == ["", "mean", "mean"]


def test_another_rule(study):
    """Rows or cells that a rule of its own hides; what is hidden already stays, and is named once."""
    rows = disclosure.released(frame(), study, rule=pd.Series([False, True, False]))
    assert rows["hidden"].tolist() == ["", "n|mean", ""]
    cells = disclosure.released(frame(), study, rule=pd.DataFrame({"mean": [False, False, True]}), columns=("n",))
    assert cells["hidden"].tolist() == ["", "", "mean"] and cells["n"].tolist() == [9, 10, 0]
    again = disclosure.released(cells, study, behind="n", columns=("mean",))
    assert again["hidden"].tolist() == ["mean", "", "mean"]
    named = disclosure.released(frame(), study, rule=pd.Series([True, False, False]), columns=("why",))
    assert named["why"].tolist() == ["", "y", "z"] and named["hidden"].tolist() == ["why", "", ""]


def test_what_passes(study):
    """Public numbers, those of no unit, those released before, and no rows at all."""
    plain = frame()[["arm", "mean"]]
    for basis in ({"published": True}, {"behind": disclosure.OPEN}):
        shown = disclosure.released(plain, study, **basis)
        pd.testing.assert_frame_equal(shown.drop(columns="hidden"), plain)
        assert shown["hidden"].eq("").all()
        pd.testing.assert_frame_equal(disclosure.released(shown, study), shown)
    assert disclosure.released(frame().iloc[:0], study, behind="n").empty


def test_hidden_rows(study):
    """The same rows, told without the frame."""
    assert disclosure.hidden_rows(frame(), study, "n", ()).tolist() == [True, True, False]
    assert disclosure.hidden_rows(frame(), study, "n", level="group").tolist() == [False, False, False]
