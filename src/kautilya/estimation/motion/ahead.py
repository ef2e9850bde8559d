"""The law `motion` alone in the compiled month loop: a forecast of what observers publish.

The law is the engine's, the loop is the engine's; there is nothing else. So what is scored is what
a run of a whole scenario prints, but for what the rest of the scenario does to it: the end of the
war, which stops most series.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import jax
import numpy as np
from numpy.typing import NDArray

import kautilya.core  # noqa: F401  (float64)
from kautilya.core.emit import Emitter, Outcome
from kautilya.core.loop import TILE, Inputs, Results, simulator
from kautilya.core.luck import seed_words
from kautilya.core.model import Key, Model, build
from kautilya.core.world import OUTSIDE, LabelSet, Row, World
from kautilya.estimation.motion import two_processes
from kautilya.estimation.motion.hierarchy import FACTORS, Found, carried
from kautilya.mechanisms import registry

Array = NDArray[np.float64]
NOTHING = "nothing"  # a ledger needs a good; nobody holds this one


@lru_cache(maxsize=4)
def loop(labels: tuple[str, ...], months: int) -> tuple[Model, Callable[[Inputs], Results]]:
    """The model of the law alone over so many months, and its compiled loop."""
    sets = {
        "watched": LabelSet("label", labels),
        "driver": LabelSet("label", (*FACTORS, two_processes.DRIVER)),
    }
    rows = tuple(Row(place, NOTHING, "") for place in OUTSIDE)
    model = build(
        World(tuple(str(t) for t in range(months)), sets, rows),
        [registry()["motion"], registry()["lateness"]],
    )
    none = np.zeros(0, np.int32)
    published = Outcome("published", "variable", "published", none, none, (len(labels),))
    return model, jax.jit(simulator(model, Emitter((published,), np.zeros(months, int))))


def ahead(found: Found, horizon: int, draws: int = 1024, seed: int = 0) -> Array:
    """Draws [draws, series, horizon] of what is published in the months after the last known one.

    Future i takes draw i of the posterior, and begins anew where there are fewer.
    """
    model, call = loop(found.labels, horizon + 1)
    elements = carried(found)
    record = np.zeros(horizon + 1)
    record[0] = 1.0
    out = np.empty((-(-draws // TILE) * TILE, len(found.labels), horizon))
    for start in range(0, len(out), TILE):
        futures = np.arange(start, start + TILE)
        given = inputs(model, elements, record, futures, seed)
        out[start : start + TILE] = np.moveaxis(
            np.asarray(call(given).outcomes["published"]), 2, 0
        )[:, 1:].swapaxes(1, 2)
    return out[:draws]


def inputs(
    model: Model, elements: Mapping[Key, Array], record: Array, futures: np.ndarray, seed: int
) -> Inputs:
    """One tile of the loop of the law alone; nothing is on record but that it drives."""
    plain = np.stack([elements[key][futures % len(elements[key])] for key in model.layout.plain])
    months, none = len(record), np.zeros((len(record), 0))
    return Inputs(
        seed_words(seed),
        futures.astype(np.uint32),
        plain,
        np.zeros((0, len(futures))),
        none.astype(np.int32),
        none.astype(np.int32),
        none,
        none,
        none,
        np.full((months, len(model.layout.series)), -1.0),
        record,
    )
