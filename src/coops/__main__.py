"""The command line: ``coops run``, ``coops pages``, ``coops new``, and what keeps the stored notebooks true."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

import coops
from coops.run import commands
from coops.run.commands import BUG, FINDINGS, UNSAFE, USAGE
from coops.study.findings import FindingError
from coops.study.languages import LANGUAGES


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
    except commands.WrongUse as error:
        print(error, file=sys.stderr)
        return USAGE
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
    subparsers = parser.add_subparsers(dest="command")

    def command(
        name: str, do: Callable[[argparse.Namespace], int], about: str, example: str
    ) -> argparse.ArgumentParser:
        """Add a command; ``example`` is what is typed after its name."""
        added = subparsers.add_parser(
            name, help=about, description=about, epilog=f"example: {f'coops {name} {example}'.strip()}"
        )
        added.set_defaults(do=do)
        return added

    run = command("run", commands.run, "run all notebooks of a study", "mystudy --from 07")
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
    run.add_argument("--all", action="store_true", help="run all notebooks, also those whose outputs still hold")
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

    status = command(
        "status", commands.status, "say which notebooks and pages are fresh or stale, why, and what to do", "mystudy"
    )
    status.add_argument("study", nargs="?", type=Path, help="study folder; the shipped one if not given")
    status.add_argument("--out", type=Path, help="folder of the run; if not given, as of run")

    lab = command("lab", commands.lab, "open JupyterLab on copies of the notebooks in the folder of a run", "mystudy")
    lab.add_argument("study", type=Path)
    lab.add_argument("--out", type=Path, help="folder of the run, whose lab/ has the copies; if not given, as of run")
    lab.add_argument("--no-browser", action="store_true", help="say the address instead of opening a browser")

    pages = command("pages", commands.pages, "write a page (PDF and Word) for every unit that is diagnosed", "mystudy")
    pages.add_argument("study", type=Path)
    pages.add_argument(
        "--out",
        type=Path,
        help="folder for the pages, of a field study one that only its owner may open; if not given, build/ID_pages, "
        "and of a field study STUDY_pages beside it",
    )

    new = command(
        "new",
        commands.new,
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
        commands.check,
        "say what is wrong with the received data, and make the workbook to mend it",
        "mystudy --language fr",
    )
    check.add_argument("study", type=Path)
    check.add_argument("--out", type=Path, help="folder for the workbook; check/ in the study folder if not given")
    check.add_argument("--language", choices=tuple(LANGUAGES), help="of the findings; that of the sender if not given")

    correct = command(
        "correct", commands.correct, "read a mended workbook back as corrections", "mystudy mystudy/check/to_mend.xlsx"
    )
    correct.add_argument("study", type=Path)
    correct.add_argument("workbook", nargs="+", type=Path)

    lock = command(
        "lock", commands.lock, "write down the plan of a study with the day; pages then tell what changed", "mystudy"
    )
    lock.add_argument("study", type=Path)

    purge = command(
        "purge",
        commands.purge,
        "remove the data of a field study once its retention date has passed",
        "mystudy --out mystudy_run mystudy_pages",
    )
    purge.add_argument("study", type=Path)
    purge.add_argument("--out", nargs="*", default=[], type=Path, help="folders that its runs wrote into, or its pages")

    demo = command(
        "demo", commands.demo, "make the demonstration study, or a variant of it", "shocked --scenario shock"
    )
    demo.add_argument("folder", type=Path, help="folder to make")
    demo.add_argument("--seed", type=int, default=2014)
    demo.add_argument("--groups", type=int, default=43, help="groups an arm")
    demo.add_argument("--scenario", choices=("honest", "shock", "attrition"), default="honest")

    stamp = command(
        "translated",
        commands.translated,
        "state that captions and texts of a study are translated as those of the first language now are",
        "mystudy",
    )
    stamp.add_argument("study", type=Path)
    stamp.add_argument(
        "--out", type=Path, help="folder of the run that told what is to be translated; if not given, as of run"
    )

    words = command(
        "words",
        commands.words,
        "write rows and blocks for words that a study lacks, or says otherwise",
        "mystudy --override tab_effects",
    )
    words.add_argument("study", type=Path)
    words.add_argument(
        "--override",
        dest="key",
        nargs="+",
        default=[],
        metavar="KEY",
        help="words of the package that the study says otherwise; what they say is printed",
    )
    words.add_argument(
        "--out", type=Path, help="folder of the last run, whose exhibits may lack words; if not given, as of run"
    )

    clean = command(
        "clean-notebooks", commands.clean, "drop metadata that changes without meaning", "notebooks/07_impact.ipynb"
    )
    clean.add_argument("notebooks", nargs="*", type=Path)

    command(
        "compare", commands.compare, "compare what the last run of the shipped study made with what is committed", ""
    )
    command("docs", commands.docs, "write anew the tables of the documents that are made from the code", "")
    command("refresh", commands.refresh, "run the shipped study and move its outputs into the repository", "")
    return parser


if __name__ == "__main__":
    sys.exit(main())
