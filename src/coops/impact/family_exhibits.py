"""Families of outcomes: each estimate beside the p that allows for the others, and the index of all of them."""

import pandas as pd

from coops.estimation.direction import direction, held_back
from coops.estimation.effects import Estimate
from coops.estimation.results import of_estimate
from coops.impact.multiplicity import Together
from coops.show.language import Words
from coops.show.table import Column, Table, in_percent
from coops.study.study import Study

INDEX = "family_index"


def table(family: Together, estimates: list[Estimate], study: Study) -> Table:
    """The estimates of a family, then its index; in a confirmatory one also the direction that its words take.

    Parameters
    ----------
    estimates : list of Estimate
        Of the specification, with the p of all confirmatory families: the words follow these.
    """
    words = Words(study, study.contract.study.languages[0])
    of_all = {one.key: one for one in estimates}
    numbers = zip(family.estimates, family.adjusted, family.q, strict=True)
    lines = [_line(of_all[one.key], study, words, p_adjusted=p, q=q) for one, p, q in numbers]
    lines += [_line(one, study, words) | {"outcome": INDEX, "direction": ""} for one in family.indices]
    data = pd.DataFrame(lines)
    columns = [Column("outcome", "label"), Column("unit", "unit")]
    columns += [Column("wave", "label")] if data["wave"].nunique() > 1 else []
    columns += [Column("arm", "label")] if data.loc[data["arm"] != "", "arm"].nunique() > 1 else []
    level = {"level": in_percent((family.estimates + family.indices)[0].level)}
    columns += [Column("estimate", "measure", "value"), Column("interval", "interval", parameters=level)]
    columns += [Column("p", "p"), Column("p_adjusted", "p"), Column("q", "p"), Column("persons", "count")]
    columns += [Column("direction", "label")] if family.confirmatory else []
    columns += [Column("refused", "label", "why_not")] if (data["why_not"] != "").any() else []
    return Table(data, tuple(columns), few="few")


def _line(one: Estimate, study: Study, words: Words, **numbers) -> dict:
    row = of_estimate(one, study, "")
    side = "refused" if row["hidden"] else direction(one)
    side = "uncertain_family" if held_back(one) else side
    shown = {name: row[name] for name in ("outcome", "wave", "arm", "unit", "decimals", "persons", "unit_level")}
    return (
        shown
        | {"few": one.fewest if one.rows else 0, "value": one.value, "low": one.low, "high": one.high, "p": one.p_cr2}
        | {"p_adjusted": float("nan"), "q": float("nan"), "is_effect": True}
        | {"direction": "" if side == "refused" else f"direction.{side}"}
        | {"why_not": f"refused.{one.refused}" if one.refused else ""}
        | ({} if one.rows else {"persons": float("nan")})
        | numbers
    )


def said(family: Together) -> dict:
    """What the caption and the note of a family's table quote, a function of the language each."""
    alpha = float(f"{100 - in_percent((family.estimates + family.indices)[0].level):.10g}")

    def role(words: Words) -> str:
        return (
            words.label("family.confirmatory", alpha=alpha)
            if family.confirmatory
            else words.label("family.exploratory")
        )

    def method(words: Words) -> str:
        if family.method == "romano_wolf" or family.reason == "alone":
            return words.label(f"family.{family.reason or family.method}")
        return words.label("family.holm", why=words.label(f"refused.{family.reason}"))

    def absent(words: Words) -> str:
        names = words.listed([words.label(one) for one in family.absent])
        return words.label("family.absent", outcomes=names) if family.absent else ""

    return {
        "family": lambda words: words.family(family.name),
        "role": role,
        "method": method,
        "absent": absent,
    }
