r"""`kautilya backtest losses`: claimed losses a month, forecast and scored.

Rolling origins: every forecast made with the months known then, scored when they came.

    CRPS        of draws, over the mean of the class in the scored months, so that classes add up
    log score   - log density of log(1 + y) under a normal kernel of the draws' log(1 + x)
    coverage    share of outcomes inside the central 50 and 80 % of the draws, and share above
                the central 80 %: half of the misses where a forecast leans to neither side
    skill       1 - mean CRPS / mean CRPS of the baseline; interval by circular blocks of origins
                as long as the horizon, at most half of the origins (kuensch1989)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya.errors import KautilyaError, extra
from kautilya.estimation.losses import baselines, forecaster
from kautilya.estimation.losses.baselines import BASELINES
from kautilya.estimation.losses.series import LEAST, Losses, read
from kautilya.estimation.outside import need
from kautilya.validation import backtests
from kautilya.validation.backtests import MORE, SKILL, Ask, Scores
from kautilya.validation.skill import LEVELS, RESAMPLES, SEED, covered, crps_draws
from kautilya.wording import many

Array = NDArray[np.float64]
DATA = "data/general_staff_claimed_losses_daily.csv"
FIRST, BUILT = pd.Period("2023-01", "M"), pd.Period("2024-08", "M")
HORIZONS = (1, 3, 6, 12)
OWN, OLD = "state space", "law of 0.1.0"
DRAWS, QUICK = 2000, 300
TRIED = (
    "Structures of the state space were compared on these very months: about 25 variants (one or "
    "three steps a month, logarithms, counts or a fitted curve, common or own sizes), of which "
    "this one did best. So its skill on months to 2024-08 is flattered; later months, given "
    "with --data, are the honest test. Sizes are always fitted on the known months alone."
)
OLD_NOTE = (
    "The law of 0.1.0 is run with the flagship's ranges of that version, which were written with these "
    "months in sight; it is fitted to nothing and drives nothing any more."
)
FEW = (
    "Origins overlap: at 12 months there are few independent stretches, and intervals are too "
    "short. The best baseline is picked with hindsight, which favours it."
)
CLAIMS = "What is forecast are claims of one belligerent, not losses."


def backtest(ask: Ask) -> Scores:
    """Forecast monthly losses from rolling origins, or from one (`until`), and score them."""
    losses = read(ask.data if ask.data is not None else need(DATA))
    extra("statsforecast", "forecast")  # said before the work, not after it
    longest = ask.horizon or max(HORIZONS)
    origins = _origins(losses, ask)
    horizons = _horizons(ask, longest)
    made = rolling(
        losses.clean.clip(lower=0.0), origins, longest, _forecasts(ask.quick), ask.progress
    )
    last = origins[-1] if ask.until else losses.seen.index[-1]
    if ask.out is not None:
        drawn = made.get((OWN, last))
        if drawn is None:
            drawn = _own(ask.quick)(_known(losses, last), longest)
        write(ask.out, drawn, list(losses.seen.columns), last)
    found = cases(made, losses.seen, horizons)
    tables = _tables(found, losses)
    notes = [
        *losses.notes,
        CLAIMS,
        *(
            [TRIED, FEW, OLD_NOTE]
            if len(found)
            else ["No month after the origin is in the file: nothing is scored"]
        ),
    ]
    return Scores("losses", str(last), compared(found), tables, notes, ask.out)


def _known(losses: Losses, until: pd.Period) -> Array:
    return losses.clean.clip(lower=0.0).loc[:until].to_numpy(float).T


def _forecasts(quick: bool) -> Mapping[str, Callable[[Array, int], Array]]:
    draws = QUICK if quick else DRAWS
    plain = {name: lambda y, h, f=f: f(y, h, draws, 0) for name, f in BASELINES.items()}
    return {OWN: _own(quick), OLD: lambda y, h: baselines.old_law(y, h, draws, 0), **plain}


def _own(quick: bool) -> Callable[[Array, int], Array]:
    draws, proposals = (QUICK, 48) if quick else (DRAWS, 384)
    return lambda y, h: forecaster.forecast(y, h, draws, 0, proposals)[0]


def _origins(losses: Losses, ask: Ask) -> list[pd.Period]:
    """The last known month of each forecast."""
    index = losses.seen.index
    if ask.until:
        until = month(ask.until)
        if until not in index[LEAST - 1 :]:
            raise KautilyaError(
                "--until", ask.until, f"Give a whole month from {index[LEAST - 1]} to {index[-1]}"
            )
        return [until]
    found = [one for one in index[LEAST - 1 : -1] if one >= FIRST]
    if not found:
        raise KautilyaError(
            "--data",
            f"months {index[0]} to {index[-1]}",
            f"Rolling origins begin in {FIRST}; for others give --until",
        )
    return found[::-1][::6][::-1] if ask.quick else found


def month(text: str) -> pd.Period:
    """The last month that was whole on a date; a month as it stands."""
    try:
        if len(text) == len("2024-08"):
            return pd.Period(text, "M")
        day = pd.Timestamp(pd.to_datetime(text, format="%Y-%m-%d"))
    except ValueError:
        raise KautilyaError(
            "--until", repr(text), "Give a month or a day, such as 2024-08"
        ) from None
    return day.to_period("M") if day.is_month_end else day.to_period("M") - 1


def _horizons(ask: Ask, longest: int) -> list[int]:
    if ask.until:
        return list(range(1, longest + 1))
    return sorted({h for h in HORIZONS if h <= longest} | {longest})


def compared(found: pd.DataFrame) -> pd.DataFrame:
    """Rows of SKILL: each of our forecasts against each baseline and against the best one."""
    rows = []
    for h in sorted(found["horizon"].unique()):
        part = found[found["horizon"] == h]
        mean = part.groupby("forecast")["crps"].mean()
        best = mean[list(BASELINES)].idxmin()
        for own, speaks in ((OWN, ""), (OLD, "")):
            for base, called in ((best, f"best: {best}"), *((b, b) for b in BASELINES)):
                said = many(h, "month")
                mine, other = (part[part["forecast"] == one] for one in (own, base))
                value, low, high = skill(mine, other, h)
                rows.append(
                    (
                        f"claimed losses, {said}",
                        "CRPS",
                        own,
                        mean[own],
                        called,
                        mean[base],
                        value,
                        low,
                        high,
                        len(mine),
                        speaks,
                        "held-out",
                        mine["origin"].nunique() // h,
                        True,
                    )
                )
    return pd.DataFrame(rows, columns=[*SKILL, *MORE])


def _tables(found: pd.DataFrame, losses: Losses) -> dict[str, pd.DataFrame]:
    if not len(found):
        return {}
    ours = found[found["forecast"] == OWN]
    out = {
        "scores by horizon": means(found),
        "by class": means(
            found[found["forecast"].isin([OWN, OLD, *BASELINES])],
            ("series", "horizon", "forecast"),
        ),
        "state space by class": means(ours, ("series", "horizon")),
    }
    later = found[found["month"].map(lambda m: pd.Period(m, "M") > BUILT)]
    if len(later):
        out["months after 2024-08, not seen when it was built"] = means(later)
    return out


def write(path: Path, drawn: Array, series: list[str], until: pd.Period) -> None:
    """Parquet with series, month, draw, value; whole or not at all."""
    draws, _, ahead = drawn.shape
    months = [str(until + h) for h in range(1, ahead + 1)]
    backtests.write(
        path,
        pd.DataFrame(
            {
                "series": np.repeat(series, ahead * draws),
                "month": np.tile(np.repeat(months, draws), len(series)),
                "draw": np.tile(np.arange(draws), ahead * len(series)),
                "value": np.moveaxis(drawn, 0, -1).ravel(),
            }
        ),
    )


CASES = (
    "forecast",
    "origin",
    "horizon",
    "series",
    "month",
    "value",
    "crps",
    "log",
    "in50",
    "in80",
    "above",
    "median",
)


def cases(
    draws: Mapping[tuple[str, pd.Period], Array], seen: pd.DataFrame, horizons: Sequence[int]
) -> pd.DataFrame:
    """One row a forecast, origin, horizon and series that has an outcome, columns CASES.

    draws   (forecast, last known month) -> [draws, series, months ahead]
    """
    rows: list[tuple[str | float, ...]] = []
    for (name, origin), drawn in draws.items():
        for h in horizons:
            month = origin + h
            if month not in seen.index or h > drawn.shape[-1]:
                continue
            for k, series in enumerate(seen.columns):
                y, x = float(seen.loc[month, series]), drawn[:, k, h - 1]
                if np.isfinite(y):
                    rows.append(
                        (
                            name,
                            str(origin),
                            h,
                            series,
                            str(month),
                            y,
                            float(crps_draws(x, np.asarray(y))),
                            log_score(x, y),
                            bool(covered(x, np.asarray(y), 0.5)),
                            bool(covered(x, np.asarray(y), 0.8)),
                            bool(y > np.quantile(x, 0.9)),
                            float(np.median(x)),
                        )
                    )
    out = pd.DataFrame(rows, columns=list(CASES))
    size = out.drop_duplicates(["series", "month"]).groupby("series")["value"].mean()
    return out.assign(crps=out["crps"] / np.maximum(out["series"].map(size), 1.0))


def log_score(draws: Array, y: float) -> float:
    """Minus the log density of log(1 + y); kernel width by Silverman's rule (silverman1986)."""
    x = np.log1p(np.maximum(draws, 0.0))
    iqr = float(np.subtract(*np.quantile(x, [0.75, 0.25])))
    width = max(0.9 * min(float(x.std()), iqr / 1.34) * len(x) ** -0.2, 1e-3)
    z = (np.log1p(max(y, 0.0)) - x) / width
    top = float((-0.5 * z**2).max())
    density = np.exp(-0.5 * z**2 - top).mean()
    return float(-(top + np.log(density)) + np.log(width * np.sqrt(2.0 * np.pi)))


