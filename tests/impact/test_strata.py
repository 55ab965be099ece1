"""Strata: the pooled point against a published meta-analysis and hands, own estimates against regressions apart."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from coops.estimation import effects, sample_design, tidy
from coops.impact.strata import by_stratum, pool
from tests import made

# Thirteen trials of BCG vaccine (Colditz et al. 1994, JAMA 271:698-702; dat.bcg of the R package metafor): cases and
# others among the vaccinated, cases and others among the rest.
BCG = np.array([
    [4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619], [33, 5036, 47, 5761],
    [180, 1361, 372, 1079], [8, 2537, 10, 619], [505, 87886, 499, 87892], [29, 7470, 45, 7232], [17, 1699, 65, 1600],
    [186, 50448, 141, 27197], [5, 2493, 3, 2338], [27, 16886, 29, 17825],
])  # fmt: skip


def log_risk_ratios():
    """Logarithm of the risk ratio and its variance, 1/a - 1/(a+b) + 1/c - 1/(c+d)."""
    a, b, c, d = BCG.T.astype(float)
    return np.log(a / (a + b) / (c / (c + d))), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def test_published():
    """Stata's metan and metafor (test_misc_metan_vs_rma.uni_with_dat.bcg.r): four decimals printed."""
    values, variances = log_risk_ratios()
    found = pool(values, np.sqrt(variances))
    assert found.mean == pytest.approx(-0.7141, abs=5e-5)
    assert found.variance == pytest.approx(0.3088, abs=5e-5)
    assert found.q == pytest.approx(152.2330, abs=5e-5) and found.df == 12


def test_statsmodels():
    """Mean and variance between are those of statsmodels (method "dl"), to rounding."""
    values, variances = log_risk_ratios()
    other = combine_effects(values, variances, method_re="dl")
    found = pool(values, np.sqrt(variances))
    assert (found.mean, found.variance, found.q) == pytest.approx(
        (other.mean_effect_re, other.tau2, other.q), rel=1e-12
    )


def test_by_hand():
    """Values 0, 0, 6 with variances 1, 1, 2: w 1, 1, 1/2; m 6/5; Q 72/5; C 5/2 - 9/4 / (5/2) = 8/5.

    variance (72/5 - 2) / (8/5) = 31/4; weights 4/35, 4/35, 4/39; mean 6 * 4/39 / (8/35 + 4/39) = 210/113;
    points: mean (1 - 31/35) twice, and mean + 31/39 (6 - mean).
    """
    found = pool([0, 0, 6], np.sqrt([1, 1, 2]))
    mean = 210 / 113
    assert (found.mean, found.variance, found.q) == pytest.approx((mean, 31 / 4, 72 / 5), rel=1e-12)
    assert found.points == pytest.approx([mean * 4 / 35, mean * 4 / 35, mean + 31 / 39 * (6 - mean)], rel=1e-12)


def test_alike_and_unknown():
    """Where strata differ by less than chance all points are the mean; one without an error gets none."""
    found = pool([1, 2, 50], [1, 1, np.nan])  # Q 1/2 below 1 df
    assert found.points[:2] == pytest.approx([1.5, 1.5]) and np.isnan(found.points[2])
    assert (found.variance, found.q, found.df) == pytest.approx((0, 0.5, 1))
    alone = pool([1, 2], [1, np.nan])
    assert np.isnan([alone.mean, alone.variance, alone.q, *alone.points]).all()


REGIONS = ["coast"] * 12 + ["hill"] * 8 + ["town"] * 5 + ["fort"] * 2


def study(folder, merge='[release]\nmerge = { edge = ["town", "fort"] }\n', regions=REGIONS, given=None):
    """Schools of four regions, in turn with and without books: 6 + 6, 4 + 4, 3 + 2 and 1 + 1 of them."""
    table = made.pupils(len(regions), 4)
    school = table["school"].str[1:].astype(int)
    table["region"] = school.map(dict(enumerate(regions)))
    table["given"] = school % 2 == 0 if given is None else school.map(dict(enumerate(given)))
    table["given"] = table["given"].astype(int)
    after = table["wave"] == "after"
    noise = np.random.default_rng(1).normal(size=len(table)).round(1)
    table["score"] = table["score"].astype(float)
    table.loc[after, "score"] = 50 + school + 3 * table["given"] * (table["region"] == "coast") + noise
    codebook = made.CODEBOOK + "pupils,region,category,,,coast|hill|town|fort,,region\n"
    toml = made.TOML.replace('cluster = "school"', 'cluster = "school"\nstrata = ["region"]') + merge
    return made.data(made.study(folder, toml=toml, codebook=codebook, pupils=table))


