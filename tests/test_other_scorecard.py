"""Another scorecard is another file: four dimensions, other variables, other levels, on a study of schools, to the page."""

import pandas as pd

from tests import made
from tests.diagnosis.test_assessment import study
from tests.real.adapter import command


def test_it_needs_no_change_elsewhere(tmp_path):
    """The page shows its dimensions, its levels and its groups; two schools a kind are too few and hidden."""
    release = "\n[release]\nmin_groups = 3\nmin_persons = 1\n"
    study(tmp_path / "study", 'groups = "kind"\nneeds = "wish"', levels=made.DIAGNOSIS + release)
    done = command("run", tmp_path / "study", "--out", tmp_path / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "run" / "report" / "made.en.md").read_text(encoding="utf-8")
    assert "8 of 8 have an overall score after" in page and "low (c), high (c)" in page
    heat = pd.read_csv(tmp_path / "run" / "figures" / "fig_3_1.csv")
    assert list(dict.fromkeys(heat["part"])) == ["discipline", "premises", "people", "results", "overall"]
    assert list(dict.fromkeys(heat["group"])) == ["all_units", "kind.a", "kind.b", "kind.c"]
    mean = heat.set_index(["group", "part"])["mean"]
    assert mean["all_units", "discipline"] == 0.5 and mean["kind.a", "people"] == 0.5
    assert mean[["kind.b", "kind.c"]].isna().all()
