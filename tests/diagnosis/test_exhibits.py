"""Exhibits of the diagnosis: what is hidden, what is counted, and how a figure says it. Scores as in test_assessment."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from coops.diagnosis import exhibits, figures, typology
from coops.show.language import Words
from coops.show.table import scored_in_words
from tests import made
from tests.diagnosis.test_assessment import study

OPEN = "\n[release]\nmin_groups = {least}\nmin_persons = 1\n"


@pytest.fixture(scope="module")
def assessment(tmp_path_factory):
    """Every number may be shown."""
    return study(tmp_path_factory.mktemp("open") / "s", 'groups = "kind"\nneeds = "wish"', levels=made.DIAGNOSIS + OPEN.format(least=1))  # fmt: skip


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """At least three schools stand behind a number."""
    return study(tmp_path_factory.mktemp("strict") / "s", 'groups = "kind"\nneeds = "wish"', levels=made.DIAGNOSIS + OPEN.format(least=3))  # fmt: skip


def test_levels(assessment, strict):
    """Counts of the levels in test_assessment; two schools are too few, and six would give them away."""
    shown = exhibits.levels(assessment).set_index(["wave", "level"])
    assert shown["count"].to_dict() == {
        ("before", "low"): 6, ("before", "high"): 2, ("before", "unscored"): 0,
        ("after", "low"): 2, ("after", "high"): 6, ("after", "unscored"): 0,
    }  # fmt: skip
    assert shown.loc[("after", "high"), "share"] == 0.75
    doubts = assessment.firm.units["uncertain"]
    assert shown.loc[("after", "high"), "uncertain"] == doubts[["s1", "s2", "s3", "s4", "s6", "s7"]].sum()
    hidden = exhibits.levels(strict).set_index(["wave", "level"])
    assert hidden.loc[["before", "after"], "count"].drop("unscored", level=1).isna().all()
    table = exhibits.levels_table(exhibits.levels(strict)).markdown(Words(strict.data.study, "en"))
    assert table.count("(c)") == 2 * 2 * 2 + 2 and "high" in table  # counts and shares, and uncertain ones at the end


def test_profile_hides_what_would_give_a_school_away(assessment, strict):
    """Kinds have five, two and one school. One alone is never told, nor then the two that are the rest of all.

    Of the five: (1.25 + 0, 0.25, 0.5, 0.75, 1) / 3, on average 1.75 / 3. With three asked for the same kinds are hidden.
    """
    for one in (assessment, strict):
        rows = exhibits.profile(one).set_index(["group", "part"])
        assert rows.loc[("kind.a", "overall"), "mean"] == 0.58 and rows.loc[("all_units", "people"), "mean"] == 0.41
        assert rows.loc["kind.a", "mean"].drop("results").notna().all()
        scored = rows.drop("results", level="part")
        numbers = ["mean", "conf_low", "conf_high", "units", "scored"]
        assert scored.loc[["kind.b", "kind.c"], numbers].isna().all(axis=None)
    said = figures.heat_alt(rows.reset_index(), Words(strict.data.study, "en"))
    assert "kind" not in said and said.count("(c)") == 2 * 5 + 2  # two kinds, and the dimension without answers


def test_change(assessment):
    """Order from 0 to 0.5, the others as they were, for all eight; 0.47 to 0.64 by hand: (0.75 + 0.40625 × …) / 3."""
    rows = exhibits.change(assessment).set_index("part")
    assert rows.loc["discipline", ["before", "after", "change"]].tolist() == [0, 0.5, 0.5]
    assert rows.loc["premises", "change"] == 0 and rows.loc["discipline", "rose"] == 8
    assert rows.loc["overall", "before"] == round((0.75 + 3.25 / 8) / 3, 2)
    assert np.isnan(rows.loc["results", "before"]) and rows.loc["results", "units"] == 0


def test_ranks_name_nobody(assessment):
    """Ranks and intervals, the highest first, and no unit beside them."""
    rows = exhibits.ranks(assessment)
    assert rows["rank"].tolist() == [1, 2, 3, 3, 5, 5, 7, 7]  # staff 1, 0.75, 0.5 twice, 0.25 twice, 0 twice
    assert (rows["rank_low"] <= rows["rank"]).all() and (rows["rank"] <= rows["rank_high"]).all()
    assert list(rows.index) == list(range(8))
    assert not any(unit in figures.ranks_alt(rows, Words(assessment.data.study, "en")) for unit in assessment.units)


def test_needs(assessment, strict):
    """All wish for books after, which tells what each of them wishes: not shown; groups too small have no panel."""
    rows = exhibits.needs(assessment)
    assert rows["group"].tolist() == ["all_units", "kind.a", "kind.b", "kind.c"] and rows["any"].isna().all()
    assert exhibits.needs(strict)["hidden"].str.contains("units").tolist() == [False, False, True, True]
    said = figures.needs_alt(rows, Words(assessment.data.study, "en"))
    assert said.count("(c)") == 1 and "100" not in said


def test_needs_are_drawn_by_group_where_most_may_be_shown():
    """Half of the numbers of a group hidden: all together alone is drawn; fewer: every group."""
    rows = pd.DataFrame({"group": ["all", "all", "a", "a"], "need": ["x", "y"] * 2, "any": [0.5, 0.4, 0.6, np.nan]})
    assert figures.needs_drawn(rows)["group"].tolist() == ["all", "all"]
    assert len(figures.needs_drawn(rows.fillna(0.2))) == 4


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_heat_map(assessment, language):
    """Dimensions by their mean of all schools, overall last; from right to left in Arabic; what is hidden says (c)."""
    rows, words = exhibits.profile(assessment), Words(assessment.data.study, "en")
    words.rtl = language == "ar"  # with English words
    axes = figures.draw_heat(Figure(), rows, words)
    means = rows[rows["group"] == "all_units"].set_index("part")["mean"].drop("overall").sort_values(ascending=False)
    order = [scored_in_words(part, words) for part in [*means.index, "overall"]]
    names = [label.get_text().replace("\n", " ") for label in axes.get_xticklabels()]
    assert names == (order[::-1] if language == "ar" else order)
    (mesh,) = axes.collections
    assert mesh.get_clim() == (0, 100) and len(axes.texts) == mesh.get_array().size
    assert sum(text.get_text() == "(c)" for text in axes.texts) == rows["mean"].isna().sum()


def test_the_largest_rise_stands_first(assessment):
    """Order rose by a half, premises did not move; overall is last; from 0 to 100 in per cent."""
    axes = figures.draw_change(Figure(), exhibits.change(assessment), Words(assessment.data.study, "en"))
    names = [label.get_text() for label in axes.get_yticklabels()]
    words = Words(assessment.data.study, "en")
    assert names[0] == scored_in_words("discipline", words) and names[-1] == scored_in_words("overall", words)
    low, high = axes.get_xlim()
    assert low < 0 and high > 100 and not axes.xaxis_inverted()


def test_levels_beside_ranks(assessment, strict):
    """Six at the higher level, two below: one line between them; none where the number at a level is hidden."""
    rows = exhibits.ranks(assessment)
    assert rows["level"].tolist() == ["high"] * 6 + ["low"] * 2
    axes = figures.draw_ranks(Figure(), rows, Words(assessment.data.study, "en"))
    assert [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"] == [5.5]
    assert set(exhibits.ranks(strict)["level"]) == {""}


def test_none(assessment):
    """Without a scorecard nothing is shown and it is said so."""
    words = Words(assessment.data.study, "en")
    assert (
        exhibits.opening(None, words).startswith("No item of the scorecard was asked") and exhibits.quoted(None) == {}
    )
    without = Words(replace(assessment.data.study, scorecard=None), "en")
    assert exhibits.opening(None, without).startswith("This study has no scorecard")
    assert exhibits.opening(assessment, words) == (
        "Diagnosed: 8\u00a0schools; with an overall score after: 8. Items scored: 4, in dimensions: 4. "
        "Scored: all on the list of the study."
    )


def test_who_is_scored(tmp_path):
    """A sample of the study in its words, or its name where it has none: two of the eight schools are of kind b."""
    sample = '\n[samples.few]\n{label}conditions = [{{ variable = "kind", equals = "b" }}]\n'
    add = 'sample = "few"\ngroups = "kind"'
    for name, label, said in (("a", 'label = { en = "small schools" }\n', "small schools"), ("b", "", "few")):
        of_few = study(tmp_path / name, add, levels=made.DIAGNOSIS + sample.format(label=label))
        words = Words(of_few.data.study, "en")
        assert exhibits.who(of_few, words) == f"Scored: {said}." and len(of_few.units) == 2
        assert exhibits.opening(of_few, words).endswith(f"Scored: {said}.")


def test_types(assessment):
    """Three units alike are no types, and it is said why; of types that are assessment the means are shown."""
    words = Words(assessment.data.study, "en")
    refused = typology.typology(pd.DataFrame({"people": [0.5] * 12}), seed=1)
    assert exhibits.no_types(refused, words).startswith("No types: all are nearly alike")
    rows = [[0, 0.1], [0, 0.2], [0, 0.3], [1, 0.9], [1, 0.8], [1, 1.0]] * 4
    scores = pd.DataFrame(rows, columns=["discipline", "people"]) + np.linspace(0, 0.001, 24)[:, None]
    types = typology.typology(scores, seed=1, most=2)
    assert exhibits.no_types(types, words) == "" and exhibits.agreement(types) == {"rand": 1.0, "least": 0.8}
    table = exhibits.types(types).markdown(words)
    assert "Type 1 (12)" in table and "Type 2 (12)" in table
    assert [cell.strip() for cell in table.splitlines()[-1].split("|")[2:4]] == ["20", "90"]
