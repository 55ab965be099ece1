"""Each thing that can be missing gives its own finding with file, column and repair, or a page that says so."""

import numpy as np
import pandas as pd
import pytest

from coops.estimation import flow
from coops.field_data.receive import receive
from coops.participants import attrition, balance
from coops.study.findings import FindingError, messages
from coops.study.load import load
from tests import made


def findings(folder) -> list:
    """All findings of a study folder, wherever they arise."""
    try:
        loaded = load(folder)
    except FindingError as error:
        return error.findings
    return receive(loaded).errors


def missing_table(folder):
    made.study(folder)
    (folder / "raw" / "pupils.csv").unlink()


def missing_column(folder):
    made.study(folder, pupils=made.pupils().drop(columns="score"))


def empty_table(folder):
    made.study(folder, pupils=made.pupils().head(0))


def empty_wave(folder):
    made.study(folder, pupils=made.pupils().query("wave == 'before'"))


def no_arm(folder):
    made.study(folder, made.TOML.replace('arm = "given"\nreference = "without"\n', ""))


def no_cluster(folder):
    made.study(folder, made.TOML.replace('cluster = "school"\n', ""))


def no_outcome_wave(folder):
    made.study(folder, made.TOML.replace('waves = ["after"]\n', ""))


def key_twice(folder):
    frame = made.pupils()
    made.study(folder, pupils=pd.concat([frame, frame.tail(1)]))


def out_of_range(folder):
    made.study(folder, pupils=made.pupils().assign(score=lambda f: f["score"].where(f.index > 0, 900)))


def unknown_wave(folder):
    made.study(folder, pupils=made.pupils().assign(wave=lambda f: f["wave"].where(f.index > 0, "later")))


CASES = {
    missing_table: ("E_NO_FILE", "raw/pupils.csv", "tables.pupils.files"),
    missing_column: ("E_NO_COLUMN", "pupils.csv", "score"),
    empty_table: ("E_EMPTY_TABLE", "pupils.csv", ""),
    empty_wave: ("E_EMPTY_WAVE", "pupils.csv", "wave"),
    no_arm: ("E_NO_ARM", "study.toml", "specifications.main.estimator"),
    no_cluster: ("E_MISSING_FIELD", "study.toml", "design.cluster"),
    no_outcome_wave: ("E_NO_OUTCOME_WAVE", "study.toml", "specifications.main.outcomes"),
    key_twice: ("E_KEY_TWICE", "pupils.csv", "pupil, wave"),
    out_of_range: ("E_RANGE", "pupils.csv", "score"),
    unknown_wave: ("E_WAVE_VALUE", "pupils.csv", "wave"),
}


@pytest.mark.parametrize("spoil", CASES, ids=lambda case: case.__name__)
def test_its_own_finding(tmp_path, spoil):
    """The finding has the code of its case, names file and column, and says a repair."""
    code, file, column = CASES[spoil]
    spoil(tmp_path)
    raised = [finding for finding in findings(tmp_path) if finding.code == code]
    assert raised, [finding.line() for finding in findings(tmp_path)]
    assert (raised[0].file, raised[0].column) == (file, column)
    assert len(raised[0].text().split()) > 4


def test_no_two_cases_share_a_code():
    """Each of them can be told from the others by its code alone."""
    codes = [code for code, _, _ in CASES.values()]
    assert len(set(codes)) == len(codes)
    assert set(codes) <= set(messages())


def refused(folder, toml=made.TOML, **tables) -> str:
    """The reason for which an estimate of a made study is refused; it must then have no interval and no p."""
    estimate = made.estimates(made.study(folder, toml, **tables))[0]
    assert np.isnan([estimate.conf_low, estimate.conf_high, estimate.p_value_cr1, estimate.p_value]).all()
    return estimate.refused


def test_each_refusal_has_its_own_reason(tmp_path):
    """One group only, two groups in an arm, one arm only, no variation, empty sample, more terms than rows."""
    frame = made.pupils()
    sample = made.TOML.replace('outcomes = ["score"]', 'outcomes = ["score"]\nsample = "old"') + (
        '[samples.old]\nconditions = [{ variable = "age", between = [90, 99] }]\n'
    )
    few = frame[frame["school"].isin(["s0", "s1", "s2", "s6", "s7"])]
    single = frame.assign(school="s0", given=lambda f: (f["pupil"] > "p040").astype(int))
    same = frame.assign(score=frame["wave"].map({"before": 1, "after": 2}))
    short = frame[frame["pupil"].isin(["p000", "p070"])]
    reasons = [
        refused(tmp_path / "a", pupils=single), refused(tmp_path / "b", pupils=few), refused(tmp_path / "c", pupils=frame[frame["given"] == 0]),
        refused(tmp_path / "d", pupils=same), refused(tmp_path / "e", sample), refused(tmp_path / "f", pupils=short),
    ]  # fmt: skip
    assert reasons == ["one_cluster", "few_clusters", "one_arm", "no_variation", "empty_sample", "too_few_rows"]


def test_a_point_stays_as_description(tmp_path):
    """With two groups in an arm the point is still there, without interval: rises 5 + school % 3 (+ half a point in both)."""
    frame = made.pupils()
    few = frame[frame["school"].isin(["s0", "s1", "s2", "s6", "s7"])]
    estimate = made.estimates(made.study(tmp_path, pupils=few))[0]
    assert estimate.estimate == pytest.approx((5 + 0 + 5 + 1) / 2 - (0 + 1 + 2) / 3)


def test_no_arm_is_a_page_about_change(tmp_path):
    """Without arms, a change is estimated and flow and attrition go on; balance is empty."""
    toml = made.TOML.replace('arm = "given"\nreference = "without"\n', "").replace('"difference"', '"change"').replace(
        "not randomised", "no comparison")  # fmt: skip
    toml = toml.split("[arms.without]")[0] + "[design]" + toml.split("[design]")[1]
    folder = made.study(tmp_path, toml)
    estimate = made.estimates(folder)[0]
    rise = [school % 3 + 5 * (school >= 4) + number for school in range(8) for number in (0, 1)]
    assert (estimate.quantity, estimate.arm) == ("change", "")
    assert estimate.estimate == pytest.approx(np.mean(rise))
    data = made.data(folder)
    assert flow.flow(data)["seen"].tolist() == [16, 16]
    assert balance.balance(data)[0].empty
    assert attrition.attrition(data)[0]["lost"].tolist() == [0]
