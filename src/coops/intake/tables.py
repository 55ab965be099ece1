"""From raw files to clean tables: every row accounted for, every fault found in one pass."""

from dataclasses import dataclass, field

import pandas as pd

from coops.intake import readers
from coops.intake.cells import parse
from coops.intake.contract import Table
from coops.intake.findings import Finding, FindingError, found, nearest
from coops.intake.study import Study

CORRECTION_COLUMNS = ["table", "key", "column", "old", "new", "reason", "by", "on"]


@dataclass
class Received:
    """What intake makes of a study's raw files.

    ``tables``: clean frames by table name; ``rows``: one row a file and table (received, accepted, corrected);
    ``reasons``: coded missing answers (table, key, column, reason); ``findings``: all of them.
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    rows: list[dict] = field(default_factory=list)
    reasons: list[pd.DataFrame] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop a run."""
        return [finding for finding in self.findings if finding.severity == "error"]


def receive(study: Study) -> Received:
    """Read, correct and parse all raw files of a study; no exception leaves it but a bug."""
    received = Received()
    corrections = _corrections(study, received)
    for name, table in study.contract.tables.items():
        try:
            frames = [
                (path, readers.read(path, table.format, table.sheet))
                for path in readers.find_files(study.folder / "raw", table.files, f"tables.{name}.files")
            ]
        except FindingError as error:
            received.findings += error.findings
            continue
        parts = []
        for path, raw in frames:
            raw = raw.rename(columns=table.rename)
            twice = ", ".join(sorted(set(raw.columns[raw.columns.duplicated()])))
            if twice:
                received.findings.append(found("E_HEADER_TWICE", file=path.name, sheet=table.sheet, column=twice))
                continue
            if not _columns(study, name, table, path.name, raw, received):
                continue
            corrected = _correct(name, table, path.name, raw, corrections, received)
            clean = _clean(study, name, table, path.name, raw, received)
            received.rows.append({"table": name, "file": path.name, "received": len(raw), "corrected": corrected})
            parts.append(clean)
        if len(parts) == len(frames):
            received.tables[name] = _key(name, table, parts, received)
    received.findings += [
        found(
            "E_CORRECTION_UNUSED",
            file="corrections.csv",
            row=row,
            key=cells["key"],
            column=cells["column"],
            table=cells["table"],
        )
        for row, cells in corrections.items()
        if not cells.get("used")
    ]
    if len(received.tables) == len(study.contract.tables):
        _waves(study, received)
        _links(study, received)
        _arm_values(study, received)
    return received


def _corrections(study: Study, received: Received) -> dict[int, dict]:
    path = study.folder / "corrections.csv"
    if not path.is_file():
        return {}
    frame = readers.read(path)
    missing = [name for name in CORRECTION_COLUMNS if name not in frame]
    received.findings += [
        found("E_NO_COLUMN", file=path.name, column=name, table="corrections", nearest=nearest(name, frame.columns))
        for name in missing
    ]
    return {} if missing else frame.to_dict("index")


def _columns(study: Study, name: str, table: Table, file: str, raw: pd.DataFrame, received: Received) -> bool:
    known = study.codebook.of_table(name)
    missing = [column for column in known if column not in raw]
    for column in missing:
        received.findings.append(
            found(
                "E_NO_COLUMN",
                file=file,
                sheet=table.sheet,
                column=column,
                table=name,
                nearest=nearest(column, raw.columns),
            )
        )
    for column in [column for column in raw if column not in known]:
        received.findings.append(found("W_COLUMN_UNUSED", file=file, sheet=table.sheet, column=column, table=name))
    return not missing


def _row_keys(table: Table, raw: pd.DataFrame) -> pd.Series:
    return raw[table.key].agg("|".join, axis=1) if len(raw) else pd.Series(dtype=str, index=raw.index)


def _correct(name: str, table: Table, file: str, raw: pd.DataFrame, corrections: dict, received: Received) -> int:
    """Replay the corrections of one file in place; one whose old value does not match is a finding."""
    mine = {row: cells for row, cells in corrections.items() if cells["table"] == name}
    if not mine:
        return 0
    keys, done = _row_keys(table, raw), 0
    for row, cells in mine.items():
        hits = keys.index[keys == cells["key"]]
        if not len(hits):
            continue
        cells["used"] = True
        place = {"file": "corrections.csv", "row": row, "column": cells["column"], "key": cells["key"]}
        if cells["column"] not in raw:
            received.findings.append(
                found("E_CORRECTION_COLUMN", **place, nearest=nearest(cells["column"], raw.columns))
            )
        elif (raw.loc[hits, cells["column"]].str.strip() != cells["old"].strip()).any():
            received.findings.append(found("E_CORRECTION_OLD", **place, received=file))
        else:
            raw.loc[hits, cells["column"]] = cells["new"]
            done += 1
    return done


def _clean(study: Study, name: str, table: Table, file: str, raw: pd.DataFrame, received: Received) -> pd.DataFrame:
    columns, keys = {}, _row_keys(table, raw)
    wave = _wave_names(study, table, file, raw, received)
    for column, rows in study.codebook.of_table(name).items():
        if column == table.wave_column:
            columns[column] = wave
            continue
        pieces = []
        for version, part in _by_version(study, table, wave, raw[column]):
            held = study.codebook.in_version(rows, version)
            variable = held[0] if held else rows[-1]
            values, reasons, faults = parse(part, variable)
            if not held:
                values = values.where(pd.Series(False, index=values.index))
            pieces.append(values)
            said = reasons[reasons != ""]
            if len(said):
                received.reasons.append(
                    pd.DataFrame({"table": name, "key": keys[said.index], "column": column, "reason": said})
                )
            for row, code in faults[faults != ""].items():
                shown = {"value": part[row]} if variable.pii == "N" else {"value": "…"}
                received.findings.append(
                    found(
                        code,
                        file=file,
                        sheet=table.sheet,
                        row=row,
                        column=column,
                        key=keys[row],
                        **shown,
                        low=_end(variable.low),
                        high=_end(variable.high),
                        allowed=" | ".join(variable.allowed),
                    )
                )
        columns[column] = pd.concat(pieces).reindex(raw.index) if pieces else pd.Series(dtype=object, index=raw.index)
    clean = pd.DataFrame(columns, index=raw.index)
    return clean.assign(**{"": [file] * len(clean)}).rename_axis("row").set_index("", append=True)


