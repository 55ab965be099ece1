"""Questionnaires for KoboToolbox and ODK (XLSForm), made from the codebook."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from coops.collect.constraint_messages import Wordings, version_of
from coops.files.excel import new_book, put
from coops.study.codebook import Variable
from coops.study.findings import FindingError, fail, nearest
from coops.study.languages import LANGUAGES
from coops.study.schema import Form, Rule
from coops.study.study import Study

if TYPE_CHECKING:
    from openpyxl import Workbook

TYPES = {"number": "decimal", "time": "dateTime"}  # the others have the same name in a form
RECORDED = ("start", "end")  # the form notes them by itself
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def xlsform(study: Study, name: str) -> "Workbook":
    """Make a questionnaire.

    Parameters
    ----------
    name : str
        Name of a form of ``study.toml``.

    Returns
    -------
    openpyxl Workbook
        Sheets survey, choices and settings, in every language of the study; that of the sender is shown first.

    Raises
    ------
    FindingError
        ``E_UNKNOWN_NAME`` if there is no such form; else every word that is missing or whose placeholders differ,
        every name that a form cannot have, and every variable that names somebody directly.
    """
    forms = study.contract.forms
    if name not in forms:
        raise fail("E_UNKNOWN_NAME", file="study.toml", column="forms", name=name, nearest=nearest(name, forms))
    maker = _Maker(study, name, forms[name])
    survey = maker.survey()
    title = maker.words.said(forms[name].title, f"forms.{name}.title")[maker.words.sender]
    if maker.words.faults:
        raise FindingError(*maker.words.faults)
    settings = {
        "form_title": title,
        "form_id": f"{study.id}_{name}",
        "version": version_of(study, forms[name]),
        "default_language": _named(maker.words.sender),
    }
    book = new_book()
    _sheet(book, "survey", survey)
    _sheet(book, "choices", maker.choices)
    _sheet(book, "settings", [settings])
    return book


def asked(study: Study, name: str) -> list[Variable]:
    """Return the variables that a form asks: each once, and those of a section together, in the order of the codebook.

    What says whom a row is about is obligatory.
    """
    form = study.contract.forms[name]
    by_name: dict[str, Variable] = {}
    for table in form.tables:
        settings = study.contract.tables[table]
        for column, rows in study.codebook.of_table(table).items():
            held = study.codebook.in_version(rows, version_of(study, form))
            if held and column not in RECORDED:
                due = held[0].required or column in (*settings.key, settings.wave_column, settings.group)
                by_name.setdefault(column, replace(held[0], required=due))
    sections = dict.fromkeys(variable.section for variable in by_name.values())
    return [variable for section in sections for variable in by_name.values() if variable.section == section]


class _Maker:
    """Rows of the survey and of the choices of one form."""

    def __init__(self, study: Study, name: str, form: Form):
        self.study, self.name, self.form, self.words = study, name, form, Wordings(study)
        self.variables = asked(study, name)
        self.before: dict[str, Variable] = {}  # asked above the one that is being written
        self.choices: list[dict[str, str]] = []
        waves = study.contract.waves
        self.waves = {value: wave for wave, settings in waves.items() for value in settings.values or [wave]}
        self.wave_columns = {study.contract.tables[table].wave_column for table in form.tables} - {""}

    def survey(self) -> list[dict[str, str]]:
        rows = [{"type": field, "name": field} for field in RECORDED]
        section = ""
        for variable in self.variables:
            self._check(variable)
            if variable.section != section:
                rows += [{"type": "end_group"}] if section else []
                section = variable.section
                rows += [self._group(section)] if section else []
            rows.append(self._question(variable))
            self.before[variable.name] = variable
        return rows + ([{"type": "end_group"}] if section else [])

    def _check(self, variable: Variable) -> None:
        """Names that a form cannot have, answers that it would confuse, persons that it would name."""
        place = {"file": "codebook.csv", "row": variable.row, "key": variable.name}
        names = {other.name for other in self.variables}
        for column in ("name", "section"):
            text = getattr(variable, column)
            if text and not NAME.fullmatch(text):
                self.words.note("E_IDENTIFIER", **place, column=column, name=text)
        if variable.section in {*names, *RECORDED}:
            self.words.note("E_NAME_TWICE", **place, column="section", name=variable.section, other="name")
        if variable.pii == "D":
            self.words.note("E_FORM_DIRECT", **place, column="pii")
        for value in variable.allowed if variable.type == "multiple" else ():
            if " " in value:
                known = value.replace(" ", "_")
                self.words.note("E_CODEBOOK_VALUE", **place, column="allowed", value=value, known=known)
        for table in self.form.tables:
            for other in self.study.codebook.of_table(table).get(variable.name, []):
                if (other.type, other.allowed) != (variable.type, variable.allowed) and other.table != variable.table:
                    at = f"forms.{self.name}.tables"
                    self.words.note("E_NAME_TWICE", file="study.toml", column=at, name=variable.name, other=other.table)
        texts = [*variable.question.values(), *variable.hint.values()]
        for name in sorted({name for text in texts for name in re.findall(r"\$\{([^{}]*)\}", text)} - names):
            near = nearest(name, names)
            self.words.note("E_UNKNOWN_NAME", **place, column="question", name=name, nearest=near)

    def _group(self, section: str) -> dict[str, str]:
        return {"type": "begin_group", "name": section, **_columns("label", self.words.of(f"section.{section}"))}

    def _question(self, variable: Variable) -> dict[str, str]:
        row = {"type": self._type(variable), "name": variable.name}
        row |= _columns("label", self.words.question(variable)) | _columns("hint", self.words.hint(variable))
        if variable.required:
            row["required"] = "yes"
            row |= _columns("required_message", self.words.of("asked.required"))
        if variable.relevant:
            row["relevant"] = self._relevant(variable, *variable.relevant)
        conditions, messages = self._conditions(variable)
        if conditions:
            held = " and ".join(conditions)
            codes = [f". = {_literal(code)}" for code in variable.missing if not row["type"].startswith("select")]
            row["constraint"] = " or ".join([f"({held})", *codes]) if codes else held
            texts = {language: " ".join(message[language] for message in messages) for language in self.words.languages}
            row |= _columns("constraint_message", texts)
        return row

    def _type(self, variable: Variable) -> str:
        """Return the type in the words of XLSForm; what has a list is chosen from it."""
        if variable.name in self.wave_columns:
            for value, wave in self.waves.items():
                label = self.words.said(self.study.contract.waves[wave].label, f"waves.{wave}.label")
                self._choice(variable.name, value, label)
            return f"select_one {variable.name}"
        if not variable.allowed:
            return TYPES.get(variable.type, "text" if variable.type == "category" else variable.type)
        for value in [*variable.allowed, *(code for code in variable.missing if code not in variable.allowed)]:
            self._choice(variable.name, value, self.words.value(variable, value))
        return f"select_{'multiple' if variable.type == 'multiple' else 'one'} {variable.name}"

    def _choice(self, name: str, value: str, label: dict[str, str]) -> None:
        self.choices.append({"list_name": name, "name": value, **_columns("label", label)})

    def _relevant(self, variable: Variable, name: str, values: tuple[str, ...]) -> str:
        """Write when it is asked, as XPath."""
        other = next((other for other in self.variables if other.name == name), None)
        if other is None:
            place = {"file": "codebook.csv", "row": variable.row, "column": "relevant", "key": variable.name}
            near = nearest(name, [other.name for other in self.variables])
            self.words.note("E_UNKNOWN_NAME", **place, name=name, nearest=near)
            return ""
        if name in self.wave_columns:  # the codebook names waves, the form their values
            values = tuple(value for value, wave in self.waves.items() if wave in values)
        if other.type == "multiple":
            return " or ".join(f"selected(${{{name}}}, {_text(value)})" for value in values)
        return " or ".join(f"${{{name}}} = {_text(value)}" for value in values)

    # -- what an answer must fulfil ---------------------------------------------------------------

    def _conditions(self, variable: Variable) -> tuple[list[str], list[dict[str, str]]]:
        """Return conditions on an answer (XPath, all must hold), and what is said where one does not."""
        conditions, messages = [], []
        ends = [(">=", variable.low), ("<=", variable.high)] if not variable.allowed else []
        ranges = [f". {sign} {_literal(f'{end:.12g}')}" for sign, end in ends if end is not None]
        if ranges:
            conditions += ranges
            messages.append(self.words.limits(variable))
        for name, rule in self.study.contract.rules.items():
            if rule.table in self.form.tables and rule.severity == "error" and variable.name in rule.of:
                condition = {"alone": self._alone, "order": self._order, "distinct": self._distinct}.get(rule.kind)
                of_rule = condition(rule, variable) if condition else []
                if of_rule:
                    conditions += of_rule
                    messages.append(self.words.said(rule.label, f"rules.{name}.label"))
        if variable.type == "multiple" and variable.missing:
            conditions += [_by_itself(code) for code in variable.missing]
            messages.append(self.words.codes(variable))
        return conditions, messages

    def _alone(self, rule: Rule, variable: Variable) -> list[str]:
        return [_by_itself(rule.value)] if variable.type == "multiple" else []

    def _order(self, rule: Rule, variable: Variable) -> list[str]:
        """Compare with the neighbours in the rule that are asked before; the later question is the one that is held."""
        at = rule.of.index(variable.name)
        sides = [(">=", rule.of[at - 1])] if at else []
        sides += [("<=", rule.of[at + 1])] if at + 1 < len(rule.of) else []
        return [
            "(" + " or ".join([f". {sign} ${{{other}}}", *self._unanswered(other)]) + ")"
            for sign, other in sides
            if other in self.before
        ]

    def _unanswered(self, name: str) -> list[str]:
        return [f"${{{name}}} = {_literal(code)}" for code in ("", *self.before[name].missing)]

    def _distinct(self, rule: Rule, variable: Variable) -> list[str]:
        return [f". != ${{{other}}}" for other in rule.of if other in self.before]


def _by_itself(value: str) -> str:
    return f"not(selected(., {_text(value)}) and count-selected(.) > 1)"


def _text(value: str) -> str:
    """Quote a text as XPath does."""
    return f'"{value}"' if "'" in value else f"'{value}'"


def _literal(value: str) -> str:
    """Write a number as it is, all else as a text."""
    return value if re.fullmatch(r"-?\d+(\.\d+)?", value) else _text(value)


def _named(language: str) -> str:
    """Name a language as forms do: ``English (en)``."""
    return f"{LANGUAGES[language].name} ({language})"


def _columns(kind: str, words: dict[str, str]) -> dict[str, str]:
    """Return a column for each language."""
    return {f"{kind}::{_named(language)}": text for language, text in words.items() if text}


ORDER = ("type", "list_name", "name", "label", "hint", "required", "required_message", "relevant", "constraint",
         "constraint_message", "form_title", "form_id", "version", "default_language")  # fmt: skip


def _sheet(book: "Workbook", title: str, rows: list[dict[str, str]]) -> None:
    from openpyxl.styles import Font

    sheet = book.create_sheet(title)
    columns = sorted(
        dict.fromkeys(name for row in rows for name in row), key=lambda name: ORDER.index(name.split("::")[0])
    )
    for column, name in enumerate(columns, start=1):
        put(sheet, 1, column, name, font=Font(bold=True))
        sheet.column_dimensions[sheet.cell(1, column).column_letter].width = 34 if "::" in name else 18
    for number, row in enumerate(rows, start=2):
        for column, name in enumerate(columns, start=1):
            put(sheet, number, column, row.get(name, ""))
    sheet.freeze_panes = "A2"
