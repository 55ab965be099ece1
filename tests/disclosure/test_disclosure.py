"""What is hidden cannot be worked out from what is published: tables, files behind them, results, words of figures.

An attacker writes down every number that a run leaves behind as an equation and asks a linear programme for the least and
the largest value that a hidden number can have. Each attack is made twice: as it is, and with single cells hidden only,
where it must succeed; else it would prove nothing.
"""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

import coops
from coops.context import facts, roster
from coops.disclosure import suppression
from coops.estimation import flow as estimation_flow
from coops.estimation import resampled, sample_design, tidy
from coops.field_data import exhibits as field_data_exhibits
from coops.field_data import intake
from coops.field_data.receive import receive
from coops.impact import exhibits as impact_exhibits
from coops.impact import figures
from coops.impact import strata as by_strata
from coops.participants import attrition, balance, leading
from coops.participants import exhibits as participants_exhibits
from coops.participants import results as participants_results
from coops.robustness import summary
from coops.show.language import Words
from coops.show.results import HIDDEN, quotable
from coops.study.load import load
from tests import made
from tests.context import test_context as test_facts_exhibits
from tests.robustness import handmade as made_checks
from tests.show import test_language as test_words

LEAST = 10  # persons, as a study has it that says nothing
ARMS = {0: "without", 1: "books", 2: "tablets"}
TOML = made.TOML.replace(
    "[arms.books]", '[arms.tablets]\nlabel = "with tablets"\nvalues = ["2"]\n[arms.books]'
).replace('cluster = "school"', 'cluster = "school"\nstrata = ["kind"]')
TOML = TOML.replace("[units.group]", '[units.stratum]\nen = { one = "kind", other = "kinds" }\n[units.group]')
TOML += '[specifications.level]\nestimator = "level"\nwaves = ["after"]\noutcomes = ["score"]\nstrata = []\n'
CODEBOOK = made.CODEBOOK.replace("0|1,,books", "0|1|2,,books") + "pupils,kind,category,,,a|b|c|d,,kind\n"


def pupils(schools: list[tuple[int, str, int, int]], lost: dict[int, int]) -> pd.DataFrame:
    """Pupils of schools: arm, kind, how many schools, how many pupils each; ``lost``: how many of an arm are not seen again."""
    random, lines, school, left = np.random.default_rng(1), [], 0, dict(lost)
    for arm, kind, number, size in schools:
        for _ in range(number):
            school += 1
            for place in range(size):
                row = {"pupil": f"p{school:03d}{place}", "school": f"s{school:03d}", "given": arm, "kind": kind}
                before = int(random.integers(30, 70))
                lines.append(row | {"wave": "before", "age": 10, "score": before})
                if left.get(arm, 0):
                    left[arm] -= 1
                else:
                    rise = int(random.integers(0, 10)) + 3 * arm
                    lines.append(row | {"wave": "after", "age": 11, "score": before + rise})
    return pd.DataFrame(lines)


