"""The regression of an estimate as everybody writes it: a formula, and a frame with its columns."""

import keyword
import re
from collections.abc import Sequence

import pandas as pd

from coops.estimation import cluster_robust
from coops.estimation.sample_design import PRODUCT, Rows, names

FUNCTIONS = set("C I Q center scale standardize log exp Intercept".split())  # a formula reads them otherwise


def formula(rows: Rows, dropped: Sequence[str] | None = None) -> str:
    """The regression as text, for ``statsmodels.formula.api`` or ``pyfixest``; its columns are those of :func:`data`.

    It has the regressors that the estimate has: one that repeats others is left out, and where that is a value of a
    category, the others stand as 0/1 columns of their own. ``dropped``: those left out, where they are known already.
    """
    return f"{rows.specification.estimator.dependent} ~ {' + '.join(_terms(rows, dropped)[0]) or '1'}"


def data(rows: Rows) -> pd.DataFrame:
    """The rows as a tidy frame, with every column that :func:`formula` names.

    Returns
    -------
    DataFrame, one row a unit (and wave, where waves are stacked)
        unit, wave, group; ``change`` or ``outcome`` in the outcome's unit; ``after`` (0/1) of a cross-section; ``arm``
        (name) and a 0/1 column an arm that is not the reference, or the dose; the value before, where it is a
        regressor; covariates by their names in the codebook; stratum, cluster, weight. Where a change is estimated,
        the regressors less their means, as ``…_centred``.
    """
    specification, named = rows.specification, identifiers(rows)
    frame = rows.frame.rename(columns={"outcome": specification.estimator.dependent})
    arms = [name for name in specification.arms if name != specification.reference]
    others = (*specification.estimator.controls, *names(specification))
    if specification.estimator.terms:  # else they are centred
        numbers = [name for name in (*arms, *others) if name in rows.design]
        frame = frame.assign(**{name: rows.design[name].to_numpy() for name in numbers})
    wanted = ["unit", "wave", "group", specification.estimator.dependent]
    wanted += ["after"] if specification.estimator.cross_section else []
    wanted += ["arm", *arms, "dose", *others, "stratum", "cluster", "weight"]
    tidy = frame[[name for name in wanted if name in frame]].rename(columns=named)
    return tidy.assign(**{name: rows.design[column].to_numpy() for name, column in _terms(rows)[1].items()})


def coefficients(rows: Rows) -> dict[str, str]:
    """Name of the coefficient that is the estimate, by arm, as statsmodels calls it."""
    named = identifiers(rows)
    return {a: "Intercept" if name == "constant" else _product(name, named) for a, name in rows.interest.items()}


def _terms(rows: Rows, dropped: Sequence[str] | None = None) -> tuple[list[str], dict[str, str]]:
    """Terms of the formula, and columns of the design that it names beside those of the frame: name → column."""
    named, kept = identifiers(rows), _kept(rows, dropped)
    if not rows.specification.estimator.terms:
        own = {f"{named[column]}_centred": column for column in kept if column != "constant"}
        return list(own), own
    terms, own = [_product(column, named) for column in list(rows.design)[1 : rows.protected]], {}
    terms += [named[control] for control in rows.specification.estimator.controls if control in kept]
    for column in ("wave", "stratum", *names(rows.specification)):
        values = rows.frame[column].unique() if column in rows.frame and column not in rows.design else []
        dummies = [name for name in (f"{column} {value}" for value in values) if name in kept]
        if column in kept:
            terms.append(named[column])
        elif dummies and len(dummies) == len(values) - 1:
            terms.append(f"C({named[column]})")
        else:
            own |= {named[name]: name for name in dummies}
            terms += [named[name] for name in dummies]
    return terms, own


def _kept(rows: Rows, dropped: Sequence[str] | None) -> list[str]:
    """Regressors that add something; all of them where nothing can be estimated."""
    if dropped is not None:
        return [name for name in rows.design if name not in dropped]
    try:
        return list(cluster_robust.independent_columns(rows.design, rows.protected)[0])
    except ValueError:
        return list(rows.design)


def _product(column: str, named: dict[str, str]) -> str:
    return ":".join(named[part] for part in column.split(PRODUCT))


def identifiers(rows: Rows) -> dict[str, str]:
    """Name of every column of the frame and of the design that a formula can take: itself, wherever it is one."""
    named: dict[str, str] = {}
    parts = [part for column in rows.design for part in column.split(PRODUCT)]
    for column in dict.fromkeys([*rows.frame, *parts, *rows.design]):
        name = re.sub(r"\W", "_", column)
        if not name.isidentifier() or keyword.iskeyword(name) or name in FUNCTIONS:
            name = f"x_{name}"
        while name in named.values():
            name += "_"
        named[column] = name
    return named
