"""Each contradiction in a study folder has its own finding; each finding has a message that can be filled in."""

import ast
import re
import string
from pathlib import Path

import pytest

from coops.study.findings import FindingError, messages
from coops.study.load import load
from tests import made

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "coops"
LOADER = "findings load checks part_checks word_checks references codebook study".split()
OF_TOML, PLACES = {"file", "row", "column"}, {"file", "sheet", "row", "column", "key"}
MAKERS = dict.fromkeys(("finding", "fail", "note"), set()) | {"add": OF_TOML}  # functions that make a finding: what
MAKERS |= dict.fromkeys(("of_variable", "fault", "flag"), PLACES)  # they fill in
CODE = re.compile(r'"((?:U|E|W)_[A-Z_]*[A-Z])"')


def toml(*changes: tuple[str, str], add: str = "") -> dict[str, str]:
    """Change the made study."""
    return {"study.toml": made.changed(*changes) + add}


def book(*changes: tuple[str, str], add: str = "") -> dict[str, str]:
    """Change the codebook of the made study."""
    return {"codebook.csv": made.changed(*changes, text=made.CODEBOOK) + add}


def derived(**fields: str) -> dict[str, str]:
    """Add a derived variable; fields as TOML writes them."""
    lines = "".join(f"{name} = {value}\n" for name, value in fields.items())
    return toml(add=f'[derived.made_up]\nlabel = "x"\n{lines}')


def field(table: str, line: str) -> dict[str, str]:
    """Add a line to a table of study.toml."""
    return toml((f"[{table}]\n", f"[{table}]\n{line}\n"))


def condition(text: str) -> dict[str, str]:
    """Add a sample of one condition."""
    return toml(add=f"[samples.some]\nconditions = [{{ {text} }}]\n")


def in_two_languages(labels: str) -> dict[str, str]:
    """The made study in English and French, with other words of its own."""
    text = made.TOML.replace('languages = ["en"]', 'languages = ["en", "fr"]')
    text = re.sub(r'(?m)^(title|label) = "(?!DEMONSTRATION)([^"]*)"$', r'\1 = { en = "\2", fr = "\2" }', text)
    text = re.sub(r"(?m)^en = (.*)$", r"en = \1\nfr = \1", text)
    lines = made.CODEBOOK.splitlines()
    book = [f"{lines[0]},label_fr", *(f"{line},{line.split(',')[-1]}" for line in lines[1:])]
    return {"study.toml": text, "codebook.csv": "\n".join(book) + "\n", "labels.csv": labels}


PROTECTION = """[data_protection]
receipt = "1"
controller = "x"
purpose = ""
hosting_country = "x"
retention_date = 2031-12-31
"""
WITHOUT_WAVE = ('key = ["pupil", "wave"]\nwave_column = "wave"', 'key = ["pupil", "wave"]')


def rule(text: str, *changes: tuple[str, str], table: str = "pupils") -> dict[str, str]:
    """Add a rule, to a study with some changes."""
    return toml(*changes, add=f'[rules.one]\ntable = "{table}"\n{text}\n')


NO_ARMS = (made.TOML[made.TOML.index("[arms.without]") : made.TOML.index("[design]")], "")
NO_DESIGN_ARM = ('arm = "given"\nreference = "without"\n', "")
CHANGE = ('estimator = "difference"', 'estimator = "change"')
BY_AGE = """[arms.young]
label = "young"
variable = "age"
values = [10]
[arms.older]
label = "older"
variable = "age"
values = [11]
"""
VERSIONS = [
    ('label = "before"', 'label = "before"\nform_version = "1"'),
    ('label = "after"', 'label = "after"\nform_version = 2'),
]
SCORE = "pupils,score,number,points,1,,0..100,score"
NO_GROUP_NOUN = ('[units.group]\nen = { one = "school", other = "schools" }\n', "")

VISITS = """visits,visit,text,,,,,visit
visits,school,text,,,,,school
visits,sort,category,,,talk|books,,kind
visits,on,date,,,,,day
visits,done,category,,,whole|part|no,,done
visits,spent,number,points,0,,,cost
helpers,helper,text,,,,,helper
helpers,round,text,,,,,wave
helpers,skill,integer,,,,,skill
"""


