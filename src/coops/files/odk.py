"""Read a zip of ODK Central: the CSV of the form, and one for each repeat, linked by PARENT_KEY and KEY."""

import zipfile
from pathlib import Path, PurePosixPath

from coops.files import raw_sheets
from coops.files.exports import Part, inherit, linked, only_one, part_of, refuse_labels, told_twice
from coops.files.raw_sheets import Grid
from coops.files.safe_files import DAMAGED
from coops.files.sheet import Sheet
from coops.study.codebook import Variable
from coops.study.findings import fail
from coops.study.schema import Table

SIGNS = ("-", "/")
KEY, PARENT = "KEY", "PARENT_KEY"


def read(path: Path, table: Table, known: dict[str, list[Variable]]) -> Sheet:
    """Read the CSV of a table from an examined zip; a repeat takes what it lacks from the rows of its parents.

    Rows count as in the CSV, whose name is the sheet of a finding.

    Raises
    ------
    FindingError
        If it is damaged, has no CSV for the table or several, or labels for names.
    """
    inner = _inner(path)
    own = _own(path.name, inner, table.sheet)
    part = _part(inner, own, table, known, ())
    refuse_labels(part, known)
    return Sheet(part.frame, path.name, own, part.findings)


def _inner(path: Path) -> dict[str, Grid]:
    """The CSV files of a zip by name; files of media and of audits are passed over."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [PurePosixPath(name) for name in archive.namelist() if name.lower().endswith(".csv")]
            names = [member for member in names if not {"media", "__MACOSX"} & set(member.parts)]
            names = [member for member in names if not member.stem.endswith(" - audit")]
            contents = {member.name: archive.read(str(member)) for member in names}
    except (*DAMAGED, KeyError):
        raise fail("E_DAMAGED", file=path.name) from None
    return {name: raw_sheets.read_csv(content, path.name, name).checked() for name, content in contents.items()}


def _own(file: str, inner: dict[str, Grid], wanted: str) -> str:
    """The CSV of a table: of the form itself, or of the repeat that is named."""
    forms = [name for name, grid in inner.items() if PARENT not in grid.names]
    if not wanted:
        if len(forms) != 1:
            raise fail("E_ODK_FORM", file=file, known=", ".join(inner) or "–")
        return forms[0]
    exact = {wanted, f"{wanted}.csv"} | {f"{form.removesuffix('.csv')}-{wanted}.csv" for form in forms}
    numbered = tuple(f"{form.removesuffix('.csv')}-{wanted}~" for form in forms)
    hits = [name for name in inner if name in exact or name.startswith(numbered)]
    return only_one(hits, file, wanted, inner)


def _part(inner: dict[str, Grid], own: str, table: Table, known: dict[str, list[Variable]], below: tuple) -> Part:
    """One CSV, with what it lacks from its parent, and so on up to that of the form."""
    part = part_of(inner[own], table, known, SIGNS)
    keys = part.link(PARENT)
    told_twice(part, KEY)
    if keys is None:
        return part
    parents = {
        name: int(keys.isin(set(grid.frame[grid.names.index(KEY)].str.strip())).sum())
        for name, grid in inner.items()
        if KEY in grid.names and name not in (own, *below)
    }
    if not parents:
        raise fail("E_ODK_FORM", file=part.grid.file, known=", ".join(inner))
    parent = _part(inner, max(parents, key=parents.__getitem__), table, known, (own, *below))
    inherit(part, parent, linked(part, PARENT, keys, parent.link(KEY)), known)
    return part
