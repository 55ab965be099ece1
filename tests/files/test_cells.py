"""Cells as people and programs write them: what is read, what is a reason, what is a fault; nothing is guessed."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coops.files.cells import parse, trim
from coops.study.codebook import Variable
from coops.study.findings import Finding
from coops.study.languages import LANGUAGES


def variable(kind: str, **settings) -> Variable:
    return Variable("t", "x", kind, **settings)


def parsed(cell: str, kind: str, **settings) -> tuple:
    """Value, reason and fault of a single cell."""
    values, reasons, faults = parse(pd.Series([cell], index=[7]), variable(kind, **settings))
    assert list(values.index) == list(reasons.index) == list(faults.index) == [7]
    value = values[7]
    return (None if value != value else value), reasons[7], faults[7]


NUMBERS = [
    ("12", 12),
    ("-98", -98),
    ("007", 7),
    ("+5", 5),
    (".5", 0.5),
    ("5.", 5),
    ("1e3", 1000),
    ("1200.5", 1200.5),
    ("1200,5", 1200.5),  # decimal comma
    ("12,5", 12.5),
    ("0,234", 0.234),  # no thousands begin with a nought
    ("1234,567", 1234.567),  # nor do they have four digits before the comma
    ("1 200,50", 1200.5),
    ("1\u00a0200,50", 1200.5),  # no-break space, as Excel in French writes it
    ("1\u202f234\u202f567", 1234567),
    ("1 234,567", 1234.567),
    ("١٢٣", 123),  # Arabic-Indic digits
    ("١٢٫٥", 12.5),
    ("١٬٢٠٠٫٥", 1200.5),
    ("۴۵", 45),  # Persian digits
    ("−3", -3),  # the minus sign of typographers
    ("\u200f15\u200e", 15),  # marks of direction
    ("  15\u00a0", 15),
]
NO_NUMBERS = [
    *[(text, "E_AMBIGUOUS_NUMBER") for text in ("1,234", "1,234,567", "1.200,50", "1,200.50", "1.200.300")],
    ("1 2", "E_NOT_A_NUMBER"),  # two numbers, or one with a slip
    *[(text, "E_NOT_A_NUMBER") for text in ("12 34", "1_000", "0x10", "inf", "1e999", "12 MAD", "50%", "abc,def.")],
    *[(text, "E_NOT_A_NUMBER") for text in ("1,2,3", "true", "98-")],
    *[(text, "E_ERROR_CELL") for text in ("#REF!", "#N/A")],
    *[(word, "E_MISSING_WORD") for word in ("NA", "n/a", "N/D", "nan", "don't know", "Refusé", "لا أعرف", "رفضت")],
    *[(word, "E_MISSING_WORD") for word in ("-", ".")],
]


@pytest.mark.parametrize(("cell", "value"), NUMBERS)
def test_numbers(cell, value):
    """Read as the sender means them."""
    assert parsed(cell, "number") == (value, "", "")


@pytest.mark.parametrize(("cell", "code"), NO_NUMBERS)
def test_no_numbers(cell, code):
    """What is no number, or could be two, is told and never becomes a missing answer in silence."""
    assert parsed(cell, "number") == (None, "", code)


def test_whole_allowed_and_range():
    """Each fault of a number that was read, the first of them only."""
    settings = {"low": 0, "high": 10, "allowed": ("1", "2", "20")}
    assert [parsed(cell, "integer", **settings)[2] for cell in ("1", "2.0", "1.5", "-1", "11", "20", "3")] == [
        "", "", "E_NOT_WHOLE", "E_RANGE", "E_RANGE", "E_RANGE", "E_ALLOWED",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["number", "integer", "category", "multiple", "date", "time", "text"])
@pytest.mark.parametrize("cell", ["-98", "-98.0", "-٩٨", " -98 ", "NA", "لا أعرف"])
def test_listed_codes_are_reasons(kind, cell):
    """A code or word that the codebook lists is a reason in every type, whatever digits it is written with."""
    missing, allowed = dict.fromkeys(("-98", "NA", "لا أعرف"), "dk"), ("1",) if kind == "category" else ()
    assert parsed(cell, kind, missing=missing, low=0, allowed=allowed) == (None, "dk", "")


def test_codes_are_compared_as_written_where_digits_are_names():
    """007 is not the code 7; as a number it is."""
    assert parsed("007", "text", missing={"7": "dk"}) == ("007", "", "")
    assert parsed("007", "number", missing={"7": "dk"}) == (None, "dk", "")


@pytest.mark.parametrize("kind", ["number", "integer", "category", "multiple", "date", "time", "text"])
@pytest.mark.parametrize("cell", ["", "  ", "\u00a0", "\u200f", "\ufeff"])
def test_empty_is_empty(kind, cell):
    """Neither value nor reason nor fault."""
    assert parsed(cell, kind, missing={"-98": "dk"}, allowed=("1",)) == (None, "", "")


DATES = [
    ("2014-10-14", "2014-10-14"),
    ("2014-1-5", "2014-01-05"),
    ("2014/10/14", "2014-10-14"),
    ("14/10/2014", "2014-10-14"),
    ("4/3/2014", "2014-03-04"),  # day first
    ("١٤/١٠/٢٠١٤", "2014-10-14"),
    ("14\u200f/10\u200f/2014", "2014-10-14"),  # as Excel in Arabic copies it
    ("41926", "2014-10-14"),  # a day as Excel counts it
    ("41926.0", "2014-10-14"),
    ("2014-10-14 00:00:00", "2014-10-14"),
    ("2014-10-14T00:00:00.000+01:00", "2014-10-14"),
    ("29/02/2012", "2012-02-29"),
]
NO_DATES = "31/02/2014 2014-02-30 29/02/2014 10/14/2014 14.10.2014 14/10/14 0204-01-01 41926.5 19999 80001".split()
NO_DATES += ["2014-10-14 09:30", "14 octobre", "2014", "2014-10/14"]


@pytest.mark.parametrize(("cell", "day"), DATES)
def test_dates(cell, day):
    assert parsed(cell, "date") == (day, "", "")


@pytest.mark.parametrize("cell", NO_DATES)
def test_no_dates(cell):
    """Days that the calendar does not have, and what can be read in two ways."""
    assert parsed(cell, "date") == (None, "", "E_NOT_A_DATE")


TIMES = [
    ("2014-10-14 09:30", "2014-10-14 09:30"),
    ("2014-10-14T09:30:59", "2014-10-14 09:30"),
    ("2014-10-14T09:30:12.345+01:00", "2014-10-14 09:30"),  # by the clock that wrote it
    ("2014-10-14T09:30:12Z", "2014-10-14 09:30"),
    ("2014-10-14T09:30:12+0100", "2014-10-14 09:30"),
    ("14/10/2014 9:05", "2014-10-14 09:05"),
    ("١٤/١٠/٢٠١٤ ٠٩:٣٠", "2014-10-14 09:30"),
    ("41926.395833333336", "2014-10-14 09:30"),  # 41926 + 9.5/24
]


@pytest.mark.parametrize(("cell", "time"), TIMES)
def test_times(cell, time):
    assert parsed(cell, "time") == (time, "", "")


@pytest.mark.parametrize(
    "cell", ["2014-10-14", "09:30", "2014-10-14 24:00", "2014-10-14 09:60", "2014-02-30 09:00", "41926"]
)
def test_no_times(cell):
    assert parsed(cell, "time") == (None, "", "E_NOT_A_TIME")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (" yes\u00a0", "yes"),
        ("\u200fnon", "non"),
        ("2", "2"),
        ("2.0", "2"),  # a number as other programs write it
        ("٢", "2"),
        ("cafe\u0301", "café"),  # composed
    ],
)
def test_categories(cell, value):
    assert parsed(cell, "category", allowed=("yes", "non", "2", "café")) == (value, "", "")


@pytest.mark.parametrize("cell", ["Yes", "oui", "نعم", "true", "1", "yes no"])
def test_a_label_is_not_guessed(cell):
    """A label, another spelling or a tick is no value."""
    assert parsed(cell, "category", allowed=("yes", "no"), label={"fr": "oui"}) == (None, "", "E_ALLOWED")


def test_several_choices_are_sorted_and_stand_once():
    allowed = ("souk", "shop", "online", "1")
    assert parsed("souk  online\tsouk", "multiple", allowed=allowed) == ("online souk", "", "")
    assert parsed("1.0 shop", "multiple", allowed=allowed) == ("1 shop", "", "")
    assert parsed("souk, shop", "multiple", allowed=allowed) == (None, "", "E_ALLOWED")
    assert parsed("souk fair", "multiple", allowed=allowed) == (None, "", "E_ALLOWED")
    assert parsed("n/a", "multiple", allowed=allowed) == (None, "", "E_MISSING_WORD")


def test_text_is_kept():
    """But for its ends and the composition of its letters; an error of Excel is a fault in text too."""
    texts = dict(zip(*[("007", "NA", "#12", "1.0")] * 2, strict=True)) | {" a  b ": "a  b", "\u200fنص\u00a0": "نص"}
    for cell, value in (texts | {"e\u0301": "é"}).items():
        assert parsed(cell, "text") == (value, "", "")
    assert parsed("#REF!", "text") == (None, "", "E_ERROR_CELL")


@pytest.mark.parametrize("code", ["E_NOT_A_TIME", "E_MISSING_WORD", "E_ERROR_CELL"])
def test_findings_of_cells_can_be_told(code):
    """With column and key, in each language."""
    for language in LANGUAGES:
        sentence = Finding(code, column="col", key="k9").text(language)
        assert "col" in sentence and "k9" in sentence


# -- many at once -----------------------------------------------------------------------------------


PLAIN = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


@settings(deadline=None)
@given(st.lists(st.text("0123456789+-.eE_ ٣x,\u00a0", max_size=8), min_size=1, max_size=30))
def test_numbers_as_python_reads_them(cells):
    """A second path: what is written plainly has the value of Python's own ``float``; letters and _ never pass."""
    values, _, faults = parse(pd.Series(cells, dtype=str), variable("number"))
    for cell, value, fault in zip(cells, values, faults, strict=True):
        if PLAIN.fullmatch(cell) and np.isfinite(float(cell)):
            # pandas' own reading of 16 digits and more may differ in the last place
            assert value == pytest.approx(float(cell), rel=1e-15, abs=0) and fault == ""
        elif trim(cell) and re.search("[x_]", cell):
            assert np.isnan(value) and fault


