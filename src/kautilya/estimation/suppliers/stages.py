r"""Asked, and agrees given asked: both stages estimated from deliveries by class.

    a = 1 / (1 + exp(-A)),   A = a_c + sum_k asks_ck x_k + h s u      asked
    b = 1 / (1 + exp(-B)),   B = b_c + sum_k agrees_k x_k + s u       agrees; u normal, of the pair
    L = sum over pair-years  w log E_u prod_c (a b)^y (1 - a b)^(1-y)  - penalties

A register shows the product alone (partial observability), so what is told apart rests on which terms
stand in which stage, and the level of agreeing on a prior. Terms are standardised; a class departs
from the common level, and from the common weight of the terms in ``slopes``, by a shrunken
amount; s is one figure for pairs with a tie in 15 years and one for the others. Maximum a
posteriori by Fisher scoring with halved steps, u on Gauss-Hermite nodes; errors by supplier.
Source: poirier1980; ridge lecessie1992; sandwich liangzeger1986.
Holds for: rare deliveries. Breaks when: a term drives both stages in opposite directions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kautilya.estimation.suppliers.classes import CLASSES, PAIR, Rows
from kautilya.estimation.suppliers.logit import probability

Array = NDArray[np.float64]
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
PAST = ("lag1", "freq5", "freq15", "fading", "tiv5", "run", "ever", "new")
OWN = ("class_lag1", "class_freq5", "class_fading", "class_ever")
COULD = ("record", "capacity", "fresh10", "pattern", "shared", "demand", "demand_class")
PLACE = ("war", "embargoed", "distance")
POLITICS = ("pact", "far", "democracy", "us_ally_embargoed", "measures", "club", "pariah_embargoed")
BROAD = ("pariah", *POLITICS)
STEPS, CLOSE = 60, 1e-4
LEVEL_SHRUNK, SLOPE_SHRUNK = 2.0, 20.0  # precision of a class's departure from the common


class Plan(NamedTuple):
    """A specification: terms of both stages, terms whose weight departs by class, penalties.

    fresh  terms whose weight in asking is another one without a tie in 15 years
    level  mean and standard deviation of the prior on the common level of agreeing
    borrow weight of a dyad outside the panel of embargoed recipients
    shared h: how far the pair effect moves asking as well
    """

    asks: tuple[str, ...]
    agrees: tuple[str, ...]
    slopes: tuple[str, ...] = ("record", "class_fading")
    fresh: tuple[str, ...] = ()
    ridge: float = 10.0
    half_life: float = 15.0
    level: tuple[float, float] = (0.5, 0.5)
    borrow: float = 1.0
    shared: float = 0.0


EVERY = (*PAST, *OWN, *COULD, *PLACE)
FRESH = ("capacity", "shared", "demand", "record", "distance", "demand_class")
PARTNERS = Plan((*OWN, "new", *COULD, *PLACE), (*PAST, *POLITICS), fresh=FRESH)
UNTIED = Plan(("ever", *COULD, *PLACE), POLITICS, slopes=("record",))
BOTH = ("other", "class_fading", *POLITICS)
PLANS = {  # for all candidates; every one that was scored, in the order in which it was
    "stages": Plan(EVERY, BOTH),
    "one stage": Plan((*EVERY, "other", *POLITICS), (), fresh=FRESH, level=(12.0, 0.01)),
    "stages, new ties apart": Plan(EVERY, BOTH, fresh=FRESH),
    "a fifth from free dyads": Plan(EVERY, BOTH, fresh=FRESH, borrow=0.2),
    "a fifth, record of arming": Plan(EVERY, ("pariah", *BOTH), fresh=FRESH, borrow=0.2),
    "customers ask, partners agree": PARTNERS,
}
NEW_PLANS = {  # for candidates without a tie in 15 years
    "new ties": UNTIED,
    "new ties, a tenth from free dyads": UNTIED._replace(borrow=0.1),
    "new ties, record of arming": UNTIED._replace(agrees=BROAD, borrow=0.3),
    "new ties, pair effect in both stages": UNTIED._replace(borrow=0.1, shared=1.0),
    "new ties, pair effect in both, all dyads alike": UNTIED._replace(shared=1.0),
    "new ties, one stage": Plan(
        (*UNTIED.asks, *BROAD), (), slopes=("record",), level=(12.0, 0.01), borrow=0.1
    ),
}
CHOSEN = ("customers ask, partners agree", "new ties, pair effect in both stages")


class Stages(NamedTuple):
    """Estimates: ``alpha`` and ``beta`` on the columns of ``columns``; spread of the pair effect.

    means, sds   of the terms, by name           errors  clustered, alpha then beta then log spread
    """

    plan: Plan
    alpha: Array
    beta: Array
    spread: tuple[float, float]
    scale: dict[str, tuple[float, float]]
    errors: Array
    value: float
    pairs: int
    events: int


def table(rows: Rows, name: str, scale: tuple[float, float] | None = None) -> Array:
    """A covariate [n, CLASSES], natural or standardised; missing values stand at the mean."""
    found = rows.column(name)
    wide = np.repeat(found[:, None], len(CLASSES), 1) if name in PAIR else found
    wide = wide.astype(float)
    return wide if scale is None else np.nan_to_num((wide - scale[0]) / scale[1])


def names(plan: Plan) -> tuple[list[str], list[str]]:
    """What the columns of both stages are called."""
    asks = ["", *(f"is {c}" for c in CLASSES), *plan.asks]
    asks += [f"{term} {c}" for term in plan.slopes for c in CLASSES]
    asks += [f"new {term}" for term in plan.fresh]
    return asks, ["", *(f"is {c}" for c in CLASSES), *plan.agrees]


def columns(plan: Plan, rows: Rows, scale: dict[str, tuple[float, float]]) -> tuple[Array, Array]:
    """The two designs [n, CLASSES, columns]."""
    n, c = len(rows.keys), len(CLASSES)
    one, eye = np.ones((n, c, 1)), np.broadcast_to(np.eye(c), (n, c, c))
    of = {name: table(rows, name, scale[name])[:, :, None] for name in (*plan.asks, *plan.agrees)}
    new = (rows.column("new") > 0).astype(float)[:, None, None]
    asks = [one, eye, *(of[t] for t in plan.asks), *(eye * of[t] for t in plan.slopes)]
    asks += [new * of[t] for t in plan.fresh]
    return np.concatenate(asks, 2), np.concatenate([one, eye, *(of[t] for t in plan.agrees)], 2)


def _penalty(plan: Plan) -> tuple[Array, Array]:
    """Precision and mean of the prior of every coefficient and of both log spreads."""
    asks, agrees = names(plan)
    many = len(CLASSES)

    def of(labels: list[str]) -> list[float]:
        shrunk = {name: SLOPE_SHRUNK for name in (f"{t} {c}" for t in plan.slopes for c in CLASSES)}
        return [
            0.0,
            *[LEVEL_SHRUNK] * many,
            *(shrunk.get(x, plan.ridge) for x in labels[1 + many :]),
        ]

    first, second = of(asks), of(agrees)
    second[0] = 1.0 / plan.level[1] ** 2
    mean = np.zeros(len(first) + len(second) + 2)
    mean[len(first)] = plan.level[0]
    return np.array([*first, *second, 1.0, 1.0]), mean


class _Data(NamedTuple):
    asks: Array
    agrees: Array
    came: Array
    weight: Array
    new: NDArray[np.bool_]
    shared: float


def _split(data: _Data, theta: Array) -> tuple[Array, Array, Array]:
    ka, kb = data.asks.shape[2], data.agrees.shape[2]
    spread = np.exp(np.where(data.new, theta[-1], theta[-2]))
    return data.asks @ theta[:ka], data.agrees @ theta[ka : ka + kb], spread


def _nodes(data: _Data, theta: Array) -> tuple[Array, Array, Array, Array]:
    """a and b [n, C, Q], log likelihood of a pair-year [n] and weights of its nodes [n, Q]."""
    lean, will, spread = _split(data, theta)
    moved = spread[:, None, None] * NODES
    a = probability(lean[:, :, None] + data.shared * moved)
    b = probability(will[:, :, None] + moved)
    p = np.clip(a * b, 1e-12, 1.0 - 1e-9)
    told = data.came[:, :, None]
    each = (told * np.log(p) + (1.0 - told) * np.log1p(-p)).sum(1) + np.log(WEIGHTS)
    top = each.max(1, keepdims=True)
    whole = top[:, 0] + np.log(np.exp(each - top).sum(1))
    return a, b, whole, np.exp(each - whole[:, None])


def _value(data: _Data, theta: Array, prior: tuple[Array, Array]) -> float:
    short = theta - prior[1]
    return float((data.weight * _nodes(data, theta)[2]).sum() - 0.5 * (prior[0] * short**2).sum())


def _scores(data: _Data, theta: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Of A, B [n, C] and of the log spread [n]: scores; of A and B: Fisher information [n, C]."""
    a, b, _, share = _nodes(data, theta)
    p = np.clip(a * b, 1e-12, 1.0 - 1e-9)
    gap = (data.came[:, :, None] - p) / (1.0 - p)  # d log likelihood / d log p
    on_a, on_b = gap * (1.0 - a), gap * (1.0 - b)
    of_a = np.einsum("ncq,nq->nc", on_a, share)
    spread = _split(data, theta)[2]
    of_b = np.einsum("ncq,nq->nc", on_b, share)
    of_s = spread * np.einsum("ncq,nq,q->n", on_b + data.shared * on_a, share, NODES)
    odds = p / (1.0 - p)
    info_a = np.einsum("ncq,nq->nc", odds * (1.0 - a) ** 2, share)
    info_b = np.einsum("ncq,nq->nc", odds * (1.0 - b) ** 2, share)
    return of_a, of_b, of_s, info_a, info_b


