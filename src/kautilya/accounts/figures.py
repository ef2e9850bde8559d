"""A scenario's published figures, who first said them, and which of them are accepted."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from kautilya.accounts.declare import Accounts, Profile, read_accounts
from kautilya.errors import KautilyaError
from kautilya.scenario import Scenario, load, schema
from kautilya.scenario.calendar import last_day, month_number
from kautilya.scenario.mistakes import shown
from kautilya.wording import listed

ACCOUNTS = "accounts.toml"


class Figure(NamedTuple):
    """One row of figures.csv; months as YYYY-MM; `originator` is who first said it."""

    id: str
    actor: str
    partner: str
    good: str
    measure: str
    stage: str
    first: str
    last: str
    low: float
    central: float
    high: float
    unit: str
    tag: str
    source: str
    date: str
    grade: str
    status: str
    note: str
    originator: str

    def says(self) -> str:
        """Who said what of when, in a phrase."""
        value = f"{span(self.low, self.high)} {self.unit}".strip()
        if not self.measure:
            return f"{self.originator}: {self.goods()} {value}"
        when = self.first if self.first == self.last else f"{self.first} to {self.last}"
        what = " ".join(filter(None, (self.goods(), self.measure.replace("_", " "), self.tag)))
        return f"{self.originator}: {what} of {self.actor}, {when}, {value} [{self.grade}]"

    def goods(self) -> str:
        """The good, or the goods that are counted together."""
        return listed(self.good.split(";"))


class Inputs(NamedTuple):
    """What an audit reads of a loaded scenario: declared accounts, figures, uncertain rows."""

    name: str
    declared: Accounts
    figures: tuple[Figure, ...]
    quantities: tuple[schema.Quantity, ...] = ()
    units: tuple[str, ...] = ()


FINE = 0.05  # of a range: what digits that are not shown may come to
LONG, SHORT = 1e15, 1e-6  # beyond these a number is written with an exponent


def number(value: float) -> str:
    """A published number with the digits that it was published with."""
    if value and not SHORT <= abs(value) < LONG or not math.isfinite(value):
        return f"{value:.15g}"
    text = f"{Decimal(repr(float(value))):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def near(value: float, *others: float, within: float = math.inf) -> str:
    """A worked-out number, with as many digits as tell it from `others`, at least four, and as
    many as leave no more than `within` away."""
    if not math.isfinite(value) or value == 0.0:
        return number(value)
    beside = [o for o in others if math.isfinite(o)]
    for digits in range(4, 13):
        short = float(f"{value:.{digits - 1}e}")
        if abs(short - value) <= within and all(_as_beside(value, short, o) for o in beside):
            return number(short)
    return number(float(f"{value:.11e}"))


LONG_READ = 10  # digits from which on a whole number is hard to read
HUNDREDTH = 0.01  # of a move: how far what is told may lie from the least that is needed


def near_move(to: float, end: float, far: float | None = None) -> tuple[str, str]:
    """Where a published `end` would have to move, and how far: both as text, with a sum or a
    difference that is right to the last digit told.

    far   what lies between `to` and `far` is possible, and so is what is told; without it, what
          is told is the nearest with few digits

    >>> near_move(15912.0, 15857.0, math.inf), near_move(5281.7, 5977.0, 0.0)
    (('15,912', '55'), ('5,281', '696'))
    """
    said, exact = Decimal(f"{end:.15g}"), _undusted(to, end)
    told = next(
        (one for one in _shortened(exact, said, far) if _possible(one, exact, said, far)), exact
    )
    return number(float(told)), number(float(abs(said - told)))


def _undusted(value: float, beside: float) -> Decimal:
    """A worked-out number without the dust of the arithmetic."""
    if abs(value) <= 1e-11 * abs(beside):
        return Decimal(0)
    for digits in range(1, 13):
        short = float(f"{value:.{digits - 1}e}")
        if math.isclose(short, value, rel_tol=2e-9 if digits <= 8 else 1e-12):
            break
    return Decimal(repr(short))


def _shortened(exact: Decimal, said: Decimal, far: float | None) -> Iterator[Decimal]:
    """The number itself where it has no more decimals than what was said, and few digits; else
    with ever more digits, away from what was said."""
    if _decimals(exact) <= _decimals(said) and len(exact.normalize().as_tuple().digits) < LONG_READ:
        yield exact
    away = ROUND_CEILING if exact > said else ROUND_FLOOR
    for digits in range(4, 13):
        step = Decimal(1).scaleb(exact.adjusted() + 1 - digits)
        yield exact.quantize(step, rounding=ROUND_HALF_EVEN if far is None else away)


def _decimals(value: Decimal) -> int:
    """Digits after the point."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -int(exponent))


