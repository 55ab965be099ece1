"""What would overturn each leading result: answers of all checks in words, sizes, estimates made otherwise."""

from functools import partial

import pandas as pd

from coops.disclosure.thresholds import few_compared
from coops.estimation.direction import direction, held_back
from coops.estimation.tidy import Row
from coops.robustness.check import (
    ABSENT,
    APPEARS,
    ENOUGH,
    LIMIT,
    NOT_ENOUGH,
    PARTS,
    AlternativeEstimate,
    Answer,
    way_in_words,
)
from coops.robustness.exhibits import base, estimate_columns, interval, refused_key, table_of
from coops.robustness.leading import Leading
from coops.robustness.result import Result
from coops.show.language import Words
from coops.show.table import Column, Table, unit_columns
from coops.study.estimators import ESTIMATORS

SAYS = "says"  # the direction now, the first of the parts
BANDS = ("outcome", "wave", "arm", "kind")  # equal in the bands of one result, whose estimate by all is known


def overturning(leading: Leading, results: list[Result]) -> Table:
    """What would overturn each leading result, in words: a few rows a result, one a question."""
    study = leading.study
    rows = [line(estimate, leading, results) for estimate in leading.estimates]
    data = pd.DataFrame(rows)
    data = data.assign(**unit_columns(data["outcome"], study))
    words = Words(study, study.contract.study.languages[0])  # which answers there are is the same in each language
    parts = []
    for estimate, row in zip(leading.estimates, data.to_dict("records"), strict=True):
        names = [SAYS] if few_compared(estimate, study) else list(sentences(row, results, words))
        parts += [{"part": part, **row} for part in names]
    named = ["outcome", *(name for name in ("wave", "arm") if data[name].nunique() > 1)]
    columns = [Column(name, "say", name, {"say": partial(_once, name)}) for name in named]
    answer = {"say": lambda row, words: sentences(row, results, words)[row["part"]]}
    columns += [Column("question", "label"), Column("answer", "say", parameters=answer)]
    asked = pd.DataFrame(parts).assign(question=lambda frame: "overturn.head." + frame["part"])
    return Table(asked, tuple(columns), behind="few")


def _once(name: str, row: dict, words: Words) -> str:
    """What a result is about, beside the first of its answers."""
    return words.label(row[name]) if row["part"] == SAYS else ""


def line(estimate: Row, leading: Leading, results: list[Result]) -> dict:
    """The numbers and keys of every check about a result, beside its own; texts of one name are joined by ``|``."""
    claim = ESTIMATORS[estimate.estimator].claim(estimate.assignment)
    row = base(estimate) | {"says": direction(estimate), "claim": claim}
    row |= {"held_back": held_back(estimate), "p_value_adjusted": estimate.p_value_adjusted}
    row |= interval(estimate) | {"margin": leading.margin(estimate)}
    for result in results:
        about = result.check.about(result.frame, estimate, leading)
        for name, value in result.check.numbers(estimate, about, leading).items():
            both = dict.fromkeys(filter(None, [*str(row.get(name, "")).split("|"), *str(value).split("|")]))
            row[name] = "|".join(both) if isinstance(value, str) else value
    return row


def sentences(row: dict, results: list[Result], words: Words) -> dict[str, str]:
    """Part → what is said: the direction now, what is enough to overturn it, and what is not, in their order."""
    parts = {SAYS: words.label(f"says.{row['says']}")}
    if row["says"] == "refused":
        return parts | {ENOUGH: words.label("overturn.refused")}
    answers = [answer for result in results for answer in result.check.answers(row, words)]
    answers.sort(key=lambda answer: not answer.tried)
    texts = _texts(answers, PARTS, words)
    if row["says"] == "uncertain":
        texts[ENOUGH] = [_open(row, answers, words)]
    elif not texts[ENOUGH]:
        texts[ENOUGH] = [words.label("overturn.nothing" if texts[NOT_ENOUGH] else "overturn.not_tried")]
    return parts | {part: words.parts(listed) for part, listed in texts.items() if listed}