def delivery(text: str) -> dict[str, str]:
    """The made study with visits, helpers and what ``[delivery]`` says of them."""
    tables = "".join(
        f'[tables.{name}]\nlevel = "event"\nfiles = ["{name}.csv"]\nkey = ["{key}"]\n'
        for name, key in (("visits", "visit"), ("helpers", "helper"))
    )
    return toml(add=f"{tables}[delivery]\n{text}\n") | book(add=VISITS)


OF_VISITS = 'table = "visits"\nkind = "sort"\n'
OF_HELPERS = 'organisations = "helpers"\norganisation = "helper"\nwave = "round"\n'

CASES = [
    # study.toml by itself
    ("E_NO_STUDY", "study.toml", "", {"study.toml": None}),
    ("E_TOML", "study.toml", "", toml(("seed = 1", "seed = "))),
    ("E_ENCODING", "study.toml", "", {"study.toml": made.TOML.replace("A made", "Une étude").encode("latin-1")}),
    ("E_TODO", "study.toml", "study.title", toml(("A made study", "TODO: a title"))),
    ("E_TODO", "study.toml", "design.assignment", toml(("not randomised", "TODO: how"))),
    ("E_TODO", "study.toml", "tables.pupils.key", toml(('key = ["pupil"', 'key = ["TODO", "pupil"'))),
    ("E_UNKNOWN_FIELD", "study.toml", "design.clusters", field("design", 'clusters = "school"')),
    ("E_MISSING_FIELD", "study.toml", "study.id", toml(('id = "made"\n', ""))),
    ("E_IDENTIFIER", "study.toml", "arms.2", toml(("arms.books", "arms.2"))),
    ("E_OUT_OF_SCOPE", "study.toml", "specifications.main.estimator", toml(('"difference"', '"iv"'))),
    ("E_FIELD_VALUE", "study.toml", "study.seed", toml(("seed = 1", 'seed = "one"'))),
    ("E_FIELD_VALUE", "study.toml", "design.level", field("design", "level = 95")),
    ("E_FIELD_VALUE", "study.toml", "units.village", toml(NO_GROUP_NOUN, add='[units.village.en]\none = "x"\nother = "y"\n')),
    ("E_FIELD_VALUE", "study.toml", "units.person.de", field("units.person", 'de = { one = "x", other = "y" }')),
    ("E_FIELD_VALUE", "study.toml", "tables.pupils.key", toml(('key = ["pupil", "wave"]', "key = []"))),
    ("E_FIELD_VALUE", "study.toml", "tables.pupils.files", toml(('["pupils.csv"]', "[]"))),
    ("E_FIELD_VALUE", "study.toml", "derived.made_up.of", derived(kind='"sum"', of="[]")),
    # rules, forms, questions that depend on others
    ("E_RULE_NAME", "study.toml", "rules.one", rule('kind = "order"\nof = ["scroe", "age"]')),
    ("E_RULE_FIELD", "study.toml", "rules.one", rule('kind = "alone"\nof = ["age"]')),
    ("E_RULE_WAVE", "study.toml", "rules.one", rule('kind = "constant"\nof = ["age"]', WITHOUT_WAVE)),
    ("E_UNKNOWN_NAME", "study.toml", "rules.one.table", rule('kind = "order"\nof = ["age"]', table="pupil")),
    ("E_UNKNOWN_NAME", "study.toml", "rules.one.other", rule('kind = "known"\nof = ["age"]\nother = "pupil"')),
    ("E_UNKNOWN_NAME", "study.toml", "forms.one.tables", toml(add='[forms.one]\ntitle = "x"\ntables = ["pupil"]\n')),
    ("E_RELEVANT", "codebook.csv", "relevant", book(("label_en\n", "label_en,relevant\n"), (",age\n", ",age,scroe=1\n"))),
    ("E_CODEBOOK_VALUE", "codebook.csv", "relevant", book(("label_en\n", "label_en,relevant\n"), (",age\n", ",age,score\n"))),
    ("E_CODEBOOK_VALUE", "codebook.csv", "required", book(("label_en\n", "label_en,required\n"), (",age\n", ",age,always\n"))),
    ("E_FIELDWORK_NEEDS", "study.toml", "fieldwork.guardian", toml(add='[fieldwork]\nguardian = "given"\n')),
    ("E_NO_SCORECARD", "study.toml", "diagnosis", toml(add=made.DIAGNOSIS)),
    # what was delivered
    ("E_UNKNOWN_NAME", "study.toml", "delivery.table", delivery('table = "visit"\nkind = "sort"')),
    ("E_UNKNOWN_NAME", "study.toml", "delivery.kind", delivery('table = "visits"\nkind = "sorts"')),
    ("E_UNKNOWN_NAME", "study.toml", "delivery.cost", delivery(f'{OF_VISITS}cost = "spend"\nprices = 2001\ncovers = "x"')),
    ("E_UNKNOWN_NAME", "study.toml", "delivery.unit", delivery(f'{OF_VISITS}unit = "scool"')),
    ("E_UNKNOWN_NAME", "study.toml", "delivery.unit", delivery(f'{OF_VISITS}unit = "sort"')),
    ("E_UNKNOWN_NAME", "study.toml", "delivery.statuses", delivery(f'{OF_VISITS}delivered = "done"\nstatuses = ["whole", "none"]')),
    ("E_UNKNOWN_NAME", "study.toml", "delivery.capacities", delivery(f'{OF_HELPERS}capacities = ["skil"]')),
    ("E_FIELD_VALUE", "study.toml", "delivery.capacities", delivery(f'{OF_HELPERS}capacities = ["round"]')),
    ("E_FIELD_VALUE", "study.toml", "delivery.amount", delivery(f'{OF_VISITS}amount = "on"')),
    ("E_FIELD_VALUE", "study.toml", "delivery.statuses", delivery(f'{OF_VISITS}delivered = "done"\nstatuses = "whole"')),
    ("E_FIELDWORK_NEEDS", "study.toml", "delivery.table", delivery('table = "visits"')),
    ("E_FIELDWORK_NEEDS", "study.toml", "delivery.kind", delivery('kind = "sort"')),
    ("E_FIELDWORK_NEEDS", "study.toml", "delivery.delivered", delivery(f'{OF_VISITS}delivered = "done"')),
    ("E_FIELDWORK_NEEDS", "study.toml", "delivery.cost", delivery(f'{OF_VISITS}cost = "spent"\ncovers = "x"')),
    ("E_FIELDWORK_NEEDS", "study.toml", "delivery.cost", delivery(f'{OF_VISITS}cost = "spent"\nprices = 2001')),
    ("E_FIELDWORK_NEEDS", "study.toml", "delivery.organisations", delivery(OF_HELPERS)),
    ("E_FIELDWORK_NEEDS", "study.toml", "delivery.capacities", delivery('capacities = "skill"')),
    ("E_NO_WORDS", "study.toml", "delivery.covers", delivery(f'{OF_VISITS}cost = "spent"\nprices = 2001\ncovers = {{ fr = "x" }}')),
    ("E_FIELD_EMPTY", "study.toml", "data_protection.purpose", toml(add=PROTECTION)),
    # codebook.csv by itself
    ("E_NO_CODEBOOK", "codebook.csv", "", {"codebook.csv": None}),
    ("E_ENCODING", "codebook.csv", "", {"codebook.csv": made.CODEBOOK.replace(",age\n", ",âge\n").encode("latin-1")}),
    ("E_CODEBOOK_COLUMN", "codebook.csv", "type", book(("name,type", "name"))),
    ("E_CODEBOOK_UNKNOWN", "codebook.csv", "kind", book(("label_en\n", "label_en,kind\n"))),
    ("E_CODEBOOK_TWICE", "codebook.csv", "score", book(add=f"{SCORE}\n")),
    ("E_CODEBOOK_VALUE", "codebook.csv", "type", book(("age,number", "age,numbre"))),
    ("E_CODEBOOK_VALUE", "codebook.csv", "range", book(("0..100", "0-100"))),
    ("E_CODEBOOK_VALUE", "codebook.csv", "decimals", book(("points,1,", "points,one,"))),
    ("E_CODEBOOK_VALUE", "codebook.csv", "role", book(("label_en\n", "label_en,role\n"), (",age\n", ",age,quality\n"))),
    ("E_CODEBOOK_VALUE", "codebook.csv", "pii", book(("label_en\n", "label_en,pii\n"), (",age\n", ",age,X\n"))),
    ("E_CODEBOOK_VALUE", "codebook.csv", "name", book(add="pupils,,number,,,,,x\n")),
    ("E_CODEBOOK_VALUE", "codebook.csv", "table", book(add=",shoe,number,,,,,x\n")),
    ("E_CSV_SHAPE", "codebook.csv", "", book((",age\n", ",age, in years\n"))),
    ("E_TODO", "codebook.csv", "label_en", book((",age\n", ",TODO: a label\n"))),
    # names
    ("E_NAME_TWICE", "study.toml", "arms.after", toml(("arms.books", "arms.after"))),
    ("E_NAME_TWICE", "study.toml", "specifications.mean", toml(("specifications.main", "specifications.mean"))),
    ("E_NAME_TWICE", "study.toml", "outcomes", toml(("specifications.main", "specifications.score"))),
    ("E_NAME_TWICE", "study.toml", "waves.after.values", field("waves.after", 'values = ["after", "before"]')),
    ("E_NAME_TWICE", "study.toml", "derived.age", toml(add='[derived.age]\nkind = "log"\nof = "score"\nlabel = "x"\n')),
    # tables
    ("E_NO_UNITS", "study.toml", "tables", toml(('level = "person"', 'level = "event"'))),
    ("E_WAVE_TWICE", "study.toml", "tables.pupils.wave", field("tables.pupils", 'wave = "after"')),
    (
        "E_TABLE_WITHOUT_CODEBOOK", "study.toml", "tables.visits",
        toml(add='[tables.visits]\nlevel = "event"\nfiles = ["visits.csv"]\nkey = ["visit"]\n'),
    ),
    ("E_CODEBOOK_TABLE", "codebook.csv", "table", book(add="pupil,shoe,number,,,,,x\n")),
    ("E_UNKNOWN_NAME", "study.toml", "tables.pupils.key", toml(('key = ["pupil"', 'key = ["pupils"'))),
    ("E_UNKNOWN_NAME", "study.toml", "tables.pupils.wave_column", toml(('wave_column = "wave"', 'wave_column = "waves"'))),
    ("E_UNKNOWN_NAME", "study.toml", "tables.pupils.group", toml(('group = "school"', 'group = "class"'))),
    (
        "E_UNKNOWN_NAME", "study.toml", "tables.pupils.wave",
        toml(('wave_column = "wave"', 'wave = "later"'), ('["pupil", "wave"]', '["pupil"]')),
    ),
    ("E_UNKNOWN_NAME", "codebook.csv", "version_from", book(("label_en\n", "label_en,version_from\n"), (",age\n", ",age,2\n"))),
    (
        "E_UNKNOWN_NAME", "codebook.csv", "version_to",
        toml(*VERSIONS) | book(("label_en\n", "label_en,version_from,version_to\n"), (",age\n", ",age,1,3\n")),
    ),
    ("E_COMPARABLE_RECODE", "codebook.csv", "comparable", book(("label_en\n", "label_en,comparable\n"), (",age\n", ",age,yes\n"))),
    (
        "E_COMPARABLE_RECODE", "codebook.csv", "comparable",
        derived(kind='"log"', of='"score"') | book(("label_en\n", "label_en,comparable\n"), (",age\n", ",age,recode: made\n")),
    ),
    # design and arms
    ("E_UNKNOWN_NAME", "study.toml", "design.cluster", toml(('cluster = "school"', 'cluster = "class"'))),
    ("E_UNKNOWN_NAME", "study.toml", "design.strata", field("design", 'strata = ["age", "town"]')),
    ("E_UNKNOWN_NAME", "study.toml", "design.weights", field("design", 'weights = "weight"')),
    ("E_UNKNOWN_NAME", "study.toml", "design.status", field("design", 'status = "state"\nseen = ["1"]')),
    ("E_UNKNOWN_NAME", "study.toml", "design.population", field("design", 'population = "some"')),
    ("E_UNKNOWN_NAME", "study.toml", "design.arm_wave", field("design", 'arm_wave = "first"')),
    ("E_UNKNOWN_NAME", "study.toml", "design.balance", field("design", 'balance = ["height"]')),
    ("E_UNKNOWN_NAME", "study.toml", "design.balance", field("design", 'balance = [{ variable = "age", wave = "first" }]')),
    ("E_UNKNOWN_NAME", "study.toml", "design.arms", field("design", 'arms = ["book"]')),
    ("E_UNKNOWN_NAME", "study.toml", "design.reference", toml(('reference = "without"', 'reference = "with"'))),
    ("E_UNKNOWN_NAME", "study.toml", "design.arm", toml(NO_ARMS, NO_DESIGN_ARM, CHANGE, ("[design]", '[design]\narm = ["given", "taken"]'))),
    ("E_UNKNOWN_NAME", "study.toml", "arms.pens.variable", toml(add='[arms.pens]\nlabel = "x"\nvalues = ["1"]\nvariable = "pen"\n')),
    ("E_NO_SEEN", "study.toml", "design.seen", field("design", 'status = "given"')),
    ("E_ARM_VARIABLE", "study.toml", "arms.pens", toml(NO_ARMS, NO_DESIGN_ARM, CHANGE, add='[arms.pens]\nlabel = "x"\nvalues = ["1"]\n')),
    ("E_NO_ARMS", "study.toml", "design.arm", toml(NO_ARMS)),
    ("E_NO_ARMS", "study.toml", "specifications.main.arm", field("specifications.main", 'arm = "age"\nassignment = "randomised"')),
    ("E_NO_REFERENCE", "study.toml", "design.reference", toml(('reference = "without"\n', ""))),
    ("E_ARMS_OVERLAP", "study.toml", "design.arms", toml(('values = ["1"]', 'values = ["0", "1"]'))),
    # samples and derived variables
    ("E_CONDITION", "study.toml", "samples.some.conditions", condition('variable = "age"')),
    ("E_CONDITION", "study.toml", "samples.some.conditions", condition('variable = "age", equals = 9, present = true')),
    ("E_UNKNOWN_NAME", "study.toml", "samples.some.conditions", condition('variable = "height", equals = 9')),
    ("E_UNKNOWN_NAME", "study.toml", "samples.some.conditions", condition('variable = "age", wave = "first", equals = 9')),
    ("E_DERIVED_INPUTS", "study.toml", "derived.made_up.of", derived(kind='"ratio"', of='"score"')),
    ("E_DERIVED_INPUTS", "study.toml", "derived.made_up.of", derived(kind='"log"', of='["score", "age"]')),
    ("E_UNKNOWN_NAME", "study.toml", "derived.made_up.of", derived(kind='"log"', of='"height"')),
    ("E_UNKNOWN_NAME", "study.toml", "derived.made_up.base", derived(kind='"standardise"', of='"score"', base='"first"')),
    ("E_UNKNOWN_NAME", "study.toml", "derived.made_up.arm", derived(kind='"standardise"', of='"score"', base='"before"', arm='"pens"')),
    ("E_BANDS", "study.toml", "derived.made_up.bounds", derived(kind='"band"', of='"age"', bounds="[10]", names='["a"]')),
    ("E_BANDS", "study.toml", "derived.made_up.bounds", derived(kind='"band"', of='"age"', bounds="[11, 10]", names='["a", "b", "c"]')),
    ("E_BANDS", "study.toml", "derived.made_up.bounds", derived(kind='"band"', of='"age"', bounds="[10, 10]", names='["a", "b", "c"]')),
    ("E_BANDS", "study.toml", "derived.made_up.bounds", derived(kind='"band"', of='"age"', bounds="[10, 11]", names='["a", "b", "a"]')),
    ("E_MISSING_FIELD", "study.toml", "derived.made_up.values", derived(kind='"recode"', of='"age"')),
    ("E_MISSING_FIELD", "study.toml", "derived.made_up.base", derived(kind='"standardise"', of='"score"')),
    (
        "E_MISSING_FIELD", "study.toml", "waves.after.price_index",
        toml(('label = "before"', 'label = "before"\nprice_index = 100'),
             add='[derived.made_up]\nlabel = "x"\nkind = "deflate"\nof = "score"\nbase = "before"\n'),
    ),
    ("E_DERIVED_CIRCLE", "study.toml", "derived.made_up.of", derived(kind='"sum"', of='["score", "made_up"]')),
    # specifications
    ("E_PLACEBO_LEADS", "study.toml", "specifications.main.placebo",
     toml(("headline = true", "headline = true\nplacebo = true"))),
    ("E_UNKNOWN_NAME", "study.toml", "robustness.area", toml(add='[robustness]\narea = "valley"\n')),
    ("E_UNKNOWN_NAME", "study.toml", "robustness.without", toml(add='[robustness]\nwithout = "alone"\n')),
    ("E_UNKNOWN_NAME", "study.toml", "robustness.alternatives", toml(add='[robustness]\nalternatives = ["mian"]\n')),
    ("E_TWO_HEADLINES", "study.toml", "specifications.second.headline",
     toml(add='[specifications.second]\nheadline = true\nestimator = "level"\nwaves = ["after"]\noutcomes = ["score"]\n')),
    ("E_UNKNOWN_NAME", "study.toml", "specifications.main.strata", field("specifications.main", 'strata = ["town"]')),
    ("E_UNKNOWN_NAME", "study.toml", "specifications.main.cluster", field("specifications.main", 'cluster = "town"')),
    ("E_UNKNOWN_NAME", "study.toml", "specifications.main.weights", field("specifications.main", 'weights = "weight"')),
    ("E_UNKNOWN_NAME", "study.toml", "specifications.main.sample", field("specifications.main", 'sample = "some"')),
    ("E_UNKNOWN_NAME", "study.toml", "specifications.main.arm_wave", field("specifications.main", 'arm_wave = "first"')),
    ("E_UNKNOWN_NAME", "study.toml", "specifications.main.arms", field("specifications.main", 'arms = ["pens"]')),
    ("E_UNKNOWN_NAME", "study.toml", "specifications.main.reference", field("specifications.main", 'reference = "pens"')),
    ("E_UNKNOWN_NAME", "study.toml", "specifications.main.covariates", field("specifications.main", 'covariates = ["town"]')),
    ("E_UNKNOWN_NAME", "study.toml", "specifications.main.covariates",
     field("specifications.main", 'covariates = [{ variable = "age", wave = "first" }]')),
    ("E_UNKNOWN_NAME", "study.toml", "specifications.main.outcomes", toml(('["score"]', '["scores"]'))),
    ("E_UNKNOWN_NAME", "study.toml", "specifications.main.waves", toml(('waves = ["after"]', 'waves = ["later"]'))),
    ("E_UNKNOWN_NAME", "study.toml", "families.all.outcomes", toml(add='[families.all]\nconfirmatory = true\noutcomes = ["age"]\n')),
    ("E_ARM_WITHOUT_ASSIGNMENT", "study.toml", "specifications.main.assignment",
     toml(("[specifications.main]", '[specifications.main]\narm = "age"\nreference = "young"'), add=BY_AGE)),
    ("E_NO_ARM", "study.toml", "specifications.main.estimator", toml(NO_ARMS, NO_DESIGN_ARM)),
    ("E_OUTCOME_TYPE", "study.toml", "specifications.main.outcomes", toml(('["score"]', '["given"]'))),
    ("E_NO_OUTCOME_WAVE", "study.toml", "specifications.main.outcomes", toml(('waves = ["after"]\n', ""))),
    ("E_NO_BASELINE", "study.toml", "specifications.main.outcomes", toml(('baseline = ["before"]\n', ""))),
    ("E_WAVE_IS_BASELINE", "study.toml", "specifications.main.outcomes", toml(('baseline = ["before"]', 'baseline = ["after"]'))),
    # words
    ("E_NO_WORDS", "study.toml", "study.summary", field("study", 'summary = { fr = "une étude" }')),
    ("E_NO_WORDS", "study.toml", "waves.after.label", toml(('label = "after"', 'label = ""'))),
    ("E_NO_WORDS", "study.toml", "units.group", toml(('en = { one = "school"', 'fr = { one = "école"'))),
    ("E_NO_WORDS", "study.toml", "families.all.label",
     toml(add='[families.all]\nconfirmatory = true\noutcomes = ["score"]\nlabel = { ar = "x" }\n')),
    ("E_NO_LABEL", "codebook.csv", "label_en", book((SCORE, SCORE.removesuffix("score")))),
    ("E_NO_NOUN", "study.toml", "units.person", toml(('[units.person]\nen = { one = "pupil", other = "pupils" }\n', ""))),
    ("E_NO_UNIT_WORDS", "labels.csv", "", in_two_languages("key,en,fr\nunit.points,points,\n")),
    # kinds of study
    ("E_PUBLIC_NEEDS", "study.toml", "study.citation", toml(('"DEMONSTRATION"', '"PUBLIC"\nlicence = "CC BY 4.0"'))),
    ("E_PUBLIC_NEEDS", "study.toml", "study.licence", toml(('"DEMONSTRATION"', '"PUBLIC"\ncitation = "A. Author"'))),
    ("E_FIELD_NEEDS", "study.toml", "data_protection", toml(('"DEMONSTRATION"', '"FIELD"'))),
]  # fmt: skip
NO_LINE = {"", "outcomes", "data_protection"}  # the whole file, several places, a table that is not there
OF_THE_HEADER = {"E_CODEBOOK_COLUMN", "E_CODEBOOK_UNKNOWN"}


