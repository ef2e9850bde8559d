"""Slow twins of the laws of supply: who supplies whom, at what price, against what payment."""

from __future__ import annotations

from math import exp, prod
from statistics import NormalDist

from support.twins.formulas import cheapest_basket
from support.twins.month import Flow, Now, Starts
from support.twins.strategy import percent_lost
from support.twins.support import log_ratio

SURPLUS = ("tank", "ifv", "gun", "mlrs", "person")
FACTORS = ("ally", "alignment", "us_ally", "measures", "club", "pariah", "democracy", "own_ban")
NORMAL = NormalDist()
STARTS: Starts = {
    "taste": (0.0, ("supplier", "offer")),
    "seek": (0.0, ("supplier", "offer")),
    "joined": (0.0, ("supplier", "offer")),
    "since": (1e6, ("supplier", "offer")),
    "sent": (0.0, ("supplier", "offer")),
    "dealing": (0.0, ("supplier",)),
    "driven": (0.0, ()),
    "pair_luck": (0.0, ("supplier",)),
    "payments": (0.0, ("payment", "supplier")),
    "shipped": (0.0, ("supplier", "offer")),
    "trade_elasticity": (("secondary_sanctions", "elasticity"), ()),
    "spare": (0.0, ("supplier", "offer")),
    "tie": (("tie", "opening"), ("supplier",)),
}


def stage(good: str) -> str:
    """Where a third state keeps what it could hand over."""
    return "surplus" if good in SURPLUS else "ready"


def pairs(now: Now) -> list[tuple[str, str]]:
    """All suppliers and classes."""
    return [(s, g) for s in now.each("supplier") for g in now.each("offer")]


def supply_record(now: Now) -> dict:
    """Deliveries on record, while the record drives."""
    return {
        ("recorded", s, g): now.p("supply_record", "delivered", s, g)
        * now.p("supply_record", "factor", s, g)
        if now.record_drives
        else 0.0
        for s, g in pairs(now)
    }


def under_measures(now: Now, state: str) -> float:
    """How far a state is under measures, with what is left of the Council's."""
    return now.fact("sanctioned", state) * now.var["measures_left", state]


def politics(now: Now) -> dict:
    """The political covariates of every state towards the buyer."""
    buyer = now.each("buyer")[0]
    barred = now.fact("sanctioned", buyer)
    out: dict = {}
    for s in now.each("supplier"):
        point = now.fact("ideal_point", s) + now.var.get(("ideal_shift", s), 0.0)
        home = now.fact("ideal_point", buyer) + now.var["buyer_shift", buyer]
        row = {
            "ally": max(now.fact("ally", s, buyer), now.var.get(("treaty_force", s), 0.0))
            * (1 - now.var["estranged", s]),
            "alignment": -abs(point - home),
            "us_ally": now.fact("us_ally", s) * barred,
            "measures": under_measures(now, s),
            "club": under_measures(now, s) * barred,
            "pariah": now.fact("pariah", s) * barred,
            "democracy": now.fact("democracy", s),
            "own_ban": -now.fact("bans", s),
        }
        out |= {("politics", f, s): row[f] for f in FACTORS}
    return out


def worth(now: Now, kind: str, state: str) -> float:
    """What a dollar of a kind of payment is worth to a supplier."""
    shut = under_measures(now, state)
    if kind == "cash":
        return max(1 - now.p("terms", "discount") * shut, 0.01)
    if kind == "food":
        return max(1 + now.p("terms", "hunger_premium") * now.var["food_gap", state], 0.01)
    if kind == "credit":
        return max(1 - now.p("terms", "doubt"), 0.01)
    return max(1 + now.p("terms", "premium", kind) * shut, 0.01)


def limit(now: Now, kind: str, state: str) -> float:
    """Most that a supplier is paid of a kind."""
    return min(now.p("terms", "cap", kind, state), now.var["pay_quota", kind, state])


def brought(now: Now, state: str, dollars: float, worths: dict[str, float]) -> tuple[float, float]:
    """Worth to a supplier of that many dollars a month, goods ahead of money at their mean worth,
    then the better of cash and credit, then the other; and of the next dollar."""
    room = {k: limit(now, k, state) * now.p("terms", "unit_price", k) for k in now.each("payment")}
    money = sorted(
        (k for k in room if k == "cash" or (k == "credit" and room[k] > 0)),
        key=lambda k: -worths[k],
    )
    kinds = [k for k in room if k not in ("cash", "credit")]
    whole, have = sum(room[k] for k in kinds), 0.0
    steps = [(sum(room[k] * worths[k] for k in kinds) / whole, whole)] if whole > 0 else []
    steps += [(worths[k], room[k]) for k in money]
    for slope, most in steps[:-1]:
        if dollars <= most:
            return have + slope * dollars, slope
        have, dollars = have + slope * most, dollars - most
    return have + steps[-1][0] * dollars, steps[-1][0]


