r"""The engine itself as of each day of the past, beside what came and beside simple forecasts.

    as of an origin     the engine sees what was known on the last day of that month, no more
    what is scored      what observers published afterwards: `published`, where a law of the
                        scenario writes it, else the series `observed.*` beside their outcomes
    baselines           persistence, drift, ETS, AutoARIMA, count regression, of the same months
    CRPS                of draws, in units of the series' mean month; log CRPS on log(1 + y)
    coverage            closed: a tie with an end counts as inside; strict: ties are broken at random
    best baseline       picked on development origins (to DEVELOPED), used on all
    skill               1 - CRPS / baseline's, 90 % interval over circular blocks of origins as long
                        as the horizon (kuensch1989); no verdict with fewer than BLOCKS of them

The protocol, and every variant that was tried, stands in docs/protocol.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya import disk, program
from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError, extra
from kautilya.estimation import watched
from kautilya.estimation.losses.baselines import BASELINES
from kautilya.estimation.losses.series import LEAST
from kautilya.validation import backtests
from kautilya.validation.backtest_losses import log_score, one_thread, skill
from kautilya.validation.origins import Ask, Truth, engine, last_day, truth_of
from kautilya.validation.skill import BLOCKS, LOOKED, SEED
from kautilya.wording import listed, many

if TYPE_CHECKING:
    from kautilya.scenario.scenario import Scenario

Array = NDArray[np.float64]
Draws = Mapping[pd.Period, Array]  # by origin: [draws, series, months ahead]
Progress = Callable[[int, int], None]
ENGINE = "engine"
RIVALS = ("persistence", "drift", "ETS", "AutoARIMA", "count regression")
ORIGINS = "2022-12..2024-05/1"
DEVELOPED = pd.Period("2023-12", "M")
LEVELS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
SPAN = re.compile(r"(\d{4}-\d{2})(?:\.\.(\d{4}-\d{2})(?:/(\d{1,2}))?)?", re.ASCII)
RECORD = "hindcast"  # name of the record that ships with the package
SUMS: Mapping[str, tuple[str, ...]] = {
    "sum: armour claimed": ("claim_tank", "claim_apc"),
    "sum: artillery claimed": ("claim_gun", "claim_mlrs"),
    "sum: Russian pictures": tuple(k for k in watched.PICTURES if "_rus_" in k),
    "sum: Ukrainian pictures": tuple(k for k in watched.PICTURES if "_ukr_" in k),
    "sum: launches": tuple(watched.LAUNCHES),
    "sum: military aid": ("aid_usa", "aid_deu", "aid_gbr", "aid_europe", "aid_other"),
}


class Hindcast(NamedTuple):
    """Cases with scores, and the tables that are made from them."""

    scenario: str
    cases: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    notes: list[str]

    @property
    def says(self) -> str:
        """How often the engine's bands of 80 % held what came, by months ahead."""
        own = self.cases[self.cases["forecast"] == ENGINE] if len(self.cases) else self.cases
        if own.empty:
            return "No month came that a forecast was made for."
        held = own.groupby("horizon")["in80"].agg(["mean", "size"])
        told = [
            f"{100 * mean:.0f} % of {many(int(size), 'case')} {many(int(ahead), 'month')} ahead"
            for ahead, mean, size in held.itertuples()
        ]
        origins = many(own["origin"].nunique(), "origin")
        return f"From {origins} the engine's 80 % bands held {listed(told)}."


def origins_of(text: str) -> tuple[pd.Period, ...]:
    """Months of FIRST..LAST/STEP, or of one month.

    >>> [str(one) for one in origins_of("2022-12..2023-04/2")]
    ['2022-12', '2023-02', '2023-04']
    """
    found = SPAN.fullmatch(text.strip())
    try:
        if not found:
            raise ValueError
        first, last = (pd.Period(one or found[1], "M") for one in (found[1], found[2]))
        step = int(found[3] or 1)
        months = tuple(pd.period_range(first, last, freq="M"))[:: max(step, 1)]
        if not months or step < 1:
            raise ValueError
    except ValueError:
        raise KautilyaError(
            "--origins", repr(text), f"Give months and a step, such as {ORIGINS}"
        ) from None
    return months


def horizons_of(text: str) -> tuple[int, ...]:
    """Whole months, separated by commas."""
    parts = [one.strip() for one in text.split(",")]
    if not all(one.isdecimal() and one.isascii() and 1 <= int(one) <= 60 for one in parts):
        raise KautilyaError("--horizons", repr(text), "Give months from 1 to 60, such as 1,3,6,12")
    return tuple(sorted({int(one) for one in parts}))


