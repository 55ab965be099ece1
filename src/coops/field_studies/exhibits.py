"""What experts found, what the survey says beside it, and the lines that both give."""

import textwrap
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pandas as pd

from coops.disclosure import OPEN
from coops.field_studies.evidence import DIRECTIONS, LINES
from coops.field_studies.triangulation import FieldStudies
from coops.show.drawing import ACCENT, GREY, LIGHT, Axes, Figure, names_aside
from coops.show.language import SHARE, Words
from coops.show.results import HIDDEN
from coops.show.table import Column, Table, scored_in_words
from coops.study.study import Study

MARKS = dict(zip(DIRECTIONS, "^vDs", strict=True))
LOOKS: dict[str, dict[str, Any]] = {
    "agree": {"color": ACCENT, "fillstyle": "full"},
    "disagree": {"color": "#b3541e", "fillstyle": "left", "markerfacecoloralt": "white"},
    "silent": {"color": GREY, "fillstyle": "none"},
}


# -- words ------------------------------------------------------------------------------------------


def theme(value: str, words: Words) -> str:
    """A theme in the words of the study, or as its table writes it."""
    return _written("theme", value, words) if value else "–"


def _written(column: Literal["theme", "method"], value: str, words: Words) -> str:
    """A value of a column of the findings in the words of the study."""
    settings = words.study.contract.experts
    return words.value_label(settings.columns[column], value) if settings else value


def stratum(value: str, words: Words) -> str:
    """A stratum, or merged strata, in the words of the study; empty: all of them."""
    contract, settings = words.study.contract, words.study.contract.experts
    named = [settings.columns["stratum"]] if settings else []
    if not value:
        key = f"{named[0]}.{settings.everywhere}" if settings else ""
        return words.label(key if words.has(key) else "all_units")
    named += [contract.diagnosis.groups] if contract.diagnosis else []
    keys = [f"{variable}.{value}" for variable in (*named, *contract.design.strata) if variable]
    return next((words.label(key) for key in keys if words.has(key)), value)


def direction(value: str, words: Words) -> str:
    """A direction in the words of the study, else of the package."""
    settings = words.study.contract.experts
    key = ""
    if settings:
        written = next((written for name, written in settings.directions.items() if name == value), value)
        key = f"{settings.columns['direction']}.{written}"
    return words.label(key if words.has(key) else f"experts.{value}")


def _evidence(row: dict, words: Words) -> str:
    return words.label(f"experts.evidence.{row['evidence']}")


def _said(row: dict, words: Words) -> str:
    return words.label("experts.said", direction=direction(row["direction"], words), evidence=_evidence(row, words))


def _methods(row: dict, words: Words) -> str:
    return words.comma.join(_written("method", method, words) for method in row["used"].split("|") if method)


def _keys(row: dict, words: Words) -> str:
    keys = f"{row['findings']}|{row['scored']}".split("|")
    return words.comma.join(words.isolate(key) for key in keys if key)


# -- tables -----------------------------------------------------------------------------------------


def evidence(field_studies: FieldStudies, study: Study) -> Table:
    """What experts found: a line a theme, stratum and direction."""
    there = study.contract.experts.columns if study.contract.experts else {}
    columns = [*_place(), _column("direction", lambda row, words: direction(row["direction"], words))]
    columns += [Column("findings", "count")]
    columns += [Column("studies", "count")] if "study" in there else []
    columns += [_column("methods", _methods)] if "method" in there else []
    columns += [Column("sources", "count")] if "sources" in there else []
    columns += [_column("evidence", _evidence), Column("contested", "label", "opposed")]
    opposed = field_studies.evidence["contested"].map({True: "experts.contested", False: "experts.uncontested"})
    return Table(field_studies.evidence.assign(opposed=opposed), tuple(columns), "tab_evidence", behind=OPEN)


def _column(head: str, say: Callable[[dict, Words], str]) -> Column:
    return Column(head, "say", parameters={"say": say})


def _place() -> list[Column]:
    return [
        _column("theme", lambda row, words: theme(row["theme"], words)),
        _column("stratum", lambda row, words: stratum(row["stratum"], words)),
    ]


