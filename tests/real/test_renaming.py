"""Nothing hangs on a name: every name and value is changed to a random one, rows and columns are shuffled.

The results are those of the study under its own names (to 1e-10 of their size); no old name is in any file of the run;
the new nouns are on the page.
"""

import csv
import importlib.util
import random
import re
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import openpyxl
import pandas as pd
import pytest

from tests.real import targets, thp_pakistan
from tests.real.adapter import run

SMALL = Path(__file__).resolve().parents[2] / "data" / "small" / "prepare.py"


def small(folder: Path) -> Path:
    """Make the small study by its own script."""
    spec = importlib.util.spec_from_file_location("prepare", SMALL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.prepare(folder)


KEPT = "label title summary citation licence version en fr ar languages estimator assignment".split()


class Renamed:
    """A study folder with other names: keeps which became which."""

    def __init__(self, make, seed: int):
        self.make, self.random = make, random.Random(seed)
        self.names: dict[str, str] = {}

    def new(self, name: str) -> str:
        """Return the new name of an old one."""
        if name not in self.names:
            self.names[name] = "q" + "".join(self.random.choices("bcdfghjkmnpqrtvwxz", k=9))
        return self.names[name]

    def __call__(self, folder: Path) -> Path:
        """Write the renamed folder and return it."""
        source = self.make(folder.parent / "source")
        text = (source / "study.toml").read_text(encoding="utf-8")
        settings = tomllib.loads(text)
        with (source / "codebook.csv").open(encoding="utf-8") as file:
            book = list(csv.DictReader(file))
        self.values = {}  # old value -> new one, of waves, arms and statuses, by column
        for table in settings["tables"].values():
            if "wave_column" in table:
                self.values[table["wave_column"]] = {
                    v: self.new(v) for n, w in settings["waves"].items() for v in w.get("values", [n])
                }
        self.values[settings["design"]["arm"]] = {
            v: self.new("arm " + v) for a in settings["arms"].values() for v in a["values"]
        }
        for row in book:
            self.new(row["name"])
        for part in ("waves", "arms", "tables", "samples", "specifications", "families"):
            for name in settings.get(part, {}):
                self.new(name)
        (folder / "raw").mkdir(parents=True)
        if (source / "labels.csv").is_file():
            shutil.copyfile(source / "labels.csv", folder / "labels.csv")
        self._toml(folder, text, settings)
        self._book(folder, book)
        self._raw(folder, source, settings)
        return folder

    def _toml(self, folder: Path, text: str, settings: dict) -> None:
        values = {old: new for column in self.values.values() for old, new in column.items()}
        lines = []
        for line in text.splitlines():
            if line.startswith("values = "):
                line = re.sub(r'"([^"]+)"', lambda hit: f'"{values[hit[1]]}"', line)
            elif line.startswith("["):
                line = ".".join(self.names.get(part, part) for part in re.split(r"\.", line.strip("[]")))
                line = f"[{line}]"
            elif line.split(" = ")[0] not in KEPT:
                line = re.sub(r'"([^"]+)"', lambda hit: f'"{self._named(hit[1])}"', line)
            lines.append(line)
        for place, line in enumerate(lines):  # a wave whose values were its own name now says them
            heading = re.fullmatch(r"\[waves\.(\w+)\]", line)
            old = next((o for o, n in self.names.items() if heading and n == heading[1]), None)
            if old and "values" not in settings["waves"][old]:
                lines[place] = line + f'\nvalues = ["{values[old]}"]'
        nouns = "\n".join(lines)
        for level in settings["units"]:
            for nouns_of in settings["units"][level].values():
                for form, word in nouns_of.items():
                    if form != "gender":
                        nouns = nouns.replace(f'{form} = "{word}"', f'{form} = "zz{level}{form}"')
        (folder / "study.toml").write_text(nouns, encoding="utf-8")

    def _named(self, text: str) -> str:
        if text.endswith(".csv"):
            return self.new(text.removesuffix(".csv")) + ".csv"
        return self.names.get(text, text)

    def _book(self, folder: Path, book: list[dict]) -> None:
        for row in book:
            allowed = self.values.get(row["name"])
            row |= {"table": self.new(row["table"]), "name": self.new(row["name"])}
            if allowed and row.get("allowed"):
                row["allowed"] = "|".join(allowed[value] for value in row["allowed"].split("|"))
        self.random.shuffle(book)
        with (folder / "codebook.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(book[0]))
            writer.writeheader()
            writer.writerows(book)

    def _raw(self, folder: Path, source: Path, settings: dict) -> None:
        for path in (source / "raw").glob("*.csv"):
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
            for column, values in self.values.items():
                if column in frame:
                    frame[column] = frame[column].map(values)
            frame = frame.sample(frac=1, random_state=3)[self.random.sample(list(frame), frame.shape[1])]
            frame.columns = [self.new(name) for name in frame]
            frame.to_csv(folder / "raw" / f"{self.new(path.stem)}.csv", index=False)


HERE = pytest.mark.skipif(
    not thp_pakistan.SOURCE.is_file(), reason="../shared/realdata/thp_pakistan is not here: NOT TESTED"
)
CASES = [
    pytest.param(small, 1, id="small"),
    pytest.param(thp_pakistan.make, 2, id="thp_pakistan", marks=[HERE, pytest.mark.soak]),  # minutes
]
NUMBERS = ["estimate", "conf_low", "conf_high", "p_value", "p_value_cr1", "std_error_cr1", "std_error", "df", "n"]
NUMBERS += ["n_rows", "n_clusters"]


@pytest.mark.parametrize(("make", "seed"), CASES)
def test_renaming(tmp_path, make, seed):
    """Same numbers under other names."""
    renamed = Renamed(make, seed)
    new = targets.results(run(renamed, tmp_path / "new"))
    old = targets.results(run(make, tmp_path / "old"))
    key = {name: ".".join("_".join(renamed.names.get(p, p) for p in part.split("+")) if part not in renamed.names
                          else renamed.names[part] for part in name.split(".")) for name in old.index}  # fmt: skip
    assert set(key.values()) == set(new.index)
    mine, theirs = (
        old[NUMBERS].to_numpy(dtype=float),
        new.loc[[key[name] for name in old.index], NUMBERS].to_numpy(dtype=float),
    )
    np.testing.assert_allclose(theirs, mine, rtol=1e-10, atol=1e-10)
    words = set(re.findall(r"\w+", " ".join(_labels(tmp_path / "new" / "study"))))
    gone = {name for name in renamed.names if len(name) > 3 and name.isidentifier()} - words - _vocabulary()
    for path in (tmp_path / "new" / "run").rglob("*"):
        if path.is_file() and path.suffix != ".png":  # a figure draws what stands in its csv and in its alt text
            left = set(re.findall(r"\w+", read_text(path))) & gone
            assert not left, f"{path.name}: {left}"
    page = next((tmp_path / "new" / "run" / "report").glob("*.md")).read_text(encoding="utf-8")
    assert "zz" in page


def read_text(path: Path) -> str:
    """All text of a file of a run, its properties too."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        return " ".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    if path.suffix == ".docx":
        with zipfile.ZipFile(path) as parts:
            return " ".join(parts.read(name).decode() for name in parts.namelist() if name.endswith((".xml", ".rels")))
    if path.suffix == ".pdf":
        if not shutil.which("pdftotext"):
            pytest.skip("pdftotext (poppler) is not installed: names in PDF files NOT TESTED")
        commands = [["pdftotext", str(path), "-"], ["pdfinfo", str(path)]]
        return " ".join(
            subprocess.run(command, capture_output=True, check=True).stdout.decode() for command in commands
        )
    return path.read_text(encoding="utf-8")


def _vocabulary() -> set[str]:
    """Words of the package and of the notebooks: they would stand in any run (test_names.py holds them free of studies)."""
    files = [path for part in ("src/coops", "notebooks") for path in (SMALL.parents[2] / part).rglob("*")]
    texts = [
        path.read_text(encoding="utf-8") for path in files if path.suffix in (".py", ".csv", ".md", ".css", ".html")
    ]
    cells = [cell.source for path in files if path.suffix == ".ipynb" for cell in nbformat.read(path, 4).cells]
    return set(re.findall(r"\w+", " ".join(texts + cells)))


def _labels(folder: Path) -> list[str]:
    """Words that stay: labels, titles, sentences."""
    with (folder / "codebook.csv").open(encoding="utf-8") as file:
        labels = [row.get(f"label_{language}", "") for row in csv.DictReader(file) for language in ("en", "fr", "ar")]
    text = (folder / "study.toml").read_text(encoding="utf-8")
    return labels + re.findall(r"(?m)^(?:label|title|summary|citation|licence) = (.*)", text)