def agreed(now: Now, state: str, units: float, cost: float, value: float) -> float:
    """Nash deal on `units`: the dollars that maximise the product, found by halving; what
    a unit then brings. Where no dollars suit both, the same condition holds beyond the value."""
    beta, n = now.p("terms", "beta"), max(units, 1e-9)
    worths = {k: worth(now, k, state) for k in now.each("payment")}
    low, high = 0.0, (value + cost / min(worths["cash"], worths["credit"])) * n

    def tilt(dollars: float) -> float:
        """Slope of the log of the product times both gains: positive where more is better."""
        have, slope = brought(now, state, dollars, worths)
        return beta * slope * (value * n - dollars) - (1 - beta) * (have - cost * n)

    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if tilt(middle) > 0 else (low, middle)
    return brought(now, state, low, worths)[0] / n


def terms(now: Now) -> dict:
    """Prices by generalised Nash, worth of payments, the deal and its log gain."""
    out: dict = {
        ("worth", k, s): worth(now, k, s) for k in now.each("payment") for s in now.each("supplier")
    }
    for k in now.each("payment"):
        out["unit_price", k] = now.p("terms", "unit_price", k)
        out |= {("pay_cap", k, s): limit(now, k, s) for s in now.each("supplier")}
    for b in now.each("buyer"):
        for g in now.each("offer"):
            cost = now.p("terms", "cost", g) * now.var["markup", g]
            extra = max(now.p("terms", "ceiling_ratio", g) - 1, 0.0) * now.var["need", b, g]
            out["price", b, g] = cost * (1 + now.p("terms", "beta") * extra)
    buyer = now.each("buyer")[0]
    for s, g in pairs(now):
        cost = now.p("terms", "cost", g) * now.var["markup", g]
        extra = max(now.p("terms", "ceiling_ratio", g) - 1, 0.0) * now.var["need", buyer, g]
        units = min(now.var["spare", s, g], now.var["gap", buyer, g])
        own = cost * (1 - now.var["concession", s])
        out["deal", s, g] = agreed(now, s, units, own, cost * (1 + extra))
        out["deal_gain", s, g] = log_ratio(out["deal", s, g] / own)
    return out


def spare(now: Now) -> dict:
    """What could be handed over, and how far it would help."""
    out = {}
    for s, g in pairs(now):
        more = now.var["treaty_gain", s, g] * now.var["cover", s]
        part = min(now.p("spare", "release", g) * more, 1.0)
        units = part * now.stock[s, g, stage(g)]
        gap = sum(now.var["gap", b, g] for b in now.each("buyer"))
        out |= {("spare", s, g): units, ("relief", s, g): min(units / max(gap, 1e-9), 1.0)}
    return out


def deficit(now: Now, state: str) -> float:
    """Percent of output that a state buys from its patron beyond what it sells to it, at most what
    it lacks with all."""
    patron = now.each("patron")[0]
    own = now.fact("trade", patron, state) - now.fact("trade", state, patron)
    whole = (
        sum(now.fact("trade", a, state) - now.fact("trade", state, a) for a in now.each("actor"))
        + now.fact("trade_from_row", state)
        - now.fact("trade_to_row", state)
    )
    return 100 * max(min(own, whole), 0.0) / now.fact("gdp", state)


def secondary_sanctions(now: Now) -> dict:
    """Expected loss from designation of banks and firms, and by the patron, percent of output."""
    out: dict = {("trade_elasticity",): now.p("secondary_sanctions", "elasticity")}
    for s in now.each("supplier"):
        leverage = percent_lost(now, "patron_loss", s) + now.p(
            "secondary_sanctions", "financed"
        ) * now.fact("sanctioned", s) * deficit(now, s)
        out |= {
            ("cutoff_ceiling", s): percent_lost(now, "cutoff_loss", s),
            ("patron_leverage", s): leverage,
            ("patron_cost", s): now.p("secondary_sanctions", "pressure")
            * leverage
            * now.var["patron_press", s],
        }
    for s, g in pairs(now):
        exports = sum(now.fact("trade", s, m) for m in now.each("sanctioner"))
        exposure = 100 * exports / now.fact("gdp", s) * now.p("secondary_sanctions", "error", s)
        left = 1 - now.p("secondary_sanctions", "immune") * under_measures(now, s)
        cost = (
            now.p("secondary_sanctions", "designation", g)
            * now.var["watch", s, g]
            * exposure
            * now.p("secondary_sanctions", "severity")
            * left
        )
        out["sanction_cost", s, g] = min(cost, out["cutoff_ceiling", s])
    return out


