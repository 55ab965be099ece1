"""Shock: does the printed breakdown value lie below the shock that misled, and do the words differ without it?

Usage: python benchmarks/shock.py [SEEDS]. Analysis and words only; no notebook, no file.
``without``: the demonstration with a programme that does nothing, so that every headline that excludes zero is wrong.
``shipped``: its effects as they are; wrong is a headline that excludes zero with the shock and, by the same draws, holds
it without. The planted shock is what it added, in the unit of the outcome, for supported persons seen at the end.

``shock``: it exceeds the breakdown value in at least 95 % of the wrong ones. ``honest``: without shock and programme
about 5 % exclude zero. ``words``: of the wrong ones, how often the line of "What would overturn this" has other words
(its numbers left out) in the honest data of the same seed. ``words_true``: the same where the headline excludes zero in
both, because the programme works; beside: how often if the study had no placebo outcome, and how often the sizes
are larger with the shock (no data of before and after can tell a shock from an effect: only what else it reached can).
``placebo``: how often the line says that an outcome which the programme cannot have changed moved, with the shock and
in the honest data; ``placebo.size``: with a smaller shock, in standard deviations of the answers, such as those at which
results are overturned. The page prints at most the breakdown value looked at here: less where a family is allowed for.
"""

import re
import sys
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
from coverage import DEMO, received

from coops.demo import draw, people
from coops.estimation import effects, sample_design
from coops.estimation.direction import direction
from coops.robustness import breakdown, summary
from coops.robustness.check import DIRECTIONS
from coops.robustness.checks import checks
from coops.robustness.checks.placebo_outcomes import enough_units, placebos
from coops.robustness.leading import Comparison, Leading
from coops.robustness.robustness import Robustness, robustness
from coops.show.language import Words
from coops.show.table import unit_columns
from coops.study.load import load

BREAKDOWNS = ("area_shock", "pseudo_treatment", "trends", "other_events", "confounder")
PLACEBOS = "placebo_outcomes"


@contextmanager
def programme(works: bool):
    """Draw with the shipped effects, or with none."""
    items, income = dict(people.ITEMS), people.INCOME_EFFECT
    if not works:
        people.ITEMS.update(dict.fromkeys(items, 0.0))
        people.INCOME_EFFECT = 0.0
    try:
        yield
    finally:
        people.ITEMS.update(items)
        people.INCOME_EFFECT = income


def headline(study, seed: int, scenario: str) -> dict[str, tuple[Robustness, pd.Series]]:
    """Of each outcome of the headline what its checks say, and the outcome of supported persons at the end."""
    tables = draw(seed, scenario=scenario)
    tables.pop("truth")
    data, outcomes = received(study, tables), {}
    for specification in study.resolve(study.headline):
        rows = sample_design.build(data, specification)
        comparison = Comparison(data, rows, effects.rows(rows), lambda specification: True, draws=0, seed=seed)
        leads = Leading(data, [comparison], lambda specification: True)
        arm = comparison.estimates[0].arm
        after = rows.frame.set_index("unit")["follow_up"][rows.in_arm(arm).to_numpy()]
        chosen = [check for check in checks() if check.name in (*BREAKDOWNS, PLACEBOS)]
        outcomes[specification.outcome] = (robustness(leads, chosen), after)
    return outcomes


def moved(checked: Robustness) -> bool:
    """Tell whether a placebo outcome with enough units has an interval that leaves out zero."""
    rows = enough_units(checked[PLACEBOS].frame, checked.leading.study)
    return any(direction(row) in DIRECTIONS for row in rows)


def smaller(study, size: float, seeds: int) -> float:
    """How often the placebo outcome is away from zero with a shock of another size."""
    planned, away = people.SHOCK, 0
    people.SHOCK = size
    try:
        for seed in range(1, seeds + 1):
            tables = draw(seed, scenario="shock")
            tables.pop("truth")
            rows = enough_units(placebos(received(study, tables), lambda specification: True), study)
            away += any(direction(row) in DIRECTIONS for row in rows)
    finally:
        people.SHOCK = planned
    return away / seeds


