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
