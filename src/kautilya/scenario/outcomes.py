"""Declared outcomes resolved to indices of a model, and their labels for xarray."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from kautilya import wording
from kautilya.errors import KautilyaError
from kautilya.scenario.mistakes import near, shown
from kautilya.scenario.scenario import EVERY, Members, Scenario
from kautilya.scenario.schema import Outcome

if TYPE_CHECKING:
    from kautilya.core.emit import Emitter
    from kautilya.core.emit import Outcome as Resolved
    from kautilya.core.law import Law, Nature, Var
    from kautilya.core.model import Model

LEVELS = ("always", "why", "all")  # of outcomes, as scenario.toml declares them
SUMMARY = "summary"  # the outcomes of "always", each condensed to one number a cell and future
KEEPS = (SUMMARY, *LEVELS)
PLACES = ("factory", "battlefield", "scrap", "abroad", "population", "know-how")
Coords = tuple[tuple[str, tuple[str, ...]], ...]


class Unfit(KautilyaError):
    """An outcome that does not fit the laws or the accounts; `.place` is the key."""


class Axis(NamedTuple):
    """What one end of a stock or flow is compared with: a dim (labels), one label, or any."""

    dim: int = -1
    labels: tuple[str, ...] | None = None

    def at(self, label: str) -> int | None:
        """Position on the dim (0 where it is none); None where the label does not count."""
        if self.labels is None:
            return 0
        return self.labels.index(label) if label in self.labels else None


def ends(outcome: Outcome) -> tuple[tuple[str, str, str], ...]:
    """(key, what is given, axis) of each end of a stock or flow."""
    if outcome.kind == "flow":
        return (
            ("from", outcome.from_, "actor"),
            ("to", outcome.to, "actor"),
            ("good", outcome.good, "good"),
        )
    return ("holder", outcome.holder, "actor"), ("good", outcome.good, "good")


def axes(
    outcome: Outcome, sets: Mapping[str, Members], codes: Sequence[str], goods: Sequence[str]
) -> dict[str, Axis]:
    """What each end is compared with. Unfit where a label or a dim is not known."""
    for dim in outcome.dims:
        if dim not in sets:
            raise Unfit("dims", f"unknown set {shown(dim)}", near(dim, sets))
    free = list(range(len(outcome.dims)))
    out: dict[str, Axis] = {}
    for key, given, axis in sorted(ends(outcome), key=lambda end: not end[1]):
        spot = next(
            (i for i in (*free, *range(len(outcome.dims))) if outcome.dims[i] == given), None
        )
        if spot is None and not given and outcome.kind == "stock":
            spot = next((i for i in free if sets[outcome.dims[i]].axis == axis), None)
        if spot is not None:
            if sets[outcome.dims[spot]].axis != axis:
                raise Unfit(
                    key,
                    f"{shown(outcome.dims[spot])} is a set of {sets[outcome.dims[spot]].axis}s",
                    f"Name a set of {axis}s",
                )
            free = [i for i in free if i != spot]
            out[key] = Axis(spot, sets[outcome.dims[spot]].members)
        elif given in EVERY:
            out[key] = Axis()
        else:
            known = (*codes, *PLACES) if axis == "actor" else tuple(goods)
            if given not in known:
                raise Unfit(
                    key,
                    f"unknown {axis} or dim {shown(given)}",
                    near(given, (*known, *outcome.dims)),
                )
            out[key] = Axis(-1, (given,))
    if free:
        raise Unfit(
            "dims",
            f"dim {shown(outcome.dims[free[0]])} belongs to no end of the {outcome.kind}",
            f"Name it in {', '.join(k for k, _, _ in ends(outcome))}, or take it out",
        )
    return out


def check(
    outcome: Outcome, scn: Scenario, laws: Mapping[str, Law], sets: Mapping[str, Members]
) -> None:
    """Names only, without a model. Unfit for the first that is wrong."""
    if outcome.every == "year" and outcome.reduce is None:
        raise Unfit("reduce", "a yearly outcome without 'reduce'", "Give sum, mean or last")
    if outcome.every == "month" and outcome.reduce is not None:
        raise Unfit(
            "reduce",
            "'reduce' for a monthly outcome",
            "Add every = \"year\", or leave 'reduce' out",
        )
    if outcome.kind == "variable":
        written = {var.name: var for law in laws.values() for var in law.writes}
        if outcome.name not in written:
            raise Unfit(
                "name",
                f"no law of this scenario writes {shown(outcome.name)}",
                near(outcome.name, written),
            )
        dims = list(written[outcome.name].dims)
        if outcome.dims and outcome.dims != dims:
            raise Unfit("dims", f"dims {outcome.dims} of {outcome.name}", f"Its law has {dims}")
        return
    axes(outcome, sets, scn.codes, tuple(scn.units))
    stages = {row.stage for row in scn.goods} | {""}
    given = (*outcome.stages, outcome.from_stage or "", outcome.to_stage or "")
    for stage in given:
        if stage not in stages:
            raise Unfit(
                "stages" if outcome.kind == "stock" else "from_stage",
                f"unknown stage {shown(stage)}",
                near(stage, stages),
            )
    flows = {name for name, law in laws.items() if law.phase == "flow"}
    if outcome.kind == "flow" and outcome.law not in flows:
        raise Unfit(
            "law",
            f"no law {shown(outcome.law)} of this scenario moves anything",
            near(outcome.law, flows),
        )


def emitter(scn: Scenario, model: Model, keep: str = "always") -> Emitter:
    """All outcomes that are kept at this level, resolved to indices.

    keep     summary | always | why | all (every variable and account as well), or ids of
             outcomes joined by commas: how much leaves the loop
    Raises Unfit for an outcome that no account or route of the model belongs to.
    """
    from kautilya.core.emit import Emitter

    years = [int(month[:4]) for month in model.world.months]
    period = np.array([0 if keep == SUMMARY else year - years[0] for year in years])
    return Emitter(
        tuple(resolve(one, model, keep == SUMMARY) for one in wanted(scn, model, keep)), period
    )


def canonical(scn: Scenario, keep: str) -> str:
    """A level, or ids in the order of the scenario; KautilyaError for one that is neither."""
    if keep in KEEPS:
        return keep
    named = [part.strip() for part in keep.split(",") if part.strip()]
    ids = [one.id for one in scn.outcomes]
    for name in named or [keep]:
        if name in KEEPS:
            raise KautilyaError(
                "keep",
                f"'{name}' is a level, and stands beside other names",
                f"Give '{name}' alone, or only ids of outcomes",
            )
        if name not in ids:
            raise KautilyaError(
                "keep", f"unknown level or outcome {shown(name)}", near(name, (*KEEPS, *ids))
            )
    return ",".join(one for one in ids if one in named)


def kept(scn: Scenario, keep: str) -> list[Outcome]:
    """Outcomes that are emitted at a level of keeping, or named; KautilyaError if unknown."""
    keep = canonical(scn, keep)
    if keep not in KEEPS:
        return [one for one in scn.outcomes if one.id in keep.split(",")]
    most = 0 if keep == SUMMARY else LEVELS.index(keep)
    return [one for one in scn.outcomes if LEVELS.index(one.keep) <= most]


def wanted(scn: Scenario, model: Model, keep: str) -> list[Outcome]:
    """The outcomes kept at a level; with "all" also every variable and every account, monthly."""
    found = kept(scn, keep)
    if keep != "all":
        return found
    names = {one.name for one in found if one.kind == "variable" and one.every == "month"}
    made: list[dict[str, object]] = [
        {
            "id": f"var_{var.name}",
            "says": wording.name(var.doc).replace("{", "").replace("}", ""),
            "kind": "variable",
            "name": var.name,
        }
        for law in model.laws
        for var in law.writes
        if var.name not in names
    ]
    held = dict.fromkeys(
        (row.good, row.stage) for row in model.world.rows if row.holder not in PLACES
    )
    made += [
        {
            "id": f"stock_{good}_{stage}",
            "says": f"{good}, {stage}",
            "kind": "stock",
            "dims": ["actor"],
            "good": good,
            "stages": [stage],
        }
        for good, stage in held
    ]
    return found + [Outcome.model_validate(one) for one in made]


def nature_of(outcome: Outcome, written: Mapping[str, Var]) -> Nature:
    """Whether an outcome is an amount (it adds up over time), a level or a mean: as the reduction
    over a year makes it; else a flow is an amount, a stock a level, and a variable what its law
    declares. written: variables of the scenario's laws by name."""
    by_reduction: dict[str, Nature] = {"sum": "amount", "mean": "mean", "last": "level"}
    if outcome.reduce:
        return by_reduction[outcome.reduce]
    if outcome.kind == "variable":
        return written[outcome.name].nature
    return "amount" if outcome.kind == "flow" else "level"


