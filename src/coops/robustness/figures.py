"""Figures of robustness: estimates under a shock of the area, and by every specification."""

import textwrap

import pandas as pd

from coops.disclosure.rows import few
from coops.robustness.exhibits import base
from coops.robustness.overturn import size
from coops.robustness.sensitivity import Sensitivity
from coops.show.drawing import ACCENT, GREY, LIGHT, finish_panel, format_axis
from coops.show.language import SHARE, Words
from coops.show.table import labels_in_words, unit_columns
from coops.study.study import Study


def shock_data(found: list[Sensitivity], study: Study) -> pd.DataFrame:
    """The frame behind the figure of shocks, one row a result and size; empty where no shock could overturn any."""
    lines = [
        base(one) | {"breakdown": one.shock.value} | row
        for one in found
        if one.shock and one.shock.value > 0 and not few(one.one, study)
        for row in one.shock.grid.to_dict("records")
    ]
    return _frame(lines, study)


def _frame(lines: list[dict], study: Study) -> pd.DataFrame:
    """Lines with the unit of their outcome; not with the counts that only say what is hidden."""
    if not lines:
        return pd.DataFrame()
    data = pd.DataFrame(lines).drop(columns=["few", "fewest"], errors="ignore")
    return data.assign(**unit_columns(data["outcome"], study))


def _panels(data: pd.DataFrame) -> list[pd.DataFrame]:
    """One frame a result, in their order."""
    return [part.reset_index(drop=True) for _, part in data.groupby(["outcome", "wave", "arm"], sort=False)]


def _title(part: pd.DataFrame, data: pd.DataFrame, words: Words, width: int = 60) -> str:
    """Outcome; wave and arm where there are several."""
    names = [part["outcome"][0]] + [part[name][0] for name in ("wave", "arm") if data[name].nunique() > 1]
    return textwrap.fill(" – ".join(labels_in_words(name, words) for name in names), width)


def draw_shock(figure, data: pd.DataFrame, words: Words) -> None:
    """One panel a result: the estimate and its interval over the size of a shock, zero and the breakdown marked."""
    panels = _panels(data)
    figure.set_size_inches(6.3, max(1.9, 1.75 * len(panels)))
    for axes, part in zip(figure.subplots(len(panels), 1, squeeze=False)[:, 0], panels, strict=True):
        unit = part["unit"][0]
        scale = 100 if unit == SHARE else 1
        x = scale * part["size"]
        axes.fill_between(x, scale * part["low"], scale * part["high"], color=LIGHT, linewidth=0)
        axes.plot(x, scale * part["value"], color=ACCENT)
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.plot([scale * part["breakdown"][0]], [0], "o", color=ACCENT, markerfacecolor="white", markersize=6)
        axes.set_title(_title(part, data, words), loc="right" if words.rtl else "left")
        said = words.unit_in_table(unit, effect=True)
        axes.set_xlabel(words.label("axis.shock") + (f" ({said})" if said != "–" else ""))
        format_axis(axes.xaxis, words)
        format_axis(axes.yaxis, words)


def shock_alt(data: pd.DataFrame, words: Words) -> str:
    """Say for each result from which shock on its interval covers zero."""
    said = []
    for part in _panels(data):
        named = {
            "outcome": _title(part, data, words, 1000),
            "size": size(part["breakdown"][0], dict(part.loc[0]), words),
        }
        said.append(words.label("fig_shock.point", **named))
    return words.parts(said)


def curve_data(found: list[Sensitivity], study: Study) -> pd.DataFrame:
    """The frame behind the figure of specifications, one row each, in order of the estimate."""
    lines = [
        base(one) | row
        for one in found
        if one.curve and one.curve.estimates["value"].notna().sum() > 1
        for row in one.curve.estimates.to_dict("records")
        if not few(one.one, study) and not 0 < row["fewest"] < study.contract.least(one.one.unit_level)
    ]
    return _frame(lines, study)


def draw_curve(figure, data: pd.DataFrame, words: Words) -> None:
    """One panel a result: a dot and a whisker a specification."""
    panels = _panels(data)
    tallest = max(len(part) for part in panels)
    figure.set_size_inches(6.3, len(panels) * (0.85 + 0.34 * tallest))
    for axes, part in zip(figure.subplots(len(panels), 1, squeeze=False)[:, 0], panels, strict=True):
        scale = 100 if part["unit"][0] == SHARE else 1
        for place, row in enumerate(part.itertuples()):
            axes.plot([scale * row.low, scale * row.high], [place, place], color=ACCENT, solid_capstyle="butt")
            axes.plot([scale * row.value], [place], "o", color=ACCENT, markersize=5)
        names = [textwrap.fill(_named(row.specification, words), 32) for row in part.itertuples()]
        finish_panel(axes, names, part["unit"][0], _title(part, data, words, 48), words)


def curve_alt(data: pd.DataFrame, words: Words) -> str:
    """Say each result and specification with its estimate and interval."""
    said = []
    for part in _panels(data):
        for row in part.itertuples():
            value = words.measure(row.value, row.unit, int(row.decimals), effect=True)
            interval = words.interval(row.low, row.high, row.unit, int(row.decimals))
            name = words.comma.join([_title(part, data, words, 1000), _named(row.specification, words)])
            said.append(f"{name}: {value} ({interval})")
    return words.parts(said)


def _named(specification: str, words: Words) -> str:
    return words.said(words.study.label(specification)) or specification
