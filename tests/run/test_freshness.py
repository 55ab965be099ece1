"""After each kind of change: which notebooks are stale, why, and that a run makes exactly those anew."""

import csv
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from filelock import FileLock

from tests import checkout, made

BOOKS = "00_template 01_context 02_field_data 03_diagnosis 04_field_studies 05_participants 06_delivery 07_impact 08_robustness 11_findings".split()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A copy of the repository with a small study that was run; each test leaves it fresh."""
    folder = checkout.copy(tmp_path_factory.mktemp("checkout"))
    made.study(
        folder / "study",
        made.TOML.replace("[specifications.main]", "[release]\nmin_persons = 8\n[specifications.main]"),
    )
    done = coops(folder, "run", "study", "--out", "run")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def coops(folder, *words, **environment):
    """Type a command in the copy."""
    return subprocess.run(
        [sys.executable, "-m", "coops", *words],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", env=checkout.environment(folder) | environment,
    )  # fmt: skip


def status(folder, **environment):
    """What ``coops status`` says of each notebook that is not fresh: name → state and reason; and its exit code."""
    done = coops(folder, "status", "study", "--out", "run", **environment)
    assert not done.stderr, done.stderr
    rows = [line.split(maxsplit=1) for line in done.stdout.splitlines() if line[:2].isdigit()]
    assert [name for name, _ in rows] == BOOKS
    return {name: state.strip() for name, state in rows if state.strip() != "fresh"}, done


def run(folder, *words):
    """Run, and return the notebooks that were made anew."""
    done = coops(folder, "run", "study", "--out", "run", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split(": ", 1)[1].split(maxsplit=1) for line in done.stdout.splitlines() if line.startswith("[")]
    assert [name for name, _ in lines] == BOOKS
    return [name for name, state in lines if state.endswith(" s")]


def edit(path, old, new):
    """Replace a text in a file, once."""
    text = path.read_text(encoding="utf-8")
    assert old in text, path
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def sentence(folder):
    book = nbformat.read(folder / "notebooks/03_diagnosis.ipynb", 4)
    next(cell for cell in book.cells if cell.cell_type == "markdown").source += "\n\nA sentence more."
    nbformat.write(book, folder / "notebooks/03_diagnosis.ipynb")


def caption(folder):
    edit(folder / "src/coops/impact/labels.csv", "\nfig_effects,", "\nfig_effects,Another: ")


def style(folder):
    (folder / "src/coops/report/page.css").open("a").write("\np { orphans: 3; }\n")


def covariate(folder):
    edit(folder / "study/study.toml", 'id = "made"', 'id = "made" # another line')


def module(folder):
    (folder / "src/coops/diagnosis/typology.py").open("a").write("\n# a line more\n")


def raw_cell(folder):
    path = folder / "study/raw/pupils.csv"
    rows = list(csv.reader(path.open(encoding="utf-8")))
    place = rows[0].index("score")
    row = next(row for row in rows[1:] if row[place] and row[1] != "before")
    row[place] = str(float(row[place]) + 3)
    csv.writer(path.open("w", encoding="utf-8", newline=""), lineterminator="\n").writerows(rows)


def result_by_hand(folder):
    path = folder / "run/data/results/07_impact.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("main", "mine", 1), encoding="utf-8")


def by_hand(folder):
    """Somebody opens 07 in the run's own folder and leaves after its first cells; the page by hand is then refused."""
    code = "import coops; coops.open_study('study', 'run', notebook='07_impact')"
    assert checkout.python(folder, "-c", code).returncode == 0
    code = (
        "import coops; from coops.report import publish\n"
        "publish.write_or_refuse(coops.open_study('study', 'run', notebook='11_findings'))"
    )
    done = checkout.python(folder, "-c", code)
    assert done.returncode and "E_NO_HEADLINE" in done.stderr  # and no word of "no comparison group"


