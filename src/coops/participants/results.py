"""What may be quoted of who is in the data: counts of the flow, balance, losses and what these could do."""

from typing import Any

import pandas as pd

from coops.data.units import Data
from coops.disclosure.thresholds import few_left
from coops.estimation.results import again
from coops.participants import exhibits
from coops.show.language import SHARE, Words
from coops.show.results import PARTS, framed, of_number, place, quotable
from coops.study.study import Study

COUNTS = {"persons": "seen", "groups": "groups", "clusters": "clusters"}  # what is counted: column of the flow


def of_flow(flow: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Counts of units, groups and clusters seen, by wave and arm, and of all arms together."""
    plain: dict[str, Any] = {"unit": "", "decimals": 0, "study": study}
    hidden = exhibits.flow(flow, study).hidden_rows(study)
    rows = []
    for row, out in zip(flow.to_dict("records"), hidden, strict=True):
        for what, column in COUNTS.items() if row["arm"] else ():
            rows.append(of_number(f"{what}.{place(row)}.flow.count", row[column], hidden=out, **plain))
    for wave, part in flow.groupby("wave", sort=False):
        for what, column in COUNTS.items():
            rows.append(of_number(f"{what}.{wave}.flow.count", int(part[column].sum()), **plain))
    return framed(rows)


def of_samples(data: Data) -> pd.DataFrame:
    """How many units of the population were seen at each wave in each sample of the study."""
    study, units, rows = data.study, data.population(), []
    for name, sample in study.contract.samples.items():
        own = [data.measured(condition.variable) for condition in sample.conditions if not condition.wave]
        for wave in [wave for wave in data.waves if all(wave in waves for waves in own)]:
            seen = data.seen(wave, data.level, units).to_numpy()
            inside = data.fulfils(name, wave, data.level, units) & seen
            rest = few_left(seen.sum(), inside.sum(), study.contract.least(data.level))  # all who were seen are told
            plain: dict[str, Any] = {"unit": "", "decimals": 0, "study": study}
            rows.append(of_number(f"{name}.{wave}.flow.count", int(inside.sum()), hidden=bool(rest), **plain))
    return framed(rows)


def of_balance(means: pd.DataFrame, differences: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Means by arm at the start, and their differences."""
    study = words.study
    table = exhibits.balance(means, differences, study)
    hidden = table.hidden_rows(study)
    rows = []
    for row, out in zip(means.assign(n=table.data["n"]).to_dict("records"), hidden, strict=True):
        variable = study.codebook.get(row["variable"])
        look = {"unit": variable.unit, "decimals": variable.decimals, "study": study, "hidden": out}
        key = f"{row['variable']}.{row['wave']}.{row['arm']}.balance.mean"
        rows.append(of_number(key, row["mean"], n=None if pd.isna(row["n"]) else int(row["n"]), **look))
    named = zip(means["variable"], means["wave"], means["arm"], strict=True)
    out = {name for name, gone in zip(named, hidden, strict=True) if gone}
    return pd.concat([framed(rows), framed(_differences(differences, out, words))], ignore_index=True)


def of_attrition(attrition: pd.DataFrame, differences: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Shares lost by arm and their differences, and how many were lost in all."""
    study = words.study
    hidden = exhibits.attrition(attrition, differences, study).hidden_rows(study)
    rows = []
    for row, out in zip(attrition.to_dict("records"), hidden, strict=True):
        behind = {"n": row["expected"], "hidden": out, "study": study}
        key = f"not_seen.{place(row)}.attrition"
        rows.append(of_number(f"{key}.share", row["share"], unit=SHARE, decimals=1, **behind))
        if row["arm"]:
            rows.append(of_number(f"{key}.count", row["lost"], unit="", decimals=0, **behind))
    for wave, part in attrition.groupby("wave", sort=False):
        lost, persons = int(part["lost"].sum()), int(part["expected"].sum())
        look: dict[str, Any] = {"unit": "", "decimals": 0, "n": persons, "study": study}
        rows.append(of_number(f"not_seen.{wave}.attrition.count", lost, **look))
    named = zip(attrition["wave"], attrition["arm"], strict=True)
    out = {("not_seen", *name) for name, gone in zip(named, hidden, strict=True) if gone}
    return pd.concat([framed(rows), framed(_differences(differences, out, words))], ignore_index=True)


def _differences(differences: pd.DataFrame, hidden: set, words: Words) -> list[dict]:
    """Rows of differences; ``hidden``: outcome, wave and arm of those whose rows are (c)."""
    named = differences[list(PARTS[:3])].itertuples(index=False, name=None)
    return quotable(differences.assign(hidden=[name in hidden for name in named]), words)


def of_ranges(bounds: pd.DataFrame, study: Study) -> pd.DataFrame:
    """What the loss of units could do to an effect: the difference of those seen, and the range printed."""
    rows = []
    shown = exhibits.shown_ranges(bounds, study)
    for bound in shown[shown["refused"] == ""].itertuples():
        ends = {"conf_low": bound.conf_low, "conf_high": bound.conf_high, "conf_level": bound.conf_level}
        ends["losses"] = bound.losses
        n = None if pd.isna(bound.n) else int(bound.n)
        rows.append(again(bound, "range", bound.estimate, ends, n, bound.n_fewest, study))
    return framed(rows)


def of_reweighted(effects: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Effects by inverse probability weighting."""
    rows = []
    for effect in effects[effects["refused"] == ""].itertuples():
        ends = {name: getattr(effect, name) for name in ("conf_low", "conf_high", "conf_level", "df")}
        rows.append(again(effect, "reweighted", effect.estimate, ends, effect.n, effect.n_fewest, study))
    return framed(rows)
