"""Figures of the leading estimates: with their intervals, and by stratum."""

import math
import textwrap

import numpy as np
import pandas as pd

from coops import disclosure
from coops.disclosure.thresholds import few_compared
from coops.estimation import tidy
from coops.show.drawing import ACCENT, GREY, Axes, Figure, draw_interval, finish_panel, format_axis
from coops.show.language import SHARE, Words
from coops.show.results import HIDDEN
from coops.show.table import labels_in_words, strata_in_words, unit_columns
from coops.study.study import Study


def before_after_data(panel: pd.DataFrame, outcomes: list[str], study: Study) -> pd.DataFrame:
    """Mean of each outcome by arm and wave, of those seen with an answer; those of too few are not in it.

    Parameters
    ----------
    panel : DataFrame
        As of :func:`coops.data.panel.panel`, of the level of the outcomes.

    Returns
    -------
    DataFrame, one row an outcome, arm and wave
        mean in the unit of the outcome, n (units). An arm's mean is taken out with those that would give it away.
    """
    parts = []
    for outcome in outcomes:
        known = panel.loc[panel["seen"], ["arm", "wave", outcome]].dropna()
        cells = known.groupby(["arm", "wave"], observed=True, sort=False)[outcome].agg(["mean", "count"]).reset_index()
        parts.append(cells.rename(columns={"count": "n"}).assign(outcome=outcome))
    data = pd.concat(parts, ignore_index=True).astype({"wave": str})
    order = {"outcome": outcomes, "wave": list(study.contract.waves)}
    for name, values in reversed(order.items()):
        data = data.sort_values(name, key=lambda column, values=values: column.map(values.index), kind="stable")
    data["arm"] = data["arm"].replace("", "no_arm" if study.contract.design.arm else "all_units")
    data = data.reset_index(drop=True)
    data = disclosure.released(data, study, behind="n", whole=("outcome", "wave"), columns=("mean", "n"))
    return data[["outcome", "arm", "wave", "mean", "n", "hidden"]].assign(**unit_columns(data["outcome"], study))


def draw_before_after(figure: Figure, data: pd.DataFrame, words: Words) -> np.ndarray:
    """One panel an outcome, one line an arm over the waves; time runs from left to right in every language."""
    import seaborn as sns  # type: ignore[import-untyped]

    outcomes, waves = list(dict.fromkeys(data["outcome"])), list(dict.fromkeys(data["wave"]))
    behind = (words.study.contract.design.reference, "all_units", "no_arm", "none")
    colours = {arm: GREY if arm in behind else ACCENT for arm in dict.fromkeys(data["arm"])}
    columns = min(3, len(outcomes))
    lines = math.ceil(len(outcomes) / columns)
    figure.set_size_inches(6.3, 2.2 * lines + 0.4)
    axes = figure.subplots(lines, columns, squeeze=False)
    axes = (axes[:, ::-1] if words.rtl else axes).ravel()
    for panel, outcome in zip(axes, outcomes, strict=False):
        part = data[data["outcome"] == outcome].dropna(subset="mean")
        scale = 100 if part["unit"].eq(SHARE).any() else 1
        part = part.assign(mean=scale * part["mean"], place=part["wave"].map(waves.index))
        line = {"palette": colours, "marker": "o", "errorbar": None, "legend": False}
        sns.lineplot(part, x="place", y="mean", hue="arm", ax=panel, **line)
        for row in part.groupby("arm", sort=False).tail(1).itertuples():
            name, look = textwrap.fill(labels_in_words(row.arm, words), 14), {"fontsize": 6.5, "va": "center"}
            offset = {"xytext": (5, 0), "textcoords": "offset points"}
            panel.annotate(name, (row.place, row.mean), color=colours[row.arm], **offset, **look)
        panel.set_xticks(range(len(waves)), [textwrap.fill(words.label(wave), 11) for wave in waves], fontsize=7)
        panel.set_xlim(-0.25, len(waves) - 0.1)
        title = textwrap.fill(words.label(outcome), 24 if columns == 3 else 40)
        panel.set_title(title, loc="right" if words.rtl else "left", fontsize=7.5)
        panel.set(xlabel="", ylabel=words.unit_in_table(data.loc[data["outcome"] == outcome, "unit"].iloc[0], False))
        format_axis(panel.yaxis, words)
    for panel in axes[len(outcomes) :]:
        panel.remove()
    return axes


def before_after_alt(data: pd.DataFrame, words: Words) -> str:
    """Say in words what the figure shows: of each outcome and arm the mean at each wave."""
    parts = []
    for (outcome, arm), part in data.groupby(["outcome", "arm"], sort=False):
        rows = part.itertuples()
        numbers = [
            (row.wave, HIDDEN if "mean" in row.hidden else words.measure(row.mean, row.unit, int(row.decimals)))
            for row in rows
        ]
        means = [f"{words.label(wave)} {number}" for wave, number in numbers]
        parts.append(f"{words.label(outcome)}{words.comma}{labels_in_words(arm, words)}: {words.listed(means)}")
    return words.parts(parts)


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
