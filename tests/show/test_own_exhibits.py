"""An exhibit of any frame: its words, its headings, what is hidden of it, and what is refused."""

import json

import pandas as pd
import pytest

from coops.disclosure import OPEN
from coops.run.session import open_study
from coops.study.findings import FindingError
from tests import made

TOML = made.TOML.replace('languages = ["en"]', 'languages = ["en", "fr"]').replace(
    "[specifications.main]", "[release]\nmin_persons = 5\n[specifications.main]"
)


@pytest.fixture
def study(tmp_path):
    """The made study in two languages, opened by a notebook of its own."""
    toml = TOML
    for english in ("A made study", "before", "after", "without books", "with books"):
        word = "title" if english == "A made study" else "label"
        toml = toml.replace(f'{word} = "{english}"', f'{word} = {{ en = "{english}", fr = "{english}, fr" }}')
    for level, french in (("pupil", "élève"), ("school", "école")):
        nouns = f'en = {{ one = "{level}", other = "{level}s" }}'
        toml = toml.replace(nouns, f'{nouns}\nfr = {{ one = "{french}", other = "{french}s" }}')
    codebook = made.CODEBOOK.replace("label_en\n", "label_en,label_fr\n")
    codebook = "\n".join(
        f"{line},{line.split(',')[-1]} (fr)" if "label_en" not in line else line for line in codebook.splitlines()
    )
    folder = made.study(tmp_path / "study", toml, codebook + "\n")
    return open_study(folder, tmp_path / "run", "12_mine")


FRAME = pd.DataFrame(
    {"wave": ["before", "after"], "mean": [50.25, 61.5], "n": [4, 9], "of": ["4 of 9", "nine"]}
).set_index("wave")


def listed(study) -> dict:
    """What the list of the notebook says, by name."""
    (path,) = (study.root / "data" / "results" / "exhibits").iterdir()
    return {exhibit["name"]: exhibit for exhibit in json.loads(path.read_text(encoding="utf-8"))}


