"""Words, numbers and signs in English, French and Arabic (rules: the glossary of the project)."""

import csv
import math
import re
import string
from pathlib import Path

import pytest

from coops.show.language import Words, noun_of_each
from coops.study.findings import Finding, FindingError, messages
from coops.study.labels import package_labels
from coops.study.languages import LANGUAGES
from coops.study.load import load
from tests import made

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "coops"
NBSP, THIN, MINUS, LRI, FSI, POP = "\u00a0", "\u202f", "\u2212", "\u2066", "\u2068", "\u2069"
ONE_TITLE = 'title = "A made study"\nlabel = "DEMONSTRATION"\nlanguages = ["en"]'
TITLES = """title = { en = "A made study", fr = "Une étude fictive", ar = "دراسة توضيحية" }
label = "DEMONSTRATION"
languages = ["en", "fr", "ar"]"""
NOUNS = """fr = { one = "femme", other = "femmes", many = "de femmes", gender = "f" }
ar = { zero = "امرأة", one = "امرأة واحدة", two = "امرأتان", few = "نساء", many = "امرأة", other = "امرأة" }
"""
MONTHS = """fr = { one = "mois", other = "mois" }
ar = { zero = "شهر", one = "شهر واحد", two = "شهران", few = "أشهر", many = "شهرا", other = "شهر" }
"""
LABELS = {
    '"before"': '{ en = "before", fr = "avant", ar = "قبل" }',
    '"after"': '{ en = "after", fr = "après", ar = "بعد" }',
    '"without books"': '{ en = "without books", fr = "sans livres", ar = "دون كتب" }',
    '"with books"': '{ en = "with books", fr = "avec livres", ar = "مع كتب" }',
}
CODEBOOK = """table,name,type,unit,decimals,allowed,range,label_en,label_fr,label_ar
pupils,pupil,text,,,,,pupil,élève,التلميذ
pupils,wave,text,,,,,wave,passage,الجولة
pupils,school,text,,,,,school,école,المدرسة
pupils,given,category,,,0|1,,books given,livres reçus,كتب ممنوحة
pupils,score,number,points,1,,0..100,score,note,النقطة
pupils,age,number,years,1,,,age,âge,السن
"""
UNITS = """key,en,fr,ar
unit.points,points,points,نقطة
unit.points.few,points,points,نقط
unit.mad,MAD,DH,درهم
"""


def toml() -> str:
    """The made study in three languages, with women and months as the nouns of its levels."""
    text = made.TOML.replace(ONE_TITLE, TITLES)
    text = text.replace(
        'en = { one = "pupil", other = "pupils" }\n', 'en = { one = "woman", other = "women" }\n' + NOUNS
    )
    text = text.replace(
        'en = { one = "school", other = "schools" }\n', 'en = { one = "month", other = "months" }\n' + MONTHS
    )
    for before, after in LABELS.items():
        text = text.replace(f"label = {before}", f"label = {after}")
    return text


@pytest.fixture(scope="module")
def words(tmp_path_factory) -> dict[str, Words]:
    """The words of the made study, a language each."""
    folder = made.study(tmp_path_factory.mktemp("words"), toml(), CODEBOOK)
    (folder / "labels.csv").write_text(UNITS, encoding="utf-8")
    study = load(folder)
    return {language: Words(study, language) for language in LANGUAGES}


def isolated(text: str) -> str:
    """A number as it stands in Arabic text."""
    return f"{LRI}{text}{POP}"


def closed(text: str) -> bool:
    """Every isolate that is opened is closed, in the same paragraph."""
    depth = 0
    for sign in text:
        depth += (sign in (LRI, FSI)) - (sign == POP)
        if depth < 0 or (sign == "\n" and depth):
            return False
    return depth == 0


