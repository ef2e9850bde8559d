r"""The second process: losses claimed on the ground by the state space of claimed losses.

    z_k = m_k + l_k + a_k x + e        losses/forecaster.py, for tanks, carriers, guns and men

Half of the futures take these four series from it, with the tempo that they share as a driver of its
own; nothing else moves them. In terms of the law `motion`: level m + l, steps w, load a s on a
tempo of unit variance that lasts exp(-1 / months), noise e, bend c of the geometric mean. All else
in these futures, and everything in the others, is the process of the record (hierarchy.py). Which
of the two a future draws goes by the parity of its draw.
Source: the state of the last month given the sizes is normal (rasmussen2006, ch. 2).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from kautilya.estimation.losses import forecaster

Array = NDArray[np.float64]
Key = tuple[str, ...]
CLASSES = ("claim_tank", "claim_apc", "claim_gun", "claim_man")
DRIVER = "ground"
LEAST = 6  # months below which nothing can be estimated
NORMAL = 1e6  # degrees of freedom
NO_BEND = 1e-3  # a power that is a logarithm
PROPOSALS = 384


def state(y: Array, draws: int, seed: int) -> dict[str, Array]:
    """Draws of the state of the last month of y [classes, months] and of the sizes.

    Returns level, walk, noise, load [draws, classes], tempo, lasting, power [draws], and the
    geometric mean [classes].
    """
    rng = np.random.default_rng([seed, 2])
    raised = np.maximum(y, forecaster.LEAST)
    mean = np.exp(np.log(raised).mean(axis=1, keepdims=True))
    known = forecaster.Known(raised / mean, mean)
    found = forecaster.posterior(known, draws, PROPOSALS, rng)
    classes = len(y)
    back, shared, own = np.exp(found.sizes[:, : forecaster.COMMON]).T
    load, level, noise = np.exp(
        found.sizes[:, forecaster.COMMON : -1].reshape(draws, 3, classes)
    ).swapaxes(0, 1)
    last = np.empty((draws, classes + 1))
    sizes, which = np.unique(found.sizes, axis=0, return_inverse=True)
    for i, one in enumerate(sizes):
        pick = np.flatnonzero(which.ravel() == i)
        middle, root = _last(known, one)
        last[pick] = middle + rng.standard_normal((len(pick), classes + 1)) @ root.T
    return {
        "level": last[:, :-1],
        "walk": own[:, None] * level,
        "noise": noise,
        "load": load * shared[:, None],
        "tempo": last[:, -1],
        "lasting": np.exp(-1.0 / back),
        "power": np.maximum(found.sizes[:, -1], NO_BEND),
        "mean": mean[:, 0],
    }


def _last(known: forecaster.Known, sizes: Array) -> tuple[Array, Array]:
    """Mean and a root of the covariance of the last month's levels and tempo (unit variance)."""
    classes, months = known.ratio.shape
    back, shared, own = np.exp(sizes[: forecaster.COMMON])
    load, level, _ = np.exp(sizes[forecaster.COMMON : -1]).reshape(3, classes)
    walk = np.arange(1.0, months + 1.0)  # covariance of the level of the last month with each
    links = [
        np.kron(np.eye(classes)[k], (own * level[k]) ** 2 * walk + forecaster.LEVEL**2)
        for k in range(classes)
    ]
    links.append(np.kron(load * shared, np.exp(-np.arange(months)[::-1] / back)))
    link = np.array(links)
    whole = cho_factor(forecaster.covariance(sizes, classes, months), lower=True)
    middle = link @ cho_solve(whole, forecaster.bent(known.ratio, sizes[-1]).ravel())
    spread = np.diag([*((own * level) ** 2 * months + forecaster.LEVEL**2), 1.0])
    left = spread - link @ cho_solve(whole, link.T)
    value, vector = np.linalg.eigh((left + left.T) / 2.0)
    return middle, vector * np.sqrt(np.maximum(value, 0.0))


def mixed(elements: Mapping[Key, Array], y: Array, seed: int = 0) -> dict[Key, Array]:
    """Elements of the law `motion` [draws], every second of which draws the four series of y
    [CLASSES, months] from the second process. As they are where too little is known."""
    count = len(next(iter(elements.values())))
    out = {key: np.array(value, dtype=float) for key, value in elements.items()}
    factors = {key[2] for key in out if key[:2] == ("motion", "common")}
    labels = {key[3] for key in out if key[:2] == ("motion", "load")}
    still = {"common": 0.0, "lasting": 0.5, "shared_tail": NORMAL, "carries": 1.0}
    out |= {("motion", name, DRIVER): np.full(count, value) for name, value in still.items()}
    out |= {("motion", "load", DRIVER, one): np.zeros(count) for one in sorted(labels)}
    if y.shape[1] < LEAST:
        return out
    turn = np.arange(count) % 2 == 1
    own = state(y, int(turn.sum()), seed)
    out["motion", "common", DRIVER][turn] = own["tempo"]
    out["motion", "lasting", DRIVER][turn] = own["lasting"]
    for k, label in enumerate(CLASSES):
        given: dict[str, Array | float] = {
            name: own[name][:, k] for name in ("level", "walk", "noise")
        }
        given |= {"rise": 0.0, "growth": 0.0, "passing": 0.0, "transient": 0.0}
        given |= {"power": own["power"], "mean": own["mean"][k], "tail": NORMAL}
        for name, value in given.items():
            out["motion", name, label][turn] = value
        for one in sorted(factors):
            out["motion", "load", one, label][turn] = 0.0
        out["motion", "load", DRIVER, label][turn] = own["load"][:, k]
    return out
