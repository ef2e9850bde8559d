r"""Requests and answers: who agreed, given that it was asked, in wars that a table of requests covers.

    P(direct supply) = e + (1 - 2 e) / (1 + exp(-B))
    B = level + offset + sum_k beta_k x_k + s_w w_war + s_c c_class + s_p u_pair

    e        chance that a coder takes direct supply for something else: two codings of 20 rows agree
             in 18, so 2 e (1 - e) = .1
    offset   what the register gives for terms that it knows and this table does not settle
    w, c, u  normal; of a war and side, of a class, and of a pair, which all its classes share

Two outcomes: direct supply by the state, and leakage (through firms, transit, parts) where the state did
not supply. Silence counts as not supplied. The table is chosen by outcome: contrasts within a war
are safer than levels; rows whose request is inferred from a delivery have a level of their own.
Source: the table of requests of the outside folder (docs/supplier-protocol.md); hausman1998
(misclassified outcomes). Breaks when: read as a rate of consent.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import approx_fprime, minimize

from kautilya import disk
from kautilya.estimation.suppliers.logit import probability
from kautilya.estimation.suppliers.stages import NODES, WEIGHTS

Array = NDArray[np.float64]
FILE, CODES = "facts/k_requests.csv", "facts/code_map.csv"
DIRECT = ("supplied", "supplied_covertly")
LEAKED = ("indirect", "partial", "refused_publicly_but_indirect")
MISTAKEN = 0.0528  # 2 e (1 - e) = .1
TERMS = ("likely", "soviet", "us_ally", "us_ally_embargoed", "measures", "club", "embargoed")
SPREADS = (np.log(1.5), np.log(0.5), 0.0)  # of wars, classes, pairs: centre of a log-normal prior
LOOSE, CERTAIN = 1.0, 0.5  # sd of the prior on a weight, and on a log spread


class Answers(NamedTuple):
    """Estimates: name -> (value, standard error); effects of classes; spreads of war, class, pair."""

    weights: dict[str, tuple[float, float]]
    classes: dict[str, float]
    spreads: tuple[float, float, float]
    rows: int
    events: int


def read(root: Path, until: str = "2024-08-10") -> pd.DataFrame:
    """Rows given asked and known by a day, with ``s`` and ``r`` (COW codes, NaN for groups)."""
    table = disk.of_csv(root / FILE, keep_default_na=False)
    table = table[(table["known_on"] <= until) & (table["given_asked"].astype(str) == "1")]
    code = disk.of_csv(root / CODES, keep_default_na=False).set_index("code")["cow"]
    number = pd.to_numeric(code, errors="coerce")
    table = table.assign(s=table["candidate"].map(number), r=table["recipient"].map(number))
    return table.assign(year=table["first_month"].str[:4].astype(int)).reset_index(drop=True)


def covariates(table: pd.DataFrame) -> dict[str, Array]:
    """The terms of ``TERMS`` [n] as the table codes them."""
    flag = {
        "likely": table["asked"] == "likely",
        "soviet": table["soviet_pattern_stock"] == "yes",
        "us_ally": table["candidate_ally_of_US"] == "yes",
        "measures": table["candidate_under_measures"] != "none",
        "embargoed": table["recipient_embargoed"] != "none",
    }
    x = {name: np.asarray(mark, dtype=float) for name, mark in flag.items()}
    x["us_ally_embargoed"] = x["us_ally"] * x["embargoed"]
    x["club"] = x["measures"] * x["embargoed"]
    return {name: x[name] for name in TERMS}


def outcomes(table: pd.DataFrame) -> tuple[Array, Array]:
    """Direct supply [n], leakage [n]."""
    direct, leaked = (np.asarray(table["answer"].isin(list(a)), float) for a in (DIRECT, LEAKED))
    return direct, leaked


class _Given(NamedTuple):
    x: Array
    y: Array
    offset: Array
    war: NDArray[np.int_]
    kind: NDArray[np.int_]
    pair: NDArray[np.int_]


def _loss(theta: Array, given: _Given) -> float:
    k, wars, kinds = given.x.shape[1], given.war.max() + 1, given.kind.max() + 1
    level, beta, effects, spread = (
        theta[0],
        theta[1 : 1 + k],
        theta[1 + k : 1 + k + wars + kinds],
        np.exp(theta[-3:]),
    )
    eta = level + given.offset + given.x @ beta
    eta = eta + spread[0] * effects[:wars][given.war] + spread[1] * effects[wars:][given.kind]
    p = MISTAKEN + (1 - 2 * MISTAKEN) * probability(eta[:, None] + spread[2] * NODES)
    each = given.y[:, None] * np.log(p) + (1 - given.y[:, None]) * np.log1p(-p)
    total = np.zeros((given.pair.max() + 1, len(NODES)))
    np.add.at(total, given.pair, each)
    top = total.max(1, keepdims=True)
    told = (top[:, 0] + np.log(np.exp(total - top) @ WEIGHTS)).sum()
    prior = (beta**2).sum() / LOOSE**2 + (effects**2).sum() + (level / 2.0) ** 2
    return float(-told + 0.5 * (prior + ((theta[-3:] - SPREADS) ** 2).sum() / CERTAIN**2))


def answers(
    table: pd.DataFrame, y: Array, offset: Array | None = None, without: tuple[str, ...] = ()
) -> Answers:
    """Fit of one outcome y [n] of ``table``; ``without``: terms left out."""
    kept = [name for name in TERMS if name not in without]
    known = covariates(table)
    kind = pd.Categorical(table["class"])
    given = _Given(
        np.stack([known[name] for name in kept], 1),
        y,
        np.zeros(len(y)) if offset is None else offset,
        pd.Categorical(table["war"] + table["recipient"]).codes.astype(int),
        kind.codes.astype(int),
        pd.Categorical(table["war"] + table["recipient"] + table["candidate"]).codes.astype(int),
    )
    size = 1 + len(kept) + given.war.max() + 1 + len(kind.categories)
    found = minimize(_loss, np.r_[np.zeros(size), SPREADS], args=(given,), method="L-BFGS-B")
    theta = found.x
    slope = lambda at: approx_fprime(at, _loss, 1e-5, given)  # noqa: E731
    curve = np.stack(
        [(slope(theta + d) - slope(theta - d)) / 2e-3 for d in 1e-3 * np.eye(len(theta))]
    )
    error = np.sqrt(np.maximum(np.diag(np.linalg.pinv((curve + curve.T) / 2)), 0.0))
    names = ("level", *kept)
    effects = np.exp(theta[-2]) * theta[size - len(kind.categories) : size]
    return Answers(
        {n: (float(theta[i]), float(error[i])) for i, n in enumerate(names)},
        dict(zip(map(str, kind.categories), map(float, effects), strict=True)),
        (float(np.exp(theta[-3])), float(np.exp(theta[-2])), float(np.exp(theta[-1]))),
        len(y),
        int(y.sum()),
    )


def both(table: pd.DataFrame, offset: Array | None = None) -> dict[str, Answers]:
    """``direct`` on all rows, ``leaked`` where the state did not supply itself."""
    direct, leaked = outcomes(table)
    rest = direct == 0
    return {
        "direct": answers(table, direct, offset),
        "leaked": answers(table[rest].reset_index(drop=True), leaked[rest]),
    }
