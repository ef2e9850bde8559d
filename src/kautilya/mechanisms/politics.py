r"""Politics of a supply: six covariates of a state towards the buyer, each switchable.

    ally        defence pact with the buyer
    alignment   - |ideal point_i - ideal point_buyer|              UN votes, one dimension;
                                                           points drift (law `alignment`)
    enemy       sanctioned_i * sanctioned_buyer                    both are under Western measures
    reputation  - distance from the buyer's vote in the Assembly on the war
    revision    |ideal point_i - ideal point of the order's leader|, drifting as well
    own_ban     - whether i's own law bans such exports to the buyer       a fact, not a politics

All but the ban are centred on the mean of the suppliers, so that the constant keeps its meaning
when a part is switched off; the constant is that of a state whose own law allows the sale. They
are collinear; `why` reports whether they can be told apart. What a patron may do to a state is a
cost, not a taste: it stands in law `secondary_sanctions`.
Source: assumed form; ideal points of bailey2017; coding in the scenario's tables.
Holds for: slow alignment. Breaks when: a state votes one way and ships the other.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Need, Values, Var, View, lone
from kautilya.core.world import World

FACTORS = ("ally", "alignment", "enemy", "reputation", "revision", "own_ban")


def build(world: World) -> Built:
    """Covariates [factor, supplier], centred."""
    actors, tables = world.members("actor"), world.tables
    at = np.array([actors.index(s) for s in world.members("supplier")])
    buyers = [actors.index(s) for s in world.members("buyer")]
    leader = actors.index(world.members("leader")[0])
    point, shut = tables["ideal_point"], tables["sanctioned"]
    pact, vote, ban = (
        world.towards(name, "supplier", "buyer") for name in ("ally", "un_agreement", "bans")
    )
    both, none = lone(shut[buyers][:, None] * shut[at]), np.zeros_like(pact)
    raw = np.stack([pact, none, both, vote - 1.0, none, -ban])
    centre = np.array([name != "own_ban" for name in FACTORS]).reshape(-1, *(1,) * (raw.ndim - 1))
    return Built(
        data={
            "factors": raw - centre * raw.mean(axis=-1, keepdims=True),
            "point": point[at][:, None],
            "buyer": point[buyers][:, None],
            "fixed": point[leader],
            "leader": np.flatnonzero(at == leader)[:1],
        }
    )


def step(view: View) -> Values:
    """Covariates [factor, supplier, F]."""
    d, shift = view.data, view.var["ideal_shift"]
    point = d["point"] + shift
    head = d["fixed"] + shift[d["leader"]].sum(axis=0)
    near = -jnp.abs(point - lone((d["buyer"] + view.var["buyer_shift"])[:, None]))
    far = jnp.abs(point - head)
    now = {
        "alignment": near - near.mean(axis=-2, keepdims=True),
        "revision": far - far.mean(axis=0),
    }
    rows = [
        jnp.broadcast_to(now[name] if name in now else row[..., None], near.shape)
        for name, row in zip(FACTORS, d["factors"], strict=True)
    ]
    return {"politics": jnp.stack(rows)}


# fmt: off
LAW = Law(
    name="politics", plain="the politics of a supply",
    phase="observe", step=step, build=build, cites=("bailey2017",),
    parts=("S02", "S12", "S17"), labels={"factor": FACTORS},
    reads=("ideal_shift", "buyer_shift"), single=("leader",),
    needs=(Need("set", "leader", "the state whose lead a revisionist rejects"),
           Need("table", "ideal_point", "observed ideal point of a state"),
           Need("table", "sanctioned", "1 = fully sanctioned"),
           Need("table", "ally", "1 = in a defence pact with the partner"),
           Need("table", "un_agreement", "how often it votes with the buyer in the UN"),
           Need("table", "bans", "1 = bans exports to the buyer")),
    writes=(Var("politics", ("factor", "buyer?", "supplier"), "1",
                "{factor} between a state and the buyer"),),
)
