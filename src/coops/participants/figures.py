"""The flow chart of the units of each arm, from the list to the leading estimates (CONSORT)."""

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

    More estimates than stand side by side are lines of one box. Axes in inches; arms from right to left where the
    language is written so.
    """
    columns = [part for _, part in data.groupby("arm", sort=False)]
    wide = WIDTH / len(columns)
    used = int(columns[0]["step"].eq("used_for").sum())
    across = used if 1 <= used <= max(1, wide // 1) else 1
    heads = [textwrap.fill(_arm(part["arm"].iloc[0], words), int(wide * 11)) for part in columns]
    steps = [_texts(part[part["step"] != "used_for"], words, wide) for part in columns]
    ends = [_ends(part[part["step"] == "used_for"], words, wide / across, across) for part in columns]
    top = LINE * max(_lines(heads)) + 0.3
    down = [top + 0.62 * place for place in range(len(steps[0]))]
    loss = LINE * max(_lines([out for column in ends for _, out in column]), default=0)
    deep = LINE * max(_lines([text for column in ends for text, _ in column]), default=0)
    high = down[-1] + 0.35 + (loss + deep + 0.45 if used else 0)
    figure.set_size_inches(WIDTH, high)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set(xlim=(WIDTH, 0) if words.rtl else (0, WIDTH), ylim=(high, 0))
    plain: dict[str, Any] = {"ha": "center", "fontsize": FONT}
    grey: dict[str, Any] = {"fontsize": FONT - 1, "color": GREY}
    for place, head in enumerate(heads):
        middle = wide * (place + 0.5)
        axes.text(middle, 0.02, head, va="top", fontweight="bold", **plain)
        for y, (text, out) in zip(down, steps[place], strict=True):
            axes.text(middle, y, text, va="center", bbox=BOX, **plain)
            if y > top:
                _arrow(axes, middle, y - 0.46, y - 0.17)
                axes.text(middle + 0.1, y - 0.32, out, va="center", ha="right" if words.rtl else "left", **grey)
        for number, (text, out) in enumerate(ends[place]):
            x, y = wide * place + wide / across * (number + 0.5), down[-1] + 0.25
            axes.text(x, y, out, va="top", ha="center", **grey)
            _arrow(axes, x, y + loss, y + loss + 0.18)
            axes.text(x, y + loss + 0.27, text, va="top", bbox=BOX, **plain)
    return axes


def _lines(texts: list[str]) -> list[int]:
    return [text.count("\n") + 1 for text in texts if text]


def _texts(part: pd.DataFrame, words: Words, wide: float) -> list[tuple[str, str]]:
    """Of each step the text of its box and what left before it, broken to the width of a column in inches."""
    rows = [(_step(row, words), _out(row, words)) for row in part.itertuples()]
    return [(textwrap.fill(text, int(14 * wide) - 2), textwrap.fill(out, int(7.5 * wide) - 1)) for text, out in rows]


def _ends(part: pd.DataFrame, words: Words, wide: float, across: int) -> list[tuple[str, str]]:
    """The same of the estimates: a box each, or one box of all."""
    rows = [(_step(row, words), _out(row, words)) for row in part.itertuples()]
    if len(rows) > across:
        named = [f"{text} ({out})" if out else text for text, out in rows]
        return [("\n".join(textwrap.fill(text, int(14 * wide) - 2) for text in named), "")]
    return [(textwrap.fill(text, int(14 * wide) - 2), textwrap.fill(out, int(15 * wide) - 1)) for text, out in rows]


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
