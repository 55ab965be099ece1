"""Size: how often the headline finds an effect at 5 % where there is none.

Usage: python benchmarks/size.py [SHARE]; SHARE of the draws, 1 if not given. Analysis functions only; no file.
Two waves of groups of 6 to 20 persons (lognormal), total SD 1, the group's part correlated .7 over waves and the person's
.5; a change on the arm and dummies of strata. An interval is what the code gives by itself: CR2 with Bell-McCaffrey df,
none where the estimate is refused. A draw without an interval is no draw of the size; it is counted apart.
"""

import sys

import numpy as np
import pandas as pd

from coops.estimation import cluster_robust

ICC = (0.05, 0.15, 0.30)
CELLS = {43: (2000, (23, 11, 6, 3)), 11: (4000, (5, 3, 3)), 6: (4000, (6,)), 3: (4000, (3,))}  # an arm: draws, strata
LEVEL = 0.95
LOW, HIGH, WITHOUT = 0.035, 0.065, 0.01


def study(
    random: np.random.Generator, strata: tuple[int, ...], icc: float
) -> tuple[np.ndarray, pd.DataFrame, np.ndarray]:
    """Draw a change without an effect, its regressors and its groups."""
    stratum = np.tile(np.repeat(np.arange(len(strata)), strata), 2)
    arm = np.repeat([1.0, 0.0], len(stratum) // 2)
    size = np.clip(np.rint(random.lognormal(np.log(11), 0.35, len(arm))), 6, 20).astype(int)
    group = np.repeat(np.arange(len(arm)), size)
    # the change of a part with variance v and correlation r over waves has variance 2 v (1 - r)
    of_group = random.normal(0, np.sqrt(2 * icc * 0.3), len(arm))
    of_person = random.normal(0, np.sqrt(2 * (1 - icc) * 0.5), len(group))
    design = pd.DataFrame({"constant": 1.0, "arm": arm[group]})
    for number in range(1, len(strata)):
        design[f"stratum {number}"] = (stratum[group] == number).astype(float)
    return of_group[group] + of_person, design, group


def rejects(random: np.random.Generator, strata: tuple[int, ...], icc: float) -> float:
    """1 if the interval leaves out zero, 0 if it holds it, missing if there is none."""
    outcome, design, group = study(random, strata, icc)
    fit = cluster_robust.fit(outcome, design, group, of="arm")
    per_arm = sum(strata)
    if cluster_robust.refusal({"with": per_arm, "without": per_arm}, float(fit.df[0])):
        return np.nan
    low, high = fit.interval("arm", LEVEL)
    return float(low > 0 or high < 0)


def size(per_arm: int, icc: float, draws: int) -> tuple[float, float]:
    """Share of draws with an interval that reject, and share of draws without one."""
    random = np.random.default_rng([per_arm, round(100 * icc)])
    rejected = np.array([rejects(random, CELLS[per_arm][1], icc) for _ in range(draws)])
    return float(np.nanmean(rejected)), float(np.isnan(rejected).mean())


if __name__ == "__main__":
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    for groups, (whole, _) in CELLS.items():
        for correlation in ICC:
            rate, none = size(groups, correlation, round(whole * share))
            name = f"{groups}+{groups}.icc{correlation:.2f}"
            print(f"size.{name} {rate:.4f} {LOW}..{HIGH} {'ok' if LOW <= rate <= HIGH else 'short'}")
            print(f"without_interval.{name} {none:.4f} <={WITHOUT} {'ok' if none <= WITHOUT else 'short'}", flush=True)
