"""Translations of the default text: up to date, of the same build, and what they say."""

import re
from collections import Counter
from importlib import resources

import pytest

from coops.report.text import typed_digits
from coops.report.translation import hash_of, sections, stamp, to_check

TRANSLATIONS = ("fr", "ar")
ENGLISH = """# Title

## What was found

It {{ went }} up.

## Limits: what is not known

Little.
"""


def shipped(language: str) -> str:
    """The default text of a language."""
    return resources.files("coops.report").joinpath(f"text/{language}.md").read_text(encoding="utf-8")


def braces(text: str) -> Counter:
    """Every brace of a text, how often; what stands between quotation marks inside may be translated."""
    parts = re.findall(r"\{\{.*?\}\}|\{%.*?%\}", text, flags=re.DOTALL)
    return Counter(re.sub(r"words\(.*\)", lambda hit: re.sub(r'"[^"]*"', '""', hit[0]), part) for part in parts)


# -- the shipped texts --------------------------------------------------------------------------


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_shipped_translation_is_up_to_date(language):
    """A section named here has changed in English: look at it, mend it, then stamp the translation."""
    assert to_check(shipped("en"), shipped(language)) == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_shipped_translation_has_the_same_build(language):
    """As many sections, the same braces: what one language shows, all of them show."""
    assert len(sections(shipped(language))) == len(sections(shipped("en")))
    assert braces(shipped(language)) == braces(shipped("en"))


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_each_section_has_the_same_braces(language):
    """A number stands in the same section in every language."""
    ours, theirs = sections(shipped("en")).values(), sections(shipped(language)).values()
    assert [braces(section) for section in ours] == [braces(section) for section in theirs]


@pytest.mark.parametrize("language", ("en", *TRANSLATIONS))
def test_no_digit_is_typed(language):
    """Numbers come from the results."""
    assert typed_digits(shipped(language), f"text/{language}.md") == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_typography(language):
    """French spaces and apostrophes; Arabic signs."""
    prose = re.sub(r"\{%.*?%\}|\{#.*?#\}", "§", shipped(language))
    prose = re.sub(r"\{\{(.*?)\}\}", lambda hit: "".join(re.findall(r"words\((.*)\)", hit[1])) or "§", prose)
    if language == "fr":
        assert not re.search("[^\u202f][;!?]|[^\u00a0]:|«[^\u00a0]|'", prose)
    else:
        assert not re.search('[;?\u0640٠-٩]|(?<!"),', prose)


@pytest.mark.parametrize(
    ("language", "claimed"),
    [("en", r"\b(effects?|impacts?)\b"), ("fr", r"\b(effets?|impacts?|grâce)\b"), ("ar", "أثر|آثار|بفضل|الوقع")],
)
def test_words_that_no_default_text_may_use(language, claimed):
    """The same text serves studies without a comparison group: no effect, no impact, no thanks to."""
    prose = re.sub(r"\{%.*?%\}|shown\(.*?\)", "", shipped(language))
    assert not re.search(claimed, prose, flags=re.IGNORECASE)


# -- how changes are found ----------------------------------------------------------------------


def test_sections():
    """From one heading to the next; what stands before the first is the head."""
    parts = sections(ENGLISH)
    assert list(parts) == ["head", "What was found", "Limits: what is not known"]
    assert parts["What was found"] == "## What was found\n\nIt {{ went }} up.\n\n"
    assert "".join(parts.values()) == ENGLISH


def test_hash():
    """First 8 digits of sha256 ("a b" → c8687a08…, from sha256sum); how lines are broken does not count."""
    assert hash_of("a b") == hash_of(" a\n\n  b\n") == "c8687a08"


def test_a_changed_sentence_is_reported_as_its_section():
    """Exactly that one, by its English heading."""
    translated = stamp(ENGLISH, "# Titre\n")
    assert to_check(ENGLISH, translated) == []
    assert to_check(ENGLISH.replace("up.", "down."), translated) == ["What was found"]
    assert to_check(ENGLISH.replace("Little.", "Nothing."), translated) == ["Limits: what is not known"]
    assert to_check(ENGLISH.replace("# Title\n", "# A title\n", 1), translated) == ["head"]
    assert to_check(ENGLISH.replace("\n\nLittle", "\nLittle"), translated) == []


def test_a_changed_sentence_of_the_shipped_text():
    """In the section where it stands, in both translations."""
    changed = shipped("en").replace("An interval that covers zero does not show", "An interval over zero does not show")
    assert changed != shipped("en")
    assert [to_check(changed, shipped(language)) for language in TRANSLATIONS] == [["limits"]] * 2


def test_sections_come_and_go():
    """A new section is to be translated, one that is gone is to be taken out."""
    translated = stamp(ENGLISH, "# Titre\n")
    assert to_check(ENGLISH + "\n## New\n\nMore.\n", translated) == ["New"]
    assert to_check(ENGLISH.replace("## What was found\n\nIt {{ went }} up.\n\n", ""), translated) == ["what-was-found"]


def test_a_text_without_hashes_is_all_to_be_checked():
    """Nobody has said what it translates."""
    assert to_check(ENGLISH, "# Titre\n") == ["head", "What was found", "Limits: what is not known"]


def test_stamp():
    """The comment comes first, is replaced by the next one, and nothing else changes."""
    first = stamp(ENGLISH, "# Titre\n")
    comment, rest = first.split("\n", 1)
    assert re.fullmatch(
        r"\{#- translates: head=[0-9a-f]{8} what-was-found=[0-9a-f]{8} limits-what-is-not-known=[0-9a-f]{8} -#\}",
        comment,
    )
    assert rest == "# Titre\n"
    assert stamp(ENGLISH, first) == first
    assert stamp(ENGLISH.replace("up", "down"), first) != first
    assert stamp(ENGLISH, stamp(ENGLISH.replace("up", "down"), first)) == first
