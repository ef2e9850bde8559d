r"""Erosion: a regime that its own guardians do not enforce wears off.

    b   = min(1, on_panel (1 - panel) + on_deal deal)           breach of the month, 0 .. 1
    e_t = in_force * ( e + (1 - b) recovery (ceiling - e) - b decay e )

    e         enforcement, 0 .. 1                                                      [1]
    panel     1 while the expert panel that reports breaches has a mandate
    deal      1 where the target shipped anything to a permanent member the month before
    recovery, decay   share of the gap closed, share lost, in a month             [1/month]

Sanctions in force that nobody enforces tend to nothing without any vote.
Source: assumed form (first-order return and decay); not identified by any series in hand.
Holds for: national reporting and inspections as one index. Breaks when: a coalition outside
the Council takes over the monitoring, or classes of goods are enforced apart.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Imposed, Law, Need, Param, Values, Var, View
from kautilya.core.world import World


def build(world: World) -> Built:
    """The target among the suppliers, and whether the buyer is a permanent member."""
    own = world.members("buyer")[0] in world.members("permanent")
    target = world.members("supplier").index(world.members("target")[0])
    return Built(data={"target": target, "own": np.array(float(own))})


def step(view: View) -> Values:
    """Enforcement [F]."""
    p, d, var = view.param, view.data, view.var
    deal = d["own"] * (var["shipped"][d["target"]] > 0).any(axis=0)
    breach = jnp.minimum(p["on_panel"] * (1.0 - var["panel_alive"]) + p["on_deal"] * deal, 1.0)
    held = var["enforcement"]
    gained = (1.0 - breach) * p["recovery"] * (p["ceiling"] - held)
    held = held + gained - breach * p["decay"] * held
    return {"enforcement": var["sanctions_in_force"] * held}


# fmt: off
LAW = Law(
    name="erosion", plain="the wear of the sanctions regime",
    phase="update", step=step, build=build, parts=("S18",),
    single=("target", "buyer"), reads=("panel_alive", "sanctions_in_force", "shipped"),
    needs=(Need("set", "target", "the state that the regime is against"),
           Need("set", "buyer", "the member whose deals breach it"),
           Need("set", "permanent", "members who can breach it unpunished"),
           Need("set", "supplier", "where the target stands among suppliers"),
           Need("member", "@target", "deals with it", of="supplier")),
    params=(Param("opening", (), "1", "enforcement of the sanctions regime in the first month"),
            Param("ceiling", (), "1", "enforcement that an unbroken sanctions regime returns to"),
            Param("on_panel", (), "1",
                  "breach of the sanctions regime by the loss of the panel", sign="assumed"),
            Param("on_deal", (), "1",
                  "breach of the sanctions regime by a deal of a permanent member", sign="assumed"),
            Param("recovery", (), "1/month", "share of lost enforcement regained in a month"),
            Param("decay", (), "1/month",
                  "share of enforcement lost in a month of full breach", sign="assumed")),
    writes=(Var("enforcement", (), "1", "enforcement of the sanctions regime; 0 to 1", "opening"),),
    imposes=(Imposed("non-enforcement by permanent members never strengthens the regime",
                     ("on_panel", "on_deal", "decay")),),
)
