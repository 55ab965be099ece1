"""Parse received text by the type that the codebook gives; nothing is guessed.

Days are written day first (14/10/2014), as is the rule of the country. A number that can be read in two ways is a
fault, and so is a word for "no answer" that the codebook does not list.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from coops.study.codebook import Variable

MARKS = "\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
WHITE = "".join(map(chr, filter(lambda code: chr(code).isspace(), range(0x3001)))) + MARKS
PLAIN_SIGNS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫−٬\u00a0\u202f\u2009\t", "01234567890123456789.-     ")
PLAIN_SIGNS |= dict.fromkeys(map(ord, MARKS))  # type: ignore[arg-type]

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?: \d{3})+(?:[.,]\d+)?", re.ASCII)
TWO_WAYS = re.compile(
    r"[+-]?(?:[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?:\.\d{3}){2,}|\d[\d ]*(?:\.[\d.]*,|,[\d,]*\.)[\d.,]*)", re.ASCII
)
CLOCK = r"(\d\d?):(\d\d)(?::([0-5]\d)(?:[.,]\d+)?)?"
OFFSET = r"\s?(?:Z|[+-]\d\d(?::?\d\d)?)?"
DAY = r"(?:([12]\d{3})([-/])(\d\d?)\2(\d\d?)|(\d\d?)/(\d\d?)/([12]\d{3}))"
DATE = re.compile(rf"{DAY}(?:[T ]0?0:00(?::00(?:[.,]0+)?)?{OFFSET})?", re.ASCII)
TIME = re.compile(rf"{DAY}[T ]{CLOCK}{OFFSET}", re.ASCII)
SERIAL = re.compile(r"([2-8]\d{4})(\.\d+)?", re.ASCII)
SAMPLE = 10_000
FIRST_SERIAL, LAST_SERIAL = 20_000, 80_000  # Excel counts days from 1899-12-30: these are 1954 to 2119

ERRORS = {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
NO_ANSWER = set(
    "na|n/a|n.a.|n.a|nan|null|nd|n/d|n.d.|n.d|nr|n/r|n.r.|nsp|dk|-|--|–|—|.|?|missing|unknown|no answer|not known"
    "|don't know|don’t know|dont know|do not know|refused|refuse|refusé|refusée|refus|manquant|inconnu|sans réponse"
    "|pas de réponse|non disponible|non déterminé|ne sait pas|ne sais pas|je ne sais pas"
    "|لا أعرف|لا اعرف|لا أدري|لا ادري|لا يعرف|لا تعرف|رفض|رفضت|بدون جواب|لا جواب"
    "|غير متوفر|غير متاح|غير معروف|مجهول".split("|")
)


def trim(cell: str) -> str:
    """Take spaces and marks of direction off both ends, and compose letters with their accents (NFC)."""
    return cell.strip() if cell.isascii() else unicodedata.normalize("NFC", cell.strip(WHITE))


def parse(text: pd.Series, variable: Variable) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Parse one column.

    Parameters
    ----------
    text : Series of str, as received
    variable : what the codebook says of the column

    Returns
    -------
    values : Series, same index
        Float for numbers; for the rest text in its canonical form (a date as ``2014-10-14``, a time as
        ``2014-10-14 09:30`` by the clock that wrote it, several choices sorted and parted by one space); missing where
        empty, coded as missing, or faulty.
    reasons : categorical Series, same index
        The reason of a coded missing answer, else empty.
    faults : categorical Series, same index
        The code of the finding of a cell that does not fit, else empty.
    """
    cells = text.to_numpy(dtype=object)
    codes = None
    sample = cells[:SAMPLE]
    if 2 * len(set(sample)) < len(sample):  # else looking for equal texts costs more than it saves
        codes, cells = pd.factorize(cells)
    reasons, faults = _Notes(len(cells)), _Notes(len(cells))
    values = (_numeric if variable.numeric else _worded)(cells, variable, reasons, faults)
    if codes is not None:
        values = values[codes]
    return pd.Series(values, text.index), reasons.series(codes, text.index), faults.series(codes, text.index)


class _Notes:
    """A text for each of some cells, and none for the others."""

    def __init__(self, size: int):
        self.names, self.codes = {"": 0}, np.zeros(size, dtype=np.int16)

    def put(self, at: Any, name: str) -> None:
        self.codes[at] = self.names.setdefault(name, len(self.names))

    def series(self, codes: np.ndarray | None, index: pd.Index) -> pd.Series:
        own = self.codes if codes is None else self.codes[codes]
        return pd.Series(pd.Categorical.from_codes(own, list(self.names)), index)


# -- numbers --------------------------------------------------------------------------------------


