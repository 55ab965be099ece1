"""Figures of the leading estimates: with their intervals, and by stratum."""

import math
import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coops import disclosure
from coops.disclosure.thresholds import few_compared
from coops.estimation import tidy
from coops.show.drawing import GREY, draw_interval, finish_panel
from coops.show.language import SHARE, Words
from coops.show.results import HIDDEN
from coops.show.table import labels_in_words, strata_in_words, unit_columns
from coops.study.study import Study


def effects_data(estimates: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The frame behind the figure of estimates, one row each; an estimate that few are behind is not in it."""
    names = ["outcome", "wave", "arm", "estimate", "conf_low", "conf_high", "conf_level", "n"]
    few = pd.Series([few_compared(row, study) for row in tidy.rows(estimates)])
    columns = ("estimate", "conf_low", "conf_high", "n")
    data = disclosure.released(estimates[names].reset_index(drop=True), study, rule=few, columns=columns)
    return data.assign(**unit_columns(data["outcome"], study))


def draw_effects(figure: Figure, data: pd.DataFrame, words: Words) -> None:
    """One panel an outcome: a dot and a whisker for each of its estimates, zero marked."""
    outcomes = list(dict.fromkeys(data["outcome"]))
    longest = max(len(words.label(outcome)) for outcome in outcomes)
    columns = 2 if len(outcomes) > 4 or (len(outcomes) > 2 and longest < 30) else 1
    lines = math.ceil(len(outcomes) / columns)
    tallest = data.groupby("outcome").size().max()
    figure.set_size_inches(6.3, max(1.7, lines * (0.68 + 0.28 * tallest)))
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for panel, outcome in zip(panels, outcomes, strict=False):
        _panel(panel, data[data["outcome"] == outcome].reset_index(drop=True), words, 23 if columns == 2 else 52)
    for panel in panels[len(outcomes) :]:
        panel.remove()


def _panel(axes: Axes, data: pd.DataFrame, words: Words, width: int) -> None:
    scale = 100 if data["unit"][0] == SHARE else 1
    several_arms = data["arm"].nunique() > 1
    names = []
    for place, row in enumerate(data.itertuples()):
        draw_interval(axes, place, row, scale)
        names.append(labels_in_words(row.wave, words) + (f" – {words.label(row.arm)}" if several_arms else ""))
    finish_panel(axes, names, data["unit"][0], textwrap.fill(words.label(data["outcome"][0]), width), words)


def effects_alt(data: pd.DataFrame, words: Words) -> str:
    """Say in words what the figure shows: each outcome, wave and estimate with its interval."""
    parts = []
    for row in data.itertuples():
        value = words.measure(row.estimate, row.unit, int(row.decimals), effect=True)
        value = HIDDEN if "estimate" in getattr(row, "hidden", "") else value
        where = labels_in_words(row.wave, words) + (
            words.comma + words.label(row.arm) if row.arm and data["arm"].nunique() > 1 else ""
        )
        interval = words.interval(row.conf_low, row.conf_high, row.unit, int(row.decimals))
        parts.append(f"{words.label(row.outcome)} ({where}) {value} ({interval})")
    return words.parts(parts)


def draw_strata(figure: Figure, data: pd.DataFrame, words: Words) -> None:
    """One panel an outcome: own estimates with intervals, pooled points as rings, zero marked."""
    outcomes = list(dict.fromkeys(data["outcome"]))
    tallest = data.groupby("outcome").size().max()
    figure.set_size_inches(6.3, max(1.7, len(outcomes) * (0.8 + 0.3 * tallest)))
    for axes, outcome in zip(figure.subplots(len(outcomes), 1, squeeze=False)[:, 0], outcomes, strict=True):
        part = data[data["outcome"] == outcome].reset_index(drop=True)
        scale = 100 if part["unit"][0] == SHARE else 1
        for place, row in enumerate(part.itertuples()):
            draw_interval(axes, place, row, scale)
            axes.plot([scale * row.pooled], [place], "o", color=GREY, markerfacecolor="white", markersize=6, zorder=0)
        names = [textwrap.fill(strata_in_words(row.stratum, words), 24) for row in part.itertuples()]
        finish_panel(axes, names, part["unit"][0], textwrap.fill(words.label(outcome), 60), words)


def strata_alt(data: pd.DataFrame, words: Words) -> str:
    """Say each stratum's estimate and interval in words; a hidden one as hidden."""
    parts = []
    for row in data.itertuples():
        value = words.measure(row.estimate, row.unit, int(row.decimals), effect=True)
        value = HIDDEN if "estimate" in getattr(row, "hidden", "") else value
        interval = (
            words.interval(row.conf_low, row.conf_high, row.unit, int(row.decimals)) if pd.notna(row.conf_low) else "–"
        )
        parts.append(f"{words.label(row.outcome)}, {strata_in_words(row.stratum, words)}: {value} ({interval})")
    return words.parts(parts)
