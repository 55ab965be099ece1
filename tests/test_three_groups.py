"""From nothing to a page as an association does it: a new folder, a workbook filled in, faults, mended, run.

The answers are those of three groups of the demonstration, typed into the workbook as a person types them; then the
same answers as a KoboToolbox export and as an ODK zip, which must give the same clean tables byte for byte.
"""

import csv
import io
import re
import shutil
import zipfile
from functools import cache
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from coops.__main__ import main
from coops.field_data.receive import receive
from coops.study.load import load
from tests.checkout import ROOT
from tests.real.adapter import command

DEMO = ROOT / "data" / "demo"
WAVES = {"baseline": ("2013-02-04", "2013-03-03", "100"), "endline": ("2014-08-04", "2014-08-31", "102.31")}
GROUPS = 3
FILLED = ("cooperatives", "coop_wave", "members", "member_wave")


@cache
def answers() -> dict[str, pd.DataFrame]:
    """What three groups of the demonstration answered: two of one arm, one of the other; after its corrections."""
    received = receive(load(DEMO))
    raw = {name: received.batches[name].raw for name in FILLED}
    arms = raw["cooperatives"].groupby("arm")["coop_id"].apply(list)
    chosen = [*arms.iloc[0][:1], *arms.iloc[1][:2]]
    assert len(chosen) == GROUPS
    for name in ("cooperatives", "coop_wave", "members"):
        raw[name] = raw[name][raw[name]["coop_id"].isin(chosen)].reset_index(drop=True)
    mine = raw["member_wave"][raw["member_wave"]["member_id"].isin(raw["members"]["member_id"])]
    place = {member: number for number, member in enumerate(raw["members"]["member_id"])}
    order = mine.assign(place=mine["member_id"].map(place)).sort_values(["place", "wave"], kind="stable").index
    raw["member_wave"] = mine.loc[order].reset_index(drop=True)
    return raw


def new(folder: Path, label: str) -> Path:
    """``coops new``, and its TODOs said as a person would."""
    assert main(["new", str(folder), "--label", label]) == 0
    text = (folder / "study.toml").read_text(encoding="utf-8")
    for name, (start, end, price) in WAVES.items():
        at = text.index(f"[waves.{name}]")
        part = text[at:]
        for field, value in (("start", start), ("end", end), ("price_index", price)):
            part = re.sub(rf'(?m)^{field} = "TODO[^"]*"', f"{field} = {value}", part, count=1)
        text = text[:at] + part
    text = re.sub(r'coverage = "TODO[^"]*"', 'coverage = "census"', text)
    text = re.sub(r'retention_date = "TODO[^"]*"', "retention_date = 2099-12-31", text)
    (folder / "study.toml").write_text(re.sub(r'"TODO[^"]*"', '"as said"', text), encoding="utf-8")
    return folder


def typed(value: str):
    """As Excel holds what a person types: numbers as numbers, the rest as text."""
    return float(value) if re.fullmatch(r"-?\d+(\.\d+)?", value) and not re.fullmatch(r"0\d+", value) else value or None


def fill(folder: Path, tables: dict[str, pd.DataFrame], faults: dict | None = None) -> None:
    """Type answers into the workbook, below its heads; ``faults``: (table, row from 0, column) → what was typed."""
    (path,) = (folder / "raw").glob("*.xlsx")
    book = openpyxl.load_workbook(path)
    for name, frame in tables.items():
        sheet = book[name]
        place = {cell.value: cell.column for cell in sheet[1]}
        for row, cells in enumerate(frame.to_dict("records")):
            for column, value in cells.items():
                said = (faults or {}).get((name, row, column))
                sheet.cell(row + 2, place[column]).value = typed(value) if said is None else said
    book.save(path)


FAULTS = {
    ("coop_wave", 1, "members_w"): "many",
    ("coop_wave", 2, "survey_date"): "31/02/2013",
    ("member_wave", 3, "hh_size"): 99,
    ("member_wave", 5, "say_income"): "1,234",
    ("member_wave", 6, "member_id"): "",
    ("member_wave", 8, "consent"): "perhaps",
}


