"""Hidden cells: by hand, and that nobody can work them out from what is shown, by a linear programme."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from coops.disclosure import suppression
from coops.disclosure.suppression import ALL, of_table


def table(cells: dict) -> pd.DataFrame:
    """Events of a table: ``{(row, column): units}``."""
    return pd.DataFrame([(*place, unit) for place, units in cells.items() for unit in units], columns=["r", "c", "u"])


def looked_at(cells: dict, least: int) -> pd.DataFrame:
    events = table(cells)
    return of_table(events["r"], events["c"], events["u"], least)


def test_nothing_to_hide():
    """Six units behind each of two cells."""
    assert not looked_at({("a", "x"): range(6), ("b", "x"): range(6)}, 5).to_numpy().any()


def test_one_column():
    """One row rests on 2 units: it is hidden, and with it the next smallest; the total and the largest row stay."""
    hidden = looked_at({("a", "x"): [1, 2], ("b", "x"): range(6), ("c", "x"): range(9)}, 5)
    assert hidden["x"].to_dict() == {"a": True, "b": True, "c": False, ALL: False}


def test_the_hidden_ones_together_are_enough():
    """Two rows of 2 units are 4 together, and their sum follows from the total: a third goes with them."""
    hidden = looked_at({("a", "x"): [1, 2], ("b", "x"): [3, 4], ("c", "x"): range(6), ("d", "x"): range(9)}, 5)
    assert hidden["x"].to_list() == [True, True, True, False, False]


def test_rows_and_columns():
    """A cell of 2 takes one of its row and one of its column with it, and these a fourth: else all could be worked out."""
    cells = {("a", "x"): range(9), ("a", "y"): [1, 2], ("b", "x"): range(8), ("b", "y"): range(7)}
    hidden = looked_at(cells, 5)
    assert hidden.loc[["a", "b"], ["x", "y"]].to_numpy().all()
    assert not hidden[ALL].any() and not hidden.loc[ALL].any()


def test_nothing_else_in_the_line():
    """The only cell of its row and column: its totals are as small, and hidden too; so is what they are sums of."""
    hidden = looked_at({("a", "x"): [1, 2]}, 5)
    assert hidden.to_numpy().all()


def test_a_cell_without_events_stays():
    """None is not few."""
    hidden = looked_at({("a", "x"): range(9), ("b", "x"): range(9), ("b", "y"): range(9)}, 5)
    assert not hidden.to_numpy().any()


def drawn(seed: int, sparse: bool) -> dict:
    """Cells with few units behind most of them, or behind a few only."""
    random = np.random.default_rng(seed)
    rows, columns = random.integers(3, 7, 2) if sparse else random.integers(2, 6, 2)
    cells = {}
    for place in ((i, j) for i in range(rows) for j in range(columns)):
        if sparse:
            size = random.integers(1, 4) if random.random() < 0.15 else random.integers(5, 12) * (random.random() < 0.8)
        else:
            size = random.integers(0, 9)
        cells[place] = random.choice(40, size, replace=False)
    return cells


@pytest.mark.parametrize(
    ("seed", "sparse"), [(s, False) for s in range(20)] + [(s, True) for s in (131, 154, 166, 169, 174, 204, 216)]
)
def test_by_linear_programmes(seed, sparse):
    """Least and largest value that each hidden cell can have, given all that is shown: they differ wherever few are.

    In the sparse ones a cell would follow from others although two are hidden in each of its lines.
    """
    cells = drawn(seed, sparse)
    events = table(cells).astype(str)
    gone = of_table(events["r"], events["c"], events["u"], 4)
    counts = pd.crosstab(events["r"], events["c"], margins=True, margins_name=ALL).loc[gone.index]
    units = {
        (row, column): len(set(events.loc[((events["r"] == row) | (row == ALL)) & ((events["c"] == column) | (column == ALL)), "u"]))
        for row in gone.index for column in counts
    }  # fmt: skip
    names = list(units)
    if len(counts.columns) == 2:
        pytest.skip("one column")
    sums = [[1 if n[0] == row and n[1] != ALL else -1 if n == (row, ALL) else 0 for n in names] for row in gone.index]
    sums += [[1 if n[1] == c and n[0] != ALL else -1 if n == (ALL, c) else 0 for n in names] for c in counts]
    bounds = [(0, None) if gone.loc[n] else (counts.loc[n],) * 2 for n in names]
    for place, name in enumerate(names):
        if 0 < units[name] < 4:
            assert gone.loc[name]
            goal = np.eye(len(names))[place]
            ends = [linprog(s * goal, A_eq=sums, b_eq=np.zeros(len(sums)), bounds=bounds) for s in (1, -1)]
            assert ends[1].status == 3 or -ends[1].fun - ends[0].fun > 0.5
        if not units[name]:
            assert not gone.loc[name]


@pytest.mark.parametrize(
    ("counts", "least", "hidden"),
    [
        ([6, 5, 9], 5, []),
        ([2, 7, 9], 5, [0, 1]),  # 2 is the whole less 7 and 9: the next smallest goes too
        ([2, 3, 9], 5, [0, 1]),  # two hidden ones protect each other
        ([0, 7, 9], 5, []),  # nobody is given away by a zero
        ([2, 0, 0], 5, [0, 1, 2]),
        ([1, 2, 7, 9], 5, [0, 1, 2]),
        ([2], 5, [0]),
    ],
)
def test_parts_of_a_whole(counts, least, hidden):
    """By hand: below the threshold, and one more where it could be had by subtraction."""
    assert list(np.flatnonzero(suppression.of_parts(pd.Series(counts), least))) == hidden
