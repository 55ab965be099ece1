"""A page of a unit: its content by hand, what it keeps to itself, and a linear solve that finds nobody else on it."""

import json
import re
import shutil
import subprocess
import unicodedata
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest

from coops.__main__ import main
from coops.diagnosis import unit_report
from coops.diagnosis.assessment import within_one_level
from coops.diagnosis.scores import level_places
from coops.diagnosis.unit_report import report
from coops.disclosure import means
from coops.field_studies.triangulation import put_together
from coops.report import unit_page
from coops.run import unit_pages
from coops.show.language import Words
from coops.study import data_protection
from coops.study.findings import FindingError
from coops.study.load import load
from tests.report.unit_pages_study import AFTER, CARD, TOML, make
from tests.study.test_data_protection import PROTECTION, codes

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
FIELD = TOML.replace('"DEMONSTRATION"', '"FIELD"') + PROTECTION
PARTS = ["rooms", "law", "people", "overall"]
NAN = np.nan


def assessed(folder: Path, *some, **changes):
    """The made study, scored."""
    return unit_pages.assessment(load(make(folder, *some, **changes)))


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    return assessed(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def demo():
    return unit_pages.assessment(load(DEMO))


def text_of(scored, unit: str, folder: Path, language: str = "en") -> str:
    """The Markdown of a page."""
    return unit_page.markdown(scored, report(scored, unit), Words(scored.data.study, language), folder)


# -- content by hand -----------------------------------------------------------------------------------------------


def test_scores_level_and_change(scored):
    """day01: rooms (0 + 0.4) / 2, pupils (2 × 0.5 + 2 × 0.75 + 0) / 5, overall (0.2 + 1 + 2 × 0.5) / 4.

    Before: rooms 0.05, law 0, pupils 0.5; so the change is 0.15, 1, 0 and (0.15 + 1 + 0) / 4, over four items.
    """
    of_unit = report(scored, "day01")
    assert of_unit.scores[PARTS].tolist() == pytest.approx([0.2, 1, 0.5, 0.55])
    assert of_unit.change[PARTS].tolist() == pytest.approx([0.15, 1, 0, 0.2875])
    assert (of_unit.level, of_unit.compared, of_unit.answered) == ("middle", 4, 4)


def test_steps_are_the_largest_gains(scored):
    """day01: pupils 2/4 × 1 × 0.5; clean 1/4 × 1/2 × 1; desks 1/4 × 1/2 × 0.6. A met item and one of weight 0 are none."""
    steps = report(scored, "day01").steps
    assert [step.item.name for step in steps] == ["content", "clean", "desks"]
    assert [step.gain for step in steps] == pytest.approx([0.25, 0.125, 0.075])
    assert len(report(scored, "night03").steps) == 3  # of four that would raise its score


def test_equal_gains_keep_the_order_of_the_file(tmp_path, scored):
    """night01: the permit (1/4 × 1) and the pupils (2/4 × 0.5) gain the same; so do clean and desks in night03."""
    assert [step.item.name for step in report(scored, "night01").steps] == ["permit", "content"]
    assert [step.item.name for step in report(scored, "night03").steps] == ["content", "permit", "clean"]
    head, clean, desks, permit, exits, content = CARD.splitlines()
    turned = [head, content, *(line.replace(",,3,,own,,", ",1,3,1,own,the rooms,") for line in (desks,)), clean]
    other = assessed(tmp_path, card="\n".join([*turned, permit, exits, ""]))
    assert [step.item.name for step in report(other, "night01").steps] == ["content", "permit"]
    assert [step.item.name for step in unit_report.steps(other, "night03")] == ["content", "permit", "desks", "clean"]


def test_strengths(scored):
    """Items of the study's own rule at 0.6 or more, by what they bring: pupils 2/4, then the rooms 1/8 each; no law."""
    assert [item.name for item in report(scored, "alone01").strengths] == ["content", "clean", "desks"]
    # night02: no score in law, so pupils 2/3 × 0.75 and clean 1/6 × 1
    assert [item.name for item in report(scored, "night02").strengths] == ["content", "clean"]
    assert report(scored, "day01").strengths == []


def test_the_words_of_a_page(scored, tmp_path):
    """day01, whole sentences as they are printed."""
    text = text_of(scored, "day01", tmp_path)
    for sentence in (
        "**A made study**. After. DEMONSTRATION DATA",
        "Level: **middle (uncertain)**. Score: **55** of 100.",
        "| the rooms | ![score 20, group mean 50](20_50_ltr.png){width=42mm} | 20 | 50 | +15 |",
        "| the pupils | ![score 50, group mean 50](50_50_ltr.png){width=42mm} | 50 | 50 | 0 |",
        "6\u00a0schools (“day”), not counting the data of this page",
        "1. listen to the pupils (up to +25 points)\n2. clean the rooms (up to +12 points)\n3. buy desks (up to +8 points)",
        "- a permit as the law asks: **✓ met**",
        "**Later rules, for information: they came afterwards and did not hold at the time.**\n\n"
        "- two exits (later law): **✗ not met**",
        "Nothing: every question has an answer.",
        "It is no inspection",
        "version 3 of the scorecard",
    ):
        assert sentence in text, sentence
    assert "## Strengths" not in text  # there are none
    assert unit_page.title(report(scored, "day01"), "group", Words(scored.data.study, "en")) == "School day01"


# -- firmness --------------------------------------------------------------------------------------------------------


def test_a_level_at_a_cut_off_belongs_above_and_is_called_uncertain(scored, tmp_path):
    """night01 has 0.5 exactly: the middle level, which about half of the draws turn; the page says so beside the level."""
    of_unit = report(scored, "night01")
    assert (of_unit.scores["overall"], of_unit.level, of_unit.other, of_unit.uncertain) == (0.5, "middle", "low", True)
    text = text_of(scored, "night01", tmp_path)
    assert text.count("middle") == text.count("middle (uncertain)") == 1 and "“low”" in text
    assert f"only {int(100 * of_unit.kept)} of 100 trials" in text and "is firm" not in text


def test_a_firm_level(scored, tmp_path):
    """Full scores are the highest level under any weights; every limit lies below."""
    of_unit = report(scored, "alone01")
    assert (of_unit.level, of_unit.kept, of_unit.uncertain, of_unit.other) == ("high", 1, False, "")
    text = text_of(scored, "alone01", tmp_path)
    assert "stayed the same in 100 of 100 trials" in text and "uncertain" not in text


def test_a_share_just_below_the_limit_is_not_rounded_up_to_it(scored):
    """0.7996 of the draws is uncertain at 0.8, and is told as 79, not as 80."""
    of_unit = report(scored, "day01")
    of_unit = of_unit.__class__(**(of_unit.__dict__ | {"kept": 0.7996, "uncertain": True}))
    assert "only 79 of 100" in unit_page.markdown(scored, of_unit, Words(scored.data.study, "en"), Path("/tmp"))


# -- what is missing -------------------------------------------------------------------------------------------------


def test_too_few_persons_give_no_score(scored, tmp_path):
    """Four of five pupils of day07 answered, five are needed: no score of theirs, nothing about any of them."""
    of_unit = report(scored, "day07")
    assert np.isnan(of_unit.scores["people"]) and [item.name for item in of_unit.few] == ["content"]
    assert of_unit.scores["overall"] == pytest.approx((0.25 + 1) / 2)
    assert (of_unit.low, of_unit.high) == pytest.approx(((0.25 + 1) / 4, (0.25 + 1 + 2) / 4))
    assert [step.item.name for step in of_unit.steps] == ["clean", "desks"]
    text = text_of(scored, "day07", tmp_path)
    assert "Asked of pupils, answered by fewer than 5: pupils are content." in text
    assert "anything from 31 to 81" in text and "| the pupils | – | – | 50 | – |" in text


def test_a_dimension_without_an_answer(scored, tmp_path):
    """night02: the law has no score; overall (0.5 + 2 × 0.75) / 3; both rules say that they were not answered."""
    of_unit = report(scored, "night02")
    assert of_unit.scores[PARTS].tolist() == pytest.approx([0.5, NAN, 0.75, 2 / 3], nan_ok=True)
    assert [met for _, met in (*of_unit.rules, *of_unit.later)] == [None, None]
    text = text_of(scored, "night02", tmp_path)
    assert text.count("**? not answered**") == 2
    assert "Without an answer: a permit as the law asks; two exits (later law)." in text


def test_too_few_answers_for_a_level(tmp_path):
    """Two of four items are half, three quarters are needed: no level, no points of steps, and the page says why."""
    scored = assessed(tmp_path / "s", day01=("no", 4, -98, "no", (3, 3, -98, -98, -98)))
    text = text_of(scored, "day01", tmp_path)
    assert report(scored, "day01").level == ""
    assert "No level: 2 of 4 questions that count were answered" in text and "1. clean the rooms\n" in text
    assert "firm" not in text and "| **Overall** | – | – | " in text


def test_a_question_that_was_not_asked_is_no_missing_answer(tmp_path):
    """Exits were not asked at the later wave: the page says so, and does not say that nobody answered."""
    toml = TOML.replace('label = "before"', 'label = "before"\nform_version = "1"').replace(
        'label = "after"', 'label = "after"\nform_version = "2"'
    )
    folder = make(tmp_path / "s", toml=toml)
    book = (folder / "codebook.csv").read_text(encoding="utf-8").splitlines()
    until = [f"{line},{',1' if ',exits,' in line else ','}" for line in book[1:]]
    (folder / "codebook.csv").write_text("\n".join([f"{book[0]},version_from,version_to", *until]), encoding="utf-8")
    raw = pd.read_csv(folder / "raw" / "visits.csv")
    raw.loc[raw["wave"] == "after", "exits"] = None
    raw.to_csv(folder / "raw" / "visits.csv", index=False)
    text = text_of(unit_pages.assessment(load(folder)), "day01", tmp_path)
    assert "Not asked this time: two exits (later law)." in text and "Without an answer" not in text


def test_one_wave_has_no_change(tmp_path):
    """Nothing is compared with before, and no column is left empty."""
    toml = TOML.replace("[diagnosis.levels.low]", '[diagnosis]\nwaves = ["after"]\n[diagnosis.levels.low]')
    text = text_of(assessed(tmp_path / "s", toml=toml), "day01", tmp_path)
    assert "Change" not in text and "| 20 | 50 |" in text


# -- beside others ---------------------------------------------------------------------------------------------------


def test_others_of_its_group(scored):
    """day01 beside six others: rooms three times 0.75 and 0.25; five with pupils of 0.5; itself is not among them."""
    beside = report(scored, "day01").comparison
    assert (beside.group, beside.units, beside.why) == ("day", 6, "")
    assert beside.means[["rooms", "people"]].tolist() == pytest.approx([0.5, 0.5])


def test_a_mean_that_would_show_each_of_them_is_withheld(scored, tmp_path):
    """All six have the permit: 100 would tell that each has it; the overall mean goes too, or one could subtract."""
    beside = report(scored, "day01").comparison
    assert beside.withheld and beside.means[["law", "overall"]].isna().all()
    assert "It is left out where all are so alike" in text_of(scored, "day01", tmp_path)


def test_all_others_where_its_group_is_too_small(scored, tmp_path):
    """night01 has three others of its kind, a stratum of one has none: all eleven others, and the page says why."""
    beside = report(scored, "night01").comparison
    assert (beside.group, beside.units, beside.withheld) == ("", 11, False)
    # day: 0.2, three of 0.75, three of 0.25; night: 0.5, 0, 0.1; alone: 1
    assert beside.means["rooms"] == pytest.approx((0.2 + 3 * 0.75 + 3 * 0.25 + 0.6 + 1) / 11)
    assert "11\u00a0schools, all groups together, as the own group is too small" in text_of(scored, "night01", tmp_path)
    assert report(scored, "alone01").comparison.units == 11


def test_what_the_report_shows_is_taken_off(scored):
    """alone01: all others less the group that the report shows leaves four nights, none of whom has the permit."""
    beside = report(scored, "alone01").comparison
    assert beside.withheld and beside.means[["law", "overall"]].isna().all()
    assert beside.means[["rooms", "people"]].notna().all()


def test_no_comparison_with_fewer_than_five_others(tmp_path):
    """Five schools: four others; the page says so and shows no mean, no bar with a mark."""
    scored = assessed(tmp_path / "s", list(AFTER)[:5])
    beside = report(scored, "day01").comparison
    assert (beside.why, beside.units, beside.means.notna().any()) == ("few", 4, False)
    text = text_of(scored, "day01", tmp_path)
    assert "No group mean: fewer than 5 others have a score." in text and "group mean 5" not in text
    assert "of others only" not in text


def test_a_higher_threshold_of_the_study_holds(tmp_path):
    """Seven behind each number: six others of its group are too few, eleven in all are enough."""
    scored = assessed(tmp_path, toml=TOML + "[release]\nmin_groups = 7\n")
    assert report(scored, "day01").comparison.units == 11


def test_bounds_by_hand():
    """Four of five at 1 leave at least 0 to the last one; 4.9 leave 0.9; 0.3 in all leaves at most 0.3."""
    assert means.bounds(np.array([1, 1, 1, 0.5, 0.5])) == (0, 1)
    assert means.bounds(np.array([1, 1, 1, 1, 0.9])) == pytest.approx((0.9, 1))
    assert means.bounds(np.array([0.1, 0.2, 0, 0, NAN])) == pytest.approx((0, 0.3))
    assert means.bounds(np.array([NAN])) == (0, 1)

    def alike(low: float, high: float) -> bool:
        return within_one_level(low, high, np.array([0, 0.5, 0.8]))

    assert means.tells_one(np.array([1, 1, 1, 1, 0.9]), alike)
    assert not means.tells_one(np.array([1, 1, 1, 1, 0.7]), alike)  # 0.7 to 1 is two levels
    assert not within_one_level(1.0, 1.0, np.array([0.0]))  # there is one level only


# -- the linear solve ------------------------------------------------------------------------------------------------


class Solve:
    """What a unit can work out about others: her own scores, whole per cents of means, scores between 0 and 1.

    Who has a score in what is taken as known, and so is the way from dimensions to the overall score.
    """

    def __init__(self, scored, unit: str):
        from scipy.sparse import lil_matrix

        scores = scored.scores[scored.now]
        self.parts = scores.dimensions.assign(overall=scores.overall)
        self.own, self.starts = unit, np.array(list(scored.starts.values()))
        there = self.parts.drop(unit).stack().index
        self.place = {cell: number for number, cell in enumerate(there)}
        self.rows, self.ends = [], []
        weights = {part.name: part.weight for part in scored.card.dimensions}
        linked = [other for other in self.parts.index.drop(unit) if (other, "overall") in self.place]
        self.equal = lil_matrix((len(linked), len(there)))
        for row, other in enumerate(linked):
            known = {part: weight for part, weight in weights.items() if (other, part) in self.place}
            for part, weight in known.items():
                self.equal[row, self.place[other, part]] = weight / sum(known.values())
            self.equal[row, self.place[other, "overall"]] = -1

    def mean(self, part: str, units, shown: float) -> None:
        """A mean of a part over units, own included or not, is shown as so many whole per cents."""
        units = [unit for unit in units if pd.notna(self.parts.loc[unit, part])]
        row = np.zeros(len(self.place))
        for unit in units:
            if unit != self.own:
                row[self.place[unit, part]] = 1
        known = self.parts.loc[self.own, part] if self.own in units else 0
        self.rows += [row, -row]
        self.ends += [len(units) * (shown + 0.5) / 100 - known, known - len(units) * (shown - 0.5) / 100]

    def bounds(self, unit: str, part: str) -> list[float]:
        from scipy.optimize import linprog

        ends = []
        for sign in (1, -1):
            aim = np.zeros(len(self.place))
            aim[self.place[unit, part]] = sign
            within = {"A_ub": np.array(self.rows), "b_ub": self.ends} if self.rows else {}
            solved = linprog(aim, **within, A_eq=self.equal.tocsr(), b_eq=np.zeros(self.equal.shape[0]), bounds=(0, 1))
            assert solved.status == 0, solved.message
            ends.append(sign * solved.fun)
        return ends

    def within_one_level(self, unit: str, part: str) -> bool:
        low, high = level_places(np.array(self.bounds(unit, part)) + np.array([1e-7, -1e-7]), self.starts)
        return low == high


def solve(scored, unit: str, published: bool) -> Solve:
    """What stands on the page of a unit, and in the tables of the report."""
    solved, beside = Solve(scored, unit), report(scored, unit).comparison
    others = scored.units.drop(unit)
    group = others[(scored.groups[others] == beside.group).to_numpy()] if beside.group else others
    for part, mean in beside.means.dropna().items():
        solved.mean(part, group, round(100 * mean))
    if published:
        for by_group in (True, False):
            shown = scored.profile(scored.now, by_group)
            for row in shown[shown["scored"] >= scored.data.study.contract.release.min_groups].itertuples():
                units = scored.units[(scored.groups == row.group).to_numpy()] if by_group else scored.units
                solved.mean(row.part, units, round(100 * row.mean))
    return solved


def alike(scored, unit: str) -> list[str]:
    """One of each kind of other units: those of a group with scores in the same parts can be exchanged."""
    scores = scored.scores[scored.now]
    known = scores.dimensions.assign(overall=scores.overall).notna().assign(group=scored.groups).drop(unit)
    return known[~known.duplicated()].index.tolist()


def test_no_page_of_the_demonstration_gives_anybody_away(demo):
    """From any page, the report's tables and her own answers: nobody else's score within one level, in any part."""
    scores = demo.scores[demo.now]
    for unit in demo.units:
        solved = solve(demo, unit, published=True)
        for other in alike(demo, unit):
            for part in (*demo.dimensions, "overall") if unit in demo.units[:3] else ("overall",):
                known = scores.overall if part == "overall" else scores.dimensions[part]
                if pd.notna(known[other]):
                    assert not solved.within_one_level(other, part), (unit, other, part)


def test_exchangeable_units_have_the_same_bounds(demo):
    """One of each kind speaks for the others: every other unit, one by one, for one page."""
    unit = demo.units[0]
    solved, kinds = solve(demo, unit, published=True), {}
    scores = demo.scores[demo.now].overall
    for other in scores.drop(unit).dropna().index:
        kinds.setdefault(demo.groups[other], []).append(solved.bounds(other, "overall"))
    for bounds in kinds.values():
        assert np.ptp(np.array(bounds), axis=0).max() < 1e-6
        low, high = level_places(np.array(bounds[0]), solved.starts)
        assert low != high


def test_item_means_of_the_field_studies_give_nobody_away(demo):
    """The means of items by stratum too: items are added to the solve, each dimension the weighted mean of its items."""
    from scipy.optimize import linprog

    scores, card, unit = demo.scores[demo.now], demo.card, demo.units[0]
    survey = put_together(demo.data, demo).survey
    of_unit = survey[survey["mean"].notna() & (survey["of"] == survey["stratum"])]
    shown = report(demo, unit).comparison
    cells = [(other, item.name) for other in demo.units.drop(unit) for item in card.scored]
    place = {cell: number for number, cell in enumerate(cells) if pd.notna(scores.items.loc[cell])}
    number = {cell: at for at, cell in enumerate(place)}
    dimension = {part.name: part for part in card.dimensions}

    def weights(other: str, part: str) -> np.ndarray:
        row = np.zeros(len(number))
        parts = (
            [name for name in dimension if pd.notna(scores.dimensions.loc[other, name])]
            if part == "overall"
            else [part]
        )
        whole = sum(dimension[name].weight for name in parts)
        for name in parts:
            there = [item for item in card.of(name) if (other, item.name) in number]
            for item in there:
                share = item.weight / sum(item.weight for item in there)
                row[number[other, item.name]] = dimension[name].weight / whole * share
        return row

    rows, ends = [], []

    def mean(part: str, units, value: float) -> None:
        items = part not in (*dimension, "overall")
        known = scores.items[part] if items else scores.overall if part == "overall" else scores.dimensions[part]
        units = [name for name in units if pd.notna(known[name])]
        row = np.zeros(len(number))
        for other in units:
            if other != unit and items:
                row[number[other, part]] += 1
            elif other != unit:
                row += weights(other, part)
        own = known[unit] if unit in units else 0
        rows.extend([row, -row])
        ends.extend([len(units) * (value + 0.005) - own, own - len(units) * (value - 0.005)])

    for row in of_unit.itertuples():
        mean(row.key, demo.units[(demo.groups == row.of).to_numpy()] if row.of else demo.units, row.mean)
    assert {row.key for row in of_unit.itertuples()} - {*dimension}  # some items are told
    others = demo.units.drop(unit)
    near = others[(demo.groups[others] == shown.group).to_numpy()] if shown.group else others
    for part, value in shown.means.dropna().items():
        mean(part, near, round(value, 2))
    for by_group in (True, False):
        for row in demo.profile(demo.now, by_group).itertuples():
            if not by_group or row.group in demo.shown(row.part):
                mean(
                    row.part,
                    demo.units[(demo.groups == row.group).to_numpy()] if by_group else demo.units,
                    round(row.mean, 2),
                )
    for other in alike(demo, unit):
        for part in (*dimension, "overall"):
            known = scores.overall if part == "overall" else scores.dimensions[part]
            if pd.notna(known[other]):
                aim = weights(other, part)
                solved = [linprog(sign * aim, A_ub=np.array(rows), b_ub=ends, bounds=(0, 1)) for sign in (1, -1)]
                assert all(each.status == 0 for each in solved)
                ends_of = np.array([solved[0].fun + 1e-7, -solved[1].fun - 1e-7])
                low, high = level_places(ends_of, np.array(list(demo.starts.values())))
                assert low != high, (other, part, ends_of)


def test_no_page_of_the_made_study_gives_anybody_away(scored):
    """Some are alike on purpose: the pages keep them, and without that rule the solve finds them."""
    scores = scored.scores[scored.now]
    for unit in scored.units:
        solved = solve(scored, unit, published=False)
        for other in alike(scored, unit):
            for part in PARTS:
                known = scores.overall if part == "overall" else scores.dimensions[part]
                if pd.notna(known[other]):
                    assert not solved.within_one_level(other, part), (unit, other, part)


def test_the_solve_can_find_somebody(scored, monkeypatch):
    """With the rule off, the page of day01 shows 100 for the law of six others: each is in the highest level."""
    monkeypatch.setattr(means, "tells_one", lambda values, alike: False)
    assert solve(scored, "day01", published=False).within_one_level("day02", "law")


# -- files -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The pages of three schools, and their folder."""
    place = tmp_path_factory.mktemp("pages")
    folder = make(place / "study", ["day01", "day02", "night01"])
    return folder, place / "out", unit_pages.write(folder, place / "out")


def everything(path: Path) -> str:
    """All text of a file: every part of a Word file; a PDF by poppler, and its properties."""
    if path.suffix == ".docx":
        with ZipFile(path) as archive:
            return " ".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    done = [subprocess.run([*tool, path, *end], capture_output=True, check=True, text=True).stdout
            for tool, end in ((["pdftotext"], ["-"]), (["pdfinfo"], []))]  # fmt: skip
    return unicodedata.normalize("NFKC", " ".join(done))


def test_a_file_holds_its_own_unit_only(written):
    """Its key stands in it, no other does, and neither does the key of a pupil."""
    _, out, files = written
    assert sorted(path.name for path in out.iterdir()) == sorted([path.name for path in files] + ["pages.json"])
    assert [path.name for path in files[:4]] == ["day01.en.pdf", "day01.en.docx", "day02.en.pdf", "day02.en.docx"]
    for path in files:
        if path.suffix == ".pdf" and not all(map(shutil.which, ("pdftotext", "pdfinfo"))):
            continue
        text, own = everything(path), path.name.split(".")[0]
        assert own in text
        for other in AFTER:
            assert other == own or other not in text
        assert not re.search(rf"{own}p\d", text)


@pytest.mark.skipif(not shutil.which("pdfinfo"), reason="poppler (pdfinfo) is not here: the length is NOT TESTED")
def test_a_page_is_one_page(written, demo, tmp_path):
    """In each language of the demonstration too, for a unit with many missing answers."""
    longest = demo.scores[demo.now].answered.idxmin()
    for language in ("en", "fr", "ar"):
        of_unit = report(demo, longest)
        page = unit_pages.page(demo, of_unit, Words(demo.data.study, language), tmp_path)
        unit_pages.write_page(page, language, tmp_path)
    for path in [*written[2], *tmp_path.glob("*.pdf")]:
        if path.suffix == ".pdf":
            about = subprocess.run(["pdfinfo", path], capture_output=True, check=True, text=True).stdout
            assert re.search(r"Pages: +1\n", about)


def test_the_same_bytes_again_and_stale_pages_gone(written):
    """Written again with one school fewer: its pages go, the others are the same, and what others put there stays."""
    folder, out, files = written
    before = {path.name: path.read_bytes() for path in files}
    (out / "letter.txt").write_text("mine", encoding="utf-8")
    make(folder, ["day01", "day02"])
    again = unit_pages.write(folder, out)
    assert {path.name: path.read_bytes() for path in again}.items() <= before.items()
    assert {path.name for path in out.iterdir()} == {path.name for path in again} | {"pages.json", "letter.txt"}


def test_other_peoples_files_are_left_alone(tmp_path):
    """A file of the same name that this command has not written, and pages of another study: refused, untouched."""
    folder, out = make(tmp_path / "study", ["day01"]), tmp_path / "out"
    out.mkdir()
    (out / "day01.en.pdf").write_text("mine", encoding="utf-8")
    assert codes(lambda: unit_pages.write(folder, out)) == ["E_PAGES_FOLDER"]
    assert [(path.name, path.read_text(encoding="utf-8")) for path in out.iterdir()] == [("day01.en.pdf", "mine")]
    (out / "day01.en.pdf").unlink()
    (out / "pages.json").write_text(json.dumps({"study": "another", "files": ["x"]}), encoding="utf-8")
    assert codes(lambda: unit_pages.write(folder, out)) == ["E_PAGES_FOLDER"]
    assert [path.name for path in out.iterdir()] == ["pages.json"]


def test_a_list_that_points_outside_removes_nothing(tmp_path):
    """The list of pages holds file names; a path in it is none."""
    study, out = load(make(tmp_path / "study", ["day01"])), tmp_path / "out"
    out.mkdir()
    (tmp_path / "kept.txt").write_text("x", encoding="utf-8")
    (out / "pages.json").write_text(json.dumps({"study": "schools", "files": ["../kept.txt"]}), encoding="utf-8")
    data_protection.claim_pages(study, out, [])
    assert (tmp_path / "kept.txt").is_file()


def test_names_of_files():
    """Signs that a file system does not know become _; names that would be the same are numbered."""
    assert unit_pages.file_names(["a|b", "a/b", "A_B", "..", "تعاونية 1"]) == [
        "a_b",
        "a_b_2",
        "A_B_3",
        "_",
        "تعاونية_1",
    ]


def test_arabic_comes_first(tmp_path, demo, monkeypatch):
    """Then the languages of the study in their order."""
    monkeypatch.setattr(unit_pages, "KINDS", {})
    monkeypatch.setattr(unit_pages, "assessment", lambda study: demo)
    seen = []
    monkeypatch.setattr(unit_pages, "write_page", lambda page, stem, out: seen.append(stem))
    unit_pages.write(DEMO, tmp_path)
    assert seen[:3] == [f"{demo.units[0]}.{language}" for language in ("ar", "en", "fr")]


def test_not_into_the_study_itself(tmp_path):
    """Nor below it: what a run depends on would change."""
    folder = make(tmp_path, ["day01"])
    assert codes(lambda: unit_pages.write(folder, folder / "pages")) == ["E_OVERLAP"]


# -- a field study ---------------------------------------------------------------------------------------------------


def test_field_pages_are_private(tmp_path):
    """Their folder is its owner's; they say that they are private; purge takes them after the date."""
    folder, out = make(tmp_path / "study", ["day01"], toml=FIELD), tmp_path / "out"
    files = unit_pages.write(folder, out)
    assert out.stat().st_mode & 0o777 == 0o700
    assert "FIELD DATA: private." in everything(files[1])
    (out / "letter.txt").write_text("mine", encoding="utf-8")
    assert codes(lambda: unit_pages.write(folder, out)) == ["E_PAGES_FOLDER"]  # somebody would be locked out
    removed, left = data_protection.purge(load(folder), [out], today=date(2032, 1, 1))
    assert left == [] and {*files, out / "pages.json"} <= set(removed)
    assert [path.name for path in out.iterdir()] == ["letter.txt"]


def test_field_pages_do_not_go_into_git(tmp_path, capsys):
    """Refused before anything is read or made; so are pages after the retention date."""
    folder = make(tmp_path / "study", ["day01"], toml=FIELD)
    (tmp_path / "work" / ".git").mkdir(parents=True)
    assert main(["pages", str(folder), "--out", str(tmp_path / "work" / "pages")]) == 1
    assert "E_FIELD_IN_GIT" in capsys.readouterr().err and not (tmp_path / "work" / "pages").exists()
    make(folder, ["day01"], toml=FIELD.replace("2031", "2001"))
    assert main(["pages", str(folder), "--out", str(tmp_path / "out")]) == 1
    assert "E_RETENTION" in capsys.readouterr().err and not (tmp_path / "out").exists()


# -- what is told instead --------------------------------------------------------------------------------------------


def test_without_a_scorecard(tmp_path, capsys):
    """One line that says what is missing, no traceback, no folder."""
    toml = TOML.split("[diagnosis")[0]
    folder = make(tmp_path / "study", ["day01"], toml=toml, card="")
    assert main(["pages", str(folder), "--out", str(tmp_path / "out")]) == 1
    printed = capsys.readouterr().err
    assert "E_NOT_DIAGNOSED" in printed and "diagnosis.csv" in printed and not (tmp_path / "out").exists()


def test_nobody_to_score(tmp_path):
    """A sample that nobody fulfils."""
    sample = '[diagnosis]\nsample = "none"\n[diagnosis.levels.low]'
    toml = TOML.replace("[diagnosis.levels.low]", sample)
    toml += '[samples.none]\nconditions = [{ variable = "kind", equals = "alone" }]\n'
    folder = make(tmp_path / "study", ["day01"], toml=toml)
    assert codes(lambda: unit_pages.write(folder, tmp_path / "out")) == ["E_NOTHING_SCORED"]


def test_faults_of_the_data_are_told(tmp_path):
    """As a run tells them; no page rests on a part of the rows."""
    folder = make(tmp_path / "study", ["day01"], day01=("perhaps", 40, "yes", "yes", (3,) * 5))
    with pytest.raises(FindingError) as caught:
        unit_pages.write(folder, tmp_path / "out")
    assert sorted({finding.code for finding in caught.value.findings}) == ["E_ALLOWED", "E_RANGE"]
    assert not (tmp_path / "out").exists()


def test_no_such_folder(tmp_path, capsys):
    """A wrong call, exit 2."""
    assert main(["pages", str(tmp_path / "none"), "--out", str(tmp_path)]) == 2
    assert "There is no folder" in capsys.readouterr().err


# -- languages -------------------------------------------------------------------------------------------------------


def template(language: str) -> str:
    return (Path(unit_page.__file__).parent / "unit" / f"{language}.md").read_text(encoding="utf-8")


def test_the_three_templates_say_the_same():
    """The same conditions, loops and quantities, section by section."""
    tags = {language: [sorted(re.findall(r"\{%.*?%\}|\{\{.*?\}\}", part)) for part in template(language).split("\n\n")]
            for language in ("en", "fr", "ar")}  # fmt: skip
    assert tags["en"] == tags["fr"] == tags["ar"]


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_typography(demo, tmp_path, language):
    """French spaces; Arabic punctuation, no Latin word but the isolated key, European digits, no elongation."""
    for unit in demo.units[:6]:
        text = text_of(demo, unit, tmp_path, language).split("\n\n", 1)[1]  # the title is the study's
        text = re.sub(r"!(?=\[)|\]\([^)]*\)\{[^}]*\}|\|[:-]+.*", "", text)  # images, and the line under the heading
        if language == "fr":
            assert not re.search("[^\u202f][;?!]|[^\u00a0:]:[^:]| [»%]|«[^\u00a0]|'", text.replace(":::", ""))
        else:
            assert not re.search("[A-Za-z,;?\u0640٠-٩]", re.sub("[\u2066\u2068][^\u2069]*\u2069|::: note", "", text))
            for paragraph in text.split("\n"):
                assert len(re.findall("[\u2066\u2068]", paragraph)) == paragraph.count("\u2069")


def test_words_of_a_study_are_only_words(tmp_path):
    """Signs of Markdown in a label are printed as they stand."""
    scored = assessed(tmp_path / "s", card=CARD.replace("buy desks", "buy *many* [desks](x) | #1"))
    assert "buy \\*many\\* \\[desks\\](x) \\| \\#1" in text_of(scored, "day01", tmp_path)


def test_bars(tmp_path):
    """Half of the bar is full, on the side where the language starts; the mark stands at the mean."""
    from PIL import Image

    for rtl, full, empty in ((False, 0.2, 0.9), (True, 0.8, 0.1)):
        with Image.open(tmp_path / unit_page.bar(0.5, 0.75, rtl, tmp_path)) as image:
            picture = image.convert("RGB")
        wide, middle = picture.width, picture.height // 2
        assert (
            picture.getpixel((int(full * wide), middle))[0]
            < 60
            < 180
            < picture.getpixel((int(empty * wide), middle))[0]
        )
        mark = 0.25 if rtl else 0.75
        assert picture.getpixel((int(mark * wide), 0))[0] < 60 and picture.getpixel((wide // 2, 0)) == (255, 255, 255)
