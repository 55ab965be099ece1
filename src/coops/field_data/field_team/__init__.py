"""The twenty checks of the field team: what was looked at, what was found. Their output is private: it never leaves."""

from dataclasses import dataclass

import pandas as pd

from coops.field_data.field_team import alike as same
from coops.field_data.field_team import answers, codebook_checks, interviews, unit_checks
from coops.field_data.field_team.base import ROWS, Collected
from coops.study.findings import Finding
from coops.study.study import Study

# In the order of IPA's high-frequency checks and of the additions in use at DIME and J-PAL.
_IN_ORDER = (
    interviews.versions, unit_checks.keys, same.duplicates, answers.gaps, answers.outliers, unit_checks.rules,
    answers.specified, answers.comments, interviews.times, interviews.enumerators, interviews.plan,
    interviews.backchecks, unit_checks.consent, unit_checks.match, interviews.dates, answers.contradictions,
    codebook_checks.codebook, codebook_checks.identifiers, same.alike, answers.units,
)  # fmt: skip
CHECKS = {function.__name__: function for function in _IN_ORDER}


@dataclass(frozen=True)
class Check:
    """One check.

    ``looked_at``: rows, values, interviews or variables it looked at; ``flagged``: how many of ``rows`` say ``what``
    is wrong. Columns of ``rows``: table, key, column, what, value (where its class allows), measure; or those of the
    dashboard that the check is. ``why_not``: key of the words that say why it did not run.
    """

    number: int
    code: str
    ran: bool
    why_not: str
    looked_at: int
    flagged: int
    rows: pd.DataFrame


def check(
    study: Study,
    tables: dict[str, pd.DataFrame],
    reasons: pd.DataFrame,
    findings: list[Finding],
    labels: dict[str, dict[str, str]] | None = None,
) -> list[Check]:
    """Make all twenty checks; one whose tables or columns the study does not have says that it did not run, and why.

    Parameters
    ----------
    tables : dict of DataFrame
        Clean tables, all of the study.
    reasons : DataFrame
        Coded missing answers: table, key (as received), column, reason.
    findings : list of Finding
        Those of intake.
    labels : dict
        Words of the study (key → language → words), where choices have their labels.
    """
    survey, done = Collected(study, tables, reasons, findings, labels or {}), []
    for number, (code, function) in enumerate(CHECKS.items(), start=1):
        result = function(survey)
        if isinstance(result, str):
            done.append(Check(number, code, False, result, 0, 0, pd.DataFrame(columns=ROWS)))
        else:
            looked_at, rows = result
            done.append(Check(number, code, True, "", looked_at, int((rows["what"] != "").sum()), rows))
    return done


def support_elsewhere(study: Study, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Count the units by arm and by what they said of support from elsewhere.

    Returns
    -------
    DataFrame
        ``arm``, ``value`` (empty where not known), ``number`` of units; empty where the study does not say it.
    """
    no_reasons = pd.DataFrame(columns=["table", "key", "column", "reason"])
    return unit_checks.elsewhere(Collected(study, tables, no_reasons, []))
