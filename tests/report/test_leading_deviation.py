"""The page tells leading estimates that were not fitted as ``study.toml`` says, however they were changed."""

from types import SimpleNamespace

import pandas as pd
import pytest

import coops
from coops.estimation.specification import OpenedSpecification
from coops.report import leading_deviation, text
from coops.show.exhibits import Exhibits
from coops.show.results import Results
from coops.study.findings import FindingError
from coops.study.load import load
from tests import made

TOML = (
    made.TOML.replace("[specifications.main]", "[release]\nmin_persons = 5\n[specifications.main]")
    + 'covariates = [{ variable = "age", wave = "before" }]\n'
)


@pytest.fixture
def run(tmp_path):
    """The made study with a covariate, and a place to record its results."""
    study = load(made.study(tmp_path / "study", TOML))
    data = SimpleNamespace(units=made.data(study.folder), left_out=())
    return SimpleNamespace(
        study=study,
        data=data,
        results=Results(tmp_path / "results", study, "07_impact"),
        exhibits=Exhibits(study, tmp_path),
    )


def recorded(run, specification) -> pd.DataFrame:
    """Estimate a specification, as a notebook does."""
    return coops.estimate(SimpleNamespace(data=run.data, study=run.study), specification)


def test_as_planned(run):
    """Nothing is said."""
    run.results.record(recorded(run, OpenedSpecification(run.data.units, "main")))
    assert leading_deviation.compare(run) == []
    assert "xploratory" not in text.fill(run, "en")


def test_a_covariate_less(run):
    """Both formulas stand on the page, before its first section; what is recorded is exploratory."""
    lead = OpenedSpecification(run.data.units, "main")
    run.results.record(recorded(run, lead.without("age")))
    (deviation,) = leading_deviation.compare(run)
    assert (deviation.fitted, deviation.planned) == ("change ~ books", "change ~ books + age")
    page = text.fill(run, "en")
    assert page.index("Exploratory deviation") < page.index("\n## ")
    assert "`change ~ books`" in page and "`change ~ books + age`" in page
    assert lead.formula("score") == "change ~ books + age"  # the study's own stays


@pytest.mark.parametrize("column", ["estimate", "conf_low", "n_rows"])
def test_other_rows_or_values(run, column):
    """The same formula, and another number: told, too."""
    frame = recorded(run, OpenedSpecification(run.data.units, "main"))
    run.results.record(frame.assign(**{column: frame[column] + 1}))
    assert [deviation.fitted == deviation.planned for deviation in leading_deviation.compare(run)] == [True]
    assert "on other rows or other values" in text.fill(run, "en")


def test_a_variable_that_is_no_covariate(run):
    """Its nearest is named."""
    with pytest.raises(FindingError) as caught:
        OpenedSpecification(run.data.units, "main").without("ag")
    assert "age" in str(caught.value)
