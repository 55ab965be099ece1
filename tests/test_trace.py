"""A number can be traced: one changed value changes the page, the lines of its variable, and nothing else."""

import csv
import re

import pytest

from tests import checkout

OF_THE_VALUE = ("self_skill", "main")  # the outcome, and the index of its family


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """The demonstration with the skills of one supported woman at the end raised from 1 to 5 in the data as received."""
    folder = checkout.copy(tmp_path_factory.mktemp("checkout"))
    arms = {row["coop_id"]: row["arm"] for row in read(folder / "data/demo/raw/cooperatives.csv")}
    of = {row["member_id"]: arms[row["coop_id"]] for row in read(folder / "data/demo/raw/members.csv")}
    path = folder / "data/demo/raw/member_wave.csv"
    rows = read(path)
    start = {row["member_id"]: row["self_skill"] for row in rows if row["wave"] == "baseline"}
    row = next(
        r for r in rows
        if r["wave"] == "endline" and r["self_skill"] == "1" and of[r["member_id"]] == "supported" and start[r["member_id"]] in "12345"
    )  # fmt: skip
    row["self_skill"] = "5"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    done = checkout.python(folder, "-m", "coops", "run", "data/demo", "--out", "build/demo")
    assert done.returncode == 0, done.stderr
    return folder


def read(path) -> list[dict]:
    """Rows of a csv."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_only_the_lines_of_that_variable_change(changed):
    """Every line of another variable is the committed one, but for the p of its family; the effects on skills move up."""
    moved = {}
    for path in (changed / "data" / "results").glob("*.csv"):
        old = {line.split(",")[0]: line for line in path.read_text(encoding="utf-8").splitlines()}
        text = (changed / "build/demo/data/results" / path.name).read_text(encoding="utf-8")
        new = {line.split(",")[0]: line for line in text.splitlines()}
        assert old.keys() == new.keys()
        own = {key: (old[key], new[key]) for key in old if old[key] != new[key]}
        p = old["key"].split(",").index("p_value_adjusted")
        moved |= {key: lines for key, lines in own.items() if without(lines[0], p) != without(lines[1], p)}
    assert moved and all(key.split(".")[0] in OF_THE_VALUE for key in moved)
    effects = {key: lines for key, lines in moved.items() if key.endswith(".effect")}
    assert {key.split(".")[3] for key in effects} >= {
        "double_difference",
        "without_covariates",
        "given_before",
        "groups_equal",
    }
    for before, after in effects.values():
        assert float(after.split(",")[6]) > float(before.split(",")[6])


def without(line: str, place: int) -> list[str]:
    """The cells of a line but one."""
    (cells,) = csv.reader([line])
    return cells[:place] + cells[place + 1 :]


def test_the_page_shows_the_new_number(changed, demonstration):
    """The sentence about skills says the new effect, in each language; that about income is as before."""
    rows = read(changed / "build/demo/data/results/07_impact.csv")
    (value,) = (
        row["estimate"] for row in rows if row["key"] == "self_skill.endline.supported.double_difference.effect"
    )
    effect = f"{float(value):.2f}"
    for language in ("en", "fr", "ar"):
        new = (changed / f"build/demo/report/demo.{language}.md").read_text(encoding="utf-8")
        old = (demonstration[1] / "report" / f"demo.{language}.md").read_text(encoding="utf-8")
        own = [line for line in new.splitlines() if line.startswith("- **")]
        assert own[0] in old and own[1] in old and own[2] not in old
        number = effect if language == "en" else effect.replace(".", ",")
        assert number in own[2] and number not in old.splitlines()[old.splitlines().index(own[1]) + 1]


def test_nbval_names_the_cell(changed):
    """Running the stored notebooks again fails at the cells that show the estimates, and at no cell before them."""
    books = [changed / "notebooks" / f"{name}.ipynb" for name in ("02_field_data", "05_participants", "07_impact")]
    done = checkout.python(changed, "-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider", *books)
    failed = re.findall(r"FAILED (\S+?)::Cell (\d+)", done.stdout)
    assert done.returncode == 1, done.stdout[-3000:]
    cells = {(name.split("/")[-1][:2], int(cell)) for name, cell in failed}
    assert {cell for name, cell in cells if name == "05"} == {19, 20}  # what the losses could do, weights for them
    # means, changes, estimates, their tables
    assert {cell for name, cell in cells if name == "07"} == {3, 5, 8, 9, 11, 14, 15, 16}
    assert {cell for name, cell in cells if name == "02"} == {11}  # means of the leading outcomes
    assert {name for name, _ in cells} == {"02", "05", "07"}
