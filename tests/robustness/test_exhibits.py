"""What would overturn a result, in words: sentences from hand-made numbers, and the tables beside them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coops.estimation.direction import concerns
from coops.estimation.tidy import Row
from coops.robustness import exhibits, figures, overturn
from coops.robustness.breakdown import Exposure, shift, trend
from coops.robustness.leave_one_out import LeftOut
from coops.robustness.pseudo_treatment import PseudoTreatment
from coops.robustness.sensitivity import Look, Sensitivity
from coops.robustness.specification_curve import Curve
from coops.show.language import Words
from coops.show.results import Record
from coops.study.load import load
from tests import made
from tests.show import test_language as test_words

NBSP = "\u00a0"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The made study in three languages, with an area; its score has one decimal."""
    toml = test_words.toml() + '[robustness]\narea = "school"\nbands = "given"\n'
    folder = made.study(tmp_path_factory.mktemp("study"), toml, test_words.CODEBOOK)
    (folder / "labels.csv").write_text(test_words.UNITS + "given.0,near,près,قريب\n", encoding="utf-8")
    return load(folder)


def estimate(low=1.0, high=9.0, n=40, **more) -> Row:
    """A score that is 5 higher, or whatever the interval says."""
    said = dict(estimate=(low + high) / 2, conf_low=low, conf_high=high, n=n, estimator="difference")
    return made.estimate(**said, assignment="not randomised", **more)


def left(by: str, tried: int, lost: int = 0, kept=(), no_interval: int = 0) -> LeftOut:
    """One value left out in turn: the estimate lies between 4 and 6."""
    return LeftOut(by, "score", "after", "books", "main", 5.0, 4.0, 6.0, -1.0, tried, no_interval, lost, kept)


def sensitivity(one=None, **more) -> Sensitivity:
    """A shock of 1 and a trend of 0.5 in each of two years would do."""
    one = one or estimate()
    more = {"exposure": AREA} | more
    return Sensitivity(one, shock=shift(one, [0, 1]), trend=trend(one, [0, 1], 2), years=2.0, **more)


def sentence(study, found: Sensitivity, language: str = "en", ranges=(), placebos=()) -> str:
    """The answers about one result, each after its question, parted by a bar."""
    table = overturn.table([found], list(ranges), list(placebos), study)
    return " | ".join(f"{row[1]}: {row[2]}" for row in cells(table, Words(study, language)))


def losses(low: float, high: float) -> Record:
    """A range for the losses, as 05 records it."""
    return Record({"outcome": "score", "wave": "after", "arm": "books", "conf_low": low, "conf_high": high})


def test_enough_and_not_enough(study):
    """Each look stands on the side where it belongs, with its numbers."""
    looks = (
        Look("ancova", conf_low=2.0, conf_high=8.0, n_fewest=40),
        Look("band", "0", conf_low=-1.0, conf_high=8.0, n_fewest=12),
        Look("without", conf_low=-3.0, conf_high=-1.0, n_fewest=40),
        Look("band", "1", conf_low=-1.0, conf_high=3.0, n_fewest=4),  # too few to be told
    )
    parts = (left("cluster", 8), left("supporter", 5, lost=2), left("area", 3, kept=("A",)))
    said = sentence(study, sensitivity(looks=looks, left_out=parts), ranges=[losses(-1, 4)])
    says, enough, not_enough = said.split(" | ")
    assert says == "Direction now: above zero"
    assert enough == (
        f"Enough to overturn it: something else that moved it by 1.0{NBSP}points (20{NBSP}% of the estimate), the same way, only in the area of "
        f"this group; trends that would have differed by 0.5{NBSP}points a year anyway; leaving out a single supporting "
        "organisation (true of 2 of 5); another way to estimate it: only those without other support and compared only "
        "with units of one band of distance (near); those missing having fared as unfavourably as the numbers allow, with chance"
    )
    assert not_enough == (
        "Not enough: leaving out any one cluster; leaving out any one area (number that could not be left out: 1); "
        "other ways to estimate it: given the value before (ANCOVA)"
    )


def test_a_shock_where_areas_hold_both(study):
    """It is not "the area of this group": it reached those where the group weighs more."""
    shared = Exposure({"A": 0.5, "B": -0.5}, 0.5, 0.5, 2, 2, 2)
    said = sentence(study, sensitivity(exposure=shared))
    assert (
        "only in the areas where this group weighs more than its reference" in said
        and "only in the area of" not in said
    )


