"""A run made by hand for the tests of the report: every declared outcome, known cases in it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import xarray as xr

from kautilya.core.law import fitted
from kautilya.mechanisms import registry

FUTURES = 16


def labels(scenario, outcome):
    """Dims of an outcome and their members, time first."""
    dims = list(outcome.dims)
    sizes = {name: len(one.members) for name, one in scenario.sets.items()}
    laws = [fitted(registry()[name], sizes) for name in scenario.head.laws]
    if outcome.kind == "variable":
        dims = list(next(v.dims for law in laws for v in law.writes if v.name == outcome.name))
    sets = {name: found.members for name, found in scenario.sets.items()}
    sets |= {name: tuple(m) for law in laws for name, m in law.labels.items()}
    sets |= {"actor": scenario.codes, "good": tuple(scenario.units)}
    years = tuple(dict.fromkeys(m[:4] for m in scenario.months))
    time = ("year", years) if outcome.every == "year" else ("month", scenario.months)
    return dict([time, *((d, sets[d]) for d in dims)])


def numbers(scenario):
    """A Dataset with every declared outcome, shares between 0 and 1, and known cases."""
    rng = np.random.default_rng(0)
    arrays = {}
    for one in scenario.outcomes:
        coords = {
            "future": np.arange(FUTURES),
            **{d: np.array(m, dtype=object) for d, m in labels(scenario, one).items()},
        }
        shape = tuple(len(c) for c in coords.values())
        arrays[one.id] = xr.DataArray(
            rng.uniform(0.6, 1.0, shape).astype(np.float32),
            coords,
            list(coords),
            attrs={"long_name": one.says},
        )
    data = xr.Dataset(arrays)
    data["rounds"] = data["rounds"] + 1e9  # nobody is short but four futures, from 2025-01
    at = data["month"].values >= "2025-01"
    sides, goods = data["belligerent"].values, data["round"].values
    data["rounds"].values[:4, at, list(sides).index("RUS"), list(goods).index("tube_round")] = 1.0
    month = list(data["month"].values).index("2024-08")  # and two in the as-of month alone
    cell = list(sides).index("UKR"), list(goods).index("rocket_round")
    data["rounds"].values[:2, month, *cell] = 1.0
    data["shipped"] = data["shipped"] * 0.0
    sent = data["shipped"].values
    states, offers = list(data["supplier"].values), list(data["offer"].values)
    year, good = list(data["year"].values).index("2025"), offers.index("tube_round")
    sent[:12, year, states.index("PRK"), good] = 300.0
    sent[:12, year, states.index("IRN"), good] = 100.0
    sent[12:14, year, states.index("IRN"), good] = 50.0  # and nothing in the last two
    return data


def run_of(scenario, data, **case):
    manifest = {
        "scenario": scenario.id,
        "digest": scenario.digest,
        "as_of": "2024-08-10",
        "futures": FUTURES,
        "seed": 0,
        "case": {"levers": [], "sets": [], **case},
        "versions": {"kautilya": "0"},
        "futures_not_finite": 0,
        "share_feasible": 0.0017,
        "caution": scenario.head.caution,
    }
    return SimpleNamespace(data=data, manifest=manifest)
