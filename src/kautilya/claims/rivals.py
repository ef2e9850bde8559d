"""Rival answers, the ways that the futures can go, and the claims that tell them apart.

A rival answer is a lever of the scenario that takes a cause away. Its likelihood ratio says how
much better it foretells who delivered on record than the scenario as it stands:

    L = mean over futures of the product over states of P(state did what it did)
    ratio = L under the rival / L as it stands                             (kass1995)

of the last whole year on record. Below 3 either way the record does not tell the two apart.
A claim discriminates where it comes out otherwise in the futures that go one way than in those
that go the other, or under a rival answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import xarray as xr

from kautilya import disk
from kautilya.claims.court import PAIRED, Again, Court, Question, counted, evaluated
from kautilya.claims.evaluate import SHELF
from kautilya.claims.verdict import Verdict
from kautilya.claims.weighing import Chance
from kautilya.scenario.scenario import Scenario
from kautilya.study.why import log_evidence

CHANCE, SENT = "supply_chance", "shipped"  # outcomes: what the decision model says, and the record
LEAST = 0.005  # a probability below it counts as it: a ratio of futures that were not seen is none


class Rival(NamedTuple):
    """A rival answer.

    says    the lever in words; chances: probabilities of the claims under it
    ratio   likelihood ratio of the record of `year`; None where there is none, or nobody decides
    """

    says: str
    chances: Mapping[str, Chance]
    ratio: float | None
    year: str


class Split(NamedTuple):
    """A claim in the futures that go one way (p_one) and in those that go the other (p_other)."""

    verdict: Verdict
    one: float
    other: float

    @property
    def ratio(self) -> float:
        """How much likelier it is one way than the other, whichever is more; 1 at least."""
        ends = [(self.one, self.other), (1 - self.one, 1 - self.other)]
        ratios = [max(a, LEAST) / max(b, LEAST) for a, b in ends]
        return max(*ratios, *(1 / one for one in ratios))


def rivals(court: Court, asked: Sequence[Question], levers: Sequence[str]) -> dict[str, Rival]:
    """Claims and record under rival answers that the scenario has as levers."""
    known = {lever.id: lever.says for lever in court.scenario.levers}
    out = {}
    for lever in (one for one in levers if one in known):
        found = evaluated(replace(court, under=(*court.under, lever)), asked)
        chances = {one.id: counted(judged) for one, judged in zip(asked, found, strict=True)}
        year, ratio = _kept_ratio(court, lever)
        out[lever] = Rival(known[lever], chances, ratio, year)
    return out


def _kept_ratio(court: Court, lever: str) -> tuple[str, float | None]:
    """The likelihood ratio of a rival, worked out once for a run."""
    futures = min(PAIRED, int(court.run.manifest["futures"]))
    how = Again(levers=(*court.under, lever), futures=futures)
    said = f"rival {court.stamp} {court.reruns.named(how)}"
    file = disk.place("claims", SHELF) / f"{disk.checksum(said.encode())}.json"

    def make() -> tuple[str, float | None]:
        rival = court.reruns.get([how], court.progress)[how]
        return _ratio(court.scenario, court.run.data.isel(future=slice(futures)), rival)

    year, ratio = disk.kept(file, make)
    return year, ratio


def _ratio(scenario: Scenario, base: xr.Dataset, rival: xr.Dataset) -> tuple[str, float | None]:
    """The last whole year on record and the likelihood ratio of who delivered in it."""
    year = str(scenario.head.as_of.year - 1)
    for data in (base, rival):
        if not {CHANCE, SENT} <= set(data.data_vars) or year not in data[CHANCE]["year"].values:
            return year, None
    offer = _first_round(scenario, base)
    if not offer:
        return year, None
    sent = _cell(base[SENT], year, offer) > 0
    if not sent.any():
        return year, None
    mine, other = (log_evidence(_cell(data[CHANCE], year, offer), sent) for data in (base, rival))
    return year, float(np.exp(other - mine))


def _first_round(scenario: Scenario, data: xr.Dataset) -> str:
    """The class that the question is about: the first one of rounds that is on offer."""
    offers = [str(one) for one in data[CHANCE]["offer"].values]
    rounds = scenario.sets["round"].members if "round" in scenario.sets else ()
    return next((one for one in (*rounds, *offers) if one in offers), "")


def _cell(array: xr.DataArray, year: str, offer: str) -> np.ndarray:
    """One class in one year [F, supplier]; of several buyers the first."""
    one = array.sel(year=year, offer=offer)
    rest = [d for d in one.dims if d not in ("future", "supplier")]
    one = one.isel(dict.fromkeys(rest, 0))
    return np.asarray(one.transpose("future", "supplier"), dtype=float)


def split(verdicts: Sequence[Verdict], first: np.ndarray) -> list[Split]:
    """Claims that could have come out either way, those that tell the two ways apart first.

    first   [F] True in the futures of the first way
    """
    out = []
    for one in verdicts:
        if one.judged is None or one.judged.kind == "record" or one.verdict == "not identified":
            continue
        if one.badge in ("imposed", "arithmetic", "record"):
            continue
        truth, way = one.judged.truth, first[: len(one.judged.truth)]
        if 0 < way.sum() < len(way):
            out.append(Split(one, float(truth[way].mean()), float(truth[~way].mean())))
    return sorted(out, key=lambda found: -found.ratio)
