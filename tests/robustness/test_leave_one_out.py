"""Leave one out: differences of means worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from coops.estimation import effects, sample_design
from coops.robustness.checks.leave_one_out import leave_one_out
from coops.robustness.subsets import without
from tests import made


def built(folder, toml=made.TOML, book=made.CODEBOOK, frame=None):
    data = made.data(made.study(folder, toml, book, pupils=made.pupils() if frame is None else frame))
    return sample_design.build(data, data.study.plans("main")[0])


def number(one):
    return one.frame["cluster"].str[1:].astype(int)


def test_each_school_by_hand(tmp_path):
    """Mean rises: 0, 1, 2, 0 without books, 6, 7, 5, 6 with (each + 1/2): 6 - 3/4. Without one of the first the mean of
    the others is 1, 2/3, 1/3 or 1; without one of the others 6, 17/3, 19/3, 6."""
    one = built(tmp_path / "made")
    (found,) = leave_one_out(one, one.frame["cluster"], "school").itertuples()
    points = [6 - mean for mean in (1, 2 / 3, 1 / 3, 1)] + [mean - 3 / 4 for mean in (6, 17 / 3, 19 / 3, 6)]
    assert (found.lowest, found.highest) == pytest.approx((min(points), max(points)))
    assert found.largest == pytest.approx(5 / 12)  # without school 2: 6 - 1/3 - 21/4
    assert (found.tried, found.overturned, found.kept) == (8, 0, ())


def test_the_area_of_the_arm_stays(tmp_path):
    """All with books are in area A, which cannot be left out; without B, 2 and 0 are left: 6 - 1."""
    one = built(tmp_path / "made")
    area = np.where(number(one) >= 4, "A", np.where(number(one) < 2, "B", "C"))
    (found,) = leave_one_out(one, area, "area").itertuples()
    assert found.kept == ("A",) and found.tried == 2
    assert (found.lowest, found.highest) == pytest.approx((6 - 1, 6 - 0.5))


def test_supporters_of_the_arm_only(tmp_path):
    """Rows without a label always stay: two supporters of two schools each, 6 and 7, 5 and 6."""
    one = built(tmp_path / "made")
    label = np.where(number(one) < 4, "", np.where(number(one) < 6, "first", "second"))
    (found,) = leave_one_out(one, label, "supporter").itertuples()
    assert (found.tried, found.lowest, found.highest) == (2, pytest.approx(5.5 - 0.75), pytest.approx(6.5 - 0.75))


def test_overturned_by_a_loop(tmp_path):
    """Noise makes some schools carry the result; counted by studies that never had the school, one each."""
    frame = made.pupils(12, 2)
    noise = np.random.default_rng(5).normal(0, 6, len(frame)).round(1)
    frame["score"] = frame["score"] + noise * (frame["wave"] == "after")
    one = built(tmp_path / "made", frame=frame)
    (found,) = leave_one_out(one, one.frame["cluster"], "school").itertuples()
    loop = 0
    for school in sorted(set(frame["school"])):
        (again,) = effects.rows(built(tmp_path / school, frame=frame[frame["school"] != school]))
        loop += not again.conf_low > 0
    assert effects.rows(one)[0].conf_low > 0 and 0 < found.overturned < 12 and found.overturned == loop


def test_persons_of_their_own_by_a_loop(tmp_path):
    """Each pupil a cluster: of those with the same numbers one is tried for all, and each counts; by a loop over all.

    Sixteen pupils in eight schools; a pupil is alike to another if the rise, the books and the age are.
    """
    frame = made.pupils(8, 2)
    frame["score"] = frame["score"] - 4.2 * ((frame["wave"] == "after") & (frame["given"] == 1))
    toml = made.TOML.replace('cluster = "school"', 'cluster = "pupil"')
    toml += 'covariates = [{ variable = "age", wave = "before" }]\n'
    one = built(tmp_path / "made", toml, frame=frame)
    (found,) = leave_one_out(one, one.frame["cluster"], "pupil").itertuples()
    again = [without(one, (one.frame["cluster"] == name).to_numpy())[0] for name in sorted(set(frame["pupil"]))]
    points, lost = [each.estimate for each in again], [each for each in again if not each.conf_low > 0]
    assert effects.rows(one)[0].conf_low > 0 and 0 < len(lost) < 16
    assert (found.tried, found.overturned) == (16, len(lost))
    assert (found.lowest, found.highest) == pytest.approx((min(points), max(points)))


def test_pupils_alike_are_not_schools_alike(tmp_path):
    """Rises of 0 and 5, 6 and 1, 5 and 6, 0 and 1 without books, always 10 with: 10 - 24/8.

    Without the third school 13 of 6 pupils are left, without the fourth 23; each pupil there has one alike before.
    """
    frame = made.pupils()
    rises = pd.Series([0, 5, 6, 1, 5, 6, 0, 1] + 8 * [10]).repeat(2).to_numpy()
    before = frame.groupby("pupil")["score"].transform("first")
    frame["score"] = before + rises * (frame["wave"] == "after")
    (found,) = leave_one_out(one := built(tmp_path / "made", frame=frame), one.frame["cluster"], "school").itertuples()
    assert (found.lowest, found.highest) == pytest.approx((10 - 23 / 6, 10 - 13 / 6))


def test_interval_that_covers_zero_is_not_overturned(tmp_path):
    """No effect at all: however the sign moves, nothing is counted."""
    frame = made.pupils()
    frame.loc[(frame["given"] == 1) & (frame["wave"] == "after"), "score"] -= 5
    one = built(tmp_path / "made", frame=frame)
    assert effects.rows(one)[0].conf_low < 0
    (found,) = leave_one_out(one, one.frame["cluster"], "school").itertuples()
    assert found.overturned == 0 and found.tried == 8


THREE = made.TOML.replace("[design]", '[arms.tapes]\nlabel = "with tapes"\nvalues = ["2"]\n[design]')


def test_only_what_an_arm_rests_on(tmp_path):
    """Twelve schools rise by 0, 1, 2 in turn: four without, four with books (5 more), four with tapes (5 more).

    Books have one supporter, tapes have two of two schools each; books and tapes 8 lie in P, tapes 9 to 11 in Q. Books
    rest on no supporter of tapes, and lose Q not at all. Tapes (rises of schools 8 to 11: 2, 0, 1, 2) lose P with its
    school 8: (0 + 1 + 2) / 3 + 5 - 3/4; without Q its school 8 alone: 2 + 5 - 3/4, which needs books there.
    """
    frame = made.pupils(12).assign(given=lambda f: np.minimum(f["school"].str[1:].astype(int) // 4, 2))
    frame.loc[(frame["wave"] == "after") & (frame["school"].isin(["s4", "s5"])), "score"] += 5  # made as without
    one = built(tmp_path / "made", THREE, made.CODEBOOK.replace("0|1", "0|1|2"), frame)
    n = number(one)
    supporter = np.select([n < 4, n < 8, n < 10], ["", "one", "two"], "three")
    books, tapes = leave_one_out(one, supporter, "supporter").itertuples()
    assert (books.tried, books.kept) == (0, ("one",)) and (tapes.tried, tapes.kept) == (2, ())
    books, tapes = leave_one_out(one, np.select([n < 4, n < 9], ["", "P"], "Q"), "area").itertuples()
    assert (books.tried, books.kept) == (0, ("P",)) and (tapes.tried, tapes.kept) == (2, ())
    assert (tapes.lowest, tapes.highest) == pytest.approx((1 + 5 - 3 / 4, 2 + 5 - 3 / 4))


def test_no_interval_is_not_overturned(tmp_path):
    """Three schools an arm: without any of them two are left, too few for an interval, and none is overturned."""
    one = built(tmp_path / "made", frame=made.pupils(6, 6))
    (found,) = leave_one_out(one, one.frame["cluster"], "school").itertuples()
    assert effects.rows(one)[0].conf_low > 0
    assert (found.tried, found.no_interval, found.overturned) == (6, 6, 0)


@pytest.mark.parametrize("weigh", ["", 'weigh = "groups"\n'])
def test_a_change_is_that_of_the_mean_row_left(tmp_path, weigh):
    """With a covariate the change without a school is that of a study that never had it."""
    toml = (
        made.TOML.replace('"difference"', '"change"') + 'covariates = [{ variable = "age", wave = "before" }]\n' + weigh
    )
    frame = made.pupils()
    frame["age"] += 2 * frame["school"].str[1:].astype(int)
    frame = frame[frame["pupil"] != "p010"]
    one = built(tmp_path / "made", toml, frame=frame)
    alone = built(tmp_path / "alone", toml, frame=frame[frame["school"] != "s7"])
    (again,) = without(one, (one.frame["cluster"] == "s7").to_numpy())
    (never,) = effects.rows(alone)
    assert (again.estimate, again.conf_low) == pytest.approx((never.estimate, never.conf_low))


def test_strata_that_no_longer_compare(tmp_path):
    """Two towns; without the schools with books in both there is no one left to compare: kept, not an error."""
    toml = made.TOML.replace('cluster = "school"', 'cluster = "school"\nstrata = ["town"]')
    frame = made.pupils()
    frame["town"] = np.where(frame["school"].isin(["s0", "s1", "s4", "s5"]), "x", "y")
    folder = made.study(tmp_path / "made", toml, made.CODEBOOK + "pupils,town,text,,,,,town\n", pupils=frame)
    data = made.data(folder)
    one = sample_design.build(data, data.study.plans("main")[0])
    label = np.where(number(one).isin([2, 3, 4, 5]), "cross", "")  # leaves x without books and y with books only
    (found,) = leave_one_out(one, label, "part").itertuples()
    assert (found.tried, found.kept) == (0, ("cross",)) and np.isnan(found.lowest)
