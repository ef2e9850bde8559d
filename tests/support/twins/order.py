"""Slow twins of the laws of order: the Council, enforcement, treaties, what observers believe."""

from __future__ import annotations

from math import exp, log

from support.twins.month import Now, Starts

EVEN = ("africa1", "africa2", "asia1", "east1", "latin1")  # terms begin in even years
SIGNALS = ("visit", "summit", "exercise", "disclosure")
STARTS: Starts = {
    "mandate": (("council", "opening_mandate"), ()),
    "sanctions_in_force": (1.0, ()),
    "stance": (0.0, ("permanent",)),
    "enforcement": (("erosion", "opening"), ()),
    "treaty_force": (0.0, ("supplier",)),
    "treaty_gain": (1.0, ("supplier", "offer")),
    "watch": (1.0, ("supplier", "offer")),
    "measures_left": (1.0, ("supplier",)),
    "pay_quota": (1e12, ("payment", "supplier")),
    "patron_press": (1.0, ("supplier",)),
    "enforced_on_record": (1.0, ()),
    "belief": (("visibility", "opening"), ("supplier",)),
}


def logistic(x: float) -> float:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + exp(-x))


def treaty(now: Now) -> dict:
    """In force from the month of signature on; enlarges what is released the month after."""
    out: dict = {}
    for s in now.each("supplier"):
        signed = now.p("treaty", "signed", s) > 0 and now.p("treaty", "stands", s) > 0
        force = 1.0 if signed else now.var["treaty_force", s]
        out["treaty_force", s] = force
        out |= {
            ("treaty_gain", s, g): 1 + force * now.p("treaty", "enlarge", g)
            for g in now.each("offer")
        }
        out |= {
            ("treaty_opens", s, g): force * now.p("treaty", "opens", g) for g in now.each("offer")
        }
    return out


def journeys(now: Now) -> dict:
    """Meetings and journeys: the record, then chance; nobody meets who stays at home."""
    out: dict = {}
    free = {s: now.p("journeys", "open", s) for s in now.each("traveller")}
    for s in now.each("supplier"):
        both = free.get(s, 1.0) * free[now.each("buyer")[0]]
        out["met", s] = now.p("journeys", "met", s) * both
        if not now.record_drives:
            happens = 1 - exp(-now.p("journeys", "rate", s) * both / 12)
            out["met", s] = float(now.p("journeys", "occasion", s) < happens)
    for s, there in free.items():
        usual = now.p("journeys", "abroad" if now.record_drives else "usual", s)
        out["journeys", s] = usual * there
    return out


def embargo(now: Now) -> dict:
    """What a repeal or laxer enforcement leaves of the measures, the quota and the pressure."""

    def p(name: str, *labels: str) -> float:
        return now.p("embargo", name, *labels)

    e, stands = now.var["enforcement",], now.var["sanctions_in_force",]
    first = now.record_drives or now.month == 0
    then = e if first else now.var["enforced_on_record",]
    out: dict = {("enforced_on_record",): then}
    slack = min((1 - e) / (1 - then), p("loose"))
    for s in now.each("supplier"):
        hit = s in now.each("target")
        out["measures_left", s] = 1 - p("council") * (1 - stands) if hit else 1.0
        out["patron_press", s] = 1 - p("rests") * (1 - min(e / then, 1)) if hit else 1.0
        for k in now.each("payment"):
            out["pay_quota", k, s] = 1e12
            if hit and stands > 0 and k in now.each("capped"):
                more = (p("carried", k) - p("legal", k)) * slack
                out["pay_quota", k, s] = max(p("legal", k) + more, 0.0)
    return out


def dealing(now: Now) -> bool:
    """Whether the target shipped anything to the buyer the month before."""
    return any(now.var["shipped", now.each("target")[0], g] > 0 for g in now.each("offer"))


def held(now: Now, state: str) -> float:
    """Leaning of a permanent member, stance apart."""
    target = now.each("target")[0]
    out = now.p("council", "consensus") + now.p("council", "slope") * now.fact("ideal_point", state)
    if state == now.each("buyer")[0]:
        return (
            out
            - now.p("council", "on_tie") * now.var["tie", target]
            - now.p("council", "on_deal") * dealing(now)
        )
    trade = {
        a: now.fact("trade", a, target) + now.fact("trade", target, a) for a in now.each("actor")
    }
    return out - now.p("council", "on_tie") * trade[state] / sum(trade.values())


