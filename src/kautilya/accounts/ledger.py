"""Stocks and flows of one account as linear forms of its free variables.

Free variables are the opening of each node and each flow in each period; a stock at a break is
opening + inflows - outflows. What lies inside a period is bracketed without any assumption
about its pace: flows are never negative, so a part of a period lies between zero and the whole.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from kautilya.accounts.declare import Account
from kautilya.accounts.expr import Linear, linear
from kautilya.accounts.inputs import month_index, month_text
from kautilya.accounts.model import Row, row
from kautilya.errors import KautilyaError

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
        raise KautilyaError(f"accounts.toml: account {account.id}", "the breaks do not increase",
                            "give at least two months, earliest first; the last one is the end")
    return Ledger(account, breaks)


def box(book: Ledger) -> dict[str, tuple[float, float]]:
    """{variable: (low, high)}: assumed openings, and zero to the ceiling for flows."""
    out = {book.opening(node.id): node.opening for node in book.account.node}
    for flow in book.account.flow:
        for p, (first, end) in enumerate(pairwise(book.breaks)):
            out[book.name(flow.id, p)] = (0.0, flow.most * (end - first))
    return out


def identities(book: Ledger) -> list[Row]:
    """No stock is ever negative."""
    return [row(stock_at(book, node.id, k), 0.0, float("inf"), f"{book.account.id}.{node.id}",
                "identity")
            for node in book.account.node for k in range(1, len(book.breaks))]


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
    return Bracket((before.plus(flows_out, -1.0), after.plus(flows_in, -1.0)),
                   (before.plus(flows_in), after.plus(flows_out)))


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
        total = Bracket(tuple(a.plus(b, weight) for a in total.lows for b in lows),
                        tuple(a.plus(b, weight) for a in total.highs for b in highs))
    return total


def exact(text: str, books: Book, home: str, when: tuple[int, int]) -> Linear:
    """A form that needs no bracket. Raises KautilyaError where it would."""
    try:
        found = evaluate(linear(text, f"accounts.toml: {home}"), books, home, when)
    except LookupError as error:
        raise KautilyaError(f"accounts.toml: '{text}'", str(error.args[0]),
                            "name nodes and flows of the account, months inside it") from None
    if found.lows != found.highs:
        raise KautilyaError(f"accounts.toml: '{text}'", "its months are not breaks of the account",
                            "use months at breaks, or add a break")
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
