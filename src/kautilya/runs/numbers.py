"""Named numbers of a future: one cell of an outcome at one time, read from arrays of a run.

    NAME[LABEL, ...]@TIME      rounds[RUS,tube_round]@2025-12   fired[RUS,tube_round]@2025

TIME is a month or a year. A year of a monthly amount (of a flow, or what its law declares to be
one) is its sum, of anything else its last month; without TIME an amount is summed over all months
or years and anything else is read in the last. A label `*` sums over its dim.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kautilya.errors import KautilyaError
from kautilya.runs.summary import READ
from kautilya.scenario.mistakes import near, shown
from kautilya.scenario.outcomes import LEVELS, Coords, coords, natures
from kautilya.wording import many

if TYPE_CHECKING:
    import xarray as xr

    from kautilya.scenario.assemble import Assembled

FORM = re.compile(r"\s*([\w-]+)\s*(?:\[([^\]]*)\])?\s*(?:@\s*([0-9]{4}(?:-[0-9]{2})?))?\s*")


class Number(NamedTuple):
    """Where one number stands: in outcome `name` [F, times, *dims].

    times   positions that are summed; cells: one index (or all, summed) for each dim
    """

    text: str
    name: str
    times: np.ndarray
    cells: tuple[int | None, ...]

    def read(self, array: np.ndarray) -> np.ndarray:
        """The number of each future [F], in float64."""
        values = np.asarray(array[:, self.times], dtype=np.float64).sum(axis=1)
        for axis, cell in reversed(list(enumerate(self.cells, start=1))):
            values = values.sum(axis=axis) if cell is None else values.take(cell, axis=axis)
        return values

    def of(self, array: xr.DataArray) -> np.ndarray:
        """The same of an outcome on disk (xarray), some futures at a time."""
        return np.concatenate(
            [self.read(array[first : first + READ].values) for first in range(0, len(array), READ)]
        )


def numbers(
    assembled: Assembled, texts: Iterable[str], place: str = "--outcome"
) -> tuple[str, list[Number]]:
    """(level of keeping that holds them all, the numbers). KautilyaError for what is not there."""
    scenario, found = assembled.scenario, []
    dims = {keep: coords(scenario, assembled.model, keep) for keep in LEVELS[:2]}
    level, amounts = 0, natures(scenario, assembled.model)
    for text in texts:
        match = FORM.fullmatch(text)
        if not match:
            before, at, time = text.partition("@")
            if at and FORM.fullmatch(before):
                raise KautilyaError(
                    place,
                    f"{shown(time)} is no month and no year",
                    "Write a month as 2025-12 or a year as 2025 after the @",
                )
            raise KautilyaError(
                place,
                f"{shown(text)} is no outcome",
                "Write NAME[LABEL,...]@TIME, such as stock[AAA,tank]@2025-12",
            )
        name = match[1]
        if name not in dims["why"]:
            raise KautilyaError(place, f"unknown outcome {shown(name)}", near(name, dims["why"]))
        level = max(level, int(name not in dims["always"]))
        found.append(
            _number(amounts[name] == "amount", text.strip(), match, dims["why"][name], place)
        )
    if not found:
        raise KautilyaError(
            place, "no outcome named", "Name one or more; `kautilya show` lists them"
        )
    return LEVELS[level], found


def _number(amount: bool, text: str, match: re.Match, dims: Coords, place: str) -> Number:
    (_, times), *rest = dims
    given = [part.strip() for part in match[2].split(",")] if match[2] else []
    if len(given) != len(rest):
        said = ",".join(f"<{dim}>" for dim, _ in rest)
        raise KautilyaError(
            place,
            f"{many(len(given), 'label')} in {shown(text)}",
            f"Write {match[1]}{f'[{said}]' if said else ''}",
        )
    cells: list[int | None] = []
    for label, (dim, members) in zip(given, rest, strict=True):
        if label != "*" and label not in members:
            raise KautilyaError(place, f"unknown {dim} {shown(label)}", near(label, members))
        cells.append(None if label == "*" else members.index(label))
    return Number(text, match[1], _times(amount, match, times, place), tuple(cells))


def _times(amount: bool, match: re.Match, times: tuple[str, ...], place: str) -> np.ndarray:
    """Positions of the times that count: of an amount all, else the last."""
    wanted = match[3] or ""
    at = [i for i, label in enumerate(times) if label.startswith(wanted)]
    if not at:
        raise KautilyaError(
            place,
            f"{shown(wanted)} is not a time of {match[1]}",
            f"Give one from {times[0]} to {times[-1]}",
        )
    return np.array(at if amount else at[-1:])


def read_all(found: Iterable[Number], arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """All numbers [F, numbers]; arrays by outcome [F, times, *dims]."""
    return np.stack([one.read(arrays[one.name]) for one in found], axis=1)
