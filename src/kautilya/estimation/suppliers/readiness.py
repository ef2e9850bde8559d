"""The decision as it is scored: two fits by whether there is a tie, and the level of new ties.

    with a tie in 15 years      the plan ``CHOSEN[0]``, fitted on all rows
    without                     the plan ``CHOSEN[1]``, fitted on such rows;
                                P(any) -> 1 - (1 - P)^exp(c), so that forecasts and deliveries of the
                                windows inside the training years agree in number

The windows are five years each, forecast from the years before. New ties get rarer with time, so a
level fitted on the past is too high. Probabilities come from the compiled law (``engine.judged``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya.estimation.suppliers import engine, stages
from kautilya.estimation.suppliers.classes import CLASSES, Rows
from kautilya.estimation.suppliers.logit import probability
from kautilya.estimation.suppliers.scores import prepare, weighted
from kautilya.estimation.suppliers.stages import Judges, Stages

Array = NDArray[np.float64]
WINDOW, WINDOWS = 5, 3


def _fresh(rows: Rows) -> NDArray[np.bool_]:
    return np.asarray(rows.column("new") > 0)


def _until(rows: Rows, year: int) -> NDArray[np.bool_]:
    return np.asarray(rows.keys["year"].to_numpy() <= year)


def level(rows: Rows, until: int, plan: stages.Plan) -> float:
    """c of the windows before ``until``; 0 where they say nothing."""
    told, seen = 0.0, 0.0
    panel = rows.keys["panel"].to_numpy(bool) & _fresh(rows)
    for back in range(WINDOWS, 0, -1):
        last = until - WINDOW * back
        past = rows.take(_until(rows, last) & _fresh(rows))
        ahead = rows.take(panel & _until(rows, last + WINDOW) & ~_until(rows, last))
        if past.came.any() and len(ahead.keys):
            told += float(engine.judged(stages.estimate(plan, past, last), ahead)[1].sum())
            seen += float((ahead.came > 0).any(axis=1).sum())
    return float(np.log(seen / told)) if seen and told else 0.0


def judges(
    rows: Rows, until: int, without: NDArray[np.bool_] | None = None, levelled: bool = True
) -> Judges:
    """Both fits on years to ``until``; ``without``: rows that are left out of everything."""
    kept = rows if without is None else rows.take(~without)
    past = kept.take(_until(kept, until))
    every, new = (stages.PLANS[stages.CHOSEN[0]], stages.NEW_PLANS[stages.CHOSEN[1]])
    return Judges(
        stages.estimate(every, past, until),
        stages.estimate(new, past.take(_fresh(past)), until),
        level(kept, until, new) if levelled else 0.0,
    )


def lowered(p: Array, c: float) -> Array:
    """1 - (1 - p)^exp(c)."""
    return np.asarray(-np.expm1(np.log1p(-np.minimum(p, 1.0 - 1e-12)) * np.exp(c)))


def forecast(found: Judges, rows: Rows) -> tuple[Array, Array]:
    """Probability by class [n, CLASSES] and of any [n], by the compiled law."""
    new = _fresh(rows)
    by_class, whole = np.zeros(rows.came.shape), np.zeros(len(new))
    for pick, fit, c in ((~new, found.standing, 0.0), (new, found.fresh, found.level)):
        if pick.any():
            a, b = engine.judged(fit, rows.take(pick))
            by_class[pick], whole[pick] = lowered(a, c), lowered(b, c)
    return by_class, whole


def kept(found: Judges, until: int) -> dict[str, Any]:
    """The decision as JSON; ``restored`` gives it back."""

    def one(fit: Stages) -> dict[str, Any]:
        arrays = {name: getattr(fit, name).tolist() for name in ("alpha", "beta", "errors")}
        return fit._asdict() | arrays | {"plan": fit.plan._asdict()}

    return {
        "until": until,
        "standing": one(found.standing),
        "fresh": one(found.fresh),
        "level": found.level,
    }


def restored(said: dict[str, Any]) -> Judges:
    """The decision that ``kept`` wrote."""

    def one(text: dict[str, Any]) -> Stages:
        plan: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in text["plan"].items()
        }
        arrays = {name: np.array(text[name]) for name in ("alpha", "beta", "errors")}
        scale = {name: (a, b) for name, (a, b) in text["scale"].items()}
        more = {"plan": stages.Plan(**plan), "scale": scale}
        more |= {k: tuple(text[k]) for k in ("spread", "package", "package_errors") if k in text}
        return Stages(**(text | arrays | more))

    return Judges(one(said["standing"]), one(said["fresh"]), float(said["level"]))


def by_class(rows: Rows, p: Array, draws: int = 200, seed: int = 2006) -> pd.DataFrame:
    """Average precision and log score by class with 90 % intervals from resampled recipients."""
    who = rows.keys["r"].to_numpy()
    groups, which = np.unique(who, return_inverse=True)
    rng, out = np.random.default_rng(seed), []
    lots = [
        np.bincount(rng.integers(0, len(groups), len(groups)), minlength=len(groups))[which]
        for _ in range(draws)
    ]
    for k, name in enumerate(CLASSES):
        y = (rows.came[:, k] > 0).astype(float)
        ready = prepare(y, p[:, k], who.astype(float))
        first = weighted(ready, np.ones(len(y)))
        more = pd.DataFrame([weighted(ready, lot.astype(float)) for lot in lots if (lot * y).sum()])
        row: dict[str, Any] = {"class": name, "deliveries": int(y.sum())}
        for score in ("ap", "log1000"):
            low, high = more[score].quantile([0.05, 0.95]) if len(more) else (np.nan, np.nan)
            row |= {score: first[score], f"{score}_low": low, f"{score}_high": high}
        out.append(row)
    return pd.DataFrame(out)


def another(
    rows: Rows, given: tuple[str, ...], p: Array | None = None, fit: Stages | None = None
) -> pd.DataFrame:
    """Share of rows with a delivery of a class of ``given`` that also have another class [1 row],
    as seen, and as ``fit`` expects it of the same rows."""
    which = np.array([c in given for c in CLASSES])
    came = rows.came > 0
    hit = came[:, which].any(axis=1)
    both = hit & (came.sum(axis=1) > 1)
    out = {"pairs": int(hit.sum()), "seen": float(both[hit].mean()) if hit.any() else np.nan}
    if fit is not None:
        out["model"] = float(np.mean(chance_of_more(fit, rows.take(np.asarray(hit)), which)))
    return pd.DataFrame([out])


def chance_of_more(fit: Stages, rows: Rows, which: NDArray[np.bool_]) -> Array:
    """P(another class in the year | the classes of ``which`` that came) [n]."""
    came = (rows.came > 0) & which
    if fit.plan.package:
        p, f = stages.chances(fit, rows)[0], stages.packages(fit, rows)
        given = stages.together(p[:, which], came[:, which].astype(float), f)
        return np.asarray(1.0 - stages.together(p, came.astype(float), f) / given)
    lean, will, spread = stages.leanings(fit, rows)
    like, more = [], []
    for node in stages.NODES:
        moved = spread[:, None] * node
        p = probability(lean + fit.plan.shared * moved) * probability(will + moved)
        like.append(np.where(came, p, 1.0).prod(axis=1))
        more.append(1.0 - np.where(came, 1.0, 1.0 - p).prod(axis=1))
    weight = np.array(like) * stages.WEIGHTS[:, None]
    return np.asarray((weight * np.array(more)).sum(axis=0) / weight.sum(axis=0))
