"""The workbook of the field-team checks: an overview of all twenty, a sheet for each that found something."""

import io

import openpyxl
import pandas as pd
import pytest

from coops.field_data import field_team
from coops.field_data.field_team import workbook
from coops.field_data.receive import receive
from coops.show.language import Words, package_labels
from coops.study.load import load
from tests import made
from tests.field_data.test_field_team import CODEBOOK, LABELS, TOML, clean


def book(folder, language: str):
    """Planted: a remark that begins like a formula, a pupil without consent."""
    parts = clean()
    parts["talks"].loc[5, "remark"] = "=1+1"
    parts["pupils"].loc[4, "agreed"] = "no"
    study = load(made.study(folder, TOML, CODEBOOK, **parts))
    received = receive(study)
    reasons = pd.DataFrame(columns=["table", "key", "column", "reason"])
    checks = field_team.check(study, received.tables, reasons, received.findings, LABELS)
    support = field_team.support_elsewhere(study, received.tables)
    return openpyxl.load_workbook(io.BytesIO(workbook.workbook(checks, support, Words(study, language))))


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_overview(tmp_path, language):
    """Twenty lines with what was looked at, what was flagged and what it means, in the language of the sender."""
    made_book = book(tmp_path, language)
    assert all(bool(sheet.sheet_view.rightToLeft) == (language == "ar") for sheet in made_book)
    rows = list(made_book.worksheets[0].iter_rows(min_row=5, values_only=True))
    assert [row[0] for row in rows] == list(range(1, 21))
    assert rows[12][1:] == (
        package_labels()["fieldwork.consent"][language], 80, 1, package_labels()["fieldwork.consent.means"][language],
    )  # fmt: skip
    assert [row[3] for row in rows].count(1) == 2  # consent, the remark; of the plan and the others nothing is wrong
    assert made_book.worksheets[0]["A2"].value == package_labels()["fieldwork.private"][language]


def test_sheets(tmp_path):
    """Sheets of what was found, and of the checks that are lists of all; text is text, a share is a share."""
    made_book = book(tmp_path, "en")
    names = [name.split(" ", 1) for name in made_book.sheetnames[1:-1]]
    assert [int(number) for number, _ in names] == [4, 8, 10, 11, 12, 13, 14]
    remarks = list(made_book["8 Remarks"].iter_rows(values_only=True))
    assert [cell or "" for cell in remarks[1]] == ["talks", "T005", "remark (remark)", "remark", "=1+1", ""]
    assert made_book["8 Remarks"]["E2"].data_type == "s"
    assert [cell.value for cell in made_book["13 Consent"][2]][1:4] == ["p04|before", "consent (agreed)", "no consent"]
    plan = made_book["11 Done and planned"]
    share = next(cell for cell in plan[1] if cell.value == "Share").column
    assert (plan.cell(2, share).value, plan.cell(2, share).number_format) == (1, "0.0%")
    elsewhere = list(made_book.worksheets[-1].iter_rows(values_only=True))
    assert elsewhere[1:] == [
        ("with books", "no", 15), ("with books", "yes", 5), ("without books", "no", 15), ("without books", "yes", 5),
    ]  # fmt: skip


def test_a_check_that_did_not_run_says_why(tmp_path):
    """In place of its counts."""
    study = load(made.study(tmp_path))
    received = receive(study)
    checks = field_team.check(study, received.tables, pd.DataFrame(columns=["table", "key", "column", "reason"]), [])
    made_book = openpyxl.load_workbook(
        io.BytesIO(workbook.workbook(checks, field_team.support_elsewhere(study, received.tables), Words(study, "fr")))
    )
    rows = list(made_book.worksheets[0].iter_rows(min_row=5, values_only=True))
    assert rows[0][2:] == ("–", "–", package_labels()["fieldwork.why.not_collected"]["fr"])
