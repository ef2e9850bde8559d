"""The month in plain Python: dicts over labels, loops over actors and goods, one future.

Written from the cards of the laws, not from their code; it shares nothing with the package but
the figures and the luck of the future that it is given. An account is (holder, good, stage).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Account = tuple[str, str, str]
OUTSIDE = {"factory", "battlefield", "scrap", "abroad", "population", "know-how"}


class Future(NamedTuple):
    """All that one future is made of; keys are (law, name, labels ...).

    figures   parameters that stay, and copies of luck drawn once; paths, luck and records by month
    sets      members of each set; tables: facts by actor or by pair of actors
    """

    months: tuple[str, ...]
    sets: dict[str, tuple[str, ...]]
    tables: dict[str, Any]
    opening: dict[Account, float]
    figures: dict[tuple, float]
    monthly: list[dict[tuple, float]]
    record: list[float]


# before the first month: variable -> (number, or (law, figure)), over some sets
Starts = dict[str, tuple[float | tuple[str, str], tuple[str, ...]]]


class Flow(NamedTuple):
    """What a law asks for; flows of one `deal` are paid at one share."""

    source: Account
    sink: Account
    ask: float
    deal: Any = None


class Now(NamedTuple):
    """What a law sees in a month."""

    future: Future
    month: int
    stock: dict[Account, float]
    var: dict[tuple, float]
    paid: dict[str, list[tuple[Account, Account, float]]]

    def p(self, *key: str) -> float:
        """A parameter, record or draw of a law: (law, name, labels ...)."""
        monthly = self.future.monthly[self.month]
        return monthly[key] if key in monthly else self.future.figures[key]

    def each(self, name: str) -> tuple[str, ...]:
        """The members of a set."""
        return self.future.sets[name]

    def fact(self, name: str, *labels: str) -> float:
        """A covariate of an actor, or of a pair."""
        return self.future.tables[name][labels if len(labels) > 1 else labels[0]]

    @property
    def record_drives(self) -> bool:
        """Whether the record drives this month."""
        return self.future.record[self.month] > 0


def settle(
    stock: dict[Account, float], flows: Iterable[Flow]
) -> tuple[dict[Account, float], list[tuple[Account, Account, float]]]:
    """Proportional rationing; the legs of a deal at the smallest share of any leg that is used."""
    flows = [flow._replace(ask=max(flow.ask, 0.0)) for flow in flows]
    asked: dict[Account, float] = defaultdict(float)
    for flow in flows:
        asked[flow.source] += flow.ask
    share = {
        account: stock[account] / total
        if account[0] not in OUTSIDE and total > stock[account]
        else 1.0
        for account, total in asked.items()
    }
    least: dict[Any, float] = {}
    for flow in flows:
        if flow.deal is not None and flow.ask > 0:
            least[flow.deal] = min(least.get(flow.deal, 1.0), share[flow.source])
    after, paid = defaultdict(float, stock), []
    for flow in flows:
        rate = share[flow.source] if flow.deal is None else least.get(flow.deal, 1.0)
        paid.append((flow.source, flow.sink, flow.ask * rate))
        after[flow.source] -= flow.ask * rate
        after[flow.sink] += flow.ask * rate
    for account, amount in after.items():
        if account[0] not in OUTSIDE:
            after[account] = max(amount, 0.0)
    return after, paid


class Month(NamedTuple):
    """Stocks and variables at the end of a month, and what moved in it, by law."""

    stock: dict[Account, float]
    var: dict[tuple, float]
    paid: dict[str, list[tuple[Account, Account, float]]]


Phases = dict[str, dict[str, Callable[[Now], Any]]]


def simulate(
    future: Future, phases: Phases, start: Callable[[Future], dict[tuple, float]]
) -> list[Month]:
    """All months of one future; within a phase every law sees what stood before the phase."""
    stock = defaultdict(float, future.opening)
    var, out = start(future), []
    for month in range(len(future.months)):
        paid: dict[str, list] = {}
        for phase in ("observe", "decide", "flow", "update"):
            now = Now(future, month, stock, dict(var), paid)
            done = {name: law(now) for name, law in phases[phase].items()}
            if phase == "flow":
                stock, paid = _flow(stock, done)
            else:
                for new in done.values():
                    var |= new
        out.append(Month(dict(stock), dict(var), paid))
    return out


def _flow(
    stock: dict[Account, float], asks: dict[str, list[Flow]]
) -> tuple[dict[Account, float], dict[str, list]]:
    """Settle the flows of all laws at once and hand each law its own back."""
    flows = [
        flow if flow.deal is None else flow._replace(deal=(name, flow.deal))
        for name, wanted in asks.items()
        for flow in wanted
    ]
    stock, settled = settle(stock, flows)
    paid, begin = {}, 0
    for name, wanted in asks.items():
        paid[name] = settled[begin : begin + len(wanted)]
        begin += len(wanted)
    return stock, paid