def cells(exhibit: dict, language: str = "en") -> list[list[str]]:
    """Cells of a table, without its rule."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in exhibit["body"][language].splitlines()]
    return lines[:1] + lines[2:]


def test_a_row_with_few_behind_keeps_what_it_is_about(study):
    """Five persons at the least: the row of four has neither its numbers nor a text that holds a count."""
    shown = study.show(FRAME, name="mine", caption={"en": "Mine", "fr": "À moi"}, behind="n")
    exhibit = listed(study)["mine"]
    assert cells(exhibit) == [
        ["wave", "mean", "n", "of"],
        ["before", "(c)", "(c)", "(c)"],
        ["after", "61.50", "9", "nine"],
    ]
    assert cells(exhibit, "fr")[2] == ["after, fr", "61,50", "9", "nine"]
    assert exhibit["caption"] == {"en": "Mine – DEMONSTRATION DATA", "fr": "À moi – DONNÉES DE DÉMONSTRATION"}
    assert "**Table 12.1.** Mine" in shown.data and "fewer than" in exhibit["note"]["en"]
    assert "4" not in (study.root / "figures" / "12_mine.table.csv").read_text().split("before")[1].split("\n")[0]


def test_a_missing_language_is_told_and_another_steps_in(study):
    """Nothing stops; the French page has the English words; a row of ``labels.csv`` beside the notebook mends it."""
    shown = study.show(FRAME, name="mine", caption="A {braced} caption", note={"fr": "Une note"}, published=True)
    assert "in: en, fr." in shown.data and "coops words study" in shown.data
    exhibit = listed(study)["mine"]
    assert exhibit["caption"]["fr"] == exhibit["caption"]["en"] == "A {braced} caption"
    assert exhibit["note"] == {"en": "Une note", "fr": "Une note"}
    assert exhibit["lacking"] == {"fr": {"mine": "A {braced} caption"}, "en": {"mine.note": "Une note"}}
    labels = study.study.folder / "notebooks" / "labels.csv"
    labels.parent.mkdir()
    labels.write_text("key,en,fr\nmine,A {braced} caption,Une légende\nmine.note,A note,\n", encoding="utf-8")
    assert (
        "coops words"
        not in study.show(
            FRAME, name="mine", caption="A {braced} caption", note={"fr": "Une note"}, published=True
        ).data
    )
    assert listed(study)["mine"]["caption"]["fr"] == "Une légende"
    study.show(FRAME, name="mine", caption="Another caption", published=True)  # the row translates the earlier one
    assert listed(study)["mine"]["caption"]["fr"] == "Another caption"


def test_headings_are_hers(study):
    """Given in the cell; else the label of the codebook; else the name of the column."""
    frame = FRAME.rename(columns={"mean": "score"})
    study.show(frame, name="mine", caption="x", behind="n", headings={"n": {"en": "Pupils", "fr": "Élèves"}})
    assert cells(listed(study)["mine"])[0] == ["wave", "score", "Pupils", "of"]
    assert cells(listed(study)["mine"], "fr")[0] == ["wave (fr)", "score (fr)", "Élèves", "of"]
    assert cells(listed(study)["mine"])[2][1] == "61.5"  # one decimal, as the codebook says of the score


def test_columns_of_two_lines_become_one(study):
    """What ``agg`` of several columns gives."""
    frame = FRAME[["mean", "n"]].set_axis(pd.MultiIndex.from_tuples([("score", "mean"), ("score", "n")]), axis=1)
    study.show(frame, name="mine", caption="x", behind="score_n")
    assert cells(listed(study)["mine"])[0] == ["wave", r"score\_mean", r"score\_n"]


def draw(figure, data, words):
    """Bars."""
    figure.subplots().bar(range(len(data)), data["mean"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "E_NOT_BEHIND"),
        ({"behind": {"of": "n"}}, "E_NOT_BEHIND"),  # nothing stands behind the mean
        ({"behind": "number"}, "E_BEHIND_COLUMN"),
        ({"behind": "of"}, "E_BEHIND_COLUMN"),
        ({"behind": "n", "name": "Two words"}, "E_EXHIBIT_NAME"),
        ({"behind": "n", "name": "tab_effects"}, "E_EXHIBIT_TAKEN"),
        ({"behind": "n", "name": "score"}, "E_EXHIBIT_TAKEN"),
        ({"behind": "n", "frame": FRAME.rename(columns={"of": "n"})}, "E_EXHIBIT_COLUMN"),
        ({"behind": "n", "frame": FRAME.rename(columns={"of": "pupil"})}, "E_EXHIBIT_UNIT"),
        ({"behind": "n", "draw": draw}, "E_NO_ALT"),
        ({"behind": "n", "draw": object(), "alt": "bars"}, "E_AXES_FINISHED"),
        ({"behind": "n", "place": "somewhere"}, "E_UNKNOWN_BLOCK"),
    ],
)
def test_what_is_refused(study, change, code):
    """Each with its finding; nothing is written then."""
    asked = {"frame": FRAME, "name": "mine", "caption": "x"} | change
    with pytest.raises(FindingError) as caught:
        study.show(**asked)
    assert [finding.code for finding in caught.value.findings] == [code]
    assert not list(study.root.glob("figures/*")) and not list(study.root.glob("data/results/exhibits/*"))
    assert caught.value._render_traceback_() == [caught.value.findings[0].line()]  # a notebook shows no traceback


def test_a_figure(study):
    """Drawn once a language from what may be shown; finished axes pass only if they are published."""
    seen = []

    def looking(figure, data, words):
        seen.append((words.language, data["mean"].tolist()))
        draw(figure, data, words)

    study.show(FRAME, looking, name="mine", caption="x", alt={"en": "Bars", "fr": "Barres"}, behind="n")
    assert [language for language, _ in seen] == ["en", "fr"]
    assert all(pd.isna(first) and last == 61.5 for _, (first, last) in seen)
    assert listed(study)["mine"]["alt"] == {"en": "Bars", "fr": "Barres"}
    import matplotlib.figure

    axes = matplotlib.figure.Figure().subplots()
    study.show(FRAME, axes, name="other", caption="x", alt=lambda data, words: f"{len(data)} rows", published=True)
    assert listed(study)["other"]["alt"]["fr"] == "2 rows"
    assert (study.root / "figures" / "12_other.fr.png").is_file()


def test_a_row_that_would_give_another_away(study):
    """Of three rows of a wave that add up to a shown total, a second one goes with the hidden one, unless none does."""
    frame = pd.DataFrame({"wave": ["after"] * 3, "kind": ["a", "b", "c"], "n": [4, 6, 9]})
    study.show(frame, name="mine", caption="x", behind="n")
    assert [row[2] for row in cells(listed(study)["mine"])[1:]] == ["(c)", "(c)", "9"]
    study.show(frame, name="mine", caption="x", behind="n", whole=None)
    assert [row[2] for row in cells(listed(study)["mine"])[1:]] == ["(c)", "6", "9"]
    study.show(frame, name="mine", caption="x", behind=OPEN)
    assert [row[2] for row in cells(listed(study)["mine"])[1:]] == ["4", "6", "9"]
