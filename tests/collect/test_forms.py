"""Questionnaires from the codebook: what is asked, in what words, and that a form accepts what the checks accept."""

import csv
import re
import shutil
from io import BytesIO, StringIO
from pathlib import Path

import pandas as pd
import pytest
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from coops.collect.forms import RECORDED, asked, xlsform
from coops.files.cells import parse
from coops.files.excel import packed
from coops.study.load import load
from tests import made

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
FORMS = sorted(load(DEMO).contract.forms)
TOML = """
[study]
id = "made"
title = { en = "A made study", fr = "Une étude", ar = "دراسة" }
label = "DEMONSTRATION"
languages = ["en", "fr", "ar"]
sender = "fr"
seed = 1
[units.person]
en = { one = "pupil", other = "pupils" }
fr = { one = "élève", other = "élèves" }
ar = { one = "تلميذ", other = "تلاميذ" }
[waves.before]
label = { en = "before", fr = "avant", ar = "قبل" }
values = ["2001"]
form_version = "1"
[waves.after]
label = { en = "after", fr = "après", ar = "بعد" }
values = ["2002"]
form_version = "2"
[tables.list]
level = "person"
files = ["made.xlsx"]
sheet = "list"
key = ["pupil"]
[tables.visits]
level = "person"
files = ["made.xlsx"]
sheet = "visits"
key = ["pupil", "round"]
wave_column = "round"
[design]
assignment = "no comparison"
cluster = "pupil"
[forms.visit]
title = { en = "Visit", fr = "Visite", ar = "زيارة" }
tables = ["list", "visits"]
[rules.nothing]
table = "visits"
kind = "alone"
of = ["books"]
value = "none"
label = { en = "none stands alone", fr = "aucun reste seul", ar = "لا شيء وحده" }
[rules.best]
table = "visits"
kind = "order"
of = ["score", "best"]
label = { en = "the best is the highest", fr = "le meilleur est le plus haut", ar = "الأفضل هو الأعلى" }
[rules.wishes]
table = "visits"
kind = "distinct"
of = ["wish_1", "wish_2"]
label = { en = "two wishes", fr = "deux souhaits", ar = "رغبتان" }
[specifications.main]
estimator = "change"
waves = ["after"]
baseline = ["before"]
outcomes = ["score"]
"""
ROWS = [
    {"table": "list", "name": "pupil", "type": "text", "section": "id"},
    {"table": "list", "name": "born", "type": "date", "section": "about"},
    {"table": "visits", "name": "pupil", "type": "text", "section": "id"},
    {"table": "visits", "name": "round", "type": "text", "section": "id"},
    {"table": "visits", "name": "state", "type": "category", "allowed": "here|away", "required": "yes", "section": "id"},
    {"table": "visits", "name": "score", "type": "number", "range": "0..20", "missing": "-98=dk", "required": "yes",
     "relevant": "state=here", "hint": "Of twenty", "unit": "points", "section": "test"},
    {"table": "visits", "name": "best", "type": "integer", "range": "0..", "missing": "-98=dk", "section": "test"},
    {"table": "visits", "name": "books", "type": "multiple", "allowed": "own|lent|none", "missing": "-99=refused",
     "question": "Which books?", "section": "test"},
    {"table": "visits", "name": "wish_1", "type": "category", "allowed": "pen|ball"},
    {"table": "visits", "name": "wish_2", "type": "category", "allowed": "pen|ball", "relevant": "books=own|lent"},
    {"table": "visits", "name": "again", "type": "integer", "range": "..9", "version_from": "2",
     "relevant": "round=after"},
    {"table": "visits", "name": "end", "type": "time"},
    {"table": "visits", "name": "came", "type": "time"},
]  # fmt: skip
VALUES = ["state.here", "state.away", "books.own", "books.lent", "books.none", "wish_1.pen", "wish_1.ball",
          "wish_2.pen", "wish_2.ball", "section.id", "section.about", "section.test", "unit.points"]  # fmt: skip
TEXTS = ("label", "question", "hint")


def write(folder: Path, toml: str = TOML, change=None, words: list[str] = VALUES) -> Path:
    """Write the made study; ``change`` gets the rows of its codebook before they are written."""
    rows = []
    for row in ROWS:
        row = {"label": f"the {row['name']}", **row}
        texts = [(kind, code) for kind in TEXTS if kind in row for code in ("en", "fr", "ar")]
        rows.append(row | {f"{kind}_{code}": f"{row[kind]} ({code})" for kind, code in texts})
    for row in rows:
        if change:
            change(row)
        for kind in TEXTS:
            row.pop(kind, None)
    folder.mkdir(parents=True, exist_ok=True)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with (folder / "codebook.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    lines = ["key,en,fr,ar", *(f"{key},{key} en,{key} fr,{key} ar" for key in words)]
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "study.toml").write_text(toml, encoding="utf-8")
    return folder


