"""The draws that satisfy the published accounts, in place of draws from the raw ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kautilya.scenario.assemble import Assembled
from kautilya.study.draws import Fed


def feeder(assembled: Assembled, seed: int, accept: str) -> Callable[[np.ndarray], Fed] | None:
    """A function from numbers of futures to the values that the accounts feed; None = raw."""
    if accept == "raw":
        return None
    try:
        from kautilya.accounts import draws
    except ImportError:
        return None
    rows: dict[tuple[str, ...], Any] = {
        (row.parameter, row.actor, row.good, row.stage, row.month): i
        for i, row in enumerate(assembled.scenario.quantities)}

    def feed(futures: np.ndarray) -> Fed:
        given = draws(assembled.scenario, seed, futures, accept)
        return {rows[key]: np.asarray(value) for key, value in given.items() if key in rows}

    return feed
