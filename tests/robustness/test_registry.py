"""The folder of checks: each file is a check with all its parts, and a file that is put there is everywhere at once."""

import ast
import importlib
import inspect
import pkgutil
import sys
import textwrap

import pytest

import coops.robustness.checks as folder
from coops.robustness.check import PARTS, AlternativeEstimate, Check
from coops.robustness.checks import checks
from coops.robustness.leading import KEY, leading
from coops.robustness.robustness import robustness
from coops.show.language import Words, package_labels
from tests import made

MODULES = sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
LANGUAGES = ("en", "fr", "ar")
MADE_UP = '''"""A made-up check."""

from coops.robustness.check import ENOUGH, Answer, Check, Exhibit, each
from coops.robustness.exhibits import base, table_of
from coops.robustness.leading import key_of
from coops.show.table import Column


class MadeUp(Check):
    name, place, sizes = "made_up", 12, ("half",)

    def applies(self, comparison, estimate):
        return ""

    def compare(self, comparison, estimates):
        return [key_of(it) | {"half": it.estimate / 2} for it in estimates]

    def numbers(self, estimate, frame, leading):
        return {"half": frame["half"].iloc[0]}

    def answers(self, row, words):
        return [Answer(ENOUGH, words.label("made_up.answer", half=words.number(row["half"], 3)))]

    def size_columns(self, frame):
        return [Column("half", "measure")]

    def exhibits(self, frame, leading):
        rows = [base(it) | {"half": part["half"].iloc[0]} for it, part in each(frame, leading)]
        return [Exhibit("table", {"table": table_of(rows, leading.study, Column("half", "measure")), "text": "tab_made_up"})]
'''
WORDS = """check.made_up,A made-up check,,
made_up.answer,half of it ({half}),,
head.half,Half,,
tab_made_up,Half of each estimate,,
"""


def test_there_are_checks():
    """The parametrised tests run on something, and each has a place of its own."""
    assert len(MODULES) >= 12
    places = [check.place for check in checks()]
    assert len(places) == len(MODULES) == len(set(places)) and places == sorted(places)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_a_check_with_all_its_parts(name):
    """One class, of the module's name; it says what it applies to, and has words in every language."""
    module = importlib.import_module(f"{folder.__name__}.{name}")
    (kind,) = [it for it in vars(module).values() if inspect.isclass(it) and it.__module__ == module.__name__]
    assert issubclass(kind, Check) and not inspect.isabstract(kind) and kind.name == name
    assert module.__doc__.partition("\n")[0].partition(": ")[2], "what it asks stands after the colon"
    assert "Frame" in (kind.__doc__ or "") or issubclass(kind, AlternativeEstimate)
    keys = [f"check.{name}"] + [f"overturn.part.{setting}" for setting in kind.settings]
    keys += [f"look.{way}" for way in getattr(kind, "kinds", ())]
    for key in keys:
        assert all(package_labels()[key][language] for language in LANGUAGES), key
    assert not kind.sizes or kind.size_columns is not Check.size_columns


def returned(node: ast.expr) -> set[str]:
    """Texts that an expression may give: those of both branches, not of the condition."""
    if isinstance(node, ast.IfExp):
        return returned(node.body) | returned(node.orelse)
    assert isinstance(node, ast.Constant), "a reason is written out, so that its words can be looked for"
    return {node.value}


@pytest.mark.parametrize("name", MODULES)
def test_reasons_have_words(name):
    """Whatever a check says of why it does not apply can be told in every language."""
    (check,) = [check for check in checks() if check.name == name]
    tree = ast.parse(textwrap.dedent(inspect.getsource(type(check).applies)))
    reasons = set().union(*(returned(node.value) for node in ast.walk(tree) if isinstance(node, ast.Return)))
    assert "" in reasons
    for key in {f"check.why.{reason}" for reason in reasons - {""}}:
        assert all(package_labels()[key][language] for language in LANGUAGES), key


def test_parts_have_words():
    """Each question that a check may answer has a heading."""
    assert all(package_labels()[f"overturn.head.{part}"]["ar"] for part in PARTS)


@pytest.fixture()
def made_up(tmp_path, monkeypatch):
    """A folder with one more check."""
    extra = tmp_path / "extra"
    extra.mkdir()
    (extra / "made_up.py").write_text(MADE_UP, encoding="utf-8")
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(extra)])
    yield
    sys.modules.pop(f"{folder.__name__}.made_up", None)
    vars(folder).pop("made_up", None)


def test_a_file_that_is_put_there_is_everywhere(tmp_path, made_up):
    """It runs, stands in the answers and among the sizes after the check before it, and has its own table and line."""
    path = made.study(tmp_path / "study", made.TOML + "[release]\nmin_persons = 1\nmin_groups = 1\n")
    with (path / "labels.csv").open("a", encoding="utf-8") as labels:
        labels.write(WORDS)
    data = made.data(path)
    found = robustness(leading(data, data.study.resolve("main"), lambda specification: True, draws=19, seed=1))
    names = [result.check.name for result in found]
    assert names.index("made_up") == names.index("area_shock") + 1
    assert list(found["made_up"].frame) == [*KEY, "half"]
    words = Words(data.study, "en")
    assert found.frame.set_index("check").loc["made_up", ["applies", "of", "rows"]].to_list() == [1, 1, 1]
    answers, sizes = (settings["table"].markdown(words) for settings in found.summaries[:2])
    assert "half of it (2.625)" in answers and "Half" in sizes  # 5.25 by hand, in test_checks
    assert found["made_up"].line(words).startswith("**A made-up check.**")
    assert "2.6" in found["made_up"].tables[0]["table"].markdown(words)


def test_without_the_file_nothing_is_left():
    """The test above cannot pass on what is there anyway."""
    assert "made_up" not in [check.name for check in checks()]
