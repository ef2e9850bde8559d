"""The runs that claims are judged on, and reading cells from them.

Each run is an xarray.Dataset with the dim future, as `study.ensemble.Run.data` gives it; all have
the same futures. Only the outcomes that a claim reads are read from disk, and the cells that were
added up are kept, up to a limit, so that claims that share them do not read twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kautilya.claims.record import Record
from kautilya.claims.terms import Cells
from kautilya.errors import KautilyaError

KEPT = 256 * 2**20  # bytes of whole outcomes, and as much again of added cells


class _Kept:
    """Arrays up to a number of bytes; those used longest ago go first."""

    def __init__(self) -> None:
        self._held: OrderedDict[Any, np.ndarray] = OrderedDict()
        self._size = 0

    def get(self, key: Any) -> np.ndarray | None:
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, key: Any, value: np.ndarray) -> np.ndarray:
        self._held[key] = value
        self._size += value.nbytes
        while self._size > KEPT and len(self._held) > 1:
            self._size -= self._held.popitem(last=False)[1].nbytes
        return value


@dataclass(frozen=True)
class Worlds:
    """The baseline, a run for each case that counterfactuals need, and the record.

    levers   by lever; several together under their names joined by "+", as in `needs`
    """

    base: Any
    levers: Mapping[str, Any]
    record: Record
    _whole: _Kept = field(default_factory=_Kept, repr=False, compare=False)
    _added: _Kept = field(default_factory=_Kept, repr=False, compare=False)

    @property
    def futures(self) -> int:
        """Number of futures."""
        return int(self.base.sizes["future"])

    def data(self, case: str) -> Any:
        """The run of a case; "" is the baseline."""
        if not case:
            return self.base
        if case not in self.levers:
            raise KautilyaError(f"claims under {case}", "there is no run of this case",
                                f"Run the scenario with --levers {case.replace('+', ',')} first")
        found = self.levers[case]
        if found.sizes["future"] != self.futures:
            raise KautilyaError(f"claims under {case}", f"{found.sizes['future']:,} futures beside "
                                f"{self.futures:,} of the baseline",
                                "Run both with as many futures and the same seed")
        return found

    def series(self, case: str, cells: Cells, axis: str) -> np.ndarray:
        """The sum of some cells [F, all periods of the axis], float64."""
        key = (case, cells)
        held = self._added.get(key)
        if held is not None:
            return held
        array, values = self._read(case, cells.outcome)
        for dim, labels in cells.at:
            known = [str(v) for v in array[dim].values]
            i = array.dims.index(dim)
            missing = [label for label in labels if label not in known]
            if missing:
                raise KautilyaError(f"outcome {cells.outcome}", f"the run has no {missing[0]}",
                                    "The scenario has changed since; run it again")
            if list(labels) != known:
                values = values.take([known.index(label) for label in labels], axis=i)
        order = [array.dims.index("future"), array.dims.index(axis)]
        rest = tuple(i for i in range(values.ndim) if i not in order)
        total = values.sum(axis=rest, dtype=np.float64) if rest else values.astype(np.float64)
        return self._added.put(key, total if order[0] < order[1] else total.T)

    def _read(self, case: str, outcome: str) -> tuple[Any, np.ndarray]:
        data = self.data(case)
        if outcome not in data:
            raise KautilyaError(f"outcome {outcome}", "it is not in this run", "Run the scenario "
                                "again; an outcome with keep = why needs --keep why")
        array = data[outcome]
        held = self._whole.get((case, outcome))
        return array, held if held is not None else self._whole.put(
            (case, outcome), np.asarray(array.values))

    def labels(self, case: str, outcome: str, axis: str) -> list[str]:
        """Labels along the time axis."""
        array = self.data(case)[outcome]
        return [str(v) for v in array[axis].values]
