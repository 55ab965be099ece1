"""Profiles and needs of groups by hand; types shown only where they are found again."""

import numpy as np
import pandas as pd
import pytest

from coops.diagnosis.typology import adjusted_rand, needs, profile, typology

NAN = np.nan


def of(values: list, groups: list, gaps: dict | None = None, census: bool = True) -> pd.DataFrame:
    """Profile of these scores; ``gaps``: place = (low, high) of a unit with missing items."""
    scores = pd.Series(values, dtype=float)
    low, high = scores.fillna(0), scores.fillna(1)
    for place, (down, up) in (gaps or {}).items():
        low[place], high[place] = down, up
    return profile(scores, low, high, pd.Series(groups), census)


def test_a_complete_census_has_nothing_to_cover():
    """The ends are the mean, also for a stratum of one."""
    frame = of([0.2, 0.4, 0.6, 1], ["a", "a", "a", "b"])
    assert frame[["mean", "conf_low", "conf_high"]].to_numpy().tolist() == pytest.approx(np.array([[0.4] * 3, [1] * 3]))
    assert frame["covers"].tolist() == ["complete"] * 2 and frame["refused"].tolist() == ["", ""]


def test_missing_items_of_a_census():
    """Means of the bounds: (0.1 + 0.4) / 2 and (0.5 + 0.4) / 2."""
    group = of([0.2, 0.4], ["a", "a"], gaps={0: (0.1, 0.5)}).loc["a"]
    assert group[["mean", "conf_low", "conf_high"]].tolist() == pytest.approx([0.3, 0.25, 0.45])
    assert (group["covers"], group["gaps"]) == ("missing", 1)


def test_units_of_a_census_without_a_score():
    """Three of four: s = 0.2, t(0.975, 2) = 4.302653 (any table), √(1 − 3/4) = 0.5: 0.5 ± 4.302653 × 0.2 / √3 × 0.5."""
    group = of([0.3, 0.5, 0.7, NAN], ["a"] * 4).loc["a"]
    half = 4.302653 * 0.2 / 3**0.5 * 0.5
    assert group[["mean", "conf_low", "conf_high"]].tolist() == pytest.approx([0.5, 0.5 - half, 0.5 + half], abs=1e-6)
    assert group[["units", "scored", "covers"]].tolist() == [4, 3, "missing"]


def test_a_sample_has_no_correction():
    """The same three units, drawn from many: ± 4.302653 × 0.2 / √3, cut at 0."""
    group = of([0.3, 0.5, 0.7], ["a"] * 3, census=False).loc["a"]
    assert group[["conf_low", "conf_high"]].tolist() == pytest.approx([0.5 - 0.496827, 0.996827], abs=1e-5)
    assert group["covers"] == "sampling"
    wide = of([0.1, 0.5, 0.9], ["a"] * 3, census=False).loc["a"]
    assert (wide["conf_low"], wide["conf_high"]) == (0, 1)


def test_one_or_no_score_has_no_interval():
    """One of two in a census, one in a sample, none at all: refused by name; the mean stays as description."""
    frame = of([0.4, NAN, NAN, 0.1, 0.2], ["one", "one", "none", "", NAN])
    assert frame["refused"].to_dict() == {"none": "none", "one": "one"}
    assert frame[["conf_low", "conf_high"]].isna().all(axis=None)
    assert frame.loc["one", "mean"] == 0.4 and np.isnan(frame.loc["none", "mean"])
    assert of([0.4], ["a"], census=False)["refused"].tolist() == ["one"]


def test_needs_by_hand():
    """Three units of a name needs, one does not; a need named twice by a unit counts once."""
    named = pd.DataFrame(
        [["money", "skills"], ["money", ""], ["skills", "skills"], [None, None], ["skills", "money"]],
        columns=["first", "second"],
    )
    frame = needs(named, pd.Series(["a", "a", "a", "a", "b"]))
    assert frame.to_dict("split")["data"] == [
        ["a", "money", 3, pytest.approx(2 / 3), pytest.approx(2 / 3)],
        ["a", "skills", 3, pytest.approx(1 / 3), pytest.approx(2 / 3)],
        ["b", "skills", 1, 1, 1],
        ["b", "money", 1, 0, 1],
    ]
    assert needs(named.iloc[[3]], pd.Series(["a"] * 5)).empty