def fades(now: Now, state: str) -> dict[str, float]:
    """How fresh this war's last delivery of each class is."""
    return {g: exp(-since(now, state, g) / now.p("choice", "fade")) for g in now.each("offer")}


def since(now: Now, state: str, good: str) -> float:
    """Months since the last delivery; the month after it is the first."""
    return 1.0 if now.var["shipped", state, good] > 0 else now.var["since", state, good] + 1.0


def asking(now: Now, state: str, good: str, told: bool) -> dict[str, float]:
    """The terms of being asked; told: as if no delivery of the war were known."""
    fresh = now.p("choice", "on_again") * fades(now, state)[good]
    again = 0.0 if told else max(fresh - now.p("choice", "customer", state, good), 0.0)
    need, weight = now.var["need", now.each("buyer")[0], good], now.p("choice", "on_traits")
    return {
        "asking": now.p("choice", "ask_base", good),
        "need": now.p("choice", "on_need") * (need - 1),
        "spare": now.p("choice", "on_spare") * now.var["relief", state, good],
        **{k: weight * now.p("choice", k, state, good) for k in ("record", "reach", "customer")},
        "again": weight * again,
        "standing": -now.p("choice", "on_standing")
        * now.p("choice", "standing", state)
        * now.var["measures_left", state],
    }


def dealing(now: Now, state: str) -> float:
    """Months since the first delivery that makes a tie; 0 where there was none."""
    moved = any(
        now.var["shipped", state, g] > 0 and now.p("choice", "binds", g) > 0
        for g in now.each("offer")
    )
    before = now.var["dealing", state]
    return before + 1 if before > 0 or moved else 0.0


def agreeing(now: Now, state: str, good: str, told: bool) -> dict[str, float]:
    """The terms of agreeing; told: as if no delivery were known."""
    old, fresh = now.p("choice", "dealings", state), fades(now, state)
    last = max(now.p("choice", "binds", g) * fresh[g] for g in fresh)
    grown = min(dealing(now, state) / 12, 1.0)
    more = max(now.p("choice", "on_tie") * last * grown - max(old, 0.0), 0.0)
    out = {
        "agreeing": now.p("choice", "base", good),
        "dealings": old,
        "delivered": 0.0 if told else more,
        "treaty": now.var["treaty_opens", state, good],
    }
    for f in FACTORS:
        out[f] = now.p("choice", "on_politics", f, good) * now.var["politics", f, state]
    out["gain"] = now.p("choice", "on_gain") * now.var["deal_gain", state, good]
    out["patron"] = -now.p("choice", "on_sanctions") * now.var["patron_cost", state]
    out["sanctions"] = -now.p("choice", "on_sanctions") * now.var["sanction_cost", state, good]
    out["affinity"] = now.p("choice", "on_affinity") * now.var["affinity", state]
    return out


def renewals(now: Now, state: str, month: int) -> int:
    """How often a state has reconsidered by a month; waits are `renewal` months in the mean."""
    clock, number = 0.0, 0
    for i in range(4):
        clock += now.p("choice", "wait", state, str(i)) * now.p("choice", "renewal")
        number += clock <= month
    return number


def share(now: Now, state: str, good: str) -> float:
    """Chance that a class is part of the state's package."""
    return now.p("choice", "package", state) * now.p("choice", "binds", good)


def lift(now: Now, state: str, place: float, good: str) -> float:
    """What a place of the pair's luck adds to the log odds of agreeing."""
    bound = now.p("choice", "binds", good) * now.p("choice", "spread", state)
    return bound * NORMAL.inv_cdf(place)


