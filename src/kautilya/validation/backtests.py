"""The backtests: forecasts made only with what was known then, beside simple baselines.

``BACKTESTS`` is the one list. A backtest is a function of an ``Ask`` and returns ``Scores``; the
command line, the scoreboard and the labels read nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.scenario import library
from kautilya.validation.skill import BLOCKS, LOOKED
from kautilya.wording import many

SKILL = (
    "what",
    "score",
    "forecast",
    "value",
    "baseline",
    "baseline_value",
    "skill",
    "low",
    "high",
    "cases",
    "mechanism",
    "standing",
)
STANDINGS = ("held-out", "fitted")
MORE = ("blocks", "looked")  # of SKILL where a backtest tells them
Progress = Callable[[int, int], None]


def quiet(done: int, total: int) -> None:
    """Progress that nobody watches."""


class Ask(NamedTuple):
    """What a backtest is asked.

    until    last period whose outcome the forecaster may know ("2023-06" or "2005"); "" = its own
    horizon  periods ahead to score; 0 = all that the backtest has
    data     file to use in place of the outside data, same columns; None = the outside data
    out      Parquet file for the forecasts; None = write none
    quick    a version for the gate: fewer origins, draws or resamples, same code
    """

    until: str = ""
    horizon: int = 0
    data: Path | None = None
    out: Path | None = None
    quick: bool = False
    progress: Progress = quiet


class Scores(NamedTuple):
    """What a backtest found.

    skill   one row per comparison, columns ``SKILL``: the score of a forecast and of a baseline
            that is printed beside it; ``skill`` > 0 is better than the baseline, with its 90 %
            interval ``low`` to ``high`` (NaN where nothing can be scored); ``mechanism``: the law
            that it speaks for, "" = none; ``standing``: held-out, or fitted on what it scores.
            May have ``blocks``, whole blocks in time, and ``looked``: the months lay open when the
            forecast was built
    tables  further tables by title
    notes   sentences that belong to the numbers
    """

    name: str
    until: str
    skill: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    notes: list[str]
    out: Path | None = None


def write(path: Path, forecasts: pd.DataFrame) -> None:
    """Forecasts as Parquet, whole or not at all. Raises KautilyaError."""
    disk.write(library.result(path), disk.parquet(forecasts))


# name: (module, function); imported when asked, so that help stays quick
BACKTESTS = MappingProxyType(
    {
        "losses": ("kautilya.validation.backtest_losses", "backtest"),
        "suppliers": ("kautilya.validation.backtest_suppliers", "backtest"),
        "trade": ("kautilya.validation.backtest_trade", "backtest"),
        "votes": ("kautilya.validation.backtest_votes", "backtest"),
    }
)


def backtest(name: str, ask: Ask) -> Scores:
    """Run the backtest ``name``. Raises KautilyaError for an unknown name or a bad request."""
    if name not in BACKTESTS:
        raise KautilyaError(
            "backtest", f"no backtest is called {name!r}", f"Use one of {', '.join(BACKTESTS)}"
        )
    if ask.horizon < 0:
        raise KautilyaError("--horizon", str(ask.horizon), "Give 0 (all) or more periods")
    if ask.out is not None and not ask.out.resolve().parent.is_dir():
        raise KautilyaError(str(ask.out), "its folder does not exist", "Make the folder first")
    module, function = BACKTESTS[name]
    found: Scores = getattr(import_module(module), function)(ask)
    missing = [column for column in SKILL if column not in found.skill]
    if missing:
        raise ValueError(f"backtest {name!r} gives no column {', '.join(missing)}")
    return found


def finer(skill: pd.DataFrame) -> pd.DataFrame:
    """The skill table with ``verdict``: better, worse, no difference shown, no verdict, or not scored.

    A verdict stands on what its row alone says: too few blocks, or one, give none; "better" on
    months that were looked at says so.
    """

    def said(row: pd.Series) -> str:
        if not row["skill"] == row["skill"]:
            return "not scored"
        blocks = row.get("blocks", float("nan"))
        if blocks < BLOCKS:
            return f"no verdict: {many(int(blocks), 'block')}"
        if not row["low"] == row["low"]:
            return "no verdict: one block"
        if row["low"] > 0:
            return f"better {LOOKED}" if bool(row.get("looked", False)) else "better"
        return "worse" if row["high"] < 0 else "no difference shown"

    found = [said(row) for _, row in skill.iterrows()]
    return skill.drop(columns=[one for one in MORE if one in skill]).assign(verdict=found)
