"""Writes ``study.toml``, and counts what is left to be filled in."""

import datetime
import json
import re
from pathlib import Path
from typing import Any

from coops.study.findings import FindingError
from coops.study.load import load


def todos_left(folder: Path) -> int:
    """Count the places of a study folder that still say TODO, as its loader counts them."""
    try:
        load(folder)
    except FindingError as error:
        return sum(finding.code == "E_TODO" for finding in error.findings)
    return 0


def toml(document: dict) -> str:
    """Write tables as TOML that reads back as the same; what lies deeper than a table of tables stands in one line."""
    plain = {name: value for name, value in document.items() if not isinstance(value, dict)}
    parts = [_fields(plain)] if plain else []
    for name, part in document.items():
        if not isinstance(part, dict):
            continue
        several = part and all(isinstance(entry, dict) for entry in part.values())
        tables = {f".{_key(entry)}": inner for entry, inner in part.items()} if several else {"": part}
        parts += [f"[{_key(name)}{ending}]\n{_fields(inner)}" for ending, inner in tables.items()]
    return "\n" + "\n".join(parts)


def _fields(part: dict) -> str:
    return "".join(f"{_key(name)} = {toml_value(value)}\n" for name, value in part.items())


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_value(name)


def toml_value(value: Any) -> str:
    """Write a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(name)} = {toml_value(part)}" for name, part in value.items())
        return f"{{ {inner} }}" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return repr(value)
