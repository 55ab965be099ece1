"""What would overturn each leading result, in words: a few rows a result, their sentences made from the numbers."""

from functools import partial

import numpy as np
import pandas as pd

from coops.disclosure.rows import few
from coops.estimation.direction import concerns, direction, held_back
from coops.estimation.tidy import Row
from coops.robustness.breakdown import margin
from coops.robustness.exhibits import base, way
from coops.robustness.power import POWER, minimum_detectable
from coops.robustness.sensitivity import Sensitivity
from coops.show.language import Words
from coops.show.results import Record
from coops.show.table import Column, Table, labels_in_words, unit_columns
from coops.study.estimators import ESTIMATORS
from coops.study.study import Study

LEFT = ("cluster", "supporter", "area")


def table(found: list[Sensitivity], ranges: list[Record], placebos: list[Row], study: Study) -> Table:
    """The answers about each leading result, one a row.

    Parameters
    ----------
    ranges : list of Record
        What the losses could do to the leading results, as recorded; none where nobody is missing.
    placebos : list of Row
        Of what the programme cannot have changed.
    """
    losses = {(one.outcome, one.wave, one.arm): one for one in ranges}
    shown = told(placebos, study)
    lines = [line(one, losses.get((one.one.outcome, one.one.wave, one.one.arm)), shown, study) for one in found]
    data = pd.DataFrame(lines)
    data = data.assign(**unit_columns(data["outcome"], study))
    words = Words(study, study.contract.study.languages[0])  # which answers there are is the same in each language
    rows = zip(found, data.to_dict("records"), strict=True)
    asked = [(row, ["says"] if few(one.one, study) else answers(row, words)) for one, row in rows]
    parts = [{"part": part, **row} for row, names in asked for part in names]
    named = ["outcome", *(name for name in ("wave", "arm") if data[name].nunique() > 1)]
    columns = [Column(name, "say", name, {"say": partial(_once, name)}) for name in named]
    columns += [Column("question", "label"), Column("answer", "say", parameters={"say": _answer})]
    told_of = pd.DataFrame(parts).assign(question=lambda frame: "overturn.head." + frame["part"])
    return Table(told_of, tuple(columns), "tab_overturn", few="few")


def _once(name: str, row: dict, words: Words) -> str:
    """What a result is about, beside the first of its answers."""
    return words.label(row[name]) if row["part"] == "says" else ""


def _answer(row: dict, words: Words) -> str:
    return answers(row, words)[row["part"]]


def told(placebos: list[Row], study: Study) -> list[Row]:
    """Placebo outcomes with enough units behind them to be told."""
    return [one for one in placebos if one.n_fewest >= study.contract.least(one.unit_level)]


def away(placebos: list[Row]) -> list[Row]:
    """Those whose interval leaves out zero."""
    return [one for one in placebos if direction(one) in ("up", "down")]


def line(one: Sensitivity, losses: Record | None, placebos: list[Row], study: Study) -> dict:
    """The numbers and keys that the sentences of a result are made from; ways with too few units are left out."""
    estimate, said = one.one, direction(one.one)
    least = study.contract.least(estimate.unit_level)
    row = base(one) | {"says": said, "claim": ESTIMATORS[estimate.estimator].claim(estimate.assignment)}
    row |= {"held_back": held_back(estimate), "p_value_adjusted": estimate.p_value_adjusted}
    row |= {
        "estimate": estimate.estimate,
        "conf_low": estimate.conf_low,
        "conf_high": estimate.conf_high,
        "years": one.years,
    }
    for name, part in (("shock", one.shock), ("spread", one.spread), ("trend", one.trend)):
        row[name] = part.estimate if part else np.nan
    pseudo = one.pseudo
    for name in ("tried", "away", "above", "largest"):
        row[f"pseudo_{name}"] = getattr(pseudo, name) if pseudo else 0
    moved = [other for other in away(placebos) if concerns(other, estimate, study)]
    moved = [
        f"{other.outcome}:{other.wave if other.wave != estimate.wave else ''}:{direction(other)}" for other in moved
    ]
    row["placebo_away"] = "|".join(dict.fromkeys(moved))
    row["areas"] = areas_of(one.exposure) if one.exposure else ""
    row["shock_refused"] = one.shock.refused if one.shock else ""
    row["margin"] = np.fmin(margin(estimate), one.least)
    row["confounder"] = one.value_of_confounder
    left = {part.by: part for part in one.left_out}
    for by in LEFT:
        row[f"{by}_tried"] = left[by].tried if by in left else 0
        row[f"{by}_no_interval"] = left[by].no_interval if by in left else 0
        row[f"{by}_lost"] = left[by].overturned if by in left else 0
        row[f"{by}_kept"] = len(left[by].kept) if by in left else 0
    row["area_unknown"] = left["area"].unknown if "area" in left else 0
    looks = [look for look in one.looks if direction(look) != "refused" and look.n_fewest >= least]
    row["same"] = "|".join(_named(look) for look in looks if direction(look) == said)
    row["other"] = "|".join(_named(look) for look in looks if direction(look) != said)
    row["specifications_other"], row["specifications_told"] = _specifications(one, said, least)
    row["losses"] = "" if losses is None else "kept" if direction(losses) == said else "open"
    row["specifications"] = int(one.curve.estimates["estimate"].notna().sum()) if one.curve else 0
    row["same_sign"], row["sure"] = (one.curve.same_sign, one.curve.sure) if one.curve else (0, 0)
    row["detectable"] = one.detectable.realised if one.detectable else np.nan
    return row