def test_losses_that_keep_the_direction(study):
    """A range above zero is not enough; without a range nothing is said of losses."""
    kept = sentence(study, sensitivity(), ranges=[losses(1, 4)])
    assert kept.endswith("Not enough: the least favourable absences that the numbers allow")
    assert "losses" not in sentence(study, sensitivity())


def test_what_was_not_tried_is_not_said_to_be_not_enough(study):
    """No interval without any of six clusters, and the one supporter stays: neither enough nor not enough."""
    parts = (left("cluster", 6, no_interval=6), left("supporter", 0, kept=("x",)), left("area", 5, 1, no_interval=2))
    _, enough, unknown = sentence(study, sensitivity(left_out=parts)).split(" | ")
    assert enough.endswith("leaving out a single area (true of 1 of 3) (number without an interval: 2)")
    assert unknown == (
        "Not known: leaving out any one cluster (number without an interval: 6); "
        "leaving out any one supporting organisation (number that could not be left out: 1)"
    )


def test_a_negative_result(study):
    """Sizes have no sign: 9 to 1 below zero is overturned by a shock of 1 downwards."""
    said = sentence(study, sensitivity(estimate(-9.0, -1.0)), ranges=[losses(-4, -1)])
    assert f"moved it by 1.0{NBSP}points (20{NBSP}% of the estimate)" in said and "least favourable absences" in said


def test_uncertain(study):
    """Nothing to overturn; a look with a direction is named."""
    one = estimate(-1.0, 3.0)
    looks = (
        Look("ancova", conf_low=0.5, conf_high=8.0, n_fewest=40),
        Look("balanced", conf_low=-1.0, conf_high=8.0, n_fewest=40),
    )
    assert sentence(study, Sensitivity(one, looks=looks)) == (
        "Direction now: direction uncertain | "
        "Enough to overturn it: The interval covers zero, so no direction is said that could be overturned. "
        "A direction would appear with another way to estimate it: given the value before (ANCOVA)."
    )
    assert "No other way that was tried gives one." in sentence(study, Sensitivity(one, looks=looks[1:]))


def specifications(*ends) -> Curve:
    """A curve: the leading specification, and others with these intervals."""
    lines = [
        {"specification": f"other{place}", "conf_low": low, "conf_high": high} for place, (low, high) in enumerate(ends)
    ]
    frame = pd.DataFrame([{"specification": "main", "conf_low": 1.0, "conf_high": 9.0}, *lines])
    frame["estimate"] = (frame["conf_low"] + frame["conf_high"]) / 2
    return Curve("score", "books", frame.assign(n_fewest=40), 5.0, same_sign=len(frame), sure=1)


def test_other_specifications_are_weighed(study):
    """What the curve shows is not denied by the sentence before it."""
    said = sentence(study, sensitivity(curve=specifications((-1, 9), (2, 8))))
    assert "another of the listed methods (true of 1 of 2) | " in said and "Not enough" not in said
    said = sentence(study, sensitivity(curve=specifications((1, 9), (2, 8))))
    assert "Not enough: the other listed methods (2) | All methods: " in said
    looks = (Look("balanced", conf_low=-1.0, conf_high=8.0, n_fewest=40),)
    one = estimate(-1.0, 3.0)
    said = sentence(study, Sensitivity(one, looks=looks, curve=specifications((1, 9), (-1, 5))))
    assert "would appear with another of the listed methods (true of 1 of 2)." in said
    assert "No other way" not in said


def pseudo(largest: float, away: int = 0, tried: int = 3) -> PseudoTreatment:
    """Three areas of the reference in the place of the arm, and a fourth that is too small."""
    return PseudoTreatment("score", "after", "books", "main", tried, away, 0, largest, cannot=1)


AREA = Exposure({"A": 1.0, "B": -1.0}, 1.0, 2.0, 1, 3, 0)


def test_areas_without_the_programme_beside_a_result(study):
    """They differ by 1.4 at most, 2 of 3 without zero; nothing is said where no direction is, or the arm has two areas."""
    more = sentence(study, sensitivity(pseudo=pseudo(1.4, away=2), exposure=AREA))
    assert (
        f"To compare: Test where the programme was not: each of 3 other areas treated as if it had been supported. The "
        f"estimate farthest from zero there: 1.4{NBSP}points (here: 5.0{NBSP}points); areas at least as far: 0; intervals "
        "that leave out zero: 2. Chance, or something of that area’s own."
    ) in more
    two = replace(AREA, arm_areas=2)
    for quiet in (
        sensitivity(pseudo=pseudo(np.nan, tried=0), exposure=AREA),
        sensitivity(pseudo=pseudo(0.6), exposure=two),
        sensitivity(estimate(-1.0, 3.0), pseudo=pseudo(0.6), exposure=AREA),
    ):
        assert "To compare" not in sentence(study, quiet)
    assert "in all areas of this group and no other" in sentence(study, sensitivity(exposure=two))
    words = Words(study, "en")
    assert cells(exhibits.pseudo([sensitivity(pseudo=pseudo(1.4, 2))], study), words) == [
        ["score", "points", "5.0", "3", "1.4", "0", "2", "1"]
    ]
    assert exhibits.pseudo([sensitivity(pseudo=pseudo(np.nan, tried=0))], study) is None


