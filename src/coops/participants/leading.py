"""What the loss of units, and differences at the start, mean for the leading estimates of a study."""

import pandas as pd

from coops.data import strata
from coops.data.units import Data
from coops.estimation import sample_design
from coops.participants import balance, expected, joint_test, lee_bounds, response_weights


def joint_balance(data: Data) -> pd.DataFrame:
    """Do the arms differ at the start, all variables taken together; one row an arm, none without a single one."""
    plan = data.study.plans(data.study.headline)[0]
    return joint_test.at_start(data, plan, balance.balance_variables(data), **_drawn(data))


def retention(data: Data) -> pd.DataFrame:
    """Share of those seen at the start that is used again, by stratum; empty if there are no strata or two arms."""
    study = data.study
    plan = study.plans(study.headline)[0]
    others = [arm for arm in plan.arms if arm != plan.reference]
    followed = len(plan.arm) == 1 and plan.baseline and not data.cross_sections()
    if not followed or not plan.strata or len(others) != 1:
        return pd.DataFrame(columns=["opposite"])
    units = expected.expected(data, plan)
    seen, arm = units["outcome"].notna(), units["arm"] == others[0]
    stratum = units["stratum"].map(lambda name: strata.merged(name, study.contract.release.merge))
    return lee_bounds.retention(seen, arm, units["cluster"], stratum, level=plan.level)


def ranges(data: Data) -> pd.DataFrame:
    """What the loss of units could do to each leading estimate, a row an arm."""
    drawn = _drawn(data)
    drawn["draws"] = min(999, drawn["draws"])
    plans = data.study.plans(data.study.headline)
    return together([lee_bounds.framed([]), *(expected.ranges(data, plan, **drawn) for plan in plans)])


def reweighted(data: Data) -> pd.DataFrame:
    """Each leading estimate by inverse probability weighting, a row an arm; none where nobody is to be seen twice."""
    frames = [response_weights.framed([])]
    for plan in data.study.plans(data.study.headline):
        if data.cross_sections() or len(plan.arm) != 1 or not plan.baseline:
            continue
        units = expected.expected(data, plan)
        at_start = list(dict.fromkeys([*balance.balance_variables(data), *plan.covariates]))
        known = response_weights.predictors(data, plan, units, at_start)
        frames.append(response_weights.of_rows(sample_design.build(data, plan), units, known))
    return together(frames)


def together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """One frame of results of several; empty ones say nothing of the types of the columns."""
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def _drawn(data: Data) -> dict[str, int]:
    """Draws and seed of the study."""
    contract = data.study.contract
    return {"draws": contract.design.draws, "seed": contract.study.seed}
