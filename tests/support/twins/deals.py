"""Slow twins of the laws of supply: who supplies whom, at what price, against what payment."""

from __future__ import annotations

from math import exp

from support.twins.formulas import cheapest_basket
from support.twins.month import Flow, Now, Starts
from support.twins.strategy import percent_lost
from support.twins.support import log_ratio

SURPLUS = ("tank", "ifv", "gun", "mlrs", "person")
FACTORS = ("ally", "alignment", "enemy", "reputation", "revision", "own_ban")
STARTS: Starts = {
    "taste": (0.0, ("supplier", "offer")),
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


def covariates(now: Now, state: str) -> dict[str, float]:
    """The six political covariates of a state towards the buyer, before centring."""
    buyer, leader = (now.each(name)[0] for name in ("buyer", "leader"))
    point = {
        a: now.fact("ideal_point", a) + now.var.get(("ideal_shift", a), 0.0)
        for a in (state, leader)
    }
    point[buyer] = now.fact("ideal_point", buyer) + now.var["buyer_shift", buyer]
    return {
        "ally": now.fact("ally", state, buyer),
        "alignment": -abs(point[state] - point[buyer]),
        "enemy": now.fact("sanctioned", state) * now.fact("sanctioned", buyer),
        "reputation": now.fact("un_agreement", state) - 1.0,
        "revision": abs(point[state] - point[leader]),
        "own_ban": -now.fact("bans", state),
    }


def politics(now: Now) -> dict:
    """Covariates centred on the mean of the suppliers; a state's own ban is not."""
    raw = {s: covariates(now, s) for s in now.each("supplier")}
    mean = {f: sum(raw[s][f] for s in raw) / len(raw) for f in FACTORS} | {"own_ban": 0.0}
    return {("politics", f, s): raw[s][f] - mean[f] for f in FACTORS for s in raw}


def worth(now: Now, kind: str, state: str) -> float:
    """What a dollar of a kind of payment is worth to a supplier."""
    shut = now.fact("sanctioned", state)
    if kind == "cash":
        return max(1 - now.p("terms", "discount") * shut, 0.01)
    if kind == "food":
        return max(1 + now.p("terms", "hunger_premium") * now.var["food_gap", state], 0.01)
    return max(1 + now.p("terms", "premium", kind) * shut, 0.01)


def brought(now: Now, state: str, dollars: float, worths: dict[str, float]) -> tuple[float, float]:
    """Worth to a supplier of that many dollars a month, kinds ahead of cash at their mean worth;
    and of the next dollar."""
    kinds = [k for k in now.each("payment") if k != "cash"]
    room = {k: now.p("terms", "cap", k) * now.p("terms", "unit_price", k) for k in kinds}
    whole, cash = sum(room.values()), worths["cash"]
    mean = sum(room[k] * max(worths[k], cash) for k in kinds) / whole if whole > 0 else cash
    if dollars <= whole:
        return mean * dollars, mean
    return mean * whole + cash * (dollars - whole), cash


def agreed(now: Now, state: str, units: float, cost: float, value: float) -> float:
    """Nash deal on `units`: the dollars that maximise the product, found by halving; what
    a unit then brings. Where no dollars suit both, the same condition holds beyond the value."""
    beta, n = now.p("terms", "beta"), max(units, 1e-9)
    worths = {k: worth(now, k, state) for k in now.each("payment")}
    low, high = 0.0, (value + cost / worths["cash"]) * n

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
        out |= {
            ("unit_price", k): now.p("terms", "unit_price", k),
            ("pay_cap", k): now.p("terms", "cap", k),
        }
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
        out["deal", s, g] = agreed(now, s, units, cost, cost * (1 + extra))
        out["deal_gain", s, g] = log_ratio(out["deal", s, g] / cost)
    return out


def spare(now: Now) -> dict:
    """What could be handed over, and how far it would help."""
    out = {}
    for s, g in pairs(now):
        part = min(now.p("spare", "release", g) * now.var["treaty_gain", s, g], 1.0)
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
            ("patron_cost", s): now.p("secondary_sanctions", "pressure") * leverage,
        }
    for s, g in pairs(now):
        exports = sum(now.fact("trade", s, m) for m in now.each("sanctioner"))
        exposure = 100 * exports / now.fact("gdp", s) * now.p("secondary_sanctions", "error", s)
        left = 1 - now.p("secondary_sanctions", "immune") * now.fact("sanctioned", s)
        cost = (
            now.p("secondary_sanctions", "designation", g)
            * exposure
            * now.p("secondary_sanctions", "severity")
            * left
        )
        out["sanction_cost", s, g] = min(cost, out["cutoff_ceiling", s])
    return out


