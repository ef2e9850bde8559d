"""A checked claim on runs: whether it holds, future by future, and the number behind it.

Runs of a claim. Each run is an xarray.Dataset with the dim future, as `runs.ensemble.Run.data` gives it; all have
the same futures. Only the outcomes that a claim reads are read from disk, and the cells that were
added up are kept, up to a limit, so that claims that share them do not read twice.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from kautilya import disk
from kautilya.claims.language import meaning
from kautilya.claims.language.checker import Checked, Kind
from kautilya.claims.language.meaning import Cells, Term
from kautilya.claims.record import Record
from kautilya.errors import KautilyaError
from kautilya.scenario.calendar import place
from kautilya.wording import many

EQUAL = 1e-9  # relative: two numbers nearer than this are equal
COMPARE = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
REDUCE: dict[str, Any] = {
    "min": np.min,
    "max": np.max,
    "mean": np.mean,
    "median": np.median,
    "sum": np.sum,
}


@dataclass(frozen=True)
class Judged:
    """A claim on runs, future by future.

    truth      bool [F]
    value      the compared quantity, left-hand side [F]; None where no number is compared
    threshold  what it is compared with: a number, or [F]; unit: of both
    margin     how far the claim is from turning [F], above 0 where it is true: the difference of
               the two sides; of several conditions the one that decides, each over its own spread;
               None for what is not drawn
    finite     bool [F]: False where a number that the claim needs is not finite; truth is False
               there too
    needs, kind, rests_on   of the claim; evidence: what the record gave ("event F038", ...)
    """

    truth: np.ndarray
    value: np.ndarray | None
    threshold: float | np.ndarray | None
    unit: str
    finite: np.ndarray
    needs: tuple[str, ...]
    kind: Kind
    rests_on: tuple[str, ...]
    evidence: tuple[str, ...]
    margin: np.ndarray | None = None


def evaluate(checked: Checked, worlds: Worlds) -> Judged:
    """A claim on its runs.

    Raises KautilyaError where a case or an outcome that it needs is missing.
    """
    made = _Evaluation(worlds)
    term = checked.term
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        truth = np.broadcast_to(made.value(term), (worlds.futures,)) & made.finite
        value, threshold = _sides(made, term, worlds.futures)
        margin = None if checked.kind == "record" else _margin(made, term, worlds.futures)
    return Judged(
        truth,
        value,
        threshold,
        checked.unit,
        made.finite.copy(),
        checked.needs,
        checked.kind,
        checked.rests_on,
        tuple(dict.fromkeys(made.evidence)),
        margin,
    )


def _margin(made: _Evaluation, term: Term, futures: int) -> np.ndarray:
    """How far a condition is from turning [F]; see `Judged.margin`."""
    found: np.ndarray
    match term:
        case meaning.Every("not", (item,)):
            return -_margin(made, item, futures)
        case meaning.Every():
            parts = [_spread_out(_margin(made, item, futures)) for item in term.items]
            found = np.min(parts, axis=0) if term.op == "and" else np.max(parts, axis=0)
        case meaning.Test(op, left, right):
            gap = np.asarray(made.value(left), dtype=float) - made.value(right)
            found = gap if op in (">", ">=") else -gap if op in ("<", "<=") else -np.abs(gap)
            found = -found if op == "!=" else found
        case meaning.Among():
            found = _set_margin(made, term)
        case _:
            found = np.where(made.value(term), 1.0, -1.0)
    return np.broadcast_to(np.asarray(found, dtype=float), (futures,))


def _spread_out(margin: np.ndarray) -> np.ndarray:
    """A margin over its own spread, so that those of several conditions compare."""
    told = margin[np.isfinite(margin)]
    spread = float(told.std()) if told.size else 0.0
    return margin / spread if spread > 0 else np.sign(margin)


def _set_margin(made: _Evaluation, term: meaning.Among) -> np.ndarray:
    """How far the nearest supplier is from joining or leaving a set [F], as a share of the flow."""
    held = term.item
    assert isinstance(held, meaning.Supplied)
    above = np.full((made.worlds.futures, len(held.labels)), -np.inf)
    for row in held.reads:
        sent = np.stack([made.value(read) for read in row], axis=1)
        total = sent.sum(axis=1, keepdims=True)
        above = np.maximum(above, sent / np.where(total > 0, total, 1.0) - held.above)
    wanted = np.array([label in term.labels for label in held.labels])
    inside = above[:, wanted].min(axis=1) if wanted.any() else np.full(len(above), np.inf)
    if term.op == "in":
        return inside
    outside = -above[:, ~wanted].max(axis=1) if (~wanted).any() else np.full(len(above), np.inf)
    same = np.minimum(inside, outside)
    return same if term.op == "==" else -same


def _sides(made: _Evaluation, term: Term, futures: int) -> tuple[Any, Any]:
    while isinstance(term, meaning.Every) and term.op == "not":
        term = term.items[0]
    if not isinstance(term, meaning.Test):
        return None, None
    left, right = made.value(term.left), made.value(term.right)
    left = np.broadcast_to(left, (futures,)).astype(float)
    return left, float(right) if np.ndim(right) == 0 else right


class _Evaluation:
    """Values of terms on some runs; shapes as in `terms`."""

    def __init__(self, worlds: Worlds) -> None:
        self.worlds = worlds
        self.finite = np.ones(worlds.futures, dtype=bool)
        self.evidence: list[str] = []
        self._held: dict[int, np.ndarray] = {}

    def value(self, term: Term) -> np.ndarray:
        """The value of a term; worked out once."""
        key = id(term)
        if key not in self._held:
            work_out = getattr(self, f"_{type(term).__name__.lower()}")
            self._held[key] = np.asarray(work_out(term))
        return self._held[key]

    def _const(self, term: meaning.Const) -> Any:
        return np.float64(term.value)

    def _read(self, term: meaning.Read) -> Any:
        axis = term.periods.axis
        found = self.worlds.series(term.case, term.cells, axis)
        labels = self.worlds.labels(term.case, term.cells.outcome, axis)
        first = labels.index(term.periods.labels[0])
        part = found[:, first : first + len(term.periods.labels)]
        self.finite &= np.isfinite(part).all(axis=1)
        if term.how == "series":
            return part
        return part.sum(axis=1) if term.how == "sum" else part.mean(axis=1)

    def _share(self, term: meaning.Share) -> Any:
        part, whole = self.value(term.part), self.value(term.whole)
        return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0)

    def _supplied(self, term: meaning.Supplied) -> Any:
        out = np.zeros((self.worlds.futures, len(term.labels)), dtype=bool)
        for row in term.reads:
            sent = np.stack([self.value(read) for read in row], axis=1)
            total = sent.sum(axis=1, keepdims=True)
            out |= (sent > 0) & (sent >= term.above * total)
        return out

    def _rank(self, term: meaning.Rank) -> Any:
        sent = np.stack([self.value(read) for read in term.reads], axis=1)
        own = sent[:, term.which]
        place = 1.0 + (sent > own[:, None]).sum(axis=1)
        return np.where(own > 0, place, 1.0 + len(term.reads))

    def _asked(self, term: meaning.Asked) -> Any:
        return np.bool_(len(self._events(term)) > 0)

    def _counted(self, term: meaning.Counted) -> Any:
        return np.float64(len(self._events(term.item)))

    def _events(self, term: meaning.Asked) -> Any:
        found = self.worlds.record.find(term)
        self.evidence += [f"event {one.id}" for one in found]
        return found

    def _voted(self, term: meaning.Voted) -> Any:
        found = self.worlds.record.vote(term.actor, term.resolution, term.known)
        if found is None:
            return np.bool_(False)
        self.evidence.append(f"vote {term.actor} {term.resolution}")
        return np.bool_(found.vote == term.word)

    def _published(self, term: meaning.Published) -> Any:
        self.evidence.append(f"{term.table} {term.row}")
        drawn = self.worlds.record.draws(term.table, term.row, self.worlds.futures, term.known)
        self.finite &= np.isfinite(drawn)
        return drawn

    def _reduce(self, term: meaning.Reduce) -> Any:
        found = np.atleast_2d(self.value(term.item))
        if term.how in ("ever", "always"):
            return found.any(axis=1) if term.how == "ever" else found.all(axis=1)
        return REDUCE[term.how](found, axis=1)

    def _firsttime(self, term: meaning.FirstTime) -> Any:
        found = np.atleast_2d(self.value(term.item))
        months = [
            place(label if term.periods.axis == "month" else f"{label}-12")
            for label in term.periods.labels
        ]
        first = np.array(months, dtype=float)[found.argmax(axis=1)]
        return np.where(found.any(axis=1), first, np.inf)

    def _compared(self, term: meaning.Compared) -> Any:
        there = self.value(term.base)
        change = self.value(term.item) - there
        if not term.relative:
            return change
        return np.where(change == 0, 0.0, change / np.abs(there))

    def _scaled(self, term: meaning.Scaled) -> Any:
        return self.value(term.item) * term.factor

    def _sum(self, term: meaning.Sum) -> Any:
        a, b = _even(self.value(term.left), self.value(term.right))
        if term.op == "/":
            return a / b
        return a * b if term.op == "*" else a + b if term.op == "+" else a - b

    def _test(self, term: meaning.Test) -> Any:
        a, b = _even(self.value(term.left), self.value(term.right))
        near = np.abs(a - b) <= EQUAL * np.maximum(np.abs(a), np.abs(b))
        same = (a == b) | (near & np.isfinite(a) & np.isfinite(b))
        if term.op in ("==", "!="):
            return same if term.op == "==" else ~same
        found = COMPARE[term.op](a, b)
        return found | same if "=" in term.op else found & ~same

    def _among(self, term: meaning.Among) -> Any:
        held = self.value(term.item)
        assert isinstance(term.item, meaning.Supplied)
        wanted = np.array([label in term.labels for label in term.item.labels])
        if term.op == "in":
            return held[:, wanted].all(axis=1)
        same = (held == wanted).all(axis=1)
        return same if term.op == "==" else ~same

    def _count(self, term: meaning.Count) -> Any:
        return self.value(term.item).sum(axis=1).astype(float)

    def _every(self, term: meaning.Every) -> Any:
        found = [self.value(item) for item in term.items]
        if term.op == "not":
            return ~found[0]
        out = found[0]
        for one in found[1:]:
            a, b = _even(out, one)
            out = a & b if term.op == "and" else a | b
        return out


def _even(a: Any, b: Any) -> tuple[Any, Any]:
    """Two values of which one may have periods [F, T] and the other none [F]."""
    if np.ndim(a) == 1 and np.ndim(b) == 2:
        a = a[:, None]
    if np.ndim(b) == 1 and np.ndim(a) == 2:
        b = b[:, None]
    return a, b


KEPT = 256 * 2**20  # bytes of whole outcomes, and as much again of added cells


class _Kept:
    """Arrays up to a number of bytes; those used longest ago go first."""

    def __init__(self) -> None:
        self._held: OrderedDict[Hashable, np.ndarray] = OrderedDict()
        self._size = 0

    def get(self, key: Hashable) -> np.ndarray | None:
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, key: Hashable, value: np.ndarray) -> np.ndarray:
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

    base: xr.Dataset
    levers: Mapping[str, xr.Dataset]
    record: Record
    _whole: _Kept = field(default_factory=_Kept, repr=False, compare=False)
    _added: _Kept = field(default_factory=_Kept, repr=False, compare=False)

    @property
    def futures(self) -> int:
        """Number of futures."""
        return int(self.base.sizes["future"])

    def data(self, case: str) -> xr.Dataset:
        """The run of a case; "" is the baseline."""
        if not case:
            return self.base
        if case not in self.levers:
            raise KautilyaError(
                f"claims under {case}",
                "there is no run of this case",
                f"Run the scenario with --levers {case.replace('+', ',')} first",
            )
        found = self.levers[case]
        if found.sizes["future"] != self.futures:
            raise KautilyaError(
                f"claims under {case}",
                f"{many(found.sizes['future'], 'future')} beside {self.futures:,} of the baseline",
                "Run both with as many futures and the same seed",
            )
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
                raise KautilyaError(
                    f"outcome {cells.outcome}",
                    f"the run has no {missing[0]}",
                    "The scenario has changed since; run it again",
                )
            if list(labels) != known:
                values = values.take([known.index(label) for label in labels], axis=i)
        order = [array.dims.index("future"), array.dims.index(axis)]
        rest = tuple(i for i in range(values.ndim) if i not in order)
        total = values.sum(axis=rest, dtype=np.float64) if rest else values.astype(np.float64)
        return self._added.put(key, total if order[0] < order[1] else total.T)

    def _read(self, case: str, outcome: str) -> tuple[xr.DataArray, np.ndarray]:
        data = self.data(case)
        if outcome not in data:
            raise KautilyaError(
                f"outcome {outcome}",
                "it is not in this run",
                "Run the scenario again; an outcome with keep = why needs --keep why",
            )
        array = data[outcome]
        held = self._whole.get((case, outcome))
        return array, held if held is not None else self._whole.put(
            (case, outcome), np.asarray(array.values)
        )

    def labels(self, case: str, outcome: str, axis: str) -> list[str]:
        """Labels along the time axis."""
        array = self.data(case)[outcome]
        return [str(v) for v in array[axis].values]


ROOM = Path(__file__).parent
SHELF = "judged"  # what was judged is kept, by all that it depends on: runs, text, record, code
FORM = 1


@cache
def _code() -> str:
    """A name for the present text of this room."""
    found = hashlib.sha256()
    for path in sorted([*ROOM.rglob("*.py"), *ROOM.rglob("*.lark")]):
        found.update(f"{path.relative_to(ROOM)}:".encode() + path.read_bytes())
    return found.hexdigest()


def kept_name(runs: Sequence[str], checked: Checked, record: Record) -> str:
    """A name for one claim on some runs; runs: names of all that it is judged on."""
    said = json.dumps(
        [FORM, _code(), list(runs), checked.proposition.text, record.today, record.limit]
    )
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def kept(folder: Path, name: str, checked: Checked) -> Judged | None:
    """What is kept of a claim, None where nothing is, or it cannot be read."""
    there = disk.look(folder / f"{name}.npz", disk.ARRAYS)
    if not there:
        return None
    held = there[0]
    try:
        threshold = held["threshold"] if "threshold" in held else None
        return Judged(
            held["truth"].astype(bool),
            held.get("value"),
            float(threshold) if threshold is not None and threshold.ndim == 0 else threshold,
            checked.unit,
            held["finite"].astype(bool),
            checked.needs,
            checked.kind,
            checked.rests_on,
            tuple(str(one) for one in held["evidence"].tolist()),
            held.get("margin"),
        )
    except (KeyError, ValueError, AttributeError):
        return None


def put_by(folder: Path, name: str, found: Judged) -> None:
    """Keep what was judged; a cache that cannot be written costs time and nothing else."""
    numbers = {"value": found.value, "threshold": found.threshold, "margin": found.margin}
    arrays: Mapping[str, np.ndarray] = {
        "truth": found.truth,
        "finite": found.finite,
        "evidence": np.array(found.evidence, dtype=str),
        **{k: np.asarray(v, dtype=float) for k, v in numbers.items() if v is not None},
    }
    disk.keep(folder / f"{name}.npz", arrays, disk.ARRAYS)
