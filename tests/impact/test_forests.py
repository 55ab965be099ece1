"""The forests of estimates: where zero stands, which numbers are written, the row of all strata."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from coops.impact import figures
from coops.show.language import Words
from coops.study.load import load
from tests.checkout import ROOT

STUDY = load(ROOT / "data" / "demo")
(ONE, TWO), (WAVE, LAST) = STUDY.outcomes()[:2], list(STUDY.contract.waves)[:2]
ARM = list(STUDY.arms())[-1]


def estimates() -> pd.DataFrame:
    """Two outcomes: one that lies about zero, one far above it, without an interval at a second wave."""
    rows = [
        (ONE, LAST, 5.0, -15.0, 25.0),
        (TWO, LAST, 0.4, 0.2, 0.6),
    ]
    frame = pd.DataFrame(rows, columns=["outcome", "wave", "estimate", "conf_low", "conf_high"])
    return frame.assign(arm=ARM, unit="", decimals=1, hidden="", n=50)


def texts(axes) -> list[str]:
    return [text.get_text().translate({0x2066: None, 0x2069: None, 0x200E: None}) for text in axes.texts]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_zero_stands_at_one_place(language):
    """The same share of each panel lies below zero, and no whisker is cut; numbers run from left to right."""
    panels = figures.draw_effects(Figure(), estimates(), Words(STUDY, language))
    limits = np.array([panel.get_xlim() for panel in panels])
    places = -limits[:, 0] / (limits[:, 1] - limits[:, 0])
    assert places[0] == pytest.approx(places[1]) and (limits[:, 0] < 0).all() and (limits[:, 1] > 0).all()
    assert limits[0, 0] < -15 and limits[0, 1] > 25 and limits[1, 1] > 0.6


def test_numbers_are_written_and_one_wave_has_no_tick():
    """Estimate and interval beside each; where all are of one wave and arm, no name repeats that."""
    panels = figures.draw_effects(Figure(), estimates(), Words(STUDY, "en"))
    assert [texts(panel) for panel in panels] == [["5.0 (−15.0 to 25.0)"], ["0.4 (0.2 to 0.6)"]]
    assert all(len(panel.get_yticks()) == 0 for panel in panels)
    several = pd.concat([estimates(), estimates().assign(wave=WAVE, conf_low=np.nan, conf_high=np.nan)])
    panels = figures.draw_effects(Figure(), several, Words(STUDY, "en"))
    assert texts(panels[0]) == ["5.0 (−15.0 to 25.0)", "5.0"] and len(panels[0].get_yticks()) == 2


def test_the_estimate_of_all_stands_below_its_strata():
    """One more row an estimate, the last of its panel, without a ring; an outcome without strata has no panel."""
    strata = estimates().iloc[[0, 0]].assign(stratum=["a.x", "a.y"], pooled=[4.0, 6.0]).reset_index(drop=True)
    all_of = estimates().assign(conf_level=0.95, n_fewest=50, unit_level="person", refused="")
    all_of = all_of.assign(n_by_arm=[{}] * 2, groups_by_arm=[{}] * 2, clusters_by_arm=[{}] * 2, reference="")
    data = figures.strata_data(strata, all_of, STUDY)
    assert data["stratum"].to_list() == ["a.x", "a.y", "all_units"] and set(data["outcome"]) == {ONE}
    assert np.isnan(data["pooled"].iloc[-1]) and data["estimate"].iloc[-1] == 5.0
    (panel,) = figures.draw_strata(Figure(), data, Words(STUDY, "en"))
    ring = next(line for line in panel.get_lines() if line.get_markerfacecolor() == "white")
    assert list(ring.get_xdata())[:2] == [4.0, 6.0] and np.isnan(list(ring.get_xdata())[2])
