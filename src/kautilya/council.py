"""Councils with vetoes: the power of a vote, as exact fractions."""

from __future__ import annotations

from fractions import Fraction
from numbers import Integral

from kautilya.errors import KautilyaError
from kautilya.mechanisms.formulas import voting
from kautilya.mechanisms.formulas.voting import Swings

__all__ = ["Swings", "banzhaf", "banzhaf_swings", "shapley_shubik"]


def shapley_shubik(
    members: int = 15, permanent: int = 5, quota: int = 9
) -> tuple[Fraction, Fraction]:
    """The share of all orders of joining in which a member turns losing into winning.

        elected = C(e-1, q-1-p) (q-1)! (m-q)! / m!,  permanent = (1 - e elected) / p

    members m, permanent p (each with a veto), quota q votes needed in all, e = m - p.
    The defaults are the Security Council since 1966.
    Returns (permanent, elected) as fractions of 1: p permanent + e elected = 1. The index of
    a class that has no member is 0.

    Source: shapley1954. Raises KautilyaError: not whole numbers; no member; more permanent
    members than members; a quota below 1 or above the number of members.

    >>> shapley_shubik()
    (Fraction(421, 2145), Fraction(4, 2145))
    >>> shapley_shubik(members=3, permanent=0, quota=2)
    (Fraction(0, 1), Fraction(1, 3))
    """
    return voting.shapley(*_council(members, permanent, quota))


def banzhaf(
    members: int = 15, permanent: int = 5, quota: int = 9, *, absolute: bool = False
) -> tuple[Fraction, Fraction]:
    """How many coalitions a member decides: the normalised index, or the absolute one.

        normalised = swings / (sum of all members' swings)      (the default)
        absolute   = swings / 2^(m-1), the chance to be decisive if all toss a coin

    Arguments, and the class without a member, as in `shapley_shubik`.
    Returns (permanent, elected) as fractions.

    Source: banzhaf1965. Raises KautilyaError as `shapley_shubik`.

    >>> banzhaf()
    (Fraction(106, 635), Fraction(21, 1270))
    >>> banzhaf(absolute=True)
    (Fraction(53, 1024), Fraction(21, 4096))
    """
    members, permanent, quota = _council(members, permanent, quota)
    count = voting.swings(members, permanent, quota)
    total = permanent * count.permanent + (members - permanent) * count.elected
    against = 2 ** (members - 1) if absolute else total
    return Fraction(count.permanent, against), Fraction(count.elected, against)


def banzhaf_swings(members: int = 15, permanent: int = 5, quota: int = 9) -> Swings:
    """The counts behind `banzhaf`; winning / coalitions is Coleman's power to act.

    Arguments and errors as in `shapley_shubik`; source: banzhaf1965, coleman1971.

    >>> banzhaf_swings()
    Swings(permanent=848, elected=84, winning=848, coalitions=32768)
    """
    return voting.swings(*_council(members, permanent, quota))


def _council(members: int, permanent: int, quota: int) -> tuple[int, int, int]:
    for name, value in (("members", members), ("permanent", permanent), ("quota", quota)):
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise KautilyaError(name, f"{value!r} is no whole number", "Count persons")
    if members < 1:
        raise KautilyaError("members", f"{members}: the council is empty", "At least 1")
    if not 0 <= permanent <= members:
        raise KautilyaError(
            "permanent", f"{permanent} of {members} members", f"From 0 to {members}"
        )
    if not 1 <= quota <= members:
        raise KautilyaError(
            "quota",
            f"{quota} votes of {members}",
            f"From 1 to {members}: else all motions pass, or none",
        )
    return int(members), int(permanent), int(quota)
