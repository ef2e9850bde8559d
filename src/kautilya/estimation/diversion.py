r"""What sanctions do to EU exports: an equilibrium with the cut, and goods that go round it.

    B_EU,RUS = 1 - c ramp(k)      the cut, and the same from the others that joined
    X'       = general equilibrium on the matrix of 2009, elasticity theta
    lost     = X_EU,RUS - X'_EU,RUS,     detour_j = lambda lost w_j,  sum_j w_j = 1
    x_EU,j   = plain_j (X'_EU,j + detour_j) / X_EU,j

    c       share of the flow that measures remove at given prices                      [1]
    lambda  share of what is lost that goes to a neighbour instead                     [1]
    w_j     weights of the neighbours: sqrt(EU exports to j x exports of j to Russia), 2009
    ramp    1 - exp(-k / tau), k months since the measures began

Written down before any month after February 2022 was looked at, and not one of these ranges is
fitted on such months: c from a quarter of a complete set of measures to all of it (1 - exp(-1.47
s), s uniform on 1/4 to 1: dai2021, recalled); lambda uniform on 0 to 1/4, assumed: no measurement
from before 2022 is in hand; theta uniform on 4 to 6; tau uniform on 1 to 6 months, assumed.
The flagship's own ranges are not used here: they were written with the outcome in sight.
Source: dekle2007 for the equilibrium (``formulas.sanction_worlds``).
Breaks when: goods are re-exported that never went to Russia before; trade has moved since 2009.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.estimation import outside
from kautilya.estimation.suppliers.exposure import EU27, FILES, OLD_ISO
from kautilya.mechanisms.formulas import sanction_worlds

Array = NDArray[np.float64]
STATES = {
    "Armenia": "ARM",
    "Belarus": "BLR",
    "Georgia": "GEO",
    "Kazakhstan": "KAZ",
    "Kyrgyzstan": "KGZ",
    "Russian Federation": "RUS",
    "Uzbekistan": "UZB",
}
JOINED = ("EUU", "USA", "JPN", "KOR", "CHE", "NOR", "CAN", "AUS")
WORLD = (*JOINED, "CHN", "IND", "TUR", "UKR", *STATES.values())
COMPLETE, GDP_SHARE = 1.47, 2.0  # log effect of complete measures; gross output over GDP
RANGES = {"s": (0.25, 1.0), "lambda": (0.0, 0.25), "theta": (4.0, 6.0), "tau": (1.0, 6.0)}
GRID = 9  # cuts that are solved; between them the response is interpolated


class Response(NamedTuple):
    """EU exports, new over old, by cut [cut, partner]; weights of the detour [partner]; what a
    euro lost in Russia is of each partner's old trade [partner]."""

    cuts: Array
    ratio: Array
    weight: Array
    scale: Array


def _matrix() -> tuple[list[str], Array]:
    """Flows of 2009 among WORLD and the rest, own sales on the diagonal, thousand US$."""
    folder = outside.root() / "data"
    trade = disk.of_parquet(folder / FILES[0]).replace({"i": OLD_ISO, "j": OLD_ISO})
    gdp = disk.of_csv(folder / FILES[1]).replace({"i": OLD_ISO})

    def block(code: str) -> str:
        return "EUU" if code in EU27 else code if code in WORLD else "ROW"

    names = [*WORLD, "ROW"]
    flow = trade.assign(a=trade["i"].map(block), b=trade["j"].map(block)).pivot_table(
        index="a", columns="b", values="Fij", aggfunc="sum", fill_value=0.0
    )
    flows = flow.reindex(index=names, columns=names, fill_value=0.0).to_numpy(float, copy=True)
    np.fill_diagonal(flows, 0.0)
    made = gdp.assign(a=gdp["i"].map(block)).groupby("a")["GDPi"].sum().reindex(names).fillna(0.0)
    own = GDP_SHARE * 1000.0 * made.to_numpy() - flows.sum(1)
    np.fill_diagonal(flows, np.maximum(own, 0.25 * flows.sum(1)))
    return names, flows


def response(partners: list[str], theta: float) -> Response:
    """How EU exports to each partner answer to the cut, from the equilibrium."""
    names, flows = _matrix()
    base = sanction_worlds.balanced(flows, np.array([theta]))[0]
    cuts = np.linspace(0.0, 1.0 - np.exp(-COMPLETE), GRID)
    factor = np.ones((GRID, len(names), len(names)))
    russia, union = names.index("RUS"), names.index("EUU")
    for state in JOINED:
        factor[:, names.index(state), russia] = factor[:, russia, names.index(state)] = 1.0 - cuts
    new = sanction_worlds.solve(base[None], factor, np.full(GRID, theta)).flows
    place = [names.index(STATES[name]) for name in partners]
    old = base[union, place]
    weight = np.where(np.array(place) == russia, 0.0, np.sqrt(old * base[place, russia]))
    return Response(
        cuts,
        new[:, union, place] / old,
        weight / max(weight.sum(), 1e-9),
        base[union, russia] / old,
    )


