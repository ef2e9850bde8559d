"""Slow twins of the laws of society: beliefs and the end of the war, labour, regimes, know-how."""

from __future__ import annotations

from math import erfc, exp, inf, log, sqrt

from support.twins.formulas import passed
from support.twins.month import Flow, Now, Starts
from support.twins.war import other

FIELDS = ("satellite", "air_defence", "submarine", "strike")
MILESTONES = ("design", "reactor", "hull", "at_sea")
STARTS: Starts = {
    "belief_variance": (("belief_strength", "doubt"), ()),
    "strength_belief": (("belief_strength", "optimism"), ("belligerent",)),
    "bonus_bill": (0.0, ("belligerent",)),
    "drawn": (0.0, ("belligerent",)),
    "drawn_on_record": (0.0, ("belligerent",)),
    "labour_factor": (1.0, ("belligerent",)),
    "recruiting": (1.0, ("belligerent",)),
    "unfilled": (0.0, ("belligerent",)),
    "concession": (0.0, ("supplier",)),
    "skill_output": (1.0, ("supplier", "exported")),
    "cover": (1.0, ("supplier",)),
    "regime_exit": (0.0, ("regime",)),
    "regime_exits": (0.0, ("exit", "regime")),
    "type_survival": (1.0, ("regime_type", "regime")),
    "failed": (0.0, ("learner",)),
    "lessons": (0.0, ("lesson", "learner")),
    "milestone": (("technology", "progress"), ("milestone", "learner")),
    "reached": (0.0, ("learner",)),
    "technology_level": (("technology", "opening"), ("skill", "learner")),
    "at_war": (1.0, ()),
    "ceasefire": (0.0, ()),
    "ceasefire_hazard": (0.0, ()),
    "defeat": (0.0, ("belligerent",)),
    "defeat_hazard": (0.0, ("belligerent",)),
    "stalemate": (0.5, ()),
    "war_months": (0.0, ()),
}


def belief_strength(now: Now) -> dict:
    """A filter on the log ratio of strength, each side with its own reading."""
    noise = now.p("belief_strength", "noise") ** 2
    before = now.var["belief_variance",] + now.p("belief_strength", "drift") ** 2
    gain = before / (before + noise)
    out: dict = {("belief_variance",): before * noise / (before + noise)}
    for b in now.each("belligerent"):
        mine, theirs = (max(now.var["effectiveness", x], 1e-6) for x in (b, other(now, b)))
        seen = log(mine / theirs) + sqrt(noise) * now.p("belief_strength", "error", b)
        out["strength_belief", b] = (1 - gain) * now.var["strength_belief", b] + gain * seen
    return out


def lasted(now: Now, age: float) -> float:
    """Share of wars that last longer than `age` months, by both base rates."""

    def p(name: str) -> float:
        return now.p("termination", name)

    age, tail = max(age, 1e-12), 0.0
    spread = sqrt(2 * log(p("mean") / p("median")))
    tail += p("weight") * erfc(log(age / p("median")) / spread / sqrt(2)) / 2
    score = log(age / p("other_median")) / p("other_spread")
    return tail + (1 - p("weight")) * erfc(score / sqrt(2)) / 2


