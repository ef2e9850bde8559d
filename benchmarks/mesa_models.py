"""Models in Mesa: the small war, and the monthly supply decision of the flagship.

The decision is what the laws politics, spare, terms, secondary_sanctions and choice do: every
supplier works out, month by month and class by class, what it has to spare, what a deal would bring
it, what it might lose, where it stands politically, and whether it supplies, with a taste that it
keeps for years. Its surroundings (stocks, needs, detours, drifting positions) are those that the
compiled loop met in the same future; luck and figures are the same.
"""

from __future__ import annotations

from math import exp, log
from typing import Any

import loops
import mesa


class Side(mesa.Agent):
    """One side of the small war: five stocks."""

    def __init__(self, model: War, start: list[float], made: list[float], lethality: float) -> None:
        super().__init__(model)
        self.line, self.repair, self.store, self.rounds, self.men = start
        self.vehicles, self.shells, self.recruits = made
        self.lethality, self.fired, self.enemy = lethality, 0.0, self

    def fire(self) -> None:
        """Rounds fired this month."""
        self.fired = min(self.model.wanted * self.line, self.rounds)

    def suffer(self) -> None:
        """Losses, repairs, arrivals."""
        m = self.model
        hit = self.lethality * (self.enemy.fired / m.wanted)
        dead, down = min(m.crew * hit, self.men), min(hit, self.line)
        back, fresh = m.repaired * self.repair, m.restored * self.store
        self.line += back + fresh + self.vehicles - down
        self.repair += (1 - m.lost) * down - back
        self.store -= fresh
        self.rounds += self.shells - self.fired
        self.men += self.recruits - dead


class War(mesa.Model):
    """The small war; p: inputs in the order of `loops.NAMES`."""

    def __init__(self, p: list[float]) -> None:
        super().__init__(seed=0)
        self.repaired, self.restored, self.wanted, self.lost, self.crew = *p[10:12], *p[20:23]
        a = Side(self, p[0:5], [p[12], p[14], p[16]], p[18])
        b = Side(self, p[5:10], [p[13], p[15], p[17]], p[19])
        a.enemy, b.enemy = b, a

    def step(self) -> None:
        """One month."""
        self.agents.do("fire")
        self.agents.do("suffer")


def small_war(p: list[float]) -> list[float]:
    """Ten closing stocks of one run."""
    war = War(p)
    for _ in range(loops.MONTHS):
        war.step()
    return [x for s in war.agents for x in (s.line, s.repair, s.store, s.rounds, s.men)]


