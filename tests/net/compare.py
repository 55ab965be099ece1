"""Say every difference between the frozen runs of two checkouts.

    python -m tests.net.compare OLD NEW [--map FILE] [--tolerance 1e-9] [--only STUDY ...] [--short]

Ends with 1 if there is a difference that the map neither explains nor accepts.
"""

import argparse
import difflib
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.net.frozen import Frozen, Table, Unreadable, read
from tests.net.intended import Map, WrongMap

MAP = Path(__file__).with_name("map.toml")


@dataclass(frozen=True)
class Difference:
    """A place and what differs there; ``group`` is the place without row or line, for counts."""

    place: str
    words: str
    group: str = ""


def same(old: str, new: str, tolerance: float) -> bool:
    """Tell whether two cells say the same: the same text, or numbers within a relative tolerance."""
    if old == new:
        return True
    if not tolerance:
        return False
    try:
        first, second = float(old), float(new)
    except ValueError:
        return False
    return abs(first - second) <= tolerance * max(abs(first), abs(second))


def tables(place: str, old: Table, new: Table, tolerance: float = 0) -> list[Difference]:
    """Differences of two tables: columns, rows, cells, and the order of what both have."""
    differences = []
    for kind, before, after in (("column", old.columns, new.columns), ("row", [*old.rows], [*new.rows])):
        if kind == "row" and not old.keyed:
            continue
        for name in [name for name in before if name not in after]:
            differences.append(Difference(f"{place}/{'column ' * (kind == 'column')}{name}", f"{kind} is gone", place))
        for name in [name for name in after if name not in before]:
            words = f"{kind} is new"
            differences.append(Difference(f"{place}/{'column ' * (kind == 'column')}{name}", words, place))
        common = [name for name in before if name in set(after)]
        there = [name for name in after if name in set(before)]
        if common != there:
            moved = next(pair for pair in zip(common, there, strict=True) if pair[0] != pair[1])
            words = f"{pair_text(*moved)} (the first of them)"
            differences.append(Difference(f"{place}/order of {kind}s", words, f"{place}/order"))
    columns = [name for name in old.columns if name in new.columns]
    if not old.keyed:
        lines = [[[row.get(name, "") for name in columns] for row in table.rows.values()] for table in (old, new)]
        if lines[0] != lines[1] and sorted(lines[0]) == sorted(lines[1]):
            return [*differences, Difference(f"{place}/order of rows", "rows in another order", f"{place}/order")]
        if len(lines[0]) != len(lines[1]):
            texts = ["\n".join(" | ".join(cells) for cells in part) for part in lines]
            words = f"{len(lines[0])} rows -> {len(lines[1])} rows\n{unified(*texts)}"
            return [*differences, Difference(f"{place}/rows", words, f"{place}/rows")]
    for label in [label for label in old.rows if label in new.rows]:
        for name in columns:
            before, after = old.rows[label].get(name, ""), new.rows[label].get(name, "")
            if not same(before, after, tolerance):
                words = pair_text(before, after)
                differences.append(Difference(f"{place}/{label}/{name}", words, f"{place}/*/{name}"))
    return differences


def pair_text(old: str, new: str) -> str:
    """Two texts, the old and the new; of long ones what stands around the places that differ."""
    if max(len(old), len(new)) <= 120:
        return f"{old!r} -> {new!r}"
    parts = []
    before, after = (re.findall(r"\s+|[^\s]+", text) for text in (old, new))
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            around = "".join(before[max(0, a - 6) : a])
            parts.append(f"…{around}[{''.join(before[a:b])!r} -> {''.join(after[c:d])!r}]…")
    return " ".join(parts)


def unified(old: str, new: str) -> str:
    """The unified diff of two texts, without a head and without what stands around; long lines as their differences."""
    lines = []
    before, after = old.splitlines(), new.splitlines()
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        lines.append(f"@@ -{a + 1},{b - a} +{c + 1},{d - c} @@")
        if b - a == d - c and all(len(line) > 120 for line in before[a:b]):
            lines += [f"~ {pair_text(*pair)}" for pair in zip(before[a:b], after[c:d], strict=True)]
        else:
            lines += [f"-{line}" for line in before[a:b]] + [f"+{line}" for line in after[c:d]]
    return "\n".join(lines)