def _specifications(one: Sensitivity, said: str, least: int) -> tuple[int, int]:
    """Count the other specifications that say another direction, and all that say one; those of few units stay out."""
    if not one.curve:
        return 0, 0
    others = one.curve.estimates
    others = others[(others["specification"] != one.one.specification) & (others["n_fewest"] >= least)]
    told = [direction(other) for other in others.itertuples() if direction(other) != "refused"]
    return sum(other != said for other in told), len(told)


def _named(look) -> str:
    return f"{look.kind}:{look.band}" if look.band else look.kind


def answers(row: dict, words: Words) -> dict[str, str]:
    """Part → what is said: the direction now, what is enough to overturn it, and what is not, in their order."""
    found = {"says": words.label(f"says.{row['says']}")}
    if row["says"] == "refused":
        return found | {"enough": words.label("overturn.refused")}
    found |= {"enough": _open(row, words)} if row["says"] == "uncertain" else _sure(row, words)
    found |= _against(row, words)
    if row["specifications"] > 1:
        counts = {"same": row["same_sign"], "all": row["specifications"], "sure": row["sure"]}
        found["curve"] = words.label("overturn.curve", **{name: words.count(count) for name, count in counts.items()})
    return found


def _sure(row: dict, words: Words) -> dict[str, str]:
    """Say what is enough to overturn a direction, and what is not."""
    enough, not_enough, unknown = breaking(row, words), [], []
    for by in LEFT:
        told = row[f"{by}_tried"] - row[f"{by}_no_interval"]
        if row[f"{by}_lost"]:
            numbers = {"lost": words.count(row[f"{by}_lost"]), "tried": words.count(told)}
            enough.append(words.label(f"overturn.by.{by}", **numbers) + _untold(row, by, words))
        elif told or row[f"{by}_tried"] or row[f"{by}_kept"]:
            known = told and not (by == "area" and row["area_unknown"])
            (not_enough if known else unknown).append(words.label(f"overturn.not.{by}") + _untold(row, by, words))
    if row["other"]:
        enough.append(words.label("overturn.by.looks", list=_ways(row["other"], words)))
    if row["same"]:
        not_enough.append(words.label("overturn.not.looks", list=_ways(row["same"], words)))
    if row["specifications_told"]:
        (enough if row["specifications_other"] else not_enough).append(_other_specifications(row, "by", words))
    if row["losses"]:
        open_ = row["losses"] == "open"
        (enough if open_ else not_enough).append(words.label(f"overturn.{'by' if open_ else 'not'}.losses"))
    if row["shock_refused"]:
        why = words.label(f"refused.{row['shock_refused']}")
        place = not_enough if row["shock_refused"] == "no_area_effect" else unknown
        place.append(words.label("overturn.unknown_shock", why=why))
    nothing = "nothing" if not_enough else "not_tried"
    found = {"enough": words.parts(enough) if enough else words.label(f"overturn.{nothing}")}
    found |= {"not_enough": words.parts(not_enough)} if not_enough else {}
    return found | ({"unknown": words.parts(unknown)} if unknown else {})


def _against(row: dict, words: Words) -> dict[str, str]:
    """Say how far areas without the programme differ, beside a direction; and which placebo outcomes moved."""
    found = {}
    if row["pseudo_tried"] and row["areas"] == "own" and row["says"] != "uncertain":
        numbers = {name: words.count(row[f"pseudo_{name}"]) for name in ("tried", "away", "above")}
        sizes = {"largest": size(row["pseudo_largest"], row, words), "value": size(abs(row["estimate"]), row, words)}
        found["compare"] = words.label("overturn.compare", **sizes, **numbers)
    if row["placebo_away"]:
        moved = [moved_in_words(*one.split(":"), words) for one in row["placebo_away"].split("|")]
        key = "overturn.against_change" if row["claim"] == "changed" else "overturn.against"
        found["against"] = words.label(key, list=words.listed(moved))
    return found


def moved_in_words(outcome: str, wave: str, side: str, words: Words) -> str:
    """Name a placebo outcome that moved, its wave if that is another, and the side of zero on which it is."""
    named = words.label(outcome) + (f" ({labels_in_words(wave, words)})" if wave else "")
    return words.label("overturn.moved", outcome=named, side=words.label(f"says.{side}"))


