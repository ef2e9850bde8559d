r"""Fire: what lack of rounds takes from it, and exchanges by salvo.

    m(r) = s(r) - s(0),   s(r) = smooth-min(1, r) = -tau log(e^(-1/tau) + e^(-r/tau))
    loss per salvo = clip((alpha R - delta B) / w, 0, B)                            (hughes1995)

    r      rounds available / rounds demanded [1]
    alpha  well-aimed missiles per attacker and salvo      delta  missiles stopped per defender
    w      hits that put one defender out of action

Source: the salvo as in hughes1995; m is the usual log-sum-exp, assumed.
Holds for: rounds shared evenly; one salvo at a time, both sides firing on opening numbers.
Breaks when: rounds are hoarded by sector; missiles arrive over hours.

Numbers or arrays with futures on the last axis; shapes broadcast; nothing is raised.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax.typing import ArrayLike

from kautilya.mechanisms.formulas.smooth import Numbers, safe_div, smooth_min


def ammunition_limit(ratio: ArrayLike, tau: ArrayLike) -> Numbers:
    """Return the share of a force that can fire [1] at `ratio` = rounds available / demanded.

    ratio >= 0 [1], tau > 0 [1] (the smoothing). Zero rounds give exactly zero, which is why the
    curve's own value at zero (1e-10 at tau = 0.05) is taken off. Source: log-sum-exp, assumed.
    """
    return smooth_min(1.0, ratio, tau) - smooth_min(1.0, 0.0, tau)


def hughes1995(attackers: ArrayLike, defenders: ArrayLike, offence: ArrayLike,
               defence: ArrayLike, staying: ArrayLike) -> Numbers:
    """Return the defenders put out of action by one salvo [units], between 0 and all.

    attackers, defenders [units]; offence alpha and defence delta [missiles/unit]; staying power
    w > 0 [missiles/unit]; w = 0 means no unit can be hit. Source: hughes1995.
    """
    leak = safe_div(offence * jnp.asarray(attackers) - defence * jnp.asarray(defenders), staying)
    return jnp.clip(leak, 0.0, defenders)
