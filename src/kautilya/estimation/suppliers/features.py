"""Covariates of a candidate supplier in year t, from year t-1 and earlier only.

``features(world, rows)`` gives one column per term of ``specs.TERMS`` (natural units, missing as
NaN) and ``new``: no delivery in the last 15 years. Sources: the delivery register, ATOP (to 2018,
carried on), UN ideal points (to 2019, carried on), Polyarchy and CINC as in the panel.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya.estimation.suppliers.panel import World, embargoed, load_embargoes
from kautilya.estimation.suppliers.specs import TERMS

Array = NDArray[np.float64]
FADE_YEARS = 5.0  # e-folding time of a past tie in ``fading``
LEADER = 2  # COW code of the United States, as in the engine's ``revision``
LAST_PACT, LAST_IDEAL = 2018, 2019  # last years of the ATOP and ideal-point files


def _run(hit: NDArray[np.bool_]) -> Array:
    """log(1 + unbroken deliveries up to the last slice) of a window [i, j, years]."""
    return np.asarray(np.log1p(np.logical_and.accumulate(hit[:, :, ::-1], axis=2).sum(2)))


class Years(NamedTuple):
    """What is shared by all rows of one year: matrices [place, place] and vectors [place]."""

    pairs: dict[str, Array]
    supplier: dict[str, Array]
    recipient: dict[str, Array]


def _window(cube: Array, end: int, years: int) -> Array:
    """The last ``years`` slices before index ``end``; shorter at the start of the record."""
    return cube[:, :, max(end - years, 0) : max(end, 0)]


def _share(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _fading(hit: NDArray[np.bool_]) -> Array:
    """exp(-(gap - 1)/5) of the latest delivery in a window [i, j, years]; 0 without one."""
    out = np.zeros(hit.shape[:2])
    for back in range(hit.shape[2]):
        value = np.exp(-(hit.shape[2] - back - 1) / FADE_YEARS)
        out = np.where(hit[:, :, back], value, out)
    return out


def of_year(cube: Array, end: int, under: NDArray[np.bool_]) -> Years:
    """Past ties, capacity, network and record from cube slices before ``end``.

    under [place, year]: recipients under a binding embargo.
    """
    w5, w10, w15, w25 = (_window(cube, end, n) for n in (5, 10, 15, 25))
    d5, d25 = w5.sum(2), w25.sum(2)
    tied = d5 > 0
    partner = (w10.sum(2) + w10.sum(2).T > 0).astype(float)
    early = w15[:, :, : max(w15.shape[2] - 5, 0)]
    bad = under[:, max(end - 25, 0) : max(end, 0)]
    ever = cube[:, :, : max(end, 0)].any(2)
    fresh = ever & ~cube[:, :, : max(end - 10, 0)].any(2)
    pairs = {
        "run": _run(w10 > 0),
        "ever": ever.astype(float),
        "lag5": tied.astype(float),
        "lag1": (_window(cube, end, 1).sum(2) > 0).astype(float),
        "lag6_15": (early.sum(2) > 0).astype(float),
        "freq5": (w5 > 0).sum(2) / 5.0,
        "freq15": (w15 > 0).sum(2) / 15.0,
        "fading": _fading(w25 > 0),
        "share5": _share(d5, np.broadcast_to(d5.sum(0), d5.shape)),
        "tie25": np.log10(1.0 + d25 + d25.T),
        "reverse": np.log1p(d25.T),
        "tiv5": np.log1p(d5),
        "tiv25": np.log1p(d25),
        "patron": _share(d25.T, np.broadcast_to(d25.sum(0)[:, None], d25.shape)),
        "shared": np.log1p(partner @ partner),
        "any15": (w15.sum(2) > 0).astype(float),
    }
    supplier = {
        "lx": np.log1p(d5.sum(1)),
        "cap25": np.log1p(d25.sum(1)),
        "clients": np.log1p(tied.sum(1)),
        "fresh10": np.log1p(fresh.sum(1)),
        "record": np.log1p(((w25 > 0) & bad[None]).sum((1, 2))),
    }
    return Years(pairs, supplier, {"demand": np.log1p(tied.sum(0))})


def _under(world: World, pairs: set[tuple[int, int]]) -> NDArray[np.bool_]:
    """[place, year] of the cube: under embargo."""
    out = np.zeros((world.cube.shape[0], world.cube.shape[2]), bool)
    for code, year in pairs:
        if code in world.place and 0 <= year - world.first < out.shape[1]:
            out[world.place[code], year - world.first] = True
    return out


def _series(panel: pd.DataFrame, column: str) -> pd.Series:
    return panel.groupby(["s", "year"])[column].first().astype(float)


def _at(series: pd.Series, *keys: NDArray[np.int64]) -> Array:
    return np.asarray(series.reindex(pd.MultiIndex.from_arrays(keys)), dtype=np.float64)


def _politics(world: World, rows: pd.DataFrame) -> dict[str, Array]:
    s, r, t = (rows[c].to_numpy(int) for c in ("s", "r", "year"))
    before = world.panel.set_index(["s", "r", "year"])
    pol = _series(world.panel, "pol")
    out = {"size": _at(_series(world.panel, "lc"), s, t - 1), "regime": _at(pol, s, t - 1)}
    out["regime_gap"] = np.abs(out["regime"] - _at(pol, r, t - 1))
    if world.ideal is not None:
        when = np.minimum(t - 1, LAST_IDEAL)
        out["ipd"] = np.abs(_at(world.ideal, s, when) - _at(world.ideal, r, when))
        leader = np.full(len(s), LEADER)
        out["revision"] = np.abs(_at(world.ideal, s, when) - _at(world.ideal, leader, when))
    else:
        out["ipd"] = _at(before["ipd"].where(before["ipd_na"] == 0), s, r, t - 1)
    for name, known, column in (
        ("ally", world.pacts, "ally"),
        ("defence", world.defence, "atop_defense"),
    ):
        when = t - 1 if known is None else np.minimum(t - 1, LAST_PACT)
        out[name] = np.nan_to_num(_at(before[column] if known is None else known, s, r, when))
    out["distance"] = np.log1p(rows["mindist"].to_numpy(float))
    return out


def _panel_capacity(panel: pd.DataFrame, s: NDArray[np.int64], t: NDArray[np.int64]) -> Array:
    """25-year export capacity from the panel alone: lx of t, t-5, ..., t-20 are five windows."""
    lx = _series(panel, "lx")
    return np.log1p(sum(np.nan_to_num(np.expm1(_at(lx, s, t - 5 * n))) for n in range(5)))


def features(
    world: World, rows: pd.DataFrame | None = None, embargo_list: pd.DataFrame | None = None
) -> pd.DataFrame:
    """One row per candidate (columns s, r, year, mindist), by default those of the panel.

    Returns s, r, year, y (NaN where unknown), ``new`` and every term of ``TERMS`` except the
    sanctions block, index as in ``rows``.
    """
    rows = world.panel if rows is None else rows
    listed = load_embargoes() if embargo_list is None else embargo_list
    bound = embargoed(listed, binding=True)
    under = _under(world, bound)
    out = pd.DataFrame(np.nan, index=rows.index, columns=[*TERMS, "any15"])
    i, j = (rows[c].map(world.place).to_numpy(int) for c in ("s", "r"))
    years = rows["year"].to_numpy(int)
    for year in np.unique(years):
        pick = np.flatnonzero(years == year)
        made = of_year(world.cube, int(year) - world.first, under)
        values = {n: m[i[pick], j[pick]] for n, m in made.pairs.items()}
        values |= {n: v[i[pick]] for n, v in made.supplier.items()}
        values |= {n: v[j[pick]] for n, v in made.recipient.items()}
        for name, value in values.items():
            out.iloc[pick, out.columns.get_loc(name)] = value
    for name, value in _politics(world, rows).items():
        out[name] = value
    s, r = rows["s"].to_numpy(int), rows["r"].to_numpy(int)
    if not world.complete:
        out["lag5"] = np.maximum(out["lag5"], rows["lag5"])
        out["lag6_15"] = np.maximum(out["lag6_15"], rows["lag6_15"])
        out["any15"] = np.maximum(out["any15"], np.maximum(out["lag5"], out["lag6_15"]))
        out["lx"], out["cap25"] = rows["lx"], _panel_capacity(world.panel, s, years)
    out["own_embargo"] = [float((a, t - 1) in bound) for a, t in zip(s, years, strict=True)]
    out["binding"] = [float((a, t) in bound) for a, t in zip(r, years, strict=True)]
    keys = rows[["s", "r", "year"]].astype(int)
    seen = rows["y"].astype(float) if "y" in rows else np.nan
    return pd.concat([keys, out.drop(columns="any15")], axis=1).assign(
        y=seen, new=(out["any15"] == 0).to_numpy()
    )
