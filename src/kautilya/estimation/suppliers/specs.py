"""Which terms the supplier's decision has, and the order in which they were written down.

    utility_ij = const + past ties + capacity + politics + geography + reputation + network + demand
    P(i arms j in year t) = 1 / (1 + exp(-utility_ij)),   covariates of year t-1 and earlier

First registration, before anything was scored: ``first_standing`` for candidates that delivered to
the recipient in the last 15 years and ``first_new`` for the rest, ridge 1, all years alike. It
extrapolates: few training pairs have a supplier armed mostly by the recipient (``patron``), most
of Russia's do, and an insignificant coefficient puts them all last.

Second registration, chosen only on years to 2005 (train to 1980, 85, 90, 95, 2000, test five years
each, log score): ``patron`` out; run of deliveries, recent first deliveries and old ties in, ridge
10: ``all_flat`` and ``new_flat``. Third: older rows count less, half-life 15 years, the one of 5,
7, 10, 15, 20 and 30 with the best average precision on years to 2005: ``all`` and ``new``. These
two are the decision: ``new`` judges candidates without a delivery in 15 years, ``all`` the others.
The log score on years to 2005 would have picked 7 for new ties (10.334 against 10.349); ``score``
prints that one too. The test years had been looked at after the first and the second.

``engine`` holds what the law of the month loop has (``ally`` there is a defence pact, ``enemy`` a
supplier under measures itself); its reputation, patron, gain and spare stock have no history here.

None of this is blind to who armed Russia. Every specification whose test years or ranks were
looked at is in ``SPECS``, and ``ranks`` prints them all.
"""

from __future__ import annotations

from typing import NamedTuple

from kautilya.errors import KautilyaError


class Term(NamedTuple):
    """One covariate: its block in the utility, its unit and what it measures."""

    block: str
    unit: str
    meaning: str


TERMS: dict[str, Term] = {
    "lag1": Term("past ties", "0/1", "delivered in the year before"),
    "lag5": Term("past ties", "0/1", "delivered in the last 5 years"),
    "lag6_15": Term("past ties", "0/1", "delivered 6 to 15 years before"),
    "freq5": Term("past ties", "share", "share of the last 5 years with a delivery"),
    "freq15": Term("past ties", "share", "share of the last 15 years with a delivery"),
    "fading": Term("past ties", "1", "exp(-(years since last delivery - 1)/5), 0 if none in 25"),
    "run": Term("past ties", "log years", "log(1 + unbroken years of delivery, at most 10)"),
    "share5": Term("past ties", "share", "share of the recipient's arms imports of 5 years"),
    "tiv5": Term("past ties", "log TIV", "log(1 + deliveries of 5 years)"),
    "tiv25": Term("past ties", "log TIV", "log(1 + deliveries of 25 years)"),
    "tie25": Term("past ties", "log10 TIV", "log10(1 + deliveries of 25 years, both ways)"),
    "ever": Term("past ties", "0/1", "any earlier delivery on record"),
    "lx": Term("capacity", "log TIV", "log(1 + all arms exports of 5 years)"),
    "cap25": Term("capacity", "log TIV", "log(1 + all arms exports of 25 years)"),
    "clients": Term("capacity", "log count", "log(1 + number of recipients in 5 years)"),
    "fresh10": Term("capacity", "log count", "log(1 + recipients first supplied in 10 years)"),
    "size": Term("capacity", "log share", "log of the composite index of national capability"),
    "ally": Term("politics", "0/1", "defence, offence or consultation pact with the recipient"),
    "defence": Term("politics", "0/1", "defence pact with the recipient"),
    "revision": Term("politics", "1", "distance of UN ideal points from the United States"),
    "ipd": Term("politics", "1", "distance of UN ideal points"),
    "regime": Term("politics", "1", "electoral democracy of the supplier, 0 to 1"),
    "regime_gap": Term("politics", "1", "absolute difference of electoral democracy"),
    "distance": Term("geography", "log km", "log(1 + least distance)"),
    "record": Term(
        "reputation",
        "log count",
        "log(1 + deliveries to bindingly embargoed states, recipient-years of the last 25 years)",
    ),
    "own_embargo": Term("reputation", "0/1", "supplier itself under a binding embargo"),
    "shared": Term("network", "log count", "log(1 + arms partners in common, 10 years)"),
    "patron": Term("network", "share", "recipient's share of the supplier's arms imports, 25 y"),
    "reverse": Term("network", "log TIV", "log(1 + deliveries recipient to supplier, 25 years)"),
    "demand": Term("recipient", "log count", "log(1 + suppliers of the recipient in 5 years)"),
    "binding": Term("recipient", "0/1", "the recipient's embargo is coded binding"),
    "exposure": Term("sanctions", "share", "exports to the US and EU of 2009 over GDP"),
    "sender": Term("sanctions", "0/1", "the supplier is the US or an EU member (of 2009)"),
}