def triangulation(field_studies: FieldStudies) -> Table:
    """What experts say, what the survey says, and whether both say the same: what the survey can tell first."""
    by = {(row.key, row.stratum): row for row in field_studies.survey.itertuples()}
    rows = []
    for row in field_studies.triangulated.to_dict("records"):
        parts = [by[key, row["stratum"]] for key in row["survey_keys"].split("|") if key]
        means = "|".join(f"{part.key}={part.mean:.12g}={part.says}" for part in parts)
        few = min((part.units for part in parts), default=None)
        because = f"experts.because.{row['because']}" if row["because"] else ""
        rows.append(row | {"means": means, "units": few, "because": because})
    data = pd.DataFrame(rows).sort_values("verdict", kind="stable")
    columns = [*_place(), _column("experts_say", _said)]
    if field_studies.wave:
        columns += [_column("survey_says", _means)]
        columns += [Column("groups" if field_studies.level == "group" else "n", "count", "units")]
    columns += [_column("verdict", _verdict)]
    columns += [Column("because", "label")] if (data["because"] != "").any() else []
    return Table(data, tuple(columns), "tab_triangulation", behind=OPEN)


def _verdict(row: dict, words: Words) -> str:
    verdict = words.label(f"experts.{row['verdict']}")
    return words.label("experts.near", verdict=verdict) if row["near"] else verdict


def _means(row: dict, words: Words) -> str:
    parts = [part.split("=") for part in row["means"].split("|") if part]
    lines = []
    for key, mean, verdict in parts:
        shown = words.isolate(HIDDEN) if np.isnan(float(mean)) else words.percent(float(mean))
        verdict = words.label(f"experts.says.{verdict}")
        lines.append(words.label("experts.scored", name=scored_in_words(key, words), mean=shown, says=verdict))
    scored = words.parts(lines)
    merged = parts and row["of"] != row["stratum"]
    return words.label("experts.merged", said=scored, of=stratum(row["of"], words)) if merged else scored or "–"


def swot(field_studies: FieldStudies, group: str) -> Table:
    """Strengths, weaknesses, opportunities and threats of a group (empty: of all), each line with its keys."""
    by = {(row.key, row.stratum): row.mean for row in field_studies.survey.itertuples()}
    lines = field_studies.lines[field_studies.lines["group"] == group]
    means = [
        "|".join(f"{by[key, line.stratum]:.12g}" for key in line.scored.split("|") if key)
        for line in lines.itertuples()
    ]
    columns = (
        _column("quadrant", lambda row, words: direction(row["quadrant"], words)),
        _column("line", _line),
        _column("rests_on", _rests_on),
        _column("keys", _keys),
    )
    return Table(lines.assign(means=means).drop(columns="mean"), columns, "tab_swot", behind=OPEN, only="shown")


def _line(row: dict, words: Words) -> str:
    name = theme(row["theme"], words) if row["source"] != "survey" else scored_in_words(row["scored"], words)
    if row["stratum"] == row["group"]:
        return name
    return words.label("experts.within", name=name, stratum=stratum(row["stratum"], words))


def _rests_on(row: dict, words: Words) -> str:
    keys, means = row["scored"].split("|"), [words.percent(float(mean)) for mean in row["means"].split("|") if mean]
    if row["source"] == "survey":
        return words.label("experts.by_survey", mean=means[0])
    if row["source"] == "experts":
        return words.label(f"experts.by_experts.{row['verdict']}", evidence=_evidence(row, words))
    names = [scored_in_words(key, words) for key in keys]
    scored = [words.label("experts.mean", name=name, mean=mean) for name, mean in zip(names, means, strict=True)]
    return words.label("experts.by_both", evidence=_evidence(row, words), said=words.parts(scored))


