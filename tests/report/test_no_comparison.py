"""A study without comparison claims nothing of the programme: no impact, no effect, no because of, in any language."""

import re
import shutil

import pytest

from tests.checkout import ROOT
from tests.real.adapter import command

CLAIMS = {
    "en": r"\b(impact\w*|effects?|because of|caused by|thanks to|due to)\b",
    "fr": r"\b(impacts?|effets?|à cause d|grâce à|en raison d|dû à)",
    "ar": r"(أثر|تأثير|بسبب|بفضل|نتيجة ل)",
}
SPECIFICATION = """[specifications.before_after]
label = { en = "after against before", fr = "après par rapport à avant", ar = "البَعد مقارنة بالقَبل" }
estimator = "change"
headline = true
waves = ["endline"]
baseline = ["baseline"]
outcomes = ["income_real", "say", "self_skill", "wellbeing"]

"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The demonstration's data as a study that names no arms, with the default texts."""
    folder = tmp_path_factory.mktemp("alone") / "study"
    shutil.copytree(ROOT / "data" / "demo", folder)
    shutil.rmtree(folder / "text")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    parts = re.split(r"(?m)^(?=\[[a-z])", text)
    gone = ("[arms.", "[specifications.", "[samples.", "[robustness]", "[fieldwork]", "[families.")
    text = "".join(part for part in parts if not part.startswith(gone)) + "\n" + SPECIFICATION
    text = re.sub(r"(?m)^(arm|reference) = .*\n", "", text).replace('"not randomised"', '"no comparison"')
    text = re.sub(r"(?m)^(facts|sample) = .*\n", "", text)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    done = command("run", folder, "--out", folder.parent / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder.parent / "run" / "report"


@pytest.mark.parametrize("language", CLAIMS)
def test_nothing_is_claimed(report, language):
    """The results are there, with their direction, and none of the words."""
    page = (report / f"demo.{language}.md").read_text(encoding="utf-8")
    assert page.count("**") > 8 and len(page) > 2000
    claims = [hit[0] for hit in re.finditer(f"[^.\n]*{CLAIMS[language]}[^.\n]*", page, re.IGNORECASE)]
    assert not claims, claims


def test_the_words_are_looked_for(report):
    """The patterns find what they look for on a page that may say it."""
    default = (ROOT / "src" / "coops" / "report" / "text" / "en.md").read_text(encoding="utf-8")
    assert re.search(CLAIMS["en"], default, re.IGNORECASE)
