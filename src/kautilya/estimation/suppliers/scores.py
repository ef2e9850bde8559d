"""Scores of ranked rare events: average precision, recall at k, log score, block bootstrap.

    AP = sum_n (R_n - R_{n-1}) P_n over distinct thresholds (as scikit-learn defines it)
    recall at k = share of the deliveries that stand among the first k candidates of their
                  recipient-year; ties across the k-th place count by their expected share
    log score = -1000 mean(y log p + (1-y) log(1-p))

Source: average precision, scikit-learn user guide 3.4; log score good1952.
Intervals: resampling of whole recipients (cluster bootstrap, cameron2008).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
FLOOR = 1e-6  # a forecast of exactly 0 would make one miss worth infinity


class Sorted(NamedTuple):
    """What does not change between bootstrap draws: order, ends of ties, hits at k, log loss."""

    order: NDArray[np.int64]
    ends: NDArray[np.int64]
    y: Array
    loss: Array
    hits: dict[int, Array]


def hits_at(y: Array, p: Array, group: Array, k: int) -> Array:
    """Expected hit [n] of each delivery among the first k of its group; 0 where y = 0."""
    order = np.lexsort((-p, group))
    g, q = group[order], p[order]
    start = np.r_[True, g[1:] != g[:-1]]
    first = np.maximum.accumulate(np.where(start, np.arange(len(g)), 0))
    fresh = start | np.r_[True, q[1:] != q[:-1]]
    tie = np.cumsum(fresh) - 1
    size = np.bincount(tie)
    before = (np.flatnonzero(fresh) - first[fresh])[tie]
    out = np.zeros(len(y))
    out[order] = np.clip((k - before) / size[tie], 0.0, 1.0)
    return out * y


def prepare(y: Array, p: Array, group: Array, ks: tuple[int, ...] = (5, 10)) -> Sorted:
    """Everything that the scores need, sorted once. y, p, group [n]."""
    order = np.argsort(-p, kind="stable")
    q = p[order]
    ends = np.flatnonzero(np.r_[q[1:] != q[:-1], True])
    safe = np.clip(p, FLOOR, 1.0 - FLOOR)
    loss = -(y * np.log(safe) + (1.0 - y) * np.log(1.0 - safe))
    return Sorted(order, ends, y.astype(float), loss, {k: hits_at(y, p, group, k) for k in ks})


def weighted(s: Sorted, w: Array) -> dict[str, float]:
    """All scores under row weights w [n] (the multiplicities of a bootstrap draw)."""
    wy = w * s.y
    total = wy.sum()
    if total == 0:
        return dict.fromkeys(["ap", *(f"recall{k}" for k in s.hits), "log1000"], float("nan"))
    good = np.cumsum(wy[s.order])[s.ends]
    seen = np.cumsum(w[s.order])[s.ends]
    precision = np.divide(good, seen, out=np.zeros_like(good), where=seen > 0)
    ap = float((np.diff(good, prepend=0.0) * precision).sum() / total)
    recalls = {f"recall{k}": float((w * h).sum() / total) for k, h in s.hits.items()}
    return {"ap": ap, **recalls, "log1000": float(1000.0 * (w * s.loss).sum() / w.sum())}


def average_precision(y: Array, p: Array) -> float:
    """Average precision of forecasts p [n] for outcomes y [n] (ties share one threshold)."""
    s = prepare(np.asarray(y, float), np.asarray(p, float), np.zeros(len(y)))
    return weighted(s, np.ones(len(y)))["ap"]


def recall_at(y: Array, p: Array, group: Array, k: int) -> float:
    """Share of deliveries among the first k candidates of their group (recipient-year)."""
    y = np.asarray(y, float)
    return float(hits_at(y, np.asarray(p, float), np.asarray(group), k).sum() / y.sum())


def log_score(y: Array, p: Array) -> float:
    """1000 times the mean negative log likelihood."""
    y, p = np.asarray(y, float), np.clip(np.asarray(p, float), FLOOR, 1.0 - FLOOR)
    return float(-1000.0 * np.mean(y * np.log(p) + (1.0 - y) * np.log(1.0 - p)))


def table(
    y: Array, forecasts: dict[str, Array], recipient: Array, year: Array, draws: int = 300
) -> pd.DataFrame:
    """One row per forecast: scores with 90 % intervals from resampled recipients.

    The same draws serve every forecast, so differences between rows are paired.
    """
    rng = np.random.default_rng(20060101)
    blocks, which = np.unique(recipient, return_inverse=True)
    lots = [
        np.bincount(rng.integers(0, len(blocks), len(blocks)), minlength=len(blocks))
        for _ in range(draws)
    ]
    group = recipient.astype(float) * 10000 + year
    rows = []
    for name, p in forecasts.items():
        ready = prepare(y, p, group)
        point = weighted(ready, np.ones(len(y)))
        sample = pd.DataFrame([weighted(ready, lot[which].astype(float)) for lot in lots])
        row: dict[str, object] = {"forecast": name}
        for score, value in point.items():
            low, high = np.nanquantile(sample[score], [0.05, 0.95]) if draws else (np.nan, np.nan)
            row |= {score: value, f"{score}_low": low, f"{score}_high": high}
        rows.append(row | {"rows": len(y), "events": int(y.sum()), "blocks": len(blocks)})
    return pd.DataFrame(rows)
