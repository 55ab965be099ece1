"""Figures of what was delivered and what it cost."""

import textwrap
from collections.abc import Iterable
from typing import Any, Literal

import pandas as pd

from coops.delivery.activities import Activities, settings_of
from coops.delivery.exhibits import column_words, kind_in_words, one_of, status_words, variable
from coops.disclosure.suppression import ALL
from coops.show.drawing import (
    ACCENT,
    GREY,
    LIGHT,
    Axes,
    Figure,
    draw_pair,
    format_axis,
    ink,
    legend_above,
    names_aside,
    write_beside,
)
from coops.show.language import Words, month_in_words, shared_head
from coops.show.results import HIDDEN

WIDE = 26  # characters of a line of a name
MANY = 9  # so many periods leave room for one number in each


def planned_data(data: pd.DataFrame, statuses: tuple[str, ...]) -> pd.DataFrame:
    """The frame behind the figure of planned and delivered: kinds that may be shown, the most frequent first."""
    names = ["kind", "planned", "full", "hidden"]
    if data.empty:
        return pd.DataFrame(columns=names)
    bars = data.rename(columns={f"n {statuses[0]}": "full"})
    bars = bars.assign(hidden=bars["full"].isna().map({True: "full", False: ""}))[names]
    bars = bars[(bars["kind"] != ALL) & bars["planned"].notna()]
    return bars.sort_values("planned", ascending=False, kind="stable", ignore_index=True)


def of_planned(row: Any, words: Words) -> str:
    """How many of those planned were delivered in full, such as "4 of 5"; what is hidden as "(c)"."""
    numbers = [words.isolate(HIDDEN) if pd.isna(number) else words.count(number) for number in (row.full, row.planned)]
    return words.label("of_all", number=numbers[0], all=numbers[1])


def planned_alt(data: pd.DataFrame, words: Words) -> str:
    """Say each kind's numbers."""
    return words.parts([f"{kind_in_words(row.kind, words)} {of_planned(row, words)}" for row in data.itertuples()])


def draw_timeline(figure: Figure, data: pd.DataFrame, words: Words) -> tuple[Axes, ...]:
    """Above a bar a period, all kinds together; below a row a kind, darker where more was delivered in full."""
    months, kinds = list(dict.fromkeys(data["month"])), [kind for kind in dict.fromkeys(data["kind"]) if kind != ALL]
    heights = [1.5, 0.34 * len(kinds)] if kinds else [1.5]
    figure.set_size_inches(6.3, 0.75 + sum(heights))
    panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    small = min(7.0, 62 / len(months))
    _periods(panels[0], data[data["kind"] == ALL].reset_index(drop=True), words, small)
    if kinds:
        _kinds(panels[1], data[data["kind"] != ALL], kinds, words, small)
    ticks, step = range(len(months)), -(-len(months) // 10)
    panels[-1].set_xticks([tick + 0.5 for tick in ticks][::step], [_month(month, words) for month in months][::step])
    panels[-1].tick_params(axis="x", labelsize=7.5, rotation=0)
    panels[-1].set_xlim(0, len(months))
    return tuple(panels)


def _periods(axes: Axes, data: pd.DataFrame, words: Words, small: float) -> None:
    places = [place + 0.5 for place in range(len(data))]
    axes.bar(places, data["planned"].fillna(0), width=0.84, color=LIGHT, label=words.label("head.planned"))
    axes.bar(places, data["full"].fillna(0), width=0.5, color=ACCENT, label=full_words(words))
    for place, row in zip(places, data.itertuples(), strict=True):
        text = HIDDEN if pd.isna(row.full) else of_planned(row, words) if len(data) < MANY else words.count(row.full)
        at = (place, row.full if pd.isna(row.planned) else row.planned) if pd.notna(row.full) else (place, 0)
        axes.annotate(text, at, xytext=(0, 2), textcoords="offset points", ha="center", fontsize=small)
    axes.set_yticks([])
    axes.margins(y=0.12)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="x", length=0, labelbottom=False)
    title = f"{kind_in_words(ALL, words)}{words.comma}{words.label('dose.events')}"
    axes.set_title(title, loc=_side(words), pad=18)
    legend_above(axes, words)


def _kinds(axes: Axes, data: pd.DataFrame, kinds: list[str], words: Words, small: float) -> None:
    import seaborn as sns  # type: ignore[import-untyped]

    wide = data.pivot(index="kind", columns="month", values="full").reindex(kinds)
    colours = sns.light_palette(ACCENT, as_cmap=True)
    axes.set_facecolor("white")
    axes.patch.set(hatch="////", edgecolor=LIGHT)  # what is hidden is no zero
    look = {"cmap": colours, "vmin": 0, "cbar": False, "linewidths": 1.5, "linecolor": "white"}
    sns.heatmap(wide, mask=wide.isna(), ax=axes, xticklabels=False, **look)
    highest = wide.max().max()
    for row in data.itertuples():
        place = (list(wide.columns).index(row.month) + 0.5, kinds.index(row.kind) + 0.5)
        text = HIDDEN if pd.isna(row.full) else of_planned(row, words) if len(wide.columns) < MANY else row.full
        colour = "white" if pd.isna(row.full) else colours(row.full / highest)
        blank = row.full == 0 and row.planned == 0
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8} if pd.isna(row.full) else None
        axes.text(*place, "" if blank else text, ha="center", va="center", fontsize=small, color=ink(colour), bbox=box)
    axes.set(xlabel="", ylabel="")
    axes.set_yticks([place + 0.5 for place in range(len(kinds))], _wrapped(kinds, words), rotation=0)
    axes.tick_params(length=0)
    names_aside(axes, words)
    axes.spines[:].set_visible(False)