def termination(now: Now) -> dict:
    """The first clock that its cumulated hazard passes ends the war."""

    def p(name: str, *labels: str) -> float:
        return now.p("termination", name, *labels)

    sides, age = now.each("belligerent"), p("begun") + now.month
    base = log(lasted(now, age - 1) / lasted(now, age)) * p("hazard")
    held = {b: now.var["strength_belief", b] for b in sides}
    lead = {b: (held[b] - held[other(now, b)]) / 2 for b in sides}
    still = 1.0 if all(abs(value) < p("width") for value in lead.values()) else 0.0
    stalemate = now.var["stalemate",] + (still - now.var["stalemate",]) / p("memory")
    gap = max(sum(now.var["strength_belief", b] for b in sides), 0.0)
    rate: dict = {
        ("ceasefire_hazard",): base
        * p("ceasefires")
        * exp(p("on_stalemate") * (stalemate - 0.5) - p("on_gap") * gap)
    }
    clock: dict = {("ceasefire_hazard",): p("truce")}
    for b in sides:
        rate["defeat_hazard", b] = (
            base * (1 - p("ceasefires")) / 2 * exp(-p("on_weakness") * lead[b])
        )
        clock["defeat_hazard", b] = p("breaking", b)
    runs = now.var["at_war",] > 0 and not now.record_drives and p("goes_on") == 0
    out: dict = {
        ("stalemate",): stalemate,
        ("war_months",): now.var["war_months",] + now.var["at_war",],
        ("at_war",): now.var["at_war",],
    }
    first, cause = inf, None
    for key, value in rate.items():
        out[key] = now.var[key] + (value if runs else 0.0)
        if now.var[key] < clock[key] <= out[key]:
            first, cause = min(
                (first, cause), ((clock[key] - now.var[key]) / value, key), key=lambda pair: pair[0]
            )
    for key in rate:
        ended = (key[0].removesuffix("_hazard"), *key[1:])
        out[ended] = now.var[ended] + (key == cause)
    if cause:
        out["at_war",] = 0.0
    return out


def pay(now: Now) -> list[Flow]:
    """Bonuses of the month before and the deficit."""
    return [
        Flow((b, "cash", "ready"), ("scrap", "cash", ""), amount)
        for b in now.each("belligerent")
        for amount in (now.var["bonus_bill", b], now.p("pay", "deficit", b, "cash"))
    ]


def labour(now: Now) -> dict:
    """Men drawn into the army, what output they leave, what the next recruits cost."""
    out = {}
    for i, b in enumerate(now.each("belligerent")):
        moved = [flow for flow in now.paid["manpower"] if b in (flow[0][0], flow[1][0])]
        intake = sum(x for source, _, x in moved if source[0] == "population")
        left = sum(x for _, sink, x in moved if sink[0] == "scrap")
        killed = sum(x for source, sink, x in moved if sink[0] == "battlefield")
        sent = sum(
            x for source, sink, x in moved if source[0] == "population" and sink[2] == "train"
        )
        drawn = now.var["drawn", b] + intake - now.p("labour", "released") * left
        fixed = drawn if now.record_drives else now.var["drawn_on_record", b]
        force = now.p("labour", "workforce", b)
        ratio = max(1 - drawn / force, 1e-6) / (1 - fixed / force)
        usual = now.p("labour", "intake", b)
        price = now.p("labour", "bonus", b, "cash") * (intake / usual) ** now.p("labour", "slope")
        owed, paid = now.var["bonus_bill", b], now.paid["pay"][2 * i][2]
        out |= {
            ("drawn", b): drawn,
            ("drawn_on_record", b): fixed,
            ("labour_factor", b): min(ratio ** now.p("labour", "elasticity"), 1.0),
            ("bonus_bill", b): price
            * intake
            * now.p("labour", "beside_budget")
            * (0.0 if now.record_drives else 1.0),
            ("unfilled", b): max(1 - sent / max(killed + left, 1e-9), 0.0) * now.var["at_war",],
            ("recruiting", b): now.var["at_war",] * (paid / owed if owed > 0 else 1.0),
        }
    return out


def effects(now: Now, state: str, kind: str) -> dict[str, float]:
    """Log ratio of the hazard of each kind of exit."""

    def p(name: str, *labels: str) -> float:
        return now.p("regime", name, *labels)

    value = (
        sum(now.var["deal", state, g] * now.var["shipped", state, g] for g in now.each("offer"))
        if state in now.each("supplier")
        else 0.0
    )
    rents = value / (now.fact("gdp", state) / 12)
    killed = sum(
        x
        for source, sink, x in now.paid["manpower"]
        if source[0] == state and sink[0] == "battlefield"
    )
    deaths = killed / (now.fact("population", state) / 1000)
    hunger = now.var["food_gap", state] if state in now.each("supplier") else 0.0
    common = p("on_sanctions", kind) * now.fact("sanctioned", state) - p("on_rents") * rents
    return {
        "insiders": common + p("on_losses") * deaths,
        "revolt": common + p("on_hunger") * hunger,
        "foreign": 0.0,
    }


