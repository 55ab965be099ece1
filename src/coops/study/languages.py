"""The languages: one row each of ``languages.csv``; one more needs no module, but that row and its words.

Words stand in every ``labels*.csv`` and ``messages*.csv`` of the package, a column a language, whichever file it is in;
longer texts in files named as the language. A language that is not ``complete`` is still being translated: what has no
words in it is said in English, in the package and in a study.
"""

import csv
import math
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
SOURCE = "en"  # the language that all words of the package exist in
ISOLATE, ISOLATE_NAME, POP = "\u2066", "\u2068", "\u2069"


@dataclass(frozen=True)
class Language:
    """A language and its signs.

    ``numbers``, ``dates``: locales of Babel; ``spelling``: that of the spelling checker. ``comma``, ``semicolon``,
    ``colon``: with their spaces. ``row``: the word for a row of a table. ``alone``: plural form of a noun without a
    number. ``spoken``: forms in which the noun says its number itself. ``decimals``: form that a number with decimals
    asks for, where CLDR has no rule.
    """

    code: str
    name: str
    complete: bool
    direction: str
    numbers: str
    dates: str
    spelling: str
    comma: str
    semicolon: str
    colon: str
    row: str
    alone: str
    spoken: tuple[str, ...]
    decimals: str

    @property
    def rtl(self) -> bool:
        """Tell whether it is written from right to left."""
        return self.direction == "rtl"

    def form(self, number: float, decimals: int = 0) -> str:
        """Return the plural form (CLDR, or the language's own of decimals) that a number asks for as it is shown."""
        from babel import Locale

        if math.isinf(number):
            return "other"
        if decimals and self.decimals:
            return self.decimals
        return Locale.parse(self.code).plural_form(Decimal(f"{abs(number):.{decimals}f}"))

    def isolate(self, text: str) -> str:
        """Keep a number or code in its own order inside right-to-left text."""
        return f"{ISOLATE}{text}{POP}" if self.rtl and text else text

    def isolate_name(self, text: str) -> str:
        """Keep a name or sentence of another script in its own order inside right-to-left text."""
        return f"{ISOLATE_NAME}{text}{POP}" if self.rtl and text else text


def _read() -> dict[str, Language]:
    text = Path(__file__).with_suffix(".csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    parsed = {"complete": lambda cell: cell == "yes", "spoken": lambda cell: tuple(filter(None, cell.split("|")))}
    names = [field.name for field in fields(Language)]
    return {row["code"]: Language(**{name: parsed.get(name, str)(row[name]) for name in names}) for row in rows}


LANGUAGES = _read()


def language_of(code: str) -> Language:
    """Return the language of a code, its region left out (``ar-MA``); one that is not known is written as English."""
    return LANGUAGES.get(code.split("-")[0], LANGUAGES[SOURCE])


def stand_in(words: dict) -> dict:
    """Let English stand in for a language that is still being translated."""
    lacking = [code for code, language in LANGUAGES.items() if not language.complete and not words.get(code)]
    return {**words, **dict.fromkeys(lacking, words[SOURCE])} if lacking and words.get(SOURCE) else words


def catalogue(stem: str, key: str) -> dict[str, dict[str, str]]:
    """Read words of the package as they are written: every ``stem*.csv``, one after the other; key → language → words.

    Raises
    ------
    ValueError
        If a key has words in a language twice (names both).
    """
    words: dict[str, dict[str, str]] = {}
    for path in sorted(PACKAGE.glob(f"*/{stem}*.csv")):
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            known = words.setdefault(row[key], {})
            for language, text in row.items():
                if language != key and known.get(language) and text:
                    raise ValueError(f"{path.name}: {row[key]} has words in {language} twice.")
                known[language] = text or known.get(language, "")
    return words


def package_text(folder: str, language: str) -> str | None:
    """Read a longer text of the package, ``folder/LANGUAGE.md``; nothing if a language that is complete has none."""
    path = PACKAGE / folder / f"{language}.md"
    if not path.is_file() and not LANGUAGES[language].complete:
        path = path.with_stem(SOURCE)
    return path.read_text(encoding="utf-8") if path.is_file() else None
