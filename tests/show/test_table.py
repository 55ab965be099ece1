"""Tables: what is shown, what is hidden, and the csv behind it."""

import pandas as pd

from coops.disclosure import OPEN
from coops.show.language import Words
from coops.show.table import Column, Table
from coops.study.load import load
from tests import made
from tests.show import test_language as test_words


def test_a_row_with_too_few_is_hidden(tmp_path):
    """Nine behind a mean: (c); ten: shown. The label stays, the numbers go together."""
    words = Words(load(made.study(tmp_path)), "en")
    data = pd.DataFrame(
        {"arm": ["books", "without"], "n": [9, 10], "mean": [1.5, 2.5], "unit": "points", "decimals": 1}
    )
    table = Table(data, (Column("arm", "label"), Column("n", "count"), Column("mean", "measure")), behind="n")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.markdown(words).splitlines()[2:]]
    assert rows == [["with books", "(c)", "(c)"], ["without books", "10", "2.5"]]


def test_the_csv_keeps_twelve_digits(tmp_path):
    """Numbers in files do not hang on the last digits of a machine."""
    table = Table(pd.DataFrame({"mean": [1 / 3]}), (Column("mean", "number"),), behind=OPEN)
    assert table.csv() == "mean\n0.333333333333\n"


def test_counts_of_two_arms_in_arabic(tmp_path):
    """38 supported and 36 others: the number of the arm that is named first is read first, from the right."""
    folder = made.study(tmp_path, test_words.toml(), test_words.CODEBOOK)
    (folder / "labels.csv").write_text(test_words.UNITS, encoding="utf-8")
    table = Table(pd.DataFrame({"clusters": ["38 / 36"]}), (Column("clusters", "counts"),), behind=OPEN)
    study = load(folder)
    assert "\u206638\u2069 / \u206636\u2069" in table.markdown(Words(study, "ar"))
    assert "| 38 / 36 " in table.markdown(Words(study, "en"))
