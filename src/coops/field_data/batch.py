"""The rows of one table on their way in: received text, parsed values, where each stands, which are put aside."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from coops.files.sheet import Sheet
from coops.study.codebook import Variable
from coops.study.findings import Finding, finding
from coops.study.languages import language_of
from coops.study.schema import Table
from coops.study.study import Study
from coops.study.values import unit_names

WHOLE_ROW = "*"  # the column of a correction that is about a row as a whole


@dataclass
class Batch:
    """All rows received for one table; every row has one number, its place in ``raw``.

    ``raw``: text as received, after corrections; ``places``: file, sheet and row (as Excel counts) of each row;
    ``keys``: key columns as received, joined by ``|``; ``pii``, ``labels``: of each column; ``clean``:
    parsed values; ``wave``: name of each row's wave;
    ``aside``: row number → findings that put it aside; ``dropped``: rows that a correction takes out;
    ``merged``: rows that are one with another row of their unit.
    """

    name: str
    table: Table
    raw: pd.DataFrame
    places: pd.DataFrame
    keys: pd.Series
    pii: dict[str, str]
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    clean: pd.DataFrame = field(default_factory=pd.DataFrame)
    wave: pd.Series | None = None
    aside: dict[int, list[Finding]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    dropped: set[int] = field(default_factory=set)
    merged: set[int] = field(default_factory=set)
    corrected: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, table: Table, sheets: list[Sheet], known: dict[str, list[Variable]]) -> "Batch":
        """Put the sheets of a table one below the other."""
        frames = [sheet.frame for sheet in sheets]
        raw = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0].reset_index(drop=True)
        parts = [{"file": sheet.file, "sheet": sheet.sheet, "row": sheet.frame.index.to_numpy()} for sheet in sheets]
        places = pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)
        pii = {column: held[-1].pii for column, held in known.items()}
        labels = {column: held[-1].label for column, held in known.items()}
        batch = cls(name, table, raw, places, _joined(raw, table.key), pii, labels)
        start = 0
        for sheet in sheets:
            at = {row: start + number for number, row in enumerate(sheet.frame.index)} if sheet.findings else {}
            for fault in sheet.findings:
                if fault.severity == "error" and fault.row in at:
                    batch.aside.setdefault(at[fault.row], []).append(fault)
                batch.findings.append(fault)
            start += len(sheet.frame)
        return batch

    @property
    def unit(self) -> list[str]:
        """Key columns without the wave: what names a unit."""
        return [column for column in self.table.key if column != self.table.wave_column]

    def units(self) -> pd.Series:
        """Name of each row's unit, from parsed values."""
        return unit_names(self.clean, self.unit)

    @property
    def waves(self) -> pd.Series:
        """Wave of each row: its own, or that of the table."""
        return pd.Series(self.table.wave, index=self.raw.index) if self.wave is None else self.wave

    def versions(self, study: Study) -> pd.Series:
        """Version of the questionnaire that each row was asked with."""
        return self.waves.map({name: wave.form_version for name, wave in study.contract.waves.items()}).fillna("")

    def live(self) -> pd.Series:
        """Tell which rows no correction has taken out."""
        return ~self.raw.index.isin(self.dropped) if self.dropped else pd.Series(True, index=self.raw.index).to_numpy()

    def accepted(self) -> pd.Index:
        """Return the numbers of the rows that go on."""
        out = self.dropped | self.merged | set(self.aside)
        return self.raw.index[~self.raw.index.isin(out)] if out else self.raw.index

    @cached_property
    def _keys(self):
        return self.keys.array

    @cached_property
    def _places(self) -> list:
        return [self.places[name].array for name in ("file", "sheet", "row")]

    def place(self, at: int) -> dict:
        """File, sheet and row (as Excel counts) of a row."""
        file, sheet, row = (column[at] for column in self._places)
        return {"file": file, "sheet": sheet, "row": int(row)}

    def flag(self, code: str, at: int, column: str, **parameters: Any) -> None:
        """Record a finding about one row; an error puts the row aside. A personal value is never shown."""
        if "value" in parameters and any(self.pii.get(name, "") not in ("", "N") for name in column.split(", ")):
            parameters["value"] = "…"
        labels = [self.labels.get(name) or {} for name in column.split(", ")]
        if all(labels):
            commas = {code: language_of(code).comma for code in sorted(set.intersection(*map(set, labels)))}
            parameters["labels"] = {code: comma.join(label[code] for label in labels) for code, comma in commas.items()}
        fault = finding(code, **self.place(at), column=column, key=self._keys[at], **parameters)
        self.findings.append(fault)
        if fault.severity == "error":
            self.aside.setdefault(at, []).append(fault)

    def ledger(self) -> pd.DataFrame:
        """Count the rows of each file: received = dropped + merged + aside + accepted."""
        accepted = set(self.accepted())
        fate = pd.Series("aside", index=self.raw.index)
        fate[fate.index.isin(accepted)] = "accepted"
        fate[fate.index.isin(self.merged)] = "merged"
        fate[fate.index.isin(self.dropped)] = "dropped"
        counts = pd.crosstab([self.places["file"], self.places["sheet"]], fate) if len(fate) else pd.DataFrame()
        lines = []
        for (file, sheet), row in counts.iterrows():
            number = {name: int(row.get(name, 0)) for name in ("dropped", "merged", "aside", "accepted")}
            received, corrected = sum(number.values()), self.corrected.get(file, 0)
            lines.append([self.name, file, sheet, received, *number.values(), corrected])
        return pd.DataFrame(lines, columns=LEDGER)


LEDGER = ["table", "file", "sheet", "received", "dropped", "merged", "aside", "accepted", "corrected"]


def _joined(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Text of the key columns of each row, joined by ``|``."""
    if not len(frame):
        return pd.Series(dtype=str, index=frame.index)
    joined = frame[columns[0]].str.strip()
    for column in columns[1:]:
        joined = joined + "|" + frame[column].str.strip()
    return joined
