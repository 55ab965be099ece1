"""The flow chart from received rows to the leading estimates."""

import textwrap
from typing import Any

import pandas as pd

from coops.field_data.exhibits import SIDE
from coops.show.drawing import ACCENT, GREY, Axes, Figure
from coops.show.language import Words


def draw_flow(figure: Figure, data: pd.DataFrame, words: Words) -> None:
    """A box a step from above to below; what left on the way stands beside, with an arrow to it."""
    main = data[~data["step"].isin(SIDE)].reset_index(drop=True)
    side = data[data["step"].isin(SIDE)]
    figure.set_size_inches(6.3, 0.62 * len(main) + 0.2)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_xlim((1, 0) if words.rtl else (0, 1))
    axes.set_ylim(len(main) - 0.4, -0.6)
    box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": ACCENT, "linewidth": 1}
    beside = box | {"edgecolor": GREY}
    for place, row in enumerate(main.itertuples()):
        axes.text(0.29, place, textwrap.fill(_said(row, words), 46), ha="center", va="center", fontsize=8.5, bbox=box)
        if place and row.unit == main["unit"][place - 1] and row.step != "used_for":
            _arrow(axes, (0.29, place - 0.72), (0.29, place - 0.28))
        if row.out:
            text = words.label(f"step.out_{row.step}", number=words.count(row.out))
            axes.text(0.8, place, text, ha="center", va="center", fontsize=8, color=GREY, bbox=beside)
            _arrow(axes, (0.56, place), (0.63, place))
    for row in side.itertuples():
        height = 0.5 if len(side) == 1 else 0.15 + 0.7 * list(side.index).index(row.Index) / (len(side) - 1)
        axes.text(0.8, height, _said(row, words), ha="center", va="center", fontsize=8, color=GREY, bbox=beside)
        _arrow(axes, (0.29, height), (0.63, height))


def _arrow(axes: Axes, start: tuple, end: tuple) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": GREY, "linewidth": 0.8})


def _said(row: Any, words: Words) -> str:
    number = words.count(row.number) if row.unit == "rows" else words.noun(row.unit, row.number)
    return words.label(f"step.{row.step}", number=number, of=words.label(row.of) if row.of else "")


def flow_alt(data: pd.DataFrame, words: Words) -> str:
    """Say every step in words, with what left on the way."""
    parts = []
    for row in data.itertuples():
        parts.append(_said(row, words))
        if row.out and row.step not in SIDE:
            parts.append(words.label(f"step.out_{row.step}", number=words.count(row.out)))
    return words.parts(parts)
