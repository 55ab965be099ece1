"""All specifications together: what all reasonable ways to estimate one effect say, and one test for them.

Source: Simonsohn, Simmons and Nelson 2020, doi 10.1038/s41562-020-0912-z (specification curve, joint test under the
null); the draws are those of a wild cluster bootstrap (Cameron, Gelbach and Miller 2008, doi 10.1162/rest.90.3.414).
"""

import textwrap
from typing import Any

import numpy as np
import pandas as pd

from coops.disclosure.thresholds import enough, few, few_compared
from coops.estimation import cluster_robust, effects, influence, sample_design, wild_bootstrap
from coops.estimation.direction import direction
from coops.estimation.sample_design import Rows
from coops.robustness.check import (
    ABSENT,
    APPEARS,
    DIRECTIONS,
    ENOUGH,
    METHODS,
    NOT_ENOUGH,
    Answer,
    Check,
    Exhibit,
    each,
)
from coops.robustness.exhibits import base, panel_title, panels, picture_data, refused_key, table_of
from coops.robustness.leading import key_of
from coops.show.drawing import LIGHT, draw_interval, finish_panel
from coops.show.language import SHARE
from coops.show.table import Column


class SpecificationCurve(Check):
    """The specifications that the study lists as other ways to the same result, and one test for all.

    Frame, one row an estimate and ``alternative`` (a specification): as of :func:`curve`.
    """

    name = "specification_curve"
    place = 100

    def compare(self, comparison, estimates):
        """Estimate by every specification; ``draws`` and ``seed`` are of the joint test."""
        settings = {"draws": comparison.draws, "seed": comparison.seed}
        others = [specification for specification in alternatives(comparison) if comparison.comparable(specification)]
        rows = [comparison.rows, *(sample_design.build(comparison.data, specification) for specification in others)]
        return [
            key_of(estimate) | row
            for estimate in estimates
            for row in curve(rows, estimate.arm, **settings).to_dict("records")
        ]

    def numbers(self, estimate, frame, leading):
        """How many of the other specifications say another direction; how many have the sign of the leading one."""
        if frame.empty:
            names = ("specifications_other", "specifications_told", "specifications", "same_sign", "sure")
            return dict.fromkeys(names, 0)
        least, now = leading.study.contract.least(estimate.unit_level), direction(estimate)
        others = frame[(frame["alternative"] != estimate.specification) & enough(frame["n_fewest"], least)]
        directions = [direction(other) for other in others.itertuples()]
        directions = [way for way in directions if way != "refused"]
        counts = {"specifications_other": sum(way != now for way in directions), "specifications_told": len(directions)}
        counts |= {"specifications": int(frame["estimate"].notna().sum())}
        return counts | {name: int(frame[name].iloc[0]) for name in ("same_sign", "sure")}

    def answers(self, row, words):
        """Another direction by any of them is enough; and what all of them say, whatever the leading one says."""
        answers, other = [], row["specifications_other"]
        if row["specifications_told"]:
            sure = row["says"] in DIRECTIONS
            part = (ENOUGH if other else NOT_ENOUGH) if sure else (APPEARS if other else ABSENT)
            key = ("by" if sure else "appears") if other else "not"
            numbers = {"other": words.count(other), "all": words.count(row["specifications_told"])}
            answers.append(Answer(part, words.label(f"overturn.{key}.specifications", **numbers)))
        if row["specifications"] > 1:
            counts = {"same": row["same_sign"], "all": row["specifications"], "sure": row["sure"]}
            text = words.label("overturn.curve", **{name: words.count(count) for name, count in counts.items()})
            answers.append(Answer(METHODS, text))
        return answers

    def exhibits(self, frame, leading):
        """All specifications of each result together, and drawn; nothing where no result has two of them."""
        study, rows, lines = leading.study, [], []
        for estimate, part in each(frame, leading):
            first, count = part.iloc[0], int(part["estimate"].notna().sum())
            numbers = {name: first[name] for name in ("median", "same_sign", "sure")} | {"p_value": first["p_joint"]}
            rows.append(base(estimate) | numbers | {"specifications": count})
            rows[-1] |= {"refused": refused_key(first["joint_refused"])}
            shown = count > 1 and not few_compared(estimate, study)
            for row in part.sort_values("alternative", key=_order(leading)).itertuples() if shown else ():
                if not few(row.n_fewest, study.contract.least(estimate.unit_level)):
                    ends = {"estimate": row.estimate, "conf_low": row.conf_low, "conf_high": row.conf_high}
                    counts = {"n_rows": row.n_rows, "n_clusters": row.n_clusters, "refused": row.refused}
                    named = {"specification": row.alternative, "leading": row.alternative == estimate.specification}
                    lines.append(base(estimate) | named | ends | counts)
        if not any(row["specifications"] > 1 for row in rows):
            return []
        columns = [Column("specifications", "count"), Column("median", "measure"), Column("same_sign", "count")]
        table = table_of(rows, study, *columns, Column("sure", "count"), Column("p_joint", "p", "p_value"))
        draws = leading.comparisons[0].draws
        exhibits = [Exhibit("table", {"table": table, "text": "tab_curve", "draws": draws})]
        drawn = {"draw": draw, "data": picture_data(lines, study), "text": "fig_curve", "alt": alt}
        return exhibits + ([Exhibit("figure", drawn)] if lines else [])


