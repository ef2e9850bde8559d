"""From declared accounts and accepted figures to one system of linear constraints.

**Forms.** Free variables of an account are the opening of each node and each flow in each period; a stock at a break is
opening + inflows - outflows. What lies inside a period is bracketed without any assumption
about its pace: flows are never negative, so a part of a period lies between zero and the whole.

**Rows.** A parameter times a flow (a yield of what is withdrawn, a bias of a claim, a share that
is permanent) becomes ``low * flow <= product <= high * flow``. Where the parameter may differ from
period to period, as declared here, this is exact: every point of the cone has a parameter inside
its range. Where it were one number for all periods it would be a relaxation, on the wide side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import NamedTuple

from kautilya.accounts.declare import Account, Accounts, Bind, Node, Profile, Read
from kautilya.accounts.figures import Figure, month_index
from kautilya.accounts.linear import Linear, Row, System, binds, linear, row, system
from kautilya.errors import KautilyaError
from kautilya.scenario import units
from kautilya.scenario.calendar import month_text

NOTHING = Linear({})


class Bracket(NamedTuple):
    """Forms that bound a value from below (all of them hold) and from above."""

    lows: tuple[Linear, ...]
    highs: tuple[Linear, ...]


class Ledger(NamedTuple):
    """An account with its breaks as month indices: period p is breaks[p] .. breaks[p+1]-1."""

    account: Account
    breaks: tuple[int, ...]

    def name(self, flow: str, p: int) -> str:
        """The variable of a flow in period p."""
        first, last = self.breaks[p], self.breaks[p + 1] - 1
        return f"{self.account.id}.{flow}[{month_text(first)}:{month_text(last)}]"

    def opening(self, node: str) -> str:
        """The variable of a node's opening stock."""
        return f"{self.account.id}.{node}[open]"


Book = dict[str, Ledger]


def ledger(account: Account) -> Ledger:
    """Fix the breaks. Raises KautilyaError where they do not increase."""
    breaks = tuple(month_index(text) for text in account.breaks)
    if len(breaks) < 2 or any(a >= b for a, b in pairwise(breaks)):
        raise KautilyaError(
            f"accounts.toml: account {account.id}",
            "the breaks do not increase",
            "give at least two months, earliest first; the last one is the end",
        )
    return Ledger(account, breaks)


def limits(book: Ledger) -> dict[str, tuple[float, float]]:
    """{variable: (low, high)}: assumed openings, and zero to the ceiling for flows."""
    out = {book.opening(node.id): node.opening for node in book.account.node}
    for flow in book.account.flow:
        for p, (first, end) in enumerate(pairwise(book.breaks)):
            out[book.name(flow.id, p)] = (0.0, flow.most * (end - first))
    return out


def identities(book: Ledger) -> list[Row]:
    """No stock is ever negative."""
    return [
        row(
            stock_at(book, node.id, k),
            0.0,
            float("inf"),
            f"{book.account.id}.{node.id}",
            "identity",
        )
        for node in book.account.node
        for k in range(1, len(book.breaks))
    ]


def stock_at(book: Ledger, node: str, k: int) -> Linear:
    """The stock of a node at break k."""
    form = Linear({book.opening(node): 1.0})
    for flow in book.account.flow:
        sign = float(flow.into == node) - float(flow.out_of == node)
        if sign:
            form = form.plus(Linear({book.name(flow.id, p): 1.0 for p in range(k)}), sign)
    return form


def stock(book: Ledger, node: str, at: int) -> Bracket:
    """The stock at the boundary before month `at`, exact at breaks, else bracketed."""
    if at in book.breaks:
        form = stock_at(book, node, book.breaks.index(at))
        return Bracket((form,), (form,))
    if not book.breaks[0] < at < book.breaks[-1]:
        raise LookupError(f"{month_text(at)} lies outside the account {book.account.id}")
    p = max(k for k, b in enumerate(book.breaks) if b < at)
    before, after = stock_at(book, node, p), stock_at(book, node, p + 1)
    flows_in = Linear({book.name(f.id, p): 1.0 for f in book.account.flow if f.into == node})
    flows_out = Linear({book.name(f.id, p): 1.0 for f in book.account.flow if f.out_of == node})
    return Bracket(
        (before.plus(flows_out, -1.0), after.plus(flows_in, -1.0)),
        (before.plus(flows_in), after.plus(flows_out)),
    )