class Published:
    """What the notebooks 05 and 07 leave behind, and nothing else: tables and figures as csv, and the results."""

    def __init__(self, folder, table: pd.DataFrame, toml: str = TOML):
        root = folder / "run"
        made.study(folder / "study", toml, CODEBOOK, pupils=table)
        taken_in(folder / "study", root)
        self.five(coops.open_study(str(folder / "study"), str(root), notebook="05_participants"))
        self.opened = coops.open_study(str(folder / "study"), str(root), notebook="07_impact")
        self.seven(self.opened)
        self.exhibits = self.opened.exhibits.listed()
        self.csv = {name: pd.read_csv(root / "figures" / f"{e['file']}.csv") for name, e in self.exhibits.items()}
        self.results = pd.concat(map(pd.read_csv, sorted(root.glob("data/results/*.csv")))).set_index("key")

    @staticmethod
    def five(opened) -> None:
        units, study, show, words = opened.data.units, opened.study, opened.exhibits.table, opened.exhibits.first_words
        flow = estimation_flow.flow(units)
        opened.results.record(participants_results.of_flow(flow, study))
        show(participants_exhibits.flow(flow, study), text="tab_flow")
        means, differences = balance.balance(units)
        opened.results.record(participants_results.of_balance(means, differences, words))
        show(participants_exhibits.balance(means, differences, study), text="tab_balance")
        lost, apart = attrition.attrition(units)
        opened.results.record(participants_results.of_attrition(lost, apart, words))
        show(participants_exhibits.attrition(lost, apart, study), text="tab_attrition")
        show(participants_exhibits.at_start(attrition.lost_at_start(units), study), text="tab_lost_at_start")
        kept = leading.retention(units)
        if len(kept):
            show(participants_exhibits.retention(kept, study), text="tab_retention")
        ranges = leading.ranges(units)
        opened.results.record(participants_results.of_ranges(ranges, study))
        show(participants_exhibits.ranges(ranges, study), text="tab_ranges")

    @staticmethod
    def seven(opened) -> None:
        units, study, exhibits = opened.data.units, opened.study, opened.exhibits
        names = study.specification_names
        rows = {name: [sample_design.build(units, of) for of in study.resolve(name)] for name in names}
        estimates = {name: tidy.joined([resampled.estimate(built, study) for built in rows[name]]) for name in names}
        opened.results.record(tidy.joined(list(estimates.values())))
        for name, mine in estimates.items():
            notes = impact_exhibits.effects_words(mine)
            exhibits.table(impact_exhibits.effects(mine, study), text="tab_effects", of=name, **notes)
        parts = [by_strata.of_study(built, study) for built in rows["main"]]
        strata = impact_exhibits.strata(tidy.joined(parts), study)
        exhibits.table(impact_exhibits.strata_table(strata, study), text="tab_strata")
        plotted = figures.effects_data(estimates["main"], study)
        exhibits.figure(figures.draw_effects, data=plotted, text="fig_effects", alt=figures.effects_alt)


def taken_in(folder, root) -> None:
    """Run the intake of a study."""
    data = coops.open_study(str(folder), str(root), notebook="02_field_data").data
    intake.accept(data, intake.take_in(data))


class Attack:
    """Equations between numbers that are known or not; none is below zero, and a row of numbers is left out if any is blank."""

    def __init__(self):
        self.names: list = []
        self.equations: list[tuple[dict, float]] = []

    def know(self, value: float, **parts: float) -> None:
        """The sum of named numbers, each times its coefficient, is ``value``."""
        self.tell(dict(parts), value)

    def tell(self, parts: dict, value: float) -> None:
        if not np.isnan(value):
            self.names += [name for name in parts if name not in self.names]
            self.equations.append((parts, value))

    def ends(self, name) -> tuple[float, float]:
        """Least and largest value of a number."""
        if name not in self.names:
            return 0, np.inf
        rows = np.array([[parts.get(unknown, 0) for unknown in self.names] for parts, _ in self.equations], dtype=float)
        values = [value for _, value in self.equations]
        goal = np.array([unknown == name for unknown in self.names], dtype=float)
        solutions = [linprog(sign * goal, A_eq=rows, b_eq=values, bounds=(0, None)) for sign in (1, -1)]
        assert solutions[0].status == 0, solutions[0].message
        return solutions[0].fun, np.inf if solutions[1].status == 3 else -solutions[1].fun

    def succeeds(self, name, within: float = 0.5) -> bool:
        """Tell whether a number follows."""
        low, high = self.ends(name)
        return high - low < within


def single_cells(monkeypatch) -> None:
    """Hide what is below the threshold, and no second cell."""

    def alone(counts, least, also=None):
        return (counts > 0) & (counts < least)

    monkeypatch.setattr(suppression, "of_parts", alone)


