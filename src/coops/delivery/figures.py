"""Figures of what was delivered and what it cost."""

import textwrap
from typing import Any, Literal

import pandas as pd

from coops.delivery.activities import Activities, settings_of
from coops.delivery.exhibits import Say, column_words, kind_in_words, one_of, status_words, variable
from coops.disclosure.suppression import ALL
from coops.show.drawing import ACCENT, GREY, LIGHT, Axes, Figure
from coops.show.language import Words, month_in_words
from coops.show.results import HIDDEN
from coops.study.study import Study

WIDE = 26  # characters of a line of a name


def draw_planned(figure: Figure, data: pd.DataFrame, words: Words) -> None:
    """One bar a kind: how many were planned, and how many of them delivered in full."""
    figure.set_size_inches(6.3, 1.0 + 0.34 * len(data))
    axes = figure.subplots()
    places = range(len(data))
    axes.barh(places, data["planned"], height=0.68, color=LIGHT, label=words.label("head.planned"))
    axes.barh(places, data["full"].fillna(0), height=0.4, color=ACCENT, label=full_words(words))
    for place, row in enumerate(data.itertuples()):
        done = _number(row.full, words)
        _beside(axes, row.planned, place, words.label("of_all", number=done, all=words.count(row.planned)), words)
    _names(axes, [kind_in_words(kind, words) for kind in data["kind"]], words)
    axes.set_xlim(right=1.22 * data["planned"].max())
    _bare(axes)
    _turn(axes, words)
    _legend(axes, words)


def planned_data(data: pd.DataFrame, statuses: tuple[str, ...]) -> pd.DataFrame:
    """The frame behind the figure of planned and delivered: kinds that may be shown, the most frequent first."""
    names = ["kind", "planned", "full", "hidden"]
    if data.empty:
        return pd.DataFrame(columns=names)
    bars = data.rename(columns={f"n {statuses[0]}": "full"})
    bars = bars.assign(hidden=bars["full"].isna().map({True: "full", False: ""}))[names]
    bars = bars[(bars["kind"] != ALL) & bars["planned"].notna()]
    return bars.sort_values("planned", ascending=False, kind="stable", ignore_index=True)


def _number(value: float, words: Words) -> str:
    return words.count(value) if pd.notna(value) else words.isolate(HIDDEN)


def planned_alt(data: pd.DataFrame, words: Words) -> str:
    """Say each kind's numbers."""
    parts = []
    for row in data.itertuples():
        done = _number(row.full, words)
        numbers = words.label("of_all", number=done, all=words.count(row.planned))
        parts.append(f"{kind_in_words(row.kind, words)} {numbers}")
    return words.parts(parts)


def draw_timeline(figure: Figure, data: pd.DataFrame, words: Words) -> None:
    """One panel for all kinds and one a kind: planned and delivered in full, by period."""
    kinds = list(dict.fromkeys(data["kind"]))
    rows = 1 + -(-(len(kinds) - 1) // 2)
    figure.set_size_inches(6.3, 0.5 + 1.35 * rows)
    grid = figure.add_gridspec(rows, 2)
    highest = data.loc[data["kind"] != ALL, ["planned", "full"]].max().max()
    for number, kind in enumerate(kinds):
        line, side = divmod(number - 1, 2)
        side = 1 - side if words.rtl else side
        axes = figure.add_subplot(grid[0, :] if number == 0 else grid[1 + line, side])
        _months(axes, data[data["kind"] == kind].reset_index(drop=True), words, each=1 if number == 0 else 2)
        if number:
            axes.set_ylim(0, 1.2 * highest)
        axes.set_title(kind_in_words(kind, words), loc="right" if words.rtl else "left")
        if number == 0:
            axes.bar([0], [0], color=LIGHT, label=words.label("head.planned"))
            axes.bar([0], [0], width=0, color=ACCENT, label=full_words(words))
            _legend(axes, words, title=True)


def _months(axes: Axes, data: pd.DataFrame, words: Words, each: int) -> None:
    places = range(len(data))
    axes.bar(places, data["planned"].fillna(0), width=0.84, color=LIGHT)
    axes.bar(places, data["full"].fillna(0), width=0.5, color=ACCENT)
    for place, row in enumerate(data.itertuples()):
        if pd.isna(row.full):
            axes.annotate(
                HIDDEN, (place, 0), xytext=(0, 2), textcoords="offset points", ha="center", fontsize=7, color=GREY
            )
    axes.set_xticks(list(places)[::each], [_month(month, words) for month in data["month"]][::each], fontsize=7.5)
    axes.yaxis.set_major_locator(_whole())
    axes.yaxis.set_major_formatter(lambda value, place: words.count(value))
    _turn(axes, words)


def _month(month: str, words: Words) -> str:
    """A month as a tick says it: its name over its year."""
    name, year = month_in_words(month, words)
    return f"{name}\n{year}"


def _whole():
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4, integer=True)


