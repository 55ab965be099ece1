"""Every command of ``CONTRIBUTING.md`` does what it says, in its order, on a copy whose study is a small one."""

import re
import shlex
import shutil
import subprocess
import urllib.request

import nbformat
import pytest

from tests import checkout
from tests.report.test_blocks import two_languages
from tests.test_jupyterlab import server

TEXT = (checkout.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
COMMANDS = [
    line.split(" #")[0].strip() for block in re.findall(r"(?s)```sh\n(.*?)```", TEXT) for line in block.splitlines()
]
(EXAMPLE,) = re.findall(r"(?s)```python\n(.*?)```", TEXT)


def mine(folder) -> None:
    """A notebook of the study's own: a copy of the template, opened under its own name, and the example of the page."""
    book = nbformat.read(folder / "notebooks" / "00_template.ipynb", 4)
    for cell in book.cells:
        cell.source = cell.source.replace("00_template", "12_mine")
    book.cells.append(nbformat.v4.new_code_cell(EXAMPLE))
    path = folder / "data" / "demo" / "notebooks" / "12_mine.ipynb"
    path.parent.mkdir()
    nbformat.write(book, path)


def translate(folder) -> None:
    """Write a French sentence into each block that the English text has."""
    path = folder / "data" / "demo" / "text" / "fr.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("{% block limits %}", "{% block limits %}\n## Limites\n\nOn ne sait pas.\n"), encoding="utf-8"
    )


@pytest.fixture(scope="module")
def tried(tmp_path_factory) -> tuple:
    """Run them one after the other; the copy, and each command with what became of it."""
    base = tmp_path_factory.mktemp("path")
    folder = checkout.copy(base / "a checkout")
    shutil.rmtree(folder / "data" / "demo")
    two_languages(folder / "data" / "demo")
    toml = folder / "data" / "demo" / "study.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('id = "made"', 'id = "demo"'), encoding="utf-8")
    done = []
    for command in COMMANDS:
        words = shlex.split(command)
        if words[0] == "make":
            dry = ["make", "-n", "-o", ".venv/ready", *words[1:]]
            done.append((command, subprocess.run(dry, cwd=checkout.ROOT, capture_output=True, text=True)))
        elif words[:2] == ["coops", "lab"]:
            with server([*words, "--no-browser"], folder, folder, base / "settings") as address:
                answer = urllib.request.urlopen(f"{address}/api/contents/07_impact.ipynb", timeout=30)
                done.append((command, subprocess.CompletedProcess(words, 0 if answer.status == 200 else 1, "", "")))
        else:
            if command.endswith("--from 12") and not (folder / "data" / "demo" / "notebooks").exists():
                mine(folder)
            if words[1] == "translated":
                translate(folder)
            done.append((command, checkout.python(folder, "-m", *words)))
    return folder, done


def test_each_command(tried):
    """All end well; that which compares says that the small study is not what is committed."""
    _, done = tried
    assert len(done) > 8 and {command.split()[0] for command, _ in done} == {"coops", "make"}
    for command, ended in done:
        assert ended.returncode == (1 if command == "coops compare" else 0), (command, ended.stdout, ended.stderr)
    (compared,) = (ended for command, ended in done if command == "coops compare")
    assert "data/results" in compared.stdout and not compared.stderr


def test_what_they_leave(tried):
    """Her exhibit in every file and language, the annex with her notebook, the block in its language; nothing to be told."""
    folder, done = tried
    report = folder / "build" / "demo" / "report"
    captions = dict(re.findall(r'"(en|fr)": "([^"]+)"', EXAMPLE))
    html = (report / "demo.html").read_text(encoding="utf-8")
    for language, caption in captions.items():
        assert caption in html and caption in (report / f"demo.{language}.md").read_text(encoding="utf-8")
        assert all((report / f"demo.{language}.{kind}").is_file() for kind in ("pdf", "docx", "xlsx"))
    assert "On ne sait pas." in html and (report / "annex" / "12_mine.html").is_file()
    runs = [ended.stdout for command, ended in done if command.endswith("--from 12")]
    assert "To be translated (fr): text/fr.md: limits" in runs[0] and "To be translated" not in runs[-1]


def test_files_that_it_names():
    """Each path in code marks that begins in the repository is there."""
    named = set(re.findall(r"`((?:tests|docs|notebooks|src|show|study)/[\w./-]*)`", TEXT))
    places = (checkout.ROOT, checkout.ROOT / "src" / "coops", checkout.ROOT / "data" / "demo")
    assert named and [name for name in named if not any((place / name).exists() for place in places)] == []