def spoiled(folder: Path, files: dict) -> Path:
    """Write the made study with other files; a file that is None is taken away."""
    made.study(folder)
    for name, text in files.items():
        if text is None:
            (folder / name).unlink()
        elif isinstance(text, bytes):
            (folder / name).write_bytes(text)
        else:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def named(case: tuple) -> str:
    """Say a case in a few letters."""
    return f"{case[0]}-{case[2]}"


def test_the_study_itself_is_sound(tmp_path):
    """Without a change there is no finding: each of the cases is due to its change alone."""
    load(made.study(tmp_path))


@pytest.mark.parametrize("case", CASES, ids=named)
def test_one_change_one_finding(tmp_path, case):
    """Exactly the finding that is expected, with its file, field and line, in a sentence."""
    code, file, column, files = case
    with pytest.raises(FindingError) as caught:
        load(spoiled(tmp_path, files))
    assert [(fault.code, fault.file, fault.column) for fault in caught.value.findings] == [(code, file, column)]
    (finding,) = caught.value.findings
    nowhere = column in NO_LINE or code in OF_THE_HEADER
    assert (finding.row is None) == (nowhere and code != "E_CSV_SHAPE")
    for language in ("en", "fr", "ar"):
        assert "{" not in finding.text(language)
    assert len(finding.text().split()) > 3