@settings(deadline=None)
@given(st.data())
def test_each_cell_is_read_alone(data):
    """A column gives what its cells give one by one, however often they stand, as text or as categories."""
    kind = data.draw(st.sampled_from(["number", "integer", "category", "multiple", "date", "time", "text"]))
    pool = ["", "1", "2", "1,234", "-98", "x", "2014-10-14", "41926", "41926.5", "yes", "yes no", "NA", "#N/A", " 1 "]
    cells = data.draw(st.lists(st.sampled_from(pool), max_size=20))
    settings = {"missing": {"-98": "dk"}, "allowed": ("1", "yes", "no") if kind in ("category", "multiple") else ()}
    text = pd.Series(cells, index=range(5, 5 + len(cells)), dtype=str)
    for column in (text, text.astype("category")):
        values, reasons, faults = parse(column, variable(kind, **settings))
        got = [(None if v != v else v, r, f) for v, r, f in zip(values, reasons, faults, strict=True)]
        assert got == [parsed(cell, kind, **settings) for cell in cells]


def test_many_distinct_cells_take_the_other_way():
    """Columns whose cells all differ are not sorted into distinct ones first; the answer is the same."""
    cells = [f"{n},5" for n in range(2000)] + ["x", "-98", ""]
    values, reasons, faults = parse(pd.Series(cells), variable("number", missing={"-98": "dk"}, high=1999))
    assert values[:1999].tolist() == [n + 0.5 for n in range(1999)]
    assert faults[1999:].tolist() == ["E_RANGE", "E_NOT_A_NUMBER", "", ""] and reasons.iloc[-2] == "dk"
