"""Claims: what commentators assert as propositions over outcomes and record, and their judgement.

    from kautilya.claims.language.syntax import parse
    from kautilya.claims.vocabulary import vocabulary
    from kautilya.claims.language.checker import checked
    from kautilya.claims.evaluate import evaluate

`kautilya.claims` is this room and also the function of that name: Python puts a package that was
imported in place of whatever stood under its name, so the room itself can be called.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class Room(ModuleType):
    """The room; called, it judges the claims of a scenario: see `kautilya.claims.judge.told`."""

    def __call__(self, scenario: Any, id: str = "", **asked: Any) -> dict[str, Any]:
        from kautilya.claims.judge import told

        return told(scenario, id, **asked)


sys.modules[__name__].__class__ = Room
