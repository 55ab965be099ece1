"""The tables of ``data/README.md``, made of the schema and of the declared columns of the csv files."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from coops.field_data import corrections
from coops.run import stored
from coops.study import codebook, scorecard_reader
from coops.study.schema import Contract, Part, SpecificationTable


def write_study_readme(repository: Path) -> None:
    """Put the tables into ``data/README.md``, each between its marks."""
    path = repository / "data" / "README.md"
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


def filled(text: str) -> str:
    """Fill each marked table of a text anew; as :func:`coops.run.stored.filled`."""
    return stored.filled(text, tables())


def tables() -> dict[str, str]:
    """Return every table: the place in ``study.toml``, such as ``design`` or ``samples.conditions``, or the file."""
    of_toml = {".".join(("study.toml", *place)): _of_fields(model) for place, model in places().items()}
    book = {names: about + _words(about, known) for names, (about, known) in codebook.documented().items()}
    card: dict[tuple[str, ...], str] = {(name,): about for name, about in scorecard_reader.SAYS.items()}
    card |= {names: scorecard_reader.SAYS_IN_WORDS[kind] for kind, names in scorecard_reader.WORDS.items()}
    rows: dict[tuple[str, ...], str] = {(name,): about for name, about in corrections.SAYS.items()}
    files = {"codebook.csv": book, "diagnosis.csv": card, "corrections.csv": rows}
    return of_toml | {file: _of_columns(columns) for file, columns in files.items()}


def places(model: type[Part] = Contract, at: tuple[str, ...] = ()) -> dict[tuple[str, ...], type[Part]]:
    """Return every place of ``study.toml`` that has fields: path of field names → class."""
    here = {at: model}
    for name, field in model.model_fields.items():
        for inner in parts_of(field.annotation):
            here |= places(inner, (*at, field.alias or name))
    return here


def parts_of(kind: Any) -> list[type[Part]]:
    """Return the classes that the type of a field holds."""
    if isinstance(kind, type) and issubclass(kind, Part):
        return [kind]
    return [part for inner in get_args(kind) for part in parts_of(inner)]


def words_of(kind: Any) -> list[str]:
    """Return the words that the type of a field lists."""
    if get_origin(kind) is Literal:
        return [word for word in get_args(kind) if word]
    return [word for inner in get_args(kind) for word in words_of(inner)]


def _words(about: str, words: Iterable[str]) -> str:
    """List the words that a description does not name itself."""
    quoted = [f"`{word}`" for word in words]
    return ": " + ", ".join(quoted) if any(word not in about for word in quoted) else ""


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _of_columns(columns: dict[tuple[str, ...], str]) -> str:
    rows = [f"| {', '.join(f'`{name}`' for name in names)} | {_cell(about)} |" for names, about in columns.items()]
    return "\n".join(["| column | what it says |", "|---|---|", *rows])


def _of_fields(model: type[Part]) -> str:
    whole = model is Contract
    head = ["table", "what it says", "obligatory"] if whole else ["field", "what it says", "obligatory or default"]
    rows = [f"| {' | '.join(head)} |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        about = field.description or ""
        about += "" if whole else _words(about, words_of(field.annotation))
        shown = f"[{name}{_entry(name, field)}]" if whole else field.alias or name
        rows.append(f"| `{shown}` | {_cell(about)} | {default(model, field)} |")
    return "\n".join(rows)


def _entry(name: str, field: Any) -> str:
    if get_origin(field.annotation) is not dict:
        return ""
    return ".LEVEL" if name == "units" else ".NAME"


def default(model: type[Part], field: Any) -> str:
    """Say what holds where a field is left out."""
    if field.is_required():
        return "obligatory"
    if model is Contract:
        return "may be left out"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "as in `[design]`" if model is SpecificationTable else "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "empty" if value in ("", [], {}) else f"`{value}`"
