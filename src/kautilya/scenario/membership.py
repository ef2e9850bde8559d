"""Who is in a set when, and on which side: rows of members.csv.

A member of a set without a row is in it throughout. A member with rows is in it during their spells
alone. Laws that heed this name the set (`core.law.Law.dated`); one that does not would take a state that
has left for one that is in, so a set that nobody heeds is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

import numpy as np

from kautilya.scenario.calendar import after, place, span
from kautilya.scenario.mistakes import Mistake, near, shown
from kautilya.scenario.scenario import Scenario
from kautilya.scenario.schema import Member

FILE, FOES = "members.csv", "belligerent"
Lined = tuple[int, Member]


def mistakes(scn: Scenario) -> Iterator[Mistake]:
    """Everything in members.csv that cannot be, and what it lacks."""
    spells: dict[tuple[str, str], list[Lined]] = {}
    for line, row in scn.lined(Member):
        for said in (*_unknown(scn, row), *_outside(scn, row)):
            yield Mistake(FILE, line, *said)
        spells.setdefault((row.set, row.actor), []).append((line, row))
    for (name, actor), rows in spells.items():
        yield from _overlaps(name, actor, rows)
    yield from _sides(scn)


def _unknown(scn: Scenario, row: Member) -> Iterator[tuple[str, str, str]]:
    if row.set not in scn.sets:
        yield "set", f"unknown set {shown(row.set)}", near(row.set, scn.sets)
        return
    axis, members = scn.sets[row.set]
    if axis != "actor":
        yield "set", f"{shown(row.set)} is no set of actors", "Only actors join and leave"
    elif row.actor not in members:
        remedy = f"Add it to [sets.{row.set}], or: {near(row.actor, members)}"
        yield "actor", f"{shown(row.actor)} is no member of the set {shown(row.set)}", remedy
    if row.side and row.set != FOES:
        yield "side", f"a side of a member of {shown(row.set)}", f"Only members of {FOES} have one"


def _outside(scn: Scenario, row: Member) -> Iterator[tuple[str, str, str]]:
    begin, end = scn.head.start, scn.head.horizon
    for column, text in (("from", row.from_), ("to", row.to)):
        if text and (after(begin, text) or after(text, end)):
            yield (
                column,
                f"{text} is outside of the run, {begin} to {end}",
                "Name a time inside of it; nothing means its beginning or its end",
            )
    if row.from_ and row.to and after(row.from_, row.to):
        yield "to", f"the spell ends on {row.to}, before it begins on {row.from_}", "Exchange them"


def _ends(scn_begin: str, scn_end: str, row: Member) -> tuple[str, str]:
    return row.from_ or scn_begin, row.to or scn_end


def _overlaps(name: str, actor: str, rows: list[Lined]) -> Iterator[Mistake]:
    """Spells of one member that share a time, and rows that put it on two sides."""
    first, last = "0001-01", "9999-12"
    order = sorted(rows, key=lambda one: place(_ends(first, last, one[1])[0]))
    for (_, one), (line, other) in pairwise(order):
        if not after(_ends(first, last, other)[0], _ends(first, last, one)[1]):
            yield Mistake(
                FILE,
                line,
                "from",
                f"two spells of {shown(actor)} in {shown(name)} overlap",
                "Let the second begin after the first has ended, or join them",
            )
    sides = {row.side for _, row in rows}
    if len(sides) > 1:
        yield Mistake(
            FILE, rows[-1][0], "side", f"{shown(actor)} stands on two sides", "Name one side"
        )


def sides(scn: Scenario) -> dict[str, str]:
    """The side of each belligerent that has one declared."""
    return {row.actor: row.side for row in scn.rows(Member) if row.set == FOES and row.side}


def _sides(scn: Scenario) -> Iterator[Mistake]:
    """More than two belligerents need sides; two sides at least, and everybody on one."""
    members = scn.sets[FOES].members if FOES in scn.sets else ()
    told = sides(scn)
    if len(members) <= 2 and not told:
        return
    absent = [code for code in members if code not in told]
    if absent or len(set(told.values())) < 2:
        found = f"no side for {', '.join(absent)}" if absent else "all belligerents on one side"
        yield Mistake(
            FILE,
            0,
            "side",
            f"{len(members)} belligerents, and {found}",
            f"Add a row for each with set {FOES}, its code and its side, one word for each side",
        )


def heeded(scn: Scenario, dated: Collection[str]) -> Iterator[Mistake]:
    """Sets whose members come and go, though no law of the scenario heeds it; dated: those heeded."""
    for line, row in scn.lined(Member):
        if (row.from_ or row.to) and row.set in scn.sets and row.set not in dated:
            yield Mistake(
                FILE,
                line,
                "set",
                f"no law of this scenario heeds who is in {shown(row.set)} when",
                f"Take the row out, or use one of {', '.join(sorted(dated)) or 'no set'}",
            )


def tables(scn: Scenario) -> dict[str, np.ndarray]:
    """ "present_SET" [steps, members], 1 while a member is in, for sets whose members come and go;
    "enemies" [belligerents, belligerents], 1 for those of another side, where sides are declared."""
    out: dict[str, np.ndarray] = {}
    rows = [row for row in scn.rows(Member) if row.from_ or row.to]
    for name in dict.fromkeys(row.set for row in rows):
        members = scn.sets[name].members
        mine = {row.actor for row in rows if row.set == name}
        table = np.array([[float(code not in mine) for code in members]] * len(scn.months))
        for row in (one for one in rows if one.set == name):
            table[_during(scn, row), members.index(row.actor)] = 1.0
        out[f"present_{name}"] = table
    if told := sides(scn):
        side = np.array([told[code] for code in scn.sets[FOES].members])
        out["enemies"] = (side[:, None] != side[None, :]).astype(float)
    return out


def _during(scn: Scenario, row: Member) -> np.ndarray:
    """Steps that begin and end within a spell [steps]."""
    begin, end = _ends(scn.head.start, scn.head.horizon, row)
    first, last = span(begin)[0], span(end)[1]
    inside = [first <= span(step)[1] and span(step)[0] <= last for step in scn.months]
    return np.array(inside)
