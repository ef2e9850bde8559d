"""Results on disk: one Zarr group, chunked over futures, float32, opened with xarray."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kautilya.scenario.assemble import assemble
from kautilya.scenario.outcomes import coords

BLOCK = 1024  # futures in a chunk on disk


class Layout(NamedTuple):
    """Dims and labels of each outcome; units and texts as attributes."""

    coords: dict[str, tuple[tuple[str, tuple[str, ...]], ...]]
    texts: dict[str, dict[str, str]]


def layout_of(scenario: Any, keep: str) -> Layout:
    """The layout of a scenario's outcomes, kept across calls by digest."""
    import json

    from kautilya import caches

    path = caches.folder("layout", caches.code("core", "mechanisms", "scenario")) / \
        f"{scenario.digest}-{keep}.json"
    try:
        stored = json.loads(path.read_text())
        found = {k: tuple((d, tuple(m)) for d, m in v) for k, v in stored.items()}
    except (OSError, ValueError):
        model = assemble(scenario).model
        found = coords(scenario, model, keep)
        try:
            path.write_text(json.dumps(found))
        except OSError:
            pass
    texts = {one.id: {"long_name": one.says, "kind": one.kind, "parts": " ".join(one.parts)}
             for one in scenario.outcomes}
    return Layout(found, texts)


class Writer:
    """Writes chunks of futures as they come, in any order."""

    def __init__(self, path: Path, layout: Layout, futures: int) -> None:
        import shutil

        import zarr

        if path.exists():
            shutil.rmtree(path)
        self._path, self._layout, self._futures = path, layout, futures
        self._group = zarr.open_group(str(path), mode="w", zarr_format=2)
        self._arrays = {name: self._create(name, dims) for name, dims in layout.coords.items()}
        self._coords()

    def _create(self, name: str, dims: Any) -> Any:
        from numcodecs import Blosc

        shape = (self._futures, *(len(members) for _, members in dims))
        array = self._group.create_array(
            name, shape=shape, chunks=(min(BLOCK, self._futures), *shape[1:]), dtype="float32",
            fill_value=float("nan"),
            compressors=Blosc(cname="lz4", clevel=1, shuffle=Blosc.SHUFFLE))
        array.attrs.update({"_ARRAY_DIMENSIONS": ["future", *(dim for dim, _ in dims)],
                            **self._layout.texts.get(name, {})})
        return array

    def _coords(self) -> None:
        seen: dict[str, tuple[str, ...]] = {}
        for dims in self._layout.coords.values():
            seen |= dict(dims)
        for dim, members in seen.items():
            width = max((len(m) for m in members), default=1)
            array = self._group.create_array(dim, data=np.array(members, dtype=f"<U{width}"))
            array.attrs["_ARRAY_DIMENSIONS"] = [dim]

    def add(self, first: int, file: Path) -> None:
        """Copy one chunk from its file and remove the file."""
        with np.load(file) as data:
            for name, array in self._arrays.items():
                values = data[name]
                array[first: first + len(values)] = values
        file.unlink()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        import shutil

        if kind is not None:
            shutil.rmtree(self._path, ignore_errors=True)


def open_run(folder: Path) -> Any:
    """The outcomes of a run as xarray.Dataset."""
    import warnings

    import xarray as xr

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = xr.open_zarr(str(folder / "outcomes.zarr"), consolidated=False, chunks=None)
    return data.assign_coords(future=np.arange(data.sizes["future"]))
