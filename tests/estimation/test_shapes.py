"""Every shape that a study may have: made rows, answers worked out by hand (the arithmetic stands in each test)."""

import numpy as np
import pandas as pd
import pytest

from coops.estimation import flow as estimation_flow
from coops.estimation import tidy
from coops.participants import attrition, balance
from tests import made


def specification(toml: str, estimator: str, waves: str = '["after"]', **fields: str) -> str:
    """The made study.toml with another main specification, of the score."""
    fields |= {"estimator": f'"{estimator}"', "waves": waves, "outcomes": '["score"]'}
    lines = "".join(f"{name} = {value}\n" for name, value in fields.items())
    return toml.split("[specifications.main]")[0] + "[specifications.main]\n" + lines


def test_level(tmp_path):
    """Effect = difference of the means after: 8 schools of 2, rise 5 with books; start 50 + school + 2 (second pupil)."""
    toml = specification(made.TOML, "level")
    after = [50 + s + 2 * n + s % 3 + 5 * (s >= 4) + n for s in range(8) for n in (0, 1)]
    estimate = made.estimates(made.study(tmp_path, toml))[0]
    assert estimate.estimate == pytest.approx(np.mean(after[8:]) - np.mean(after[:8]))
    assert estimate.reference_mean == pytest.approx(np.mean(after[:8]))
    assert estimate.n == 16 and estimate.clusters_by_arm == estimate.groups_by_arm == {"without": 4, "books": 4}


def test_ancova(tmp_path):
    """After = 3 + 2 × before + 4 × books exactly, so the effect is 4."""
    frame = made.pupils()
    before = frame.set_index(["pupil", "wave"])["score"].unstack()["before"]
    exact = 3 + 2 * frame["pupil"].map(before) + 4 * frame["given"] - 60
    frame["score"] = frame["score"].where(frame["wave"] == "before", exact)
    toml = specification(made.TOML, "ancova", baseline='["before"]')
    assert made.estimates(made.study(tmp_path, toml, pupils=frame))[0].estimate == pytest.approx(4)


CROSS = ('key = ["pupil", "wave"]', 'key = ["row"]')
CROSS_BOOK = made.CODEBOOK.replace("pupils,pupil,text,,,,,pupil", "pupils,row,text,,,,,row")


def cross_section() -> pd.DataFrame:
    """Another 3, 4, 5, 6 pupils in each of four schools at each wave: cells are not of equal size."""
    lines = []
    for school, size in enumerate([3, 4, 5, 6, 3, 4]):
        for wave, more in (("before", 0), ("after", 1)):
            for number in range(size + more * (school % 2)):
                score = 40 + 2 * number + (10 * (school >= 3)) + more * (3 + 6 * (school >= 3))
                lines.append((f"r{len(lines)}", wave, f"s{school}", int(school >= 3), score, 10))
    return pd.DataFrame(lines, columns=["row", "wave", "school", "given", "score", "age"])


def test_difference_in_unbalanced_cross_sections(tmp_path):
    """The effect is the difference of the differences of the four cell means, all rows kept."""
    frame = cross_section()
    toml = specification(made.changed(CROSS), "difference cross-section", baseline='["before"]')
    estimate = made.estimates(made.study(tmp_path, toml, CROSS_BOOK, pupils=frame))[0]
    cell = {(w, g): part["score"].mean() for (w, g), part in frame.groupby(["wave", "given"])}
    assert estimate.estimate == pytest.approx(
        (cell["after", 1] - cell["before", 1]) - (cell["after", 0] - cell["before", 0])
    )
    assert (estimate.n_rows, estimate.lost) == (len(frame), {})
    data = made.data(tmp_path)
    assert data.cross_sections()
    assert attrition.attrition(data)[0].empty
    assert estimation_flow.flow(data)["seen"].sum() == len(frame)


def test_change_in_cross_sections(tmp_path):
    """The change is the difference of the two means."""
    frame = cross_section()
    toml = specification(made.changed(CROSS), "change cross-section", baseline='["before"]')
    estimate = made.estimates(made.study(tmp_path, toml, CROSS_BOOK, pupils=frame))[0]
    means = frame.groupby("wave")["score"].mean()
    assert estimate.estimate == pytest.approx(means["after"] - means["before"])
    assert tidy.key(estimate) == "score.after.main.change"