def _open(row: dict, answers: list[Answer], words: Words) -> str:
    """Say what would give a direction where there is none; other ways are not weighed against a family."""
    if row["held_back"]:
        return words.label("overturn.held_back", p=words.p_value(row["p_value_adjusted"]))
    texts = _texts(answers, (APPEARS, ABSENT, LIMIT), words)
    nothing = [words.label("overturn.no_look")] if texts[ABSENT] and not texts[APPEARS] else []
    return " ".join([words.label("overturn.uncertain"), *texts[APPEARS], *nothing, *texts[LIMIT]])


def _texts(answers: list[Answer], parts: tuple[str, ...], words: Words) -> dict[str, list[str]]:
    """The texts of the answers of each part."""
    return {part: _joined([answer for answer in answers if answer.part == part], words) for part in parts}


def _joined(answers: list[Answer], words: Words) -> list[str]:
    """The texts of answers in their order; those of a sentence that lists them stand together where the first is."""
    listed: dict[str, list[str]] = {}
    for answer in answers:
        listed.setdefault(answer.listed or answer.text, []).append(answer.text)
    keys = {answer.listed or answer.text: answer.listed for answer in answers}
    return [words.label(key, list=words.listed(listed[name])) if key else name for name, key in keys.items()]


def below(leading: Leading, results: list[Result], words: Words) -> str:
    """What stands below that table: what holds for all results, and what the study would have to name for more."""
    parts = [note for result in results for note in result.check.notes(result.frame, leading, words)]
    unnamed = {name for result in results for name in result.check.unnamed(result.frame, leading.study)}
    order = list(type(leading.study.contract.robustness).model_fields)
    missing = sorted(unnamed, key=lambda name: (order.index(name) if name in order else len(order), name))
    if missing:
        listed = words.listed([words.label(f"overturn.part.{name}") for name in missing])
        parts.append(words.label("overturn.not_named", list=listed))
    return " ".join(parts)


def sizes(leading: Leading, results: list[Result]) -> Table | None:
    """How large something must be to overturn each estimate, a column or more a check; none without a size."""
    stated = [result for result in results if result.check.sizes]
    rows = []
    for estimate in leading.estimates:
        row = base(estimate) | interval(estimate)
        for result in stated:
            about = result.check.about(result.frame, estimate, leading)
            row |= {name: about[name].iloc[0] if len(about) else None for name in result.check.sizes}
        rows.append(row | {"refused": refused_key(estimate.refused)})
    data = pd.DataFrame(rows)
    columns = [column for result in stated for column in result.check.size_columns(result.frame)]
    columns = [column for column in columns if data[column.source].replace("", None).notna().any()]
    numbers = [column for column in columns if column.show != "counts"]
    if not numbers:
        return None
    others = [column for column in columns if column.show == "counts"]
    return table_of(rows, leading.study, *estimate_columns(leading.study), *numbers, *others)


def otherwise(leading: Leading, results: list[Result]) -> Table | None:
    """Each leading estimate, and below it the same made in other ways; nothing where there is no other way."""
    study, rows = leading.study, []
    ways = [(result.check, result.frame) for result in results if isinstance(result.check, AlternativeEstimate)]
    for estimate in leading.estimates:
        lines = [
            base(estimate)
            | {"kind": row.kind, "band": row.band}
            | _ends(row)
            | {"few": row.n_fewest}
            | check.untold({"n": row.n}, estimate, study)
            for check, frame in ways
            for row in check.about(frame, estimate, leading).itertuples()
        ]
        first = base(estimate) | {"kind": "headline", "band": ""} | _ends(estimate)
        rows += [first, *lines] if lines else []
    if not rows:
        return None
    named = Column("way", "say", "kind", {"say": lambda row, words: way_in_words(row["kind"], row["band"], words)})
    columns = [named, *estimate_columns(study), Column("n", "count"), Column("says", "label")]
    return table_of(rows, study, *columns, whole=BANDS)


def _ends(row: Row) -> dict:
    """An estimate, its interval, how many stand behind it, its direction and why there is none."""
    numbers = interval(row) | {"n": row.n}
    return numbers | {"says": f"says.{direction(row)}", "refused": refused_key(row.refused)}
