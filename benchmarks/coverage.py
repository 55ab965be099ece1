"""Coverage: over many seeds, how often the headline's intervals hold the truth of the demonstration.

Usage: python benchmarks/coverage.py [SEEDS [SCENARIO]]. Analysis functions only; no notebook, no file.
Goal in the honest scenario: 93 to 97 %; in the two that must fool the analysis, coverage is lost.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from coops.data.units import Data
from coops.demo import draw
from coops.estimation import effects, sample_design
from coops.study.load import load
from coops.study.study import Study

DEMO = Path(__file__).resolve().parents[1] / "data" / "demo"
CODES = {"-98", "-99"}


def received(study: Study, tables: dict[str, pd.DataFrame]) -> Data:
    """Turn drawn tables into clean ones: numbers as numbers, coded missing answers as missing."""
    clean = {}
    for name, frame in tables.items():
        frame = frame.drop(columns="size", errors="ignore").copy()
        for column, versions in study.codebook.of_table(name).items():
            text = frame[column].astype(str)
            text = text.where(~text.isin({"", "nan", *(versions[-1].missing)}))
            frame[column] = pd.to_numeric(text) if versions[-1].numeric else text.astype(object)
        clean[name] = frame
    for name, table in study.contract.tables.items():
        if name not in clean:
            clean[name] = pd.DataFrame(columns=table.key)
    return Data(study, clean)


def headline(study: Study, seed: int, scenario: str) -> list[tuple[str, bool, float, float]]:
    """Estimate the headline on one seed: outcome, does the interval hold the truth, estimate minus truth, width."""
    tables = draw(seed, scenario=scenario)
    truth = tables.pop("truth").query("stratum == 'all'").set_index("outcome")["effect"]
    data = received(study, tables)
    estimates = [
        effects.rows(sample_design.build(data, specification))[0] for specification in study.resolve(study.headline)
    ]
    return [
        (
            e.outcome,
            e.conf_low <= truth[e.outcome] <= e.conf_high,
            e.estimate - truth[e.outcome],
            e.conf_high - e.conf_low,
        )
        for e in estimates
    ]


def coverage(seeds: int, scenario: str = "honest", first: int = 1) -> pd.DataFrame:
    """Share of seeds whose interval holds the truth, mean error and mean width, by outcome."""
    study = load(DEMO)
    lines = [line for seed in range(first, first + seeds) for line in headline(study, seed, scenario)]
    frame = pd.DataFrame(lines, columns=["outcome", "holds", "error", "width"])
    return frame.groupby("outcome", sort=False).agg(
        coverage=("holds", "mean"), error=("error", "mean"), width=("width", "mean")
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for name in sys.argv[2:] or ["honest", "shock", "attrition"]:
        table = coverage(count, name)
        for outcome, row in table.iterrows():
            good = 0.93 <= row["coverage"] <= 0.97 if name == "honest" else row["coverage"] < 0.9
            print(f"coverage.{name}.{outcome} {row['coverage']:.3f} {'0.93..0.97' if name == 'honest' else '<0.90'} {'ok' if good else 'short'}"
                  f"  (error {row['error']:.3f}, width {row['width']:.3f})")  # fmt: skip
        assert np.isfinite(table["coverage"]).all()