def _possible(told: Decimal, exact: Decimal, said: Decimal, far: float | None) -> bool:
    """Whether a shortened number lies close enough, and not beyond the far end."""
    if far is not None and math.isfinite(far) and told != exact:
        slack = 1e-9 * abs(far)
        beyond = float(told) > far + slack if exact > said else float(told) < far - slack
        if beyond:
            return False
    return abs(told - exact) <= Decimal(HUNDREDTH) * abs(exact - said)


def _as_beside(value: float, short: float, other: float) -> bool:
    """Whether the rounded number lies on the same side of another as the number itself."""
    if math.isclose(value, other, rel_tol=1e-9, abs_tol=1e-12):
        return short == other
    return (short > other) == (value > other) and short != other


def span(low: float, high: float) -> str:
    """A published range."""
    return _span(low, high, (number(low), number(high)))


def near_span(low: float, high: float, *others: float) -> str:
    """A worked-out range, each end with enough digits to be told from the other and `others`."""
    wide = high - low
    fine = FINE * wide if 0.0 < wide < math.inf and not math.isclose(low, high) else math.inf
    return _span(
        low, high, (near(low, high, *others, within=fine), near(high, low, *others, within=fine))
    )


def _span(low: float, high: float, ends: tuple[str, str]) -> str:
    if not (math.isfinite(low) or math.isfinite(high)):
        return "anything"
    if not math.isfinite(low):
        return f"at most {ends[1]}"
    if not math.isfinite(high):
        return f"at least {ends[0]}"
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def month_index(text: str, place: str = "month") -> int:
    """'2024-08' -> months since year 0. Raises KautilyaError for anything else."""
    try:
        return month_number(text)
    except ValueError as error:
        raise KautilyaError(place, f"{shown(text)} is no month", str(error)) from None


def latest_day(text: str, place: str = "date") -> date:
    """The last day that a date of any precision may mean; what is undated counts as very late.

    Raises KautilyaError for what is no date.
    """
    try:
        return last_day(text) if text else date.max
    except ValueError as error:
        raise KautilyaError(place, f"{shown(text)} is no date", str(error)) from None


def known_by(figures: tuple[Figure, ...], as_of: str | date | None) -> tuple[Figure, ...]:
    """The figures that were surely published by a date; all of them for None."""
    if as_of is None:
        return figures
    limit = as_of if isinstance(as_of, date) else latest_day(str(as_of))
    return tuple(f for f in figures if latest_day(f.date) <= limit)


ScenarioLike = Scenario | str | Path


def whole(scenario: ScenarioLike) -> Scenario:
    """A scenario as loaded; a name or a folder is loaded first."""
    return scenario if isinstance(scenario, Scenario) else load(scenario)


def inputs(scenario: ScenarioLike) -> Inputs:
    """What an audit reads of a scenario: loaded, a folder, or the name of a shipped one.

    Raises KautilyaError where accounts.toml is absent or wrong.
    """
    known = whole(scenario)
    if ACCOUNTS not in known.beside:
        raise KautilyaError(
            f"{known.folder}/{ACCOUNTS}",
            "there is no such file",
            "an audit needs an accounts.toml beside scenario.toml",
        )
    declared = read_accounts(known.beside[ACCOUNTS])
    origin = {source.key: source.originator for source in known.sources}
    rows: list[schema.ContextFigure] = [
        *known.every(schema.Figure),
        *known.every(schema.ContextFigure),
    ]
    figures = tuple(_figure(row, origin) for row in rows)
    return Inputs(
        Path(known.folder).name,
        declared,
        _split(figures, declared),
        known.quantities,
        tuple(known.units.values()),
    )


