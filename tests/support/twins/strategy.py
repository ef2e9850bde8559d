"""Slow twins of the laws of trade, evasion, alignment, affinity and balance."""

from __future__ import annotations

from itertools import combinations
from math import exp, log1p, prod, sqrt

from support.twins.month import Future, Now, Starts

MEASURES = ("arms", "dual_use", "energy", "finance", "other", "banks", "stricter")
CLASSES = ("dual_use", "other")
STARTS: Starts = {
    "affinity": (("affinity", "opening"), ("supplier",)),
    "buyer_shift": (0.0, ("buyer",)),
    "ideal_shift": (0.0, ("supplier",)),
    "balanced": (0.0, ()),
    "tie_strain": (0.0, ("signed", "signed")),
    "turned": (0.0, ()),
    "estranged": (0.0, ("supplier",)),
    "exports_on_record": (1.0, ("economy",)),
    "earning": (1.0, ("economy",)),
    "markup": (1.0, ("offer",)),
    "in_force": (0.0, ("measure",)),
    "sent_by": (0.0, ("wave", "sender")),
}


def read_off(now: Now, theta: float, values: list[float]) -> float:
    """The polynomial through the tabulated points, by Lagrange's formula."""
    nodes = now.future.tables["elasticity_nodes"]
    return sum(
        value * prod((theta - b) / (a - b) for b in nodes if b != a)
        for a, value in zip(nodes, values, strict=True)
    )


def percent_lost(now: Now, table: str, state: str) -> float:
    """Welfare that a state loses if cut off, at the elasticity of this future."""
    place = now.each("actor").index(state)
    column = [row[place] for row in now.future.tables[table]]
    return 100 * read_off(now, now.p("secondary_sanctions", "elasticity"), column)


def evasion(now: Now) -> dict:
    """What leaks by class, and the mark-up of leaked goods."""
    out: dict = {}
    strict = now.p("evasion", "enforcement")
    carries = {
        (r, c): now.p("evasion", "capacity", r, c)
        * now.p("evasion", "open", r)
        * exp(-now.p("evasion", "response", r) * strict)
        for r in now.each("route")
        for c in CLASSES
    }
    for c in CLASSES:
        room = sum(carries[r, c] for r in now.each("route"))
        wish = now.p("evasion", "share", c) * now.p("evasion", "base", c)
        cover = min(1.0, room / max(wish, 1e-9))
        out |= {("leakage", c): now.p("evasion", "share", c) * cover, ("route_room", c): room}
        if c == "dual_use":
            added = (
                now.p("evasion", "toll")
                + now.p("evasion", "risk") * strict
                + now.p("evasion", "scarcity") * (1 - cover)
            )
    for g in now.each("offer"):
        leaks = g in now.each("leaked")
        out["markup", g] = 1 + added if leaks else 1.0
        for s in now.each("supplier"):
            limited = leaks and s in now.each("reexporter")
            out["route_limit", s, g] = carries[s, "dual_use"] if limited else 1e12
    return out


def force(now: Now, measure: str, sender: str = "") -> float:
    """How far a measure bites, everywhere or of one sender: ramped up, and fading where lifted."""
    begins, ends = (now.p("trade_state", one, measure) for one in ("start", "sunset"))
    then = now.var["in_force", measure]
    if sender:
        begins = max(begins, now.p("trade_state", "joined", measure, sender))
        ends = min(ends, now.p("trade_state", "left", measure, sender))
        then = now.var["sent_by", measure, sender]
    ramped = (now.month - begins) / now.p("trade_state", "ramp", measure)
    aim = now.p("trade_state", "level", measure) * min(max(ramped, 0.0), 1.0)
    if now.month >= ends:
        aim = 0.0
    return max(aim, then - 1 / now.p("trade_state", "afterlife"))


def trade_state(now: Now) -> dict:
    """Log-linear response of trade and welfare to the measures in force, by sender in the first wave."""
    out: dict = {}
    for m in MEASURES[:5]:
        for s in now.each("sender"):
            out["sent_by", m, s] = force(now, m, s)
    parts = list(out.values())
    for m in MEASURES[5:]:
        out["in_force", m] = force(now, m)
        parts.append(out["in_force", m])
    for m in MEASURES[:5]:
        out["in_force", m] = max(out["sent_by", m, s] for s in now.each("sender"))
    table, theta = now.future.tables["sanction_response"], now.var["trade_elasticity",]
    for e in now.each("economy"):
        place = now.each("actor").index(e)
        change = [
            exp(
                sum(
                    bite * read_off(now, theta, [row[place] for row in table[i][kind]])
                    for i, bite in enumerate(parts)
                )
            )
            for kind in range(3)
        ]
        then = change[1] if now.record_drives else now.var["exports_on_record", e]
        out |= {
            ("exports_on_record", e): then,
            ("earning", e): change[1] / then,
            ("welfare_change", e): 100 * (change[0] - 1),
            ("exports_change", e): 100 * (change[1] - 1),
            ("exports_to_buyer", e): change[2],
        }
    return out


