"""What experts found, coded by theme and stratum, and whether the survey says the same.

Findings are coded, never quoted. How strong the evidence is, and what agrees, is decided by the rules stated here.
"""

from collections import Counter

import numpy as np
import pandas as pd

from coops.data.strata import merged
from coops.diagnosis.scores import TIE
from coops.disclosure.suppression import of_parts
from coops.disclosure.thresholds import few
from coops.study.values import plain

COLUMNS = ("id", "study", "theme", "stratum", "direction", "strength", "method", "sources")
DIRECTIONS = ("strength", "weakness", "opportunity", "threat")
EVIDENCE = ("weak", "moderate", "strong")
VERDICTS = ("agree", "disagree", "silent")
KEY = ["theme", "stratum", "direction"]
LINES = 5  # shown a group and quadrant


def coded(frame: pd.DataFrame, columns: dict[str, str], directions: dict[str, str], everywhere: str) -> pd.DataFrame:
    """Bring the table of a study to the columns named here.

    Parameters
    ----------
    frame : DataFrame, one row a finding
    columns : dict
        Column of the table for each of ``COLUMNS``: ``study``, ``method`` and ``sources`` may be absent.
    directions : dict
        For each of ``DIRECTIONS``, how the table writes it.
    everywhere : str
        How the table writes that a finding holds in every stratum; the stratum is then empty.

    Returns
    -------
    DataFrame, one row a finding
        ``COLUMNS``; ``strength`` from 1, ``sources`` a number, 1 where it is not said. Findings without a
        known direction or a stratum are left out.
    """
    findings = pd.DataFrame({name: frame[columns[name]] if name in columns else np.nan for name in COLUMNS})
    for name in ("id", "study", "theme", "stratum", "direction", "method"):
        text = findings[name].map(plain)
        findings[name] = text.where(text != "")
    findings["direction"] = findings["direction"].map({written: name for name, written in directions.items()})
    findings["stratum"] = findings["stratum"].where(findings["stratum"] != everywhere, "").fillna("")
    findings["theme"] = findings["theme"].fillna("")
    findings["sources"] = pd.to_numeric(findings["sources"]).fillna(1)
    findings["strength"] = pd.to_numeric(findings["strength"]).fillna(1)
    return findings[findings["direction"].notna() & frame[columns["stratum"]].notna()].reset_index(drop=True)


def evidence(findings: pd.DataFrame, top: int = 3, sources: int = 5) -> pd.DataFrame:
    """Put the findings of one theme, stratum and direction together and say how strong their evidence is.

    Parameters
    ----------
    findings : DataFrame
        See :func:`coded`.
    top : int
        The highest strength that an expert may give, from 1.
    sources : int
        So many sources make one finding strong.

    Returns
    -------
    DataFrame, one row a theme, stratum and direction
        ``findings``, ``studies``, ``methods``, ``sources``: how many; ``keys``: ids of the findings, ``used``: the
        methods, both joined by ``|``; ``strength``: the highest; ``evidence``: one of ``EVIDENCE``; ``contested``:
        whether a finding of the same theme and stratum says the opposite (a strength and a weakness, an opportunity
        and a threat).

    Notes
    -----
    ``strong``: the highest strength is ``top``, and it rests on two studies, two methods or so many sources.
    ``weak``: the highest strength is 1. ``moderate``: all between.
    """
    by = findings.groupby(KEY, sort=True)
    frame = by.agg(
        findings=("id", "size"),
        studies=("study", "nunique"),
        methods=("method", "nunique"),
        sources=("sources", "sum"),
        strength=("strength", "max"),
        keys=("id", lambda ids: "|".join(sorted(map(str, ids)))),
        used=("method", lambda methods: "|".join(sorted(methods.dropna().unique()))),
    ).reset_index()
    broad = (frame["studies"] > 1) | (frame["methods"] > 1) | (frame["sources"] >= sources)
    place = np.where((frame["strength"] >= top) & broad, 2, np.where(frame["strength"] <= 1, 0, 1))
    opposite = dict(zip(DIRECTIONS, ("weakness", "strength", "threat", "opportunity"), strict=True))
    there = set(map(tuple, frame[KEY].to_numpy()))
    contested = [(theme, stratum, opposite[which]) in there for theme, stratum, which in frame[KEY].to_numpy()]
    return frame.assign(evidence=np.array(EVIDENCE)[place], contested=contested)