def three_arms() -> pd.DataFrame:
    """Twelve schools: four without, four with books (+3), four with a library (+7), each school shifted by school % 4."""
    frame = made.pupils(12)
    school = frame["school"].str[1:].astype(int)
    frame["given"] = school // 4
    frame["score"] = 50 + school % 4 + (frame["wave"] == "after") * (1 + frame["given"].map({0: 0, 1: 3, 2: 7}))
    return frame


ARMS = ("[design]", '[arms.library]\nlabel = "with a library"\nvalues = ["2"]\n[design]')
BOOK_3 = made.CODEBOOK.replace("0|1", "0|1|2")


def test_several_arms(tmp_path):
    """Each arm against the named reference: 3 and 7."""
    estimated = made.estimates(made.study(tmp_path, made.changed(ARMS), BOOK_3, pupils=three_arms()))
    assert [(estimate.arm, round(estimate.estimate, 9)) for estimate in estimated] == [("books", 3), ("library", 7)]
    assert estimated[0].clusters_by_arm == {"without": 4, "books": 4, "library": 4}


def test_merged_arms(tmp_path):
    """Books and library under one name: (3 + 7) / 2; the single arms are not compared then."""
    toml = made.changed(('[design]', '[arms.any]\nlabel = "anything"\nvalues = ["1", "2"]\n[design]'),
                   ('reference = "without"', 'reference = "without"\narms = ["any"]'))  # fmt: skip
    estimated = made.estimates(made.study(tmp_path, toml, BOOK_3, pupils=three_arms()))
    assert [(estimate.arm, round(estimate.estimate, 9)) for estimate in estimated] == [("any", 5)]


def test_only_chosen_arms(tmp_path):
    """Rows of an arm that is not compared fall out and are counted."""
    toml = made.changed(ARMS, ('reference = "without"', 'reference = "without"\narms = ["library"]'))
    estimated = made.estimates(made.study(tmp_path, toml, BOOK_3, pupils=three_arms()))
    assert [(estimate.arm, round(estimate.estimate, 9), estimate.lost) for estimate in estimated] == [
        ("library", 7, {"arm": 8})
    ]


def test_overlapping_offers(tmp_path):
    """Rise = 1 + 3 × books + 5 × lessons exactly; both enter together; every overlap is counted."""
    frame = made.pupils(12)
    school = frame["school"].str[1:].astype(int)
    frame["books_given"], frame["lessons_given"] = school % 2, (school % 4 >= 2).astype(int)
    rise = 1 + 3 * frame["books_given"] + 5 * frame["lessons_given"]
    frame["score"] = 50 + school + (frame["wave"] == "after") * rise
    toml = made.changed(('arm = "given"\nreference = "without"', 'arm = ["books_given", "lessons_given"]'))
    toml = toml.split("[arms.without]")[0] + "[design]" + toml.split("[design]")[1]
    book = made.CODEBOOK.replace(
        "pupils,given,category,,,0|1,,",
        "pupils,books_given,number,,,0|1,,books\npupils,lessons_given,number,,,0|1,,lessons",
    )
    folder = made.study(tmp_path, toml, book, pupils=frame.drop(columns="given"))
    assert [(estimate.arm, round(estimate.estimate, 9)) for estimate in made.estimates(folder)] == [
        ("books_given", 3),
        ("lessons_given", 5),
    ]
    flow = estimation_flow.flow(made.data(folder))
    after = flow[flow["wave"] == "after"].set_index("arm")["seen"].to_dict()
    assert after == {"none": 6, "books_given": 6, "lessons_given": 6, "books_given + lessons_given": 6}


