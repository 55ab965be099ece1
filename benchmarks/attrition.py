"""Attrition: over many seeds, how often the printed range holds the truth of the demonstration, and what is said.

Usage: python benchmarks/attrition.py [SEEDS]. Analysis functions only; no notebook, no file.
Goal: in the scenario whose loss depends on the outcome the range holds the truth in at least 95 % of seeds, where the
headline's interval does not; loss is said to differ between the arms there, and mostly not in the honest scenario.
"""

import sys
import warnings

import pandas as pd
from coverage import DEMO, received

from coops.demo import draw
from coops.estimation import effects, sample_design
from coops.participants import expected
from coops.study.load import load

DRAWS = 999


def printed(seeds: int, scenario: str) -> pd.DataFrame:
    """Of each seed and outcome: do the range and the headline's interval hold the truth, what is said, ends."""
    study = load(DEMO)
    lines = []
    for seed in range(1, seeds + 1):
        tables = draw(seed, scenario=scenario)
        truth = tables.pop("truth").query("stratum == 'all'").set_index("outcome")["effect"]
        data = received(study, tables)
        for specification in study.resolve(study.headline):
            (bounds,) = expected.ranges(data, specification, draws=DRAWS, seed=seed).itertuples()
            estimate = effects.rows(sample_design.build(data, specification))[0]
            true = truth[specification.outcome]
            lines.append(
                {
                    "seed": seed,
                    "outcome": specification.outcome,
                    "range": bounds.conf_low <= true <= bounds.conf_high,
                    "ends": bounds.bound_low <= true <= bounds.bound_high,
                    "headline": estimate.conf_low <= true <= estimate.conf_high,
                    "lopsided": bounds.losses == "differ",
                    "one_sided": bounds.conf_low > 0 or bounds.conf_high < 0,
                    "trimmed": bounds.trimmed_share,
                    "width": bounds.conf_high - bounds.conf_low,
                }
            )
    return pd.DataFrame(lines)


def line(name: str, value: float, goal: str, good: bool, beside: str = "") -> None:
    """Print one figure."""
    print(f"{name} {value:.3f} {goal} {'ok' if good else 'short'}{beside}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for scenario in ("attrition", "honest"):
        frame = printed(count, scenario)
        for outcome, part in frame.groupby("outcome", sort=False):
            mean = part.drop(columns=["seed", "outcome"]).mean()
            beside = (
                f"  (ends alone {mean['ends']:.3f}, headline {mean['headline']:.3f}, "
                f"trimmed {mean['trimmed']:.3f}, width {mean['width']:.3f})"
            )
            line(f"range.{scenario}.{outcome}", mean["range"], ">=0.95", mean["range"] >= 0.95, beside)
        shares = frame.groupby("outcome", sort=False)["lopsided"].mean()
        for outcome, share in shares.items():
            if scenario == "attrition":
                line(f"said.{scenario}.{outcome}", share, ">=0.95", share >= 0.95)
            else:
                line(f"said.{scenario}.{outcome}", share, "<0.25", share < 0.25)
