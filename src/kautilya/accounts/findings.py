"""Tables of an audit: the account, the bounds, the opening stocks that fire would need, shares."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from kautilya.accounts.bounds import Implied, Programme, implied, knows, ratio
from kautilya.accounts.build import Built, Ledger, Meaning, evaluate, exact, stock_at
from kautilya.accounts.conflicts import MANY, Part
from kautilya.accounts.declare import Accounts
from kautilya.accounts.figures import month_index
from kautilya.accounts.linear import Linear, linear, published
from kautilya.accounts.own_table import Table
from kautilya.scenario.calendar import month_text

if TYPE_CHECKING:
    import pandas as pd


def account_frame(built: Built, groups: list[Part], wanted: set[str]) -> pd.DataFrame:
    """Per account, node, period and term: the implied bounds; sign is how the term enters."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for group in groups:
        for name in sorted(group.accounts & wanted):
            book = built.books[name]
            head = {
                "account": name,
                "actor": book.account.actor,
                "says": book.account.says,
                "unit": book.account.units[0],
                "feasible": not any(built.meanings[f].account == name for f in group.aside),
            }
            for node in book.account.node:
                rows += [head | row for row in _node_rows(group.programme, book, node.id)]
            rows += [head | row for row in _count_rows(group.programme, book)]
    return pd.DataFrame(rows)


def _node_rows(programme: Programme, book: Ledger, node: str) -> list[dict[str, Any]]:
    last = len(book.breaks) - 1
    spans = [(0, last), *pairwise(range(last + 1))] if last > 1 else [(0, last)]
    out = []
    for a, b in spans:
        terms = [("opening", "+", stock_at(book, node, a))]
        for flow in book.account.flow:
            sign = {flow.into: "+", flow.out_of: "-"}.get(node)
            if sign:
                terms.append((flow.id, sign, _over(book, flow.id, a, b)))
        terms.append(("closing", "=", stock_at(book, node, b)))
        out += [_term(programme, book, (a, b), node, term) for term in terms]
    return out


def _count_rows(programme: Programme, book: Ledger) -> list[dict[str, Any]]:
    """Counts that enter no stock (hits, claims, containers), over the whole time."""
    last = len(book.breaks) - 1
    return [
        _term(programme, book, span, "", (flow.id, "", _over(book, flow.id, *span)))
        for flow in book.account.flow
        if not (flow.into or flow.out_of)
        for span in [(0, last), *pairwise(range(last + 1))]
    ]


def _over(book: Ledger, flow: str, a: int, b: int) -> Linear:
    return Linear({book.name(flow, p): 1.0 for p in range(a, b)})


def _term(
    programme: Programme,
    book: Ledger,
    span: tuple[int, int],
    node: str,
    term: tuple[str, str, Linear],
) -> dict[str, Any]:
    found = programme.sure(term[2])
    first, end = book.breaks[span[0]], book.breaks[span[1]]
    return {
        "node": node,
        "from": month_text(first),
        "to": month_text(end - 1),
        "term": term[0],
        "sign": term[1],
        "low": found.low,
        "high": found.high,
        "gap": found.gap,
        "whole": span == (0, len(book.breaks) - 1),
    }


def name_frame(groups: list[Part], table: Table) -> pd.DataFrame:
    """Per name of an own table: the implied bounds, and its unit where the table gives one."""
    import pandas as pd

    units = {
        name: m.figure.unit
        for m in table.meanings.values()
        if len(m.bracket.lows[0].coefs) == 1
        for name in m.bracket.lows[0].coefs
    }
    rows = []
    for group in groups:
        for name in group.programme.parts.names:
            found = group.programme.sure(Linear({name: 1.0}))
            rows.append(
                {
                    "account": "",
                    "term": name,
                    "low": found.low,
                    "high": found.high,
                    "unit": units.get(name, ""),
                    "gap": found.gap,
                    "feasible": not group.aside,
                }
            )
    return pd.DataFrame(rows)