# -- nouns --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "english", "french", "arabic"),
    [
        (0, "0_women", "0_femme", "0_امرأة"),
        (1, "1_woman", "1_femme", "امرأة واحدة"),
        (2, "2_women", "2_femmes", "امرأتان"),
        (3, "3_women", "3_femmes", "3_نساء"),
        (11, "11_women", "11_femmes", "11_امرأة"),
        (18, "18_women", "18_femmes", "18_امرأة"),
        (43, "43_women", "43_femmes", "43_امرأة"),
        (100, "100_women", "100_femmes", "100_امرأة"),
        (508, "508_women", "508_femmes", "508_نساء"),
        (1042, "1,042_women", "1|042_femmes", "1|042_امرأة"),
        (1_000_000, "1,000,000_women", "1|000|000_de femmes", "1|000|000_امرأة"),
    ],
)
def test_a_number_with_its_noun(words, number, english, french, arabic):
    """Arabic: the noun says one and two by itself, the digits of the others are isolated."""
    arabic = re.sub(r"^[0-9|]+", lambda hit: isolated(hit[0]), arabic)
    for language, expected in zip(LANGUAGES, (english, french, arabic), strict=True):
        assert words[language].noun("person", number) == expected.replace("_", NBSP).replace("|", THIN)


@pytest.mark.parametrize(
    ("number", "arabic"),
    [(0, "شهر"), (3, "أشهر"), (11, "شهرا"), (18, "شهرا"), (43, "شهرا"), (100, "شهر"), (508, "أشهر"), (1042, "شهرا")],
)
def test_arabic_plural_forms_that_differ(words, number, arabic):
    """Of women, many and other are the same word; of months they are not."""
    assert words["ar"].noun("group", number, count=False) == arabic


def test_decimals_and_nouns(words):
    """French says 1.5 in the singular; Arabic decimals ask for ``other``, even 2.0 and 3.0; English 1.0 is plural."""
    nouns = {language: words[language].noun("group", 1.5, decimals=1) for language in LANGUAGES}
    assert nouns == {"en": f"1.5{NBSP}months", "fr": f"1,5{NBSP}mois", "ar": f"{isolated('1,5')}{NBSP}شهر"}
    assert words["fr"].signs.form(1.5, 1) == words["fr"].signs.form(0) == "one"
    assert words["fr"].signs.form(2.0, 1) == "other"
    assert [words["ar"].signs.form(number, 1) for number in (0.0, 1.0, 2.0, 3.0, 11.0)] == ["other"] * 5
    assert words["en"].signs.form(1.0, 1) == "other"
    assert words["ar"].signs.form(-3) == "few"


def test_a_noun_without_a_dual_keeps_its_number(tmp_path):
    """Without the form for two, the number must be said."""
    text = toml().replace('two = "امرأتان", ', "")
    words = Words(load(made.study(tmp_path, text, CODEBOOK)), "ar")
    assert words.noun("person", 2) == f"{isolated('2')}{NBSP}امرأة"


def test_a_noun_alone_is_plural(words):
    """Without a number: several of them."""
    assert [words[language].noun("person") for language in LANGUAGES] == ["women", "femmes", "نساء"]


# -- numbers ------------------------------------------------------------------------------------


def test_thousands(words):
    """A comma in English, a narrow no-break space in French and Arabic; never a full stop."""
    assert words["en"].count(1042) == "1,042"
    assert words["fr"].count(1042) == f"1{THIN}042"
    assert words["ar"].count(1042) == isolated(f"1{THIN}042")
    assert words["ar"].number(1042.5, 1) == isolated(f"1{THIN}042,5")


def test_negative_numbers(words):
    """The minus sign is U+2212 and stays before its number."""
    assert [words[language].number(-12.3, 1) for language in LANGUAGES] == [
        f"{MINUS}12.3",
        f"{MINUS}12,3",
        isolated(f"{MINUS}12,3"),
    ]


def test_what_rounds_to_zero_has_no_sign(words):
    """Minus nothing is nothing; what is missing is a dash; what has no end says so."""
    assert words["en"].number(-0.04, 1) == "0.0"
    numbers = (math.nan, None, math.inf, -math.inf)
    assert [words["en"].number(number, 1) for number in numbers] == ["–", "–", "∞", f"{MINUS}∞"]


