"""Figures: each drawn once a language, from the frame that is saved beside it."""

import textwrap
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from coops.show.language import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
else:  # matplotlib is loaded where something is drawn
    Axes = Figure = object

ACCENT, GREY, LIGHT = "#1b6f8a", "#6b6b6b", "#d0d0d0"
STYLE = str(Path(__file__).with_name("coops.mplstyle"))


def png(
    draw: Callable[["Figure", pd.DataFrame, Words], Any], data: pd.DataFrame, words: Words, mark: bool = True
) -> bytes:
    """Draw a figure and return it as PNG; ``draw(figure, data, words)`` types no word of its own.

    If it gives back a figure of its own, that one is taken.
    """
    import matplotlib

    with matplotlib.rc_context(fname=STYLE):
        from matplotlib.figure import Figure

        figure = Figure()
        drawn = draw(figure, data, words)
        figure = drawn if isinstance(drawn, Figure) else figure
        kind = words.study.contract.study.label
        if mark and kind == "DEMONSTRATION":  # the mark stays with the picture, wherever it is copied to
            figure.text(0.99, 0.002, words.label(f"mark.{kind}"), ha="right", va="bottom", fontsize=7, color=GREY)
            figure.get_layout_engine().set(rect=(0, 0.04, 1, 0.96))  # type: ignore[union-attr, call-arg]
        return _few_colours(figure)


def _few_colours(figure: "Figure") -> bytes:
    """Keep 32 colours: a drawing looks the same, and takes a quarter of the room in a notebook."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas, target = FigureCanvasAgg(figure), BytesIO()
    canvas.draw()  # straight to the pixels: no PNG in between, and drawn once
    drawing = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
    few = drawing.convert("RGB").quantize(32, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(target, "PNG", optimize=True, dpi=(figure.dpi, figure.dpi))
    return target.getvalue()


def finish_panel(axes: "Axes", names: list[str], unit: str, title: str, words: Words) -> None:
    """Give a panel of estimates its line at zero, its names, title and scale; from right to left in Arabic."""
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=0)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.margins(x=0.12)
    axes.set_title(title, loc="right" if words.rtl else "left")
    label = words.unit_in_table(unit, effect=True)
    axes.set_xlabel(label if label != "–" else "")
    format_axis(axes.xaxis, words)
    names_aside(axes, words)


def names_aside(axes: "Axes", words: Words) -> None:
    """Name the rows at the right in a language from right to left; the numbers run from left to right in every one."""
    if words.rtl:
        axes.yaxis.tick_right()
        axes.spines["right"].set_visible(True)
        axes.spines["left"].set_visible(False)


def ink(colour: Any) -> str:
    """Black or white, whichever is the better to read on a colour: the contrast is 4.5 to 1 at the least (WCAG 2.1)."""
    from matplotlib.colors import to_rgb

    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "black" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "white"


def write_beside(axes: "Axes", text: str, value: float, place: float, right: bool = True) -> None:
    """Write a text to the right of a mark, or to its left."""
    look: dict[str, Any] = {"textcoords": "offset points", "ha": "left" if right else "right", "va": "center"}
    axes.annotate(text, (value, place), xytext=(7 if right else -7, 0), fontsize=8, **look)


def draw_pair(
    axes: "Axes", place: float, ends: tuple[float, float], texts: tuple[str, str], names: tuple = ("", "")
) -> None:
    """Draw before (ring) and after (dot) on one line, each with its number outside of the two; names for the legend."""
    axes.plot(ends, [place, place], color=LIGHT, linewidth=3, zorder=1)
    rises = ends[1] >= ends[0]
    for which, look in enumerate(({"color": GREY, "markerfacecolor": "white"}, {"color": ACCENT})):
        axes.plot([ends[which]], [place], "o", markersize=7, label=names[which] or None, **look)  # type: ignore[arg-type]
        write_beside(axes, texts[which], ends[which], place, right=rises == bool(which))


def legend_above(axes: "Axes", words: Words) -> None:
    """Put the legend above the panel in one line, from the side where reading begins."""
    handles, names = axes.get_legend_handles_labels()
    order = slice(None, None, -1) if words.rtl else slice(None)
    names = [textwrap.fill(name, 30) for name in names[order]]
    look: dict[str, Any] = {"frameon": False, "borderaxespad": 0, "ncols": len(names), "fontsize": 8}
    look |= {"loc": "lower right" if words.rtl else "lower left", "markerfirst": not words.rtl}
    axes.legend(handles[order], names, bbox_to_anchor=(int(words.rtl), 1), **look)


def draw_interval(axes: "Axes", place: int, row: Any, scale: float) -> None:
    """Draw an estimate as a dot and its interval as a whisker, in a panel of estimates."""
    ends = [scale * row.conf_low, scale * row.conf_high]
    axes.plot(ends, [place, place], color=ACCENT, solid_capstyle="butt")
    axes.plot([scale * row.estimate], [place], "o", color=ACCENT, markersize=5)


def format_axis(axis: "Axis", words: Words) -> None:
    """Give an axis few ticks, written as the language writes numbers."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(lambda value, place: words.number(value, _decimals(axis)))


def _decimals(axis: "Axis") -> int:
    """Fewest decimals that write every tick of an axis as it is."""
    ticks = axis.get_majorticklocs()
    return next((n for n in range(6) if all(abs(round(tick, n) - tick) < 1e-9 for tick in ticks)), 6)
