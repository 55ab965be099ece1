"""Figures of the leading estimates: means before any model, estimates with their intervals, and by stratum."""

import math
import textwrap

import numpy as np
import pandas as pd

from coops import disclosure
from coops.disclosure.thresholds import few_compared
from coops.estimation import tidy
from coops.show.drawing import ACCENT, GREY, LIGHT, Axes, Figure, draw_interval, finish_panel, format_axis
from coops.show.language import SHARE, Words
from coops.show.results import HIDDEN
from coops.show.table import labels_in_words, strata_in_words, unit_columns
from coops.study.study import Study

PANEL = ["outcome", "wave", "arm"]  # a panel of the strata holds those of one estimate
WITHOUT = ("none", "no_arm")  # arms that stand for the reference where there is none, as offers may overlap


def before_after_data(panel: pd.DataFrame, outcomes: list[str], study: Study) -> pd.DataFrame:
    """Mean of each outcome by arm and wave, of those seen with an answer; those of too few are not in it.

    Parameters
    ----------
    panel : DataFrame
        As of :func:`coops.data.panel.panel`, of the level of the outcomes.

    Returns
    -------
    DataFrame, one row an outcome, arm and wave
        mean in the unit of the outcome, n (units). An arm's mean is taken out with those that would give it away.
    """
    parts = []
    for outcome in outcomes:
        known = panel.loc[panel["seen"], ["arm", "wave", outcome]].dropna()
        cells = known.groupby(["arm", "wave"], observed=True, sort=False)[outcome].agg(["mean", "count"]).reset_index()
        parts.append(cells.rename(columns={"count": "n"}).assign(outcome=outcome))
    data = pd.concat(parts, ignore_index=True).astype({"wave": str})
    order = {"outcome": outcomes, "wave": list(study.contract.waves)}
    for name, values in reversed(order.items()):
        data = data.sort_values(name, key=lambda column, values=values: column.map(values.index), kind="stable")
    data["arm"] = data["arm"].replace("", "no_arm" if study.contract.design.arm else "all_units")
    data = data.reset_index(drop=True)
    data = disclosure.released(data, study, behind="n", whole=("outcome", "wave"), columns=("mean", "n"))
    return data[["outcome", "arm", "wave", "mean", "n", "hidden"]].assign(**unit_columns(data["outcome"], study))


def _waves(data: pd.DataFrame, study: Study) -> list[str]:
    """Waves of a frame, in the order of the study: that of the rows is no order of time."""
    return [wave for wave in study.contract.waves if wave in set(data["wave"])]