def alternatives(comparison):
    """Specifications that estimate the same otherwise: those named, else all with the same sample."""
    contract, specification = comparison.study.contract, comparison.specification
    named, specifications = contract.robustness.alternatives, []
    for name in named or contract.specifications:
        if name == specification.name or contract.specifications[name].placebo:
            continue
        specifications += [
            other
            for other in comparison.study.resolve(name)
            if (other.outcome, other.waves, other.arm, other.arms)
            == (specification.outcome, specification.waves, specification.arm, specification.arms)
            and not other.dose
            and other.quantity == specification.quantity
            and (named or other.sample == specification.sample)
        ]
    return specifications


def curve(specifications: list[Rows], arm: str, *, draws: int, seed: int) -> pd.DataFrame:
    """Estimate all specifications and test their median.

    Parameters
    ----------
    specifications : list of Rows
        One a specification, of the same outcome and unit, the leading one first, all listed before they were seen.
    arm : str
        As in each specification's ``interest``; empty for a change.
    draws, seed : int
        Of the bootstrap, whose multipliers go to clusters in the order of their labels, over all specifications.

    Returns
    -------
    DataFrame, one row a specification, in order of the estimate
        ``alternative`` (its name), estimate, conf_low, conf_high, n_rows, n_fewest, n_clusters, refused (those without
        a value last; one without variation says nothing and has none). The same in every row: ``median`` of the values,
        in the unit of the outcome; ``same_sign`` and ``sure`` count those on the side of zero of the leading estimate,
        and those whose interval is there as a whole; ``p_joint``: two-sided, of a median as far from zero if no
        specification had an effect, never 0; ``joint_refused``, why there is none: ``one_specification`` with a value,
        or none; ``other_clusters`` where one of them takes another variable as cluster than the leading one (a draw
        then has no common meaning); ``bootstrap_few_clusters``.

    Notes
    -----
    In each specification residuals u under the null of no effect; with l the weights of the estimate (b = l'y), draw v
    gives b* = sum over clusters of v_g l_g'u_g, times the root of G / (G - 1). A cluster has one multiplier (Webb's six
    points) in all specifications, so that their estimates move together as they really do. p = (1 + #) / (draws + 1)
    of medians at least as far from zero. Sharper than any one estimate only if the specifications differ.
    """
    lines, used = [], []
    for rows in specifications:
        estimate = next(row for row in effects.rows(rows) if row.arm == arm)
        value = np.nan if estimate.refused == "no_variation" else estimate.estimate
        names = ("conf_low", "conf_high", "n_rows", "n_fewest", "n_clusters", "refused")
        line: dict[str, Any] = {"alternative": rows.specification.name, "estimate": value}
        lines.append(line | {name: getattr(estimate, name) for name in names})
        used += [rows] if np.isfinite(value) else []
    frame = pd.DataFrame(lines).sort_values("estimate", kind="stable", ignore_index=True)
    known, side = frame[frame["estimate"].notna()], np.sign(lines[0]["estimate"])
    median = float(known["estimate"].median())
    inside = (known["conf_low"] * side > 0) & (known["conf_high"] * side > 0)
    frame = frame.assign(median=median, same_sign=int((np.sign(known["estimate"]) == side).sum()))
    frame = frame.assign(sure=int(inside.sum()), p_joint=np.nan, joint_refused=_refused(specifications[0], used))
    if not frame["joint_refused"].iloc[0]:
        frame["p_joint"] = _joint_p(used, arm, median, draws, seed)
    return frame


