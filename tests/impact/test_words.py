"""Notes of the tables: samples and what is left out, in words; the head of a column that says why there is no number."""

import pytest

from coops.estimation import resampled, sample_design
from coops.estimation.specification import specifications
from coops.impact import exhibits
from coops.show.language import Words
from tests import made

SAMPLES = """[samples.stayed]
conditions = [{ variable = "score", wave = "after", between = [0, 100] }]
[samples.young]
conditions = [{ variable = "age", wave = "before", between = [0, 10] }]
[specifications.of_young]
estimator = "difference"
waves = ["after"]
baseline = ["before"]
sample = "young"
outcomes = ["score"]
covariates = [{ variable = "twice", wave = "before" }, { variable = "age", wave = "before" }]
"""


@pytest.fixture
def data(tmp_path):
    """The leading specification asks for those with a score after; another for the young, by a covariate twice."""
    pupils = made.pupils()
    toml = made.changed(("headline = true\n", 'headline = true\nsample = "stayed"\n')) + SAMPLES
    codebook = made.CODEBOOK + "pupils,twice,number,years,1,,,twice the age\n"
    # Ages vary: else they would repeat the constant.
    pupils["age"] = [age + place // 2 % 3 for place, age in enumerate(pupils["age"])]
    pupils["twice"] = 2 * pupils["age"]
    toml = toml.replace("between = [0, 10]", "between = [0, 99]")
    return made.data(made.study(tmp_path, toml, codebook, pupils=pupils))


def test_samples_in_words(data):
    """Each sample with its condition; only the one that asks for something recorded after is called so."""
    of = [one for name in ("main", "of_young") for one in data.study.resolve(name)]
    note = exhibits.estimates_words(of, data)["samples"](Words(data.study, "en"))
    assert "stayed (score, after ∈ [0, 100])" in note and "young (age, before ∈ [0, 99])" in note
    assert "recorded after the first wave: stayed." in note
    assert exhibits.estimates_words([], data)["samples"](Words(data.study, "en")) == ""


def test_conditions_and_status_stand_in_the_frame(data):
    """As written; no family is named, so nothing is confirmatory."""
    table = specifications(data).set_index("specification")
    assert table["condition"].to_dict() == {"main": "score (after) ∈ [0, 100]", "of_young": "age (before) ∈ [0, 99]"}
    assert set(table["status"]) == {"exploratory"} and table["headline"].to_dict() == {"main": True, "of_young": False}


def test_what_repeats_others_is_named(data):
    """A covariate that repeats another is in the note of the table, under its label; where none does, no word of it."""
    notes = {}
    for name in ("main", "of_young"):
        (rows,) = [sample_design.build(data, of) for of in data.study.resolve(name)]
        frame = resampled.estimate(rows, data.study)
        notes[name] = exhibits.effects_words(frame)["method"](Words(data.study, "en"))
    assert notes["of_young"].endswith("left out, since they repeat others: age")
    assert "left out" not in notes["main"]


def test_head_of_what_was_not_made(data):
    """Where randomisation alone was not made, the head says so; where the bootstrap was not either, it says no method."""
    (rows,) = [sample_design.build(data, of) for of in data.study.resolve("main")]
    frame = resampled.estimate(rows, data.study).assign(permutation_refused="arm_in_covariates", wild_refused="")
    heads = [column.head for column in exhibits.methods(frame, data.study).columns]
    assert "why_no_randomisation" in heads and "why_not" not in heads
    both = exhibits.methods(frame.assign(wild_refused="few_clusters"), data.study)
    assert "why_not" in [column.head for column in both.columns]
