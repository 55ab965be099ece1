"""What ``docs/`` says of the package is so: layers, inventory, paths and functions, terms in three languages."""

import ast
import csv
import importlib
import json
import re
from operator import attrgetter
from pathlib import Path

import pytest

from coops.run import inventory
from coops.run.stored import filled
from tests.test_imports import LAYERS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "coops"
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
BY_HAND = (ROOT / "docs" / "by-hand.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
LANGUAGES = {"English": "en", "French": "fr", "Arabic": "ar"}


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next of its kind."""
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the tables of a text, without their heads."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    rules = [place for place, cells in enumerate(lines) if set(cells[0]) == {"-"}]
    return [cells for place, cells in enumerate(lines) if place not in rules and place + 1 not in rules]


# -- architecture ---------------------------------------------------------------------------------


def test_the_inventory_is_that_of_the_package():
    """Making it again changes nothing: ``coops docs`` was run after a module was added, moved or described otherwise."""
    assert filled(ARCHITECTURE, {"inventory": inventory.inventory(ARCHITECTURE)}) == ARCHITECTURE
    listed = section(ARCHITECTURE, "Inventory")
    for path in PACKAGE.rglob("*.py"):
        if path.parent != PACKAGE and path.name != "__init__.py":
            assert f"| `{path.relative_to(PACKAGE / path.relative_to(PACKAGE).parts[0]).as_posix()}` |" in listed


def test_a_module_says_what_it_is(tmp_path):
    """The first line of a docstring as Markdown; a module without one is refused by name."""
    path = tmp_path / "garden.py"
    path.write_text('"""Beds of ``raw/``, as :mod:`soil` has them.\n\nMore."""\n', encoding="utf-8")
    assert inventory.first_line(path) == "Beds of `raw/`, as `soil` has them."
    path.write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="garden.py"):
        inventory.first_line(path)


def test_the_picture_is_the_order_of_imports():
    """The folders of the picture stand in the order that imports are held to, and all of the package are there."""
    picture = re.findall(r"(?m)^ *(\w+)/ ", section(ARCHITECTURE, "The layers"))
    assert picture == [name for name in LAYERS if (PACKAGE / name).is_dir()]
    assert set(picture) == {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def test_a_folder_without_a_place_in_the_picture_is_refused():
    """A new folder must be put into the picture by hand."""
    with pytest.raises(ValueError, match="robustness"):
        inventory.inventory(ARCHITECTURE.replace("  robustness/ ", "  "))


def paths(text: str) -> set[str]:
    """Return the paths that a text names: in code marks, with a slash or the ending of a file."""
    named = re.findall(r"`([\w./-]+)(?:: [\w.]+)?`", text)
    return {name for name in named if "/" in name or name.endswith((".py", ".csv", ".md"))}


def exists(name: str) -> bool:
    """Tell whether a path is one of the package, of a folder of it, or of the repository."""
    places = (PACKAGE, ROOT, *([] if "/" in name else PACKAGE.iterdir()), ROOT / "data" / "demo")
    return any((place / name).exists() for place in places)


def written_by_hand() -> str:
    """Return the architecture without its inventory, whose paths start at their folders."""
    return ARCHITECTURE.split("\n## Inventory\n")[0]


@pytest.mark.parametrize("name", sorted(paths(written_by_hand()) - {"data/clean"}))
def test_paths_of_the_architecture(name):
    """Each path that the page names is there (``data/clean`` is made by a run)."""
    assert exists(name)


def test_names_of_files_to_change():
    """What a row says stands in a file stands there: a name before `` in `FILE` ``."""
    named = re.findall(r"`(\w+)` (?:in|of) `([\w/]+\.py)`", section(ARCHITECTURE, "To change something"))
    assert len(named) >= 4
    for name, path in named:
        assert re.search(rf"\b{name}\b", (PACKAGE / path).read_text(encoding="utf-8")), (name, path)


NUMBERS = rows(section(ARCHITECTURE, "Six numbers of the page, where each is computed"))


@pytest.mark.parametrize("cells", NUMBERS, ids=lambda cells: cells[0])
def test_six_numbers(cells):
    """The key is recorded by the notebook that is named; each function exists; the cell calls the first of each."""
    number, key, cell, computed, recorded = cells
    notebook, place = re.fullmatch(r"`(\w+)` In \[(\d+)\]", cell).groups()
    with (ROOT / "data" / "results" / f"{notebook}.csv").open(encoding="utf-8") as file:
        assert key.strip("`") in {row["key"] for row in csv.DictReader(file)}
    functions = re.findall(r"`([\w/]+)\.py: ([\w.]+)`", computed + recorded)
    for module, name in functions:
        assert callable(attrgetter(name)(importlib.import_module(f"coops.{module.replace('/', '.')}"))), (module, name)
    cells = json.loads((ROOT / "notebooks" / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    called = {node.attr for node in ast.walk(ast.parse(code[int(place) - 1])) if isinstance(node, ast.Attribute)}
    assert "record" in called
    before = {
        getattr(node, "attr", getattr(node, "id", ""))
        for text in code[: int(place)]
        for node in ast.walk(ast.parse(text))
    }
    assert functions[0][1].split(".")[-1] in before


def test_there_are_six():
    """The test above runs on six numbers."""
    assert len(NUMBERS) == 6


# -- written by hand ------------------------------------------------------------------------------

OURS = [row for row in rows(BY_HAND.split("\n## No longer ours\n")[0]) if len(row) == 3]


@pytest.mark.parametrize("row", OURS, ids=lambda row: row[0].split("`")[1])
def test_what_is_written_by_hand(row):
    """Each part is there, has a reason, and about as many lines as the page says.

    A part of a module, which the page then names after its path, may be much smaller than the module.
    """
    part, about, reason = row
    named = [PACKAGE / name for name in re.findall(r"`([\w/.]+)`", part) if "/" in name]
    files = [file for path in named for file in ([path] if path.suffix else path.rglob("*.py"))]
    lines = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)
    assert named and all(path.exists() for path in named) and reason
    assert lines / 12 <= int(about.replace(",", "")) <= 1.3 * lines


def test_the_page_of_what_is_by_hand_has_rows():
    """The test above runs on the whole table."""
    assert len(OURS) == BY_HAND.split("\n## No longer ours\n")[0].count("\n| `")


# -- glossary -------------------------------------------------------------------------------------

TERMS = [row for row in rows(GLOSSARY.split("\n## Words that are not used\n")[0]) if len(row) == 5]
NOT_USED = rows(section(GLOSSARY, "Words that are not used"))


def plain(text: str) -> str:
    """Return a text in small letters, without the vowel signs of Arabic, its long strokes and marks of direction."""
    return re.sub(r"[\u0640\u064b-\u0652\u2066-\u2069]", "", text.lower().replace("’", "'"))


def words_of(language: str) -> str:
    """Return all words of the package in a language: labels, findings, default texts, guide."""
    tables = [*PACKAGE.rglob("labels*.csv"), *PACKAGE.rglob("messages*.csv")]
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob(f"{language}.md")]
    for path in tables:
        with path.open(encoding="utf-8", newline="") as file:
            texts += [row.get(language) or "" for row in csv.DictReader(file)]
    return plain("\n".join(texts))


WORDS = {language: words_of(language) for language in LANGUAGES.values()}


def occurs(term: str, language: str) -> bool:
    """Tell whether a term occurs in the package's words as whole words; Arabic with what is written onto a word."""
    term = re.escape(plain(re.sub(r" ?\(.*?\)", "", term)))
    before = r"(?<!\w)[وفبكل]{0,2}(?:ال|لل)?" if language == "ar" else r"(?<!\w)"
    return bool(re.search(rf"{before}{term}(?!\w)", WORDS[language]))


def test_the_glossary_has_terms():
    """The tests below run on something, and no term stands twice."""
    assert len(TERMS) >= 60 and len(NOT_USED) >= 15
    assert len({row[0] for row in TERMS}) == len(TERMS)


@pytest.mark.parametrize("language", LANGUAGES.values())
def test_terms_are_those_of_the_package(language):
    """Each term's form occurs in the words of the package in its language."""
    column = list(LANGUAGES.values()).index(language)
    assert [row[column] for row in TERMS if not occurs(row[column], language)] == []


def test_where_the_terms_are_in_the_code():
    """Each term names a file or folder that is there."""
    assert [row[4] for row in TERMS if not exists(row[4].strip("`"))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_that_are_not_used(language):
    """None of them occurs in the words of the package."""
    words = [row[1] for row in NOT_USED if row[0] == language]
    assert words and [word for word in words if occurs(word, LANGUAGES[language])] == []


def test_words_are_told_apart():
    """A whole word is looked for, in Arabic also behind an article or a conjunction: neither test passes on anything."""
    assert occurs("Estimate", "en") and not occurs("estim", "en")
    assert occurs("أثر", "ar") and not occurs("أث", "ar")
    assert not occurs("a word that nobody wrote", "en")
