"""Areas of the reference in the place of the arm: twelve made schools without books, four in each of three valleys.

Mean rises without books: A 0.75 (schools 0, 1, 2, 0), B 1, C 1.25; with books 6. So A in the place of the arm has
0.75 - 1.125, B 1 - 1 and C 1.25 - 0.875.
"""

from types import SimpleNamespace

import pandas as pd
import pytest
from scipy import stats

from coops.estimation import effects, sample_design
from coops.robustness.checks.area_shock import AreaShock
from coops.robustness.checks.leave_one_out import LeaveOneOut
from coops.robustness.checks.pseudo_treatment import PseudoTreatment, pseudo_treatment
from coops.robustness.leading import Leading, leading
from coops.robustness.result import run
from tests import made
from tests.estimation.test_shapes import CROSS, CROSS_BOOK, specification

VALLEY = "pupils,valley,category,,,A|B|C|D,,valley\npupils,sex,category,,,f|m,,sex\n"
AREA = '[robustness]\narea = "valley"\n[release]\nmin_groups = 3\n'
ESTIMATORS = {
    "difference": specification(
        made.TOML, estimator="difference", waves='["after"]', baseline='["before"]', outcomes='["score"]',
        covariates='["age"]', strata='["sex"]',
    ),
    "ancova": specification(
        made.TOML, estimator="ancova", waves='["after"]', baseline='["before"]', outcomes='["score"]'
    ),
    "level, schools alike": specification(
        made.TOML, estimator="level", waves='["after"]', outcomes='["score"]', weigh='"groups"'
    ),
    "difference cross-section": specification(
        made.changed(CROSS), estimator="difference cross-section", waves='["after"]', baseline='["before"]',
        outcomes='["score"]', covariates='["age"]',
    ),
}  # fmt: skip


