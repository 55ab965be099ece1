"""Placebo outcomes: what the programme cannot have changed, by the specifications that the study marks as such."""

from collections.abc import Callable

import pandas as pd

from coops.data.units import Data
from coops.disclosure.thresholds import enough
from coops.estimation import effects, sample_design, tidy
from coops.estimation.direction import concerns, direction
from coops.estimation.tidy import Row
from coops.robustness.check import AGAINST, DIRECTIONS, Answer, Check, Exhibit
from coops.robustness.exhibits import base, estimate_columns, interval, refused_key, table_of
from coops.robustness.power import POWER, minimum_detectable
from coops.show.language import Words, size_in_words
from coops.show.table import Column, labels_in_words, unit_columns
from coops.study.study import Specification, Study


class PlaceboOutcomes(Check):
    """Estimates of what the programme cannot have changed, of the study as a whole.

    Frame: the estimates of those specifications, each once, whichever leading estimates it speaks of.
    """

    name = "placebo_outcomes"
    place = 120

    def applies(self, comparison, estimate):
        """Where the study marks a specification as placebo."""
        marked = any(design.placebo for design in comparison.study.contract.specifications.values())
        return "" if marked else "no_placebo"

    def run(self, leading, applied):
        """Estimate them all, once."""
        return placebos(leading.data, leading.comparable)

    def about(self, frame, estimate, leading):
        """Those that speak of an estimate: made likewise, arms that share units, a common wave or one before."""
        return frame[[concerns(placebo, estimate, leading.study) for placebo in frame.itertuples()]]

    def numbers(self, estimate, frame, leading):
        """Those that moved: outcome, wave if it is another, and side, joined by ``|``; those of few stay out."""
        moved = [
            f"{row.outcome}:{row.wave if row.wave != estimate.wave else ''}:{direction(row)}"
            for row in enough_units(frame, leading.study)
            if direction(row) in DIRECTIONS
        ]
        return {"placebo_away": "|".join(dict.fromkeys(moved))}

    def answers(self, row, words):
        """Those that moved speak against an estimate, whatever it says."""
        if not row["placebo_away"]:
            return []
        moved = [moved_in_words(named, words) for named in row["placebo_away"].split("|")]
        key = "overturn.against_change" if row["claim"] == "changed" else "overturn.against"
        return [Answer(AGAINST, words.label(key, list=words.listed(moved)))]

    def unnamed(self, frame, study):
        """A specification marked as placebo."""
        return ["placebo"] if frame.empty else []

    def notes(self, frame, leading, words):
        """All placebo outcomes: those that moved, those that did not with what may be missed, and the silent."""
        study, rows = leading.study, list(frame.itertuples())
        shown = enough_units(frame, study)
        known = {row.Index for row in shown if direction(row) != "refused"}
        every = [*rows, *leading.estimates]
        several = [name for name in ("wave", "arm") if len({getattr(row, name) for row in every}) > 1]

        def named(row: Row) -> str:
            apart = [labels_in_words(getattr(row, name), words) for name in several if getattr(row, name)]
            return words.label(row.outcome) + (f" ({words.parts(apart)})" if apart else "")

        away = [
            words.label("overturn.moved", outcome=named(row), side=words.label(f"says.{direction(row)}"))
            for row in shown
            if direction(row) in DIRECTIONS
        ]
        zero = [
            words.label("overturn.missed", outcome=named(row), size=_missed(row, study, words))
            for row in shown
            if direction(row) == "uncertain"
        ]
        silent = list(dict.fromkeys(named(row) for row in rows if row.Index not in known))
        sentences = {"overturn.placebo_away": away, "overturn.placebo_zero": zero, "overturn.placebo_silent": silent}
        return [words.label(key, list=words.listed(items)) for key, items in sentences.items() if items]

    def exhibits(self, frame, leading):
        """The estimates of what the programme cannot have changed."""
        study = leading.study
        rows = [
            base(row) | interval(row) | {"says": f"says.{direction(row)}", "refused": refused_key(row.refused)}
            for row in frame.itertuples()
        ]
        if not rows:
            return []
        table = table_of(rows, study, *estimate_columns(study), Column("n", "count"), Column("says", "label"))
        return [Exhibit("table", {"table": table, "text": "tab_placebo"})]


def placebos(data: Data, comparable: Callable[[Specification], bool]) -> pd.DataFrame:
    """Estimates of the specifications that the study marks as placebo, one a row."""
    marked = [name for name, design in data.study.contract.specifications.items() if design.placebo]
    specifications = [specification for name in marked for specification in data.study.resolve(name)]
    return tidy.joined([effects.estimate(sample_design.build(data, s), comparable(s)) for s in specifications])


def enough_units(frame: pd.DataFrame, study: Study) -> list:
    """Placebo outcomes with enough units behind them to be told, a row each."""
    return [row for row in frame.itertuples() if enough(row.n_fewest, study.contract.least(row.unit_level))]


def moved_in_words(moved: str, words: Words) -> str:
    """Name a placebo outcome that moved, its wave if that is another, and the side of zero on which it is."""
    outcome, wave, side = moved.split(":")
    named = words.label(outcome) + (f" ({labels_in_words(wave, words)})" if wave else "")
    return words.label("overturn.moved", outcome=named, side=words.label(f"says.{side}"))


def _missed(row: Row, study: Study, words: Words) -> str:
    """The smallest true value of a placebo outcome that was likely to be found."""
    columns = unit_columns(pd.Series([row.outcome]), study)
    least = minimum_detectable(row.std_error, row.df, POWER, row.conf_level)
    return size_in_words(least, columns["unit"][0], int(columns["decimals"][0]), words)
