"""The exhibits of a notebook: each saved in every language of the study, numbered, with its words, and shown once."""

import json
from pathlib import Path

import pandas as pd

from coops.show import results
from coops.show import table as show_table
from coops.show.language import Words
from coops.show.results import HIDDEN
from coops.study.findings import fail
from coops.study.study import Study


class Gallery:
    """Saves and shows the tables and figures of one notebook of a study."""

    study: Study
    number: int
    languages: list[str]
    words: dict[str, Words]
    results_folder: Path
    figures_folder: Path
    _exhibits: list[dict]
    _exhibits_file: Path

    def table(self, table: show_table.Table, text: str, of: str = "", **parameters):
        """Save a table in each language of the study and show it in the first.

        Parameters
        ----------
        text : str
            Key of its caption; ``text.note`` is the key of its note, if it has one.
        of : str
            What it is about, where one notebook has several tables of a kind; part of its name.
        parameters
            What the caption and the note quote; ``published``: numbers of others, real in a demonstration too.
        """
        name, number, stem = self._next("tab", text, of)
        table = table.released(self.study)
        bodies = {language: table.markdown(words) for language, words in self.words.items()}
        captions = {
            language: self._caption(words, text, self._said(words, of, parameters))
            for language, words in self.words.items()
        }
        notes = {
            language: self._note(words, text, self._said(words, of, parameters), HIDDEN in bodies[language], HIDDEN)
            for language, words in self.words.items()
        }
        self.figures_folder.mkdir(parents=True, exist_ok=True)
        (self.figures_folder / f"{stem}.csv").write_text(table.csv(), encoding="utf-8")
        self._exhibits.append(
            {
                "name": name,
                "kind": "table",
                "number": number,
                "file": stem,
                "caption": captions,
                "note": notes,
                "body": bodies,
            }
        )
        self._write_exhibits()
        first = self.languages[0]
        title = f"**{self.words[first].label('table_number', number=number)}.** {captions[first]}"
        return self.say("\n\n".join(part for part in (title, bodies[first], notes[first]) if part))

    def figure(self, draw, data: pd.DataFrame, text: str, alt, of: str = "", **parameters):
        """Draw, save and show a figure: a PNG a language, its data in one csv, its text for those who cannot see it.

        Parameters
        ----------
        draw : callable ``(figure, data, words)``
        alt : callable ``(data, words)`` that says what is to be seen; put into the label ``text.alt``.
        """
        from IPython.display import Image, display

        from coops.show import drawing

        name, number, stem = self._next("fig", text, of)
        self.figures_folder.mkdir(parents=True, exist_ok=True)
        captions, notes, alts, pictures = {}, {}, {}, {}
        for language, words in self.words.items():
            said = self._said(words, of, parameters)
            if not words.has(f"{text}.alt"):
                raise fail("E_NO_ALT", file="labels.csv", key=text)
            captions[language] = self._caption(words, text, said)
            missing = "hidden" in data and bool(data["hidden"].astype(str).str.contains("value").any())
            notes[language] = self._note(words, text, said, missing, words.label("not_drawn"))
            alts[language] = words.label(f"{text}.alt", content=alt(data, words), **said)
            pictures[language] = drawing.png(draw, data, words, mark=not parameters.get("published"))
            (self.figures_folder / f"{stem}.{language}.png").write_bytes(pictures[language])
        data.map(results.number_text).to_csv(self.figures_folder / f"{stem}.csv", index=False, lineterminator="\n")
        self._exhibits.append(
            {
                "name": name,
                "kind": "figure",
                "number": number,
                "file": stem,
                "caption": captions,
                "note": notes,
                "alt": alts,
            }
        )
        self._write_exhibits()
        first = self.languages[0]
        display(Image(pictures[first], alt=alts[first], width=640))
        return self.say(
            f"**{self.words[first].label('figure_number', number=number)}.** "
            f"{captions[first]}\n\n{notes[first]}".strip()
        )

    def _caption(self, words: Words, text: str, said: dict) -> str:
        """Return a caption; that of a demonstration says so wherever it is copied to, unless all of it is published."""
        kind = self.study.contract.study.label
        made = kind == "DEMONSTRATION" and not said.get("published")
        mark = f" – {words.label(f'mark.{kind}')}" if made else ""
        return words.label(text, **said) + mark

    def _note(self, words: Words, text: str, said: dict, hidden: bool, sign: str) -> str:
        """Return a note; it says why something is hidden, wherever something is."""
        note = words.label(f"{text}.note", **said) if words.has(f"{text}.note") else ""
        return f"{note} {words.hidden(sign)}".strip() if hidden and HIDDEN not in note else note

    def _next(self, kind: str, text: str, of: str) -> tuple[str, str, str]:
        place = 1 + sum(one["kind"][:3] == kind for one in self._exhibits)
        return f"{text}.{of}" if of else text, f"{self.number}.{place}", f"{kind}_{self.number}_{place}"

    def _said(self, words: Words, of: str, parameters: dict) -> dict:
        """What captions and notes may quote."""
        contract = self.study.contract
        level = "person" if any(table.level == "person" for table in contract.tables.values()) else "group"
        reference = contract.design.reference
        said = {
            "persons": words.noun(level),
            "source": words.said(contract.study.title),
            "min_persons": words.count(contract.release.min_persons),
            "min_groups": words.count(contract.release.min_groups),
            "reference": words.label(reference) if reference else words.label("no_offer"),
            "of": self._name(words, of),
        }
        return said | {name: value(words) if callable(value) else value for name, value in parameters.items()}

    def _name(self, words: Words, of: str) -> str:
        return (words.said(self.study.label(of)) or of) if of else ""

    def _write_exhibits(self) -> None:
        self._exhibits_file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self._exhibits, ensure_ascii=False, indent=1)
        self._exhibits_file.write_text(text + "\n", encoding="utf-8")

    @property
    def exhibits(self) -> dict[str, dict]:
        """All exhibits made so far in this run, by name."""
        files = sorted((self.results_folder / "exhibits").glob("*.json"))
        return {one["name"]: one for file in files for one in json.loads(file.read_text(encoding="utf-8"))}

    def say(self, markdown: str):
        """Show Markdown below the cell."""
        from IPython.display import Markdown

        return Markdown(markdown)