def _wrapped(kinds: Iterable[str], words: Words) -> list[str]:
    return [textwrap.fill(kind_in_words(kind, words), WIDE) for kind in kinds]


def _month(month: str, words: Words) -> str:
    """A month as a tick says it: its name over its year."""
    name, year = month_in_words(month, words)
    return f"{name}\n{year}"


def timeline_alt(data: pd.DataFrame, words: Words) -> str:
    """Say, kind by kind, what was delivered in each period."""
    parts = []
    for kind in dict.fromkeys(data["kind"]):
        periods = []
        for row in data[data["kind"] == kind].itertuples():
            periods.append(f"{' '.join(month_in_words(row.month, words))} {of_planned(row, words)}")
        parts.append(f"{kind_in_words(kind, words)}{words.label('colon')} {words.listed(periods)}")
    return words.parts(parts)


def draw_doses(figure: Figure, data: pd.DataFrame, words: Words) -> tuple[Axes, ...]:
    """Above a histogram of how many got how much, its areas the numbers; below the middle half and median by kind."""
    import seaborn as sns

    bars, kinds = data[data["part"] == "bar"], data[data["part"] == "kind"].reset_index(drop=True)
    heights = [
        1.6 if name == "bars" else 0.5 + 0.28 * len(part) for name, part in (("bars", bars), ("", kinds)) if len(part)
    ]
    figure.set_size_inches(6.3, 0.7 + sum(heights))
    panels = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    measure = column_words(words.study, "amount")(words)
    if len(bars):
        edges, axes = [*bars["low"], bars["high"].iloc[-1]], panels[0]
        middles, widths = (bars["low"] + bars["high"]) / 2, bars["high"] - bars["low"]
        look = {"stat": "density", "color": ACCENT, "alpha": 1, "edgecolor": "white"}
        sns.histplot(x=middles, weights=bars["n"].astype(float), bins=edges, ax=axes, **look)
        for middle, number, height in zip(middles, bars["n"], bars["n"] / widths / bars["n"].sum(), strict=True):
            at = (middle, height)
            axes.annotate(words.count(number), at, xytext=(0, 2), textcoords="offset points", ha="center", fontsize=8)
        noun = words.noun(bars["level"].iloc[0])
        _doses_panel(axes, words.label("dose.bars", units=noun, measure=measure), words)
        axes.set(xlabel="", ylabel="", yticks=[])
        axes.set_xticks(edges, [_plain(edge, edges, words) for edge in edges])
        axes.spines["left"].set_visible(False)
    if len(kinds):
        axes = panels[-1]
        look = {"color": ACCENT, "linewidth": 5, "alpha": 0.45}
        axes.hlines(kinds.index, kinds["low"], kinds["high"], **look)
        sns.scatterplot(x=kinds["median"], y=kinds.index, color=ACCENT, s=40, ax=axes, zorder=3)
        _names(axes, _wrapped(kinds["kind"], words))
        axes.set_xlim(left=0)
        axes.margins(x=0.06)
        axes.set(xlabel="", ylabel="")
        format_axis(axes.xaxis, words)
        each = one_of(words, kinds["level"].iloc[0])
        _doses_panel(axes, words.label("dose.kinds", unit=each, measure=measure), words)
        names_aside(axes, words)
    return tuple(panels)


def _doses_panel(axes: Axes, title: str, words: Words) -> None:
    axes.set_title(textwrap.fill(title, 60), loc=_side(words))


def _plain(value: float, values: Iterable[float], words: Words) -> str:
    """A number with one decimal where any of its fellows has one, else with none."""
    return words.number(value, 0 if all(number == round(number) for number in values) else 1)


def doses_data(bars: pd.DataFrame, dose: pd.DataFrame, level: str) -> pd.DataFrame:
    """The frame behind the figure of doses: bars of all kinds together, quartiles by kind; empty if none is known."""
    names = ["part", "kind", "n", "low", "median", "high", "level", "hidden"]
    if dose.empty:
        return pd.DataFrame(columns=names)
    known = dose[(dose["measure"] == "amount") & (dose["kind"] != ALL)].dropna(subset=["low", "median", "high"])
    known = known.sort_values("median", ascending=False, kind="stable")
    known = known.assign(hidden=known["n"].isna().map({True: "n", False: ""}))
    parts = [bars.assign(part="bar", kind=ALL), known.assign(part="kind")]
    both = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return both.assign(level=level).reindex(columns=names)


