"""The method of an estimate in words: what its weights mean is said where there are weights, and only there."""

from dataclasses import replace

import pytest

from coops.estimation.effects import estimate
from coops.estimation.method import method
from coops.estimation.sample_design import build
from coops.show.language import Words
from coops.study.findings import FindingError
from tests import made

MEANING = "sampling weights (each is the number of units that one stands for)"


@pytest.mark.parametrize("weights", ["", 'weights = "age"\n'])
def test_what_a_weight_means(tmp_path, weights):
    """The convention of [design] chooses the words; one without words is not passed over."""
    toml = made.TOML.replace("[specifications.main]\n", f"[specifications.main]\n{weights}")
    data = made.data(made.study(tmp_path, toml))
    (plan,) = data.study.plans("main")
    (effect,) = estimate(build(data, plan))
    assert (MEANING in method(effect, Words(data.study, "en"))) == bool(weights)
    design = data.study.contract.design.model_copy(update={"weights_convention": "frequency"})
    other = replace(data.study, contract=data.study.contract.model_copy(update={"design": design}))
    if weights:
        with pytest.raises(FindingError, match="method.weighted.frequency"):
            method(effect, Words(other, "en"))