def natures(scn: Scenario, model: Model) -> dict[str, Nature]:
    """The nature of each declared outcome."""
    written = {var.name: var for law in model.laws for var in law.writes}
    return {one.id: nature_of(one, written) for one in scn.outcomes}


def condensed(outcome: Outcome, written: Mapping[str, Var]) -> Literal["sum", "mean", "last"]:
    """How a summary makes one number of a run: as declared for a year; else an amount is added
    up, a stock is that of the last month, another variable the mean over the months. written:
    variables of the scenario's laws by name."""
    if outcome.reduce:
        return outcome.reduce
    if outcome.kind == "stock":
        return "last"
    return "sum" if nature_of(outcome, written) == "amount" else "mean"


def resolve(outcome: Outcome, model: Model, short: bool = False) -> Resolved:
    """One outcome as accounts, routes or a variable of the model; short: condensed."""
    from kautilya.core.emit import Outcome as Resolved

    written = {var.name: var for law in model.laws for var in law.writes}
    reduce = condensed(outcome, written) if short or outcome.every == "year" else None
    none = np.zeros(0, dtype=np.int32)
    if outcome.kind == "variable":
        var = next(v for law in model.laws for v in law.writes if v.name == outcome.name)
        shape = model.world.shape(var.dims)
        blind = var.blind in written and not short and reduce in ("sum", "mean")
        return Resolved(outcome.id, "variable", outcome.name, none, none, shape, reduce, blind)
    shape = model.world.shape(outcome.dims)
    each = _routes if outcome.kind == "flow" else _accounts
    pairs = list(_cells(outcome, model, shape, each(outcome, model)))
    if not pairs:
        raise Unfit(
            "dims",
            f"no {'route' if outcome.kind == 'flow' else 'account'} of the model "
            f"belongs to outcome '{outcome.id}'",
            "Check stages, ends and goods.csv",
        )
    index, cell = (np.array(one, dtype=np.int32) for one in zip(*pairs, strict=True))
    return Resolved(outcome.id, outcome.kind, "", index, cell, shape, reduce)


