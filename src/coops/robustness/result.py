"""The checks of a study, run: each with its frame, where it applied, its exhibits, and what all of them answer."""

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from coops.estimation.tidy import Row
from coops.robustness.check import Check, Exhibit
from coops.robustness.leading import KEY, Comparison, Leading, key_of
from coops.show.language import Words


@dataclass(frozen=True)
class Result:
    """A check that was run on the leading estimates.

    ``frame``: what it found, tidy. ``applied``: one row a leading estimate, the key and ``why`` the check does not
    apply to it (a key of words), empty where it does.
    """

    check: Check
    frame: pd.DataFrame
    applied: pd.DataFrame
    exhibits: list[Exhibit]

    def line(self, words: Words) -> str:
        """The check in one line: its name, to how many estimates it applies, and why not to the others."""
        reasons = Counter(self.applied["why"])
        done = reasons.pop("", 0)
        counts = {"count": words.count(done), "all": words.count(len(self.applied))}
        why = words.parts([words.label(key) for key in reasons])
        parts = [words.label("check.done", **counts)] + ([words.label("check.not_done", why=why)] if why else [])
        return f"**{words.label(f'check.{self.check.name}')}.** {' '.join(parts)}"

    def of_kind(self, kind: str) -> list[dict]:
        """What the exhibits of an opened study show of it, each the settings of one exhibit."""
        return [exhibit.settings for exhibit in self.exhibits if exhibit.kind == kind]

    @property
    def tables(self) -> list[dict]:
        """Its tables."""
        return self.of_kind("table")

    @property
    def figures(self) -> list[dict]:
        """Its figures."""
        return self.of_kind("figure")


def run(check: Check, leading: Leading) -> Result:
    """Run a check on the leading estimates; one without an interval cannot be overturned, so none applies to it."""
    reasons = [
        {**key_of(estimate), "why": _why(check, comparison, estimate)}
        for comparison in leading.comparisons
        for estimate in comparison.estimates
    ]
    applied = pd.DataFrame(reasons, columns=[*KEY, "why"])
    frame = check.run(leading, {tuple(row[name] for name in KEY): row["why"] for row in reasons})
    return Result(check, frame, applied, check.exhibits(frame, leading))


def _why(check: Check, comparison: Comparison, estimate: Row) -> str:
    if estimate.refused:
        return f"refused.{estimate.refused}"
    why = check.applies(comparison, estimate)
    return f"check.why.{why}" if why else ""
