"""Words of the flagship and a small run made by hand, shared by the tests of claims."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from support import report_case

import kautilya as kt
from kautilya.claims.evaluate import Judged, Worlds, evaluate
from kautilya.claims.language.checker import checked
from kautilya.claims.language.syntax import parse
from kautilya.claims.record import Vocabulary, vocabulary


@cache
def words() -> Vocabulary:
    """The words of the flagship."""
    return vocabulary(kt.load("russia_dprk_2024"))


@cache
def base() -> Any:
    """A run of 16 futures made by hand; known cases in it, see report_case."""
    return report_case.numbers(kt.load("russia_dprk_2024"))


@cache
def worlds() -> Worlds:
    """That run, and half of every number under every lever, and under two together."""
    half = base() * 0.5
    pulled = {lever: half for lever in words().levers}
    return Worlds(base(), pulled | {"aid_stops+no_evasion": half * 0.5}, words().record)


def judged(text: str, place: str = "claim") -> Judged:
    """A claim on that run."""
    return evaluate(checked(parse(text, place), words()), worlds())


def share(text: str) -> float:
    """In which share of futures it holds."""
    return float(np.mean(judged(text).truth))
