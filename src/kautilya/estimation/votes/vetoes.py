r"""Next year's vetoes of each permanent member, as counts.

    model         log lambda = a + b log(1/2 + m) + c point     m: mean of past years, weight
                  halved every three years; point: the member's ideal point of the year before
    persistence   lambda = last year's count, at least a tenth
    five years    lambda = mean of the last five years, at least a tenth
    long run      lambda = mean of all years since 1970, at least a tenth

Fitted anew on the years before each origin (Poisson, ridge 1). ``c`` is the law's idea that a
member far from the others says no; the engine's council itself votes on one case only.
Source: assumed form; cameron1998 for counts.
Breaks when: the rate jumps with a war in which a member takes part.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln

from kautilya.errors import KautilyaError
from kautilya.estimation import outside

Array = NDArray[np.float64]
MEMBERS = {"USA": 2, "UK": 200, "France": 220, "Russia": 365, "China": 710}
SAME = {"USSR": "Russia"}
FIRST, HALF_LIFE, LEAST, RIDGE = 1970, 3.0, 0.1, 1.0  # from 1970 all five have voted as now
COLUMNS = ("year", "member_veto1", "member_veto2", "member_veto3")


def read(path: Path) -> pd.DataFrame:
    """Counts [year, member] from 1970 to the last year of the file."""
    table = outside.table(path)
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise KautilyaError(str(path), f"no column {', '.join(missing)}",
                            "Give a table of vetoed drafts, one row each")
    table = outside.numbers(table, str(path), ("year",), ("year",))
    cast = table.melt("year", list(COLUMNS[1:]), value_name="member").dropna(subset="member")
    cast["member"] = cast["member"].astype(str).str.strip().replace(SAME)
    unknown = cast.loc[~cast["member"].isin(MEMBERS), "member"]
    if len(unknown):
        raise KautilyaError(str(path), f"{len(unknown):,} vetoes of {unknown.iloc[0]!r}",
                            f"Permanent members are {', '.join(MEMBERS)} and {', '.join(SAME)}")
    count = cast.groupby(["year", "member"]).size().unstack(fill_value=0)
    years = range(FIRST, int(table["year"].max()) + 1)
    return count.reindex(index=years, columns=list(MEMBERS), fill_value=0)


def _terms(counts: pd.DataFrame, points: pd.DataFrame, year: int) -> Array:
    """Terms [member, 3] of ``year`` from years before it."""
    past = counts.loc[:year - 1]
    weight = 0.5 ** ((year - 1 - past.index.to_numpy(float)) / HALF_LIFE)
    mean = (weight[:, None] * past.to_numpy(float)).sum(0) / weight.sum()
    known = points.loc[:year - 1].reindex(columns=list(MEMBERS.values())).ffill()
    point = known.iloc[-1].fillna(0.0).to_numpy(float) if len(known) else np.zeros(len(MEMBERS))
    return np.column_stack([np.ones(len(MEMBERS)), np.log(0.5 + mean), point])


def _fit(x: Array, y: Array) -> Array:
    """Poisson regression by Newton's method, ridge on all but the constant."""
    beta, ridge = np.r_[np.log(y.mean() + LEAST), 0.0, 0.0], np.array([0.0, RIDGE, RIDGE])
    for _ in range(50):
        rate = np.exp(np.clip(x @ beta, -10.0, 5.0))
        step = np.linalg.solve((x * rate[:, None]).T @ x + np.diag(ridge + 1e-9),
                               x.T @ (y - rate) - ridge * beta)
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    return np.asarray(beta)


def rates(counts: pd.DataFrame, points: pd.DataFrame, year: int) -> dict[str, Array]:
    """Expected vetoes [member] of ``year`` by forecast, from years before it."""
    past = counts.loc[:year - 1]
    train = [one for one in past.index if one >= FIRST + 10]
    x = np.concatenate([_terms(counts, points, one) for one in train])
    y = past.loc[train].to_numpy(float).ravel()
    model = np.exp(_terms(counts, points, year) @ _fit(x, y))
    plain = {"persistence": past.iloc[-1], "five years": past.iloc[-5:].mean(),
             "long run": past.mean()}
    return {"model": model, **{k: np.maximum(v.to_numpy(float), LEAST) for k, v in plain.items()}}


def log_score(rate: Array, seen: Array) -> Array:
    """Minus the log of the Poisson probability of what was seen."""
    return np.asarray(rate - seen * np.log(rate) + gammaln(seen + 1.0))
