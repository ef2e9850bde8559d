"""The backtest of votes: rolling origins, each forecast from earlier sessions and years only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from kautilya.errors import KautilyaError
from kautilya.estimation import ballots, outside
from kautilya.validation import backtests
from kautilya.validation.backtests import SKILL, Ask, Scores
from kautilya.validation.skill import covered, crps_draws, skill

POINTS, VETOES = "truth/un_ideal_points_apr2020.csv", "data/unsc_vetoes_1946_2022.csv"
FIRST, HORIZONS, DRAWS, QUICK = 1990, (1, 3), 400, 100
LEAST = 4  # sessions: two to learn from, an origin and the one after it
OWN = {"ideal points": "law", "vetoes": "model"}
NOTES = [
    "Ideal points are estimates: a session's points are known only after its votes, and the "
    "release scales each session, so r below 1 is partly a matter of scale.",
    "The engine's council votes on one case, the sanctions on North Korea; counts of vetoes are "
    "forecast by a model of their own and speak for no law.",
]


def _origins(points: pd.DataFrame, ask: Ask) -> list[int]:
    years = [int(year) for year in points.index]
    if len(years) < LEAST:
        raise KautilyaError("--data", f"{len(years)} sessions", f"Give {LEAST} or more")
    if ask.until:
        if (
            not (ask.until[:4].isascii() and ask.until[:4].isdigit())
            or int(ask.until[:4]) not in years[2:]
        ):
            raise KautilyaError(
                "--until", repr(ask.until), f"Give a session from {years[2]} to {years[-1]}"
            )
        return [int(ask.until[:4])]
    found = [year for year in years[2:-1] if year >= FIRST]
    if not found:
        raise KautilyaError(
            "--data",
            f"sessions {years[0]} to {years[-1]}",
            f"Rolling origins begin in {FIRST}; for others give --until",
        )
    return found[::-1][::8][::-1] if ask.quick else found


def _points(points: pd.DataFrame, origins: list[int], ask: Ask) -> pd.DataFrame:
    """Scores of every state, origin and horizon."""
    horizons = sorted(
        {h for h in HORIZONS if not ask.horizon or h < ask.horizon} | {ask.horizon or max(HORIZONS)}
    )
    years, rows = [int(year) for year in points.index], []
    for done, origin in enumerate(origins):
        ask.progress(done, len(origins))
        states, made = ballots.forecasts(
            points, origin, max(horizons), QUICK if ask.quick else DRAWS
        )
        for h in horizons:
            at = years.index(origin) + h
            if at >= len(years):
                continue
            seen = points.loc[years[at], states].to_numpy(float)
            known = ~np.isnan(seen)
            for name, draws in made.items():
                now = draws[:, h - 1, known]
                rows += [
                    (h, origin, name, score, inside)
                    for score, inside in zip(
                        crps_draws(now, seen[known]), covered(now, seen[known], 0.8), strict=True
                    )
                ]
    return pd.DataFrame(rows, columns=["horizon", "origin", "forecast", "score", "inside"])


def _vetoes(points: pd.DataFrame, ask: Ask) -> pd.DataFrame:
    """Scores of every member and year."""
    if not outside.there(VETOES):
        return pd.DataFrame(columns=["year", "forecast", "score"])
    counts, rows = ballots.read_vetoes(outside.need(VETOES)), []
    years = [int(ask.until[:4]) + 1] if ask.until else list(range(FIRST, counts.index[-1] + 1))
    for year in years:
        if year in counts.index and year > ballots.FIRST + 12:
            seen = counts.loc[year].to_numpy(float)
            for name, rate in ballots.rates(counts, points, year).items():
                rows += [(year, name, score) for score in ballots.log_score(rate, seen)]
    return pd.DataFrame(rows, columns=["year", "forecast", "score"])


def _compared(found: pd.DataFrame, block: str, head: tuple[str, str, str, str]) -> list[tuple]:
    """Rows of SKILL: our forecast against each of the others."""
    what, score, own, law = head
    parts = {name: part for name, part in found.groupby("forecast", sort=False)}
    rows = []
    for name, part in parts.items():
        if name != own:
            mine = parts[own]
            gain = skill(mine["score"].to_numpy(), part["score"].to_numpy(), mine[block].to_numpy())
            rows.append(
                (
                    what,
                    score,
                    own,
                    mine["score"].mean(),
                    name,
                    part["score"].mean(),
                    *gain,
                    len(mine),
                    law,
                    "held-out",
                )
            )
    return rows


def write(path: Path, points: pd.DataFrame, origin: int, ahead: int) -> None:
    """Parquet: series (COW code), month (the session's year), draw, value."""
    states, made = ballots.forecasts(points, origin, ahead, DRAWS)
    draws = made["law"]
    backtests.write(
        path,
        pd.DataFrame(
            {
                "series": np.tile(np.repeat([str(code) for code in states], DRAWS), ahead),
                "month": np.repeat(
                    [str(origin + h + 1) for h in range(ahead)], DRAWS * len(states)
                ),
                "draw": np.tile(np.arange(DRAWS), ahead * len(states)),
                "value": np.concatenate([draws[:, h].T.ravel() for h in range(ahead)]),
            }
        ),
    )


def backtest(ask: Ask) -> Scores:
    """Next sessions' ideal points by the law of alignment, next year's vetoes by a count model.

    ``data``: a release of the ideal points. Raises KautilyaError for a file that is none.
    """
    points = ballots.read_votes(outside.given(ask.data, POINTS))
    origins = _origins(points, ask)
    found, cast = _points(points, origins, ask), _vetoes(points, ask)
    rows, span = [], f"{origins[0]} to {origins[-1]}"
    for h, part in found.groupby("horizon"):
        said = "next session" if h == 1 else f"{h} sessions ahead"
        rows += _compared(
            part, "origin", (f"ideal points, {said}, origins {span}", "CRPS", "law", "alignment")
        )
    if len(cast):
        what = f"vetoes of each permanent member, {cast['year'].min()} to {cast['year'].max()}"
        rows += _compared(cast, "year", (what, "log score", "model", ""))
    if ask.out is not None:
        write(
            ask.out,
            points,
            origins[-1] if ask.until else int(points.index[-1]),
            ask.horizon or max(HORIZONS),
        )
    ask.progress(len(origins), len(origins))
    inside = (
        found.groupby(["horizon", "forecast"], sort=False)["inside"]
        .mean()
        .rename("share inside 80 %")
        .reset_index()
    )
    return Scores(
        "votes",
        str(origins[-1]),
        pd.DataFrame(rows, columns=list(SKILL)),
        {"ideal points: coverage of 80 % intervals": inside},
        [
            *NOTES,
            *(outside.doubled(outside.table(outside.need(VETOES)), VETOES) if len(cast) else []),
        ],
        ask.out,
    )
