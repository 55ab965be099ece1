"""Parts of the tables and figures of checks: what every row says of its estimate, sizes in words, panels."""

import pandas as pd

from coops import disclosure
from coops.estimation.tidy import Row
from coops.show.language import Words, size_in_words
from coops.show.table import Column, Table, labels_in_words, level_of, unit_columns
from coops.study.study import Study


def base(estimate: Row) -> dict:
    """What every row of a table says of the estimate that it is about."""
    named = {name: getattr(estimate, name) for name in ("outcome", "wave", "arm")}
    counts = {"n": estimate.n, "unit_level": estimate.unit_level, "few": estimate.n_fewest}
    return named | counts | {"is_effect": True}


def interval(estimate: Row) -> dict:
    """An estimate and its interval, as a row of a table has them."""
    return {name: getattr(estimate, name) for name in ("estimate", "conf_low", "conf_high")}


def table_of(rows: list[dict], study: Study, *columns: Column, whole: tuple | None = None) -> Table:
    """Rows of estimates: outcome and unit first; wave, arm and a reason only where they say something."""
    data = pd.DataFrame(rows)
    data = data.fillna({"hidden": ""}).assign(**unit_columns(data["outcome"], study))
    first = [Column("outcome", "label"), Column("unit", "unit")]
    first += [Column("wave", "label")] if data["wave"].nunique() > 1 else []
    first += [Column("arm", "label")] if data["arm"].nunique() > 1 else []
    last = [Column("refused", "label")] if "refused" in data and (data["refused"] != "").any() else []
    return Table(data, (*first, *columns, *last), behind="few", whole=whole)


def refused_key(reason: str) -> str:
    """Key of the words of a reason, as a table writes it."""
    return reason if reason in ("", "too_few_alone") else f"refused.{reason}"


def size(value: float, row: dict, words: Words) -> str:
    """Write the size of something with the unit of the outcome."""
    return size_in_words(value, row["unit"], int(row["decimals"]), words)


def picture_data(rows: list[dict], study: Study) -> pd.DataFrame:
    """The frame behind a figure: rows with the unit of their outcome, not with counts that say what is hidden."""
    if not rows:
        return pd.DataFrame()
    data = disclosure.released(pd.DataFrame(rows), study, behind="few")
    data = data.drop(columns=["few", "n_fewest"], errors="ignore")
    return data.assign(**unit_columns(data["outcome"], study))


def panels(data: pd.DataFrame) -> list[pd.DataFrame]:
    """One frame a result, in their order."""
    return [part.reset_index(drop=True) for _, part in data.groupby(["outcome", "wave", "arm"], sort=False)]


def panel_title(part: pd.DataFrame, data: pd.DataFrame, words: Words) -> str:
    """Outcome; wave and arm where there are several."""
    names = [part["outcome"][0]] + [part[name][0] for name in ("wave", "arm") if data[name].nunique() > 1]
    return " – ".join(labels_in_words(name, words) for name in names)


def estimate_columns(study: Study) -> list[Column]:
    """An estimate and its interval."""
    return [Column("estimate", "measure"), Column("interval", "interval", parameters=level_of(study))]
