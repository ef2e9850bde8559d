r"""Need: what a belligerent lacks of each class, against what it wants to hold.

    wanted = months of cover * planned use (+ what it holds back)     munitions
    wanted = establishment (law `fleet`), or a declared stock          equipment, troops; inputs
    need   = clip(1 - at hand / wanted, 0, 1);   soldiers: at least what volunteers leave unfilled
    gap    = max(wanted - at hand - on the way, 0) / speed + use       [units/month]
    unfilled   share of those lost that volunteers do not replace (law `labour`): an army of full
               strength that cannot hold it needs men as well;  gap of soldiers: at least
               unfilled wanted / speed

    cover   months of planned use that a side wants at hand     [month]
    speed   months in which it wants the gap closed             [month]
    use     steady use of inputs that only imports cover        [units/month]

Source: inventory cover rule (sterman2000, ch. 17). Holds for: a side that plans ahead.
Breaks when: need is felt at the gun, not in the depot.
"""

from itertools import product

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Need, Param, Values, Var, View
from kautilya.core.world import LINE, World

STAGES = {"tank": LINE, "ifv": LINE, "gun": LINE, "mlrs": LINE, "person": ("line", "train")}
READY = ("ready",)  # of what is no equipment
MOST = 4  # stages at hand, at most


def build(world: World) -> Built:
    """Accounts at hand and on the way [buyer, offer, up to 4]; munition number of each offer."""
    offers, munitions = world.members("offer"), world.members("munition")
    nil = world.out("scrap", offers[0])

    def rows(buyer: str, offer: str, stages: tuple[str, ...]) -> list[int]:
        found = [world.row(buyer, offer, s) for s in stages if world.has(buyer, offer, s)]
        return (found + [nil] * MOST)[:MOST]

    pairs = list(product(world.members("buyer"), offers))
    held = {g: LINE if g in world.members("equipment") else STAGES.get(g, READY) for g in offers}
    shape = (-1, len(offers), MOST)
    hand = np.reshape([rows(b, g, held[g]) for b, g in pairs], shape)
    way = np.reshape([rows(b, g, ("way1", "way2")) for b, g in pairs], shape)
    kit = world.members("equipment")
    number = [munitions.index(g) if g in munitions else -1 for g in offers]
    buyers = [world.members("belligerent").index(b) for b in world.members("buyer")]
    return Built(
        data={
            "hand": hand,
            "way": way,
            "nil": nil,
            "munition": np.array(number),
            "buyer": np.array(buyers),
            "kit": np.array([kit.index(g) if g in kit else 0 for g in offers]),
            "is_kit": np.array([g in kit for g in offers])[None, :, None],
            "is_men": np.array([g == "person" for g in offers])[None, :, None],
        }
    )


def step(view: View) -> Values:
    """Need [buyer, offer, F] and gap [buyer, offer, F]."""
    p, d = view.param, view.data
    stock = view.stock.at[d["nil"]].set(0.0)
    hand, way = stock[d["hand"]].sum(axis=2), stock[d["way"]].sum(axis=2)
    is_munition = (d["munition"] >= 0)[None, :, None]
    planned, held = (
        view.var[name][d["buyer"]][:, d["munition"]] for name in ("planned_use", "held")
    )
    cover = p["cover"] * planned + held
    wanted = p["stock"]
    if "full_kit" in view.var:
        kit = view.var["full_kit"][d["buyer"]][:, d["kit"]]
        men = view.var["full_men"][d["buyer"]][:, None]
        wanted = jnp.where(d["is_kit"], kit, jnp.where(d["is_men"], men, wanted))
    wanted = jnp.where(is_munition, cover, wanted)
    need = jnp.clip(1.0 - hand / jnp.maximum(wanted, 1e-9), 0.0, 1.0)
    need = jnp.where(wanted > 0, need, 0.0)
    short = jnp.maximum(wanted - hand - way, 0.0)
    if "unfilled" in view.var:
        unfilled = jnp.where(d["is_men"], view.var["unfilled"][d["buyer"]][:, None], 0.0)
        need, short = jnp.maximum(need, unfilled), jnp.maximum(short, unfilled * wanted)
    return {"need": need, "gap": short / p["speed"] + p["use"]}


# fmt: off
LAW = Law(
    name="need", plain="what a side lacks",
    phase="update", step=step, build=build, parts=("S02", "S05", "S09"),
    reads=("planned_use", "held"), reads_if=("full_kit", "full_men", "unfilled"), cites=("sterman2000",),
    needs=(Need("set", "munition", "offers whose use is planned"),
           Need("set", "equipment", "offers with an establishment"),
           Need("set", "belligerent", "where a buyer stands among belligerents"),
           Need("member", "@buyer", "what it plans and fields", of="belligerent")),
    params=(Param("cover", (), "month", "months of planned munitions wanted at hand"),
            Param("stock", ("buyer", "offer"), "{good}",
                  "stock that a side wants to hold; classes without cover or full strength",
                  absent=0.0),
            Param("use", ("buyer", "offer"), "{good}/month",
                  "steady monthly use that only imports cover", absent=0.0),
            Param("speed", (), "month", "months in which a gap is to be closed")),
    writes=(Var("need", ("buyer", "offer"), "1", "share of what is wanted that is lacking", 0.0,
                nature="mean"),
            Var("gap", ("buyer", "offer"), "{good}/month",
                "imports that would close the gap in time", 0.0,
                nature="mean")),
)
