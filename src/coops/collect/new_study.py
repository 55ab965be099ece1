"""A new study for an association: its folder, its workbook and questionnaires, and a guide of one page a language."""

from pathlib import Path

from coops.collect import from_design
from coops.collect.toml import todos_left
from coops.files.excel import names
from coops.report.paper import Document
from coops.report.word import write_word
from coops.show.language import Words
from coops.study.data_protection import inside_git
from coops.study.findings import fail
from coops.study.languages import package_text
from coops.study.load import load
from coops.study.study import Study


def new(folder: Path, design: Path, label: str) -> int:
    """Make a study folder from the design of another study.

    Parameters
    ----------
    folder : Path
        The folder to make: ``study.toml``, ``codebook.csv``, ``labels.csv``, ``raw/ID.xlsx`` (empty), ``forms/``,
        and ``guide.LANGUAGE.docx`` for the one who fills in.
    design : Path
        Study folder whose tables, questions, rules and outcomes are taken over.
    label : str
        ``FIELD`` or ``DEMONSTRATION``.

    Returns
    -------
    int
        Number of places that still say TODO.

    Raises
    ------
    FindingError
        What is found in the design; ``E_NEW_EXISTS``; ``E_FIELD_IN_GIT`` if field data would lie in a git work tree.
        Nothing has been written then.
    """
    study = load(design)
    if label == "FIELD" and inside_git(folder):
        raise fail("E_FIELD_IN_GIT", folder=folder.name)
    from_design.make(folder, study, label)
    workbook = f"{from_design.identifier(folder.resolve().name)}.xlsx"
    for language in study.contract.study.languages:
        words = Words(study, language)
        header = words.label("guide.header")
        document = Document(guide(words, workbook), language, header, header, folder)
        write_word(document, folder / f"guide.{language}.docx")
    return todos_left(folder)


def guide(words: Words, workbook: str) -> str:
    """Return the guide for the coordinator of an association, in Markdown."""
    from jinja2 import Environment, StrictUndefined

    def code(name: str) -> str:
        return words.isolate(f"`{name}`")

    study, sender = words.study, words.study.contract.study.sender
    text = package_text("collect/guide", words.language) or ""
    leading = Words(study, sender or study.contract.study.languages[0])  # the workbooks speak her language
    return (
        Environment(undefined=StrictUndefined)
        .from_string(text)
        .render(
            workbook=workbook,
            forms=[f"forms/{name}.xlsx" for name in study.contract.forms],
            order=_order(study, words),
            read=words.label("book.sheet"),
            code=code,
            name=words.isolate,
            listed=lambda several: words.comma.join(map(code, several)),
            mend=words.name(leading.label("mend.sheet.mend")),
            drop=words.name(leading.label("mend.drop")),
            **{name: words.name(leading.label(f"mend.head.{name}")) for name in ("new", "by", "on")},
        )
    )


def _order(study: Study, words: Words) -> list[tuple[str, list[str]]]:
    """Return the sheets by level, the groups first, each level with its noun."""
    sheets = names(study.contract.tables)
    levels: dict[str, list[str]] = {"group": [], "person": [], "event": []}
    for table, settings in study.contract.tables.items():
        levels[settings.level].append(sheets[table])
    nouns = {level: words.noun(level) for level in ("group", "person") if levels[level]}
    return [(nouns.get(level) or words.label("guide.others"), some) for level, some in levels.items() if some]