def _bar_in_words(row: Any, data: pd.DataFrame, words: Words) -> str:
    ends = data.loc[data["part"] == "bar", ["low", "high"]].stack()
    return words.label("from_to_under", low=_plain(row.low, ends, words), high=_plain(row.high, ends, words))


def doses_alt(data: pd.DataFrame, words: Words) -> str:
    """Say the bars, then the quartiles by kind."""
    parts = []
    for row in data.itertuples():
        if row.part == "bar":
            parts.append(f"{_bar_in_words(row, data, words)}{words.label('colon')} {words.noun(row.level, int(row.n))}")
        else:
            low, median, high = (words.number(value, 1) for value in (row.low, row.median, row.high))
            quartiles = words.label("dose.quartiles", low=low, median=median, high=high)
            parts.append(f"{kind_in_words(row.kind, words)}{words.label('colon')} {quartiles}")
    return words.parts(parts)


def draw_capacities(figure: Figure, data: pd.DataFrame, words: Words) -> Axes:
    """One line a capacity, from its mean before (ring) to its mean after (dot), on the scale that was asked."""
    figure.set_size_inches(6.3, 1.2 + 0.36 * len(data))
    axes = figure.subplots()
    for place, row in enumerate(data.itertuples()):
        waves = (words.label(row.first), words.label(row.last)) if place == 0 else ("", "")
        draw_pair(
            axes, place, (row.before, row.after), (words.number(row.before, 1), words.number(row.after, 1)), waves
        )
    head, names = shared_head([words.label(name) for name in data["capacity"]])
    _names(axes, [textwrap.fill(name, WIDE) for name in names])
    scales = {(words.study.codebook.get(name).low, words.study.codebook.get(name).high) for name in data["capacity"]}
    low, high = scales.pop() if len(scales) == 1 else (None, None)
    texts = [head, words.label("tab_capacities.organisations", number=words.count(data["n"].min()))]
    if low is not None and high is not None:
        axes.set_xlim(low - 0.04 * (high - low), high + 0.04 * (high - low))
        texts.insert(1, words.label("scale", low=words.number(low, 0), high=words.number(high, 0)))
    format_axis(axes.xaxis, words)
    axes.set_xlabel(words.comma.join(filter(None, texts)), loc=_side(words))
    names_aside(axes, words)
    legend_above(axes, words)
    return axes


def capacities_alt(data: pd.DataFrame, words: Words) -> str:
    """Say each capacity before and after."""
    parts = []
    for row in data.itertuples():
        ends = {"low": words.number(row.before, 1), "high": words.number(row.after, 1)}
        parts.append(f"{words.label(row.capacity)} {words.label('interval', **ends)}")
    return words.parts(parts)


def draw_spent(figure: Figure, data: pd.DataFrame, words: Words) -> Axes:
    """One bar a kind: what it cost for each person, or group where there are none."""
    import seaborn as sns

    figure.set_size_inches(6.3, 0.8 + 0.3 * len(data))
    axes = sns.barplot(
        data, x="each", y=data.index, orient="y", width=0.62, color=ACCENT, saturation=1, ax=figure.subplots()
    )
    for place, row in enumerate(data.itertuples()):
        write_beside(axes, words.number(row.each, row.decimals), row.each, place)
    _names(axes, _wrapped(data["kind"], words))
    axes.set(xlabel="", ylabel="", xticks=[], xlim=(0, 1.16 * data["each"].max()))
    axes.spines["bottom"].set_visible(False)
    title = words.label("spent.each", money=words.unit(data["unit"][0]), one=one_of(words, data["level"].iloc[0]))
    axes.set_title(title, loc=_side(words))
    names_aside(axes, words)
    axes.spines[["left", "right"]].set_visible(False)
    axes.axvline(0, color=GREY, linewidth=0.8)
    return axes


def spent_data(data: pd.DataFrame, activities: Activities) -> pd.DataFrame:
    """The frame behind the figure of costs: kinds that may be shown, the dearest first."""
    names = ["kind", "each", "unit", "decimals", "level", "hidden"]
    if data.empty:
        return pd.DataFrame(columns=names)
    level = "person" if activities.persons else "group"
    money, each = variable(activities.study, "cost"), data["per_unit" if level == "person" else "per_group"]
    bars = data.assign(each=each, unit=money.unit, decimals=money.decimals, level=level, hidden="")[names]
    bars = bars[(bars["kind"] != ALL) & each.notna()]
    return bars.sort_values("each", ascending=False, kind="stable", ignore_index=True)


def spent_alt(data: pd.DataFrame, words: Words) -> str:
    """Say each kind's cost."""
    return words.parts(
        [
            f"{kind_in_words(row.kind, words)} {words.measure(row.each, row.unit, row.decimals)}"
            for row in data.itertuples()
        ]
    )


def full_words(words: Words) -> str:
    """What is said of an activity that was delivered in full."""
    settings = settings_of(words.study)
    return status_words(settings.statuses[0] if settings.delivered else "", words.study)(words)


def _names(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _side(words: Words) -> Literal["left", "right"]:
    return "right" if words.rtl else "left"
