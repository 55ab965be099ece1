"""What each command of ``coops`` does, given what was asked on the command line; each returns an exit code."""

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from coops.study.findings import Finding, FindingError

if TYPE_CHECKING:
    from coops.study.study import Study

CLEAN, FINDINGS, USAGE, UNSAFE, BUG = 0, 1, 2, 3, 4
SHOWN = 40  # findings that are printed; the workbook has all of them


class WrongUse(Exception):
    """What was typed cannot be done: a folder or a file is not there."""


def run(asked: Namespace) -> int:
    """Run a study, or several side by side."""
    from coops.run import runner, several

    for folder in asked.study:
        _there(folder)
    if len(asked.study) > 1:
        return several.sweep(asked.study, asked.out, asked.scheduler, asked.accept_partial)
    try:
        report = runner.run_study(asked.study[0], asked.out, asked.start, asked.accept_partial, asked.all)
    except runner.StudyFailed as failed:
        print(str(failed), file=sys.stderr)
        return failed.code
    pages = sorted(report.glob("*.html"))
    for page in [*pages, *(path for kind in ("pdf", "docx", "xlsx") for path in sorted(report.glob(f"*.{kind}")))]:
        print(f"{'Page' if page.suffix == '.html' else page.suffix[1:].upper()}: {page}")
    for page in report.glob("annex/index.html"):
        print(f"Annex: {page}")
    _tell_lacking(asked.study[0], report.parent)
    if not pages:
        from coops.study.findings import finding

        for refusal in (finding("E_FIELD_REPORT"), finding("W_FIELD_ANNEX")):
            print(refusal.line(), file=sys.stderr)
        return FINDINGS
    return CLEAN


def status(asked: Namespace) -> int:
    """Say how the run of a study stands: 0 if all of it is fresh."""
    from coops.run import status
    from coops.run.books import default_root

    study = _study_at(asked.study or _shipped()[0])
    root = asked.out or (default_root(study) if asked.study else _shipped()[1])
    of_run = status.of_run(study, root.resolve())
    print("\n".join(of_run.lines()))
    return CLEAN if of_run.holds else FINDINGS


def _tell_lacking(folder: Path, root: Path) -> None:
    """Say what is to be translated, and with which commands."""
    from coops.report import missing_words
    from coops.study.load import load

    lacking = missing_words.lacking(load(folder), root)
    for language, names in lacking.items():
        print(f"To be translated ({language}): {', '.join(names)}")
    if lacking:
        out = f" --out {root}"
        print(f"Where to write them: coops words {folder}{out}; when done: coops translated {folder}{out}")


def words(asked: Namespace) -> int:
    """Write rows and blocks to fill in."""
    from coops.report import missing_words
    from coops.run.books import default_root
    from coops.study.labels import LABELS
    from coops.study.load import load

    _there(asked.study)
    try:
        study = load(asked.study)
    except FindingError as error:  # rows for units without words, and the findings again
        units: dict[str, dict[str, str]] = {
            finding.key: {} for finding in error.findings if finding.code == "E_NO_UNIT_WORDS"
        }
        for path in missing_words.add_rows(asked.study / LABELS[0], units):
            print(f"{path}: rows to fill in were added.")
        raise
    for path in missing_words.write(study, asked.out or default_root(study), asked.key):
        print(f"{path}: rows or blocks to fill in were added; an empty one changes nothing.")
    print("\n".join(missing_words.present(asked.key, study)))
    return CLEAN


def lab(asked: Namespace) -> int:
    """Open JupyterLab on copies of the notebooks."""
    from coops.run import lab
    from coops.run.books import default_root

    study = _study_at(asked.study)
    root = (asked.out or default_root(study)).resolve()
    for name in lab.copy_notebooks(study, root):
        print(f"{name}: left as it is, somebody has worked on it.")
    return lab.start(study, root, not asked.no_browser)


def pages(asked: Namespace) -> int:
    """Write the pages of units."""
    from coops.run import unit_pages
    from coops.run.books import default_root
    from coops.study.load import load

    _there(asked.study)
    out = asked.out or default_root(load(asked.study), "pages")
    written = unit_pages.write(asked.study, out)
    print(f"{out}: {len(written)} files. Each is for the unit that it names, and for nobody else.")
    return CLEAN


def new(asked: Namespace) -> int:
    """Make a study folder from data files, or from a design."""
    if not asked.files:
        return _designed(asked)
    from coops.collect import from_files

    todo = from_files.draft(asked.folder, asked.files)
    print(f"{asked.folder}: study.toml and codebook.csv are drafted, the data copied to raw/.")
    print(f"Fill in what is marked TODO ({todo} places), then: coops run {asked.folder}")
    return CLEAN


def _designed(asked: Namespace) -> int:
    from coops.collect import new_study

    todo = new_study.new(asked.folder, asked.design or _shipped()[0], asked.label)
    print(f"{asked.folder}: study.toml, an empty workbook in raw/, questionnaires in forms/, and a guide a language.")
    print(f"Fill in what is marked TODO ({todo} places), then the workbook, then: coops check {asked.folder}")
    return CLEAN


def _there(path: Path, kind: str = "folder") -> None:
    """Stop where a path that was typed leads nowhere."""
    if not (path.is_dir() if kind == "folder" else path.is_file()):
        raise WrongUse(f"There is no {kind} {path}.")