def term(now: Now, seat: str) -> str:
    """Number of the term that a seat is in, counted from the first month."""

    def begin(month: str) -> int:
        year = int(month[:4])
        return year if (year % 2 == 0) == (seat in EVEN) else year - 1

    months = now.future.months
    return str((begin(months[now.month]) - begin(months[0])) // 2)


def elected(now: Now, seat: str) -> float:
    """Leaning of an elected member, stance apart."""
    bloc = seat[:-1]
    point = now.p("council", "centre", bloc) + now.p("council", "spread", bloc) * now.p(
        "council", "point", seat, term(now, seat)
    )
    return now.p("council", "consensus") + now.p("council", "slope") * point


def stance(now: Now, state: str, due: bool) -> float:
    """What else moves a permanent member; given its last vote while the record drives."""
    u, half = now.p("council", "stance", state), now.p("council", "abstains")
    votes = [now.p("council", "vetoed", s) > 0 for s in now.each("permanent")]
    told = due and now.record_drives and (any(votes) or now.p("council", "adopted") > 0)
    if told:
        refuses = logistic(-half - held(now, state))
        vetoed = now.p("council", "vetoed", state) > 0
        u = u * refuses if vetoed else refuses + u * (1 - refuses)
    elif now.month > 0:
        return now.var["stance", state]
    u = min(max(u, 1e-12), 1 - 1e-12)
    return log(u) - log(1 - u)


def enough(chances: list[float], quota: float) -> float:
    """Chance of at least `quota` yes in independent votes, one voter after the other."""
    count = {0: 1.0}
    for chance in chances:
        more: dict[int, float] = {}
        for votes, likely in count.items():
            more[votes] = more.get(votes, 0.0) + likely * (1 - chance)
            more[votes + 1] = more.get(votes + 1, 0.0) + likely * chance
        count = more
    return sum(likely for votes, likely in count.items() if votes >= quota)


def ballot(now: Now, side: int, stances: dict[str, float]) -> tuple[set[str], bool, float]:
    """Permanent members against a draft, whether it has the votes, and its chance."""
    half, quota = now.p("council", "abstains"), now.p("council", "quota")
    against, yes, sure = set(), 0, []
    for s in now.each("permanent"):
        lean = side * (held(now, s) + stances[s])
        yes += lean > half
        sure.append(float(lean > half))
        if lean < -half:
            against.add(s)
    for seat in now.each("seat"):
        mean = side * elected(now, seat)
        yes += mean + side * now.p("council", "mood", seat, term(now, seat)) > half
        sure.append(logistic(mean - half))
    return against, yes >= quota, 0.0 if against else enough(sure, quota)


def council(now: Now) -> dict:
    """A yearly vote on the panel's mandate and, if worth it, on a repeal."""
    due = int(now.future.months[now.month][5:]) == now.p("council", "meets")
    stood, runs = now.var["sanctions_in_force",] > 0, now.var["mandate",] >= 1
    stances = {s: stance(now, s, due) for s in now.each("permanent")}
    cast, done, out = set(), {}, {}
    for draft, side in (("panel", 1), ("repeal", -1)):
        against, votes, likely = ballot(now, side, stances)
        decree = now.p("council", "decree", draft) > 0
        asked = (draft == "panel" and runs) or likely > now.p("council", "cost", draft)
        if now.record_drives:
            done[draft] = draft == "panel" and now.p("council", "adopted") > 0
            if draft == "panel" and not decree:
                cast |= {s for s in stances if now.p("council", "vetoed", s) > 0}
        else:
            tabled = due and stood and not decree and asked
            done[draft] = tabled and votes and not against
            cast |= against if tabled and votes else set()
        done[draft] = done[draft] or decree
        out["pass_chance", draft] = likely
    stands = stood and not done["repeal"]
    left = now.p("council", "term") if done["panel"] else max(now.var["mandate",] - 1, 0.0)
    return (
        out
        | {("stance", s): value for s, value in stances.items()}
        | {("veto_cast", s): float(s in cast) for s in stances}
        | {
            ("mandate",): left * stands,
            ("panel_alive",): float((done["panel"] or runs) and stands),
            ("sanctions_in_force",): float(stands),
            ("repeal_passed",): float(stood and done["repeal"]),
        }
    )


def erosion(now: Now) -> dict:
    """Up to the ceiling while kept, down while the guardians breach it, nothing once repealed."""
    own = now.each("buyer")[0] in now.each("permanent")
    breach = min(
        now.p("erosion", "on_panel") * (1 - now.var["panel_alive",])
        + now.p("erosion", "on_deal") * (own and dealing(now)),
        1.0,
    )
    e = now.var["enforcement",]
    e += (1 - breach) * now.p("erosion", "recovery") * (
        now.p("erosion", "ceiling") - e
    ) - breach * now.p("erosion", "decay") * e
    return {("enforcement",): e * now.var["sanctions_in_force",]}


def usually(now: Now, kind: str, state: str) -> float:
    """Chance of a signal in a month in which the state does not supply."""
    usual = now.p("visibility", "openness", kind, state)
    return min(now.p("visibility", "background", kind) * usual, 1 - 1e-6)


def visibility(now: Now) -> dict:
    """Bayes by the two likelihoods of what was and was not seen."""
    out: dict = {}
    for s in now.each("supplier"):
        supplies = any(now.var["shipped", s, g] > 0 for g in now.each("hidden"))
        u, with_, without = now.p("visibility", "seen", s), 1.0, 1.0
        for k in SIGNALS:
            f = usually(now, k, s)
            h = 1 - (1 - f) * (1 - now.p("visibility", "added", k))
            chance = h if supplies else f
            seen = u < chance
            u = u / chance if seen else (u - chance) / (1 - chance)
            if k == "summit":
                seen = now.var["met", s] > 0
            elif now.record_drives:
                seen = now.p("visibility", k, s) > 0
            out["signal_seen", k, s] = float(seen)
            with_ *= h if seen else 1 - h
            without *= f if seen else 1 - f
        b = now.var["belief", s]
        b = b + (1 - b) * now.p("visibility", "begins") - b * now.p("visibility", "ends")
        out["belief", s] = b * with_ / (b * with_ + (1 - b) * without)
        hides = 1.0
        for k in SIGNALS:
            hides *= (1 - now.p("visibility", "added", k)) ** 12
        marginal = (1 - hides) * (1 - out["belief", s])
        heeds = now.p("visibility", "heeds")
        for g in now.each("offer"):
            hidden = g in now.each("hidden")
            out["watch", s, g] = 1 - heeds + heeds * marginal if hidden else 1.0
    return out
