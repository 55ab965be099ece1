"""The intake of a run: raw files are read, what is found is written down, and the clean tables are accepted or not."""

import pandas as pd

from coops.data.clean_tables import LEFT_OUT, CleanTables
from coops.field_data import row_ledger
from coops.field_data.receive import Received, receive
from coops.show.language import Words
from coops.study import data_protection
from coops.study.findings import Finding, FindingError, finding
from coops.study.labels import study_labels
from coops.study.study import Study

NO_REASONS = pd.DataFrame(columns=["table", "key", "column", "reason"])


def words_of_sender(study: Study) -> Words:
    """The words of those who send the data."""
    return Words(study, str(study.contract.study.sender) or study.contract.study.languages[0])


def take_in(data: CleanTables) -> Received:
    """Read the raw files; write what was found, and what is to be mended as a private workbook."""
    from coops.field_data import query_workbook

    study = data.study
    received = receive(study)
    data.clear()
    language = study.contract.study.languages[0]
    lines = [(f.code, f.file, f.sheet, f.row or "", f.column, f.text(language)) for f in received.findings]
    data.write(pd.DataFrame(lines, columns=["code", "file", "sheet", "row", "column", "words"]), "_findings")
    data.write(received.ledger, "_ledger")
    if received.errors:
        book = query_workbook.workbook(received, words_of_sender(study))
        (data_protection.private_folder(data.root) / "to_mend.xlsx").write_bytes(book)
    return received


def accept(data: CleanTables, received: Received, partial: bool = False) -> None:
    """Write the clean tables, or stop here.

    Parameters
    ----------
    partial : bool
        Go on without the rows that are put aside; every page then says how many.

    Raises
    ------
    FindingError
        With every error found in the data; nothing is written then.
    """
    aside = int(received.ledger["aside"].sum())
    if received.blocking or (aside and not partial):
        language = data.study.contract.study.languages[0]
        rows_left = [] if received.blocking else [_rows_left(received, aside, language)]
        raise FindingError(*rows_left, *received.errors)
    for name, frame in received.tables.items():
        data.write(frame, name)
    data.write(_reasons(received), "_reasons")
    data.write(row_ledger.rows_out(data.study, received), LEFT_OUT)


def _rows_left(received: Received, aside: int, language: str) -> Finding:
    return finding("E_ROWS_LEFT", rows=aside, first=received.errors[0].line(language))


def _reasons(received: Received) -> pd.DataFrame:
    """Why cells are empty, of all tables."""
    return pd.concat([NO_REASONS, *received.reasons]) if received.reasons else NO_REASONS


def field_team(data: CleanTables, received: Received) -> list:
    """Run the checks of the field team; what they flag goes to a private workbook. None if a table is missing."""
    from coops.field_data import field_team as team
    from coops.field_data.field_team import workbook

    study = data.study
    if len(received.tables) < len(study.contract.tables):
        return []
    labels = study_labels(study.folder)
    checks = team.check(study, received.tables, _reasons(received), received.findings, labels)
    elsewhere = team.support_elsewhere(study, received.tables)
    book = workbook.workbook(checks, elsewhere, words_of_sender(study))
    (data_protection.private_folder(data.root) / "field_team.xlsx").write_bytes(book)
    return checks
