"""The PDF is A4 with its label on every page and nothing cut, in each language; read back with the tools of poppler."""

import re
import shutil
import subprocess
import sys
import unicodedata

import pytest

from coops.report import paper
from coops.report.paper import Document
from coops.report.pdf import write_pdf
from tests.report.test_page import LABEL, PNG, TEXT, TITLE

pytest.importorskip("pypandoc")
pytest.importorskip("typst")
poppler = pytest.mark.skipif(
    not all(map(shutil.which, ("pdftotext", "pdffonts", "pdfinfo"))),
    reason="poppler (pdftotext, pdffonts, pdfinfo) is not here: what stands in the PDF is NOT TESTED",
)


@pytest.fixture
def make(tmp_path):
    """Write a PDF and give its path."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "fig.png").write_bytes(PNG)

    def write(text=TEXT, language="en", name="page.pdf"):
        target = tmp_path / "out" / name
        document = Document(text, language, TITLE[language], LABEL[language], tmp_path / "assets")
        assert write_pdf(document, target) == target
        return target

    return write


def run(*command) -> str:
    """Run a tool of poppler."""
    return subprocess.run([*map(str, command)], check=True, capture_output=True, text=True, encoding="utf-8").stdout


def shown(path, *options) -> str:
    """The text of a PDF, without marks of direction and with letters as they are typed."""
    text = unicodedata.normalize("NFKC", run("pdftotext", *options, path, "-"))
    return re.sub("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", text)


def words(path) -> list[tuple[float, float, str]]:
    """Left and right side of each word, in points, and the word."""
    pattern = r'<word xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)" yMax="[\d.]+">(.*?)</word>'
    return [
        (float(left), float(right), word)
        for left, right, word in re.findall(pattern, run("pdftotext", "-bbox", path, "-"))
    ]


def wide(columns: int, rows: int = 3) -> str:
    """A table with a number, an interval or a long word in each cell; each cell has a word of its own."""
    cells = ["accountancy{n}", "cooperatives{n} supported with equipment", "−1,0{n}.5", "−1,0{n}.5 to 2,0{n}.5"]
    lines = [[cells[place % 4].format(n=10 * row + place) for place in range(columns)] for row in range(1, rows + 1)]
    heads = [f"Measurement{place}" for place in range(columns)]
    sides = [(":--", ":--", "--:", "--:")[place % 4] for place in range(columns)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [heads, sides, *lines]) + "\n\n: Wide\n"


@poppler
@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_a4_with_the_label_and_a_number_on_every_page(make, language):
    path = make(TEXT + "\n\nWords.\n" * 90, language)
    about = run("pdfinfo", path)
    pages = int(re.search(r"Pages: +(\d+)", about)[1])
    assert "(A4)" in about and "Tagged:          yes" in about and pages == 3
    for page in range(1, pages + 1):
        text = shown(path, "-f", page, "-l", page, "-layout")
        assert LABEL[language].split()[0] in text.splitlines()[0]
        assert f"{page}/{pages}" in text.replace(" ", "").rstrip().splitlines()[-1]


@poppler
def test_title_language_and_alt_text(make):
    path = make()
    assert re.search(r"Title: +What changed", run("pdfinfo", path))
    assert b"/Alt(Income lies above zero.)" in path.read_bytes()
    assert b"/Lang(en)" in path.read_bytes()
    assert b"/Lang(ar)" in make(language="ar").read_bytes()


@poppler
def test_fonts_are_inside_and_ours(make):
    lines = run("pdffonts", make(TEXT + "\nβ → ⵜ `code` **bold** 中\n", "ar")).splitlines()[2:]
    names = {line.split()[0].split("+")[-1] for line in lines}
    assert names <= {"Vazirmatn-Regular", "Vazirmatn-Bold", "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"}
    assert {"Vazirmatn-Regular", "Vazirmatn-Bold", "DejaVuSans"} <= names
    assert all(re.search(r" yes +yes +yes +\d+ +0$", line) for line in lines)


@poppler
def test_words_numbers_and_our_own_caption_numbers(make):
    text = " ".join(shown(make(TEXT + "\nL’été\n"), "-layout").split())
    assert "Table 7.1: Effects on members Outcome Women Effect Monthly income 508 −3,1 Source: survey." in text
    assert text.count("Table") == 1 and text.count("Figure") == 1  # none that typst counts by itself
    assert "the law (https://example.org/law)" in text and "A footnote." in text and "L’été" in text
    assert text.index("What changed") < text.index("What was found") < text.index("Figure 7.1: Effects")


@poppler
def test_a_heading_of_the_text_replaces_the_title(make):
    assert "What changed" not in shown(make("# Own title\n\nWords."))


@poppler
def test_arabic_is_there_and_signs_stand_before_their_numbers(make):
    text = shown(make("الدخل \u2066−312,5\u2069 درهم\n\n| الدخل | عدد |\n|:--|--:|\n| درهم | −45,5 |\n", "ar"), "-raw")
    assert "الدخل" in text and "درهم" in text
    assert "−312,5" in text and "−45,5" in text  # not 45,5−, as it were without isolation


@poppler
def test_arabic_tables_start_at_the_right(make):
    table = "| first | second |\n|:--|:--|\n| x | y |\n"
    places = {language: {word: left for left, _, word in words(make(table, language))} for language in ("en", "ar")}
    assert places["en"]["first"] < places["en"]["second"] < 297
    assert places["ar"]["first"] > places["ar"]["second"] > 297


@poppler
@pytest.mark.parametrize("columns", [7, 9, 10, 14])
def test_a_wide_table_is_not_cut(make, columns):
    drawn = words(make(wide(columns)))
    table = {word: (left, right) for left, right, word in drawn}
    for row in (1, 2, 3):
        for place in range(columns):
            n = 10 * row + place
            expected = (f"accountancy{n}", f"cooperatives{n}", f"−1,0{n}.5", f"2,0{n}.5")[place % 4]
            assert expected in table, expected
    margin = 18 / 25.4 * 72
    assert all(margin - 1 <= left < right <= 595.3 - margin + 1 for left, right, _ in drawn)
    heads = [table[f"Measurement{place}"] for place in range(columns)]
    assert all(right < left for (_, right), (left, _) in zip(heads, heads[1:], strict=False))  # none over the next


@poppler
def test_the_head_of_a_table_is_repeated_and_its_rows_all_there(make):
    rows = "".join(f"| row{n}x | {n} |\n" for n in range(120))
    text = shown(make(f"| Outcomes | n |\n|:--|--:|\n{rows}\n: Table 1. Long\n"))
    assert text.count("Outcomes") == text.count("\f") == 3
    assert all(f"row{n}x" in text for n in range(120))
    assert text.count("Table 1. Long") == 1


def test_same_input_same_bytes_and_no_date(make):
    first = make(name="a.pdf").read_bytes()
    assert first == make(name="b.pdf").read_bytes()
    assert b"CreationDate" not in first and b"CreateDate" not in first


def test_no_outside_address_is_live(make):
    assert (
        b"/URI" not in make("[the law](https://example.org/law) <https://example.org/b> www.example.org").read_bytes()
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("![](fig.png)", "fig.png has no alt text"),
        ("![Words](gone.png)", "gone.png is not there"),
        ("![Words](https://example.org/a.png)", "example.org/a.png is not there"),
    ],
)
def test_an_image_without_alt_text_or_file_is_refused(make, text, problem):
    with pytest.raises(ValueError, match=problem):
        make(text)


@pytest.mark.parametrize(
    "text",
    [
        "[nowhere](#gone)",
        "## A {#same}\n\n## B {#same}\n\n[to](#same)",
        '#set page(paper: "a5") and `#panic()` @label <label> $x$ // no comment *',
        "```\n#panic()\n```",
        '```{=typst}\n#panic("raw")\n```',
        '![A "quoted" \\ #panic() alt](fig.png) in words ![b](fig.png){width=50%}',
        "words{typst:text:size=90pt}\n\n::: {typst:fill='panic()'}\nwords\n:::",
        "| |\n|--|\n| |\n\n: Empty",
        "",
    ],
)
def test_signs_with_a_meaning_to_typst_are_only_text(make, text):
    assert make(text).stat().st_size > 1000


def test_what_is_missing_is_named(make, monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "typst", None)
        with pytest.raises(ValueError, match="typst is not there"):
            make()
    with monkeypatch.context() as patch:
        patch.setattr(paper, "FONTS", tmp_path)
        with pytest.raises(ValueError, match="Vazirmatn-Regular.ttf is not there"):
            make()
