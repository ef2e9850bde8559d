"""The register by class: covariates of supplier, recipient and class of year t, from t-1 and earlier.

A row is a pair and a year; it holds what the pair has in common (``PAIR``), what it has by class
(``CLASS``) and who delivered which class. Rows are the embargoed recipients of the panel, every
candidate, and a weighted sample of all other dyads with history; what was delivered is kept whole.

Sales to a state are no covariate of its readiness to sell: past deliveries are directed.
Recipients that are withheld from 2016 (``WITHHELD``) have no rows from then on: absence there is
no zero. Breaks when: read as a rate of requests; the register shows deliveries alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya import disk
from kautilya.estimation.suppliers.features import LAST_PACT, LEADER, features
from kautilya.estimation.suppliers.panel import SAME_LINE, World, embargoed, load_embargoes

Array = NDArray[np.float64]
REGISTER = "sipri_arms_dyad_year_class_cow.csv"
WARS = "ucdp_prio_conflicts_1946_2023.csv"
DISTANCES = "cepii_geodist_224.parquet"
CODES = "un_ideal_points_1946_2019.csv"
NEEDED = (REGISTER, WARS, DISTANCES, CODES)
CLASSES = (
    "aircraft",
    "armour",
    "artillery",
    "air_defence",
    "ssm",
    "uav",
    "ship",
    "engine",
    "other_missile",
    "other",
)
LAND = ("armour", "artillery", "air_defence", "ssm", "other_missile")
PAIR = (
    "lag1",
    "freq5",
    "freq15",
    "fading",
    "tiv5",
    "run",
    "ever",
    "capacity",
    "fresh10",
    "shared",
    "demand",
    "pattern",
    "war",
    "embargoed",
    "distance",
    "pact",
    "far",
    "democracy",
    "us_ally_embargoed",
    "measures",
    "club",
    "pariah",
    "pariah_embargoed",
    "new",
)
CLASS = (
    "record",
    "class_lag1",
    "class_freq5",
    "class_fading",
    "class_ever",
    "demand_class",
    "other",
)
WITHHELD = (101, 371, 437, 450, 482, 520, 625, 710, 816)
WITHHELD_FROM, FIRST = 2016, 1970
SHARE, SEED = 0.04, 1975  # of the dyads outside the panel without a delivery
AMERICAS, CANADA, ISRAEL = (20, 199), 20, 666


class Rows(NamedTuple):
    """n rows: keys s, r, year, panel, weight; pair [n, PAIR], by_class [n, CLASSES, CLASS],
    came [n, CLASSES] 0/1."""

    keys: pd.DataFrame
    pair: Array
    by_class: Array
    came: Array

    def take(self, pick: NDArray[np.bool_] | NDArray[np.int_]) -> Rows:
        """Some of the rows."""
        keys = self.keys[pick] if pick.dtype == bool else self.keys.iloc[pick]
        return Rows(
            keys.reset_index(drop=True), self.pair[pick], self.by_class[pick], self.came[pick]
        )

    def column(self, name: str) -> Array:
        """A covariate [n] or [n, CLASSES] by its name."""
        if name in PAIR:
            return self.pair[:, PAIR.index(name)]
        return self.by_class[:, :, CLASS.index(name)]


def cubes(world: World, folder: Path) -> Array:
    """Deliveries [class, place, place, year], million TIV, on the places of ``world``."""
    table = disk.of_csv(folder / REGISTER)
    table["s"] = table["s"].where((table["s"] != 315) | (table["year"] < 1993), 316)
    table = table[table["year"].between(world.first, world.first + world.cube.shape[2] - 1)]
    at = table.replace({"s": SAME_LINE, "r": SAME_LINE})
    at = at[at["s"].isin(world.place) & at["r"].isin(world.place)]
    out = np.zeros((len(CLASSES), *world.cube.shape), np.float32)
    where = at["class"].map({name: n for n, name in enumerate(CLASSES)})
    place = (at["s"].map(world.place), at["r"].map(world.place), at["year"] - world.first)
    np.add.at(out, (where, *place), at["tiv"].to_numpy(np.float32))
    return out


def at_war(folder: Path) -> set[tuple[int, int]]:
    """(COW code, year) of states that fight in a conflict of the year."""
    table = pd.read_csv(folder / WARS, dtype=str)
    out: set[tuple[int, int]] = set()
    for column in ("gwno_a", "gwno_a_2nd", "gwno_b", "gwno_b_2nd"):
        for codes, year in table[[column, "year"]].dropna().itertuples(index=False):
            out |= {(int(float(code)), int(year)) for code in codes.split(",")}
    return out


def kilometres(world: World, folder: Path) -> dict[tuple[int, int], float]:
    """Least distance of two states where the panel has it, else between their main towns."""
    names = disk.of_csv(folder / CODES, usecols=["ccode", "iso3c"]).drop_duplicates("iso3c")
    code = names.set_index("iso3c")["ccode"]
    table = disk.of_parquet(folder / DISTANCES, columns=["iso_o", "iso_d", "contig", "dist"])
    table = table.assign(i=table["iso_o"].map(code), j=table["iso_d"].map(code)).dropna()
    near = table["dist"].where(table["contig"] == 0, 0.0)
    out = dict(
        zip(zip(table["i"].astype(int), table["j"].astype(int), strict=True), near, strict=True)
    )
    known = world.panel.drop_duplicates(["s", "r"])[["s", "r", "mindist"]]
    for s, r, km in known.itertuples(index=False):
        out[int(s), int(r)] = out[int(r), int(s)] = float(km)
    return out


def sampled(world: World, last: int, first: int = FIRST, share: float = SHARE) -> pd.DataFrame:
    """Keys s, r, year, panel, weight: the panel's rows and a sample of all other dyads."""
    panel = world.panel[world.panel["year"].between(first, last)]
    inside = set(zip(panel["r"], panel["year"], strict=True))
    heads = {n: code for code, n in world.place.items() if code not in SAME_LINE}
    rng, parts = np.random.default_rng(SEED), []
    for year in range(first, last + 1):
        end = year - world.first
        past = world.cube[:, :, max(end - 25, 0) : end].sum(2)
        can, buys = past.sum(1) > 0, past.sum(0) > 0
        draw = rng.random(past.shape) < share
        hit = world.cube[:, :, end] > 0
        i, j = np.nonzero(can[:, None] & buys[None] & (hit | draw))
        parts.append(
            pd.DataFrame(
                {
                    "s": [heads[int(n)] for n in i],
                    "r": [heads[int(n)] for n in j],
                    "year": year,
                    "weight": np.where(hit[i, j], 1.0, 1.0 / share),
                }
            )
        )
    rest = pd.concat(parts)
    out = [(r, t) in inside for r, t in zip(rest["r"], rest["year"], strict=True)]
    rest = rest[~np.array(out) & (rest["s"] != rest["r"])].assign(panel=False)
    both = [panel[["s", "r", "year"]].assign(panel=True, weight=1.0), rest]
    rows = pd.concat(both, ignore_index=True)
    gone = rows["r"].isin(WITHHELD) & (rows["year"] >= WITHHELD_FROM) & ~rows["panel"]
    return rows[~gone].reset_index(drop=True)


