"""Figures of published facts: bars of one series, dots of several, drawn from the rows that name a figure."""

import textwrap
from collections.abc import Iterable

import pandas as pd

from coops.context.facts import YEAR, Facts, decimals, listed
from coops.show.drawing import ACCENT, GREY, LIGHT, Axes, Figure
from coops.show.language import Words

COLOURS, MARKERS = (ACCENT, GREY, "#c8781e", "#4f7f3a"), ("o", "s", "D", "^")
WIDEST, LEGEND = 34, 62  # characters of a line of a category, of a legend in one line


def data(facts: Facts, figure: str, unit: str, words: dict[str, Words]) -> pd.DataFrame:
    """The frame behind a figure, one row a mark.

    A category says what varies within a series: the item, the place, the year. One series whose categories are not
    years is sorted, the largest first; else the order of the file stays.

    Parameters
    ----------
    words : dict
        The words of the study by language. What all categories say before a colon goes to the unit.

    Returns
    -------
    DataFrame
        key, value, decimals, series; ``category_LANGUAGE``, ``series_LANGUAGE``, ``unit_LANGUAGE``.
    """
    rows = facts.drawn[(facts.drawn["figure"] == figure) & (facts.drawn["unit"] == unit)]
    lines, parts = rows.to_dict("records"), varying(rows)
    frame = rows[["key", "value", "series"]].reset_index(drop=True).astype({"value": float})
    frame.insert(2, "decimals", [decimals(row) for row in lines])
    for language, its_words in words.items():
        head, categories = _shared([_category(facts, row, parts, its_words) for row in lines])
        frame[f"category_{language}"] = categories
        frame[f"series_{language}"] = [facts.name("series", row["series"], its_words) for row in lines]
        named = facts.name("unit", unit, its_words)
        frame[f"unit_{language}"] = head if named in head else f"{head} ({named})" if head else named
    if frame["series"].nunique() == 1 and parts != [YEAR]:
        frame = frame.sort_values("value", ascending=False, kind="stable").reset_index(drop=True)
    return frame


def varying(rows: pd.DataFrame) -> list[str]:
    """What tells the rows of a series apart: the item; the place where the item does not suffice; the year."""
    item = next(column for column in rows if column.startswith("item_"))

    def varies(column: str) -> bool:
        return rows.groupby("series")[column].nunique().max() > 1

    parts = ["item"] if varies(item) else []
    if varies("place") and rows.duplicated(["series", item, "year"]).any():
        parts.append("place")
    return parts + ([YEAR] if varies("year") else []) or ["item"]


def _category(facts: Facts, row: dict, parts: list[str], words: Words) -> str:
    texts = {"item": row[f"item_{words.language}"], "place": facts.name("place", row["place"], words)}
    texts[YEAR] = words.isolate(row["year"])
    return words.comma.join(texts[part] for part in parts)


def _shared(categories: list[str]) -> tuple[str, list[str]]:
    """Part what all categories say before a colon from what each says after it."""
    heads = {text.partition(": ")[0] for text in categories}
    if len(heads) > 1 or not all(": " in text for text in categories):
        return "", categories
    return heads.pop().rstrip(), [text.partition(": ")[2] for text in categories]


def figure_words(facts: Facts, figure: str, unit: str) -> dict:
    """What the caption and the note of a figure say, a function of the language each."""
    rows = facts.drawn[(facts.drawn["figure"] == figure) & (facts.drawn["unit"] == unit)]

    def where(words: Words) -> str:
        """Place and year that all the rows share."""
        place, year = set(rows["place"]), set(rows["year"])
        same = [facts.name("place", place.pop(), words)] if len(place) == 1 and place != {""} else []
        same += [words.isolate(*year)] if len(year) == 1 and year != {""} else []
        return words.comma.join(same) + ". " if same else ""

    return {
        "figure": lambda words: facts.name("figure", figure, words),
        "where": where,
        "sources": lambda words: listed(rows, words),
    }


def draw(figure: Figure, frame: pd.DataFrame, words: Words) -> None:
    """Bars where there is one series, dots where there are several; every value is written beside its mark."""
    (draw_bars if frame["series"].nunique() == 1 else draw_dots)(figure, frame, words)


