"""Bounds of the accounts: by hand, by enumeration of vertices, and with their certificates."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.accounts_toy import CLAIM, PEACE, figure, folder
from support.conventions import truth

from kautilya.accounts import audit
from kautilya.accounts.bounds import Programme, ratio
from kautilya.accounts.linear import Linear, Row, System, linear, row, system


def bounds_of(found, name):
    line = found.bounds.set_index("figure").loc[name]
    return line.implied_low, line.implied_high, line.others_low, line.others_high


@truth("closed-form", kills="a sign in opening + made - lost = closing")
def test_a_toy_account_by_hand(tmp_path):
    """lost = opening + made - closing: 1000 + 100 - 500 = 600 to 1200 + 120 - 300 = 1020."""
    found = audit(folder(tmp_path / "toy", PEACE))
    rows = found.accounts.set_index(["node", "from", "to", "term"])
    lost = rows.loc[("active", "2022-01", "2022-12", "lost")]
    assert (lost.low, lost.high) == pytest.approx((600, 1020))
    assert bounds_of(found, "seen")[:2] == pytest.approx((600, 2040))
    assert found.accounts.feasible.all()


@truth("closed-form", kills="reading a claim with a bias as if it were at face value")
def test_claims_at_face_value_and_with_a_bias(tmp_path):
    """1,300 claimed: lost is at most 1,020, so not at its word; with a bias of 1 to 2 on hits,
    hits are 650 to 1,300 and half of them to all are lost."""
    toy = folder(tmp_path / "toy", [*PEACE, CLAIM])
    face = audit(toy, accept="all")
    assert bounds_of(face, "claim")[2:] == pytest.approx((600, 1020))
    assert face.bounds.set_index("figure").set_aside["claim"]
    biased = audit(toy, accept="both_sides")
    hits = biased.accounts.set_index(["term", "from", "to"]).loc[("hits", "2022-01", "2022-12")]
    assert (hits.low, hits.high) == pytest.approx((650, 1300))
    assert not biased.bounds.set_aside.any()


@truth("closed-form", kills="treating a figure inside a period as if it ended with it")
def test_inside_a_period_only_the_bracket_binds(tmp_path):
    """200 lost by June 2022 say: at least 200 in the year; nothing from above."""
    half = figure("half", "lost", "2022-01:2022-06", 200, 250)
    found = audit(folder(tmp_path / "toy", [half]))
    lost = found.accounts.set_index(["node", "from", "to", "term"]).loc[
        ("active", "2022-01", "2022-12", "lost")
    ]
    assert (lost.low, lost.high) == pytest.approx((200, 12 * 400))


def vertices(parts: System) -> np.ndarray:
    """All vertices by trying every choice of n active constraints: the slow twin."""
    n = len(parts.names)
    normal = np.vstack([parts.matrix, -parts.matrix, np.eye(n), -np.eye(n)])
    room = np.concatenate([parts.row_high, -parts.row_low, parts.box_high, -parts.box_low])
    out = []
    for chosen in combinations(range(len(room)), n):
        block = normal[list(chosen)]
        if abs(np.linalg.det(block)) > 1e-9:
            point = np.linalg.solve(block, room[list(chosen)])
            if (normal @ point <= room + 1e-7).all():
                out.append(point)
    return np.array(out)


def random_system(seed: int) -> System:
    luck = np.random.default_rng(seed)
    names = ["a", "b", "c"]
    inside = luck.uniform(1, 9, 3)
    rows = []
    for k in range(3):
        coefs = luck.integers(-2, 3, 3).astype(float)
        at = float(coefs @ inside)
        rows.append(
            Row(
                dict(zip(names, coefs, strict=True)),
                at - luck.uniform(0.1, 3),
                at + luck.uniform(0.1, 3),
                f"f{k}",
                "published",
            )
        )
    return system({name: (0.0, 10.0) for name in names}, rows)


@truth("slow-twin", kills="a wrong bound of any row in the programme")
@pytest.mark.parametrize("seed", range(8))
def test_bounds_equal_brute_force(seed):
    parts = random_system(seed)
    corners = vertices(parts)
    programme = Programme(parts)
    for text in ("a", "b - c", "a + 2 * b - 0.5 * c"):
        found = programme.bound(linear(text))
        values = corners @ np.array([linear(text).coefs.get(n, 0.0) for n in parts.names])
        assert (found.low, found.high) == pytest.approx((values.min(), values.max()), abs=1e-7)
        assert found.gap < 1e-8


@truth("slow-twin", kills="one end of a ratio taken from the other's programme")
@pytest.mark.parametrize("seed", range(4))
def test_ratios_equal_brute_force(seed):
    parts = random_system(seed)
    corners = vertices(parts)
    above, below = linear("a + b"), linear("c + 1")
    values = (corners[:, 0] + corners[:, 1]) / (corners[:, 2] + 1.0)
    assert ratio(Programme(parts), above, below) == pytest.approx(
        (values.min(), values.max()), rel=1e-8
    )


@truth("symmetry", kills="a tolerance that is absolute, or an order that matters")
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 500), power=st.integers(-6, 6))
def test_bounds_do_not_depend_on_units_or_order(seed, power):
    parts = random_system(seed)
    scale = 10.0**power
    order = np.random.default_rng(seed).permutation(3)
    moved = parts._replace(
        names=tuple(parts.names[j] for j in order),
        box_low=parts.box_low * scale,
        box_high=parts.box_high * scale,
        matrix=parts.matrix[::-1][:, order],
        row_low=parts.row_low[::-1] * scale,
        row_high=parts.row_high[::-1] * scale,
        owner=parts.owner[::-1],
    )
    form = Linear({"a": 1.0, "b": -1.0})
    one, two = Programme(parts).bound(form), Programme(moved).bound(form)
    assert (two.low / scale, two.high / scale) == pytest.approx((one.low, one.high), abs=1e-7)


@truth("invariant", kills="leaving out the dual value of a bound")
def test_every_bound_of_an_audit_has_its_certificate(tmp_path):
    found = audit(folder(tmp_path / "toy", [*PEACE, CLAIM]))
    assert found.accounts.gap.max() < 1e-8 and found.bounds.gap.max() < 1e-8


@truth("closed-form", kills="an unbounded name reported as a number")
def test_without_a_ceiling_a_bound_is_infinite():
    parts = system({"a": (0.0, np.inf)}, [row(linear("a"), 3.0, np.inf, "f", "published")])
    found = Programme(parts).bound(linear("a"))
    assert found.low == pytest.approx(3.0) and found.high == np.inf