def studies(name: str, old: Frozen, new: Frozen, tolerance: float = 0) -> list[Difference]:
    """Differences of two runs of a study, in the order of the old one."""
    differences = []
    for place in dict.fromkeys([*old.tables, *new.tables]):
        here, there = old.tables.get(place), new.tables.get(place)
        if here is None or there is None:
            words = f"table is {'new' if here is None else 'gone'}"
            differences.append(Difference(f"{name}/{place}", words, f"{name}/{place}"))
        else:
            differences += tables(f"{name}/{place}", here, there, tolerance)
    for place in dict.fromkeys([*old.texts, *new.texts]):
        here, there = old.texts.get(place), new.texts.get(place)
        if here is None or there is None:
            words = f"text is {'new' if here is None else 'gone'}"
            differences.append(Difference(f"{name}/{place}", words, f"{name}/{place}"))
        elif here != there:
            differences.append(Difference(f"{name}/{place}", unified(here, there), f"{name}/{place}"))
    return differences


def compare(old: Path, new: Path, intended: Map, only: list[str] = (), tolerance: float = 0) -> list[Difference]:
    """Differences of two folders of frozen runs, after the old one is translated by the map."""
    runs = [{path.name for path in root.iterdir() if path.is_dir()} for root in (old, new)]
    differences = []
    for name in sorted(set(only) or runs[0] | runs[1]):
        hindered = [_hindered(root, name) for root in (old, new)]
        if any(hindered):
            words = "; ".join(f"{side}: {why}" for side, why in zip(("old", "new"), hindered, strict=True) if why)
            differences.append(Difference(name, f"not frozen: {words}", name))
            continue
        try:
            before, after = read(old / name), read(new / name)
        except Unreadable as error:
            differences.append(Difference(name, str(error), name))
            continue
        differences += studies(name, intended.translate(name, before), after, tolerance)
    return differences


def _hindered(root: Path, name: str) -> str:
    if not (root / name / "data" / "results").is_dir():
        return "there is no run"
    note = root / "frozen.json"
    frozen = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {}
    return frozen.get(name, {}).get("hindered", "")


def main(arguments: list[str] | None = None) -> int:
    """Print the differences and return 1 if one is not intended, 2 for a wrong map or folder, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.net.compare", description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path, help="folder that freeze made with the old code")
    parser.add_argument("new", type=Path, help="folder that freeze made with the new code")
    parser.add_argument("--map", type=Path, default=MAP, help="intended differences; map.toml beside this file")
    parser.add_argument(
        "--tolerance", type=float, default=0, help="relative, for cells that are numbers; exact text if 0"
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="STUDY")
    parser.add_argument("--short", action="store_true", help="count the differences of a place instead of each")
    asked = parser.parse_args(arguments)
    for folder in (asked.old, asked.new):
        if not folder.is_dir():
            print(f"There is no folder {folder}.", file=sys.stderr)
            return 2
    try:
        intended = Map.read(asked.map)
        differences = compare(asked.old, asked.new, intended, asked.only, asked.tolerance)
    except WrongMap as error:
        print(error, file=sys.stderr)
        return 2
    reasons = {difference: intended.reason(difference.place) for difference in differences}
    left = [difference for difference in differences if not reasons[difference]]
    if asked.short:
        for group, number in Counter(difference.group for difference in left).items():
            print(f"{number:6} {group}")
    else:
        for difference in left:
            gap = "\n" if "\n" in difference.words or difference.words.startswith("@@") else " "
            print(f"{difference.place}:{gap}{difference.words}")
    for why, number in Counter(filter(None, reasons.values())).items():
        print(f"accepted, {number}: {why}")
    for entry in intended.unneeded():
        print(f"not needed here, {entry}")
    print(f"{len(left)} differences that are not intended, {len(differences) - len(left)} accepted")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
