"""A study is opened by one notebook: under its own name, and where field data cannot be committed."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from coops.data.clean_tables import CleanTables
from coops.data.panel import panel
from coops.estimation.specification import OpenedSpecification, specifications
from coops.report import blocks
from coops.run.workspace import NUMBERED, repository
from coops.show.exhibits import RESULTS, Exhibits, forget
from coops.show.opened_study import OpenedStudy
from coops.show.own_exhibits import Said, Shown, show
from coops.show.results import Results
from coops.study import data_protection
from coops.study.consulted import watch
from coops.study.findings import fail, nearest
from coops.study.languages import PACKAGE
from coops.study.load import load

if TYPE_CHECKING:
    from IPython.display import Markdown


class Workbench(OpenedStudy):
    """A study opened by one notebook, with what an expert works on: frames, and specifications with their data."""

    def panel(self, level: str = "") -> pd.DataFrame:
        """One row a unit and wave, columns as in the codebook: see :func:`coops.data.panel.panel`."""
        return panel(self.data.units, level)

    def specification(self, name: str = "") -> OpenedSpecification:
        """A specification with its data; the leading one if none is named."""
        return OpenedSpecification(self.data.units, name or self.study.headline)

    @property
    def specifications(self) -> pd.DataFrame:
        """What the specifications say, the leading one first; one row an estimate."""
        return specifications(self.data.units)

    def show(self, frame: pd.DataFrame, draw: Any = None, *, name: str, caption: Said, **asked: Any) -> "Markdown":
        """Put any frame onto the page: as a table, or as the figure that ``draw(figure, data, words)`` makes of it.

        Parameters
        ----------
        frame : DataFrame
            Its index is shown too, unless it only counts rows.
        draw : callable, optional
            Called once a language, with the data as they may be shown. A finished figure passes if it is published.
        name : str
            Of the exhibit: a text names it ``{{ show("NAME") }}``; one that no text names stands at its end.
        caption, note, alt : str or dict of language → str
            In as many languages as there are; the others come from ``labels.csv`` (``NAME``, ``NAME.note``,
            ``NAME.alt``), else those of another language step in. A figure needs ``alt``, which may be a function
            ``(data, words)``.
        headings : dict of column → str or dict of language → str
            Others have the label of the codebook, else the name of the column.
        behind, whole, level, published
            What stands behind the numbers, as of :func:`coops.disclosure.released`; every number needs something. What
            a hidden row is about stays, any other text of it that has a digit goes. If ``whole`` is not given, the rows
            of an outcome and wave add up to a total; ``None``: no row gives another away.
        decimals : int
            Of numbers that are no variable of the codebook.
        place : str
            Block of the page at whose end it stands, where no text names it.

        Raises
        ------
        FindingError
            See :func:`coops.show.own_exhibits.show`; nothing is shown then.
        """
        shown = Shown(name, caption, **asked)
        places = blocks.names(blocks.default_text(self.exhibits.first_words.language)) if shown.place else ()
        if shown.place and shown.place not in places:
            raise fail("E_UNKNOWN_BLOCK", key=shown.place, nearest=nearest(shown.place, places))
        return show(self.exhibits, frame, draw, shown)


def open_study(folder: str | Path, root: str | Path, notebook: str) -> Workbench:
    """Open a study for one notebook; what the notebook wrote into this run before is removed.

    Parameters
    ----------
    folder, root : str or Path
        The study folder and the folder that the run writes into; from the repository if relative.
    notebook : str
        Name of the notebook that opens it, ``NN_NAME``: its files begin with this number.

    Raises
    ------
    FindingError
        With every finding about the study folder; ``E_NOTEBOOK_NAME`` if the notebook is called otherwise;
        ``E_FIELD_KERNEL`` if a notebook that will have seen FIELD data could be committed.
    """
    root = repository() / root
    watch(repository() / folder, root, PACKAGE)
    study = load(repository() / folder)
    data_protection.open_for(study, study.folder, root)
    places = kernel_places()
    data_protection.keep_out_of_git(study, *places)
    if places:  # a frame reads alike in every kernel, whatever terminal it was started from
        pd.set_option("display.max_columns", 40, "display.width", 110)
    for name in (place.stem for place in places if place.suffix == ".ipynb"):
        if NUMBERED.fullmatch(name) and name != notebook:
            raise fail("E_NOTEBOOK_NAME", name=notebook, known=name)
    data_protection.claim_root(study, root)
    forget(root, notebook)
    return Workbench(
        root=root,
        notebook=notebook,
        study=study,
        data=CleanTables(study, root),
        results=Results(root / RESULTS, study, notebook),
        exhibits=Exhibits(study, root, notebook),
    )


def kernel_places() -> list[Path]:
    """Where the notebook of this kernel lies: its folder, and itself if somebody says; none outside a kernel."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None or getattr(shell, "kernel", None) is None:
        return []
    # Jupyter and the runner say the first, VS Code the second.
    notebook = os.environ.get("JPY_SESSION_NAME") or shell.user_ns.get("__vsc_ipynb_file__")
    return [Path(place) for place in dict.fromkeys((shell.starting_dir, os.getcwd(), notebook)) if place]