def bound_frame(built: Built, groups: list[Part], wanted: set[str]) -> pd.DataFrame:
    """Per figure: what was published, what all figures imply, what the others alone imply."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for group in groups:
        programme, aside = group.programme, set(group.aside)
        known: dict[str, Implied] | None = {} if len(published(programme.parts)) > MANY else None
        for name in published(programme.parts):
            meaning = built.meanings[name]
            if meaning.account not in wanted:
                continue
            everyone, others = _with_and_without(programme, meaning, aside, known)
            rows.append(_bound(built, name, everyone, others) | {"set_aside": name in aside})
        programme.set_free(aside)
    return pd.DataFrame(rows)


def _with_and_without(
    programme: Programme, meaning: Meaning, aside: set[str], known: dict[str, Implied] | None
) -> tuple[Implied, Implied]:
    """What all imply for a figure, and what the others alone do. Among many figures those about
    the same form are worked out once, and one that binds nowhere is not taken away: without it
    nothing would change."""
    name, key = meaning.figure.id, f"{meaning.bracket}{meaning.of}{meaning.factor}"
    everyone = known.get(key) if known is not None else None
    if everyone is None and name not in aside:
        everyone = implied(programme, meaning)
    if known is not None and everyone is not None:
        known[key] = everyone
        slip = 1e-6 * max(abs(everyone.low), 1e-9), 1e-6 * max(abs(everyone.high), 1e-9)
        if everyone.low > meaning.low + slip[0] and everyone.high < meaning.high - slip[1]:
            return everyone, everyone
        if name in aside:
            return everyone, everyone
    programme.set_free(aside | {name})
    others = implied(programme, meaning)
    programme.set_free(aside)
    if others is None:
        programme.sure(Linear({programme.parts.names[0]: 1.0}))
        others = everyone
    assert others is not None
    return everyone or others, others


def _bound(built: Built, name: str, everyone: Implied, others: Implied) -> dict[str, Any]:
    meaning = built.meanings[name]
    figure = meaning.figure
    width = figure.high - figure.low
    inside = (
        min(everyone.high, figure.high) - max(everyone.low, figure.low)
        if math.isfinite(width) and width > 0
        else math.nan
    )
    return {
        "figure": name,
        "account": meaning.account,
        "said": figure.says(),
        "originator": figure.originator,
        "date": figure.date,
        "grade": figure.grade,
        "unit": figure.unit,
        "published_low": figure.low,
        "published_high": figure.high,
        "implied_low": everyone.low,
        "implied_high": everyone.high,
        "others_low": others.low,
        "others_high": others.high,
        "note": figure.note,
        "shrinks": 1.0 - max(inside, 0.0) / width if inside == inside else math.nan,
        "used_low": meaning.low,
        "used_high": meaning.high,
        "widened": meaning.widened,
        "gap": max(everyone.gap, others.gap),
    }


def need_frame(built: Built, groups: list[Part], wanted: set[str]) -> pd.DataFrame:
    """The opening stock that each published rate of use would need, if it had been kept up from
    the account's first month to the figure's last: use - everything gained."""
    import pandas as pd

    rows = []
    for group in groups:
        for name in sorted(group.accounts & wanted):
            book = built.books[name]
            if not book.account.need:
                continue
            for nodes in book.account.need:
                rows += [
                    _need(group.programme, book, meaning, nodes)
                    for meaning in built.meanings.values()
                    if meaning.account == name and meaning.figure.measure == "fired"
                ]
    return pd.DataFrame(rows)


def _need(programme: Programme, book: Ledger, meaning: Meaning, nodes: str) -> dict[str, Any]:
    figure = meaning.figure
    kept = set(linear(nodes, book.account.id).coefs)
    gained = Linear({f.id: 1.0 for f in book.account.flow if f.into in kept})
    start, end = book.breaks[0], month_index(figure.last) + 1
    months = end - max(start, month_index(figure.first))
    supply = evaluate(gained, {book.account.id: book}, book.account.id, (start, end))
    least = max(b.low for form in supply.lows if (b := programme.bound(form)))
    most = min(b.high for form in supply.highs if (b := programme.bound(form)))
    rates = [v * meaning.factor / months for v in (figure.low, figure.high)]
    use = [rate * (end - start) for rate in rates]
    return {
        "account": book.account.id,
        "figure": figure.id,
        "said": figure.says(),
        "if_it_counts": nodes,
        "per_month_low": rates[0],
        "per_month_high": rates[1],
        "until": figure.last,
        "gained_low": least,
        "gained_high": most,
        "opening_low": max(0.0, use[0] - most),
        "opening_high": max(0.0, use[1] - least),
    }


def share_frame(declared: Accounts, built: Built, groups: list[Part]) -> pd.DataFrame:
    """Declared forms and ratios with their exact bounds."""
    import pandas as pd

    rows = []
    for share in declared.share:
        above = exact(share.take, built.books, "", (0, 0))
        below = exact(share.of, built.books, "", (0, 0)) if share.of else Linear({}, 1.0)
        for group in groups:
            if above.coefs and knows(group.programme, above) and knows(group.programme, below):
                found = ratio(group.programme, above, below)
                if found is not None:
                    rows.append(
                        {"share": share.id, "says": share.says, "low": found[0], "high": found[1]}
                    )
    return pd.DataFrame(rows)


def plain(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Rows as plain data; what is not finite becomes null."""
    return [_plain_row(row) for row in frame.to_dict("records")]


def _plain_row(row: Mapping[Hashable, object]) -> dict[str, object]:
    return {str(column): _plain(value) for column, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value.item() if hasattr(value, "item") else value


class Audit(NamedTuple):
    """Frames of an audit; `notes` are sentences for the head of a memo.

    accounts   one row per account, period and term: implied low and high
    bounds     one row per figure: published, implied by all, implied by the others
    conflicts  one row per irreducible conflict (empty unless asked for)
    resolvers  figures by the number of conflicts that each resolves
    needs      the opening stock that each published rate of use would need
    shares     declared ratios with their bounds
    steps      bounds on one figure as others are added (only with `figure`)
    unused     figures that were not used, and why
    """

    scenario: str
    accept: str
    as_of: str
    notes: tuple[str, ...]
    accounts: pd.DataFrame
    bounds: pd.DataFrame
    conflicts: pd.DataFrame
    resolvers: pd.DataFrame
    needs: pd.DataFrame
    shares: pd.DataFrame
    steps: pd.DataFrame
    unused: pd.DataFrame

    def as_json(self) -> dict[str, object]:
        """Plain data: accounts, bounds, conflicts and the rest as lists of objects."""
        frames = {
            name: plain(getattr(self, name))
            for name in ("accounts", "conflicts", "resolvers", "needs", "shares", "steps", "unused")
        }
        bounds = [
            row
            | {
                "published": [row.pop("published_low"), row.pop("published_high")],
                "implied": [row.pop("implied_low"), row.pop("implied_high")],
                "others": [row.pop("others_low"), row.pop("others_high")],
                "used": [row.pop("used_low"), row.pop("used_high")],
            }
            for row in plain(self.bounds)
        ]
        return {
            "scenario": self.scenario,
            "accept": self.accept,
            "as_of": self.as_of,
            "notes": list(self.notes),
            **frames,
            "bounds": bounds,
        }
