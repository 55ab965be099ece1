"""What is read below a folder is noted where it really lies, under whatever name the folder is opened."""

import os
import subprocess
import sys

from coops.study.consulted import VARIABLE, noted

READ = """
import sys
from pathlib import Path
from coops.study.consulted import watch
folder, other = map(Path, sys.argv[1:])
watch(folder)
(folder / "a.csv").read_text()
(folder / "new.csv").write_text("written")
list(folder.iterdir())
other.read_text()
"""


def test_a_link_to_the_folder(tmp_path):
    """Read through a link and by its own name: the same place; what is written, or lies elsewhere, is not noted."""
    real = tmp_path / "real"
    real.mkdir()
    (real / "a.csv").write_text("1")
    (tmp_path / "link").symlink_to(real, target_is_directory=True)
    (tmp_path / "b.csv").write_text("2")
    for number, folder in enumerate((real, tmp_path / "link")):
        log = tmp_path / f"log{number}"
        command = [sys.executable, "-c", READ, str(folder), str(tmp_path / "b.csv")]
        subprocess.run(command, check=True, env=os.environ | {VARIABLE: str(log)})
        assert noted(log) == [("file", str(real / "a.csv")), ("folder", str(real))]