def test_an_arm_of_persons_with_its_own_assignment(tmp_path):
    """The second pupil of each school has a tutor: rise of second minus first = 1, randomised within the school."""
    frame = made.pupils().assign(tutor=lambda f: f["pupil"].str[-1])
    toml = made.changed(("[design]", '[arms.alone]\nlabel = "alone"\nvalues = ["0"]\nvariable = "tutor"\n'
                    '[arms.tutored]\nlabel = "tutored"\nvalues = ["1"]\nvariable = "tutor"\n[design]'))  # fmt: skip
    toml += 'arm = "tutor"\nreference = "alone"\nassignment = "randomised"\n'
    book = made.CODEBOOK + "pupils,tutor,category,,,0|1,,tutor\n"
    estimate = made.estimates(made.study(tmp_path, toml, book, pupils=frame))[0]
    assert (estimate.arm, round(estimate.estimate, 9), estimate.assignment) == ("tutored", 1, "randomised")
    assert estimate.clusters_by_arm == {"alone": 8, "tutored": 8}
    findings = made.refused(
        made.estimates, made.study(tmp_path / "b", toml.replace('assignment = "randomised"\n', ""), book, pupils=frame)
    )
    assert [finding.code for finding in findings] == ["E_ARM_WITHOUT_ASSIGNMENT"]


def schools() -> pd.DataFrame:
    """Groups without persons: eight schools, two waves, rise 2 + school % 2 and 4 more with books."""
    lines = [
        (f"s{s}", wave, int(s >= 4), 30 + s + after * (2 + s % 2 + 4 * (s >= 4)), 1 + s)
        for s in range(8)
        for after, wave in enumerate(["before", "after"])
    ]
    return pd.DataFrame(lines, columns=["school", "wave", "given", "score", "size"])


GROUPS = (
    ('[units.person]\nen = { one = "pupil", other = "pupils" }\n', ""),
    ('[tables.pupils]\nlevel = "person"\nfiles = ["pupils.csv"]\nkey = ["pupil", "wave"]\nwave_column = "wave"\ngroup = "school"',
     '[tables.schools]\nlevel = "group"\nfiles = ["schools.csv"]\nkey = ["school", "wave"]\nwave_column = "wave"'),
)  # fmt: skip
GROUP_BOOK = """table,name,type,unit,decimals,allowed,range,label_en
schools,school,text,,,,,school
schools,wave,text,,,,,wave
schools,given,category,,,0|1,,books
schools,score,number,points,1,,,score
schools,size,number,pupils,0,,,size
"""


def test_groups_without_persons(tmp_path):
    """Effect = 4; the unit is the group, each its own cluster."""
    estimate = made.estimates(made.study(tmp_path, made.changed(*GROUPS), GROUP_BOOK, schools=schools()))[0]
    assert (round(estimate.estimate, 9), estimate.unit_level, estimate.n, estimate.n_clusters) == (4, "group", 8, 8)


def test_group_variables_reach_persons(tmp_path):
    """The arm and the size stand in the table of schools; persons get them through their link."""
    toml = made.changed(
        (GROUPS[1][0], GROUPS[1][0] + '\n[tables.schools]\nlevel = "group"\nfiles = ["schools.csv"]\nkey = ["school"]')
    )
    book = made.CODEBOOK.replace("pupils,given,category,,,0|1,,books given\n", "") + (
        "schools,school,text,,,,,school\nschools,given,category,,,0|1,,books\nschools,size,number,,,,,size\n"
    )
    of_schools = schools().query("wave == 'before'")[["school", "given", "size"]]
    toml += 'covariates = ["size"]\nsample = "large"\n[samples.large]\nconditions = [{ variable = "size", between = [2, 99] }]\n'
    estimate = made.estimates(
        made.study(tmp_path, toml, book, pupils=made.pupils().drop(columns="given"), schools=of_schools)
    )[0]
    assert (estimate.n, estimate.clusters_by_arm, estimate.lost) == (14, {"without": 3, "books": 4}, {"sample": 2})


def three_waves() -> tuple[str, pd.DataFrame]:
    frame = made.pupils()
    last = frame[frame["wave"] == "after"].assign(wave="late", score=lambda f: f["score"] + 4 * f["given"])
    toml = made.changed(("[tables.pupils]", '[waves.late]\nlabel = "late"\n[tables.pupils]'))
    return toml, pd.concat([frame, last], ignore_index=True)


