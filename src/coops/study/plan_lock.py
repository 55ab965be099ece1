"""The plan of a study, locked on a day: what decides its analyses, written down, and what was changed since.

Only ``study.toml`` and ``diagnosis.csv`` are looked at, and ``direction`` of the codebook, which turns an index; no
data are read.
"""

import hashlib
import json
import subprocess
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from coops.study.findings import Finding, fail, finding
from coops.study.schema import Part
from coops.study.scorecard import Scorecard
from coops.study.study import Study

FILE = "plan.lock"
PARTS = "waves tables arms design rules samples derived specifications families release".split()
PARTS += "robustness delivery diagnosis experts".split()
OF_STUDY = ("seed", "coverage", "frame_size")  # of [study]; its other fields are words
WORDS = ("label", "decimals", "covers")  # fields that change what is shown, and no number
EMPTY: tuple = ("", None, False, [], {})
FIELDS = {"study", "on", "commit", "plan"}  # what the hash covers


@dataclass(frozen=True)
class Deviation:
    """One difference between the plan as locked and as it is: ``kind`` is ``added``, ``removed`` or ``changed``.

    ``path``: dotted names as in ``study.toml``; ``before`` and ``after``: in words, empty where there is none.
    """

    path: str
    kind: str
    before: str
    after: str


@dataclass(frozen=True)
class Lock:
    """What a lock says today; without a lock ``on`` is missing. ``finding``: why it cannot be used."""

    on: date | None = None
    commit: str = ""
    deviations: tuple[Deviation, ...] = ()
    late: bool = False
    finding: Finding | None = None


def plan_of(study: Study) -> dict:
    """Return all that decides the analyses of a study, as plain values; words are left out."""
    contract = study.contract
    plan = {"study": {name: getattr(contract.study, name) for name in OF_STUDY}}
    plan |= {name: _plain(getattr(contract, name)) for name in PARTS if getattr(contract, name) is not None}
    if study.scorecard:
        plan["scorecard"] = _scorecard(study.scorecard)
    plan["study"] |= {"leading_specification": study.headline, "order_of_waves": list(contract.waves)}
    for name, family in contract.families.items():
        better = {outcome: study.direction(outcome) for outcome in family.outcomes}
        for kind, field in (("down", "less_is_better"), ("", "better_not_said")):
            if kind in better.values():
                plan["families"][name][field] = [outcome for outcome in family.outcomes if better[outcome] == kind]
    return plan


def _scorecard(card: Scorecard) -> dict:
    """Plain values of a scorecard: which answers count how much; words and sources are left out."""
    scored: dict[str, dict] = {part.name: {"weight": part.weight, "needed": part.needed} for part in card.dimensions}
    for item in card.items:
        given = [(name, value) for name, value in asdict(item.rule).items() if value not in (None, (), {})]
        rule = {name: list(v) if isinstance(v, tuple) else v for name, v in given if v is not False}
        scored[item.dimension][item.name] = {"variable": item.variable, "rule": rule, "weight": item.weight}
    return scored


def _plain(value):
    """Plain values of a part of the contract: fields by their names, lists whole; empty defaults are left out."""
    if isinstance(value, Part):
        fields = [(name, field) for name, field in type(value).model_fields.items() if name not in WORDS]
        entries = [(name, field, getattr(value, name)) for name, field in fields]
        return {
            field.alias or name: _plain(entry)
            for name, field, entry in entries
            if field.is_required() or entry not in EMPTY or entry != field.get_default()
        }
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_short(entry) for entry in value]
    return value.isoformat() if isinstance(value, date) else value


def _short(value):
    """An entry of a list: fields that are said; a variable alone by its name."""
    if not isinstance(value, Part):
        return _plain(value)
    fields = _plain(value)
    return fields["variable"] if list(fields) == ["variable"] else fields


def lock(study: Study, today: date | None = None) -> Path:
    """Write the lock of a study and return its path.

    Raises
    ------
    FindingError
        ``E_LOCKED`` if there is one: it is never written over.
    """
    path = study.folder / FILE
    if path.exists():
        raise fail("E_LOCKED", file=FILE)
    content = {
        "study": study.id,
        "on": (today or date.today()).isoformat(),
        "commit": _commit(study.folder),
        "plan": plan_of(study),
    }
    text = json.dumps({"sha256": hash_of(content)} | content, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


def hash_of(content: dict) -> str:
    """Return the SHA-256 of what a lock says, whatever the order of its fields and the ends of its lines."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _commit(folder: Path) -> str:
    """The commit that holds ``study.toml`` as it is; empty outside git, or where it was changed since."""
    try:
        head = _git(folder, "rev-parse", "HEAD")
        same = _git(folder, "ls-files", "study.toml") and not _git(folder, "status", "--porcelain", "study.toml")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head if same else ""


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True, text=True).stdout.strip()


def compare(study: Study) -> Lock:
    """Read the lock of a study and compare the plan with it.

    Returns
    -------
    Lock
        ``finding``: ``W_LOCK_UNREADABLE``, ``W_LOCK_EDITED`` (the hash does not fit) or ``W_LOCK_OTHER`` (of another
        study); nothing is compared then. ``late``: the last wave had begun on the day of the lock.
    """
    path = study.folder / FILE
    if not path.exists():
        return Lock()
    try:
        locked = json.loads(path.read_text(encoding="utf-8-sig"))
        wanted = locked.pop("sha256")
        on = date.fromisoformat(locked["on"])
        complete = set(locked) == FIELDS and isinstance(locked["plan"], dict)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        complete = False
    if not complete:
        return Lock(finding=finding("W_LOCK_UNREADABLE", file=FILE))
    if hash_of(locked) != wanted:
        return Lock(finding=finding("W_LOCK_EDITED", file=FILE))
    if locked["study"] != study.id:
        return Lock(finding=finding("W_LOCK_OTHER", file=FILE, study=locked["study"], own=study.id))
    begun = [wave.start for wave in study.contract.waves.values() if wave.start]
    deviations = tuple(differences(locked["plan"], plan_of(study)))
    return Lock(on, locked["commit"], deviations, bool(begun) and on >= max(begun))


def differences(before: dict, after: dict, at: str = "") -> list[Deviation]:
    """List what differs between two plans, in the order of the first, then of what is new."""
    listed = []
    for name in [*before, *(name for name in after if name not in before)]:
        path = f"{at}.{name}" if at else name
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            listed += differences(old, new, path)
        elif name not in after:
            listed.append(Deviation(path, "removed", _in_words(old), ""))
        elif name not in before:
            listed.append(Deviation(path, "added", "", _in_words(new)))
        elif old != new:
            listed.append(Deviation(path, "changed", _in_words(old), _in_words(new)))
    return listed


def _in_words(value: Any) -> str:
    """A value as a person reads it; empty ones as ``study.toml`` writes them."""
    if isinstance(value, dict) and value:
        return "; ".join(f"{name}: {_in_words(part)}" for name, part in value.items())
    if isinstance(value, list) and value:
        return ", ".join(f"({_in_words(part)})" if isinstance(part, dict | list) else _in_words(part) for part in value)
    if isinstance(value, float):
        return f"{value:.12g}"
    return value if isinstance(value, str) and value else json.dumps(value)
