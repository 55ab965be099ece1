"""What the page says of the plan: locked or not, kept or changed, and every change."""

import pandas as pd

from coops.disclosure import OPEN
from coops.show.language import Words
from coops.show.table import Column, Table
from coops.study.plan_lock import Lock

KINDS = {"added": "lock.added", "removed": "lock.removed", "changed": "lock.altered"}
COMMIT = 10  # letters of a commit that are shown
LEADING = (
    "design.",
    "study.leading_specification",
    "samples.",
    "derived.",
    "rules",
    "arms.",
    "waves.",
)  # decide it too


def deviations(lock: Lock) -> Table:
    """Every change of the plan since it was locked: where, which kind, before and now."""
    lines = [
        {"path": change.path, "change": KINDS[change.kind], "before": change.before, "after": change.after}
        for change in lock.deviations
    ]
    columns = [Column("path", "code"), Column("what_changed", "label", "change")]
    columns += [Column("as_locked", "code", "before"), Column("now", "code", "after")]
    data = pd.DataFrame(lines, columns=["path", "change", "before", "after"])
    return Table(data, tuple(columns), "tab_deviations", behind=OPEN)


def notice(lock: Lock, words: Words, table: str = "") -> str:
    """The sentence that every page of a study bears whose plan was changed, or whose lock cannot be used.

    Parameters
    ----------
    table : str
        The number of the table that lists the changes, in words; left out where there is none.
    """
    if lock.finding:
        return f"**{lock.finding.text(words.language)}**"
    if lock.on is None or not lock.deviations:
        return ""
    number = words.count(len(lock.deviations))
    sentence = f"**{words.label('lock.changed', date=words.date(lock.on), number=number)}**"
    headline = f"specifications.{words.study.headline}"
    if any(change.path.startswith((headline, *LEADING)) for change in lock.deviations):
        sentence = f"{sentence} **{words.label('lock.exploratory')}**"
    return f"{sentence} {words.label('lock.listed', table=table)}" if table else sentence


def closing(lock: Lock, words: Words) -> str:
    """The quiet sentence at the end of a page: not locked, or locked on a day and kept; with what the lock knows."""
    if lock.finding:
        return ""
    if lock.on is None:
        return words.label("lock.none")
    key, number = "lock.changed" if lock.deviations else "lock.kept", words.count(len(lock.deviations))
    sentences = [words.label(key, date=words.date(lock.on), number=number)]
    sentences += [words.label("lock.late")] if lock.late else []
    sentences += [words.label("lock.commit", commit=words.name(lock.commit[:COMMIT]))] if lock.commit else []
    return " ".join(sentences)
