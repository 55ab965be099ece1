"""What experts and the survey say, as tables and a figure; the cells worked out by hand from the made study."""

from types import SimpleNamespace

import pytest

from coops.diagnosis.assessment import assess
from coops.field_studies import exhibits
from coops.field_studies.triangulation import put_together
from coops.show import drawing
from coops.show.language import Words
from coops.study.load import load
from tests import made
from tests.fixtures import field_studies as fixture


def exhibit(folder, scored: bool = True):
    """Study, words and what was put together."""
    study = load(fixture.study(folder, scored))
    data = made.data(folder)
    return SimpleNamespace(study=study, words=Words(study, "en"), found=put_together(data, assess(data)))


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    """The made study with its scorecard."""
    return exhibit(tmp_path_factory.mktemp("scored"))


@pytest.fixture(scope="module")
def unscored(tmp_path_factory):
    """The made study without one."""
    return exhibit(tmp_path_factory.mktemp("unscored"), scored=False)


def cells(table, words) -> list[list[str]]:
    """Head and rows of a table as they are read."""
    lines = table.markdown(words).splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], *lines[2:])]


def test_evidence(school):
    """Words of the study where it has some, else its values; no column for what its table does not say."""
    rows = cells(exhibits.evidence(school.found, school.study), school.words)
    assert rows[0] == ["Theme", "Stratum", "Direction", "Findings", "Methods", "Strength of evidence", "Contested?"]
    assert ["teaching in class", "every zone", "strength", "1", "a visit", "moderate", "no"] in rows
    assert ["premises", "the north", "poor", "1", "talk", "weak", "no"] in rows
    assert ["premises", "west", "poor", "1", "talk", "moderate", "no"] in rows


def test_contested(tmp_path):
    """A strength and a weakness of one theme and place stand against each other."""
    notes = fixture.NOTES.replace({"sign": {"threat": "bad"}, "theme": {"money": "teaching"}})
    data = made.data(fixture.study(tmp_path, notes=notes))
    rows = cells(exhibits.evidence(put_together(data, assess(data)), data.study), Words(data.study, "en"))
    against = [row[2] for row in rows if row[-1] == "another finding says the opposite"]
    assert sorted(against) == ["poor", "strength"]


def test_triangulation(school):
    """What the survey can tell first; means, units and the merged zones in words; why it is silent."""
    assert cells(exhibits.triangulation(school.found), school.words)[1:] == [
        ["premises", "west", "poor (evidence: moderate)", "enough rooms: (c), weak (shown together: south and west)",
         "4", "agree", "–"],
        ["teaching in class", "the north", "strength (evidence: moderate)", "what pupils learn: 80\u00a0%, strong",
         "3", "agree", "–"],
        ["premises", "the north", "poor (evidence: weak)", "enough rooms: (c), strong", "3", "disagree", "–"],
        ["meals", "every zone", "poor (evidence: moderate)", "–", "–", "survey silent",
         "no question speaks of this theme"],
        ["money", "every zone", "threat (evidence: moderate)", "–", "–", "survey silent",
         "opportunities and threats are not scored"],
        ["register", "every zone", "poor (evidence: moderate)", "–", "–", "survey silent", "not scored"],
        ["teaching in class", "every zone", "strength (evidence: moderate)", "what pupils learn: 44\u00a0%, in between",
         "8", "survey silent, near a cut-off", "between weak and strong, or parts that differ"],
    ]  # fmt: skip


def test_not_scored(unscored):
    """No column of a survey that there is not, and the reason beside every finding."""
    rows = cells(exhibits.triangulation(unscored.found), unscored.words)
    assert rows[0] == ["Theme", "Stratum", "Experts say", "Verdict", "Why silent"]
    assert {tuple(row[3:]) for row in rows[1:]} == {("survey silent", "not scored")}
    said = exhibits.quoted(unscored.found, unscored.study)
    assert said["rule"](unscored.words) == "The survey of this study has no scores."


def test_lines_with_their_keys(school):
    """Of all: experts first, then the survey. A line of one of the merged zones says which; what is left is counted."""
    assert cells(exhibits.swot(school.found, ""), school.words)[1:] == [
        ["strength", "teaching in class", "experts (evidence: moderate); the survey is silent", "n1"],
        ["strength", "the place", "survey (75\u00a0%)", "place"],
        ["poor", "meals", "experts (evidence: moderate); the survey is silent", "n6"],
        ["poor", "register", "experts (evidence: moderate); the survey is silent", "n7"],
        ["threat", "money", "experts (evidence: moderate); the survey is silent", "n5"],
    ]
    merged = exhibits.swot(school.found, "south_west")
    assert cells(merged, school.words)[1:] == [
        ["strength", "the place", "survey (70\u00a0%)", "place"],
        ["poor", "premises (west)", "experts (evidence: moderate) and survey (enough rooms: –)", "n3, rooms"],
        ["poor", "what pupils learn", "survey (22\u00a0%)", "learning"],
    ]
    assert len(merged.csv().splitlines()) == 1 + 4  # the line of the item too
    assert exhibits.quoted(school.found, school.study, "south_west")["left"] == 1
    assert cells(exhibits.swot(school.found, "north"), school.words)[-1] == [
        "poor", "premises", "experts (evidence: weak); the survey disagrees", "n4",
    ]  # fmt: skip


def test_no_words_of_experts(school):
    """No text of a finding is in a table, its csv or the words of the figure."""
    tables = [exhibits.evidence(school.found, school.study), exhibits.triangulation(school.found)]
    tables += [exhibits.swot(school.found, group) for group in school.found.groups]
    written = [table.csv() + table.markdown(school.words) for table in tables]
    written.append(exhibits.alt(school.found.triangulated, school.words))
    assert not any("confidence" in text for text in written)


def test_the_figure(school, unscored):
    """A mark a statement, at its theme and zone, in its shape and filling; drawn with one verdict only, too."""
    from matplotlib.figure import Figure

    figure = Figure(layout="constrained")
    exhibits.draw(figure, school.found.triangulated, school.words)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["every zone", "the north", "west"]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "meals", "money", "premises", "register", "teaching in class",
    ]  # fmt: skip
    marks = {
        (line.get_xdata()[0], line.get_ydata()[0]): (line.get_marker(), line.get_fillstyle())
        for line in axes.lines
        if line.get_marker() != "None" and line.get_xdata()[0] == line.get_xdata()[0]
    }
    assert marks == {
        (0, 0): ("v", "none"), (0, 1): ("s", "none"), (1, 2): ("v", "left"), (2, 2): ("v", "full"),
        (0, 3): ("v", "none"), (0, 4): ("^", "none"), (1, 4): ("^", "full"),
    }  # fmt: skip
    said = exhibits.alt(school.found.triangulated, school.words)
    assert "premises, west: poor (evidence: moderate), agree; " in said
    assert drawing.png(exhibits.draw, unscored.found.triangulated, unscored.words).startswith(b"\x89PNG")