def utility(now: Now, state: str, good: str) -> dict[str, float]:
    """The terms of the utility of supplying."""
    ties = {s: now.fact("arms_tie", s) for s in now.each("supplier")}
    out = {
        "base": now.p("choice", "base", good),
        "gain": now.p("choice", "on_gain") * now.var["deal_gain", state, good],
    }
    for f in FACTORS:
        out[f] = now.p("choice", "on_politics", f) * now.var["politics", f, state]
    out["patron"] = -now.p("choice", "on_sanctions") * now.var["patron_cost", state]
    tie = ties[state] - sum(ties.values()) / len(ties)
    out["past_tie"] = now.p("choice", "on_tie") * tie
    out["spare"] = now.p("choice", "on_spare") * now.var["relief", state, good]
    out["sanctions"] = -now.p("choice", "on_sanctions") * now.var["sanction_cost", state, good]
    out["affinity"] = now.p("choice", "on_affinity") * now.var["affinity", state]
    return out


def renewals(now: Now, state: str, good: str, month: int) -> int:
    """How often a state has reconsidered by a month; waits are `renewal` months in the mean."""
    clock, number = 0.0, 0
    for i in range(4):
        clock += now.p("choice", "wait", state, good, str(i)) * now.p("choice", "renewal")
        number += clock <= month
    return number


def taste(now: Now, state: str, good: str, total: float, asked: bool) -> float:
    """The persistent draw; conditional on the record while that drives."""
    number = renewals(now, state, good, now.month)
    kept = now.month > 0 and renewals(now, state, good, now.month - 1) == number
    if kept and not now.record_drives:
        return now.var["taste", state, good]
    reluctance = 1 - now.p("choice", "taste", state, good, str(number))
    supplies = 1 / (1 + exp(-total))
    if now.record_drives and asked:
        delivered = now.var["recorded", state, good] > 0
        low, high = (0, supplies) if delivered else (supplies, 1)
        return low + reluctance * (high - low)
    return reluctance


def choice(now: Now) -> dict:
    """Every state decides about every class."""
    out: dict = {}
    for g in now.each("offer"):
        hoped = {}
        for s in now.each("supplier"):
            parts = utility(now, s, g)
            total = sum(parts.values())
            asked = any(
                now.var["need", b, g] > now.p("choice", "asks_from") for b in now.each("buyer")
            ) or any(now.var["recorded", other, g] > 0 for other in now.each("supplier"))
            drawn = taste(now, s, g, total, asked)
            forced, able = now.p("choice", "permit", s, g) - 1, now.var["spare", s, g] > 0 and asked
            free = 1 / (1 + exp(-total))
            chance = min(max(free + forced, 0.0), 1.0) if able else 0.0
            will = min(max((drawn < free) + forced, 0.0), 1.0) if able else 0.0
            hoped[s] = chance * min(now.var["spare", s, g], now.var["route_limit", s, g])
            out |= {
                ("utility", s, g): total,
                ("taste", s, g): drawn,
                ("willing", s, g): will,
                ("supply_chance", s, g): chance,
            }
            out |= {("utility_terms", name, s, g): part for name, part in parts.items()}
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
    most = {
        k: now.var["pay_cap", k]
        if k == "technology"
        else min(now.var["pay_cap", k], now.stock[buyer, k, "ready"] / deals)
        for k in kinds
    }
    for s, owed in owing.items():
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
            source = ("know-how", k, "") if k == "technology" else (buyer, k, "ready")
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
    return out


def tie(now: Now) -> dict:
    """Persistence, events, and shipping of the month before."""
    keep, out = now.p("tie", "keep"), {}
    for s in now.each("supplier"):
        shipped = any(now.var["shipped", s, g] > 0 for g in now.each("offer"))
        out["tie", s] = (
            keep * now.var["tie", s]
            + (1 - keep) * now.p("tie", "rest", s)
            + now.p("tie", "event") * now.p("tie", "events", s)
            + now.p("tie", "supply") * shipped
        )
    return out
