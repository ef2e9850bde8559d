r"""Tie: strength of the relation between buyer and supplier, fed by events and by deals.

    tie_t = keep * tie_{t-1} + (1 - keep) * rest (1 - estranged)
            + weight * (met_t + events_t) + supply * shipped_{t-1}

    met      meetings of the two leaders (law `journeys`)                             [1]
    events   weights of treaties, exercises and ministers' visits of the month        [1]
    estranged   1 once friends have turned from each other (law `balance`)            [1]
    shipped  1 where the supplier shipped anything; of the month before, as every law of the
             phase sees what stood before it
    keep     share of the tie that a month leaves                                    [1]

The war itself makes the tie: shipping feeds it, and the treaty may only sign what exists.
It draws the partners together in votes (law `alignment`) and weighs in the Council.
Source: assumed form (exponential smoothing); compared with its own history, not across states.
Holds for: ranking years of one pair. Breaks when: events are counted twice.
"""

import jax.numpy as jnp

from kautilya.core.law import Imposed, Law, Param, Series, Tells, Values, Var, View


def step(view: View) -> Values:
    """Tie strength with each buyer [supplier, F]."""
    p = view.param
    shipped = (view.var["shipped"] > 0).any(axis=-2).astype(float)
    rest = p["rest"] * (1.0 - view.var.get("estranged", 0.0))
    events = view.series["events"] + view.var.get("met", 0.0)
    tie = p["keep"] * view.var["tie"] + (1.0 - p["keep"]) * rest
    tie = tie + p["event"] * events + p["supply"] * shipped
    return {"tie": jnp.asarray(tie)}


# fmt: off
LAW = Law(
    name="tie", plain="ties between states",
    phase="update", step=step, parts=("S01", "S16"), reads=("shipped",), reads_if=("met", "estranged"),
    params=(Param("opening", ("buyer?", "supplier"), "1", "strength of a tie in the first month"),
            Param("rest", ("buyer?", "supplier"), "1", "level that an unfed tie returns to"),
            Param("keep", (), "1", "share of a tie that lasts from month to month"),
            Param("event", (), "1",
                  "gain in tie by a treaty, summit or visit; an event of weight 1", sign="assumed"),
            Param("supply", (), "1", "gain in tie by a month of shipping",
                  sign="assumed")),
    series=(Series("events", ("buyer?", "supplier"), "1",
                   "dated events that feed a tie; weights"),),
    writes=(Var("tie", ("buyer?", "supplier"), "1", "strength of the tie", "opening",
                tells=Tells("tie", {"from": "supplier", "to": "@buyer"})),),
    imposes=(Imposed("treaties, summits and visits never weaken a tie", ("event",)),
             Imposed("shipping never weakens a tie", ("supply",))),
)
