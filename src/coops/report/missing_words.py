"""Words that a study lacks in one of its languages: named, given a row or a block to write them in, marked as done."""

import csv
from collections.abc import Iterable
from pathlib import Path

from coops.report import blocks, translation
from coops.report.text import changed_texts
from coops.show.exhibits import listed
from coops.show.language import Words
from coops.study.findings import fail, nearest, received_text
from coops.study.labels import LABELS, package_labels
from coops.study.languages import LANGUAGES
from coops.study.study import Study

OWN, BESIDE_NOTEBOOKS = LABELS
TEXT = "text"


def lacking(study: Study, root: Path) -> dict[str, list[str]]:
    """Return, a language, blocks of the page and words of own exhibits of the last run that are to be translated."""
    names = {
        language: [f"{TEXT}/{language}.md: {name}" for name in of] for language, of in changed_texts(study).items()
    }
    for exhibit in listed(root):
        for language, keys in exhibit.get("lacking", {}).items():
            names.setdefault(language, []).extend(keys)
    return {language: of for language, of in names.items() if of}


def write(study: Study, root: Path, keys: Iterable[str] = ()) -> list[Path]:
    """Write rows and blocks to fill in: for words that lack, for every section of the page, and for chosen keys.

    What is there already stays as it is. A text that is a page of its own gets no blocks.

    Parameters
    ----------
    keys : iterable of str
        Words of the package that the study wants to say otherwise.

    Returns
    -------
    list of Path, the files that were written

    Raises
    ------
    FindingError
        ``E_UNKNOWN_LABEL`` for a key that the package does not have.
    """
    for key in keys:
        if key not in package_labels():
            raise fail("E_UNKNOWN_LABEL", key=key, nearest=nearest(key, package_labels()))
    first, written = study.contract.study.languages[0], list[Path]()
    sources = _sources(root)
    written += add_rows(study.folder / BESIDE_NOTEBOOKS, {key: {first: text} for key, text in sources.items()})
    written += add_rows(study.folder / OWN, {key: {} for key in keys})
    for language in study.contract.study.languages:
        path = study.folder / TEXT / f"{language}.md"
        text = received_text(path) if path.is_file() else ""
        if text.strip() and not blocks.has_blocks(text):
            continue
        more = blocks.empty(blocks.default_text(language), text)
        if more != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(more, encoding="utf-8", newline="\n")
            written.append(path)
    return written


def add_rows(path: Path, rows: dict[str, dict[str, str]]) -> list[Path]:
    """Add rows that a file of words does not have, with what is known of them; return it if it was written."""
    header, known = _read(path)
    new = {key: words for key, words in rows.items() if key not in {row["key"] for row in known}}
    if not new:
        return []
    _write(path, header, known + [{"key": key} | words for key, words in new.items()])
    return [path]


def mark_done(study: Study, root: Path) -> list[Path]:
    """Say that texts and captions are translated as those of the first language now are; return what was written."""
    written, english = list[Path](), study.folder / TEXT / "en.md"
    for path in sorted(english.parent.glob("*.md")) if english.is_file() else ():
        if path != english:
            path.write_text(translation.stamp(received_text(english), received_text(path)), encoding="utf-8")
            written.append(path)
    first = study.contract.study.languages[0]
    sources = _sources(root)
    header, rows = _read(study.folder / BESIDE_NOTEBOOKS)
    stale = [row for row in rows if row["key"] in sources and row.get(first) != sources[row["key"]]]
    if stale:
        for row in stale:
            row[first] = sources[row["key"]]
        _write(study.folder / BESIDE_NOTEBOOKS, header, rows)
        written.append(study.folder / BESIDE_NOTEBOOKS)
    return written


def present(keys: Iterable[str], study: Study) -> list[str]:
    """Return what keys say now, a line a key and language."""
    lines = []
    for language in study.contract.study.languages:
        words = Words(study, language)
        lines += [f"{key} ({language}): {words.said(package_labels()[key])}" for key in keys]
    return lines


def _sources(root: Path) -> dict[str, str]:
    """Words of own exhibits of the last run that some language lacks, as they are in another: by key."""
    lacks = (of for exhibit in listed(root) for of in exhibit.get("lacking", {}).values())
    return {key: text for of in lacks for key, text in of.items()}


def _read(path: Path) -> tuple[list[str], list[dict]]:
    if not path.is_file():
        return ["key", *LANGUAGES], []
    reader = csv.DictReader(received_text(path).splitlines())
    return list(reader.fieldnames or ["key", *LANGUAGES]), list(reader)


def _write(path: Path, header: list[str], rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n", restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
