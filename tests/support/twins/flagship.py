"""The phases and the opening of the flagship, for the slow twin; laws are found by their names.

A law's twin is a function of its name in any module of this folder, and STARTS of the module
holds what its variables are before the first month. Nothing lists them.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from support.twins.month import Future, Phases, Starts

from kautilya.core.law import PHASES as ORDER
from kautilya.mechanisms import registry


def found() -> tuple[Phases, Starts]:
    """Twins by phase, and all starts. ValueError for a law that has two twins."""
    phases: Phases = {phase: {} for phase in ORDER}
    starts: Starts = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        module = import_module(f"{__package__}.{path.stem}") if path.stem != "flagship" else None
        starts |= getattr(module, "STARTS", {})
        for law in registry().values():
            twin = vars(module).get(law.name) if module else None
            if callable(twin) and twin.__module__ == module.__name__:  # type: ignore[union-attr]
                if law.name in phases[law.phase]:
                    raise ValueError(f"{law.name} has two twins")
                phases[law.phase][law.name] = twin
    return phases, starts


PHASES, STARTS = found()


def each(future: Future, dims: tuple[str, ...]) -> list[tuple[str, ...]]:
    """All labels over some sets."""
    out: list[tuple[str, ...]] = [()]
    for dim in dims:
        out = [(*labels, one) for labels in out for one in future.sets[dim]]
    return out


def start(future: Future) -> dict[tuple, float]:
    """Variables before the first month."""
    var: dict[tuple, float] = {}
    for name, (begins, dims) in STARTS.items():
        for labels in each(future, dims):
            var[name, *labels] = (
                begins if isinstance(begins, float) else future.figures[*begins, *labels]
            )
    return var
