r"""From the panel to the scenario: the rows of a scenario that rest on the historical study.

Weights of the law `choice`: the engine's own terms with export capacity held fixed, fitted on years
to 2021 without the recipient that the scenario is about; covariates of year t-1 and earlier.

    low, high    the widest of the 90 % intervals of new ties and of all ties
    central      the mean of the two estimates
    declared     either neighbour of these on a grid of 0.05: two readings settle no more digits

Covariates have the engine's units (0/1, ideal points, log10 of trend-indicator value), so weights
need no rescaling; the engine's ``alignment`` is minus the distance of ideal points.

Ranks: low and high over every specification tried that can tell apart states without a tie (one of
past ties alone cannot), central under ``new``; years to 2005, as the backtest ranks.

Not taken from the panel: the weight on sanctions, which it does not identify, and the constant,
which depends on being asked. What the panel says of both is kept beside the rows as context.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kautilya.estimation.suppliers.exposure import Z90, exposure_effect
from kautilya.estimation.suppliers.fits import estimate
from kautilya.estimation.suppliers.holdout import CASES, DECISION, RUSSIA, ranks
from kautilya.estimation.suppliers.logit import natural
from kautilya.estimation.suppliers.specs import SPECS, TERMS

if TYPE_CHECKING:
    from kautilya.scenario.scenario import Scenario

SOURCE = "panel_study"
UNTIL = 2021
WEIGHTS = {
    "choice-on-politics-ally": ("defence", 1.0),
    "choice-on-politics-alignment": ("ipd", -1.0),
    "choice-on-politics-enemy": ("own_embargo", 1.0),
    "choice-on-politics-revision": ("revision", 1.0),
    "choice-on-tie": ("tie25", 1.0),
}
READINGS = ("engine and capacity, new", "engine and capacity, all")
WITHOUT_CAPACITY = ("engine, new", "engine, all")
RANKS = {
    630: "panel_rank IRN",
    731: "panel_rank PRK",
    750: "panel_rank IND",
    732: "panel_rank KOR",
    710: "panel_rank CHN",
    370: "panel_rank BLR",
}
CENTRAL_RANK = "new"
BASE, SANCTIONS = "choice-base", "choice-on-sanctions"
AHEAD = 3  # years in which a delivery counts for the base rate
STEP = 0.05  # grid on which weights are declared
WHOLE = 0.5  # declared ranks lie nearer than this: they are the same
COLUMNS = ["row", "reading", "low", "central", "high", "events"]
COMPARED = [
    "row",
    "low",
    "central",
    "high",
    "declared_low",
    "declared_central",
    "declared_high",
    "agrees",
]


def weights(
    panel: pd.DataFrame, specs: Sequence[str] = (*READINGS, *WITHOUT_CAPACITY)
) -> pd.DataFrame:
    """Rows COLUMNS: each weight per unit of its covariate, 90 % interval, by specification."""
    out = []
    for spec in specs:
        got = estimate(panel, UNTIL, spec, (RUSSIA,))
        beta, error = natural(got)
        for row, (term, sign) in WEIGHTS.items():
            at = got.names.index(term)
            low, high = sorted(sign * (beta[at] + side * Z90 * error[at]) for side in (-1.0, 1.0))
            out.append((row, spec, low, sign * beta[at], high, got.events))
    return pd.DataFrame(out, columns=COLUMNS)


def placed(panel: pd.DataFrame, specs: Sequence[str] = (*SPECS, DECISION)) -> pd.DataFrame:
    """Rows COLUMNS: rank of each case among states without a tie, by specification."""
    found = ranks(panel, specs=specs)
    return pd.DataFrame(
        {
            "row": found["supplier"].map(RANKS),
            "reading": found["specification"],
            "low": np.nan,
            "central": found["rank"],
            "high": np.nan,
            "events": len(CASES),
        }
    )[COLUMNS]


def context(panel: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Rows COLUMNS of what no row is taken from: log odds of a delivery within ``AHEAD`` years by
    a state with exports, and the log odds per ten points of exposure by reading."""
    came = panel.set_index(["s", "r", "year"])["y"]
    rows = panel[
        (panel["year"] <= UNTIL) & (panel["r"] != RUSSIA) & (panel["lx"] > 0) & panel["y"].notna()
    ]
    later = [
        pd.MultiIndex.from_arrays([rows["s"], rows["r"], rows["year"] + n]) for n in range(AHEAD)
    ]
    hit = np.any([came.reindex(at).to_numpy() > 0 for at in later], axis=0)
    out: list[tuple[Any, ...]] = []
    for reading, pick in (("new ties", rows["new"].to_numpy(bool)), ("all ties", slice(None))):
        rate = float(hit[pick].mean())
        out.append((BASE, reading, np.nan, np.log(rate / (1.0 - rate)), np.nan, hit[pick].sum()))
    for one in exposure_effect(panel[panel["y"].notna()], folder).itertuples():
        said = (
            f"{one.specification}, to {one.until}{', sender apart' * one.sender_term}"
            f"{', binding only' * one.binding_only}"
        )
        out.append(
            (SANCTIONS, said, 0.1 * one.low, 0.1 * one.coefficient, 0.1 * one.high, one.events)
        )
    return pd.DataFrame(out, columns=COLUMNS)


