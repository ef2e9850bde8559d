"""Slow twins of the laws of support: aid, transit, food, money, stock policy, need, the fleet."""

from __future__ import annotations

from math import log

from support.twins.formulas import passed
from support.twins.month import Flow, Now, Starts
from support.twins.war import EQUIPMENT, LINE, fielded

STARTS: Starts = {
    "aid_gap": (0.0, ()),
    "effectiveness": (1.0, ("belligerent",)),
    "full_kit": (("fleet", "establishment"), ("belligerent", "equipment")),
    "full_men": (("fleet", "soldiers"), ("belligerent",)),
    "held": (0.0, ("belligerent", "munition")),
    "food_gap": (("hunger", "opening"), ("supplier",)),
    "food_need": (("hunger", "need"), ("supplier",)),
    "third_utilisation": (("mobilise", "opening"), ("supplier", "exported")),
    "gap": (0.0, ("buyer", "offer")),
    "need": (0.0, ("buyer", "offer")),
}


def aid_pace(now: Now) -> dict:
    """The record's profile, afterwards shares of its mean, less a gap made by politics."""
    u, gap = now.p("aid_pace", "politics"), now.var["aid_gap",]
    if gap > 0:
        gap = 0.0 if u < now.p("aid_pace", "closes") else 1.0
    else:
        gap = 1.0 if u < now.p("aid_pace", "opens") else 0.0
    allocated = {d: now.p("aid_pace", "allocated", d) for d in now.each("donor")}
    seen = now.record_drives and sum(allocated.values()) > 0
    gap = 0.0 if seen else gap
    out: dict = {("aid_gap",): gap}
    for d, sent in allocated.items():
        pace = (
            max(sent, 0.0) / now.p("aid_pace", "mean")
            if seen
            else now.p("aid_pace", "share", d) * (1 - now.p("aid_pace", "depth") * gap)
        )
        out["aid_pace", d] = pace * now.p("aid_pace", "level", d) * now.var["at_war",]
    return out


def aid(now: Now) -> list[Flow]:
    """Mean deliveries times each donor's pace, into transit."""
    side = now.each("recipient")[0]
    return [
        Flow(
            ("abroad", g, ""),
            (side, g, "way1"),
            now.var["aid_pace", d] * now.p("aid", "committed", g),
        )
        for d in now.each("donor")
        for g in now.each("aided")
    ]


def transit(now: Now) -> list[Flow]:
    """Two stages; a part of what arrives is poor."""
    out = []
    for b in now.each("belligerent"):
        for g in now.each("shipped"):
            stay, poor = passed(2, now.p("transit", "lag", b, g)), now.p("transit", "poor", b, g)
            one, two = (b, g, "way1"), (b, g, "way2")
            stage = "foreign" if g in EQUIPMENT else "line" if g == "person" else "ready"
            waste = (b, g, "poor") if (b, g, "poor") in now.future.opening else ("scrap", g, "")
            out.append(Flow(one, two, now.stock[one] * stay[1]))
            for source, arrives in (
                (one, now.stock[one] * (1 - sum(stay))),
                (two, now.stock[two] * (1 - stay[0])),
            ):
                out += [
                    Flow(source, (b, g, stage), arrives * (1 - poor)),
                    Flow(source, waste, arrives * poor),
                ]
    return out


def treasury(now: Now) -> list[Flow]:
    """Income from abroad, a share of it spent on what is not simulated."""
    out = []
    for b in now.each("belligerent"):
        for g in (k for k in now.each("payment") if k not in ("technology", "credit")):
            income = now.p("treasury", "income", b, g)
            if b in now.each("economy"):
                income *= 1 + now.p("treasury", "follows", g) * (now.var["earning", b] - 1)
            spent = income * now.p("treasury", "spent", b, g)
            out += [
                Flow(("abroad", g, ""), (b, g, "ready"), income - spent),
                Flow(("abroad", g, ""), ("scrap", g, ""), spent),
            ]
    return out


def industry(now: Now) -> list[Flow]:
    """Capacity times use; the stock of some classes is kept at a few months' output."""
    out = []
    for s in now.each("supplier"):
        for g in now.each("exported"):
            capacity, keeps = now.p("industry", "capacity", s, g), now.p("industry", "keeps", g)
            made = capacity * now.var["third_utilisation", s, g] * now.var["skill_output", s, g]
            if keeps > 0:
                made = min(made, max(keeps * capacity - now.stock[s, g, "ready"], 0.0))
            out.append(Flow(("factory", g, ""), (s, g, "ready"), made))
    return out


