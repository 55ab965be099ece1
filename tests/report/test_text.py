"""Filling a text: keys, direction words, typed digits."""

from types import SimpleNamespace

import numpy as np
import pytest

from coops.report import leading_deviation, text
from coops.report.quote import Quote
from coops.show.exhibits import Exhibits
from coops.show.language import Words
from coops.show.results import COLUMNS, Record, Results, write
from coops.study.estimators import ESTIMATORS
from coops.study.findings import FindingError
from coops.study.load import load
from tests import made


def record(**cells) -> dict:
    """A row of results with sensible cells."""
    base = dict.fromkeys(COLUMNS, "") | {
        "key": "score.after.books.main.effect", "outcome": "score", "wave": "after", "arm": "books", "specification": "main",
        "quantity": "effect", "estimate": 5.25, "conf_low": 1.04, "conf_high": 9.46, "conf_level": 0.95, "n": 16, "unit": "points", "decimals": 1,
        "unit_level": "person", "reference": "without", "reference_mean": 51.0, "assignment": "not randomised",
        "groups_by_arm": "without=4|books=4", "n_clusters": 8,
    }  # fmt: skip
    return base | cells


class FakeRun:
    """The part of a run that a text asks for."""

    def __init__(self, folder, own_text: str, rows=None):
        made.study(folder)
        (folder / "text").mkdir(exist_ok=True)
        (folder / "text" / "en.md").write_text(own_text, encoding="utf-8")
        self.study = load(folder)
        write(rows or [record()], folder / "results" / "07_impact.csv")
        self.results = Results(folder / "results", self.study)
        self.exhibits = Exhibits(self.study, folder)
        self.data = SimpleNamespace(units=made.data(folder), left_out=())  # no row is put aside


def filled(folder, own_text: str, rows=None) -> str:
    """Fill a text with the made results; without the sentence on the specification that ends every page.

    The results are written by hand, so that the page says that nobody fitted them: that notice is left out too.
    """
    run = FakeRun(folder, own_text, rows)
    filled = text.fill(run, "en")
    deviation = leading_deviation.notice(leading_deviation.compare(run), run.exhibits.words["en"])
    filled = filled.replace(f"\n\n{deviation}", "", 1) if deviation else filled
    end = f"\n\n{run.exhibits.words['en'].label('lock.none')}\n"
    assert filled.endswith(end)
    return filled.removesuffix(end)


def test_a_key_is_quoted_with_its_unit(tmp_path):
    """Parts left out mean the headline; decimals come from the codebook (one, for the score)."""
    own = "{{ score.effect }} ({{ score.effect.interval }}; {{ score.effect.n }}; {{ score.after.books.main.effect.interval.low }})"
    assert filled(tmp_path, own) == "5.2\u00a0points (between 1.0 and 9.5; 16\u00a0pupils; 1.0\u00a0points)"


@pytest.mark.parametrize(
    ("low", "high", "refused", "word"),
    [(1, 9, "", "up"), (-9, -1, "", "down"), (-1, 9, "", "unclear"), (np.nan, np.nan, "few_clusters", "unclear")],
)
def test_direction_follows_the_interval(tmp_path, low, high, refused, word):
    """A direction is said only where the interval leaves out zero; without an interval there is none."""
    own = '{{ score.effect | words("up", "down", "unclear") }}'
    assert filled(tmp_path, own, [record(conf_low=low, conf_high=high, refused=refused)]) == word


@pytest.mark.parametrize(
    ("assignment", "estimator", "words"),
    [
        ("randomised", "level", "because"), ("randomised", "difference", "because"), ("not randomised", "difference", "trends"),
        ("not randomised", "difference cross-section", "trends"), ("not randomised", "ancova", "adjusted"),
        ("not randomised", "level", "adjusted"), ("no comparison", "level", "changed"), ("randomised", "change", "changed"),
    ],
)  # fmt: skip
def test_assignment_decides_the_words(assignment, estimator, words):
    """The table of contract.md, "Assignment decides the words"."""
    assert ESTIMATORS[estimator].claim(assignment) == words


@pytest.mark.parametrize("key", ["score.before.effect", "income.effect", "score.count"])
def test_an_unknown_key_is_a_finding(tmp_path, key):
    """It names the key or the unknown name, and the text where it stands."""
    with pytest.raises(FindingError) as caught:
        filled(tmp_path, f"{{{{ {key} }}}}")
    assert caught.value.findings[0].code in ("E_UNKNOWN_KEY", "E_TEMPLATE")
    assert caught.value.findings[0].file == "text/en.md"


@pytest.mark.parametrize(
    "own", ["It rose by 5 points.", "{{ 5 }}", "{{ 'a' }} ارتفع ب ٥ نقط", "in 2014", "{{ score.effect + 1 }}"]
)
def test_a_typed_digit_is_a_finding(tmp_path, own):
    """In prose, in braces, in Arabic-Indic digits, as a year."""
    with pytest.raises(FindingError) as caught:
        filled(tmp_path, own)
    assert [finding.code for finding in caught.value.findings] == ["E_TYPED_DIGIT"]


def test_the_line_of_a_typed_digit(tmp_path):
    """The finding names the line."""
    with pytest.raises(FindingError) as caught:
        filled(tmp_path, "# Title\n\nWords.\nThere were 43 of them.\n")
    assert (caught.value.findings[0].row, caught.value.findings[0].parameters["what"]) == (4, "43")


def test_a_number_in_a_condition_may_stand(tmp_path):
    """It is compared with, not shown."""
    assert filled(tmp_path, "{% if 1 == 1 %}yes{% endif %}") == "yes"


def test_a_text_cannot_reach_out(tmp_path):
    """The template is sandboxed."""
    with pytest.raises(FindingError) as caught:
        filled(tmp_path, "{{ score.__class__.__mro__ }}")
    assert caught.value.findings[0].code == "E_TEMPLATE"


def test_a_share_is_shown_in_points(tmp_path):
    """The difference of two shares is in percentage points, a share in per cent."""
    study = load(made.study(tmp_path))
    words = Words(study, "en")
    cells = record(estimate=0.0885, unit="share", decimals=1)
    assert str(Quote(Record(cells), words)) == "8.8\u00a0percentage points"
    assert str(Quote(Record(cells | {"quantity": "share"}), words)) == "8.8\u00a0%"


def test_default_text_types_no_digit():
    """The shipped text passes its own rule."""
    run = SimpleNamespace(study=SimpleNamespace(folder=__import__("pathlib").Path("nowhere")))
    file, own = text.source(run, "en")
    assert text.typed_digits(own, file) == []


def test_too_few_are_not_quoted(tmp_path):
    """A hidden effect: no number, no interval, no direction, no count; the others are quoted."""
    own = '{{ score.effect }}; {{ score.effect.interval }}; {{ score.effect | words("up", "down", "unclear") }}'
    own += "; {{ score.effect.n }}; {{ score.effect.groups }}; {{ score.effect.clusters }}"
    assert filled(tmp_path / "a", own, [record(hidden="yes")]) == "(c); no interval; unclear; (c); (c); (c)"
    assert filled(tmp_path / "b", own, [record()]).startswith("5.2")


def test_a_derived_outcome_rests_on_its_questions(tmp_path):
    """A mean of two items is as comparable as its items are."""
    toml = made.TOML + '[derived.both]\nkind = "mean"\nof = ["score", "age"]\nlabel = "both"\n'
    assert load(made.study(tmp_path, toml)).measured_inputs("both") == ["score", "age"]