def counts_of(published: Published) -> Attack:
    """All that is told of how many were on the list, seen and lost; the page says how many were new: none."""
    attack = Attack()
    results, arms = published.results, list(ARMS.values())
    for wave in ("before", "after"):
        attack.tell({(wave, arm): 1 for arm in arms}, results.loc[f"persons.{wave}.flow.count", "estimate"])
        for arm in arms:
            attack.tell({(wave, arm): 1}, results.loc[f"persons.{wave}.{arm}.flow.count", "estimate"])
    attack.tell({("lost", arm): 1 for arm in arms}, results.loc["not_seen.after.attrition.count", "estimate"])
    for arm in arms:
        attack.tell({("before", arm): 1, ("lost", arm): -1, ("after", arm): -1}, 0)
        attack.tell({("lost", arm): 1}, results.loc[f"not_seen.after.{arm}.attrition.count", "estimate"])
        attack.tell({("before", arm): 1}, results.loc[f"not_seen.after.{arm}.attrition.share", "n"])
        attack.tell({("before", arm): 1}, results.loc[f"score.before.{arm}.balance.mean", "n"])
    for row in published.csv["tab_flow"].itertuples():
        attack.tell({(row.wave, row.arm): 1}, row.seen)
        if row.wave == "before":
            attack.tell({("before", row.arm): 1}, row.roster)
    for row in published.csv["tab_balance"].itertuples():
        attack.tell({("before", row.arm): 1}, row.n)
    for row in published.csv["tab_attrition"].itertuples():
        attack.tell({("before", row.arm): 1}, row.expected)
        attack.tell({("lost", row.arm): 1}, row.lost)
    for row in published.csv["tab_lost_at_start"].itertuples():
        attack.tell({("after", row.arm): 1}, row.n_seen)
        attack.tell({("lost", row.arm): 1}, row.n_lost)
    for row in published.csv["tab_ranges"].itertuples():
        attack.tell({("after", row.arm): 1, ("after", "without"): 1}, row.n)
    for name in ("tab_effects.main", "tab_effects.level", "fig_effects"):
        for row in published.csv[name].itertuples():
            attack.tell({("after", arm): 1 for arm in arms}, row.n)
            attack.tell({("after", row.arm): 1}, getattr(row, "few", np.nan))
    for key, text in results["n_by_arm"].dropna().items():
        wave = "before" if key.endswith(".difference") else "after"
        for arm, number in (part.split("=") for part in text.split("|")):
            attack.tell({(wave, arm): 1}, float(number))
    return attack


TINY = {  # who is few in which arm: schools as of pupils(), lost by arm
    "an arm": ([(0, "a", 10, 6), (0, "b", 10, 6), (1, "a", 9, 6), (1, "b", 9, 6), (2, "a", 3, 2), (2, "b", 1, 1)], {}),
    "those seen again": ([(0, "a", 20, 6), (1, "a", 19, 6), (2, "a", 6, 2)], {2: 5}),
    "another second": ([(0, "a", 4, 2), (1, "a", 10, 6), (2, "a", 10, 5)], {1: 20}),
    "the reference": ([(0, "a", 4, 2), (1, "a", 19, 6), (2, "a", 15, 6)], {1: 11, 2: 12}),
}


@pytest.mark.parametrize("case", TINY)
@pytest.mark.parametrize("single", [False, True])
def test_how_many(tmp_path, monkeypatch, case, single):
    """Of three arms one has fewer than ten: neither they nor those seen again follow, unless single cells are hidden."""
    if single:
        single_cells(monkeypatch)
    table = pupils(*TINY[case])
    published = Published(tmp_path, table)
    attack = counts_of(published)
    seen = table.groupby(["wave", "given"]).size()
    few = [(wave, ARMS[arm]) for (wave, arm), number in seen.items() if 0 < number < LEAST]
    assert few
    assert [attack.succeeds(name) for name in few] == [single] * len(few)
    if not single:
        shown = published.csv["tab_flow"].dropna(subset=["seen"])
        assert len(shown) and (shown["seen"] >= LEAST).all()