def flow(book: Ledger, name: str, first: int, end: int) -> Bracket:
    """A flow over the months first .. end-1: the periods inside it, and those it touches."""
    if end <= book.breaks[0] or first >= book.breaks[-1]:
        raise LookupError(f"{month_text(first)} lies outside the account {book.account.id}")
    inner, outer = {}, {}
    for p, (a, b) in enumerate(pairwise(book.breaks)):
        if a < end and b > first:
            outer[book.name(name, p)] = 1.0
            if first <= a and b <= end:
                inner[book.name(name, p)] = 1.0
    # months outside the account's own cannot be bounded from above by it
    highs = (Linear(outer),) if first >= book.breaks[0] and end <= book.breaks[-1] else ()
    return Bracket((Linear(inner),), highs)


def evaluate(form: Linear, books: Book, home: str, when: tuple[int, int]) -> Bracket:
    """Bracket a typed form over the months when[0] .. when[1]-1 (stocks: at their end).

    Names are `item`, `account.item`, and may carry `[open]`, `[month]` or `[from:to]`.
    Raises LookupError for names that do not exist or months outside an account.
    """
    total = Bracket((Linear({}, form.constant),), (Linear({}, form.constant),))
    for name, weight in form.coefs.items():
        part = _item(name, books, home, when)
        lows, highs = (part.lows, part.highs) if weight >= 0 else (part.highs, part.lows)
        total = Bracket(
            tuple(a.plus(b, weight) for a in total.lows for b in lows),
            tuple(a.plus(b, weight) for a in total.highs for b in highs),
        )
    return total


def exact(text: str, books: Book, home: str, when: tuple[int, int]) -> Linear:
    """A form that needs no bracket. Raises KautilyaError where it would."""
    try:
        found = evaluate(linear(text, f"accounts.toml: {home}"), books, home, when)
    except LookupError as error:
        raise KautilyaError(
            f"accounts.toml: '{text}'",
            str(error.args[0]),
            "name nodes and flows of the account, months inside it",
        ) from None
    if found.lows != found.highs:
        raise KautilyaError(
            f"accounts.toml: '{text}'",
            "its months are not breaks of the account",
            "use months at breaks, or add a break",
        )
    return found.lows[0]


def _item(name: str, books: Book, home: str, when: tuple[int, int]) -> Bracket:
    head, _, months = name.rstrip("]").partition("[")
    account, _, item = head.rpartition(".")
    book = books.get(account or home)
    if book is None:
        raise LookupError(f"there is no account '{account or home}'")
    is_node = any(node.id == item for node in book.account.node)
    if not is_node and not any(f.id == item for f in book.account.flow):
        raise LookupError(f"account {book.account.id} has neither node nor flow '{item}'")
    first, end = when
    if months == "open":
        first = end = book.breaks[0]
    elif months:
        start, _, last = months.partition(":")
        first, end = month_index(start), month_index(last or start) + 1
    return stock(book, item, end) if is_node else flow(book, item, first, end)


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


def build(
    declared: Accounts,
    figures: Iterable[Figure],
    profile: Profile,
    more: Callable[[Book], list[Row]] | None = None,
) -> Built:
    """Boxes, identities, assumed relations and the rows of every accepted figure; `more` adds
    assumed rows."""
    books = {a.id: ledger(a) for a in declared.account}
    box: dict[str, tuple[float, float]] = {}
    rows: list[Row] = []
    for book in books.values():
        box |= limits(book)
        rows += identities(book)
        for bind in book.account.bind:
            if bind.reading in ("", profile.claims):
                rows += _bind_rows(book, bind, books)
    rows += _link_rows(declared, books)
    rows += more(books) if more else []
    meanings, unused = {}, {}
    for figure in figures:
        meaning = _meaning(figure, declared, books, profile)
        mine = [] if isinstance(meaning, str) else figure_rows(meaning)
        if isinstance(meaning, str):
            unused[figure.id] = meaning
        elif not any(binds(item) for item in mine):
            unused[figure.id] = _idle(meaning, books[meaning.account])
        else:
            meanings[figure.id] = meaning
            rows += mine
    return Built(system(box, rows), books, meanings, unused)


def figure_rows(meaning: Meaning) -> list[Row]:
    """The rows of one figure; a value that is exactly known makes a single row."""
    bracket, of, name = meaning.bracket, meaning.of, meaning.figure.id
    low, high = meaning.low * meaning.factor, meaning.high * meaning.factor
    if of is not None:
        least = [up.plus(of.lows[0], -low) for up in bracket.highs]
        most = [down.plus(up, -high) for down in bracket.lows for up in of.highs]
        return [row(form, 0.0, math.inf, name, "published") for form in least] + [
            row(form, -math.inf, 0.0, name, "published") for form in most
        ]
    if bracket.lows == bracket.highs:
        return [row(bracket.lows[0], low, high, name, "published")]
    return [row(form, low, math.inf, name, "published") for form in bracket.highs] + [
        row(form, -math.inf, high, name, "published") for form in bracket.lows
    ]


