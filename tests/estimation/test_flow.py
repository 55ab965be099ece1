"""The ledger closes: what was received, less what left, is what every table rests on."""

import pandas as pd
import pytest

from coops.data.units import Data
from coops.estimation import effects, sample_design
from coops.estimation import flow as estimation_flow
from coops.field_data import row_ledger
from coops.field_data.receive import receive
from coops.study.load import load
from tests import made
from tests.checkout import ROOT
from tests.estimation.test_shapes import CROSS, CROSS_BOOK, cross_section, specification


def closes(study) -> None:
    """Files, units and estimates of a study, each against the step before."""
    got = receive(study)
    files = got.ledger
    assert (files["received"] == files[["dropped", "merged", "aside", "accepted"]].sum(axis=1)).all()
    for name, frame in got.tables.items():
        assert len(frame) == files.loc[files["table"] == name, "accepted"].sum()
    data = Data(study, got.tables)
    flow = estimation_flow.flow(data)
    population = len(data.population())
    cross = data.cross_sections()
    for wave in data.waves:
        here = flow[flow["wave"] == wave]
        assert here["seen"].sum() == data.seen(wave, data.level, data.population()).sum()
        assert cross or here["population"].sum() == population
    for name in study.contract.specifications:
        for resolved in study.resolve(name):
            built = sample_design.build(data, resolved)
            line = estimation_flow.of_estimate(built)
            units = len(data.population(built.level)) * built_waves(resolved)
            lost = sum(line[f"lost_{reason}"] for reason in estimation_flow.REASONS)
            assert line["start"] == units == line["used"] + lost
            for row in effects.rows(built):
                assert row.n_rows == line["used"] and row.n == line["n"]


def built_waves(specification) -> int:
    """How many rows a unit can have in an estimate."""
    if specification.estimator.cross_section:
        return len(specification.waves) + len(specification.baseline)
    return len(specification.waves) if not specification.estimator.differenced else 1


def test_the_demonstration_closes():
    closes(load(ROOT / "data" / "demo"))


@pytest.mark.parametrize("estimator", ["difference", "level", "ancova", "difference cross-section"])
def test_every_reason_is_counted_once(tmp_path, estimator):
    """Eight schools of two; three pupils lack something; the numbers of the line add up by hand."""
    frame = made.pupils().astype(object)
    frame.loc[0, "score"] = ""  # p000 before
    frame.loc[3, "score"] = ""  # p001 after
    frame.loc[frame["pupil"] == "p010", "given"] = ""
    toml = made.TOML.replace('"difference"', f'"{estimator}"')
    study = load(made.study(tmp_path, toml, pupils=frame))
    data = Data(study, receive(study).tables)
    (specification,) = study.resolve("main")
    line = estimation_flow.of_estimate(sample_design.build(data, specification))
    expected = {
        "difference": {"start": 16, "lost_outcome": 2, "lost_baseline": 0, "lost_arm": 1, "used": 13},
        "level": {"start": 16, "lost_outcome": 1, "lost_baseline": 0, "lost_arm": 1, "used": 14},
        "ancova": {"start": 16, "lost_outcome": 1, "lost_baseline": 1, "lost_arm": 1, "used": 13},
        "difference cross-section": {"start": 32, "lost_outcome": 2, "lost_baseline": 0, "lost_arm": 2, "used": 28},
    }[estimator]
    assert {name: line[name] for name in expected} == expected
    assert line["start"] == line["used"] + sum(line[f"lost_{reason}"] for reason in estimation_flow.REASONS)


def test_rows_out_by_arm(tmp_path):
    """Two rows with a fault: one of a school with books, one of a school without; by their units' arms."""
    frame = made.pupils().astype(object)
    frame.loc[1, "score"], frame.loc[31, "score"] = 900, "much"
    study = load(made.study(tmp_path, made.TOML.replace("cluster =", 'strata = ["school"]\ncluster ='), pupils=frame))
    out = row_ledger.rows_out(study, receive(study))
    assert out.to_numpy().tolist() == [["pupils", "without", "s0", 1], ["pupils", "books", "s7", 1]]


