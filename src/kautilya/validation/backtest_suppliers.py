"""The backtest of suppliers: who arms an embargoed belligerent, forecast from lagged covariates.

The decision is estimated on years to ``until`` (2005 by default) and scored on the years after it;
nothing of a year enters its own forecast. The score of the decision stands beside persistence,
past ties, size and network; every specification that was tried is printed, also those that fail.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya.errors import KautilyaError
from kautilya.estimation import outside
from kautilya.estimation.suppliers import classes, holdout, readiness
from kautilya.estimation.suppliers.exposure import FILES, SENTENCE, exposure_effect
from kautilya.estimation.suppliers.features import features
from kautilya.estimation.suppliers.panel import COMPANIONS, PANEL, World, load
from kautilya.estimation.suppliers.scores import prepare, weighted
from kautilya.estimation.suppliers.specs import SPECS
from kautilya.validation import labels
from kautilya.validation.backtests import Ask, Scores, write

Array = NDArray[np.float64]
UNTIL, DRAWS, QUICK_DRAWS = 2005, 400, 40
SMALLER = ("log1000",)  # scores that are better when smaller
RIVALS = (
    ("decision", "past-tie detail", ""),
    ("decision", "lags and network", ""),
    ("engine's law", "past-tie detail", "choice"),
    ("engine's law", "lags and network", "choice"),
)
LAW = "engine's law"
NAMES = {
    630: "Iran",
    731: "North Korea",
    750: "India",
    732: "South Korea",
    710: "China",
    370: "Belarus",
}
RANKED = "rank for Russia of about 185 states, every specification tried"
EXPOSED = "exposure to the US and EU markets: coefficient per unit share of GDP"
BY_CLASS = "engine's law by class; intervals from resampled recipients"
SCORED = "scores; intervals from resampled recipients"
CHOSEN = (
    "The decision (six half-lives, a level from held-out windows) was chosen on years to "
    "2005; the test years had been looked at after each of the three registrations before."
)
TITLES = {"ap": "average precision", "recall10": "recall at 10", "log1000": "log score x 1000"}


def _year(until: str) -> int:
    try:
        return int(until[:4]) if until else UNTIL
    except ValueError:
        raise KautilyaError("--until", f"{until!r} is no year", "Write it as 2005") from None


def paired(
    y: Array, forecasts: tuple[Array, Array], group: Array, block: Array, draws: int
) -> dict[str, tuple[float, float, float, float, float]]:
    """By score: own value, baseline's value, skill, and its 90 % interval from paired resamples.

    skill   1 - own / baseline for the log score; own - baseline for the others
    """
    ready = [prepare(y, p, group, (10,)) for p in forecasts]
    blocks, which = np.unique(block, return_inverse=True)
    rng = np.random.default_rng(20060101)
    lots = [np.ones(len(blocks))] + [
        np.bincount(rng.integers(0, len(blocks), len(blocks)), minlength=len(blocks)).astype(float)
        for _ in range(draws)
    ]
    weights = [lot[which] for lot in lots]
    mine = [weighted(ready[0], weight) for weight in weights]
    theirs = [weighted(ready[1], weight) for weight in weights]
    out = {}
    for name in TITLES:
        own = np.array([scores[name] for scores in mine])
        base = np.array([scores[name] for scores in theirs])
        gain = 1.0 - own / base if name in SMALLER else own - base
        low, high = np.nanquantile(gain[1:], [0.05, 0.95]) if draws else (np.nan, np.nan)
        out[name] = (own[0], base[0], gain[0], low, high)
    return out


def skills(rows: pd.DataFrame, told: dict[str, Array], draws: int) -> pd.DataFrame:
    """The comparisons of ``RIVALS`` on all and on new ties."""
    y, r, year = (rows[c].to_numpy(float) for c in ("y", "r", "year"))
    new, out = rows["new"].to_numpy(bool), []
    span = f"{int(year.min())}-{int(year.max())}"
    for what, m in (("all ties", np.ones(len(y), bool)), ("new ties", new)):
        if not 0 < y[m].sum() < m.sum():
            continue
        for own, base, law in (row for row in RIVALS if row[0] in told):
            found = paired(y[m], (told[own][m], told[base][m]), r[m] * 1e4 + year[m], r[m], draws)
            out += [
                {
                    "what": f"{what}, {span}",
                    "score": TITLES[score],
                    "forecast": own,
                    "value": a,
                    "baseline": base,
                    "baseline_value": b,
                    "skill": gain,
                    "low": low,
                    "high": high,
                    "cases": int(y[m].sum()),
                    "mechanism": law,
                    "standing": "held-out",
                }
                for score, (a, b, gain, low, high) in found.items()
            ]
    return pd.DataFrame(out)


def _russia(panel: pd.DataFrame, until: int, known: pd.Series, quick: bool) -> pd.DataFrame:
    specs = (holdout.DECISION, "plain logit") if quick else (*SPECS, holdout.DECISION)
    found = holdout.ranks(panel, until, specs=specs, known=known)
    if found.empty:
        return found
    found["case"] = found["supplier"].map(NAMES) + " " + found["year"].astype(str)
    out = found.pivot(index="specification", columns="case", values="rank").reset_index()
    return out[
        [
            "specification",
            *(f"{NAMES[s]} {t}" for s, t in holdout.CASES if f"{NAMES[s]} {t}" in out),
        ]
    ]


def _exposed(panel: pd.DataFrame, quick: bool) -> pd.DataFrame:
    folder = outside.root() / "data"
    if not all((folder / name).is_file() for name in FILES):
        return pd.DataFrame([{"note": "not estimated: the trade matrix is absent"}])
    return exposure_effect(
        panel[panel["y"].notna()], folder, specs=("new",) if quick else ("new", "all")
    )


def _world(data: Path) -> World:
    """The panel with its companions: beside it, or from the outside folder."""
    beside = outside.root() / "data"
    own = (data.parent / COMPANIONS["deliveries"]).is_file()
    return load(data, None if own or not beside.is_dir() else beside)


def _folder(data: Path) -> Path | None:
    """Where the register by class and its companions lie; None where they are absent."""
    for folder in (data.parent, outside.root() / "data"):
        if all((folder / name).is_file() for name in classes.NEEDED):
            return folder
    return None


def _law(
    world: World, folder: Path, until: int, quick: bool, rows: pd.DataFrame
) -> tuple[Array, pd.DataFrame]:
    """What the compiled law says of ``rows`` [n], and its scores by class; estimated anew unless the
    record has the years asked for and the answer is to be quick."""
    path = labels.FOLDER / "suppliers.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if quick and known.get("until") == until:
        found = readiness.restored(known)
    else:
        found = readiness.judges(classes.rows_of(world, folder), until)
    keys = rows[["s", "r", "year"]].assign(panel=True, weight=1.0).reset_index(drop=True)
    own = classes.gathered(world, keys, folder)
    by_class, whole = readiness.forecast(found, own)
    return whole, readiness.by_class(own, by_class, QUICK_DRAWS if quick else DRAWS)


def backtest(ask: Ask) -> Scores:
    """Forecasts of all candidates after ``until``; writes recipient, year, supplier, probability.

    Raises KautilyaError when the panel is absent or lacks columns, or has no row after ``until``.
    """
    until, draws = _year(ask.until), QUICK_DRAWS if ask.quick else DRAWS
    world = _world(outside.given(ask.data, f"data/{PANEL}"))
    panel = features(world).assign(asked=world.panel["asked"])
    if ask.horizon:
        panel = panel[panel["year"] <= until + ask.horizon].reset_index(drop=True)
    rows = holdout.scorable(panel, until)
    ask.progress(1, 5)
    told = holdout.forecasts(panel, rows, until)
    folder, by_class = _folder(outside.given(ask.data, f"data/{PANEL}")), pd.DataFrame()
    if folder is not None:
        told[LAW], by_class = _law(world, folder, until, ask.quick, rows)
    if ask.out is not None:
        write(
            ask.out,
            pd.DataFrame(
                {
                    "recipient": rows["r"],
                    "year": rows["year"],
                    "supplier": rows["s"],
                    "probability": told[holdout.DECISION],
                }
            ),
        )
    ask.progress(2, 5)
    skill = skills(rows, told, draws)
    ask.progress(3, 5)
    known = pd.Series(told[holdout.DECISION], rows.index)
    tables = {RANKED: _russia(panel, until, known, ask.quick), EXPOSED: _exposed(panel, ask.quick)}
    tables |= {BY_CLASS: by_class} if len(by_class) else {}
    ask.progress(4, 5)
    tables[SCORED] = holdout.score(
        panel, until, 0 if ask.quick else draws, told, held_out=not ask.quick
    )
    ask.progress(5, 5)
    return Scores("suppliers", str(until), skill, tables, [SENTENCE, CHOSEN], ask.out)