@pytest.mark.parametrize("case", ["an arm", "the reference"])
def test_means(tmp_path, case):
    """The mean of fewer than ten does not follow from a difference and the mean of the others."""
    published = Published(tmp_path, pupils(*TINY[case]))
    tiny = "tablets" if case == "an arm" else "without"
    attack, results = Attack(), published.results
    for arm in ARMS.values():
        attack.tell({("before", arm): 1}, results.loc[f"score.before.{arm}.balance.mean", "estimate"])
        if arm != "without":
            apart = results.loc[f"score.before.{arm}.balance.difference", "estimate"]
            attack.tell({("before", arm): 1, ("before", "without"): -1}, apart)
            level = results.loc[f"score.after.{arm}.level.effect"]
            attack.tell({("after", arm): 1, ("after", "without"): -1}, level["estimate"])
            attack.tell({("after", "without"): 1}, level["reference_mean"])
    for row in published.csv["tab_balance"].itertuples():
        attack.tell({("before", row.arm): 1}, row.mean)
        attack.tell({("before", row.arm): 1, ("before", "without"): -1}, row.difference)
    for row in published.csv["tab_effects.level"].itertuples():
        attack.tell({("after", row.arm): 1, ("after", "without"): -1}, row.estimate)
    assert not attack.succeeds(("before", tiny)) and not attack.succeeds(("after", tiny))


def test_an_estimate_of_few_is_nowhere(tmp_path):
    """Seven pupils in one arm of 241: not in table, figure, its words, csv or results, though 241 are in the regression."""
    published = Published(tmp_path, pupils(*TINY["an arm"]))
    opened = published.opened
    built = sample_design.build(opened.data.units, opened.study.resolve("main")[0])
    tablets = next(row for row in tidy.rows(resampled.estimate(built, opened.study)) if row.arm == "tablets")
    assert (tablets.n, tablets.n_fewest) == (235, 7) and np.isfinite(tablets.estimate)
    numbers = ["estimate", "conf_low", "conf_high", "n"]
    for name in ("tab_effects.main", "fig_effects"):
        assert published.csv[name].set_index("arm").loc["tablets", numbers].isna().all()
    row = published.results.loc[tidy.key(tablets)]
    assert row["hidden"] == "yes" and row[[*numbers, "df", "reference_mean"]].isna().all()
    figure = published.exhibits["fig_effects"]
    assert f"{tablets.estimate:.1f}" not in figure["alt"]["en"] and HIDDEN in figure["alt"]["en"]
    assert "Not drawn: fewer than 10\u00a0pupils or 5\u00a0schools behind the number, or it" in figure["note"]["en"]
    body = next(line for line in published.exhibits["tab_effects.main"]["body"]["en"].splitlines() if "tablets" in line)
    assert body.count(HIDDEN) == 6


def test_those_lost(tmp_path):
    """Three of one arm are lost: their number is told, their mean is not, nor what stands beside it in the same row."""
    published = Published(tmp_path, pupils([(0, "a", 20, 6), (1, "a", 19, 6), (2, "a", 15, 6)], {1: 3, 2: 12}))
    row = published.csv["tab_lost_at_start"].set_index("arm").loc["books"]
    assert row["n_lost"] == 3 and row["mean_lost"] != row["mean_lost"]
    n, mean = published.csv["tab_balance"].set_index("arm").loc["books", ["n", "mean"]]
    attack = Attack()
    attack.know(n * mean, lost=3, seen=n - 3)
    attack.know(row["mean_seen"], seen=1)
    assert not attack.succeeds("lost")
    others = published.csv["tab_lost_at_start"].set_index("arm").loc["tablets"]
    assert np.isfinite(others[["mean_lost", "mean_seen"]].astype(float)).all()  # twelve are enough


# -- strata -----------------------------------------------------------------------------------------------

STRATA = {  # of four kinds one rests on two schools an arm, or on three pupils an arm
    "schools": [(arm, *of) for arm in (0, 1) for of in (("a", 8, 6), ("b", 7, 5), ("c", 6, 4), ("d", 2, 6))],
    "pupils": [(arm, *of) for arm in (0, 1) for of in (("a", 8, 6), ("b", 7, 5), ("c", 6, 4), ("d", 6, 1))],
}


