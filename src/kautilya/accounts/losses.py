"""Bounds on true permanent losses up to a month, from the accounts that feed the loss rates."""

from __future__ import annotations

import re
from typing import Any

from kautilya.accounts.build import build
from kautilya.accounts.inputs import inputs
from kautilya.accounts.ledger import exact
from kautilya.accounts.model import components
from kautilya.accounts.priors import prior_rows
from kautilya.accounts.profiles import accepted, profile
from kautilya.accounts.solve import Programme

SPAN = re.compile(r"\[(\d{4}-\d{2}):(\d{4}-\d{2})\]")


def lost_bounds(scenario: Any, until: str, accept: str = "run"
                ) -> dict[tuple[str, str], tuple[float, float]]:
    """(actor, good) -> least and largest permanent losses from the start to `until`.

    Classes are those whose rate of permanent losses the accounts feed. The same accepted
    figures and ranges as in `feasible`; `until` must be a breakpoint of the account.
    """
    given = inputs(scenario)
    chosen = profile(given.declared, accept)
    figures = accepted(given.figures, chosen, given.declared)[0]
    built = build(given.declared, figures, chosen,
                  lambda books: prior_rows(given.declared, books, given.quantities))
    programmes = [Programme(piece) for piece in components(built.system)]
    out: dict[tuple[str, str], tuple[float, float]] = {}
    for feed in given.declared.feed:
        if not (feed.of and feed.good and "lost[" in feed.take):
            continue  # only rates of permanent losses of a class
        form = exact(SPAN.sub(rf"[\1:{until}]", feed.take), built.books, "", (0, 0))
        home = next(p for p in programmes if set(form.coefs) <= set(p.parts.names))
        bound = home.bound(form)
        if bound is not None:
            out[feed.actor, feed.good] = bound.low, bound.high
    return out
