"""What `check` reports: one mistake, and the error that carries all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from kautilya.errors import KautilyaError
from kautilya.wording import many

MOST = 200  # that are told of one file, or of one kind


class Mistake(NamedTuple):
    """One mistake in a scenario's files.

    file     name of the file, as in the folder
    line     number of the line, from 1; 0 where the whole file is meant
    column   name of the table column or TOML key; "byte 12" for encodings; may be empty
    found    what stands there
    remedy   what would be right
    stands   for how many it stands; more than one for the last of a long list
    """

    file: str
    line: int
    column: str
    found: str
    remedy: str
    stands: int = 1

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        place = f"{place} ({self.column})" if self.column else place
        return f"{place}: {self.found}. {self.remedy}."


class ScenarioErrors(KautilyaError):
    """All mistakes of one scenario; `.mistakes` lists them."""

    def __init__(self, folder: str, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(capped(mistakes))
        found = many(sum(one.stands for one in self.mistakes), "mistake")
        super().__init__(folder, found, "Mend what is listed; `kautilya check` lists it again")

    def __str__(self) -> str:
        if not hasattr(self, "mistakes"):
            return super().__str__()
        return "\n".join([f"{self.place}: {self.found}.", *map(str, self.mistakes)])


def capped(found: Iterable[Mistake], most: int = MOST) -> list[Mistake]:
    """The first mistakes of each file, in their order, and after them how many more it has."""
    files: dict[str, list[Mistake]] = {}
    for one in found:
        files.setdefault(one.file, []).append(one)
    out: list[Mistake] = []
    for name, mine in files.items():
        told, rest = (mine[: most - 1], mine[most - 1 :]) if len(mine) > most else (mine, [])
        out += told
        if rest:
            more = sum(one.stands for one in rest)
            found_more = f"and {many(more, 'more mistake')} in this file"
            line = told[-1].line
            out.append(Mistake(name, line, "", found_more, "Mend those above first", more))
    return out


def first(found: Iterable[Mistake], most: int = MOST) -> list[Mistake]:
    """The first mistakes of one kind; what comes after them is not looked for, and that is told."""
    each = iter(found)
    out = list(islice(each, most - 1))
    last = next(each, None)
    if last is None:
        return out
    if next(each, None) is None:
        return [*out, last]
    place = Mistake(last.file, last.line, "", "too many mistakes; checking stopped here", "")
    return [*out, place._replace(remedy="Mend those above first")]


def near(word: str, known: Iterable[str], hint: str = "") -> str:
    """A remedy for an unknown word: the nearest known ones, else the known ones, else `hint`."""
    return _near(word, tuple(sorted({str(k) for k in known if k})), hint)


@lru_cache(maxsize=4096)  # the same slip often stands in many rows
def _near(word: str, names: tuple[str, ...], hint: str) -> str:
    close = get_close_matches(word, names, n=3, cutoff=0.6)
    if not close:
        folded = {name.casefold(): name for name in names}
        close = [folded[c] for c in get_close_matches(word.casefold(), folded, n=3, cutoff=0.6)]
    if not close and word:  # a short name inside a long one, or the beginning of one
        inside = [name for name in names if word.casefold() in name.casefold()]
        close = inside[:3] if len(word) > 2 else []
    if close:
        return f"Did you mean {' or '.join(close)}?".rstrip("?")
    if 0 < len(names) <= 12:
        return f"Known are {', '.join(names)}"
    return hint or f"None of the {len(names)} known names is near"


def shown(value: object, limit: int = 60) -> str:
    """A cell as it is quoted in a message: escaped and cut."""
    text = value if isinstance(value, str) else str(value)
    text = text if len(text) <= limit else text[:limit] + "..."
    return repr(text) if isinstance(value, str) else text
