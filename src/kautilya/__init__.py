"""Kautilya: wars of attrition, sanctions and alliances over everything uncertain.

    import kautilya as kt
    ens = kt.run("russia_dprk_2024", futures=2000)      # an xarray.Dataset
"""

from kautilya import claims
from kautilya.api import audit, compare, load, query, resume, run, why

__version__ = "0.1.0"
__all__ = ["audit", "claims", "compare", "load", "query", "resume", "run", "why"]
