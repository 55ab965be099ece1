"""Where every row and unit went: the ledger as tables and a flow chart; what a page says of rows that are out."""

import pandas as pd

from coops.disclosure import OPEN, suppression
from coops.show.language import Words
from coops.show.results import HIDDEN
from coops.show.table import Column, Table

SIDE = ("dropped", "merged", "aside")


def received(data: pd.DataFrame) -> Table:
    """Rows of each file: received = taken out + put together + put aside + accepted."""
    columns = [Column("table", "text"), Column("file", "text")]
    columns += [Column("sheet", "text")] if (data["sheet"] != "").any() else []
    columns += [Column("received", "count"), Column("corrected", "count")]
    columns += [Column(name, "count") for name in SIDE if data[name].sum() or name == "aside"]
    return Table(data, (*columns, Column("accepted", "count")), "tab_received", behind=OPEN)


def checks(done: list) -> Table:
    """The field-team checks: what each looked at and how much it flagged; what was flagged is private."""
    rows = []
    for check in done:
        counts = [check.looked_at, check.flagged, ""] if check.ran else [None, None, f"fieldwork.why.{check.why_not}"]
        rows.append([check.number, f"fieldwork.{check.code}", *counts])
    data = pd.DataFrame(rows, columns=["number", "check", "looked_at", "flagged", "why_not"])
    columns = [Column("check", "label"), Column("looked_at", "count"), Column("flagged", "count")]
    columns += [Column("why_not", "label")] if (data["why_not"] != "").any() else []
    return Table(data, tuple(columns), "tab_fieldwork", behind=OPEN)


def notice(out: pd.DataFrame, words: Words) -> str:
    """The sentence that every page of a run without all rows bears; empty if nothing is out.

    By arm and stratum; a number below the threshold for units is not said, so that nobody is pointed at, nor what would
    give such a number away; nothing is said by arm and stratum if all of them together are as few.
    """
    if not len(out):
        return ""
    least = words.study.contract.release.min_persons
    sentences = []
    for column in ("arm", "stratum"):
        counts = out.groupby(column, sort=False)["rows"].sum()
        if not any(counts.index) or counts.sum() < least:
            continue
        parts = []
        for (value, rows), hidden in zip(counts.items(), suppression.of_parts(counts, least), strict=True):
            name = _value(column, value, words) if value else words.label("not_known")
            parts.append(f"{name} {HIDDEN if hidden else words.count(rows)}")
        sentences.append(words.label(f"rows_out.{column}", by=words.parts(parts)))
        if HIDDEN in sentences[-1]:
            sentences.append(words.label("hidden_note", sign=HIDDEN, least=words.count(least)))
    total = words.label("rows_out", number=words.count(int(out["rows"].sum())))
    return " ".join([f"**{total}**", *sentences])


def _value(column: str, value: str, words: Words) -> str:
    if column == "arm":
        return " + ".join(words.label(part) for part in value.split(" + "))
    strata = words.study.contract.design.strata
    return " ".join(words.value_label(name, part) for name, part in zip(strata, value.split("|"), strict=False))


def findings(faults: list, language: str) -> Table:
    """Findings by kind: code, how often, and the first of them in words."""
    data = pd.DataFrame([(fault.code, fault.text(language)) for fault in faults], columns=["code", "words"])
    counted = data.groupby("code", sort=True).agg(number=("code", "size"), words=("words", "first")).reset_index()
    columns = (Column("code", "text"), Column("number", "count"), Column("first", "text", "words"))
    return Table(counted, columns, behind=OPEN)


def variables(data: pd.DataFrame) -> Table:
    """What each clean table holds: rows, units, variables, share of cells without an answer."""
    return Table(
        data,
        (Column("table", "text"), Column("rows", "count"), Column("variables", "count"), Column("missing", "percent")),
        "tab_clean",
        behind=OPEN,
    )
