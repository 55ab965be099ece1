"""The exhibits of a notebook: each saved in every language of the study, with its words, and shown once.

An exhibit and its files bear a name, so that a new one changes no other; its number is counted where it is printed.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from coops import disclosure
from coops.show import table as show_table
from coops.show.language import Words
from coops.show.results import HIDDEN
from coops.study.findings import fail
from coops.study.study import Study

if TYPE_CHECKING:
    from IPython.display import Markdown

FIGURES, RESULTS = Path("figures"), Path("data") / "results"  # in the folder of a run
LISTS = RESULTS / "exhibits"


class Exhibits:
    """Saves and shows the tables and figures of one notebook of a study, and lists those of the whole run.

    Parameters
    ----------
    study : Study
    root : Path
        The folder of the run.
    notebook : str
        The notebook that shows them: ``NN_NAME``; none may only list.
    """

    def __init__(self, study: Study, root: Path, notebook: str = ""):
        self.study, self.root, self.notebook = study, root, notebook
        self.words = {language: Words(study, language) for language in study.contract.study.languages}
        self._own: list[dict] = []

    @property
    def first_words(self) -> Words:
        """The words of the first language of the study: that of the notebooks."""
        return next(iter(self.words.values()))

    def table(
        self, table: show_table.Table, text: str, of: str = "", *, details: dict | None = None, **parameters: Any
    ) -> "Markdown":
        """Save a table in each language of the study and show it in the first.

        Parameters
        ----------
        text : str
            Key of its caption; ``text.note`` is the key of its note, if it has one.
        of : str
            What it is about, where one notebook has several tables of a kind; part of its name.
        details
            What else the list says of it.
        parameters
            What the caption and the note quote; ``published``: numbers of others, real in a demonstration too.
        """
        table = replace(table, name=table.name or text).released(self.study)
        bodies = {language: table.markdown(words) for language, words in self.words.items()}
        captions, notes = {}, {}
        for language, words in self.words.items():
            quoted = self._quoted(words, of, parameters)
            captions[language] = self._caption(words, text, quoted)
            notes[language] = self._note(words, text, quoted, HIDDEN in bodies[language], HIDDEN)
        exhibit = (
            self._exhibit("table", text, of) | {"caption": captions, "note": notes, "body": bodies} | (details or {})
        )
        self._file(exhibit, "csv").write_text(table.csv(), encoding="utf-8")
        number = self._keep(exhibit)
        first = self.first_words
        title = f"**{first.label('table_number', number=number)}.** {captions[first.language]}"
        return self.say("\n\n".join(part for part in (title, bodies[first.language], notes[first.language]) if part))

    def figure(
        self,
        draw: Callable,
        data: pd.DataFrame,
        text: str,
        alt: Callable,
        of: str = "",
        *,
        behind: disclosure.Behind = None,
        whole: Sequence[str] | None = None,
        details: dict | None = None,
        **parameters: Any,
    ) -> "Markdown":
        """Draw, save and show a figure: a PNG a language, its data in one csv, its text for those who cannot see it.

        Parameters
        ----------
        draw : callable ``(figure, data, words)``
        alt : callable ``(data, words)`` that says what is to be seen; put into the label ``text.alt``.
        behind, whole, published
            What stands behind the numbers, as of :func:`coops.disclosure.released`; data that it gave back say no more.
        details
            What else the list says of it.
        """
        from IPython.display import Image, display

        from coops.show import drawing

        published = bool(parameters.get("published"))
        data = disclosure.released(data, self.study, behind=behind, whole=whole, published=published)
        exhibit = self._exhibit("figure", text, of)
        missing = bool(data["hidden"].str.contains("estimate").any())
        captions, notes, alts, pictures = {}, {}, {}, {}
        for language, words in self.words.items():
            quoted = self._quoted(words, of, parameters)
            if not words.has(f"{text}.alt"):
                raise fail("E_NO_ALT", file="labels.csv", key=text)
            captions[language] = self._caption(words, text, quoted)
            notes[language] = self._note(words, text, quoted, missing, words.label("not_drawn"))
            alts[language] = words.label(f"{text}.alt", content=alt(data, words), **quoted)
            pictures[language] = drawing.png(draw, data, words, mark=not published)
            self._file(exhibit, f"{language}.png").write_bytes(pictures[language])
        self._file(exhibit, "csv").write_text(show_table.written(data), encoding="utf-8")
        number = self._keep(exhibit | {"caption": captions, "note": notes, "alt": alts} | (details or {}))
        first = self.first_words
        display(Image(pictures[first.language], alt=alts[first.language], width=640))
        title = f"**{first.label('figure_number', number=number)}.** {captions[first.language]}"
        return self.say(f"{title}\n\n{notes[first.language]}".strip())

    def say(self, markdown: str) -> "Markdown":
        """Show Markdown below the cell."""
        from IPython.display import Markdown

        return Markdown(markdown)

    def listed(self) -> dict[str, dict]:
        """All exhibits made so far in this run, by name; of two of one name the first."""
        by_name: dict[str, dict] = {}
        for exhibit in listed(self.root):
            by_name.setdefault(exhibit["name"], exhibit)
        return by_name

    def _exhibit(self, kind: str, text: str, of: str) -> dict:
        """Begin an exhibit: its name, and the stem of its files: number of the notebook and name; tables say so."""
        plain = text.removeprefix("fig_").removeprefix("tab_")
        parts = [f"{self.notebook[:2]}_{plain}", *(["table"] if kind == "table" else []), *([of] if of else [])]
        return {"name": f"{text}.{of}" if of else text, "kind": kind, "file": ".".join(parts)}

    def _file(self, exhibit: dict, ending: str) -> Path:
        (self.root / FIGURES).mkdir(parents=True, exist_ok=True)
        return self.root / FIGURES / f"{exhibit['file']}.{ending}"

    def _keep(self, exhibit: dict) -> str:
        """Put an exhibit into the list, in its place if it was there before, and return the number it now has."""
        names = [other["name"] for other in self._own]
        if exhibit["name"] in names:
            self._own[names.index(exhibit["name"])] = exhibit
        else:
            self._own.append(exhibit)
        path = self.root / LISTS / f"{self.notebook}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self._own, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return {exhibit["name"]: exhibit["number"] for exhibit in numbered(self.notebook, self._own)}[exhibit["name"]]

    def _caption(self, words: Words, text: str, quoted: dict) -> str:
        """Return a caption; that of a demonstration says so wherever it is copied to, unless all of it is published."""
        kind = self.study.contract.study.label
        marked = kind == "DEMONSTRATION" and not quoted.get("published")
        mark = f" – {words.label(f'mark.{kind}')}" if marked else ""
        return words.label(text, **quoted) + mark

    def _note(self, words: Words, text: str, quoted: dict, hidden: bool, sign: str) -> str:
        """Return a note; it says why something is hidden, wherever something is."""
        note = words.label(f"{text}.note", **quoted) if words.has(f"{text}.note") else ""
        return f"{note} {_hidden_note(words, sign)}".strip() if hidden and HIDDEN not in note else note

    def _quoted(self, words: Words, of: str, parameters: dict) -> dict:
        """What captions and notes may quote."""
        contract = self.study.contract
        level = "person" if any(table.level == "person" for table in contract.tables.values()) else "group"
        reference = contract.design.reference
        quoted = {
            "persons": words.noun(level),
            "source": words.said(contract.study.title),
            "min_persons": words.count(contract.release.min_persons),
            "min_groups": words.count(contract.release.min_groups),
            "reference": words.label(reference) if reference else words.label("no_offer"),
            "of": (words.said(self.study.label(of)) or of) if of else "",
        }
        return quoted | {name: value(words) if callable(value) else value for name, value in parameters.items()}


def _hidden_note(words: Words, sign: str) -> str:
    """Say what a sign for what is hidden stands for, with the thresholds of the study."""
    contract = words.study.contract
    least = [words.noun(level, contract.least(level)) for level in ("person", "group") if level in contract.units]
    both = words.label("hidden_least", persons=least[0], groups=least[1]) if len(least) > 1 else least[0]
    return words.label("hidden_note", sign=sign, least=both)


def numbered(notebook: str, exhibits: list[dict]) -> list[dict]:
    """Give the exhibits of a notebook their numbers, ``7.1``: tables and figures are counted each, in their order."""
    counts: Counter = Counter()
    lines = []
    for exhibit in exhibits:
        counts[exhibit["kind"]] += 1
        number = f"{int(notebook[:2])}.{counts[exhibit['kind']]}"
        lines.append(exhibit | {"number": number, "notebook": notebook})
    return lines


def listed(root: Path) -> list[dict]:
    """All exhibits of a run with their numbers, in the order of the notebooks."""
    files = sorted((root / LISTS).glob("*.json"))
    return [exhibit for file in files for exhibit in numbered(file.stem, json.loads(file.read_text(encoding="utf-8")))]


def forget(root: Path, notebook: str) -> None:
    """Remove the exhibits and results that a notebook wrote into a run before: a gap, never an old number."""
    path = root / LISTS / f"{notebook}.json"
    for exhibit in json.loads(path.read_text(encoding="utf-8")) if path.is_file() else ():
        for ending in ("csv", *(f"{language}.png" for language in exhibit["caption"])):
            (root / FIGURES / f"{exhibit['file']}.{ending}").unlink(missing_ok=True)
    for file in (path, root / RESULTS / f"{notebook}.csv"):
        file.unlink(missing_ok=True)
