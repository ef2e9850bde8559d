r"""Asked, and agrees given asked: both stages estimated from deliveries by class.

    a = 1 / (1 + exp(-A)),   A = a_c + sum_k asks_ck x_k      asked
    b = 1 / (1 + exp(-B)),   B = b_c + sum_k agrees_k x_k     agrees;  p = a b
    L = sum over pair-years and classes  w log p^y (1 - p)^(1-y)  - penalties
What a pair's classes have in common: with a tie in 15 years a normal effect u, s u in B; without a common shock

    f from  sum over pair-years  w log integral_0^1 prod_c (f [y = (v < p)] + (1 - f) p^y (1 - p)^(1-y)) dv

    f   chance that a class is in the pair's package, all of which one luck v settles; chances by class
        do not depend on it

A register shows the product alone (partial observability), so what is told apart rests on which terms
stand in which stage, and the level of agreeing on a prior. Terms are standardised; a class departs
from the common level, and from the common weight of the terms in ``slopes``, by a shrunken
amount; f is one figure for pairs with a tie in 15 years and one for the others. Maximum a
posteriori by Fisher scoring with halved steps, u on Gauss-Hermite nodes; with a shock classes as if apart
(liangzeger1986), then f given the chances (inference from margins, joe2005); errors by supplier.
Source: poirier1980; common shock marshallolkin1967; ridge lecessie1992; sandwich liangzeger1986.
Holds for: rare deliveries. Breaks when: a term drives both stages in opposite directions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

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
    shared h: how far a normal effect of the pair moves asking as well
    package  classes come together by a common shock, not by a normal effect
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
    package: bool = False


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
    "customers ask, partners agree, packages": PARTNERS._replace(package=True),
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
    "new ties, packages": UNTIED._replace(borrow=0.1, package=True),
}
CHOSEN = ("customers ask, partners agree", "new ties, packages")


class Stages(NamedTuple):
    """Estimates: ``alpha`` and ``beta`` on the columns of ``columns``.

    spread       of a normal effect of the pair, with a tie and without; 0 where classes come in packages
    package      f, with a tie and without, and its errors
    scale        means and sds of the terms, by name     errors  clustered, alpha then beta then log spread
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
    package: tuple[float, float] = (0.0, 0.0)
    package_errors: tuple[float, float] = (0.0, 0.0)


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
    nodes: Array
    shares: Array


def _split(data: _Data, theta: Array) -> tuple[Array, Array, Array]:
    ka, kb = data.asks.shape[2], data.agrees.shape[2]
    spread = np.exp(np.where(data.new, theta[-1], theta[-2]))
    return data.asks @ theta[:ka], data.agrees @ theta[ka : ka + kb], spread


def _nodes(data: _Data, theta: Array) -> tuple[Array, Array, Array, Array]:
    """a and b [n, C, Q], log likelihood of a pair-year [n] and weights of its nodes [n, Q]."""
    lean, will, spread = _split(data, theta)
    moved = spread[:, None, None] * data.nodes
    a = probability(lean[:, :, None] + data.shared * moved)
    b = probability(will[:, :, None] + moved)
    p = np.clip(a * b, 1e-12, 1.0 - 1e-9)
    told = data.came[:, :, None]
    each = (told * np.log(p) + (1.0 - told) * np.log1p(-p)).sum(1) + np.log(data.shares)
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
    of_s = spread * np.einsum("ncq,nq,q->n", on_b + data.shared * on_a, share, data.nodes)
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


def weighed(plan: Plan, rows: Rows, until: int) -> Array:
    """What each row counts [n]: less with age, and outside the panel."""
    age = until - rows.keys["year"].to_numpy(float)
    weight = rows.keys["weight"].to_numpy(float) * 0.5 ** (age / plan.half_life)
    return np.where(rows.keys["panel"].to_numpy(bool), 1.0, plan.borrow) * weight


def estimate(plan: Plan, rows: Rows, until: int, start: Stages | None = None) -> Stages:
    """Fit ``plan`` on ``rows`` (weights in their keys), years to ``until`` losing weight with age."""
    weight = weighed(plan, rows, until)
    scale = scales(plan, rows, weight)
    asks, agrees = columns(plan, rows, scale)
    came = (rows.came > 0).astype(float)
    effect = (np.zeros(1), np.ones(1)) if plan.package else (NODES, WEIGHTS)
    data = _Data(asks, agrees, came, weight, rows.column("new") > 0, plan.shared, *effect)
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
    low, high = np.exp(theta[-2:]) * (not plan.package)
    found = (theta[:ka], theta[ka:-2], (float(low), float(high)), scale, errors, value)
    made = Stages(plan, *found, len(rows.keys), int(came.sum()))
    return packed(made, rows, weight) if plan.package else made


