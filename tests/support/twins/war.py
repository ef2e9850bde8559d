"""Slow twins of the laws of the war: fire, losses, men, industry, stores, aid."""

from __future__ import annotations

from math import copysign, exp, expm1, floor, log

from support.twins.formulas import count, passed
from support.twins.month import Flow, Now, Starts

LINE = ("prewar", "new", "restored", "foreign")
EQUIPMENT = ("tank", "ifv", "gun", "mlrs")
STARTS: Starts = {
    "fired": (0.0, ("belligerent", "munition")),
    "firepower": (1.0, ("belligerent",)),
    "grown": (1.0, ("belligerent", "made")),
    "in_service_then": (0.0, ("belligerent", "struck")),
    "intensity_then": (0.0, ("watched",)),
    "pace": (1.0, ("belligerent", "struck")),
    "pull": (1.0, ("belligerent", "munition")),
    "seen_common": (("motion", "common"), ("driver",)),
    "seen_growth": (("motion", "rise"), ("watched",)),
    "seen_level": (("motion", "level"), ("watched",)),
    "seen_passing": (("motion", "passing"), ("watched",)),
    "tempo_base": (1.0, ("struck",)),
    "tempo_drift": (0.0, ()),
    "told": (1.0, ("watched",)),
    "utilisation": (("utilisation", "opening"), ("belligerent", "made")),
}


def other(now: Now, side: str) -> str:
    """The other belligerent."""
    return next(b for b in now.each("belligerent") if b != side)


def fielded(now: Now, side: str, good: str) -> float:
    """Equipment with the forces, all vintages."""
    return sum(now.stock[side, good, v] for v in LINE)


def heavy(n: float, f: float) -> float:
    """A Student t of a normal draw, cut at 6."""
    square = (n * (8 * f + 3) / (8 * f + 1)) ** 2 / f
    size = (f * expm1(min(square, 40.0))) ** 0.5
    return copysign(min(size, 6.0), n)


def motion(now: Now) -> dict:
    """States stand still while the record is published, then each series moves on."""
    names, drivers = now.each("watched"), now.each("driver")
    seen = {k: now.p("motion", "record", k) for k in names}
    still = now.record_drives and (now.month == 0 or max(seen.values()) >= 0)
    common, out = {}, {}
    for f in drivers:
        left = now.p("motion", "lasting", f)
        shock = heavy(now.p("motion", "shared", f), now.p("motion", "shared_tail", f))
        old = now.var["seen_common", f]
        common[f] = old if still else left * old + (1 - left * left) ** 0.5 * shock
        out["seen_common", f] = common[f]
    for k in names:
        here = _one_series(now, k, still)
        out |= {(f"seen_{name}", k): value for name, value in here.items()}
        pulls = {f: now.p("motion", "load", f, k) * common[f] for f in drivers}
        base = here["level"] + here["passing"]
        war = base + sum(pull * now.p("motion", "carries", f) for f, pull in pulls.items())
        out["intensity", k] = _logged(now.p("motion", "power", k), war)
        z = base + sum(pulls.values())
        z += now.p("motion", "noise", k) * heavy(
            now.p("motion", "blur", k), now.p("motion", "tail", k)
        )
        lasts = max(now.p("motion", "endures", k), now.var.get(("at_war",), 1.0))
        ahead = min(_amount(now, k, z), now.p("motion", "most", k)) * lasts
        out["published", k] = seen[k] if now.record_drives and seen[k] >= 0 else ahead
    return out


def _one_series(now: Now, k: str, still: bool) -> dict[str, float]:
    level, rise, passing = (now.var[f"seen_{one}", k] for one in ("level", "growth", "passing"))
    if still:
        return {"level": level, "growth": rise, "passing": passing}
    damping, fading = now.p("motion", "damping", k), now.p("motion", "fading", k)
    leap = heavy(now.p("motion", "leap", k), now.p("motion", "tail", k))
    turn = now.p("motion", "growth", k) * now.p("motion", "turn", k)
    gust = now.p("motion", "transient", k) * now.p("motion", "gust", k)
    return {
        "level": level + rise + now.p("motion", "walk", k) * leap,
        "growth": damping * rise + (1 - damping**2) ** 0.5 * turn,
        "passing": fading * passing + (1 - fading**2) ** 0.5 * gust,
    }


