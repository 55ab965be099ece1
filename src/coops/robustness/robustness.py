"""What would overturn the leading estimates of a study: every check run, and what all of them say."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from coops.data.units import Data
from coops.robustness import result, summary
from coops.robustness.check import Check
from coops.robustness.checks import checks
from coops.robustness.leading import Leading
from coops.robustness.leading import leading as leading_of
from coops.robustness.result import Result
from coops.show.results import Record


@dataclass(frozen=True)
class Robustness:
    """The leading estimates and the results of the checks, in the order of the checks."""

    leading: Leading
    results: list[Result] = field(default_factory=list)

    def __iter__(self) -> Iterator[Result]:
        """Each check, run."""
        return iter(self.results)

    def __getitem__(self, name: str) -> Result:
        """A check by its name."""
        return next(item for item in self.results if item.check.name == name)

    @property
    def frame(self) -> pd.DataFrame:
        """The checks: name (``check``), what it asks, of how many leading estimates (``applies``), rows of its frame.

        What it asks is the first sentence of its module.
        """
        rows = []
        for item in self.results:
            asks = (sys.modules[type(item.check).__module__].__doc__ or "").partition("\n")[0].partition(": ")[2]
            applies = int(item.applied["why"].eq("").sum())
            rows.append((item.check.name, asks.rstrip("."), applies, len(item.applied), len(item.frame)))
        return pd.DataFrame(rows, columns=["check", "asks", "applies", "of", "rows"])

    @property
    def summaries(self) -> list[dict]:
        """The tables of all checks together, for an opened study: answers, sizes, estimates made otherwise."""
        answers = summary.overturning(self.leading, self.results)
        below = {"below": lambda words: summary.below(self.leading, self.results, words)}
        quoted: dict = {}
        for item in self.results:
            quoted |= item.check.size_parameters(item.frame, self.leading.study)
        tables = [{"table": answers, "text": "tab_overturn"} | below]
        tables += [{"table": summary.sizes(self.leading, self.results), "text": "tab_shocks"} | quoted]
        tables += [{"table": summary.otherwise(self.leading, self.results), "text": "tab_looks"}]
        return [settings for settings in tables if settings["table"] is not None]

    @property
    def recorded(self) -> list[dict]:
        """What may be quoted beside an estimate: ``leading`` (the estimate), quantity, value, reach; in their order."""
        return [
            {"leading": estimate} | row
            for estimate in self.leading.estimates
            for item in self.results
            for row in item.check.recorded(item.check.about(item.frame, estimate, self.leading))
        ]


def of_study(data: Data, ranges: list[Record]) -> Robustness:
    """Every check, run on the leading estimates of a study; ``ranges``: what the losses could do, as recorded."""
    study = data.study
    settings = {"draws": study.contract.design.draws, "seed": study.contract.study.seed}
    return robustness(leading_of(data, study.resolve(study.headline), study.comparable, ranges, **settings))


def robustness(leading: Leading, chosen: list[Check] | None = None) -> Robustness:
    """Run the checks on the leading estimates: all of them, or the chosen ones."""
    return Robustness(leading, [result.run(check, leading) for check in (checks() if chosen is None else chosen)])
