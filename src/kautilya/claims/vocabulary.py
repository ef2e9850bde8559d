"""The words that a scenario gives to claims: outcomes and what they measure, actors, levers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from kautilya.claims.record import Record, record
from kautilya.core.law import Nature
from kautilya.scenario import units as door
from kautilya.scenario.outcomes import axes, nature_of
from kautilya.scenario.scenario import Members

ANY = "any"

ROLES = {"flow": ("from", "to", "class"), "stock": ("holder", "class"), "price": ("to", "class"),
         "tie": ("from", "to"), "welfare": ("actor",), "hazard": ("actor",), "vote": ("draft",)}


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
    names    names of units that are known; supplies: share of a flow from which a state supplies
    """

    scenario: str
    months: tuple[str, ...]
    actors: tuple[str, ...]
    sets: Mapping[str, tuple[str, tuple[str, ...]]]
    units: Mapping[str, str]
    levers: tuple[str, ...]
    outcomes: Mapping[str, Outcome]
    readings: tuple[Reading, ...]
    record: Record
    supplies: float
    _names: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of units: of goods, and whatever published figures are counted in."""
        if "units" not in self._names:
            extra = {name for text in self.record.units for name in _readable(text)}
            self._names["units"] = tuple(dict.fromkeys([*self.units.values(), *sorted(extra)]))
        return self._names["units"]

    @property
    def years(self) -> tuple[str, ...]:
        """Years of the run."""
        return tuple(dict.fromkeys(month[:4] for month in self.months))


def _readable(text: str) -> tuple[str, ...]:
    """The names in a unit; none where it cannot be read."""
    try:
        return tuple(name for name in door.words(text) if name != "fraction")
    except door.UnitMistake:
        return ()


def vocabulary(scenario: Any) -> Vocabulary:
    """The words of a scenario: its tables, the variables of its laws, its record."""
    from kautilya.core.law import fitted
    from kautilya.mechanisms import registry

    sizes = {name: len(one.members) for name, one in scenario.sets.items()}
    laws = [fitted(registry()[name], sizes) for name in scenario.head.laws]
    sets = {name: (one.axis, tuple(one.members)) for name, one in scenario.sets.items()}
    for law in laws:
        for name, members in law.labels.items():
            sets.setdefault(name, ("label", tuple(members)))
    written = {var.name: var for law in laws for var in law.writes}
    outcomes = {one.id: _outcome(one, sets, written, scenario) for one in scenario.outcomes}
    readings = tuple(found for one in scenario.outcomes if (found := _reading(one, sets, written)))
    return Vocabulary(scenario.id, scenario.months, scenario.codes, sets, scenario.units,
                      tuple(lever.id for lever in scenario.levers), outcomes, readings,
                      record(scenario), scenario.head.claims.supplies)


def _outcome(one: Any, sets: Any, written: Any, scenario: Any) -> Outcome:
    names = list(written[one.name].dims) if one.kind == "variable" else list(one.dims)
    unit = written[one.name].unit if one.kind == "variable" else "{good}"
    if one.kind != "variable" and one.good in scenario.units:
        unit = scenario.units[one.good]
    dims = {n if n not in names[:i] else f"{n}_{names[:i].count(n) + 1}": sets[n][1]
            for i, n in enumerate(names)}
    classes = next((n for n in dims if n in sets and sets[n][0] == "good"), "")
    nature = nature_of(one, written)
    if nature == "amount":
        unit = unit.removesuffix("/month")
    return Outcome(one.id, one.says, one.every, dims, nature, unit, classes,
                   nature == "amount" or one.kind != "variable", one.keep == "always")


def _reading(one: Any, sets: Any, written: Any) -> Reading | None:
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
        ends[role] = (one.dims[axis.dim], "") if axis.dim >= 0 else \
            ("", axis.labels[0] if axis.labels else "*")
    return Reading(one.kind, one.id, ends)
