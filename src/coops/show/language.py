"""Words, numbers and signs in one language: labels, decimals, plural forms, dates, isolation in right-to-left text."""

import math
from datetime import date
from decimal import Decimal
from typing import Any

from coops.study.consulted import note
from coops.study.findings import fail
from coops.study.labels import package_labels, study_labels
from coops.study.languages import ISOLATE, LANGUAGES, POP
from coops.study.study import Study

MINUS, NO_BREAK = "\u2212", "\u00a0"
POINTS = "percentage_points"
SD = "sd"  # the unit of an index of several outcomes: standard deviations
SHARE = "share"  # the unit of a variable that runs from 0 to 1 and is shown in per cent


class Noun(str):
    """A noun as it stands in a sentence, with its grammatical gender: words around it agree with it."""

    gender: str

    def __new__(cls, text: str, gender: str = "") -> "Noun":
        """Make a text that knows its gender (``m``, ``f`` or, where it is not said, empty)."""
        noun = super().__new__(cls, text)
        noun.gender = gender
        return noun


class Words:
    """The words of one study in one language."""

    def __init__(self, study: Study, language: str):
        self.study, self.language = study, language
        self.own = study_labels(study.folder)
        self.signs = LANGUAGES[language]
        self.rtl, self.comma = self.signs.rtl, self.signs.comma

    # -- words --------------------------------------------------------------------------------

    def label(self, key: str, **parameters: Any) -> str:
        """Return the words of a key: the study's own label, its ``labels.csv``, then those of the package.

        Where a parameter is a noun whose gender is said, words of ``key.m`` or ``key.f`` go before those of ``key``.

        Raises
        ------
        FindingError
            ``E_NO_TEXT_LABEL`` if it has none in this language: no other language steps in.
        """
        genders = [value.gender for value in parameters.values() if isinstance(value, Noun) and value.gender]
        keys = [f"{key}.{genders[0]}", key] if genders else [key]
        for name in keys:
            note("word", name)
        sources = [source.get(name, {}) for source in (self.own, package_labels()) for name in keys]
        for source in (self.study.label(key), *sources):
            if words := self.said(source):
                return words.format(**self._written(parameters)) if parameters else words
        raise fail("E_NO_TEXT_LABEL", file="labels.csv", key=key, language=self.language)

    def _written(self, parameters: dict) -> dict:
        """Write the numbers among the parameters of a label, with the decimals that they have."""
        return {
            name: self.number(value, max(0, -int(Decimal(f"{value:.10g}").as_tuple().exponent)))
            if isinstance(value, int | float)
            else value
            for name, value in parameters.items()
        }

    def has(self, key: str) -> bool:
        """Tell whether a key has words in this language."""
        note("word", key)
        return bool(self.said(self.own.get(key, {})) or self.said(package_labels().get(key, {})))

    def said(self, words: dict[str, str]) -> str:
        """Return words of the study in this language (empty if there are none)."""
        alone = len(self.study.contract.study.languages) == 1
        return words.get(self.language, "") or (words.get("", "") if alone else "")

    def named(self, name: str) -> str:
        """Return the label of a part of the study; its name where it has none, as variables no table is about may."""
        return self.said(self.study.label(name)) or self.name(name)

    def value_label(self, variable: str, value: str) -> str:
        """Return the label of a value of a categorical variable: key ``variable.value``, or the value itself."""
        return self.label(f"{variable}.{value}") if self.has(f"{variable}.{value}") else value

    def noun(self, level: str, number: float | None = None, count: bool = True, decimals: int = 0) -> Noun:
        """Return the noun of a level: with its number in the right plural form, or alone in the plural."""
        noun = self.study.contract.units[level][self.language]
        if number is None:
            return Noun(getattr(noun, self.signs.alone) or noun.other, noun.gender)
        form = self.signs.form(number, decimals)
        word = getattr(noun, form)
        if form in self.signs.spoken and word:
            return Noun(word, noun.gender)  # the noun says its number itself
        word = word or noun.other
        return Noun(f"{self.number(number, decimals)}{NO_BREAK}{word}" if count else word, noun.gender)

    def unit(self, unit: str) -> str:
        """Return a unit in words: label ``unit.NAME``; a study of one language may leave it as it is written."""
        alone = len(self.study.contract.study.languages) == 1
        return unit if alone and not self.has(f"unit.{unit}") else self.label(f"unit.{unit}")

    def _after(self, key: str, number: float, decimals: int) -> str:
        """Return a unit in the form that a number before it asks for (``key.few``, else ``key.other``), or nothing."""
        forms = (f"{key}.{form}" for form in (self.signs.form(number, decimals), "other"))
        return next((self.label(name) for name in forms if self.has(name)), "")

    # -- numbers ------------------------------------------------------------------------------

    def name(self, text: str) -> str:
        """Keep a name or sentence of another script in its own order inside right-to-left text."""
        return self.signs.isolate_name(text)

    def isolate(self, text: str) -> str:
        """Keep a number or code in its own order inside right-to-left text."""
        return self.signs.isolate(text)

    def number(self, value: float | None, decimals: int) -> str:
        """Write a number; a value that rounds to zero has no sign; missing is a dash."""
        from babel.numbers import format_decimal

        if value is None or math.isnan(value):
            return "–"
        if math.isinf(value):
            return self.isolate(("" if value > 0 else MINUS) + "∞")
        rounded = round(float(value), decimals) + 0.0
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        sign = MINUS if rounded < 0 else ""
        return self.isolate(sign + format_decimal(abs(rounded), pattern, locale=self.signs.numbers))

    def count(self, value: float) -> str:
        """Write a whole number."""
        return self.number(value, 0)

    def percent(self, share: float, decimals: int = 0) -> str:
        """Write a share (0 to 1) in per cent; the sign never stands on a line of its own."""
        text = self.number(100 * share, decimals)
        if text == "–":
            return text
        return self.isolate(f"{text.strip(ISOLATE + POP)}{NO_BREAK}%")

    def p_value(self, value: float | None) -> str:
        """Write a p-value with three decimals; a smaller one as below the last."""
        if value is None or math.isnan(value):
            return "–"
        if value >= 0.001:
            return self.number(value, 3)
        return self.isolate(f"<{NO_BREAK}{self.number(0.001, 3).strip(ISOLATE + POP)}")

    def measure(self, value: float | None, unit: str, decimals: int, effect: bool = False) -> str:
        """Write a number with its unit; a share in per cent, the difference of two shares in percentage points."""
        if value is None or math.isnan(value):
            return "–"
        if unit == SHARE:
            if not effect:
                return self.percent(value, decimals)
            return f"{self.number(100 * value, decimals)}{NO_BREAK}{self._after(POINTS, 100 * value, decimals)}"
        suffix = (self._after(f"unit.{unit}", value, decimals) or self.unit(unit)) if unit else ""
        return f"{self.number(value, decimals)}{NO_BREAK + suffix if suffix else ''}"

    def shown(self, value: float, unit: str, decimals: int) -> str:
        """Write a number without its unit, as in a table; shares are multiplied by 100."""
        return self.number(100 * value if unit == SHARE else value, decimals)

    def interval(self, low: float, high: float, unit: str, decimals: int) -> str:
        """Write an interval for a table."""
        if math.isnan(low) or math.isnan(high):
            return "–"
        return self.label("interval", low=self.shown(low, unit, decimals), high=self.shown(high, unit, decimals))

    def unit_in_table(self, unit: str, effect: bool = False) -> str:
        """Name the unit of a table row."""
        if unit == SHARE:
            return self.label(POINTS if effect else "percent")
        return self.unit(unit) if unit else "–"

    def date(self, day: str | date) -> str:
        """Write a date in words; empty stays empty."""
        from babel.dates import format_date

        if not day:
            return ""
        day = date.fromisoformat(day) if isinstance(day, str) else day
        return format_date(day, "long", locale=self.signs.dates)

    def listed(self, items: list[str]) -> str:
        """Join words: a, b and c."""
        from babel.lists import format_list

        return format_list(items, locale=self.signs.dates) if items else "–"

    def parts(self, items: list[str]) -> str:
        """Join parts of a sentence by a semicolon."""
        return self.signs.semicolon.join(items)


