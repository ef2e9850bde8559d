"""A law on its own: a tiny world made by hand, one month of it, or many months of one flow.

Values are given without the axis of futures, unless wrapped in `Wide`. Flows come back by
account, (holder, good, stage) to (holder, good, stage), routes of one pair added up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import kautilya.core  # noqa: F401
from kautilya.core.law import Law, View
from kautilya.core.ledger import settle
from kautilya.core.loop import asked
from kautilya.core.model import build
from kautilya.core.world import OUTSIDE, LabelSet, Row, World

Account = tuple[str, str, str]
SIDES = ("AAA", "BBB")
LINE = ("prewar", "new", "restored", "foreign")


class Wide(NamedTuple):
    """An array that has futures as its last axis already."""

    values: Any


def _wide(value: Any) -> Any:
    return jnp.asarray(
        value.values if isinstance(value, Wide) else np.asarray(value, float)[..., None]
    )


class Hand:
    """One law bound to a world of the given sets, goods (with their stages) and tables."""

    def __init__(
        self,
        law: Law,
        sets: Mapping[str, tuple[str, ...]],
        goods: Mapping[str, tuple[str, ...]] | None = None,
        tables: Mapping[str, Any] | None = None,
    ) -> None:
        goods = goods or {}
        actors = dict.fromkeys(
            code
            for members in sets.values()
            for code in members
            if len(code) == 3 and code.isupper()
        )
        rows = [Row(a, g, s) for a in actors for g, stages in goods.items() for s in stages]
        rows += [Row(place, g, "") for place in OUTSIDE for g in goods]
        every = {"actor": tuple(actors), **sets}
        world = World(
            ("2022-01",),
            {k: LabelSet("label", tuple(v)) for k, v in every.items()},
            tuple(rows),
            {k: np.asarray(v, float) for k, v in (tables or {}).items()},
        )
        alone = law._replace(reads=())  # what it reads is given by hand
        self.law, self.model = law, build(world, [alone])
        self.world, self.data = self.model.world, self.model.built[0].data
        self._step = jax.jit(self._stepped)
        self._settle = jax.jit(lambda stock, ask: settle(self.model.plan, stock, ask))

    def run(self, view: View) -> Any:
        """The law's step, compiled: variables by name, or what it asks for as the plan lies."""
        return self._step(view._replace(data=None))

    def _stepped(self, view: View) -> Any:
        out = self.law.step(view._replace(data=self.data))
        return (
            asked(self.model, {self.law.name: out}, view.stock.shape[1])
            if self.law.phase == "flow"
            else out
        )

    def stock(self, held: Mapping[Account, Any], futures: int = 1) -> Any:
        """All accounts [rows, F]; those not named are empty."""
        out = np.zeros((len(self.world.rows), futures))
        for account, value in held.items():
            out[self.world.row(*account)] = value
        return jnp.asarray(out)

    def view(self, stock: Any = None, month: int = 0, record: float = 0.0, **fields: Any) -> View:
        """What the law is given; fields: var, param, luck, series, paid."""
        given = {
            name: {key: _wide(value) for key, value in fields.get(name, {}).items()}
            for name in ("var", "param", "luck", "series")
        }
        given["paid"] = {
            law: {name: _wide(value) for name, value in routes.items()}
            for law, routes in fields.get("paid", {}).items()
        }
        return View(
            month=jnp.uint32(month),
            record=jnp.asarray(record),
            data=self.data,
            stock=stock if hasattr(stock, "shape") else self.stock(stock or {}),
            **given,
        )

    def step(self, stock: Any = None, **fields: Any) -> dict[str, np.ndarray]:
        """The variables of one month, without the axis of futures where there is one future."""
        out = self.run(self.view(stock, **fields))
        return {
            name: np.asarray(value)[..., 0] if value.shape[-1:] == (1,) else np.asarray(value)
            for name, value in out.items()
        }

    def asked(self, stock: Any = None, **fields: Any) -> dict[tuple[Account, Account], float]:
        """What a flow law asks for in one month."""
        return self._by_account(self.run(self.view(stock, **fields)))

    def paid(self, stock: Any = None, **fields: Any) -> dict[tuple[Account, Account], float]:
        """What of it is paid."""
        view = self.view(stock, **fields)
        return self._by_account(self._settle(view.stock, self.run(view))[1])

    def months(
        self, number: int, stock: Mapping[Account, Any], **fields: Any
    ) -> list[dict[Account, float]]:
        """Stocks at the end of each month, with this law alone and everything else constant."""
        now, out = self.stock(stock), []
        for _ in range(number):
            now, _ = self._settle(now, self.run(self.view(now, **fields)))
            out.append({tuple(row): float(now[i, 0]) for i, row in enumerate(self.world.rows)})
        return out

    def _by_account(self, flows: Any) -> dict[tuple[Account, Account], float]:
        out: dict[tuple[Account, Account], float] = defaultdict(float)
        plan, rows = self.model.plan, self.world.rows
        for i, (a, b) in enumerate(zip(plan.source, plan.sink, strict=True)):
            out[tuple(rows[a]), tuple(rows[b])] += float(flows[i, 0])
        return dict(out)
