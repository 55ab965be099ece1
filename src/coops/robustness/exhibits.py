"""Tables of robustness: what it takes to overturn an estimate, other ways to make it, one left out, all together."""

import numpy as np
import pandas as pd

from coops.disclosure.rows import arms_few
from coops.estimation.direction import direction
from coops.estimation.tidy import Row
from coops.robustness.entropy import EXACT
from coops.robustness.power import POWER
from coops.robustness.sensitivity import Look, Sensitivity
from coops.show.language import Words
from coops.show.table import Column, Table, in_percent, level_of, unit_columns
from coops.study.study import Study

RANGE = ("lowest", "highest", "largest_change")
ALONE = 3  # of fewer units the largest change without them tells what they answered
BANDS = ("outcome", "wave", "arm", "kind")  # equal in the bands of one result, whose estimate by all is known


def base(one: Sensitivity) -> dict:
    """What every row says of the estimate that it is about."""
    estimate = one.one
    named = {name: getattr(estimate, name) for name in ("outcome", "wave", "arm", "n", "unit_level")}
    return named | {"few": estimate.n_fewest, "is_effect": True}


def _table(lines: list[dict], study: Study, *columns: Column, whole: tuple | None = None) -> Table:
    """Rows of estimates: outcome and unit first; wave, arm and a reason only where they say something."""
    data = pd.DataFrame(lines)
    data = data.fillna({"hidden": ""}).assign(**unit_columns(data["outcome"], study))
    first = [Column("outcome", "label"), Column("unit", "unit")]
    first += [Column("wave", "label")] if data["wave"].nunique() > 1 else []
    first += [Column("arm", "label")] if data["arm"].nunique() > 1 else []
    last = [Column("refused", "label")] if "refused" in data and (data["refused"] != "").any() else []
    return Table(data, (*first, *columns, *last), few="few", whole=whole)


def _untold(name: str, one: Row, study: Study) -> dict:
    """Leave out a count of one or two arms where it would tell those few in another: all together are told."""
    return {name: np.nan, "hidden": name} if arms_few(one, study) else {}


def _untold_rest(persons: int, whole: Row, study: Study) -> dict:
    """Leave out a count where all less it are few."""
    few = 0 < whole.n - persons < study.contract.least(whole.unit_level)
    return {"n": np.nan, "hidden": "n"} if few else {}


def _refused(reason: str) -> str:
    return reason if reason in ("", "too_few_alone") else f"refused.{reason}"


SAYS = Column("says", "label")


def shocks(found: list[Sensitivity], study: Study) -> Table | None:
    """Smallest shocks, trends and confounders that overturn; nothing where none could be worked out."""
    lines = []
    for one in found:
        shock, spread, trend = (part.estimate if part else np.nan for part in (one.shock, one.spread, one.trend))
        areas = one.exposure
        lines.append(
            base(one)
            | {
                "estimate": one.one.estimate,
                "conf_low": one.one.conf_low,
                "conf_high": one.one.conf_high,
                "shock": shock,
                "shock_share": shock / abs(one.one.estimate),
                "spread": spread,
                "trend": trend,
                "years": one.years,
                "confounder": one.value_of_confounder,
                "areas": f"{areas.arm_areas} / {areas.reference_areas} / {areas.shared}" if areas else "",
                "refused": _refused(one.one.refused),
            }
        )
    data = pd.DataFrame(lines)
    there = [name for name in ("shock", "spread", "trend", "confounder") if data[name].notna().any()]
    if not there:
        return None
    trend = "trend" if data["years"].notna().any() else "trend_whole"
    columns = {
        "shock": [Column("shock", "measure"), Column("shock_share", "percent")],
        "spread": [Column("spread", "measure")],
        "trend": [Column(trend, "measure", "trend")],
        "confounder": [Column("confounder", "percent")],
    }
    chosen = [column for name in there for column in columns[name]]
    chosen += [Column("areas", "counts")] if (data["areas"] != "").any() else []
    estimate = [Column("estimate", "measure"), Column("interval", "interval", parameters=level_of(study))]
    return _table(lines, study, *estimate, *chosen)