@pytest.mark.parametrize("why", STRATA)
@pytest.mark.parametrize("single", [False, True])
def test_strata(tmp_path, monkeypatch, why, single):
    """The estimate by dummies of strata is their mean by n1 n0 / n: with one hidden, it would follow; its number too."""
    if single:
        single_cells(monkeypatch)
    toml = TOML.replace('[arms.tablets]\nlabel = "with tablets"\nvalues = ["2"]\n', "")
    table = pupils(STRATA[why], {})
    published = Published(tmp_path, table, toml)
    n = table[table["wave"] == "after"].groupby(["kind", "given"]).size().unstack()
    weight = n[0] * n[1] / n.sum(axis=1)
    attack = Attack()
    overall = published.csv["tab_effects.main"].iloc[0]
    attack.tell({("up", kind): weight[kind] / weight.sum() for kind in n.index}, overall["estimate"] + 100)
    attack.tell({("n", kind): 1 for kind in n.index}, overall["n"])
    for row in published.csv["tab_strata"].itertuples():
        attack.tell({("up", row.stratum[-1]): 1}, row.estimate + 100)  # moved up, as nothing is below zero in an attack
        attack.tell({("n", row.stratum[-1]): 1}, row.n)
    for row in published.csv["tab_retention"].itertuples():
        attack.tell({("n", row.stratum[-1]): 1}, row.seen_arm + row.seen_reference)
    assert attack.succeeds(("up", "d"), 1e-6) == single
    if why == "pupils":
        assert attack.succeeds(("n", "d")) == single
    if not single:
        assert published.csv["tab_strata"]["estimate"].notna().sum() == 2  # the two largest are shown
        assert "or it would give such a one away" in published.exhibits["tab_strata"]["body"]["en"]


@pytest.mark.parametrize("single", [False, True])
def test_bands(monkeypatch, tmp_path, single):
    """Bands share out the reference: with that of six hidden alone, its number is all less those shown."""
    if single:
        single_cells(monkeypatch)
    study = load(made.study(tmp_path, test_words.toml() + '[robustness]\nbands = "given"\n', test_words.CODEBOOK))
    sizes = {"near": 6, "middle": 14, "far": 20}
    whole = made_checks.estimate(n=80)
    bands = [made_checks.way(whole, "band", 0.5, 1.5, name, n=40 + n, n_fewest=n) for name, n in sizes.items()]
    checks = made_checks.robustness(study, [whole], made_checks.ways(*bands))
    shown = summary.otherwise(checks.leading, checks.results).released(study).data
    attack = Attack()
    attack.tell({"arm": 1} | dict.fromkeys(sizes, 1), shown.loc[shown["kind"] == "headline", "n"].item())
    attack.know(40, arm=1)
    for row in shown[shown["kind"] == "band"].itertuples():
        attack.tell({"arm": 1, row.band: 1}, row.n)
    assert attack.succeeds("near") == single


# -- rows put aside, the roster, samples ------------------------------------------------------------------


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_rows_put_aside(monkeypatch, tmp_path, language, single):
    """11 rows of one arm, 12 of another and 2 of a third are out: the page says 25, and not 2."""
    if single:
        single_cells(monkeypatch)
    words = Words(load(made.study(tmp_path, test_words.toml(), test_words.CODEBOOK)), language)
    own = "arm_a,A,A,ألف\narm_b,B,B,باء\narm_c,C,C,جيم\n"
    (tmp_path / "labels.csv").write_text(test_words.UNITS + own, encoding="utf-8")
    words = Words(load(tmp_path), language)
    out = pd.DataFrame({"table": "t", "arm": ["arm_a", "arm_b", "arm_c"], "stratum": "", "rows": [11, 12, 2]})
    notice = re.sub("[\u2066-\u2069]", "", field_data_exhibits.notice(out, words))
    attack = Attack()
    attack.know(float(re.search(r"\d+", notice)[0]), arm_a=1, arm_b=1, arm_c=1)
    for arm in out["arm"]:
        number = re.search(rf"{words.label(arm)} (\d+|\(c\))", notice)[1]
        attack.tell({arm: 1}, np.nan if number == HIDDEN else float(number))
    assert attack.succeeds("arm_c") == single
    few = field_data_exhibits.notice(out.iloc[2:], words)
    assert re.findall(r"\d+", re.sub("[\u2066-\u2069]", "", few)) == ["2"] and words.label("arm_c") not in few


