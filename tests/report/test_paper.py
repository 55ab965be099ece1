"""Widths of columns and text sizes, worked out by hand: 493 points of room, 7 points of padding a column."""

import pytest

from coops.report import paper

CASES = [
    # (word, unbroken, body, whole) in units of the text size, how many columns, size, share of the first column
    ((2, 2, 5, 5), 1, 9, (5 * 9 + 7) / 493),  # as wide as its text, not as the page
    ((2, 2, 5, 9), 1, 9, (9 * 9 + 7) / 493),  # the heading on one line too, where there is room
    ((5, 5, 5, 5), 10, 8, (5 * 8 + 7) / 493),  # 50 × 8.5 + 70 = 495 is too much
    ((2, 9, 9, 9), 7, 7, (9 * 7 + 7) / 493),  # numbers stay whole: 63 × 7 + 49 = 490
    ((4, 9, 9, 9), 10, 9, 0.1),  # 90 × 7 + 70 is too much: numbers break, words do not
    ((12, 12, 12, 12), 10, 3.5, None),  # (493 − 70) / 120 = 3.525
]


@pytest.mark.parametrize(("column", "count", "size", "share"), CASES)
def test_fitted(column, count, size, share):
    fitted, shares = paper.fitted([column] * count)
    assert fitted == size and len(shares) == count and sum(shares) <= 1.0001
    if share:
        assert shares[0] == pytest.approx(share)


def test_a_long_text_gets_the_room_that_short_ones_leave():
    """One line of 60 × 8 + 7 does not fit beside two columns of 5 × 9 + 7; two of 0.58 × 60 × 9 + 7 do."""
    size, (long, short, _) = paper.fitted([(6, 6, 60, 60), (5, 5, 5, 5), (5, 5, 5, 5)])
    assert size == 9 and short == pytest.approx(52 / 493)
    assert long >= (0.58 * 60 * 9 + 7) / 493


def test_first_strong_letter():
    assert [paper.strong(text) for text in ("−3,1", "3 a", "\u200e3 ب a", "")] == ["", "L", "R", ""]
