"""Every estimate again by a second path: pyfixest 0.60.0 for points and CR1, diff-diff 3.13.0 for CR2 and df.

Rows and regressors are those of the study (other tests hold them to hands and prints); all that is computed from them is
computed twice. Two solvers of one regression: the largest relative difference seen is 7e-12 (a p), so 1e-10.
"""

import warnings
from pathlib import Path

import numpy as np
import pytest
from diff_diff import LinearRegression
from pyfixest import feols
from scipy import stats

from coops.estimation import effects, sample_design
from tests import made
from tests.real import grace_india, thp_pakistan

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
RELATIVE = 1e-10


def second(built: sample_design.Rows, dropped: tuple[str, ...], weighted: bool, column: str) -> dict[str, float]:
    """Point, CR1, CR2 and df of a column by the two packages."""
    design, frame = built.design.drop(columns=list(dropped)), built.frame
    y, clusters = frame["outcome"].to_numpy(dtype=float), frame["cluster"].astype("category").cat.codes.to_numpy()
    names = [f"x{number}" for number in range(design.shape[1])]
    place = list(design).index(column)
    length = np.sqrt((design**2).sum())  # of each column: the packages invert X'X, which squares differences of unit
    weight = frame["weight"].to_numpy(dtype=float)
    numbers = (design / length).set_axis(names, axis=1).assign(y=y, group=clusters, w=weight)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice of the packages; what they compute is compared
        formula = f"y ~ -1 + {' + '.join(names)}"
        first = feols(formula, numbers, vcov={"CRV1": "group"}, weights="w" if weighted else None)
        how = {"cluster_ids": clusters, "vcov_type": "hc2_bm", "weights": weight if weighted else None}
        fitted = LinearRegression(include_intercept=False, **how).fit(numbers[names].to_numpy(), y)
        other = fitted.get_inference(place)
    unit = length.iloc[place]
    return {
        "estimate": first.coef()[names[place]] / unit,
        "std_error_cr1": first.se()[names[place]] / unit,
        "std_error": other.se / unit,
        "df": other.df,
        "estimate again": other.coefficient / unit,
    }


def compare(folder: Path) -> tuple[int, dict[str, float]]:
    """Number of estimates of a study compared, and the largest relative differences by quantity."""
    data = made.data(folder)
    versions = {name: wave.form_version for name, wave in data.study.contract.waves.items()}
    compared, largest = 0, {}
    for name in data.study.contract.specifications:
        for specification in data.study.resolve(name):
            built = sample_design.build(data, specification)
            asked = [versions[wave] for wave in (*specification.baseline, *specification.waves) if versions[wave]]
            for row in effects.rows(built, data.study.codebook.comparable(specification.outcome, asked)):
                if row.refused:
                    continue
                theirs = second(built, row.dropped, row.weighted or row.weigh == "groups", built.interest[row.arm])
                t, df = abs(theirs["estimate"]) / theirs["std_error"], theirs["df"]
                ours = {quantity: getattr(row, quantity.split()[0]) for quantity in theirs}
                ours |= {"half": (row.conf_high - row.conf_low) / 2, "p": row.p_value}
                half = stats.t.isf((1 - row.conf_level) / 2, df) * theirs["std_error"]
                for quantity, value in (theirs | {"half": half, "p": 2 * stats.t.sf(t, df)}).items():
                    off = abs(ours[quantity] - value) / abs(value)
                    assert np.isfinite(off)
                    largest[quantity] = max(largest.get(quantity, 0.0), off)
                compared += 1
    return compared, largest


def test_demonstration():
    """All specifications of the demonstration, weighted by groups too."""
    compared, largest = compare(DEMO)
    assert compared >= 18
    assert max(largest.values()) < RELATIVE, largest


@pytest.mark.parametrize(("study", "least"), [(thp_pakistan, 33), (grace_india, 10)])
def test_real_studies(study, least, tmp_path):
    """The published trials: up to 43 regressors, and clusters of one to some dozens of rows."""
    if not study.SOURCE.is_file():
        pytest.skip(f"{study.SOURCE.name} is not in ../shared/realdata: NOT TESTED")
    compared, largest = compare(study.make(tmp_path / "study"))
    assert compared >= least
    assert max(largest.values()) < RELATIVE, largest