def family_label(name: str, words: Words) -> str:
    """Return the label of a family of outcomes, or its name where it has none."""
    return words.said(words.study.contract.families[name].label) or words.name(name)


def noun_of_each(level: str, words: Words) -> Noun:
    """Return the noun of a level as it stands after "each": in Arabic not the form that says one by itself."""
    noun = words.study.contract.units[level][words.language]
    return Noun(noun.other if "one" in words.signs.spoken else noun.one, noun.gender)


def shared_head(texts: list[str]) -> tuple[str, list[str]]:
    """Part what all texts say before a colon, if they do, from what each says after it."""
    heads = {text.partition(": ")[0] for text in texts}
    if len(heads) > 1 or not all(": " in text for text in texts):
        return "", texts
    return heads.pop().rstrip(), [text.partition(": ")[2] for text in texts]


def size_in_words(value: float, unit: str, decimals: int, words: Words) -> str:
    """Write the size of a difference with its unit; one that rounds to zero as less than its last digit."""
    scale = 100 if unit == SHARE else 1
    if round(scale * value, decimals) == 0:
        return words.label("overturn.below", size=words.measure(10**-decimals / scale, unit, decimals, effect=True))
    return words.measure(value, unit, decimals, effect=True)


def month_in_words(month: str, words: Words) -> tuple[str, str]:
    """Return the name and the year of a month written ``2001-10``."""
    from babel.dates import format_date

    day = date.fromisoformat(f"{month}-01")
    return format_date(day, "LLL", locale=words.signs.dates), words.isolate(str(day.year))
