"""What may be quoted of the diagnosis: how many were scored and stand at each level, and the mean score."""

from typing import Any

import pandas as pd

from coops.diagnosis.assessment import Assessment
from coops.show.language import SHARE
from coops.show.results import framed, of_number


def of_assessment(assessment: Assessment, levels: pd.DataFrame) -> pd.DataFrame:
    """Counts by wave and level, and mean scores; ``levels`` is the frame of the table, whose hidden counts stay out."""
    plain: dict[str, Any] = {"unit": "", "decimals": 0, "unit_level": assessment.level, "study": assessment.data.study}
    rows = []
    for wave, scores in assessment.scores.items():
        scored = int(scores.overall.notna().sum())
        rows.append(of_number(f"diagnosed.{wave}.diagnosis.count", len(assessment.units), **plain))
        rows.append(of_number(f"scored.{wave}.diagnosis.count", scored, **plain))
        mean, look = round(scores.overall.mean(), 2), plain | {"unit": SHARE, "n": scored}
        rows.append(of_number(f"overall.{wave}.diagnosis.mean", mean, **look))
    for row in levels[levels["level"] != "unscored"].dropna(subset=["count"]).to_dict("records"):
        rows.append(of_number(f"{row['level']}.{row['wave']}.diagnosis.count", row["count"], **plain))
    doubt = int(assessment.firm.units["uncertain"].eq(True).sum())
    rows.append(of_number(f"uncertain.{assessment.now}.diagnosis.count", doubt, **plain))
    return framed(rows)
