"""The runs that claims need beside the baseline."""

from __future__ import annotations

from collections.abc import Iterable

from kautilya.claims.checking import Checked


def needs(checked: Checked | Iterable[Checked]) -> tuple[str, ...]:
    """Cases of one or several claims, each once: a lever, or several joined by "+"."""
    claims = (checked,) if isinstance(checked, Checked) else tuple(checked)
    return tuple(sorted({case for claim in claims for case in claim.needs}))


def levers(case: str) -> tuple[str, ...]:
    """The levers of a case."""
    return tuple(part for part in case.split("+") if part)