class Spec(NamedTuple):
    """Terms, candidates fitted on (``all``, ``standing``, ``new``), ridge per squared standard
    deviation, half-life of a training row in years (0: all years alike)."""

    terms: tuple[str, ...]
    candidates: str
    ridge: float = 10.0
    half_life: float = 15.0


_PAST = ("lag1", "freq5", "freq15", "fading", "tiv5", "run")
_THEORY = (
    "cap25",
    "fresh10",
    "ever",
    "ally",
    "ipd",
    "regime",
    "distance",
    "record",
    "own_embargo",
    "shared",
    "demand",
)
_ENGINE = ("defence", "ipd", "own_embargo", "revision", "tie25")
_FIRST_PAST = ("lag1", "freq5", "freq15", "fading", "share5", "tiv5", "tiv25")
_FIRST_THEORY = (
    "cap25",
    "ally",
    "ipd",
    "regime",
    "distance",
    "record",
    "own_embargo",
    "shared",
    "patron",
    "demand",
)


def _without(term: str) -> Spec:
    """The theory of new ties without one term."""
    return Spec(tuple(one for one in _THEORY if one != term), "new")


SPECS: dict[str, Spec] = {
    "first_standing": Spec(_FIRST_PAST + _FIRST_THEORY, "standing", 1.0, 0.0),
    "first_new": Spec(_FIRST_THEORY, "new", 1.0, 0.0),
    "first_all": Spec(_FIRST_PAST + _FIRST_THEORY, "all", 1.0, 0.0),
    "all_flat": Spec(_PAST + _THEORY, "all", 10.0, 0.0),
    "new_flat": Spec(_THEORY, "new", 10.0, 0.0),
    "all": Spec(_PAST + _THEORY, "all"),
    "standing": Spec(_PAST + _THEORY, "standing"),
    "new": Spec(_THEORY, "new"),
    "all, half-life 7": Spec(_PAST + _THEORY, "all", 10.0, 7.0),
    "new, half-life 7": Spec(_THEORY, "new", 10.0, 7.0),
    **{f"new without {term}": _without(term) for term in _THEORY},
    "engine, new": Spec(_ENGINE, "new"),
    "engine, all": Spec(_ENGINE, "all"),
    "engine and capacity, new": Spec((*_ENGINE, "cap25"), "new"),
    "engine and capacity, all": Spec((*_ENGINE, "cap25"), "all"),
    "plain logit": Spec(
        ("lag5", "lag6_15", "lx", "ally", "distance", "ipd", "regime", "size", "own_embargo"),
        "all",
        1.0,
        0.0,
    ),
    "persistence": Spec(("lag1",), "all", 1.0, 0.0),
    "five-year frequency": Spec(("freq5",), "all", 1.0, 0.0),
    "past-tie detail": Spec(_FIRST_PAST, "all", 1.0, 0.0),
    "supplier size": Spec(("lx", "size"), "all", 1.0, 0.0),
    "lags and network": Spec(
        ("lag1", "freq5", "clients", "demand", "reverse", "shared"), "all", 1.0, 0.0
    ),
}
BASELINES = (
    "persistence",
    "five-year frequency",
    "past-tie detail",
    "supplier size",
    "lags and network",
)


def spec_of(name: str) -> Spec:
    """The specification called ``name``; KautilyaError names those that exist."""
    if name not in SPECS:
        raise KautilyaError(
            "specification",
            f"no specification is called {name!r}",
            f"use one of {', '.join(SPECS)}",
        )
    return SPECS[name]