def test_an_area_that_is_not_known_is_said(study):
    """A shock that could not be looked at is neither enough nor not enough."""
    found = sensitivity()
    found = replace(found, shock=replace(found.shock, estimate=np.nan, refused="area_missing"))
    assert "Not known: a shock of an area (the area of some units is not known)" in sentence(study, found)


def test_a_shock_that_moves_nothing_is_not_enough(study):
    """Both groups weigh the same in every area: that is known, and no shock of one overturns it."""
    found = sensitivity()
    found = replace(found, shock=replace(found.shock, estimate=np.nan, refused="no_area_effect"))
    assert "Not enough: a shock of an area (both groups weigh the same in every area" in sentence(study, found)


def test_an_area_that_was_never_left_out_is_not_known(study):
    """The area of some units is not known: leaving out the others says nothing of it."""
    one = replace(left("area", 3), unknown=2)
    assert "Not known: leaving out any one area" in sentence(study, sensitivity(left_out=(one,)))


def test_one_person_left_out_tells_what_she_answered(study):
    """Fewer than three units in a value: how often the direction is lost, but no number."""
    words = Words(study, "en")
    for smallest, shown in ((2, ["(c)", "(c)", "(c)"]), (3, ["4.0", "6.0", "−1.0"])):
        table = exhibits.left_out([sensitivity(left_out=(replace(left("cluster", 9), n_smallest=smallest),))], study)
        row = cells(table, words)[0]
        assert row[3] == "9" and row[4:7] == shown and row[7] == "0"
        assert (",4,6,-1," in table.csv()) == (smallest == 3)


def test_a_few_with_other_support_are_not_told(study):
    """40 in all: 30 without other support are shown, 33 would tell of seven."""
    words = Words(study, "en")
    for persons, shown in ((30, "30"), (33, "(c)")):
        looks = (Look("without", estimate=5.0, conf_low=1.0, conf_high=9.0, n=persons, n_fewest=persons),)
        row = cells(exhibits.looks([sensitivity(looks=looks)], study), words)[1]
        assert row[-2] == shown


def test_a_placebo_of_few_is_hidden(study):
    """Nine in the smaller arm: neither number nor side of zero."""
    few = estimate(1.0, 2.0, n_by_arm={"without": 31, "books": 9}, reference="without")
    assert cells(exhibits.placebos([few], study), Words(study, "en"))[0][2:] == ["(c)", "(c)", "(c)", "(c)"]


def test_a_change_is_overturned_by_whatever_else_happened(study):
    """Nothing is compared: as much as the end of its interval is away from zero."""
    one = made.again(estimate(), estimator="change", assignment="no comparison", arm="")
    said = sentence(study, Sensitivity(one, left_out=(left("cluster", 8),)))
    assert (
        f"Enough to overturn it: anything else that happened between the waves and moved it by 1.0{NBSP}points |"
        in said
    )
    drawn = Sensitivity(made.again(estimate(), assignment="randomised"))
    assert "Nothing could be tried." in sentence(study, drawn)
    tried = Sensitivity(made.again(estimate(), assignment="randomised"), left_out=(left("cluster", 8),))
    assert "Nothing that was tried overturns it." in sentence(study, tried)


