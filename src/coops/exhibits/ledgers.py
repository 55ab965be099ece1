"""Where every row and unit went: the ledger as tables and a flow chart; what a page says of rows that are out."""

import textwrap

import pandas as pd

from coops.analysis import suppression
from coops.analysis.ledger import REASONS
from coops.exhibits.figures import ACCENT, GREY
from coops.exhibits.results import HIDDEN
from coops.exhibits.tables import Column, Table, covered
from coops.exhibits.words import Words
from coops.intake.study import Study

SIDE = ("dropped", "merged", "aside")


def received(data: pd.DataFrame) -> Table:
    """Rows of each file: received = taken out + put together + put aside + accepted."""
    columns = [Column("table", "text"), Column("file", "text")]
    columns += [Column("sheet", "text")] if (data["sheet"] != "").any() else []
    columns += [Column("received", "count"), Column("corrected", "count")]
    columns += [Column(name, "count") for name in SIDE if data[name].sum() or name == "aside"]
    return Table(data, (*columns, Column("accepted", "count")), ("tab_received.note",))


def estimates(lines: list[dict], study: Study) -> Table:
    """From the population to the rows of each estimate, by reason."""
    data = pd.DataFrame(lines)
    parts, least = data.filter(regex="^lost_"), study.contract.least()
    few = data["lost_sample"].between(1, least - 1)  # who is not in a sample is told by what they are
    gone = parts.apply(suppression.of_parts, axis=1, least=least).mul(few, axis=0)
    lost = [Column(f"lost_{name}", "count") for name in REASONS if data[f"lost_{name}"].sum()]
    columns = (
        Column("specification", "named"),
        Column("outcome", "label"),
        Column("start", "count"),
        *lost,
        Column("used", "count"),
    )
    for name in parts:
        data = covered(data, gone[name].astype(bool), name)
    return Table(data, columns, ("tab_ledger.note",))


def checks(done: list) -> Table:
    """The field-team checks: what each looked at and how much it flagged; what was flagged is private."""
    data = pd.DataFrame(
        [
            {
                "number": one.number,
                "check": f"fieldwork.{one.code}",
                "looked_at": one.looked_at if one.ran else None,
                "flagged": one.flagged if one.ran else None,
                "why_not": "" if one.ran else f"fieldwork.why.{one.why_not}",
            }
            for one in done
        ]
    )
    columns = [Column("check", "label"), Column("looked_at", "count"), Column("flagged", "count")]
    columns += [Column("why_not", "label")] if (data["why_not"] != "").any() else []
    return Table(data, tuple(columns), ("tab_fieldwork.note",))


def draw_flow(figure, data: pd.DataFrame, words: Words) -> None:
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
        place = 0.5 if len(side) == 1 else 0.15 + 0.7 * list(side.index).index(row.Index) / (len(side) - 1)
        axes.text(0.8, place, _said(row, words), ha="center", va="center", fontsize=8, color=GREY, bbox=beside)
        _arrow(axes, (0.29, place), (0.63, place))


def _arrow(axes, start: tuple, end: tuple) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": GREY, "linewidth": 0.8})


def _said(row, words: Words) -> str:
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


def notice(out: pd.DataFrame, words: Words) -> str:
    """The sentence that every page of a run without all rows bears; empty if nothing is out.

    By arm and stratum; a number below the threshold for units is not said, so that nobody is pointed at, nor what would
    give such a number away; nothing is said by arm and stratum if all of them together are as few.
    """
    if not len(out):
        return ""
    least = words.study.contract.release.min_persons
    said = []
    for column in ("arm", "stratum"):
        counts = out.groupby(column, sort=False)["rows"].sum()
        if not any(counts.index) or counts.sum() < least:
            continue
        parts = []
        for (value, rows), hidden in zip(counts.items(), suppression.of_parts(counts, least), strict=True):
            name = _value(column, value, words) if value else words.label("not_known")
            parts.append(f"{name} {HIDDEN if hidden else words.count(rows)}")
        said.append(words.label(f"rows_out.{column}", by=words.parts(parts)))
        if HIDDEN in said[-1]:
            said.append(words.label("hidden_note", sign=HIDDEN, least=words.count(least)))
    total = words.label("rows_out", number=words.count(int(out["rows"].sum())))
    return " ".join([f"**{total}**", *said])


def _value(column: str, value: str, words: Words) -> str:
    if column == "arm":
        return " + ".join(words.label(one) for one in value.split(" + "))
    strata = words.study.contract.design.strata
    return " ".join(words.value_label(name, one) for name, one in zip(strata, value.split("|"), strict=False))
