"""The picture before any model: means by arm and wave, as the frame has them, and as they are drawn."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from coops.data.panel import panel
from coops.impact import figures
from coops.show.language import Words
from coops.study.load import load
from tests import made

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


@pytest.fixture
def opened(tmp_path):
    """The made study, the means of its outcome by hand, and the frame of the figure."""
    data = made.data(made.study(tmp_path, made.TOML + "[release]\nmin_persons = 3\n"))
    people = panel(data)
    return data.study, people, figures.before_after_data(people, ["score"], data.study)


def test_means_by_hand(opened):
    """Of those seen with an answer; waves in the order of the study."""
    study, people, frame = opened
    shown = frame.dropna(subset="mean")
    assert len(shown) and list(dict.fromkeys(frame["wave"])) == [
        w for w in study.contract.waves if w in set(frame["wave"])
    ]
    for row in shown.itertuples():
        mine = people["seen"] & (people["arm"] == row.arm) & (people["wave"].astype(str) == row.wave)
        answers = [value for value in people.loc[mine, "score"] if not np.isnan(value)]
        assert row.n == len(answers) and row.mean == pytest.approx(sum(answers) / len(answers), rel=1e-12)


def test_few_are_hidden(opened):
    """An arm of few at a wave has no mean, and no other arm is left that would give it away by the total."""
    study, people, _ = opened
    arms = list(dict.fromkeys(people["arm"]))
    few = people[(people["arm"] != arms[0]) | (people.groupby(["arm", "wave"], observed=True).cumcount() < 1)]
    frame = figures.before_after_data(few, ["score"], study)
    assert study.contract.least("person") > 1 and frame["mean"].isna().all() and frame["n"].isna().all()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_what_is_drawn(language):
    """One line an arm whose points are the means, from left to right in time; panels from right to left in Arabic."""
    study = load(DEMO)
    (one, two), (before, after) = study.outcomes()[:2], list(study.contract.waves)[:2]
    arms = list(study.arms())
    cells = [(outcome, arm, wave) for outcome in (one, two) for wave in (before, after) for arm in arms]
    frame = pd.DataFrame(cells, columns=["outcome", "arm", "wave"]).assign(unit="", decimals=0, hidden="", n=50)
    frame["mean"] = [3.0, 5.0, 4.0, 9.0, 30.0, 50.0, 40.0, 20.0]
    first, second = figures.draw_before_after(Figure(), frame, Words(study, language))
    for axes, outcome in ((first, one), (second, two)):
        means = frame[frame["outcome"] == outcome].groupby("arm")["mean"].apply(list)
        drawn = [list(line.get_ydata()) for line in axes.get_lines() if len(line.get_xdata())]
        assert sorted(drawn) == sorted(means) and all(list(line.get_xdata()) == [0, 1] for line in axes.get_lines())
        assert axes.get_xlim()[0] < axes.get_xlim()[1]
    left, right = (axes.get_position().x0 for axes in (first, second))
    assert (left < right) == (language == "en")


LATER = """[waves.late]
label = "late"
"""


@pytest.fixture
def uneven(tmp_path):
    """A study of three waves, and means of two outcomes: the one that comes first lacks the first wave."""
    study = load(made.study(tmp_path, made.changed(("[tables.pupils]", LATER + "[tables.pupils]"))))
    cells = {
        ("age", "books"): {"late": 9.0, "after": 7.0},
        ("age", "without"): {"late": 4.0, "after": 5.0},
        ("score", "books"): {"before": 50.0, "after": 58.0},
        ("score", "without"): {"before": 48.0, "after": 51.0},
    }
    lines = [(*place, wave, mean) for place, means in cells.items() for wave, mean in means.items()]
    frame = pd.DataFrame(lines, columns=["outcome", "arm", "wave", "mean"])
    return study, frame.assign(unit="", decimals=0, hidden="", n=50)


def test_time_runs_as_in_the_study(uneven):
    """Waves stand in the order of the study, whatever the order of the rows; an arm is named at its last wave."""
    study, frame = uneven
    first, second = figures.draw_before_after(Figure(), frame, Words(study, "en"))
    assert [label.get_text() for label in first.get_xticklabels()] == ["before", "after", "late"]
    assert [list(line.get_xdata()) for line in first.get_lines()] == [[1, 2]] * 2
    assert {text.xy[0] for text in first.texts} == {2} and {text.xy[0] for text in second.texts} == {1}


def test_changes_only_where_there_is_a_value_before(uneven):
    """An outcome with none at the first wave has gaps between the arms, by wave; the other has the change of each arm."""
    study, frame = uneven
    changes, gaps = figures.changes_and_gaps(frame, study)
    assert changes.to_dict("index") == {"score": {"books": 8.0, "without": 3.0}}
    assert gaps.to_dict("index") == {("age", "books"): {"after": 2.0, "late": 5.0}}
    assert list(gaps.columns) == ["after", "late"]
    nothing = figures.changes_and_gaps(frame.assign(mean=np.nan), study)
    assert all(part.empty for part in nothing)


def test_without_a_reference_there_is_no_gap(uneven):
    """One group only: its change where there is a value before, and nothing where there is none."""
    study, frame = uneven
    alone = frame[frame["arm"] == "books"].assign(arm="all_units")
    changes, gaps = figures.changes_and_gaps(alone, study)
    assert changes.to_dict("index") == {"score": {"all_units": 8.0}} and gaps.empty
