"""What experts found in the field and what the survey says, put together for one study."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from coops import disclosure
from coops.data.units import Data
from coops.diagnosis.assessment import Assessment
from coops.diagnosis.scores import TIE
from coops.disclosure import means
from coops.field_studies import evidence as field_studies_evidence
from coops.study.schema import Experts, Release


@dataclass(frozen=True)
class FieldStudies:
    """Findings of experts beside the survey.

    ``findings``: coded, as of :func:`coops.field_studies.evidence.coded`.
    ``evidence``, ``survey``, ``triangulated``, ``lines``: see ``evidence``, ``survey``, ``triangulate``, ``swot`` of
    :mod:`coops.field_studies.evidence`. ``triangulated`` has a column ``near``: another verdict if the cut-offs for
    weak and strong move, each up or down, by the shift of the diagnosis; ``lines`` has a column ``shown`` (``shown`` of
    the same module). ``wave``: of the survey, empty where nothing is scored; ``level``: what its units are;
    ``left_out``: findings without a known direction.
    """

    findings: pd.DataFrame
    evidence: pd.DataFrame
    survey: pd.DataFrame
    triangulated: pd.DataFrame
    lines: pd.DataFrame
    wave: str
    level: str
    left_out: int

    @property
    def groups(self) -> list[str]:
        """Groups that have lines, all units (empty) first."""
        return list(dict.fromkeys(self.lines["group"]))


def put_together(data: Data, assessment: Assessment | None) -> FieldStudies | None:
    """Put the findings of experts and the survey of a study together; nothing if it has neither.

    Parameters
    ----------
    assessment : Assessment or None
        The survey at its last scored wave. Without it there are findings only, and every verdict is silent.

    Notes
    -----
    Groups are those of the diagnosis, merged for release; with fewer units than its threshold nothing is said.
    """
    settings, release = data.study.contract.experts, data.study.contract.release
    if settings is None and assessment is None:
        return None
    findings, left_out = _findings(data, settings)
    rules = (settings.top, settings.sources) if settings else ()
    evidence = field_studies_evidence.evidence(findings, *rules)
    themes = settings.themes if settings else {}
    survey = _survey(assessment, release)
    beside = field_studies_evidence.triangulate(evidence, survey, themes)
    beside["near"] = False
    beside = disclosure.released(beside, data.study, behind=disclosure.OPEN)  # findings of experts, and words
    shift = assessment.settings.shift if assessment else 0
    for moved in product((-shift, shift), repeat=2) if shift else ():
        other = field_studies_evidence.triangulate(evidence, _survey(assessment, release, *moved), themes)
        beside["near"] |= other["verdict"] != beside["verdict"]
    lines = field_studies_evidence.swot(beside, survey, release.merge)
    within = {item.name: item.dimension for item in assessment.card.items} if assessment else {}
    lines["shown"] = field_studies_evidence.shown(lines, within)
    wave, level = (assessment.now, assessment.level) if assessment else ("", "")
    return FieldStudies(findings, evidence, survey, beside, lines, wave, level, left_out)


def _findings(data: Data, settings: Experts | None) -> tuple[pd.DataFrame, int]:
    """Coded findings of experts, and how many were left out; none where the study has no table of them."""
    if settings is None:
        return pd.DataFrame(columns=field_studies_evidence.COLUMNS), 0
    frame = data.tables[settings.table]
    directions = {name: name for name in field_studies_evidence.DIRECTIONS} | settings.directions
    columns = {str(name): column for name, column in settings.columns.items()}
    findings = field_studies_evidence.coded(frame, columns, directions, settings.everywhere)
    return findings, len(frame) - len(findings)


def _survey(assessment: Assessment | None, release: Release, weaker: float = 0, stronger: float = 0) -> pd.DataFrame:
    """What the survey says of dimensions and of the items that enter a score; later laws and tools do not.

    ``weaker`` and ``stronger`` move the cut-offs for weak and strong.
    """
    if assessment is None:
        return field_studies_evidence.survey(pd.DataFrame(), pd.Series(dtype=object), {}, 0, 1, 1)
    scores, names = assessment.scores[assessment.now], assessment.dimensions
    items = [item.name for item in assessment.card.scored if item.basis != "retrospective" and item.name not in names]
    fewest = release.min_groups if assessment.level == "group" else release.min_persons
    parts = pd.concat([scores.dimensions, scores.items[items]], axis=1)
    settings = assessment.settings
    ends = (settings.weak + weaker, settings.strong + stronger)
    survey = field_studies_evidence.survey(parts, assessment.groups, release.merge, *ends, fewest)
    for name in names:  # as in the profile of the diagnosis
        shown = assessment.shown(name) | ({""} if assessment.shown_in_all(name) else set())
        gone = (survey["key"] == name) & ~survey["of"].isin(shown)
        survey.loc[gone, ["units", "mean", "says"]] = [0, np.nan, "few"]
    for name in items:  # beside that of its dimension, the mean of an item would tell those of the others
        alike = means.all_alike(scores.items[name].to_numpy(float), fewest, TIE)
        survey.loc[(survey["key"] == name) & ((survey["of"] != "") | alike), "mean"] = np.nan
    return survey