def survey(
    scores: pd.DataFrame, strata: pd.Series, merge: dict[str, list[str]], weak: float, strong: float, fewest: int
) -> pd.DataFrame:
    """Say what the survey holds of each dimension or item, by stratum, by merged strata and in all.

    Parameters
    ----------
    scores : DataFrame, units × keys
        From 0 to 1.
    strata : Series by unit
    merge : dict
        Strata shown together: name = strata.
    weak, strong : float
        A mean below ``weak`` is a weakness, one of ``strong`` or more a strength; ``mixed`` between.
    fewest : int
        Fewest units behind a mean; with fewer, nothing is said, nor of the group that would give them away.

    Returns
    -------
    DataFrame, one row a key and group of units (``stratum`` is empty for all)
        ``units``: with a score; ``mean``: to two decimals, so that what is said is what is shown; ``says``:
        ``strength``, ``weakness``, ``mixed``, or ``few``, and then there is no mean. A stratum that is merged has the
        numbers of the merged one, whose name stands in ``of``: its own would give away those it is merged with.
    """
    wider = {value: name for name, values in merge.items() for value in values}
    own = strata.reindex(scores.index).fillna("").map(lambda name: wider.get(name, name))
    names = {name: name for name in [*merge, *own.unique()] if name} | wider
    rows = []
    for key in scores:
        counts = scores[key].notna().groupby(own).sum()
        hidden = set(counts.index[of_parts(counts, fewest)])
        for name, of in {"": "", **names}.items():
            known = scores.loc[own == of if of else scores.index, key].dropna()
            enough = not few(len(known), fewest) and not (of and of in hidden)
            mean = round(known.mean(), 2) if enough else np.nan
            rows.append((key, name, of, len(known) if enough else 0, mean, _says(mean, weak, strong)))
    return pd.DataFrame(rows, columns=["key", "stratum", "of", "units", "mean", "says"])


def _says(mean: float, weak: float, strong: float) -> str:
    if np.isnan(mean):
        return "few"
    return "strength" if mean >= strong - TIE else "weakness" if mean < weak - TIE else "mixed"


def triangulate(evidence: pd.DataFrame, survey: pd.DataFrame, themes: dict[str, list[str]]) -> pd.DataFrame:
    """Set what the experts say beside the survey: agree, disagree, silent.

    Parameters
    ----------
    evidence : DataFrame
        See :func:`evidence`.
    survey : DataFrame
        See :func:`survey`.
    themes : dict
        Keys of the survey (dimensions or items) that speak of each theme.

    Returns
    -------
    DataFrame, the rows of ``evidence``
        ``verdict``: ``agree``, ``disagree`` or ``silent``; ``because``: why it is silent: ``outside`` (an opportunity
        or a threat lies outside of what was scored), ``not_asked`` (no key speaks of the theme), ``not_scored`` (those
        that do are not in the survey, or there is none), ``few`` (too few units), ``mixed`` (between weak and strong,
        or the keys do not say the same); ``survey_keys``: keys compared, joined by ``|``; ``of``: strata whose units
        were compared.
    """
    scored = set(survey["key"])
    of_survey = {(row.key, row.stratum): row for row in survey.itertuples()}
    rows = []
    for theme, stratum, direction in evidence[KEY].to_numpy():
        rows_of_theme = [of_survey[key, stratum] for key in themes.get(theme, []) if (key, stratum) in of_survey]
        known = [row for row in rows_of_theme if row.says != "few"]
        directions = {row.says for row in known}
        if not scored:
            verdict, because = "silent", "not_scored"
        elif direction in ("opportunity", "threat"):
            verdict, because = "silent", "outside"
        elif not themes.get(theme):
            verdict, because = "silent", "not_asked"
        elif scored.isdisjoint(themes[theme]):
            verdict, because = "silent", "not_scored"
        elif not known:
            verdict, because = "silent", "few"
        elif len(directions) > 1 or "mixed" in directions:
            verdict, because = "silent", "mixed"
        else:
            verdict, because = ("agree" if directions == {direction} else "disagree"), ""
        keys = "" if because in ("outside", "not_asked") else "|".join(row.key for row in known)
        rows.append((verdict, because, keys, "|".join(dict.fromkeys(row.of for row in known)) if keys else ""))
    verdicts = pd.DataFrame(rows, columns=["verdict", "because", "survey_keys", "of"], index=evidence.index)
    return evidence.join(verdicts)