def test_stacked_waves_are_one_estimate(tmp_path):
    """Level over two waves with wave dummies: mean of the two differences; rows are twice the persons."""
    toml, frame = three_waves()
    together = specification(toml, "level", '["after", "late"]')
    stacked = made.estimates(made.study(tmp_path / "a", together, pupils=frame))
    apart = made.estimates(made.study(tmp_path / "b", f"{together}separate = true\n", pupils=frame))
    assert [tidy.key(estimate) for estimate in stacked] == ["score.after_late.books.main.effect"]
    assert (stacked[0].n, stacked[0].n_rows, stacked[0].n_clusters) == (16, 32, 8)
    assert [estimate.wave for estimate in apart] == ["after", "late"]
    assert apart[1].estimate == pytest.approx(apart[0].estimate + 4)
    assert stacked[0].estimate == pytest.approx((apart[0].estimate + apart[1].estimate) / 2)


def test_means_over_waves(tmp_path):
    """A difference takes each unit's mean over the waves after: half of the later 4 more is 2 more."""
    toml, frame = three_waves()
    plain = made.estimates(made.study(tmp_path / "a", toml, pupils=frame))[0].estimate
    over = toml.replace('waves = ["after"]', 'waves = ["after", "late"]')
    assert made.estimates(made.study(tmp_path / "b", over, pupils=frame))[0].estimate == pytest.approx(plain + 2)


def test_strata_on_and_off(tmp_path):
    """Arms lie unequally in two strata whose scores differ by 20: within strata the effect is 5, without them it is not."""
    frame = made.pupils(12, 1)
    school = frame["school"].str[1:].astype(int)
    frame["place"] = np.where(school.isin([0, 1, 2, 3, 6, 7]), "hill", "town")
    frame["score"] = 30 + 20 * (frame["place"] == "town") + 5 * frame["given"]
    toml = specification(made.changed(('cluster = "school"', 'cluster = "school"\nstrata = ["place"]')), "level")
    book = made.CODEBOOK + "pupils,place,category,,,hill|town,,place\n"
    on = made.estimates(made.study(tmp_path / "a", toml, book, pupils=frame))[0]
    off = made.estimates(made.study(tmp_path / "b", toml + "strata = []\n", book, pupils=frame))[0]
    assert (round(on.estimate, 9), on.strata, off.strata) == (5, True, False)
    assert off.estimate == pytest.approx(5 + 20 * (4 / 6 - 2 / 6))
    frame["place"] = np.where(frame["given"] == 1, "hill", "town")
    assert [
        fault.code for fault in made.refused(made.estimates, made.study(tmp_path / "c", toml, book, pupils=frame))
    ] == ["E_ARM_IN_STRATA"]


def test_weights(tmp_path):
    """Weighted means: the second pupil counts three times, so the rise within a school is (r + 3 (r + 1)) / 4."""
    frame = made.pupils().assign(stands_for=lambda f: np.where(f["pupil"].str[-1] == "1", 3, 1))
    frame["score"] += ((frame["wave"] == "after") & (frame["pupil"].str[-1] == "1") & (frame["given"] == 1)) * 4.0
    toml = made.changed(('cluster = "school"', 'cluster = "school"\nweights = "stands_for"'))
    book = made.CODEBOOK + "pupils,stands_for,number,,,,,weight\n"
    estimate = made.estimates(made.study(tmp_path / "a", toml, book, pupils=frame))[0]
    shift = np.mean([s % 3 for s in range(4, 8)]) - np.mean([s % 3 for s in range(4)])
    assert estimate.estimate == pytest.approx(5 + shift + 4 * 3 / 4)
    off = made.estimates(made.study(tmp_path / "b", toml + 'weights = ""\n', book, pupils=frame))[0]
    assert off.estimate == pytest.approx(5 + shift + 4 / 2)
    bad = frame.assign(stands_for=lambda f: f["stands_for"].where(f.index > 1, 0))
    assert [
        fault.code for fault in made.refused(made.estimates, made.study(tmp_path / "c", toml, book, pupils=bad))
    ] == ["E_WEIGHT"]


def test_groups_weigh_equally(tmp_path):
    """A school of four counts as much as one of one: the effect is the difference of the mean school means."""
    lines = [
        (f"p{s}{n}", wave, f"s{s}", int(s >= 3), 10 * after * s + n * after, 9)
        for s, size in enumerate([1, 2, 4, 4, 1, 2])
        for n in range(size)
        for after, wave in enumerate(["before", "after"])
    ]
    toml = made.TOML + 'weigh = "groups"\n'
    frame = pd.DataFrame(lines, columns=["pupil", "wave", "school", "given", "score", "age"])
    estimate = made.estimates(made.study(tmp_path, toml, pupils=frame))[0]
    of_school = [10 * s + (size - 1) / 2 for s, size in enumerate([1, 2, 4, 4, 1, 2])]
    assert estimate.estimate == pytest.approx(np.mean(of_school[3:]) - np.mean(of_school[:3]))


