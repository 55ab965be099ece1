"""The ways to set up share one lock: hashes, no address; make, conda and Windows name the same commands."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


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
    said = re.search(
        r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    ).groups()
    assert (low, high) == said
