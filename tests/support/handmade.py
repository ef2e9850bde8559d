"""Small helps beside `hand`: a variable carried on by its own law, and the sides exchanged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from support.hand import SIDES, Account, Hand

Flows = Mapping[tuple[Account, Account], float]


def carried(hand: Hand, name: str, start: Any, months: int, **fields: Any) -> np.ndarray:
    """A variable [months, ...] that its law carries on while all else stays as given."""
    given = {key: value for key, value in fields.items() if key != "var"}
    now, out = np.asarray(start, float), []
    for _ in range(months):
        now = hand.step(var={**fields.get("var", {}), name: now}, **given)[name]
        out.append(now)
    return np.array(out)


def exchanged(flows: Flows) -> dict[tuple[Account, Account], float]:
    """The same flows with the names of the two sides exchanged."""
    other = dict(zip(SIDES, reversed(SIDES), strict=True))

    def named(account: Account) -> Account:
        return (other.get(account[0], account[0]), *account[1:])

    return {(named(a), named(b)): amount for (a, b), amount in flows.items()}
