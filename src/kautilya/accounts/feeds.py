"""Draws for the run: from the feasible accounts to the quantities of a scenario.

The declared ranges of quantities.csv enter as assumed rows, for those that the accounts feed, so
the draws of a run lie both in the scenario's own ranges and in the feasible accounts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kautilya.accounts.bounds import Programme
from kautilya.accounts.build import Book, Built, build, exact
from kautilya.accounts.conflicts import shrink
from kautilya.accounts.declare import Accounts, Feed, Profile, declared_in
from kautilya.accounts.figures import (
    ACCOUNTS,
    BUILT_IN,
    Inputs,
    ScenarioLike,
    accepted,
    inputs,
    known_by,
    profile,
    whole,
)
from kautilya.accounts.linear import (
    Floats,
    Linear,
    Row,
    System,
    accounts_of,
    components,
    published,
    row,
)
from kautilya.accounts.polytope import Density, Shape, uniform
from kautilya.accounts.sampling import (
    BLOCK,
    Mixing,
    Survival,
    frozen,
    kept_shape,
    kept_survival,
    sample,
    together,
)
from kautilya.errors import KautilyaError
from kautilya.scenario import Mistake, Scenario, units
from kautilya.scenario.draft import draft, fetch
from kautilya.scenario.library import find
from kautilya.scenario.schema import Quantity

FIELDS = ("parameter", "actor", "partner", "good", "stage", "label", "month")


class Prior(NamedTuple):
    """The range of a feed in internal units, its centre, and how many rows it sums."""

    low: float
    central: float
    high: float
    rows: int


def prior(feed: Feed, given: Inputs) -> Prior | None:
    """The summed range of the rows of quantities.csv that a feed names; None where there is none.

    Raises KautilyaError where a row has no range in a unit that the accounts can read.
    """
    low = central = high = 0.0
    count = 0
    wanted = [(f, getattr(feed, f)) for f in FIELDS]
    loose = [(f, told) for f, told in wanted if set(told) & set("*?[")]
    strict = [one for one in wanted if one not in loose]
    for line in given.quantities:
        if all(getattr(line, f) == told for f, told in strict) and all(
            fnmatchcase(getattr(line, f), told) for f, told in loose
        ):
            scale = _scale(line, given)
            ends = [_end(line, line.low) * scale, _end(line, line.high) * scale]
            middle = (line.central or sum(ends) / 2 / scale) * scale
            low, central, high = low + ends[0], central + middle, high + ends[1]
            count += 1
    return Prior(low, central, high, count) if count else None


def _end(line: Quantity, end: float | None) -> float:
    found = line.central if end is None else end
    if found is None:
        raise KautilyaError(
            f"quantities.csv: {line.id}", "the row has no range", "give low and high, or central"
        )
    return found


def _scale(line: Quantity, given: Inputs) -> float:
    """From the row's unit to the internal one: months, fractions, the unit of the good."""
    try:
        return units.factor(line.unit, units.internal(line.unit, given.units), given.units)
    except units.UnitMistake as error:
        raise KautilyaError(f"quantities.csv: {line.id}", error.found, error.remedy) from None


def prior_rows(given: Inputs, books: Book) -> list[Row]:
    """low <= feed <= high for every feed that has rows; ratios as two linear rows."""
    out = []
    for feed in given.declared.feed:
        known = prior(feed, given)
        if known is None:
            continue
        owner = f"quantity {_selectors(feed)}"
        take = exact(feed.take, books, "", (0, 0)).times(feed.factor)
        if not feed.of:
            out.append(row(take, known.low, known.high, owner, "assumed"))
            continue
        of = exact(feed.of, books, "", (0, 0))
        out.append(row(take.plus(of, -known.low), 0.0, float("inf"), owner, "assumed"))
        out.append(row(take.plus(of, -known.high), float("-inf"), 0.0, owner, "assumed"))
    return out


def prior_density(given: Inputs, books: Book, names: tuple[str, ...]) -> Density:
    """Triangular weights low, central, high on every linear feed over the variables `names`.

    Ratios have no weight: they are held inside their range only.
    """
    rows = []
    place = {name: j for j, name in enumerate(names)}
    for feed in given.declared.feed:
        take = exact(feed.take, books, "", (0, 0)).times(feed.factor)
        if feed.of or not set(take.coefs) <= set(place):
            continue
        known = prior(feed, given)
        if known and known.low < known.central < known.high:
            form = np.zeros(len(names))
            for name, weight in take.coefs.items():
                form[place[name]] = weight
            rows.append((form, known.low, known.central, known.high))
    if not rows:
        return uniform(len(names))
    forms, lows, centrals, highs = zip(*rows, strict=True)
    return Density(
        np.array(forms), np.array(lows, float), np.array(centrals, float), np.array(highs, float)
    )


