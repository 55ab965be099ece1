"""One left out: does an estimate rest on one cluster, one supporter, one area."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coops.disclosure.thresholds import few_left_out
from coops.estimation import effects
from coops.estimation.direction import direction
from coops.estimation.sample_design import Rows
from coops.robustness.breakdown import margin
from coops.robustness.check import DIRECTIONS, ENOUGH, NOT_ENOUGH, UNKNOWN, Answer, Check, Exhibit, each, of_estimate
from coops.robustness.exhibits import base, table_of
from coops.robustness.leading import key_of
from coops.robustness.subsets import without
from coops.show.table import Column

LABELS = ("cluster", "supporter", "area")
RANGE = ("lowest", "highest", "largest_change")


class LeaveOneOut(Check):
    """Each cluster, supporter and area in turn; none is named.

    Frame, one row an estimate and ``by`` (what is left out): as of :func:`leave_one_out`, without the names.
    """

    name = "leave_one_out"
    place = 50
    settings = ("supporter",)

    def compare(self, comparison, estimates):
        """Leave out clusters, and what the study names of supporters and areas."""
        named = comparison.study.contract.robustness
        labels = {"cluster": comparison.rows.frame["cluster"].to_numpy(dtype=object)}
        if named.supporter:
            labels["supporter"] = comparison.label(named.supporter)
        if named.area:
            labels["area"] = comparison.area
        left = pd.concat([leave_one_out(comparison.rows, label, by) for by, label in labels.items()])
        left = left.drop(columns="kept")  # nobody is named
        return [row for estimate in estimates for row in of_estimate(left, estimate).to_dict("records")]

    def numbers(self, estimate, frame, leading):
        """Of each label how many were left out, without an interval, without the direction, and never."""
        numbers: dict[str, int] = {}
        rows = {row["by"]: row for row in frame.to_dict("records")}
        for by in LABELS:
            row = rows.get(by, {})
            numbers |= {f"{by}_tried": row.get("tried", 0), f"{by}_no_interval": row.get("no_interval", 0)}
            numbers |= {f"{by}_lost": row.get("overturned", 0), f"{by}_kept": row.get("cannot", 0)}
        return numbers | {"area_unknown": rows.get("area", {}).get("unknown", 0)}

    def answers(self, row, words):
        """One value without which the direction is lost is enough; nothing is known of those that stay."""
        if row["says"] not in DIRECTIONS:
            return []
        answers = []
        for by in LABELS:
            tried = row[f"{by}_tried"] - row[f"{by}_no_interval"]
            if row[f"{by}_lost"]:
                numbers = {"lost": words.count(row[f"{by}_lost"]), "tried": words.count(tried)}
                answers.append(Answer(ENOUGH, words.label(f"overturn.by.{by}", **numbers) + _unknown(row, by, words)))
            elif row[f"{by}_tried"] or row[f"{by}_kept"]:
                known = tried and not (by == "area" and row["area_unknown"])
                text = words.label(f"overturn.not.{by}") + _unknown(row, by, words)
                answers.append(Answer(NOT_ENOUGH if known else UNKNOWN, text))
        return answers

    def exhibits(self, frame, leading):
        """Range of the estimates without one; no number where one of few units would tell what they answered."""
        rows = []
        for estimate, part in each(frame, leading):
            least = leading.study.contract.least(estimate.unit_level)
            sure = direction(estimate) in DIRECTIONS
            for row in part[(part["tried"] > 0) | (part["cannot"] > 0)].to_dict("records"):
                line = base(estimate) | {"by": f"left.{row['by']}", "lowest": row["lowest"], "highest": row["highest"]}
                line |= {"largest_change": row["largest"], "tried": row["tried"], "cannot": row["cannot"]}
                line |= {"no_interval_left": row["no_interval"], "overturned": row["overturned"] if sure else None}
                line |= {"sure": sure}
                if few_left_out(row["n_smallest"], least):
                    line |= dict.fromkeys(RANGE, np.nan) | {"hidden": "|".join(RANGE)}
                rows.append(line)
        if not rows:
            return []
        columns = [Column("left_out", "label", "by"), Column("tried", "count"), Column("lowest", "measure")]
        columns += [Column("highest", "measure"), Column("largest_change", "measure"), Column("overturned", "count")]
        columns += [Column(name, "count") for name in ("no_interval_left", "cannot") if any(row[name] for row in rows)]
        return [Exhibit("table", {"table": table_of(rows, leading.study, *columns), "text": "tab_left_out"})]


def _unknown(row, by, words):
    """Say of how many that were to be left out nothing is known."""
    names = [name for name in ("no_interval", "kept") if row[f"{by}_{name}"]]
    counts = [words.label(f"overturn.{name}", count=words.count(row[f"{by}_{name}"])) for name in names]
    return f" ({words.parts(counts)})" if counts else ""


def leave_one_out(rows: Rows, label: ArrayLike, by: str) -> pd.DataFrame:
    """Estimate again without each value of a label that an estimate rests on: those of its arm and its reference.

    Parameters
    ----------
    rows : Rows
    label : array (N,)
        Label of each row as text (a cluster, a supporter, an area); rows with an empty one always stay.
    by : str
        What the label is.

    Returns
    -------
    DataFrame, one row an arm (one in all for a change), in their order
        ``lowest`` and ``highest``: smallest and largest estimate without one value; ``largest``: the largest change,
        with its sign; all in the unit of the outcome. ``tried``: values left out; ``no_interval``: those of them
        without which there is an estimate, but no interval; ``overturned``: those without which the interval no longer
        excludes zero on the same side (0 where it covers zero anyway). ``kept``: values without which nothing could be
        estimated, named; ``cannot``: their number. ``unknown``: rows without a label that the estimate rests on;
        ``n_smallest``: units of the value that has fewest.
    """
    label = np.asarray(label, dtype=object)
    values, first = _values(label), _first_alike(rows, label)
    drawn = {value: without(rows, label == value) for value in values if first.get(value, value) == value}
    drawn = {value: drawn[first.get(value, value)] for value in values}
    lines = []
    for place, whole in enumerate(effects.rows(rows)):
        behind = _behind(rows, whole.arm)
        rests_on, units = _values(label[behind]), rows.frame["unit"][behind].groupby(label[behind]).nunique()
        again = {value: drawn[value][place] for value in rests_on if drawn[value]}
        again = {value: estimate for value, estimate in again.items() if np.isfinite(estimate.estimate)}
        sure = [estimate for estimate in again.values() if np.isfinite(margin(estimate))]
        lost = [other for other in sure if not (margin(other) > 0 and other.estimate * whole.estimate > 0)]
        points = np.array([estimate.estimate for estimate in again.values()])
        change = points - whole.estimate
        kept = tuple(value for value in rests_on if value not in again)
        line = key_of(whole) | {"by": by, "tried": len(again), "no_interval": len(again) - len(sure)}
        line |= {"lowest": points.min(initial=np.inf), "highest": points.max(initial=-np.inf)}
        line |= {"largest": change[np.abs(change).argmax()] if len(points) else np.nan}
        line |= {"overturned": len(lost) if margin(whole) > 0 else 0, "kept": kept, "cannot": len(kept)}
        line |= {"unknown": int((label[behind] == "").sum())}
        line |= {"n_smallest": int(units.reindex(rests_on).min()) if rests_on else 0}
        lines.append(line)
    return pd.DataFrame(lines).replace({"lowest": np.inf, "highest": -np.inf}, np.nan)


def _values(label: np.ndarray) -> list[str]:
    return sorted({value for value in label if isinstance(value, str) and value})


def _first_alike(rows: Rows, label: np.ndarray) -> dict[str, str]:
    """The first label with the same numbers, of each that is a whole cluster of one row: without either, all is equal.

    Thousands of persons who are each their own cluster thus take as many estimates as there are different rows.
    """
    parts = ["wave", "after", "outcome", "arm", "stratum", "weight"]  # with the design, all that an estimate is made of
    alone = ~(pd.Series(label).duplicated(keep=False) | rows.frame["cluster"].duplicated(keep=False))
    numbers = pd.concat([rows.frame.filter(parts), rows.design], axis=1)[alone.to_numpy()]
    numbers.columns = range(numbers.shape[1])
    kinds = numbers.groupby(list(numbers), dropna=False, sort=False).ngroup()
    named = sorted(
        (value, kind) for value, kind in zip(label[alone], kinds, strict=True) if isinstance(value, str) and value
    )
    first: dict[int, str] = {}
    return {value: first.setdefault(kind, value) for value, kind in named}


def _behind(rows: Rows, arm: str) -> np.ndarray:
    """The rows (N,) of an arm and of its reference; all of them where offers overlap or nothing is compared."""
    if not arm or rows.specification.overlapping:
        return np.ones(len(rows.frame), dtype=bool)
    return (rows.in_arm(arm) | rows.in_arm(rows.specification.reference)).to_numpy()