def swot(triangulated: pd.DataFrame, survey: pd.DataFrame, merge: dict[str, list[str]]) -> pd.DataFrame:
    """Assemble strengths, weaknesses, opportunities and threats, each line with its keys.

    Parameters
    ----------
    triangulated : DataFrame
        See :func:`triangulate`.
    survey : DataFrame
        See :func:`survey`: rows for items, dimensions or both; those of a merged stratum stand under its name only.
    merge : dict
        Strata shown together: name = strata.

    Returns
    -------
    DataFrame, one row a line, by group (all first) and quadrant
        ``group``: the stratum, or the merged strata, under which the line is shown; ``stratum``: of the line itself;
        ``quadrant`` (one of ``DIRECTIONS``), ``source`` (``both``, ``survey``, ``experts``), ``theme`` (empty for a
        line of the survey alone), ``findings``: ids, ``scored``: keys of the survey, both joined by ``|``,
        ``evidence``, ``verdict``, ``mean`` (of a line of the survey alone).

    Notes
    -----
    A finding of the experts is a line of its direction, whatever the survey says; where it agrees, the keys of the
    survey join it and have no line of their own. A key of the survey that is weak or strong in a stratum is a line.
    Lines of both come first, then by evidence and by distance of the mean from the middle.
    """
    lines, joined = [], set()
    for row in triangulated.itertuples():
        scored = row.survey_keys.split("|") if row.verdict == "agree" else []
        joined |= {(key, row.of, row.direction) for key in scored}
        source = "both" if scored else "experts"
        line = (row.stratum, row.direction, source, row.theme, row.keys, "|".join(scored), row.evidence, row.verdict)
        lines.append((*line, np.nan))
    for row in survey.itertuples():
        own = row.says in ("strength", "weakness") and row.of == row.stratum
        if own and (row.key, row.stratum, row.says) not in joined:
            lines.append((row.stratum, row.says, "survey", "", "", row.key, "", "", row.mean))
    columns = ["stratum", "quadrant", "source", "theme", "findings", "scored", "evidence", "verdict", "mean"]
    frame = pd.DataFrame(lines, columns=columns)
    frame.insert(0, "group", [merged(name, merge) for name in frame["stratum"]])
    order = pd.DataFrame(
        {
            "group": frame["group"],
            "quadrant": frame["quadrant"].map(DIRECTIONS.index),
            "source": frame["source"].map(["both", "experts", "survey"].index),
            "evidence": -frame["evidence"].map({"": -1, **{name: place for place, name in enumerate(EVIDENCE)}}),
            "mean": -(frame["mean"] - 0.5).abs(),
            "findings": frame["findings"],
            "scored": frame["scored"],
        }
    )
    return frame.loc[order.sort_values(list(order.columns)).index].reset_index(drop=True)


def shown(lines: pd.DataFrame, within: dict[str, str], most: int = LINES) -> pd.Series:
    """Choose the lines that are shown: at most so many a group and quadrant, in their order.

    Parameters
    ----------
    lines : DataFrame
        See :func:`swot`.
    within : dict
        Dimension of each item: the line of an item has no place beside that of its dimension in the same quadrant.

    Returns
    -------
    Series of bool, the rows of ``lines``
    """
    kept, there = [], set()
    count: Counter = Counter()
    for line in lines.itertuples():
        there |= {(line.group, line.quadrant, key) for key in line.scored.split("|")}
    for line in lines.itertuples():
        place = (line.group, line.quadrant)
        covered = line.source == "survey" and (*place, within.get(line.scored)) in there
        keep = not covered and count[place] < most
        count[place] += keep
        kept.append(keep)
    return pd.Series(kept, index=lines.index, dtype=bool)
