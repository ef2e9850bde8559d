"""What a verdict rests on: whether anything in hand settles what a claim asserts.

A claim is not identified where the published accounts allow the quantity on both sides of the
threshold (then the draws inside the bounds decide, and no figure does), or where one figure alone
decides and was not learned: its spread after the data is above `learned` of that before. A figure
is learned through the accounts that feed it, or through the calibration that the run draws from. A
figure that is only assumed or imposed, and that neither touches, was not learned; one with a
published source counts as known.

A claim that compares cases says what a change does. The laws carry it; so it is not identified

    no path       where nothing leads from the laws whose figures the levers change to the outcome:
                  laws read variables, flows and accounts of one another, as they declare
    the weight    where the levers change nothing but weights whose direction is assumed, or whose
                  range lies on both sides of 0, and which nothing in hand settles
    the law       where the law that makes the outcome passes the change on by weights with an
                  assumed direction only, and none of them was learned or has a source

Whether there is an effect at all (a difference compared with 0) is another question: where it is
said to be one way and comes out that way, the badge *imposed* asks whether a law makes it so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from kautilya.claims.assumptions import Assumptions, Decisive
from kautilya.claims.language import meaning
from kautilya.claims.language.checker import Checked, levers
from kautilya.claims.weighing import GIVEN
from kautilya.core.law import Law
from kautilya.core.model import Model
from kautilya.core.world import OUTSIDE
from kautilya.runs.posterior import folder_of, summary
from kautilya.scenario.assemble import assemble
from kautilya.scenario.outcomes import resolve
from kautilya.scenario.scenario import Scenario
from kautilya.scenario.schema import Bound, Change, Outcome, Quantity, Verdicts

EVERY = frozenset({"", "*"})  # selectors that leave a label open
SELECTORS = ("actor", "partner", "good", "stage", "label")
OPENING = "opening"  # figures that fill accounts, and no law


class Graph(NamedTuple):
    """Which part of a model rests on which.

    laws     by name; parents: of a law, or of an account (its number), what it rests on
    makers   of each outcome: laws and accounts that it is read from
    enforced outcome -> what its law makes so by its form; "" for most
    """

    laws: Mapping[str, Law]
    parents: Mapping[str | int, frozenset[str | int]]
    makers: Mapping[str, frozenset[str | int]]
    enforced: Mapping[str, str]

    def reaches(self, sources: Iterable[str], outcomes: Iterable[str]) -> bool:
        """Whether anything leads from one of these laws to one of these outcomes."""
        wanted = set(sources)
        if OPENING in wanted:
            return True
        return any(wanted & set(level) for level in self.levels(outcomes))

    def levels(self, outcomes: Iterable[str]) -> Iterator[list[str | int]]:
        """What outcomes are made from, then what that rests on, and so on: each once."""
        seen: set[str | int] = set()
        level = {one for name in outcomes for one in self.makers.get(name, frozenset())}
        while level:
            yield sorted(level, key=str)
            seen |= level
            level = {up for one in level for up in self.parents.get(one, frozenset())} - seen


def graph(scenario: Scenario) -> Graph:
    """The graph of a scenario's model."""
    model = assemble(scenario).model
    written = {var.name: (law.name, var) for law in model.laws for var in law.writes}
    owner: dict[str, set[str | int]] = {name: {law} for name, (law, _) in written.items()}
    parents: dict[str | int, set[str | int]] = {}
    inner = {i for i, row in enumerate(model.world.rows) if row.holder not in OUTSIDE}
    for law, built in zip(model.laws, model.built, strict=True):
        mine = parents.setdefault(law.name, set())
        for name in (*law.reads, *law.reads_if):
            mine |= {name[5:]} if name.startswith("flow:") else owner.get(name, set())
        for routes in built.routes.values():
            ends = [set(np.ravel(end).tolist()) & inner for end in (routes.source, routes.sink)]
            mine |= ends[0]
            for row in ends[0] | ends[1]:
                parents.setdefault(row, set()).add(law.name)
        mine |= _accounts(built.data, len(model.world.rows)) & inner
    enforced = {
        one.id: written[one.name][1].enforced if one.kind == "variable" else ""
        for one in scenario.outcomes
    }
    return Graph(
        {law.name: law for law in model.laws},
        {key: frozenset(value) for key, value in parents.items()},
        {one.id: _makers(one, model, written) for one in scenario.outcomes},
        enforced,
    )


def _makers(
    one: Outcome, model: Model, written: Mapping[str, tuple[str, object]]
) -> frozenset[str | int]:
    if one.kind == "variable":
        return frozenset({written[one.name][0]})
    if one.kind == "flow":
        return frozenset({one.law})
    return frozenset(resolve(one, model).index.tolist())


def _accounts(data: object, rows: int) -> set[str | int]:
    """Numbers of accounts among what a law worked out: any whole numbers that could be some."""
    if isinstance(data, Mapping):
        return {row for one in data.values() for row in _accounts(one, rows)}
    if isinstance(data, list | tuple):
        return {row for one in data for row in _accounts(one, rows)}
    values = np.asarray(data)
    if values.dtype.kind not in "iu":
        return set()
    return {int(one) for one in np.unique(values) if 0 <= one < rows}


