"""Kautilya: wars of attrition, sanctions and alliances over everything uncertain.

import kautilya as kt
ens = kt.run("russia_dprk_2024", futures=2000)      # an xarray.Dataset
"""

from kautilya.api import (
    audit,
    compare,
    discover,
    judge,
    load,
    query,
    resume,
    robust,
    run,
    sensitivity,
    why,
)

__version__ = "0.1.0"
__all__ = [
    "audit",
    "compare",
    "discover",
    "judge",
    "load",
    "query",
    "resume",
    "robust",
    "run",
    "sensitivity",
    "why",
]
