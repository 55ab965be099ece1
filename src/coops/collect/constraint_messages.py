"""The words of questions and answers, in every language of a study; what is missing is found, not made up."""

import re
from typing import Any

from coops.study.codebook import Variable
from coops.study.findings import Finding, finding
from coops.study.labels import package_labels, study_labels
from coops.study.languages import LANGUAGES
from coops.study.schema import Form
from coops.study.study import Study

MINUS = "\u2212"
PLACEHOLDER = re.compile(r"\$?\{[^{}]*\}")


class Wordings:
    """Words by language, and every finding about them.

    ``languages``: those of the study, and that of the sender; ``sender``: the one that leads in what is filled in;
    ``faults``: what was found so far: words that are missing, placeholders that differ.
    """

    def __init__(self, study: Study):
        self.study, self.own, self.faults = study, study_labels(study.folder), list[Finding]()
        settings = study.contract.study
        self.sender = settings.sender or settings.languages[0]
        self.languages = list(dict.fromkeys([*settings.languages, self.sender]))

    def note(self, code: str, **places: Any) -> None:
        """Note a finding once."""
        if (fault := finding(code, **places)) not in self.faults:
            self.faults.append(fault)

    # -- of the codebook ----------------------------------------------------------------------

    def label(self, variable: Variable) -> dict[str, str]:
        """Return the label of a variable."""
        return self._of(variable, "label")

    def question(self, variable: Variable) -> dict[str, str]:
        """Return the question, or the label where the codebook has no question in any language."""
        return self._of(variable, "question" if variable.question else "label")

    def hint(self, variable: Variable) -> dict[str, str]:
        """Return the hint, followed by the codes of answers that are missing; empty texts where there is neither."""
        hint = self._of(variable, "hint") if variable.hint else dict.fromkeys(self.languages, "")
        codes = self.codes(variable) if variable.numeric or variable.type in ("date", "time") else {}
        return {language: f"{hint[language]} {codes.get(language, '')}".strip() for language in self.languages}

    def _of(self, variable: Variable, kind: str) -> dict[str, str]:
        place = {"file": "codebook.csv", "row": variable.row, "key": variable.name}
        words = getattr(variable, kind)
        for language in self.languages:
            if not words.get(language):
                self.note("E_NO_LABEL", **place, column=f"{kind}_{language}")
        self._placeholders(words, **place, column=kind)
        return {language: words.get(language) or variable.name for language in self.languages}

    # -- of study.toml and labels.csv -----------------------------------------------------------

    def said(self, words: dict[str, str], at: str) -> dict[str, str]:
        """Return words of ``study.toml``; ``at`` names their field."""
        for language in self.languages:
            if not (words.get(language) or words.get("")):
                self.note("E_NO_WORDS", file="study.toml", column=at, language=language)
        self._placeholders(words, file="study.toml", column=at, key=at)
        return {language: words.get(language) or words.get("") or at for language in self.languages}

    def of(self, key: str, **parameters: str | dict[str, str]) -> dict[str, str]:
        """Return the words of a key; a parameter is a text, or a text by language."""
        words = self._known(key)
        for language in self.languages:
            if not words.get(language):
                self.note("E_NO_TEXT_LABEL", file="labels.csv", key=key, language=language)
        self._placeholders(words, file="labels.csv", column=key, key=key)
        if not parameters:
            return {language: words.get(language) or key for language in self.languages}

        def written(language: str) -> str:
            quoted = {name: value[language] if isinstance(value, dict) else value for name, value in parameters.items()}
            return (words.get(language) or key).format(**quoted)

        return {language: written(language) for language in self.languages}

    def value(self, variable: Variable, value: str) -> dict[str, str]:
        """Return the words of an allowed value, of a wave, or of the code of a missing answer."""
        key = f"{variable.name}.{value}"
        if value in variable.missing and not self._known(key):
            key = f"reason.{variable.missing[value]}"
        return self._or_itself(key, variable.missing.get(value, value))

    def codes(self, variable: Variable) -> dict[str, str]:
        """Return a sentence with the codes of missing answers; nothing where there are none."""
        if not variable.missing:
            return {}
        reasons = {code: self.value(variable, code) for code in variable.missing}
        listed = {
            name: signs.semicolon.join(f"{signs.isolate(code)} = {words[name]}" for code, words in reasons.items())
            for name, signs in ((name, LANGUAGES[name]) for name in self.languages)
        }
        return self.of("asked.codes", codes=listed)

    def unit(self, unit: str) -> dict[str, str]:
        """Return a unit in words."""
        return self._or_itself(f"unit.{unit}", unit)

    def limits(self, variable: Variable) -> dict[str, str]:
        """Return a sentence that says what may be written: between which ends, and whether whole."""
        low, high = variable.low, variable.high
        kind = {(True, True): "between", (True, False): "least", (False, True): "most", (False, False): "number"}
        ends = {
            name: {language: number(end, language) for language in self.languages}
            for name, end in (("low", low), ("high", high))
            if end is not None
        }
        whole = self.of("asked.whole") if variable.type == "integer" else dict.fromkeys(self.languages, "")
        words = self.of(f"asked.{kind[low is not None, high is not None]}", **ends)
        return {language: f"{words[language]} {whole[language]}".strip() for language in self.languages}

    def _known(self, key: str) -> dict[str, str]:
        return self.own.get(key) or package_labels().get(key) or {}

    def _or_itself(self, key: str, plain: str) -> dict[str, str]:
        """In a study of one language a value or unit may stand for itself."""
        alone = len(self.languages) == 1 and not self._known(key)
        return dict.fromkeys(self.languages, plain) if alone else self.of(key)

    def _placeholders(self, words: dict[str, str], **place: Any) -> None:
        there = [language for language in self.languages if words.get(language)]
        placeholders = {language: sorted(PLACEHOLDER.findall(words[language])) for language in there}
        if len({tuple(names) for names in placeholders.values()}) > 1:
            differ = " | ".join(f"{language}: {' '.join(names) or '–'}" for language, names in placeholders.items())
            self.note("E_PLACEHOLDERS", **place, differ=differ)


def version_of(study: Study, form: Form) -> str:
    """Return the version of a questionnaire: its own, else that of the last wave."""
    return form.version or list(study.contract.waves.values())[-1].form_version


def number(value: float, language: str) -> str:
    """Write a number for people, with the signs of the language: 10,420 or 10 420; a year has no thousands sign."""
    from babel.numbers import get_decimal_symbol, get_group_symbol

    text = f"{value:,.12g}" if abs(value) >= 10_000 else f"{value:.12g}"
    text = text.replace("-", MINUS)
    locale = LANGUAGES[language].numbers
    text = text.translate({ord(","): get_group_symbol(locale), ord("."): get_decimal_symbol(locale)})
    return LANGUAGES[language].isolate(text)