def test_clusters_coarser_than_groups(tmp_path):
    """Twelve schools in six districts that hold both arms: six clusters, each counted in both arms."""
    frame = made.pupils(12)
    school = frame["school"].str[1:].astype(int)
    frame["district"] = "d" + (school % 6).astype(str)
    toml = made.changed(('cluster = "school"', 'cluster = "district"'))
    book = made.CODEBOOK + "pupils,district,text,,,,,district\n"
    estimate = made.estimates(made.study(tmp_path, toml, book, pupils=frame))[0]
    assert estimate.clusters_by_arm == estimate.groups_by_arm == {"without": 6, "books": 6}
    assert estimate.n_clusters == 6 and not estimate.refused


def test_an_empty_cluster_is_refused(tmp_path):
    """The cluster cannot be left out of a row in silence."""
    frame = made.pupils().assign(district=lambda f: f["school"].where(f["school"] != "s1", None))
    toml = made.changed(('cluster = "school"', 'cluster = "district"'))
    findings = made.refused(
        made.estimates, made.study(tmp_path, toml, made.CODEBOOK + "pupils,district,text,,,,,district\n", pupils=frame)
    )
    assert [(finding.code, finding.parameters["rows"]) for finding in findings] == [("E_CLUSTER_EMPTY", 2)]


def test_covariates(tmp_path):
    """A categorical covariate becomes dummies; a copy of the arm is dropped and named, the arm is not."""
    frame = made.pupils(12)
    school = frame["school"].str[1:].astype(int)
    frame["kind"] = np.array(["day", "night", "both"])[school % 3]
    frame["copy"] = frame["given"]
    extra = frame["kind"].map({"day": 0, "night": 8, "both": 1})
    frame["score"] = 40 + (frame["wave"] == "after") * (5 * frame["given"] + extra)
    book = made.CODEBOOK + "pupils,kind,category,,,day|night|both,,kind\npupils,copy,number,,,,,copy\n"
    toml = made.TOML + 'covariates = ["copy", "kind", { variable = "age", wave = "before" }]\n'
    estimate = made.estimates(made.study(tmp_path, toml, book, pupils=frame))[0]
    assert (round(estimate.estimate, 9), estimate.dropped) == (5, ("copy",))


def test_listwise_deletion_is_counted_by_reason(tmp_path):
    """One row without outcome, one without value before, one without covariate: three reasons, one each."""
    frame = made.pupils()
    frame["score"] = frame["score"].astype(float)
    frame.loc[(frame["pupil"] == "p000") & (frame["wave"] == "after"), "score"] = np.nan
    frame.loc[(frame["pupil"] == "p010") & (frame["wave"] == "before"), "score"] = np.nan
    frame["age"] = frame["age"].astype(float)
    frame.loc[(frame["pupil"] == "p020") & (frame["wave"] == "before"), "age"] = np.nan
    toml = made.TOML + 'covariates = [{ variable = "age", wave = "before" }]\n'
    estimate = made.estimates(made.study(tmp_path, toml, pupils=frame))[0]
    assert estimate.lost == {"outcome": 2, "covariates": 1}
    assert estimate.n == 13


def derived(folder, rule: str, wave: str = "after", pairs=()) -> pd.Series:
    """A derived variable of the made study, by pupil."""
    data = made.data(made.study(folder, made.changed(*pairs) + f'[derived.new]\nlabel = "new"\n{rule}\n'))
    return data.values("new", wave)