def changes_and_gaps(data: pd.DataFrame, study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the figure shows, in numbers: changes of outcomes with a value before, gaps between arms of the others.

    Parameters
    ----------
    data : DataFrame
        Of :func:`before_after_data`. A value before is one at the first wave of the study, in every arm.

    Returns
    -------
    (changes, gaps)
        Changes: one row an outcome, a column an arm, its mean at the last wave less that at the first. Gaps: one row an
        outcome and arm, a column a wave, its mean less that of the reference. In the unit of the outcome; either may be
        empty.
    """
    means = data.set_index(["outcome", "arm", "wave"])["mean"].unstack("wave", sort=False).dropna(how="all")
    means = means.reindex(columns=list(study.contract.waves))
    before = means.iloc[:, 0].notna().groupby("outcome").transform("all")
    change = means.ffill(axis=1).iloc[:, -1] - means.iloc[:, 0]
    changes = change[before & (means.count(axis=1) > 1)].unstack("arm", sort=False)
    after, known = means[~before], means.index.get_level_values("arm")
    reference = [arm for arm in (study.contract.design.reference, *WITHOUT) if arm in known][:1]
    gaps = after.sub(after[after.index.isin(reference, level="arm")].droplevel("arm"), axis=0, level="outcome")
    gaps = gaps[~gaps.index.isin(reference, level="arm")].dropna(how="all")
    return changes, gaps.dropna(axis="columns", how="all")


def draw_before_after(figure: Figure, data: pd.DataFrame, words: Words) -> np.ndarray:
    """One panel an outcome, one line an arm over the waves; time runs from left to right in every language."""
    import seaborn as sns  # type: ignore[import-untyped]

    outcomes, waves = list(dict.fromkeys(data["outcome"])), _waves(data, words.study)
    behind = (words.study.contract.design.reference, "all_units", *WITHOUT)
    colours = {arm: GREY if arm in behind else ACCENT for arm in dict.fromkeys(data["arm"])}
    columns = min(3 if len(waves) < 3 else 2, len(outcomes))
    lines = math.ceil(len(outcomes) / columns)
    figure.set_size_inches(6.3, min(2.2 * lines + 0.4, max(9.2, 1.6 * lines)))  # a page, unless they are many
    axes = figure.subplots(lines, columns, squeeze=False)
    axes = (axes[:, ::-1] if words.rtl else axes).ravel()
    for panel, outcome in zip(axes, outcomes, strict=False):
        part = data[data["outcome"] == outcome].dropna(subset="mean")
        scale = 100 if part["unit"].eq(SHARE).any() else 1
        part = part.assign(mean=scale * part["mean"], place=part["wave"].map(waves.index))
        line = {"palette": colours, "marker": "o", "errorbar": None, "legend": False}
        sns.lineplot(part, x="place", y="mean", hue="arm", ax=panel, **line)
        for row in part.sort_values("place").groupby("arm", sort=False).tail(1).itertuples():
            name, look = textwrap.fill(labels_in_words(row.arm, words), 14), {"fontsize": 6.5, "va": "center"}
            offset = {"xytext": (5, 0), "textcoords": "offset points"}
            panel.annotate(name, (row.place, row.mean), color=colours[row.arm], **offset, **look)
        panel.set_xticks(range(len(waves)), [textwrap.fill(words.label(wave), 11) for wave in waves], fontsize=7)
        panel.set_xlim(-0.25, len(waves) - 0.1)
        panel.margins(y=0.15)  # a name of two lines stays above the axis
        title = textwrap.fill(words.label(outcome), 24 if columns == 3 else 40)
        panel.set_title(title, loc="right" if words.rtl else "left", fontsize=7.5)
        panel.set(xlabel="", ylabel=words.unit_in_table(data.loc[data["outcome"] == outcome, "unit"].iloc[0], False))
        format_axis(panel.yaxis, words)
    for panel in axes[len(outcomes) :]:
        panel.remove()
    return axes


def before_after_alt(data: pd.DataFrame, words: Words) -> str:
    """Say in words what the figure shows: of each outcome and arm the mean at each wave."""
    parts = []
    for (outcome, arm), part in data.groupby(["outcome", "arm"], sort=False):
        rows = part.itertuples()
        numbers = [
            (row.wave, HIDDEN if "mean" in row.hidden else words.measure(row.mean, row.unit, int(row.decimals)))
            for row in rows
        ]
        means = [f"{words.label(wave)} {number}" for wave, number in numbers]
        parts.append(f"{words.label(outcome)}{words.comma}{labels_in_words(arm, words)}: {words.listed(means)}")
    return words.parts(parts)


def effects_data(estimates: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The frame behind the figure of estimates, one row each; an estimate that few are behind is not in it."""
    names = ["outcome", "wave", "arm", "estimate", "conf_low", "conf_high", "conf_level", "n"]
    few = pd.Series([few_compared(row, study) for row in tidy.rows(estimates)])
    columns = ("estimate", "conf_low", "conf_high", "n")
    data = disclosure.released(estimates[names].reset_index(drop=True), study, rule=few, columns=columns)
    return data.assign(**unit_columns(data["outcome"], study))


def draw_effects(figure: Figure, data: pd.DataFrame, words: Words) -> np.ndarray:
    """One panel an outcome: a dot and a whisker an estimate, its numbers beside it; zero stands below zero."""
    parts = [part.reset_index(drop=True) for _, part in data.groupby("outcome", sort=False)]
    axes = _panels(figure, parts, 0.62)
    several = [name for name in ("wave", "arm") if data[name].nunique() > 1]
    for panel, part in zip(axes, parts, strict=True):
        names = [
            " – ".join(labels_in_words(getattr(row, name), words) for name in several) for row in part.itertuples()
        ]
        _estimates(panel, part, names, textwrap.fill(words.label(part["outcome"][0]), 70), words)
    _align_zero(axes, parts)
    return axes


def _panels(figure: Figure, parts: list[pd.DataFrame], above: float) -> np.ndarray:
    """A panel a part, one below the other, each as high as it has rows; ``above``: inches for title and axis."""
    heights = [above + 0.28 * len(part) for part in parts]
    figure.set_size_inches(6.3, max(1.7, sum(heights)))
    return figure.subplots(len(parts), 1, squeeze=False, height_ratios=heights)[:, 0]


def _scale(part: pd.DataFrame) -> int:
    return 100 if part["unit"].eq(SHARE).any() else 1


def _estimates(axes: Axes, part: pd.DataFrame, names: list[str], title: str, words: Words) -> None:
    """Draw the estimates of a panel, and write each with its interval at the end of the line of reading."""
    edge, side = (-0.02, "right") if words.rtl else (1.02, "left")
    for place, row in enumerate(part.itertuples()):
        draw_interval(axes, place, row, _scale(part))
        text = HIDDEN if "estimate" in row.hidden else words.shown(row.estimate, row.unit, int(row.decimals))
        if pd.notna(row.conf_low):
            text += f" ({words.interval(row.conf_low, row.conf_high, row.unit, int(row.decimals))})"
        beside = axes.get_yaxis_transform()
        axes.text(edge, place, text, transform=beside, ha=side, va="center", fontsize=7.5)
    finish_panel(axes, names, part["unit"][0], title, words)
    if not any(names):
        axes.set_yticks([])
        axes.spines[["left", "right"]].set_visible(False)


def _align_zero(panels: np.ndarray, parts: list[pd.DataFrame]) -> None:
    """Let zero stand at the same place of every panel, with the least room lost."""
    ends = [_scale(part) * part[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float) for part in parts]
    below, above = (np.array([np.nanmax([0.0, *(sign * values).ravel()]) for values in ends]) for sign in (-1, 1))
    wide = np.where(below + above > 0, below + above, 1.0)
    share = 0.12 + max(below / wide), 0.12 + max(above / wide)  # what the panel that needs most needs on each side
    for panel, low, high in zip(panels, below, above, strict=True):
        unit = max(low / (share[0] - 0.08), high / (share[1] - 0.08)) or 1.0
        panel.set_xlim(-share[0] * unit, share[1] * unit)


def effects_alt(data: pd.DataFrame, words: Words) -> str:
    """Say in words what the figure shows: each outcome, wave and estimate with its interval."""
    parts = []
    for row in data.itertuples():
        value = words.measure(row.estimate, row.unit, int(row.decimals), effect=True)
        value = HIDDEN if "estimate" in getattr(row, "hidden", "") else value
        where = labels_in_words(row.wave, words) + (
            words.comma + words.label(row.arm) if row.arm and data["arm"].nunique() > 1 else ""
        )
        interval = words.interval(row.conf_low, row.conf_high, row.unit, int(row.decimals))
        parts.append(f"{words.label(row.outcome)} ({where}) {value} ({interval})")
    return words.parts(parts)


def strata_data(strata: pd.DataFrame, estimates: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The frame behind the figure of strata: the strata of each estimate, and below them the estimate of all."""
    of_all = effects_data(estimates, study).assign(stratum="all_units")
    of_all = of_all[of_all["outcome"].isin(strata["outcome"])]
    joined = pd.concat([strata, of_all], ignore_index=True)
    order = joined.groupby(PANEL, sort=False).ngroup()
    return joined.loc[order.sort_values(kind="stable").index].reset_index(drop=True)


def draw_strata(figure: Figure, data: pd.DataFrame, words: Words) -> np.ndarray:
    """One panel an estimate: strata with intervals, pooled points as rings, the estimate of all below; zero marked."""
    parts = [part.reset_index(drop=True) for _, part in data.groupby(PANEL, sort=False)]
    axes = _panels(figure, parts, 0.75)
    for panel, part in zip(axes, parts, strict=True):
        ring = {"color": GREY, "markerfacecolor": "white", "markersize": 7, "linestyle": "", "zorder": 0}
        (pooled,) = panel.plot(_scale(part) * part["pooled"], part.index, "o", **ring)
        names = [textwrap.fill(strata_in_words(row.stratum, words), 24) for row in part.itertuples()]
        keys = [part["outcome"][0], *(part[name][0] for name in ("wave", "arm") if data[name].nunique() > 1)]
        title = " – ".join(labels_in_words(key, words) for key in keys)
        _estimates(panel, part, names, textwrap.fill(title, 60), words)
        panel.axhspan(len(part) - 1.5, len(part) - 0.5, color=LIGHT, alpha=0.4, linewidth=0, zorder=-1)
    (own,) = axes[0].plot([], [], "o-", color=ACCENT, markersize=5)
    legend = [words.label("fig_strata.own"), words.label("tab_strata.head.pooled")]
    figure.legend([own, pooled], legend, loc="outside upper center", ncols=2, fontsize=7.5, frameon=False)
    _align_zero(axes, parts)
    return axes


def strata_alt(data: pd.DataFrame, words: Words) -> str:
    """Say each stratum's estimate and interval in words; a hidden one as hidden."""
    parts = []
    for row in data.itertuples():
        value = words.measure(row.estimate, row.unit, int(row.decimals), effect=True)
        value = HIDDEN if "estimate" in getattr(row, "hidden", "") else value
        interval = (
            words.interval(row.conf_low, row.conf_high, row.unit, int(row.decimals)) if pd.notna(row.conf_low) else "–"
        )
        parts.append(f"{words.label(row.outcome)}, {strata_in_words(row.stratum, words)}: {value} ({interval})")
    return words.parts(parts)
