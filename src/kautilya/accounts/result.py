"""What an audit found: frames, sentences, and the same as plain data."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from kautilya.accounts.frames import plain


class Audit(NamedTuple):
    """Frames of an audit; `notes` are sentences for the head of a memo.

    accounts   one row per account, period and term: implied low and high
    bounds     one row per figure: published, implied by all, implied by the others
    conflicts  one row per irreducible conflict (empty unless asked for)
    resolvers  figures by the number of conflicts that each resolves
    needs      the opening stock that each published rate of use would need
    shares     declared ratios with their bounds
    steps      bounds on one figure as others are added (only with `figure`)
    unused     figures that were not used, and why
    """

    scenario: str
    accept: str
    as_of: str
    notes: tuple[str, ...]
    accounts: pd.DataFrame
    bounds: pd.DataFrame
    conflicts: pd.DataFrame
    resolvers: pd.DataFrame
    needs: pd.DataFrame
    shares: pd.DataFrame
    steps: pd.DataFrame
    unused: pd.DataFrame

    def as_json(self) -> dict[str, Any]:
        """Plain data: accounts, bounds, conflicts and the rest as lists of objects."""
        frames = {name: plain(getattr(self, name)) for name in
                  ("accounts", "conflicts", "resolvers", "needs", "shares", "steps", "unused")}
        bounds = [row | {"published": [row.pop("published_low"), row.pop("published_high")],
                         "implied": [row.pop("implied_low"), row.pop("implied_high")],
                         "others": [row.pop("others_low"), row.pop("others_high")],
                         "used": [row.pop("used_low"), row.pop("used_high")]}
                  for row in plain(self.bounds)]
        return {"scenario": self.scenario, "accept": self.accept, "as_of": self.as_of,
                "notes": list(self.notes), **frames, "bounds": bounds}