def test_the_row_is_the_one_that_was_changed(tmp_path):
    """Rows count as an editor and Excel do: the first line is 1."""
    lines = made.TOML.splitlines()
    cases = [(field("design", "level = 95"), lines.index("[design]") + 2)]
    cases += [(toml(('["score"]', '["scores"]')), lines.index('outcomes = ["score"]') + 1)]
    cases += [(book(("0..100", "0-100")), made.CODEBOOK.splitlines().index(SCORE) + 1)]
    for number, (files, row) in enumerate(cases):
        assert made.refused(load, spoiled(tmp_path / str(number), files))[0].row == row


def test_all_faults_are_told_together(tmp_path):
    """Findings of study.toml and codebook.csv come in one list, and each name that is wrong is told."""
    files = toml(("seed = 1", 'seed = "one"')) | book(("0..100", "0-100"))
    assert [fault.code for fault in made.refused(load, spoiled(tmp_path / "a", files))] == [
        "E_FIELD_VALUE",
        "E_CODEBOOK_VALUE",
    ]
    files = toml(('cluster = "school"', 'cluster = "class"'), ('["score"]', '["scores"]'))
    assert [fault.column for fault in made.refused(load, spoiled(tmp_path / "b", files))] == [
        "design.cluster",
        "specifications.main.outcomes",
    ]