def timeline_alt(data: pd.DataFrame, words: Words) -> str:
    """Say, kind by kind, what was delivered in each period."""
    parts = []
    for kind in dict.fromkeys(data["kind"]):
        periods = []
        for row in data[data["kind"] == kind].itertuples():
            done, all_ = (
                words.count(number) if pd.notna(number) else words.isolate(HIDDEN) for number in (row.full, row.planned)
            )
            month = " ".join(month_in_words(row.month, words))
            periods.append(f"{month} {words.label('of_all', number=done, all=all_)}")
        parts.append(f"{kind_in_words(kind, words)}{words.label('colon')} {words.listed(periods)}")
    return words.parts(parts)


def draw_doses(figure: Figure, data: pd.DataFrame, words: Words) -> None:
    """How many units got how much, and the middle half of them by kind."""
    bars, kinds = data[data["part"] == "bar"], data[data["part"] == "kind"]
    heights = [0.5 + 0.28 * len(part) for part in (bars, kinds) if len(part)]
    figure.set_size_inches(6.3, 0.5 + sum(heights))
    panels = iter(figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0])
    measure = column_words(words.study, "amount")(words)
    if len(bars):
        axes = next(panels)
        axes.barh(range(len(bars)), bars["n"], height=0.68, color=ACCENT)
        for place, row in enumerate(bars.itertuples()):
            _beside(axes, row.n, place, words.count(row.n), words)
        axes.set_xlim(right=1.12 * bars["n"].max())
        _names(axes, [_bar_in_words(row, data, words) for row in bars.itertuples()], words)
        _bare(axes)
        noun = words.noun(bars["level"].iloc[0])
        axes.set_title(textwrap.fill(words.label("dose.bars", units=noun, measure=measure), 60), loc=_side(words))
        _turn(axes, words)
    if len(kinds):
        axes = next(panels)
        for place, row in enumerate(kinds.itertuples()):
            axes.plot([row.low, row.high], [place, place], color=ACCENT, linewidth=5, solid_capstyle="butt", alpha=0.45)
            axes.plot([row.median], [place], "o", color=ACCENT, markersize=6)
        _names(axes, [kind_in_words(kind, words) for kind in kinds["kind"]], words)
        axes.set_xlim(left=0)
        axes.margins(x=0.06)
        axes.xaxis.set_major_locator(_whole())
        axes.xaxis.set_major_formatter(lambda value, place: words.count(value))
        each = one_of(words, kinds["level"].iloc[0])
        axes.set_title(textwrap.fill(words.label("dose.kinds", unit=each, measure=measure), 60), loc=_side(words))
        _turn(axes, words)


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
    ends = data.loc[data["part"] == "bar", ["low", "high"]]
    decimals = 0 if (ends == ends.round()).all().all() else 1
    return words.label("from_to_under", low=words.number(row.low, decimals), high=words.number(row.high, decimals))


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


