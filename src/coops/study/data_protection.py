"""What the law on personal data (09-08) asks of field data: a place outside git, a period, and an end."""

import json
import shutil
from datetime import date
from pathlib import Path

from coops.study.findings import fail
from coops.study.study import Study

WRITTEN = ("data/clean", "data/results", "figures", "notebooks", "report", "private", "records")
LOCK = "run.lock"  # of a run that goes on in a folder
MARK = "run.json"  # says that a folder is one that runs write into
PAGES = "pages.json"  # says which files of a folder are pages of units, and of which study
PRIVATE = "private"
LAB = "lab"  # folder of a run with the notebooks that somebody works on; no run removes it


def inside_git(folder: Path) -> bool:
    """Tell whether a folder lies in a git work tree."""
    return any((parent / ".git").exists() for parent in (folder.resolve(), *folder.resolve().parents))


def open_for(study: Study, *folders: Path, today: date | None = None) -> None:
    """Let a study pass, or stop before its data are read.

    A FIELD study passes outside a git work tree and until its retention date; receipt or authorisation, controller,
    purpose and hosting country are asked for when it is loaded. PUBLIC and DEMONSTRATION studies pass.

    Raises
    ------
    FindingError
        ``E_FIELD_IN_GIT`` if personal data could be committed by mistake, ``E_RETENTION`` if the period is over.
    """
    protection = study.contract.data_protection
    if study.contract.study.label != "FIELD" or protection is None:
        return
    for folder in folders:
        if inside_git(folder):
            raise fail("E_FIELD_IN_GIT", folder=folder.name)
    if (today or date.today()) > (end := protection.retention_date):
        raise fail("E_RETENTION", file="study.toml", column="data_protection.retention_date", date=end.isoformat())


def keep_out_of_git(study: Study, *places: Path) -> None:
    """Stop before a kernel whose notebook could be committed sees the data of a FIELD study.

    Raises
    ------
    FindingError
        ``E_FIELD_KERNEL`` if one of the places of the kernel, its folder or its notebook, lies in a git work tree.
    """
    if study.contract.study.label == "FIELD" and any(inside_git(place) for place in places):
        raise fail("E_FIELD_KERNEL", study=study.folder.name)


def claim_root(study: Study, root: Path) -> None:
    """Mark a folder as one that runs write into.

    Raises
    ------
    FindingError
        ``E_OUT_FOLDER`` if it holds what a run would overwrite and no run has written.
    """
    if (root / MARK).is_file():
        return
    if any((root / name).exists() for name in WRITTEN):
        raise fail("E_OUT_FOLDER", folder=root.name)
    root.mkdir(parents=True, exist_ok=True)
    (root / MARK).write_text(json.dumps({"study": study.id}) + "\n", encoding="utf-8")


def claim_pages(study: Study, folder: Path, names: list[str]) -> None:
    """Make a folder ready for the pages of units: remove those written before, and list those to come.

    For a FIELD study only its owner may open the folder, so it must hold nothing else.

    Raises
    ------
    FindingError
        ``E_PAGES_FOLDER`` if it holds pages of another study, a file of such a name that this command has not
        written, or, for a FIELD study, anything else; nothing has been changed then.
    """
    earlier = _pages_of(folder, study)
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    field = study.contract.study.label == "FIELD"
    foreign = there - {PAGES, *earlier} if field else there & set(names) - set(earlier)
    foreign |= {PAGES} if PAGES in there and _mark_of(folder, PAGES) != study.id else set()
    if foreign or (folder.exists() and not folder.is_dir()):
        raise fail("E_PAGES_FOLDER", folder=folder.name, name=min(foreign, default=folder.name))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700 if field else 0o777)
    if field:
        folder.chmod(0o700)
    for name in earlier:
        (folder / name).unlink(missing_ok=True)
    text = json.dumps({"study": study.id, "files": names}, ensure_ascii=False, indent=1)
    (folder / PAGES).write_text(text + "\n", encoding="utf-8")


def _pages_of(folder: Path, study: Study) -> list[str]:
    """Names of the pages that a folder holds of a study, by its list; a name with a folder in it is none."""
    if _mark_of(folder, PAGES) != study.id:
        return []
    names = json.loads((folder / PAGES).read_text(encoding="utf-8")).get("files", [])
    return [name for name in names if Path(name).name == name and (folder / name).is_file()]


def private_folder(root: Path) -> Path:
    """Make the folder of a run that only its owner may open, and return it."""
    folder = root / PRIVATE
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def purge(study: Study, roots: list[Path], today: date | None = None) -> tuple[list[Path], list[Path]]:
    """Remove what runs of a field study have written, and its received data, once the retention date has passed.

    Parameters
    ----------
    roots : list of Path
        Folders that runs of this study wrote into, or its pages; another folder is left alone.

    Returns
    -------
    removed, left : lists of Path
        ``left``: what could not be removed, or holds no run and no pages of this study. Run again, it goes on where
        it stopped.

    Raises
    ------
    FindingError
        ``E_NOT_YET`` if the date has not passed or the study has none.
    """
    protection = study.contract.data_protection
    if protection is None or (today or date.today()) <= protection.retention_date:
        end = protection.retention_date.isoformat() if protection else "–"
        raise fail("E_NOT_YET", file="study.toml", column="data_protection.retention_date", date=end)
    removed, left = list[Path](), list[Path]()
    for root in roots:
        ran, paged = (_mark_of(root, mark) == study.id for mark in (MARK, PAGES))
        if not (ran or paged):
            left.append(root)
        parts = [*((*WRITTEN, LAB) if ran else ()), *([*_pages_of(root, study), PAGES] if paged else ())]
        for path in [root / name for name in parts if (root / name).exists()]:
            (removed if _remove(path) else left).append(path)
    for path in (study.folder / "raw", study.folder / "corrections.csv", study.folder / "check"):
        if path.exists():
            (removed if _remove(path) else left).append(path)
    return removed, left


def _mark_of(root: Path, mark: str) -> str:
    path = root / mark
    return json.loads(path.read_text(encoding="utf-8")).get("study", "") if path.is_file() else ""


def _remove(path: Path) -> bool:
    """Remove a file or folder; tell whether it is gone."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    return not path.exists()
