"""Estimates of a family read together: p over shared draws by refits, Holm by hand, which way is better."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from coops.estimation import effects, resampled, sample_design, tidy
from coops.estimation.wild_bootstrap import wild_bootstrap, wild_tests
from coops.impact import multiplicity
from coops.study.load import load
from coops.study.schema import Family
from tests import made
from tests.estimation.test_wild_bootstrap import model, refits

CODEBOOK = made.CODEBOOK.replace("label_en", "label_en,direction").replace(
    "score,number,points,1,,0..100,score", "score,number,points,1,,0..100,score,up"
)
CODEBOOK += "pupils,absent,number,days,0,,,days away,down\n"
FAMILY = '[families.both]\nlabel = "school life"\noutcomes = ["score", "absent"]\nconfirmatory = {}\n'
TOML = made.TOML.replace('outcomes = ["score"]', 'outcomes = ["score", "absent"]')


def built(folder, schools=14, toml=TOML, gap=False, less=0.0):
    """Rows and estimates of the made study with a second outcome; ``gap``: one school never says the second; ``less``: off the effect of 5."""
    frame = made.pupils(schools, 3)
    random = np.random.default_rng(2)
    frame["score"] += random.normal(0, 2, len(frame)).round(1)
    after = frame["wave"] == "after"
    frame["score"] -= less * (after & (frame["given"] == 1))
    frame["absent"] = random.integers(0, 9, len(frame)) - 2 * (after & (frame["given"] == 1))
    if gap:
        frame["absent"] = frame["absent"].astype(object)
        frame.loc[frame["school"] == "s3", "absent"] = ""
    data = made.data(made.study(folder, toml, CODEBOOK, pupils=frame))
    done = [sample_design.build(data, specification) for specification in data.study.resolve("main")]
    return [(one, effects.estimate(one)) for one in done], data.study


def together(pairs, study, confirmatory=True, draws=999):
    """The frame of the family."""
    direction = {name: study.direction(name) for name in ("score", "absent")}
    family = Family(label="both", outcomes=["score", "absent"], confirmatory=confirmatory)
    return multiplicity.of_family("both", family, direction, pairs, draws=draws, seed=1)


def parts(family) -> tuple:
    """Of a family: adjusted p and q of its estimates, how they were made and why so, rows of its indices."""
    index = family["quantity"] == "family_index"
    single = family[~index]
    (how,) = set(zip(family["adjustment"], family["adjustment_refused"], strict=True))
    return single["p_value_adjusted"].to_numpy(), single["q_value"].to_numpy(), how, tidy.rows(family[index])


def test_statistics_are_those_of_refits():
    """All sign vectors of six clusters, one regression each (times the factor of CR1); that of the data is left out."""
    outcome, design, cluster = model(6, 1)
    x, n, k = design.to_numpy(), len(outcome), design.shape[1]
    t, starred = refits(x, outcome.to_numpy(), cluster.to_numpy(), list(design).index("D"))
    factor = np.sqrt(6 / 5 * (n - 1) / (n - k))
    found, drawn = wild_tests(outcome, design, cluster, "D", draws=64, seed=0)(0.0)
    assert found == pytest.approx(t / factor)
    assert len(drawn) == 63
    everyone = np.append(drawn, found)
    assert np.sort(everyone) == pytest.approx(np.sort(starred / factor), abs=1e-8)


def test_clusters_that_one_outcome_lacks_share_the_draws():
    """Among eight clusters, the last two without data: each of 64 vectors comes four times, whatever the two have."""
    outcome, design, cluster = model(6, 1)
    labels = [*sorted(set(cluster)), "zz1", "zz2"]
    own = wild_tests(outcome, design, cluster, "D", draws=64, seed=0)(0.0)[1]
    _, drawn = wild_tests(outcome, design, cluster, "D", draws=256, seed=0, among=labels)(0.0)
    assert len(drawn) == 255
    assert drawn[:63] == pytest.approx(own) and drawn[64:127] == pytest.approx(own)
    with pytest.raises(ValueError, match="among"):
        wild_tests(outcome, design, cluster, "D", draws=9, seed=0, among=labels[1:])(0.0)


def test_one_outcome_has_the_p_of_its_bootstrap(tmp_path):
    """(1 + #) / (B + 1) over the joint draws is the p that the outcome's own wild bootstrap has."""
    ((one, estimates), _), _ = built(tmp_path, schools=12)
    (estimate,) = tidy.rows(estimates)
    for draws in (999, 4096):  # sampled, and all 2^12 vectors
        t, drawn = resampled.joint([(one, estimate)], draws=draws, seed=1)
        boot = wild_bootstrap(
            one.frame["outcome"].to_numpy(dtype=float), one.design, one.frame["cluster"], one.interest["books"],
            level=0.95, draws=draws, seed=1, interval=False,
        )  # fmt: skip
        assert (1 + np.sum(np.abs(drawn[:, 0]) >= abs(t[0]) * (1 - 1e-9))) / (1 + len(drawn)) == pytest.approx(
            boot.p_value
        )


def test_adjusted_by_refits(tmp_path):
    """Twelve schools, all 4,096 sign vectors, the second outcome without one of them: largest |t| of the two by loops."""
    pairs, study = built(tmp_path, schools=13, gap=True, less=3.0)
    kept = [rows for rows, _ in pairs]
    labels = sorted(set(kept[0].frame["cluster"]))
    assert len(labels) == 13 and kept[1].frame["cluster"].nunique() == 12
    signs = [dict(zip(labels, v, strict=True)) for v in product([-1.0, 1.0], repeat=13)]
    observed, starred = [], []
    for one in kept:
        y, x = one.frame["outcome"].to_numpy(dtype=float), one.design.to_numpy(dtype=float)
        codes, place = one.frame["cluster"].to_numpy(), list(one.design).index(one.interest["books"])
        own = sorted(set(codes))
        means = np.array([np.flatnonzero(codes == label) for label in own], dtype=object)
        n, k, g = *x.shape, len(own)
        m = np.linalg.inv(x.T @ x)
        others = np.delete(x, place, axis=1)
        fitted = others @ np.linalg.lstsq(others, y, rcond=None)[0]
        u = y - fitted
        v = np.array([[sign[label] for label in codes] for sign in signs])
        stars = np.vstack([y, fitted + v * u])
        b = stars @ x @ m
        e = stars - b @ x.T
        scores = np.stack([e[:, list(rows_)] @ x[list(rows_)] @ m[place] for rows_ in means], axis=1)
        t = b[:, place] / np.sqrt(g / (g - 1) * (n - 1) / (n - k) * (scores**2).sum(axis=1))
        observed.append(abs(t[0]))
        starred.append(np.abs(t[1:]))
    first, second = (0, 1) if observed[0] >= observed[1] else (1, 0)
    guard = 1 - 1e-9
    worst = np.mean(np.maximum(*starred) >= observed[first] * guard)
    last = max(worst, np.mean(starred[second] >= observed[second] * guard))
    adjusted, _, how, _ = parts(together(pairs, study, draws=2**13))
    assert how == ("romano_wolf", "") and adjusted[[first, second]] == pytest.approx([worst, last])
    assert adjusted[first] > np.mean(starred[first] >= observed[first] * guard)  # it does allow for the other


def test_holm_by_hand():
    """p .01 .02 .03 .04 (statsmodels' own example order): 4 x .01, 3 x .02 = .06, then no smaller; a missing one is out."""
    assert multiplicity.holm([0.04, 0.01, np.nan, 0.03, 0.02]) == pytest.approx(
        [0.06, 0.04, np.nan, 0.06, 0.06], nan_ok=True
    )
    assert multiplicity.holm([0.6, 0.7]) == pytest.approx([1, 1])


def test_without_draws_holm(tmp_path):
    """Ten schools have no bootstrap: the smaller p doubled, the larger one at least as much."""
    pairs, study = built(tmp_path, schools=10)
    found = together(pairs, study)
    adjusted, _, how, _ = parts(found)
    assert how == ("holm", "bootstrap_few_clusters")
    p = found.loc[found["quantity"] == "effect", "p_value"]
    assert adjusted.min() == pytest.approx(min(1, 2 * p.min()))
    assert adjusted.max() == pytest.approx(max(p.max(), min(1, 2 * p.min())))


def test_one_estimate_alone_is_not_adjusted(tmp_path):
    """The other outcome is not in the specification: nothing to allow for, no index."""
    pairs, study = built(tmp_path)
    adjusted, _, how, indices = parts(together(pairs[:1], study))
    assert how == ("holm", "alone")
    assert adjusted == pytest.approx([pairs[0][1]["p_value"].item()])
    assert [row.refused for row in indices] == ["one_component"]


def test_the_index_is_one_more_regression(tmp_path):
    """Its own key, in the family's name; not among the adjusted p."""
    pairs, study = built(tmp_path)
    adjusted, q, _, (index,) = parts(together(pairs, study, confirmatory=False))
    assert tidy.key(index) == "both.after.books.main.family_index" and not index.refused and not index.confirmatory
    assert len(adjusted) == len(q) == 2 and index.conf_low < index.estimate < index.conf_high


def test_no_direction_no_index(tmp_path):
    """Where the codebook does not say which way is better nothing is guessed; the p are adjusted all the same."""
    pairs, study = built(tmp_path)
    family = Family(label="both", outcomes=["score", "absent"], confirmatory=True)
    together = multiplicity.of_family("both", family, {"score": "up", "absent": ""}, pairs, draws=99, seed=1)
    adjusted, _, _, indices = parts(together)
    assert [row.refused for row in indices] == ["no_direction"] and np.isfinite(adjusted).all()


def test_no_interval_no_p(tmp_path):
    """Two schools an arm: neither p nor adjusted p."""
    pairs, study = built(tmp_path, schools=4)
    adjusted, q, _, _ = parts(together(pairs, study))
    assert np.isnan(adjusted).all() and np.isnan(q).all()


def test_the_largest_of_confirmatory_families(tmp_path):
    """An outcome in two of them needs both; exploratory ones give none; others have none."""
    pairs, study = built(tmp_path)
    flat = tidy.joined([estimates for _, estimates in pairs])
    families = [
        flat.assign(confirmatory=True, p_value_adjusted=[0.02, 0.03]),
        flat[:1].assign(confirmatory=True, p_value_adjusted=[0.04]),
        flat.assign(confirmatory=False, p_value_adjusted=[0.9, 0.9]),
    ]
    allowed = multiplicity.allow_for(flat, tidy.joined(families))
    assert allowed["p_value_adjusted"].tolist() == [0.04, 0.03]
    assert multiplicity.allow_for(flat, families[2])["p_value_adjusted"].isna().all()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ('kind = "mean"\nof = ["score", "score"]', "up"),
        ('kind = "log"\nof = ["absent"]', "down"),
        ('kind = "sum"\nof = ["score", "absent"]', ""),  # they do not agree
        ('kind = "mean"\nof = ["score", "age"]', ""),  # of one it is not said
        ('kind = "ratio"\nof = ["score", "score"]', ""),  # more below is less
        ('kind = "ratio"\nof = ["score", "age"]\ndirection = "down"', "down"),
    ],
)
def test_which_way_is_better_of_a_derived_variable(tmp_path, fields, expected):
    """That of its inputs where they agree and more of them is more of it; what the study says goes before."""
    toml = (
        TOML
        + f'[derived.made_up]\nlabel = "x"\n{fields}\n[derived.twice]\nlabel = "y"\nkind = "log"\nof = ["made_up"]\n'
    )
    frame = made.pupils().assign(absent=1)
    study = load(made.study(tmp_path, toml, CODEBOOK, pupils=frame))
    assert study.direction("made_up") == study.direction("twice") == expected


