"""``coops new`` without files: a folder from a design, and a guide of one page a language."""

import re
import shutil
import subprocess
from pathlib import Path

import docx
import pytest

from coops.__main__ import main
from coops.collect.new_study import guide, new
from coops.show.language import Words
from coops.study.languages import package_text
from coops.study.load import load
from tests import made
from tests.collect.test_forms import DEMO, TOML, write

LANGUAGES = ("en", "fr", "ar")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A field study of the shipped design."""
    folder = tmp_path_factory.mktemp("starting") / "spring"
    assert new(folder, DEMO, "FIELD") == 18
    return folder


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_says_what_there_is(language):
    """The workbook, each questionnaire, each sheet, groups before persons; the words of the workbook that comes back."""
    study = load(DEMO)
    words, text = Words(study, language), guide(Words(study, language), "spring.xlsx")
    named = re.findall("`([^`]+)`", text)
    tables = study.contract.tables
    ordered = [table for level in ("group", "person", "event") for table in tables if tables[table].level == level]
    assert [table for table in named if table in tables] == ordered
    assert "spring.xlsx" in named and {f"forms/{name}.xlsx" for name in study.contract.forms} <= set(named)
    assert words.label("book.sheet") in named and "to_mend.xlsx" in named
    sender = Words(study, study.contract.study.sender)
    for key in ("mend.head.new", "mend.head.by", "mend.head.on", "mend.drop", "mend.sheet.mend"):
        assert sender.label(key) in text, key
    assert words.noun("group") in text and words.noun("person") in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_typography(language):
    """French spaces; Arabic commas, and Latin names isolated; nothing left of the template."""
    text = guide(Words(load(DEMO), language), "spring.xlsx")
    assert "{{" not in text and "{%" not in text
    if language == "fr":
        assert not re.search("[^\u202f][;?!]| [:»]|«[^\u00a0]|'", text)
    if language == "ar":
        prose = re.sub("[\u2066\u2068][^\u2069]*\u2069", "", text)
        assert not re.search("[A-Za-z,;?\u0640]", prose)


def test_the_three_guides_say_the_same():
    """The same paragraphs, conditions and names from the program, in the same order."""

    def shape(language):
        text = package_text("collect/guide", language)
        paragraphs = [len(re.findall(r"(?m)^\*\*", text))]
        return paragraphs + re.findall(r"\{% (?:if|for|endif)[^%]*%\}|\b(?:code|listed)\([^)]*\)|\{\{ \w+ \}\}", text)

    assert shape("en") == shape("fr") == shape("ar")
    assert shape("en")[0] == 8


def test_no_form_no_word_of_forms(tmp_path):
    """A design without questionnaires has a guide without them."""
    toml = re.sub(r"\[forms\.visit\]\n.*\n.*\n", "", TOML)
    text = guide(Words(load(write(tmp_path, toml=toml)), "en"), "made.xlsx")
    assert "KoboToolbox" not in text and "questionnaire" not in text and "Fill in the workbook" in text


def test_the_guide_in_word(folder):
    """Arabic from right to left, paragraph by paragraph; the heading of the guide; no empty one."""
    for language in LANGUAGES:
        document = docx.Document(str(folder / f"guide.{language}.docx"))
        first = document.paragraphs[0]
        assert first.style.name == "Heading 1"
        bodies = [paragraph for paragraph in document.paragraphs if paragraph.text.strip()]
        assert len(bodies) == 9
        marked = [
            paragraph._p.pPr is not None and paragraph._p.pPr.find(docx.oxml.ns.qn("w:bidi")) is not None
            for paragraph in bodies
        ]
        assert all(marked) if language == "ar" else not any(marked)


@pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdfinfo")), reason="no LibreOffice: pages NOT counted"
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_is_one_page(folder, tmp_path, language):
    """As LibreOffice sets it."""
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    file = folder / f"guide.{language}.docx"
    run = subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(file)],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    if not (tmp_path / f"guide.{language}.pdf").is_file():
        pytest.skip(f"LibreOffice made no PDF: pages NOT counted: {run.stderr[-200:]}")
    run = subprocess.run(
        ["pdfinfo", str(tmp_path / f"guide.{language}.pdf")], capture_output=True, text=True, check=True
    )
    assert re.search(r"Pages:\s+1\b", run.stdout)


def test_field_data_stay_out_of_git(tmp_path):
    """A FIELD folder is not even begun inside a git work tree; a demonstration is."""
    (tmp_path / ".git").mkdir()
    assert [fault.code for fault in made.refused(new, tmp_path / "new", DEMO, "FIELD")] == ["E_FIELD_IN_GIT"]
    assert not (tmp_path / "new").exists()
    assert new(tmp_path / "new", DEMO, "DEMONSTRATION") == 13


def test_the_command(tmp_path, capsys):
    """The shipped design if none is named; a named one; 1 where the folder is there; 2 with files and a design."""
    assert main(["new", str(tmp_path / "one"), "--label", "DEMONSTRATION"]) == 0
    assert "13 places" in capsys.readouterr().out
    design = write(tmp_path / "design")
    assert main(["new", str(tmp_path / "two"), "--design", str(design)]) == 0
    assert (tmp_path / "two" / "forms" / "visit.xlsx").is_file()
    assert main(["new", str(tmp_path / "two")]) == 1
    with pytest.raises(SystemExit) as caught:
        main(["new", str(tmp_path / "three"), "--design", str(design), "--from", "x.csv"])
    assert caught.value.code == 2
    assert main(["new", str(tmp_path / "three"), "--design", str(tmp_path / "nowhere")]) == 1
    assert "E_NO_STUDY" in capsys.readouterr().err
    assert not (tmp_path / "three").exists()


def test_the_same_twice(tmp_path):
    """The same folder from the same design, byte for byte."""
    new(tmp_path / "a" / "new", DEMO, "FIELD")
    new(tmp_path / "b" / "new", DEMO, "FIELD")
    first = {path.relative_to(tmp_path / "a"): path.read_bytes() for path in files(tmp_path / "a")}
    assert first == {path.relative_to(tmp_path / "b"): path.read_bytes() for path in files(tmp_path / "b")}
    assert len(first) == 11


def files(folder: Path) -> list[Path]:
    """All files below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