def _system(data: _Data, theta: Array, prior: tuple[Array, Array]) -> tuple[Array, Array, Array]:
    """Gradient, approximate information, and the scores of each pair-year [n, k]."""
    of_a, of_b, of_s, info_a, info_b = _scores(data, theta)
    w = data.weight
    per = np.hstack(
        [
            np.einsum("nc,nck->nk", of_a, data.asks),
            np.einsum("nc,nck->nk", of_b, data.agrees),
            np.where(data.new, 0.0, of_s)[:, None],
            np.where(data.new, of_s, 0.0)[:, None],
        ]
    )
    root = [np.sqrt(np.maximum(i, 0.0) * w[:, None])[:, :, None] for i in (info_a, info_b)]
    joint = np.concatenate([root[0] * data.asks, root[1] * data.agrees], 2)
    flat = joint.reshape(-1, joint.shape[2])
    info = np.zeros((len(theta), len(theta)))
    info[:-2, :-2] = flat.T @ flat
    info[-2:, -2:] = np.diag((per[:, -2:] ** 2 * w[:, None]).sum(0) + 1.0)
    gradient = per.T @ w - prior[0] * (theta - prior[1])
    return gradient, info + np.diag(np.maximum(prior[0], 1e-8)), per


def scales(plan: Plan, rows: Rows, weight: Array) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation of each term, weighted."""
    out = {}
    for name in dict.fromkeys((*plan.asks, *plan.agrees)):
        x = table(rows, name)
        known = ~np.isnan(x) * weight[:, None]
        mean = float((np.nan_to_num(x) * known).sum() / known.sum())
        sd = float(np.sqrt((np.nan_to_num(x - mean) ** 2 * known).sum() / known.sum()))
        out[name] = (mean, sd if sd > 1e-9 else 1.0)
    return out


def _climbed(data: _Data, theta: Array, prior: tuple[Array, Array]) -> tuple[Array, float]:
    value = _value(data, theta, prior)
    for _ in range(STEPS):
        gradient, info, _ = _system(data, theta, prior)
        step = np.linalg.solve(info, gradient)
        step *= min(1.0, 2.0 / np.abs(step).max())
        before = value
        while (value := _value(data, theta + step, prior)) < before and np.abs(step).max() > 1e-8:
            step = 0.5 * step
        if value < before:
            return theta, before
        theta = theta + step
        if value - before < CLOSE * 10:
            break
    return theta, value


def estimate(plan: Plan, rows: Rows, until: int, start: Stages | None = None) -> Stages:
    """Fit ``plan`` on ``rows`` (weights in their keys), years to ``until`` losing weight with age."""
    weight = rows.keys["weight"].to_numpy(float)
    weight = weight * 0.5 ** ((until - rows.keys["year"].to_numpy(float)) / plan.half_life)
    weight = np.where(rows.keys["panel"].to_numpy(bool), 1.0, plan.borrow) * weight
    scale = scales(plan, rows, weight)
    asks, agrees = columns(plan, rows, scale)
    came = (rows.came > 0).astype(float)
    data = _Data(asks, agrees, came, weight, rows.column("new") > 0, plan.shared)
    prior = _penalty(plan)
    theta, ka = prior[1].copy(), asks.shape[2]
    theta[0] = np.log(np.average(came.mean(1), weights=weight))
    if start is not None:
        theta = np.r_[start.alpha, start.beta, np.log(start.spread)]
    theta, value = _climbed(data, theta, prior)
    _, info, per = _system(data, theta, prior)
    groups, which = np.unique(rows.keys["s"].to_numpy(), return_inverse=True)
    score = np.zeros((len(groups), len(theta)))
    np.add.at(score, which, per * weight[:, None])
    bread = np.linalg.inv(info)
    errors = np.sqrt(np.diag(bread @ (score.T @ score) @ bread))
    low, high = np.exp(theta[-2:])
    found = (theta[:ka], theta[ka:-2], (float(low), float(high)), scale, errors, value)
    return Stages(plan, *found, len(rows.keys), int(came.sum()))


def leanings(found: Stages, rows: Rows) -> tuple[Array, Array, Array]:
    """A [n, C], B [n, C] and the spread of the pair effect [n]."""
    asks, agrees = columns(found.plan, rows, found.scale)
    spread = np.where(rows.column("new") > 0, found.spread[1], found.spread[0])
    return asks @ found.alpha, agrees @ found.beta, spread


def chances(found: Stages, rows: Rows) -> tuple[Array, Array]:
    """Probability of a delivery by class [n, C], and of any [n], the pair effect integrated."""
    lean, will, spread = leanings(found, rows)
    by_class, none = np.zeros_like(lean), np.zeros(len(lean))
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        moved = spread[:, None] * node
        p = probability(lean + found.plan.shared * moved) * probability(will + moved)
        by_class += weight * p
        none += weight * np.prod(1.0 - p, axis=1)
    return by_class, 1.0 - none


class Judges(NamedTuple):
    """The decision: one fit for candidates with a tie in 15 years, one for the others, and the level of
    the latter, from windows inside the training years."""

    standing: Stages
    fresh: Stages
    level: float


def natural(found: Stages) -> dict[str, tuple[float, float]]:
    """Weights per natural unit and their errors: ``asks x``, ``agrees x`` for common weights."""
    out, at = {}, 0
    for stage, labels in zip(("asks", "agrees"), names(found.plan), strict=True):
        values = found.alpha if stage == "asks" else found.beta
        for n, label in enumerate(labels):
            sd = found.scale.get(label.removeprefix("new "), (0.0, 1.0))[1]
            out[f"{stage} {label}"] = (values[n] / sd, found.errors[at + n] / sd)
        at += len(labels)
    return out


def thinned(rows: Rows, seed: int = 7) -> Rows:
    """The rows that a fit needs: all deliveries, a weighted share of the others."""
    hit = (rows.came > 0).any(1)
    tied = (rows.column("ever") > 0) & (rows.column("freq15") > 0)
    panel = rows.keys["panel"].to_numpy(bool)
    rate = np.where(hit, 1.0, np.where(tied, 0.35, np.where(panel, 0.06, 0.15)))
    keep = np.random.default_rng(seed).random(len(rate)) < rate
    out = rows.take(keep)
    return out._replace(keys=out.keys.assign(weight=out.keys["weight"] / rate[keep]))
