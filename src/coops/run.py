"""One study, one run: the object that a notebook opens. Every read and write of a notebook goes through it."""

import json
from functools import cached_property
from pathlib import Path

import pandas as pd

from coops.analysis import participants
from coops.analysis import rows as analysis_rows
from coops.analysis.data import Data
from coops.analysis.effects import Estimate
from coops.exhibits import results, tables
from coops.exhibits.words import Words
from coops.intake import tables as intake_tables
from coops.intake.findings import Finding, FindingError, fail, found
from coops.intake.study import Plan, Study, load


def repository() -> Path:
    """The folder that relative paths of notebooks start from: that of the repository, else where we are."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "notebooks").is_dir() else Path.cwd()


def inside_git(folder: Path) -> bool:
    """Tell whether a folder lies in a git work tree."""
    return any((parent / ".git").exists() for parent in (folder.resolve(), *folder.resolve().parents))


def refuse_field_data_in_git(study: Study, *folders: Path) -> None:
    """Stop if personal data could be committed by mistake."""
    for folder in folders if study.contract.study.label == "FIELD" else ():
        if inside_git(folder):
            raise fail("E_FIELD_IN_GIT", folder=folder.name)


WRITTEN = ("data/clean", "data/results", "figures", "notebooks", "report")
MARK = "run.json"  # says that a folder is one that runs write into


def claim_root(study: Study, root: Path) -> None:
    """Mark a folder as one that runs write into.

    Raises
    ------
    FindingError
        ``E_OUT_FOLDER`` if it holds what a run would overwrite and no run has written.
    """
    if (root / MARK).is_file():
        return
    if any((root / name).exists() for name in WRITTEN):
        raise fail("E_OUT_FOLDER", folder=root.name)
    root.mkdir(parents=True, exist_ok=True)
    (root / MARK).write_text(json.dumps({"study": study.id, "notebooks": {}}, indent=1) + "\n", encoding="utf-8")


class Run:
    """A study opened by one notebook.

    Parameters
    ----------
    folder, root : str
        The study folder and the folder that the run writes into; from the repository if relative.
    notebook : str
        Name of the notebook that opens it: its number begins the numbers of its exhibits.

    Raises
    ------
    FindingError
        With every finding about the study folder.
    """

    def __init__(self, folder: str, root: str, notebook: str):
        self.root = repository() / root
        self.study = load(repository() / folder)
        refuse_field_data_in_git(self.study, self.study.folder, self.root)
        claim_root(self.study, self.root)
        self.notebook, self.number = notebook, int(notebook.split("_")[0])
        self.languages = self.study.contract.study.languages
        self.words = {language: Words(self.study, language) for language in self.languages}
        self._records: list[dict] = []
        self._exhibits: list[dict] = []
        self._forget()

    # -- folders ------------------------------------------------------------------------------

    @property
    def clean_folder(self) -> Path:
        """Clean tables."""
        return self.root / "data" / "clean"

    @property
    def results_folder(self) -> Path:
        """Results and the list of exhibits."""
        return self.root / "data" / "results"

    @property
    def figures_folder(self) -> Path:
        """Exhibits."""
        return self.root / "figures"

    def _forget(self) -> None:
        """Remove what this notebook wrote before: a gap, never an old number."""
        for pattern in (f"fig_{self.number}_*", f"tab_{self.number}_*"):
            for path in self.figures_folder.glob(pattern):
                path.unlink()
        for path in (self._results_file, self._exhibits_file):
            path.unlink(missing_ok=True)

    @property
    def _results_file(self) -> Path:
        return self.results_folder / f"{self.notebook}.csv"

    @property
    def _exhibits_file(self) -> Path:
        return self.results_folder / "exhibits" / f"{self.notebook}.json"

    # -- data ---------------------------------------------------------------------------------

    def receive(self) -> intake_tables.Received:
        """Read the raw files, write the clean tables and what was found.

        Raises
        ------
        FindingError
            With every error found in the data; nothing is written then but the list of findings.
        """
        received = intake_tables.receive(self.study)
        self.clean_folder.mkdir(parents=True, exist_ok=True)
        for path in self.clean_folder.glob("*.csv"):
            path.unlink()
        lines = [
            {
                "code": f.code,
                "file": f.file,
                "sheet": f.sheet,
                "row": f.row or "",
                "column": f.column,
                "words": f.text(self.languages[0]),
            }
            for f in received.findings
        ]
        columns = ["code", "file", "sheet", "row", "column", "words"]
        pd.DataFrame(lines, columns=columns).to_csv(
            self.clean_folder / "_findings.csv", index=False, lineterminator="\n"
        )
        if received.errors:
            raise FindingError(*received.errors)
        for name, frame in received.tables.items():
            frame.to_csv(self.clean_folder / f"{name}.csv", index=False, lineterminator="\n")
        reasons = (
            pd.concat(received.reasons)
            if received.reasons
            else pd.DataFrame(columns=["table", "key", "column", "reason"])
        )
        reasons.to_csv(self.clean_folder / "_reasons.csv", index=False, lineterminator="\n")
        return received

    @cached_property
    def data(self) -> Data:
        """The clean tables as units.

        Raises
        ------
        FindingError
            ``E_NOT_RUN`` if the intake notebook has not written them.
        """
        clean = {}
        for name in self.study.contract.tables:
            path = self.clean_folder / f"{name}.csv"
            if not path.is_file():
                raise fail("E_NOT_RUN", file=f"data/clean/{path.name}")
            kinds = {column: rows[-1] for column, rows in self.study.codebook.of_table(name).items()}
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
            for column, variable in kinds.items():
                text = frame[column].where(frame[column] != "")
                frame[column] = text.astype(float) if variable.numeric else text.astype(object)
            clean[name] = frame
        return Data(self.study, clean)

    def clean_summary(self) -> pd.DataFrame:
        """Rows, variables and share of empty cells of each clean table."""
        lines = [
            {
                "table": name,
                "rows": len(frame),
                "variables": frame.shape[1],
                "missing": float(frame.isna().to_numpy().mean()) if len(frame) else 0.0,
            }
            for name, frame in self.data.tables.items()
        ]
        return pd.DataFrame(lines)

    # -- specifications -----------------------------------------------------------------------

    @property
    def specifications(self) -> list[str]:
        """Names of the specifications, the headline first."""
        names = list(self.study.contract.specifications)
        return sorted(names, key=lambda name: name != self.study.headline)

    def plans(self, name: str) -> list[Plan]:
        """One plan an estimate of a specification."""
        return self.study.plans(name)

    def rows(self, plan: Plan) -> analysis_rows.Rows:
        """The rows of one estimate."""
        return analysis_rows.build(self.data, plan)

    def comparable(self, plan: Plan) -> bool:
        """Tell whether the question of the outcome was the same at all the waves of a plan."""
        waves = self.study.contract.waves
        versions = [waves[wave].form_version for wave in (*plan.baseline, *plan.waves)]
        asked = list(dict.fromkeys(version for version in versions if version))
        return all(self.study.codebook.comparable(name, asked) for name in self.study.measured_inputs(plan.outcome))

    # -- results ------------------------------------------------------------------------------

    def record(self, estimates: list[Estimate]) -> None:
        """Record estimates: from now on they can be quoted by their keys."""
        words = self.words[self.languages[0]]
        self._records += [results.of_estimate(one, self.study, tables.method(one, words)) for one in estimates]
        self._write_records()

    def record_number(
        self, key: str, value: float, *, unit: str = "", decimals: int = 0, persons: int | None = None
    ) -> None:
        """Record a count, a mean or a share under its key."""
        self._records.append(
            results.of_number(key, value, unit=unit, decimals=decimals, persons=persons, study=self.study)
        )
        self._write_records()

    def record_flow(self, flow: pd.DataFrame) -> None:
        """Record the counts of the flow: units, groups and clusters seen, by wave and arm."""
        for row in flow.to_dict("records"):
            where = f"{row['wave']}.{row['arm'].replace(' + ', '+')}" if row["arm"] else row["wave"]
            for what, column in (("persons", "seen"), ("groups", "groups"), ("clusters", "clusters")):
                self.record_number(f"{what}.{where}.flow.count", row[column])

    def record_samples(self) -> None:
        """Record how many units of the population were seen at each wave in each sample of the study."""
        data, units = self.data, self.data.population()
        for name, sample in self.study.contract.samples.items():
            own = [data.measured(one.variable) for one in sample.conditions if not one.wave]
            for wave in [wave for wave in data.waves if all(wave in waves for waves in own)]:
                inside = data.fulfils(name, wave, data.level, units) & data.seen(wave, data.level, units).to_numpy()
                self.record_number(f"{name}.{wave}.flow.count", int(inside.sum()))

    def record_balance(self, balance: pd.DataFrame, differences: list[Estimate]) -> None:
        """Record the means by arm at the start and their differences."""
        for row in balance.to_dict("records"):
            variable = self.study.codebook.get(row["variable"])
            self.record_number(
                f"{row['variable']}.{row['wave']}.{row['arm']}.balance.mean",
                row["mean"],
                unit=variable.unit,
                decimals=variable.decimals,
                persons=row["n"],
            )
        self.record(differences)

    def record_attrition(self, attrition: pd.DataFrame, differences: list[Estimate]) -> None:
        """Record the shares lost by arm and their differences."""
        for row in attrition.to_dict("records"):
            where = f"{row['wave']}.{row['arm'].replace(' + ', '+')}" if row["arm"] else row["wave"]
            self.record_number(
                f"not_seen.{where}.attrition.share", row["share"], unit="share", decimals=1, persons=row["expected"]
            )
            self.record_number(f"not_seen.{where}.attrition.count", row["lost"])
        self.record(differences)

    def _write_records(self) -> None:
        for row in self._records:
            row["notebook"] = self.notebook
        twice = {row["key"] for row in self._records if sum(other["key"] == row["key"] for other in self._records) > 1}
        if twice:
            raise fail("E_KEY_RECORDED_TWICE", key=", ".join(sorted(twice)))
        results.write(self._records, self._results_file)

    @property
    def results(self) -> results.Results:
        """All results recorded so far in this run."""
        return results.Results(self.results_folder, self.study)

    # -- exhibits -----------------------------------------------------------------------------

    def table(self, table: tables.Table, text: str, of: str = "", **parameters):
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
        bodies = {language: table.markdown(words) for language, words in self.words.items()}
        captions = {
            language: self._caption(words, text, self._said(words, of, parameters))
            for language, words in self.words.items()
        }
        notes = {
            language: words.label(f"{text}.note", **self._said(words, of, parameters))
            if words.has(f"{text}.note")
            else ""
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

        from coops.exhibits import figures

        name, number, stem = self._next("fig", text, of)
        self.figures_folder.mkdir(parents=True, exist_ok=True)
        captions, notes, alts, pictures = {}, {}, {}, {}
        for language, words in self.words.items():
            said = self._said(words, of, parameters)
            if not words.has(f"{text}.alt"):
                raise fail("E_NO_ALT", file="labels.csv", key=text)
            captions[language] = self._caption(words, text, said)
            notes[language] = words.label(f"{text}.note", **said) if words.has(f"{text}.note") else ""
            alts[language] = words.label(f"{text}.alt", content=alt(data, words), **said)
            pictures[language] = figures.png(draw, data, words, mark=not parameters.get("published"))
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

    # -- words of the page --------------------------------------------------------------------

    def fill(self, language: str) -> str:
        """Fill the text of a language: the study's own, else the default text."""
        from coops.report import text

        return text.fill(self, language)

    def preview(self, language: str):
        """Show the filled text of a language as the notebook can show it."""
        from coops.report import text

        return self.say(text.plain(self.fill(language)))

    def to_check(self) -> dict[str, list[str]]:
        """Return, a language, the sections whose English text has changed since they were translated."""
        from coops.report import text, translation

        others = [language for language in self.languages if language != "en"]
        kept = {language: text.source(self, language) for language in ("en", *others)} if others else {}
        return {
            language: translation.to_check(kept["en"][1], kept[language][1])
            for language in others
            if kept[language][0].startswith("text/") == kept["en"][0].startswith("text/")
        }

    def report(self) -> list[Finding]:
        """Write the page; return the finding that refuses it, if any."""
        from coops.report import publish

        if self.study.contract.study.label == "FIELD":
            return [found("E_FIELD_REPORT")]
        publish.write(self)
        return []


__all__ = ["Run", "inside_git", "participants", "refuse_field_data_in_git", "repository"]