def log_danger(now: Now, state: str) -> float:
    """Log of the rate of all exits over that without any effect, types mixed; at least 0."""
    shares = {x: now.p("regime", "share", x) for x in now.each("exit")}
    usual = moved = 0.0
    for k in now.each("regime_type"):
        rate = now.p("regime", "weight", state, k) * now.p("regime", "base", k)
        usual += rate * sum(shares.values())
        moved += rate * sum(shares[x] * exp(e) for x, e in effects(now, state, k).items())
    return max(log(moved / usual), 0.0)


def regime(now: Now) -> dict:
    """Survival of each type by itself; exits weighed by the mixture."""
    out: dict = {("concession", s): 0.0 for s in now.each("supplier")}
    shares = {x: now.p("regime", "share", x) for x in now.each("exit")}
    for r in now.each("regime"):
        weights = {k: now.p("regime", "weight", r, k) for k in now.each("regime_type")}
        gone = {x: now.var["regime_exits", x, r] for x in shares}
        if r in now.each("supplier"):
            out["concession", r] = 1 - exp(-now.p("regime", "on_terms") * log_danger(now, r))
        for k, weight in weights.items():
            base, alive = now.p("regime", "base", k), now.var["type_survival", k, r]
            rates = {
                x: 0.0
                if now.record_drives
                else base * shares[x] / sum(shares.values()) * exp(effect)
                for x, effect in effects(now, r, k).items()
            }
            total = sum(rates.values())
            out["type_survival", k, r] = alive * exp(-total)
            for x, rate in rates.items():
                ends = rate / total * (1 - exp(-total)) if total > 0 else 0.0
                gone[x] += weight / sum(weights.values()) * alive * ends
        out |= {("regime_exits", x, r): value for x, value in gone.items()}
        out["regime_exit", r] = sum(gone.values())
    return out


def onward(held: list[float], delay: float) -> list[float]:
    """Stages one month on; the last one keeps what it has."""
    n = len(held) - 1
    stay = passed(n, delay)
    out = [sum(held[i] * stay[j - i] for i in range(j + 1)) for j in range(n)]
    return [*out, sum(held) - sum(out)]


def technology(now: Now) -> dict:
    """Levels, transfers on their way, the next launch, the submarine."""

    def p(name: str, *labels: str) -> float:
        return now.p("technology", name, *labels)

    out: dict = {}
    shares = {f: p("share", f) for f in FIELDS}
    for s in now.each("supplier"):
        out["cover", s] = 1.0
        out |= {("skill_output", s, g): 1.0 for g in now.each("exported")}
    for s in now.each("learner"):
        way = onward([now.var["lessons", x, s] for x in now.each("lesson")] + [0.0], p("lag"))
        way[0] += now.var["payments", "technology", s]
        out |= {("lessons", x, s): way[i] for i, x in enumerate(now.each("lesson"))}
        gained = {}
        for f in FIELDS:
            pull = p("own", f) + p("effect") * shares[f] / sum(shares.values()) * way[-1]
            level = 1 - (1 - now.var["technology_level", f, s]) * exp(-pull)
            out["technology_level", f, s], gained[f] = level, level - p("opening", f, s)
        out["cover", s] = exp(p("on_release") * gained["air_defence"])
        for g in now.each("exported"):
            out["skill_output", s, g] = exp(p("on_output", g) * gained["strike"])
        odds = p("on_level") * gained["satellite"]
        for name, sign in (("reached", 1), ("failed", -1)):
            count = now.var[name, s] + p(name, s)
            out[name, s] = count
            odds += sign * log(p("prior") + p("past_weight") * p(f"past_{name}", s) + count)
        out["launch_success", s] = 1 / (1 + exp(-odds))
        ahead = onward(
            [now.var["milestone", m, s] for m in MILESTONES],
            p("lead") / exp(p("on_lead") * gained["submarine"]),
        )
        out |= {("milestone", m, s): ahead[i] for i, m in enumerate(MILESTONES)}
    return out
