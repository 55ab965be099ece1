"""A number can be traced: one changed value changes the page, the lines of its variable, and nothing else."""

import csv
import re

import pytest

from tests import checkout


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """The small study with the training hours of one firm in 1988 raised by 50 in the data as received."""
    folder = checkout.copy(tmp_path_factory.mktemp("checkout"))
    path = folder / "build" / "small" / "study" / "raw" / "firms.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    row = next(r for r in rows if r["year"] == "1988" and r["hrsemp"] and r["grant"] == "1")
    row["hrsemp"] = str(float(row["hrsemp"]) + 50)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    done = checkout.python(folder, "-m", "coops", "run", "build/small/study", "--out", "build/small")
    assert done.returncode == 0, done.stderr
    return folder


def test_only_the_lines_of_that_variable_change(changed):
    """Every line of another variable is byte for byte the committed one; the effect moves by 50 / 31 (31 firms with a grant)."""
    moved = {}
    for path in (changed / "data" / "results").glob("*.csv"):
        old = {line.split(",")[0]: line for line in path.read_text(encoding="utf-8").splitlines()}
        new = {
            line.split(",")[0]: line
            for line in (changed / "build/small/data/results" / path.name).read_text(encoding="utf-8").splitlines()
        }
        assert old.keys() == new.keys()
        moved |= {key: (old[key], new[key]) for key in old if old[key] != new[key]}
    assert moved and all(key.startswith("hrsemp.") for key in moved)
    before, after = (float(line.split(",")[6]) for line in moved["hrsemp.y1988.with_grant.double_difference.effect"])
    assert after - before == pytest.approx(50 / 31)


def test_the_page_shows_the_new_number(changed):
    """27.9 hours became 29.5."""
    page = (changed / "build/small/report/small.en.md").read_text(encoding="utf-8")
    assert re.search(r"29\.5\u00a0hours", page) and "27.9\u00a0hours" not in page


def test_nbval_names_the_cell(changed):
    """Running the stored notebooks again fails at the cells that show the estimates, and at no cell before them."""
    books = [changed / "notebooks" / f"{name}.ipynb" for name in ("02_field_data", "05_participants", "07_impact")]
    done = checkout.python(changed, "-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider", *books)
    failed = re.findall(r"FAILED (\S+?)::Cell (\d+)", done.stdout)
    assert done.returncode == 1, done.stdout[-3000:]
    assert {name.split("/")[-1] for name, _ in failed} == {"07_impact.ipynb"}
    assert [int(cell) for _, cell in failed] == [4]
