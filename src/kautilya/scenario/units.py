"""Units at the door: pint is asked once per unit, and nothing behind the door knows units.

The registry holds time, mass, money and pure numbers, the three kinds of rounds, and every
unit that goods.csv names; each is its own dimension. A month has 30.4375 days (365.25 / 12),
as the format says. Rounds that are not tagged (`round`) convert to no kind of round. Only
products and quotients of names are read; no expression is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from kautilya.scenario.mistakes import near, shown

BASE = {  # name: definition
    "day": "day = [time]",
    "hour": "hour = day / 24",
    "week": "week = 7 * day",
    "month": "month = 30.4375 * day",
    "quarter": "quarter = 3 * month",
    "year": "year = 12 * month",
    "t": "t = [mass]",
    "kg": "kg = 0.001 * t",
    "kt": "kt = 1000 * t",
    "Mt": "Mt = 1000000 * t",
    "km": "km = [length]",
    "USD": "USD = [money]",
    "USD_k": "USD_k = 1000 * USD",
    "USD_m": "USD_m = 1000000 * USD",
    "USD_bn": "USD_bn = 1000000000 * USD",
    "fraction": "fraction = []",
    "percent": "percent = 0.01 * fraction",
    "person": "person = [person]",
    "round": "round = [round]",
    "tube_round": "tube_round = [tube_round]",
    "rocket_round": "rocket_round = [rocket_round]",
    "mortar_round": "mortar_round = [mortar_round]",
}
INTERNAL = {
    "day": "month",
    "hour": "month",
    "week": "month",
    "quarter": "month",
    "year": "month",
    "t": "kt",
    "kg": "kt",
    "Mt": "kt",
    "USD": "USD_m",
    "USD_k": "USD_m",
    "USD_bn": "USD_m",
    "percent": "fraction",
}
WORD = r"(?:[A-Za-z][A-Za-z0-9_]{0,39}|1)"
FORM = re.compile(rf"{WORD}(?:\^\d)?(?:[*/]{WORD}(?:\^\d)?)*", re.ASCII)
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


class UnitMistake(ValueError):
    """A unit that is not known or does not convert; `.found` and `.remedy` for the message."""

    def __init__(self, found: str, remedy: str) -> None:
        self.found, self.remedy = found, remedy
        super().__init__(f"{found}. {remedy}")


def tidy(unit: str) -> str:
    """A unit without blanks and with % as percent."""
    return re.sub(r"\s+", "", unit).replace("%", "percent").replace("**", "^")


def words(unit: str) -> tuple[str, ...]:
    """The names in a unit; UnitMistake where it is not a product or quotient of names."""
    text = tidy(unit)
    if len(text) > 80 or not FORM.fullmatch(text):
        raise UnitMistake(
            f"unit {shown(unit)} cannot be read",
            "Write names joined by * and /, such as tank/month or USD/tube_round; "
            "1 for a pure number",
        )
    return tuple(NAME.findall(text))


def known(goods: Iterable[str] = ()) -> tuple[str, ...]:
    """All names of units that may be used; what is no name is left out."""
    return tuple(dict.fromkeys([*BASE, *(g for g in goods if NAME.fullmatch(g))]))


def _own(text: str) -> str:
    """Every name with a prefix, so that none is a word of pint's own (per, square, ...)."""
    return NAME.sub(lambda word: f"u_{word[0]}", text)


@lru_cache(maxsize=16)
def _registry(goods: tuple[str, ...]) -> Any:
    """A pint registry with the names of `known(goods)` and nothing else."""
    import pint

    made: Any = pint.UnitRegistry(None, cache_folder=None)
    for definition in BASE.values():
        made.define(_own(definition))
    for name in known(goods):
        if name not in BASE:
            made.define(_own(f"{name} = [{name}]"))
    return made


def _parsed(unit: str, goods: tuple[str, ...]) -> Any:
    names = known(goods)
    for word in words(unit):
        if word not in names:
            raise UnitMistake(f"unknown unit {shown(word)}", near(word, names))
    text = _own(tidy(unit)).replace("^", "**")
    text = re.sub(r"(?<!\*\*)\b1\b", "dimensionless", text)
    return _registry(goods).parse_units(text)


@lru_cache(maxsize=4096)
def _factor(unit: str, wanted: str, goods: tuple[str, ...]) -> float:
    given, target = _parsed(unit, goods), _parsed(wanted, goods)
    made = _registry(goods)
    if given == target:
        return 1.0
    if made.get_dimensionality(given) != made.get_dimensionality(target):
        names = {w for w in words(unit)} & {"round", "tube_round", "rocket_round", "mortar_round"}
        hint = "; rounds of one kind do not convert to another" if names else ""
        raise UnitMistake(
            f"unit {shown(unit)} does not convert to {wanted}",
            f"Give it in {wanted} or a multiple of it{hint}",
        )
    return float(made.convert(1.0, given, target))


def factor(unit: str, wanted: str, goods: Iterable[str] = ()) -> float:
    """What a value in `unit` is multiplied with to stand in `wanted`; goods: their units.

    Raises UnitMistake for an unknown unit and for units that do not convert.
    """
    return _factor(tidy(unit), tidy(wanted), tuple(dict.fromkeys(goods)))


def internal(unit: str, goods: Iterable[str] = ()) -> str:
    """The same unit in the internal system: months, kt, USD_m, fractions, units of goods."""
    goods = tuple(dict.fromkeys(goods))
    _parsed(tidy(unit), goods)
    return NAME.sub(
        lambda word: word[0] if word[0] in goods else INTERNAL.get(word[0], word[0]), tidy(unit)
    )


def rate_of(unit: str, good: str) -> str:
    """A law's unit with "{good}" replaced by the unit of the element's good."""
    return unit.replace("{good}", good)
