"""From raw files to clean tables: every row accounted for, every fault found in one pass."""

from dataclasses import dataclass, field

import pandas as pd

from coops.field_data import corrections, rules
from coops.field_data.batch import LEDGER, Batch
from coops.files import readers
from coops.files import sheet as files_sheet
from coops.files.cells import parse
from coops.study.findings import Finding, FindingError, finding, nearest
from coops.study.labels import lacking
from coops.study.languages import LANGUAGES
from coops.study.schema import Table
from coops.study.study import Study
from coops.study.values import plain


@dataclass
class Received:
    """What intake makes of a study's raw files.

    ``tables``: clean frames by table name, of the rows that go on; ``batches``: all rows of each table, with those put
    aside; ``ledger``: one row a file and table, received = dropped + merged + aside + accepted; ``reasons``: coded
    missing answers (table, key, column, reason); ``findings``: all of them, those about one row included.
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    ledger: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=LEDGER))
    reasons: list[pd.DataFrame] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop a run."""
        return [finding for finding in self.findings if finding.severity != "warning"]

    @property
    def blocking(self) -> list[Finding]:
        """The errors that are not about rows put aside: no run goes on without them being mended."""
        about_rows = [faults for batch in self.batches.values() for faults in batch.aside.values()]
        known = {id(fault) for faults in about_rows for fault in faults}
        return [finding for finding in self.errors if id(finding) not in known]


def _languages(study: Study) -> list[Finding]:
    """Tell which languages of the study are still being translated: English stands in for what they lack."""
    partly = [language for language in study.contract.study.languages if not LANGUAGES[language].complete]
    return [
        finding("W_LANGUAGE", file="study.toml", column="study.languages", language=code, number=len(lacking(code)))
        for code in partly
    ]


def receive(study: Study) -> Received:
    """Read, correct, parse and check all raw files of a study; no exception leaves it but a bug."""
    received = Received()
    lost: list[dict] = []
    received.findings += _languages(study)
    changes = corrections.read(study, received.findings)
    for name, table in study.contract.tables.items():
        sheets = _sheets(study, name, table, received, lost)
        if sheets is not None:
            received.batches[name] = Batch.of(name, table, sheets, study.codebook.of_table(name))
    for batch in received.batches.values():
        corrections.replay(changes, batch)
        _parse(study, batch, received)
    received.findings += corrections.unused(changes) if len(received.batches) == len(study.contract.tables) else []
    rules.check(study, received.batches)
    for name, batch in received.batches.items():
        place = {file: number for number, file in enumerate(batch.places["file"].unique())}
        received.findings += sorted(batch.findings, key=lambda fault: (place.get(fault.file, -1), fault.row or 0))
        received.tables[name] = batch.clean.loc[batch.accepted()].reset_index(drop=True)
        if batch.raw.empty:
            code = "W_EMPTY_TABLE" if batch.table.level == "event" else "E_EMPTY_TABLE"
            where = {"file": ", ".join(batch.table.files), "sheet": batch.table.sheet}
            received.findings.append(finding(code, **where, table=name))
    ledgers = [batch.ledger() for batch in received.batches.values()] + [pd.DataFrame(lost, columns=LEDGER)]
    received.ledger = pd.concat([fault for fault in ledgers if len(fault)] or ledgers[-1:], ignore_index=True)
    if len(received.batches) == len(study.contract.tables):
        _waves(study, received)
        _arm_values(study, received)
    return received


def _sheets(study: Study, name: str, table: Table, received: Received, lost: list) -> list[files_sheet.Sheet] | None:
    """The sheets of a table; none if one of them cannot be used: its rows are counted as put aside."""
    known, sheets, whole = study.codebook.of_table(name), [], True
    try:
        paths = readers.find_files(study.folder / "raw", table.files, f"tables.{name}.files")
    except FindingError as error:
        received.findings += error.findings
        return None
    for path in paths:
        try:
            sheet = readers.read_table(path, table, known)
        except FindingError as error:
            received.findings += error.findings
            whole = False
            continue
        missing = [column for column in known if column not in sheet.frame]
        place = {"file": sheet.file, "sheet": sheet.sheet}
        received.findings += [
            finding("E_NO_COLUMN", **place, column=column, table=name, nearest=nearest(column, sheet.frame.columns))
            for column in missing
        ]
        received.findings += [
            finding("W_COLUMN_UNUSED", **place, column=column, table=name)
            for column in sheet.frame
            if column not in known
        ]
        if missing:
            rows = len(sheet.frame)
            lost.append({"table": name, **place, "received": rows, "dropped": 0, "merged": 0, "aside": rows})
            lost[-1] |= {"accepted": 0, "corrected": 0}
            whole = False
        sheets.append(sheet)
    return sheets if whole and sheets else None


