"""The words that a scenario gives to claims: outcomes and what they measure, actors, levers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from kautilya.claims.record import Record, record
from kautilya.core.law import Nature, Var
from kautilya.scenario import units as door
from kautilya.scenario.lawcheck import paced
from kautilya.scenario.outcomes import axes, nature_of
from kautilya.scenario.scenario import Members, Scenario
from kautilya.scenario.schema import Outcome as Declared
from kautilya.wording import ALIASES

ANY = "any"
Axis = Literal["actor", "good", "label"]
Sets = Mapping[str, tuple[Axis, tuple[str, ...]]]  # members of each set

ROLES = {
    "flow": ("from", "to", "class"),
    "stock": ("holder", "class"),
    "price": ("to", "class"),
    "tie": ("from", "to"),
    "welfare": ("actor",),
    "hazard": ("actor",),
    "vote": ("draft",),
}


class Outcome(NamedTuple):
    """A declared outcome of a scenario.

    axis    month or year; dims: name -> labels, in order
    nature  amount (adds up over time), level (as of an instant), mean (over the period)
    unit    with "{good}" for the unit of the good of the cell; classes: dim that names goods
    adds    whether cells add up; kept: False where a run stores it only when asked (keep = why)
    """

    id: str
    says: str
    axis: Literal["month", "year"]
    dims: Mapping[str, tuple[str, ...]]
    nature: Nature
    unit: str
    classes: str
    adds: bool
    kept: bool


class Reading(NamedTuple):
    """An outcome as a quantity. ends: role -> (dim or "", the one label or "*" without a dim)."""

    quantity: str
    outcome: str
    ends: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Vocabulary:
    """All words that claims about a scenario may use.

    sets     name -> (axis, members); units: of goods, good -> unit
    supplies share of a flow from which a state supplies; names: names of units that are known
    years    of the run; types: of events on record
    aliases  other words for goods: their plurals, and those that `kautilya why` knows
    """

    scenario: str
    months: tuple[str, ...]
    actors: tuple[str, ...]
    sets: Sets
    units: Mapping[str, str]
    levers: tuple[str, ...]
    outcomes: Mapping[str, Outcome]
    readings: tuple[Reading, ...]
    record: Record
    supplies: float
    names: tuple[str, ...]
    years: tuple[str, ...]
    types: tuple[str, ...]
    aliases: Mapping[str, str]


def _names(units: Iterable[str], record: Record) -> tuple[str, ...]:
    """Names of units: of goods, and whatever published figures are counted in."""
    extra = {name for text in record.units for name in _readable(text)}
    return tuple(dict.fromkeys([*units, *sorted(extra)]))


def _aliases(goods: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """Other words for goods, but for those that mean something else here."""
    goods = tuple(goods)
    found = {f"{good}s": good for good in goods}
    found |= {word: good for word, good in ALIASES.items() if good in goods}
    return {word: good for word, good in found.items() if word not in (*taken, *goods)}


def _readable(text: str) -> tuple[str, ...]:
    """The names in a unit; none where it cannot be read."""
    try:
        return tuple(name for name in door.words(text) if name != "fraction")
    except door.UnitMistake:
        return ()


def vocabulary(scenario: Scenario) -> Vocabulary:
    """The words of a scenario: its tables, the variables of its laws, its record."""
    from kautilya.core.law import fitted
    from kautilya.mechanisms import registry

    sizes = {name: len(one.members) for name, one in scenario.sets.items()}
    step = scenario.head.step
    laws = [paced(fitted(registry()[name], sizes), step) for name in scenario.head.laws]
    sets: dict[str, tuple[Axis, tuple[str, ...]]] = {
        name: (one.axis, tuple(one.members)) for name, one in scenario.sets.items()
    }
    for law in laws:
        for name, members in law.labels.items():
            sets.setdefault(name, ("label", tuple(members)))
    written = {var.name: var for law in laws for var in law.writes}
    outcomes = {one.id: _outcome(one, sets, written, scenario) for one in scenario.outcomes}
    readings = tuple(found for one in scenario.outcomes if (found := _reading(one, sets, written)))
    known = record(scenario)
    return Vocabulary(
        scenario.id,
        scenario.months,
        scenario.codes,
        sets,
        scenario.units,
        tuple(lever.id for lever in scenario.levers),
        outcomes,
        readings,
        known,
        scenario.head.claims.supplies,
        _names(scenario.units.values(), known),
        tuple(dict.fromkeys(month[:4] for month in scenario.months)),
        tuple(dict.fromkeys(one.type for one in known.events)),
        _aliases(scenario.units, (*sets, *scenario.codes)),
    )


def _outcome(one: Declared, sets: Sets, written: Mapping[str, Var], scenario: Scenario) -> Outcome:
    names = list(written[one.name].dims) if one.kind == "variable" else list(one.dims)
    unit = written[one.name].unit if one.kind == "variable" else "{good}"
    if one.kind != "variable" and one.good in scenario.units:
        unit = scenario.units[one.good]
    dims = {
        n if n not in names[:i] else f"{n}_{names[:i].count(n) + 1}": sets[n][1]
        for i, n in enumerate(names)
    }
    classes = next((n for n in dims if n in sets and sets[n][0] == "good"), "")
    nature = nature_of(one, written)
    if nature == "amount":
        unit = unit.removesuffix(f"/{scenario.head.step}")
    return Outcome(
        one.id,
        one.says,
        one.every,
        dims,
        nature,
        unit,
        classes,
        nature == "amount" or one.kind != "variable",
        one.keep == "always",
    )


def _reading(one: Declared, sets: Sets, written: Mapping[str, Var]) -> Reading | None:
    if one.kind == "variable":
        tells = written[one.name].tells
        if tells is None:
            return None
        ends = {}
        for role, what in tells.ends.items():
            if what[0] == "@":
                members = sets.get(what[1:], ("", ()))[1]
                if not members:
                    return None
                ends[role] = ("", members[0]) if len(members) == 1 else (what[1:], "")
            else:
                ends[role] = ("", what[1:]) if what[0] == "=" else (what, "")
        return Reading(tells.quantity, one.id, ends)
    named = {name: Members(axis, members) for name, (axis, members) in sets.items()}
    found = axes(one, named, sets["actor"][1], sets["good"][1])
    ends = {}
    for key, axis in found.items():
        role = "class" if key == "good" else key
        ends[role] = (
            (one.dims[axis.dim], "")
            if axis.dim >= 0
            else ("", axis.labels[0] if axis.labels else "*")
        )
    return Reading(one.kind, one.id, ends)
