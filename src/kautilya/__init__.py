"""Kautilya: wars of attrition, sanctions and alliances over everything uncertain.

import kautilya as kt
ens = kt.run("russia_dprk_2024", futures=2000)      # an xarray.Dataset
"""

TYPE_CHECKING = False  # as in typing, which takes time to read
if TYPE_CHECKING:
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

__version__ = "0.2.0.dev0"
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


def __getattr__(name: str) -> object:
    """A function of the list above, read when it is first asked for: the command line must heed
    signals before anything else is read."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from kautilya import api

    return globals().setdefault(name, getattr(api, name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
