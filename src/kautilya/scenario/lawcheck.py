"""A scenario against the laws it switches on: everything that is missing or fits nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from pydantic_core import PydanticCustomError

from kautilya.scenario import lacking, membership, outcomes, units
from kautilya.scenario.cells import number
from kautilya.scenario.clock import Clock
from kautilya.scenario.matching import (
    OPENING,
    Left,
    Matched,
    Target,
    covered,
    good_of,
    left_out,
    match,
    place,
    sets_of,
    targets,
    unfilled,
)
from kautilya.scenario.mistakes import Mistake, first, near, shown
from kautilya.scenario.scenario import Draft, Scenario
from kautilya.scenario.schema import Change, Good, Quantity
from kautilya.scenario.toml_text import line_of

if TYPE_CHECKING:
    from kautilya.core.law import Law, Param, Series

AXES = {"future", "month", "year", "span"}  # axes that every run has


def lever_mistakes(
    scn: Scenario, params: Mapping[str, Target], goods: Iterable[str]
) -> Iterator[Mistake]:
    """Everything in the levers that matches nothing or does not convert; goods: units known."""
    goods = tuple(goods)
    for i, lever in enumerate(scn.levers):
        for j, change in enumerate(lever.set):
            for key, found, remedy in _wrong(scn, change, params, goods):
                line = line_of(scn.where, ("lever", i, "set", j, key))
                yield Mistake(
                    "scenario.toml",
                    line,
                    f"lever.set.{key}",
                    f"{found} (lever '{lever.id}')",
                    remedy,
                )


def _wrong(
    scn: Scenario, change: Change, params: Mapping[str, Target], goods: tuple[str, ...]
) -> Iterator[tuple[str, str, str]]:
    if (change.value is None) == (change.factor is None):
        yield "value", "a change needs either value or factor", "Give one of the two"
    if change.parameter not in params:
        yield (
            "parameter",
            f"{shown(change.parameter)} matches no parameter of a law",
            near(change.parameter, params),
        )
        return
    target = params[change.parameter]
    selector, wrong = place(target, change)
    yield from wrong
    if change.stage and target.name != OPENING:
        yield "stage", f"'stage' is given for {target.name}", "Only opening.stock has stages"
    if not wrong and not covered(target, selector):
        yield "parameter", f"the lever matches nothing in {target.name}", "Name labels that exist"
    if change.from_ and not target.path:
        yield "from", f"a month for {target.name}, which does not change in time", "Leave it out"
    yield from _month(change, target, target.date) if target.date else _amount(change, target)
    if change.unit and not wrong:
        try:
            for k in covered(target, selector):
                into_unit(scn, target, k, change.unit, goods)
        except units.UnitMistake as error:
            yield "unit", error.found, error.remedy


def _amount(change: Change, target: Target) -> Iterator[tuple[str, str, str]]:
    if isinstance(change.value, str):
        try:
            number(change.value)
        except PydanticCustomError as error:
            yield "value", shown(change.value), error.message()
        return
    least = min(change.value or 0.0, change.factor or 0.0)
    if least < 0 and (target.counted or target.name == OPENING):
        what = "stock" if target.name == OPENING else target.name
        yield "value", f"a negative {what}", "Give 0 or more"


def _month(change: Change, target: Target, clock: Clock) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a change of what says when something happens."""
    remedy = clock.remedy + (", in quotes" if clock.step == "month" else "")
    if change.factor is not None:
        yield "factor", f"a factor for {target.name}, which says when", f"Give a value. {remedy}"
    found = ""
    if isinstance(change.value, str):
        if change.unit:
            yield "unit", f"a unit beside {shown(change.value)}", "Leave it out"
        try:
            known = clock.steps(change.value) is not None
            found = "" if known else f"{shown(change.value)} is no month"
        except ValueError as error:
            found = str(error)
    elif change.value is not None:
        with suppress(units.UnitMistake):  # which is told for every element
            found = target.no_month(change.value, change.unit)
    if found:
        yield "value", found, remedy


def into_unit(
    scn: Scenario, target: Target, element: int, unit: str, goods: tuple[str, ...]
) -> float:
    """Factor from a unit to the law's, for one element of a parameter."""
    good = scn.units.get(good_of(target, target.elements[element]), "1")
    return units.factor(units.rate_of(unit, good), units.rate_of(target.unit, good), goods)


TOML, TABLE, GOODS = "scenario.toml", "quantities.csv", "goods.csv"