def mobilise(now: Now) -> dict:
    """Third states' use of capacity: up after a month of shipping, else back to idle."""
    out = {}
    for s in now.each("supplier"):
        for g in now.each("exported"):
            u = now.var["third_utilisation", s, g]
            target = 1.0 if now.var["shipped", s, g] > 0 else now.p("mobilise", "idle", g)
            out["third_utilisation", s, g] = u + (target - u) / now.p("mobilise", "delay")
    return out


def food(now: Now) -> list[Flow]:
    """Harvest, imports, and what is eaten of the stock."""
    out = []
    for s in now.each("supplier"):
        store = (s, "food", "ready")
        out += [
            Flow(("factory", "food", ""), store, now.p("food", "harvest", s)),
            Flow(("abroad", "food", ""), store, now.p("food", "imports", s)),
            Flow(store, ("scrap", "food", ""), min(now.var["food_need", s], now.stock[store])),
        ]
    return out


def hunger(now: Now) -> dict:
    """Smoothed share of the food need that is not met."""
    out = {}
    for s in now.each("supplier"):
        need, gap = now.var["food_need", s], now.var["food_gap", s]
        eaten = sum(
            paid
            for source, sink, paid in now.paid["food"]
            if source == (s, "food", "ready") and sink[0] == "scrap"
        )
        lacking = 1 - eaten / need if need > 0 else 0.0
        out |= {
            ("food_gap", s): gap + (lacking - gap) / now.p("hunger", "smoothing"),
            ("food_need", s): need,
        }
    return out


def hold(now: Now) -> dict:
    """The stock kept back from the month in which the policy begins."""
    begins = now.p("hold", "begins") > 0
    return {
        ("held", b, m): (1 - now.p("hold", "draw_down", b))
        * max(now.stock[b, m, "ready"] - now.var["fired", b, m], 0.0)
        if begins
        else now.var["held", b, m]
        for b in now.each("belligerent")
        for m in now.each("munition")
    }


def wanted(now: Now, side: str, good: str) -> float:
    """What a buyer wants at hand of a class."""
    if good in now.each("munition"):
        return (
            now.p("need", "cover") * now.var["planned_use", side, good]
            + now.var["held", side, good]
        )
    if good in EQUIPMENT:
        return now.var["full_kit", side, good]
    return now.var["full_men", side] if good == "person" else now.p("need", "stock", side, good)


def need(now: Now) -> dict:
    """Share lacking at hand, and what it would take a month to close the gap."""
    out = {}
    for b in now.each("buyer"):
        for g in now.each("offer"):
            stages = LINE if g in EQUIPMENT else ("line", "train") if g == "person" else ("ready",)
            hand = sum(now.stock[b, g, s] for s in stages)
            way = sum(now.stock[b, g, s] for s in ("way1", "way2"))
            want = wanted(now, b, g)
            unfilled = now.var["unfilled", b] if g == "person" else 0.0
            out["need", b, g] = max(1 - hand / want, 0.0, unfilled) if want > 0 else 0.0
            short = max(want - hand - way, unfilled * want, 0.0)
            out["gap", b, g] = short / now.p("need", "speed") + now.p("need", "use", b, g)
    return out


def fleet(now: Now) -> dict:
    """Composition, quality and a Cobb-Douglas index; fire is last month's index."""
    out: dict = {}
    total = sum(now.p("fleet", "weight", k) for k in ("men", "kit", "fire"))
    for b in now.each("belligerent"):
        kit = []
        for g in now.each("equipment"):
            whole, full = fielded(now, b, g), now.p("fleet", "establishment", b, g)
            worth = sum(now.p("fleet", "quality", v) * now.stock[b, g, v] for v in LINE)
            quality = worth / max(whole, 1e-9)
            out |= {
                ("equipped", b, g): whole / full,
                ("quality", b, g): quality,
                ("full_kit", b, g): full,
            }
            kit.append(quality * whole / full)
        soldiers = now.p("fleet", "soldiers", b)
        inputs = {
            "men": now.stock[b, "person", "line"] / soldiers,
            "kit": sum(kit) / len(kit),
            "fire": now.var["firepower", b],
        }
        index = 1.0
        for name, value in inputs.items():
            index *= max(value, 1e-6) ** (now.p("fleet", "weight", name) / total)
        out |= {("effectiveness", b): index, ("full_men", b): soldiers}
    return out


def log_ratio(value: float) -> float:
    """Log, held above the smallest ratio that counts."""
    return log(max(value, 1e-9))