def pseudo(found: list[Sensitivity], study: Study) -> Table | None:
    """How far areas of the reference differ among themselves; nothing where no area could take the place of an arm."""
    lines = [
        base(one)
        | {name: getattr(one.pseudo, name) for name in ("tried", "away", "above", "cannot")}
        | {"largest_away": one.pseudo.largest, "estimate": one.one.estimate}
        | {"refused": _refused(one.pseudo.refused)}
        for one in found
        if one.pseudo
    ]
    if not any(line["tried"] for line in lines):
        return None
    columns = [Column("estimate", "measure"), Column("tried_as_arm", "count", "tried")]
    columns += [Column("largest_away", "measure"), Column("pseudo_above", "count", "above")]
    columns += [Column("pseudo_away", "count", "away")]
    columns += [Column("cannot_as_arm", "count", "cannot")] if any(line["cannot"] for line in lines) else []
    return _table(lines, study, *columns)


def area_words(study: Study):
    """Name of the variable of areas, a function of the language; a dash where the study names none."""
    area = study.contract.robustness.area
    return lambda words: words.label(area) if area else "–"


def trends(found: list[Sensitivity], study: Study) -> Table | None:
    """The estimates under trends that differ by so much; nothing where no such trends could overturn one."""
    lines = [
        base(one) | {"years": one.years} | row
        for one in found
        if one.trend and one.trend.estimate > 0
        for row in one.trend.grid.to_dict("records")
    ]
    if not lines:
        return None
    estimate = [Column("estimate", "measure"), Column("interval", "interval", parameters=level_of(study))]
    return _table(lines, study, Column("size", "measure"), *estimate)


def per(found: list[Sensitivity]):
    """Say of what time the size of a trend is, a function of the language."""
    dated = any(np.isfinite(one.years) for one in found)
    return lambda words: words.label("per_year" if dated else "per_whole")


def way(kind: str, band: str, words: Words) -> str:
    """Name another way to make an estimate."""
    variable = words.study.contract.robustness.bands
    return words.label(f"look.{kind}", **({"band": words.value_label(variable, band)} if band else {}))


def looks(found: list[Sensitivity], study: Study) -> Table | None:
    """Each leading estimate, and below it the same made in other ways; nothing where there is no other way."""
    lines = []
    for one in [one for one in found if one.looks]:
        whole = one.one
        leading = Look(
            "headline", estimate=whole.estimate, conf_low=whole.conf_low, conf_high=whole.conf_high, n=whole.n
        )
        for look in (leading, *one.looks):
            few = look.n_fewest if look.kind != "headline" else whole.n_fewest
            lines.append(
                base(one)
                | {name: getattr(look, name) for name in ("kind", "band", "estimate", "conf_low", "conf_high")}
                | {"n": look.n}
                | (_untold("n", whole, study) if look.kind == "balanced" else {})
                | (_untold_rest(look.n, whole, study) if look.kind == "without" else {})
                | {
                    "few": few,
                    "says": f"says.{direction(whole if look is leading else look)}",
                    "refused": _refused(look.refused),
                }
            )
    if not lines:
        return None
    named = Column("way", "say", "kind", {"say": lambda row, words: way(row["kind"], row["band"], words)})
    columns = [Column("estimate", "measure"), Column("interval", "interval", parameters=level_of(study))]
    return _table(lines, study, named, *columns, Column("n", "count"), SAYS, whole=BANDS)