def registered(registry: Mapping[str, Law] | None) -> Mapping[str, Law]:
    """The laws by name: those given, else all of Kautilya (this imports JAX)."""
    if registry is not None:
        return registry
    from kautilya.mechanisms import registry as every

    return every()


def paced(law: Law, step: str) -> Law:
    """The law with its rates by step: a unit of 1/month reads 1/day where a run goes by days."""
    if step == "month":
        return law

    def unit(given: str) -> str:
        return re.sub(r"\bmonth\b", step, given)

    return law._replace(
        params=tuple(one._replace(unit=unit(one.unit)) for one in law.params),
        series=tuple(one._replace(unit=unit(one.unit)) for one in law.series),
        writes=tuple(one._replace(unit=unit(one.unit)) for one in law.writes),
    )


def _stepped(scn: Scenario, laws: Iterable[Law]) -> Iterator[Mistake]:
    """Laws that know months only, in a scenario of other steps."""
    for law in laws:
        if scn.head.step not in law.steps:
            yield Mistake(
                TOML,
                line_of(scn.where, ("step",)),
                "step",
                f"law '{law.name}' does not go by steps of a {scn.head.step}",
                f"Use a step of a {' or '.join(law.steps)}, or take '{law.name}' out of laws",
            )


def examine(
    draft: Draft, registry: Mapping[str, Law]
) -> tuple[dict[str, Target], dict[str, Target], Matched, list[Mistake]]:
    """Parameters, records, which row fills which element, and all mistakes found on the way."""
    from kautilya.core.law import fitted  # imports JAX

    scn = draft.scenario
    line = line_of(scn.where, ("laws",))
    names = dict.fromkeys(scn.head.laws)
    mistakes = [
        Mistake(TOML, line, "laws", f"unknown law {shown(name)}", near(name, registry))
        for name in names
        if name not in registry
    ]
    mistakes += [
        Mistake(TOML, line, "laws", f"law '{name}' is named twice", "Name it once")
        for name in names
        if scn.head.laws.count(name) > 1
    ]
    sizes = {name: len(one.members) for name, one in scn.sets.items()}
    laws = {
        name: paced(fitted(registry[name], sizes), scn.head.step)
        for name in names
        if name in registry
    }
    if len(laws) == len(names):
        mistakes += _owners(laws, line)
    mistakes += [*_stepped(scn, laws.values()), *_crowded(laws, scn), *_common(laws, scn)]
    mistakes += [*first(_heeded(laws, scn)), *_assumed(scn, laws)]
    params, records, said, lost = targets(scn, list(laws.values()))
    mistakes += [one for one in said if not _names_one(one, draft.bad_sets)]
    held = lacking.given(draft, sets_of(scn, laws.values()))
    mistakes += [one for law in laws.values() for one in lacking.lacks(law, held)]
    matched = match(scn, params, records, tuple(registry))
    mistakes += matched.mistakes
    if TABLE not in draft.unusable:
        mistakes += unfilled(matched, params, _spare(draft, matched))
    mistakes += first(lever_mistakes(scn, params, matched.units))
    mistakes += [*first(_outcomes(draft, laws, len(laws) == len(names))), *first(_taken(scn))]
    follow = (*(f"'{name}." for name in names if name not in laws), *(f"'{n}'" for n in lost))
    over = _optional(registry[name] for name in laws)
    return params, records, matched, [*_heard(draft, mistakes, follow, over)]


FILLS = ("parameter", "series", "lever.set.parameter")  # columns that name what a row fills


def _heard(
    draft: Draft, mistakes: Iterable[Mistake], follow: tuple[str, ...], over: Mapping[str, str]
) -> Iterator[Mistake]:
    """Mistakes without those that follow from others; a row for what is over a set that the scenario
    leaves out is told which set it lacks.

    follow   how findings begin that follow from a law or a set that is said to be wrong elsewhere
    over     parameters and records over a set that may be left out: the set, by name
    """
    for one in mistakes:
        name = next((name for name in over if one.found.startswith(f"'{name}' ")), "")
        fills, lacks = one.column in FILLS, over.get(name, "")
        if fills and (one.found.startswith(follow) or lacks in draft.bad_sets):
            continue
        if fills and lacks and lacks not in draft.scenario.sets:
            yield one._replace(
                found=f"'{name}' is over the set '{lacks}', which the scenario does not have",
                remedy=f"Add [sets.{lacks}] with axis and members, or take the row out",
            )
        else:
            yield one


