"""What the figures of delivery draw, read back from the axes: lengths, texts, order, direction."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from coops.delivery import figures, organisations
from coops.disclosure.suppression import ALL
from coops.show.language import Words
from tests import made
from tests.delivery.test_activities import BOOK, DELIVERY, HELPERS, RELEASE, TABLES, VISITS, study

TIME = pd.DataFrame(
    [
        (ALL, "2001-01", 9, 8), (ALL, "2001-04", np.nan, 4),
        ("talk", "2001-01", 5, 5), ("talk", "2001-04", 0, 0),
        ("books", "2001-01", np.nan, np.nan), ("books", "2001-04", np.nan, 4),
    ],
    columns=["kind", "month", "planned", "full"],
).assign(months=3)  # fmt: skip
DOSES = pd.DataFrame(
    [("bar", ALL, 6, 0, np.nan, 10), ("bar", ALL, 4, 10, np.nan, 15), ("kind", "talk", 10, 2, 3, 5)],
    columns=["part", "kind", "n", "low", "median", "high"],
).assign(level="group", hidden="")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The made study with visits and helpers."""
    return made.data(study(tmp_path_factory.mktemp("visits") / "made"))


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_hidden_plan_is_written_not_drawn_as_none(data, language):
    """Above each bar what was planned or (c); a row a kind below; what is hidden has no colour; time runs to the right."""
    words = Words(data.study, language)
    periods, grid = figures.draw_timeline(Figure(), TIME, words)
    eight, whole, four, five = words.count(8), words.count(9), words.count(4), words.count(5)
    of = [words.label("of_all", number=eight, all=whole), words.label("of_all", number=four, all=words.isolate("(c)"))]
    assert [text.get_text() for text in periods.texts] == of
    assert [text.get_text() for text in grid.texts] == [words.label("of_all", number=five, all=five), "", "(c)", of[1]]
    (mesh,) = grid.collections
    assert mesh.get_array().mask.tolist() == [[False, False], [True, False]]
    assert not periods.xaxis_inverted() and grid.yaxis.get_ticks_position() == ("right" if language == "ar" else "left")


def test_areas_are_the_numbers(data):
    """Six from 0 to 10 and four from 10 to 15: areas of 0.6 and 0.4, heights of 0.06 and 0.08."""
    bars, kinds = figures.draw_doses(Figure(), DOSES, Words(data.study, "en"))
    sizes = [(bar.get_x(), bar.get_width(), bar.get_height()) for bar in bars.patches]
    assert np.allclose(sizes, [(0, 10, 0.06), (10, 5, 0.08)])
    assert [text.get_text() for text in bars.texts] == ["6", "4"]
    assert kinds.get_xlim()[0] == 0 and [label.get_text() for label in kinds.get_yticklabels()] == ["talk"]


def test_the_scale_that_was_asked(tmp_path):
    """The axis is that of the codebook, and says so, with how many were asked."""
    book = made.CODEBOOK + BOOK.replace("helpers,skill,integer,,,,,", "helpers,skill,integer,,,,1..5,")
    toml, tables = made.TOML + TABLES + DELIVERY + RELEASE, {"visits": VISITS, "helpers": HELPERS}
    data = made.data(made.study(tmp_path / "made", toml, book, pupils=made.pupils(), **tables))
    words = Words(data.study, "en")
    axes = figures.draw_capacities(Figure(), organisations.capacities(data), words)
    low, high = axes.get_xlim()
    assert low < 1 < 5 < high
    assert words.label("scale", low="1", high="5") in axes.get_xlabel() and axes.get_xlabel().endswith("3")


def test_the_unit_stands_over_the_bars(data):
    """Money for each; the dearest first; zero is where bars begin."""
    bars = pd.DataFrame(
        {"kind": ["books", "talk"], "each": [150.0, 25.0], "unit": "points", "decimals": 0, "level": "person"}
    )
    axes = figures.draw_spent(Figure(), bars, Words(data.study, "en"))
    assert axes.get_title("left") == "points for each pupil" and [bar.get_width() for bar in axes.patches] == [150, 25]
    assert axes.get_xlim()[0] == 0 and [label.get_text() for label in axes.get_yticklabels()] == ["books", "talk"]
