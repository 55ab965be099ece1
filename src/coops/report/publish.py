"""Write the page of a run: filled text in, one self-contained file out."""

from pathlib import Path

from coops.report.page import write_page


def write(run) -> Path:
    """Fill the text of each language and write ``report/STUDY.html``.

    Raises
    ------
    FindingError
        Whatever :func:`coops.report.text.fill` finds.
    """
    study = run.study.contract.study
    folder = run.root / "report"
    folder.mkdir(parents=True, exist_ok=True)
    pages = {language: run.fill(language) for language in run.languages}
    for language, markdown in pages.items():
        (folder / f"{study.id}.{language}.md").write_text(markdown, encoding="utf-8")
    return write_page(
        pages,
        folder / f"{study.id}.html",
        title={language: words.said(study.title) for language, words in run.words.items()},
        label={language: words.label(f"label.{study.label}") for language, words in run.words.items()},
        switch={language: words.label("switch") for language, words in run.words.items()},
        assets=folder,
    )
