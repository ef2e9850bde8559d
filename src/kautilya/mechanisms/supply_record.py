r"""Supply on record: deliveries that are published, within their published ranges.

    recorded = delivered * factor

    delivered   central path between dated anchors    [units/month]
    factor      what is not known of its level        [1], one draw a supplier and class

Source: the scenario's figures; status and grade stand there.
Holds for: the months up to the as-of date. Breaks when: contents of containers are unknown.
"""

from kautilya.core.law import Law, Param, Values, Var, View


def step(view: View) -> Values:
    """Recorded deliveries [supplier, offer, F]; zero once the record no longer drives."""
    return {"recorded": view.param["delivered"] * view.param["factor"] * view.record}


# fmt: off
LAW = Law(
    name="supply_record", plain="deliveries on record",
    phase="observe", step=step, parts=("S02", "S15"),
    params=(Param("delivered", ("buyer?", "supplier", "offer"), "{good}/month",
                  "deliveries on record in a month",
                  path=True),
            Param("factor", ("buyer?", "supplier", "offer"), "1",
                  "error of deliveries; factor on those on record")),
    writes=(Var("recorded", ("buyer?", "supplier", "offer"), "{good}/month",
                "deliveries on record of the month",
                nature="amount"),),
)