def test_a_placebo_that_moved_speaks_against_a_result(study):
    """Of the same wave and group, with an interval that leaves out zero and forty persons; with its side of zero."""
    against = "Against it: The programme cannot have changed it, and yet its interval leaves out zero in the same comparison: "
    for one in (sensitivity(), sensitivity(estimate(-1.0, 3.0))):
        assert against + "score (above zero). By chance, or because" in sentence(
            study, one, placebos=[estimate(1.0, 2.0)]
        )
    assert against + "score (below zero)." in sentence(study, sensitivity(), placebos=[estimate(-2.0, -1.0)])
    moved = estimate(1.0, 2.0)
    quiet = [
        estimate(-1.0, 2.0),
        estimate(1.0, 2.0, n=1),
        made.again(moved, arm="other"),
        made.again(moved, quantity="change"),
    ]
    assert "Against it" not in sentence(study, sensitivity(), placebos=quiet)
    early = sentence(study, sensitivity(), placebos=[made.again(moved, wave="before")])
    assert against + "score (before) (above zero)." in early  # of the time before the programme
    late = sentence(study, sensitivity(made.again(estimate(), wave="before")), placebos=[moved])
    assert "Against it" not in late
    both = sentence(study, sensitivity(made.again(estimate(), wave="before_after")), placebos=[moved])
    assert against + "score (after) (above zero)." in both
    change = made.again(estimate(), estimator="change", assignment="no comparison", arm="")
    said = sentence(study, Sensitivity(change), placebos=[made.again(moved, arm="")])
    assert "leaves out zero: score (above zero). By chance, or because something else happened in that time" in said
    assert "يعارضها: لا يمكن للبرنامج" in sentence(study, sensitivity(), "ar", placebos=[moved])


def test_merged_arms_share_a_placebo(study):
    """The placebo of one of two arms that a headline merges speaks of it; arms of other values do not."""
    merged = study.contract.arms["books"].model_copy(update={"values": ["1", "2"]})
    study.contract.arms["any"], study.contract.arms["second"] = merged, merged.model_copy(update={"values": ["2"]})
    try:
        one = made.again(estimate(), arm="any")
        assert concerns(made.again(one, arm="books"), one, study) and concerns(
            made.again(one, arm="second"), one, study
        )
        assert not concerns(made.again(one, arm="books"), made.again(one, arm="second"), study)
    finally:
        del study.contract.arms["any"], study.contract.arms["second"]


def test_placebos_that_say_nothing(study):
    """One covers zero, one has no interval, one is of a single person; with SE 1 and 9 df 2.262 + 0.883 may be missed."""
    covers, none = estimate(-1.0, 1.0, std_error=1.0, df=9), estimate(np.nan, np.nan)
    said = overturn.below([covers, none], [], study)(Words(study, "en"))
    assert (
        f"covers zero: score (a true value nearer to zero than 3.1{NBSP}points would often not have been seen)." in said
    )
    assert "but nothing can be said of it: score." in said
    single = overturn.below([estimate(1.0, 2.0, n=1)], [], study)(Words(study, "en"))
    assert "leaves out zero" not in single and "but nothing can be said of it: score." in single


def test_a_family_that_takes_the_direction_back(study):
    """1 to 9, but an adjusted p of 0.13: the page says no direction, so neither does this table nor the others."""
    one = estimate(p_value_adjusted=0.13)
    looks = (Look("ancova", conf_low=2.0, conf_high=8.0, n_fewest=40),)
    found = sensitivity(one, looks=looks, left_out=(left("cluster", 8),))
    said = sentence(study, found)
    says, enough = said.split(" | ")
    assert says == "Direction now: direction uncertain"
    assert "overturn it: The interval leaves out zero, but not once" in enough and "0.130" in enough
    assert "Not enough" not in said and "would appear" not in said
    words = Words(study, "en")
    assert cells(exhibits.looks([found], study), words)[0][-1] == "direction uncertain"
    assert "something else that moved it" in sentence(study, sensitivity(estimate(p_value_adjusted=0.04)))


def test_refused_and_hidden(study):
    """Without an interval, and with nine persons behind it."""
    assert "overturn it: There is no interval" in sentence(study, Sensitivity(estimate(np.nan, np.nan)))
    assert sentence(study, sensitivity(estimate(n=9))) == "Direction now: (c)"


@pytest.mark.parametrize(
    ("value", "said"), [(0.04, f"less than 0.1{NBSP}points"), (0.06, f"0.1{NBSP}points"), (2, f"2.0{NBSP}points")]
)
def test_a_size_is_never_shown_as_zero(study, value, said):
    """One decimal: what rounds to 0.0 is said to be less than 0.1."""
    assert overturn.size(value, {"unit": "points", "decimals": 1}, Words(study, "en")) == said


def test_in_three_languages(study):
    """The same numbers in each; French has a decimal comma, Arabic no Latin word."""
    found = sensitivity(left_out=(left("cluster", 8),))
    french, arabic = sentence(study, found, "fr"), sentence(study, found, "ar")
    assert "1,0" in french and "Suffit à le renverser: un autre événement" in french and "grappe" in french
    assert "1,0" in arabic and "حدث آخر" in arabic and not [sign for sign in arabic if "a" <= sign.lower() <= "z"]


