"""The evaluation study of a programme: from a folder of field data to a page that its readers can trust."""

__version__ = "0.1.0"


def open_study(folder: str, root: str, notebook: str):
    """Open a study for one notebook; see :class:`coops.run.session.Run`, which this returns."""
    from coops.run.session import Run

    return Run(folder, root, notebook)
