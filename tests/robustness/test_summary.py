"""What would overturn a result, in words: sentences from hand-made numbers, and the tables beside them."""

from dataclasses import replace

import numpy as np
import pytest

from coops.estimation.direction import concerns
from coops.robustness import summary
from coops.robustness.breakdown import Exposure
from coops.robustness.exhibits import size
from coops.robustness.leading import key_of
from coops.show.language import Words
from coops.study.load import load
from tests import made
from tests.robustness.handmade import (
    AREA,
    estimate,
    left,
    placebos,
    pseudo,
    robustness,
    shock,
    trends,
    way,
    ways,
)
from tests.show import test_language as test_words

NBSP = "\u00a0"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The made study in three languages, with an area; its score has one decimal."""
    toml = test_words.toml() + '[robustness]\narea = "school"\nbands = "given"\n'
    folder = made.study(tmp_path_factory.mktemp("study"), toml, test_words.CODEBOOK)
    (folder / "labels.csv").write_text(test_words.UNITS + "given.0,near,près,قريب\n", encoding="utf-8")
    return load(folder)


def sentence(study, about, *frames: dict, language: str = "en") -> str:
    """The answers about one result, each after its question, parted by a bar."""
    (table, *_) = robustness(study, [about], *frames).summaries
    return " | ".join(f"{row[1]}: {row[2]}" for row in cells(table["table"], Words(study, language)))


def enough(study, about=None, *frames: dict, exposure: Exposure = AREA, language: str = "en") -> str:
    """The answers where a shock of 1 and a trend of 0.5 in each of two years would do."""
    about = about or estimate()
    return sentence(study, about, shock(about, exposure), trends(about), *frames, language=language)


def losses(about, low: float, high: float) -> dict:
    """A range for the losses, as 05 records it."""
    return {"losses": [key_of(about) | {"conf_low": low, "conf_high": high}]}


def cells(table, words) -> list[list[str]]:
    """Cells of a table, without its head."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.markdown(words).splitlines()[2:]]


def shown(checks, name: str):
    """The table of a check."""
    return checks[name].tables[0]["table"]


def summarised(checks, text: str):
    """One of the tables of all checks."""
    return next(settings["table"] for settings in checks.summaries if settings["text"] == text)


def note(study, about, *frames: dict, language: str = "en") -> str:
    """What stands below the answers."""
    checks = robustness(study, about, *frames)
    return summary.below(checks.leading, checks.results, Words(study, language))


SCORE = estimate()


