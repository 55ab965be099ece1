"""The page is one file that loads nothing, in one to three languages, and keeps what the Markdown says."""

import base64
import re
from html.parser import HTMLParser

import pytest

from coops.report.page import write_page

pytest.importorskip("pypandoc")

PNG = base64.b64decode(  # one dark pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TEXT = """
See [the table](#sec-found) and [the law](https://example.org/law).[^1]

[^1]: A footnote.

## What was found {#sec-found}

| Outcome        | Women | Effect |
|:---------------|------:|-------:|
| Monthly income |   508 |   −3,1 |

: Table 7.1: Effects on members

::: note
Source: survey.
:::

![Figure 7.1: Effects](fig.png){alt="Income lies above zero."}
"""
TITLE = {"en": "What changed", "fr": "Ce qui a changé", "ar": "ما الذي تغيّر"}
LABEL = {"en": "DEMONSTRATION DATA & more", "fr": "DONNÉES DE DÉMONSTRATION", "ar": "بيانات للتجربة"}
SWITCH = {"en": "English", "fr": "Français", "ar": "العربية"}


class Page(HTMLParser):
    """All start tags of a page, with their attributes."""

    def __init__(self, text: str):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, name: str) -> list[dict]:
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture
def make(tmp_path):
    """Write a page and give its text; the same Markdown in each language if it is a string."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "fig.png").write_bytes(PNG)

    def write(text=TEXT, languages=("en", "fr", "ar"), name="page.html") -> str:
        pages = text if isinstance(text, dict) else dict.fromkeys(languages, text)
        target = tmp_path / "out" / name
        assets = tmp_path / "assets"
        assert write_page(pages, target, title=TITLE, label=LABEL, switch=SWITCH, assets=assets) == target
        return target.read_text(encoding="utf-8")

    return write


def test_loads_nothing(make):
    text = make()
    for tag, attributes in Page(text).tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "base", "form"}
        for name in ("src", "href", "srcset", "data", "poster"):
            assert re.match(r"#|data:image/|$", attributes.get(name) or ""), (tag, name)
        assert not any(name.startswith("on") for name in attributes)
    assert not re.search(r"@import|url\(", text)
    assert "default-src 'none'" in Page(text).all("meta")[1]["content"]


def test_an_outside_link_becomes_words_and_address(make):
    text = make("[the law](https://example.org/law) <https://example.org/b> [go](javascript:alert) [on](//example.org)")
    assert not Page(text).all("a")
    assert 'the law (<span class="address" dir="ltr">https://example.org/law</span>)' in text
    assert text.count(">https://example.org/b<") == 3


def test_an_inside_link_leads_to_its_own_language(make):
    page = Page(make())
    identifiers = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    links = [attributes["href"] for attributes in page.all("a")]
    assert {"#en-sec-found", "#fr-sec-found", "#ar-sec-found"} <= set(links)
    assert all(link[1:] in identifiers for link in links)


def test_ids_are_unique(make):
    identifiers = [attributes["id"] for _, attributes in Page(make()).tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers)) > 9


def test_image_is_inlined_with_alt_and_caption(make):
    text = make(languages=["en"])
    (image,) = Page(text).all("img")
    assert image["alt"] == "Income lies above zero."
    assert base64.b64decode(image["src"].removeprefix("data:image/png;base64,")) == PNG
    assert text.index("<img") < text.index("<figcaption>Figure 7.1: Effects</figcaption>")


def test_the_caption_is_the_alt_text_if_no_other_is_given(make):
    assert Page(make("![Effects of *support*](fig.png)", ["en"])).all("img")[0]["alt"] == "Effects of support"


@pytest.mark.parametrize("alt", ["![](fig.png)", '![Caption](fig.png){alt=""}', "Words ![ ](fig.png) around."])
def test_an_image_without_alt_is_refused(make, alt):
    with pytest.raises(ValueError, match="fig.png has no alt text"):
        make(alt)


@pytest.mark.parametrize("path", ["gone.png", "https://example.org/a.png", "../fig.png"])
def test_an_image_that_is_not_there_is_refused(make, path):
    with pytest.raises(ValueError, match=re.escape(path)):
        make(f"![Words]({path})")


