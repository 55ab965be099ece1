"""The command line: ``coops run``, ``coops pages``, ``coops new``, and what keeps the stored notebooks true."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import coops
from coops.study.findings import Finding, FindingError
from coops.study.languages import LANGUAGES

if TYPE_CHECKING:
    from coops.study.study import Study

CLEAN, FINDINGS, USAGE, UNSAFE, BUG = 0, 1, 2, 3, 4


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 clean, 1 findings, 2 usage, 3 unsafe file, 4 a bug."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.command is None:
        parser.print_help()
        return USAGE
    try:
        return asked.do(asked)
    except FindingError as error:
        for finding in error.findings:
            print(finding.line(), file=sys.stderr)
        return UNSAFE if any(finding.severity == "unsafe" for finding in error.findings) else FINDINGS
    except BrokenPipeError:  # who reads our words has gone, as ``| head`` does after some lines
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print("Stopped.", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return USAGE
    except Exception as error:  # noqa: BLE001 (the last place: a bug is told as one, with its place)
        print(_bug(error), file=sys.stderr)
        return BUG


def _bug(error: Exception) -> str:
    import traceback

    frames = [f for f in traceback.extract_tb(error.__traceback__) if "coops" in f.filename]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    return f"A bug, not a finding: {type(error).__name__} in {where}: {error}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coops", description="The evaluation study of a programme, from field data to a page."
    )
    parser.add_argument("--version", action="version", version=f"coops {coops.__version__}")
    commands = parser.add_subparsers(dest="command")

    def command(
        name: str, do: Callable[[argparse.Namespace], int], about: str, example: str
    ) -> argparse.ArgumentParser:
        """Add a command; ``example`` is what is typed after its name."""
        added = commands.add_parser(
            name, help=about, description=about, epilog=f"example: {f'coops {name} {example}'.strip()}"
        )
        added.set_defaults(do=do)
        return added

    run = command("run", _run, "run all notebooks of a study", "mystudy --from 07")
    run.add_argument("study", nargs="+", type=Path, help="study folder; several are run side by side")
    run.add_argument(
        "--out",
        type=Path,
        help="folder that the run writes into; if not given, build/ID, and of a field study STUDY_run beside it",
    )
    run.add_argument(
        "--from",
        dest="start",
        type=int,
        metavar="NN",
        help="go on from this notebook; what stands before must be fresh",
    )
    run.add_argument(
        "--accept-partial",
        action="store_true",
        help="go on without the rows that are put aside; every page then says how many",
    )
    run.add_argument(
        "--scheduler",
        default="",
        metavar="ADDRESS",
        help="of the scheduler of a Dask cluster, for several studies; this machine if not given",
    )

    lab = command("lab", _lab, "open JupyterLab on copies of the notebooks in the folder of a run", "mystudy")
    lab.add_argument("study", type=Path)
    lab.add_argument("--out", type=Path, help="folder of the run, whose lab/ has the copies; if not given, as of run")
    lab.add_argument("--no-browser", action="store_true", help="say the address instead of opening a browser")

    pages = command("pages", _pages, "write a page (PDF and Word) for every unit that is diagnosed", "mystudy")
    pages.add_argument("study", type=Path)
    pages.add_argument(
        "--out",
        type=Path,
        help="folder for the pages, of a field study one that only its owner may open; if not given, build/ID_pages, "
        "and of a field study STUDY_pages beside it",
    )

    new = command(
        "new",
        _new,
        "make a study folder from a programme's design, or draft one from data files",
        "mystudy --from answers.xlsx",
    )
    new.add_argument("folder", type=Path, help="folder to make")
    source = new.add_mutually_exclusive_group()
    source.add_argument("--from", dest="files", nargs="+", type=Path, metavar="FILE", help="csv, xlsx or dta")
    source.add_argument("--design", type=Path, help="study folder whose design is taken; the shipped one if not given")
    new.add_argument("--label", choices=("FIELD", "DEMONSTRATION"), default="FIELD", help="kind of a designed study")

    check = command(
        "check",
        _check,
        "say what is wrong with the received data, and make the workbook to mend it",
        "mystudy --language fr",
    )
    check.add_argument("study", type=Path)
    check.add_argument("--out", type=Path, help="folder for the workbook; check/ in the study folder if not given")
    check.add_argument("--language", choices=tuple(LANGUAGES), help="of the findings; that of the sender if not given")

    correct = command(
        "correct", _correct, "read a mended workbook back as corrections", "mystudy mystudy/check/to_mend.xlsx"
    )
    correct.add_argument("study", type=Path)
    correct.add_argument("workbook", nargs="+", type=Path)

    lock = command(
        "lock", _lock, "write down the plan of a study with the day; pages then tell what changed", "mystudy"
    )
    lock.add_argument("study", type=Path)

    purge = command(
        "purge",
        _purge,
        "remove the data of a field study once its retention date has passed",
        "mystudy --out mystudy_run mystudy_pages",
    )
    purge.add_argument("study", type=Path)
    purge.add_argument("--out", nargs="*", default=[], type=Path, help="folders that its runs wrote into, or its pages")

    demo = command("demo", _demo, "make the demonstration study, or a variant of it", "shocked --scenario shock")
    demo.add_argument("folder", type=Path, help="folder to make")
    demo.add_argument("--seed", type=int, default=2014)
    demo.add_argument("--groups", type=int, default=43, help="groups an arm")
    demo.add_argument("--scenario", choices=("honest", "shock", "attrition"), default="honest")

    stamp = command(
        "translated",
        _translated,
        "state that the texts of a study are translated as the English one now is",
        "mystudy",
    )
    stamp.add_argument("study", type=Path)

    clean = command(
        "clean-notebooks", _clean, "drop metadata that changes without meaning", "notebooks/07_impact.ipynb"
    )
    clean.add_argument("notebooks", nargs="*", type=Path)

    command("compare", _compare, "compare what the last run of the shipped study made with what is committed", "")
    command("docs", _docs, "write anew the tables of the documents that are made from the code", "")
    command("refresh", _refresh, "run the shipped study and move its outputs into the repository", "")
    return parser


def _run(asked: argparse.Namespace) -> int:
    from coops.run import runner

    for folder in asked.study:
        if not folder.is_dir():
            print(f"There is no folder {folder}.", file=sys.stderr)
            return USAGE
    if len(asked.study) > 1:
        return runner.sweep(asked.study, asked.out, asked.scheduler, asked.accept_partial)
    try:
        report = runner.run_study(asked.study[0], asked.out, asked.start, asked.accept_partial)
    except runner.StudyFailed as failed:
        print(str(failed), file=sys.stderr)
        return failed.code
    pages = sorted(report.glob("*.html"))
    for page in [*pages, *sorted(report.glob("*.pdf")), *sorted(report.glob("*.docx"))]:
        print(f"{'Page' if page.suffix == '.html' else page.suffix[1:].upper()}: {page}")
    if not pages:
        from coops.study.findings import finding

        print(finding("E_FIELD_REPORT").line(), file=sys.stderr)
        return FINDINGS
    return CLEAN


def _lab(asked: argparse.Namespace) -> int:
    from coops.run import lab
    from coops.run.runner import default_root

    study = _study_at(asked.study)
    if study is None:
        return USAGE
    root = (asked.out or default_root(study)).resolve()
    for name in lab.copy_notebooks(study, root):
        print(f"{name}: left as it is, somebody has worked on it.")
    return lab.start(study, root, not asked.no_browser)


def _pages(asked: argparse.Namespace) -> int:
    from coops.run import unit_pages
    from coops.run.runner import default_root
    from coops.study.load import load

    if not asked.study.is_dir():
        print(f"There is no folder {asked.study}.", file=sys.stderr)
        return USAGE
    out = asked.out or default_root(load(asked.study), "pages")
    written = unit_pages.write(asked.study, out)
    print(f"{out}: {len(written)} files. Each is for the unit that it names, and for nobody else.")
    return CLEAN


def _new(asked: argparse.Namespace) -> int:
    if not asked.files:
        return _designed(asked)
    from coops.collect import from_files

    todo = from_files.draft(asked.folder, asked.files)
    print(f"{asked.folder}: study.toml and codebook.csv are drafted, the data copied to raw/.")
    print(f"Fill in what is marked TODO ({todo} places), then: coops run {asked.folder}")
    return CLEAN


def _designed(asked: argparse.Namespace) -> int:
    from coops.collect import new_study

    todo = new_study.new(asked.folder, asked.design or _shipped()[0], asked.label)
    print(f"{asked.folder}: study.toml, an empty workbook in raw/, questionnaires in forms/, and a guide a language.")
    print(f"Fill in what is marked TODO ({todo} places), then the workbook, then: coops check {asked.folder}")
    return CLEAN


def _study_at(folder: Path) -> "Study | None":
    """The study of a folder, passed by the gate; none, with a line said, where there is no such folder."""
    from coops.study.data_protection import open_for
    from coops.study.load import load

    if not folder.is_dir():
        print(f"There is no folder {folder}.", file=sys.stderr)
        return None
    study = load(folder)
    open_for(study, folder)
    return study


SHOWN = 40  # findings said on the screen; the workbook has all of them


def _check(asked: argparse.Namespace) -> int:
    from coops.field_data import query_workbook
    from coops.field_data.receive import receive
    from coops.run.runner import CHECKED
    from coops.show.language import Words
    from coops.study.plan_lock import compare

    study = _study_at(asked.study)
    if study is None:
        return USAGE
    words = Words(study, asked.language or study.contract.study.sender or study.contract.study.languages[0])
    received = receive(study)
    of_lock = compare(study).finding
    ranked = sorted([*received.findings, *([of_lock] if of_lock else [])], key=lambda one: "UEW".index(one.code[0]))
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


def _correct(asked: argparse.Namespace) -> int:
    from coops.field_data import query_replies

    study = _study_at(asked.study)
    if study is None:
        return USAGE
    taken = 0
    faults: list[Finding] = []
    for path in asked.workbook:
        if not path.is_file():
            print(f"There is no file {path}.", file=sys.stderr)
            return USAGE
        number, found = query_replies.take(study, path)
        taken, faults = taken + number, faults + found
    if faults:
        raise FindingError(*faults)
    print(f"{taken} corrections were added to corrections.csv; look again with: coops check {asked.study}")
    return CLEAN


def _lock(asked: argparse.Namespace) -> int:
    from coops.study import plan_lock

    study = _study_at(asked.study)
    if study is None:
        return USAGE
    path = plan_lock.lock(study)
    said = json.loads(path.read_text(encoding="utf-8"))
    print(f"{path}: the plan is locked as of {said['on']}.")
    print(f"SHA-256 {said['sha256']}; commit: {said['commit'] or 'none that holds study.toml as it is'}")
    print("The file proves the day to nobody else: send this number today to somebody who keeps it.")
    return CLEAN


def _purge(asked: argparse.Namespace) -> int:
    from coops.study.data_protection import purge
    from coops.study.load import load

    removed, left = purge(load(asked.study), asked.out)
    for path in removed:
        print(f"removed: {path}")
    for path in left:
        print(f"left: {path}", file=sys.stderr)
    return FINDINGS if left else CLEAN


def _demo(asked: argparse.Namespace) -> int:
    from coops import demo

    demo.make(asked.folder, asked.seed, asked.groups, asked.scenario)
    print(f"{asked.folder}: made data, scenario {asked.scenario}; the truth is in truth.csv.")
    return CLEAN


def _translated(asked: argparse.Namespace) -> int:
    from coops.report.translation import stamp

    english = asked.study / "text" / "en.md"
    if not english.is_file():
        print(f"There is no {english}.", file=sys.stderr)
        return USAGE
    for path in sorted(english.parent.glob("*.md")):
        if path != english:
            text = stamp(english.read_text(encoding="utf-8"), path.read_text(encoding="utf-8"))
            path.write_text(text, encoding="utf-8")
            print(f"{path}: stamped")
    return CLEAN


def _clean(asked: argparse.Namespace) -> int:
    from coops.run.runner import notebooks
    from coops.run.stored import clean_file

    for path in asked.notebooks or notebooks():
        clean_file(path)
    return CLEAN


def _shipped() -> tuple[Path, Path]:
    """Study folder and root that the notebooks name as their defaults."""
    from coops.run.runner import default_parameters, notebooks
    from coops.run.workspace import repository

    said = default_parameters(notebooks()[0])
    return repository() / said["folder"], repository() / said["root"]


def _compare(asked: argparse.Namespace) -> int:
    from coops.run.stored import compare
    from coops.run.workspace import repository

    faults = compare(_shipped()[1], repository())
    print("\n".join(faults) or "What was made is what is committed.")
    return FINDINGS if faults else CLEAN


def _docs(asked: argparse.Namespace) -> int:
    from coops.run.inventory import write_inventory
    from coops.run.study_readme import write_study_readme
    from coops.run.workspace import repository

    write_study_readme(repository())
    write_inventory(repository())
    return CLEAN


def _refresh(asked: argparse.Namespace) -> int:
    from coops.run import runner
    from coops.run.stored import move_into, write_readme
    from coops.run.workspace import repository
    from coops.study.load import load

    folder, root = _shipped()
    try:
        runner.run_study(folder, root)
    except runner.StudyFailed as failed:
        print(str(failed), file=sys.stderr)
        return failed.code
    move_into(root, repository())
    write_readme(repository(), load(folder))
    _docs(asked)
    print("Notebooks, results and figures are refreshed; look at git diff before you commit.")
    return CLEAN


if __name__ == "__main__":
    sys.exit(main())
