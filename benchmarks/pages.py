"""How long the pages of units take: a file of ours beside one bare conversion of the same text by pandoc and typst.

Both in one run, interleaved, one after the other without a pool; each line is ``name value goal ok`` or ``… short``.
Bare: pandoc from Markdown to Word; pandoc from Markdown to typst, and typst to PDF with the same fonts; what is
written is neither checked nor made fit for reading from right to left. Ours: filling the text and drawing the bars too.
Run: ``python benchmarks/pages.py [UNITS]`` (12 units of the demonstration in its three languages if not given).
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from coops.diagnosis.unit_report import report
from coops.report import paper
from coops.run import unit_pages
from coops.show.language import Words
from coops.study.load import load

GOAL = 2
STUDY = Path(__file__).resolve().parents[1] / "data" / "demo"


def bare(text: str, folder: Path, fonts) -> float:
    """Seconds of both files of a text, by pandoc and typst alone."""
    import pypandoc
    import typst

    (folder / "bare.md").write_text(text, encoding="utf-8")
    start = time.perf_counter()
    for target in ("bare.docx", "bare.typ"):
        command = [pypandoc.get_pandoc_path(), "bare.md", "--standalone", "-o", target]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    typst.compile(folder / "bare.typ", output=folder / "bare.pdf", root=folder, font_paths=fonts)
    return time.perf_counter() - start


def main(units: int) -> None:
    """Take both times, page by page."""
    import typst

    study = load(STUDY)
    assessed = unit_pages.assessment(study)
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=True,
        font_paths=sorted({str(face.parent) for face in paper.files()}),
    )
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for unit in assessed.units[:units]:
            reported = report(assessed, unit)
            for language in study.contract.study.languages:
                words = Words(study, language)
                start = time.perf_counter()
                page = unit_pages.page(assessed, reported, words, folder)
                unit_pages.write_page(page, f"{unit}.{language}", folder)
                ours.append(time.perf_counter() - start)
                theirs.append(bare(page.markdown, folder, fonts))
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"pages_time_to_pandoc_and_typst {ratio:.2f} <={GOAL} {'ok' if ratio <= GOAL else 'short'}")
    print(f"pages_ms_a_file {500 * statistics.median(ours):.0f} - ok")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)