def test_what_may_be_written_is_not_refused(tmp_path):
    """Versions that waves name, ``recode`` with a derived variable, a family named like its outcome."""
    books = book(
        ("label_en\n", "label_en,version_from,version_to,comparable\n"),
        (SCORE, f"{SCORE},1,1,\n{SCORE},2,,recode: made_up"),
    )
    files = toml(*VERSIONS, add='[derived.made_up]\nkind = "log"\nof = "score"\nlabel = "x"\n')
    files["study.toml"] += '[families.score]\nconfirmatory = true\noutcomes = ["score"]\n'
    study = load(spoiled(tmp_path, files | books))
    assert study.label("score") == {"en": "score"}


def test_plans_of_an_unknown_specification(tmp_path):
    """Asked for a specification that is not there, the nearest one is named."""
    (finding,) = made.refused(load(made.study(tmp_path)).resolve, "mian")
    assert (finding.code, finding.parameters["nearest"]) == ("E_UNKNOWN_NAME", "main")


# -- all codes -------------------------------------------------------------------------------------


def codes(*paths: Path) -> set[str]:
    """Return every code that stands in these files."""
    return {code for path in paths for code in CODE.findall(path.read_text(encoding="utf-8"))}


def test_every_code_of_the_loader_has_a_case():
    """A code without a case here fails; so does a case whose code is gone."""
    assert codes(*(PACKAGE / "study" / f"{name}.py" for name in LOADER)) == {case[0] for case in CASES}