def leanings(found: Stages, rows: Rows) -> tuple[Array, Array, Array]:
    """A [n, C], B [n, C] and the spread of the pair effect [n]."""
    asks, agrees = columns(found.plan, rows, found.scale)
    spread = np.where(rows.column("new") > 0, found.spread[1], found.spread[0])
    return asks @ found.alpha, agrees @ found.beta, spread


def packages(found: Stages, rows: Rows) -> Array:
    """f of each pair [n]."""
    return np.where(rows.column("new") > 0, found.package[1], found.package[0])


def together(p: Array, came: Array, package: Array | float) -> Array:
    """Probability that just these classes come [n]; p, came [n, C], package f [n] or one figure."""
    f = np.asarray(package, dtype=float)[..., None, None]
    edges = np.hstack([np.zeros((len(p), 1)), np.sort(p, axis=1), np.ones((len(p), 1))])
    middle = 0.5 * (edges[:, 1:] + edges[:, :-1])
    common = (middle[:, :, None] < p[:, None, :]) == (came[:, None, :] > 0)
    own = np.where(came > 0, p, 1.0 - p)[:, None, :]
    return np.asarray((np.diff(edges) * (f * common + (1.0 - f) * own).prod(axis=2)).sum(axis=1))


def of_package(
    p: Array, came: Array, weight: Array, supplier: NDArray[np.int_]
) -> tuple[float, float]:
    """f and its error, by supplier, from which classes came together, given the chances p [n, C]."""

    def told(f: float) -> Array:
        return np.log(np.maximum(together(p, came, f), 1e-300))

    found = minimize_scalar(
        lambda f: -float(weight @ told(f)), bounds=(0.0, 0.95), method="bounded"
    )
    at, step = float(np.clip(found.x, 0.002, 0.948)), 1e-3
    up, here, down = (told(x) for x in (at + step, at, at - step))
    bread = -float(weight @ (up - 2.0 * here + down)) / step**2
    score = np.bincount(supplier, weight * (up - down) / (2.0 * step))
    return float(found.x), float(np.sqrt((score**2).sum()) / max(bread, 1e-9))


def packed(found: Stages, rows: Rows, weight: Array, picked: tuple[str, ...] = CLASSES) -> Stages:
    """The same estimates with f of pairs with a tie and without, from the classes ``picked``."""
    lean, will, _ = leanings(found, rows)
    at = [CLASSES.index(one) for one in picked]
    p = (probability(lean) * probability(will))[:, at]
    came = (rows.came > 0)[:, at].astype(float)
    supplier = np.unique(rows.keys["s"].to_numpy(), return_inverse=True)[1]
    new, out = rows.column("new") > 0, []
    for own in (~new, new):
        hit = came[own].sum(axis=1).max(initial=0) > 1
        out.append(of_package(p[own], came[own], weight[own], supplier[own]) if hit else (0.0, 0.0))
    return found._replace(package=(out[0][0], out[1][0]), package_errors=(out[0][1], out[1][1]))


def chances(found: Stages, rows: Rows) -> tuple[Array, Array]:
    """Probability of a delivery by class [n, C], and of any [n], what the pair has in common integrated."""
    if found.plan.package:
        lean, will, _ = leanings(found, rows)
        p = probability(lean) * probability(will)
        return p, 1.0 - together(p, np.zeros_like(p), packages(found, rows))
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
    """All deliveries and a weighted share of the other rows, for fits that are made many times; what
    the decision rests on is fitted on all rows (docs/supplier-protocol.md says what the draw moves)."""
    hit = (rows.came > 0).any(1)
    tied = (rows.column("ever") > 0) & (rows.column("freq15") > 0)
    panel = rows.keys["panel"].to_numpy(bool)
    rate = np.where(hit, 1.0, np.where(tied, 0.35, np.where(panel, 0.06, 0.15)))
    keep = np.random.default_rng(seed).random(len(rate)) < rate
    out = rows.take(keep)
    return out._replace(keys=out.keys.assign(weight=out.keys["weight"] / rate[keep]))
