"""What every test uses: the truth that it names, and where outside fixtures lie."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

KINDS = (
    "closed-form",
    "invariant",
    "symmetry",
    "slow-twin",
    "other-program",
    "published",
    "order",
    "required",
    "recorded",
)
ROOT = Path(__file__).resolve().parents[2]
F = TypeVar("F", bound=Callable)


def truth(kind: str, *, source: str = "", kills: str = "", reason: str = "") -> Callable[[F], F]:
    """Mark a test with the kind of truth it holds the code to and the mutation it kills."""
    if kind not in KINDS:
        raise ValueError(f"truth kind {kind!r} is none of {KINDS}")
    if kind == "recorded" and not reason:
        raise ValueError("a recorded truth needs the reason why no better one is at hand")

    def mark(function: F) -> F:
        function.truth = {"kind": kind, "source": source, "kills": kills, "reason": reason}
        return function

    return mark


def shared_root() -> Path:
    """The folder of outside fixtures: KAUTILYA_SHARED, or ``../shared`` beside the clone."""
    return Path(os.environ.get("KAUTILYA_SHARED", ROOT.parent / "shared"))


def shared_file(name: str) -> Path:
    """The path of an outside fixture; skips the test where it is absent."""
    path = shared_root() / name
    if not path.exists():
        pytest.skip(
            f"outside fixture {name} is absent (it may not be redistributed); "
            f"put it into {shared_root()} or set KAUTILYA_SHARED"
        )
    return path
