"""What would turn a verdict: the smallest change of assumptions that flips it, found on the futures,
then run; and the box of assumptions in which it comes out the other way.

A change fixes a few of the figures that move a claim, in every future, each inside its declared
range; its size is sqrt(sum z^2), z = (value - mean) / standard deviation of what is declared.

1. On the stored run: logit P = b0 + sum b_i q_i, q = normal score of the cumulative probability,
   fitted with a small ridge. Figures are fixed at q_i = -step b_i / |b|; the step at which the
   mean of P over the futures crosses the goal is found by bisection.
2. The changed case is run on the same luck. Where it does not flip, the step grows to the ends of
   the ranges, then with more figures; where it does, the step is halved back towards the last
   that did not.
3. The smallest change that flipped is run again on more futures with the same `--set`.

Goals: a verdict that holds or fails flips where the probability crosses one half; one that
cannot be said flips where the nearer threshold is crossed, or, where only a weighting of the
evidence keeps it from a verdict, one half.

The box: PRIM, bump hunting (friedman1999; `study.prim`), on the figures that move the claim. Coverage:
share of the futures that turn which lie in the box; density: share of the box that turns. Of the boxes
of one peeling the one is taken whose coverage and density have the largest harmonic mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.special import expit, ndtr, ndtri

from kautilya.claims.assumptions import Assumptions, Decisive
from kautilya.claims.court import Again, Court, counted, told
from kautilya.claims.evaluate import Judged
from kautilya.claims.language.checker import Checked
from kautilya.claims.weighing import Chance
from kautilya.scenario.assemble import Range, assemble
from kautilya.scenario.schema import Verdicts
from kautilya.study.prim import chosen, prim
from kautilya.wording import many

FAR = 2.9  # normal scores: the last two thousandths of a range are left out
RIDGE = 1e-3
SIZES = (1, 2, 3, 8)  # figures changed together
ROUNDS = 7
NEAR = 0.15  # a step is small enough when the last that failed is nearer than this
HALF = 0.5


class Change(NamedTuple):
    """One figure fixed: its text for --set, its value, and the change in standard deviations."""

    figure: str
    says: str
    value: float
    unit: str
    z: float

    @property
    def text(self) -> str:
        """As --set takes it."""
        return f"{self.figure}={self.value!r}"

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return {**self._asdict(), "set": self.text}


class Flip(NamedTuple):
    """A change that flips, or why there is none.

    before, after   probability; verified: run again and crossed `goal`
    """

    changes: tuple[Change, ...]
    size: float
    goal: float
    upward: bool
    before: float
    after: Chance | None
    verified: bool
    note: str = ""

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return {
            "changes": [one.as_json() for one in self.changes],
            "size": self.size,
            "goal": self.goal,
            "direction": "up" if self.upward else "down",
            "before": self.before,
            "after": self.after.as_json() if self.after else None,
            "verified": self.verified,
            "note": self.note,
        }


def nothing(note: str, before: float) -> Flip:
    """There is no flip."""
    return Flip((), float("nan"), float("nan"), False, before, None, False, note)


def goal_of(verdict: str, p: float, settings: Verdicts) -> tuple[float, bool]:
    """What the probability has to cross, and whether upward."""
    if verdict == "holds":
        return HALF, False
    if verdict == "fails":
        return HALF, True
    if not settings.fails < p < settings.holds:  # a weighting keeps it from a verdict
        return HALF, p < HALF
    up = settings.holds - p <= p - settings.fails
    return (settings.holds, True) if up else (settings.fails, False)


@dataclass
class Search:
    """The state of the search for one claim. steps: what failed and what flipped, as steps."""

    found: Sequence[Decisive]
    given: Assumptions
    goal: float
    upward: bool
    slope: np.ndarray
    start: float
    rows: Sequence[Range]
    size: int = 0
    failed: float = 0.0
    flipped: float = float("inf")
    step: float = 0.0
    tried: int = 0
    best: tuple[Change, ...] = ()
    after: dict[float, float] = field(default_factory=dict)

    def crossed(self, p: float) -> bool:
        """Whether a probability is beyond the goal."""
        return p > self.goal if self.upward else p < self.goal

    def scores(self, step: float) -> np.ndarray:
        """Normal scores of the figures that are changed, [SIZES[size]]."""
        b = self.slope[: SIZES[self.size]]
        pull = b / max(float(np.abs(b).max()), 1e-12)
        return np.clip((1 if self.upward else -1) * step * pull, -FAR, FAR)

    def changes(self, step: float) -> tuple[Change, ...]:
        """The figures fixed at a step."""
        out = []
        for one, q in zip(self.found, self.scores(step), strict=False):
            value = float(f"{_at(self.rows[one.place], float(ndtr(q))):.6g}")
            mean = float(self.given.values[one.place].mean())
            spread = float(self.given.spread[one.place]) or 1.0
            out.append(Change(one.row.id, one.says, value, one.row.unit, (value - mean) / spread))
        return tuple(out)

    def told(self, p: float) -> None:
        """Take in what the case at `step` gave, and choose the next step."""
        self.tried += 1
        if self.crossed(p):
            self.flipped, self.best = self.step, self.changes(self.step)
            self.step = (self.failed + self.flipped) / 2
            return
        self.failed = self.step
        if np.isfinite(self.flipped):
            self.step = (self.failed + self.flipped) / 2
        elif self.step < FAR:
            self.step = min(self.step * 1.6 + 0.1, FAR)
        elif self.size + 1 < len(SIZES) and SIZES[self.size] < len(self.found):
            self.size, self.step, self.failed = self.size + 1, FAR, 0.0
        else:
            self.tried = ROUNDS + len(SIZES)

    def lengthen(self) -> None:
        """A change a tenth larger, for one that on more futures falls short."""
        self.flipped = min(self.flipped * 1.1 + 0.02, FAR)
        self.best = self.changes(self.flipped)

    @property
    def done(self) -> bool:
        """Whether the search is over."""
        if self.best:
            return self.flipped - self.failed < NEAR or self.tried >= ROUNDS
        return self.tried >= ROUNDS + len(SIZES)


def search(
    truth: np.ndarray,
    found: Sequence[Decisive],
    given: Assumptions,
    rows: Sequence[Range],
    goal: tuple[float, bool],
) -> Search | None:
    """Begin: the slopes on the stored run and a first step; None where nothing moves the claim.

    rows   rows as drawn (with `factor`), by place among the assumptions
    """
    if not found or not 0 < truth.mean() < 1:
        found = [one for one in found if one.of == "quantity"]
        if not found:
            return None
    q = ndtri(np.clip(given.ranks[[one.place for one in found]].astype(float), 1e-4, 1 - 1e-4))
    if 0 < truth.mean() < 1:
        start, slope = logit(truth, q)
    else:
        start = ndtri(np.clip(truth.mean(), 1e-3, 1 - 1e-3)) * 1.7
        slope = np.array([np.sqrt(one.share) for one in found])
    order = np.argsort(-np.abs(slope), kind="stable")
    made = Search([found[i] for i in order], given, *goal, slope[order], start, rows)
    made.step = first_step(made, q[order])
    return made


def logit(truth: np.ndarray, q: np.ndarray) -> tuple[float, np.ndarray]:
    """Intercept and slopes of a logistic regression with a small ridge, by Newton's method."""
    x = np.vstack([np.ones(q.shape[1]), q])
    b = np.zeros(len(x))
    ridge = RIDGE * q.shape[1] * np.diag([0.0] + [1.0] * len(q))
    for _ in range(30):
        p = expit(b @ x)
        w = np.maximum(p * (1 - p), 1e-9)
        step = np.linalg.solve(
            (x * w) @ x.T + ridge + 1e-9 * np.eye(len(x)), x @ (truth - p) - ridge @ b
        )
        b += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:
            break
    return float(b[0]), b[1:]


