"""What was delivered, by hand: four schools with books, eight visits of two kinds, four helpers."""

import numpy as np
import pandas as pd
import pytest

from coops.delivery import activities, cost_effectiveness, doses, organisations
from coops.disclosure.suppression import ALL
from coops.estimation import sample_design
from tests import made

VISITS = pd.DataFrame(
    [
        ("v1", "s4", "talk", "2001-01-10", "whole", 2, 5, 100),
        ("v2", "s5", "talk", "2001-02-10", "whole", 2, 5, 100),
        ("v3", "s6", "talk", "2001-02-20", "no", 2, 5, 100),
        ("v4", "s7", "talk", "2001-05-01", "no", 2, 5, 100),
        ("v5", "s4", "books", "2001-05-05", "whole", 1, 4, 300),
        ("v6", "s5", "books", "2001-05-06", "whole", 1, 4, 300),
        ("v7", "s6", "books", "2001-06-07", "whole", 1, 4, 300),
        ("v8", "s7", "books", "2001-06-08", "whole", 1, 4, 300),
    ],
    columns=["visit", "school", "sort", "on", "done", "days", "came", "spent"],
)
HELPERS = pd.DataFrame(
    [("h1", "before", 1), ("h1", "after", 2), ("h2", "before", 2), ("h2", "after", 2)]
    + [("h3", "before", 3), ("h3", "after", 5), ("h4", "before", 5)],
    columns=["helper", "round", "skill"],
)
BOOK = """visits,visit,text,,,,,visit
visits,school,text,,,,,school
visits,sort,category,,,talk|books,,kind
visits,on,date,,,,,day
visits,done,category,,,whole|part|no,,done
visits,days,number,,0,,,days
visits,came,integer,,,,,came
visits,spent,number,points,0,,,cost
helpers,helper,text,,,,,helper
helpers,round,text,,,,,wave
helpers,skill,integer,,,,,skill
"""
TABLES = """[tables.visits]
level = "event"
files = ["visits.csv"]
key = ["visit"]
[tables.helpers]
level = "event"
files = ["helpers.csv"]
key = ["helper", "round"]
"""
DELIVERY = """[delivery]
table = "visits"
kind = "sort"
unit = "school"
start = "on"
delivered = "done"
statuses = ["whole", "part", "no"]
amount = "days"
participants = "came"
cost = "spent"
prices = 2001
covers = "Fees only."
organisations = "helpers"
organisation = "helper"
wave = "round"
capacities = "skill"
"""
RELEASE = "[release]\nmin_groups = 2\nmin_persons = 2\n"


def study(folder, visits=VISITS, said=DELIVERY, release=RELEASE):
    """Write the made study with visits and helpers."""
    toml = made.TOML + TABLES + said + release
    return made.study(folder, toml, made.CODEBOOK + BOOK, pupils=made.pupils(), visits=visits, helpers=HELPERS)


@pytest.fixture
def data(tmp_path):
    return made.data(study(tmp_path / "made"))