def balanced(found: list[Sensitivity], study: Study) -> Table | None:
    """How well the reference could be balanced; nothing where it was not tried."""
    lines = [
        base(one)
        | {name: getattr(look, name) for name in ("before", "gap", "largest", "effective", "reference_units")}
        | {"few": look.n_fewest}
        | _untold("reference_units", one.one, study)
        | {"on": len(look.on), "matched": "yes" if look.gap <= EXACT else "no", "refused": _refused(look.refused)}
        for one in found
        for look in one.looks
        if look.kind == "balanced"
    ]
    if not lines:
        return None
    columns = [Column("balanced_on", "count", "on"), Column("before_balance", "number", "before")]
    columns += [Column("matched", "label"), Column("largest", "number"), Column("effective", "count")]
    table = _table(lines, study, *columns, Column("reference_units", "count"))
    return Table(table.data, tuple(one for one in table.columns if one.head != "unit"), few="few")


def left_out(found: list[Sensitivity], study: Study) -> Table | None:
    """Range of the estimates with one cluster, supporter or area left out; none is named."""
    lines = [
        base(one)
        | {"by": f"left.{left.by}", "lowest": left.lowest, "highest": left.highest, "largest_change": left.largest}
        | {
            "tried": left.tried,
            "cannot": len(left.kept),
            "no_interval_left": left.no_interval,
            "overturned": left.overturned,
        }
        | {"sure": direction(one.one) in ("up", "down")}
        | (
            dict.fromkeys(RANGE, np.nan) | {"hidden": "|".join(RANGE)}
            if 0 < left.n_smallest < min(ALONE, study.contract.least(one.one.unit_level))
            else {}
        )
        for one in found
        for left in one.left_out
        if left.tried or left.kept
    ]
    if not lines:
        return None
    lines = [line | {"overturned": line["overturned"] if line["sure"] else None} for line in lines]
    columns = [Column("left_out", "label", "by"), Column("tried", "count"), Column("lowest", "measure")]
    columns += [Column("highest", "measure"), Column("largest_change", "measure"), Column("overturned", "count")]
    columns += [Column("no_interval_left", "count")] if any(line["no_interval_left"] for line in lines) else []
    columns += [Column("cannot", "count")] if any(line["cannot"] for line in lines) else []
    return _table(lines, study, *columns)


def curves(found: list[Sensitivity], study: Study) -> Table | None:
    """All specifications of each result together; nothing where no result has two of them."""
    lines = [
        base(one)
        | {name: getattr(one.curve, name) for name in ("median", "same_sign", "sure", "p_value")}
        | {"specifications": int(one.curve.estimates["estimate"].notna().sum()), "refused": _refused(one.curve.refused)}
        for one in found
        if one.curve
    ]
    if not any(line["specifications"] > 1 for line in lines):
        return None
    columns = [Column("specifications", "count"), Column("median", "measure"), Column("same_sign", "count")]
    return _table(lines, study, *columns, Column("sure", "count"), Column("p_joint", "p", "p_value"))


def placebos(found: list[Row], study: Study) -> Table:
    """Estimates of what the programme cannot have changed."""
    lines = [
        base(Sensitivity(one))
        | {
            "estimate": one.estimate,
            "conf_low": one.conf_low,
            "conf_high": one.conf_high,
            "says": f"says.{direction(one)}",
        }
        | {"refused": _refused(one.refused)}
        for one in found
    ]
    columns = [Column("estimate", "measure"), Column("interval", "interval", parameters=level_of(study))]
    return _table(lines, study, *columns, Column("n", "count"), SAYS)


def detectable(found: list[Sensitivity], study: Study) -> Table | None:
    """Smallest true values that were likely to be found, before and after; nothing without an interval."""
    names = ("planned", "realised", "sd", "icc")
    lines = [base(one) | {name: getattr(one.detectable, name) for name in names} for one in found if one.detectable]
    if not lines:
        return None
    columns = [Column("known_before", "measure", "planned"), Column("realised", "measure")]
    return _table(lines, study, *columns, Column("sd", "measure"), Column("icc", "number"))


def power_words() -> dict:
    """What the note of that table quotes."""
    return {"power": in_percent(POWER)}
