"""The published figures as constraints: bounds, conflicts, feasible draws."""

from kautilya.accounts.auditing import audit
from kautilya.accounts.feeds import (
    Feasible,
    FeedKey,
    declares,
    drawn_together,
    draws,
    feasible,
    verify,
)
from kautilya.accounts.result import Audit

__all__ = ["Audit", "Feasible", "FeedKey", "audit", "declares", "draws", "drawn_together",
           "feasible", "verify"]
