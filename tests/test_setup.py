"""The ways to set up share one lock: hashes, no address; make, conda and Windows name the same commands."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import coops
from tests import made

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def closure(requirements: list[str]) -> set[str]:
    """Names of the distributions that requirements bring on this machine, by what the installed ones say."""
    names: set[str] = set()
    todo = [(Requirement(text), "") for text in requirements]
    looked_at = set()
    while todo:
        requirement, extra = todo.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        names.add(canonicalize_name(requirement.name))
        for wanted in {"", *requirement.extras}:
            if (step := (canonicalize_name(requirement.name), wanted)) not in looked_at:
                looked_at.add(step)
                more = importlib.metadata.requires(requirement.name) or []
                todo += [(Requirement(text), wanted) for text in more]
    return names


def test_the_lock_has_hashes_and_no_address():
    """Every pin has hashes of several files; nothing says where they lie."""
    pins = re.split(r"(?m)^(?=[a-z0-9])", LOCK)[1:]
    assert len(pins) > 100
    assert all("--hash=sha256:" in pin and "==" in pin for pin in pins)
    assert not re.search(r"https?://|file://|/simple|--index-url|--find-links", LOCK)
    assert any(pin.startswith("setuptools==") for pin in pins)


def test_plain_pip_takes_the_lock():
    """What environment.yml and the Windows lines do: pip reads the hashed lock; here all of it is installed already."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--no-index", "--require-hashes", "-r", "requirements.lock"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Would install" not in done.stdout


def test_conda_uses_the_same_lock():
    """The pip part holds the lock and nothing else: pip refuses an unhashed line beside hashed ones."""
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    pip = text.split("- pip:")[1]
    assert re.findall(r"(?m)^\s+- (\S+(?: \S+)?)", pip) == ["-r requirements.lock"]


def test_all_ways_name_the_same_commands():
    """The package is put in without dependencies, and the study is run by the same words as make does."""
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "install --no-deps --no-build-isolation -e ." in text
    assert "install -q --no-deps --no-build-isolation -e ." in make
    assert "-m coops run data/demo --out build/demo" in text
    assert "-m coops run data/demo --out $(DEMO)" in make


def test_a_wrong_python_is_one_sentence():
    """The range of the Makefile is that of the package, and its check says one sentence."""
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    low, high = re.search(r"\((\d), (\d+)\) <= v < \(\d, (\d+)\)", make).group(2, 3)
    allowed = re.search(
        r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    ).groups()
    assert (low, high) == allowed


def test_one_lock_holds_the_run_time_and_every_extra():
    """Each package that pyproject names is pinned, in a version that it allows; the extras are those of the README."""
    pins = dict(re.findall(r"(?m)^([a-z0-9._-]+)==([^ ]+)", LOCK))
    assert set(EXTRAS) == {"lab", "test", "cluster"}
    for text in [*PROJECT["dependencies"], *(text for extra in EXTRAS.values() for text in extra)]:
        requirement = Requirement(text)
        assert pins[canonicalize_name(requirement.name)] in requirement.specifier, text


def test_the_run_time_is_small():
    """A study needs about 75 distributions; editor, tests and cluster are not among them."""
    needed = closure(PROJECT["dependencies"])
    assert 50 < len(needed) <= 90
    for extra, package in (("lab", "jupyterlab"), ("test", "pytest"), ("test", "pyfixest"), ("cluster", "distributed")):
        assert package in closure(EXTRAS[extra]) and package not in needed


BLOCK = """
import importlib.abc, sys
BLOCKED = {blocked}
class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"blocked: {{name}}", name=name)
sys.meta_path.insert(0, Blocker())
"""


@pytest.fixture(scope="module")
def run_time_only(tmp_path_factory) -> dict[str, str]:
    """An environment whose processes, kernels too, see the packages of the run time and no other."""
    needed = closure(PROJECT["dependencies"]) | {"coops", "pip", "setuptools"}
    modules = importlib.metadata.packages_distributions()
    of = {module: {canonicalize_name(name) for name in names} for module, names in modules.items()}
    blocked = {module for module, names in of.items() if not names & needed}
    assert {"pytest", "hypothesis", "pyfixest", "dask", "jupyterlab", "pandera", "pyxform"} <= blocked
    assert not blocked & {"pandas", "papermill", "ipykernel", "statsmodels", "typst", "coops"}
    folder = tmp_path_factory.mktemp("blocked")
    (folder / "sitecustomize.py").write_text(BLOCK.format(blocked=sorted(blocked)), encoding="utf-8")
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT / "src")])}


def python(environment: dict[str, str], *words) -> subprocess.CompletedProcess:
    """Run Python and fail with what it said."""
    done = subprocess.run(
        [sys.executable, *map(str, words)], capture_output=True, text=True, encoding="utf-8", env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_every_module_is_imported_without_the_extras(run_time_only):
    """No module of the package needs, at its top, what only tests, the editor or a cluster bring."""
    modules = sorted(
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "src" / "coops").rglob("*.py")
    )
    assert len(modules) > 50
    with pytest.raises(AssertionError, match="blocked: pytest"):
        python(run_time_only, "-c", "import pytest")
    python(run_time_only, "-c", "\n".join(f"import {name}" for name in modules))


def test_a_study_is_checked_and_run_without_the_extras(run_time_only, tmp_path):
    """From the study folder to its page, PDF and Word file; nothing that only the extras have is asked for."""
    study = made.study(tmp_path / "study")
    python(run_time_only, "-m", "coops", "check", study)
    python(run_time_only, "-m", "coops", "run", study, "--out", tmp_path / "run")
    assert {path.suffix for path in (tmp_path / "run" / "report").iterdir()} >= {".html", ".pdf", ".docx"}


def test_one_version():
    """The version is the package's; what cites it and the newest heading of the changelog say the same."""
    assert PROJECT["dynamic"] == ["version"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^version: (.+)$", citation) == [coops.__version__]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"(?m)^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", changes)
    assert headings[0] == ("Unreleased", "") and headings[1][0] == coops.__version__
    assert headings[1][1] == re.findall(r"(?m)^date-released: (.+)$", citation)[0]
    assert all(day for _, day in headings[1:])


def test_lint_looks_at_notebooks_and_types():
    """make lint, which CI calls, checks notebooks with src and tests, and the types; a fault in a notebook is told."""
    make = (ROOT / "Makefile").read_text(encoding="utf-8").split("\nlint:")[1].split("\n\n")[0]
    assert "ruff check src tests notebooks" in make and "ruff format --check src tests notebooks" in make
    assert "-m mypy" in make and "make lint" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    seen = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--show-files", "notebooks"], cwd=ROOT, capture_output=True, text=True
    )
    books = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert sorted(Path(line).name for line in seen.stdout.split()) == books