@pytest.mark.parametrize("single", [False, True])
def test_the_roster(monkeypatch, tmp_path, single):
    """24 and 18 pupils of two kinds, 8 of a third: with all 50 and the other two beside it, the 8 would follow."""
    if single:
        single_cells(monkeypatch)
    toml = test_facts_exhibits.TOML
    toml = toml.replace('cluster = "school"', 'cluster = "school"\nstrata = ["given"]')
    book = test_facts_exhibits.CODEBOOK.replace("0|1", "0|1|2")
    table = pupils([(0, "a", 12, 2), (1, "a", 9, 2), (2, "a", 4, 2)], {}).drop(columns="kind")
    made.study(tmp_path, toml, book, pupils=table)
    rows = [f"f.n{n},size,N,N,ن,{n}000,pupils,town,2010,https://one.example/a,verified,,,,{t}" for n, t in enumerate(
        ["person", "stratum:given=0", "stratum:given=1", "stratum:given=2"], 1)]  # fmt: skip
    (tmp_path / "printed").mkdir()
    text = "\n".join([test_facts_exhibits.HEAD, *rows]) + "\n"
    (tmp_path / "printed" / "facts.csv").write_text(text, encoding="utf-8")
    (tmp_path / "printed" / "labels.csv").write_text(test_facts_exhibits.LABELS, encoding="utf-8")
    study = load(tmp_path)
    published_facts = facts.read(study)
    compared = roster.compared(published_facts, study, lambda: receive(study))
    shown = roster.table(published_facts, compared).data.set_index("roster")["count"]
    attack = Attack()
    attack.tell({f"stratum:given={n}": 1 for n in (0, 1, 2)}, shown["person"])
    for name in shown.index[1:]:
        attack.tell({name: 1}, shown[name])
    assert attack.succeeds("stratum:given=2") == single


def test_a_sample_and_the_rest(tmp_path):
    """Seven of 247 have something: neither their number nor that of those who have it not is told; all who were seen are."""
    toml = TOML + '[samples.tall]\nconditions = [{ variable = "age", between = [11, 20], wave = "before" }]\n'
    toml += '[samples.small]\nconditions = [{ variable = "age", between = [0, 10], wave = "before" }]\n'
    table = pupils([(0, "a", 20, 6), (1, "a", 20, 6), (2, "a", 10, 3)], {})
    table.loc[table["wave"].eq("before") & table["pupil"].isin(sorted(table["pupil"].unique())[:7]), "age"] = 15
    published = Published(tmp_path, table, toml)
    opened = published.opened
    opened.results.record(participants_results.of_samples(opened.data.units))
    written = pd.read_csv(tmp_path / "run" / "data" / "results" / "07_impact.csv").set_index("key")["estimate"]
    assert written.filter(regex=r"^(tall|small)\.before").isna().all()


def test_nothing_hidden_nothing_said(tmp_path):
    """Where there are enough, no number is hidden and no note speaks of it."""
    published = Published(tmp_path, pupils([(0, "a", 20, 6), (1, "a", 20, 6), (2, "a", 10, 3)], {0: 15, 1: 14, 2: 13}))
    assert not [name for name, frame in published.csv.items() if "hidden" in frame]
    assert not published.results["hidden"].notna().any()
    assert not [e for e in published.exhibits.values() if "fewer than" in e["note"]["en"]]