def words_of(checked: Robustness, names: tuple[str, ...], words: Words) -> str:
    """The answers of some checks about a result, without their numbers."""
    results = [result for result in checked if result.check.name in names]
    (estimate,) = checked.leading.estimates
    row = summary.line(estimate, checked.leading, results)
    row |= {name: values[0] for name, values in unit_columns(pd.Series([row["outcome"]]), words.study).items()}
    return re.sub(r"[\d.,]+", "#", " ".join(summary.sentences(row, results, words).values()))


def planted(study, seeds: int) -> pd.DataFrame:
    """Of each seed and outcome: did the shock mislead, how large was it, and what was printed."""
    lines, words = [], Words(study, "en")
    for seed in range(1, seeds + 1):
        honest, shock = (headline(study, seed, scenario) for scenario in ("honest", "shock"))
        for outcome, (checked, after) in shock.items():
            plain, before = honest[outcome]
            (estimate,), (usual,) = checked.leading.estimates, plain.leading.estimates
            sizes = [run["area_shock"].frame["shock"].iloc[0] for run in (checked, plain)]
            whole = (*BREAKDOWNS, PLACEBOS)
            lines.append(
                {
                    "seed": seed,
                    "outcome": outcome,
                    "excludes": breakdown.margin(estimate) > 0,
                    "honest": breakdown.margin(usual) > 0,
                    "planted": float((after - before).mean()),
                    "breakdown": sizes[0],
                    "larger": sizes[0] > sizes[1],
                    "differ": words_of(checked, whole, words) != words_of(plain, whole, words),
                    "alone": words_of(checked, BREAKDOWNS, words) != words_of(plain, BREAKDOWNS, words),
                    "told_shock": moved(checked),
                    "told_honest": moved(plain),
                    "reach": checked.leading.comparisons[0].exposure(estimate.arm).reach,
                }
            )
    return pd.DataFrame(lines)


def line(name: str, value: float, goal: str, good: bool, beside: str = "") -> None:
    """Print one figure."""
    print(f"{name} {value:.3f} {goal} {'ok' if good else 'short'}{beside}", flush=True)


def by_outcome(frame: pd.DataFrame):
    """Each outcome, then all together."""
    return [*frame.groupby("outcome", sort=False), ("all", frame)]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    study = load(DEMO)
    for name, works in (("without", False), ("shipped", True)):
        with programme(works):
            frame = planted(study, count)
        assert np.allclose(frame["reach"], 1)  # nobody is compared within the supported area
        wrong = frame[frame["excludes"] & (~frame["honest"] | (name == "without"))]
        for outcome, part in by_outcome(wrong):
            value = float((part["planted"] > part["breakdown"]).mean())
            beside = (
                f"  ({len(part)} wrong; planted {part['planted'].mean():.3f}, breakdown {part['breakdown'].mean():.3f})"
            )
            line(f"shock.{name}.{outcome}", value, ">=0.95", value >= 0.95, beside)
        for outcome, part in by_outcome(wrong):
            value = float(part["differ"].mean())
            line(f"words.{name}.{outcome}", value, ">=0.92", value >= 0.92)
        if name == "without":
            for outcome, part in frame.groupby("outcome", sort=False):
                value = float(part["honest"].mean())
                line(f"honest.{name}.{outcome}", value, "<=0.08", value <= 0.08)
            continue
        for outcome, part in by_outcome(frame[frame["excludes"] & frame["honest"]]):
            value, alone = float(part["differ"].mean()), part["alone"].mean()
            beside = f"  ({len(part)}; without a placebo outcome {alone:.3f}; larger {part['larger'].mean():.3f})"
            line(f"words_true.{name}.{outcome}", value, ">=0.92", value >= 0.92, beside)
        for size in (0.1, 0.15, 0.2, 0.3):
            line(f"placebo.size_{size}", smaller(study, size, count), "-", True)
        by_seed = frame.drop_duplicates("seed")
        for scenario, goal in (("shock", ">=0.95"), ("honest", "<=0.08")):
            value = float(by_seed[f"told_{scenario}"].mean())
            line(f"placebo.{scenario}", value, goal, value >= 0.95 if scenario == "shock" else value <= 0.08)
