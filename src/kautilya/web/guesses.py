"""Guess first: ranges that readers gave before a result was shown, kept beside what was found.

A class file holds both. What levers would do nobody can observe, so such a guess is set beside the
model's own range, which is no score; a guess on something that was registered and has come to pass
is scored by the interval score (gneiting2007), as the registered ranges are.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping

from kautilya.errors import KautilyaError

MOST = 10_000  # guesses that are kept; the first go
Row = dict[str, object]


class Guesses:
    """The guesses of one page; they live as long as it does, and export as a file."""

    def __init__(self) -> None:
        self._rows: deque[Row] = deque(maxlen=MOST)
        self._lock = threading.Lock()

    def add(
        self, state: object, outcome: str, given: tuple[float, float], name: str
    ) -> dict[str, object]:
        """Keep a guess on the change of an outcome in percent.

        state   the result of the paired rerun
        Raises KautilyaError where the rerun has no result yet.
        """
        if not isinstance(state, Mapping) or "rows" not in state:
            raise KautilyaError("job", "it has no result", "Guess on a rerun that is done")
        found = next((one for one in state["rows"] if one["id"] == outcome), None)
        nothing = {"low": 0.0, "median": 0.0, "high": 0.0}
        change = found["percent"] if found else nothing
        said = found["outcome"] if found else outcome
        holds = bool(given[0] <= change["median"] <= given[1])
        row = {
            "name": name,
            "state": ", ".join(
                [*state["levers"], *(f"{key}={value:g}" for key, value in state["sets"].items())]
            ),
            "outcome": said,
            "low": given[0],
            "high": given[1],
            "found_low": _short(change["low"]),
            "found": _short(change["median"]),
            "found_high": _short(change["high"]),
            "futures": state["futures"],
            "holds": holds,
        }
        with self._lock:
            self._rows.append(row)
        verb = "lies" if holds else "does not lie"
        says = (
            f"You said {given[0]:g} to {given[1]:g} %. The median found is {row['found']} % (90 %: "
            f"{row['found_low']} to {row['found_high']}), which {verb} in your range. Nobody can "
            "observe what was not done, so this is no score."
        )
        return {"says": says, **row}

    def rows(self) -> list[Row]:
        """All of them, the latest last."""
        with self._lock:
            return list(self._rows)


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def interval_score(low: float, high: float, came: float, level: float) -> float:
    """Width of a central range of a level plus what it missed by, 2/(1 - level) times (gneiting2007).

    low, high, came   in one unit; the smaller the better
    """
    missed = max(low - came, 0.0) + max(came - high, 0.0)
    return (high - low) + 2.0 / (1.0 - level) * missed
