"""The contract of a mechanism: what a law declares, and what it is given each month.

A law is one file: a docstring card, what it reads and writes, its parameters, one pure
function of a `View`, one `Law` declaration. A law never edits a stock: in the phase "flow"
it returns amounts on its static routes, which the ledger settles. Variables that are not
conserved have exactly one law that writes them. Within a phase the order cannot matter:
every law of a phase sees what stood before the phase.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from kautilya.core.world import World

ROLE = "?"  # ends a dim whose axis is there only where its set has several members
Rows = TypeVar("Rows", jax.Array, np.ndarray)
PHASES = ("observe", "decide", "flow", "update")
Phase = Literal["observe", "decide", "flow", "update"]
ANY = ("day", "week", "month", "quarter", "year")  # steps of a run
EMPTY: Mapping[str, Any] = MappingProxyType({})
Values = dict[str, jax.Array]  # what a step gives, by name of a route or of a variable


Sign = Literal["assumed", "declared", ""]
Nature = Literal["amount", "level", "mean"]


class Param(NamedTuple):
    """A parameter of a law: array over `dims`; `path` = interpolated between dated anchors.

    doc    its name in plain English, then perhaps "; " and what explains it; the name stands alone
           ("weight of {factor} in the decision": a dim in braces is filled in), and no
           two of all laws are alike
    unit   parsed by pint; "{good}" stands for the unit of the good of the element
    sign   of a weight, for all elements or by label:
           assumed   the law takes its direction for granted and nothing in hand settles it; a
                     sentence of `imposes` says so, and a badge asks what is left of a claim with
                     the weight at zero and free in sign
           declared  its direction follows from data, or from what it is (a share, an order)
           ""        it has no direction
    absent value for all elements of a scenario that has no row for it at all: what it carries is then
           absent, and said to be; None where a scenario must have rows
    date   a month of the run in which something happens, counted from the first: it does not age
    """

    name: str
    dims: tuple[str, ...]
    unit: str
    doc: str
    path: bool = False
    sign: Sign | Mapping[str, Sign] = ""
    absent: float | None = None
    date: bool = False


class Imposed(NamedTuple):
    """An outcome whose direction a law assumes, in words, and the parameters that carry it."""

    says: str
    params: tuple[str, ...]


class Need(NamedTuple):
    """What a law looks up in a scenario while it is built; sets in its dims need not be repeated.

    kind   set     a set of this name
           table   a fact about actors or pairs: covariates.csv, trade.csv, or worked out of both
           stage   accounts: each of the set `by` holds `of` in this stage
           member  a label, or "@set" for each of its members, that must stand in the set `of`
    says   what it is for
    of     a good, or "@set" for each of its members; the law takes a good that it names for granted
    other  goods that stand in another stage; "" where they need no account
    free   the law goes on without it; what it carries is then absent
    """

    kind: Literal["set", "table", "stage", "member"]
    name: str
    says: str
    of: str = ""
    by: str = ""
    other: Mapping[str, str] = EMPTY
    free: bool = False


def stages(
    names: tuple[str, ...], says: str, of: str, by: str, other: Mapping[str, str] = EMPTY
) -> tuple[Need, ...]:
    """The same need of several stages."""
    return tuple(Need("stage", name, says, of, by, other) for name in names)


class Tells(NamedTuple):
    """The quantity that a variable is, as claims and readers name it.

    quantity   flow, price, tie, welfare, hazard or vote
    ends       role (from, to, class, actor, draft) -> dim of the variable, "@set" for the
               members of a role (its one member where there is no such axis), or "=place" for an
               account of the outside world
    """

    quantity: str
    ends: Mapping[str, str]


class Draw(NamedTuple):
    """Luck: independent over `dims`, keyed by seed, future, month and labels.

    kind   normal (mean 0, sd 1), uniform (0, 1), logistic (location 0, scale 1), exponential
    when   "month": fresh each month; "start": once a future; "size" copies of it
           "after": fresh each month, but 0 in a month of the record of which a series of the law
           has a value: what the record drives needs no luck, and drawing is dear
    """

    name: str
    dims: tuple[str, ...]
    kind: Literal["normal", "uniform", "logistic", "exponential"]
    when: Literal["month", "start", "after"] = "month"
    size: int = 1


class Series(NamedTuple):
    """A dated record from the scenario's tables: array over `dims` for each month.

    doc       its name in plain English, as of a `Param`
    missing   value where no row gives one
    """

    name: str
    dims: tuple[str, ...]
    unit: str
    doc: str
    missing: float = 0.0


class Var(NamedTuple):
    """A variable that is not conserved: array over `dims`.

    doc     its name in plain English, as of a `Param`
    start   None: made anew each month; a number or the name of a parameter of the law:
            carried from month to month
    nature  amount: of the month, months add up; level: as of the end of the month;
            mean: over the month, a longer time has the mean of its months
    tells   the quantity that it is, where claims have a word for it
    rests   label of one of its dims -> what the sign and the size of that element rest on
    enforced  what the form of the laws makes so, whatever their figures: a claim that there is
              some of it is no finding
    takes   label of one of its dims -> parameters, variables and tables without any of which that
            element is absent
    blind   variable that holds a record: while that drives, this is as if it were not known; a
            year in which the record ends has it by the months before
    """

    name: str
    dims: tuple[str, ...]
    unit: str
    doc: str
    start: float | str | None = None
    nature: Nature = "level"
    tells: Tells | None = None
    rests: Mapping[str, str] = EMPTY
    enforced: str = ""
    takes: Mapping[str, tuple[str, ...]] = EMPTY
    blind: str = ""


class Routes(NamedTuple):
    """Static flows of one kind: accounts `source` -> `sink`, ints of one shape.

    group   of the same shape, or None: routes of one group are legs of one deal, whichever name
            of the law they stand under, and are paid at the smallest share that any of them can
            be paid; -1 = not coupled
    """

    source: np.ndarray
    sink: np.ndarray
    group: np.ndarray | None = None


class Built(NamedTuple):
    """What a law works out once, while the model is built.

    routes   by name, as the law's `step` asks for them and others read what was paid; they lie
             in the ledger in this order
    """

    routes: Mapping[str, Routes] = EMPTY
    data: Mapping[str, Any] = EMPTY


class View(NamedTuple):
    """What a law is given each month; arrays have futures as their last axis.

    month   number of the month, from 0         record  1.0 while the record drives, else 0.0
    stock   [rows, F], start of the month (in "update": end of the month)
    var     variables by name, shaped by their dims + [F]
    param   the law's own parameters, luck its own draws (normally shaped by dims + [F])
    series  the law's own records of this month (dims + [1])
    paid    settled flows by law and route, shaped as the routes are + [F]; in "update" only
    data    what `build` worked out
    """

    month: jax.Array
    record: jax.Array
    stock: jax.Array
    var: Mapping[str, jax.Array]
    param: Mapping[str, jax.Array]
    luck: Mapping[str, jax.Array]
    series: Mapping[str, jax.Array]
    paid: Mapping[str, Mapping[str, jax.Array]]
    data: Mapping[str, Any]


def fitted(law: Law, sizes: Mapping[str, int]) -> Law:
    """The law with its roles spelled out for a scenario.

    A dim such as `buyer?` is an axis, named `buyer`, where the set has several members; where it
    has one, there is no such axis, and labels, draws and outcomes do not name it. What is over a
    set that the law can do without, and the scenario has not, is left out.

    sizes   number of members of each set
    """
    gone = set(law.optional) - set(sizes)

    def dims(given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(
            dim.removesuffix(ROLE)
            for dim in given
            if not dim.endswith(ROLE) or sizes.get(dim[:-1], 0) > 1
        )

    def there(given: tuple[str, ...]) -> bool:
        return not gone & {dim.removesuffix(ROLE) for dim in given}

    return law._replace(
        params=tuple(one._replace(dims=dims(one.dims)) for one in law.params if there(one.dims)),
        draws=tuple(one._replace(dims=dims(one.dims)) for one in law.draws if there(one.dims)),
        series=tuple(one._replace(dims=dims(one.dims)) for one in law.series if there(one.dims)),
        writes=tuple(one._replace(dims=dims(one.dims)) for one in law.writes if there(one.dims)),
    )


def lone(rows: Rows) -> Rows:
    """Rows of a role [role, ...]: the row itself where there is one, else all."""
    return rows[0] if rows.shape[0] == 1 else rows


def over(rows: jax.Array, *dims: str) -> jax.Array:
    """Rows [role, *dims, F] summed over their role; rows [*dims, F] as they are."""
    return rows if rows.ndim == len(dims) + 1 else rows.sum(axis=0)


def there(view: View, name: str, rest: int) -> jax.Array:
    """Whether each member of a set is in this month [members, ones ...]; [1, ones ...] where all
    always are.

    The law puts `world.present(name)` into its data. rest: how many axes follow that of the members.
    """
    table = view.data.get(f"present_{name}")
    now = jnp.ones(1) if table is None else jnp.asarray(table)[view.month.astype(int)]
    return now.reshape(-1, *(1,) * rest)


def nothing(world: World) -> Built:
    """Default `build`: no routes, no data."""
    return Built()


class Law(NamedTuple):
    """One mechanism.

    plain    its name in plain English, as it stands in a sentence: "the decision to supply"
    words    names in plain English of the labels that it brings along
    step     View -> {route: amounts} in "flow", else {variable: array}; all of them, by name
    reads    variables it reads, and "flow:NAME" for settled flows (in "update" only)
    reads_if variables it reads where a law of the scenario writes them; absent otherwise
    writes   variables it owns
    labels   sets of labels that it brings along, for the dims of its variables
    parts    system parts (S01 ...) that it serves
    cites    keys of references.bib
    imposes  outcomes whose direction is assumed
    single   sets of which it serves one member only; a scenario that gives more is refused
    units    unit that the law takes for granted of a good that it names, or of the members of a
             set ("@set"); a scenario that gives another one is refused
    needs    what `build` looks up in the scenario
    steps    steps that it goes by: a law whose every rate carries its unit of time takes `ANY`
    optional sets that a scenario may leave out; what the law has over them is then absent
    dated    sets whose members may come and go: it heeds who is in
    apart    pairs of sets that must not have a member in common
    meter    why no law that moves goods depends on it, where it only measures; "" = it acts
    """

    name: str
    phase: Phase
    step: Callable[[View], Mapping[str, jax.Array]]
    build: Callable[[World], Built] = nothing
    params: tuple[Param, ...] = ()
    draws: tuple[Draw, ...] = ()
    series: tuple[Series, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[Var, ...] = ()
    labels: Mapping[str, tuple[str, ...]] = EMPTY
    parts: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    imposes: tuple[Imposed, ...] = ()
    reads_if: tuple[str, ...] = ()
    units: Mapping[str, str] = EMPTY
    single: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    plain: str = ""
    words: Mapping[str, str] = EMPTY
    steps: tuple[str, ...] = ("month",)
    optional: tuple[str, ...] = ()
    dated: tuple[str, ...] = ()
    apart: tuple[tuple[str, str], ...] = ()
    meter: str = ""
