"""The clean tables of a run: the intake writes them, everything after it reads them as units."""

from functools import cached_property
from pathlib import Path

import pandas as pd

from coops.data.units import Data
from coops.study.findings import fail
from coops.study.study import Study

LEFT_OUT = "_out"  # rows put aside, by table, arm and stratum


class CleanTables:
    """The clean tables of a study in the folder of a run.

    Parameters
    ----------
    study : Study
    root : Path
        The folder of the run; the tables lie in ``data/clean``.
    """

    def __init__(self, study: Study, root: Path):
        self.study, self.root = study, root
        self.folder = root / "data" / "clean"

    def clear(self) -> None:
        """Make the folder, without any table in it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.glob("*.csv"):
            path.unlink()
        self.__dict__.pop("units", None)

    def write(self, frame: pd.DataFrame, name: str) -> None:
        """Write one table; names of what the intake says of the tables begin with ``_``."""
        frame.to_csv(self.folder / f"{name}.csv", index=False, lineterminator="\n")

    @cached_property
    def units(self) -> Data:
        """The clean tables as units.

        Raises
        ------
        FindingError
            ``E_NOT_RUN`` if the intake notebook has not written them.
        """
        clean = {}
        for name in self.study.contract.tables:
            frame = pd.read_csv(self._path(name), dtype=str, keep_default_na=False)
            for column, versions in self.study.codebook.of_table(name).items():
                text = frame[column].where(frame[column] != "")
                frame[column] = text.astype(float) if versions[-1].numeric else text.astype(object)
            clean[name] = frame
        return Data(self.study, clean)

    @property
    def left_out(self) -> pd.DataFrame:
        """Rows put aside in this run, by table, arm and stratum; empty if it went on with all of them."""
        kinds = {"table": str, "arm": str, "stratum": str}
        return pd.read_csv(self._path(LEFT_OUT), keep_default_na=False, dtype=kinds)

    def summary(self) -> pd.DataFrame:
        """Rows, variables and share of empty cells of each clean table."""
        lines = [
            {
                "table": name,
                "rows": len(frame),
                "variables": frame.shape[1],
                "missing": float(frame.isna().to_numpy().mean()) if len(frame) else 0.0,
            }
            for name, frame in self.units.tables.items()
        ]
        return pd.DataFrame(lines)

    def _path(self, name: str) -> Path:
        path = self.folder / f"{name}.csv"
        if not path.is_file():
            raise fail("E_NOT_RUN", file=f"data/clean/{path.name}")
        return path