def signed(row: Quantity, laws: Mapping[str, Law]) -> bool:
    """Whether the law takes the direction of this figure for granted, as it declares."""
    law, _, name = row.parameter.partition(".")
    for one in laws[law].params if law in laws else ():
        if one.name == name:
            sign = one.sign if isinstance(one.sign, str) else one.sign.get(row.label, "")
            return bool(sign == "assumed")
    return False


def straddles(row: Quantity) -> bool:
    """Whether the range of a figure lies on both sides of 0."""
    ends = [x for x in (row.low, row.central, row.high) if x is not None]
    return bool(ends) and min(ends) < 0 < max(ends)


def changed(scenario: Scenario, cases: Iterable[str]) -> list[Quantity]:
    """The figures behind the elements that the levers of some cases change."""
    pulled = {name for case in cases for name in levers(case)}
    changes = [one for lever in scenario.levers if lever.id in pulled for one in lever.set]
    return [row for row in scenario.quantities if _touched(row, changes)]


def _touched(row: Quantity, changes: Iterable[Change]) -> bool:
    return any(row.parameter == one.parameter and _meets(row, one) for one in changes)


def _meets(row: Quantity, change: Change) -> bool:
    """Whether a figure fills elements that a change selects."""
    return all(
        bool(EVERY & {getattr(change, name), getattr(row, name)})
        or getattr(change, name) == getattr(row, name)
        for name in SELECTORS
    )


def sources(scenario: Scenario, cases: Iterable[str]) -> set[str]:
    """Laws whose figures the levers of some cases change."""
    pulled = {name for case in cases for name in levers(case)}
    return {
        one.parameter.partition(".")[0]
        for lever in scenario.levers
        if lever.id in pulled
        for one in lever.set
    }


def compared(checked: Checked) -> list[str]:
    """Outcomes that a claim reads in another case than the baseline."""
    reads = [one for one in meaning.every(checked.term) if isinstance(one, meaning.Read)]
    return sorted({one.cells.outcome for one in reads if one.case})


def only_sign(checked: Checked) -> bool:
    """Whether every difference of a claim is compared with 0: whether there is one at all."""
    tests = [one for one in meaning.every(checked.term) if isinstance(one, meaning.Test)]
    found = [one for one in tests if _differs(one.left) or _differs(one.right)]
    return bool(found) and all(_zero(one.left) or _zero(one.right) for one in found)


def _zero(term: meaning.Term) -> bool:
    return isinstance(term, meaning.Const) and term.value == 0


def _differs(term: meaning.Term) -> bool:
    return any(isinstance(one, meaning.Compared) for one in meaning.every(term))


class Case(NamedTuple):
    """An effect that a claim tests.

    settled  whether a figure was learned, or comes from a source; named: a figure in words
    """

    checked: Checked
    settled: Callable[[Quantity], bool]
    named: Callable[[Quantity], str]


def ungrounded(scenario: Scenario, found: Graph, case: Case) -> str:
    """Why an effect is not identified; "" where it is."""
    checked = case.checked
    outcomes, laws = compared(checked), sources(scenario, checked.needs)
    if not found.reaches(laws, outcomes):
        return "nothing in the model leads from what is changed to what is compared"
    return _weight(scenario, found, case) or _law(scenario, found, case, laws)


def _weight(scenario: Scenario, found: Graph, case: Case) -> str:
    rows = changed(scenario, case.checked.needs)
    if not rows:
        return ""
    loose = [one for one in rows if _loose(one, found.laws) and not case.settled(one)]
    if len(loose) < len(rows):
        return ""
    said = "may be negative or positive" if straddles(loose[0]) else "is only assumed"
    return f"what is changed, {case.named(loose[0])}, {said}, and nothing in hand settles it"


def _loose(row: Quantity, laws: Mapping[str, Law]) -> bool:
    return signed(row, laws) or straddles(row)


def _law(scenario: Scenario, found: Graph, case: Case, laws: set[str]) -> str:
    """The first law that makes a compared outcome and passes a change on by assumed weights only."""
    for name in compared(case.checked):
        for law in found.makers[name] - laws:
            rows = weights(scenario, found.laws, [str(law)])
            if rows and not any(case.settled(one) for one in rows):
                said = "; ".join(case.named(one) for one in rows[:2])
                more = f" and {len(rows) - 2} more" if len(rows) > 2 else ""
                return f"the effect passes through weights that are only assumed: {said}{more}"
    return ""


def weights(scenario: Scenario, laws: Mapping[str, Law], names: Iterable[str]) -> list[Quantity]:
    """The figures of some laws whose direction is taken for granted."""
    wanted = set(names)
    return [
        row
        for row in scenario.quantities
        if row.parameter.partition(".")[0] in wanted and signed(row, laws)
    ]


