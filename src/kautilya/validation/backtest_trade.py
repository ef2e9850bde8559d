"""The backtest of trade: EU exports to Russia and its neighbours, before and after the measures.

Two parts. Before: rolling origins from which nothing special was to come, the plain forecast
beside persistence. After: one forecast from February 2022 with the measures, the equilibrium and
detours, beside persistence, the plain forecast, and the equilibrium without detours. The months
after February 2022 are not among the outside files: that part is scored where --data has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya.errors import KautilyaError
from kautilya.estimation import diversion, outside
from kautilya.validation import backtests
from kautilya.validation.backtests import SKILL, Ask, Scores
from kautilya.validation.skill import crps_draws, skill
from kautilya.wording import many

Array = NDArray[np.float64]
DATA = "data/eu_trade_with_russia_and_neighbours_monthly.parquet"
BEGAN, AHEAD, DRAWS, QUICK = pd.Period("2022-02", "M"), 24, 1000, 200
OWN, ABSENT = "equilibrium and detours", "months after 2022-02 are not in the file"
AFTER = ("persistence", "plain", "equilibrium without detours")
RUSSIA = "Russian Federation"
NOTES = [
    "The months after February 2022 are withheld from the outside file: the forecast stands, its "
    "score comes with --data and a longer file.",
    "That measures came is taken as known; how deep they cut is not, and no range was fitted on "
    "what followed. The share that goes round (0 to 1/4) is assumed: the studies that measured "
    "it are of 2023 and later.",
    "Exports only to the partners of the file; China, Turkey and the Emirates are not in it.",
]


def forecasts(known: pd.DataFrame, ahead: int, draws: int) -> dict[str, Array]:
    """Log exports [draws, ahead, partner] by forecast; measures bite in months after BEGAN."""
    partners, last = list(known.columns), known.index[-1]
    months = np.array([max((last + h - BEGAN).n, 0) for h in range(1, ahead + 1)], float)
    base = diversion.plain(known, ahead, draws, 2)
    out = {"persistence": diversion.persistence(known, ahead, draws, 1), "plain": base}
    if months.any() and last >= BEGAN and RUSSIA in partners:
        for name, round_about in ((AFTER[2], False), (OWN, True)):
            out[name] = base + diversion.effects(partners, months, draws, 3, round_about)
    return out


def _scored(
    exports: pd.DataFrame, until: pd.Period, made: dict[str, Array]
) -> Iterator[tuple[str, int, str, str, float]]:
    seen = np.log(exports.loc[until + 1 :].to_numpy(float))
    for name, draws in made.items():
        h = min(len(seen), draws.shape[1])
        scores = crps_draws(draws[:, :h], seen[:h])
        for k in range(h):
            for j, partner in enumerate(exports.columns):
                yield str(until), k + 1, partner, name, float(scores[k, j])


def _rolling(exports: pd.DataFrame, ask: Ask, draws: int) -> pd.DataFrame:
    """Scores of origins before the measures, six months ahead and only to their beginning."""
    calm = exports.loc[:BEGAN]
    rows: list[tuple] = []
    origins = list(calm.index[diversion.LEAST - 1 : -1])[:: 3 if ask.quick else 1]
    for done, until in enumerate(origins):
        ask.progress(done, len(origins) + 1)
        ahead = min(6, (BEGAN - until).n)
        rows += _scored(calm, until, forecasts(calm.loc[:until], ahead, draws))
    return pd.DataFrame(rows, columns=["origin", "horizon", "partner", "forecast", "score"])


def _row(found: pd.DataFrame, what: str, pair: tuple[str, str]) -> tuple:
    own, base = (found[found["forecast"] == name] for name in pair)
    gain = skill(own["score"].to_numpy(), base["score"].to_numpy(), own["partner"].to_numpy())
    value, other = (part["score"].mean() if len(part) else np.nan for part in (own, base))
    return (what, "CRPS of logs", pair[0], value, pair[1], other, *gain, len(own), "", "held-out")


def _pattern(known: pd.DataFrame, made: dict[str, Array], later: pd.DataFrame) -> pd.DataFrame:
    """Mean change against the same months a year before the measures, forecast and seen."""
    draws = np.exp(made.get(OWN, made["plain"]))
    before = known.iloc[-diversion.YEAR :].mean().to_numpy()
    change = 100 * (draws.mean(1) / before - 1)
    out = pd.DataFrame(
        {
            "partner": known.columns,
            **{f"{int(q * 100)} %": np.quantile(change, q, axis=0) for q in (0.05, 0.5, 0.95)},
        }
    )
    seen = later.iloc[: draws.shape[1]].mean().to_numpy() if len(later) else np.nan
    return out.assign(seen=100 * (seen / before - 1))


def write(path: Path, draws: Array, known: pd.DataFrame) -> None:
    """Parquet: series (the partner), month, draw, value in EUR."""
    count, ahead, _ = draws.shape
    months = [str(known.index[-1] + h) for h in range(1, ahead + 1)]
    backtests.write(
        path,
        pd.DataFrame(
            {
                "series": np.repeat(list(known.columns), ahead * count),
                "month": np.tile(np.repeat(months, count), known.shape[1]),
                "draw": np.tile(np.arange(count), ahead * known.shape[1]),
                "value": np.exp(draws).transpose(2, 1, 0).ravel(),
            }
        ),
    )


def _until(exports: pd.DataFrame, ask: Ask) -> pd.Period:
    try:
        until = pd.Period(ask.until[:7], "M") if ask.until else BEGAN
    except ValueError:
        raise KautilyaError("--until", repr(ask.until), "Give a month such as 2022-02") from None
    if until not in exports.index or exports.index.get_loc(until) < diversion.LEAST - 1:
        raise KautilyaError(
            "--until",
            str(until),
            f"Give a month of the file, {diversion.LEAST} "
            f"months after its first ({exports.index[0]}) or later",
        )
    return until


def _exports(ask: Ask) -> pd.DataFrame:
    """The file, completed by the outside file where it holds later months only."""
    path = outside.given(ask.data, DATA)
    exports = diversion.read(path)
    if ask.data is not None and exports.index[0] > BEGAN and outside.there(DATA):
        early = diversion.read(outside.need(DATA))
        exports = pd.concat([early, exports[[c for c in early if c in exports]]])
    unknown = set(exports.columns) - set(diversion.STATES)
    return exports.drop(columns=list(unknown))


def backtest(ask: Ask) -> Scores:
    """Forecast EU exports by partner; score what the file lets one score.

    Raises KautilyaError for a file that is none, or an ``until`` outside of it.
    """
    exports, draws = _exports(ask), QUICK if ask.quick else DRAWS
    until, ahead = _until(exports, ask), ask.horizon or AHEAD
    calm = _rolling(exports, ask, draws)
    known, later = exports.loc[:until], exports.loc[until + 1 :]
    made = forecasts(known, ahead, draws)
    chosen = OWN if OWN in made else "plain"
    if ask.out is not None:
        write(ask.out, made[chosen], known)
    after = pd.DataFrame(
        list(_scored(exports, until, made)) if len(later) else [],
        columns=["origin", "horizon", "partner", "forecast", "score"],
    )
    rows = [_row(calm, "EU exports before the measures, 1 to 6 months", ("plain", "persistence"))]
    for said, part in (
        ("EU exports to Russia", after["partner"] == RUSSIA),
        ("EU exports to its neighbours", after["partner"] != RUSSIA),
    ):
        rows += [
            _row(after[part], f"{said} after {until}, {many(ahead, 'month')}", (chosen, base))
            for base in AFTER
            if base in made and base != chosen
        ]
    ask.progress(1, 1)
    notes = [*NOTES] if len(later) else [f"Not scored: {ABSENT}.", *NOTES]
    return Scores(
        "trade",
        str(until),
        pd.DataFrame(rows, columns=list(SKILL)),
        {
            f"change of monthly EU exports, percent, {many(ahead, 'month')} against the year to "
            f"{until}": _pattern(known, made, later)
        },
        notes,
        ask.out,
    )
