"""A new study folder from a programme's design: its questions, its rules, an empty workbook, its questionnaires."""

import re
import shutil
import tomllib
import zlib
from functools import partial
from pathlib import Path

from coops.collect.forms import xlsform
from coops.collect.toml import toml
from coops.collect.workbook import workbook
from coops.files.excel import names, packed
from coops.study.findings import Finding, FindingError, fail
from coops.study.study import Study

COPIED = ("codebook.csv", "labels.csv", "diagnosis.csv", "evaluation.csv")
DROPPED = {"study": ("facts", "licence", "citation", "frame_size", "version", "date"), "table": ("rename", "format")}
PROTECTION = {
    "receipt": "number of the receipt or authorisation",
    "controller": "who is responsible for the data",
    "purpose": "what the data are collected for",
    "hosting_country": "country where the data are kept",
    "retention_date": "day after which the data are destroyed, as 2031-12-31 and without quotation marks",
}
HEAD = """\
# Made by "coops new" from the design {design}. Replace each text that begins with TODO; "coops check" lists those that
# are left. Days and numbers are written without quotation marks. The answers come in raw/{id}.xlsx, a sheet a table.
# If they come from KoboToolbox or ODK instead, name the export in files of its tables, write format = "kobo" (or "odk")
# there, take sheet out, and write once = true where one interview after the other says the same of a unit.
"""


def make(folder: Path, design: Study, label: str) -> None:
    """Write a study folder that has the design of another study, and no data.

    Parameters
    ----------
    folder : Path
        The folder to make; its name becomes the id of the study.
    design : Study
        Its tables, codebook, rules, outcomes and forms are taken over; what only a person can know says TODO.
    label : str
        ``FIELD`` or ``DEMONSTRATION``.

    Raises
    ------
    FindingError
        ``E_NEW_EXISTS`` if the folder is there; what is wrong with the words of the workbook or of a form. Nothing
        has been written then.
    """
    if folder.exists():
        raise fail("E_NEW_EXISTS", folder=folder.name)
    name = identifier(folder.resolve().name)
    faults: list[Finding] = []
    contents, empty = {}, _named(design, name)
    makers = {Path("raw") / f"{name}.xlsx": partial(workbook, empty)}
    makers |= {Path("forms") / f"{form}.xlsx": partial(xlsform, empty, form) for form in design.contract.forms}
    for path, maker in makers.items():
        try:
            contents[path] = packed(maker())
        except FindingError as error:
            faults += [fault for fault in error.findings if fault not in faults]
    if faults:
        raise FindingError(*faults)
    raw = tomllib.loads((design.folder / "study.toml").read_text(encoding="utf-8-sig"))
    text = HEAD.format(design=design.id, id=name) + toml(_renewed(raw, name, label, design))
    for path, content in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "study.toml").write_text(text, encoding="utf-8", newline="\n")
    for file in COPIED:
        if (design.folder / file).is_file():
            shutil.copyfile(design.folder / file, folder / file)


def identifier(text: str) -> str:
    """Turn the name of a folder into the id of a study."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
    return name if name[:1].isalpha() else f"study_{name}".strip("_")


def _named(design: Study, name: str) -> Study:
    """The design under the id of the new study, which has no title yet: its workbook and forms carry it."""
    title = dict.fromkeys(design.contract.study.title, name)
    identity = design.contract.study.model_copy(update={"id": name, "title": title})
    return Study(design.folder, design.contract.model_copy(update={"study": identity}), design.codebook)


def _renewed(raw: dict, name: str, label: str, design: Study) -> dict:
    """Return what the new ``study.toml`` says: the design, with TODO where only a person can know."""
    study = {key: value for key, value in raw["study"].items() if key not in DROPPED["study"]}
    study |= {"id": name, "label": label, "seed": zlib.crc32(name.encode()) % 10**6}
    study["title"] = _in_each(design, "title of the study, as it will stand on the page")
    study["summary"] = _in_each(design, "what is done, for whom and where, in one sentence")
    study["coverage"] = "TODO: census or sample: are all units of the programme in the data?"
    waves = {}
    for wave, settings in raw["waves"].items():
        waves[wave] = {key: value for key, value in settings.items() if key != "expected_rows"}
        waves[wave]["start"] = "TODO: first day of this round, as 2031-03-01"
        waves[wave]["end"] = "TODO: last day of this round"
        if "price_index" in settings:
            waves[wave]["price_index"] = "TODO: price level at this round, 100 at the first one"
    sheets = names(raw["tables"])
    tables = {}
    for table, settings in raw["tables"].items():
        tables[table] = {key: value for key, value in settings.items() if key not in DROPPED["table"]}
        tables[table] |= {"files": [f"{name}.xlsx"], "sheet": sheets[table]}
    renewed = {**raw, "study": study, "waves": waves, "tables": tables}
    renewed.pop("data_protection", None)
    if label == "FIELD":
        renewed["data_protection"] = {field: f"TODO: {what}" for field, what in PROTECTION.items()}
    return renewed


def _in_each(design: Study, what: str) -> dict[str, str]:
    return {language: f"TODO: {what} ({language})" for language in design.contract.study.languages}
