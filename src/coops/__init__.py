"""The evaluation study of a programme: from a folder of field data to a page that its readers can trust."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from coops.estimation.specification import OpenedSpecification
    from coops.run.session import Workbench

__version__ = "0.1.0"


def estimate(study: "Workbench", specification: "OpenedSpecification") -> "pd.DataFrame":
    """Estimate every outcome of a specification, with what resampling says beside.

    Parameters
    ----------
    study : OpenedStudy
    specification : OpenedSpecification
        From ``study.specification()``.

    Returns
    -------
    DataFrame, one row an estimate
        Columns of :mod:`coops.estimation.tidy`, named as broom names them.
    """
    from coops.estimation import resampled, sample_design, tidy

    samples = [sample_design.build(study.data.units, resolved) for resolved in specification.resolved]
    return tidy.joined([resampled.estimate(sample, study.study) for sample in samples])


def open_study(folder: str, root: str, notebook: str) -> "Workbench":
    """Open a study for one notebook; see :func:`coops.run.session.open_study`."""
    from coops.run import session

    return session.open_study(folder, root, notebook)
