"""What may be quoted of field studies: how many findings and statements there are, and what the survey says of them."""

from typing import Any

import pandas as pd

from coops.field_studies.evidence import VERDICTS
from coops.field_studies.triangulation import FieldStudies
from coops.show.results import framed, of_number
from coops.study.study import Study


def of_field_studies(field_studies: FieldStudies, study: Study) -> pd.DataFrame:
    """How many findings experts have, the statements these make, and how many get each verdict."""
    evidence, triangulated = field_studies.evidence, field_studies.triangulated
    counts = {"findings": int(evidence["findings"].sum()), "statements": len(evidence)}
    counts |= {verdict: int((triangulated["verdict"] == verdict).sum()) for verdict in VERDICTS}
    counts["near"] = int(triangulated["near"].sum())
    plain: dict[str, Any] = {"unit": "", "decimals": 0, "study": study}
    return framed([of_number(f"experts.{name}.count", number, **plain) for name, number in counts.items()])