@pytest.mark.parametrize("least", [10, 1])
def test_offers_together(tmp_path, least):
    """Both of two offers: 7 pupils, between all, those with none and those with each. With no threshold they follow."""
    toml = made.TOML.split("[arms.without]")[0] + "[design]" + made.TOML.split("[design]")[1]
    toml = toml.replace('arm = "given"\nreference = "without"', 'arm = ["a", "b"]')
    toml = toml.replace('estimator = "difference"', 'estimator = "level"').replace('baseline = ["before"]\n', "")
    toml += f"strata = []\n[release]\nmin_persons = {least}\nmin_groups = 1\n"
    table = pupils([(0, "a", 10, 5), (1, "a", 9, 5), (2, "a", 8, 5), (3, "a", 7, 1)], {})
    table = table.assign(a=table["given"] % 2, b=table["given"] // 2).drop(columns=["given", "kind"])
    book = re.sub("pupils,given,.*", "pupils,a,number,,,0|1,,a\npupils,b,number,,,0|1,,b", made.CODEBOOK)
    published = Published.__new__(Published)
    made.study(tmp_path / "study", toml, book, pupils=table)
    taken_in(tmp_path / "study", tmp_path / "run")
    opened = coops.open_study(str(tmp_path / "study"), str(tmp_path / "run"), notebook="05_participants")
    published.five(opened)
    units, study = opened.data.units, opened.study
    built = [sample_design.build(units, specification) for specification in study.resolve("main")]
    estimates = tidy.joined([resampled.estimate(sample, study) for sample in built])
    opened.results.record(estimates)
    rows = pd.read_csv(tmp_path / "run" / "data" / "results" / "05_participants.csv").set_index("key")
    shown = opened.exhibits.listed()
    frames = {name: pd.read_csv(tmp_path / "run" / "figures" / f"{e['file']}.csv") for name, e in shown.items()}
    attack, cells = Attack(), ["none", "a", "b", "a + b"]
    attack.tell(dict.fromkeys(cells, 1), rows.loc["persons.before.flow.count", "estimate"])
    for row in frames["tab_flow"].itertuples():
        attack.tell({row.arm: 1}, row.seen)
    for row in frames["tab_balance"].itertuples():
        attack.tell({row.arm: 1, "a + b": 1}, row.n)
    for row in frames["tab_attrition"].itertuples():
        attack.tell({row.arm: 1}, row.expected)
    for key in rows.index[rows.index.str.endswith("balance.mean")]:
        attack.tell({key.split(".")[2]: 1, "a + b": 1}, rows.loc[key, "n"])
    for text in rows["n_by_arm"].dropna():
        for arm, number in (part.split("=") for part in text.split("|")):
            attack.tell({arm: 1, "a + b": 1}, float(number))
    assert attack.succeeds("a + b") == (least == 1)
    assert set(estimates["n_smallest"]) == {7}


def test_out_of_a_sample(tmp_path):
    """Seven are left out of a sample for what they are: not in the ledger, nor what it would follow from."""
    study = load(made.study(tmp_path))
    reasons = {f"lost_{name}": 0 for name in estimation_flow.REASONS}
    lines = [
        {"specification": "main", "outcome": "score", "wave": "after", "start": 100, "used": 81} | reasons | more
        for more in ({"lost_sample": 7, "lost_seen": 12}, {"lost_seen": 19})
    ]
    first, second = impact_exhibits.estimates(lines, study).csv().splitlines()[1:]
    assert first.startswith("main,score,after,100,81,,,0,") and second.startswith("main,score,after,100,81,0,19,0,")


def test_few_outside_a_sample_are_not_in_the_results(tmp_path):
    """Seven fall out by the sample: the file does not say so; twelve are told."""
    study = load(made.study(tmp_path))
    for number, expected in ((7, "seen=3"), (12, "sample=12|seen=3")):
        estimate = made.estimate(lost={"sample": number, "seen": 3})
        (row,) = quotable(tidy.frame([estimate]), Words(study, "en"))
        assert row["lost"] == expected
