"""From declared accounts and accepted figures to one system of linear constraints.

A parameter times a flow (a yield of what is withdrawn, a bias of a claim, a share that is
permanent) becomes ``low * flow <= product <= high * flow``. Where the parameter may differ from
period to period, as declared here, this is exact: every point of the cone has a parameter inside
its range. Where it were one number for all periods it would be a relaxation, on the wide side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

from kautilya.accounts import ledger as books_of
from kautilya.accounts.declare import Account, Accounts, Bind, Profile, Read
from kautilya.accounts.expr import Linear, linear
from kautilya.accounts.inputs import Figure, month_index
from kautilya.accounts.ledger import Book, Bracket, Ledger, evaluate
from kautilya.accounts.model import Row, System, row, system

DAYS = 30.4375
PER = {"month": 1.0, "year": 1.0 / 12.0, "day": DAYS, "quarter": 1.0 / 3.0}
SHARES = {"fraction": 1.0, "1": 1.0, "percent": 0.01, "%": 0.01}


class Meaning(NamedTuple):
    """What a figure says in terms of the accounts.

    low * factor <= value <= high * factor, where `bracket` bounds the value; for shares, of the
    value over `of`. `widened`: an untagged figure, read as anything up to a larger form.
    """

    figure: Figure
    account: str
    bracket: Bracket
    of: Bracket | None
    low: float
    high: float
    factor: float
    widened: bool


class Built(NamedTuple):
    """The system, the accounts, what each used figure means, and why others are not used."""

    system: System
    books: Book
    meanings: dict[str, Meaning]
    unused: dict[str, str]


def build(declared: Accounts, figures: Iterable[Figure], profile: Profile,
          more: Callable[[Book], list[Row]] | None = None) -> Built:
    """Boxes, identities, assumed relations and the rows of every accepted figure; `more` adds
    assumed rows."""
    books = {a.id: books_of.ledger(a) for a in declared.account}
    box: dict[str, tuple[float, float]] = {}
    rows: list[Row] = []
    for book in books.values():
        box |= books_of.box(book)
        rows += books_of.identities(book)
        for bind in book.account.bind:
            if bind.reading in ("", profile.claims):
                rows += _bind_rows(book, bind, books)
    rows += _link_rows(declared, books)
    rows += more(books) if more else []
    meanings, unused = {}, {}
    for figure in figures:
        meaning = _meaning(figure, declared, books, profile)
        if isinstance(meaning, str):
            unused[figure.id] = meaning
        else:
            meanings[figure.id] = meaning
            rows += figure_rows(meaning)
    return Built(system(box, rows), books, meanings, unused)


def figure_rows(meaning: Meaning) -> list[Row]:
    """The rows of one figure; a value that is exactly known makes a single row."""
    bracket, of, name = meaning.bracket, meaning.of, meaning.figure.id
    low, high = meaning.low * meaning.factor, meaning.high * meaning.factor
    if of is not None:
        least = [up.plus(of.lows[0], -low) for up in bracket.highs]
        most = [down.plus(up, -high) for down in bracket.lows for up in of.highs]
        return ([row(form, 0.0, math.inf, name, "published") for form in least]
                + [row(form, -math.inf, 0.0, name, "published") for form in most])
    if bracket.lows == bracket.highs:
        return [row(bracket.lows[0], low, high, name, "published")]
    return ([row(form, low, math.inf, name, "published") for form in bracket.highs]
            + [row(form, -math.inf, high, name, "published") for form in bracket.lows])


def _bind_rows(book: Ledger, bind: Bind, books: Book) -> list[Row]:
    home, out = book.account.id, []
    owner = f"{home}.{bind.id}"
    first = month_index(bind.first) if bind.first else book.breaks[0]
    last = month_index(bind.last) + 1 if bind.last else book.breaks[-1]
    for begin, end in zip(book.breaks, book.breaks[1:], strict=False):
        if begin < first or end > last:
            continue
        when = (book.breaks[0] if bind.scope == "cumulative" else begin, end)
        what = books_of.exact(bind.what, books, home, when)
        if not bind.of:
            out.append(row(what, bind.low, bind.high, owner, "assumed"))
            continue
        share = 1.0 / (when[1] - when[0]) if bind.per_month else 1.0
        of = books_of.exact(bind.of, books, home, when).times(share)
        out += _between(what, of, (bind.low, bind.high), owner, "assumed")
    return out


def _link_rows(declared: Accounts, books: Book) -> list[Row]:
    out: list[Row] = []
    for link in declared.link:
        left, right = linear(link.left, link.id), linear(link.right, link.id)
        ids = {name.rpartition(".")[0] for name in (*left.coefs, *right.coefs)}
        common = sorted(set.intersection(*(set(books[i].breaks) for i in ids)))
        kind = "identity" if link.low == link.high else "assumed"
        for end in common[1:]:
            forms = [books_of.exact(text, books, "", (common[0], end))
                     for text in (link.left, link.right)]
            out += _between(forms[0], forms[1], (link.low, link.high), link.id, kind)
    return out


def _between(what: Linear, of: Linear, ends: tuple[float, float], owner: str,
             kind: str) -> list[Row]:
    """low * of <= what <= high * of."""
    if ends[0] == ends[1]:
        return [row(what.plus(of, -ends[0]), 0.0, 0.0, owner, kind)]
    lower = [row(what.plus(of, -ends[0]), 0.0, math.inf, owner, kind)]
    upper = [row(what.plus(of, -ends[1]), -math.inf, 0.0, owner, kind)]
    return lower + (upper if math.isfinite(ends[1]) else [])


def _meaning(figure: Figure, declared: Accounts, books: Book,
             profile: Profile) -> Meaning | str:
    """What the figure means, or why it is not used."""
    book = next((b for b in books.values() if b.account.actor == figure.actor
                 and figure.good in b.account.goods), None)
    if book is None:
        return f"no account of {figure.actor} holds {figure.good}"
    rule = _rule(figure, book.account, declared)
    if rule is None:
        return f"account {book.account.id} has no reading for '{figure.measure}'"
    if rule.take == "ignore":
        return rule.note or "ignored by accounts.toml"
    factor = _factor(figure, book.account, rule)
    if isinstance(factor, str):
        return factor
    try:
        return _read(figure, book, books, (rule, factor, profile))
    except LookupError as error:
        return str(error.args[0])


def _read(figure: Figure, book: Ledger, books: Book,
          how: tuple[Read, float, Profile]) -> Meaning:
    rule, factor, profile = how
    home = book.account.id
    when = (month_index(figure.first), month_index(figure.last) + 1)
    if figure.measure == "stock" and when[1] - 1 == book.breaks[0]:
        when = (book.breaks[0], book.breaks[0])     # the first month's stock is the opening
    if rule.cumulative:
        when = (book.breaks[0], when[1])
    bracket = evaluate(linear(rule.take, figure.id), books, home, when)
    if rule.within:
        before = evaluate(linear(rule.take, figure.id), books, home, (when[0], when[1] - 1))
        bracket = Bracket(before.lows, bracket.highs)
    widened = bool(rule.up_to) and profile.untagged == "union"
    if widened:
        largest = evaluate(linear(rule.up_to, figure.id), books, home, when)
        bracket = Bracket(bracket.lows, largest.highs)
    of = evaluate(linear(rule.of, figure.id), books, home, when) if rule.of else None
    low = -math.inf if rule.sense == "at_most" else figure.low
    high = math.inf if rule.sense == "at_least" else figure.high
    return Meaning(figure, home, bracket, of, low, high, factor, widened)


def _rule(figure: Figure, account: Account, declared: Accounts) -> Read | None:
    for rule in (*account.read, *declared.read):
        wanted = ((rule.figure, figure.id), (rule.measure, figure.measure),
                  (rule.stage, figure.stage), (rule.good, figure.good),
                  (rule.partner, figure.partner), (rule.tag, figure.tag))
        if all(fnmatchcase(found, pattern) for pattern, found in wanted):
            return rule
    if figure.measure == "stock":
        node = next((n.id for n in account.node
                     if any(fnmatchcase(figure.stage, p) for p in n.stages)), None)
        return Read(take=node) if node else None
    known = any(flow.id == figure.measure for flow in account.flow)
    return Read(take=figure.measure) if known else None


def _factor(figure: Figure, account: Account, rule: Read) -> float | str:
    """What turns the figure's value into the account's units over its months."""
    unit, _, time = figure.unit.partition("/")
    if rule.of and unit in SHARES:
        return SHARES[unit]
    if unit not in account.units:
        return f"unit '{figure.unit}' is not one of the account's: {', '.join(account.units)}"
    if not time or rule.total:
        return 1.0
    if time not in PER:
        return f"unit '{figure.unit}' names no known time"
    return PER[time] * (month_index(figure.last) + 1 - month_index(figure.first))
