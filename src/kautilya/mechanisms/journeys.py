r"""Journeys: how often leaders go abroad, and how often each meets the buyer's.

    met_i     on record: meetings of the two leaders that became known in the month
              after it: 1 with chance 1 - exp(-rate_i open_i / 12)
    abroad_s  on record: journeys abroad of the year over its months; after it: usual_s open_s

    rate    meetings a year before the war, one coding rule for all pairs            [1/year]
    usual   journeys abroad in the usual month of the leader                         [1/month]
    open    1, or 0 for a leader who stays at home, in either place: none meets him

Meetings feed ties (law `tie`) and the personal tie (`affinity`), and observers read one as a signal
(`visibility`). Meetings say that leaders met, not what about.
Source: counts of the scenario's meetings and journeys; a constant rate is assumed.
Holds for: one leader a state. Breaks when: leaders change; a meeting is hidden.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Draw, Law, Need, Param, Series, Values, Var, View
from kautilya.core.world import World


def build(world: World) -> Built:
    """Where the buyer and each supplier stand among the travellers (one past the end: nowhere)."""
    among = world.members("traveller")
    place = [among.index(s) if s in among else len(among) for s in world.members("supplier")]
    return Built(data={"place": np.array(place), "buyer": among.index(world.members("buyer")[0])})


def step(view: View) -> Values:
    """Meetings of the month [supplier, F] and journeys abroad [traveller, F]."""
    p, d, on_record = view.param, view.data, view.record > 0
    whole = jnp.concatenate([p["open"], jnp.ones_like(p["open"][:1])])
    free = whole[d["place"]] * whole[d["buyer"]]
    chance = -jnp.expm1(-p["rate"] * free / 12)
    drawn = (view.luck["occasion"] < chance).astype(float)
    return {
        "met": jnp.where(on_record, view.series["met"] * free, drawn),
        "journeys": jnp.where(on_record, view.series["abroad"], p["usual"]) * p["open"],
    }


# fmt: off
LAW = Law(
    name="journeys", plain="journeys and meetings of leaders",
    phase="observe", step=step, build=build, parts=("S11", "S16"), single=("buyer",),
    needs=(Need("set", "buyer", "whose leader they meet"),
           Need("member", "@buyer", "whom they meet", of="traveller")),
    params=(Param("rate", ("supplier",), "1/year", "meetings of leaders with the buyer's in a year"),
            Param("usual", ("traveller",), "1/month", "journeys abroad of a leader in a usual month"),
            Param("open", ("traveller",), "1", "freedom of a leader to travel; 1 = as usual, 0 = stays at home",
                  path=True)),
    draws=(Draw("occasion", ("supplier",), "uniform"),),
    series=(Series("met", ("supplier",), "1", "meetings of leaders on record; number in the month"),
            Series("abroad", ("traveller",), "1", "journeys of a leader on record; a month of the year")),
    writes=(Var("met", ("supplier",), "1", "meetings of a leader with the buyer's", nature="amount"),
            Var("journeys", ("traveller",), "1", "journeys abroad of a leader", nature="amount")),
)
