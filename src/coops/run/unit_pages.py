"""A page for every unit that is diagnosed: one PDF and one Word file a unit and language, for the unit itself."""

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path
from tempfile import TemporaryDirectory

from coops.data.units import Data
from coops.diagnosis.assessment import Assessment, assess
from coops.diagnosis.unit_report import UnitReport, report
from coops.field_data.receive import receive
from coops.report import unit_page
from coops.report.paper import Document
from coops.report.pdf import write_pdf
from coops.report.word import write_word
from coops.show.language import Words
from coops.study import data_protection
from coops.study.findings import FindingError, fail
from coops.study.languages import LANGUAGES
from coops.study.load import load
from coops.study.study import Study

KINDS = {"pdf": write_pdf, "docx": write_word}


def write(folder: Path, out: Path) -> list[Path]:
    """Write the pages of a study.

    Parameters
    ----------
    folder, out : Path
        The study folder, and the folder that the pages are written into: ``KEY.LANGUAGE.pdf`` and ``.docx``, the key
        with ``_`` for what a file name cannot hold. Pages that this command wrote there before are removed first.

    Returns
    -------
    list of Path
        The files, by unit in the order of the data, and by language: Arabic first, then as the study has them.

    Raises
    ------
    FindingError
        All that is found in the study folder and its data; ``E_NOT_DIAGNOSED`` or ``E_NOTHING_SCORED`` if there is
        nothing to tell; ``E_OVERLAP``, ``E_PAGES_FOLDER`` or ``E_FIELD_IN_GIT`` if the folder cannot be used.
    """
    study = load(folder)
    data_protection.open_for(study, folder, out)
    if folder.resolve() in (out.resolve(), *out.resolve().parents):
        raise fail("E_OVERLAP", folder=out.name)
    scored = assessment(study)
    stems = file_names(scored.units)
    languages = sorted(study.contract.study.languages, key=lambda language: not LANGUAGES[language].rtl)
    words = {language: Words(study, language) for language in languages}
    with TemporaryDirectory() as name, ThreadPoolExecutor(cpu_count()) as pool:
        todo = []
        for unit, stem in zip(scored.units, stems, strict=True):
            of_unit = report(scored, unit)
            todo += [(page(scored, of_unit, words[code], Path(name)), f"{stem}.{code}") for code in languages]
        names = [f"{stem}.{kind}" for _, stem in todo for kind in KINDS]
        data_protection.claim_pages(study, out, names)
        list(pool.map(lambda task: write_page(task[0], task[1], out), todo))
    return [out / name for name in names]


def page(scored: Assessment, of_unit: UnitReport, words: Words, pictures: Path) -> Document:
    """Fill the page of a unit in one language; its bars are drawn into ``pictures``."""
    text = unit_page.markdown(scored, of_unit, words, pictures)
    title = unit_page.title(of_unit, scored.level, words)
    return Document(text, words.language, title, words.label(f"label.{words.study.contract.study.label}"), pictures)


def write_page(document: Document, stem: str, out: Path) -> None:
    """Write the files of a page, ``STEM.pdf`` and ``STEM.docx``."""
    for kind, writer in KINDS.items():
        writer(document, out / f"{stem}.{kind}")


def assessment(study: Study) -> Assessment:
    """Read the raw files of a study and score its units; no run and no notebook is needed.

    Raises
    ------
    FindingError
        With every error found in the data: no page rests on a part of them.
    """
    if study.scorecard is None:
        raise fail("E_NOT_DIAGNOSED", file="diagnosis.csv")
    received = receive(study)
    if received.errors:
        raise FindingError(*received.errors)
    scored = assess(Data(study, received.tables))
    if scored is None or not len(scored.units):
        raise fail("E_NOTHING_SCORED", file="study.toml", column="diagnosis")
    return scored


def file_names(units: Iterable[object]) -> list[str]:
    """Name a file for each unit, all different, also where capitals do not count."""
    names: list[str] = []
    used: set[str] = set()
    for unit in units:
        plain = re.sub(r"[^\w.-]", "_", str(unit)).strip(".") or "_"
        name, number = plain, 2
        while name.casefold() in used:
            name, number = f"{plain}_{number}", number + 1
        used.add(name.casefold())
        names.append(name)
    return names
