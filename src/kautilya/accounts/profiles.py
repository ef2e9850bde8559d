"""Which published figures are accepted: a declared choice, and an uncertainty of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from kautilya.accounts.declare import Accounts, Profile
from kautilya.accounts.inputs import Figure
from kautilya.errors import KautilyaError

BELLIGERENT = "D"       # Admiralty letter given to a belligerent or its partisans (facts README)
BUILT_IN = (
    Profile(id="all", says="every figure as it was said; a claim counts what it says it counts",
            claims="face"),
    Profile(id="all_but_belligerents", says="nobody who fights", drop_sides=["*"],
            whole=["*"]),
    Profile(id="visual_only", says="what was seen or counted on pictures",
            only_measures=["seen_lost"], only_tags=["counted"], whole=["*"]),
    Profile(id="both_sides", says="both sides' claims, each with a bias inside its declared "
            "range", whole=["*"]),
)


def profiles(declared: Accounts) -> dict[str, Profile]:
    """Built-in profiles and those that the scenario declares (which replace them), by id."""
    return {p.id: p for p in (*BUILT_IN, *declared.profile)}


def profile(declared: Accounts, accept: str) -> Profile:
    """The profile of a name, of `grade:C3` (that grade or better) or of `side:UKR` (that side
    and the neutral). Raises KautilyaError for any other text."""
    known = profiles(declared)
    if accept == "run":
        accept = declared.run_profile
    if accept in known:
        return known[accept]
    kind, _, value = accept.partition(":")
    base = known.get(declared.run_profile, known["both_sides"])
    if kind == "grade" and re.fullmatch(r"[A-F][1-6]?", value):
        grades = value if len(value) == 2 else value + "6"
        return base.model_copy(update={"id": accept, "grades": grades,
                                       "says": f"{base.id}, graded {value} or better"})
    sides = [side.actor for side in declared.side]
    if kind == "side" and value in sides:
        return base.model_copy(update={"id": accept, "drop_sides": [s for s in sides if s != value],
                                       "says": f"{base.id}, {value} and whoever does not fight"})
    raise KautilyaError("accept", f"'{accept}' is no profile",
                        f"use {', '.join(known)}, grade:C3, or side:{'|'.join(sides) or 'UKR'}")


def side_of(figure: Figure, declared: Accounts) -> str:
    """The belligerent who speaks in a figure; '?' for a belligerent who is not named; else ''."""
    for side in declared.side:
        if any(fnmatchcase(figure.originator.lower(), p.lower()) for p in side.originators):
            return side.actor
    return "?" if figure.grade[:1] == BELLIGERENT else ""


def refusal(figure: Figure, chosen: Profile, declared: Accounts) -> str:
    """Why a profile does not accept a figure; empty where it does."""
    side = side_of(figure, declared)
    if side and ("*" in chosen.drop_sides or side in chosen.drop_sides):
        return f"said by a belligerent ({side})" if side != "?" else "said by a belligerent"
    if figure.grade[:1] > chosen.grades[:1] or figure.grade[1:2] > chosen.grades[1:2]:
        return f"graded {figure.grade}, worse than {chosen.grades}"
    if figure.tag and figure.tag in chosen.drop_tags:
        return f"tagged {figure.tag}"
    if any(fnmatchcase(figure.id, pattern) for pattern in chosen.drop_figures):
        return "named by the profile"
    parents = {split.id: split.figure for split in declared.split}
    parent = parents.get(figure.id, figure.id)
    whole = any(fnmatchcase(parent, pattern) for pattern in chosen.whole)
    if parent != figure.id and whole:
        return f"stands in the whole range of {parent}"
    if parent == figure.id and parent in parents.values() and not whole:
        return "taken apart into what each originator said"
    only = chosen.only_measures or chosen.only_tags
    if only and figure.measure not in chosen.only_measures and figure.tag not in chosen.only_tags:
        return "neither seen nor counted"
    return ""


def accepted(figures: Iterable[Figure], chosen: Profile,
             declared: Accounts) -> tuple[tuple[Figure, ...], dict[str, str]]:
    """The figures that a profile accepts, and the reason for every other."""
    kept, refused = [], {}
    for figure in figures:
        reason = refusal(figure, chosen, declared)
        if reason:
            refused[figure.id] = reason
        else:
            kept.append(figure)
    return tuple(kept), refused
