"""Stored notebooks: small, stable, in order; and the comparison of what was made with what is committed."""

import csv
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import nbformat

from coops.show.exhibits import listed
from coops.study.study import Study

STORED = ("data/results", "figures")
COMPARED = (".csv", ".json")
PICTURE = ("alt", "width")
TOLERANCE = 1e-8  # relative: machines differ in the last digits of a float, results files keep twelve


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop what changes without meaning: all metadata but tags, the kernel's name, width and words of a picture."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for place, cell in enumerate(notebook.cells):
        cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags" and value}
        cell.id = f"cell-{place:02d}"
        for output in cell.get("outputs", []):
            of_picture = output.pop("metadata", {}).get("image/png", {})
            if output.output_type in ("display_data", "execute_result"):
                kept = {name: of_picture[name] for name in PICTURE if name in of_picture}
                output.metadata = {"image/png": kept} if kept else {}
    return notebook


def clean_file(path: Path) -> None:
    """Clean a stored notebook in place; a clean one is not touched."""
    before = path.read_text(encoding="utf-8")
    after = nbformat.writes(clean(nbformat.reads(before, 4))) + "\n"
    if after != before:
        path.write_text(after, encoding="utf-8")


def order_faults(path: Path) -> list[str]:
    """Say what keeps a stored notebook from being checked: stripped outputs, a wrong order, an injected cell."""
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code" and cell.source.strip()]
    counts = [cell.execution_count for cell in cells]
    faults = []
    if counts != list(range(1, len(cells) + 1)):
        faults.append(f"{path.name}: cells were not run from top to bottom (execution counts {counts})")
    if not any(cell.outputs for cell in cells):
        faults.append(f"{path.name}: no outputs are stored, so nothing would be compared")
    if any("injected-parameters" in cell.metadata.get("tags", []) for cell in cells):
        faults.append(f"{path.name}: parameters were injected; store a run with the defaults")
    errors = [output for cell in cells for output in cell.outputs if output.output_type in ("error", "stream")]
    if errors:
        faults.append(f"{path.name}: an output is an error or printed text")
    return faults


def compare(run: Path, committed: Path) -> list[str]:
    """Compare results and exhibits of a run with the committed ones; return the differences, one line each."""
    faults = []
    for folder in STORED:
        here, there = (
            {path.relative_to(root): path for path in sorted((root / folder).rglob("*")) if path.suffix in COMPARED}
            for root in (run, committed)
        )
        faults += [f"{name.as_posix()}: committed, but not made" for name in there if name not in here]
        faults += [f"{name.as_posix()}: made, but not committed" for name in here if name not in there]
        for name in [name for name in here if name in there]:
            faults += [f"{name.as_posix()} {difference}" for difference in _differences(here[name], there[name])]
        mine, theirs = ({path.name for path in (root / folder).rglob("*.png")} for root in (run, committed))
        faults += [f"{folder}/{name}: only on one side" for name in sorted(mine ^ theirs)]
    return faults


def _differences(new: Path, committed: Path) -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in (new, committed)]
    if new.suffix == ".json":
        return [] if json.loads(texts[0]) == json.loads(texts[1]) else ["differs"]
    rows = [list(csv.reader(text.splitlines())) for text in texts]
    if len(rows[0]) != len(rows[1]):
        return [f"has {len(rows[0])} lines, committed {len(rows[1])}"]
    faults = []
    for number, (mine, theirs) in enumerate(zip(*rows, strict=True), start=1):
        if len(mine) != len(theirs) or any(not _same(a, b) for a, b in zip(mine, theirs, strict=True)):
            faults.append(f"line {number}: {','.join(mine)[:120]} | committed: {','.join(theirs)[:120]}")
    return faults


def _same(left: str, right: str) -> bool:
    if left == right:
        return True
    try:
        a, b = float(left), float(right)
    except ValueError:
        return False
    return abs(a - b) <= TOLERANCE * max(abs(a), abs(b))


def move_into(run: Path, repository: Path) -> None:
    """Move finished notebooks, results and exhibits of a run into the repository: the only way to rewrite them."""
    for folder in STORED:
        shutil.rmtree(repository / folder, ignore_errors=True)
        shutil.copytree(run / folder, repository / folder)
    for path in sorted((run / "notebooks").glob("*.ipynb")):
        shutil.copyfile(path, repository / "notebooks" / path.name)


MARKS = ("<!-- made by the build: {name} -->", "<!-- end of what the build makes -->")


def filled(text: str, parts: Mapping[str, str]) -> str:
    """Fill each marked part of a text anew.

    Raises
    ------
    KeyError
        If a part is marked that does not exist (names it).
    """
    start = re.escape(MARKS[0]).replace(r"\{name\}", "(.+?)")
    return re.sub(
        rf"(?s)({start}\n).*?({re.escape(MARKS[1])})", lambda mark: f"{mark[1]}{parts[mark[2]]}\n{mark[3]}", text
    )


def write_readme(repository: Path, study: Study) -> None:
    """Put the finding and the table of exhibits of the shipped study into the README, between their marks.

    The finding is the first language's headline as the page says it; the table names each exhibit's files.
    """
    path = repository / "README.md"
    parts = {"finding": finding(repository, study), "exhibits": exhibits(repository)}
    path.write_text(filled(path.read_text(encoding="utf-8"), parts), encoding="utf-8")


def finding(repository: Path, study: Study) -> str:
    """Return the leading estimates in words, with their keys."""
    from coops.report.quote import Quote
    from coops.show.language import Words
    from coops.show.results import Results

    words = Words(study, study.contract.study.languages[0])
    lines = [f"**{words.label(f'label.{study.contract.study.label}')}**", ""]
    for record in Results(repository / "data" / "results", study).of(study.headline, "effect", "change"):
        quote = Quote(record, words)
        lines.append(f"- {quote.label}: {quote} ({quote.interval}; {quote.n}), `{record.key}`")
    return "\n".join(lines)


def exhibits(repository: Path) -> str:
    """Return the table of exhibits: number, caption, files, notebook."""
    lines = ["| exhibit | what it shows | files | notebook |", "|---|---|---|---|"]
    for exhibit in listed(repository):
        caption = next(iter(exhibit["caption"].values()))
        pictures = f", `{exhibit['file']}.*.png`" if exhibit["kind"] == "figure" else ""
        kind = "Figure" if exhibit["kind"] == "figure" else "Table"
        files = f"`figures/{exhibit['file']}.csv`{pictures}"
        lines.append(f"| {kind} {exhibit['number']} | {caption} | {files} | `{exhibit['notebook']}` |")
    return "\n".join(lines)