def conditional(now: Now, state: str, luck: tuple, asks: dict, leans: dict) -> tuple:
    """Pair, seek, taste and what is in the package, drawn given who had delivered what."""
    goods = now.each("offer")
    sent = {g: now.var["sent", state, g] > 0 for g in goods}
    told = [g for g in goods if sent[g] or now.var["spare", state, g] > 0]

    def agrees(place: float, g: str) -> float:
        return 1 / (1 + exp(-leans[g] - lift(now, state, min(max(place, 1e-9), 1 - 1e-9), g)))

    def both(place: float, g: str) -> tuple[float, float]:
        """The class did so as part of the package; it did so at all."""
        f, chance = share(now, state, g), asks[g] * agrees(place, g)
        common = f * ((place < chance) == sent[g])
        return common, common + (1 - f) * (chance if sent[g] else 1 - chance)

    ends = sorted([k / 16 for k in range(17)] + [asks[g] / (1 + exp(-leans[g])) for g in goods])
    cells = list(zip(ends, ends[1:], strict=False))
    weight = [(b - a) * prod(both((a + b) / 2, g)[1] for g in told) for a, b in cells]
    want, cell = luck[0] * sum(weight), 0
    while want > weight[cell] and cell < len(cells) - 1:
        want, cell = want - weight[cell], cell + 1
    a, b = cells[cell]
    pair = a + (b - a) * want / max(weight[cell], 1e-300)
    seek, taste, joined = {}, {}, {}
    for g in goods:
        s, t = luck[1][g], luck[2][g]
        common, whole = both(pair, g)
        joined[g] = float(luck[3][g] < (common / whole if g in told else share(now, state, g)))
        free = g not in told or joined[g]
        seek[g], taste[g] = (s, t) if free else split(s, t, asks[g], agrees(pair, g), sent[g])
    return pair, seek, taste, joined


def split(s: float, t: float, a: float, b: float, sent: bool) -> tuple[float, float]:
    """Seek and taste given that a class came, or that it was not asked for or was refused."""
    if sent:
        return s * a, t * b
    refused = a * (1 - b) / (1 - a * b)
    if s < refused:
        return s / refused * a, b + t * (1 - b)
    return 1 - (1 - s) / (1 - refused) * (1 - a), t


def resolve(now: Now, state: str, firsts: dict, leans: dict) -> tuple:
    """Pair, seek, taste and what is in the package, in force this month."""
    goods = now.each("offer")
    n = renewals(now, state, now.month)
    luck = (
        1 - now.p("choice", "pair", state, str(n)),
        {g: 1 - now.p("choice", "seek", state, g, str(n)) for g in goods},
        {g: 1 - now.p("choice", "taste", state, g, str(n)) for g in goods},
        {g: 1 - now.p("choice", "joins", state, g, str(n)) for g in goods},
    )
    if not now.record_drives and now.var["driven",] > 0:
        return conditional(now, state, luck, firsts, leans)
    kept = now.month > 0 and renewals(now, state, now.month - 1) == n and not now.record_drives
    if not kept:
        return *luck[:3], {g: float(luck[3][g] < share(now, state, g)) for g in goods}
    old = ({g: now.var[name, state, g] for g in goods} for name in ("seek", "taste", "joined"))
    return now.var["pair_luck", state], *old


def decide(now: Now, state: str) -> dict:
    """One state: terms, chances and will, by class."""
    goods, out = now.each("offer"), {}
    first = {g: asking(now, state, g, now.record_drives) for g in goods}
    sought = {g: 1 / (1 + exp(-sum(asking(now, state, g, True).values()))) for g in goods}
    blind = {g: sum(agreeing(now, state, g, True).values()) for g in goods}
    pair, seek, taste, joined = resolve(now, state, sought, blind)
    need = {g: now.var["need", now.each("buyer")[0], g] > 0 for g in goods}
    asks = {g: need[g] / (1 + exp(-sum(row.values()))) for g, row in first.items()}
    out["pair_luck", state] = pair
    out["dealing", state] = dealing(now, state)
    for g in goods:
        second = agreeing(now, state, g, now.record_drives) | {"pair": lift(now, state, pair, g)}
        total = sum(second.values())
        agrees = 1 / (1 + exp(-total))
        forced, able = now.p("choice", "permit", state, g) - 1, now.var["spare", state, g] > 0
        will = (seek[g] < asks[g]) and (taste[g] < agrees)
        will = pair < asks[g] * agrees if joined[g] else will
        sent = now.var.get(("recorded", state, g), 0.0) > 0
        out |= {
            ("utility", state, g): total,
            ("seek", state, g): seek[g],
            ("taste", state, g): taste[g],
            ("joined", state, g): joined[g],
            ("since", state, g): since(now, state, g),
            ("sent", state, g): max(now.var["sent", state, g], float(sent)),
            ("ask_chance", state, g): asks[g] if able else 0.0,
            ("supply_chance", state, g): clip(asks[g] * agrees + forced) if able else 0.0,
            ("willing", state, g): clip(will + forced) if able else 0.0,
        }
        out |= {("utility_terms", k, state, g): v for k, v in (first[g] | second).items()}
    return out


