"""What exports of survey tools have in common: paths as headers, choices in columns of their own, rows of repeats."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pandas as pd

from coops.files.raw_sheets import Grid
from coops.study.codebook import Variable
from coops.study.findings import Finding, fail, finding
from coops.study.schema import Table

TICKED = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}
PERSONAL = {"deviceid", "username", "phonenumber", "simserial", "subscriberid", "email", "audit", "background-audio"}
PERSONAL |= {"_submitted_by", "_notes", "_tags", "_geolocation", "_attachments", "submitterid", "submittername"}
POINT = re.compile(r"_?(.+?)[-_](?:latitude|longitude|altitude|precision|accuracy)", re.IGNORECASE)
TECHNICAL = set(
    "_id _uuid _index _status _validation_status _submission_time _parent_index _parent_table_name __version__ start"
    " end today rootUuid instanceID instanceName deprecatedID formhub/uuid"
    " KEY PARENT_KEY SubmissionDate Status ReviewState"
    " AttachmentsPresent AttachmentsExpected Edits FormVersion".split()
)


@dataclass
class Part:
    """One sheet or file of an export: columns of the codebook by name, unknown ones by header, and what was found."""

    frame: pd.DataFrame
    grid: Grid
    findings: list[Finding] = field(default_factory=list)

    def link(self, *names: str) -> pd.Series | None:
        """Return the first of these columns of the grid that is there, ends trimmed."""
        for name in names:
            if name in self.grid.names:
                return self.grid.frame[self.grid.names.index(name)].str.strip()
        return None


def part_of(grid: Grid, table: Table, known: dict[str, list[Variable]], signs: tuple[str, ...]) -> Part:
    """Name the columns of a grid by the last piece of their path; leave out what identifies people and devices.

    Parameters
    ----------
    signs : what parts the pieces of a path

    Raises
    ------
    FindingError
        If two paths end in the same name.
    """
    wanted = {name: name for name in known} | {got: name for got, name in table.rename.items() if name in known}
    wanted = {got: name for got, name in wanted.items() if got.lower() not in PERSONAL}
    place = {"file": grid.file, "sheet": grid.sheet}
    taken: dict[str, int] = {}
    ticks: dict[str, dict[str, int]] = {}
    others: dict[int, str] = {}
    for position, header in ((position, grid.names[position]) for position in grid.frame):
        path, _, choice = header.rpartition("/")
        question = _named(path, wanted, signs)
        if question and known[question][-1].type == "multiple":
            ticks.setdefault(question, {})[choice] = position
            continue
        name = _named(header, wanted, signs)
        if not name:
            others[position] = header
        elif name in taken:
            both = f"{grid.names[taken[name]]}, {header}"
            raise fail("E_LEAF_TWICE", **place, column=name, other=both)
        else:
            taken[name] = position
    columns = {name: grid.frame[position] for name, position in taken.items()}
    findings = grid.findings + grid.formulas({position: name for name, position in taken.items()})
    for name, choices in ticks.items():
        columns[name] = _ticked(grid, name, columns.get(name), choices, findings)
    personal = _at_the_door(others, signs)
    dropped = [others[position] for position in personal if (grid.frame[position].str.strip() != "").any()]
    if dropped:
        findings.append(finding("W_DROPPED_AT_DOOR", **place, column=", ".join(dropped)))
    columns |= {
        header: grid.frame[position]
        for position, header in others.items()
        if position not in personal and not _technical(header, signs) and header not in columns
    }
    return Part(pd.DataFrame(columns, index=grid.frame.index), grid, findings)


def _named(header: str, wanted: dict[str, str], signs: tuple[str, ...]) -> str:
    """The variable that a header stands for: as a whole, or by the longest end of its path."""
    if header in wanted:
        return wanted[header]
    ends = [got for got in wanted if header.endswith(tuple(sign + got for sign in signs))]
    return wanted[max(ends, key=len)] if ends else ""


def _leaf(header: str, signs: tuple[str, ...]) -> str:
    return re.split("|".join(map(re.escape, signs)), header)[-1]


def only_one(hits: list[str], file: str, wanted: str, known: Iterable[str]) -> str:
    """The one sheet that a name stands for; none, or two, are refused."""
    if len(hits) > 1:
        raise fail("E_SHEET_TWICE", file=file, sheet=wanted, known=", ".join(hits))
    if not hits:
        raise fail("E_NO_SHEET", file=file, sheet=wanted, known=", ".join(known))
    return hits[0]


def refuse_labels(part: Part, known: dict[str, list[Variable]]) -> None:
    """Refuse a part whose header has labels instead of names."""
    lacking = [row for name, rows in known.items() if name not in part.frame for row in rows]
    labels = {text for row in lacking for words in (row.label, row.question) for text in words.values()}
    others = [header for header in part.frame if header not in known]
    seen = [header for header in others if header in labels or header.split("/")[-1] in labels]
    if lacking and (seen or len(others) == part.frame.shape[1]):
        header = next(iter([*seen, *others]), "–")
        raise fail("E_LABELS", file=part.grid.file, sheet=part.grid.sheet, column=header)


def _at_the_door(others: dict[int, str], signs: tuple[str, ...]) -> set[int]:
    """Positions of columns that identify people, devices, places or files of theirs."""
    headers = set(others.values())
    points = {match[1].lower() for header in headers if (match := POINT.fullmatch(_leaf(header, signs)))}
    return {
        position
        for position, header in others.items()
        if _leaf(header, signs).lower() in PERSONAL | points
        or POINT.fullmatch(_leaf(header, signs))
        or POINT.fullmatch(header)
        or header.endswith("_URL")
        or f"{header}_URL" in headers
        or header.removeprefix("_submission_") in PERSONAL
    }


def _technical(header: str, signs: tuple[str, ...]) -> bool:
    starts = ("_submission_", "SET-OF-", "_version_")
    return bool({header, _leaf(header, signs)} & TECHNICAL) or header.startswith(starts)


def _ticked(grid: Grid, name: str, joined: pd.Series | None, choices: dict[str, int], findings: list) -> pd.Series:
    """Choices of each row, joined by a space; two forms that do not say the same are told."""
    cells = {choice: grid.frame[at].str.strip().str.lower() for choice, at in choices.items()}
    ticked = pd.DataFrame({choice: column.map(TICKED) for choice, column in cells.items()}, index=grid.frame.index)
    place = {"file": grid.file, "sheet": grid.sheet}
    for choice, column in cells.items():
        for row in grid.frame.index[((column != "") & ticked[choice].isna()).to_numpy()]:
            findings.append(finding("E_TICK_VALUE", **place, row=int(row), column=grid.names[choices[choice]]))
    chosen = ticked.eq(True).to_numpy()
    names = sorted(choices)
    order = [list(choices).index(choice) for choice in names]
    split = [" ".join(choice for choice, at in zip(names, order, strict=True) if row[at]) for row in chosen]
    if joined is None:
        return pd.Series(split, index=grid.frame.index, dtype=str)
    for row, cell, other in zip(grid.frame.index, joined, split, strict=True):
        if set(cell.split()) != set(other.split()):
            findings.append(finding("E_TICKS", **place, row=int(row), column=name))
    return joined


# -- repeats --------------------------------------------------------------------------------------


def linked(part: Part, column: str, keys: pd.Series, parent_keys: pd.Series) -> pd.Series:
    """Row of the parent of each row, by key; a row whose parent is missing or not alone is told, and has none."""
    place = {"file": part.grid.file, "sheet": part.grid.sheet, "column": column}
    given = parent_keys[parent_keys != ""]
    twice = set(given[given.duplicated()])
    once = given[~given.isin(twice)]
    rows = keys.map(dict(zip(once, once.index, strict=True)))
    for row, key in keys[rows.isna()].items():
        if key in twice:
            part.findings.append(finding("E_UUID_TWICE", **place, row=int(row)))
        else:
            part.findings.append(finding("E_ORPHAN", **place, row=int(row)))
    return rows


def told_twice(part: Part, column: str) -> None:
    """Tell the rows whose key of their own stands twice."""
    keys = part.link(column)
    if keys is not None:
        place = {"file": part.grid.file, "sheet": part.grid.sheet, "column": column}
        for row in keys.index[(keys != "") & keys.duplicated(keep=False)]:
            part.findings.append(finding("E_UUID_TWICE", **place, row=int(row)))


def inherit(part: Part, parent: Part, rows: pd.Series, known: dict[str, list[Variable]]) -> None:
    """Take what a part lacks from the rows of its parent, and what was found about those cells with it."""
    lacking = [name for name in known if name not in part.frame and name in parent.frame]
    for name in lacking:
        taken = rows.map(parent.frame[name].to_dict()).astype(object)
        part.frame[name] = taken.where(taken.notna(), "").astype(str)
    for fault in parent.findings:
        if fault.row and (fault.column in lacking or fault.code in ("E_ORPHAN", "E_UUID_TWICE")):
            children = rows.index[(rows == fault.row).to_numpy()]
            part.findings += [replace(fault, sheet=part.grid.sheet, row=int(row)) for row in children]
