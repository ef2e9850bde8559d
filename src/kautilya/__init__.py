"""Kautilya: wars of attrition, sanctions and alliances over everything uncertain.

import kautilya as kt
ens = kt.run("russia_dprk_2024", futures=2000)      # an xarray.Dataset
"""

TYPE_CHECKING = False  # as in typing, which takes time to read
if TYPE_CHECKING:
    from kautilya import plot
    from kautilya.api import (
        audit,
        compare,
        discover,
        judge,
        load,
        opened,
        query,
        resume,
        robust,
        run,
        sensitivity,
        why,
    )
    from kautilya.workbench import (
        answer,
        calibrate,
        check,
        export,
        history,
        new,
        runs,
        scenarios,
        storylines,
    )

__version__ = "0.2.0.dev0"
__all__ = [
    "answer",
    "audit",
    "calibrate",
    "check",
    "compare",
    "discover",
    "export",
    "history",
    "judge",
    "load",
    "new",
    "opened",
    "plot",
    "query",
    "resume",
    "robust",
    "run",
    "runs",
    "scenarios",
    "sensitivity",
    "storylines",
    "why",
]
BENCH = (
    "answer",
    "calibrate",
    "check",
    "export",
    "history",
    "new",
    "runs",
    "scenarios",
    "storylines",
)  # of kautilya.workbench


def __getattr__(name: str) -> object:
    """A function of the list above, read when it is first asked for: the command line must heed
    signals before anything else is read."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    if name == "plot":
        return import_module("kautilya.plot")
    room = import_module(f"kautilya.{'workbench' if name in BENCH else 'api'}")
    return globals().setdefault(name, getattr(room, name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
