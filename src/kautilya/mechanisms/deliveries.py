r"""Deliveries: what each supplier shipped and was paid this month, read off the settled flows.

Source: bookkeeping. Holds for: one buyer. Breaks when: never; it copies.
"""

import jax.numpy as jnp

from kautilya.core.law import Built, Law, Var, View
from kautilya.core.world import World


def build(world: World) -> Built:
    """Shapes of the two parts of the settled routes of law `ship`."""
    return Built(data={"goods": world.shape(("supplier", "offer")),
                       "pay": world.shape(("payment", "supplier"))})


def step(view: View) -> dict:
    """Shipped units [supplier, offer, F] and payments [payment, supplier, F]."""
    flows, goods = view.paid["ship"], view.data["goods"]
    cut = goods[0] * goods[1]
    return {"shipped": flows[:cut].reshape(*goods, -1),
            "payments": jnp.reshape(flows[cut:], (*view.data["pay"], -1))}


LAW = Law(
    name="deliveries", phase="update", step=step, build=build, parts=("S02", "S08"),
    reads=("flow:ship",),
    writes=(Var("shipped", ("supplier", "offer"), "{good}/month", "goods handed over", 0.0),
            Var("payments", ("payment", "supplier"), "{good}/month", "payments made", 0.0)),
)
