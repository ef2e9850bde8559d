"""Which layout a file has, and reading it: the door of the room."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from kautilya.errors import KautilyaError
from kautilya.layouts import (
    aid_tracker,
    arms_register,
    battle_deaths,
    bilateral_trade,
    claimed_losses,
    pictured_losses,
    salvos,
)
from kautilya.layouts.layout import Layout, Options, Reading, empty
from kautilya.layouts.sheet import Sheet, Unknown, sheet

LAYOUTS = (
    claimed_losses.LAYOUT,
    pictured_losses.LAYOUT,
    salvos.LAYOUT,
    aid_tracker.LAYOUT,
    arms_register.LAYOUT,
    battle_deaths.LAYOUT,
    bilateral_trade.LAYOUT,
)


class Imported(NamedTuple):
    """A file that was read.

    confidence   share of the columns that the layout names which the file has: 1 where all
    """

    path: Path
    layout: Layout
    confidence: float
    rows: int
    reading: Reading


def read(path: Path | str, options: Options | None = None, layout: str = "") -> Imported:
    """Rows of a public file in one of the layouts.

    path     CSV or JSON, in any encoding
    layout   name of the layout, where the file is to be read as that one

    Raises KautilyaError naming file and line where it is none of them or cannot be read.

    Example
    -------
    >>> from kautilya.layouts.recognise import LAYOUTS
    >>> [one.name for one in LAYOUTS][:2]
    ['claimed-losses', 'pictured-losses']
    """
    path = Path(path)
    choice = [one for one in LAYOUTS if layout in ("", one.name)]
    if not choice:
        names = ", ".join(one.name for one in LAYOUTS)
        raise KautilyaError("--layout", f"no layout {layout!r}", f"Give one of {names}")
    found = sheet(path, [mark for one in choice for mark in one.marks])
    best, share = _best(found, choice)
    if best is None or (share < 1.0 and not layout):
        raise _strange(found, best, share)
    if not found.lines:
        raise empty(found)
    reading = best.read(found, options or Options())
    notes = [*found.notes, *reading.notes]
    return Imported(path, best, share, len(found.lines), reading._replace(notes=notes))


def _best(found: Sheet, choice: list[Layout]) -> tuple[Layout | None, float]:
    """The layout of which the file has the largest share of the columns, then the most of them."""
    head = set(found.head)
    scored = [
        (len(mark & head) / len(mark), len(mark), one) for one in choice for mark in one.marks
    ]
    share, _, layout = max(scored, key=lambda row: row[:2])
    return (layout, share) if share > 0 else (None, 0.0)


def _strange(found: Sheet, best: Layout | None, share: float) -> Unknown:
    shown = ", ".join(found.head[:8]) or "none"
    if best is None or share < 0.5:
        return Unknown(
            str(found.path),
            f"no layout that is known has the columns {shown}",
            "See `kautilya import --list` for the layouts and where each is published",
        )
    mark = max(best.marks, key=lambda one: len(one & set(found.head)) / len(one))
    missing = sorted(mark - set(found.head))
    near = [get_close_matches(name, found.head, n=1, cutoff=0.7) for name in missing]
    hints = [f"{m} (is it {n[0]!r}?)" if n else m for m, n in zip(missing, near, strict=True)]
    return Unknown(
        str(found.path),
        f"looks like {best.name} but has no column {', '.join(hints)}",
        f"Rename it, or say --layout {best.name}",
    )
