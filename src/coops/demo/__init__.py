"""The demonstration study: made data with the published shape and a known truth.

The only part of the package that knows a programme. Everything drawn comes from one seed; nothing is real.
"""

from coops.demo.folder import SCENARIOS, make
from coops.demo.people import draw

__all__ = ["SCENARIOS", "draw", "make"]