def _parse(study: Study, batch: Batch, received: Received) -> None:
    """Parse the cells of a table by the type that the codebook gives; each that does not fit is a finding."""
    columns = {}
    batch.wave = _wave_names(study, batch)
    for column, held in study.codebook.of_table(batch.name).items():
        if column == batch.table.wave_column:
            columns[column] = batch.wave
            continue
        pieces = []
        for version, part in _by_version(study, batch, batch.raw[column]):
            asked = study.codebook.in_version(held, version)
            variable = asked[0] if asked else held[-1]
            values, reasons, faults = parse(part, variable)
            if not asked:
                if unasked := int((part.str.strip() != "").sum()):
                    where = {"file": ", ".join(batch.places["file"].unique()), "column": column}
                    batch.findings.append(finding("W_NOT_ASKED", **where, version=version, rows=unasked))
                values = values.where(pd.Series(False, index=values.index))
                reasons, faults = reasons[:0], faults[:0]
            pieces.append(values)
            coded = reasons[reasons != ""]
            if len(coded):
                cells = {"table": batch.name, "key": batch.keys[coded.index], "column": column, "reason": coded}
                received.reasons.append(pd.DataFrame(cells))
            ends = {"low": _end(variable.low), "high": _end(variable.high)}
            for at, code in faults[faults != ""].items():
                if at not in batch.dropped:
                    batch.flag(code, at, column, value=part[at], **ends, allowed=" | ".join(variable.allowed))
        columns[column] = pd.concat(pieces).reindex(batch.raw.index) if len(pieces) != 1 else pieces[0]
    batch.clean = pd.DataFrame(columns, index=batch.raw.index)


def _end(value: float | None) -> str:
    return "…" if value is None else f"{value:g}"


def _by_version(study: Study, batch: Batch, column: pd.Series) -> list[tuple[str, pd.Series]]:
    """Split a column by the version of the questionnaire that its rows were asked with."""
    versions = batch.versions(study)
    known = versions.unique()
    if len(known) < 2:
        return [(known[0] if len(known) else "", column)]
    return [(version, column[versions == version]) for version in known]


def _wave_names(study: Study, batch: Batch) -> pd.Series | None:
    """The wave of each row; a value that is no wave puts its row aside."""
    column = batch.table.wave_column
    if not column:
        return None
    names = {value: name for name, wave in study.contract.waves.items() for value in (wave.values or [name])}
    text = batch.raw[column].str.strip()
    wave = text.map(names).astype(object)
    unknown = text[wave.isna().to_numpy() & batch.live()]
    rows = unknown.value_counts()
    for at, value in unknown.items():
        batch.flag("E_WAVE_VALUE", at, column, value=value or "–", rows=int(rows[value]), known=", ".join(names))
    return wave.where(wave.notna(), None)


def _waves(study: Study, received: Received) -> None:
    """Each wave has rows, and as many as expected."""
    rows = dict.fromkeys(study.contract.waves, 0)
    for name, table in study.contract.tables.items():
        batch = received.batches[name]
        for wave in rows:
            here = int(batch.live().sum()) if table.wave == wave else 0
            if table.wave_column:
                here = int(((batch.wave == wave) & batch.live()).sum())
            if table.level != "event":
                rows[wave] = max(rows[wave], here)
    waved = any(table.wave or table.wave_column for table in study.contract.tables.values())
    for wave, number in rows.items() if waved else ():
        expected = study.contract.waves[wave].expected_rows
        if number == 0:
            tables = [t for t in study.contract.tables.values() if t.wave == wave or t.wave_column]
            file = ", ".join(dict.fromkeys(f for table in tables for f in table.files))
            column = ", ".join(dict.fromkeys(t.wave_column for t in tables if t.wave_column))
            received.findings.append(finding("E_EMPTY_WAVE", file=file, column=column, wave=wave))
        elif expected is not None and number != expected:
            place = f"waves.{wave}"
            unlike = finding("W_ROWS_EXPECTED", column=place, wave=wave, number=number, expected=expected)
            received.findings.append(unlike)


def _arm_values(study: Study, received: Received) -> None:
    """Say which values of the arm belong to no arm: their rows take no part in a comparison."""
    design = study.contract.design
    if len(design.arm) != 1:
        return
    known = {value for arm in study.contract.arms.values() if not arm.variable for value in arm.values}
    for name, table in study.contract.tables.items():
        if design.arm[0] not in received.tables[name]:
            continue
        counts = received.tables[name][design.arm[0]].value_counts(sort=False)
        counts.index = counts.index.map(plain)
        where = {"file": ", ".join(table.files), "column": design.arm[0]}
        for value, rows in counts[~counts.index.isin(known)].sort_index().items():
            received.findings.append(finding("W_ARM_VALUE", **where, value=value, rows=int(rows)))