def _idle(meaning: Meaning, book: Ledger) -> str:
    """Why a figure that was read bounds nothing."""
    figure = meaning.figure
    if not (math.isfinite(meaning.low) or math.isfinite(meaning.high)):
        return "it is open at both ends, so it bounds nothing"
    begin, end = month_text(book.breaks[0]), month_text(book.breaks[-1] - 1)
    when, account = f"{figure.first} to {figure.last}", book.account.id
    if figure.first < begin or figure.last > end:
        return (
            f"a part of {when} lies outside the account {account} ({begin} to {end}): it bounds "
            "nothing inside it"
        )
    return f"{when} holds no whole period of the account {account}: it bounds nothing"


def _bind_rows(book: Ledger, bind: Bind, books: Book) -> list[Row]:
    home, out = book.account.id, []
    owner = f"{home}.{bind.id}"
    first = month_index(bind.first) if bind.first else book.breaks[0]
    last = month_index(bind.last) + 1 if bind.last else book.breaks[-1]
    for begin, end in zip(book.breaks, book.breaks[1:], strict=False):
        if begin < first or end > last:
            continue
        when = (book.breaks[0] if bind.scope == "cumulative" else begin, end)
        what = exact(bind.what, books, home, when)
        if not bind.of:
            out.append(row(what, bind.low, bind.high, owner, "assumed"))
            continue
        share = 1.0 / (when[1] - when[0]) if bind.per_month else 1.0
        of = exact(bind.of, books, home, when).times(share)
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
            forms = [exact(text, books, "", (common[0], end)) for text in (link.left, link.right)]
            out += _between(forms[0], forms[1], (link.low, link.high), link.id, kind)
    return out


def _between(
    what: Linear, of: Linear, ends: tuple[float, float], owner: str, kind: str
) -> list[Row]:
    """low * of <= what <= high * of."""
    if ends[0] == ends[1]:
        return [row(what.plus(of, -ends[0]), 0.0, 0.0, owner, kind)]
    lower = [row(what.plus(of, -ends[0]), 0.0, math.inf, owner, kind)]
    upper = [row(what.plus(of, -ends[1]), -math.inf, 0.0, owner, kind)]
    return lower + (upper if math.isfinite(ends[1]) else [])


def _meaning(figure: Figure, declared: Accounts, books: Book, profile: Profile) -> Meaning | str:
    """What the figure means, or why it is not used."""
    book = next(
        (
            b
            for b in books.values()
            if b.account.actor == figure.actor and figure.good in b.account.goods
        ),
        None,
    )
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


def _read(figure: Figure, book: Ledger, books: Book, how: tuple[Read, float, Profile]) -> Meaning:
    rule, factor, profile = how
    home = book.account.id
    when = (month_index(figure.first), month_index(figure.last) + 1)
    if figure.measure == "stock" and when[1] - 1 == book.breaks[0]:
        when = (book.breaks[0], book.breaks[0])  # the first month's stock is the opening
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
        wanted = (
            (rule.figure, figure.id),
            (rule.measure, figure.measure),
            (rule.stage, figure.stage),
            (rule.good, figure.good),
            (rule.partner, figure.partner),
            (rule.tag, figure.tag),
        )
        if all(fnmatchcase(found, pattern) for pattern, found in wanted):
            return rule
    if figure.measure == "stock":
        node = next((n.id for n in account.node if _holds(n, figure.stage)), None)
        return Read(take=node) if node else None
    known = any(flow.id == figure.measure for flow in account.flow)
    return Read(take=figure.measure) if known else None


def _holds(node: Node, stage: str) -> bool:
    return any(fnmatchcase(stage, pattern) for pattern in node.stages)


def _factor(figure: Figure, account: Account, rule: Read) -> float | str:
    """What turns the figure's value into the account's units over its months."""
    unit, _, time = figure.unit.partition("/")
    try:
        if rule.of and not time:
            return units.factor(unit, "fraction")
    except units.UnitMistake:
        pass  # a ratio of two amounts in the account's own unit
    if unit not in account.units:
        return f"unit '{figure.unit}' is not one of the account's: {', '.join(account.units)}"
    if not time or rule.total:
        return 1.0
    try:
        a_month = units.factor(f"1/{time}", "1/month")
    except units.UnitMistake:
        return f"unit '{figure.unit}' names no known time"
    return a_month * (month_index(figure.last) + 1 - month_index(figure.first))
