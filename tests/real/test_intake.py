"""No false alarm, and nothing lost: the published studies pass intake without an error, and their ledgers close."""

import pytest

from coops.field_data.receive import receive
from coops.study.load import load
from tests.estimation.test_flow import closes
from tests.real import grace_india, thp_pakistan

EXPLAINED = {"thp": set(), "grace": {"W_COLUMN_UNUSED"}}  # the file holds columns that the study does not use


@pytest.mark.parametrize(("name", "study"), [("thp", thp_pakistan), ("grace", grace_india)])
def test_no_false_alarm(tmp_path, name, study):
    """Zero errors; each warning is of a kind that is explained; files, units and estimates reconcile."""
    if not study.SHARED.is_dir():
        pytest.skip("../shared/realdata is not here: intake of real studies NOT TESTED")
    study.make(tmp_path / name)
    loaded = load(tmp_path / name)
    got = receive(loaded)
    assert not got.errors
    assert {finding.code for finding in got.findings} == EXPLAINED[name]
    closes(loaded)
