"""What a notebook holds of a study: four parts, through which everything that it reads and writes goes."""

from dataclasses import dataclass
from pathlib import Path

from coops.data.clean_tables import CleanTables
from coops.show.exhibits import Exhibits
from coops.show.results import Results
from coops.study.study import Study


@dataclass(frozen=True)
class OpenedStudy:
    """A study opened by one notebook.

    ``study``: what the folder says. ``data``: the clean tables and their units. ``results``: numbers, recorded and read
    back. ``exhibits``: tables and figures, shown and listed. What computes is no part of it: the folder of a question
    has functions that take these parts.
    """

    root: Path
    notebook: str
    study: Study
    data: CleanTables
    results: Results
    exhibits: Exhibits
