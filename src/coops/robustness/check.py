"""What a check of robustness is: a name, what it applies to, a tidy frame, its exhibits, and what it answers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import pandas as pd

from coops.disclosure.thresholds import enough
from coops.estimation.direction import direction
from coops.estimation.tidy import Row
from coops.robustness.leading import KEY, Comparison, Leading, key_of
from coops.show.language import Words
from coops.show.table import Column
from coops.study.study import Study

PARTS = ("enough", "not_enough", "unknown", "compare", "against", "curve")  # as the summary asks them
ENOUGH, NOT_ENOUGH, UNKNOWN, COMPARE, AGAINST, METHODS = PARTS
APPEARS, ABSENT, LIMIT = "appears", "absent", "limit"  # of an estimate without a direction
DIRECTIONS = ("up", "down")


@dataclass(frozen=True)
class Answer:
    """What a check says of one leading estimate, in one language.

    ``part``: of an estimate with a direction, that something is ``ENOUGH`` to overturn it, is ``NOT_ENOUGH``, or could
    not be known (``UNKNOWN``); of one without, that a direction ``APPEARS``, that none does (``ABSENT``), or what the
    study could not have seen (``LIMIT``); of both what to ``COMPARE`` it with, what speaks ``AGAINST`` it and what all
    ``METHODS`` say. ``text``: the words. ``listed``: key of a sentence that lists the texts of all checks with it.
    ``tried``: what was not tried is told after what was.
    """

    part: str
    text: str = ""
    listed: str = ""
    tried: bool = True


@dataclass(frozen=True)
class Exhibit:
    """A ``table`` or a ``figure`` of a check, with the settings that ``table`` or ``figure`` of the exhibits takes."""

    kind: str
    settings: dict


class Check(ABC):
    """One way to see whether a leading estimate would be overturned; a module of ``checks`` defines one.

    ``name``: ``check.NAME`` in ``labels.csv`` are its words. ``place``: its number among the checks, by which tables
    and sentences are ordered. ``settings``: what of ``[robustness]`` it needs. ``sizes``: columns of its frame that say
    how large something must be to overturn an estimate, for the table of all of them.
    """

    name: str
    place: int
    settings: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()

    def applies(self, comparison: Comparison, estimate: Row) -> str:
        """Say why the check does not apply to an estimate that has an interval: a key ``check.why.KEY``; or nothing."""
        return ""

    def compare(self, comparison: Comparison, estimates: list[Row]) -> list[dict]:
        """Run the check on the estimates of one specification that it applies to.

        Returns
        -------
        list of dict
            Rows of a tidy frame: ``leading.key_of(estimate)``, then what the check finds, in the unit of the outcome;
            what the field has a name for is called so (estimate, conf_low, conf_high, p_value, n, ...). Else the key
            alone.
        """
        return [key_of(estimate) for estimate in estimates]

    def numbers(self, estimate: Row, frame: pd.DataFrame, leading: Leading) -> dict:
        """The numbers and keys that the answers about an estimate are made from, by names of their own.

        Parameters
        ----------
        frame : DataFrame
            The rows of the check about this estimate (:meth:`about`); empty where it does not apply.
        """
        return {}

    @abstractmethod
    def answers(self, row: dict, words: Words) -> list[Answer]:
        """Answer whether it would overturn an estimate.

        Parameters
        ----------
        row : dict
            :meth:`numbers` of all checks, beside the estimate: outcome, wave, arm, estimate, conf_low, conf_high,
            margin, unit, decimals, ``says`` (its direction now) and ``claim`` (what its design allows to say).
        """

    def run(self, leading: Leading, applied: dict[tuple, str]) -> pd.DataFrame:
        """Run on every leading estimate that the check applies to; empty if it is none."""
        rows: list[dict] = []
        for comparison in leading.comparisons:
            mine = [e for e in comparison.estimates if applied[tuple(key_of(e).values())] == ""]
            rows += self.compare(comparison, mine) if mine else []
        return pd.DataFrame(rows, columns=None if rows else KEY)

    def about(self, frame: pd.DataFrame, estimate: Row, leading: Leading) -> pd.DataFrame:
        """The rows of the frame that speak of a leading estimate: those with its key."""
        return of_estimate(frame, estimate)

    def exhibits(self, frame: pd.DataFrame, leading: Leading) -> list[Exhibit]:
        """The tables and figures of the check: none if there is nothing to show."""
        return []

    def size_columns(self, frame: pd.DataFrame) -> list[Column]:
        """How :attr:`sizes` are shown; a column that is empty everywhere is left out."""
        return []

    def size_parameters(self, frame: pd.DataFrame, study: Study) -> dict:
        """What the note of the table of sizes quotes of this check, each perhaps a function of the words."""
        return {}

    def notes(self, frame: pd.DataFrame, leading: Leading, words: Words) -> list[str]:
        """Sentences below the summary that hold for all estimates."""
        return []

    def unnamed(self, frame: pd.DataFrame, study: Study) -> list[str]:
        """What the study would have to name for the check to say more: keys ``overturn.part.KEY``."""
        return [name for name in self.settings if not getattr(study.contract.robustness, name)]

    def recorded(self, frame: pd.DataFrame) -> list[dict]:
        """What may be quoted beside an estimate, of the rows about it: quantity, value, reach (its words)."""
        return []


class AlternativeEstimate(Check):
    """A check that makes a leading estimate in another way.

    Its frame has, beside the key: kind (``look.KIND`` are its words), band, estimate, conf_low, conf_high, n, n_fewest,
    refused. The summary shows all of them in one table.
    """

    kinds: tuple[str, ...]

    def numbers(self, estimate, frame, leading):
        """Ways with enough units that give the same direction, and those that do not; several are joined by ``|``."""
        least, now = leading.study.contract.least(estimate.unit_level), direction(estimate)
        ways: dict[str, list[str]] = {"same": [], "other": []}
        for way in frame.itertuples():
            there = direction(way)
            if there != "refused" and enough(way.n_fewest, least):
                ways["same" if there == now else "other"].append(f"{way.kind}:{way.band}" if way.band else way.kind)
        return {name: "|".join(named) for name, named in ways.items()}

    def answers(self, row, words):
        """Another direction is enough to overturn one; without one, it says that a direction appears."""
        sure = row["says"] in DIRECTIONS
        answers = []
        for side, part, key in (
            ("other", ENOUGH if sure else APPEARS, "overturn.by.looks" if sure else "overturn.appears"),
            ("same", NOT_ENOUGH if sure else ABSENT, "overturn.not.looks"),
        ):
            ways = [way.partition(":")[::2] for way in row[side].split("|")]
            text = self.named([way for way in ways if way[0] in self.kinds], words)
            answers += [Answer(part, text, listed=key)] if text else []
        return answers

    def named(self, ways: list[tuple[str, str]], words: Words) -> str:
        """Name the ways of this check, each a kind and a band, in one text; empty if there are none."""
        return words.listed([way_in_words(kind, band, words) for kind, band in ways]) if ways else ""

    def untold(self, row: dict, estimate: Row, study: Study) -> dict:
        """What a row leaves out because it would tell of few, beside rows of few."""
        return {}


def way_in_words(kind: str, band: str, words: Words) -> str:
    """Name another way to make an estimate."""
    variable = words.study.contract.robustness.bands
    return words.label(f"look.{kind}", **({"band": words.value_label(variable, band)} if band else {}))


def of_estimate(frame: pd.DataFrame, estimate: Row) -> pd.DataFrame:
    """The rows of a check about one leading estimate."""
    same = [frame[name] == value for name, value in key_of(estimate).items()]
    return frame[pd.concat(same, axis=1).all(axis=1)] if len(frame) else frame


def each(frame: pd.DataFrame, leading: Leading) -> list[tuple[Row, pd.DataFrame]]:
    """Each leading estimate that a check has rows about, with these, in the order of the study."""
    parts = [(estimate, of_estimate(frame, estimate)) for estimate in leading.estimates]
    return [(estimate, part) for estimate, part in parts if len(part)]