def first_step(made: Search, q: np.ndarray) -> float:
    """The smallest number of figures and step at which the fit says that the goal is crossed."""
    for size in range(len(SIZES)):
        made.size = size
        if made.crossed(_predicted(made, q, FAR)):
            low, high = 0.0, FAR
            for _ in range(20):
                middle = (low + high) / 2
                low, high = (
                    (low, middle) if made.crossed(_predicted(made, q, middle)) else (middle, high)
                )
            return high
        if SIZES[size] >= len(made.found):
            return FAR
    return FAR


def _predicted(made: Search, q: np.ndarray, step: float) -> float:
    fixed = made.scores(step)
    rest = made.slope[len(fixed) :] @ q[len(fixed) :] if len(q) > len(fixed) else 0.0
    return float(expit(made.start + made.slope[: len(fixed)] @ fixed + rest).mean())


def _at(row: Range, u: float) -> float:
    from kautilya.scenario.distributions import quantile

    return float(quantile(row, np.array([u]))[0] / row.factor)


Trial = Callable[[Mapping[str, Sequence[Change]]], dict[str, float]]


def run_all(searches: Mapping[str, Search], trial: Trial) -> None:
    """Run the cases of all open searches together, until none is open.

    trial   from changes by claim to the probability under them
    """
    while waiting := {c: one for c, one in searches.items() if not one.done}:
        for c, p in trial({c: one.changes(one.step) for c, one in waiting.items()}).items():
            waiting[c].told(p)


TILE = 128
FINAL = 512
LONGER = 4
RECORD = "a matter of record: only another record flips it"
STILL = "no figure moves it beyond luck, so no change of one inside its range is known to flip it"
NEVER = "no change of the figures that move it, inside their ranges, flips it (run to the ends)"