def test_per_cent(words):
    """A no-break space before the sign, in every language; isolated with its sign in Arabic."""
    assert [words[language].percent(0.12) for language in LANGUAGES] == [
        f"12{NBSP}%",
        f"12{NBSP}%",
        isolated(f"12{NBSP}%"),
    ]
    assert words["fr"].percent(0.125, 1) == f"12,5{NBSP}%"
    assert words["ar"].percent(math.nan) == "–"


def test_percentage_points(words):
    """The difference of two shares; the form follows the number as it is shown."""
    assert words["en"].measure(0.06, "share", 0, effect=True) == f"6{NBSP}percentage points"
    assert words["en"].measure(0.01, "share", 0, effect=True) == f"1{NBSP}percentage point"
    assert words["fr"].measure(-0.015, "share", 1, effect=True) == f"{MINUS}1,5{NBSP}point de pourcentage"
    assert words["fr"].measure(0.06, "share", 0, effect=True) == f"6{NBSP}points de pourcentage"
    assert words["ar"].measure(0.06, "share", 0, effect=True) == f"{isolated('6')}{NBSP}نقط مئوية"
    assert words["ar"].measure(0.02, "share", 1, effect=True) == f"{isolated('2,0')}{NBSP}نقطة مئوية"
    assert words["ar"].unit_in_table("share", effect=True) == "نقط مئوية"


def test_units(words, tmp_path):
    """Units are words of the study; one that has a form for few uses it."""
    assert words["fr"].measure(1250, "mad", 0) == f"1{THIN}250{NBSP}DH"
    assert words["ar"].measure(1250, "mad", 0) == f"{isolated(f'1{THIN}250')}{NBSP}درهم"
    assert words["ar"].measure(5, "points", 0) == f"{isolated('5')}{NBSP}نقط"
    assert words["ar"].measure(5, "points", 1) == f"{isolated('5,0')}{NBSP}نقطة"
    assert words["ar"].measure(5, "", 1) == isolated("5,0")
    assert Words(load(made.study(tmp_path)), "en").measure(5, "points", 1) == f"5.0{NBSP}points"


def test_intervals(words):
    """Words between the ends, never a dash; each end is isolated in Arabic."""
    assert words["en"].interval(-3.1, 8.2, "points", 1) == f"{MINUS}3.1 to 8.2"
    assert words["fr"].interval(-3.1, 8.2, "points", 1) == f"de {MINUS}3,1 à 8,2"
    assert words["ar"].interval(-3.1, 8.2, "points", 1) == f"من {isolated(f'{MINUS}3,1')} إلى {isolated('8,2')}"
    assert words["en"].interval(-0.031, 0.082, "share", 1) == f"{MINUS}3.1 to 8.2"
    interval = words["ar"].label("interval_words", low=words["ar"].number(-3.1, 1), high=words["ar"].number(8.2, 1))
    assert interval == f"بين {isolated(f'{MINUS}3,1')} و{isolated('8,2')}"
    assert words["ar"].interval(math.nan, math.nan, "points", 1) == "–"


def test_p_values(words):
    """Three decimals; a smaller one is below the last."""
    assert [words[language].p_value(0.0312) for language in LANGUAGES] == ["0.031", "0,031", isolated("0,031")]
    assert [words[language].p_value(0.00012) for language in LANGUAGES] == [
        "<\u00a00.001",
        "<\u00a00,001",
        isolated("<\u00a00,001"),
    ]
    assert words["fr"].p_value(math.nan) == "–"


def test_numbers_in_labels(words):
    """A number that a label quotes is written as any other, with the decimals that it has."""
    assert words["en"].label("head.interval", level=95.0) == "95 % interval"
    assert words["fr"].label("head.interval", level=99.5) == f"Intervalle à 99,5{NBSP}%"
    assert isolated("95") in words["ar"].label("head.interval", level=95.0)


# -- dates, lists, names ------------------------------------------------------------------------


def test_dates(words):
    """Days in words, months as in Morocco."""
    dates = [words[language].date("2014-10-14") for language in LANGUAGES]
    assert dates == ["14 October 2014", "14 octobre 2014", "14 أكتوبر 2014"]
    months = [words["ar"].date(f"2014-{month:02d}-01").split()[1] for month in range(1, 13)]
    assert months == "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر".split()
    assert words["ar"].date("") == ""


