"""Print the public API: every public name with its signature, one a line.

    python tools/public_api.py > tests/house/public_api.txt

The snapshot is reviewed like code: a line that changes is a promise that changes.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

DOORS = ("kautilya", "kautilya.trade", "kautilya.networks", "kautilya.council")


def signature(value: Any) -> str:
    """What can be written behind the name of a function or class."""
    if inspect.isclass(value) or inspect.isfunction(value):
        try:
            said = re.sub(r"ForwardRef\('([^']*)'[^)]*\)", r"\1", str(inspect.signature(value)))
            return re.sub(r"(: |-> )'([^']*)'", r"\1\2", said)
        except ValueError:
            return "(...)"
    return f": {type(value).__name__}"


def lines() -> Iterator[str]:
    """The snapshot, sorted by module and name. AttributeError where a door has no __all__."""
    for name in DOORS:
        module = import_module(name)
        if not hasattr(module, "__all__"):
            raise AttributeError(f"{name} has no __all__: its public names are not declared")
        for public in sorted(module.__all__):
            if public != "__version__":
                yield f"{name}.{public}{signature(getattr(module, public))}"


if __name__ == "__main__":
    print("\n".join(lines()))
