"""Futures of the flagship as its suppliers met them, for the Mesa port of their decision."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support.twins.deals import deficit, stage  # noqa: E402
from support.twins.flagship import start  # noqa: E402
from support.twins.month import Now  # noqa: E402
from support.twins.recorded import Whole, flagship, future, given, whole  # noqa: E402
from support.twins.strategy import percent_lost  # noqa: E402

DRIFTING = ("alignment", "revision")


class Seen:
    """One future of the compiled loop, read by name and month."""

    def __init__(self, made: Any, fed: Any, out: Any, column: int) -> None:
        self.whole: Whole = whole(made.model, out, column)
        self.facts = future(made, fed, column)
        self.first = start(self.facts)
        self.months = range(len(self.facts.months))

    def now(self, *key: str) -> list[float]:
        """A variable month by month."""
        return [float(x) for x in self.whole.var[key]]

    def before(self, *key: str) -> list[float]:
        """What a variable was at the end of the month before."""
        return [float(self.first[key]), *self.now(*key)[:-1]]

    def path(self, *key: str) -> list[float]:
        """A parameter month by month."""
        return [self.facts.monthly[t][key] for t in self.months]

    def stock(self, *account: str) -> list[float]:
        """A stock at the start of each month."""
        return [self.facts.opening.get(account, 0.0), *map(float, self.whole.stock[account][:-1])]


def cases(count: int, seed: int = 11) -> list[dict[str, Any]]:
    """Surroundings, luck and figures of some futures, and what the compiled loop decided."""
    made, loop = flagship()
    fed = given(made, seed, range(count), (), ())
    out = loop(fed).outcomes
    return [_case(Seen(made, fed, out, column)) for column in range(count)]


def _weights(seen: Seen) -> dict[str, Any]:
    figures, sets = seen.facts.figures, seen.facts.sets
    out: dict[str, Any] = {
        name: figures["choice", name]
        for name in (
            "on_gain",
            "on_tie",
            "on_spare",
            "on_sanctions",
            "on_affinity",
            "asks_from",
            "renewal",
        )
    }
    out |= {name: figures["terms", name] for name in ("beta", "discount", "hunger_premium")}
    out["severity"] = figures["secondary_sanctions", "severity"]
    out["on_politics"] = {f: figures["choice", "on_politics", f] for f in sets["factor"]}
    for law, name in (
        ("choice", "base"),
        ("terms", "cost"),
        ("terms", "ceiling_ratio"),
        ("spare", "release"),
    ):
        out[name] = {g: figures[law, name, g] for g in sets["offer"]}
    out["kinds"] = {
        k: (
            figures["terms", "premium", k],
            figures["terms", "cap", k] * figures["terms", "unit_price", k],
        )
        for k in sets["payment"]
        if k != "cash"
    }
    return out


def _supplier(seen: Seen, s: str) -> dict[str, Any]:
    facts, figures = seen.facts, seen.facts.figures
    tables, sets = facts.tables, facts.sets
    then = Now(facts, 0, {}, {}, {})
    sanctions = "secondary_sanctions"
    ties = [tables["arms_tie"][a] for a in sets["supplier"]]
    exports = sum(tables["trade"][s, m] for m in sets["sanctioner"])
    exposure = 100 * exports / tables["gdp"][s] * figures[sanctions, "error", s]
    leverage = percent_lost(then, "patron_loss", s) + figures[sanctions, "financed"] * tables[
        "sanctioned"
    ][s] * deficit(then, s)
    out: dict[str, Any] = {
        "shut": tables["sanctioned"][s],
        "tie": tables["arms_tie"][s] - float(np.mean(ties)),
        "exposure": exposure * (1 - figures[sanctions, "immune"] * tables["sanctioned"][s]),
        "ceiling": percent_lost(then, "cutoff_loss", s),
        "patron_cost": figures[sanctions, "pressure"] * leverage,
        "point": tables["ideal_point"][s],
        "shift": seen.before("ideal_shift", s),
        "food_gap": seen.before("food_gap", s),
        "affinity": seen.before("affinity", s),
        "politics": {f: seen.now("politics", f, s)[0] for f in sets["factor"] if f not in DRIFTING},
    }
    for g in sets["offer"]:
        copies = sum(key[:4] == ("choice", "taste", s, g) for key in figures)
        out[g] = {
            "stock": seen.stock(s, g, stage(g)),
            "treaty_gain": seen.before("treaty_gain", s, g),
            "recorded": seen.now("recorded", s, g),
            "permit": seen.path("choice", "permit", s, g),
            "u": [1.0 - figures["choice", "taste", s, g, str(k)] for k in range(copies)],
            "wait": [figures["choice", "wait", s, g, str(k)] for k in range(copies - 1)],
        }
    return out


def _case(seen: Seen) -> dict[str, Any]:
    sets, tables = seen.facts.sets, seen.facts.tables
    buyer, leader, offers = sets["buyer"][0], sets["leader"][0], sets["offer"]
    suppliers = {s: _supplier(seen, s) for s in sets["supplier"]}
    shifts = suppliers[leader]["shift"] if leader in suppliers else [0.0] * len(seen.months)
    pairs = [(s, g) for s in suppliers for g in offers]
    return {
        "offers": offers,
        "weights": _weights(seen),
        "suppliers": suppliers,
        "record": [r > 0 for r in seen.facts.record],
        "need": {g: seen.before("need", buyer, g) for g in offers},
        "gap": {g: seen.before("gap", buyer, g) for g in offers},
        "markup": {g: seen.before("markup", g) for g in offers},
        "designation": {g: seen.path("secondary_sanctions", "designation", g) for g in offers},
        "told": {
            g: [any(suppliers[s][g]["recorded"][t] > 0 for s in suppliers) for t in seen.months]
            for g in offers
        },
        "buyer": [tables["ideal_point"][buyer] + x for x in seen.before("buyer_shift", buyer)],
        "leader": [tables["ideal_point"][leader] + x for x in shifts],
        "chance": {key: seen.now("supply_chance", *key) for key in pairs},
        "willing": {key: seen.now("willing", *key) for key in pairs},
    }


def apart(case: dict[str, Any], collector: Any) -> tuple[float, int]:
    """Largest difference of a chance from the compiled loop's; decisions that differ."""
    table = collector.get_agent_vars_dataframe()
    steps = sorted(set(table.index.get_level_values(0)))
    codes, worst, other = list(case["suppliers"]), 0.0, 0
    for (step, agent), row in table.iterrows():
        for k, good in enumerate(case["offers"]):
            key, t = (codes[int(agent) - 1], good), steps.index(step)
            worst = max(worst, abs(row["chance"][k] - case["chance"][key][t]))
            other += row["willing"][k] != case["willing"][key][t]
    return worst, other
