"""What the laws of a scenario lack beside their figures: sets, facts, accounts, members of sets.

A law declares what it looks up (`core.law.Need`), so all of it can be said at once, before
anything is built and whatever else is wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, Protocol

from kautilya.scenario.facts import DERIVED, NAME, NEEDED, OVER, TRADE
from kautilya.scenario.mistakes import Mistake, near
from kautilya.scenario.scenario import Draft, Scenario
from kautilya.scenario.schema import Covariate
from kautilya.scenario.toml_text import line_of

if TYPE_CHECKING:
    from kautilya.core.law import Law, Need

TOML, GOODS, TRADED = "scenario.toml", "goods.csv", "trade.csv"
Slots = set[tuple[str, str, str]]  # (holder, good, stage)


class Labels(Protocol):
    """A set, of a scenario or of a world."""

    @property
    def members(self) -> tuple[str, ...]: ...


class Given(NamedTuple):
    """What a scenario has.

    vain   names of sets, facts, files and (good, stage) that it has, though not in a usable
           form: what is wrong with them is said elsewhere
    """

    scenario: Scenario
    sets: Mapping[str, Labels]
    accounts: Slots
    tables: Collection[str]
    vain: Collection[str | tuple[str, str]]


def sets_in(need: Need) -> set[str]:
    """The sets that a need names."""
    named = {need.by} if need.by else set()
    named |= {one[1:] for one in (need.name, need.of) if one.startswith("@")}
    return (
        named
        | ({need.name} if need.kind == "set" else set())
        | ({need.of} if need.kind == "member" else set())
    )


def spelled(name: str, sets: Mapping[str, Labels]) -> tuple[str, ...]:
    """A label, or the members of "@set"."""
    return sets[name[1:]].members if name.startswith("@") else (name,)


def accounts(need: Need, sets: Mapping[str, Labels]) -> Slots:
    """The accounts that a need of a stage asks for."""
    from kautilya.core.world import by_good  # imports JAX

    other = by_good(need.other, sets)
    stages = {good: other.get(good, need.name) for good in spelled(need.of, sets)}
    return {
        (holder, good, stage)
        for holder in sets[need.by].members
        for good, stage in stages.items()
        if stage
    }


def lacks(law: Law, given: Given) -> Iterator[Mistake]:
    """Everything that one law lacks, in the order of its declaration."""
    dims = [one.dims for one in law.params] + [one.dims for one in law.draws]
    dims += [one.dims for one in law.series] + [one.dims for one in law.writes]
    told: set[str | tuple[str, str]] = {*given.sets, *given.vain, *chain.from_iterable(dims)}
    gone = set(law.optional) - set(given.sets)
    for need in law.needs:
        if need.free or gone & sets_in(need):
            continue
        absent = sets_in(need) - set(given.sets)
        for name in sorted(name for name in absent if name not in told):
            yield _set(law, need, name, given)
        told |= absent
        if need.kind == "table":
            yield from _table(law, need, given)
        elif need.kind == "stage":
            yield from _stage(law, need, given) if not absent else _unknown(law, need, given)
        elif need.kind == "member" and not absent:
            yield from _member(law, need, given)


def _at(law: Law) -> str:
    return f"see docs/mechanisms.md#{law.name}"


def _set(law: Law, need: Need, name: str, given: Given) -> Mistake:
    line = line_of(given.scenario.where, ("laws",))
    return Mistake(
        TOML,
        line,
        "laws",
        f"law '{law.name}' needs the set '{name}' ({need.says})",
        f"Add [sets.{name}] with axis and members ({near(name, given.sets)}); {_at(law)}",
    )


def _table(law: Law, need: Need, given: Given) -> Iterator[Mistake]:
    if {need.name, NAME} & {*given.tables, *given.vain}:
        return
    found = f"law '{law.name}' needs '{need.name}' ({need.says})"
    if need.name in TRADE:
        yield Mistake(TRADED, 0, "", found, f"Give {TRADED}; {_at(law)}")
    elif need.name in DERIVED:
        parts = [one for one in NEEDED[1:] if one not in given.tables]
        lacking = [TRADED] * (NEEDED[0] not in given.tables)
        lacking += ["in covariates.csv " + ", ".join(parts)] * bool(parts)
        over = OVER.get(need.name, "actor")
        lacking += [f"the set '{over}'"] * (over not in given.sets)
        yield Mistake(
            TRADED,
            0,
            "",
            f"{found}, which is worked out from {TRADED} and {NAME}",
            f"Give {' and '.join(lacking)}; see docs/data.md, and {_at(law)}",
        )
    else:
        yield Mistake(
            NAME, 0, "name", found, f"Add rows of {need.name} for each actor to {NAME}; {_at(law)}"
        )


def _unknown(law: Law, need: Need, given: Given) -> Iterator[Mistake]:
    """A stage of goods or holders that no set tells yet."""
    if any(name in given.vain for name in sets_in(need)):
        return
    what = f"each of '{need.of[1:]}'" if need.of.startswith("@") else f"'{need.of}'"
    names = [need.name, *dict.fromkeys(stage for stage in need.other.values() if stage)]
    yield Mistake(
        GOODS,
        1,
        "stage",
        f"law '{law.name}' needs the stage {' or '.join(names)} of "
        f"{what}, held by '{need.by}' ({need.says})",
        f"Add rows for it; {_at(law)}",
    )


def _stage(law: Law, need: Need, given: Given) -> Iterator[Mistake]:
    held: dict[str, dict[str, None]] = {}
    who: dict[str, dict[str, None]] = {}
    lacking = accounts(need, given.sets) - given.accounts
    for holder, good, stage in sorted(lacking):
        if (good, stage) not in given.vain:
            held.setdefault(stage, {})[good] = None
            who.setdefault(stage, {})[holder] = None
    for stage, goods in held.items():
        yield Mistake(
            GOODS,
            1,
            "stage",
            f"law '{law.name}' needs the stage {stage} of "
            f"{', '.join(goods)}, held by {_cut(who[stage])} ({need.says})",
            f"Add a row of this stage with holders {need.by} for each good"
            f"{_or_take(need)}; {_at(law)}",
        )


def _or_take(need: Need) -> str:
    return f", or take the good out of [sets.{need.of[1:]}]" if need.of.startswith("@") else ""


def _cut(names: Iterable[str], most: int = 6) -> str:
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _member(law: Law, need: Need, given: Given) -> Iterator[Mistake]:
    there = given.sets[need.of].members
    absent = [one for one in spelled(need.name, given.sets) if one not in there]
    if absent:
        line = line_of(given.scenario.where, ("sets", need.of, "members"))
        yield Mistake(
            TOML,
            line,
            f"sets.{need.of}",
            f"law '{law.name}' needs {_cut(absent)} in the set '{need.of}' ({need.says})",
            f"Add it to [sets.{need.of}]; {_at(law)}",
        )


def given(draft: Draft, sets: Mapping[str, Labels]) -> Given:
    """What a scenario has, as far as it can be read; sets: its own and those of its laws."""
    scn = draft.scenario
    tables = {row.name for row in scn.rows(Covariate)}
    tables |= set(TRADE) if scn.trade else set()
    if all(name in tables for name in NEEDED):
        tables |= {name for name in DERIVED if OVER.get(name, "actor") in sets}
    vain: set[str | tuple[str, str]] = {*draft.bad_sets, *draft.cells(NAME, "name")}
    vain |= {(row.get("good", ""), row.get("stage", "")) for row in draft.broken.get(GOODS, ())}
    vain |= {
        (row.good, row.stage)
        for row in scn.goods
        if row.holders not in sets and row.holders not in scn.codes
    }
    if draft.broken.get(TRADED) or TRADED in draft.unusable:
        vain |= set(TRADE)
    if NAME in draft.unusable:
        vain.add(NAME)
    if any(name in vain for name in NEEDED):
        vain |= set(DERIVED)
    return Given(scn, sets, set(scn.accounts), tables, vain)
