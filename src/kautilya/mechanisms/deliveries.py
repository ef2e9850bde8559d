r"""Deliveries: what each supplier shipped and was paid this month, read off the settled flows.

Source: bookkeeping. Holds for: any number of buyers. Breaks when: never; it copies.
"""

from kautilya.core.law import Law, Tells, Values, Var, View


def step(view: View) -> Values:
    """Shipped units [supplier, offer, F] and payments [payment, supplier, F], where any is paid."""
    paid, names = view.paid["ship"], {"goods": "shipped", "payments": "payments"}
    return {name: paid[route] for route, name in names.items() if route in paid}


# fmt: off
LAW = Law(
    name="deliveries", plain="the count of deliveries and payments",
    phase="update", step=step, parts=("S02", "S08"),
    reads=("flow:ship",), optional=("payment",),
    writes=(Var("shipped", ("buyer?", "supplier", "offer"), "{good}/month",
                "goods handed over by a supplier", 0.0,
                nature="amount",
                tells=Tells("flow", {"from": "supplier", "to": "@buyer", "class": "offer"})),
            Var("payments", ("payment", "buyer?", "supplier"), "{good}/month",
                "payments to a supplier", 0.0,
                nature="amount",
                tells=Tells("flow", {"from": "@buyer", "to": "supplier", "class": "payment"}),
                enforced="what is delivered is paid for, in kind as far as the terms let it, and "
                "the model sends nothing that cannot be paid")),
)