def made(panel: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The whole record, COLUMNS. folder: where the trade matrix of ``exposure_effect`` lies."""
    return pd.concat([weights(panel), placed(panel), context(panel, folder)], ignore_index=True)


def tells(spec: str) -> bool:
    """Whether a specification can tell apart states that never delivered."""
    return spec not in SPECS or any(TERMS[t].block != "past ties" for t in SPECS[spec].terms)


def implied(record: pd.DataFrame) -> pd.DataFrame:
    """low, central, high by row, as the record and the rule of this module give them."""
    out = {}
    for row in (*WEIGHTS, *RANKS.values()):
        part = record[record["row"] == row].set_index("reading")
        if row in WEIGHTS:
            pair = part.loc[list(READINGS)]
            out[row] = (pair["low"].min(), pair["central"].mean(), pair["high"].max())
        else:
            tried = part.loc[[name for name in part.index if tells(name)], "central"]
            out[row] = (tried.min(), part.loc[CENTRAL_RANK, "central"], tried.max())
    return pd.DataFrame.from_dict(out, orient="index", columns=["low", "central", "high"])


def compared(record: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Rows COMPARED: what the record gives beside what a loaded scenario declares.

    A row of source SOURCE that the study does not give stands with NaN and does not agree.
    """
    given, told = implied(record), declared(scenario)
    out = []
    for row in (*given.index, *(name for name in told if name not in given.index)):
        want = given.loc[row].tolist() if row in given.index else [np.nan] * 3
        have = told.get(row, (np.nan,) * 3)
        room = STEP if row in WEIGHTS else WHOLE
        near = all(abs(a - b) < room for a, b in zip(want, have, strict=True))
        out.append((row, *want, *have, near))
    return pd.DataFrame(out, columns=COMPARED)


def declared(scenario: Scenario) -> dict[str, tuple[float, ...]]:
    """low, central, high by row of a scenario whose source is the study; a covariate that holds
    for every state alike is no finding and is left out."""
    out = {q.id: (q.low, q.central, q.high) for q in scenario.quantities if q.source == SOURCE}
    out |= {
        f"{c.name} {c.actor}": (c.low, c.value, c.high)
        for c in scenario.covariates
        if c.source == SOURCE and c.actor != "*"
    }
    return {row: tuple(map(_or_nan, told)) for row, told in out.items()}


def _or_nan(x: float | None) -> float:
    return np.nan if x is None else float(x)


def rounded(record: pd.DataFrame) -> pd.DataFrame:
    """``implied`` on the grid: nearest points for weights, whole ranks."""
    found = implied(record)
    step = np.where(found.index.isin(list(WEIGHTS)), STEP, 1.0)[:, None]
    return pd.DataFrame(
        np.round(np.round(found / step) * step, 10) + 0.0, found.index, found.columns
    )