def _numeric(cells: np.ndarray, variable: Variable, reasons: _Notes, faults: _Notes) -> np.ndarray:
    """Values of cells; NaN where there is none."""
    values = pd.to_numeric(cells, errors="coerce").astype(float)
    for at in np.flatnonzero(~np.isfinite(values)):
        values[at] = np.nan
        cell = trim(cells[at])
        reason = _reason(cell, variable)
        if reason:
            reasons.put(at, reason)
        elif cell:
            values[at], code = _number(cell)
            faults.put(at, code)
    for code, reason in variable.missing.items():
        if NUMBER.fullmatch(code):
            hit = values == float(code)
            reasons.put(hit, reason)
            values[hit] = np.nan
    known = np.isfinite(values)
    bad = np.zeros(len(values), dtype=bool)
    if variable.type == "integer":
        bad = known & (values != np.round(values))
        faults.put(bad, "E_NOT_WHOLE")
    low = -np.inf if variable.low is None else variable.low
    high = np.inf if variable.high is None else variable.high
    outside = known & ~bad & ((values < low) | (values > high))
    faults.put(outside, "E_RANGE")
    bad |= outside
    if variable.allowed:
        allowed = pd.to_numeric(np.array(variable.allowed, dtype=object), errors="coerce").astype(float)
        other = known & ~bad & ~np.isin(values, allowed)
        faults.put(other, "E_ALLOWED")
        bad |= other
    values[bad] = np.nan
    return values


def _number(cell: str) -> tuple[float, str]:
    """Read a number that is not written plainly: its value, or the code of what is wrong."""
    text = cell.translate(PLAIN_SIGNS).strip()
    if GROUPED.fullmatch(text):
        text = text.replace(" ", "")
    if TWO_WAYS.fullmatch(text):
        return np.nan, "E_AMBIGUOUS_NUMBER"
    text = text.replace(",", ".")
    if NUMBER.fullmatch(text) and np.isfinite(float(text)):
        return float(text), ""
    return np.nan, _said_wrong(cell, "E_NOT_A_NUMBER")


# -- the rest -------------------------------------------------------------------------------------


def _worded(cells: np.ndarray, variable: Variable, reasons: _Notes, faults: _Notes) -> np.ndarray:
    """Canonical text of cells; NaN where there is none."""
    read = READ[variable.type]
    plain = variable.type == "text" and not variable.missing and not variable.allowed
    values = np.empty(len(cells), dtype=object)
    for at, received in enumerate(cells):
        cell = trim(received)
        if plain and cell and cell[0] != "#":
            values[at] = cell
            continue
        values[at] = np.nan
        reason = _reason(cell, variable) if cell else ""
        if reason:
            reasons.put(at, reason)
        elif cell:
            value, code = (None, "E_ERROR_CELL") if cell in ERRORS else read(cell, variable)
            faults.put(at, code)
            values[at] = np.nan if code else value
    return values


def _reason(cell: str, variable: Variable) -> str:
    """The reason that a code stands for: as listed, or with other digits or ``.0`` behind it."""
    return (variable.missing.get(cell) or variable.missing.get(_whole(cell), "")) if variable.missing else ""


def _whole(cell: str) -> str:
    """A code as it is written plainly: -98 for -98.0."""
    return re.sub(r"(?<=\d)\.0+$", "", cell.translate(PLAIN_SIGNS))


def _said_wrong(cell: str, code: str) -> str:
    """The code of a cell that does not fit."""
    if cell in ERRORS:
        return "E_ERROR_CELL"
    return "E_MISSING_WORD" if cell.casefold() in NO_ANSWER else code


def _category(cell: str, variable: Variable) -> tuple[str, str]:
    for value in (cell, _whole(cell)):
        if not variable.allowed or value in variable.allowed:
            return value, ""
    return "", _said_wrong(cell, "E_ALLOWED")


def _multiple(cell: str, variable: Variable) -> tuple[str, str]:
    chosen = {_category(choice, variable) for choice in cell.split()}
    if any(code for _, code in chosen):
        return "", _said_wrong(cell, "E_ALLOWED")
    return " ".join(sorted(value for value, _ in chosen)), ""


def _date(cell: str, variable: Variable) -> tuple[str, str]:
    text = cell.translate(PLAIN_SIGNS)
    match, serial = DATE.fullmatch(text), SERIAL.fullmatch(text)
    day = _day(match) if match else _serial(serial) if serial and not float(serial[2] or 0) else None
    return (day.isoformat(), "") if day else ("", _said_wrong(cell, "E_NOT_A_DATE"))


def _time(cell: str, variable: Variable) -> tuple[str, str]:
    text = cell.translate(PLAIN_SIGNS)
    match, serial = TIME.fullmatch(text), SERIAL.fullmatch(text)
    if match and (day := _day(match)) and int(match[8]) < 24 and int(match[9]) < 60:
        return f"{day.isoformat()} {int(match[8]):02}:{match[9]}", ""
    if serial and serial[2] and (day := _serial(serial)):
        minutes = round(float(serial[2]) * 86_400) // 60
        if minutes < 1440:
            return f"{day.isoformat()} {minutes // 60:02}:{minutes % 60:02}", ""
    return "", _said_wrong(cell, "E_NOT_A_TIME")


def _day(match: re.Match) -> date | None:
    """The day of a match of ``DAY``; none if the calendar has no such day."""
    year, month, day = (match[1], match[3], match[4]) if match[1] else (match[7], match[6], match[5])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _serial(match: re.Match) -> date | None:
    """The day of Excel's number of it."""
    number = int(match[1])
    return date(1899, 12, 30) + timedelta(number) if FIRST_SERIAL <= number <= LAST_SERIAL else None


READ: dict[str, Callable[[str, Variable], tuple[str, str]]] = {
    "text": lambda cell, variable: (cell, "") if not variable.allowed else _category(cell, variable),
    "category": _category,
    "multiple": _multiple,
    "date": _date,
    "time": _time,
}