def _amount(now: Now, k: str, z: float) -> float:
    """A whole count around exp z, or money by its power."""
    power = now.p("motion", "power", k)
    if power > 0:
        paid = now.p("motion", "mean", k) * max(0.0, 1 + power * z) ** (1 / power)
        return paid if paid >= now.p("motion", "least", k) / 2 else 0.0
    z += log(now.var.get(("told", k), 1.0))
    mean, n = exp(min(z, 40.0)) - 0.25, now.p("motion", "tally", k)
    if mean <= 0:
        return 0.0
    return floor(max(mean + mean**0.5 * n + (n * n - 1) / 6, 0.0) + 0.5)


def _logged(power: float, war: float) -> float:
    """A bent share as a logarithm; a logarithm as it is."""
    return log(max(1 + power * war, 1e-3)) / power if power > 0 else war


def lateness(now: Now) -> dict:
    """What a late source will have told of the coming month when it is read."""
    out = {}
    for k in now.each("watched"):
        age = now.p("lateness", "read", k) - now.month - 2
        left = now.p("lateness", "late", k) * exp(-max(age, 0) / now.p("lateness", "delay", k))
        out["told", k] = 1 - left if age >= 0 else 1.0
    return out


def tempo(now: Now) -> dict:
    """AR(1) in the log around a level that is observed, then walks; led by what is observed."""
    r, s = now.p("tempo", "persistence"), now.p("tempo", "volatility")
    led = "pace" in {name for name, *_ in now.var} and not now.record_drives
    drift = r * now.var["tempo_drift",] + (0 if led else s) * now.p("tempo", "shock")
    if now.month == 0:
        drift = s * now.p("tempo", "shock") / (1 - r * r) ** 0.5
    shock = exp(drift - s * s / (2 * (1 - r * r))) * now.var["at_war",]
    out: dict = {("tempo_drift",): drift, ("tempo_shock",): shock}
    for g in now.each("struck"):
        seen, base = now.p("tempo", "index", g), now.var["tempo_base", g]
        if seen > 0 and now.record_drives:
            base = seen
        else:
            w = 0 if led else now.p("tempo", "walk")
            base *= exp(w * now.p("tempo", "step", g) - w * w / 2)
        out |= {("tempo_base", g): base, ("tempo", g): base * shock}
    return out


def pace(now: Now) -> dict:
    """Losses and plans over those at the end of the record."""
    out: dict = {}
    for k in now.each("watched"):
        now_k = now.var["intensity", k]
        out["intensity_then", k] = now_k if now.month == 0 else now.var["intensity_then", k]
    moved = {k: now.var["intensity", k] - out["intensity_then", k] for k in now.each("watched")}
    for b in now.each("belligerent"):
        for g in now.each("struck"):
            line = now.stock[b, g, "line"] if g == "person" else fielded(now, b, g)
            then = line if now.record_drives else now.var["in_service_then", b, g]
            out["in_service_then", b, g] = then
            thin = (max(line, 1.0) / max(then, 1.0)) ** (now.p("pace", "husbanding") - 1)
            grown = sum(now.p("pace", "follows", b, g, k) * moved[k] for k in moved)
            out["pace", b, g] = exp(grown) * thin
        for m in now.each("munition"):
            grown = sum(now.p("pace", "drives", b, m, k) * moved[k] for k in moved)
            out["pull", b, m] = exp(grown)
    return out


def fire_plan(now: Now) -> dict:
    """Planned use, scaled by this month's departure from the expected tempo and by the pull."""
    return {
        ("planned_use", b, m): now.p("fire_plan", "planned", b, m)
        * now.var["tempo_shock",]
        * now.var.get(("pull", b, m), 1.0)
        for b in now.each("belligerent")
        for m in now.each("munition")
    }


def fire(now: Now) -> list[Flow]:
    """The smallest of plan, launchers and stock above what is held back."""
    out = []
    for b in now.each("belligerent"):
        guns = min(fielded(now, b, "gun"), now.stock[b, "barrel", "mounted"])
        limits = {
            "tube_round": guns * now.p("fire", "tube_ceiling"),
            "rocket_round": fielded(now, b, "mlrs") * now.p("fire", "rocket_ceiling"),
        }
        for m in now.each("munition"):
            free = max(now.stock[b, m, "ready"] - now.var["held", b, m], 0.0)
            use = min(now.var["planned_use", b, m], limits.get(m, float("inf")), free)
            out.append(Flow((b, m, "ready"), ("battlefield", m, ""), use))
    return out