def clip(x: float) -> float:
    """Between 0 and 1."""
    return min(max(x, 0.0), 1.0)


def choice(now: Now) -> dict:
    """Whom the buyer asks, and which state agrees, about every class."""
    out: dict = {("driven",): float(now.record_drives)}
    for s in now.each("supplier"):
        out |= decide(now, s)
    for g in now.each("offer"):
        hoped = {
            s: out["supply_chance", s, g]
            * min(now.var["spare", s, g], now.var["route_limit", s, g])
            for s in now.each("supplier")
        }
        room = max(now.var["gap", b, g] for b in now.each("buyer"))
        cut = min(room / max(sum(hoped.values()), 1e-9), 1.0)
        out |= {("expected_supply", s, g): units * cut for s, units in hoped.items()}
    return out


def ship(now: Now) -> list[Flow]:
    """Goods against payment; all legs of one supplier are one deal."""
    buyer = now.each("buyer")[0]
    out = []
    owing: dict[str, float] = {}
    offered = {
        (s, g): min(now.var["spare", s, g] * now.var["willing", s, g], now.var["route_limit", s, g])
        for s, g in pairs(now)
    }
    sent: dict[tuple[str, str], float] = {}
    for s, g in pairs(now):
        total = sum(offered[t, g] for t in now.each("supplier"))
        sent[s, g] = offered[s, g] * min(1.0, now.var["gap", buyer, g] / max(total, 1e-9))
        if now.record_drives:
            sent[s, g] = now.var["recorded", s, g] * now.p("ship", "allowed", s, g)
        owing[s] = owing.get(s, 0.0) + sent[s, g] * now.var["deal", s, g]
    deals = max(sum(owed > 0 for owed in owing.values()), 1)
    kinds = now.each("payment")
    for s, owed in owing.items():
        most = {
            k: now.var["pay_cap", k, s]
            if k in ("technology", "credit")
            else min(now.var["pay_cap", k, s], now.stock[buyer, k, "ready"] / deals)
            for k in kinds
        }
        value = {k: now.var["worth", k, s] * now.var["unit_price", k] for k in kinds}
        basket = cheapest_basket(
            [(value[k], now.var["unit_price", k], most[k]) for k in kinds], owed
        )
        worth_paid = sum(value[k] * amount for k, amount in zip(kinds, basket, strict=True))
        part = 1.0 if now.record_drives else min(1 - (owed - worth_paid) / max(owed, 1e-9), 1.0)
        out += [
            Flow((s, g, stage(g)), (buyer, g, "way1"), sent[s, g] * part, s)
            for g in now.each("offer")
        ]
        for k, amount in zip(kinds, basket, strict=True):
            outside = {"technology": ("know-how", k, ""), "credit": ("abroad", k, "")}
            source = outside.get(k, (buyer, k, "ready"))
            out.append(Flow(source, (s, k, "ready"), amount, s))
    return out


def deliveries(now: Now) -> dict:
    """What was shipped and paid, read off the settled flows."""
    out: dict = {("shipped", s, g): 0.0 for s, g in pairs(now)}
    for source, sink, amount in now.paid["ship"]:
        if sink[2] == "way1":
            out["shipped", source[0], source[1]] = amount
        else:
            out["payments", sink[1], sink[0]] = amount
    for s in now.each("supplier"):
        left = owed = sum(now.var["deal", s, g] * out["shipped", s, g] for g in now.each("offer"))
        for k in now.each("payment"):
            left -= now.var["worth", k, s] * now.var["unit_price", k] * out["payments", k, s]
        out["unpaid", s] = left if left > 1e-9 * owed else 0.0
    return out


def tie(now: Now) -> dict:
    """Persistence, events, and shipping of the month before."""
    keep, out = now.p("tie", "keep"), {}
    for s in now.each("supplier"):
        shipped = any(now.var["shipped", s, g] > 0 for g in now.each("offer"))
        out["tie", s] = (
            keep * now.var["tie", s]
            + (1 - keep) * now.p("tie", "rest", s) * (1 - now.var["estranged", s])
            + now.p("tie", "event") * (now.p("tie", "events", s) + now.var["met", s])
            + now.p("tie", "supply") * shipped
        )
    return out
