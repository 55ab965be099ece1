"""Whether the leading estimates that were recorded are those of ``study.toml``, and what the page says if not."""

import math
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from coops.estimation import effects, sample_design, tidy
from coops.show.language import Words
from coops.show.opened_study import OpenedStudy
from coops.show.results import Record

NUMBERS = ("estimate", "conf_low", "n_rows")  # what two fits of the same regression share
NEAR = 1e-8  # relative: a file of results has twelve digits
_COMPARED: WeakKeyDictionary = WeakKeyDictionary()  # of opened results: the records, and what was found in them


@dataclass(frozen=True)
class Deviation:
    """A leading estimate that was fitted otherwise than planned; the formula is the same if its rows are others."""

    outcome: str
    wave: str
    fitted: str
    planned: str


def compare(run: OpenedStudy) -> list[Deviation]:
    """Fit what ``study.toml`` names, and compare it with what was recorded under its key; one that was not is left out.

    Whoever changes covariates, rows or values on the way, and however, is told by this: nothing rests on a mark that
    the change would have to leave.
    """
    records, deviations = run.results.records, list[Deviation]()
    if run.results in _COMPARED and _COMPARED[run.results][0] is records:  # once for all languages
        return _COMPARED[run.results][1]
    study = run.study
    for specification in study.resolve(study.headline):
        sample = sample_design.build(run.data.units, specification)
        for row in tidy.rows(effects.estimate(sample, study.comparable(specification))):
            record = records.get(tidy.key(row))
            if record and not (record.formula == row.formula and _alike(record, row)):
                deviations.append(Deviation(row.outcome, row.wave, record.formula, row.formula))
    _COMPARED[run.results] = records, list(dict.fromkeys(deviations))
    return _COMPARED[run.results][1]


def _alike(record: Record, row: tidy.Row) -> bool:
    pairs = [(getattr(record, name), float(getattr(row, name))) for name in NUMBERS]
    known = [(mine, theirs) for mine, theirs in pairs if not math.isnan(mine)]  # a hidden one has none
    return all(math.isclose(mine, theirs, rel_tol=NEAR, abs_tol=1e-12) for mine, theirs in known)


def notice(deviations: list[Deviation], words: Words) -> str:
    """What every page then says before its first section: which estimates, fitted how, planned how."""
    if not deviations:
        return ""
    lines = [f"**{words.label('deviation.leading')}**", ""]
    for deviation in deviations:
        same = deviation.fitted == deviation.planned
        outcome = f"{words.label(deviation.outcome)} ({words.named(deviation.wave)})"
        formulas = {"fitted": _code(deviation.fitted, words), "planned": _code(deviation.planned, words)}
        line = words.label("deviation.values" if same else "deviation.formula", outcome=outcome, **formulas)
        lines.append(f"- {line}")
    return "\n".join(lines)


def _code(formula: str, words: Words) -> str:
    return words.isolate(f"`{formula}`") if formula else "–"