ALL = BOOKS
CHANGES = [  # what changed; who is stale then; a reason that is named; who is made anew
    (sentence, ["03_diagnosis"], "its prose changed", []),
    (caption, ["07_impact"], "the words fig_effects changed", ["07_impact", "11_findings"]),
    (style, ["11_findings"], "file report/page.css of the package changed", ["11_findings"]),
    (covariate, ALL, "study.toml of the study changed", None),
    (module, ["03_diagnosis", "04_field_studies"], "module diagnosis/typology.py changed", ["03_diagnosis", "04_field_studies"]),
    (raw_cell, ["00_template", "02_field_data"], "raw/pupils.csv of the study changed", None),
    (result_by_hand, ["07_impact", "08_robustness", "11_findings"], "what it wrote is another: data/results/07_impact.csv", ["07_impact"]),
    (by_hand, ["07_impact", "08_robustness", "11_findings"], "what it wrote is gone: data/results/07_impact.csv", ["07_impact"]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "stale", "reason", "anew"), CHANGES, ids=[row[0].__name__ for row in CHANGES])
def test_exactly_what_is_stale(place, change, stale, reason, anew):
    """Status names what is stale, why, and the command; the run makes exactly that anew, or the change is taken back."""
    kept = {path: path.read_bytes() for path in (place / "study").rglob("*") if path.is_file()}
    change(place)
    states, done = status(place)
    assert list(states) == stale and done.returncode == 1, states
    assert any(reason in state for state in states.values()), states
    assert "coops run" in done.stdout.splitlines()[-1]
    if anew is None:
        for path, content in kept.items():
            path.write_bytes(content)
    else:
        assert run(place) == anew
    states, done = status(place)
    assert not states and done.returncode == 0 and "Next" not in done.stdout
    assert (place / "run/report/made.html").is_file()
    if change is sentence:
        assert "A sentence more." in (place / "run/notebooks/03_diagnosis.ipynb").read_text(encoding="utf-8")


@pytest.mark.soak
def test_an_answer_is_carried_through(place):
    """Those that read the table of that answer are made anew; not what is published."""
    raw_cell(place)
    anew = set(run(place))
    assert {"02_field_data", "07_impact", "08_robustness", "11_findings"} <= anew and "01_context" not in anew


def test_a_package_of_another_version(place, tmp_path):
    info = tmp_path / "pandas-99.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pandas\nVersion: 99.0\n")
    path = os.pathsep.join([str(place / "src"), str(tmp_path)])
    states, _ = status(place, PYTHONPATH=path)
    assert list(states) == ALL and all("package pandas: 99.0, was " in state for state in states.values())


def test_one_run_at_a_time(place):
    """A second run is refused while the first goes on; a lock of a run that died is none."""
    with FileLock(place / "run/run.lock"):
        done = coops(place, "run", "study", "--out", "run")
        assert done.returncode == 1 and done.stderr.startswith("E_RUNNING")
        assert "A run is going on" in coops(place, "status", "study", "--out", "run").stdout
    assert run(place) == []


@pytest.mark.parametrize("seconds", [4, *(pytest.param(number, marks=pytest.mark.soak) for number in range(1, 24, 2))])
def test_killed(place, seconds):
    """Whenever it dies: no page is shown that does not hold, and the next run ends with the same bytes."""
    before = {path: path.read_bytes() for path in sorted((place / "run").glob("data/results/**/*.*"))}
    running = start(place, "--from", "07" if seconds == 4 else "00")
    time.sleep(seconds)
    assert running.poll() is None
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    running.stdout.close()
    running.stderr.close()
    states, done = status(place)
    page = place / "run/report/made.html"
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("report/made.html"))
    assert not states or done.returncode == 1
    assert ("fresh" in line) == (not states) and ("fresh" not in line or page.is_file())
    run(place)
    assert {path: path.read_bytes() for path in sorted((place / "run").glob("data/results/**/*.*"))} == before
    assert page.is_file()


def start(place, *words):
    """Start a run and return its process."""
    return subprocess.Popen(
        [sys.executable, "-m", "coops", "run", "study", "--out", "run", *words],
        cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=checkout.environment(place),
        start_new_session=True,
    )  # fmt: skip


def test_an_input_that_changes_while_it_runs(place):
    """The run says what changed and calls nothing done; its page is put aside."""
    running = start(place, "--from", "08")
    for line in iter(running.stdout.readline, ""):
        if "08_robustness" in line:
            edit(place / "study/study.toml", 'id = "made"', 'id = "made" # another line')
            break
    out, error = running.communicate()
    assert running.returncode == 1 and error.startswith("E_CHANGED_MEANWHILE") and "study.toml" in error, out
    assert "03_diagnosis" in error and not (place / "run/report").exists()
    edit(place / "study/study.toml", " # another line", "")
    run(place)
    assert not status(place)[0] and (place / "run/report/made.html").is_file()
