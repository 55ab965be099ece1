"""How much each row weighs in an estimate."""

import numpy as np

from coops.estimation import cluster_robust
from coops.estimation.sample_design import Rows


def influence(built: Rows, arm: str) -> np.ndarray:
    """Weights l (N,) of the rows in an estimate: b = l'y. Those of the arm sum to 1 and all sum to 0, but for a change.

    l = W X (X'WX)^-1 c, with the columns and weights that :func:`coops.estimation.effects.estimate` uses.
    """
    kept, _ = cluster_robust.independent_columns(built.design, built.protected)
    x, w = built.design[kept].to_numpy(dtype=float), weights(built)
    root = np.sqrt(w)[:, None]
    q, r = np.linalg.qr(x * root)
    return (q * root) @ np.linalg.solve(r.T, np.eye(len(kept))[:, kept.index(built.interest[arm])])


def weights(built: Rows) -> np.ndarray:
    """Weights (N,) that an estimate uses: 1 where the specification has none."""
    used = built.specification.weighted
    return built.frame["weight"].to_numpy(dtype=float) if used else np.ones(len(built.frame))