def drifted(now: Now, point: float, state: str, names: tuple[str, str]) -> float:
    """An ideal point a year on (in the first month: since it was observed)."""
    year = now.month // 12
    years = now.p("alignment", "age") if now.month == 0 else 1.0
    z = now.p("alignment", names[0], state, str(year))
    half = sum(now.p("alignment", names[1], state, str(2 * year + k)) for k in (0, 1))
    return now.p("alignment", "persistence") ** years * point + now.p(
        "alignment", "innovation"
    ) * sqrt(years) * z / sqrt(half)


def alignment(now: Now) -> dict:
    """Ideal points of suppliers and of the buyer, and how close they are."""
    out: dict = {}
    for who, shift, names in (
        ("buyer", "buyer_shift", ("buyer_shock", "buyer_tail")),
        ("supplier", "ideal_shift", ("shock", "tail")),
    ):
        for s in now.each(who):
            point = now.fact("ideal_point", s) + now.var[shift, s]
            point = drifted(now, point, s, names) if now.month % 12 == 0 else point
            out[shift, s] = point - now.fact("ideal_point", s)
            if who == "supplier":
                out["ideal_now", s] = point
    buyer = now.each("buyer")[0]
    there = now.fact("ideal_point", buyer) + out["buyer_shift", buyer]
    for s in now.each("supplier") if now.month % 12 == 0 else ():
        tie = now.var["tie", s]
        step = now.p("alignment", "closer") * tie / (1 + tie) * (there - out["ideal_now", s])
        out["ideal_now", s] += step
        out["ideal_shift", s] += step
    out |= {("agreement", s): exp(-abs(out["ideal_now", s] - there)) for s in now.each("supplier")}
    return out


def affinity(now: Now) -> dict:
    """Personal tie of leaders, and its share in the whole tie."""
    out, keep = {}, now.p("affinity", "keep")
    for s in now.each("supplier"):
        new = (
            keep * now.var["affinity", s]
            + (1 - keep) * now.p("affinity", "rest", s)
            + now.p("affinity", "meeting") * now.var["met", s]
            + now.p("affinity", "noise") * now.p("affinity", "mood", s)
        )
        new = max(new, 0.0)
        out |= {
            ("affinity", s): new,
            ("affinity_share", s): new / max(new + now.var["tie", s], 1e-9),
        }
    return out


def opening_sign(future: Future, a: str, b: str) -> float:
    """Sign of the tie of two states at the start of the war."""
    facts, sets = future.tables, future.sets
    for x, y in ((a, b), (b, a)):
        if facts["bans"][x] > 0 and facts["sanctioned"][y] == 1:
            return -1.0
    if a in sets["belligerent"] and b in sets["belligerent"]:
        return -1.0
    pact = facts["pact"][a, b] > 0 or facts["pact"][b, a] > 0
    helps = any(x in sets["donor"] and y in sets["recipient"] for x, y in ((a, b), (b, a)))
    both = facts["bans"][a] > 0 and facts["bans"][b] > 0
    return 1.0 if pact or helps or both else 0.0


def balance(now: Now) -> dict:
    """Once a year: hazards of ties add up, ties turn, triangles are counted."""
    states = now.each("signed")
    if now.month % 12:
        return {
            ("tie_strain", a, b): now.var["tie_strain", a, b] for a in states for b in states
        } | {key: now.var[key] for key in now.var if key[0] in ("balanced", "turned", "estranged")}
    sign: dict = {(a, a): 0.0 for a in states}
    turned = 0
    for a, b in combinations(states, 2):
        old = opening_sign(now.future, a, b)
        turns = now.var["tie_strain", a, b] > now.p("balance", "patience", *sorted((a, b)))
        turned += bool(turns and old)
        sign[a, b] = sign[b, a] = -old if turns else old
    out: dict = {("turned",): float(turned), ("balanced",): balanced(states, sign)}
    buyer = now.each("buyer")[0]
    for s in now.each("supplier"):
        was = s in states and opening_sign(now.future, s, buyer) > 0
        out["estranged", s] = float(was and sign[s, buyer] < 0)
    for a in states:
        for b in states:
            out["tie_strain", a, b] = now.var["tie_strain", a, b] + turning(now, sign, a, b)
    return out


def turning(now: Now, sign: dict, a: str, b: str) -> float:
    """Hazard a year of one tie."""
    if not sign[a, b]:
        return 0.0
    thirds = [(sign[a, c], sign[c, b]) for c in now.each("signed") if sign[a, c] and sign[c, b]]
    count = max(len(thirds), 1)
    pull = (
        now.p("balance", "friends") * thirds.count((1.0, 1.0))
        + now.p("balance", "enemies") * thirds.count((-1.0, -1.0))
        - now.p("balance", "conflict") * sum(x != y for x, y in thirds)
    )
    u = now.p("balance", "base") + now.p("balance", "memory") * sign[a, b] + pull / count
    chance = 1 / (1 + exp(sign[a, b] * u))
    return -log1p(-chance) / now.p("balance", "window")


def balanced(states: tuple[str, ...], sign: dict) -> float:
    """Share of the triangles whose signs multiply to plus."""
    seen = [sign[a, b] * sign[b, c] * sign[a, c] for a, b, c in combinations(states, 3)]
    seen = [one for one in seen if one]
    return sum(one > 0 for one in seen) / len(seen) if seen else 1.0
