"""Draft a study folder from received files: what the data tell is filled in, every choice is marked TODO."""

import csv
import math
import re
import shutil
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from coops.collect.toml import todos_left, toml_value
from coops.files import readers
from coops.files.cells import parse
from coops.study.codebook import DRAFTED, Variable
from coops.study.findings import FindingError, fail, finding
from coops.study.study import RESERVED

FEW = 12  # most values that are listed as allowed
MOST_WAVES = 6
WAVE_WORDS = set("wave waves year round time period phase vague annee periode الموجة الجولة السنة".split())
NO_ANSWER = {"NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "."}  # what programs write into an empty number
CODES = (-99, -98, -97, -88, -77, -9, 99, 999, 9999)
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
NOTHING_SAID = dict.fromkeys(("unit", "decimals", "allowed", "range", "missing"), "")  # of what names a row
SHARE = "share"  # unit of a variable that runs from 0 to 1


@dataclass
class _Column:
    """A column as it was received, and its row of the codebook."""

    received: str
    row: dict[str, str]
    values: pd.Series  # parsed, missing where empty or coded
    whole: bool  # may it name a row: whole numbers or texts

    @property
    def name(self) -> str:
        return self.row["name"]


@dataclass
class _Table:
    """A received file and what is guessed of it."""

    name: str
    path: Path
    file: str  # its name in raw/
    columns: list[_Column]
    sheets: list[str]
    key: list[str] = field(default_factory=list)
    wave_column: str = ""
    waves: dict[str, list[str]] = field(default_factory=dict)  # name -> values as received


def draft(folder: Path, files: list[Path]) -> int:
    """Draft a study folder: ``raw/``, ``study.toml`` and ``codebook.csv``.

    Parameters
    ----------
    folder : Path
        The folder to make; its name becomes the id of the study.
    files : list of Path
        Received files (csv, xlsx, dta), one table each. The same file named twice is taken once.

    Returns
    -------
    int
        Number of places that still say TODO; ``coops.study.load.load`` finds the same ones.

    Raises
    ------
    FindingError
        ``E_NEW_EXISTS`` if the folder is there, ``E_NEW_FILE`` for each file that is not, and what the reader finds in
        those that are; nothing has been written then.
    """
    if folder.exists():
        raise fail("E_NEW_EXISTS", folder=folder.name)
    tables = _tables(list({path.resolve(): path for path in files}.values()))
    text = _toml(folder.resolve().name, tables)
    (folder / "raw").mkdir(parents=True)
    for table in tables:
        shutil.copyfile(table.path, folder / "raw" / table.file)
    (folder / "study.toml").write_text(text, encoding="utf-8", newline="\n")
    with (folder / "codebook.csv").open("w", encoding="utf-8-sig", newline="") as file:  # Excel reads Arabic only so
        writer = csv.DictWriter(file, DRAFTED, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(column.row for table in tables for column in table.columns)
    return todos_left(folder)


# -- files ------------------------------------------------------------------------------------


def _tables(files: list[Path]) -> list[_Table]:
    """Read all files; what is wrong with any of them is told together."""
    faults = [finding("E_NEW_FILE", file=path.name) for path in files if not path.is_file()]
    tables, names, copies = [], set[str](), set[str]()
    for path in files:
        if not path.is_file():
            continue
        try:
            frame = readers.read(path)
        except FindingError as error:
            faults += error.findings
            continue
        name = _unique(_identifier(path.stem, "table") or "table", names)
        stem = re.sub(r"[^A-Za-z0-9._-]+", "_", _latin(path.stem)).strip("._- ") or name
        file = _unique(stem, copies) + path.suffix.lower()
        table = _Table(name, path, file, _columns(name, frame, readers.labels_in(path), path.name), _sheets(path))
        _guess_key(table, len(frame), {column: frame[column].str.strip() for column in frame})
        tables.append(table)
    if faults:
        raise FindingError(*faults)
    return tables


def _sheets(path: Path) -> list[str]:
    """Sheets of a workbook, where it has several."""
    if readers.FORMATS[path.suffix.lower()] != "xlsx":
        return []
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    names = book.sheetnames
    book.close()
    return names if len(names) > 1 else []


# -- names ------------------------------------------------------------------------------------


def _latin(text: str) -> str:
    """Write letters without their accents, and leave out what is not Latin."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _identifier(text: str, prefix: str) -> str:
    """Turn a text into an identifier; empty if no Latin letter or digit is left of it."""
    if IDENTIFIER.fullmatch(text) and not text.startswith("TODO"):
        return text
    name = re.sub(r"[^A-Za-z0-9]+", "_", _latin(text)).strip("_")
    return f"{prefix}_{name}" if name and (name.startswith("TODO") or not name[0].isalpha()) else name


def _unique(name: str, taken: set[str]) -> str:
    """Return the name, numbered if it is taken, whatever its capitals; it is taken from now on."""
    number, free = 2, name
    while free.lower() in taken:
        free, number = f"{name}_{number}", number + 1
    taken.add(free.lower())
    return free


def _column_names(received: list[str]) -> dict[str, str]:
    """Name each column: its own name if that is an identifier, else one made from it."""
    names = {column: column for column in received if _identifier(column, "column") == column}
    taken = {name.lower() for name in names}
    for place, column in enumerate(received, start=1):
        if column not in names:
            names[column] = _unique(_identifier(column, "column") or f"column_{place}", taken)
    return names


# -- columns ----------------------------------------------------------------------------------


def _columns(table: str, frame: pd.DataFrame, labels: dict[str, str], source: str) -> list[_Column]:
    """Describe every column as it is seen."""
    names = _column_names(list(frame))
    text = {column: frame[column].str.strip() for column in frame}
    empty = set().union(*(_no_answer(column) for column in text.values()))
    columns = []
    for received, cells in text.items():
        codes = sorted(empty & set(cells))
        kind, values = _kind(cells, codes)
        row = {"table": table, "name": names[received], "type": kind, "source": source}
        row["missing"] = "|".join(f"{code}=no answer" for code in codes)
        row |= _label(received, labels.get(received, ""))
        if kind in ("integer", "number"):
            row |= _numbers(cells, values, row["missing"], 2 if kind == "integer" else 4)
        elif kind == "category":
            row["allowed"] = "|".join(sorted(values.dropna().unique()))
        columns.append(_Column(received, row, values, kind in ("integer", "text", "category")))
    return columns


def _no_answer(cells: pd.Series) -> set[str]:
    """Texts in a column of numbers that stand for no number: the program that wrote the file writes them everywhere."""
    there = set(cells) & NO_ANSWER
    if not there or set(cells) <= there | {""}:
        return set()
    faults = parse(cells, Variable("", "", "number", missing=dict.fromkeys(there, "no answer")))[2]
    return there if (faults == "").all() else set()


def _kind(cells: pd.Series, codes: list[str]) -> tuple[str, pd.Series]:
    """Tell the type of a column, and its values."""

    def as_type(kind: str) -> tuple[pd.Series, pd.Series]:
        values, _, faults = parse(cells, Variable("", "", kind, missing=dict.fromkeys(codes, "no answer")))
        return values, faults

    text, _ = as_type("text")
    given = text.dropna()
    code = given.str.fullmatch(r"[+-]?0\d.*|\d{16,}").any()  # 007 is a name, and so is what has too many digits
    for kind in ("integer", "number", "date") if len(given) and not code else ():
        values, faults = as_type(kind)
        if faults.isin(["", "E_AMBIGUOUS_NUMBER"]).all():
            return kind, values
    listed = given.unique()
    few = 0 < 2 * len(listed) <= len(given) and len(listed) <= FEW
    plain = not any("|" in value or len(value.splitlines()) > 1 or value.startswith("TODO") for value in listed)
    return ("category" if few and plain else "text"), text


def _numbers(cells: pd.Series, values: pd.Series, missing: str, most: int) -> dict[str, str]:
    """Range, allowed values, unit and decimals (a hundredth of the spread is shown) of a column of numbers."""
    codes = _missing_codes(values)
    rest = values[values.notna() & ~values.isin(codes)]
    described = {}
    if codes:
        seen = list(dict.fromkeys(cells[values.isin(codes)]))
        example = "|".join([*filter(None, [missing]), *(f"{code}=no answer" for code in seen)])
        otherwise = f"write {missing}" if missing else "clear this cell"
        described["missing"] = (
            f"TODO: does {' or '.join(seen)} stand for no answer? If so, write {example}; "
            f"else {otherwise} and widen the range"
        )
    spread = rest.std() if rest.nunique() > 1 else 0
    decimals = 2 - math.floor(math.log10(spread)) if spread else 0
    if values.notna().sum() == (~cells.isin({"", *NO_ANSWER})).sum():  # else some number can be read in two ways
        if set(rest) == {0.0, 1.0}:
            return described | {"unit": SHARE, "decimals": "1", "allowed": "0|1"}
        described["range"] = f"{_plain(rest.min())}..{_plain(rest.max())}"
    return described | {"decimals": str(min(most, max(0, decimals)))}


def _missing_codes(values: pd.Series) -> list[float]:
    """Repeated values that lie far outside of all others: a negative one among none, a row of nines above all."""
    rest = values[values.notna() & ~values.isin(CODES)]
    if rest.empty:
        return []
    repeated = values.value_counts()
    far = [code for code in CODES if (code < 0 <= rest.min()) or (code > 0 and rest.max() * 5 < code)]
    seen = [code for code in far if code in repeated.index]
    return [float(code) for code in seen] if any(repeated[code] > 1 for code in seen) else []


def _plain(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def _label(received: str, own: str) -> dict[str, str]:
    """The label that the file has, else the name in words; one without Latin letters is no English label."""
    words = " ".join((own or received.replace("_", " ")).split())
    if re.search(r"[A-Za-z]", _latin(words)):
        return {"label_en": words}
    return {"label_ar": words} if re.search(r"[\u0600-\u06ff]", words) else {"label_en": words}


# -- keys and waves -----------------------------------------------------------------------------


def _guess_key(table: _Table, rows: int, cells: dict[str, pd.Series]) -> None:
    """Find the first column that names a row, alone or with the one that says the wave; note it in the table."""
    complete = [column for column in table.columns if rows and column.values.notna().all()]
    rounds = [
        c for c in complete if WAVE_WORDS & set(re.findall(r"[^\W\d_]+", _latin(c.received).lower() + " " + c.received))
        and 2 <= c.values.nunique() <= MOST_WAVES
    ]  # fmt: skip
    for column in complete:
        if column.whole and not column.values.duplicated().any():
            return _set_key(table, [column])
        for wave in rounds if column.whole else ():
            if wave is not column and not pd.concat([column.values, wave.values], axis=1).duplicated().any():
                table.wave_column = wave.name
                for value in _in_order(cells[wave.received].unique()):
                    name = _identifier(value, wave.name) or f"{wave.name}_{len(table.waves) + 1}"
                    table.waves.setdefault(name, []).append(value)
                wave.row |= {"type": "text", "role": "wave"} | NOTHING_SAID
                return _set_key(table, [column, wave])
    return None


def _set_key(table: _Table, columns: list[_Column]) -> None:
    table.key = [column.name for column in columns]
    columns[0].row |= {"role": "key"} | NOTHING_SAID
    if columns[0].row["type"] == "category":
        columns[0].row["type"] = "text"


def _in_order(values: Iterable[str]) -> list[str]:
    """Numbers rise; other values keep the order in which they first stand."""
    numbers = pd.to_numeric(pd.Series(values), errors="coerce")
    return sorted(values, key=float) if numbers.notna().all() else list(values)


# -- study.toml ---------------------------------------------------------------------------------


def _toml(folder: str, tables: list[_Table]) -> str:
    """Write study.toml."""
    taken = {name.lower() for name in (*RESERVED, *(column.name for table in tables for column in table.columns))}
    waves = _wave_names(tables, taken)
    arms = [_unique("arm0", taken), _unique("arm1", taken)]
    alone = len(tables) == 1
    wave_label = toml_value("survey" if alone else "TODO: what this round of data is called")
    lines = []
    for name, values in waves.items():
        spoken = values[0] if values and any(letter.isalpha() for letter in values[0]) else name
        label = toml_value(spoken.replace("_", " ")) if values else wave_label
        lines += [f"[waves.{name}]", f"label = {label}", *([f"values = {toml_value(values)}"] if values else []), ""]
    for table in tables:
        lines += [*_table(table, waves, alone), ""]
    for name in arms:
        lines += [f"[arms.{name}]", f'label = "TODO: what {name} is called on the page"']
        lines += [f'values = ["TODO: how the data write {name}"]', ""]
    return (
        Path(__file__)
        .with_name("draft.txt")
        .read_text(encoding="utf-8")
        .format(
            id=toml_value(_identifier(folder, "study") or "study"),
            seed=zlib.crc32(folder.encode()) % 10**6,
            entries="\n".join(lines),
            arms=" or ".join(arms),
            specification=_unique("main", taken),
            wave=toml_value(list(waves)[-1]),
        )
    )


def _wave_names(tables: list[_Table], taken: set[str]) -> dict[str, list[str]]:
    """Waves of the study by name, with their values; one, without values, where no column says the wave."""
    together: dict[str, list[str]] = {}
    of_value: dict[str, str] = {}
    for table in tables:
        for name, values in table.waves.items():
            for value in values:
                if of_value.setdefault(value, name) == name and value not in together.setdefault(name, []):
                    together[name].append(value)
    together = {name: values for name, values in together.items() if values}
    return {_unique(name, taken): values for name, values in (together or {"wave1": []}).items()}


def _table(table: _Table, waves: dict, alone: bool) -> list[str]:
    """Write the entry of one table."""
    level = '"person"' if alone else '"TODO: person, group or event: what is one row about?"'
    lines = [
        f"[tables.{table.name}]",
        f"level = {level}  # what a row is about: person, group or event",
        f"files = {toml_value([table.file])}",
    ]
    if table.sheets:
        others = ", ".join(" ".join(name.split()) for name in table.sheets[1:])
        lines.append(f"sheet = {toml_value(table.sheets[0])}  # not drafted: {others}")
    if table.wave_column:
        lines.append(f"wave_column = {toml_value(table.wave_column)}  # guessed from its name and values")
    elif alone:
        lines.append(f"wave = {toml_value(next(iter(waves)))}")
    else:
        wave = f"TODO: the wave of its rows ({', '.join(waves)}); delete this line if they hold at all waves"
        lines.append(f"wave = {toml_value(wave)}")
    todo = ["TODO: the column, or columns, that together name a row: each row once, and none empty"]
    lines.append(
        f"key = {toml_value(table.key or todo)}"
        + ("  # guessed: never empty, and never the same twice" if table.key else "")
    )
    lines.append('group = "TODO: the column that says the group; delete this line if there is none"')
    renamed = {column.received: column.name for column in table.columns if column.received != column.name}
    if renamed:
        lines += ["", f"[tables.{table.name}.rename]  # name in the file = name here"]
        lines += [f"{toml_value(received)} = {toml_value(name)}" for received, name in renamed.items()]
    return lines
