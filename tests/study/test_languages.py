"""One registry of languages: each has its signs and its words; one that is still being translated is said in English."""

import csv
import json
import subprocess
import sys
from dataclasses import replace

import pytest

from coops.report.page import direction
from coops.study import languages
from coops.study.findings import messages
from coops.study.labels import lacking, package_labels
from coops.study.languages import LANGUAGES, SOURCE, catalogue, language_of, package_text, stand_in
from coops.study.load import load
from tests import made


@pytest.fixture
def spanish(monkeypatch):
    """A language that is still being translated."""
    monkeypatch.setitem(LANGUAGES, "es", replace(LANGUAGES["fr"], code="es", complete=False))


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_complete_language_has_all_words(code):
    """Labels, messages and the longer texts; what is not complete says so in the registry."""
    assert not LANGUAGES[code].complete or lacking(code) == []
    for folder in ("report/text", "report/unit", "collect/guide"):
        assert package_text(folder, code)


def test_signs():
    """Of a right-to-left language and of French, as their grammars have them."""
    assert [code for code, language in LANGUAGES.items() if language.rtl] == ["ar"]
    assert LANGUAGES["ar"].comma == "، " and LANGUAGES["fr"].colon == "\u00a0: "
    assert direction("ar-MA") == "rtl" and direction("de") == "ltr"
    assert LANGUAGES["ar"].isolate("12") == "\u206612\u2069" and LANGUAGES["fr"].isolate("12") == "12"
    assert language_of("xx") is LANGUAGES[SOURCE]


@pytest.mark.usefixtures("spanish")
def test_english_stands_in_only_for_what_is_not_there():
    """A word that is there stays; where there is no English either nothing is made up."""
    assert stand_in({"en": "yes", "fr": "oui"}) == {"en": "yes", "fr": "oui", "es": "yes"}
    assert stand_in({"en": "yes", "es": "sí"})["es"] == "sí"
    assert stand_in({"fr": "oui"}) == {"fr": "oui"}
    assert package_text("report/text", "es") == package_text("report/text", "en")


def test_a_complete_language_is_not_stood_in_for():
    """French is complete: what a study does not say in it is a fault, not English."""
    assert stand_in({"en": "yes"}) == {"en": "yes"}


PARTLY = """
import json, sys
from dataclasses import replace
from pathlib import Path
from coops.study.languages import LANGUAGES
LANGUAGES["es"] = replace(LANGUAGES["fr"], code="es", name="Español", complete=False, numbers="es_ES", dates="es_ES")
from coops.field_data.receive import receive
from coops.show.language import Words
from coops.study.load import load
study = load(Path(sys.argv[1]))
words = Words(study, "es")
said = [words.label("after"), words.label("before"), words.label("percent"), words.noun("person", 2), words.number(1.5, 1)]
told = [finding for finding in receive(study).findings if finding.code == "W_LANGUAGE"]
print(json.dumps([said, [(finding.severity, finding.parameters, finding.text("es")) for finding in told]]))
"""


def test_a_study_in_a_language_without_words(tmp_path):
    """It loads, says everything in English with the signs of the language, and tells it once, with the number of words.

    In a process of its own: the registry is read before the schema is.
    """
    toml = made.TOML.replace('languages = ["en"]', 'languages = ["en", "es"]')
    toml = toml.replace('label = "after"', 'label = { en = "after", es = "después" }')
    for text in ("A made study", "before", "without books", "with books"):
        toml = toml.replace(f'"{text}"\n', f'{{ en = "{text}" }}\n', 1)
    folder = made.study(tmp_path / "made", toml)
    run = subprocess.run([sys.executable, "-c", PARTLY, str(folder)], capture_output=True, check=True, encoding="utf-8")
    listed, ((severity, parameters, text),) = json.loads(run.stdout)
    assert listed == ["después", "before", package_labels()["percent"]["en"], "2\u00a0pupils", "1,5"]
    assert (severity, parameters["language"]) == ("warning", "es")
    total = len(catalogue("labels", "key")) + len(catalogue("messages", "code"))
    assert parameters["number"] == total and text == messages()["W_LANGUAGE"]["en"].format(**parameters)


def test_a_language_that_is_not_known(tmp_path):
    """It is refused, and those that are known are named."""
    folder = made.study(tmp_path, made.changed(('languages = ["en"]', 'languages = ["en", "eo"]')))
    assert "'en', 'fr' or 'ar'" in made.refused(load, folder)[0].parameters["expected"]


def test_words_in_a_file_of_their_own(tmp_path, monkeypatch):
    """A language may have its words in one more file; a word that is there twice is refused."""
    monkeypatch.setattr(languages, "PACKAGE", tmp_path)
    (tmp_path / "show").mkdir()
    rows = {"labels.csv": [["key", "en"], ["yes", "yes"]], "labels.es.csv": [["key", "es"], ["yes", "sí"]]}
    for name, lines in rows.items():
        with (tmp_path / "show" / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)
    assert catalogue("labels", "key") == {"yes": {"en": "yes", "key": "yes", "es": "sí"}}
    (tmp_path / "show" / "labels.more.csv").write_text("key,en\nyes,yes!\n", encoding="utf-8")
    with pytest.raises(ValueError, match="yes has words in en twice"):
        catalogue("labels", "key")
