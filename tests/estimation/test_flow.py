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
        for specification in study.resolve(name):
            built = sample_design.build(data, specification)
            line = estimation_flow.of_estimate(built)
            units = len(data.population(built.level)) * built_waves(specification)
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


def test_steps_of_the_flow_chart(tmp_path):
    """32 rows, one put aside; 16 pupils listed; 15 seen later; 15 used."""
    frame = made.pupils().astype(object)
    frame.loc[1, "score"] = 900
    study = load(made.study(tmp_path, pupils=frame))
    got = receive(study)
    data = Data(study, got.tables)
    leading = [sample_design.build(data, specification) for specification in study.resolve("main")]
    steps = estimation_flow.steps(data, got.ledger, leading)
    assert steps[["step", "of", "number", "out"]].to_numpy().tolist() == [
        ["received", "", 32, 0], ["aside", "", 1, 1], ["accepted", "", 31, 0], ["listed", "", 16, 0],
        ["seen_at", "before", 16, 0], ["seen_at", "after", 15, 1], ["used_for", "score", 15, 1],
    ]  # fmt: skip


def test_nothing_out_is_an_empty_frame(tmp_path):
    """No row put aside: nothing to say."""
    study = load(made.study(tmp_path))
    nothing = pd.DataFrame(columns=["table", "arm", "stratum", "rows"])
    pd.testing.assert_frame_equal(row_ledger.rows_out(study, receive(study)), nothing)
