r"""Politics of a supply: covariates of a state towards the buyer, each switchable.

    ally        pact with the buyer, from the tables or signed in the war (law `treaty`)
    alignment   - |ideal point_i - ideal point_buyer|       UN votes, one dimension;
                                                     points drift (law `alignment`)
    us_ally     ally of the leader of the senders, where the buyer is under measures
    measures    how far i is under measures of the senders itself
    club        measures_i * measures_buyer                both are barred from the same markets
    pariah      log(1 + deliveries to embargoed states in 25 years), where the buyer is one
    democracy   electoral democracy, 0 to 1
    own_ban     - whether i's own law bans such exports to the buyer       a fact, not a politics

`measures` and `club` shrink with what is left of measures (law `embargo`); a friend that has turned
away (law `balance`) is no ally.

Ties are directed: what the buyer sold to i is no readiness of i to sell. With one buyer under
measures, `measures` and `club` move together; their weights are two readings of one evidence. What
a patron may do to a state is a cost, not a taste: it stands in law `secondary_sanctions`.
Each is there where its table is.
Source: assumed form; ideal points of bailey2017; coding in the scenario's tables.
Holds for: slow alignment. Breaks when: a state votes one way and ships the other.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Need, Values, Var, View, lone
from kautilya.core.world import World

TABLES = {
    "ideal_point": "observed ideal point of a state",
    "sanctioned": "1 = fully under measures",
    "ally": "1 = in a defence pact with the partner",
    "us_ally": "1 = ally of the leader of those who keep the measures",
    "pariah": "log(1 + deliveries to embargoed states in 25 years)",
    "democracy": "electoral democracy, 0 to 1",
    "bans": "1 = bans exports to the buyer",
}
FACTORS = ("ally", "alignment", "us_ally", "measures", "club", "pariah", "democracy", "own_ban")


def build(world: World) -> Built:
    """Covariates that stay [factor, (buyer), supplier]; a factor whose table is not there is 0."""
    at = world.places("supplier")
    buyers = world.places("buyer")
    none = lone(np.zeros((len(buyers), len(at))))
    tables = {
        name: world.tables[name] if name in world.tables else np.zeros(len(world.members("actor")))
        for name in TABLES
    }
    point, shut = tables["ideal_point"], tables["sanctioned"]
    pact, ban = (
        world.towards(name, "supplier", "buyer") if name in world.tables else none
        for name in ("ally", "bans")
    )
    barred = lone(shut[buyers][:, None] * np.ones(len(at)))
    rows = {
        "us_ally": tables["us_ally"][at] * barred,
        "measures": shut[at] + none,
        "club": shut[at] * barred,
        "pariah": tables["pariah"][at] * barred,
        "democracy": tables["democracy"][at] + none,
        "own_ban": -ban,
    }
    return Built(
        data={
            "factors": np.stack([rows.get(name, none) for name in FACTORS]),
            "pact": pact[..., None],
            "point": point[at][:, None],
            "buyer": point[buyers][:, None],
        }
    )


def step(view: View) -> Values:
    """Covariates [factor, (buyer), supplier, F]."""
    d, var = view.data, view.var
    point = d["point"] + var.get("ideal_shift", 0.0)
    near = -jnp.abs(point - lone((d["buyer"] + var.get("buyer_shift", 0.0))[:, None]))
    pact = jnp.maximum(d["pact"], var.get("treaty_force", 0.0)) * (1.0 - var.get("estranged", 0.0))
    now = {"alignment": near, "ally": pact}
    for name in ("measures", "club"):
        now[name] = d["factors"][FACTORS.index(name)][..., None] * var.get("measures_left", 1.0)
    rows = [
        jnp.broadcast_to(now[name] if name in now else row[..., None], near.shape)
        for name, row in zip(FACTORS, d["factors"], strict=True)
    ]
    return {"politics": jnp.stack(rows)}


# fmt: off
LAW = Law(
    name="politics", plain="the politics of a supply",
    phase="observe", step=step, build=build, cites=("bailey2017",),
    parts=("S01", "S02", "S12", "S17"), labels={"factor": FACTORS},
    reads_if=("ideal_shift", "buyer_shift", "treaty_force", "measures_left", "estranged"),
    needs=tuple(Need("table", name, says, free=True) for name, says in TABLES.items()),
    writes=(Var("politics", ("factor", "buyer?", "supplier"), "1", "{factor} between a state and the buyer"),),
)
