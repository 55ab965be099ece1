"""What is wrong with what was received: one finding a fault, in the reader's language."""

import csv
import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from coops.study.consulted import note
from coops.study.languages import ISOLATE_NAME, POP, catalogue, language_of, stand_in


@dataclass(frozen=True)
class Finding:
    """One fault, its place and its repair.

    ``code`` names the message in ``messages.csv``; a code that starts with ``E_`` stops the run, one that starts
    with ``W_`` does not, one that starts with ``U_`` says that a file is not safe to open.
    ``row`` counts as Excel does (the header is row 1).
    """

    code: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    key: str = ""
    parameters: dict = field(default_factory=dict)

    @property
    def severity(self) -> str:
        """``unsafe``, ``error`` or ``warning``."""
        return {"U": "unsafe", "E": "error", "W": "warning"}[self.code[0]]

    def text(self, language: str = "en") -> str:
        """Return the sentence with its repair, in one language.

        Raises
        ------
        KeyError
            If the code, or a parameter of its message, does not exist: a bug, not a finding. A warning of a kind that
        may also be an error has the sentence of that error.
        """
        known = messages()
        code = self.code if self.code in known else f"E{self.code[1:]}"
        note("word", code)
        message = known[code][language]
        places = {"file": self.file, "sheet": self.sheet, "row": self.row, "column": self.column, "key": self.key}
        labels = self.parameters.get("labels")
        if labels:  # what the column asks, as people know it, and its name
            places["column"] = f"{_in_language(labels, language)} [{self.column}]"
        quoted = {name: _in_language(value, language) for name, value in {**places, **self.parameters}.items()}
        if language_of(language).rtl:  # names, codes and numbers keep their own order in right-to-left text
            quoted = {name: f"{ISOLATE_NAME}{value}{POP}" for name, value in quoted.items()}
        return message.format(**quoted)

    def place(self, language: str = "en") -> str:
        """Where it is: file, sheet, row and column, as far as known."""
        signs = language_of(language)
        row = f"{signs.row} {self.row}" if self.row else ""
        file, sheet, column = (signs.isolate_name(part) for part in (self.file, self.sheet, self.column))
        return signs.comma.join(part for part in (file, sheet, row, column) if part)

    def line(self, language: str = "en") -> str:
        """One line for the screen: code, place and sentence."""
        place = self.place(language)
        return f"{self.code} {place + language_of(language).colon if place else ''}{self.text(language)}"


class FindingError(Exception):
    """Raised with every finding that stops the work; the message has one line for each."""

    def __init__(self, *findings: Finding):
        self.findings = list(findings)
        super().__init__("\n".join(finding.line() for finding in self.findings))

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the findings, not the way to them."""
        return [finding.line() for finding in self.findings]


def _in_language(value: Any, language: str) -> Any:
    """Words of the study come in its languages; all else is the same in each."""
    return value.get(language) or next(iter(value.values())) if isinstance(value, dict) else value


def fail(code: str, **places: Any) -> FindingError:
    """Make the error of one finding: named places go to their fields, the rest to its parameters."""
    return FindingError(finding(code, **places))


def finding(code: str, **places: Any) -> Finding:
    """Make one finding: named places go to their fields, the rest to its parameters."""
    own = {name: places.pop(name) for name in ("file", "sheet", "row", "column", "key") if name in places}
    return Finding(code, **own, parameters=places)


def received_text(path: Path) -> str:
    """Read a file of a study folder; ``E_ENCODING`` if it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise fail("E_ENCODING", file=path.name) from None


def received_rows(
    path: Path, columns: Collection[str], obligatory: Iterable[str], lacking: str, unknown: str
) -> tuple[list[tuple[int, dict[str, str]]], list[Finding]]:
    """Read a CSV file of a study folder: number (as Excel counts) and trimmed cells of each row that holds something.

    The findings are of rows with more cells than the header.

    Raises
    ------
    FindingError
        ``lacking`` for each obligatory column that is not there, ``unknown`` for each one that is not in ``columns``.
    """
    reader = csv.DictReader(received_text(path).splitlines())
    header = reader.fieldnames or []
    faults = [finding(lacking, file=path.name, column=name) for name in obligatory if name not in header]
    for name in [name for name in header if name not in columns]:
        faults.append(finding(unknown, file=path.name, column=name, nearest=nearest(name, columns)))
    if faults:
        raise FindingError(*faults)
    rows = []
    for number, row in enumerate(reader, start=2):
        if surplus := " | ".join(filter(None, row.get(None) or [])):
            faults.append(finding("E_CSV_SHAPE", file=path.name, row=number, problem=surplus))
        cells = {name: (row.get(name) or "").strip() for name in columns}
        rows += [(number, cells)] if any(cells.values()) else []
    return rows, faults


def nearest(name: str, known: Iterable) -> str:
    """Return the known name most like ``name``, or all of them, shortened, if none is alike."""
    names = sorted(map(str, known))
    if alike := difflib.get_close_matches(str(name), names, n=1, cutoff=0.5):
        return alike[0]
    return ", ".join(names[:12]) + (" …" if len(names) > 12 else "") if names else "–"


@cache
def messages() -> dict[str, dict[str, str]]:
    """Read the catalogue of messages: code → language → sentence with ``{parameters}``."""
    return {code: stand_in(words) for code, words in catalogue("messages", "code").items()}