def _study_at(folder: Path) -> "Study":
    """The study of a folder, passed by the gate."""
    from coops.study.data_protection import open_for
    from coops.study.load import load

    _there(folder)
    study = load(folder)
    open_for(study, folder)
    return study


def check(asked: Namespace) -> int:
    """Say what is wrong with the received data."""
    from coops.field_data import query_workbook
    from coops.field_data.receive import receive
    from coops.run.dependencies import CHECKED
    from coops.show.language import Words
    from coops.study.plan_lock import compare

    study = _study_at(asked.study)
    of_study = study.contract.study
    words = Words(study, next(filter(None, (asked.language, of_study.sender, *of_study.languages))))
    received = receive(study)
    of_lock = compare(study).finding
    every = [*received.findings, *([of_lock] if of_lock else [])]
    ranked = sorted(every, key=lambda finding: "UEW".index(finding.code[0]))
    for finding in ranked[:SHOWN]:
        print(finding.line(words.language))
    if len(ranked) > SHOWN:
        print(query_workbook.summary(received.findings, words)[["code", "number"]].to_string(index=False, header=False))
    total = received.ledger[["received", "dropped", "merged", "aside", "accepted"]].sum()
    print(words.label("check_rows", **{name: words.count(number) for name, number in total.items()}))
    if received.findings:
        out = asked.out or asked.study / CHECKED
        out.mkdir(parents=True, exist_ok=True)
        (out / "to_mend.xlsx").write_bytes(query_workbook.workbook(received, words))
        print(out / "to_mend.xlsx")
    if any(finding.severity == "unsafe" for finding in received.findings):
        return UNSAFE
    return FINDINGS if received.errors else CLEAN


def correct(asked: Namespace) -> int:
    """Read mended workbooks back."""
    from coops.field_data import query_replies

    study = _study_at(asked.study)
    taken = 0
    faults: list[Finding] = []
    for path in asked.workbook:
        _there(path, "file")
        number, findings = query_replies.take(study, path)
        taken, faults = taken + number, faults + findings
    if faults:
        raise FindingError(*faults)
    print(f"{taken} corrections were added to corrections.csv; look again with: coops check {asked.study}")
    return CLEAN


def lock(asked: Namespace) -> int:
    """Write down the plan."""
    from coops.study import plan_lock

    study = _study_at(asked.study)
    path = plan_lock.lock(study)
    written = json.loads(path.read_text(encoding="utf-8"))
    print(f"{path}: the plan is locked as of {written['on']}.")
    print(f"SHA-256 {written['sha256']}; commit: {written['commit'] or 'none that holds study.toml as it is'}")
    print("The file proves the day to nobody else: send this number today to somebody who keeps it.")
    return CLEAN


def purge(asked: Namespace) -> int:
    """Remove the data of a field study."""
    from coops.study.data_protection import purge
    from coops.study.load import load

    removed, left = purge(load(asked.study), asked.out)
    for path in removed:
        print(f"removed: {path}")
    for path in left:
        print(f"left: {path}", file=sys.stderr)
    return FINDINGS if left else CLEAN


def demo(asked: Namespace) -> int:
    """Make the demonstration, or a variant of it."""
    from coops import demo

    demo.make(asked.folder, asked.seed, asked.groups, asked.scenario)
    print(f"{asked.folder}: made data, scenario {asked.scenario}; the truth is in truth.csv.")
    return CLEAN


def translated(asked: Namespace) -> int:
    """Stamp the translations of a study's texts."""
    from coops.report import missing_words
    from coops.run.books import default_root
    from coops.study.load import load

    _there(asked.study)
    study = load(asked.study)
    for path in missing_words.mark_done(study, asked.out or default_root(study)):
        print(f"{path}: stamped")
    return CLEAN


def clean(asked: Namespace) -> int:
    """Clean stored notebooks."""
    from coops.run.books import notebooks
    from coops.run.stored import clean_file

    for path in asked.notebooks or notebooks():
        clean_file(path)
    return CLEAN


def _shipped() -> tuple[Path, Path]:
    """Study folder and root that the notebooks name as their defaults."""
    from coops.run.books import default_parameters, notebooks
    from coops.run.workspace import repository

    defaults = default_parameters(notebooks()[0])
    return repository() / defaults["folder"], repository() / defaults["root"]


def compare(asked: Namespace) -> int:
    """Compare the last run of the shipped study with what is committed."""
    from coops.run.stored import compare
    from coops.run.workspace import repository

    faults = compare(_shipped()[1], repository())
    print("\n".join(faults) or "What was made is what is committed.")
    return FINDINGS if faults else CLEAN


def docs(asked: Namespace) -> int:
    """Write anew the tables of the documents that are made from the code."""
    from coops.run.inventory import write_inventory
    from coops.run.study_readme import write_study_readme
    from coops.run.workspace import repository

    write_study_readme(repository())
    write_inventory(repository())
    return CLEAN


def refresh(asked: Namespace) -> int:
    """Run the shipped study and move its outputs into the repository."""
    from coops.run import runner
    from coops.run.stored import move_into, write_readme
    from coops.run.workspace import repository
    from coops.study.load import load

    folder, root = _shipped()
    try:
        runner.run_study(folder, root, everything=True)
    except runner.StudyFailed as failed:
        print(str(failed), file=sys.stderr)
        return failed.code
    move_into(root, repository())
    write_readme(repository(), load(folder))
    docs(asked)
    print("Notebooks, results and figures are refreshed; look at git diff before you commit.")
    return CLEAN
