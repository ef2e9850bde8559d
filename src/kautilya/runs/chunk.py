"""A chunk: the unit of work. The same scenario, changes, seed and first future, the same bits."""

from __future__ import annotations

import hashlib
import os
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

import kautilya.core  # noqa: F401  (float64 before anything is traced)
from kautilya import disk, program
from kautilya.core.emit import Emitter, parted
from kautilya.core.loop import TILE, Inputs, Results, facts, plain_numbers, simulator
from kautilya.core.luck import seed_words
from kautilya.runs.case import Case
from kautilya.runs.draws import Fed, figures, probabilities
from kautilya.runs.posterior import Carried
from kautilya.scenario.assemble import Assembled
from kautilya.scenario.levers import Changes, apply
from kautilya.scenario.outcomes import emitter

OPTIONS = {
    "xla_cpu_prefer_vector_width": 512,  # a quarter faster where AVX-512 is, else no matter
    "xla_backend_optimization_level": 1,  # compiles a fifth faster, runs as fast
    "xla_cpu_parallel_codegen_split_count": 1,
    "xla_cpu_copy_insertion_use_region_analysis": True,  # a third of the copies in the loop go
    # what does not change from month to month is else taken out of the loop, a kernel for each: a
    # fifth of the time to compile, for a twentieth of the time of the loop
    "xla_disable_hlo_passes": "while-loop-invariant-code-motion",
}
WIDE = 8 * TILE  # futures whose figures are drawn together


class Ready(NamedTuple):
    """A scenario whose month loop is compiled.

    call    gives outcomes by table, where there is an emitter that parts them
    state   numbers of futures [F] -> values that the posterior of the day gives, by the rows after
            those of the figures; None: nothing
    """

    assembled: Assembled
    call: Callable[[Inputs], Results]
    state: Callable[[np.ndarray], np.ndarray] | None = None
    emitter: Emitter | None = None

    def holding(self, carried: Carried) -> Ready:
        """The same with the state of the day."""
        return self._replace(assembled=carried.assembled, state=carried.rows)

    def play(self, given: Inputs) -> Results:
        """A tile, its outcomes by id."""
        found = self.call(given)
        if self.emitter is None:
            return found
        told = {name: np.asarray(one) for name, one in found.outcomes.items()}
        return found._replace(outcomes=parted(self.emitter, told))


class Part(NamedTuple):
    """Results of one chunk: outcomes [F, periods, ...] float32; residual [F]; finite [F]."""

    outcomes: dict[str, np.ndarray]
    residual: np.ndarray
    finite: np.ndarray


def use_cache() -> None:
    """Keep what the compiler makes on disk, in a folder of our own key, where there is one. Month
    loops are kept whole instead (`ahead`)."""
    place = disk.compiled()
    if place is None:
        jax.config.update("jax_enable_compilation_cache", False)
        return
    jax.config.update("jax_compilation_cache_dir", str(place))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def prepare(assembled: Assembled, keep: str) -> Ready:
    """The month loop of a scenario, compiled when first called."""
    made = emitter(assembled.scenario, assembled.model, keep)
    loop = jax.jit(simulator(assembled.model, made, tables=True), compiler_options=OPTIONS)
    return Ready(assembled, loop, emitter=made)


def ahead(ready: Ready, keep: str) -> Callable[[Inputs], Results]:
    """The month loop compiled ahead of its first call, and kept: whoever needs it next neither
    traces nor compiles it. While another process makes it we wait.

    Code is kept by what the loop holds beside its inputs (`structure`), the scenario, the program,
    and the switches of the compiler. Days of one scenario share it where their loops are the same.
    """
    place, assembled = disk.compiled(), ready.assembled

    def made() -> Callable[[Inputs], Results]:
        given = inputs(assembled, apply(assembled), 0, np.arange(TILE))
        return ready.call.lower(given).compile()  # type: ignore[attr-defined]

    if place is None:
        return made()
    marks = [structure(assembled, keep), assembled.scenario.digest, program.key()]
    marks += [os.environ.get("XLA_FLAGS", ""), repr(sorted(OPTIONS.items()))]
    return disk.kept(place / f"loop-{disk.checksum(repr(marks).encode())[:40]}", made, COMPILED)


def _packed(call: Callable[[Inputs], Results]) -> bytes:
    """Compiled code as bytes."""
    from jax.experimental import serialize_executable

    try:
        told = serialize_executable.serialize(call)  # type: ignore[arg-type]
        return zlib.compress(pickle.dumps(told), 1)
    except (ValueError, TypeError, NotImplementedError, jax.errors.JaxRuntimeError) as error:
        raise OSError("code for this device cannot be kept") from error


def _loaded(data: bytes) -> Callable[[Inputs], Results]:
    from jax.experimental import serialize_executable

    return serialize_executable.deserialize_and_load(*pickle.loads(zlib.decompress(data)))  # noqa: S301


COMPILED: disk.Form[Callable[[Inputs], Results]] = disk.Form(_packed, _loaded)


