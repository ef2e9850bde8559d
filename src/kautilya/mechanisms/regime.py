r"""Regime: the probability that a regime has ended, by competing risks and a mixture of types.

    rate_xkr  = base_k * share_x * exp(effect_xkr)       exit x, type k, regime r    [1/month]
      effect    insiders   on_losses * deaths + on_sanctions_k * sanctioned - on_rents * rents
                revolt     on_hunger * food gap + on_sanctions_k * sanctioned - on_rents * rents
                foreign    0
    S_kr     *= exp(-sum_x rate);   exit_r = sum_x sum_k w_rk S_kr P(x),   w = mixture of types

    base     constant monthly hazard of a type, from spells of autocracies (geddes2014, bell2016)
    deaths   soldiers killed a month per thousand people       food gap  share not met
    rents    value shipped to the buyer over output, both a year        sanctioned  0 to 1

    concession = 1 - exp(-on_terms max(log(danger), 0))    danger: all rates over those with no effect;
               the share of its price that a regime in danger gives up (law `terms`)

The end is a probability, not an event: only its danger acts, on the terms. It counts from the first month that the
record does not drive, as both regimes stood until then.
Collapse is not identified: baselines hold for the average regime of a type; of the effects only
signs are known, and for sanctions that they weigh on personalist rulers and hardly on party and
military regimes (escriba2010). Nothing says that collapse was near, or that it was not.
Source: allison1982 for the risks. Holds for: comparing runs by sign.
Breaks when: read as a forecast, or a regime is unlike its type.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Imposed, Law, Need, Param, Tells, Values, Var, View, over
from kautilya.core.numerics import added, log
from kautilya.core.world import World
from kautilya.mechanisms.formulas.hazards import competing_risks

TYPES = ("party", "personalist", "military")
EXITS = ("insiders", "revolt", "foreign")


def build(world: World) -> Built:
    """Where each regime stands among suppliers and belligerents (-1: nowhere); facts about it."""
    actors, members = world.members("actor"), world.members("regime")
    at = np.array([actors.index(r) for r in members])

    def place(name: str) -> np.ndarray:
        found = world.members(name)
        return np.array([found.index(r) if r in found else len(found) for r in members])

    suppliers = [members.index(s) if s in members else -1 for s in world.members("supplier")]
    heads = world.tables["population"][at][:, None] / 1000.0
    return Built(
        data={
            "among": np.array(suppliers),
            "rules": np.array([[at >= 0] for at in suppliers]),
            "supplier": place("supplier"),
            "side": place("belligerent"),
            "heads": heads,
            "gdp": world.tables["gdp"][at][:, None] / 12,
            "sanctioned": world.tables["sanctioned"][at][:, None],
        }
    )


def _of(rows: jnp.ndarray, place: np.ndarray) -> jnp.ndarray:
    """Rows by regime [regime, ...]; nothing for a regime that is not among them."""
    return jnp.concatenate([rows, jnp.zeros_like(rows[:1])])[place]


def effects(view: View) -> jnp.ndarray:
    """Log ratio of hazards [exit, type, regime, F]."""
    p, d = view.param, view.data
    hunger = _of(view.var["food_gap"], d["supplier"])
    deals = over(view.var["deal"] * view.var["shipped"], "supplier", "offer")
    rents = added(_of(deals, d["supplier"]), 1) / d["gdp"]
    deaths = _of(view.paid["manpower"]["killed"], d["side"]) / d["heads"]
    common = p["on_sanctions"][:, None] * d["sanctioned"] - p["on_rents"] * rents
    return jnp.stack(
        [common + p["on_losses"] * deaths, common + p["on_hunger"] * hunger, jnp.zeros_like(common)]
    )


def step(view: View) -> Values:
    """Survival by type, exits by kind, and the probability of exit so far."""
    p, survival = view.param, view.var["type_survival"]
    share = p["share"] / p["share"].sum(axis=0)
    usual = p["base"][:, None] * share[:, None, None]
    rates = usual * jnp.exp(effects(view))
    risks = competing_risks(rates * (1.0 - view.record))
    weight = jnp.swapaxes(p["weight"] / p["weight"].sum(axis=1, keepdims=True), 0, 1)
    whole = [(weight * one.sum(axis=0)).sum(axis=0) for one in (rates, usual)]
    yields = -jnp.expm1(-p["on_terms"] * jnp.maximum(log(whole[0] / whole[1]), 0.0))
    exits = view.var["regime_exits"] + (weight * survival * risks[:-1]).sum(axis=1)
    return {
        "type_survival": survival * risks[-1],
        "regime_exits": exits,
        "regime_exit": exits.sum(axis=0),
        "concession": jnp.where(view.data["rules"], yields[view.data["among"]], 0.0),
    }


# fmt: off
LAW = Law(
    name="regime", plain="how long a regime lasts",
    phase="update", step=step, build=build, parts=("S10",),
    reads=("food_gap", "deal", "shipped", "flow:manpower"),
    cites=("geddes2014", "bell2016", "escriba2010", "allison1982"),
    needs=(Need("set", "belligerent", "whose dead count"),
           Need("table", "population", "over which the dead are counted"),
           Need("table", "gdp", "over which rents are counted"),
           Need("table", "sanctioned", "1 = fully sanctioned")),
    params=(Param("base", ("regime_type",), "1/month",
                  "monthly hazard of a {regime_type} regime; constant"),
            Param("weight", ("regime", "regime_type"), "1",
                  "how far a regime is of the {regime_type} type"),
            Param("share", ("exit",), "1", "share of regime ends by {exit}"),
            Param("on_hunger", (), "1", "effect of the food gap on revolt; on its log rate",
                  sign="assumed"),
            Param("on_rents", (), "1",
                  "effect of rents on revolt; on its log rate, with a minus sign",
                  sign="assumed"),
            Param("on_sanctions", ("regime_type",), "1",
                  "effect of sanctions on the end of a {regime_type} regime",
                  sign={"personalist": "assumed"}),
            Param("on_losses", (), "month",
                  "effect of deaths in war on the end of a regime; per thousand and month",
                  sign="assumed"),
            Param("on_terms", (), "1", "share of its price that a regime in danger gives up; of a log rate",
                  sign="assumed", absent=0.0)),
    labels={"regime_type": TYPES, "exit": EXITS},
    writes=(Var("type_survival", ("regime_type", "regime"), "1",
                "survival of a regime if of the {regime_type} type", 1.0),
            Var("regime_exits", ("exit", "regime"), "1",
                "probability that the regime has ended by {exit}", 0.0),
            Var("regime_exit", ("regime",), "1", "probability that the regime has ended", 0.0,
                tells=Tells("hazard", {"actor": "regime"})),
            Var("concession", ("supplier",), "1", "share of its price that a regime gives up", 0.0)),
    imposes=(Imposed("hunger, deaths and sanctions on personalist rulers raise the hazard",
                     ("on_hunger", "on_losses", "on_sanctions")),
             Imposed("rents lower the hazard", ("on_rents",)),
             Imposed("a regime in danger never asks more", ("on_terms",))),
    words={"party": "party", "personalist": "personalist", "military": "military",
           "insiders": "insiders", "revolt": "revolt", "foreign": "foreign hand"},
)