def test_what_it_is_about_stands_once(study):
    """The outcome beside the first of its answers; the wave and the arm too where there are several."""
    later = made.again(estimate(-1.0, 3.0), wave="before")
    table = overturn.table([sensitivity(), Sensitivity(later)], [], [], study)
    first, *rest = [row[:2] for row in cells(table, Words(study, "en"))]
    assert first == ["score", "after"] and rest == [["", ""], ["score", "before"], ["", ""]]


def test_what_is_not_named_is_said(study):
    """The area is; supporters and other support are not, and no placebo was collected."""
    said = overturn.below([], [], study)(Words(study, "en"))
    assert said == (
        "Areas: school. Not looked at, because the study names none: supporting organisations, other support and outcomes "
        "that the programme cannot have changed."
    )
    away = overturn.below([estimate()], [], study)(Words(study, "en"))
    assert "and yet its interval leaves out zero: score (above zero)." in away
    covers = overturn.below([estimate(-1.0, 1.0, std_error=1.0, df=9)], [], study)(Words(study, "en"))
    assert covers.endswith("supporting organisations and other support.")


def cells(table, words) -> list[list[str]]:
    """Cells of a table, without its head."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.markdown(words).splitlines()[2:]]


def test_tables(study):
    """The smallest shock beside its share of the estimate; the grid; nobody is named among those left out."""
    words, found = Words(study, "en"), [sensitivity(left_out=(left("area", 3, 1, ("A",)),))]
    row = cells(exhibits.shocks(found, study), words)[0]
    assert row == ["score", "points", "5.0", "1.0 to 9.0", "1.0", f"20.0{NBSP}%", "0.5", "1 / 3 / 0"]
    grid = cells(exhibits.trends(found, study), words)
    assert grid == [["score", "points", "0.0", "5.0", "1.0 to 9.0"], ["score", "points", "1.0", "3.0", "−1.0 to 7.0"]]
    table = exhibits.left_out(found, study)
    assert cells(table, words) == [["score", "points", "area", "3", "4.0", "6.0", "−1.0", "1", "1"]]
    assert "A" not in table.csv().split("\n")[1].split(",")


def test_nothing_to_show(study):
    """Tables without a row are not made: the notebook says why instead."""
    found = [Sensitivity(estimate(np.nan, np.nan, refused="few_clusters"))]
    made_none = [exhibits.shocks, exhibits.trends, exhibits.looks, exhibits.balanced, exhibits.left_out]
    made_none += [exhibits.curves, exhibits.detectable]
    assert [make(found, study) for make in made_none] == [None] * len(made_none)
    assert figures.shock_data(found, study).empty and figures.curve_data(found, study).empty


def test_counts_of_some_arms(study):
    """Seven in a third arm: how many are in the two others is not told, since all together are."""
    few = estimate(n_by_arm={"without": 20, "books": 13, "tablets": 7}, reference="without", n_smallest=7)
    look = Look("balanced", estimate=5.0, conf_low=1.0, conf_high=9.0, n=33, n_fewest=13, reference_units=20, gap=0.0)
    found = [sensitivity(few, looks=(look,))]
    for table in (exhibits.looks(found, study), exhibits.balanced(found, study)):
        last = table.released(study).csv().splitlines()[-1]
        assert "33" not in last.split(",") and "20" not in last.split(",")
    assert cells(exhibits.balanced(found, study), Words(study, "en"))[0][-1] == "(c)"
    assert "few" not in figures.shock_data([sensitivity(few)], study)


def test_a_band_of_few_is_hidden(study):
    """Nine in the smaller arm of a band: (c), while the leading estimate stays."""
    looks = (Look("band", "0", estimate=5.0, conf_low=1.0, conf_high=9.0, n=30, n_fewest=9),)
    table = exhibits.looks([sensitivity(looks=looks)], study)
    leading, band = cells(table, Words(study, "en"))
    assert table.released(study).csv().splitlines()[2].startswith("score,after,books,,person,True,band,0,,,,,")
    assert leading[2:] == ["leading estimate", "5.0", "1.0 to 9.0", "40", "above zero"]
    assert band[2:] == ["reference from one band of distance only (near)", "(c)", "(c)", "(c)", "(c)"]


def test_the_figure_says_where_the_interval_covers_zero(study):
    """Its description gives the size; a result that covers zero anyway is not drawn."""
    data = figures.shock_data([sensitivity(), sensitivity(estimate(-1.0, 3.0))], study)
    assert len(data) == 2
    said = figures.shock_alt(data, Words(study, "en"))
    assert said == f"score: no direction is left from a shock of 1.0{NBSP}points"
