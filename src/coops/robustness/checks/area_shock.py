"""Shock to the area of the arm: how large must something else be that reached the area of an arm alone."""

import textwrap
from functools import partial

import numpy as np

from coops.disclosure.thresholds import few_compared
from coops.estimation import cluster_robust
from coops.robustness import breakdown
from coops.robustness.check import DIRECTIONS, ENOUGH, NOT_ENOUGH, UNKNOWN, Answer, Check, Exhibit, each
from coops.robustness.exhibits import base, panel_title, panels, picture_data, size
from coops.robustness.leading import key_of
from coops.show.drawing import ACCENT, GREY, LIGHT, format_axis
from coops.show.language import SHARE
from coops.show.table import Column


class AreaShock(Check):
    """One shock to the area of an arm, and shocks of its own in every area.

    Frame: ``shock`` and ``shock_share`` (of the estimate), ``spread`` (a standard deviation), ``per`` (how far a shock
    of 1 moves the estimate), ``areas`` (of the arm / of the reference / of both), ``reach`` (``own``, ``several``,
    ``shared``), ``refused``.
    """

    name = "area_shock"
    place = 10
    settings = ("area",)
    sizes = ("shock", "shock_share", "spread", "areas")

    def applies(self, comparison, estimate):
        """Where an arm is compared and the study names areas."""
        return "no_arm" if not estimate.arm else "not_named" if comparison.area is None else ""

    def compare(self, comparison, estimates):
        """The smallest shocks; refused where the area of a row is not known, or no shock of one moves the estimate."""
        rows = []
        for estimate in estimates:
            row = key_of(estimate) | dict.fromkeys(("shock", "shock_share", "spread", "per"), np.nan)
            if comparison.area_unknown(estimate.arm):
                rows.append(row | {"areas": "", "reach": "", "refused": "area_missing"})
                continue
            exposed = comparison.exposure(estimate.arm)
            shock = breakdown.shift(estimate, [], exposed.reach)
            least = comparison.nearer(shock.size, estimate.arm, shock.per)
            row |= {"shock": least, "shock_share": least / abs(estimate.estimate), "per": exposed.reach}
            row |= {"spread": breakdown.spread(estimate, [], exposed.factor).size}
            row |= {"areas": f"{exposed.arm_areas} / {exposed.reference_areas} / {exposed.shared}"}
            rows.append(row | {"reach": exposed.where, "refused": shock.refused})
        return rows

    def numbers(self, estimate, frame, leading):
        """The sizes, where the shock is, and why there is none."""
        row = frame.iloc[0] if len(frame) else {}
        sizes = {name: row.get(name, np.nan) for name in ("shock", "spread")}
        return sizes | {"areas": row.get("reach", ""), "shock_refused": row.get("refused", "")}

    def answers(self, row, words):
        """Any shock of that size is enough."""
        if row["says"] not in DIRECTIONS:
            return []
        answers = []
        if np.isfinite(row["shock"]):
            quoted = {"size": size(row["shock"], row, words)}
            quoted |= {"share": words.number(100 * row["shock"] / abs(row["estimate"]), 0)}
            answers.append(Answer(ENOUGH, words.label(f"overturn.by.shock.{row['areas']}", **quoted)))
        if np.isfinite(row["spread"]):
            answers.append(Answer(ENOUGH, words.label("overturn.by.spread", size=size(row["spread"], row, words))))
        if row["shock_refused"]:
            part = NOT_ENOUGH if row["shock_refused"] == "no_area_effect" else UNKNOWN
            why = words.label(f"refused.{row['shock_refused']}")
            answers.append(Answer(part, words.label("overturn.unknown_shock", why=why), tried=False))
        return answers

    def size_columns(self, frame):
        """The shock and its share of the estimate, the spread, the numbers of areas."""
        columns = [Column("shock", "measure"), Column("shock_share", "percent"), Column("spread", "measure")]
        return [*columns, Column("areas", "counts")]

    def size_parameters(self, frame, study):
        """The name of the areas; a dash where the study names none."""
        area = study.contract.robustness.area
        return {"area": lambda words: words.label(area) if area else "–"}

    def notes(self, frame, leading, words):
        """What the areas are."""
        area = leading.study.contract.robustness.area
        return [words.label("overturn.areas", area=words.label(area))] if area else []

    def recorded(self, frame):
        """The shock, with where it is."""
        return [
            {"quantity": "shock", "value": row["shock"], "reach": row["reach"]}
            for row in frame.to_dict("records")
            if row["shock"] > 0
        ]

    def exhibits(self, frame, leading):
        """The estimates under growing shocks; results that none could overturn are not drawn."""
        rows, absent = [], []
        for estimate, part in each(frame, leading):
            shock, per = part["shock"].iloc[0], part["per"].iloc[0]
            if not shock > 0 or few_compared(estimate, leading.study):
                absent.append(estimate.outcome)
            else:
                sizes = breakdown.SIZES * abs(estimate.estimate) / max(abs(per), cluster_robust.COLLINEAR)
                shift = breakdown.shift(estimate, sizes, per)
                points = {"breakdown": shock, "breakdown_interval": shift.size}
                rows += [base(estimate) | points | row for row in shift.grid.to_dict("records")]
        data = picture_data(rows, leading.study)
        settings = {"draw": draw, "data": data, "text": "fig_shock", "alt": alt, "absent": partial(_absent, absent)}
        return [Exhibit("figure", settings)] if rows else []


