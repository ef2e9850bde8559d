"""What a worker holds of a chunk: the chunk, once."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from support.conventions import truth

from kautilya import scenario as scenarios
from kautilya.runs import chunk
from kautilya.runs.case import Case
from kautilya.runs.chunk import TILE, Ready, simulate
from kautilya.scenario.assemble import assemble


class Loop:
    """In place of the month loop: outcomes that tell which futures they are of."""

    def __init__(self, cells: int) -> None:
        self._cells = cells

    def __call__(self, given: Any) -> Any:
        number = np.asarray(given.futures, dtype=np.float32)
        return chunk.Part(
            {"x": np.tile(number, (self._cells, 1)), "y": number},  # type: ignore
            jnp.asarray(number),
            jnp.asarray(number % 7 != 0),
        )


@pytest.fixture(scope="module")
def assembled(starter: Path) -> Any:
    return assemble(scenarios.load(str(starter)))


@pytest.mark.parametrize("first,count", [(0, 5), (0, TILE), (1024, 3 * TILE + 1), (5120, 2000)])
@truth(
    "invariant",
    source="runs/chunk.py",
    kills="a tile in the place of another; the padding of the last one kept",
)
def test_tiles_go_to_their_places(assembled: Any, first: int, count: int):
    part = simulate(Ready(assembled, Loop(2)), Case(), 0, first, count)
    number = np.arange(first, first + count)
    assert np.array_equal(part.outcomes["x"], np.stack([number, number], axis=1))
    assert np.array_equal(part.outcomes["y"], number)
    assert np.array_equal(part.residual, number)
    assert np.array_equal(part.finite, number % 7 != 0)


@truth(
    "invariant",
    source="memory bounded whatever N",
    kills="tiles that are all kept beside the chunk that they make",
)
def test_a_chunk_is_held_once(assembled: Any):
    """16 MB of values; the figures of 1,024 futures stand beside them."""
    ready = Ready(assembled, Loop(500))
    simulate(ready, Case(), 0, 0, TILE)  # what is loaded or compiled once
    tracemalloc.start()
    part = simulate(ready, Case(), 0, 0, 8192)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1.4 * part.outcomes["x"].nbytes
