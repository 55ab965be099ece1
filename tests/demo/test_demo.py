"""The demonstration: the published shape, a known truth, faults that are mended, and scenarios that fool the analysis.

The long form of the coverage (1,000 seeds) is benchmarks/coverage.py; its table stands in benchmarks/README.md.
"""

import csv
import filecmp
import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from coops.demo import draw, make
from coops.field_data.receive import receive
from coops.robustness.checks.placebo_outcomes import placebos
from coops.study.load import load
from tests import made
from tests.real.adapter import command

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data" / "demo"
spec = importlib.util.spec_from_file_location("coverage", ROOT / "benchmarks" / "coverage.py")
coverage = importlib.util.module_from_spec(spec)
spec.loader.exec_module(coverage)


def test_the_published_shape():
    """508 women in 43 supported cooperatives, 23 + 11 + 6 + 3 (source A, data/published/facts.csv); 43 for comparison."""
    coops = pd.read_csv(DEMO / "raw" / "cooperatives.csv")
    members = pd.read_csv(DEMO / "raw" / "members.csv").merge(coops, on="coop_id")
    supported = coops[coops["arm"] == "supported"]
    assert supported["sector"].value_counts().to_dict() == {"food": 23, "handicraft": 11, "livestock": 6, "map": 3}
    assert (members["arm"] == "supported").sum() == 508
    assert coops["arm"].value_counts().to_dict() == {"supported": 43, "comparison": 43}
    assert coops.loc[coops["arm"] == "comparison", "association_id"].isna().all()
    assert supported["association_id"].nunique() == 5
    assert (members["age_band"] == "under18").sum() > 10
    assert members.groupby("coop_id").size().between(6, 20).all()


def test_the_shipped_folder_is_what_the_seed_makes(tmp_path):
    """Made again from the seed in study.toml, raw data, corrections and truth are the committed ones, byte for byte."""
    make(tmp_path / "demo", load(DEMO).contract.study.seed)
    for path in [*(DEMO / "raw").iterdir(), DEMO / "corrections.csv", DEMO / "truth.csv"]:
        assert filecmp.cmp(path, tmp_path / "demo" / path.relative_to(DEMO), shallow=False), path.name


def test_the_faults_are_mended():
    """Without the corrections each fault is an error at its cell; with them there is none."""
    study = load(DEMO)
    assert not receive(study).findings
    corrections = list(csv.DictReader((DEMO / "corrections.csv").read_text(encoding="utf-8").splitlines()))
    assert len(corrections) == 5


def test_faults_without_corrections(tmp_path):
    """Two values that do not fit the range, one that is no number, two beyond a scale: found in one pass."""
    make(tmp_path / "demo")
    header = (tmp_path / "demo" / "corrections.csv").read_text(encoding="utf-8").splitlines()[0]
    corrections = list(csv.DictReader((tmp_path / "demo" / "corrections.csv").read_text(encoding="utf-8").splitlines()))
    (tmp_path / "demo" / "corrections.csv").write_text(header + "\n", encoding="utf-8")
    errors = receive(load(tmp_path / "demo")).errors
    assert sorted((fault.key, fault.column) for fault in errors) == sorted(
        (row["key"], row["column"]) for row in corrections
    )
    assert {fault.code for fault in errors} == {"E_RANGE", "E_NOT_A_NUMBER"}


def test_a_correction_whose_old_value_is_gone_is_refused(tmp_path):
    """Somebody has sent the data again: the correction is not made in silence."""
    make(tmp_path / "demo")
    path = tmp_path / "demo" / "corrections.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",60,", ",61,"), encoding="utf-8")
    assert "E_CORRECTION_OLD" in {fault.code for fault in receive(load(tmp_path / "demo")).errors}


def test_the_truth_is_of_the_roster():
    """508 women; sectors only where at least five cooperatives stand behind them: the three plant groups are merged."""
    truth = pd.read_csv(DEMO / "truth.csv")
    assert set(truth.loc[truth["stratum"] == "all", "women"]) == {508}
    assert set(truth["stratum"]) == {"all", "food", "handicraft", "livestock_map"}
    by = (
        truth[truth["stratum"] != "all"]
        .groupby("outcome")
        .apply(lambda f: (f["effect"] * f["women"]).sum() / f["women"].sum(), include_groups=False)
    )
    whole = truth[truth["stratum"] == "all"].set_index("outcome")["effect"]
    assert by.to_dict() == pytest.approx(whole.to_dict(), abs=1e-5)


def test_no_analysis_reads_the_truth():
    """The word does not stand in the package or in a notebook, but where it is made."""
    for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "notebooks").glob("*.ipynb")]:
        if "demo" not in path.parts and path.name not in ("__main__.py", "commands.py"):
            assert "truth" not in path.read_text(encoding="utf-8"), path.name


@pytest.mark.parametrize(
    ("scenario", "low", "high"), [("honest", 0.85, 1.0), ("shock", 0.0, 0.5), ("attrition", 0.0, 0.75)]
)
def test_coverage(scenario, low, high):
    """Fewer seeds than the benchmark: 30. Of 30 intervals of level .95, fewer than .85 hold with probability below .02.

    Under the province shock and under losses that depend on the outcome, coverage is lost: the analysis is fooled.
    """
    table = coverage.coverage(30, scenario, first=7000)
    assert table["coverage"].between(low, high).all(), table


def test_other_sizes(tmp_path):
    """A tenth of the size: the sums follow, every sector is there, and it is a study that loads."""
    make(tmp_path / "small", seed=5, number=10)
    coops = pd.read_csv(tmp_path / "small" / "raw" / "cooperatives.csv")
    assert coops["arm"].value_counts().to_dict() == {"supported": 10, "comparison": 10}
    assert coops["sector"].nunique() == 4
    assert draw(5, 10)["cooperatives"].query("arm == 'supported'")["size"].sum() == round(508 * 10 / 43)
    assert not [one for one in receive(load(tmp_path / "small")).errors]


def test_nothing_is_overwritten(tmp_path):
    """A folder that holds something is refused; the command ends with 1."""
    (tmp_path / "mine.txt").write_text("mine")
    assert [fault.code for fault in made.refused(make, tmp_path)] == ["E_NEW_EXISTS"]
    assert command("demo", tmp_path).returncode == 1
    done = command("demo", tmp_path / "new", "--seed", "3", "--groups", "8", "--scenario", "shock")
    assert done.returncode == 0, done.stderr
    assert load(tmp_path / "new").contract.study.seed == 3


def test_a_placebo_outcome_tells_the_shock_of_the_province():
    """What reaches the area reaches the others of each household too, whom the programme cannot have changed.

    With the shock every interval leaves out zero; without, one in twenty does: more than two of eight have a probability
    below .006.
    """
    study, away = load(DEMO), {}
    for scenario in ("honest", "shock"):
        moved = 0
        for seed in range(7100, 7108):
            tables = draw(seed, scenario=scenario)
            tables.pop("truth")
            (row,) = placebos(coverage.received(study, tables), lambda plan: True).itertuples()
            moved += not row.conf_low <= 0 <= row.conf_high
        away[scenario] = moved
    assert away["shock"] == 8 and away["honest"] <= 2, away
