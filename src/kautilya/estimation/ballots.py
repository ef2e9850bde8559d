r"""Next session's ideal points, by the engine's own law of alignment and by two baselines.

    law           theta' = r theta + s t,  t Student with four degrees of freedom, variance 1
    persistence   theta' = theta + sd of past changes x normal
    resampled     theta' = theta + a change drawn from the record

    r, s   slope and spread of the sessions before the origin; nothing later enters

Source: bailey2017 (data and scale); the law is ``kautilya.mechanisms.alignment``.
Breaks when: points are estimated with later votes in sight; use a release that does not smooth.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln

import kautilya.core  # noqa: F401  (turns on float64)
from kautilya.errors import KautilyaError
from kautilya.estimation import outside
from kautilya.mechanisms.formulas.drift import drifted

Array = NDArray[np.float64]
NAMES = ("ideal_point", "idealpointall")  # of the two releases


def read_votes(path: Path) -> pd.DataFrame:
    """Points [year, state]. Raises KautilyaError where the file is no table of points."""
    table = outside.table(path, comment="#")
    value = next((name for name in NAMES if name in table), None)
    if value is None or not {"ccode", "year"} <= set(table):
        raise KautilyaError(
            str(path),
            "no columns ccode, year and ideal_point",
            "Give a release of the UN ideal points",
        )
    table = outside.numbers(table, str(path), ("ccode", "year", value), ("ccode", "year"))
    if table.duplicated(["ccode", "year"]).any():
        raise KautilyaError(str(path), "a state has two points in one year", "Keep one row")
    return table.pivot(index="year", columns="ccode", values=value).sort_index()


def _pairs(points: pd.DataFrame, until: int) -> tuple[Array, Array]:
    """Successive points to ``until``, the session before and the session itself."""
    known = points.loc[:until]
    before, now = known.iloc[:-1].to_numpy(), known.iloc[1:].to_numpy()
    both = ~np.isnan(before) & ~np.isnan(now)
    return before[both], now[both]


def _law(now: Array, fitted: tuple[float, float], draws: int, rng: np.random.Generator) -> Array:
    """One session on by the law's own function: points [states, draws]."""
    shock = rng.standard_normal((len(now), 1, draws))
    tail = rng.exponential(size=(len(now), 2, draws))
    after = drifted(
        now[..., None] if now.ndim == 1 else now, fitted, 1.0, shock[:, 0], tail[:, 0] + tail[:, 1]
    )
    return np.asarray(after)


def forecasts(
    points: pd.DataFrame, until: int, ahead: int, draws: int
) -> tuple[list[int], dict[str, Array]]:
    """States present in ``until`` and, by forecast, draws [draws, ahead, state]."""
    before, now = _pairs(points, until)
    slope = float(before @ now / (before @ before))
    spread, change = float((now - slope * before).std()), now - before
    here = points.loc[until].dropna()
    rng = np.random.default_rng((1946, until))
    made: dict[str, list[Array]] = {"law": [], "persistence": [], "resampled": []}
    last = {name: np.repeat(here.to_numpy()[:, None], draws, axis=1) for name in made}
    for _ in range(ahead):
        shape = last["law"].shape
        last["law"] = _law(last["law"], (slope, spread), draws, rng)
        last["persistence"] = last["persistence"] + change.std() * rng.standard_normal(shape)
        last["resampled"] = last["resampled"] + rng.choice(change, shape)
        for name, value in last.items():
            made[name].append(value.T)
    return [int(code) for code in here.index], {n: np.stack(v, axis=1) for n, v in made.items()}


MEMBERS = {"USA": 2, "UK": 200, "France": 220, "Russia": 365, "China": 710}
SAME = {"USSR": "Russia"}
FIRST, HALF_LIFE, LEAST, RIDGE = 1970, 3.0, 0.1, 1.0  # from 1970 all five have voted as now
COLUMNS = ("year", "member_veto1", "member_veto2", "member_veto3")


def read_vetoes(path: Path) -> pd.DataFrame:
    """Counts [year, member] from 1970 to the last year of the file."""
    table = outside.table(path)
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise KautilyaError(
            str(path),
            f"no column {', '.join(missing)}",
            "Give a table of vetoed drafts, one row each",
        )
    table = outside.numbers(table, str(path), ("year",), ("year",))
    cast = table.melt("year", list(COLUMNS[1:]), value_name="member").dropna(subset="member")
    cast["member"] = cast["member"].astype(str).str.strip().replace(SAME)
    unknown = cast.loc[~cast["member"].isin(MEMBERS), "member"]
    if len(unknown):
        raise KautilyaError(
            str(path),
            f"{len(unknown):,} vetoes of {unknown.iloc[0]!r}",
            f"Permanent members are {', '.join(MEMBERS)} and {', '.join(SAME)}",
        )
    count = cast.groupby(["year", "member"]).size().unstack(fill_value=0)
    years = range(FIRST, int(table["year"].max()) + 1)
    return count.reindex(index=years, columns=list(MEMBERS), fill_value=0)


def _terms(counts: pd.DataFrame, points: pd.DataFrame, year: int) -> Array:
    """Terms [member, 3] of ``year`` from years before it."""
    past = counts.loc[: year - 1]
    weight = 0.5 ** ((year - 1 - past.index.to_numpy(float)) / HALF_LIFE)
    mean = (weight[:, None] * past.to_numpy(float)).sum(0) / weight.sum()
    known = points.loc[: year - 1].reindex(columns=list(MEMBERS.values())).ffill()
    point = known.iloc[-1].fillna(0.0).to_numpy(float) if len(known) else np.zeros(len(MEMBERS))
    return np.column_stack([np.ones(len(MEMBERS)), np.log(0.5 + mean), point])


def _fit(x: Array, y: Array) -> Array:
    """Poisson regression by Newton's method, ridge on all but the constant."""
    beta, ridge = np.r_[np.log(y.mean() + LEAST), 0.0, 0.0], np.array([0.0, RIDGE, RIDGE])
    for _ in range(50):
        rate = np.exp(np.clip(x @ beta, -10.0, 5.0))
        step = np.linalg.solve(
            (x * rate[:, None]).T @ x + np.diag(ridge + 1e-9), x.T @ (y - rate) - ridge * beta
        )
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    return np.asarray(beta)


def rates(counts: pd.DataFrame, points: pd.DataFrame, year: int) -> dict[str, Array]:
    """Expected vetoes [member] of ``year`` by forecast, from years before it."""
    past = counts.loc[: year - 1]
    train = [one for one in past.index if one >= FIRST + 10]
    x = np.concatenate([_terms(counts, points, one) for one in train])
    y = past.loc[train].to_numpy(float).ravel()
    model = np.exp(_terms(counts, points, year) @ _fit(x, y))
    plain = {
        "persistence": past.iloc[-1],
        "five years": past.iloc[-5:].mean(),
        "long run": past.mean(),
    }
    return {"model": model, **{k: np.maximum(v.to_numpy(float), LEAST) for k, v in plain.items()}}


def log_score(rate: Array, seen: Array) -> Array:
    """Minus the log of the Poisson probability of what was seen."""
    return np.asarray(rate - seen * np.log(rate) + gammaln(seen + 1.0))
