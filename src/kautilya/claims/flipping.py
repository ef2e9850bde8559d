"""Flips of all claims together: each round runs one tile a claim, all in one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from kautilya.claims.chances import Chance
from kautilya.claims.court import Court, counted
from kautilya.claims.decisive import Decisive
from kautilya.claims.evaluate import evaluate
from kautilya.claims.flips import Change, Flip, Search, goal_of, nothing, run_all, search
from kautilya.claims.reruns import Again
from kautilya.claims.worlds import Worlds
from kautilya.scenario.assemble import assemble

TILE = 128
FINAL = 512
LONGER = 4
RECORD = "a matter of record: only another record flips it"
STILL = "no figure moves it beyond luck, so no change of one inside its range is known to flip it"
NEVER = "no change of the figures that move it, inside their ranges, flips it (run to the ends)"


class Found(Protocol):
    """What of a verdict its flip is looked for with."""

    @property
    def checked(self) -> Any: ...
    @property
    def judged(self) -> Any: ...
    @property
    def chance(self) -> Chance | None: ...
    @property
    def verdict(self) -> str: ...
    @property
    def decisive(self) -> Sequence[Decisive]: ...


def flipped(court: Court, found: Mapping[str, Found]) -> dict[str, Flip]:
    """The flips of verdicts, by claim; none for what was not judged."""
    rows = _rows(court)
    searches: dict[int, Search] = {}
    out: dict[str, Flip] = {}
    names = list(found)
    for c, name in enumerate(names):
        one = found[name]
        if one.judged is None or one.chance is None:
            continue
        before = one.chance.value
        if one.judged.kind == "record":
            out[name] = nothing(RECORD, before)
            continue
        truth = one.judged.truth
        made = search(truth, one.decisive, court.given.cut(len(truth)), rows,
                      goal_of(one.verdict, before, court.settings))
        if made is None:
            out[name] = nothing(STILL, before)
        else:
            searches[c] = made
    begun = {c: float(found[names[c]].judged.truth[:TILE].mean()) for c in searches}
    run_all(searches, lambda asked: {
        c: found[names[c]].chance.value + p.value - begun[c]  # type: ignore[union-attr]
        for c, p in _tried(court, {c: (found[names[c]], changes)
                                   for c, changes in asked.items()}, TILE).items()})
    after = _verified(court, {c: found[names[c]] for c in searches}, searches)
    for c, made in searches.items():
        out[names[c]] = _flip(found[names[c]], made, after.get(c))
    return out


def _verified(court: Court, found: dict[int, Found], searches: dict[int, Search]
              ) -> dict[int, Chance]:
    """The best changes run on more futures; one that does not cross there is made larger."""
    after: dict[int, Chance] = {}
    for _ in range(LONGER):
        open_ = {c: (found[c], one.best) for c, one in searches.items() if one.best
                 and not (c in after and one.crossed(after[c].value))}
        if not open_:
            break
        for c in open_:
            if c in after:
                searches[c].lengthen()
                open_[c] = (found[c], searches[c].best)
        after |= _tried(court, open_, FINAL)
    return after


def _rows(court: Court) -> list[Any]:
    """Rows as drawn, by place among the assumptions."""
    drawn = assemble(court.scenario).quantities
    return [drawn[i] for i in court.given.numbers]


def _flip(one: Found, made: Search, after: Chance | None) -> Flip:
    assert one.chance is not None
    if not made.best or after is None:
        return nothing(NEVER, one.chance.value)
    size = sum(change.z**2 for change in made.best) ** 0.5
    sure = made.crossed(after.value)
    return Flip(made.best, size, made.goal, made.upward, one.chance.value, after, sure,
                "" if sure else "on more futures it does not cross the goal")


def _tried(court: Court, asked: Mapping[int, tuple[Found, Sequence[Change]]],
           futures: int) -> dict[int, Chance]:
    """The probability of each claim with its changes made, on the same luck."""
    plans: dict[int, dict[str, Again]] = {}
    for c, (one, changes) in asked.items():
        sets = tuple(change.text for change in changes)
        plans[c] = {case: Again(levers=court.pulled(case), sets=sets, futures=futures)
                    for case in ("", *one.judged.needs)}
    got = court.reruns.get([how for plan in plans.values() for how in plan.values()],
                           court.progress)
    out = {}
    for c, plan in plans.items():
        worlds = Worlds(got[plan[""]], {case: got[how] for case, how in plan.items() if case},
                        court.record)
        out[c] = counted(evaluate(asked[c][0].checked, worlds))
    return out
