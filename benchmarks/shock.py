"""Shock: does the printed breakdown value lie below the shock that made the headline exclude zero wrongly?

Usage: python benchmarks/shock.py [SEEDS]. Analysis functions only; no notebook, no file.
``without``: the demonstration with a programme that does nothing, so that every headline that excludes zero is wrong.
``shipped``: its effects as they are; wrong is a headline that excludes zero with the shock and, by the same draws, holds
it without. The planted shock is what it added, in the unit of the outcome, for supported persons seen at the end. Goal:
it exceeds the breakdown value in at least 95 % of these; without shock and programme about 5 % exclude zero.
"""

import sys
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
from coverage import DEMO, received

from coops.analysis import effects, robustness, rows
from coops.demo import draw, people
from coops.intake.study import load

PLACE = "province"


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


def headline(study, seed: int, scenario: str) -> dict:
    """Of each outcome of the headline: what is printed, and the outcome of supported persons at the end."""
    tables = draw(seed, scenario=scenario)
    tables.pop("truth")
    data, found = received(study, tables), {}
    for plan in study.plans(study.headline):
        built = rows.build(data, plan)
        (one,) = effects.estimate(built)
        area = data.texts(PLACE, plan.waves[-1], built.level, pd.Index(built.frame["unit"])).to_numpy()
        exposed = robustness.exposure(built, one.arm, area)
        after = built.frame.set_index("unit")["after"][built.in_arm(one.arm).to_numpy()]
        found[plan.outcome] = (one, robustness.shift(one, [0.0], exposed.reach), exposed, after)
    return found


def planted(study, seeds: int) -> pd.DataFrame:
    """Of each seed and outcome: did the shock mislead, how large was it, and what was printed."""
    lines = []
    for seed in range(1, seeds + 1):
        honest, shock = headline(study, seed, "honest"), headline(study, seed, "shock")
        for outcome, (one, breakdown, exposed, after) in shock.items():
            plain, _, _, before = honest[outcome]
            lines.append(
                {
                    "outcome": outcome,
                    "excludes": robustness.margin(one) > 0,
                    "honest": robustness.margin(plain) > 0,
                    "planted": float((after - before).mean()),
                    "breakdown": breakdown.value,
                    "reach": exposed.reach,
                    "factor": exposed.factor,
                }
            )
    return pd.DataFrame(lines)


def line(name: str, value: float, goal: str, good: bool, beside: str = "") -> None:
    """Print one figure."""
    print(f"{name} {value:.3f} {goal} {'ok' if good else 'short'}{beside}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    study = load(DEMO)
    for name, works in (("without", False), ("shipped", True)):
        with programme(works):
            frame = planted(study, count)
        assert np.allclose(frame["reach"], 1)  # nobody is compared within the supported province
        wrong = frame[frame["excludes"] & (~frame["honest"] | (name == "without"))]
        for outcome, part in [*wrong.groupby("outcome", sort=False), ("all", wrong)]:
            value = float((part["planted"] > part["breakdown"]).mean())
            beside = (
                f"  ({len(part)} wrong; planted {part['planted'].mean():.3f}, breakdown {part['breakdown'].mean():.3f})"
            )
            line(f"shock.{name}.{outcome}", value, ">=0.95", value >= 0.95, beside)
        if name == "without":
            for outcome, part in frame.groupby("outcome", sort=False):
                value = float(part["honest"].mean())
                line(f"honest.{name}.{outcome}", value, "<=0.08", value <= 0.08)
