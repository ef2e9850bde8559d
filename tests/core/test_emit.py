"""Outcomes come out of their tables as if each had been summed by itself."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from support.conventions import truth

from kautilya.core.emit import (
    ALONE,
    Emitter,
    Outcome,
    collect,
    emit,
    gather,
    opened,
    parted,
    weights,
)

PERIOD = np.array([0, 0, 1, 1, 1, 2])
NONE = np.zeros(0, np.int32)


def outcomes() -> tuple[Outcome, ...]:
    """Each kind reduced in each way, large ones among them, in no order."""
    out = []
    for reduce in ("last", None, "mean", "sum"):
        for name, shape in (("small", (2, 2)), ("large", (ALONE,))):
            out.append(Outcome(f"{name} {reduce}", "variable", name, NONE, NONE, shape, reduce))
        out.append(Outcome(f"flow {reduce}", "flow", "", np.arange(4), np.arange(4), (4,), reduce))
        index, cell = np.array([3, 0, 2, 3]), np.array([0, 1, 1, 2])
        out.append(Outcome(f"stock {reduce}", "stock", "", index, cell, (3,), reduce))
    return tuple(out)


def alone(one: Outcome, months: list[dict[str, np.ndarray]]) -> np.ndarray:
    """An outcome in plain numpy [periods, *dims, F]."""
    told = []
    for now in months:
        if one.kind == "variable":
            told.append(now[one.name])
            continue
        cells = np.zeros((*one.shape, 3))
        for index, cell in zip(one.index, one.cell, strict=True):
            cells[cell] += now[one.kind][index]
        told.append(cells)
    if one.reduce is None:
        return np.array(told)
    reduced = {"sum": np.sum, "mean": np.mean, "last": lambda x, axis: x[-1]}[one.reduce]
    return np.array([reduced(np.array(told)[PERIOD == k], axis=0) for k in range(3)])


@pytest.mark.parametrize("some", [slice(None), slice(2, 3), slice(4, 7), slice(0, 0)])
@truth(
    "slow-twin",
    source="core/emit.py",
    kills="rows of a table in another order; a sum that goes over the end of its year; a last "
    "value summed, a sum divided as a mean",
)
def test_tables_hold_what_each_outcome_is(some: slice):
    rng = np.random.default_rng(4)
    shapes = {"small": (2, 2, 3), "large": (ALONE, 3), "stock": (5, 3), "flow": (6, 3)}
    months = [{key: rng.normal(size=shape) for key, shape in shapes.items()} for _ in PERIOD]
    emitter = Emitter(outcomes()[some], PERIOD)
    held, stacked = opened(emitter, 3), []
    for now, first in zip(months, np.diff(PERIOD, prepend=-1) != 0, strict=True):
        row = {key: jnp.asarray(value) for key, value in now.items()}
        values = emit(emitter, row["stock"], row, row["flow"])
        period = PERIOD[len(stacked)]
        held, rest = gather(
            emitter, held, values, (jnp.asarray(period), jnp.asarray(first), jnp.float32(1.0))
        )
        stacked.append(rest)
    whole = {key: jnp.stack([one[key] for one in stacked]) for key in stacked[0]}
    seen = parted(emitter, collect(emitter, held, whole))
    assert list(seen) == [one.id for one in emitter.outcomes]
    for one in emitter.outcomes:
        np.testing.assert_allclose(seen[one.id], alone(one, months), rtol=1e-5, atol=1e-6)


@truth(
    "closed-form",
    source="by hand: a year of three months, the record two of them",
    kills="a chance as if the record were unknown that is averaged with months that know it",
)
def test_a_year_in_which_the_record_ends_is_told_by_the_months_before():
    period, record = np.array([0, 0, 1, 1, 1, 2, 2]), jnp.array([1.0, 1, 1, 1, 0, 0, 0])
    counts = weights(period, record)
    assert counts.tolist() == [1, 1, 1.5, 1.5, 0, 1, 1]
    assert weights(period, jnp.zeros(7)).tolist() == [1] * 7
    none, values = np.zeros(0, int), [0.2, 0.4, 0.1, 0.3, 0.9, 0.5, 0.7]
    for reduce, want in (("mean", [0.3, 0.2, 0.6]), ("sum", [0.6, 0.6, 1.2])):
        both = [
            Outcome(str(b), "variable", "x", none, none, (1,), reduce, b) for b in (True, False)
        ]
        emitter = Emitter(tuple(both), period)
        held = opened(emitter, 1)
        for k, now in enumerate(values):
            row = {"x": jnp.full((1, 1), now)}
            when = (jnp.asarray(period[k]), jnp.asarray(k in (0, 2, 5)), counts[k])
            nothing = jnp.zeros((0, 1))
            held, _ = gather(emitter, held, emit(emitter, nothing, row, nothing), when)
        seen = parted(emitter, collect(emitter, held, {}))
        assert seen["True"].ravel().tolist() == pytest.approx(want)
        whole = np.add.reduceat(values, [0, 2, 5]) / ([2, 3, 2] if reduce == "mean" else 1)
        assert seen["False"].ravel().tolist() == pytest.approx(whole)
