"""The index space of one model: who holds what, in which sets, over which months.

Labels (codes of actors, names of goods) are opaque: they are looked up while a model is
built and appear nowhere in compiled code. A *row* is one account: (holder, good, stage).
Holders that are not actors (factory, battlefield, scrap, ...) are the outside world: their
rows may run below zero, so that every good adds up to the same total in every month.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

import numpy as np

OUTSIDE = ("factory", "battlefield", "scrap", "abroad", "population", "know-how")
LINE = ("prewar", "new", "restored", "foreign")  # stages of equipment that is in service
GIVEN = {
    "technology": "know-how",
    "credit": "abroad",
}  # payments that no account of the payer holds: where from


class Row(NamedTuple):
    """One account of the ledger."""

    holder: str
    good: str
    stage: str


class LabelSet(NamedTuple):
    """A named, ordered set of labels; `axis` tells what they are labels of."""

    axis: Literal["actor", "good", "label"]
    members: tuple[str, ...]


class Members(Protocol):
    """Anything that holds the members of a set."""

    @property
    def members(self) -> tuple[str, ...]: ...


def by_good(stages: Mapping[str, str], sets: Mapping[str, Members]) -> dict[str, str]:
    """Stages by good; "@set" stands for each member of a set, a good's own name goes before."""
    spelled = {
        good: stage
        for key, stage in stages.items()
        if key.startswith("@") and key[1:] in sets
        for good in sets[key[1:]].members
    }
    return spelled | {key: stage for key, stage in stages.items() if not key.startswith("@")}


@dataclass(frozen=True)
class World:
    """Months, sets, accounts and static tables (arrays over sets) of one model."""

    months: tuple[str, ...]
    sets: Mapping[str, LabelSet]
    rows: tuple[Row, ...]
    tables: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "_index", MappingProxyType({row: i for i, row in enumerate(self.rows)})
        )

    def members(self, name: str) -> tuple[str, ...]:
        """Labels of a set."""
        return self.sets[name].members

    def size(self, dims: Iterable[str]) -> int:
        """Number of elements of a product of sets."""
        return int(np.prod([len(self.members(d)) for d in dims], dtype=int))

    def shape(self, dims: Iterable[str]) -> tuple[int, ...]:
        """Lengths of a product of sets."""
        return tuple(len(self.members(d)) for d in dims)

    def has(self, holder: str, good: str, stage: str) -> bool:
        """Whether the account exists."""
        return Row(holder, good, stage) in self._index  # type: ignore[attr-defined]

    def row(self, holder: str, good: str, stage: str = "") -> int:
        """Index of one account; KeyError where the scenario has none such."""
        return self._index[Row(holder, good, stage)]  # type: ignore[attr-defined]

    def out(self, place: str, good: str) -> int:
        """Index of an account of the outside world."""
        return self.row(place, good, "")

    def grid(
        self, holders: Iterable[str], goods: Iterable[str], stage: str | Mapping[str, str]
    ) -> np.ndarray:
        """Accounts [holders, goods] of one stage, or of the stage of each good or "@set" (else "ready")."""
        pairs = list(product(holders, goods := tuple(goods)))
        given = {} if isinstance(stage, str) else by_good(stage, self.sets)
        rest = stage if isinstance(stage, str) else "ready"
        stages = {good: given.get(good, rest) for good in goods}
        rows = [self.row(holder, good, stages[good]) for holder, good in pairs]
        return np.array(rows, dtype=np.int32).reshape(-1, len(goods))

    def outs(self, place: str, goods: Iterable[str], copies: int) -> np.ndarray:
        """Accounts of a place of the outside world, the same for each of `copies` [copies, goods]."""
        return np.tile([self.out(place, good) for good in goods], (copies, 1))

    def places(self, name: str) -> np.ndarray:
        """Where the members of a set of actors stand among all actors [members]."""
        actors = self.members("actor")
        return np.array([actors.index(one) for one in self.members(name)], dtype=int)

    def towards(self, table: str, of: str, to: str) -> np.ndarray:
        """A table of members of `of` towards each member of `to`: [to, of], or [of] for one.

        A table by actor alone holds for every member of `to`.
        """
        at, ends, found = self.places(of), self.places(to), self.tables[table]
        rows = np.stack([found[at, end] if found.ndim > 1 else found[at] for end in ends])
        return rows[0] if len(rows) == 1 else rows

    def present(self, *names: str) -> dict[str, np.ndarray]:
        """Who is in a set in each step, "present_NAME" [steps, members], where members come and go."""
        keys = [f"present_{name}" for name in names]
        return {key: self.tables[key] for key in keys if key in self.tables}

    @property
    def families(self) -> tuple[str, ...]:
        """Goods; units add up within a good."""
        return tuple(dict.fromkeys(row.good for row in self.rows))

    @property
    def limited(self) -> np.ndarray:
        """True for accounts that cannot run below zero [rows]."""
        return np.array([row.holder not in OUTSIDE for row in self.rows])
