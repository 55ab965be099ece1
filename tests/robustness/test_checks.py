"""A leading estimate looked at from all sides: eight made schools, answers worked out by hand.

Rises of the schools without books: 0, 1, 2, 0; with books: 6, 7, 5, 6; the second pupil of each rises by 1 more. So the
estimate is 6.5 - 1.25 = 5.25.
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from coops.estimation import direction, effects, sample_design
from coops.robustness.checks import checks
from coops.robustness.checks.placebo_outcomes import placebos
from coops.robustness.checks.specification_curve import alternatives
from coops.robustness.entropy import EXACT
from coops.robustness.leading import leading
from coops.robustness.robustness import Robustness, robustness
from tests import made

VALLEY = {0: "B", 1: "B", 2: "C", 3: "C", 4: "A", 5: "A", 6: "A", 7: "A"}
BAND = {0: "near", 1: "near", 2: "far", 3: "far", 4: "0", 5: "0", 6: "0", 7: "0"}
BOOK = made.CODEBOOK + (
    "pupils,valley,category,,,A|B|C,,valley\npupils,helper,category,,,x|y,,helper\n"
    "pupils,band,category,,,0|near|far,,distance\npupils,aided,category,,,yes|no,,other help\n"
)
DATES = (
    ('label = "before"', 'label = "before"\nstart = 2001-01-01\nend = 2001-01-31'),
    ('label = "after"', 'label = "after"\nstart = 2002-07-01\nend = 2002-07-31'),
)
SAYS = """[samples.not_aided]
conditions = [{ variable = "aided", equals = "no" }]
[robustness]
area = "valley"
supporter = "helper"
bands = "band"
without = "not_aided"
"""


def frame() -> pd.DataFrame:
    """The made pupils, with where they live and who helped them."""
    pupils = made.pupils()
    school = pupils["school"].str[1:].astype(int)
    helper = {4: "x", 5: "x", 6: "y", 7: "y"}
    return pupils.assign(
        valley=school.map(VALLEY),
        band=school.map(BAND),
        helper=school.map(helper).fillna(""),
        aided=np.where(school.isin([0, 7]), "yes", "no"),
    )


def study(folder, add=SAYS, changes=DATES, pupils=None):
    """A made study that names all of it."""
    toml = made.TOML
    for old, new in changes:
        assert old in toml, old
        toml = toml.replace(old, new)
    return made.data(made.study(folder, toml + add, BOOK, pupils=frame() if pupils is None else pupils))


def analysed(data, specification="main", *names: str) -> Robustness:
    """The checks of the first plan: all of them, or the named ones."""
    leads = leading(data, data.study.plans(specification)[:1], lambda plan: True, draws=199, seed=1)
    return robustness(leads, [check for check in checks() if check.name in names or not names])


def rows(data, name: str, specification="main") -> list:
    """The rows of one check of the first plan."""
    return list(analysed(data, specification, name)[name].frame.itertuples())


def why(data, name: str) -> list[str]:
    """Why a check does not apply, an estimate each."""
    return analysed(data, "main", name)[name].applied["why"].to_list()


def test_shocks_and_trends(tmp_path):
    """Books are in valley A alone, the reference half in B and half in C: a shock moves the estimate one to one.

    Shocks of every valley enter with 1 + 1/4 + 1/4. From the middle of January 2001 to that of July 2002: 546 days.
    """
    found = analysed(study(tmp_path), "main", "area_shock", "trends")
    (estimate,) = found.leading.estimates
    assert estimate.estimate == pytest.approx(5.25)
    exposure = found.leading.comparisons[0].exposure("books")
    assert (exposure.reach, exposure.factor, exposure.where) == (pytest.approx(1), pytest.approx(1.5), "own")
    (shock,), (trend,) = (found[name].frame.itertuples() for name in ("area_shock", "trends"))
    assert shock.shock == pytest.approx(estimate.conf_low)
    assert shock.shock_share == pytest.approx(estimate.conf_low / 5.25) and shock.areas == "1 / 2 / 0"
    assert trend.years == pytest.approx(546 / 365.25)
    assert trend.trend == pytest.approx(estimate.conf_low / (546 / 365.25))
    grid = found["trends"].tables[0]["table"].data
    assert grid["size"].to_list() == pytest.approx([5.25 * s * 365.25 / 546 for s in (0, 0.25, 0.5, 0.75, 1, 1.25)])
    assert grid["estimate"].to_list() == pytest.approx([5.25 * s for s in (1, 0.75, 0.5, 0.25, 0, -0.25)])
    sizes = {row["quantity"]: (row["value"], row["reach"]) for row in found.recorded}
    assert sizes == {"shock": (shock.shock, "own"), "trend": (trend.trend, "year")}


def test_the_value_of_a_confounder_is_zero_where_the_interval_covers_zero(tmp_path):
    """Books that raise by 1.2: t is above that of 14 df, below that of the df of the interval (about 6)."""
    pupils = frame()
    pupils["score"] = pupils["score"] - 3.8 * ((pupils["wave"] == "after") & (pupils["given"] == 1))
    found = analysed(study(tmp_path, pupils=pupils), "main", "confounder")
    (estimate,) = found.leading.estimates
    assert estimate.conf_low < 0 and estimate.estimate / estimate.std_error > 2.16  # t of 13 df, R's qt
    assert found["confounder"].frame["confounder"].to_list() == [0]


def test_an_area_that_is_not_known(tmp_path):
    """School 0 has no valley: it is no valley of its own, so shocks of areas are refused."""
    pupils = frame()
    pupils.loc[pupils["school"] == "s0", "valley"] = ""
    data = study(tmp_path, pupils=pupils)
    (row,) = rows(data, "area_shock")
    assert (row.refused, row.areas) == ("area_missing", "") and np.isnan([row.shock, row.spread]).all()
    assert why(data, "pseudo_treatment") == ["check.why.area_unknown"]


def test_without_dates_a_trend_is_one_of_the_whole_time(tmp_path):
    """Nothing is named and no date is known: the trend is that between the waves, and no area is looked at."""
    found = analysed(study(tmp_path, add="", changes=()))
    (trend,) = found["trends"].frame.itertuples()
    assert np.isnan(trend.years) and trend.trend == pytest.approx(found.leading.estimates[0].conf_low)
    assert trend.reach == "whole"
    not_named = ["area_shock", "pseudo_treatment", "without_other_support", "distance_bands"]
    for name in not_named:
        assert found[name].frame.empty and found[name].applied["why"].to_list() == ["check.why.not_named"]
    assert found["leave_one_out"].frame["by"].to_list() == ["cluster"]
    assert found["other_estimator"].frame["kind"].to_list() == ["ancova"]
    assert found["entropy_balancing"].frame.empty  # nothing known at the start but the value before


def test_one_left_out(tmp_path):
    """Without B: 6.5 - 1.5; without C: 6.5 - 1; A stays. Without x: 6 - 1.25; without y: 7 - 1.25."""
    left = {row.by: row for row in rows(study(tmp_path), "leave_one_out")}
    assert (left["area"].lowest, left["area"].highest, left["area"].cannot) == (pytest.approx(5), pytest.approx(5.5), 1)
    assert (left["supporter"].lowest, left["supporter"].highest) == pytest.approx((4.75, 5.75))
    assert left["cluster"].tried == 8 and not hasattr(left["cluster"], "kept")  # nobody is named


def test_other_ways(tmp_path):
    """Without the aided schools 0 and 7 both arms rise by 1 more than 0 and 5: 5. Bands: 6.5 - 1 and 6.5 - 1.5."""
    data = study(tmp_path, add=SAYS + "[release]\nmin_groups = 2\n")
    (without,) = rows(data, "without_other_support")
    assert without.estimate == pytest.approx(5) and without.clusters_by_arm == {"without": 3, "books": 3}
    bands = {row.band: row for row in rows(data, "distance_bands")}
    assert bands["near"].estimate == pytest.approx(5.5) and bands["far"].estimate == pytest.approx(5)
    assert (bands["near"].n_fewest, bands["near"].refused) == (4, "few_clusters")


def test_a_band_of_few_groups_is_not_told(tmp_path):
    """Two schools a band, and the study shows no number behind which there are fewer than five."""
    bands = rows(study(tmp_path), "distance_bands")
    assert [(row.band, row.refused) for row in bands] == [("far", "too_few_alone"), ("near", "too_few_alone")]
    assert all(np.isnan(row.estimate) for row in bands)


def test_ancova_is_the_specification_of_that_name(tmp_path):
    """The look is what the study itself would get with the estimator ancova, and the other way round."""
    add = (
        '[specifications.given]\nestimator = "ancova"\nwaves = ["after"]\nbaseline = ["before"]\noutcomes = ["score"]\n'
    )
    data = study(tmp_path, add=add)
    values = {
        name: effects.rows(sample_design.build(data, data.study.plans(name)[0]))[0].estimate
        for name in ("main", "given")
    }
    for mine, other, kind in (("main", "given", "ancova"), ("given", "main", "difference")):
        (row,) = rows(data, "other_estimator", mine)
        assert row.kind == kind and row.estimate == pytest.approx(values[other])


def test_balancing(tmp_path):
    """One younger pupil with books is gone: 4 of 7 are older there, 4 of 8 without.

    Older pupils of the reference weigh 8/7 and younger ones 6/7, which then rise by 0.75 + 4/7; those with books rise by
    46/7. The value before stays out where changes are compared, and is in where it is a covariate (ANCOVA).
    """
    pupils = frame()
    pupils = pupils[pupils["pupil"] != "p040"]
    changes = (('cluster = "school"', 'cluster = "school"\nbalance = ["age"]'),)
    (look,) = rows(study(tmp_path / "a", changes=changes, pupils=pupils), "entropy_balancing")
    assert (look.estimate, look.largest, look.on) == (
        pytest.approx(46 / 7 - 0.75 - 4 / 7),
        pytest.approx(8 / 7),
        "age",
    )
    assert look.gap <= EXACT and look.effective == pytest.approx(64 / (4 * (64 + 36) / 49))
    ancova = (*changes, ('estimator = "difference"', 'estimator = "ancova"'))
    (look,) = rows(study(tmp_path / "b", changes=ancova), "entropy_balancing")
    assert look.on == "score|age"


def test_a_product_with_the_arm_is_not_balanced(tmp_path):
    """A number that is 0 in all of the reference stays out: no weights could move its mean."""
    pupils = frame()
    pupils["age_books"] = pupils["age"] * pupils["given"]
    toml = made.TOML.replace('cluster = "school"', 'cluster = "school"\nbalance = ["age", "age_books"]')
    book = BOOK + "pupils,age_books,number,years,1,,,age with books\n"
    data = made.data(made.study(tmp_path, toml, book, pupils=pupils))
    (look,) = rows(data, "entropy_balancing")
    assert (look.on, look.refused) == ("age", "")


OTHERS = """[specifications.equal]
estimator = "difference"
waves = ["after"]
baseline = ["before"]
outcomes = ["score", "age"]
weigh = "groups"
[specifications.some]
estimator = "difference"
waves = ["after"]
baseline = ["before"]
outcomes = ["score"]
sample = "not_aided"
[specifications.before_after]
estimator = "change"
waves = ["after"]
baseline = ["before"]
outcomes = ["score"]
[specifications.nothing]
estimator = "level"
waves = ["after"]
outcomes = ["score"]
placebo = true
"""


def test_other_specifications(tmp_path):
    """Those of the same outcome, arms and sample; named ones may have another sample; changes and placebos never."""
    found = analysed(study(tmp_path / "a", add=OTHERS + SAYS), "main", "specification_curve")
    assert [plan.name for plan in alternatives(found.leading.comparisons[0])] == ["equal"]
    curve = found["specification_curve"].frame
    assert set(curve["alternative"]) == {"main", "equal"}
    assert set(curve["joint_refused"]) == {"bootstrap_few_clusters"}  # eight schools
    named = SAYS + 'alternatives = ["some", "nothing", "before_after"]\n'
    found = analysed(study(tmp_path / "b", add=OTHERS + named), "main", "minimum_detectable")
    assert [plan.name for plan in alternatives(found.leading.comparisons[0])] == ["some"]


def test_placebos(tmp_path):
    """The specification marked as placebo, and no other: the difference of the mean scores after."""
    data = study(tmp_path, add=OTHERS + SAYS)
    (row,) = placebos(data, lambda plan: True).itertuples()
    after = frame().query("wave == 'after'").groupby("given")["score"].mean()
    assert (row.specification, row.estimate) == ("nothing", pytest.approx(after[1] - after[0]))


@pytest.mark.parametrize(("assignment", "applied"), [("randomised", 0), ("not randomised", 1)])
def test_a_lot_makes_trends_alike(tmp_path, assignment, applied):
    """No trends and no confounder where a lot was drawn."""
    changes = (('assignment = "not randomised"', f'assignment = "{assignment}"'),)
    found = analysed(study(tmp_path, changes=changes), "main", "trends", "confounder")
    assert [len(result.frame) for result in found] == [applied, applied]


def test_without_an_interval_nothing_is_looked_at(tmp_path):
    """Two schools an arm: there is a value, and nothing that could be overturned."""
    found = analysed(made.data(made.study(tmp_path, pupils=made.pupils(4))))
    assert found.leading.estimates[0].refused == "few_clusters"
    for result in found:
        assert result.frame.empty and result.applied["why"].to_list() == ["refused.few_clusters"]


@pytest.mark.parametrize(
    ("low", "high", "words"), [(1, 2, "up"), (-2, -1, "down"), (-1, 1, "uncertain"), (np.nan, np.nan, "refused")]
)
def test_direction(low, high, words):
    """It follows the interval."""
    assert direction.direction(SimpleNamespace(conf_low=low, conf_high=high)) == words


def test_detectable_by_hand(tmp_path):
    """Scores before: 50 + school + 2 for the second pupil. Within arms the squares sum to 36, so sd^2 = 36/14.

    Between schools 20/7, within 2: ICC = (20/7 - 2) / (20/7 + 2) = 3/17. t of 0.975 and 0.8 with 6 df: 2.446912, 0.905703
    (R's qt).
    """
    (found,) = rows(study(tmp_path), "minimum_detectable")
    error = np.sqrt(36 / 14 * (3 / 17 + 14 / 17 / 2) * (1 / 4 + 1 / 4))
    assert (found.sd, found.icc, found.groups, found.units) == (
        pytest.approx(np.sqrt(36 / 14)),
        pytest.approx(3 / 17),
        4,
        2,
    )
    assert found.planned == pytest.approx((2.446912 + 0.905703) * error, rel=1e-6)


def test_detectable_is_not_planned_without_a_value_before(tmp_path):
    """A level alone, or clusters that hold both arms: what was known beforehand gives no plan; the error still does."""
    changes = (('estimator = "difference"', 'estimator = "level"'), ('baseline = ["before"]\n', ""))
    (found,) = rows(study(tmp_path / "a", changes=changes), "minimum_detectable")
    assert np.isnan(found.planned) and found.realised > 0
    pupils = frame()
    pupils["school"] = "d" + (pupils["school"].str[1:].astype(int) % 4).astype(str)
    (found,) = rows(study(tmp_path / "b", pupils=pupils), "minimum_detectable")
    assert np.isnan(found.planned) and found.realised > 0
