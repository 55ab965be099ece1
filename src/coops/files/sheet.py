"""One sheet of received text, with its place."""

from dataclasses import dataclass, field

import pandas as pd

from coops.study.findings import Finding


@dataclass
class Sheet:
    """One sheet of received text: ``frame`` indexed by the row as Excel counts it, and what was found on the way.

    A finding of an error with a row is about that row alone.
    """

    frame: pd.DataFrame
    file: str
    sheet: str = ""
    findings: list[Finding] = field(default_factory=list)
