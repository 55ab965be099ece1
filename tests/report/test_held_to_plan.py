"""A study held to what it named beforehand: a family changed after the lock, and a finding that its family takes back."""

import csv

import numpy as np
import pytest

from coops.__main__ import main
from tests import made
from tests.real.adapter import command
from tests.show.test_language import CODEBOOK, UNITS, toml

OTHERS = [f"other_{letter}" for letter in "abcd"]
NAMES = ["score", *OTHERS]
FAMILY = """
[families.learning]
label = {{ en = "learning", fr = "apprentissage", ar = "التعلم" }}
outcomes = [{outcomes}]
confirmatory = true
"""
BOOK = CODEBOOK.replace("label_en", "direction,label_en").replace("0..100,score", "0..100,up,score")
BOOK = BOOK.replace(",,,,,", ",,,,,,").replace("0|1,,books", "0|1,,,books").replace("years,1,,,age", "years,1,,,,age")
BOOK += "".join(f"pupils,{name},number,points,1,,,up,{name},{name},مؤشر\n" for name in OTHERS)


def listed(names) -> str:
    return ", ".join(f'"{name}"' for name in names)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Fourteen schools; books help the score by chance-sized 2 points and nothing else; one outcome added after."""
    frame, random = made.pupils(14, 3), np.random.default_rng(12)
    after = frame["wave"] == "after"
    frame["score"] = (50 + random.normal(0, 2, len(frame)) + 2.2 * (after & (frame["given"] == 1))).round(1)
    for name in OTHERS:
        frame[name] = (50 + random.normal(0, 2, len(frame))).round(1)
    text = toml().replace('outcomes = ["score"]', f"outcomes = [{listed(NAMES)}]")
    family = FAMILY.format(outcomes=listed(NAMES[:-1]))
    folder = made.study(tmp_path_factory.mktemp("plan") / "study", text + family, BOOK, pupils=frame)
    (folder / "labels.csv").write_text(UNITS, encoding="utf-8")
    assert main(["lock", str(folder)]) == 0
    (folder / "study.toml").write_text(text + FAMILY.format(outcomes=listed(NAMES)), encoding="utf-8")
    done = command("run", folder, "--out", folder.parent / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder.parent / "run"


def page(root, language: str) -> str:
    return (root / "report" / f"made.{language}.md").read_text(encoding="utf-8")


WORDS = {
    "en": ("was changed after it was locked", "Table 11.1", "| changed", "Direction uncertain: the interval leaves out zero, but not"),
    "fr": ("a été modifié après son verrouillage", "Tableau 11.1", "| modifié", "Sens incertain\u00a0: l’intervalle exclut zéro, mais plus"),
    "ar": ("غُيّرت خطة التحليل بعد إقفالها", "الجدول \u206611.1\u2069", "| غُيّر", "اتجاه غير مؤكد: المجال لا يشمل الصفر، لكن ذلك لا يصمد"),
}  # fmt: skip


@pytest.mark.parametrize("language", WORDS)
def test_a_changed_family_is_a_deviation(root, language):
    """Before the first section a sentence with the table's number; at the end the table: place, kind, before and now."""
    changed, number, kind, _ = WORDS[language]
    text = page(root, language)
    first = text[: text.index("\n## ")]
    assert changed in first and number in first
    (line,) = [row for row in text.splitlines() if "families.learning.outcomes" in row]
    plain = line.replace("\\_", "_")
    assert kind in plain and plain.index(listed(NAMES[:-1]).replace('"', "")) < plain.index(
        listed(NAMES).replace('"', "")
    )
    assert text.index(line) > text.rindex("\n## ")
    for ending in ("pdf", "docx"):
        assert (root / "report" / f"made.{language}.{ending}").is_file()


def estimates(root) -> dict[str, dict[str, str]]:
    with (root / "data" / "results" / "07_impact.csv").open(encoding="utf-8", newline="") as file:
        return {row["outcome"]: row for row in csv.DictReader(file) if row["quantity"] == "effect"}


def test_the_case_is_the_one_meant(root):
    """The interval of the score leaves out zero, its adjusted p is above 5 %, and each has one."""
    frame = estimates(root)
    assert float(frame["score"]["conf_low"]) > 0 and float(frame["score"]["p_value_adjusted"]) > 0.05
    assert set(frame) == set(NAMES) and all(row["p_value_adjusted"] for row in frame.values())


@pytest.mark.parametrize("language", WORDS)
def test_the_word_is_uncertain_and_says_why(root, language):
    """In every language the page says no direction of the score, and that its family is why."""
    text = page(root, language)
    lines = [line for line in text.splitlines() if line.startswith("**")]
    doubts = [line for line in lines if WORDS[language][3] in line]
    assert len(doubts) == 1 and any(label in doubts[0] for label in ("score", "note", "النقطة"))
