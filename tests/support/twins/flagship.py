"""The phases and the opening of the flagship, for the slow twin."""

from __future__ import annotations

from support.twins import deals, order, society, strategy, support, war
from support.twins.month import Future, Phases

PHASES: Phases = {
    "observe": {"tempo": war.tempo, "supply_record": deals.supply_record,
                "politics": deals.politics, "terms": deals.terms, "spare": deals.spare,
                "secondary_sanctions": deals.secondary_sanctions, "treaty": order.treaty,
                "evasion": strategy.evasion, "belief_strength": society.belief_strength},
    "decide": {"fire_plan": war.fire_plan, "aid_pace": support.aid_pace, "choice": deals.choice,
               "mobilise": support.mobilise, "council": order.council},
    "flow": {"production": war.production, "storage": war.storage, "repair": war.repair,
             "attrition": war.attrition, "manpower": war.manpower, "fire": war.fire,
             "barrels": war.barrels, "ammo_repair": war.ammo_repair, "aid": support.aid,
             "ship": deals.ship, "transit": support.transit, "industry": support.industry,
             "food": support.food, "treasury": support.treasury, "pay": society.pay},
    "update": {"firepower": war.firepower, "deliveries": deals.deliveries, "need": support.need,
               "hold": support.hold, "hunger": support.hunger, "fleet": support.fleet,
               "tie": deals.tie, "utilisation": war.utilisation, "labour": society.labour,
               "regime": society.regime, "technology": society.technology,
               "termination": society.termination,
               "erosion": order.erosion, "visibility": order.visibility,
               "trade_state": strategy.trade_state, "alignment": strategy.alignment,
               "affinity": strategy.affinity, "balance": strategy.balance},
}
ZERO = {"held": ("belligerent", "munition"), "fired": ("belligerent", "munition"),
        "spare": ("supplier", "offer"),
        "need": ("buyer", "offer"), "gap": ("buyer", "offer"), "shipped": ("supplier", "offer"),
        "taste": ("supplier", "offer"), "stance": ("permanent",), "treaty_force": ("supplier",),
        "ideal_shift": ("supplier",), "buyer_shift": ("buyer",),
        "in_force": ("measure",), "tie_strain": ("signed", "signed"), "balanced": (), "turned": (),
        "payments": ("payment", "supplier"),
        "war_months": (), "ceasefire": (), "ceasefire_hazard": (), "defeat": ("belligerent",),
        "defeat_hazard": ("belligerent",), "drawn": ("belligerent",),
        "drawn_on_record": ("belligerent",), "bonus_bill": ("belligerent",),
        "regime_exits": ("exit", "regime"), "regime_exit": ("regime",),
        "lessons": ("lesson", "learner"), "reached": ("learner",), "failed": ("learner",)}
ONE = {"firepower": ("belligerent",), "effectiveness": ("belligerent",), "at_war": (),
       "labour_factor": ("belligerent",), "recruiting": ("belligerent",),
       "tempo_base": ("struck",), "type_survival": ("regime_type", "regime"),
       "sanctions_in_force": (), "treaty_gain": ("supplier", "offer"), "markup": ("offer",)}
OPENS = {"utilisation": ("utilisation", "opening", ("belligerent", "made")),
         "third_utilisation": ("mobilise", "opening", ("supplier", "exported")),
         "food_gap": ("hunger", "opening", ("supplier",)),
         "food_need": ("hunger", "need", ("supplier",)), "tie": ("tie", "opening", ("supplier",)),
         "full_kit": ("fleet", "establishment", ("belligerent", "equipment")),
         "full_men": ("fleet", "soldiers", ("belligerent",)),
         "mandate": ("council", "opening_mandate", ()), "enforcement": ("erosion", "opening", ()),
         "belief": ("visibility", "opening", ("supplier",)),
         "affinity": ("affinity", "opening", ("supplier",)),
         "trade_elasticity": ("secondary_sanctions", "elasticity", ()),
         "strength_belief": ("belief_strength", "optimism", ("belligerent",)),
         "belief_variance": ("belief_strength", "doubt", ()),
         "technology_level": ("technology", "opening", ("skill", "learner")),
         "milestone": ("technology", "progress", ("milestone", "learner"))}


def each(future: Future, dims: tuple[str, ...]) -> list[tuple[str, ...]]:
    """All labels over some sets."""
    out: list[tuple[str, ...]] = [()]
    for dim in dims:
        out = [(*labels, one) for labels in out for one in future.sets[dim]]
    return out


def start(future: Future) -> dict[tuple, float]:
    """Variables before the first month."""
    var: dict[tuple, float] = {("tempo_drift",): 0.0, ("aid_gap",): 0.0, ("stalemate",): 0.5}
    for value, names in ((0.0, ZERO), (1.0, ONE)):
        for name, dims in names.items():
            var |= {(name, *labels): value for labels in each(future, dims)}
    for name, (law, figure, dims) in OPENS.items():
        var |= {(name, *labels): future.figures[law, figure, *labels]
                for labels in each(future, dims)}
    return var
