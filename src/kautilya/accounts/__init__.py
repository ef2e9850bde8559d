"""The published figures as constraints: bounds, conflicts, feasible draws."""

from kautilya.accounts.auditing import Audit, audit
from kautilya.accounts.feeds import Feasible, FeedKey, draws, feasible, verify

__all__ = ["Audit", "Feasible", "FeedKey", "audit", "draws", "feasible", "verify"]
