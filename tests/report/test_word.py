"""The Word file has real headings, captions and tables, from right to left in Arabic, and the same bytes each time."""

import re
import sys
from io import BytesIO
from zipfile import ZipFile

import pytest

from coops.report.paper import Document
from coops.report.word import write_word
from tests.report.test_page import LABEL, PNG, TEXT, TITLE

docx = pytest.importorskip("docx")
pytest.importorskip("pypandoc")


@pytest.fixture
def make(tmp_path):
    """Write a Word file and give its bytes."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "fig.png").write_bytes(PNG)

    def write(text=TEXT, language="en") -> bytes:
        target = tmp_path / "out" / "page.docx"
        document = Document(text, language, TITLE[language], LABEL[language], tmp_path / "assets")
        assert write_word(document, target) == target
        return target.read_bytes()

    return write


def opened(content: bytes):
    """The document, as python-docx reads it."""
    return docx.Document(BytesIO(content))


def part(content: bytes, name: str = "word/document.xml") -> str:
    """One part of the file."""
    with ZipFile(BytesIO(content)) as file:
        return file.read(name).decode("utf-8")


def styled(content: bytes) -> dict[str, str]:
    """The style of each paragraph, by its text."""
    return {paragraph.text: paragraph.style.name for paragraph in opened(content).paragraphs}


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_a4_with_the_label_and_page_numbers_in_every_section(make, language):
    for section in opened(make(language=language)).sections:
        assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
        assert section.header.paragraphs[0].text == LABEL[language]
        assert not section.different_first_page_header_footer
        fields = re.findall(r"<w:instrText>(\w+)</w:instrText>", section.footer._element.xml)
        assert fields == ["PAGE", "NUMPAGES"]


def test_headings_and_captions_are_styles(make):
    styles = styled(make())
    assert styles["What changed"] == "Heading 1" and styles["What was found"] == "Heading 2"
    assert styles["Table 7.1: Effects on members"] == "Table Caption"
    assert styles["Figure 7.1: Effects"] == "Image Caption"
    assert styles["Source: survey."] == "Note"
    assert styled(make("# Own title"))["Own title"] == "Heading 1"


def test_captions_stand_above_tables_and_below_figures(make):
    body = part(make())
    assert (
        body.index("Table 7.1")
        < body.index("<w:tbl>")
        < body.index("508")
        < body.index("−3,1")
        < body.index("</w:tbl>")
    )
    assert body.index("<w:drawing>") < body.index("Figure 7.1")


def test_alt_text_is_kept_and_the_image_is_there_once(make):
    content = make()
    assert re.findall(r'descr="([^"]*)"', part(content)) == ["Income lies above zero."]
    with ZipFile(BytesIO(content)) as file:
        assert [file.read(name) for name in file.namelist() if "/media/" in name] == [PNG]


def test_table_repeats_its_head_and_has_widths(make):
    body = part(make("| Outcome of the study | n |\n|:--|--:|\n| income | −3 |\n| trust | 12 |\n"))
    rows = re.findall("<w:tr>.*?</w:tr>", body, re.S)
    assert ["w:tblHeader" in row for row in rows] == [True, False, False]
    assert all("w:cantSplit" in row for row in rows)
    wide, narrow = (int(width) for width in re.findall(r'<w:gridCol w:w="(\d+)"', body))
    assert 4 * narrow < wide < 3000  # twips: as wide as the words, not as the page
    assert re.findall(r'<w:tcW w:w="(\d+)"', body) == [str(wide), str(narrow)] * 3


def test_ten_columns_stay_on_the_page(make):
    heads = [f"Measurement{place}" for place in range(10)]
    lines = [heads, ["--"] * 10, ["cooperatives supported"] * 10]
    body = part(make("\n".join(f"| {' | '.join(line)} |" for line in lines)))
    widths = [int(width) for width in re.findall(r'<w:gridCol w:w="(\d+)"', body)]
    assert len(widths) == 10 and sum(widths) <= 174 / 25.4 * 1440


def test_arabic_runs_from_right_to_left(make):
    english, arabic = make(), make("الدخل **\u2066−312,5\u2069** درهم *جدا*\n\n" + TEXT, "ar")
    for mark in ("<w:bidiVisual", "<w:bidi/>", "<w:rtl/>"):
        assert mark in part(arabic) and mark not in part(english)
    for paragraph in re.findall("<w:p>.*?</w:p>", part(arabic), re.S):
        assert "<w:bidi/>" in paragraph
    assert "<w:bidi/>" in part(arabic, "word/header1.xml") and "<w:rtl/>" in part(arabic, "word/header1.xml")
    assert "<w:i/>" not in part(arabic)  # Arabic is not slanted


def test_a_number_in_arabic_is_a_run_from_left_to_right(make):
    body = part(make("الدخل \u2066−312,5\u2069 درهم\n\n| ا | ب |\n|:--|--:|\n| د | −45,5 |\n", "ar"))
    runs = {re.sub("<.*?>", "", run): "<w:rtl/>" in run for run in re.findall("<w:r>.*?</w:r>", body, re.S)}
    assert runs["\u200e−312,5\u200e"] is False and runs["\u200e−45,5\u200e"] is False
    assert any(text.startswith("الدخل") and right for text, right in runs.items())
    assert not re.search("[\u2066-\u2069]", body)


def test_marks_of_isolation_that_do_not_match_do_no_harm(make):
    body = re.sub("<.*?>|[\u200e\u200f]", "", part(make("قبل \u2069 \u2066a \u2068ب\u2069 **c** بعد\n\nآخر", "ar")))
    assert "a ب c بعد" in body and "آخر" in body


@pytest.mark.parametrize(
    ("language", "side", "locale"), [("en", "val", "en-GB"), ("fr", "val", "fr-FR"), ("ar", "bidi", "ar-MA")]
)
def test_language_and_font(make, language, side, locale):
    content = make(language=language)
    default = re.search("<w:docDefaults>.*?</w:docDefaults>", part(content, "word/styles.xml"), re.S)[0]
    assert re.search(f'<w:lang [^>]*w:{side}="{locale}"', default)
    assert 'w:cs="Arial"' in default and "Theme" not in default
    core = opened(content).core_properties
    assert (core.title, core.language) == (TITLE[language], language)


def test_no_outside_address(make):
    content = make("[the law](https://example.org/law)[^1]\n\n[^1]: <https://example.org/b>")
    with ZipFile(BytesIO(content)) as file:
        assert not [name for name in file.namelist() if b'TargetMode="External"' in file.read(name)]
    assert "the law (" in re.sub("<.*?>", "", part(content))


def test_same_input_same_bytes(make):
    first = make()
    assert first == make()
    with ZipFile(BytesIO(first)) as file:
        assert {entry.date_time for entry in file.infolist()} == {(2000, 1, 1, 0, 0, 0)}
    core = opened(first).core_properties
    assert core.created == core.modified and core.created.year == 2000


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("![](fig.png)", "fig.png has no alt text"),
        ("![Words](gone.png)", "gone.png is not there"),
        ("![Words](drawn.svg)", "drawn.svg is an SVG"),
    ],
)
def test_an_image_that_word_cannot_show_is_refused(make, tmp_path, text, problem):
    (tmp_path / "assets" / "drawn.svg").write_text("<svg/>", encoding="utf-8")
    with pytest.raises(ValueError, match=problem):
        make(text)


def test_what_is_missing_is_named(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(ValueError, match="python-docx"):
        make()
