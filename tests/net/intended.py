"""The map from old to new: what is meant to differ, each with its reason (format: see map.toml)."""

import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from tests.net.frozen import Frozen, Table

FIELDS = {"renamed": {"what", "old", "new"}, "reworded": {"at", "old", "new"}, "accepted": {"at"}}
KINDS = ("table", "row", "column")


class WrongMap(Exception):
    """An entry of the map that lacks a part, or says one that nothing reads."""


@dataclass
class Map:
    """Entries of the map, and how often each was needed."""

    renamed: list[dict] = field(default_factory=list)
    reworded: list[dict] = field(default_factory=list)
    accepted: list[dict] = field(default_factory=list)
    needed: Counter = field(default_factory=Counter)

    @classmethod
    def read(cls, path: Path) -> "Map":
        """Read a map file.

        Raises
        ------
        WrongMap
            If an entry is not of the format, or gives no reason.
        """
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        if unknown := set(content) - set(FIELDS):
            raise WrongMap(f"{path.name}: no kind of entry is called {', '.join(sorted(unknown))}")
        for kind, entries in content.items():
            for entry in entries:
                least = FIELDS[kind] | {"why"}
                most = least | ({"at"} if kind == "renamed" else set())
                if not least <= set(entry) <= most or not entry["why"].strip():
                    raise WrongMap(f"{path.name}: {kind} needs {', '.join(sorted(least))} and no more: {entry}")
                if entry.get("what", "row") not in KINDS:
                    raise WrongMap(f"{path.name}: what is renamed is one of {', '.join(KINDS)}: {entry}")
        return cls(**content)

    def entries(self) -> list[tuple[str, dict]]:
        """All entries with their kind."""
        return [(kind, entry) for kind in FIELDS for entry in getattr(self, kind)]

    def unneeded(self) -> list[str]:
        """Entries that nothing needed."""
        return [f"{kind}: {entry}" for kind, entry in self.entries() if not self.needed[id(entry)]]

    def translate(self, study: str, run: Frozen) -> Frozen:
        """Say what an old run should say now: names first of tables, then of rows and columns, then words."""
        renamed = Frozen()
        for place, table in run.tables.items():
            new = self._name("table", study, place)
            renamed.tables[new] = self._table(f"{study}/{new}", self._renamed(f"{study}/{new}", table))
        for place, text in run.texts.items():
            new = self._name("table", study, place)
            renamed.texts[new] = self._words(f"{study}/{new}", self._references(study, text))
        return renamed

    def _renamed(self, place: str, table: Table) -> Table:
        columns = {name: self._name("column", place, name) for name in table.columns}
        study = place.partition("/")[0]
        rows = {}
        for label, row in table.rows.items():
            new = self._name("row", place, label) if table.keyed else label
            if new in rows:
                raise WrongMap(f"{place}: two rows would be called {new}")
            rows[new] = {columns[name]: self._references(study, text) for name, text in row.items()}
        return Table(list(columns.values()), rows, table.keyed)

    def _table(self, place: str, table: Table) -> Table:
        for label, row in table.rows.items():
            for name, text in row.items():
                row[name] = self._words(f"{place}/{label}/{name}", text)
        return table

    def _name(self, what: str, at: str, name: str) -> str:
        """The new name of a table, row or column: the first entry that fits its whole name."""
        for entry in self.renamed:
            where = entry.get("at", "*")
            if entry["what"] == what and fnmatchcase(at, where) and re.fullmatch(entry["old"], name):
                self.needed[id(entry)] += 1
                return re.fullmatch(entry["old"], name).expand(entry["new"])
            if what == "table" and entry["what"] == "row" and fnmatchcase(f"{at}/exhibits", where):
                head, slash, rest = name.removeprefix("exhibits/").partition("/")
                match = re.fullmatch(entry["old"], head)
                if name.startswith("exhibits/") and slash and match:  # what hangs on an exhibit goes with its name
                    return f"exhibits/{match.expand(entry['new'])}/{rest}"
        return name

    def _references(self, study: str, text: str) -> str:
        """Names of exhibits in braces, as their rows are renamed."""
        if not any(entry["what"] == "row" for entry in self.renamed):
            return text
        return re.sub(r"\{([\w.-]+)\}", lambda m: f"{{{self._name('row', f'{study}/exhibits', m[1])}}}", text)

    def _words(self, place: str, text: str) -> str:
        for entry in self.reworded:
            if entry["old"] in text and fnmatchcase(place, entry["at"]):
                self.needed[id(entry)] += 1
                text = text.replace(entry["old"], entry["new"])
        return text

    def reason(self, place: str) -> str:
        """Why a difference at a place is accepted; nothing where it is not."""
        for entry in self.accepted:
            if fnmatchcase(place, entry["at"]):
                self.needed[id(entry)] += 1
                return entry["why"]
        return ""
