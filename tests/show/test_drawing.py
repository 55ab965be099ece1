"""What the figures share: text that can be read on its colour, pairs of before and after, rows named at the side."""

import itertools

import pytest
from matplotlib.figure import Figure

from coops.show.drawing import draw_pair, ink, names_aside
from coops.show.language import Words, shared_head
from coops.study.load import load
from tests import made


@pytest.mark.parametrize("colour", list(itertools.product((0, 0.35, 0.65, 1), repeat=3)))
def test_text_can_be_read_on_any_colour(colour):
    """Contrast of WCAG 2.1 by its own formula: 4.5 to 1 at the least."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    of_text = {"black": 0.0, "white": 1.0}[ink(colour)]
    assert (max(luminance, of_text) + 0.05) / (min(luminance, of_text) + 0.05) >= 4.5


@pytest.mark.parametrize(("ends", "sides"), [((1, 2), ("right", "left")), ((2, 1), ("left", "right"))])
def test_the_numbers_of_a_pair_stand_outside_of_it(ends, sides):
    """A number that is written to the left of its mark ends there, one to its right begins there."""
    axes = Figure().subplots()
    draw_pair(axes, 0, ends, ("first", "last"))
    texts = {text.get_text(): (text.xy[0], text.get_ha()) for text in axes.texts}
    assert texts == {"first": (ends[0], sides[0]), "last": (ends[1], sides[1])}


@pytest.mark.parametrize(("language", "position"), [("en", "left"), ("ar", "right")])
def test_names_stand_where_reading_begins_and_numbers_rise_to_the_right(tmp_path, language, position):
    """In Arabic rows are named at the right; the axis of numbers is not turned."""
    axes = Figure().subplots()
    names_aside(axes, Words(load(made.study(tmp_path)), language))
    assert axes.yaxis.get_ticks_position() == position and not axes.xaxis_inverted()


def test_words_that_all_names_share():
    """What stands before the colon of all of them; nothing if one says something else, or nothing, before it."""
    assert shared_head(["skill: reading", "skill: sums"]) == ("skill", ["reading", "sums"])
    assert shared_head(["skill: reading", "sums"]) == ("", ["skill: reading", "sums"])
