"""Conflicts in words: who clashes with whom, what would have to move, and the simplest mend.

A conflict says which figures cannot all be true; a mend says which one slip would explain it: a
doubled row, a factor 10 or 1,000, another unit, two digits swapped, a sign, a total that does not
add up. A slip is named only where the other figures leave room for the mended value and little
else, so that it could not be any number.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, TypedDict

from kautilya.accounts.bounds import Implied, Programme, implied
from kautilya.accounts.build import Built, Meaning
from kautilya.accounts.conflicts import Conflict, Found, conflicts, holds, leans_on
from kautilya.accounts.figures import Figure, near, near_move, number, span, trust
from kautilya.accounts.linear import Linear, System, published
from kautilya.wording import listed, many, whose

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


class Clash(NamedTuple):
    """Where one group of accounts is looked at: its programme, and the same with every figure
    taken exactly as published (`sharp`), what the figures mean, without ceilings (`wide`)."""

    programme: Programme
    sharp: Programme
    wide: Programme
    built: Built


class Move(TypedDict):
    """A change as plain data."""

    figure: str
    by: float
    to: float
    unit: str


class Told(TypedDict):
    """A conflict as plain data: a list has an entry for each of its figures, in their order."""

    figures: list[str]
    accounts: list[str]
    said: list[str]
    grades: list[str]
    dates: list[str]
    originators: list[str]
    why: str
    needed: str
    least_change: Move | None
    moves: list[Move]
    leans_on: list[str]
    assumes: str
    mend: dict[str, object] | None


def explained(
    programme: Programme, built: Built, sharp: Programme | None = None
) -> tuple[list[Told], Found]:
    """All conflicts of one group of accounts, each with sentences; and what the search found."""
    found = conflicts(programme)
    clash = Clash(programme, sharp or programme, Programme(_opened(programme)), built)
    rows = [_row(clash, conflict) for conflict in found.conflicts]
    for row, mend in zip(rows, _mends(clash, found.conflicts), strict=True):
        row["mend"] = mend
    programme.set_free(())
    return rows, found


def resolvers(rows: list[Told]) -> list[dict[str, object]]:
    """Figures by the number of conflicts that dropping each would resolve, and the largest move
    that keeping it would need."""
    count = Counter(f for row in rows for f in row["figures"])
    out = []
    for figure, times in count.most_common():
        moves = [m for row in rows for m in row["moves"] if m["figure"] == figure]
        largest = max(moves, key=lambda m: m["by"], default=None)
        out.append(
            {
                "figure": figure,
                "conflicts": times,
                "of": len(rows),
                "by": largest and largest["by"],
                "to": largest and largest["to"],
                "unit": largest["unit"] if largest else "",
            }
        )
    return out


def _row(clash: Clash, conflict: Conflict) -> Told:
    built, programme = clash.built, clash.programme
    order = _order(programme, conflict)
    moves = [m for f in order if (m := _change(clash, built.meanings[f], conflict))]
    least = min(moves, key=lambda m: m.share(_size(built.meanings[m.figure])), default=None)
    needed = _needed(clash, conflict, least)
    leans = _leans_on(clash, conflict)
    assumes = _assumed(built, leans)
    return {
        "figures": order,
        "accounts": sorted({built.meanings[f].account for f in order}),
        "said": [built.meanings[f].figure.says() for f in order],
        "grades": [built.meanings[f].figure.grade for f in order],
        "dates": [built.meanings[f].figure.date for f in order],
        "originators": list(dict.fromkeys(built.meanings[f].figure.originator for f in order)),
        "why": _sentence(built, order, assumes, needed),
        "needed": needed,
        "least_change": _move(least) if least else None,
        "moves": [_move(m) for m in moves],
        "leans_on": leans,
        "assumes": assumes,
        "mend": None,
    }


def _order(programme: Programme, conflict: Conflict) -> list[str]:
    """The figures of a conflict in the order of the accounts: a set has none of its own."""
    return [f for f in published(programme.parts) if f in conflict]


def _leans_on(clash: Clash, conflict: Conflict) -> list[str]:
    """Declared ranges, and ceilings, without which the figures of a conflict could all be true."""
    if holds(clash.wide, conflict):
        return [*leans_on(clash.programme, conflict), CEILINGS]
    return list(leans_on(clash.wide, conflict))


FEW_RANGES = 2  # that are named one by one


def _assumed(built: Built, leans: list[str]) -> str:
    """The declared ranges that a conflict leans on, in a few words; empty where on none."""
    ranges = [one for one in leans if one != CEILINGS]
    if len(ranges) > FEW_RANGES:
        rest = " and the ceilings" if CEILINGS in leans else ""
        return f"with the declared ranges of {many(len(ranges), 'parameter')}{rest}"
    named = [_range(built, one) for one in ranges]
    named += ["ceilings and opening stocks"] if CEILINGS in leans else []
    return f"with declared ranges: {', '.join(named)}" if named else ""


def _range(built: Built, owner: str) -> str:
    """A declared range by what it is about, such as: scrapped per withdrawn."""
    account, _, name = owner.rpartition(".")
    if account not in built.books:
        return name.replace("_", " ")
    ledger = built.books[account].account
    stocks = {node.id for node in ledger.node}
    about = next(((b.what, b.of) for b in ledger.bind if b.id == name), (name, ""))
    words = (f"{one} stock" if one in stocks else one for one in about if one)
    return " per ".join(words).replace("_", " ")


def _move(change: Change) -> Move:
    return {"figure": change.figure, "by": change.by, "to": change.to, "unit": change.unit}


def _change(clash: Clash, meaning: Meaning, conflict: Conflict) -> Change | None:
    """The smallest move of one figure that lets it live with the others of its conflict, these
    as published where that is possible, else within their rounding."""
    name, figure = meaning.figure.id, meaning.figure
    room = _room(clash.sharp, meaning, conflict)
    ends = (
        (meaning.low, meaning.high) if clash.sharp is clash.programme else (figure.low, figure.high)
    )
    if room is None and clash.sharp is not clash.programme:
        room, ends = _room(clash.programme, meaning, conflict), (meaning.low, meaning.high)
    if room is None:
        return None
    if room.high < ends[0]:
        return Change(name, figure.low - room.high, room.high, figure.unit)
    if room.low > ends[1]:
        return Change(name, room.low - figure.high, room.low, figure.unit)
    return None


def _room(programme: Programme, meaning: Meaning, conflict: Conflict) -> Implied | None:
    """What the others of a conflict leave for a figure; None where they clash without it."""
    if not holds(programme, conflict - {meaning.figure.id}):
        return None
    return implied(programme, meaning)


def _size(meaning: Meaning) -> float:
    low, high = meaning.figure.low, meaning.figure.high
    return max((abs(v) for v in (low, high) if abs(v) < float("inf")), default=1.0)


def _sentence(built: Built, order: list[str], assumes: str, needed: str) -> str:
    said = listed([_phrase(built.meanings[f]) for f in order])
    rest = f": {needed[0].lower()}{needed[1:]}" if needed else "."
    leans = f" ({assumes})" if assumes else ""
    return f"{said} cannot all be true{leans}{rest}"


def _needed(clash: Clash, conflict: Conflict, least: Change | None) -> str:
    """What the smallest move of one figure would be; nothing where no single one helps."""
    if least is None:
        return ""
    meaning = clash.built.meanings[least.figure]
    figure = meaning.figure
    room = _room(clash.programme, meaning, conflict)
    down = least.to < figure.low
    if down:
        to, by = near_move(least.to, figure.low, room.low if room else least.to)
    else:
        to, by = near_move(least.to, figure.high, room.high if room else least.to)
    return (
        f"With the others kept, {_topic(meaning)} would have to "
        f"be {'at most' if down else 'at least'} {to} {least.unit}".rstrip()
        + f", {by} {'less' if down else 'more'} than {figure.originator} said."
    )


def _topic(meaning: Meaning) -> str:
    figure = meaning.figure
    if not figure.measure:
        return f"{figure.goods()} ({figure.id})"
    what = {
        "stock": "the stock",
        "lost": "what was lost",
        "claimed_lost": "the claim",
        "seen_lost": "what was seen lost",
        "withdrawn": "what was taken out",
        "restored": "what was restored",
    }.get(figure.measure, figure.measure.replace("_", " "))
    return f"{what} ({figure.id})"


def _phrase(meaning: Meaning) -> str:
    figure = meaning.figure
    if not figure.measure:
        return f"{figure.says()} ({figure.id})"
    when = figure.first if figure.first == figure.last else f"{figure.first} to {figure.last}"
    tag = f" ({figure.tag})" if figure.tag else ""
    stage = f" {figure.stage.replace('_', ' ').split('|')[0]}" if figure.stage else ""
    good = figure.goods() or "rounds"
    return (
        f"{whose(figure.originator)} {span(figure.low, figure.high)} {figure.unit} "
        f"[{good}{stage} {figure.measure.replace('_', ' ')}{tag}, {when}]"
    )


def _opened(programme: Programme) -> System:
    """The same system with declared ceilings and opening ranges lifted; still nothing below 0."""
    parts = programme.parts
    return parts._replace(box_low=parts.box_low * 0.0, box_high=parts.box_high * 1000.0)


class Slip(NamedTuple):
    """One way in which a figure could have been mistyped: the range that was meant, in words."""

    kind: str
    low: float
    high: float
    says: str


class Mend(NamedTuple):
    """A figure or identity, the slip that explains a conflict, and the sentence."""

    figure: str
    kind: str
    to: float
    says: str


RANK = ("doubled row", "factor 1,000", "factor 10", "unit", "swapped digits", "sign", "total")
FACTORS = (
    (1000.0, "factor 1,000", "a slip of a factor 1,000, such as thousands for units"),
    (10.0, "factor 10", "a slip of a factor 10"),
    (100.0, "unit", "a slip of a factor 100, such as percent for a fraction"),
    (1e6, "unit", "a slip of a factor 1,000,000, such as millions for units"),
)
TIMES = {"day": 1.0, "week": 7.0, "month": 30.4375, "year": 365.25}
COARSE = 0.25  # of a value: a slip whose rounding is wider fits nearly anything about it
LEEWAY = 0.03  # a month has 28 to 31 days
MOST_TERMS = 80  # of identities that are tried with another sign


def _mends(clash: Clash, found: tuple[Conflict, ...]) -> list[dict[str, object] | None]:
    """For each conflict the simplest mend: the one that settles most conflicts, then the
    simplest kind, then the figure that is trusted least."""
    options = [_figure_mends(clash, conflict) for conflict in found]
    settled = Counter((m.figure, m.kind, m.to) for some in options for m in some)
    out: list[dict[str, object] | None] = []
    for conflict, some in zip(found, options, strict=True):
        best = min(
            some,
            key=lambda m: (
                -settled[m.figure, m.kind, m.to],
                RANK.index(m.kind),
                trust(clash.built.meanings[m.figure].figure),
            ),
            default=None,
        )
        best = best or _identity_mend(clash, conflict) or _total(clash, conflict)
        out.append(best._asdict() if best else None)
    return out


def _figure_mends(clash: Clash, conflict: Conflict) -> list[Mend]:
    out = []
    order = _order(clash.programme, conflict)
    for name in order:
        meaning = clash.built.meanings[name]
        room = _room_of_all(clash.programme, meaning, conflict)
        if room is None:
            continue
        for slip in (*_twins(clash, meaning, order), *_slips(meaning)):
            if _explains(slip, meaning, room):
                out.append(
                    Mend(
                        name,
                        slip.kind,
                        (slip.low + slip.high) / 2,
                        f"{_topic(meaning)} fits {slip.says}",
                    )
                )
    return out


def _room_of_all(programme: Programme, meaning: Meaning, conflict: Conflict) -> Implied | None:
    """What all other figures leave for one; where these clash among themselves, what the others
    of its conflict leave."""
    everyone = frozenset(published(programme.parts))
    return _room(programme, meaning, everyone) or _room(programme, meaning, conflict)


def _explains(slip: Slip, meaning: Meaning, room: Implied) -> bool:
    """Whether the mended value lies in what the others leave, and that is less wide than the
    slip is far: else any number would do."""
    if not (math.isfinite(room.low) and math.isfinite(room.high)):
        return False
    slack = 1e-9 * max(abs(room.low), abs(room.high), 1e-12)
    inside = slip.low <= room.high + slack and slip.high >= room.low - slack
    meant, said = (slip.low + slip.high) / 2, (meaning.low + meaning.high) / 2
    fits = room.low - slack <= meant <= room.high + slack
    fine = slip.high - slip.low <= COARSE * abs(meant)
    wide = room.high - room.low
    return inside and (fits or fine) and wide < abs(meant - said) and wide <= (meant or said / 2.0)


def _twins(clash: Clash, meaning: Meaning, order: list[str]) -> Iterator[Slip]:
    """The same value under two names: one of them may be the other, entered twice."""
    figure = meaning.figure
    for name in order:
        other = clash.built.meanings[name].figure
        alike = (other.low, other.high, other.unit, other.originator) == (
            figure.low,
            figure.high,
            figure.unit,
            figure.originator,
        )
        if alike and figure.high > 0 and math.isfinite(figure.high) and other.good != figure.good:
            yield Slip(
                "doubled row",
                0.0,
                0.0,
                f"if it is left out: it repeats {name}, and may be a doubled row",
            )


def _slips(meaning: Meaning) -> Iterator[Slip]:
    """Other ranges that could have been meant by the one that was published."""
    low, high, figure = meaning.low, meaning.high, meaning.figure
    if not (math.isfinite(low) and math.isfinite(high)) or figure.high <= 0:
        return
    for factor, kind, says in FACTORS:
        for by in (1.0 / factor, factor):
            yield Slip(kind, low * by, high * by, f"as {_meant(figure.low * by, figure)}: {says}")
    amount, _, time = figure.unit.partition("/")
    for other, days in TIMES.items() if time in TIMES else ():
        by = TIMES[time] / days
        if other != time:
            yield Slip(
                "unit",
                low * by * (1 - LEEWAY),
                high * by * (1 + LEEWAY),
                f"if it is in {amount}/{other}, not in {figure.unit}",
            )
    if figure.low == figure.high:
        for swapped in _swaps(figure.low):
            half = (high - low) / 2
            yield Slip(
                "swapped digits",
                swapped - half,
                swapped + half,
                f"as {_meant(swapped, figure)}: two digits may be swapped",
            )


def _meant(value: float, figure: Figure) -> str:
    return f"{near(value)} {figure.unit}".rstrip()


def _swaps(value: float) -> Iterator[float]:
    """The numbers with two neighbouring digits swapped."""
    text = number(value).replace(",", "")
    places = [i for i, sign in enumerate(text) if sign.isdigit()]
    for i, j in zip(places, places[1:], strict=False):
        if text[i] != text[j] and not (i == places[0] and text[j] == "0"):
            signs = list(text)
            signs[i], signs[j] = signs[j], signs[i]
            yield float("".join(signs))


def _identity_mend(clash: Clash, conflict: Conflict) -> Mend | None:
    """A term of a typed identity that stands twice, or with the wrong sign."""
    parts = clash.programme.parts
    rows = [
        i
        for i, kind in enumerate(parts.kind)
        if kind == "identity" and parts.row_low[i] == parts.row_high[i]
    ]
    terms = [(i, j) for i in rows for j in parts.matrix[i].nonzero()[0]]
    if len(terms) > MOST_TERMS or clash.built.books:
        return None
    everyone = published(parts)
    for kind in ("doubled row", "sign"):
        for i, j in terms:
            weight = parts.matrix[i, j]
            if kind == "doubled row" and abs(weight) < 2:
                continue
            matrix = parts.matrix.copy()
            matrix[i, j] = weight / 2 if kind == "doubled row" else -weight
            if holds(Programme(parts._replace(matrix=matrix)), everyone):
                slip = "is counted twice" if kind == "doubled row" else "has the wrong sign"
                return Mend(
                    parts.owner[i],
                    kind,
                    float(matrix[i, j]),
                    f"the identity at {parts.owner[i]} fits if {parts.names[j]} {slip} in it",
                )
    return None


def _total(clash: Clash, conflict: Conflict) -> Mend | None:
    """A sum whose parts and total are figures of the conflict, each one number."""
    parts = clash.programme.parts
    said = _said_alone(clash, conflict)
    for i, kind in enumerate(parts.kind):
        terms = {parts.names[j]: float(parts.matrix[i, j]) for j in parts.matrix[i].nonzero()[0]}
        exact = parts.row_low[i] == parts.row_high[i]
        if kind != "identity" or not exact or not set(terms) <= set(said) or clash.built.books:
            continue
        total = _total_of(terms)
        rest = Linear({n: -w / terms[total] for n, w in terms.items() if n != total})
        constant = float(parts.row_low[i]) / terms[total]
        comes = constant + sum(w * said[n].figure.low for n, w in rest.coefs.items())
        if not _apart(said, rest, constant, said[total]):
            continue
        figure = said[total].figure
        told, by = near_move(comes, figure.low)
        return Mend(
            figure.id,
            "total",
            comes,
            f"the other terms of {parts.owner[i]} come to {told} {figure.unit}".rstrip()
            + f"; {_topic(said[total])} says "
            f"{number(figure.low)}, {by} {'more' if comes < figure.low else 'less'}",
        )
    return None


def _said_alone(clash: Clash, conflict: Conflict) -> dict[str, Meaning]:
    """Per name, the figure of the conflict that gives it one number."""
    out: dict[str, Meaning] = {}
    for figure in _order(clash.programme, conflict):
        meaning = clash.built.meanings[figure]
        form = meaning.bracket.lows[0]
        alone = list(form.coefs.values()) == [1.0] and not form.constant
        if alone and meaning.figure.low == meaning.figure.high:
            out.setdefault(next(iter(form.coefs)), meaning)
    return out


def _total_of(terms: dict[str, float]) -> str:
    """The term that stands alone on its side; else the last one."""
    for side in ([n for n, w in terms.items() if w > 0], [n for n, w in terms.items() if w < 0]):
        if len(side) == 1:
            return side[0]
    return [*terms][-1]


def _apart(said: dict[str, Meaning], rest: Linear, constant: float, total: Meaning) -> bool:
    """Whether the other terms miss their total by more than the rounding of all of them."""
    ends = [sorted((w * said[name].low, w * said[name].high)) for name, w in rest.coefs.items()]
    low = constant + sum(pair[0] for pair in ends)
    high = constant + sum(pair[1] for pair in ends)
    slack = 1e-9 * max(abs(low), abs(high), abs(total.high))
    return low > total.high + slack or high < total.low - slack