def test_lists(words):
    """British English has no comma before and; Arabic joins by و."""
    assert words["en"].listed(["a", "b", "c"]) == "a, b and c"
    assert words["fr"].listed(["a", "b", "c"]) == "a, b et c"
    assert words["ar"].listed(["كتب", "دفاتر"]) == "كتب ودفاتر"
    assert [words[language].listed([]) for language in LANGUAGES] == ["–"] * 3
    assert [words[language].parts(["a", "b"]) for language in LANGUAGES] == ["a; b", f"a{THIN}; b", "a؛ b"]


def test_names_of_another_script(words):
    """A citation stays whole inside Arabic text, and as it is elsewhere."""
    assert words["ar"].name("Holzer (1993).") == f"{FSI}Holzer (1993).{POP}"
    assert words["fr"].name("Holzer (1993).") == "Holzer (1993)."
    assert words["ar"].name("") == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_isolates_are_closed(words, language):
    """In numbers, measures, intervals, labels and findings."""
    own = words[language]
    texts = [own.number(-1042.5, 1), own.count(7), own.percent(-0.5), own.p_value(0.00001), own.noun("person", 508)]
    texts += [
        own.measure(-1.5, "points", 1),
        own.interval(-math.inf, 3, "points", 1),
        own.label("head.interval", level=95.0),
    ]
    texts += [Finding("E_RANGE", column="age", key="p1", parameters={"low": -1, "high": 9}).text(language)]
    assert all(closed(text) for text in texts)
    assert any(sign in "".join(texts) for sign in (LRI, FSI)) == (language == "ar")


def test_a_finding_isolates_what_it_quotes():
    """Field names and values keep their own order in an Arabic sentence; in French nothing is put in."""
    finding = Finding("E_NOT_A_NUMBER", column="income_mad", key="c01|p3")
    assert f"{FSI}income_mad{POP}" in finding.text("ar") and f"{FSI}c01|p3{POP}" in finding.text("ar")
    assert "income_mad (c01|p3)" in finding.text("fr")


# -- no other language steps in -----------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_label_is_a_finding(words, language):
    """It names the key and the language."""
    with pytest.raises(FindingError) as caught:
        words[language].label("unit.hectares")
    assert [(fault.code, fault.key, fault.parameters["language"]) for fault in caught.value.findings] == [
        ("E_NO_TEXT_LABEL", "unit.hectares", language)
    ]


def test_no_other_language_steps_in(tmp_path):
    """A label that exists in English and Arabic only is missing in French; so is a unit without words."""
    folder = made.study(tmp_path, toml(), CODEBOOK)
    study = load(folder)
    (folder / "labels.csv").write_text("key,en,fr,ar\nhello,Hello,,مرحبا\n", encoding="utf-8")
    assert Words(study, "en").label("hello") == "Hello"
    for what in (lambda: Words(study, "fr").label("hello"), lambda: Words(study, "fr").measure(5, "points", 1)):
        with pytest.raises(FindingError) as caught:
            what()
        assert [fault.code for fault in caught.value.findings] == ["E_NO_TEXT_LABEL"]


# -- the catalogues -----------------------------------------------------------------------------


CATALOGUES = [*sorted(PACKAGE.glob("*/labels.csv")), PACKAGE / "study" / "messages.csv"]