def draw_capacities(figure: Figure, data: pd.DataFrame, words: Words) -> None:
    """One line a capacity, from its mean before (ring) to its mean after (dot)."""
    figure.set_size_inches(6.3, 1.0 + 0.36 * len(data))
    axes = figure.subplots()
    for place, row in enumerate(data.itertuples()):
        axes.plot([row.before, row.after], [place, place], color=LIGHT, linewidth=3, zorder=1)
        label = {0: words.label(row.first)}.get(place)
        axes.plot([row.before], [place], "o", color=GREY, markerfacecolor="white", markersize=7, label=label)
        label = {0: words.label(row.last)}.get(place)
        axes.plot([row.after], [place], "o", color=ACCENT, markersize=7, label=label)
        for value, up in ((row.before, row.before > row.after), (row.after, row.after >= row.before)):
            right = up != words.rtl
            shift, side = (7, "left") if right else (-7, "right")
            _written(axes, words.number(value, 1), value, place, shift, side)
    _names(axes, [textwrap.fill(words.label(name), WIDE) for name in data["capacity"]], words)
    axes.margins(x=0.18)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    _turn(axes, words)
    _legend(axes, words)


def capacities_alt(data: pd.DataFrame, words: Words) -> str:
    """Say each capacity before and after."""
    parts = []
    for row in data.itertuples():
        ends = {"low": words.number(row.before, 1), "high": words.number(row.after, 1)}
        parts.append(f"{words.label(row.capacity)} {words.label('interval', **ends)}")
    return words.parts(parts)


def draw_spent(figure: Figure, data: pd.DataFrame, words: Words) -> None:
    """One bar a kind: what it cost for each person, or group where there are none."""
    figure.set_size_inches(6.3, 0.7 + 0.3 * len(data))
    axes = figure.subplots()
    axes.barh(range(len(data)), data["each"], height=0.62, color=ACCENT)
    for place, row in enumerate(data.itertuples()):
        _beside(axes, row.each, place, words.number(row.each, row.decimals), words)
    _names(axes, [kind_in_words(kind, words) for kind in data["kind"]], words)
    axes.set_xlim(right=1.16 * data["each"].max())
    _bare(axes)
    axes.set_xlabel(words.unit(data["unit"][0]) if data["unit"][0] else "", loc=_side(words))
    _turn(axes, words)


def spent_data(data: pd.DataFrame, activities: Activities, study: Study) -> pd.DataFrame:
    """The frame behind the figure of costs: kinds that may be shown, the dearest first."""
    names = ["kind", "each", "unit", "decimals", "level", "hidden"]
    if data.empty:
        return pd.DataFrame(columns=names)
    level = "person" if activities.persons else "group"
    money, each = variable(study, "cost"), data["per_unit" if level == "person" else "per_group"]
    bars = data.assign(each=each, unit=money.unit, decimals=money.decimals, level=level, hidden="")[names]
    bars = bars[(bars["kind"] != ALL) & each.notna()]
    return bars.sort_values("each", ascending=False, kind="stable", ignore_index=True)


def spent_unit(data: pd.DataFrame) -> Say:
    """What the figure of costs divides by, a function of the language."""
    return lambda words: one_of(words, data["level"].iloc[0])


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


def _beside(axes: Axes, value: float, place: int, text: str, words: Words) -> None:
    """Write a number beyond the end of its bar."""
    _written(axes, text, value, place, *((-4, "right") if words.rtl else (4, "left")))


def _written(axes: Axes, text: str, value: float, place: int, shift: int, side: str) -> None:
    at = (value, place)
    axes.annotate(text, at, xytext=(shift, 0), textcoords="offset points", ha=side, va="center", fontsize=8)


def _names(axes: Axes, names: list[str], words: Words) -> None:
    axes.set_yticks(range(len(names)), [textwrap.fill(name, WIDE) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _bare(axes: Axes) -> None:
    """No ticks, since every value is written."""
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _turn(axes: Axes, words: Words) -> None:
    """From right to left in Arabic."""
    if words.rtl:
        axes.invert_xaxis()
        axes.yaxis.tick_right()
        axes.spines["right"].set_visible(True)
        axes.spines["left"].set_visible(False)


def _side(words: Words) -> Literal["left", "right"]:
    return "right" if words.rtl else "left"


def _legend(axes: Axes, words: Words, title: bool = False) -> None:
    handles, names = axes.get_legend_handles_labels()
    order = slice(None, None, -1) if words.rtl else slice(None)
    right = words.rtl != title
    axes.legend(handles[order], names[order], loc="lower right" if right else "lower left",
                bbox_to_anchor=(int(right), 1), ncols=len(names), frameon=False, markerfirst=not words.rtl,
                borderaxespad=0)  # fmt: skip