class Standing(NamedTuple):
    """A verdict as it stands: what its flip is looked for with."""

    checked: Checked
    judged: Judged
    chance: Chance
    verdict: str
    decisive: Sequence[Decisive]


def flipped(court: Court, found: Mapping[str, Standing]) -> dict[str, Flip]:
    """The flips of verdicts, by claim."""
    rows = _rows(court)
    searches: dict[str, Search] = {}
    out: dict[str, Flip] = {}
    for name, one in found.items():
        before, truth = one.chance.value, one.judged.truth
        if one.judged.kind == "record":
            out[name] = nothing(RECORD, before)
            continue
        made = search(
            truth,
            one.decisive,
            court.given.cut(len(truth)),
            rows,
            goal_of(one.verdict, before, court.settings),
        )
        if made is None:
            out[name] = nothing(STILL, before)
        else:
            searches[name] = made
    begun = {name: float(found[name].judged.truth[:TILE].mean()) for name in searches}

    def trial(asked: Mapping[str, Sequence[Change]]) -> dict[str, float]:
        """On one tile: what the changes move there, added to the probability over all futures."""
        got = _tried(court, {name: (found[name], changes) for name, changes in asked.items()}, TILE)
        return {name: found[name].chance.value + p.value - begun[name] for name, p in got.items()}

    run_all(searches, trial)
    after = _verified(court, found, searches)
    return out | {
        name: _flip(found[name], made, after.get(name)) for name, made in searches.items()
    }


def _verified(
    court: Court, found: Mapping[str, Standing], searches: Mapping[str, Search]
) -> dict[str, Chance]:
    """The best changes run on more futures; one that does not cross there is made larger."""
    after: dict[str, Chance] = {}
    for _ in range(LONGER):
        open_ = {
            name
            for name, one in searches.items()
            if one.best and not (name in after and one.crossed(after[name].value))
        }
        if not open_:
            break
        for name in open_ & set(after):
            searches[name].lengthen()
        after |= _tried(
            court,
            {name: (found[name], searches[name].best) for name in searches if name in open_},
            FINAL,
        )
    return after


def _rows(court: Court) -> list[Range]:
    """Rows as drawn, by place among the assumptions."""
    drawn = assemble(court.scenario).quantities
    return [drawn[i] for i in court.given.numbers]


def _flip(one: Standing, made: Search, after: Chance | None) -> Flip:
    if not made.best or after is None:
        return nothing(NEVER, one.chance.value)
    size = sum(change.z**2 for change in made.best) ** 0.5
    sure = made.crossed(after.value)
    return Flip(
        made.best,
        size,
        made.goal,
        made.upward,
        one.chance.value,
        after,
        sure,
        "" if sure else "on more futures it does not cross the goal",
    )


def _sets(changes: Sequence[Change]) -> tuple[str, ...]:
    return tuple(change.text for change in changes)


def _tried(
    court: Court, asked: Mapping[str, tuple[Standing, Sequence[Change]]], futures: int
) -> dict[str, Chance]:
    """The probability of each claim with its changes made, on the same luck."""
    how = [
        (one.checked, Again(court.under, _sets(changes), futures=futures))
        for one, changes in asked.values()
    ]
    found = told(court, how)
    return {c: counted(judged) for c, judged in zip(asked, found, strict=True)}


FEW = 20  # futures that turn, below which no box is sought


class Box(NamedTuple):
    """A box; limits: (figure in words, low, high, unit). note: why there is none."""

    limits: tuple[tuple[str, float, float, str], ...] = ()
    coverage: float = 0.0
    density: float = 0.0
    note: str = ""

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return {
            "limits": [
                {"figure": f, "low": lo, "high": hi, "unit": u} for f, lo, hi, u in self.limits
            ],
            "coverage": self.coverage,
            "density": self.density,
            "note": self.note,
        }


def box(truth: np.ndarray, found: Sequence[Decisive], given: Assumptions) -> Box:
    """The box in which a claim that mostly holds fails, or one that mostly fails holds.

    truth   [F], over the futures of `given`
    """
    turned = ~truth if truth.mean() >= 0.5 else truth
    if turned.sum() < FEW:
        return Box(
            note=f"it turns in {int(turned.sum())} of {many(truth.size, 'future')}: too few to box"
        )
    if not found:
        return Box(note="no figure moves it beyond luck")
    x = np.stack([given.values[one.place] for one in found], axis=1)
    peeled = prim(x, turned)
    best = chosen(peeled)
    limits = tuple(
        (found[k].says, float(best.low[k]), float(best.high[k]), found[k].row.unit)
        for k in peeled.restricted(best)
    )
    if not limits:
        return Box(note="no box is denser than the whole")
    return Box(limits, best.coverage, best.density)