def _refused(leading: Rows, used: list[Rows]) -> str:
    """Why the specifications with a value cannot be tested together, or nothing."""
    if len(used) < 2:
        return "one_specification"
    if any(rows.specification.cluster != leading.specification.cluster for rows in used):
        return "other_clusters"
    fewest = min(rows.frame["cluster"].nunique() for rows in used)
    return "bootstrap_few_clusters" if fewest < wild_bootstrap.BOOTSTRAP_CLUSTERS else ""


def _joint_p(used: list[Rows], arm: str, median: float, draws: int, seed: int) -> float:
    """Share of draws under the null with a median at least as far from zero."""
    labels = sorted({label for rows in used for label in rows.frame["cluster"]})
    sums = np.column_stack([_sums(rows, arm, labels) for rows in used])
    random, count = np.random.default_rng(seed), 0
    size = max(1, cluster_robust.CHUNK // len(labels))
    for start in range(0, draws, size):
        v = wild_bootstrap.WEBB[random.integers(0, 6, (min(size, draws - start), len(labels)))]
        drawn = np.abs(np.median(v @ sums, axis=1))
        count += int((drawn >= abs(median) * (1 - cluster_robust.TIE_TOLERANCE)).sum())
    return (1 + count) / (1 + draws)


def _sums(rows: Rows, arm: str, labels: list) -> np.ndarray:
    """What each cluster adds to the estimate under the null (clusters,), 0 where it is not in the specification."""
    weights = influence.influence(rows, arm)
    kept, _ = cluster_robust.independent_columns(rows.design, rows.protected)
    others = rows.design[[name for name in kept if name != rows.interest[arm]]].to_numpy(dtype=float)
    y, root = rows.frame["outcome"].to_numpy(dtype=float), np.sqrt(influence.weights(rows))
    rest = y - others @ np.linalg.lstsq(others * root[:, None], y * root, rcond=None)[0] if others.size else y
    sums = pd.Series(weights * rest).groupby(rows.frame["cluster"].to_numpy()).sum()
    return sums.reindex(labels, fill_value=0.0).to_numpy() * np.sqrt(len(sums) / (len(sums) - 1))


def _order(leading):
    """Sort names of specifications: the leading one first, then those of the study, alike in every panel."""
    names = dict.fromkeys([leading.study.headline, *leading.study.contract.specifications])
    places = {name: place for place, name in enumerate(names)}
    return lambda column: column.map(places)


def draw(figure, data, words):
    """One panel a result, a dot and a whisker a specification in one order in all; the leading one on a shaded row."""
    parts = panels(data)
    tallest = max(len(part) for part in parts)
    figure.set_size_inches(6.3, len(parts) * (0.85 + 0.34 * tallest))
    panel_axes = figure.subplots(len(parts), 1, squeeze=False)[:, 0]
    for axes, part in zip(panel_axes, parts, strict=True):
        scale = 100 if part["unit"][0] == SHARE else 1
        for place, row in enumerate(part.itertuples()):
            draw_interval(axes, place, row, scale)
        names = [textwrap.fill(_label(row.specification, words), 32) for row in part.itertuples()]
        title = textwrap.fill(panel_title(part, data, words), 48)
        finish_panel(axes, names, part["unit"][0], title, words)
        for place in part.index[part["leading"]]:
            axes.axhspan(place - 0.45, place + 0.45, color=LIGHT, alpha=0.5, linewidth=0, zorder=-1)
            axes.get_yticklabels()[place].set_fontweight("bold")
    return panel_axes


def alt(data, words):
    """Say each result and specification with its estimate and interval."""
    points = []
    for part in panels(data):
        for row in part.itertuples():
            value = words.measure(row.estimate, row.unit, int(row.decimals), effect=True)
            interval = words.interval(row.conf_low, row.conf_high, row.unit, int(row.decimals))
            name = words.comma.join([panel_title(part, data, words), _label(row.specification, words)])
            points.append(f"{name}: {value} ({interval})")
    return words.parts(points)


def _label(specification, words):
    return words.said(words.study.label(specification)) or specification