class Supplier(mesa.Agent):
    """A state that decides about every class, month by month.

    seen   facts (shut, exposure, ceiling, patron_cost, tie), its record over months (food_gap,
           affinity, shift), and by class: stock, treaty_gain, recorded, permit, luck u and wait
    """

    def __init__(self, model: Market, code: str, seen: dict[str, Any]) -> None:
        super().__init__(model)
        self.code, self.seen = code, seen
        self.taste = dict.fromkeys(model.offers, 0.0)
        self.spare = dict.fromkeys(model.offers, 0.0)
        self.relief: dict[str, float] = {}
        self.gain: dict[str, float] = {}
        self.cost: dict[str, float] = {}
        self.chance: dict[str, float] = {}
        self.willing: dict[str, float] = {}
        self.stand = [0.0, 0.0]

    def observe(self) -> None:
        """What it has, what a deal brings, what it may lose, where it stands."""
        model, seen, month = self.model, self.seen, self.model.month
        w = model.weights
        point = seen["point"] + seen["shift"][month]
        self.stand = [-abs(point - model.buyer[month]), abs(point - model.leader[month])]
        money, kind, room = self.basket()
        fresh = {}
        exposed = seen["exposure"] * w["severity"]
        for good in model.offers:
            here, gap = seen[good], model.gap[good][month]
            self.gain[good] = self.deal(good, (money, kind, room), min(self.spare[good], gap))
            part = min(w["release"][good] * here["treaty_gain"][month], 1.0)
            fresh[good] = part * here["stock"][month]
            self.relief[good] = min(fresh[good] / max(gap, 1e-9), 1.0)
            self.cost[good] = min(model.designation[good][month] * exposed, seen["ceiling"])
        self.spare = fresh

    def basket(self) -> tuple[float, float, float]:
        """Worth of a dollar in cash and of the mean dollar in kind, and dollars in kind."""
        w, shut = self.model.weights, self.seen["shut"]
        money, kind, room = max(1 - w["discount"] * shut, 0.0), 0.0, 0.0
        for name, (premium, dollars) in w["kinds"].items():
            extra = (
                w["hunger_premium"] * self.seen["food_gap"][self.model.month]
                if name == "food"
                else premium * shut
            )
            kind += dollars * max(max(1 + extra, 0.0), money)
            room += dollars
        return money, kind / room if room > 0 else money, room

    def deal(self, good: str, basket: tuple[float, float, float], units: float) -> float:
        """Log gain of the Nash deal on a unit."""
        w, (money, kind, room) = self.model.weights, basket
        cost, value = self.model.worth[good]
        most, beta = room / max(units, 1e-9), w["beta"]
        got = cost + beta * (kind * value - cost)
        if got > kind * most:
            got = max(cost + beta * ((kind - money) * most + money * value - cost), kind * most)
        return log(max(got / cost, 1e-9))

    def utility(self, good: str) -> float:
        """Terms of the utility of supplying, added up."""
        model, seen = self.model, self.seen
        w, on = model.weights, model.weights["on_politics"]
        total = w["base"][good] + w["on_gain"] * self.gain[good]
        for name, value in seen["politics"].items():
            total += on[name] * value
        total += on["alignment"] * (self.stand[0] - model.mean[0])
        total += on["revision"] * (self.stand[1] - model.mean[1])
        total += w["on_tie"] * seen["tie"] + w["on_spare"] * self.relief[good]
        total -= w["on_sanctions"] * (seen["patron_cost"] + self.cost[good])
        return total + w["on_affinity"] * seen["affinity"][model.month]

    def reluctance(self, good: str, chance: float, asked: bool) -> float:
        """The taste in force: kept for years, conditional on the record while that drives."""
        here, month, drives = self.seen[good], self.model.month, self.model.record[self.model.month]
        clock, u, fresh = 0.0, here["u"][0], month == 0
        for k, wait in enumerate(here["wait"]):
            clock += wait * self.model.weights["renewal"]
            if clock <= month:
                u = here["u"][k + 1]
                fresh = fresh or clock > month - 1
        if not drives and not fresh:
            return self.taste[good]
        if drives and asked:
            return u * chance if here["recorded"][month] > 0 else chance + u * (1 - chance)
        return u

    def decide(self) -> None:
        """Chance and decision for every class."""
        for good in self.model.offers:
            asked = self.model.asked[good]
            raw = 1 / (1 + exp(-self.utility(good)))
            self.taste[good] = self.reluctance(good, raw, asked)
            able = asked and self.spare[good] > 0
            forced = self.seen[good]["permit"][self.model.month] - 1
            self.chance[good] = min(max(raw + forced, 0.0), 1.0) if able else 0.0
            will = float(self.taste[good] < raw) + forced
            self.willing[good] = min(max(will, 0.0), 1.0) if able else 0.0


class Market(mesa.Model):
    """All suppliers and one buyer.

    case   weights; over months: record (whether it drives), buyer and leader (positions), and by
           class need, gap, told (someone delivers on record), markup, designation
    """

    def __init__(self, case: dict[str, Any]) -> None:
        super().__init__(seed=0)
        self.offers, self.weights, self.record = case["offers"], case["weights"], case["record"]
        self.need, self.gap, self.told = case["need"], case["gap"], case["told"]
        self.markup, self.designation = case["markup"], case["designation"]
        self.buyer, self.leader = case["buyer"], case["leader"]
        self.month, self.mean = 0, [0.0, 0.0]
        self.asked: dict[str, bool] = {}
        self.worth: dict[str, tuple[float, float]] = {}
        for code, seen in case["suppliers"].items():
            Supplier(self, code, seen)
        self.collector = mesa.DataCollector(
            agent_reporters={
                "chance": lambda a: tuple(a.chance.values()),
                "willing": lambda a: tuple(a.willing.values()),
            }
        )

    def step(self) -> None:
        """One month: what the buyer wants and would pay, what suppliers see, what they decide."""
        month, w = self.month, self.weights
        for good in self.offers:
            need = self.need[good][month]
            cost = w["cost"][good] * self.markup[good][month]
            self.worth[good] = cost, cost * (1 + max(w["ceiling_ratio"][good] - 1, 0.0) * need)
            self.asked[good] = need > w["asks_from"] or self.told[good][month]
        self.agents.do("observe")
        self.mean = [
            self.agents.agg("stand", lambda all_, k=k: sum(s[k] for s in all_)) / len(self.agents)
            for k in (0, 1)
        ]
        self.agents.do("decide")
        self.collector.collect(self)
        self.month += 1


def supply(case: dict[str, Any]) -> Any:
    """All months of one future; what was collected."""
    market = Market(case)
    for _ in case["record"]:
        market.step()
    return market.collector