def firepower(now: Now) -> dict:
    """Fired units and the weighed index."""
    out: dict = {("fired", source[0], source[1]): paid for source, _, paid in now.paid["fire"]}
    for b in now.each("belligerent"):
        total = sum(
            now.p("firepower", "weight", m) * out["fired", b, m] for m in now.each("munition")
        )
        out["firepower", b] = total / now.p("firepower", "reference", b)
    return out


def barrels(now: Now) -> list[Flow]:
    """Worn by last month's fire; replaced from spares, new ones and stored guns."""
    out = []
    for b in now.each("belligerent"):
        mounted, spare = (b, "barrel", "mounted"), (b, "barrel", "spare")
        worn = now.var["fired", b, "tube_round"] / now.p("barrels", "life")
        lacking = max(fielded(now, b, "gun") - now.stock[mounted] + worn, 0.0)
        old = (b, "gun", "store_poor")
        taken = min(now.p("barrels", "taken", b), now.stock[old])
        taken = taken if now.stock[spare] < 12 * lacking else 0.0
        out += [
            Flow(mounted, ("scrap", "barrel", ""), worn),
            Flow(spare, mounted, min(lacking, now.stock[spare])),
            Flow(("factory", "barrel", ""), spare, now.p("barrels", "made", b)),
            Flow(("factory", "barrel", ""), spare, taken, b),
            Flow(old, ("scrap", "gun", ""), taken, b),
        ]
    return out


def attrition(now: Now) -> list[Flow]:
    """Losses for good, captures that serve the enemy, and damage that goes to repair."""
    out = []
    for b in now.each("belligerent"):
        enemy = max(now.var["firepower", other(now, b)], 1e-6) ** now.p("attrition", "elasticity")
        for g in now.each("equipment"):
            line = fielded(now, b, g)
            mean = now.p("attrition", "rate", b, g) * now.var["tempo", g] * line * enemy
            mean *= now.var.get(("pace", b, g), 1.0)
            gone = count(now.p("attrition", "count", b, g), mean, now.p("attrition", "dispersion"))
            gone = min(gone, line)
            taken = gone * now.p("attrition", "captured", b) * now.p("attrition", "serves")
            hurt = gone / now.p("attrition", "permanent", b) - gone
            for v in LINE:
                part = now.stock[b, g, v] / max(line, 1e-9)
                sinks = {
                    ("battlefield", g, ""): gone - taken,
                    (b, g, "repair1"): hurt,
                    (other(now, b), g, "foreign"): taken,
                }
                out += [Flow((b, g, v), sink, part * amount) for sink, amount in sinks.items()]
    return out


def repair(now: Now) -> list[Flow]:
    """Two stages; what comes out joins the vintages in proportion."""
    out, stay = [], passed(2, now.p("repair", "delay"))
    for b in now.each("belligerent"):
        for g in now.each("equipment"):
            first, second = (now.stock[b, g, s] for s in ("repair1", "repair2"))
            whole = fielded(now, b, g) + 4e-9  # 1e-9 each, so that an empty line has shares
            out.append(Flow((b, g, "repair1"), (b, g, "repair2"), first * stay[1]))
            for v in LINE:
                part = (now.stock[b, g, v] + 1e-9) / whole
                out += [
                    Flow((b, g, "repair1"), (b, g, v), part * first * (1 - sum(stay))),
                    Flow((b, g, "repair2"), (b, g, v), part * second * (1 - stay[0])),
                ]
    return out


def storage(now: Now) -> list[Flow]:
    """Best condition first; three refit stages."""
    out, stay = [], passed(3, now.p("storage", "lead"))
    for b in now.each("belligerent"):
        for g in now.each("equipment"):
            room = now.p("storage", "capacity", b, g)
            for c in ("store_good", "store_fair", "store_poor"):
                pull = min(now.stock[b, g, c], room)
                room -= pull
                useful = pull * now.p("storage", "yield", c)
                out += [
                    Flow((b, g, c), (b, g, "refit1"), useful),
                    Flow((b, g, c), ("scrap", g, ""), pull - useful),
                ]
            stages = ("refit1", "refit2", "refit3", "restored")
            for i in range(3):
                held = now.stock[b, g, stages[i]]
                for j in range(i + 1, 3):
                    out.append(Flow((b, g, stages[i]), (b, g, stages[j]), held * stay[j - i]))
                out.append(
                    Flow((b, g, stages[i]), (b, g, "restored"), held * (1 - sum(stay[: 3 - i])))
                )
    return out


