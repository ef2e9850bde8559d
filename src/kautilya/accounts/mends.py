"""Conflicts in words: who clashes with whom, what would have to move, what it leans on."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from kautilya.accounts.bounds import Conflict, Programme, conflicts, holds, implied, leans_on
from kautilya.accounts.build import Built, Meaning
from kautilya.accounts.figures import number, span
from kautilya.accounts.linear import published

CEILINGS = "the declared ceilings and opening ranges"


class Change(NamedTuple):
    """How far a figure would have to move, in its own unit, and to what."""

    figure: str
    by: float
    to: float
    unit: str

    def share(self, size: float) -> float:
        """The move as a share of the figure's size."""
        return self.by / max(abs(size), 1e-12)


def explained(programme: Programme, built: Built) -> tuple[list[dict[str, Any]], bool]:
    """All conflicts of one group of accounts, each with a sentence; and whether that is all."""
    found = conflicts(programme)
    wide = Programme(_opened(programme))
    rows = [_row(programme, wide, built, conflict) for conflict in found.conflicts]
    programme.set_free(())
    return rows, found.complete


def resolvers(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Figures by the number of conflicts that dropping each would resolve, and the largest move
    that keeping it would need."""
    count = Counter(f for row in rows for f in row["figures"])
    out = []
    for figure, times in count.most_common():
        moves = [m for row in rows for m in row["moves"] if m["figure"] == figure]
        largest = max(moves, key=lambda m: m["by"], default=None)
        out.append({"figure": figure, "conflicts": times, "of": len(rows),
                    "by": largest and largest["by"], "to": largest and largest["to"],
                    "unit": largest["unit"] if largest else ""})
    return out


def _row(programme: Programme, wide: Programme, built: Built,
         conflict: Conflict) -> dict[str, Any]:
    order = [f for f in published(programme.parts) if f in conflict]
    moves = [m for f in order if (m := _change(programme, built.meanings[f], conflict))]
    least = min(moves, key=lambda m: m.share(_size(built.meanings[m.figure])), default=None)
    leans = list(leans_on(programme, conflict))
    if holds(wide, conflict):
        leans.append(CEILINGS)
    return {"figures": order,
            "accounts": sorted({built.meanings[f].account for f in order}),
            "said": [built.meanings[f].figure.says() for f in order],
            "grades": [built.meanings[f].figure.grade for f in order],
            "dates": [built.meanings[f].figure.date for f in order],
            "originators": list(dict.fromkeys(built.meanings[f].figure.originator
                                              for f in order)),
            "why": _sentence(built, order, least),
            "least_change": least and least._asdict(),
            "moves": [m._asdict() for m in moves], "leans_on": leans}


def _change(programme: Programme, meaning: Meaning, conflict: Conflict) -> Change | None:
    """The smallest move of one figure that lets it live with the others of its conflict."""
    name = meaning.figure.id
    if not holds(programme, conflict - {name}):
        return None
    room = implied(programme, meaning)
    if room is None:
        return None
    if room.high < meaning.low:
        return Change(name, meaning.low - room.high, room.high, meaning.figure.unit)
    if room.low > meaning.high:
        return Change(name, room.low - meaning.high, room.low, meaning.figure.unit)
    return None


def _size(meaning: Meaning) -> float:
    low, high = meaning.figure.low, meaning.figure.high
    return max((abs(v) for v in (low, high) if abs(v) < float("inf")), default=1.0)


def _sentence(built: Built, order: list[str], least: Change | None) -> str:
    names = [_phrase(built.meanings[f]) for f in order]
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    if least is None:
        return f"{listed} cannot all be true."
    meaning = built.meanings[least.figure]
    side = "at most" if least.to < meaning.low else "at least"
    return (f"{listed} cannot all be true: with the others kept, {_topic(meaning)} would have to "
            f"be {side} {number(least.to)} {least.unit}".rstrip() + f", {number(least.by)} "
            f"{'less' if side == 'at most' else 'more'} than {meaning.figure.originator} said.")


def _topic(meaning: Meaning) -> str:
    figure = meaning.figure
    if not figure.measure:
        return f"{figure.good} ({figure.id})"
    what = {"stock": "the stock", "lost": "what was lost", "claimed_lost": "the claim",
            "seen_lost": "what was seen lost", "withdrawn": "what was taken out",
            "restored": "what was restored"}.get(figure.measure, figure.measure.replace("_", " "))
    return f"{what} ({figure.id})"


def _phrase(meaning: Meaning) -> str:
    figure = meaning.figure
    if not figure.measure:
        return f"{figure.says()} ({figure.id})"
    when = figure.first if figure.first == figure.last else f"{figure.first} to {figure.last}"
    tag = f" ({figure.tag})" if figure.tag else ""
    stage = f" {figure.stage.replace('_', ' ').split('|')[0]}" if figure.stage else ""
    good = figure.good or "rounds"
    return (f"{figure.originator}'s {span(figure.low, figure.high)} {figure.unit} "
            f"[{good}{stage} {figure.measure.replace('_', ' ')}{tag}, {when}]")


def _opened(programme: Programme) -> Any:
    """The same system with declared ceilings and opening ranges lifted; still nothing below 0."""
    parts = programme.parts
    return parts._replace(box_low=parts.box_low * 0.0, box_high=parts.box_high * 1000.0)
