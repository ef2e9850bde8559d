"""The law of the month loop on the rows of the register: what it decides there, and what it is given.

``parts`` turns estimates and covariates into the law's own parameters (log odds of being asked by
part, weights of agreeing); ``judged`` runs the law's compiled step on them, one node of the pair
effect a future, every row a supplier of its own. The backtest of suppliers scores that; a test holds
that it equals the estimates' own formula. What has no history (gain, losses, own ban, spare stock) is
zero there.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from kautilya.core.law import View
from kautilya.estimation.suppliers.classes import CLASSES, Rows
from kautilya.estimation.suppliers.stages import (
    NODES,
    OWN,
    PAST,
    WEIGHTS,
    Stages,
    names,
    packages,
    table,
    together,
)
from kautilya.mechanisms import registry

Array = NDArray[np.float64]
LAW = "choice"
GROUPS = {
    "record": ("record",),
    "reach": ("capacity", "fresh10", "pattern", "shared", "distance"),
    "customer": (*PAST, *OWN),
}
POLITICS = {  # factor of the law: term of the register and its sign there
    "ally": ("pact", 1.0),
    "alignment": ("far", -1.0),
    "us_ally": ("us_ally_embargoed", 1.0),
    "measures": ("measures", 1.0),
    "club": ("club", 1.0),
    "pariah": ("pariah_embargoed", 1.0),
    "democracy": ("democracy", 1.0),
}
CHUNK = 2048  # rows of one call, so that the step is compiled once


def _group(label: str) -> str:
    """The part of the law that a column of the first stage belongs to."""
    bare = label.removeprefix("new ")
    term = bare.split(" ")[0]
    found = next((name for name, terms in GROUPS.items() if term in terms), "ask_base")
    return "customer" if label.startswith("new ") and found == "ask_base" else found


def asking(found: Stages, rows: Rows) -> dict[str, Array]:
    """Log odds of being asked by part [n, CLASSES]; they add up to the whole."""
    scale, plan = found.scale, found.plan
    new = (rows.column("new") > 0).astype(float)[:, None]
    out = {name: np.zeros((len(new), len(CLASSES))) for name in ("ask_base", *GROUPS)}
    for label, weight in zip(names(plan)[0], found.alpha, strict=True):
        words = label.removeprefix("new ").split(" ")
        only = np.array([c == words[-1] for c in CLASSES], dtype=float)
        if label == "" or words[0] == "is":
            out["ask_base"] += weight * (only if words[0] == "is" else 1.0)
            continue
        z = table(rows, words[0], scale[words[0]])
        z = z * only if len(words) > 1 else z
        out[_group(label)] += weight * z * (new if label.startswith("new ") else 1.0)
    return out


def agreeing(found: Stages, rows: Rows) -> dict[str, Array]:
    """Of agreeing: base [CLASSES], dealings [n] in log odds, and the weight of each factor."""
    labels = names(found.plan)[1]
    of = dict(zip(labels, found.beta, strict=True))
    natural = {
        name: weight / found.scale[name][1]
        for name, weight in of.items()
        if name in found.scale and name not in PAST
    }
    shift = sum(w * found.scale[name][0] for name, w in natural.items())
    level = found.beta[0] + found.beta[1 : 1 + len(CLASSES)] - shift
    dealings = np.zeros(len(rows.keys))
    for name in PAST:
        if name in of:
            dealings += of[name] * table(rows, name, found.scale[name])[:, 0]
    factors = {f: sign * natural.get(t, 0.0) for f, (t, sign) in POLITICS.items()}
    return {"base": level, "dealings": dealings, **{f: np.array(x) for f, x in factors.items()}}


def _known(found: Stages, rows: Rows, name: str) -> Array:
    x = table(rows, name)
    return np.where(np.isnan(x), found.scale[name][0] if name in found.scale else 0.0, x)


def parameters(found: Stages, rows: Rows) -> dict[str, Array]:
    """What the law is given [.., n, CLASSES], without the axis of futures."""
    n, c = len(rows.keys), len(CLASSES)
    first, second = asking(found, rows), agreeing(found, rows)
    factors = registry()[LAW].labels["factor"]
    on = np.stack([np.full(c, second.get(name, np.array(0.0))) for name in factors])
    one, nil = np.ones((n, c)), np.array(0.0)
    spread = np.where(rows.column("new") > 0, found.spread[1], found.spread[0])
    return {
        **{name: first[name] for name in GROUPS},
        "ask_base": first["ask_base"],
        "dealings": second["dealings"],
        "base": second["base"],
        "on_politics": on,
        "spread": spread,
        "package": packages(found, rows),
        "standing": np.zeros(n),
        "permit": one,
        "fade": np.array(1.0),
        "on_traits": np.array(1.0),
        "binds": np.ones(c),
        "renewal": np.array(1.0),
        **{
            f"on_{name}": nil
            for name in (
                "again",
                "tie",
                "need",
                "spare",
                "standing",
                "gain",
                "sanctions",
                "affinity",
            )
        },
    }


def _politics(found: Stages, rows: Rows) -> Array:
    factors = registry()[LAW].labels["factor"]
    given = {f: sign * _known(found, rows, t)[:, 0] for f, (t, sign) in POLITICS.items()}
    return np.stack([given.get(name, np.zeros(len(rows.keys))) for name in factors])


def _view(found: Stages, rows: Rows) -> View:
    """One month of the law: rows as suppliers, classes as offers, nodes as futures."""
    n, c, copies = len(rows.keys), len(CLASSES), 5
    wide = {name: jnp.asarray(value)[..., None] for name, value in parameters(found, rows).items()}
    whole, nil = jnp.ones((n, c, 1)), jnp.zeros((n, c, 1))
    place = jnp.broadcast_to(1.0 - ndtr(NODES), (n, copies, len(NODES)))
    var = {
        "deal_gain": jnp.zeros((n, c, len(NODES))),
        "relief": nil,
        "spare": whole,
        "need": whole[:1],
        "gap": whole[:1],
        "shipped": nil,
        "since": nil + 1e9,
        "sent": nil,
        "recorded": nil,  # it is known who had delivered: the history is in the terms of the register
        "dealing": jnp.zeros((n, 1)),
        "driven": jnp.zeros(1),
        "pair_luck": jnp.zeros((n, len(NODES))),
        "seek": jnp.zeros((n, c, len(NODES))),
        "taste": jnp.zeros((n, c, len(NODES))),
        "joined": jnp.zeros((n, c, len(NODES))),
        "politics": jnp.asarray(_politics(found, rows))[..., None],
    }
    half = jnp.full((n, c, copies, len(NODES)), 0.5)
    luck = {
        "pair": place,
        "seek": half,
        "taste": half,
        "joins": half,
        "wait": jnp.full((n, copies - 1, len(NODES)), 1e9),
    }
    return View(jnp.uint32(0), jnp.asarray(1.0), jnp.zeros((1, 1)), var, wide, luck, {}, {}, {})


def judged(found: Stages, rows: Rows) -> tuple[Array, Array]:
    """The law's probability of a delivery by class [n, CLASSES], and of any [n].

    Raises ValueError for a normal effect that moves asking too: the law has none.
    """
    if found.plan.shared and not found.plan.package:
        raise ValueError("in the law a normal effect of the pair moves agreeing alone")
    law, n = registry()[LAW], len(rows.keys)
    step = jax.jit(lambda view: law.step(view)["supply_chance"])
    by_class, any_of = [], []
    for begin in range(0, n, CHUNK):
        pick = np.minimum(np.arange(begin, begin + CHUNK), n - 1)
        p = np.asarray(step(_view(found, rows.take(pick))))[: min(CHUNK, n - begin)]
        by_class.append(p @ WEIGHTS)
        any_of.append(1.0 - np.prod(1.0 - p, axis=1) @ WEIGHTS)
    whole, apart = np.concatenate(by_class), np.concatenate(any_of)
    if not found.plan.package:
        return whole, apart
    return whole, 1.0 - together(whole, np.zeros_like(whole), packages(found, rows))