def manpower(now: Now) -> list[Flow]:
    """Recruits, training, casualties and recovery."""
    out = []
    for b in now.each("belligerent"):
        train, line, wounded = ((b, "person", s) for s in ("train", "line", "wounded"))
        mean = now.p("manpower", "rate", b) * now.var["tempo", "person"] * now.stock[line]
        mean *= now.var.get(("pace", b, "person"), 1.0)
        hit = count(now.p("manpower", "count", b), mean, now.p("manpower", "dispersion"))
        killed, back = now.p("manpower", "killed", b), now.p("manpower", "returning", b)
        trained = now.stock[train] * (1 - exp(-1 / now.p("manpower", "training", b)))
        healed = now.stock[wounded] * (1 - exp(-1 / now.p("manpower", "healing")))
        called, sent = (
            now.p("manpower", "recruits", b) * now.var["recruiting", b],
            now.p("manpower", "sent", b),
        )
        out += [
            Flow(("population", "person", ""), train, called * sent),
            Flow(("population", "person", ""), (b, "person", "elsewhere"), called * (1 - sent)),
            Flow(train, line, trained),
            Flow(line, ("battlefield", "person", ""), hit * killed),
            Flow(line, wounded, hit * (1 - killed)),
            Flow(wounded, line, healed * back),
            Flow(wounded, ("scrap", "person", ""), healed * (1 - back)),
        ]
    return out


def production(now: Now) -> list[Flow]:
    """Capacity times utilisation; output and its dual-use input are one deal."""
    out = []
    for b in now.each("belligerent"):
        parts = (b, "component", "ready")
        for g in now.each("made"):
            made = (
                now.p("production", "capacity", b, g)
                * now.var["utilisation", b, g]
                * now.var["labour_factor", b]
                * now.var["grown", b, g]
            )
            stage = "new" if g in EQUIPMENT else "ready"
            out += [
                Flow(("factory", g, ""), (b, g, stage), made, (b, g)),
                Flow(
                    parts,
                    ("scrap", "component", ""),
                    made * now.p("production", "content", g),
                    (b, g),
                ),
            ]
        out.append(Flow(parts, ("scrap", "component", ""), now.p("production", "other", b)))
    return out


def expansion(now: Now) -> dict:
    """Output grows by investment once the record has ended, as far as men and parts allow."""
    out = {}
    for b in now.each("belligerent"):
        held = now.stock[b, "component", "ready"]
        eaten = sum(
            x
            for source, sink, x in now.paid["production"]
            if source == (b, "component", "ready") and sink[0] == "scrap"
        )
        room = min(held / max(eaten, 1e-9), 1.0) * now.var["labour_factor", b]
        for g in now.each("made"):
            years = (now.month - now.p("expansion", "begun", b, g)) / 12
            slower = now.p("expansion", "damping") ** max(years, 0.0)
            rate = log(2) / 12 * now.p("expansion", "doublings", b, g) * slower
            grows = years >= 0 and not now.record_drives
            before = 1.0 if now.record_drives else now.var["grown", b, g]
            out["grown", b, g] = before * exp(rate * room if grows else 0.0)
    return out


def utilisation(now: Now) -> dict:
    """First-order ramp to full use."""
    return {
        ("utilisation", b, g): u + (1 - u) / now.p("utilisation", "delay", b)
        for b in now.each("belligerent")
        for g in now.each("made")
        for u in (now.var["utilisation", b, g],)
    }


def ammo_repair(now: Now) -> list[Flow]:
    """Poor rounds made usable, up to a capacity."""
    return [
        Flow(
            (b, g, "poor"),
            (b, g, "ready"),
            min(now.p("ammo_repair", "capacity", b, g), now.stock[b, g, "poor"]),
        )
        for b in now.each("belligerent")
        for g in now.each("round")
    ]
