"""The regression as everybody writes it: statsmodels on the formula and its data gives the estimate and its CR1."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from pyfixest import feols
from scipy import stats

from coops.data.units import Data
from coops.estimation import effects
from coops.estimation.specification import OpenedSpecification, specifications
from coops.study.estimators import ESTIMATORS
from tests import made

ROOT = Path(__file__).resolve().parents[2]
RELATIVE = 1e-8
COVARIATES = '[{ variable = "weight", wave = "before" }, "C", { variable = "kind", wave = "before" }]'
ADJUSTED = f'strata = ["place"]\ncovariates = {COVARIATES}'
SPECIFICATIONS = {
    "level": ("level", ADJUSTED),
    "ancova": ("ancova", ADJUSTED),
    "changes": ("difference", ADJUSTED),
    "mean_change": ("change", ADJUSTED),
    "change_weighted": ("change", ADJUSTED + '\nweights = "stands_for"'),
    "weighted": ("ancova", 'weights = "stands_for"'),
    "by_group": ("level", 'weigh = "groups"'),
    "twice": (
        "level",
        'covariates = [{ variable = "score", wave = "before" }, { variable = "C", wave = "before" }, "C"]',
    ),
    "dose": ("difference", 'dose = "weight"'),
    "crossed": ("difference cross-section", ADJUSTED),
    "crossed_change": ("change cross-section", 'strata = ["place"]\ncovariates = ["kind"]'),
    "two_before": ("change cross-section", 'waves = ["late"]\nbaseline = ["before", "after"]\ncovariates = ["kind"]'),
    "stacked": ("level", 'waves = ["after", "late"]\ncovariates = ["C"]'),
    "stacked_ancova": ("ancova", 'waves = ["after", "late"]'),
    "apart": ("level", 'waves = ["after", "late"]\nseparate = true'),
    "means": ("difference", 'waves = ["after", "late"]'),
    "offers": ("difference", 'arm = ["given", "taught"]\nreference = ""\nassignment = "not randomised"'),
    "offers_level": ("level", 'arm = ["given", "taught"]\nreference = ""\nassignment = "not randomised"'),
}
BOOK = made.CODEBOOK.replace("category,,,0|1,,books", "integer,,,0|1,,books") + (
    "pupils,taught,integer,,,0|1,,taught\npupils,place,category,,,hill|town,,place\npupils,kind,category,,,a|b|c,,kind\n"
    "pupils,weight,number,kg,1,,,weight\npupils,C,number,,2,,,a name that formulas use\n"
    "pupils,stands_for,number,,2,,,sampling weight\n"
)


def study(folder: Path) -> Data:
    """Sixteen schools of three to six pupils at three waves; every specification in one study."""
    random, lines = np.random.default_rng(3), []
    for school in range(16):
        for number in range(3 + school % 4):
            for wave in ("before", "after", "late"):
                lines.append({
                    "pupil": f"p{school}_{number}", "wave": wave, "school": f"s{school}", "given": int(school >= 8),
                    "taught": school % 2, "place": "hill" if school % 3 else "town", "kind": "abc"[random.integers(3)],
                    "score": 50 + random.normal(0, 5) + 3 * (school >= 8) * (wave != "before"), "age": 9,
                    "weight": round(random.normal(35, 4), 1), "C": random.normal(), "stands_for": 1 + number / 2,
                })  # fmt: skip
    toml = made.TOML.replace("[tables.pupils]", '[waves.late]\nlabel = "late"\n[tables.pupils]').split(
        "[specifications"
    )[0]
    for name, (estimator, more) in SPECIFICATIONS.items():
        asks = ESTIMATORS[estimator].needs_baseline and "baseline" not in more
        before = 'baseline = ["before"]\n' if asks else ""
        waves = "" if "waves" in more else 'waves = ["after"]\n'
        toml += f'[specifications.{name}]\nestimator = "{estimator}"\noutcomes = ["score"]\n{before}{waves}{more}\n'
    return made.data(made.study(folder, toml, BOOK, pupils=pd.DataFrame(lines)))


def compare(data: Data) -> dict[str, float]:
    """Largest relative differences between ours and statsmodels, by specification; every estimate is compared."""
    largest = {}
    for name in data.study.contract.specifications:
        opened = OpenedSpecification(data, name)
        for plan in opened.plans:
            rows = opened.rows(plan.outcome, plan.wave)
            text, frame = opened.formula(plan.outcome, plan.wave), opened.data(plan.outcome, plan.wave)
            assert all(column.isidentifier() for column in frame) and frame.columns.is_unique
            groups = {"groups": pd.factorize(frame[opened.cluster])[0]}
            model = smf.wls(text, frame, weights=frame[opened.weights]) if opened.weights else smf.ols(text, frame)
            fit = model.fit(cov_type="cluster", cov_kwds=groups, use_t=True)
            coefficients = opened.coefficients(plan.outcome, plan.wave)
            for one in effects.rows(rows):
                term, degrees = coefficients[one.arm], one.n_clusters - 1
                ours = np.array([one.estimate, one.std_error_cr1, one.p_value_cr1])
                theirs = np.array([fit.params[term], fit.bse[term], 2 * stats.t.sf(abs(fit.tvalues[term]), degrees)])
                assert not one.refused and np.isfinite(theirs).all()
                off = np.max(np.abs(ours - theirs) / np.abs(theirs))
                largest[name] = max(largest.get(name, 0.0), float(off))
    return largest


def test_every_shape(tmp_path):
    """Each estimator, with strata, covariates, weights, stacked waves, overlapping offers and a dose."""
    data = study(tmp_path / "s")
    assert {estimator for estimator, _ in SPECIFICATIONS.values()} == set(ESTIMATORS)
    largest = compare(data)
    assert set(largest) == set(SPECIFICATIONS)
    assert max(largest.values()) < RELATIVE, largest


def test_demonstration_and_the_small_study(tmp_path):
    """All specifications and outcomes of both."""
    done = subprocess.run(  # as its readers make it
        [sys.executable, ROOT / "data" / "small" / "prepare.py", tmp_path / "small"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for folder, least in ((ROOT / "data" / "demo", 3), (tmp_path / "small", 1)):
        data = made.data(folder)
        largest = compare(data)
        assert len(largest) == len(data.study.contract.specifications) >= least
        assert max(largest.values()) < RELATIVE, largest


def test_text_and_columns(tmp_path):
    """What an expert reads: names of the codebook, the wave where a name is taken, and what a formula cannot take."""
    data = study(tmp_path / "s")
    opened = OpenedSpecification(data, "changes")
    assert opened.formula("score") == "change ~ books + C(stratum) + weight_before + x_C + C(kind)"
    frame = opened.data("score")
    assert list(frame) == [
        "unit", "wave", "group", "change", "arm", "books", "weight_before", "x_C", "kind", "stratum", "cluster", "weight",
    ]  # fmt: skip
    pupils = data.tables["pupils"].set_index(["pupil", "wave"])
    score = pupils["score"].unstack()
    assert np.allclose(frame["change"], (score["after"] - score["before"])[frame["unit"]], rtol=0, atol=1e-12)
    assert frame["books"].tolist() == (frame["arm"] == "books").astype(float).tolist()
    assert frame["weight_before"].tolist() == pupils["weight"].unstack()["before"][frame["unit"]].tolist()
    assert (opened.outcomes, opened.cluster, opened.weights, opened.claim) == (["score"], "cluster", None, "trends")
    crossed = OpenedSpecification(data, "crossed")
    assert crossed.formula("score").startswith("outcome ~ books:after + books + after + C(stratum)")
    assert crossed.coefficients("score") == {"books": "books:after"}
    twice = OpenedSpecification(data, "twice")
    assert twice.formula("score") == "outcome ~ books + score_before + x_C + C_covariate"
    offers = OpenedSpecification(data, "offers")
    assert offers.formula("score") == "change ~ given + taught" and "arm" not in offers.data("score")
    apart = OpenedSpecification(data, "apart")
    with pytest.raises(KeyError, match="after"):
        apart.formula("score")
    assert set(apart.data("score", "late")["wave"]) == {"late"}
    with pytest.raises(KeyError, match="age"):
        apart.data("age", "late")


def test_pyfixest_reads_it_too(tmp_path):
    """The same text and frame, by the other package that the field knows."""
    opened = OpenedSpecification(study(tmp_path / "s"), "ancova")
    frame = opened.data("score")
    fit = feols(opened.formula("score"), frame, vcov={"CRV1": opened.cluster})
    (one,) = effects.rows(opened.rows("score"))
    assert fit.coef()["books"] == pytest.approx(one.estimate, rel=RELATIVE)
    assert fit.se()["books"] == pytest.approx(one.std_error_cr1, rel=RELATIVE)


def test_table_of_specifications(tmp_path):
    """A row an estimate; what a specification does not say is as in the design."""
    table = specifications(study(tmp_path / "s"))
    assert list(dict.fromkeys(table["specification"])) == list(SPECIFICATIONS)
    assert table["headline"].sum() == 1 and table.iloc[0]["headline"]
    by_name = table.drop_duplicates("specification").set_index("specification")
    assert by_name.loc["offers", ["arms", "reference", "claim"]].tolist() == ["given, taught", "", "trends"]
    assert by_name.loc["mean_change", ["arms", "claim", "strata", "cluster"]].tolist() == [
        "",
        "changed",
        "place",
        "school",
    ]
    assert (table["specification"] == "apart").sum() == 2
