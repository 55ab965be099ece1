"""``data/README.md`` says what a study folder may say, and its examples run; what is unknown is refused by name."""

import ast
import inspect
import re
import textwrap
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import TypeAdapter

from coops.estimation import effects, sample_design, tidy
from coops.report.quote import Quote
from coops.report.text import Book
from coops.run.study_readme import filled, parts_of, places, tables
from coops.study import schema, scorecard_reader
from coops.study.codebook import OBLIGATORY
from coops.study.estimators import ESTIMATORS
from coops.study.findings import FindingError
from coops.study.load import load
from coops.study.study import OUT_OF_SCOPE, QUANTITIES, RESERVED
from tests import made

README = (Path(__file__).resolve().parents[2] / "data" / "README.md").read_text(encoding="utf-8")


PLACES = places()


def sections() -> dict[str, str]:
    """Split the page at its headings."""
    parts = re.split(r"(?m)^#{2,3} (.+)$", README)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


SECTIONS = sections()


def place_of(heading: str) -> tuple[str, ...]:
    """Turn a heading into a path: ```[samples.NAME]` `conditions```` → samples, conditions."""
    names = re.findall(r"`\[?([^`\]]+)\]?`", heading)
    return (names[0].split(".")[0], *names[1:]) if heading.startswith("`[") else ()


FIELDS = {place_of(heading): text for heading, text in SECTIONS.items() if heading.startswith("`[")}
FIELDS[()] = SECTIONS["study.toml"]


