"""Results on disk: one Zarr group, chunked over futures, float32, opened with xarray.

The group is made empty, in one step; workers then put the blocks of their chunks into it, each
file in one step, and last of all the record that says that the chunk is there.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict

import numpy as np

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.runs.case import Answer, Chunk
from kautilya.runs.folder import PLAN, RECORDS, VALUES, Folder
from kautilya.scenario.assemble import assemble
from kautilya.scenario.outcomes import SUMMARY, Coords, canonical, coords, natures
from kautilya.wording import many

if TYPE_CHECKING:
    import xarray as xr
    import zarr
    from numcodecs import Blosc
    from zarr.core.buffer import Buffer

    from kautilya.core.law import Nature
    from kautilya.runs.chunk import Part
    from kautilya.scenario.scenario import Scenario
    from kautilya.scenario.schema import Outcome

ITEM = np.dtype("float32").itemsize


class Layout(NamedTuple):
    """Dims and labels of each outcome; units and texts as attributes."""

    coords: dict[str, Coords]
    texts: dict[str, dict[str, str]]

    @property
    def each(self) -> int:
        """Bytes of a future."""
        return ITEM * sum(map(_cells, self.coords.values()))


def _cells(dims: Coords) -> int:
    return int(np.prod([len(members) for _, members in dims]))


def _tuples(dims: list[tuple[str, list[str]]]) -> Coords:
    return tuple((dim, tuple(members)) for dim, members in dims)


class Known(TypedDict):
    """What is kept of a scenario's outcomes: their dims, and the nature of each."""

    coords: dict[str, Coords]
    natures: dict[str, Nature]


def layout_of(scenario: Scenario, keep: str) -> Layout:
    """The layout of a scenario's outcomes, kept across calls by digest.

    Raises KautilyaError for a `keep` that is neither a level nor ids of outcomes.
    """
    keep = canonical(scenario, keep)
    path = (
        disk.made_here("layout", "runs")
        / f"{scenario.digest[:40]}-{disk.checksum(keep.encode())}.json"
    )

    def make() -> Known:
        model = assemble(scenario).model
        return {"coords": coords(scenario, model, keep), "natures": natures(scenario, model)}

    def sound(data: bytes) -> Known:
        said = json.loads(data)
        return {
            "coords": {name: _tuples(dims) for name, dims in said["coords"].items()},
            "natures": {one.id: said["natures"][one.id] for one in scenario.outcomes},
        }

    known = disk.kept(path, make, disk.Form(disk.JSON.pack, sound))
    found, nature = known["coords"], known["natures"]
    texts = {
        one.id: {
            "long_name": one.says,
            "kind": one.kind,
            "nature": nature[one.id],
            "parts": " ".join(one.parts),
            **units(scenario, one, keep, nature[one.id]),
        }
        for one in scenario.outcomes
    }
    return Layout(found, texts)


def units(scenario: Scenario, outcome: Outcome, keep: str, nature: str) -> dict[str, str]:
    """The unit of an outcome as attributes; "{good}" where it is that of the good of a row, with
    the unit of each good beside it."""
    from kautilya.mechanisms import registry
    from kautilya.scenario.lawcheck import paced

    known, dims = registry(), list(outcome.dims)
    if outcome.kind == "variable":
        found = {
            var.name: var
            for name in scenario.head.laws
            if name in known
            for var in paced(known[name], scenario.head.step).writes
        }
        if outcome.name not in found:
            return {}
        unit, dims = found[outcome.name].unit, list(found[outcome.name].dims)
    else:
        unit = "{good}" if outcome.kind == "stock" else f"{{good}}/{scenario.head.step}"
    added = outcome.reduce == "sum" or keep == SUMMARY and nature == "amount"
    if added and not (outcome.kind == "stock" or outcome.every == "month" and keep != SUMMARY):
        unit = unit.removesuffix(f"/{scenario.head.step}") + ("" if keep == SUMMARY else "/year")
    goods = (
        [outcome.good]
        if outcome.good in scenario.units
        else [
            good
            for dim in dims
            if dim in scenario.sets and scenario.sets[dim].axis == "good"
            for good in scenario.sets[dim].members
        ]
    )
    each = {good: scenario.units[good] for good in goods if good in scenario.units}
    if len(set(each.values())) == 1:
        return {"units": unit.replace("{good}", next(iter(each.values())))}
    named = "; ".join(f"{good}={text}" for good, text in each.items())
    return {"units": unit, "goods": named} if "{good}" in unit and each else {"units": unit}


def create(path: Path, layout: Layout, futures: int, width: int) -> None:
    """An empty group of the run's shape, there whole or not at all; in one that is there, shapes
    and labels are made good and values left alone."""
    disk.trim_sometimes()
    made = path.with_name(f".{path.name}.{os.getpid()}{disk.PARTIAL}")
    try:
        shutil.rmtree(made, ignore_errors=True)
        for name, data in _empty(repr(layout), layout, futures, width).items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_bytes(data)
        if path.is_dir():
            _mend(path, made)
        else:
            path.unlink(missing_ok=True)  # a file that no run wrote
            made.rename(path)
    except OSError as error:
        raise disk.refused(path, error) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)


_EMPTY: dict[tuple[str, int, int], dict[str, bytes]] = {}  # the last group, by its shape