def effects(partners: list[str], months: Array, draws: int, seed: int, evasion: bool) -> Array:
    """Log of EU exports over what they would be, [draws, month, partner]; months since the
    measures began, 0 before."""
    rng = np.random.default_rng(seed)
    u = {name: low + (high - low) * rng.random(draws) for name, (low, high) in RANGES.items()}
    ends = [response(partners, theta) for theta in RANGES["theta"]]
    share = (u["theta"] - RANGES["theta"][0]) / (RANGES["theta"][1] - RANGES["theta"][0])
    ramp = 1.0 - np.exp(-months[None] / u["tau"][:, None])
    cut = (1.0 - np.exp(-COMPLETE * u["s"]))[:, None] * ramp
    russia = partners.index("Russian Federation")
    out = np.empty((*cut.shape, len(partners)))
    for j in range(len(partners)):
        low, high = (np.interp(cut, end.cuts, end.ratio[:, j]) for end in ends)
        out[..., j] = low + (high - low) * share[:, None]
    lost = 1.0 - out[..., russia]
    if evasion:
        for j in range(len(partners)):
            gain = ends[0].weight[j] * ends[0].scale[j]
            out[..., j] += u["lambda"][:, None] * lost * gain
    return np.log(np.maximum(out, 1e-6))


COLUMNS = ("reporter", "partner", "month", "value", "product", "flow")
YEAR, LEAST, RECENT, KEPT = 12, 20, 3, 0.5


def read(path: Path) -> pd.DataFrame:
    """EU exports [month, partner] in EUR, all products, all reporters together.

    Raises KautilyaError for missing columns, values or months.
    """
    table = outside.table(path)
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise KautilyaError(
            str(path), f"no column {', '.join(missing)}", f"The table needs {', '.join(COLUMNS)}"
        )
    table = outside.numbers(table, str(path), ("value",))
    table = table[(table["product"] == "TOTAL") & (table["flow"] == "EXPORT")]
    if table.empty or not np.isfinite(table["value"]).all() or (table["value"] < 0).any():
        raise KautilyaError(
            str(path),
            "no exports of all products, or values that are none",
            "Rows with product TOTAL, flow EXPORT and a value of 0 or more",
        )
    try:
        month = pd.PeriodIndex(table["month"].astype(str).str[:7], freq="M")
    except ValueError as error:
        raise KautilyaError(
            str(path), f"a month that is none ({error})", "Write months as 2022-02"
        ) from None
    twice = table.assign(month=month).duplicated(["reporter", "partner", "month"])
    if twice.any():
        row = table[twice].iloc[0]
        raise KautilyaError(
            str(path),
            f"{int(twice.sum()):,} of {len(table):,} rows repeat a "
            f"reporter, partner and month, first {row['reporter']} to "
            f"{row['partner']} in {row['month']}",
            "Keep one row of each",
        )
    wide = table.assign(month=month).pivot_table(
        index="month", columns="partner", values="value", aggfunc="sum"
    )
    every = pd.period_range(wide.index[0], wide.index[-1], freq="M")
    wide = wide.reindex(every)
    bad = wide.isna() | (wide <= 0)
    if bad.to_numpy().any():
        where = bad.stack()[lambda s: s].index[0]
        raise KautilyaError(
            str(path),
            f"no exports to {where[1]} in {where[0]}",
            "Give every month for every partner",
        )
    return wide


def _step(logs: Array, t: int, h: int) -> Array:
    """The plain forecast of month t + h from months to t, [partner]."""
    recent = logs[t - RECENT + 1 : t + 1] - logs[t - RECENT + 1 - YEAR : t + 1 - YEAR]
    growth = recent.mean(0)
    back = t + h - YEAR * ((h - 1) // YEAR + 1)
    years = np.arange(1, (h - 1) // YEAR + 2)
    return np.asarray(logs[back] + growth * (KEPT**years).sum())


def plain(exports: pd.DataFrame, ahead: int, draws: int, seed: int) -> Array:
    """Log exports [draws, ahead, partner] after the last month, if nothing special happens."""
    logs, rng = np.log(exports.to_numpy(float)), np.random.default_rng(seed)
    last = len(logs) - 1
    first = YEAR + RECENT - 1
    out = np.empty((draws, ahead, logs.shape[1]))
    for h in range(1, ahead + 1):
        step = min(h, max(1, (last - first) // 2))
        error = np.stack(
            [logs[t + step] - _step(logs, t, step) for t in range(first, last - step + 1)]
        )
        error = (error - error.mean(0)) * np.sqrt(h / step)
        out[:, h - 1] = _step(logs, last, h) + error[rng.integers(0, len(error), draws)]
    return out


def persistence(exports: pd.DataFrame, ahead: int, draws: int, seed: int) -> Array:
    """Log exports [draws, ahead, partner]: the last month plus a walk of resampled changes."""
    logs, rng = np.log(exports.to_numpy(float)), np.random.default_rng(seed)
    change = np.diff(logs, axis=0)
    change = change - change.mean(0)
    return np.asarray(logs[-1] + change[rng.integers(0, len(change), (draws, ahead))].cumsum(1))
