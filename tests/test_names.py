"""A study of another programme is another folder: no name of a study stands in what serves all of them."""

import ast
import csv
import re
import subprocess
import tomllib
from pathlib import Path

import nbformat
import pytest

from tests.real import thp_pakistan

ROOT = Path(__file__).resolve().parents[1]
FREE = ("data/", "tests/", "docs/", "README.md", "src/coops/demo", "figures/")
LEFT_OUT = {
    "figures/": "outputs of the shipped study: its names and words are what they show",
    "outputs of notebooks": "the same; their cells are read",
}
ALLOWED = {
    "year": "a word of prose and of dates",
    "union": "set algebra: a method of Python",
    "age": "part of CSS and of prose",
}
VAGUE = {"one", "found", "said", "told", "made", "it"}  # a noun of the field tells what it is
NOUNS = {"cooperative", "cooperatives", "woman", "women", "sector", "sectors"}


def names_of(toml: Path | str, codebook: Path) -> set[str]:
    """Names of variables, waves, arms and outcomes of a study."""
    settings = tomllib.loads(toml if isinstance(toml, str) else toml.read_text(encoding="utf-8"))
    with codebook.open(encoding="utf-8") as file:
        names = {row["name"] for row in csv.DictReader(file)}
    outcomes = {
        o if isinstance(o, str) else o["variable"] for s in settings["specifications"].values() for o in s["outcomes"]
    }
    return names | set(settings["waves"]) | set(settings["arms"]) | outcomes | set(settings.get("derived", {}))


def tracked() -> list[Path]:
    """Files under version control (or that would be), outside the places where names may stand."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in listed if not name.startswith(FREE) and (ROOT / name).is_file()]


def words_in(path: Path) -> set[str]:
    """Whole identifiers of a file; of a notebook, those of its cells (outputs are of the study that was run)."""
    if path.suffix in (".png", ".ttf", ".woff2"):
        return set()
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join(cell.source for cell in nbformat.reads(text, 4).cells)
    return {word.lower() for word in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text)}


def clashes(names: set[str]) -> list[str]:
    """Places where a name of three letters and more stands."""
    wanted = {name.lower() for name in names if len(name) >= 3} - set(ALLOWED)
    return [f"{path.relative_to(ROOT)}: {word}" for path in tracked() for word in sorted(words_in(path) & wanted)]


def test_nothing_of_the_small_study():
    """Names of the small study stand in its own folder only."""
    for name, reason in {**ALLOWED, **LEFT_OUT}.items():
        print(f"allowed: {name}: {reason}")
    small = ROOT / "data" / "small"
    assert clashes(names_of(small / "study.toml", small / "codebook.csv") | NOUNS) == []


@pytest.mark.skipif(not thp_pakistan.SOURCE.is_file(), reason="../shared/realdata/thp_pakistan is not here: NOT TESTED")
def test_nothing_of_a_trial(tmp_path):
    """Names of the published trial stand in its adapter only."""
    folder = thp_pakistan.make(tmp_path)
    assert clashes(names_of(folder / "study.toml", folder / "codebook.csv")) == []


def test_nothing_of_the_demonstration():
    """Compound names of the demonstration's variables and its sectors and places stand in its own folders only."""
    demo = ROOT / "data" / "demo"
    compound = {name for name in names_of(demo / "study.toml", demo / "codebook.csv") if "_" in name}
    places = clashes(compound | {"boulemane", "handicraft", "livestock", "drosos", "sefrou", "missour"})
    assert [place for place in places if not place.startswith("benchmarks/")] == []  # they measure the demonstration


def test_the_test_can_fail(tmp_path):
    """A name that does stand in the package is found."""
    assert any("bell" in clash for clash in clashes({"mccaffrey", "bell"}))


def bound(source: str) -> list[tuple[int, str]]:
    """Line and name of all that a source binds: by assignment, loop, ``with``, ``:=``, pattern, import or parameter."""
    tree, names = ast.parse(source), []
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    fields = [node.target for each in classes for node in each.body if isinstance(node, ast.AnnAssign)]
    for node in ast.walk(tree):
        match node:
            case _ if node in fields:  # a field of the contract, such as the plural form `one`
                pass
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                names.append((node.lineno, name))
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.append((node.lineno, name))
            case ast.alias(name=name, asname=new):
                names.append((node.lineno, new or name))
    return sorted(names)


def test_what_binds_a_name():
    """Every way to bind a name is seen; attributes, keywords of a call, fields and texts bind none."""
    source = """
one = it.made
with open(path) as found, other: pass
for said, (told, _) in pairs: pass
sizes = [made for made in rows if (it := made)]
def read(one, *found, said=1, **told): return call(made=1, it="one")
find = lambda made: made
import numpy as it
try: pass
except ValueError as found: pass
match rows:
    case [one, *said]: pass
found: int = 1
made += 1
class Noun:
    one: str = "woman"
"""
    seen = [(line, name) for line, name in bound(source) if name in VAGUE]
    assert seen == [
        (2, "one"), (3, "found"), (4, "said"), (4, "told"), (5, "it"), (5, "made"), (6, "found"), (6, "one"),
        (6, "said"), (6, "told"), (7, "made"), (8, "it"), (10, "found"), (12, "one"), (12, "said"), (13, "found"),
        (14, "made"),
    ]  # fmt: skip


def test_names_tell_what_they_are():
    """No variable, parameter or target in the package is called ``one``, ``found``, ``said``, ``told``, ``made``, ``it``."""
    vague = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sorted((ROOT / "src" / "coops").rglob("*.py"))
        for line, name in bound(path.read_text(encoding="utf-8"))
        if name in VAGUE
    ]
    assert vague == [], "\n".join(vague)


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "real").glob("*.py")), ids=lambda path: path.name)
def test_adapters_are_short_and_do_not_look_up_answers(path):
    """Each adapter is under 120 lines and reads no expected values."""
    text = path.read_text(encoding="utf-8")
    if path.name.startswith("test_") or path.name in ("targets.py", "adapter.py"):
        return
    bodies = re.split(r"(?m)^def ", text) if path.name == "packages.py" else [text]
    assert max(len(body.splitlines()) for body in bodies) < 120
    assert "expected" not in text
