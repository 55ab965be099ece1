"""Figures of the diagnosis: heat map of groups by dimension, slopes of change, rank intervals, needs."""

import textwrap
from typing import Any

import numpy as np
import pandas as pd

from coops.show.drawing import ACCENT, GREY, LIGHT, Figure
from coops.show.language import Words
from coops.show.results import HIDDEN
from coops.show.table import labels_in_words, scored_in_words, strata_in_words

WIDTH = 6.3
SCALE = ("#f3e3d3", "#f6f1e7", "#d5e4e6", "#8fbac6", "#3f8ba3", "#155a73")  # low to high, readable in grey
GAP = 0.045  # least distance of two names beside a slope chart, as a share of its height


def draw_heat(figure: Figure, data: pd.DataFrame, words: Words) -> None:
    """One row a group, one column a dimension, the mean score written in its cell; read from the right in Arabic."""
    groups, parts = list(dict.fromkeys(data["group"])), list(dict.fromkeys(data["part"]))
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    colours = LinearSegmentedColormap.from_list("scores", SCALE)
    figure.set_size_inches(WIDTH, 1.5 + 0.42 * len(groups))
    axes = figure.subplots()
    means = data.pivot(index="group", columns="part", values="mean").reindex(index=groups, columns=parts)
    for place, group in enumerate(groups):
        for column, part in enumerate(parts):
            value = means.loc[group, part]
            known = pd.notna(value)
            look = {"facecolor": colours(value)} if known else {"facecolor": "white", "hatch": "////"}
            axes.add_patch(Rectangle((column - 0.5, place - 0.5), 1, 1, edgecolor="white", linewidth=1.5, **look))
            text = words.percent(value) if known else HIDDEN
            dark = known and value > 0.72
            axes.text(column, place, text, ha="center", va="center", color="white" if dark else "black", fontsize=8.5,
                      fontweight="bold" if part == "overall" else "normal")  # fmt: skip
    axes.set_xlim((len(parts) - 0.5, -0.5) if words.rtl else (-0.5, len(parts) - 0.5))
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.axhline(0.5, color="white", linewidth=4)
    axes.axvline(len(parts) - 1.5, color="white", linewidth=4)
    small = min(8.0, 52 / len(parts))  # so that the names of many dimensions stay apart
    axes.set_xticks(
        range(len(parts)),
        [textwrap.fill(scored_in_words(part, words), 12, break_long_words=False) for part in parts],
        fontsize=small,
    )
    axes.set_yticks(range(len(groups)), [textwrap.fill(strata_in_words(group, words), 22) for group in groups])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    if words.rtl:
        axes.yaxis.tick_right()
    for side in axes.spines.values():
        side.set_visible(False)


def heat_alt(data: pd.DataFrame, words: Words) -> str:
    """Say each group's scores, dimension by dimension."""
    return _groups_alt(data, words, "mean", [scored_in_words(part, words) for part in data["part"]])


def _groups_alt(data: pd.DataFrame, words: Words, share: str, names: list[str]) -> str:
    """Say a share of each row, with its name, group by group."""
    shares = [words.percent(value) if pd.notna(value) else HIDDEN for value in data[share]]
    cells = pd.Series([" ".join(cell) for cell in zip(names, shares, strict=True)], index=data.index)
    groups = cells.groupby(data["group"], sort=False)
    return words.parts([f"{strata_in_words(group, words)}: {words.listed(list(part))}" for group, part in groups])


def draw_slopes(figure: Figure, data: pd.DataFrame, words: Words) -> None:
    """One line a dimension from the first wave to the last, the overall score thicker; time runs as the script does."""
    data = data.dropna(subset=["before", "after"])
    figure.set_size_inches(WIDTH, 3.9)
    axes = figure.subplots()
    ends = {"before": 0, "after": 1}
    for row in data.itertuples():
        whole, falls = row.part == "overall", row.change < 0
        colour = "black" if whole else GREY if falls else ACCENT
        look: dict[str, Any] = {"color": colour, "linewidth": 3 if whole else 1.6, "linestyle": "--" if falls else "-"}
        axes.plot([0, 1], [row.before, row.after], marker="o", markersize=4, **look)
    low, high = data[["before", "after"]].min().min(), data[["before", "after"]].max().max()
    room = max(0.12, (high - low) * 0.1)
    for end, place in ends.items():
        rows = data.sort_values(end)
        heights = _apart(rows[end].tolist(), GAP * (high - low + 2 * room))
        outside = place == 1
        for row, height in zip(rows.itertuples(), heights, strict=True):
            value = words.percent(getattr(row, end))
            name = scored_in_words(row.part, words)
            text = f"{value}  {name}" if outside else value
            side = "left" if outside != words.rtl else "right"
            weight = "bold" if row.part == "overall" else "normal"
            shift = 0.03 if outside else -0.03
            axes.text(place + shift, height, text, ha=side, va="center", fontsize=8.5, fontweight=weight)
    ticks = [labels_in_words(data["first"].iloc[0], words), labels_in_words(data["last"].iloc[0], words)]
    axes.set_xticks([0, 1], [textwrap.fill(tick, 24) for tick in ticks])
    axes.set_xlim((2.1, -0.35) if words.rtl else (-0.35, 2.1))
    axes.set_ylim(low - room / 2, high + room / 2)
    axes.set_yticks([])
    for side in ("left", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)
    for place in ends.values():
        axes.axvline(place, color=LIGHT, linewidth=1, zorder=0)