def _windows(cube: Array, end: int, years: int) -> Array:
    return cube[..., max(end - years, 0) : max(end, 0)]


def _by_class(cube: Array, end: int) -> dict[str, Array]:
    """Covariates of a year by class: [class, place, place], or [class, place, 1], [class, 1, place]."""
    w25, w5 = _windows(cube, end, 25), _windows(cube, end, 5)
    hit5, tied = w5 > 0, w5.sum(-1) > 0
    fading = np.zeros(w25.shape[:3], np.float32)
    for back in range(w25.shape[-1]):
        value = np.exp(-(w25.shape[-1] - back - 1) / 5.0)
        fading = np.where(w25[..., back] > 0, np.float32(value), fading)
    return {
        "record": np.log1p(w25.sum((2, 3)))[:, :, None],
        "class_lag1": (_windows(cube, end, 1).sum(-1) > 0).astype(np.float32),
        "class_freq5": hit5.sum(-1) / np.float32(5.0),
        "class_fading": fading,
        "class_ever": (cube[..., : max(end, 0)] > 0).any(-1).astype(np.float32),
        "demand_class": np.log1p(tied.sum(1))[:, None, :],
        "other": (tied.sum(0)[None] - tied > 0).astype(np.float32),
    }


def pattern(cube: Array, end: int) -> Array:
    """Cosine of the sources of two arsenals of land arms, 25 years, own sales as own output."""
    land = _windows(cube, end, 25)[[CLASSES.index(one) for one in LAND]].sum((0, 3))
    source = land + np.diag(land.sum(1))  # [source, holder]
    norm = source / np.maximum(np.sqrt((source**2).sum(0)), 1e-9)
    return np.asarray(norm.T @ norm)


