"""The workbook that an association fills in: a sheet a table, with lists and ranges, and how to read it."""

from typing import TYPE_CHECKING

from coops.collect.constraint_messages import Wordings
from coops.files.excel import names, new_book, put
from coops.study.codebook import Variable
from coops.study.findings import FindingError
from coops.study.languages import LANGUAGES
from coops.study.schema import Wave
from coops.study.study import Study
from coops.study.values import plain

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.datavalidation import DataValidation

ROWS = 2000  # entries for which lists and ranges are ready
LISTS = "_lists"  # no table can have this name
KEY, DUE, OTHER = "FFE699", "FFF2CC", "EDEDED"  # colours of a header: key, obligatory, the rest
PROMPT, ERROR, TITLE = 255, 225, 32  # longest texts beside a cell in Excel
FIRST_DAY, LAST_DAY = 1, 73050  # 1900-01-01 and 2099-12-31, as Excel counts
FORMATS = {"integer": "0", "number": "General", "date": "yyyy-mm-dd", "time": "yyyy-mm-dd hh:mm"}
HEADS = ("sheet", "name", "label", "question", "type", "unit", "allowed", "limits", "codes", "due")
WIDTHS = (18, 22, 30, 44, 16, 14, 40, 26, 26, 14)
NOTES = ("how.1", "how.2", "how.3", "how.4", "how.5")


def workbook(study: Study) -> "Workbook":
    """Make the empty workbook of a study.

    Returns
    -------
    openpyxl Workbook
        A sheet a language that says what each column is; a sheet a table, whose first row are the names of the
        columns, so that it is read back as it is. There is no formula in a cell, no link and no macro.

    Raises
    ------
    FindingError
        Every label, unit or value without words in a language of the study, or with other placeholders.
    """
    words = Wordings(study)
    book = new_book()
    sheets, lists = names(study.contract.tables), list[list]()
    for language in sorted(words.languages, key=lambda language: language != words.sender):
        _reading(book, study, words, language, sheets)
    for table, title in sheets.items():
        _table(book, study, table, title, words, lists)
    hidden = book.create_sheet(LISTS)
    hidden.sheet_state = "hidden"
    for column, values in enumerate(lists, start=1):
        for row, value in enumerate(values, start=1):
            put(hidden, row, column, value)
    if words.faults:
        raise FindingError(*words.faults)
    book.active = 0
    return book


# -- a sheet a language -----------------------------------------------------------------------------


def _reading(book: "Workbook", study: Study, words: Wordings, language: str, sheets: dict[str, str]) -> None:
    """Say what each column is, in one language."""
    from openpyxl.styles import Alignment, Font, PatternFill

    sheet = book.create_sheet(words.of("book.sheet")[language])
    sheet.sheet_view.rightToLeft = LANGUAGES[language].rtl
    wrapped = Alignment(wrap_text=True, vertical="top")
    put(sheet, 1, 1, words.said(study.contract.study.title, "study.title")[language], font=Font(bold=True, size=14))
    for row, note in enumerate(NOTES, start=2):
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(HEADS))
        put(sheet, row, 1, words.of(f"book.{note}")[language], alignment=wrapped)
    row = len(NOTES) + 3
    for column, (head, width) in enumerate(zip(HEADS, WIDTHS, strict=True), start=1):
        cell = put(sheet, row, column, words.of(f"book.head.{head}")[language], font=Font(bold=True), alignment=wrapped)
        cell.fill = PatternFill("solid", fgColor=KEY)
        sheet.column_dimensions[cell.column_letter].width = width
    sheet.freeze_panes = sheet.cell(row + 1, 1)
    for table, title in sheets.items():
        for variable in _variables(study, table):
            row += 1
            for column, text in enumerate(_line(study, table, title, variable, words, language), start=1):
                put(sheet, row, column, text, alignment=wrapped)


def _line(study: Study, table: str, title: str, variable: Variable, words: Wordings, language: str) -> list[str]:
    """One line of a reading sheet."""
    if _is_wave(study, table, variable):
        named = {value: words.said(wave.label, f"waves.{name}.label") for value, name, wave in _waves(study)}
    else:
        named = {value: words.value(variable, value) for value in variable.allowed}
    allowed = {value: text[language] for value, text in named.items()}
    values = [
        f"{LANGUAGES[language].isolate(value)} = {text}" if text != value else value for value, text in allowed.items()
    ]
    limits = words.limits(variable)[language] if variable.numeric and not variable.allowed else ""
    due = "book.yes" if variable.required or variable.name in _keys(study, table) else "book.no"
    return [
        title,
        variable.name,
        words.label(variable)[language],
        words.question(variable)[language] if variable.question else "",
        words.of(f"book.type.{variable.type}")[language],
        words.unit(variable.unit)[language] if variable.unit else "",
        "\n".join(values),
        limits,
        words.codes(variable)[language] if variable.missing else "",
        words.of(due)[language],
    ]


# -- a sheet a table --------------------------------------------------------------------------------


def _variables(study: Study, table: str) -> list[Variable]:
    """Return the newest row of each column of a table."""
    return [rows[-1] for rows in study.codebook.of_table(table).values()]


def _keys(study: Study, table: str) -> list[str]:
    settings = study.contract.tables[table]
    return [*settings.key, settings.wave_column, settings.group]


def _waves(study: Study) -> list[tuple[str, str, Wave]]:
    """Each value that stands for a wave, with its wave."""
    return [(value, name, wave) for name, wave in study.contract.waves.items() for value in wave.values or [name]]


