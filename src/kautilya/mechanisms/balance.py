r"""Balance: signs of ties among states that may turn, with or without a pull towards balance.

    u_ij = base + memory s_ij + friends F_ij + enemies E_ij - conflict C_ij
    chance that s_ij turns within a window = 1 / (1 + exp(s_ij u_ij));  hazard a year
         h_ij = -log(1 - chance) / window
    a tie turns when its hazard, summed over the years, passes an exponential draw; once at most
    estranged = 1 where a friendly tie of buyer and supplier has turned (laws `tie`, `politics`)
    balanced = (tr S^3 + tr |S|^3) / (2 tr |S|^3)                 share of balanced triangles

    F, E, C   third states that are friends of both, enemies of both, or friend of one and enemy
              of the other, over all that have ties to both        [1]
    window    years between the windows that the weights were fitted on        [year]

Signs at the start: + pact, both ban exports to the buyer, or donor and recipient; - the
belligerents, and a state that bans against one that is sanctioned. Pairs without a tie keep none.
Source: heider1946, harary1959 (balance), doreian2015 (windows; no monotone movement to balance).
Weights fitted on those windows (tools/fit_balance.py).
Holds for: ties that exist, a few years. Breaks when: ties are formed or dropped; rivalries outside
of the war matter, none is coded.
"""

import jax.numpy as jnp
import numpy as np
from jax import lax

from kautilya.core.law import Built, Draw, Law, Need, Param, Values, Var, View, lone
from kautilya.core.world import World


def signs(world: World) -> np.ndarray:
    """Signs of ties at the start [signed, signed], symmetric, 0 where there is none."""
    actors, members, tables = world.members("actor"), world.members("signed"), world.tables
    at = [actors.index(s) for s in members]
    side = {
        name: np.isin(members, world.members(name))
        for name in ("donor", "recipient", "belligerent")
    }
    bans, shut = tables["bans"][at] > 0, tables["sanctioned"][at] == 1.0
    good = (tables["pact"][np.ix_(at, at)] > 0) | np.outer(bans, bans)
    good |= np.outer(side["donor"], side["recipient"])
    bad = np.outer(bans, shut) | np.outer(side["belligerent"], side["belligerent"])
    good, bad = good | good.T, bad | bad.T
    return np.where(bad, -1.0, np.where(good, 1.0, 0.0)) * (1.0 - np.eye(len(at)))


def build(world: World) -> Built:
    """Signs [signed, signed, 1], and 1 for the half of the pairs that draws: by name, not place."""
    names = np.array(world.members("signed"))
    half = (names[:, None] < names[None, :]).astype(float)
    members, sign = world.members("signed"), signs(world)
    place = {state: at for at, state in enumerate(members)}
    rows = np.array([place.get(s, -1) for s in world.members("buyer")])
    columns = np.array([place.get(s, -1) for s in world.members("supplier")])
    known = (rows >= 0)[:, None] & (columns >= 0)
    friends = (known & (sign[np.ix_(rows, columns)] > 0)).astype(float)
    return Built(
        data={
            "sign": sign[..., None],
            "half": half[..., None],
            "rows": lone(rows[:, None]),
            "columns": columns,
            "friends": lone(friends)[..., None],
        }
    )


def product(a: jnp.ndarray, b: jnp.ndarray) -> jnp.ndarray:
    """Matrix product [n, n, F] of each future."""
    return jnp.einsum("ikf,kjf->ijf", a, b)


def hazard(view: View, sign: jnp.ndarray) -> jnp.ndarray:
    """Chance a year that a tie turns, as a rate [signed, signed, F]."""
    p = view.param
    plus, minus = jnp.maximum(sign, 0.0), jnp.maximum(-sign, 0.0)
    friends, enemies = product(plus, plus), product(minus, minus)
    mixed = product(plus, minus) + product(minus, plus)
    both = jnp.maximum(friends + enemies + mixed, 1.0)
    pull = (p["friends"] * friends + p["enemies"] * enemies - p["conflict"] * mixed) / both
    turns = jnp.logaddexp(0.0, -sign * (p["base"] + p["memory"] * sign + pull))
    return jnp.abs(sign) * turns / p["window"]


def triangles(sign: jnp.ndarray) -> jnp.ndarray:
    """Share of balanced triangles [F]; 1 where there is none."""

    def trace(s: jnp.ndarray) -> jnp.ndarray:
        return (product(s, s) * jnp.swapaxes(s, 0, 1)).sum(axis=(0, 1))

    whole = trace(jnp.abs(sign))
    share = (trace(sign) + whole) / (2.0 * jnp.maximum(whole, 1e-9))
    return jnp.where(whole > 0, share, 1.0)


def step(view: View) -> Values:
    """Once a year: strain of each tie, share of balanced triangles, ties that turned."""
    d, old = view.data, view.var
    half = view.luck["patience"] * d["half"]
    patience = half + jnp.swapaxes(half, 0, 1)

    def year(strain: jnp.ndarray) -> tuple:
        sign = d["sign"] * jnp.where(strain > patience, -1.0, 1.0)
        turned = ((sign != d["sign"]) * d["half"]).sum(axis=(0, 1))
        apart = d["friends"] * (sign[d["rows"], d["columns"]] < 0)
        return strain + hazard(view, sign), triangles(sign), turned, apart

    def nothing(strain: jnp.ndarray) -> tuple:
        return strain, old["balanced"], old["turned"], old["estranged"]

    names = ("tie_strain", "balanced", "turned", "estranged")
    return dict(
        zip(names, lax.cond(view.month % 12 == 0, year, nothing, old["tie_strain"]), strict=True)
    )


# fmt: off
LAW = Law(
    name="balance", plain="the pull of common friends and enemies",
    phase="update", step=step, build=build, parts=("S12",),
    cites=("heider1946", "harary1959", "doreian2015"),
    needs=(Need("set", "donor", "friends of those whom they help"),
           Need("set", "recipient", "friends of those who help them"),
           Need("set", "belligerent", "enemies of each other"),
           Need("table", "bans", "1 = bans exports to the sanctioned"),
           Need("table", "sanctioned", "1 = fully sanctioned"),
           Need("table", "pact", "1 = in a pact with the partner")),
    params=(Param("base", (), "1", "log odds that two states are on good terms, all else apart"),
            Param("memory", (), "1", "weight of past terms between two states"),
            Param("friends", (), "1", "weight of common friends in ties among states"),
            Param("enemies", (), "1", "weight of common enemies in ties among states"),
            Param("conflict", (), "1", "weight of friends of one that are enemies of the other"),
            Param("window", (), "1", "years over which ties among states shift")),
    draws=(Draw("patience", ("signed", "signed"), "exponential", "start"),),
    writes=(Var("tie_strain", ("signed", "signed"), "1",
                "strain on a tie among states; summed hazard that it turns", 0.0),
            Var("balanced", (), "1", "share of balanced triangles among states", 0.0),
            Var("turned", (), "1", "ties among states that have turned", 0.0),
            Var("estranged", ("buyer?", "supplier"), "1",
                "estrangement of a friend of the buyer; 1 = their tie has turned", 0.0)),
)
