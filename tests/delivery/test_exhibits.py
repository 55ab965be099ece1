"""What is written of delivery and cost: sentences of the sets, hidden cells, the notebook with and without data."""

import json
import re

import nbformat
import numpy as np
import pytest

from coops.delivery import activities as counted
from coops.delivery import exhibits as delivery_exhibits
from coops.delivery import figures as delivery_figures
from coops.show.cost_set import set_in_words
from coops.show.language import Words
from coops.study.languages import language_of
from coops.study.load import load
from tests import made
from tests.delivery.test_activities import DELIVERY, VISITS, study
from tests.real.adapter import command


def row(kind: str, value=np.nan, low=np.nan, high=np.nan, outcome="score", refused="") -> dict:
    said = {
        "outcome": outcome,
        "cost_set": kind,
        "estimate": value,
        "conf_low": low,
        "conf_high": high,
        "refused": refused,
    }
    return said | {"money": "points", "money_decimals": 0}


SENTENCES = {
    "a bounded interval": (row("interval_up", 200, 150, 300), "200 points for 1 points more (between 150 and 300)"),
    "a fall": (row("interval_down", -200, -300, -150), "200 points for 1 points less (between 150 and 300)"),
    "a complement around zero": (
        row("complement", np.nan, -160, 100),
        "direction uncertain: the effect may be zero; if it is above zero, 1 points more cost at least 100 points, without"
        " upper limit; if it is below, 1 points less came for at least 160 points",
    ),
    "a complement above zero": (
        row("complement", np.nan, 20, 100),
        "direction uncertain: the effect may be zero, so the cost of 1 points more has no upper limit; the data rule out"
        " only costs between 20 and 100 points",
    ),
    "the whole line": (
        row("line", np.nan, -np.inf, np.inf),
        "direction uncertain: the data rule out no cost at all for 1 points more; nothing can be said",
    ),
    "half of it": (
        row("half", np.nan, 100, np.inf),
        "direction uncertain: the effect may just be zero, so 1 points more costs at least 100 points, without upper limit",
    ),
    "the other half": (
        row("half", np.nan, -np.inf, 100),
        "direction uncertain: the effect may just be zero; the data allow every cost up to 100 points for 1 points more",
    ),
    "the other half, where a fall may have come": (
        row("half", np.nan, -np.inf, -4),
        "direction uncertain: the effect may just be zero; 1 points less came for at least 4 points, without upper limit",
    ),
    "a refusal": (
        row("", refused="few_clusters"),
        "not enough data to say (fewer than three clusters in an arm)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SENTENCES)
def test_sets_in_words(tmp_path, case):
    """Each kind of set has its sentence; only a bounded one begins with a ratio."""
    said, sentence = SENTENCES[case]
    words = Words(load(made.study(tmp_path)), "en")
    assert set_in_words(said, words).replace("\u00a0", " ") == sentence


def test_the_cost_of_a_percentage_point(tmp_path):
    """1,000 for a share of one, which is 100 percentage points: 10 for one of them."""
    book = made.CODEBOOK.replace("score,number,points,1,,0..100", "score,number,share,1,,")
    words = Words(load(made.study(tmp_path, codebook=book)), "en")
    said = set_in_words(row("interval_up", 1000, 500, 2000), words).replace("\u00a0", " ")
    assert said == "10 points for 1 percentage point more (between 5 and 20)"


def test_a_hidden_cell(tmp_path):
    """Three whole, one in part: (c) for both, in the table, its csv and the figure; the number planned stays."""
    visits = VISITS.assign(done=VISITS["done"].where(VISITS["visit"] != "v6", "part"))
    data = made.data(study(tmp_path / "made", visits))
    words, found = Words(data.study, "en"), counted.read(data)
    kinds = counted.kinds(found)
    table = delivery_exhibits.planned(kinds, found)
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.markdown(words).splitlines()]
    books = next(line for line in lines if line[0] == "books")
    assert lines[0][:3] == ["Kind", "Planned", "Whole"] and books[1:4] == ["4", "(c)", "(c)"]
    (line,) = [one for one in table.csv().splitlines() if one.startswith("sort.books")]
    assert line.startswith("sort.books,4,,,")
    bars = delivery_figures.planned_data(kinds, found.statuses)
    assert "books (c) of 4" in delivery_figures.planned_alt(bars, words)
    words.signs = language_of(
        "ar"
    )  # as on an Arabic page: what is hidden stands apart, so that its letter turns nothing round
    assert "\u2066(c)\u2069 of" in delivery_figures.planned_alt(bars, words)


def test_kinds_that_are_not_shown_are_named(tmp_path):
    """One talk reached one school: both kinds are out of the table, and the note says which."""
    data = made.data(study(tmp_path / "made", VISITS[VISITS["visit"] != "v2"]))
    found = counted.read(data)
    few = delivery_exhibits.quoted(found, counted.reach(found))["few"](Words(data.study, "en"))
    assert few == "Too little behind them to be shown: books and talk. "
    assert delivery_exhibits.quoted(found, counted.kinds(found))["few"](Words(data.study, "en")) == ""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The made study with visits, run once."""
    folder = tmp_path_factory.mktemp("visits")
    done = command("run", study(folder / "study"), "--out", folder / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "run"


def outputs(root) -> str:
    """What the notebook says."""
    cells = nbformat.read(root / "notebooks" / "06_delivery.ipynb", 4).cells
    return "\n".join(out.data.get("text/markdown", "") for c in cells if c.cell_type == "code" for out in c.outputs)


def test_the_page(run):
    """Numbers by hand: 8 planned, 6 whole; 1,400 in all, 175 a pupil, 350 a school; 33 for a point of the score."""
    page = (run / "report" / "made.en.md").read_text(encoding="utf-8").replace("\u00a0", " ")
    for sentence in (
        "Activities planned: 8; delivered in full: 6 (75.0 %).",
        "- In all: 1,400 points",
        "- Divided by 8 pupils: 175 points",
        "- Divided by 4 schools: 350 points",
        "Fees only.",
    ):
        assert sentence in page
    assert re.search(r"\*\*score\*\* \(with books\): 33 points for 1 points more \(between \d+ and \d+\)", page)


def test_every_picture_has_its_text(run):
    """Each figure is there with the csv behind it and words for those who cannot see it."""
    exhibits = json.loads((run / "data" / "results" / "exhibits" / "06_delivery.json").read_text(encoding="utf-8"))
    figures = {one["name"]: one for one in exhibits if one["kind"] == "figure"}
    assert set(figures) == {"fig_planned", "fig_timeline", "fig_dose", "fig_capacities", "fig_spent"}
    for one in figures.values():
        assert (run / "figures" / f"{one['file']}.csv").is_file() and (
            run / "figures" / f"{one['file']}.en.png"
        ).is_file()
    assert "skill 2.0 to 3.0" in figures["fig_capacities"]["alt"]["en"]
    assert "books 150" in figures["fig_spent"]["alt"]["en"].replace("\u00a0", " ")


def test_no_school_and_no_helper_is_named(run):
    """Neither in an exhibit nor in the csv behind it."""
    texts = [path.read_text(encoding="utf-8") for path in (run / "figures").glob("06_*.csv")]
    texts.append((run / "data" / "results" / "exhibits" / "06_delivery.json").read_text(encoding="utf-8"))
    assert not re.search(r"\b[hs][0-9]\b", "\n".join(texts))


def test_not_collected(tmp_path):
    """Without the tables the notebook says so part by part, and the page has no such section."""
    done = command("run", made.study(tmp_path / "study"), "--out", tmp_path / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    said = outputs(tmp_path / "run")
    assert said.count("Not collected") == 7 and said.count("Not drawn") == 4 and said.count("Not said") == 1
    assert "delivered" not in (tmp_path / "run" / "report" / "made.en.md").read_text(encoding="utf-8")


def test_only_some_of_it(tmp_path):
    """Visits with their kind alone: counted, without day, school, status or cost; the rest is not collected."""
    said = '[delivery]\ntable = "visits"\nkind = "sort"\n'
    assert said != DELIVERY
    done = command("run", study(tmp_path / "study", said=said), "--out", tmp_path / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "run" / "report" / "made.en.md").read_text(encoding="utf-8")
    assert "Activities planned: 8." in page and "cost" not in page.split("## What was delivered")[1].split("## ")[1]
    assert outputs(tmp_path / "run").count("Not collected") == 4
