"""Running small scenarios with toy laws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from support.toy_laws import TOYS

from kautilya.core.loop import Inputs, simulator
from kautilya.core.luck import PARAMETERS, bits, seed_words, streams, uniform
from kautilya.scenario import check, load
from kautilya.scenario.assemble import Assembled, assemble
from kautilya.scenario.distributions import quantile
from kautilya.scenario.levers import apply
from kautilya.scenario.outcomes import emitter

FUTURES = 16


def edit(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text()
    for old, fresh in pairs:
        assert old in text, old
        text = text.replace(old, fresh)
    path.write_text(text)


def ready(folder: Path) -> Assembled:
    assert check(folder, TOYS) == []
    return assemble(load(folder), TOYS)


def run(made: Assembled, levers=(), sets=(), keep="all"):
    """Outcomes by id as numpy, and the largest residual."""
    import jax

    futures = np.arange(FUTURES, dtype=np.uint32)
    ids = streams([("quantity", q.id) for q in made.quantities])
    u = np.asarray(uniform(bits(seed_words(7), np.uint32(PARAMETERS), ids, futures)))
    drawn = np.stack(
        [quantile(q, u[i]) for i, q in enumerate(made.quantities)] + [np.zeros(FUTURES)]
    )
    change = apply(made, levers, sets)
    inputs = Inputs(
        seed_words(7),
        futures,
        drawn[made.plain_index] * change.plain_scale[:, None] + change.plain_shift[:, None],
        drawn[made.anchor_index] * change.anchor_scale[:, None] + change.anchor_shift[:, None],
        made.low,
        made.high,
        made.weight,
        change.scale,
        change.shift,
        made.series,
        change.record,
    )
    done = jax.jit(simulator(made.model, emitter(made.scenario, made.model, keep)))(inputs)
    assert bool(np.all(done.finite))
    return {k: np.asarray(v, float) for k, v in done.outcomes.items()}, float(done.residual.max())
