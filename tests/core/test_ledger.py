"""Settlement: conservation, rationing, deals, order; over random plans."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conventions import truth

import kautilya.core  # noqa: F401
from kautilya.core.ledger import Plan, residual, settle, totals

CASES = settings(max_examples=60, deadline=None)
ACCOUNTS, GOODS, ROUTES, FUTURES = 8, 2, 12, 3


class Case(NamedTuple):
    """Routes between accounts of one good, opening stocks [8, 3] and asks [R, 3]."""

    source: np.ndarray
    sink: np.ndarray
    group: np.ndarray
    stock: np.ndarray
    ask: np.ndarray

    def plan(self) -> Plan:
        """The first account of each good is the outside world: it may run below zero."""
        coupled = np.flatnonzero(self.group >= 0)
        limited = np.arange(ACCOUNTS) >= GOODS
        return Plan(
            self.source,
            self.sink,
            self.group[coupled],
            coupled,
            limited,
            np.arange(ACCOUNTS) % GOODS,
            ACCOUNTS,
            GOODS,
        )

    def settled(self) -> tuple[np.ndarray, np.ndarray]:
        """New stocks and what was paid."""
        stock, ask = jnp.asarray(self.stock), jnp.asarray(self.ask)
        return tuple(map(np.asarray, settle(self.plan(), stock, ask)))  # type: ignore


@st.composite
def cases(draw, deals: bool = True) -> Case:
    """Random routes; amounts over twelve orders of magnitude, and zero. Shapes stay the same, so
    that nothing is compiled twice; of the deals 0 to 3 some have no leg."""
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    source = numbers.integers(0, ACCOUNTS, ROUTES)
    sink = (source + GOODS * numbers.integers(1, ACCOUNTS // GOODS, ROUTES)) % ACCOUNTS
    group = np.full(ROUTES, -1)
    if deals:
        group[:8] = [3, *numbers.integers(0, 4, 7)]
    zero = draw(st.floats(0, 0.6))

    def amounts(rows: int) -> np.ndarray:
        made = 10.0 ** numbers.uniform(-6, 6, (rows, FUTURES))
        return np.where(numbers.random((rows, FUTURES)) < zero, 0.0, made)

    return Case(source, sink, group, amounts(ACCOUNTS), amounts(ROUTES))


@CASES
@given(cases())
@truth("invariant", source="double entry", kills="a leg paid out and not paid in")
def test_every_good_adds_up(case: Case):
    plan, (after, paid) = case.plan(), case.settled()
    opening, _ = totals(plan, jnp.asarray(case.stock))
    assert float(residual(plan, jnp.asarray(after), opening).max()) <= 1e-12
    assert np.all(paid >= 0) and np.all(paid <= case.ask * (1 + 1e-12))


@CASES
@given(cases())
@truth("invariant", source="core/ledger.py", kills="rationing one route instead of the account")
def test_nobody_pays_what_he_has_not(case: Case):
    after, paid = case.settled()
    assert np.all(after[GOODS:] >= 0.0)
    spent = np.zeros_like(case.stock)
    np.add.at(spent, case.source, paid)
    assert np.all(spent[GOODS:] <= case.stock[GOODS:] * (1 + 1e-12))


@CASES
@given(cases(deals=False))
@truth("closed-form", source="share = min(1, stock / asked)", kills="first come, first served")
def test_rationing_is_proportional(case: Case):
    _, paid = case.settled()
    asked = np.zeros_like(case.stock)
    np.add.at(asked, case.source, case.ask)
    share = np.where(asked > case.stock, case.stock / np.where(asked > 0, asked, 1.0), 1.0)
    share[:GOODS] = 1.0  # the outside world is never short
    np.testing.assert_allclose(paid, case.ask * share[case.source], rtol=1e-12)


@CASES
@given(cases())
@truth("slow-twin", source="ENGINEERING: pitfall 1", kills="arms cut, payment not")
def test_a_deal_is_paid_at_its_smallest_share(case: Case):
    """Of the legs that ask anything: an empty leg on a short account binds nobody."""
    _, paid = case.settled()
    asked = np.zeros_like(case.stock)
    np.add.at(asked, case.source, case.ask)
    for f in range(FUTURES):
        share = {
            a: 1.0
            if a < GOODS or asked[a, f] <= case.stock[a, f]
            else case.stock[a, f] / asked[a, f]
            for a in range(ACCOUNTS)
        }
        for route, group in enumerate(case.group):
            legs = np.flatnonzero(case.group == group) if group >= 0 else [route]
            least = min([share[case.source[leg]] for leg in legs if case.ask[leg, f] > 0] or [1.0])
            np.testing.assert_allclose(paid[route, f], case.ask[route, f] * least, rtol=1e-12)


@CASES
@given(cases(), st.integers(0, 2**32 - 1))
@truth("symmetry", source="STYLE 3", kills="a result that depends on the order of the laws")
def test_the_order_of_routes_does_not_matter(case: Case, seed: int):
    """To 1e-12 of an account's turnover, since sums are taken in another order."""
    order = np.random.default_rng(seed).permutation(len(case.source))
    mixed = Case(
        case.source[order], case.sink[order], case.group[order], case.stock, case.ask[order]
    )
    (after, paid), (again, other) = case.settled(), mixed.settled()
    np.testing.assert_allclose(other, paid[order], rtol=1e-12)
    assert np.all(np.abs(again - after) <= 1e-12 * (case.stock + paid.sum(axis=0)))


@CASES
@given(cases())
@truth("invariant", source="null scenario", kills="0/0 in the share of an empty account")
def test_asking_nothing_moves_nothing(case: Case):
    after, paid = case._replace(ask=np.zeros_like(case.ask)).settled()
    np.testing.assert_array_equal(after, case.stock)
    assert not paid.any()


@truth("closed-form", source="counted by hand", kills="deal numbers that must have no gaps")
def test_deal_numbers_may_have_gaps():
    """Deal 5 stands alone; deals 0 to 4 have no leg. Half of 8 is there, so half of both."""
    case = Case(
        np.array([2, 3, 4]),
        np.array([4, 5, 6]),
        np.array([5, 5, -1]),
        np.full((ACCOUNTS, 1), 4.0),
        np.array([[8.0], [1.0], [3.0]]),
    )
    _, paid = case.settled()
    np.testing.assert_allclose(paid[:, 0], [4.0, 0.5, 3.0])


@truth("closed-form", source="core/ledger.py", kills="a negative ask that pays backwards")
def test_negative_asks_are_nothing():
    case = Case(
        np.array([2]), np.array([4]), np.array([-1]), np.ones((ACCOUNTS, 1)), np.array([[-7.0]])
    )
    after, paid = case.settled()
    assert paid[0, 0] == 0 and np.all(after == 1)