def _apart(heights: list[float], gap: float) -> list[float]:
    """Push rising heights apart until none is nearer than ``gap`` to the one below, about where they were."""
    blocks: list[tuple[float, int]] = []  # each: sum of wished middles, number
    for height in heights:
        blocks.append((height, 1))
        while len(blocks) > 1:
            (low, few), (high, many) = blocks[-2], blocks[-1]
            top, bottom = low / few + gap * (few - 1) / 2, high / many - gap * (many - 1) / 2
            if bottom - top >= gap:
                break
            blocks[-2:] = [(low + high, few + many)]
    return [total / n + gap * (place - (n - 1) / 2) for total, n in blocks for place in range(n)]


def slopes_alt(data: pd.DataFrame, words: Words) -> str:
    """Say where each dimension began and ended."""
    parts = []
    for row in data.itertuples():
        ends = {"before": words.percent(row.before), "after": words.percent(row.after)}
        parts.append(words.label("from_to", name=scored_in_words(row.part, words), **ends))
    return words.parts(parts)


def draw_ranks(figure: Figure, data: pd.DataFrame, words: Words) -> None:
    """One line a unit, unnamed: its rank and where it falls in the draws."""
    figure.set_size_inches(WIDTH, min(6.5, 1.3 + 0.085 * len(data)))
    axes = figure.subplots()
    for place, row in enumerate(data.itertuples()):
        axes.plot([row.rank_low, row.rank_high], [place, place], color=LIGHT, linewidth=2.4, solid_capstyle="butt")
    axes.plot(data["rank"], data.index, "o", color=ACCENT, markersize=4.5)
    axes.set_ylim(len(data) - 0.2, -0.8)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    end = float(data["rank_high"].max()) + 0.8
    axes.set_xlim((end, 0.2) if words.rtl else (0.2, end))
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.xaxis.set_major_formatter(lambda value, place: words.count(value) if value >= 1 else "")
    axes.set_xlabel(words.label("rank"))


def ranks_alt(data: pd.DataFrame, words: Words) -> str:
    """Say how wide the intervals are."""
    width = (data["rank_high"] - data["rank_low"]).median()
    return words.label("ranks_in_words", units=words.count(len(data)), width=words.count(width))


def draw_needs(figure: Figure, data: pd.DataFrame, words: Words) -> None:
    """One panel a group: how often each need is named, the darker part where it is named first."""
    groups, order = list(dict.fromkeys(data["group"])), list(dict.fromkeys(data["need"]))
    shown = groups[::-1] if words.rtl else groups
    figure.set_size_inches(WIDTH, 1.5 + 0.3 * len(order))
    panels = dict(zip(shown, figure.subplots(1, len(groups), sharey=True, squeeze=False)[0], strict=True))
    for group, axes in panels.items():
        part = data[data["group"] == group].set_index("need").reindex(order)
        unsaid = part["hidden"].str.contains("units").any()
        if unsaid:
            axes.text(0.5, 0.5, HIDDEN, ha="center", va="center", transform=axes.transAxes)
        axes.barh(range(len(order)), part["any"], height=0.62, color="#a9cbd5", label=words.label("named_at_all"))
        axes.barh(range(len(order)), part["first"], height=0.62, color=ACCENT, label=words.label("named_first"))
        for place, value in enumerate(part["any"]):
            text = words.percent(value) if pd.notna(value) else HIDDEN
            if not unsaid:
                side = "right" if words.rtl else "left"
                axes.text(np.nan_to_num(value) + 0.03, place, text, va="center", ha=side, fontsize=7.5)
        name = textwrap.fill(strata_in_words(group, words), 16)
        axes.set_title(name, fontsize=8.5, loc="right" if words.rtl else "left")
        axes.set_xlim((1.3, 0) if words.rtl else (0, 1.3))
        axes.set_xticks([])
        axes.tick_params(length=0)
        axes.spines["bottom"].set_visible(False)
        if words.rtl:
            axes.spines["right"].set_visible(True)
            axes.spines["left"].set_visible(False)
    first = panels[groups[0]]
    first.set_yticks(range(len(order)), [textwrap.fill(words.value_label(*need.split(".", 1)), 20) for need in order])
    first.set_ylim(len(order) - 0.5, -0.5)
    for axes in panels.values():
        axes.yaxis.set_tick_params(labelleft=axes is first and not words.rtl, labelright=axes is first and words.rtl)
    figure.legend(*first.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False, fontsize=8)


def needs_alt(data: pd.DataFrame, words: Words) -> str:
    """Say how often each need is named, by group."""
    return _groups_alt(data, words, "any", [words.value_label(*need.split(".", 1)) for need in data["need"]])