def hindcast(name: str, ask: Ask, progress: Progress = backtests.quiet) -> Hindcast:
    """Forecast from every origin with what was known then, and score it.

    Raises KautilyaError where nothing that the scenario foretells was ever observed.
    """
    scenario = scenarios.load(name)
    extra("statsforecast", "forecast")
    extra("scoringrules", "forecast")
    truth = truth_of(scenario, ask.data)
    wanted = _fitting(scenario, truth, ask)
    labels, made = engine(scenario, truth, wanted, progress)
    part = Truth(truth.seen[list(labels)], truth.groups, truth.known)
    forecasts = {ENGINE: made, **rivals(part, wanted)}
    cases = scored(forecasts, part, wanted.horizons)
    notes = [
        f"{many(len(wanted.origins), 'origin')}, {many(wanted.futures, 'future')} each; development origins to "
        f"{DEVELOPED}. Single months are scored, and sums over classes.",
        "Origins overlap: a surprise that all series share moves a whole origin.",
    ]
    return Hindcast(scenario.id, cases, tables(cases), notes)


def _fitting(scenario: Scenario, truth: Truth, ask: Ask) -> Ask:
    """The origins at which something is known and the run goes on."""
    begin, end = (pd.Period(one, "M") for one in (scenario.head.start, scenario.head.horizon))
    seen = truth.seen.dropna(how="all").index
    if not len(seen):
        raise KautilyaError(scenario.id, "no month was observed", "Give a record with --data")
    first, last = max(begin, seen[0]) + LEAST - 1, min(end, seen[-1]) - min(ask.horizons)
    kept = tuple(one for one in ask.origins if first <= one <= last)
    if not kept:
        raise KautilyaError(
            "--origins",
            f"{ask.origins[0]} to {ask.origins[-1]}",
            f"Give months of {first} to {last}",
        )
    return ask._replace(origins=kept)


def rivals(truth: Truth, ask: Ask) -> dict[str, Draws]:
    """Draws of every baseline from every origin, kept on disk by what was known then."""
    jobs = []
    for origin in ask.origins:
        known = truth.known(last_day(origin)).reindex(columns=truth.seen.columns)
        known = known.loc[:origin].dropna(how="all")
        jobs.append((known, origin, max(ask.horizons), ask.futures, ask.seed))
    found = _shared(_rivals_at, jobs)
    out: dict[str, Draws] = {}
    for name in RIVALS:
        out[name] = dict(zip(ask.origins, (one[name] for one in found), strict=True))
    return out


def _shared(work: Callable[..., dict[str, Array]], jobs: Sequence[tuple]) -> list[dict[str, Array]]:
    """Jobs done in two processes; in this one where there are few."""
    if len(jobs) < 3:
        return [work(*job) for job in jobs]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        return list(pool.map(work, *zip(*jobs, strict=True)))


def _code() -> str:
    """A mark of what makes the baselines: their file and the libraries."""
    from kautilya.estimation.losses import baselines

    made = Path(baselines.__file__).read_bytes()
    return disk.checksum(made + str(program.made_by()["versions"]).encode())


def _rivals_at(
    known: pd.DataFrame, origin: pd.Period, horizon: int, draws: int, seed: int
) -> dict[str, Array]:
    """Draws of each baseline [draws, series, horizon]; NaN where too little was known."""
    text = f"{known.to_csv()}|{origin}|{horizon}|{draws}|{seed}|{_code()}"
    place = disk.place("rivals") / f"{disk.checksum(text.encode())}.npz"

    def make() -> Mapping[str, Any]:
        out = {name: np.full((draws, known.shape[1], horizon), np.nan) for name in RIVALS}
        with one_thread():
            for k, label in enumerate(known):
                own = known[label].dropna()
                gap = (origin - own.index[-1]).n if len(own) else 0
                if len(own) < LEAST or gap > horizon or own.max() <= 0:
                    continue
                y = own.clip(lower=0.0).to_numpy(float)[None]
                for name in RIVALS:
                    with suppress(NotImplementedError):  # too short for a library's model
                        out[name][:, k] = BASELINES[name](y, gap + horizon, draws, seed)[:, 0, gap:]
        return out

    found = disk.kept(place, make, disk.ARRAYS)
    return {name: np.asarray(found[name]) for name in RIVALS}


def scored(forecasts: Mapping[str, Draws], truth: Truth, horizons: Sequence[int]) -> pd.DataFrame:
    """One row a forecast, origin, horizon and series (or sum of series) that has an outcome.

    A case counts for all forecasts or for none, so that they are scored on the same.
    """
    labels = list(truth.seen.columns)
    series: dict[str, tuple[tuple[str, ...], str]] = {
        one: ((one,), truth.groups[one]) for one in labels
    }
    for name, parts in SUMS.items():
        if set(parts) <= set(labels):
            series[name] = parts, "sums"
    rows: list[dict[str, object]] = []
    for name, (parts, group) in series.items():
        at = [labels.index(one) for one in parts]
        seen = truth.seen[list(parts)].sum(axis=1, skipna=False)
        rows += _cases(forecasts, (name, group, at), seen, horizons)
    out = pd.DataFrame(rows)
    if out.empty:
        raise KautilyaError(
            "hindcast", "nothing that is forecast came true later", "Give more data"
        )
    size = out.drop_duplicates(["series", "month"]).groupby("series")["value"].mean()
    unit = np.maximum(out["series"].map(size), 1e-9)
    stage = np.where(
        pd.PeriodIndex(out["origin"], freq="M") <= DEVELOPED, "development", "reported"
    )
    return out.assign(crps=out["crps"] / unit, stage=stage)


