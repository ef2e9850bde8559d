r"""Expansion: output of new weapons grows by investment, slower every year, as far as men and parts allow.

    rate  = log 2 doublings / 12 * damping^(years since it began)      0 before   [1/month]
    grown = grown_{t-1} exp(rate * hands * parts)                      1 while the record drives

    grown     output over that of the record's end, capacity's path apart; law `production` takes it
    doublings of output in a year at the start; 12 over it is the doubling time in months   [1/year]
    damping   share of the rate that a year leaves                                          [1/year]
    begun     month, from the run's first, in which the build-up began                      [month]
    hands     labour over full labour (law `labour`), 1 if no law says so                   [1]
    parts     imported parts at hand over what a month used, at most 1: without parts no new lines

Up to the end of the record output is what was published; the law carries it on. The rate is that
of a reference class: first-year growth and damping of 38 series of earlier wars.
Source: damped exponential growth (sterman2000, ch. 9); rates are assumed after that class.
Holds for: weapons made in series by plant that is being built. Breaks when: demand ends, or works
are bombed.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Imposed, Law, Param, Values, Var, View, stages
from kautilya.core.numerics import log
from kautilya.core.world import World

YEAR = 12.0


def build(world: World) -> Built:
    """Each maker's dual-use stock."""
    held = world.grid(world.members("belligerent"), ["component"], "ready")[:, 0]
    return Built(data={"held": held})


def step(view: View) -> Values:
    """Output over that of the record's end [belligerent, made, F]."""
    p, used = view.param, view.paid["production"]
    since = (view.month - p["begun"]) / YEAR
    rate = (
        np.log(2.0) / YEAR * p["doublings"] * jnp.exp(log(p["damping"]) * jnp.maximum(since, 0.0))
    )
    month = used["used"].sum(axis=1) + used["used_elsewhere"]
    parts = jnp.minimum(view.stock[view.data["held"]] / jnp.maximum(month, 1e-9), 1.0)
    hands = view.var.get("labour_factor", jnp.ones_like(parts))
    model = 1.0 - view.record
    risen = jnp.where(since >= 0, rate, 0.0) * (hands * parts)[:, None] * model
    return {"grown": jnp.where(model > 0, view.var["grown"], 1.0) * jnp.exp(risen)}


# fmt: off
LAW = Law(
    name="expansion", plain="growth of the output of new weapons",
    phase="update", step=step, build=build, parts=("S09", "S14", "S21"), cites=("sterman2000",),
    reads=("flow:production",), reads_if=("labour_factor",), units={"component": "USD_m"},
    needs=stages(("ready",), "dual-use goods that output uses up", "component", "belligerent"),
    params=(Param("doublings", ("belligerent", "made"), "1/year",
                  "doublings of the output of a weapon in a year at the start; 0 = it does not grow",
                  sign="assumed", absent=0.0),
            Param("damping", (), "1/year", "share of the growth of output that a year leaves"),
            Param("begun", ("belligerent", "made"), "month",
                  "month, from the first, in which the build-up of output began", absent=0.0, date=True)),
    writes=(Var("grown", ("belligerent", "made"), "1",
                "output of a weapon over that of the record's end; growth by investment alone", 1.0,
                nature="mean"),),
    imposes=(Imposed("output of new weapons never falls by itself while parts and men last", ("doublings",)),),
)