def catalogue(path: Path) -> list[dict[str, str]]:
    """Read a file of words of the package."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def placeholders(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


ROWS = [(f"{path.parent.name}/{path.name}", row) for path in CATALOGUES for row in catalogue(path)]


def bad_rows(is_bad) -> list[str]:
    """Name the rows of the catalogues of which something is true: file and key."""
    return [f"{file}: {next(iter(row.values()))}" for file, row in ROWS if is_bad(row)]


def test_every_row_has_every_complete_language():
    """With the same placeholders, no cell too many, and no invisible isolate in the file."""
    complete = [code for code, language in LANGUAGES.items() if language.complete]
    assert not bad_rows(lambda row: None in row)
    assert not bad_rows(lambda row: not all(row[language] for language in complete))
    assert not bad_rows(lambda row: len({frozenset(placeholders(row[language])) for language in complete}) > 1)
    assert not bad_rows(lambda row: re.search(f"[{LRI}{FSI}{POP}]", "".join(row.values())))


def test_french_typography():
    """Spaces before high signs, no straight apostrophe."""
    wrong = f"[^{THIN}][;!?]| [:»%]|«[^{NBSP}]|[^{NBSP}]»|'"
    assert not bad_rows(lambda row: re.search(wrong, row["fr"]))


def test_arabic_typography():
    """European digits, no elongation; its own comma, semicolon and question mark outside names in Latin script."""
    latin = r"\{\w+\}|[A-Za-z][\w /.,:<>{}-]*"
    assert not bad_rows(lambda row: re.search("[\u0640٠-٩]", row["ar"]))
    assert not bad_rows(lambda row: re.search(r"[,;?]", re.sub(latin, "", re.sub(r"\{\w+\}", "", row["ar"]))))


def test_keys_stand_once():
    """A second row would hide the first: within a file, and between the files of two folders."""
    keys = [row["key"] for path in CATALOGUES[:-1] for row in catalogue(path)]
    assert len(keys) == len(set(keys)), sorted({key for key in keys if keys.count(key) > 1})
    assert set(package_labels()) == set(keys) and len(CATALOGUES) > 10
    codes = [row["code"] for row in catalogue(CATALOGUES[-1])]
    assert len(codes) == len(set(codes)) and set(messages()) == set(codes)


def test_words_of_a_question_lie_in_its_folder():
    """Captions of exhibits stand where the exhibit is, headings of one exhibit in the same file; none is shared."""
    for path in CATALOGUES[:-1]:
        captions = {row["key"] for row in catalogue(path) if row["key"].count(".") == 0}
        for row in catalogue(path):
            head = row["key"].split(".")[0]
            if head.startswith(("tab_", "fig_")):
                assert path.parent.name != "show" and head in captions, f"{path.parent.name}: {row['key']}"


@pytest.mark.parametrize(
    ("language", "level", "key", "expected"),
    [
        ("fr", "person", "head.reached", "Touchées (femmes)"),
        ("fr", "group", "head.reached", "Touchés (mois)"),
        ("ar", "group", "tab_dose", "ما حصل عليه كل شهر، كتوزيع"),
        ("ar", "person", "tab_dose", "ما حصلت عليه كل امرأة، كتوزيع"),
        ("ar", "group", "fig_dose", "قدر الدعم الذي حصل عليه كل شهر"),
        ("en", "group", "head.reached", "Reached (months)"),
    ],
)
def test_words_agree_with_the_gender_of_their_noun(tmp_path, language, level, key, expected):
    """A month is masculine in French and Arabic, a woman is feminine; where no gender is said the usual words stand."""
    text = toml().replace('other = "mois" }', 'other = "mois", gender = "m" }')
    text = text.replace('many = "شهرا", other = "شهر" }', 'many = "شهرا", other = "شهر", gender = "m" }')
    words = Words(load(made.study(tmp_path, text, CODEBOOK)), language)
    noun = noun_of_each(level, words) if "dose" in key else words.noun(level)
    assert words.label(key, units=noun, unit=noun) == expected
    assert words.label(key, units="x", unit="x") == words.label(key, units=str(noun), unit=str(noun)).replace(noun, "x")


def test_a_study_has_its_own_words_for_a_gender(tmp_path):
    """Its words for a gender go before its other words, and these before all words of the package."""
    text = toml().replace('other = "mois" }', 'other = "mois", gender = "m" }')
    folder = made.study(tmp_path, text, CODEBOOK)
    labels = "key,en,fr,ar\nhead.reached,R,Vues,ر\nhead.reached.f,R,Atteintes,ر\n"
    (folder / "labels.csv").write_text(UNITS + labels.removeprefix("key,en,fr,ar\n"), encoding="utf-8")
    words = Words(load(folder), "fr")
    assert [words.label("head.reached", units=words.noun(level)) for level in ("person", "group")] == [
        "Atteintes",
        "Vues",
    ]