def means(table: pd.DataFrame, by: Sequence[str] = ("horizon", "forecast")) -> pd.DataFrame:
    """Mean scores by group: CRPS, log score, coverage, share above, cases."""
    grouped = table.groupby(list(by), sort=False)
    out = grouped[["crps", "log", "in50", "in80", "above"]].mean()
    return out.assign(cases=grouped.size()).reset_index()


def skill(
    own: pd.DataFrame, base: pd.DataFrame, horizon: int, score: str = "crps"
) -> tuple[float, float, float]:
    """Skill and its 90 % interval over circular blocks of origins; NaN without two origins."""
    a, b = (one.groupby("origin")[score].sum().sort_index().to_numpy() for one in (own, base))
    n = len(a)
    if n < 2:
        return (1.0 - a.sum() / b.sum() if n else float("nan"), float("nan"), float("nan"))
    rng = np.random.default_rng(SEED)
    length = max(1, min(horizon, n // 2))
    begin = rng.integers(0, n, (RESAMPLES, -(-n // length)))
    at = ((begin[:, :, None] + np.arange(length)) % n).reshape(RESAMPLES, -1)[:, :n]
    low, high = np.quantile(1.0 - a[at].sum(axis=1) / b[at].sum(axis=1), LEVELS)
    return float(1.0 - a.sum() / b.sum()), float(low), float(high)


def rolling(
    known: pd.DataFrame,
    origins: Sequence[pd.Period],
    horizon: int,
    forecasts: Mapping[str, Callable[[Array, int], Array]],
    progress: Callable[[int, int], None],
) -> dict[tuple[str, pd.Period], Array]:
    """Draws of every forecast from every origin; a forecast sees months up to its origin."""
    out = {}
    with one_thread():
        for i, origin in enumerate(origins):
            y = known.loc[:origin].to_numpy(float).T
            for name, make in forecasts.items():
                out[name, origin] = make(y, horizon)
            progress(i + 1, len(origins))
    return out


def one_thread() -> AbstractContextManager[object]:
    """Small matrices on one thread: quicker, and the same bits on any number of cores."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return threadpool_limits(1)