def _empty(mark: str, layout: Layout, futures: int, width: int) -> dict[str, bytes]:
    """The files of an empty group by name. A lever and its baseline are of one shape: made once."""
    import zarr
    from zarr.storage import MemoryStore

    key = (mark, futures, width)
    if key not in _EMPTY:
        store: dict[str, Buffer] = {}
        group = zarr.open_group(MemoryStore(store), mode="w", zarr_format=2)
        for name, dims in layout.coords.items():
            _array(
                group, name, (futures, *(len(members) for _, members in dims)), width
            ).attrs.update(
                {
                    "_ARRAY_DIMENSIONS": ["future", *(dim for dim, _ in dims)],
                    **layout.texts.get(name, {}),
                }
            )
        _labels(group, layout)
        zarr.consolidate_metadata(group.store)  # one file to read instead of one for each outcome
        _EMPTY.clear()
        _EMPTY[key] = {name: data.to_bytes() for name, data in store.items()}
    return _EMPTY[key]


def _mend(path: Path, made: Path) -> None:
    """Put the files of a fresh group in the place of those that differ."""
    for file in (one for one in made.rglob("*") if one.is_file()):
        there, data = path / file.relative_to(made), file.read_bytes()
        if not there.is_file() or there.read_bytes() != data:
            disk.folder(there.parent)
            disk.write(there, data)


def _array(group: zarr.Group, name: str, shape: tuple[int, ...], width: int) -> zarr.Array:
    return group.create_array(
        name,
        shape=shape,
        chunks=(min(width, shape[0]), *shape[1:]),
        dtype="float32",
        fill_value=float("nan"),
        compressors=_codec(),
    )


def _codec() -> Blosc:
    from numcodecs import Blosc

    return Blosc(cname="lz4", clevel=1, shuffle=Blosc.SHUFFLE)


def _labels(group: zarr.Group, layout: Layout) -> None:
    seen: dict[str, tuple[str, ...]] = {}
    for dims in layout.coords.values():
        seen |= dict(dims)
    for dim, members in seen.items():
        width = max((len(m) for m in members), default=1)
        array = group.create_array(dim, data=np.array(members, dtype=f"<U{width}"))
        array.attrs["_ARRAY_DIMENSIONS"] = [dim]


def commit(job: Chunk, part: Part, answer: Answer) -> None:
    """Put the values of a chunk into the group of its run, then its record, with what the worker
    says of it.

    Raises KautilyaError where the disk refuses, or another run was begun in the folder in the
    meantime.
    """
    from numcodecs import blosc

    blosc.use_threads = False  # with threads the blocks of a file stand in the order they ended
    folder = Path(job.run)
    said = disk.read_json(folder / PLAN)
    if not isinstance(said, dict) or said.get("identity") != job.identity:
        raise KautilyaError(
            str(folder),
            "another run was begun in this folder",
            "Give each run a folder of its own with --out",
        )
    width, codec = min(job.width, job.futures), _codec()
    files = {}
    for name, values in part.outcomes.items():
        block = np.full((width, *values.shape[1:]), np.nan, dtype="float32")
        block[: len(values)] = values
        data = codec.encode(block)
        file = f"{name}/{job.first // job.width}" + ".0" * (values.ndim - 1)
        disk.write(folder / VALUES / file, data)
        files[file] = [len(data), disk.checksum(data)]
    disk.write_json(
        folder / RECORDS / f"{job.first:012d}.json",
        {
            "identity": job.identity,
            "first": job.first,
            "count": job.count,
            "seconds": answer.seconds,
            "residual": answer.residual,
            "lost": answer.lost,
            "files": files,
        },
    )


def open_run(folder: Path, kept: disk.Temporary | None = None) -> xr.Dataset:
    """The outcomes of a run as xarray.Dataset, read from disk when they are asked for.

    kept   what a temporary folder lives by. Every array, and whatever is cut from one, reads
           through the store and so holds what the store holds
    """
    import warnings

    import xarray as xr
    from zarr.storage import LocalStore

    store = LocalStore(folder / VALUES, read_only=True)
    store.kept = kept  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = xr.open_zarr(store, chunks=None, consolidated=True, zarr_format=2, decode_cf=False)
    for array in data.variables.values():
        array.attrs.pop("_FillValue", None)
    return data.assign_coords(future=np.arange(data.sizes["future"]))


def room(folder: Folder, done: int = 0, makes_room: int = 0) -> None:
    """Refuse a run whose results would not fit the disk, with the figures.

    done   futures that are already stored; makes_room: bytes that will be removed first
    """
    space(folder.path, folder.said["bytes_a_future"], folder.said["futures"] - done, makes_room)


def space(path: Path, each: int, futures: int, makes_room: int = 0) -> None:
    """Refuse so many futures of so many bytes each where they would not fit the disk."""
    need, have = each * futures, disk.free(path) + makes_room
    if need > have:
        raise KautilyaError(
            "--futures",
            f"{many(futures, 'future')} of {disk.size(each)} need up to "
            f"{disk.size(need)}, and {disk.size(have)} are free where {path} is",
            "Ask for fewer futures, keep less (--keep summary, or ids of outcomes), or give a "
            "folder on another disk with --out",
        )
