r"""Deliveries: what each supplier shipped and was paid this month, read off the settled flows.

    unpaid_i = max( sum_g deal_ig shipped_ig - sum_k worth_ik price_k paid_ik, 0 )

    deal, worth   worth to the supplier of a unit sold, and of a dollar paid (law `terms`)
    price         of a unit of payment                              [USD_m/unit]

A delivery on record stands whether or not somebody saw what was given for it; what is left is told and
not explained: a gift, a debt that nobody counted, a payment that nobody saw, a price that is wrong.
While the model drives, what cannot be paid is not sent, so nothing is left.
Source: bookkeeping. Holds for: any number of buyers. Breaks when: never; it copies.
"""

import jax.numpy as jnp

from kautilya.core.law import Law, Tells, Values, Var, View
from kautilya.core.numerics import added


def unpaid(view: View) -> jnp.ndarray:
    """Worth to the supplier of what it sent and nothing was seen to be given for [(buyer), supplier, F]."""
    shipped, paid, var = view.paid["ship"]["goods"], view.paid["ship"].get("payments"), view.var
    if paid is None or "deal" not in var:
        return jnp.zeros_like(shipped[..., 0, :])
    each = jnp.expand_dims(var["worth"] * var["unit_price"][:, None], range(1, paid.ndim - 2))
    owed = added(var["deal"] * shipped, -2)
    left = owed - added(each * paid, 0)
    return jnp.where(left > 1e-9 * owed, left, 0.0)  # less is rounding


def step(view: View) -> Values:
    """Shipped units [supplier, offer, F] and payments [payment, supplier, F], where any is paid."""
    paid, names = view.paid["ship"], {"goods": "shipped", "payments": "payments"}
    return {name: paid[route] for route, name in names.items() if route in paid} | {
        "unpaid": unpaid(view)
    }


# fmt: off
LAW = Law(
    name="deliveries", plain="the count of deliveries and payments",
    phase="update", step=step, parts=("S02", "S08"),
    reads=("flow:ship",), reads_if=("deal", "worth", "unit_price"), optional=("payment",),
    writes=(Var("shipped", ("buyer?", "supplier", "offer"), "{good}/month",
                "goods handed over by a supplier", 0.0,
                nature="amount",
                tells=Tells("flow", {"from": "supplier", "to": "@buyer", "class": "offer"})),
            Var("payments", ("payment", "buyer?", "supplier"), "{good}/month",
                "payments to a supplier", 0.0,
                nature="amount",
                tells=Tells("flow", {"from": "@buyer", "to": "supplier", "class": "payment"}),
                enforced="what is delivered is paid for, in kind as far as the terms let it, and "
                "the model sends nothing that cannot be paid"),
            Var("unpaid", ("buyer?", "supplier"), "USD_m/month",
                "worth of deliveries for which nothing was seen to be given", nature="amount")),
)
