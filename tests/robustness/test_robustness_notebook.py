"""The robustness notebook on studies of every shape: it runs, and says what it cannot do."""

import json
from pathlib import Path

import nbformat
import pytest

import coops
from coops.estimation import effects, sample_design
from coops.field_data import intake
from coops.robustness.checks import checks
from tests import made
from tests.estimation.test_shapes import (
    ARMS,
    BOOK_3,
    CROSS,
    CROSS_BOOK,
    GROUP_BOOK,
    GROUPS,
    cross_section,
    schools,
    specification,
    three_arms,
)

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "08_robustness.ipynb"
NOT_NAMED = "Not looked at, because the study names none: areas, supporting organisations, bands of distance"


def run(folder: Path) -> tuple[dict, str]:
    """Run intake and the cells of the notebook; return its exhibits by name, and all that it said."""
    root = folder.parent / "run"
    with (folder / "study.toml").open(
        "a", encoding="utf-8"
    ) as toml:  # these are small, and what is hidden is no matter
        toml.write("[release]\nmin_persons = 1\nmin_groups = 1\n")
    data = coops.open_study(str(folder), str(root), notebook="02_field_data").data
    intake.accept(data, intake.take_in(data))
    cells = [cell for cell in nbformat.read(NOTEBOOK, 4).cells if cell.cell_type == "code"]
    said: list[str] = []
    names: dict = {"display": lambda shown: said.append(getattr(shown, "data", "") or "")}  # frames have none
    for cell in cells:
        source = cell.source
        if "parameters" in cell.metadata.get("tags", []):
            source = f"folder, root = {str(folder)!r}, {str(root)!r}"
        exec(source, names)  # the cells of a notebook are code of this repository
    path = root / "data" / "results" / "exhibits" / "08_robustness.json"
    return {one["name"]: one for one in json.loads(path.read_text(encoding="utf-8"))}, "\n".join(said)


def line(check: str, why: str) -> str:
    """What the notebook says of a check that applies to no estimate of one."""
    return f"**{check}.** Leading estimates that it applies to: 0 of 1. Why not to the others: {why}."


NO_TRENDS = line("Trends that would have differed anyway", "no trends are compared, or a lot was drawn")


def test_nothing_is_named(tmp_path):
    """A difference of persons in schools: trends, ANCOVA and clusters are looked at, and the note says what is not."""
    exhibits, said = run(made.study(tmp_path / "study"))
    assert {"tab_shocks", "tab_trends", "tab_looks", "tab_left_out", "tab_detectable", "tab_overturn"} <= set(exhibits)
    assert NOT_NAMED in exhibits["tab_overturn"]["note"]["en"]
    assert line("Shock to the area of the arm", "the study names none") in said
    assert line("What the programme cannot have changed", "no specification is marked as placebo") in said
    assert (
        "**One cluster, supporting organisation or area left out.** Leading estimates that it applies to: 1 of 1."
        in said
    )
    row = exhibits["tab_overturn"]["body"]["en"]
    assert "trends that would have differed by" in row and "between the waves anyway" in row
    assert "leaving out any one cluster" in row and "ANCOVA" in row


def test_a_family_takes_the_direction_back(tmp_path):
    """Eight schools are too few for draws, so Holm: p of 0.03 to 0.05 doubles, and no direction is said."""
    pupils = made.pupils()
    pupils["score"] = pupils["score"].astype(float)
    after, school = pupils["wave"] == "after", pupils["school"].str[1:].astype(int)
    pupils.loc[after & (pupils["given"] == 1), "score"] -= 3.6
    pupils["two"] = 50.0 + (after & (school % 2 == 0)) * (pupils["age"] % 2)
    toml = made.TOML.replace('["score"]', '["score", "two"]')
    toml += '[families.both]\noutcomes = ["score", "two"]\nconfirmatory = true\n'
    book = made.CODEBOOK + "pupils,two,number,points,1,,,another score\n"
    folder = made.study(tmp_path / "study", toml, book, pupils=pupils)
    data = made.data(folder)
    one = effects.rows(sample_design.build(data, data.study.resolve("main")[0]))[0]
    assert one.conf_low > 0 and 0.03 < one.p_value < 0.05
    exhibits, _ = run(folder)
    says, enough = exhibits["tab_overturn"]["body"]["en"].splitlines()[2:4]
    assert "direction uncertain" in says and f"adjusted p {2 * one.p_value:.3f}" in enough and "a shock" not in enough
    assert "tab_trends" not in exhibits  # no trend is needed to overturn it


def test_no_comparison(tmp_path):
    """A change of all units: nothing is compared, so only clusters are left out."""
    toml = made.changed(
        ('assignment = "not randomised"\narm = "given"\nreference = "without"', 'assignment = "no comparison"')
    )
    toml = toml.split("[arms.without]")[0] + "[design]" + toml.split("[design]")[1]
    toml = specification(toml, estimator="change", waves='["after"]', baseline='["before"]', outcomes='["score"]')
    exhibits, said = run(made.study(tmp_path / "study", toml))
    assert set(exhibits) == {"tab_left_out", "tab_detectable", "tab_overturn"}
    assert "anything else that happened between the waves and moved it by" in exhibits["tab_overturn"]["body"]["en"]
    assert NO_TRENDS in said and line("The other estimator", "no value before, or a dose") in said


def test_one_wave_of_groups(tmp_path):
    """A level of groups, each its own cluster, as assigned: no value before, so nothing was known beforehand."""
    toml = specification(made.changed(*GROUPS), estimator="level", waves='["after"]', outcomes='["score"]')
    exhibits, said = run(made.study(tmp_path / "study", toml, GROUP_BOOK, schools=schools()))
    assert "tab_trends" not in exhibits and NO_TRENDS in said
    assert "something unmeasured that explains" in exhibits["tab_overturn"]["body"]["en"]
    cells = [cell.strip() for cell in exhibits["tab_detectable"]["body"]["en"].splitlines()[2].split("|")]
    assert cells[3] == "–" and float(cells[4]) > 0  # before, after


def test_too_few_clusters(tmp_path):
    """Two schools an arm: no interval, so nothing is looked at, and the page says so."""
    exhibits, said = run(made.study(tmp_path / "study", pupils=made.pupils(4, 6)))
    assert set(exhibits) == {"tab_overturn"}
    assert "There is no interval, so nothing is said that could be overturned" in exhibits["tab_overturn"]["body"]["en"]
    assert said.count("applies to: 0 of 1. Why not to the others: ") == len(checks())


@pytest.mark.parametrize(
    ("toml", "book", "frame"),
    [
        (made.changed(ARMS), BOOK_3, three_arms()),
        (
            specification(
                made.changed(CROSS),
                estimator="difference cross-section",
                waves='["after"]',
                baseline='["before"]',
                outcomes='["score"]',
            ),
            CROSS_BOOK,
            cross_section(),
        ),
    ],
    ids=["three arms", "cross-sections"],
)
def test_other_shapes(tmp_path, toml, book, frame):
    """One row an arm; rows of other people before and after are not balanced."""
    exhibits, _ = run(made.study(tmp_path / "study", toml, book, pupils=frame))
    answers = exhibits["tab_overturn"]["body"]["en"]
    assert answers.count("Direction now") == len(set(frame["given"])) - 1
    assert "tab_balanced" not in exhibits