def found(data, min_groups=4):
    """The rows of the headline, and the strata of each of its partitions, by name of the stratum."""
    built = sample_design.build(data, data.study.plans("main")[0])
    strata = by_stratum(built, data.study.contract.release.merge, min_groups)
    return built, [part.set_index("stratum", drop=False) for _, part in strata.groupby("partition", sort=False)]


def test_each_stratum_is_a_regression_of_its_own(tmp_path):
    """An own estimate is that of the study which holds nothing but that stratum."""
    data = study(tmp_path / "all")
    _, (own, _) = found(data)
    assert own["stratum"].tolist() == ["coast", "fort", "hill", "town"]
    for mine in tidy.rows(own)[::2]:
        table = pd.read_csv(tmp_path / "all" / "raw" / "pupils.csv")
        table = table[table["region"] == mine.stratum]
        toml = (tmp_path / "all" / "study.toml").read_text(encoding="utf-8").replace('strata = ["region"]', "")
        codebook = (tmp_path / "all" / "codebook.csv").read_text(encoding="utf-8")
        (alone,) = made.estimates(made.study(tmp_path / mine.stratum, toml=toml, codebook=codebook, pupils=table))
        assert (mine.estimate, mine.conf_low, mine.conf_high, mine.df) == pytest.approx(
            (alone.estimate, alone.conf_low, alone.conf_high, alone.df), rel=1e-9
        )
        assert mine.clusters_by_arm == alone.clusters_by_arm


def test_too_few(tmp_path):
    """Two clusters in an arm: no interval, and no part in the pooled point; few groups never stand alone."""
    data = study(tmp_path / "all")
    _, (own, released) = found(data, min_groups=5)
    for name in ("town", "fort"):
        assert own.loc[name, "refused"] == "few_clusters"
        assert own.loc[name, ["conf_low", "conf_high", "pooled"]].isna().all()
        assert np.isfinite(own.loc[name, "estimate"])
    assert own["alone"].to_dict() == {"coast": True, "hill": False, "town": False, "fort": False}
    assert own.loc["hill", "refused"] == "" and set(own["q_df"]) == {1}
    least = {number: found(data, min_groups=number)[1][1]["alone"].to_dict() for number in (4, 3)}
    assert least[4] == {"coast": True, "edge": False, "hill": False}  # alone out, edge would follow from all
    assert least[3] == {"coast": True, "edge": True, "hill": True}
    assert released["stratum"].tolist() == ["coast", "edge", "hill"]


def test_merged(tmp_path):
    """Merged strata are estimated together, with the dummy of one of their parts, as a specification would."""
    data = study(tmp_path / "all")
    built, (own, released) = found(data)
    edge = released.loc["edge"]
    assert edge["parts"] == ("fort", "town") and edge["groups_by_arm"] == {"without": 3, "books": 4}
    assert not edge["alone"]
    frame = built.frame[built.frame["stratum"].isin(["town", "fort"])]
    x = np.column_stack([np.ones(len(frame)), frame["arm"] == "books", frame["stratum"] == "fort"]).astype(float)
    by_hand = np.linalg.lstsq(x, frame["outcome"].to_numpy(dtype=float), rcond=None)[0][1]
    assert edge["estimate"] == pytest.approx(by_hand, rel=1e-9) and edge["refused"] == ""
    points = pool(released["estimate"], released["std_error"])
    assert released["pooled"].tolist() == pytest.approx(list(points.points))
    assert set(released["q_df"]) == {2} and set(released["arm"]) == {"books"}
    assert (len(own), len(released)) == (4, 3) and set(own["partition"]) == {"own"}


def test_merged_without_a_comparison_inside(tmp_path):
    """Two regions of one arm each have, merged, nothing to compare within: refused, not confounded."""
    regions = ["coast"] * 8 + ["town"] * 4 + ["fort"] * 4
    data = study(tmp_path / "all", regions=regions, given=[0, 1] * 4 + [0] * 4 + [1] * 4)
    _, (own, released) = found(data)
    assert own["refused"].tolist() == ["", "one_arm", "one_arm"]
    edge = released.iloc[1]
    assert edge["refused"] == "one_arm" and np.isnan(edge["estimate"])
    assert edge["clusters_by_arm"] == {"without": 4, "books": 4}


def test_nothing_to_part(tmp_path):
    """No strata in the specification: nothing; no merge that touches them: the own partition alone."""
    plain = made.data(made.study(tmp_path / "plain"))
    assert by_stratum(sample_design.build(plain, plain.study.plans("main")[0]), {}, 5).empty
    data = study(tmp_path / "all", merge="")
    assert [set(part["partition"]) for part in found(data)[1]] == [{"own"}]


def test_whole_is_untouched(tmp_path):
    """Parting does not change the rows that it was given."""
    data = study(tmp_path / "all")
    built, _ = found(data)
    again = sample_design.build(data, data.study.plans("main")[0])
    pd.testing.assert_frame_equal(effects.estimate(built), effects.estimate(again))
