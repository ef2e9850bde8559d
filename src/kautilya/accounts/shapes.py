"""Prepared systems, kept in memory and in the user's cache folder.

A shape costs seconds (linear programmes and a warm-up run) and depends on the system alone. What
is read back is plain arrays, and is used only where every array has the size that it must have.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kautilya import caches
from kautilya.accounts.model import System
from kautilya.accounts.polytope import Density, Shape, direction, moved, shape, uniform
from kautilya.accounts.raw import Survival, survival


class Frozen(NamedTuple):
    """A system and a density as something that can be a key: their bytes."""

    names: tuple[str, ...]
    data: tuple[bytes, ...]
    owner: tuple[str, ...]
    kind: tuple[str, ...]
    density: tuple[bytes, ...]

    def digest(self) -> str:
        """A name for the content."""
        total = hashlib.sha256(repr((self.names, self.owner, self.kind)).encode())
        for part in (*self.data, b"|", *self.density):
            total.update(len(part).to_bytes(8, "big") + part)
        return total.hexdigest()[:40]


def frozen(parts: System, weights: Density | None = None) -> Frozen:
    """The key of a system and a density (None: uniform)."""
    arrays = (parts.box_low, parts.box_high, parts.matrix, parts.row_low, parts.row_high)
    density = weights if weights is not None else uniform(len(parts.names))
    return Frozen(parts.names, tuple(a.tobytes() for a in arrays), parts.owner, parts.kind,
                  tuple(a.tobytes() for a in density))


@lru_cache(maxsize=32)
def kept_shape(piece: Frozen) -> Shape:
    """The shape of a system, made once. Raises KautilyaError as `shape` does."""
    path = _file(piece)
    found = _read(path, piece)
    if found is None:
        made = shape(_thawed(piece), _density(piece))
        _write(path, made)
        found = made
    return found


@lru_cache(maxsize=64)
def kept_survival(piece: Frozen) -> Survival:
    """The share of raw draws that survives, estimated once with luck of its own."""
    return survival(_thawed(piece), seed=0)


def _thawed(piece: Frozen) -> System:
    box_low, box_high, matrix, low, high = (np.frombuffer(b) for b in piece.data)
    return System(piece.names, box_low, box_high, matrix.reshape(-1, len(piece.names)), low, high,
                  piece.owner, piece.kind)


def _density(piece: Frozen) -> Density:
    forms, *ends = (np.frombuffer(b) for b in piece.density)
    return Density(forms.reshape(-1, len(piece.names)), *ends)


def _file(piece: Frozen) -> Path:
    return caches.folder("shapes", caches.code("accounts")) / f"{piece.digest()}.npz"


def _read(path: Path, piece: Frozen) -> Shape | None:
    try:
        with np.load(path, allow_pickle=False) as data:
            normals, room, pool, laps = (data[k] for k in ("normals", "room", "pool", "laps"))
            directions = data["directions"]
    except (OSError, ValueError, KeyError, EOFError):
        return None
    n = len(piece.names)
    if {normals.shape[1:], (pool.shape[0],), (directions.shape[0],)} != {(n,)}:
        return None
    bare = Shape(piece.names, normals, room, (), pool, _density(piece), int(laps))
    return bare._replace(moves=tuple(moved(bare, column) for column in directions.T))


def _write(path: Path, made: Shape) -> None:
    columns = [direction(made, move) for move in made.moves]
    directions = np.array(columns).T.reshape(len(made.names), -1)
    partial = path.with_suffix(f".{os.getpid()}.npz")
    try:
        np.savez(partial, normals=made.normals, room=made.room, pool=made.pool,
                 laps=np.array(made.laps), directions=directions)
        partial.replace(path)
    except OSError:
        pass    # a read-only cache costs time, nothing else
