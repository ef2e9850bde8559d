"""The laws: each module of this room is one, and its name is the law's. `registry()` finds them;
a scenario switches laws on by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kautilya.core.law import Law


@cache
def registry() -> Mapping[str, Law]:
    """All laws by name."""
    names = sorted(found.name for found in iter_modules(__path__) if not found.ispkg)
    laws = (import_module(f"{__name__}.{name}").LAW for name in names)
    return MappingProxyType({law.name: law for law in laws})