def _end(value: float | None) -> str:
    return "…" if value is None else f"{value:g}"


def _by_version(study: Study, table: Table, wave: pd.Series | None, column: pd.Series):
    """Split a column by the version of the questionnaire that its rows were asked with."""
    waves = study.contract.waves
    if wave is None:
        yield (waves[table.wave].form_version if table.wave else ""), column
        return
    versions = wave.map({name: said.form_version for name, said in waves.items()}).fillna("")
    for version in versions.unique():
        yield version, column[versions == version]


def _wave_names(study: Study, table: Table, file: str, raw: pd.DataFrame, received: Received) -> pd.Series | None:
    if not table.wave_column:
        return None
    names = {value: name for name, wave in study.contract.waves.items() for value in (wave.values or [name])}
    text = raw[table.wave_column].str.strip()
    wave = text.map(names).astype(object)
    unknown = text[wave.isna()]
    for value, rows in unknown.groupby(unknown):
        received.findings.append(
            found(
                "E_WAVE_VALUE",
                file=file,
                sheet=table.sheet,
                row=int(rows.index[0]),
                column=table.wave_column,
                value=value or "–",
                rows=len(rows),
                known=", ".join(names),
            )
        )
    return wave.where(wave.notna(), None)


def _key(name: str, table: Table, parts: list[pd.DataFrame], received: Received) -> pd.DataFrame:
    """Put the files of a table one below the other; a row without key, or with a key twice, is a finding."""
    clean = pd.concat(parts)
    empty = clean[table.key].isna().any(axis=1)
    for (row, file), key in clean.loc[empty, table.key].iterrows():
        column = ", ".join(key.index[key.isna()])
        received.findings.append(found("E_KEY_EMPTY", file=file, sheet=table.sheet, row=row, column=column))
    twice = clean.loc[~empty].duplicated(table.key, keep=False)
    for (row, file), key in clean.loc[~empty].loc[twice, table.key].iterrows():
        shown = "|".join(_plain(one) for one in key)
        received.findings.append(
            found("E_KEY_TWICE", file=file, sheet=table.sheet, row=row, column=", ".join(table.key), key=shown)
        )
    if clean.empty:
        received.findings.append(found("E_EMPTY_TABLE", file=", ".join(table.files), sheet=table.sheet, table=name))
    return clean.reset_index(drop=True)


def _plain(value) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _waves(study: Study, received: Received) -> None:
    """Each wave has rows, and as many as expected."""
    rows = dict.fromkeys(study.contract.waves, 0)
    for name, table in study.contract.tables.items():
        frame = received.tables[name]
        for wave in rows:
            here = len(frame) if table.wave == wave else 0
            if table.wave_column:
                here = int((frame[table.wave_column] == wave).sum())
            if table.level != "event":
                rows[wave] = max(rows[wave], here)
    waved = any(table.wave or table.wave_column for table in study.contract.tables.values())
    for wave, number in rows.items() if waved else ():
        expected = study.contract.waves[wave].expected_rows
        if number == 0:
            tables = [t for t in study.contract.tables.values() if t.wave == wave or t.wave_column]
            file = ", ".join(f for table in tables for f in table.files)
            column = ", ".join(t.wave_column for t in tables if t.wave_column)
            received.findings.append(found("E_EMPTY_WAVE", file=file, column=column, wave=wave))
        elif expected is not None and number != expected:
            received.findings.append(
                found("W_ROWS_EXPECTED", column=f"waves.{wave}", wave=wave, number=number, expected=expected)
            )


def _links(study: Study, received: Received) -> None:
    """Each person's group is in a table of groups, where there is one."""
    groups = {name: table for name, table in study.contract.tables.items() if table.level == "group"}
    if not groups:
        return
    known = set()
    for name, table in groups.items():
        unit = [column for column in table.key if column != table.wave_column]
        known |= set(received.tables[name][unit].map(_plain).agg("|".join, axis=1))
    for name, table in study.contract.tables.items():
        if table.level == "group" or not table.group:
            continue
        link = received.tables[name][table.group].dropna().map(_plain)
        for value, rows in link[~link.isin(known)].groupby(link):
            received.findings.append(
                found("E_NO_GROUP", file=", ".join(table.files), column=table.group, key=value, rows=len(rows))
            )


def _arm_values(study: Study, received: Received) -> None:
    """Say which values of the arm belong to no arm: their rows take no part in a comparison."""
    design = study.contract.design
    if len(design.arm) != 1:
        return
    known = {value for arm in study.contract.arms.values() if not arm.variable for value in arm.values}
    for name, table in study.contract.tables.items():
        if design.arm[0] not in received.tables[name]:
            continue
        column = received.tables[name][design.arm[0]].dropna().map(_plain)
        for value, rows in column[~column.isin(known)].groupby(column):
            received.findings.append(
                found("W_ARM_VALUE", file=", ".join(table.files), column=design.arm[0], value=value, rows=len(rows))
            )