def test_adjusted_rand_by_hand():
    """Six units, {1, 2, 3}{4, 5, 6} and {1, 2}{3, 4}{5, 6}.

    The table is [[2, 1, 0], [0, 1, 2]]: 2 pairs together in both; 3 + 3 = 6 pairs in the rows, 3 in the columns, 15 in
    all; by chance 6 × 3 / 15 = 1.2; (2 − 1.2) / ((6 + 3) / 2 − 1.2) = 0.8 / 3.3 = 8 / 33.
    """
    assert adjusted_rand([1, 1, 1, 2, 2, 2], [1, 1, 2, 2, 3, 3]) == pytest.approx(8 / 33)
    assert adjusted_rand([1, 1, 2, 2], ["b", "b", "a", "a"]) == 1
    assert adjusted_rand([1, 1, 2, 2], [1, 2, 1, 2]) == pytest.approx(-0.5)  # (0 − 2/3) / (2 − 2/3)
    assert adjusted_rand([1, 1, 1], [2, 2, 2]) == adjusted_rand([1, 2, 3], [3, 2, 1]) == 1


def clouds(centres: list, size: int = 12) -> pd.DataFrame:
    """So many units round each centre, standard deviation 0.02."""
    random = np.random.default_rng(4)
    points = np.concatenate([random.normal(centre, 0.02, (size, len(centre))) for centre in centres])
    return pd.DataFrame(points, index=[f"u{place}" for place in range(len(points))])


def test_types_that_are_there():
    """Three clouds far apart: three types, numbered by their mean, each its cloud; centres by hand."""
    values = clouds([[0.8, 0.8, 0.9], [0.1, 0.2, 0.1], [0.2, 0.9, 0.1]])
    values.loc["gap"] = [0.5, NAN, 0.5]
    types = typology(values, seed=1)
    assert (types.refused, types.types) == ("", 3)
    assert types.of.tolist() == [3] * 12 + [1] * 12 + [2] * 12
    assert "gap" not in types.of.index
    assert types.centres["units"].tolist() == [12, 12, 12]
    apart = types.centres[[0, 1, 2]].to_numpy() - [[0.1, 0.2, 0.1], [0.2, 0.9, 0.1], [0.8, 0.8, 0.9]]
    assert np.abs(apart).max() < 0.03
    best = types.stability.set_index(["method", "types"])["median"]
    assert best[types.method, 3] == 1


def test_no_types_in_one_cloud():
    """Seven dimensions without any types, 43 units: a plain refusal, and no types to be shown by mistake."""
    random = np.random.default_rng(11)
    types = typology(pd.DataFrame(random.normal(size=(43, 7))), seed=1)
    assert types.refused == "unstable"
    assert types.stability["median"].max() < 0.8 and len(types.stability) == 6
    assert types.of.empty and types.centres.empty


def test_the_limit_is_the_limit():
    """The same clouds are refused where more than their stability is asked; exactly as much is enough."""
    values = clouds([[0.1, 0.1], [0.9, 0.9]])
    assert typology(values, seed=1, resamples=20, least=1.0).refused == ""
    assert typology(values, seed=1, resamples=20, least=1.01).refused == "unstable"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (clouds([[0.1, 0.1], [0.9, 0.9]], size=4), "few"),
        (clouds([[0.1, 0.1]]) * NAN, "few"),
        (pd.DataFrame({"a": [0, 1] * 10, "b": 0.5}), "same"),
        (pd.concat([clouds([[0.1, 0.1]], size=20), pd.DataFrame({0: [9.0], 1: [9.0]})]), "small"),
    ],
)
def test_other_refusals(values, reason):
    """Too few complete units, too few different ones, a type of one."""
    types = typology(values, seed=1, resamples=20, most=2)
    assert (types.refused, types.of.empty) == (reason, True)


def test_the_same_seed_gives_the_same_types():
    """All of it is drawn from the seed."""
    values = pd.DataFrame(np.random.default_rng(3).normal(size=(30, 3)))
    first, again = (typology(values, seed=9, resamples=20).stability for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
