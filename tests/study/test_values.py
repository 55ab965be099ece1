"""Values as text, and under a condition: worked out by hand, missing values among them."""

import numpy as np
import pandas as pd
import pytest

from coops.study.schema import Holds
from coops.study.values import holds, plain, unit_names

NUMBERS = pd.Series([1.0, 2.5, np.nan, 10.0])
WORDS = pd.Series(["yes", "no", None, "yes"], dtype=object)


def test_plain():
    """Whole numbers without decimals; what is missing is empty."""
    assert [plain(value) for value in (1.0, 2.5, np.nan, None, "007", 3)] == ["1", "2.5", "", "", "007", "3"]


def test_unit_names():
    frame = pd.DataFrame({"a": ["x", "y"], "b": [1.0, 2.0]})
    assert unit_names(frame, ["a", "b"]).tolist() == ["x|1", "y|2"]


@pytest.mark.parametrize(
    ("condition", "numbers", "words"),
    [
        ({"equals": 1}, [1, 0, 0, 0], [0, 0, 0, 0]),
        ({"in": ["yes", "10"]}, [0, 0, 0, 1], [1, 0, 0, 1]),
        ({"in": ["yes", "10"], "not": True}, [1, 1, 0, 0], [0, 1, 0, 0]),  # unknown: neither way
        ({"between": [2, 10]}, [0, 1, 0, 1], [0, 0, 0, 0]),
        ({"between": [2, 10], "not": True}, [1, 0, 0, 0], [0, 0, 0, 0]),
        ({"present": True}, [1, 1, 0, 1], [1, 1, 0, 1]),
        ({"present": True, "not": True}, [0, 0, 1, 0], [0, 0, 1, 0]),
    ],
)
def test_holds(condition, numbers, words):
    condition = Holds(variable="x", **condition)
    assert holds(NUMBERS, condition).astype(int).tolist() == numbers
    assert holds(WORDS, condition).astype(int).tolist() == words