def test_enough_and_not_enough(study):
    """Each way stands on the side where it belongs, with its numbers."""
    otherwise = ways(
        way(SCORE, "ancova", 2.0, 8.0),
        way(SCORE, "band", -1.0, 8.0, "0", n_fewest=12),
        way(SCORE, "without", -3.0, -1.0),
        way(SCORE, "band", -1.0, 3.0, "1", n_fewest=4),  # too few to be told
    )
    parts = [left(SCORE, "cluster", 8), left(SCORE, "supporter", 5, lost=2), left(SCORE, "area", 3, cannot=1)]
    text = enough(study, SCORE, otherwise, {"leave_one_out": parts}, losses(SCORE, -1, 4))
    says, overturned, not_enough = text.split(" | ")
    assert says == "Direction now: above zero"
    assert overturned == (
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
    text = enough(study, exposure=Exposure({"A": 0.5, "B": -0.5}, 0.5, 0.5, 2, 2, 2))
    assert "only in the areas where this group weighs more than its reference" in text
    assert "only in the area of" not in text


def test_losses_that_keep_the_direction(study):
    """A range above zero is not enough; without a range nothing is said of losses."""
    kept = enough(study, SCORE, losses(SCORE, 1, 4))
    assert kept.endswith("Not enough: the least favourable absences that the numbers allow")
    assert "absences" not in enough(study)


def test_what_was_not_tried_is_not_said_to_be_not_enough(study):
    """No interval without any of six clusters, and the one supporter stays: neither enough nor not enough."""
    parts = [left(SCORE, "cluster", 6, no_interval=6), left(SCORE, "supporter", 0, cannot=1)]
    parts.append(left(SCORE, "area", 5, 1, no_interval=2))
    _, overturned, unknown = enough(study, SCORE, {"leave_one_out": parts}).split(" | ")
    assert overturned.endswith("leaving out a single area (true of 1 of 3) (number without an interval: 2)")
    assert unknown == (
        "Not known: leaving out any one cluster (number without an interval: 6); "
        "leaving out any one supporting organisation (number that could not be left out: 1)"
    )


def test_a_negative_result(study):
    """Sizes have no sign: 9 to 1 below zero is overturned by a shock of 1 downwards."""
    below = estimate(-9.0, -1.0)
    text = enough(study, below, losses(below, -4, -1))
    assert f"moved it by 1.0{NBSP}points (20{NBSP}% of the estimate)" in text and "least favourable absences" in text


def test_uncertain(study):
    """Nothing to overturn; a way with a direction is named."""
    open_ = estimate(-1.0, 3.0)
    ancova, balanced = way(open_, "ancova", 0.5, 8.0), way(open_, "balanced", -1.0, 8.0, **WEIGHTS)
    assert sentence(study, open_, ways(ancova, balanced)) == (
        "Direction now: direction uncertain | "
        "Enough to overturn it: The interval covers zero, so no direction is said that could be overturned. "
        "A direction would appear with another way to estimate it: given the value before (ANCOVA)."
    )
    assert "No other way that was tried gives one." in sentence(study, open_, ways(balanced))


WEIGHTS = {"before": 0.1, "gap": 0.0, "largest": 2.0, "effective": 15.0, "reference_units": 20, "on": "age"}


def specifications(about, *ends) -> dict:
    """A curve: the leading specification, and others with these intervals."""
    rows = [("main", (1.0, 9.0)), *((f"other{place}", pair) for place, pair in enumerate(ends))]
    numbers = {"n_fewest": 40, "n_rows": 80, "n_clusters": 8, "refused": "", "median": 5.0, "p_joint": np.nan}
    numbers |= {"same_sign": len(rows), "sure": 1, "joint_refused": ""}
    return {
        "specification_curve": [
            key_of(about)
            | {"alternative": name, "estimate": (low + high) / 2, "conf_low": low, "conf_high": high}
            | numbers
            for name, (low, high) in rows
        ]
    }


def test_other_specifications_are_weighed(study):
    """What the curve shows is not denied by the sentence before it."""
    text = enough(study, SCORE, specifications(SCORE, (-1, 9), (2, 8)))
    assert "another of the listed methods (true of 1 of 2) | " in text and "Not enough" not in text
    text = enough(study, SCORE, specifications(SCORE, (1, 9), (2, 8)))
    assert "Not enough: the other listed methods (2) | All methods: " in text
    open_ = estimate(-1.0, 3.0)
    text = sentence(
        study, open_, ways(way(open_, "balanced", -1.0, 8.0, **WEIGHTS)), specifications(open_, (1, 9), (-1, 5))
    )
    assert "would appear with another of the listed methods (true of 1 of 2)." in text
    assert "No other way" not in text


def test_areas_without_the_programme_beside_a_result(study):
    """They differ by 1.4 at most, 2 of 3 without zero; nothing is said where no direction is, or the arm has two areas."""
    assert (
        f"To compare: Test where the programme was not: each of 3 other areas treated as if it had been supported. The "
        f"estimate farthest from zero there: 1.4{NBSP}points (here: 5.0{NBSP}points); areas at least as far: 0; intervals "
        "that leave out zero: 2. Chance, or something of that area’s own."
    ) in enough(study, SCORE, pseudo(SCORE, 1.4, away=2))
    two, open_ = replace(AREA, arm_areas=2), estimate(-1.0, 3.0)
    quiet = [enough(study, SCORE, pseudo(SCORE, np.nan, tried=0)), enough(study, open_, pseudo(open_, 0.6))]
    quiet.append(enough(study, SCORE, pseudo(SCORE, 0.6, reach="several"), exposure=two))
    assert not any("To compare" in text for text in quiet)
    assert "in all areas of this group and no other" in enough(study, exposure=two)
    checks = robustness(study, [SCORE], pseudo(SCORE, 1.4, 2))
    expected = [["score", "points", "5.0", "3", "1.4", "0", "2", "1"]]
    assert cells(shown(checks, "pseudo_treatment"), Words(study, "en")) == expected
    assert robustness(study, [SCORE], pseudo(SCORE, np.nan, tried=0))["pseudo_treatment"].tables == []


def test_an_area_that_is_not_known_is_said(study):
    """A shock that could not be looked at is neither enough nor not enough."""
    text = sentence(study, SCORE, shock(SCORE, refused="area_missing"), trends(SCORE))
    assert "Not known: a shock of an area (the area of some units is not known)" in text


def test_a_shock_that_moves_nothing_is_not_enough(study):
    """Both groups weigh the same in every area: that is known, and no shock of one overturns it."""
    text = sentence(study, SCORE, shock(SCORE, refused="no_area_effect"), trends(SCORE))
    assert "Not enough: a shock of an area (both groups weigh the same in every area" in text


def test_what_was_not_tried_is_told_after_what_was(study):
    """A shock that could not be looked at stands after a cluster without which there is no interval."""
    part = left(SCORE, "cluster", 6, no_interval=6)
    text = sentence(study, SCORE, shock(SCORE, refused="area_missing"), {"leave_one_out": [part]})
    assert "Not known: leaving out any one cluster (number without an interval: 6); a shock of an area" in text


def test_an_area_that_was_never_left_out_is_not_known(study):
    """The area of some units is not known: leaving out the others says nothing of it."""
    text = enough(study, SCORE, {"leave_one_out": [left(SCORE, "area", 3, unknown=2)]})
    assert "Not known: leaving out any one area" in text


def test_one_person_left_out_tells_what_she_answered(study):
    """Fewer than three units in a value: how often the direction is lost, but no number."""
    for smallest, numbers in ((2, ["(c)", "(c)", "(c)"]), (3, ["4.0", "6.0", "−1.0"])):
        rows = {"leave_one_out": [left(SCORE, "cluster", 9, n_smallest=smallest)]}
        table = shown(robustness(study, [SCORE], rows), "leave_one_out")
        row = cells(table, Words(study, "en"))[0]
        assert row[3] == "9" and row[4:7] == numbers and row[7] == "0"
        assert (",4,6,-1," in table.csv()) == (smallest == 3)


def test_a_few_with_other_support_are_not_told(study):
    """40 in all: 30 without other support are shown, 33 would tell of seven."""
    for n, number in ((30, "30"), (33, "(c)")):
        checks = robustness(study, [SCORE], ways(way(SCORE, "without", 1.0, 9.0, n=n, n_fewest=n)))
        assert cells(summarised(checks, "tab_looks"), Words(study, "en"))[1][-2] == number


def test_a_placebo_of_few_is_hidden(study):
    """Nine in the smaller arm: neither number nor side of zero."""
    few = estimate(1.0, 2.0, n_by_arm={"without": 31, "books": 9}, reference="without")
    table = shown(robustness(study, [SCORE], placebos(few)), "placebo_outcomes")
    assert cells(table, Words(study, "en"))[0][2:] == ["(c)", "(c)", "(c)", "(c)"]


def test_a_change_is_overturned_by_whatever_else_happened(study):
    """Nothing is compared: as much as the end of its interval is away from zero."""
    change = made.again(estimate(), estimator="change", assignment="no comparison", arm="")
    text = sentence(study, change, {"leave_one_out": [left(change, "cluster", 8)]})
    assert (
        f"Enough to overturn it: anything else that happened between the waves and moved it by 1.0{NBSP}points |"
        in text
    )
    drawn = made.again(estimate(), assignment="randomised")
    assert "Nothing could be tried." in sentence(study, drawn)
    tried = sentence(study, drawn, {"leave_one_out": [left(drawn, "cluster", 8)]})
    assert "Nothing that was tried overturns it." in tried


def test_a_placebo_that_moved_speaks_against_a_result(study):
    """Of the same wave and group, with an interval that leaves out zero and forty persons; with its side of zero."""
    against = "Against it: The programme cannot have changed it, and yet its interval leaves out zero in the same comparison: "
    moved = estimate(1.0, 2.0)
    for about in (SCORE, estimate(-1.0, 3.0)):
        assert against + "score (above zero). By chance, or because" in enough(study, about, placebos(moved))
    assert against + "score (below zero)." in enough(study, SCORE, placebos(estimate(-2.0, -1.0)))
    other = [made.again(moved, arm="other"), made.again(moved, quantity="change")]
    quiet = placebos(estimate(-1.0, 2.0), estimate(1.0, 2.0, n=1), *other)
    assert "Against it" not in enough(study, SCORE, quiet)
    early = enough(study, SCORE, placebos(made.again(moved, wave="before")))
    assert against + "score (before) (above zero)." in early  # of the time before the programme
    assert "Against it" not in enough(study, made.again(SCORE, wave="before"), placebos(moved))
    both = enough(study, made.again(SCORE, wave="before_after"), placebos(moved))
    assert against + "score (after) (above zero)." in both
    change = made.again(SCORE, estimator="change", assignment="no comparison", arm="")
    text = sentence(study, change, placebos(made.again(moved, arm="")))
    assert "leaves out zero: score (above zero). By chance, or because something else happened in that time" in text
    assert "يعارضها: لا يمكن للبرنامج" in enough(study, SCORE, placebos(moved), language="ar")


def test_merged_arms_share_a_placebo(study):
    """The placebo of one of two arms that a headline merges speaks of it; arms of other values do not."""
    merged = study.contract.arms["books"].model_copy(update={"values": ["1", "2"]})
    study.contract.arms["any"], study.contract.arms["second"] = merged, merged.model_copy(update={"values": ["2"]})
    try:
        whole = made.again(estimate(), arm="any")
        assert concerns(made.again(whole, arm="books"), whole, study)
        assert concerns(made.again(whole, arm="second"), whole, study)
        assert not concerns(made.again(whole, arm="books"), made.again(whole, arm="second"), study)
    finally:
        del study.contract.arms["any"], study.contract.arms["second"]


def test_placebos_that_say_nothing(study):
    """One covers zero, one has no interval, one is of a single person; with SE 1 and 9 df 2.262 + 0.883 may be missed."""
    covers, none = estimate(-1.0, 1.0, std_error=1.0, df=9), estimate(np.nan, np.nan)
    text = note(study, [], placebos(covers, none))
    assert (
        f"covers zero: score (a true value nearer to zero than 3.1{NBSP}points would often not have been seen)." in text
    )
    assert "but nothing can be said of it: score." in text
    single = note(study, [], placebos(estimate(1.0, 2.0, n=1)))
    assert "leaves out zero" not in single and "but nothing can be said of it: score." in single


def test_a_family_that_takes_the_direction_back(study):
    """1 to 9, but an adjusted p of 0.13: the page says no direction, so neither does this table nor the others."""
    about = estimate(p_value_adjusted=0.13)
    frames = ways(way(about, "ancova", 2.0, 8.0)), {"leave_one_out": [left(about, "cluster", 8)]}
    text = enough(study, about, *frames)
    says, overturned = text.split(" | ")
    assert says == "Direction now: direction uncertain"
    assert "overturn it: The interval leaves out zero, but not once" in overturned and "0.130" in overturned
    assert "Not enough" not in text and "would appear" not in text
    checks = robustness(study, [about], *frames)
    assert cells(summarised(checks, "tab_looks"), Words(study, "en"))[0][-1] == "direction uncertain"
    assert "something else that moved it" in enough(study, estimate(p_value_adjusted=0.04))


def test_refused_and_hidden(study):
    """Without an interval, and with nine persons behind it."""
    assert "overturn it: There is no interval" in sentence(study, estimate(np.nan, np.nan))
    assert enough(study, estimate(n=9)) == "Direction now: (c)"


@pytest.mark.parametrize(
    ("value", "words"), [(0.04, f"less than 0.1{NBSP}points"), (0.06, f"0.1{NBSP}points"), (2, f"2.0{NBSP}points")]
)
def test_a_size_is_never_shown_as_zero(study, value, words):
    """One decimal: what rounds to 0.0 is said to be less than 0.1."""
    assert size(value, {"unit": "points", "decimals": 1}, Words(study, "en")) == words


def test_in_three_languages(study):
    """The same numbers in each; French has a decimal comma, Arabic no Latin word."""
    part = {"leave_one_out": [left(SCORE, "cluster", 8)]}
    french, arabic = (enough(study, SCORE, part, language=language) for language in ("fr", "ar"))
    assert "1,0" in french and "Suffit à le renverser: un autre événement" in french and "grappe" in french
    assert "1,0" in arabic and "حدث آخر" in arabic and not [sign for sign in arabic if "a" <= sign.lower() <= "z"]


def test_what_it_is_about_stands_once(study):
    """The outcome beside the first of its answers; the wave and the arm too where there are several."""
    table = summarised(robustness(study, [SCORE, made.again(estimate(-1.0, 3.0), wave="before")]), "tab_overturn")
    first, *rest = [row[:2] for row in cells(table, Words(study, "en"))]
    assert first == ["score", "after"] and rest == [["", ""], ["score", "before"], ["", ""]]


def test_what_is_not_named_is_said(study):
    """The area is; supporters and other support are not, and no placebo was collected."""
    assert note(study, []) == (
        "Areas: school. Not looked at, because the study names none: supporting organisations, other support and outcomes "
        "that the programme cannot have changed."
    )
    assert "and yet its interval leaves out zero: score (above zero)." in note(study, [], placebos(estimate()))
    covers = note(study, [], placebos(estimate(-1.0, 1.0, std_error=1.0, df=9)))
    assert covers.endswith("supporting organisations and other support.")


def test_tables(study):
    """The smallest shock beside its share of the estimate; the grid; nobody is named among those left out."""
    words, part = Words(study, "en"), {"leave_one_out": [left(SCORE, "area", 3, 1, 1)]}
    checks = robustness(study, [SCORE], shock(SCORE), trends(SCORE), part)
    row = cells(summarised(checks, "tab_shocks"), words)[0]
    assert row == ["score", "points", "5.0", "1.0 to 9.0", "1.0", f"20.0{NBSP}%", "0.5", "1 / 3 / 0"]
    grid = cells(shown(checks, "trends"), words)
    assert grid[0] == ["score", "points", "0.0", "5.0", "1.0 to 9.0"]
    assert grid[4] == ["score", "points", "2.5", "0.0", "−4.0 to 4.0"]  # 5 in two years are 2.5 a year
    table = shown(checks, "leave_one_out")
    assert cells(table, words) == [["score", "points", "area", "3", "4.0", "6.0", "−1.0", "1", "1"]]


def test_nothing_to_show(study):
    """Tables and figures without a row are not made: the line of a check says why instead."""
    checks = robustness(study, [estimate(np.nan, np.nan, refused="few_clusters")])
    assert [settings["text"] for settings in checks.summaries] == ["tab_overturn"]
    assert [result.exhibits for result in checks] == [[]] * len(checks.results)


def test_counts_of_some_arms(study):
    """Seven in a third arm: how many are in the two others is not told, since all together are."""
    few = estimate(n_by_arm={"without": 20, "books": 13, "tablets": 7}, reference="without", n_smallest=7)
    row = way(few, "balanced", 1.0, 9.0, n=33, n_fewest=13, **WEIGHTS)
    checks = robustness(study, [few], shock(few), ways(row))
    balanced = shown(checks, "entropy_balancing")
    for table in (summarised(checks, "tab_looks"), balanced):
        last = table.released(study).csv().splitlines()[-1]
        assert "33" not in last.split(",") and "20" not in last.split(",")
    assert cells(balanced, Words(study, "en"))[0][-1] == "(c)"
    (figure,) = checks["area_shock"].figures
    assert "few" not in figure["data"]


def test_a_band_of_few_is_hidden(study):
    """Nine in the smaller arm of a band: (c), while the leading estimate stays."""
    checks = robustness(study, [SCORE], ways(way(SCORE, "band", 1.0, 9.0, "0", n=30, n_fewest=9)))
    table = summarised(checks, "tab_looks")
    leading, band = cells(table, Words(study, "en"))
    assert table.released(study).csv().splitlines()[2].startswith("score,after,books,,person,True,band,0,,,,,")
    assert leading[2:] == ["leading estimate", "5.0", "1.0 to 9.0", "40", "above zero"]
    assert band[2:] == ["reference from one band of distance only (near)", "(c)", "(c)", "(c)", "(c)"]


def test_the_figure_says_where_the_interval_covers_zero(study):
    """Its description gives the size; a result that covers zero anyway is not drawn."""
    open_ = made.again(estimate(-1.0, 3.0), wave="before")
    (figure,) = robustness(study, [SCORE, open_], shock(SCORE), shock(open_))["area_shock"].figures
    data = figure["data"]
    assert set(data["wave"]) == {"after"} and data["size"].to_list() == [0.0, 1.25, 2.5, 3.75, 5.0, 6.25]
    text = figure["alt"](data, Words(study, "en"))
    assert text == f"score: no direction is left from a shock of 1.0{NBSP}points"


def test_no_sentence_names_a_check():
    """The summary loops over whatever checks there are."""
    from pathlib import Path

    from coops.robustness.checks import checks

    text = Path(summary.__file__).read_text(encoding="utf-8")
    assert len(checks()) > 10 and not [check.name for check in checks() if f'"{check.name}"' in text]
