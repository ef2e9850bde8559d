"""The published figures as constraints: bounds, conflicts, feasible draws."""

from kautilya.accounts.auditing import Audit, audit
from kautilya.accounts.feeds import Feasible, FeedKey, declares, draws, feasible, verify

__all__ = ["Audit", "Feasible", "FeedKey", "audit", "declares", "draws", "feasible", "verify"]
