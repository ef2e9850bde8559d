r"""Council power: how often a member's vote decides in a council with vetoes.

A motion passes iff all p permanent members and at least q of the m members agree (that an
abstention is no veto does not change who is decisive). With e = m - p elected members:

    Shapley-Shubik, elected    C(e-1, q-1-p) (q-1)! (m-q)! / m!      permanent (1 - e S_e) / p
    swings, elected            C(e-1, q-1-p)
    swings, permanent          sum over k >= q-p of C(e, k)          = winning coalitions

    m, p, q   members, permanent members, votes needed   [persons]

Source: shapley1954, banzhaf1965.
Holds for: every order of joining (Shapley-Shubik) or every coalition (Banzhaf) alike likely.
Breaks when: members vote in blocs or by interest; then use the votes themselves.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb, factorial
from typing import NamedTuple


class Swings(NamedTuple):
    """Coalitions in which one permanent / one elected member decides; winning; all. [1]"""

    permanent: int
    elected: int
    winning: int
    coalitions: int


def _joined(members: int, permanent: int, quota: int) -> int:
    """Ways in which the others stand one elected vote short, all permanent ones agreed."""
    short = quota - 1 - permanent
    return comb(members - permanent - 1, short) if short >= 0 and members > permanent else 0


def shapley(members: int, permanent: int, quota: int) -> tuple[Fraction, Fraction]:
    """Exact index of one permanent and of one elected member; 0 where there is none."""
    orders = factorial(quota - 1) * factorial(members - quota)
    elected = Fraction(_joined(members, permanent, quota) * orders, factorial(members))
    rest = 1 - (members - permanent) * elected
    return (rest / permanent if permanent else Fraction(0)), elected


def swings(members: int, permanent: int, quota: int) -> Swings:
    """Count decisive positions; without permanent members theirs is 0."""
    others = members - permanent
    winning = sum(comb(others, k) for k in range(max(quota - permanent, 0), others + 1))
    return Swings(winning if permanent else 0, _joined(members, permanent, quota), winning,
                  2**members)
