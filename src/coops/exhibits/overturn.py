"""What would overturn each leading result, in words: one row a result, its sentences made from the numbers."""

import numpy as np
import pandas as pd

from coops.analysis.effects import Estimate
from coops.analysis.sensitivity import Sensitivity, direction, held_back
from coops.exhibits.results import Record, claim
from coops.exhibits.robustness import base, way
from coops.exhibits.tables import Column, Table, unit_columns
from coops.exhibits.words import SHARE, Words
from coops.intake.study import Study

LEFT = ("cluster", "supporter", "area")


def table(found: list[Sensitivity], ranges: list[Record], study: Study) -> Table:
    """One row a leading result.

    Parameters
    ----------
    ranges : list of Record
        What the losses could do to the leading results, as recorded; none where nobody is missing.
    """
    losses = {(one.outcome, one.wave, one.arm): one for one in ranges}
    lines = [line(one, losses.get((one.one.outcome, one.one.wave, one.one.arm)), study) for one in found]
    data = pd.DataFrame(lines)
    data = data.assign(**unit_columns(data["outcome"], study))
    columns = [Column("outcome", "label")]
    columns += [Column("wave", "label")] if data["wave"].nunique() > 1 else []
    columns += [Column("arm", "label")] if data["arm"].nunique() > 1 else []
    columns += [Column("says", "say", "says", {"say": says}), Column("overturn", "say", "says", {"say": sentences})]
    return Table(data, tuple(columns), few="few")


def line(one: Sensitivity, losses: Record | None, study: Study) -> dict:
    """The numbers and keys that the sentences of a result are made from; ways with too few units are left out."""
    estimate, said = one.one, direction(one.one)
    least = study.contract.least(estimate.unit_level)
    row = base(one) | {"says": said, "claim": claim(estimate.assignment, estimate.estimator)}
    row |= {"held_back": held_back(estimate), "p_family": estimate.p_family}
    row |= {"value": estimate.value, "low": estimate.low, "high": estimate.high, "years": one.years}
    for name, part in (("shock", one.shock), ("spread", one.spread), ("trend", one.trend)):
        row[name] = part.value if part else np.nan
    row["shared"] = one.exposure.shared if one.exposure else 0
    row["confounder"] = one.value_of_confounder
    left = {part.by: part for part in one.left_out}
    for by in LEFT:
        row[f"{by}_tried"] = left[by].tried if by in left else 0
        row[f"{by}_no_interval"] = left[by].no_interval if by in left else 0
        row[f"{by}_lost"] = left[by].overturned if by in left else 0
        row[f"{by}_kept"] = len(left[by].kept) if by in left else 0
    told = [look for look in one.looks if direction(look) != "refused" and look.few >= least]
    row["same"] = "|".join(_named(look) for look in told if direction(look) == said)
    row["other"] = "|".join(_named(look) for look in told if direction(look) != said)
    row["specifications_other"], row["specifications_told"] = _specifications(one, said, least)
    row["losses"] = "" if losses is None else "kept" if direction(losses) == said else "open"
    row["specifications"] = int(one.curve.estimates["value"].notna().sum()) if one.curve else 0
    row["same_sign"], row["sure"] = (one.curve.same_sign, one.curve.sure) if one.curve else (0, 0)
    row["detectable"] = one.detectable.realised if one.detectable else np.nan
    return row


def _specifications(one: Sensitivity, said: str, least: int) -> tuple[int, int]:
    """Count the other specifications that say another direction, and all that say one; those of few units stay out."""
    if not one.curve:
        return 0, 0
    others = one.curve.estimates
    others = others[(others["specification"] != one.one.specification) & (others["fewest"] >= least)]
    told = [direction(other) for other in others.itertuples() if direction(other) != "refused"]
    return sum(other != said for other in told), len(told)


def _named(look) -> str:
    return f"{look.kind}:{look.band}" if look.band else look.kind


def says(row: dict, words: Words) -> str:
    """What the page says of the direction now."""
    return words.label(f"says.{row['says']}")


def sentences(row: dict, words: Words) -> str:
    """Say what would overturn a result."""
    if row["says"] == "refused":
        return words.label("overturn.refused")
    said = _open(row, words) if row["says"] == "uncertain" else _sure(row, words)
    if row["specifications"] > 1:
        counts = {"same": row["same_sign"], "all": row["specifications"], "sure": row["sure"]}
        said.append(words.label("overturn.curve", **{name: words.count(count) for name, count in counts.items()}))
    return " ".join(said)


def _sure(row: dict, words: Words) -> list[str]:
    """Say what is enough to overturn a direction, and what is not."""
    enough, not_enough, unknown = breaking(row, words), [], []
    for by in LEFT:
        told = row[f"{by}_tried"] - row[f"{by}_no_interval"]
        if row[f"{by}_lost"]:
            numbers = {"lost": words.count(row[f"{by}_lost"]), "tried": words.count(told)}
            enough.append(words.label(f"overturn.by.{by}", **numbers) + _untold(row, by, words))
        elif told or row[f"{by}_tried"] or row[f"{by}_kept"]:
            (not_enough if told else unknown).append(words.label(f"overturn.not.{by}") + _untold(row, by, words))
    if row["other"]:
        enough.append(words.label("overturn.by.looks", list=_ways(row["other"], words)))
    if row["same"]:
        not_enough.append(words.label("overturn.not.looks", list=_ways(row["same"], words)))
    if row["specifications_told"]:
        (enough if row["specifications_other"] else not_enough).append(_other_specifications(row, "by", words))
    if row["losses"]:
        open_ = row["losses"] == "open"
        (enough if open_ else not_enough).append(words.label(f"overturn.{'by' if open_ else 'not'}.losses"))
    said = [words.label("overturn.enough", list=words.parts(enough)) if enough else words.label("overturn.nothing")]
    said += [words.label("overturn.not_enough", list=words.parts(not_enough))] if not_enough else []
    return said + ([words.label("overturn.unknown", list=words.parts(unknown))] if unknown else [])


