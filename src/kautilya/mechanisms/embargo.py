r"""Embargo: what the Council's measures on a state forbid, and what is left of them.

    left_i   = 1 - council (1 - in_force)              the target; 1 for all others
    slack    = min((1 - e) / (1 - e*), loose)
    quota_ki = legal_k + (carried_k - legal_k) slack   while the measures stand: the target, what is
               capped; no limit for others, or after a repeal
    press_i  = 1 - rests (1 - e / e*)                  the target; 1 for all others

    in_force   1 while the Council's measures stand (law `council`)
    e, e*      their enforcement (law `erosion`), now and when the record ended (in the first month where
               there is none): what was carried on record was carried as they were enforced then
    council    part of what a state is under that ends with a repeal; the rest are measures of states
    legal      what the measures allow in a month          carried   what is known to be carried
    loose      most that routes could carry of it, over what is known to be carried      [1]
    rests      share of the patron's pressure that rests on enforcement                  [1]

How far a state is under measures moves who is barred with the buyer (`politics`), what it loses by
being asked (`choice`), what cash and fuel are worth to it (`terms`).
Source: Council's cap (resolution 2397); the rest is assumed. Holds for: caps on kinds of payment.
Breaks when: what is carried is never seen.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Imposed, Law, Need, Param, Values, Var, View
from kautilya.core.world import World

NO_LIMIT = 1e12  # of a good a month; a number, so that it can be compared


def build(world: World) -> Built:
    """Who is the target [supplier, 1], and place of each payment among the capped (-1: none)."""
    states, kinds, capped = (world.members(n) for n in ("supplier", "payment", "capped"))
    hit, place = np.zeros((len(states), 1)), np.full(len(kinds), -1)
    hit[[states.index(s) for s in world.members("target")]] = 1.0
    place[[kinds.index(k) for k in capped]] = np.arange(len(capped))
    return Built(
        data={
            "hit": hit,
            "capped": (place >= 0)[:, None, None],
            "place": np.maximum(place, 0),
            "none": NO_LIMIT,
        }
    )


def step(view: View) -> Values:
    """Measures left and pressure [supplier, F], quotas [payment, supplier, F], e* [F]."""
    p, d, stands, now = (
        view.param,
        view.data,
        view.var["sanctions_in_force"],
        view.var["enforcement"],
    )
    fixed = (view.record > 0) | (view.month == 0)
    then = jnp.where(fixed, now, view.var["enforced_on_record"])
    slack = jnp.minimum((1.0 - now) / jnp.maximum(1.0 - then, 1e-9), p["loose"])
    quota = p["legal"] + (p["carried"] - p["legal"]) * slack
    bound = d["capped"] & (d["hit"] > 0) & (stands > 0)
    kept = jnp.minimum(now / jnp.maximum(then, 1e-9), 1.0)
    return {
        "measures_left": 1.0 - d["hit"] * p["council"] * (1.0 - stands),
        "pay_quota": jnp.where(bound, jnp.maximum(quota, 0.0)[d["place"]][:, None], d["none"]),
        "patron_press": 1.0 - d["hit"] * p["rests"] * (1.0 - kept),
        "enforced_on_record": then,
    }


# fmt: off
LAW = Law(
    name="embargo", plain="what the Council's measures forbid",
    phase="update", step=step, build=build, parts=("S08", "S18"),
    reads=("sanctions_in_force", "enforcement"),
    needs=(Need("set", "target", "the state that the measures are against"),
           Need("member", "@capped", "what they cap", of="payment"),
           Need("member", "@target", "whom they bind", of="supplier")),
    params=(Param("council", (), "1", "part of a state's isolation that rests on the Council", sign="assumed"),
            Param("legal", ("capped",), "{good}/month", "most that the Council lets a state import in a month"),
            Param("carried", ("capped",), "{good}/month", "capped goods known to be carried in a month", path=True),
            Param("loose", (), "1", "most that routes could carry of capped goods; over what is known"),
            Param("rests", (), "1", "share of a patron's pressure that rests on enforcement", sign="assumed")),
    writes=(Var("measures_left", ("supplier",), "1", "share of the measures on a state that still stands", 1.0),
            Var("pay_quota", ("payment", "supplier"), "{good}/month",
                "most that the Council's measures let a supplier be paid", NO_LIMIT),
            Var("patron_press", ("supplier",), "1", "pressure of a patron over that of the record", 1.0),
            Var("enforced_on_record", (), "1", "enforcement when the record ended", 1.0)),
    imposes=(Imposed("a repeal never leaves a state more isolated", ("council",)),
             Imposed("less enforcement never adds to a patron's pressure", ("rests",))),
)
