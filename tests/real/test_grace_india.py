"""The whole pipeline on 169 loan groups in nine strata.

Expected values: expected.json of the data set (pyfixest 0.60.0; points as in a committed log of the authors' package);
where that log printed classical errors, ours are clustered: see the README of the data set.
"""

import pytest

from tests.collect.test_from_files import EDITS
from tests.real import grace_india, targets
from tests.real.adapter import command, run

pytestmark = pytest.mark.skipif(
    not grace_india.SOURCE.is_file(), reason="../shared/realdata/grace_india is not here: NOT TESTED"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Run the command that a user types."""
    return run(grace_india.make, tmp_path_factory.mktemp("grace"))


def test_every_clustered_target(root):
    """All ten clustered targets, one of them with covariates of its own."""
    frame, compared, faults = targets.results(root), 0, []
    for name, target in targets.expected("grace_india").items():
        if not name.endswith(".crv1"):
            continue
        outcome = name.split(".")[1]
        specification = "loan_use" if outcome == "Business_Expenditures" else "within_strata"
        compared += 1
        row = frame.loc[f"{outcome}.endline.two_months.{specification}.effect"]
        faults += [f"{name}: {fault}" for fault in targets.off(target, row)]
    assert not faults
    assert compared == 10


def test_the_points_of_unclustered_targets(root):
    """The same points; a classical error would be half as large as ours (0.0192 against 0.0349)."""
    row = targets.results(root).loc["Late_Days_364.endline.two_months.within_strata.effect"]
    target = targets.expected("grace_india")["grace.Late_Days_364.iid"]
    assert row["estimate"] == pytest.approx(target["value"], abs=target["tolerance"])
    assert row["std_error_cr1"] > 1.5 * target["se"]


def test_counts(root):
    """845 women, 169 groups, 85 of them with repayment after two weeks (README of the data set)."""
    frame, expected = targets.results(root), targets.expected("grace_india")
    persons = [frame.loc[f"persons.endline.{arm}.flow.count", "estimate"] for arm in ("two_weeks", "two_months")]
    groups = [frame.loc[f"groups.endline.{arm}.flow.count", "estimate"] for arm in ("two_weeks", "two_months")]
    assert sum(persons) == expected["grace.n_women"]["value"]
    assert sum(groups) == expected["grace.n_groups"]["value"]
    assert groups[0] == expected["grace.n_groups_control"]["value"]


def test_no_experts(root):
    """Nothing was collected: the notebook says so, the run goes on, and the page has no section."""
    assert "Not collected: no findings of experts." in (root / "notebooks" / "04_field_studies.ipynb").read_text(
        "utf-8"
    )
    assert "experts" not in (root / "report" / "grace.en.md").read_text(encoding="utf-8").lower()


def test_one_wave_has_no_attrition(root):
    """The page says so, and goes on."""
    assert "nobody could be lost between waves" in (root / "report" / "grace.en.md").read_text(encoding="utf-8")


def test_from_a_file_to_a_page(tmp_path):
    """`coops new --from`, the edits of test_draft.py (fewer than 30 lines), `coops run`: a page with the same effect."""
    folder = tmp_path / "mystudy"
    assert command("new", folder, "--from", grace_india.SOURCE).returncode == 0
    done = command("run", folder, "--out", tmp_path / "run")
    assert done.returncode == 1
    assert {line.split()[0] for line in done.stderr.splitlines()} == {"E_TODO"}
    for name, old, new in EDITS:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert len(EDITS) < 30
    done = command("run", folder, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "run" / "report").glob("*.html"))
    frame, target = targets.results(tmp_path / "run"), targets.expected("grace_india")["grace.Late_Days_364.crv1"]
    row = frame[(frame["outcome"] == "Late_Days_364") & (frame["quantity"] == "effect")].iloc[0]
    assert row["estimate"] == pytest.approx(target["value"], abs=target["tolerance"])
    assert row["std_error_cr1"] == pytest.approx(target["se"], abs=target["tolerance_se"])
