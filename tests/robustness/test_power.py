"""Smallest effects: the project's golden power, a table of simulations, hand cases."""

import numpy as np
import pytest

from coops.robustness.power import intraclass, minimum_detectable, planned_error, power


def test_power_of_a_plan():
    """43 groups of 12 an arm, ICC .15: SE = sqrt(2 (1 + 11 x .15) / 516); with 84 df an effect of .25 has power .684.

    The last worked out before in scipy's noncentral t; StatsPAI 1.40.2 gives .6939, by the normal.
    """
    error = planned_error(43, 43, 12, 0.15)
    assert error == pytest.approx(np.sqrt(2 * 2.65 / 516), rel=1e-12)
    assert power(0.25, error, 84) == pytest.approx(0.684, abs=5e-4)


@pytest.mark.parametrize(("icc", "sd", "smallest"), [(0.05, 0.071, 0.21), (0.15, 0.087, 0.25), (0.30, 0.107, 0.31)])
def test_two_waves_as_simulated(icc, sd, smallest):
    """Simulated: 43 and 43 groups of about 12, unlike in size (6 to 20), correlations .7 and .5 (the project's simulations).

    Equal groups are a little more precise: within 3 % of the simulated SD, 5 % of the smallest effect (printed to .01).
    """
    error = planned_error(43, 43, 11.8, icc, group_correlation=0.7, person_correlation=0.5)
    assert error == pytest.approx(sd, rel=0.03)
    assert minimum_detectable(error, 84) == pytest.approx(smallest, rel=0.05)


def test_smallest_effect_by_hand():
    """20 df: 2.085963 + 0.859964 standard errors (R's qt); its own power is then about .80."""
    assert minimum_detectable(2.0, 20) == pytest.approx(2 * (2.085963 + 0.859964), abs=2e-6)
    assert power(minimum_detectable(2.0, 20), 2.0, 20) == pytest.approx(0.80, abs=0.01)
    assert power(0.0, 1.0, 20, level=0.9) == pytest.approx(0.1, abs=1e-9)


def test_intraclass_by_hand():
    """Groups 1, 3 and 5, 7: between 16, within 2: (16 - 2) / (16 + 2). Unlike sizes: n0 = (5 - 13/5) / 1."""
    assert intraclass([1, 3, 5, 7, np.nan], list("aabbb")) == pytest.approx(14 / 18)
    # 1, 3 and 5, 7, 9: mean 5, between 2 x 9 + 3 x 4 = 30, within (2 + 8) / 3, n0 = 2.4
    assert intraclass([1, 3, 5, 7, 9], list("aabbb")) == pytest.approx((30 - 10 / 3) / (30 + 1.4 * 10 / 3))
    assert intraclass([1, 3, 1, 3], list("aabb")) == 0
    assert np.isnan(intraclass([1, 2], list("ab"))) and np.isnan(intraclass([1, 2], list("aa")))
