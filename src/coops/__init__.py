"""The evaluation study of a programme: from a folder of field data to a page that its readers can trust."""

__version__ = "0.1.0"


def open_study(folder: str, root: str, notebook: str):
    """Open a study for one notebook; see :func:`coops.run.session.open_study`."""
    from coops.run import session

    return session.open_study(folder, root, notebook)