def _is_wave(study: Study, table: str, variable: Variable) -> bool:
    return variable.name == study.contract.tables[table].wave_column


def _values(study: Study, table: str, variable: Variable) -> list[str]:
    """Return what may be written, where there is a list."""
    return [value for value, *_ in _waves(study)] if _is_wave(study, table, variable) else list(variable.allowed)


def _table(book: "Workbook", study: Study, table: str, title: str, words: Wordings, lists: list) -> None:
    """An empty table: names of columns, formats, lists, ranges, and words beside each cell."""
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill

    sheet = book.create_sheet(title)
    sheet.sheet_view.rightToLeft = LANGUAGES[words.sender].rtl
    keys = _keys(study, table)
    for column, variable in enumerate(_variables(study, table), start=1):
        cell = put(sheet, 1, column, variable.name, font=Font(bold=True))
        colour = KEY if variable.name in keys else DUE if variable.required else OTHER
        cell.fill = PatternFill("solid", fgColor=colour)
        note = words.question(variable)[words.sender] if variable.question else ""
        comment = "\n".join(dict.fromkeys(filter(None, [words.label(variable)[words.sender], note])))
        cell.comment = Comment(comment, "", height=90, width=260)
        dimension = sheet.column_dimensions[cell.column_letter]
        dimension.width = max(14, len(variable.name) + 3)
        values = _values(study, table, variable)
        number = variable.numeric or variable.type in ("date", "time")
        dimension.number_format = FORMATS[variable.type] if number else "@"  # as text, 007 stays 007
        sheet.add_data_validation(_rule(variable, values, cell.column_letter, words, lists))
    sheet.freeze_panes = "A2"


def _rule(variable: Variable, values: list[str], letter: str, words: Wordings, lists: list) -> "DataValidation":
    """What Excel accepts in a column, and what it says."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    first_cell = f"{letter}2"
    rule = DataValidation(sqref=f"{first_cell}:{letter}{ROWS + 1}", allow_blank=True, showInputMessage=True)
    lines = [words.label(variable)[words.sender]]
    if variable.unit:
        lines.append(words.of("asked.unit", unit=words.unit(variable.unit))[words.sender])
    expected = _expected(variable, values, words)
    codes = words.codes(variable)[words.sender] if variable.missing else ""
    rule.promptTitle = variable.name[:TITLE]
    rule.prompt = _short("\n".join(filter(None, [*lines, expected, codes])))
    if values and variable.type != "multiple":
        lists.append([_cell(variable, value) for value in [*values, *variable.missing]])
        column = get_column_letter(len(lists))
        rule.type, rule.formula1 = "list", f"'{LISTS}'!${column}$1:${column}${len(lists[-1])}"
    elif variable.numeric or variable.type in ("date", "time"):
        _range(rule, variable, first_cell)
    if rule.type:
        rule.showErrorMessage, rule.errorStyle = True, "stop"
        rule.errorTitle, rule.error = rule.promptTitle, _short(" ".join(filter(None, [expected, codes])), ERROR)
    return rule


def _expected(variable: Variable, values: list[str], words: Wordings) -> str:
    """Say what is expected in a cell, in the language of the sender."""
    language = words.sender
    if values and variable.type == "multiple":
        listed = LANGUAGES[language].semicolon.join(LANGUAGES[language].isolate(value) for value in values)
        return words.of("asked.several", values=dict.fromkeys(words.languages, listed))[language]
    if values:
        return words.of("asked.list")[language]
    if variable.numeric:
        return words.limits(variable)[language]
    if variable.type in ("date", "time"):
        example = "2014-10-14" if variable.type == "date" else "2014-10-14 09:30"
        examples = {name: LANGUAGES[name].isolate(example) for name in words.languages}
        return words.of("asked.date", example=examples)[language]
    return words.of("asked.text")[language]


def _range(rule: "DataValidation", variable: Variable, first_cell: str) -> None:
    """Ends of a number or date, or one of its codes."""
    dates = variable.type in ("date", "time")
    low, high = (FIRST_DAY, LAST_DAY + 1) if dates else (variable.low, variable.high)
    ends = [(sign, end) for sign, end in ((">=", low), ("<=", high)) if end is not None]
    if variable.missing or not ends:
        within = ",".join([f"ISNUMBER({first_cell})", *(f"{first_cell}{sign}{plain(end)}" for sign, end in ends)])
        whole = f",{first_cell}=INT(N({first_cell}))" if variable.type == "integer" else ""
        codes = [f"{first_cell}={code if _numeric(code) else _quoted(code)}" for code in variable.missing]
        rule.type, rule.formula1 = "custom", f"OR({','.join([f'AND({within}{whole})', *codes])})"
        return
    rule.type = {"integer": "whole", "number": "decimal"}.get(variable.type, "date")
    if len(ends) == 2:
        rule.operator, rule.formula1, rule.formula2 = "between", plain(ends[0][1]), plain(ends[1][1])
    else:
        rule.operator = "greaterThanOrEqual" if high is None else "lessThanOrEqual"
        rule.formula1 = plain(ends[0][1])


def _cell(variable: Variable, value: str) -> str | float:
    """A value of a list as it is to stand in the column: a number where the column is one."""
    return float(value) if variable.numeric and _numeric(value) else value


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _short(text: str, most: int = PROMPT) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