def nearest(scenario: Scenario, found: Graph, outcomes: Iterable[str]) -> list[Quantity]:
    """Assumed directions in the laws that make some outcomes, or else in those just behind them."""
    for depth, level in enumerate(found.levels(outcomes)):
        rows = weights(scenario, found.laws, [str(one) for one in level])
        if rows or depth == 2:
            return rows
    return []


def made_so(checked: Checked, enforced: Mapping[str, str]) -> str:
    """What a law makes so by its form and a claim only repeats: that some of it is there."""
    waiting: list[meaning.Term] = [checked.term]
    while waiting:
        one = waiting.pop()
        if isinstance(one, meaning.Every) and one.op == "and":
            waiting += one.items
        elif isinstance(one, meaning.Test) and one.op in (">", ">=") and not _reads(one.right):
            said = [enforced.get(r.cells.outcome, "") for r in _reads(one.left)]
            if said and all(said):
                return said[0]
    return ""


def _reads(term: meaning.Term) -> list[meaning.Read]:
    return [one for one in meaning.every(term) if isinstance(one, meaning.Read)]


class Learned(NamedTuple):
    """Spread after the data over spread before; None where nothing was fitted. how: in words."""

    ratio: float | None
    how: str

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return {"ratio": self.ratio, "how": self.how}


class Straddle(NamedTuple):
    """Bounds of the accounts on a quantity."""

    share: str
    says: str
    low: float
    high: float

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return self._asdict()


def fitted(calibration: str) -> dict[str, float]:
    """Spread after over spread before, by figure, of the calibration that a run draws from."""
    if not calibration:
        return {}
    rows = summary(folder_of(calibration)).get("tables", {}).get("prior and posterior", ())
    return {row["id"]: float(row["sd_left"]) for row in rows if row.get("kind") == "figure"}


def learned(one: Decisive, given: Assumptions, fits: Mapping[str, float]) -> Learned:
    """What is known of a figure after the data."""
    return learned_of(one.row, one.place, given, fits)


def learned_of(
    row: Quantity, place: int | None, given: Assumptions, fits: Mapping[str, float]
) -> Learned:
    """The same of any figure; place: among the assumptions, None where it is not drawn."""
    if row.id in fits:
        return Learned(fits[row.id], "calibrated")
    if place is not None and given.fed[place] and given.spread[place] > 0:
        ratio = float(np.std(given.values[place]) / given.spread[place])
        return Learned(ratio, "through the published accounts")
    if row.status in GIVEN:
        return Learned(None, f"not calibrated; {row.status} only")
    return Learned(None, f"not calibrated; from a source graded {row.grade}")


def decides(one: Decisive, settings: Verdicts) -> bool:
    """Whether a figure alone carries the claim from one verdict to the other."""
    return abs(one.high_end - one.low_end) >= settings.holds - settings.fails


def unlearned(found: Sequence[Decisive], known: Sequence[Learned], settings: Verdicts) -> str:
    """Why the claim is not identified by what was learned; "" where it is."""
    for one, what in zip(found, known, strict=True):
        if decides(one, settings) and (
            what.ratio > settings.learned if what.ratio is not None else one.row.status in GIVEN
        ):
            said = (
                f"spread after the data {what.ratio:.2f} of before"
                if what.ratio is not None
                else what.how
            )
            return f"{one.says} alone decides and was not learned ({said})"
    return ""


def straddled(
    term: meaning.Term,
    threshold: float | np.ndarray | None,
    settings: Verdicts,
    shares: Sequence[Mapping[str, object]],
) -> tuple[Straddle | None, bool]:
    """The bounds of the accounts on what a claim compares, and whether they straddle its threshold.

    term       term of the checked claim; shares: rows of the audit
    """
    reads = _added(term)
    if not reads or threshold is None or np.ndim(threshold) or not np.isfinite(threshold):
        return None, False
    for bound in settings.bound:
        if _same(reads, bound):
            row = next((r for r in shares if r["share"] == bound.share), None)
            if row is not None:
                found = Straddle(
                    bound.share, str(row["says"]), float(str(row["low"])), float(str(row["high"]))
                )
                return found, found.low < float(threshold) < found.high
    return None, False


def _added(term: meaning.Term) -> list[meaning.Read]:
    """What is added up on the left of a comparison; [] where there is more to it than a sum."""
    while isinstance(term, meaning.Every) and term.op == "not":
        term = term.items[0]
    left = [term.left] if isinstance(term, meaning.Test) else []
    out: list[meaning.Read] = []
    while left:
        one = left.pop()
        if isinstance(one, meaning.Sum) and one.op == "+":
            left += [one.left, one.right]
        elif isinstance(one, meaning.Read):
            out.append(one)
        else:
            return []
    return out


def _same(reads: Sequence[meaning.Read], bound: Bound) -> bool:
    return sorted(one.cells.outcome for one in reads) == sorted(bound.outcomes) and all(
        _of(one, bound) for one in reads
    )


def _of(read: meaning.Read, bound: Bound) -> bool:
    labels = {label for _, inside in read.cells.at for label in inside}
    span = (read.periods.labels[0], read.periods.labels[-1])
    return not read.case and set(bound.labels) == labels and span == (bound.from_, bound.to)
