"""An exhibit that somebody makes of any frame: numbered, captioned and hidden as those of the package are.

Its words stand beside it, in the cell that shows it, or in ``labels.csv`` of the study; a language that lacks them has
those of another, and is named.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from coops import disclosure
from coops.show.exhibits import Exhibits, listed
from coops.show.language import Words
from coops.show.table import SHOWN, Column, Table
from coops.study.findings import fail, finding, nearest
from coops.study.labels import package_labels, study_labels
from coops.study.study import Study

if TYPE_CHECKING:
    from IPython.display import Markdown

Said: TypeAlias = str | Mapping[str, str]  # words in the first language of the study, or in several
NAME = re.compile(r"[a-z]\w*")
KEYS = ("category", "label")  # columns that say what a row is about; a hidden row keeps them
PERSONAL = "unit"  # column of a panel that names units
TOTALS = ("outcome", "wave")  # the rows of each add up to what the page shows


@dataclass(frozen=True)
class Shown:
    """How an exhibit is asked for: see :meth:`coops.run.session.Workbench.show`."""

    name: str
    caption: Said
    note: Said = ""
    alt: "Said | Callable" = ""
    headings: "Mapping[str, Said] | None" = None
    behind: disclosure.Behind = None
    published: bool = False
    whole: Sequence[str] | None = ()
    level: str | None = None
    decimals: int = 2
    place: str = ""


def show(exhibits: Exhibits, frame: pd.DataFrame, draw: Any, asked: Shown) -> "Markdown":
    """Show a frame as a table, or as the figure that ``draw`` makes of it.

    Raises
    ------
    FindingError
        ``E_NOT_BEHIND``: nothing is said of what stands behind some of its numbers; ``E_EXHIBIT_NAME``,
        ``E_EXHIBIT_TAKEN``, ``E_EXHIBIT_COLUMN``, ``E_EXHIBIT_UNIT``, ``E_NO_ALT``, ``E_AXES_FINISHED``: what cannot be
        shown so, with its repair.
    """
    study = exhibits.study
    _check_name(asked.name, exhibits)
    flat = _flat(frame)
    if not asked.published and (named := _naming_units(flat, study)):
        raise fail("E_EXHIBIT_UNIT", key=asked.name, column=", ".join(named))
    kinds = {column: _kind(column, flat[column], study) for column in flat if column != "hidden"}
    grouped = [name for name in flat.columns[: len(flat.columns) - len(frame.columns)]]
    data = _released(flat, kinds, grouped, _on_rows(asked.behind, frame), asked, study)
    lacking = _take_words(exhibits, asked, figure=draw is not None)
    details = {"own": True, "place": asked.place} | ({"lacking": lacking} if lacking else {})
    parameters: dict[str, Any] = {"published": asked.published, "details": details}
    if draw is None:
        columns = tuple(_column(name, kind, study, asked.decimals) for name, kind in kinds.items())
        shown = exhibits.table(Table(data, columns, asked.name), text=asked.name, **parameters)
    else:
        alt = asked.alt if callable(asked.alt) else lambda data, words: ""
        shown = exhibits.figure(_drawn(draw, asked), data=data, text=asked.name, alt=alt, **parameters)
    if lacking:
        missing = finding("W_NOT_TRANSLATED", key=asked.name, languages=", ".join(lacking), study=study.folder.name)
        shown.data += f"\n\n{missing.text(exhibits.first_words.language)}"
    return shown


def _check_name(name: str, exhibits: Exhibits) -> None:
    """A name is an identifier that is no word of the package or of the study, and no other notebook's exhibit."""
    if not NAME.fullmatch(name):
        raise fail("E_EXHIBIT_NAME", name=name)
    elsewhere = [
        e["notebook"] for e in listed(exhibits.root) if e["name"] == name and e["notebook"] != exhibits.notebook
    ]
    if elsewhere or name in package_labels() or exhibits.study.label(name):
        raise fail("E_EXHIBIT_TAKEN", name=name)


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its index as columns, unless it only counts rows, and one text as the name of each column."""
    flat = frame.copy()
    flat.columns = [
        "_".join(str(part) for part in name if part != "") if isinstance(name, tuple) else str(name) for name in frame
    ]
    if not isinstance(frame.index, pd.RangeIndex):
        names = [str(name) if name is not None else f"row_{place}" for place, name in enumerate(frame.index.names, 1)]
        flat.index = flat.index.set_names(names)
        if set(names) & set(flat):
            raise fail("E_EXHIBIT_COLUMN", column=", ".join(sorted(set(names) & set(flat))))
        flat = flat.reset_index()
    if not flat.columns.is_unique:
        raise fail("E_EXHIBIT_COLUMN", column=", ".join(flat.columns[flat.columns.duplicated()]))
    return flat.reset_index(drop=True)


def _naming_units(frame: pd.DataFrame, study: Study) -> list[str]:
    """Columns that name persons or groups one by one, or that the codebook calls direct."""
    tables = study.contract.tables.values()
    links = {name for table in tables for name in (*table.key, table.group) if name}
    links -= {"wave", *(table.wave_column for table in tables)}
    direct = {variable.name for variable in study.codebook.variables if variable.pii == "D"}
    return [name for name in frame if name in {PERSONAL, *links, *direct}]


def _kind(name: str, values: pd.Series, study: Study) -> str:
    """What a column holds: ``category`` or ``label`` (of a row), ``count``, ``number``, ``yes or no``, ``text``.

    A text that has a digit is no label, unless the study knows it: it may hold a count.
    """
    if name in study.codebook.names() and study.codebook.get(name).type == "category":
        return "category"
    if pd.api.types.is_bool_dtype(values):
        return "yes or no"
    if pd.api.types.is_integer_dtype(values):
        return "count"
    if pd.api.types.is_numeric_dtype(values):
        return "number"
    texts = values.dropna().astype(str).unique()
    return "label" if all(study.label(text) or not re.search(r"\d", text) for text in texts) else "text"


def _released(
    flat: pd.DataFrame, kinds: dict, grouped: list[str], behind: disclosure.Behind, asked: Shown, study: Study
) -> pd.DataFrame:
    """The frame as it may be shown: a hidden row keeps what it is about, and nothing else."""
    numbers = [name for name, kind in kinds.items() if name not in grouped and kind not in KEYS]
    if behind is None and not asked.published:
        raise fail("E_NOT_BEHIND", column=", ".join(flat))
    if behind is not None and not (isinstance(behind, str) and behind is disclosure.OPEN):
        behind = _covering(behind, numbers, [name for name in numbers if kinds[name] == "text"], flat)
    whole = [name for name in TOTALS if name in flat] if asked.whole == () else asked.whole
    return disclosure.released(
        flat,
        study,
        behind=behind,
        whole=whole,
        level=asked.level,
        columns=numbers,
        published=asked.published,
    )


def _covering(behind: Any, numbers: list[str], texts: list[str], flat: pd.DataFrame) -> Any:
    """What stands behind the numbers, if all of them have something behind; what counts is hidden with what it counts.

    Raises
    ------
    FindingError
        ``E_BEHIND_COLUMN``: a count is no number, or no column; ``E_NOT_BEHIND``: nothing stands behind some numbers.
    """
    if isinstance(behind, pd.DataFrame):
        counts, cells = behind, [*behind, *texts]
    elif isinstance(behind, Mapping):
        behind = {tuple(dict.fromkeys([*_names(of), *_names(by), *texts])): by for of, by in behind.items()}
        counts, cells = (
            _counts(flat, [name for by in behind.values() for name in _names(by)]),
            sum(map(list, behind), []),
        )
    else:
        counts, cells = _counts(flat, _names(behind)), numbers
    if wrong := [name for name in counts if not pd.api.types.is_numeric_dtype(counts[name])]:
        raise fail("E_BEHIND_COLUMN", column=", ".join(wrong), nearest=nearest(wrong[0], flat))
    if open_cells := [name for name in numbers if name not in cells]:
        raise fail("E_NOT_BEHIND", column=", ".join(open_cells))
    return behind


def _counts(flat: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    if unknown := [name for name in names if name not in flat]:
        raise fail("E_BEHIND_COLUMN", column=", ".join(unknown), nearest=nearest(unknown[0], flat))
    return flat[list(dict.fromkeys(names))]


def _names(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _on_rows(behind: disclosure.Behind, frame: pd.DataFrame) -> disclosure.Behind:
    """A frame of counts, its rows in the order of those that are shown."""
    if not isinstance(behind, pd.DataFrame):
        return behind
    return behind.reindex(frame.index).reset_index(drop=True)


def _take_words(exhibits: Exhibits, asked: Shown, *, figure: bool) -> dict[str, dict[str, str]]:
    """Put the words of an exhibit among those of its notebook.

    Returns
    -------
    dict, language → key → words of another language
        What a language lacks, or has as the translation of earlier words, as the first language in ``labels.csv`` says.
    """
    words: dict[str, Said] = {asked.name: asked.caption, f"{asked.name}.note": asked.note}
    words |= {f"{asked.name}.head.{name}": text for name, text in (asked.headings or {}).items()}
    if figure:
        words[f"{asked.name}.alt"] = "" if callable(asked.alt) else asked.alt
    first, lacking, labels = exhibits.first_words, dict[str, dict[str, str]](), study_labels(exhibits.study.folder)
    texts = {key: _in_languages(given, labels.get(key, {}), exhibits) for key, given in words.items()}
    if figure and callable(asked.alt):
        texts[f"{asked.name}.alt"] = dict.fromkeys(exhibits.words, "{content}")
    if figure and not texts[f"{asked.name}.alt"]:
        raise fail("E_NO_ALT", file="labels.csv", key=asked.name)
    for language, of_language in exhibits.words.items():
        for key, known in texts.items():
            if not known:
                continue
            text = known.get(language)
            if text is None:
                other = next(known[name] for name in (first.language, *known) if name in known)
                text = of_language.name(other)
                lacking.setdefault(language, {})[key] = other.replace("{{", "{").replace("}}", "}")
            of_language.own[key] = {language: text}
    return lacking


def _in_languages(given: Said, label: dict[str, str], exhibits: Exhibits) -> dict[str, str]:
    """The words of the cell, then those of the study's ``labels.csv``; braces are no parameters."""
    of_cell = {exhibits.first_words.language: given} if isinstance(given, str) else dict(given)
    first = exhibits.first_words.language
    label = {} if label.get(first) and of_cell.get(first) not in (None, label[first]) else label  # of earlier words
    texts = {language: of_cell.get(language) or words.said(label) for language, words in exhibits.words.items()}
    return {language: text.replace("{", "{{").replace("}", "}}") for language, text in texts.items() if text}


