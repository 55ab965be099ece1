"""Load a study folder: read ``study.toml``, codebook and scorecard, and check what they say against each other."""

import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from coops.study.codebook import Codebook, Variable, read_codebook
from coops.study.faults import line_of
from coops.study.findings import Finding, FindingError, fail, finding, nearest, received_text
from coops.study.languages import LANGUAGES, SOURCE, stand_in
from coops.study.roles import with_roles
from coops.study.schema import Contract
from coops.study.study import OUT_OF_SCOPE, Study


def load(folder: Path) -> Study:
    """Load a study folder and check all that it says against itself.

    Raises
    ------
    FindingError
        With every finding of ``study.toml`` and ``codebook.csv``; each names its field and repair.
    """
    path = folder / "study.toml"
    if not path.is_file():
        raise fail("E_NO_STUDY", file="study.toml", folder=folder.name)
    text = received_text(path)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise fail("E_TOML", file="study.toml", problem=str(error)) from None
    faults = [
        finding("E_TODO", file="study.toml", row=line_of(text, at), column=at, what=what) for at, what in _todos(raw)
    ]
    contract, codebook = None, None
    versions: tuple[str, ...] = ()
    try:
        contract = Contract.model_validate(_words_in(raw))
        versions = tuple(dict.fromkeys(wave.form_version for wave in contract.waves.values() if wave.form_version))
    except ValidationError as error:
        faults += _faults(error, raw, text)
    try:
        codebook = read_codebook(folder / "codebook.csv", versions)
    except FindingError as error:
        faults += error.findings
    if faults or contract is None or codebook is None:
        raise FindingError(*faults)
    contract = with_roles(contract, codebook.variables)
    study = Study(folder, contract, _with_derived(contract, codebook))
    from coops.study.checks import check

    faults = check(study, text)
    if faults:
        raise FindingError(*faults)
    from coops.study.scorecard_reader import read_scorecard

    return replace(study, scorecard=read_scorecard(study))


def _words_in(part: Any) -> Any:
    """Let English words stand in, wherever there are some, for a language that is still being translated."""
    if isinstance(part, list):
        return [_words_in(item) for item in part]
    if not isinstance(part, dict):
        return part
    part = {name: _words_in(value) for name, value in part.items()}
    return stand_in(part) if SOURCE in part and set(part) <= set(LANGUAGES) else part


def _with_derived(contract: Contract, codebook: Codebook) -> Codebook:
    """Derived variables are variables: add them to the codebook."""
    derived = []
    for name, rule in contract.derived.items():
        worded = rule.kind in ("recode", "band") and not _numbers(rule.values.values())
        kind = "category" if worded else "number"
        derived.append(Variable("", name, kind, rule.unit, rule.decimals, label=rule.label))
    return Codebook((*codebook.variables, *derived), codebook.versions)


def _numbers(values: Collection[str]) -> bool:
    return bool(values) and all(re.fullmatch(r"-?\d+(\.\d+)?", value) for value in values)


def _todos(part: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Find every value that still is a TODO: place and what is to be said."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from _todos(value, f"{at}.{name}" if at else name)
    elif isinstance(part, list):
        for value in part:
            yield from _todos(value, at)
    elif isinstance(part, str) and part.startswith("TODO"):
        yield at, part.removeprefix("TODO").strip(": ")


def _faults(error: ValidationError, raw: dict, text: str) -> list[Finding]:
    """Turn what pydantic found into findings; a value that still is a TODO is told once, elsewhere."""
    faults = []
    for problem in error.errors():
        steps = [str(step) for step in problem["loc"] if not (isinstance(step, str) and step.startswith("function"))]
        at, kind = ".".join(step for step in steps if step != "[key]"), problem["type"]
        place = {"file": "study.toml", "row": line_of(text, at), "column": at}
        value = problem.get("input")
        if isinstance(value, str) and value.startswith("TODO"):
            continue
        if kind == "extra_forbidden":
            faults.append(finding("E_UNKNOWN_FIELD", **place, nearest=nearest(steps[-1], _fields(steps[:-1]))))
        elif kind == "missing":
            faults.append(finding("E_MISSING_FIELD", **place))
        elif steps[-1] == "estimator" and str(value).lower() in OUT_OF_SCOPE:
            faults.append(finding("E_OUT_OF_SCOPE", **place, value=value))
        elif "[key]" in steps and kind == "string_pattern_mismatch":
            faults.append(finding("E_IDENTIFIER", **place, name=value))
        else:
            expected = problem.get("ctx", {}).get("expected") or problem["msg"]
            faults.append(finding("E_FIELD_VALUE", **place, value=_short(value), expected=str(expected)))
    return faults


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 60 else text[:57] + "…"


def _fields(steps: list[str]) -> list[str]:
    """Return the fields that the table at this place knows."""
    part = Contract
    for step in steps:
        if not hasattr(part, "model_fields") or step not in part.model_fields:
            continue
        kinds = [part.model_fields[step].annotation]
        while kinds:
            kind = kinds.pop()
            if isinstance(kind, type) and hasattr(kind, "model_fields"):
                part = kind
                break
            kinds += get_args(kind)
    return [field.alias or name for name, field in part.model_fields.items()]
