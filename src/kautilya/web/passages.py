"""Somebody's text beside the claims that are judged already: which sentence says which claim.

A sentence is matched by its words: common words are left out, names of states and their capitals
and peoples count as the state, endings are cut, rare words weigh more (inverse frequency over the
claims of the scenario). It is shown with a claim only where most of the claim's weight is in it and
no number or negation contradicts; else it is *not covered*. Nothing is asserted that is not a claim
of the scenario, and no model reads the text.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

LONGEST = 200_000  # characters of a text
MOST = 1_000  # sentences of a text
ENOUGH = 0.62  # share of a claim's weight that has to be in the sentence
LEAST = 3  # words that both have in common
END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9])|\n{2,}")
SHORT = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Gen|Col|Lt|St|No|vs|approx|U\.S|U\.K|U\.N|e\.g|i\.e)\.$")
HEADING = re.compile(
    r"^(.{1,70}[^.!?,;:\s])[ \t]*\n(?=\s*[A-Z\"“])", re.MULTILINE
)  # a line of its own
WORD = re.compile(r"[a-z][a-z'’-]*|\d[\d,.]*")
STOP = frozenset(
    "a an the and or but if then than that this these those of to in on at by for with from as is are "
    "was were be been being it its he she they them their his her we our you your i who whom which "
    "what when where why how not no nor so such into over under about after before between among also "
    "have has had do does did will would can could may might must should shall more most much many "
    "very just only even still now there here out up down off again further once own same other any "
    "all both each few some one two since while during against within without because through".split()
)
SAME = {  # what is said of a state counts as the state
    "russia": "russian russians moscow kremlin putin rus ruso",
    "northkorea": "north-korea north-korean pyongyang dprk kim nk",
    "southkorea": "south-korea south-korean seoul rok",
    "china": "chinese beijing xi prc",
    "usa": "us american americans america washington u.s",
    "ukraine": "ukrainian ukrainians kyiv kiev zelensky",
    "iran": "iranian tehran",
    "india": "indian delhi modi",
    "west": "western",
    "shell": "shells ammunition munition munitions round rounds",
    "weapon": "weapons arms arming armed weaponry",
    "soldier": "soldiers troops troop men manpower",
    "sanction": "sanctions sanctioned sanctioning",
    "supply": "supplies supplied supplying supplier suppliers deliver delivers delivered deliveries "
    "delivery send sends sent sending ship ships shipped shipment shipments provide provides provided",
}
AS = {word: name for name, words in SAME.items() for word in (name, *words.split())}
PAIRS = (("north korea", "north-korea"), ("north korean", "north-korean"), ("south korea", "south-korea"),
         ("south korean", "south-korean"), ("united states", "usa"))  # fmt: skip
NOT = re.compile(r"\b(not|never|no|without|neither|nor|cannot|hardly|n't)\b|n['’]t\b")


class Known(NamedTuple):
    """A claim that a text may say.

    texts    every way in which it is put
    begins   first words of the sentences that are known to say it
    """

    id: str
    texts: tuple[str, ...]
    begins: tuple[str, ...] = ()


class Match(NamedTuple):
    """A sentence and the claim that it says.

    claims   ids, the best first; () where the scenario has none
    share    share of the best one's weight that is in the sentence
    coded    the sentence itself is one that the scenario's claims name
    """

    sentence: str
    claims: tuple[str, ...]
    share: float
    coded: bool = False


def sentences(text: str) -> list[str]:
    """The sentences of a text, at most MOST."""
    found: list[str] = []
    for part in END.split(HEADING.sub(r"\1\n\n", text[:LONGEST])):
        said = " ".join(part.split())
        if found and SHORT.search(found[-1]):
            found[-1] += " " + said
        elif said:
            found.append(said)
    return found[:MOST]


def words(text: str) -> list[str]:
    """Words that carry meaning, states and things by one name, endings cut."""
    said = text.casefold()
    for before, after in PAIRS:
        said = said.replace(before, after)
    out = []
    for word in WORD.findall(said):
        bare = re.sub(r"['’]s?$", "", word).rstrip(".,-")
        if bare and bare not in STOP:
            out.append(AS.get(bare, _stem(bare)))
    return out


def _stem(word: str) -> str:
    """A word without a common ending."""
    for ending in ("ations", "ation", "ments", "ment", "ingly", "edly", "ings", "ing", "ies", "ied",
                   "ed", "ly", "es", "s"):  # fmt: skip
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


class Matcher:
    """The claims of a scenario, ready to be looked for."""

    def __init__(self, known: Sequence[Known]) -> None:
        self._known = [(one, list(map(words, one.texts))) for one in known]
        bags = [frozenset(chain.from_iterable(lists)) for _, lists in self._known]
        counts = Counter(chain.from_iterable(bags))
        total = max(len(bags), 1)
        self._weight = {word: math.log(1.0 + total / n) for word, n in counts.items()}

    def match(self, sentence: str) -> Match:
        """The claims that a sentence is known to say, else the one that it says well enough."""
        said = words(sentence)
        scored = []
        for one, lists in self._known:
            fits = [
                self._fit(mine, said)
                for mine, text in zip(lists, one.texts, strict=True)
                if _agree(sentence, text)
            ]
            scored.append((max(fits, default=(0.0, 0.0)), one))
        scored.sort(key=lambda row: -row[0][0] * row[0][1])
        coded = [one.id for _, one in scored if one.begins and sentence.startswith(one.begins)]
        (share, _), best = scored[0] if scored else ((0.0, 0.0), None)
        if coded:
            return Match(sentence, tuple(coded), share, True)
        found = (best.id,) if best is not None and share >= ENOUGH else ()
        return Match(sentence, found, share)

    def _fit(self, claim: list[str], said: list[str]) -> tuple[float, float]:
        """Share of a claim's weight in a sentence, and that weight."""
        mine, theirs = frozenset(claim), frozenset(said)
        common = mine & theirs
        if len(common) < max(2, min(LEAST, len(mine))) or (
            len(mine) <= LEAST and not _near(claim, said)
        ):
            return 0.0, 0.0
        weight = self._sum(common)
        return weight / max(self._sum(mine), 1e-9), weight

    def _sum(self, bag: Iterable[str]) -> float:
        return sum(self._weight.get(word, 1.0) for word in bag)


def _near(claim: list[str], said: list[str]) -> bool:
    """Whether the words of a short claim stand in its order and close together."""
    places: list[int] = []
    for word in dict.fromkeys(claim):
        later = [
            at for at, one in enumerate(said) if one == word and (not places or at > places[-1])
        ]
        if not later:
            return False
        places.append(later[0])
    return places[-1] - places[0] <= len(places) + 1


def _agree(sentence: str, claim: str) -> bool:
    """Whether both deny or both do not, and the claim's numbers are in the sentence."""
    numbers = set(re.findall(r"\d[\d,.]*\d|\d", claim))
    there = set(re.findall(r"\d[\d,.]*\d|\d", sentence))
    return bool(NOT.search(sentence)) == bool(NOT.search(claim)) and numbers <= there