def test_an_image_of_another_kind_is_refused(make, tmp_path):
    (tmp_path / "assets" / "fig.html").write_text("<p>", encoding="utf-8")
    with pytest.raises(ValueError, match="fig.html is not one of .png"):
        make("![Words](fig.html)")


def test_language_and_direction(make):
    page = Page(make())
    assert page.all("html") == [{"lang": "en", "dir": "ltr"}]
    expected = [{"lang": "en", "dir": "ltr"}, {"lang": "fr", "dir": "ltr"}, {"lang": "ar", "dir": "rtl"}]
    assert page.all("article") == expected
    assert Page(make({"ar": TEXT, "en": TEXT})).all("html") == [{"lang": "ar", "dir": "rtl"}]


def test_the_switch_starts_with_the_first_language(make):
    text = make({"fr": TEXT, "ar": TEXT})
    buttons = Page(text).all("input")
    assert [button["id"] for button in buttons if "checked" in button] == ["show-fr"]
    assert [label["for"] for label in Page(text).all("label")] == [button["id"] for button in buttons]
    assert ">Français</label>" in text and ">العربية</label>" in text and ">English<" not in text


def test_one_language_has_no_switch_and_keeps_its_ids(make):
    page = Page(make(languages=["en"]))
    assert not page.all("input") and not page.all("label")
    assert page.all("h2") == [{"id": "sec-found"}]


@pytest.mark.parametrize("count", [0, 4])
def test_one_to_three_languages(make, count):
    with pytest.raises(ValueError, match=f"not {count}"):
        make({code: "" for code in ["en", "fr", "ar", "es"][:count]})


def test_title_and_label(make):
    text = make()
    for code in TITLE:
        assert f"<h1>{TITLE[code]}</h1>" in text
    assert text.count('<p class="label" role="note">') == 3
    assert "DEMONSTRATION DATA &amp; more" in text
    assert "position: fixed" in text.split("@media print")[1]


def test_one_main_heading_if_the_text_has_its_own(make):
    text = make("# Own title\n\nWords.", ["en"])
    assert re.findall("<h1.*</h1>", text) == ['<h1 id="own-title">Own title</h1>']


def test_table_keeps_caption_and_follows_the_direction(make):
    text = make({"ar": TEXT})
    assert '<caption><span class="caption">Table 7.1: Effects on members</span></caption>' in text
    assert "text-align: left;" not in text.split("<body>")[1]
    (box,) = [attributes for attributes in Page(text).all("div") if attributes.get("class") == "table"]
    assert box["tabindex"] == "0" and box["aria-label"] == "Table 7.1: Effects on members"
    assert '<td style="text-align: right;">−3,1</td>' in text


def test_a_long_line_does_not_fix_column_widths(make):
    text = make("| a | b |\n|---|---|\n| " + "long " * 40 + "| 1 |\n", ["en"])
    assert not Page(text).all("col") and text.count("<td>") == 2


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "Words <img src=x onerror=alert(1)> and <b>bold</b>",
        "<div onclick='alert(1)'>\n\nwords\n\n</div>",
        "`<script>alert(1)</script>`{=html}",
        "```{=html}\n<script>alert(1)</script>\n```",
        "[words]{onclick='alert(1)' style='background: url(https://example.org/a)'}",
        "---\ntitle: <script>alert(1)</script>\n---",
        "<style>@import 'https://example.org/a.css';</style>",
    ],
)
def test_markup_in_the_text_is_not_live(make, markup):
    plain, page = Page(make("words", ["en"])), Page(make(markup, ["en"]))
    live = {tag for tag, _ in page.tags} - {tag for tag, _ in plain.tags}
    assert live <= {"code", "pre", "span", "hr", "h2"}
    assert len(page.all("style")) == 1
    assert not {"onclick", "onerror", "style", "data-onclick"} & {
        name for _, attributes in page.tags for name in attributes
    }


def test_same_input_same_bytes(make, tmp_path):
    make(name="a.html")
    make(name="b.html")
    first = (tmp_path / "out" / "a.html").read_bytes()
    assert first == (tmp_path / "out" / "b.html").read_bytes()
    assert b"\r" not in first
