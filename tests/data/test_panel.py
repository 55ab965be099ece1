"""One tidy frame a level: held to the clean tables and to `Data.at`, and to hands where a study has another shape."""

from pathlib import Path

import pandas as pd
import pytest

from coops.data.panel import PLACE, panel
from tests import made

ROOT = Path(__file__).resolve().parents[2]
OFFERS = made.TOML.replace('arm = "given"\nreference = "without"', 'arm = ["given", "taught"]').replace(
    '[arms.without]\nlabel = "without books"\nvalues = ["0"]\n[arms.books]\nlabel = "with books"\nvalues = ["1"]\n', ""
)
DERIVED = '[derived.score_sq]\nkind = "ratio"\nof = ["score", "age"]\nlabel = "score a year"\n'


def held_to_at(data, level: str) -> pd.DataFrame:
    """The panel, once every column of it is what `Data.at` says at each wave."""
    frame = panel(data, level)
    assert not frame.duplicated(["unit", "wave"]).any()
    compared = 0
    for wave, part in frame.groupby("wave", observed=False):
        units = pd.Index(part["unit"])
        assert part["seen"].tolist() == data.seen(wave, level, units).tolist()
        for name in [column for column in frame if column not in PLACE]:
            if wave in data.measured(name):
                expected = data.at(name, wave, level, units)
                own = part[name].set_axis(expected.index)
                pd.testing.assert_series_equal(own, expected, check_names=False, check_dtype=False)
                compared += int(expected.notna().sum())
            else:
                assert part[name].isna().all()
    assert compared
    return frame


def test_demonstration():
    """86 groups and all members at two waves; every column of the tables and every derived variable is there."""
    data = made.data(ROOT / "data" / "demo")
    persons, groups = held_to_at(data, "person"), held_to_at(data, "group")
    tables, contract = data.tables, data.study.contract
    assert len(groups) == 2 * len(tables["cooperatives"]) and len(persons) == 2 * len(tables["members"])
    of_groups = {name for table in ("cooperatives", "coop_wave") for name in tables[table]} - {"wave"}
    of_persons = {name for table in ("members", "member_wave") for name in tables[table]} - {"wave"}
    assert (
        of_groups <= set(groups)
        and "arm_" not in groups
        and of_groups | of_persons | set(contract.derived) <= set(persons)
    )
    assert not (of_persons - of_groups) & set(groups)
    income = tables["member_wave"].set_index(["member_id", "wave"])["income_coop_mad"].dropna()
    mine = persons.set_index(["unit", "wave"])["income_coop_mad"].dropna()
    assert len(mine) > 1500 and mine.to_dict() == income.to_dict()
    sector = tables["cooperatives"].set_index("coop_id")["sector"]
    assert (persons["sector"] == persons["group"].map(sector)).all()
    assert (
        persons["stratum"].eq(persons["group"].map(groups.drop_duplicates("unit").set_index("unit")["stratum"])).all()
    )
    assert (
        pd.api.types.is_numeric_dtype(persons["income_coop_mad"]) and list(persons["wave"].cat.categories) == data.waves
    )


def test_offers_that_overlap(tmp_path):
    """Each set of offers has its name; both are columns of the frame too."""
    rows = made.pupils().assign(taught=lambda frame: (frame["school"].isin(["s1", "s5"])).astype(int))
    book = made.CODEBOOK + "pupils,taught,category,,,0|1,,taught\n"
    data = made.data(made.study(tmp_path / "s", OFFERS + DERIVED, book, pupils=rows))
    frame = held_to_at(data, "person")
    assert frame.groupby("group")["arm"].first().to_dict() == {
        "s0": "none", "s1": "taught", "s2": "none", "s3": "none", "s4": "given", "s5": "given + taught", "s6": "given", "s7": "given",
    }  # fmt: skip
    first = frame[(frame["unit"] == "p000") & (frame["wave"] == "after")].iloc[0]
    assert (first["score"], first["age"], first["score_sq"]) == (50, 11, 50 / 11)


def test_repeated_cross_section(tmp_path):
    """Nobody is in two waves: a row a unit, at its own wave."""
    rows = made.pupils().assign(pupil=lambda frame: frame["pupil"] + frame["wave"])
    data = made.data(made.study(tmp_path / "s", pupils=rows))
    frame = held_to_at(data, "person")
    assert len(frame) == len(rows) == frame["unit"].nunique()
    assert (frame["unit"].str.endswith("after") == (frame["wave"] == "after")).all() and frame["seen"].all()


def test_groups_only_and_names_that_are_taken(tmp_path):
    """Units that are groups are their own; a variable called cluster keeps its values beside the cluster."""
    rows = pd.DataFrame({"school": ["s1", "s2", "s3"] * 2, "wave": ["before"] * 3 + ["after"] * 3, "given": [0, 1, 1] * 2,
                         "score": [1.0, 2.0, 3.0, 4.0, 5.0, None], "cluster": ["x", "y", "z"] * 2})  # fmt: skip
    toml = made.TOML.replace('level = "person"', 'level = "group"').replace(
        'key = ["pupil", "wave"]', 'key = ["school", "wave"]'
    )
    toml = toml.replace('group = "school"\n', "").replace("[units.person]", "[units.stratum]")
    book = made.CODEBOOK.replace("pupils,pupil,text,,,,,pupil\n", "").replace("pupils,age,number,years,1,,,age\n", "")
    data = made.data(made.study(tmp_path / "s", toml, book + "pupils,cluster,text,,,,,cluster\n", pupils=rows))
    frame = panel(data)
    assert frame["unit"].equals(frame["group"]) and frame["cluster"].equals(frame["school"])
    assert (
        frame["cluster_"].tolist() == ["x", "y", "z"] * 2 and frame["arm"].tolist() == ["without", "books", "books"] * 2
    )
    assert frame["score"].fillna(-1).tolist() == [1, 2, 3, 4, 5, -1]
    with pytest.raises(ValueError, match="person"):
        panel(data, "person")
