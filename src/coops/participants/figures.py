"""The flow chart of the units of each arm, from the list to the leading estimates (CONSORT)."""

import math
import textwrap
from typing import Any

import pandas as pd

from coops.show.drawing import ACCENT, GREY, Axes, Figure
from coops.show.language import Words
from coops.show.results import HIDDEN
from coops.show.table import labels_in_words

WIDTH, LINE, FONT = 6.3, 0.135, 7.5  # of the figure and of a line of text in inches; size of the text in points
BOX = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": ACCENT, "linewidth": 1}


def draw_flow(figure: Figure, data: pd.DataFrame, words: Words) -> Axes:
    """A column an arm, a box a step with what left beside its arrow; the estimates side by side in the last row.

    Axes in inches; arms from right to left where the language is written so.
    """
    arms = [part.reset_index(drop=True) for _, part in data.groupby("arm", sort=False)]
    wide = WIDTH / len(arms)
    used = arms[0]["step"].eq("used_for").sum()
    across = max(1, min(used, int(wide // 1)))
    heads = [textwrap.fill(_arm(part["arm"][0], words), int(wide * 11)) for part in arms]
    top = LINE * (max(head.count("\n") for head in heads) + 1) + 0.15
    down = [top + 0.62 * place for place in range(len(arms[0]) - used)]
    texts = [_texts(part, words, wide, wide / across) for part in arms]
    deep = LINE * max([text.count("\n") + 1 for column in texts for text, _ in column[len(down) :]] or [0]) + 0.25
    loss = LINE * max([text.count("\n") + 1 for column in texts for _, text in column[len(down) :]] or [0]) + 0.1
    rows = math.ceil(used / across)
    high = down[-1] + 0.3 + rows * (deep + loss + 0.1)
    figure.set_size_inches(WIDTH, high)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set(xlim=(WIDTH, 0) if words.rtl else (0, WIDTH), ylim=(high, 0))
    for place, (column, head) in enumerate(zip(texts, heads, strict=True)):
        middle = wide * (place + 0.5)
        axes.text(middle, 0.02, head, ha="center", va="top", fontsize=FONT + 1, fontweight="bold")
        for step, (text, out) in enumerate(column[: len(down)]):
            axes.text(middle, down[step] + 0.17, text, ha="center", va="center", fontsize=FONT, bbox=BOX)
            if step:
                _arrow(axes, middle, down[step] - 0.3, down[step])
                axes.text(middle + 0.1, down[step] - 0.14, out, va="center", ha=_start(words), fontsize=FONT - 1, color=GREY)
        for number, (text, out) in enumerate(column[len(down) :]):
            x = wide * place + wide / across * (number % across + 0.5)
            y = down[-1] + 0.4 + (deep + loss + 0.1) * (number // across)
            axes.text(x, y, out, ha="center", va="top", fontsize=FONT - 1, color=GREY)
            _arrow(axes, x, y + loss - 0.14, y + loss + 0.02)
            axes.text(x, y + loss + 0.1, text, ha="center", va="top", fontsize=FONT - 0.5, bbox=BOX)
    return axes


def _texts(part: pd.DataFrame, words: Words, wide: float, narrow: float) -> list[tuple[str, str]]:
    """Of each step the text of its box, and what left before it; broken to the width of a box in inches."""
    return [
        (
            textwrap.fill(_step(row, words), int(14.5 * (narrow if row.step == "used_for" else wide) - 2)),
            textwrap.fill(_out(row, words), int(15 * (narrow if row.step == "used_for" else wide / 2) - 1)),
        )
        for row in part.itertuples()
    ]


def _start(words: Words) -> str:
    return "right" if words.rtl else "left"


def _arrow(axes: Axes, x: float, start: float, end: float) -> None:
    axes.annotate("", (x, end), (x, start), arrowprops={"arrowstyle": "-|>", "color": GREY, "linewidth": 0.8})


def _arm(name: str, words: Words) -> str:
    """The arm in words; of those in none, all of them where the study has no arm."""
    return labels_in_words(name or ("no_arm" if words.study.contract.design.arm else "all_units"), words)


def _step(row: Any, words: Words) -> str:
    number = HIDDEN if pd.isna(row.number) else words.noun(row.unit_level, row.number)
    named = [words.label(row.of)] if row.of else []
    named += [labels_in_words(row.wave, words)] if row.wave else []
    return words.label(f"step.{row.step}", number=number, of=" – ".join(named))


def _out(row: Any, words: Words) -> str:
    """What left before a step; nothing if none did."""
    if row.out == 0 or row.step == "listed":
        return ""
    return words.label(f"step.out_{row.step}", number=HIDDEN if pd.isna(row.out) else words.count(row.out))


def flow_alt(data: pd.DataFrame, words: Words) -> str:
    """Say of each arm every step in words, with what left before it in brackets."""
    parts = []
    for name, part in data.groupby("arm", sort=False):
        steps = [(_step(row, words), _out(row, words)) for row in part.itertuples()]
        parts.append(f"{_arm(str(name), words)}: {words.listed([f'{s} ({out})' if out else s for s, out in steps])}")
    return words.parts(parts)