def chart(folder, frame, toml=made.TOML, least=1) -> pd.DataFrame:
    """The flow chart of a study of pupils."""
    toml += f"[release]\nmin_persons = {least}\nmin_groups = 1\n"
    study = load(made.study(folder, toml, pupils=frame))
    data = Data(study, receive(study).tables)
    return estimation_flow.by_arm(data, [sample_design.build(data, of) for of in study.resolve(study.headline)])


def test_flow_by_arm(tmp_path):
    """Of 16 pupils, one without books was not seen later, one with books gave no answer then: by hand, box by box."""
    frame = made.pupils().astype(object)
    frame = frame.drop(index=1)  # p000 after
    frame.loc[31, "score"] = ""  # the last pupil after
    steps = chart(tmp_path, frame)
    assert steps[["arm", "step", "of", "number", "out"]].to_numpy().tolist() == [
        ["without", "listed", "", 8, 0],
        ["without", "seen_at", "before", 8, 0],
        ["without", "seen_again", "after", 7, 1],
        ["without", "used_for", "score", 7, 0],
        ["books", "listed", "", 8, 0],
        ["books", "seen_at", "before", 8, 0],
        ["books", "seen_again", "after", 8, 0],
        ["books", "used_for", "score", 7, 1],
    ]


def test_estimates_stand_side_by_side(tmp_path):
    """Two outcomes, each less its own losses: both start from the last wave, not from each other."""
    frame = made.pupils().astype(object)
    frame.loc[[1, 3], "score"], frame.loc[5, "age"] = "", ""
    steps = chart(tmp_path, frame, made.TOML.replace('["score"]', '["score", "age"]'))
    used = steps[(steps["step"] == "used_for") & (steps["arm"] == "without")]
    assert used[["of", "number", "out"]].to_numpy().tolist() == [["score", 6, 2], ["age", 7, 1]]


def test_a_wave_that_estimates_do_not_need_is_no_step(tmp_path):
    """A level at the end uses pupils that were not seen before: the box above it does not ask for that."""
    frame = made.pupils().astype(object).drop(index=0)  # p000 before
    toml = made.TOML.replace('"difference"', '"level"').replace('baseline = ["before"]\n', "")
    steps = chart(tmp_path, frame, toml)
    assert steps.loc[steps["arm"] == "without", "step"].to_list() == ["listed", "seen_at", "used_for"]
    assert steps["out"].eq(0).all() and steps["number"].eq(8).all()


def test_nobody_in_two_waves(tmp_path):
    """A repeated cross-section uses people of both waves: no wave holds them all, so the lists stand above."""
    toml = specification(
        made.changed(CROSS),
        estimator="difference cross-section",
        waves='["after"]',
        baseline='["before"]',
        outcomes='["score"]',
    )
    study = load(made.study(tmp_path, toml, CROSS_BOOK, pupils=cross_section()))
    data = Data(study, receive(study).tables)
    steps = estimation_flow.by_arm(data, [sample_design.build(data, study.resolve("main")[0])])
    assert steps["step"].to_list() == ["listed", "used_for"] * 2 and len(cross_section()) == len(data.roster())
    assert steps.loc[steps["step"] == "used_for", "number"].sum() == len(cross_section()) and steps["out"].eq(0).all()


def test_few_are_told_by_no_box(tmp_path):
    """Three pupils of an arm seen later, where five may be told: no arm says how many, nor how many were lost."""
    frame = made.pupils()
    few = ["p000", "p001", "p010"]
    frame = frame[(frame["given"] == 1) | (frame["wave"] == "before") | frame["pupil"].isin(few)]
    steps = chart(tmp_path, frame, least=5)
    late = steps["step"].isin(["seen_again", "used_for"])
    assert steps.loc[~late, "number"].eq(8).all() and steps.loc[~late, "out"].eq(0).all()
    assert steps.loc[late, ["number", "out"]].isna().all(axis=None)


def test_nothing_out_is_an_empty_frame(tmp_path):
    """No row put aside: nothing to say."""
    study = load(made.study(tmp_path))
    nothing = pd.DataFrame(columns=["table", "arm", "stratum", "rows"])
    pd.testing.assert_frame_equal(row_ledger.rows_out(study, receive(study)), nothing)