def structure(assembled: Assembled, keep: str) -> str:
    """A mark of all that a compiled month loop holds beside its inputs: two scenarios of one mark, or
    one scenario on two days, share it."""
    model = assembled.model
    marks: list[object] = [keep, model.world.months, model.layout.plain, model.layout.paths]
    marks += [model.layout.series, model.layout.kinds, assembled.scenario.outcomes]
    marks += [assembled.scenario.sets, [law.name for law in model.laws]]
    arrays = [*model.plan, model.layout.monthly, model.layout.start, *model.layout.after.values()]
    for built in model.built:
        for name, value in sorted(built.data.items()):
            if not plain_numbers(value):
                arrays.append(value)
                marks.append(name)
    total = hashlib.sha256(repr(marks).encode())
    for one in arrays:
        told = np.asarray(one) if isinstance(one, np.ndarray | jax.Array) else None
        total.update(repr(one).encode() if told is None else repr(told.shape).encode())
        total.update(b"" if told is None else told.tobytes())
    total.update(f"{len(assembled.plain_index)} {len(assembled.anchor_index)}".encode())
    return total.hexdigest()


def inputs(
    assembled: Assembled, changes: Changes, seed: int, futures: np.ndarray, fed: Fed | None = None
) -> Inputs:
    """The inputs of one tile; futures: TILE numbers of futures."""
    return filled(
        assembled, changes, seed, futures, figures(assembled.quantities, seed, futures, fed)
    )


def filled(
    assembled: Assembled, changes: Changes, seed: int, luck: np.ndarray, drawn: np.ndarray
) -> Inputs:
    """The inputs of one tile from values of the figures [rows, F], with those of the state of the
    day after them, and numbers of the luck [F]."""
    drawn = np.concatenate([drawn, np.zeros((1, len(luck)))])  # row -1: opens at zero
    plain = (
        drawn[assembled.plain_index] * changes.plain_scale[:, None] + changes.plain_shift[:, None]
    )
    anchors = (
        drawn[assembled.anchor_index] * changes.anchor_scale[:, None]
        + changes.anchor_shift[:, None]
    )
    return Inputs(
        seed_words(seed),
        luck.astype(np.uint32),
        plain,
        anchors,
        assembled.low,
        assembled.high,
        assembled.weight,
        changes.scale,
        changes.shift,
        assembled.series,
        changes.record,
        facts(assembled.model),
    )


def simulate(
    ready: Ready,
    case: Case,
    seed: int,
    first: int,
    count: int,
    feed: Callable[[np.ndarray], Fed] | None = None,
) -> Part:
    """Futures first .. first+count-1; short tiles are padded and the surplus dropped.

    Each tile goes into its place at once, so that a wide chunk is held once and not twice.
    """
    whole: dict[str, np.ndarray] = {}
    residual, finite = np.empty(count), np.empty(count, dtype=bool)
    assembled = ready.assembled
    changes = apply(assembled, case.levers, case.sets)
    for start in range(0, count, WIDE):
        futures = np.arange(first + start, first + start + WIDE)
        drawn = freed(
            assembled,
            case,
            seed,
            futures,
            figures(assembled.quantities, seed, futures, feed(futures) if feed else None),
        )
        if ready.state is not None:
            drawn = np.concatenate([drawn, ready.state(futures)])
        for k in range(0, min(WIDE, count - start), TILE):
            found = ready.play(
                filled(
                    assembled,
                    changes,
                    seed,
                    futures[k : k + TILE] + case.luck,
                    drawn[:, k : k + TILE],
                )
            )
            at = slice(start + k, min(start + k + TILE, count))
            for name, values in found.outcomes.items():
                part = np.moveaxis(np.asarray(values), -1, 0)
                if name not in whole:
                    whole[name] = np.empty((count, *part.shape[1:]), part.dtype)
                whole[name][at] = part[: at.stop - at.start]
            residual[at] = np.asarray(found.residual)[: at.stop - at.start]
            finite[at] = np.asarray(found.finite)[: at.stop - at.start]
    return Part(whole, residual, finite)


def freed(
    assembled: Assembled, case: Case, seed: int, futures: np.ndarray, drawn: np.ndarray
) -> np.ndarray:
    """The figures that a case frees times a draw between -1 and 1, by future [rows, F]."""
    if not case.free:
        return drawn
    ids = [row.id for row in assembled.quantities]
    signs = 2 * probabilities([f"free/{name}" for name in case.free], seed, futures) - 1
    out = drawn.copy()
    out[[ids.index(name) for name in case.free]] *= signs
    return out


def save(path: Path, part: Part) -> None:
    """Write a chunk at once or not at all."""
    disk.write(
        path,
        disk.ARRAYS.pack({"_residual": part.residual, "_finite": part.finite, **part.outcomes}),
    )


def read(path: Path) -> dict[str, np.ndarray]:
    """A chunk as written by `save`."""
    return dict(disk.ARRAYS.read(path.read_bytes()))