def protected(world: World) -> set[tuple[int, int]]:
    """(code, year) of allies of the United States, the Rio pact alone not counted."""
    if world.defence is None:
        return set()
    pact = world.defence[world.defence > 0]
    pairs = {(int(a), int(t)) for a, b, t in pact.index if b == LEADER}
    pairs |= {(int(b), int(t)) for a, b, t in pact.index if a == LEADER}
    kept = {(c, t) for c, t in pairs if not AMERICAS[0] < c <= AMERICAS[1]}
    last = {(c, t) for c, t in kept if t == LAST_PACT}
    kept |= {(c, t) for c, _ in last for t in range(LAST_PACT + 1, 2031)}
    return kept | {(ISRAEL, t) for t in range(1949, 2031)}


def _flags(keys: pd.DataFrame, listed: set[tuple[int, int]], who: str, back: int) -> Array:
    pairs = zip(keys[who].astype(int), keys["year"].astype(int) - back, strict=True)
    return np.array([pair in listed for pair in pairs], dtype=float)


def _shared(world: World, keys: pd.DataFrame, folder: Path) -> dict[str, Array]:
    """Covariates of the pair that the table of ``features`` and plain lists give."""
    km = kilometres(world, folder)
    middle = float(np.median(list(km.values())))
    pairs = zip(keys["s"].astype(int), keys["r"].astype(int), strict=True)
    given = keys.assign(mindist=[km.get(pair, middle) for pair in pairs])
    known = features(world, given)
    bound = embargoed(load_embargoes(), binding=True)
    barred, measured = _flags(keys, bound, "r", 0), _flags(keys, bound, "s", 1)
    ally = _flags(keys, protected(world), "s", 1)
    names = {"capacity": "cap25", "pact": "ally", "far": "ipd", "democracy": "regime"}
    out = {
        name: known[names.get(name, name)].to_numpy(float)
        for name in PAIR
        if names.get(name, name) in known
    }
    record = known["record"].to_numpy(float)
    return out | {
        "war": _flags(keys, at_war(folder), "r", 1),
        "embargoed": barred,
        "us_ally_embargoed": ally * barred,
        "measures": measured,
        "club": measured * barred,
        "pariah": record,
        "pariah_embargoed": record * barred,
        "new": known["new"].to_numpy(float),
    }


def gathered(world: World, keys: pd.DataFrame, folder: Path) -> Rows:
    """The covariates of ``keys`` (s, r, year, panel, weight) and what was delivered."""
    shared, cube = _shared(world, keys, folder), cubes(world, folder)
    i, j = (keys[c].map(world.place).to_numpy(int) for c in ("s", "r"))
    years = keys["year"].to_numpy(int)
    by_class = np.zeros((len(keys), len(CLASSES), len(CLASS)), np.float32)
    like, came = np.zeros(len(keys)), np.zeros((len(keys), len(CLASSES)), np.float32)
    for year in np.unique(years):
        at, end = np.flatnonzero(years == year), int(year) - world.first
        made = _by_class(cube, end)
        for n, name in enumerate(CLASS):
            wide = np.broadcast_to(made[name], cube.shape[:3])
            by_class[at, :, n] = wide[:, i[at], j[at]].T
        like[at] = pattern(cube, end)[i[at], j[at]]
        came[at] = (cube[:, i[at], j[at], end] > 0).T
    columns = {**shared, "pattern": like}
    pair = np.stack([columns[name] for name in PAIR], axis=1)
    return Rows(keys.reset_index(drop=True), pair, by_class.astype(float), came.astype(float))


def rows_of(world: World, folder: Path, last: int = 2024) -> Rows:
    """Rows of all years to ``last``: panel and sample."""
    return gathered(world, sampled(world, last), folder)
