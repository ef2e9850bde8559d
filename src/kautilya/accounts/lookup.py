"""Which figure is meant by what was typed: its id, or words of what a screen shows of it.

An id counts wherever it stands in the text. Else every word must fit: the whole of what is shown
first, then whole words, then parts of words. What is shown is what the figure says, with codes of
states and goods or with their names. A figure that is not accepted is told with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from kautilya.accounts.build import Built
from kautilya.accounts.figures import Figure
from kautilya.errors import KautilyaError
from kautilya.wording import listed

NEAR = 6  # figures that a refusal tells of
WORD = re.compile(r"\w+(?:[.,'-]\w+)*")
MEANT = {"loss": "lost", "losses": "lost", "soldiers": "person"}
LONGEST = 500  # letters of what was typed that are looked at
PLURAL = 4  # letters from which on an s at the end may be that of several


class Shown(NamedTuple):
    """A figure as a reader meets it: its id, its sentence in plain words, what it is called as a
    whole, all its words, and all its text."""

    figure: str
    says: str
    whole: tuple[str, ...]
    words: frozenset[str]
    text: str


def find_figure(
    built: Built,
    text: str,
    say: Callable[[str], str] = str,
    every: Iterable[Figure] = (),
) -> str:
    """The id of the one accepted figure that is meant.

    say     puts codes of states and goods into words
    every   all figures, also those that are not accepted

    Raises KautilyaError where none or several are meant, or one that is not accepted.
    """
    typed = " ".join(text.split())[:LONGEST]
    if not typed:
        raise KautilyaError(
            "figure", "it is empty", "give an id, or words that only one figure has"
        )
    accepted = {name: _shown(m.figure, say) for name, m in built.meanings.items()}
    refused = {f.id: _shown(f, say) for f in every if f.id in built.unused}
    named = _by_id(typed, (*accepted, *refused))
    hits = [named] if named in accepted else [] if named else _by_words(typed, accepted)
    if len(hits) == 1:
        return hits[0]
    turned_away = [named] if named else [] if hits else _by_words(typed, refused)
    if turned_away:
        parts = [name for name in accepted if named and name.startswith(f"{named}-")]
        raise _not_accepted(turned_away, refused, built.unused, parts)
    raise _unclear(typed, hits, accepted)


def _shown(figure: Figure, say: Callable[[str], str]) -> Shown:
    said = figure.says()
    plain = say(said)
    whole = (said.lower(), plain.lower(), *([] if figure.measure else [figure.good.lower()]))
    words = frozenset((*_words(said), *_words(plain)))
    return Shown(figure.id, plain, whole, words, f"{figure.id} {said} {plain}".lower())


def _words(text: str) -> list[str]:
    """Words in small letters, of one or several alike."""
    out = []
    for word in WORD.findall(text.lower()):
        word = MEANT.get(word, word)
        several = len(word) >= PLURAL and word.endswith("s") and not word.endswith("ss")
        out.append(word[:-1] if several else word)
    return out


def _by_id(typed: str, ids: Iterable[str]) -> str:
    """The one id that the text is, or that stands in it; empty where there is none."""
    known = list(ids)
    for same in (
        [name for name in known if name == typed],
        [name for name in known if name.lower() == typed.lower()],
        [n for n in known if re.search(rf"(?<![\w-]){re.escape(n)}(?![\w-])", typed)],
    ):
        if len(same) == 1:
            return same[0]
    return ""


def _by_words(typed: str, known: Mapping[str, Shown]) -> list[str]:
    """The figures that fit the text, from the strictest reading under which any does."""
    words = _words(typed)
    bare = typed.lower().rstrip(".")
    readings: tuple[Callable[[Shown], bool], ...] = (
        lambda one: bare in one.whole,
        lambda one: bool(words) and one.words.issuperset(words),
        lambda one: bool(words) and all(word in one.text for word in words),
    )
    for fits in readings:
        hits = [name for name, one in known.items() if fits(one)]
        if hits:
            ending = [name for name in hits if words and name.lower().endswith(words[-1])]
            return ending if len(ending) == 1 else hits
    return []


def _not_accepted(
    names: list[str], refused: Mapping[str, Shown], why: Mapping[str, str], parts: list[str]
) -> KautilyaError:
    """What is said of figures that are there and do not count."""
    said = "; ".join(f"{name} ({refused[name].says}): {why[name]}" for name in names[:NEAR])
    such = f", such as {listed(parts)}" if parts else ""
    more = f"; and {len(names) - NEAR} more" if len(names) > NEAR else ""
    return KautilyaError(
        "figure",
        f"not among the accepted figures is {said}{more}",
        f"name a figure that counts{such}, or accept others",
    )


def _unclear(typed: str, hits: list[str], accepted: Mapping[str, Shown]) -> KautilyaError:
    """What is said of a text that fits several figures, or none: those that fit most of it."""
    words = _words(typed)

    def fit(name: str) -> tuple[int, int]:
        one = accepted[name]
        return (sum(w in one.words for w in words), sum(w in one.text for w in words))

    near = sorted(hits or accepted, key=fit, reverse=True)[:NEAR]
    said = "; ".join(f"{name} ({accepted[name].says})" for name in near)
    return KautilyaError(
        "figure",
        f"'{typed[:80]}' names {len(hits) or 'no'} accepted figures",
        f"give an id, such as {said}" if said else "accept more",
    )
