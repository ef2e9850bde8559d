"""The accounts of a scenario as part of its check: forms, feeds, figures that clash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kautilya import scenario as scenarios
from kautilya.accounts.feeds import declares, verify
from kautilya.accounts.inputs import inputs
from kautilya.accounts.profiles import BUILT_IN, profile
from kautilya.errors import KautilyaError
from kautilya.scenario.mistakes import Mistake


def mistakes(path: str | Path) -> list[Mistake]:
    """What is wrong with accounts.toml and the figures it holds to; [] where there is none."""
    found = scenarios.load(path)
    if not declares(found):
        return []
    return [Mistake("accounts.toml", 0, "", error.found, error.remedy) for error in verify(found)]


def known(scenario: Any, accept: str) -> None:
    """Refuse a profile of accepted figures that does not exist. KautilyaError says which do."""
    if declares(scenario):
        profile(inputs(scenario).declared, accept)
    elif accept != "run" and accept not in {one.id for one in BUILT_IN} \
            and accept.partition(":")[0] not in ("grade", "side"):
        raise KautilyaError("accept", f"'{accept}' is no profile, and {scenario.id} declares no "
                            "accounts to be held to", "Leave it out, or give raw")
