"""Figures of published facts, drawn from the rows that name a figure: lines over years, bars, dots on one row."""

import textwrap
from collections.abc import Iterable
from typing import Any

import pandas as pd

from coops.context.facts import YEAR, Facts, decimals, listed
from coops.show.drawing import ACCENT, GREY, LIGHT, Axes, Figure, legend_above, names_aside, write_beside
from coops.show.language import Words, shared_head

COLOURS, MARKERS = (ACCENT, GREY, "#c8781e", "#4f7f3a"), ("o", "s", "D", "^")
WIDEST = 34  # characters of a line of a category
FEW = 4  # so many numbers of one series are read in a table as well as in a picture


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
        key, value, decimals, series; ``category_LANGUAGE``, ``series_LANGUAGE``, ``unit_LANGUAGE``; ``year`` where
        nothing but the year varies within a series.
    """
    rows = facts.drawn[(facts.drawn["figure"] == figure) & (facts.drawn["unit"] == unit)]
    lines, parts = rows.to_dict("records"), varying(rows)
    frame = rows[["key", "value", "series"]].reset_index(drop=True).astype({"value": float})
    frame.insert(2, "decimals", [decimals(row) for row in lines])
    for language, its_words in words.items():
        head, categories = shared_head([_category(facts, row, parts, its_words) for row in lines])
        frame[f"category_{language}"] = categories
        frame[f"series_{language}"] = [facts.name("series", row["series"], its_words) for row in lines]
        named = facts.name("unit", unit, its_words)
        frame[f"unit_{language}"] = head if named in head else f"{head} ({named})" if head else named
    if parts == [YEAR] and rows["year"].str.fullmatch(r"\d{4}").all():
        frame["year"] = rows["year"].astype(int).to_numpy()
    elif frame["series"].nunique() == 1:
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


def worth_drawing(facts: Facts) -> list[tuple[str, str]]:
    """Figures and their units, but for those of few numbers in one series: the table of their theme says as much."""
    drawn = facts.drawn.groupby(["figure", "unit"])["series"].agg(["size", "nunique"])
    return [name for name in facts.figures if drawn.loc[name, "nunique"] > 1 or drawn.loc[name, "size"] > FEW]


def draw(figure: Figure, frame: pd.DataFrame, words: Words) -> Axes:
    """Lines where the years are all that varies, bars where there is one series, dots where there are several."""
    several = frame["series"].nunique() > 1
    return (draw_years if "year" in frame else draw_dots if several else draw_bars)(figure, frame, words)


def draw_years(figure: Figure, frame: pd.DataFrame, words: Words) -> Axes:
    """One line a series over the years, from left to right; every value is written, the series beside its last."""
    import seaborn as sns  # type: ignore[import-untyped]

    figure.set_size_inches(6.3, 2.9)
    axes, name = figure.subplots(), f"series_{words.language}"
    looks = {series: place % len(COLOURS) for place, series in enumerate(dict.fromkeys(frame["series"]))}
    colours = {series: COLOURS[look] for series, look in looks.items()}
    marks = {series: MARKERS[look] for series, look in looks.items()}
    look = {"palette": colours, "markers": marks, "dashes": False, "errorbar": None, "legend": False}
    sns.lineplot(frame, x="year", y="value", hue="series", style="series", ax=axes, **look)
    means = frame.groupby("year")["value"].transform("mean")
    for row, mean in zip(frame.to_dict("records"), means, strict=True):
        above = row["value"] >= mean
        offset: dict[str, Any] = {"xytext": (0, 6 if above else -6), "textcoords": "offset points"}
        offset |= {"va": "bottom" if above else "top", "ha": "center", "fontsize": 8}
        axes.annotate(words.number(row["value"], row["decimals"]), (row["year"], row["value"]), **offset)
    for row in frame.sort_values("year").groupby("series").tail(1).to_dict("records"):
        offset = {"xytext": (24, 0), "textcoords": "offset points", "va": "center", "fontsize": 8}
        text = textwrap.fill(row[name], 16) if len(looks) > 1 else ""
        axes.annotate(text, (row["year"], row["value"]), color=colours[row["series"]], **offset)
    years = sorted(set(frame["year"]))
    room = 0.08 * max(years[-1] - years[0], 1)
    axes.set_xlim(years[0] - room, years[-1] + (4 if len(looks) > 1 else 1) * room)
    axes.set_xticks(years, [words.isolate(str(year)) for year in years])
    axes.set_ylim(*_ends(frame))
    axes.set(xlabel="", ylabel="", yticks=[])
    axes.spines["left"].set_visible(False)
    axes.set_title(frame[f"unit_{words.language}"][0], loc="right" if words.rtl else "left", fontweight="normal")
    return axes


def draw_bars(figure: Figure, frame: pd.DataFrame, words: Words) -> Axes:
    """One horizontal bar a row, in their order."""
    import seaborn as sns

    figure.set_size_inches(6.3, 0.7 + 0.26 * len(frame) + 0.12 * _lines(frame, words))
    axes = figure.subplots()
    look = {"orient": "y", "width": 0.62, "color": ACCENT, "saturation": 1}
    sns.barplot(x=frame["value"], y=frame.index, ax=axes, **look)
    for place, row in enumerate(frame.to_dict("records")):
        write_beside(axes, words.number(row["value"], row["decimals"]), row["value"], place, right=row["value"] >= 0)
    _axes(axes, frame, frame[f"category_{words.language}"], words)
    return axes


def draw_dots(figure: Figure, frame: pd.DataFrame, words: Words) -> Axes:
    """One row a category: a dot for each series, with its own colour and shape, and a line between the outer ones."""
    name = f"category_{words.language}"
    categories, series = list(dict.fromkeys(frame[name])), list(dict.fromkeys(frame["series"]))
    figure.set_size_inches(6.3, 1.2 + 0.38 * len(categories) + 0.12 * _lines(frame.drop_duplicates(name), words))
    axes = figure.subplots()
    for place, category in enumerate(categories):
        rows = frame[frame[name] == category].sort_values("value", kind="stable").to_dict("records")
        axes.plot([rows[0]["value"], rows[-1]["value"]], [place, place], color=LIGHT, linewidth=3, zorder=1)
        for order, row in enumerate(rows):
            look, text = series.index(row["series"]) % len(COLOURS), words.number(row["value"], row["decimals"])
            mark: dict[str, Any] = {"color": COLOURS[look], "markersize": 6, "zorder": 4, "clip_on": False}
            axes.plot([row["value"]], [place], MARKERS[look], **mark)
            if order in (0, len(rows) - 1):
                write_beside(axes, text, row["value"], place, right=order > 0 or len(rows) == 1)
            else:
                offset: dict[str, Any] = {
                    "xytext": (0, 5),
                    "textcoords": "offset points",
                    "ha": "center",
                    "va": "bottom",
                    "fontsize": 8,
                }
                axes.annotate(text, (row["value"], place), **offset)
    for look, label in enumerate(frame.drop_duplicates("series")[f"series_{words.language}"]):
        mark = {"color": COLOURS[look % len(COLOURS)], "linestyle": "", "markersize": 6}
        axes.plot([], [], MARKERS[look % len(MARKERS)], label=label, **mark)
    _axes(axes, frame, categories, words)
    legend_above(axes, words)
    return axes


def _lines(frame: pd.DataFrame, words: Words) -> int:
    return sum(len(_wrapped(text)) - 1 for text in frame[f"category_{words.language}"])


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDEST, break_on_hyphens=False)


def _ends(frame: pd.DataFrame) -> tuple[float, float]:
    """Zero is in the picture, and there is room for the numbers beside the outermost marks."""
    low, high = min(0, frame["value"].min()), max(0, frame["value"].max())
    room = 0.16 * (high - low or 1)
    return low - (room if low < 0 else 0), high + (room if high > 0 else 0)


def _axes(axes: Axes, frame: pd.DataFrame, categories: Iterable[str], words: Words) -> None:
    """Rows named at the side where reading begins; zero marked; the unit below; no ticks: every value is written."""
    names = ["\n".join(_wrapped(text)) for text in categories]
    low, high = _ends(frame)
    several = frame["series"].nunique() > 1
    axes.set_xlim(low - (0.1 * (high - low) if several else 0), high)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xticks([])
    axes.axvline(0, color=LIGHT if several else GREY, linewidth=0.8, zorder=0 if several else 3)
    axes.set(xlabel="", ylabel="")
    axes.set_xlabel(frame[f"unit_{words.language}"][0], loc="right" if words.rtl else "left")
    names_aside(axes, words)
    axes.spines[["left", "right", "bottom"]].set_visible(False)


def alt(frame: pd.DataFrame, words: Words) -> str:
    """Say in words what the figure shows: category, series and value of every mark, and the unit."""
    several, language = frame["series"].nunique() > 1, words.language
    parts = []
    for row in frame.to_dict("records"):
        series = f" ({row[f'series_{language}']})" if several else ""
        parts.append(f"{row[f'category_{language}']}{series} {words.number(row['value'], row['decimals'])}")
    return words.parts(parts) + f" ({frame[f'unit_{language}'][0]})"
