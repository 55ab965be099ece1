"""Pages in three languages: a translator's round trip, and no word of another language anywhere on a page."""

import csv
import re
import shutil
from pathlib import Path

from coops.report.translation import to_check
from tests.real.adapter import command

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data" / "demo"
ARABIC = re.compile(r"[\u0600-\u06ff]{2,}")
# words that would betray another language; names, sources and codes are the same in all of them
FRENCH = {"le", "les", "des", "une", "du", "avec", "est", "pour", "dans", "sur", "femmes", "coopératives", "programme,"}
ENGLISH = {
    "the",
    "of",
    "and",
    "with",
    "women",
    "cooperatives",
    "between",
    "interval",
    "mean",
    "wave",
    "arm",
    "programme",
    "was",
    "is",
}


def words(text: str) -> set[str]:
    """Words of the prose; file names, keys, marks and addresses are none."""
    text = text.replace("Le Matin", " ")  # the name of a newspaper
    text = re.sub(r"`[^`]*`|\(\.\./[^)]*\)|https?://\S+|\{[^}]*=", " ", text)
    return set(re.findall(r"[^\W\d_]+", text.lower()))


def texts_of(root: Path, language: str) -> dict[str, str]:
    """All that a reader of a language sees: the page, and each table and figure with caption, note and description."""
    import json

    texts = {"page": (root / "report" / f"demo.{language}.md").read_text(encoding="utf-8")}
    for path in (root / "data" / "results" / "exhibits").glob("*.json"):
        for exhibit in json.loads(path.read_text(encoding="utf-8")):
            if exhibit["name"] not in ("tab_received", "tab_clean"):
                texts[exhibit["name"]] = " ".join(
                    exhibit[part][language] for part in ("caption", "note", "body", "alt") if part in exhibit
                )
    return texts


def test_no_word_of_another_language(demonstration):
    """Arabic letters on Arabic pages only; common English words not on French or Arabic ones, and the other way round.

    Left out: the tables of what was received, whose cells are names of tables and files.
    """
    _, root, _ = demonstration
    for name, text in texts_of(root, "en").items():
        assert not ARABIC.search(text), name
        assert not words(text) & FRENCH, name
    for name, text in texts_of(root, "fr").items():
        assert not ARABIC.search(text), name
        assert not words(text) & (ENGLISH - {"programme"}), name
    for name, text in texts_of(root, "ar").items():
        assert ARABIC.search(text), name
        assert not words(text) & (ENGLISH | FRENCH), name


def test_experts_and_survey_on_each_page(demonstration):
    """The same numbers of verdicts in each language, as many as the figure has marks; all of them add up."""
    _, root, _ = demonstration
    marks = len((root / "figures" / "04_experts.csv").read_text(encoding="utf-8").splitlines()) - 1
    for language, heading in (("en", "What experts"), ("fr", "Ce que disent"), ("ar", "ما يقوله الخبراء والبحث")):
        page = (root / "report" / f"demo.{language}.md").read_text(encoding="utf-8")
        start = page.index(f"## {heading}")
        prose = re.sub("[\u2066\u2069]", "", page[start : page.index("![", start)])
        total, agree, disagree, silent, near = map(int, re.findall(r"\d+", prose))
        assert total == marks == agree + disagree + silent and near <= total
        assert agree and disagree and silent  # the demonstration shows what each looks like


def test_a_translators_round_trip(demonstration, tmp_path):
    """One sentence of text/ar.md is changed: on the Arabic page that sentence changes, and on the others nothing."""
    study, root, _ = demonstration
    other = shutil.copytree(study, tmp_path / "study")
    path = other / "text" / "ar.md"
    before = path.read_text(encoding="utf-8")
    old, new = "الصدفة: عُرضت عدة نتائج،", "الصدفة: عُرضت نتائج كثيرة،"
    assert before.count(old) == 1
    path.write_text(before.replace(old, new), encoding="utf-8")
    shutil.copytree(root, tmp_path / "run")
    done = command("run", other, "--out", tmp_path / "run", "--from", "11")  # all before it are fresh
    assert done.returncode == 0, done.stdout + done.stderr
    for language in ("en", "fr", "ar"):
        mine = (tmp_path / "run" / "report" / f"demo.{language}.md").read_text(encoding="utf-8")
        theirs = (root / "report" / f"demo.{language}.md").read_text(encoding="utf-8")
        assert mine == (theirs.replace(old, new) if language == "ar" else theirs)
        for ending in ("pdf", "docx"):
            same = (tmp_path / "run/report" / f"demo.{language}.{ending}").read_bytes() == (
                root / "report" / f"demo.{language}.{ending}"
            ).read_bytes()
            assert same == (language != "ar"), f"{language} {ending}"


def test_the_texts_are_translated_as_the_english_now_is():
    """Nothing to check in the demonstration; a changed English sentence is reported as its section, in both languages."""
    english = (DEMO / "text" / "en.md").read_text(encoding="utf-8")
    for language in ("fr", "ar"):
        other = (DEMO / "text" / f"{language}.md").read_text(encoding="utf-8")
        assert to_check(english, other) == []
        assert to_check(english.replace("Chance: several outcomes are shown,", "Chance:"), other) == [
            "What would overturn this"
        ]
        assert braces(other) == braces(english)
        assert other.count("\n## ") == english.count("\n## ")


def braces(text: str) -> list[str]:
    """What stands in braces, without the words in quotes."""
    return sorted(re.sub(r'"[^"]*"', '""', hit) for hit in re.findall(r"\{[{%].*?[%}]\}", text))


def test_a_missing_translation_is_one_finding(demonstration, tmp_path):
    """A label without Arabic stops the run before it starts, with file, row and column; no other language steps in."""
    other = shutil.copytree(demonstration[0], tmp_path / "study")
    path = other / "codebook.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    for row in rows:
        if row["name"] == "self_skill":
            row["label_ar"] = ""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    done = command("run", other, "--out", tmp_path / "run")
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("E_NO_LABEL codebook.csv, row ") and "label_ar" in lines[0]


def test_the_run_names_all_reports(demonstration):
    """One line a notebook with its time, then the page, three PDFs, Word files and workbooks, and the annex."""
    lines = demonstration[2].splitlines()
    reports = ["Page", *["PDF"] * 3, *["DOCX"] * 3, *["XLSX"] * 3, "Annex"]
    assert [line.split(":")[0] for line in lines[-len(reports) :]] == reports
    assert all(re.search(r"\d\.\d s$", line) for line in lines[: -len(reports)])


def test_the_mark_is_everywhere(demonstration):
    """DEMONSTRATION DATA in the words of each language in every caption and on the page (each PDF page: test_pdf.py)."""
    _, root, _ = demonstration
    for language, mark in (
        ("en", "DEMONSTRATION DATA"),
        ("fr", "DONNÉES DE DÉMONSTRATION"),
        ("ar", "معطيات توضيحية غير حقيقية"),
    ):
        for name, text in texts_of(root, language).items():
            if not name.startswith(("tab_facts", "fig_facts", "tab_conflicts")):  # published facts are real
                assert mark in text, f"{name}, {language}"
