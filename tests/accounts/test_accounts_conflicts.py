"""Conflicts: planted ones are found, and only they."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from support.accounts_toy import CLAIM, PEACE, figure, folder
from support.conventions import truth

from kautilya.accounts import audit, feasible
from kautilya.accounts.bounds import Programme
from kautilya.accounts.conflicts import conflicts, holds, mend, shrink
from kautilya.accounts.linear import linear, published, row, system, without
from kautilya.accounts.mends import CEILINGS, Clash, _leans_on, _opened
from kautilya.errors import KautilyaError

BOX = {name: (0.0, 100.0) for name in "abcd"}


def planted():
    """a + b = c; two conflicts: {A, B, C} and {A2, C2}; D and E harm no one."""
    said = [
        ("A", "a", 40, 50),
        ("B", "b", 30, 40),
        ("C", "c", 0, 60),
        ("A2", "a - d", 20, 30),
        ("C2", "a - d", 0, 10),
        ("D", "d", 0, 90),
        ("E", "c + d", 0, 200),
    ]
    return system(
        BOX,
        [
            row(linear("a + b - c"), 0, 0, "sum", "identity"),
            *(row(linear(t), lo, hi, n, "published") for n, t, lo, hi in said),
        ],
    )


@truth("closed-form", kills="stopping at the first conflict; adding a bystander to one")
def test_planted_conflicts_are_found_and_only_they():
    found = conflicts(Programme(planted()))
    assert found.complete
    assert set(found.conflicts) == {frozenset("ABC"), frozenset(("A2", "C2"))}


def minimal_infeasible(parts) -> set[frozenset[str]]:
    """By trying every subset of the figures: the slow twin."""
    figures = published(parts)
    bad: set[frozenset[str]] = set()
    for size in range(1, len(figures) + 1):
        for chosen in combinations(figures, size):
            if any(b <= set(chosen) for b in bad):
                continue
            if not Programme(without(parts, set(figures) - set(chosen))).feasible():
                bad.add(frozenset(chosen))
    return bad


@truth("slow-twin", kills="a conflict missed, or one that is not irreducible")
@pytest.mark.parametrize("seed", range(6))
def test_conflicts_equal_brute_force(seed):
    luck = np.random.default_rng(seed)
    rows = [row(linear("a + b - c - d"), 0, 0, "sum", "identity")]
    for k in range(7):
        low = luck.uniform(0, 60)
        text = luck.choice(["a", "b", "c", "d", "a + c", "b - d", "a - c"])
        rows.append(row(linear(text), low, low + luck.uniform(1, 15), f"f{k}", "published"))
    parts = system(BOX, rows)
    found = conflicts(Programme(parts))
    assert found.complete and set(found.conflicts) == minimal_infeasible(parts)


@truth("invariant", kills="a deletion filter that stops early")
def test_each_conflict_is_irreducible():
    programme = Programme(planted())
    found = shrink(programme, published(programme.parts))
    assert not holds(programme, found)
    assert all(holds(programme, found - {f}) for f in found)


@truth("closed-form", kills="setting aside the dearer figure")
def test_what_is_set_aside_is_cheapest():
    programme = Programme(planted())
    assert set(mend(programme, {"A": 3, "B": 3, "C": 1, "A2": 2, "C2": 5}).figures) == {"C", "A2"}
    assert set(mend(programme, {"A": 1, "B": 3, "C": 2, "A2": 5, "C2": 2}).figures) == {"A", "C2"}


@truth("closed-form", kills="the least change measured from the wrong end")
def test_a_conflict_says_who_would_have_to_move_and_how_far(tmp_path):
    """1,300 claimed at its word against 1,020 at most: 280 too many."""
    found = audit(folder(tmp_path / "toy", [*PEACE, CLAIM]), conflicts=True)
    (only,) = found.as_json()["conflicts"]
    assert only["figures"] == ["open", "made", "close", "claim"]
    assert only["least_change"]["by"] == pytest.approx(280)
    assert only["least_change"]["figure"] in only["figures"]
    assert "red_tank.face" in only["leans_on"] and "cannot all be true" in only["why"]
    assert only["originators"] == ["IISS", "Blue staff"]
    best = found.resolvers.set_index("figure")
    assert (best.conflicts == 1).all() and best.loc["claim"].to == pytest.approx(1020)


@truth(
    "closed-form", kills="a conflict called one of the figures alone, as two assumptions make it"
)
def test_a_conflict_that_two_assumptions_make_leans_on_them():
    """x is said to be 10 at least; a range holds it under 5, a ceiling under 8: without either
    one it clashes all the same, and without both it does not. Without ceilings the range is left."""
    parts = system(
        {"x": (0.0, 8.0)},
        [
            row(linear("x"), 0, 5, "range", "assumed"),
            row(linear("x"), 10, np.inf, "said", "published"),
        ],
    )
    programme = Programme(parts)
    clash = Clash(programme, programme, Programme(_opened(programme)), None)
    assert _leans_on(clash, frozenset(["said"])) == ["range"]
    free = Programme(parts._replace(kind=("identity", "published"), row_high=parts.row_high * 1e9))
    alone = Clash(free, free, Programme(_opened(free)), None)
    assert _leans_on(alone, frozenset(["said"])) == [CEILINGS]


@truth("invariant", kills="counting repeaters of one originator as several voices")
def test_outlets_that_repeat_are_one_originator(tmp_path):
    again = figure("again", "stock", "2022-01", 1000, 1200, source="paper_a")
    found = audit(folder(tmp_path / "toy", [*PEACE, again]))
    assert any("5 figures of 2 originators" in note for note in found.notes)


@truth("invariant", kills="drawing from a scenario whose figures clash")
def test_a_run_refuses_figures_that_clash(tmp_path):
    clash = figure("clash", "stock", "2022-01", 3000, 3200)
    toy = folder(tmp_path / "toy", [*PEACE, clash])
    with pytest.raises(KautilyaError) as error:
        feasible(toy, 0, np.arange(4, dtype=np.uint32))
    assert "clash" in str(error.value) and "open" in str(error.value)
    assert "made" not in str(error.value)
