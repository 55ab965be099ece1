"""Figures: each drawn once a language, from the frame that is saved beside it."""

import math
import textwrap
from io import BytesIO
from pathlib import Path

import pandas as pd

from coops.analysis.effects import Estimate
from coops.exhibits.results import HIDDEN
from coops.exhibits.tables import covered, few, labels_in_words, unit_columns
from coops.exhibits.words import COMMA, SHARE, Words
from coops.intake.study import Study

ACCENT, GREY, LIGHT = "#1b6f8a", "#6b6b6b", "#d0d0d0"
STYLE = str(Path(__file__).with_name("coops.mplstyle"))


def png(draw, data: pd.DataFrame, words: Words, mark: bool = True) -> bytes:
    """Draw a figure and return it as PNG; ``draw(figure, data, words)`` types no word of its own."""
    import matplotlib

    with matplotlib.rc_context(fname=STYLE):
        from matplotlib.figure import Figure

        figure = Figure()
        draw(figure, data, words)
        kind = words.study.contract.study.label
        if mark and kind == "DEMONSTRATION":  # the mark stays with the picture, wherever it is copied to
            figure.text(0.99, 0.002, words.label(f"mark.{kind}"), ha="right", va="bottom", fontsize=7, color=GREY)
            figure.get_layout_engine().set(rect=(0, 0.04, 1, 0.96))
        return _few_colours(figure)


def _few_colours(figure) -> bytes:
    """Keep 32 colours: a drawing looks the same, and takes a quarter of the room in a notebook."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas, target = FigureCanvasAgg(figure), BytesIO()
    canvas.draw()  # straight to the pixels: no PNG in between, and drawn once
    drawing = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
    few = drawing.convert("RGB").quantize(32, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(target, "PNG", optimize=True, dpi=(figure.dpi, figure.dpi))
    return target.getvalue()


def effects_data(estimates: list[Estimate], study: Study) -> pd.DataFrame:
    """The frame behind the figure of estimates, one row each; an estimate that few are behind is not in it."""
    data = pd.DataFrame(
        [
            {
                name: getattr(one, name)
                for name in ("outcome", "wave", "arm", "value", "low", "high", "level", "persons")
            }
            for one in estimates
        ]
    )
    out = pd.Series([few(one, study) for one in estimates])
    return covered(data, out, "value", "low", "high", "persons").assign(**unit_columns(data["outcome"], study))


def draw_effects(figure, data: pd.DataFrame, words: Words) -> None:
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


def _panel(axes, data: pd.DataFrame, words: Words, width: int) -> None:
    scale = 100 if data["unit"][0] == SHARE else 1
    several_arms = data["arm"].nunique() > 1
    names = []
    for place, row in enumerate(data.itertuples()):
        axes.plot([scale * row.low, scale * row.high], [place, place], color=ACCENT, solid_capstyle="butt")
        axes.plot([scale * row.value], [place], "o", color=ACCENT, markersize=5)
        names.append(labels_in_words(row.wave, words) + (f" – {words.label(row.arm)}" if several_arms else ""))
    finish_panel(axes, names, data["unit"][0], textwrap.fill(words.label(data["outcome"][0]), width), words)


def finish_panel(axes, names: list[str], unit: str, title: str, words: Words) -> None:
    """Give a panel of estimates its line at zero, its names, title and scale; from right to left in Arabic."""
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=0)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.margins(x=0.12)
    axes.set_title(title, loc="right" if words.rtl else "left")
    said = words.unit_in_table(unit, effect=True)
    axes.set_xlabel(said if said != "–" else "")
    format_axis(axes.xaxis, words)
    if words.rtl:
        axes.yaxis.tick_right()
        axes.spines["right"].set_visible(True)
        axes.spines["left"].set_visible(False)


def format_axis(axis, words: Words) -> None:
    """Give an axis few ticks, written as the language writes numbers."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(lambda value, place: words.number(value, _decimals(axis)))


def _decimals(axis) -> int:
    """Fewest decimals that write every tick of an axis as it is."""
    ticks = axis.get_majorticklocs()
    return next((n for n in range(6) if all(abs(round(tick, n) - tick) < 1e-9 for tick in ticks)), 6)


def effects_alt(data: pd.DataFrame, words: Words) -> str:
    """Say in words what the figure shows: each outcome, wave and estimate with its interval."""
    parts = []
    for row in data.itertuples():
        value = words.measure(row.value, row.unit, int(row.decimals), effect=True)
        value = HIDDEN if "value" in getattr(row, "hidden", "") else value
        where = labels_in_words(row.wave, words) + (
            COMMA[words.language] + words.label(row.arm) if row.arm and data["arm"].nunique() > 1 else ""
        )
        interval = words.interval(row.low, row.high, row.unit, int(row.decimals))
        parts.append(f"{words.label(row.outcome)} ({where}) {value} ({interval})")
    return words.parts(parts)