def test_derived_variables(tmp_path):
    """Pupil p000 has 50 before and 50 after (age 10, 11); p071 has 59 before, 66 after."""
    first, last = "p000", "p071"
    assert derived(tmp_path / "a", 'kind = "sum"\nof = ["score", "age"]')[first] == 50 + 11
    assert derived(tmp_path / "b", 'kind = "mean"\nof = ["score", "age"]')[first] == (50 + 11) / 2
    assert derived(tmp_path / "c", 'kind = "ratio"\nof = ["score", "age"]')[last] == pytest.approx(66 / 12)
    assert derived(tmp_path / "d", 'kind = "log"\nof = ["score"]')[last] == pytest.approx(np.log(66))
    recode = derived(tmp_path / "e", 'kind = "recode"\nof = ["age"]\nvalues = { "11" = "1", "12" = "2" }')
    assert (recode[first], recode[last]) == (1, 2)
    band = derived(tmp_path / "f", 'kind = "band"\nof = ["score"]\nbounds = [55, 66]\nnames = ["low", "mid", "high"]')
    assert (band[first], band[last]) == ("low", "high")
    prices = (
        ('label = "before"', 'label = "before"\nprice_index = 100'),
        ('label = "after"', 'label = "after"\nprice_index = 110'),
    )
    assert derived(tmp_path / "g", 'kind = "deflate"\nof = ["score"]\nbase = "before"', pairs=prices)[
        first
    ] == pytest.approx(50 * 100 / 110)
    before = [50 + s + 2 * n for s in range(4) for n in (0, 1)]
    standard = derived(tmp_path / "h", 'kind = "standardise"\nof = ["score"]\nbase = "before"\narm = "without"')
    assert standard[first] == pytest.approx((50 - np.mean(before)) / np.std(before, ddof=1))


def test_missing_in_derived_variables(tmp_path):
    """``any``: missing if one input is; ``all``: the mean of those that are there."""
    frame = made.pupils()
    frame["age"] = frame["age"].astype(float).where(frame["pupil"] != "p000")
    rule = '[derived.new]\nlabel = "new"\nkind = "mean"\nof = ["score", "age"]\nmissing = "%s"\n'
    strict, loose = (
        made.data(made.study(tmp_path / which, made.TOML + rule % which, pupils=frame)).values("new", "after")
        for which in ("any", "all")
    )
    assert np.isnan(strict["p000"]) and loose["p000"] == 50


def test_a_log_of_zero_is_a_finding(tmp_path):
    """It names the pupil; nothing is replaced."""
    frame = made.pupils().assign(score=lambda f: f["score"].where(f["pupil"] != "p000", 0))
    data = made.data(
        made.study(tmp_path, made.TOML + '[derived.new]\nlabel = "new"\nkind = "log"\nof = ["score"]\n', pupils=frame)
    )
    assert [(fault.code, fault.key) for fault in made.refused(data.values, "new", "after")] == [
        ("E_NOT_POSITIVE", "p000")
    ]