def quoted(field_studies: FieldStudies, study: Study, group: str = "") -> dict:
    """What captions and notes say: the rules of the study, a function of the language each where words are needed."""
    contract = study.contract
    fewest = contract.release.min_groups if field_studies.level == "group" else contract.release.min_persons

    def rule(key: str) -> Callable[[Words], str]:
        def write(words: Words) -> str:
            settings = contract.diagnosis
            if settings is None or not field_studies.wave:
                return words.label("experts.no_rule")
            ends = {name: words.percent(getattr(settings, name)) for name in ("weak", "strong")}
            ends |= {"shift": words.measure(settings.shift, SHARE, 0, effect=True)}
            sample = words.said(contract.samples[settings.sample].label) if settings.sample else ""
            whom = words.comma.join(part for part in (words.label(field_studies.wave), sample) if part)
            return words.label(key, wave=whom, fewest=words.noun(field_studies.level, fewest), **ends)

        return write

    left = (field_studies.lines["group"] == group) & ~field_studies.lines["shown"]
    cells = {"rule": rule("experts.rule"), "ends": rule("experts.ends"), "most": LINES, "left": int(left.sum())}
    cells |= {"stratum": lambda words: stratum(group, words)}
    return cells | ({"top": contract.experts.top, "sources": contract.experts.sources} if contract.experts else {})


# -- the figure -------------------------------------------------------------------------------------


def draw(figure: Figure, data: pd.DataFrame, words: Words) -> None:
    """Themes by strata: the shape of a mark says what experts say, its filling what the survey says of it."""
    themes, strata = sorted(set(data["theme"])), sorted(set(data["stratum"]))
    figure.set_size_inches(6.3, 1.9 + 0.36 * len(themes))
    axes = figure.subplots()
    for (name, where), part in data.groupby(["theme", "stratum"]):
        for place, row in enumerate(part.itertuples()):
            x = strata.index(where) + 0.24 * (place - (len(part) - 1) / 2)
            _mark(axes, x, themes.index(name), MARKS[row.direction], row.verdict)
    for place in range(1, len(themes)):
        axes.axhline(place - 0.5, color=LIGHT, linewidth=0.6, zorder=0)
    for place in range(1, len(strata)):
        axes.axvline(place - 0.5, color=LIGHT, linewidth=0.6, zorder=0)
    names = [_wrapped(stratum(code, words), max(8, 60 // len(strata))) for code in strata]
    axes.set_xticks(range(len(strata)), names)
    axes.set_yticks(range(len(themes)), [_wrapped(theme(code, words), 24) for code in themes])
    axes.set_xlim(*((len(strata) - 0.5, -0.5) if words.rtl else (-0.5, len(strata) - 0.5)))
    axes.set_ylim(len(themes) - 0.5, -0.5)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    names_aside(axes, words)
    axes.spines[:].set_visible(False)
    _legend(figure, axes, data, words)


def _wrapped(text: str, width: int) -> str:
    return textwrap.fill(text, width, break_long_words=False)


def _mark(axes: Axes, x: float, y: float, marker: str, verdict: str, label: str = "") -> Any:
    look = LOOKS[verdict] | {"markersize": 9, "markeredgewidth": 1.2, "linestyle": ""}
    return axes.plot([x], [y], marker, label=label, **look)[0]


def _legend(figure: Figure, axes: Axes, data: pd.DataFrame, words: Words) -> None:
    """Below, a column each: shapes and fillings, as far as they occur."""
    shapes = [(MARKS[code], "silent", direction(code, words)) for code in MARKS if code in set(data["direction"])]
    fillings = [("o", code, words.label(f"experts.{code}")) for code in LOOKS if code in set(data["verdict"])]
    columns = [("experts_say", shapes), ("verdict", fillings)]
    longest, handles = max(len(marks) for _, marks in columns), []
    for head, marks in columns[::-1] if words.rtl else columns:
        column = [axes.plot([], [], linestyle="", label=words.label(f"head.{head}"))[0]]
        column += [_mark(axes, float("nan"), 0, *mark) for mark in marks]
        handles += column + [axes.plot([], [], linestyle="", label=" ")[0] for _ in range(longest - len(marks))]
    look: dict[str, Any] = {"ncols": 2, "frameon": False, "markerfirst": not words.rtl}
    legend = figure.legend(handles=handles, loc="outside lower center", **look)
    for text in legend.get_texts()[:: longest + 1]:
        text.set_fontweight("bold")


def alt(data: pd.DataFrame, words: Words) -> str:
    """Say every mark in words."""
    parts = []
    for row in data.to_dict("records"):
        where = words.comma.join((theme(row["theme"], words), stratum(row["stratum"], words)))
        parts.append(f"{where}: {_said(row, words)}, {words.label('experts.' + row['verdict'])}")
    return words.parts(parts)
