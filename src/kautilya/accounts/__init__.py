"""The published figures as constraints: bounds, conflicts, feasible draws."""

from kautilya.accounts.auditor import audit, audited, full_audit
from kautilya.accounts.feeds import (
    Feasible,
    FeedKey,
    declares,
    drawn,
    drawn_together,
    feasible,
    prepared,
    verify,
)
from kautilya.accounts.findings import Audit

__all__ = [
    "Audit",
    "Feasible",
    "FeedKey",
    "audit",
    "audited",
    "declares",
    "drawn",
    "drawn_together",
    "feasible",
    "full_audit",
    "prepared",
    "verify",
]