def sheets(book) -> dict[str, list[dict[str, str]]]:
    """Rows of each sheet, by the names of its first row."""
    sheets = {}
    for sheet in book:
        head, *rows = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
        sheets[sheet.title] = [dict(zip(head, row, strict=True)) for row in rows]
    return sheets


def asked_in(folder: Path, **changes) -> dict[str, list[dict[str, str]]]:
    """Sheets of the form of the made study."""
    return sheets(xlsform(load(write(folder, **changes)), "visit"))


def questions(folder: Path, **changes) -> dict[str, dict[str, str]]:
    return {row["name"]: row for row in asked_in(folder, **changes)["survey"] if row["name"]}


def codes(folder: Path, **changes) -> list[tuple[str, str, str]]:
    return [(fault.code, fault.column, fault.key) for fault in made.refused(asked_in, folder, **changes)]


# -- what is asked ------------------------------------------------------------------------------------


def test_questions_in_sections(tmp_path):
    """A section stands together, though its variables are in two tables; the key is asked once; start and end are noted."""
    rows = [(row["type"], row["name"]) for row in asked_in(tmp_path)["survey"]]
    assert rows == [
        ("start", "start"), ("end", "end"),
        ("begin_group", "id"), ("text", "pupil"), ("select_one round", "round"), ("select_one state", "state"),
        ("end_group", ""),
        ("begin_group", "about"), ("date", "born"), ("end_group", ""),
        ("begin_group", "test"), ("decimal", "score"), ("integer", "best"), ("select_multiple books", "books"),
        ("end_group", ""),
        ("select_one wish_1", "wish_1"), ("select_one wish_2", "wish_2"), ("integer", "again"), ("dateTime", "came"),
    ]  # fmt: skip


def test_what_must_be_answered(tmp_path):
    """Keys and the wave, and what the codebook says; with words in each language."""
    asked_ = questions(tmp_path)
    assert {name for name, row in asked_.items() if row["required"] == "yes"} == {"pupil", "round", "state", "score"}
    assert asked_["state"]["required_message::Français (fr)"] == "Cette question demande une réponse."
    assert asked_["born"]["required_message::Français (fr)"] == ""


def test_when_it_is_asked(tmp_path):
    """One value, several of a choice of several, and a wave, which the form knows by its value."""
    asked_ = questions(tmp_path)
    assert asked_["score"]["relevant"] == "${state} = 'here'"
    assert asked_["wish_2"]["relevant"] == "selected(${books}, 'own') or selected(${books}, 'lent')"
    assert asked_["again"]["relevant"] == "${round} = '2002'"


def test_constraints(tmp_path):
    """Ranges let the codes pass; rules hold the later question; codes of several choices stand by themselves."""
    asked_ = {name: row["constraint"] for name, row in questions(tmp_path).items()}
    assert asked_["score"] == "(. >= 0 and . <= 20) or . = -98"
    assert asked_["best"] == "(. >= 0 and (. >= ${score} or ${score} = '' or ${score} = -98)) or . = -98"
    alone = "not(selected(., '{}') and count-selected(.) > 1)"
    assert asked_["books"] == alone.format("none") + " and " + alone.format("-99")
    assert asked_["wish_1"] == "" and asked_["wish_2"] == ". != ${wish_1}"
    assert asked_["again"] == ". <= 9"
    assert asked_["pupil"] == asked_["state"] == asked_["born"] == ""


def test_messages_of_constraints(tmp_path):
    """The range and the rule, in words."""
    best = questions(tmp_path)["best"]
    assert best["constraint_message::English (en)"] == "A number of at least 0. No decimals. the best is the highest"
    assert best["constraint_message::Français (fr)"].endswith("le meilleur est le plus haut")


def test_words(tmp_path):
    """The question, else the label; the hint and the codes; codes and numbers isolated in Arabic."""
    asked_ = questions(tmp_path)
    assert asked_["books"]["label::English (en)"] == "Which books? (en)"
    assert asked_["best"]["label::العربية (ar)"] == "the best (ar)"
    assert asked_["score"]["hint::English (en)"] == "Of twenty (en) Codes: -98 = does not know."
    assert "\u2066-98\u2069 = " in asked_["score"]["hint::العربية (ar)"]
    assert asked_["id"]["label::Français (fr)"] == "section.id fr"
    assert asked_["state"]["hint::English (en)"] == ""


