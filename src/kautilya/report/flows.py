"""Who hands over what to whom, a year at a time: a map, and the same as rows.

States stand where their capitals are (capitals.csv, for drawing alone). One whose place is not known
there is left out of the map and named in its sentence; the rows have all.
"""

from __future__ import annotations

import csv
from functools import cache
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from kautilya.errors import KautilyaError
from kautilya.report import charts, frames
from kautilya.report.holdings import variable, years_of
from kautilya.report.parts import HERE
from kautilya.report.plain import Figure
from kautilya.report.subject import Subject
from kautilya.wording import interval, listed, sentence, unit

QUANTILES = (0.05, 0.5, 0.95)
SAID = 3  # flows in the sentence
ENDS = ("_lon", "_lat", "_lon2", "_lat2")  # of a line, in degrees
AROUND = 8.0  # degrees around the places


class Flow(NamedTuple):
    """Goods from a state to a state in a year: 90 % range and median over futures."""

    supplier: str
    buyer: str
    low: float
    median: float
    high: float


class Flows(NamedTuple):
    """Deliveries of a run: goods that any future sees delivered, years, quantiles
    [3, year, good, supplier, buyer]."""

    goods: tuple[str, ...]
    years: tuple[str, ...]
    suppliers: tuple[str, ...]
    buyers: tuple[str, ...]
    values: np.ndarray

    def of(self, good: str, year: str) -> list[Flow]:
        """Flows of a good in a year, the largest first. Raises KautilyaError for another good or year."""
        for place, given, known in (("good", good, self.goods), ("year", year, self.years)):
            if given not in known:
                raise KautilyaError(place, f"{given[:40]!r}", f"Give one of {', '.join(known)}")
        cells = self.values[:, self.years.index(year), self.goods.index(good)]
        places = zip(*np.nonzero(cells[2] > 0), strict=True)
        found = [
            Flow(self.suppliers[i], self.buyers[j], *map(float, frames.rounded(cells[:, i, j])))
            for i, j in places
        ]
        return sorted(found, key=lambda one: (-one.median, -one.high))

    def most(self, good: str) -> float:
        """The largest upper end of a good in any year."""
        return float(self.values[2, :, self.goods.index(good)].max())


def flows(about: Subject) -> Flows | None:
    """Deliveries of a run by supplier and buyer; None where it has none."""
    shipped = variable(about, "shipped", "year")
    buyers = about.members("buyer")
    if shipped is None or not {"supplier", "offer"} <= set(shipped.dims) or not about.futures:
        return None
    if "buyer" not in shipped.dims:
        if len(buyers) != 1:
            return None
        shipped = shipped.expand_dims(buyer=list(buyers))
    shipped = shipped.transpose("future", "year", "offer", "supplier", "buyer")
    values = np.quantile(shipped.values.astype(float), QUANTILES, axis=0)
    some = values[2].max(axis=(0, 2, 3)) > 0
    if not some.any():
        return None
    goods = tuple(str(one) for one in shipped["offer"].values[some])
    suppliers, buyers = (tuple(map(str, shipped[dim].values)) for dim in ("supplier", "buyer"))
    return Flows(goods, tuple(years_of(about)), suppliers, buyers, values[:, :, some])


def figure(about: Subject, found: Flows, good: str, year: str) -> Figure:
    """Flows of a good in a year as lines between states, as wide as the median; thin where it is none."""
    rows = found.of(good, year)
    places = _places()
    drawn = [one for one in rows if one.supplier in places and one.buyer in places]
    missing = [about.name(one.supplier) for one in rows if one not in drawn]
    what, amount = about.name(good), unit(about.scenario.units.get(good, ""))
    said = [
        f"{about.name(one.supplier)} to {about.name(one.buyer)} "
        f"{interval(one.low, one.median, one.high)}"
        for one in rows[:SAID]
    ]
    head = sentence(f"{what} in {year}: {listed(said) or 'none'}")
    caption = f"{head} Median and 90 % range{f' in {amount}' if amount else ''}."
    if missing:
        caption += f" Without a place on the map: {listed(missing)}."
    frame = pd.DataFrame(
        [
            {
                "from": about.name(one.supplier),
                "to": about.name(one.buyer),
                "year": year,
                "good": what,
                "low": one.low,
                "median": one.median,
                "high": one.high,
                **dict(zip(("_lon", "_lat"), places[one.supplier], strict=True)),
                **dict(zip(("_lon2", "_lat2"), places[one.buyer], strict=True)),
            }
            for one in drawn
        ],
        columns=["from", "to", "year", "good", "low", "median", "high", *ENDS],
    )
    sends = found.values[2].max(axis=(0, 1, 3)) > 0
    ends = [*np.array(found.suppliers)[sends], *found.buyers]
    known = [places[one] for one in ends if one in places]
    chart = _map(frame, found.most(good), known)
    return Figure("flows", f"Who hands over {what} in {year}", caption, chart, ("shipped",))


def _map(frame: pd.DataFrame, most: float, known: list[tuple[float, float]]) -> Any:
    """Flows between places, as wide as their medians. frame: from, to, low, median, high, ENDS;
    most: the amount of the widest line of all years; known: places that the map has to hold."""
    lon, lat, lon2, lat2 = (f"{name}:Q" for name in ENDS)
    sides = list(zip(*known, strict=True)) or [(-180.0, 180.0), (-60.0, 80.0)]
    least = [min(sides[0]) - AROUND, max(min(sides[1]) - AROUND, -80.0)]
    top = [max(sides[0]) + AROUND, min(max(sides[1]) + AROUND, 80.0)]
    net = alt.graticule(step=[10, 10], extent=[least, top])
    globe = alt.Chart(net).mark_geoshape(filled=False, stroke="#e6e6e6", strokeWidth=0.5)
    base = alt.Chart()
    width = alt.Size("median:Q", scale=alt.Scale(domain=[0, most], range=[1, 14]), legend=None)
    tips = ["from:N", "to:N", "low:Q", "median:Q", "high:Q"]
    layers = [
        globe,
        base.mark_rule(color=charts.BLUE, opacity=0.6).encode(
            longitude=lon, latitude=lat, longitude2=lon2, latitude2=lat2, tooltip=tips, size=width
        ),
        base.mark_circle(color=charts.BLUE, size=40).encode(
            longitude=lon, latitude=lat, tooltip=tips
        ),
        base.mark_circle(color=charts.ORANGE, size=70).encode(longitude=lon2, latitude=lat2),
        base.mark_text(color=charts.INK, dy=-9, fontSize=11).encode(
            longitude=lon, latitude=lat, text="from:N"
        ),
        base.transform_aggregate(groupby=["to", *ENDS[2:]])
        .mark_text(color=charts.INK, dy=16, fontSize=12, fontWeight=600)
        .encode(longitude=lon2, latitude=lat2, text="to:N"),
    ]
    made = alt.layer(*layers).project("equirectangular").properties(width=charts.WIDTH, height=420)
    made.data = frame
    return charts.finish(made, pad=10)


@cache
def _places() -> dict[str, tuple[float, float]]:
    """Longitude and latitude of states, in degrees."""
    lines = (HERE / "capitals.csv").read_text("utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return {row["code"]: (float(row["longitude"]), float(row["latitude"])) for row in rows}
