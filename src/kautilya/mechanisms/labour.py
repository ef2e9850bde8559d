r"""Labour: men drawn into the army are missing in the economy, and recruits have a price.

    drawn_t    = drawn_{t-1} + intake - released * left          intake: all recruits, those who
                 serve outside the theatre among them; left: of the wounded
    factor     = min(1, ((1 - drawn / W) / (1 - drawn* / W))^elasticity)      times capacity
    bonus      = bonus* (intake / intake*)^slope                              [USD_m/person]
    bill       = bonus * intake * beside_budget; 0 while the record drives     [USD_m/month]
    recruiting = share of last month's bill that was paid; 0 once the war is over
    unfilled   = max(1 - recruits sent to the theatre / (killed + left for good), 0)   the plan is to
                 replace who is lost; 0 once the war is over (law `need`)

    W        labour force                          [person]
    drawn*   drawn at the end of the record: figures of output up to then were published with the
             labour that there was, so the factor is 1 while the record drives; published outlays
             hold the pay of the record's recruits, and men who were called up cost no bonus
    intake*  intake at which the bonus is bonus*   [person/month]

The same law for both sides. Law `pay` pays the bill in the month after.
Source: assumed form (constant elasticities). Holds for: national totals over a few years.
Breaks when: skills, not heads, are short, or women, migrants and hours make up for the men;
no estimate of the slope for this war is in hand.
"""

import jax.numpy as jnp

from kautilya.core.law import Imposed, Law, Param, Values, Var, View


def step(view: View) -> Values:
    """Labour drawn, its factor on capacity, the bill of bonuses, the share recruited."""
    p, var, moved = view.param, view.var, view.paid["manpower"]
    intake = moved["to_training"] + moved["to_elsewhere"]
    drawn = var["drawn"] + intake - p["released"] * moved["left"]
    at_record = jnp.where(view.record > 0, drawn, var["drawn_on_record"])
    left = jnp.maximum(1.0 - drawn / p["workforce"], 1e-6) / (1.0 - at_record / p["workforce"])
    bonus = p["bonus"][:, 0] * (intake / p["intake"]) ** p["slope"]
    lost = moved["killed"] + moved["left"]
    unfilled = 1.0 - moved["to_training"] / jnp.maximum(lost, 1e-9)
    owed, paid = var["bonus_bill"], view.paid["pay"]["bonuses"]
    share = jnp.where(owed > 0, paid / jnp.maximum(owed, 1e-12), 1.0)
    return {
        "drawn": drawn,
        "drawn_on_record": at_record,
        "labour_factor": jnp.minimum(left ** p["elasticity"], 1.0),
        "bonus_bill": bonus * intake * p["beside_budget"] * (1.0 - view.record),
        "unfilled": jnp.maximum(unfilled, 0.0) * var.get("at_war", 1.0),
        "recruiting": share * var.get("at_war", 1.0),
    }


# fmt: off
LAW = Law(
    name="labour", plain="men missing in the economy", phase="update", step=step, parts=("S21",),
    reads=("flow:manpower", "flow:pay"), reads_if=("at_war",),
    units={"person": "person"},
    params=(Param("workforce", ("belligerent",), "person", "labour force before the war"),
            Param("elasticity", (), "1",
                  "how far output follows labour; elasticity", sign="assumed"),
            Param("released", (), "1", "share of those leaving the army who work again"),
            Param("bonus", ("belligerent", "money"), "{good}/person",
                  "bonus paid to a recruit"),
            Param("intake", ("belligerent",), "person/month",
                  "monthly intake at which the bonus is paid"),
            Param("slope", (), "1",
                  "rise of the bonus with the intake; elasticity", sign="assumed"),
            Param("beside_budget", (), "1", "share of the bill for recruits outside the budget")),
    writes=(Var("drawn", ("belligerent",), "person", "labour drawn into the army", 0.0),
            Var("drawn_on_record", ("belligerent",), "person",
                "labour drawn into the army up to the end of the record", 0.0),
            Var("labour_factor", ("belligerent",), "1", "output over output at full labour", 1.0),
            Var("bonus_bill", ("belligerent",), "USD_m/month", "bonuses owed to recruits",
                0.0, nature="amount"),
            Var("unfilled", ("belligerent",), "1", "share of soldiers lost that volunteers do not replace", 0.0,
                nature="mean"),
            Var("recruiting", ("belligerent",), "1", "share of the planned recruits taken", 1.0,
                nature="mean")),
    imposes=(Imposed("labour drawn into the army lowers output", ("elasticity",)),
             Imposed("a larger intake costs more a head", ("slope",))),
)
