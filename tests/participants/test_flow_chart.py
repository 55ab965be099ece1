"""The flow chart as it is drawn: an arm a column, boxes from above to below, estimates side by side."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from coops.participants import figures
from coops.show.language import Words
from coops.show.results import HIDDEN
from coops.study.load import load
from tests.checkout import ROOT

STUDY = load(ROOT / "data" / "demo")
ARMS, OUTCOMES, WAVES = list(STUDY.arms())[:2], STUDY.outcomes()[:2], list(STUDY.contract.waves)[:2]


def frame(outcomes=OUTCOMES) -> pd.DataFrame:
    """Two arms: 100 and 200 on the lists, ten less at each step, and less by 1, 2, … for each estimate."""
    rows = []
    for arm, start in zip(ARMS, (100, 200), strict=True):
        rows += [(arm, "listed", "", start, 0), (arm, "seen_at", WAVES[0], start - 10, 10)]
        rows += [(arm, "seen_again", WAVES[1], start - 20, 10)]
        rows += [(arm, "used_for", name, start - 21 - place, 1 + place) for place, name in enumerate(outcomes)]
    steps = pd.DataFrame(rows, columns=["arm", "step", "of", "number", "out"])
    return steps.assign(wave="", unit_level="person", hidden="")


def boxes(axes) -> list:
    """Texts in a box, each with its place: from the side where reading begins, and from above."""
    return [(text, *text.get_position()) for text in axes.texts if text.get_bbox_patch()]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_column_an_arm(language):
    """The first arm stands where reading begins; its boxes below each other, its estimates side by side below."""
    axes = figures.draw_flow(Figure(), frame(), Words(STUDY, language))
    left, right = axes.get_xlim()
    assert (left < right) == (language == "en") and axes.get_ylim()[0] > axes.get_ylim()[1]
    places = [(x, y) for _, x, y in boxes(axes)]
    first, second = places[:5], places[5:]
    for (xs, ys), middle in ((zip(*first, strict=True), 6.3 / 4), (zip(*second, strict=True), 3 * 6.3 / 4)):
        assert set(xs[:3]) == {middle} and list(ys[:3]) == sorted(set(ys[:3]))
        assert ys[3] == ys[4] > ys[2] and xs[3] < middle < xs[4]


def test_numbers_are_those_of_the_frame():
    """Each box and each loss says its number; the alternative text says all of them."""
    words = Words(STUDY, "en")
    axes = figures.draw_flow(Figure(), frame(), words)
    written = [text.get_text() for text, _, _ in boxes(axes)]
    assert [int("".join(filter(str.isdigit, text))) for text in written] == [
        100,
        90,
        80,
        79,
        78,
        200,
        190,
        180,
        179,
        178,
    ]
    losses = [text.get_text() for text in axes.texts if not text.get_bbox_patch() and text.get_text()[:1].isdigit()]
    assert [int(text.split()[0]) for text in losses] == [10, 10, 1, 2, 10, 10, 1, 2]
    alt = figures.flow_alt(frame(), words)
    assert all(str(number) in alt for number in frame()["number"])


def test_more_estimates_than_fit_are_one_box():
    """Nine estimates: one box an arm that lists them, each with its loss; hidden numbers are told as hidden."""
    many = frame([OUTCOMES[0]] * 9)
    many.loc[0, "number"] = float("nan")
    texts = [text.get_text() for text, _, _ in boxes(figures.draw_flow(Figure(), many, Words(STUDY, "en")))]
    assert len(texts) == 2 * 4 and texts[0].startswith(HIDDEN)
    assert all(f"{79 - place}\u00a0" in texts[3] for place in range(9))