def _untold(row: dict, by: str, words: Words) -> str:
    """Say of how many that were to be left out nothing is known."""
    names = [name for name in ("no_interval", "kept") if row[f"{by}_{name}"]]
    said = [words.label(f"overturn.{name}", count=words.count(row[f"{by}_{name}"])) for name in names]
    return f" ({words.parts(said)})" if said else ""


def breaking(row: dict, words: Words) -> list[str]:
    """Say how large a shock, a difference of trends or a confounder must be."""
    found = []
    if np.isfinite(row["shock"]):
        share = words.number(100 * row["shock"] / abs(row["value"]), 0)
        key = "overturn.by.shock_shared" if row["shared"] else "overturn.by.shock"
        found.append(words.label(key, size=size(row["shock"], row, words), share=share))
    if np.isfinite(row["spread"]):
        found.append(words.label("overturn.by.spread", size=size(row["spread"], row, words)))
    if np.isfinite(row["trend"]):
        time = "year" if np.isfinite(row["years"]) else "whole"
        found.append(words.label(f"overturn.by.trend_{time}", size=size(row["trend"], row, words)))
    if row["claim"] == "adjusted" and np.isfinite(row["confounder"]):
        found.append(words.label("overturn.by.confounder", share=words.number(100 * row["confounder"], 1)))
    return found


def _open(row: dict, words: Words) -> list[str]:
    """Say what would give a direction where there is none; other ways are not weighed against a family."""
    if row["held_back"]:
        return [words.label("overturn.held_back", p=words.p_value(row["p_family"]))]
    said = [words.label("overturn.uncertain")]
    if row["other"]:
        said.append(words.label("overturn.appears", list=_ways(row["other"], words)))
    if row["specifications_other"]:
        said.append(_other_specifications(row, "appears", words))
    elif not row["other"] and (row["same"] or row["specifications_told"]):
        said.append(words.label("overturn.no_look"))
    if np.isfinite(row["detectable"]):
        said.append(words.label("overturn.detectable", size=size(row["detectable"], row, words)))
    return said


def _other_specifications(row: dict, way_said: str, words: Words) -> str:
    """Say how many of the other specifications do not say what the leading one says."""
    key = way_said if row["specifications_other"] else "not"
    counts = {"other": row["specifications_other"], "all": row["specifications_told"]}
    named = {name: words.count(count) for name, count in counts.items()}
    return words.label(f"overturn.{key}.specifications", **named)


def _ways(names: str, words: Words) -> str:
    """Name ways to make an estimate; bands of distance together."""
    variable = words.study.contract.robustness.bands
    kinds = [name.partition(":") for name in names.split("|")]
    bands = [words.value_label(variable, band) for _, _, band in kinds if band]
    named = [way(kind, "", words) for kind, _, band in kinds if not band]
    return words.listed(named + ([words.label("look.bands", band=words.parts(bands))] if bands else []))


def size(value: float, row: dict, words: Words) -> str:
    """Write the size of something with the unit of the outcome; one that rounds to zero as below the last digit."""
    decimals, scale = int(row["decimals"]), 100 if row["unit"] == SHARE else 1
    if round(scale * value, decimals) == 0:
        least = words.measure(10**-decimals / scale, row["unit"], decimals, effect=True)
        return words.label("overturn.below", size=least)
    return words.measure(value, row["unit"], decimals, effect=True)


def below(placebos: list[Estimate], study: Study):
    """What stands below the table, a function of the language: the areas, placebo outcomes, what is not named."""
    names = study.contract.robustness
    missing = [part for part in ("area", "supporter", "bands", "without") if not getattr(names, part)]
    missing += [] if placebos else ["placebo"]
    shown = [one for one in placebos if one.fewest >= study.contract.least(one.unit_level)]
    away = [one for one in shown if direction(one) in ("up", "down")]
    covers = sum(direction(one) == "uncertain" for one in shown)

    def said(words: Words) -> str:
        parts = [words.label("overturn.areas", area=words.label(names.area))] if names.area else []
        if away:
            listed = words.listed([words.label(one.outcome) for one in away])
            parts.append(words.label("overturn.placebo_away", list=listed))
        elif covers:
            key = "overturn.placebo_zero" if covers == len(placebos) else "overturn.placebo_some"
            parts.append(words.label(key, covers=words.count(covers), all=words.count(len(placebos))))
        if missing:
            listed = words.listed([words.label(f"overturn.part.{part}") for part in missing])
            parts.append(words.label("overturn.not_named", list=listed))
        return " ".join(parts)

    return said