def _accounts(outcome: Outcome, model: Model) -> Iterator[tuple[int, dict[str, str]]]:
    outside = outcome.holder in PLACES
    for i, row in enumerate(model.world.rows):
        if (not outcome.stages or row.stage in outcome.stages or outside) and (
            outside or row.holder not in PLACES
        ):
            yield i, {"holder": row.holder, "good": row.good}


def _routes(outcome: Outcome, model: Model) -> Iterator[tuple[int, dict[str, str]]]:
    plan, rows = model.plan, model.world.rows
    slots = model.routes[outcome.law].values()
    for i in (i for slot in slots for i in range(slot.start, slot.stop)):
        source, sink = rows[plan.source[i]], rows[plan.sink[i]]
        if outcome.from_stage in (None, source.stage) and outcome.to_stage in (None, sink.stage):
            yield i, {"from": source.holder, "to": sink.holder, "good": source.good}


def _cells(
    outcome: Outcome,
    model: Model,
    shape: tuple[int, ...],
    each: Iterator[tuple[int, dict[str, str]]],
) -> Iterator[tuple[int, int]]:
    world = model.world
    sets = {name: Members(axis, members) for name, (axis, members) in world.sets.items()}
    codes = tuple(dict.fromkeys(row.holder for row in world.rows))
    found = axes(outcome, sets, codes, world.families)
    for i, labels in each:
        at: dict[int, int] = {}
        for key, axis in found.items():
            position = axis.at(labels[key])
            if position is None or at.setdefault(axis.dim, position) != position:
                break  # two ends on one dim count where they are the same label
        else:
            cell = [at[dim] for dim in range(len(shape))]
            yield i, int(np.ravel_multi_index(cell, shape)) if shape else 0


def coords(scn: Scenario, model: Model, keep: str = "always") -> dict[str, Coords]:
    """Dims and labels of each kept outcome, in the order of the loop's arrays.

    The first is month (YYYY-MM) or year, or span (the whole run) in a summary; futures, the
    last axis of the arrays, are not named.
    A set that stands twice in dims gets the suffix "_2" the second time.
    """
    out: dict[str, Coords] = {}
    years = tuple(dict.fromkeys(month[:4] for month in model.world.months))
    for one in wanted(scn, model, keep):
        dims = list(one.dims)
        if one.kind == "variable":
            dims = list(
                next(v.dims for law in model.laws for v in law.writes if v.name == one.name)
            )
        names = [
            d if d not in dims[:i] else f"{d}_{dims[:i].count(d) + 1}" for i, d in enumerate(dims)
        ]
        time = ("year", years) if one.every == "year" else ("month", model.world.months)
        if keep == SUMMARY:
            time = ("span", (f"{model.world.months[0]} to {model.world.months[-1]}",))
        out[one.id] = (
            time,
            *((name, model.world.members(d)) for name, d in zip(names, dims, strict=True)),
        )
    return out
