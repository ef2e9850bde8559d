r"""Lateness: what a source that learns of things late tells of a month when it is read.

    told = 1 - late exp(-age / delay)     age = months from the end of the month to the reading
         = 1                              months that the reading on record does not reach: a later
                                          one will tell of them when they are complete

    late    share of a month that is not told at its end              [1]
    delay   months in which what is not told falls to a third         [month]
    read    the month, from the run's first, in which it was read     [month]

The law `motion` publishes this share of what happened in the month.
Source: assumed form, a constant chance a month that what is left comes in.
Holds for: a count by the day of the event, of which there is one reading.
Breaks when: courts or a leak bring many names at once, or a source gives up.
"""

import jax.numpy as jnp

from kautilya.core.law import Law, Param, Values, Var, View


def step(view: View) -> Values:
    """Share of the coming month that will be told [watched, F]."""
    p = view.param
    age = p["read"] - view.month - 2.0  # the coming month ends two months after this one begins
    left = p["late"] * jnp.exp(-jnp.maximum(age, 0.0) / p["delay"])
    return {"told": jnp.where(age >= 0, 1.0 - left, 1.0)}


# fmt: off
LAW = Law(
    name="lateness", plain="delay of what is told late",
    phase="update", step=step, parts=("S03",),
    params=(Param("late", ("watched",), "1", "share of a month that its source has not told at its end"),
            Param("delay", ("watched",), "month", "months in which what is not told falls to a third"),
            Param("read", ("watched",), "month", "month, from the first, in which a late source was read",
                  date=True)),
    writes=(Var("told", ("watched",), "1", "share of the coming month that its source tells", 1.0, nature="mean"),),
)