def test_choices(tmp_path):
    """Waves by the value of the data, allowed values with their words, codes with their reason."""
    choices = [(row["list_name"], row["name"], row["label::Français (fr)"]) for row in asked_in(tmp_path)["choices"]]
    assert choices[:4] == [
        ("round", "2001", "avant"), ("round", "2002", "après"), ("state", "here", "state.here fr"),
        ("state", "away", "state.away fr"),
    ]  # fmt: skip
    assert ("books", "-99", "n’a pas souhaité répondre") in choices
    assert "score" not in {name for name, _, _ in choices}


def test_settings(tmp_path):
    """The sender's language is shown first; the version is that of the last wave, or the form's own."""
    assert asked_in(tmp_path)["settings"] == [
        {"form_title": "Visite", "form_id": "made_visit", "version": "2", "default_language": "Français (fr)"}
    ]
    toml = TOML.replace('tables = ["list", "visits"]', 'tables = ["list", "visits"]\nversion = "1"')
    first = asked_in(tmp_path / "first", toml=toml)
    assert first["settings"][0]["version"] == "1"
    assert "again" not in {row["name"] for row in first["survey"]}  # asked from the second version on


def test_nothing_of_the_device(tmp_path):
    """No metadata but the begin and the end: no device, no user name, no place."""
    assert RECORDED == ("start", "end")
    kinds = {row["type"].split()[0] for row in asked_in(tmp_path)["survey"]}
    assert kinds <= {"start", "end", "begin_group", "end_group", "text", "date", "dateTime", "decimal", "integer",
                     "select_one", "select_multiple"}  # fmt: skip


def test_one_language(tmp_path):
    """A study of one language has one column of labels, and a value may stand for itself."""
    toml = TOML.replace('["en", "fr", "ar"]', '["en"]').replace('sender = "fr"', "")
    rows = asked_in(tmp_path, toml=toml, words=["section.id", "section.about", "section.test"])
    assert [name for name in rows["choices"][0] if "::" in name] == ["label::English (en)"]
    assert rows["choices"][2]["label::English (en)"] == "here"


# -- what is refused ----------------------------------------------------------------------------------


def test_a_missing_translation(tmp_path):
    """Of a question, a value, a section, a rule; all told at once, and no other language steps in."""

    def change(row):
        if row["name"] == "books":
            row["question_ar"] = ""

    toml = TOML.replace(', ar = "رغبتان"', "")
    words = [value for value in VALUES if value not in ("wish_1.pen", "section.about")]
    assert codes(tmp_path, toml=toml, change=change, words=words) == [
        *[("E_NO_TEXT_LABEL", "", "section.about")] * 3,
        ("E_NO_LABEL", "question_ar", "books"),
        *[("E_NO_TEXT_LABEL", "", "wish_1.pen")] * 3,
        ("E_NO_WORDS", "rules.wishes.label", ""),
    ]


def test_placeholders_that_differ(tmp_path):
    """What stands in braces in one language stands in all."""

    def change(row):
        if row["name"] == "books":
            row["question_en"] = "Which of the ${best} books?"

    assert codes(tmp_path, change=change) == [("E_PLACEHOLDERS", "question", "books")]


def set_to(name: str, **cells):
    def change(row):
        if row["name"] == name:
            row.update(cells)

    return change


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (set_to("born", pii="D"), ("E_FORM_DIRECT", "pii", "born")),
        (set_to("best", section="score"), ("E_NAME_TWICE", "section", "best")),
        (set_to("best", section="a b"), ("E_IDENTIFIER", "section", "best")),
        (set_to("books", allowed="own|lent|on loan|none"), ("E_CODEBOOK_VALUE", "allowed", "books")),
        (set_to("came", **{f"label_{language}": "At ${clock}?" for language in ("en", "fr", "ar")},
                **{f"question_{language}": "At ${clock}?" for language in ("en", "fr", "ar")}),
         ("E_UNKNOWN_NAME", "question", "came")),
    ],
    ids=["direct", "group-and-question", "group-name", "space", "reference"],
)  # fmt: skip
def test_what_a_form_cannot_have(tmp_path, change, code):
    """A direct identifier, a group named as a question, a name or value that the tools would not take."""
    words = [*VALUES, "books.on loan", "section.a b", "section.score"]
    assert code in codes(tmp_path, change=change, words=words)


def test_an_unknown_form(tmp_path):
    """The nearest name is told."""
    (fault,) = made.refused(xlsform, load(write(tmp_path)), "visits")
    assert (fault.code, fault.parameters["nearest"]) == ("E_UNKNOWN_NAME", "visit")


def test_a_condition_on_what_is_not_asked(tmp_path):
    """The question that another one depends on is not in this version."""
    faults = codes(tmp_path, change=set_to("state", version_to="1"))
    assert ("E_UNKNOWN_NAME", "relevant", "score") in faults


