"""Reads ``diagnosis.csv``, one row an item; which answers count how much is said there only."""

import math
import re
from pathlib import Path
from typing import Any

from coops.study.codebook import Variable
from coops.study.findings import Finding, FindingError, nearest, received_rows
from coops.study.languages import LANGUAGES, stand_in
from coops.study.scorecard import Dimension, Item, Rule, Scorecard
from coops.study.study import Study

FILE = "diagnosis.csv"
OBLIGATORY = ("dimension", "item", "variable", "rule", "weight", "needed", "version")
SAYS = {  # column -> what it says; of words there is a column a language
    "dimension": "items that are read together; a name of letters, digits and `_`",
    "item": "name of the item, once in the file",
    "variable": "the variable of persons or groups whose answers are scored; one of persons gives a group the mean of"
    " its persons' scores",
    "rule": "how an answer becomes a score from 0 to 1: `threshold:at least 7`, `threshold:at most 20000`,"
    " `scale:0..12` (`down` turns it round), `share:yes`, `values:none=0|some=0.5|full=1`; `… of shop|fair` counts"
    " these among several choices",
    "weight": "weight of the item within its dimension; 0: shown, not scored",
    "needed": "how many scored items of the dimension must be answered for a score of the dimension",
    "version": "version of the scorecard",
    "dimension_weight": "weight of the dimension in the overall score; 1 if empty",
    "basis": "`own`: the study's own rule; `law`: a law in force at the time; `retrospective`: a later law or tool",
    "source": "where the item comes from",
}
SAYS_IN_WORDS = {
    "dimension": "name of the dimension, in each language of the study",
    "label": "what a full score says, in each language of the study",
    "step": "what to do where the score is low; none if empty",
}
WORDS = {kind: tuple(f"{kind}_{language}" for language in LANGUAGES) for kind in SAYS_IN_WORDS}
COLUMNS = (*SAYS, *(name for names in WORDS.values() for name in names))
BASES = ("own", "law", "retrospective")
NUMBER = r"[+-]?\d+(?:\.\d+)?"
KINDS = {
    "threshold": "threshold:at least 2 | threshold:at most 2 | threshold:at least 2 of one|other",
    "scale": "scale:0..12 | scale:0..12 down | scale:0..3 of one|other",
    "share": "share:yes | share:one|other",
    "values": "values:none=0|some=0.5|full=1",
}
FITTING = {
    "threshold": ("number", "integer", "multiple"),
    "scale": ("number", "integer", "multiple"),
    "share": ("category", "multiple", "number", "integer"),
    "values": ("category", "number", "integer"),
}


def read_scorecard(study: Study) -> Scorecard | None:
    """Read the scorecard of a study; nothing if it has none.

    Raises
    ------
    FindingError
        With every fault of the file: columns, rules, variables and values that do not exist (the nearest is named),
        weights, numbers of answers needed, items that stand twice, words that are missing.
    """
    path = study.folder / FILE
    return _Reader(study, path).read() if path.is_file() else None