def cells(text: str) -> list[list[str]]:
    """Return the cells of the first table of a text, without its head."""
    lines = re.search(r"(?m)(^\|.*\n?)+", text)[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def names_in(cell: str) -> list[str]:
    """Return what stands between back quotes."""
    return re.findall(r"`([^`]+)`", cell)


def blocks(text: str, kind: str) -> list[str]:
    """Return the fenced blocks of a kind."""
    return re.findall(rf"(?ms)^```{kind}\n(.*?)^```$", text)


# -- what is documented ---------------------------------------------------------------------------


def test_every_model_has_a_section():
    """Each model is described once, each section describes a place that exists."""
    assert set(FIELDS) <= set(PLACES)
    assert {PLACES[place] for place in FIELDS} == set(PLACES.values())
    assert len({PLACES[place] for place in FIELDS}) == len(FIELDS)


def test_the_tables_are_those_of_the_schema():
    """The page is what the program makes of its own declarations; a table for each class, and for each csv file."""
    assert filled(README) == README
    marked = set(re.findall(r"<!-- made by the build: (.+?) -->", README))
    fields = {".".join(("study.toml", *place)) for place in FIELDS}
    assert marked == fields | {"codebook.csv", "diagnosis.csv", "corrections.csv"}


def test_a_table_says_names_words_and_defaults():
    """Of two fields and a column, written by hand; a description that names the words itself does not list them twice."""
    table = tables()
    assert (
        "| `label` | kind of study; decides what may leave: `DEMONSTRATION`, `PUBLIC`, `FIELD` | obligatory |"
        in table["study.toml.study"]
    )
    assert "| `not` | true turns the condition round | `false` |" in table["study.toml.rules.when"]
    assert "| `draws` | draws of the bootstrap and of randomisation inference | `9999` |" in table["study.toml.design"]
    assert "| `arms` | arms compared | as in `[design]` |" in table["study.toml.specifications"]
    assert "| `[waves.NAME]` | rounds of data | obligatory |" in table["study.toml"]
    assert r"| `allowed` | allowed values, parted by vertical bars: `0\|1` |" in table["codebook.csv"]
    assert (
        table["codebook.csv"].count("`multiple`") == 2 and "`label_en`, `label_fr`, `label_ar`" in table["codebook.csv"]
    )


def test_a_mark_of_no_table():
    """A table that does not exist is not left as it was."""
    with pytest.raises(KeyError, match="gardens"):
        filled(README.replace("made by the build: codebook.csv", "made by the build: gardens"))


def test_obligatory_columns():
    """The page names in words those that are obligatory; every kind of rule and basis stands in the table."""
    assert all(f"`{name}`" in SECTIONS["codebook.csv"].split("|")[0] for name in OBLIGATORY)
    assert all(f"`{name}`" in SECTIONS["diagnosis.csv"].split("|")[0] for name in scorecard_reader.OBLIGATORY)
    rows = {name: row[1] for row in cells(SECTIONS["diagnosis.csv"]) for name in names_in(row[0])}
    assert set(scorecard_reader.BASES) == set(names_in(rows["basis"]))
    assert {rule.split(":")[0] for rule in names_in(rows["rule"]) if ":" in rule} == set(scorecard_reader.KINDS)


def test_estimators_and_words():
    """Every estimator, every pair of assignment and estimator with its claim, every reason of a refusal."""
    assignments = get_args(schema.Assignment)
    table = [(names_in(name)[0], *rest) for name, *rest in cells(SECTIONS["Estimators"])]
    assert table == [(name, record.regression, record.estimates, record.rows) for name, record in ESTIMATORS.items()]
    claims = {}
    for assignment, estimator, kind, _ in cells(SECTIONS["Assignment decides the words"]):
        named = names_in(estimator) or [e for e in ESTIMATORS if estimator == "any" or not e.startswith("change")]
        for word in names_in(assignment) or assignments:
            claims |= {(word, name): names_in(kind)[0] for name in named}
    assert claims == {(word, name): record.claim(word) for word in assignments for name, record in ESTIMATORS.items()}
    reasons = [names_in(row[0])[0] for row in cells(SECTIONS["When an interval is refused"])]
    assert sorted(reasons) == sorted(effects.REFUSED)


def test_kinds_of_derived_variables():
    """The second table of [derived] lists every kind."""
    table = FIELDS[("derived",)].split("| kind |")[1]
    kinds = [names_in(row[0])[0] for row in cells("| kind |" + table)]
    assert kinds == list(get_args(schema.Derived.model_fields["kind"].annotation))


def test_what_a_text_may_quote():
    """Every attribute of a quote and every name of the context is documented, and nothing else."""
    asked, other = SECTIONS["text/LANG.md"].split("What else a text may use")
    asked = {names_in(row[0])[0].split("(")[0] for row in cells(asked) if names_in(row[0])}
    attributes = {name for name, value in vars(Quote).items() if isinstance(value, property) and name[0] != "_"}
    assert asked == attributes | {"words"}
    other = {name.split("(")[0] for row in cells(other) for name in names_in(row[0])}
    tree = ast.parse(textwrap.dedent(inspect.getsource(Book.context)))
    returned = next(node.value for node in ast.walk(tree) if isinstance(node, ast.Return))
    assert other == {key.value for key in returned.keys if key is not None} | {"listed"}
    assert set(QUANTITIES) <= set(names_in(SECTIONS["text/LANG.md"]))
    assert set(RESERVED) <= set(names_in(SECTIONS["study.toml"]))


# -- examples -------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [place for place in FIELDS if place], ids=".".join)
def test_examples_are_accepted(place):
    """The example of a section is what the model of its field accepts, and says no more than that field."""
    (text,) = blocks(FIELDS[place], "toml")
    settings, annotation = tomllib.loads(text), schema.Contract.model_fields[place[0]].annotation
    assert list(settings) == [place[0]]
    settings = settings[place[0]]
    if len(place) == 1:
        assert TypeAdapter(annotation).validate_python(settings)
        return
    entry = settings if place[1] in settings else next(iter(settings.values()))
    (model,) = parts_of(annotation)
    field = model.model_fields[place[1]]
    assert TypeAdapter(field.rebuild_annotation()).validate_python(entry[place[1]])


def test_the_whole_page_has_no_other_example():
    """Each toml block is tried by a test: one a section, and the two complete ones."""
    assert len(blocks(README, "toml")) == len(FIELDS) - 1 + len(EXAMPLES)


EXAMPLES = [heading for heading in SECTIONS if heading.startswith("Example")]


def complete(heading: str, folder: Path) -> Path:
    """Write a complete example into a folder: each block below the name of its file."""
    for name, text in re.findall(r"(?ms)^`([\w./]+)`\n\n```\w+\n(.*?)^```$", SECTIONS[heading]):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def estimated(heading: str, folder: Path) -> tidy.Row:
    """Run a complete example as far as its one estimate."""
    data = made.data(complete(heading, folder))
    (specification,) = data.study.resolve(data.study.headline)
    (estimate,) = effects.rows(sample_design.build(data, specification))
    return estimate


def test_example_of_persons(tmp_path):
    """Means 12 and 15, variance 2 in both: SE √(2/6 + 2/6); equal arms of 6 singles: df 10, t 2.228139 (tables)."""
    estimate = estimated(EXAMPLES[0], tmp_path)
    assert tidy.key(estimate) == "score.spring.tutored.main.effect"
    assert (estimate.refused, estimate.n, estimate.clusters_by_arm) == ("", 12, {"waiting": 6, "tutored": 6})
    assert estimate.estimate == pytest.approx(3)
    assert estimate.std_error == pytest.approx((2 / 3) ** 0.5)
    assert estimate.df == pytest.approx(10)
    assert estimate.conf_low == pytest.approx(3 - 2.228139 * (2 / 3) ** 0.5, abs=1e-5)
    assert ESTIMATORS[estimate.estimator].claim(estimate.assignment) == "because"
    assert f"between {estimate.conf_low:.1f} and {estimate.conf_high:.1f}" in SECTIONS[EXAMPLES[0]]


def test_example_of_groups(tmp_path):
    """Changes 1 1 2 2 3 3 4 4 5 5: mean 3, sum of squares 20, SE √(20 / 9 / 10), df 9, t 2.262157 (tables)."""
    estimate = estimated(EXAMPLES[1], tmp_path)
    assert tidy.key(estimate) == "harvest_kg.second.main.change"
    assert (estimate.refused, estimate.n, estimate.unit_level) == ("", 10, "group")
    assert estimate.estimate == pytest.approx(3)
    assert estimate.std_error == pytest.approx((20 / 90) ** 0.5)
    assert estimate.df == pytest.approx(9)
    assert estimate.conf_high == pytest.approx(3 + 2.262157 * (20 / 90) ** 0.5, abs=1e-5)
    assert ESTIMATORS[estimate.estimator].claim(estimate.assignment) == "changed"
    assert f"between {estimate.conf_low:.1f} and {estimate.conf_high:.1f}" in SECTIONS[EXAMPLES[1]]


def test_example_of_a_correction(tmp_path):
    """The correction shown has the columns of corrections.csv and a key in the order of the second example."""
    folder = complete(EXAMPLES[1], tmp_path)
    (text,) = blocks(SECTIONS["corrections.csv"], "csv")
    (folder / "corrections.csv").write_text(text, encoding="utf-8")
    raw = folder / "raw" / "gardens.csv"
    raw.write_text(raw.read_text(encoding="utf-8").replace("g1,2001,20\n", "g1,2001,200\n"), encoding="utf-8")
    assert made.data(folder).values("harvest_kg", "first")["g1"] == 20


# -- what is refused ------------------------------------------------------------------------------


def refused(folder: Path, old: str, new: str) -> list:
    """Return the findings of the made study with one change."""
    assert old in made.TOML
    return made.refused(load, made.study(folder, made.TOML.replace(old, new, 1)))


def line(text: str) -> int:
    """Return the line of the made study on which a text stands."""
    return next(number for number, line in enumerate(made.TOML.splitlines(), start=1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "column", "near", "place"),
    [
        ('cluster = "school"', 'cluster = "school"\nclustre = "school"', "design.clustre", "cluster", None),
        ('group = "school"', 'group = "school"\nwave_colum = "x"', "tables.pupils.wave_colum", "wave_column", None),
        ("[waves.after]", "[wawes.after]", "wawes", "waves", "[waves.after]"),
        ('"score"', '"score", { variable = "age", wave = "after" }', "specifications.main.outcomes.1.wave", "waves", "outcomes"),
        ('other = "pupils"', 'other = "pupils", tow = "x"', "units.person.en.tow", "two", 'other = "pupils"'),
    ],
)  # fmt: skip
def test_an_unknown_field(tmp_path, old, new, column, near, place):
    """The finding names the field, its line and the nearest field that its table has."""
    (finding,) = refused(tmp_path, old, new)
    assert (finding.code, finding.column, finding.parameters["nearest"]) == ("E_UNKNOWN_FIELD", column, near)
    assert finding.row == (line(place) if place else line(old) + 1)
    assert column in finding.line() and near in finding.line()


@pytest.mark.parametrize(
    ("old", "column", "table"),
    [
        ('cluster = "school"\n', "design.cluster", "[design]"),
        ("seed = 1\n", "study.seed", "[study]"),
        ('label = "after"\n', "waves.after.label", "[waves.after]"),
        (', other = "pupils"', "units.person.en.other", "en = "),
        ('estimator = "difference"\n', "specifications.main.estimator", "[specifications.main]"),
    ],
)
def test_a_missing_field(tmp_path, old, column, table):
    """The finding names the field and the line of its table."""
    (finding,) = refused(tmp_path, old, "")
    assert (finding.code, finding.column, finding.row) == ("E_MISSING_FIELD", column, line(table))


def test_missing_tables(tmp_path):
    """An empty study.toml lacks every table that is obligatory."""
    with pytest.raises(FindingError) as caught:
        load(made.study(tmp_path, ""))
    needed = [name for name, field in schema.Contract.model_fields.items() if field.is_required()]
    assert [(fault.code, fault.column) for fault in caught.value.findings] == [
        ("E_MISSING_FIELD", name) for name in needed
    ]


@pytest.mark.parametrize("estimator", [*sorted(OUT_OF_SCOPE), "IV", "Regression Discontinuity"])
def test_out_of_scope(tmp_path, estimator):
    """Estimators that are not approximated are refused by name; the page says so too."""
    (finding,) = refused(tmp_path, '"difference"', f'"{estimator}"')
    assert (finding.code, finding.column) == ("E_OUT_OF_SCOPE", "specifications.main.estimator")
    assert estimator in finding.text()


def test_out_of_scope_is_documented():
    """The three kinds of the contract are in the list and on the page."""
    assert {"iv", "regression discontinuity", "staggered adoption"} <= OUT_OF_SCOPE
    for name in ("instrumental variables", "regression discontinuity", "staggered adoption"):
        assert name in SECTIONS["Estimators"].lower()


def test_an_unknown_estimator_is_another_matter(tmp_path):
    """A misspelt estimator is not out of scope: those known are listed."""
    (finding,) = refused(tmp_path, '"difference"', '"diference"')
    assert finding.code == "E_FIELD_VALUE"
    assert all(name in finding.text() for name in get_args(schema.EstimatorName))


SPECIFICATION = '[specifications.{name}]\nestimator = "level"\nwaves = ["after"]\noutcomes = ["{outcome}"]\n'


@pytest.mark.parametrize(
    ("old", "new", "name", "column", "other"),
    [
        ("[arms.books]", "[arms.after]", "after", "arms.after", "waves"),
        ("[specifications.main]", "[specifications.after]", "after", "specifications.after", "waves"),
        ("[specifications.main]", "[specifications.books]", "books", "specifications.books", "arms"),
        ("[specifications.main]", "[specifications.score]", "score", "outcomes", "specifications"),
        ("[specifications.main]", "[specifications.effect]", "effect", "specifications.effect", "–"),
        ("[specifications.main]", "[specifications.flow]", "flow", "specifications.flow", "–"),
        ("[arms.books]", "[arms.share]", "share", "arms.share", "–"),
        (
            "[design]",
            SPECIFICATION.format(name="age", outcome="score") + SPECIFICATION.format(name="b", outcome="age") + "[design]",
            "age", "outcomes", "specifications",
        ),
    ],
)  # fmt: skip
def test_names_that_clash(tmp_path, old, new, name, column, other):
    """A name over waves, arms, outcomes, specifications and quantities is used once."""
    (finding,) = refused(tmp_path, old, new)
    assert (finding.code, finding.column) == ("E_NAME_TWICE", column)
    assert (finding.parameters["name"], finding.parameters["other"]) == (name, other)


def test_a_wave_and_an_outcome_clash(tmp_path):
    """The wave is renamed everywhere: only the clash with the outcome is left."""
    toml = made.TOML.replace("[waves.after]", '[waves.score]\nvalues = ["after"]').replace(
        '["after"]\nb', '["score"]\nb'
    )
    assert [(fault.code, fault.column) for fault in made.refused(load, made.study(tmp_path, toml))] == [
        ("E_NAME_TWICE", "outcomes")
    ]


@pytest.mark.parametrize("kind", ["waves", "tables", "arms", "samples", "derived", "specifications", "families"])
@pytest.mark.parametrize("name", ["2x", "_x", "x-y", '"x y"', '"x.y"', '"é"', '""'])
def test_names_that_are_no_identifiers(tmp_path, kind, name):
    """A name that could not stand in a key is refused, with its line."""
    entries = {
        "waves": 'label = "x"', "tables": 'level = "event"\nfiles = ["x.csv"]\nkey = ["x"]',
        "arms": 'label = "x"\nvalues = ["9"]', "samples": 'conditions = [{ variable = "age", present = true }]',
        "derived": 'kind = "log"\nof = ["score"]\nlabel = "x"',
        "specifications": 'estimator = "level"\nwaves = ["after"]\noutcomes = ["score"]',
        "families": 'outcomes = ["score"]\nconfirmatory = false',
    }  # fmt: skip
    (finding,), name = (
        made.refused(load, made.study(tmp_path, f"{made.TOML}[{kind}.{name}]\n{entries[kind]}\n")),
        name.strip('"'),
    )
    assert (finding.code, finding.parameters["name"]) == ("E_IDENTIFIER", name)
    assert finding.column == f"{kind}.{name}"
    assert finding.row == made.TOML.count("\n") + 1


def test_the_id_is_an_identifier(tmp_path):
    """It becomes part of file names."""
    (finding,) = refused(tmp_path, 'id = "made"', 'id = "../made"')
    assert (finding.code, finding.column, finding.row) == ("E_FIELD_VALUE", "study.id", line("id = "))