def _cases(
    forecasts: Mapping[str, Draws],
    series: tuple[str, str, list[int]],
    seen: pd.Series,
    horizons: Sequence[int],
) -> Iterable[dict[str, object]]:
    name, group, at = series
    for origin in next(iter(forecasts.values())):
        for h in horizons:
            y = seen.get(origin + h, np.nan)
            drawn = {key: one[origin][:, at, h - 1].sum(axis=1) for key, one in forecasts.items()}
            if np.isfinite(y) and all(np.isfinite(x).all() for x in drawn.values()):
                where = {"origin": str(origin), "horizon": h, "month": str(origin + h)}
                what = {"series": name, "group": group, **where, "value": float(y)}
                for key, x in drawn.items():
                    yield {"forecast": key, **what, **scores(x, float(y), f"{name}{origin}{h}")}


def scores(draws: Array, y: float, luck: str = "") -> dict[str, float | bool]:
    """The scores of one forecast given as draws.

    luck   names the draw by which ties with an outcome are broken for the strict interval
    """
    from scoringrules import crps_ensemble

    x = np.sort(draws)
    rng = np.random.default_rng([SEED, *luck.encode()])
    below, ties = float((x < y).sum()), float((x == y).sum())
    pit = (below + rng.random() * (ties + 1.0)) / (len(x) + 1.0)
    found: dict[str, float | bool] = {
        "crps": float(crps_ensemble(y, x, estimator="fair")),
        "log_crps": float(crps_ensemble(np.log1p(max(y, 0)), np.log1p(np.maximum(x, 0)), estimator="fair")),
        "log_score": log_score(x, y),
        "pit": pit,
    }  # fmt: skip
    for level in (50, 80):
        low, high = np.quantile(x, [0.5 - level / 200, 0.5 + level / 200])
        found[f"in{level}"] = bool(low <= y <= high)
        found[f"strict{level}"] = bool(abs(pit - 0.5) <= level / 200)
    return found | {
        f"q{100 * level:g}": float(value)
        for level, value in zip(LEVELS, np.quantile(x, LEVELS), strict=True)
    }


MEANS = ["crps", "log_crps", "log_score", "in50", "in80", "strict50", "strict80"]


def tables(cases: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables of a hindcast, by title."""
    single = cases[cases["group"] != "sums"]
    own = cases[cases["forecast"] == ENGINE]
    alone = own[own["group"] != "sums"]
    return {
        "skill": skills(single),
        "coverage": means(alone, ["horizon"]),
        "reported origins alone": means(alone[alone["stage"] == "reported"], ["horizon"]),
        "sums": means(own[own["group"] == "sums"], ["horizon"]),
        "by group": means(alone, ["group", "horizon"]),
        "by series": means(own, ["series", "group", "horizon"]),
        "all forecasts": means(single, ["horizon", "forecast"]),
    }


def means(cases: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Mean scores by group, with cases and origins."""
    grouped = cases.groupby(by, sort=False)
    out = grouped[MEANS].mean()
    return out.assign(cases=grouped.size(), origins=grouped["origin"].nunique()).reset_index()


def skills(cases: pd.DataFrame) -> pd.DataFrame:
    """The engine against the best baseline of the development origins, pooled and by group."""
    rows = []
    parts = [("all", cases), *cases.groupby("group", sort=False)]
    for group, part in parts:
        for h, one in part.groupby("horizon"):
            best = _best(one)
            for stage in ("all", "reported"):
                told = one if stage == "all" else one[one["stage"] == stage]
                mine, base = (told[told["forecast"] == name] for name in (ENGINE, best))
                value, low, high = skill(mine, base, int(h))
                blocks = mine["origin"].nunique() // int(h)
                rows.append(
                    {
                        "group": group, "horizon": int(h), "origins": stage, "best baseline": best,
                        "crps": mine["crps"].mean(), "its crps": base["crps"].mean(),
                        "skill": value, "low": low, "high": high, "cases": len(mine),
                        "blocks": blocks, "verdict": verdict((value, low, high), blocks),
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def _best(cases: pd.DataFrame) -> str:
    """The baseline with the least CRPS on development origins; on all where there are none."""
    early = cases[cases["stage"] == "development"]
    chosen = early if len(early) else cases
    mean = chosen[chosen["forecast"] != ENGINE].groupby("forecast")["crps"].mean()
    return str(mean.idxmin())


def verdict(found: tuple[float, float, float], blocks: int) -> str:
    """Better or worse only where enough blocks say so."""
    value, low, high = found
    if value != value:
        return "not scored"
    if blocks < BLOCKS:
        return f"no verdict: {many(blocks, 'block')}"
    if low > 0:
        return f"better {LOOKED}"
    return "worse" if high < 0 else "no difference shown"