def mend(path: Path, right: dict[str, pd.DataFrame]) -> None:
    """Fill in the workbook that came back as a person does: the right value, who and when."""
    book = openpyxl.load_workbook(path)
    sheet = next(one for one in book if one["A1"].value == "coops:mend")
    place = {cell.value: cell.column for cell in sheet[1]}
    for row in range(3, sheet.max_row + 1):
        said = {name: sheet.cell(row, column).value for name, column in place.items()}
        frame = right[said["table"]]
        if said["column"] not in frame:
            continue  # the line of the whole row: nothing to take out
        value = frame.iloc[int(said["row"]) - 2][said["column"]]
        if value != (said["value"] or ""):
            sheet.cell(row, place["new"]).value = typed(value)
            sheet.cell(row, place["by"]).value, sheet.cell(row, place["on"]).value = "coordinator", "2014-10-01"
    book.save(path)


def cleaned(folder: Path) -> dict[str, str]:
    """The clean tables of a folder as text; nothing may be found but that tables of events are empty."""
    got = receive(load(folder))
    assert {fault.code for fault in got.findings} <= {"W_EMPTY_TABLE"}, [fault.line() for fault in got.findings]
    return {name: got.tables[name].to_csv(index=False) for name in FILLED}


@pytest.fixture(scope="module")
def mended(tmp_path_factory) -> Path:
    """A folder whose faults were found, sent back, mended and read back."""
    folder, right = new(tmp_path_factory.mktemp("new") / "three", "DEMONSTRATION"), answers()
    fill(folder, right, FAULTS)
    assert main(["check", str(folder)]) == 1
    book = folder / "check" / "to_mend.xlsx"
    got = receive(load(folder))
    found = {(fault.sheet, fault.row - 2, fault.column) for fault in got.errors if fault.row}
    assert {(table, row, column) for table, row, column in FAULTS} <= found
    assert (got.ledger["received"] == got.ledger[["dropped", "merged", "aside", "accepted"]].sum(axis=1)).all()
    assert got.ledger["aside"].sum() == len(got.batches["coop_wave"].aside) + len(got.batches["member_wave"].aside)
    mend(book, right)
    assert main(["correct", str(folder), str(book)]) == 0
    assert main(["check", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def clean(mended) -> dict[str, str]:
    """Its clean tables."""
    return cleaned(mended)


def test_mended_is_what_was_answered(clean, tmp_path):
    """After the corrections the clean tables are those of a workbook without a fault, byte for byte."""
    right = new(tmp_path / "right", "DEMONSTRATION")
    fill(right, answers())
    assert clean == cleaned(right)


def test_a_page(mended, tmp_path):
    """Labelled as a demonstration it runs to a page; with three groups there is no interval, and the page says why."""
    done = command("run", mended, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "run" / "report" / "three.en.md").read_text(encoding="utf-8")
    assert "not enough data to say" in page and "fewer than three clusters in an arm" in page


def test_a_field_study_stays_private(tmp_path):
    """Labelled FIELD the notebooks run, and the report is refused with that sentence."""
    folder = new(tmp_path / "field", "FIELD")
    fill(folder, answers())
    done = command("run", folder, "--out", tmp_path / "run")
    assert done.returncode == 1 and "E_FIELD_REPORT" in done.stderr
    assert (tmp_path / "run" / "notebooks" / "11_findings.ipynb").is_file()
    assert not list((tmp_path / "run").rglob("*.pdf")) and not list((tmp_path / "run").rglob("*.html"))


def test_rows_left_out_are_said_on_every_page(tmp_path):
    """Not mended, the run stops after intake; told to go on, each page says how many rows are out, by arm and stratum."""
    folder = new(tmp_path / "three", "DEMONSTRATION")
    fill(folder, answers(), FAULTS)
    done = command("run", folder, "--out", tmp_path / "run")
    assert done.returncode == 1 and "E_ROWS_LEFT" in done.stderr and "02_field_data" in done.stderr
    assert (tmp_path / "run" / "private" / "to_mend.xlsx").is_file()
    assert not (tmp_path / "run" / "notebooks" / "05_participants.ipynb").exists()
    done = command("run", folder, "--out", tmp_path / "run", "--accept-partial")
    assert done.returncode == 0, done.stdout + done.stderr
    aside = receive(load(folder)).ledger["aside"].sum()
    for language in ("en", "fr", "ar"):
        page = (tmp_path / "run" / "report" / f"three.{language}.md").read_text(encoding="utf-8")
        notice = page[: page.index("\n## ")]
        assert str(aside) in notice
    assert f"{aside} rows of the received data are put aside" in (
        tmp_path / "run" / "report" / "three.en.md"
    ).read_text(encoding="utf-8")


# -- the same answers from a survey tool -------------------------------------------------------------


def asked(folder: Path, name: str) -> dict[str, str]:
    """Each question of a form with the path of its group, as the export heads its column."""
    book = openpyxl.load_workbook(folder / "forms" / f"{name}.xlsx")
    heads = [cell.value for cell in book["survey"][1]]
    at, kind, paths, group = heads.index("name"), heads.index("type"), {}, []
    for row in book["survey"].iter_rows(min_row=2, values_only=True):
        if row[kind] and re.match("begin.group", row[kind]):
            group.append(row[at])
        elif row[kind] and re.match("end.group", row[kind]):
            group.pop()
        elif row[at]:
            paths[row[at]] = "/".join([*group, row[at]])
    return paths


def interviews(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """One row an interview, as each form asks it."""
    return {
        "coop_diag": tables["coop_wave"],
        "member": tables["member_wave"].merge(tables["members"], on="member_id", how="left"),
    }


def kobo(path: Path, frame: pd.DataFrame, paths: dict[str, str], multiples: dict[str, tuple]) -> None:
    """An export with XML values and headers, groups in the names, select_multiple both ways, and its metadata."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = path.stem
    heads, columns = ["start", "end", "deviceid"], []
    for name, full in paths.items():
        if name in frame:
            columns.append(name)
            heads.append(full)
            heads += [f"{full}/{choice}" for choice in multiples.get(name, ())]
    sheet.append([*heads, "__version__", "_id", "_uuid", "_submission_time", "_index"])
    for number, row in enumerate(frame.to_dict("records"), start=1):
        cells = ["2013-02-21T11:31:00.000+01:00", "2013-02-21T11:54:00.000+01:00", "ee.kobotoolbox.org:a"]
        for name in columns:
            cells.append(typed(row[name]))
            ticked = row[name].split()
            cells += [int(choice in ticked) for choice in multiples.get(name, ())]
        sheet.append([*cells, "v1", number, f"uuid-{number}", "2013-02-21T12:00:00", number])
    book.save(path)


def odk(path: Path, frame: pd.DataFrame, paths: dict[str, str]) -> None:
    """The zip of ODK Central: one CSV, groups joined by a hyphen, KEY and SubmissionDate."""
    text = io.StringIO()
    columns = [name for name in paths if name in frame]
    writer = csv.writer(text)
    writer.writerow(["SubmissionDate", *(paths[name].replace("/", "-") for name in columns), "meta-instanceID", "KEY"])
    for number, row in enumerate(frame.to_dict("records")):
        key = f"uuid:{number}"
        writer.writerow(["2013-02-21T12:00:00.000Z", *(row[name] for name in columns), key, key])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{path.stem}.csv", text.getvalue())


@pytest.mark.parametrize("tool", ["kobo", "odk"])
def test_the_same_answers_from_a_survey_tool(mended, clean, tmp_path, tool):
    """Exports of both forms in place of the sheets: the same clean tables, byte for byte."""
    folder = tmp_path / "three"
    shutil.copytree(mended, folder)
    (folder / "corrections.csv").unlink()
    fill(folder, {"cooperatives": answers()["cooperatives"]})
    study = load(folder)
    multiples = {v.name: v.allowed for v in study.codebook.variables if v.type == "multiple"}
    ending = {"kobo": "xlsx", "odk": "zip"}[tool]
    for name, frame in interviews(answers()).items():
        path = folder / "raw" / f"{name}.{ending}"
        paths = asked(folder, name)
        kobo(path, frame, paths, multiples) if tool == "kobo" else odk(path, frame, paths)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    for table, form, more in (
        ("coop_wave", "coop_diag", ""),
        ("members", "member", "once = true\n"),
        ("member_wave", "member", ""),
    ):
        at = text.index(f"[tables.{table}]\n")
        end = text.index("\n[", at + 1)
        part = re.sub(r"(?m)^files = .*$", f'files = ["{form}.{ending}"]\nformat = "{tool}"', text[at:end])
        part = re.sub(r"(?m)^sheet = .*\n", "", part + "\n")
        text = text[:at] + part + more + text[end:]
    (folder / "study.toml").write_text(text, encoding="utf-8")
    got = receive(load(folder))
    assert not got.errors, [fault.line() for fault in got.errors][:5]
    assert {name: got.tables[name].to_csv(index=False) for name in FILLED} == clean
