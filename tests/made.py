"""Made studies of a few rows, for tests whose answers are worked out by hand."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from coops.data.units import Data
from coops.estimation import effects, sample_design, tidy
from coops.field_data.receive import receive
from coops.run.runner import run_study
from coops.study.findings import Finding, FindingError
from coops.study.load import load
from tests.real.adapter import write_raw

TOML = """
[study]
id = "made"
title = "A made study"
label = "DEMONSTRATION"
languages = ["en"]
seed = 1
[units.person]
en = { one = "pupil", other = "pupils" }
[units.group]
en = { one = "school", other = "schools" }
[waves.before]
label = "before"
[waves.after]
label = "after"
[tables.pupils]
level = "person"
files = ["pupils.csv"]
key = ["pupil", "wave"]
wave_column = "wave"
group = "school"
[arms.without]
label = "without books"
values = ["0"]
[arms.books]
label = "with books"
values = ["1"]
[design]
assignment = "not randomised"
arm = "given"
reference = "without"
cluster = "school"
[specifications.main]
estimator = "difference"
headline = true
waves = ["after"]
baseline = ["before"]
outcomes = ["score"]
"""
DIAGNOSIS = """
[diagnosis.levels.low]
start = 0
label = "low"
[diagnosis.levels.high]
start = 0.5
label = "high"
"""
LABELS = "key,en,fr,ar\nunit.points,points,points,نقطة\nunit.years,years,ans,سنة\n"
CODEBOOK = """table,name,type,unit,decimals,allowed,range,label_en
pupils,pupil,text,,,,,pupil
pupils,wave,text,,,,,wave
pupils,school,text,,,,,school
pupils,given,category,,,0|1,,books given
pupils,score,number,points,1,,0..100,score
pupils,age,number,years,1,,,age
"""


def changed(*pairs: tuple[str, str], text: str = TOML) -> str:
    """The made study.toml, or another text, with parts replaced; each must be there."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def pupils(schools: int = 8, size: int = 2) -> pd.DataFrame:
    """Half of the schools get books; scores rise by 1 a school number, and by 5 more with books."""
    lines = []
    for school in range(schools):
        given = int(school >= schools / 2)
        for number in range(size):
            name = f"p{school:02d}{number}"
            before = 50 + school + 2 * number
            rise = school % 3 + 5 * given + (1 if number else 0)
            for wave, score, age in (("before", before, 10 + number), ("after", before + rise, 11 + number)):
                lines.append((name, wave, f"s{school}", given, score, age))
    return pd.DataFrame(lines, columns=["pupil", "wave", "school", "given", "score", "age"])


def study(folder: Path, toml: str = TOML, codebook: str = CODEBOOK, **tables: pd.DataFrame) -> Path:
    """Write a study folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(toml, encoding="utf-8")
    (folder / "codebook.csv").write_text(codebook, encoding="utf-8")
    (folder / "labels.csv").write_text(LABELS, encoding="utf-8")
    write_raw(folder, **(tables or {"pupils": pupils()}))
    return folder


def data(folder: Path) -> Data:
    """Load and receive a study folder; no error may be found."""
    loaded = load(folder)
    received = receive(loaded)
    assert not received.errors, [fault.line() for fault in received.errors]
    return Data(loaded, received.tables)


def estimates(folder: Path, name: str = "main") -> list[tidy.Row]:
    """Estimate a specification of a study folder."""
    made = data(folder)
    versions = {wave_name: wave.form_version for wave_name, wave in made.study.contract.waves.items()}
    rows = []
    for specification in made.study.resolve(name):
        asked = [versions[wave] for wave in (*specification.baseline, *specification.waves) if versions[wave]]
        comparable = made.study.codebook.comparable(specification.outcome, asked)
        rows += tidy.rows(effects.estimate(sample_design.build(made, specification), comparable))
    return rows


def estimate(**cells) -> tidy.Row:
    """The effect of books on the score, made by hand; units on the smaller side follow from the counts."""
    row = tidy.Row("score", "after", "books", "main", "effect")._replace(**cells)
    return row._replace(n_fewest=tidy.fewest(row.n, row.n_by_arm, row.arm, row.reference))


def again(row: tidy.Row, **cells) -> tidy.Row:
    """Such an estimate with other cells."""
    return estimate(**(row._asdict() | cells))


def refused(action: Callable, *arguments, **more) -> list[Finding]:
    """What an action is refused for."""
    with pytest.raises(FindingError) as caught:
        action(*arguments, **more)
    return caught.value.findings


def executed(study: Path, root: Path, **options) -> list[str]:
    """Run a study and name the notebooks that were executed: the runner says how long each took."""
    told = []
    run_study(study, root, tell=lambda *text, **how: told.append(text[0]), **options)
    return [name.split(": ")[1] for name, end in zip(told[::2], told[1::2], strict=True) if end.endswith(" s")]