class _Reader:
    """Reads one file and collects its faults."""

    def __init__(self, study: Study, path: Path):
        self.study, self.path, self.faults = study, path, list[Finding]()
        levels = {name: table.level for name, table in study.contract.tables.items()}
        self.variables = {v.name for v in study.codebook.variables if levels.get(v.table) != "event"}

    def fault(self, code: str, row: int | None, column: str, key: str = "", **parameters: Any) -> None:
        self.faults.append(Finding(code, file=FILE, row=row, column=column, key=key, parameters=parameters))

    def read(self) -> Scorecard:
        rows, self.faults = received_rows(self.path, COLUMNS, OBLIGATORY, "E_SCORECARD_COLUMN", "E_SCORECARD_UNKNOWN")
        if not rows:
            self.fault("E_SCORECARD_EMPTY", None, "item", key=FILE)
        seen, items = set(), []
        for number, cells in rows:
            if cells["item"] in seen:
                self.fault("E_SCORECARD_TWICE", number, "item", key=cells["item"])
            seen.add(cells["item"])
            items.append(self._item(number, cells))
        by_dimension: dict[str, list] = {}
        for number, cells in rows:
            by_dimension.setdefault(cells["dimension"], []).append((number, cells))
        dimensions = [self._dimension(name, of) for name, of in by_dimension.items()]
        version = self._same("version", rows, FILE)
        if self.faults:
            raise FindingError(*self.faults)
        return Scorecard(version, tuple(dimensions), tuple(items))

    # -- dimensions and items -------------------------------------------------------------------

    def _same(self, column: str, rows: list, key: str) -> str:
        """Return what the rows say in a column; an empty cell says nothing, two that differ are a fault."""
        values = list(dict.fromkeys(cells[column] for _, cells in rows if cells[column]))
        if len(values) > 1:
            number = next(number for number, cells in rows if cells[column] == values[1])
            self.fault("E_SCORECARD_DIFFERS", number, column, key=key, values=", ".join(values))
        return values[0] if values else ""

    def _dimension(self, name: str, rows: list) -> Dimension:
        row = rows[0][0]
        self._name(row, "dimension", name)
        scored = sum(self._number(cells["weight"]) > 0 for _, cells in rows)
        if not scored:
            self.fault("E_SCORECARD_EMPTY", row, "weight", key=name)
        needed = self._same("needed", rows, name)
        if not (needed.isascii() and needed.isdecimal() and 1 <= int(needed) <= max(scored, 1)):
            self.fault("E_SCORECARD_NEEDED", row, "needed", key=name, value=needed or "–", most=scored)
            needed = "1"
        weight = self._same("dimension_weight", rows, name) or "1"
        if not self._number(weight) > 0:
            self.fault("E_SCORECARD_WEIGHT", row, "dimension_weight", key=name, value=weight)
        label = {language: self._same(f"dimension_{language}", rows, name) for language in LANGUAGES}
        return Dimension(name, self._number(weight), int(needed), self._words(row, "dimension", name, label))

    def _item(self, number: int, cells: dict[str, str]) -> Item:
        name = cells["item"]
        self._name(number, "item", name)
        if not self._number(cells["weight"]) >= 0:
            self.fault("E_SCORECARD_WEIGHT", number, "weight", key=name, value=cells["weight"] or "–")
        basis = cells["basis"] or "own"
        if basis not in BASES:
            self.fault("E_SCORECARD_BASIS", number, "basis", key=name, value=basis, nearest=nearest(basis, BASES))
        rule = self._rule(number, cells)
        known = cells["variable"] in self.variables
        if not known:
            near = nearest(cells["variable"], self.variables)
            self.fault("E_UNKNOWN_NAME", number, "variable", name=cells["variable"] or "–", nearest=near)
        elif rule:
            self._fits(number, name, rule, self.study.codebook.get(cells["variable"]))
        words = {kind: {code: cells[f"{kind}_{code}"] for code in LANGUAGES} for kind in ("label", "step")}
        return Item(
            name=name,
            dimension=cells["dimension"],
            variable=cells["variable"],
            rule=rule or Rule(""),
            weight=self._number(cells["weight"]),
            written=cells["rule"],
            basis=basis,
            source=cells["source"],
            several=known and self.study.codebook.get(cells["variable"]).type == "multiple",
            label=self._words(number, "label", name, words["label"]),
            step=self._words(number, "step", name, words["step"]) if any(words["step"].values()) else {},
            row=number,
        )

    def _name(self, row: int, column: str, name: str) -> None:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            self.fault("E_IDENTIFIER", row, column, name=name or "–")

    def _number(self, cell: str) -> float:
        return float(cell) if re.fullmatch(NUMBER, cell) else math.nan

    def _words(self, row: int, kind: str, key: str, words: dict[str, str]) -> dict[str, str]:
        words = stand_in(words)
        for language in self.study.contract.study.languages:
            if not words[language]:
                self.fault("E_NO_LABEL", row, f"{kind}_{language}", key=key)
        return {language: text for language, text in words.items() if text}

    # -- rules ------------------------------------------------------------------------------------

    def _rule(self, row: int, cells: dict[str, str]) -> Rule | None:
        kind, _, arguments = (part.strip() for part in cells["rule"].partition(":"))
        if kind not in KINDS:
            self.fault(
                "E_SCORECARD_KIND", row, "rule", key=cells["item"], value=kind or "–", nearest=nearest(kind, KINDS)
            )
            return None
        rule = _parsed(kind, arguments)
        if rule is None:
            self.fault("E_SCORECARD_RULE", row, "rule", key=cells["item"], value=cells["rule"], expected=KINDS[kind])
        return rule

    def _fits(self, row: int, key: str, rule: Rule, variable: Variable) -> None:
        """The rule fits the type of the variable, names values that it has, and gives each of them a score."""
        if variable.type not in FITTING[rule.kind] or (
            rule.kind in ("threshold", "scale") and rule.values and variable.numeric
        ):
            fitting = ", ".join(FITTING[rule.kind])
            self.fault(
                "E_SCORECARD_TYPE", row, "rule", key=key, name=variable.name, type=variable.type, expected=fitting
            )
            return
        if not variable.allowed:
            return
        for value in rule.values or rule.scores:
            if value not in variable.allowed:
                known = nearest(value, variable.allowed)
                self.fault("E_SCORECARD_VALUE", row, "rule", key=key, value=value, name=variable.name, nearest=known)
        for value in variable.allowed if rule.scores else ():
            if value not in rule.scores:
                self.fault("E_SCORECARD_NO_SCORE", row, "rule", key=key, value=value, name=variable.name)


def _parsed(kind: str, arguments: str) -> Rule | None:
    """Read what stands after the kind of a rule; nothing if it cannot be read."""
    if kind == "threshold" and (parts := re.fullmatch(rf"at (least|most) ({NUMBER})(?: of (.+))?", arguments)):
        low, high = (float(parts[2]), None) if parts[1] == "least" else (None, float(parts[2]))
        return Rule(kind, low, high, values=_listed(parts[3] or ""))
    if kind == "scale" and (parts := re.fullmatch(rf"({NUMBER})\.\.({NUMBER})(?: (up|down))?(?: of (.+))?", arguments)):
        low, high = float(parts[1]), float(parts[2])
        return Rule(kind, low, high, parts[3] == "down", _listed(parts[4] or "")) if low < high else None
    if kind == "share" and (values := _listed(arguments)):
        return Rule(kind, values=values)
    if kind == "values":
        pairs = [pair.partition("=")[::2] for pair in _listed(arguments)]
        scores = {value.strip(): float(score) for value, score in pairs if re.fullmatch(NUMBER, score.strip())}
        if len(scores) == len(pairs) > 0 and all(0 <= score <= 1 for score in scores.values()):
            return Rule(kind, scores=scores)
    return None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())