CONDITIONS = {
    '{ variable = "school", equals = "s1" }': 2,
    '{ variable = "school", in = ["s1", "s2"] }': 4,
    '{ variable = "school", in = ["s1", "s2"], not = true }': 12,
    '{ variable = "score", wave = "before", between = [50, 52] }': 4,  # 50, 52; 51; 52
    '{ variable = "age", present = true }': 15,
    '{ variable = "age", present = false }': 1,
    '{ variable = "age", between = [0, 11] }': 7,  # those who are 11 after; an unknown age fulfils nothing
    '{ variable = "age", between = [0, 11], not = true }': 8,
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions(tmp_path, condition):
    """Counts of the 16 pupils (p000 has no age) that fulfil each condition, counted by hand."""
    frame = made.pupils()
    frame["age"] = frame["age"].astype(float).where(frame["pupil"] != "p000")
    data = made.data(made.study(tmp_path, made.TOML + f"[samples.some]\nconditions = [{condition}]\n", pupils=frame))
    assert data.fulfils("some", "after", "person", data.roster()).sum() == CONDITIONS[condition]


def test_every_count_starts_from_the_population(tmp_path):
    """Flow, balance, attrition and estimates hold the units of the population only."""
    toml = made.changed(('cluster = "school"', 'cluster = "school"\npopulation = "some"'))
    toml += '[samples.some]\nconditions = [{ variable = "school", in = ["s0", "s7"], not = true }]\n'
    folder = made.study(tmp_path, toml)
    data = made.data(folder)
    assert estimation_flow.flow(data)["seen"].tolist() == [6, 6, 6, 6]
    assert attrition.attrition(data)[0]["expected"].tolist() == [6, 6]
    assert balance.balance(data)[0]["n"].tolist() == [6, 6]
    assert made.estimates(folder)[0].n == 12


VERSIONS = (
    ('label = "before"', 'label = "before"\nform_version = "1"'),
    ('label = "after"', 'label = "after"\nform_version = "2"'),
)


@pytest.mark.parametrize(("comparable", "reason"), [("same", ""), ("no", "not_comparable"), ("", "not_comparable")])
def test_a_question_that_changed(tmp_path, comparable, reason):
    """A score asked in two versions is compared only if the codebook says that it is the same."""
    book = made.CODEBOOK.replace("label_en\n", "label_en,version_from,version_to,comparable\n")
    book = book.replace("pupils,score,number,points,1,,0..100,score\n",
                        f"pupils,score,number,points,1,,0..100,score,1,1,\npupils,score,number,points,1,,0..100,score,2,2,{comparable}\n")  # fmt: skip
    estimate = made.estimates(made.study(tmp_path, made.changed(*VERSIONS), book))[0]
    assert estimate.refused == reason
    assert np.isnan(estimate.estimate) == bool(reason)


@pytest.mark.parametrize(("wave", "reason"), [("after", ""), ("late", "not_comparable")])
def test_three_waves_with_a_question_that_changed(tmp_path, wave, reason):
    """Versions 1, 1 and 2: the second wave is compared with the first (rise 5 with books), the third is not.

    Within the last wave nothing is compared over time, so a level there is still computed.
    """
    toml, frame = three_waves()
    toml = toml.replace('label = "before"', 'label = "before"\nform_version = "1"')
    toml = toml.replace('label = "after"', 'label = "after"\nform_version = "1"')
    toml = toml.replace('label = "late"', 'label = "late"\nform_version = "2"')
    book = made.CODEBOOK.replace("label_en\n", "label_en,version_from,version_to,comparable\n")
    score = "pupils,score,number,points,1,,0..100,score"
    book = book.replace(f"{score}\n", f"{score},1,1,\n{score},2,2,no\n")
    folder = made.study(tmp_path / "a", toml.replace('waves = ["after"]', f'waves = ["{wave}"]'), book, pupils=frame)
    estimate = made.estimates(folder)[0]
    assert estimate.refused == reason
    if not reason:
        shift = np.mean([s % 3 for s in range(4, 8)]) - np.mean([s % 3 for s in range(4)])
        assert estimate.estimate == pytest.approx(5 + shift)
    level = specification(toml, "level", f'["{wave}"]')
    assert not made.estimates(made.study(tmp_path / "b", level, book, pupils=frame))[0].refused


def test_a_question_that_was_left_out(tmp_path):
    """A variable that version 2 does not have was not measured then; asking for it is a finding."""
    book = made.CODEBOOK.replace("label_en\n", "label_en,version_from,version_to\n").replace(",age\n", ",age,1,1\n")
    toml = made.changed(*VERSIONS) + 'covariates = ["age"]\n'
    findings = made.refused(made.estimates, made.study(tmp_path, toml, book))
    assert [(finding.code, finding.column, finding.parameters["known"]) for finding in findings] == [
        ("E_NOT_AT_WAVE", "age", "before")
    ]


def test_attrition(tmp_path):
    """Two of eight are gone with books, one of eight without: shares .25 and .125, difference .125."""
    frame = made.pupils()
    gone = frame["pupil"].isin(["p000", "p050", "p061"]) & (frame["wave"] == "after")
    table, apart = attrition.attrition(made.data(made.study(tmp_path, pupils=frame[~gone])))
    assert table[["arm", "expected", "lost"]].values.tolist() == [["without", 8, 1], ["books", 8, 2]]
    (difference,) = tidy.rows(apart)
    assert difference.estimate == pytest.approx(0.125)
    assert tidy.key(difference) == "not_seen.after.books.attrition.difference"


def test_normalised_difference(tmp_path):
    """Imbens and Rubin (2015), 14.2: means 51.5 + 1 and 55.5 + 1 before, the same spread in both: 4 / SD."""
    table, _ = balance.balance(made.data(made.study(tmp_path)))
    before = np.array([50 + s + 2 * n for s in range(4) for n in (0, 1)])
    assert table["normalised"].dropna().tolist() == [pytest.approx(4 / before.std(ddof=1))]
