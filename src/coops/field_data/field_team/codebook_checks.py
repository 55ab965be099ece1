"""Field-team checks of what the data say about themselves: the codebook, and what could tell who somebody is."""

import re

import pandas as pd

from coops.field_data.field_team.base import Collected, Result, lines, together
from coops.study.codebook import Variable
from coops.study.values import plain

# Words of column names that announce a direct identifier, in the languages that forms are written in.
TELLING = set(
    "name surname firstname lastname nickname nom prenom prénom phone tel telephone téléphone mobile gsm whatsapp cin"
    " cni cnie passport passeport email mail courriel address adresse gps latitude longitude lat lon lng geopoint"
    " birthdate birthday dob naissance iban rib photo signature deviceid imei"
    " الاسم اسم النسب الهاتف هاتف البطاقة العنوان عنوان".split()
)
FORMATS = {
    "pii_phone": r"(?<!\d)(?:\+212|00212|0)[\s.\-]?[5-7](?:[\s.\-]?\d){8}(?!\d)",
    "pii_mail": r"[\w.+\-]+@[\w\-]+\.[\w.\-]+",
    "pii_account": r"(?<!\d)(?:MA\d{2}\s?)?\d(?:\s?\d){23}(?!\d)",
    "pii_place": r"(?<![\d.])-?\d{1,2}\.\d{3,}[\s,;]+-?\d{1,3}\.\d{3,}(?![\d.])",
}
CARD = r"(?<![A-Za-z0-9])[A-Za-z]{1,2}\s?\d{5,6}(?![A-Za-z0-9])"  # number of the national identity card
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
PHONE_NUMBER = r"(?:212)?[5-7]\d{8}"  # a telephone number that was read as a number
CODES = (-8, -9, -88, -98, -99, -888, -998, -999, -8888, -9998, -9999)  # usual codes of missing answers
NINES = (99, 999, 9999, 99999, 999999)


def codebook(survey: Collected) -> Result:
    """Check 17: labels, units, codes of missing answers that could be answers, choices without label."""
    languages, looked, parts = survey.study.contract.study.languages, 0, []
    for name, frame in survey.tables.items():
        for column, variable in survey.variables(name).items():
            looked += 1
            wrong = {}
            if lacking := [language for language in languages if not variable.label.get(language)]:
                wrong["no_label"] = " ".join(lacking)
            if variable.type == "number" and not variable.unit and survey.study.contract.tables[name].level != "event":
                wrong["no_unit"] = ""
            if variable.type in ("category", "multiple"):
                if not variable.allowed:
                    wrong["no_list"] = ""
                elif bare := [choice for choice in variable.allowed if not _labelled(survey, column, choice)]:
                    wrong["choice_unlabelled"] = " ".join(bare)
            if variable.numeric:
                inside = [code for code in variable.missing if _inside(code, variable)]
                wrong |= {"code_in_range": " ".join(inside)} if inside else {}
                codes = _undeclared(frame[column].dropna().astype(float))
                wrong |= {"code_undeclared": " ".join(codes)} if codes else {}
            parts += [lines(name, [""], column, what, value) for what, value in wrong.items()]
    return looked, together(parts)


def _labelled(survey: Collected, column: str, value: str) -> bool:
    words, languages = survey.labels.get(f"{column}.{value}", {}), survey.study.contract.study.languages
    return value.isdecimal() or all(words.get(language) for language in languages)  # the steps of a scale need no words


def _inside(code: str, variable: Variable) -> bool:
    if variable.low is None and variable.high is None:
        return False
    number = pd.to_numeric(code, errors="coerce")
    low = float("-inf") if variable.low is None else variable.low
    high = float("inf") if variable.high is None else variable.high
    return bool(low <= number <= high)


def _undeclared(values: pd.Series) -> list[str]:
    """Numbers that look like codes of missing answers: negative among positive ones, or nines far above all others."""
    counts = values.value_counts()
    rest = values[~values.isin(CODES)]
    suspected = [code for code in CODES if counts.get(code, 0) >= 2] if len(rest) and rest.min() >= 0 else []
    most, below = rest.max(), rest[rest < rest.max()]
    if most in NINES and counts[most] >= 2 and len(below) and below.max() * 3 < most:
        suspected.append(int(most))
    return [str(code) for code in suspected]


def identifiers(survey: Collected) -> Result:
    """Check 18: names of columns, formats, free text and rare places that could tell who somebody is.

    No value is written, only how many cells have the format. A name or a free text is not told where the codebook says
    that the variable is not personal (``N``).
    """
    looked, parts, settings = 0, [], survey.settings
    for name, frame in survey.tables.items():
        for column, variable in survey.variables(name).items():
            looked += 1
            words = set(re.split(r"[^a-zA-ZÀ-ÿ\u0600-\u06ff]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", column).lower()))
            if variable.pii != "N" and words & TELLING and column != survey.study.contract.tables[name].wave_column:
                parts.append(lines(name, [""], column, "pii_name"))
            text = frame[column].dropna().astype(object).map(plain).str.translate(DIGITS)
            for what, number in _formats(text, variable.numeric).items():
                parts.append(lines(name, [""], column, what, None, number))
            known = {*survey.study.contract.tables[name].key, settings.start, settings.end}
            known |= {*settings.specify, *settings.comments}
            if variable.type == "text" and variable.pii != "N" and column not in known and _free(text):
                parts.append(lines(name, [""], column, "pii_text", None, int(text.nunique())))
    for column in settings.places:
        parts += _places(survey, column)
    return looked, together(parts)


def _formats(text: pd.Series, numeric: bool) -> dict[str, int]:
    """Number of cells with each format; numbers are only read as telephone numbers, if most are."""
    if numeric:
        number = int(text.str.fullmatch(PHONE_NUMBER).sum())
        return {"pii_phone": number} if 2 * number > len(text) else {}
    counts = {what: int(text.str.contains(form).sum()) for what, form in FORMATS.items()}
    cards = text[text.str.contains(CARD)]
    alone = cards[cards.str.fullmatch(CARD)]
    serial = alone.str.extract(r"(\d+)", expand=False).astype(int)
    running = alone.str.extract(r"(\D+)", expand=False).nunique() == 1 and serial.max() - serial.min() < 2 * len(serial)
    codes = running or 2 * len(alone) <= len(text)  # a study's own codes: running numbers, or letters among the digits
    counts["pii_card"] = len(cards) - (len(alone) if codes else 0)
    return {what: number for what, number in counts.items() if number}


def _free(text: pd.Series) -> bool:
    """Tell whether a column holds free text: mostly different, and several words of letters."""
    worded = text.str.contains(r"[^\W\d_]{2,}\s+[^\W\d_]{2,}")
    return len(text) > 1 and text.nunique() > len(text) / 2 and float(worded.mean()) > 0.3


def _places(survey: Collected, column: str) -> list[pd.DataFrame]:
    """Places with fewer units than the study's threshold, at the level of the place."""
    data, release = survey.data, survey.study.contract.release
    level = data.level_of(column)
    counts = data.texts(column, data.recorded(column, data.waves[0]), level, data.roster(level)).value_counts()
    rare = counts[(counts < (release.min_groups if level == "group" else release.min_persons)) & (counts.index != "")]
    name = survey.tables_of(column)[0] if survey.tables_of(column) else ""
    shown = survey.shown(name, column, rare.index.to_series()).to_list() if name else None
    return [lines(name, [""] * len(rare), column, "rare_place", shown, rare.to_list())] if len(rare) else []
