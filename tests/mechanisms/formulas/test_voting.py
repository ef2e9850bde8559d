"""Power indices of councils with vetoes against printed fractions and full enumeration."""

from __future__ import annotations

import doctest
import itertools
import tomllib
from fractions import Fraction

import pytest
from support.conventions import shared_file, truth

import kautilya.council as council
from kautilya.errors import KautilyaError

SMALL = [(m, p, q) for m in range(1, 7) for p in range(m + 1) for q in range(1, m + 1)]


def passes(coalition, permanent: int, quota: int) -> bool:
    """Members 0 .. permanent - 1 have a veto."""
    return len(coalition) >= quota and set(range(permanent)) <= set(coalition)


def swings(members: int, permanent: int, quota: int) -> list[int]:
    count = [0] * members
    for size in range(members + 1):
        for coalition in itertools.combinations(range(members), size):
            for member in coalition:
                count[member] += passes(coalition, permanent, quota) and not passes(
                    set(coalition) - {member}, permanent, quota
                )
    return count


def pivots(members: int, permanent: int, quota: int) -> list[int]:
    count = [0] * members
    for order in itertools.permutations(range(members)):
        k = next(k for k in range(members) if passes(order[: k + 1], permanent, quota))
        count[order[k]] += 1
    return count


@truth(
    "published",
    source="truth/unsc_power.toml; shapley1954, banzhaf1965",
    kills="a veto that an abstention casts; floating point; the absolute index as default",
)
def test_security_council():
    told = tomllib.loads(shared_file("truth/unsc_power.toml").read_text())
    assert (told["permanent"], told["nonpermanent"], told["quota"]) == (5, 10, 9)
    assert council.shapley_shubik() == (
        Fraction(told["shapley_shubik_permanent"]),
        Fraction(told["shapley_shubik_nonpermanent"]),
    )
    assert council.banzhaf_swings() == (
        told["banzhaf_swings_permanent"],
        told["banzhaf_swings_nonpermanent"],
        told["winning_coalitions"],
        told["coalitions"],
    )
    for absolute, kind in ((False, "normalised"), (True, "absolute")):
        for member, power in zip(
            ("permanent", "nonpermanent"), council.banzhaf(absolute=absolute), strict=True
        ):
            assert float(power) == pytest.approx(told[f"banzhaf_{kind}_{member}"], rel=1e-12)


@truth(
    "slow-twin",
    source="all orders and all coalitions of councils up to six",
    kills="quotas below the number of vetoes; a class without members",
)
@pytest.mark.parametrize(("members", "permanent", "quota"), SMALL)
def test_small_councils_by_enumeration(members, permanent, quota):
    order = pivots(members, permanent, quota)
    decided = swings(members, permanent, quota)
    found = (
        council.shapley_shubik(members, permanent, quota),
        council.banzhaf(members, permanent, quota),
        council.banzhaf(members, permanent, quota, absolute=True),
    )
    for (one, other), counts, total in zip(
        found,
        (order, decided, decided),
        (sum(order), sum(decided), 2 ** (members - 1)),
        strict=True,
    ):
        assert one == (Fraction(counts[0], total) if permanent else 0)
        assert other == (Fraction(counts[-1], total) if permanent < members else 0)


@truth("invariant", source="power is shared out", kills="a remainder lost to rounding")
@pytest.mark.parametrize(
    ("members", "permanent", "quota"),
    [(11, 5, 7), (15, 0, 8), (27, 27, 27), (193, 5, 129), (15, 5, 3)],
)
def test_power_adds_up_to_one(members, permanent, quota):
    for index in (council.shapley_shubik, council.banzhaf):
        one, other = index(members, permanent, quota)
        assert isinstance(one, Fraction) and isinstance(other, Fraction)
        assert permanent * one + (members - permanent) * other == 1


@truth("closed-form", source="the contract of the public functions", kills="a check left out")
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((0, 0, 0), "the council is empty"),
        ((-3, 0, 1), "members"),
        ((5, 6, 3), "permanent"),
        ((5, -1, 3), "permanent"),
        ((5, 1, 0), "quota"),
        ((5, 1, 6), "quota"),
        ((5.0, 1, 3), "whole number"),
        ((5, True, 3), "whole number"),
        ((5, 1, "3"), "whole number"),
    ],
)
@pytest.mark.parametrize("index", [council.shapley_shubik, council.banzhaf, council.banzhaf_swings])
def test_pointed_errors(index, given, says):
    with pytest.raises(KautilyaError, match=says):
        index(*given)


@truth(
    "recorded",
    reason="the examples of the docstrings are the documentation",
    kills="an example that no longer gives what it prints",
)
def test_docstring_examples_run():
    assert doctest.testmod(council).failed == 0