def _absent(outcomes, words):
    """Say which results are not drawn, and why; nothing if all are."""
    names = [words.label(outcome) for outcome in dict.fromkeys(outcomes)]
    return words.label("fig_shock.absent", list=words.listed(names)) if names else ""


def draw(figure, data, words):
    """One panel a result: estimate and interval over the size of a shock; where each of them loses the direction."""
    parts = panels(data)
    figure.set_size_inches(6.3, max(1.9, 1.75 * len(parts)) + 0.3)
    panel_axes, marks = figure.subplots(len(parts), 1, squeeze=False)[:, 0], {}
    for axes, part in zip(panel_axes, parts, strict=True):
        unit = part["unit"][0]
        scale = 100 if unit == SHARE else 1
        x = scale * part["size"]
        axes.fill_between(x, scale * part["conf_low"], scale * part["conf_high"], color=LIGHT, linewidth=0)
        axes.plot(x, scale * part["estimate"], color=ACCENT)
        axes.axhline(0, color=GREY, linewidth=0.8)
        ends = {"interval": part["breakdown_interval"][0], "family": part["breakdown"][0]}
        for name, end in ends.items() if ends["family"] < ends["interval"] else [("interval", ends["interval"])]:
            look = {"color": ACCENT, "linestyle": "", "markersize": 6}
            look |= {"markerfacecolor": "white" if name == "interval" else ACCENT}
            (marks[name],) = axes.plot([scale * end], [0], "o", **look)
        axes.set_title(textwrap.fill(panel_title(part, data, words), 60), loc="right" if words.rtl else "left")
        named = words.unit_in_table(unit, effect=True)
        axes.set_xlabel(words.label("axis.shock") + (f" ({named})" if named != "–" else ""))
        format_axis(axes.xaxis, words)
        format_axis(axes.yaxis, words)
    named = [words.label(f"fig_shock.{name}") for name in marks]
    figure.legend(marks.values(), named, loc="outside upper center", ncols=2, fontsize=7.5, frameon=False)
    return panel_axes


def alt(data, words):
    """Say for each result from which shock on no direction is left."""
    points = []
    for part in panels(data):
        quoted = {"size": size(part["breakdown"][0], dict(part.loc[0]), words)}
        points.append(words.label("fig_shock.point", outcome=panel_title(part, data, words), **quoted))
    return words.parts(points)
