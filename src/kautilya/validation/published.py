"""Every number that the mechanisms must reproduce: ``expected.csv`` against their own code.

A row names the number, the mechanism that must give it, who printed it, and how far off is off:

kind      published      printed by others
          other-program  computed by somebody else's program
          computed       worked out independently from published inputs
          closed-form    an exact formula
standing  outside   the mechanism was not fitted on it: it counts for *validated*
          fitted    the event or data that its coefficients came from: *reproduced* at best
          identity  true of any right implementation: *analytic*
          context   says something about the world, nothing about a mechanism
needs     outside files without which it cannot be worked out
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.estimation import outside

KINDS = ("published", "other-program", "computed", "closed-form")
STANDINGS = ("outside", "fitted", "identity", "context")
ROOM = "kautilya.validation."
GROUPS = MappingProxyType(
    {  # first part of a number's name: where it is worked out
        **dict.fromkeys(("engel", "bracken", "cdb90", "slopes"), "numbers_laws"),
        **dict.fromkeys(("guide1", "guide2", "gegravity", "autarky"), "numbers_laws"),
        **dict.fromkeys(("council", "tribes", "wars", "bargains", "ideal"), "numbers_laws"),
        **dict.fromkeys(("delays", "scores", "luck"), "numbers_methods"),
        **dict.fromkeys(("ishigami", "discovery", "lynx"), "numbers_methods"),
    }
)
Progress = Callable[[int, int], None]


class Check(NamedTuple):
    """A number beside the one that must come out. ``obtained`` and ``ok`` are None where an
    outside file or an extra is absent; ``absent`` then says which."""

    name: str
    mechanism: str
    source: str
    kind: str
    expected: float
    obtained: float | None
    tolerance: float
    ok: bool | None
    standing: str
    absent: str


def expected() -> pd.DataFrame:
    """The table of numbers, as shipped."""
    return disk.of_csv(Path(__file__).with_name("expected.csv"), keep_default_na=False, comment="#")


def _work_out(group: str) -> dict[str, float]:
    module = import_module(ROOM + GROUPS[group])
    found: dict[str, float] = getattr(module, group)()
    return found


def _checked(rows: pd.DataFrame, got: dict[str, float], absent: str) -> Iterator[Check]:
    for row in rows.itertuples():
        obtained = None if absent else float(got[row.name])
        ok = None if obtained is None else bool(abs(obtained - row.expected) <= row.tolerance)
        yield Check(
            row.name,
            row.mechanism,
            row.source,
            row.kind,
            float(row.expected),
            obtained,
            float(row.tolerance),
            ok,
            row.standing,
            absent,
        )


def validate(progress: Progress = lambda done, total: None) -> list[Check]:
    """All numbers, in the order of the table. A group whose outside file or extra is absent comes
    back unchecked; nothing is raised for it."""
    table = expected().rename_axis(None)
    group = table["name"].str.partition(".")[0]
    out: list[Check] = []
    for done, name in enumerate(dict.fromkeys(group)):
        progress(done, group.nunique())
        rows = table[group == name]
        needs = {file for cell in rows["needs"] for file in cell.split()}
        missing = [file for file in sorted(needs) if not outside.there(file)]
        got: dict[str, float] = {}
        if not missing:
            try:
                got = _work_out(name)
            except KautilyaError as error:  # an extra that is not installed
                missing = [str(error)]
        out += _checked(rows, got, ", ".join(missing))
    progress(group.nunique(), group.nunique())
    return out


def sources(checks: list[Check]) -> dict[str, int]:
    """How many checked numbers each outside source gave; exact formulas are not counted."""
    said = pd.Series(
        [c.source for c in checks if c.ok is not None and c.kind != "closed-form"], dtype=object
    )
    return {str(k): int(v) for k, v in said.value_counts().items()}