def _figure(row: schema.ContextFigure, origin: dict[str, str]) -> Figure:
    middle = math.nan if row.central is None else row.central
    ends = [open_end if row.central is None else middle for open_end in (-math.inf, math.inf)]
    low = ends[0] if row.low is None else row.low
    high = ends[1] if row.high is None else row.high
    return Figure(
        id=row.id,
        actor=row.actor,
        partner=row.partner,
        good=row.good,
        measure=row.measure,
        stage=row.stage,
        first=row.from_,
        last=row.to,
        low=low,
        central=middle,
        high=high,
        unit=row.unit,
        tag=row.tag,
        source=row.source,
        date=row.date,
        grade=row.grade,
        status=row.status,
        note=row.note,
        originator=origin.get(row.source, row.source),
    )


def _split(figures: tuple[Figure, ...], declared: Accounts) -> tuple[Figure, ...]:
    """The rows, and after them what each originator said where a range spans several."""
    known = {f.id: f for f in figures}
    out = list(figures)
    for part in declared.split:
        if part.figure not in known:
            raise KautilyaError(
                f"accounts.toml: split {part.id}",
                f"no figure '{part.figure}'",
                "name a row of figures.csv",
            )
        whole = known[part.figure]
        told = {k: v for k in ("tag", "grade", "date", "first", "last") if (v := getattr(part, k))}
        out.append(
            whole._replace(
                id=part.id,
                low=part.low,
                high=part.high,
                central=(part.low + part.high) / 2,
                note=part.note,
                originator=part.originator,
                **told,
            )
        )
    return tuple(out)


BELLIGERENT = "D"  # Admiralty letter given to a belligerent or its partisans (facts README)
BUILT_IN = (
    Profile(
        id="all",
        says="every figure as it was said; a claim counts what it says it counts",
        claims="face",
    ),
    Profile(id="all_but_belligerents", says="nobody who fights", drop_sides=["*"], whole=["*"]),
    Profile(
        id="visual_only",
        says="what was seen or counted on pictures",
        only_measures=["seen_lost"],
        only_tags=["counted"],
        whole=["*"],
    ),
    Profile(
        id="both_sides",
        says="both sides' claims, each with a bias inside its declared range",
        whole=["*"],
    ),
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
        return base.model_copy(
            update={"id": accept, "grades": grades, "says": f"{base.id}, graded {value} or better"}
        )
    sides = [side.actor for side in declared.side]
    if kind == "side" and value in sides:
        return base.model_copy(
            update={
                "id": accept,
                "drop_sides": [s for s in sides if s != value],
                "says": f"{base.id}, {value} and whoever does not fight",
            }
        )
    raise KautilyaError(
        "accept",
        f"'{accept}' is no profile",
        f"use {', '.join(known)}, grade:C3, or side:{'|'.join(sides) or 'UKR'}",
    )


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


def accepted(
    figures: Iterable[Figure], chosen: Profile, declared: Accounts
) -> tuple[tuple[Figure, ...], dict[str, str]]:
    """The figures that a profile accepts, and the reason for every other."""
    kept, refused = [], {}
    for figure in figures:
        reason = refusal(figure, chosen, declared)
        if reason:
            refused[figure.id] = reason
        else:
            kept.append(figure)
    return tuple(kept), refused


LETTERS, DIGITS = "ABCDEF", "123456"
WORST = 2.0  # a figure of the worst grade costs this much to set aside
TIE = 0.05  # less than one step of a grade


def trust(figure: Figure) -> float:
    """Cost of setting a figure aside: grade F6 is the cheapest, A1 the dearest; of two that are
    graded alike the one that claims to know more closely goes first."""
    letter, digit = figure.grade[:1] or "F", figure.grade[1:2] or "6"
    worse = (max(LETTERS.find(letter), 0), max(DIGITS.find(digit), 0))
    size = max(abs(v) for v in (figure.low, figure.high, 1e-12) if math.isfinite(v))
    width = min((figure.high - figure.low) / size, 1.0)
    return WORST + (5 - worse[0]) + (5 - worse[1]) / 10.0 + TIE * width