def unmatched(given: Inputs) -> list[str]:
    """Feeds that name no row of quantities.csv."""
    return [_selectors(feed) for feed in given.declared.feed if prior(feed, given) is None]


def _selectors(feed: Feed) -> str:
    """The row of quantities.csv that a feed names, as text."""
    return " ".join(v for field in FIELDS if (v := getattr(feed, field)))


def held(given: Inputs, accept: str, as_of: str | date | None = None) -> tuple[Profile, Built]:
    """The accepted figures with the ranges of the fed rows, as a run is held to them."""
    chosen = profile(given.declared, accept)
    figures = accepted(known_by(given.figures, as_of), chosen, given.declared)[0]
    return chosen, build(given.declared, figures, chosen, lambda books: prior_rows(given, books))


class FeedKey(NamedTuple):
    """The selectors of quantities.csv. A stage with `*` is a group that is scaled to one sum."""

    parameter: str
    actor: str = ""
    partner: str = ""
    good: str = ""
    stage: str = ""
    label: str = ""
    month: str = ""


class Survived(NamedTuple):
    """How much of the raw ranges is possible: each account alone, and all with their links."""

    accounts: dict[str, Survival]
    overall: Survival


@dataclass(frozen=True)
class Feasible:
    """Feasible draws.

    names       (account, variable) -> [F]: openings `node[open]` and flows `flow[from:to]`
    feeds       FeedKey -> [F] in internal units (unit of the good, per month, fraction)
    share_survived (worked out when asked for), diagnostics (per group: split R-hat, effective size
    per coordinate), worst breach of any row as a share of its size; `accept` says which figures
    were used. With fewer than four `blocks` of 1,024 futures the diagnostics say little
    """

    names: dict[tuple[str, str], Floats]
    feeds: dict[FeedKey, Floats]
    diagnostics: dict[str, Mixing]
    worst: float
    accept: str
    blocks: int
    pieces: tuple[System, ...]

    @cached_property
    def share_survived(self) -> Survived:
        """How much of the raw ranges is possible, by plain sampling with luck of its own."""
        alone = {
            head: kept_survival(frozen(part))
            for piece in self.pieces
            for head, part in accounts_of(piece).items()
        }
        return Survived(alone, together([kept_survival(frozen(p)) for p in self.pieces]))

    def summary(self) -> dict[str, object]:
        """For the manifest: plain numbers."""
        overall = self.share_survived.overall
        return {
            "accept": self.accept,
            "worst_breach": self.worst,
            "share_survived": {
                "overall": overall.share,
                "error": overall.error,
                "below": overall.below,
                "accounts": {
                    k: {"share": v.share, "error": v.error, "draws": v.draws, "below": v.below}
                    for k, v in self.share_survived.accounts.items()
                },
            },
            "blocks": self.blocks,
            "mixing": {
                k: {
                    "worst_rhat": float(m.rhat.max(initial=1.0)),
                    "least_effective": float(m.effective.min(initial=np.inf)),
                }
                for k, m in self.diagnostics.items()
            },
        }


class Prepared(NamedTuple):
    """The accepted figures as systems that can be drawn from, each with its weights."""

    given: Inputs
    built: Built
    accept: str
    pieces: tuple[tuple[System, Density], ...]


def prepared(
    scenario: ScenarioLike,
    accept: str = "run",
    as_of: str | date | None = None,
    density: str = "uniform",
) -> Prepared:
    """What all draws of a scenario share. Raises KautilyaError as `feasible` does."""
    given = inputs(scenario)
    chosen, built = held(given, accept, as_of)
    if density not in ("uniform", "declared"):
        raise KautilyaError("density", f"'{density}' is no density", "use uniform or declared")
    weights = {
        "uniform": lambda names: uniform(len(names)),
        "declared": lambda names: prior_density(given, built.books, names),
    }[density]
    return Prepared(
        given,
        built,
        chosen.id,
        tuple((piece, weights(piece.names)) for piece in components(built.system)),
    )