def by_kind(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_index("kind")


def test_whom_it_was_for(data):
    """Schools 4 to 7 had books, two pupils each."""
    found = activities.read(data)
    assert (found.level, list(found.units), found.persons, found.groups) == ("group", ["s4", "s5", "s6", "s7"], 8, 4)
    assert len(found.given) == 6


def test_how_many_it_was_for_is_not_told(tmp_path):
    """Eight pupils without books are fewer than nine, and all sixteen less those whom it was for."""
    folder = study(tmp_path / "made", release=RELEASE.replace("min_persons = 2", "min_persons = 9"))
    found = activities.read(made.data(folder))
    assert (found.persons, found.groups) == (0, 4)
    assert activities.spent(found).drop(columns="hidden").loc[:, "per_unit"].isna().all()


def test_planned_and_delivered(data):
    """All eight were planned, as no column says otherwise; two talks were not given."""
    found = by_kind(activities.kinds(activities.read(data)))
    assert found.loc["talk", ["planned", "n whole", "n part", "n no"]].to_list() == [4, 2, 0, 2]
    assert found.loc[ALL, ["planned", "n whole", "share whole"]].to_list() == [8, 6, 0.75]
    assert (found["hidden"] == "").all() and (found["beyond"] == 0).all()


def test_a_small_number_is_hidden_with_others(tmp_path):
    """Three whole and one in part: neither the one nor what it is the rest of is shown, nor its share."""
    visits = VISITS.assign(done=VISITS["done"].where(VISITS["visit"] != "v6", "part"))
    found = by_kind(activities.kinds(activities.read(made.data(study(tmp_path / "made", visits)))))
    assert {"n part", "n whole", "share part", "share whole"} <= set(found.loc["books", "hidden"].split("|"))
    assert found.loc["books", ["n part", "n whole", "share whole"]].isna().all()
    assert found.loc["books", "planned"] == 4


def test_reach(data):
    """Talks reached two schools of four; the visits not given count for nothing."""
    found = by_kind(activities.reach(activities.read(data)))
    assert found.loc["talk", ["units", "amount", "participants", "each"]].to_list() == [2, 4, 10, 5]
    assert found.loc[ALL, ["units", "amount", "participants"]].to_list() == [4, 8, 26]


def test_a_kind_with_few(tmp_path):
    """One talk only: its row goes, and that of books with it, or it would follow from the total."""
    visits = VISITS[~VISITS["visit"].isin(["v2"])]
    found = by_kind(activities.reach(activities.read(made.data(study(tmp_path / "made", visits)))))
    assert found.loc[["talk", "books"], "amount"].isna().all() and found.loc[ALL, "amount"] == 6


def test_nearly_all_reached(tmp_path):
    """Three schools of four: the number would say that one was not."""
    visits = VISITS.assign(done=VISITS["done"].where(VISITS["visit"] != "v3", "whole"))
    found = by_kind(activities.reach(activities.read(made.data(study(tmp_path / "made", visits)))))
    assert (found.loc["talk", "hidden"], found.loc["talk", "amount"]) == ("units", 6)


def test_few_persons_took_part(tmp_path):
    """Twelve came to the talks and 16 to the books; thirteen is the threshold."""
    release = RELEASE.replace("min_persons = 2", "min_persons = 13")
    visits = VISITS.assign(came=VISITS["came"].where(VISITS["sort"] == "books", 6))
    found = by_kind(activities.reach(activities.read(made.data(study(tmp_path / "made", visits, release=release)))))
    assert found.loc[["talk", "books"], "participants"].isna().all()


def test_dose(data):
    """Two schools had a talk and books, two books only: 2 or 1 visits, 3 or 1 days; too few for quartiles."""
    found = doses.summary(activities.read(data))
    events, days = found.iloc[0], found[(found["measure"] == "amount") & (found["kind"] == ALL)].iloc[0]
    assert events[["n", "none", "mean", "median"]].to_list() == [4, 0, 1.5, 1.5] and np.isnan(events["low"])
    assert days[["mean", "median"]].to_list() == [2, 2]
    talks = found[found["kind"] == "talk"].iloc[0]
    assert talks["none"] == 2


def test_bars(data):
    """One day for two schools, three for two, and none with two."""
    bars = doses.bars(activities.read(data))
    assert bars[["low", "high", "n"]].to_numpy().tolist() == [[1, 2, 2], [2, 3, 0], [3, 4, 2]]


def test_timeline(data):
    """By month and by quarter the talks not given are one each; by half-year two, which may be shown."""
    found = activities.timeline(activities.read(data), ["talk", "books"])
    assert found["months"].unique().tolist() == [6] and found["month"].unique().tolist() == ["2001-01"]
    assert by_kind(found)[["planned", "full"]].to_dict("index") == {
        ALL: {"planned": 8, "full": 6},
        "talk": {"planned": 4, "full": 2},
        "books": {"planned": 4, "full": 4},
    }


def test_spent(data):
    """200 for talks, 1,200 for books, over 8 pupils and 4 schools."""
    found = by_kind(activities.spent(activities.read(data)))
    assert found.loc["talk", ["total", "per_unit", "per_group"]].to_list() == [200, 25, 50]
    assert found.loc[ALL, ["total", "share", "per_unit", "per_group", "units"]].to_list() == [1400, 1, 175, 350, 4]


def ratio_of(data):
    (ratio,) = cost_effectiveness.of_study(activities.read(data), data).itertuples()
    return ratio


def test_cost_effectiveness(data):
    """Schools cost 400, 400, 300, 300: 175 a pupil. Scores rose by 5 + 1 (mean of 1 2 0 1) against 0.75: 5.25 more."""
    ratio = ratio_of(data)
    assert (ratio.outcome, ratio.wave, ratio.arm, ratio.specification) == ("score", "after", "books", "main")
    assert (ratio.cost, ratio.effect) == (pytest.approx(175), pytest.approx(5.25))
    assert ratio.estimate == pytest.approx(175 / 5.25)
    assert (ratio.quantity, ratio.n, ratio.n_fewest) == ("cost", 16, 8)
    assert (ratio.unit_level, ratio.kind) == ("person", "interval")


def test_visits_to_persons(tmp_path):
    """Each visit was for one pupil of a school with books: 200, 200, 300 four times; two pupils had none."""
    pupil = ["p040", "p041", "p050", "p051", "p060", "p061", "p070", "p071"]
    visits, said = VISITS.assign(pupil=pupil), DELIVERY.replace('unit = "school"', 'unit = "pupil"')
    book = made.CODEBOOK + BOOK + "visits,pupil,text,,,,,pupil\n"
    folder = made.study(
        tmp_path / "made",
        made.TOML + TABLES + said + RELEASE,
        book,
        pupils=made.pupils(),
        visits=visits,
        helpers=HELPERS,
    )
    data = made.data(folder)
    found = activities.read(data)
    assert (found.level, len(found.units), found.persons, found.groups) == ("person", 8, 8, 4)
    assert ratio_of(data).cost == pytest.approx(1400 / 8)


def test_not_said_for_whom(tmp_path):
    """Without the unit there is no dose and no ratio; the visits themselves are counted."""
    data = made.data(study(tmp_path / "made", said=DELIVERY.replace('unit = "school"\n', "")))
    found = activities.read(data)
    assert (found.level, doses.summary(found).empty, doses.bars(found).empty) == ("", True, True)
    assert by_kind(activities.kinds(found)).loc[ALL, "planned"] == 8
    assert cost_effectiveness.of_study(found, data).empty


def test_another_question(data):
    """A question that changed has no effect, and no cost of it."""
    built = sample_design.build(data, data.study.plans("main")[0])
    (ratio,) = cost_effectiveness.of_effect(activities.read(data), data, built, comparable=False).itertuples()
    assert ratio.refused == "not_comparable" and np.isnan(ratio.estimate)


def test_capacities(data):
    """Three helpers were asked twice: 1 2 3 before, 2 2 5 after; the fourth only before."""
    (row,) = organisations.capacities(data).to_dict("records")
    assert (row["n"], row["before"], row["after"], row["change"]) == (3, 2, 3, 1)
    assert (row["first"], row["last"]) == ("before", "after")


def test_few_helpers(tmp_path):
    """Three are too few where five are asked for."""
    (row,) = organisations.capacities(made.data(study(tmp_path / "made", release=""))).to_dict("records")
    assert all(np.isnan(row[name]) for name in ("n", "before", "after", "change"))


def test_nothing_collected(tmp_path):
    """A study without any of it has nothing, and nothing fails."""
    data = made.data(made.study(tmp_path / "made"))
    found = activities.read(data)
    frames = [activities.kinds(found), activities.reach(found), doses.summary(found), doses.bars(found)]
    frames += [activities.timeline(found, []), activities.spent(found), organisations.capacities(data)]
    assert all(frame.empty for frame in frames)
    assert cost_effectiveness.of_study(found, data).empty
