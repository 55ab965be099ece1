"""Write the page of a run: filled text in, one self-contained file out; and the same on paper, one file a language."""

from pathlib import Path

from coops.report import text
from coops.report.annex_workbook import write_workbook
from coops.report.page import write_page
from coops.report.paper import Document
from coops.report.pdf import write_pdf
from coops.report.word import write_word
from coops.show.opened_study import OpenedStudy
from coops.study.findings import Finding, finding


def write_or_refuse(run: OpenedStudy) -> list[Finding]:
    """Write the page of an opened study; return the finding that refuses it, if any."""
    if run.study.contract.study.label == "FIELD":
        return [finding("E_FIELD_REPORT")]
    write(run)
    return []


def write(run: OpenedStudy) -> Path:
    """Fill the text of each language and write ``report/STUDY.html``, and ``STUDY.LANGUAGE`` as pdf, docx, xlsx and md.

    Raises
    ------
    FindingError
        Whatever :func:`coops.report.text.fill` finds.
    """
    study = run.study.contract.study
    folder = run.root / "report"
    folder.mkdir(parents=True, exist_ok=True)
    books = {language: text.Book(run, language) for language in run.exhibits.words}
    pages = {language: text.filled(book) for language, book in books.items()}
    for language, markdown in pages.items():
        (folder / f"{study.id}.{language}.md").write_text(markdown, encoding="utf-8")
    title = {language: words.said(study.title) for language, words in run.exhibits.words.items()}
    label = {language: words.label(f"label.{study.label}") for language, words in run.exhibits.words.items()}
    for language, markdown in pages.items():
        document = Document(markdown, language, title[language], label[language], folder)
        write_pdf(document, folder / f"{study.id}.{language}.pdf")
        write_word(document, folder / f"{study.id}.{language}.docx")
        printed = [exhibit for name, exhibit in books[language].exhibits.items() if name in books[language].printed]
        write_workbook(printed, books[language].words, folder / f"{study.id}.{language}.xlsx", run.root)
    return write_page(
        pages,
        folder / f"{study.id}.html",
        title=title,
        label=label,
        switch={language: words.label("switch") for language, words in run.exhibits.words.items()},
        assets=folder,
    )
