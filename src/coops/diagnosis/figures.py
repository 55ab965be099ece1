"""Figures of the diagnosis: heat map of groups by dimension, change, rank intervals, needs."""

import textwrap
from typing import Any

import numpy as np
import pandas as pd

from coops.show.drawing import (
    ACCENT,
    GREY,
    LIGHT,
    Axes,
    Figure,
    draw_pair,
    ink,
    legend_above,
    names_aside,
    write_beside,
)
from coops.show.language import Words
from coops.show.results import HIDDEN
from coops.show.table import labels_in_words, scored_in_words, strata_in_words

WIDTH = 6.3
SCALE = ("#f3e3d3", "#f6f1e7", "#d5e4e6", "#8fbac6", "#3f8ba3", "#155a73")  # low to high, readable in grey


def draw_heat(figure: Figure, data: pd.DataFrame, words: Words) -> Axes:
    """One row a group, one column a dimension, the highest mean of all first; the colour runs from 0 to 100."""
    import seaborn as sns  # type: ignore[import-untyped]
    from matplotlib.colors import LinearSegmentedColormap

    groups = list(dict.fromkeys(data["group"]))
    wide = 100 * data.pivot(index="group", columns="part", values="mean").reindex(groups)
    parts = [*wide.loc[groups[0]].drop("overall").sort_values(ascending=False, kind="stable").index, "overall"]
    wide = wide[parts[::-1] if words.rtl else parts]
    figure.set_size_inches(WIDTH, 1.5 + 0.42 * len(groups))
    axes = figure.subplots()
    axes.patch.set(hatch="////", edgecolor=LIGHT)  # what is hidden is no zero
    colours = LinearSegmentedColormap.from_list("scores", SCALE)
    look = {"cmap": colours, "vmin": 0, "vmax": 100, "cbar": False, "linewidths": 1.5, "linecolor": "white"}
    sns.heatmap(wide, mask=wide.isna(), ax=axes, **look)
    for place, (_, means) in enumerate(wide.iterrows()):
        for column, (part, value) in enumerate(means.items()):
            known, bold = pd.notna(value), "bold" if part == "overall" else "normal"
            text = words.percent(value / 100) if known else HIDDEN
            written: dict[str, Any] = {
                "color": ink(colours(value / 100)) if known else "black",
                "fontweight": bold,
                "fontsize": 8.5,
            }
            written |= {} if known else {"bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.8}}
            axes.text(column + 0.5, place + 0.5, text, ha="center", va="center", **written)
    axes.axhline(1, color="white", linewidth=4)
    axes.axvline(1 if words.rtl else len(parts) - 1, color="white", linewidth=4)
    small = min(8.0, 52 / len(parts))  # so that the names of many dimensions stay apart
    names = [textwrap.fill(scored_in_words(part, words), 12, break_long_words=False) for part in wide]
    axes.set_xticks([place + 0.5 for place in range(len(parts))], names, fontsize=small, rotation=0)
    names = [textwrap.fill(strata_in_words(group, words), 22) for group in groups]
    axes.set_yticks([place + 0.5 for place in range(len(groups))], names, rotation=0)
    axes.set(xlabel="", ylabel="")
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    names_aside(axes, words)
    axes.spines[:].set_visible(False)
    return axes


def heat_alt(data: pd.DataFrame, words: Words) -> str:
    """Say each group's scores, dimension by dimension."""
    return _groups_alt(data, words, "mean", [scored_in_words(part, words) for part in data["part"]])


def _groups_alt(data: pd.DataFrame, words: Words, share: str, names: list[str]) -> str:
    """Say a share of each row, with its name, group by group."""
    shares = [words.percent(value) if pd.notna(value) else HIDDEN for value in data[share]]
    cells = pd.Series([" ".join(cell) for cell in zip(names, shares, strict=True)], index=data.index)
    groups = cells.groupby(data["group"], sort=False)
    return words.parts([f"{strata_in_words(group, words)}: {words.listed(list(part))}" for group, part in groups])


def draw_change(figure: Figure, data: pd.DataFrame, words: Words) -> Axes:
    """One line a dimension from its first mean (ring) to its last (dot), the largest rise first, overall below."""
    data = data.dropna(subset=["before", "after"])
    whole = data["part"] == "overall"
    data = pd.concat([data[~whole].sort_values("change", ascending=False, kind="stable"), data[whole]])
    figure.set_size_inches(WIDTH, 0.9 + 0.32 * len(data))
    axes = figure.subplots()
    for place, row in enumerate(data.itertuples()):
        waves = tuple(labels_in_words(wave, words) if place == 0 else "" for wave in (row.first, row.last))
        ends = (100 * row.before, 100 * row.after)
        draw_pair(axes, place, ends, (words.percent(row.before), words.percent(row.after)), waves)
    names = [textwrap.fill(scored_in_words(part, words), 30) for part in data["part"]]
    axes.set_yticks(range(len(names)), names)
    for label, part in zip(axes.get_yticklabels(), data["part"], strict=True):
        label.set_fontweight("bold" if part == "overall" else "normal")
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(-9, 109)
    axes.set_xticks(range(0, 101, 25), [words.percent(tick / 100) for tick in range(0, 101, 25)])
    axes.tick_params(axis="y", length=0)
    names_aside(axes, words)
    legend_above(axes, words)
    return axes


def change_alt(data: pd.DataFrame, words: Words) -> str:
    """Say where each dimension began and ended."""
    parts = []
    for row in data.itertuples():
        ends = {"before": words.percent(row.before), "after": words.percent(row.after)}
        parts.append(words.label("from_to", name=scored_in_words(row.part, words), **ends))
    return words.parts(parts)


def draw_ranks(figure: Figure, data: pd.DataFrame, words: Words) -> Axes:
    """One line a unit, unnamed: its rank and where it falls in the draws; a line where the next level begins."""
    figure.set_size_inches(WIDTH, min(6.5, 1.3 + 0.085 * len(data)))
    axes = figure.subplots()
    look: dict[str, Any] = {"color": LIGHT, "linewidth": 2.4, "zorder": 1}
    axes.hlines(data.index, data["rank_low"], data["rank_high"], **look)
    axes.plot(data["rank"], data.index, "o", color=ACCENT, markersize=4.5)
    end = float(data["rank_high"].max()) + 0.8
    for name, rows in data[data["level"] != ""].groupby("level", sort=False):
        if rows.index[0] > 0:
            axes.axhline(rows.index[0] - 0.5, color=GREY, linewidth=0.8, linestyle="--")
        upper = rows.index[0] < len(data) / 2  # there the lines leave room at the right, below at the left
        look = {"ha": "right" if upper else "left", "va": "top", "color": GREY, "fontsize": 8}
        place = (end - 0.1 if upper else 0.4, rows.index[0] - 0.4)
        axes.text(*place, textwrap.fill(scored_in_words(str(name), words), 24), **look)
    axes.set_ylim(len(data) - 0.2, -0.8)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlim(0.2, end)
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.xaxis.set_major_formatter(lambda value, place: words.count(value) if value >= 1 else "")
    axes.set_xlabel(words.label("rank"))
    return axes


def ranks_alt(data: pd.DataFrame, words: Words) -> str:
    """Say how wide the intervals are."""
    width = (data["rank_high"] - data["rank_low"]).median()
    return words.label("ranks_in_words", units=words.count(len(data)), width=words.count(width))


def needs_drawn(data: pd.DataFrame) -> pd.DataFrame:
    """The needs that are drawn: of all groups, or of all together where half of the numbers of a group are hidden."""
    hidden = data["any"].isna().groupby(data["group"], sort=False).mean()
    return data if hidden.lt(0.5).all() else data[data["group"] == hidden.index[0]]


def draw_needs(figure: Figure, data: pd.DataFrame, words: Words) -> list[Axes]:
    """One panel a group: how often each need is named, the darker part where it is named first."""
    import seaborn as sns

    data = needs_drawn(data)
    groups, order = list(dict.fromkeys(data["group"])), list(dict.fromkeys(data["need"]))
    figure.set_size_inches(WIDTH, 1.3 + 0.3 * len(order))
    panels = list(figure.subplots(1, len(groups), sharey=True, squeeze=False)[0])
    for group, axes in zip(groups[::-1] if words.rtl else groups, panels, strict=True):
        part = data[data["group"] == group].set_index("need").reindex(order)
        look = {"orient": "y", "y": range(len(order)), "width": 0.62, "saturation": 1, "ax": axes, "legend": False}
        sns.barplot(x=part["any"], color="#a9cbd5", label=words.label("named_at_all"), **look)
        sns.barplot(x=part["first"], color=ACCENT, label=words.label("named_first"), **look)
        for place, value in enumerate(part["any"]):
            write_beside(axes, words.percent(value) if pd.notna(value) else HIDDEN, np.nan_to_num(value), place)
        name = textwrap.fill(strata_in_words(group, words), 60 // len(groups))
        axes.set_title(name, fontsize=8.5, loc="right" if words.rtl else "left")
        axes.set(xlim=(0, 1.3), xticks=[], xlabel="", ylabel="", ylim=(len(order) - 0.5, -0.5))
        axes.tick_params(length=0)
        axes.spines["bottom"].set_visible(False)
    named = panels[-1] if words.rtl else panels[0]
    names = [textwrap.fill(words.value_label(*need.split(".", 1)), 20) for need in order]
    named.set_yticks(range(len(order)), names)
    for axes in panels:
        axes.yaxis.set_tick_params(labelleft=axes is named and not words.rtl, labelright=axes is named and words.rtl)
    handles = named.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return panels


def needs_alt(data: pd.DataFrame, words: Words) -> str:
    """Say how often each need is named, by group."""
    data = needs_drawn(data)
    return _groups_alt(data, words, "any", [words.value_label(*need.split(".", 1)) for need in data["need"]])