def _column(name: str, kind: str, study: Study, decimals: int) -> Column:
    """How a column of such a frame is written."""
    variable = study.codebook.get(name) if name in study.codebook.names() else None
    if kind in ("count", "number") and variable is not None and variable.numeric:
        return Column(name, "measure", parameters={"unit": variable.unit, "decimals": variable.decimals})
    if kind == "number":
        return Column(name, "measure", parameters={"unit": "", "decimals": decimals})
    if kind == "count":
        return Column(name, "count", parameters={"decimals": 0})
    write = {"category": _category, "yes or no": _yes_or_no}.get(kind, _text)
    return Column(name, "say", parameters={"say": partial(write, name), "decimals": 0})


def _category(name: str, row: dict, words: Words) -> str:
    value = row[name]
    return "–" if pd.isna(value) or value == "" else _known(str(value), words) or words.value_label(name, str(value))


def _yes_or_no(name: str, row: dict, words: Words) -> str:
    return "–" if pd.isna(row[name]) or row[name] == "" else words.label("yes" if row[name] else "no")


def _text(name: str, row: dict, words: Words) -> str:
    value = row[name]
    return "–" if pd.isna(value) or value == "" else _known(str(value), words) or SHOWN["code"](value, words)


def _known(value: str, words: Words) -> str:
    """The label of a wave, an arm or another part of the study."""
    return words.said(words.study.label(value))


def _drawn(draw: Any, asked: Shown) -> Callable:
    """What draws the figure: a function ``(figure, data, words)``, or axes or a figure that somebody has finished.

    Raises
    ------
    FindingError
        ``E_AXES_FINISHED``: they show what no rule has seen, so the numbers must be public already.
    """
    if callable(draw):
        return draw
    if not asked.published:
        raise fail("E_AXES_FINISHED", key=asked.name)
    figure = getattr(draw, "figure", None) or draw
    return lambda *_: figure
