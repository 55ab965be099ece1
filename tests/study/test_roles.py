"""A role of the codebook is held against ``study.toml``, and says what that leaves out."""

import pytest

from coops.study.codebook import ROLES
from coops.study.load import load
from tests import made

HEAD = ("label_en\n", "label_en,role\n")
STATUS = made.TOML.replace("[design]", '[design]\nstatus = "given"\nseen = ["1"]')
STRATA = made.TOML.replace("[design]", '[design]\nstrata = ["age"]')
PLACEBO = (
    f'{made.TOML}[specifications.check]\nplacebo = true\nestimator = "level"\nwaves = ["after"]\noutcomes = ["age"]\n'
)
BATTERY = f'{made.TOML}[fieldwork]\nbattery = ["score", "age"]\n'


def book(**roles: str) -> str:
    """The codebook of the made study with roles."""
    text = made.CODEBOOK.replace(*HEAD)
    for name, role in roles.items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"pupils,{name},")]
        text = text.replace(f"{line}\n", f"{line},{role}\n")
    return text


@pytest.mark.parametrize(
    ("toml", "roles"),
    [
        (made.TOML, {"pupil": "key", "wave": "wave", "school": "link", "given": "arm", "score": "amount"}),
        (made.TOML, {"wave": "key", "age": "stratum", "given": "place"}),  # a key column; no strata are named
        (STATUS, {"given": "status"}), (STRATA, {"age": "stratum"}), (PLACEBO, {"age": "placebo"}), (BATTERY, {"age": "item"}),
    ],
)  # fmt: skip
def test_roles_that_agree(tmp_path, toml, roles):
    """With what study.toml says, or where it says nothing."""
    load(made.study(tmp_path, toml, book(**roles)))


@pytest.mark.parametrize(
    ("toml", "name", "role", "column", "known"),
    [
        (made.TOML, "age", "key", "tables.pupils.key", "pupil, wave"),
        (made.TOML, "pupil", "link", "tables.pupils.group", "school"),
        (made.TOML, "age", "wave", "tables.pupils.wave_column", "wave"),
        (made.TOML, "age", "arm", "design.arm", "given"),
        (STRATA, "given", "stratum", "design.strata", "age"),
        (STATUS, "age", "status", "design.status", "given"),
        (PLACEBO, "score", "placebo", "specifications.NAME.outcomes", "age"),
        (BATTERY, "given", "item", "fieldwork.battery", "age, score"),
    ],
)
def test_roles_that_contradict(tmp_path, toml, name, role, column, known):
    """The finding names the variable, its role, the field and the variables that it names."""
    (finding,) = made.refused(load, made.study(tmp_path, toml, book(**{name: role})))
    assert (finding.code, finding.key, finding.column) == ("E_ROLE", name, column)
    assert (finding.parameters["role"], finding.parameters["known"]) == (role, known)
    assert finding.row == 2 + [line.split(",")[1] for line in made.CODEBOOK.splitlines()[1:]].index(name)


@pytest.mark.parametrize(("name", "role"), [("score", "date"), ("given", "amount"), ("score", "place")])
def test_types_that_do_not_fit(tmp_path, name, role):
    """A day is no number, money no category, a place no number."""
    (finding,) = made.refused(load, made.study(tmp_path, codebook=book(**{name: role})))
    assert (finding.code, finding.key) == ("E_ROLE_TYPE", name)


def test_roles_say_what_study_toml_leaves_out(tmp_path):
    """Wave column and link of a table of units; what study.toml says itself is kept."""
    toml = made.TOML.replace('wave_column = "wave"\ngroup = "school"\n', "")
    study = load(made.study(tmp_path / "a", toml, book(wave="wave", school="link")))
    table = study.contract.tables["pupils"]
    assert (table.wave_column, table.group) == ("wave", "school")
    assert load(made.study(tmp_path / "b", toml)).contract.tables["pupils"].wave_column == ""


def test_every_role_is_tried():
    """None is left that says nothing."""
    tried = {"key", "link", "wave", "arm", "stratum", "status", "placebo", "item", "date", "amount", "place"}
    assert tried == set(ROLES) - {""}