def pupils(more: float = 0.0) -> pd.DataFrame:
    """The made pupils of 24 schools; scores of valley C rise by so much more."""
    frame = made.pupils(24, 3)
    school = frame["school"].str[1:].astype(int)
    frame["valley"] = school.map(lambda number: "D" if number >= 12 else "ABC"[number // 4])
    frame["sex"] = ["f" if name[-1] == "0" else "m" for name in frame["pupil"]]
    frame.loc[(frame["valley"] == "C") & (frame["wave"] == "after"), "score"] += more
    return frame


def leads(data) -> Leading:
    """The leading estimates of a made study."""
    return leading(data, data.study.resolve("main"), lambda specification: True, draws=19, seed=1)


def looked(folder, frame, toml=made.TOML, least=(2, 3)):
    """What the areas of the made study say in the place of the arm."""
    data = made.data(made.study(folder, toml + AREA, made.CODEBOOK + VALLEY, pupils=frame))
    return in_place(data, *least)


def in_place(data, *least):
    """Each valley of the reference in the place of the arm."""
    (comparison,) = leads(data).comparisons
    (real,) = comparison.estimates
    return SimpleNamespace(**pseudo_treatment(comparison.rows, comparison.area, real, *least))


def rows_of(check, data) -> list:
    """The rows of a check on a made study."""
    return list(run(check, leads(data)).frame.itertuples())


def test_the_largest_of_three(tmp_path):
    """0.375 is the largest; the real 5 is farther from zero than each, and no interval leaves out zero."""
    found = looked(tmp_path, pupils())
    assert found.largest == pytest.approx(0.375)
    assert (found.tried, found.away, found.above, found.cannot, found.refused) == (3, 0, 0, 0, "")


def test_an_area_with_a_shock(tmp_path):
    """C rises by 9 more: 9.375 for C, -4.875 for A, -4.5 for B, all farther than the real 6 - 4.

    With schools of one size CR2 is the standard error of Welch's test of their means, and the df of Bell and McCaffrey
    are (1/4 + 1/8)^2 / (1/(16 x 3) + 1/(64 x 7)).
    """
    found = looked(tmp_path, pupils(9))
    rises = {"A": [0, 1, 2, 0], "B": [1, 2, 0, 1], "C": [11, 9, 10, 11]}
    away, limit = 0, stats.t.isf(0.025, 0.375**2 / (1 / 48 + 1 / 448))
    for area, mine in rises.items():
        rest = [one for other, values in rises.items() if other != area for one in values]
        away += abs(stats.ttest_ind(mine, rest, equal_var=False).statistic) > limit
    assert found.largest == pytest.approx(9.375)
    assert (found.tried, found.away, found.above) == (3, away, 3) and away == 2


@pytest.mark.parametrize("name", ESTIMATORS)
def test_it_is_the_estimate_of_a_study_of_the_reference_alone(tmp_path, name):
    """The same pupils as a study of their own, in which valley C has the books: another road to the same number."""
    toml, frame = ESTIMATORS[name], pupils(2)
    book = made.CODEBOOK + VALLEY
    if "cross-section" in name:
        frame = frame.assign(row=[f"r{place}" for place in range(len(frame))]).drop(columns="pupil")
        frame = frame[(frame.index % 7 != 0)]  # unlike cells
        book = CROSS_BOOK + VALLEY
    data = made.data(made.study(tmp_path / "whole", toml + AREA, book, pupils=frame))
    built = sample_design.build(data, data.study.resolve("main")[0])
    (real,) = effects.rows(built)
    alone = frame[frame["valley"] != "D"]
    values = []
    for area in "ABC":
        apart = alone.assign(given=(alone["valley"] == area).astype(int))
        (one,) = made.estimates(made.study(tmp_path / area, toml, book, pupils=apart))
        values.append(one)
    found = in_place(data, 2, 3)
    assert found.tried == 3
    assert found.largest == pytest.approx(max(abs(one.estimate) for one in values), rel=1e-9)
    assert found.away == sum(not one.conf_low <= 0 <= one.conf_high for one in values)
    assert found.above == sum(abs(one.estimate) >= abs(real.estimate) for one in values)


def test_areas_of_few_are_not_tried(tmp_path):
    """Four schools an area are fewer than five; twelve pupils fewer than thirteen."""
    for name, least in (("schools", (2, 5)), ("pupils", (13, 3))):
        found = looked(tmp_path / name, pupils(), least=least)
        assert (found.tried, found.cannot) == (0, 3) and not found.largest >= 0


def test_fewer_than_three_areas(tmp_path):
    """With two the same comparison would be made twice, with one none."""
    for name, merged in (("two", {"B": "A"}), ("one", {"B": "A", "C": "A"})):
        frame = pupils()
        frame["valley"] = frame["valley"].replace(merged)
        assert looked(tmp_path / name, frame).refused == "few_areas"


def test_an_area_that_holds_the_arm_too(tmp_path):
    """One school with books lies in C: C is not without books, so only A and B take the place, against all others."""
    frame = pupils()
    frame.loc[frame["school"] == "s12", "valley"] = "C"
    found = looked(tmp_path, frame)
    assert (found.tried, found.cannot) == (2, 1) and found.largest == pytest.approx(0.375)


def test_an_area_of_one_group(tmp_path):
    """Each pupil a cluster: three of them an area are enough clusters, but valley C is one school."""
    frame = pupils()
    frame = frame[~frame["school"].isin(["s9", "s10", "s11"])]
    toml = made.changed(('cluster = "school"', 'cluster = "pupil"'))
    assert (looked(tmp_path, frame, toml).tried, looked(tmp_path / "one", frame, toml, least=(2, 1)).tried) == (2, 3)


def test_few_at_one_wave(tmp_path):
    """Other pupils at each wave: valley C has ten before and two after, and is not tried where three are needed."""
    frame = pupils().assign(row=lambda one: [f"r{place}" for place in range(len(one))]).drop(columns="pupil")
    late = frame[(frame["valley"] == "C") & (frame["wave"] == "after")]
    frame = frame.drop(late.index[[*range(2), *range(4, 6), *range(7, 9), *range(10, 12)]])
    toml = ESTIMATORS["difference cross-section"]
    data = made.data(made.study(tmp_path, toml + AREA, CROSS_BOOK + VALLEY, pupils=frame))
    assert (in_place(data, 5, 1).tried, in_place(data, 4, 1).tried) == (2, 3)


def test_only_where_nothing_was_drawn_and_an_area_is_named(tmp_path):
    """A lot makes areas alike by itself; without areas nothing can take the place."""
    randomised = made.changed(('assignment = "not randomised"', 'assignment = "randomised"'))
    for name, toml, there in (("a", made.TOML + AREA, True), ("b", made.TOML, False), ("c", randomised + AREA, False)):
        data = made.data(made.study(tmp_path / name, toml, made.CODEBOOK + VALLEY, pupils=pupils()))
        assert len(rows_of(PseudoTreatment(), data)) == there


def test_units_outside_the_rows_count_as_treated(tmp_path):
    """The headline compares books alone; more books are in valley C too, so C was not without a programme."""
    frame = pupils()
    frame.loc[frame["school"] == "s8", "given"] = 2
    toml = made.changed(
        ('values = ["1"]\n', 'values = ["1"]\n[arms.more]\nlabel = "more books"\nvalues = ["2"]\n'),
        ('cluster = "school"', 'cluster = "school"\narms = ["books"]'),
    )
    book = (made.CODEBOOK + VALLEY).replace("0|1,", "0|1|2,")
    data = made.data(made.study(tmp_path, toml + AREA, book, pupils=frame))
    (row,) = rows_of(PseudoTreatment(), data)
    assert (row.tried, row.cannot) == (2, 1)


def test_an_area_unknown_in_another_arm(tmp_path):
    """Pupils with more books have no valley: what is said of books does not rest on them."""
    frame = pupils()
    other = frame["school"].isin(["s20", "s21", "s22", "s23"])
    frame.loc[other, ["given", "valley"]] = [2, ""]
    toml = made.changed(('values = ["1"]\n', 'values = ["1"]\n[arms.more]\nlabel = "more books"\nvalues = ["2"]\n'))
    book = (made.CODEBOOK + VALLEY).replace("0|1,", "0|1|2,")
    data = made.data(made.study(tmp_path, toml + AREA, book, pupils=frame))
    assert [row.refused for row in rows_of(AreaShock(), data)] == ["", "area_missing"]
    unknown = {row.arm: row.unknown for row in rows_of(LeaveOneOut(), data) if row.by == "area"}
    assert unknown == {"books": 0, "more": 12}
    assert [row.arm for row in rows_of(PseudoTreatment(), data)] == ["books"]


def test_three_arms(tmp_path):
    """Columns of other arms go with their rows: the numbers are those of the reference alone."""
    frame = pupils()
    frame.loc[frame["school"].isin(["s20", "s21", "s22", "s23"]), "given"] = 2
    toml = made.changed(
        ('values = ["1"]\n', 'values = ["1"]\n[arms.more]\nlabel = "more books"\nvalues = ["2"]\n'),
    )
    book = (made.CODEBOOK + VALLEY).replace("0|1,", "0|1|2,")
    data = made.data(made.study(tmp_path, toml + AREA, book, pupils=frame))
    rows = rows_of(PseudoTreatment(), data)
    assert [row.tried for row in rows] == [3, 3]
    assert [row.largest for row in rows] == pytest.approx([0.375, 0.375])
