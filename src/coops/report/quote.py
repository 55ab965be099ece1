"""A result in the words of one language: number, interval, direction, counts, and what may be said of it."""

from dataclasses import dataclass

import numpy as np

from coops.estimation import resampled
from coops.estimation.direction import concerns
from coops.show.cost_set import set_in_words
from coops.show.language import Words, family_label, size_in_words
from coops.show.results import HIDDEN, LEVELS, Record, Results, unpaired
from coops.study.estimators import ESTIMATORS


@dataclass(frozen=True)
class Interval:
    """An interval in words; ``low`` and ``high`` are its ends with their unit, ``level`` its level."""

    words: str
    low: str
    high: str
    level: str

    def __str__(self) -> str:
        return self.words


class Quote:
    """A record in the words of one language; as text it is the number with its unit."""

    def __init__(self, record: Record, words: Words, results: Results | None = None):
        self.record, self._words, self._results = record, words, results

    @property
    def hidden(self) -> bool:
        """Tell whether too few units stand behind the number for it to be shown, or it would give such a one away."""
        return self.record.cells.get("hidden") == "yes"

    def _measure(self, value: float, effect: bool) -> str:
        if self.hidden:
            return HIDDEN
        return self._words.measure(value, self.record.unit, int(self.record.decimals), effect)

    def __str__(self) -> str:
        if self.record.quantity == "count" and not self.hidden:
            return self._words.count(self.record.estimate)
        return self._measure(self.record.estimate, self.record.quantity not in LEVELS)

    @property
    def interval(self) -> Interval:
        """The interval, in words; its ends and its level are asked of it."""
        words, ends = self._words, (self.record.conf_low, self.record.conf_high)
        if np.isnan(ends[0]) or self.hidden:
            text = words.label("no_interval")
        else:
            low, high = (words.shown(end, self.record.unit, int(self.record.decimals)) for end in ends)
            text = words.label("interval_words", low=low, high=high)
        low, high = (self._measure(end, self.record.quantity not in LEVELS) for end in ends)
        return Interval(text, low, high, words.percent(self.record.conf_level))

    @property
    def direction(self) -> str:
        """``up``, ``down`` or ``uncertain``: by interval and confirmatory family; ``refused`` without interval."""
        if self.record.refused or self.hidden:
            return "refused"
        if self.record.p_value_adjusted > 1 - self.record.conf_level:
            return "uncertain"
        if self.record.conf_low > 0:
            return "up"
        return "down" if self.record.conf_high < 0 else "uncertain"

    @property
    def doubt(self) -> str:
        """Why no direction is said, in words: too few, no interval, it covers zero, or its family takes it back."""
        if self.direction in ("up", "down"):
            return ""
        if self.direction == "refused":
            return self._words.label(f"refused.{self.record.refused}" if self.record.refused else "doubt.hidden")
        if self.record.conf_low <= 0 <= self.record.conf_high:
            return self._words.label("doubt.interval")
        return self._words.label("doubt.family", p=self._words.p_value(self.record.p_value_adjusted))

    @property
    def enough(self) -> str:
        """The shock to its arm's area that would overturn its direction, else the trend, in words; or an empty text."""
        other = self._beside("shock") or self._beside("trend")
        if not other or self.direction not in ("up", "down"):
            return ""
        share = self._words.number(100 * other.estimate / abs(self.record.estimate), 0)
        size = size_in_words(other.estimate, self.record.unit, int(self.record.decimals), self._words)
        return self._words.label(f"overturn.by.{other.quantity}.{other.reach}", size=size, share=share)

    @property
    def against(self) -> str:
        """Outcomes that the programme cannot have changed, and that are away from zero in its arm; or an empty text."""
        if not self._results:
            return ""
        study = self._words.study
        placebos = [name for name, table in study.contract.specifications.items() if table.placebo]
        records = [record for name in placebos for record in self._results.of(name, "effect", "change", "difference")]
        quotes = [Quote(record, self._words) for record in records if concerns(record, self.record, study)]
        moved = [quote._moved(self.record.wave) for quote in quotes if quote.direction in ("up", "down")]
        return self._words.listed(list(dict.fromkeys(moved))) if moved else ""

    def _moved(self, wave: str) -> str:
        """The outcome with the side of zero on which it is; its wave too if it is another than the given one."""
        name = self.label if self.record.wave == wave else self.named
        return self._words.label("overturn.moved", outcome=name, side=self._words.label(f"says.{self.direction}"))

    def _beside(self, quantity: str) -> Record | None:
        """Another quantity recorded of the same estimate; none if there is none."""
        key = self.record.key.removesuffix(self.record.quantity) + quantity
        return self._results.records.get(key) if self._results else None

    @property
    def agree(self) -> bool:
        """Tell whether the other methods stand on the side of the leading one, as far as they were made."""
        return resampled.agree(self.record) is not False

    @property
    def cost_effectiveness(self) -> str:
        """Of what an effect cost: the cost of one unit of it with its set, in words."""
        if self.hidden:
            return HIDDEN
        money = {"money": self.record.unit, "money_decimals": self.record.decimals}
        return set_in_words(self.record.cells | money, self._words)

    @property
    def losses(self) -> str:
        """Of a range: ``differ`` if one arm lost more beyond sampling error, else ``alike``."""
        return self.record.losses

    @property
    def refused(self) -> str:
        """Why there is no interval, or an empty text."""
        return self.record.refused

    @property
    def n(self) -> str:
        """Number of units used, with their noun."""
        if self.hidden or np.isnan(self.record.n):
            return HIDDEN
        return self._words.noun(self.record.unit_level or "person", int(self.record.n))

    @property
    def groups(self) -> str:
        """Number of groups used, with their noun where there is one."""
        if not self.record.groups_by_arm:  # with those by arm all are left out
            return HIDDEN
        number = sum(unpaired(self.record.groups_by_arm).values())
        units = self._words.study.contract.units
        return self._words.noun("group", number) if "group" in units else self._words.count(number)

    @property
    def clusters(self) -> str:
        """Number of clusters used."""
        return HIDDEN if self.hidden else self._words.count(self.record.n_clusters)

    @property
    def label(self) -> str:
        """Label of the outcome, or of a family's index."""
        if self.record.quantity == "family_index":
            return self._words.label("family_index.of", family=family_label(self.record.outcome, self._words))
        return self._words.label(self.record.outcome)

    @property
    def named(self) -> str:
        """Label of the outcome with its wave, for lists."""
        return f"{self.label} ({self.wave})"

    @property
    def wave(self) -> str:
        """Label of the wave, or of the waves together."""
        waves = self._words.study.contract.waves
        if self.record.wave in waves:
            return self._words.label(self.record.wave)
        parts = [wave for wave in waves if f"_{wave}_" in f"_{self.record.wave}_"]
        return self._words.listed([self._words.label(wave) for wave in parts])

    @property
    def arm(self) -> str:
        """Label of the arm."""
        return self._words.label(self.record.arm) if self.record.arm else ""

    @property
    def reference(self) -> str:
        """Label of the arm compared with."""
        return self._words.label(self.record.reference) if self.record.reference else self._words.label("no_offer")

    @property
    def reference_mean(self) -> str:
        """Mean of the outcome in the reference arm."""
        return self._measure(self.record.reference_mean, False)

    @property
    def claim(self) -> str:
        """Key of the words that the assignment and the estimator allow."""
        table = self._words.study.contract.specifications.get(self.record.specification)
        return ESTIMATORS[table.estimator if table else "level"].claim(self.record.assignment)
