"""The laws: each module of this room is one, and its name is the law's. `registry()` finds them,
and those of installed packages; a scenario switches laws on by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING

from kautilya.errors import KautilyaError

if TYPE_CHECKING:
    from kautilya.core.law import Law


GROUP = "kautilya.laws"


@cache
def registry() -> Mapping[str, Law]:
    """All laws by name."""
    names = sorted(found.name for found in iter_modules(__path__) if not found.ispkg)
    found = [import_module(f"{__name__}.{name}").LAW for name in names]
    laws = {law.name: law for law in found}
    return MappingProxyType(laws | _installed(laws))


def _installed(own: Mapping[str, Law]) -> dict[str, Law]:
    """Laws of installed packages, by the entry points of the group `kautilya.laws`.

    Each names a law, or a module with a LAW. KautilyaError for one that cannot be read, is no
    law, or has the name of another. Code that lies beside a scenario is never run.
    """
    from kautilya.core.law import Law

    out: dict[str, Law] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value)):
        package = point.dist.name if point.dist else point.value
        try:
            found = point.load()
        except Exception as error:
            raise _refused(package, point.name, f"it cannot be read ({error})") from error
        law = getattr(found, "LAW", found)
        if not isinstance(law, Law):
            raise _refused(package, point.name, "it is no law")
        if law.name in own or law.name in out:
            raise _refused(package, point.name, f"a law of the name '{law.name}' is there already")
        out[law.name] = law
    return out


def _refused(package: str, name: str, found: str) -> KautilyaError:
    return KautilyaError(
        f"{GROUP}: {name}", f"{found}, in the package {package}", "Mend the package, or remove it"
    )