def draw_bars(figure: Figure, frame: pd.DataFrame, words: Words) -> None:
    """One horizontal bar a row, in their order."""
    figure.set_size_inches(6.3, 0.7 + 0.26 * len(frame) + 0.12 * _lines(frame, words))
    axes = figure.subplots()
    axes.barh(range(len(frame)), frame["value"], height=0.62, color=ACCENT)
    for place, row in enumerate(frame.to_dict("records")):
        _value(axes, place, row, words)
    _axes(axes, frame, list(range(len(frame))), frame[f"category_{words.language}"], words)


def draw_dots(figure: Figure, frame: pd.DataFrame, words: Words) -> None:
    """One group of lines a category: a dot for each series, with its own colour and shape."""
    categories = list(dict.fromkeys(frame[f"category_{words.language}"]))
    series = list(dict.fromkeys(frame["series"]))
    figure.set_size_inches(6.3, 1.0 + 0.24 * len(frame) + 0.16 * len(categories))
    axes = figure.subplots()
    place, middles = 0.0, []
    for category in categories:
        rows = frame[frame[f"category_{words.language}"] == category]
        middles.append(place + (len(rows) - 1) / 2)
        for row in rows.to_dict("records"):
            look = series.index(row["series"]) % len(COLOURS)
            axes.plot([0, row["value"]], [place, place], color=LIGHT, linewidth=1.2, zorder=1)
            axes.plot(
                [row["value"]], [place], MARKERS[look], color=COLOURS[look], markersize=6, zorder=4, clip_on=False
            )
            _value(axes, place, row, words)
            place += 1
        place += 0.7
    _axes(axes, frame, middles, categories, words)
    axes.set_ylim(place - 0.7 - 0.4, -0.6)
    names = frame.drop_duplicates("series")[f"series_{words.language}"]
    beside = sum(len(name) + 6 for name in names) < LEGEND
    marks = [
        axes.plot([], [], MARKERS[n % len(MARKERS)], color=COLOURS[n % len(COLOURS)], markersize=6, label=name)[0]
        for n, name in enumerate(names)
    ]
    axes.legend(
        handles=marks[::-1] if words.rtl and beside else marks,
        loc="lower right" if words.rtl else "lower left",
        bbox_to_anchor=(1 if words.rtl else 0, 1),
        ncols=len(marks) if beside else 1,
        frameon=False,
        markerfirst=not words.rtl,
        borderaxespad=0,
    )


def _lines(frame: pd.DataFrame, words: Words) -> int:
    return sum(len(_wrapped(text)) - 1 for text in frame[f"category_{words.language}"])


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDEST, break_on_hyphens=False)


def _value(axes: Axes, place: float, row: dict, words: Words) -> None:
    """Write a value beyond the end of its bar or dot."""
    below, number = row["value"] < 0, words.number(row["value"], row["decimals"])
    shift, side = (-7, "right") if below != words.rtl else (7, "left")
    at = (row["value"], place)
    axes.annotate(number, at, xytext=(shift, 0), textcoords="offset points", ha=side, va="center")


def _axes(axes: Axes, frame: pd.DataFrame, places: list, categories: Iterable[str], words: Words) -> None:
    """Zero where the categories are named; the unit below; no ticks, since every value is written."""
    low, high = min(0, frame["value"].min()), max(0, frame["value"].max())
    room = 0.16 * (high - low or 1)
    axes.set_xlim(low - (room if low < 0 else 0), high + (room if high > 0 else 0))
    axes.set_yticks(places, ["\n".join(_wrapped(text)) for text in categories])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(max(places) + 0.6, -0.6)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=3)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(frame[f"unit_{words.language}"][0], loc="right" if words.rtl else "left")
    if words.rtl:
        axes.invert_xaxis()
        axes.yaxis.tick_right()
        for label in axes.get_yticklabels():
            label.set_multialignment("right")


def alt(frame: pd.DataFrame, words: Words) -> str:
    """Say in words what the figure shows: category, series and value of every mark, and the unit."""
    several, language = frame["series"].nunique() > 1, words.language
    parts = []
    for row in frame.to_dict("records"):
        series = f" ({row[f'series_{language}']})" if several else ""
        parts.append(f"{row[f'category_{language}']}{series} {words.number(row['value'], row['decimals'])}")
    return words.parts(parts) + f" ({frame[f'unit_{language}'][0]})"