def _optional(laws: Iterable[Law]) -> dict[str, str]:
    """Parameters and records over a set that a scenario may leave out: the set, by name."""
    out: dict[str, str] = {}
    for law in laws:
        declared: list[Param | Series] = [*law.params, *law.series]
        named = ((one.name, name) for one in declared for name in law.optional if name in one.dims)
        out |= {f"{law.name}.{one}": name for one, name in named}
    return out


def goes_without(
    scn: Scenario, registry: Mapping[str, Law] | None = None
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Terms that a scenario goes without, by law and label, and what each of them lacks.

    A law declares what each term is made of (`Var.takes`): its own parameters, variables of other
    laws, tables. A set that a law can do without is a term of its own.
    """
    from kautilya.core.law import fitted  # imports JAX

    known = registered(registry)
    params, _, matched, _ = examine(Draft(scn, (), {}, frozenset(), True, frozenset()), known)
    sizes = {name: len(one.members) for name, one in scn.sets.items()}
    laws = [fitted(known[name], sizes) for name in dict.fromkeys(scn.head.laws) if name in known]
    there = Present(
        left_out(matched, params),
        params,
        {var.name for law in laws for var in law.writes} | {row.name for row in scn.covariates},
        {var.name: law.name for law in known.values() for var in law.writes},
        {need.name for law in known.values() for need in law.needs if need.kind == "table"},
    )
    out: dict[str, dict[str, tuple[str, ...]]] = {}
    for law in laws:
        found: dict[str, tuple[str, ...]] = {
            name: (f"the set {name}",) for name in law.optional if name not in scn.sets
        }
        for label, names in (item for var in law.writes for item in var.takes.items()):
            lacks = [there.lacks(law, name, label) for name in names]
            found |= {label: tuple(filter(None, lacks))} if any(lacks) else {}
        out |= {law.name: found} if found else {}
    return out


class Present(NamedTuple):
    """What a scenario has of what terms are made of.

    free, params   parameters that are left out, all parameters; there: variables and tables
    owner, tables  law by variable, names of tables: of all laws
    """

    free: Mapping[str, Left]
    params: Mapping[str, Target]
    there: Collection[str]
    owner: Mapping[str, str]
    tables: Collection[str]

    def lacks(self, law: Law, name: str, label: str) -> str:
        """What a term lacks for want of a parameter, variable or table; "" where it is there."""
        at = f"{law.name}.{name}"
        if at in self.params:
            elements = self.params[at].elements
            gone = [elements[i] for i in self.free[at].elements] if at in self.free else []
            of_it = len(gone) == len(elements) or any(label in one for one in gone)
            return f"rows of {at}" if of_it else ""
        if name in self.there:
            return ""
        if name in self.owner:
            return f"the law {self.owner[name]}"
        return f"rows of {name} in covariates.csv" if name in self.tables else ""


def _names_one(mistake: Mistake, names: Collection[str]) -> bool:
    """Whether what was found quotes one of some names."""
    return any(f"'{name}'" in mistake.found for name in names)


TAKEN = {"lever": ("baseline",), "outcome": outcomes.KEEPS}  # words that commands know otherwise


def _taken(scn: Scenario) -> Iterator[Mistake]:
    """Levers and outcomes whose id says something else where one is named: `compare` keeps the
    scenario as it stands as `baseline`, and `--keep summary` is a level."""
    ids = {
        "lever": [one.id for one in scn.levers],
        "outcome": [one.id for one in scn.outcomes],
    }
    for key, names in ids.items():
        for i, name in enumerate(names):
            if name in TAKEN[key]:
                yield Mistake(
                    TOML,
                    line_of(scn.where, (key, i, "id")),
                    f"{key}.id",
                    f"{shown(name)} has a meaning of its own",
                    f"Give the {key} another id",
                )


def _crowded(laws: Mapping[str, Law], scn: Scenario) -> Iterator[Mistake]:
    """Sets with several members of which a law serves one only."""
    for law in laws.values():
        for name in law.single:
            members = scn.sets[name].members if name in scn.sets else ()
            if len(members) > 1:
                yield Mistake(
                    TOML,
                    line_of(scn.where, ("sets", name, "members")),
                    f"sets.{name}",
                    f"{len(members)} members, but law '{law.name}' serves one only",
                    f"Leave one member in, or take '{law.name}' out of laws",
                )


def _common(laws: Mapping[str, Law], scn: Scenario) -> Iterator[Mistake]:
    """Members of two sets that a law keeps apart."""
    for law in laws.values():
        for one, other in law.apart:
            if one not in scn.sets or other not in scn.sets:
                continue
            both = [code for code in scn.sets[one].members if code in scn.sets[other].members]
            if both:
                yield Mistake(
                    TOML,
                    line_of(scn.where, ("sets", one, "members")),
                    f"sets.{one}",
                    f"{', '.join(both)} also stands in '{other}', and law '{law.name}' takes them for two",
                    f"Take it out of one of [sets.{one}] and [sets.{other}]",
                )


def _heeded(laws: Mapping[str, Law], scn: Scenario) -> Iterator[Mistake]:
    """Sets whose members come and go unheeded."""
    return membership.heeded(scn, {name for law in laws.values() for name in law.dated})


def _owners(laws: Mapping[str, Law], line: int) -> Iterator[Mistake]:
    owner: dict[str, str] = {}
    for law in laws.values():
        for var in law.writes:
            if owner.setdefault(var.name, law.name) != law.name:
                yield Mistake(
                    TOML,
                    line,
                    "laws",
                    f"'{law.name}' and '{owner[var.name]}' both write {var.name!r}",
                    "Switch on one of them: they are rivals",
                )
    flows = {f"flow:{name}" for name, law in laws.items() if law.phase == "flow"}
    for law in laws.values():
        absent = [name for name in law.reads if name not in owner and name not in flows]
        if absent:
            yield Mistake(
                TOML,
                line,
                "laws",
                f"law '{law.name}' reads {', '.join(absent)}, which no law of this scenario gives",
                "Switch on the law that does",
            )


def _assumed(scn: Scenario, laws: Mapping[str, Law]) -> Iterator[Mistake]:
    """Goods whose unit is not the one that a law takes for granted; each good and law once."""
    lines = {row.good: line for line, row in reversed(list(scn.lined(Good)))}
    for law in laws.values():
        for name, wanted in law.units.items():
            named = name.removeprefix("@")
            members = scn.sets[named].members if named in scn.sets else ()
            for good in members if name.startswith("@") else (name,):
                if good in scn.units and not _same(scn.units[good], wanted, scn):
                    yield Mistake(
                        GOODS,
                        lines.get(good, 1),
                        "unit",
                        f"{shown(good)} is counted in "
                        f"{scn.units[good]}, and law '{law.name}' counts it in {wanted}",
                        f"Give it the unit {wanted}",
                    )


def _same(unit: str, wanted: str, scn: Scenario) -> bool:
    try:
        return units.factor(unit, wanted, (*scn.units.values(), wanted)) == 1.0
    except units.UnitMistake:
        return False


def _spare(draft: Draft, matched: Matched) -> set[str]:
    """Parameters with a row that is not valid: they are not reported as missing as well."""
    scn = draft.scenario
    lines = {one.line for one in (*matched.mistakes, *draft.mistakes) if one.file == TABLE}
    return draft.cells(TABLE, "parameter") | {
        row.parameter for line, row in scn.lined(Quantity) if line in lines
    }


def _outcomes(draft: Draft, laws: Mapping[str, Law], all_laws: bool) -> Iterator[Mistake]:
    scn = draft.scenario
    sets = sets_of(scn, laws.values())
    written = {var.name: var.dims for law in laws.values() for var in law.writes}
    axes = {dim for one in scn.outcomes for dim in (*one.dims, *written.get(one.name or "", ()))}
    for i, one in enumerate(scn.outcomes):
        if one.id in axes | AXES:
            yield unfit(
                scn,
                i,
                outcomes.Unfit(
                    "id",
                    f"outcome {shown(one.id)} is also the name of an axis of outcomes",
                    "Give it another id",
                ),
            )
        if draft.bad_sets & set(one.dims) or not (all_laws or one.kind == "stock"):
            continue
        try:
            outcomes.check(one, scn, laws, sets)
        except outcomes.Unfit as error:
            yield unfit(scn, i, error)


def unfit(scn: Scenario, number: int, error: outcomes.Unfit) -> Mistake:
    """The mistake for an outcome that does not fit."""
    return Mistake(
        TOML,
        line_of(scn.where, ("outcome", number, error.place)),
        f"outcome.{error.place}",
        f"{error.found} (outcome '{scn.outcomes[number].id}')",
        error.remedy,
    )
