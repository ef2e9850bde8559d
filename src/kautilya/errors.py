"""The one error that a user sees: where, what was found, what would be right."""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


class KautilyaError(Exception):
    """A mistake that the user can mend.

    place   file:line, table row, option or function argument
    found   what stands there
    remedy  what would be right, or what to do next
    """

    def __init__(self, place: str, found: str, remedy: str = "") -> None:
        self.place, self.found, self.remedy = place, found.rstrip("."), remedy.rstrip(".")
        super().__init__(self.__str__())

    def __str__(self) -> str:
        text = f"{self.place}: {self.found}."
        return f"{text} {self.remedy}." if self.remedy else text

    def as_dict(self) -> dict[str, str]:
        """The parts, for ``--json``."""
        return {"place": self.place, "found": self.found, "remedy": self.remedy}


def extra(module: str, name: str) -> ModuleType:
    """A library of an extra; KautilyaError with the line that installs it where it is absent, or
    cannot be loaded (one that does not go with the others there).

    module   the library's import name, such as "numpyro"; name: the extra that brings it
    """
    library = module.partition(".")[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries about their own optional parts
            import_module(library)
            return import_module(module)
    except ImportError as error:
        if find_spec(library) is None:
            found, how = "it is not installed", "pip install"
        else:
            why = next(iter(str(error).splitlines()), "no reason given")
            found, how = f"it is there, but cannot be loaded: {why}", "pip install --upgrade"
        raise KautilyaError(library, found, f"{how} 'kautilya[{name}]'") from None
