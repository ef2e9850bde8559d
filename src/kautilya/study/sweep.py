"""Many runs of one small model in this process: a table of inputs in, a table of closings out.

For models without luck and without parameters that vary in time, built with the contract of the
core (`kautilya.core.law`). The same inputs give the same bits whatever the number of runs or
threads: tiles have a fixed width.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from kautilya.core.emit import Emitter
from kautilya.core.loop import Inputs, Results, simulator
from kautilya.core.model import Key, Model
from kautilya.errors import KautilyaError
from kautilya.runs.pool import cores
from kautilya.scenario.mistakes import near, shown

if TYPE_CHECKING:
    import xarray as xr

WIDTH = 512  # runs in a tile: what fits the second cache of common processors


def name_of(key: Key) -> str:
    """law.parameter[LABEL, ...]; opening.stock[HOLDER,good,stage] for opening stocks."""
    labels = ",".join(key[2:])
    return f"{key[0]}.{key[1]}" + (f"[{labels}]" if labels else "")


class Sweep:
    """A model, compiled when first run.

    names     inputs, in the order of the columns of `closings`' table
    accounts  accounts (holder, good, stage), in the order of its rows
    """

    def __init__(self, model: Model) -> None:
        layout = model.layout
        if (
            layout.paths
            or layout.after
            or layout.monthly.size
            or layout.start.size
            or layout.series
        ):
            raise KautilyaError(
                "model",
                "it has luck, records or parameters that vary in time",
                "Make it a scenario and use `kautilya.run`",
            )
        self.model = model
        self.names = tuple(map(name_of, layout.plain))
        self.accounts = tuple(tuple(row) for row in model.world.rows)
        months = len(model.world.months)
        none, index = np.zeros((months, 0)), np.zeros((months, 0), np.int32)
        self._rest = Inputs(
            np.zeros(2, np.uint32),
            np.zeros(WIDTH, np.uint32),
            np.zeros((0, WIDTH)),
            np.zeros((0, WIDTH)),
            index,
            index,
            none,
            none,
            none,
            none,
            np.zeros(months),
        )
        loop = simulator(model, Emitter((), np.zeros(months, int), closing=True))

        def tile(plain: jax.Array) -> tuple[jax.Array | None, jax.Array, jax.Array]:
            rest = jax.tree.map(jnp.asarray, self._rest)
            out: Results = loop(rest._replace(plain=plain))
            return out.closing, out.residual, out.finite

        self._tile = tile
        self._call = jax.jit(tile)
        self._slope = jax.jit(
            lambda plain, weights: jax.grad(lambda x: jnp.sum(weights[:, None] * tile(x)[0]))(plain)
        )

    def table(self, values: Mapping[str, np.ndarray | float]) -> np.ndarray:
        """Inputs [names, runs] from a number or an array [runs] for each name.

        Raises KautilyaError for a name that is missing or not known, or lengths that differ.
        """
        unknown = [name for name in values if name not in self.names]
        if unknown:
            raise KautilyaError(
                "values", f"unknown input {shown(unknown[0])}", near(unknown[0], self.names)
            )
        missing = [name for name in self.names if name not in values]
        if missing:
            raise KautilyaError(
                "values",
                f"{len(missing)} inputs are missing: {missing[0]}",
                "Give a number or an array for each of Sweep.names",
            )
        lengths = {np.size(values[name]) for name in self.names if np.ndim(values[name])}
        if len(lengths) > 1:
            raise KautilyaError(
                "values", f"arrays of lengths {sorted(lengths)}", "Give arrays of one length"
            )
        out = np.empty((len(self.names), lengths.pop() if lengths else 1))
        for k, name in enumerate(self.names):
            out[k] = values[name]
        return out

    def closings(
        self, table: np.ndarray, threads: int | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Stocks after the last month [accounts, runs], residuals and finiteness [runs]."""
        runs = table.shape[1]
        closing = np.empty((len(self.accounts), runs))
        residual, finite = np.empty(runs), np.empty(runs, bool)

        def one(part: slice) -> None:
            width = part.stop - part.start
            found = self._call(_padded(table[:, part]))
            for into, value in zip((closing, residual, finite), found, strict=True):
                into[..., part] = np.asarray(value)[..., :width]

        parts = list(_parts(runs))
        one(parts[0])  # compiles once, before threads could do so twice
        with ThreadPoolExecutor(threads or cores()) as pool:
            list(pool.map(one, parts[1:]))
        return closing, residual, finite

    def slopes(self, table: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """d (weights . closing stocks) / d inputs, [names, runs], by reverse differentiation."""
        out = np.empty(table.shape)
        for part in _parts(table.shape[1]):
            found = self._slope(_padded(table[:, part]), np.asarray(weights, dtype=float))
            out[:, part] = np.asarray(found)[:, : part.stop - part.start]
        return out

    def __call__(self, values: Mapping[str, np.ndarray | float]) -> xr.Dataset:
        """All runs as xarray: input [name, run], closing [account, run], residual, finite."""
        import xarray as xr

        table = self.table(values)
        closing, residual, finite = self.closings(table)
        accounts = ["/".join(filter(None, one)) for one in self.accounts]
        return xr.Dataset(
            {
                "input": (("name", "run"), table),
                "closing": (("account", "run"), closing),
                "residual": ("run", residual),
                "finite": ("run", finite),
            },
            {"name": list(self.names), "account": accounts, "run": np.arange(table.shape[1])},
        )


def _parts(runs: int) -> Iterator[slice]:
    return (slice(start, min(start + WIDTH, runs)) for start in range(0, runs, WIDTH))


def _padded(part: np.ndarray) -> np.ndarray:
    if part.shape[1] == WIDTH:
        return np.ascontiguousarray(part)
    return np.concatenate([part, np.repeat(part[:, -1:], WIDTH - part.shape[1], axis=1)], axis=1)
