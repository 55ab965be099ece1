"""The same command on studies of other shapes, side by side; expected values as printed elsewhere.

Where a source printed classical standard errors, ours are clustered: the point is the target, the classical error is not.
"""

import importlib.util

import pytest

from tests.real import packages, targets
from tests.real.adapter import process

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("causaldata") is None, reason="the package causaldata is not installed: NOT TESTED"
)
STUDIES = {name: getattr(packages, name) for name in "thornton_hiv nsw_mixtape organ_donations kielmc injury".split()}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Run all of them by one command; return the results by study id."""
    root = tmp_path_factory.mktemp("packages")
    folders = [make(root / name) for name, make in STUDIES.items()]
    done = process("run", *folders, "--out", root / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "run"


EXPECTED = {  # study, key: value, tolerance; printed by
    # Mixtape-Sessions, Causal-Inference-1, Lab/Thornton, committed R output, twice
    ("thornton", "got.visit.money.by_village.effect"): (0.451982, 1e-6),
    ("thornton", "got.visit.money.all_rows.effect"): (0.4505519, 1e-7),
    # 1794.34 in a public copy of the Mixtape code; -0.022 in the documentation of pyfixest
    ("nsw", "re78.later.work.means.effect"): (1794.3424, 1e-3),
    ("organ", "Rate.Q32011_Q42011_Q12012.new_form.before_after.effect"): (-0.0224590, 1e-6),
    # -11863.9, Stata output in public notes; pyfixest 0.60.0, computed by those who collected the list
    ("kielmc", "rprice.second_year.near.two_by_two.effect"): (-11863.90, 0.01),
    ("injury", "ldurat.second_year.near.two_by_two.effect"): (0.1906012, 1e-6),
}


@pytest.mark.parametrize("case", EXPECTED, ids=lambda case: case[0])
def test_points(root, case):
    """The point is the printed one."""
    name, key = case
    value, tolerance = EXPECTED[case]
    assert targets.results(root / name).loc[key, "estimate"] == pytest.approx(value, abs=tolerance)


def test_clustered_errors(root):
    """Clustered by village: 0.022686 (the same log); each man his own cluster: HC1 670.8245 (pyfixest 0.60.0)."""
    village = targets.results(root / "thornton").loc["got.visit.money.by_village.effect"]
    assert village["std_error_cr1"] == pytest.approx(0.022686, abs=1e-6)
    assert (village["n"], village["n_clusters"]) == (2830, 119)
    assert targets.results(root / "nsw").loc["re78.later.work.means.effect", "std_error_cr1"] == pytest.approx(
        670.8245, abs=1e-3
    )


def test_one_changed_state_has_no_interval(root):
    """27 states, one of them changed: the point is description, no interval, no p, no direction word."""
    row = targets.results(root / "organ").loc["Rate.Q32011_Q42011_Q12012.new_form.before_after.effect"]
    assert row["refused"] == "few_clusters"
    assert row[["conf_low", "conf_high", "p_value_cr1", "p_value", "std_error_cr1", "std_error"]].isna().all()
    page = (root / "organ" / "report" / "organ.en.md").read_text(encoding="utf-8")
    assert "not enough data to say (fewer than three clusters in an arm)" in page
    assert "than it would have been" not in page


def test_rows_of_a_cross_section(root):
    """All rows are kept: 321 sales, 5,626 claims of Kentucky."""
    assert targets.results(root / "kielmc").loc["rprice.second_year.near.two_by_two.effect", "n_rows"] == 321
    assert targets.results(root / "injury")["n_rows"].max() == 5626


@pytest.mark.parametrize("name", ["thornton", "nsw", "organ", "kielmc", "injury"])
def test_each_page_has_its_parts(root, name):
    """Flow, balance, attrition or the sentence that there is none, all estimates with intervals, a figure, limits."""
    page = (root / name / "report" / f"{name}.html").read_text(encoding="utf-8")
    text = (root / name / "report" / f"{name}.en.md").read_text(encoding="utf-8")
    parts = "Who is in the data|Were the groups alike|Who was not seen again|All estimates|Limits|interval".split("|")
    assert [part for part in parts if part not in text] == []
    assert page.count("<img") == 1
    assert "http" not in "".join(part for part in page.split("<") if part.startswith(("img", "link", "script")))