def test_every_code_has_a_message_and_every_message_a_code():
    """What is raised can be told, and nothing is told that is never raised."""
    assert codes(*PACKAGE.rglob("*.py")) == set(messages())


def placeholders(text: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("code", messages())
def test_every_message_has_words(code):
    """There is an English sentence; another language, where it has one, fills in the same things."""
    message = messages()[code]
    assert len(message["en"].split()) > 3
    for language in ("fr", "ar"):
        if message[language]:
            assert placeholders(message[language]) == placeholders(message["en"])


OF_A_CELL = {"E_AMBIGUOUS_NUMBER", "E_NOT_A_NUMBER", "E_NOT_WHOLE", "E_RANGE", "E_ALLOWED", "E_NOT_A_DATE"}
OF_A_CELL |= {"E_NOT_A_TIME", "E_MISSING_WORD", "E_ERROR_CELL"}  # see test_cells.py


def calls() -> list[tuple[str, str, set[str]]]:
    """Every call that makes a finding: where, its code, what it says; ``**place`` may say any place."""
    listed = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            code = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
            if name not in MAKERS or not isinstance(code, str) or not CODE.fullmatch(f'"{code}"'):
                continue
            named = {keyword.arg for keyword in node.keywords if keyword.arg} | MAKERS[name]
            named |= PLACES if any(keyword.arg is None for keyword in node.keywords) else set()
            listed.append((f"{path.name}:{node.lineno}", code, named))
    return listed


def test_every_call_fills_its_message():
    """Each placeholder of a message is said where the finding is made."""
    faults = [
        f"{where}: {code} lacks {name}"
        for where, code, named in calls()
        for language in ("en", "fr", "ar")
        for name in placeholders(messages()[code][language]) - named
    ]
    assert faults == []
    apart = {
        "E_NO_GROUP",
        "E_EMPTY_TABLE",
        "W_EMPTY_TABLE",
    }  # passed on by name; see test_rules.py, test_corrections.py
    apart |= {f"E_{part}_{what}" for part in ("CODEBOOK", "SCORECARD") for what in ("COLUMN", "UNKNOWN")}
    own = {"E_RULE_NAME", "E_RULE_FIELD", "E_RULE_WAVE"}
    of_a_rule = {code for code in messages() if code.startswith("E_RULE_")} - own
    expected = set(messages()) - OF_A_CELL - of_a_rule - apart  # cells are tested below, rules in test_rules.py
    assert {code for _, code, _ in calls()} - {f"W{code[1:]}" for code in of_a_rule} == expected


@pytest.mark.parametrize(("old", "new", "code"), [
    (",54,", ',"1,234",', "E_AMBIGUOUS_NUMBER"), (",54,", ",many,", "E_NOT_A_NUMBER"), (",54,", ",54.5,", "E_NOT_WHOLE"),
    (",54,", ",540,", "E_RANGE"), (",0,54,", ",7,54,", "E_ALLOWED"), (",54,", ",14.10.2014,", "E_NOT_A_DATE"),
])  # fmt: skip
def test_findings_of_cells_can_be_told(tmp_path, old, new, code):
    """The message of a cell that does not fit names column and key."""
    from coops.field_data.receive import receive

    kind = "date" if code == "E_NOT_A_DATE" else "integer"
    files = book(("score,number", f"score,{kind}"), ("0..100", "" if kind == "date" else "0..100"))
    files |= toml(('["score"]', '["age"]'))
    folder = spoiled(tmp_path, files)
    raw = folder / "raw" / "pupils.csv"
    text = raw.read_text(encoding="utf-8")
    assert old in text
    raw.write_text(text.replace(old, new, 1), encoding="utf-8")
    fault = next(error for error in receive(load(folder)).errors if error.code == code)
    assert f"({fault.key})" in fault.text() and fault.column in fault.text()
