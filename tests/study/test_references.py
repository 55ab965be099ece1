"""Every name that ``study.toml`` uses is found by one walk; a field that names something says what."""

from typing import Annotated, Literal, get_args, get_origin

import pytest

from coops.study import schema
from coops.study.load import load
from coops.study.references import KINDS, names
from coops.study.schema import Part, Ref
from tests import made


def notes_in(kind) -> list[Ref]:
    """References that a type holds."""
    inner = [note for part in get_args(kind) if get_origin(kind) is not Literal for note in notes_in(part)]
    return [kind] if isinstance(kind, Ref) else inner


def parts(model=schema.Contract) -> set[type]:
    """Every class of the schema."""
    classes = {model}
    for info in model.model_fields.values():
        todo = [info.annotation]
        while todo:
            kind = todo.pop()
            if isinstance(kind, type) and issubclass(kind, Part):
                classes |= parts(kind)
            todo += get_args(kind)
    return classes


def test_every_reference_is_of_a_known_kind():
    """And every kind is used; there are some."""
    refs = [
        ref for model in parts() for info in model.model_fields.values() for ref in notes_in(info.rebuild_annotation())
    ]
    assert {ref.kind for ref in refs} == set(KINDS) and len(refs) > 90


def test_texts_that_name_nothing():
    """A field of a plain text, or of several, names nothing of the study: one that does is to say so in its type."""
    plain = set()
    for model in parts():
        for name, info in model.model_fields.items():
            kind = info.rebuild_annotation()
            if info.annotation in (str, list[str]) and not notes_in(kind):
                plain.add(f"{model.__name__}.{name}")
    assert plain == {
        "Identity.id", "Identity.licence", "Identity.citation", "Identity.facts", "Identity.version",
        *(f"Noun.{form}" for form in ("one", "other", "zero", "two", "few", "many")), "Wave.form_version",
        "Table.files", "Table.sheet", "Form.version", "Rule.value", "Derived.unit",
        "Derived.names",
        "Experts.everywhere", "DataProtection.receipt", "DataProtection.controller",
        "DataProtection.purpose", "DataProtection.hosting_country",
    }  # fmt: skip


def test_names_and_their_places(tmp_path):
    """Of the made study, counted by hand: each name once, in the order of the schema."""
    study = load(made.study(tmp_path))
    assert [(name.text, name.at) for name in names(study.contract)] == [
        ("wave", "tables.pupils.wave_column"), ("pupil", "tables.pupils.key"), ("wave", "tables.pupils.key"),
        ("school", "tables.pupils.group"), ("given", "design.arm"), ("without", "design.reference"),
        ("school", "design.cluster"), ("score", "specifications.main.outcomes"), ("after", "specifications.main.waves"),
        ("before", "specifications.main.baseline"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "at", "near"),
    [
        ('[fieldwork]\nunique = { pupils = ["agee"] }\n', "fieldwork.unique.pupils", "age"),
        ('[fieldwork]\nmoney = { given = [2] }\n', "fieldwork.money", "number | integer"),
        ('[derived.x]\nkind = "total"\nof = "score"\nlabel = "x"\ntable = "pupils"\nby = "pupil"\n'
         'when = [{ variable = "agee", equals = 9 }]\n', "derived.x.when", "age"),
        ('[[rules.some.when]]\nvariable = "agee"\n[rules.some]\ntable = "pupils"\nkind = "implies"\n'
         'then = [{ variable = "age", present = true }]\n', "rules.some", "age"),
    ],
)  # fmt: skip
def test_names_within_tables_and_lists(tmp_path, more, at, near):
    """One finding, at the field that holds the name, with what it may be."""
    (finding,) = made.refused(load, made.study(tmp_path, made.TOML + more))
    assert finding.column == at and near in finding.parameters.values()


def test_a_new_field_is_one_line():
    """A field that says what it refers to is walked without another change."""

    class Garden(Part):
        """A part that the program does not know."""

        gate: Annotated[str, Ref("tables")] = ""
        beds: dict[Annotated[str, Ref("waves")], list[Annotated[str, Ref("columns")]]] = {}

    walked = names(Garden(gate="north", beds={"spring": ["roses"]}), "garden")
    assert [(name.text, name.at, name.references[0].kind) for name in walked] == [
        ("north", "garden.gate", "tables"), ("spring", "garden.beds", "waves"), ("roses", "garden.beds.spring", "columns"),
    ]  # fmt: skip