def least(pairs, outcomes=("score", "absent"), draws=999) -> float:
    """How much nearer to zero the estimate of the score may be."""
    return multiplicity.least_shift(tidy.key(tidy.rows(pairs[0][1])[0]), list(outcomes), pairs, draws=draws, seed=1)


@pytest.mark.parametrize("schools", [14, 8])
def test_the_least_shift_by_scores_really_lower(tmp_path, schools):
    """With scores of the arm lower by so much the adjusted p is above .05, and a thousandth less not yet.

    Over draws (fourteen schools), and by Holm (eight); the interval is a limit that is reached later.
    """
    pairs, study = built(tmp_path / "a", schools=schools, less=1.0 if schools == 14 else 0.0)
    (one,) = tidy.rows(pairs[0][1])
    found = least(pairs)
    assert 0 < found < one.conf_low and parts(together(pairs, study))[0][0] <= 0.05
    p = {}
    for name, share in (("less", 0.999), ("more", 1.0)):
        lower, _ = built(tmp_path / name, schools=schools, less=(1.0 if schools == 14 else 0.0) + share * found)
        p[name] = parts(together(lower, study))[0][0]
    assert p["less"] <= 0.05 < p["more"]


def test_the_least_shift_by_holm(tmp_path):
    """Eight schools: no draws. The other outcome is far from any threshold, so the p of the score is doubled."""
    pairs, _ = built(tmp_path, schools=8)
    one, other = (row for _, estimates in pairs for row in tidy.rows(estimates))
    assert other.p_value > 0.05
    by_hand = one.estimate - stats.t.isf(0.0125, one.df) * one.std_error
    assert least(pairs) == pytest.approx(by_hand, rel=1e-3)  # halved twelve times


def test_alone_in_its_family_the_interval_decides(tmp_path):
    """One outcome: nothing to allow for."""
    pairs, _ = built(tmp_path)
    assert least(pairs, ["score"]) == pairs[0][1]["conf_low"].item()


def test_any_null_by_data_that_are_shifted():
    """The test of 0.3 is that of zero once 0.3 times the column is taken from the outcome."""
    outcome, design, cluster = model(6, 1)
    test = wild_tests(outcome, design, cluster, "D", draws=64, seed=0)
    t, drawn = wild_tests(outcome - 0.3 * design["D"], design, cluster, "D", draws=64, seed=0)(0.0)
    assert test(0.3)[0] == pytest.approx(t) and test(0.3)[1] == pytest.approx(drawn)