def possible(scenario: ScenarioLike, accept: str, as_of: str | date | None = None) -> None:
    """Raises KautilyaError, naming the figures, where those that are accepted cannot all be true."""
    given = inputs(scenario)
    built = held(given, accept, as_of)[1]
    for piece in components(built.system):
        if not Programme(piece).feasible():
            raise clash(given, built, piece)


def feasible(
    scenario: ScenarioLike,
    seed: int,
    futures: NDArray[np.uint32],
    accept: str = "run",
    as_of: str | date | None = None,
    density: str = "uniform",
) -> Feasible:
    """One feasible set of accounts for each future [F], uniform on the feasible set, or with
    density="declared" weighted by the triangles low, central, high of the fed quantities.

    The set is what the accepted figures, the declared relations and the ranges of the fed rows
    of quantities.csv leave together. A future's draw depends on (scenario, accept, as_of, seed,
    future) alone. Raises KautilyaError where the accepted figures cannot all be true, naming
    those that clash.
    """
    return drawn(prepared(scenario, accept, as_of, density), seed, futures)


def drawn(ready: Prepared, seed: int, futures: NDArray[np.uint32]) -> Feasible:
    """`feasible` from what was prepared before."""
    index = np.asarray(futures, dtype=np.uint32)
    columns: dict[str, Floats] = {}
    mixed: dict[str, Mixing] = {}
    worst = 0.0
    for piece, weights in ready.pieces:
        label = "+".join(dict.fromkeys(n.rpartition(".")[0] for n in piece.names))
        got = sample(piece, seed, index, _shaped(ready, piece, weights))
        columns |= dict(zip(got.names, got.values, strict=True))
        mixed[label] = got.mixing
        worst = max(worst, got.worst)
    names = {
        (head, tail): values
        for name, values in columns.items()
        for head, _, tail in [name.rpartition(".")]
    }
    return Feasible(
        names,
        _feeds(ready.given.declared, ready.built, columns),
        mixed,
        worst,
        ready.accept,
        len(np.unique(index // BLOCK)),
        tuple(piece for piece, _ in ready.pieces),
    )


def drawn_together(scenario: ScenarioLike, accept: str = "run") -> dict[FeedKey, str]:
    """Which feeds share luck: the name of the group of linked accounts that each is drawn with.

    Feeds of different groups are independent of one another.
    """
    ready = prepared(scenario, accept)
    given, built = ready.given, ready.built
    of: dict[str, int] = {}
    label: dict[int, str] = {}
    for number, (piece, _) in enumerate(ready.pieces):
        of |= dict.fromkeys(piece.names, number)
        label[number] = "+".join(dict.fromkeys(n.rpartition(".")[0] for n in piece.names))
    out = {}
    for feed in given.declared.feed:
        forms = [exact(f, built.books, "", (0, 0)) for f in (feed.take, feed.of) if f]
        groups = sorted({of[name] for form in forms for name in form.coefs})
        out[feed_key(feed)] = "&".join(label[k] for k in groups)
    return out


def declares(scenario: ScenarioLike) -> bool:
    """Whether a scenario has accounts to draw from."""
    return ACCOUNTS in whole(scenario).beside


def feed_key(feed: Feed) -> FeedKey:
    """The key of a declared feed."""
    return FeedKey(
        feed.parameter, feed.actor, feed.partner, feed.good, feed.stage, feed.label, feed.month
    )


def verify(scenario: ScenarioLike) -> list[KautilyaError]:
    """Mistakes in accounts.toml that reading alone does not show: forms, feeds, the run profile."""
    try:
        given = inputs(scenario)
        built = held(given, "run")[1]
        for feed in given.declared.feed:
            exact(feed.take, built.books, "", (0, 0))
    except KautilyaError as error:
        return [error]
    missing = unmatched(given) if given.quantities else []
    out = [
        KautilyaError(
            f"accounts.toml: feed {name}",
            "no row of quantities.csv fits",
            "match its selectors to a row",
        )
        for name in missing
    ]
    clashing = [p for p in components(built.system) if not Programme(p).feasible()]
    return out + [clash(given, built, piece) for piece in clashing]


def _shaped(ready: Prepared, piece: System, weights: Density) -> Shape:
    try:
        return kept_shape(frozen(piece, weights))
    except KautilyaError:
        raise clash(ready.given, ready.built, piece) from None


def clash(given: Inputs, built: Built, piece: System) -> KautilyaError:
    """The error of a run whose accepted figures cannot all be true: it names one conflict."""
    programme = Programme(piece)
    if programme.feasible():
        return KautilyaError(
            given.name, "the accounts cannot be sampled", "give every variable a ceiling"
        )
    programme.set_free(published(piece))
    if not programme.feasible():
        return KautilyaError(
            "accounts.toml",
            "the declared ranges contradict each other",
            "widen opening, most or a relation",
        )
    found = shrink(programme, published(piece))
    said = "; ".join(f"{name} ({built.meanings[name].figure.says()})" for name in sorted(found))
    return KautilyaError(
        f"{given.name}: accounts",
        f"these figures cannot all be true: {said}",
        "correct or drop one of them, or run with another --accept profile; "
        "`kautilya audit --conflicts` lists every conflict",
    )


def _feeds(declared: Accounts, built: Built, columns: dict[str, Floats]) -> dict[FeedKey, Floats]:
    out = {}
    for feed in declared.feed:
        value = _value(exact(feed.take, built.books, "", (0, 0)), columns)
        if feed.of:
            value = value / _value(exact(feed.of, built.books, "", (0, 0)), columns)
        out[feed_key(feed)] = value * feed.factor
    return out


def _value(form: Linear, columns: dict[str, Floats]) -> Floats:
    total = np.full_like(next(iter(columns.values())), form.constant)
    for name, weight in form.coefs.items():
        total = total + weight * columns[name]
    return total


SPAN = re.compile(r"\[(\d{4}-\d{2}):(\d{4}-\d{2})\]")


def lost_bounds(
    scenario: ScenarioLike, until: str, accept: str = "run", as_of: str | date | None = None
) -> dict[tuple[str, str], tuple[float, float]]:
    """(actor, good) -> least and largest permanent losses from the start to `until`.

    Classes are those whose rate of permanent losses the accounts feed. The same accepted
    figures and ranges as in `feasible`; `until` must be a breakpoint of the account.
    """
    given = inputs(scenario)
    built = held(given, accept, as_of)[1]
    programmes = [Programme(piece) for piece in components(built.system)]
    out: dict[tuple[str, str], tuple[float, float]] = {}
    for feed in given.declared.feed:
        if not (feed.of and feed.good and "lost[" in feed.take):
            continue  # only rates of permanent losses of a class
        form = exact(SPAN.sub(rf"[\1:{until}]", feed.take), built.books, "", (0, 0))
        home = next(p for p in programmes if set(form.coefs) <= set(p.parts.names))
        bound = home.bound(form)
        if bound is not None:
            out[feed.actor, feed.good] = bound.low, bound.high
    return out


def mistakes(path: ScenarioLike) -> list[Mistake]:
    """What is wrong with accounts.toml and the figures it holds to; [] where there is none."""
    found = whole(path)
    if not declares(found):
        return []
    told = declared_in(found.beside[ACCOUNTS])[1]
    return told or [_placed(error, found.beside[ACCOUNTS]) for error in verify(found)]


def misread(path: str | Path) -> list[Mistake]:
    """What is wrong with accounts.toml alone, in a folder that has other mistakes; [] where there is
    none, or where it is told as any file that cannot be read."""
    try:
        folder = find(path)
    except KautilyaError:
        return []
    text = draft(folder, fetch(folder)).scenario.beside.get(ACCOUNTS)
    return declared_in(text)[1] if text is not None else []


QUOTED = re.compile(r"'([^'\n]+)'|(?:account|feed|split) ([^\s,:]+)")


def _placed(error: KautilyaError, text: str) -> Mistake:
    """A mistake with the first line of accounts.toml that has what its place or finding quotes."""
    names = [
        one for found in QUOTED.findall(f"{error.place} {error.found}") for one in found if one
    ]
    lines = text.splitlines()
    line = next((k for name in names for k, one in enumerate(lines, 1) if name in one), 1)
    column = error.place.removeprefix(ACCOUNTS).strip(": ")
    return Mistake(ACCOUNTS, line, column, error.found, error.remedy)


def known(scenario: Scenario, accept: str) -> None:
    """Refuse a profile of accepted figures that does not exist. KautilyaError says which do."""
    if declares(scenario):
        profile(inputs(scenario).declared, accept)
    elif (
        accept != "run"
        and accept not in {one.id for one in BUILT_IN}
        and accept.partition(":")[0] not in ("grade", "side")
    ):
        raise KautilyaError(
            "accept",
            f"'{accept}' is no profile, and {scenario.id} declares no accounts to be held to",
            "Leave it out, or give raw",
        )
