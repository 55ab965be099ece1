"""Blocks: a study replaces sections of the page one by one; what is to be translated is named."""

import pytest

from coops.report import blocks, missing_words, text
from coops.report.translation import sections, stamp, to_check
from coops.study.findings import FindingError
from coops.study.load import load
from tests import made
from tests.report.test_text import FakeRun

OWN = "{% block limits %}\n## What we do not know\n\nMuch of {{ study.title }}.\n{% endblock %}\n\n{% block about %}\n{# empty #}\n{% endblock %}\n"


def test_one_block_is_replaced_and_the_others_stay(tmp_path):
    """The page differs from that of the default text in that section alone; an empty block replaces nothing."""
    run = FakeRun(tmp_path, OWN)
    own = text.fill(run, "en")
    (tmp_path / "text" / "en.md").unlink()
    default = text.fill(run, "en")
    start, end = default.index("## Limits: what is not known"), default.index("## Who is in the data")
    assert own == default[:start] + "## What we do not know\n\nMuch of A made study.\n" + default[end:]


def test_the_default_words_stand_in_for_super(tmp_path):
    """Words of one's own beside those of the package."""
    run = FakeRun(tmp_path, "{% block limits %}\n{{ super() }}\nAnd more.\n{% endblock %}\n")
    page = text.fill(run, "en")
    assert "## Limits: what is not known" in page and "\nAnd more.\n## Who is in the data" in page


@pytest.mark.parametrize(
    ("own", "code", "row"),
    [
        (OWN + "\nLost words.\n", "E_OUTSIDE_BLOCKS", 11),
        (OWN.replace("limits", "limit"), "E_UNKNOWN_BLOCK", 1),
        (OWN.replace("Much", "There are 43"), "E_TYPED_DIGIT", 4),
        (OWN.replace("study.title", "study.titel"), "E_TEMPLATE", None),
    ],
)
def test_faults_have_their_line(tmp_path, own, code, row):
    """In the study's own file, at its own line."""
    with pytest.raises(FindingError) as caught:
        text.fill(FakeRun(tmp_path, own), "en")
    assert [(finding.code, finding.file, finding.row) for finding in caught.value.findings] == [
        (code, "text/en.md", row)
    ]


def test_words_between_blocks_that_define_something_may_stand(tmp_path):
    """A macro of the study's own."""
    own = "{% macro twice(word) %}{{ word }} {{ word }}{% endmacro %}\n{% block title %}\n# {{ twice('Title') }}\n{% endblock %}"
    assert text.fill(FakeRun(tmp_path, own), "en").startswith("# Title Title")


def test_blocks_are_what_is_translated():
    """A block that the translation lacks, or whose words have changed since, is named; an empty one is none."""
    translated = stamp(OWN, OWN.replace("Much of", "Beaucoup de"))
    assert list(sections(OWN)) == ["limits"]
    assert to_check(OWN, translated) == []
    assert to_check(OWN.replace("Much", "Most"), translated) == ["limits"]
    assert to_check(OWN, stamp(OWN, "{% block limits %}\n{% endblock %}\n")) == ["limits"]
    assert to_check(OWN, "") == ["limits"]


def two_languages(folder):
    """The made study with a text in English and none in French."""
    toml = made.TOML.replace('languages = ["en"]', 'languages = ["en", "fr"]').replace(
        'title = "A made study"', 'title = { en = "A", fr = "B" }'
    )
    for level in ("pupil", "school"):
        nouns = f'en = {{ one = "{level}", other = "{level}s" }}'
        toml = toml.replace(nouns, f"{nouns}\n{nouns.replace('en', 'fr', 1)}")
    for word in ("before", "after", "without books", "with books"):
        toml = toml.replace(f'label = "{word}"', f'label = {{ en = "{word}", fr = "{word}" }}')
    lines = made.CODEBOOK.splitlines()
    codebook = "\n".join([f"{lines[0]},label_fr", *(f"{line},{line.split(',')[-1]}" for line in lines[1:])]) + "\n"
    made.study(folder, toml, codebook)
    (folder / "text").mkdir()
    (folder / "text" / "en.md").write_text(OWN, encoding="utf-8")
    return load(folder)


def test_rows_and_blocks_to_fill_in(tmp_path):
    """Every block of the page in every language, empty; what is there stays; done once, nothing is left to be written."""
    study = two_languages(tmp_path / "study")
    assert missing_words.lacking(study, tmp_path / "run") == {"fr": ["text/fr.md: limits"]}
    written = missing_words.write(study, tmp_path / "run", ["tab_effects"])
    assert [path.relative_to(study.folder).as_posix() for path in written] == ["labels.csv", "text/en.md", "text/fr.md"]
    assert (study.folder / "labels.csv").read_text(encoding="utf-8") == made.LABELS + "tab_effects,,,\n"
    english = (study.folder / "text" / "en.md").read_text(encoding="utf-8")
    assert english.startswith(OWN.rstrip()) and list(blocks.blocks(english)) == ["limits"]
    assert sorted(blocks.names(english)) == sorted(blocks.names(blocks.default_text("en")))
    assert missing_words.write(study, tmp_path / "run", ["tab_effects"]) == []
    french = study.folder / "text" / "fr.md"
    french.write_text(
        french.read_text("utf-8").replace("{% block limits %}", "{% block limits %}\nOn ne sait pas."), "utf-8"
    )
    assert missing_words.lacking(study, tmp_path / "run") == {"fr": ["text/fr.md: limits"]}  # nobody has said so yet
    missing_words.mark_done(study, tmp_path / "run")
    assert missing_words.lacking(study, tmp_path / "run") == {}
    with pytest.raises(FindingError) as caught:
        missing_words.write(study, tmp_path / "run", ["tab_efects"])
    assert caught.value.findings[0].code == "E_UNKNOWN_LABEL"


def test_a_page_of_its_own_gets_no_blocks(tmp_path):
    """It would no longer be the page."""
    study = two_languages(tmp_path / "study")
    whole = study.folder / "text" / "en.md"
    whole.write_text("# All of it\n", encoding="utf-8")
    missing_words.write(study, tmp_path / "run")
    assert whole.read_text(encoding="utf-8") == "# All of it\n"
