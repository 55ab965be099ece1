"""Published targets: which result of the pipeline answers each of them, and how it is compared."""

import json

import numpy as np
import pandas as pd

from tests.real.adapter import SHARED


def expected(data_set: str) -> dict[str, dict]:
    """Return the targets of a data set by id."""
    text = (SHARED / data_set / "expected.json").read_text(encoding="utf-8")
    return {target["id"]: target for target in json.loads(text)["targets"]}


def results(root) -> pd.DataFrame:
    """Return all results of a run, indexed by key."""
    frames = [pd.read_csv(path) for path in sorted((root / "data" / "results").glob("[0-9]*.csv"))]
    return pd.concat(frames).set_index("key")


def thp_key(name: str) -> str | None:
    """Return the key of a result that answers a target of thp_pakistan; none for those out of scope."""
    _, outcome, *rest = name.split(".")
    kind = rest[0] if rest else ""
    stem, _, wave = outcome.rpartition("_")
    if wave not in ("6m", "1y", "7y"):
        stem, wave = outcome, "7y"
    wave = {"6m": "m6", "1y": "y1", "7y": "y7"}[wave]
    if kind in ("design", "adjusted"):
        return f"{stem}.{wave}.therapy.{'interview_only' if kind == 'design' else 'interview_and_start'}.effect"
    if outcome == "motherfinancial":
        return f"motherfinancial.y7.therapy.{dict(girls='daughters', boys='sons', raw='plain')[kind]}.effect"
    if name in ("thp.hamd.did", "thp.hamd.ancova"):
        return f"hamd.m6.therapy.{dict(did='double_difference', ancova='given_before')[kind]}.effect"
    if outcome == "mean0":
        return f"{kind.removesuffix('_baseline') if kind[0] in 'hm' and kind != 'mo_emp' else kind}.w0.usual_visits.balance.mean"
    return {
        "thp.attrition": "not_seen.y7.therapy.attrition.difference",
        "thp.n_treated": "persons.w0.therapy.flow.count",
        "thp.n_control": "persons.w0.usual_visits.flow.count",
    }.get(name)


def off(target: dict, row: pd.Series) -> list[str]:
    """Say what of a target a result misses: value, clustered standard error, number of units, number of clusters."""
    faults = []
    if not abs(row["estimate"] - target["value"]) <= target["tolerance"]:
        faults.append(f"value {row['estimate']} for {target['value']}")
    if isinstance(target.get("vcov"), dict) and not abs(row["std_error_cr1"] - target["se"]) <= target["tolerance_se"]:
        faults.append(f"standard error {row['std_error_cr1']} for {target['se']}")
    if not np.isnan(row["n"]) and "two_waves" not in target and row["n"] != target["n"]:
        faults.append(f"n {row['n']} for {target['n']}")
    if "clusters" in target and row["n_clusters"] != target["clusters"]:
        faults.append(f"clusters {row['n_clusters']} for {target['clusters']}")
    return faults
