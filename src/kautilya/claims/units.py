"""Units of a claim: products of names with powers; conversion is asked at the scenario's door."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kautilya.scenario import units as door

PART = re.compile(r"([*/]?)([A-Za-z]\w*|1)(?:\^(\d))?", re.ASCII)
NONE = ("", "1", "fraction")
Powers = tuple[tuple[str, int], ...]


def powers(unit: str) -> Powers:
    """Names with their powers, in order; pure numbers have none. UnitMistake where unreadable."""
    text = door.tidy(unit)
    if text in NONE:
        return ()
    door.words(text)
    found: dict[str, int] = {}
    for sign, name, power in PART.findall(text):
        if name not in NONE:
            found[name] = found.get(name, 0) + (-1 if sign == "/" else 1) * int(power or 1)
    return tuple(sorted((n, p) for n, p in found.items() if p))


def text(unit: Powers) -> str:
    """The unit as it is written: tank/month; "1" for a pure number."""
    above = [n + (f"^{p}" if p > 1 else "") for n, p in unit if p > 0]
    below = [n + (f"^{-p}" if p < -1 else "") for n, p in unit if p < 0]
    return "/".join(["*".join(above) or "1", *below])


def times(a: Powers, b: Powers, sign: int = 1) -> Powers:
    """The unit of a product, or of a quotient for sign -1."""
    found = dict(a)
    for name, power in b:
        found[name] = found.get(name, 0) + sign * power
    return tuple(sorted((n, p) for n, p in found.items() if p))


def factor(given: Powers, wanted: Powers, goods: Iterable[str]) -> float:
    """What a value in `given` is multiplied with to stand in `wanted`; UnitMistake if it cannot."""
    if given == wanted:
        return 1.0
    return door.factor(text(given), text(wanted), goods)
