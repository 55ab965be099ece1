"""Exhibits of a notebook: stable names, numbers given where they are printed, headings that belong to an exhibit."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from coops.disclosure import OPEN
from coops.show.exhibits import Exhibits, forget, listed
from coops.show.language import Words
from coops.show.table import Column, Table
from coops.study.load import load
from tests import made

OWN = (
    "tab_a,First own table,,\ntab_b,Second own table,,\nfig_a,Own figure,,\nfig_a.alt,Content: {content},,\n"
    "tab_b.head.weight,How heavy,,\n"
)


@pytest.fixture
def study(tmp_path):
    """The made study, with captions of its own."""
    folder = made.study(tmp_path / "study")
    (folder / "labels.csv").write_text(made.LABELS + OWN, encoding="utf-8")
    return load(folder)


def a_table(*columns: str) -> Table:
    """A table of numbers."""
    return Table(
        pd.DataFrame({name: [1] for name in columns}), tuple(Column(name, "count") for name in columns), behind=OPEN
    )


def draw(figure, data, words) -> None:
    """Draw one bar."""
    figure.subplots().bar([0], data["weight"])


def files(root) -> dict[str, bytes]:
    """Every csv and picture of a run."""
    return {path.name: path.read_bytes() for path in sorted((root / "figures").iterdir())}


def test_files_bear_names(study, tmp_path):
    """Number of the notebook and name of the exhibit; a part follows; a table and a figure of one name do not meet."""
    exhibits = Exhibits(study, tmp_path / "run", "12_mine")
    exhibits.table(a_table("weight"), text="tab_a")
    exhibits.table(a_table("weight"), text="tab_a", of="score")
    exhibits.figure(draw, pd.DataFrame({"weight": [1]}), text="fig_a", alt=lambda data, words: "one bar", behind=OPEN)
    assert set(files(tmp_path / "run")) == {"12_a.table.csv", "12_a.table.score.csv", "12_a.csv", "12_a.en.png"}
    (path,) = (tmp_path / "run" / "data" / "results" / "exhibits").iterdir()
    assert not any("number" in exhibit for exhibit in json.loads(path.read_text(encoding="utf-8")))


def test_a_new_exhibit_changes_no_other(study, tmp_path):
    """One more before it: the files of the old one, and what the list says of it, stay; its number does not."""
    short, long = Exhibits(study, tmp_path / "short", "12_mine"), Exhibits(study, tmp_path / "long", "12_mine")
    assert "**Table 12.1.**" in short.table(a_table("weight"), text="tab_b").data
    long.table(a_table("weight"), text="tab_a")
    assert "**Table 12.2.**" in long.table(a_table("weight"), text="tab_b").data
    before, after = files(tmp_path / "short"), files(tmp_path / "long")
    assert {name: after[name] for name in before} == before
    ((first,), (_, two)) = (
        json.loads((tmp_path / name / "data/results/exhibits/12_mine.json").read_text()) for name in ("short", "long")
    )
    assert first == two


def test_numbers_are_counted_when_printed(study, tmp_path):
    """Tables and figures are counted each, by notebook, in their order; a cell run again keeps its place."""
    first, second = Exhibits(study, tmp_path, "03_one"), Exhibits(study, tmp_path, "12_two")
    second.table(a_table("weight"), text="tab_b", of="score")
    first.table(a_table("weight"), text="tab_a")
    first.figure(draw, pd.DataFrame({"weight": [1]}), text="fig_a", alt=lambda data, words: "one bar", behind=OPEN)
    first.table(a_table("weight"), text="tab_b")
    assert "**Table 3.1.**" in first.table(a_table("weight"), text="tab_a").data
    numbers = [(exhibit["notebook"], exhibit["name"], exhibit["number"]) for exhibit in listed(tmp_path)]
    assert numbers == [
        ("03_one", "tab_a", "3.1"), ("03_one", "fig_a", "3.1"), ("03_one", "tab_b", "3.2"), ("12_two", "tab_b.score", "12.1"),
    ]  # fmt: skip


def test_of_two_of_one_name_the_first_is_meant(study, tmp_path):
    """A notebook that shows an exhibit of another again does not take its place on the page."""
    Exhibits(study, tmp_path, "12_two").table(a_table("weight"), text="tab_a")
    assert Exhibits(study, tmp_path).listed()["tab_a"]["number"] == "12.1"
    Exhibits(study, tmp_path, "03_one").table(a_table("weight"), text="tab_a")
    assert Exhibits(study, tmp_path).listed()["tab_a"]["number"] == "3.1"


def test_what_a_notebook_wrote_is_forgotten_by_its_list(study, tmp_path):
    """Its own files go, those of another notebook and of nobody's list stay."""
    for notebook in ("03_one", "12_two"):
        exhibits = Exhibits(study, tmp_path, notebook)
        exhibits.table(a_table("weight"), text="tab_a")
        exhibits.figure(
            draw, pd.DataFrame({"weight": [1]}), text="fig_a", alt=lambda data, words: "one bar", behind=OPEN
        )
    (tmp_path / "figures" / "03_mine.png").write_bytes(b"kept")
    forget(tmp_path, "03_one")
    assert set(files(tmp_path)) == {"03_mine.png", "12_a.table.csv", "12_a.csv", "12_a.en.png"}
    assert [exhibit["notebook"] for exhibit in listed(tmp_path)] == ["12_two"] * 2
    forget(tmp_path, "03_one")  # nothing is left: nothing happens


def heads(text: str) -> list[str]:
    """Headings of a pipe table."""
    return [cell.strip() for cell in text.strip().splitlines()[0].strip("|").split("|")]


def test_headings_belong_to_the_exhibit(study, tmp_path):
    """Of an own table: its own words, the codebook's label, words of results that all know, else the column's name."""
    exhibits = Exhibits(study, tmp_path, "12_mine")
    columns = ("weight", "age", "outcome", "code", "first_time")
    exhibits.table(a_table(*columns), text="tab_b")
    body = exhibits.listed()["tab_b"]["body"]["en"]
    assert heads(body) == ["How heavy", "age", "Outcome", "code", r"first\_time"]
    exhibits.table(a_table("weight"), text="tab_a")
    assert heads(exhibits.listed()["tab_a"]["body"]["en"]) == ["weight"]


def test_an_exhibit_of_the_package_has_its_own_headings(study):
    """The table of findings calls its codes findings, as it did before; nobody else does."""
    words = Words(study, "en")
    theirs = Table(pd.DataFrame({"code": [1]}), (Column("code", "count"),), "tab_findings", published=True)
    assert heads(theirs.markdown(words)) == ["Finding"]
    assert heads(replace(theirs, name="tab_b").markdown(words)) == ["code"]