def test_a_name_with_two_meanings(tmp_path):
    """The same name in two tables of a form would be one column of the export."""
    faults = codes(tmp_path, change=lambda row: row.update(name="state") if row["name"] == "born" else None)
    assert ("E_NAME_TWICE", "forms.visit.tables", "") in faults


# -- the tools that read it -----------------------------------------------------------------------------


def test_pyxform_reads_it(tmp_path):
    """With every language, and no warning."""
    warnings = []
    content = packed(xlsform(load(write(tmp_path)), "visit"))
    xform = convert(BytesIO(content), warnings=warnings, file_type=".xlsx").xform
    assert warnings == []
    assert re.findall('<translation lang="([^"]*)"', xform) == ["English (en)", "Français (fr)", "العربية (ar)"]
    assert 'version="2"' in xform and 'jr:preload="deviceid"' not in xform


@pytest.mark.parametrize("name", FORMS)
def test_forms_of_the_demonstration(name):
    """pyxform reads them; the same bytes each time; no more than thirty questions: a quarter of an hour at half a minute each."""
    study = load(DEMO)
    content = packed(xlsform(study, name))
    assert content == packed(xlsform(study, name))
    warnings = []
    convert(BytesIO(content), warnings=warnings, file_type=".xlsx")
    assert warnings == []
    assert 10 < len(asked(study, name)) <= 30


@pytest.mark.skipif(shutil.which("java") is None, reason="no Java here: ODK Validate was NOT run")
@pytest.mark.parametrize("name", FORMS)
def test_odk_validate(name):
    """The validator inside pyxform accepts the form, and refuses it once its XPath is spoilt."""
    book = xlsform(load(DEMO), name)
    convert(BytesIO(packed(book)), validate=True, file_type=".xlsx")
    sheet = book["survey"]
    column = next(cell.column for cell in sheet[1] if cell.value == "constraint")
    row = next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, column).value)
    sheet.cell(row, column).value = "1 + + (2"
    with pytest.raises(Exception, match="Validate|XPath|constraint"):
        convert(BytesIO(packed(book)), validate=True, file_type=".xlsx")


def test_a_broken_form_is_noticed():
    """pyxform does look: a group that is never closed."""
    book = xlsform(load(DEMO), FORMS[0])
    sheet = book["survey"]
    sheet.delete_rows(sheet.max_row)
    with pytest.raises(PyXFormError):
        convert(BytesIO(packed(book)), file_type=".xlsx")


@pytest.mark.parametrize("name", FORMS)
def test_a_form_accepts_what_the_checks_accept(name):
    """For each number asked, every tenth from -110 to 110 and both sides of each end: accepted by both or by neither."""
    study = load(DEMO)
    rows = {row["name"]: row for row in sheets(xlsform(study, name))["survey"]}
    looked_at = 0
    for variable in asked(study, name):
        if not variable.numeric or variable.allowed:
            continue
        ends = [end + step for end in (variable.low, variable.high) if end is not None for step in (-1, 0, 1)]
        typed = pd.Series([*(number / 10 for number in range(-1100, 1101)), *ends, *map(float, variable.missing)])
        if variable.type == "integer":
            typed = typed[typed == typed.round()]  # the type of the question sees to that
        constraint = re.sub(r"\(\. [<>]= \$\{\w+\}[^()]*\)", "(x == x)", rows[variable.name]["constraint"])
        constraint = re.sub(r"(?<![\w.])\.(?= )", "x", constraint).replace(" = ", " == ")
        accepted = pd.DataFrame({"x": typed}).eval(constraint)
        text = typed.map(lambda number: f"{number:.10g}")
        faults = parse(text, variable)[2]
        differ = text[(accepted != (faults == "")).to_numpy()]
        assert differ.empty, f"{variable.name}: {list(differ)[:5]}"
        looked_at += 1
    assert looked_at >= 8


def test_words_that_begin_like_a_formula(tmp_path):
    """A label is a text, whatever it begins with."""
    change = set_to("came", label="=1+1", **{f"label_{language}": "=1+1" for language in ("en", "fr", "ar")})
    book = xlsform(load(write(tmp_path, change=change)), "visit")
    cells = [cell for row in book["survey"].iter_rows() for cell in row if cell.value == "=1+1"]
    assert len(cells) == 3 and {cell.data_type for cell in cells} == {"s"}


def test_labels_file_of_the_demonstration_is_whole():
    """No choice of the demonstration is without words in a language (else its forms are not made)."""
    text = (DEMO / "labels.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(StringIO(text)))
    assert all(row["en"] and row["fr"] and row["ar"] for row in rows)
    assert len({row["key"] for row in rows}) == len(rows)
