"""The section of the page on experts and the survey: default texts, three languages, with experts and no scorecard."""

import csv
import re
import shutil

import pytest

from tests.checkout import ROOT
from tests.real.adapter import command

DEMO = ROOT / "data" / "demo"
HEADINGS = {
    "en": "## What experts and the survey say together",
    "fr": "## Ce que disent ensemble les experts et l’enquête",
    "ar": "## ما يقوله الخبراء والبحث معا",
}
SILENT = {"en": "not scored", "fr": "non noté", "ar": "غير منقَّط"}


def section(page: str, language: str) -> str:
    """From the heading of the section to the next one."""
    start = page.index(HEADINGS[language])
    return page[start : page.index("\n## ", start)]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The demonstration without its scorecard and its own texts."""
    folder = tmp_path_factory.mktemp("unscored") / "study"
    shutil.copytree(DEMO, folder)
    shutil.rmtree(folder / "text")
    (folder / "diagnosis.csv").unlink()
    text = (folder / "study.toml").read_text(encoding="utf-8")
    parts = re.split(r"(?m)^(?=\[[a-z])", text)
    gone = ("[diagnosis", "[robustness]", "[delivery", "[fieldwork")  # the last three say nothing of experts
    text = "".join(part for part in parts if not part.startswith(gone))
    (folder / "study.toml").write_text(re.sub(r"(?m)^(themes|facts) = .*\n", "", text), encoding="utf-8")
    done = command("run", folder, "--out", folder.parent / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder.parent / "run" / "report"


@pytest.mark.parametrize("language", HEADINGS)
def test_everything_is_silent(report, language):
    """Twelve findings of twelve themes and places, none of them scored: the page says so in words."""
    text = section((report / f"demo.{language}.md").read_text(encoding="utf-8"), language)
    prose = re.sub("[\u2066\u2069]", "", text[: text.index("![")])
    assert re.findall(r"\d+", prose) == ["12", "0", "0", "12", "0"]
    assert text.count(SILENT[language]) == 12
    assert f"04_experts.{language}.png" in text


@pytest.mark.parametrize("language", HEADINGS)
def test_no_quotation(report, language):
    """No text of a finding stands on the page, in whatever language."""
    page = (report / f"demo.{language}.md").read_text(encoding="utf-8")
    with (DEMO / "raw" / "expert_findings.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            assert not any(row[f"finding_{code}"] in page for code in HEADINGS), row["finding_id"]