def areas_of(exposure) -> str:
    """Where the shock that moves an estimate most is: in the arm's ``own`` area, ``several``, or ``shared`` ones."""
    return "shared" if exposure.shared else "own" if exposure.arm_areas == 1 else "several"


def _untold(row: dict, by: str, words: Words) -> str:
    """Say of how many that were to be left out nothing is known."""
    names = [name for name in ("no_interval", "kept") if row[f"{by}_{name}"]]
    said = [words.label(f"overturn.{name}", count=words.count(row[f"{by}_{name}"])) for name in names]
    return f" ({words.parts(said)})" if said else ""


def breaking(row: dict, words: Words) -> list[str]:
    """Say how large a shock, a difference of trends or a confounder must be."""
    found = []
    if np.isfinite(row["shock"]):
        share = words.number(100 * row["shock"] / abs(row["estimate"]), 0)
        found.append(words.label(f"overturn.by.shock.{row['areas']}", size=size(row["shock"], row, words), share=share))
    if np.isfinite(row["spread"]):
        found.append(words.label("overturn.by.spread", size=size(row["spread"], row, words)))
    if np.isfinite(row["trend"]):
        found.append(words.label(f"overturn.by.trend.{time_of(row['years'])}", size=size(row["trend"], row, words)))
    if row["claim"] == "changed":
        found.append(words.label("overturn.by.time", size=size(row["margin"], row, words)))
    if row["claim"] == "adjusted" and np.isfinite(row["confounder"]):
        found.append(words.label("overturn.by.confounder", share=words.number(100 * row["confounder"], 1)))
    return found


def _open(row: dict, words: Words) -> str:
    """Say what would give a direction where there is none; other ways are not weighed against a family."""
    if row["held_back"]:
        return words.label("overturn.held_back", p=words.p_value(row["p_value_adjusted"]))
    said = [words.label("overturn.uncertain")]
    if row["other"]:
        said.append(words.label("overturn.appears", list=_ways(row["other"], words)))
    if row["specifications_other"]:
        said.append(_other_specifications(row, "appears", words))
    elif not row["other"] and (row["same"] or row["specifications_told"]):
        said.append(words.label("overturn.no_look"))
    if np.isfinite(row["detectable"]):
        said.append(words.label("overturn.detectable", size=size(row["detectable"], row, words)))
    return " ".join(said)


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


def time_of(years: float) -> str:
    """Of what time the size of a trend is: of a ``year``, or of the ``whole`` time where no dates are known."""
    return "year" if np.isfinite(years) else "whole"


def size(value: float, row: dict, words: Words) -> str:
    """Write the size of something with the unit of the outcome."""
    return words.size(value, row["unit"], int(row["decimals"]))


def below(placebos: list[Row], found: list[Sensitivity], study: Study):
    """What stands below the table, a function of the language: the areas, placebo outcomes, what is not named."""
    names = study.contract.robustness
    missing = [part for part in ("area", "supporter", "bands", "without") if not getattr(names, part)]
    missing += [] if placebos else ["placebo"]
    shown = told(placebos, study)
    covers = [one for one in shown if direction(one) == "uncertain"]
    silent = [one for one in placebos if one not in shown or direction(one) == "refused"]
    every = [*placebos, *(one.one for one in found)]
    several = [name for name in ("wave", "arm") if len({getattr(one, name) for one in every}) > 1]

    def named(one: Row, words: Words) -> str:
        apart = [labels_in_words(getattr(one, name), words) for name in several if getattr(one, name)]
        return words.label(one.outcome) + (f" ({words.parts(apart)})" if apart else "")

    def said(words: Words) -> str:
        parts = [words.label("overturn.areas", area=words.label(names.area))] if names.area else []
        listed = [
            words.label("overturn.moved", outcome=named(one, words), side=words.label(f"says.{direction(one)}"))
            for one in away(shown)
        ]
        parts += [words.label("overturn.placebo_away", list=words.listed(listed))] if listed else []
        listed = [
            words.label("overturn.missed", outcome=named(one, words), size=_missed(one, study, words)) for one in covers
        ]
        parts += [words.label("overturn.placebo_zero", list=words.listed(listed))] if listed else []
        listed = list(dict.fromkeys(named(one, words) for one in silent))
        parts += [words.label("overturn.placebo_silent", list=words.listed(listed))] if listed else []
        if missing:
            listed = [words.label(f"overturn.part.{part}") for part in missing]
            parts.append(words.label("overturn.not_named", list=words.listed(listed)))
        return " ".join(parts)

    return said


def _missed(one: Row, study: Study, words: Words) -> str:
    """The smallest true value of a placebo outcome that was likely to be found."""
    columns = unit_columns(pd.Series([one.outcome]), study)
    found = minimum_detectable(one.std_error, one.df, POWER, one.conf_level)
    return words.size(found, columns["unit"][0], int(columns["decimals"][0]))
