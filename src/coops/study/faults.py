"""Findings about the fields of ``study.toml``, with their line."""

import re
from collections.abc import Collection
from typing import Any

from coops.study.codebook import Variable
from coops.study.findings import Finding, finding, nearest


class Faults:
    """Collects findings about fields of ``study.toml``, and about what the codebook says beside it."""

    def __init__(self, text: str):
        self.text, self.all = text, list[Finding]()

    def add(self, code: str, at: str, **parameters: Any) -> None:
        """Record a finding about a field."""
        self.all.append(finding(code, file="study.toml", row=line_of(self.text, at), column=at, **parameters))

    def of_variable(self, code: str, variable: Variable, column: str, **parameters: Any) -> None:
        """Record a finding about a row of the codebook."""
        place = {"file": "codebook.csv", "row": variable.row, "key": variable.name, "column": column}
        self.all.append(finding(code, **place, **parameters))

    def known(self, at: str, name: str, known: Collection) -> bool:
        """Record a finding if a name does not exist; tell whether it does."""
        if name and name not in known:
            self.add("E_UNKNOWN_NAME", at, name=name, nearest=nearest(name, known))
            return False
        return bool(name)


def line_of(text: str, at: str) -> int | None:
    """Return the line of ``study.toml`` where a field stands, or else the table that it belongs to."""
    *table, name = at.split(".")
    here, best = "", None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
            here = header[1].replace('"', "")
            best = best or (number if f"{here}.".startswith(f"{at}.") else None)
        elif re.match(rf'\s*"?{re.escape(name)}"?\s*=', line) and here == ".".join(table):
            return number
        elif table and re.match(rf'\s*"?{re.escape(table[-1])}"?\s*=', line) and here == ".".join(table[:-1]):
            best = best or number
    return best or (line_of(text, ".".join(table)) if table else None)
