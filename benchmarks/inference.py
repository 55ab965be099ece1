"""Speed and memory of the wild bootstrap and of randomisation inference, against the packages that test them.

Usage: python benchmarks/inference.py. Ratios of medians of interleaved runs after one warm run, one BLAS thread for all.
pyfixest's bootstrap needs wildboottest, and ritest-python is not in the lock: both are used where installed.
"""

# ruff: noqa: E402, I001
import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"  # before numpy loads

import importlib.util
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder: its coverage.py would hide a package

from coops.estimation import randomisation as inference
from coops.estimation import wild_bootstrap
from tests.estimation.test_cluster_robust import change_model, make

ROUNDS, DRAWS, PYFIXEST_T = 5, 9999, 20  # pyfixest refits in each draw of its t: 20 draws stand for 9,999


def seconds(calls: dict, rounds: int = ROUNDS) -> dict[str, float]:
    """Median seconds of each call, all called in turn in each round."""
    spent = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if number:  # the first round is warm-up: imports, compilation
                spent[name].append(time.perf_counter() - start)
    return {name: float(np.median(values)) for name, values in spent.items()}


def installed(name: str) -> bool:
    """Is a package there?"""
    return importlib.util.find_spec(name) is not None


def bootstrap() -> None:
    """Wild bootstrap, 86 groups, 1,077 rows, 9,999 draws, with interval."""
    from diff_diff.utils import wild_bootstrap_se
    from pyfixest import feols

    rows = make(86, 86)
    outcome, design, cluster, _ = change_model(rows)
    x, y, groups = design.to_numpy(), outcome.to_numpy(), cluster.to_numpy()
    model = feols("dy ~ D + C(stratum) + x", rows, vcov={"CRV1": "group"})
    calls = {
        "own": lambda: wild_bootstrap.wild_bootstrap(outcome, design, cluster, "D", level=0.95, draws=DRAWS, seed=1),
        "diff-diff": lambda: wild_bootstrap_se(x, y, None, groups, 1, n_bootstrap=DRAWS, weight_type="webb", seed=1),
    }
    if installed("wildboottest"):
        calls["pyfixest"] = lambda: model.wildboottest(DRAWS, param="D", weights_type="webb", seed=1)
    spent = seconds(calls)
    report("bootstrap.share_of_pyfixest_without_interval", spent, "pyfixest", 1 / 5)
    report("bootstrap.share_of_diff_diff_with_interval", spent, "diff-diff", 1 / 15)


def randomisation() -> None:
    """Randomisation inference, 86 groups in 4 strata, coefficient and t, 9,999 draws."""
    from pyfixest import feols

    rows = make(86, 86)
    outcome, design, cluster, _ = change_model(rows)
    others = design.drop(columns="D")
    model = feols("dy ~ D + C(stratum) + x", rows.assign(D=rows["D"].astype(float)), vcov={"CRV1": "group"})
    calls = {
        "own": lambda: inference.randomisation(
            outcome, others, cluster, rows["D"], 0, cluster, rows["stratum"], draws=DRAWS, seed=1
        )
    }
    coefficient = "pyfixest coefficient"
    if installed("ritest"):
        from ritest import ritest

        coefficient = "ritest-python coefficient"
        calls[coefficient] = lambda: ritest(
            df=rows, permute_var="D", formula="dy ~ D + C(stratum) + x", stat="D", cluster="group", strata="stratum",
            reps=DRAWS, seed=1, ci_mode="none", n_jobs=1,
        )  # fmt: skip
    elif installed("numba"):
        calls[coefficient] = lambda: model.ritest("D", cluster="group", reps=DRAWS, rng=np.random.default_rng(1))
    spent = seconds(calls)
    report(f"randomisation.share_of_{coefficient.replace(' ', '_')}", spent, coefficient, 1 / 10)

    def slow() -> None:
        model.ritest("D", cluster="group", reps=PYFIXEST_T, type="randomization-t", rng=np.random.default_rng(1))

    spent["pyfixest t"] = seconds({"t": slow}, 2)["t"] / PYFIXEST_T * DRAWS
    report("randomisation.share_of_pyfixest_t_per_draw", spent, "pyfixest t", 1 / 100)


def report(name: str, spent: dict[str, float], other: str, goal: float) -> None:
    """Print one line; a package that is not there gives no figure."""
    if other not in spent:
        print(f"{name} - <={goal:.4f} short  (not measured: its package is not installed)", flush=True)
        return
    ratio = spent["own"] / spent[other]
    print(f"{name} {ratio:.4f} <={goal:.4f} {'ok' if ratio <= goal else 'short'}"
          f"  (own {spent['own']:.3f} s, other {spent[other]:.3f} s)", flush=True)  # fmt: skip


def large() -> None:
    """Wild bootstrap of 5,000 groups of 20 rows, 999 draws, with interval: run in a process of its own."""
    random = np.random.default_rng(1)
    group = np.repeat(np.arange(5000), 20)
    design = np.c_[np.ones(len(group)), group % 2, random.normal(size=(len(group), 4))]
    start = time.perf_counter()
    wild_bootstrap.wild_bootstrap(random.normal(size=len(group)), design, group, 1, level=0.95, draws=999, seed=1)
    print(f"{time.perf_counter() - start:.2f}")


def memory() -> None:
    """Peak memory of the whole process (imports and data too) that runs :func:`large`."""
    done = subprocess.run([sys.executable, __file__, "large"], capture_output=True, text=True, check=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9  # Linux counts KiB
    print(
        f"bootstrap.memory_gb_of_5000_groups {peak:.3f} <1 {'ok' if peak < 1 else 'short'}  ({done.stdout.strip()} s)"
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:] == ["large"]:
        large()
    else:
        memory()
        bootstrap()
        randomisation()
